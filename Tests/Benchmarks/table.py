"""The figures of a bench: printed as they come, and kept in bench.json beside those of other parts."""
import json
import os


class Table:
    """The figures, each with its target and whether it held; None where there is no target."""

    def __init__(self, part):
        self.part, self.rows = part, []

    def add(self, name, value, unit, target=None, held=None):
        self.rows.append({"part": self.part, "name": name, "value": round(value, 3), "unit": unit, "target": target,
                          "held": held})
        word = {True: "held", False: "MISSED", None: ""}[held]
        print(f"{name:<66} {value:>12,.2f} {unit:<10} {target or '':<42} {word}", flush=True)

    def at_most(self, name, value, unit, bound, words=None):
        self.add(name, value, unit, words or f"at most {bound:,.2f}", value <= bound)

    def at_least(self, name, value, unit, bound, words=None):
        self.add(name, value, unit, words or f"at least {bound:,.2f}", value >= bound)

    def write(self, path, conditions):
        """What other parts wrote there is kept, and of this one what was not measured now."""
        kept = {"conditions": {}, "figures": []}
        if os.path.exists(path):
            with open(path) as file:
                kept = json.load(file)
        names = {row["name"] for row in self.rows}
        others = [row for row in kept["figures"] if row.get("part") != self.part or row["name"] not in names]
        conditions = {**{part: of for part, of in kept["conditions"].items() if isinstance(of, dict)}, self.part: conditions}
        with open(path, "w") as file:
            json.dump({"conditions": conditions, "figures": others + self.rows}, file, indent=1)
