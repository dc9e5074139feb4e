// What this screen tells of itself: that its person types, and how far they are. Once a second at most, for all rooms
// together; what could not be sent is sent when the connection is back, because only the highest place counts.

import { whisper } from "../../daemon/commands";
import { state, update } from "../../daemon/store";
import { roomOf, talk } from "./talk";

interface Mark { delivered: number; read: number }

const marks = new Map<string, Mark>();
const told = new Map<string, Mark>();
const pause = 1_000, typingAgainAfter = 3_000;
let timer = 0;
let typedAt = 0;

/** Notes that messages up to `seq` are on this device, or were seen. */
export function note(room: string, seq: number, isRead: boolean): void {
  const known = marks.get(room) ?? { delivered: 0, read: 0 };
  const next = { delivered: Math.max(known.delivered, seq), read: isRead ? Math.max(known.read, seq) : known.read };
  if (next.delivered === known.delivered && next.read === known.read) return;
  marks.set(room, next);
  const seen = roomOf(room);
  if (isRead && seen && seq > seen.read) {
    seen.read = seq;
    const left = seen.last && seq >= seen.last.seq ? 0 : (talk.open.get(room)?.items.filter((item) => item.seq > seq && item.author?.id !== state.session?.id).length ?? seen.unread);
    update(() => { seen.unread = Math.min(seen.unread, left); });
  }
  sendSoon();
}

function sendSoon(): void { if (timer === 0) timer = window.setTimeout(send, pause); }

function send(): void {
  timer = 0;
  const rooms = [...marks].filter(([room, mark]) => mark.delivered > (told.get(room)?.delivered ?? 0) || mark.read > (told.get(room)?.read ?? 0));
  if (rooms.length === 0) return;
  const isSent = whisper({ type: "receipts", epoch: state.about?.epoch ?? "", rooms: rooms.slice(0, 200).map(([room, mark]) => ({ room, ...mark })) });
  if (!isSent) return;              // `again` tries when the connection is back
  for (const [room, mark] of rooms) told.set(room, mark);
}

/** Who leaves right after reading has read. */
addEventListener("pagehide", () => { clearTimeout(timer); send(); });

/** After a break everything is said again: the last second before it may be lost. */
export function again(): void {
  told.clear();
  if (marks.size > 0) sendSoon();
}

export function typing(room: string, on: boolean): void {
  const now = Date.now();
  if (on && now - typedAt < typingAgainAfter) return;
  if (!on && typedAt === 0) return;
  typedAt = on ? now : 0;
  whisper({ type: "typing", room, on });
}
