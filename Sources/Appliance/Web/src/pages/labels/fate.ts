// What becomes of a label after it was asked for in one press: whoever asked has gone on and looks at something else, so what
// holds it up or went wrong is said where they are, with a key to print it again.

import { get, post, sentence } from "../../daemon/api";
import { to } from "../../router";
import { hear, tell } from "../../daemon/store";
import { Fact } from "../../daemon/types";
import { Job } from "./labels";

/** What became of a job so far: nothing to say, what it waits for, how it went. */
export interface Fate { kind: "under" | "waits" | "done" | "lost"; words: string }

/** The job that a fact is about; null for any other fact. */
export function jobOf(fact: Fact): Job | null {
  return fact.topic === "labels" && (fact.kind === "job" || fact.kind?.startsWith("job.")) ? fact.data as Job : null;
}

export function fateOf({ state, counts, total, trouble }: Job): Fate {
  const lost = counts.failed + counts.unsure, many = total > 1;
  if (lost > 0) {
    const what = many ? `${lost} of ${total} labels` : "The label";
    return { kind: "lost", words: `${what} ${counts.failed > 0 ? "did not come out" : "may or may not have come out"}.${trouble ? ` ${trouble}` : ""}` };
  }
  if (state === "cancelled") return { kind: "done", words: many ? "The labels were given up." : "The label was given up." };
  if (state === "done") return { kind: "done", words: counts.sent > 0 ? "Sent: this printer does not say whether it printed." : many ? `All ${total} are printed.` : "It is printed." };
  if (trouble !== null) return { kind: "waits", words: `${many ? "The labels wait" : "The label waits"}: ${trouble}` };
  return { kind: "under", words: "" };
}

/** Says once what a job waits for and what went wrong with it, until it is done. */
export function follow(job: Job): void {
  let said = "", heard = 0;
  const learn = (now: Job): void => {
    const { kind, words } = fateOf(now);
    if (words !== said && kind === "waits") tell("stop", `${job.title}: ${words}`, { label: "Queue", run: () => to(`/labels/queue?job=${job.id}`) });
    if (words !== said && kind === "lost") tell("stop", `${job.title}: ${words}`, { label: "Print again", run: () => void again(job) });
    said = words;
    if (now.state === "done" || now.state === "cancelled") stop();
  };
  // The printer may have said what it lacks before the answer to the press was here, or while the socket was away.
  const look = async (): Promise<void> => {
    const before = heard;
    try {
      const now = await get<Job>(`/labels/jobs/${job.id}`);
      if (heard === before) learn(now);
    } catch { /* what comes next says it */ }
  };
  const stop = hear((fact) => {
    if (fact.topic === "reset") void look();
    const now = jobOf(fact);
    if (now?.id !== job.id) return;
    heard += 1;
    learn(now);
  });
  void look();
}

async function again(job: Job): Promise<void> {
  try {
    const made = await post<Job>(`/labels/jobs/${job.id}/again`, {});
    tell("ok", `${made.title} comes out of ${made.printer.name}.`);
    follow(made);
  } catch (error) { tell("stop", sentence(error)); }
}
