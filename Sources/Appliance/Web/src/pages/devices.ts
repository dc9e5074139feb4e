// The readers: what is plugged in, whether it reads, for which door, and what to do where it does not. A keyboard
// nobody knows is only offered: adopting it takes it away from everything else on the box.

import "./devices.css";
import { emptyPlace, failedPlace, staleStrip } from "../elements/bits";
import { changeReader, forgetReader, loadDoors, loadReaders, ReaderChange } from "../daemon/commands";
import { html, keyed, Content, Template } from "../elements/html";
import { icon, IconName } from "../elements/icons";
import { field, Page } from "../elements/page";
import { state } from "../daemon/store";
import { ago } from "../elements/time";
import { Reader } from "../daemon/types";

const stateWords: Record<Reader["state"], [string, IconName]> = {
  offered: ["Waits for you", "help"], reading: ["Reading", "check"], ignored: ["Ignored", "mute"], unplugged: ["Unplugged", "offline"], failed: ["In trouble", "close"],
};
const kindWords: Record<Reader["kind"], string> = {
  keyboard: "a reader that types like a keyboard", pointOfSale: "a scanner that reports what it read (HID point of sale)", unsupported: "something Depotd cannot read from",
};
const layouts: [Reader["layout"], string][] = [["us", "US"], ["uk", "UK"], ["de", "German"], ["fr", "French"]];
const directions: [string, string][] = [["", "As the door says"], ["out", "Always OUT"], ["in", "Always IN"], ["both", "OUT and IN"]];
const order: readonly Reader["state"][] = ["offered", "failed", "reading", "ignored", "unplugged"];

class DevicesPage extends Page {
  private forgetting: string | null = null;

  protected override enter(): void {
    void loadReaders();
    void loadDoors();
    this.tick(5_000);
  }

  protected view(): Content {
    const { readers, readersError } = state;
    if (!readers) {
      if (readersError !== null) return failedPlace("The readers could not be loaded", readersError, () => void loadReaders());
      return html`<div class="skeleton-page" aria-busy="true"></div>`;
    }
    const sorted = [...readers].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.port.localeCompare(b.port));
    return html`<div class="devices">
      <div class="devices-head"><h1>Devices</h1><span class="devices-count" aria-live="polite">${countWords(readers)}</span></div>
      ${staleStrip()}
      ${readers.length === 0 ? emptyPlace("reader", "No reader plugged in", "Plug a USB reader into the box at the door. It appears here within a second, and asks which door it stands at.") : null}
      <ul class="devices-list">${sorted.map((reader) => keyed(reader.id, this.card(reader)))}</ul></div>`;
  }

  private card(reader: Reader): Template {
    const [words, sign] = stateWords[reader.state];
    return html`<li class="device device-${reader.state}" data-reader="${reader.id}">
      <div class="device-head"><span class="device-picture">${icon(reader.kind === "keyboard" && !reader.known ? "keyboard" : "reader")}</span>
        <div class="device-title"><h2>${titleOf(reader)}</h2><p>${[reader.manufacturer, reader.product].filter(Boolean).join(" ") || "no name on the plug"}</p></div>
        <span class="device-state">${icon(sign)}${words}</span></div>
      ${reader.trouble && html`<p class="device-trouble" role="alert"><strong>${reader.trouble}</strong>${reader.advice ? ` ${reader.advice}` : ""}</p>`}
      ${!reader.trouble && reader.advice && reader.state !== "offered" && html`<p class="device-advice">${reader.advice}</p>`}
      ${reader.state === "offered" ? offer(reader) : null}
      ${reader.state === "reading" || reader.state === "failed" ? form(reader) : null}
      <dl class="device-facts">
        ${fact("Taken for", reader.kind === "keyboard" && !reader.known ? "a keyboard, or a reader that types like one" : kindWords[reader.kind])}
        ${fact("Port", html`<span class="number">${reader.port}</span>`)}
        ${fact("USB id", html`<span class="number">${reader.vendorId}:${reader.productId}</span>`)}
        ${reader.serial && fact("Serial", html`<span class="number">${reader.serial}</span>`)}
        ${reader.state !== "offered" && fact("Last read", reader.lastReadAt ? ago(reader.lastReadAt) : "never")}
        ${reader.state !== "offered" && fact("Reads", String(reader.reads))}
      </dl>
      ${this.foot(reader)}</li>`;
  }

  private foot(reader: Reader): Content {
    if (reader.state === "reading") return html`<div class="device-foot"><button class="button" @click=${() => void changeReader(reader, { state: "ignored" })}>Stop reading from it</button></div>`;
    if (reader.state === "ignored" && reader.kind !== "unsupported") return html`<div class="device-foot"><button class="button" @click=${() => void changeReader(reader, { state: "reading" })}>Read from it</button></div>`;
    if (reader.state !== "unplugged") return null;
    if (this.forgetting !== reader.id) return html`<div class="device-foot"><button class="button" @click=${() => this.askToForget(reader.id)}>Forget it</button></div>`;
    return html`<div class="device-foot device-sure"><p>Its name, door and layout are gone then. This cannot be undone.</p>
      <button class="button button-stop" @click=${() => void forgetReader(reader)}>Forget ${titleOf(reader)}</button><button class="button" @click=${() => this.askToForget(null)}>Keep it</button></div>`;
  }

  private askToForget(id: string | null): void { this.forgetting = id; this.refresh(); }
}

function countWords(readers: readonly Reader[]): string {
  const reading = readers.filter((reader) => reader.state === "reading").length;
  const offered = readers.filter((reader) => reader.state === "offered").length;
  return [`${reading} reading`, offered > 0 && `${offered} waiting for you`].filter(Boolean).join(" · ");
}

function titleOf(reader: Reader): string { return reader.name || reader.product || "Unnamed reader"; }

function fact(name: string, value: Content): Template { return html`<div><dt>${name}</dt><dd>${value}</dd></div>`; }

function offer(reader: Reader): Template {
  const words = reader.kind === "keyboard"
    ? "This looks like a keyboard. If it is a reader, adopt it: it will no longer type anywhere else."
    : "This looks like a reader. Adopt it to take scans from it.";
  return html`<div class="device-offer"><p>${reader.advice || words}</p>${reader.advice && reader.kind === "keyboard" ? html`<p>${words}</p>` : null}
    <div class="device-offer-buttons"><button class="button button-first" @click=${() => void changeReader(reader, { state: "reading" })}>${icon("check")}Adopt as a reader</button>
    <button class="button" @click=${() => void changeReader(reader, { state: "ignored" })}>Ignore it</button></div></div>`;
}

function form(reader: Reader): Template {
  const change = (values: ReaderChange): void => void changeReader(reader, values);
  const id = (name: string): string => `${name}-${reader.id}`;
  const doors = state.doors ?? (reader.door ? [reader.door] : []);
  return html`<div class="device-form">
    <div class="field field-wide"><label for="${id("name")}">Name</label><input class="input" id="${id("name")}" maxlength="60" placeholder="${reader.product ?? "Reader"}" .defaultValue=${reader.name ?? ""} @change=${(event: Event) => void rename(reader, field(event))}></div>
    ${select(id("door"), "Door", reader.door?.id ?? "", [["", "No door yet"], ...doors.map((door): [string, string] => [door.id, door.name])], (door) => change({ door: door || null }))}
    ${select(id("direction"), "Direction", reader.direction ?? "", directions, (direction) => change({ direction: (direction || null) as Reader["direction"] }))}
    ${reader.kind === "keyboard" ? select(id("layout"), "Types as", reader.layout, layouts, (layout) => change({ layout: layout as Reader["layout"] })) : null}
  </div>${!reader.door ? html`<p class="device-advice">Pick the door it stands at: until then its scans belong nowhere.</p>` : null}`;
}

/** A field a person typed in no longer follows the state, so a refused name is put back by hand. */
async function rename(reader: Reader, input: HTMLInputElement): Promise<void> {
  await changeReader(reader, { name: input.value.trim() });
  input.value = state.readers?.find((other) => other.id === reader.id)?.name ?? "";
}

function select(id: string, label: string, value: string, options: readonly [string, string][], pick: (value: string) => void): Template {
  return html`<div class="field"><label for="${id}">${label}</label><select class="input" id="${id}" @change=${(event: Event) => pick(field(event).value)}>
    ${options.map(([key, words]) => keyed(key, html`<option value="${key}" .selected=${key === value}>${words}</option>`))}</select></div>`;
}

customElements.define("page-devices", DevicesPage);
