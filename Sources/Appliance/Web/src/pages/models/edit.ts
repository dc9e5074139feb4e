// The form of a model.

import { RecordForm } from "../../forms/form";
import { make, save, Values } from "../../forms/record";
import { categories } from "../../forms/pickers";
import { Model } from "../../daemon/types";

const countings = [["serialised", "Each unit has a number"], ["counted", "Only how many there are"]] as const;

/** `name` is what a new one is called as far as is known. */
export function modelForm(model: Model | null, name: string, leave: () => void, saved: (model: Model) => void): RecordForm {
  return new RecordForm({
    name: model ? `model-${model.id}` : "model-new", title: model ? `Edit ${model.name}` : "New model", saveWords: model ? "Save" : "Make",
    ...(model ? { record: model as Model & Values } : { start: { counting: "serialised" }, ...(name ? { over: { name } } : {}) }),
    fields: () => [
      { name: "name", label: "Name", kind: "line", isRequired: true, max: 200, isWide: true },
      { name: "maker", label: "Maker", kind: "line", max: 200 },
      { name: "category", label: "Category", kind: "reference", isRequired: true, picker: categories },
      { name: "counting", label: "Counting", kind: "choice", isRequired: true, choices: countings },
      { name: "weightGrams", label: "Weight", kind: "whole", unit: "g" },
      { name: "specifications", label: "Specifications", kind: "lines", max: 8000 },
      { name: "picture", label: "Picture", kind: "picture", isWide: true },
    ],
    save: async (fields, version) => {
      saved(model ? await save<Model>(`/models/${model.id}`, fields, version, (now) => `${now.name} is saved.`) : await make<Model>("/models", fields, (made) => `${made.name} is made.`));
    },
    leave,
  });
}
