// What the pages know: one state, changed only through update(), watched by every page. It applies the Changes
// of the live socket and the optimistic commands (see commands.ts); it never asks the daemon for anything itself.

import {
  About, Asset, AssetDetail, AssetPage, AssetRef, Conflict, Door, Fact, Outcome, Person, Progress, Project, Reader, Status, Unknown,
} from "./types";
import { LiveState } from "./live";

/** The gear list as far as it is loaded; `query` says what was looked for, `next` leads to the rest. */
export interface GearList {
  query: string;
  rows: Asset[]; total: number; isTotalExact: boolean; counts: AssetPage["counts"]; facets: AssetPage["facets"] | null; next: string | null;
  loading: boolean; loaded: boolean; error: string | null;
}

/** Something to tell the person at the desk, with at most one thing to do about it. */
export interface Notice { id: number; tone: "ok" | "stop"; text: string; action?: { label: string; run: () => void } }

/** A scan typed or wedged into this page that the daemon has not answered yet. */
export interface Waiting { key: string; code: string; door: string; at: number; state: "sending" | "waiting" | "refused"; error: string | null }

export interface State {
  session: Person | null;
  about: About | null;
  live: { state: LiveState; since: number };
  doors: Door[] | null;
  doorsError: string | null;
  visits: Record<string, Outcome[]>;
  heard: Outcome | null;              // the outcome that came in last while somebody could be watching
  waiting: Waiting[];
  undoing: string | null;
  unknowns: Unknown[] | null;
  unknownsError: string | null;
  conflicts: Conflict[] | null;       // what depots said side by side
  conflictsError: string | null;
  unknownChanges: number;             // how many came live: an answer that was asked for before one is older than it
  people: Person[] | null;
  projects: Project[] | null;
  progress: Record<string, Progress>; // by project
  readers: Reader[] | null;
  readersError: string | null;
  gear: GearList;
  saving: Record<string, Status>;     // what each asset was asked to become and is shown as meanwhile
  touched: Record<string, number>;    // when a row last changed under the reader's eyes
  detail: AssetDetail | null;
  detailError: string | null;
  notices: Notice[];
}

export const emptyGear = (): GearList =>
  ({ query: "", rows: [], total: 0, isTotalExact: true, counts: {}, facets: null, next: null, loading: false, loaded: false, error: null });

const initial = (): State => ({
  session: null, about: null, live: { state: "connecting", since: Date.now() },
  doors: null, doorsError: null, visits: {}, heard: null, waiting: [], undoing: null, unknowns: null, unknownsError: null, unknownChanges: 0, conflicts: null, conflictsError: null,
  people: null, projects: null, progress: {}, readers: null, readersError: null,
  gear: emptyGear(), saving: {}, touched: {}, detail: null, detailError: null, notices: [],
});

export const state: State = initial();
const watchers = new Set<() => void>();
let told = false;

/** Changes the state; everybody watching is told once per turn, however many changes it makes. */
export function update(change: (state: State) => void): void {
  change(state);
  if (told) return;
  told = true;
  queueMicrotask(() => { told = false; for (const watcher of [...watchers]) watcher(); });
}

/** Calls `watcher` after changes until the returned function is called. */
export function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Forgets everything that belongs to a session, but not the scans that still wait to be sent. */
export function forget(): void {
  update((current) => Object.assign(current, initial(), { waiting: current.waiting }));
}

// ---- notices -------------------------------------------------------------------------------------------------

let noticeCount = 0;
const noticeSeconds = { ok: 8, stop: 20 };

/** Takes back what the newest notice that offers it speaks of; false when none does. */
export function undoNewest(): boolean {
  const notice = [...state.notices].reverse().find((candidate) => candidate.action?.label === "Undo");
  if (!notice) return false;
  dismissNotice(notice.id);
  notice.action?.run();
  return true;
}

/** True when the signed-in person may edit the registry. */
export function mayEdit(): boolean { return state.session !== null && state.session.role !== "crew"; }

export function tell(tone: Notice["tone"], text: string, action?: Notice["action"]): void {
  const id = ++noticeCount;
  update((current) => { current.notices = [...current.notices.slice(-2), { id, tone, text, ...(action ? { action } : {}) }]; });
  setTimeout(() => dismissNotice(id), noticeSeconds[tone] * 1000);
}

export function dismissNotice(id: number): void {
  update((current) => { current.notices = current.notices.filter((notice) => notice.id !== id); });
}

// ---- reading -------------------------------------------------------------------------------------------------

/** The status to show: what was just asked for, until the daemon has said yes or no. */
export function shownStatus(asset: Asset): Status { return state.saving[asset.id] ?? asset.status; }

export function doorById(id: string): Door | undefined { return state.doors?.find((door) => door.id === id); }

// ---- writing -------------------------------------------------------------------------------------------------

const visitLength = 60;

/** Puts an outcome into its door's visit, newest first; the same outcome may come by POST and by socket. */
export function putOutcome(current: State, outcome: Outcome, heard: boolean): void {
  const door = outcome.door?.id;
  if (outcome.project && outcome.progress) current.progress[outcome.project.id] = outcome.progress;
  if (door === undefined) return;
  const visit = current.visits[door] ?? [];
  const known = visit.find((other) => other.id === outcome.id);
  // The same outcome comes twice to the page that asked for it; an undo or a link makes a scan another one.
  if (known && known.word === outcome.word) { Object.assign(known, outcome); return; }
  current.visits[door] = [outcome, ...visit.filter((other) => other !== known)].sort((a, b) => b.at.localeCompare(a.at) || b.id.localeCompare(a.id)).slice(0, visitLength);
  if (heard) current.heard = outcome;
}

/** Takes newer values of an asset into the list and the open detail; older ones are passed over. */
export function putAsset(current: State, data: Partial<Asset> & { id: string; version: number }, before?: { status?: Status }): void {
  const row = current.gear.rows.find((asset) => asset.id === data.id);
  const counted = row ? row.status : before?.status;
  if (!row || data.version > row.version) moveCount(current, counted, data.status, row !== undefined);
  if (row && data.version > row.version) {
    Object.assign(row, data);
    current.touched[row.id] = Date.now();
  }
  if (current.detail?.id === data.id && data.version > current.detail.version) Object.assign(current.detail, data);
}

function moveCount(current: State, from: Status | undefined, to: Status | undefined, isListed: boolean): void {
  if (!from || !to || from === to || (!isListed && isNarrowed(current.gear.query))) return;
  const counts = current.gear.counts;
  current.gear.counts = { ...counts, [from]: Math.max(0, (counts[from] ?? 0) - 1), [to]: (counts[to] ?? 0) + 1 };
}

/** True when more than the status narrows the list, so that gear not in it may not be counted either. */
function isNarrowed(query: string): boolean { return [...new URLSearchParams(query).keys()].some((name) => name !== "status" && name !== "sort"); }

function put<Item extends { id: string }>(items: Item[] | null, item: Item): Item[] | null {
  if (!items) return items;
  const known = items.some((other) => other.id === item.id);
  return known ? items.map((other) => (other.id === item.id ? { ...other, ...item } : other)) : [item, ...items];
}

// ---- changes from the socket -----------------------------------------------------------------------------------

const hearers = new Set<(fact: Fact) => void>();

/** Calls `hearer` after each fact of the live socket, for pages whose data is not in the state; the topic `reset`
 * means that some were missed. */
export function hear(hearer: (fact: Fact) => void): () => void {
  hearers.add(hearer);
  return () => hearers.delete(hearer);
}

export function pass(fact: Fact): void { for (const hearer of [...hearers]) hearer(fact); }

/** What a change asks for beyond what it carries. */
export interface FollowUp { gear?: boolean; detail?: boolean; visit?: string; suggestions?: boolean; conflicts?: boolean; refused?: string }

/** Applies one change; says what has to be asked anew because the change does not carry it. */
export function apply(change: Fact): FollowUp {
  let followUp: FollowUp = {};
  update((current) => { followUp = applyTo(current, change); });
  pass(change);
  return followUp;
}

function applyTo(current: State, change: Fact): FollowUp {
  switch (change.topic) {
    case "assets": return applyAsset(current, change);
    case "scans": return applyScan(current, change);
    case "doors": return applyDoor(current, change.data as Door);
    case "unknowns": return applyUnknown(current, change);
    case "conflicts": {
      const { id } = change.data as { id: string };
      if (change.kind === "settled") current.conflicts = current.conflicts?.filter((other) => other.id !== id) ?? null;
      return { conflicts: true };
    }
    case "readers": {
      const reader = change.data as Reader;
      if (change.kind === "removed") current.readers = current.readers?.filter((other) => other.id !== reader.id) ?? null;
      else current.readers = put(current.readers, reader);
      return {};
    }
    case "projects": return applyProject(current, change);
  }
  return {};
}

function applyAsset(current: State, change: Fact): FollowUp {
  // The gear of other depots is none of ours, and what is told of it is how much was heard.
  if (change.kind === "distant") return {};
  const { before, ...asset } = change.data as Partial<Asset> & { id: string; version: number; before?: { status?: Status } };
  const isListed = current.gear.rows.some((row) => row.id === asset.id);
  putAsset(current, asset, before);
  const isOpen = current.detail?.id === asset.id;
  return { gear: change.kind === "created" || (!isListed && current.gear.query !== ""), detail: isOpen };
}

/** What is reserved follows from the sheets of accepted projects, so it may be other gear from now on. */
function applyProject(current: State, change: Fact): FollowUp {
  const data = change.data as { id: string; progress?: Progress; state?: string; archived?: boolean; asset?: AssetRef | null };
  if (data.progress) {
    current.progress[data.id] = data.progress;
    for (const project of current.projects ?? []) if (project.id === data.id) project.progress = data.progress;
  }
  const reserves = data.state !== undefined || data.archived !== undefined || Boolean(data.asset) || change.kind.endsWith("removed");
  return reserves ? { gear: current.gear.loaded, detail: current.detail !== null } : {};
}

function applyScan(current: State, change: Fact): FollowUp {
  if (change.kind === "outcome") { putOutcome(current, change.data as Outcome, true); return {}; }
  if (change.kind === "refused") return { refused: (change.data as Outcome).short };
  const undone = change.data as Outcome;
  markUndone(current, undone.id);
  putOutcome(current, undone, true);
  return {};
}

export function markUndone(current: State, id: string): void {
  for (const visit of Object.values(current.visits)) {
    for (const outcome of visit) if (outcome.id === id) { outcome.undone = true; outcome.undoable = false; }
  }
}

/** Another person acting begins another visit, whose list only the daemon knows. */
function applyDoor(current: State, door: Door): FollowUp {
  const known = current.doors?.find((other) => other.id === door.id);
  const actingChanged = known?.acting?.person.id !== door.acting?.person.id;
  current.doors = current.doors ? (known ? current.doors.map((other) => (other.id === door.id ? door : other)) : [...current.doors, door]) : null;
  return actingChanged && current.visits[door.id] ? { visit: door.id } : {};
}

function applyUnknown(current: State, change: Fact): FollowUp {
  current.unknownChanges += 1;
  if (change.kind === "settled") {
    const { id } = change.data as { id: string; asset?: AssetRef };
    current.unknowns = current.unknowns?.filter((unknown) => unknown.id !== id) ?? null;
    return {};
  }
  current.unknowns = put(current.unknowns, change.data as Unknown);
  return { suggestions: true };   // the change comes without them
}
