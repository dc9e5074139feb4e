// One model at the side of the list: how it looks, its units, what goes along with them, and what it is worth.

import { get, put, query, sentence } from "../../daemon/api";
import { Asked } from "../../daemon/asked";
import { failedPlace, statusPill } from "../../elements/bits";
import { RecordForm } from "../../forms/form";
import { pictureAddress } from "../../forms/picture";
import { Choice, PickerControl } from "../../forms/picker";
import { change } from "../../forms/record";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { field, Page, takesText } from "../../elements/page";
import { models, titleOf } from "../../forms/pickers";
import { address, to, withQuery } from "../../router";
import { mayEdit, tell } from "../../daemon/store";
import { debounced } from "../../elements/time";
import { Accessory, AssetPage, Model } from "../../daemon/types";
import { unlessScan } from "../../input/wedge";
import { Cost } from "../cost";
import { modelForm } from "./edit";
import { StockPanel } from "./stock";

const shownUnits = 12;

export class ModelSheet extends Page {
  private model = "";
  private form: RecordForm | null = null;
  private cost: Cost | null = null;
  private stock: StockPanel | null = null;
  private readonly asked = new Asked<Model>(() => get<Model>(`/models/${this.model}`), () => this.refresh());
  private readonly units = new Asked<AssetPage>(() => get<AssetPage>(`/assets${query({ model: this.model, limit: shownUnits })}`), () => this.refresh());
  private readonly adding = new PickerControl(models(), (choice) => { if (choice) void this.addAccessory(choice); });
  private readonly reloadSoon = debounced(250, () => this.reload());

  constructor(private readonly close: () => void) { super(); }

  protected override enter(): void {
    this.hears(["models", "assets"], (fact) => { if (fact.kind !== "batch") this.reloadSoon(); });
    this.listen("keydown", (event) => this.key(event));
  }

  suit(id: string): void {
    if (id === this.model) return;
    this.model = id;
    this.form = this.stock = null;
    this.asked.forget();
    this.units.forget();
    this.cost = new Cost(`/models/${id}`, () => this.refresh());
    this.reload();
    this.refresh();
  }

  private reload(): void {
    if (this.model === "") return;
    void this.asked.load();
    void this.units.load();
    this.stock?.reload();
  }

  private key(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || takesText(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "e" && mayEdit() && !this.form) unlessScan(() => to(withQuery({ edit: "1" })));
  }

  protected override shown(): void {
    const model = this.asked.value;
    if (!model) return;
    if (model.counting === "counted" && !this.stock) { this.stock = new StockPanel(model.id, () => this.refresh()); this.refresh(); }
    const wants = address().searchParams.get("edit") !== null && mayEdit();
    if (wants && !this.form) {
      this.form = modelForm(model, "", () => to(withQuery({ edit: null }), { replace: true }), (saved) => { this.asked.take({ ...model, ...saved }); });
      this.refresh();
    } else if (!wants && this.form) { this.form = null; this.refresh(); this.focusSoon(".detail-edit"); }
  }

  private async archive(model: Model): Promise<void> {
    const archived = !model.archived;
    await change<Model>(`/models/${model.id}`, { archived }, (now) => `${now.name} is ${archived ? "archived" : "out of the archive"}.`, () => this.reload());
    this.reload();
  }

  // ---- what goes along ------------------------------------------------------------------------------------------------

  private async setAccessories(items: readonly Accessory[]): Promise<void> {
    try {
      await put(`/models/${this.model}/accessories`, { items: items.map((one) => ({ model: one.model.id, quantity: one.quantity })) });
    } catch (error) { tell("stop", sentence(error)); }
    void this.asked.load();
  }

  private async addAccessory(choice: Choice): Promise<void> {
    const known = this.asked.value?.accessories ?? [];
    if (!known.some((one) => one.model.id === choice.id)) await this.setAccessories([...known, { model: choice, quantity: 1 }]);
  }

  private accessories(items: readonly Accessory[]): Content {
    if (items.length === 0 && !mayEdit()) return null;
    const quantity = (item: Accessory, event: Event): void => { const number = Number(field(event).value); if (Number.isInteger(number) && number > 0) void this.setAccessories(items.map((one) => (one === item ? { ...item, quantity: number } : one))); };
    if (mayEdit()) this.adding.suit({ id: "accessory-add", label: "Add what goes along", under: null, isWrong: false, isRequired: false, choice: null });
    return html`<h3>Goes along with each</h3>
      ${items.length > 0 && html`<ul class="accessories">${items.map((item) => keyed(item.model.id, html`<li class="accessory">${mayEdit() ? html`<input class="input accessory-count" type="number" min="1" .value=${String(item.quantity)} aria-label="How many ${item.model.name}" @change=${(event: Event) => quantity(item, event)}>` : html`<b>${item.quantity} ×</b>`}
        <a href="/models/${item.model.id}">${item.model.name}</a>${mayEdit() && html`<button class="icon-button" aria-label="Take ${item.model.name} away" @click=${() => void this.setAccessories(items.filter((one) => one !== item))}>${icon("close")}</button>`}</li>`))}</ul>`}
      ${mayEdit() && html`<div class="form-field"><label for="accessory-add">Add what goes along</label>${this.adding}</div>`}`;
  }

  // ---- what is seen ------------------------------------------------------------------------------------------------------

  protected view(): Content {
    const { value: model, error } = this.asked;
    return html`<aside class="detail" aria-label="Model">${this.form ? this.form : html`<button class="button button-small detail-close" @click=${this.close}>${icon("back", "detail-back")}${icon("close", "detail-cross")}<span>Close</span></button>
      ${model ? [keyed(model.id, this.sheet(model))] : error !== null ? failedPlace("This model could not be loaded", error, () => this.reload()) : html`<div class="skeleton-page" aria-busy="true"></div>`}`}</aside>`;
  }

  private sheet(model: Model): Template {
    const facts: [string, Content][] = [
      ["Maker", model.maker ?? "not set"], ["Category", model.category?.name ?? "not set"], ["Counting", model.counting === "counted" ? "only how many there are" : "each unit has a number"],
      ["Weight", model.weightGrams === null ? "not set" : model.weightGrams >= 1000 ? `${(model.weightGrams / 1000).toLocaleString("en")} kg` : `${model.weightGrams} g`],
      ...(model.specifications ? [["Details", html`<span class="detail-note">${model.specifications}</span>`] as [string, Content]] : []),
    ];
    return html`<header class="detail-head"><h2 class="detail-number">${model.name}</h2><p>${titleOf({ name: model.category?.name ?? "", maker: model.maker })}</p>${model.archived && html`<span class="pill">${icon("archive")}Archived</span>`}</header>
      ${model.picture && html`<img class="detail-picture" src="${pictureAddress(model.picture)}" alt="${model.name}">`}
      ${mayEdit() && html`<div class="detail-tools"><a class="button button-small detail-edit" href="${withQuery({ edit: "1" })}" aria-keyshortcuts="e">${icon("edit")}<span>Edit</span></a>
        ${model.counting === "serialised" && html`<a class="button button-small" href="/gear/new?picked=${model.id}">${icon("plus")}<span>Add units</span></a>`}
        <button class="button button-small" @click=${() => void this.archive(model)}>${icon("archive")}<span>${model.archived ? "Out of the archive" : "Archive"}</span></button></div>`}
      ${model.counting === "counted" ? this.stock?.view() : this.unitsView(model)}
      <dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      ${this.accessories(model.accessories ?? [])}${this.cost?.view()}`;
  }

  private unitsView(model: Model): Content {
    const items = this.units.value?.items ?? [], total = model.units?.total ?? items.length;
    return html`<div class="part-head"><h3>Units</h3>${total > 0 && html`<span class="quiet">${model.units?.available ?? 0} of ${total} here</span>`}</div>
      ${items.length === 0 ? html`<p class="quiet">${this.units.value ? "None yet." : "…"}</p>` : html`<ul class="units">${items.map((asset) => keyed(asset.id, html`<li><a href="/gear?asset=${asset.id}"><span class="number">${asset.number}</span><span class="unit-where">${asset.holder ? [asset.holder.person?.name, asset.holder.project?.name].filter(Boolean).join(" · ") || "out" : asset.home?.name ?? ""}</span>${statusPill(asset.status)}</a></li>`))}</ul>
        ${total > items.length && html`<a href="/gear?model=${model.id}&view=list">All ${total} units</a>`}`}`;
  }
}
customElements.define("depot-model", ModelSheet);
