// Small pieces several pages show: the connection, a person's initials, notices, an empty place with its next step.

import { html, keyed, Content, Template } from "./html";
import { icon, IconName, shape, statusIcon, statusNames } from "./icons";
import { dismissNotice, state } from "../daemon/store";
import { clock } from "./time";
import { Status } from "../daemon/types";

let unsent = (): number => 0;
/** Counts what else waits to be sent, such as messages. */
export function countUnsent(count: () => number): void { unsent = count; }

/** Whether what is on the screen is true now, since when it is not, and how many scans wait to be sent. */
export function connection(): Template {
  const { state: live, since } = state.live;
  const waiting = state.waiting.length + unsent();
  const words = live === "live" ? "Live" : live === "connecting" ? "Connecting…" : `Offline since ${clock(since)}`;
  return html`<div class="connection connection-${live}" role="status" data-live="${live}">
    <span class="connection-dot" aria-hidden="true"></span><span class="connection-words">${words}</span>
    ${waiting > 0 && html`<span class="connection-waiting">${waiting} waiting</span>`}
  </div>`;
}

/** A strip over stale data, so that nobody takes it for the truth. */
export function staleStrip(): Content {
  if (state.live.state !== "offline") return null;
  return html`<p class="stale" role="note">${icon("offline")}<span>Not connected. This is how things stood at ${clock(state.live.since)}.</span></p>`;
}

const avatarHues = 6;

/** Their picture, or their initials on a disc whose tint stays the same for the same person. */
export function avatar(person: { id?: string; name: string; initials?: string; avatar?: string | null }, className = ""): Template {
  if (person.avatar) return html`<img class="avatar ${className}" src="/api/v1/pictures/${person.avatar}" alt="">`;
  const initials = person.initials ?? initialsOf(person.name);
  const hue = [...person.name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % avatarHues;
  return html`<span class="avatar avatar-${hue} ${className}" aria-hidden="true">${initials}</span>`;
}

export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  return ((words[0]?.[0] ?? "") + (words.length > 1 ? words[words.length - 1]?.[0] ?? "" : "")).toUpperCase();
}

export function statusPill(status: Status): Template {
  return html`<span class="pill pill-${status}">${statusIcon(status)}${statusNames[status]}</span>`;
}

export function emptyPlace(picture: IconName, title: string, next: string, action: Content = null): Template {
  return html`<div class="empty">${icon(picture)}<h2>${title}</h2><p>${next}</p>${action}</div>`;
}

export function failedPlace(title: string, detail: string, again: () => void): Template {
  return html`<div class="empty" role="alert">${shape("stop", "empty-shape")}<h2>${title}</h2><p>${detail}</p>
    <button class="button" @click=${again}>${icon("retry")}Try again</button></div>`;
}

export function notices(): Template {
  return html`<div class="notices" role="status" aria-live="polite">${state.notices.map((notice) => keyed(notice.id, html`
    <div class="notice notice-${notice.tone}">
      ${shape(notice.tone, "notice-shape")}<p>${notice.text}</p>
      ${notice.action && html`<button class="button button-small" @click=${() => { dismissNotice(notice.id); notice.action?.run(); }}>${notice.action.label}</button>`}
      <button class="icon-button" aria-label="Close this message" @click=${() => dismissNotice(notice.id)}>${icon("close")}</button>
    </div>`))}</div>`;
}
