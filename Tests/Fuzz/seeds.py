"""Writes the seeds that libFuzzer starts from: Corpora/TARGET/*.txt as they are, *.hex as the bytes they spell, and
the captures of Tests/Captures in the order of bytes that the replaying fuzzers read (DeviceTargets.swift)."""

import pathlib
import sys

HERE = pathlib.Path(__file__).parent
LAYOUTS = ["us", "uk", "de", "fr"]


def main(folder: pathlib.Path) -> None:
    for file in sorted(HERE.glob("Corpora/*/*")):
        text = file.read_bytes()
        if file.suffix == ".hex":
            lines = text.decode().splitlines()
            text = bytes.fromhex("".join(line.split("#")[0] for line in lines))
        write(folder / file.parent.name / file.stem, text)
    for file in sorted((HERE.parent / "Captures").glob("*.txt")):
        capture(file, folder)


def capture(file: pathlib.Path, folder: pathlib.Path) -> None:
    header, reports = {}, []
    for line in file.read_text().splitlines():
        if line.startswith("# "):
            name, _, value = line[2:].partition(": ")
            header[name] = value
        elif line:
            time, data = line.split(" ")
            reports.append((int(time), bytes.fromhex(data)))
    descriptor = bytes.fromhex(header.get("descriptor", ""))
    layout = LAYOUTS.index(header.get("layout", "us"))
    seed = bytes([layout, min(255, int(header.get("silence", "0"))), len(descriptor)]) + descriptor
    last = 0
    for time, data in reports[:200]:
        data = data[:255]
        seed += bytes([max(0, min(255, (time - last) // 4)), len(data)]) + data
        last = time
    decoder = "point-of-sale" if header["decoder"] == "pos" else "keyboard-wedge"
    write(folder / decoder / file.stem, seed)
    if descriptor:
        write(folder / "report-descriptor" / file.stem, descriptor)


def write(file: pathlib.Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


main(pathlib.Path(sys.argv[1]))
