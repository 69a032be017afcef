# SPDX-License-Identifier: Apache-2.0
"""namespaces: each kind new, the host's, and joined; id maps, clocks, host name, network."""
import os
import signal
import socket
import subprocess

from . import kernel
from .registry import test
from .world import USER, Skip, check, equal

KINDS = {"uts": kernel.CLONE_NEWUTS, "ipc": kernel.CLONE_NEWIPC, "cgroup": kernel.CLONE_NEWCGROUP,
         "pid": kernel.CLONE_NEWPID, "time": kernel.CLONE_NEWTIME}


@test()
def namespaces_new(w):
    host, inside = kernel.namespaces(), w.report("ns-new")["ns"]
    for kind in ("pid", "mnt", "uts", "ipc", "cgroup", "net"):
        check(inside[kind] and inside[kind] != host[kind], f"{kind} is the host's: {inside[kind]}")
    for kind in ("user", "time"):
        equal(inside[kind], host[kind], kind)


@test()
def namespaces_host(w):
    host, inside = kernel.namespaces(), w.report("ns-host")["ns"]
    for kind in ("pid", "uts", "ipc", "cgroup", "net", "user", "time"):
        equal(inside[kind], host[kind], kind)
    check(inside["mnt"] != host["mnt"], "the mount namespace is the host's")


@test()
def pid_new_hides_the_host(w):
    r = w.report("ns-new")
    equal(r["processes"], [1, 2], "processes")
    got = w.run("ns-new", ["/bin/probe", "call", "62", str(os.getpid()), "0"]).out
    if os.uname().machine == "x86_64":
        equal(got, "errno 3\n", "signalling a process of the host")


@test()
def pid_host_shows_the_host(w):
    r = w.report("ns-host")
    check(os.getpid() in r["processes"], "the host's processes are not visible")
    check(r["pid"] > 2 and r["ppid"] > 1, f"pid {r['pid']}, ppid {r['ppid']}")


@test()
def mount_host(w):
    """With the host's mounts the root is the host's, and the layers behind it still hold."""
    r = w.run("mount-host", [w.probe, "json", w.base], {"root": None}).json()
    equal(r["ns"]["mnt"], kernel.namespaces()["mnt"], "mount namespace")
    equal((r["no_new_privs"], r["seccomp_mode"], r["caps"]["bounding"]), (1, 2, 0), "confinement")
    equal(r["paths"][w.base]["stat"], 0, "a directory of the host")


class Keeper:
    """A process in new namespaces whose files are mounted at /mnt/ns, as `ip netns` does."""

    def __init__(self, w, kinds):
        self.w, self.kinds = w, kinds

    def __enter__(self):
        ready, tell = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            try:
                os.close(ready)
                for kind in self.kinds:
                    kernel.unshare(KINDS[kind])
                if "uts" in self.kinds:
                    kernel.libc.sethostname(b"kept", 4)
                if "time" in self.kinds:
                    with open("/proc/self/timens_offsets", "w", encoding="ascii") as file:
                        file.write("monotonic 5000 0\n")
                inner = os.fork()
                if inner == 0:
                    signal.pause()
                os.write(tell, b"%d\n" % inner)
                signal.pause()
            finally:
                os._exit(1)
        os.close(tell)
        self.inner = int(os.read(ready, 32) or b"0")
        os.close(ready)
        check(self.inner > 0, "could not make the namespaces to join")
        self.w.managed |= {self.process, self.inner}
        self.files = {}
        os.makedirs("/mnt/ns", exist_ok=True)
        for kind in self.kinds:
            target = f"/mnt/ns/{kind}"
            with open(target, "w", encoding="ascii"):
                pass
            kernel.mount(f"/proc/{self.inner}/ns/{kind}", target, None, kernel.MS_BIND)
            self.files[kind] = os.readlink(f"/proc/{self.inner}/ns/{kind}")
        return self.files

    def __exit__(self, *_):
        for kind in self.files:
            kernel.umount(f"/mnt/ns/{kind}")
            os.unlink(f"/mnt/ns/{kind}")
        for pid in (self.inner, self.process):
            os.kill(pid, signal.SIGKILL)
        self.w.managed -= {self.process, self.inner}
        self.w.reap()


@test()
def namespaces_join(w):
    with Keeper(w, ("uts", "ipc", "cgroup")) as kept:
        r = w.report("ns-join")
        for kind, name in kept.items():
            equal(r["ns"][kind], name, kind)
        equal(r["hostname"], "kept", "hostname")
        check(r["ns"]["pid"] != kernel.namespaces()["pid"], "pid is not new")


@test()
def namespace_join_pid(w):
    with Keeper(w, ("pid",)) as kept:
        r = w.report("ns-join-pid")
        equal(r["ns"]["pid"], kept["pid"], "pid")
        check(1 in r["processes"] and os.getpid() not in r["processes"], f"processes: {r['processes']}")


@test()
def namespace_join_time(w):
    with Keeper(w, ("time",)) as kept:
        r = w.report("ns-join-time")
        equal(r["ns"]["time"], kept["time"], "time")
        check("5000" in r["timens_offsets"], f"offsets: {r['timens_offsets']!r}")


@test()
def namespace_join_of_another_kind(w):
    with Keeper(w, ("ipc",)):
        w.refused("ns-join-wrong", says=["/mnt/ns/ipc", "ns-join-wrong.ringfence.yaml:"])


@test()
def namespace_join_missing(w):
    w.refused("ns-join-missing", says=["/mnt/ns/absent", "ns-join-missing.ringfence.yaml:"])


@test()
def namespace_join_of_a_plain_file(w):
    os.makedirs("/mnt/ns", exist_ok=True)
    w.write("/mnt/ns/ipc", "")
    try:
        w.refused("ns-join-wrong", says=["/mnt/ns/ipc"])
    finally:
        os.unlink("/mnt/ns/ipc")


def offsets(report):
    return {line.split()[0]: tuple(int(n) for n in line.split()[1:]) for line in report["timens_offsets"].splitlines()}


@test()
def time_new(w):
    host, r = kernel.namespaces(), w.report("ns-time")
    check(r["ns"]["time"] != host["time"], "the time namespace is the host's")
    equal(offsets(r), {"monotonic": (3600, 0), "boottime": (7200, 0)}, "offsets")
    check(r["clocks"]["boottime"] - r["clocks"]["monotonic"] > 3500, f"clocks: {r['clocks']}")
    equal(r["processes"], [1, 2], "processes")


@test()
def time_host(w):
    equal(offsets(w.report("defaults")), {"monotonic": (0, 0), "boottime": (0, 0)}, "offsets")


@test()
def user_maps(w):
    r = w.report("ns-user-maps")
    equal(r["uid_map"].split(), ["0", "100000", "65536"], "uid_map")
    equal(r["gid_map"].split(), ["0", "200000", "65536"], "gid_map")
    check(r["ns"]["user"] != kernel.namespaces()["user"], "the user namespace is the host's")
    equal((r["uid"], r["gid"]), ([0] * 3, [0] * 3), "ids inside")
    launch = w.start("ns-user-maps", ["/bin/probe", "sleep"])
    equal(launch.line(), "ready\n", "first line")
    owners = {kernel.status_field(pid, "Uid").split()[0] for pid in launch.payload()}
    os.kill(launch.pid, signal.SIGTERM)
    launch.finish()
    check("100000" in owners, f"ids outside: {owners}")


@test()
def user_self_as_root(w):
    r = w.report("ns-user-self")
    equal((r["uid"], r["gid"], r["groups"]), ([0] * 3, [0] * 3, []), "ids")
    equal((r["uid_map"].split(), r["gid_map"].split()), (["0", "0", "1"], ["0", "0", "1"]), "maps")
    equal(r["caps"]["permitted"], 0, "capabilities inside")


@test("anyone")
def user_self_as_anyone(w):
    """The ordinary user's way: one id, no setgroups, every other layer as usual."""
    who = USER if w.is_root else None
    outside = USER if w.is_root else os.geteuid()
    r = w.report("ns-user-self", user=who)
    equal(r["uid_map"].split(), ["0", str(outside), "1"], "uid_map")
    equal(r["setgroups"], "deny\n", "setgroups")
    equal((r["uid"], r["gid"]), ([0] * 3, [0] * 3), "ids inside")
    worker = w.report("ns-user-self-worker", user=who)
    equal((worker["uid"], worker["gid"]), ([777] * 3, [778] * 3), "ids of the worker inside")
    equal(worker["uid_map"].split(), ["777", str(outside), "1"], "uid_map of the worker")


@test()
def user_host(w):
    equal(w.report("defaults")["uid_map"], open("/proc/self/uid_map", encoding="ascii").read(), "uid_map")


@test()
def hostname_new(w):
    before = os.uname().nodename
    equal(w.report("hostname", {"instance": "a.b-c_1"})["hostname"], "db-a.b-c_1", "hostname")
    equal(os.uname().nodename, before, "the host's own name")
    equal(w.report("defaults")["hostname"], "defaults", "hostname without the key is the policy's name")
    equal(w.report("ns-host")["hostname"], before, "hostname in the host's namespace")


@test()
def hostname_bad_parameter(w):
    for value in ("", "a/b", "-x", ".x", "a b", "a\nb", "x" * 33, "ä"):
        w.refused("hostname", params={"instance": value}, says=["instance"])


@test()
def ipc_new(w):
    """A message queue of the host is not there."""
    if os.uname().machine != "x86_64":
        raise Skip("system-call numbers are written for x86_64")
    key = 0x52460000 + os.getpid() % 0xffff
    queue = kernel.libc.msgget(key, 0o1666)
    check(queue >= 0, "msgget failed on the host")
    try:
        hidden = w.run("ns-new", ["/bin/probe", "call", "68", str(key), "0"]).out
        shown = w.run("ns-host", ["/bin/probe", "call", "68", str(key), "0"]).out
    finally:
        kernel.libc.msgctl(queue, 0, None)
    equal(hidden, "errno 2\n", "the queue in a new namespace")
    equal(shown, f"result {queue}\n", "the queue in the host's namespace")


@test()
def cgroup_new(w):
    """In a cgroup namespace of its own the payload sits at /; in the host's it sees where it is."""
    paths = lambda r: {line.split(":", 2)[2] for line in r["cgroup"].splitlines()}
    inside, outside = paths(w.report("ns-new")), paths(w.report("ns-host"))
    equal(inside, {"/"}, "paths in a new namespace")
    check(any("ringfence-tests" in path for path in outside), f"paths in the host's namespace: {outside}")


@test()
def network_none(w):
    r = w.report("network-none")
    names = [line.split(":")[0].strip() for line in r["net_dev"].splitlines()[2:]]
    equal(names, ["lo"], "interfaces")
    check(r["ns"]["net"] != kernel.namespaces()["net"], "the network is the host's")


@test()
def network_host(w):
    r = w.report("network-host")
    equal(r["ns"]["net"], kernel.namespaces()["net"], "network")
    got = [line.split(":")[0].strip() for line in r["net_dev"].splitlines()[2:]]
    equal(sorted(got), sorted(os.listdir("/sys/class/net")), "interfaces")


@test()
def network_none_loopback_works(w):
    """lo is up: a server and a client inside the fence reach each other."""
    w.need_shell()
    script = "busybox nc -l -p 7777 -e /bin/probe print hello & busybox sleep 0.3; busybox nc 127.0.0.1 7777 </dev/null"
    result = w.run("env", ["/bin/sh", "-c", script])
    check("hello" in result.out, repr(result))


@test()
def abstract_sockets_of_the_host_are_out_of_reach(w):
    w.need_shell()
    name = f"ringfence-tests-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind("\0" + name)
        server.listen(1)
        shown = subprocess.run(["cat", "/proc/net/unix"], capture_output=True, check=True).stdout.decode()
        check(name in shown, "the socket is not there")
        result = w.run("env", ["/bin/sh", "-c", "busybox cat /proc/net/unix"])
    check(name not in result.ok().out, "the host's sockets are visible")
