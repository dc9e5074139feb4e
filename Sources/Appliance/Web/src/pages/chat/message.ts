// One message as it is seen: whose, when, what, what it answers, and how far it got. Text is text: links are made of the
// names that the message itself says it points at, and of nothing it looks like, but for web addresses.

import { avatar } from "../../elements/bits";
import { html, keyed, Content, Template } from "../../elements/html";
import { icon, shape } from "../../elements/icons";
import { mayEdit } from "../../daemon/store";
import { clock, day } from "../../elements/time";
import { attachment } from "./files";
import { quick } from "./emoji";
import { hrefOf, Link, markOf } from "./links";
import { Conversation, me, reach, roomOf } from "./talk";
import { Draft, Message } from "./types";

/** What may be done with a message; the page does it. */
export interface Acts {
  react(message: Message, emoji: string): void;
  choose(message: Message): void;         // opens the emoji panel
  reply(message: Message): void;
  edit(message: Message): void;
  erase(message: Message): void;
  versions(message: Message): void;
  jump(seq: number): void;
}

/** The text with its links; line ends stay by style. */
export function said(text: string, links: readonly Link[]): Content[] {
  const names = links.map((link) => ({ link, mark: markOf(link) }));
  const marks = names.map(({ mark }) => mark.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).sort((a, b) => b.length - a.length);
  const pieces = text.split(new RegExp(`(${[...marks, "https?://[^\\s<>\"'\u2018\u2019\u201c\u201d]+[^\\s<>\"'.,;:!?)\\]]"].join("|")})`, "u"));
  return pieces.map((piece, index): Content => {
    if (index % 2 === 0) return piece;
    const known = names.find(({ mark }) => mark === piece);
    if (known) return html`<a class="said-link ${known.link.kind === "person" && known.link.id === me() ? "said-me" : ""}" href="${hrefOf(known.link)}">${piece}</a>`;
    return html`<a class="said-web" href="${piece}" target="_blank" rel="noopener noreferrer nofollow">${piece}</a>`;
  });
}

const sameMinutes = 5 * 60_000;

/** True when a message goes on under the one before it, without a name and a face of its own. */
export function goesOn(message: Message, before: Message | undefined): boolean {
  return before !== undefined && !message.card && !before.card && before.author?.id === message.author?.id && message.replyTo === null
    && Date.parse(message.at) - Date.parse(before.at) < sameMinutes && new Date(before.at).toDateString() === new Date(message.at).toDateString();
}

export function dayLine(message: Message, before: Message | undefined): Content {
  const today = new Date(message.at).toDateString();
  if (before && new Date(before.at).toDateString() === today) return null;
  const words = today === new Date().toDateString() ? "Today" : today === new Date(Date.now() - 86_400_000).toDateString() ? "Yesterday" : day(message.at);
  return html`<div class="log-day" role="separator"><span>${words}</span></div>`;
}

export function messageView(current: Conversation, message: Message, before: Message | undefined, acts: Acts): Template {
  const isOwn = message.author?.id === me(), isNext = goesOn(message, before);
  const name = message.author?.name ?? "Depotd";
  return keyed(message.id, html`${dayLine(message, before)}${isFirstNew(current, message, before) && html`<div class="log-new" role="separator"><span>New messages</span></div>`}
    <article class="said ${isOwn ? "said-own" : ""} ${isNext ? "said-next" : ""} ${message.card ? "said-card" : ""}" data-seq="${message.seq}" tabindex="-1" aria-label="${name}, ${clock(message.at)}">
      ${!isOwn && html`<span class="said-face">${!isNext && (message.author ? avatar(message.author) : html`<span class="avatar said-box">${icon("scan")}</span>`)}</span>`}
      <div class="said-body">
        ${!isNext && html`<header>${!isOwn && html`<b dir="auto">${name}</b>`}<time datetime="${message.at}">${clock(message.at)}</time></header>`}
        ${message.replyTo && html`<button class="said-answered" @click=${() => acts.jump(message.replyTo!.seq)}><b>${message.replyTo.author ?? "Depotd"}</b><span dir="auto">${message.replyTo.text ?? "Message deleted"}</span></button>`}
        ${bubble(message)}
        ${message.reactions.length > 0 && html`<div class="said-reactions">${message.reactions.map((reaction) => html`<button class="reaction" aria-pressed="${String(reaction.people.some((person) => person.id === me()))}" title="${reaction.people.map((person) => person.name).join(", ")}" aria-label="${reaction.emoji} by ${reaction.people.map((person) => person.name).join(", ")}" @click=${() => acts.react(message, reaction.emoji)}>${reaction.emoji}<span>${reaction.people.length}</span></button>`)}</div>`}
        <footer>${message.editedAt && !message.deletedAt && html`<button class="said-edited" @click=${() => acts.versions(message)}>edited</button>`}${isOwn && !message.deletedAt && ticks(current, message)}</footer>
        ${!message.deletedAt && tools(message, isOwn, acts)}
      </div>
    </article>`);
}

function isFirstNew(current: Conversation, message: Message, before: Message | undefined): boolean {
  return current.mark !== null && message.seq > current.mark && (before === undefined ? current.before === null : before.seq <= current.mark);
}

function bubble(message: Message): Content {
  if (message.deletedAt) return html`<p class="bubble bubble-gone">Message deleted</p>`;
  if (message.card) {
    const [asset] = message.links;
    return html`<div class="bubble bubble-card card-${message.card.kind}">${shape(message.card.kind === "damage" ? "ok-but" : "ok", "card-shape")}
      <div><b dir="auto">${message.card.title}</b>${message.card.text && html`<p dir="auto">${message.card.text}</p>`}${asset && html`<a class="button button-small" href="${hrefOf(asset)}">Open ${asset.name}</a>`}</div></div>`;
  }
  return html`${message.text && html`<p class="bubble ${isOnlyEmoji(message.text) ? "bubble-emoji" : ""}" dir="auto">${said(message.text, message.links)}</p>`}
    ${message.files.length > 0 && html`<div class="said-files">${message.files.map((file) => attachment(message.room, file))}</div>`}`;
}

const isOnlyEmoji = (text: string): boolean => text.length <= 24 && /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f|\s)+$/u.test(text);

/** One stroke: the depot has it. Two: it reached a device. Two in colour: everybody read it. */
function ticks(current: Conversation, message: Message): Template {
  const { delivered, read, readers } = reach(current, message);
  const room = roomOf(message.room), others = Math.max(1, (room?.memberCount ?? 2) - 1);
  const name = (id: string): string => room?.people?.find((person) => person.id === id)?.name ?? "somebody";
  const words = read >= others ? (others === 1 ? "Read" : "Read by all") : read > 0 ? `Read by ${readers.length > 0 && readers.length < 4 ? readers.map(name).join(", ") : `${read} of ${others}`}` : delivered > 0 ? "Delivered" : "Sent";
  const state = read >= others ? "read" : delivered > 0 || read > 0 ? "delivered" : "sent";
  return html`<span class="ticks ticks-${state}" data-ticks="${read > 0 ? "read" : state}" title="${words}"><svg viewBox="0 0 22 14" aria-hidden="true" focusable="false"><path d="${state === "sent" ? "M5 7.500 9 11.500 16.500 2.500" : "M1.500 7.500 5.500 11.500 13 2.500M9 10 10.500 11.500 18 2.500"}"></path></svg><span class="unseen">${words}</span>${read > 0 && others > 1 && html`<span class="ticks-count" aria-hidden="true">${read}</span>`}</span>`;
}

function tools(message: Message, isOwn: boolean, acts: Acts): Template {
  return html`<div class="said-tools" role="toolbar" aria-label="Message">
    ${quick.slice(0, 3).map((emoji) => html`<button class="tool" tabindex="-1" aria-label="React with ${emoji}" @click=${() => acts.react(message, emoji)}>${emoji}</button>`)}
    <button class="tool" tabindex="-1" aria-label="Another reaction" title="React (+)" @click=${() => acts.choose(message)}>${icon("smile")}</button>
    <button class="tool" tabindex="-1" aria-label="Reply" title="Reply (r)" @click=${() => acts.reply(message)}>${icon("undo")}</button>
    ${isOwn && !message.card && html`<button class="tool" tabindex="-1" aria-label="Edit" title="Edit (e)" @click=${() => acts.edit(message)}>${icon("edit")}</button>`}
    ${(isOwn || mayEdit()) && html`<button class="tool" tabindex="-1" aria-label="Delete" title="Delete (Del)" @click=${() => acts.erase(message)}>${icon("close")}</button>`}</div>`;
}

/** A message that the depot does not have yet. */
export function draftView(draft: Draft, retry: () => void, discard: () => void): Template {
  return keyed(draft.id, html`<article class="said said-own said-waiting" data-draft="${draft.id}" data-state="${draft.state}"><div class="said-body">
    ${draft.text && html`<p class="bubble" dir="auto">${said(draft.text, draft.links)}</p>`}${draft.files.length > 0 && html`<div class="said-files">${draft.files.map((file) => attachment(draft.room, file))}</div>`}
    <footer>${draft.state === "refused" ? html`<span class="said-refused" role="alert">${draft.error}</span><button class="button button-small" @click=${retry}>Send again</button><button class="button button-small" @click=${discard}>Discard</button>` : html`<span class="ticks ticks-waiting" data-ticks="waiting">${icon("clock")}<span>Waiting to be sent</span></span>`}</footer></div></article>`);
}
