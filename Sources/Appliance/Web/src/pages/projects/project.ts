// What the project pages ask of the daemon, in its words. A line's numbers are counted by the daemon from what really
// went out and came back; nothing here adds up.

import { get, post, query, reply } from "../../daemon/api";
import { change } from "../../forms/record";
import { AssetRef, Progress, Ref } from "../../daemon/types";

export type ProjectState = "planned" | "accepted" | "closed";
export const stateNames: Record<ProjectState, string> = { planned: "Planned", accepted: "Accepted", closed: "Closed" };

/** Pieces of a sheet: asked for, out now, come back, and out without being on it. */
export interface SheetProgress extends Progress { back?: number; extra?: number }

export interface ProjectRow {
  id: string; name: string; state: ProjectState; startsAt: string | null; endsAt: string | null;
  place: string | null; note: string | null; isTemplate: boolean; archived: boolean; progress: SheetProgress | null;
  people: Part[]; version: number;
}
export interface Part { person: Ref; part: string | null }
export interface Line {
  id: string; asset: AssetRef | null; model: Ref | null; quantity: number; section: string | null; note: string | null;
  out: number; back: number; units: AssetRef[]; warnings: string[];
}
/** Gear that went out for the project without being on its sheet; it may be back. */
export type Extra = AssetRef & { isOut: boolean };
export interface ProjectDetail extends ProjectRow { lines: Line[]; extra: Extra[]; warnings: string[] }

/** The sheet as the warehouse walks it: by section, then place by place. */
export interface WalkLine { id: string; number: string | null; name: string; quantity: number; out: number; note: string | null; here: number | null; stands: { place: string | null; here: number }[] }
export interface Walk { sections: { section: string | null; places: { place: string | null; lines: WalkLine[] }[] }[] }

export interface ProjectPage { items: ProjectRow[]; next?: string | null; total?: number }

/** One chip of the list: what it is called and what it asks for. */
export const shelves = [
  { key: "", name: "Accepted", filter: { state: "accepted" } },
  { key: "planned", name: "Planned", filter: { state: "planned" } },
  { key: "closed", name: "Closed", filter: { state: "closed" } },
  { key: "templates", name: "Templates", filter: { template: "true" } },
] as const;
export type ShelfKey = (typeof shelves)[number]["key"];

export function loadPage(shelf: ShelfKey, q: string, cursor: string | null): Promise<ProjectPage> {
  const filter = shelves.find((one) => one.key === shelf)?.filter ?? {};
  return get<ProjectPage>(`/projects${query({ ...filter, q, cursor, limit: 50 })}`);
}

export const loadWalk = (id: string): Promise<Walk> => get<Walk>(`/projects/${id}/sheet`);
export const loadProject = (id: string): Promise<ProjectDetail> => get<ProjectDetail>(`/projects/${id}`);

// ---- the project itself -----------------------------------------------------------------------------------------

export const setState = (project: ProjectRow, wanted: ProjectState): Promise<ProjectRow | null> =>
  change<ProjectRow>(`/projects/${project.id}`, { state: wanted }, (saved) => `${saved.name} is ${stateNames[wanted].toLowerCase()}.`);

export const setArchived = (project: ProjectRow, archived: boolean): Promise<ProjectRow | null> =>
  change<ProjectRow>(`/projects/${project.id}`, { archived }, (saved) => archived ? `${saved.name} is archived.` : `${saved.name} is back.`);

/** Answers the Change, by which it can be undone. */
export const setPeople = async (project: string, parts: readonly Part[]): Promise<number | null> =>
  (await reply("PUT", `/projects/${project}/people`, parts.map(({ person, part }) => ({ person: person.id, part })))).change;

// ---- its lines ---------------------------------------------------------------------------------------------------

export interface NewLine { asset?: string; model?: string; quantity?: number; section?: string | null; note?: string | null }

/** What an edit of a sheet did besides: lines that came along, and what should be known. */
export interface SheetEdit { along: { title: string }[]; warnings: string[] }
export interface SheetScan { effect: "added" | "raised" | "already" | "person"; short: string; warnings: string[] }

export const addLine = (project: string, line: NewLine): Promise<SheetEdit> => post<SheetEdit>(`/projects/${project}/lines`, line);
export const editLine = async (project: string, line: string, values: Partial<Pick<Line, "quantity" | "section" | "note">>): Promise<number | null> =>
  (await reply("PATCH", `/projects/${project}/lines/${line}`, values)).change;
/** Puts the lines into an order, and one of them into another section if asked; answers the Changes, in order. */
export async function orderLines(project: string, ids: readonly string[], moved?: { line: string; section: string | null }): Promise<number[]> {
  const joined = moved ? await editLine(project, moved.line, { section: moved.section }) : null;
  const { change: ordered } = await reply("PUT", `/projects/${project}/lines/order`, ids);
  return [joined, ordered].flatMap((one) => one ?? []);
}
export const removeLine = async (project: string, line: string): Promise<number | null> =>
  (await reply("DELETE", `/projects/${project}/lines/${line}`)).change;
export const scanOnto = (project: string, code: string, section: string | null): Promise<SheetScan> =>
  post<SheetScan>(`/projects/${project}/scan`, { code, ...(section ? { section } : {}) });

/** What a line asks for, as people say it. */
export function lineTitle(line: Line): string {
  return line.asset ? `${line.asset.number} ${line.asset.name}` : `${line.quantity} × ${line.model?.name ?? "gear"}`;
}

/** The lines by section, in the order of the sheet; the name of those without one is empty. */
export function bySection(lines: readonly Line[]): { name: string; lines: Line[] }[] {
  const sections = new Map<string, Line[]>();
  for (const line of lines) {
    const name = line.section ?? "";
    sections.set(name, [...(sections.get(name) ?? []), line]);
  }
  return [...sections].map(([name, of]) => ({ name, lines: of }));
}
