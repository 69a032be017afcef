#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Faults planted in copies of the tables: gen.py must refuse the malformed, check.py must see the false.

Usage: tables_mutants.py TABLES-DIRECTORY
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIP = 77

# (file, pattern, replacement, part of the message); each pattern must occur.
MALFORMED = [
    ("syscalls.tsv", r"^accept4\t", "aaccept4\t", "does not sort behind"),
    ("syscalls.tsv", r"^accept4\t", "accept\t", "does not sort behind"),
    ("syscalls.tsv", r"^socket\t2.6\t41\t", "socket\t2.6\t42\t", "is already"),
    ("syscalls.tsv", r"^socket\t2.6\t41\t", "socket\t2.6\t4100\t", "outside"),
    ("syscalls.tsv", r"^socket\t2.6\t41\t", "socket\t2.6\t041\t", "not a number"),
    ("syscalls.tsv", r"^socket\t2.6\t", "socket\t2.6.0\t", "not a release"),
    ("syscalls.tsv", r"^socket\t2.6\t", "socket\t2.4\t", "not a release"),
    ("syscalls.tsv", r"domain:int", "domain:integer", "known type"),
    ("syscalls.tsv", r"domain:int type:int", "type:int type:int", "one name"),
    ("syscalls.tsv", r"^(statx\t.*)\t=$", r"\1 extra:int extra2:int\t=", "six arguments"),
    ("syscalls.tsv", r"^(socket\t.*)\t([^\t]*)$", r"\1", "fields"),
    ("syscalls.tsv", r"^(openat2\t5.6\t)437", r"\g<1>480", "same on every machine"),
    ("syscalls.tsv", r"^name\t.*\n", "", "header line"),
    ("syscalls.tsv", r"^(riscv_hwprobe\t6.4(?:\t-){5}\t)258", r"\1-", "no supported machine"),
    ("syscalls.tsv", r"^(set_tls\t.*\t)983045\t", r"\g<1>983047\t", "outside"),
    ("syscalls.tsv", r"^(setuid\t.*\t)uid:u16$", r"\1uid:u17", "known type"),
    ("syscalls.tsv", r"^(setuid\t.*\t)uid:u16$", r"\1uid:ptr32", "known type"),
    ("constants.tsv", r"^AF_UNIX\t1$", "AF_UNIX\tone", "not a number"),
    ("constants.tsv", r"^AF_UNIX\t1$", "AF_UNIX\t1\taarch64=1", "excepts nothing"),
    ("constants.tsv", r"^AF_UNIX\t1$", "AF_UNIX\t1\tmips=2", "MACHINE=VALUE"),
    ("constants.tsv", r"^AF_UNIX\t1$", "AF_UNIX\t0x10000000000000000", "outside"),
    ("errno.tsv", r"^EPERM\t1$", "EPERM\t2", "two names of one value"),
    ("errno.tsv", r"^EPERM\t1$", "EPERM\t0", "outside"),
    ("errno.tsv", r"^ENOTSUP\t.*$", "ENOTSUP\tEFOO", "not a name with a value"),
    ("groups/swap.txt", r"^swapon\t", "swapoo\t", "not a system call"),
    ("groups/swap.txt", r"^swapoff\t2.6\n", "", "in no group"),
    ("groups/swap.txt", r"^swapoff\t", "@privileged\t2.6\nswapoff\t", "a cycle"),
    ("groups/swap.txt", r"^swapoff\t", "@nothing\t2.6\nswapoff\t", "there is no @nothing"),
    ("groups/swap.txt", r"^why\t.*\n", "", "first line"),
    ("groups/swap.txt", r"^swapon\t2.6\n", "swapon\t2.6\nswapoff\t2.6\n", "out of order"),
    ("groups/namespace.txt", r"^listns\t6.19$", "listns\t6.18", "before it existed"),
]

# (check, file, pattern, replacement, part of the finding)
FALSE = [
    ("numbers", "syscalls.tsv", r"^(open\t2.6\t)2\t", r"\g<1>991\t", "x86_64: open"),
    ("numbers", "syscalls.tsv", r"^(ptrace\t2.6(?:\t[0-9]+){3}\t)117\t", r"\g<1>991\t", "aarch64: ptrace"),
    ("numbers", "syscalls.tsv", r"^(ptrace\t2.6(?:\t[0-9]+){5}\t)117\t", r"\g<1>991\t", "riscv64: ptrace"),
    ("numbers", "syscalls.tsv", r"^(renameat\t.*)\t-\t([^\t]*\t=)$", r"\1\t38\t\2", "riscv64: the headers have no renameat"),
    ("numbers", "syscalls.tsv", r"^(mmap2\t2.6\t-\t)192\t", r"\g<1>998\t", "i386: mmap2"),
    ("numbers", "syscalls.tsv", r"^(mmap2\t2.6(?:\t[-0-9]+){4}\t)192\t", r"\g<1>998\t", "arm: mmap2"),
    ("libseccomp", "syscalls.tsv", r"^(open\t2.6\t)2\t", r"\g<1>991\t", "x86_64: open"),
    ("libseccomp", "syscalls.tsv", r"^(open\t2.6\t2\t)5\t", r"\g<1>991\t", "i386: open"),
    ("constants", "constants.tsv", r"^AF_UNIX\t1$", "AF_UNIX\t2", "AF_UNIX is not"),
    ("constants", "constants.tsv", r"^O_DIRECTORY\t\S+\t.*$", "O_DIRECTORY\t0x10000", "aarch64: O_DIRECTORY is not"),
    ("constants", "constants.tsv", r"^BPF_PROG_LOAD\t5$", "BPF_PROG_LOAD\t6", "BPF_PROG_LOAD is not"),
    ("arguments", "syscalls.tsv", r"domain:int type:int protocol:int\t=$", "domain:u64 type:int protocol:int\t=", "socket: domain"),
    ("arguments", "syscalls.tsv", r"mode:umode\t=$", "mode:u32\t=", "mode"),
    ("arguments", "syscalls.tsv", r"domain:int type:int protocol:int\t=$", "domain:int type:int\t=", "socket"),
]


def plant(directory, file, pattern, replacement):
    path = os.path.join(directory, file)
    with open(path, encoding="ascii") as handle:
        text = handle.read()
    changed, count = re.subn(pattern, replacement, text, count=1, flags=re.M)
    if not count or changed == text:
        raise AssertionError(f"{file}: the pattern {pattern} changes nothing: mend this test")
    with open(path, "w", encoding="ascii") as handle:
        handle.write(changed)


def run(directory, script, *arguments):
    done = subprocess.run([sys.executable, "-B", os.path.join(directory, script), *arguments], text=True,
                          capture_output=True, check=False)
    return done.returncode, done.stdout + done.stderr


def try_one(source, scratch, script, fault, code, arguments):
    """None if the mutant is caught (or the machine cannot run the check), else what happened."""
    file, pattern, replacement, message = fault
    directory = os.path.join(scratch, "tables")
    shutil.copytree(source, directory, ignore=shutil.ignore_patterns("__pycache__"))
    plant(directory, file, pattern, replacement)
    got, text = run(directory, script, *[a.replace("{}", directory) for a in arguments])
    shutil.rmtree(directory)
    if got == SKIP:
        print(f"SKIP of one mutant: {text.strip().splitlines()[-1]}")
        return None
    if "SKIP of one" in text and got == 0:
        print(f"SKIP of one mutant: {text.strip().splitlines()[0]}")
        return None
    if got != code or message not in text:
        return f"{file}: {pattern} -> {replacement}: exit {got}, wanted {code} and '{message}':\n{text[:400]}"
    return None


def main():
    source, failures = sys.argv[1], []
    with tempfile.TemporaryDirectory(prefix="tables-") as scratch:
        out = os.path.join(scratch, "out.c")
        code, text = run(source, "gen.py", source, out)
        if code:
            failures.append(f"the tables themselves are refused: {text}")
        for fault in MALFORMED:
            failures.append(try_one(source, scratch, "gen.py", fault, 1, ["{}", out]))
        for check, *fault in FALSE:
            failures.append(try_one(source, scratch, "check.py", fault, 1, [check]))
    failures = [failure for failure in failures if failure]
    print("\n".join(failures) if failures else f"{len(MALFORMED) + len(FALSE)} mutants")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
