// What the sign-in pages ask of the daemon: the ways in, and the one-time links. Whoever gets in gets a cookie that no
// script reads.

import { get, post, query } from "../../daemon/api";
import { openSession } from "../../daemon/commands";
import { address } from "../../router";
import { Person } from "../../daemon/types";

export interface Screen { id: string; name: string; door: string | null; badge: "alone" | "pin"; trustedBy: string | null; since: string; seenAt: string; this?: boolean }
interface Badged { session: object | null; needsPIN: Person | null }

const quiet = { quiet401: true };
/** On a box of several organisations the address of the page says at which one: `/sign-in?organisation=…`. */
const where = (): string => query({ organisation: address().searchParams.get("organisation") });
/** Longer than the daemon waits for a badge. */
const badgeWait = { ...quiet, within: 30_000 };

/** Who may sign in by PIN at this trusted screen; refused with 403 anywhere else. */
export const signInPeople = (): Promise<{ items: Person[]; screen: Screen }> => get(`/session/people${where()}`, quiet);

export async function signInByPIN(person: string, pin: string): Promise<void> {
  await post(`/session${where()}`, { person, pin }, quiet);
  await openSession();
}

export async function signInByPassphrase(name: string, passphrase: string): Promise<void> {
  await post(`/session${where()}`, { name, passphrase }, quiet);
  await openSession();
}

/** Signs in by a typed badge, or the next one that is held to the door's reader: true when somebody is signed in, who
 * still has to type a PIN, or null when no badge came. */
export async function signInByBadge(code: string | null): Promise<true | Person | null> {
  const { session, needsPIN } = await post<Badged>(`/session/badge${where()}`, code === null ? {} : { code }, badgeWait);
  if (session) { await openSession(); return true; }
  return needsPIN;
}

export interface Link { person: Person; names: string[]; keepsPassphrase: boolean; expiresAt: string }
export const lookAtLink = (secret: string): Promise<Link> => post<Link>("/session/link/look", { secret }, quiet);

export async function openLink(secret: string, passphrase: string | null): Promise<void> {
  await post("/session/link", { secret, ...(passphrase === null ? {} : { passphrase }) }, quiet);
  await openSession();
}
