"""The pages of the gear for everybody: axe finds nothing on them, on a phone and a desk, in light and dark."""

import uuid

import pytest

from conftest import is_live
from test_access import no_motion, violations

LIST = "Number,Model,Serial number\nAXE-1,{model},SX1\nAXE-2,{model},SX1\nAXE-3,{model},SX3\n"


def send(page, model: str, step: str) -> None:
    """Goes with a list to one step of the import."""
    page.locator("#import-file").set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": LIST.format(model=model).encode()})
    page.wait_for_selector(".columns")
    if step == "check":
        page.locator(".import-foot .button-first").click()
        page.wait_for_selector(".import-errors")


def clash(page, daemon, asset) -> None:
    page.locator('[data-field="owner"] input').fill(f"Yours {uuid.uuid4()}")
    daemon.call("PATCH", f"/assets/{asset['id']}", {"owner": f"Theirs {uuid.uuid4()}"})
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".clash")
    # The draft must not greet the next test.
    page.evaluate("localStorage.clear()")


def refused(page) -> None:
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".form-error")


def picking(page) -> None:
    page.locator('[data-field="model"] input').click()
    page.wait_for_selector(".pick-option")


def many(page) -> None:
    page.locator(".item-pick").first.click()
    page.wait_for_selector(".many")


PAGES = {
    "filters": ("/gear", ".item", lambda page, daemon, asset: (page.keyboard.press("f"), page.wait_for_selector(".facet-value[data-facet]"))),
    "narrowed": ("/gear?category={category}&sort=-updated", ".narrowing", None),
    "views": ("/gear", ".item", lambda page, daemon, asset: page.locator(".menu-views summary").click()),
    "many": ("/gear?view=list", ".item", lambda page, daemon, asset: many(page)),
    "new": ("/gear/new", ".form", lambda page, daemon, asset: refused(page)),
    "picker": ("/gear/new", ".form", lambda page, daemon, asset: picking(page)),
    "edit": ("/gear?asset={asset}&edit=1", ".form", None),
    "clash": ("/gear?asset={asset}&edit=1", ".form", clash),
    "nothing": ("/gear?q=nothing-has-these-words", ".empty", None),
    "models": ("/models", ".model-row", None),
    "model": ("/models/{model}", ".units", None),
    "stock": ("/models/{counted}", ".stock", None),
    "new model": ("/models/new", ".form", None),
    "file": ("/import", ".drop", None),
    "columns": ("/import", ".drop", lambda page, daemon, asset: send(page, asset["model"]["name"], "columns")),
    "check": ("/import", ".drop", lambda page, daemon, asset: send(page, asset["model"]["name"], "check")),
}


@pytest.fixture(scope="module")
def known(daemon):
    models = daemon.call("GET", "/models?limit=100")["items"]
    [asset] = daemon.assets("available")
    return asset, {
        "asset": asset["id"], "category": asset["category"], "model": asset["model"]["id"],
        "counted": next(model["id"] for model in models if model["counting"] == "counted"),
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_about_the_gear(desk, daemon, known, name, width, scheme):
    asset, names = known
    path, ready, act = PAGES[name]
    page = desk.signed_in(daemon, **no_motion(width, scheme))
    page.goto(daemon.url + path.format(**names))
    page.wait_for_selector(ready)
    is_live(page)
    if act:
        act(page, daemon, asset)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
