// Two people edited one record: for each field that both changed, theirs and yours side by side, one choice each.

import { html, keyed, Template } from "../elements/html";
import { clock } from "../elements/time";
import { Field, Held, idOf, inWords } from "./fields";
import { Clash, Recorded, Values } from "./record";

type Side = "theirs" | "yours";

/** Radio pairs: arrows choose within a field, Tab goes to the next. */
export function clashView(form: string, theirs: Values & Recorded, clashes: readonly Clash[], fields: readonly Field[], picked: Record<string, Side>, pick: (name: string, side: Side) => void, held: (name: string) => Held): Template {
  const at = theirs["updatedAt"];
  return html`<div class="clash"><p class="clash-lead">It was saved ${typeof at === "string" ? html`at <time datetime="${at}">${clock(at)}</time> ` : null}while you had it open. What only one of you changed is kept. Choose for ${clashes.length === 1 ? "this field" : `these ${clashes.length} fields`}:</p>
    ${clashes.map((clash) => keyed(clash.name, pair(form, clash, fields.find((field) => field.name === clash.name), picked[clash.name], pick, held)))}</div>`;
}

function pair(form: string, clash: Clash, field: Field | undefined, picked: Side | undefined, pick: (name: string, side: Side) => void, held: (name: string) => Held): Template {
  const id = idOf(form, clash.name);
  const words = (side: Side): string => {
    if (!field) return String(clash[side] ?? "empty");
    return inWords(field, side === "yours" && field.kind === "reference" ? held(clash.name) : clash[side]);
  };
  const side = (name: Side, label: string): Template => html`<label class="clash-side"><input type="radio" name="${id}-side" id="${id}-${name}" .checked=${picked === name} @change=${() => pick(clash.name, name)}>
    <span class="clash-card"><span class="clash-whose">${label}</span><span class="clash-value">${words(name)}</span></span></label>`;
  return html`<fieldset class="clash-field" data-clash="${clash.name}"><legend>${field?.label ?? clash.name}</legend><div class="clash-pair">${side("theirs", "Theirs")}${side("yours", "Yours")}</div></fieldset>`;
}
