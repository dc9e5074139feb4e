// Settings: the places gear lives in, the categories with the fields of their gear, the trusted screens, and for admins
// the audit trail, and how the sync with the hub stands. Which of them is open is in the address. The tree is in places.ts,
// the editor of fields in categories.ts, the screens in screens.ts, the sync in hub.ts.

import "./settings.css";
import { emptyPlace } from "../../elements/bits";
import { Content } from "../../elements/html";
import { state } from "../../daemon/store";
import { TabbedPage } from "../tabs";
import { Audit } from "./audit";
import { Categories } from "./categories";
import { Hub } from "./hub";
import { Places } from "./places";
import { Screens } from "./screens";

class SettingsPage extends TabbedPage {
  constructor() {
    super("settings", "Settings", [
      { key: "places", name: "Places", page: new Places() },
      { key: "categories", name: "Categories", page: new Categories() },
      { key: "screens", name: "Trusted screens", page: new Screens() },
      { key: "hub", name: "Hub", page: new Hub() },
      { key: "audit", name: "Audit", page: new Audit(), isThere: () => state.session?.role === "admin" },
    ]);
  }

  protected nothing(): Content { return emptyPlace("settings", "There are no such settings", "Places, categories and trusted screens are set here."); }
}

customElements.define("page-settings", SettingsPage);
