# SPDX-License-Identifier: Apache-2.0
"""What a service manager and its services have to do with each other: supervision, keep_fds, listen_fds,
notify_socket, --exact-status.  test_systemd.py does the same with systemd's own tools."""
import json
import os
import signal
import socket
import struct
import sys
import time

from . import kernel
from .registry import test
from .world import OTHER, USER, Skip, check, descendants, equal
from .test_launcher import with_status

KINDS = {
    "reaper": "",
    "none": "process: {init: none}\n",
    "same": "supervision: same\nnamespaces: {pid: host}\n",
}
AS_PID = ["/bin/sh", "-c", 'export LISTEN_PID=$$; export WATCHDOG_PID=$$; exec "$@"', "sh"]
STRANGER = ["/bin/sh", "-c", 'export LISTEN_PID=1; export WATCHDOG_PID=1; exec "$@"', "sh"]


def policy(w, kind, body=""):
    """A policy on base: a kind of supervision, and more; what both say of one section is put together."""
    sections = {}
    for line in (KINDS[kind] + body).splitlines():
        key, value = line.split(": ", 1)
        sections[key] = f"{sections[key][:-1]}, {value[1:]}" if key in sections else value
    return w.compile_text("ringfence: 1\nkind: policy\nname: made\nextends: [./base]\n" +
                          "".join(f"{key}: {value}\n" for key, value in sections.items()))


def after_same(w, launch, code=0):
    """The end of a launch that nobody supervises: its leaf is there, empty, and may go."""
    result = launch.finish(clean=False)
    equal(result.code, code, f"exit status ({result!r})")
    w.reap()
    left = w.cgroups.listing() - launch.before["cgroups"]
    for path in left:
        with open(os.path.join(path, "cgroup.procs"), encoding="ascii") as file:
            equal(file.read(), "", f"processes in {path}")
        check(os.path.basename(path).startswith(f"ringfence.{launch.pid}."), f"left behind: {path}")
    w.cgroups.sweep_leaves(left)
    w.check_clean(launch.before)
    return result


def run_same(w, blob, program, params=None, code=0, **options):
    return after_same(w, w.start(blob, program, params, **options), code)


# --- supervision: same

@test()
def same_is_the_process_that_was_started(w):
    launch = w.start(policy(w, "same"), ["/bin/probe", "json"])
    r = after_same(w, launch).json()
    equal((r["pid"], r["ppid"]), (launch.pid, os.getpid()), "pid and parent")
    equal(r["parent_death_signal"], 0, "parent-death signal: nobody's death is the program's")
    equal((set(r["fds"]), r["blocked"], r["not_default"]), ({"0", "1", "2"}, [], []), "descriptors and signals")
    equal((r["no_new_privs"], r["seccomp_mode"], set(r["caps"].values())), (1, 2, {0}), "confinement")
    host = kernel.namespaces()
    for kind in ("mnt", "net", "ipc", "uts", "cgroup"):
        check(r["ns"][kind] != host[kind], f"{kind} namespace of the host")
    equal(r["ns"]["pid"], host["pid"], "pid namespace")


@test()
def same_has_no_child_and_no_companion(w):
    launch = w.start(policy(w, "same"), ["/bin/probe", "sleep"])
    equal(launch.line(), "ready\n", "first line")
    end = time.monotonic() + 5  # who watched the start may still be about to end
    while len(others := set(w.children()) - w.managed) > 0 and time.monotonic() < end:
        w.reap(forgive=False)
    equal(others, set(), "processes beside the program")
    equal(descendants(launch.pid), [], "children of the program")
    os.kill(launch.pid, signal.SIGTERM)
    after_same(w, launch, -signal.SIGTERM)


@test()
def same_status_has_the_start_line_only(w):
    reader, writer = os.pipe()
    launch = w.start(policy(w, "same"), ["/bin/probe", "exit", "3"], options=["--status-fd", str(writer)],
                     pass_fds=(writer,))
    os.close(writer)
    after_same(w, launch, 3)
    with os.fdopen(reader, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    equal([(line["event"], line["pid"]) for line in lines], [("start", launch.pid)], "lines")


@test("limits")
def same_is_inside_its_limits(w):
    body = "resources: {pids: {max: 7}, memory: {max: 64MiB}}\n"
    launch = w.start(policy(w, "same", body), ["/bin/probe", "report"], stdin=-1)
    r = json.loads(launch.line())
    for controller, name, value in (("pids", "pids.max", "7\n"),
                                    ("memory", "memory.max" if w.cgroups.version == 2 else "memory.limit_in_bytes",
                                     "67108864\n")):
        leaf = launch.leaf(controller)
        with open(os.path.join(leaf, name), encoding="ascii") as file:
            equal(file.read(), value, name)
        with open(os.path.join(leaf, "cgroup.procs"), encoding="ascii") as file:
            check(str(r["pid"]) in file.read().split(), f"the program is not in {leaf}")
    end = time.monotonic() + 5
    while (aside := w.cgroups.listing(skip_supervisor=False) - w.cgroups.listing()) and time.monotonic() < end:
        time.sleep(0.01)
    equal(aside, set(), "cgroups that the launcher moved aside to")
    launch.process.stdin.close()
    launch.process.stdin = None
    after_same(w, launch)
    result = run_same(w, policy(w, "same", body), ["/bin/probe", "fork", "20"])
    check("errno 11" in result.out, f"more processes than the limit: {result!r}")


@test()
def same_leaves_nothing_when_it_fails(w):
    """Wherever it fails: exit status, one line, and the leaf is gone although the failing process sits in it."""
    for body in ("", "namespaces: {user: {uid_map: [{inside: 0, outside: 100000, size: 65536}], "
                 "gid_map: [{inside: 0, outside: 100000, size: 65536}]}}\nroot: {proc: none}\n"):
        blob = policy(w, "same", body)
        w.refused(blob, ["/no/such"], code=127, says=["/no/such"])
        w.refused(blob, ["/etc"], code=126, says=["EISDIR"])
        w.refused(blob, ["/bin/plain"], code=126, says=["/bin/plain"])
    w.write(os.path.join(w.root, "bin/noformat"), "no program\n", 0o755)
    w.refused(policy(w, "same"), ["/bin/noformat"], code=126, says=["ENOEXEC"])
    w.refused(policy(w, "same", "process: {cwd: /no/such}\n"), says=["/no/such"])
    w.refused(policy(w, "same", "root: {mounts: [{target: /no/such, tmpfs: true, size: 1MiB}]}\n"), says=["/no: "])
    w.refused(policy(w, "same", "capabilities: [SYS_TIME]\n"), says=["SYS_TIME"],
              prefix=["setpriv", "--bounding-set", "-sys_time", "--inh-caps", "-sys_time"])


@test()
def same_tells_why_on_the_status_descriptor(w):
    result, lines = with_status(w, policy(w, "same"), ["/no/such"])
    equal((result.code, [line["event"] for line in lines], lines[0]["exit"]), (127, ["error"], 127), "status")


@test("limits")
def same_leaf_stays_while_it_runs_and_is_swept_then(w):
    blob = policy(w, "same", "resources: {pids: {max: 20}}\n")
    files, options = w.cgroups.parent()
    launch = w.start(blob, ["/bin/probe", "sleep"], files=files, options=options)
    equal(launch.line(), "ready\n", "first line")
    leaf = launch.leaf("pids")
    second = w.start(blob, ["/bin/probe", "exit", "0"], files=files, options=options)
    second.finish(clean=False)
    check(os.path.isdir(leaf), "the leaf of a running program was swept")
    os.kill(launch.pid, signal.SIGKILL)
    launch.finish(clean=False)
    third = w.start("pids", ["/bin/probe", "exit", "0"], files=files, options=options)
    third.finish(clean=False)
    equal(sorted(w.cgroups.listing() - launch.before["cgroups"] -
                 {path for path in w.cgroups.listing() if path.endswith(".parent")}), [], "leaves after the sweep")


@test()
def same_with_wide_id_maps(w):
    blob = policy(w, "same", "namespaces: {user: {uid_map: [{inside: 0, outside: 100000, size: 65536}], "
                  "gid_map: [{inside: 0, outside: 200000, size: 1}, {inside: 1, outside: 100001, size: 65535}]}}\n"
                  "process: {uid: 5, gid: 0}\nroot: {proc: none}\n")
    launch = w.start(blob, ["/bin/probe", "sleep"])
    equal(launch.line(), "ready\n", "first line")
    equal(kernel.status_field(launch.pid, "Uid").split(), ["100005"] * 4, "uid outside")
    equal(kernel.status_field(launch.pid, "Gid").split(), ["200000"] * 4, "gid outside")
    os.kill(launch.pid, signal.SIGTERM)
    after_same(w, launch, -signal.SIGTERM)


@test()
def same_as_an_ordinary_user(w):
    if w.release < (5, 12):
        raise Skip("binding the host's /proc takes Linux 5.12")
    blob = policy(w, "same", "namespaces: {user: new}\nprocess: {uid: 7, gid: 8}\n")
    launch = w.start(blob, ["/bin/probe", "json"], user=USER)
    r = after_same(w, launch).json()
    equal((r["pid"], r["uid"], r["gid"]), (launch.pid, [7] * 3, [8] * 3), "pid, uid, gid")
    w.refused(blob, ["/no/such"], code=127, user=USER)


@test()
def same_lets_go_of_the_terminal(w):
    """A group's leader in a session with a terminal has none afterwards; the session's own leader is refused."""
    wrapper = ("import fcntl, os, pty, sys, termios\n"
               "master, slave = pty.openpty()\n"
               "def fork():\n"  # the parent keeps the terminal from hanging up
               "    child = os.fork()\n"
               "    if child: os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)\n"
               "fork()\n"
               "os.setsid()\n"
               "fcntl.ioctl(slave, termios.TIOCSCTTY, 0)\n"
               "if sys.argv[1] == 'group':\n"
               "    fork()\n"
               "    os.setpgid(0, 0)\n"
               "os.execv(sys.argv[2], sys.argv[2:])\n")
    blob = policy(w, "same")
    w.refused(blob, prefix=[sys.executable, "-c", wrapper, "session"], says=["terminal"])
    launch = w.start(blob, ["/bin/probe", "json"], prefix=[sys.executable, "-c", wrapper, "group"])
    result = launch.finish(clean=False)
    w.cgroups.sweep_leaves(w.cgroups.listing() - launch.before["cgroups"])
    r = result.json()
    check(r["controlling_tty"] != 0, "it has a controlling terminal")
    check(r["pid"] == r["pgid"] != r["sid"], "not the leader of a group in another session: the test tests nothing")


@test()
def same_check_and_plan(w):
    blob = policy(w, "same")
    equal(w.run(blob, ["/bin/probe", "print", "started"], options=["--check"]).out, "", "--check")
    plan = w.run(blob, ["/bin/probe", "print", "started"], options=["--plan"]).ok().out
    check("in place" in plan and "passes signals on" not in plan, f"--plan:\n{plan}")


@test()
def same_killed_at_the_start_leaves_no_process(w):
    """SIGKILL at some time of the start: no process stays, and what watched it removes the leaf as well."""
    blob = policy(w, "same")
    for turn in range(12):
        launch = w.start(blob, ["/bin/probe", "sleep"])
        time.sleep(turn * 0.0004)
        os.kill(launch.pid, signal.SIGKILL)
        launch.finish(clean=False)
        w.reap()
        w.cgroups.sweep_leaves(w.cgroups.listing() - launch.before["cgroups"])


# --- descriptors

def at(*numbers):
    """Descriptors of the launcher: a pipe's writing ends, close-on-exec or not; its reading end."""
    reader, writer = os.pipe()

    def prepare():
        for number in numbers:
            os.dup2(writer, number, inheritable=True)
    return reader, writer, prepare


@test()
def keep_fds(w):
    for kind in KINDS:
        reader, writer, prepare = at(5, 7, 9, 63, 70)
        blob = policy(w, kind, "process: {keep_fds: {log: 5, store: 63}}\n")
        launch = w.start(blob, ["/bin/probe", "json"], prepare=prepare, pass_fds="all")
        r = (after_same(w, launch) if kind == "same" else launch.finish()).json()
        equal(set(r["fds"]), {"0", "1", "2", "5", "63"}, f"{kind}: open files")
        launch = w.start(blob, ["/bin/probe", "put", "63", "hello"], prepare=prepare, pass_fds="all")
        if kind == "same":
            after_same(w, launch)
        else:
            launch.finish().ok()
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            equal(file.read(), b"hello", f"{kind}: what came through")


@test()
def keep_fds_are_the_payloads_alone(w):
    """Neither supervisor nor reaper hold them: whoever has the other end sees the payload close it."""
    _, _, prepare = at(5)
    launch = w.start(policy(w, "reaper", "process: {keep_fds: {log: 5}}\n"), ["/bin/probe", "sleep"], prepare=prepare,
                     pass_fds="all")
    equal(launch.line(), "ready\n", "first line")
    held = [pid for pid in [launch.pid, *launch.payload()] if "5" in os.listdir(f"/proc/{pid}/fd")
            and os.readlink(f"/proc/{pid}/fd/5").startswith("pipe:")]
    try:
        equal(held, [launch.payload()[-1]], "processes that hold descriptor 5")
    finally:
        os.kill(launch.pid, signal.SIGTERM)
        launch.finish()


@test()
def keep_fds_that_cannot_be(w):
    blob = policy(w, "reaper", "process: {keep_fds: {log: 5}}\n")

    def directory():
        os.dup2(os.open("/", os.O_RDONLY | os.O_DIRECTORY), 5, inheritable=True)

    def place():
        os.dup2(os.open("/etc", os.O_PATH), 5, inheritable=True)

    def status():
        os.dup2(2, 5, inheritable=True)

    w.refused(blob, says=["descriptor 5", "EBADF"])
    for prepare in (directory, place):
        w.refused(blob, prepare=prepare, pass_fds="all", says=["descriptor 5", "EISDIR"])
    result = w.run(blob, ["/bin/probe", "print", "started"], prepare=status, pass_fds="all", options=["--status-fd", "5"])
    equal((result.code, result.out), (125, ""), "the status descriptor")
    check("(log) is --status-fd" in result.err, repr(result))
    w.refused(policy(w, "reaper", "process: {keep_fds: {log: 3}}\n"), says=["descriptor 3 (log)"])  # one of the enforcer's own


def listening(*numbers):
    sockets = [socket.socket(socket.AF_UNIX) for _ in numbers]

    def prepare():
        for number, one in zip(numbers, sockets):
            os.dup2(one.fileno(), number, inheritable=True)
    return prepare, {"PATH": "/usr/bin:/bin", "LISTEN_FDS": str(len(numbers)), "LISTEN_FDNAMES": "web:admin"}


def environment(report):
    return dict(entry.split("=", 1) for entry in report["env"])


@test()
def listen_fds(w):
    for kind in KINDS:
        prepare, env = listening(3, 4)
        blob = policy(w, kind, "process: {listen_fds: true}\n")
        launch = w.start(blob, ["/bin/probe", "json"], prepare=prepare, pass_fds="all", env=env, prefix=AS_PID)
        r = (after_same(w, launch) if kind == "same" else launch.finish()).json()
        equal(set(r["fds"]), {"0", "1", "2", "3", "4"}, f"{kind}: open files")
        inside = environment(r)
        equal((inside["LISTEN_PID"], inside["LISTEN_FDS"], inside["LISTEN_FDNAMES"]), (str(r["pid"]), "2", "web:admin"),
              f"{kind}: variables")
        check("WATCHDOG_PID" not in inside, f"{kind}: a watchdog that was not asked for")


@test()
def listen_fds_of_another_process(w):
    prepare, env = listening(3)
    where = {"prepare": prepare, "pass_fds": "all", "env": env}
    w.refused(policy(w, "reaper", "process: {listen_fds: true}\n"), prefix=STRANGER, says=["LISTEN_PID"], **where)
    optional = policy(w, "reaper", "process: {listen_fds: true}\noptional: [process.listen_fds]\n")
    for blob, prefix in ((optional, STRANGER), (policy(w, "reaper"), AS_PID), (optional, ())):
        r = w.report(blob, prefix=prefix, **where)
        equal(set(r["fds"]), {"0", "1", "2"}, "open files")
        check(not [name for name in environment(r) if name.startswith("LISTEN")], "variables")


@test()
def listen_fds_that_cannot_be(w):
    blob = policy(w, "reaper", "process: {listen_fds: true}\n")
    prepare, env = listening(3)

    def directory():
        os.dup2(os.open("/", os.O_RDONLY | os.O_DIRECTORY), 3, inheritable=True)

    w.refused(blob, prefix=AS_PID, env={**env, "LISTEN_FDS": "62"}, says=["1 to 61 descriptors"])
    w.refused(blob, prefix=AS_PID, env={**env, "LISTEN_FDS": "2"}, prepare=prepare, pass_fds="all", says=["descriptor 4"])
    w.refused(blob, prefix=AS_PID, env={**env, "LISTEN_FDS": "1x"}, prepare=prepare, pass_fds="all", says=["LISTEN_FDS"])
    w.refused(blob, prefix=AS_PID, env=env, prepare=directory, pass_fds="all", says=["descriptor 3"])


# --- the service manager's socket

class Manager:
    """The end of $NOTIFY_SOCKET that a service manager has."""

    def __init__(self, w, name="manager", owner=0, abstract=False):
        self.name = f"\0ringfence-tests-{os.getpid()}-{name}" if abstract else w.path(name)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, 16, 1)  # SO_PASSCRED
        self.socket.settimeout(10)
        self.socket.bind(self.name)
        if not abstract:
            os.chmod(self.name, 0o777)
            os.chown(self.name, owner, owner)
        self.env = {"PATH": "/usr/bin:/bin", "NOTIFY_SOCKET": self.name.replace("\0", "@"), "WATCHDOG_USEC": "5000000"}

    def next(self):
        """(text, pid of the sender)"""
        text, control, _, _ = self.socket.recvmsg(4096, 64)
        pids = [struct.unpack_from("i", data)[0] for level, kind, data in control
                if (level, kind) == (socket.SOL_SOCKET, 2)]  # SCM_CREDENTIALS
        return text.decode(), pids[0]

    def close(self):
        self.socket.close()
        if self.name[0] != "\0":
            os.unlink(self.name)


@test()
def notify_socket(w):
    for kind in KINDS:
        manager = Manager(w)
        blob = policy(w, kind, "process: {notify_socket: true}\n")
        launch = w.start(blob, ["/bin/probe", "service", "READY=1", "MAINPID=self", "WATCHDOG=1"], env=manager.env,
                         prefix=AS_PID)
        pid, name, watchdog_pid, watchdog = launch.line().split()
        equal((name, watchdog_pid, watchdog), ("/dev/notify", pid, "5000000"), f"{kind}: variables")
        outside = launch.pid if kind == "same" else launch.payload()[-1]
        equal([manager.next() for _ in range(3)],
              [("READY=1", outside), (f"MAINPID={pid}", outside), ("WATCHDOG=1", outside)], f"{kind}: messages")
        if kind == "same":
            equal(pid, str(launch.pid), "MAINPID")
        os.kill(launch.payload()[-1] if kind == "none" else launch.pid, signal.SIGKILL if kind == "none" else signal.SIGTERM)
        if kind == "same":
            after_same(w, launch, -signal.SIGTERM)
        else:
            launch.finish()
        manager.close()


@test()
def notify_socket_of_an_ordinary_user(w):
    os.makedirs(w.path("users"), exist_ok=True)
    manager = Manager(w, "users/manager", owner=USER)
    blob = policy(w, "reaper", "namespaces: {user: new}\nprocess: {notify_socket: true}\n")
    w.run(blob, ["/bin/probe", "notify", "READY=1"], env=manager.env, user=USER).ok()
    equal(manager.next()[0], "READY=1", "message")
    manager.close()


@test()
def notify_socket_without_a_watchdog_of_ours(w):
    manager = Manager(w)
    blob = policy(w, "reaper", "process: {notify_socket: true}\n")
    equal(w.run(blob, ["/bin/probe", "notify", "READY=1"], env=manager.env, prefix=STRANGER).ok().out.split()[2:],
          ["-", "-"], "the watchdog of another process")
    del manager.env["WATCHDOG_USEC"]
    equal(w.run(blob, ["/bin/probe", "notify", "READY=1"], env=manager.env, prefix=AS_PID).ok().out.split()[3], "-",
          "no watchdog")
    manager.close()


@test()
def notify_socket_where_the_host_is_seen(w):
    """With the host's mounts, or an abstract name and the host's network, it is passed as it is."""
    manager = Manager(w, abstract=True)
    blob = policy(w, "reaper", "network: host\nprocess: {notify_socket: true}\n")
    equal(w.run(blob, ["/bin/probe", "notify", "READY=1"], env=manager.env).ok().out.split()[1],
          manager.env["NOTIFY_SOCKET"], "abstract name")
    equal(manager.next()[0], "READY=1", "message")
    w.refused(policy(w, "reaper", "process: {notify_socket: true}\n"), env=manager.env, says=["abstract"])
    manager.close()


@test()
def notify_socket_that_cannot_be(w):
    blob = policy(w, "reaper", "process: {notify_socket: true}\n")
    w.refused(blob, env={"PATH": "/bin", "NOTIFY_SOCKET": "/" + 5000 * "n"}, says=["NOTIFY_SOCKET: ENAMETOOLONG"])
    w.refused(blob, says=["NOTIFY_SOCKET is not set"])
    r = w.report(policy(w, "reaper", "process: {notify_socket: true}\noptional: [process.notify_socket]\n"))
    check("NOTIFY_SOCKET" not in environment(r) and "notify" not in (r.get("dev") or {}), "an optional one that is not there")
    for bad in ("", "run/notify", "vsock:2:9", "/no/such", w.data + "/file"):
        w.refused(blob, env={"PATH": "/bin", "NOTIFY_SOCKET": bad})
    foreign = Manager(w, "foreign", owner=OTHER)
    w.refused(blob, env=foreign.env, says=["belongs to uid"])
    os.chown(foreign.name, 0, 0)
    os.symlink(foreign.name, w.path("link"))
    w.refused(blob, env={**foreign.env, "NOTIFY_SOCKET": w.path("link")}, says=["not a socket"])
    w.run(blob, ["/bin/probe", "notify", "READY=1"], env=foreign.env, options=["--check"]).ok()
    foreign.close()


@test()
def notify_socket_is_not_there_unasked(w):
    manager = Manager(w)
    r = w.report("defaults", env=manager.env, prefix=AS_PID)
    check(not {"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"} & set(environment(r)), "variables")
    manager.close()


# --- the supervisor's own end, and its stops

@test()
def exact_status(w):
    """Whoever waits for the supervisor sees what it would have seen of the program; ignored signals are no exception."""
    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    for blob in (policy(w, "reaper"), policy(w, "none", "namespaces: {pid: host}\n")):
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGHUP, 40):
            result = w.run(blob, ["/bin/probe", "signal", str(int(number))], options=["--exact-status"], prepare=ignore)
            equal(result.code, -number, f"status after signal {int(number)}")
        equal(w.run(blob, ["/bin/probe", "exit", "143"], options=["--exact-status"]).code, 143, "an exit code")


def state(pid):
    return kernel.status_field(pid, "State")[0]


def wait_state(pid, wanted):
    end = time.monotonic() + 5
    while state(pid) not in wanted and time.monotonic() < end:
        time.sleep(0.005)
    check(state(pid) in wanted, f"process {pid} is {state(pid)}, not one of {wanted}")


@test()
def supervisor_stops_with_its_child(w):
    """However the child was stopped; and SIGCONT to the supervisor lets both go on."""
    launch = w.start(policy(w, "none", "namespaces: {pid: host}\n"), ["/bin/probe", "handle"])
    equal(launch.line(), "ready\n", "first line")
    child = launch.payload()[0]
    for stop in (lambda: os.kill(child, signal.SIGSTOP), lambda: os.kill(launch.pid, signal.SIGTSTP),
                 lambda: os.kill(child, signal.SIGSTOP)):
        stop()
        wait_state(child, "T")
        wait_state(launch.pid, "T")
        os.kill(launch.pid, signal.SIGCONT)
        equal(launch.line(), "got 18\n", "after SIGCONT")
        wait_state(launch.pid, "S")
    os.kill(launch.pid, signal.SIGTERM)
    equal(launch.finish().code, 40, "exit status")


@test()
def every_signal_is_passed_on(w):
    """The real-time ones too: the program dies of each that it does not handle."""
    for number in (*range(34, 65, 6), signal.SIGALRM, signal.SIGVTALRM, signal.SIGIO):
        launch = w.start("defaults", ["/bin/probe", "sleep"], options=["--exact-status"])
        equal(launch.line(), "ready\n", "first line")
        os.kill(launch.pid, number)
        equal(launch.finish().code, -number, f"signal {int(number)}")
