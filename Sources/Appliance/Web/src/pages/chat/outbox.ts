// Messages from Enter until the depot's answer: shown at once, sent in order, kept across reloads and dead spots. The id
// is made here, so one that was sent twice is there once. Each has a place of its own on the shelf, because other pages of
// this browser put theirs there too.

import { now, post, Problem, sentence } from "../../daemon/api";
import { state, tell, update } from "../../daemon/store";
import { takeNew } from "./talk";
import { Draft, Message } from "./types";

const shelf = "depotd.chat.outbox.";
const lengthMax = 500;
const retryEvery = 3_000;

let drafts: Draft[] = restore();
let sending = false;
let timer = 0;

/** What somebody else left on this screen stays on the shelf until they are back: nobody sends another one's words. */
const own = (): Draft[] => drafts.filter((draft) => draft.by === state.session?.id);
export const waitingIn = (room: string): Draft[] => own().filter((draft) => draft.room === room);
export const waitingCount = (): number => own().length;

/** A version 7 UUID: by the time it was made, so that names in a log read in order. */
export function newID(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const time = Math.max(0, Math.round(now()));
  for (let index = 0; index < 6; index++) bytes[index] = Math.floor(time / 2 ** (40 - 8 * index)) & 0xff;
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Takes a message; it is on the shelf before anything is sent. False when too many wait: what waits is never dropped. */
export function send(draft: Pick<Draft, "room" | "text" | "links" | "files" | "replyTo">): boolean {
  if (waitingCount() >= lengthMax) { tell("stop", `${lengthMax} messages wait to be sent. Write more when the connection is back.`); return false; }
  put({ ...draft, id: newID(), by: state.session?.id ?? "", at: now(), state: "waiting", error: null });
  void next();
  return true;
}

export function retry(id: string): void {
  set(id, { state: "waiting", error: null });
  void next();
}

export function discard(id: string): void {
  drop(id);
  update(() => {});
  void next();
}

/** Sends what waits; called when the connection is back. */
export function resume(): void { void next(); }

async function next(): Promise<void> {
  clearTimeout(timer);
  const draft = own().find((candidate) => candidate.state === "waiting");
  if (sending || !draft || !state.session) return;
  sending = true;
  set(draft.id, { state: "sending" });
  let goesOn = true;
  try {
    const message = await post<Message>(`/rooms/${draft.room}/messages`, {
      id: draft.id, text: draft.text, links: draft.links.map(({ kind, id }) => ({ kind, id })),
      files: draft.files.map((file) => file.id), ...(draft.replyTo ? { replyTo: draft.replyTo.id } : {}),
    });
    drop(draft.id);
    update(() => { takeNew(draft.room, message); });
  } catch (error) {
    const mayPass = error instanceof Problem && (error.isTransient || error.status === 401);
    goesOn = !mayPass;                       // what waits behind it goes after it, never before
    set(draft.id, { state: mayPass ? "waiting" : "refused", error: mayPass ? null : sentence(error) });
  } finally { sending = false; }
  if (goesOn) void next();
  else timer = window.setTimeout(() => void next(), retryEvery);
}

function set(id: string, values: Partial<Draft>): void {
  const draft = drafts.find((one) => one.id === id);
  if (draft) put({ ...draft, ...values });
}

/** Private browsing may refuse storage: the messages are then kept in memory only. */
function put(draft: Draft): void {
  drafts = drafts.some((one) => one.id === draft.id) ? drafts.map((one) => (one.id === draft.id ? draft : one)) : [...drafts, draft];
  update(() => {});
  try { localStorage.setItem(shelf + draft.id, JSON.stringify(draft)); } catch { /* see above */ }
}

function drop(id: string): void {
  drafts = drafts.filter((draft) => draft.id !== id);
  try { localStorage.removeItem(shelf + id); } catch { /* it was never there */ }
}

function restore(): Draft[] {
  try {
    const kept = Object.keys(localStorage).filter((key) => key.startsWith(shelf)).map((key) => JSON.parse(localStorage.getItem(key) ?? "null") as Draft);
    return kept.map((draft): Draft => (draft.state === "sending" ? { ...draft, state: "waiting" } : draft)).sort((one, other) => (one.id < other.id ? -1 : 1));
  } catch { return []; }
}

/** What other pages put on the shelf and take off it is seen here too; the page that wrote it sends it, or the next one. */
addEventListener("storage", (event) => {
  if (!event.key?.startsWith(shelf)) return;
  const others = drafts.filter((draft) => shelf + draft.id !== event.key);
  drafts = event.newValue === null ? others : [...others, JSON.parse(event.newValue) as Draft].sort((one, other) => (one.id < other.id ? -1 : 1));
  update(() => {});
});
