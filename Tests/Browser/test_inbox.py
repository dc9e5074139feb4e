"""The inbox: an unknown code becomes gear, is linked, or is put aside; all of it by keyboard."""

import uuid

import pytest
from playwright.sync_api import expect

from conftest import is_live


@pytest.fixture
def unknown(daemon):
    """A code that was just read on the way out, meant for nobody in particular."""
    code = f"N{uuid.uuid4().hex[:12].upper()}"
    daemon.let_act(daemon.door("out"))
    daemon.scan(code, daemon.door("out"))
    return next(one for one in daemon.call("GET", "/unknowns")["items"] if one["code"] == code)


def at_inbox(desk, daemon, unknown=None, **options):
    page = desk.signed_in(daemon, viewport={"width": 1280, "height": 900}, **options)
    page.goto(f"{daemon.url}/inbox{'/' + unknown['id'] if unknown else ''}")
    is_live(page)
    page.wait_for_selector(".inbox-row")
    return page


def row(page, unknown):
    return page.locator(f'[data-unknown="{unknown["id"]}"]')


def test_an_unknown_code_becomes_a_new_piece_of_gear(desk, daemon, unknown):
    model = daemon.assets("available")[0]["model"]
    page = desk.signed_in(daemon, viewport={"width": 1280, "height": 900})
    is_live(page)
    expect(page.locator(".rail-room", has_text="Inbox").locator(".rail-count")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("i")
    row(page, unknown).locator("[data-row]").focus()

    page.keyboard.press("c")
    field = page.get_by_role("combobox", name="Model")
    expect(field).to_be_focused()
    field.fill(model["name"])
    expect(page.get_by_role("option", name=model["name"]).first).to_be_visible()
    page.keyboard.press("Enter")
    number = f"NEW-{uuid.uuid4().hex[:6]}"
    page.locator('[data-field="number"] input').fill(number)
    page.keyboard.press("Control+Enter")

    expect(page.locator(".notice", has_text=number)).to_be_visible()
    expect(row(page, unknown)).to_have_count(0)
    [asset] = daemon.call("GET", f"/assets?q={number}")["items"]
    assert unknown["code"] in [one["value"] for one in daemon.call("GET", f"/assets/{asset['id']}")["identifiers"]]
    assert asset["status"] == "in_use"     # what was meant by the scan was carried out


def test_an_unknown_code_is_linked_by_typing(desk, daemon, unknown):
    [asset] = daemon.assets("available")
    page = at_inbox(desk, daemon)
    row(page, unknown).locator("[data-row]").focus()

    page.keyboard.press("l")
    expect(page.get_by_role("combobox", name="Which gear is it?")).to_be_focused()
    page.keyboard.type(asset["number"])
    expect(page.get_by_role("option").first).to_contain_text(asset["number"])
    page.keyboard.press("Enter")

    expect(row(page, unknown)).to_have_count(0)
    expect(page.locator(".notice", has_text=asset["number"])).to_be_visible()
    assert unknown["code"] in [one["value"] for one in daemon.call("GET", f"/assets/{asset['id']}")["identifiers"]]


def test_a_suggestion_links_with_one_press(desk, daemon, unknown):
    page = at_inbox(desk, daemon, unknown)
    offer = page.locator(".inbox-detail .offer").first
    number = offer.locator(".number").inner_text()
    offer.click()
    expect(row(page, unknown)).to_have_count(0)
    expect(page.locator(".notice", has_text=number)).to_be_visible()
    [asset] = [one for one in daemon.call("GET", f"/assets?q={number}")["items"] if one["number"] == number]
    assert unknown["code"] in [one["value"] for one in daemon.call("GET", f"/assets/{asset['id']}")["identifiers"]]


def test_a_code_is_dismissed_with_a_key_and_brought_back(desk, daemon, unknown):
    page = at_inbox(desk, daemon)
    row(page, unknown).locator("[data-row]").focus()
    page.keyboard.press("Delete")
    expect(row(page, unknown)).to_have_count(0)
    expect(page.locator(".notice", has_text=unknown["code"])).to_be_visible()

    page.keyboard.press("u")

    expect(row(page, unknown)).to_be_visible()


def test_what_is_wrong_is_said_beside_its_field(desk, daemon, unknown):
    taken = daemon.assets("available")[0]
    page = at_inbox(desk, daemon, unknown)
    page.keyboard.press("c")
    field = page.get_by_role("combobox", name="Model")
    field.fill(taken["model"]["name"])
    expect(page.get_by_role("option", name=taken["model"]["name"]).first).to_be_visible()
    page.keyboard.press("Enter")
    page.locator('[data-field="number"] input').fill(taken["number"])
    page.keyboard.press("Control+Enter")
    expect(page.locator('[data-field="number"] .form-error')).to_contain_text(taken["number"])
    expect(row(page, unknown)).to_be_visible()


def test_the_door_leads_to_the_inbox(desk, daemon, unknown):
    page = desk.signed_in(daemon, viewport={"width": 1280, "height": 900})
    page.goto(f"{daemon.url}/door/{daemon.door('out')['id']}")
    page.locator(".side").get_by_role("link", name="Open the inbox").click()
    expect(row(page, unknown)).to_be_visible()
