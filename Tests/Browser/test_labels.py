"""Labels: added a printer, printed from the gear, from many and at the door, matched by scanning, claimed from a blank roll."""

import pytest
from playwright.sync_api import expect

from conftest import is_live
from label_printer import Zebra, zebra  # noqa: F401
from test_access import no_motion, violations

DESK = {"width": 1280, "height": 900}


def scans(page, code):
    """A scanner's keys, which no load of this machine keeps apart."""
    page.evaluate("""code => {
        document.activeElement?.blur();
        for (const key of [...code, "Enter"]) document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    }""", code)


def test_a_printer_is_added_by_its_address_and_says_how_it_is(desk, daemon):
    zebra = Zebra()
    zebra.is_paper_out = True
    page = desk.signed_in(daemon, viewport=DESK)
    page.goto(f"{daemon.url}/labels/printers")
    is_live(page)
    page.get_by_role("button", name="Type an address").click()
    page.get_by_label("Name", exact=True).fill("Rack printer")
    page.get_by_label("Address", exact=True).fill(f"socket://127.0.0.1:{zebra.port}")
    page.get_by_label("Labels in it").select_option("brother-dk-11209")
    page.get_by_role("button", name="Save").click()
    row = page.locator(".printer-row", has_text="Rack printer")
    expect(row).to_contain_text("The paper is used up.")
    row.get_by_role("button", name="Put away").click()
    expect(row).to_have_count(0)
    zebra.socket.close()


def test_the_label_of_a_piece_comes_out_with_one_key_and_is_matched_by_a_scan(desk, daemon, zebra):
    asset = daemon.assets("available")[0]
    page = desk.signed_in(daemon, viewport=DESK)
    page.goto(f"{daemon.url}/gear?asset={asset['id']}")
    is_live(page)
    page.wait_for_selector(".detail-number")
    page.keyboard.press("l")
    notice = page.locator(".notice", has_text="comes out of")
    expect(notice).to_be_visible()
    notice.get_by_role("button", name="Queue").click()
    job = page.locator(".job-row").first
    expect(job).to_contain_text(asset["number"])
    expect(job).to_contain_text("printed")
    assert len(zebra.labels) == 1
    job.locator("a").click()
    page.wait_for_selector(".job-item")
    scans(page, asset["number"])
    expect(page.locator(".job-match")).to_contain_text(f"{asset['number']} matches")
    scans(page, "NOT-A-LABEL")
    expect(page.locator(".job-match")).to_contain_text("not on a label of this job")


def test_what_is_picked_is_seen_as_it_will_be_and_printed(desk, daemon, zebra):
    ids = [asset["id"] for asset in daemon.assets("available", 3)]
    page = desk.signed_in(daemon, viewport=DESK)
    page.goto(f"{daemon.url}/labels/print?assets={','.join(ids)}")
    is_live(page)
    expect(page.locator(".label-preview img")).to_have_js_property("naturalWidth", 456)
    page.get_by_label("Printer").select_option(label=f"Zebra {zebra.port}")
    page.get_by_role("button", name="Print 3 labels").click()
    expect(page.locator(".job-row").first).to_contain_text("printed")
    assert len(zebra.labels) == 3


def test_a_job_waits_for_paper_is_held_and_given_up(desk, daemon, zebra):
    zebra.is_paper_out = True
    job = daemon.call("POST", "/labels/jobs", {"items": [{"kind": "blank"}], "copies": 5, "printer": next(
        one["id"] for one in daemon.call("GET", "/printers")["items"] if one["name"] == f"Zebra {zebra.port}")})
    page = desk.signed_in(daemon, viewport=DESK)
    page.goto(f"{daemon.url}/labels/queue")
    is_live(page)
    row = page.locator(".job-row", has=page.locator(f'a[href$="{job["id"]}"]'))
    expect(row).to_contain_text("The paper is used up.")
    row.get_by_role("button", name="Hold").click()
    expect(row).to_contain_text("held at 0 of 5")
    row.get_by_role("button", name="Give up").click()
    expect(row).to_contain_text("5 given up")
    assert zebra.labels == []


def test_a_blank_label_is_claimed_by_scanning_it(desk, daemon, zebra):
    job = daemon.call("POST", "/labels/jobs", {"items": [{"kind": "blank"}]})
    code = daemon.call("GET", f"/labels/jobs/{job['id']}")["items"][0]["code"]
    asset = daemon.assets("available", 2)[1]
    page = desk.signed_in(daemon, viewport=DESK)
    page.goto(f"{daemon.url}/labels/claim")
    is_live(page)
    page.get_by_label("Gear", exact=True).fill(asset["number"])
    page.get_by_role("option", name=asset["number"]).first.click()
    expect(page.locator(".claim-next")).to_contain_text(asset["number"])
    scans(page, code)
    expect(page.get_by_role("list", name="Claimed")).to_contain_text(asset["number"])
    assert daemon.call("GET", f"/lookup?code={code}")["asset"]["number"] == asset["number"]
    scans(page, code)
    expect(page.get_by_role("list", name="Claimed")).to_contain_text("claimed and read")


def test_a_roll_is_claimed_by_scanning_alone_the_gear_s_own_code_then_the_label(desk, daemon, zebra):
    job = daemon.call("POST", "/labels/jobs", {"items": [{"kind": "blank"}], "copies": 2})
    codes = [item["code"] for item in daemon.call("GET", f"/labels/jobs/{job['id']}")["items"]]
    gear = daemon.assets("available", 4)[2:]
    page = desk.signed_in(daemon, viewport=DESK)
    page.goto(f"{daemon.url}/labels/claim")
    is_live(page)
    scans(page, codes[0])
    expect(page.get_by_role("alert")).to_contain_text("This label is free.")
    for asset, code in zip(gear, codes):
        scans(page, asset["number"])
        expect(page.locator(".claim-next")).to_contain_text(asset["number"])
        scans(page, code)
        expect(page.get_by_role("list", name="Claimed")).to_contain_text(asset["number"])
        assert daemon.call("GET", f"/lookup?code={code}")["asset"]["number"] == asset["number"]


def test_the_door_prints_the_last_label_again_with_one_key(desk, daemon, zebra):
    door = daemon.door("out")
    asset = daemon.assets("available", 3)[2]
    page = desk.signed_in(daemon, viewport=DESK)
    page.goto(f"{daemon.url}/door/{door['id']}")
    page.wait_for_selector("#code")
    daemon.scan(asset["number"], door)
    expect(page.locator(".stage")).to_contain_text(asset["number"])
    page.keyboard.press("F9")
    expect(page.locator(".stage")).to_contain_text("LABEL")
    expect(page.locator(".stage")).to_contain_text(f"comes out of Zebra {zebra.port}")


def test_the_address_on_a_label_leads_to_the_gear(desk, daemon):
    asset = daemon.assets("available")[0]
    page = desk.signed_in(daemon, viewport=DESK)
    page.goto(f"{daemon.url}/A/{asset['number']}")
    expect(page.locator(".detail-number")).to_have_text(asset["number"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", ["print", "queue", "printers", "designs", "claim"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_the_pages_of_labels_and_they_fit(desk, daemon, zebra, tab, width, scheme):
    page = desk.signed_in(daemon, **no_motion(width, scheme))
    page.goto(f"{daemon.url}/labels/{tab}")
    is_live(page)
    page.wait_for_selector(".labels section, .labels .empty")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
