// The inbox: codes that nobody knows, newest first, and for the open one what it may be. One press links it; the form
// makes new gear of it. Keys: arrows and Enter, `l` to link, `c` to create, Delete to dismiss.

import "./inbox.css";
import { get, query } from "../../daemon/api";
import { emptyPlace, failedPlace, staleStrip, statusPill } from "../../elements/bits";
import { findAssets, loadUnknowns } from "../../daemon/commands";
import { Field } from "../../forms/fields";
import { RecordForm } from "../../forms/form";
import { Choice, PickerControl } from "../../forms/picker";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon, shape } from "../../elements/icons";
import { Page, takesText } from "../../elements/page";
import { address, to } from "../../router";
import { mayEdit, state } from "../../daemon/store";
import { ago, clock } from "../../elements/time";
import { Suggestion } from "../../daemon/types";
import { directionWords } from "../doors";
import { moveInList } from "../rows";
import { Conflicts } from "./conflicts";
import { create, dismiss, link, waiting, Waiting } from "./inbox";

const fields: readonly Field[] = [
  { name: "model", label: "Model", kind: "reference", isRequired: true, isWide: true, picker: { find: async (words) => (await get<{ items: { id: string; name: string; maker: string | null }[] }>(`/models${query({ q: words, limit: 8 })}`)).items.map((model): Choice => ({ id: model.id, name: [model.maker, model.name].filter(Boolean).join(" ") })) } },
  { name: "number", label: "Number", kind: "line", max: 64, hint: "Left empty, it gets the next one of its model." },
  { name: "home", label: "Home", kind: "reference", picker: { find: async (words) => (await get<{ items: { id: string; path: string }[] }>("/places")).items.filter((place) => place.path.toLocaleLowerCase().includes(words.toLocaleLowerCase())).slice(0, 12).map((place): Choice => ({ id: place.id, name: place.path })) } },
  { name: "serial", label: "Serial number", kind: "line", max: 100 },
  { name: "owner", label: "Owner", kind: "line", max: 200 },
  { name: "note", label: "Note", kind: "lines", max: 2_000 },
  { name: "printed", label: "Print its label", kind: "flag" },
];

class InboxPage extends Page {
  private readonly conflicts = new Conflicts();
  private form: { id: string; form: RecordForm } | null = null;
  private search: { id: string; picker: PickerControl } | null = null;

  private get open(): string | null { return decodeURIComponent(address().pathname.split("/")[2] ?? "") || null; }

  protected override enter(): void {
    void loadUnknowns();
    this.listen("keydown", (event) => this.key(event));
    this.tick(30_000);
  }

  // ---- keys ------------------------------------------------------------------------------------------------------

  private key(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (takesText(event.target)) return;
    const row = (event.target as HTMLElement).closest?.<HTMLElement>("[data-unknown]")?.dataset["unknown"];
    const unknown = waiting().find((one) => one.id === (row ?? this.open));
    if (event.key === "Escape" && this.open !== null) { event.preventDefault(); this.close(); }
    else if (unknown && event.key === "Delete") { event.preventDefault(); void this.settle(unknown, () => dismiss(unknown)); }
    else if (unknown && event.key === "l") { event.preventDefault(); this.turnTo(unknown, () => this.focusLink()); }
    else if (unknown && event.key === "c" && mayEdit()) { event.preventDefault(); this.turnTo(unknown, () => this.startForm(unknown)); }
    else moveInList(event, this);
  }

  private turnTo(unknown: Waiting, then: () => void): void {
    if (this.open !== unknown.id) to(`/inbox/${unknown.id}`);
    queueMicrotask(() => queueMicrotask(then));
  }

  private focusLink(): void {
    this.form = null;
    this.refresh();
    queueMicrotask(() => document.getElementById("link")?.focus());
  }

  private close(): void {
    const was = this.open;
    to("/inbox");
    this.focusSoon(`[data-unknown="${was}"] [data-row]`);
  }

  /** Settles one and goes to the next, so that a pile is worked off without the mouse. */
  private async settle(unknown: Waiting, act: () => Promise<boolean>): Promise<void> {
    const at = waiting().indexOf(unknown), wasOpen = this.open !== null;
    const next = waiting()[at + 1] ?? waiting()[at - 1];
    const done = act();
    this.turn(next, wasOpen);
    await done;
  }

  private turn(next: Waiting | undefined, wasOpen: boolean): void {
    if (wasOpen) to(next ? `/inbox/${next.id}` : "/inbox", { replace: true });
    this.form = null;
    this.focusSoon(next ? `[data-unknown="${next.id}"] [data-row]` : "h1");
  }

  private startForm(unknown: Waiting): void {
    const { model, number, home } = unknown.draft ?? {};
    const next = waiting()[waiting().indexOf(unknown) + 1];
    this.form = { id: unknown.id, form: new RecordForm({
      name: `unknown-${unknown.id}`, title: "New gear with this code", fields: () => fields, start: { model: model ?? null, number: number ?? "", home: home ?? null },
      saveWords: "Make it", save: ({ printed, ...values }) => create(unknown, values, printed === true),
      leave: (isSaved) => { if (isSaved) this.turn(next, true); else { this.form = null; this.refresh(); this.focusSoon(".inbox-create"); } },
    }) };
    this.refresh();
  }

  // ---- what is seen ----------------------------------------------------------------------------------------------

  protected view(): Content {
    const items = waiting(), open = items.find((one) => one.id === this.open);
    return html`<div class="split split-even ${open ? "split-open" : ""}">
      <section class="desk split-list" aria-labelledby="inbox-title">
        <header class="desk-head"><h1 id="inbox-title" tabindex="-1">Inbox</h1><span class="quiet" aria-live="polite">${state.unknowns ? items.length + (state.conflicts?.length ?? 0) : ""}</span></header>
        ${staleStrip()}${this.conflicts}${this.list(items)}</section>
      ${open && html`<aside class="detail inbox-detail" aria-label="Unknown code">${this.detail(open)}</aside>`}</div>`;
  }

  private list(items: readonly Waiting[]): Content {
    if (!state.unknowns && state.unknownsError !== null) return failedPlace("The inbox could not be loaded", state.unknownsError, () => void loadUnknowns());
    if (!state.unknowns) return html`<div class="skeleton-rows" aria-busy="true">${Array.from({ length: 4 }, () => html`<span></span>`)}</div>`;
    const differs = Boolean(state.conflicts?.length);
    if (items.length === 0 && differs) return html`<p class="quiet">No unknown codes wait.</p>`;
    if (items.length === 0) return emptyPlace("inbox", "Nothing waits", "A code that no gear and nobody has comes here when it is scanned, with what was meant by it.", html`<a class="button" href="/">To the door</a>`);
    return html`${differs && html`<h2>Unknown codes</h2>`}<ul class="list" aria-label="Unknown codes">${items.map((one) => keyed(one.id, html`<li class="row inbox-row ${one.id === this.open ? "row-open" : ""}" data-unknown="${one.id}">
      ${shape("unknown")}<a class="row-link" data-row href="/inbox/${one.id}" aria-current="${one.id === this.open ? "true" : null}"><strong class="number">${one.code}</strong></a>
      <span class="row-when">${ago(one.lastAt)}</span><span class="row-meant">${meant(one)}</span></li>`))}</ul>`;
  }

  private detail(unknown: Waiting): Template {
    if (this.form?.id !== unknown.id) this.form = null;
    return html`<button class="button button-small detail-close" @click=${() => this.close()}>${icon("back", "detail-back")}${icon("close", "detail-cross")}<span>Close</span></button>
      <header class="inbox-head">${shape("unknown", "inbox-shape")}<div><h2 class="number">${unknown.code}</h2><p>${[unknown.symbology, unknown.scheme].filter(Boolean).join(" · ") || "no known kind of code"}</p></div></header>
      <dl class="facts">${this.facts(unknown).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      ${this.form ? this.form.form : this.choices(unknown)}`;
  }

  private facts(unknown: Waiting): [string, Content][] {
    return [["Read", unknown.count === 1 ? `once, ${ago(unknown.lastAt)}` : `${unknown.count} times, first ${clock(unknown.firstAt)}, last ${ago(unknown.lastAt)}`],
      ["Door", unknown.door?.name ?? "none"], ["Meant", meant(unknown)]];
  }

  private choices(unknown: Waiting): Template {
    const offers = unknown.suggestions ?? [];
    return html`${offers.length > 0 && html`<section aria-labelledby="may-be"><h3 id="may-be">It may be</h3><ul class="offers">${offers.map((offer) => keyed(offer.asset.id, this.offer(unknown, offer)))}</ul></section>`}
      <section class="inbox-link" aria-labelledby="link-title"><h3 id="link-title">It is other gear</h3>${this.linkPicker(unknown)}</section>
      <div class="inbox-buttons">${mayEdit() && html`<button class="button button-first inbox-create" @click=${() => this.startForm(unknown)}>${icon("plus")}New gear with this code<kbd aria-hidden="true">c</kbd></button>`}
        <button class="button" @click=${() => void this.settle(unknown, () => dismiss(unknown))}>${icon("close")}Dismiss<kbd aria-hidden="true">Del</kbd></button></div>`;
  }

  private offer(unknown: Waiting, { asset, why }: Suggestion): Template {
    return html`<li><button class="offer" aria-label="Link ${unknown.code} to ${asset.number} ${asset.name}" @click=${() => void this.settle(unknown, () => link(unknown, asset.id))}>${icon("link")}<span class="offer-words"><span><strong class="number">${asset.number}</strong> ${asset.name}</span><span class="offer-why">${why}</span></span>${asset.status && statusPill(asset.status)}</button></li>`;
  }

  private linkPicker(unknown: Waiting): Content {
    if (this.search?.id !== unknown.id) {
      const picker = new PickerControl({ find: async (words) => (words === "" ? [] : await findAssets(words) ?? []).map((asset): Choice => ({ id: asset.id, name: `${asset.number} ${asset.name}`, more: asset.serial ?? asset.home?.name ?? "" })) },
        (choice) => { if (choice) void this.settle(unknown, () => link(unknown, choice.id)); });
      this.search = { id: unknown.id, picker };
    }
    this.search.picker.suit({ id: "link", label: "Which gear is it?", under: null, isWrong: false, isRequired: false, choice: null });
    return html`<label class="unseen" for="link">Which gear is it?</label>${this.search.picker}`;
  }
}

/** What was to happen to it: "OUT to Festival North by Ana". */
function meant(unknown: Waiting): string {
  const { intent } = unknown;
  if (!intent) return "nothing was meant by it";
  return [directionWords[intent.direction], intent.project && `to ${intent.project.name}`, intent.actor && `by ${intent.actor.name}`].filter(Boolean).join(" ");
}

customElements.define("page-inbox", InboxPage);
