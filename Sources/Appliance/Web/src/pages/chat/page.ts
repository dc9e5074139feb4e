// The rooms and one of them. Which room, which message and what is looked for are in the address. The list is rooms.ts, the
// messages log.ts, what is written composer.ts, what is known talk.ts.

import "./chat.css";
import { get, patch, put, remove, sentence } from "../../daemon/api";
import { Asked } from "../../daemon/asked";
import { emptyPlace, failedPlace } from "../../elements/bits";
import { html, Content, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { Page, takesText } from "../../elements/page";
import { address, to, withQuery } from "../../router";
import { state, tell } from "../../daemon/store";
import { clock, debounced } from "../../elements/time";
import { moveInList } from "../rows";
import { ChatComposer } from "./composer";
import { emojiPanel } from "./emoji";
import { roomInfo } from "./info";
import { ChatLog } from "./log";
import { Acts } from "./message";
import { gist } from "./notify";
import * as outbox from "./outbox";
import { there } from "./people";
import { findMessages, foundRows, NewRoom, roomFace, roomRows } from "./rooms";
import { conversation, hearMessages, loadPresence, loadRoom, loadRooms, me, openAt, replace, roomOf, talk, unreadTotal } from "./talk";
import { Link } from "./links";
import { Message, Room } from "./types";
import * as watermarks from "./watermarks";

class ChatPage extends Page {
  private opened: string | null = null;
  private went = "";
  private asked = "";
  private making: NewRoom | null = null;
  private reacting: Message | null = null;
  private said = "";
  private readonly log = new ChatLog();
  private readonly composer = new ChatComposer();
  private readonly found = new Asked<{ items: Message[] }>(() => findMessages(this.q), () => this.refresh());
  private readonly findSoon = debounced(180, () => void this.found.load());

  private get open(): string | null { return decodeURIComponent(address().pathname.split("/")[2] ?? "") || null; }
  private get q(): string { return address().searchParams.get("q") ?? ""; }
  private get hasInfo(): boolean { return address().searchParams.get("info") === "1"; }

  protected override enter(): void {
    if (!talk.rooms) void loadRooms();
    void loadPresence();
    this.listen("keydown", (event) => this.key(event));
    this.listen("focus", () => this.log.look());
    const look = (): void => { if (!document.hidden) this.log.look(); };
    document.addEventListener("visibilitychange", look);
    this.until(() => document.removeEventListener("visibilitychange", look));
    this.until(hearMessages((message) => { if (message.room === this.open) { this.said = `${message.author?.name ?? "Depotd"}: ${gist(message)}`; this.refresh(); } }));
    this.addEventListener("chat-end", () => this.toEnd());
    this.addEventListener("dragover", (event) => { if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); });
    this.addEventListener("drop", (event) => { if (!event.dataTransfer?.files.length) return; event.preventDefault(); void this.composer.bring([...event.dataTransfer.files]); });
    this.tick(30_000);
  }

  protected override shown(): void {
    document.title = unreadTotal() > 0 ? `(${unreadTotal()}) Chat · Depotd` : "Chat · Depotd";
    if (this.asked !== this.q) { this.asked = this.q; this.found.forget(); if (this.q) this.findSoon(); }
    const room = this.open, where = `${room}?${address().searchParams.get("m")}?${address().searchParams.get("at")}`;
    if (room && this.opened !== room) { this.opened = room; this.said = ""; this.reacting = null; void loadRoom(room); if (innerWidth >= 960 && !address().searchParams.has("m")) queueMicrotask(() => this.composer.focusBox()); }
    if (!room) this.opened = null;
    if (room && this.went !== where) { this.went = where; void this.goThere(room); }
    this.suit();
  }

  private suit(): void {
    const room = this.open ? roomOf(this.open) : undefined;
    if (!room) return;
    const current = conversation(room.id), last = current.items.slice(-100);
    // One may come by the socket before its own answer is here.
    const waiting = outbox.waitingIn(room.id).filter((draft) => !last.some((item) => item.id === draft.id));
    this.log.suit(current, waiting, { acts: this.acts, retry: outbox.retry, discard: outbox.discard, seen: (seq) => { if (room.isMember) watermarks.note(room.id, seq, true); } });
    this.composer.suit(room, { send: (draft) => this.send(draft), edit: (message, text, links) => void this.save(message, text, links), editLast: () => this.editLast() });
  }

  /** Goes where the address says: to a message, to a day, or to what was new. */
  private async goThere(room: string): Promise<void> {
    const search = address().searchParams, seq = Number(search.get("m") ?? 0), at = search.get("at"), current = conversation(room);
    if (seq > 0) { if (!this.log.goTo(seq)) { await openAt(room, { around: seq }); this.suit(); this.log.goTo(seq); } return; }
    if (at) {
      await openAt(room, { at });
      this.suit();
      const first = current.items.find((item) => item.at >= at) ?? current.items[current.items.length - 1];
      if (first) this.log.goTo(first.seq);
      return;
    }
    if (!current.loaded || current.after !== null) await openAt(room);
    else if (roomOf(room)?.unread) current.mark = roomOf(room)?.read ?? null;
  }

  /** One's own words are seen at the end of the room, wherever one was reading. */
  private send(draft: Parameters<typeof outbox.send>[0]): boolean {
    const isTaken = outbox.send(draft);
    if (isTaken && conversation(draft.room).after !== null) this.toEnd();
    return isTaken;
  }

  private toEnd(): void {
    const room = this.open;
    if (!room) return;
    to(withQuery({ m: null, at: null }), { replace: true });
    void openAt(room).then(() => this.log.goToEnd());
  }

  // ---- acts -----------------------------------------------------------------------------------------------------------

  private readonly acts: Acts = {
    react: (message, emoji) => void this.react(message, emoji),
    choose: (message) => { this.reacting = message; this.refresh(); this.focusSoon(".react-panel [data-emoji]"); },
    reply: (message) => this.composer.reply(message),
    edit: (message) => this.composer.edit(message),
    erase: (message) => void this.erase(message),
    versions: (message) => void this.versions(message),
    jump: (seq) => to(withQuery({ m: String(seq) })),
  };

  private async change(message: Message, ask: () => Promise<Message>): Promise<void> {
    try { replace(message.room, await ask()); } catch (error) { tell("stop", sentence(error)); }
  }

  private async react(message: Message, emoji: string): Promise<void> {
    const isOn = !message.reactions.some((reaction) => reaction.emoji === emoji && reaction.people.some((person) => person.id === me()));
    this.reacting = null;
    await this.change(message, () => put<Message>(`/rooms/${message.room}/messages/${message.id}/reactions`, { emoji, on: isOn }));
  }

  private save(message: Message, text: string, links: Link[]): Promise<void> {
    return this.change(message, () => patch<Message>(`/rooms/${message.room}/messages/${message.id}`, { text, links: links.map(({ kind, id }) => ({ kind, id })) }));
  }

  /** It can not be brought back, so it is asked; the words of the question are the message's own. */
  private async erase(message: Message): Promise<void> {
    if (!(message.author?.id === me()) && state.session?.role === "crew") return;
    if (!confirm(`Delete “${gist(message).slice(0, 80)}”? Its words can not be brought back.`)) return;
    try {
      await remove(`/rooms/${message.room}/messages/${message.id}`);
    } catch (error) { tell("stop", sentence(error)); }
  }

  private async versions(message: Message): Promise<void> {
    try {
      const { items } = await get<{ items: { text: string; at: string }[] }>(`/rooms/${message.room}/messages/${message.id}/versions`);
      tell("ok", items.map((item) => `${clock(item.at)}: ${item.text}`).join(" → ") || "It was always so.");
    } catch (error) { tell("stop", sentence(error)); }
  }

  private editLast(): void {
    const current = this.open ? talk.open.get(this.open) : undefined;
    const last = current && [...current.items].reverse().find((item) => item.author?.id === me() && !item.deletedAt && !item.card);
    if (last) this.composer.edit(last);
  }

  private key(event: KeyboardEvent): void {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && this.reacting) { this.reacting = null; this.refresh(); return; }
    if (event.key === "Escape" && !takesText(event.target)) {
      if (this.hasInfo) to(withQuery({ info: null }));
      else if (this.open) { const was = this.open; to("/chat"); this.focusSoon(`[href="/chat/${was}"]`); }
      return;
    }
    if (!(event.target as HTMLElement).closest?.("chat-log, .emoji-panel")) moveInList(event, this);
  }

  // ---- what is seen ---------------------------------------------------------------------------------------------------

  protected view(): Content {
    const open = this.open, room = open ? roomOf(open) : undefined;
    return html`<div class="chat ${open ? "chat-open" : ""} ${this.hasInfo && room ? "chat-told" : ""}">
      <section class="chat-rooms" aria-labelledby="chat-title">
        <header><h1 id="chat-title">${this.q ? "Found" : "Chat"}</h1><button class="button button-first" data-new @click=${() => { this.making = this.making ? null : this.newRoom(); this.refresh(); }}>${icon("plus")}New</button></header>
        ${this.making ? this.making.view() : this.q ? foundRows(this.q, this.found.value) : roomRows(open)}</section>
      ${open ? this.room(open, room) : html`<section class="chat-room chat-none">${emptyPlace("speech", "Choose a room", "Everybody of a project talks in its room. Messages that you write without a connection are sent when it is back.")}</section>`}
      ${this.hasInfo && room && roomInfo(room, () => to(withQuery({ info: null })))}</div>
      <p class="unseen" role="status" aria-live="polite">${this.said}</p>`;
  }

  private newRoom(): NewRoom { return new NewRoom(() => this.refresh(), () => { this.making = null; this.refresh(); }); }

  private room(id: string, room: Room | undefined): Template {
    if (!room) return html`<section class="chat-room chat-none">${talk.rooms ? emptyPlace("speech", "There is no such room", "It may be one that you are not in.", html`<a class="button" href="/chat">To the rooms</a>`) : talk.error ? failedPlace("The rooms could not be loaded", talk.error, () => void loadRooms()) : html`<div class="skeleton-page" aria-busy="true"></div>`}</section>`;
    const current = conversation(id);
    return html`<section class="chat-room" aria-label="${room.title}">
      <header class="room-head"><a class="icon-button room-back" href="/chat" aria-label="All rooms">${icon("back")}</a>${roomFace(room)}<div><h2 dir="auto">${room.title}</h2><p class="quiet">${this.about(room)}</p></div>
        <button class="icon-button" aria-label="About this room" aria-expanded="${String(this.hasInfo)}" @click=${() => to(withQuery({ info: this.hasInfo ? null : "1" }))}>${icon("info")}</button></header>
      ${current.error && !current.loaded ? failedPlace("The room could not be loaded", current.error, () => void openAt(id)) : this.log}
      <p class="room-typing" aria-live="polite">${this.typing(room)}</p>
      ${this.reacting && html`<div class="react-panel">${emojiPanel((emoji) => { const message = this.reacting; if (message) void this.react(message, emoji); this.refresh(); })}</div>`}
      ${state.live.state === "offline" && html`<p class="room-offline" role="status">${icon("offline")}Not connected since ${clock(state.live.since)}. What you write now is sent, in order, when the connection is back.</p>`}
      ${this.mayWrite(room) ? this.composer : html`<p class="room-closed">${room.isMember ? "Only managers write here." : "You left this room. What was said up to then stays yours to read."}</p>`}</section>`;
  }

  private mayWrite(room: Room): boolean { return room.isMember && (room.kind !== "announcements" || state.session?.role !== "crew"); }

  private about(room: Room): string {
    if (room.with) return there(room.with.id);
    const online = (room.people ?? []).filter((person) => talk.presence.get(person.id)?.online).length;
    return `${room.memberCount} ${room.memberCount === 1 ? "person" : "people"}${online > 0 ? `, ${online} online` : ""}`;
  }

  private typing(room: Room): Content {
    const told = talk.typing.get(room.id), people = (told?.people ?? []).filter((id) => id !== me());
    if (people.length === 0) return null;
    const names = people.map((id) => (room.people?.find((person) => person.id === id)?.name ?? "Somebody").split(" ")[0]);
    const count = Math.max(people.length, (told?.count ?? 0) - ((told?.people.length ?? 0) - people.length));
    const words = count > 2 ? `${names[0]} and ${count - 1} others are typing` : names.length === 2 ? `${names[0]} and ${names[1]} are typing` : `${names[0]} is typing`;
    return html`<span class="typing-dots" aria-hidden="true"><i></i><i></i><i></i></span>${words}`;
  }
}
customElements.define("page-chat", ChatPage);
