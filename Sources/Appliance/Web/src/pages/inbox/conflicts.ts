// What two depots said side by side: both sides, and one press says which is right. It is the same list at every depot, so
// an entry goes when somebody at another one decided it.

import { post, sentence } from "../../daemon/api";
import { loadConflicts } from "../../daemon/commands";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon, shape } from "../../elements/icons";
import { Page } from "../../elements/page";
import { mayEdit, state, tell } from "../../daemon/store";
import { ago } from "../../elements/time";
import { Conflict, ConflictSide } from "../../daemon/types";

const rooms: Record<string, string> = { assets: "gear", people: "people", projects: "projects" };

export class Conflicts extends Page {
  private answering: string | null = null;

  protected override enter(): void {
    void loadConflicts();
    this.tick(30_000);
  }

  private async answer(one: Conflict, side: ConflictSide): Promise<void> {
    this.answering = one.id;
    this.refresh();
    const at = state.conflicts?.indexOf(one) ?? 0;
    try {
      await post(`/conflicts/${one.id}/answer`, { side: side.side });
      tell("ok", `${one.name}: ${side.words}. All depots take it over.`);
    } catch (error) { tell("stop", `${sentence(error)} The entry is kept.`); }
    this.answering = null;
    await loadConflicts();
    this.turn(at);
  }

  /** To the next entry, so that a pile is worked off by keyboard; to the inbox's head when there is none. */
  private turn(at: number): void {
    queueMicrotask(() => queueMicrotask(() => {
      const entries = [...this.querySelectorAll<HTMLElement>(".conflict")];
      const next = (entries[at] ?? entries[entries.length - 1])?.querySelector<HTMLElement>("[data-row]") ?? document.getElementById("inbox-title");
      if (document.activeElement === document.body || this.contains(document.activeElement)) next?.focus();
    }));
  }

  protected view(): Content {
    const items = state.conflicts ?? [];
    if (state.conflictsError !== null) return html`<p class="quiet" role="alert">What depots differ about could not be loaded. ${state.conflictsError} <button class="button button-small" @click=${() => void loadConflicts()}>Try again</button></p>`;
    return items.length > 0 && html`<section class="conflicts" aria-labelledby="conflicts-title"><h2 id="conflicts-title">Depots differ</h2>
      <ul>${items.map((one) => keyed(one.id, this.entry(one)))}</ul></section>`;
  }

  private entry(one: Conflict): Template {
    const room = rooms[one.topic];
    return html`<li class="conflict" data-conflict="${one.id}"><h3>${shape("ok-but")}<span>${one.title}</span>${room !== undefined && html`<a class="button button-small" href="/${room}/${one.record}" aria-label="Look at ${one.name}">${icon("search")}<span>Look at it</span></a>`}</h3>
      ${one.trouble !== null && html`<p>${one.trouble}</p>`}
      <div class="conflict-sides" role="group" aria-label="${one.title}">${one.sides.map((side) => this.side(one, side))}</div>
      ${!mayEdit() && html`<p class="quiet">A manager says which is right.</p>`}</li>`;
  }

  private side(one: Conflict, side: ConflictSide): Template {
    const words = html`<strong>${side.words}</strong><span class="quiet">${side.depot}${side.at !== null && html`, ${ago(side.at)}`}${side.stands && html` · stands for now`}</span>`;
    return mayEdit() ? html`<button class="conflict-side" data-row aria-label="Keep ${side.words}, from ${side.depot}" aria-disabled="${this.answering === one.id ? "true" : null}" @click=${() => { if (this.answering !== one.id) void this.answer(one, side); }}>${words}<span class="conflict-keep">Keep this</span></button>`
      : html`<div class="conflict-side">${words}</div>`;
  }
}

customElements.define("inbox-conflicts", Conflicts);
