// Labels that were printed blank: each is stuck on a piece of gear and scanned while that piece is shown here, one after the
// other, with nothing to press between two. Gear that has a code already, its maker's or an old label, is named by scanning
// that one first. A code that a reader lost a part of is no label: what is claimed is one of ours with its check character,
// or has the form of the roll that was bought.

import { get, Problem, query, reply, sentence } from "../../daemon/api";
import { emptyPlace } from "../../elements/bits";
import { findAssets, loadDetail } from "../../daemon/commands";
import { PickerControl } from "../../forms/picker";
import { offerUndo } from "../../forms/record";
import { html, keyed, Content } from "../../elements/html";
import { shape } from "../../elements/icons";
import { field, Page } from "../../elements/page";
import { Ref } from "../../daemon/types";
import { formOf } from "./roll";

const remembered = "depotd.roll";

interface Claimed { asset: Ref; code: string; isRead: boolean }
interface Found { code: string; note: string | null; scheme: string | null; asset?: { id: string; number: string }; person?: { name: string }; model?: { name: string } }

export class Claim extends Page {
  private waiting: Ref[] = [];
  private done: Claimed[] = [];
  private trouble: { words: string; asset?: { id: string; number: string } } | null = null;
  private last: Promise<void> = Promise.resolve();
  private isOurs = true;
  private example = "";
  private readonly picker = new PickerControl({ find: async (q) => (await findAssets(q) ?? []).map((asset) => ({ id: asset.id, name: asset.number, more: asset.name })) }, (choice) => {
    if (choice) this.add(choice);
    this.refresh();
  });

  protected override enter(): void {
    this.example = localStorage.getItem(remembered) ?? "";
    this.isOurs = this.example === "";
    this.listen("depot-scan", (event) => { if (this.isConnected) { event.preventDefault(); this.take(event.detail); } });
  }

  private add(asset: Ref): void {
    if (!this.waiting.some((one) => one.id === asset.id)) this.waiting = [...this.waiting, asset];
  }

  /** What is scanned quickly is taken one after the other. */
  private take(code: string): void { this.last = this.last.then(() => this.decide(code)); }

  /** A code that gear has names the gear; one that nothing has is the label of the first that waits. */
  private async decide(code: string): Promise<void> {
    this.trouble = null;
    try {
      const found = await get<Found>(`/lookup${query({ code })}`), { asset, person, model } = found, next = this.waiting[0], known = this.done.find((one) => one.code === code);
      if (known) this.done = this.done.map((one) => (one === known ? { ...one, isRead: true } : one));
      else if (asset) this.add({ id: asset.id, name: asset.number });
      else if (person || model) this.trouble = { words: `That is ${(person ?? model)?.name}, not a blank label.` };
      else if (!this.isWhole(found)) this.trouble = { words: this.lacks(found) };
      else if (!next) this.trouble = { words: "This label is free. Pick the gear it is for, or scan a code that the gear has already; then scan the label again." };
      else {
        const { change } = await reply("POST", `/assets/${next.id}/identifiers`, { code });
        this.waiting = this.waiting.slice(1);
        this.done = [{ asset: next, code, isRead: false }, ...this.done];
        offerUndo(`${next.name} has this label now.`, change, () => void loadDetail(next.id));
      }
    } catch (error) {
      const other = error instanceof Problem ? error.details["asset"] as { id: string; number: string } | undefined : undefined;
      this.trouble = { words: sentence(error), ...(other ? { asset: other } : {}) };
    }
    this.refresh();
  }

  private isWhole({ code, scheme }: Found): boolean { return this.isOurs ? scheme === "label" : formOf(this.example)?.test(code) ?? false; }

  private lacks({ code, note }: Found): string {
    if (!this.isOurs && formOf(this.example) === null) return "Say first what one label of the bought roll says: that is how a code is known to be whole.";
    if (!this.isOurs) return `“${code}” is not like ${this.example}: a part of it was lost on the way, or it is of another roll. Scan it again.`;
    return note ?? `“${code}” is no label of ours: a part of it was lost on the way, or it is of a bought roll. Scan it again, or say what roll it is.`;
  }

  private setRoll(isOurs: boolean, example: string): void {
    this.isOurs = isOurs;
    this.example = example;
    this.trouble = null;
    try { if (isOurs) localStorage.removeItem(remembered); else localStorage.setItem(remembered, example); } catch { /* it is asked for again */ }
    this.refresh();
  }

  private roll(): Content {
    return html`<div class="label-pair"><div class="form-field"><label for="claim-roll">The roll</label><select class="input" id="claim-roll" @change=${(event: Event) => this.setRoll(field(event).value === "ours", this.example)}>
        <option value="ours" .selected=${this.isOurs}>Printed by this box</option><option value="bought" .selected=${!this.isOurs}>Bought, with codes on it</option></select></div>
      ${!this.isOurs && html`<div class="form-field"><label for="claim-example">One of its labels says</label><input class="input number" id="claim-example" placeholder="Such as NL-000123" autocomplete="off" spellcheck="false" maxlength="200" .value=${this.example} @input=${(event: Event) => this.setRoll(false, field(event).value.trim())}>
        <p class="form-hint">Labels are taken that are as long and begin the same.</p></div>`}</div>`;
  }

  protected view(): Content {
    this.picker.suit({ id: "claim-pick", label: "Gear", under: null, isWrong: false, isRequired: false, choice: null });
    const next = this.waiting[0];
    return html`<section class="settings-list claim" aria-label="Claim blank labels"><p class="lead">Pick the gear, or scan a code that it has already. Stick a blank label on it and scan that; the next one follows. Scan a label once more to see that it can be read.</p>
      ${this.roll()}
      <div class="form-field"><label for="claim-pick">Gear</label>${this.picker}</div>
      ${next ? html`<div class="claim-next" role="status"><span class="quiet">Scan the label that is now on</span><strong class="number">${next.name}</strong>
        <form class="code-add-row" @submit=${(event: Event) => { event.preventDefault(); const input = this.querySelector<HTMLInputElement>("#claim-code"); if (input?.value.trim()) { this.take(input.value.trim()); input.value = ""; } }}><input class="input" id="claim-code" aria-label="Code of the label" placeholder="Scan or type it, then Enter" autocomplete="off" spellcheck="false"><button class="button">Claim</button></form></div>`
        : this.done.length === 0 ? emptyPlace("scan", "Nothing waits for a label", "Blank labels are printed under Print, as a roll.", html`<a class="button" href="/labels/print">Print a roll</a>`) : html`<p class="quiet">All have their labels.</p>`}
      <div role="alert">${this.trouble && html`<p class="form-error">${shape("stop")}<span>${this.trouble.words} ${this.trouble.asset && html`<a href="/gear?asset=${this.trouble.asset.id}">Open ${this.trouble.asset.number}</a>`}</span></p>`}</div>
      ${this.waiting.length > 1 && html`<ul class="label-picked" aria-label="After it">${this.waiting.slice(1).map((one) => keyed(one.id, html`<li class="chip"><span class="number">${one.name}</span></li>`))}</ul>`}
      ${this.done.length > 0 && html`<ul class="list" aria-label="Claimed">${this.done.map((one) => keyed(one.code, html`<li class="printer-row"><span class="job-words"><strong class="number">${one.asset.name}</strong><span class="quiet number">${one.code}</span></span><span class="printer-state printer-ok">${shape("ok")}<span>${one.isRead ? "claimed and read" : "claimed"}</span></span></li>`))}</ul>`}</section>`;
  }
}
customElements.define("labels-claim", Claim);
