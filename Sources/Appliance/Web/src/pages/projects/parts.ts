// The people of a project and what each does there. A manager adds and removes them in place; a badge that is scanned
// onto the sheet adds its person too.

import { sentence } from "../../daemon/api";
import { avatar } from "../../elements/bits";
import { Choice, PickerControl } from "../../forms/picker";
import { offerUndo } from "../../forms/record";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { field, Page } from "../../elements/page";
import { mayEdit, tell } from "../../daemon/store";
import { loadPeoplePage } from "../people/people";
import { Part, ProjectDetail, setPeople } from "./project";

export class Parts extends Page {
  private project: ProjectDetail | null = null;
  private reload: () => void = () => {};
  private isEditing = false;
  /** Whose part is asked for as soon as they are shown. */
  private added: string | null = null;
  private readonly picker = new PickerControl({ find: (words) => this.find(words) }, (choice) => { if (choice) void this.add(choice); });

  suit(project: ProjectDetail, reload: () => void): void {
    this.project = project;
    this.reload = reload;
    this.refresh();
  }

  protected override shown(): void {
    const part = this.added === null ? null : this.querySelector<HTMLElement>(`[data-part="${this.added}"] input`);
    if (!part) return;
    this.added = null;
    part.focus();
  }

  private async find(words: string): Promise<readonly Choice[]> {
    const on = new Set(this.project?.people.map((part) => part.person.id));
    return (await loadPeoplePage(words, false)).items.filter((person) => !on.has(person.id)).slice(0, 12).map((person) => ({ id: person.id, name: person.name }));
  }

  private async set(parts: readonly Part[], words: string): Promise<void> {
    const { project } = this;
    if (!project) return;
    try { offerUndo(words, await setPeople(project.id, parts), this.reload); } catch (error) { tell("stop", `Nothing was changed: ${sentence(error)}`); }
    this.reload();
  }

  private async add(choice: Choice): Promise<void> {
    await this.set([...this.project?.people ?? [], { person: choice, part: null }], `${choice.name} is on the project.`);
    this.added = choice.id;
  }

  private takeOff(id: string): void {
    const people = this.project?.people ?? [], gone = people.find((part) => part.person.id === id);
    if (gone) void this.set(people.filter((part) => part !== gone), `${gone.person.name} is off the project.`);
  }

  private rename(id: string, part: string): void {
    const people = this.project?.people ?? [];
    void this.set(people.map((one) => (one.person.id === id ? { ...one, part: part.trim() || null } : one)), "Saved.");
  }

  protected view(): Content {
    const people = this.project?.people ?? [];
    if (!this.isEditing) return html`<div class="parts">${people.map(({ person, part }) => keyed(person.id, html`<a class="part" href="/people/${person.id}">${avatar(person)}<span><strong>${person.name}</strong>${part && html`<span class="quiet">${part}</span>`}</span></a>`))}
      ${mayEdit() && html`<button class="button parts-edit" @click=${() => this.edit(true)}>${icon("people")}${people.length === 0 ? "Add people" : "Change people"}</button>`}</div>`;
    this.picker.suit({ id: "part-person", label: "Add somebody", under: null, isWrong: false, isRequired: false, choice: null });
    return html`<div class="parts-form" role="group" aria-label="People of the project" @keydown=${(event: KeyboardEvent) => { if (event.key === "Escape") { event.preventDefault(); this.edit(false); } }}>
      <ul>${people.map((part) => keyed(part.person.id, this.row(part)))}</ul>
      <div class="parts-add"><div class="form-field"><label for="part-person">Add somebody</label>${this.picker}</div><button class="button" @click=${() => this.edit(false)}>Done</button></div></div>`;
  }

  private edit(isEditing: boolean): void {
    this.isEditing = isEditing;
    this.refresh();
    queueMicrotask(() => (isEditing ? document.getElementById("part-person") : this.querySelector<HTMLElement>(".parts-edit"))?.focus());
  }

  private row({ person, part }: Part): Template {
    return html`<li class="parts-row" data-part="${person.id}">${avatar(person)}<strong>${person.name}</strong>
      <input class="input" aria-label="Part of ${person.name}" placeholder="Part: driver, light, stage" maxlength="100" .defaultValue=${part ?? ""} @change=${(event: Event) => this.rename(person.id, field(event).value)}>
      <button class="icon-button" aria-label="Take ${person.name} off" title="Take off" @click=${() => this.takeOff(person.id)}>${icon("close")}</button></li>`;
  }
}

customElements.define("project-parts", Parts);
