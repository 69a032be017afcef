# SPDX-License-Identifier: Apache-2.0
"""Images that change while they are launched, and launchers that are killed: thousands of times, several at once."""
import os
import shutil
import subprocess

from suite.registry import test
from suite.test_hostile import Watched
from suite.world import check, equal

LAUNCHES = 20000
AT_ONCE = 4


def hammer(w, count, command, *options):
    """{"exit": {code: count}, "signal": {...}, "exchanges": n, "alive": n}"""
    program = os.path.join(w.build, "hammer")
    files = w.cgroups.place()

    def enter():
        for file in files:
            with open(file, "w", encoding="ascii") as procs:
                procs.write("0")

    done = subprocess.run([program, str(count), str(AT_ONCE), *options, "--", *command], stdin=subprocess.DEVNULL,
                          capture_output=True, check=False, preexec_fn=enter)
    equal(done.returncode, 0, f"hammer: {done.stderr.decode()}")
    found = {"exit": {}, "signal": {}, "exchanges": 0, "alive": 0}
    for line in done.stdout.decode().splitlines():
        words = line.split()
        if len(words) == 3:
            found[words[0]][int(words[1])] = int(words[2])
        else:
            found[words[0]] = int(words[1])
    return found


def race(w, name, policy, params, share):
    """Launches while NAME in the image is now a directory, now a link to a directory of the host's."""
    count = max(LAUNCHES * share // 100, 100)
    root = w.make_root("racing")
    spare, part = os.path.join(root, "spare"), os.path.join(root, name)
    before = w.snapshot()
    try:
        with Watched(w, "outside") as outside:
            os.symlink(outside.top, spare)
            command = w.command(policy, ["/bin/probe", "exit", "7"], {"root": root, **params})
            found = hammer(w, count, command, "-x", spare, part)
        equal(set(found["exit"]) - {7, 125}, set(), f"exit statuses: {found}")
        equal((found["signal"], found["alive"]), ({}, 0), "signals, and processes left")
        check(found["exit"].get(7, 0) > 0, f"nothing ever started: {found}")
        check(found["exchanges"] > 100, f"the race was no race: {found}")
        w.check_clean(before)
        print(f"# {name}: {found['exit']}, {found['exchanges']} exchanges", flush=True)
    finally:
        shutil.rmtree(root)


@test()
def race_on_a_mount_point(w):
    race(w, "data", "bind", {"volume": w.data, "file": w.data + "/file"}, 25)


@test()
def race_on_proc(w):
    race(w, "proc", "defaults", {}, 20)


@test()
def race_on_dev(w):
    race(w, "dev", "defaults", {}, 20)


@test()
def race_on_sys(w):
    race(w, "sys", "sys-read-only", {}, 10)


@test()
def race_on_a_masked_directory(w):
    race(w, "etc", "mask", {}, 15)


@test()
def race_on_a_tmpfs(w):
    race(w, "tmp", "tmpfs", {}, 10)


@test()
def killed_launchers_leave_nothing(w):
    """Every second launcher is killed somewhere on its way, while pids are used up fast around it."""
    before = w.snapshot()
    count = max(LAUNCHES // 10, 100)
    command = w.command("init-none", ["/bin/probe", "exit", "7"]), w.command("defaults", ["/bin/probe", "sleep"])
    found = hammer(w, count, command[0], "-k", "4000")
    equal((set(found["exit"]) - {7}, found["alive"]), (set(), 0), f"exit statuses and processes left: {found}")
    check(found["signal"].get(9, 0) > 0, f"none was killed: {found}")
    # The launchers that are not killed would wait for ever: all are killed, each at another point.
    sleeping = ["/bin/sh", "-c", 'exec timeout -s KILL "0.$(( $$ % 10 ))1" "$@"', "sh", *command[1]]
    found = hammer(w, count // 10, sleeping)
    equal(found["alive"], 0, f"processes left: {found}")
    after = w.snapshot()
    equal(after["mounts"], before["mounts"], "mounts of the host")
    for leaf in w.cgroups.leaves():
        with open(os.path.join(leaf, "cgroup.procs"), encoding="ascii") as file:
            equal(file.read(), "", f"processes in {leaf}")
    w.cgroups.sweep_leaves(w.cgroups.listing())
