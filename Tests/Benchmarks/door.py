#!/usr/bin/env python3
"""What the README states about the door, measured on this machine: from the last key report of an emulated USB reader
to the frame at a screen, with every scan on disk first; memory at rest; start to ready.

    door.py DEPOTD EMULATOR [--scans N]

The daemon is the one given, unmodified, under real libusb. The reader types at an unlimited report rate, so the figure
is the box's share: a real reader adds 1 to 8 ms a report. The clock is CLOCK_MONOTONIC on both sides.
"""
import argparse
import asyncio
import json
import os
import statistics
import subprocess
import tempfile
import threading
import time


class Emulator:
    """The daemon under emulated USB, spoken to by lines."""

    def __init__(self, emulator, program):
        self.process = subprocess.Popen(
            ["umockdev-wrapper", emulator, "--", *program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            bufsize=1, stderr=subprocess.DEVNULL)
        self.lines, self.unread = asyncio.Queue(), []

    def start_reading(self):
        loop = asyncio.get_running_loop()

        def pump():
            for line in self.process.stdout:
                loop.call_soon_threadsafe(self.lines.put_nowait, line.rstrip("\n"))

        threading.Thread(target=pump, daemon=True).start()

    def send(self, command):
        self.process.stdin.write(command + "\n")

    async def until(self, prefix):
        """The first line that begins so and was not given yet; a reader may be asked before the daemon says that it is ready."""
        while True:
            for place, line in enumerate(self.unread):
                if line.startswith(prefix):
                    return self.unread.pop(place)
            self.unread.append(await asyncio.wait_for(self.lines.get(), 30))

    async def end(self):
        self.send("kill 15")
        await self.until("ended")
        self.send("quit")
        self.process.wait(timeout=30)


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def scans(depotd, emulator, count):
    """Milliseconds from the last report taken by the daemon to the frame at the screen, one for each scan."""
    import websockets

    with tempfile.TemporaryDirectory() as data:
        usb = Emulator(emulator, [depotd, "demo", "--json", "--data", data, "--listen", "127.0.0.1:0"])
        usb.start_reading()
        usb.send("keyboard reader 1-3 05e0:1200")
        usb.send("plug reader")
        usb.send("start")
        ready = json.loads((await usb.until("out {"))[4:])
        await usb.until("asked reader")
        headers = {"Authorization": f"Bearer {ready['token']}"}
        url = ready["url"].replace("http", "ws") + "/api/v1/live"
        async with websockets.connect(url, additional_headers=headers, compression=None) as screen:
            await screen.send(json.dumps({"type": "subscribe", "topics": ["scans"]}))
            await screen.recv()
            taken = []
            for number in range(count):
                usb.send(f"type reader LAG-{number:05}\\n")
                usb.send("wait-idle reader")
                while True:
                    frame = json.loads(await asyncio.wait_for(screen.recv(), 30))
                    shown = time.monotonic_ns()
                    if frame["type"] == "change":
                        break
                idle = (await usb.until("idle reader")).split()
                taken.append((shown - int(idle[2])) / 1e6)
        await usb.end()
        return taken


def starts(depotd, rounds):
    """Milliseconds from exec to the first answer, and KiB resident a second after, for a folder that exists."""
    times, memory = [], []
    with tempfile.TemporaryDirectory() as data:
        for number in range(rounds + 1):
            begun = time.monotonic()
            process = subprocess.Popen(
                [depotd, "demo", "--json", "--data", data, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL)
            process.stdout.readline()
            if number > 0:  # The first start fills the demo depot.
                times.append((time.monotonic() - begun) * 1000)
            time.sleep(1)
            memory.append(resident_kib(process.pid))
            process.terminate()
            process.wait(timeout=30)
    return times, memory[1:]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("depotd")
    arguments.add_argument("emulator")
    arguments.add_argument("--scans", type=int, default=300)
    options = arguments.parse_args()
    depotd, emulator = os.path.abspath(options.depotd), os.path.abspath(options.emulator)
    taken = asyncio.run(scans(depotd, emulator, options.scans))[20:]
    times, memory = starts(depotd, 5)
    print(f"last key report to frame, {len(taken)} scans: p50 {statistics.median(taken):.2f} ms, "
          f"p99 {percentile(taken, 0.99):.2f} ms")
    print(f"start to ready, median of {len(times)}: {statistics.median(times):.0f} ms")
    print(f"memory at rest, median of {len(memory)}: {statistics.median(memory) / 1024:.1f} MiB")


if __name__ == "__main__":
    main()
