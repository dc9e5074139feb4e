// Designs of one's own: begun as one that comes with the box at the size of one's labels, then moved about in millimetres,
// with the label in sight as it will be printed.

import { get, query, sentence } from "../../daemon/api";
import { Asked } from "../../daemon/asked";
import { emptyPlace, failedPlace } from "../../elements/bits";
import { change, make, save } from "../../forms/record";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon, shape } from "../../elements/icons";
import { field, Page } from "../../elements/page";
import { tell } from "../../daemon/store";
import { AssetPage } from "../../daemon/types";
import { Design, Designs, Element_, Layout, Media, Subject } from "./labels";
import { LabelPreview } from "./preview";

interface Draft { id: string | null; version?: number; name: string; use: string; media: string; layout: Layout }

export class DesignsTab extends Page {
  private readonly designs = new Asked<Designs>(() => get("/labels/designs"), () => this.refresh());
  private readonly media = new Asked<{ items: Media[] }>(() => get("/labels/media"), () => this.refresh());
  private readonly preview = new LabelPreview();
  private draft: Draft | null = null;
  private example: Subject = { kind: "blank" };
  private trouble: string | null = null;

  protected override enter(): void {
    void this.designs.load();
    void this.media.load();
    void this.findExample();
    this.hears(["labels"], (fact) => { if (fact.topic === "reset" || fact.kind?.startsWith("design.")) void this.designs.load(); });
  }

  /** The first piece of gear there is, so that a design is seen with words in it. */
  private async findExample(): Promise<void> {
    try { const first = (await get<AssetPage>("/assets?limit=1")).items[0]; if (first) this.example = { kind: "asset", id: first.id }; } catch { /* it is seen blank */ }
    this.refresh();
  }

  private async begin(design: string, use: string): Promise<void> {
    const media = this.draft?.media ?? "zebra-57x32";
    try { this.draft = { id: null, name: "", use, media, layout: await get<Layout>(`/labels/layout${query({ design, media })}`) }; } catch (error) { tell("stop", sentence(error)); }
    this.trouble = null;
    this.refresh();
  }

  private async resize(media: string): Promise<void> {
    const { draft } = this;
    if (!draft) return;
    try { this.draft = { ...draft, media, layout: await get<Layout>(`/labels/layout${query({ design: `pattern:${draft.use}`, media })}`) }; } catch (error) { tell("stop", sentence(error)); }
    this.refresh();
  }

  private open({ id, version, name, use, width, height, elements }: Design): void {
    const fits = this.media.value?.items.find((one) => one.width >= width && (one.height ?? 300) >= height);
    this.draft = { id, version, name, use, media: fits?.key ?? "zebra-102x152", layout: { width, height, elements } };
    this.trouble = null;
    this.refresh();
  }

  private move(place: number, change: Partial<Element_>): void {
    const { draft } = this;
    if (!draft) return;
    draft.layout = { ...draft.layout, elements: draft.layout.elements.map((one, index) => (index === place ? { ...one, ...change } : one)) };
    this.refresh();
  }

  private put(elements: Element_[]): void { if (this.draft) { this.draft.layout = { ...this.draft.layout, elements }; this.refresh(); } }

  private async save(draft: Draft): Promise<void> {
    const values = { name: draft.name, use: draft.use, ...draft.layout }, again = (): void => void this.designs.load();
    try {
      if (draft.id) await save<Design>(`/labels/designs/${draft.id}`, values, draft.version, (saved) => `${saved.name} saved.`, again);
      else await make<Design>("/labels/designs", values, (made) => `${made.name} made.`, again);
      this.draft = null;
      void this.designs.load();
    } catch (error) { this.trouble = sentence(error); }
    this.refresh();
  }

  // ---- what is seen --------------------------------------------------------------------------------------------------

  protected view(): Content {
    const { value, error } = this.designs;
    if (!value) return error !== null ? failedPlace("The designs could not be loaded", error, () => void this.designs.load()) : html`<div class="skeleton-rows" aria-busy="true"><span></span></div>`;
    if (this.draft) return this.editor(this.draft, value);
    return html`<section class="settings-list" aria-label="Designs"><p class="lead">These come with the box and fit every roll and sheet. Begin one of your own with one of them.</p>
      <ul class="chips label-patterns" aria-label="Begin with">${value.patterns.map((one) => html`<li><button class="chip" @click=${() => void this.begin(one.key, one.use)}>${icon("plus")}${one.name}</button></li>`)}</ul>
      ${value.items.length === 0 ? emptyPlace("tag", "No design of your own yet", "The ones that come with the box do for most labels.") : html`<ul class="list" aria-label="Own designs">${value.items.map((one) => keyed(one.id, html`<li class="printer-row"><span class="job-words"><strong>${one.name}</strong><span class="quiet">${one.width} × ${one.height} mm</span></span>
        <span class="job-tools"><button class="button button-small" @click=${() => this.open(one)}>${icon("edit")}<span>Edit</span></button><button class="button button-small" @click=${() => void change<Design>(`/labels/designs/${one.id}`, { archived: true }, (saved) => `${saved.name} is put away.`, () => void this.designs.load()).then(() => this.designs.load())}>${icon("archive")}<span>Put away</span></button></span></li>`))}</ul>`}</section>`;
  }

  private editor(draft: Draft, designs: Designs): Template {
    this.preview.suit({ item: this.example, media: draft.media, layout: draft.layout }, `${draft.layout.width} × ${draft.layout.height} mm`);
    const typed = (key: "width" | "height") => (event: Event): void => { const number = Number(field(event).value.replace(",", ".")); if (number > 0) { draft.layout = { ...draft.layout, [key]: number }; this.refresh(); } };
    return html`<section class="label-desk" aria-label="Design"><form class="label-form" @submit=${(event: Event) => { event.preventDefault(); void this.save(draft); }}>
      <div class="form-field"><label for="design-name">Name</label><input class="input" id="design-name" maxlength="100" .value=${draft.name} @input=${(event: Event) => { draft.name = field(event).value; }}></div>
      <div class="form-field"><label for="design-media">Labels</label><select class="input" id="design-media" @change=${(event: Event) => void this.resize(field(event).value)}>${(this.media.value?.items ?? []).map((one) => html`<option value="${one.key}" .selected=${one.key === draft.media}>${one.maker} ${one.name}</option>`)}</select></div>
      <div class="label-numbers">${this.number("Width", "design-width", draft.layout.width, typed("width"))}${this.number("Height", "design-height", draft.layout.height, typed("height"))}</div>
      <ol class="design-elements" aria-label="Elements">${draft.layout.elements.map((one, place) => html`<li>${this.element(one, place, draft)}</li>`)}</ol>
      <div class="settings-tools">${(["text", "code", "logo", "line"] as const).map((kind) => html`<button type="button" class="button button-small" @click=${() => this.put([...draft.layout.elements, { kind, x: 1, y: 1, width: Math.min(10, draft.layout.width - 2), height: kind === "line" ? 0.3 : Math.min(10, draft.layout.height - 2), ...(kind === "text" ? { text: "{name}", size: 4, sizeMin: 1.8, lines: 1 } : {}) }])}>${icon("plus")}<span>${kind}</span></button>`)}</div>
      <p class="form-hint">A text may have fields: ${designs.fields.map((name) => `{${name}}`).join(" ")}</p>
      ${this.trouble !== null && html`<p class="form-error" role="alert">${shape("stop")}<span>${this.trouble}</span></p>`}
      <div class="settings-tools"><button class="button button-first">Save</button><button type="button" class="button" @click=${() => { this.draft = null; this.refresh(); }}>Cancel</button></div></form>
      <div class="label-side">${this.preview}</div></section>`;
  }

  private number(label: string, id: string, value: number | undefined, typed: (event: Event) => void): Template {
    return html`<span class="form-field"><label for="${id}">${label}</label><input class="input" id="${id}" inputmode="decimal" autocomplete="off" .value=${String(Math.round((value ?? 0) * 100) / 100)} @change=${typed}></span>`;
  }

  private element(one: Element_, place: number, draft: Draft): Template {
    const id = `element-${place}`;
    const typed = (key: keyof Element_) => (event: Event): void => { const number = Number(field(event).value.replace(",", ".")); if (Number.isFinite(number)) this.move(place, { [key]: number }); };
    const numbers: [string, keyof Element_][] = [["Left", "x"], ["Top", "y"], ["Width", "width"], ["Height", "height"], ...(one.kind === "text" ? [["Size", "size"], ["Lines", "lines"]] as [string, keyof Element_][] : [])];
    return html`<fieldset class="design-element"><legend>${place + 1}. ${one.kind}</legend>
      ${one.kind === "text" && html`<span class="form-field design-text"><label for="${id}-text">Text</label><input class="input" id="${id}-text" maxlength="500" .value=${one.text ?? ""} @input=${(event: Event) => this.move(place, { text: field(event).value })}></span>`}
      ${one.kind === "code" && html`<span class="form-field design-text"><label for="${id}-code">Code</label><select class="input" id="${id}-code" @change=${(event: Event) => this.move(place, { symbology: field(event).value })}>${[["qr", "QR"], ["datamatrix", "DataMatrix"], ["code128", "Code 128"]].map(([key, words]) => html`<option value="${key}" .selected=${key === one.symbology}>${words}</option>`)}</select></span>`}
      ${numbers.map(([label, key]) => this.number(label, `${id}-${key}`, one[key] as number | undefined, typed(key)))}
      <span class="form-field"><label for="${id}-turn">Turned</label><select class="input" id="${id}-turn" @change=${(event: Event) => this.move(place, { turn: Number(field(event).value) })}>${[0, 90, 180, 270].map((turn) => html`<option value="${turn}" .selected=${turn === (one.turn ?? 0)}>${turn}°</option>`)}</select></span>
      ${one.kind === "text" && html`<label class="form-tick" for="${id}-bold"><input type="checkbox" id="${id}-bold" .checked=${one.bold === true} @change=${(event: Event) => this.move(place, { bold: field(event).checked })}><span class="form-box">${icon("check")}</span><span>Bold</span></label>`}
      <button type="button" class="icon-button" aria-label="Take element ${place + 1} away" @click=${() => this.put(draft.layout.elements.filter((_, index) => index !== place))}>${icon("close")}</button></fieldset>`;
  }
}
customElements.define("labels-designs", DesignsTab);
