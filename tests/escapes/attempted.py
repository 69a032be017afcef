# SPDX-License-Identifier: Apache-2.0
"""What a payload tries from inside: every attempt of attempts.c, under fences of several kinds."""
import errno
import os
import shutil
import socket
import subprocess

from suite import kernel
from suite.registry import test
from suite.world import USER, Skip, check, equal

BASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../policies/base")
# Open, and of no use.
HARMLESS = {
    "take_terminal": "the terminal is the caller's own fd 0; without TIOCSTI nothing can be put into it",
}
SOCKET = "\0rf-host-socket"
HEAD = """ringfence: 1
kind: policy
name: escapes
description: a fence to try to get out of
extends: [%s]
arch: [x86_64, aarch64, riscv64]
kernel: v7.2
parameters: {root: {type: path}}
network: none
"""
ROOT, ALL = "root: {path: $(root)}\n", "root: {path: $(root), proc: full, sys: read_only}\n"
AS_ROOT, AS_USER = "process: {uid: 0, gid: 0}\n", f"process: {{uid: {USER}, gid: {USER}}}\n"
SERVICE = HEAD % "service"
# What these capabilities are for, and reaches nothing but the payload's own: its root, its network.
DOCKER_GIVES = {"double_chroot", "packet", "raw_ip"}
UNFILTERED = """ringfence: 1
kind: policy
name: escapes
description: no filter, so that all else must hold by itself
arch: [x86_64, aarch64, riscv64]
kernel: v6.12
parameters: {root: {type: path}}
process: {uid: 0, gid: 0}
root: {path: $(root), proc: full, sys: read_only}
network: none
capabilities: []
seccomp: none
"""
# Without a filter the kernel gives anyone a user namespace, a socket of any kind, and his own terminal's queue: that is
# what the filter is for.  What such a namespace would lead to (mounts, masks, fresh kernel file systems) stays shut.
NEEDS_FILTER = {"vsock", "user_namespace", "user_namespace_by_clone", "user_namespace_by_clone3", "alg", "new_mount_api"}


def attempts(w):
    program = os.path.join(w.build, "attempts")
    check(os.access(program, os.X_OK), f"{program} is missing: build first")
    inside = os.path.join(w.root, "bin/attempts")
    if not os.path.exists(inside):
        shutil.copy(program, inside)
    return program


def parse(text):
    found = {}
    for line in text.splitlines():
        name, _, result = line.partition(" ")
        if result:
            found[name] = result
    check(len(found) > 30, f"too few attempts: {text[-300:]!r}")
    return found


def open_ones(found):
    return {name for name, result in found.items() if result == "open"}


def with_host_key():
    """In the launcher: a session keyring with a key in it, as pam_keyinit leaves a log-in."""
    if os.uname().machine == "x86_64":
        kernel.libc.syscall(250, 1, None)
        kernel.libc.syscall(248, b"user", b"rf-host-key", b"secret", 6, -3)


def from_terminal(w, blob, which, **options):
    """The attempts, started from a terminal of the caller's."""
    primary, secondary = os.openpty()

    def prepare():
        os.setsid()
        kernel.libc.ioctl(secondary, 0x540E, 0)  # TIOCSCTTY
        with_host_key()

    try:
        return w.run(blob, ["/bin/attempts", which], stdin=secondary, prepare=prepare, pass_fds=(secondary,), **options)
    finally:
        os.close(primary)
        os.close(secondary)


def listening():
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(SOCKET)
    server.listen(4)
    return server


def compiled(w, text):
    """The blob of a policy on the shipped bases."""
    w.made += 1
    source, blob = w.path(f"escape{w.made}.ringfence.yaml"), w.path(f"escape{w.made}.fence")
    w.write(source, text)
    result = w.try_compile(source, blob, ["-I", BASES])
    check(result.code == 0, f"compile:\n{text}\n{result!r}")
    os.chmod(blob, 0o644)
    return blob


def fenced(w, text, allowed=(), **options):
    attempts(w)
    blob = compiled(w, text)
    with listening():
        for which in ("files", "calls"):
            result = from_terminal(w, blob, which, **options).ok()
            reached = open_ones(parse(result.out)) - set(HARMLESS) - set(allowed)
            equal(sorted(reached), [], f"ways out that are open ({which})")


@test()
def attempts_reach_the_host_without_a_fence(w):
    """That the attempts are worth trying: most of them are open to root in namespaces of his own."""
    program = attempts(w)
    with listening():
        done = subprocess.run(["unshare", "-mpf", "--mount-proc", program, "calls"], stdin=subprocess.DEVNULL,
                              capture_output=True, check=True, timeout=w.limit)
        done_files = subprocess.run([program, "files"], stdin=subprocess.DEVNULL, capture_output=True, check=True,
                                    timeout=w.limit)
    calls, files = open_ones(parse(done.stdout.decode())), open_ones(parse(done_files.stdout.decode()))
    for name in ("user_namespace", "user_namespace_by_clone", "mount_namespace", "remount_root", "open_tree_of_root",
                 "new_mount_api", "double_chroot", "attach", "read_memory", "abstract_socket", "packet", "join_host",
                 "steal_descriptor"):
        check(name in calls, f"{name} is shut without a fence, too: {done.stdout.decode()}")
    for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/fs/suid_dumpable"):
        check(path in files, f"{path} cannot be opened without a fence, too")
    check(len(files) > 20, f"only {len(files)} files can be opened without a fence")


@test()
def attempts_under_service(w):
    fenced(w, SERVICE + ROOT + AS_ROOT)


@test()
def attempts_with_all_of_proc_and_sys(w):
    fenced(w, SERVICE + ALL + AS_ROOT)


@test()
def attempts_under_docker_default(w):
    fenced(w, HEAD % "docker-default" + ROOT + AS_ROOT, DOCKER_GIVES)


@test()
def attempts_as_an_ordinary_uid(w):
    fenced(w, SERVICE + ALL + AS_USER)


@test()
def attempts_with_a_capability(w):
    fenced(w, SERVICE + ROOT + AS_ROOT + "capabilities: [NET_BIND_SERVICE, CHOWN, SETUID]\n")


@test()
def attempts_in_a_user_namespace(w):
    fenced(w, SERVICE + ROOT + AS_USER + "namespaces: {user: new}\n")


@test()
def attempts_started_by_a_user(w):
    fenced(w, SERVICE + ROOT + AS_USER + "namespaces: {user: new}\n", user=USER)


@test()
def attempts_without_a_filter(w):
    fenced(w, UNFILTERED, NEEDS_FILTER)


@test()
def terminal_injection_by_number(w):
    """A rule about TIOCSTI holds with a bit above the 32 that the kernel looks at, too."""
    attempts(w)
    rules = """seccomp:
  rules:
    - {name: terminal, call: ioctl, when: "cmd == TIOCSTI", then: errno(EXDEV)}
    - {name: console, call: ioctl, when: "cmd == TIOCLINUX", then: errno(EXDEV)}
"""
    found = parse(from_terminal(w, compiled(w, SERVICE + ROOT + AS_ROOT + rules), "calls").ok().out)
    for name in ("tiocsti", "tiocsti_wide", "tioclinux", "tioclinux_wide"):
        equal(found[name], f"errno {errno.EXDEV}", name)


@test()
def a_crash_runs_no_handler_of_the_host(w):
    """A core_pattern pipe would run as the host's root with the payload's memory.  A limit of 0 does not keep the kernel
    from that, 1 does."""
    equal(w.report("defaults")["rlimits"]["core"], [1, 1], "RLIMIT_CORE")


@test()
def no_file_of_the_launch_can_be_had_meanwhile(w):
    """Between every two calls of a launch, the memory of its processes is tried from outside, by the payload's own uid."""
    if shutil.which("strace") is None:
        raise Skip("no strace")
    attempts(w)
    blob = compiled(w, SERVICE + ROOT + AS_USER)
    spy = os.path.join(os.path.dirname(os.path.abspath(__file__)), "spy.py")
    launch = w.start(blob, ["/bin/attempts", "stay"], prefix=["strace", "-f", "-qq", "-o", w.path("trace"), "-e",
                                                              "inject=all:delay_exit=3000"])
    program = os.path.join(w.root, "bin/attempts")
    with subprocess.Popen(["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "python3", spy,
                           str(launch.pid), program], stdout=subprocess.PIPE) as watching:
        equal(launch.line(), "ready\n", "the payload's line")
        os.kill(launch.payload()[-1], 15)
        launch.finish(clean=False)
        seen = watching.communicate(timeout=w.limit)[0].decode().splitlines()
    tried, had = int(seen[0]), seen[1:]
    check(tried > 50, f"only {tried} looks")
    equal(had, [], "processes whose memory could be opened before they were the payload")
