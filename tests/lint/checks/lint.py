# SPDX-License-Identifier: Apache-2.0
"""What the checks share: which files there are, and how a check reports."""

import concurrent.futures
import fnmatch
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

# Not ours to judge: bad on purpose, or expected output.
NEVER = ["tests/lint/bad/*", "build/*"]
# Inputs and outputs of tests: some are wrong on purpose.
DATA = ["tests/golden/*/*", "tests/data/*", "tests/*/data/*", "tests/fuzz/corpus/*"]


class Unable(Exception):
    """The check cannot run on this machine."""


def listed(root):
    """The paths of the tree: git's tracked and new ones, or everything where git is not used."""
    done = subprocess.run(["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z", "--cached", "--others",
                           "--exclude-standard"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          check=False)
    paths = set(filter(None, done.stdout.split("\0")))
    if done.returncode != 0 or not paths:
        paths = {str(path.relative_to(root)) for path in root.rglob("*") if ".git" not in path.parts}
    return sorted(path for path in paths if (root / path).is_file() and not (root / path).is_symlink())


def matches(path, patterns):
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def files(root, *patterns, exempt=()):
    """Relative paths that match one of the patterns ("*" also matches "/")."""
    return [path for path in listed(root)
            if matches(path, patterns) and not matches(path, NEVER) and not matches(path, exempt)]


def text(root, path):
    return (root / path).read_text(encoding="utf-8", errors="replace")


def first_line(root, path):
    with open(root / path, "rb") as file:
        return file.readline(200).decode(errors="replace")


def scripts(root, *interpreters):
    """Files whose first line names one of the interpreters."""
    pattern = re.compile(rf"#!.*[/ ]({'|'.join(interpreters)})\b")
    return [path for path in files(root, "*", exempt=DATA) if pattern.match(first_line(root, path))]


def tool(name):
    if shutil.which(name) is None:
        raise Unable(f"{name} is not installed")
    return name


def run(command, **options):
    """(exit code, output)"""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False, **options)
    return done.returncode, done.stdout


def compile_commands(root, build):
    """[(relative path, working folder, words)] of the C files that the build compiles, each once."""
    path = build / "compile_commands.json"
    if not path.exists():
        raise Unable(f"{path} does not exist: build first")
    seen = {}
    for entry in json.loads(path.read_text(encoding="utf-8")):
        source = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        if source.is_relative_to(root) and not source.is_relative_to(root / "build"):
            seen.setdefault(str(source.relative_to(root)), (entry["directory"], shlex.split(entry["command"])))
    return [(source, *rest) for source, rest in sorted(seen.items())]


def in_parallel(function, items):
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return list(pool.map(function, items))


def stripped_size(binary):
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "stripped"
        code, output = run(["strip", "-o", str(copy), str(binary)])
        if code != 0:
            raise Unable(f"strip: {output}")
        return copy.stat().st_size


def main(check):
    """check(root, build) returns (number of things examined, findings)."""
    root, build = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    try:
        examined, findings = check(root, build)
    except Unable as error:
        print(error)
        sys.exit(77)
    for finding in findings:
        print(finding)
    print(f"examined {examined}")
    sys.exit(1 if findings else 0)
