// The page of a one-time link: a phone that is enrolled, a forgotten passphrase, the first administrator. The secret is
// behind the # of the address, which no server is sent; it is taken off the address at once.

import "./sign-in.css";
import { Problem, sentence } from "../../daemon/api";
import { avatar, emptyPlace, failedPlace } from "../../elements/bits";
import { html, Content, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { Page } from "../../elements/page";
import { to } from "../../router";
import { passphraseHint, secretField } from "./secret-field";
import { Link, lookAtLink, openLink } from "./ways";

class WelcomePage extends Page {
  private secret = "";
  private link: Link | null = null;
  private passphrase = "";
  private isShown = false;
  private wrong: string | null = null;
  private trouble: { words: string; isSpent: boolean } | null = null;
  private isSending = false;

  protected override enter(): void {
    this.secret = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    void this.load();
  }

  private async load(): Promise<void> {
    this.trouble = null;
    try {
      this.link = await lookAtLink(this.secret);
    } catch (error) { this.trouble = { words: sentence(error), isSpent: error instanceof Problem && (error.status === 404 || error.status === 400) }; }
    this.refresh();
    this.focusSoon("#passphrase, .button-first");
  }

  private async send(): Promise<void> {
    if (!this.link || this.isSending) return;
    this.isSending = true;
    this.wrong = null;
    this.refresh();
    try {
      await openLink(this.secret, this.link.keepsPassphrase ? null : this.passphrase);
      this.secret = "";
      to("/", { replace: true });
    } catch (error) {
      if (error instanceof Problem && error.status === 404) { this.link = null; this.trouble = { words: sentence(error), isSpent: true }; }
      else this.wrong = sentence(error);
    }
    this.isSending = false;
    this.refresh();
    if (this.wrong !== null) this.focusSoon("#passphrase");
  }

  protected view(): Content {
    return html`<div class="sign-in"><header class="sign-in-head">${icon("scan")}<span>Depotd</span></header>${this.body()}</div>`;
  }

  private body(): Content {
    if (this.trouble?.isSpent) return emptyPlace("link", "This link does not work any more", "It works once, and for 15 minutes. Ask for another one, or sign in if you have a passphrase.", html`<a class="button button-first" href="/sign-in">Sign in</a>`);
    if (this.trouble) return failedPlace("The link could not be opened", this.trouble.words, () => void this.load());
    return this.link ? this.form(this.link) : html`<div class="skeleton-page" aria-busy="true"></div>`;
  }

  private form(link: Link): Template {
    return html`<section class="sign-in-form" aria-labelledby="welcome"><h1 id="welcome">Welcome, ${link.person.name}</h1>
      <form class="sign-in-card" @submit=${(event: Event) => { event.preventDefault(); void this.send(); }}>
        <div class="keypad-person">${avatar(link.person, "avatar-big")}<p>${link.names.length > 0 ? html`From now on you sign in anywhere as <strong>${link.names.join(" or ")}</strong>.` : "Somebody else has the same name. Ask a manager to add your e-mail address first."}</p></div>
        <input class="unseen" name="name" autocomplete="username" tabindex="-1" aria-hidden="true" .value=${link.names[0] ?? ""}>
        ${link.keepsPassphrase ? html`<p>Your passphrase stays as it is.</p>` : secretField({
          id: "passphrase", label: "Choose a passphrase", value: this.passphrase, autocomplete: "new-password", hint: passphraseHint, wrong: this.wrong, isShown: this.isShown,
          typed: (value) => { this.passphrase = value; this.wrong = null; this.refresh(); }, show: () => { this.isShown = !this.isShown; this.refresh(); },
        })}
        <button class="button button-first" ?disabled=${this.isSending || link.names.length === 0}>${this.isSending ? "One moment…" : "Sign in on this device"}</button></form></section>`;
  }
}

customElements.define("page-welcome", WelcomePage);
