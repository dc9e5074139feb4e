// What the inbox asks of the daemon: an unknown code is linked to gear, becomes new gear, or is put aside. Each of them
// carries out what was meant by the scan, and each can be taken back.

import { post, reply, sentence } from "../../daemon/api";
import { loadUnknowns } from "../../daemon/commands";
import { offerUndo, Values } from "../../forms/record";
import { putOutcome, state, tell, update } from "../../daemon/store";
import { Outcome, Ref, Unknown } from "../../daemon/types";
import { printGear } from "../labels/labels";

/** What a new piece with this code would be, as far as it can be guessed. */
export interface Draft { model?: Ref | null; number?: string | null; home?: Ref | null }
export interface Waiting extends Unknown { draft?: Draft | null }

export const waiting = (): readonly Waiting[] => state.unknowns ?? [];

/** Takes the card away at once; it comes back, with the reason, when the daemon says no. */
async function settle(id: string, act: () => Promise<void>): Promise<boolean> {
  const card = state.unknowns?.find((one) => one.id === id);
  update((current) => { current.unknowns = current.unknowns?.filter((one) => one.id !== id) ?? null; });
  try { await act(); return true; } catch (error) {
    update((current) => { if (card && !current.unknowns?.some((one) => one.id === id)) current.unknowns = [card, ...(current.unknowns ?? [])]; });
    tell("stop", `${sentence(error)} The card is kept.`);
    return false;
  }
}

export const link = (unknown: Unknown, asset: string): Promise<boolean> => settle(unknown.id, async () => {
  const { answer, change } = await reply<Outcome>("POST", `/unknowns/${unknown.id}/link`, { asset });
  update((current) => putOutcome(current, answer, true));
  offerUndo(`${unknown.code} is ${answer.asset?.number ?? "linked"}: ${answer.word}.`, change, () => void loadUnknowns());
});

export const dismiss = (unknown: Unknown): Promise<boolean> => settle(unknown.id, async () => {
  await post(`/unknowns/${unknown.id}/dismiss`);
  tell("ok", `${unknown.code} is dismissed.`, { label: "Undo", run: () => void restore(unknown) });
});

async function restore(unknown: Unknown): Promise<void> {
  try { await post(`/unknowns/${unknown.id}/restore`); } catch (error) { tell("stop", sentence(error)); }
  void loadUnknowns();
}

/** Makes gear of it; what is wrong with a field is thrown, for the form to show. */
export async function create(unknown: Unknown, fields: Values, isLabelled = false): Promise<void> {
  const { answer, change } = await reply<Outcome>("POST", `/unknowns/${unknown.id}/create`, fields);
  update((current) => {
    current.unknowns = current.unknowns?.filter((one) => one.id !== unknown.id) ?? null;
    putOutcome(current, answer, true);
  });
  offerUndo(`${unknown.code} is ${answer.asset?.number ?? "gear"} now: ${answer.word}.`, change, () => void loadUnknowns());
  if (isLabelled && answer.asset) void printGear([answer.asset.id], unknown.door?.id);
}
