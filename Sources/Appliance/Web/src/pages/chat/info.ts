// What there is to know and to set of a room: who is in it and who is there, how loud it is here, how long messages are
// kept, a day to jump to, the room as a file.

import { patch, remove, sentence } from "../../daemon/api";
import { html, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { to } from "../../router";
import { mayEdit, tell, update } from "../../daemon/store";
import { ask, hasSound, loudness, Loudness, setHasSound, setLoudness, telling, Telling } from "./notify";
import { roomPeople } from "./people";
import { loadRoom, loadRooms } from "./talk";
import { Room } from "./types";

const loudWords: readonly (readonly [Loudness, string])[] = [["all", "Every message"], ["named", "Only when I am named"], ["none", "Never"]];
const keptDays: readonly (readonly [string, string])[] = [["", "For good"], ["30", "30 days"], ["90", "90 days"], ["365", "A year"], ["1095", "Three years"]];

const hiddenWords: Readonly<Record<Exclude<Telling, "asked">, string>> = {
  told: "This browser tells you too while the page is hidden.",
  refused: "While the page is hidden nothing is told: notifications are off for this address in the browser's settings.",
  insecure: "While the page is hidden nothing is told: browsers allow that to addresses with https only.",
  missing: "While the page is hidden nothing is told: this browser has no notifications.",
};

export function roomInfo(room: Room, close: () => void): Template {
  return html`<aside class="room-info" aria-label="About ${room.title}">
    <header><h2>About this room</h2><button class="icon-button" aria-label="Close" @click=${close}>${icon("close")}</button></header>
    ${room.project && html`<a class="button" href="/projects/${room.project.id}">${icon("project")}Open ${room.project.name}</a>`}
    <form class="info-jump" @submit=${(event: Event) => jump(event, room)}><label>Jump to a day<input class="input" type="date" name="day" required></label><button class="button">Jump</button></form>
    <label class="info-field">Tell me here of<select class="input" @change=${(event: Event) => { setLoudness(room.id, (event.target as HTMLSelectElement).value as Loudness); update(() => {}); }}>${loudWords.map(([value, words]) => html`<option value="${value}" ?selected=${loudness(room.id) === value}>${words}</option>`)}</select></label>
    ${loudness(room.id) !== "none" && html`<label class="info-check"><input type="checkbox" ?checked=${hasSound(room.id)} @change=${(event: Event) => setHasSound(room.id, (event.target as HTMLInputElement).checked)}>With a sound</label>`}
    ${loudness(room.id) !== "none" && hidden(telling())}
    ${mayEdit() && room.isMember && html`<label class="info-field">Messages are kept<select class="input" @change=${(event: Event) => void keep(room, (event.target as HTMLSelectElement).value)}>${keptDays.map(([value, words]) => html`<option value="${value}" ?selected=${String(room.retentionDays ?? "") === value}>${words}</option>`)}</select></label>
      <a class="button" href="/api/v1/rooms/${room.id}/export.jsonl" download>${icon("export")}The room as a file</a>`}
    ${roomPeople(room)}
    ${room.kind === "job" && room.isMember && html`<button class="button" @click=${() => void leave(room)}>${icon("leave")}Leave this room</button>`}</aside>`;
}

function hidden(is: Telling): Template {
  if (is === "asked") return html`<button class="button" @click=${() => void ask().then(() => update(() => {}))}>${icon("sound")}Also while this page is hidden</button>`;
  return html`<p class="info-hidden quiet">${hiddenWords[is]}</p>`;
}

function jump(event: Event, room: Room): void {
  event.preventDefault();
  const day = new FormData(event.target as HTMLFormElement).get("day");
  to(`/chat/${room.id}?at=${encodeURIComponent(new Date(`${String(day)}T00:00`).toISOString())}`);
}

async function keep(room: Room, days: string): Promise<void> {
  try { await patch(`/rooms/${room.id}`, { retentionDays: days === "" ? null : Number(days) }); await loadRoom(room.id); } catch (error) { tell("stop", sentence(error)); }
}

async function leave(room: Room): Promise<void> {
  try { await remove(`/rooms/${room.id}/me`); await loadRooms(); to("/chat"); } catch (error) { tell("stop", sentence(error)); }
}
