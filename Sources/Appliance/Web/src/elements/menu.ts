// A button that opens a small panel under itself: sorting, exports, saved views. Escape, leaving it or choosing closes.

import "./menu.css";
import { html, Content, Template } from "./html";
import { icon, IconName } from "./icons";

/** `words` stay on the button where there is room; on a phone its picture has to do. */
export function menu(picture: IconName, words: string, content: Content, className = ""): Template {
  return html`<details class="menu ${className}" @keydown=${key} @focusout=${left} @click=${chosen}>
    <summary class="button button-small" aria-label="${words}" title="${words}">${icon(picture)}<span class="menu-words">${words}</span></summary>
    <div class="menu-panel">${content}</div></details>`;
}

const details = (event: Event): HTMLDetailsElement => event.currentTarget as HTMLDetailsElement;

function key(event: Event): void {
  const menu = details(event);
  if ((event as KeyboardEvent).key !== "Escape" || !menu.open) return;
  event.preventDefault();
  event.stopPropagation();
  menu.open = false;
  menu.querySelector("summary")?.focus();
}

/** A press beside it takes the focus away; a press inside that focuses nothing does not. */
function left(event: Event): void {
  const menu = details(event), next = (event as FocusEvent).relatedTarget as Node | null;
  if (next ? !menu.contains(next) : !menu.matches(":hover")) menu.open = false;
}

function chosen(event: Event): void { if ((event.target as Element).closest("a, [data-closes]")) details(event).open = false; }
