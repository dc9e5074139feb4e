// The places as a tree: rooms, racks and shelves, one inside the other. One form adds, renames and moves; a place that
// is put away stays with the gear that lived there.

import { get, query } from "../../daemon/api";
import { Asked } from "../../daemon/asked";
import { emptyPlace, failedPlace } from "../../elements/bits";
import { RecordForm } from "../../forms/form";
import { Choice } from "../../forms/picker";
import { change, make, Recorded, save, Values } from "../../forms/record";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { Page } from "../../elements/page";
import { address, to, withQuery } from "../../router";
import { mayEdit } from "../../daemon/store";
import { Ref } from "../../daemon/types";
import { debounced } from "../../elements/time";
import { moveInList } from "../rows";

export interface Place { id: string; name: string; parent: Ref | null; path: string; archived: boolean; version: number; assets?: number }
interface Branch { place: Place; depth: number }

export class Places extends Page {
  private readonly places = new Asked<{ items: Place[] }>(() => get(`/places${query({ archived: this.isWithArchived ? "all" : null })}`), () => this.refresh());
  private readonly loadSoon = debounced(120, () => void this.places.load());
  private form: { key: string; form: RecordForm } | null = null;
  private asked = false;

  private get isWithArchived(): boolean { return address().searchParams.get("archived") === "1"; }
  private get open(): string | null { return address().searchParams.get("place"); }
  /** The place that a new one goes into; `top` for none. */
  private get inside(): string | null { return address().searchParams.get("new"); }

  protected override enter(): void {
    this.asked = this.isWithArchived;
    void this.places.load();
    this.hears(["places"], () => this.loadSoon());
    this.listen("keydown", (event) => moveInList(event, this));
  }

  protected override shown(): void {
    if (this.asked !== this.isWithArchived) { this.asked = this.isWithArchived; void this.places.load(); }
  }

  /** Each place under the one it is in, by name; what is inside of something unseen stands at the top. */
  private get tree(): Branch[] {
    const all = this.places.value?.items ?? [], known = new Set(all.map((place) => place.id));
    const inside = new Map<string, Place[]>();
    for (const place of all) {
      const parent = place.parent && known.has(place.parent.id) ? place.parent.id : "";
      inside.set(parent, [...(inside.get(parent) ?? []), place]);
    }
    const under = (parent: string, depth: number): Branch[] => (inside.get(parent) ?? []).sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
      .flatMap((place) => [{ place, depth }, ...under(place.id, depth + 1)]);
    return under("", 0);
  }

  // ---- the form ------------------------------------------------------------------------------------------------------

  private planned(): RecordForm | null {
    const key = this.inside !== null ? `new-${this.inside}` : this.open;
    if (key === null || !mayEdit()) { this.form = null; return null; }
    const all = this.places.value?.items ?? [], place = all.find((one) => one.id === this.open), parent = all.find((one) => one.id === this.inside);
    if (this.inside === null && !place) return null;
    if (this.form?.key !== key) this.form = { key, form: this.makeForm(this.inside === null ? place : undefined, parent) };
    return this.form.form;
  }

  private makeForm(place: Place | undefined, parent: Place | undefined): RecordForm {
    const picker = { find: async (words: string) => (this.places.value?.items ?? []).filter((one) => !one.archived && one.id !== place?.id && one.path.toLocaleLowerCase().includes(words.toLocaleLowerCase())).slice(0, 12).map((one): Choice => ({ id: one.id, name: one.path })) };
    return new RecordForm({
      name: place ? `place-${place.id}` : `place-new-${parent?.id ?? ""}`, title: place ? place.name : parent ? `New place in ${parent.name}` : "New place",
      fields: () => [{ name: "name", label: "Name", kind: "line", isRequired: true, max: 100, isWide: true }, { name: "parent", label: "Inside", kind: "reference", picker, isWide: true, hint: "Empty: it stands by itself." }],
      ...(place ? { record: place as unknown as Values & Recorded } : { start: { parent: parent ? { id: parent.id, name: parent.path } : null } }),
      saveWords: place ? "Save" : "Add the place",
      save: (values, version) => place ? save<Place>(`/places/${place.id}`, values, version, (saved) => `${saved.path} is saved.`) : make<Place>("/places", values, (made) => `${made.path} is added.`),
      leave: () => { this.form = null; to(withQuery({ place: null, new: null })); void this.places.load(); this.focusSoon(place ? `[data-place="${place.id}"] [data-row]` : ".places-new"); },
    });
  }

  private async archive(place: Place): Promise<void> {
    await change<Place>(`/places/${place.id}`, { archived: !place.archived }, (saved) => (saved.archived ? `${saved.path} is archived.` : `${saved.path} is back.`));
    this.form = null;
    to(withQuery({ place: null }));
    void this.places.load();
  }

  // ---- what is seen ------------------------------------------------------------------------------------------------

  protected view(): Content {
    const { value, error } = this.places;
    if (!value) {
      if (error !== null) return failedPlace("The places could not be loaded", error, () => void this.places.load());
      return html`<div class="skeleton-rows" aria-busy="true">${Array.from({ length: 6 }, () => html`<span></span>`)}</div>`;
    }
    const form = this.planned(), open = value.items.find((place) => place.id === this.open);
    return html`<div class="settings-split ${form ? "settings-open" : ""}"><section class="settings-list" aria-label="Places">
      <div class="settings-tools">${mayEdit() && html`<a class="button button-first places-new" data-new href="${withQuery({ new: "top", place: null })}">${icon("plus")}New place</a>`}
        <a class="button" href="${withQuery({ archived: this.isWithArchived ? null : "1" })}">${this.isWithArchived ? "Without the archived" : "With the archived"}</a></div>
      ${value.items.length === 0 ? emptyPlace("place", "There is no place yet", "A room first, then its racks, then their shelves. Gear has one of them as its home.") : html`<ul class="list" aria-label="Places">${this.tree.map((branch) => keyed(branch.place.id, this.row(branch)))}</ul>`}</section>
      ${form && html`<aside class="settings-form" aria-label="Place">${form}${open && this.inside === null && html`<button class="button" @click=${() => void this.archive(open)}>${icon("archive")}${open.archived ? "Bring it back" : "Archive it"}</button>`}</aside>`}</div>`;
  }

  private row({ place, depth }: Branch): Template {
    const isOpen = place.id === this.open;
    const name = html`<strong>${depth === 0 ? place.path : place.name}</strong>${place.archived && html`<span class="quiet"> archived</span>`}`;
    return html`<li class="row place-row ${isOpen ? "row-open" : ""} ${place.archived ? "row-away" : ""}" data-place="${place.id}" style.--depth=${depth}>
      ${icon(depth === 0 ? "door" : "place")}
      ${mayEdit() ? html`<a class="row-link" data-row href="${withQuery({ place: place.id, new: null })}" aria-current="${isOpen ? "true" : null}">${name}${depth > 0 && html`<span class="unseen">, ${place.path}</span>`}</a>` : html`<span class="row-link" data-row tabindex="0">${name}</span>`}
      <a class="place-count" href="/gear?place=${place.id}">${place.assets === undefined ? "gear" : place.assets === 1 ? "1 piece" : `${place.assets} pieces`}</a>
      ${mayEdit() && !place.archived && html`<a class="icon-button" href="${withQuery({ new: place.id, place: null })}" aria-label="New place in ${place.path}" title="New place inside">${icon("plus")}</a>`}</li>`;
  }
}

customElements.define("settings-places", Places);
