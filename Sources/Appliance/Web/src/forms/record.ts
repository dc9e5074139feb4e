// Making, editing and undoing records of any kind: what was saved says so and can be taken back, by the button, by
// `u` or by Ctrl+Z. Knows the REST conventions of the registry (ETag as version, Depotd-Change), and no kind of record.

import { post, Problem, reply, Reply, sentence } from "../daemon/api";
import { tell } from "../daemon/store";

/** Fields as they go over the wire. */
export type Values = Record<string, unknown>;

/** What every record has. */
export interface Recorded { id: string; version: number }

/** Makes a record; `words` says what was made, for the notice that offers the undo. */
export async function make<Record>(path: string, fields: Values, words: (made: Record) => string, undone?: () => void): Promise<Record> {
  const made = await reply<Record>("POST", path, fields);
  offerUndo(words(made.answer), made.change, undone);
  return made.answer;
}

/** Edits a record that was of `version`; refused with 412 when it is of another by now. */
export async function save<Record>(path: string, fields: Values, version: number | undefined, words: (saved: Record) => string, undone?: () => void): Promise<Record> {
  const saved: Reply<Record> = await reply("PATCH", path, fields, version === undefined ? {} : { ifMatch: version });
  offerUndo(words(saved.answer), saved.change, undone);
  return saved.answer;
}

/** A small edit outside of a form, such as archiving: says what came of it, and null when it was refused. */
export async function change<Record>(path: string, fields: Values, words: (saved: Record) => string, undone?: () => void): Promise<Record | null> {
  try { return await save<Record>(path, fields, undefined, words, undone); } catch (error) { tell("stop", sentence(error)); return null; }
}

/** Says what was done; with its Changes it can be taken back, the last one first. */
export function offerUndo(words: string, made: number | null | readonly number[], undone?: () => void): void {
  const changes = made === null ? [] : typeof made === "number" ? [made] : made;
  if (changes.length === 0) return tell("ok", words);
  tell("ok", words, { label: "Undo", run: () => void undo(changes, undone) });
}

async function undo(changes: readonly number[], undone?: () => void): Promise<void> {
  try {
    for (const seq of [...changes].reverse()) await post(`/changes/${seq}/undo`);
    undone?.();
    tell("ok", "Taken back.");
  } catch (error) { undone?.(); tell("stop", sentence(error)); }
}

// ---- two people, one record ----------------------------------------------------------------------------------------

/** A field that both changed, and what each made of it. */
export interface Clash { name: string; theirs: unknown; yours: unknown }

/** What comes of two edits of the same record: what to send, and the fields where a person has to choose. */
export interface Merge { fields: Values; clashes: Clash[] }

export const isEqual = (one: unknown, other: unknown): boolean => JSON.stringify(bare(one)) === JSON.stringify(bare(other));

/** References are equal by id; no text and null are the same. */
function bare(value: unknown): unknown {
  if (value === undefined || value === "") return null;
  return value !== null && typeof value === "object" && "id" in value ? (value as Recorded).id : value;
}

/** What nobody else touched stays as you set it; what both set alike is no clash. */
export function merge(opened: Values, yours: Values, theirs: Values): Merge {
  const fields: Values = {}, clashes: Clash[] = [];
  for (const [name, value] of Object.entries(yours)) {
    const now = theirs[name];
    if (isEqual(now, value)) continue;
    if (isEqual(now, opened[name])) fields[name] = value;
    else clashes.push({ name, theirs: now, yours: value });
  }
  return { fields, clashes };
}

/** The record as it is now, when that is why an edit was refused. */
export function currentOf(error: unknown): (Values & Recorded) | null {
  if (!(error instanceof Problem) || error.status !== 412) return null;
  return (error.details["current"] ?? null) as (Values & Recorded) | null;
}
