// How many it was: a card for the last scan of counted stock. A scan counts one; gloved hands say more with one press.

import { html, Template } from "../elements/html";
import { setQuantity } from "../daemon/commands";
import { Outcome } from "../daemon/types";

const choices = [2, 5, 10, 20, 50];

/** The card; null for a scan that counted nothing. */
export function quantityCard(outcome: Outcome | null): Template | null {
  if (!outcome?.model || outcome.quantity === null || outcome.undone || !outcome.undoable) return null;
  const { id, quantity, model } = outcome;
  const press = (count: number, words: string, label: string): Template => html`<button class="button quantity-press" aria-label="${label}" aria-pressed="${count === quantity && words === String(count) ? "true" : null}"
    ?disabled=${count < 1} @click=${() => void setQuantity(id, count)}>${words}</button>`;
  return html`<section class="quantity" aria-label="How many ${model.name}">
    <span class="quantity-ask">How many?</span>
    ${press(quantity - 1, "−", "One less")}<output class="quantity-count number" aria-live="polite">${quantity}</output>${press(quantity + 1, "+", "One more")}
    <span class="quantity-choices">${choices.map((count) => press(count, String(count), `${count} pieces`))}</span></section>`;
}
