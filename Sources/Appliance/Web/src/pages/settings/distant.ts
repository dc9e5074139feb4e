// Gear of the other depots, as the hub told it: to look where something is, not to change it.

import { get, query } from "../../daemon/api";
import { Asked } from "../../daemon/asked";
import { emptyPlace, failedPlace, statusPill } from "../../elements/bits";
import { html, Content, Template } from "../../elements/html";
import { field, Page } from "../../elements/page";
import { debounced } from "../../elements/time";
import { Status } from "../../daemon/types";

interface Distant { depot: string; number: string | null; name: string | null; model: string | null; status: Status | null; person: string | null; project: string | null; home: string | null }

export class DistantGear extends Page {
  private words = "";
  private readonly gear = new Asked<{ items: Distant[]; count: number }>(() => get(`/distant/assets${query({ q: this.words })}`), () => this.refresh());
  private readonly search = debounced(120, () => void this.gear.load());

  protected override enter(): void {
    void this.gear.load();
    this.hears(["assets"], (fact) => { if (fact.topic === "reset" || fact.kind === "distant") void this.gear.load(); });
  }

  protected view(): Content {
    const { value, error } = this.gear;
    if (!value) return error !== null ? failedPlace("The gear of other depots could not be loaded", error, () => void this.gear.load()) : html`<div class="skeleton-rows" aria-busy="true"><span></span></div>`;
    if (value.count === 0 && this.words === "") return emptyPlace("place", "Nothing is known of other depots", "Their gear is listed here when they share a hub with this one.");
    return html`<section class="settings-list" aria-label="Gear at other depots"><h2>Gear at other depots</h2>
      <div class="form-field distant-search"><label for="distant-words">Number, name, model, holder or depot</label><input class="input" id="distant-words" type="search" autocomplete="off" .value=${this.words} @input=${(event: Event) => { this.words = field(event).value; this.search(); }}></div>
      <p class="quiet" role="status">${value.count === 0 ? "Nothing there is called that." : `${value.count} there${value.count > value.items.length ? `, the first ${value.items.length} of them` : ""}`}</p>
      <ul class="list" aria-label="Gear at other depots">${value.items.map((one) => this.row(one))}</ul></section>`;
  }

  private row(one: Distant): Template {
    const whereabouts = one.person ?? one.project ? [one.person, one.project].filter(Boolean).join(" · ") : one.home ?? "";
    return html`<li class="distant-row"><strong>${one.number ?? "?"}</strong><span>${one.name ?? one.model ?? ""}</span><span class="quiet">${one.depot}${whereabouts !== "" && html` · ${whereabouts}`}</span>${one.status !== null && statusPill(one.status)}</li>`;
  }
}

customElements.define("settings-distant", DistantGear);
