# SPDX-License-Identifier: Apache-2.0
"""ringfence-run's own options: --status-fd, --check, --plan, --version, --help, --policy-fd; and the binary itself."""
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import time

from . import kernel
from .registry import test
from .world import USER, Skip, check, equal


def with_status(w, policy, program, params=None, **options):
    """(result, the JSON lines that came over the status fd)."""
    reader, writer = os.pipe()
    try:
        result = w.run(policy, program, params, options=["--status-fd", str(writer)], pass_fds=(writer,), **options)
    finally:
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            text = file.read().decode()
    return result, [json.loads(line) for line in text.splitlines()]


@test()
def status_fd(w):
    result, lines = with_status(w, "defaults", ["/bin/probe", "exit", "3"])
    equal(result.code, 3, "exit status")
    equal(len(lines), 2, f"lines: {lines}")
    start, end = lines
    pids = [value for key, value in start.items() if "pid" in key.lower()]
    check(pids and pids[0] > 1, f"the start line names no pid: {start}")
    check(3 in end.values(), f"the exit line does not say 3: {end}")


@test()
def status_fd_after_a_signal(w):
    _, lines = with_status(w, "defaults", ["/bin/probe", "signal", "9"])
    check(9 in lines[-1].values() or 137 in lines[-1].values(), f"the exit line does not say 9: {lines}")


@test()
def status_fd_is_not_the_payloads(w):
    result, _ = with_status(w, "defaults", ["/bin/probe", "json"])
    equal(set(result.json()["fds"]), {"0", "1", "2"}, "open files")


@test()
def status_fd_after_a_refusal(w):
    result, lines = with_status(w, "defaults", ["/no/such/program"])
    equal(result.code, 127, "exit status")
    check(not any("pid" in line for line in lines), f"a start line for a program that never ran: {lines}")


def features(w, user=None):
    """What --features says, to root or to an ordinary user."""
    return json.loads(subprocess.run([w.enforcer, "--features"], capture_output=True, check=True, text=True, user=user,
                                     extra_groups=None if user is None else []).stdout)


@test("anyone")
def features_are_what_the_kernel_says(w):
    told = features(w)
    equal(told["kernel"], os.uname().release, "release")
    equal(sorted(told["namespaces"]),
          sorted(set(name.removesuffix("_for_children") for name in os.listdir("/proc/self/ns"))), "namespaces")
    equal(set(told["namespaces"].values()), {True}, "namespaces that are there")
    with open("/proc/filesystems", encoding="ascii") as file:
        known = {line.split()[-1] for line in file}
    equal({name for name, there in told["file_systems"].items() if there}, known & set(told["file_systems"]),
          "file systems")
    with open("/proc/self/status", encoding="ascii") as file:
        held = int(re.search(r"CapEff:\t(\w+)", file.read()).group(1), 16)
    equal(len(told["capabilities"]), bin(held).count("1"), "number of capabilities")
    for name, version in told["controllers"].items():
        v1 = os.path.isdir(f"/sys/fs/cgroup/{'blkio' if name == 'io' else name}")
        check(version in (0, 1, 2) and (version != 1 or v1), f"{name}: {version}")


@test("anyone")
def features_take_no_policy(w):
    for words in (["--check"], ["--plan"], ["some.fence"]):
        done = subprocess.run([w.enforcer, "--features", *words], capture_output=True, text=True)
        equal((done.returncode, done.stdout), (125, ""), f"--features {words}")
        check("--features stands alone" in done.stderr, done.stderr)


@test()
def features_of_a_caller_without_capabilities(w):
    told = features(w, USER)
    equal(told["capabilities"], [], "capabilities")


@test("limits")
def status_fd_tells_an_oom_kill(w):
    result, lines = with_status(w, "memory", ["/bin/probe", "eat-memory", "64"])
    check(result.code in (137, -9), repr(result))
    check("oom" in json.dumps(lines[-1]).lower(), f"the exit line does not tell: {lines}")


@test()
def status_fd_on_a_broken_pipe(w):
    """A reader that went away does not end the launch."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        result = w.run("defaults", ["/bin/probe", "exit", "4"], options=["--status-fd", str(writer)],
                       pass_fds=(writer,))
    finally:
        os.close(writer)
    check(result.code in (4, 125), repr(result))


@test()
def check_option(w):
    result = w.run("everything", ["/bin/probe", "print", "started"], {"volume": w.data}, options=["--check"])
    equal(result.code, 0, f"--check ({result!r})")
    check("started" not in result.out, "--check started the payload")


@test()
def check_tells_why_the_clone_fails(w):
    """In namespaces where no user namespace can be made, by a root that has no capability there."""
    inside = ["unshare", "-Ur", "sh", "-c", 'echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --inh-caps=-all '
              '--bounding-set=-all --securebits +noroot "$@"', "sh"]
    result = w.run("ns-user-self", ["/bin/probe", "print", "started"], options=["--check"], prefix=inside)
    equal((result.code, result.err), (125, ""), f"--check ({result!r})")
    check(result.out.startswith("enter: ") and "ENOSPC" in result.out, f"reason: {result.out}")


@test()
def check_option_says_what_is_missing(w):
    result = w.run("bind", ["/bin/probe", "print", "started"], {"volume": "/no/such", "file": w.data + "/file"},
                   options=["--check"])
    check("started" not in result.out, "--check started the payload")
    check(result.code == 125 and "/no/such" in result.out + result.err, repr(result))
    damaged = w.path("damaged-check.fence")
    with open(w.compile("defaults"), "rb") as file:
        data = bytearray(file.read())
    data[100] ^= 1
    w.write(damaged, bytes(data))
    equal(w.run(damaged, ["/bin/probe", "print", "started"], options=["--check"]).code, 125, "--check of a damaged one")


@test()
def plan_option(w):
    result = w.run("everything", ["/bin/probe", "print", "started"], {"volume": w.data}, options=["--plan"])
    equal(result.code, 0, f"--plan ({result!r})")
    text = result.out
    check("started" not in text.splitlines(), "--plan started the payload")
    places = [text.lower().find(word) for word in ("memory.max", "mount /proc", "system-call filter")]
    check(-1 not in places and places == sorted(places), f"limits, mounts and seccomp last are not told in order:\n{text}")
    check("as reaper\n      (nothing)" not in text, f"the reaper is nothing:\n{text}")
    check("      nofile: soft 64, hard 64\n" in text, f"no name of a limit:\n{text}")
    check(w.root in text or "root" in text, f"the root is not named:\n{text}")
    again = w.run("everything", ["/bin/probe", "print", "started"], {"volume": w.data}, options=["--plan"])
    equal(again.out, text, "a second --plan")


@test("anyone")
def version_and_help(w):
    for option in ("--version", "--help"):
        done = subprocess.run([w.enforcer, option], capture_output=True, timeout=10, check=False)
        equal((done.returncode, done.stderr), (0, b""), option)
        check(b"ringfence-run" in done.stdout, f"{option}: {done.stdout!r}")


@test("anyone")
def no_arguments(w):
    done = subprocess.run([w.enforcer], capture_output=True, timeout=10, check=False)
    equal((done.returncode, done.stdout), (125, b""), "no arguments")
    check(done.stderr != b"", "nothing is said")


@test("anyone")
def binary_is_static(w):
    """No interpreter, no library: nothing of the image or of the user's can be loaded into it."""
    check(kernel.is_static(w.enforcer), "ringfence-run has a PT_INTERP")


@test()
def library_loading_variables_do_nothing(w):
    r = w.report("defaults", env={"LD_PRELOAD": "/no/such.so", "LD_LIBRARY_PATH": "/no", "PATH": "/x",
                                  "GLIBC_TUNABLES": "x=y", "MALLOC_CHECK_": "3"})
    equal(r["uid"], [0] * 3, "uid")


@test()
def policy_fd(w):
    """A memfd sealed against every change; one without the seals is refused."""
    with open(w.compile("defaults"), "rb") as file:
        data = file.read()
    for seals, good in ((0xf, True), (0x7, False), (0, False)):
        fd = os.memfd_create("policy", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.write(fd, data)
            fcntl.fcntl(fd, 1033, seals)  # F_ADD_SEALS
            words = ["--policy-fd", str(fd), "--param", f"root={w.root}", "--", "/bin/probe", "print", "started"]
            result = w.run(None, None, raw=words, pass_fds=(fd,))
        finally:
            os.close(fd)
        if "--policy-fd" in result.err and "unknown" in result.err.lower():
            raise Skip("this version has no --policy-fd")
        equal((result.code, result.out), (0, "started\n") if good else (125, ""), f"seals {seals:#x}: {result!r}")


@test()
def strace_order(w):
    """seccomp is the last call before execve, and everything that the payload may not have is closed by then."""
    if shutil.which("strace") is None:
        raise Skip("no strace")
    trace = w.path("trace")
    for policy, params in (("everything", {"volume": w.data}), ("init-none-pid-host", {}), ("ids", {})):
        w.run(policy, ["/bin/probe", "exit", "0"], params, prefix=["strace", "-f", "-o", trace, "-s", "0"]).ok()
        with open(trace, encoding="utf-8", errors="replace") as file:
            calls = [line.rstrip() for line in file]
        starts = [i for i, line in enumerate(calls) if re.search(r"\bexecve(at)?\(", line) and i > 0]
        check(starts, f"{policy}: no exec in the trace")
        pid = calls[starts[-1]].split()[0]
        own = [line.split(None, 1)[1] for line in calls[:starts[-1]] if line.split()[0] == pid
               and not line.split(None, 1)[1].startswith(("+++", "---"))]
        check(own and (own[-1].startswith("seccomp(") or "PR_SET_SECCOMP" in own[-1]),
              f"{policy}: the last call before exec is {own[-1] if own else None}")
        outside = [line for line in calls if re.search(r"\b(open|openat|openat2|creat)\(.*O_CREAT", line)]
        before_exec = [line for line in outside if calls.index(line) < starts[-1]]
        equal(before_exec, [], f"{policy}: files made by the enforcer")


@test()
def enforcer_is_not_dumpable(w):
    """Another process of the same user cannot attach to the enforcer or read its memory through /proc."""
    launch = w.start("ns-user-self", ["/bin/probe", "sleep"], user=4242)
    try:
        equal(launch.line(), "ready\n", "first line")
        owner = os.stat(f"/proc/{launch.pid}/mem").st_uid
        equal(owner, 0, "owner of the enforcer's /proc files")
    finally:
        os.kill(launch.pid, signal.SIGTERM)
        launch.finish()


@test()
def supervisor_keeps_nothing(w):
    """The supervisor has next to no capability and no file of the launch once the payload runs."""
    launch = w.start("everything", ["/bin/probe", "sleep"], {"volume": w.data})
    try:
        line = launch.line()
        check(line == "ready\n", f"nothing was started: {line!r}")
        end = time.monotonic() + 5  # it lets go while the payload already runs
        while (have := int(kernel.status_field(launch.pid, "CapPrm"), 16)) & ~0x22 and time.monotonic() < end:
            time.sleep(0.01)
        # CAP_KILL to forward a signal to a payload of another user; CAP_DAC_OVERRIDE, not in effect until the end, to
        # remove the leaf from a directory of mode 0555.
        equal(have & ~0x22, 0, "capabilities of the supervisor beyond KILL and DAC_OVERRIDE")
        equal(int(kernel.status_field(launch.pid, "CapEff"), 16) & ~0x20, 0, "and in effect beyond KILL")
        names = []
        for fd in os.listdir(f"/proc/{launch.pid}/fd"):
            names.append(os.readlink(f"/proc/{launch.pid}/fd/{fd}"))
        leaked = [name for name in names if name.startswith(w.base) or name == "/"]
        equal(leaked, [], "files that the supervisor holds")
    finally:
        if launch.process.poll() is None:
            os.kill(launch.pid, signal.SIGTERM)
        launch.finish()
