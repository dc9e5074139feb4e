// The projects: what is on, what is planned, what is over, and the templates new ones are made of. Which of them, and
// the words looked for, are in the address.

import "./projects.css";
import { Asked } from "../../daemon/asked";
import { emptyPlace, failedPlace, staleStrip } from "../../elements/bits";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { Page } from "../../elements/page";
import { address, withQuery } from "../../router";
import { mayEdit, state } from "../../daemon/store";
import { debounced, span } from "../../elements/time";
import { moveInList } from "../rows";
import { loadPage, ProjectPage, ProjectRow, ShelfKey, shelves, stateNames } from "./project";
import { progress } from "./progress";

class ProjectsPage extends Page {
  private asked = "";
  private readonly page = new Asked<ProjectPage>(() => loadPage(this.shelf, this.q, null), () => this.refresh());
  private readonly loadSoon = debounced(160, () => void this.page.load());
  private isLoadingMore = false;

  private get q(): string { return address().searchParams.get("q") ?? ""; }
  private get shelf(): ShelfKey { return shelves.find((one) => one.key === address().searchParams.get("shelf"))?.key ?? ""; }

  protected override enter(): void {
    this.asked = this.question;
    void this.page.load();
    this.hears(["projects"], () => this.loadSoon());
    this.listen("keydown", (event) => moveInList(event, this));
  }

  private get question(): string { return `${this.shelf}?${this.q}`; }

  protected override shown(): void {
    if (this.asked === this.question) return;
    this.asked = this.question;
    this.loadSoon();
  }

  private async more(): Promise<void> {
    const seen = this.page.value;
    if (!seen?.next || this.isLoadingMore) return;
    this.isLoadingMore = true;
    this.refresh();
    try {
      const next = await loadPage(this.shelf, this.q, seen.next);
      if (this.page.value === seen) this.page.take({ ...next, items: [...seen.items, ...next.items] });
    } catch { /* the button stays and can be pressed again */ }
    this.isLoadingMore = false;
    this.refresh();
  }

  // ---- what is seen ------------------------------------------------------------------------------------------------

  protected view(): Content {
    return html`<section class="desk" aria-labelledby="projects-title">
      <header class="desk-head"><h1 id="projects-title">Projects</h1><span class="quiet" aria-live="polite">${this.count()}</span>
        ${mayEdit() && html`<a class="button button-first" data-new href="/projects/new${this.shelf === "templates" ? "?template=1" : ""}">${icon("plus")}${this.shelf === "templates" ? "New template" : "New project"}</a>`}</header>
      <nav class="chips" aria-label="Which projects">${shelves.map((one) => html`<a class="chip chip-plain" href="${withQuery({ shelf: one.key })}" aria-current="${one.key === this.shelf ? "true" : null}">${one.name}</a>`)}</nav>
      ${staleStrip()}${this.list()}</section>`;
  }

  private count(): string {
    const { value } = this.page;
    if (!value) return "";
    const count = value.total ?? value.items.length;
    const words = `${value.next && value.total === undefined ? `${count} and more` : count}`;
    return this.q ? `${words} for “${this.q}”` : words;
  }

  private list(): Content {
    const { value, error } = this.page;
    if (!value) {
      if (error !== null) return failedPlace("The projects could not be loaded", error, () => void this.page.load());
      return html`<div class="skeleton-rows" aria-busy="true">${Array.from({ length: 6 }, () => html`<span></span>`)}</div>`;
    }
    if (value.items.length === 0) return this.nothing();
    return html`${error !== null && html`<p class="stale" role="alert">${error}</p>`}
      <ul class="list" aria-label="Projects">${value.items.map((project) => keyed(project.id, row(project)))}</ul>
      ${value.next && html`<button class="button list-more" ?disabled=${this.isLoadingMore} @click=${() => void this.more()}>${this.isLoadingMore ? "Loading…" : "Show more"}</button>`}`;
  }

  private nothing(): Template {
    if (this.q) return emptyPlace("search", "No project fits", `Nothing under ${shelves.find((one) => one.key === this.shelf)?.name.toLowerCase()} is called “${this.q}”.`, html`<a class="button" href="${withQuery({ q: null })}">Show all of them</a>`);
    const make = mayEdit() ? html`<a class="button button-first" href="/projects/new${this.shelf === "templates" ? "?template=1" : ""}">${icon("plus")}${this.shelf === "templates" ? "New template" : "New project"}</a>` : null;
    switch (this.shelf) {
      case "templates": return emptyPlace("project", "No template yet", "A template is a pull sheet to start from: a festival stage, a small PA, a camera crew.", make);
      case "planned": return emptyPlace("project", "Nothing is planned", "A planned project has its sheet but reserves nothing until it is accepted.", make);
      case "closed": return emptyPlace("project", "Nothing is closed yet", "Projects that are over stay here, to be copied for the next time.");
      case "": return emptyPlace("project", "No project is on", "Gear goes out for accepted projects. Accept a planned one, or make a new one.", make);
    }
  }
}

function row(project: ProjectRow): Template {
  const count = state.progress[project.id];
  const shown = project.progress && { total: project.progress.total, out: count?.done ?? project.progress.done, back: project.progress.back ?? 0 };
  return html`<li class="row project-row">
    <a class="row-link" data-row href="/projects/${project.id}"><strong>${project.name}</strong></a>
    <span class="row-when">${project.isTemplate ? "Template" : span(project.startsAt, project.endsAt)}</span>
    <span class="row-place">${project.place && html`${icon("place")}<span>${project.place}</span>`}</span>
    ${project.isTemplate ? html`<span class="progress"><span class="progress-words"><span><b>${project.progress?.total ?? 0}</b> pieces</span></span></span>` : shown && shown.total > 0 ? progress(shown) : html`<span class="progress quiet">nothing on the sheet</span>`}
    ${statePill(project)}</li>`;
}

export function statePill(project: Pick<ProjectRow, "state" | "isTemplate">): Template {
  if (project.isTemplate) return html`<span class="pill">${icon("copy")}Template</span>`;
  return html`<span class="pill pill-${project.state}">${icon(project.state === "accepted" ? "check" : project.state === "closed" ? "archive" : "edit")}${stateNames[project.state]}</span>`;
}

customElements.define("page-projects", ProjectsPage);
