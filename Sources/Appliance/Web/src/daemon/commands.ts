// Everything the pages ask of the daemon: loading into the store, and the optimistic commands with their way back.
// Also wires the live socket to the store. Pages call these functions and read the state, nothing else.

import { get, isAborted, now, patch, post, query, remove, sentence, whenSessionEnds } from "./api";
import { Live } from "./live";
import { apply, doorById, emptyGear, FollowUp, forget, markUndone, mayEdit, pass, putAsset, putOutcome, shownStatus, state, tell, update } from "./store";
import { About, Asset, AssetDetail, AssetPage, Conflict, Door, List, Outcome, Person, Project, Reader, Status, Unknown } from "./types";
import { debounced } from "../elements/time";
import { isOpen, signInAddress, to } from "../router";

// ---- session and live ----------------------------------------------------------------------------------------

const live = new Live({
  stateChanged(liveState, since) { update((current) => { current.live = { state: liveState, since }; }); },
  subscribed() { if (state.readers) void loadReaders(); },   // readers come as signals, which are not replayed
  change(change) { follow(apply(change)); },
  reset() { reloadAll(); },
  sessionEnded: leave,
});

whenSessionEnds(leave);

/** Tells the depot what this screen shows or its person does, such as typing; false while there is no connection. */
export function whisper(message: object): boolean { return live.whisper(message); }

/** Goes to the sign-in, because there is no session any more. */
export function leave(): void {
  live.stop();
  forget();
  if (!isOpen(location.pathname)) to(signInAddress(), { replace: true });
}

/** Learns who is signed in and starts the live socket; throws when nobody is, or nobody answers. */
export async function openSession(): Promise<void> {
  const { person, role } = await get<{ person: Person; role: string }>("/session", { quiet401: true });
  const about = await get<About>("/about");
  // A badge alone gives less than its person's role.
  update((current) => { current.session = { ...person, role }; current.about = about; });
  live.start({ epoch: about.epoch, seq: about.seq }, mayEdit());
  void loadUnknowns();   // the rail counts them
  void loadConflicts();
}

export async function signOut(): Promise<void> {
  try { await remove("/session"); } catch (error) { tell("stop", sentence(error)); return; }
  leave();
}

function follow(ask: FollowUp): void {
  if (ask.gear) reloadGearSoon();
  if (ask.detail) reloadDetailSoon();
  if (ask.suggestions) reloadUnknownsSoon();
  if (ask.conflicts) reloadConflictsSoon();
  if (ask.visit) void loadVisit(ask.visit);
  if (ask.refused) tell("stop", ask.refused);
}

const reloadGearSoon = debounced(700, () => void loadGear(state.gear.query));
const reloadDetailSoon = debounced(250, () => { if (state.detail) void loadDetail(state.detail.id); });
const reloadUnknownsSoon = debounced(150, () => void loadUnknowns());
const reloadConflictsSoon = debounced(150, () => void loadConflicts());

/** After a gap that cannot be replayed: loads again whatever a page has asked for so far. */
function reloadAll(): void {
  if (state.doors) void loadDoors();
  for (const door of Object.keys(state.visits)) void loadVisit(door);
  if (state.unknowns) void loadUnknowns();
  void loadConflicts();
  if (state.readers) void loadReaders();
  if (state.gear.loaded) void loadGear(state.gear.query);
  if (state.detail) void loadDetail(state.detail.id);
  if (state.projects) void loadProjects();
  pass({ topic: "reset", kind: "reset", data: null });
}

// ---- doors ------------------------------------------------------------------------------------------------------

export async function loadDoors(): Promise<void> {
  try {
    const { items } = await get<List<Door>>("/doors");
    update((current) => { current.doors = items; current.doorsError = null; });
  } catch (error) { update((current) => { current.doorsError = sentence(error); }); }
}

export async function loadVisit(door: string): Promise<void> {
  try {
    const { items } = await get<List<Outcome>>(`/doors/${door}/visit${query({ limit: 30 })}`);
    update((current) => {
      const newer = (current.visits[door] ?? []).filter((outcome) => items[0] && outcome.at > items[0].at);
      current.visits[door] = newer.concat(items.filter((item) => !newer.some((other) => other.id === item.id)));
      for (const item of [...items].reverse()) if (item.project && item.progress) current.progress[item.project.id] = item.progress;
    });
  } catch { update((current) => { current.visits[door] ??= []; }); }
}

export async function changeDoor(id: string, change: { direction?: Door["direction"]; project?: string | null; acting?: string | null }): Promise<void> {
  try {
    const door = await patch<Door>(`/doors/${id}`, change);
    update((current) => { current.doors = current.doors?.map((other) => (other.id === id ? door : other)) ?? null; });
  } catch (error) { tell("stop", sentence(error)); }
}

export async function loadPeople(): Promise<void> {
  try {
    const { items } = await get<List<Person>>("/people");
    update((current) => { current.people = items.filter((person) => person.active !== false); });
  } catch (error) { tell("stop", sentence(error)); }
}

export async function loadProjects(): Promise<void> {
  try {
    const { items } = await get<List<Project>>("/projects");
    update((current) => {
      current.projects = items;
      for (const project of items) if (project.progress) current.progress[project.id] = project.progress;
    });
  } catch (error) { tell("stop", sentence(error)); }
}

/** Sends one scan; the same key sends the same scan, however often. */
/** `at` is when it was made: one that waited for the network is not held to what may be checked out in a minute. */
export async function sendScan(code: string, door: string, key: string, at: number): Promise<void> {
  const outcome = await post<Outcome>("/scans", { code, door }, { key, madeAt: at });
  update((current) => putOutcome(current, outcome, true));
}

export async function undo(scan: string): Promise<void> {
  update((current) => { current.undoing = scan; });
  try {
    const outcome = await post<Outcome>(`/scans/${scan}/undo`);
    update((current) => { markUndone(current, scan); putOutcome(current, outcome, true); });
  } catch (error) {
    tell("stop", sentence(error));
  } finally { update((current) => { current.undoing = null; }); }
}

/** Says how many pieces a scan of counted stock was of. */
export async function setQuantity(scan: string, quantity: number): Promise<void> {
  try {
    const outcome = await post<Outcome>(`/scans/${scan}/quantity`, { quantity });
    update((current) => putOutcome(current, outcome, false));
  } catch (error) {
    tell("stop", sentence(error));
  }
}

// ---- unknown codes -------------------------------------------------------------------------------------------------

/** A door that reads without pause must not keep the list from showing; the live Changes mend what is older. */
const overtakenMax = 5;

export async function loadUnknowns(): Promise<void> {
  try {
    let seen: number, items: Unknown[], tries = 0;
    do {
      seen = state.unknownChanges;
      ({ items } = await get<List<Unknown>>("/unknowns"));
    } while (seen !== state.unknownChanges && ++tries < overtakenMax);
    update((current) => { current.unknowns = items; current.unknownsError = null; });
  } catch (error) { update((current) => { current.unknownsError = sentence(error); }); }
}

/** The latest question's answer counts: one that was asked before a Change may be older than it. */
let conflictsAsked = 0;

export async function loadConflicts(): Promise<void> {
  const turn = ++conflictsAsked;
  try {
    const { items } = await get<List<Conflict>>("/conflicts");
    if (turn === conflictsAsked) update((current) => { current.conflicts = items; current.conflictsError = null; });
  } catch (error) { if (turn === conflictsAsked) update((current) => { current.conflictsError = sentence(error); }); }
}

export async function linkUnknown(id: string, asset: string): Promise<void> {
  await settle(id, async () => {
    const outcome = await post<Outcome>(`/unknowns/${id}/link`, { asset });
    update((current) => putOutcome(current, outcome, true));
  });
}

export const dismissUnknown = (id: string): Promise<void> => settle(id, () => post(`/unknowns/${id}/dismiss`));

async function settle(id: string, act: () => Promise<unknown>): Promise<void> {
  const card = state.unknowns?.find((unknown) => unknown.id === id);
  update((current) => { current.unknowns = current.unknowns?.filter((unknown) => unknown.id !== id) ?? null; });
  try { await act(); } catch (error) {
    update((current) => { if (card && !current.unknowns?.some((other) => other.id === id)) current.unknowns = [card, ...(current.unknowns ?? [])]; });
    tell("stop", `${sentence(error)} The card is kept.`);
  }
}

// ---- gear ----------------------------------------------------------------------------------------------------------

const pageLength = 100;
let gearRequest: AbortController | null = null;

/** Loads the first page of a search, given as the query of its address; an older one still under way is given up. */
export async function loadGear(looked: string, wantsFacets = state.gear.facets !== null): Promise<void> {
  gearRequest?.abort();
  const request = gearRequest = new AbortController();
  const { counts, facets } = state.gear;
  update((current) => {
    current.gear = current.gear.query === looked ? { ...current.gear, loading: true } : { ...emptyGear(), query: looked, counts, facets, loading: true };
  });
  if (wantsFacets) void fetchFacets(request, looked);
  await fetchGear(request, null);
}

/** Loads the page after the last one, unless one is already on its way. */
export async function loadMoreGear(): Promise<void> {
  const { next, loading, error } = state.gear;
  if (!next || loading || error) return;
  const request = gearRequest = new AbortController();
  update((current) => { current.gear.loading = true; });
  await fetchGear(request, next);
}

const asking = (looked: string, more: Record<string, string | number | null>): string => query({ ...Object.fromEntries(new URLSearchParams(looked)), ...more });

/** The values of each filter; they are counted for longer than a page is read, so the page does not wait for them. */
async function fetchFacets(request: AbortController, looked: string): Promise<void> {
  try {
    const { facets } = await get<AssetPage>(`/assets${asking(looked, { limit: 1, facets: 1 })}`, { signal: request.signal });
    update((current) => { if (facets && current.gear.query === looked) current.gear.facets = facets; });
  } catch (error) { if (!isAborted(error)) tell("stop", `The filters could not be counted: ${sentence(error)}`); }
}

async function fetchGear(request: AbortController, cursor: string | null): Promise<void> {
  const looked = state.gear.query;
  try {
    const asked = asking(looked, { limit: pageLength, cursor });
    const page = await get<AssetPage>(`/assets${asked}`, { signal: request.signal });
    update((current) => {
      const before = cursor ? current.gear.rows : [];
      current.gear = {
        query: looked, rows: before.concat(page.items), total: page.total, isTotalExact: page.isTotalExact !== false, counts: page.counts,
        facets: current.gear.facets, next: page.next, loading: false, loaded: true, error: null,
      };
    });
  } catch (error) {
    if (!isAborted(error)) update((current) => { current.gear = { ...current.gear, loading: false, error: sentence(error) }; });
  }
}

let searchRequest: AbortController | null = null;

/** Finds a few assets by words, for picking one; null when a newer search overtook this one. */
export async function findAssets(q: string): Promise<Asset[] | null> {
  searchRequest?.abort();
  const request = searchRequest = new AbortController();
  try {
    return (await get<AssetPage>(`/assets${query({ limit: 6, q })}`, { signal: request.signal })).items;
  } catch (error) {
    if (isAborted(error)) return null;
    throw error;
  }
}

export async function loadDetail(id: string): Promise<void> {
  try {
    const detail = await get<AssetDetail>(`/assets/${id}`);
    update((current) => { current.detail = detail; current.detailError = null; });
  } catch (error) { update((current) => { current.detailError = sentence(error); }); }
}

export function closeDetail(): void { update((current) => { current.detail = null; current.detailError = null; }); }

const statusWords: Record<Status, string> = {
  available: "available", reserved: "reserved", in_use: "in use", maintenance: "in maintenance", damaged: "damaged", lost: "lost", retired: "retired",
};

/** Shows the new status at once, and goes back to the old one with a reason when the daemon says no. */
export async function changeStatus(asset: Asset, status: Status, note = "", offersUndo = true): Promise<boolean> {
  const before = asset.status;
  if (shownStatus(asset) === status) return false;
  update((current) => { current.saving[asset.id] = status; });
  try {
    const saved = await patch<Asset>(`/assets/${asset.id}/status`, { status, ...(note ? { note } : {}) });
    update((current) => putAsset(current, saved));
    const back = (): void => void changeStatus(saved, before === "reserved" ? "available" : before, "", false);
    tell("ok", `${asset.number} is ${statusWords[status]}.`, offersUndo ? { label: "Undo", run: back } : undefined);
    return true;
  } catch (error) {
    const again = (): void => void changeStatus(asset, status, note);
    tell("stop", `${asset.number} stays ${statusWords[before]}: ${sentence(error)}`, { label: "Try again", run: again });
    return false;
  } finally { update((current) => { delete current.saving[asset.id]; }); }
}

// ---- readers ---------------------------------------------------------------------------------------------------------

export async function loadReaders(): Promise<void> {
  try {
    const { items } = await get<List<Reader>>("/readers");
    update((current) => { current.readers = items; current.readersError = null; });
  } catch (error) { update((current) => { current.readersError = sentence(error); }); }
}

export interface ReaderChange { state?: "reading" | "ignored"; name?: string; layout?: Reader["layout"]; door?: string | null; direction?: Reader["direction"]; silenceMilliseconds?: number }

/** Changes a reader; the form shows the wish at once and falls back to the truth when it is refused. */
export async function changeReader(reader: Reader, change: ReaderChange): Promise<void> {
  const before = { ...reader };
  const { door, ...plain } = change;
  const shownDoor = door === undefined ? reader.door : doorById(door ?? "") ?? null;
  replaceReader({ ...reader, ...plain, door: shownDoor && { id: shownDoor.id, name: shownDoor.name } });
  try {
    replaceReader(await patch<Reader>(`/readers/${reader.id}`, change));
  } catch (error) {
    replaceReader(before);
    tell("stop", `Nothing was changed: ${sentence(error)}`);
  }
}

export async function forgetReader(reader: Reader): Promise<void> {
  try {
    await remove(`/readers/${reader.id}`);
    update((current) => { current.readers = current.readers?.filter((other) => other.id !== reader.id) ?? null; });
  } catch (error) { tell("stop", sentence(error)); }
}

function replaceReader(reader: Reader): void {
  update((current) => { current.readers = current.readers?.map((other) => (other.id === reader.id ? reader : other)) ?? null; });
}

/** True while an outcome is new enough to be worth a tone; what a resume replays is history. */
export function isFresh(outcome: Outcome): boolean { return now() - new Date(outcome.at).getTime() < 12_000; }
