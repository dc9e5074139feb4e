// How a person signs in, and where they are signed in: on one's own page one changes it, on that of somebody with a lower
// role a manager helps. A phone is enrolled, and a forgotten passphrase replaced, by a link that works once.

import { Problem, sentence } from "../../daemon/api";
import { Asked } from "../../daemon/asked";
import { leave } from "../../daemon/commands";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { Page } from "../../elements/page";
import { state, tell } from "../../daemon/store";
import { ago, clock, left } from "../../elements/time";
import { passphraseHint, secretField, wrongWords } from "../sign-in/secret-field";
import { endSession, endSessions, loadSignIn, makeLink, PersonDetail, PhoneLink, QR, setPassphrase, setPIN, SignedIn, SignInFacts } from "./people";

type Change = "passphrase" | "pin" | "link";
const ranks = ["crew", "manager", "admin"];
const ways: Record<string, string> = { passphrase: "by passphrase", pin: "by PIN", badge: "by badge", link: "by link" };

export class PersonSignIn extends Page {
  private person: PersonDetail | null = null;
  private facts = this.asked();
  private change: Change | null = null;
  private current = "";
  private fresh = "";
  private isShown = false;
  private wrong: { field: string; words: string } | null = null;
  private link: PhoneLink | null = null;

  private asked(): Asked<SignInFacts> { return new Asked<SignInFacts>(() => loadSignIn(this.person?.id ?? ""), () => this.refresh()); }

  suit(person: PersonDetail): void {
    const isOther = person.id !== this.person?.id;
    this.person = person;
    if (isOther) {
      this.facts = this.asked();
      this.link = null;
      this.stop();
      if (this.mayLook) void this.facts.load();
    }
    this.refresh();
  }

  private get isMe(): boolean { return this.person?.id === state.session?.id; }

  /** As the daemon has it: one's own, or that of somebody with a lower role; an admin's word goes everywhere. */
  private get mayLook(): boolean {
    const mine = state.session?.role ?? "crew", theirs = this.person?.role ?? "admin";
    return this.isMe || mine === "admin" || ranks.indexOf(mine) > ranks.indexOf(theirs);
  }

  private start(change: Change): void {
    this.stop();
    this.link = null;
    if (change === "link" && !this.isMe) { void this.send("link"); return; }
    this.change = change;
    this.refresh();
    queueMicrotask(() => this.querySelector<HTMLInputElement>("form input")?.focus());
  }

  private stop(): void {
    this.change = null;
    this.current = this.fresh = "";
    this.isShown = false;
    this.wrong = null;
    this.refresh();
  }

  private async send(change: Change): Promise<void> {
    const { person, current, fresh, isMe } = this;
    if (!person) return;
    try {
      if (change === "link") this.link = await makeLink(person.id, isMe ? current : null);
      else if (change === "pin") await setPIN(person.id, fresh, isMe ? current : null);
      else await setPassphrase(fresh, current);
      if (change === "pin") tell("ok", isMe ? "Your new PIN is set." : `${person.name} has a new PIN.`);
      if (change === "passphrase") tell("ok", "Your new passphrase is set. Everywhere else you are signed out.");
      this.stop();
      void this.facts.load();
    } catch (error) {
      if (this.change === null) tell("stop", sentence(error));
      else this.wrong = { field: error instanceof Problem ? Object.keys(error.fields)[0] ?? "" : "", words: sentence(error) };
    }
    this.refresh();
    this.focusSoon(this.wrong ? "[aria-invalid]" : ".phone-link");
  }

  private async end(session: SignedIn): Promise<void> {
    if (!this.person) return;
    try { await endSession(this.person.id, session.id); } catch (error) { tell("stop", sentence(error)); }
    if (session.this) leave();
    else void this.facts.load();
  }

  private async endAll(): Promise<void> {
    if (!this.person) return;
    try { await endSessions(this.person.id); } catch (error) { tell("stop", sentence(error)); return; }
    if (this.isMe) leave();
    else { tell("ok", `${this.person.name} is signed out everywhere.`); void this.facts.load(); }
  }

  // ---- what is seen --------------------------------------------------------------------------------------------------

  protected view(): Content {
    const facts = this.facts.value;
    if (!this.person || !this.mayLook || !facts) return null;
    const first = this.isMe ? "You" : this.person.name.split(" ")[0];
    return html`<section class="person-sign-in" aria-labelledby="signs-in"><h3 id="signs-in">${this.isMe ? "Your account" : "Signing in"}</h3>
      <p class="quiet">${means(facts, first ?? "", this.isMe)}</p>
      ${this.change !== null ? this.form(this.change, facts) : this.buttons(facts)}
      ${this.link && this.phone(this.link)}
      ${facts.sessions.length > 0 && html`<ul class="sessions" aria-label="Where ${this.isMe ? "you are" : `${first} is`} signed in">${facts.sessions.map((session) => keyed(session.id, this.session(session)))}</ul>`}
      ${facts.sessions.length > 0 && html`<p><button class="button" @click=${() => void this.endAll()}>${icon("leave")}Sign out everywhere</button></p>`}</section>`;
  }

  private buttons(facts: SignInFacts): Template {
    return html`<div class="person-buttons">
      ${this.isMe && html`<button class="button" @click=${() => this.start("passphrase")}>${facts.hasPassphrase ? "Change the passphrase" : "Choose a passphrase"}</button>`}
      <button class="button" @click=${() => this.start("pin")}>Set the PIN</button>
      <button class="button" @click=${() => this.start("link")}>${icon("phone")}${this.isMe ? "Enrol a phone" : facts.hasPassphrase ? "Link for a new passphrase" : "Link for their phone"}</button></div>`;
  }

  private form(change: Change, facts: SignInFacts): Template {
    const isPIN = !facts.hasPassphrase || (change === "pin" && facts.hasPIN);
    const wrongAt = (name: string): string | null => this.wrong?.field === name ? this.wrong.words : null;
    const elsewhere = this.wrong && !["current", "pin", "passphrase"].includes(this.wrong.field) ? this.wrong.words : null;
    const titles = { passphrase: "New passphrase", pin: "Set the PIN", link: "Enrol a phone" };
    return html`<form class="pin-form" aria-label="${titles[change]}" @submit=${(event: Event) => { event.preventDefault(); void this.send(change); }} @keydown=${(event: KeyboardEvent) => { if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.stop(); } }}>
      ${this.isMe && secretField({ id: "current", label: isPIN ? "Your present PIN" : "Your present passphrase", value: this.current, autocomplete: "current-password", isDigits: isPIN, wrong: wrongAt("current"), typed: (value) => { this.current = value; this.wrong = null; this.refresh(); } })}
      ${change === "pin" && secretField({ id: "pin", label: "New PIN, 4 to 12 digits", value: this.fresh, autocomplete: "new-password", isDigits: true, wrong: wrongAt("pin"), typed: (value) => { this.fresh = value; this.wrong = null; this.refresh(); } })}
      ${change === "passphrase" && secretField({ id: "passphrase", label: "New passphrase", value: this.fresh, autocomplete: "new-password", hint: passphraseHint, wrong: wrongAt("passphrase"), isShown: this.isShown, typed: (value) => { this.fresh = value; this.wrong = null; this.refresh(); }, show: () => { this.isShown = !this.isShown; this.refresh(); } })}
      ${wrongWords("form", elsewhere)}
      <div class="badge-row"><button class="button button-first">${change === "link" ? "Make the link" : "Set it"}</button><button type="button" class="button" @click=${() => this.stop()}>Cancel</button></div></form>`;
  }

  private phone({ link, qr, expiresAt, trust }: PhoneLink): Template {
    return html`<div class="phone-link" tabindex="-1"><p><strong>Scan it with the phone.</strong> It works once, ${left(expiresAt) ?? "but its time is over"}.</p>
      <div class="phone-codes">${trust && html`<figure>${qrView(trust.qr, "QR code of the page that makes a phone trust the box")}<figcaption>1. Only a phone that was never here: trust the box, at <a href="${trust.link}">${trust.link}</a></figcaption></figure>`}
        <figure>${qrView(qr, "QR code of the link")}<figcaption>${trust ? "2. " : ""}Sign in on the phone</figcaption></figure></div>
      <label class="form-field">Or send this link, ${this.isMe ? "to yourself" : `to ${this.person?.name}`} alone<input class="input number" readonly .value=${link} @focus=${(event: Event) => (event.target as HTMLInputElement).select()}></label>
      <p><button class="button" @click=${() => { this.link = null; this.refresh(); }}>Done</button></p></div>`;
  }

  private session(session: SignedIn): Template {
    return html`<li class="session"><span class="session-words"><strong>${device(session.agent)}</strong>${session.this && html` <span class="pill pill-available">this one</span>`}
      <span class="quiet">${[session.screen ?? session.address, ways[session.way], `since ${clock(session.since)}`, `used ${ago(session.seenAt)}`].filter(Boolean).join(" · ")}</span></span>
      <button class="icon-button" aria-label="End the session of ${device(session.agent)}, ${session.screen ?? session.address}" title="End it" @click=${() => void this.end(session)}>${icon("close")}</button></li>`;
  }
}

function means({ hasPIN, hasPassphrase, names }: SignInFacts, first: string, isMe: boolean): string {
  const has = isMe ? "have" : "has";
  const told = [hasPassphrase ? `${first} sign${isMe ? "" : "s"} in anywhere as ${names.join(" or ") || "nobody: somebody else has the same name"}.` : `${first} ${has} no passphrase yet.`];
  told.push(hasPIN ? "A PIN works at the screens of the doors." : `${first} ${has} no PIN.`);
  return told.join(" ");
}

function qrView({ size, path }: QR, label: string): Template {
  return html`<svg class="qr" role="img" aria-label="${label}" viewBox="-4 -4 ${size + 8} ${size + 8}" shape-rendering="crispEdges"><path d="${path}"></path></svg>`;
}

/** What a browser calls itself, in the words of those who use it. */
function device(agent: string): string {
  const system = [["iPhone", "iPhone"], ["iPad", "iPad"], ["Android", "Android"], ["Windows", "Windows"], ["Mac OS", "Mac"], ["CrOS", "Chromebook"], ["Linux", "Linux"]].find(([mark]) => agent.includes(mark ?? ""))?.[1];
  const browser = [["Edg/", "Edge"], ["Firefox/", "Firefox"], ["Chrom", "Chrome"], ["Safari/", "Safari"]].find(([mark]) => agent.includes(mark ?? ""))?.[1];
  return [browser, system].filter(Boolean).join(", ") || "Some program";
}

customElements.define("person-sign-in", PersonSignIn);
