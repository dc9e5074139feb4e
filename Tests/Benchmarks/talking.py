"""A house that talks: pages of a room's history, words looked for, and 1,000 people who hear 100 messages a second. The
sessions are written into the box's file, because signing in a thousand people is not what is measured."""
import asyncio
import base64
import hashlib
import http.client
import json
import os
import random
import sqlite3
import subprocess
import time
import uuid
from urllib.parse import quote

PEOPLE, ROOMS, MESSAGES = 1_000, 50, 1_000_000


def fill(tools, folder):
    subprocess.run([tools.storebench, "talk", folder, str(PEOPLE), str(ROOMS), str(MESSAGES)], check=True, timeout=1_200)
    from box import Depotd
    with Depotd(tools, folder):
        pass  # Founds the organisation and makes box.sqlite.
    store, box = sqlite3.connect(f"{folder}/depot.sqlite"), sqlite3.connect(f"{folder}/box.sqlite")
    now = int(time.time() * 1000)
    for (person,) in store.execute("SELECT person FROM room_member JOIN room ON number = room WHERE room.name LIKE 'Room %'").fetchall():
        box.execute(
            "INSERT INTO session (hash, id, person, role, way, since, seen, expires, address, agent) "
            "VALUES (?, ?, ?, 'crew', 'pin', ?, ?, ?, '', '')",
            (hashlib.sha256(secret(person).encode()).digest(), str(uuid.uuid4()), person, now, now, now + 86_400_000))
    box.commit()
    box.close()
    store.close()


def secret(person):
    return hashlib.sha256(b"bench " + person.encode()).hexdigest()


def new_id():
    digits = f"{int(time.time() * 1000):012x}7{random.getrandbits(12):03x}8{random.getrandbits(60):015x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


class Talk:
    def __init__(self, depotd):
        self.port = depotd.port
        store = sqlite3.connect(f"file:{depotd.folder}/depot.sqlite?mode=ro", uri=True)
        self.members = store.execute(
            "SELECT person, room.id, number FROM room_member JOIN room ON number = room WHERE room.name LIKE 'Room %'").fetchall()
        self.words = [word for (text,) in store.execute("SELECT text FROM message WHERE seq % 20011 = 7") for word in text.split()]
        store.close()
        self.chance = random.Random(7)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def pages(self):
        """Pages before a place anywhere in a room, each of another person."""
        paths = []
        for _ in range(400):
            person, room, _ = self.chance.choice(self.members)
            paths.append((person, f"/api/v1/rooms/{room}/messages?limit=50&before={self.chance.randrange(3_000, MESSAGES)}"))
        return paths

    def searches(self):
        """Beginnings of words, whole words, and two of them, as somebody types."""
        paths = []
        for _ in range(300):
            person, word = self.chance.choice(self.members)[0], self.chance.choice(self.words)
            typed = self.chance.choice([word[:2], word[:3], word, f"{word} {self.chance.choice(self.words)}"])
            paths.append((person, f"/api/v1/messages?q={quote(typed)}"))
        return paths

    def measure(self, paths):
        """Milliseconds of each request."""
        taken = []
        for person, path in paths:
            begun = time.perf_counter()
            self.connection.request("GET", path, headers={"Authorization": f"Bearer {secret(person)}"})
            answer = self.connection.getresponse()
            answer.read()
            assert answer.status == 200, f"{path}: {answer.status}"
            taken.append((time.perf_counter() - begun) * 1000)
        return taken

    # Live

    async def live(self, seconds, per_second):
        """Milliseconds from when a message was due until a screen has it; how many are missing; how many were shown."""
        self.taken, self.due = [], {}
        screens = await asyncio.gather(*(self.open(person) for person, _, _ in self.members))
        hearing = [asyncio.create_task(self.hear(reader)) for reader, _ in screens]
        senders = [await asyncio.open_connection("127.0.0.1", self.port) for _ in range(24)]
        idle = asyncio.Queue()
        for sender in senders:
            idle.put_nowait(sender)
        begun, posts = time.perf_counter() + 1, []
        for number in range(seconds * per_second):
            due = begun + number / per_second
            await asyncio.sleep(max(0, due - time.perf_counter()))
            posts.append(asyncio.create_task(self.post(idle, due, number)))
        answered = sum(await asyncio.gather(*posts))
        await asyncio.sleep(2)
        for task in hearing:
            task.cancel()
        for _, writer in [*screens, *senders]:
            writer.close()
        per_room = {}
        for _, room, _ in self.members:
            per_room[room] = per_room.get(room, 0) + 1
        expected = sum(per_room[room] for _, room in self.due.values())
        return self.taken, expected - len(self.taken) + len(self.due) - answered, len(self.taken)

    async def open(self, person):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write((f"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {secret(person)}\r\n\r\n").encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head.split(b"\r\n")[0], head
        body = b'{"type":"subscribe","topics":["chat"]}'
        writer.write(bytes([0x81, 0x80 | len(body), 0, 0, 0, 0]) + body)
        await reader.readuntil(b'"topics":["chat"]}')
        return reader, writer

    async def hear(self, reader):
        while True:
            first, second = await reader.readexactly(2)
            count = second & 0x7F
            if count == 126:
                count = int.from_bytes(await reader.readexactly(2), "big")
            elif count == 127:
                count = int.from_bytes(await reader.readexactly(8), "big")
            frame = await reader.readexactly(count)
            at = frame.find(b"bench-")
            if first & 0xF == 1 and at >= 0 and b'"posted"' in frame[:200]:
                due, _ = self.due[int(frame[at + 6:at + 14])]
                self.taken.append((time.perf_counter() - due) * 1000)

    async def post(self, idle, due, number):
        person, room, _ = self.chance.choice(self.members)
        self.due[number] = (due, room)
        reader, writer = await idle.get()
        body = json.dumps({"id": new_id(), "text": f"bench-{number:08d} the second camera goes with the next run"}).encode()
        writer.write((f"POST /api/v1/rooms/{room}/messages HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
                      f"Authorization: Bearer {secret(person)}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        await reader.readexactly(length)
        idle.put_nowait((reader, writer))
        return b" 201 " in head.split(b"\r\n")[0]
