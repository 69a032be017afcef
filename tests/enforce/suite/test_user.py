# SPDX-License-Identifier: Apache-2.0
"""What an ordinary user may start: a user namespace of one id, and every other layer as root has it."""
import errno
import os
import signal

from . import kernel
from .registry import test
from .world import USER, Skip, caps, check, equal, mount_at


def who(w):
    return USER if w.is_root else None


def outside(w):
    return USER if w.is_root else os.geteuid()


@test("anyone")
def user_defaults(w):
    r = w.report("user-worker", user=who(w))
    host = kernel.namespaces()
    equal((r["uid"], r["gid"]), ([1000] * 3, [1000] * 3), "ids")
    check(set(r["groups"]) <= {65534}, f"groups: {r['groups']}")
    for kind in ("pid", "mnt", "uts", "ipc", "cgroup", "net", "user"):
        check(r["ns"][kind] != host[kind], f"{kind} is the host's")
    equal(r["caps"], {"inheritable": 0, "permitted": 0, "effective": 0, "bounding": 0, "ambient": 0}, "capabilities")
    equal((r["no_new_privs"], r["seccomp_mode"], r["seccomp_filters"]), (1, 2, 1), "filter")
    equal((r["processes"], set(r["fds"]), r["cwd"]), ([1, 2], {"0", "1", "2"}, "/"), "surroundings")
    equal((r["blocked"], r["not_default"]), ([], []), "signals")


@test("anyone")
def user_process_outside(w):
    """Seen from outside every process of the payload is the user's own."""
    launch = w.start("user-worker", ["/bin/probe", "sleep"], user=who(w))
    try:
        line = launch.line()
        check(line == "ready\n", f"nothing was started: {line!r}")
        owners = {kernel.status_field(pid, "Uid").split()[0] for pid in launch.payload()}
        equal(owners, {str(outside(w))}, "ids outside")
    finally:
        if launch.process.poll() is None:
            launch.process.send_signal(signal.SIGTERM)
        result = launch.finish()
    check(result.code in (143, -15), repr(result))


@test("anyone")
def user_root_with_mounts_below(w):
    """What is said is what the policy can say: a root has no `recursive`."""
    said = w.refused("user-worker", params={"root": "/"}, user=who(w), says=["mounts below it", "namespaces.mount: host", "EINVAL"])
    check("recursive" not in said, said)


@test("anyone")
def user_mounts(w):
    r = w.report("user-mounts", {"volume": w.data}, user=who(w),
                 paths=["/data", "/data/file", "/data2", "/tmp", "/etc/passwd", "/proc/sys/kernel/core_pattern"])
    p = r["paths"]
    equal(p["/data/file"]["text"], "data\n", "/data/file")
    equal([p["/data"]["write"], p["/data2"]["write"], p["/tmp"]["write"]], [errno.EROFS, 0, 0], "writing")
    check(p["/etc/passwd"]["write"] != 0, "the root can be written")
    check(p["/proc/sys/kernel/core_pattern"]["write"] != 0, "core_pattern can be written")
    for target in ("/", "/data", "/data2", "/tmp"):
        check({"nosuid", "nodev"} <= set(mount_at(r, target)["options"]), f"{target}: {mount_at(r, target)['options']}")
    equal((r["dev"]["null"]["major"], r["dev"]["null"]["minor"]), (1, 3), "/dev/null")
    equal(r["calls"]["mount"], errno.EPERM, "mounting")


@test("anyone")
def user_capabilities(w):
    want = caps("CHOWN", "NET_BIND_SERVICE")
    r = w.report("user-caps", user=who(w))
    equal((r["caps"]["permitted"], r["caps"]["bounding"]), (want, want), "capabilities inside")


@test("anyone")
def user_exit_statuses(w):
    for status in (0, 3, 255):
        equal(w.run("user-worker", ["/bin/probe", "exit", str(status)], user=who(w)).code, status, "exit status")
    w.refused("user-worker", ["/no/such/program"], user=who(w), code=127, says=["/no/such/program"])
    w.refused("user-worker", ["/bin/plain"], user=who(w), code=126, says=["/bin/plain"])


@test("anyone")
def user_killed_enforcer(w):
    launch = w.start("user-worker", ["/bin/probe", "handle"], user=who(w))
    line = launch.line()
    check(line == "ready\n", f"nothing was started: {line!r}")
    launch.process.kill()
    launch.process.wait()
    w.reap()
    launch.finish(clean=False)


@test("anyone")
def user_maps_of_others_are_refused(w):
    """More than the user's own id cannot be mapped without a helper: no launch, rather than fewer ids."""
    w.refused("ns-user-maps", user=who(w), says=["map"])


@test("anyone")
def user_setgroups_stays_denied(w):
    equal(w.report("ns-user-self", user=who(w))["setgroups"], "deny\n", "setgroups")


@test("anyone")
def user_volume_out_of_reach(w):
    """A volume that the user may not enter stays closed, though he is root inside."""
    if not w.is_root:
        raise Skip("not root: no directory of another user to try")
    secret = w.path("secret")
    os.mkdir(secret, 0o700)
    try:
        w.write(os.path.join(secret, "key"), "secret\n", 0o600)
        result = w.run("user-mounts", ["/bin/probe", "json", "/data/key"], {"volume": secret}, user=who(w))
        if result.code != 125:
            equal(result.json()["paths"]["/data/key"]["stat"], errno.EACCES, "the key")
    finally:
        os.unlink(os.path.join(secret, "key"))
        os.rmdir(secret)


@test("anyone")
def user_limits_without_delegation(w):
    """Limits need a start inside a delegated subtree; the message gives the way out."""
    if w.cgroups.version == 2 and not w.is_root:
        raise Skip("whether this user's cgroup is delegated is not known here")
    if w.cgroups.version == 2:
        w.cgroups.retire()
        files = w.cgroups.place()
        w.refused("user-limits", user=who(w), files=files, says=["Delegate=yes"])
    else:
        w.refused("user-limits", user=who(w))


@test("v2")
def user_limits_with_delegation(w):
    launch = w.start("user-limits", ["/bin/probe", "sleep"], user=USER)
    try:
        line = launch.line()
        check(line == "ready\n", f"nothing was started: {line!r} {launch.process.poll()}")
        with open(os.path.join(launch.leaf("memory"), "memory.max"), encoding="ascii") as file:
            equal(file.read(), f"{32 << 20}\n", "memory.max")
    finally:
        if launch.process.poll() is None:
            launch.process.send_signal(signal.SIGTERM)
        launch.finish()
