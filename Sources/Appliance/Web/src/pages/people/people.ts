// What the people pages ask of the daemon, in its words. Notes and badges are told to managers only.

import { get, put, query, reply } from "../../api";
import { change, offerUndo } from "../../forms/record";
import { AssetRef, Person, Ref } from "../../types";

export interface PersonRow extends Person { email?: string | null; phone?: string | null; avatar?: string | null; holds?: number; version: number }
export interface Badge { key: string; scheme: string; value: string }
export interface Held { asset: AssetRef; project: Ref | null; since: string }
export interface PersonEvent { kind: string; at: string; asset?: AssetRef | null; project?: Ref | null; door?: Ref | null; note?: string | null }
export interface PersonDetail extends PersonRow {
  language?: string | null; note?: string | null; badges?: Badge[]; hasPin?: boolean;
  held?: Held[]; projects?: (Ref & { state: string; part?: string | null; startsAt?: string | null; endsAt?: string | null })[]; history?: PersonEvent[];
}

export const roleWords: Record<string, string> = { crew: "Crew", manager: "Manager", admin: "Administrator" };
export const roleMeans: Record<string, string> = { crew: "Takes gear out and in, and reads everything", manager: "Also edits gear, people and projects", admin: "Also looks after the box" };

export const loadPeoplePage = (q: string, isWithInactive: boolean): Promise<{ items: PersonRow[] }> =>
  get(`/people${query({ q, archived: isWithInactive ? "all" : null, limit: 500 })}`);
export const loadPerson = (id: string): Promise<PersonDetail> => get<PersonDetail>(`/people/${id}`);

/** Gives a badge to a person; refused when somebody has it, and the refusal says who. */
export async function addBadge(person: Ref, code: string): Promise<void> {
  const { change: seq } = await reply("POST", `/people/${person.id}/badges`, { code });
  offerUndo(`${person.name} has the badge ${code}.`, seq);
}

export async function removeBadge(person: Ref, badge: Badge): Promise<void> {
  const { change: seq } = await reply("DELETE", `/people/${person.id}/badges/${encodeURIComponent(badge.key)}`);
  offerUndo(`The badge ${badge.value} is nobody's now.`, seq);
}

export const setPIN = (person: string, pin: string): Promise<unknown> => put(`/people/${person}/pin`, { pin });

export const setActive = (person: PersonRow, active: boolean): Promise<PersonDetail | null> =>
  change<PersonDetail>(`/people/${person.id}`, { active }, (saved) => active ? `${saved.name} works here again.` : `${saved.name} is not active any more: no badge, no PIN.`);
