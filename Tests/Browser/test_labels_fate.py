"""Labels after they were asked for: made with new gear, held up, gone wrong and printed again; and codes of which a part was lost."""

import re

from playwright.sync_api import expect

from conftest import is_live
from depots import until
from label_printer import zebra  # noqa: F401
from test_gear import word
from test_labels import DESK, scans


def notice(page, words):
    return page.locator(".notice", has_text=words)


def test_new_gear_comes_with_its_label(desk, daemon, zebra):
    model = daemon.call("GET", "/models?limit=1")["items"][0]
    page = desk.signed_in(daemon, viewport=DESK)
    page.goto(f"{daemon.url}/gear/new?picked={model['id']}")
    is_live(page)
    number = word("LAB-")
    page.locator('[data-field="number"] input').fill(number)
    page.get_by_label("Print its label").press("Space")
    expect(page.get_by_label("Print its label")).to_be_checked()
    page.keyboard.press("Control+Enter")
    expect(notice(page, f"The label of {number} comes out of")).to_be_visible()
    assert zebra.has(1)


def test_gear_made_of_an_unknown_code_at_a_door_comes_with_its_label(desk, daemon, zebra):
    code = word("MAKER-")
    daemon.scan(code, daemon.door("out"))
    model = daemon.call("GET", "/models?limit=1")["items"][0]
    page = desk.signed_in(daemon, viewport=DESK)
    page.goto(f"{daemon.url}/inbox")
    is_live(page)
    page.locator(".inbox-row", has_text=code).click()
    page.locator(".inbox-create").click()
    page.locator('[data-field="model"] input').fill(model["name"])
    page.get_by_role("option").first.click()
    page.get_by_label("Print its label").set_checked(True, force=True)
    page.get_by_role("button", name="Make it").click()
    expect(notice(page, "comes out of")).to_be_visible()
    assert zebra.has(1)


def test_a_label_that_waits_says_why_where_it_was_asked_for_and_one_that_is_lost_is_printed_again(desk, daemon, zebra):
    asset = daemon.assets("available")[0]
    zebra.is_paper_out = True
    page = desk.signed_in(daemon, viewport=DESK)
    page.goto(f"{daemon.url}/gear?asset={asset['id']}")
    is_live(page)
    page.wait_for_selector(".detail-number")
    page.locator(".detail-tools").get_by_role("button", name="Print its label").click()
    expect(notice(page, f"{asset['number']}: The label waits: The paper is used up.")).to_be_visible()
    zebra.breaks_after, zebra.is_paper_out = 64, False
    lost = notice(page, f"{asset['number']}: The label may or may not have come out.")
    expect(lost).to_be_visible(timeout=30_000)
    assert zebra.labels == []
    zebra.breaks_after = None
    lost.get_by_role("button", name="Print again").click()
    expect(notice(page, f"{asset['number']}, again comes out of")).to_be_visible()
    assert zebra.has(1)


def test_what_a_printer_lacks_is_said_though_it_said_so_before_the_press_was_answered(desk, daemon, zebra):
    asset = daemon.assets("available", 2)[1]
    zebra.is_paper_out = True
    page = desk.signed_in(daemon, viewport=DESK)

    def answer_late(route):
        answer = route.fetch()
        job = answer.json()["id"]
        until(lambda: daemon.call("GET", f"/labels/jobs/{job}")["trouble"] is not None)
        route.fulfill(response=answer)

    page.route("**/labels/jobs", answer_late)
    page.goto(f"{daemon.url}/gear?asset={asset['id']}")
    is_live(page)
    page.wait_for_selector(".detail-number")
    page.locator(".detail-tools").get_by_role("button", name="Print its label").click()
    expect(notice(page, f"{asset['number']}: The label waits: The paper is used up.")).to_be_visible()
    zebra.is_paper_out = False
    assert zebra.has(1)


def test_the_door_says_what_became_of_a_label_and_prints_it_again_with_its_key(desk, daemon, zebra):
    door, asset = daemon.door("out"), daemon.assets("available", 3)[2]
    page = desk.signed_in(daemon, viewport=DESK)
    page.goto(f"{daemon.url}/door/{door['id']}")
    page.wait_for_selector("#code")
    daemon.scan(asset["number"], door)
    stage = page.locator(".stage")
    expect(stage).to_contain_text(asset["number"])
    zebra.is_paper_out = True
    page.keyboard.press("F9")
    expect(stage).to_contain_text("The label waits: The paper is used up.")
    expect(stage).to_have_attribute("data-kind", "ok-but")
    zebra.breaks_after, zebra.is_paper_out = 64, False
    expect(stage).to_contain_text("F9 prints it again.", timeout=30_000)
    expect(stage).to_have_attribute("data-kind", "stop")
    zebra.breaks_after = None
    page.keyboard.press("F9")
    expect(stage).to_contain_text("It is printed.")
    expect(stage).to_have_attribute("data-kind", "ok")
    assert len(zebra.labels) == 1


def test_one_bad_label_of_many_is_printed_again_with_one_key(desk, daemon, zebra):
    job = daemon.call("POST", "/labels/jobs", {"items": [{"kind": "blank"}], "copies": 3, "printer": zebra.id})
    page = desk.signed_in(daemon, viewport=DESK)
    page.goto(f"{daemon.url}/labels/queue?job={job['id']}")
    is_live(page)
    assert zebra.has(3)
    page.locator(".job-item").nth(1).get_by_role("button", name=re.compile("again")).click()
    assert zebra.has(4)
    assert zebra.labels[3] == zebra.labels[1]


# ---- codes of which a part was lost -----------------------------------------------------------------------------------


def claiming(desk, daemon):
    page = desk.signed_in(daemon, viewport=DESK)
    page.goto(f"{daemon.url}/labels/claim")
    is_live(page)
    return page


def test_a_label_that_lost_its_beginning_is_not_claimed_and_says_so(desk, daemon, zebra):
    job = daemon.call("POST", "/labels/jobs", {"items": [{"kind": "blank"}]})
    code = daemon.call("GET", f"/labels/jobs/{job['id']}")["items"][0]["code"]
    asset = daemon.assets("available", 5)[4]
    page = claiming(desk, daemon)
    scans(page, asset["number"])
    expect(page.locator(".claim-next")).to_contain_text(asset["number"])
    for part in (code[9:], code[4:], code[:-1], code[:20] + "0" + code[20:]):
        scans(page, part)
        expect(page.get_by_role("alert")).to_contain_text(re.compile("read it again|Scan it again"))
        expect(page.locator(".claim-next")).to_contain_text(asset["number"])
        assert daemon.call("GET", f"/lookup?code={part}")["kind"] == "unknown"
    scans(page, code)
    expect(page.get_by_role("list", name="Claimed")).to_contain_text(asset["number"])


def test_a_bought_roll_is_claimed_by_its_form(desk, daemon):
    roll, asset = word("ROLL"), daemon.assets("available", 6)[5]
    page = claiming(desk, daemon)
    page.get_by_label("The roll").select_option("bought")
    scans(page, asset["number"])
    expect(page.locator(".claim-next")).to_contain_text(asset["number"])
    scans(page, f"{roll}-000124")
    expect(page.get_by_role("alert")).to_contain_text("Say first what one label")
    page.get_by_label("One of its labels says").fill(f"{roll}-000123")
    page.get_by_label("One of its labels says").blur()
    for part in ("0124", "-000124", f"{roll}-00012"):
        scans(page, part)
        expect(page.get_by_role("alert")).to_contain_text("Scan it again")
    scans(page, f"{roll}-000124")
    expect(page.get_by_role("list", name="Claimed")).to_contain_text(asset["number"])


def test_a_scan_that_is_held_up_in_its_midst_is_whole(desk, daemon):
    """Keys as a radio or a busy screen deliver them, with the times that they were pressed at."""
    asset = daemon.assets("available")[0]
    page = desk.signed_in(daemon, viewport=DESK)
    page.goto(f"{daemon.url}/gear")
    is_live(page)
    for at in range(1, len(asset["number"])):
        page.evaluate("""([code, held]) => {
            let now = performance.now() + 10_000;
            document.activeElement?.blur();
            [...code, "Enter"].forEach((key, place) => {
                now += place === held ? 200 : 8;
                const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
                Object.defineProperty(event, "timeStamp", { value: now });
                document.body.dispatchEvent(event);
            });
        }""", [asset["number"], at])
        expect(page.locator(".detail-number")).to_have_text(asset["number"])
        page.goto(f"{daemon.url}/gear")
        is_live(page)
