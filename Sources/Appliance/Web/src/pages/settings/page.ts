// Settings: the places gear lives in, the categories with the fields of their gear, and the trusted screens. Which of
// them is open is in the address. The tree is in places.ts, the editor of fields in categories.ts, the screens in
// screens.ts.

import "./settings.css";
import { emptyPlace, staleStrip } from "../../bits";
import { html, Content } from "../../html";
import { Page } from "../../page";
import { address } from "../../router";
import { Categories } from "./categories";
import { Places } from "./places";
import { Screens } from "./screens";

class SettingsPage extends Page {
  private readonly places = new Places();
  private readonly categories = new Categories();
  private readonly screens = new Screens();

  private get tab(): string { return address().pathname.split("/")[2] ?? "places"; }

  protected override shown(): void { (this.tab === "screens" ? this.screens : this.tab === "categories" ? this.categories : this.places).refresh(); }

  protected view(): Content {
    const tab = (key: string, name: string): Content => html`<a class="chip chip-plain" href="/settings/${key}" aria-current="${this.tab === key ? "page" : null}">${name}</a>`;
    return html`<div class="settings"><header class="desk-head"><h1>Settings</h1></header>
      <nav class="chips" aria-label="Settings">${tab("places", "Places")}${tab("categories", "Categories")}${tab("screens", "Trusted screens")}</nav>${staleStrip()}
      ${this.tab === "screens" ? this.screens : this.tab === "categories" ? this.categories : this.tab === "places" ? this.places : emptyPlace("settings", "There are no such settings", "Places, categories and trusted screens are set here.")}</div>`;
  }
}

customElements.define("page-settings", SettingsPage);
