"""Everybody can use it: axe finds nothing on any page, light and dark, on a narrow and a wide screen.

The desk fixture also fails each of these tests if the Content-Security-Policy refused anything.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from conftest import is_live

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


def violations(page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}" for one in found for node in one["nodes"]]


def no_motion(width: int, scheme: str) -> dict:
    return {"viewport": {"width": width, "height": 800}, "color_scheme": scheme, "reduced_motion": "reduce"}


@pytest.fixture(scope="module")
def visited(daemon):
    """A door where everything has happened: all four outcomes and an unknown code that waits."""
    door = daemon.door("out")
    daemon.let_act(door)
    asset, [damaged] = daemon.assets("available", 2)[1], daemon.assets("damaged")
    for code in (asset["number"], asset["number"], damaged["number"], "UNLINKED-1"):
        daemon.scan(code, door)
    return door, asset


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("name", ["door", "picker", "doors", "gear", "list", "detail", "devices"])
def test_axe_finds_nothing(desk, daemon, visited, name, width, scheme):
    door, asset = visited
    path, ready = {
        "door": (f"/door/{door['id']}", ".stage[data-kind]"),
        "picker": (f"/door/{door['id']}", ".stage[data-kind]"),
        "doors": ("/door", ".doors-card"),
        "gear": ("/gear", ".item"),
        "list": ("/gear?view=list", ".item"),
        "detail": (f"/gear?asset={asset['id']}", ".facts"),
        "devices": ("/devices", ".device, .empty"),
    }[name]
    page = desk.signed_in(daemon, **no_motion(width, scheme))
    page.goto(daemon.url + path)
    page.wait_for_selector(ready)
    is_live(page)
    if name == "picker":
        page.locator(".door-acting").click()
        page.wait_for_selector(".choice")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


@pytest.mark.parametrize("kind", ["ok", "ok-but", "stop", "unknown"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_fresh_outcome(desk, daemon, visited, scheme, kind):
    door, asset = visited
    code = {"ok": daemon.assets("available")[0]["number"], "ok-but": asset["number"],
            "stop": daemon.assets("damaged")[0]["number"], "unknown": "UNLINKED-2"}[kind]
    page = desk.signed_in(daemon, **no_motion(1280, scheme))
    page.goto(f"{daemon.url}/door/{door['id']}")
    is_live(page)
    daemon.scan(code, door)
    page.wait_for_selector(f'.stage-new[data-kind="{kind}"]')
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_on_the_sign_in(desk, daemon, width, scheme):
    page = desk.page(**no_motion(width, scheme))
    page.goto(f"{daemon.url}/sign-in")
    page.wait_for_selector(".person")
    assert violations(page) == []
    page.locator(".person").first.click()
    page.wait_for_selector(".keypad")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


def test_everything_comes_from_the_daemon_under_a_strict_policy(desk, daemon):
    page = desk.page()
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    response = page.goto(f"{daemon.url}/sign-in")
    policy = response.headers["content-security-policy"]
    page.wait_for_selector(".person")
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy or "default-src 'self'" in policy
    assert hosts == {daemon.url.split("/")[2]}
