// Counted stock of one model: how much there is, how much is out and with whom; moved by hand, counted anew.

import { get, post, sentence } from "../../daemon/api";
import { Asked } from "../../daemon/asked";
import { RecordForm } from "../../forms/form";
import { save, Values } from "../../forms/record";
import { html, Content, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { people, places, projects } from "../../forms/pickers";
import { mayEdit, tell } from "../../daemon/store";
import { clock } from "../../elements/time";
import { Stock } from "../../daemon/types";
import { Codes } from "../gear/codes";

export class StockPanel {
  private readonly asked: Asked<Stock>;
  private form: RecordForm | null = null;
  private readonly codes: Codes;

  constructor(private readonly model: string, private readonly again: () => void) {
    this.asked = new Asked(() => get<Stock>(`/models/${model}/stock`), again);
    this.codes = new Codes(again, () => this.reload());
    this.reload();
  }

  reload(): void { void this.asked.load(); }

  private open(form: RecordForm): void { this.form = form; this.again(); }
  private readonly leave = (): void => { this.form = null; this.again(); };

  private move(kind: "out" | "in"): void {
    this.open(new RecordForm({
      name: `stock-${kind}-${this.model}`, title: kind === "out" ? "Take pieces out" : "Bring pieces back", saveWords: kind === "out" ? "Take out" : "Bring back",
      fields: () => [
        { name: "quantity", label: "How many", kind: "whole", isRequired: true, unit: "pieces" },
        { name: "person", label: "Person", kind: "reference", picker: people }, { name: "project", label: "Project", kind: "reference", picker: projects },
      ],
      save: async (fields) => {
        const stock = await post<Stock>(`/models/${this.model}/stock`, { ...fields, kind });
        tell("ok", `${fields["quantity"]} ${kind === "out" ? "out" : "back"}: ${stock.here} of ${stock.total} here.`, { label: "Undo", run: () => void this.moveBack({ ...fields, kind: kind === "out" ? "in" : "out" }) });
        this.reload();
      },
      leave: this.leave,
    }));
  }

  /** A movement is taken back by the opposite one: pieces have no names. */
  private async moveBack(fields: Values): Promise<void> {
    try { await post(`/models/${this.model}/stock`, fields); tell("ok", "Taken back."); } catch (error) { tell("stop", sentence(error)); }
    this.reload();
  }

  private count(stock: Stock): void {
    this.open(new RecordForm({
      name: `stock-count-${this.model}`, title: "Count", record: stock as Stock & Values,
      fields: () => [{ name: "total", label: "How many there are in all", kind: "whole", isRequired: true, unit: "pieces", hint: "With those that are out." }, { name: "place", label: "Place", kind: "reference", picker: places }],
      save: async (fields, version) => { await save<Stock>(`/models/${this.model}/stock`, fields, version, (now) => `${now.total} in all.`, () => this.reload()); this.reload(); },
      leave: this.leave,
    }));
  }

  view(): Content {
    const stock = this.asked.value;
    if (this.form) return html`<section class="cost-form">${this.form}</section>`;
    if (!stock) return this.asked.error === null ? html`<div class="skeleton-page" aria-busy="true"></div>` : html`<p class="quiet">${this.asked.error} <button class="button button-small" @click=${() => this.reload()}>Try again</button></p>`;
    const figure = (number: number, words: string): Template => html`<div><b>${number.toLocaleString("en")}</b><span>${words}</span></div>`;
    return html`<section class="stock" aria-label="Counted stock"><div class="stock-figures">${figure(stock.here, "here")}${figure(stock.out, "out")}${figure(stock.total, "in all")}</div>
      <meter class="stock-meter" min="0" max="${Math.max(1, stock.total)}" value="${Math.max(0, stock.here)}" aria-label="${stock.here} of ${stock.total} here"></meter>
      ${stock.place && html`<p class="row-place">${icon("place")}<span>${stock.place.name}</span></p>`}
      <div class="detail-tools"><button class="button button-small" @click=${() => this.move("out")}>${icon("out")}<span>Take out</span></button><button class="button button-small" @click=${() => this.move("in")}>${icon("in")}<span>Bring back</span></button>
        ${mayEdit() && html`<button class="button button-small" @click=${() => this.count(stock)}>${icon("edit")}<span>Count</span></button>`}</div></section>
      ${(stock.holders ?? []).length > 0 && html`<h3>Out with</h3><ul class="accessories">${(stock.holders ?? []).map((holder) => html`<li><b>${holder.quantity} ×</b> ${[holder.person?.name, holder.project?.name].filter(Boolean).join(" · ") || "nobody named"} <span class="quiet">since ${clock(holder.since)}</span></li>`)}</ul>`}
      <h3>Codes on the shelf</h3>${this.codes.view({ name: stock.name, codes: stock.codes ?? [], add: `/models/${this.model}/codes`, drop: (key) => `/models/${this.model}/codes?key=${encodeURIComponent(key)}` })}`;
  }
}
