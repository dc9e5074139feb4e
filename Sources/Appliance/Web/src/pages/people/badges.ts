// A person's badges, and giving one: hold it to any reader of the depot, or type its code. What a reader just read is
// offered, not taken: somebody else may be scanning at another door.

import { sentence, Problem } from "../../daemon/api";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon, shape } from "../../elements/icons";
import { field, Page, takesText } from "../../elements/page";
import "../../input/scanned";
import { mayEdit, tell } from "../../daemon/store";
import { unlessScan } from "../../input/wedge";
import { Fact, Outcome, Unknown } from "../../daemon/types";
import { addBadge, Badge, PersonDetail, removeBadge } from "./people";

interface Read { code: string; where: string; whose: string | null }

export class Badges extends Page {
  private person: PersonDetail | null = null;
  private reload: () => void = () => {};
  private isWaiting = false;
  private typed = "";
  private reads: Read[] = [];
  private error: { words: string; person: { id: string; name: string } | null } | null = null;

  suit(person: PersonDetail, reload: () => void): void {
    if (person.id !== this.person?.id) this.stop();
    this.person = person;
    this.reload = reload;
    this.refresh();
  }

  protected override enter(): void {
    this.hears(["scans", "unknowns"], (fact) => { if (this.isWaiting) this.hear(fact); });
    this.listen("keydown", (event) => {
      if (event.key !== "b" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || takesText(event.target) || !this.person?.badges || !mayEdit()) return;
      unlessScan(() => this.start());
    });
    this.listen("depot-scan", (event) => { if (this.isWaiting) { event.preventDefault(); void this.give(event.detail); } });
  }

  /** A code nobody knows may be the new badge; one that is somebody's is said to be. */
  private hear(fact: Fact): void {
    if (fact.topic === "unknowns" && fact.kind === "waiting") {
      const { code, door } = fact.data as Unknown;
      this.offer({ code, where: door?.name ?? "a reader", whose: null });
    } else if (fact.topic === "scans" && fact.kind === "outcome") {
      const { action, actor, code, door } = fact.data as Outcome;
      if (action === "acting" && actor) this.offer({ code, where: door?.name ?? "a reader", whose: actor.name });
    }
  }

  private offer(read: Read): void {
    this.reads = [read, ...this.reads.filter((other) => other.code !== read.code)].slice(0, 4);
    this.refresh();
    queueMicrotask(() => { if (read.whose === null && this.typed === "") this.querySelector<HTMLElement>(".badge-read button")?.focus(); });
  }

  private start(): void {
    this.isWaiting = true;
    this.refresh();
    queueMicrotask(() => this.querySelector<HTMLInputElement>("#badge")?.focus());
  }

  private stop(): void {
    this.isWaiting = false;
    this.typed = "";
    this.reads = [];
    this.error = null;
    this.refresh();
  }

  private async give(text: string): Promise<void> {
    const code = text.trim(), { person } = this;
    if (!person || code === "") return;
    try {
      await addBadge(person, code);
      this.stop();
      this.reload();
      this.focusSoon(".badge-add");
    } catch (error) {
      const holder = error instanceof Problem ? error.details["person"] as { id: string; name: string } | undefined : undefined;
      this.error = { words: sentence(error), person: holder ?? null };
      this.typed = "";
      this.refresh();
    }
  }

  private async take(badge: Badge): Promise<void> {
    try { if (this.person) await removeBadge(this.person, badge); } catch (error) { tell("stop", sentence(error)); }
    this.reload();
  }

  protected view(): Content {
    const badges = this.person?.badges;
    if (!this.person || !badges) return null;
    return html`<section class="badges" aria-labelledby="badges-title"><h3 id="badges-title">Badges</h3>
      ${badges.length === 0 && !this.isWaiting ? html`<p class="quiet">None yet. With one, a hold to a reader says who is acting.</p>` : null}
      <ul class="badge-list">${badges.map((badge) => keyed(badge.key, html`<li class="badge">${icon("badge")}<span class="number">${badge.label}</span>
        ${mayEdit() && html`<button class="icon-button" aria-label="Take the badge ${badge.label} away" title="Take away" @click=${() => void this.take(badge)}>${icon("close")}</button>`}</li>`))}</ul>
      ${mayEdit() && (this.isWaiting ? this.waiting() : html`<button class="button badge-add" @click=${() => this.start()}>${icon("plus")}Give a badge</button>`)}</section>`;
  }

  private waiting(): Template {
    return html`<form class="badge-wait" aria-label="Give a badge" @submit=${(event: Event) => { event.preventDefault(); void this.give(this.typed); }} @keydown=${(event: KeyboardEvent) => { if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.stop(); } }}>
      <p class="badge-words">${icon("reader")}<span><strong>Hold the badge to any reader,</strong> or type its code.</span></p>
      <div class="badge-row"><input class="input number" id="badge" aria-label="Code of the badge" autocomplete="off" autocapitalize="off" spellcheck="false" .value=${this.typed} aria-describedby="${this.error ? "badge-error" : null}" aria-invalid="${this.error ? "true" : null}"
        @input=${(event: Event) => { this.typed = field(event).value; this.error = null; this.refresh(); }}>
        <button class="button button-first">Give</button><button type="button" class="button" @click=${() => this.stop()}>Cancel</button></div>
      <div role="alert">${this.error && html`<p class="form-error" id="badge-error">${shape("stop")}<span>${this.error.words} ${this.error.person && html`<a href="/people/${this.error.person.id}">Open ${this.error.person.name}</a>`}</span></p>`}</div>
      <ul class="badge-reads" aria-live="polite">${this.reads.map((read) => keyed(read.code, this.read(read)))}</ul></form>`;
  }

  private read(read: Read): Template {
    if (read.whose !== null) return html`<li class="badge-read">${shape("ok-but")}<span><strong class="number">${read.code}</strong><span class="quiet">read at ${read.where}: it is ${read.whose}’s</span></span></li>`;
    return html`<li class="badge-read">${shape("ok")}<span><strong class="number">${read.code}</strong><span class="quiet">read at ${read.where}</span></span><button type="button" class="button button-first" @click=${() => void this.give(read.code)}>Give it to ${this.person?.name.split(" ")[0]}</button></li>`;
  }
}

customElements.define("person-badges", Badges);
