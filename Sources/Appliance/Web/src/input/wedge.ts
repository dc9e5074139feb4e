// Scanners that type: keys that come faster than a person's and end in Enter are a code, wherever the focus is, unless
// it is in a field. The code opens what it belongs to.

import { get, query, sentence } from "../daemon/api";
import { takesText } from "../elements/page";
import { to } from "../router";
import { tell } from "../daemon/store";

const gapMilliseconds = 45;     // scanners type a key every 1 to 20 ms, nobody types six in a row within 45
const pauseMilliseconds = 250;  // radio and a busy screen hold single keys of a scan back; what came before them is of it
const codeLengthMin = 4;

class Wedge {
  private typed = "";
  private lastAt = -Infinity;
  private fast = 0;
  private slow = 0;
  private pending = 0;

  constructor(private readonly scanned: (code: string) => void, private readonly isOn: () => boolean) {}

  /** Listens before the page does, so that the Enter of a scan presses no button. */
  listen(): () => void {
    const hear = (event: KeyboardEvent): void => this.hear(event);
    addEventListener("keydown", hear, { capture: true });
    return () => removeEventListener("keydown", hear, { capture: true });
  }

  /** Waits as long as the next key of a scanner takes most times. */
  unlessScan(act: () => void): void { this.pending = window.setTimeout(act, gapMilliseconds + 5); }

  /** Two keys may be fast by chance, as in "g v"; three are a scan, and of those that follow few are held back. */
  private get isScan(): boolean { return this.fast > 1 && this.fast >= 3 * this.slow; }

  private hear(event: KeyboardEvent): void {
    if (!this.isOn() || event.ctrlKey || event.metaKey || event.altKey || takesText(event.target) || event.key === "Shift") return;
    const gap = event.timeStamp - this.lastAt;
    this.lastAt = event.timeStamp;
    if (gap > pauseMilliseconds) this.forget();
    else if (this.typed !== "") {
      if (gap > gapMilliseconds) this.slow++;
      else { this.fast++; clearTimeout(this.pending); }
    }
    if (event.key === "Enter") {
      const code = this.typed, isScan = this.isScan;
      this.forget();
      if (!isScan || code.length < codeLengthMin) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      this.scanned(code);
    } else if (event.key.length === 1) {
      this.typed += event.key;
      if (this.isScan) { event.preventDefault(); event.stopImmediatePropagation(); }
    } else this.forget();
  }

  private forget(): void { this.typed = ""; this.fast = this.slow = 0; }
}

let wedge: Wedge | null = null;

/** Listens for codes, while `isOn` says so, until the returned function is called. */
export function hearScans(scanned: (code: string) => void, isOn: () => boolean): () => void { return (wedge = new Wedge(scanned, isOn)).listen(); }

/** Does what a single key means, unless it was the first of a scan. */
export function unlessScan(act: () => void): void { wedge?.unlessScan(act); }

interface Found { kind: "asset" | "person" | "model" | "unknown"; asset?: { id: string }; person?: { id: string }; model?: { id: string } }

/** Opens what a code belongs to; false when nothing does. `quietly` says nothing then. */
export async function openCode(code: string, quietly = false): Promise<boolean> {
  try {
    const found = await get<Found>(`/lookup${query({ code })}`);
    const path = found.asset ? `/gear?asset=${found.asset.id}` : found.person ? `/people/${found.person.id}` : found.model ? `/models/${found.model.id}` : null;
    if (path !== null) { to(path); return true; }
    if (!quietly) tell("stop", `Nothing has the code ${code}.`);
  } catch (error) { if (!quietly) tell("stop", sentence(error)); }
  return false;
}
