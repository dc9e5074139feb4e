"""A ZPL printer for the tests: it takes labels on a port, answers how it is, and misbehaves when it is told to."""

import socket
import threading

import pytest

COME_SECONDS = 30


class Zebra:
    def __init__(self):
        self.labels, self.is_paper_out, self.breaks_after = [], False, None
        self.came = threading.Condition()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        pending = b""
        with connection:
            while data := connection.recv(65536):
                pending += data
                while True:
                    if pending.startswith(b"~HS\r\n"):
                        pending = pending[5:]
                        paper = 1 if self.is_paper_out else 0
                        connection.sendall(
                            f"\x02030,{paper},0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n"
                            "\x021234,0\x03\r\n".encode())
                    elif self.breaks_after is not None and len(pending) >= self.breaks_after:
                        return
                    elif b"^XZ" in pending:
                        label, pending = pending.split(b"^XZ", 1)
                        with self.came:
                            self.labels.append(label)
                            self.came.notify_all()
                        pending = pending.lstrip(b"\n")
                    else:
                        break

    def has(self, count):
        """Whether so many labels came out, and no more."""
        with self.came:
            self.came.wait_for(lambda: len(self.labels) >= count, COME_SECONDS)
            return len(self.labels) == count


@pytest.fixture
def zebra(daemon):
    zebra = Zebra()
    made = daemon.call("POST", "/printers", {"name": f"Zebra {zebra.port}", "address": f"socket://127.0.0.1:{zebra.port}", "media": "zebra-57x32"})
    zebra.id = made["id"]
    yield zebra
    daemon.call("PATCH", f"/printers/{made['id']}", {"archived": True})
    zebra.socket.close()
