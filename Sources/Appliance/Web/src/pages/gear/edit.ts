// The forms of a piece of gear: edit one, or make one or a series of them. The fields of its category follow the model.

import { get, Problem, reply, post } from "../../daemon/api";
import { Choice } from "../../forms/picker";
import { Field, Held } from "../../forms/fields";
import { Plan, RecordForm } from "../../forms/form";
import { make, save, Values } from "../../forms/record";
import { fieldsOf, formFields, models, places, titleOf } from "../../forms/pickers";
import { tell } from "../../daemon/store";
import { Asset, Model } from "../../daemon/types";
import { printGear } from "../labels/labels";

const conditions = [["fit", "Fit"], ["maintenance", "In repair"], ["damaged", "Damaged"], ["lost", "Lost"], ["retired", "Retired"]] as const;
const seriesMax = 100;

/** What follows from the model that was picked: the fields of its category, and for new gear the next number. */
class CategoryFields {
  private readonly known = new Map<string, readonly Field[]>();
  private model: string | null = null;
  constructor(private readonly form: () => RecordForm) {}

  of(model: Choice | null): readonly Field[] {
    if (!model) return [];
    if (this.model !== model.id) { this.model = model.id; void this.suggest(model.id); }
    const known = this.known.get(model.id);
    if (!known) { this.known.set(model.id, []); void this.load(model.id); }
    return known ?? [];
  }

  private async load(id: string): Promise<void> {
    try {
      const { category } = await get<Model>(`/models/${id}`);
      this.known.set(id, formFields(await fieldsOf(category.name), category.name));
      this.form().refresh();
    } catch { this.known.delete(id); }
  }

  private async suggest(id: string): Promise<void> {
    try {
      const { number, home } = await get<{ number: string | null; home: Choice | null }>(`/models/${id}/next-number`);
      if (this.model === id) this.form().suggest({ number, home });
    } catch { /* then the number is typed */ }
  }
}

const own = (thenTo: string): Field[] => [
  { name: "model", label: "Model", kind: "reference", isRequired: true, isWide: true, picker: models(thenTo) },
  { name: "number", label: "Number", kind: "line", isRequired: true, max: 64 },
  { name: "name", label: "Name", kind: "line", max: 200, hint: "Left empty it is called what its model is." },
  { name: "serial", label: "Serial number", kind: "line", max: 100 },
  { name: "home", label: "Home", kind: "reference", picker: places },
  { name: "owner", label: "Owner", kind: "line", max: 200 },
  { name: "condition", label: "Condition", kind: "choice", isRequired: true, choices: conditions },
  { name: "note", label: "Note", kind: "lines", max: 2000 },
];

/** A form that shows itself anew when the fields of a category are known. */
function withCategory(plan: (further: (value: (name: string) => Held) => readonly Field[]) => Plan): RecordForm {
  const further = new CategoryFields(() => form);
  const form: RecordForm = new RecordForm(plan((value) => further.of(value("model") as Choice | null)));
  return form;
}

/** `picked` is the model that was made for it meanwhile. */
export function editForm(asset: Asset, picked: Choice | null, leave: () => void, saved: (asset: Asset) => void): RecordForm {
  return withCategory((further) => ({
    name: `asset-${asset.id}`, ...(picked ? { over: { model: picked } } : {}), title: `Edit ${asset.number}`, record: asset as Asset & Values,
    fields: (value) => [...own(`/gear?asset=${asset.id}&edit=1`), ...further(value)],
    save: async (fields, version) => { saved(await save<Asset>(`/assets/${asset.id}`, fields, version, (now) => `${now.number} is saved.`)); },
    leave,
  }));
}

// ---- new ----------------------------------------------------------------------------------------------------------------

/** `picked` is the model to begin with; `made` is told the first of what was made. */
export function newForm(picked: Choice | null, leave: () => void, made: (asset: Asset) => void): RecordForm {
  return withCategory((further) => ({
    name: "asset-new", title: "New gear", start: { condition: "fit", count: 1 }, ...(picked ? { over: { model: picked } } : {}), saveWords: "Make",
    fields: (value) => {
      const many = Number(value("count") || 1), [, number, , serial, ...rest] = own("/gear/new");
      const first = own("/gear/new")[0] as Field;
      return [first, { ...number as Field, hint: seriesHint(String(value("number") ?? ""), many) },
        { name: "count", label: "How many", kind: "whole", isRequired: true, hint: `Up to ${seriesMax}, numbered on from the first.` },
        { name: "name", label: "Name", kind: "line", max: 200, hint: "Left empty it is called what its model is." },
        ...(many > 1 ? [] : [serial as Field]), ...rest,
        ...(many > 1 ? [] : [{ name: "codes", label: "Codes on it", kind: "codes", isWide: true, hint: "Barcodes, QR codes or tags that are read for this item." } as Field]),
        { name: "printed", label: many > 1 ? "Print their labels" : "Print its label", kind: "flag" }, ...further(value)];
    },
    save: async ({ count, printed, ...fields }) => {
      const many = Number(count ?? 1);
      if (many < 1 || many > seriesMax) throw new Problem(`One form makes 1 to ${seriesMax} units.`, 400, "invalid", { field: "count" });
      const all = many === 1 ? [await make<Asset>("/assets", fields, (one) => `${one.number} is made.`)] : await makeSeries(fields, many);
      if (printed === true) void printGear(all.map((one) => one.id));
      made(all[0] as Asset);
    },
    leave,
  }));
}

function seriesHint(number: string, many: number): string {
  const numbers = series(number.trim(), many);
  return many > 1 && numbers ? `${numbers[0]} … ${numbers[numbers.length - 1]}` : "What is written on it, such as CAM-9.";
}

/** The numbers of a series: the last run of digits counts up and keeps its zeros. Null when there is none to count. */
export function series(first: string, many: number): string[] | null {
  const parts = /^(.*?)(\d+)(\D*)$/s.exec(first);
  if (!parts || many < 1 || many > seriesMax) return null;
  const [, before = "", digits = "", after = ""] = parts;
  return Array.from({ length: many }, (_, index) => before + String(Number(digits) + index).padStart(digits.length, "0") + after);
}

/** Makes one unit after the other; nothing is begun while one of the numbers is taken. */
async function makeSeries(fields: Values, many: number): Promise<Asset[]> {
  const numbers = series(String(fields["number"] ?? ""), many);
  if (!numbers) throw new Problem("The number of a series has digits to count up, such as CAM-9.", 400, "invalid", { field: "number" });
  for (const number of numbers) {
    const found = await get<{ asset?: Asset | null }>(`/lookup?code=${encodeURIComponent(number)}`);
    if (found.asset) throw new Problem(`${number} is ${found.asset.name} already. Nothing was made.`, 409, "conflict", { field: "number", asset: found.asset });
  }
  const changes: number[] = [];
  const all: Asset[] = [];
  try {
    for (const number of numbers) {
      const made = await reply<Asset>("POST", "/assets", { ...fields, number });
      all.push(made.answer);
      if (made.change !== null) changes.push(made.change);
    }
  } catch (error) {
    await takeBack(changes);
    throw error;
  }
  tell("ok", `${numbers[0]} to ${numbers[numbers.length - 1]} are made.`, { label: "Undo", run: () => void takeBack(changes).then(() => tell("ok", `All ${many} taken back.`), () => tell("stop", "Not all could be taken back: some were used since.")) });
  return all;
}

async function takeBack(changes: readonly number[]): Promise<void> {
  for (const seq of [...changes].reverse()) await post(`/changes/${seq}/undo`);
}

/** The model an address names for a new item. */
export async function modelOf(id: string | null): Promise<Choice | null> {
  if (!id) return null;
  try { const model = await get<Model>(`/models/${id}`); return { id, name: titleOf(model) }; } catch { return null; }
}
