// A field for a passphrase or a PIN, with a button that shows what was typed. Password managers may fill it in, and
// whatever is pasted is taken.

import { html, Content, Template } from "../../elements/html";
import { shape } from "../../elements/icons";
import { field } from "../../elements/page";

export interface SecretField {
  id: string; label: string; value: string; autocomplete: "current-password" | "new-password";
  isDigits?: boolean; hint?: string; wrong?: string | null; isShown?: boolean;
  typed(value: string): void;
  /** Shows it, or hides it again; without it there is no such button. */
  show?(): void;
}

export function secretField(of: SecretField): Template {
  const under = [of.hint ? `${of.id}-hint` : "", of.wrong ? `${of.id}-error` : ""].filter(Boolean).join(" ") || null;
  return html`<div class="form-field ${of.wrong ? "form-wrong" : ""}"><label for="${of.id}">${of.label}</label>
    <span class="secret"><input class="input" id="${of.id}" name="${of.id}" type="${of.isShown ? "text" : "password"}" inputmode="${of.isDigits ? "numeric" : null}" maxlength="${of.isDigits ? "12" : "1000"}" autocomplete="${of.autocomplete}" autocapitalize="off" spellcheck="false" .value=${of.value}
      aria-describedby="${under}" aria-invalid="${of.wrong ? "true" : null}" @input=${(event: Event) => of.typed(field(event).value)}>
      ${of.show && html`<button type="button" class="button secret-show" aria-pressed="${of.isShown ? "true" : "false"}" aria-label="Show what is typed" @click=${() => of.show?.()}>${of.isShown ? "Hide" : "Show"}</button>`}</span>
    ${of.hint && html`<p class="form-hint" id="${of.id}-hint">${of.hint}</p>`}${wrongWords(of.id, of.wrong ?? null)}</div>`;
}

export function wrongWords(id: string, words: string | null): Content {
  return words !== null && html`<p class="form-error" id="${id}-error" role="alert">${shape("stop")}<span>${words}</span></p>`;
}

export const passphraseHint = "At least 8 characters, any of them. Some words that only you put together are easy to keep and hard to guess.";
