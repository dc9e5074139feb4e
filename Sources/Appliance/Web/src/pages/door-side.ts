// The side of the door: a picker when one was opened, and a card for each unknown code. They wait; the next scan
// is taken meanwhile. Each card keeps its own half-typed search.

import { avatar, statusPill } from "../elements/bits";
import { changeDoor, dismissUnknown, findAssets, linkUnknown, loadPeople, loadProjects } from "../daemon/commands";
import { html, keyed, Content, Template } from "../elements/html";
import { icon, shape } from "../elements/icons";
import { field, Page } from "../elements/page";
import { state } from "../daemon/store";
import { ago, clock, debounced } from "../elements/time";
import { AssetRef, Direction, Door, Unknown } from "../daemon/types";
import { directionWords } from "./doors";

export type SidePanel = "acting" | "project" | "direction";

interface Search { words: string; found: AssetRef[] | null }
const shownCards = 12;

export class DoorPanel extends Page {
  private door: Door | null = null;
  private panel: SidePanel | null = null;
  private filter = "";
  private readonly searches = new Map<string, Search>();
  private searching: string | null = null;
  private readonly searchSoon = debounced(180, () => void this.search());

  get hasCards(): boolean { return this.panel !== null || (state.unknowns?.length ?? 0) > 0; }

  suit(door: Door, panel: SidePanel | null): void {
    const isNew = panel !== this.panel;
    this.door = door;
    this.panel = panel;
    if (!isNew) return;
    this.filter = "";
    if (panel === "acting" && !state.people) void loadPeople();
    if (panel === "project") void loadProjects();
    this.refresh();
  }

  protected view(): Content {
    const unknowns = state.unknowns ?? [];
    if (!this.door || !this.hasCards) return null;
    return html`<aside class="side" aria-label="Waiting questions">
      ${this.panel && this.picker(this.panel, this.door)}
      ${unknowns.length > 0 && html`<h2 class="side-title">${shape("unknown")}<span>${unknowns.length === 1 ? "1 unknown code" : `${unknowns.length} unknown codes`}</span><a class="side-inbox" href="/inbox">Open the inbox</a></h2>
        <ul class="side-cards">${unknowns.slice(0, shownCards).map((unknown) => keyed(unknown.id, this.card(unknown)))}</ul>
        ${unknowns.length > shownCards && html`<p class="side-more">and ${unknowns.length - shownCards} older ones</p>`}`}
    </aside>`;
  }

  // ---- pickers --------------------------------------------------------------------------------------------------------

  private picker(panel: SidePanel, door: Door): Template {
    const title = { acting: "Who is acting?", project: "Which project?", direction: "Which way?" }[panel];
    return html`<section class="picker" aria-label="${title}">
      <div class="picker-head"><h2>${title}</h2><button class="icon-button" aria-label="Close" @click=${() => this.done()}>${icon("close")}</button></div>
      ${panel === "direction" ? this.directions(door) : panel === "acting" ? this.people(door) : this.projects(door)}
    </section>`;
  }

  private directions(door: Door): Template {
    return html`<div class="picker-list">${(["out", "in", "both"] as Direction[]).map((direction) => choice(
      icon(direction), directionWords[direction], direction === "both" ? "decided by where the gear is" : "", door.direction === direction,
      () => this.change({ direction })))}</div>`;
  }

  private people(door: Door): Content {
    const people = (state.people ?? []).filter((person) => fits(person.name, this.filter));
    return html`${this.filterField("Find a person")}<div class="picker-list">
      ${door.acting && choice(icon("close"), "Nobody", "until the next badge", false, () => this.change({ acting: null }))}
      ${people.map((person) => keyed(person.id, choice(avatar(person), person.name, person.role, door.acting?.person.id === person.id, () => this.change({ acting: person.id }))))}
      ${state.people && people.length === 0 ? html`<p class="picker-none">Nobody by that name.</p>` : null}</div>`;
  }

  private projects(door: Door): Content {
    const projects = (state.projects ?? []).filter((project) => fits(project.name, this.filter));
    return html`${this.filterField("Find a project")}<div class="picker-list">
      ${choice(icon("close"), "No project", "no pull sheet to compare with", door.project === null, () => this.change({ project: null }))}
      ${projects.map((project) => keyed(project.id, choice(icon("project"), project.name,
        project.progress ? `${project.progress.done} of ${project.progress.total} on the sheet` : project.state, door.project?.id === project.id, () => this.change({ project: project.id }))))}</div>`;
  }

  private filterField(label: string): Template {
    return html`<input class="input" type="search" aria-label="${label}" placeholder="${label}" autocomplete="off" .value=${this.filter}
      @input=${(event: Event) => { this.filter = field(event).value; this.refresh(); }}>`;
  }

  private change(change: Parameters<typeof changeDoor>[1]): void {
    if (this.door) void changeDoor(this.door.id, change);
    this.done();
  }

  private done(): void { this.dispatchEvent(new CustomEvent("done")); }

  // ---- unknown codes --------------------------------------------------------------------------------------------------

  private card(unknown: Unknown): Template {
    const search = this.searches.get(unknown.id) ?? { words: "", found: null };
    const offered = search.found ?? (unknown.suggestions ?? []).map((suggestion) => suggestion.asset);
    const why = new Map((unknown.suggestions ?? []).map((suggestion) => [suggestion.asset.id, suggestion.why]));
    return html`<li class="unknown" data-unknown="${unknown.id}">
      <div class="unknown-head"><strong class="number">${unknown.code}</strong>
        <button class="icon-button" aria-label="Dismiss ${unknown.code}" title="Dismiss" @click=${() => void dismissUnknown(unknown.id)}>${icon("close")}</button></div>
      <p class="unknown-facts">${facts(unknown)}</p>
      <label class="unknown-search">${icon("search")}<input class="input" type="search" placeholder="Which gear is it?" aria-label="Which gear is ${unknown.code}?" autocomplete="off" spellcheck="false"
        .value=${search.words} @input=${(event: Event) => this.typedFor(unknown.id, field(event).value)}></label>
      <div class="unknown-offers">${offered.map((asset) => keyed(asset.id, html`<button class="offer" aria-label="Link ${unknown.code} to ${asset.number} ${asset.name}" @click=${() => void linkUnknown(unknown.id, asset.id)}>
        ${icon("link")}<span class="offer-words"><span><strong class="number">${asset.number}</strong> ${asset.name}</span><span class="offer-why">${why.get(asset.id) ?? (asset.status ? statusPill(asset.status) : null)}</span></span></button>`))}
        ${search.found?.length === 0 ? html`<p class="picker-none">No gear fits “${search.words}”.</p>` : null}</div>
    </li>`;
  }

  private typedFor(id: string, words: string): void {
    this.searches.set(id, { words, found: words.trim() === "" ? null : this.searches.get(id)?.found ?? null });
    this.searching = id;
    this.searchSoon();
    this.refresh();
  }

  private async search(): Promise<void> {
    const id = this.searching, words = id === null ? "" : this.searches.get(id)?.words ?? "";
    if (id === null || words.trim() === "") return;
    const found: AssetRef[] | null = await findAssets(words.trim()).catch(() => []);
    if (found === null || this.searches.get(id)?.words !== words) return;
    this.searches.set(id, { words, found });
    this.refresh();
  }
}

function choice(picture: Content, title: string, detail: string, isCurrent: boolean, pick: () => void): Template {
  return html`<button class="choice" aria-pressed="${isCurrent ? "true" : "false"}" @click=${pick}>${picture}<span class="choice-words"><strong>${title}</strong><span>${detail}</span></span>${isCurrent && icon("check", "choice-check")}</button>`;
}

function fits(name: string, words: string): boolean { return name.toLocaleLowerCase().includes(words.trim().toLocaleLowerCase()); }

/** What is known about an unknown code: how often, where it was meant to go, when. */
function facts(unknown: Unknown): string {
  const intent = unknown.intent;
  const meant = intent ? [directionWords[intent.direction], intent.project && `to ${intent.project.name}`, intent.actor && `by ${intent.actor.name}`].filter(Boolean).join(" ") : "";
  const times = unknown.count === 1 ? `Read once, ${ago(unknown.lastAt)}` : `Read ${unknown.count} times since ${clock(unknown.firstAt)}`;
  return [times, meant && `meant ${meant}`, unknown.symbology].filter(Boolean).join(" · ");
}

customElements.define("door-side", DoorPanel);
