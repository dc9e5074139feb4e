"""Two depots and the hub that both talk to: real daemons, and a PostgreSQL of the tests' own."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

from conftest import ROOT, Daemon

sys.path.append(str(ROOT / "Tests/Network"))
from postgres import Hub  # noqa: E402

DEPOTD = os.environ.get("DEPOTD", str(ROOT / ".build/debug/depotd"))


def until(condition, seconds=40):
    """Waits until it gives something, and returns that."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)
    return value


def box(folder: Path, name: str, settings: list[str]) -> Daemon:
    folder.mkdir()
    settings = [f"depot.name={name}", *settings]
    return Daemon(folder, more=[part for one in settings for part in ("--set", one)])


@contextlib.contextmanager
def two_depots(folder: Path):
    """A hub, the hall and the quay."""
    hub = Hub(folder / "postgres", DEPOTD, settings=["fsync=off"])
    hall = box(folder / "hall", "Hall 4", hub.admit("Hall 4", folder))
    quay = box(folder / "quay", "Quay", hub.admit("Quay", folder))
    yield hub, hall, quay
    for daemon in (hall, quay):
        daemon.stop()
    hub.stop()


def shared_piece(hall: Daemon, quay: Daemon, number: str) -> dict:
    """A piece of the quay's that came to the hall, so that both have it."""
    model = quay.call("GET", "/assets?q=CAM-7")["items"][0]["model"]
    piece = quay.call("POST", "/assets", {"number": number, "model": model["id"]})
    until(lambda: hall.call("GET", f"/distant/assets?q={number}")["count"] == 1)
    hall.scan(number, hall.door("in"))
    until(lambda: quay.call("GET", f"/assets/{piece['id']}").get("depot"))
    return piece


@contextlib.contextmanager
def apart(*depots: Daemon):
    """Without a line: what is done here no other depot knows of."""
    def all_do(word):
        for depot in depots:
            subprocess.run([DEPOTD, "sync", word, "--data", str(depot.data)], check=True, capture_output=True)
    all_do("pause")
    yield
    all_do("resume")


def conflict(depots, about: str) -> dict:
    """The entry about a piece, as the first of the depots has it, once all have it."""
    def entries():
        found = [[one for one in depot.call("GET", "/conflicts")["items"] if about in one["title"]] for depot in depots]
        return found[0][0] if all(found) else None
    return until(entries)
