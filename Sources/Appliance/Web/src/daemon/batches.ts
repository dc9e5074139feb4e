// Edits of many at once: how far they are, what came of them, and taking them back. A batch is followed by the signals
// of the live socket, and by asking, for when those are missed.

import { get, post, Problem, sentence } from "./api";
import { hear, tell } from "./store";
import { Batch } from "./types";

const askEveryMilliseconds = 1_000;

/** Follows a batch to its end; `moved` is told each time it is further. */
export function follow(id: string, moved: (batch: Batch) => void): Promise<Batch> {
  return new Promise((ended, failed) => {
    let known: Batch | null = null, isOver = false;
    const take = (batch: Batch): void => {
      if (isOver) return;             // an answer that the end overtook
      known = batch;
      moved(batch);
      if (batch.state === "running" || batch.state === "reverting") return;
      isOver = true;
      clearInterval(timer);
      stop();
      ended(batch);
    };
    const ask = (): void => void get<Batch>(`/batches/${id}`).then(take, (error) => { if (!known) { clearInterval(timer); stop(); failed(error); } });
    const stop = hear((fact) => {
      const data = fact.data as Partial<Batch> | null;
      if (fact.kind !== "batch" || data?.id !== id) return;
      if (data.state === "running" && known) { known = { ...known, ...data }; moved(known); } else ask();
    });
    const timer = setInterval(ask, askEveryMilliseconds);
    ask();
  });
}

/** Follows a batch with a word about its end, which offers to take it all back. */
export async function finish(id: string, moved: (batch: Batch | null) => void, words: (batch: Batch) => string): Promise<Batch | null> {
  try {
    const batch = await follow(id, moved);
    if (batch.state === "done") tell("ok", words(batch), batch.undoable ? { label: "Undo", run: () => void undoBatch(id, moved) } : undefined);
    else if (batch.state === "reverted") tell("stop", `${batch.trouble?.message ?? "It could not be finished."} Nothing was changed.`);
    return batch;
  } catch (error) { tell("stop", sentence(error)); return null; } finally { moved(null); }
}

/** Takes a whole batch back; where something was changed again since, all but that is offered. */
export async function undoBatch(id: string, moved: (batch: Batch | null) => void = () => {}, skipChanged = false): Promise<void> {
  const offerRest = (words: string): void => tell("stop", `${words} Nothing was taken back.`, skipChanged ? undefined : { label: "All but that", run: () => void undoBatch(id, moved, true) });
  try {
    const { batch } = await post<{ batch: string }>(`/batches/${id}/undo`, { skipChanged });
    const undone = await follow(batch, moved);
    if (undone.state === "done") tell("ok", undone.total === 1 ? "Taken back." : `All ${undone.total.toLocaleString("en")} taken back.`);
    else offerRest(undone.trouble?.message ?? "It could not be finished.");
  } catch (error) {
    if (error instanceof Problem && error.status === 409) offerRest(error.message); else tell("stop", sentence(error));
  } finally { moved(null); }
}
