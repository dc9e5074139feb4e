// The messages of a room, of which only those near what is seen exist as elements: heights are measured once and guessed
// before, and what somebody looks at stays where it is when others above it turn out higher or older ones are loaded.

import { html, keyed, render } from "../../elements/html";
import { icon } from "../../elements/icons";
import { Acts, draftView, messageView } from "./message";
import { Conversation, loadNewer, loadOlder, me } from "./talk";
import { Draft, Message } from "./types";

const guessedHeight = 60, reachBeyond = 900, nearEnd = 60, loadWithin = 900;

export interface LogWishes {
  acts: Acts;
  retry(id: string): void;
  discard(id: string): void;
  seen(seq: number): void;
}

export class ChatLog extends HTMLElement {
  private current: Conversation | null = null;
  private drafts: readonly Draft[] = [];
  private wishes: LogWishes | null = null;
  private heights = new Map<string, number>();
  private tops: Float64Array = new Float64Array(1);
  private items: readonly Message[] = [];
  private range: [number, number] = [0, 0];
  private anchor: { id: string; delta: number } | null = null;
  private isAtEnd = true;
  private shownLast = 0;
  private newCount = 0;
  private isAsked = false;
  private readonly resized = new ResizeObserver(() => { this.heights.clear(); this.ask(); });
  private width = 0;
  private height = 0;

  connectedCallback(): void {
    this.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.addEventListener("keydown", (event) => this.key(event));
    this.tabIndex = 0;
    this.setAttribute("role", "log");
    this.setAttribute("aria-live", "off");     // what is new is announced beside it; older ones that scroll in are not news
    this.setAttribute("aria-label", "Messages");
    this.resized.observe(this);
  }

  disconnectedCallback(): void { this.resized.disconnect(); }

  /** Shows a room as it is now. */
  suit(current: Conversation, drafts: readonly Draft[], wishes: LogWishes): void {
    if (this.current?.room !== current.room) {
      this.current = current;
      this.heights.clear();
      this.anchor = null;
      this.newCount = 0;
      this.items = [];
      this.isAtEnd = current.mark === null;
      if (current.mark !== null) queueMicrotask(() => this.goTo(current.items.find((item) => item.seq > (current.mark ?? 0))?.seq ?? 0, false));
    }
    const hasMore = drafts.length > this.drafts.length;
    Object.assign(this, { current, drafts, wishes });
    if (hasMore) this.isAtEnd = true;           // one's own words are always seen
    this.sync();
  }

  /** Brings a message into sight; false when it is not loaded. */
  goTo(seq: number, isMarked = true): boolean {
    const at = this.items.findIndex((item) => item.seq === seq);
    const item = this.items[at];
    if (!item) return false;
    this.isAtEnd = false;
    this.anchor = { id: item.id, delta: -Math.max(0, this.clientHeight / 3) };
    this.sync();
    const element = this.querySelector<HTMLElement>(`[data-seq="${seq}"]`);
    if (isMarked) { element?.classList.add("said-found"); element?.focus({ preventScroll: true }); }
    return true;
  }

  goToEnd(): void {
    this.isAtEnd = true;
    this.newCount = 0;
    this.sync();
  }

  // ---- keeping place -----------------------------------------------------------------------------------------------

  private ask(): void {
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame(() => { this.isAsked = false; if (this.isConnected && this.current) this.sync(); });
  }

  private scrolled(): void {
    const current = this.current;
    if (!current) return;
    // Scrolled before it was resized, as by a phone's keyboard: where its end is follows from what `resized` shows then.
    if (this.clientHeight !== this.height) { this.ask(); return; }
    this.isAtEnd = current.after === null && this.scrollHeight - this.scrollTop - this.clientHeight < nearEnd;
    if (this.isAtEnd) this.newCount = 0;
    this.anchor = this.firstSeen();
    const [from, to] = this.wanted();
    if (from < this.range[0] || to > this.range[1] || this.isAtEnd) this.ask();
    if (this.scrollTop < loadWithin && current.before !== null && current.loading === null) void loadOlder(current.room);
    if (current.after !== null && current.loading === null && this.scrollHeight - this.scrollTop - this.clientHeight < loadWithin) void loadNewer(current.room);
    this.tellSeen();
  }

  private firstSeen(): { id: string; delta: number } | null {
    const at = this.indexAt(this.scrollTop);
    const item = this.items[at];
    return item ? { id: item.id, delta: this.scrollTop - (this.tops[at] ?? 0) } : null;
  }

  /** The item that a height is in, by halving. */
  private indexAt(y: number): number {
    let low = 0, high = Math.max(0, this.items.length - 1);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.tops[middle] ?? 0) <= y) low = middle; else high = middle - 1;
    }
    return low;
  }

  private wanted(): [number, number] {
    const from = this.indexAt(this.scrollTop - reachBeyond), to = this.indexAt(this.scrollTop + this.clientHeight + reachBeyond);
    return [from, Math.min(this.items.length, to + 1)];
  }

  private measure(): void {
    let top = 0;
    const tops = new Float64Array(this.items.length + 1);
    this.items.forEach((item, index) => { tops[index] = top; top += this.heights.get(item.id) ?? guessedHeight; });
    tops[this.items.length] = top;
    this.tops = tops;
  }

  private sync(): void {
    const current = this.current;
    if (!current) return;
    const width = this.clientWidth;
    if (width !== this.width) { this.width = width; this.heights.clear(); }
    this.height = this.clientHeight;
    this.countNew(current.items);
    this.items = current.items;
    this.measure();
    // What is measured now may move what is above; three rounds settle it.
    for (let round = 0; round < 3; round++) {
      this.place();
      this.draw(current);
      if (!this.remeasure()) break;
      this.measure();
    }
    this.place();
    this.anchor = this.isAtEnd ? this.anchor : this.firstSeen();
    this.tellSeen();
  }

  private place(): void {
    if (this.isAtEnd) {
      this.scrollTop = this.scrollHeight;
      return;
    }
    const at = this.anchor ? this.items.findIndex((item) => item.id === this.anchor?.id) : -1;
    if (at < 0 || !this.anchor) return;
    const wanted = Math.max(0, (this.tops[at] ?? 0) + this.anchor.delta);
    if (Math.abs(this.scrollTop - wanted) >= 1) this.scrollTop = wanted;
  }

  private remeasure(): boolean {
    let isOther = false;
    for (const element of this.querySelectorAll<HTMLElement>(".log-item")) {
      const id = element.dataset["id"] as string, height = element.offsetHeight;
      if (this.heights.get(id) !== height) { this.heights.set(id, height); isOther = true; }
    }
    return isOther;
  }

  private countNew(items: readonly Message[]): void {
    const last = items[items.length - 1]?.seq ?? 0;
    if (!this.isAtEnd && this.shownLast > 0) this.newCount += items.filter((item) => item.seq > this.shownLast && item.author?.id !== me()).length;
    this.shownLast = Math.max(this.shownLast, last);
  }

  // ---- what is seen ------------------------------------------------------------------------------------------------

  private draw(current: Conversation): void {
    const wishes = this.wishes;
    if (!wishes) return;
    const count = this.items.length;
    if (this.isAtEnd) {
      const end = this.tops[count] ?? 0;
      this.range = [this.indexAt(end - this.clientHeight - reachBeyond), count];
    } else this.range = this.wanted();
    const [from, to] = this.range;
    const above = this.tops[from] ?? 0, below = (this.tops[count] ?? 0) - (this.tops[to] ?? 0);
    render(html`<div class="log-space" style.height="${above}px">${current.before !== null ? html`<p class="log-older quiet">Loading older messages…</p>` : null}</div>
      ${current.before === null && current.loaded && from === 0 && html`<p class="log-begin quiet">${count === 0 ? "Nothing was said here yet." : "This is where the room begins."}</p>`}
      ${this.items.slice(from, to).map((item, index) => keyed(item.id, html`<div class="log-item" data-id="${item.id}">${messageView(current, item, this.items[from + index - 1], wishes.acts)}</div>`))}
      <div class="log-space" style.height="${below}px"></div>
      ${this.drafts.map((draft) => draftView(draft, () => wishes.retry(draft.id), () => wishes.discard(draft.id)))}
      ${this.newCount > 0 || (!this.isAtEnd && count > 0) ? html`<div class="log-jump"><button class="button ${this.newCount > 0 ? "button-first" : ""}" @click=${() => this.jumpToEnd()}>${icon("down")}${this.newCount > 0 ? `${this.newCount} new` : "To the end"}</button></div>` : null}`, this);
  }

  private jumpToEnd(): void {
    if (this.current?.after === null) this.goToEnd();
    else this.dispatchEvent(new CustomEvent("chat-end", { bubbles: true }));
  }

  /** The last message that can be seen whole was read, if somebody looks. */
  private tellSeen(): void {
    if (document.hidden || !document.hasFocus() || this.items.length === 0) return;
    const at = this.indexAt(this.scrollTop + this.clientHeight - 24);
    const seq = this.isAtEnd ? this.items[this.items.length - 1]?.seq : this.items[at]?.seq;
    if (seq !== undefined) this.wishes?.seen(seq);
  }

  /** Says again what is seen, because somebody looks again. */
  look(): void { this.tellSeen(); }

  // ---- keys --------------------------------------------------------------------------------------------------------

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.current) return;
    const article = (event.target as HTMLElement).closest<HTMLElement>("article[data-seq]");
    const message = article && this.items.find((item) => item.seq === Number(article.dataset["seq"]));
    if (event.key === "ArrowUp" || event.key === "ArrowDown") { if (this.step(article, event.key === "ArrowUp" ? -1 : 1)) event.preventDefault(); return; }
    if (event.key === "End" && !article) { event.preventDefault(); this.jumpToEnd(); return; }
    if (!message || message.deletedAt || !this.wishes) return;
    const { acts } = this.wishes, isOwn = message.author?.id === me();
    const act = { r: () => acts.reply(message), "+": () => acts.choose(message), e: isOwn ? () => acts.edit(message) : null, Delete: () => acts.erase(message) }[event.key];
    if (act) { event.preventDefault(); event.stopPropagation(); act(); }
  }

  private step(from: HTMLElement | null, by: number): boolean {
    const all = [...this.querySelectorAll<HTMLElement>("article[data-seq]")];
    const next = from ? all[all.indexOf(from) + by] : by < 0 ? all[all.length - 1] : undefined;
    if (!next) return false;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    return true;
  }
}
customElements.define("chat-log", ChatLog);
