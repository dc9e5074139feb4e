// The gear: search, status chips with counts, a grid or a list that only makes the rows in sight, and one item's
// detail at the side. What is looked for, how, and which item is open are all in the address.

import "./gear.css";
import { emptyPlace, failedPlace, staleStrip, statusPill } from "../bits";
import { closeDetail, loadDetail, loadGear, loadMoreGear } from "../commands";
import { html, keyed, Content, Template } from "../html";
import { icon, statusIcon, statusNames } from "../icons";
import { Page, takesText } from "../page";
import { address, to, withQuery } from "../router";
import { shownStatus, state } from "../store";
import { debounced } from "../time";
import { Asset, Status } from "../types";
import { arrowStep, Grid, windowOf } from "../windowed";
import { detail } from "./gear-detail";
import { statusButtons } from "./status-buttons";

const chips: readonly Status[] = ["available", "in_use", "reserved", "maintenance", "damaged", "lost", "retired"];
const roomyList = 900, lineList = 640, cardWidth = 264, cardHeight = 224, rowHeight = 60, tallRowHeight = 156, gap = 12;
const loadAheadItems = 40;

class GearPage extends Page {
  private scroller: HTMLElement | null = null;
  private readonly resized = new ResizeObserver(() => this.refresh());
  private focusIndex = 0;
  private wantsFocus = false;
  private readonly loadSoon = debounced(160, () => void loadGear(this.q, this.status));

  private get q(): string { return address().searchParams.get("q") ?? ""; }
  private get status(): Status | "" { const status = address().searchParams.get("status") as Status | null; return status && chips.includes(status) ? status : ""; }
  private get isList(): boolean { return address().searchParams.get("view") === "list"; }
  private get open(): string | null { return address().searchParams.get("asset"); }

  protected override enter(): void {
    void loadGear(this.q, this.status);
    this.listen("keydown", (event) => this.key(event));
    this.tick(30_000);
    this.until(() => { this.resized.disconnect(); this.scroller = null; closeDetail(); });
  }

  protected override shown(): void {
    this.watchScroller();
    if (this.isAhead) this.loadSoon();
    const open = this.open;
    if (open !== null && state.detail?.id !== open && this.requested !== open) { this.requested = open; void loadDetail(open); }
    if (open === null && (state.detail || this.requested !== null)) { this.requested = null; if (state.detail) closeDetail(); }
    if (this.wantsFocus) this.focusRow();
  }
  private requested: string | null = null;

  /** True while the address asks for something else than what is loaded. */
  private get isAhead(): boolean { return this.q !== state.gear.q || this.status !== state.gear.status; }

  private watchScroller(): void {
    const scroller = this.querySelector<HTMLElement>(".gear-scroll");
    if (!scroller || scroller === this.scroller) return;
    this.resized.disconnect();
    this.resized.observe(scroller);
    this.scroller = scroller;
    this.refresh();
  }

  // ---- keys ------------------------------------------------------------------------------------------------------------

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && this.open !== null && !takesText(event.target)) { this.closeOpen(); return; }
    const row = (event.target as HTMLElement).closest?.(".item")?.querySelector<HTMLElement>("[data-row]");
    const fromSearch = (event.target as HTMLElement).id === "search" && event.key === "ArrowDown";
    if (fromSearch) { event.preventDefault(); this.moveTo(0); return; }
    const step = row && arrowStep(event.key, this.grid().columns);
    if (!row || step === null || step === undefined) return;
    event.preventDefault();
    this.moveTo(Number(row.dataset["row"]) + step);
  }

  private moveTo(index: number): void {
    if (index < 0 || index >= state.gear.rows.length || !this.scroller) return;
    this.focusIndex = index;
    this.wantsFocus = true;
    const { columns, rowHeight: height } = this.grid();
    const top = Math.floor(index / columns) * height;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top + height > this.scroller.scrollTop + this.scroller.clientHeight) this.scroller.scrollTop = top + height - this.scroller.clientHeight;
    this.refresh();
  }

  private focusRow(): void {
    const row = this.querySelector<HTMLElement>(`[data-row="${this.focusIndex}"]`);
    if (!row) return;
    this.wantsFocus = false;
    row.focus({ preventScroll: true });
  }

  private closeOpen(): void {
    const index = state.gear.rows.findIndex((asset) => asset.id === this.open);
    to(withQuery({ asset: null }));
    if (index >= 0) this.moveTo(index);
  }

  // ---- what is seen ----------------------------------------------------------------------------------------------------

  protected view(): Content {
    return html`<div class="gear ${this.open !== null ? "gear-open" : ""}">
      <section class="gear-main" aria-labelledby="gear-title">
        <div class="gear-head"><h1 id="gear-title">Gear</h1><span class="gear-total" aria-live="polite">${this.totalWords()}</span>${this.views()}</div>
        ${this.chips()}${staleStrip()}${this.partial()}
        ${this.list()}
      </section>
      ${this.open !== null && detail(this.open, () => this.closeOpen(), () => { this.requested = null; this.refresh(); })}
    </div>`;
  }

  private totalWords(): string {
    const { loaded, total, q } = state.gear;
    if (!loaded) return "";
    const things = total === 1 ? "1 item" : `${total} items`;
    return q ? `${things} for “${q}”` : things;
  }

  private views(): Template {
    const view = (name: "grid" | "list", words: string): Template => html`<a class="segment" href="${withQuery({ view: name === "grid" ? null : name })}" aria-current="${(name === "list") === this.isList ? "true" : null}" aria-label="Show as ${words}" title="${words}">${icon(name)}</a>`;
    return html`<div class="segments" role="group" aria-label="Shown as">${view("grid", "Grid")}${view("list", "List")}</div>`;
  }

  private chips(): Template {
    const { counts } = state.gear;
    const all = Object.values(counts).reduce((sum, count) => sum + (count ?? 0), 0);
    const chip = (status: Status | "", name: string, picture: Content, count: number): Template => html`<a class="chip ${status ? `chip-${status}` : ""}" href="${withQuery({ status })}" aria-current="${this.status === status ? "true" : null}">${picture}<span>${name}</span><b>${count}</b></a>`;
    return html`<nav class="chips" aria-label="Status">${chip("", "All", null, all)}
      ${chips.filter((status) => (counts[status] ?? 0) > 0 || status === this.status || chips.indexOf(status) < 2).map((status) => keyed(status, chip(status, statusNames[status], statusIcon(status), counts[status] ?? 0)))}</nav>`;
  }

  private list(): Content {
    const { rows, total, loading, loaded, error } = state.gear;
    if (error !== null && rows.length === 0) return failedPlace("The gear could not be loaded", error, () => void loadGear(this.q, this.status));
    if (!loaded) return html`<div class="gear-scroll" aria-busy="true"><div class="gear-skeleton">${loading && Array.from({ length: 8 }, () => html`<span></span>`)}</div></div>`;
    if (total === 0) return this.nothing();
    return this.windowed(total);
  }

  /** The first rows are there but the next ones did not come. */
  private partial(): Content {
    const { rows, error } = state.gear;
    if (error === null || rows.length === 0) return null;
    return html`<div class="stale" role="alert"><span>Only the first ${rows.length} could be loaded. ${error}</span><button class="button button-small" @click=${() => void loadGear(this.q, this.status)}>Try again</button></div>`;
  }

  private nothing(): Template {
    if (this.q === "" && this.status === "") return emptyPlace("gear", "No gear yet", "Gear that is taken in appears here at once.");
    return emptyPlace("search", "Nothing fits", this.q ? `No gear fits “${this.q}”${this.status ? ` and is ${statusNames[this.status].toLowerCase()}` : ""}.` : `Nothing is ${this.status ? statusNames[this.status].toLowerCase() : "here"} now.`,
      html`<a class="button" href="${withQuery({ q: null, status: null })}">Show all gear</a>`);
  }

  private get isRoomy(): boolean { return (this.scroller?.clientWidth ?? 0) - 2 * gap >= roomyList; }

  private grid(): Grid {
    const width = (this.scroller?.clientWidth ?? 800) - 2 * gap;
    if (!this.isList) return { columns: Math.max(1, Math.floor((width + gap) / (cardWidth + gap))), rowHeight: cardHeight + gap };
    return { columns: 1, rowHeight: width >= lineList ? rowHeight : tallRowHeight };
  }

  private windowed(total: number): Template {
    const grid = this.grid();
    const seen = windowOf(total, grid, this.scroller?.scrollTop ?? 0, this.scroller?.clientHeight ?? 800);
    if (seen.to > state.gear.rows.length - loadAheadItems) queueMicrotask(() => void loadMoreGear());
    const items: Template[] = [];
    for (let index = seen.from; index < seen.to; index++) items.push(this.item(index));
    const shape = !this.isList ? "cards" : grid.rowHeight === tallRowHeight ? "rows rows-tall" : this.isRoomy ? "rows" : "rows rows-mid";
    return html`<div class="gear-scroll" @scroll=${() => this.refresh()}>
      <div class="gear-height" style.height=${`${seen.height}px`}>
        <ul class="${shape}" style.transform=${`translateY(${seen.offset}px)`} style.--columns=${grid.columns} style.--row=${`${grid.rowHeight}px`} aria-label="Gear">${items}</ul>
      </div></div>`;
  }

  private item(index: number): Template {
    const asset = state.gear.rows[index];
    if (!asset) return keyed(`gap${index}`, html`<li class="item item-gap" aria-hidden="true"></li>`);
    const touched = state.touched[asset.id];
    const flash = touched === undefined ? "" : `item-touched-${touched % 2}`;
    const isOpen = asset.id === this.open;
    return keyed(asset.id, html`<li class="item ${flash} ${isOpen ? "item-open" : ""}" data-asset="${asset.number}" data-status="${shownStatus(asset)}" aria-setsize="${state.gear.total}" aria-posinset="${index + 1}">
      <a class="item-link" data-row="${index}" href="${withQuery({ asset: asset.id })}" aria-current="${isOpen ? "true" : null}">
        <strong class="number">${asset.number}</strong>
        <span class="item-name">${asset.name}<span class="item-model">${modelOf(asset)}</span></span>
      </a>
      <span class="item-status">${statusPill(shownStatus(asset))}</span>
      <span class="item-where">${whereOf(asset, this.isList && this.isRoomy)}</span>
      ${this.isList && this.isRoomy && html`<span class="item-home">${asset.home?.name ?? ""}</span>`}
      ${statusButtons(asset, { isNamed: !this.isList })}
    </li>`);
  }
}

function modelOf(asset: Asset): string {
  const model = [asset.maker, asset.model.name].filter(Boolean).join(" ");
  return model === asset.name ? asset.category ?? "" : model || asset.category || "";
}

/** Who has it, or where it lives unless a column of its own says that. */
function whereOf(asset: Asset, hasHome: boolean): Content {
  const { holder } = asset;
  if (!holder) return hasHome ? html`<span class="quiet">here</span>` : html`${icon("place")}<span>${asset.home?.name ?? "no place set"}</span>`;
  return html`${icon(holder.person ? "person" : "project")}<span>${[holder.person?.name, holder.project?.name].filter(Boolean).join(" · ") || "out"}</span>`;
}

customElements.define("page-gear", GearPage);
