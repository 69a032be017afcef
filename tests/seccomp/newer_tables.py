#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""newer_tables.py TABLES OUT: a copy of the tables as a later release might have them: a call more on every ABI, lines
more in groups, for new calls and for old ones.  What a policy with an older `kernel` gets must not change by it."""

import os
import shutil
import sys

source, out = sys.argv[1:]
shutil.rmtree(out, ignore_errors=True)
shutil.copytree(source, out, ignore=shutil.ignore_patterns("__pycache__", "*.c", "*.h"))


def edit(name, change):
    path = os.path.join(out, name)
    with open(path, encoding="ascii") as file:
        lines = file.read().splitlines()
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(change(lines)) + "\n")


def add_sorted(new, lines):
    head = [line for line in lines if line.startswith(("#", "why\t", "name\t"))]
    rest = sorted([line for line in lines if line not in head] + new,
                  key=lambda line: (not line.startswith("@"), line.split("\t")[0]))
    return head + rest


NUMBER = 472
edit("syscalls.tsv", lambda lines: add_sorted(
    [f"file_later\t7.9\t{NUMBER}\t{NUMBER}\t{0x40000000 + NUMBER}\t{NUMBER}\t{NUMBER}\t{NUMBER}\tfd:fd flags:u32\t="], lines))
edit("groups/file-system.txt", lambda lines: add_sorted(["file_later\t7.9", "swapon\t7.9"], lines))
edit("groups/system-service.txt", lambda lines: add_sorted(["@keyring\t7.9", "acct\t7.9"], lines))
edit("groups/module.txt", lambda lines: add_sorted(["bpf\t7.9"], lines))
