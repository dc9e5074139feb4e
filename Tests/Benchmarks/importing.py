"""50,000 rows imported while a door goes on: how long it takes, and what a scan waits meanwhile. A part of bench.py."""
import http.client
import json
import threading
import time
import urllib.request

ROWS = 50_000
SCANS_PER_SECOND = 20


def table():
    """Gear as a rental company's list has it: forty new models in five categories, fifty new places."""
    lines = ["Number;Name;Maker;Model;Category;Home;Serial number;Owner;Condition;Note"]
    lines += [f"IMP-{row:05d};Moving light {row};Robe;Model {row % 40};Group {row % 5};Hall 9 / Rack {row % 50};"
              f"SN{row:07d};House;fit;Bought second-hand" for row in range(ROWS)]
    return ("\n".join(lines) + "\n").encode()


class Scanning(threading.Thread):
    """A door: each piece out and in again at an even rate. Waits from when a scan was due to its answer, in ms."""

    def __init__(self, depotd):
        super().__init__()
        self.depotd, self.waits, self.is_over = depotd, [], threading.Event()
        doors = json.loads(depotd.get("/api/v1/doors"))["items"]
        door = {item["direction"]: item["id"] for item in doors}
        numbers = [item["number"] for item in depotd.gear]
        self.scans = [(number, door[way]) for way in ("out", "in") for number in numbers]

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.depotd.port)
        headers = {"Authorization": f"Bearer {self.depotd.token}", "Content-Type": "application/json"}
        begun, number = time.monotonic(), 0
        while not self.is_over.is_set():
            due = begun + number / SCANS_PER_SECOND
            time.sleep(max(0, due - time.monotonic()))
            code, door = self.scans[number % len(self.scans)]
            connection.request("POST", "/api/v1/scans", json.dumps({"code": code, "door": door}), headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status in (200, 201), answer.status
            self.waits.append((time.monotonic() - due) * 1000)
            number += 1

    def over(self):
        self.is_over.set()
        self.join()
        return sorted(self.waits)


def ask(depotd, method, path, body):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "text/csv" if isinstance(body, bytes) else "application/json"
    request = urllib.request.Request(depotd.url + path, data, method=method,
                                     headers={"Authorization": f"Bearer {depotd.token}", "Content-Type": kind})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def run(depotd):
    """Returns seconds by what was done, the waits of quiet scans and of scans during the import, and memory in MiB."""
    seconds = {}

    def timed(name, body):
        begun = time.monotonic()
        answer = body()
        seconds[name] = time.monotonic() - begun
        return answer

    scanning = Scanning(depotd)
    scanning.start()
    time.sleep(10)
    quiet = scanning.over()
    scanning = Scanning(depotd)
    look = timed("upload", lambda: ask(depotd, "POST", "/api/v1/imports?kind=assets&name=bench.csv", table()))
    options = {"mapping": {str(item["index"]): item["field"] for item in look["columns"] if item["field"]}}
    path = f"/api/v1/imports/{look['id']}"
    report = timed("check", lambda: ask(depotd, "POST", path + "/check", options))
    assert report["creates"] == ROWS and report["errorCount"] == 0, report
    scanning.start()

    def carry_out():
        batch = ask(depotd, "POST", path + "/run", options)["batch"]
        while True:
            state = json.loads(depotd.get(f"/api/v1/batches/{batch}"))["state"]
            if state != "running":
                return state
            time.sleep(0.1)

    state = timed("import", carry_out)
    busy = scanning.over()
    assert state == "done", state
    memory = {"after the import": depotd.memory_kib("VmHWM") / 1024}
    before = depotd.memory_kib("VmRSS")
    file = timed("export", lambda: depotd.get("/api/v1/export/assets.csv"))
    assert file.count(b"IMP-") == ROWS
    memory["more after the export"] = (depotd.memory_kib("VmHWM") - before) / 1024
    return seconds, quiet, busy, memory
