// Signing in: by name and passphrase, and at a trusted screen by a face and a PIN, or by a badge that is held to the
// door's reader. What is typed never leaves this element except to the daemon.

import "./sign-in.css";
import { avatar } from "../../elements/bits";
import { sentence, Problem } from "../../daemon/api";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon, shape } from "../../elements/icons";
import { field, Page } from "../../elements/page";
import { address, to } from "../../router";
import "../../input/scanned";
import { clock } from "../../elements/time";
import { Person } from "../../daemon/types";
import { secretField } from "./secret-field";
import { Screen, signInByBadge, signInByPassphrase, signInByPIN, signInPeople } from "./ways";

const pinLengthMax = 12, retryMilliseconds = 3_000, filterFrom = 9;

class SignInPage extends Page {
  /** Null until it is known; without a screen this browser is not trusted. */
  private known: { people: Person[]; screen: Screen | null } | null = null;
  private person: Person | null = null;
  private pin = "";
  private name = "";
  private passphrase = "";
  private isShown = false;
  private wantsPassphrase = false;
  private filter = "";
  private error: string | null = null;
  private offlineSince: number | null = null;
  private isSending = false;

  protected override enter(): void {
    void this.load();
    this.listen("keydown", (event) => this.key(event));
    this.listen("depot-scan", (event) => { event.preventDefault(); void this.takeBadge(event.detail); });
  }

  private get isByPIN(): boolean { return this.known?.screen != null && this.known.people.length > 0 && !this.wantsPassphrase; }

  private async load(): Promise<void> {
    try {
      const { items, screen } = await signInPeople();
      this.known = { people: items, screen };
      if (items.length === 1) this.person = items[0] ?? null;
      if (screen.door !== null) void this.awaitBadges();
      this.offlineSince = null;
    } catch (error) {
      if (error instanceof Problem && error.status === 403) { this.known = { people: [], screen: null }; this.offlineSince = null; }
      else this.loadLater(error);
    }
    this.refresh();
    if (this.known && !this.isByPIN) this.focusSoon("#name");
  }

  private loadLater(error: unknown): void {
    if (error instanceof Problem && error.status > 0) this.error = sentence(error);
    this.offlineSince ??= Date.now();
    setTimeout(() => { if (this.isConnected) void this.load(); }, retryMilliseconds);
  }

  // ---- badges --------------------------------------------------------------------------------------------------------

  /** Waits for badges at the door's reader as long as this page is shown. */
  private async awaitBadges(): Promise<void> {
    while (this.isConnected) {
      try {
        const badged = await signInByBadge(null);
        if (!this.isConnected || this.took(badged)) return;
      } catch (error) {
        if (error instanceof Problem && error.status === 403) return;
        await new Promise((resolve) => setTimeout(resolve, retryMilliseconds));
      }
    }
  }

  private async takeBadge(code: string): Promise<void> {
    if (!this.known?.screen) return;
    try { this.took(await signInByBadge(code)); } catch (error) { this.error = sentence(error); this.refresh(); }
  }

  private took(badged: true | Person | null): boolean {
    if (badged === true) { this.goOn(); return true; }
    if (badged) { this.wantsPassphrase = false; this.pick(badged); }
    return false;
  }

  private goOn(): void { to(address().searchParams.get("next") || "/", { replace: true }); }

  // ---- PINs ----------------------------------------------------------------------------------------------------------

  private key(event: KeyboardEvent): void {
    if (!this.isByPIN || !this.person || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^[0-9]$/.test(event.key)) this.press(event.key);
    else if (event.key === "Backspace") this.press("back");
    else if (event.key === "Escape") this.pick(null);
    else if (event.key === "Enter" && !(event.target as HTMLElement).closest("button")) this.sendPIN();
    else return;
    event.preventDefault();
  }

  private press(key: string): void {
    if (this.isSending) return;
    this.error = null;
    this.pin = key === "back" ? this.pin.slice(0, -1) : (this.pin + key).slice(0, pinLengthMax);
    this.refresh();
  }

  private pick(person: Person | null): void {
    this.person = person;
    this.pin = "";
    this.error = null;
    this.refresh();
    if (person) this.focusSoon(".keypad-title");
  }

  private sendPIN(): void {
    const { person, pin } = this;
    if (person && pin !== "") void this.send(() => signInByPIN(person.id, pin), "That PIN is not right. Try again.");
  }

  private async send(signIn: () => Promise<void>, refused: string): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    this.error = null;
    this.refresh();
    try {
      await signIn();
      this.goOn();
    } catch (error) {
      this.error = words(error, refused);
      this.pin = this.passphrase = "";
      if (!this.isByPIN) this.focusSoon("#passphrase");
    }
    this.isSending = false;
    this.refresh();
  }

  // ---- what is seen --------------------------------------------------------------------------------------------------

  protected view(): Content {
    this.toggleAttribute("data-takes-scans", this.known?.screen != null && this.person === null);
    return html`<div class="sign-in ${this.isByPIN && this.person ? "sign-in-picked" : ""}">
      <header class="sign-in-head">${icon("scan")}<span>Depotd</span>${this.known?.screen && html`<span class="sign-in-where">${this.known.screen.name}</span>`}</header>
      ${this.offlineSince !== null && html`<p class="stale" role="alert">${icon("offline")}<span>${this.error ?? `The depot does not answer since ${clock(this.offlineSince)}.`} Trying again by itself.</span></p>`}
      ${this.way()}
    </div>`;
  }

  private way(): Content {
    if (!this.known) return this.offlineSince === null ? html`<div class="skeleton-page" aria-busy="true"></div>` : null;
    if (!this.isByPIN) return this.form(this.known.screen);
    return html`<section class="sign-in-people" aria-labelledby="who"><h1 id="who">Who are you?</h1>
        ${this.known.screen?.door && html`<p class="sign-in-badge">${icon("badge")}<span>Hold your badge to the reader, or pick your name.</span></p>`}
        ${this.list(this.known.people)}
        <p><button class="button" @click=${() => this.change(true)}>${icon("keyboard")}Sign in with a passphrase</button></p></section>
      ${this.person ? this.keypad(this.person) : null}`;
  }

  private change(wantsPassphrase: boolean): void {
    this.wantsPassphrase = wantsPassphrase;
    this.pick(null);
    if (wantsPassphrase) this.focusSoon("#name");
  }

  private form(screen: Screen | null): Template {
    return html`<section class="sign-in-form" aria-labelledby="who"><h1 id="who">Sign in</h1>
      <form class="sign-in-card" @submit=${(event: Event) => { event.preventDefault(); this.sendPassphrase(); }}>
        <div class="form-field"><label for="name">Name or e-mail</label><input class="input" id="name" name="name" autocomplete="username" autocapitalize="off" spellcheck="false" maxlength="254" .value=${this.name} @input=${(event: Event) => { this.name = field(event).value; }}></div>
        ${secretField({ id: "passphrase", label: "Passphrase", value: this.passphrase, autocomplete: "current-password", isShown: this.isShown, typed: (value) => { this.passphrase = value; }, show: () => { this.isShown = !this.isShown; this.refresh(); } })}
        ${this.trouble()}
        <button class="button button-first" ?disabled=${this.isSending}>${this.isSending ? "Signing in…" : "Sign in"}</button></form>
      ${screen && this.known?.people.length ? html`<p><button class="button" @click=${() => this.change(false)}>${icon("back")}Sign in with a PIN</button></p>`
        : html`<p class="quiet">No passphrase yet, or forgotten? A manager makes you a link for it, on your page under People. PINs and badges work at the screens of the doors.</p>`}</section>`;
  }

  private trouble(): Template {
    return html`<p class="keypad-error" role="alert">${this.error !== null && this.offlineSince === null ? html`${shape("stop")}<span>${this.error}</span>` : null}</p>`;
  }

  private sendPassphrase(): void {
    const { name, passphrase } = this;
    if (name.trim() === "" || passphrase === "") { this.error = "Type your name and your passphrase."; this.refresh(); return; }
    void this.send(() => signInByPassphrase(name, passphrase), "That name and passphrase do not fit together. Try again.");
  }

  private list(people: Person[]): Content {
    const seen = people.filter((person) => person.name.toLocaleLowerCase().includes(this.filter.trim().toLocaleLowerCase()));
    return html`${people.length >= filterFrom && html`<input class="input" type="search" aria-label="Find your name" placeholder="Find your name" .value=${this.filter} @keydown=${(event: Event) => event.stopPropagation()} @input=${(event: Event) => { this.filter = field(event).value; this.refresh(); }}>`}
      <ul class="people">${seen.map((person) => keyed(person.id, html`<li><button class="person" aria-pressed="${this.person?.id === person.id ? "true" : "false"}" @click=${() => this.pick(person)}>${avatar(person, "avatar-big")}<span class="person-words"><strong>${person.name}</strong><span>${person.role}</span></span></button></li>`))}</ul>
      ${seen.length === 0 ? html`<p class="lead">Nobody by that name.</p>` : null}
      ${this.person === null && this.error !== null ? this.trouble() : null}`;
  }

  private keypad(person: Person): Template {
    const key = (digit: string): Template => html`<button class="key" @click=${() => this.press(digit)}>${digit}</button>`;
    return html`<section class="keypad" aria-labelledby="keypad-title">
      <button class="button button-small keypad-back" @click=${() => this.pick(null)}>${icon("back")}Someone else</button>
      <div class="keypad-person">${avatar(person, "avatar-big")}<h2 id="keypad-title" class="keypad-title" tabindex="-1">${person.name}</h2></div>
      <p class="keypad-pin" role="status" aria-label="${this.pin.length === 0 ? "PIN, nothing typed" : `PIN, ${this.pin.length} digits typed`}">${this.pin.length === 0 ? html`<span class="keypad-hint">Type your PIN</span>` : Array.from(this.pin, () => html`<i></i>`)}</p>
      ${this.trouble()}
      <div class="keys">${["1", "2", "3", "4", "5", "6", "7", "8", "9"].map(key)}
        <button class="key key-quiet" aria-label="Delete the last digit" @click=${() => this.press("back")}>${icon("backspace")}</button>${key("0")}
        <button class="key key-first" ?disabled=${this.pin === "" || this.isSending} @click=${() => this.sendPIN()}>${this.isSending ? "…" : "Enter"}</button></div>
    </section>`;
  }
}

function words(error: unknown, refused: string): string {
  if (error instanceof Problem && error.status === 401) return refused;
  if (error instanceof Problem && error.status === 0) return "The depot does not answer. Nothing was sent; try again in a moment.";
  return sentence(error);
}

customElements.define("page-sign-in", SignInPage);
