# SPDX-License-Identifier: Apache-2.0
"""process.time_limit and stop_timeout, and what the status descriptor tells of time, memory and processes."""
import os
import signal
import time

from .registry import test
from .test_launcher import with_status
from .world import USER, Skip, check, equal

ORDER = ["event", "code", "signal", "oom_kills", "memory_peak", "pids_refused", "cpu_user_us", "cpu_system_us",
         "time_limit", "skipped"]


def has_timer(launch):
    names = [os.readlink(f"/proc/{launch.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{launch.pid}/fd")]
    return "anon_inode:[timerfd]" in names


@test()
def time_limit(w):
    """TERM comes first, and its handler decides the exit status; what does not listen is killed."""
    for program, code, number in (("handle", 40, 0), ("sleep", 143, 15), ("deaf", 137, 9)):
        result, lines = with_status(w, "time-limit", ["/bin/probe", program])
        equal(result.code, code, f"{program}: exit status")
        end = lines[-1]
        equal((end["code"], end["signal"], end["time_limit"]), (code, number, True), f"{program}: {end}")
        check("got 15" in result.out or program != "handle", f"{program}: TERM did not come: {result!r}")


@test()
def time_limit_not_reached(w):
    for policy in ("time-limit-long", "time-limit", "defaults"):
        result, lines = with_status(w, policy, ["/bin/probe", "exit", "3"])
        equal((result.code, lines[-1]["time_limit"]), (3, False), policy)


@test("anyone")
def user_time_limit(w):
    blob = w.compile_text("ringfence: 1\nkind: policy\nname: t\nextends: [./base]\nnamespaces: {user: new}\n"
                          "process: {time_limit: 200ms, stop_timeout: 100ms}\n")
    for program, code in (("sleep", 143), ("deaf", 137)):
        equal(w.run(blob, ["/bin/probe", program], user=USER if w.is_root else None).code, code, program)


@test()
def stop_timeout(w):
    """TERM that is passed on becomes KILL where the policy says when."""
    for policy, program in (("stop-timeout", "deaf"), ("stop-timeout-init-none", "sleep"),
                            ("stop-timeout-init-none", "deaf")):
        launch = w.start(policy, ["/bin/probe", program])
        equal(launch.line(), "ready\n", "first line")
        os.kill(launch.pid, signal.SIGTERM)
        equal(launch.finish().code, 137, f"{policy}, {program}: exit status")


@test()
def stop_timeout_leaves_time(w):
    """The handler for TERM has its time, and other signals start no clock."""
    launch = w.start("time-limit-long", ["/bin/probe", "handle"])
    equal(launch.line(), "ready\n", "first line")
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
        os.kill(launch.pid, number)
        equal(launch.line(), f"got {int(number):02d}\n", "after the signal")
    os.kill(launch.pid, signal.SIGTERM)
    equal(launch.finish().code, 40, "exit status")


@test()
def stop_timeout_only_where_it_is_due(w):
    """With a reaper nothing is timed unless the policy says so; as process 1 TERM alone would do nothing."""
    for policy, timed in (("defaults", False), ("init-none-pid-host", False), ("init-none", True),
                          ("time-limit-long", True), ("stop-timeout", True)):
        launch = w.start(policy, ["/bin/probe", "deaf"])
        equal(launch.line(), "ready\n", "first line")
        os.kill(launch.pid, signal.SIGUSR1)
        equal(launch.line(), "got 10\n", f"{policy}: it lives")
        equal(has_timer(launch), timed, f"{policy}: a timer")  # now: the launcher is past its start, too
        os.kill(min(launch.payload()), signal.SIGKILL)
        equal(launch.finish().code, 137, f"{policy}: exit status")


@test()
def status_fields(w):
    before = time.monotonic_ns()
    _, (start, end) = with_status(w, "defaults", ["/bin/probe", "burn", "200"])
    after = time.monotonic_ns()
    equal(list(start), ["event", "pid", "cgroup", "launched_ns", "started_ns"], "start")
    equal(list(end), ORDER, "exit")
    check(before <= start["launched_ns"] <= start["started_ns"] <= after, f"times: {before}, {start}, {after}")
    check(end["cpu_user_us"] + end["cpu_system_us"] >= 200000, f"processor time: {end}")
    equal((end["oom_kills"], end["time_limit"], end["skipped"]), (0, False, []), "rest")


@test()
def status_processor_time_of_children(w):
    """Of those that the payload left behind, too."""
    w.need_shell()
    for policy in ("defaults", "cpu"):
        _, lines = with_status(w, policy, ["/bin/sh", "-c", "(/bin/probe burn 100 & /bin/probe burn 100); wait; :"])
        check(lines[-1]["cpu_user_us"] + lines[-1]["cpu_system_us"] >= 100000, f"{policy}: {lines[-1]}")


@test("limits")
def status_memory(w):
    result, lines = with_status(w, "everything", ["/bin/probe", "eat-memory", "20"], {"volume": w.data})
    equal(result.code, 0, repr(result))
    peak = lines[-1]["memory_peak"]
    if w.cgroups.version == 2 and w.release < (5, 19):
        equal(peak, None, "peak on a kernel without memory.peak")
        return
    check(20 << 20 <= peak <= 64 << 20, f"peak: {lines[-1]}")


@test("limits")
def status_refused_processes(w):
    result, lines = with_status(w, "pids", ["/bin/probe", "fork", "20"])
    check("errno 11" in result.out, repr(result))
    check(lines[-1]["pids_refused"] >= 1, f"refused: {lines[-1]}")
    _, lines = with_status(w, "pids", ["/bin/probe", "exit", "0"])
    equal(lines[-1]["pids_refused"], 0, "refused of none")


@test("anyone")
def user_status(w):
    if not w.is_root:
        raise Skip("not root")
    _, (start, end) = with_status(w, "user-worker", ["/bin/probe", "burn", "50"], user=USER)
    equal(list(end), ORDER, "exit")
    check(start["launched_ns"] <= start["started_ns"], f"times: {start}")
    check(end["cpu_user_us"] + end["cpu_system_us"] >= 50000, f"processor time: {end}")
