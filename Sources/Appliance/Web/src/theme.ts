// Light, dark or what the machine prefers: kept in this browser, set as data-theme on the page's root.

export type Theme = "auto" | "light" | "dark";
const shelf = "depotd.theme";
const order: readonly Theme[] = ["auto", "light", "dark"];

export function theme(): Theme {
  const kept = document.documentElement.dataset["theme"];
  return kept === "light" || kept === "dark" ? kept : "auto";
}

export function restoreTheme(): void {
  try { set((localStorage.getItem(shelf) ?? "auto") as Theme); } catch { set("auto"); }
}

export function nextTheme(): void {
  const chosen = order[(order.indexOf(theme()) + 1) % order.length] ?? "auto";
  set(chosen);
  try { localStorage.setItem(shelf, chosen); } catch { /* for this page only */ }
}

function set(chosen: Theme): void {
  if (chosen === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = chosen;
}
