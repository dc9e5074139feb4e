"""The page of the hub: whether it has everything, what is wrong when not, a pause, and the gear of other depots."""

import pytest
from playwright.sync_api import expect

from conftest import is_live, sign_in
from depots import two_depots


@pytest.fixture
def north(tmp_path):
    with two_depots(tmp_path) as depots:
        yield depots


def test_the_hub_is_seen_paused_lost_and_found_and_so_is_gear_elsewhere(desk, north):
    hub, hall, quay = north
    page = desk.page(viewport={"width": 1280, "height": 900})
    sign_in(page, hall, "Jo Okafor")
    page.goto(f"{hall.url}/settings/hub")
    is_live(page)
    word = page.locator(".hub-word")
    expect(word).to_contain_text("The hub has everything")
    gear = page.get_by_role("list", name="Gear at other depots")
    expect(gear.locator("li").first).to_contain_text("CAM-1")

    page.get_by_label("Number, name, model, holder or depot").fill("cam-7")
    expect(gear.get_by_text("CAM-1", exact=True)).to_have_count(0)
    camera = gear.locator("li").filter(has=page.get_by_text("CAM-7", exact=True))
    door = quay.door()
    quay.let_act(door)
    quay.scan("CAM-7", door)
    expect(camera).to_contain_text(quay.call("GET", "/people")["items"][0]["name"])

    page.get_by_role("button", name="Pause").click()
    expect(word).to_contain_text("Paused")
    page.get_by_role("button", name="Send again").click()
    expect(word).to_contain_text("The hub has everything")

    hub.stop()
    hall.let_act(hall.door())
    expect(word).to_contain_text("The hub can not be reached")
    hub.start()
    page.get_by_role("button", name="Try now").click()
    expect(word).to_contain_text("The hub has everything")
