"""People: a new one with a badge, whose badge is whose, and what crew may do."""

import re
import uuid

from playwright.sync_api import expect

from conftest import is_live, sign_in


def at_people(desk, daemon, path="/people", **options):
    page = desk.signed_in(daemon, viewport={"width": 1280, "height": 800}, **options)
    page.goto(daemon.url + path)
    is_live(page)
    page.wait_for_selector(".person-row")
    return page


def person(daemon, name):
    return next(one for one in daemon.call("GET", "/people?archived=all")["items"] if one["name"] == name)


def test_a_badge_for_a_new_person(desk, daemon):
    door, name, badge = daemon.door("out"), f"Kim {uuid.uuid4().hex[:6]}", f"BADGE-{uuid.uuid4().hex[:8].upper()}"
    page = desk.signed_in(daemon, viewport={"width": 1280, "height": 800})
    is_live(page)

    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(page.locator(".person-row").first).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".person-head h2")).to_have_text(name)

    page.keyboard.press("b")
    expect(page.get_by_label("Code of the badge")).to_be_focused()
    daemon.scan(badge, door)
    offered = page.get_by_role("button", name=f"Give it to {name.split()[0]}")
    expect(offered).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".badge", has_text=badge)).to_be_visible()

    outcome = daemon.scan(badge, door)
    assert (outcome["action"], outcome["actor"]["name"]) == ("acting", name)
    page.goto(f"{daemon.url}/door/{door['id']}")
    expect(page.locator(".door-acting")).to_contain_text(name)


def test_a_badge_that_somebody_has_is_said_to_be_theirs(desk, daemon):
    ben, ana = person(daemon, "Ben Ortiz"), person(daemon, "Ana Vidal")
    page = at_people(desk, daemon, f"/people/{ben['id']}")
    page.get_by_role("button", name="Give a badge").click()

    page.keyboard.type("BADGE-ANA")
    page.keyboard.press("Enter")

    refusal = page.locator(".badge-wait [role=alert]")
    expect(refusal).to_contain_text("Ana Vidal")
    expect(refusal.get_by_role("link", name="Open Ana Vidal")).to_have_attribute("href", f"/people/{ana['id']}")


def test_a_badge_that_is_taken_away_comes_back_with_undo(desk, daemon):
    ben = person(daemon, "Ben Ortiz")
    page = at_people(desk, daemon, f"/people/{ben['id']}")
    page.get_by_role("button", name="Take the badge BADGE-BEN away").click()
    expect(page.locator(".badge")).to_have_count(0)

    page.keyboard.press("u")

    expect(page.locator(".badge", has_text="BADGE-BEN")).to_be_visible()


def test_what_somebody_takes_shows_at_once(desk, daemon):
    door, [asset] = daemon.door("out"), daemon.assets("available")
    ben = person(daemon, "Ben Ortiz")
    page = at_people(desk, daemon, f"/people/{ben['id']}")
    daemon.scan("BADGE-BEN", door)

    daemon.scan(asset["number"], door)

    expect(page.locator(".detail .unit", has_text=asset["number"]).first).to_be_visible()
    expect(page.locator(f'[data-person="{ben["id"]}"] .row-holds')).to_contain_text("out")
    daemon.call("PATCH", f"/assets/{asset['id']}/status", {"status": "available"})


def test_crew_reads_and_changes_nothing_but_the_own_pin(desk, daemon):
    ana, ben = person(daemon, "Ana Vidal"), person(daemon, "Ben Ortiz")
    page = desk.page(viewport={"width": 1280, "height": 800})
    sign_in(page, daemon, "Ana Vidal")
    page.goto(f"{daemon.url}/people/{ben['id']}")
    expect(page.locator(".person-head h2")).to_have_text("Ben Ortiz")
    for name in ("New person", "Edit", "Give a badge", "Set the PIN"):
        expect(page.get_by_text(name, exact=True)).to_have_count(0)

    page.locator(".rail-person").click()
    expect(page).to_have_url(re.compile(f"/people/{ana['id']}$"))
    page.get_by_role("button", name="Set the PIN").click()
    page.keyboard.type("9999")
    page.get_by_label("New PIN").fill("1111")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="present PIN")).to_be_visible()
    page.get_by_label("Your present PIN").fill("1111")
    page.keyboard.press("Enter")
    expect(page.locator(".notice", has_text="Your new PIN is set")).to_be_visible()


def test_people_are_found_by_name_and_the_search_is_in_the_address(desk, daemon):
    page = at_people(desk, daemon)
    page.keyboard.press("/")
    page.keyboard.type("ben")
    expect(page.locator(".person-row")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/people\?q=ben"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".person-head h2")).to_have_text("Ben Ortiz")
    page.keyboard.press("e")
    expect(page.get_by_label("Name")).to_have_value("Ben Ortiz")
    page.keyboard.press("Escape")
    expect(page.locator(".person-head h2")).to_have_text("Ben Ortiz")
    page.keyboard.press("Escape")
    expect(page.locator(".detail")).to_have_count(0)
