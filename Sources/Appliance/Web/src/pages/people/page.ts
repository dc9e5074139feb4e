// The people: who they are at the left, one of them at the side. Who is open and the words looked for are in the
// address. A person's page is in person.ts, the badges in badges.ts, the form in form.ts.

import "./people.css";
import { Asked } from "../../daemon/asked";
import { avatar, emptyPlace, failedPlace, staleStrip } from "../../elements/bits";
import { RecordForm } from "../../forms/form";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { Page, takesText } from "../../elements/page";
import { address, to, withQuery } from "../../router";
import { mayEdit, state } from "../../daemon/store";
import { debounced } from "../../elements/time";
import { moveInList } from "../rows";
import { personForm } from "./form";
import { loadPeoplePage, loadPerson, PersonDetail, PersonRow, roleWords } from "./people";
import { PersonSheet } from "./person";

class PeoplePage extends Page {
  private asked = "";
  private opened: string | null = null;
  private form: RecordForm | null = null;
  private readonly sheet = new PersonSheet();
  private readonly list = new Asked<{ items: PersonRow[] }>(() => loadPeoplePage(this.q, this.isWithInactive), () => this.refresh());
  private readonly person = new Asked<PersonDetail>(() => loadPerson(this.open ?? ""), () => this.refresh());
  private readonly loadSoon = debounced(160, () => void this.list.load());
  private readonly loadPersonSoon = debounced(160, () => { if (this.open && this.open !== "new") void this.person.load(); });

  private get q(): string { return address().searchParams.get("q") ?? ""; }
  private get isWithInactive(): boolean { return address().searchParams.get("all") === "1"; }
  private get open(): string | null { return decodeURIComponent(address().pathname.split("/")[2] ?? "") || null; }
  private get isEditing(): boolean { return this.open === "new" || address().searchParams.get("edit") === "1"; }
  private get question(): string { return `${this.q}?${this.isWithInactive}`; }

  protected override enter(): void {
    this.asked = this.question;
    void this.list.load();
    this.hears(["people", "people.confidential"], () => { this.loadSoon(); this.loadPersonSoon(); });
    this.hears(["assets"], (fact) => { if (["custody", "status", "undone"].includes(fact.kind)) { this.loadSoon(); this.loadPersonSoon(); } });
    this.listen("keydown", (event) => this.key(event));
    this.tick(30_000);
  }

  protected override shown(): void {
    if (this.asked !== this.question) { this.asked = this.question; this.loadSoon(); }
    if (this.opened === this.open) return;
    this.opened = this.open;
    this.form = null;
    this.person.forget();
    if (this.open && this.open !== "new") void this.person.load();
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.open !== null && !this.isEditing && !event.defaultPrevented && !takesText(event.target) && !document.querySelector("dialog[open]")) { this.close(); return; }
    moveInList(event, this);
  }

  private close(): void {
    const was = this.open;
    to(this.link(null));
    this.focusSoon(`[data-person="${was}"] [data-row]`);
  }

  private link(id: string | null): string {
    const url = new URL(withQuery({ edit: null }), location.origin);
    return (id === null ? "/people" : `/people/${id}`) + url.search;
  }

  // ---- what is seen ------------------------------------------------------------------------------------------------

  protected view(): Content {
    return html`<div class="split ${this.open !== null ? "split-open" : ""}">
      <section class="desk split-list" aria-labelledby="people-title">
        <header class="desk-head"><h1 id="people-title">People</h1><span class="quiet" aria-live="polite">${this.count()}</span>
          ${mayEdit() && html`<a class="button button-first" data-new href="/people/new">${icon("plus")}New person</a>`}</header>
        <nav class="chips" aria-label="Who"><a class="chip chip-plain" href="${withQuery({ all: null })}" aria-current="${this.isWithInactive ? null : "true"}">Active</a><a class="chip chip-plain" href="${withQuery({ all: "1" })}" aria-current="${this.isWithInactive ? "true" : null}">Everybody</a></nav>
        ${staleStrip()}${this.people()}</section>
      ${this.open !== null && html`<aside class="detail" aria-label="Person">${this.detail(this.open)}</aside>`}</div>`;
  }

  private count(): string {
    const count = this.list.value?.items.length;
    return count === undefined ? "" : this.q ? `${count} for “${this.q}”` : String(count);
  }

  private people(): Content {
    const { value, error } = this.list;
    if (!value) {
      if (error !== null) return failedPlace("The people could not be loaded", error, () => void this.list.load());
      return html`<div class="skeleton-rows" aria-busy="true">${Array.from({ length: 6 }, () => html`<span></span>`)}</div>`;
    }
    if (value.items.length === 0) return this.q ? emptyPlace("search", "Nobody by that name", `Nobody is called “${this.q}”${this.isWithInactive ? "" : " or they are not active"}.`, html`<a class="button" href="${withQuery({ q: null, all: "1" })}">Show everybody</a>`)
      : emptyPlace("people", "Nobody yet", "Add the people who take gear out, and give each of them a badge.");
    return html`<ul class="list" aria-label="People">${value.items.map((person) => keyed(person.id, this.row(person)))}</ul>`;
  }

  private row(person: PersonRow): Template {
    const isOpen = person.id === this.open, holds = person.holdCount ?? 0;
    return html`<li class="row person-row ${isOpen ? "row-open" : ""} ${person.active === false ? "row-away" : ""}" data-person="${person.id}">
      ${avatar(person)}<a class="row-link" data-row href="${this.link(person.id)}" aria-current="${isOpen ? "true" : null}"><strong>${person.name}</strong>${person.id === state.session?.id && html` <span class="quiet">you</span>`}</a>
      <span class="row-role">${roleWords[person.role] ?? person.role}${person.active === false ? ", not active" : ""}</span>
      <span class="row-holds">${holds > 0 ? html`<b>${holds}</b> ${holds === 1 ? "piece" : "pieces"} out` : html`<span class="quiet">nothing out</span>`}</span></li>`;
  }

  private detail(id: string): Content {
    const { value, error, status } = this.person;
    const back = html`<button class="button button-small detail-close" @click=${() => this.close()}>${icon("back", "detail-back")}${icon("close", "detail-cross")}<span>Close</span></button>`;
    if (this.isEditing && mayEdit() && (id === "new" || value)) {
      this.form ??= personForm(id === "new" ? null : value, (saved) => { to(this.link(saved ?? (id === "new" ? null : id))); this.form = null; void this.list.load(); if (id !== "new") void this.person.load(); });
      return this.form;
    }
    this.form = null;
    if (id === "new") return html`${back}${emptyPlace("person", "Only managers add people", "Ask one of them.")}`;
    if (value) { this.sheet.suit(value, () => void this.person.load(), this.editLink()); return html`${back}${this.sheet}`; }
    if (error === null) return html`${back}<div class="skeleton-page" aria-busy="true"></div>`;
    if (status === 404) return html`${back}${emptyPlace("person", "There is no such person", "They may have been removed.")}`;
    return html`${back}${failedPlace("This person could not be loaded", error, () => void this.person.load())}`;
  }

  private editLink(): string { return withQuery({ edit: "1" }); }
}

customElements.define("page-people", PeoplePage);
