// Who is in a room. A manager who is in the room of a job names it and chooses its people; those of other rooms follow from
// what they are for.

import { get, patch, sentence } from "../../daemon/api";
import { avatar } from "../../elements/bits";
import { html, keyed, Template } from "../../elements/html";
import { mayEdit, tell, update } from "../../daemon/store";
import { ago } from "../../elements/time";
import { List, Person } from "../../daemon/types";
import { loadRoom, talk } from "./talk";
import { Room } from "./types";

/** What is being chosen; one room at a time. */
interface Choosing { room: string; name: string; people: Person[]; chosen: Set<string>; words: string }
let choosing: Choosing | null = null;

export function roomPeople(room: Room): Template {
  if (choosing?.room === room.id) return form(room, choosing);
  const mayChoose = room.kind === "job" && room.isMember && mayEdit();
  return html`<div class="info-people-head"><h3>${room.memberCount === 1 ? "1 person" : `${room.memberCount} people`}</h3>${mayChoose && html`<button class="button button-small" @click=${() => void begin(room)}>Edit</button>`}</div>
    <ul class="info-people">${(room.people ?? []).map((person) => keyed(person.id, html`<li><a href="/people/${person.id}"><span class="face">${avatar(person)}${talk.presence.get(person.id)?.online && html`<span class="face-there"></span>`}</span><span><b dir="auto">${person.name}</b><span class="quiet">${there(person.id)}</span></span></a></li>`))}</ul>`;
}

export function there(person: string): string {
  const presence = talk.presence.get(person);
  return presence?.online ? "online" : presence?.seenAt ? `last seen ${ago(presence.seenAt)}` : "not seen yet";
}

async function begin(room: Room): Promise<void> {
  try {
    const people = (await get<List<Person>>("/people")).items.filter((person) => person.active !== false);
    choosing = { room: room.id, name: room.title, people, chosen: new Set(room.people?.map((person) => person.id)), words: "" };
  } catch (error) { tell("stop", sentence(error)); }
  update(() => {});
}

function end(): void { choosing = null; update(() => {}); }

async function save(room: Room, made: Choosing): Promise<void> {
  try {
    await patch(`/rooms/${room.id}`, { name: made.name, people: [...made.chosen] });
    await loadRoom(room.id);
    end();
  } catch (error) { tell("stop", sentence(error)); }
}

function form(room: Room, made: Choosing): Template {
  const toggle = (id: string): void => { if (!made.chosen.delete(id)) made.chosen.add(id); update(() => {}); };
  const shown = made.people.filter((person) => person.name.toLocaleLowerCase().includes(made.words.toLocaleLowerCase()));
  return html`<form class="info-edit" @submit=${(event: Event) => { event.preventDefault(); void save(room, made); }}>
    <label class="info-field">Name of the room<input class="input" required maxlength="100" .value=${made.name} @input=${(event: Event) => { made.name = (event.target as HTMLInputElement).value; }}></label>
    <label class="info-field">People<input class="input" type="search" placeholder="Find somebody" .value=${made.words} @input=${(event: Event) => { made.words = (event.target as HTMLInputElement).value; update(() => {}); }}></label>
    <ul class="info-people">${shown.map((person) => keyed(person.id, html`<li><label class="info-check"><input type="checkbox" .checked=${made.chosen.has(person.id)} @change=${() => toggle(person.id)}>${avatar(person)}<b dir="auto">${person.name}</b></label></li>`))}</ul>
    <footer><button class="button button-first">Save</button><button type="button" class="button" @click=${end}>Cancel</button></footer></form>`;
}
