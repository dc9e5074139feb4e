// Labels: what to print, what is being printed, on which printers, in which designs, and labels that were printed blank.
// Which of them is open is in the address. And where a label's address leads a phone: to what it is stuck on.

import "./labels.css";
import { emptyPlace } from "../../elements/bits";
import { html, Content } from "../../elements/html";
import { Page } from "../../elements/page";
import { to } from "../../router";
import { mayEdit } from "../../daemon/store";
import { openCode } from "../../input/wedge";
import { TabbedPage } from "../tabs";
import { Claim } from "./claim";
import { DesignsTab } from "./designs";
import { PrintersTab } from "./printers";
import { PrintTab } from "./print";
import { QueueTab } from "./queue";

class LabelsPage extends TabbedPage {
  constructor() {
    super("labels", "Labels", [
      { key: "print", name: "Print", page: new PrintTab() },
      { key: "queue", name: "Queue", page: new QueueTab() },
      { key: "printers", name: "Printers", page: new PrintersTab() },
      { key: "designs", name: "Designs", page: new DesignsTab(), isThere: mayEdit },
      { key: "claim", name: "Claim", page: new Claim(), isThere: mayEdit },
    ]);
  }

  protected nothing(): Content { return emptyPlace("tag", "There is nothing here", "Labels are printed, designed and claimed on this page."); }
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
