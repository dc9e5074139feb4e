// The form of a person, new or known. A PIN is set on the person's page, where it can be set alone.

import { RecordForm } from "../../forms/form";
import { Field } from "../../forms/fields";
import { make, Recorded, save, Values } from "../../forms/record";
import { state } from "../../daemon/store";
import { PersonDetail, roleMeans, roleWords } from "./people";

const languages = [["en", "English"], ["de", "Deutsch"], ["fr", "Français"], ["es", "Español"], ["it", "Italiano"], ["nl", "Nederlands"], ["sv", "Svenska"], ["pl", "Polski"]] as const;

/** Only an administrator gives and takes roles; everybody else adds crew. */
const fields = (): readonly Field[] => [
  { name: "name", label: "Name", kind: "line", isRequired: true, max: 100, isWide: true, autocomplete: "off" },
  ...(state.session?.role !== "admin" ? [] : [{ name: "role", label: "Role", kind: "choice", isRequired: true, choices: Object.entries(roleWords), hint: Object.entries(roleMeans).map(([role, means]) => `${roleWords[role]}: ${means.toLowerCase()}.`).join(" "), isWide: true } as Field]),
  { name: "phone", label: "Phone", kind: "line", max: 40, inputMode: "tel", autocomplete: "off" },
  { name: "email", label: "E-mail", kind: "line", max: 254, inputMode: "email", autocomplete: "off" },
  { name: "language", label: "Language", kind: "choice", choices: languages },
  { name: "avatar", label: "Picture", kind: "picture", isWide: true },
  { name: "note", label: "Note", kind: "lines", max: 2_000, hint: "Only managers see it." },
];

/** A form; `done` gets the person that was saved, or null. */
export function personForm(person: PersonDetail | null, done: (saved: string | null) => void): RecordForm {
  let saved: string | null = null;
  return new RecordForm({
    name: person ? `person-${person.id}` : "person-new",
    title: person ? `Edit ${person.name}` : "New person",
    fields,
    ...(person ? { record: person as unknown as Values & Recorded } : { start: state.session?.role === "admin" ? { role: "crew" } : {} }),
    saveWords: person ? "Save" : "Add the person",
    async save(values, version) {
      const answer = person ? await save<PersonDetail>(`/people/${person.id}`, values, version, (now) => `${now.name} is saved.`) : await make<PersonDetail>("/people", values, (made) => `${made.name} is added.`);
      saved = answer.id;
    },
    leave: () => done(saved),
  });
}
