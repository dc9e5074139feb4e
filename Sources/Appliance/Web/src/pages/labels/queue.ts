// What is being printed and was printed: how far, what holds it up, what must be printed again. And whether a label can be
// read: with a job open, each code that is scanned is looked for on its labels.

import { get, patch, post, sentence } from "../../daemon/api";
import { Asked } from "../../daemon/asked";
import { emptyPlace, failedPlace } from "../../elements/bits";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon, IconName, shape } from "../../elements/icons";
import { Page } from "../../elements/page";
import { address, to, withQuery } from "../../router";
import { tell } from "../../daemon/store";
import { clock } from "../../elements/time";
import { Item, ItemState, Job, JobDetail } from "./labels";

const stateWords: Record<ItemState, string> = { waiting: "waits", printing: "is being printed", printed: "printed", sent: "sent", unsure: "may or may not have come out", failed: "not printed", cancelled: "given up" };
const doneStates: readonly ItemState[] = ["printed", "sent", "unsure", "failed", "cancelled"];

export class QueueTab extends Page {
  private readonly jobs = new Asked<{ items: Job[] }>(() => get("/labels/jobs"), () => this.refresh());
  private readonly opened = new Asked<JobDetail>(() => get(`/labels/jobs/${this.job}`), () => this.refresh());
  private job = "";
  private matched: { name: string; isRight: boolean } | null = null;

  protected override enter(): void {
    void this.jobs.load();
    this.hears(["labels"], (fact) => {
      if (fact.topic === "reset") { void this.jobs.load(); if (this.job) void this.opened.load(); return; }
      if (fact.kind === "job" || fact.kind?.startsWith("job.")) this.take(fact.data as unknown as Job);
    });
    this.listen("depot-scan", (event) => { if (this.job && this.isConnected) { event.preventDefault(); void this.verify(event.detail); } });
    this.listen("keydown", (event) => { if (event.key === "Escape" && this.job) to(withQuery({ job: null })); });
  }

  private take(job: Job): void {
    const items = this.jobs.value?.items;
    if (!items) return;
    this.jobs.take({ items: items.some((one) => one.id === job.id) ? items.map((one) => (one.id === job.id ? { ...one, ...job } : one)) : [job, ...items] });
    if (job.id === this.job) void this.opened.load();
  }

  protected override shown(): void {
    const wanted = address().searchParams.get("job") ?? "";
    if (wanted === this.job) return;
    this.job = wanted;
    this.matched = null;
    this.opened.forget();
    if (wanted) void this.opened.load();
    this.refresh();
  }

  private async turn(job: Job, state: Job["state"]): Promise<void> {
    try { this.take(await patch<Job>(`/labels/jobs/${job.id}`, { state })); } catch (error) { tell("stop", sentence(error)); }
  }

  private async again(job: Job, n?: number): Promise<void> {
    try {
      const made = await post<Job>(`/labels/jobs/${job.id}/again`, n === undefined ? {} : { n });
      tell("ok", `${made.title} comes out of ${made.printer.name}.`);
      this.take(made);
    } catch (error) { tell("stop", sentence(error)); }
  }

  private async verify(code: string): Promise<void> {
    try {
      const { name, job } = await post<{ name: string; job: Job }>(`/labels/jobs/${this.job}/verify`, { code });
      this.matched = { name: `${name} matches`, isRight: true };
      this.take(job);
    } catch (error) { this.matched = { name: sentence(error), isRight: false }; }
    this.refresh();
  }

  // ---- what is seen --------------------------------------------------------------------------------------------------

  protected view(): Content {
    const { value, error } = this.jobs;
    if (!value) return error !== null ? failedPlace("The queue could not be loaded", error, () => void this.jobs.load()) : html`<div class="skeleton-rows" aria-busy="true"><span></span><span></span></div>`;
    if (value.items.length === 0) return emptyPlace("print", "Nothing was printed yet", "Labels that are asked for are shown here with how far they are.", html`<a class="button button-first" href="/labels/print">Print labels</a>`);
    return html`<section class="settings-split ${this.job ? "settings-open" : ""}" aria-label="Jobs of labels">
      <ul class="list" aria-label="Jobs">${value.items.map((job) => keyed(job.id, this.row(job)))}</ul>${this.job ? this.detail() : null}</section>`;
  }

  private row(job: Job): Template {
    const done = doneStates.reduce((sum, state) => sum + (job.counts[state] ?? 0), 0), isOpen = job.state === "printing" || job.state === "paused";
    return html`<li class="job-row ${job.id === this.job ? "job-open" : ""}"><a class="job-words" href="${withQuery({ job: job.id })}"><strong>${job.title}</strong><span class="quiet">${job.printer.name} · ${clock(job.at)}${job.actor ? ` · ${job.actor.name}` : ""}</span></a>
      <span class="job-state">${this.stateOf(job, done)}</span>
      ${isOpen && html`<progress class="job-bar" max="${job.total}" value="${done}" aria-label="${done} of ${job.total}"></progress>`}
      ${job.trouble !== null && html`<p class="job-trouble" role="status">${shape("ok-but")}<span>${job.trouble}</span></p>`}
      <span class="job-tools">${job.state === "printing" && this.button("pause", "Hold", () => void this.turn(job, "paused"))}${job.state === "paused" && this.button("retry", "Go on", () => void this.turn(job, "printing"))}${isOpen && this.button("close", "Give up", () => void this.turn(job, "cancelled"))}
        ${job.counts.unsure + job.counts.failed > 0 && this.button("print", job.total === 1 ? "Print again" : `Print ${job.counts.unsure + job.counts.failed} again`, () => void this.again(job))}</span></li>`;
  }

  private stateOf(job: Job, done: number): Content {
    const { counts } = job, bad = [counts.unsure > 0 && `${counts.unsure} unsure`, counts.failed > 0 && `${counts.failed} not printed`].filter(Boolean).join(", ");
    const came = counts.printed + counts.sent, left = counts.cancelled > 0 ? `${counts.cancelled} given up` : "";
    const words = job.state === "printing" ? `${done} of ${job.total}` : job.state === "paused" ? `held at ${done} of ${job.total}` : came === job.total ? (counts.sent > 0 ? "sent" : "printed") : [came > 0 && `${came} of ${job.total}`, left].filter(Boolean).join(", ");
    return html`<span>${words}</span>${bad && html` <span class="job-bad">${bad}</span>`}${job.matched > 0 && html` <span class="quiet">${job.matched} matched</span>`}`;
  }

  private button(picture: IconName, words: string, act: () => void): Template { return html`<button class="button button-small" @click=${act}>${icon(picture)}<span>${words}</span></button>`; }

  private detail(): Template {
    const { value, error } = this.opened;
    return html`<aside class="settings-form job-detail" aria-label="Job">
      <a class="button button-small" href="${withQuery({ job: null })}">${icon("close")}<span>Close</span></a>
      ${value ? html`<h2>${value.title}</h2><p class="form-hint">${icon("scan")}<span>Scan a printed label to see that it can be read.</span></p>
        <p class="job-match ${this.matched?.isRight === false ? "job-wrong" : ""}" role="status">${this.matched && html`${shape(this.matched.isRight ? "ok" : "stop")}<span>${this.matched.name}</span>`}</p>
        <ul class="job-items">${value.items.map((item) => keyed(item.n, this.item(value, item)))}</ul>${value.total > value.items.length && html`<p class="quiet">and ${value.total - value.items.length} more</p>`}`
        : error !== null ? html`<p class="form-error">${shape("stop")}<span>${error}</span></p>` : html`<div class="skeleton-rows" aria-busy="true"><span></span></div>`}</aside>`;
  }

  private item(job: JobDetail, item: Item): Template {
    const words = item.matchedAt !== null ? "matched" : stateWords[item.state], isBad = item.state === "unsure" || item.state === "failed";
    return html`<li class="job-item"><span class="job-name"><strong class="number">${item.kind === "asset" && item.subject ? html`<a href="/gear?asset=${item.subject}">${item.name}</a>` : item.name}</strong><span class="${isBad ? "job-bad" : "quiet"}">${item.matchedAt !== null && icon("check")}${words}${item.trouble !== null ? `: ${item.trouble}` : ""}</span></span>
      ${doneStates.includes(item.state) && html`<button class="icon-button" title="Print it again" aria-label="Print ${item.name} again" @click=${() => void this.again(job, item.n)}>${icon("print")}</button>`}</li>`;
  }
}
customElements.define("labels-queue", QueueTab);
