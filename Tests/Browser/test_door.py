"""The door: what a scan looks like on every screen, and that no scan is lost."""

import re
import uuid

from playwright.sync_api import Page, expect

from conftest import is_live


def at_door(desk, daemon, door, **options) -> Page:
    page = desk.signed_in(daemon, **options)
    page.goto(f"{daemon.url}/door/{door['id']}")
    is_live(page)
    page.wait_for_selector(".stage:not([aria-busy])")
    return page


def stage(page: Page, outcome: dict):
    return page.locator(f'.stage[data-outcome="{outcome["id"]}"]')


def test_a_scan_made_elsewhere_shows_on_two_open_doors(desk, daemon):
    door = daemon.door("out")
    [asset] = daemon.assets("available")
    pages = [at_door(desk, daemon, door), at_door(desk, daemon, door)]

    outcome = daemon.scan(asset["number"], door)

    for page in pages:
        expect(stage(page, outcome)).to_contain_text(outcome["word"])
        expect(stage(page, outcome)).to_contain_text(asset["number"])
        expect(page.locator("[data-said]")).to_have_text(outcome["spoken"])
        expect(page.locator(f'.visit-row[data-outcome="{outcome["id"]}"]')).to_be_visible()


def test_the_four_outcomes_differ_in_word_and_shape(desk, daemon):
    door = daemon.door("out")
    daemon.let_act(door)
    [fine] = daemon.assets("available")
    [damaged] = daemon.assets("damaged")
    page = at_door(desk, daemon, door, viewport={"width": 1920, "height": 1080})
    seen = {}

    for code in [fine["number"], fine["number"], damaged["number"], f"X{uuid.uuid4().hex[:10]}"]:
        outcome = daemon.scan(code, door)
        shown = stage(page, outcome)
        expect(shown).to_be_visible()
        word = shown.locator("[data-word]")
        assert word.evaluate("element => parseFloat(getComputedStyle(element).fontSize) >= innerHeight * .12")
        outline = shown.locator(".stage-shape .shape-outline").get_attribute("d")
        seen[outcome["outcome"]] = (word.inner_text(), outline)

    assert set(seen) == {"ok", "ok-but", "stop", "unknown"}
    assert len({word for word, _ in seen.values()}) == 4
    assert len({outline for _, outline in seen.values()}) == 4


def test_a_code_typed_with_nothing_focused_is_sent(desk, daemon):
    door = daemon.door("out")
    [asset] = daemon.assets("available")
    page = at_door(desk, daemon, door)
    page.evaluate("document.activeElement.blur()")

    page.keyboard.type(asset["number"])
    page.keyboard.press("Enter")

    expect(page.locator(".stage[data-kind]")).to_contain_text(asset["number"])
    expect(page.locator("#code")).to_have_value("")


def test_a_wedge_that_types_while_a_button_has_the_focus_presses_nothing(desk, daemon):
    door = daemon.door("out")
    [asset] = daemon.assets("available")
    page = at_door(desk, daemon, door)
    page.locator(".door-project").focus()

    page.keyboard.type(asset["number"])
    page.keyboard.press("Enter")

    expect(page.locator(".stage[data-kind]")).to_contain_text(asset["number"])
    expect(page.locator(".picker")).to_have_count(0)


def test_a_code_that_looks_like_markup_is_only_text(desk, daemon):
    door = daemon.door("out")
    page = at_door(desk, daemon, door)
    code = f"<img/src=x/onerror=alert({uuid.uuid4().int % 10**6})>"
    outcome = daemon.scan(code, door)
    expect(stage(page, outcome)).to_contain_text(code)
    expect(page.locator(".unknown").filter(has_text=code)).to_be_visible()
    assert page.locator("img").count() == 0


def test_the_sound_is_off_until_a_gesture_and_the_page_says_so(desk, daemon):
    page = at_door(desk, daemon, daemon.door("out"))
    page.reload()      # signing in was a gesture; a screen that starts by itself has had none
    page.get_by_role("button", name="Sound is off: press to enable").click()
    expect(page.locator(".sound-hint")).to_have_count(0)


def test_the_person_and_the_project_are_picked_at_the_side(desk, daemon):
    door = daemon.door("out")
    page, other = at_door(desk, daemon, door), at_door(desk, daemon, door)
    person = daemon.call("GET", "/people")["items"][-1]
    page.locator(".door-acting").click()
    page.get_by_role("searchbox", name="Find a person").fill(person["name"])
    page.locator(".choice", has_text=person["name"]).click()
    for screen in (page, other):
        expect(screen.locator(".door-acting")).to_contain_text(person["name"])
    expect(page.locator(".picker")).to_have_count(0)


def test_undo_takes_the_last_scan_back_on_every_screen(desk, daemon):
    door = daemon.door("out")
    [asset] = daemon.assets("available")
    page, other = at_door(desk, daemon, door), at_door(desk, daemon, door)
    outcome = daemon.scan(asset["number"], door)
    undo = page.locator(".visit-undo")
    expect(undo).to_contain_text(asset["number"])
    assert undo.bounding_box()["height"] >= 64

    undo.click()

    for screen in (page, other):
        expect(screen.locator(f'.visit-row[data-outcome="{outcome["id"]}"]')).to_have_class(re.compile("visit-undone"))
    assert daemon.call("GET", f"/assets/{asset['id']}")["status"] == "available"


def test_a_scan_of_a_shelf_label_counts_one_and_a_press_says_how_many(desk, daemon):
    door = daemon.door("out")
    page, other = at_door(desk, daemon, door), at_door(desk, daemon, door)
    outcome = daemon.scan("SHELF-C4", door)
    card = page.locator(".quantity")
    expect(card).to_contain_text("How many?")
    for button in card.locator("button").all():
        assert button.bounding_box()["height"] >= 64

    card.get_by_role("button", name="10 pieces").click()
    for screen in (page, other):
        expect(screen.locator(".stage-asset")).to_contain_text("10 Schuko cable 10 m")
    card.get_by_role("button", name="One less").click()
    expect(page.locator(".quantity-count")).to_have_text("9")

    page.locator(".visit-undo").click()
    for screen in (page, other):
        expect(screen.locator(f'.visit-row[data-outcome="{outcome["id"]}"]')).to_have_class(re.compile("visit-undone"))
        expect(screen.locator(".quantity")).to_have_count(0)


def test_an_unknown_code_waits_at_the_side_until_it_is_linked(desk, daemon):
    door = daemon.door("out")
    [asset] = daemon.assets("available")
    page = at_door(desk, daemon, door)
    code = f"N{uuid.uuid4().hex[:12]}"
    daemon.scan(code, door)
    card = page.locator(".unknown", has_text=code)
    expect(card).to_be_visible()

    # Nothing modal: a scan is taken while the card waits.
    meanwhile = daemon.assets("available", 2)[1]
    expect(stage(page, daemon.scan(meanwhile["number"], door))).to_be_visible()
    expect(card).to_be_visible()

    card.get_by_role("searchbox").fill(asset["number"])
    # The card goes at once, before the daemon has answered.
    with page.expect_response(re.compile("/link$")):
        card.locator(".offer", has=page.locator(f'strong:text-is("{asset["number"]}")')).click()

    expect(card).to_have_count(0)
    identifiers = daemon.call("GET", f"/assets/{asset['id']}")["identifiers"]
    assert code in [identifier["value"] for identifier in identifiers]


def test_an_unknown_code_can_be_dismissed(desk, daemon):
    door = daemon.door("out")
    page, other = at_door(desk, daemon, door), at_door(desk, daemon, door)
    code = f"D{uuid.uuid4().hex[:12]}"
    daemon.scan(code, door)

    page.get_by_role("button", name=f"Dismiss {code}").click()

    for screen in (page, other):
        expect(screen.locator(".unknown", has_text=code)).to_have_count(0)


def test_a_failed_scan_is_kept_through_a_reload_and_sent_again(desk, daemon):
    door = daemon.door("out")
    [asset] = daemon.assets("available")
    page = at_door(desk, daemon, door)
    page.route("**/api/v1/scans", lambda route: route.abort())

    page.keyboard.type(asset["number"])
    page.keyboard.press("Enter")

    waiting = page.locator("[data-waiting]", has_text=asset["number"])
    expect(waiting.get_by_role("button", name="Retry")).to_be_visible()
    page.reload()
    expect(waiting).to_be_visible()

    page.unroute("**/api/v1/scans")
    # It may be on its way by itself already; then there is nothing left to press.
    waiting.get_by_role("button", name="Retry").evaluate_all("buttons => buttons.forEach((button) => button.click())")
    expect(page.locator(".stage[data-kind]")).to_contain_text(asset["number"])
    expect(waiting).to_have_count(0)


def test_what_was_scanned_while_the_daemon_was_gone_appears_without_a_reload(desk, own_daemon):
    door = own_daemon.door("out")
    first, second = own_daemon.assets("available", 2)
    page = at_door(desk, own_daemon, door)
    page.evaluate("window.isTheSamePage = true")
    expect(stage(page, own_daemon.scan(first["number"], door))).to_be_visible()

    own_daemon.kill()
    expect(page.locator('[data-live="offline"]')).to_contain_text("Offline since")
    # The page must not see the daemon before the scan is made, so its socket is held back.
    page.context.set_offline(True)
    own_daemon.restart()
    outcome = own_daemon.scan(second["number"], door)
    page.context.set_offline(False)

    is_live(page)
    expect(stage(page, outcome)).to_contain_text(second["number"])
    expect(page.locator(f'.visit-row[data-outcome="{outcome["id"]}"]')).to_be_visible()
    assert page.evaluate("window.isTheSamePage")


def test_a_scan_typed_while_the_daemon_is_gone_is_sent_when_it_is_back(desk, own_daemon):
    door = own_daemon.door("out")
    [asset] = own_daemon.assets("available")
    page = at_door(desk, own_daemon, door)
    own_daemon.kill()

    page.keyboard.type(asset["number"])
    page.keyboard.press("Enter")
    expect(page.locator("[data-waiting]", has_text=asset["number"])).to_contain_text("kept")
    own_daemon.restart()

    expect(page.locator(".stage[data-kind]")).to_contain_text(asset["number"])
    expect(page.locator("[data-waiting]")).to_have_count(0)
    assert own_daemon.call("GET", f"/assets/{asset['id']}")["status"] == "in_use"
