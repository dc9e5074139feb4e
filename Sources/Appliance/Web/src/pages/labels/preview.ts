// A label as it would be printed: the same dots, drawn by the box, larger.

import { isAborted, sentence } from "../../daemon/api";
import { html, Content } from "../../elements/html";
import { shape } from "../../elements/icons";
import { Page } from "../../elements/page";
import { debounced } from "../../elements/time";
import { drawn } from "./labels";

const drawAfterMilliseconds = 180;

export class LabelPreview extends Page {
  private wanted = "";
  private picture: string | null = null;
  private trouble: string | null = null;
  private size = "";
  private request: AbortController | null = null;
  private readonly soon = debounced(drawAfterMilliseconds, () => void this.draw());

  /** Shows what this body asks for, and below it how large it is; null shows nothing. */
  suit(body: unknown, size = ""): void {
    if (size !== this.size) { this.size = size; this.refresh(); }
    const wanted = JSON.stringify(body);
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    if (body === null) { this.picture = this.trouble = null; this.refresh(); } else this.soon();
  }

  private async draw(): Promise<void> {
    this.request?.abort();
    const request = this.request = new AbortController();
    try {
      const picture = await drawn("/labels/preview", JSON.parse(this.wanted), request.signal);
      if (request !== this.request) return;
      this.picture = picture;
      this.trouble = null;
    } catch (error) {
      if (isAborted(error) || request !== this.request) return;
      this.trouble = sentence(error);
    }
    this.refresh();
  }

  /** As wide as there is room for; a tall label only so wide that it is seen whole. */
  private keepShape(image: HTMLImageElement): void { image.style.setProperty("--shape", String(image.naturalWidth / image.naturalHeight)); }

  protected view(): Content {
    return html`<figure class="label-preview ${this.trouble !== null ? "label-stale" : ""}" aria-label="Preview">
      ${this.picture !== null ? html`<img .src=${this.picture} alt="The label as it will be printed" @load=${(event: Event) => this.keepShape(event.target as HTMLImageElement)}>` : html`<span class="label-blank" aria-hidden="true"></span>`}
      <figcaption role="status">${this.trouble === null && this.picture !== null && html`<span class="label-size">${this.size}</span>`}${this.trouble !== null && html`<span class="form-error">${shape("stop")}<span>${this.trouble}</span></span>`}</figcaption></figure>`;
  }
}
customElements.define("label-preview", LabelPreview);
