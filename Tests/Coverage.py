"""Says how much of each module the tests ran, in lines, and ends with 1 where that is too little.

Coverage.py PRODUCTS COUNTS: where a debug build put its products, and what the tests and the daemons they started left
there (`make test`). Files not reached are listed with --missing, worst first."""

import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LEAST = {"Core": 90.0, "all": 80.0}


def tools() -> pathlib.Path:
    """The toolchain's own llvm: Debian's is too old to read what it writes."""
    info = json.loads(subprocess.check_output(["swift", "-print-target-info"]))
    return pathlib.Path(info["paths"]["runtimeResourcePath"]).parents[1] / "bin"


def summary(products: pathlib.Path, counts: pathlib.Path) -> list[dict]:
    raw = [str(file) for file in counts.glob("*.profraw") if file.stat().st_size > 0]
    merged = counts / "all.profdata"
    # A child that was killed may have left half a file; what it ran is then not counted.
    merge = ["merge", "-sparse", "-failure-mode=all", "-o", merged]
    subprocess.run([tools() / "llvm-profdata", *merge, *raw], check=True)
    binaries = [products / name for name in ("depotdPackageTests.xctest", "depotd", "ReaderProbe")]
    objects = [str(binaries[0])] + [word for binary in binaries[1:] for word in ("-object", str(binary))]
    command = [tools() / "llvm-cov", "export", "-summary-only", "-instr-profile", merged, *objects, ROOT / "Sources"]
    return json.loads(subprocess.check_output(command, stderr=subprocess.DEVNULL))["data"][0]["files"]


def main(products: pathlib.Path, counts: pathlib.Path, is_listing: bool) -> int:
    lines: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0])
    files = summary(products, counts)
    for file in files:
        counted = file["summary"]["lines"]
        module = pathlib.Path(file["filename"]).relative_to(ROOT / "Sources").parts[0]
        for name in (module, "all"):
            lines[name][0] += counted["covered"]
            lines[name][1] += counted["count"]
    if is_listing:
        missed = lambda file: file["summary"]["lines"]["count"] - file["summary"]["lines"]["covered"]
        for file in sorted(files, key=missed, reverse=True)[:30]:
            print(f"{missed(file):5d} lines of {pathlib.Path(file['filename']).relative_to(ROOT)}")
    is_enough = True
    for name in ("Core", "Drivers", "Appliance", "all"):
        covered, count = lines[name]
        share = 100 * covered / max(1, count)
        is_short = share < LEAST.get(name, 0)
        is_enough = is_enough and not is_short
        least = f"  at least {LEAST[name]:.0f} %" if name in LEAST else ""
        print(f"{name:10s} {share:5.1f} %  {covered:6d} of {count:6d} lines{least}{'  TOO LITTLE' if is_short else ''}")
    return 0 if is_enough else 1


sys.exit(main(*(pathlib.Path(path).resolve() for path in sys.argv[1:3]), "--missing" in sys.argv))
