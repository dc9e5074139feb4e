// A page of several pages: a row of tabs, of which one is open. Which one is in the address.

import { staleStrip } from "../elements/bits";
import { html, Content } from "../elements/html";
import { Page } from "../elements/page";
import { address } from "../router";

export interface Tab {
  /** As it stands in the address. */
  readonly key: string;
  readonly name: string;
  readonly page: Page;
  /** Whether it is there for who looks; absent: for everybody. */
  readonly isThere?: () => boolean;
}

export abstract class TabbedPage extends Page {
  private seen = "";

  /** `root` begins the addresses of all tabs; the first one is open where the address names none. */
  constructor(private readonly root: string, private readonly heading: string, private readonly tabs: readonly Tab[]) { super(); }

  /** Shown where the address names no tab that is there for who asks. */
  protected abstract nothing(): Content;

  private get key(): string { return address().pathname.split("/")[2] ?? this.tabs[0]?.key ?? ""; }

  private get shownTabs(): Tab[] { return this.tabs.filter((tab) => tab.isThere?.() ?? true); }

  private get open(): Page | null { return this.shownTabs.find((tab) => tab.key === this.key)?.page ?? null; }

  protected override shown(): void {
    this.open?.refresh();
    if (this.seen === this.key) return;
    this.seen = this.key;
    // On a phone the last tabs lie outside.
    this.querySelector(".chips [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  protected view(): Content {
    const link = ({ key, name }: Tab): Content => html`<a class="chip chip-plain" href="${`/${this.root}/${key}`}" aria-current="${this.key === key ? "page" : null}">${name}</a>`;
    return html`<div class="${`settings ${this.root}`}"><header class="desk-head"><h1>${this.heading}</h1></header>
      <nav class="chips" aria-label="${this.heading}">${this.shownTabs.map(link)}</nav>${staleStrip()}
      ${this.open ?? this.nothing()}</div>`;
  }
}
