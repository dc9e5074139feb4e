// Many items at once: which are picked, and the bar that edits them all. "All that fit" is a question, not a list, so it
// reaches what is not loaded.

import { finish } from "../../daemon/batches";
import { patch, sentence } from "../../daemon/api";
import { RecordForm } from "../../forms/form";
import { Field } from "../../forms/fields";
import { html, Content, Template } from "../../elements/html";
import { icon, IconName } from "../../elements/icons";
import { places } from "../../forms/pickers";
import { to } from "../../router";
import { state, tell } from "../../daemon/store";
import { Batch } from "../../daemon/types";
import { count } from "./looking";

const conditions = [["fit", "Fit"], ["maintenance", "In repair"], ["damaged", "Damaged"], ["lost", "Lost"], ["retired", "Retired"]] as const;

/** The edits offered for many, each one field. */
const edits: readonly (readonly [IconName, Field])[] = [
  ["place", { name: "home", label: "Home", kind: "reference", picker: places, hint: "Leave it empty to take the home away.", isWide: true }],
  ["person", { name: "owner", label: "Owner", kind: "line", max: 200, hint: "Leave it empty to take the owner away.", isWide: true }],
  ["wrench", { name: "condition", label: "Condition", kind: "choice", isRequired: true, choices: conditions, isWide: true }],
];

export class Selection {
  readonly ids = new Set<string>();
  /** Everything the address asks for, loaded or not. */
  isAll = false;
  form: RecordForm | null = null;
  private anchor = -1;
  private moving: Batch | null = null;

  constructor(private readonly again: () => void) {}

  get isEmpty(): boolean { return !this.isAll && this.ids.size === 0; }
  get size(): number { return this.isAll ? state.gear.total : this.ids.size; }
  has(id: string): boolean { return this.isAll || this.ids.has(id); }

  /** Picks or lets go of one; with `isRange` all from the one before. */
  toggle(index: number, isRange: boolean): void {
    const asset = state.gear.rows[index];
    if (!asset) return;
    if (this.isAll) { this.isAll = false; for (const row of state.gear.rows) this.ids.add(row.id); }
    if (isRange && this.anchor >= 0) {
      const [from, to] = [Math.min(this.anchor, index), Math.max(this.anchor, index)];
      for (const row of state.gear.rows.slice(from, to + 1)) this.ids.add(row.id);
    } else if (!this.ids.delete(asset.id)) this.ids.add(asset.id);
    this.anchor = index;
    this.again();
  }

  all(): void {
    this.isAll = state.gear.next !== null;
    for (const row of state.gear.rows) this.ids.add(row.id);
    this.again();
  }

  clear(): void {
    this.ids.clear();
    this.isAll = false;
    this.form = null;
    this.anchor = -1;
    this.again();
  }

  // ---- editing ----------------------------------------------------------------------------------------------------------

  private edit(field: Field): void {
    this.form = new RecordForm({
      name: `many-${field.name}`, title: `${field.label} of ${this.words()}`, fields: () => [field], saveWords: `Set for ${this.words()}`,
      save: (fields) => this.send({ [field.name]: fields[field.name] ?? null }, (items) => `${field.label} set for ${items}.`),
      leave: () => { this.form = null; this.again(); },
    });
    this.again();
  }

  /** Starts the batch; a refusal of the whole is thrown, what comes later is told. */
  private async send(set: Record<string, unknown>, words: (items: string) => string): Promise<void> {
    const which = this.isAll ? { query: Object.fromEntries(new URLSearchParams(state.gear.query)) } : { ids: [...this.ids] };
    const { batch } = await patch<{ batch: string }>("/assets", { ...which, set }, { within: 60_000 });
    const moved = (moving: Batch | null): void => { this.moving = moving; this.again(); };
    void finish(batch, moved, (done) => words(done.total === 1 ? "1 item" : `${count(done.total)} items`));
  }

  private async archive(): Promise<void> {
    const archived = !state.gear.rows.some((row) => this.ids.has(row.id) && row.archived);
    try { await this.send({ archived }, (items) => archived ? `${items} archived.` : `${items} taken out of the archive.`); this.clear(); } catch (error) { tell("stop", sentence(error)); }
  }

  private words(): string { return this.size === 1 && !this.isAll ? "1 item" : `${count(this.size, !this.isAll || state.gear.isTotalExact)} items`; }

  /** The bar under the list, while anything is picked or a batch is under way. */
  bar(): Content {
    const { moving } = this;
    if (moving) return html`<div class="many" role="status"><span class="many-count">${moving.state === "reverting" ? "Taking back…" : "Changing…"} ${count(moving.done)} of ${count(moving.total)}</span><progress max="${moving.total}" value="${moving.done}" aria-label="Progress"></progress></div>`;
    if (this.isEmpty) return null;
    const button = (picture: IconName, words: string, act: () => void): Template => html`<button class="button button-small" @click=${act}>${icon(picture)}<span>${words}</span></button>`;
    const isArchived = state.gear.rows.some((row) => this.ids.has(row.id) && row.archived);
    return html`<div class="many" role="region" aria-label="Edit what is picked"><span class="many-count" role="status">${this.words()} picked</span>
      ${!this.isAll && state.gear.total > this.ids.size ? button("check", `All ${count(state.gear.total, state.gear.isTotalExact)}`, () => this.all()) : null}
      <span class="many-edits">${this.isAll ? null : button("tag", "Labels", () => to(`/labels/print?assets=${[...this.ids].join(",")}`))}${edits.map(([picture, field]) => button(picture, field.label, () => this.edit(field)))}${button("archive", isArchived ? "Out of the archive" : "Archive", () => void this.archive())}</span>
      <button class="icon-button" aria-label="Pick nothing" @click=${() => this.clear()}>${icon("close")}</button></div>`;
  }
}
