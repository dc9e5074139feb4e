// Labels: what to print, what is being printed, on which printers, in which designs, and labels that were printed blank.
// Which of them is open is in the address. And where a label's address leads a phone: to what it is stuck on.

import "./labels.css";
import { emptyPlace, staleStrip } from "../../bits";
import { html, Content } from "../../html";
import { Page } from "../../page";
import { address, to } from "../../router";
import { mayEdit } from "../../store";
import { openCode } from "../../wedge";
import { Claim } from "./claim";
import { DesignsTab } from "./designs";
import { PrintersTab } from "./printers";
import { PrintTab } from "./print";
import { QueueTab } from "./queue";

class LabelsPage extends Page {
  private readonly tabs: Readonly<Record<string, Page>> = { print: new PrintTab(), queue: new QueueTab(), printers: new PrintersTab(), designs: new DesignsTab(), claim: new Claim() };

  private get tab(): string { return address().pathname.split("/")[2] ?? "print"; }

  private get open(): Page | null { return ["designs", "claim"].includes(this.tab) && !mayEdit() ? null : this.tabs[this.tab] ?? null; }

  private seen = "";

  protected override shown(): void {
    this.open?.refresh();
    if (this.seen === this.tab) return;
    this.seen = this.tab;
    this.querySelector(".chips [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  protected view(): Content {
    const tab = (key: string, name: string): Content => html`<a class="chip chip-plain" href="/labels/${key}" aria-current="${this.tab === key ? "page" : null}">${name}</a>`;
    return html`<div class="settings labels"><header class="desk-head"><h1>Labels</h1></header>
      <nav class="chips" aria-label="Labels">${tab("print", "Print")}${tab("queue", "Queue")}${tab("printers", "Printers")}${mayEdit() && [tab("designs", "Designs"), tab("claim", "Claim")]}</nav>${staleStrip()}
      ${this.open ?? emptyPlace("tag", "There is nothing here", "Labels are printed, designed and claimed on this page.")}</div>`;
  }
}
customElements.define("page-labels", LabelsPage);

/** `/a/CAM-7`, or a GS1 Digital Link: the code is the address itself. */
class LabelledPage extends Page {
  private isUnknown = false;

  protected override enter(): void { void this.find(); }

  private async find(): Promise<void> {
    const found = await openCode(location.href, true);
    if (!found) { this.isUnknown = true; this.refresh(); }
  }

  protected view(): Content {
    if (!this.isUnknown) return html`<div class="skeleton-page" aria-busy="true"></div>`;
    return emptyPlace("tag", "Nothing here has this label", "It may be of gear that was renumbered, or of another depot.", html`<button class="button" @click=${() => to("/gear")}>Go to the gear</button>`);
  }
}
customElements.define("page-labelled", LabelledPage);
