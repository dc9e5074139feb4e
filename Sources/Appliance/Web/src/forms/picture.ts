// The field that takes a picture: chosen, dropped or pasted, made small enough in the page itself, then sent. A phone's
// 12-megapixel photograph is some hundred kilobytes by the time it leaves.

import { post, sentence } from "../daemon/api";
import { html, Content } from "../elements/html";
import { icon, shape } from "../elements/icons";
import { Page } from "../elements/page";

const longestSide = 1600, quality = 0.85;

export const pictureAddress = (id: string): string => `/api/v1/pictures/${id}`;

interface Suit { id: string; under: string | null; picture: string | null }

export class PictureControl extends Page {
  private suited: Suit = { id: "", under: null, picture: null };
  private isBusy = false;
  private isOver = false;
  private error: string | null = null;

  constructor(private readonly set: (picture: string | null) => void) { super(); }

  suit(suit: Suit): void { this.suited = suit; this.refresh(); }

  protected override enter(): void {
    const paste = (event: ClipboardEvent): void => { const file = event.clipboardData?.files[0]; if (file) void this.take(file); };
    document.addEventListener("paste", paste);
    this.until(() => document.removeEventListener("paste", paste));
  }

  private async take(file: File | undefined): Promise<void> {
    if (!file || this.isBusy) return;
    this.isBusy = true;
    this.error = null;
    this.refresh();
    try {
      const sent = await post<{ id: string }>("/pictures", await smaller(file), { type: "image/jpeg", within: 60_000 });
      this.set(sent.id);
    } catch (error) { this.error = error instanceof UnreadablePicture ? error.message : `The picture was not taken: ${sentence(error)}`; }
    this.isBusy = false;
    this.refresh();
  }

  private drop(event: DragEvent): void {
    event.preventDefault();
    this.isOver = false;
    void this.take(event.dataTransfer?.files[0]);
  }

  protected view(): Content {
    const { id, under, picture } = this.suited;
    const over = (isOver: boolean) => (event: DragEvent): void => { event.preventDefault(); this.isOver = isOver; this.refresh(); };
    return html`<span class="picture-field ${this.isOver ? "picture-over" : ""}" @dragover=${over(true)} @dragleave=${over(false)} @drop=${(event: DragEvent) => this.drop(event)}>
      <span class="picture-seen">${picture ? html`<img src="${pictureAddress(picture)}" alt="The picture as it is now">` : icon("picture")}</span>
      <span class="picture-tools"><label class="button button-small picture-pick">${icon("picture")}<span>${this.isBusy ? "Sending…" : picture ? "Another picture" : "Choose a picture"}</span>
        <input type="file" id="${id}" accept="image/*" aria-describedby="${under}" ?disabled=${this.isBusy} @change=${(event: Event) => { const input = event.target as HTMLInputElement; void this.take(input.files?.[0]); input.value = ""; }}></label>
        ${picture && html`<button type="button" class="button button-small" @click=${() => this.set(null)}>Take away</button>`}
        <span class="form-hint">Or drop or paste one here.</span></span>
      <span role="alert">${this.error && html`<span class="form-error">${shape("stop")}<span>${this.error}</span></span>`}</span></span>`;
  }
}
customElements.define("depot-picture", PictureControl);

class UnreadablePicture extends Error {}

/** The picture as JPEG with no side over 1600 pixels, on white where it was transparent. */
async function smaller(file: File): Promise<Blob> {
  let bitmap: ImageBitmap;
  try { bitmap = await createImageBitmap(file); } catch { throw new UnreadablePicture("This is no picture that the browser can read."); }
  const scale = Math.min(1, longestSide / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  if (!context) throw new UnreadablePicture("The browser has no memory for this picture.");
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new UnreadablePicture("The picture could not be made smaller."))), "image/jpeg", quality));
}
