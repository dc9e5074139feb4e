// Labels that were printed blank: each is stuck on a piece of gear and scanned while that piece is shown here, one after the
// other, with nothing to press between two.

import { Problem, reply, sentence } from "../../api";
import { emptyPlace } from "../../bits";
import { findAssets, loadDetail } from "../../commands";
import { PickerControl } from "../../forms/picker";
import { offerUndo } from "../../forms/record";
import { html, keyed, Content } from "../../html";
import { shape } from "../../icons";
import { Page } from "../../page";
import { Ref } from "../../types";

interface Claimed { asset: Ref; code: string; change: number | null }

export class Claim extends Page {
  private waiting: Ref[] = [];
  private done: Claimed[] = [];
  private trouble: { words: string; asset?: { id: string; number: string } } | null = null;
  private isBusy = false;
  private readonly picker = new PickerControl({ find: async (q) => (await findAssets(q) ?? []).map((asset) => ({ id: asset.id, name: asset.number, more: asset.name })) }, (choice) => {
    if (choice && !this.waiting.some((one) => one.id === choice.id)) this.waiting = [...this.waiting, choice];
    this.refresh();
  });

  protected override enter(): void {
    this.listen("depot-scan", (event) => { if (this.isConnected && this.waiting.length > 0) { event.preventDefault(); void this.claim(event.detail); } });
  }

  private async claim(code: string): Promise<void> {
    const asset = this.waiting[0];
    if (!asset || this.isBusy) return;
    this.isBusy = true;
    this.trouble = null;
    try {
      const { change } = await reply("POST", `/assets/${asset.id}/identifiers`, { code });
      this.waiting = this.waiting.slice(1);
      this.done = [{ asset, code, change }, ...this.done];
      offerUndo(`${asset.name} has this label now.`, change, () => void loadDetail(asset.id));
    } catch (error) {
      const other = error instanceof Problem ? error.details["asset"] as { id: string; number: string } | undefined : undefined;
      this.trouble = { words: sentence(error), ...(other ? { asset: other } : {}) };
    }
    this.isBusy = false;
    this.refresh();
  }

  protected view(): Content {
    this.picker.suit({ id: "claim-pick", label: "Gear", under: null, isWrong: false, isRequired: false, choice: null });
    const next = this.waiting[0];
    return html`<section class="settings-list claim" aria-label="Claim blank labels"><p class="lead">Pick the gear that has no label yet. Stick a blank label on the first one and scan it; the next one follows.</p>
      <div class="form-field"><label for="claim-pick">Gear</label>${this.picker}</div>
      ${next ? html`<div class="claim-next" role="status"><span class="quiet">Scan the label that is now on</span><strong class="number">${next.name}</strong>
        <form class="code-add-row" @submit=${(event: Event) => { event.preventDefault(); const input = this.querySelector<HTMLInputElement>("#claim-code"); if (input?.value.trim()) { void this.claim(input.value.trim()); input.value = ""; } }}><input class="input" id="claim-code" aria-label="Code of the label" placeholder="Scan or type it, then Enter" autocomplete="off" spellcheck="false"><button class="button">Claim</button></form></div>`
        : this.done.length === 0 ? emptyPlace("scan", "Nothing waits for a label", "Blank labels are printed under Print, as a roll.", html`<a class="button" href="/labels/print">Print a roll</a>`) : html`<p class="quiet">All have their labels.</p>`}
      <div role="alert">${this.trouble && html`<p class="form-error">${shape("stop")}<span>${this.trouble.words} ${this.trouble.asset && html`<a href="/gear?asset=${this.trouble.asset.id}">Open ${this.trouble.asset.number}</a>`}</span></p>`}</div>
      ${this.waiting.length > 1 && html`<ul class="label-picked" aria-label="After it">${this.waiting.slice(1).map((one) => keyed(one.id, html`<li class="chip"><span class="number">${one.name}</span></li>`))}</ul>`}
      ${this.done.length > 0 && html`<ul class="list" aria-label="Claimed">${this.done.map((one) => keyed(one.code, html`<li class="printer-row"><span class="job-words"><strong class="number">${one.asset.name}</strong><span class="quiet number">${one.code}</span></span><span class="printer-state printer-ok">${shape("ok")}<span>claimed</span></span></li>`))}</ul>`}</section>`;
  }
}
customElements.define("labels-claim", Claim);
