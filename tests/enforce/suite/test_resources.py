# SPDX-License-Identifier: Apache-2.0
"""resources: limits as they stand in the leaf while the payload runs, and their effect.  Counters, never times."""
import os
import re
import shutil
import signal
import subprocess
import time

from . import kernel
from .registry import test
from .world import Skip, check, equal

MIB = 1024 * 1024


def read(*parts):
    with open(os.path.join(*parts), encoding="ascii") as file:
        return file.read().strip()


def key(text, name):
    for line in text.splitlines():
        if line.split()[0] == name:
            return int(line.split()[1])
    raise AssertionError(f"{name} is not in {text!r}")


class Running:
    """A payload under way, ended with TERM."""

    def __init__(self, w, policy, program=("/bin/probe", "sleep"), params=None, **options):
        self.launch = w.start(policy, list(program), params, **options)
        line = self.launch.line()
        if line == "":
            result = self.launch.finish()
            raise AssertionError(f"nothing was started: {result!r}")

    def __enter__(self):
        return self.launch

    def __exit__(self, *_):
        if self.launch.process.poll() is None:
            os.kill(self.launch.pid, signal.SIGTERM)
        self.result = self.launch.finish()


def memory_files(w):
    return ("memory.max", "memory.swap.max") if w.cgroups.version == 2 else (
        "memory.limit_in_bytes", "memory.memsw.limit_in_bytes")


@test("limits")
def payload_is_in_the_leaf(w):
    """Every process of the payload, from its first instruction, and nothing of the launcher."""
    for policy, controller in (("memory", "memory"), ("pids", "pids"), ("cpu", "cpu")):
        with Running(w, policy) as launch:
            inside = {int(n) for n in read(launch.leaf(controller), "cgroup.procs").split()}
            want = set(launch.payload())
            check(want and want <= inside, f"{policy}: payload {want}, in the leaf {inside}")
            check(launch.pid not in inside, f"{policy}: the enforcer is in the leaf")


@test("limits")
def memory_limit_stands(w):
    maximum, swap = memory_files(w)
    with Running(w, "memory") as launch:
        leaf = launch.leaf("memory")
        equal(int(read(leaf, maximum)), 16 * MIB, maximum)
        if os.path.exists(os.path.join(leaf, swap)):
            equal(int(read(leaf, swap)), 0 if w.cgroups.version == 2 else 16 * MIB, swap)


@test("limits")
def memory_limit_kills(w):
    result = w.run("memory", ["/bin/probe", "eat-memory", "64"])
    check(result.code in (137, -9), f"64 MiB under a limit of 16: {result!r}")
    check("touched" not in result.out, "all of it was had")
    equal(w.run("memory", ["/bin/probe", "eat-memory", "4"]).ok().out, "touched 4\n", "4 MiB")


@test("limits")
def memory_limit_kills_only_inside(w):
    """The counter of the kill is the leaf's own."""
    w.need_shell()
    launch = w.start("memory", ["/bin/sh", "-c", "/bin/probe eat-memory 64; echo $?; exec /bin/probe sleep"])
    first = launch.line()
    if first == "137\n":
        equal(launch.line(), "ready\n", "second line")
        leaf = launch.leaf("memory")
        file = "memory.events" if w.cgroups.version == 2 else "memory.oom_control"
        check(key(read(leaf, file), "oom_kill") >= 1, f"{file}: {read(leaf, file)}")
        os.kill(launch.pid, signal.SIGTERM)
        launch.finish()
    else:  # the whole group went: memory.oom.group
        result = launch.finish()
        check(result.code in (137, -9), f"{first!r} {result!r}")


@test("limits")
def memory_rounded_to_the_page(w):
    with Running(w, "memory-odd") as launch:
        got = int(read(launch.leaf("memory"), memory_files(w)[0]))
    equal(got, 20000001 // os.sysconf("SC_PAGESIZE") * os.sysconf("SC_PAGESIZE"), "limit")


@test("limits")
def memory_max_word(w):
    with Running(w, "memory-max") as launch:
        leaves = [d for d in w.cgroups.leaves() if d.startswith(w.cgroups.path("memory"))]
        if leaves:
            got = read(launch.leaf("memory"), memory_files(w)[0])
            check(got == "max" or int(got) > 1 << 62, f"limit: {got}")


class Lowered:
    """The place of the next launch with a limit of its own on it."""

    def __init__(self, w, controller, file, text):
        self.files = w.cgroups.place()
        self.at = next(f for f in self.files if f.startswith(w.cgroups.path(controller) + "/"))
        with open(os.path.join(os.path.dirname(self.at), file), "w", encoding="ascii") as out:
            out.write(text)


@test("limits")
def memory_above_an_ancestor(w):
    """The kernel would take the value in silence; it would never be had."""
    w.cgroups.retire()
    low = Lowered(w, "memory", memory_files(w)[0], str(32 * MIB))
    w.refused("memory-above", files=low.files, says=["memory", "memory-above.ringfence.yaml:"])
    with Running(w, "memory-above") as launch:
        equal(int(read(launch.leaf("memory"), memory_files(w)[0])), 64 * MIB, "limit without a lower ancestor")


@test("limits")
def pids_above_an_ancestor(w):
    w.cgroups.retire()
    low = Lowered(w, "pids", "pids.max", "6")
    w.refused("pids", files=low.files, says=["pids", "pids.ringfence.yaml:"])


@test("limits")
def cpu_above_an_ancestor(w):
    w.cgroups.retire()
    if w.cgroups.version == 2:
        low = Lowered(w, "cpu", "cpu.max", "10000 100000")
    else:
        low = Lowered(w, "cpu", "cpu.cfs_quota_us", "10000")
    w.refused("cpu", files=low.files, says=["cpu"])


@test("limits")
def pids_limit_stands(w):
    with Running(w, "pids") as launch:
        equal(read(launch.leaf("pids"), "pids.max"), "8", "pids.max")


@test("limits")
def pids_limit_holds(w):
    out = w.run("pids", ["/bin/probe", "fork", "50"]).ok().out
    made, error = (int(n) for n in re.match(r"forked (\d+) errno (\d+)", out).groups())
    check(5 <= made <= 7, f"made {made} processes under a limit of 8")
    equal(error, 11, "errno")
    equal(w.run("defaults", ["/bin/probe", "fork", "50"]).ok().out, "forked 50 errno 0\n", "without the limit")


@test("limits")
def cpu_limit_stands(w):
    with Running(w, "cpu") as launch:
        leaf = launch.leaf("cpu")
        if w.cgroups.version == 2:
            quota, period = (int(n) for n in read(leaf, "cpu.max").split())
        else:
            quota, period = int(read(leaf, "cpu.cfs_quota_us")), int(read(leaf, "cpu.cfs_period_us"))
        equal(quota * 5, period, f"quota {quota}, period {period}")


@test("limits")
def cpu_limit_throttles(w):
    with Running(w, "cpu", ("/bin/probe", "spin", "3")) as launch:
        leaf = launch.leaf("cpu")
        end = time.monotonic() + 30
        while key(read(leaf, "cpu.stat"), "nr_throttled") < 3 and time.monotonic() < end:
            time.sleep(0.05)
        throttled = key(read(leaf, "cpu.stat"), "nr_throttled")
        check(throttled >= 3, f"throttled {throttled} times: {read(leaf, 'cpu.stat')!r}")
        out = launch.line()
    cpu, wall = (float(n) for n in re.match(r"cpu ([\d.]+) wall ([\d.]+)", out).groups())
    check(cpu < 0.5 * wall, f"used {cpu} s of CPU in {wall} s under a limit of a fifth")


@test("limits")
def cpu_weight_stands(w):
    with Running(w, "cpu-weight") as launch:
        if w.cgroups.version == 2:
            equal(read(launch.leaf("cpu"), "cpu.weight"), "10", "cpu.weight")
        else:
            # v1 has shares of 1024 for the weight of 100.
            equal(read(launch.leaf("cpu"), "cpu.shares"), "102", "cpu.shares")


def whole_disk():
    """(path, "major:minor") of a block device that can be throttled: a whole disk that is no loop or RAM device."""
    for name in sorted(os.listdir("/sys/class/block")):
        at = f"/sys/class/block/{name}"
        if not os.path.exists(at + "/partition") and not re.match(r"(loop|ram|zram|dm-|md|sr|fd|nbd)", name) \
                and os.path.exists(f"/dev/{name}") and int(read(at, "size")) > 0:
            return f"/dev/{name}", read(at, "dev")
    raise Skip("no disk on this machine")


def io_values(w, leaf, device):
    if w.cgroups.version == 2:
        for line in read(leaf, "io.max").splitlines():
            if line.split()[0] == device:
                return {k: v for k, v in (item.split("=") for item in line.split()[1:])}
        return {}
    names = {"rbps": "read_bps", "wbps": "write_bps", "riops": "read_iops", "wiops": "write_iops"}
    found = {}
    for name, file in names.items():
        for line in read(leaf, f"blkio.throttle.{file}_device").splitlines():
            if line.split()[0] == device:
                found[name] = line.split()[1]
    return found


@test("limits")
def io_limits_stand(w):
    disk, device = whole_disk()
    with Running(w, "io", params={"disk": disk}) as launch:
        got = io_values(w, launch.leaf("io"), device)
    equal(got, {"rbps": str(2 * MIB), "wbps": str(MIB), "riops": "500", "wiops": "200"}, "limits")


@test("limits")
def io_of_a_file_is_its_disk(w):
    """A path on a file system stands for the whole disk below it."""
    disk, device = whole_disk()
    st = os.stat(w.base)
    if os.major(st.st_dev) == 0 or not os.path.exists(f"/sys/dev/block/{os.major(st.st_dev)}:{os.minor(st.st_dev)}"):
        raise Skip(f"the scratch directory is on no disk such as {disk}")
    with Running(w, "io", params={"disk": w.base}) as launch:
        check("rbps" in io_values(w, launch.leaf("io"), device), "no limit on the disk below the scratch directory")


@test("limits")
def io_of_no_disk_is_refused(w):
    w.refused("io", params={"disk": "/proc/self/status"}, says=["io.ringfence.yaml:"])
    w.refused("io", params={"disk": "/mnt"}, says=["io.ringfence.yaml:"])
    w.refused("io", params={"disk": "/no/such/disk"}, says=["/no/such/disk"])


@test("vm", "v2")
def io_limit_holds(w):
    """4 MiB at 2 MiB/s against the same without a limit: a ratio, both in one run."""
    where = "/mnt/disk"
    disk, _ = whole_disk()
    os.makedirs(where, exist_ok=True)
    if shutil.which("mkfs.ext4", path="/usr/sbin:/sbin:/usr/bin") is None:
        raise Skip("no mkfs.ext4")
    subprocess.run(["mkfs.ext4", "-q", "-F", disk], check=True, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
    kernel.mount(disk, where, "ext4")
    try:
        with_limit = w.run("io-data", ["/bin/probe", "io", "/data/x", "4"], {"volume": where}).ok().out
        free = w.run("bind-flat", ["/bin/probe", "io", "/data/x", "4"], {"volume": where}).ok().out
    finally:
        kernel.umount(where)
    slow, fast = (float(re.match(r"write ([\d.]+)", text).group(1)) for text in (with_limit, free))
    check(slow > 1.5 and slow > 3 * fast, f"{slow} s with a limit of 2 MiB/s, {fast} s without")


@test("limits")
def leaf_is_not_the_payloads(w):
    """The payload cannot move itself or change its limits, even where it can see the tree."""
    w.need_shell()
    script = ("for f in $(busybox find /sys/fs/cgroup -name cgroup.procs 2>/dev/null); do "
              "echo 0 2>/dev/null >$f && echo moved; done; echo done")
    out = w.run("sys-read-only", ["/bin/sh", "-c", script]).ok().out
    equal(out, "done\n", "output")


@test("limits")
def stale_leaf_is_swept(w):
    """After SIGKILL of the enforcer at most one empty cgroup stays, and the next launch removes it."""
    w.cgroups.retire()
    files, options = w.cgroups.parent()
    launch = w.start("memory", ["/bin/probe", "handle"], files=files, options=options)
    equal(launch.line(), "ready\n", "first line")
    os.kill(launch.pid, signal.SIGKILL)
    launch.process.wait()
    w.reap()
    launch.finish(clean=False)
    stale = w.cgroups.leaves()
    for leaf in stale:
        equal(read(leaf, "cgroup.procs"), "", f"processes in {leaf}")
    again = w.start("memory", ["/bin/probe", "exit", "0"], files=files, options=options)
    result = again.finish(clean=False)
    equal(result.code, 0, f"the next launch ({result!r})")
    end = time.monotonic() + 5
    while w.cgroups.leaves() and time.monotonic() < end:
        time.sleep(0.01)
    equal(w.cgroups.leaves(), [], f"cgroups after the next launch (stale were {stale})")


@test("limits")
def sweeping_spares_the_living(w):
    """The sweep of one launch does not touch the leaf of another that runs in the same place."""
    w.cgroups.retire()
    files, options = w.cgroups.parent()
    first = w.start("memory", ["/bin/probe", "handle"], files=files, options=options)
    equal(first.line(), "ready\n", "first line")
    second = w.start("memory", ["/bin/probe", "exit", "3"], files=files, options=options)
    equal(second.finish(clean=False).code, 3, "the second")
    equal(first.process.poll(), None, "the first still runs")
    os.kill(first.pid, signal.SIGTERM)
    equal(first.finish().code, 40, "the first")


@test("v1")
def limits_without_the_controller(w):
    """No controller to be had: one line that says so, not a launch without the limit."""
    def hide():
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            for mount in kernel.mounts(file.read()):
                if mount["fstype"] == "cgroup" and "memory" in mount["super"]:
                    kernel.umount(mount["target"])

    w.refused("memory", prepare=hide, says=["memory"])


@test("v2")
def place_without_the_controller_v2(w):
    """Root's own cgroup has no memory controller and limits nothing: the leaf is made at the top of the hierarchy."""
    w.cgroups.retire()
    with open(os.path.join(w.cgroups.path("memory"), "cgroup.subtree_control"), "w", encoding="ascii") as file:
        file.write("-memory")
    try:
        equal(w.run("memory", ["/bin/probe", "exit", "3"]).code, 3, "exit code")
    finally:
        with open(os.path.join(w.cgroups.path("memory"), "cgroup.subtree_control"), "w", encoding="ascii") as file:
            file.write("+memory")


@test("v2")
def place_shared_with_others_is_refused(w):
    """A cgroup that holds other processes cannot have a leaf with controllers below it; leaving it must not widen."""
    w.cgroups.retire()
    files = w.cgroups.place()
    other = os.fork()
    if other == 0:
        signal.pause()
    w.managed.add(other)
    try:
        for file in files:
            with open(file, "w", encoding="ascii") as procs:
                procs.write(str(other))
        with open(os.path.join(os.path.dirname(files[0]), "memory.max"), "w", encoding="ascii") as file:
            file.write("8388608")
        w.refused("memory", files=files, says=["memory.max", "8388608"])
    finally:
        os.kill(other, signal.SIGKILL)
        w.managed.discard(other)
        w.reap()
