// Where messages are written: Enter sends and Shift+Enter breaks, `@` names somebody of the room and `#` a piece of gear, a
// place or a project, files come by the button, by pasting and by dropping. What is half written stays with its room.

import { sentence } from "../../daemon/api";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { Page } from "../../elements/page";
import { state, tell } from "../../daemon/store";
import { avatar } from "../../elements/bits";
import { emojiPanel } from "./emoji";
import { fileCountMax, size, upload } from "./files";
import { Link, linkKinds, markOf, things } from "./links";
import { me } from "./talk";
import { Byline, Draft, FileOf, Message, Room } from "./types";
import * as watermarks from "./watermarks";

const characterCountMax = 4_000, warnFrom = 3_600;

interface Written { text: string; links: Link[]; files: FileOf[]; replyTo: Draft["replyTo"]; editing: Message | null }
interface Hint { link: Link; more: string; face: Byline | null }

const blank = (): Written => ({ text: "", links: [], files: [], replyTo: null, editing: null });
const written = new Map<string, Written>();

export interface ComposerWishes {
  send(draft: Pick<Draft, "room" | "text" | "links" | "files" | "replyTo">): boolean;
  edit(message: Message, text: string, links: Link[]): void;
  editLast(): void;
}

export class ChatComposer extends Page {
  private room: Room | null = null;
  private wishes: ComposerWishes | null = null;
  private hints: readonly Hint[] = [];
  private at = 0;
  private asked = 0;
  private hasEmoji = false;
  private sendingCount = 0;

  private get now(): Written {
    const id = this.room?.id ?? "";
    const known = written.get(id) ?? blank();
    written.set(id, known);
    return known;
  }
  private get box(): HTMLTextAreaElement | null { return this.querySelector("textarea"); }

  suit(room: Room, wishes: ComposerWishes): void {
    if (this.room?.id !== room.id) { this.hints = []; this.hasEmoji = false; }
    this.room = room;
    this.wishes = wishes;
    this.refresh();
  }

  focusBox(): void { this.box?.focus(); }

  reply(message: Message): void {
    Object.assign(this.now, { editing: null, replyTo: { id: message.id, seq: message.seq, author: message.author?.name ?? null, text: message.text ?? message.card?.title ?? null } });
    this.refresh();
    queueMicrotask(() => this.focusBox());
  }

  edit(message: Message): void {
    Object.assign(this.now, { editing: message, replyTo: null, text: message.text ?? "", links: [...message.links], files: [] });
    this.refresh();
    queueMicrotask(() => { this.focusBox(); const box = this.box; box?.setSelectionRange(box.value.length, box.value.length); });
  }

  // ---- writing -----------------------------------------------------------------------------------------------------

  private typed(): void {
    const box = this.box;
    if (!box || !this.room) return;
    this.now.text = box.value;
    if (box.value.trim() && !this.now.editing) watermarks.typing(this.room.id, true);
    void this.findHints();
    this.refresh();
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing || event.keyCode === 229) return;      // Enter ends a composition there
    if (this.hints.length > 0) {
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (step !== 0) { event.preventDefault(); this.at = (this.at + step + this.hints.length) % this.hints.length; this.refresh(); return; }
      if (event.key === "Enter" || event.key === "Tab") { event.preventDefault(); this.take(this.hints[this.at] as Hint); return; }
      if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.hints = []; this.refresh(); return; }
    }
    if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); this.send(); }
    else if (event.key === "ArrowUp" && this.now.text === "") { event.preventDefault(); this.wishes?.editLast(); }
    else if (event.key === "Escape" && (this.now.editing || this.now.replyTo || this.hasEmoji)) { event.preventDefault(); event.stopPropagation(); this.cancel(); }
  }

  private cancel(): void {
    if (this.hasEmoji) this.hasEmoji = false;
    else if (this.now.editing) Object.assign(this.now, blank());
    else this.now.replyTo = null;
    this.refresh();
  }

  private send(): void {
    const { text, links, files, replyTo, editing } = this.now;
    const used = links.filter((link) => text.includes(markOf(link)));
    if (!this.room || this.sendingCount > 0 || [...text.trim()].length > characterCountMax || (text.trim() === "" && files.length === 0)) return;
    if (editing) this.wishes?.edit(editing, text.trim(), used);
    else if (!this.wishes?.send({ room: this.room.id, text: text.trim(), links: used, files, replyTo })) return;
    written.set(this.room.id, blank());
    this.hints = [];
    this.hasEmoji = false;
    watermarks.typing(this.room.id, false);
    this.refresh();
    this.focusBox();
  }

  private insert(words: string): void {
    const box = this.box;
    if (!box) return;
    box.setRangeText(words, box.selectionStart, box.selectionEnd, "end");
    this.typed();
    box.focus();
  }

  // ---- naming people and gear -----------------------------------------------------------------------------------------

  /** The word under the caret that begins with `@` or `#`, and where. */
  private get naming(): { sign: string; words: string; from: number } | null {
    const box = this.box;
    const match = box && /(^|\s)([@#])([^\s@#][^@#\n]{0,40})?$/u.exec(box.value.slice(0, box.selectionStart));
    if (match?.[2] === "#" && /\s/.test(match[3] ?? "")) return null;
    return match && box ? { sign: match[2] as string, words: match[3] ?? "", from: box.selectionStart - (match[3]?.length ?? 0) - 1 } : null;
  }

  private async findHints(): Promise<void> {
    const naming = this.naming, turn = ++this.asked;
    const hints = naming ? await (naming.sign === "@" ? this.people(naming.words) : this.things(naming.words)) : [];
    if (turn !== this.asked) return;
    this.hints = hints;
    this.at = 0;
    this.refresh();
  }

  private async people(words: string): Promise<Hint[]> {
    const wanted = words.toLocaleLowerCase();
    return (this.room?.people ?? []).filter((person) => person.id !== me() && person.name.toLocaleLowerCase().split(/\s+/).some((_, index, parts) => parts.slice(index).join(" ").startsWith(wanted))).slice(0, 6)
      .map((person): Hint => ({ link: { kind: "person", id: person.id, name: person.name }, more: "", face: person }));
  }

  private async things(words: string): Promise<Hint[]> {
    return words.trim() === "" ? [] : (await things(words.trim())).map((found): Hint => ({ ...found, face: null }));
  }

  private take(hint: Hint): void {
    const box = this.box, naming = this.naming;
    if (!box || !naming) return;
    box.setRangeText(`${naming.sign}${hint.link.name} `, naming.from, box.selectionStart, "end");
    this.now.links = [...this.now.links.filter((link) => link.id !== hint.link.id), hint.link];
    this.hints = [];
    this.typed();
    box.focus();
  }

  // ---- files ---------------------------------------------------------------------------------------------------------

  /** Sends files ahead; they go with the next message. */
  async bring(files: readonly File[]): Promise<void> {
    const room = this.room;
    if (!room || files.length === 0) return;
    const mine = this.now;
    for (const file of files.slice(0, Math.max(0, fileCountMax - mine.files.length))) {
      this.sendingCount += 1;
      this.refresh();
      try { mine.files = [...mine.files, await upload(room.id, file)]; } catch (error) { tell("stop", `${file.name}: ${sentence(error)}`); }
      this.sendingCount -= 1;
      this.refresh();
    }
    this.focusBox();
  }

  private chosen(event: Event): void {
    const input = event.target as HTMLInputElement;
    void this.bring([...(input.files ?? [])]);
    input.value = "";
  }

  private pasted(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    void this.bring(files);
  }

  // ---- what is seen ----------------------------------------------------------------------------------------------------

  protected override shown(): void {
    const box = this.box;
    if (!box) return;
    box.style.setProperty("height", "auto");
    box.style.setProperty("height", `${Math.min(box.scrollHeight + 2, 180)}px`);
  }

  protected view(): Content {
    const room = this.room;
    if (!room) return null;
    const { text, files, replyTo, editing } = this.now, count = [...text].length;
    const canSend = (text.trim() !== "" || files.length > 0) && this.sendingCount === 0 && count <= characterCountMax;
    return html`${this.hintList()}${this.hasEmoji && emojiPanel((emoji) => { this.hasEmoji = false; this.insert(emoji); })}
      ${(replyTo || editing) && html`<div class="composer-about">${icon(editing ? "edit" : "undo")}<span><b>${editing ? "Editing" : `Reply to ${replyTo?.author ?? "Depotd"}`}</b> <span dir="auto">${editing ? editing.text : replyTo?.text}</span></span><button class="icon-button" aria-label="Cancel" @click=${() => { this.hasEmoji = false; this.cancel(); }}>${icon("close")}</button></div>`}
      ${(files.length > 0 || this.sendingCount > 0) && html`<ul class="composer-files">${files.map((file) => keyed(file.id, this.waitingFile(room, file)))}${this.sendingCount > 0 && html`<li class="file-chip" role="status">Sending ${this.sendingCount === 1 ? "a file" : `${this.sendingCount} files`}…</li>`}</ul>`}
      ${files.some((file) => file.width === null) && html`<p class="composer-asis quiet" role="note">A file goes as it is, with all that is written in it: a film may say where it was taken. Photos lose that.</p>`}
      <form class="composer" @submit=${(event: Event) => { event.preventDefault(); this.send(); }}>
        <label class="icon-button composer-attach" title="Photos and files"><span class="unseen">Attach photos and files</span>${icon("clip")}<input type="file" multiple ?disabled=${state.live.state === "offline" || editing !== null} @change=${(event: Event) => this.chosen(event)}></label>
        <textarea rows="1" dir="auto" enterkeyhint="send" autocapitalize="sentences" aria-label="${`Message to ${room.title}`}" placeholder="${`Message to ${room.title}`}" aria-describedby="composer-hint" .value=${text} role="combobox" aria-expanded="${String(this.hints.length > 0)}" aria-controls="composer-hints" aria-activedescendant="${this.hints.length > 0 ? `composer-hint-${this.at}` : null}" aria-autocomplete="list"
          @input=${() => this.typed()} @keydown=${(event: Event) => this.key(event as KeyboardEvent)} @paste=${(event: Event) => this.pasted(event as ClipboardEvent)}></textarea>
        <span class="unseen" id="composer-hint">Enter sends, Shift and Enter begins a new line.</span>
        ${count > warnFrom && html`<span class="composer-count ${count > characterCountMax ? "composer-over" : ""}" role="status">${characterCountMax - count}</span>`}
        <button type="button" class="icon-button composer-emoji" aria-label="Emoji" aria-expanded="${String(this.hasEmoji)}" @click=${() => { this.hasEmoji = !this.hasEmoji; this.refresh(); }}>${icon("smile")}</button>
        <button class="icon-button composer-send" aria-label="${editing ? "Save" : "Send"}" title="Enter" ?disabled=${!canSend}>${icon(editing ? "check" : "send")}</button>
      </form>`;
  }

  private waitingFile(room: Room, file: FileOf): Template {
    const drop = (): void => { this.now.files = this.now.files.filter((other) => other.id !== file.id); this.refresh(); };
    return html`<li class="file-chip">${file.width !== null ? html`<img src="/api/v1/rooms/${room.id}/files/${file.id}/small" alt="">` : icon("file")}<span dir="auto">${file.name}</span><span class="quiet">${size(file.byteCount)}</span><button class="icon-button" aria-label="Leave ${file.name} out" @click=${drop}>${icon("close")}</button></li>`;
  }

  private hintList(): Content {
    return html`<ul class="composer-hints ${this.hints.length === 0 ? "composer-none" : ""}" id="composer-hints" role="listbox" aria-label="Who or what is meant">${this.hints.map((hint, index) => html`<li role="option" id="composer-hint-${index}" aria-selected="${String(index === this.at)}" @pointerdown=${(event: Event) => { event.preventDefault(); this.take(hint); }}>${hint.face ? avatar(hint.face) : icon(linkKinds[hint.link.kind].picture)}<b dir="auto">${hint.link.name}</b><span class="quiet">${hint.more}</span></li>`)}</ul>`;
  }
}
customElements.define("chat-composer", ChatComposer);
