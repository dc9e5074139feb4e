"""Counts what the Autobahn suite found by group of cases, names what is not right, and ends with 1 if there is any.

Right is OK and INFORMATIONAL, and UNIMPLEMENTED for the server windows that are declined (13.3 to 13.6: shared frames
are deflated once, with the full window)."""

import collections
import json
import sys

RIGHT = {"OK", "INFORMATIONAL", "UNIMPLEMENTED"}

(results,) = json.load(open(sys.argv[1])).values()
groups: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
wrong = []
for case, result in results.items():
    groups[case.split(".")[0]][result["behavior"]] += 1
    # How the closing went is INFORMATIONAL where a case leaves it open.
    if result["behavior"] not in RIGHT or result["behaviorClose"] not in RIGHT:
        wrong.append(f"{case}: {result['behavior']}, closing {result['behaviorClose']}")
for group in sorted(groups, key=int):
    counted = ", ".join(f"{count} {behavior}" for behavior, count in sorted(groups[group].items()))
    print(f"{group + '.*':5s} {counted}")
print(f"{len(results)} cases, {len(wrong)} not right", *wrong, sep="\n  ")
sys.exit(1 if wrong else 0)
