"""Projects: from a template to half returned, the sheet by scanning and by keyboard, and on paper."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from conftest import is_live

DESK = {"width": 1280, "height": 900}


@pytest.fixture
def project(daemon):
    """An accepted project with two sections: a model of which there are many, and one unit that nobody has."""
    [unit] = daemon.assets("available")
    made = daemon.call("POST", "/projects", {"name": f"Show {uuid.uuid4().hex[:6]}", "state": "accepted",
                                             "startsAt": "2030-05-01T08:00:00Z", "endsAt": "2030-05-02T20:00:00Z"})
    daemon.call("POST", f"/projects/{made['id']}/lines", {"model": unit["model"]["id"], "quantity": 3, "section": "Stage"})
    daemon.call("POST", f"/projects/{made['id']}/lines", {"asset": unit["id"], "section": "Office", "note": "with the long cable"})
    yield daemon.call("GET", f"/projects/{made['id']}")
    daemon.call("PATCH", f"/projects/{made['id']}", {"state": "closed"})


def at_project(desk, daemon, project, **options):
    page = desk.signed_in(daemon, viewport=DESK, **options)
    page.goto(f"{daemon.url}/projects/{project['id']}")
    is_live(page)
    page.wait_for_selector(".line, .empty")
    return page


def free_units(daemon, count):
    """Units of one model that nobody has."""
    by_model = {}
    for asset in daemon.call("GET", "/assets?status=available&limit=200")["items"]:
        units = by_model.setdefault(asset["model"]["id"], [])
        units.append(asset)
        if len(units) == count:
            return units
    raise AssertionError(f"the demo has no model with {count} units here")


def scan_code(page, code):
    """As a scanner types: fast, and Enter at the end."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def test_a_project_from_a_template_filled_by_scanning_and_half_returned(desk, daemon):
    out, back = daemon.door("out"), daemon.door("in")
    units = free_units(daemon, 4)
    template = daemon.call("POST", "/projects", {"name": f"Small stage {uuid.uuid4().hex[:6]}", "isTemplate": True,
                                                 "startsAt": "2030-05-01T08:00:00Z", "endsAt": "2030-05-02T20:00:00Z"})
    daemon.call("POST", f"/projects/{template['id']}/lines", {"model": units[0]["model"]["id"], "quantity": 2, "section": "Stage"})
    name = f"Harbour {uuid.uuid4().hex[:6]}"
    page = desk.signed_in(daemon, viewport=DESK)
    is_live(page)

    # By keyboard alone: to the projects, a new one, from the template, accepted.
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_selector(".project-row")
    page.keyboard.press("n")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Start from")).to_be_focused()
    page.keyboard.type(template["name"])
    expect(page.get_by_role("option", name=template["name"])).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator(".line")).to_have_count(1)
    expect(page.locator(".sheet-heading h2")).to_have_text("Stage")
    page.get_by_role("button", name="Accepted").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Accepted")).to_have_attribute("aria-pressed", "true")

    # Two more units, by a scanner that types with nothing focused.
    for unit in units[2:]:
        page.evaluate("document.activeElement.blur()")
        scan_code(page, unit["number"])
        expect(page.locator(".add-said")).to_contain_text("ADDED")
        expect(page.locator(".add-said")).to_contain_text(unit["number"])
    expect(page.locator(".line")).to_have_count(3)
    scan_code(page, units[3]["number"])
    expect(page.locator(".add-said")).to_contain_text("ALREADY ON IT")

    # At the door everything goes out; the page follows.
    project = daemon.call("GET", f"/projects?q={name.split()[1]}")["items"][0]
    daemon.let_act(out)
    daemon.call("PATCH", f"/doors/{out['id']}", {"project": project["id"]})
    for number, unit in enumerate(units, start=1):
        daemon.scan(unit["number"], out)
        expect(page.locator(".figure", has_text="out").locator("dd").first).to_have_text(str(number), timeout=2_000)
    expect(page.locator(".line .progress-all")).to_have_count(3)

    # Half of it comes back.
    for unit in units[:2]:
        daemon.scan(unit["number"], back)
    stage = page.locator(".sheet-section", has_text="Stage").locator(".line")
    expect(stage.locator(".progress-words")).to_have_text(re.compile("0 of 2 out.*2 back"))
    expect(page.locator(".figure", has_text="back").locator("dd")).to_have_text("2")

    for unit in units[2:]:
        daemon.scan(unit["number"], back)
    daemon.call("PATCH", f"/doors/{out['id']}", {"project": None})
    daemon.call("PATCH", f"/projects/{project['id']}", {"state": "closed"})


def test_lines_are_added_by_words_and_a_quantity(desk, daemon, project):
    page = at_project(desk, daemon, project)
    page.keyboard.press("a")
    expect(page.get_by_role("combobox", name="Add a unit")).to_be_focused()

    page.keyboard.type("6x skypanel")
    expect(page.get_by_role("option", name="6 × ARRI SkyPanel S60-C")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.locator(".add-said")).to_contain_text("ADDED")
    expect(page.locator(".line", has_text="6 ×")).to_contain_text("SkyPanel S60-C")


def test_a_code_nobody_knows_is_said_and_kept_in_the_field(desk, daemon, project):
    page = at_project(desk, daemon, project)
    page.keyboard.press("a")
    expect(page.locator("#add")).to_be_focused()
    scan_code(page, "NOSUCHCODE")
    expect(page.locator(".add-said")).to_contain_text("NOT KNOWN")
    expect(page.locator("#add")).to_have_value("NOSUCHCODE")


def test_more_than_there_is_and_taken_elsewhere_are_told(desk, daemon, project):
    model = project["lines"][0]["model"]["id"]
    daemon.call("POST", f"/projects/{project['id']}/lines", {"model": model, "quantity": 500})
    page = at_project(desk, daemon, project)
    expect(page.locator(".project-warnings")).to_contain_text("the depot has")
    expect(page.locator(".line-warning").first).to_contain_text("the depot has")


def test_lines_move_with_the_keyboard_and_between_sections(desk, daemon, project):
    page = at_project(desk, daemon, project)
    unit = page.locator(".line", has=page.locator(".number"))
    unit.locator("[data-row]").focus()

    page.keyboard.press("Alt+ArrowUp")

    expect(page.locator(".sheet-section", has_text="Stage").locator(".line")).to_have_count(2)
    expect(page.locator(".sheet-section", has_text="Office")).to_have_count(0)
    expect(unit.locator("[data-row]")).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".line").first).to_contain_text(project["lines"][1]["asset"]["number"])
    expect(page.locator(".notice", has_text="is moved")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator(".line").nth(1)).to_contain_text(project["lines"][1]["asset"]["number"])
    unit.locator("[data-row]").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".line").first).to_contain_text(project["lines"][1]["asset"]["number"])
    page.reload()
    expect(page.locator(".line").first).to_contain_text(project["lines"][1]["asset"]["number"])


def test_a_line_is_dragged_to_another_place(desk, daemon, project):
    page = at_project(desk, daemon, project)
    rows = page.locator(".line")
    first = rows.first.inner_text().splitlines()[0]
    rows.nth(1).locator(".line-grip").drag_to(rows.nth(0), target_position={"x": 200, "y": 4})
    expect(rows.first).to_contain_text(project["lines"][1]["asset"]["number"])
    expect(page.locator(".sheet-section")).to_have_count(1)
    page.locator(".notice", has_text="is in Stage now").get_by_role("button", name="Undo").click()
    expect(rows.first).to_contain_text(first)
    expect(page.locator(".sheet-section")).to_have_count(2)


def test_a_line_is_edited_in_place_and_taken_off_with_undo(desk, daemon, project):
    page = at_project(desk, daemon, project)
    line = page.locator(".line").first
    line.locator("[data-row]").focus()
    page.keyboard.press("Enter")
    line.get_by_role("button", name="One more").click()
    expect(line.locator(".line-count")).to_have_text("4 ×")
    line.get_by_label("Note").fill("Left side")
    page.keyboard.press("Enter")
    expect(line.locator(".line-note")).to_have_text("Left side")
    page.keyboard.press("Escape")
    expect(line.locator("[data-row]")).to_be_focused()

    page.keyboard.press("Delete")
    expect(page.locator(".line")).to_have_count(1)
    page.keyboard.press("u")
    expect(page.locator(".line")).to_have_count(2)


def test_a_section_is_renamed(desk, daemon, project):
    page = at_project(desk, daemon, project)
    page.get_by_role("button", name="Rename Stage").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("Main stage")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Main stage")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="Stage", exact=True)).to_be_visible()


def test_people_join_with_a_part_and_by_their_badge(desk, daemon, project):
    page = at_project(desk, daemon, project)
    page.get_by_role("button", name="Add people").click()
    page.keyboard.type("Ben")
    expect(page.get_by_role("option", name="Ben Ortiz")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Part of Ben Ortiz")).to_be_focused()
    page.keyboard.type("Light")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".part", has_text="Ben Ortiz")).to_contain_text("Light")

    page.evaluate("document.activeElement.blur()")
    scan_code(page, "BADGE-ANA")
    expect(page.locator(".part", has_text="Ana Vidal")).to_be_visible()


def test_the_pick_list_is_on_paper_what_the_page_is_not(desk, daemon, project):
    page = at_project(desk, daemon, project)
    expect(page.locator(".paper")).to_be_hidden()
    expect(page.locator(".paper-table")).to_have_count(2)

    page.emulate_media(media="print")

    expect(page.locator(".project")).to_be_hidden()
    expect(page.locator(".rail")).to_be_hidden()
    paper = page.locator(".paper")
    expect(paper).to_contain_text(project["name"])
    expect(paper).to_contain_text("with the long cable")
    expect(paper.locator("tr", has_text="3 ×").locator(".paper-box")).to_have_count(3)
    for size in ("A4", "Letter"):
        assert len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(format=size))) == 1


def test_the_list_has_shelves_and_words_in_its_address(desk, daemon, project):
    page = desk.signed_in(daemon, viewport=DESK)
    page.goto(f"{daemon.url}/projects")
    page.wait_for_selector(".project-row")
    page.keyboard.press("/")
    page.keyboard.type(project["name"].split()[1])
    expect(page.locator(".project-row")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(project["name"])
    page.go_back()
    expect(page).to_have_url(re.compile(r"/projects\?q="))
    page.get_by_role("link", name="Closed").click()
    expect(page).to_have_url(re.compile("shelf=closed"))
    expect(page.get_by_role("heading", name="No project fits")).to_be_visible()
