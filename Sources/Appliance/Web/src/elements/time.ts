// Times in words: what a clock on the wall shows, how long ago something was, how long is left.

import { now } from "../daemon/api";

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

const weekdayFormat = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const yearFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

/** "Sat 21 Nov", with the year instead of the weekday when it is another one. */
export function day(time: string | number): string {
  const date = new Date(time);
  return (date.getFullYear() === new Date(now()).getFullYear() ? weekdayFormat : yearFormat).format(date);
}

/** "Sat 21 Nov, 08:00 – Mon 23 Nov, 22:00", with the day once when it is the same; "no times set" without any. */
export function span(from: string | null, to: string | null): string {
  const at = (time: string): string => `${day(time)}, ${clockFormat.format(new Date(time))}`;
  if (!from || !to) return from ? `from ${at(from)}` : to ? `until ${at(to)}` : "no times set";
  return `${at(from)} – ${day(from) === day(to) ? clockFormat.format(new Date(to)) : at(to)}`;
}

/** "14:03" today, "4 Mar 14:03" on any other day. */
export function clock(time: string | number): string {
  const date = new Date(time);
  const today = new Date(now()).toDateString() === date.toDateString();
  return today ? clockFormat.format(date) : `${dayFormat.format(date)} ${clockFormat.format(date)}`;
}

/** "just now", "40 s ago", "12 min ago", then the clock. */
export function ago(time: string | number): string {
  const seconds = Math.max(0, Math.round((now() - new Date(time).getTime()) / 1000));
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 8 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
  return clock(time);
}

/** "9 min left", "40 s left"; null when the time is over. */
export function left(until: string): string | null {
  const seconds = Math.ceil((new Date(until).getTime() - now()) / 1000);
  if (seconds <= 0) return null;
  return seconds < 60 ? `${seconds} s left` : `${Math.ceil(seconds / 60)} min left`;
}

/** Calls `act` once the calls pause for `milliseconds`. */
export function debounced(milliseconds: number, act: () => void): () => void {
  let timer = 0;
  return () => { clearTimeout(timer); timer = window.setTimeout(act, milliseconds); };
}
