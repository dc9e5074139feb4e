"""The audit trail: who did what, from where, what it was and what it became; for admins, on a desk and on a phone."""

import uuid

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from conftest import is_live, sign_in

ADMIN = "Jo Okafor"


def at_audit(desk, daemon, query="", name=ADMIN, **options):
    page = desk.page(**options)
    sign_in(page, daemon, name)
    page.goto(f"{daemon.url}/settings/audit{query}")
    is_live(page)
    return page


def test_an_edit_is_found_with_what_it_was_and_became(desk, daemon):
    note = f"ring {uuid.uuid4().hex[:8]}"
    gear = daemon.assets("available")[0]
    daemon.call("PATCH", f"/assets/{gear['id']}", {"note": note})
    page = at_audit(desk, daemon, viewport={"width": 1280, "height": 900})
    page.get_by_label("Words").fill(note)
    row = page.locator(".audit-row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("tests")
    expect(row.locator("del")).to_have_text(gear.get("note") or "empty")
    expect(row.locator("ins")).to_have_text(note)
    assert note.split()[1] in page.url
    row.get_by_role("link", name=gear["number"]).click()
    page.wait_for_url(f"{daemon.url}/gear/{gear['id']}")


def test_entries_are_narrowed_and_had_as_a_file(desk, daemon):
    page = at_audit(desk, daemon, viewport={"width": 1280, "height": 900})
    page.wait_for_selector(".audit-row")
    page.get_by_label("What", exact=True).select_option("audit")
    expect(page.locator(".audit-row").first).to_be_visible()
    expect(page.locator(".audit-row", has_text="Scanned")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="As a file").click()
    assert download.value.suggested_filename == "audit.csv"
    page.get_by_label("From", exact=True).fill("2020-01-01")
    page.get_by_label("To", exact=True).fill("2020-01-02")
    expect(page.get_by_role("heading", name="Nothing of that kind happened")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(page.locator(".audit-row").first).to_be_visible()


def test_older_entries_follow(desk, daemon):
    for _ in range(60):
        daemon.call("POST", "/scans", {"code": f"NEW-{uuid.uuid4().hex[:8]}"})
    page = at_audit(desk, daemon)
    page.wait_for_selector(".audit-row")
    count = page.locator(".audit-row").count()
    page.get_by_role("button", name="Older").click()
    expect(page.locator(".audit-row").nth(count)).to_be_visible()


def test_a_manager_has_no_audit(desk, daemon):
    page = at_audit(desk, daemon, name="Mara Lindqvist")
    expect(page.get_by_role("heading", name="There are no such settings")).to_be_visible()
    expect(page.get_by_role("navigation", name="Settings").get_by_role("link", name="Audit")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_about_the_audit(desk, daemon, width, scheme):
    page = at_audit(desk, daemon, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.wait_for_selector(".audit-row")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
