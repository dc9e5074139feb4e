// The categories of gear, and for each the fields that only its gear has: mount, power, test due. An edit goes over the
// wire as a whole, with the version it was based on.

import { get, Problem, query, sentence } from "../../daemon/api";
import { Asked } from "../../daemon/asked";
import { emptyPlace, failedPlace } from "../../elements/bits";
import { change, currentOf, make, save } from "../../forms/record";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon, shape } from "../../elements/icons";
import { field as input, Page } from "../../elements/page";
import { address, to, withQuery } from "../../router";
import { mayEdit } from "../../daemon/store";
import { debounced } from "../../elements/time";
import { moveInList } from "../rows";

type Kind = "text" | "number" | "day" | "choice" | "flag";
interface CustomField { key: string; name: string; kind: Kind; unit?: string | null; choices?: string[]; required?: boolean }
interface Category { id: string; name: string; fields: CustomField[]; archived: boolean; version: number; models?: number }
interface Draft { id: string; name: string; fields: (CustomField & { at: number })[]; version: number | undefined }

const kinds: readonly [Kind, string][] = [["text", "Text"], ["number", "Number"], ["day", "Day"], ["choice", "Choice"], ["flag", "Yes or no"]];

/** "Test due" is `testDue` on the wire. */
function keyOf(name: string, taken: readonly string[]): string {
  const words = name.normalize("NFD").replace(/[^a-zA-Z0-9 ]/g, "").trim().toLowerCase().split(/\s+/);
  const key = words.map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join("").replace(/^[^a-z]+/, "").slice(0, 36) || "field";
  for (let number = 1; ; number++) { const candidate = number === 1 ? key : `${key}${number}`; if (!taken.includes(candidate)) return candidate; }
}

export class Categories extends Page {
  private readonly list = new Asked<{ items: Category[] }>(() => get(`/categories${query({ archived: "all" })}`), () => this.refresh());
  private readonly loadSoon = debounced(120, () => void this.list.load());
  private draft: Draft | null = null;
  private error: string | null = null;
  private theirs: Category | null = null;
  private isSaving = false;
  private fieldCount = 0;

  private get open(): string | null { return address().searchParams.get("category"); }

  protected override enter(): void {
    void this.list.load();
    this.hears(["models"], () => this.loadSoon());
    this.listen("keydown", (event) => moveInList(event, this));
  }

  private suit(): Draft | null {
    if (this.open === null || !mayEdit()) { this.draft = null; return null; }
    if (this.draft?.id === this.open) return this.draft;
    const category = this.list.value?.items.find((one) => one.id === this.open);
    if (!category && this.open !== "new") return null;
    this.error = this.theirs = null;
    this.draft = { id: this.open, name: category?.name ?? "", version: category?.version, fields: (category?.fields ?? []).map((one) => ({ ...one, at: this.fieldCount++ })) };
    this.focusSoon("#category-name");
    return this.draft;
  }

  private close(): void {
    const was = this.draft?.id;
    this.draft = this.theirs = null;
    to(withQuery({ category: null }));
    this.focusSoon(was === "new" ? ".categories-new" : `[data-category="${was}"] [data-row]`);
  }

  private async send(draft: Draft): Promise<void> {
    if (this.isSaving) return;
    this.isSaving = true;
    this.error = null;
    this.refresh();
    const taken = draft.fields.map((one) => one.key).filter(Boolean);
    const fields = draft.fields.map(({ at: _, ...one }) => {
      const key = one.key || keyOf(one.name, taken);
      taken.push(key);
      return { key, name: one.name.trim(), kind: one.kind, ...(one.kind === "number" && one.unit ? { unit: one.unit } : {}), ...(one.kind === "choice" ? { choices: (one.choices ?? []).map((choice) => choice.trim()).filter(Boolean) } : {}), required: one.required === true };
    });
    try {
      if (draft.id === "new") await make<Category>("/categories", { name: draft.name, fields }, (made) => `${made.name} is added.`);
      else await save<Category>(`/categories/${draft.id}`, { name: draft.name, fields }, draft.version, (saved) => `${saved.name} is saved.`);
      this.close();
    } catch (error) {
      this.theirs = currentOf(error) as unknown as Category | null;
      this.error = error instanceof Problem ? [...new Set(Object.values(error.fields))].join(" ") || error.message : sentence(error);
    }
    this.isSaving = false;
    void this.list.load();
    this.refresh();
  }

  private async archive(category: Category): Promise<void> {
    await change<Category>(`/categories/${category.id}`, { archived: !category.archived }, (saved) => (saved.archived ? `${saved.name} is archived.` : `${saved.name} is back.`));
    this.close();
    void this.list.load();
  }

  private set(at: number, values: Partial<CustomField>): void {
    if (!this.draft) return;
    this.draft = { ...this.draft, fields: this.draft.fields.map((one) => (one.at === at ? { ...one, ...values } : one)) };
    this.refresh();
  }

  private move(index: number, by: number): void {
    if (!this.draft) return;
    const fields = [...this.draft.fields], [moved] = fields.splice(index, 1);
    if (moved) fields.splice(index + by, 0, moved);
    this.draft = { ...this.draft, fields };
    this.refresh();
    // The button that was pressed may be disabled now, and a disabled button swallows every key.
    queueMicrotask(() => this.querySelectorAll(".custom-field")[index + by]?.querySelector<HTMLElement>(".icon-button:not(:disabled)")?.focus());
  }

  private add(draft: Draft): void {
    const at = this.fieldCount++;
    this.draft = { ...draft, fields: [...draft.fields, { at, key: "", name: "", kind: "text" }] };
    this.refresh();
    queueMicrotask(() => document.getElementById(`field-name-${at}`)?.focus());
  }

  // ---- what is seen ------------------------------------------------------------------------------------------------

  protected view(): Content {
    const { value, error } = this.list;
    if (!value) {
      if (error !== null) return failedPlace("The categories could not be loaded", error, () => void this.list.load());
      return html`<div class="skeleton-rows" aria-busy="true">${Array.from({ length: 5 }, () => html`<span></span>`)}</div>`;
    }
    const draft = this.suit();
    const items = [...value.items].sort((a, b) => Number(a.archived) - Number(b.archived) || a.name.localeCompare(b.name));
    return html`<div class="settings-split ${draft ? "settings-open" : ""}"><section class="settings-list" aria-label="Categories">
      <div class="settings-tools">${mayEdit() && html`<a class="button button-first categories-new" data-new href="${withQuery({ category: "new" })}">${icon("plus")}New category</a>`}</div>
      ${items.length === 0 ? emptyPlace("model", "There is no category yet", "A category groups models and says which further fields their gear has.") : html`<ul class="list" aria-label="Categories">${items.map((one) => keyed(one.id, this.row(one)))}</ul>`}</section>
      ${draft && html`<aside class="settings-form" aria-label="Category">${this.editor(draft)}</aside>`}</div>`;
  }

  private row(category: Category): Template {
    const isOpen = category.id === this.open;
    const name = html`<strong>${category.name}</strong>${category.archived && html`<span class="quiet"> archived</span>`}`;
    return html`<li class="row category-row ${isOpen ? "row-open" : ""} ${category.archived ? "row-away" : ""}" data-category="${category.id}">
      ${mayEdit() ? html`<a class="row-link" data-row href="${withQuery({ category: category.id })}" aria-current="${isOpen ? "true" : null}">${name}</a>` : html`<span class="row-link" data-row tabindex="0">${name}</span>`}
      <span class="row-meant">${category.fields.map((one) => one.name).join(", ") || html`<span class="quiet">no further fields</span>`}</span></li>`;
  }

  private editor(draft: Draft): Template {
    const category = this.list.value?.items.find((one) => one.id === draft.id);
    return html`<form class="form category-form" aria-labelledby="category-title" novalidate @submit=${(event: Event) => { event.preventDefault(); void this.send(draft); }} @keydown=${(event: KeyboardEvent) => this.key(event, draft)}>
      <h2 id="category-title">${draft.id === "new" ? "New category" : `Edit ${category?.name ?? ""}`}</h2>
      <div class="form-trouble" role="alert">${this.error && html`<p>${shape("stop")}<span>${this.error}</span></p>`}</div>
      ${this.theirs && this.clash(draft, this.theirs)}
      <div class="form-field"><label for="category-name">Name</label><input class="input" id="category-name" maxlength="100" autocomplete="off" aria-required="true" .value=${draft.name} @input=${(event: Event) => { if (this.draft) this.draft.name = input(event).value; }}></div>
      <h3 class="form-section">Fields of its gear</h3>
      ${draft.fields.length === 0 && html`<p class="quiet">None. Gear of every category has a number, a serial, a home, an owner and a note already.</p>`}
      <ol class="custom-fields">${draft.fields.map((one, index) => keyed(one.at, this.field(one, index, draft)))}</ol>
      <button type="button" class="button" @click=${() => this.add(draft)}>${icon("plus")}Add a field</button>
      <div class="form-foot"><button class="button button-first" ?disabled=${this.isSaving}>${this.isSaving ? "Saving…" : "Save"}</button><button type="button" class="button" @click=${() => this.close()}>Cancel</button>
        ${category && html`<button type="button" class="button" @click=${() => void this.archive(category)}>${icon("archive")}${category.archived ? "Bring it back" : "Archive it"}</button>`}</div></form>`;
  }

  private key(event: KeyboardEvent, draft: Draft): void {
    if (event.key === "Escape") { event.preventDefault(); this.close(); }
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); void this.send(draft); }
  }

  /** Somebody else saved it meanwhile: both are said, and one is chosen. */
  private clash(draft: Draft, theirs: Category): Template {
    const named = (fields: readonly CustomField[]): string => fields.map((one) => one.name).join(", ") || "no fields";
    return html`<div class="category-clash"><dl class="facts"><div><dt>Theirs</dt><dd>${theirs.name}: ${named(theirs.fields)}</dd></div><div><dt>Yours</dt><dd>${draft.name}: ${named(draft.fields)}</dd></div></dl>
      <button type="button" class="button" @click=${() => { this.draft = null; this.theirs = this.error = null; this.refresh(); }}>Take theirs</button>
      <button type="button" class="button" @click=${() => { this.draft = { ...draft, version: theirs.version }; this.theirs = null; void this.send(this.draft); }}>Save yours</button></div>`;
  }

  private field(one: CustomField & { at: number }, index: number, draft: Draft): Template {
    const id = (name: string): string => `field-${name}-${one.at}`, title = one.name || `field ${index + 1}`;
    return html`<li class="custom-field">
      <div class="form-field"><label for="${id("name")}">Name</label><input class="input" id="${id("name")}" maxlength="100" autocomplete="off" .value=${one.name} @input=${(event: Event) => this.set(one.at, { name: input(event).value })}></div>
      <div class="form-field"><label for="${id("kind")}">Holds</label><select class="input" id="${id("kind")}" @change=${(event: Event) => this.set(one.at, { kind: input(event).value as Kind })}>${kinds.map(([kind, words]) => html`<option value="${kind}" .selected=${kind === one.kind}>${words}</option>`)}</select></div>
      ${one.kind === "number" && html`<div class="form-field"><label for="${id("unit")}">Unit</label><input class="input" id="${id("unit")}" maxlength="20" placeholder="W, kg, m" .value=${one.unit ?? ""} @input=${(event: Event) => this.set(one.at, { unit: input(event).value })}></div>`}
      ${one.kind === "choice" && html`<div class="form-field form-wide"><label for="${id("choices")}">Choices, one a line</label><textarea class="input" id="${id("choices")}" rows="3" .value=${(one.choices ?? []).join("\n")} @input=${(event: Event) => this.set(one.at, { choices: input(event).value.split("\n") })}></textarea></div>`}
      <div class="custom-tools"><label class="form-tick" for="${id("required")}"><input type="checkbox" id="${id("required")}" .checked=${one.required === true} @change=${(event: Event) => this.set(one.at, { required: input(event).checked })}><span class="form-box">${icon("check")}</span><span>Must be filled</span></label>
        <button type="button" class="icon-button" aria-label="Move ${title} up" title="Up" ?disabled=${index === 0} @click=${() => this.move(index, -1)}>${icon("up")}</button>
        <button type="button" class="icon-button" aria-label="Move ${title} down" title="Down" ?disabled=${index === draft.fields.length - 1} @click=${() => this.move(index, 1)}>${icon("down")}</button>
        <button type="button" class="icon-button" aria-label="Remove ${title}" title="Remove" @click=${() => { this.draft = { ...draft, fields: draft.fields.filter((other) => other.at !== one.at) }; this.refresh(); }}>${icon("close")}</button></div></li>`;
  }
}

customElements.define("settings-categories", Categories);
