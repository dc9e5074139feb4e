// The audit trail, for admins: who did what, from where, what it was and what it became; newest first. What is looked
// for is in the address, and the same is had as a file. The words are in audit-words.ts.

import { get, query, sentence } from "../../daemon/api";
import { Asked } from "../../daemon/asked";
import { emptyPlace, failedPlace } from "../../elements/bits";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { field, Page } from "../../elements/page";
import { address as here, to, withQuery } from "../../router";
import { tell } from "../../daemon/store";
import { clock, day, debounced } from "../../elements/time";
import { Ref } from "../../daemon/types";
import { address, differences, Entry, happened, named, topicWords } from "./audit-words";

interface Trail { items: Entry[]; next: string | null }

const filters = ["q", "person", "topic", "device", "from", "to"] as const;
/** A page may be short because little of what it looked at fits: so many are asked for at once before a button is. */
const enough = 40, turnsMax = 10;

export class Audit extends Page {
  private people: Ref[] = [];
  private asked = "";
  /** The words as they are typed, until the address says others: what comes in meanwhile must not undo them. */
  private words: string | null = null;
  private isLoading = false;
  private readonly trail = new Asked<Trail>(() => this.page(null), () => this.refresh());
  private readonly lookSoon = debounced(250, (): void => { to(withQuery({ q: this.words?.trim() || null }), { replace: true }); });

  protected override enter(): void {
    this.asked = this.wanted(null);
    void this.trail.load();
    void get<{ items: Ref[] }>("/people?archived=all").then(({ items }) => { this.people = items; this.refresh(); }, () => { /* the list has names all the same */ });
  }

  protected override shown(): void {
    if (this.asked === this.wanted(null)) return;
    this.asked = this.wanted(null);
    if (this.words?.trim() !== this.value("q")) this.words = null;
    this.trail.forget();
    void this.trail.load();
    this.refresh();
  }

  private value(name: string): string { return here().searchParams.get(name) ?? ""; }

  /** Days are the reader's own: from the beginning of one to the end of the other. */
  private wanted(cursor: string | null): string {
    const at = (text: string, days: number): string | null => {
      const date = new Date(`${text}T00:00`);
      if (!text || Number.isNaN(date.getTime())) return null;
      date.setDate(date.getDate() + days);
      return date.toISOString();
    };
    return query({ q: this.value("q"), person: this.value("person"), topic: this.value("topic"), device: this.value("device"), from: at(this.value("from"), 0), to: at(this.value("to"), 1), cursor, limit: cursor === null ? null : 50 });
  }

  private async page(cursor: string | null): Promise<Trail> {
    let items: Entry[] = [], next = cursor;
    for (let turn = 0; turn < turnsMax; turn++) {
      const page = await get<Trail>(`/audit${this.wanted(next)}`);
      items = items.concat(page.items);
      next = page.next;
      if (next === null || items.length >= enough) break;
    }
    return { items, next };
  }

  private async older(): Promise<void> {
    const { value } = this.trail, asked = this.asked;
    if (!value?.next || this.isLoading) return;
    this.isLoading = true;
    this.refresh();
    try {
      const page = await this.page(value.next);
      if (asked === this.asked) this.trail.take({ items: value.items.concat(page.items), next: page.next });
    } catch (error) { tell("stop", sentence(error)); }
    this.isLoading = false;
    this.refresh();
  }

  // ---- what is seen ------------------------------------------------------------------------------------------------

  protected view(): Content {
    const { value, error } = this.trail, isNarrowed = filters.some((name) => this.value(name) !== "");
    const list = value ? this.list(value, isNarrowed)
      : error !== null ? failedPlace("The audit trail could not be loaded", error, () => void this.trail.load())
      : html`<div class="skeleton-rows" aria-busy="true">${Array.from({ length: 8 }, () => html`<span></span>`)}</div>`;
    return html`<section class="audit" aria-label="Audit trail">${this.form(isNarrowed)}${list}</section>`;
  }

  private form(isNarrowed: boolean): Template {
    const set = (name: string) => (event: Event): void => to(withQuery({ [name]: field(event).value || null }), { replace: true });
    const chosen = this.value("person"), known = this.people.some((one) => one.id === chosen);
    return html`<form class="audit-filters" role="search" @submit=${(event: Event) => event.preventDefault()}>
      <div class="form-field audit-words"><label for="audit-q">Words</label><input class="input" id="audit-q" type="search" autocomplete="off" placeholder="A number, a name, a note" .value=${this.words ?? this.value("q")} @input=${(event: Event) => { this.words = field(event).value; this.lookSoon(); }}></div>
      <div class="form-field"><label for="audit-person">Who</label><select class="input" id="audit-person" @change=${set("person")}><option value="" .selected=${chosen === ""}>Anybody</option>
        ${chosen !== "" && !known && html`<option value="${chosen}" .selected=${true}>Somebody</option>`}${this.people.map((one) => html`<option value="${one.id}" .selected=${one.id === chosen}>${one.name}</option>`)}</select></div>
      <div class="form-field"><label for="audit-topic">What</label><select class="input" id="audit-topic" @change=${set("topic")}><option value="" .selected=${this.value("topic") === ""}>Anything</option>
        ${topicWords.map(([topic, words]) => html`<option value="${topic}" .selected=${topic === this.value("topic")}>${words}</option>`)}</select></div>
      <div class="form-field"><label for="audit-from">From</label><input class="input" id="audit-from" type="date" .value=${this.value("from")} @change=${set("from")}></div>
      <div class="form-field"><label for="audit-to">To</label><input class="input" id="audit-to" type="date" .value=${this.value("to")} @change=${set("to")}></div>
      <div class="audit-tools">${this.value("device") && html`<a class="chip chip-plain" href="${withQuery({ device: null })}" aria-label="${`Not only from ${this.value("device")}`}">from ${this.value("device")} ${icon("close")}</a>`}
        ${isNarrowed && html`<a class="button" href="${withQuery(Object.fromEntries(filters.map((name) => [name, null])))}">Show all</a>`}<a class="button" download href="${`/api/v1/audit.csv${this.wanted(null)}`}">${icon("copy")}As a file</a></div></form>`;
  }

  private list({ items, next }: Trail, isNarrowed: boolean): Content {
    if (items.length === 0 && next === null) return emptyPlace("settings", isNarrowed ? "Nothing of that kind happened" : "Nothing has happened yet", isNarrowed ? "Look for other words, somebody else or another time." : "Each sign-in, refusal and change will be here.");
    return html`<ol class="list audit-list" aria-label="What happened">${items.map((one) => keyed(one.seq, this.row(one)))}</ol>
      ${next !== null && html`<button class="button list-more" ?disabled=${this.isLoading} @click=${() => void this.older()}>${this.isLoading ? "Looking…" : "Older"}</button>`}`;
  }

  private row(entry: Entry): Template {
    const name = named(entry), link = address(entry), source = entry.device ?? entry.address;
    const who = entry.person ? html`<a href="/people/${entry.person.id}">${entry.person.name ?? "Somebody"}</a>` : html`<span>${entry.device ?? (entry.address ? "Nobody signed in" : "The box")}</span>`;
    const from = [entry.person ? entry.device : null, entry.address].filter((text): text is string => text !== null);
    return html`<li class="row audit-row" data-seq="${entry.seq}"><time class="audit-when" datetime="${entry.at}">${day(entry.at)} <strong>${clock(entry.at).split(" ").pop()}</strong></time>
      <span class="audit-who">${who}${from.length > 0 && html`<span class="quiet">${source !== null ? html`<a href="${withQuery({ device: entry.address ?? source })}" aria-label="${`All from ${from.join(", ")}`}">${from.join(", ")}</a>` : from.join(", ")}</span>`}</span>
      <span class="audit-what"><strong>${happened(entry)}</strong> ${link && name ? html`<a href="${link}">${name}</a>` : name}
        ${differences(entry).map((one) => html`<span class="audit-change"><span class="audit-field">${one.field}</span> ${one.old !== null && html`<del>${one.old}</del> <span aria-hidden="true">→</span><span class="unseen"> became </span> `}<ins>${one.now}</ins></span>`)}</span></li>`;
  }
}

customElements.define("settings-audit", Audit);
