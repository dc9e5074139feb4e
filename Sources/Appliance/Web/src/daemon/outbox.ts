// Scans made in this page, from Enter until the daemon's answer: sent in order, one at a time, kept across reloads.
// A badge must arrive before the gear that follows it, so one that gets no answer holds the ones behind it.

import { now, Problem, sentence, uuid } from "./api";
import { sendScan } from "./commands";
import { state, update, Waiting } from "./store";

const shelf = "depotd.outbox";
const lengthMax = 200;                      // more than anyone types during one outage
const sendByItselfFor = 2 * 60_000;         // later the same scan may mean something else: a person decides
const retryEvery = 4_000;

let sending = false;
let timer = 0;

/** Takes a scan; it is on the shelf before anything is sent. */
export function scan(code: string, door: string): void {
  const entry: Waiting = { key: uuid(), code, door, at: now(), state: "waiting", error: null };
  update((current) => { current.waiting = [...current.waiting, entry].slice(-lengthMax); });
  keep();
  void sendNext();
}

/** Sends an entry again because a person asked for it: with it everything else that waits. */
export function retry(key: string): void {
  change(key, { state: "waiting", error: null, at: now() });
  void sendNext();
}

export function discard(key: string): void {
  update((current) => { current.waiting = current.waiting.filter((entry) => entry.key !== key); });
  keep();
  void sendNext();
}

/** Sends what may go by itself; called when the connection is back. */
export function resume(): void { void sendNext(); }

/** Reads back what an earlier page left. */
export function restore(): void {
  try {
    const kept = JSON.parse(localStorage.getItem(shelf) ?? "[]") as Waiting[];
    const entries = kept.map((entry): Waiting => (entry.state === "sending" ? { ...entry, state: "waiting" } : entry));
    update((current) => { current.waiting = entries; });
  } catch { /* an unreadable shelf is an empty one */ }
}

/** True for an entry that is too old to be sent without being asked for. */
export function needsHand(entry: Waiting): boolean { return entry.state === "waiting" && now() - entry.at > sendByItselfFor; }

async function sendNext(): Promise<void> {
  clearTimeout(timer);
  const entry = state.waiting.find((candidate) => candidate.state === "waiting" && !needsHand(candidate));
  if (sending || !entry || !state.session) return;
  sending = true;
  change(entry.key, { state: "sending" });
  let goesOn = true;
  try {
    await sendScan(entry.code, entry.door, entry.key, entry.at);
    update((current) => { current.waiting = current.waiting.filter((other) => other.key !== entry.key); });
    keep();
  } catch (error) {
    goesOn = !mayPass(error);
    change(entry.key, { state: goesOn ? "refused" : "waiting", error: sentence(error) });
  } finally { sending = false; }
  if (goesOn) void sendNext();
  else timer = window.setTimeout(() => void sendNext(), retryEvery);
}

/** An ended session passes too: after signing in the scan is still right. */
function mayPass(error: unknown): boolean { return error instanceof Problem && (error.isTransient || error.status === 401); }

function change(key: string, values: Partial<Waiting>): void {
  update((current) => { current.waiting = current.waiting.map((entry) => (entry.key === key ? { ...entry, ...values } : entry)); });
  keep();
}

/** Private browsing may refuse storage: the scans are then kept in memory only. */
function keep(): void {
  try { localStorage.setItem(shelf, JSON.stringify(state.waiting)); } catch { /* see above */ }
}
