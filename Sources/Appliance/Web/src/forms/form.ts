// A form of described fields, for any kind of record: it keeps a draft of what was typed, says what is wrong beside the
// field in the daemon's words, and when somebody else saved meanwhile, shows both and asks.
//
// Keys: Enter goes to the next field (so a scanner may fill one after the other), Ctrl+Enter saves, Escape leaves and
// keeps the draft. A page makes one with `new RecordForm(plan)` and puts it into its view.

import "./form.css";
import { now, Problem, sentence } from "../daemon/api";
import { html, keyed, Content, Template } from "../elements/html";
import { shape } from "../elements/icons";
import { Page } from "../elements/page";
import { tell } from "../daemon/store";
import { clock } from "../elements/time";
import { clashView } from "./clash";
import { CodesControl } from "./codes";
import { Field, fieldView, Held, held, idOf, member, nested, Refusal, wire } from "./fields";
import { Choice, PickerControl } from "./picker";
import { PictureControl } from "./picture";
import { Clash, currentOf, isEqual, merge, Recorded, Values } from "./record";

/** What a form is about. */
export interface Plan {
  /** Names the draft and the controls: unlike any other form that may be open, such as `asset-018f…`. */
  name: string;
  title: string;
  /** The fields now; they may depend on what other fields hold. */
  fields(value: (name: string) => Held): readonly Field[];
  /** The record as it was opened, when one is edited. */
  record?: Values & Recorded;
  /** What a new record starts with. */
  start?: Values;
  /** What was picked elsewhere meanwhile: goes over the draft. */
  over?: Record<string, Held>;
  saveWords?: string;
  /** Sends what was changed (all that is not empty, for a new record). A thrown Problem is shown beside its fields. */
  save(fields: Values, version: number | undefined): Promise<unknown>;
  /** Goes away from the form; also after it saved. */
  leave(isSaved: boolean): void;
}

interface Draft { at: number; record?: Values & Recorded; typed: Record<string, Held> }

const shelf = (plan: Plan): string => `depotd.draft.${plan.name}`;

export class RecordForm extends Page {
  private opened: Values & Partial<Recorded>;
  private typed: Record<string, Held> = {};
  private refusals: Record<string, Refusal> = {};
  private trouble: string | null = null;
  private isSaving = false;
  private draftAt: number | null = null;
  private clashes: Clash[] = [];
  private theirs: (Values & Recorded) | null = null;
  private picked: Record<string, "theirs" | "yours"> = {};
  private wantsFocus: string | null = "";
  private readonly controls = new Map<string, PickerControl | CodesControl | PictureControl>();

  constructor(private readonly plan: Plan) {
    super();
    this.opened = this.asOpened();
    this.takeDraft();
    Object.assign(this.typed, plan.over);
  }

  // ---- values -----------------------------------------------------------------------------------------------------

  /** A copy: the page's own record follows the live socket, and a form must notice what it did not see. */
  private asOpened(): Values & Partial<Recorded> { return structuredClone(this.plan.record ?? this.plan.start ?? {}); }

  private get fields(): readonly Field[] { return this.plan.fields((name) => this.value(name)); }

  /** What a field holds now: what was typed, else what the record has. */
  private value(name: string, field?: Field): Held {
    const typed = this.typed[name];
    if (typed !== undefined) return typed;
    const value = member(this.opened, name);
    return field ? held(field, value) : (value ?? null) as Held;
  }

  /** Fills fields of a new record that nobody typed in yet; who is in one of them already types over it. */
  suggest(values: Values): void {
    if (this.plan.record) return;
    this.opened = { ...this.opened, ...values };
    this.refresh();
    const isUntouched = (id: string): boolean => Object.keys(values).some((name) => id === idOf(this.plan.name, name) && this.typed[name] === undefined);
    queueMicrotask(() => { const at = document.activeElement; if (at instanceof HTMLInputElement && isUntouched(at.id)) at.select(); });
  }

  private set(field: Field, value: Held): void {
    this.typed[field.name] = value;
    delete this.refusals[field.name];
    this.keepDraft();
    this.refresh();
  }

  /** The fields that differ from what was opened, as they go over the wire; what can not is noted as refused. */
  private changed(): Values {
    const changed: Values = {};
    for (const field of this.fields) {
      try {
        const value = wire(field, this.value(field.name, field));
        const before = member(this.opened, field.name);
        const isEmpty = value === null || (Array.isArray(value) && value.length === 0) || (value === false && !field.isRequired);
        if (this.plan.record ? !isEqual(value, before) && !(isEmpty && (before ?? null) === null) : !isEmpty) changed[field.name] = value;
      } catch (words) { this.refusals[field.name] = { words: String(words) }; }
    }
    return changed;
  }

  // ---- the draft ----------------------------------------------------------------------------------------------------

  private takeDraft(): void {
    try {
      const draft = JSON.parse(localStorage.getItem(shelf(this.plan)) ?? "null") as Draft | null;
      if (!draft) return;
      this.typed = draft.typed;
      this.draftAt = draft.at;
      if (draft.record) this.opened = draft.record;     // what was typed was meant against that, so a clash is noticed
    } catch { /* an unreadable draft is none */ }
  }

  private keepDraft(): void {
    const secret = new Set(this.fields.filter((field) => field.isSecret).map((field) => field.name));
    const typed = Object.fromEntries(Object.entries(this.typed).filter(([name]) => !secret.has(name)));
    const draft: Draft = { at: now(), typed, ...(this.plan.record ? { record: this.opened as Values & Recorded } : {}) };
    try { localStorage.setItem(shelf(this.plan), JSON.stringify(draft)); } catch { /* then it lives as long as this form */ }
  }

  private dropDraft(): void {
    this.draftAt = null;
    try { localStorage.removeItem(shelf(this.plan)); } catch { /* see above */ }
  }

  private startOver(): void {
    this.dropDraft();
    this.typed = {};
    this.refusals = {};
    this.trouble = null;
    this.opened = this.asOpened();
    this.wantsFocus = "";
    this.refresh();
  }

  // ---- saving -------------------------------------------------------------------------------------------------------

  private async send(): Promise<void> {
    if (this.isSaving) return;
    await Promise.all([...this.controls.values()].map((control) => control instanceof PickerControl ? control.taken : null));
    if (this.isSaving) return;
    if (this.theirs) { await this.sendChosen(this.theirs); return; }
    this.refusals = {};
    const changed = this.changed();
    if (Object.keys(this.refusals).length > 0) { this.focusWrong(); return; }
    if (this.plan.record && Object.keys(changed).length === 0) { this.leave(true); return; }
    await this.attempt(changed, this.opened.version);
  }

  private async attempt(changed: Values, version: number | undefined): Promise<void> {
    this.isSaving = true;
    this.trouble = null;
    this.refresh();
    let again: (() => Promise<void>) | null = null;
    try {
      await this.plan.save(nested(changed, this.theirs ?? this.opened), version);
      this.leave(true);
    } catch (error) { again = this.refused(error, changed); }
    this.isSaving = false;
    this.refresh();
    if (again) await again();
  }

  /** Shows why it was not saved; where nothing clashes with what somebody else saved, answers the next attempt. */
  private refused(error: unknown, changed: Values): (() => Promise<void>) | null {
    const current = currentOf(error);
    if (!current) { this.showRefusals(error); return null; }
    const flat = (record: Values): Values => Object.fromEntries(Object.keys(changed).map((name) => [name, member(record, name)]));
    const merged = merge(flat(this.opened), changed, flat(current));
    this.theirs = current;
    if (merged.clashes.length === 0) return () => this.attempt(merged.fields, current.version);
    this.clashes = merged.clashes;
    this.picked = {};
    this.wantsFocus = "clash";
    return null;
  }

  /** What was chosen, with all that did not clash, on the version that was looked at. */
  private async sendChosen(theirs: Values & Recorded): Promise<void> {
    const left = this.clashes.find((clash) => !this.picked[clash.name]);
    if (left) { this.trouble = "Choose one side for each field first."; this.wantsFocus = "clash"; this.refresh(); return; }
    const changed = this.changed();
    for (const clash of this.clashes) if (this.picked[clash.name] === "theirs") { delete changed[clash.name]; delete this.typed[clash.name]; }
    for (const [name, value] of Object.entries(changed)) if (isEqual(value, member(theirs, name))) delete changed[name];
    if (Object.keys(changed).length === 0) { tell("ok", "Kept as the other saved it."); this.leave(true); return; }
    this.opened = theirs;
    this.clashes = [];
    await this.attempt(changed, theirs.version);
  }

  private showRefusals(error: unknown): void {
    const shown = new Set(this.fields.map((field) => field.name));
    this.theirs = null;
    this.clashes = [];
    if (!(error instanceof Problem)) { this.trouble = sentence(error); return; }
    for (const [name, words] of Object.entries(error.fields)) if (shown.has(name)) this.refusals[name] = { words, ...linkIn(error) };
    const isAllShown = Object.keys(this.refusals).length > 0 && Object.keys(error.fields).every((name) => shown.has(name));
    if (!isAllShown) this.trouble = error.status === 0 ? "The depot does not answer. What you typed is kept; save again in a moment." : error.message;
    this.focusWrong();
  }

  private focusWrong(): void {
    this.wantsFocus = this.fields.find((field) => this.refusals[field.name])?.name ?? null;
    this.refresh();
  }

  private leave(isSaved: boolean): void {
    if (isSaved) this.dropDraft();
    else if (Object.keys(this.typed).length > 0) tell("ok", "Not saved. What you typed is kept here as a draft.");
    this.plan.leave(isSaved);
  }

  // ---- keys ---------------------------------------------------------------------------------------------------------

  private key(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); (document.activeElement as HTMLElement | null)?.dispatchEvent(new Event("change", { bubbles: true })); void this.send(); }
    else if (event.key === "Escape") { event.preventDefault(); this.escape(); }
    else if (event.key === "Enter" && event.target instanceof HTMLInputElement && !/^(radio|checkbox|file)$/.test(event.target.type)) { event.preventDefault(); this.nextField(event.target); }
  }

  private escape(): void {
    if (!this.theirs) { this.leave(false); return; }
    this.theirs = null;
    this.clashes = [];
    this.wantsFocus = "";
    this.refresh();
  }

  private nextField(from: HTMLElement): void {
    const controls = [...this.querySelectorAll<HTMLElement>("input, select, textarea, .form-save")].filter((one) => one.tabIndex >= 0);
    controls[controls.indexOf(from) + 1]?.focus();
  }

  protected override shown(): void {
    if (this.wantsFocus === null) return;
    const name = this.wantsFocus === "" ? this.fields[0]?.name ?? "" : this.wantsFocus;
    const target = name === "clash" ? this.querySelector<HTMLElement>(".clash input:not(:checked)") : document.getElementById(idOf(this.plan.name, name));
    if (!target) return;
    this.wantsFocus = null;
    target.focus();
  }

  // ---- what is seen -------------------------------------------------------------------------------------------------

  protected view(): Content {
    const { plan } = this, wrongCount = Object.keys(this.refusals).length;
    const trouble = this.trouble ?? (wrongCount > 1 ? `${wrongCount} fields are not right yet.` : null);
    return html`<form class="form" novalidate aria-labelledby="${plan.name}-title" @submit=${(event: Event) => { event.preventDefault(); void this.send(); }} @keydown=${(event: KeyboardEvent) => this.key(event)}>
      <h2 id="${plan.name}-title">${this.theirs && this.clashes.length > 0 ? "Somebody else saved this too" : plan.title}</h2>
      ${this.draftAt !== null && !this.theirs && html`<p class="form-draft"><span>Your draft of ${clock(this.draftAt)}.</span><button type="button" class="button button-small" @click=${() => this.startOver()}>Start over</button></p>`}
      <div class="form-trouble" role="alert">${trouble && html`<p>${shape("stop")}<span>${trouble}</span></p>`}</div>
      ${this.clashes.length > 0 && this.theirs ? clashView(plan.name, this.theirs, this.clashes, this.fields, this.picked, (name, side) => { this.picked[name] = side; this.trouble = null; this.refresh(); }, (name) => this.value(name))
        : html`<div class="form-grid">${this.fields.map((field) => keyed(field.name, html`${field.section && html`<h3 class="form-section">${field.section}</h3>`}${this.field(field)}`))}</div>`}
      <div class="form-foot"><button class="button button-first form-save" ?disabled=${this.isSaving}>${this.isSaving ? "Saving…" : this.clashes.length > 0 ? "Save the choice" : plan.saveWords ?? "Save"}</button>
        <button type="button" class="button" @click=${() => this.escape()}>${this.clashes.length > 0 ? "Back to the form" : "Cancel"}</button>
        <span class="form-keys" aria-hidden="true"><kbd>Ctrl</kbd> <kbd>Enter</kbd> saves</span></div>
    </form>`;
  }

  private field(field: Field): Template {
    const value = this.value(field.name, field);
    return fieldView(this.plan.name, field, value, this.refusals[field.name], (next) => this.set(field, next), this.control(field, value));
  }

  /** The control of a field that is more than an input; it lives as long as the form. */
  private control(field: Field, value: Held): HTMLElement | null {
    const id = idOf(this.plan.name, field.name), isWrong = this.refusals[field.name] !== undefined;
    const under = [field.hint ? `${id}-hint` : "", isWrong ? `${id}-error` : ""].filter(Boolean).join(" ") || null;
    const known = this.controls.get(field.name) ?? this.makeControl(field);
    if (!known) return null;
    this.controls.set(field.name, known);
    if (known instanceof PickerControl) known.suit({ id, label: field.label, under, isWrong, isRequired: field.isRequired === true, choice: value as Choice | null });
    else if (known instanceof CodesControl) known.suit({ id, under, isWrong, codes: value as readonly string[] });
    else known.suit({ id, under, picture: value as string | null });
    return known;
  }

  private makeControl(field: Field): PickerControl | CodesControl | PictureControl | null {
    if (field.kind === "reference" && field.picker) return new PickerControl(field.picker, (choice) => this.set(field, choice));
    if (field.kind === "codes") return new CodesControl((codes) => this.set(field, codes));
    if (field.kind === "picture") return new PictureControl((picture) => this.set(field, picture));
    return null;
  }
}
customElements.define("depot-form", RecordForm);

/** A link to what has the code already, when the daemon says what that is. */
function linkIn(problem: Problem): { link?: { href: string; words: string } } {
  const asset = problem.details["asset"] as { id: string; number: string } | undefined;
  if (asset) return { link: { href: `/gear?asset=${asset.id}`, words: `Open ${asset.number}` } };
  const person = problem.details["person"] as { id: string; name: string } | undefined;
  if (person) return { link: { href: `/people/${person.id}`, words: `Open ${person.name}` } };
  return {};
}
