// What a thing cost and is worth, for managers alone: shown under its facts, edited in place.

import { get } from "../daemon/api";
import { Asked } from "../daemon/asked";
import { RecordForm } from "../forms/form";
import { Recorded, save, Values } from "../forms/record";
import { html, Content } from "../elements/html";
import { icon } from "../elements/icons";
import { mayEdit } from "../daemon/store";

interface Costs { value: number | null; price: number | null; boughtOn: string | null; supplier: string | null; version?: number }

/** The cost of one asset or model; `path` is its address in the API. */
export class Cost {
  private readonly asked: Asked<Costs>;
  private form: RecordForm | null = null;

  constructor(private readonly path: string, private readonly again: () => void) {
    this.asked = new Asked(() => get<Costs>(`${path}/cost`), again);
    if (mayEdit()) void this.asked.load();
  }

  private edit(costs: Costs): void {
    this.form = new RecordForm({
      name: `cost-${this.path.replace(/\W/g, "-")}`, title: "Cost", record: costs as unknown as Values & Recorded,
      fields: () => [
        { name: "price", label: "Bought for", kind: "money" }, { name: "value", label: "Worth now", kind: "money" },
        { name: "boughtOn", label: "Bought on", kind: "day" }, { name: "supplier", label: "Supplier", kind: "line", max: 200 },
      ],
      save: async (fields, version) => { this.asked.take(await save<Costs>(`${this.path}/cost`, fields, version, () => "The cost is saved.", () => void this.asked.load())); },
      leave: () => { this.form = null; this.again(); },
    });
    this.again();
  }

  view(): Content {
    const costs = this.asked.value;
    if (!mayEdit()) return null;
    if (this.form) return html`<section class="cost-form">${this.form}</section>`;
    if (!costs) return this.asked.error !== null ? html`<h3>Cost</h3><p class="quiet">${this.asked.error}</p>` : null;
    const facts: [string, string | null][] = [["Bought for", amount(costs.price)], ["Worth now", amount(costs.value)], ["Bought on", costs.boughtOn], ["Supplier", costs.supplier]];
    const known = facts.filter(([, value]) => value !== null);
    return html`<div class="part-head"><h3>Cost</h3><button class="button button-small" @click=${() => this.edit(costs)}>${icon("edit")}<span>${known.length === 0 ? "Enter" : "Edit"}</span></button></div>
      ${known.length === 0 ? html`<p class="quiet">Not entered. Only managers see it.</p>` : html`<dl class="facts">${known.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`}`;
  }
}

function amount(cents: number | null): string | null { return cents === null ? null : (cents / 100).toLocaleString("en", { minimumFractionDigits: 2 }); }
