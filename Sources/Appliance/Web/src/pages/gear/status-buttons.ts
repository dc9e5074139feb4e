// The four status buttons of an item: each its own sign and colour, the present one disabled, the wished one
// marked while it is being saved. Used by the rows, the cards and the detail.

import { changeStatus } from "../../daemon/commands";
import { html, Template } from "../../elements/html";
import { statusIcon, statusNames } from "../../elements/icons";
import { shownStatus, state } from "../../daemon/store";
import { Asset, Status } from "../../daemon/types";

const offered: readonly Status[] = ["available", "in_use", "maintenance", "damaged"];

export interface ButtonOptions { isNamed: boolean; note?: () => string; done?: () => void }

export function statusButtons(asset: Asset, options: ButtonOptions): Template {
  const shown = shownStatus(asset);
  const isSaving = state.saving[asset.id] !== undefined;
  return html`<span class="status-buttons ${options.isNamed ? "status-buttons-named" : ""}" role="group" tabindex="-1" aria-label="Status of ${asset.number}">${offered.map((status) => html`
    <button class="status-button status-${status}" data-set="${status}" ?disabled=${status === shown || isSaving}
      aria-pressed="${status === shown ? "true" : "false"}" aria-busy="${isSaving && status === shown ? "true" : null}" aria-label="${statusNames[status]}" title="${statusNames[status]}"
      @click=${(event: Event) => { keepFocus(event); void choose(asset, status, options); }}>${statusIcon(status)}${options.isNamed && html`<span>${statusNames[status]}</span>`}</button>`)}</span>`;
}

/** The pressed button is about to be disabled, and a disabled button swallows every key. */
function keepFocus(event: Event): void {
  const button = event.currentTarget as HTMLElement;
  if (document.activeElement === button) button.parentElement?.focus({ preventScroll: true });
}

async function choose(asset: Asset, status: Status, options: ButtonOptions): Promise<void> {
  if (await changeStatus(asset, status, options.note?.() ?? "")) options.done?.();
}
