"""Over HTTPS, with the box's authority in the browser's own store: the pages work, and without it the browser warns."""

import os
import subprocess
import urllib.request

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error

from conftest import Daemon, Desk, is_live, sign_in


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """A daemon that speaks TLS."""
    if "DEPOTD_URL" in os.environ:
        pytest.skip("a daemon that somebody else runs may have no TLS")
    running = Daemon(tmp_path_factory.mktemp("secure"), more=["--set", "tls.listen=127.0.0.1:0"])
    yield running
    running.stop()


def home(folder, authority: bytes | None) -> dict:
    """A home folder whose certificate store trusts the authority, as somebody who enrolled a computer has it."""
    store = folder / ".pki" / "nssdb"
    store.mkdir(parents=True)
    subprocess.run(["certutil", "-d", f"sql:{store}", "-N", "--empty-password"], check=True)
    if authority:
        (folder / "ca.pem").write_bytes(authority)
        subprocess.run(["certutil", "-d", f"sql:{store}", "-A", "-n", "depotd", "-t", "C,,", "-i", folder / "ca.pem"],
                       check=True)
    return {**os.environ, "HOME": str(folder)}


@pytest.fixture
def enrolled(chromium, secure, tmp_path):
    with urllib.request.urlopen(f"{secure.url}/enroll/depotd-ca.pem", timeout=10) as answer:
        authority = answer.read()
    browser = chromium(env=home(tmp_path, authority))
    yield browser
    browser.close()


def over_tls(daemon: Daemon) -> Daemon:
    """The same daemon by its other address."""
    other = Daemon.__new__(Daemon)
    other.__dict__.update(daemon.__dict__, url=daemon.secure_url)
    return other


def test_an_enrolled_browser_signs_in_and_is_live(secure, enrolled):
    desk = Desk(enrolled)
    page = desk.page()
    sign_in(page, over_tls(secure))
    is_live(page)
    assert page.evaluate("window.isSecureContext")
    [cookie] = page.context.cookies()
    assert cookie["name"].startswith("__Host-") and cookie["secure"] and cookie["httpOnly"]
    assert desk.complaints == []


def test_a_browser_that_is_not_enrolled_warns(chromium, secure, tmp_path):
    browser = chromium(env=home(tmp_path, None))
    with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        browser.new_page().goto(secure.secure_url)
    browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_everybody_can_use_the_enrolment(desk, secure, width, scheme):
    page = desk.page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto(f"{secure.url}/enroll")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).response["violations"]
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
