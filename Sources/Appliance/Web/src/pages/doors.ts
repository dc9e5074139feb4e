// The way to a door: straight there when there is only one or this browser stood at one before, else a choice.

import "./doors.css";
import { emptyPlace, failedPlace, staleStrip } from "../elements/bits";
import { loadDoors } from "../daemon/commands";
import { html, keyed, Content } from "../elements/html";
import { icon } from "../elements/icons";
import { Page } from "../elements/page";
import { address, to } from "../router";
import { state } from "../daemon/store";
import { left } from "../elements/time";
import { Door } from "../daemon/types";

const shelf = "depotd.door";
export const directionWords = { out: "OUT", in: "IN", both: "OUT and IN" } as const;

/** Makes this browser come back to the same door. */
export function rememberDoor(id: string): void { try { localStorage.setItem(shelf, id); } catch { /* then it asks again */ } }

function rememberedDoor(): string | null { try { return localStorage.getItem(shelf); } catch { return null; } }

class DoorsPage extends Page {
  protected override enter(): void {
    void loadDoors();
    this.tick(5_000);
  }

  protected override shown(): void {
    if (address().pathname !== "/" || !state.doors) return;
    const only = state.doors.length === 1 ? state.doors[0] : undefined;
    const remembered = state.doors.find((door) => door.id === rememberedDoor());
    const door = remembered ?? only;
    if (door) queueMicrotask(() => to(`/door/${door.id}`, { replace: true }));
  }

  protected view(): Content {
    const { doors, doorsError } = state;
    if (!doors) {
      if (doorsError !== null) return failedPlace("The doors could not be loaded", doorsError, () => void loadDoors());
      return html`<div class="skeleton-page" aria-busy="true"></div>`;
    }
    return html`<div class="doors"><h1>Which door?</h1><p class="lead">This screen will stay at the door you pick.</p>${staleStrip()}
      ${doors.length === 0 ? emptyPlace("door", "There is no door yet", "Doors are made in the settings of the appliance.") : null}
      <ul class="doors-list">${doors.map((door) => keyed(door.id, this.card(door)))}</ul></div>`;
  }

  private card(door: Door): ReturnType<typeof html> {
    const time = door.acting && left(door.acting.until);
    return html`<li><a class="doors-card" href="/door/${door.id}">
      <span class="doors-way">${icon(door.direction)}${directionWords[door.direction]}</span>
      <strong>${door.name}</strong>
      <span>${door.acting && time ? `${door.acting.person.name} · ${time}` : "Nobody is acting"}</span>
      <span>${door.project ? door.project.name : "No project"}</span>
    </a></li>`;
  }
}
customElements.define("page-doors", DoorsPage);
