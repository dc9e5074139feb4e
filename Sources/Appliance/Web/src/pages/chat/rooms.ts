// The rooms at the left: whom or what each is about, what was said last, and how much of it is new. Beside it what a
// search found, and the panel that opens a new room.

import { get, post, query, sentence } from "../../daemon/api";
import { avatar, emptyPlace, failedPlace } from "../../elements/bits";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { to } from "../../router";
import { mayEdit, tell } from "../../daemon/store";
import { clock } from "../../elements/time";
import { Person, List } from "../../daemon/types";
import { gist } from "./notify";
import { loadRooms, me, talk } from "./talk";
import { waitingIn } from "./outbox";
import { Message, Room } from "./types";

export function roomFace(room: Room, className = ""): Template {
  if (room.with) return html`<span class="face">${avatar(room.with, className)}${talk.presence.get(room.with.id)?.online && html`<span class="face-there"><span class="unseen">online</span></span>`}</span>`;
  return html`<span class="face"><span class="avatar room-face room-face-${room.kind} ${className}">${icon(room.kind === "announcements" ? "horn" : room.kind === "job" ? "people" : "project")}</span></span>`;
}

export function roomRows(open: string | null): Content {
  if (talk.error && !talk.rooms) return failedPlace("The rooms could not be loaded", talk.error, () => void loadRooms());
  if (!talk.rooms) return html`<div class="skeleton-page" aria-busy="true"></div>`;
  if (talk.rooms.length === 0) return emptyPlace("speech", "No rooms yet", "A project's room opens by itself when the project is accepted. Talk to somebody with New.");
  return html`<ul class="room-rows">${talk.rooms.map((room) => keyed(room.id, roomRow(room, open)))}</ul>`;
}

function roomRow(room: Room, open: string | null): Template {
  const typing = (talk.typing.get(room.id)?.people ?? []).filter((id) => id !== me()).length > 0;
  const waiting = waitingIn(room.id).length;
  return html`<li><a class="room-row ${room.unread > 0 ? "room-unread" : ""}" data-row href="/chat/${room.id}" aria-current="${room.id === open ? "page" : null}">
    ${roomFace(room)}<b dir="auto">${room.title}</b>${room.last && html`<time datetime="${room.last.at}">${clock(room.last.at)}</time>`}
    <span class="room-last" dir="auto">${typing ? html`<em>typing…</em>` : !room.isMember ? "You left this room" : room.last ? preview(room, room.last) : "Nothing was said here yet"}</span>
    ${waiting > 0 ? html`<span class="room-waiting">${icon("clock")}<span class="unseen">${waiting} waiting</span></span>` : room.unread > 0 && room.isMember && html`<span class="room-count">${room.unread > 99 ? "99+" : room.unread}<span class="unseen"> unread</span></span>`}</a></li>`;
}

function preview(room: Room, message: Message): string {
  const who = message.author?.id === me() ? "You: " : room.kind === "direct" || !message.author ? "" : `${message.author.name.split(" ")[0]}: `;
  return who + gist(message);
}

// ---- found -----------------------------------------------------------------------------------------------------------

export const findMessages = (q: string): Promise<{ items: Message[]; next: string | null }> => get(`/messages${query({ q, limit: 50 })}`);

export function foundRows(q: string, found: { items: Message[] } | null): Content {
  if (!found) return html`<div class="skeleton-page" aria-busy="true"></div>`;
  if (found.items.length === 0) return emptyPlace("search", `Nobody said “${q}”`, "In the rooms you are in. Each word must begin a word of the message.");
  return html`<ul class="room-rows">${found.items.map((message) => keyed(message.id, html`<li><a class="room-row" data-row href="/chat/${message.room}?m=${message.seq}&q=${encodeURIComponent(q)}">
    ${message.author ? avatar(message.author) : html`<span class="avatar">${icon("scan")}</span>`}<b dir="auto">${message.author?.name ?? "Depotd"} <span class="quiet">in ${message.title ?? ""}</span></b><time datetime="${message.at}">${clock(message.at)}</time><span class="room-last" dir="auto">${gist(message)}</span></a></li>`))}</ul>`;
}

// ---- new --------------------------------------------------------------------------------------------------------------

/** What the panel for a new room holds while it is open. */
export class NewRoom {
  people: Person[] | null = null;
  words = "";
  chosen = new Set<string>();
  name = "";

  constructor(private readonly changed: () => void, private readonly close: () => void) { void this.load(); }

  private async load(): Promise<void> {
    try { this.people = (await get<List<Person>>("/people")).items.filter((person) => person.id !== me() && person.active !== false); } catch (error) { tell("stop", sentence(error)); }
    this.changed();
  }

  private async make(body: object): Promise<void> {
    try {
      const room = await post<Room>("/rooms", body);
      await loadRooms();
      this.close();
      to(`/chat/${room.id}`);
    } catch (error) { tell("stop", sentence(error)); }
  }

  view(): Template {
    const wanted = this.words.toLocaleLowerCase();
    const shown = (this.people ?? []).filter((person) => person.name.toLocaleLowerCase().includes(wanted));
    const toggle = (id: string): void => { if (!this.chosen.delete(id)) this.chosen.add(id); this.changed(); };
    const several = this.chosen.size > 0;
    return html`<section class="new-room" aria-labelledby="new-room-title"><header><h2 id="new-room-title">New conversation</h2><button class="icon-button" aria-label="Close" @click=${this.close}>${icon("close")}</button></header>
      <input class="input" type="search" aria-label="Find somebody" placeholder="Find somebody" .value=${this.words} @input=${(event: Event) => { this.words = (event.target as HTMLInputElement).value; this.changed(); }}>
      <p class="new-hint quiet">${several ? "They get a room of their own, with you in it." : mayEdit() ? "Press a name to talk to one. Tick several for the room of a job." : "Press a name to talk to somebody."}</p>
      ${this.people === null ? html`<div class="skeleton-page" aria-busy="true"></div>` : shown.length === 0 && html`<p class="new-hint" role="status">${wanted ? `Nobody here is called “${this.words}”.` : "Nobody else is here yet. People adds them."}</p>`}
      <ul class="room-rows">${shown.map((person) => keyed(person.id, html`<li class="new-row"><button class="room-row" data-row @click=${() => (several ? toggle(person.id) : void this.make({ kind: "direct", person: person.id }))}>${avatar(person)}<b dir="auto">${person.name}</b><span class="room-last">${talk.presence.get(person.id)?.online ? "online" : person.role}</span></button>
        ${mayEdit() && html`<label class="new-check"><input type="checkbox" .checked=${this.chosen.has(person.id)} @change=${() => toggle(person.id)}><span class="unseen">${person.name} in a room for a job</span></label>`}</li>`))}</ul>
      ${mayEdit() && several && html`<form class="new-job" @submit=${(event: Event) => { event.preventDefault(); void this.make({ kind: "job", name: this.name, people: [...this.chosen] }); }}>
        <label>Name of the room<input class="input" required maxlength="100" placeholder="What the job is" .value=${this.name} @input=${(event: Event) => { this.name = (event.target as HTMLInputElement).value; }}></label><button class="button button-first">Open with ${this.chosen.size}</button></form>`}</section>`;
  }
}
