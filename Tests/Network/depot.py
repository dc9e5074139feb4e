"""A real depotd in a place of its own, and what it was answered."""

import contextlib
import hashlib
import json
import sqlite3
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path


class Here:
    """This machine's own network, as a place (lines.py)."""

    prefix = []
    inside = contextlib.nullcontext


def until(condition, seconds=20):
    """Waits until it holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)


class Box:
    """A daemon with a demo depot; `settings` are the hub's (postgres.py)."""

    def __init__(self, depotd, folder, place, settings, environment=None):
        self.depotd, self.folder, self.place, self.settings = str(depotd), Path(folder), place, settings
        self.environment = environment
        self.process, self.answered = None, []
        self.start()

    @property
    def file(self):
        return self.folder / "depot.sqlite"

    def start(self):
        self.process = subprocess.Popen(
            [*self.place.prefix, self.depotd, "demo", "--data", self.folder, "--listen", "127.0.0.1:0", "--json",
             *[part for one in ["readers.enabled=false", *self.settings] for part in ("--set", one)]],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=self.environment)
        self.url = json.loads(self.process.stdout.readline())["url"].rstrip("/")
        self.token = json.loads((self.folder / "local-access.json").read_text())["adminToken"]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def call(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json",
                   "Idempotency-Key": str(uuid.uuid4())}
        data = json.dumps(body or {}).encode() if method != "GET" else None
        request = urllib.request.Request(f"{self.url}/api/v1{path}", method=method, data=data, headers=headers)
        with self.place.inside(), urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def scan(self, code):
        """Remembers what was answered: that must not get lost any more."""
        self.answered.append(self.call("POST", "/scans", {"code": code})["id"])

    def scan_at(self, door, code):
        """The demo depot's doors: 0 for both ways, 1 for the way out, 2 for the way in."""
        return self.call("POST", "/scans", {"code": code, "door": self.call("GET", "/doors")["items"][door]["id"]})

    def wake(self):
        self.call("POST", "/sync/resume")

    def meet_again(self):
        """Over a new connection: both sides say where they stand."""
        self.call("POST", "/sync/pause")
        self.wake()
        self.drain()

    def command(self, name, *words):
        subprocess.run([*self.place.prefix, self.depotd, name, *words, "--data", self.folder], check=True,
                       capture_output=True, env=self.environment)

    def trouble(self, words, seconds=30):
        """Waits until the sync's page says what is wrong in these words. Returns all that it says."""
        end = time.monotonic() + seconds
        while True:
            said = self.call("GET", "/sync")["trouble"]
            if said and words in said:
                return said
            assert time.monotonic() < end, said
            time.sleep(0.05)

    def drain(self, seconds=120):
        """Waits until the hub has all and has said all."""
        end = time.monotonic() + seconds
        while True:
            standing = self.call("GET", "/sync")
            if standing["backlog"] == 0 and standing["state"] == "idle":
                return standing
            assert time.monotonic() < end, standing
            time.sleep(0.05)

    def rows(self, sql):
        with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True) as store:
            return store.execute(sql).fetchall()


def fill(path, count):
    """Appends Changes to a depot's file as its writer does: movements of gear, some 400 bytes each."""
    store = sqlite3.connect(path)
    node, epoch, hlc = store.execute("SELECT node, epoch, hlc FROM node").fetchone()
    seq, n = store.execute("SELECT max(seq), max(n) FROM change").fetchone()
    assets = [row[0] for row in store.execute(
        "SELECT body FROM change WHERE topic = 'assets' AND kind = 'custody' ORDER BY seq")]
    subjects = [json.loads(body)["id"] for body in assets]
    for index in range(count):
        seq, n, hlc = seq + 1, n + 1, hlc + 1
        body, subject = assets[index % len(assets)], subjects[index % len(assets)]
        header = "\n".join([node, epoch, str(n), str(hlc), "", "", "assets", "custody", subject])
        digest = hashlib.sha256(header.encode() + b"\n" + body.encode()).digest()
        store.execute("INSERT INTO change (seq, epoch, node, n, hlc, boot, monotonic, topic, kind, subject, body, hash) "
                      "VALUES (?, ?, ?, ?, ?, 'bench', ?, 'assets', 'custody', ?, ?, ?)",
                      (seq, epoch, node, n, hlc, index, subject, body, digest))
    store.execute("UPDATE node SET hlc = ?", (hlc,))
    store.commit()
    store.close()


class Work(threading.Thread):
    """Somebody at a door who scans without a pause, whatever happens to the box."""

    def __init__(self, box):
        super().__init__(daemon=True)
        self.box, self.is_over, self.count = box, False, 0
        self.start()

    def run(self):
        while not self.is_over:
            self.count += 1
            try:
                self.box.scan("BADGE-ANA" if self.count % 9 == 1 else f"CAM-{self.count % 8 + 1}")
            except (OSError, ValueError):
                # Killed: what was not answered need not be there.
                pass
            time.sleep(0.05)

    def end(self):
        self.is_over = True
        self.join()
