"""Three depots and a hub, each in a network of its own, through all that befalls a line, a hub and a box.

In the end every line is mended, and a checker that knows the files alone looks: everything that a box holds is at the hub,
once; nothing that was answered is missing; and every box has the gear of the others as the hub has it. DEPOTD_SEED gives
the same chances again.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from depot import Box, Work, until
from lines import Lines, Place, can_be_had
from postgres import Hub

DEPOTD = os.environ.get("DEPOTD", str(Path(__file__).resolve().parents[2] / ".build/debug/depotd"))
SEED = int(os.environ.get("DEPOTD_SEED", "1"))


class North:
    """The organisation: a hub and its depots."""

    def __init__(self, folder, environments=None):
        self.folder = folder
        environments = environments or {"hall": None, "quay": None, "yard": None}
        self.place, *places = [Place(number) for number in range(1, 2 + len(environments))]
        self.lines = Lines([self.place, *places], SEED)
        self.hub = Hub(folder / "postgres", DEPOTD, self.place)
        self.boxes = [Box(DEPOTD, folder / name, place, self.hub.admit(name, folder), environment)
                      for (name, environment), place in zip(environments.items(), places)]

    def weather(self, box, **words):
        self.lines.say(self.place, box.place, **words)

    def converge(self):
        """Mends all lines and waits until nobody has anything to say."""
        for box in self.boxes:
            self.weather(box)
        # Twice: what one says last is what another hears.
        for _ in range(2):
            for box in self.boxes:
                box.wake()
                box.drain()

    def close(self):
        for box in self.boxes:
            box.stop()
        self.hub.stop()
        self.lines.close()

    # ---- the checker

    def check(self):
        kept = self.hub.ask("SELECT encode(hash, 'hex') FROM depotd.change WHERE pos IS NOT NULL").split()
        aside = set(self.hub.ask("SELECT encode(hash, 'hex') FROM depotd.quarantine").split())
        assert len(kept) == len(set(kept)), "a Change is in the feed twice"
        places = self.hub.ask("SELECT min(pos), max(pos), count(*) FROM depotd.change WHERE pos IS NOT NULL")
        assert places == f"1|{len(kept)}|{len(kept)}", "the feed has gaps"
        scans = set(self.hub.ask("SELECT subject FROM depotd.change WHERE topic = 'scans'").split())
        for box in self.boxes:
            mine = {row[0] for row in box.rows("SELECT lower(hex(hash)) FROM change")}
            assert mine <= set(kept) | aside, f"{box.folder.name}: {len(mine - set(kept) - aside)} are not at the hub"
            assert set(box.answered) <= scans, f"{box.folder.name}: {len(set(box.answered) - scans)} were answered and are lost"
            assert self.gear_at(box) == self.gear_of_others(box), f"{box.folder.name} has another idea of the others' gear"

    @staticmethod
    def gear_at(box):
        return {row[0]: json.loads(row[1]) for row in box.rows("SELECT id, fields FROM distant_asset")}

    def gear_of_others(self, box):
        node = box.rows("SELECT node FROM node")[0][0]
        lines = self.hub.ask(f"SELECT json_build_array(id, fields) FROM depotd.record WHERE sort = 'assets' AND node <> '{node}'")
        own = {row[0] for row in box.rows("SELECT id FROM asset")}
        return {id: fields for id, fields in map(json.loads, lines.splitlines())
                if id not in own and not fields.get("removed") and not fields.get("archived")}


@pytest.fixture
def north(tmp_path):
    if not can_be_had():
        pytest.skip("no networks of one's own can be had here")
    organisation = North(tmp_path)
    yield organisation
    organisation.close()


def test_three_depots_lose_nothing_whatever_befalls_line_hub_and_box(north):
    hall, quay, yard = north.boxes
    north.converge()
    copy(hall, north.folder / "older.sqlite")
    work = [Work(box) for box in north.boxes]

    # Cut, silent in the middle of a connection, and a bad mobile line that doubles packets, too.
    north.weather(hall, is_dead=True)
    north.weather(quay, delay=0.3, rate=256_000, loss=0.05, double=0.02)
    time.sleep(3)
    north.weather(hall)
    hall.wake()
    north.weather(yard, is_dead=True)
    time.sleep(2)

    # The hub loses its power, and is then brought back from an older backup.
    north.hub.stop(immediately=True)
    north.hub.start()
    north.weather(yard)
    yard.wake()
    time.sleep(1)
    backup(north)
    time.sleep(2)
    restore(north)

    # Boxes lose theirs, and one is put back to an older file without a word.
    for _ in range(3):
        for box in north.boxes:
            box.kill()
            box.start()
            time.sleep(0.3)
    for one in work:
        one.end()
    north.converge()
    put_back(hall, north.folder / "older.sqlite")
    for code in ("BADGE-BEN", "CAM-9", "CAM-10"):
        hall.scan(code)

    north.converge()
    north.check()
    assert sum(len(box.answered) for box in north.boxes) > 100


def test_what_depots_say_side_by_side_is_the_same_everywhere_and_one_answer_settles_it(north):
    hall, quay, yard = north.boxes
    north.converge()
    model = hall.call("GET", "/assets?q=CAM-7")["items"][0]["model"]["id"]
    piece = hall.call("POST", "/assets", {"number": "FAR-1", "model": model})["id"]
    for box in (quay, yard):
        north.converge()
        assert box.scan_at(2, "FAR-1")["word"] == "IN"
    north.converge()

    # Nobody hears of the others: all three write on it, two give it out, and one loses its power meanwhile.
    for box in north.boxes:
        north.weather(box, is_dead=True)
    for box in north.boxes:
        box.call("PATCH", f"/assets/{piece}", {"note": f"seen at {box.folder.name}"})
    for box, badge in ((hall, "BADGE-ANA"), (quay, "BADGE-BEN")):
        box.scan_at(1, badge)
        assert box.scan_at(1, "FAR-1")["action"] == "out"
    quay.kill()
    quay.start()

    north.converge()
    open_here = agreed(north, lambda box: {
        one["id"]: {(side["side"], side["words"]) for side in one["sides"]} for one in box.call("GET", "/conflicts")["items"]})
    assert sorted(len(sides) for sides in open_here.values()) == [2, 3], open_here
    same(north, piece)

    # One depot decides, and not for what stands already.
    decided = {}
    for one in yard.call("GET", "/conflicts")["items"]:
        side = next(side for side in one["sides"] if not side["stands"])
        decided[one["field"]] = side["words"]
        yard.call("POST", f"/conflicts/{one['id']}/answer", {"side": side["side"]})
    north.converge()
    assert agreed(north, lambda box: box.call("GET", "/conflicts")["items"]) == []
    asset = same(north, piece)
    assert asset["note"] == decided["note"] and decided["holder"].startswith(asset["holder"]["person"]["name"])
    north.check()


def agreed(north, ask):
    """What all boxes say, once they have read what the others said last."""
    until(lambda: all(ask(box) == ask(north.boxes[0]) for box in north.boxes))
    return ask(north.boxes[0])


def same(north, piece):
    """The piece, which every depot has alike but for where they are and how often they wrote it down."""
    names = ("number", "note", "status", "holder", "condition", "depot")
    return agreed(north, lambda box: {name: box.call("GET", f"/assets/{piece}")[name] for name in names})


def backup(north):
    """What a base backup is: the files of a hub that stands still."""
    north.hub.stop()
    subprocess.run(["cp", "-a", north.hub.data, north.hub.folder / "backup"], check=True)
    north.hub.start()


def restore(north):
    north.hub.stop(immediately=True)
    shutil.rmtree(north.hub.data)
    subprocess.run(["cp", "-a", north.hub.folder / "backup", north.hub.data], check=True)
    north.hub.start()


def copy(box, to):
    with sqlite3.connect(box.file) as store, sqlite3.connect(to) as older:
        store.backup(older)


def put_back(box, older):
    box.stop()
    for end in ("", "-wal", "-shm"):
        Path(f"{box.file}{end}").unlink(missing_ok=True)
    shutil.copy(older, box.file)
    box.start()
