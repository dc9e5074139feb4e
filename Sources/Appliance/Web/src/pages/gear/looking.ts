// What the gear list is asked for: words, status and filters, kept in the address. The panel of filters shows how many
// fit each value; what narrows the list stands above it and goes with one press.

import { html, keyed, Content, Template } from "../../elements/html";
import { icon, statusIcon, statusNames } from "../../elements/icons";
import { menu } from "../../elements/menu";
import { address, withQuery } from "../../router";
import { state } from "../../daemon/store";
import { FacetValue, Status } from "../../daemon/types";

export const statuses: readonly Status[] = ["available", "in_use", "reserved", "maintenance", "damaged", "lost", "retired"];
const facets: readonly (readonly [string, string])[] = [["category", "Category"], ["place", "Place"], ["project", "Project"], ["holder", "Held by"], ["owner", "Owner"], ["model", "Model"], ["condition", "Condition"]];
const asked: readonly string[] = ["q", "status", ...facets.map(([name]) => name), "archived", "sort"];
const sorts: readonly (readonly [string, string])[] = [["", "Number"], ["-number", "Number, last first"], ["name", "Name"], ["-updated", "Changed last"], ["status", "Status"]];
const shownValues = 8;

/** The query of the list, of the address alone: the same question gives the same text. */
export function looked(): string {
  const here = address().searchParams, query = new URLSearchParams();
  for (const name of asked) { const value = here.get(name); if (value) query.set(name, value); }
  return query.toString();
}

export const lookedStatus = (): Status | "" => (address().searchParams.get("status") ?? "") as Status | "";

/** The filters of the panel that are set. */
export function narrowedBy(): [string, string, string][] {
  const here = address().searchParams;
  return facets.flatMap(([name, label]): [string, string, string][] => { const value = here.get(name); return value ? [[name, label, value]] : []; })
    .concat(here.get("archived") ? [["archived", "Archived", here.get("archived") === "all" ? "too" : "only"]] : []);
}

/** The address without anything that narrows the list. */
export function everything(): string { return withQuery(Object.fromEntries(asked.filter((name) => name !== "sort").map((name) => [name, null]))); }

export function count(number: number, isExact = true): string { return number.toLocaleString("en") + (isExact ? "" : "+"); }

// ---- above the list ----------------------------------------------------------------------------------------------------

export function chips(): Template {
  const { counts } = state.gear, present = lookedStatus();
  const all = Object.values(counts).reduce((sum, one) => sum + (one ?? 0), 0);
  const chip = (status: Status | "", name: string, picture: Content, many: number): Template => html`<a class="chip ${status ? `chip-${status}` : ""}" href="${withQuery({ status })}" aria-current="${present === status ? "true" : null}">${picture}<span>${name}</span><b>${count(many)}</b></a>`;
  return html`<nav class="chips" aria-label="Status">${chip("", "All", null, all)}
    ${statuses.filter((status) => (counts[status] ?? 0) > 0 || status === present || statuses.indexOf(status) < 2).map((status) => keyed(status, chip(status, statusNames[status], statusIcon(status), counts[status] ?? 0)))}</nav>`;
}

/** What narrows the list, each with a way to take it off. */
export function narrowing(): Content {
  const set = narrowedBy();
  if (set.length === 0) return null;
  return html`<ul class="narrowing" aria-label="Filters that are set">${set.map(([name, label, value]) => keyed(name, html`<li><a class="narrowed" href="${withQuery({ [name]: null })}" aria-label="Take the filter ${label} off"><span><span class="narrowed-label">${label}</span> ${nameOf(name, value)}</span>${icon("close")}</a></li>`))}
    <li><a class="narrowed narrowed-none" href="${everything()}">Show all gear</a></li></ul>`;
}

function nameOf(facet: string, value: string): string { return state.gear.facets?.[facet]?.find((one) => one.value === value)?.name ?? (facet === "condition" ? words(value) : /^[0-9a-f-]{30,}$/.test(value) ? "…" : value); }
const words = (value: string): string => value.charAt(0).toUpperCase() + value.slice(1).replace("_", " ");

export function sorting(): Template {
  const present = address().searchParams.get("sort") ?? "";
  const name = sorts.find(([key]) => key === present)?.[1] ?? "Number";
  return menu("sort", name, sorts.map(([key, label]) => html`<a class="menu-item" href="${withQuery({ sort: key })}" aria-current="${key === present ? "true" : null}"><span>${label}</span>${key === present && icon("check")}</a>`), "menu-sort");
}

// ---- the panel ----------------------------------------------------------------------------------------------------------

const opened = new Set<string>();

/** The panel of filters; `again` shows it anew after a group was opened, `close` puts it away. */
export function filterPanel(again: () => void, close: () => void): Template {
  const known = state.gear.facets, archived = address().searchParams.get("archived") ?? "";
  return html`<aside class="filters" aria-label="Filters">
    <div class="filters-head"><h2>Filters</h2><button class="icon-button" aria-label="Close the filters" @click=${close}>${icon("close")}</button></div>
    ${known ? facets.map(([name, label]) => keyed(name, html`${group(name, label, known[name] ?? [], again)}`)) : html`<div class="skeleton-page" aria-busy="true"></div>`}
    <section class="facet"><h3>Archived</h3><ul>${[["", "Not shown"], ["all", "Shown too"], ["true", "Only archived"]].map(([value, label]) => html`<li><a class="facet-value" href="${withQuery({ archived: value ?? "" })}" aria-current="${archived === value ? "true" : null}"><span>${label}</span>${archived === value && icon("check")}</a></li>`)}</ul></section>
    <div class="filters-foot"><button class="button button-first" @click=${close}>Show ${count(state.gear.total, state.gear.isTotalExact)} ${state.gear.total === 1 ? "item" : "items"}</button></div></aside>`;
}

function group(name: string, label: string, values: readonly FacetValue[], again: () => void): Content {
  const present = address().searchParams.get(name) ?? "";
  if (values.length === 0 && present === "") return null;
  const isOpen = opened.has(name), isPresent = (one: FacetValue): boolean => one.value === present || one.name === present;
  const shown = isOpen ? values : values.filter((one, index) => index < shownValues || isPresent(one));
  return html`<section class="facet"><h3>${label}</h3><ul>${shown.map((one) => keyed(one.value, html`<li><a class="facet-value" href="${withQuery({ [name]: isPresent(one) ? null : one.value })}" aria-current="${isPresent(one) ? "true" : null}" data-facet="${name}">
      <span>${one.name === one.value ? words(one.name) : one.name}</span>${isPresent(one) ? icon("check") : html`<b>${count(one.count)}</b>`}</a></li>`))}</ul>
    ${values.length > shown.length || isOpen ? html`<button class="facet-more" @click=${() => { if (!opened.delete(name)) opened.add(name); again(); }}>${isOpen ? "Show fewer" : `${values.length - shown.length} more`}</button>` : null}</section>`;
}
