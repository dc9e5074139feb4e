// A code that a scanner typed into a page with no field in focus. The page it was meant for takes it by calling
// preventDefault(); otherwise the house opens what the code belongs to.

declare global { interface WindowEventMap { "depot-scan": CustomEvent<string> } }

/** Offers a code to the page; true when the page took it. */
export function offerScan(code: string): boolean {
  return !dispatchEvent(new CustomEvent("depot-scan", { detail: code, cancelable: true }));
}
