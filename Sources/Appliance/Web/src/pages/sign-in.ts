// Signing in: pick yourself, type the PIN on the keypad or the keyboard. The PIN never leaves this element except
// to the daemon.

import "./sign-in.css";
import { avatar } from "../bits";
import { sentence, Problem } from "../api";
import { signIn, signInPeople } from "../commands";
import { html, keyed, Content, Template } from "../html";
import { icon, shape } from "../icons";
import { field, Page } from "../page";
import { address, to } from "../router";
import { clock } from "../time";
import { Person } from "../types";

const pinLengthMax = 12, retryMilliseconds = 3_000, filterFrom = 9;

class SignInPage extends Page {
  private people: Person[] | null = null;
  private person: Person | null = null;
  private pin = "";
  private filter = "";
  private error: string | null = null;
  private offlineSince: number | null = null;
  private isSending = false;

  protected override enter(): void {
    void this.load();
    this.listen("keydown", (event) => this.key(event));
  }

  private async load(): Promise<void> {
    try {
      this.people = await signInPeople();
      this.offlineSince = null;
      if (this.people.length === 1) this.person = this.people[0] ?? null;
    } catch (error) {
      if (error instanceof Problem && error.status > 0) this.error = sentence(error);
      this.offlineSince ??= Date.now();
      setTimeout(() => { if (this.isConnected) void this.load(); }, retryMilliseconds);
    }
    this.refresh();
  }

  private key(event: KeyboardEvent): void {
    if (!this.person || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^[0-9]$/.test(event.key)) this.press(event.key);
    else if (event.key === "Backspace") this.press("back");
    else if (event.key === "Escape") this.pick(null);
    else if (event.key === "Enter" && !(event.target as HTMLElement).closest("button")) void this.send();
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
    if (person) queueMicrotask(() => this.querySelector<HTMLElement>(".keypad-title")?.focus());
  }

  private async send(): Promise<void> {
    if (!this.person || this.pin === "" || this.isSending) return;
    this.isSending = true;
    this.refresh();
    try {
      await signIn(this.person.id, this.pin);
      to(address().searchParams.get("next") || "/", { replace: true });
    } catch (error) {
      this.error = words(error);
      this.pin = "";
    }
    this.isSending = false;
    this.refresh();
  }

  protected view(): Content {
    return html`<div class="sign-in ${this.person ? "sign-in-picked" : ""}">
      <header class="sign-in-head">${icon("scan")}<span>Depotd</span></header>
      ${this.offlineSince !== null && html`<p class="stale" role="alert">${icon("offline")}<span>${this.error ?? `The depot does not answer since ${clock(this.offlineSince)}.`} Trying again by itself.</span></p>`}
      <section class="sign-in-people" aria-labelledby="who"><h1 id="who">Who are you?</h1>${this.list()}</section>
      ${this.person ? this.keypad(this.person) : null}
    </div>`;
  }

  private list(): Content {
    if (!this.people) return this.offlineSince === null ? html`<div class="skeleton-page" aria-busy="true"></div>` : null;
    if (this.people.length === 0) return html`<p class="lead">Nobody can sign in yet. Make the first person with <code>depotd</code> on the appliance itself.</p>`;
    const seen = this.people.filter((person) => person.name.toLocaleLowerCase().includes(this.filter.trim().toLocaleLowerCase()));
    return html`${this.people.length >= filterFrom && html`<input class="input" type="search" aria-label="Find your name" placeholder="Find your name" .value=${this.filter} @keydown=${(event: Event) => event.stopPropagation()} @input=${(event: Event) => { this.filter = field(event).value; this.refresh(); }}>`}
      <ul class="people">${seen.map((person) => keyed(person.id, html`<li><button class="person" aria-pressed="${this.person?.id === person.id ? "true" : "false"}" @click=${() => this.pick(person)}>${avatar(person, "avatar-big")}<span class="person-words"><strong>${person.name}</strong><span>${person.role}</span></span></button></li>`))}</ul>
      ${seen.length === 0 ? html`<p class="lead">Nobody by that name.</p>` : null}`;
  }

  private keypad(person: Person): Template {
    const key = (digit: string): Template => html`<button class="key" @click=${() => this.press(digit)}>${digit}</button>`;
    return html`<section class="keypad" aria-labelledby="keypad-title">
      <button class="button button-small keypad-back" @click=${() => this.pick(null)}>${icon("back")}Someone else</button>
      <div class="keypad-person">${avatar(person, "avatar-big")}<h2 id="keypad-title" class="keypad-title" tabindex="-1">${person.name}</h2></div>
      <p class="keypad-pin" role="status" aria-label="${this.pin.length === 0 ? "PIN, nothing typed" : `PIN, ${this.pin.length} digits typed`}">${this.pin.length === 0 ? html`<span class="keypad-hint">Type your PIN</span>` : Array.from(this.pin, () => html`<i></i>`)}</p>
      <p class="keypad-error" role="alert">${this.error !== null && this.offlineSince === null ? html`${shape("stop")}<span>${this.error}</span>` : null}</p>
      <div class="keys">${["1", "2", "3", "4", "5", "6", "7", "8", "9"].map(key)}
        <button class="key key-quiet" aria-label="Delete the last digit" @click=${() => this.press("back")}>${icon("backspace")}</button>${key("0")}
        <button class="key key-first" ?disabled=${this.pin === "" || this.isSending} @click=${() => void this.send()}>${this.isSending ? "…" : "Enter"}</button></div>
    </section>`;
  }
}

function words(error: unknown): string {
  if (error instanceof Problem && error.status === 401) return "That PIN is not right. Try again.";
  if (error instanceof Problem && error.status === 0) return "The depot does not answer. Your PIN was not sent; try again in a moment.";
  return sentence(error);
}

customElements.define("page-sign-in", SignInPage);
