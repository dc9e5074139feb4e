// A list from a file, in four steps: choose it, say which column is what, look at what would happen, done. Which file and
// which step are in the address, so going back is going back. Nothing is written before the last step, and then all of it
// or nothing. The steps are in steps.ts.

import "../rows.css";
import "./import.css";
import { get, post, Problem, query, sentence } from "../../daemon/api";
import { follow, undoBatch } from "../../daemon/batches";
import { emptyPlace, failedPlace, staleStrip } from "../../elements/bits";
import { html, Content, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { Page } from "../../elements/page";
import { address, to, withQuery } from "../../router";
import { mayEdit, tell } from "../../daemon/store";
import { Batch } from "../../daemon/types";
import { checkStep, columnsStep, doneStep, fileStep, Kind, kinds, Options, Report, Sheet } from "./steps";

const patience = 180_000;
const stepNames = ["File", "Columns", "Check", "Done"] as const;
const shelf = (id: string): string => `depotd.import.${id}`;

class ImportPage extends Page {
  private sheet: Sheet | null = null;
  private options: Options = { mapping: {}, existing: "update", makeMissing: true };
  private report: Report | null = null;
  private batch: Batch | null = null;
  private trouble: string | null = null;
  private isBusy = false;
  private wanted = "";
  private seenStep = -1;

  private get kind(): Kind { const kind = address().searchParams.get("kind") as Kind; return kind in kinds ? kind : "assets"; }
  private get file(): string { return address().searchParams.get("file") ?? ""; }
  /** 0 to 3; no later than what is known allows. */
  private get step(): number {
    if (this.batch) return 3;
    if (!this.sheet) return 0;
    return address().searchParams.get("step") === "check" ? 2 : 1;
  }

  protected override shown(): void {
    const id = this.file;
    if (id !== this.wanted) { this.wanted = id; this.begin(id); }
    if (this.step === 2 && !this.report && !this.isBusy && this.trouble === null) void this.check();
    if (this.step === this.seenStep) return;
    const isFirst = this.seenStep < 0;
    this.seenStep = this.step;
    if (!isFirst) this.focusSoon(".import-step h2");
  }

  private begin(id: string): void {
    this.batch = this.report = this.trouble = null;
    if (id === "") { this.sheet = null; this.refresh(); return; }
    if (this.sheet?.id !== id) { this.sheet = null; void this.load(id); }
  }

  private async load(id: string): Promise<void> {
    try {
      const sheet = await get<Sheet>(`/imports/${id}`);
      if (this.wanted !== id) return;
      this.take(sheet);
      if (sheet.batch && (sheet.batch.state === "running" || sheet.batch.state === "done")) { this.batch = sheet.batch; if (sheet.batch.state === "running") void this.watch(sheet.batch.id); }
    } catch (error) { this.trouble = sentence(error); }
    this.refresh();
  }

  /** The mapping is what was chosen before for this file, else what the daemon makes of the titles. */
  private take(sheet: Sheet): void {
    this.sheet = sheet;
    const guessed = Object.fromEntries(sheet.columns.map((column) => [String(column.index), column.field ?? ""]));
    this.options = { mapping: guessed, existing: "update", makeMissing: true };
    try { Object.assign(this.options, JSON.parse(sessionStorage.getItem(shelf(sheet.id)) ?? "{}")); } catch { /* the guess stays */ }
  }

  // ---- what is done ------------------------------------------------------------------------------------------------------

  private async busy(act: () => Promise<void>): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    this.trouble = null;
    this.refresh();
    try { await act(); } catch (error) { this.trouble = sentence(error); }
    this.isBusy = false;
    this.refresh();
  }

  private readonly send = (file: File | undefined): void => {
    if (file) void this.busy(async () => {
      const sheet = await post<Sheet>(`/imports${query({ kind: this.kind, name: file.name })}`, file, { type: "text/csv", within: patience });
      this.wanted = sheet.id;
      this.batch = this.report = null;
      this.take(sheet);
      to(withQuery({ kind: this.kind, file: sheet.id, step: null }));
    });
  };

  private readonly choose = (change: Partial<Options>): void => {
    this.options = { ...this.options, ...change };
    this.report = null;
    this.trouble = null;
    try { sessionStorage.setItem(shelf(this.file), JSON.stringify(this.options)); } catch { /* then it lives as long as the page */ }
    this.refresh();
  };

  private async check(): Promise<void> {
    await this.busy(async () => { this.report = await post<Report>(`/imports/${this.file}/check`, this.options, { within: patience }); });
  }

  private readonly run = (): void => void this.busy(async () => {
    try {
      const { batch } = await post<{ batch: string }>(`/imports/${this.file}/run`, this.options, { within: patience });
      await this.watch(batch);
    } catch (error) {
      const report = error instanceof Problem && error.status === 409 && error.details["errors"] ? error.details as unknown as Report : null;
      if (!report) throw error;
      this.report = report;        // something was changed between the check and the run
      this.trouble = sentence(error);
    }
  });

  private async watch(id: string): Promise<void> {
    const ended = await follow(id, (batch) => { this.batch = batch; this.refresh(); });
    if (ended.state === "reverted") { this.batch = null; this.trouble = `${ended.trouble?.message ?? "It could not be finished."} Nothing was imported.`; }
    else tell("ok", "The list is imported.", { label: "Undo", run: this.undo });
    this.refresh();
  }

  private readonly undo = (): void => {
    const id = this.batch?.id;
    if (!id) return;
    void undoBatch(id).then(() => this.load(this.file)).then(() => { if (this.sheet?.batch?.state === "undone") { this.batch = this.report = null; to(withQuery({ step: null }), { replace: true }); } });
  };

  // ---- what is seen ------------------------------------------------------------------------------------------------------

  protected view(): Content {
    if (!mayEdit()) return html`<div class="desk">${emptyPlace("import", "Managers import lists", "Ask one of them, or make gear piece by piece at the door: an unknown code waits there.")}</div>`;
    return html`<div class="desk import"><header class="desk-head"><h1>Import</h1></header>${this.stepper()}${staleStrip()}
      <div role="alert">${this.trouble !== null && (this.sheet || this.file === "") ? html`<p class="import-trouble">${icon("close")}<span>${this.trouble}</span></p>` : null}</div>
      ${this.stepView()}</div>`;
  }

  private stepper(): Template {
    const { step } = this;
    return html`<ol class="stages" aria-label="Steps">${stepNames.map((name, index) => html`<li class="${index < step ? "stages-past" : ""}" aria-current="${index === step ? "step" : null}"><span class="stages-number">${index < step ? icon("check") : index + 1}</span><span>${name}</span></li>`)}</ol>`;
  }

  private stepView(): Content {
    const { sheet } = this;
    if (this.file !== "" && !sheet) return this.trouble === null ? html`<div class="skeleton-page" aria-busy="true"></div>` : failedPlace("This file is not here any more", this.trouble, () => to("/import"));
    if (this.batch) return doneStep(this.batch, this.report, this.kindOf(sheet), this.undo);
    if (!sheet) return fileStep(this.kind, this.isBusy, this.send);
    if (this.step === 1) return columnsStep(sheet, this.options, this.choose);
    return checkStep(sheet, this.report, this.isBusy, this.run, () => void this.check(), this.trouble !== null);
  }

  private kindOf(sheet: Sheet | null): Kind { return sheet?.kind ?? this.kind; }
}
customElements.define("page-import", ImportPage);
