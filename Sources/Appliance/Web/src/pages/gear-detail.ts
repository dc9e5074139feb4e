// One item of gear: who has it, how it is known, what happened to it, and its status with a note.

import { failedPlace, statusPill } from "../bits";
import { html, Content, Template } from "../html";
import { icon } from "../icons";
import { shownStatus, state } from "../store";
import { ago, clock } from "../time";
import { AssetDetail, AssetHistory } from "../types";
import { statusButtons } from "./status-buttons";

export function detail(id: string, close: () => void, again: () => void): Template {
  const asset = state.detail?.id === id ? state.detail : null;
  return html`<aside class="detail" aria-label="Item">
    <button class="button button-small detail-close" @click=${close}>${icon("back", "detail-back")}${icon("close", "detail-cross")}<span>Close</span></button>
    ${asset ? sheet(asset) : state.detailError !== null ? failedPlace("This item could not be loaded", state.detailError, again) : html`<div class="skeleton-page" aria-busy="true"></div>`}
  </aside>`;
}

function sheet(asset: AssetDetail): Template {
  const noteField = (): HTMLTextAreaElement | null => document.querySelector("#note");
  const facts: [string, Content][] = [
    ["Holder", holder(asset)], ["Home", asset.home?.name ?? "no place set"], ["Model", [asset.maker, asset.model.name].filter(Boolean).join(" ") || "not set"],
    ["Category", asset.category ?? "not set"], ["Serial", asset.serial ? html`<span class="number">${asset.serial}</span>` : "not set"], ["Note", asset.note || "none"],
  ];
  return html`<header class="detail-head"><p class="number detail-number">${asset.number}</p><h2>${asset.name}</h2>${statusPill(shownStatus(asset))}</header>
    <section class="detail-change" aria-label="Change the status">
      <label for="note">Note with the change <span>(optional)</span></label>
      <textarea id="note" class="input" rows="2" maxlength="500" placeholder="What happened, what is missing"></textarea>
      ${statusButtons(asset, { isNamed: true, note: () => noteField()?.value.trim() ?? "", done: () => { const note = noteField(); if (note) note.value = ""; } })}
    </section>
    <dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    <h3>Identifiers</h3>
    ${asset.identifiers.length === 0 ? html`<p class="quiet">None yet. A code scanned at the door can be linked to it.</p>` : html`<ul class="identifiers">${asset.identifiers.map((one) => html`<li>${icon("tag")}<span class="number">${one.value}</span><span class="quiet">${one.scheme}</span></li>`)}</ul>`}
    <h3>History</h3>
    ${asset.history.length === 0 ? html`<p class="quiet">Nothing has happened to it yet.</p>` : html`<ol class="history">${asset.history.map(happening)}</ol>`}`;
}

function holder(asset: AssetDetail): Content {
  if (!asset.holder) return "nobody, it is here";
  return `${[asset.holder.person?.name, asset.holder.project?.name].filter(Boolean).join(" · ") || "out"}, since ${clock(asset.holder.since)}`;
}

const kindWords: Record<string, string> = {
  checkedOut: "Checked out", checkedIn: "Checked in", transferred: "Moved", status: "Status changed", custody: "Changed hands", note: "Note",
  identifier: "Identifier linked", created: "Created", undone: "Undone", out: "Checked out", in: "Checked in", transfer: "Moved",
};

/** A kind this page has no words for is still shown, as the daemon named it. */
function kindInWords(kind: string): string {
  const words = kind.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_-]/g, " ").toLowerCase();
  return kindWords[kind] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

function happening(event: AssetHistory): Template {
  const where = [event.person, event.project, event.door].map((ref) => ref?.name).filter(Boolean).join(" · ");
  const what = event.kind === "status" && event.status ? `Set to ${event.status.replace("_", " ")}` : kindInWords(event.kind);
  return html`<li><span class="history-what">${what}</span><time datetime="${event.at}" title="${clock(event.at)}">${ago(event.at)}</time>
    ${where && html`<span class="history-who">${where}</span>`}${event.note && html`<span class="history-note">${event.note}</span>`}</li>`;
}
