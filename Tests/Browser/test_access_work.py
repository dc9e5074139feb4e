"""Everybody can use it: axe finds nothing on projects, people, the inbox and settings, nor in their forms.

At a phone's and a desk's width, light and dark; no page scrolls sideways.
"""

import uuid

import pytest

from conftest import is_live
from test_access import no_motion, violations


@pytest.fixture(scope="module")
def work(daemon):
    """A project where things went out and came back with warnings, a person with a badge, and a waiting code."""
    door, back = daemon.door("out"), daemon.door("in")
    daemon.let_act(door)
    first, second, third = daemon.assets("available", 3)
    project = daemon.call("POST", "/projects", {"name": f"Night market {uuid.uuid4().hex[:6]}", "state": "accepted", "place": "Old harbour",
                                                "note": "Load in from 6.", "startsAt": "2030-05-01T08:00:00Z", "endsAt": "2030-05-02T20:00:00Z"})
    lines = f"/projects/{project['id']}/lines"
    for line in ({"asset": first["id"], "section": "Stage", "note": "on its stand"}, {"asset": second["id"], "section": "Stage"},
                 {"model": first["model"]["id"], "quantity": 500}):
        daemon.call("POST", lines, line)
    people = {one["name"]: one for one in daemon.call("GET", "/people")["items"]}
    daemon.call("PUT", f"/projects/{project['id']}/people", [{"person": people["Ben Ortiz"]["id"], "part": "Light"}])
    daemon.call("PATCH", f"/doors/{door['id']}", {"project": project["id"], "acting": people["Ben Ortiz"]["id"]})
    for asset in (first, second, third):
        daemon.scan(asset["number"], door)
    daemon.scan(second["number"], back)
    code = f"W{uuid.uuid4().hex[:10].upper()}"
    daemon.scan(code, door)
    daemon.call("PATCH", f"/doors/{door['id']}", {"project": None})
    unknown = next(one for one in daemon.call("GET", "/unknowns")["items"] if one["code"] == code)
    category = daemon.call("POST", "/categories", {"name": f"Lamps {uuid.uuid4().hex[:6]}", "fields": [
        {"key": "mount", "name": "Mount", "kind": "choice", "choices": ["Clamp", "Spigot"]}, {"key": "power", "name": "Power", "kind": "number", "unit": "W"}]})
    hall = daemon.call("POST", "/places", {"name": f"Hall {uuid.uuid4().hex[:6]}"})
    daemon.call("POST", "/places", {"name": "Rack 1", "parent": hall["id"]})
    return {"project": project["id"], "person": people["Ben Ortiz"]["id"], "unknown": unknown["id"], "category": category["id"], "place": hall["id"]}


VIEWS = {
    "projects": ("/projects", ".project-row", None),
    "no projects": ("/projects?q=nothing+of+this+name", ".empty", None),
    "project": ("/projects/{project}", ".line", None),
    "line": ("/projects/{project}", ".line", lambda page: page.locator(".line [data-row]").first.click()),
    "adding": ("/projects/{project}", ".line", lambda page: (page.locator("#add").fill("sky"), page.wait_for_selector(".add-offer"))),
    "parts": ("/projects/{project}", ".line", lambda page: page.get_by_role("button", name="Change people").click()),
    "project form": ("/projects/new", ".form", None),
    "people": ("/people", ".person-row", None),
    "person": ("/people/{person}", ".person-head", None),
    "badge": ("/people/{person}", ".person-head", lambda page: page.get_by_role("button", name="Give a badge").click()),
    "pin": ("/people/{person}", ".person-head", lambda page: page.get_by_role("button", name="Set the PIN").click()),
    "person form": ("/people/{person}?edit=1", ".form", None),
    "inbox": ("/inbox", ".inbox-row", None),
    "unknown": ("/inbox/{unknown}", ".inbox-detail", None),
    "unknown form": ("/inbox/{unknown}", ".inbox-detail", lambda page: page.locator(".inbox-create").click()),
    "places": ("/settings/places", ".place-row", None),
    "place form": ("/settings/places?place={place}", ".form", None),
    "categories": ("/settings/categories", ".category-row", None),
    "category form": ("/settings/categories?category={category}", ".custom-field", None),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(desk, daemon, work, width, scheme):
    page = desk.signed_in(daemon, **no_motion(width, scheme))
    found = []
    for name, (path, ready, act) in VIEWS.items():
        page.goto(daemon.url + path.format(**work))
        page.wait_for_selector(ready)
        is_live(page)
        if act:
            act(page)
        found += [f"{name}: {one}" for one in violations(page)]
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            found.append(f"{name}: scrolls sideways")
    assert found == []


SMALL = """() => [...document.querySelectorAll('main a, main button, main input:not([type=checkbox]):not([type=file]), main select')]
  .filter((one) => one.offsetParent !== null && getComputedStyle(one).opacity !== '0')
  .map((one) => [one, one.closest('.row') && one.matches('.row-link') ? one.closest('.row') : one])
  .filter(([, box]) => box.getBoundingClientRect().height < 43.5)
  .map(([one]) => one.outerHTML.slice(0, 120))"""


def test_whatever_is_pressed_is_large_enough_for_a_glove(desk, daemon, work):
    page = desk.signed_in(daemon, **no_motion(390, "light"))
    found = []
    for name, (path, ready, act) in VIEWS.items():
        page.goto(daemon.url + path.format(**work))
        page.wait_for_selector(ready)
        if act:
            act(page)
        found += [f"{name}: {one}" for one in page.evaluate(SMALL)]
    assert found == []
