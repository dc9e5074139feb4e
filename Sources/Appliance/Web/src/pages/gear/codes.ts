// The codes on a piece of gear or on counted stock: which it has, one more by typing or scanning, one less with a way back.

import { Problem, reply, sentence } from "../../daemon/api";
import { Refusal, wrong } from "../../forms/fields";
import { offerUndo } from "../../forms/record";
import { html, keyed, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { mayEdit, tell } from "../../daemon/store";
import { Identifier } from "../../daemon/types";

/** Schemes that follow from fields of the item are edited there. */
const derived = ["own", "number", "serial"];

/** What has the codes, and where they are added and taken away. */
export interface Coded { name: string; codes: readonly Identifier[]; add: string; drop(key: string): string }

export class Codes {
  private refusal: Refusal | undefined;
  private isBusy = false;

  constructor(private readonly again: () => void, private readonly reload: () => void) {}

  private async add(on: Coded, input: HTMLInputElement): Promise<void> {
    const code = input.value.trim();
    if (code === "" || this.isBusy) return;
    this.isBusy = true;
    this.refusal = undefined;
    this.again();
    try {
      const { change } = await reply("POST", on.add, { code });
      input.value = "";
      offerUndo(`${on.name} is read by ${code} too.`, change, this.reload);
      this.reload();
    } catch (error) {
      const other = error instanceof Problem ? error.details["asset"] as { id: string; number: string } | undefined : undefined;
      this.refusal = { words: sentence(error), ...(other ? { link: { href: `/gear?asset=${other.id}`, words: `Open ${other.number}` } } : {}) };
      input.select();
    }
    this.isBusy = false;
    this.again();
  }

  private async drop(on: Coded, code: Identifier): Promise<void> {
    try {
      const { change } = await reply("DELETE", on.drop(code.key));
      offerUndo(`${on.name} is not read by ${code.value} any more.`, change, this.reload);
      this.reload();
    } catch (error) { tell("stop", sentence(error)); }
  }

  view(on: Coded): Template {
    const enter = (event: KeyboardEvent): void => { if (event.key === "Enter") { event.preventDefault(); void this.add(on, event.target as HTMLInputElement); } };
    return html`${on.codes.length === 0 ? html`<p class="quiet">None yet. A code scanned at the door can be linked to it.</p>`
      : html`<ul class="identifiers">${on.codes.map((one) => keyed(one.key ?? one.value, html`<li>${icon("tag")}<span class="number">${one.value}</span><span class="quiet">${one.scheme}</span>
        ${mayEdit() && !derived.includes(one.scheme) ? html`<button class="icon-button" aria-label="Take the code ${one.value} away" @click=${() => void this.drop(on, one)}>${icon("close")}</button>` : null}</li>`))}</ul>`}
      ${mayEdit() && html`<div class="code-add form-field ${this.refusal ? "form-wrong" : ""}"><label for="code-add">Add a code</label>
        <div class="code-add-row"><input class="input" id="code-add" autocomplete="off" spellcheck="false" placeholder="Scan or type it, then Enter" aria-describedby="${this.refusal ? "code-add-error" : null}" aria-invalid="${this.refusal ? "true" : null}" @keydown=${enter}>
        <button class="button button-small" ?disabled=${this.isBusy} @click=${() => { const input = document.querySelector<HTMLInputElement>("#code-add"); if (input) void this.add(on, input); }}>Add</button></div>${wrong("code-add", this.refusal)}</div>`}`;
  }
}
