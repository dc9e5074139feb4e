// The house around the pages: which page an address means, the rail, the search field, the connection, the keys.
// The door and the sign-in have no chrome. What a scanner types into a page opens what the code belongs to: wedge.ts.
// Starts everything; read router.ts and daemon/store.ts next.

import "./elements/tokens.css";
import "./elements/base.css";
import "./shell.css";
import { Problem, sentence } from "./daemon/api";
import { connection, avatar, failedPlace, notices } from "./elements/bits";
import { openSession, signOut } from "./daemon/commands";
import { html, Content, Template } from "./elements/html";
import { icon, IconName } from "./elements/icons";
import "./input/keyboard";
import * as outbox from "./daemon/outbox";
import { field, Page, takesText } from "./elements/page";
import { unreadTotal } from "./pages/chat/talk";
import { address, isOpen, signInAddress, to, whenAddressChanges, withQuery } from "./router";
import { offerScan } from "./input/scanned";
import { mayEdit, state, undoNewest } from "./daemon/store";
import { nextTheme, restoreTheme, theme } from "./theme";
import { hearScans, openCode, unlessScan } from "./input/wedge";
import "./pages/door";
import "./pages/doors";
import "./pages/gear/gear";
import "./pages/models/models";
import "./pages/import/import";
import "./pages/labels/page";
import "./pages/devices";
import "./pages/projects/list";
import "./pages/projects/page";
import "./pages/projects/form";
import "./pages/people/page";
import "./pages/inbox/page";
import "./pages/chat/page";
import "./pages/settings/page";
import "./pages/sign-in/page";
import "./pages/sign-in/welcome";

/** `more` rooms are behind a button on a phone, whose bar has room for four; `search` is what the field on top looks
 * for while one is in the room, else it looks for gear; one that `edits` is for managers. */
interface Room { readonly path: string; readonly name: string; readonly icon: IconName; readonly key: string; readonly more?: boolean; readonly search?: string; readonly edits?: boolean }
const rooms: readonly Room[] = [
  { path: "/", name: "Door", icon: "door", key: "d" },
  { path: "/gear", name: "Gear", icon: "gear", key: "g", search: "Search gear: number, name, serial, holder" },
  { path: "/projects", name: "Projects", icon: "project", key: "p", search: "Search projects" },
  { path: "/chat", name: "Chat", icon: "speech", key: "t", search: "Search messages" },
  { path: "/inbox", name: "Inbox", icon: "inbox", key: "i", more: true },
  { path: "/people", name: "People", icon: "people", key: "e", more: true, search: "Search people: name, phone, e-mail" },
  { path: "/models", name: "Models", icon: "model", key: "m", more: true, search: "Search models: name, maker, category" },
  { path: "/labels", name: "Labels", icon: "tag", key: "l", more: true },
  { path: "/import", name: "Import", icon: "import", key: "c", more: true, edits: true },
  { path: "/devices", name: "Devices", icon: "reader", key: "v", more: true },
  { path: "/settings", name: "Settings", icon: "settings", key: "s", more: true },
];

function openRooms(): Room[] { return rooms.filter((room) => !room.edits || mayEdit()); }

function isIn(room: Room, path: string): boolean { return path === room.path || (room.path === "/" ? path.startsWith("/door") : path.startsWith(`${room.path}/`)); }

/** `door` tells two doors, or two projects, apart, which are two pages of one element. */
interface Place { readonly element: string; readonly title: string; readonly hasChrome: boolean; readonly door?: string }

function isSame(one: Place, other: Place): boolean { return one.element === other.element && one.door === other.door; }

function placeAt(path: string): Place {
  if (path === "/sign-in") return { element: "page-sign-in", title: "Sign in", hasChrome: false };
  if (path === "/welcome") return { element: "page-welcome", title: "Welcome", hasChrome: false };
  if (/^\/door\/[^/]+$/.test(path)) return { element: "page-door", title: "Door", hasChrome: false, door: path };
  if (rooms.some((room) => room.edits && isIn(room, path)) && !mayEdit()) return { element: "page-closed", title: "For managers", hasChrome: true };
  const [, element, title] = places.find(([form]) => form.test(path)) ?? [, "page-nowhere", "Not here"];
  return { element, title, hasChrome: true, ...(element === "page-project" ? { door: path } : {}) };
}

/** The pages of the house: which addresses, which element, which title. */
const places: readonly (readonly [RegExp, string, string])[] = [
  [/^\/(door)?$/, "page-doors", "Doors"],
  [/^\/gear(\/new)?$/, "page-gear", "Gear"],
  [/^\/models(\/[^/]+)?$/, "page-models", "Models"],
  [/^\/labels(\/[^/]+)?$/, "page-labels", "Labels"],
  [/^\/(a|A|8003|8004|01)\/.+$/, "page-labelled", "Label"],
  [/^\/import$/, "page-import", "Import"],
  [/^\/devices$/, "page-devices", "Devices"],
  [/^\/projects$/, "page-projects", "Projects"],
  [/^\/projects\/(new|[^/]+\/edit)$/, "page-project-form", "Project"],
  [/^\/projects\/[^/]+$/, "page-project", "Project"],
  [/^\/people(\/[^/]+)?$/, "page-people", "People"],
  [/^\/inbox(\/[^/]+)?$/, "page-inbox", "Inbox"],
  [/^\/chat(\/[^/]+)?$/, "page-chat", "Chat"],
  [/^\/settings(\/[^/]+)?$/, "page-settings", "Settings"],
];

class Nowhere extends Page {
  protected view(): Content {
    return html`<div class="empty">${icon("search")}<h1>There is nothing at this address</h1><p>It may have moved. Everything is reached from the gear.</p><a class="button" href="/gear">Go to the gear</a></div>`;
  }
}
customElements.define("page-nowhere", Nowhere);

class Closed extends Page {
  protected view(): Content {
    return html`<div class="empty">${icon("people")}<h1>This page is for managers</h1><p>You are signed in as ${state.session?.name ?? "crew"}. Ask a manager to do it, or to give you more rights.</p><a class="button" href="/gear">Go to the gear</a></div>`;
  }
}
customElements.define("page-closed", Closed);

/** How much waits in the inbox, on the way to it: unknown codes, and what depots differ about. */
function waitingCount(): Content {
  const count = (state.unknowns?.length ?? 0) + (state.conflicts?.length ?? 0);
  return count > 0 && html`<span class="rail-count">${count > 99 ? "99+" : count}<span class="unseen"> waiting</span></span>`;
}

/** How many messages are unread, on the way to them. */
function unreadCount(): Content {
  const count = unreadTotal();
  return count > 0 && html`<span class="rail-count">${count > 99 ? "99+" : count}<span class="unseen"> unread</span></span>`;
}

const secondKeyWithin = 1_500;
const bootRetryMilliseconds = 3_000;

class DepotApp extends Page {
  private page: HTMLElement | null = null;
  private place: Place | null = null;
  private failure: string | null = null;
  private booted = false;
  private wentAt = -Infinity;

  protected override enter(): void {
    this.until(whenAddressChanges(() => this.go()));
    const takesScans = (): boolean => this.place?.hasChrome === true || this.page?.hasAttribute("data-takes-scans") === true;
    this.until(hearScans((code) => { if (!offerScan(code) && this.place?.hasChrome) void openCode(code); }, takesScans));
    this.listen("keydown", (event) => this.key(event));
    void this.boot();
  }

  private async boot(): Promise<void> {
    try {
      await openSession();
      this.booted = true;
      this.failure = null;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) this.booted = true;
      else {
        this.failure = sentence(error);
        if (!isOpen(address().pathname)) setTimeout(() => { if (!this.booted) void this.boot(); }, bootRetryMilliseconds);
        else this.booted = true;    // the sign-in has its own words for this
      }
      if (this.booted && !isOpen(address().pathname)) { to(signInAddress(), { replace: true }); return; }
    }
    this.go();
  }

  /** Shows the page the address means; the same page stays when only its query changed. */
  private go(): void {
    const place = placeAt(address().pathname);
    if (this.booted && !(this.place && isSame(place, this.place))) {
      const isFirst = this.place === null;
      this.place = place;
      this.page = document.createElement(place.element);
      document.title = `${place.title} · Depotd`;
      if (!isFirst && place.hasChrome) queueMicrotask(() => { if (!takesText(document.activeElement)) this.querySelector<HTMLElement>("main")?.focus(); });
    } else (this.page as Page | null)?.refresh();
    this.refresh();
  }

  protected override shown(): void {
    const isLive = state.live.state === "live";
    if (isLive && !this.wasLive) outbox.resume();
    this.wasLive = isLive;
  }
  private wasLive = false;

  protected view(): Content {
    if (!this.place) return this.failure === null ? html`<main class="boot" aria-busy="true"></main>` : this.unreachable(this.failure);
    if (!this.place.hasChrome) return html`<main id="main" tabindex="-1" class="bare">${this.page}</main>${notices()}`;
    return html`<a class="skip" href="#main">Skip to the page</a>
      <div class="shell">
        ${this.rail()}
        <header class="bar">${this.search()}${connection()}<span class="bar-tools">${this.tools()}</span></header>
        <main id="main" tabindex="-1">${this.page}</main>
      </div>${notices()}${this.help()}${this.moreRooms()}`;
  }

  private unreachable(reason: string): Template {
    return html`<main class="boot">${failedPlace("The depot does not answer", `${reason} Nothing typed was lost; this page tries again by itself.`, () => void this.boot())}</main>`;
  }

  private rail(): Template {
    const here = address().pathname;
    return html`<nav class="rail" aria-label="Rooms">
      <a class="rail-mark" href="/gear" aria-label="Depotd">${icon("scan")}<span>Depotd</span></a>
      <div class="rail-rooms">${openRooms().map((room) => html`<a class="rail-room ${room.more ? "rail-more" : ""}" href="${room.path}" aria-current="${isIn(room, here) ? "page" : null}">${icon(room.icon)}<span>${room.name}</span>${room.path === "/inbox" && waitingCount()}${room.path === "/chat" && unreadCount()}</a>`)}
        <button class="rail-room rail-opens" aria-haspopup="dialog" @click=${() => this.openDialog(".rooms")}>${icon("more")}<span>More</span>${waitingCount()}</button></div>
      <div class="rail-foot">
        ${state.session && html`<a class="rail-tool rail-person" href="/people/${state.session.id}" title="${state.session.name}" aria-label="${state.session.name}: your page">${avatar(state.session)}</a>
          <button class="rail-tool rail-out" @click=${() => void signOut()} title="Sign out" aria-label="Sign out">${icon("leave")}</button>`}
      </div>
    </nav>`;
  }

  /** Colours and keys: on top at the desk, behind "More" on a phone. */
  private tools(): Template {
    const themeWords = { auto: "as the machine", light: "light", dark: "dark" }[theme()];
    return html`<button class="rail-tool" @click=${() => { nextTheme(); this.refresh(); }} title="Colours: ${themeWords}" aria-label="Colours: ${themeWords}. Change">${icon(theme() === "auto" ? "auto" : theme() === "light" ? "sun" : "moon")}</button>
      <button class="rail-tool rail-help" @click=${() => this.openHelp()} title="Keys (?)" aria-label="Show all keys">${icon("help")}</button>`;
  }

  private search(): Template {
    const room = this.searched, words = room.search ?? "";
    const q = isIn(room, address().pathname) ? address().searchParams.get("q") ?? "" : "";
    return html`<form class="search" role="search" @submit=${(event: Event) => { event.preventDefault(); void this.openSearched(); }}>
      ${icon("search")}<input id="search" type="search" placeholder="${words}" aria-label="${words.split(":")[0]}" autocomplete="off" spellcheck="false"
        .value=${q} @input=${(event: Event) => this.searchFor(field(event).value)}><kbd aria-hidden="true">/</kbd></form>`;
  }

  /** Enter: an exact code opens what it belongs to, anything else goes to the first row found. */
  private async openSearched(): Promise<void> {
    const words = this.querySelector<HTMLInputElement>("#search")?.value.trim() ?? "";
    if (words !== "" && await openCode(words, true)) return;
    this.querySelector<HTMLElement>("[data-row]")?.focus();
  }

  private searchFor(words: string): void {
    const { path } = this.searched, isThere = address().pathname === path;
    to(isThere ? withQuery({ q: words }) : `${path}?q=${encodeURIComponent(words)}`, { replace: isThere });
  }

  /** The room whose records the field on top looks for. */
  private get searched(): Room {
    const here = rooms.find((room) => room.search !== undefined && isIn(room, address().pathname));
    return here ?? rooms.find((room) => room.path === "/gear") as Room;
  }

  // ---- keys ----------------------------------------------------------------------------------------------------------

  private key(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.altKey || !this.place?.hasChrome) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key === "z" && !event.shiftKey && !takesText(event.target) && undoNewest()) event.preventDefault();
      return;
    }
    if (takesText(event.target)) {
      if (event.key === "Escape") (event.target as HTMLElement).blur();
      return;
    }
    if (event.timeStamp - this.wentAt < secondKeyWithin) {
      this.wentAt = -Infinity;
      const room = rooms.find((candidate) => candidate.key === event.key);
      if (room) { event.preventDefault(); unlessScan(() => to(room.path)); }
      return;
    }
    if (event.key === "/") { event.preventDefault(); this.focusSearch(); }
    else if (event.key === "g") this.wentAt = event.timeStamp;
    else if (event.key === "?") this.openHelp();
    else if (event.key === "u") unlessScan(() => { undoNewest(); });
  }

  private focusSearch(): void {
    const search = this.querySelector<HTMLInputElement>("#search");
    search?.focus();
    search?.select();
  }

  private openHelp(): void { this.openDialog(".help"); }

  private openDialog(name: string): void {
    const dialog = this.querySelector<HTMLDialogElement>(`dialog${name}`);
    if (dialog && !dialog.open) dialog.showModal();
  }

  /** On a phone: the rooms its bar has no place for. */
  private moreRooms(): Template {
    const close = (event: Event): void => (event.currentTarget as HTMLElement).closest("dialog")?.close();
    return html`<dialog class="help rooms" aria-label="More rooms"><nav class="rooms-list" aria-label="More rooms">${openRooms().filter((room) => room.more).map((room) => html`<a class="rail-room" href="${room.path}" @click=${close}>${icon(room.icon)}<span>${room.name}</span></a>`)}
      ${state.session && html`<a class="rail-room" href="/people/${state.session.id}" @click=${close}>${icon("person")}<span>You</span></a><button class="rail-room" @click=${(event: Event) => { close(event); void signOut(); }}>${icon("leave")}<span>Sign out</span></button>`}</nav>
      <div class="rooms-foot">${this.tools()}<button class="button" @click=${close}>Close</button></div></dialog>`;
  }

  private help(): Template {
    const keys: [string, string][] = [
      ["/", "Search"], ...openRooms().map((room): [string, string] => [`g ${room.key}`, `Go to ${room.name}`]),
      ["↑ ↓ ← →", "Move in a list"], ["Enter", "Open"], ["n e", "New, edit"], ["f x", "Gear: filters, pick a row"], ["Alt ↑ ↓", "Move a line of a pull sheet"], ["a", "Add to the pull sheet"], ["b", "Give a person a badge"], ["l c Del", "Inbox: link, create, dismiss"], ["r e + Del", "Chat: reply, edit, react, delete"], ["@ #", "Chat: name somebody, or gear"], ["Esc", "Close"], ["u", "Undo what was done last"], ["Ctrl Enter", "Save a form"], ["?", "Show these keys"],
    ];
    return html`<dialog class="help" aria-labelledby="help-title"><form method="dialog">
      <h2 id="help-title">Keys</h2>
      <dl>${keys.map(([key, words]) => html`<div><dt>${key.split(" ").map((one) => html`<kbd>${one}</kbd> `)}</dt><dd>${words}</dd></div>`)}</dl>
      <p>At the door every key goes into the code field.</p>
      <button class="button button-first">Close</button></form></dialog>`;
  }
}

restoreTheme();
outbox.restore();
customElements.define("depot-app", DepotApp);
