// The stage of the door: one outcome, huge. Word, asset, why, what to do; below them how far the pull sheet is.
// Colour fills the stage while the outcome is new; later the words stay and the time says how old they are.

import { Content, html, Template } from "../elements/html";
import { icon, shape } from "../elements/icons";
import { now } from "../daemon/api";
import { state } from "../daemon/store";
import { ago, left } from "../elements/time";
import { Door, Outcome } from "../daemon/types";
import { Fate } from "./labels/fate";

const newForMilliseconds = 8_000;

export function stage(door: Door, outcome: Outcome | null, isLoading: boolean, fate?: Fate): Template {
  if (isLoading) return html`<section class="stage stage-idle" aria-label="Last scan" aria-busy="true"></section>`;
  return outcome ? shownOutcome(door, outcome, fate) : idle(door);
}

function idle(door: Door): Template {
  return html`<section class="stage stage-idle" aria-label="Last scan">
    ${icon("scan", "stage-shape")}
    <div class="stage-words">${bigWord("READY")}<p class="stage-short">${door.acting && left(door.acting.until) ? "Scan gear." : "Scan a badge or gear."}</p></div>
    ${progress(door, "")}</section>`;
}

/** The word as large as it fits: the style sheet divides the width by the letters of its longest part. */
function bigWord(word: string): Template {
  const parts = word.split(" ");
  const letters = Math.max(3, ...parts.map((part) => part.length));
  return html`<p class="stage-word" style.--letters=${letters} style.--lines=${parts.length} data-word>${word}</p>`;
}

function shownOutcome(door: Door, outcome: Outcome, fate?: Fate): Template {
  const age = now() - new Date(outcome.at).getTime();
  const word = outcome.undone ? "UNDONE" : outcome.word;
  const kind = fate?.kind === "lost" ? "stop" : fate?.kind === "waits" ? "ok-but" : outcome.outcome;
  return html`<section class="stage stage-${kind} ${age > newForMilliseconds ? "stage-older" : "stage-new"}" aria-label="Last scan" data-outcome="${outcome.id}" data-kind="${kind}">
    ${shape(kind, "stage-shape")}
    <div class="stage-words">
      ${bigWord(word)}
      ${subject(outcome)}
      <p class="stage-short">${outcome.short}</p>
      <p class="stage-advice">${fate ? ofLabel(fate) : advice(outcome)}</p>
    </div>
    <p class="stage-age">${ago(outcome.at)}</p>
    ${progress(door, outcome.short)}</section>`;
}

function subject(outcome: Outcome): Content {
  if (outcome.asset) return html`<p class="stage-asset"><strong class="number">${outcome.asset.number}</strong> <span>${outcome.asset.name}</span></p>`;
  if (outcome.model) return html`<p class="stage-asset"><strong class="number">${outcome.quantity ?? ""}</strong> <span>${outcome.model.name}</span></p>`;
  if (outcome.action === "acting" && outcome.actor) return html`<p class="stage-asset"><strong>${outcome.actor.name}</strong></p>`;
  return html`<p class="stage-asset"><strong class="number">${outcome.code}</strong></p>`;
}

/** What to do now, in one sentence; nothing where going on is all there is to do. */
function advice(outcome: Outcome): string {
  if (outcome.undone || outcome.action === "undone") return "It counts as if it had not been scanned.";
  switch (outcome.outcome) {
    case "unknown": return "Put it through. Link the code at the side when there is time.";
    case "stop": return "Keep it here and ask whoever is in charge.";
    case "ok-but": return outcome.action === "already" ? "Nothing to do. Go on." : "It is taken. Mind the reason.";
    case "ok": return outcome.action === "acting" ? "Scan the gear now." : "";
  }
}

/** What became of the label that was asked for, and the key that prints it again. */
function ofLabel({ kind, words }: Fate): string { return kind === "lost" ? `${words} F9 prints it again.` : words; }

/** How far the sheet is; the words are left out where `said` says them already. */
function progress(door: Door, said: string): Content {
  const count = door.project && state.progress[door.project.id];
  if (!door.project || !count || count.total === 0) return null;
  const words = `${count.done} of ${count.total} on the sheet`;
  return html`<div class="stage-progress"><progress max="${count.total}" value="${count.done}" aria-label="${words}"></progress>
    <p><strong>${said === words ? "" : words}</strong> <span>${door.project.name}</span></p></div>`;
}
