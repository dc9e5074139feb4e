// How far a sheet or a line is: the numbers first, then a bar whose parts differ in pattern, not only in colour.
// Solid is out, hatched came back, the open rest is only outlined.

import { html, Content, Template } from "../../elements/html";

export interface Pieces { total: number; out: number; back: number }

/** "4 of 6 out · 2 back". */
export function inWords({ total, out, back }: Pieces): string {
  return [`${out} of ${total} out`, back > 0 && `${back} back`].filter(Boolean).join(" · ");
}

/** The bar alone; what it shows is said beside it. */
export function bar({ total, out, back }: Pieces): Content {
  if (total <= 0) return null;
  const share = (pieces: number): string => `${Math.min(100, (100 * pieces) / Math.max(total, out + back))}%`;
  return html`<span class="pieces" aria-hidden="true"><span class="pieces-out" style.width=${share(out)}></span><span class="pieces-back" style.width=${share(back)}></span></span>`;
}

export function progress(pieces: Pieces): Template {
  const { total, out, back } = pieces;
  return html`<span class="progress ${total > 0 && out >= total ? "progress-all" : ""}">
    <span class="progress-words"><span><b>${out}</b> of ${total} out</span>${back > 0 && html`<span><b>${back}</b> back</span>`}</span>${bar(pieces)}</span>`;
}
