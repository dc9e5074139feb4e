// What the pages of labels share: the shapes of what the daemon says, and printing in one press from wherever gear is shown.

import { file, post, Problem, sentence } from "../../daemon/api";
import { to } from "../../router";
import { mayEdit, tell } from "../../daemon/store";
import { Ref } from "../../daemon/types";
import { follow } from "./fate";

export interface Media { key: string; maker: string; name: string; width: number; height: number | null; perSheet: number | null; round: boolean }
export interface LabelPrinter {
  id: string; name: string; address: string; media: string; resolution: number; offsetX: number; offsetY: number; payload: string;
  base: string | null; door: Ref | null; logo: string | null; archived: boolean; version: number;
}
export interface PrinterState { state: "ready" | "printing" | "stopped" | "away"; reasons: string[]; model: string | null; resolutions: number[]; formats: string[] }
export interface Element_ { kind: "text" | "code" | "logo" | "line"; x: number; y: number; width: number; height: number; turn?: number; text?: string; size?: number; sizeMin?: number; lines?: number; bold?: boolean; align?: string; symbology?: string }
export interface Layout { width: number; height: number; elements: Element_[] }
export interface Design extends Layout { id: string; name: string; use: string; archived: boolean; version: number }
export interface Designs { patterns: { key: string; use: string; name: string }[]; items: Design[]; fields: string[] }
export interface Subject { kind: "asset" | "person" | "place" | "model" | "card" | "blank" | "calibration"; id?: string }
export type ItemState = "waiting" | "printing" | "printed" | "sent" | "unsure" | "failed" | "cancelled";
export interface Job {
  id: string; title: string; printer: Ref; media: string; state: "printing" | "paused" | "done" | "cancelled"; trouble: string | null;
  total: number; counts: Record<ItemState, number>; matched: number; actor: Ref | null; at: string;
}
export interface Item { n: number; kind: Subject["kind"]; subject: string | null; name: string; code: string; state: ItemState; trouble: string | null; matchedAt: string | null }
export interface JobDetail extends Job { items: Item[] }

export const payloads = [["opaque", "An identity that means nothing to strangers"], ["address", "The gear's page on this box"], ["number", "The number alone"], ["gs1", "Its GS1 key"]] as const;

/** Prints the labels of gear on the printer of the door, or the first one. */
export async function printGear(ids: readonly string[], door?: string): Promise<void> {
  try {
    const job = await post<Job>("/labels/jobs", { items: ids.map((id) => ({ kind: "asset", id })), ...(door ? { door } : {}) });
    const words = job.total === 1 ? `The label of ${job.title} comes out of ${job.printer.name}.` : `${job.total} labels come out of ${job.printer.name}.`;
    tell("ok", words, { label: "Queue", run: () => to(`/labels/queue?job=${job.id}`) });
    follow(job);
  } catch (error) {
    const hasNoPrinter = error instanceof Problem && error.status === 409 && mayEdit();
    tell("stop", sentence(error), hasNoPrinter ? { label: "Labels", run: () => to("/labels/printers") } : undefined);
  }
}

/** A picture that the daemon draws, as an address for an `img`; the policy of the pages allows no other than data. */
export async function drawn(path: string, body: unknown, signal: AbortSignal): Promise<string> {
  const blob = await file(path, body, { signal });
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => failed(new Error("unreadable"));
    reader.readAsDataURL(blob);
  });
}

/** Hands a file that the daemon made to the browser. */
export async function download(path: string, body: unknown, name: string): Promise<void> {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await file(path, body, { within: 60_000 }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
