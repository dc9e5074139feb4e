// The pull sheet on paper: what to take from which shelf, with a box to tick for each piece. It is in the page all the
// time and only seen by the printer; projects.css lays it out for A4 and Letter alike.

import { html, keyed, Content, Template } from "../../elements/html";
import { state } from "../../daemon/store";
import { clock, day, span } from "../../elements/time";
import { ProjectDetail, Walk, WalkLine } from "./project";

const wholeLines = 14;  // a section of so many lines is not torn apart: its heading would be left behind alone
const boxesMost = 12;   // more than fit beside a line are counted in one figure

export function pickList(project: ProjectDetail, walk: Walk): Template {
  const pieces = project.lines.reduce((total, line) => total + line.quantity, 0), printed = Date.now();
  return html`<section class="paper" aria-hidden="true">
    <header class="paper-head"><p class="paper-kind">Pick list · ${state.about?.depot ?? ""}</p><p class="paper-title">${project.name}</p>
      <p>${[project.isTemplate ? "Template" : span(project.startsAt, project.endsAt), project.place].filter(Boolean).join(" · ")}</p>
      ${project.people.length > 0 && html`<p>${project.people.map(({ person, part }) => (part ? `${person.name} (${part})` : person.name)).join(", ")}</p>`}
      ${project.note && html`<p class="paper-note">${project.note}</p>`}
      <p class="paper-sum">${project.lines.length} ${project.lines.length === 1 ? "line" : "lines"}, ${pieces} ${pieces === 1 ? "piece" : "pieces"} · printed ${day(printed)}, ${clock(printed)}</p></header>
    ${walk.sections.map((section) => keyed(section.section ?? "none", html`<table class="paper-table ${section.places.reduce((sum, place) => sum + place.lines.length, 0) <= wholeLines ? "paper-whole" : ""}">
      <thead>${section.section && html`<tr><th class="paper-section" colspan="3">${section.section}</th></tr>`}<tr><th>Taken</th><th>What</th><th>Note</th></tr></thead>
      ${section.places.map((place) => keyed(place.place ?? "none", html`<tbody><tr class="paper-shelf"><td colspan="3">${place.place ?? "No place set"}</td></tr>${place.lines.map((line) => keyed(line.id, row(line, place.place)))}</tbody>`))}</table>`))}
    <footer class="paper-foot"><span>Picked by</span><span>Checked by</span></footer></section>`;
}

/** What is out already needs no box any more. */
function row(line: WalkLine, place: string | null): Template {
  const open = Math.max(0, line.quantity - line.out);
  const boxes: Content = open === 0 ? "out" : open <= boxesMost ? Array.from({ length: open }, () => html`<i class="paper-box"></i>`) : html`<i class="paper-box"></i> ____ of ${open}`;
  const other = line.stands.filter((stand) => stand.place !== place && stand.here > 0).map((stand) => `${stand.here} at ${stand.place ?? "no place"}`);
  const beside = [line.out > 0 && open > 0 && `${line.out} out`, line.here !== null && line.here < open && `only ${line.here} here`, other.length > 0 && `also ${other.join(", ")}`].filter(Boolean).join(" · ");
  return html`<tr><td class="paper-boxes">${boxes}</td><td>${line.number ? html`<strong>${line.number}</strong> ${line.name}` : html`<strong>${line.quantity} ×</strong> ${line.name}`}${beside && html`<span class="paper-beside">${beside}</span>`}</td><td>${line.note}</td></tr>`;
}
