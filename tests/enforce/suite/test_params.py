# SPDX-License-Identifier: Apache-2.0
"""parameters: one compiled policy, many instances; and what a launch may not say."""
import json
import os
import signal
import subprocess

from .registry import test
from .test_notify import make_blob
from .test_resources import Running, memory_files, read
from .world import LIMIT, USER, Skip, check, equal, mount_at

MIB = 1024 * 1024
FIRST = {"instance": "one", "address": "10.66.1.2/24", "memory": str(16 * MIB)}
SECOND = {"instance": "two", "address": "10.66.9.1/16", "memory": str(32 * MIB), "tasks": "20", "scratch": "8192",
          "six": "fd00:66:0:0::1.2.3.4"}


def named(w, name, wait=True):
    """The leaves of this name, one for each hierarchy."""
    found = [leaf for leaf in w.cgroups.leaves() if os.path.basename(leaf) == "ringfence.leaf.test-" + name]
    check(found or not wait, f"no leaf of {name} among {w.cgroups.leaves()}")
    return found


def leaf_of(w, name, file):
    """The one of them that has this file."""
    found = [leaf for leaf in named(w, name) if os.path.exists(os.path.join(leaf, file))]
    equal(len(found), 1, f"leaves of {name} with {file}")
    return found[0]


def start(w, params, files, options, program=("/bin/probe", "report"), **more):
    return w.start("instances", list(program), params, files=files, options=options, stdin=subprocess.PIPE, **more)


def check_report(launch, params):
    r = json.loads(launch.line())
    equal(r["hostname"], "db-" + params["instance"], "host name")
    env = dict(word.split("=", 1) for word in r["env"])
    equal(env["ADDRESS"], params["address"], "an address")
    equal(env["PEER"], f"http://[{params.get('six', 'fd00:66::1')}]:80/", "an address between literals")
    equal(env["SELF"], params["instance"], "a name")
    equal(env["SHELL"], "$(id) $5 $$", "no parameter")
    size = int(params.get("scratch", 65536)) // 1024
    check(f"size={size}k" in mount_at(r, "/tmp")["super"], f"/tmp: {mount_at(r, '/tmp')}, expected {size} KiB")


def check_leaf(w, params):
    maximum, swap = memory_files(w)
    name, memory = params["instance"], int(params["memory"])
    equal(read(leaf_of(w, name, maximum), maximum), str(memory), maximum)
    leaf = leaf_of(w, name, maximum)
    if os.path.exists(os.path.join(leaf, swap)):
        equal(int(read(leaf, swap)), 4 * MIB if w.cgroups.version == 2 else memory + 4 * MIB, swap)
    equal(read(leaf_of(w, name, "pids.max"), "pids.max"), params.get("tasks", "8"), "pids.max")


@test("limits")
def instances_side_by_side(w):
    """Two launches of one blob at a time: each has its own name, limits and values."""
    w.cgroups.retire()
    files, options = w.cgroups.parent()
    launches = [start(w, params, files, options) for params in (FIRST, SECOND)]
    for launch, params in zip(launches, (FIRST, SECOND)):
        check_report(launch, params)
    for params in (FIRST, SECOND):
        check_leaf(w, params)
    for launch in reversed(launches):
        launch.process.stdin.close()
        launch.process.stdin = None
        equal(launch.finish(clean=launch is launches[0]).code, 0, "exit status")
    equal(named(w, "one", wait=False) + named(w, "two", wait=False), [], "leaves at the end")


@test("limits")
def instances_are_limited(w):
    """The number holds, not only stands there."""
    for tasks in (6, 30):
        out = w.run("instances", ["/bin/probe", "fork", "50"], {**FIRST, "tasks": str(tasks)}).ok().out
        made = int(out.split()[1])
        check(tasks - 3 <= made <= tasks - 1, f"made {made} processes under a limit of {tasks}")


@test("limits")
def cgroup_name_in_use(w):
    """A second launch of a name is refused while the first runs, whatever its other values; afterwards it is not."""
    w.cgroups.retire()
    files, options = w.cgroups.parent()
    first = start(w, FIRST, files, options)
    check_report(first, FIRST)
    done = start(w, {**SECOND, "instance": "one"}, files, options).finish(clean=False)
    equal((done.code, done.out), (125, ""), "the second")
    for word in ("ringfence.leaf.test-one", "another launch", "instances.ringfence.yaml:"):
        check(word in done.err, f"{word} is not in {done.err!r}")
    equal(first.process.poll(), None, "the first still runs")
    check_leaf(w, FIRST)
    first.process.stdin.close()
    first.process.stdin = None
    equal(first.finish().code, 0, "the first")
    start(w, FIRST, files, options, ["/bin/probe", "exit", "0"]).finish().ok()


def leave_leaf(w, params, files, options):
    """A launch whose enforcer is killed: its leaf, named "one", stays."""
    launch = start(w, params, files, options, ["/bin/probe", "handle"])
    equal(launch.line(), "ready\n", "first line")
    os.kill(launch.pid, signal.SIGKILL)
    launch.process.wait()
    w.reap()
    launch.finish(clean=False)
    check(named(w, "one"), "no leaf was left: nothing was tried")


@test("limits")
def cgroup_name_of_a_killed_launch(w):
    """What SIGKILL of the enforcer leaves is replaced by the next launch of the name, with nothing of its limits."""
    w.cgroups.retire()
    files, options = w.cgroups.parent()
    leave_leaf(w, {**FIRST, "tasks": "4"}, files, options)
    again = start(w, {**FIRST, "memory": str(48 * MIB)}, files, options)
    check_report(again, FIRST)
    check_leaf(w, {**FIRST, "memory": str(48 * MIB)})
    again.process.stdin.close()
    again.process.stdin = None
    equal(again.finish(clean=False).code, 0, "the next launch")
    equal(named(w, "one", wait=False), [], "leaves at the end")


@test("limits")
def named_leaf_is_swept(w):
    """By a launch that has no name, too."""
    w.cgroups.retire()
    files, options = w.cgroups.parent()
    leave_leaf(w, FIRST, files, options)
    other = w.start("instances", ["/bin/probe", "exit", "0"], {**FIRST, "instance": "other"}, files=files,
                    options=options)
    equal(other.finish(clean=False).code, 0, "another launch")
    equal(named(w, "one", wait=False), [], "leaves at the end")


@test("limits")
def cgroup_without_limits(w):
    """A name asks for a leaf, as a limit does."""
    with Running(w, "cgroup"):
        check(named(w, "only"), "no leaf")
    with Running(w, "defaults"):
        equal(named(w, "only", wait=False), [], "without the key")


@test("anyone")
def cgroup_without_a_place(w):
    """An ordinary user who may make no cgroup gets no launch without the one that was asked for."""
    if w.cgroups.version == 2 and not w.is_root:
        raise Skip("whether this user's cgroup is delegated is not known here")
    if not w.is_root:
        w.refused("user-cgroup", says=["cgroup"])
        return
    w.cgroups.retire()
    w.refused("user-cgroup", user=USER, files=w.cgroups.place(), says=["cgroup", "Delegate=yes"])


@test("v2")
def cgroup_of_a_user(w):
    launch = w.start("user-cgroup", ["/bin/probe", "report"], user=USER, stdin=subprocess.PIPE)
    check(launch.line(), "nothing was started")
    check(named(w, "user"), "no leaf")
    launch.process.stdin.close()
    launch.process.stdin = None
    launch.finish().ok()


@test()
def arguments_with_parameters(w):
    given = {"program": "/bin/probe", "port": "8080"}
    out = w.run("args-parameter", None, given).ok().out
    equal(out.splitlines(), ["--port=8080", "w", "$(id)", "awz"], "arguments")
    out = w.run("args-parameter", None, {**given, "port": "1", "word": "x.y"}).ok().out
    equal(out.splitlines(), ["--port=1", "x.y", "$(id)", "ax.yz"], "arguments")
    for params, says in (({**given, "port": "0"}, ["port", "1..65535", "args-parameter.ringfence.yaml:9"]),
                         ({**given, "port": "65536"}, ["port"]), ({**given, "program": "/usr/bin/x"}, ["program", "/bin"])):
        w.refused("args-parameter", None, params, says=says)


@test()
def values_that_are_refused(w):
    """Out of bounds, or not of the type: the parameter's name, what is allowed, and the policy's line."""
    for name, values, says in (
            ("memory", ("8388607", "67108865", "016777216", "+16777216", "16MiB", "max", "-1", "", " 16777216",
                        "18446744073709551616", "16777216\n", "1677721600000000000000"), ("number", "8388608..67108864", 11)),
            ("tasks", ("3", "65", "8.0", "0x8"), ("4..64", 12)),
            ("scratch", ("4095", "1048577", "64k"), ("4096..1048576", 13)),
            ("address", ("10.67.0.1/24", "10.66.0.1", "10.66.0.1/15", "10.66.0.1/33", "10.66.0.01/24", "10.66.0.1/24 ", "::1/64",
                         "10.66.0.256/24"), ("IPv4", "10.66.0.0/16", 9)),
            ("six", ("fd00:67::1", "::1", "fd00:66::1/64", "fd00:66::1%lo", "10.66.0.1", "fd00:66:::1"),
             ("IPv6", "fd00:66::/32", 10)),
            ("instance", ("", "a/b", "..", "-a", "a" * 17, "a b", "a$(x)"), (8,))):
        for value in values:
            words = [f"{name}: ", *[str(s) for s in says[:-1]], f"instances.ringfence.yaml:{says[-1]}]"]
            if len(value) > 16 and name == "instance":
                words[1:1] = ["at most 16 bytes", "a longer one"]
            w.refused("instances", params={**FIRST, name: value}, says=words)
    for name in FIRST:
        w.refused("instances", params={**FIRST, name: None}, says=[f"--param {name}: the policy needs", "given: nothing", "instances.ringfence.yaml:"])


@test()
def value_at_its_bounds(w):
    """The least and the greatest are taken: the refusals above are not of everything."""
    if w.cgroups.version is None:
        return
    for extra in ({"memory": "8388608", "tasks": "4", "scratch": "4096"},
                  {"memory": "67108864", "tasks": "64", "scratch": "1048576", "address": "10.66.255.255/32"}):
        w.run("instances", ["/bin/probe", "exit", "0"], {**FIRST, **extra}).ok()


def tampered(w, blob, section, offset, new):
    """The blob with bytes of a section replaced, its checksums made right again."""
    bad = w.path("tampered.fence")
    tool = os.path.join(os.path.dirname(w.cases), "..", "golden", "bin", "tamper")
    subprocess.run([tool, blob, bad, str(section), str(offset), new.hex()], check=True, timeout=LIMIT)
    os.chmod(bad, 0o644)
    return bad


@test()
def default_out_of_its_own_bounds(w):
    """Whoever can write the blob still cannot make it say what its own bound forbids."""
    blob = w.compile("instances")
    with open(blob, "rb") as file:
        data = file.read()
    at = 0
    strings = 80 + 16 * int.from_bytes(data[20:24], "little")
    for old, new in ((b"\x0065536\0", b"\x0000536\0"), (b"\x004096..1048576\0", b"\x009096..1048576\0"),
                     (b"\x00fd00:66::1\0", b"\x00fe00:66::1\0"), (b"\x00fd00:66::/32\0", b"\x00fe00:66::/32\0")):
        at = data.index(old, strings) - strings
        bad = tampered(w, blob, 1, at, new)
        if new == b"\x009096..1048576\0":  # a bound may be any: the default still lies in it
            w.refused(bad, params={**FIRST, "scratch": "4096"}, says=["9096..1048576"])
            continue
        w.refused(bad, params=FIRST, says=["refused", "contradict"])


@test()
def hostile_fills(w):
    """A crafted blob cannot leave its parameter's place, or be made into one."""
    common = [f"root={w.root}", "ns=mnt,pid,net,ipc,uts", "filter=allow", "param=n:number:0..4096::4", "param=s:name:::16"]
    for name, key in (("cgroup", "cgroup=../$(s)"), ("unlimited", "tmpfs=/tmp:$(n):0755:0:0"), ("name", "env=$(s)"),
                      ("limit", "limit=2:pids:pids.max:$(s):exact"), ("prefix", "limit=2:pids:pids.max:1$(n):exact"),
                      ("type", "param=t:else:::16"), ("bound", "param=t:number:::16"), ("default", "param=t:number:1..2:3:16")):
        make_blob(w, "fill-" + name, *common, key, status=1)
    good = make_blob(w, "fill-good", *common, "env=N=$(n)", "env=S=<$(s)>")
    r = w.report(good, params={"root": None, "n": "12", "s": "x"})
    equal(r["env"], ["N=12", "S=<x>"], "environment")
