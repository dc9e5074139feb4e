"""A hub that is not as it should be: of another version, without rights, full, read-only, a standby, with rules that rows break,
or behind a line that alters what is sent. The box says what is wrong in words, keeps what was done, and sends it once
the hub was mended."""

import os
import socket
import subprocess
import threading

import pytest
from depot import Box, Here
from postgres import Hub
from test_far import DEPOTD


class Line(threading.Thread):
    """A line on loopback that puts other bytes in the place of some on their way to the hub."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.target, self.instead = target, None
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.start()

    def run(self):
        while True:
            near, _ = self.listening.accept()
            far = socket.create_connection(("127.0.0.1", self.target))
            for ends in ((near, far, True), (far, near, False)):
                threading.Thread(target=self.forward, args=ends, daemon=True).start()

    def forward(self, from_end, to_end, is_to_hub):
        try:
            while some := from_end.recv(65536):
                if is_to_hub and self.instead:
                    some = some.replace(*self.instead)
                to_end.sendall(some)
        except OSError:
            pass
        for end in (from_end, to_end):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Depot:
    """A hub, a line to it that can alter what is sent, and a box."""

    def __init__(self, folder):
        self.hub = Hub(folder / "postgres", DEPOTD, settings=["fsync=off"])
        self.line = Line(self.hub.port)
        self.box = Box(DEPOTD, folder / "hall", Here, self.hub.admit("Hall 4", folder, port=self.line.port))
        self.role = self.hub.ask("SELECT role FROM depotd.member WHERE kind = 'depot'")
        self.box.drain()

    def close(self):
        self.box.stop()
        self.hub.stop()

    def damaged(self, damage, words, scan_count=1):
        """Damages the hub while the box is not connected. The box says these words, and has scans to send all the same."""
        self.box.call("POST", "/sync/pause")
        damage()
        for _ in range(scan_count):
            self.box.scan("CAM-3")
        self.box.wake()
        said = self.box.trouble(words)
        assert self.box.call("GET", "/sync")["backlog"] > 0
        return said

    def mended(self, mend):
        mend()
        self.box.wake()
        standing = self.box.drain()
        assert standing["trouble"] is None
        there = set(self.hub.ask("SELECT encode(hash, 'hex') FROM depotd.change UNION "
                                 "SELECT encode(hash, 'hex') FROM depotd.quarantine").split())
        assert {row[0] for row in self.box.rows("SELECT lower(hex(hash)) FROM change")} <= there
        return standing

    def sql(self, text):
        return lambda: self.hub.run(text.replace("%R", self.role))


@pytest.fixture(scope="module")
def depot(tmp_path_factory):
    made = Depot(tmp_path_factory.mktemp("badhub"))
    yield made
    made.close()


@pytest.mark.parametrize("damage, mend, words", [
    pytest.param("CREATE TABLE kept AS TABLE depotd.hub_version; DELETE FROM depotd.hub_version WHERE version > 5",
                 "TRUNCATE depotd.hub_version; INSERT INTO depotd.hub_version TABLE kept; DROP TABLE kept",
                 "The hub is of version 5, and this box needs", id="older"),
    pytest.param("ALTER FUNCTION depotd.sync_push RENAME TO sync_push_of_tomorrow",
                 "ALTER FUNCTION depotd.sync_push_of_tomorrow RENAME TO sync_push",
                 "The hub is not installed or of another version.", id="newer, without our functions"),
    pytest.param("REVOKE EXECUTE ON FUNCTION depotd.sync_push FROM depotd_depot",
                 "GRANT EXECUTE ON FUNCTION depotd.sync_push TO depotd_depot",
                 "The hub does not let this box in.", id="without rights"),
    pytest.param('REVOKE depotd_depot FROM "%R"', 'GRANT depotd_depot TO "%R"',
                 "The hub does not let this box in.", id="without its group"),
    pytest.param('ALTER ROLE "%R" NOLOGIN', 'ALTER ROLE "%R" LOGIN',
                 "The hub does not let this box in.", id="locked out"),
    pytest.param("ALTER DATABASE hub SET default_transaction_read_only = on",
                 "SET default_transaction_read_only = off; ALTER DATABASE hub RESET default_transaction_read_only",
                 "The hub takes nothing: its database is read-only.", id="read-only"),
    pytest.param('ALTER ROLE "%R" CONNECTION LIMIT 0', 'ALTER ROLE "%R" CONNECTION LIMIT 8',
                 "The hub is busy.", id="no connection left"),
])
def test_what_is_wrong_is_said_in_words_and_what_was_done_is_sent_later(depot, damage, mend, words):
    depot.damaged(depot.sql(damage), words)
    depot.mended(depot.sql(mend))


def test_a_later_hub_that_has_our_functions_serves(depot):
    depot.box.call("POST", "/sync/pause")
    depot.hub.run("INSERT INTO depotd.hub_version (version, name) VALUES (1000, 'later')")
    depot.box.scan("CAM-4")
    depot.mended(lambda: None)
    depot.hub.run("DELETE FROM depotd.hub_version WHERE version = 1000")


def test_a_hub_without_room_takes_nothing_and_says_so(depot, tmp_path):
    """A tablespace on a disk of a few pages, which is full after some rows."""
    if os.getuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "small", tmp_path]).returncode != 0:
        pytest.skip("no disk of one's own can be had here")
    try:
        (tmp_path / "space").mkdir()
        subprocess.run(["chown", "postgres", tmp_path, tmp_path / "space"], check=True)
        depot.hub.run(f"CREATE TABLESPACE small LOCATION '{tmp_path}/space'")

        def fill():
            depot.hub.run("ALTER TABLE depotd.record SET TABLESPACE small; ALTER TABLE depotd.change SET TABLESPACE small")
            room = os.statvfs(tmp_path)
            (tmp_path / "rest").write_bytes(bytes(room.f_bavail * room.f_frsize))

        # More than fits where there is room left in what the tables have.
        said = depot.damaged(fill, "The hub's disk is full.", scan_count=60)
        assert "No space left on device" in said
        depot.mended((tmp_path / "rest").unlink)
        depot.hub.run("ALTER TABLE depotd.change SET TABLESPACE pg_default; ALTER TABLE depotd.record SET TABLESPACE pg_default; "
                      "DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=True)


def test_a_standby_is_read_only_until_it_is_promoted(depot):
    def become_a_standby():
        depot.hub.stop()
        (depot.hub.data / "standby.signal").touch()
        depot.hub.start()

    depot.damaged(become_a_standby, "The hub takes nothing: its database is read-only.")
    depot.mended(lambda: depot.hub.run("SELECT pg_promote()"))


def test_a_row_that_breaks_a_rule_of_the_hub_is_put_aside_and_named_and_the_rest_goes_on(depot):
    before = depot.box.call("GET", "/sync")["refusedCount"]
    depot.hub.run("ALTER TABLE depotd.change ADD CONSTRAINT no_pink CHECK (body NOT LIKE '%PINK-1%') NOT VALID")
    for code in ("CAM-1", "PINK-1", "CAM-2"):
        depot.box.scan(code)
    standing = depot.mended(lambda: None)
    assert standing["refusedCount"] > before
    assert all("no_pink" in one["reason"] and one["topic"] for one in standing["refused"])
    assert depot.box.call("GET", "/sync/verification")["differences"] == []
    scans = set(depot.hub.ask("SELECT subject FROM depotd.change WHERE topic = 'scans'").split())
    assert depot.box.answered[-1] in scans and depot.box.answered[-3] in scans
    depot.hub.run("ALTER TABLE depotd.change DROP CONSTRAINT no_pink")


def test_what_is_altered_on_the_way_is_refused_and_sent_again(depot):
    def alter():
        depot.line.instead = (b"CAM-3", b"CAM-9")

    depot.damaged(alter, "What arrived at the hub is not what was sent.")
    assert depot.hub.ask("SELECT count(*) FROM depotd.change WHERE body LIKE '%CAM-9%' AND topic = 'scans'") == "0"

    def stop():
        depot.line.instead = None

    depot.mended(stop)
