// The pull sheet on paper: what to take from which shelf, with a box to tick for each piece. It is in the page all the
// time and only seen by the printer; projects.css lays it out for A4 and Letter alike.

import { html, keyed, Content, Template } from "../../html";
import { state } from "../../store";
import { clock, day, span } from "../../time";
import { bySection, Line, ProjectDetail } from "./project";

const boxesMost = 12;   // more than fit beside a line are counted in one figure

export function pickList(project: ProjectDetail): Template {
  const pieces = project.lines.reduce((total, line) => total + line.quantity, 0);
  return html`<section class="paper" aria-hidden="true">
    <header class="paper-head"><p class="paper-kind">Pick list · ${state.about?.depot ?? ""}</p><p class="paper-title">${project.name}</p>
      <p>${[project.isTemplate ? "Template" : span(project.startsAt, project.endsAt), project.place].filter(Boolean).join(" · ")}</p>
      ${project.people.length > 0 && html`<p>${project.people.map(({ person, part }) => (part ? `${person.name} (${part})` : person.name)).join(", ")}</p>`}
      ${project.note && html`<p class="paper-note">${project.note}</p>`}
      <p class="paper-sum">${project.lines.length} lines, ${pieces} pieces · printed ${day(Date.now())}, ${clock(Date.now())}</p></header>
    ${bySection(project.lines).map((section) => keyed(section.name || "none", html`<table class="paper-table">
      <thead>${section.name && html`<tr><th class="paper-section" colspan="4">${section.name}</th></tr>`}<tr><th>Taken</th><th>What</th><th>Shelf</th><th>Note</th></tr></thead>
      <tbody>${byShelf(section.lines).map((line) => keyed(line.id, row(line)))}</tbody></table>`))}
    <footer class="paper-foot"><span>Picked by</span><span>Checked by</span></footer></section>`;
}

/** In the order one walks: by shelf, then as on the sheet; what has none comes last. */
function byShelf(lines: readonly Line[]): Line[] {
  return [...lines].sort((a, b) => Number(!shelf(a)) - Number(!shelf(b)) || shelf(a).localeCompare(shelf(b), undefined, { numeric: true }));
}

const shelf = (line: Line): string => line.place ?? "";

function row(line: Line): Template {
  const boxes: Content = line.quantity <= boxesMost ? Array.from({ length: line.quantity }, () => html`<i class="paper-box"></i>`) : html`<i class="paper-box"></i> ____ of ${line.quantity}`;
  const what = line.asset ? html`<strong>${line.asset.number}</strong> ${line.asset.name}` : html`<strong>${line.quantity} ×</strong> ${line.model?.name}`;
  return html`<tr><td class="paper-boxes">${boxes}</td><td>${what}</td><td>${shelf(line)}</td><td>${line.note}</td></tr>`;
}
