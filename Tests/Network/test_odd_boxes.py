"""Boxes that are not what they seem: one whose clock is decades off, one whose card was copied, one that was brought back from
a backup; and answers that never arrive. Ends as test_far.py does, with its checker."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from depot import Box, until
from lines import can_be_had
from test_far import DEPOTD, North

DECADES = 30 * 365 * 86_400


@pytest.fixture
def pair(tmp_path):
    if not can_be_had():
        pytest.skip("no networks of one's own can be had here")
    clock = tmp_path / "wrongclock.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", clock, Path(__file__).with_name("wrongclock.c")], check=True)

    def ahead(seconds):
        return {**os.environ, "LD_PRELOAD": str(clock), "CLOCK_AHEAD_SECONDS": str(seconds)}

    organisation = North(tmp_path, {"hall": ahead(DECADES), "quay": ahead(-DECADES)})
    yield organisation
    organisation.close()


def test_wrong_clocks_copied_cards_and_lost_answers_lose_and_double_nothing(pair):
    hall, quay = pair.boxes
    for box in pair.boxes:
        for code in ("BADGE-ANA", "CAM-1", "CAM-2"):
            box.scan(code)
    pair.converge()
    clocks_do_not_decide(pair)
    answers_are_lost(pair, quay)
    the_hub_starts_anew_behind_a_dead_line(pair, quay)
    a_backup_is_brought_back(quay, pair.folder)
    pair.converge()
    a_card_is_copied(pair, hall)
    pair.check()


def clocks_do_not_decide(pair):
    """What a box of the year 2056 says is as new as its arrival, give or take five minutes; what one of 1996 says is old."""
    far = pair.hub.ask("SELECT count(*) FROM depotd.change WHERE hlc >> 16 > (extract(epoch FROM now()) + 86400) * 1000")
    assert int(far) > 0, "the clock is not ahead"
    old = pair.hub.ask("SELECT count(*) FROM depotd.change WHERE to_timestamp((hlc >> 16) / 1000) < '2000-01-01'")
    assert int(old) > 0, "the clock is not behind"
    latest = pair.hub.ask("SELECT max(('x' || left(stamp, 16))::bit(64)::bigint >> 16) <= (extract(epoch FROM now()) + 301) * 1000 "
                          "FROM depotd.change")
    assert latest == "t", "a stamp of the future"


def answers_are_lost(pair, box):
    """The hub takes a scan, and the box never hears so: it sends it again, and it is there once."""
    pair.lines.deafen(pair.place, box.place)
    box.scan("CAM-3")
    scan = box.answered[-1]
    until(lambda: pair.hub.ask(f"SELECT count(*) FROM depotd.change WHERE subject = '{scan}'") != "0")
    assert box.call("GET", "/sync")["backlog"] > 0, "the answer came through"
    pair.hub.ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename LIKE '%quay'")
    pair.lines.deafen(pair.place, box.place, False)
    box.wake()
    box.drain()
    assert pair.hub.ask(f"SELECT count(*) = count(DISTINCT hash) FROM depotd.change WHERE subject = '{scan}'") == "t"


def the_hub_starts_anew_behind_a_dead_line(pair, box):
    """The box holds a connection that nobody is at the other end of any more, and finds out by itself."""
    pair.weather(box, is_dead=True)
    pair.hub.stop(immediately=True)
    pair.hub.start()
    box.scan("CAM-4")
    pair.weather(box)
    box.drain()


def a_backup_is_brought_back(box, folder):
    """`depotd restore` begins an epoch, so that nothing is numbered twice."""
    file, before = folder / "kept.backup", box.rows("SELECT count(*) FROM epoch")[0][0]
    box.command("backup", file)
    box.scan("CAM-5")
    box.drain()
    box.stop()
    box.command("restore", file)
    # What was answered after the backup is at the hub alone.
    box.start()
    box.scan("CAM-6")
    box.drain()
    assert box.rows("SELECT count(*) FROM epoch")[0][0] == before + 1
    assert box.call("GET", "/sync")["trouble"] is None


def a_card_is_copied(pair, box):
    """Two boxes with one name on one kind of machine: what both do is kept, and both say what is the matter."""
    box.stop()
    shutil.copytree(box.folder, pair.folder / "twin")
    box.start()
    twin = Box(DEPOTD, pair.folder / "twin", box.place, box.settings, box.environment)
    pair.boxes.append(twin)
    for _ in range(2):
        for one in (box, twin):
            one.scan("BADGE-BEN")
            one.scan("CAM-7")
            one.drain()
    for one in (box, twin):
        one.meet_again()
    for one in (box, twin):
        one.scan("CAM-8")
        one.drain()
    for one in (box, twin):
        one.meet_again()
        said = one.call("GET", "/sync")["trouble"]
        assert said and said.startswith("Another box sends under this one's name"), said
    pair.converge()

