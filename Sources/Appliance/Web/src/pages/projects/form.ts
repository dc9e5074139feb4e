// The form of a project, new or known. A new one may start from a template or an earlier project, whose sheet is copied.

import "./projects.css";
import { get, query } from "../../daemon/api";
import { Asked } from "../../daemon/asked";
import { emptyPlace, failedPlace } from "../../elements/bits";
import { Field } from "../../forms/fields";
import { RecordForm } from "../../forms/form";
import { Choice, Picker } from "../../forms/picker";
import { make, Recorded, save, Values } from "../../forms/record";
import { html, Content } from "../../elements/html";
import { Page } from "../../elements/page";
import { address, to } from "../../router";
import { mayEdit } from "../../daemon/store";
import { day } from "../../elements/time";
import { loadProject, ProjectDetail, ProjectPage, ProjectRow, stateNames } from "./project";

const earlier: Picker = {
  async find(words) {
    const [templates, projects] = await Promise.all(["true", null].map((template) => get<ProjectPage>(`/projects${query({ q: words, template, limit: 6 })}`)));
    return [...(templates?.items ?? []), ...(projects?.items ?? []).filter((one) => !one.isTemplate)].map((one): Choice => ({ id: one.id, name: one.name, more: one.isTemplate ? "template" : one.startsAt ? day(one.startsAt) : "" }));
  },
};

const times: readonly Field[] = [
  { name: "startsAt", label: "Starts", kind: "instant", isRequired: true },
  { name: "endsAt", label: "Ends", kind: "instant", isRequired: true },
];

function fields(isTemplate: boolean, isNew: boolean): readonly Field[] {
  return [
    { name: "name", label: "Name", kind: "line", isRequired: true, max: 200, isWide: true, autocomplete: "off" },
    ...(isNew ? [{ name: "copyOf", label: "Start from", kind: "reference", picker: earlier, isWide: true, hint: "A template or an earlier project; its sheet is copied." } as Field] : []),
    ...(isTemplate ? [] : times),
    ...(isTemplate ? [] : [{ name: "state", label: "State", kind: "choice", isRequired: true, choices: Object.entries(stateNames), hint: "Accepted projects reserve their gear." } as Field]),
    { name: "place", label: "Place", kind: "line", max: 200 },
    { name: "note", label: "Note", kind: "lines", max: 4_000 },
  ];
}

const hour = 3_600_000;

/** A template has times as well, which nobody sees. Tomorrow from eight in the morning until six. */
function usualTimes(): Values {
  const start = new Date(Date.now() + 24 * hour);
  start.setHours(8, 0, 0, 0);
  return { startsAt: start.toISOString(), endsAt: new Date(start.getTime() + 10 * hour).toISOString() };
}

class ProjectFormPage extends Page {
  private form: RecordForm | null = null;
  private readonly parts = address().pathname.split("/");
  private readonly sourceId = this.parts[2] === "new" ? address().searchParams.get("from") : decodeURIComponent(this.parts[2] ?? "");
  private readonly isNew = this.parts[2] === "new";
  private readonly source = new Asked<ProjectDetail>(() => loadProject(this.sourceId ?? ""), () => this.refresh());

  protected override enter(): void { if (this.sourceId !== null) void this.source.load(); }

  private make(source: ProjectDetail | null): RecordForm {
    return this.isNew ? newForm(source, address().searchParams.get("template") === "1") : editForm(source as ProjectDetail);
  }

  protected view(): Content {
    const { value, error } = this.source;
    if (!mayEdit()) return emptyPlace("project", "Only managers plan projects", "You can look at all of them.", html`<a class="button" href="/projects">To the projects</a>`);
    if (this.sourceId !== null && !value) {
      if (error !== null) return failedPlace("The project could not be loaded", error, () => void this.source.load());
      return html`<div class="desk"><div class="skeleton-page" aria-busy="true"></div></div>`;
    }
    this.form ??= this.make(value);
    return html`<div class="desk desk-form">${this.form}</div>`;
  }
}

function newForm(source: ProjectDetail | null, isTemplate: boolean): RecordForm {
  let made: string | null = null;
  return new RecordForm({
    name: `project-new${isTemplate ? "-template" : ""}${source ? `-${source.id}` : ""}`, title: isTemplate ? "New template" : "New project",
    fields: () => fields(isTemplate, true),
    start: { ...(isTemplate ? {} : { state: "planned", ...usualTimes() }), ...(source ? { copyOf: { id: source.id, name: source.name }, place: source.place, ...(source.isTemplate ? {} : { name: source.name }) } : {}) },
    saveWords: isTemplate ? "Make the template" : "Make the project",
    async save(values) { made = (await make<ProjectRow>("/projects", isTemplate ? { ...usualTimes(), ...values, isTemplate: true } : values, (project) => `${project.name} is made.`)).id; },
    leave: (isSaved) => to(isSaved && made ? `/projects/${made}` : source ? `/projects/${source.id}` : `/projects${isTemplate ? "?shelf=templates" : ""}`, { replace: true }),
  });
}

function editForm(project: ProjectDetail): RecordForm {
  return new RecordForm({
    name: `project-${project.id}`, title: `Edit ${project.name}`, fields: () => fields(project.isTemplate, false), record: project as unknown as Values & Recorded,
    save: (values, version) => save<ProjectRow>(`/projects/${project.id}`, values, version, (saved) => `${saved.name} is saved.`),
    leave: () => to(`/projects/${project.id}`, { replace: true }),
  });
}

customElements.define("page-project-form", ProjectFormPage);
