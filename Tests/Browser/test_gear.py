"""The gear: made, edited, found and changed in numbers, by keyboard, and what two people do at once."""

import re
import struct
import uuid
import zlib

import pytest
from playwright.sync_api import expect

from conftest import is_live, sign_in

DESK = {"viewport": {"width": 1280, "height": 900}}


def word(prefix: str) -> str:
    """A name that no other test has."""
    return f"{prefix}{uuid.uuid4().hex[:6].upper()}"


@pytest.fixture
def model(daemon):
    category = daemon.call("GET", "/categories")["items"][0]
    return daemon.call("POST", "/models", {"name": word("Prime "), "maker": "Zeiss", "category": category["id"]})


@pytest.fixture
def asset(daemon, model):
    return daemon.call("POST", "/assets", {"number": word("ZE-"), "model": model["id"], "owner": "House"})


def units(daemon, model, count: int) -> list[dict]:
    prefix = word("UN")
    return [daemon.call("POST", "/assets", {"number": f"{prefix}-{index}", "model": model["id"]}) for index in range(1, count + 1)]


def at(desk, daemon, path: str, who: int = 0, **options):
    page = desk.page(**{**DESK, **options})
    sign_in(page, daemon, daemon.people[who]["name"])
    page.goto(daemon.url + path)
    is_live(page)
    return page


def control(page, name: str):
    return page.locator(f'[data-field="{name}"] :is(input, textarea, select)').first


def scan(page, code: str) -> None:
    """Types as a scanner does, faster than a person and with Enter at the end, wherever the focus is."""
    page.evaluate(
        """(code) => { for (const key of [...code, "Enter"])
             (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })); }""",
        code)


def picture(width: int, height: int) -> bytes:
    """A PNG of one grey."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


# ---- making ----------------------------------------------------------------------------------------------------------


def test_a_new_model_with_ten_units_from_a_csv(desk, daemon):
    name, prefix = word("Compact "), word("CP")
    page = at(desk, daemon, "/models")
    page.keyboard.press("n")
    expect(control(page, "name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type("Zeiss")
    page.keyboard.press("Tab")
    page.keyboard.type("cam")
    expect(page.locator('.pick-option[aria-selected="true"]')).to_contain_text("Camera")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".detail h2")).to_have_text(name)

    rows = "".join(f"{prefix}-{index};{name};Zeiss;SN{prefix}{index}\r\n" for index in range(1, 11))
    page.goto(f"{daemon.url}/import?kind=assets")
    page.locator("#import-file").set_input_files(
        {"name": "units.csv", "mimeType": "text/csv", "buffer": f"Number;Model;Maker;Serial number\r\n{rows}".encode()})
    expect(page.locator(".column-row")).to_have_count(4)
    page.get_by_role("link", name="Check 10 rows").click()
    page.get_by_role("button", name="Import 10 rows").click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()

    page.goto(f"{daemon.url}/gear?q={prefix}&view=list")
    expect(page.locator(".item")).to_have_count(10)
    page.go_back()
    page.get_by_role("button", name="Undo the import").click()
    page.wait_for_selector(".columns")
    assert daemon.call("GET", f"/assets?q={prefix}")["total"] == 0


def test_a_refused_row_is_named_with_its_column_and_nothing_is_written(desk, daemon, asset):
    prefix = word("RR")
    text = f"Number,Model,Serial number\n{prefix}-1,{asset['model']['name']},S{prefix}\n{prefix}-2,{asset['model']['name']},S{prefix}\n"
    page = at(desk, daemon, "/import?kind=assets")
    page.locator("#import-file").set_input_files({"name": "twice.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("link", name="Check 2 rows").click()
    row = page.locator(".import-errors tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Serial number")
    expect(row.locator("td").first).to_have_text("3")
    expect(page.get_by_role("button", name=re.compile("^Import "))).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    assert f"S{prefix}" in download.value.path().read_text(encoding="utf-8-sig")
    page.reload()
    expect(row).to_have_count(1)
    assert daemon.call("GET", f"/assets?q={prefix}")["total"] == 0


def test_ten_units_in_a_series_and_all_of_them_taken_back(desk, daemon, model):
    first = word("SER")
    page = at(desk, daemon, "/gear")
    page.keyboard.press("n")
    expect(control(page, "model")).to_be_focused()
    page.keyboard.type(model["name"])
    expect(page.locator('.pick-option[aria-selected="true"]')).to_contain_text(model["name"])
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type(f"{first}-09")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.type("10")
    expect(page.locator('[data-field="number"]')).to_contain_text(f"{first}-09 … {first}-18")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".detail-number")).to_have_text(f"{first}-09")
    assert daemon.call("GET", f"/assets?q={first}")["total"] == 10
    page.locator(".notice", has_text="are made").get_by_role("button", name="Undo").click()
    expect(page.locator(".notice", has_text="All 10 taken back")).to_be_visible()
    assert daemon.call("GET", f"/assets?q={first}")["total"] == 0


def test_a_number_that_is_proposed_late_is_typed_over(desk, daemon, model):
    page = at(desk, daemon, "/gear")
    held = []
    page.route("**/next-number", lambda route: held.append(route))
    page.goto(f"{daemon.url}/gear/new?picked={model['id']}")
    control(page, "number").focus()
    held[0].continue_()
    expect(control(page, "number")).not_to_have_value("")
    page.keyboard.type("LATE-1")
    expect(control(page, "number")).to_have_value("LATE-1")


def test_a_number_that_is_taken_is_said_beside_the_field_with_a_way_to_what_has_it(desk, daemon, asset, model):
    page = at(desk, daemon, f"/gear/new?picked={model['id']}")
    control(page, "number").fill(asset["number"].lower())
    page.keyboard.press("Control+Enter")
    expect(control(page, "number")).to_be_focused()
    expect(control(page, "number")).to_have_attribute("aria-invalid", "true")
    page.locator('[data-field="number"]').get_by_role("link", name=f"Open {asset['number']}").click()
    expect(page.locator(".detail-number")).to_have_text(asset["number"])


def test_what_was_typed_is_kept_as_a_draft(desk, daemon, model):
    page = at(desk, daemon, f"/gear/new?picked={model['id']}")
    control(page, "owner").fill("Half a name")
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("/gear$"))
    page.keyboard.press("n")
    expect(control(page, "owner")).to_have_value("Half a name")
    page.get_by_role("button", name="Start over").click()
    expect(control(page, "owner")).to_have_value("")


def test_a_picture_is_made_small_before_it_is_sent(desk, daemon, model):
    page = at(desk, daemon, f"/models/{model['id']}?edit=1")
    page.locator('input[type="file"]').set_input_files({"name": "big.png", "mimeType": "image/png", "buffer": picture(3200, 1600)})
    expect(page.locator(".picture-seen img")).to_be_visible()
    page.keyboard.press("Control+Enter")
    shown = page.locator(".detail-picture")
    expect(shown).to_be_visible()
    page.wait_for_function("() => document.querySelector('.detail-picture').naturalWidth > 0")
    assert shown.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [1600, 800]


def test_a_category_has_fields_of_its_own(desk, daemon):
    category = daemon.call("POST", "/categories", {"name": word("Lamps "), "fields": [
        {"key": "power", "name": "Power", "kind": "number", "unit": "W", "required": True},
        {"key": "mount", "name": "Mount", "kind": "choice", "choices": ["Pin", "Yoke"]}]})
    model = daemon.call("POST", "/models", {"name": word("Spot "), "category": category["id"]})
    page = at(desk, daemon, f"/gear/new?picked={model['id']}")
    control(page, "number").fill(word("SP-"))
    expect(control(page, "custom.power")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator('[data-field="custom.power"] .form-error')).to_contain_text("Power is missing.")
    expect(control(page, "custom.power")).to_be_focused()
    page.keyboard.type("575")
    control(page, "custom.mount").select_option("Yoke")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".facts")).to_contain_text("575 W")
    expect(page.locator(".facts")).to_contain_text("Yoke")


# ---- editing ---------------------------------------------------------------------------------------------------------


def test_two_people_editing_one_asset(desk, daemon, asset):
    path = f"/gear?asset={asset['id']}"
    mara, jo = at(desk, daemon, path), at(desk, daemon, path, who=3)
    for page in (mara, jo):
        page.wait_for_selector(".facts")
        page.keyboard.press("e")
        control(page, "owner").wait_for()
    control(mara, "owner").fill("Rental North")
    control(mara, "note").fill("Lens cap is missing")
    mara.keyboard.press("Control+Enter")
    expect(mara.locator(".facts")).to_contain_text("Rental North")

    control(jo, "owner").fill("Rental South")
    control(jo, "serial").fill("SER-1")
    jo.keyboard.press("Control+Enter")
    clash = jo.locator(".clash-field")
    expect(clash).to_have_count(1)
    expect(clash.locator(".clash-value")).to_have_text(["Rental North", "Rental South"])
    expect(clash.locator("input").first).to_be_focused()
    jo.keyboard.press("ArrowRight")
    expect(clash.get_by_label("Yours")).to_be_checked()
    jo.keyboard.press("Control+Enter")
    expect(jo.locator(".facts")).to_contain_text("Rental South")

    now = daemon.call("GET", f"/assets/{asset['id']}")
    assert (now["owner"], now["note"], now["serial"]) == ("Rental South", "Lens cap is missing", "SER-1")
    expect(mara.locator(".facts")).to_contain_text("Rental South")


def test_what_only_one_of_two_changed_is_merged_without_a_question(desk, daemon, asset):
    page = at(desk, daemon, f"/gear?asset={asset['id']}&edit=1")
    control(page, "note").fill("Scratched")
    daemon.call("PATCH", f"/assets/{asset['id']}", {"owner": "Somebody else"})
    page.keyboard.press("Control+Enter")
    expect(page.locator(".facts")).to_contain_text("Scratched")
    assert daemon.call("GET", f"/assets/{asset['id']}")["owner"] == "Somebody else"


def test_an_edit_is_taken_back_with_one_key(desk, daemon, asset):
    page = at(desk, daemon, f"/gear?asset={asset['id']}&edit=1")
    control(page, "owner").fill("By mistake")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".facts")).to_contain_text("By mistake")
    page.keyboard.press("u")
    expect(page.locator(".facts")).to_contain_text("House")
    expect(page.locator(".history")).to_contain_text("Owner: House → By mistake")


def test_archived_gear_leaves_the_list_and_comes_back(desk, daemon, asset):
    page = at(desk, daemon, f"/gear?q={asset['number']}&asset={asset['id']}")
    page.locator(".detail").get_by_role("button", name="Archive").click()
    expect(page.locator(".detail-pills")).to_contain_text("Archived")
    assert daemon.call("GET", f"/assets?q={asset['number']}")["total"] == 0
    page.locator(".notice", has_text="archived").get_by_role("button", name="Undo").click()
    expect(page.locator(".detail-pills")).not_to_contain_text("Archived")
    assert daemon.call("GET", f"/assets?q={asset['number']}")["total"] == 1


def test_a_code_is_added_by_scanning_and_one_that_is_taken_leads_to_its_owner(desk, daemon, asset, model):
    [other] = units(daemon, model, 1)
    code = word("40123")
    page = at(desk, daemon, f"/gear?asset={asset['id']}")
    page.locator("#code-add").focus()
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.locator(".identifiers")).to_contain_text(code)
    page.goto(f"{daemon.url}/gear?asset={other['id']}")
    page.locator("#code-add").fill(code)
    page.keyboard.press("Enter")
    expect(page.locator(".code-add .form-error")).to_be_visible()
    page.locator(".code-add").get_by_role("link", name=f"Open {asset['number']}").click()
    expect(page.locator(".detail-number")).to_have_text(asset["number"])
    page.get_by_role("button", name=f"Take the code {code} away").click()
    expect(page.locator(".identifiers")).not_to_contain_text(code)


def test_what_it_cost_is_for_managers(desk, daemon, asset):
    page = at(desk, daemon, f"/gear?asset={asset['id']}")
    page.locator(".part-head", has_text="Cost").get_by_role("button").click()
    control(page, "price").fill("12,500.5")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".cost-form .form-error")).to_be_visible()
    control(page, "price").fill("12500.50")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".detail")).to_contain_text("12,500.50")
    crew = at(desk, daemon, f"/gear?asset={asset['id']}", who=1)
    crew.wait_for_selector(".facts")
    expect(crew.locator(".detail")).not_to_contain_text("Cost")


def test_crew_sees_the_gear_and_no_way_to_edit_it(desk, daemon, asset):
    page = at(desk, daemon, f"/gear?asset={asset['id']}", who=1)
    page.wait_for_selector(".facts")
    for name in (".detail-edit", ".gear-new", ".item-pick", "#code-add"):
        expect(page.locator(name)).to_have_count(0)
    page.goto(f"{daemon.url}/gear/new")
    expect(page.get_by_role("heading", name="Managers enter new gear")).to_be_visible()
    page.goto(f"{daemon.url}/import")
    expect(page.get_by_role("heading", name="This page is for managers")).to_be_visible()


# ---- many ------------------------------------------------------------------------------------------------------------


def test_many_are_edited_at_once_by_keyboard_and_taken_back(desk, daemon, model):
    made = units(daemon, model, 6)
    prefix = made[0]["number"].rsplit("-", 1)[0]
    page = at(desk, daemon, f"/gear?q={prefix}&view=list")
    expect(page.locator(".item")).to_have_count(6)
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+X")
    expect(page.locator(".many-count")).to_have_text("4 items picked")
    page.keyboard.press("Control+a")
    expect(page.locator(".many-count")).to_have_text("6 items picked")
    page.get_by_role("button", name="Owner").press("Enter")
    expect(control(page, "owner")).to_be_focused()
    page.keyboard.type("Rental East")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notice", has_text="Owner set for 6 items")).to_be_visible()
    owners = {item["owner"] for item in daemon.call("GET", f"/assets?q={prefix}")["items"]}
    assert owners == {"Rental East"}
    page.keyboard.press("u")
    expect(page.locator(".notice", has_text="All 6 taken back")).to_be_visible()
    assert {item["owner"] for item in daemon.call("GET", f"/assets?q={prefix}")["items"]} == {None}
    page.keyboard.press("Escape")
    expect(page.locator(".many")).to_have_count(0)


def test_filters_show_counts_and_are_in_the_address(desk, daemon, model):
    made = units(daemon, model, 3)
    prefix = made[0]["number"].rsplit("-", 1)[0]
    daemon.call("PATCH", f"/assets/{made[0]['id']}", {"owner": f"Owner {prefix}"})
    page = at(desk, daemon, f"/gear?q={prefix}")
    page.keyboard.press("f")
    value = page.locator('[data-facet="owner"]', has_text=f"Owner {prefix}")
    expect(value.locator("b")).to_have_text("1")
    value.press("Enter")
    expect(page).to_have_url(re.compile(r"owner=Owner"))
    expect(page.locator(".item")).to_have_count(1)
    address = page.url
    fresh = at(desk, daemon, address.removeprefix(daemon.url))
    expect(fresh.locator(".item")).to_have_count(1)
    expect(fresh.locator(".narrowing")).to_contain_text(f"Owner {prefix}")
    fresh.get_by_role("link", name="Take the filter Owner off").click()
    expect(fresh.locator(".item")).to_have_count(3)
    page.go_back()
    expect(page.locator(".item")).to_have_count(3)


def test_a_view_keeps_what_is_shown_under_a_name(desk, daemon, asset):
    name = word("Mine ")
    page = at(desk, daemon, f"/gear?q={asset['number']}&sort=-number")
    page.locator(".menu-views summary").click()
    page.locator("#view-name").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator(".notice", has_text=name)).to_be_visible()
    page.goto(f"{daemon.url}/gear")
    page.locator(".menu-views summary").click()
    page.get_by_role("link", name=name).click()
    expect(page).to_have_url(re.compile(rf"q={asset['number']}.*sort=-number"))
    expect(page.locator(".item")).to_have_count(1)
    page.locator(".menu-views summary").click()
    page.get_by_role("button", name=f"Remove the view {name}").click()
    expect(page.get_by_role("link", name=name)).to_have_count(0)


def test_what_is_shown_is_exported(desk, daemon, asset):
    page = at(desk, daemon, f"/gear?q={asset['number']}")
    page.locator(".menu-export summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^CSV")).click()
    lines = download.value.path().read_text(encoding="utf-8-sig").strip().splitlines()
    assert len(lines) == 2 and asset["number"] in lines[1]


# ---- scanning and models -----------------------------------------------------------------------------------------------


def test_a_scanner_that_types_into_a_page_opens_what_it_read(desk, daemon, asset):
    page = at(desk, daemon, "/models")
    page.wait_for_selector(".model-row")
    scan(page, asset["number"])
    expect(page.locator(".detail-number")).to_have_text(asset["number"])
    scan(page, "NOBODY-HAS-THIS")
    expect(page.locator(".notice-stop")).to_contain_text("NOBODY-HAS-THIS")


def test_enter_in_the_search_field_opens_an_exact_code(desk, daemon, asset):
    page = at(desk, daemon, "/gear")
    page.keyboard.press("/")
    page.keyboard.type(asset["number"])
    page.keyboard.press("Enter")
    expect(page.locator(".detail-number")).to_have_text(asset["number"])


def test_counted_stock_is_moved_by_hand_and_back(desk, daemon):
    model = next(one for one in daemon.call("GET", "/models?limit=100")["items"] if one["counting"] == "counted")
    here = daemon.call("GET", f"/models/{model['id']}/stock")["here"]
    page = at(desk, daemon, f"/models/{model['id']}")
    page.get_by_role("button", name="Take out").click()
    control(page, "quantity").fill("3")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".stock-figures b").first).to_have_text(str(here - 3))
    page.locator(".notice", has_text="3 out").get_by_role("button", name="Undo").click()
    expect(page.locator(".stock-figures b").first).to_have_text(str(here))


def test_what_goes_along_with_a_model(desk, daemon, model, asset):
    other = daemon.call("POST", "/models", {"name": word("Cap "), "category": model["category"]["id"]})
    page = at(desk, daemon, f"/models/{model['id']}")
    page.locator("#accessory-add").fill(other["name"])
    expect(page.locator('.pick-option[aria-selected="true"]')).to_contain_text(other["name"])
    page.keyboard.press("Enter")
    expect(page.locator(".accessories")).to_contain_text(other["name"])
    page.goto(f"{daemon.url}/gear?asset={asset['id']}")
    expect(page.locator(".accessories")).to_contain_text(other["name"])


def test_a_list_longer_than_the_screen_scrolls_to_its_end(desk, daemon):
    page = at(desk, daemon, "/models", viewport={"width": 390, "height": 600})
    last = page.locator(".model-row").last
    last.scroll_into_view_if_needed()
    box, list_box = last.bounding_box(), page.locator(".list").bounding_box()
    assert box["y"] + box["height"] <= list_box["y"] + list_box["height"] + 1
    last.locator("[data-row]").click()
    expect(page.locator(".detail h2")).to_be_visible()
