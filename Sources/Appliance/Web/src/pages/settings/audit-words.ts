// An entry of the audit trail in words: what happened to what, and what it was before.

import { Ref } from "../../daemon/types";

export interface Entry {
  seq: number; at: string; person: { id: string; name: string | null } | null; device: string | null; address: string | null;
  topic: string; kind: string; subject: string; data: Record<string, unknown> & { before?: Record<string, unknown> | null };
}

export const topicWords: readonly (readonly [string, string])[] = [
  ["audit", "Sign-ins, refusals, keys"], ["assets", "Gear"], ["assets.cost", "Costs"], ["models", "Models and categories"], ["places", "Places"], ["people", "People"],
  ["people.confidential", "Notes and badges"], ["projects", "Projects"], ["scans", "Scans"], ["doors", "Doors"], ["unknowns", "Unknown codes"], ["conflicts", "Said by two depots"], ["readers", "Readers"], ["views", "Saved views"],
];

const kindWords: Record<string, string> = {
  signedIn: "Signed in", signInFailed: "Sign-in refused", signedOut: "Signed out", refused: "Refused", refusedAgain: "Refused again", keyMade: "Key made", keyRevoked: "Key revoked",
  tokenIssued: "Token given", exported: "Exported", created: "Made", edited: "Edited", removed: "Removed", undone: "Taken back", status: "Status set", checkedOut: "Checked out",
  checkedIn: "Checked in", transferred: "Moved on", outcome: "Scanned", pin: "PIN set", settled: "Code settled",
};

const codeWords: Record<string, string> = { unauthorized: "not signed in", forbidden: "not allowed", tooMany: "too many" };

const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** A kind this page has no words for is still shown, as the daemon named it. */
export function happened(entry: Entry): string {
  const own = entry.kind.split(".").pop() ?? entry.kind;
  const words = own.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_-]/g, " ").toLowerCase();
  return (own === entry.kind ? "" : `${sentence(entry.kind.split(".")[0] ?? "")}: `) + (kindWords[own] ?? sentence(words));
}

/** What it happened to, by the name people know it by. */
export function named(entry: Entry): string {
  const { number, name, code, spoken, asked, count, asset } = entry.data;
  if (typeof asked === "string") return code === undefined ? asked : `${asked} (${codeWords[String(code)] ?? String(code)}${typeof count === "number" && count > 1 ? `, ${count} times` : ""})`;
  for (const word of [spoken, number, name, (asset as Ref | undefined)?.name, code]) if (typeof word === "string" && word) return word;
  return "";
}

const rooms: Record<string, string> = { assets: "gear", "assets.cost": "gear", projects: "projects", people: "people", "people.confidential": "people" };

/** Where the record is looked at; null where there is no such page. */
export function address(entry: Entry): string | null {
  const room = rooms[entry.topic];
  return room && entry.kind !== "removed" && !entry.kind.includes(".") ? `/${room}/${entry.subject}` : null;
}

const passing = ["id", "version", "updatedAt", "before", "number", "name", "prefix"];

/** Which fields were set, from what to what; a Change that made something says what it set. */
export function differences(entry: Entry): { field: string; old: string | null; now: string }[] {
  const { before, ...after } = entry.data;
  if (!before || typeof before !== "object") return [];
  return Object.keys(after).filter((field) => (field in before || !passing.includes(field)) && !["id", "version", "updatedAt"].includes(field))
    .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
    .map((field) => ({ field: sentence(field.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase()), old: field in before ? said(before[field]) : null, now: said(after[field]) }));
}

function said(value: unknown): string {
  if (value === null || value === undefined || value === "") return "empty";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(said).join(", ");
  if (typeof value === "object") { const { name, label, title } = value as Record<string, unknown>; return String(name ?? label ?? title ?? JSON.stringify(value)); }
  return String(value);
}
