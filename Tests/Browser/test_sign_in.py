"""Signing in as people do: a phone by its link over HTTPS, a passphrase, a PIN and a badge at a trusted screen, and out.

The daemon of these tests trusts no browser by itself, as a real one does not.
"""

import json
import os
import re
import urllib.request

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from conftest import Daemon, Desk, is_live
from test_access import RULES, no_motion
from test_secure import home, over_tls


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A daemon that speaks TLS and trusts nobody."""
    if "DEPOTD_URL" in os.environ:
        pytest.skip("a daemon that somebody else runs may trust this machine")
    more = ["--set", "tls.listen=127.0.0.1:0", "--set", "sign_in.trust_loopback=false"]
    running = Daemon(tmp_path_factory.mktemp("strict"), more=more)
    yield over_tls(running)
    running.stop()


@pytest.fixture(scope="module")
def enrolled(chromium, strict, tmp_path_factory):
    """A browser that trusts the box's authority."""
    plain = json.loads((strict.data / "local-access.json").read_text())["url"]
    with urllib.request.urlopen(f"{plain}/enroll/depotd-ca.pem", timeout=10) as answer:
        authority = answer.read()
    strict.api = plain
    browser = chromium(env=home(tmp_path_factory.mktemp("home"), authority))
    yield browser
    browser.close()


@pytest.fixture
def house(enrolled):
    opened = Desk(enrolled)
    yield opened
    for context in opened.contexts:
        context.close()
    assert opened.complaints == []


def call(strict, method, path, body=None):
    """The API by its plain address, which needs no authority."""
    other = Daemon.__new__(Daemon)
    other.__dict__.update(strict.__dict__, url=strict.api)
    return other.call(method, path, body)


def person(strict, name):
    return next(one for one in strict.people if one["name"] == name)


def person_id(strict, name):
    return next(one["id"] for one in call(strict, "GET", "/people")["items"] if one["name"] == name)


def by_passphrase(page, strict, name, path="/devices", passphrase=None):
    page.goto(f"{strict.url}/sign-in?next={path}")
    page.get_by_label("Name or e-mail").fill(name)
    page.get_by_label("Passphrase", exact=True).fill(passphrase or person(strict, name)["passphrase"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{strict.url}{path}")


def trusted(house, strict, name, door=None, badge="alone"):
    """A screen that a manager has trusted, and left."""
    page = house.page(viewport={"width": 1280, "height": 800})
    by_passphrase(page, strict, "Mara Lindqvist", "/settings/screens")
    page.get_by_role("button", name="Trust this screen as a door").click()
    page.get_by_label("Name of this screen").fill(name)
    page.get_by_label("Badges of which door’s reader").select_option(door["id"] if door else "")
    page.get_by_role("button", name="Trust it").click()
    row = page.locator(".screen-row", has_text=name)
    expect(row).to_contain_text("this one")
    expect(row).to_contain_text("trusted by Mara Lindqvist")
    if badge != "alone":
        row.get_by_label("A badge").select_option(badge)
        expect(row.get_by_label("A badge")).to_have_value(badge)
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/sign-in**")
    return page


def violations(page):
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}" for one in found for node in one["nodes"]]


def test_a_passphrase_signs_in_and_a_wrong_one_says_no_more_than_that(house, strict):
    page = house.page(viewport={"width": 1280, "height": 800})
    page.goto(f"{strict.url}/sign-in?next=/devices")
    expect(page.get_by_label("Name or e-mail")).to_be_focused()
    expect(page.locator(".person")).to_have_count(0)
    for name, passphrase in (("Ana Vidal", "nothing of the sort"), ("Nobody Atall", "cables never tangle")):
        page.get_by_label("Name or e-mail").fill(name)
        page.get_by_label("Passphrase", exact=True).fill(passphrase)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert").filter(has_text="do not fit together")).to_be_visible()
        expect(page.get_by_label("Passphrase", exact=True)).to_have_value("")
        expect(page.get_by_label("Passphrase", exact=True)).to_be_focused()
    page.get_by_label("Name or e-mail").fill("ana vidal")
    page.keyboard.press("Tab")
    page.keyboard.type("cables never tangle")
    page.get_by_role("button", name="Show what is typed").click()
    expect(page.get_by_label("Passphrase", exact=True)).to_have_attribute("type", "text")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{strict.url}/devices")
    is_live(page)
    [cookie] = page.context.cookies()
    assert cookie["name"] == "__Host-depotd_session" and cookie["secure"] and cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"


def test_a_phone_is_enrolled_by_its_link_once(house, strict):
    manager = house.page(viewport={"width": 1280, "height": 900})
    ben = person_id(strict, "Ben Ortiz")
    by_passphrase(manager, strict, "Mara Lindqvist", f"/people/{ben}")
    manager.get_by_role("button", name="Link for").click()
    expect(manager.locator(".phone-link .qr").first).to_be_visible()
    link = manager.locator(".phone-link input").input_value()
    assert re.fullmatch(re.escape(strict.url) + r"/welcome#[0-9a-f]{40}", link)

    phone = house.page(viewport={"width": 390, "height": 780}, is_mobile=True, has_touch=True)
    phone.goto(link)
    expect(phone.get_by_role("heading", name="Welcome, Ben Ortiz")).to_be_visible()
    assert "#" not in phone.url
    phone.get_by_label("Choose a passphrase").fill("Ben Ortiz 1")
    phone.get_by_role("button", name="Sign in on this device").tap()
    expect(phone.get_by_role("alert")).to_contain_text("guessed first")
    phone.get_by_label("Choose a passphrase").fill("velvet truss before lunch")
    phone.get_by_role("button", name="Sign in on this device").tap()
    phone.wait_for_url(f"{strict.url}/")
    is_live(phone)

    again = house.page(viewport={"width": 390, "height": 780})
    again.goto(link)
    expect(again.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    by_passphrase(again, strict, "Ben Ortiz", passphrase="velvet truss before lunch")


def test_a_pin_signs_in_at_a_trusted_screen_until_trust_is_taken_back(house, strict):
    page = trusted(house, strict, "Returns desk")
    page.locator(".person", has_text="Ana Vidal").click()
    page.keyboard.type("1111")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/(door|settings)"))
    is_live(page)
    page.context.clear_cookies(name="__Host-depotd_session")

    for screen in call(strict, "GET", "/screens")["items"]:
        if screen["name"] == "Returns desk":
            call(strict, "DELETE", f"/screens/{screen['id']}")
    page.goto(f"{strict.url}/sign-in")
    expect(page.get_by_label("Name or e-mail")).to_be_visible()
    expect(page.locator(".person")).to_have_count(0)


def test_a_badge_at_the_doors_reader_signs_in_at_its_screen(house, strict):
    door = call(strict, "GET", "/doors")["items"][0]
    page = trusted(house, strict, "Main door screen", door)
    expect(page.locator(".sign-in-badge")).to_be_visible()
    with page.expect_request("**/session/badge"):
        page.reload()
    call(strict, "POST", "/scans", {"code": "BADGE-MARA", "door": door["id"]})
    is_live(page)
    page.goto(f"{strict.url}/import")
    expect(page.get_by_role("heading", name="This page is for managers")).to_be_visible()
    page.goto(f"{strict.url}/door/{door['id']}")
    expect(page.locator(".door-acting")).to_contain_text("Mara")


def test_a_typed_badge_signs_in_and_where_a_pin_is_wanted_it_only_picks(house, strict):
    page = trusted(house, strict, "Careful door", badge="pin")
    page.wait_for_selector(".person")
    page.keyboard.type("BADGE-ANA")
    page.keyboard.press("Enter")
    expect(page.locator(".keypad-title")).to_have_text("Ana Vidal")
    page.keyboard.type("1111")
    page.keyboard.press("Enter")
    is_live(page)


def test_sign_out_everywhere(house, strict):
    here, there = house.page(viewport={"width": 1280, "height": 900}), house.page(viewport={"width": 390, "height": 780})
    for page in (here, there):
        by_passphrase(page, strict, "Jo Okafor")
        is_live(page)
    here.locator(".rail-person").click()
    expect(here.locator(".session")).to_have_count(2)
    expect(here.locator(".session", has_text="this one")).to_have_count(1)
    here.get_by_role("button", name="Sign out everywhere").click()
    for page in (here, there):
        page.wait_for_url("**/sign-in**")


def test_one_session_is_ended_from_another(house, strict):
    here, there = house.page(viewport={"width": 1280, "height": 900}), house.page()
    for page in (here, there):
        by_passphrase(page, strict, "Jo Okafor")
        is_live(page)
    here.locator(".rail-person").click()
    here.locator(".session").filter(has_not_text="this one").get_by_role("button").click()
    there.wait_for_url("**/sign-in**")
    expect(here.locator(".session")).to_have_count(1)


def test_ones_own_passphrase_is_changed_with_the_present_one(house, strict):
    page = house.page(viewport={"width": 1280, "height": 900})
    by_passphrase(page, strict, "Jo Okafor")
    page.locator(".rail-person").click()
    page.get_by_role("button", name="Change the passphrase").click()
    expect(page.get_by_label("Your present passphrase")).to_be_focused()
    page.keyboard.type("not this one")
    page.get_by_role("textbox", name="New passphrase").fill("rigging needs two people")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="present passphrase")).to_be_visible()
    page.get_by_label("Your present passphrase").fill("the ladder is taller")
    page.keyboard.press("Enter")
    expect(page.locator(".notice", has_text="Your new passphrase is set")).to_be_visible()
    person(strict, "Jo Okafor")["passphrase"] = "rigging needs two people"


def test_crew_can_not_open_a_managers_page(house, strict):
    page = house.page(viewport={"width": 1280, "height": 800})
    by_passphrase(page, strict, "Ana Vidal")
    page.goto(f"{strict.url}/import")
    expect(page.get_by_role("heading", name="This page is for managers")).to_be_visible()
    expect(page.get_by_text("You are signed in as Ana Vidal")).to_be_visible()
    page.goto(f"{strict.url}/settings/screens")
    expect(page.get_by_role("heading", name="Only managers trust screens")).to_be_visible()
    page.goto(f"{strict.url}/people/{person_id(strict, 'Mara Lindqvist')}")
    expect(page.locator(".person-head h2")).to_have_text("Mara Lindqvist")
    expect(page.locator(".person-sign-in")).to_have_count(0)
    status = page.evaluate("fetch('/api/v1/screens').then((answer) => answer.status)")
    assert status == 403


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_where_one_signs_in(house, strict, width, scheme):
    page = house.page(**no_motion(width, scheme))
    page.goto(f"{strict.url}/sign-in")
    page.get_by_label("Name or e-mail").wait_for()
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="Type your name")).to_be_visible()
    assert violations(page) == []
    link = call(strict, "POST", f"/people/{person_id(strict, 'Ana Vidal')}/link", {})["link"]
    page.goto(f"{strict.url}/welcome{link[link.index('#'):]}")
    page.get_by_label("Choose a passphrase").wait_for()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    by_passphrase(page, strict, "Mara Lindqvist", f"/people/{person_id(strict, 'Ana Vidal')}")
    is_live(page)
    page.get_by_role("button", name=re.compile("Link for")).click()
    page.wait_for_selector(".phone-link")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    page.goto(f"{strict.url}/settings/screens")
    page.get_by_role("button", name="Trust this screen as a door").click()
    page.get_by_label("Name of this screen").wait_for()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
