#!/bin/sh
# Writes dist/common.txt, which passwords.c embeds: the most common passwords that are long enough to be set here, out of
# the lists that zxcvbn (Debian: python3-zxcvbn) tells strength by.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$here/dist"
PYTHONPATH=/usr/lib/python3/dist-packages python3 - "$here/dist/common.txt" <<'PYTHON'
import sys
from pathlib import Path
from zxcvbn.frequency_lists import FREQUENCY_LISTS

LENGTH = 8     # Passphrase.lengths.lowerBound
LEAST = 3000   # OWASP ASVS 5.0, 6.2.4

long_enough = sorted({word.lower() for word in FREQUENCY_LISTS["passwords"] if len(word) >= LENGTH})
assert len(long_enough) >= LEAST, f"only {len(long_enough)} passwords of {LENGTH} characters and more"
target, fresh = Path(sys.argv[1]), "\n" + "\n".join(long_enough) + "\n"
if not target.exists() or target.read_text() != fresh:
    target.write_text(fresh)
print(f"common passwords: {len(long_enough)}")
PYTHON
