// The models: kinds of gear with how many units there are, one of them or a new one at the side. Who is open and what
// is looked for are in the address. One model is in model.ts, its form in edit.ts, counted stock in stock.ts.

import "../gear/detail.css";
import "../rows.css";
import "./models.css";
import { get, query, sentence } from "../../daemon/api";
import { emptyPlace, failedPlace, staleStrip } from "../../elements/bits";
import { RecordForm } from "../../forms/form";
import { pictureAddress } from "../../forms/picture";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { Page, takesText } from "../../elements/page";
import { allCategories } from "../../forms/pickers";
import { address, to, withQuery } from "../../router";
import { mayEdit } from "../../daemon/store";
import { debounced } from "../../elements/time";
import { Category, Model, Page as ListPage } from "../../daemon/types";
import { unlessScan } from "../../input/wedge";
import { moveInList } from "../rows";
import { modelForm } from "./edit";
import { ModelSheet } from "./model";

const pageLength = 100;

class ModelsPage extends Page {
  private items: Model[] | null = null;
  private next: string | null = null;
  private error: string | null = null;
  private categories: readonly Category[] = [];
  private asked = "";
  private turn = 0;
  private form: RecordForm | null = null;
  private readonly sheet = new ModelSheet(() => this.close());
  private readonly loadSoon = debounced(160, () => void this.load());

  private get open(): string | null { return decodeURIComponent(address().pathname.split("/")[2] ?? "") || null; }
  private get question(): string {
    const here = address().searchParams;
    return query({ q: here.get("q"), category: here.get("category"), archived: here.get("archived"), limit: pageLength });
  }

  protected override enter(): void {
    void this.load();
    this.learnCategories();
    this.hears(["models", "assets"], (fact) => { if (fact.kind !== "batch") this.loadSoon(); if (fact.topic !== "assets") this.learnCategories(); });
    this.listen("keydown", (event) => this.key(event));
  }

  private learnCategories(): void { void allCategories().then((all) => { this.categories = all; this.refresh(); }, () => {}); }

  private async load(cursor: string | null = null): Promise<void> {
    const turn = ++this.turn;
    this.asked = this.question;
    try {
      const page = await get<ListPage<Model>>(`/models${this.question}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
      if (turn !== this.turn) return;
      this.items = cursor ? (this.items ?? []).concat(page.items) : page.items;
      this.next = page.next;
      this.error = null;
    } catch (error) { if (turn === this.turn) this.error = sentence(error); }
    this.refresh();
  }

  protected override shown(): void {
    if (this.asked !== this.question) { this.asked = this.question; this.loadSoon(); }
    if (this.open !== null && this.open !== "new") this.sheet.suit(this.open);
    const wants = this.open === "new" && mayEdit();
    if (wants === (this.form !== null)) return;
    this.form = wants ? this.newForm() : null;
    this.refresh();
  }

  private newForm(): RecordForm {
    const here = address().searchParams, then = here.get("then");
    const made = (model: Model): void => to(then ? `${then}${then.includes("?") ? "&" : "?"}picked=${model.id}` : this.link(model.id), { replace: true });
    return modelForm(null, here.get("name") ?? "", () => { if (this.open === "new") to(then ?? this.link(null), { replace: true }); }, made);
  }

  private key(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && this.open !== null && !takesText(event.target)) { this.close(); return; }
    if (moveInList(event, this) || takesText(event.target)) return;
    if (event.key === "n" && mayEdit()) unlessScan(() => to("/models/new"));
  }

  private close(): void {
    const was = this.open;
    to(this.link(null));
    this.focusSoon(`[data-model="${was}"] [data-row]`);
  }

  private link(id: string | null): string {
    const url = new URL(withQuery({ edit: null, name: null, then: null }), location.origin);
    return (id === null ? "/models" : `/models/${id}`) + url.search;
  }

  // ---- what is seen ------------------------------------------------------------------------------------------------------

  protected view(): Content {
    return html`<div class="split ${this.open !== null ? "split-open" : ""}">
      <section class="desk split-list" aria-labelledby="models-title">
        <header class="desk-head"><h1 id="models-title">Models</h1><span class="quiet" aria-live="polite">${this.count()}</span>
          ${mayEdit() && html`<a class="button button-first" href="/models/new" aria-keyshortcuts="n">${icon("plus")}New model</a>`}</header>
        ${this.chips()}${staleStrip()}${this.list()}</section>
      ${this.open !== null && this.side(this.open)}</div>`;
  }

  private count(): string {
    const q = address().searchParams.get("q");
    if (!this.items) return "";
    return `${this.items.length}${this.next ? "+" : ""}${q ? ` for “${q}”` : ""}`;
  }

  private chips(): Content {
    const present = address().searchParams.get("category") ?? "", isArchived = address().searchParams.get("archived") === "true";
    const chip = (href: string, words: string, isOn: boolean): Template => html`<a class="chip chip-plain" href="${href}" aria-current="${isOn ? "true" : null}">${words}</a>`;
    return html`<nav class="chips" aria-label="Category">${chip(withQuery({ category: null, archived: null }), "All", present === "" && !isArchived)}
      ${this.categories.filter((category) => !category.archived).map((category) => keyed(category.id, chip(withQuery({ category: category.id, archived: null }), category.name, category.id === present)))}
      ${chip(withQuery({ archived: "true", category: null }), "Archived", isArchived)}</nav>`;
  }

  private list(): Content {
    if (!this.items) return this.error === null ? html`<div class="skeleton-rows" aria-busy="true">${Array.from({ length: 6 }, () => html`<span></span>`)}</div>` : failedPlace("The models could not be loaded", this.error, () => void this.load());
    if (this.items.length === 0) return this.nothing();
    return html`<ul class="list" aria-label="Models">${this.items.map((model) => keyed(model.id, this.row(model)))}</ul>
      ${this.error !== null && html`<p class="stale" role="alert">${this.error}</p>`}
      ${this.next ? html`<button class="button list-more" @click=${() => void this.load(this.next)}>Show more</button>` : null}`;
  }

  private nothing(): Template {
    if (this.question === `?limit=${pageLength}`) return emptyPlace("model", "No models yet", "A model is a kind of gear, such as one type of camera. Units are made of models.", mayEdit() && html`<div class="empty-steps"><a class="button button-first" href="/models/new">${icon("plus")}New model</a><a class="button" href="/import?kind=models">${icon("import")}Import a list</a></div>`);
    return emptyPlace("search", "Nothing fits", "No model fits these words and filters.", html`<a class="button" href="/models">Show all models</a>`);
  }

  private row(model: Model): Template {
    const isOpen = model.id === this.open;
    return html`<li class="row model-row ${isOpen ? "row-open" : ""} ${model.archived ? "row-away" : ""}" data-model="${model.id}">
      <span class="model-thumb">${model.picture ? html`<img src="${pictureAddress(model.picture)}" alt="" loading="lazy">` : icon("model")}</span>
      <a class="row-link" data-row href="${this.link(model.id)}" aria-current="${isOpen ? "true" : null}"><strong>${model.name}</strong><span class="quiet model-maker">${model.maker ?? ""}</span></a>
      <span class="model-category">${model.category?.name ?? ""}</span><span class="model-units">${unitsWords(model)}</span></li>`;
  }

  private side(id: string): Content {
    if (id !== "new") return this.sheet;
    if (!mayEdit()) return html`<aside class="detail" aria-label="New model">${emptyPlace("model", "Managers make models", "Ask one of them.", html`<a class="button" href="/models">Back to the models</a>`)}</aside>`;
    return html`<aside class="detail" aria-label="New model">${this.form}</aside>`;
  }
}

export function unitsWords(model: Model): Content {
  const { total, available } = model.units ?? { total: 0, available: 0 };
  if (model.counting === "counted") return html`<span class="quiet">counted</span>`;
  if (total === 0) return html`<span class="quiet">no units</span>`;
  return html`<b>${available}</b> of ${total} here`;
}

customElements.define("page-models", ModelsPage);
