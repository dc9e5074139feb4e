// What all pages have in common: an element that shows what view() describes and shows it again when the state
// changes. Light DOM, so one style sheet and one focus order serve the whole house.

import { Content, render } from "./html";
import { hear, watch } from "../daemon/store";
import { Fact } from "../daemon/types";

export abstract class Page extends HTMLElement {
  private stops: (() => void)[] = [];
  private isAsked = false;

  protected abstract view(): Content;
  /** Runs each time the page is entered: load, listen, begin to tick. */
  protected enter(): void {}
  /** Runs after each showing, when the DOM is up to date. */
  protected shown(): void {}

  connectedCallback(): void {
    this.until(watch(() => this.refresh()));
    this.enter();
    this.showNow();
  }

  disconnectedCallback(): void {
    for (const stop of this.stops.splice(0)) stop();
  }

  /** Keeps `stop` to be called when the page is left. */
  protected until(stop: () => void): void { this.stops.push(stop); }

  protected listen<Kind extends keyof WindowEventMap>(kind: Kind, act: (event: WindowEventMap[Kind]) => void): void {
    addEventListener(kind, act);
    this.until(() => removeEventListener(kind, act));
  }

  /** Hears what changes on these topics while the page is shown, and that changes may have been missed. */
  protected hears(topics: readonly string[], act: (fact: Fact) => void): void {
    this.until(hear((fact) => { if (fact.topic === "reset" || topics.includes(fact.topic)) act(fact); }));
  }

  /** Shows again every `milliseconds`, for the times in words. */
  protected tick(milliseconds: number): void {
    const timer = setInterval(() => this.refresh(), milliseconds);
    this.until(() => clearInterval(timer));
  }

  /** Shows again at the end of this turn. */
  refresh(): void {
    if (this.isAsked) return;
    this.isAsked = true;
    queueMicrotask(() => { this.isAsked = false; if (this.isConnected) this.showNow(); });
  }

  /** Puts the focus on what is shown at the end of this turn, also by the elements in it, which show themselves after it. */
  protected focusSoon(selector: string): void {
    queueMicrotask(() => queueMicrotask(() => this.querySelector<HTMLElement>(selector)?.focus()));
  }

  private showNow(): void {
    render(this.view(), this);
    this.shown();
  }
}

/** The field an event came from. */
export function field(event: Event): HTMLInputElement { return event.target as HTMLInputElement; }

/** True where keys already mean something. */
export function takesText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
