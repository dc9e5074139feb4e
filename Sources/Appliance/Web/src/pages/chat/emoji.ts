// The emoji one reaches for on a job, and the panel to choose one from: a grid that is walked with the arrow keys.

import { html, Template } from "../../elements/html";
import { arrowStep } from "../../elements/windowed";

export const quick = ["👍", "✅", "👀", "❤️", "😂", "🙏"];

const groups: readonly (readonly [string, string])[] = [
  ["Often", "👍 👎 ✅ ❌ 👀 🙏 👏 💪 🤝 👌 🎉 🔥 ❤️ 💯 ⚠️ ❓"],
  ["Faces", "😀 😄 😂 🙂 😉 😊 😍 😎 🤔 😐 🙄 😬 😅 😴 😕 😢 😭 😡 🤯 🥳 🤷 🙋 🤦 🫡"],
  ["Work", "📷 🎥 🎬 🎤 🎧 🔊 💡 🔦 🔋 🔌 🧰 🔧 🔩 🪛 🪜 📦 🏷️ 🚚 🚐 🅿️ 🏗️ 🎪 🏟️ 🦺"],
  ["Things", "☕ 🍕 🥪 🍺 🌧️ ☀️ ❄️ 💨 ⏰ ⏳ 📅 📍 🗺️ 📞 💬 📝 📎 🔑 🔒 🩹 🧯 🚧 🆗 🆘"],
];
const columns = 8;

/** Calls `choose` with the one that is pressed. */
export function emojiPanel(choose: (emoji: string) => void): Template {
  return html`<div class="emoji-panel" role="group" aria-label="Emoji" @keydown=${walk}>${groups.map(([name, emoji]) => html`<h3>${name}</h3>
    <div class="emoji-grid">${emoji.split(" ").map((one) => html`<button type="button" class="emoji" data-emoji aria-label="${one}" @click=${() => choose(one)}>${one}</button>`)}</div>`)}</div>`;
}

function walk(event: Event): void {
  const key = event as KeyboardEvent, step = arrowStep(key.key, columns);
  const all = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[data-emoji]")];
  const next = step === null ? undefined : all[all.indexOf(event.target as HTMLElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
