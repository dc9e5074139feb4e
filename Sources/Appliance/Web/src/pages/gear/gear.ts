// The gear: words, filters with counts, a grid or a list that only makes the rows in sight, many items edited at once,
// and one item or a new one at the side. What is looked for, how, and which item is open are all in the address.
// The filters are in looking.ts, the item in detail.ts, many at once in selection.ts.

import "./detail.css";
import "./gear.css";
import { emptyPlace, failedPlace, staleStrip, statusPill } from "../../elements/bits";
import { closeDetail, loadGear, loadMoreGear } from "../../daemon/commands";
import { RecordForm } from "../../forms/form";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon, statusNames } from "../../elements/icons";
import { Page, takesText } from "../../elements/page";
import { address, to, withQuery } from "../../router";
import { mayEdit, shownStatus, state } from "../../daemon/store";
import { debounced } from "../../elements/time";
import { Asset } from "../../daemon/types";
import { unlessScan } from "../../input/wedge";
import { arrowStep, Grid, windowOf } from "../../elements/windowed";
import { AssetSheet } from "./detail";
import { modelOf, newForm } from "./edit";
import { chips, count, everything, filterPanel, looked, lookedStatus, narrowedBy, narrowing, sorting } from "./looking";
import { Selection } from "./selection";
import { statusButtons } from "./status-buttons";
import { exporting, Views } from "./views";

const roomyList = 860, lineList = 640, cardWidth = 296, cardHeight = 224, narrowCard = 334, narrowCardHeight = 174, rowHeight = 60, tallRowHeight = 156, gap = 12;
const loadAheadItems = 40;

class GearPage extends Page {
  private scroller: HTMLElement | null = null;
  private readonly resized = new ResizeObserver(() => this.refresh());
  private focusIndex = 0;
  private wantsFocus = false;
  private isFiltering = false;
  private making: RecordForm | null = null;
  private readonly selection = new Selection(() => this.refresh());
  private readonly views = new Views(() => this.refresh());
  private readonly sheet = new AssetSheet(() => this.closeOpen());
  private readonly loadSoon = debounced(160, () => void loadGear(looked(), this.wantsFacets));

  private get isList(): boolean { return address().searchParams.get("view") === "list"; }
  private get open(): string | null { return address().searchParams.get("asset"); }
  private get isNew(): boolean { return address().pathname === "/gear/new"; }
  private get wantsFacets(): boolean { return this.isFiltering || narrowedBy().length > 0; }

  protected override enter(): void {
    void loadGear(looked(), this.wantsFacets);
    void this.views.load();
    this.listen("keydown", (event) => this.key(event));
    this.tick(30_000);
    this.until(() => { this.resized.disconnect(); this.scroller = null; closeDetail(); });
  }

  protected override shown(): void {
    this.watchScroller();
    if (looked() !== state.gear.query) { this.loadSoon(); if (!this.selection.isEmpty) this.selection.clear(); }
    const open = this.open;
    if (open !== null) this.sheet.suit(open);
    else if (state.detail) closeDetail();
    this.minding();
    if (this.wantsFocus) this.focusRow();
  }

  private watchScroller(): void {
    const scroller = this.querySelector<HTMLElement>(".gear-scroll");
    if (!scroller || scroller === this.scroller) return;
    this.resized.disconnect();
    this.resized.observe(scroller);
    this.scroller = scroller;
    this.refresh();
  }

  /** Opens the form for new gear where the address asks for it. */
  private minding(): void {
    if (this.isNew === (this.making !== null) || this.isPreparing) return;
    if (!this.isNew) { this.making = null; this.refresh(); return; }
    if (!mayEdit()) return;
    this.isPreparing = true;
    const leave = (): void => { if (this.isNew) to("/gear", { replace: true }); };
    void modelOf(address().searchParams.get("picked")).then((picked) => {
      this.isPreparing = false;
      this.making = newForm(picked, leave, (asset) => { to(`/gear?asset=${asset.id}`, { replace: true }); void loadGear(looked(), this.wantsFacets); });
      this.refresh();
    });
  }
  private isPreparing = false;

  // ---- keys ------------------------------------------------------------------------------------------------------------

  private key(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.altKey || document.querySelector("dialog[open]")) return;
    const target = event.target as HTMLElement, isText = takesText(target) && !target.matches("[type=checkbox]");
    if (event.ctrlKey || event.metaKey) {
      if (event.key === "a" && !isText && mayEdit()) { event.preventDefault(); this.selection.all(); }
      return;
    }
    if (event.key === "Escape" && !isText) { this.escape(); return; }
    if (target.id === "search" && event.key === "ArrowDown") { event.preventDefault(); this.moveTo(0); return; }
    if (isText) return;
    const row = target.closest?.(".item")?.querySelector<HTMLElement>("[data-row]");
    const step = row && arrowStep(event.key, this.grid().columns);
    if (row && step !== null && step !== undefined) { event.preventDefault(); this.moveTo(Number(row.dataset["row"]) + step); return; }
    if (row && mayEdit() && (event.key.toLowerCase() === "x" || (event.key === " " && target === row))) { event.preventDefault(); this.selection.toggle(Number(row.dataset["row"]), event.shiftKey); return; }
    if (event.key === "f") unlessScan(() => this.filter(!this.isFiltering));
    if (event.key === "n" && mayEdit()) unlessScan(() => to("/gear/new"));
  }

  private escape(): void {
    if (this.isFiltering && this.querySelector(".filters")?.contains(document.activeElement)) this.filter(false);
    else if (!this.selection.isEmpty) this.selection.clear();
    else if (this.open !== null) this.closeOpen();
  }

  private filter(isOpen: boolean): void {
    this.isFiltering = isOpen;
    if (isOpen) void loadGear(looked(), true);
    this.refresh();
    this.focusSoon(isOpen ? ".facet-value" : ".gear-filter");
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
    to(withQuery({ asset: null, edit: null }));
    if (index >= 0) this.moveTo(index);
  }

  // ---- what is seen ----------------------------------------------------------------------------------------------------

  protected view(): Content {
    const side = this.isNew ? this.newSide() : this.selection.form ? html`<aside class="detail" aria-label="Edit many">${this.selection.form}</aside>` : this.open !== null ? this.sheet : null;
    return html`<div class="gear ${side ? "gear-open" : ""} ${side && side !== this.sheet || address().searchParams.get("edit") ? "gear-editing" : ""} ${this.isFiltering ? "gear-filtering" : ""}">
      ${this.isFiltering && filterPanel(() => this.refresh(), () => this.filter(false))}
      <section class="gear-main" aria-labelledby="gear-title">
        <div class="gear-head"><h1 id="gear-title">Gear</h1><span class="gear-total" aria-live="polite">${this.totalWords()}</span>${this.tools()}
          ${mayEdit() && html`<a class="button button-first button-small gear-new" href="/gear/new" aria-keyshortcuts="n">${icon("plus")}<span>New</span></a>`}</div>
        ${chips()}${narrowing()}${staleStrip()}${this.partial()}
        ${this.list()}${this.selection.bar()}
      </section>
      ${side}
    </div>`;
  }

  private newSide(): Template {
    if (!mayEdit()) return html`<aside class="detail" aria-label="New gear">${emptyPlace("gear", "Managers enter new gear", "Ask one, or scan its code at the door: it waits there until somebody knows what it is.", html`<a class="button" href="/gear">Back to the gear</a>`)}</aside>`;
    return html`<aside class="detail" aria-label="New gear">${this.making ?? html`<div class="skeleton-page" aria-busy="true"></div>`}</aside>`;
  }

  private totalWords(): string {
    const { loaded, total, isTotalExact } = state.gear, q = address().searchParams.get("q");
    if (!loaded) return "";
    const things = total === 1 ? "1 item" : `${count(total, isTotalExact)} items`;
    return q ? `${things} for “${q}”` : things;
  }

  private tools(): Template {
    const view = (name: "grid" | "list", words: string): Template => html`<a class="segment" href="${withQuery({ view: name === "grid" ? null : name })}" aria-current="${(name === "list") === this.isList ? "true" : null}" aria-label="Show as ${words}" title="${words}">${icon(name)}</a>`;
    const set = narrowedBy().length;
    return html`<div class="gear-tools"><button class="button button-small gear-filter" aria-expanded="${this.isFiltering ? "true" : "false"}" aria-label="Filters${set > 0 ? `, ${set} set` : ""}" aria-keyshortcuts="f" @click=${() => this.filter(!this.isFiltering)}>${icon("filter")}<span class="menu-words">Filters</span>${set > 0 ? html`<b>${set}</b>` : null}</button>
      ${sorting()}${this.views.view()}${exporting()}
      <div class="segments" role="group" aria-label="Shown as">${view("grid", "Grid")}${view("list", "List")}</div></div>`;
  }

  private list(): Content {
    const { rows, total, loading, loaded, error } = state.gear;
    if (error !== null && rows.length === 0) return failedPlace("The gear could not be loaded", error, () => void loadGear(looked(), this.wantsFacets));
    if (!loaded) return html`<div class="gear-scroll" aria-busy="true"><div class="gear-skeleton">${loading && Array.from({ length: 8 }, () => html`<span></span>`)}</div></div>`;
    return total === 0 ? this.nothing() : this.windowed(Math.max(total, rows.length));
  }

  /** The first rows are there but the next ones did not come. */
  private partial(): Content {
    const { rows, error } = state.gear;
    if (error === null || rows.length === 0) return null;
    return html`<div class="stale" role="alert"><span>Only the first ${rows.length} could be loaded. ${error}</span><button class="button button-small" @click=${() => void loadGear(looked(), this.wantsFacets)}>Try again</button></div>`;
  }

  private nothing(): Template {
    const q = address().searchParams.get("q"), status = lookedStatus(), name = status && (statusNames[status] ?? status).toLowerCase();
    if (looked() === "") {
      const next = mayEdit() ? html`<div class="empty-steps"><a class="button button-first" href="/gear/new">${icon("plus")}New gear</a><a class="button" href="/import?kind=assets">${icon("import")}Import a list</a></div>` : null;
      return emptyPlace("gear", "No gear yet", mayEdit() ? "Enter the first item, or bring the list you have as a CSV file." : "Gear that is taken in appears here at once.", next);
    }
    const why = q ? `No gear fits “${q}”${name ? ` and is ${name}` : ""}${narrowedBy().length > 0 ? " within these filters" : ""}.` : narrowedBy().length > 0 ? "No gear fits all of these filters." : `Nothing is ${name || "here"} now.`;
    return emptyPlace("search", "Nothing fits", why, html`<a class="button" href="${everything()}">Show all gear</a>`);
  }

  private get isRoomy(): boolean { return (this.scroller?.clientWidth ?? 0) - 2 * gap >= roomyList; }

  private grid(): Grid {
    const width = (this.scroller?.clientWidth ?? 800) - 2 * gap;
    if (!this.isList) {
      const columns = Math.max(1, Math.floor((width + gap) / (cardWidth + gap)));
      const isNarrow = (width + gap) / columns - gap <= narrowCard;     // then its buttons stand in one row
      return { columns, rowHeight: (isNarrow ? narrowCardHeight : cardHeight) + gap };
    }
    return { columns: 1, rowHeight: width >= lineList ? rowHeight : tallRowHeight };
  }

  private windowed(total: number): Template {
    const grid = this.grid();
    const seen = windowOf(total, grid, this.scroller?.scrollTop ?? 0, this.scroller?.clientHeight ?? 800);
    if (seen.to > state.gear.rows.length - loadAheadItems) queueMicrotask(() => void loadMoreGear());
    const items: Template[] = [];
    for (let index = seen.from; index < seen.to; index++) items.push(this.item(index, total));
    const shape = !this.isList ? "cards" : grid.rowHeight === tallRowHeight ? "rows rows-tall" : this.isRoomy ? "rows" : "rows rows-mid";
    return html`<div class="gear-scroll" @scroll=${() => this.refresh()}>
      <div class="gear-height" style.height=${`${seen.height}px`}>
        <ul class="${shape} ${mayEdit() ? "pickable" : ""}" style.transform=${`translateY(${seen.offset}px)`} style.--columns=${grid.columns} style.--row=${`${grid.rowHeight}px`} aria-label="Gear">${items}</ul>
      </div></div>`;
  }

  private item(index: number, total: number): Template {
    const asset = state.gear.rows[index];
    if (!asset) return keyed(`gap${index}`, html`<li class="item item-gap" aria-hidden="true"></li>`);
    const touched = state.touched[asset.id];
    const flash = touched === undefined ? "" : `item-touched-${touched % 2}`;
    const isOpen = asset.id === this.open, isPicked = this.selection.has(asset.id);
    return keyed(asset.id, html`<li class="item ${flash} ${isOpen ? "item-open" : ""} ${isPicked ? "item-picked" : ""}" data-asset="${asset.number}" data-status="${shownStatus(asset)}" aria-setsize="${total}" aria-posinset="${index + 1}">
      ${mayEdit() && html`<label class="item-pick"><input type="checkbox" tabindex="-1" aria-label="Pick ${asset.number}" .checked=${isPicked} @click=${(event: MouseEvent) => { this.selection.toggle(index, event.shiftKey); }}><span class="form-box">${icon("check")}</span></label>`}
      <a class="item-link" data-row="${index}" href="${withQuery({ asset: asset.id, edit: null })}" aria-current="${isOpen ? "true" : null}">
        <strong class="number">${asset.number}</strong>
        <span class="item-name">${asset.name}<span class="item-model">${asset.archived ? "Archived" : modelWords(asset)}</span></span>
      </a>
      <span class="item-status">${statusPill(shownStatus(asset))}</span>
      <span class="item-where">${whereOf(asset, this.isList && this.isRoomy)}</span>
      ${this.isList && this.isRoomy && html`<span class="item-home">${asset.home?.name ?? ""}</span>`}
      ${statusButtons(asset, { isNamed: !this.isList })}
    </li>`);
  }
}

function modelWords(asset: Asset): string {
  const model = [asset.maker, asset.model.name].filter(Boolean).join(" ");
  return model === asset.name ? asset.category ?? "" : model || asset.category || "";
}

/** Who has it, or where it lives unless a column of its own says that. */
function whereOf(asset: Asset, hasHome: boolean): Content {
  const { holder } = asset;
  if (!holder && asset.depot) return html`${icon("place")}<span>at ${asset.depot}</span>`;
  if (!holder) return hasHome ? html`<span class="quiet">here</span>` : html`${icon("place")}<span>${asset.home?.name ?? "no place set"}</span>`;
  return html`${icon(holder.person ? "person" : "project")}<span>${[holder.person?.name, holder.project?.name].filter(Boolean).join(" · ") || "out"}</span>`;
}

customElements.define("page-gear", GearPage);
