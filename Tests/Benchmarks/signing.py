"""How long people wait who sign in while a door scans: by passphrase, and by PIN at a trusted screen. A part of bench.py."""
import http.client
import json
import random
import threading
import time

from importing import Scanning

COUNT = 60
# Somebody comes every half second on average, at any moment: a whole crew's call time within a minute.
MEAN_GAP_SECONDS = 0.5


class SigningIn:
    """People who come at times of their own, whether or not the ones before them are in yet."""

    def __init__(self, depotd, ways):
        self.depotd, self.ways = depotd, ways
        self.waits = {name: [] for name in ways}
        # The same arrivals in each round.
        self.chance = random.Random(1)

    def run(self):
        people = []
        for number in range(COUNT):
            time.sleep(self.chance.expovariate(1 / MEAN_GAP_SECONDS))
            name = list(self.ways)[number % len(self.ways)]
            person = threading.Thread(target=self.sign_in, args=(name, random.Random(number)))
            person.start()
            people.append(person)
        for person in people:
            person.join()

    def sign_in(self, name, chance):
        begun = time.monotonic()
        post(self.depotd, chance.choice(self.ways[name]))
        self.waits[name].append((time.monotonic() - begun) * 1000)


def post(depotd, body):
    connection = http.client.HTTPConnection("127.0.0.1", depotd.port, timeout=30)
    connection.request("POST", "/api/v1/session", json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    connection.close()


def run(depotd):
    """Returns the waits in ms by the way in, and those of the scans meanwhile."""
    ids = {item["name"]: item["id"] for item in json.loads(depotd.get("/api/v1/people?limit=200"))["items"]}
    ways = {"passphrase": [{"name": one["name"], "passphrase": one["passphrase"]} for one in depotd.people],
            "PIN": [{"person": ids[one["name"]], "pin": one["pin"]} for one in depotd.people]}
    # The demo's passphrases are hashed at the box's cost once they are first used.
    for body in ways["passphrase"]:
        post(depotd, body)
    scanning, people = Scanning(depotd), SigningIn(depotd, ways)
    scanning.start()
    people.run()
    return people.waits, scanning.over()
