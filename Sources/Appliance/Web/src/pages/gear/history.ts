// What happened to a piece of gear: each time it changed hands, each note, each edit; older ones page by page.

import { get, query } from "../../daemon/api";
import { Asked } from "../../daemon/asked";
import { html, keyed, Content, Template } from "../../elements/html";
import { ago, clock } from "../../elements/time";
import { AssetHistory, Page, Ref } from "../../daemon/types";

const pageLength = 30;

export class History {
  private older: AssetHistory[] = [];
  private next: string | null = null;
  private isLoading = false;
  private readonly first: Asked<Page<AssetHistory>>;

  constructor(private readonly id: string, private readonly again: () => void) {
    this.first = new Asked(() => this.page(null), again);
    void this.first.load();
  }

  /** Loads the newest anew; what was paged back to is shown again when asked for. */
  reload(): void { this.older = []; void this.first.load(); }

  private page(cursor: string | null): Promise<Page<AssetHistory>> { return get(`/assets/${this.id}/history${query({ cursor, limit: pageLength })}`); }

  private async more(): Promise<void> {
    const cursor = this.older.length > 0 ? this.next : this.first.value?.next ?? null;
    if (!cursor || this.isLoading) return;
    this.isLoading = true;
    try {
      const page = await this.page(cursor);
      this.older = this.older.concat(page.items);
      this.next = page.next;
    } catch { /* the button stays, to be pressed again */ }
    this.isLoading = false;
    this.again();
  }

  view(): Content {
    const { value, error } = this.first;
    if (!value) return error === null ? html`<div class="skeleton-page" aria-busy="true"></div>` : html`<p class="quiet">${error} <button class="button button-small" @click=${() => this.reload()}>Try again</button></p>`;
    const items = value.items.concat(this.older), next = this.older.length > 0 ? this.next : value.next;
    if (items.length === 0) return html`<p class="quiet">Nothing has happened to it yet.</p>`;
    return html`<ol class="history">${items.map((one, index) => keyed(`${one.at}-${one.kind}-${index}`, happening(one)))}</ol>
      ${next ? html`<button class="button button-small" @click=${() => void this.more()}>Older</button>` : null}`;
  }
}

const kindWords: Record<string, string> = {
  checkedOut: "Checked out", checkedIn: "Checked in", transferred: "Moved", status: "Status changed", custody: "Changed hands", note: "Note",
  identifier: "Codes changed", created: "Made", edited: "Edited", undone: "Taken back", out: "Checked out", in: "Checked in", transfer: "Moved",
};

/** A kind this page has no words for is still shown, as the daemon named it. */
function kindInWords(kind: string): string {
  const words = kind.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_-]/g, " ").toLowerCase();
  return kindWords[kind] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

const fieldWords: Record<string, string> = { serial: "Serial number" };

/** Which fields an edit set, from what to what; further fields each by itself. */
function differences(event: AssetHistory): string[] {
  const passing = ["id", "version", "updatedAt", "status"];
  const flat = (values: Record<string, unknown> | null | undefined): Record<string, unknown> => { const { custom, ...own } = values ?? {}; return { ...own, ...custom as Record<string, unknown> | undefined }; };
  const [before, after] = [flat(event.before), flat(event.after)];
  return Object.keys({ ...before, ...after }).filter((name) => !passing.includes(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => `${fieldWords[name] ?? name.charAt(0).toUpperCase() + name.slice(1)}: ${said(before[name])} → ${said(after[name])}`);
}

function said(value: unknown): string {
  if (value === null || value === undefined || value === "") return "empty";
  return typeof value === "boolean" ? (value ? "yes" : "no") : typeof value === "object" ? (value as Ref).name ?? "…" : String(value);
}

function happening(event: AssetHistory): Template {
  const link = (ref: Ref | null | undefined, room: string): Content => ref && html`<a href="/${room}/${ref.id}">${ref.name}</a>`;
  const parts = [link(event.person, "people"), link(event.project, "projects"), event.door?.name, event.by && event.by.id !== event.person?.id ? html`by ${event.by.name}` : null].filter(Boolean);
  const what = event.kind === "status" && event.status ? `Set to ${event.status.replace("_", " ")}` : kindInWords(event.kind);
  const edited = event.kind === "edited" || event.kind === "undone" ? differences(event) : event.identifier ? [event.identifier.value] : [];
  return html`<li><span class="history-what">${what}</span><time datetime="${event.at}" title="${clock(event.at)}">${ago(event.at)}</time>
    ${edited.map((words) => html`<span class="history-who">${words}</span>`)}
    ${parts.length > 0 && html`<span class="history-who">${parts.map((part, index) => html`${index > 0 ? " · " : ""}${part}`)}</span>`}${event.note && edited.length === 0 && html`<span class="history-note">${event.note}</span>`}</li>`;
}
