// Saved views: a name for what an address asks for, one's own or shared with everybody. And what is shown as a file.

import { get, post, reply, sentence } from "../../daemon/api";
import { offerUndo } from "../../forms/record";
import { html, keyed, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { menu } from "../../elements/menu";
import { field } from "../../elements/page";
import { address } from "../../router";
import { mayEdit, state, tell } from "../../daemon/store";
import { List, Ref } from "../../daemon/types";
import { looked } from "./looking";

interface View { id: string; page: string; name: string; query: string; isShared: boolean; person: Ref | null }

/** The views of the gear page. */
export class Views {
  private items: View[] | null = null;
  private name = "";
  private isShared = false;

  constructor(private readonly again: () => void) {}

  async load(): Promise<void> {
    try { this.items = (await get<List<View>>("/views?page=gear")).items; } catch { this.items ??= []; }
    this.again();
  }

  private async keep(event: Event): Promise<void> {
    event.preventDefault();
    const name = this.name.trim();
    if (name === "") return;
    const panel = (event.currentTarget as HTMLElement).closest("details");
    try {
      await post("/views", { page: "gear", name, query: address().searchParams.get("view") === "list" ? `${looked()}&view=list` : looked(), isShared: this.isShared });
      this.name = "";
      if (panel) panel.open = false;
      tell("ok", `Saved as “${name}”.`);
    } catch (error) { tell("stop", sentence(error)); }
    await this.load();
  }

  private async drop(view: View): Promise<void> {
    try {
      const { change } = await reply("DELETE", `/views/${view.id}`);
      offerUndo(`“${view.name}” is gone.`, change, () => void this.load());
    } catch (error) { tell("stop", sentence(error)); }
    await this.load();
  }

  view(): Template {
    const here = looked();
    const row = (view: View): Template => keyed(view.id, html`<li class="view-row"><a class="menu-item" href="/gear?${view.query}" aria-current="${view.query.replace("&view=list", "") === here && here !== "" ? "true" : null}">${icon(view.isShared ? "people" : "bookmark")}<span>${view.name}</span></a>
      ${(view.person?.id === state.session?.id || (view.isShared && mayEdit())) && html`<button class="icon-button" aria-label="Remove the view ${view.name}" @click=${() => void this.drop(view)}>${icon("close")}</button>`}</li>`);
    return menu("bookmark", "Views", html`${(this.items ?? []).length === 0 ? html`<p class="menu-note">A view keeps filters and sorting under a name.</p>` : html`<ul>${(this.items ?? []).map(row)}</ul>`}
      <hr class="menu-line"><form class="view-new" @submit=${(event: Event) => void this.keep(event)}>
        <label for="view-name">Save what is shown as</label><input class="input" id="view-name" maxlength="100" autocomplete="off" .value=${this.name} @input=${(event: Event) => { this.name = field(event).value; this.again(); }}>
        ${mayEdit() && html`<label class="form-tick"><input type="checkbox" .checked=${this.isShared} @change=${(event: Event) => { this.isShared = field(event).checked; this.again(); }}><span class="form-box">${icon("check")}</span><span>For everybody</span></label>`}
        <button class="button button-small" ?disabled=${this.name.trim() === ""}>Save view</button></form>`, "menu-views");
  }
}

const forms: readonly (readonly [string, string])[] = [["csv", "CSV, for spreadsheets"], ["jsonl", "JSON Lines, for programs"], ["geojson", "GeoJSON, for maps"]];

/** What is shown, as a file. */
export function exporting(): Template {
  const here = looked();
  return menu("export", "Export", html`<p class="menu-note">What is shown, as a file</p>${forms.map(([ending, words]) => html`<a class="menu-item" download href="/api/v1/export/assets.${ending}${here && `?${here}`}">${icon("export")}<span>${words}</span></a>`)}
    ${mayEdit() && html`<hr class="menu-line"><a class="menu-item" href="/import?kind=assets">${icon("import")}<span>Import a file instead</span></a>`}`, "menu-export");
}
