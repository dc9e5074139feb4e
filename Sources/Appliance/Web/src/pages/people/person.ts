// One person: how to reach them, what they hold, their badges and PIN, the projects they are on, and what they did.

import { sentence } from "../../api";
import { avatar, statusPill } from "../../bits";
import { signOut } from "../../commands";
import { pictureAddress } from "../../forms/picture";
import { html, keyed, Content, Template } from "../../html";
import { icon, shape } from "../../icons";
import { field, Page } from "../../page";
import { mayEdit, state, tell } from "../../store";
import { ago, clock, span } from "../../time";
import { Badges } from "./badges";
import { PersonDetail, PersonEvent, roleMeans, roleWords, setActive, setPIN } from "./people";

export class PersonSheet extends Page {
  private person: PersonDetail | null = null;
  private reload: () => void = () => {};
  private editLink = "";
  private pin: string | null = null;
  private pinError = "";
  private readonly badges = new Badges();

  suit(person: PersonDetail, reload: () => void, editLink: string): void {
    if (person.id !== this.person?.id) this.pin = null;
    Object.assign(this, { person, reload, editLink });
    this.badges.suit(person, reload);
    this.refresh();
  }

  private get isMe(): boolean { return this.person?.id === state.session?.id; }

  private async savePIN(): Promise<void> {
    if (!this.person || this.pin === null) return;
    try {
      await setPIN(this.person.id, this.pin);
      tell("ok", this.isMe ? "Your new PIN is set." : `${this.person.name} has a new PIN.`);
      this.pin = null;
    } catch (error) { this.pinError = sentence(error); }
    this.refresh();
  }

  // ---- what is seen ------------------------------------------------------------------------------------------------

  protected view(): Content {
    const { person } = this;
    if (!person) return null;
    return html`<header class="person-head">${person.avatar ? html`<img class="person-picture" src="${pictureAddress(person.avatar)}" alt="">` : avatar(person, "avatar-huge")}
        <div><h2>${person.name}</h2><p class="person-role">${roleWords[person.role] ?? person.role}${this.isMe ? ", this is you" : ""}</p>
        ${person.active === false && html`<p class="person-away">${shape("stop")}Not active: no badge and no PIN lets them in.</p>`}</div></header>
      ${this.contact(person)}
      <div class="person-buttons">${mayEdit() && html`<a class="button" href="${this.editLink}">${icon("edit")}Edit</a>
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
    this.pin = "";
    this.pinError = "";
    this.refresh();
    queueMicrotask(() => this.querySelector<HTMLInputElement>("#pin")?.focus());
  }

  private pinForm(pin: string): Template {
    return html`<form class="pin-form" @submit=${(event: Event) => { event.preventDefault(); void this.savePIN(); }} @keydown=${(event: KeyboardEvent) => { if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.pin = null; this.refresh(); } }}>
      <label for="pin">New PIN, 4 to 12 digits</label>
      <div class="badge-row"><input class="input" id="pin" type="password" inputmode="numeric" autocomplete="new-password" maxlength="12" .value=${pin} aria-describedby="${this.pinError ? "pin-error" : null}" aria-invalid="${this.pinError ? "true" : null}" @input=${(event: Event) => { this.pin = field(event).value; this.pinError = ""; this.refresh(); }}>
        <button class="button button-first">Set it</button><button type="button" class="button" @click=${() => { this.pin = null; this.refresh(); }}>Cancel</button></div>
      <div role="alert">${this.pinError && html`<p class="form-error" id="pin-error">${shape("stop")}<span>${this.pinError}</span></p>`}</div></form>`;
  }

  private contact(person: PersonDetail): Content {
    const ways = [person.phone && html`<a class="button" href="tel:${person.phone.replace(/[^+\d]/g, "")}">${icon("phone")}${person.phone}</a>`, person.email && html`<a class="button" href="mailto:${person.email}">${icon("mail")}${person.email}</a>`].filter(Boolean);
    if (ways.length === 0) return html`<p class="quiet">${roleMeans[person.role]}. No phone or e-mail is known.</p>`;
    return html`<div class="person-ways">${ways}</div>`;
  }
}

function holds(person: PersonDetail): Content {
  const held = person.held ?? [];
  return html`<section aria-labelledby="holds"><h3 id="holds">Holds ${held.length > 0 ? held.length : ""}</h3>
    ${held.length === 0 ? html`<p class="quiet">Nothing is out with ${person.name.split(" ")[0]}.</p>` : html`<ul class="line-units">${held.map(({ asset, project, since }) => keyed(asset.id, html`<li><a class="unit" href="/gear?asset=${asset.id}"><strong class="number">${asset.number}</strong><span>${asset.name}<span class="quiet">${[project?.name, `since ${clock(since)}`].filter(Boolean).join(" · ")}</span></span></a>${asset.status && statusPill(asset.status)}</li>`))}</ul>`}</section>`;
}

function projects(person: PersonDetail): Content {
  const on = person.projects ?? [];
  if (on.length === 0) return null;
  return html`<section aria-labelledby="on"><h3 id="on">Projects</h3><ul class="line-units">${on.map((project) => keyed(project.id, html`<li><a class="unit" href="/projects/${project.id}">${icon("project")}<span>${project.name}<span class="quiet">${[project.part, project.startsAt && span(project.startsAt, project.endsAt ?? null)].filter(Boolean).join(" · ")}</span></span></a></li>`))}</ul></section>`;
}

const kindWords: Record<string, string> = { out: "Took out", in: "Brought back", transfer: "Took over", undone: "Undone", edited: "Edited", created: "Added", acting: "Acted" };

function history(person: PersonDetail): Content {
  const events = person.history ?? [];
  return html`<section aria-labelledby="did"><h3 id="did">History</h3>
    ${events.length === 0 ? html`<p class="quiet">Nothing yet.</p>` : html`<ol class="history">${events.map(event)}</ol>`}</section>`;
}

function event(one: PersonEvent): Template {
  const where = [one.project?.name, one.door?.name].filter(Boolean).join(" · ");
  return html`<li><span class="history-what">${kindWords[one.kind] ?? one.kind} ${one.asset && html`<a class="number" href="/gear?asset=${one.asset.id}">${one.asset.number}</a>`}</span><time datetime="${one.at}" title="${clock(one.at)}">${ago(one.at)}</time>
    ${where && html`<span class="history-who">${where}</span>`}${one.note && html`<span class="history-note">${one.note}</span>`}</li>`;
}

customElements.define("person-sheet", PersonSheet);
