"""What two depots said side by side: both sides in the inbox, one press, and it goes everywhere; by keyboard, too."""

import os
import re
import uuid

import pytest
from playwright.sync_api import expect

from conftest import is_live, sign_in
from depots import apart, conflict, shared_piece, two_depots, until
from test_access import no_motion, violations

if "DEPOTD_URL" in os.environ:
    pytest.skip("two depots are needed", allow_module_level=True)


@pytest.fixture(scope="module")
def depots(tmp_path_factory):
    with two_depots(tmp_path_factory.mktemp("north")) as (_, hall, quay):
        yield hall, quay


@pytest.fixture
def noted(depots):
    """A piece whose note both depots wrote without knowing of each other."""
    hall, quay = depots
    number = f"Q-{uuid.uuid4().hex[:6].upper()}"
    piece = shared_piece(hall, quay, number)
    with apart(hall, quay):
        hall.call("PATCH", f"/assets/{piece['id']}", {"note": "Lens is scratched"})
        quay.call("PATCH", f"/assets/{piece['id']}", {"note": "Lens was replaced"})
    conflict(depots, number)
    return piece


def at_inbox(desk, daemon, name, **options):
    page = desk.page(**{"viewport": {"width": 1280, "height": 900}, **options})
    sign_in(page, daemon, name)
    page.goto(f"{daemon.url}/inbox")
    is_live(page)
    return page


def entry(page, piece):
    return page.locator(".conflict", has_text=piece["number"])


def notes(depots, piece):
    return [depot.call("GET", f"/assets/{piece['id']}")["note"] for depot in depots]


def count(page):
    return page.locator(".rail-room", has_text="Inbox").locator(".rail-count")


def test_one_press_decides_at_all_depots(desk, depots, noted):
    hall, quay = depots
    waiting = len(hall.call("GET", "/unknowns")["items"]) + len(hall.call("GET", "/conflicts")["items"])
    manager, crew = at_inbox(desk, hall, "Mara Lindqvist"), at_inbox(desk, quay, "Ana Vidal")
    expect(count(manager)).to_have_text(f"{waiting} waiting")
    for page in (manager, crew):
        expect(entry(page, noted).locator("h3")).to_contain_text(f"Note of {noted['number']} was edited at two depots")
        for words, depot in (("Lens is scratched", "Hall 4"), ("Lens was replaced", "Quay")):
            expect(entry(page, noted).locator(".conflict-side", has_text=words)).to_contain_text(depot)
    expect(entry(crew, noted).get_by_role("button")).to_have_count(0)
    expect(entry(crew, noted)).to_contain_text("A manager says which is right")

    standing = notes(depots, noted)[0]
    other = next(words for words in ("Lens is scratched", "Lens was replaced") if words != standing)
    expect(entry(manager, noted).locator(".conflict-side", has_text=standing)).to_contain_text("stands for now")
    entry(manager, noted).get_by_role("button", name=re.compile(other)).click()

    expect(manager.locator(".notice", has_text=other)).to_be_visible()
    for page in (manager, crew):
        expect(entry(page, noted)).to_have_count(0)
    if waiting > 1:
        expect(count(manager)).to_have_text(f"{waiting - 1} waiting")
    else:
        expect(count(manager)).to_have_count(0)
    until(lambda: notes(depots, noted) == [other, other])
    history = hall.call("GET", f"/assets/{noted['id']}/history")["items"]
    [answer] = [one for one in history if one["kind"] == "edited" and (one.get("person") or {}).get("name") == "Mara Lindqvist"]
    assert other in str(answer)


def test_what_stands_can_be_kept_by_keyboard_alone(desk, depots, noted):
    hall, _ = depots
    page = at_inbox(desk, hall, "Mara Lindqvist")
    keep = entry(page, noted).locator(".conflict-side", has_text="stands for now")
    expect(keep).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if keep.evaluate("one => one === document.activeElement"):
            break
    expect(keep).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(entry(page, noted).get_by_role("button").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(keep).to_be_focused()
    standing = notes(depots, noted)[0]

    page.keyboard.press("Enter")

    expect(entry(page, noted)).to_have_count(0)
    # Who works a pile off is not thrown out of it.
    expect(page.locator("#inbox-title, .conflict-side").locator(":scope:focus")).to_have_count(1)
    until(lambda: not any(depot.call("GET", "/conflicts")["items"] for depot in depots))
    assert notes(depots, noted) == [standing, standing]


def test_an_entry_comes_while_the_inbox_is_open(desk, depots):
    hall, quay = depots
    piece = shared_piece(hall, quay, "Q-LIVE")
    page = at_inbox(desk, hall, "Mara Lindqvist")
    expect(entry(page, piece)).to_have_count(0)
    with apart(hall, quay):
        for depot, badge in ((hall, "BADGE-ANA"), (quay, "BADGE-BEN")):
            depot.scan(badge, depot.door("out"))
            depot.scan(piece["number"], depot.door("out"))
    expect(entry(page, piece).locator("h3")).to_contain_text("Q-LIVE was given out by two depots")
    for name in ("Ana Vidal", "Ben Ortiz"):
        expect(entry(page, piece).get_by_role("button", name=re.compile(name))).to_be_visible()
    entry(page, piece).get_by_role("button", name=re.compile("Ben Ortiz")).click()
    expect(entry(page, piece)).to_have_count(0)
    until(lambda: all(depot.call("GET", f"/assets/{piece['id']}")["holder"]["person"]["name"] == "Ben Ortiz" for depot in depots))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_about_what_depots_differ_on(desk, depots, noted, width, scheme):
    page = at_inbox(desk, depots[0], "Mara Lindqvist", **no_motion(width, scheme))
    expect(entry(page, noted)).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
