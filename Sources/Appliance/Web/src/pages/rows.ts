// Moving in a list of rows with the arrow keys: each row has one element with data-row, which takes the focus. `n` presses
// what makes a new one, which has data-new, and `e` what edits the open one, which has data-edit.

import "./rows.css";
import { takesText } from "../elements/page";
import { unlessScan } from "../input/wedge";
import { arrowStep } from "../elements/windowed";

/** Moves the focus to the next row of `page`; from the search field down goes into the list. True when it did. */
export function moveInList(event: KeyboardEvent, page: HTMLElement, rows = "[data-row]"): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return false;
  const pressed = takesText(event.target) ? undefined : { n: "[data-new]", e: "[data-edit]" }[event.key];
  const button = pressed ? page.querySelector<HTMLElement>(pressed) : null;
  if (button) { unlessScan(() => button.click()); return true; }
  const all = [...page.querySelectorAll<HTMLElement>(rows)];
  const target = event.target as HTMLElement;
  const at = all.findIndex((row) => row === target);
  const fromSearch = target.id === "search" && event.key === "ArrowDown";
  const step = fromSearch ? 1 : at < 0 ? null : arrowStep(event.key, 1);
  const next = step === null ? undefined : all[at + step];
  if (!next) return false;
  event.preventDefault();
  next.focus();
  return true;
}
