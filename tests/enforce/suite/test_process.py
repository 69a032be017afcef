# SPDX-License-Identifier: Apache-2.0
"""process: ids, arguments, environment, limits, signals, and what a payload inherits."""
import fcntl
import os
import signal

from . import kernel
from .registry import test
from .world import OTHER, Skip, check, equal, mount_at

UNLIMITED = kernel.UNLIMITED


@test()
def defaults(w):
    """What a policy that says nothing gets."""
    r = w.report("defaults")
    equal(r["uid"], [0, 0, 0], "uid")
    equal(r["gid"], [0, 0, 0], "gid")
    equal(r["groups"], [], "groups")
    equal((r["pid"], r["ppid"], r["sid"]), (2, 1, 2), "pid, ppid and sid below the reaper")
    equal(r["caps"], {"inheritable": 0, "permitted": 0, "effective": 0, "bounding": 0, "ambient": 0}, "capabilities")
    equal(r["no_new_privs"], 1, "no_new_privs")
    equal((r["seccomp_mode"], r["seccomp_filters"]), (2, 1), "filters")
    equal((r["blocked"], r["not_default"]), ([], []), "signals")
    equal(set(r["fds"]), {"0", "1", "2"}, "open files")
    equal(r["cwd"], "/", "cwd")
    equal(r["argv"], ["/bin/probe", "json"], "argv")
    equal(r["threads"], 1, "threads")
    equal(r["tracer"], 0, "tracer")
    equal(r["umask"], 0o022, "umask")
    equal(r["rlimits"]["core"], [1, 1], "core files are off")
    check(r["controlling_tty"] != 0, "there is a controlling terminal")
    equal(sorted(r["root"]), sorted(os.listdir(w.root)), "names in the root")


@test()
def ids(w):
    r = w.report("ids", env={"PATH": "/bin"})
    equal(r["uid"], [1000] * 3, "uid")
    equal(r["gid"], [1001] * 3, "gid")
    equal(sorted(r["groups"]), [5, 7, 70000], "groups")
    equal(r["caps"], {"inheritable": 0, "permitted": 0, "effective": 0, "bounding": 0, "ambient": 0}, "capabilities")
    # Locked NOROOT: a later exec of a set-user-id root file gains nothing, even without no_new_privs.
    check(r["securebits"] & 0x3 == 0x3, f"NOROOT is not locked: {r['securebits']:#x}")
    check(r["securebits"] & 0xc0 == 0xc0, f"raising ambient capabilities is not locked: {r['securebits']:#x}")


@test()
def ids_drop_supplementary_groups(w):
    """Groups of the launcher do not reach the payload."""
    r = w.report("defaults", prepare=lambda: os.setgroups([0, 4, 24, 9999]))
    equal(r["groups"], [], "groups")


@test()
def args_from_policy(w):
    equal(w.run("args", None).ok().out, "from the policy\n-x\n\n", "output")


@test()
def args_from_policy_and_command_line(w):
    w.refused("args")


@test()
def args_none(w):
    w.refused("defaults", None, says=["program"])


@test()
def args_are_not_read_by_a_shell(w):
    words = ["$(id)", "; exit 7", "-rf", "--", "--param", "a\nb", "*", "`x`", "\x01\xff", ""]
    result = w.run("defaults", ["/bin/probe", "json", *words])
    equal(result.json()["argc"], 2 + len(words), "argc")
    got = result.json()["argv"][2:]
    want = [word.encode("utf-8", "surrogateescape").decode("latin-1") for word in words]
    equal(got, want, "argv")


@test()
def program_by_relative_name_is_found_in_path(w):
    """Either it is looked up in the payload's PATH inside the root, or it is 127; never in the host's PATH."""
    result = w.run("env", ["probe", "print", "found"])
    check(result.code == 127 or (result.code == 0 and result.out == "found\n"), repr(result))


@test()
def program_only_on_the_host_is_not_found(w):
    w.refused("defaults", ["/usr/bin/env"], code=127, says=["/usr/bin/env"])


@test()
def cwd(w):
    equal(w.report("cwd")["cwd"], "/work/deep", "cwd")


@test()
def cwd_missing(w):
    w.refused("cwd-missing", says=["/no/such/directory"])


@test()
def cwd_behind_a_link_of_the_image(w):
    equal(w.report("cwd-link")["cwd"], "/run", "cwd")


@test()
def env(w):
    r = w.report("env", env={"TZ": "UTC", "TERM": "dumb", "LD_PRELOAD": "/x.so", "SECRET": "s", "PATH": "/usr/bin",
                             "LANG": "de_DE", "LD_LIBRARY_PATH": "/y"})
    equal(sorted(r["env"]), ["EMPTY=", "LANG=C.UTF-8", "PATH=/bin", "TERM=dumb", "TRICKY=a=b \"c\" \\ d", "TZ=UTC"],
          "environment")


@test()
def env_default_is_not_the_launchers(w):
    r = w.report("defaults", env={"SECRET": "s", "LD_PRELOAD": "/x.so", "TZ": "UTC", "HOME": "/root"})
    bad = [e for e in r["env"] if e.split("=")[0] in ("SECRET", "LD_PRELOAD", "TZ", "HOME")]
    equal(bad, [], "inherited environment")


@test()
def env_required(w):
    equal(sorted(w.report("env-required", env={"TZ": "UTC", "X": "y"})["env"]), ["LANG=C.UTF-8", "TZ=UTC"], "environment")
    w.refused("env-required", env={"X": "y"}, says=["TZ"])


@test()
def init_none(w):
    r = w.report("init-none")
    equal((r["pid"], r["processes"]), (1, [1]), "pid and processes")


@test()
def init_reaper(w):
    r = w.report("defaults")
    check(r["processes"][:2] == [1, 2], f"processes: {r['processes']}")


@test()
def reaper_ends_with_the_payload(w):
    """An orphan in the payload's process namespace dies with it, and the launch does not wait for it."""
    equal(w.run("defaults", ["/bin/probe", "orphan"]).ok().out, "orphaned\n", "output")


@test()
def reaper_is_out_of_reach(w):
    w.need_shell()
    script = "/bin/probe call ptrace 16 1; cat /proc/1/environ 2>&1 | wc -c; ls -l /proc/1/exe /proc/1/fd 2>&1 | wc -l"
    out = w.run("ids", ["/bin/sh", "-c", script]).out.splitlines()
    check(out and out[0].startswith("errno"), f"the payload attached to process 1: {out}")


@test()
def umask(w):
    equal(w.report("umask")["umask"], 0o137, "umask")


@test()
def umask_is_not_the_launchers(w):
    equal(w.report("defaults", prepare=lambda: os.umask(0))["umask"], 0o022, "umask")


@test()
def rlimits(w):
    got = w.report("rlimits")["rlimits"]
    mib = 1024 * 1024
    want = {"cpu": [1000, 2000], "fsize": [64 * mib] * 2, "data": [512 * mib, 1024 * mib], "stack": [4 * mib, 16 * mib],
            "core": [0, 0], "rss": [UNLIMITED] * 2, "nproc": [500, 600], "nofile": [128, 256],
            "memlock": [65536] * 2, "as": [4096 * mib] * 2, "locks": [100] * 2, "sigpending": [64] * 2,
            "msgqueue": [4096] * 2, "nice": [0, 0], "rtprio": [0, 0], "rttime": [UNLIMITED] * 2}
    equal(got, want, "rlimits")


@test()
def rlimits_raised(w):
    """A launcher without CAP_SYS_RESOURCE cannot raise a hard limit: no launch, and not a lower limit in silence."""
    if int(kernel.status_field("self", "CapEff"), 16) >> 24 & 1:
        equal(w.report("rlimits-raise")["rlimits"]["sigpending"], [64, 40000000], "sigpending")
    else:
        w.refused("rlimits-raise", says=["rlimits: sigpending: ", "rlimits-raise.ringfence.yaml:"])


@test()
def oom_score(w):
    equal(w.report("oom")["oom_score_adj"], "500\n", "oom_score_adj")
    equal(w.report("defaults")["oom_score_adj"], open("/proc/self/oom_score_adj", encoding="ascii").read(), "untouched")


@test()
def oom_score_lowered(w):
    if int(kernel.status_field("self", "CapEff"), 16) >> 24 & 1:
        equal(w.report("oom-required")["oom_score_adj"], "-900\n", "oom_score_adj")
        return
    w.refused("oom-required", says=["oom_score_adj"])
    result = w.run("oom-optional", ["/bin/probe", "json"])
    equal(result.json()["oom_score_adj"], "0\n", "oom_score_adj")
    lines = result.err.splitlines()
    check(len(lines) == 1 and "oom_score_adj" in lines[0], f"what was skipped is told in one line: {result!r}")


@test()
def signals_are_default(w):
    """A launcher that ignores and blocks all that it can, SIGCHLD included."""
    def prepare():
        for number in range(1, 65):
            if number not in (signal.SIGKILL, signal.SIGSTOP, 32, 33):
                signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, set(range(1, 32)) | set(range(34, 65)))

    for policy in ("defaults", "init-none", "init-none-pid-host"):
        r = w.report(policy, prepare=prepare)
        equal((r["blocked"], r["not_default"]), ([], []), f"{policy}: signals")


@test()
def inherited_files(w):
    """200 files and directories of the launcher, among them the host's root, are closed."""
    def prepare():
        root = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
        for number in range(3, 203):
            os.dup2(root, number, inheritable=True)

    for policy in ("defaults", "init-none", "init-none-pid-host", "everything"):
        params = {"volume": w.data} if policy == "everything" else {}
        r = w.report(policy, params, prepare=prepare, pass_fds="all")
        equal(set(r["fds"]), {"0", "1", "2"}, f"{policy}: open files")


@test()
def standard_file_is_a_directory(w):
    """A directory of the host as standard input would be a way past the root."""
    def prepare():
        os.dup2(os.open("/", os.O_RDONLY | os.O_DIRECTORY), 0)

    w.refused("defaults", prepare=prepare, says=["descriptor 0"])


@test()
def closed_standard_files(w):
    """All 8 combinations: nothing of the enforcer's may land on 0, 1 or 2."""
    seen = w.path("seen")
    for closed in range(8):
        w.write(seen, "", 0o666)

        def prepare(closed=closed):
            for fd in range(3):
                if closed >> fd & 1:
                    os.close(fd)

        result = w.run("bind", ["/bin/probe", "json"], {"volume": w.data, "file": seen}, prepare=prepare)
        equal(result.code, 0 if not closed & 2 else result.code, f"exit status with {closed:03b} closed")
        if closed & 2:
            check(result.code in (0, 99), f"{closed:03b}: {result!r}")
            check("rf-probe" not in open(seen, encoding="ascii").read(), "output went into a file")
            continue
        fds = result.json()["fds"]
        equal(set(fds), {"0", "1", "2"}, f"open files with {closed:03b} closed")
        for fd in range(3):
            if closed >> fd & 1:
                check("null" in (fds[str(fd)] or ""), f"{closed:03b}: {fd} is {fds[str(fd)]}")


@test()
def session_keyring(w):
    """A key of the launcher's session is not the payload's."""
    def prepare():
        kernel.libc.syscall(250, 1, None)  # a session keyring of our own: KEYCTL_JOIN_SESSION_KEYRING
        kernel.libc.syscall(248, b"user", b"rf-host-key", b"secret", 6, -3)

    if os.uname().machine != "x86_64":
        raise Skip("system-call numbers are written for x86_64")
    r = w.report("defaults", prepare=prepare)
    check("rf-host-key" not in (r["keys"] or ""), "the launcher's key is visible inside")


@test()
def controlling_terminal(w):
    """A launcher's terminal is never the payload's controlling one."""
    primary, secondary = os.openpty()

    def prepare():
        os.setsid()
        fcntl.ioctl(secondary, 0x540e, 0)  # TIOCSCTTY
        os.dup2(secondary, 0)

    try:
        r = w.report("defaults", prepare=prepare, pass_fds=(secondary,))
        check(r["controlling_tty"] != 0, "/dev/tty opens")
        equal(r["sid"], r["pid"], "the payload leads a session")
        got = w.run("defaults", ["/bin/probe", "call", "16", "0", "0x5412", "@x"], prepare=prepare,
                    pass_fds=(secondary,))
        check(got.out.startswith("errno"), f"TIOCSTI: {got!r}")
    finally:
        os.close(primary)
        os.close(secondary)


@test()
def exit_statuses(w):
    for status in (0, 1, 2, 7, 64, 100, 124, 125, 126, 127, 128, 200, 255):
        equal(w.run("defaults", ["/bin/probe", "exit", str(status)]).code, status, "exit status")
    for policy in ("init-none-pid-host", "init-none"):
        equal(w.run(policy, ["/bin/probe", "exit", "33"]).code, 33, f"{policy}: exit status")


@test()
def exit_by_signal(w):
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGKILL, signal.SIGSEGV, signal.SIGPIPE, signal.SIGTERM,
                   signal.SIGUSR1, signal.SIGSYS, 64):
        equal(shell_status(w.run("defaults", ["/bin/probe", "signal", str(int(number))]).code), 128 + number,
              f"status after signal {int(number)}")


def shell_status(code):
    """What a shell shows: a launcher that dies of the payload's signal itself is as good as one that exits 128+n."""
    return 128 - code if code < 0 else code


@test()
def signals_are_forwarded(w):
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH):
        launch = w.start("defaults", ["/bin/probe", "handle"])
        try:
            equal(launch.line(), "ready\n", "first line")
            os.kill(launch.pid, number)
            equal(launch.line(), f"got {int(number):02d}\n", "after the signal")
        finally:
            os.kill(launch.pid, signal.SIGTERM)
        result = launch.finish()
        equal((result.code, result.out), (40, "got 15\n"), "after TERM")


@test()
def term_ends_a_payload_without_a_handler(w):
    for policy in ("defaults", "init-none-pid-host"):
        launch = w.start(policy, ["/bin/probe", "sleep"])
        equal(launch.line(), "ready\n", "first line")
        os.kill(launch.pid, signal.SIGTERM)
        equal(shell_status(launch.finish().code), 128 + signal.SIGTERM, f"{policy}: status")


@test()
def killed_enforcer_leaves_no_payload(w):
    """SIGKILL of the enforcer: the payload and all its children are gone, whatever they ignore."""
    for policy in ("defaults", "init-none", "ids", "caps-user", "ns-user-self"):
        launch = w.start(policy, ["/bin/probe", "handle"])
        equal(launch.line(), "ready\n", "first line")
        check(launch.payload() or policy.startswith("init-none"), f"{policy}: no payload below the enforcer")
        os.kill(launch.pid, signal.SIGKILL)
        launch.process.wait()
        w.reap()
        launch.finish(clean=False)


@test()
def killed_enforcer_leaves_no_orphan(w):
    w.need_shell()
    launch = w.start("defaults", ["/bin/sh", "-c", "/bin/probe orphan; exec /bin/probe sleep"])
    equal((launch.line(), launch.line()), ("orphaned\n", "ready\n"), "lines")
    os.kill(launch.pid, signal.SIGKILL)
    launch.process.wait()
    w.reap()
    launch.finish(clean=False)


@test()
def two_instances_at_once(w):
    """One blob, two parameter values, two launches side by side that do not see each other."""
    first = w.start("hostname", ["/bin/probe", "sleep"], {"instance": "one"})
    equal(first.line(), "ready\n", "first line")
    second = w.report("hostname", {"instance": "two"})
    equal(second["hostname"], "db-two", "hostname of the second")
    equal(second["processes"], [1, 2], "processes that the second sees")
    os.kill(first.pid, signal.SIGTERM)
    first.finish()


@test()
def blob_of_another_owner(w):
    blob = w.path("other.fence")
    with open(w.compile("defaults"), "rb") as file:
        w.write(blob, file.read())
    os.chown(blob, OTHER, OTHER)
    w.refused(blob, says=[("owner", "owned", "belong")])


@test()
def umask_and_rlimits_of_the_launcher_stay(w):
    """The launcher's own process is not changed by a launch."""
    before = (kernel.namespaces(), os.getcwd())
    w.run("everything", ["/bin/probe", "exit", "0"], {"volume": w.data}).ok()
    equal((kernel.namespaces(), os.getcwd()), before, "the launcher")


@test()
def everything_at_once(w):
    if w.cgroups.version is None:
        raise Skip("no cgroup controllers to use")
    r = w.report("everything", {"volume": w.data}, paths=["/data", "/tmp", "/etc/secret"])
    equal((r["uid"][0], sorted(r["groups"]), r["cwd"], r["hostname"]), (1000, [4, 5], "/data", "fenced"), "process")
    equal(mount_at(r, "/tmp")["fstype"], "tmpfs", "/tmp")
    equal(r["paths"]["/tmp"]["write"], 0, "writing to /tmp")
    check(r["paths"]["/data"]["write"] != 0, "/data can be written")
