// One project: when and where, who, how far it is, its pull sheet, and what went out for it without being on it. Every
// number follows the doors live. Adding is in adding.ts, the lines are in sheet.ts, paper is in pick-list.ts.

import "./projects.css";
import { Asked } from "../../daemon/asked";
import { emptyPlace, failedPlace, staleStrip } from "../../elements/bits";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon, shape } from "../../elements/icons";
import { Page, takesText } from "../../elements/page";
import { address } from "../../router";
import { mayEdit } from "../../daemon/store";
import { debounced, span } from "../../elements/time";
import { Fact } from "../../daemon/types";
import { unlessScan } from "../../input/wedge";
import { moveInList } from "../rows";
import { Adding } from "./adding";
import { statePill } from "./list";
import { Parts } from "./parts";
import { pickList } from "./pick-list";
import { loadProject, loadWalk, ProjectDetail, ProjectState, setArchived, setState, stateNames, Walk } from "./project";
import { bar } from "./progress";
import { Sheet, unit } from "./sheet";

const warningsMost = 4;

class ProjectPage extends Page {
  private readonly projectId = decodeURIComponent(address().pathname.split("/")[2] ?? "");
  private readonly project = new Asked<ProjectDetail>(() => loadProject(this.projectId), () => this.refresh());
  private readonly loadSoon = debounced(120, () => this.load());
  private readonly walk = new Asked<Walk>(() => loadWalk(this.projectId), () => this.refresh());
  private readonly parts = new Parts();
  private readonly sheet = new Sheet();
  private readonly adding = new Adding();

  protected override enter(): void {
    this.load();
    this.adding.added = () => this.load();
    this.hears(["projects", "assets", "people"], (fact) => { if (this.concerns(fact)) this.loadSoon(); });
    this.listen("keydown", (event) => {
      if (event.key === "e") { moveInList(event, this); return; }
      if (event.key !== "a" || event.ctrlKey || event.metaKey || event.altKey || takesText(event.target) || event.defaultPrevented) return;
      unlessScan(() => this.adding.focusField());
    });
  }

  private load(): void {
    void this.project.load();
    void this.walk.load();
  }

  /** Gear that moves for another project changes nothing here. */
  private concerns(fact: Fact): boolean {
    if (fact.topic === "reset") return true;
    const data = fact.data as { id?: string; project?: unknown; holder?: { project?: { id: string } | null } | null; before?: { holder?: { project?: { id: string } | null } | null } };
    if (fact.topic === "projects") return data.id === this.projectId || data.project === this.projectId;
    if (fact.topic === "people") return this.project.value?.people.some((part) => part.person.id === data.id) ?? false;
    return data.holder?.project?.id === this.projectId || data.before?.holder?.project?.id === this.projectId;
  }

  // ---- what is seen ------------------------------------------------------------------------------------------------

  protected view(): Content {
    const { value, error, status } = this.project;
    if (value) return this.whole(value);
    if (error === null) return html`<div class="desk"><div class="skeleton-page" aria-busy="true"></div></div>`;
    if (status === 404) return emptyPlace("project", "There is no such project", "It may have been removed.", html`<a class="button" href="/projects">To the projects</a>`);
    return failedPlace("The project could not be loaded", error, () => void this.project.load());
  }

  private whole(project: ProjectDetail): Template {
    const sections = [...new Set(project.lines.map((line) => line.section ?? "").filter(Boolean))];
    this.sheet.suit(project, () => this.load());
    this.parts.suit(project, () => this.load());
    Object.assign(this.adding, { project: project.id, sections });
    this.adding.refresh();
    return html`<article class="desk project" aria-labelledby="project-title">
      <a class="back" href="/projects${project.isTemplate ? "?shelf=templates" : project.state === "accepted" ? "" : `?shelf=${project.state}`}">${icon("back")}Projects</a>
      ${this.head(project)}${staleStrip()}
      <section class="project-sheet" aria-label="Pull sheet">
        ${mayEdit() && this.adding}
        ${project.lines.length > 0 ? this.sheet : this.noLines()}
        ${extras(project)}
      </section></article>${this.walk.value && pickList(project, this.walk.value)}`;
  }

  private noLines(): Template {
    return emptyPlace("list", "Nothing is on the sheet", mayEdit() ? "Type what is needed into the field above, such as “6x skypanel”, or scan gear onto it." : "A manager fills it.");
  }

  private head(project: ProjectDetail): Template {
    const facts = [project.isTemplate ? null : html`<span>${icon("calendar")}${span(project.startsAt, project.endsAt)}</span>`, project.place && html`<span>${icon("place")}${project.place}</span>`];
    return html`<header class="project-head"><div class="project-about">
        <div class="project-title">${statePill(project)}<h1 id="project-title">${project.name}</h1></div>
        <div class="project-line"><p class="project-facts">${facts}</p>${this.parts}</div>
        ${project.note && html`<p class="project-note">${project.note}</p>`}</div>
      <div class="project-side">${!project.isTemplate && sum(project)}${this.buttons(project)}</div>
      ${project.warnings.length > 0 && warnings(project.warnings)}</header>`;
  }

  private buttons(project: ProjectDetail): Template {
    const set = (wanted: ProjectState): void => void setState(project, wanted).then(() => this.project.load());
    const states = (["planned", "accepted", "closed"] as const).map((one) => html`<button class="segment segment-words" aria-pressed="${project.state === one ? "true" : "false"}" @click=${() => { if (project.state !== one) set(one); }}>${stateNames[one]}</button>`);
    return html`<div class="project-buttons">
      ${mayEdit() && !project.isTemplate && html`<div class="segments" role="group" aria-label="State">${states}</div>`}
      ${mayEdit() && html`<a class="button" data-edit href="/projects/${project.id}/edit">${icon("edit")}Edit</a>
        <a class="button ${project.isTemplate ? "button-first" : ""}" href="/projects/new?from=${project.id}">${icon("copy")}${project.isTemplate ? "New project from it" : "Copy"}</a>`}
      ${mayEdit() && !project.isTemplate && html`<a class="button" href="/projects/new?template=1&from=${project.id}">${icon("project")}Make a template</a>`}
      <button class="button" @click=${() => print()}>${icon("print")}Pick list</button>
      ${mayEdit() && html`<button class="button" @click=${() => void setArchived(project, !project.archived).then(() => this.project.load())}>${icon("archive")}${project.archived ? "Bring back" : "Archive"}</button>`}</div>`;
  }
}

function sum(project: ProjectDetail): Content {
  const count = project.progress;
  if (!count || count.total === 0) return null;
  const pieces = { total: count.total, out: count.done, back: count.back ?? 0 };
  const figure = (number: number, words: string): Template => html`<div class="figure"><dt>${words}</dt><dd>${number}</dd></div>`;
  return html`<div class="project-sum"><dl class="figures">${figure(pieces.out, "out")}${figure(pieces.back, "back")}${figure(pieces.total, "on the sheet")}</dl>${bar(pieces)}</div>`;
}

function warnings(all: readonly string[]): Template {
  const row = (words: string): Template => html`<li>${shape("ok-but")}<span>${words}</span></li>`;
  return html`<ul class="project-warnings" aria-label="To know">${all.slice(0, warningsMost).map(row)}${all.length > warningsMost && row(`and ${all.length - warningsMost} more, beside their lines`)}</ul>`;
}

function extras({ extra }: ProjectDetail): Content {
  if (extra.length === 0) return null;
  const out = extra.filter((one) => one.isOut).length;
  return html`<section class="sheet-section sheet-extras" aria-labelledby="extras"><div class="sheet-heading"><h2 id="extras">Not on the sheet</h2><span class="quiet">${out} out${extra.length > out ? ` · ${extra.length - out} back` : ""}</span></div>
    <ul class="line-units">${extra.map((one) => keyed(one.id, unit(one)))}</ul></section>`;
}

customElements.define("page-project", ProjectPage);
