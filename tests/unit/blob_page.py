#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""blob_page.py PAGE HEADER: the tables of blob.v1.md against the reader that was written from it, and the sections' numbers
against format.h: a merge can leave a row twice, or with the number that it had on its branch."""
import re
import sys

sys.dont_write_bytecode = True
from blob_reader import SECTIONS, SIZES  # noqa: E402

INSTRUCTION = [("code", "u16"), ("jt", "u8"), ("jf", "u8"), ("k", "u32")]


def rows(lines):
    """The cells of the tables in a piece of the page."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]


def most(text):
    number = re.fullmatch(r"(?:exactly|up to) (\d+)", text)
    return (int(text == "exactly 1"), int(number.group(1)) if number else -1)


def chapters(page):
    """For each section's name the fields of its chapter, with their offsets."""
    found = {}
    for head, body in re.findall(r"^### ([^\n]*)\n(.*?)(?=^##|\Z)", page, re.M | re.S):
        names = re.match(r"[A-Z_0-9]+(?:(?:, | and )[A-Z_0-9]+)*(?=, \d+ bytes)", head)
        for name in re.findall(r"[A-Z_0-9]+", names.group()) if names else []:
            fields = [(int(r[0]), r[2], r[1]) for r in rows(body.splitlines()) if r[0].isdigit() and len(r) == 4]
            if name in found:
                sys.exit("%s: two chapters" % name)
            found[name] = fields, int(re.search(r", (\d+) bytes", head).group(1))
    return found


def main(page, header):
    said = [r for r in rows(page[page.index("| type | name |"):page.index("## Strings")].splitlines()) if r[0].isdigit()]
    table = [(int(r[0]), r[1], 1 if r[2] == "bytes" else int(r[2])) + most(r[3]) for r in said]
    ours = [(kind, name, size, fewest, top) for kind, (name, size, fewest, top, _) in sorted(SECTIONS.items())]
    enum = re.search(r"enum rf_section_type \{(.*?)RF_SECTION_END", header, re.S).group(1)
    names = re.findall(r"RF_(\w+)", enum)
    if table != ours:
        sys.exit("the section table differs: %s" % (set(table) ^ set(ours) or "order, or a row twice"))
    if names != [name for _, name, _, _, _ in ours]:
        sys.exit("format.h numbers the sections otherwise")
    if int(re.search(r"section_count \|[^|]*at most (\d+)", page).group(1)) != len(ours):
        sys.exit("section_count: not the number of sections")
    pages = chapters(page)
    for name, size, fields in [(name, size, f) for _, (name, size, _, _, f) in sorted(SECTIONS.items()) if name != "STRINGS"]:
        at, wanted = 0, []
        for field, form in INSTRUCTION if fields is None else fields:
            wanted.append((at, field, form))
            at += {"u16": 2, "u8": 1}.get(form) or SIZES[form]
        if pages.pop(name, None) != (wanted, size):
            sys.exit("%s: its chapter is missing or has other fields" % name)
    offsets = [(int(r[0]), r[2]) for r in rows(page[:page.index("### Section table")].splitlines()) if r[0].isdigit()]
    if len(dict(offsets)) != len(offsets) or len({field for _, field in offsets}) != len(offsets):
        sys.exit("the header has a field twice")
    print("%d sections agree" % len(ours))


if __name__ == "__main__":
    main(*(open(name, encoding="utf-8").read() for name in sys.argv[1:]))
