"""How a room tells of itself where nobody looks at it, how it fits a phone under its keyboard, and who is in it."""

import re

import pytest
from playwright.sync_api import expect

from conftest import is_live
from test_chat import PHONE, bubble, elsewhere, enter, pair, talker, write

TELLING = """
  window.told = []; window.chimes = 0;
  window.Notification = class extends EventTarget {
    static permission = 'granted';
    static requestPermission() { Notification.permission = window.answer; return Promise.resolve(window.answer); }
    constructor(title, options) { super(); window.told.push(`${title}: ${options.body}`); window.lastTold = this; }
    close() {}
  };
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) { window.chimes += 1; return start.apply(this, when); };
  Object.defineProperty(document, 'hidden', { get: () => window.isAway === true });
"""


def test_a_hidden_page_tells_by_the_browser_and_a_room_has_its_own_sound(desk, daemon):
    ana, ben = pair(desk, daemon)
    ben.add_init_script(TELLING)
    elsewhere(ben, daemon)
    ben.locator("body").click()
    write(ana, "first, with a sound")
    expect(ben.locator(".notice", has_text="first, with a sound")).to_be_visible()
    assert ben.evaluate("[window.told.length, window.chimes > 0]") == [0, True]

    ben.evaluate("window.isAway = true")
    write(ana, "second, while away")
    ben.wait_for_function("() => window.told.length === 1")
    assert ben.evaluate("window.told[0]") == "Ana Vidal: second, while away"
    ben.evaluate("window.isAway = false; window.lastTold.dispatchEvent(new Event('click'))")
    expect(bubble(ben, "second, while away")).to_be_visible()

    ben.get_by_role("button", name="About this room").click()
    ben.get_by_label("With a sound").uncheck()
    ben.locator("[href='/gear']").first.click()
    ben.evaluate("window.chimes = 0")
    write(ana, "third, without one")
    expect(ben.locator(".notice", has_text="third, without one")).to_be_visible()
    assert ben.evaluate("window.chimes") == 0

    enter(ben.goto(f"{daemon.url}/chat") and ben, "Ana Vidal")
    ben.get_by_role("button", name="About this room").click()
    ben.get_by_label("Tell me here of").select_option("Never")
    ben.locator("[href='/gear']").first.click()
    count = ben.locator(".rail-room", has_text="Chat").locator(".rail-count")
    before = int(count.inner_text().split()[0]) if count.count() else 0
    write(ana, "fourth, never told")
    expect(count).to_have_text(re.compile(f"^{before + 1} "))
    expect(ben.locator(".notice", has_text="fourth, never told")).to_have_count(0)


@pytest.mark.parametrize(("answer", "words"), [("granted", "tells you too"), ("denied", "off for this address")])
def test_somebody_asks_for_notifications_and_is_told_what_the_browser_said(desk, daemon, answer, words):
    ben = talker(desk, daemon, "Ben Ortiz")
    ben.add_init_script(TELLING + f"Notification.permission = 'default'; window.answer = '{answer}';")
    ben.reload()
    is_live(ben)
    enter(ben, "Festival North").get_by_role("button", name="About this room").click()
    ask = ben.get_by_role("button", name="Also while this page is hidden")
    ask.click()
    expect(ben.locator(".info-hidden")).to_contain_text(words)
    expect(ask).to_have_count(0)
    ben.get_by_label("Tell me here of").select_option("Never")
    expect(ben.locator(".info-hidden")).to_have_count(0)


def test_a_phone_keeps_the_end_in_sight_when_its_keyboard_comes(desk, daemon):
    page = enter(talker(desk, daemon, "Ana Vidal", PHONE, has_touch=True, is_mobile=True), "Festival North")
    box = page.locator("chat-composer textarea")
    assert box.get_attribute("enterkeyhint") == "send" and box.get_attribute("autocapitalize") == "sentences"
    assert float(box.evaluate("box => parseFloat(getComputedStyle(box).fontSize)")) >= 16, "a phone would zoom in"
    assert "interactive-widget=resizes-content" in page.locator("meta[name=viewport]").get_attribute("content")
    box.tap()
    page.set_viewport_size({"width": 390, "height": 430})       # what a keyboard leaves
    expect(page.locator("article.said").last).to_be_in_viewport()
    expect(box).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    write(page, "typed with both thumbs")
    expect(bubble(page, "typed with both thumbs")).to_be_in_viewport()


def test_a_keyboard_that_lies_over_the_page_covers_nothing_of_a_room(desk, daemon):
    page = enter(talker(desk, daemon, "Ana Vidal", PHONE, has_touch=True, is_mobile=True), "Festival North")
    expect(page.locator("article.said").last).to_be_in_viewport()
    # An iPhone leaves the page as high as it was and says only that less of it can be seen.
    page.evaluate("""() => {
      Object.defineProperty(visualViewport, 'height', { get: () => window.left ?? 780, configurable: true });
      window.left = 430; visualViewport.dispatchEvent(new Event('resize'));
      document.querySelector('chat-log').dispatchEvent(new Event('scroll'));      // of a message that came just before
    }""")

    def bottom(element):
        return element.bounding_box()["y"] + element.bounding_box()["height"]

    box = page.locator("chat-composer textarea")
    page.wait_for_function("() => document.querySelector('chat-composer textarea').getBoundingClientRect().bottom < 430")
    assert bottom(page.get_by_role("button", name="Send")) < 430
    page.wait_for_function("() => [...document.querySelectorAll('article.said')].pop().getBoundingClientRect().bottom < 400")
    page.evaluate("window.left = 780; visualViewport.dispatchEvent(new Event('resize'))")
    page.wait_for_function("() => document.querySelector('chat-composer textarea').getBoundingClientRect().bottom > 500")
    assert bottom(box) > 500


def test_a_manager_chooses_who_is_in_the_room_of_a_job(desk, daemon):
    mara = talker(desk, daemon, "Mara Lindqvist")
    jo = talker(desk, daemon, "Jo Okafor")
    mara.get_by_role("button", name="New").click()
    mara.locator(".new-row", has_text="Ana Vidal").locator("input").check()
    mara.get_by_label("Name of the room").fill("Van loading")
    mara.get_by_role("button", name="Open with 1").click()
    write(mara, "before Jo")
    mara.get_by_role("button", name="About this room").click()
    mara.locator(".info-people-head").get_by_role("button", name="Edit").click()
    mara.get_by_label("Name of the room").fill("Van and ramp")
    mara.get_by_label("Jo Okafor").check()
    mara.get_by_role("button", name="Save").click()
    expect(mara.locator(".room-head h2")).to_have_text("Van and ramp")
    expect(mara.locator(".room-info h3")).to_have_text("3 people")
    row = jo.locator(".room-row", has_text="Van and ramp")
    expect(row).to_be_visible()
    mara.locator(".info-people-head").get_by_role("button", name="Edit").click()
    mara.get_by_label("Jo Okafor").uncheck()
    mara.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("You left this room")


def test_who_opens_a_room_for_a_job_presses_names_or_ticks_them(desk, daemon):
    mara = talker(desk, daemon, "Mara Lindqvist", PHONE)
    mara.get_by_role("button", name="New").click()
    find = mara.get_by_label("Find somebody")
    find.fill("nobody like this")
    expect(mara.get_by_role("status").get_by_text("Nobody here is called")).to_be_visible()
    find.fill("")
    ben = mara.locator(".new-row", has_text="Ben Ortiz")
    ben.locator("input").check()
    mara.locator(".new-row", has_text="Ana Vidal").locator(".room-row").click()
    expect(mara.get_by_role("button", name="Open with 2")).to_be_visible()
    ben.locator(".room-row").click()
    expect(ben.locator("input")).not_to_be_checked()
    mara.get_by_label("Name of the room").fill("Ramp at nine")
    mara.get_by_role("button", name="Open with 1").click()
    expect(mara.locator(".room-head h2")).to_have_text("Ramp at nine")
    expect(mara.locator(".log-begin")).to_contain_text("Nothing was said here yet")
    write(mara, "first words")
    expect(bubble(mara, "first words")).to_be_visible()
