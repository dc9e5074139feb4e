// What one page asks the daemon for and nobody else needs: the answer, or why there is none. What many pages share
// is in store.ts.

import { isAborted, sentence, Problem } from "./api";

/** An answer on its way: `value` stays what it was while a newer one is fetched, so nothing flickers. */
export class Asked<Value> {
  value: Value | null = null;
  error: string | null = null;
  /** The HTTP status of the last refusal; 0 when nobody answered. */
  status = 200;
  private turn = 0;

  constructor(private readonly ask: () => Promise<Value>, private readonly changed: () => void) {}

  /** Asks anew; an answer that a newer question overtook is dropped. */
  async load(): Promise<void> {
    const turn = ++this.turn;
    try {
      const value = await this.ask();
      if (turn !== this.turn) return;
      this.take(value);
    } catch (error) {
      if (turn !== this.turn || isAborted(error)) return;
      this.error = sentence(error);
      this.status = error instanceof Problem ? error.status : 0;
      this.changed();
    }
  }

  /** Takes an answer that came another way, such as with a command. */
  take(value: Value): void {
    this.turn++;
    this.value = value;
    this.error = null;
    this.status = 200;
    this.changed();
  }

  /** Drops what was answered, and what still may be, because something else is looked at now. */
  forget(): void {
    this.turn++;
    this.value = this.error = null;
    this.status = 200;
  }
}
