// Adding to a pull sheet: one field for a name, a number or a code. A scanner types into it and its Enter adds what
// was read; with the arrows one of the offers is chosen instead, a unit or a model with a quantity.

import { get, Problem, query, sentence } from "../../daemon/api";
import { findAssets } from "../../daemon/commands";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon, shape } from "../../elements/icons";
import { field, Page, takesText } from "../../elements/page";
import "../../input/scanned";
import { debounced } from "../../elements/time";
import { play } from "../../elements/tones";
import { Asset, OutcomeKind, Ref } from "../../daemon/types";
import { statusPill } from "../../elements/bits";
import { addLine, NewLine, scanOnto, SheetScan } from "./project";

interface ModelOffer extends Ref { maker: string | null; category: Ref | null; units?: { total: number; available: number } }
interface Said { kind: OutcomeKind; word: string; what: string; why: string }

const suggestFrom = 2, quantityMax = 9_999;
const effectWords: Record<SheetScan["effect"], string> = { added: "ADDED", raised: "ONE MORE", already: "ALREADY ON IT", person: "JOINS" };

/** "6x skypanel" asks for six. */
function parsed(typed: string): { quantity: number | null; words: string } {
  const counted = /^\s*(\d{1,4})\s*[x×*]\s*(.*)$/i.exec(typed);
  return counted ? { quantity: Number(counted[1]), words: counted[2] ?? "" } : { quantity: null, words: typed.trim() };
}

export class Adding extends Page {
  project = "";
  sections: readonly string[] = [];
  /** Called after something was put on the sheet. */
  added: () => void = () => {};
  private typed = "";
  private quantity = 1;
  private section = "";
  private isScanning = false;
  private assets: Asset[] = [];
  private models: ModelOffer[] = [];
  private at = -1;
  private said: Said | null = null;
  private readonly suggestSoon = debounced(180, () => void this.suggest());

  protected override enter(): void {
    const key = (event: KeyboardEvent): void => this.wedge(event);
    addEventListener("keydown", key, { capture: true });   // before the house takes "g" and "/" for itself
    this.until(() => removeEventListener("keydown", key, { capture: true }));
    this.listen("depot-scan", (event) => { event.preventDefault(); void this.scan(event.detail); });
  }

  focusField(): void { this.input?.focus(); }

  private get input(): HTMLInputElement | null { return this.querySelector<HTMLInputElement>("#add"); }
  private get offers(): NewLine[] { return [...this.models.map((model): NewLine => ({ model: model.id })), ...this.assets.map((asset): NewLine => ({ asset: asset.id }))]; }

  // ---- keys --------------------------------------------------------------------------------------------------------

  /** While scanning, every key that no field wants belongs to the code, as at the door. */
  private wedge(event: KeyboardEvent): void {
    if (!this.isScanning || event.ctrlKey || event.metaKey || event.altKey || takesText(event.target)) return;
    if (event.key === "Escape") { this.isScanning = false; this.refresh(); return; }
    if (event.key.length !== 1 || !this.input) return;
    event.preventDefault();
    event.stopPropagation();
    this.typed += event.key;
    this.input.value = this.typed;
    this.input.focus();
  }

  private key(event: KeyboardEvent): void {
    const count = this.offers.length;
    if (event.key === "ArrowDown" && count > 0) this.at = Math.min(count - 1, this.at + 1);
    else if (event.key === "ArrowUp" && count > 0) this.at = Math.max(-1, this.at - 1);
    else if (event.key === "Escape" && (this.typed !== "" || count > 0)) { this.clear(); event.stopPropagation(); }
    else return;
    event.preventDefault();
    this.refresh();
  }

  // ---- what comes in -----------------------------------------------------------------------------------------------

  private type(text: string): void {
    this.typed = text;
    this.at = -1;
    const { quantity } = parsed(text);
    if (quantity !== null) this.quantity = Math.min(quantityMax, Math.max(1, quantity));
    this.suggestSoon();
    this.refresh();
  }

  private async suggest(): Promise<void> {
    const { words } = parsed(this.typed);
    if (words.length < suggestFrom) { this.assets = []; this.models = []; this.refresh(); return; }
    try {
      const [models, assets] = await Promise.all([get<{ items: ModelOffer[] }>(`/models${query({ q: words, limit: 5 })}`), findAssets(words)]);
      if (assets === null || words !== parsed(this.typed).words) return;
      this.models = models.items.slice(0, 5);
      this.assets = assets;
    } catch { this.assets = []; this.models = []; }
    this.refresh();
  }

  private send(): void {
    const offer = this.offers[this.at];
    if (offer) void this.add(offer);
    else if (this.typed.trim() !== "") void this.scan(parsed(this.typed).words);
  }

  private async add(offer: NewLine): Promise<void> {
    const model = this.models.find((one) => one.id === offer.model), asset = this.assets.find((one) => one.id === offer.asset);
    const what = model ? `${this.quantity} × ${model.name}` : `${asset?.number ?? ""} ${asset?.name ?? ""}`;
    await this.put(what, async () => {
      const { along, warnings } = await addLine(this.project, { ...offer, ...(model ? { quantity: this.quantity } : {}), section: this.section || null });
      const came = along.length > 0 ? [`with ${along.map((line) => line.title).join(", ")}`] : [];
      return { kind: warnings.length > 0 ? "ok-but" : "ok", word: "ADDED", what, why: [...came, ...warnings].join(". ") };
    });
  }

  private async scan(code: string): Promise<void> {
    await this.put(code, async () => {
      const { effect, short, warnings } = await scanOnto(this.project, code, this.section || null);
      return { kind: effect === "already" || warnings.length > 0 ? "ok-but" : "ok", word: effectWords[effect], what: short, why: warnings.join(" ") };
    });
  }

  private async put(what: string, send: () => Promise<Said>): Promise<void> {
    const typed = this.typed, offers = [this.models, this.assets] as const;
    this.clear();
    try {
      this.said = await send();
      play(this.said.kind);
      this.quantity = 1;
      this.added();
    } catch (error) {
      const status = error instanceof Problem ? error.status : 0;
      this.said = { kind: status === 404 ? "unknown" : status === 409 ? "ok-but" : "stop", word: status === 404 ? "NOT KNOWN" : "NOT ADDED", what, why: sentence(error) };
      play(this.said.kind);
      if (!this.isScanning) this.bringBack(typed, offers);
    }
    this.refresh();
  }

  /** What was typed is kept when it could not be added, with what fits it. */
  private bringBack(typed: string, [models, assets]: readonly [ModelOffer[], Asset[]]): void {
    this.typed = typed;
    this.models = models;
    this.assets = assets;
    if (this.input) this.input.value = typed;
    if (models.length + assets.length === 0) this.suggestSoon();
  }

  private clear(): void {
    this.typed = "";
    this.at = -1;
    this.assets = [];
    this.models = [];
    if (this.input) this.input.value = "";   // at once: the next scan may follow within this turn
    this.refresh();
  }

  // ---- what is seen ------------------------------------------------------------------------------------------------

  protected view(): Content {
    const count = this.offers.length;
    return html`<form class="add ${this.isScanning ? "add-scanning" : ""}" aria-label="Add to the sheet" @submit=${(event: Event) => { event.preventDefault(); this.send(); }}>
      <div class="add-row">
        <div class="add-field">${icon("scan")}<input id="add" class="input" type="text" role="combobox" aria-expanded="${count > 0 ? "true" : "false"}" aria-controls="add-offers" aria-autocomplete="list"
          aria-activedescendant="${this.at >= 0 ? `add-offer-${this.at}` : null}" aria-label="Add a unit or a model, or scan a code" placeholder="${this.isScanning ? "Scan now" : "Add: 6x skypanel, CAM-7, or scan"}" autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="send"
          @input=${(event: Event) => this.type(field(event).value)} @keydown=${(event: Event) => this.key(event as KeyboardEvent)}>
          <ul id="add-offers" class="add-offers" role="listbox" aria-label="What fits" ?hidden=${count === 0}>${this.models.map((model, index) => this.modelOffer(model, index))}${this.assets.map((asset, index) => this.assetOffer(asset, this.models.length + index))}</ul></div>
        <label class="add-quantity"><span>Pieces</span><input class="input" type="number" min="1" max="${quantityMax}" inputmode="numeric" .value=${String(this.quantity)} @input=${(event: Event) => { this.quantity = Math.min(quantityMax, Math.max(1, Number(field(event).value) || 1)); }}></label>
        <label class="add-section"><span>Section</span><input class="input" list="sections" maxlength="100" placeholder="none" .value=${this.section} @change=${(event: Event) => { this.section = field(event).value.trim(); }}></label>
        <datalist id="sections">${this.sections.map((name) => html`<option value="${name}"></option>`)}</datalist>
        <button class="button button-first">${icon("plus")}Add</button>
        <button type="button" class="button" aria-pressed="${this.isScanning ? "true" : "false"}" @click=${() => { this.isScanning = !this.isScanning; if (this.isScanning) this.focusField(); this.refresh(); }}>${icon("scan")}${this.isScanning ? "Stop scanning" : "Scan many"}</button>
      </div>
      <div class="add-said" role="status">${this.said && html`${shape(this.said.kind)}<p><strong>${this.said.word}</strong> <span class="number">${this.said.what}</span> <span>${this.said.why}</span></p>`}</div>
    </form>`;
  }

  private offer(index: number, content: Content): Template {
    return keyed(index, html`<li id="add-offer-${index}" class="add-offer" role="option" aria-selected="${this.at === index ? "true" : "false"}" @click=${() => { const offer = this.offers[index]; if (offer) void this.add(offer).then(() => this.focusField()); }}>${content}</li>`);
  }

  private modelOffer(model: ModelOffer, index: number): Template {
    const owned = model.units ? `${model.units.available} of ${model.units.total} here` : model.category?.name ?? "";
    return this.offer(index, html`<strong>${this.quantity} ×</strong><span>${[model.maker, model.name].filter(Boolean).join(" ")}</span><span class="quiet">${owned}</span>`);
  }

  private assetOffer(asset: Asset, index: number): Template {
    return this.offer(index, html`<strong class="number">${asset.number}</strong><span>${asset.name}</span>${statusPill(asset.status)}`);
  }
}

customElements.define("sheet-adding", Adding);
