// Photos and files: sent as they are chosen, shown as what they are. A photo is shown small and opens whole.

import { post, Problem, put } from "../../daemon/api";
import { html, Template } from "../../elements/html";
import { icon } from "../../elements/icons";
import { FileOf } from "./types";

export const fileCountMax = 10;
const pieceLength = 1 << 20, within = 60_000, triesMax = 6, pause = 1_500;

/** Sends a file in pieces, going on where a bad line broke off; it belongs to the message that it is sent with. */
export async function upload(room: string, file: File): Promise<FileOf> {
  const begun = await post<{ id: string }>(`/rooms/${room}/files`, { name: file.name || "photo", byteCount: file.size });
  let offset = 0, tries = 0;
  for (;;) {
    try {
      const taken = await put<{ offset: number; file: FileOf | null }>(`/rooms/${room}/files/${begun.id}?offset=${offset}`, file.slice(offset, offset + pieceLength), { type: "application/octet-stream", within });
      if (taken.file) return taken.file;
      offset = taken.offset;
      tries = 0;
    } catch (error) {
      const reached = error instanceof Problem && error.status === 409 ? error.details["offset"] : undefined;
      if (typeof reached === "number" && reached !== offset) { offset = reached; continue; }
      if (!(error instanceof Problem && error.isTransient) || ++tries >= triesMax) throw error;
      await new Promise((done) => setTimeout(done, pause * tries));
    }
  }
}

export function attachment(room: string, file: FileOf): Template {
  const address = `/api/v1/rooms/${room}/files/${file.id}`;
  if (file.width === null || file.height === null) return html`<a class="file" href="${address}" download="${file.name}">${icon("file")}<span><b dir="auto">${file.name}</b><span class="quiet">${size(file.byteCount)}, as it was sent</span></span></a>`;
  const scale = Math.min(1, 320 / file.width, 240 / file.height);
  return html`<a class="photo" href="${address}" target="_blank" rel="noopener"><img src="${address}/small" alt="${file.name}" loading="lazy" decoding="async" width="${Math.max(40, Math.round(file.width * scale))}" height="${Math.max(40, Math.round(file.height * scale))}"></a>`;
}

export function size(bytes: number): string {
  return bytes < 1_000 ? `${bytes} B` : bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
