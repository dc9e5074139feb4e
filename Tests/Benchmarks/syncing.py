#!/usr/bin/env python3
"""How fast a box's log gets to its hub, beside PostgreSQL's own \\copy and row-by-row inserts in the same run.

    syncing.py DEPOTD [--changes N] [--out FILE]

Starts a PostgreSQL of its own on loopback, makes a log of N Changes, lets the daemon drain it, and then sends real scans
over a line that counts bytes. Everything runs on one machine, the hub included.
"""
import argparse
import asyncio
import csv
import glob
import hashlib
import json
import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import urllib.request


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Postgres:
    """A cluster in a temporary folder; syncs to disk like any other."""

    def __init__(self, folder):
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))[-1]
        self.folder, self.port = folder + "/postgres", free_port()
        os.mkdir(self.folder)
        self.user = {}
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chmod(folder, 0o755)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        data = self.folder + "/data"
        subprocess.run([f"{self.bin}/initdb", "-D", data, "-U", "boss", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"],
                       check=True, stdout=subprocess.DEVNULL, **self.user)
        self.process = subprocess.Popen(
            [f"{self.bin}/postgres", "-D", data, "-k", self.folder, "-p", str(self.port),
             "-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.user)
        for _ in range(100):
            if self.run("SELECT 1", database="postgres", check=False).returncode == 0:
                break
            time.sleep(0.1)
        self.run("CREATE DATABASE hub", database="postgres")

    def url(self, role="boss", port=None):
        return f"postgresql://{role}@127.0.0.1:{port or self.port}/hub"

    def run(self, sql, database="hub", check=True):
        return subprocess.run([f"{self.bin}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d",
                               f"postgresql://boss@127.0.0.1:{self.port}/{database}"], input=sql, text=True,
                              check=check, capture_output=True)

    def ask(self, sql):
        return self.run(sql).stdout.strip()

    def end(self):
        self.process.send_signal(2)
        self.process.wait()


class CountingLine(threading.Thread):
    """A line to the hub that counts what goes to it, in bytes of TCP's contents."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.target, self.sent, self.port = target, 0, free_port()
        self.start()

    def run(self):
        asyncio.run(self.serve())

    async def serve(self):
        server = await asyncio.start_server(self.forward, "127.0.0.1", self.port)
        await server.serve_forever()

    async def forward(self, reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)

        async def pump(source, sink, counts):
            while data := await source.read(65536):
                self.sent += len(data) if counts else 0
                sink.write(data)
                await sink.drain()
            sink.close()
        await asyncio.gather(pump(reader, far_writer, True), pump(far_reader, writer, False), return_exceptions=True)


class Box:
    """The daemon with a demo depot."""

    def __init__(self, depotd, folder, flags=()):
        self.process = subprocess.Popen(
            [depotd, "demo", "--data", folder, "--listen", "127.0.0.1:0", "--json", "--set", "readers.enabled=false",
             *[part for flag in flags for part in ("--set", flag)]],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        ready = json.loads(self.process.stdout.readline())
        self.url, self.token = ready["url"], ready["token"]

    def ask(self, path, body=None, **headers):
        request = urllib.request.Request(self.url + path, data=json.dumps(body).encode() if body else None, headers={
            "Authorization": f"Bearer {self.token}", **{name.replace("_", "-"): value for name, value in headers.items()}})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def drain(self):
        while True:
            standing = self.ask("/api/v1/sync")
            if standing["backlog"] == 0 and standing["state"] == "idle":
                return standing
            time.sleep(0.02)

    def end(self):
        self.process.terminate()
        self.process.wait()


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


def copied(postgres, path, folder):
    """Seconds of \\copy of the same rows into a table like the hub's, and of adding the same up."""
    rows = sqlite3.connect(path).execute(
        "SELECT 'bench', node, epoch, n, n, '\\\\x00', hlc, boot, monotonic, actor, device, address, topic, kind, subject, body, "
        "'\\x' || hex(hash), printf('%016x%010x', hlc, n), '2026-01-01' FROM change ORDER BY n")
    with open(folder + "/rows.csv", "w", newline="") as file:
        csv.writer(file).writerows([["" if value is None else value for value in row] for row in rows])
    os.chmod(folder + "/rows.csv", 0o644)
    postgres.run("INSERT INTO depotd.tenant VALUES ('bench', 'bench', 'e', 0)")
    started = time.monotonic()
    postgres.run(f"\\copy depotd.change from '{folder}/rows.csv' with csv\nSELECT depotd.add_up('bench', 0, 1000000000);")
    return time.monotonic() - started


def inserted(postgres, path, count):
    """Rows a second when each is an insert and a commit of its own."""
    rows = sqlite3.connect(path).execute("SELECT n, body, hex(hash), subject FROM change ORDER BY n LIMIT ?", (count,))
    postgres.run("INSERT INTO depotd.tenant VALUES ('single', 'single', 'e', 0)")
    script = "\n".join(
        "INSERT INTO depotd.change VALUES ('single', 'a', 'e', %d, %d, '', 0, '', 0, NULL, NULL, NULL, 'assets', 'custody', '%s', "
        "$b$%s$b$, '\\x%s', '', now()); SELECT depotd.add_up('single', %d, %d);" % (n, n, subject, body, digest, n - 1, n)
        for n, body, digest, subject in rows)
    started = time.monotonic()
    postgres.run(script)
    return count / (time.monotonic() - started)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("depotd")
    parser.add_argument("--changes", type=int, default=200_000)
    parser.add_argument("--out")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="depotd-syncing-")
    figures = {}
    postgres = Postgres(folder)
    try:
        hub = [options.depotd, "hub"]
        subprocess.run([*hub, "install", "--url", postgres.url()], check=True, stdout=subprocess.DEVNULL)
        made = subprocess.run([*hub, "depot", "Hall", "--organisation", "north", "--url", postgres.url()], check=True,
                              capture_output=True, text=True).stdout
        role = made.split()[1]
        Box(options.depotd, folder + "/box").end()
        fill(folder + "/box/depot.sqlite", options.changes)
        line = CountingLine(postgres.port)
        started = time.monotonic()
        box = Box(options.depotd, folder + "/box", [f"upstream.url={postgres.url(role)}"])
        standing = box.drain()
        took = time.monotonic() - started
        total = int(postgres.ask("SELECT count(*) FROM depotd.change"))
        figures["changes drained a second"] = total / took
        box.end()
        figures["changes a second by \\copy and the same adding up"] = total / copied(
            postgres, folder + "/box/depot.sqlite", folder)
        figures["part of that"] = (figures["changes drained a second"]
                                   / figures["changes a second by \\copy and the same adding up"])
        figures["rows a second, one by one"] = inserted(postgres, folder + "/box/depot.sqlite", 2_000)
        figures["times that"] = figures["changes drained a second"] / figures["rows a second, one by one"]
        box = Box(options.depotd, folder + "/box", [f"upstream.url={postgres.url(role, line.port)}"])
        box.drain()
        box.ask("/api/v1/scans", {"code": "BADGE-ANA"}, Idempotency_Key="badge")
        box.drain()
        before, sent = line.sent, box.ask("/api/v1/sync")["sentChanges"]
        for index in range(40):
            box.ask("/api/v1/scans", {"code": f"CAM-{index % 8 + 1}"}, Idempotency_Key=str(index))
        standing = box.drain()
        figures["changes of 40 scans"] = standing["sentChanges"] - sent
        figures["bytes to the hub for one scan"] = (line.sent - before) / 40
        figures["bytes to the hub for one change"] = (line.sent - before) / (standing["sentChanges"] - sent)
        box.end()
    finally:
        postgres.end()
        shutil.rmtree(folder, ignore_errors=True)
    for name, value in figures.items():
        print(f"{name:<60} {value:>12,.2f}")
    if options.out:
        with open(options.out, "w") as file:
            json.dump(figures, file, indent=1)


if __name__ == "__main__":
    main()
