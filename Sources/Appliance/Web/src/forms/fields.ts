// The fields a form is made of: what each kind shows, and how what a person typed becomes what goes over the wire.
// A form is in form.ts; the picker of references in picker.ts; pictures in picture.ts.

import { html, Content, Template } from "../elements/html";
import { icon, shape } from "../elements/icons";
import { Choice, Picker } from "./picker";
import { Values } from "./record";

export type Kind = "line" | "lines" | "whole" | "number" | "money" | "choice" | "reference" | "day" | "instant" | "flag" | "codes" | "picture";

/** One field of a record, as a form shows it. `name` with a dot is a member of a member, such as `custom.mount`. */
export interface Field {
  name: string;
  label: string;
  kind: Kind;
  isRequired?: boolean;
  hint?: string;
  max?: number;
  unit?: string;
  /** Takes the whole width. */
  isWide?: boolean;
  /** A heading over this field and the ones after it. */
  section?: string;
  choices?: readonly (readonly [string, string])[];
  picker?: Picker;
  /** Never kept in a draft, and not shown while it is typed. */
  isSecret?: boolean;
  /** For names of people and the like: what the browser may fill in. */
  autocomplete?: string;
  inputMode?: string;
}

/** What a control holds: text as typed, a picked reference, a tick, or a list of codes. */
export type Held = string | boolean | Choice | null | readonly string[];

const decimals = 100;

/** A value off the wire as its control holds it. */
export function held(field: Field, value: unknown): Held {
  switch (field.kind) {
    case "flag": return value === true;
    case "reference": return (value ?? null) as Choice | null;
    case "codes": return Array.isArray(value) ? value as string[] : [];
    case "picture": return (value ?? null) as string | null;
    case "money": return typeof value === "number" ? (value / decimals).toFixed(2) : "";
    case "instant": return typeof value === "string" ? localInstant(value) : "";
    default: return value === null || value === undefined ? "" : String(value);
  }
}

/** What goes over the wire; a thrown string is what is wrong with it. */
export function wire(field: Field, value: Held): unknown {
  switch (field.kind) {
    case "flag": return value === true;
    case "reference": return value === null ? null : (value as Choice).id;
    case "codes": case "picture": return value;
    case "whole": return number(field, value as string, /^-?\d+$/, 1, "a whole number");
    case "number": return number(field, value as string, /^-?\d+(\.\d+)?$/, 1, "a number");
    case "money": return number(field, value as string, /^-?\d+(\.\d{1,2})?$/, decimals, "an amount such as 1250.00");
    case "instant": return value === "" ? null : new Date(value as string).toISOString();
    default: return (value as string).trim() === "" ? null : value;
  }
}

function number(field: Field, typed: string, form: RegExp, times: number, words: string): number | null {
  const text = typed.replace(/[\s']/g, "").replace(",", ".");
  if (text === "") return null;
  if (!form.test(text)) throw `${field.label} is ${words}.`;
  return times === 1 ? Number(text) : Math.round(Number(text) * times);
}

function localInstant(iso: string): string {
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** A value in words, for the two sides of a clash. */
export function inWords(field: Field, value: unknown): string {
  if (value === null || value === undefined || value === "") return "empty";
  if (field.kind === "choice") return field.choices?.find(([key]) => key === value)?.[1] ?? String(value);
  if (field.kind === "reference") return typeof value === "object" ? (value as Choice).name : "the one you picked";
  if (field.kind === "flag") return value === true ? "yes" : "no";
  if (field.kind === "picture") return "a picture";
  return String(held(field, value)) + (field.unit ? ` ${field.unit}` : "");
}

/** The member of a record that a field is about. */
export function member(record: Values, name: string): unknown {
  return name.split(".").reduce<unknown>((value, key) => (value as Values | null | undefined)?.[key], record);
}

/** Fields with dots as the members of members they are; what `record` has beside them stays. */
export function nested(fields: Values, record: Values): Values {
  const result: Values = {};
  for (const [name, value] of Object.entries(fields)) {
    const [outer, inner] = name.split(".");
    if (outer === undefined || inner === undefined) result[name] = value;
    else result[outer] = { ...(result[outer] ?? record[outer] ?? {}) as Values, [inner]: value };
  }
  return result;
}

// ---- what is seen --------------------------------------------------------------------------------------------------

/** What is wrong with a field, and where to look at what it collides with. */
export interface Refusal { words: string; link?: { href: string; words: string } }

export const idOf = (form: string, name: string): string => `${form}-${name}`.replace(/[^a-zA-Z0-9-]/g, "-");

/** Label, control and what is wrong, the control of a simple kind made here, any other given as `control`. */
export function fieldView(form: string, field: Field, value: Held, refusal: Refusal | undefined, set: (value: Held) => void, control: Node | null): Template {
  const id = idOf(form, field.name);
  const under = [field.hint ? `${id}-hint` : "", refusal ? `${id}-error` : ""].filter(Boolean).join(" ") || null;
  if (field.kind === "flag") return flagView(id, field, value === true, under, refusal, set);
  return html`<div class="form-field ${field.isWide || field.kind === "lines" ? "form-wide" : ""} ${refusal ? "form-wrong" : ""}" data-field="${field.name}">
    <label for="${id}">${field.label}${field.isRequired ? null : html` <span class="form-optional">optional</span>`}</label>
    ${control ?? simple(id, field, value as string, under, refusal !== undefined, set)}
    ${field.hint && html`<p class="form-hint" id="${id}-hint">${field.hint}</p>`}${wrong(id, refusal)}</div>`;
}

export function wrong(id: string, refusal: Refusal | undefined): Content {
  return refusal && html`<p class="form-error" id="${id}-error">${shape("stop")}<span>${refusal.words} ${refusal.link && html`<a href="${refusal.link.href}">${refusal.link.words}</a>`}</span></p>`;
}

function flagView(id: string, field: Field, value: boolean, under: string | null, refusal: Refusal | undefined, set: (value: Held) => void): Template {
  return html`<div class="form-field form-flag" data-field="${field.name}"><label class="form-tick" for="${id}"><input type="checkbox" id="${id}" .checked=${value} aria-describedby="${under}"
    @change=${(event: Event) => set((event.target as HTMLInputElement).checked)}><span class="form-box">${icon("check")}</span><span>${field.label}</span></label>
    ${field.hint && html`<p class="form-hint" id="${id}-hint">${field.hint}</p>`}${wrong(id, refusal)}</div>`;
}

function simple(id: string, field: Field, value: string, under: string | null, isWrong: boolean, set: (value: Held) => void): Template {
  const typed = (event: Event): void => set((event.target as HTMLInputElement).value);
  const invalid = isWrong ? "true" : null, required = field.isRequired ? "true" : null;
  if (field.kind === "choice") {
    return html`<select class="input" id="${id}" aria-describedby="${under}" aria-invalid="${invalid}" aria-required="${required}" @change=${typed}>
      ${!field.isRequired || value === "" ? html`<option value="" .selected=${value === ""}>–</option>` : null}
      ${(field.choices ?? []).map(([key, words]) => html`<option value="${key}" .selected=${key === value}>${words}</option>`)}</select>`;
  }
  if (field.kind === "lines") {
    return html`<textarea class="input" id="${id}" rows="3" maxlength="${field.max ?? null}" .value=${value} aria-describedby="${under}" aria-invalid="${invalid}" aria-required="${required}" @input=${typed}></textarea>`;
  }
  const type = field.isSecret ? "password" : { day: "date", instant: "datetime-local" }[field.kind as string] ?? "text";
  const mode = field.inputMode ?? (field.kind === "whole" ? "numeric" : field.kind === "money" || field.kind === "number" ? "decimal" : null);
  return html`<span class="form-input ${field.unit ? "form-with-unit" : ""}"><input class="input" id="${id}" type="${type}" inputmode="${mode}" maxlength="${field.max ?? null}" autocomplete="${field.autocomplete ?? "off"}" spellcheck="false" .value=${value}
    aria-describedby="${under}" aria-invalid="${invalid}" aria-required="${required}" @input=${typed}>${field.unit && html`<span class="form-unit">${field.unit}</span>`}</span>`;
}
