# SPDX-License-Identifier: Apache-2.0
"""Landlock: what of files, TCP and other processes the payload reaches, and kernels that have too little of it."""
import ctypes
import errno
import os
import platform
import signal
import socket
import struct
import subprocess

from . import kernel
from .registry import test
from .world import USER, check, equal

ABI = kernel.landlock_abi()
CREATE_RULESET = 444
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "riscv64": 0xC00000F3}


def has(w, needed, policy, params=None, **options):
    """Whether this kernel's ABI is enough.  Where it is not, the policy must not start."""
    if ABI >= needed:
        return True
    w.refused(policy, params=params, says=[f"Landlock ABI {needed}", "(Linux ", f"has {ABI}", ".ringfence.yaml:"], **options)
    return False


def reach(w, policy, attempts, params=None, **options):
    return w.run(policy, ["/bin/probe", "reach", *attempts], params, **options).json()


def without(call):
    """For `prepare`: the kernel seems not to have this call; what is started is under the filter too."""
    program = b"".join(struct.pack("<HBBI", *insn) for insn in (
        (0x20, 0, 0, 4), (0x15, 0, 3, ARCHITECTURES[platform.machine()]), (0x20, 0, 0, 0), (0x15, 0, 1, call),
        (0x06, 0, 0, 0x50000 | errno.ENOSYS), (0x06, 0, 0, 0x7FFF0000)))

    def install():
        memory = ctypes.create_string_buffer(program)
        packed = ctypes.create_string_buffer(struct.pack("HP", len(program) // 8, ctypes.addressof(memory)))
        if kernel.libc.prctl(38, 1, 0, 0, 0) or kernel.libc.prctl(22, 2, packed):
            raise OSError(ctypes.get_errno(), "seccomp")
    return install


FILES = {
    "read:/etc/passwd": 0, "read:/etc/secret": errno.EACCES, "read:/etc": errno.EACCES, "read:/": errno.EACCES,
    "read:/bin/probe": 0, "read:/bin/plain": errno.EACCES, "read:/bin": errno.EACCES, "read:/run": 0,
    "read:/data/file": errno.EACCES, "read:/proc/self/status": errno.EACCES, "read:/dev/null": errno.EACCES,
    "write:/data/file": 0, "write:/data/hidden": errno.EACCES,
    "create:/data/new": errno.EACCES, "mkdir:/data/new": errno.EACCES, "symlink:/data/new": errno.EACCES,
    "fifo:/data/new": errno.EACCES, "unlink:/data/file": errno.EACCES, "rmdir:/data/inner": errno.EACCES,
    "rename:/data/hidden>/data/new": errno.EACCES, "truncate:/data/file": 0,
    "create:/tmp/a": 0, "mkdir:/tmp/d": 0, "symlink:/tmp/l": 0, "fifo:/tmp/f": 0, "unlink:/tmp/f": 0,
    "truncate:/tmp/a": 0, "read:/tmp/a": 0, "rename:/tmp/a>/tmp/b": 0, "write:/tmp/b": 0, "unlink:/tmp/b": 0,
    "rmdir:/tmp/d": 0, "read:/tmp": 0,
    "exec:/bin/probe": 0, "exec:/bin/badloader": errno.EACCES,
}


@test()
def landlock_files(w):
    params = {"volume": w.data}
    if not has(w, 1, "landlock-files", params):
        return
    want = dict(FILES)
    want["truncate:/data/hidden"] = errno.EACCES if ABI >= 3 else 0
    want["ioctl:/dev/urandom"] = errno.EACCES if ABI >= 5 else 0
    equal(reach(w, "landlock-files", list(want), params), want, "what is reached")
    equal(sorted(os.listdir(w.data)), ["file", "hidden", "inner"], "the volume")


@test()
def landlock_files_without(w):
    """It is Landlock, and neither a mount nor a mode, that refuses these."""
    tried = [what for what, result in FILES.items() if result == errno.EACCES
             and what.split(":")[0] in ("read", "truncate", "exec")] + ["write:/data/hidden", "ioctl:/dev/urandom"]
    got = reach(w, "landlock-none", [*tried, "mkdir:/data/made", "rmdir:/data/made"], {"volume": w.data})
    equal(got.pop("exec:/bin/badloader"), errno.ENOENT, "a script whose interpreter is not there")
    equal({what: result for what, result in got.items() if result}, {}, "what is refused")


@test()
def landlock_rename_between_directories(w):
    """ABI 1 cannot permit it, so it stays refused there."""
    params = {"volume": w.data}
    if not has(w, 1, "landlock-files", params):
        return
    what = "rename:/tmp/a>/tmp/d/a"
    got = reach(w, "landlock-files", ["create:/tmp/a", "mkdir:/tmp/d", what], params)
    equal(got[what], 0 if ABI >= 2 else errno.EXDEV, what)


@test()
def landlock_program_must_be_covered(w):
    if not has(w, 1, "landlock-no-execute"):
        return
    w.refused("landlock-no-execute", ["/bin/probe", "exit", "0"], code=126, says=["/bin/probe", "EACCES", "landlock.execute"])
    w.refused("landlock-files", ["/bin/badloader"], {"volume": w.data}, code=127, says=["/no/such/interpreter"])


@test()
def landlock_path_must_be_there(w):
    if has(w, 1, "landlock-missing"):
        w.refused("landlock-missing", says=["landlock: /no/such/path: ENOENT", "landlock-missing.ringfence.yaml:"])


@test()
def landlock_magic_link_is_refused(w):
    """The image chooses where a link leads, but not through /proc/PID/root or to a descriptor."""
    link = os.path.join(w.root, "no")
    os.makedirs(os.path.join(link, "such"))
    os.symlink("/proc/self/root", os.path.join(link, "such/path"))
    try:
        if has(w, 1, "landlock-missing"):
            w.refused("landlock-missing", says=["landlock: /no/such/path: ELOOP"])
    finally:
        os.unlink(os.path.join(link, "such/path"))
        os.removedirs(os.path.join(link, "such"))


@test()
def landlock_abi_too_low(w):
    if has(w, 10, "landlock-newest"):
        w.run("landlock-newest", ["/bin/probe", "exit", "3"])
        return
    result = w.run("landlock-newest", ["/bin/probe", "print", "started"], options=["--check"])
    equal(result.code, 125, f"--check ({result!r})")
    check(result.out.startswith(f"landlock: the policy needs Landlock ABI 10 (Linux 7.2), this kernel has {ABI}")
          and len(result.out.splitlines()) == 1, f"--check: {result!r}")


@test()
def landlock_kernel_without(w):
    for policy in ("landlock-args", "landlock-no-ports", "landlock-scope"):
        w.refused(policy, None if policy == "landlock-args" else ("/bin/probe", "exit", "0"), prepare=without(CREATE_RULESET),
                  says=["landlock: ", "this kernel has 0", "ENOSYS"])
    equal(w.run("defaults", ["/bin/probe", "exit", "3"], prepare=without(CREATE_RULESET)).code, 3, "a policy without")


@test()
def landlock_under_a_reaper(w):
    if not has(w, 1, "landlock-args", program=None):
        return
    equal(w.run("landlock-args", None).json(), {"read:/etc/passwd": 0, "read:/bin/plain": errno.EACCES}, "files")


@test()
def landlock_ports(w):
    if not has(w, 4, "landlock-ports"):
        return
    want = {"connect:7001": errno.ECONNREFUSED, "connect:7002": errno.EACCES, "bind:7002": 0, "bind:0": 0,
            "bind:7001": errno.EACCES, "bind-udp:7001": 0}
    equal(reach(w, "landlock-ports", list(want)), want, "listed ports")
    want = dict.fromkeys(("connect:7001", "connect:7002", "bind:7002", "bind:0", "bind:7001"), errno.EACCES)
    equal(reach(w, "landlock-no-ports", list(want)), want, "empty lists")
    want = {"connect:7001": errno.ECONNREFUSED, "bind:7001": 0, "bind:0": 0}
    equal(reach(w, "landlock-no-scope", ["bind:0"]), {"bind:0": 0}, "no lists, the host's network")
    equal(reach(w, "defaults", list(want)), want, "no landlock")


@test()
def landlock_scope(w):
    """The containerd case: with the host's network its abstract sockets can be seen, and here not be reached."""
    if not has(w, 6, "landlock-scope"):
        return
    name = f"ringfence-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind("\0" + name)
        listener.listen(8)
        target = subprocess.Popen(["sleep", "60"])
        w.managed.add(target.pid)
        try:
            tried = [f"abstract:{name}", f"signal:{target.pid}", "signal:self"]
            equal(list(reach(w, "landlock-scope", tried).values()), [errno.EPERM, errno.EPERM, 0], "with a scope")
            equal(list(reach(w, "landlock-no-scope", tried).values()), [0, 0, 0], "without")
        finally:
            target.kill()
            target.wait()


@test()
def landlock_scope_lets_signals_in(w):
    """The supervisor's signals come from outside and still arrive."""
    if not has(w, 6, "landlock-scope"):
        return
    launch = w.start("landlock-scope", ["/bin/probe", "handle"])
    try:
        equal(launch.line(), "ready\n", "the first line")
        launch.process.send_signal(signal.SIGTERM)
    finally:
        result = launch.finish()
    equal((result.code, result.out), (40, "got 15\n"), "after TERM")


@test("anyone")
def landlock_of_a_user(w):
    user = USER if w.is_root else None
    if not has(w, 1, "landlock-user", user=user):
        return
    want = {"read:/etc/passwd": 0, "read:/bin/plain": errno.EACCES, "exec:/bin/probe": 0}
    equal(reach(w, "landlock-user", list(want), user=user), want, "files")


@test()
def landlock_in_plan(w):
    result = w.run("landlock-ports", ["/bin/probe", "print", "started"], options=["--plan"]).ok()
    for line in ("ABI 4 (Linux 6.7) or later", "/: execute", "TCP with listed ports only: bind connect", "port 0: bind",
                 "port 7001: connect", "port 7002: bind"):
        check(f"      {line}\n" in result.out, f"{line!r} is not in the plan:\n{result.out}")
    result = w.run("landlock-scope", ["/bin/probe", "print", "started"], options=["--plan"]).ok()
    check("refused beyond the payload: abstract_unix signal\n" in result.out, result.out)
