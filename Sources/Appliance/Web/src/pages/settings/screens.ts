// The trusted screens: browsers that stand at a door, where people sign in with a face and a PIN, or with a badge. A
// manager trusts the browser they are in front of, once, and takes trust back from any.

import { get, patch, post, remove, sentence } from "../../daemon/api";
import { Asked } from "../../daemon/asked";
import { emptyPlace, failedPlace } from "../../elements/bits";
import { loadDoors } from "../../daemon/commands";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon, shape } from "../../elements/icons";
import { field, Page } from "../../elements/page";
import { mayEdit, state, tell } from "../../daemon/store";
import { ago, clock } from "../../elements/time";
import { Screen } from "../sign-in/ways";

export class Screens extends Page {
  private readonly screens = new Asked<{ items: Screen[] }>(() => get("/screens"), () => this.refresh());
  private name: string | null = null;
  private door = "";
  private error: string | null = null;

  protected override enter(): void {
    if (!mayEdit()) return;
    void this.screens.load();
    void loadDoors();
  }

  private async trust(): Promise<void> {
    try {
      const made = await post<Screen>("/screens", { name: this.name ?? "", door: this.door || null });
      tell("ok", `This screen is trusted as ${made.name}.`);
      this.name = this.error = null;
      void this.screens.load();
    } catch (error) { this.error = sentence(error); }
    this.refresh();
  }

  private async edit(screen: Screen, change: { door?: string | null; badge?: Screen["badge"] }): Promise<void> {
    try { await patch(`/screens/${screen.id}`, change); } catch (error) { tell("stop", sentence(error)); }
    void this.screens.load();
  }

  private async forget(screen: Screen): Promise<void> {
    try {
      await remove(`/screens/${screen.id}`);
      tell("ok", `${screen.name} is not trusted any more.`);
    } catch (error) { tell("stop", sentence(error)); }
    void this.screens.load();
  }

  private begin(): void {
    this.name = "";
    this.error = null;
    this.door = state.doors?.length === 1 ? state.doors[0]?.id ?? "" : "";
    this.refresh();
    this.focusSoon("#screen-name");
  }

  // ---- what is seen --------------------------------------------------------------------------------------------------

  protected view(): Content {
    if (!mayEdit()) return emptyPlace("reader", "Only managers trust screens", "Ask one of them to come to this screen.");
    const { value, error } = this.screens;
    if (!value) return error !== null ? failedPlace("The screens could not be loaded", error, () => void this.screens.load()) : html`<div class="skeleton-rows" aria-busy="true"><span></span></div>`;
    return html`<section class="settings-list" aria-label="Trusted screens">
      <p class="lead">At a trusted screen people sign in with their name and a PIN, or by holding a badge to the reader of its door. Anywhere else it takes a passphrase.</p>
      ${this.name !== null ? this.form(this.name) : html`<div class="settings-tools"><button class="button button-first" @click=${() => this.begin()}>${icon("plus")}Trust this screen as a door</button></div>`}
      ${value.items.length === 0 ? emptyPlace("door", "No screen is trusted yet", "Open this page on the screen at a door and trust it there.") : html`<ul class="list" aria-label="Trusted screens">${value.items.map((screen) => keyed(screen.id, this.row(screen)))}</ul>`}</section>`;
  }

  private doorChoice(id: string, value: string, chosen: (door: string) => void): Template {
    return html`<select class="input" id="${id}" @change=${(event: Event) => chosen(field(event).value)}><option value="" .selected=${value === ""}>No door</option>${(state.doors ?? []).map((door) => html`<option value="${door.id}" .selected=${door.id === value}>${door.name}</option>`)}</select>`;
  }

  private form(name: string): Template {
    return html`<form class="pin-form screen-form" aria-label="Trust this screen" @submit=${(event: Event) => { event.preventDefault(); void this.trust(); }}>
      <div class="form-field"><label for="screen-name">Name of this screen</label><input class="input" id="screen-name" maxlength="60" autocomplete="off" .value=${name} aria-invalid="${this.error ? "true" : null}" aria-describedby="${this.error ? "screen-error" : null}" @input=${(event: Event) => { this.name = field(event).value; this.error = null; this.refresh(); }}>
        ${this.error !== null && html`<p class="form-error" id="screen-error" role="alert">${shape("stop")}<span>${this.error}</span></p>`}</div>
      <div class="form-field"><label for="screen-door">Badges of which door’s reader</label>${this.doorChoice("screen-door", this.door, (door) => { this.door = door; this.refresh(); })}</div>
      <div class="badge-row"><button class="button button-first">Trust it</button><button type="button" class="button" @click=${() => { this.name = null; this.refresh(); }}>Cancel</button></div></form>`;
  }

  private row(screen: Screen): Template {
    return html`<li class="screen-row"><span class="session-words"><strong>${screen.name}</strong>${screen.this && html` <span class="pill pill-available">this one</span>`}
        <span class="quiet">${[screen.trustedBy && `trusted by ${screen.trustedBy}`, clock(screen.since), `seen ${ago(screen.seenAt)}`].filter(Boolean).join(" · ")}</span></span>
      <span class="form-field"><label for="door-${screen.id}">Door</label>${this.doorChoice(`door-${screen.id}`, screen.door ?? "", (door) => void this.edit(screen, { door: door || null }))}</span>
      <span class="form-field"><label for="badge-${screen.id}">A badge</label><select class="input" id="badge-${screen.id}" @change=${(event: Event) => void this.edit(screen, { badge: field(event).value as Screen["badge"] })}>
        <option value="alone" .selected=${screen.badge === "alone"}>signs in with crew rights</option><option value="pin" .selected=${screen.badge === "pin"}>needs the PIN too</option></select></span>
      <button class="icon-button" aria-label="Trust ${screen.name} no more" title="Trust it no more" @click=${() => void this.forget(screen)}>${icon("close")}</button></li>`;
  }
}

customElements.define("settings-screens", Screens);
