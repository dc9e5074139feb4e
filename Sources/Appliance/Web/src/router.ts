// Addresses and going between them with the History API. Pages read `address()` and change it with `to()`.

const listeners = new Set<() => void>();

export function address(): URL { return new URL(location.href); }

/** Goes to a path of this house; anything that leads elsewhere goes to the start. */
export function to(path: string, { replace = false } = {}): void {
  const target = new URL(path, location.origin);
  const inside = target.origin === location.origin ? target.pathname + target.search : "/";
  if (replace) history.replaceState(null, "", inside);
  else if (inside !== location.pathname + location.search) history.pushState(null, "", inside);
  for (const listener of [...listeners]) listener();
}

/** The present address with some of its query changed; null takes a name out. */
export function withQuery(changes: Record<string, string | null>): string {
  const url = address();
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url.pathname + url.search;
}

/** The pages that nobody has to be signed in for. */
export function isOpen(path: string): boolean { return path === "/sign-in" || path === "/welcome"; }

export function signInAddress(): string {
  const here = location.pathname + location.search;
  return here === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(here)}`;
}

export function whenAddressChanges(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

addEventListener("popstate", () => { for (const listener of [...listeners]) listener(); });

/** A plain click on a link inside the house stays in the page; with a modifier it is the browser's. */
document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest?.("a[href]");
  if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin || link.target || link.hasAttribute("download")) return;
  if (link.getAttribute("href")?.startsWith("#")) return;
  event.preventDefault();
  to(link.pathname + link.search);
});
