#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/diagnostics.md from compiler/diag.def.

    docs/diagnostics.py            write the page
    docs/diagnostics.py --check    exit 1 if the page is not what would be written
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
TABLE = ROOT / "compiler/diag.def"
PAGE = ROOT / "docs/diagnostics.md"
STRING = r'"(?:[^"\\]|\\.)*"'
DIAG = re.compile(rf"DIAG\((\d+), (\w+), (\w+), ({STRING}), ({STRING})\)")
FAMILIES = {0: "Reading and YAML", 1: "Keys and values", 2: "Extending and merging", 3: "Meaning", 4: "System calls",
            5: "Output"}

HEAD = """\
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Written by docs/diagnostics.py from compiler/diag.def; do not edit. -->
# Diagnostics

What `ringfence` reports, by code. A code is never reused for something else. The first line of a report is in gcc's form,
so that editors and CI systems find the place:

    web.ringfence.yaml:14:9: error: unknown system call 'opanat' [RF0401]

One run reports everything it can see: only an error that leaves nothing to go on with hides others. When there is an
error, nothing is written.
"""


def entries():
    """[(number, severity, title, why)] of the table."""
    content = TABLE.read_text(encoding="utf-8")
    found = [(int(number), severity, json.loads(title), json.loads(why))
             for number, _, severity, title, why in DIAG.findall(content)]
    lines = len(re.findall(r"^DIAG\(", content, re.MULTILINE))
    if not found or lines != len(found):
        sys.exit(f"docs/diagnostics.py: {lines} lines of {TABLE.name} start with DIAG(, {len(found)} can be read")
    if len({number for number, *_ in found}) != len(found):
        sys.exit(f"docs/diagnostics.py: a number is there twice in {TABLE.name}")
    return found


def page():
    parts, family = [HEAD], None
    for number, severity, title, why in entries():
        if number // 100 != family:
            family = number // 100
            parts.append(f"## {FAMILIES[family]}\n")
        mark = "" if severity == "ERROR" else f" ({severity.lower()})"
        parts.append(f"### RF{number:04}: {title}{mark}\n\n{why}\n")
    return "\n".join(parts)


def main():
    if sys.argv[1:] == ["--check"]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
            sys.exit("docs/diagnostics.md is not what compiler/diag.def says: run docs/diagnostics.py")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
