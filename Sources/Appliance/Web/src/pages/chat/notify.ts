// Telling of a message that came while somebody looked elsewhere: a line in the page, a notification of the browser where
// it is allowed and the page is hidden, and a short sound. Each room may be loud, only when one is named, or silent.

import { countUnsent } from "../../elements/bits";
import { address, to } from "../../router";
import { state, tell, watch } from "../../daemon/store";
import { chime } from "../../elements/tones";
import * as outbox from "./outbox";
import { hearMessages, loadRooms, me, talk } from "./talk";
import { Message, Room } from "./types";
import * as watermarks from "./watermarks";

export type Loudness = "all" | "named" | "none";
const shelf = (room: string): string => `depotd.chat.loud.${room}`;

export function loudness(room: string): Loudness {
  try { return (localStorage.getItem(shelf(room)) as Loudness | null) ?? "all"; } catch { return "all"; }
}
export function setLoudness(room: string, loud: Loudness): void { try { localStorage.setItem(shelf(room), loud); } catch { /* kept for nobody */ } }

const quiet = (room: string): string => `depotd.chat.quiet.${room}`;
export function hasSound(room: string): boolean { try { return localStorage.getItem(quiet(room)) === null; } catch { return true; } }
export function setHasSound(room: string, on: boolean): void { try { if (on) localStorage.removeItem(quiet(room)); else localStorage.setItem(quiet(room), "1"); } catch { /* kept for nobody */ } }

/** Whether this browser tells of what comes while the page is hidden, and what to do where it does not. */
export type Telling = "asked" | "told" | "refused" | "insecure" | "missing";
export function telling(): Telling {
  if (typeof Notification === "undefined") return window.isSecureContext ? "missing" : "insecure";
  if (Notification.permission === "granted") return "told";
  return !window.isSecureContext ? "insecure" : Notification.permission === "denied" ? "refused" : "asked";
}
export async function ask(): Promise<void> { await Notification.requestPermission(); }

/** What a message says in one line. */
export function gist(message: Message): string {
  if (message.deletedAt) return "Message deleted";
  if (message.card) return message.card.title;
  return message.text || (message.files.length === 1 ? message.files[0]!.name : `${message.files.length} files`);
}

const isLookedAt = (room: string): boolean => !document.hidden && document.hasFocus() && address().pathname === `/chat/${room}`;

hearMessages((message, room) => {
  const loud = loudness(room.id);
  const isNamed = room.kind === "direct" || message.links.some((link) => link.kind === "person" && link.id === me());
  if (isLookedAt(room.id) || loud === "none" || (loud === "named" && !isNamed)) return;
  if (hasSound(room.id)) chime();
  const who = message.author?.name ?? "Depotd", words = gist(message);
  const line = room.kind === "direct" ? `${who}: ${words}` : `${who} in ${room.title}: ${words}`;
  // The door is for scans: nothing may lie over it.
  if (!address().pathname.startsWith("/door/")) tell("ok", line.length > 160 ? `${line.slice(0, 159)}…` : line, { label: "Open", run: () => to(`/chat/${room.id}`) });
  if (document.hidden) show(room, who, words);
});

function show(room: Room, who: string, words: string): void {
  if (typeof Notification === "undefined" || Notification.permission !== "granted") return;
  try {
    const notification = new Notification(room.kind === "direct" ? who : `${who} · ${room.title}`, { body: words, tag: room.id });
    notification.addEventListener("click", () => { window.focus(); to(`/chat/${room.id}`); notification.close(); });
  } catch { /* some phones allow it to service workers only */ }
}

// ---- what goes on behind every page ----------------------------------------------------------------------------------

let wasLive = false, person = "", asking = false;
countUnsent(outbox.waitingCount);

/** With somebody signed in and the socket open, the list is known, what waits is sent, and what came is acknowledged. */
watch(() => {
  const isLive = state.live.state === "live", id = state.session?.id ?? "";
  if (id !== person) { person = id; talk.rooms = null; talk.open.clear(); talk.typing.clear(); }
  if (isLive && id && (!wasLive || talk.rooms === null) && !asking) {
    asking = true;
    void loadRooms().finally(() => { asking = false; });
    outbox.resume();
    watermarks.again();
  }
  wasLive = isLive;
  for (const room of talk.rooms ?? []) if (room.last && room.isMember) watermarks.note(room.id, room.last.seq, false);
});
