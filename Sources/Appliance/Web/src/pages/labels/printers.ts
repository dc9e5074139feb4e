// The printers: how they are, what is in them, how far they print beside; those that could be added, and an address that
// is typed.

import { get, post, sentence } from "../../daemon/api";
import { Asked } from "../../daemon/asked";
import { emptyPlace, failedPlace } from "../../elements/bits";
import { loadDoors } from "../../daemon/commands";
import { Field } from "../../forms/fields";
import { RecordForm } from "../../forms/form";
import { Picker } from "../../forms/picker";
import { change, make, save } from "../../forms/record";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon, shape } from "../../elements/icons";
import { Page } from "../../elements/page";
import { mayEdit, state, tell } from "../../daemon/store";
import { Job, LabelPrinter, Media, payloads, PrinterState } from "./labels";

interface Found { name: string; address: string; model: string | null }

const doors: Picker = { find: async () => (state.doors ?? []).map((door) => ({ id: door.id, name: door.name })) };
const stateWords = { ready: "Ready", printing: "Printing", stopped: "Stopped", away: "Not reached" } as const;
const lookEveryMilliseconds = 15_000;

export class PrintersTab extends Page {
  private readonly printers = new Asked<{ items: LabelPrinter[] }>(() => get("/printers"), () => { this.refresh(); void this.look(); });
  private readonly media = new Asked<{ items: Media[] }>(() => get("/labels/media"), () => this.refresh());
  private readonly found = new Asked<{ items: Found[] }>(() => get("/printers/found", { within: 20_000 }), () => { this.isLooking = false; this.refresh(); });
  private readonly states = new Map<string, PrinterState>();
  private isLooking = false;
  private form: RecordForm | null = null;

  protected override enter(): void {
    void this.printers.load();
    void this.media.load();
    if (!state.doors) void loadDoors();
    this.hears(["labels"], (fact) => { if (fact.topic === "reset" || fact.kind?.startsWith("printer.")) void this.printers.load(); });
    const timer = setInterval(() => void this.look(), lookEveryMilliseconds);
    this.until(() => clearInterval(timer));
  }

  private async look(): Promise<void> {
    await Promise.all((this.printers.value?.items ?? []).map(async (printer) => {
      try { this.states.set(printer.id, await get<PrinterState>(`/printers/${printer.id}/state`, { within: 20_000 })); } catch { this.states.delete(printer.id); }
      this.refresh();
    }));
  }

  private search(): void {
    this.isLooking = true;
    this.refresh();
    void this.found.load();
  }

  private edit(printer: LabelPrinter | null, start: Partial<LabelPrinter> = {}): void {
    const fields: Field[] = [
      { name: "name", label: "Name", kind: "line", isRequired: true, max: 100 },
      { name: "address", label: "Address", kind: "line", isRequired: true, max: 500, hint: "Such as ipp://10.0.0.5/ipp/print, or socket://10.0.0.6:9100 for ZPL.", isWide: true },
      { name: "media", label: "Labels in it", kind: "choice", isRequired: true, choices: (this.media.value?.items ?? []).map((one) => [one.key, `${one.maker} ${one.name}`] as const) },
      { name: "resolution", label: "Resolution", kind: "whole", unit: "dpi", hint: "203 or 300 most times; an IPP printer's own is taken." },
      { name: "offsetX", label: "Prints too far right by", kind: "number", unit: "mm", section: "Calibration" },
      { name: "offsetY", label: "Prints too far down by", kind: "number", unit: "mm" },
      { name: "payload", label: "Codes say", kind: "choice", isRequired: true, choices: payloads, section: "What is printed" },
      { name: "base", label: "Address in codes", kind: "line", max: 200, hint: "Such as https://depot.example.org; empty for the one you are on." },
      { name: "door", label: "For the door", kind: "reference", picker: doors, hint: "Its labels come out here." },
    ];
    const done = (): void => { this.form = null; void this.printers.load(); };
    this.form = new RecordForm({
      name: `printer-${printer?.id ?? "new"}`, title: printer ? printer.name : "A new printer", fields: () => fields,
      ...(printer ? { record: printer as unknown as Record<string, unknown> & { id: string; version: number } } : { start: { resolution: 203, payload: "opaque", offsetX: 0, offsetY: 0, ...start } }),
      save: (values, version) => printer ? save<LabelPrinter>(`/printers/${printer.id}`, values, version, (saved) => `${saved.name} saved.`, () => void this.printers.load())
        : make<LabelPrinter>("/printers", values, (made) => `${made.name} added.`, () => void this.printers.load()),
      leave: () => { done(); this.refresh(); },
    });
    this.refresh();
  }

  private async archive(printer: LabelPrinter): Promise<void> {
    await change<LabelPrinter>(`/printers/${printer.id}`, { archived: true }, (saved) => `${saved.name} is put away.`, () => void this.printers.load());
    void this.printers.load();
  }

  /** Prints the edges of its labels and a ruler; what is read off is entered under Edit. */
  private async calibrate(printer: LabelPrinter, copies: number): Promise<void> {
    try {
      await post<Job>("/labels/jobs", { items: [{ kind: "calibration" }], printer: printer.id, copies });
      tell("ok", `A ruler comes out of ${printer.name}. Enter what it is off.`, mayEdit() ? { label: "Edit", run: () => this.edit(printer) } : undefined);
    } catch (error) { tell("stop", sentence(error)); }
  }

  private async takeLogo(printer: LabelPrinter, file: File | undefined): Promise<void> {
    if (!file) return;
    try {
      if (file.type !== "image/png") throw new Error("png");
      const { id } = await post<{ id: string }>("/pictures", file, { type: "image/png", within: 60_000 });
      await save<LabelPrinter>(`/printers/${printer.id}`, { logo: id }, undefined, (saved) => `${saved.name} has a logo.`, () => void this.printers.load());
      void this.printers.load();
    } catch (error) { tell("stop", error instanceof Error && error.message === "png" ? "A logo is a PNG file." : sentence(error)); }
  }

  // ---- what is seen --------------------------------------------------------------------------------------------------

  protected view(): Content {
    const { value, error } = this.printers;
    if (!value) return error !== null ? failedPlace("The printers could not be loaded", error, () => void this.printers.load()) : html`<div class="skeleton-rows" aria-busy="true"><span></span></div>`;
    const tools = mayEdit() && html`<div class="settings-tools"><button class="button button-first" ?disabled=${this.isLooking} @click=${() => this.search()}>${icon("search")}${this.isLooking ? "Looking…" : "Find printers"}</button><button class="button" @click=${() => this.edit(null)}>${icon("plus")}Type an address</button></div>`;
    return html`<section class="settings-split ${this.form ? "settings-open" : ""}" aria-label="Printers"><div class="settings-list">${tools}${this.finding()}
      ${value.items.length === 0 ? emptyPlace("print", "No printer is set up yet", "Printers of the network and queues of this box are found by themselves; any other has an address.") : html`<ul class="list" aria-label="Printers">${value.items.map((printer) => keyed(printer.id, this.row(printer)))}</ul>`}</div>
      ${this.form ? html`<div class="settings-form">${this.form}</div>` : null}</section>`;
  }

  private finding(): Content {
    const { value, error } = this.found;
    if (error !== null) return html`<p class="form-error" role="alert">${shape("stop")}<span>${error}</span></p>`;
    if (!value) return null;
    const known = new Set((this.printers.value?.items ?? []).map((one) => one.address)), fresh = value.items.filter((one) => !known.has(one.address));
    if (fresh.length === 0) return html`<p class="quiet" role="status">No further printers make themselves known.</p>`;
    return html`<ul class="list" aria-label="Found">${fresh.map((one) => keyed(one.address, html`<li class="printer-row"><span class="job-words"><strong>${one.name}</strong><span class="quiet">${one.model ?? one.address}</span></span>
      <button class="button button-small" @click=${() => this.edit(null, { name: one.name, address: one.address })}>${icon("plus")}<span>Add it</span></button></li>`))}</ul>`;
  }

  private row(printer: LabelPrinter): Template {
    const look = this.states.get(printer.id), media = this.media.value?.items.find((one) => one.key === printer.media);
    const tone = !look ? "" : look.state === "away" || look.state === "stopped" ? "printer-stop" : "printer-ok";
    return html`<li class="printer-row"><span class="job-words"><strong>${printer.name}</strong><span class="quiet">${[media && `${media.maker} ${media.name}`, `${printer.resolution} dpi`, printer.door?.name].filter(Boolean).join(" · ")}</span></span>
      <span class="printer-state ${tone}" role="status">${look ? html`${shape(tone === "printer-ok" ? "ok" : "stop")}<span>${stateWords[look.state]}</span>` : html`<span class="quiet">Asking…</span>`}</span>
      ${look && look.reasons.length > 0 && html`<p class="job-trouble">${shape("ok-but")}<span>${look.reasons.join(" ")}</span></p>`}
      <span class="job-tools"><button class="button button-small" @click=${() => void this.calibrate(printer, media?.perSheet ?? 1)}>${icon("grid")}<span>Calibrate</span></button>${media?.perSheet && html`<a class="button button-small" href="/api/v1/printers/${printer.id}/calibration.pdf" target="_blank">${icon("grid")}<span>As PDF</span></a>`}
        ${mayEdit() && html`<button class="button button-small" @click=${() => this.edit(printer)}>${icon("edit")}<span>Edit</span></button>
        <label class="button button-small picture-pick">${icon("picture")}<span>${printer.logo ? "Another logo" : "Logo"}</span><input type="file" accept="image/png" @change=${(event: Event) => void this.takeLogo(printer, (event.target as HTMLInputElement).files?.[0])}></label>
        <button class="button button-small" @click=${() => void this.archive(printer)}>${icon("archive")}<span>Put away</span></button>`}</span></li>`;
  }
}
customElements.define("labels-printers", PrintersTab);
