# SPDX-License-Identifier: Apache-2.0
"""Attributes of the process, and sysctls of its namespaces: what is asked for is there, or nothing starts."""
import errno
import os
import platform
import signal

from . import kernel
from .registry import test
from .world import USER, Skip, caps, check, equal

RR, BATCH, IDLE = 2, 3, 5
LINUX32, NO_RANDOMIZE = 0x0008, 0x0040000
MMAP = 9 if platform.machine() == "x86_64" else 222
SYS_NICE = 23


def who(w):
    return USER if w.is_root else None


def may(capability):
    return int(kernel.status_field("self", "CapEff"), 16) >> capability & 1


def own_nice():
    return os.getpriority(os.PRIO_PROCESS, 0)


def holds(text):
    """What the host's sysctl says; None where the kernel has none of that name."""
    try:
        with open("/proc/sys/" + text, encoding="ascii") as file:
            return file.read()
    except OSError:
        return None


def need_sysctls():
    """A container may have /proc/sys read-only, which no new namespace undoes."""
    if os.statvfs("/proc/sys").f_flag & os.ST_RDONLY:
        raise Skip("/proc/sys is read-only on this machine")


def need_numa():
    if not os.path.exists("/proc/self/numa_maps"):
        raise Skip("this kernel has no memory policies")


@test()
def tuning(w):
    host = holds("kernel/domainname")

    def prepare():
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)

    r = w.report("tuning", prepare=prepare)
    equal((r["nice"], r["io_priority"]), (7, 2 << 13 | 6), "nice value and io priority")
    equal((r["scheduler"], r["priority"]), (BATCH, 0), "scheduler")
    equal(r["personality"], LINUX32, "personality")
    equal(r["timer_slack"], 123000, "timer slack")
    equal(r["domainname"], "shop.example", "domain name")
    equal(r["not_default"], [signal.SIGHUP, signal.SIGUSR1], "signals that stay ignored")
    equal(r["blocked"], [], "blocked signals")
    equal(holds("kernel/domainname"), host, "the host's domain name")


@test()
def tuning_kept_signals_are_not_made_ignored(w):
    """The key keeps what is there; a launcher that ignores nothing has nothing to keep."""
    equal(w.report("tuning", prepare=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))["not_default"], [],
          "signals that are not at their default")


@test()
def tuning_all_at_once(w):
    need_sysctls()
    need_numa()
    if 0 not in os.sched_getaffinity(0):
        raise Skip("processor 0 is not for us")
    r = w.report("tuning-all", paths=["/proc/sys/kernel/shmmax"])
    equal((r["nice"], r["scheduler"], r["affinity"], r["memory_policy"]), (7, BATCH, [0], 2), "scheduling and memory")
    equal((r["personality"], r["timer_slack"], r["securebits"]), (LINUX32, 123000, 0xc), "the rest")
    equal(r["paths"]["/proc/sys/kernel/shmmax"]["text"], "1234567\n", "sysctl")


@test()
def tuning_idle(w):
    """Without flags in the personality, whatever the launcher's is."""
    r = w.report("tuning-idle", prepare=lambda: kernel.libc.personality(NO_RANDOMIZE))
    equal((r["scheduler"], r["priority"], r["io_priority"], r["personality"]), (IDLE, 0, 3 << 13, 0), "classes")


@test()
def tuning_nothing_without_a_key(w):
    wanted = min(19, own_nice() + 3)

    def prepare():
        os.nice(3)
        kernel.libc.personality(NO_RANDOMIZE)

    r = w.report("defaults", prepare=prepare)
    equal((r["nice"], r["personality"]), (wanted, NO_RANDOMIZE), "what the launcher has")
    equal((r["scheduler"], r["priority"], r["memory_policy"], r["nodes"]), (0, 0, 0, []), "what is not named")
    equal(r["affinity"], sorted(os.sched_getaffinity(0)), "processors")
    check(r["mdwe"] in (0, -errno.EINVAL), f"writable memory is not executable: {r['mdwe']}")
    equal(r["securebits"], 0, "securebits of uid 0")


@test()
def tuning_of_the_program_only(w):
    """The reaper and the launcher keep their own."""
    def attributes(pid):
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return int(fields[16]), int(fields[38])  # nice, policy

    launch = w.start("tuning", ["/bin/probe", "sleep"])
    try:
        equal(launch.line(), "ready\n", "first line")
        everyone = [attributes(pid) for pid in [launch.pid, *launch.payload()]]
    finally:
        os.kill(launch.pid, signal.SIGTERM)
        launch.finish()
    equal(everyone, [(own_nice(), 0), (own_nice(), 0), (7, BATCH)], "nice value and policy of launcher, reaper and program")


@test()
def tuning_with_privilege(w):
    """Raised before the ids are dropped: the program itself could not."""
    if not may(SYS_NICE):
        raise Skip("root has no CAP_SYS_NICE here")
    r = w.report("tuning-nice")
    equal((r["nice"], r["uid"][0]), (-7, 1000), "nice value and uid")
    result = w.run("tuning-realtime", ["/bin/probe", "json"])
    if result.code == 125 and "process.scheduler" in result.err:
        raise Skip("the leaf's cgroup has no real-time budget")
    r = result.json()
    equal((r["nice"], r["io_priority"]), (-7, 1 << 13 | 2), "nice value and io priority")
    equal((r["scheduler"], r["priority"]), (RR, 3), "scheduler")


@test("anyone")
def tuning_without_privilege(w):
    w.refused("tuning-user", user=who(w), says=["process.nice", "CAP_SYS_NICE", "tuning-user.ringfence.yaml:"])


@test()
def affinity(w):
    if 0 not in os.sched_getaffinity(0):
        raise Skip("processor 0 is not for us")
    equal(w.report("affinity")["affinity"], [0], "processors")


@test()
def affinity_beyond_the_machine(w):
    """The kernel would take those that are there."""
    w.refused("affinity-beyond", says=["process.affinity", "cpuset", "affinity-beyond.ringfence.yaml:"])


@test()
def numa(w):
    need_numa()
    r = w.report("numa")
    equal((r["memory_policy"], r["nodes"]), (2, [0]), "MPOL_BIND and its node")
    r = w.report("numa-local")
    check(r["memory_policy"] in (1, 4) and r["nodes"] == [], f"local: {r['memory_policy']}, {r['nodes']}")


@test()
def numa_beyond_the_machine(w):
    need_numa()
    w.refused("numa-beyond", says=["process.numa", "numa-beyond.ringfence.yaml:"])


@test()
def memory_deny_write_execute(w):
    writable_and_executable = ["/bin/probe", "call", str(MMAP), "0", "4096", "7", "0x22", "-1", "0"]
    check(w.run("defaults", writable_and_executable).ok().out.startswith("result "), "without the key it is mapped")
    if kernel.release() < (6, 3):
        w.refused("mdwe", says=["memory_deny_write_execute", "Linux 6.3"])
        return
    equal(w.report("mdwe")["mdwe"], 1, "PR_GET_MDWE")
    equal(w.run("mdwe", writable_and_executable).out, f"errno {errno.EACCES}\n", "mapping it")


@test()
def speculation(w):
    """Off for good, or nothing starts; a processor that is not affected is as good."""
    host = kernel.libc.prctl(52, 0, 0, 0, 0)
    if host in (0, 1 | 2, 1 | 4, 1 | 8, 4):
        check(w.report("speculation")["speculation"][0] in (0, 4, 1 | 8), "store bypass is off")
    else:
        w.refused("speculation", says=["speculation.store_bypass", "speculation.ringfence.yaml:"])


@test()
def speculation_l1d(w):
    host = kernel.libc.prctl(52, 2, 0, 0, 0)
    if host >= 0 and host & 1:
        equal(w.report("speculation-l1d")["speculation"][2], 1 | 2, "the cache is emptied")
    else:
        w.refused("speculation-l1d", says=["speculation.l1d_flush"])


@test()
def securebits_noroot(w):
    """uid 0 with its capabilities as any uid has them: ambient, and no more by execve."""
    wanted = caps("NET_BIND_SERVICE")
    r = w.report("securebits-root")
    equal(r["uid"], [0, 0, 0], "uid")
    equal(r["caps"], dict.fromkeys(("inheritable", "permitted", "effective", "bounding", "ambient"), wanted), "sets")
    equal(r["securebits"], 0xc3, "securebits and their locks")


@test()
def securebits_no_setuid_fixup(w):
    r = w.report("securebits-fixup")
    equal(r["securebits"], 0xc, "securebits and their locks")
    equal(r["caps"]["effective"], caps("SETUID", "NET_BIND_SERVICE"), "effective capabilities")


@test()
def sysctls(w):
    need_sysctls()
    names = ("net/ipv4/ip_local_port_range", "net/ipv4/conf/lo/forwarding", "kernel/shmmax", "kernel/sem")
    before = [holds(name) for name in names]
    r = w.report("sysctls", paths=["/proc/sys/" + name for name in names])
    got = [r["paths"]["/proc/sys/" + name]["text"].split() for name in names]
    equal(got, [["20000", "30000"], ["1"], ["1234567"], ["100", "200", "50", "20"]], "values inside")
    equal([holds(name) for name in names], before, "values of the host")
    for name in names:
        check(r["paths"]["/proc/sys/" + name]["write"] != 0, f"the program can write {name}")


@test()
def sysctls_that_cannot_be(w):
    need_sysctls()
    w.refused("sysctls-missing", says=["net/ipv4/no_such_thing", "ENOENT", "sysctls-missing.ringfence.yaml:"])
    w.refused("sysctls-wrong", says=["net/ipv4/ip_local_port_range: ", "30000 20000", "EINVAL"])
    w.refused("sysctls-other", says=["'0x20'", "'32'"])


@test("anyone")
def sysctls_of_a_user(w):
    need_sysctls()
    names = ("net/ipv4/ip_local_port_range", "user/max_uts_namespaces")
    r = w.report("sysctls-user", user=who(w), paths=["/proc/sys/" + name for name in names])
    got = [r["paths"]["/proc/sys/" + name]["text"].split() for name in names]
    equal(got, [["20000", "30000"], ["3"]], "values inside")


@test("anyone")
def sysctls_of_a_user_ipc(w):
    """Older kernels leave these to the host's root in every namespace."""
    need_sysctls()
    result = w.run("sysctls-user-ipc", ["/bin/probe", "json", "/proc/sys/kernel/shmmax"], user=who(w))
    if result.code == 0:
        equal(result.json()["paths"]["/proc/sys/kernel/shmmax"]["text"], "1234567\n", "value inside")
    else:
        w.refused("sysctls-user-ipc", user=who(w), says=["kernel/shmmax", "EACCES", "host's root"])
