// The field that collects codes: typed or read by a scanner that types. Enter takes a code, Backspace in the empty
// field takes the last one away.

import { html, keyed, Content } from "../elements/html";
import { icon } from "../elements/icons";
import { Page } from "../elements/page";

interface Suit { id: string; under: string | null; isWrong: boolean; codes: readonly string[] }

export class CodesControl extends Page {
  private suited: Suit = { id: "", under: null, isWrong: false, codes: [] };

  constructor(private readonly set: (codes: readonly string[]) => void) { super(); }

  suit(suit: Suit): void { this.suited = suit; this.refresh(); }

  private key(event: KeyboardEvent): void {
    const input = event.target as HTMLInputElement;
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && input.value.trim() !== "") {
      event.preventDefault();
      event.stopPropagation();
      this.take(input);
    } else if (event.key === "Backspace" && input.value === "" && this.suited.codes.length > 0) this.set(this.suited.codes.slice(0, -1));
  }

  private take(input: HTMLInputElement): void {
    const code = input.value.trim();
    input.value = "";
    if (code !== "" && !this.suited.codes.includes(code)) this.set([...this.suited.codes, code]);
  }

  protected view(): Content {
    const { id, under, isWrong, codes } = this.suited;
    return html`<span class="codes">${codes.map((code) => keyed(code, html`<span class="code-chip"><span class="number">${code}</span><button type="button" aria-label="Take ${code} away" @click=${() => this.set(codes.filter((other) => other !== code))}>${icon("close")}</button></span>`))}
      <input class="codes-input" id="${id}" autocomplete="off" spellcheck="false" placeholder="${codes.length === 0 ? "Scan or type, then Enter" : "Another one"}" aria-describedby="${under}" aria-invalid="${isWrong ? "true" : null}"
        @keydown=${(event: KeyboardEvent) => this.key(event)} @change=${(event: Event) => this.take(event.target as HTMLInputElement)}></span>`;
  }
}
customElements.define("depot-codes", CodesControl);
