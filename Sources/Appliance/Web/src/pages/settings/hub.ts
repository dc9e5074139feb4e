// The hub that many depots share: whether it has everything, since when not and why, and what it put aside. Admins pause
// the sending and let it go on.

import { get, post, sentence } from "../../daemon/api";
import { Asked } from "../../daemon/asked";
import { emptyPlace, failedPlace } from "../../elements/bits";
import { html, keyed, Content, Template } from "../../elements/html";
import { shape } from "../../elements/icons";
import { Page } from "../../elements/page";
import { mayEdit, state, tell } from "../../daemon/store";
import { ago, clock } from "../../elements/time";
import { DistantGear } from "./distant";

interface Refused { n: number; reason: string; at: string; topic: string | null; kind: string | null }

interface Standing {
  state: "off" | "starting" | "sending" | "idle" | "paused" | "waiting";
  hub: string | null; organisation: string | null; trouble: string | null; retryAt: string | null;
  backlog: number; oldestAt: string | null; isStale: boolean; ackedAt: string | null; heardAt: string | null;
  sentChanges: number; sentBytes: number; pictures: number; refusedCount: number; refused: Refused[];
}

export class Hub extends Page {
  private readonly gear = new DistantGear();
  private readonly standing = new Asked<Standing>(() => get("/sync"), () => this.refresh());

  protected override enter(): void {
    if (!mayEdit()) return;
    void this.standing.load();
    // The sync is no Change of the depot's, so nothing is pushed of it.
    const timer = setInterval(() => void this.standing.load(), 3000);
    this.until(() => clearInterval(timer));
  }

  private async act(path: string, said: string): Promise<void> {
    try {
      await post(`/sync/${path}`, {});
      tell("ok", said);
    } catch (error) { tell("stop", sentence(error)); }
    void this.standing.load();
  }

  // ---- what is seen --------------------------------------------------------------------------------------------------

  protected view(): Content {
    return html`${mayEdit() && this.sync()}${this.standing.value?.state !== "off" && this.gear}`;
  }

  private sync(): Content {
    const { value, error } = this.standing;
    if (!value) return error !== null ? failedPlace("The sync could not be looked at", error, () => void this.standing.load()) : html`<div class="skeleton-rows" aria-busy="true"><span></span></div>`;
    if (value.state === "off") return emptyPlace("link", "No hub is set up", "This box works alone. Whoever runs it names a hub in upstream.url of depotd.yaml.");
    return html`<section class="settings-list hub" aria-label="Hub">${this.word(value)}
      <dl class="hub-facts">${[
        ["Hub", value.hub ?? ""], ["Organisation there", value.organisation ?? "not heard yet"],
        ["Last took something", value.ackedAt ? ago(value.ackedAt) : "never"], ["Last answered", value.heardAt ? ago(value.heardAt) : "not since the start"],
        ["Sent since the start", value.sentChanges === 0 ? "nothing" : `${value.sentChanges} changes, ${Math.round(value.sentBytes / value.sentChanges)} bytes each`],
        ["Pictures", value.pictures === 0 ? "the hub has all" : `${value.pictures} on their way, after the changes`],
      ].map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>
      ${state.session?.role === "admin" && this.tools(value)}
      ${value.refusedCount > 0 && this.refused(value)}</section>`;
  }

  /** The one thing to know, first. */
  private word(value: Standing): Template {
    const waiting = `${value.backlog} ${value.backlog === 1 ? "change waits" : "changes wait"}` + (value.oldestAt ? `, the oldest since ${clock(value.oldestAt)}` : "");
    if (value.state === "paused") return this.head("ok-but", "Paused", value.backlog === 0 ? "The hub has everything until now." : `${waiting}.`);
    if (value.trouble !== null) {
      // What happened is the headline; what was kept and what the server said stand under it.
      const [what = value.trouble, ...rest] = value.trouble.split(/(?<=\.) /);
      return this.head(value.isStale ? "stop" : "ok-but", what, `${rest.length > 0 ? rest.join(" ") + (/[.!?]$/.test(value.trouble) ? " " : ". ") : ""}${value.backlog === 0 ? "Nothing waits" : waiting}.${value.retryAt ? ` The box tries again at ${clock(value.retryAt)}.` : ""}`);
    }
    if (value.backlog === 0) return this.head("ok", "The hub has everything", value.ackedAt ? `It last took something ${ago(value.ackedAt)}.` : "");
    return this.head("ok-but", "Being sent", `${waiting}.`);
  }

  private head(outcome: "ok" | "ok-but" | "stop", word: string, more: string): Template {
    return html`<div class="hub-word hub-${outcome}" role="status">${shape(outcome)}<div><strong>${word}</strong>${more !== "" && html`<p>${more}</p>`}</div></div>`;
  }

  private tools(value: Standing): Template {
    return html`<div class="settings-tools">${value.state === "paused"
      ? html`<button class="button button-first" @click=${() => void this.act("resume", "The box sends again.")}>Send again</button>`
      : html`${value.trouble !== null && html`<button class="button button-first" @click=${() => void this.act("resume", "The box tries now.")}>Try now</button>`}<button class="button" @click=${() => void this.act("pause", "Nothing is sent until you say so.")}>Pause</button>`}</div>`;
  }

  private refused(value: Standing): Template {
    return html`<h2>Put aside at the hub</h2>
      <p class="lead">These could not be taken in as they are. They are kept here and there; what came after them went on.</p>
      <ul class="list" aria-label="Put aside">${value.refused.map((one) => keyed(String(one.n), html`<li class="hub-refused">${shape("ok-but")}<span><strong>${one.topic ?? "?"} ${one.kind ?? ""}</strong> <span class="quiet">change ${one.n}, ${clock(one.at)}</span><br>${one.reason}</span></li>`))}</ul>`;
  }
}

customElements.define("settings-hub", Hub);
