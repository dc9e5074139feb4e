"""What people ask of lists of gear: words as they are typed, filters, orders and deep pages, one request at a time over
one connection, as a page asks. Used by bench.py; by itself it prints the slowest: finding.py URL TOKEN."""
import http.client
import json
import sys
import threading
import time
from urllib.parse import urlencode

TYPED = ["sony", "camera", "kärcher", "karcher 100", "staubsauger", "multicore cable", "cinema camera 400", "cam-12", "lens-900",
         "spot-4711", "sn1000700", "4012345010000", "festival", "müller", "ana vidal", "battery door", "schloss", "open air",
         "łódź", "hammer drill", "arri soft panel", "robe moving", "prolyte truss 300", "loudspeaker", "nilfisk"]


class Lists:
    """The addresses to ask, made of what the depot holds."""

    def __init__(self, depotd):
        self.port, self.token = depotd.port, depotd.token
        self.connection = self.connect()
        facets = self.get("/api/v1/assets?facets=1&limit=1")["facets"]
        self.values = {name: [value["value"] for value in values] for name, values in facets.items()}
        self.models = [item["model"]["id"] for item in self.get("/api/v1/assets?limit=20")["items"]]

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, path, connection=None):
        connection = connection or self.connection
        connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, f"{path}: {answer.status}"
        return body

    def get(self, path):
        return json.loads(self.ask(path))

    @staticmethod
    def path(**query):
        return "/api/v1/assets?" + urlencode(query)

    def searches(self):
        """Every prefix of what is typed, each once."""
        typed = {text[:end].strip() for text in TYPED for end in range(1, len(text) + 1)}
        return [self.path(q=text) for text in sorted(typed)]

    def pages(self):
        """Each order both ways, each filter, filters together, and pages deep in."""
        orders = [sign + key for key in ("number", "name", "updated", "status") for sign in ("", "-")]
        paths = [self.path(sort=order) for order in orders]
        filters = [{"status": status} for status in ("available", "in_use", "reserved", "lost", "damaged,maintenance")]
        for name in ("category", "place", "owner", "holder", "project"):
            filters += [{name: value} for value in self.values[name][:2] + self.values[name][-1:]]
        filters += [{"model": model} for model in self.models[:3]] + [{"condition": "damaged"}, {"archived": "true"}]
        paths += [self.path(sort=order, **chosen) for chosen in filters for order in ("number", "-updated", "name")]
        category, owner, place = (self.values[name][0] for name in ("category", "owner", "place"))
        paths += [self.path(category=category, status="in_use"), self.path(category=category, owner=owner),
                  self.path(owner=owner, status="available"), self.path(place=place, status="in_use"),
                  self.path(category=category, owner=owner, status="lost"), self.path(limit=200)]
        for order in orders:
            paths.append(self.path(sort=order, limit=50, cursor=self.deep(order)))
        return paths

    def deep(self, order):
        """A cursor some ten thousand pieces in."""
        cursor = {}
        for _ in range(20):
            cursor = {"cursor": self.get(self.path(sort=order, limit=500, **cursor))["next"]}
        return cursor["cursor"]

    def facets(self):
        chosen = [{}, {"category": self.values["category"][0]}, {"status": "in_use"}, {"place": self.values["place"][0]},
                  {"q": "camera"}, {"q": "sony"}, {"q": "cam-12"}, {"holder": self.values["holder"][0]}]
        return [self.path(facets=1, **query) for query in chosen]

    def measure(self, paths, connection=None):
        """Milliseconds of each request."""
        taken = []
        for path in paths:
            begun = time.perf_counter()
            self.ask(path, connection)
            taken.append((time.perf_counter() - begun) * 1000)
        return taken

    def beside(self, slow, paths):
        """Milliseconds of the pages while another client asks for what is slow without pause."""
        ended = threading.Event()

        def ask():
            connection = self.connect()
            while not ended.is_set():
                self.measure(slow, connection)

        other = threading.Thread(target=ask)
        other.start()
        try:
            return self.measure(paths)
        finally:
            ended.set()
            other.join()


if __name__ == "__main__":
    class Running:
        port, token = int(sys.argv[1].rsplit(":", 1)[1]), sys.argv[2]

    lists = Lists(Running)
    for name, paths in (("searches", lists.searches()), ("pages", lists.pages()), ("facets", lists.facets())):
        lists.measure(paths)
        taken = lists.measure(paths)
        ordered = sorted(taken)
        print(f"{name}: {len(paths)}, p50 {ordered[len(ordered) // 2]:.1f}, p95 {ordered[int(len(ordered) * .95)]:.1f} ms")
        for ms, path in sorted(zip(taken, paths), reverse=True)[:12]:
            print(f"  {ms:8.1f} {path[14:]}")
