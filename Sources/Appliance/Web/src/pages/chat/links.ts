// What a message can point at: by which sign, where it leads, and how it is found while somebody writes. One row each; what
// it is called in a room is MessageLink.swift's, and those two tables are all there is of a kind.

import { get, query } from "../../daemon/api";
import { icon } from "../../elements/icons";
import { places, projects } from "../../forms/pickers";
import { Asset } from "../../daemon/types";

interface Found { id: string; name: string; more: string }
interface Row {
  sign: "@" | "#";
  picture: Parameters<typeof icon>[0];
  href(id: string): string;
  /** Nothing where the room itself knows them. In the order of the rows. */
  find?(words: string): Promise<readonly Found[]>;
}

const few = 3;
const table = <Kind extends string>(rows: Record<Kind, Row>): Readonly<Record<Kind, Row>> => rows;

export const linkKinds = table({
  person: { sign: "@", picture: "people", href: (id) => `/people/${id}` },
  // Gear first, for it is meant most often.
  asset: { sign: "#", picture: "gear", href: (id) => `/gear?asset=${id}`, find: async (q) => (await get<{ items: Asset[] }>(`/assets${query({ q, limit: 2 * few })}`)).items.map((asset) => ({ id: asset.id, name: asset.number, more: asset.name })) },
  place: { sign: "#", picture: "place", href: (id) => `/gear?place=${id}`, find: async (q) => (await places.find(q)).slice(0, few).map(({ id, name }) => ({ id, name, more: "Place" })) },
  project: { sign: "#", picture: "project", href: (id) => `/projects/${id}`, find: async (q) => (await projects.find(q)).slice(0, few).map(({ id, name }) => ({ id, name, more: "Project" })) },
});

export type LinkKind = keyof typeof linkKinds;
export interface Link { kind: LinkKind; id: string; name: string }

export const markOf = (link: Link): string => linkKinds[link.kind].sign + link.name;
export const hrefOf = (link: Link): string => linkKinds[link.kind].href(link.id);

/** What `#` and these words may mean; a kind that can not be asked for now is left out. */
export async function things(words: string): Promise<{ link: Link; more: string }[]> {
  const kinds = (Object.keys(linkKinds) as LinkKind[]).filter((kind) => linkKinds[kind].find);
  const found = await Promise.all(kinds.map(async (kind) => {
    try { return (await linkKinds[kind].find!(words)).map(({ id, name, more }) => ({ link: { kind, id, name }, more })); } catch { return []; }
  }));
  return found.flat();
}
