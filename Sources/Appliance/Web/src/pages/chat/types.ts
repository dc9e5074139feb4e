// The shapes of rooms and messages, as the daemon speaks them.

import { Ref } from "../../daemon/types";
import { Link } from "./links";

export interface Byline { id: string; name: string; initials: string; avatar: string | null }
export type RoomKind = "project" | "direct" | "job" | "announcements";
export interface Room {
  id: string; kind: RoomKind; title: string; project: Ref | null; with: Byline | null; memberCount: number; isMember: boolean;
  retentionDays: number | null; read: number; unread: number; last: Message | null; madeAt: string; version: number; people?: Byline[];
}
export interface FileOf { id: string; name: string; type: string; byteCount: number; width: number | null; height: number | null }
export interface Reaction { emoji: string; people: Ref[] }
export interface Message {
  id: string; room: string; seq: number; at: string; author: Byline | null; text: string | null; links: Link[];
  card: { kind: string; title: string; text: string | null } | null;
  replyTo: { seq: number; id: string | null; author: string | null; text: string | null } | null;
  reactions: Reaction[]; files: FileOf[]; editedAt: string | null; deletedAt: string | null; title?: string;
}
export interface MessagePage { items: Message[]; before: number | null; after: number | null }
export interface Receipt { person: string; delivered: number; read: number; devices?: number }
export interface Level { seq: number; count: number }
export interface Receipts { room: string; memberCount: number; receipts?: Receipt[]; levels?: { delivered: Level[]; read: Level[] } }
export interface Presence { person: string; online: boolean; seenAt: string | null }

/** A message that the depot has not taken yet. */
export interface Draft {
  id: string; by: string; room: string; text: string; at: number; links: Link[]; files: FileOf[];
  replyTo: { id: string; seq: number; author: string | null; text: string | null } | null;
  state: "waiting" | "sending" | "refused"; error: string | null;
}
