// Our own pictures: one 24 px grid, 1.75 px strokes, the colour of the text around them. They are decoration:
// the words beside them speak, so all are hidden from screen readers.

import { html, Template } from "./html";
import { OutcomeKind, Status } from "../daemon/types";

const paths = {
  door: "M6 21V4.5A1.5 1.5 0 0 1 7.5 3h9A1.5 1.5 0 0 1 18 4.5V21M3.5 21h17M14.5 12v1",
  gear: "M4 8.5 12 4l8 4.5v7L12 20l-8-4.5zM4 8.5l8 4.5 8-4.5M12 13v7M8 6.2l8 4.6",
  reader: "M4 6.5A2.5 2.5 0 0 1 6.5 4h9.6a3.9 3.9 0 0 1 0 7.8h-2.3l-2.4 7a1.8 1.8 0 0 1-1.7 1.2H8.4a1.2 1.2 0 0 1-1.1-1.6l2.2-6.6H6.5A2.5 2.5 0 0 1 4 9.3zM13 11.8l-.9 2.9h-2",
  keyboard: "M4.5 6.5h15A1.5 1.5 0 0 1 21 8v8a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 16V8a1.5 1.5 0 0 1 1.5-1.5zM7 10h.01M10.3 10h.01M13.7 10h.01M17 10h.01M7 14h10",
  search: "M10.8 17.6a6.8 6.8 0 1 0 0-13.6 6.8 6.8 0 0 0 0 13.6zM15.8 15.8 20.5 20.5",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0",
  project: "M4 7.5A1.5 1.5 0 0 1 5.5 6h4l2 2.5h7A1.5 1.5 0 0 1 20 10v8a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18z",
  out: "M13.5 4.5h5v15h-5M4 12h10.5M10.5 8l4 4-4 4",
  in: "M10.5 4.5h-5v15h5M20.5 12H10M14 8l-4 4 4 4",
  both: "M4 9h15M15.5 5.5 19 9l-3.5 3.5M20 16H5M8.5 12.5 5 16l3.5 3.5",
  undo: "M8.5 5 4.5 9l4 4M4.5 9H14a5.5 5.5 0 0 1 0 11H9",
  retry: "M19.5 5v5h-5M19 10a7.5 7.5 0 1 0 .5 4",
  close: "M6 6l12 12M18 6 6 18",
  check: "M5 12.5 10 17.5 19.5 7",
  sound: "M4 9.5h3.5L12 5.5v13l-4.5-4H4zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11",
  mute: "M4 9.5h3.5L12 5.5v13l-4.5-4H4zM16 9.5l5 5M21 9.5l-5 5",
  speech: "M4 5.5h16v11h-8.5L7 20v-3.5H4zM8 9.5h8M8 12.8h5",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v1.8M12 19.2V21M3 12h1.8M19.2 12H21M5.6 5.6l1.3 1.3M17.1 17.1l1.3 1.3M5.6 18.4l1.3-1.3M17.1 6.9l1.3-1.3",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
  auto: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 4v16M12 8l5.5-2M12 12.5l7.8-2M12 17l7-2",
  grid: "M4.5 4.5h6v6h-6zM13.5 4.5h6v6h-6zM4.5 13.5h6v6h-6zM13.5 13.5h6v6h-6z",
  list: "M8.5 6.5H20M8.5 12H20M8.5 17.5H20M4.5 6.5h.01M4.5 12h.01M4.5 17.5h.01",
  calendar: "M5 6h14v13.5H5zM5 10h14M8.5 3.5V7M15.5 3.5V7",
  print: "M7 9V4h10v5M7 17H4.5V9h15v8H17M7 14h10v6H7z",
  pause: "M9 5v14M15 5v14",
  copy: "M9 9h10.5v10.5H9zM15 9V4.5H4.5V15H9",
  minus: "M5 12h14",
  grip: "M9.5 6h.01M14.5 6h.01M9.5 12h.01M14.5 12h.01M9.5 18h.01M14.5 18h.01",
  up: "M12 19V5M6.5 10.5 12 5l5.5 5.5",
  down: "M12 5v14M6.5 13.5 12 19l5.5-5.5",
  open: "M9 6l6 6-6 6",
  mail: "M4 6.5h16v11H4zM4.5 7l7.5 6 7.5-6",
  phone: "M6.5 4h3l1.5 4-2 1.4a11 11 0 0 0 5.6 5.6l1.4-2 4 1.5v3a1.8 1.8 0 0 1-2 1.8A15.5 15.5 0 0 1 4.7 6a1.8 1.8 0 0 1 1.8-2z",
  badge: "M8 3.5h8v17H8zM10.5 6.5h3M12 13.5a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4zM9.8 17.5a2.2 2.2 0 0 1 4.4 0",
  wrench: "M14.5 6.5a4.3 4.3 0 0 1 5.2-2.1L17 7.1l.4 2 2 .4 2.3-2.7a4.3 4.3 0 0 1-5.8 5.4l-7.4 7.3a2.1 2.1 0 0 1-3-3l7.4-7.3a4.3 4.3 0 0 1 1.6-2.7z",
  back: "M19.5 12h-15M10.5 6l-6 6 6 6",
  leave: "M14 4.5H6.5A1.5 1.5 0 0 0 5 6v12a1.5 1.5 0 0 0 1.5 1.5H14M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5",
  help: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM9.6 9.6a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.2.9-1.2 1.7M12 16.6h.01",
  scan: "M4 8V5.5A1.5 1.5 0 0 1 5.5 4H8M16 4h2.5A1.5 1.5 0 0 1 20 5.5V8M20 16v2.5a1.5 1.5 0 0 1-1.5 1.5H16M8 20H5.5A1.5 1.5 0 0 1 4 18.5V16M8 8.5v7M11 8.5v7M13.5 8.5v7M16 8.5v7",
  link: "M10 14a4 4 0 0 0 5.8.2l2.9-2.9a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.8-.2l-2.9 2.9a4 4 0 0 0 5.7 5.7l1-1",
  send: "M5 12h13.5M12.5 6l6 6-6 6",
  backspace: "M9 6h10.5A1.5 1.5 0 0 1 21 7.5v9a1.5 1.5 0 0 1-1.5 1.5H9l-6-6zM12 9.5l5 5M17 9.5l-5 5",
  tag: "M4 4.5h7.5l8 8a1.5 1.5 0 0 1 0 2.1l-5 5a1.5 1.5 0 0 1-2.1 0L4 11.5zM8 8.5h.01",
  place: "M12 21s7-6.2 7-11.5a7 7 0 0 0-14 0C5 14.8 12 21 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  offline: "M3 3l18 18M8.5 16a5 5 0 0 1 7 0M5 12.5a10 10 0 0 1 4-2.4M19 12.5a10 10 0 0 0-5-2.7M12 19.5h.01",
  picture: "M5.5 5h13A1.5 1.5 0 0 1 20 6.5v11a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.5v-11A1.5 1.5 0 0 1 5.5 5zM4.5 16.5l4.5-4.5 4 4 2.5-2.5 4 4M15 9.5h.01",
  model: "M12 3.5 19.5 7v4L12 14.5 4.5 11V7zM4.5 15 12 18.5 19.5 15",
  import: "M12 4v10.5M8 10.5l4 4 4-4M4.5 15.5v3A1.5 1.5 0 0 0 6 20h12a1.5 1.5 0 0 0 1.5-1.5v-3",
  export: "M12 15V4M8 8l4-4 4 4M4.5 15.5v3A1.5 1.5 0 0 0 6 20h12a1.5 1.5 0 0 0 1.5-1.5v-3",
  plus: "M12 5v14M5 12h14",
  edit: "M5 19l.8-3.8L16 5a2 2 0 0 1 2.8 2.8L8.7 18.2zM13.8 7.2l3 3",
  filter: "M4 6h16M7 12h10M10 18h4",
  sort: "M8 5v14M4.5 15.5 8 19l3.5-3.5M16 19V5M12.5 8.5 16 5l3.5 3.5",
  archive: "M4 5h16v4.5H4zM5.5 9.5V18A1.5 1.5 0 0 0 7 19.5h10a1.5 1.5 0 0 0 1.5-1.5V9.5M10 13h4",
  more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  people: "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 19.5a6.5 6.5 0 0 1 13 0M16 4.8a3.5 3.5 0 0 1 0 6.4M18 14a6.5 6.5 0 0 1 3.5 5.5",
  inbox: "M4 13.5 6.5 6A1.5 1.5 0 0 1 8 5h8a1.5 1.5 0 0 1 1.5 1l2.500 7.500V18a1.500 1.500 0 0 1-1.500 1.500h-13A1.500 1.500 0 0 1 4 18zM4 13.500h5a3 3 0 0 0 6 0h5",
  settings: "M4 7h9M17 7h3M15 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM4 17h3M11 17h9M9 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  smile: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM8.500 14a4.200 4.200 0 0 0 7 0M9 9.500h.01M15 9.500h.01",
  clip: "M19 11.500l-7.300 7.300a4.600 4.600 0 0 1-6.500-6.500l7.800-7.800a3.100 3.100 0 0 1 4.400 4.400l-7.800 7.800a1.600 1.600 0 0 1-2.200-2.200l7-7",
  clock: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM12 7.500V12l3 2",
  file: "M7 3.500h7l4 4v13H7zM14 3.500v4h4",
  horn: "M4 10v4h3l9 4.500v-13L7 10zM19 9.500a4 4 0 0 1 0 5M7 14l1.500 5.500h2.500L9.500 14.500",
  info: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM12 11v5.500M12 7.800h.01",
  bookmark: "M7 4h10v16l-5-3.5L7 20z",
} as const;

export type IconName = keyof typeof paths;

export function icon(name: IconName, className = ""): Template {
  return html`<svg class="icon ${className}" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="${paths[name]}"></path></svg>`;
}

// ---- outcomes: the outline differs before the sign inside does, so they read at a glance and without colour ------------

const outlines: Record<OutcomeKind, string> = {
  "ok": "M12 1.5a10.5 10.5 0 1 0 0 21 10.5 10.5 0 0 0 0-21z",
  "ok-but": "M10.3 2.5a2 2 0 0 1 3.4 0l9 16.3a2 2 0 0 1-1.7 3H3a2 2 0 0 1-1.7-3z",
  "stop": "M7.65 1.5h8.7L22.5 7.65v8.7l-6.15 6.15h-8.7L1.5 16.35v-8.7z",
  "unknown": "M10.8 1.2a1.7 1.7 0 0 1 2.4 0l9.6 9.6a1.7 1.7 0 0 1 0 2.4l-9.6 9.6a1.7 1.7 0 0 1-2.4 0l-9.6-9.6a1.7 1.7 0 0 1 0-2.4z",
};
const signs: Record<OutcomeKind, string> = {
  "ok": "M6.8 12.5l3.7 3.7 7-8",
  "ok-but": "M12 8v6.2M12 17.9v.1",
  "stop": "M7.8 7.8l8.4 8.4M16.2 7.8l-8.4 8.4",
  "unknown": "M9 9.4a3 3 0 1 1 4.4 2.7c-.95.5-1.4 1-1.4 2M12 17.2v.1",
};
export const outcomeNames: Record<OutcomeKind, string> = { "ok": "OK", "ok-but": "OK, but", "stop": "Stop", "unknown": "Unknown" };

/** The filled shape of an outcome, its sign cut out in the colour of `.shape-sign`. */
export function shape(kind: OutcomeKind, className = ""): Template {
  return html`<svg class="shape shape-${kind} ${className}" data-shape="${kind}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path class="shape-outline" d="${outlines[kind]}"></path><path class="shape-sign" d="${signs[kind]}"></path></svg>`;
}

// ---- statuses --------------------------------------------------------------------------------------------------

export const statusNames: Record<Status, string> = {
  available: "Available", reserved: "Reserved", in_use: "In use", maintenance: "Maintenance", damaged: "Damaged", lost: "Lost", retired: "Retired",
};
const statusSigns: Record<Status, string> = {
  available: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM8.2 12.4l2.6 2.6 5-5.7",
  reserved: paths.bookmark,
  in_use: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM8 12h7.5M12.5 8.8l3.2 3.2-3.2 3.2",
  maintenance: paths.wrench,
  damaged: "M8.5 3.5h7l5 5v7l-5 5h-7l-5-5v-7zM9 9l6 6M15 9l-6 6",
  lost: "M12 3l9 9-9 9-9-9zM10.3 10.5a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.9.7-.9 1.3M12 15.7h.01",
  retired: "M4.5 6h15v4h-15zM6 10v9.5h12V10M9.5 13.5h5",
};
export function statusIcon(status: Status): Template {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="${statusSigns[status]}"></path></svg>`;
}
