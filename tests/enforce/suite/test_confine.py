# SPDX-License-Identifier: Apache-2.0
"""capabilities and seccomp, as the payload finds them."""
import errno
import os

from .registry import test
from .world import Skip, caps, check, equal

NONE = {"inheritable": 0, "permitted": 0, "effective": 0, "bounding": 0, "ambient": 0}


@test()
def capabilities_none(w):
    r = w.report("caps-none")
    equal(r["caps"], NONE, "capabilities")
    calls = r["calls"]
    for name in ("mount", "reboot", "sethostname", "chroot", "swapon", "acct"):
        check(calls[name] in (errno.EPERM, errno.ENOSYS), f"{name}: {calls[name]}")


@test()
def capabilities_of_root(w):
    want = caps("CHOWN", "SETUID", "NET_BIND_SERVICE")
    r = w.report("caps-root")
    equal(r["caps"], {"inheritable": 0, "permitted": want, "effective": want, "bounding": want, "ambient": 0}, "sets")
    equal(r["uid"], [0] * 3, "uid")
    equal(r["calls"]["setuid.65534"], 0, "changing the user id")
    equal(w.report("caps-none")["calls"]["setuid.65534"], errno.EPERM, "changing the user id without SETUID")


@test()
def capabilities_of_root_end_with_root(w):
    """A server that drops to a worker id by itself keeps nothing."""
    r = w.run("caps-root", ["/bin/probe", "as", "33", "json"]).json()
    equal(r["uid"], [33] * 3, "uid")
    equal({k: r["caps"][k] for k in ("permitted", "effective", "ambient", "inheritable")},
          {"permitted": 0, "effective": 0, "ambient": 0, "inheritable": 0}, "capabilities of the worker")


@test()
def capabilities_of_a_user(w):
    want = caps("NET_BIND_SERVICE", "KILL")
    r = w.report("caps-user")
    equal((r["caps"]["permitted"], r["caps"]["effective"], r["caps"]["bounding"], r["caps"]["ambient"]), (want,) * 4,
          "sets")
    equal(r["caps"]["inheritable"], want, "inheritable is the ambient set")
    equal(r["uid"], [1000] * 3, "uid")
    check(r["securebits"] & 0x3 == 0x3, f"NOROOT is not locked: {r['securebits']:#x}")


@test()
def capabilities_survive_exec(w):
    """What the payload starts has the same set: ambient for a user, bounded for root."""
    w.need_shell()
    for policy, want in (("caps-user", caps("NET_BIND_SERVICE", "KILL")),
                         ("caps-root", caps("CHOWN", "SETUID", "NET_BIND_SERVICE")), ("ids", 0)):
        got = w.run(policy, ["/bin/sh", "-c", "exec /bin/probe json"]).json()["caps"]
        equal((got["permitted"], got["effective"], got["bounding"]), (want,) * 3, policy)


@test()
def file_capabilities_give_nothing(w):
    path = os.path.join(w.root, "bin/withcaps")
    w.write(path, open(w.probe, "rb").read(), 0o755)
    try:
        # version 2, effective, permitted: CAP_SYS_ADMIN and CAP_NET_RAW
        value = (0x02000001).to_bytes(4, "little") + (1 << 21 | 1 << 13).to_bytes(4, "little") + bytes(12)
        try:
            os.setxattr(path, "security.capability", value)
        except OSError as error:
            raise Skip(f"no file capabilities on this file system: {error}") from None
        for policy in ("ids", "caps-user"):
            got = w.run(policy, ["/bin/withcaps", "json"])
            if got.code == 126:
                continue
            check(got.json()["caps"]["permitted"] & (1 << 21 | 1 << 13) == 0, f"{policy}: capabilities were gained")
    finally:
        os.unlink(path)


@test()
def set_user_id_files_give_nothing(w):
    path = os.path.join(w.root, "bin/setuid")
    w.write(path, open(w.probe, "rb").read(), 0o6755)
    try:
        r = w.run("ids", ["/bin/setuid", "json"]).json()
    finally:
        os.unlink(path)
    equal((r["uid"], r["gid"]), ([1000] * 3, [1001] * 3), "ids")


@test()
def user_namespaces_are_closed(w):
    for policy in ("defaults", "ids", "caps-root", "ns-user-self"):
        calls = w.report(policy)["calls"]
        check(calls["clone.newuser"] in (errno.EPERM, errno.ENOSPC, errno.EUSERS), f"{policy}: {calls['clone.newuser']}")


@test()
def no_new_privs_always(w):
    for policy in ("defaults", "seccomp-none", "ids", "caps-root", "ns-user-self", "ns-host"):
        equal(w.report(policy)["no_new_privs"], 1, policy)


@test()
def seccomp_none(w):
    r = w.report("seccomp-none")
    equal((r["seccomp_mode"], r["seccomp_filters"], r["no_new_privs"]), (0, 0, 1), "filter")
    equal(w.report("defaults")["seccomp_filters"], 1, "filters elsewhere")


def scan(w, policy, first, last):
    out = w.run(policy, ["/bin/probe", "scan", str(first), str(last)]).ok().out
    return {int(n): int(value) for n, value in (line.split() for line in out.splitlines())}


def x86(_):
    if os.uname().machine != "x86_64":
        raise Skip("system-call numbers are written for x86_64")


@test()
def seccomp_actions(w):
    x86(w)
    numbers = {"sched_yield": 24, "gettid": 186, "sysinfo": 99, "getpgid": 121, "getpid": 39, "ptrace": 101,
               "mount": 165, "kexec_load": 246, "init_module": 175, "reboot": 169}
    got = {name: scan(w, "seccomp-actions", n, n)[n] for name, n in numbers.items()}
    equal(got["sched_yield"], errno.EXFULL, "a call removed from a group has the default")
    equal(got["gettid"], errno.EBADSLT, "errno.EBADSLT")
    equal(got["sysinfo"], errno.ENOTNAM, "errno.ENOTNAM")
    equal(got["getpgid"], -31, "kill")
    equal(got["getpid"], 0, "allow")
    for name in ("ptrace", "mount", "kexec_load", "init_module", "reboot"):
        equal(got[name], errno.EXFULL, f"{name} is not listed")


@test()
def seccomp_every_number(w):
    """Numbers that the kernel of the policy does not know have `unknown`, those between have `default`."""
    x86(w)
    high = scan(w, "seccomp-actions", 464, 900)
    wrong = {n: value for n, value in high.items() if value not in (errno.EBADE, errno.EXFULL)}
    equal(wrong, {}, "numbers above all that a 6.12 kernel has")
    equal({high[n] for n in range(480, 901)}, {errno.EBADE}, "numbers that no kernel has")
    for number in (0x3fffffff, 0x7fffffff, 0xffffffff, 0x80000000):
        got = scan(w, "seccomp-actions", number, number)[number]
        check(got in (errno.EBADE, -31), f"{number:#x}: {got}")


@test()
def seccomp_x32_is_killed(w):
    x86(w)
    equal(scan(w, "defaults", 0x40000027, 0x40000027)[0x40000027], -31, "getpid of x32")


@test()
def seccomp_int80_is_killed(w):
    """mkdir through the 32-bit entry, under policies that allow mkdir and under those that kill."""
    x86(w)
    for policy in ("defaults", "root-writable", "seccomp-kill"):
        result = w.run(policy, ["/bin/probe", "int80"])
        check(result.code in (128 + 31, -31), f"{policy}: {result!r}")
    check(not os.path.exists(os.path.join(w.root, "data/int80")), "the directory was made")


@test()
def seccomp_compat(w):
    """The same filter judges i386 by that ABI's own numbers: 39 is its mkdir, and getpid of x86_64."""
    x86(w)
    equal(w.run("seccomp-compat", ["/bin/probe", "int80"]).ok().out, f"int80 returned {-errno.ENOTNAM}\n", "mkdir of i386")
    check(not os.path.exists(os.path.join(w.root, "data/int80")), "the directory was made")
    equal(scan(w, "seccomp-compat", 39, 39)[39], 0, "getpid of x86_64")
    equal(scan(w, "seccomp-compat", 0x40000027, 0x40000027)[0x40000027], -31, "x32 is still killed")
    equal(scan(w, "seccomp-compat", 24, 24)[24], 0, "a logged call is made")


@test()
def seccomp_rules(w):
    calls = w.report("seccomp-rules")["calls"]
    equal((calls["socket.unix"], calls["socket.inet"]), (0, 0), "families that are allowed")
    for name in ("socket.inet6", "socket.netlink", "socket.packet", "socket.vsock", "socket.alg"):
        equal(calls[name], errno.EAFNOSUPPORT, name)


@test()
def seccomp_rules_on_32_bits(w):
    """The kernel reads the low half of an int: the filter must too, whatever stands in the high half."""
    x86(w)
    call = lambda *args: w.run("seccomp-rules", ["/bin/probe", "call", *(str(a) for a in args)])
    equal(call(41, 10 + (1 << 32), 1, 0).out, f"errno {errno.EAFNOSUPPORT}\n", "AF_INET6 + 2^32")
    check(call(41, 1 + (1 << 32), 1, 0).out.startswith("result"), "AF_UNIX + 2^32 is AF_UNIX")
    check(call(141, 0, 0, 5).out.startswith("result"), "setpriority 5")
    for value in (-1, 0xffffffff, -20, 0x1ffffffff):
        check(call(141, 0, 0, value).code in (159, -31), f"setpriority {value}")


@test()
def seccomp_kill(w):
    equal(w.run("seccomp-kill", ["/bin/probe", "exit", "5"]).code, 5, "a program that stays inside")
    for name in ("mount", "ptrace", "bpf", "keyctl", "reboot"):
        result = w.run("seccomp-kill", ["/bin/probe", "call", name])
        check(result.code in (159, -31), f"{name}: {result!r}")


@test()
def seccomp_dangerous_calls(w):
    """Calls that have led out of other sandboxes."""
    closed = ("acct", "bpf", "clone.newuser", "clone.newns", "clone.newnet", "delete_module", "finit_module", "fsopen",
              "init_module", "kexec_load", "mount", "open_by_handle_at", "open_tree", "perf_event_open", "pivot_root",
              "ptrace", "quotactl", "reboot", "sethostname", "setns", "settimeofday", "swapon", "umount2", "userfaultfd")
    for policy in ("defaults", "ids", "caps-root", "ns-user-self"):
        calls = w.report(policy)["calls"]
        wrong = {name: calls[name] for name in closed if calls[name] not in (errno.EPERM, errno.ENOSYS, -31)}
        equal(wrong, {}, policy)


@test()
def bad_policies_do_not_compile(w):
    for name, word in (("bad-never", "never"), ("bad-require", "memory"), ("bad-cwd", "cwd")):
        blob = w.path(name + ".fence")
        result = w.try_compile(os.path.join(w.cases, name + ".ringfence.yaml"), blob)
        equal(result.code, 1, f"{name}: exit status ({result!r})")
        check(f"{name}.ringfence.yaml:" in result.err and word in result.err, f"{name}: {result!r}")
        check(not os.path.exists(blob), f"{name}: a blob was written")
