"""Settings: the tree of places, and the categories with the fields of their gear."""

import uuid

from playwright.sync_api import expect

from conftest import is_live


def at_settings(desk, daemon, tab, **options):
    page = desk.signed_in(daemon, viewport={"width": 1280, "height": 900}, **options)
    page.goto(f"{daemon.url}/settings/{tab}")
    is_live(page)
    page.wait_for_selector(".row")
    return page


def test_a_place_is_made_inside_another_renamed_moved_and_put_away(desk, daemon):
    room, rack = f"Room {uuid.uuid4().hex[:6]}", f"Rack {uuid.uuid4().hex[:6]}"
    page = at_settings(desk, daemon, "places")
    page.keyboard.press("n")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type(room)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".place-row", has_text=room)).to_be_visible()

    page.get_by_role("link", name=f"New place in {room}").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type(rack)
    page.keyboard.press("Control+Enter")
    inner = page.locator(".place-row", has_text=rack)
    expect(inner).to_contain_text(f"{room} / {rack}")

    inner.locator("[data-row]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.get_by_label("Name").fill(f"{rack} B")
    page.get_by_role("button", name="Clear Inside").click()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notice", has_text=f"{rack} B is saved")).to_be_visible()
    expect(page.locator(".place-row", has_text=f"{room} / {rack}")).to_have_count(0)

    page.locator(".place-row", has_text=f"{rack} B").locator("[data-row]").click()
    page.get_by_role("button", name="Archive it").click()
    expect(page.locator(".place-row", has_text=f"{rack} B")).to_have_count(0)
    page.get_by_role("link", name="With the archived").click()
    expect(page.locator(".place-row", has_text=f"{rack} B")).to_contain_text("archived")


def test_a_place_put_away_by_mistake_comes_back_with_undo(desk, daemon):
    room = daemon.call("POST", "/places", {"name": f"Hall {uuid.uuid4().hex[:6]}"})
    page = at_settings(desk, daemon, "places")
    row = page.locator(f'[data-place="{room["id"]}"]')
    row.locator("[data-row]").click()
    page.get_by_role("button", name="Archive it").click()
    expect(row).to_have_count(0)
    page.keyboard.press("u")
    expect(row).to_be_visible()


def test_a_category_gets_fields_that_its_gear_then_has(desk, daemon):
    name = f"Lamps {uuid.uuid4().hex[:6]}"
    page = at_settings(desk, daemon, "categories")
    page.keyboard.press("n")
    expect(page.locator("#category-name")).to_be_focused()
    page.keyboard.type(name)
    page.get_by_role("button", name="Add a field").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Power draw")
    page.get_by_label("Holds").select_option("number")
    page.get_by_label("Unit").fill("W")
    page.get_by_role("button", name="Add a field").click()
    page.locator(".custom-field").nth(1).get_by_label("Name").fill("Mount")
    page.locator(".custom-field").nth(1).get_by_label("Holds").select_option("choice")
    page.locator(".custom-field").nth(1).get_by_label("Choices").fill("Clamp\nSpigot")
    page.get_by_role("button", name="Move Mount up").click()
    page.keyboard.press("Control+Enter")

    expect(page.locator(".category-row", has_text=name)).to_contain_text("Mount, Power draw")
    made = next(one for one in daemon.call("GET", "/categories")["items"] if one["name"] == name)
    assert [(one["key"], one["kind"]) for one in made["fields"]] == [("mount", "choice"), ("powerDraw", "number")]
    assert made["fields"][1]["unit"] == "W"


def test_what_is_wrong_with_a_field_is_said_and_what_was_typed_is_kept(desk, daemon):
    page = at_settings(desk, daemon, "categories")
    page.locator(".category-row [data-row]").first.click()
    page.get_by_role("button", name="Add a field").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".form-trouble")).to_contain_text("name is missing")
    expect(page.locator(".custom-field")).to_have_count(1)


def test_two_who_edit_one_category_are_told(desk, daemon):
    category = daemon.call("POST", "/categories", {"name": f"Rig {uuid.uuid4().hex[:6]}"})
    page = at_settings(desk, daemon, f"categories?category={category['id']}")
    expect(page.locator("#category-name")).to_have_value(category["name"])
    daemon.call("PATCH", f"/categories/{category['id']}", {"name": category["name"] + " theirs"})
    page.locator("#category-name").fill(category["name"] + " mine")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".category-clash")).to_contain_text("theirs")
    page.get_by_role("button", name="Save yours").click()
    expect(page.locator(".category-row", has_text=category["name"] + " mine")).to_be_visible()
