"""Many items at once with the mouse, tables of models, faces, and what a page says while the box can not be reached."""

import re

from playwright.sync_api import expect

from conftest import is_live
from test_gear import asset, at, control, model, picture, units, word  # noqa: F401: the fixtures


def picked(page, daemon, made):
    """The list of these items with the first two picked."""
    prefix = made[0]["number"].rsplit("-", 1)[0]
    page.goto(f"{daemon.url}/gear?q={prefix}&view=list")
    expect(page.locator(".item")).to_have_count(len(made))
    for one in made[:2]:
        page.get_by_label(f"Pick {one['number']}", exact=True).click()
    expect(page.locator(".many-count")).to_have_text("2 items picked")


def test_shift_and_a_click_pick_all_between(desk, daemon, model):
    made = units(daemon, model, 7)
    pick = lambda number, **more: page.get_by_label(f"Pick {made[number]['number']}", exact=True).click(**more)
    page = at(desk, daemon, f"/gear?q={made[0]['number'].rsplit('-', 1)[0]}&view=list")
    expect(page.locator(".item")).to_have_count(7)
    pick(1)
    pick(4, modifiers=["Shift"])
    expect(page.locator(".many-count")).to_have_text("4 items picked")
    chosen = page.locator(".item-picked").evaluate_all("items => items.map((item) => item.dataset.asset)")
    assert chosen == [one["number"] for one in made[1:5]]
    pick(2)
    expect(page.locator(".many-count")).to_have_text("3 items picked")
    pick(0, modifiers=["Shift"])
    expect(page.locator(".many-count")).to_have_text("5 items picked")
    page.get_by_role("button", name="Pick nothing").click()
    expect(page.locator(".many")).to_have_count(0)


def test_many_get_a_home_and_give_it_back(desk, daemon, model):
    place = daemon.call("POST", "/places", {"name": word("Rack ")})
    made = units(daemon, model, 3)
    page = at(desk, daemon, "/gear")
    picked(page, daemon, made)
    page.locator(".many").get_by_role("button", name="Home").click()
    page.keyboard.type(place["name"])
    expect(page.locator('.pick-option[aria-selected="true"]')).to_contain_text(place["name"])
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notice", has_text="Home set for 2 items.")).to_be_visible()
    homes = lambda: [(daemon.call("GET", f"/assets/{one['id']}")["home"] or {}).get("id") for one in made]
    assert homes() == [place["id"], place["id"], None]
    page.keyboard.press("u")
    expect(page.locator(".notice", has_text="All 2 taken back")).to_be_visible()
    assert homes() == [None, None, None]


def test_many_are_found_broken_at_once_and_the_list_follows(desk, daemon, model):
    made = units(daemon, model, 3)
    page = at(desk, daemon, "/gear")
    picked(page, daemon, made)
    page.locator(".many").get_by_role("button", name="Condition").click()
    control(page, "condition").select_option("damaged")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notice", has_text="Condition set for 2 items.")).to_be_visible()
    expect(page.locator('.item[data-status="damaged"]')).to_have_count(2)
    expect(page.locator('.item[data-status="available"]')).to_have_count(1)


def test_many_are_archived_and_come_back(desk, daemon, model):
    made = units(daemon, model, 3)
    page = at(desk, daemon, "/gear")
    picked(page, daemon, made)
    page.locator(".many").get_by_role("button", name="Archive").click()
    notice = page.locator(".notice", has_text="2 items archived.")
    expect(notice).to_be_visible()
    expect(page.locator(".item")).to_have_count(1)
    notice.get_by_role("button", name="Undo").click()
    expect(page.locator(".item")).to_have_count(3)


def test_models_come_from_a_table_and_go_again(desk, daemon):
    name, category = word("Tube "), word("Tubes ")
    text = f"Name,Maker,Category,Weight\n{name} 1,Astera,{category},2500\n{name} 2,Astera,{category},\n"
    page = at(desk, daemon, "/import?kind=models")
    page.locator("#import-file").set_input_files({"name": "models.csv", "mimeType": "text/csv", "buffer": text.encode("utf-16")})
    expect(page.locator(".column-row")).to_have_count(4)
    page.get_by_role("link", name="Check 2 rows").click()
    page.get_by_role("button", name="Import 2 rows").click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    found = daemon.call("GET", f"/models?q={name.split()[1]}")["items"]
    assert sorted(one["name"] for one in found) == [f"{name} 1", f"{name} 2"]
    page.get_by_role("button", name="Undo the import").click()
    page.wait_for_selector(".columns")
    assert daemon.call("GET", f"/models?q={name.split()[1]}")["items"] == []


def test_a_face_is_given_to_somebody_and_shown(desk, daemon):
    name = word("Fay ")
    person = daemon.call("POST", "/people", {"name": name})
    page = at(desk, daemon, f"/people/{person['id']}")
    page.locator("[data-edit]").click()
    page.locator('input[type="file"]').set_input_files({"name": "face.png", "mimeType": "image/png", "buffer": picture(400, 400)})
    expect(page.locator(".picture-seen img")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notice", has_text=f"{name} is saved.")).to_be_visible()
    face = daemon.call("GET", f"/people/{person['id']}")["avatar"]
    shown = page.locator(f'img.avatar[src$="{face}"]').first
    expect(shown).to_be_visible()
    page.wait_for_function("image => image.naturalWidth > 0", arg=shown.element_handle())


def test_a_page_says_since_when_it_is_not_connected_and_comes_back_with_what_changed(desk, own_daemon):
    page = at(desk, own_daemon, "/gear?view=list")
    page.wait_for_selector(".item")
    expect(page.locator(".stale")).to_have_count(0)
    own_daemon.kill()
    strip = page.locator(".stale")
    expect(strip).to_contain_text(re.compile(r"Not connected\. This is how things stood at \d"))
    expect(page.locator(".item").first).to_be_visible()
    own_daemon.restart()
    own_daemon.set_status(own_daemon.assets("available")[0], "damaged")
    is_live(page)
    expect(strip).to_have_count(0)
    damaged = own_daemon.call("GET", "/assets?status=damaged")["total"]
    expect(page.locator(".chip-damaged b")).to_have_text(str(damaged))


def test_gear_is_reserved_on_an_open_list_when_its_project_is_accepted(desk, daemon, asset):
    project = daemon.call("POST", "/projects", {"name": word("Gig "), "startsAt": "2026-12-01T08:00:00Z", "endsAt": "2026-12-02T08:00:00Z"})
    page = at(desk, daemon, f"/gear?q={asset['number']}&asset={asset['id']}")
    item = page.locator(f'.item[data-asset="{asset["number"]}"]')
    expect(item).to_have_attribute("data-status", "available")
    line = daemon.call("POST", f"/projects/{project['id']}/lines", {"asset": asset["id"]})
    daemon.call("PATCH", f"/projects/{project['id']}", {"state": "accepted"})
    expect(item).to_have_attribute("data-status", "reserved")
    expect(page.locator(".detail-pills")).to_contain_text("Reserved")
    daemon.call("DELETE", f"/projects/{project['id']}/lines/{line['id']}")
    expect(item).to_have_attribute("data-status", "available")
    daemon.call("POST", f"/projects/{project['id']}/lines", {"asset": asset["id"]})
    expect(item).to_have_attribute("data-status", "reserved")


def test_the_filters_are_counted_apart_from_the_list(desk, daemon):
    asked = []
    page = at(desk, daemon, "/models")
    page.on("request", lambda request: asked.append(request.url) if "/api/v1/assets?" in request.url else None)
    page.route("**/api/v1/assets?*facets=1*", lambda route: None)
    page.goto(f"{daemon.url}/gear?category=Camera")
    expect(page.locator(".item").first).to_be_visible()
    assert any("facets=1" in url for url in asked) and any("facets=1" not in url for url in asked)
    page.unroute("**/api/v1/assets?*facets=1*")
