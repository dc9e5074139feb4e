// One item of gear at the side of the list: how it looks, who has it, how it is known, what happened to it; edited in
// place by those who may.

import { failedPlace, statusPill } from "../../elements/bits";
import { loadDetail } from "../../daemon/commands";
import { change } from "../../forms/record";
import { RecordForm } from "../../forms/form";
import { pictureAddress } from "../../forms/picture";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { Page, takesText } from "../../elements/page";
import { fieldsOf } from "../../forms/pickers";
import { address, to, withQuery } from "../../router";
import { mayEdit, putAsset, shownStatus, state, update } from "../../daemon/store";
import { clock } from "../../elements/time";
import { Asset, AssetDetail, CategoryField } from "../../daemon/types";
import { unlessScan } from "../../input/wedge";
import { Cost } from "../cost";
import { printGear } from "../labels/labels";
import { Codes } from "./codes";
import { editForm, modelOf } from "./edit";
import { History } from "./history";
import { statusButtons } from "./status-buttons";

export class AssetSheet extends Page {
  private asset = "";
  private history: History | null = null;
  private cost: Cost | null = null;
  private form: RecordForm | null = null;
  private categoryFields: readonly CategoryField[] = [];
  private category: string | null = null;
  private readonly codes = new Codes(() => this.refresh(), () => this.reload());

  constructor(private readonly close: () => void) { super(); }

  protected override enter(): void {
    this.listen("keydown", (event) => this.key(event));
    this.hears(["assets"], (fact) => { if ((fact.data as { id?: string } | null)?.id === this.asset) this.history?.reload(); });
    this.tick(30_000);
  }

  /** Shows this item, unless it is shown already. */
  suit(id: string): void {
    if (id !== this.asset) {
      this.asset = id;
      this.form = null;
      this.history = new History(id, () => this.refresh());
      this.cost = new Cost(`/assets/${id}`, () => this.refresh());
      void loadDetail(id);
    }
    this.refresh();
  }

  private reload(): void { void loadDetail(this.asset); this.history?.reload(); }

  private key(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || takesText(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "l") unlessScan(() => void printGear([this.asset]));
    if (event.key === "e" && mayEdit() && !this.form) unlessScan(() => to(withQuery({ edit: "1" })));
  }

  protected override shown(): void {
    const asset = this.shownAsset;
    if (!asset) return;
    if (asset.category !== this.category) { this.category = asset.category; void this.learnFields(asset.category); }
    const wants = address().searchParams.get("edit") !== null && mayEdit();
    if (wants && !this.form) void this.edit(asset);
    if (!wants && this.form) { this.form = null; this.refresh(); this.focusSoon(".detail-edit"); }
  }

  private async learnFields(category: string | null): Promise<void> {
    try { this.categoryFields = category ? await fieldsOf(category) : []; } catch { this.categoryFields = []; }
    this.refresh();
  }

  private async edit(asset: AssetDetail): Promise<void> {
    const leave = (): void => to(withQuery({ edit: null, picked: null }), { replace: true });
    const begin = (picked: Awaited<ReturnType<typeof modelOf>>): void => { this.form = editForm(asset, picked, leave, (saved) => { update((current) => putAsset(current, saved)); this.reload(); }); };
    const picked = address().searchParams.get("picked");
    if (picked === null) begin(null); else if (!this.form) begin(await modelOf(picked));
    this.refresh();
  }

  private async archive(asset: Asset): Promise<void> {
    const archived = !asset.archived;
    const saved = await change<Asset>(`/assets/${asset.id}`, { archived }, (now) => `${now.number} is ${archived ? "archived" : "out of the archive"}.`, () => this.reload());
    if (saved) { update((current) => putAsset(current, saved)); this.reload(); }
  }

  private get shownAsset(): AssetDetail | null { return state.detail?.id === this.asset ? state.detail : null; }

  // ---- what is seen ------------------------------------------------------------------------------------------------------

  protected view(): Content {
    const asset = this.shownAsset;
    return html`<aside class="detail" aria-label="Item">
      ${this.form ? this.form : html`<button class="button button-small detail-close" @click=${this.close}>${icon("back", "detail-back")}${icon("close", "detail-cross")}<span>Close</span></button>
        ${asset ? [keyed(asset.id, this.sheet(asset))] : state.detailError !== null ? failedPlace("This item could not be loaded", state.detailError, () => void loadDetail(this.asset)) : html`<div class="skeleton-page" aria-busy="true"></div>`}`}
    </aside>`;
  }

  private sheet(asset: AssetDetail): Template {
    const noteField = (): HTMLTextAreaElement | null => this.querySelector("#note");
    return html`<header class="detail-head"><p class="number detail-number">${asset.number}</p><h2>${asset.name}</h2>
        <span class="detail-pills">${statusPill(shownStatus(asset))}${asset.archived && html`<span class="pill">${icon("archive")}Archived</span>`}</span></header>
      ${asset.picture && html`<img class="detail-picture" src="${pictureAddress(asset.picture)}" alt="${asset.name}">`}
      <div class="detail-tools"><button class="button button-small" aria-keyshortcuts="l" @click=${() => void printGear([asset.id])}>${icon("tag")}<span>Print its label</span></button>
        ${mayEdit() && html`<a class="button button-small detail-edit" href="${withQuery({ edit: "1" })}" aria-keyshortcuts="e">${icon("edit")}<span>Edit</span></a>
        <button class="button button-small" @click=${() => void this.archive(asset)}>${icon("archive")}<span>${asset.archived ? "Out of the archive" : "Archive"}</span></button>`}</div>
      <section class="detail-change" aria-label="Change the status">
        <label for="note">Note with the change <span>(optional)</span></label>
        <textarea id="note" class="input" rows="2" maxlength="500" placeholder="What happened, what is missing"></textarea>
        ${statusButtons(asset, { isNamed: true, note: () => noteField()?.value.trim() ?? "", done: () => { const note = noteField(); if (note) note.value = ""; } })}
      </section>
      <dl class="facts">${this.facts(asset).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      ${(asset.accessories ?? []).length > 0 && html`<h3>Goes with it</h3><ul class="accessories">${(asset.accessories ?? []).map((one) => html`<li><b>${one.quantity} ×</b> <a href="/models/${one.model.id}">${one.model.name}</a></li>`)}</ul>`}
      <h3>Codes</h3>${this.codes.view({ name: asset.number, codes: asset.identifiers, add: `/assets/${asset.id}/identifiers`, drop: (key) => `/assets/${asset.id}/identifiers/${encodeURIComponent(key)}` })}
      ${this.cost?.view()}
      <h3>History</h3>${this.history?.view()}`;
  }

  private facts(asset: AssetDetail): [string, Content][] {
    const custom = this.categoryFields.flatMap((field): [string, Content][] => { const value = asset.custom?.[field.key]; return value === undefined || value === null ? [] : [[field.name, value === true ? "yes" : value === false ? "no" : `${String(value)}${field.unit ? ` ${field.unit}` : ""}`]]; });
    return [
      ["Holder", holder(asset)], ["Home", asset.home?.name ?? "no place set"],
      ["Model", html`<a href="/models/${asset.model.id}">${[asset.maker, asset.model.name].filter(Boolean).join(" ")}</a>`],
      ["Category", asset.category ?? "not set"], ["Serial", asset.serial ? html`<span class="number">${asset.serial}</span>` : "not set"],
      ["Owner", asset.owner ?? "not set"], ...custom, ["Note", asset.note ? html`<span class="detail-note">${asset.note}</span>` : "none"],
    ];
  }
}
customElements.define("depot-asset", AssetSheet);

function holder(asset: AssetDetail): Content {
  const { holder } = asset;
  if (!holder) return asset.depot ? `nobody, it is at ${asset.depot}` : "nobody, it is here";
  const names = [holder.person && html`<a href="/people/${holder.person.id}">${holder.person.name}</a>`, holder.project && html`<a href="/projects/${holder.project.id}">${holder.project.name}</a>`].filter(Boolean);
  return html`${names.length === 0 ? "out" : names.map((name, index) => html`${index > 0 ? " · " : ""}${name}`)}, since ${clock(holder.since)}`;
}
