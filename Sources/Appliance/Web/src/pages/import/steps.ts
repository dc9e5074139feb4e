// The four steps of an import as they are seen; import.ts holds what they show and does what they ask for.

import { html, keyed, Content, Template } from "../../elements/html";
import { icon, IconName, shape } from "../../elements/icons";
import { field } from "../../elements/page";
import { withQuery } from "../../router";
import { Batch } from "../../daemon/types";

export type Kind = "assets" | "models";
export const kinds: Record<Kind, { name: string; picture: IconName; room: string; words: string }> = {
  assets: { name: "Gear", picture: "gear", room: "/gear", words: "Units with a number each" },
  models: { name: "Models", picture: "model", room: "/models", words: "Kinds of gear" },
};

export interface Column { index: number; title: string; samples: string[]; field: string | null }
/** A file as the daemon reads it. */
export interface Sheet {
  id: string; kind: Kind; name: string; encoding: string; delimiter: string; columns: Column[];
  fields: { name: string; label: string; required: boolean }[]; rowCount: number; batch?: Batch | null;
}
export interface Options { mapping: Record<string, string>; existing: "update" | "skip" | "refuse"; makeMissing: boolean }
export interface RowError { row: number; column: string | null; field: string | null; value: string | null; message: string }
/** What would happen, by the dry run. */
export interface Report {
  creates: number; updates: number; unchanged: number; skipped?: number; refusedRows?: number; errorCount: number; errors: RowError[];
  preview: { row: number; action: "create" | "update" | "unchanged" | "skip" | "refuse"; values: Record<string, string> }[];
  makes?: { kind: string; name: string }[]; makesCount?: number;
}

const number = (value: number): string => value.toLocaleString("en");
const title = (words: string): Template => html`<h2 tabindex="-1">${words}</h2>`;

// ---- 1: which file ---------------------------------------------------------------------------------------------------------

export function fileStep(kind: Kind, isBusy: boolean, send: (file: File | undefined) => void): Template {
  const over = (isOver: boolean) => (event: DragEvent): void => { event.preventDefault(); (event.currentTarget as HTMLElement).classList.toggle("drop-over", isOver); };
  const drop = (event: DragEvent): void => { over(false)(event); send(event.dataTransfer?.files[0]); };
  return html`<section class="import-step">${title("What is in the list?")}
    <nav class="kinds" aria-label="What is in the list">${(Object.keys(kinds) as Kind[]).map((one) => html`<a class="kind" href="${withQuery({ kind: one })}" aria-current="${one === kind ? "true" : null}">${icon(kinds[one].picture)}<strong>${kinds[one].name}</strong><span>${kinds[one].words}</span></a>`)}</nav>
    <div class="drop" @dragover=${over(true)} @dragleave=${over(false)} @drop=${drop}>${icon("import")}
      <p class="lead">${isBusy ? "Reading the file…" : "Drop a CSV file here"}</p>
      <label class="button button-first picture-pick"><span>Choose a file</span><input type="file" id="import-file" accept=".csv,.tsv,.txt,text/csv,text/plain" ?disabled=${isBusy} @change=${(event: Event) => { const input = field(event); send(input.files?.[0]); input.value = ""; }}></label>
      <p class="quiet">From Excel: save as “CSV UTF-8”. Commas, semicolons and tabs are told apart, and so are old encodings. The first row names the columns.</p></div>
    <p class="quiet">Not sure how? <a download href="/api/v1/export/${kind}.csv">Export what is there</a>, change it in a spreadsheet, and import it again: what has the same ${kind === "assets" ? "number" : "name"} is updated.</p></section>`;
}

// ---- 2: which column is what ---------------------------------------------------------------------------------------------------

const existingWords: readonly (readonly [Options["existing"], string])[] = [["update", "Update it"], ["skip", "Leave it as it is"], ["refuse", "Say so, import nothing"]];

export function columnsStep(sheet: Sheet, options: Options, choose: (change: Partial<Options>) => void): Template {
  const used = Object.values(options.mapping);
  const missing = sheet.fields.filter((one) => one.required && !used.includes(one.name));
  const map = (column: Column, name: string): void => {
    const mapping = { ...options.mapping };
    for (const [index, other] of Object.entries(mapping)) if (name !== "" && other === name) mapping[index] = "";   // a field comes from one column
    choose({ mapping: { ...mapping, [column.index]: name } });
  };
  return html`<section class="import-step">${title("Which column is what?")}
    <p class="import-file">${icon("import")}<span><strong>${sheet.name}</strong> <span class="quiet">${number(sheet.rowCount)} rows · ${sheet.encoding} · ${sheet.delimiter === "\t" ? "tabs" : `“${sheet.delimiter}”`} between columns</span></span></p>
    <ul class="list columns" aria-label="Columns">${sheet.columns.map((column) => keyed(column.index, columnRow(column, sheet, options, (name) => map(column, name))))}</ul>
    <fieldset class="import-options"><legend>What is there already</legend><div class="choices">${existingWords.map(([key, words]) => html`<label class="choice-pill"><input type="radio" name="existing" .checked=${options.existing === key} @change=${() => choose({ existing: key })}><span>${words}</span></label>`)}</div></fieldset>
    <label class="form-tick"><input type="checkbox" .checked=${options.makeMissing} @change=${(event: Event) => choose({ makeMissing: field(event).checked })}><span class="form-box">${icon("check")}</span><span>Make models, categories and places that are not there yet</span></label>
    <div class="import-foot"><a class="button button-first ${missing.length > 0 ? "button-off" : ""}" href="${missing.length > 0 ? null : withQuery({ step: "check" })}" aria-disabled="${missing.length > 0 ? "true" : null}">Check ${number(sheet.rowCount)} rows</a><a class="button" href="${withQuery({ file: null, step: null })}">Another file</a>
      <span role="status">${missing.length > 0 && html`<span class="form-error">${shape("stop")}<span>No column is the ${missing.map((one) => one.label).join(" or the ")} yet.</span></span>`}</span></div></section>`;
}

function columnRow(column: Column, sheet: Sheet, options: Options, set: (name: string) => void): Template {
  const present = options.mapping[column.index] ?? "", id = `column-${column.index}`;
  return html`<li class="row column-row ${present === "" ? "column-unused" : ""}"><span class="column-title"><strong>${column.title || `Column ${column.index + 1}`}</strong><span class="column-samples">${column.samples.filter(Boolean).slice(0, 3).join(" · ") || "empty"}</span></span>
    <span class="column-to" aria-hidden="true">${icon("send")}</span>
    <span><label class="unseen" for="${id}">${column.title || `Column ${column.index + 1}`} is</label><select class="input" id="${id}" @change=${(event: Event) => set(field(event).value)}>
      <option value="" .selected=${present === ""}>not imported</option>${sheet.fields.map((one) => html`<option value="${one.name}" .selected=${one.name === present}>${one.label}${one.required ? " (needed)" : ""}</option>`)}</select></span></li>`;
}

// ---- 3: what would happen ------------------------------------------------------------------------------------------------------

const actionWords = { create: "new", update: "update", unchanged: "as it is", skip: "left alone", refuse: "refused" } as const;
const shownErrors = 200;

export function checkStep(sheet: Sheet, report: Report | null, isBusy: boolean, run: () => void, again: () => void, isRefused: boolean): Template {
  if (!report) return html`<section class="import-step">${title("Checking")}${isRefused ? html`<div class="import-foot"><button class="button button-first" @click=${again}>${icon("retry")}Check again</button><a class="button" href="${withQuery({ step: null })}">Back to the columns</a></div>` : html`<p class="lead" role="status">Reading ${number(sheet.rowCount)} rows. Nothing is written.</p><div class="skeleton-page" aria-busy="true"></div>`}</section>`;
  const isRight = report.errorCount === 0, changes = report.creates + report.updates;
  const figure = (value: number, words: string, tone = ""): Template => html`<div class="import-figure ${tone}"><b>${number(value)}</b><span>${words}</span></div>`;
  return html`<section class="import-step">${title(isRight ? (changes === 0 ? "Nothing would change" : "Ready to import") : `${number(report.refusedRows ?? report.errorCount)} ${(report.refusedRows ?? report.errorCount) === 1 ? "row is" : "rows are"} not right`)}
    <div class="import-figures">${figure(report.creates, "new")}${figure(report.updates, "updated")}${figure(report.unchanged + (report.skipped ?? 0), "left as they are")}${isRight ? null : figure(report.refusedRows ?? report.errorCount, "refused", "import-figure-stop")}</div>
    ${isRight ? null : errorTable(sheet, report)}
    ${(report.makesCount ?? 0) > 0 && html`<details class="makes"><summary>${number(report.makesCount ?? 0)} made along with them</summary><ul>${(report.makes ?? []).map((one) => html`<li><span class="quiet">${one.kind}</span> ${one.name}</li>`)}</ul></details>`}
    ${report.preview.length > 0 && preview(sheet, report)}
    <div class="import-foot">${isRight ? html`<button class="button button-first" ?disabled=${isBusy || changes === 0} @click=${run}>${isBusy ? "Starting…" : `Import ${number(changes)} ${changes === 1 ? "row" : "rows"}`}</button>` : html`<a class="button button-first" href="${withQuery({ file: null, step: null })}">Choose the corrected file</a>`}
      <a class="button" href="${withQuery({ step: null })}">Back to the columns</a><span class="quiet">${isRight ? "All of it or nothing, and it can be taken back." : "Nothing was written."}</span></div></section>`;
}

function errorTable(sheet: Sheet, report: Report): Template {
  const shown = report.errors.slice(0, shownErrors);
  return html`<div class="import-errors"><div class="part-head"><h3 id="errors-title">What is not right</h3><button class="button button-small" @click=${() => download(sheet, report.errors)}>${icon("export")}<span>Download as CSV</span></button></div>
    <div class="table-scroll" tabindex="0" role="region" aria-labelledby="errors-title"><table class="table"><thead><tr><th scope="col">Row</th><th scope="col">Column</th><th scope="col">It says</th><th scope="col">Why not</th></tr></thead>
      <tbody>${shown.map((error, index) => keyed(index, html`<tr><td class="number">${error.row}</td><td>${error.column ?? ""}</td><td class="cell-value">${error.value ?? ""}</td><td>${error.message}</td></tr>`))}</tbody></table></div>
    ${report.errorCount > shown.length && html`<p class="quiet">and ${number(report.errorCount - shown.length)} more${report.errorCount > report.errors.length ? `; the first ${number(report.errors.length)} are in the download` : ", which are in the download"}.</p>`}</div>`;
}

function preview(sheet: Sheet, report: Report): Template {
  const names = Object.keys(report.preview[0]?.values ?? {});
  const label = (name: string): string => sheet.fields.find((one) => one.name === name)?.label ?? name;
  return html`<div><h3 id="preview-title">The first rows</h3><div class="table-scroll" tabindex="0" role="region" aria-labelledby="preview-title"><table class="table"><thead><tr><th scope="col">Row</th><th scope="col">Would be</th>${names.map((name) => html`<th scope="col">${label(name)}</th>`)}</tr></thead>
    <tbody>${report.preview.map((row) => keyed(row.row, html`<tr><td class="number">${row.row}</td><td><span class="act act-${row.action}">${actionWords[row.action]}</span></td>${names.map((name) => html`<td class="cell-value">${row.values[name] ?? ""}</td>`)}</tr>`))}</tbody></table></div></div>`;
}

/** Text that a spreadsheet would take for a formula is kept from being one. */
function download(sheet: Sheet, errors: readonly RowError[]): void {
  const cell = (value: unknown): string => { const text = String(value ?? ""); return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replace(/"/g, '""')}"`; };
  const lines = [["Row", "Column", "It says", "Why not"], ...errors.map((error) => [error.row, error.column, error.value, error.message])].map((line) => line.map(cell).join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`\ufeff${lines.join("\r\n")}\r\n`], { type: "text/csv" }));
  link.download = `${sheet.name.replace(/\.[^.]*$/, "")} - not right.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// ---- 4: done -------------------------------------------------------------------------------------------------------------------

export function doneStep(batch: Batch, report: Report | null, kind: Kind, undo: () => void): Content {
  if (batch.state !== "done") {
    return html`<section class="import-step">${title(batch.state === "reverting" ? "Taking it back" : "Importing")}<p class="lead" role="status">${number(batch.done)} of ${number(batch.total)}</p>
      <progress class="import-progress" max="${Math.max(1, batch.total)}" value="${batch.done}" aria-label="Progress"></progress><p class="quiet">You may leave this page; it goes on. The doors go first meanwhile.</p></section>`;
  }
  const words = report ? `${number(report.creates)} new, ${number(report.updates)} updated.` : `${number(batch.total)} steps.`;
  return html`<section class="import-step import-done">${shape("ok", "empty-shape")}${title("Imported")}<p class="lead">${words}</p>
    <div class="empty-steps"><a class="button button-first" href="${kinds[kind].room}">Go to ${kinds[kind].name.toLowerCase()}</a><button class="button" @click=${undo}>${icon("undo")}Undo the import</button><a class="button" href="/import?kind=${kind}">Another file</a></div></section>`;
}
