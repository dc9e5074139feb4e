#!/usr/bin/env python3
"""Depotd beside the floors and peers that ran with it. Prints a table and writes bench.json.

    bench.py DEPOTD STOREBENCH TOOLS EMULATOR HISTORIES [--rounds N] [--out FILE] [--only WORD] [--peers PYTHON]

Everything is measured in turns (floor, daemon, floor, daemon, …) on the same machine, client included, and of each
figure the median over the rounds is stated. Latencies are from when a request was due to when a frame was read.
"""
import argparse
import asyncio
import json
import os
import statistics
import struct
import subprocess
import tempfile
import time

import door
import finding
import importing
import signing
import talking
from box import Depotd, Floor, Load, Nchan, Program, Tools, UWebSockets
from table import Table


def median(values):
    return statistics.median(values)


class Bench:
    def __init__(self, options):
        self.tools = Tools(options.depotd, options.storebench, options.tools, options.emulator)
        self.histories_program, self.history_count = os.path.abspath(options.histories), options.history_count
        self.rounds = options.rounds
        self.peers = options.peers
        self.table = Table("depotd")

    def programs(self):
        more = [Nchan(), UWebSockets(self.peers)] if self.peers else []
        return [Floor(self.tools), Depotd(self.tools), *more]

    def each(self, measure):
        """Runs `measure` for each program in turns. Returns its answers by the program's name."""
        answers = {}
        for _ in range(self.rounds):
            for program in self.programs():
                with program:
                    answers.setdefault(program.name, []).append(measure(Load(self.tools, program)))
        return answers

    def floor_rows(self, group, environment=None):
        """Rows a second in C, and the 99th percentile of its transactions in milliseconds."""
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([self.tools.floor, "rows", f"{folder}/rows.sqlite", "1.5", str(group)],
                                  stdout=subprocess.PIPE, text=True, env=environment, timeout=60)
        return tuple(map(float, done.stdout.split()))

    # 1

    def door(self):
        for pages, bound in ((1, 15), (1000, 30)):
            taken = asyncio.run(self.door_to(pages, 100))
            self.table.at_most(f"last key report to the frame at {pages} page(s), p99", percentile(taken, 0.99), "ms",
                               bound)
            self.table.add(f"last key report to the frame at {pages} page(s), p50", percentile(taken, 0.5), "ms")

    async def door_to(self, pages, count):
        with tempfile.TemporaryDirectory() as data:
            usb = door.Emulator(self.tools.emulator, [
                self.tools.depotd, "demo", "--json", "--data", data, "--listen", "127.0.0.1:0"])
            usb.start_reading()
            usb.send("keyboard reader 1-3 05e0:1200\nplug reader\nstart")
            ready = json.loads((await usb.until("out {"))[4:])
            await usb.until("asked reader")
            screens = Screens(ready)
            holding = Load(self.tools, screens).holding(pages, "--needle", "LAG-", "--arrivals", f"{data}/arrivals")
            idle = {}
            for number in range(10000, 10000 + count):
                usb.send(f"type reader LAG-{number}\\n\nwait-idle reader")
                idle[number] = int((await usb.until("idle reader")).split()[2])
                await asyncio.sleep(0.05)
            holding.communicate(timeout=30)
            await usb.end()
            with open(f"{data}/arrivals", "rb") as file:
                arrivals = list(struct.iter_unpack("qq", file.read()))
        assert len(arrivals) == pages * count, f"{len(arrivals)} of {pages * count} frames came"
        return [(at - idle[number]) / 1e6 for number, at in arrivals if number >= 10010]

    # 2

    def broadcast(self):
        commit_ms = median([self.floor_rows(1)[1] for _ in range(self.rounds)])
        self.table.add("one row on disk in C, p99", commit_ms, "ms")
        for subscribers, rate in ((1000, 20), (5000, 5)):
            # Of some dozen messages the 99th percentile would be the worst one.
            answers = self.each(lambda load: load.broadcast(subscribers, rate, 10))
            p99 = {name: median([run["p99_ms"] for run in runs]) for name, runs in answers.items()}
            p50 = {name: median([run["p50_ms"] for run in runs]) for name, runs in answers.items()}
            words = f"to {subscribers} at {rate}/s"
            for name in p99:
                if name != "depotd":
                    self.table.add(f"broadcast {words}: {name}, p99 (p50 {p50[name]:.1f})", p99[name], "ms")
            ours = p99["depotd"]
            self.table.add(f"broadcast {words}: p50", p50["depotd"], "ms")
            self.table.at_most(f"broadcast {words}: p99", ours, "ms", 1.15 * p99["floor"],
                               f"at most 1.15 x floor = {1.15 * p99['floor']:.1f}")
            if "nchan" in p99:
                self.table.at_most(f"broadcast {words}: p99 beside nchan", ours, "ms", p99["nchan"] + commit_ms,
                                   f"at most nchan + commit = {p99['nchan'] + commit_ms:.1f}")
            lost = sum(run["lost"] + run["doubled"] + run["refused"] for run in answers["depotd"])
            self.table.at_most(f"broadcast {words}: lost or doubled", lost, "frames", 0)

    # 3

    def deliveries(self):
        def most(load):
            best = 0
            for publishers in (8, 16, 32, 64):
                run = load.run("--publishers", publishers, "--seconds", 1.5, *load.program.publishing(),
                               subscribers=100)
                if run["p99_ms"] < 50 and run["lost"] == 0:
                    best = max(best, run["deliveries_per_second"])
            return best

        best = {name: median(runs) for name, runs in self.each(most).items()}
        for name, value in best.items():
            if name != "depotd":
                self.table.add(f"deliveries to 100 subscribers, p99 < 50 ms: {name}", value, "1/s")
        self.table.at_least("deliveries of committed Changes to 100 subscribers, p99 < 50 ms", best["depotd"], "1/s",
                            best.get("nchan", 400_000))

    # 4 and 7

    def memory(self):
        peers = [Depotd(self.tools)] + ([Nchan(), UWebSockets(self.peers)] if self.peers else [])
        for program in peers:
            with program:
                time.sleep(1)
                if program.name == "depotd":
                    self.table.at_most("resident memory at rest", program.memory_kib("VmRSS") / 1024, "MiB", 64)
                before = program.memory_kib()
                holding = Load(self.tools, program).holding(5000)
                time.sleep(1)
                each = (program.memory_kib() - before) / 5000
                holding.communicate(timeout=30)
                if program.name == "depotd":
                    self.table.at_most("memory of an idle connection, of 5,000", each, "KiB", 6, "at most 6, aim 2")
                else:
                    self.table.add(f"memory of an idle connection, of 5,000: {program.name}", each, "KiB")

    # 5 and 8

    def scans(self):
        def store(environment=None):
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run([self.tools.storebench, "scans", folder, str(self.rounds), "1"],
                                      stdout=subprocess.PIPE, text=True, env=environment, timeout=120)
            return json.loads(done.stdout)

        plain = store()
        ratio = median([kept / gone for kept, gone in zip(plain["durable"], plain["rolled_back"])])
        self.table.add("scans decided and rolled back, 64 clients of the Store", median(plain["rolled_back"]), "1/s")
        self.table.add("durable scans, 64 clients of the Store", median(plain["durable"]), "1/s")
        self.table.at_least("durable beside rolled back", ratio, "ratio", 0.5)
        self.table.add("rows in C, 64 to a commit", median([self.floor_rows(64)[0] for _ in range(self.rounds)]), "1/s")
        slow = median(store(self.tools.slow)["durable"])
        single = median([self.floor_rows(1, self.tools.slow)[0] for _ in range(self.rounds)])
        self.table.add("one row per commit in C, each sync 4 ms slower", single, "1/s")
        self.table.at_least("durable scans, each sync 4 ms slower, beside that", slow / single, "ratio", 20)

    def requests(self):
        for words, environment in (("", None), (", each sync 4 ms slower", self.tools.slow)):
            with Depotd(self.tools, environment=environment) as depotd:
                load = Load(self.tools, depotd)
                for name, asking in (("scans", depotd.scanning()), ("PATCH status", depotd.publishing())):
                    runs = [load.run("--publishers", 64, "--seconds", 2, *asking) for _ in range(self.rounds)]
                    assert all(run["refused"] == 0 for run in runs), f"{name} was refused"
                    self.table.add(f"{name} over HTTP, 64 clients{words}",
                                   median([run["answers_per_second"] for run in runs]), "1/s")
                    self.table.add(f"{name} over HTTP, 64 clients{words}: p99",
                                   median([run["answer_p99_ms"] for run in runs]), "ms")

    # 6

    def starting(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([self.tools.storebench, "fill", folder, "100000"], check=True, timeout=120)
            times = []
            for number in range(self.rounds + 1):
                with Depotd(self.tools, folder) as depotd:
                    if number > 0:  # The first start founds the organisation.
                        times.append(depotd.start_ms)
        self.table.at_most("start to ready with 100,000 assets", median(times), "ms", 500)

    # TLS

    def tls(self):
        for kind in ("full", "resumed"):
            answers = [self.handshakes(kind) for _ in range(self.rounds)]
            self.table.add(f"TLS handshakes, {kind}, 4 clients", median([rate for rate, _ in answers]), "1/s")
            self.table.add(f"TLS handshakes, {kind}: the daemon's CPU for one", median([cpu for _, cpu in answers]),
                           "ms")
        runs = {True: [], False: []}
        for _ in range(self.rounds):
            for is_secure in (False, True):
                with Depotd(self.tools, is_secure=is_secure) as depotd:
                    runs[is_secure].append(Load(self.tools, depotd).broadcast(1000, 20, 3))
        plain, secure = (median([run["p99_ms"] for run in runs[is_secure]]) for is_secure in (False, True))
        words = "broadcast to 1,000 at 20/s over WSS"
        self.table.add("broadcast to 1,000 at 20/s, plain, beside the next: p99", plain, "ms")
        self.table.at_most(f"{words}: p99", secure, "ms", 2 * plain, f"at most 2 x plain = {2 * plain:.1f}")
        for is_secure, name in ((False, "plain"), (True, "over WSS")):
            self.table.add(f"broadcast to 1,000 at 20/s, {name}: p50",
                           median([run["p50_ms"] for run in runs[is_secure]]), "ms")
        wrong = sum(run["lost"] + run["doubled"] + run["refused"] for run in runs[True])
        self.table.at_most(f"{words}: lost or doubled", wrong, "frames", 0)
        self.idle_secure()

    def handshakes(self, kind):
        """Handshakes a second of four clients, and what one costs the daemon in milliseconds."""
        with Depotd(self.tools, is_secure=True) as depotd:
            command = Load(self.tools, depotd).command(
                "--secure", depotd.secure_port, "--handshakes", kind, "--seconds", 2)
            before = depotd.cpu_seconds()
            clients = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
            done = [json.loads(client.communicate(timeout=30)[0]) for client in clients]
            spent = depotd.cpu_seconds() - before
        count = sum(one["handshakes"] for one in done)
        if kind == "resumed":
            resumed = sum(one["resumed"] for one in done)
            assert resumed >= count - len(clients), f"only {resumed} of {count} went on from a ticket"
        return count / 2, spent * 1000 / count

    def idle_secure(self):
        with Depotd(self.tools, is_secure=True) as depotd:
            time.sleep(1)
            before = depotd.memory_kib()
            holding = Load(self.tools, depotd).holding(2000)
            time.sleep(1)
            each = (depotd.memory_kib() - before) / 2000
            holding.communicate(timeout=30)
        self.table.add("memory of an idle WSS connection, of 2,000", each, "KiB")

    # The registry

    def importing(self):
        rounds = []
        for _ in range(self.rounds):
            with Depotd(self.tools) as depotd:
                rounds.append(importing.run(depotd))
        for name in ("upload", "check", "export"):
            self.table.add(f"50,000 rows: {name}", median([seconds[name] for seconds, *_ in rounds]), "s")
        self.table.at_most("50,000 rows imported, checked first, 20 scans/s at the door",
                           median([seconds["import"] for seconds, *_ in rounds]), "s", 10)
        quiet = median([percentile(waits, 0.99) for _, waits, _, _ in rounds])
        self.table.add("scan over HTTP at 20/s: p99", quiet, "ms")
        bound = max(1.25 * quiet, quiet + 5)
        self.table.at_most("scan over HTTP at 20/s while 50,000 rows are imported: p99",
                           median([percentile(waits, 0.99) for _, _, waits, _ in rounds]), "ms", bound,
                           f"at most max(1.25 x, 5 ms more) = {bound:.1f}")
        for name in rounds[0][3]:
            self.table.add(f"resident memory {name}, at most", max(memory[name] for *_, memory in rounds), "MiB")

    # Labels

    def labels(self):
        rounds = [json.loads(subprocess.run([self.tools.storebench, "labels"], stdout=subprocess.PIPE, check=True,
                                            timeout=120).stdout) for _ in range(self.rounds)]
        for name, unit, bound, words in (("code_ms", "ms", 1, "QR code as PNG: p95"),
                                         ("label_ms", "ms", 10, "label of 57 x 32 mm in dots at 203 dpi: p95"),
                                         ("sheets_s", "s", 2, "1,000 labels on sheets as PDF")):
            self.table.at_most(words, median([figures[name] for figures in rounds]), unit, bound)

    def signin(self):
        rounds = []
        for _ in range(self.rounds):
            with Depotd(self.tools) as depotd:
                rounds.append(signing.run(depotd))
        for way in ("passphrase", "PIN"):
            waits = [ms for people, _ in rounds for ms in people[way]]
            self.table.add(f"sign-in by {way}, 20 scans/s at the door: p50 of {len(waits)}", median(waits), "ms")
            self.table.at_most(f"sign-in by {way}, 20 scans/s at the door: p95", percentile(waits, 0.95), "ms", 300)
        self.table.add("scan over HTTP at 20/s while people sign in: p99",
                       median([percentile(scans, 0.99) for _, scans in rounds]), "ms")

    def talking(self):
        with tempfile.TemporaryDirectory() as folder:
            talking.fill(self.tools, folder)
            with Depotd(self.tools, folder) as depotd:
                talk = talking.Talk(depotd)
                for name, paths, bound in (("history page of 50", talk.pages(), 5), ("search", talk.searches(), 50)):
                    talk.measure(paths[:50])
                    taken = [ms for _ in range(self.rounds) for ms in talk.measure(paths)]
                    self.table.add(f"{name} over HTTP, 1,000,000 messages: p50", percentile(taken, 0.5), "ms")
                    self.table.at_most(f"{name} over HTTP, 1,000,000 messages: p95", percentile(taken, 0.95), "ms", bound)
                live = [asyncio.run(talk.live(seconds=20, per_second=100)) for _ in range(self.rounds)]
                words = "1,000 people in 50 rooms, 100 messages/s, written to shown"
                self.table.add(f"{words}: p50", median([percentile(taken, 0.5) for taken, _, _ in live]), "ms")
                self.table.at_most(f"{words}: p99", median([percentile(taken, 0.99) for taken, _, _ in live]), "ms", 50)
                self.table.at_most("messages that were answered and are not there, or not shown", max(
                    lost for _, lost, _ in live), "messages", 0)

    def registry(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([self.tools.storebench, "fill", folder, "100000", "--custody", "1000000"], check=True,
                           timeout=600)
            with Depotd(self.tools, folder) as depotd:
                self.finding(finding.Lists(depotd))

    def finding(self, lists):
        words = "100,000 assets, 1,000,000 custody rows"
        for name, paths, bound in (("search", lists.searches(), 20), ("list page", lists.pages(), 10),
                                   ("list page with facets", lists.facets(), None)):
            taken = [ms for _ in range(self.rounds) for ms in lists.measure(paths)]
            self.table.add(f"{name} over HTTP, {words}: p50 of {len(taken)}", percentile(taken, 0.5), "ms")
            if bound:
                self.table.at_most(f"{name} over HTTP, {words}: p95", percentile(taken, 0.95), "ms", bound)
            else:
                self.table.add(f"{name} over HTTP, {words}: p95", percentile(taken, 0.95), "ms")
            self.table.add(f"{name} over HTTP, {words}: slowest", max(taken), "ms")
        beside = lists.beside(lists.facets(), lists.pages())
        self.table.add("list page while facets are counted without pause: p95", percentile(beside, 0.95), "ms")

    # The sync

    def histories(self):
        """The sync's protocol in a world of chance. The program says what happened, and which seeds did not hold."""
        begun = time.monotonic()
        done = subprocess.run([self.histories_program, str(self.history_count)], stdout=subprocess.PIPE, text=True,
                              timeout=7200)
        taken = time.monotonic() - begun
        print(done.stdout, end="")
        words, last = f"{self.history_count:,} histories of the sync", done.stdout.split("\n")[-2]
        failed = 0 if done.returncode == 0 else int(last.split()[0])
        self.table.at_most(f"{words}: did not hold", failed, "histories", 0)
        self.table.add(words, self.history_count / taken, "1/s")

    # The last line

    def trouble(self):
        with Depotd(self.tools) as depotd:
            load = Load(self.tools, depotd)
            calm, stalled = [], []
            for _ in range(self.rounds):
                calm.append(load.broadcast(950, 20, 3, resuming=True)["p99_ms"])
                stalled.append(load.broadcast(1000, 20, 3, "--stalled", 50, resuming=True))
            bound = max(1.25 * median(calm), median(calm) + 5)
            self.table.at_most("5 % of 1,000 screens stalled: p99 of the others",
                               median([run["p99_ms"] for run in stalled]), "ms", bound,
                               f"at most max(1.25 x, 5 ms more) = {bound:.1f}")
            wrong = sum(run["lost"] + run["doubled"] for run in stalled)
            self.table.at_most("5 % of 1,000 screens stalled: lost or doubled", wrong, "frames", 0)
            self.restart(depotd, load)

    def restart(self, depotd, load):
        """1,000 screens come back at once, to the same port, while Changes go on."""
        client = subprocess.Popen(
            load.command("--publishers", 1, "--rate", 20, "--seconds", 6, *depotd.publishing(), subscribers=1000,
                         resuming=True), stdout=subprocess.PIPE, text=True)
        time.sleep(2.5)
        depotd.stop()
        depotd.start()
        ready = time.monotonic()
        run = json.loads(client.communicate(timeout=60)[0])
        self.table.add("1,000 screens come back after a restart: resumed", run["resumed"], "screens", "1,000",
                       run["resumed"] >= 1000)
        self.table.at_most("1,000 screens come back after a restart: the last of them", run["resume_max_ms"], "ms",
                           2000, "at most 2,000, stop and start included")
        self.table.at_most("1,000 screens come back after a restart: lost or doubled",
                           run["lost"] + run["doubled"] + run["resets"], "frames", 0)


class Screens(Program):
    """A daemon that was started elsewhere, as the load client needs it."""

    name = "depotd"

    def __init__(self, ready):
        self.port, self.token = int(ready["url"].rsplit(":", 1)[1]), ready["token"]

    def subscribing(self):
        return ["--socket", "/api/v1/live", "--subscribe", '{"type":"subscribe","topics":["scans"]}'], None


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def main():
    arguments = argparse.ArgumentParser()
    for name in ("depotd", "storebench", "tools", "emulator", "histories"):
        arguments.add_argument(name)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--out", default="bench.json")
    arguments.add_argument("--only", help="one of the parts, such as broadcast")
    arguments.add_argument("--peers", metavar="PYTHON", help="beside nginx with nchan, and PYTHON's socketify")
    arguments.add_argument("--history-count", type=int, default=1_000_000)
    options = arguments.parse_args()
    bench = Bench(options)
    begun, load_before = time.time(), os.getloadavg()[0]
    parts = (bench.door, bench.broadcast, bench.deliveries, bench.memory, bench.scans, bench.requests, bench.starting,
             bench.registry, bench.labels, bench.importing, bench.signin, bench.talking, bench.trouble, bench.tls,
             bench.histories)
    for part in parts:
        if options.only in (None, part.__name__):
            part()
    conditions = {"cores": os.cpu_count(), "load_before": round(load_before, 2), "rounds": options.rounds,
                  "load_after": round(os.getloadavg()[0], 2), "seconds": round(time.time() - begun)}
    print(" · ".join(f"{name} {value}" for name, value in conditions.items()))
    bench.table.write(options.out, conditions)


if __name__ == "__main__":
    main()
