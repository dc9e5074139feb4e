// The pull sheet: its lines by section with what is out and back of each, and, for those who may edit, moving them by
// dragging or with Alt and the arrows, and what a line says, in the line itself. Taking one off can be undone.

import { sentence } from "../../daemon/api";
import { statusPill } from "../../elements/bits";
import { offerUndo } from "../../forms/record";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon, shape } from "../../elements/icons";
import { field, Page } from "../../elements/page";
import { mayEdit, tell } from "../../daemon/store";
import { AssetRef } from "../../daemon/types";
import { moveInList } from "../rows";
import { bySection, editLine, Line, lineTitle, orderLines, ProjectDetail, removeLine } from "./project";
import { progress } from "./progress";

export class Sheet extends Page {
  private project: ProjectDetail | null = null;
  private reload: () => void = () => {};
  private open: string | null = null;
  private renaming: string | null = null;
  private dragged: string | null = null;
  private over: { line: string; after: boolean } | null = null;
  /** The order a person just asked for, until the daemon's own comes. */
  private wished: readonly Line[] | null = null;

  suit(project: ProjectDetail, reload: () => void): void {
    if (project !== this.project) this.wished = null;
    this.project = project;
    this.reload = reload;
    this.refresh();
  }

  protected override enter(): void { this.listen("keydown", (event) => this.key(event)); }

  private get lines(): readonly Line[] { return this.wished ?? this.project?.lines ?? []; }

  // ---- keys and dragging ------------------------------------------------------------------------------------------

  private key(event: KeyboardEvent): void {
    const row = (event.target as HTMLElement).closest?.("[data-line]");
    const id = row instanceof HTMLElement && this.contains(row) ? row.dataset["line"] : undefined;
    const isOnRow = (event.target as HTMLElement).matches?.("[data-row]");
    if (id && isOnRow && mayEdit()) {
      if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) { event.preventDefault(); void this.step(id, event.key === "ArrowUp" ? -1 : 1); return; }
      if (event.key === "Delete") { event.preventDefault(); void this.takeOff(id); return; }
    }
    if (id && event.key === "Escape" && this.open !== null) {
      event.preventDefault();
      this.toggle(this.open);
      row?.querySelector<HTMLElement>("[data-row]")?.focus();
      return;
    }
    moveInList(event, this);
  }

  /** One place up or down; across the edge of a section the line joins the next one. */
  private async step(id: string, by: -1 | 1): Promise<void> {
    const flat = bySection(this.lines).flatMap((section) => section.lines);
    const at = flat.findIndex((line) => line.id === id);
    const line = flat[at], neighbour = flat[at + by];
    if (!line || !neighbour) return;
    if ((line.section ?? "") !== (neighbour.section ?? "")) await this.place(line, neighbour, by < 0);
    else await this.place(line, neighbour, by > 0);
    this.querySelector<HTMLElement>(`[data-line="${id}"] [data-row]`)?.focus();
  }

  /** Puts a line beside another one, into its section. */
  private async place(line: Line, beside: Line, after: boolean): Promise<void> {
    if (!this.project || line.id === beside.id) return;
    const rest = bySection(this.lines).flatMap((section) => section.lines).filter((other) => other.id !== line.id);
    const at = rest.findIndex((other) => other.id === beside.id) + (after ? 1 : 0);
    const moved = { ...line, section: beside.section };
    const wished = [...rest.slice(0, at), moved, ...rest.slice(at)];
    this.wished = wished;
    this.refresh();
    const project = this.project.id;
    const section = moved.section !== line.section ? { line: line.id, section: moved.section } : undefined;
    await this.tried(async () => {
      const changes = await orderLines(project, wished.map((one) => one.id), section);
      offerUndo(section ? `${lineTitle(line)} is in ${moved.section ?? "no section"} now.` : `${lineTitle(line)} is moved.`, changes, this.reload);
    });
  }

  private drop(event: DragEvent): void {
    event.preventDefault();
    const line = this.lines.find((one) => one.id === this.dragged), beside = this.lines.find((one) => one.id === this.over?.line);
    const after = this.over?.after ?? false;
    this.dragged = this.over = null;
    if (line && beside) void this.place(line, beside, after);
    this.refresh();
  }

  private dragOver(event: DragEvent, line: string): void {
    if (!this.dragged) return;
    event.preventDefault();
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    this.over = { line, after: event.clientY > box.top + box.height / 2 };
    this.refresh();
  }

  // ---- edits ------------------------------------------------------------------------------------------------------

  private async tried(act: () => Promise<unknown>): Promise<void> {
    try { await act(); } catch (error) { this.wished = null; tell("stop", `Nothing was changed: ${sentence(error)}`); }
    this.reload();
  }

  private edit(line: Line, values: Partial<Pick<Line, "quantity" | "section" | "note">>): void {
    const project = this.project;
    if (project) void this.tried(() => editLine(project.id, line.id, values));
  }

  private async takeOff(id: string): Promise<void> {
    const project = this.project, line = this.lines.find((one) => one.id === id);
    if (!project || !line) return;
    const flat = bySection(this.lines).flatMap((section) => section.lines), at = flat.indexOf(line);
    const neighbour = flat[at + 1] ?? flat[at - 1];
    await this.tried(async () => {
      offerUndo(`${lineTitle(line)} is off the sheet.`, await removeLine(project.id, id), this.reload);
      if (neighbour) this.querySelector<HTMLElement>(`[data-line="${neighbour.id}"] [data-row]`)?.focus();
    });
  }

  private rename(from: string, to: string): void {
    const project = this.project, lines = this.lines.filter((line) => (line.section ?? "") === from);
    this.renaming = null;
    this.refresh();
    if (project && to.trim() !== from) void this.tried(async () => {
      const changes: number[] = [];
      for (const line of lines) changes.push(...[await editLine(project.id, line.id, { section: to.trim() || null })].flatMap((one) => one ?? []));
      offerUndo(to.trim() ? `The section is called ${to.trim()} now.` : "The lines are in no section now.", changes, this.reload);
    });
  }

  private toggle(id: string): void { this.open = this.open === id ? null : id; this.refresh(); }

  // ---- what is seen -----------------------------------------------------------------------------------------------

  protected view(): Content {
    const sections = bySection(this.lines), isOneList = sections.length === 1 && sections[0]?.name === "";
    return html`<div class="sheet">${sections.map((section) => keyed(section.name || "none", html`<section class="sheet-section" aria-label="${section.name || "No section"}">
      ${!isOneList && this.heading(section.name, section.lines)}
      <ul class="lines">${section.lines.map((line) => keyed(line.id, this.line(line)))}</ul></section>`))}</div>`;
  }

  private heading(name: string, lines: readonly Line[]): Content {
    const sum = (of: (line: Line) => number): number => lines.reduce((total, line) => total + of(line), 0);
    const pieces = { total: sum((line) => line.quantity), out: sum((line) => line.out), back: sum((line) => line.back) };
    if (this.renaming === name) return html`<div class="sheet-heading"><input class="input" aria-label="Name of the section" maxlength="100" .defaultValue=${name} data-rename
      @change=${(event: Event) => this.rename(name, field(event).value)} @keydown=${(event: Event) => this.renameKey(event as KeyboardEvent, name)}></div>`;
    return html`<div class="sheet-heading"><h2 class="${name ? "" : "quiet"}">${name || "No section"}</h2>${mayEdit() && html`<button class="icon-button" aria-label="Rename ${name || "the lines without a section"}" title="Rename" @click=${() => { this.renaming = name; this.refresh(); this.focusSoon("[data-rename]"); }}>${icon("edit")}</button>`}
      <span class="quiet">${pieces.out} of ${pieces.total} out${pieces.back > 0 ? ` · ${pieces.back} back` : ""}</span></div>`;
  }

  private renameKey(event: KeyboardEvent, name: string): void {
    if (event.key === "Enter") this.rename(name, field(event).value);
    else if (event.key === "Escape") { this.renaming = null; this.refresh(); }
  }

  private line(line: Line): Template {
    const isOpen = this.open === line.id, may = mayEdit();
    const over = this.over?.line === line.id ? (this.over.after ? "line-drop-after" : "line-drop-before") : "";
    return html`<li class="line ${isOpen ? "line-open" : ""} ${over} ${line.id === this.dragged ? "line-dragged" : ""}" data-line="${line.id}" @dragover=${(event: Event) => this.dragOver(event as DragEvent, line.id)} @drop=${(event: Event) => this.drop(event as DragEvent)}>
      <div class="line-row">
        ${may && html`<span class="line-grip" draggable="true" title="Drag, or Alt and an arrow" @dragstart=${(event: Event) => this.dragStart(event as DragEvent, line.id)} @dragend=${() => { this.dragged = this.over = null; this.refresh(); }}>${icon("grip")}</span>`}
        <button class="line-what" data-row aria-expanded="${isOpen ? "true" : "false"}" @click=${() => this.toggle(line.id)}>
          ${line.asset ? html`<strong class="number">${line.asset.number}</strong><span>${line.asset.name}</span>` : html`<strong class="line-count">${line.quantity} ×</strong><span>${line.model?.name}</span>`}
          ${line.note && html`<span class="line-note">${line.note}</span>`}
          ${line.warnings.map((words) => html`<span class="line-warning">${shape("ok-but")}<span>${words}</span></span>`)}
        </button>
        ${progress({ total: line.quantity, out: line.out, back: line.back })}
      </div>
      ${isOpen && this.more(line)}</li>`;
  }

  private dragStart(event: DragEvent, line: string): void {
    this.dragged = line;
    if (event.dataTransfer) { event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", line); }
    const row = (event.currentTarget as HTMLElement).closest(".line-row");
    if (row) event.dataTransfer?.setDragImage(row, 16, 24);
    this.refresh();
  }

  private more(line: Line): Template {
    return html`<div class="line-more">
      ${line.units.length > 0 ? html`<ul class="line-units" aria-label="Out for this line">${line.units.map(unit)}</ul>` : html`<p class="quiet">Nothing is out for it${line.back > 0 ? " any more" : " yet"}.</p>`}
      ${mayEdit() && this.fields(line)}</div>`;
  }

  private fields(line: Line): Template {
    const id = (name: string): string => `${name}-${line.id}`;
    const count = (by: number): void => this.edit(line, { quantity: Math.max(1, line.quantity + by) });
    return html`<div class="line-fields">
      ${line.model && html`<div class="field"><label for="${id("pieces")}">Pieces</label><div class="stepper"><button class="icon-button" aria-label="One less" ?disabled=${line.quantity <= 1} @click=${() => count(-1)}>${icon("minus")}</button>
        <input class="input" id="${id("pieces")}" type="number" min="1" max="9999" inputmode="numeric" .value=${String(line.quantity)} @change=${(event: Event) => this.edit(line, { quantity: Number(field(event).value) })}>
        <button class="icon-button" aria-label="One more" @click=${() => count(1)}>${icon("plus")}</button></div></div>`}
      <div class="field"><label for="${id("section")}">Section</label><input class="input" id="${id("section")}" list="sections" maxlength="100" placeholder="none" .defaultValue=${line.section ?? ""} @change=${(event: Event) => this.edit(line, { section: field(event).value.trim() || null })}></div>
      <div class="field field-wide"><label for="${id("note")}">Note</label><input class="input" id="${id("note")}" maxlength="500" .defaultValue=${line.note ?? ""} @change=${(event: Event) => this.edit(line, { note: field(event).value.trim() || null })}></div>
      <div class="line-buttons"><button class="button" @click=${() => void this.step(line.id, -1)}>${icon("up")}Up</button><button class="button" @click=${() => void this.step(line.id, 1)}>${icon("down")}Down</button>
        <button class="button" @click=${() => void this.takeOff(line.id)}>${icon("close")}Take off the sheet</button></div></div>`;
  }
}

export function unit(asset: AssetRef): Template {
  return html`<li><a class="unit" href="/gear?asset=${asset.id}"><strong class="number">${asset.number}</strong><span>${asset.name}</span></a>${asset.status && statusPill(asset.status)}</li>`;
}

customElements.define("pull-sheet", Sheet);
