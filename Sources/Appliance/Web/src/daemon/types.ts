// The shapes the daemon speaks, as its HTTP and live contract names them. Nothing here is computed by the pages.

export type Direction = "out" | "in" | "both";
export type OutcomeKind = "ok" | "ok-but" | "stop" | "unknown";
export type Status = "available" | "reserved" | "in_use" | "maintenance" | "damaged" | "lost" | "retired";

export interface Ref { id: string; name: string }
export interface AssetRef { id: string; number: string; name: string; model?: string | Ref | null; status?: Status; condition?: string }
export interface Progress { done: number; total: number }
export interface Person { id: string; name: string; initials: string; role: string; active?: boolean; avatar?: string | null }
export interface Project { id: string; name: string; state: string; startsAt: string | null; endsAt: string | null; progress: Progress | null }

export interface Door {
  id: string; name: string; direction: Direction; actingMinutes: number;
  acting: { person: Ref; until: string } | null;
  project: Ref | null;
}

export interface Outcome {
  id: string; outcome: OutcomeKind;
  action: "out" | "in" | "transfer" | "already" | "acting" | "none" | "undone" | "refused" | "printing";
  word: string; short: string; spoken: string; code: string;
  asset: AssetRef | null; model: Ref | null; quantity: number | null;   // counted stock, and how many pieces of it
  actor: Ref | null; project: Ref | null; progress: Progress | null;
  door: { id: string; name: string; direction: Direction } | null;
  reader: string | null; undoable: boolean; undone: boolean; at: string;
  label?: string | null;              // the job of a label that was asked for
}

export interface Suggestion { asset: AssetRef; why: string }
export interface Unknown {
  id: string; code: string; symbology: string | null; scheme: string | null; count: number;
  firstAt: string; lastAt: string; door: Ref | null;
  intent: { direction: Direction; actor: Ref | null; project: Ref | null } | null;
  suggestions?: Suggestion[];
}

/** What two depots said side by side; `trouble` is why what stands could not be taken over here. */
export interface Conflict { id: string; topic: string; record: string; name: string; field: string; title: string; trouble: string | null; sides: ConflictSide[] }
export interface ConflictSide { side: string; words: string; depot: string; at: string | null; stands: boolean }

export interface Holder { person: Ref | null; project: Ref | null; since: string }
export interface Asset {
  id: string; number: string; name: string; model: Ref; maker: string | null; category: string | null;
  serial: string | null; status: Status; condition: string; note: string | null;
  holder: Holder | null; home: Ref | null; owner: string | null; custom: Record<string, unknown>; picture: string | null; depot?: string | null; archived: boolean;
  version: number; updatedAt: string;
}
export interface AssetHistory { kind: string; at: string; person: Ref | null; project: Ref | null; door: Ref | null; note: string | null; status: Status | null; by?: Ref | null; identifier?: Identifier | null; before?: Record<string, unknown> | null; after?: Record<string, unknown> | null; change?: number | null }
export interface Identifier { key: string; scheme: string; value: string }
export interface Accessory { model: Ref; quantity: number }
export interface AssetDetail extends Asset { identifiers: Identifier[]; history: AssetHistory[]; accessories?: Accessory[] }
/** How many fit each value of a filter, were it the only one of its kind. */
export interface FacetValue { value: string; name: string; count: number }
export interface AssetPage { items: Asset[]; next: string | null; total: number; isTotalExact?: boolean; counts: Partial<Record<Status, number>>; facets?: Record<string, FacetValue[]> }

export interface CategoryField { key: string; name: string; kind: "text" | "number" | "day" | "choice" | "flag"; unit: string | null; choices: string[]; required: boolean }
export interface Category { id: string; name: string; fields: CategoryField[]; archived: boolean; version: number }
export interface Model {
  id: string; name: string; maker: string | null; category: Ref; counting: "serialised" | "counted"; specifications: string | null;
  weightGrams: number | null; picture: string | null; archived: boolean; version: number; updatedAt: string;
  units?: { total: number; available: number }; accessories?: Accessory[];
}
export interface Stock {
  id: string; name: string; total: number; out: number; here: number; place: Ref | null; version: number; updatedAt: string;
  holders?: { person: Ref | null; project: Ref | null; quantity: number; since: string }[]; codes?: Identifier[];
}
export interface Page<Item> { items: Item[]; next: string | null; total?: number; isTotalExact?: boolean }
export interface Batch { id: string; kind: string; title: string; state: "running" | "done" | "reverting" | "reverted" | "undone"; done: number; total: number; undoable: boolean; trouble: { message: string; row?: number } | null }

export interface Reader {
  id: string; port: string; vendorId: string; productId: string;
  manufacturer: string | null; product: string | null; serial: string | null;
  kind: "keyboard" | "pointOfSale" | "unsupported";
  state: "offered" | "reading" | "ignored" | "unplugged" | "failed";
  known: boolean; name: string | null; layout: "us" | "uk" | "de" | "fr"; silenceMilliseconds: number;
  door: Ref | null; direction: Direction | null; reads: number; lastReadAt: string | null;
  trouble: string | null; advice: string | null;
}

export interface About { name: string; organisation: string; depot: string; version: string; epoch: string; seq: number; demo: boolean }
export interface List<Item> { items: Item[] }

export interface Position { epoch: string; seq: number }
/** What a screen is told: a committed Change, or a Signal, which is shown and not in the log. */
export interface Fact { topic: string; kind: string; data: unknown }
export interface Change extends Fact, Position { type: "change"; at: string }
export interface Signal extends Fact { type: "signal" }
