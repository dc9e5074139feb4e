// What the people pages ask of the daemon, in its words. Notes and badges are told to managers only.

import { get, post, put, query, remove, reply } from "../../daemon/api";
import { change, offerUndo } from "../../forms/record";
import { AssetRef, Person, Ref } from "../../daemon/types";

export interface PersonRow extends Person { email: string | null; phone: string | null; language: string | null; note?: string | null; badges?: Badge[]; badgeCount?: number; holdCount?: number; version: number }
export interface Badge { key: string; scheme: string; label: string }
export type Hold = AssetRef & { project: Ref | null; since: string | null };
export interface Movement { kind: string; at: string; asset: AssetRef; project: Ref | null; door: Ref | null }
export interface PersonDetail extends PersonRow {
  holds: Hold[]; projects: (Ref & { state: string; part: string | null; startsAt: string | null; endsAt: string | null })[]; movements: Movement[];
}

export const roleWords: Record<string, string> = { crew: "Crew", manager: "Manager", admin: "Administrator" };
export const roleMeans: Record<string, string> = { crew: "Takes gear out and in, and reads everything", manager: "Also edits gear, people and projects", admin: "Also looks after the box" };

export const loadPeoplePage = (q: string, isWithInactive: boolean): Promise<{ items: PersonRow[] }> =>
  get(`/people${query({ q, archived: isWithInactive ? "all" : null })}`);
export const loadPerson = (id: string): Promise<PersonDetail> => get<PersonDetail>(`/people/${id}`);

/** Gives a badge to a person; refused when somebody has it, and the refusal says who. */
export async function addBadge(person: Ref, code: string): Promise<void> {
  const { change: seq } = await reply("POST", `/people/${person.id}/badges`, { code });
  offerUndo(`${person.name} has the badge ${code}.`, seq);
}

export async function removeBadge(person: Ref, badge: Badge): Promise<void> {
  const { change: seq } = await reply("DELETE", `/people/${person.id}/badges/${encodeURIComponent(badge.key)}`);
  offerUndo(`The badge ${badge.label} is nobody's now.`, seq);
}

export interface SignedIn { id: string; way: string; since: string; seenAt: string; address: string; agent: string; screen: string | null; this: boolean }
export interface SignInFacts { hasPIN: boolean; hasPassphrase: boolean; names: string[]; sessions: SignedIn[] }
export interface QR { size: number; path: string }
export interface PhoneLink { link: string; qr: QR; expiresAt: string; trust: { link: string; qr: QR } | null }

export const loadSignIn = (person: string): Promise<SignInFacts> => get(`/people/${person}/sign-in`);
/** One's own needs the present one, or the passphrase. */
export const setPIN = (person: string, pin: string, current: string | null): Promise<unknown> => put(`/people/${person}/pin`, { pin, ...(current === null ? {} : { current }) });
export const setPassphrase = (passphrase: string, current: string): Promise<unknown> => put("/session/passphrase", { passphrase, current });
/** One's own needs the passphrase, or the PIN where there is none. */
export const makeLink = (person: string, current: string | null): Promise<PhoneLink> => post(`/people/${person}/link`, current === null ? {} : { current });
export const endSession = (person: string, session: string): Promise<void> => remove(`/people/${person}/sessions/${session}`);
export const endSessions = (person: string): Promise<void> => remove(`/people/${person}/sessions`);

export const setActive = (person: PersonRow, active: boolean): Promise<PersonRow | null> =>
  change<PersonRow>(`/people/${person.id}`, { active }, (saved) => active ? `${saved.name} works here again.` : `${saved.name} is not active any more: no badge, no PIN.`);
