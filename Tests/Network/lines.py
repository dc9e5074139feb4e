"""Places with a network each, and the lines between them: a forwarder over TUN devices that delays, limits, loses and
doubles packets, or lets nothing through. Needs root.

A packet is forwarded by its destination alone. What a line does to it is said for one pair of places and holds for both
directions; a line that nothing is said of is a perfect one.
"""

import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import selectors
import socket
import struct
import subprocess
import threading
import time
from dataclasses import dataclass

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
QUEUE_BYTES = 64 * 1024


def can_be_had():
    """Whether this machine lets us make networks and TUN devices."""
    return (os.getuid() == 0 and os.path.exists("/dev/net/tun")
            and subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode == 0)


@dataclass
class Weather:
    """What a line does. `rate` is in bits a second, `delay` in seconds one way, the others are shares of the packets."""

    delay: float = 0
    rate: float = 0
    loss: float = 0
    double: float = 0
    is_dead: bool = False


@dataclass
class Lane:
    """One direction of a line."""

    free_at: float = 0
    byte_count: int = 0
    lost: int = 0


class Place:
    """A network namespace with one address, 10.77.0.N."""

    def __init__(self, number):
        self.address, self.name = f"10.77.0.{number}", f"depotd-{os.getpid()}-{number}"
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        with self.inside():
            self.tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            fcntl.ioctl(self.tun, TUNSETIFF, struct.pack("16sH", b"line", IFF_TUN | IFF_NO_PI))
        for words in (["addr", "add", f"{self.address}/24", "dev", "line"], ["link", "set", "line", "up"],
                      ["link", "set", "lo", "up"]):
            subprocess.run(["ip", "-n", self.name, *words], check=True)

    @property
    def prefix(self):
        """Starts a program here."""
        return ["ip", "netns", "exec", self.name]

    @contextlib.contextmanager
    def inside(self):
        """Sockets that this thread makes are made here."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            if LIBC.setns(there, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            yield
        finally:
            LIBC.setns(home, CLONE_NEWNET)
            os.close(home)
            os.close(there)

    def close(self):
        os.close(self.tun)
        subprocess.run(["ip", "netns", "del", self.name], check=True)


class Lines(threading.Thread):
    """Forwards between places until it is closed."""

    def __init__(self, places, seed=1):
        super().__init__(daemon=True)
        self.places = {socket.inet_aton(place.address): place for place in places}
        self.chance, self.weather, self.lanes, self.deaf = random.Random(seed), {}, {}, set()
        self.waiting, self.count, self.is_over = [], 0, False
        self.start()

    def say(self, one, other, **weather):
        """From now on; without words the line is perfect again."""
        pair = frozenset((one.address, other.address))
        self.weather[pair] = Weather(**weather)

    def deafen(self, one, other, is_deaf=True):
        """Nothing that `one` says comes to `other` any more, or it does again."""
        (self.deaf.add if is_deaf else self.deaf.discard)((one.address, other.address))

    def lane(self, one, other):
        return self.lanes.setdefault((one.address, other.address), Lane())

    def run(self):
        selector = selectors.DefaultSelector()
        for place in self.places.values():
            selector.register(place.tun, selectors.EVENT_READ, place)
        while not self.is_over:
            now = time.monotonic()
            while self.waiting and self.waiting[0][0] <= now:
                _, _, place, packet = heapq.heappop(self.waiting)
                self.hand_over(place, packet)
            rest = min(0.1, self.waiting[0][0] - now) if self.waiting else 0.1
            for key, _ in selector.select(max(0, rest)):
                self.take(key.data)

    def take(self, place):
        for _ in range(64):
            try:
                packet = os.read(place.tun, 65536)
            except (BlockingIOError, OSError):
                return
            there = self.places.get(packet[16:20]) if packet[0] >> 4 == 4 else None
            if there:
                self.send(place, there, packet)

    def send(self, one, other, packet):
        weather = self.weather.get(frozenset((one.address, other.address)), Weather())
        lane, now = self.lane(one, other), time.monotonic()
        ahead = max(0, lane.free_at - now) * weather.rate / 8
        if (one.address, other.address) in self.deaf or weather.is_dead or self.chance.random() < weather.loss or (weather.rate and ahead > QUEUE_BYTES):
            lane.lost += 1
            return
        if weather.rate:
            lane.free_at = max(lane.free_at, now) + len(packet) * 8 / weather.rate
        arrival = (lane.free_at if weather.rate else now) + weather.delay
        for _ in range(2 if self.chance.random() < weather.double else 1):
            lane.byte_count += len(packet)
            self.count += 1
            heapq.heappush(self.waiting, (arrival, self.count, other, packet))

    @staticmethod
    def hand_over(place, packet):
        with contextlib.suppress(OSError):
            os.write(place.tun, packet)

    def close(self):
        self.is_over = True
        self.join()
        for place in self.places.values():
            place.close()
