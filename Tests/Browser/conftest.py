"""Starts the daemon with demo data, signs browsers in, and talks to the API beside them.

Every test waits for conditions, never for time. The daemon is started once for all tests; the one test that kills it
starts its own. See README.md for the environment variables.
"""

import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 30
# A bound on failure only: two browsers on two busy cores may take seconds for what takes milliseconds.
expect.set_options(timeout=20_000)


class Daemon:
    """One running daemon, or the address of one that somebody else runs."""

    def __init__(self, data: Path | None, listen: str = "127.0.0.1:0", more: list[str] = ()):
        self.data, self.process, self.more = data, None, list(more)
        if data is None:
            self.url = os.environ["DEPOTD_URL"].rstrip("/")
            self.token = os.environ["DEPOTD_TOKEN"]
            self.people = [{"name": os.environ["DEPOTD_PERSON"], "pin": os.environ["DEPOTD_PIN"]}]
            return
        self.start(listen)

    def start(self, listen: str) -> None:
        binary = os.environ.get("DEPOTD", str(ROOT / ".build/debug/depotd"))
        command = [binary, "demo", "--json", "--data", str(self.data), "--listen", listen, *self.more]
        with open(self.data.parent / f"{self.data.name}.log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        # Reading one line blocks until the daemon is ready; it ends with nothing if the daemon does.
        line = self.process.stdout.readline()
        assert line, f"the daemon did not start: {' '.join(command)}"
        ready = json.loads(line)
        self.url, self.people = ready["url"].rstrip("/"), ready["people"]
        # The token that it prints is a door's; the tests prepare what a manager would.
        self.token = json.loads((self.data / "local-access.json").read_text())["adminToken"]
        scopes = ["read", "write", "manage", "door", "export"]
        self.token = self.call("POST", "/keys", {"name": f"tests {uuid.uuid4()}", "scopes": scopes})["secret"]
        self.secure_url = ready.get("secureUrl")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(READY_SECONDS)

    def restart(self) -> None:
        """Starts again on the same port and folder."""
        self.start(re.sub(r"^https?://", "", self.url))

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(READY_SECONDS)

    def call(self, method: str, path: str, body: object = None) -> dict:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        if method == "POST":
            headers["idempotency-key"] = str(uuid.uuid4())
        data = None if method == "GET" else json.dumps(body or {}).encode()
        request = urllib.request.Request(f"{self.url}/api/v1{path}", method=method, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                text = response.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}") from error
        return json.loads(text) if text else {}

    # ---- what the tests need of the demo data ----

    def door(self, direction: str = "out") -> dict:
        doors = self.call("GET", "/doors")["items"]
        door = next((door for door in doors if door["direction"] == direction), doors[0])
        if door["direction"] != direction:
            door = self.call("PATCH", f"/doors/{door['id']}", {"direction": direction})
        return door

    def let_act(self, door: dict) -> None:
        """Somebody acts at the door, so that what goes out has a name."""
        person = self.call("GET", "/people")["items"][0]
        self.call("PATCH", f"/doors/{door['id']}", {"acting": person["id"]})

    def scan(self, code: str, door: dict) -> dict:
        return self.call("POST", "/scans", {"code": code, "door": door["id"]})

    def assets(self, status: str, count: int = 1) -> list[dict]:
        items = self.call("GET", f"/assets?limit=50&status={status}")["items"]
        assert len(items) >= count, f"the demo has too little gear that is {status}"
        return items[:count]

    def set_status(self, asset: dict, status: str) -> dict:
        return self.call("PATCH", f"/assets/{asset['id']}/status", {"status": status})


@pytest.fixture(scope="session")
def daemon(tmp_path_factory):
    running = Daemon(None) if "DEPOTD_URL" in os.environ else Daemon(tmp_path_factory.mktemp("depot"))
    yield running
    running.stop()


@pytest.fixture
def own_daemon(tmp_path):
    """A daemon of the test's own, to be killed."""
    if "DEPOTD_URL" in os.environ:
        pytest.skip("a daemon that somebody else runs is not killed")
    (tmp_path / "depot").mkdir()
    running = Daemon(tmp_path / "depot")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def chromium():
    """Starts browsers; there can be only one such driver at a time."""
    with sync_playwright() as playwright:
        yield lambda **more: playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"], **more)


@pytest.fixture(scope="session")
def browser(chromium):
    running = chromium()
    yield running
    running.close()


class Desk:
    """Opens pages and remembers what their consoles complained about."""

    def __init__(self, browser: Browser):
        self.browser, self.contexts, self.complaints = browser, [], []

    def context(self, **options) -> BrowserContext:
        context = self.browser.new_context(**options)
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        return context

    def page(self, context: BrowserContext | None = None, **options) -> Page:
        page = (context or self.context(**options)).new_page()
        page.on("console", lambda message: self.hear(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def signed_in(self, daemon: Daemon, **options) -> Page:
        page = self.page(**options)
        sign_in(page, daemon)
        return page

    def hear(self, kind: str, text: str) -> None:
        # A refused request is the browser's own note; what the page made of it is what the tests look at.
        if kind == "error" and "Failed to load resource" not in text and "WebSocket connection" not in text:
            self.complaints.append(text)


@pytest.fixture
def desk(browser):
    """Fails the test when a page threw, or when the Content-Security-Policy refused something."""
    opened = Desk(browser)
    yield opened
    for context in opened.contexts:
        context.close()
    assert opened.complaints == []


def sign_in(page: Page, daemon: Daemon, name: str | None = None) -> None:
    """Signs in as a person does, by name and PIN; as the first one without a name."""
    person = next((one for one in daemon.people if one["name"] == name), daemon.people[0])
    page.goto(f"{daemon.url}/sign-in?next=/devices")
    pick = page.locator(".person", has_text=person["name"])
    page.wait_for_selector(".person, .keypad")
    if pick.count():
        pick.first.click()
    page.wait_for_selector(".keypad")
    page.keyboard.type(person["pin"])
    page.keyboard.press("Enter")
    # The address of the sign-in page ends the same way, so the whole of it is compared.
    page.wait_for_url(f"{daemon.url}/devices")


def is_live(page: Page) -> None:
    page.wait_for_selector('[data-live="live"]')
