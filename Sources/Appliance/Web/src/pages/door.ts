// The door: the last outcome readable from three metres, the running list of this visit, and a field that takes
// every key nobody else wants, so a scan is never lost to focus. Nothing here is modal: pickers and unknown codes
// wait at the side. The stage is in door-stage.ts, the cards are in door-side.ts.

import "./door.css";
import { avatar, connection, failedPlace, staleStrip } from "../elements/bits";
import { findAssets, isFresh, loadDoors, loadUnknowns, loadVisit, undo } from "../daemon/commands";
import { html, keyed, Content, Template } from "../elements/html";
import { icon, shape } from "../elements/icons";
import * as outbox from "../daemon/outbox";
import { field, Page, takesText } from "../elements/page";
import { address } from "../router";
import { doorById, state, Waiting } from "../daemon/store";
import { clock, debounced, left } from "../elements/time";
import { canSpeak, isLocked, play, setSound, setSpeech, sound, speak, unlock, whenSoundChanges } from "../elements/tones";
import { Asset, Door, Outcome } from "../daemon/types";
import { directionWords, rememberDoor } from "./doors";
import { Fate, fateOf, jobOf } from "./labels/fate";
import { stage } from "./door-stage";
import { quantityCard } from "./door-quantity";
import { DoorPanel, SidePanel } from "./door-side";

const suggestFrom = 2;

/** What the action card "Print its label" says: the label of what was scanned last comes out, with this one key too. */
const labelCard = "DPT-DO:PRINT", labelKey = "F9";

class DoorPage extends Page {
  private typed = "";
  private found: Asset[] = [];
  private panel: SidePanel | null = null;
  private announced: string | null = null;
  private said = "";
  private readonly fates = new Map<string, Fate>();
  private readonly side = new DoorPanel();
  private readonly suggestSoon = debounced(220, () => void this.suggest());

  private get doorId(): string { return decodeURIComponent(address().pathname.split("/")[2] ?? ""); }

  protected override enter(): void {
    rememberDoor(this.doorId);
    this.announced = state.heard?.id ?? null;
    void loadDoors();
    void loadVisit(this.doorId);
    void loadUnknowns();
    this.hears(["labels"], (fact) => {
      const job = jobOf(fact);
      if (job) this.learn(job.id, fateOf(job));
    });
    this.tick(1_000);
    this.listen("keydown", (event) => this.key(event));
    whenSoundChanges(() => this.refresh());
    this.side.addEventListener("done", () => this.open(null));
  }

  /** What becomes of a label is said where the last outcome stands. */
  private learn(job: string, fate: Fate): void {
    this.fates.set(job, fate);
    if (job === state.visits[this.doorId]?.[0]?.label && fate.kind !== "under") this.said = fate.words;
    this.refresh();
  }

  // ---- what comes in ---------------------------------------------------------------------------------------------

  protected override shown(): void {
    const heard = state.heard;
    if (!heard || heard.id === this.announced || heard.door?.id !== this.doorId) return;
    this.announced = heard.id;
    if (!isFresh(heard)) return;
    this.said = heard.spoken || `${heard.word}. ${heard.short}`;
    play(heard.outcome);
    speak(heard.spoken);
    this.refresh();
  }

  /** A key that nobody else wants belongs to the code: wedge scanners type wherever the focus happens to be. */
  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target as HTMLElement;
    const code = this.querySelector<HTMLInputElement>("#code");
    if (!code || (takesText(target) && target !== code)) {
      if (event.key === "Escape" && this.side.contains(target)) this.open(null);
      return;
    }
    if (event.key === "Escape") { this.clear(); this.open(null); return; }
    if (event.key === labelKey) { event.preventDefault(); this.send(labelCard); return; }
    if (event.key === "ArrowDown" && target === code) { this.querySelector<HTMLElement>(".suggestion")?.focus(); return; }
    if (target === code) return;
    const isControl = target.closest("button, a, summary") !== null;
    if (event.key === "Enter" && this.typed !== "" && !target.closest(".suggestion")) { event.preventDefault(); this.send(this.typed); return; }
    if (event.key.length !== 1 || (event.key === " " && isControl)) return;
    event.preventDefault();
    this.typed += event.key;
    code.value = this.typed;
    code.focus();
    this.suggestSoon();
    this.refresh();
  }

  private send(text: string): void {
    const code = text.trim();
    this.clear();
    if (code !== "") outbox.scan(code, this.doorId);
  }

  private clear(): void {
    this.typed = "";
    this.found = [];
    const code = this.querySelector<HTMLInputElement>("#code");
    if (code) code.value = "";     // at once: the next scan may follow within this turn
    this.refresh();
  }

  /** Offers gear by words, for when the label is gone; a scanner is done long before this asks. */
  private async suggest(): Promise<void> {
    const words = this.typed.trim();
    if (words.length < suggestFrom) { this.found = []; this.refresh(); return; }
    try {
      const found = await findAssets(words);
      if (found === null || words !== this.typed.trim()) return;
      this.found = found;
    } catch { this.found = []; }
    this.refresh();
  }

  private open(panel: SidePanel | null): void {
    this.panel = this.panel === panel ? null : panel;
    this.refresh();
  }

  // ---- what is seen ------------------------------------------------------------------------------------------------

  protected view(): Content {
    const door = doorById(this.doorId);
    if (!door) return this.withoutDoor();
    const visit = state.visits[this.doorId] ?? [];
    this.side.suit(door, this.panel);
    return html`<div class="door ${this.side.hasCards ? "door-with-side" : ""} ${this.panel ? "door-picking" : ""} ${state.live.state === "offline" ? "door-stale" : ""}">
      ${this.head(door)}
      <div class="door-stage">${staleStrip()}${stage(door, visit[0] ?? null, state.visits[this.doorId] === undefined, this.fates.get(visit[0]?.label ?? ""))}${quantityCard(visit[0] ?? null)}</div>
      ${this.visit(visit)}
      ${this.side}
      ${this.codeForm()}
      <p class="unseen" aria-live="assertive" data-said>${this.said}</p>
    </div>`;
  }

  private withoutDoor(): Content {
    if (state.doors) return html`<div class="empty">${icon("door")}<h1>This door is gone</h1><p>It was removed or renamed.</p><a class="button" href="/door">Choose another door</a></div>`;
    if (state.doorsError !== null) return failedPlace("The door could not be loaded", state.doorsError, () => void loadDoors());
    return html`<div class="skeleton-page" aria-busy="true"></div>`;
  }

  private head(door: Door): Template {
    const time = door.acting && left(door.acting.until);
    const panelButton = (panel: SidePanel, className: string, label: string, content: Content): Template =>
      html`<button class="door-chip ${className}" aria-expanded="${this.panel === panel ? "true" : "false"}" aria-label="${label}" @click=${() => this.open(panel)}>${content}</button>`;
    const acting = door.acting && time
      ? html`${avatar(door.acting.person)}<span class="door-chip-words"><strong>${door.acting.person.name}</strong><span>${time}</span></span>`
      : html`${icon("person")}<span class="door-chip-words"><strong>Nobody</strong><span>Scan a badge or pick</span></span>`;
    return html`<header class="door-head">
      <div class="door-where"><h1>${(state.doors?.length ?? 0) > 1 ? html`<a class="door-name" href="/door" title="Choose another door">${door.name}</a>` : door.name}</h1>
        ${panelButton("direction", `door-way door-way-${door.direction}`, `Direction: ${directionWords[door.direction]}. Change`, html`${icon(door.direction)}<strong>${directionWords[door.direction]}</strong>`)}</div>
      ${panelButton("acting", "door-acting", door.acting && time ? `Acting: ${door.acting.person.name}, ${time}. Change` : "Nobody is acting. Pick a person", acting)}
      ${panelButton("project", "door-project", door.project ? `Project: ${door.project.name}. Change` : "No project. Pick one", html`${icon("project")}<span class="door-chip-words"><strong>${door.project ? door.project.name : "No project"}</strong><span>${door.project ? "Project" : "Pick one for a pull sheet"}</span></span>`)}
      <div class="door-tools">
        ${connection()}
        ${this.soundTools()}
        <a class="door-tool" href="/gear" aria-label="Leave the door, go to the gear" title="Gear">${icon("leave")}</a>
      </div>
    </header>`;
  }

  private soundTools(): Template {
    return html`<button class="door-tool" aria-pressed="${sound.on ? "true" : "false"}" aria-label="Tones" title="${sound.on ? "Tones are on" : "Tones are off"}" @click=${() => setSound(!sound.on)}>${icon(sound.on && !isLocked() ? "sound" : "mute")}</button>
      ${canSpeak() && html`<button class="door-tool" aria-pressed="${sound.speech ? "true" : "false"}" aria-label="Say it aloud" title="${sound.speech ? "Outcomes are spoken" : "Outcomes are not spoken"}" @click=${() => setSpeech(!sound.speech)}>${icon("speech")}</button>`}`;
  }

  private visit(visit: readonly Outcome[]): Template {
    const last = visit.find((outcome) => outcome.undoable && !outcome.undone);
    const waiting = state.waiting.filter((entry) => entry.door === this.doorId);
    const label = last ? `Undo ${last.asset?.number ?? last.model?.name ?? last.code} ${last.word}` : "Nothing to undo";
    return html`<section class="visit" aria-labelledby="visit-title">
      <div class="visit-head"><h2 id="visit-title">This visit</h2><span class="visit-count">${visit.length === 0 ? "" : visit.length}</span>
        ${isLocked() && html`<button class="button sound-hint" @click=${() => unlock()}>${icon("mute")}<span>Sound is off: press to enable</span></button>`}
        <button class="button visit-label" aria-keyshortcuts="${labelKey}" title="Print the label of the last item (${labelKey})" ?disabled=${!visit.some((outcome) => outcome.asset)} @click=${() => this.send(labelCard)}>${icon("tag")}<span>Label</span></button>
        <button class="button visit-undo" ?disabled=${!last || state.undoing !== null} @click=${() => { if (last) void undo(last.id); }}>${icon("undo")}<span>${state.undoing ? "Undoing…" : label}</span></button></div>
      <div class="visit-scroll" tabindex="0" role="region" aria-label="Scans of this visit, newest first">
        <ol class="visit-list">
          ${[...waiting].reverse().map((entry) => keyed(entry.key, waitingRow(entry)))}
          ${visit.map((outcome) => keyed(outcome.id, visitRow(outcome)))}
        </ol>
        ${visit.length + waiting.length === 0 ? html`<p class="visit-empty">Scans of this visit appear here, newest first.</p>` : null}
      </div></section>`;
  }

  private codeForm(): Template {
    return html`<form class="code" @submit=${(event: Event) => { event.preventDefault(); this.send(this.typed); }}>
      ${this.found.length > 0 && html`<div class="suggestions" role="group" aria-label="Gear that fits">${this.found.map((asset) => keyed(asset.id, html`
        <button type="button" class="suggestion" @click=${() => this.send(asset.number)} @keydown=${moveAmongSuggestions}><strong class="number">${asset.number}</strong><span>${asset.name}</span></button>`))}</div>`}
      <div class="code-row">${icon("scan")}
        <input id="code" type="text" aria-label="Type or scan a code" placeholder="Type or scan a code" autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="send"
          @input=${(event: Event) => { this.typed = field(event).value; this.suggestSoon(); }}>
        <button class="button button-first code-send" aria-label="Send">${icon("send")}<span>Send</span></button></div>
    </form>`;
  }
}

function moveAmongSuggestions(event: Event): void {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[(event as KeyboardEvent).key];
  if (step === undefined) return;
  event.preventDefault();
  const here = event.currentTarget as HTMLElement;
  const next = (step > 0 ? here.nextElementSibling : here.previousElementSibling) ?? document.getElementById("code");
  (next as HTMLElement | null)?.focus();
}

function visitRow(outcome: Outcome): Template {
  const title = outcome.asset?.number ?? (outcome.model && `${outcome.quantity ?? ""} ×`) ?? (outcome.action === "acting" ? outcome.actor?.name : null) ?? outcome.code;
  return html`<li class="visit-row visit-${outcome.outcome} ${outcome.undone ? "visit-undone" : ""}" data-outcome="${outcome.id}">
    ${shape(outcome.outcome)}<strong class="number">${title}</strong><span class="visit-word">${outcome.undone ? `${outcome.word}, undone` : outcome.word}</span>
    <span class="visit-why">${outcome.asset?.name ?? outcome.model?.name ?? outcome.short}</span><time datetime="${outcome.at}">${clock(outcome.at)}</time></li>`;
}

function waitingRow(entry: Waiting): Template {
  const isStuck = entry.state === "refused" || outbox.needsHand(entry) || entry.error !== null;
  const words = entry.state === "sending" ? "sending…" : entry.state === "refused" ? "not taken" : entry.error ? "not sent, kept" : "waits";
  return html`<li class="visit-row visit-waiting ${isStuck ? "visit-stuck" : ""}" data-waiting="${entry.state}">
    <span class="visit-clock" aria-hidden="true"></span><strong class="number">${entry.code}</strong><span class="visit-word">${words}</span>
    <span class="visit-why">${entry.error ?? ""}</span>
    ${isStuck && html`<span class="visit-buttons"><button class="button" @click=${() => outbox.retry(entry.key)}>${icon("retry")}Retry</button>
      <button class="icon-button" aria-label="Throw away ${entry.code}" @click=${() => outbox.discard(entry.key)}>${icon("close")}</button></span>`}</li>`;
}

customElements.define("page-door", DoorPage);
