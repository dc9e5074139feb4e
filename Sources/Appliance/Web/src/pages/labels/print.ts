// Which labels, on which printer, in which design: seen as they will be, then printed, or taken away as sheets.

import { get, post, query, sentence } from "../../daemon/api";
import { Asked } from "../../daemon/asked";
import { emptyPlace } from "../../elements/bits";
import { findAssets } from "../../daemon/commands";
import { Choice, Picker, PickerControl } from "../../forms/picker";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon, shape } from "../../elements/icons";
import { field, Page } from "../../elements/page";
import { people, places } from "../../forms/pickers";
import { address, to, withQuery } from "../../router";
import { mayEdit, tell } from "../../daemon/store";
import { Asset, Model, Page as Many } from "../../daemon/types";
import { Designs, download, Job, LabelPrinter, Media, payloads, Subject } from "./labels";
import { LabelPreview } from "./preview";

const gear: Picker = { find: async (q) => (await findAssets(q) ?? []).map((asset) => ({ id: asset.id, name: asset.number, more: asset.name })) };
const counted: Picker = { find: async (q) => (await get<Many<Model>>(`/models${query({ q, limit: 20 })}`)).items.filter((model) => model.counting === "counted").map((model) => ({ id: model.id, name: model.name })) };

const kinds = [["asset", "Gear"], ["blank", "A roll of blank labels"], ["place", "Shelves and places"], ["model", "Bins of counted gear"], ["card", "Action cards"], ["person", "Badges"]] as const;
const cards: readonly Choice[] = [{ id: "print", name: "Print its label" }, { id: "undo", name: "Undo the last scan" }];
const remembered = "depotd.labels";

export class PrintTab extends Page {
  private readonly printers = new Asked<{ items: LabelPrinter[] }>(() => get("/printers"), () => this.refresh());
  private readonly designs = new Asked<Designs>(() => get("/labels/designs"), () => this.refresh());
  private readonly media = new Asked<{ items: Media[] }>(() => get("/labels/media"), () => this.refresh());
  private readonly preview = new LabelPreview();
  private readonly controls = new Map<string, PickerControl>();
  private picked: Choice[] = [];
  private known = "";
  private kind: Subject["kind"] = "asset";
  private printer = "";
  private sheet = "";
  private design = "";
  private code = "";
  private copies = "1";
  private first = "1";
  private isBusy = false;
  private trouble: string | null = null;

  protected override enter(): void {
    for (const asked of [this.printers, this.designs, this.media]) void asked.load();
    try { Object.assign(this, JSON.parse(localStorage.getItem(remembered) ?? "{}")); } catch { /* then it begins anew */ }
    this.hears(["labels"], (fact) => { if (fact.topic === "reset" || fact.kind?.startsWith("printer.")) void this.printers.load(); if (fact.kind?.startsWith("design.")) void this.designs.load(); });
  }

  /** What the address names is picked: `?assets=ID,ID`. */
  private takeAddress(): void {
    const wanted = address().searchParams.get("assets") ?? "";
    if (wanted === this.known) return;
    this.known = wanted;
    if (wanted === "") return;
    this.kind = "asset";
    this.picked = wanted.split(",").map((id) => ({ id, name: "…" }));
    void this.nameAll(this.picked);
  }

  private async nameAll(picked: readonly Choice[]): Promise<void> {
    // Of a long list the first few have names; the rest is a number.
    const named = await Promise.all(picked.slice(0, 12).map(async (one) => { try { const asset = await get<Asset>(`/assets/${one.id}`); return { id: one.id, name: asset.number, more: asset.name }; } catch { return one; } }));
    if (this.picked === picked) { this.picked = [...named, ...picked.slice(12)]; this.refresh(); }
  }

  private get chosen(): LabelPrinter | null { const items = this.printers.value?.items ?? []; return items.find((one) => one.id === this.printer) ?? items[0] ?? null; }
  private get labels(): Media | null { const key = this.isSheet ? this.sheet : this.chosen?.media; return this.media.value?.items.find((one) => one.key === key) ?? null; }
  private get isSheet(): boolean { return this.printer === "sheet" || this.chosen === null; }

  private get subjects(): Subject[] {
    if (this.kind === "blank") return [{ kind: "blank" }];
    return this.picked.map(({ id }) => ({ kind: this.kind, id }));
  }

  private get choices(): Record<string, string> {
    return { ...(this.design ? { design: this.design } : {}), ...(this.code ? { code: this.code } : {}) };
  }

  private set(change: Partial<Record<"printer" | "sheet" | "design" | "code" | "copies" | "first", string>> & { kind?: Subject["kind"] }): void {
    Object.assign(this, change);
    this.trouble = null;
    try { localStorage.setItem(remembered, JSON.stringify({ printer: this.printer, sheet: this.sheet, code: this.code })); } catch { /* it is asked for again */ }
    this.refresh();
  }

  private turnTo(kind: Subject["kind"]): void {
    if (address().searchParams.has("assets")) { this.known = ""; to(withQuery({ assets: null }), { replace: true }); }
    this.picked = kind === "card" ? [...cards] : [];
    this.set({ kind, design: "", copies: kind === "blank" ? "50" : "1" });
  }

  private async print(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    this.trouble = null;
    this.refresh();
    try {
      const copies = Math.max(1, Number(this.copies) || 1), items = this.subjects;
      const first = this.labels?.perSheet ? Math.max(0, (Number(this.first) || 1) - 1) : 0;
      if (this.isSheet) await download("/labels/sheets", { items: items.flatMap((item) => Array.from({ length: copies }, () => item)), media: this.labels?.key, first, ...this.choices }, "labels.pdf");
      else {
        const job = await post<Job>("/labels/jobs", { items, printer: this.chosen?.id, copies, first, ...this.choices });
        tell("ok", `${job.total === 1 ? "1 label comes" : `${job.total} labels come`} out of ${job.printer.name}.`);
        to(`/labels/queue?job=${job.id}`);
      }
    } catch (error) { this.trouble = sentence(error); }
    this.isBusy = false;
    this.refresh();
  }

  // ---- what is seen --------------------------------------------------------------------------------------------------

  protected view(): Content {
    this.takeAddress();
    const subject = this.subjects[0];
    this.preview.suit(subject && this.labels ? { item: subject, ...(this.isSheet ? { media: this.labels.key } : { printer: this.chosen?.id }), ...this.choices } : null, this.labels ? `${this.labels.maker} ${this.labels.name}` : "");
    return html`<section class="label-desk" aria-label="Print labels">
      <form class="label-form" @submit=${(event: Event) => { event.preventDefault(); void this.print(); }}>
        ${this.choice("label-kind", "Labels for", kinds.filter(([key]) => mayEdit() || key !== "person"), this.kind, (kind) => this.turnTo(kind as Subject["kind"]))}
        ${this.kind !== "blank" && this.picking()}
        <div class="label-pair">${this.choice("label-printer", "Printer", [...(this.printers.value?.items ?? []).map((one) => [one.id, one.name] as const), ["sheet", "A file of sheets (PDF)"]], this.isSheet ? "sheet" : this.chosen?.id ?? "", (printer) => this.set({ printer }), !this.isSheet && this.labels ? `${this.labels.maker} ${this.labels.name} are in it.` : "")}
        ${this.isSheet && this.choice("label-sheet", "Sheets", [["", "Choose"], ...(this.media.value?.items ?? []).filter((one) => one.perSheet).map((one) => [one.key, `${one.maker} ${one.name}`] as const)], this.sheet, (sheet) => this.set({ sheet }))}
        ${this.choice("label-design", "Design", [["", "The one that fits"], ...(this.designs.value?.patterns ?? []).map((one) => [one.key, one.name] as const), ...(this.designs.value?.items ?? []).map((one) => [one.id, `${one.name} (${one.width} × ${one.height} mm)`] as const)], this.design, (design) => this.set({ design }))}
        ${this.kind === "asset" && this.choice("label-code", "The code says", [["", "What the printer is set to"], ...payloads], this.code, (code) => this.set({ code }))}
        ${this.number("label-copies", this.kind === "blank" ? "How many" : "Copies", this.copies, (copies) => this.set({ copies }))}
        ${this.labels?.perSheet ? this.number("label-first", `First label of ${this.labels.perSheet}`, this.first, (first) => this.set({ first })) : null}</div>
        ${this.trouble !== null && html`<p class="form-error" role="alert">${shape("stop")}<span>${this.trouble}</span></p>`}
        <button class="button button-first label-print" ?disabled=${this.isBusy || this.subjects.length === 0 || !this.labels}>${icon("print")}${this.words()}</button>
      </form>
      <div class="label-side">${subject && this.labels ? this.preview : emptyPlace("tag", "Nothing is picked yet", this.subjects.length === 0 ? "Pick what the labels are for, and see how they will be." : "Choose the labels that are in the printer.")}</div></section>`;
  }

  private words(): string {
    if (this.isBusy) return this.isSheet ? "Drawing…" : "Sending…";
    const count = this.subjects.length * Math.max(1, Number(this.copies) || 1);
    if (count === 0) return this.isSheet ? "Make labels as PDF" : "Print labels";
    const labels = count === 1 ? "1 label" : `${count} labels`;
    return this.isSheet ? `Make ${labels} as PDF` : `Print ${labels}`;
  }

  private picking(): Template {
    const shown = this.picked.slice(0, 12);
    return html`<div class="form-field"><label for="label-pick">Which</label>${this.kind !== "card" && this.picker()}
      <ul class="label-picked" aria-label="Picked">${shown.map((one) => keyed(one.id, html`<li class="chip"><span class="number">${one.name}</span><button type="button" class="icon-button" aria-label="Leave ${one.name} out" @click=${() => { this.picked = this.picked.filter((other) => other !== one); this.refresh(); }}>${icon("close")}</button></li>`))}
        ${this.picked.length > shown.length && html`<li class="quiet">and ${this.picked.length - shown.length} more</li>`}</ul></div>`;
  }

  private picker(): HTMLElement {
    const source = { asset: gear, place: places, model: counted, person: people }[this.kind as string] ?? gear;
    let control = this.controls.get(this.kind);
    if (!control) {
      control = new PickerControl({ find: source.find }, (choice) => {
        if (choice && !this.picked.some((one) => one.id === choice.id)) this.picked = [...this.picked, choice];
        this.refresh();
      });
      this.controls.set(this.kind, control);
    }
    control.suit({ id: "label-pick", label: "Which", under: null, isWrong: false, isRequired: false, choice: null });
    return control;
  }

  private choice(id: string, label: string, choices: readonly (readonly [string, string])[], value: string, chosen: (value: string) => void, hint = ""): Template {
    return html`<div class="form-field"><label for="${id}">${label}</label><select class="input" id="${id}" @change=${(event: Event) => chosen(field(event).value)}>${choices.map(([key, words]) => html`<option value="${key}" .selected=${key === value}>${words}</option>`)}</select>${hint && html`<p class="form-hint">${hint}</p>`}</div>`;
  }

  private number(id: string, label: string, value: string, typed: (value: string) => void): Template {
    return html`<div class="form-field"><label for="${id}">${label}</label><input class="input" id="${id}" inputmode="numeric" autocomplete="off" .value=${value} @input=${(event: Event) => typed(field(event).value)}></div>`;
  }
}
customElements.define("labels-print", PrintTab);
