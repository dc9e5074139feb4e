// What the pages know of rooms: the list with what is unread, the stretch of each opened room that is loaded, who types,
// who is there, how far everybody is. Kept true by the facts of the live socket; nothing is asked twice that came by it.

import { get, query, sentence } from "../../daemon/api";
import { hear, state, update } from "../../daemon/store";
import { Fact, List } from "../../daemon/types";
import { debounced } from "../../elements/time";
import { Level, Message, MessagePage, Presence, Receipt, Receipts, Room } from "./types";

/** A stretch of a room without a gap; a cursor leads on from either end, null where the room begins or ends. */
export interface Conversation {
  room: string; items: Message[]; before: number | null; after: number | null;
  loaded: boolean; loading: "before" | "after" | "all" | null; error: string | null;
  mark: number | null;               // the place after which messages were new when the room was opened
  receipts: Map<string, Receipt>; levels: Receipts["levels"] | null;
}

export const talk = {
  rooms: null as Room[] | null, error: null as string | null,
  open: new Map<string, Conversation>(),
  typing: new Map<string, { people: string[]; count: number }>(),
  presence: new Map<string, Presence>(),
};

const pageLength = 50;
const keptRooms = 8;
/** So many messages of a room are in memory at most, however far somebody goes back: the other end is loaded again. */
const keptMessages = 1_200;
const heardMessages = new Set<(message: Message, room: Room) => void>();

const changed = (): void => update(() => {});
export const me = (): string => state.session?.id ?? "";
export const roomOf = (id: string): Room | undefined => talk.rooms?.find((room) => room.id === id);
export const unreadTotal = (): number => talk.rooms?.reduce((sum, room) => sum + (room.isMember ? room.unread : 0), 0) ?? 0;

/** Calls `hearer` for each new message of somebody else, once the list knows it. */
export function hearMessages(hearer: (message: Message, room: Room) => void): () => void {
  heardMessages.add(hearer);
  return () => heardMessages.delete(hearer);
}

// ---- loading -----------------------------------------------------------------------------------------------------

export async function loadRooms(): Promise<void> {
  try {
    const { items } = await get<List<Room>>("/rooms");
    const people = new Map(talk.rooms?.map((room) => [room.id, room.people]));
    talk.rooms = items.map((room) => ({ ...room, ...(people.get(room.id) ? { people: people.get(room.id)! } : {}) }));
    talk.error = null;
  } catch (error) { talk.error = sentence(error); }
  changed();
}

const loadRoomsSoon = debounced(200, () => void loadRooms());

// In large rooms nobody is told by name what was read elsewhere.
document.addEventListener("visibilitychange", () => { if (!document.hidden && talk.rooms) loadRoomsSoon(); });

export async function loadPresence(): Promise<void> {
  try {
    const { items } = await get<List<Presence>>("/presence");
    talk.presence = new Map(items.map((presence) => [presence.person, presence]));
    changed();
  } catch { /* without it nobody is shown as there */ }
}

/** One room with its people. */
export async function loadRoom(id: string): Promise<void> {
  try {
    const room = await get<Room>(`/rooms/${id}`);
    talk.rooms = [room, ...(talk.rooms ?? []).filter((other) => other.id !== id)].sort(byLast);
    changed();
  } catch { loadRoomsSoon(); }
}

const byLast = (one: Room, other: Room): number => (other.last?.seq ?? 0) - (one.last?.seq ?? 0) || other.madeAt.localeCompare(one.madeAt);

/** The stretch of a room, begun at `around` or at its end. */
export function conversation(room: string): Conversation {
  const known = talk.open.get(room);
  if (known) return known;
  const fresh: Conversation = { room, items: [], before: null, after: null, loaded: false, loading: null, error: null, mark: null, receipts: new Map(), levels: null };
  talk.open.set(room, fresh);
  if (talk.open.size > keptRooms) talk.open.delete([...talk.open.keys()][0] as string);
  return fresh;
}

/** Loads a room anew: its end, what is around a message, or what was said from a time on. */
export async function openAt(room: string, where: { around?: number; at?: string } = {}): Promise<void> {
  const current = conversation(room);
  await load(current, "all", where, (page) => {
    const loaded = current.loaded;
    Object.assign(current, { items: page.items, before: page.before, after: page.after, loaded: true });
    const known = roomOf(room);
    if (!loaded) current.mark = known && known.unread > 0 ? known.read : null;
  });
  void loadReceipts(room);
}

export async function loadOlder(room: string): Promise<void> {
  const current = conversation(room);
  if (current.before === null || current.loading) return;
  await load(current, "before", { before: current.before }, (page) => {
    current.items = [...page.items, ...current.items];
    current.before = page.before;
    if (current.items.length <= keptMessages) return;
    current.items = current.items.slice(0, keptMessages - pageLength);
    current.after = current.items[current.items.length - 1]?.seq ?? null;
  });
}

export async function loadNewer(room: string): Promise<void> {
  const current = conversation(room);
  if (current.after === null || current.loading) return;
  await load(current, "after", { after: current.after }, (page) => {
    current.items = [...current.items, ...page.items];
    current.after = page.after;
    if (current.items.length <= keptMessages) return;
    current.items = current.items.slice(pageLength - keptMessages);
    current.before = current.items[0]?.seq ?? null;
  });
}

async function load(current: Conversation, what: "before" | "after" | "all", where: Record<string, string | number>, take: (page: MessagePage) => void): Promise<void> {
  current.loading = what;
  changed();
  try {
    take(await get<MessagePage>(`/rooms/${current.room}/messages${query({ ...where, limit: pageLength })}`));
    current.error = null;
  } catch (error) { current.error = sentence(error); }
  current.loading = null;
  changed();
}

async function loadReceipts(room: string): Promise<void> {
  try { takeReceipts(await get<Receipts>(`/rooms/${room}/receipts`)); } catch { /* ticks stay as they are */ }
}

// ---- facts --------------------------------------------------------------------------------------------------------

hear((fact) => {
  if (fact.topic === "reset") reset();
  else if (fact.topic === "people" && fact.kind === "presence") takePresence(fact.data as { online: string[]; offline: string[]; at: string });
  else if (fact.topic.startsWith("chat.")) take(fact.topic.slice("chat.".length), fact);
});

/** After a gap that can not be replayed: the list and the opened rooms are asked for anew, from their ends. */
function reset(): void {
  if (!talk.rooms) return;
  void loadRooms();
  void loadPresence();
  for (const current of talk.open.values()) if (current.loaded) void openAt(current.room);
}

function take(room: string, fact: Fact): void {
  switch (fact.kind) {
    case "typing": talk.typing.set(room, fact.data as { people: string[]; count: number }); changed(); return;
    case "receipts": takeReceipts(fact.data as Receipts); return;
    case "made": case "joined": case "left": case "changed": case "removed":
      if (talk.rooms) { loadRoomsSoon(); if (talk.open.has(room)) void loadRoom(room); }
      return;
    case "expired": { const { through } = fact.data as { through: number }; expire(room, through); return; }
  }
  const message = (fact.data as { message?: Message | null }).message;
  if (!message) return;
  const isNew = fact.kind === "posted" && takeNew(room, message);
  if (fact.kind !== "posted") replace(room, message);
  changed();
  const known = roomOf(room);
  if (isNew && known && message.author?.id !== me()) for (const hearer of [...heardMessages]) hearer(message, known);
}

/** Takes a message that was posted, by whichever way it came first; true when it was not known yet. */
export function takeNew(room: string, message: Message): boolean {
  const current = talk.open.get(room);
  if (current?.loaded && current.after === null && !current.items.some((item) => item.id === message.id)) {
    const at = current.items.filter((item) => item.seq < message.seq).length;
    current.items = [...current.items.slice(0, at), message, ...current.items.slice(at)];
  }
  const typing = talk.typing.get(room);
  if (typing && message.author) talk.typing.set(room, { ...typing, people: typing.people.filter((id) => id !== message.author?.id) });
  const known = roomOf(room);
  if (!known) { if (talk.rooms) loadRoomsSoon(); return false; }
  if (known.last && known.last.seq >= message.seq) return false;
  known.last = message;
  if (message.author?.id === me()) { known.read = message.seq; known.unread = 0; } else known.unread += 1;
  talk.rooms = [...(talk.rooms ?? [])].sort(byLast);
  return true;
}

export function replace(room: string, message: Message): void {
  const current = talk.open.get(room);
  if (current) current.items = current.items.map((item) => (item.id === message.id ? message : item));
  const known = roomOf(room);
  if (known?.last?.id === message.id) known.last = message;
  changed();
}

function expire(room: string, through: number): void {
  const current = talk.open.get(room);
  if (current) current.items = current.items.filter((item) => item.seq > through);
  loadRoomsSoon();
  changed();
}

function takeReceipts(told: Receipts): void {
  const own = told.receipts?.find((receipt) => receipt.person === me());
  if (own && own.read > (roomOf(told.room)?.read ?? 0)) loadRoomsSoon();   // it was read on another screen
  const current = talk.open.get(told.room);
  if (!current) return;
  for (const receipt of told.receipts ?? []) {
    const known = current.receipts.get(receipt.person);
    current.receipts.set(receipt.person, { ...receipt, delivered: Math.max(receipt.delivered, known?.delivered ?? 0), read: Math.max(receipt.read, known?.read ?? 0) });
  }
  if (told.levels) current.levels = told.levels;
  changed();
}

function takePresence(news: { online: string[]; offline: string[]; at: string }): void {
  for (const person of news.online) talk.presence.set(person, { person, online: true, seenAt: talk.presence.get(person)?.seenAt ?? null });
  for (const person of news.offline) talk.presence.set(person, { person, online: false, seenAt: news.at });
  changed();
}

// ---- how far others are -------------------------------------------------------------------------------------------

/** How many others one of our messages reached, and how many read it. */
export function reach(current: Conversation, message: Message): { delivered: number; read: number; readers: string[] } {
  const count = (levels: Level[]): number => Math.max(0, ...levels.filter((level) => level.seq >= message.seq).map((level) => level.count)) - 1;   // without ourselves
  if (current.levels) return { delivered: Math.max(0, count(current.levels.delivered)), read: Math.max(0, count(current.levels.read)), readers: [] };
  const others = [...current.receipts.values()].filter((receipt) => receipt.person !== me());
  const readers = others.filter((receipt) => receipt.read >= message.seq);
  return { delivered: others.filter((receipt) => receipt.delivered >= message.seq).length, read: readers.length, readers: readers.map((receipt) => receipt.person) };
}
