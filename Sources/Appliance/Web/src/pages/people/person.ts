// One person: how to reach them, what they hold, their badges and PIN, the projects they are on, and what they did.

import { Problem, sentence } from "../../api";
import { avatar } from "../../bits";
import { signOut } from "../../commands";
import { html, keyed, Content, Template } from "../../html";
import { icon, shape } from "../../icons";
import { field, Page } from "../../page";
import { mayEdit, state, tell } from "../../store";
import { ago, clock, span } from "../../time";
import { Badges } from "./badges";
import { Movement, PersonDetail, roleMeans, roleWords, setActive, setPIN } from "./people";

export class PersonSheet extends Page {
  private person: PersonDetail | null = null;
  private reload: () => void = () => {};
  private editLink = "";
  private pin: string | null = null;
  private current = "";
  private pinError: { field: string; words: string } | null = null;
  private readonly badges = new Badges();

  suit(person: PersonDetail, reload: () => void, editLink: string): void {
    if (person.id !== this.person?.id) this.pin = null;
    Object.assign(this, { person, reload, editLink });
    this.badges.suit(person, reload);
    this.refresh();
  }

  private get isMe(): boolean { return this.person?.id === state.session?.id; }

  private async savePIN(): Promise<void> {
    const { person, pin } = this;
    if (!person || pin === null) return;
    try {
      await setPIN(person.id, pin, this.isMe ? this.current : null);
      tell("ok", this.isMe ? "Your new PIN is set." : `${person.name} has a new PIN.`);
      this.pin = null;
    } catch (error) { this.pinError = { field: error instanceof Problem && error.fields["current"] ? "current" : "pin", words: sentence(error) }; }
    this.refresh();
  }

  // ---- what is seen ------------------------------------------------------------------------------------------------

  protected view(): Content {
    const { person } = this;
    if (!person) return null;
    return html`<header class="person-head">${avatar(person, "avatar-huge")}
        <div><h2>${person.name}</h2><p class="person-role">${roleWords[person.role] ?? person.role}${this.isMe ? ", this is you" : ""}</p>
        ${person.active === false && html`<p class="person-away">${shape("stop")}Not active: no badge and no PIN lets them in.</p>`}</div></header>
      ${this.contact(person)}
      <div class="person-buttons">${mayEdit() && html`<a class="button" data-edit href="${this.editLink}">${icon("edit")}Edit</a>
        ${!this.isMe && html`<button class="button" @click=${() => void setActive(person, person.active === false).then(() => this.reload())}>${person.active === false ? "Make active again" : "No longer active"}</button>`}`}
        ${(mayEdit() || this.isMe) && this.pin === null && html`<button class="button" @click=${() => this.askPIN()}>Set the PIN</button>`}
        ${this.isMe && html`<button class="button" @click=${() => void signOut()}>${icon("leave")}Sign out</button>`}</div>
      ${this.pin !== null && this.pinForm(this.pin)}
      ${person.note && html`<p class="project-note">${person.note}</p>`}
      ${holds(person)}
      ${this.badges}
      ${projects(person)}
      ${history(person)}`;
  }

  private askPIN(): void {
    this.pin = this.current = "";
    this.pinError = null;
    this.refresh();
    queueMicrotask(() => this.querySelector<HTMLInputElement>(this.isMe ? "#current" : "#pin")?.focus());
  }

  private dropPIN(): void { this.pin = null; this.refresh(); }

  private pinForm(pin: string): Template {
    const digits = (id: "current" | "pin", label: string, value: string, set: (value: string) => void): Template => {
      const wrong = this.pinError?.field === id ? this.pinError.words : null;
      return html`<div class="form-field"><label for="${id}">${label}</label><input class="input" id="${id}" type="password" inputmode="numeric" autocomplete="${id === "pin" ? "new-password" : "current-password"}" maxlength="12" .value=${value} aria-describedby="${wrong ? `${id}-error` : null}" aria-invalid="${wrong ? "true" : null}"
        @input=${(event: Event) => { set(field(event).value); this.pinError = null; this.refresh(); }}>${wrong && html`<p class="form-error" id="${id}-error" role="alert">${shape("stop")}<span>${wrong}</span></p>`}</div>`;
    };
    return html`<form class="pin-form" aria-label="Set the PIN" @submit=${(event: Event) => { event.preventDefault(); void this.savePIN(); }} @keydown=${(event: KeyboardEvent) => { if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.dropPIN(); } }}>
      ${this.isMe && digits("current", "Your present PIN", this.current, (value) => { this.current = value; })}
      ${digits("pin", "New PIN, 4 to 12 digits", pin, (value) => { this.pin = value; })}
      <div class="badge-row"><button class="button button-first">Set it</button><button type="button" class="button" @click=${() => this.dropPIN()}>Cancel</button></div></form>`;
  }

  private contact(person: PersonDetail): Content {
    const ways = [person.phone && html`<a class="button" href="tel:${person.phone.replace(/[^+\d]/g, "")}">${icon("phone")}${person.phone}</a>`, person.email && html`<a class="button" href="mailto:${person.email}">${icon("mail")}${person.email}</a>`].filter(Boolean);
    if (ways.length === 0) return html`<p class="quiet">${roleMeans[person.role]}. No phone or e-mail is known.</p>`;
    return html`<div class="person-ways">${ways}</div>`;
  }
}

function holds({ holds: held, name }: PersonDetail): Content {
  return html`<section aria-labelledby="holds"><h3 id="holds">Holds ${held.length > 0 ? held.length : ""}</h3>
    ${held.length === 0 ? html`<p class="quiet">Nothing is out with ${name.split(" ")[0]}.</p>` : html`<ul class="line-units">${held.map((asset) => keyed(asset.id, html`<li><a class="unit" href="/gear?asset=${asset.id}"><strong class="number">${asset.number}</strong><span>${asset.name}<span class="quiet">${[asset.project?.name, asset.since && `since ${clock(asset.since)}`].filter(Boolean).join(" · ")}</span></span></a></li>`))}</ul>`}</section>`;
}

function projects(person: PersonDetail): Content {
  const on = person.projects;
  if (on.length === 0) return null;
  return html`<section aria-labelledby="on"><h3 id="on">Projects</h3><ul class="line-units">${on.map((project) => keyed(project.id, html`<li><a class="unit" href="/projects/${project.id}">${icon("project")}<span>${project.name}<span class="quiet">${[project.part, project.startsAt && span(project.startsAt, project.endsAt)].filter(Boolean).join(" · ")}</span></span></a></li>`))}</ul></section>`;
}

const kindWords: Record<string, string> = { out: "Took out", in: "Brought back", transfer: "Took over" };

function history({ movements }: PersonDetail): Content {
  return html`<section aria-labelledby="did"><h3 id="did">Last movements</h3>
    ${movements.length === 0 ? html`<p class="quiet">None yet.</p>` : html`<ol class="history">${movements.map(movement)}</ol>`}</section>`;
}

function movement({ kind, at, asset, project, door }: Movement): Template {
  const where = [project?.name, door?.name].filter(Boolean).join(" · ");
  return html`<li><span class="history-what">${kindWords[kind] ?? kind} <a class="number" href="/gear?asset=${asset.id}">${asset.number}</a></span><time datetime="${at}" title="${clock(at)}">${ago(at)}</time>
    <span class="history-who">${[asset.name, where].filter(Boolean).join(" · ")}</span></li>`;
}

customElements.define("person-sheet", PersonSheet);
