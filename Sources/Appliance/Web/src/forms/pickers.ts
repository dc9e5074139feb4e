// What the pickers of forms pick from: models, places, categories, people. And the fields of a category, by its name.

import { get, post, query } from "../daemon/api";
import { Field } from "./fields";
import { Picker } from "./picker";
import { to } from "../router";
import { hear } from "../daemon/store";
import { Category, CategoryField, Model, Page, Person, Ref } from "../daemon/types";

const foundMax = 20;

/** `thenTo` is where a new model leads back to. */
export function models(thenTo?: string): Picker {
  return {
    find: async (q) => (await get<Page<Model>>(`/models${query({ q, limit: foundMax })}`)).items.map((model) => ({ id: model.id, name: titleOf(model), more: model.category?.name ?? "" })),
    ...(thenTo === undefined ? {} : { make: { words: "New model", run: async (typed: string) => { to(`/models/new${query({ name: typed, then: thenTo })}`); return null; } } }),
  };
}

export const places: Picker = {
  find: async (q) => named((await get<Page<Ref & { path?: string }>>("/places")).items.map((place) => ({ id: place.id, name: place.path ?? place.name })), q),
  make: { words: "New place", run: async (name) => { const made = await post<Ref & { path?: string }>("/places", { name }); return { id: made.id, name: made.path ?? made.name }; } },
};

export const categories: Picker = {
  find: async (q) => named((await allCategories()).filter((category) => !category.archived), q),
  make: { words: "New category", run: (name) => post<Category>("/categories", { name }) },
};

export const people: Picker = { find: async (q) => named((await get<Page<Person>>(`/people${query({ q })}`)).items.filter((person) => person.active !== false), q) };

export const projects: Picker = { find: async (q) => named((await get<Page<Ref & { state?: string; more?: string }>>(`/projects${query({ q })}`)).items.map((project) => ({ id: project.id, name: project.name, more: project.state ?? "" })), q) };

export function titleOf(model: { name: string; maker?: string | null }): string { return [model.maker, model.name].filter(Boolean).join(" "); }

/** Lists that the daemon gives whole are narrowed here; every word must occur. */
function named<Item extends { id: string; name: string }>(items: readonly Item[], words: string): Item[] {
  const wanted = words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return items.filter((item) => wanted.every((word) => item.name.toLocaleLowerCase().includes(word))).slice(0, foundMax);
}

// ---- the fields that only the gear of one category has ----------------------------------------------------------------

let known: Promise<Category[]> | null = null;
hear((fact) => { if (fact.topic === "models" || fact.topic === "reset") known = null; });

/** Every category, asked for once and again after one changed. */
export function allCategories(): Promise<Category[]> {
  known ??= get<Page<Category>>("/categories").then((page) => page.items, (error) => { known = null; throw error; });
  return known;
}

export const fieldsOf = async (category: string): Promise<CategoryField[]> => (await allCategories()).find((one) => one.name === category)?.fields ?? [];

const kinds = { text: "line", number: "number", day: "day", choice: "choice", flag: "flag" } as const;

/** The fields of a category as a form shows them. */
export function formFields(fields: readonly CategoryField[], category: string): Field[] {
  return fields.map((field, index): Field => ({
    name: `custom.${field.key}`, label: field.name, kind: kinds[field.kind], isRequired: field.required, choices: field.choices.map((choice) => [choice, choice] as const),
    ...(field.unit ? { unit: field.unit } : {}), ...(index === 0 ? { section: category } : {}),
  }));
}
