#!/usr/bin/env python3
"""How fast a box's log gets to its hub, beside PostgreSQL's own \\copy and row-by-row inserts in the same run.

    syncing.py DEPOTD [--changes N] [--only door|drain|link] [--out FILE]

`door`: what a scan waits while a log is drained. `drain`: a log of N Changes, drained over loopback. `link`: scans in bytes;
box and hub in networks of their own (Tests/Network/lines.py; needs root), with 256 kb/s and 600 ms there and back, without
loss and with 5 %, beside a plain TCP copy over the same line. Everything runs on one machine, the hub included.
"""
import argparse
import csv
import json
import os
import shutil
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "Network"))
from depot import Box, Here, fill  # noqa: E402
from lines import Lines, Place, can_be_had  # noqa: E402
from postgres import Hub  # noqa: E402

from importing import Scanning  # noqa: E402
from table import Table  # noqa: E402

# More than are drained while the door is measured.
DOOR_CHANGES = 500_000
SETTINGS = ["shared_buffers=256MB", "max_wal_size=4GB"]


class Office:
    """A box as importing.py's door needs it: with a key that is never throttled."""

    def __init__(self, box):
        self.box, self.port = box, int(box.url.rsplit(":", 1)[1])
        wanted = {"name": f"bench {time.time()}", "scopes": ["read", "write", "manage", "door", "export"]}
        self.token = box.call("POST", "/keys", wanted)["secret"]

    def get(self, path):
        return json.dumps(self.box.call("GET", path.removeprefix("/api/v1"))).encode()

    @property
    def gear(self):
        return [item for item in self.box.call("GET", "/assets?limit=200")["items"] if item["condition"] == "fit"]


def scans_for(box, seconds):
    """The 99th percentile of what a scan waits, in milliseconds, at 20 a second."""
    door = Scanning(Office(box))
    door.start()
    time.sleep(seconds)
    waits = door.over()
    return waits[int(len(waits) * 0.99)]


def copied(hub, path, folder):
    """Seconds of \\copy of the same rows into a table like the hub's, and of adding the same up."""
    rows = sqlite3.connect(path).execute(
        "SELECT 'bench', node, epoch, n, n, '\\x00', hlc, boot, monotonic, actor, device, address, topic, kind, subject, "
        "body, '\\x' || hex(hash), printf('%016x%010x', hlc, n), '2026-01-01' FROM change ORDER BY n")
    with open(folder / "rows.csv", "w", newline="") as file:
        csv.writer(file).writerows(["" if value is None else value for value in row] for row in rows)
    os.chmod(folder / "rows.csv", 0o644)
    # Whose rows one sees follows from the role; without it nothing would be added up.
    hub.run("INSERT INTO depotd.tenant VALUES ('bench', 'bench', 'e', 0); "
            "INSERT INTO depotd.member (role, tenant, kind) VALUES ('boss', 'bench', 'office')")
    started = time.monotonic()
    last = hub.run(f"\\copy depotd.change from '{folder}/rows.csv' with csv\n"
                   "SELECT max(pos) FROM depotd.change WHERE tenant = 'bench';").stdout.strip()
    # As much at a time as the box sends.
    hub.run("".join(f"SELECT depotd.add_up('bench', {after}, {after + 10_000});" for after in range(0, int(last), 10_000)))
    return time.monotonic() - started


def inserted(hub, path, count):
    """Rows a second when each is an insert and a commit of its own."""
    rows = sqlite3.connect(path).execute(
        "SELECT n, body, hex(hash), subject, printf('%016x%010x', hlc, n) FROM change "
        "WHERE topic = 'assets' AND kind = 'custody' ORDER BY n LIMIT ?", (count,))
    hub.run("INSERT INTO depotd.tenant VALUES ('single', 'single', 'e', 0); "
            "UPDATE depotd.member SET tenant = 'single' WHERE role = 'boss'")
    script = "\n".join(
        "BEGIN; INSERT INTO depotd.change VALUES ('single', 'a', 'e', %d, %d, '', 0, '', 0, NULL, NULL, NULL, 'assets', "
        "'custody', '%s', $b$%s$b$, '\\x%s', '%s', now()); SELECT depotd.add_up('single', %d, %d); COMMIT;"
        % (n, n, subject, body, digest, stamp, n - 1, n) for n, body, digest, subject, stamp in rows)
    started = time.monotonic()
    hub.run(script)
    return count / (time.monotonic() - started)


def drain(depotd, folder, table, change_count):
    hub = Hub(folder / "postgres", depotd, settings=SETTINGS)
    try:
        settings = hub.admit("Hall", folder)
        Box(depotd, folder / "box", Here, []).stop()
        file = folder / "box/depot.sqlite"
        fill(file, change_count)
        paused(file)
        box = Box(depotd, folder / "box", Here, settings)
        memory, started = resident(box), time.monotonic()
        box.wake()
        backlog = box.call("GET", "/sync")["backlog"]
        box.drain(3600)
        rate, total = backlog / (time.monotonic() - started), int(hub.ask("SELECT count(*) FROM depotd.change"))
        assert hub.ask("SELECT count(*) FROM depotd.quarantine") == "0"
        table.add("changes drained", total, "changes", f"{change_count:,}", total >= change_count)
        table.add("changes drained a second, nobody at the door", rate, "1/s")
        table.add("resident memory more while it is drained, at most", resident(box, "VmHWM") - memory, "MiB")
        box.stop()
        copy = total / copied(hub, file, folder)
        table.add("changes a second by \\copy and the same adding up", copy, "1/s")
        table.at_least("drained beside that", rate / copy, "ratio", 0.5)
        single = inserted(hub, file, 2_000)
        table.add("rows a second, one by one", single, "1/s")
        table.at_least("drained beside that, one by one", rate / single, "ratio", 20)
    finally:
        hub.stop()


def beside_the_door(depotd, folder, table):
    """What a scan waits while a log is drained. The hub stands for a machine of its own: it has a disk of its own, in memory,
    and a core of its own. Box and client have the others, on two cores one."""
    *ours, last = sorted(os.sched_getaffinity(0))
    place = Path(tempfile.mkdtemp(prefix="depotd-hub-", dir="/dev/shm"))
    place.chmod(0o755)
    hub = Hub(place / "postgres", depotd, settings=SETTINGS)
    try:
        settings = hub.admit("Door", folder)
        Box(depotd, folder / "doorbox", Here, []).stop()
        fill(folder / "doorbox/depot.sqlite", DOOR_CHANGES)
        paused(folder / "doorbox/depot.sqlite")
        hub.stop()
        hub.prefix = ["taskset", "--cpu-list", str(last)]
        hub.start()
        os.sched_setaffinity(0, ours)
        box = Box(depotd, folder / "doorbox", Here, settings)
        quiet = scans_for(box, 20)
        box.wake()
        busy = scans_for(box, 20)
        assert box.call("GET", "/sync")["backlog"] > 0, "it was drained before the door was measured"
        box.stop()
    finally:
        os.sched_setaffinity(0, [*ours, last])
        hub.stop()
        shutil.rmtree(place, ignore_errors=True)
    bound = max(1.25 * quiet, quiet + 5)
    table.add("scan over HTTP at 20/s: p99, 20 s", quiet, "ms")
    table.at_most("scan over HTTP at 20/s while the log is drained: p99, 20 s", busy, "ms", bound,
                  f"at most max(1.25 x, 5 ms more) = {bound:.1f}")


def paused(file):
    with sqlite3.connect(file) as store:
        store.execute("UPDATE upstream SET paused = 1")
    store.close()


def resident(box, field="VmRSS"):
    with open(f"/proc/{box.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field)) / 1024


def plain(place, there, byte_count):
    """Seconds that a plain TCP copy takes from one place to another."""
    done = threading.Event()

    def take():
        with there.inside():
            listening = socket.create_server((there.address, 9))
            done.set()
        with listening, listening.accept()[0] as line:
            while line.recv(65536):
                pass
            line.sendall(b".")

    taking = threading.Thread(target=take)
    taking.start()
    done.wait()
    started = time.monotonic()
    with place.inside():
        line = socket.create_connection((there.address, 9))
    line.sendall(bytes(byte_count))
    line.shutdown(socket.SHUT_WR)
    line.recv(1)
    took = time.monotonic() - started
    taking.join()
    line.close()
    return took


def link(depotd, folder, table, seconds):
    """Of a line of 256 kb/s, how much is used; before that a few scans are counted in bytes."""
    there, here = Place(1), Place(2)
    lines, rate = Lines([there, here]), 256_000
    hub = Hub(folder / "far", depotd, there, settings=SETTINGS)
    try:
        box = Box(depotd, folder / "farbox", here, hub.admit("Yard", folder))
        box.drain()
        lane = lines.lane(here, there)
        scans(box, lane, table, "scans, each sent by itself", False)
        scans(box, lane, table, "scans, sent together", True)
        for loss in (0, 0.05):
            box.call("POST", "/sync/pause")
            box.stop()
            fill(box.file, 40_000)
            lines.say(there, here, delay=0.3, rate=rate, loss=loss)
            box.start()
            box.wake()
            use_of_line(box, lines, (here, there), table, f"256 kb/s, 600 ms, {loss:.0%} loss", rate, loss, seconds)
            lines.say(there, here)
            box.start()
        box.stop()
    finally:
        hub.stop()
        lines.close()


def scans(box, lane, table, name, is_together, count=200):
    if is_together:
        box.call("POST", "/sync/pause")
    before, sent = lane.byte_count, box.call("GET", "/sync")["sentChanges"]
    for index in range(count):
        box.scan(f"CAM-{index % 8 + 1}")
    if is_together:
        box.wake()
    standing = box.drain()
    byte_count, changes = lane.byte_count - before, standing["sentChanges"] - sent
    table.add(f"{name}: bytes to the hub for one, headers included", byte_count / count, "bytes")
    table.add(f"{name}: bytes to the hub for one change of theirs", byte_count / changes, "bytes")


def use_of_line(box, lines, ends, table, name, rate, loss, seconds):
    lane = lines.lane(*ends)
    before = lane.byte_count
    # Until a batch is as large as it gets.
    while lane.byte_count - before < 700_000:
        time.sleep(0.05)
    before, backlog, started = lane.byte_count, box.call("GET", "/sync")["backlog"], time.monotonic()
    time.sleep(seconds)
    took, byte_count = time.monotonic() - started, lane.byte_count - before
    table.add(f"{name}: changes a second", (backlog - box.call("GET", "/sync")["backlog"]) / took, "1/s")
    use = byte_count * 8 / took / rate
    if loss:
        table.add(f"{name}: part of the line that is used", use, "ratio")
    else:
        table.at_least(f"{name}: part of the line that is used", use, "ratio", 0.85)
    box.call("POST", "/sync/pause")
    box.stop()
    before = lane.byte_count
    took_plain = plain(*ends, max(50_000, int(byte_count * 0.9)))
    share = (byte_count / took) / ((lane.byte_count - before) / took_plain)
    if loss:
        table.at_least(f"{name}: beside a plain TCP copy", share, "ratio", 0.9)
    else:
        table.add(f"{name}: beside a plain TCP copy", share, "ratio")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("depotd")
    parser.add_argument("--changes", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=90, help="how long each line is looked at")
    parser.add_argument("--only", choices=["door", "drain", "link"])
    parser.add_argument("--out", default="bench.json")
    options = parser.parse_args()
    folder, table = Path(tempfile.mkdtemp(prefix="depotd-syncing-")), Table("sync")
    begun, load_before = time.time(), os.getloadavg()[0]
    try:
        if options.only in (None, "door"):
            beside_the_door(options.depotd, folder, table)
        if options.only in (None, "drain"):
            drain(options.depotd, folder, table, options.changes)
        if options.only in (None, "link") and can_be_had():
            link(options.depotd, folder, table, options.seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    conditions = {"cores": os.cpu_count(), "load_before": round(load_before, 2), "rounds": 1,
                  "load_after": round(os.getloadavg()[0], 2), "seconds": round(time.time() - begun)}
    print(" · ".join(f"{name} {value}" for name, value in conditions.items()))
    table.write(options.out, conditions)


if __name__ == "__main__":
    main()
