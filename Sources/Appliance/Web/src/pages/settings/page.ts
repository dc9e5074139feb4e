// Settings: the places gear lives in, the categories with the fields of their gear, the trusted screens, and for admins
// the audit trail, and how the sync with the hub stands. Which of them is open is in the address. The tree is in places.ts,
// the editor of fields in categories.ts, the screens in screens.ts, the sync in hub.ts.

import "./settings.css";
import { emptyPlace, staleStrip } from "../../bits";
import { html, Content } from "../../html";
import { Page } from "../../page";
import { address } from "../../router";
import { state } from "../../store";
import { Audit } from "./audit";
import { Categories } from "./categories";
import { Hub } from "./hub";
import { Places } from "./places";
import { Screens } from "./screens";

class SettingsPage extends Page {
  private readonly places = new Places();
  private readonly categories = new Categories();
  private readonly screens = new Screens();
  private readonly audit = new Audit();
  private readonly hub = new Hub();
  private seen = "";

  private get tab(): string { return address().pathname.split("/")[2] ?? "places"; }

  /** The tab that the address names; null where there is none for who asks. */
  private get open(): Page | null {
    if (this.tab === "audit") return state.session?.role === "admin" ? this.audit : null;
    return { places: this.places, categories: this.categories, screens: this.screens, hub: this.hub }[this.tab] ?? null;
  }

  protected override shown(): void {
    this.open?.refresh();
    if (this.seen === this.tab) return;
    this.seen = this.tab;
    // On a phone the last tabs lie outside.
    this.querySelector(".chips [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  protected view(): Content {
    const tab = (key: string, name: string): Content => html`<a class="chip chip-plain" href="/settings/${key}" aria-current="${this.tab === key ? "page" : null}">${name}</a>`;
    const isAdmin = state.session?.role === "admin";
    return html`<div class="settings"><header class="desk-head"><h1>Settings</h1></header>
      <nav class="chips" aria-label="Settings">${tab("places", "Places")}${tab("categories", "Categories")}${tab("screens", "Trusted screens")}${tab("hub", "Hub")}${isAdmin && tab("audit", "Audit")}</nav>${staleStrip()}
      ${this.open ?? emptyPlace("settings", "There are no such settings", "Places, categories and trusted screens are set here.")}</div>`;
  }
}

customElements.define("page-settings", SettingsPage);
