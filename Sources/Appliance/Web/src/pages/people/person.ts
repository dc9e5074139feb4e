// One person: how to reach them, what they hold, their badges, how they sign in, the projects they are on, and what they did.

import { avatar } from "../../elements/bits";
import { signOut } from "../../daemon/commands";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon, shape } from "../../elements/icons";
import { Page } from "../../elements/page";
import { mayEdit, state } from "../../daemon/store";
import { ago, clock, span } from "../../elements/time";
import { Badges } from "./badges";
import { Movement, PersonDetail, roleMeans, roleWords, setActive } from "./people";
import { PersonSignIn } from "./sign-in";

export class PersonSheet extends Page {
  private person: PersonDetail | null = null;
  private reload: () => void = () => {};
  private editLink = "";
  private readonly badges = new Badges();
  private readonly signIn = new PersonSignIn();

  suit(person: PersonDetail, reload: () => void, editLink: string): void {
    Object.assign(this, { person, reload, editLink });
    this.badges.suit(person, reload);
    this.signIn.suit(person);
    this.refresh();
  }

  private get isMe(): boolean { return this.person?.id === state.session?.id; }

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
        ${this.isMe && html`<button class="button" @click=${() => void signOut()}>${icon("leave")}Sign out</button>`}</div>
      ${person.note && html`<p class="project-note">${person.note}</p>`}
      ${holds(person)}
      ${this.badges}
      ${this.signIn}
      ${projects(person)}
      ${history(person)}`;
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
