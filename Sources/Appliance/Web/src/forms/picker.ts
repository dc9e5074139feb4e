// The field that picks one of many: type-ahead over what the daemon finds, arrows and Enter, and "make new" at the
// end of the list. A combobox as WAI-ARIA has it; its list never takes the focus.

import { sentence } from "../daemon/api";
import { html, Content, Template } from "../elements/html";
import { icon } from "../elements/icons";
import { Page } from "../elements/page";
import { tell } from "../daemon/store";
import { debounced } from "../elements/time";

/** A record to pick: its name and, quietly beside it, what tells it from others of the name. */
export interface Choice { id: string; name: string; more?: string }

/** Where choices come from. `make` answers null when it leads to a page of its own. */
export interface Picker {
  find(words: string): Promise<readonly Choice[]>;
  make?: { words: string; run(typed: string): Promise<Choice | null> };
}

interface Suit { id: string; label: string; under: string | null; isWrong: boolean; isRequired: boolean; choice: Choice | null }

const askAfterMilliseconds = 140;

export class PickerControl extends Page {
  private suited: Suit = { id: "", label: "", under: null, isWrong: false, isRequired: false, choice: null };
  private typed: string | null = null;      // null while the choice stands
  private found: readonly Choice[] | null = null;
  private isOpen = false;
  private at = -1;
  private asked = 0;
  private readonly askSoon = debounced(askAfterMilliseconds, () => void this.ask());

  constructor(private readonly picker: Picker, private readonly pick: (choice: Choice | null) => void) { super(); }

  suit(suit: Suit): void {
    if (suit.choice?.id !== this.suited.choice?.id) this.typed = null;
    this.suited = suit;
    this.refresh();
  }

  private get canMake(): boolean {
    const words = this.typed?.trim() ?? "";
    return this.picker.make !== undefined && words !== "" && !this.found?.some((choice) => choice.name.toLocaleLowerCase() === words.toLocaleLowerCase());
  }
  private get count(): number { return (this.found?.length ?? 0) + (this.canMake ? 1 : 0); }

  private async ask(): Promise<void> {
    const number = ++this.asked;
    try {
      const found = await this.picker.find(this.typed?.trim() ?? "");
      if (number !== this.asked) return;      // a newer question overtook this one
      this.found = found;
      this.at = this.typed?.trim() && this.count > 0 ? 0 : -1;
    } catch (error) { if (number === this.asked) { this.found = []; tell("stop", sentence(error)); } }
    this.refresh();
  }

  private open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    void this.ask();
    this.refresh();
  }

  private close(): void {
    this.isOpen = false;
    this.at = -1;
    this.typed = null;
    this.refresh();
  }

  private async take(index: number): Promise<void> {
    const choice = this.found?.[index];
    if (choice) { this.pick(choice); this.close(); return; }
    const typed = this.typed?.trim() ?? "";
    if (!this.canMake || index !== this.count - 1) return;
    try {
      const made = await this.picker.make?.run(typed);
      if (made) { this.pick(made); this.close(); }
    } catch (error) { tell("stop", sentence(error)); }
  }

  /** Resolves when what Enter asked for is chosen: who saves at once must not lose it. */
  taken: Promise<void> = Promise.resolve();

  /** Enter may come before the answer to what was typed: then it is waited for. */
  private async takeTyped(): Promise<void> {
    // Again when a newer question overtook this one, which has the same words.
    for (let tries = 0; this.at < 0 && tries < 2; tries++) await this.ask();
    if (this.at >= 0) await this.take(this.at);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.open();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (this.count > 0) this.at = this.at < 0 ? (step > 0 ? 0 : this.count - 1) : (this.at + step + this.count) % this.count;
      this.refresh();
      queueMicrotask(() => this.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }));
    } else if (event.key === "Enter" && this.isOpen && (this.at >= 0 || this.typed?.trim())) {
      event.preventDefault();
      event.stopPropagation();
      this.taken = this.takeTyped();
    } else if (event.key === "Escape" && this.isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }

  private input(event: Event): void {
    this.typed = (event.target as HTMLInputElement).value;
    this.at = -1;
    this.asked++;      // an answer under way is to other words
    if (this.typed === "" && this.suited.choice) this.pick(null);
    if (this.isOpen) this.askSoon(); else this.open();
    this.refresh();
  }

  protected view(): Content {
    const { id, label, under, isWrong, isRequired, choice } = this.suited;
    const isShown = this.isOpen && (this.count > 0 || this.found !== null);
    return html`<span class="pick"><input class="input" id="${id}" role="combobox" aria-autocomplete="list" aria-expanded="${isShown ? "true" : "false"}" aria-controls="${isShown ? `${id}-list` : null}" aria-activedescendant="${isShown && this.at >= 0 ? `${id}-${this.at}` : null}"
        aria-describedby="${under}" aria-invalid="${isWrong ? "true" : null}" aria-required="${isRequired ? "true" : null}" autocomplete="off" spellcheck="false" placeholder="Type to find" .value=${this.typed ?? choice?.name ?? ""}
        @input=${(event: Event) => this.input(event)} @click=${() => this.open()} @keydown=${(event: KeyboardEvent) => this.key(event)} @focusout=${() => this.close()}>
      ${choice && html`<button type="button" class="pick-clear" tabindex="-1" aria-label="Clear ${label}" @click=${() => { this.pick(null); document.getElementById(id)?.focus(); }}>${icon("close")}</button>`}
      ${isShown && this.list(id, label)}</span>`;
  }

  private list(id: string, label: string): Template {
    const make = this.picker.make;
    const option = (index: number, content: Content, className: string): Template => html`<li class="pick-option ${className}" role="option" id="${id}-${index}" aria-selected="${index === this.at ? "true" : "false"}"
      @mousedown=${(event: Event) => { event.preventDefault(); void this.take(index); }}>${content}</li>`;
    if (this.count === 0) return html`<p class="pick-list pick-none">Nothing by that name.</p>`;
    return html`<ul class="pick-list" role="listbox" id="${id}-list" aria-label="${label}">
      ${(this.found ?? []).map((choice, index) => option(index, html`<span>${choice.name}</span>${choice.more && html`<span class="quiet">${choice.more}</span>`}`, ""))}
      ${this.canMake && make ? option(this.count - 1, html`<span>${make.words} “${this.typed?.trim()}”</span>`, "pick-make") : null}</ul>`;
  }
}
customElements.define("depot-picker", PickerControl);
