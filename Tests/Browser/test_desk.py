"""The desk: gear, devices and signing in."""

import re

from playwright.sync_api import expect

from conftest import is_live

STATUS_NAMES = {"available": "Available", "in_use": "In use", "maintenance": "Maintenance", "damaged": "Damaged"}


def at_gear(desk, daemon, query="", **options):
    page = desk.signed_in(daemon, **options)
    page.goto(f"{daemon.url}/gear{query}")
    is_live(page)
    page.wait_for_selector(".item")
    return page


def item(page, asset):
    return page.locator(f'.item[data-asset="{asset["number"]}"]')


def test_the_present_status_is_disabled_and_a_change_follows_on_another_screen(desk, daemon):
    [asset] = daemon.assets("available")
    query = f"?q={asset['number']}"
    page, other = at_gear(desk, daemon, query), at_gear(desk, daemon, query + "&view=list")
    buttons = item(page, asset).locator("[data-set]")
    expect(buttons).to_have_count(4)
    expect(item(page, asset).locator('[data-set="available"]')).to_be_disabled()

    item(page, asset).locator('[data-set="maintenance"]').click()

    for screen in (page, other):
        expect(item(screen, asset)).to_have_attribute("data-status", "maintenance")
        expect(item(screen, asset).locator('[data-set="maintenance"]')).to_be_disabled()
        expect(item(screen, asset).locator('[data-set="available"]')).to_be_enabled()

    page.locator(".notice", has_text=asset["number"]).get_by_role("button", name="Undo").click()
    for screen in (page, other):
        expect(item(screen, asset)).to_have_attribute("data-status", "available")


def test_a_refused_change_goes_back_and_says_so(desk, daemon):
    [asset] = daemon.assets("available")
    page = at_gear(desk, daemon, f"?q={asset['number']}")
    held = []
    page.route("**/api/v1/assets/*/status", lambda route: held.append(route))
    item(page, asset).locator('[data-set="damaged"]').click()
    expect(item(page, asset).locator('[data-set="damaged"]')).to_have_attribute("aria-busy", "true")

    held[0].fulfill(status=409, content_type="application/problem+json", body='{"detail":"It is open at the door.","code":"conflict"}')

    expect(item(page, asset)).to_have_attribute("data-status", "available")
    expect(page.locator(".notice-stop")).to_contain_text("It is open at the door.")


def test_search_finds_as_one_types_and_is_in_the_address(desk, daemon):
    [asset] = daemon.assets("available")
    page = at_gear(desk, daemon)

    page.keyboard.press("/")
    page.keyboard.type(asset["number"])

    expect(item(page, asset)).to_be_visible()
    expect(page).to_have_url(re.compile(f"q={re.escape(asset['number'])}"))
    page.reload()
    expect(item(page, asset)).to_be_visible()


def test_nothing_found_says_so_and_offers_the_way_back(desk, daemon):
    page = at_gear(desk, daemon)
    page.locator("#search").fill("no such thing anywhere")
    expect(page.get_by_role("heading", name="Nothing fits")).to_be_visible()
    page.get_by_role("link", name="Show all gear").click()
    expect(page.locator(".item").first).to_be_visible()


def test_a_chip_narrows_to_one_status(desk, daemon):
    page = at_gear(desk, daemon)
    page.locator(".chip-available").click()
    expect(page).to_have_url(re.compile("status=available"))
    expect(page.locator('.item:not([data-status="available"])')).to_have_count(0)
    expect(page.locator(".item").first).to_be_visible()
    page.go_back()
    expect(page).not_to_have_url(re.compile("status="))


def test_the_gear_works_with_keys_alone(desk, daemon):
    page = at_gear(desk, daemon, "?view=list", viewport={"width": 1280, "height": 800})
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    expect(page.locator('[data-row="0"]')).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator('[data-row="1"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".detail h2")).to_be_visible()
    expect(page).to_have_url(re.compile("asset="))
    page.keyboard.press("Escape")
    expect(page.locator(".detail")).to_have_count(0)
    expect(page.locator('[data-row="1"]')).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("v")
    expect(page).to_have_url(re.compile("/devices$"))


def test_a_note_goes_with_the_change_and_into_the_history(desk, daemon):
    [asset] = daemon.assets("available")
    page = at_gear(desk, daemon, f"?q={asset['number']}&asset={asset['id']}", viewport={"width": 1280, "height": 800})
    page.locator("#note").fill("Strap torn")
    page.locator('.detail [data-set="damaged"]').click()
    expect(page.locator(".history")).to_contain_text("Strap torn")
    assert daemon.call("GET", f"/assets/{asset['id']}")["status"] == "damaged"
    daemon.set_status(asset, "available")
    expect(page.locator('.detail [data-set="available"]')).to_be_disabled()


def test_devices_show_each_reader_or_what_to_do_without_one(desk, daemon):
    readers = daemon.call("GET", "/readers")["items"]
    page = desk.signed_in(daemon)
    page.goto(f"{daemon.url}/devices")
    if not readers:
        expect(page.get_by_role("heading", name="No reader plugged in")).to_be_visible()
    else:
        expect(page.locator(".device")).to_have_count(len(readers))


def test_signing_in_with_a_wrong_pin_says_so_and_the_right_one_leads_on(desk, daemon):
    person = daemon.people[0]
    page = desk.page()
    page.goto(f"{daemon.url}/gear?status=available")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))
    page.wait_for_selector(".person, .keypad")
    pick = page.locator(".person", has_text=person["name"])
    if pick.count():
        pick.first.click()
    wrong = "".join(str((int(digit) + 1) % 10) for digit in person["pin"])
    page.keyboard.type(wrong)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="not right")).to_be_visible()

    for digit in person["pin"]:
        page.locator(".key", has_text=digit).click()
    page.get_by_role("button", name="Enter").click()

    expect(page).to_have_url(re.compile(r"/gear\?status=available$"))
    expect(page.locator(".item").first).to_be_visible()


def test_signing_in_leads_nowhere_else(desk, daemon):
    person = daemon.people[0]
    page = desk.page()
    page.goto(f"{daemon.url}/sign-in?next=//example.org/steal")
    page.wait_for_selector(".person, .keypad")
    page.locator(".person", has_text=person["name"]).first.click()
    page.keyboard.type(person["pin"])
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"^(?!.*/sign-in)"))
    assert page.url.startswith(daemon.url)
