# SPDX-License-Identifier: Apache-2.0
"""Notifications: the listener reaches the policy's socket before the program runs, or nothing starts."""
import array
import errno
import fcntl
import json
import os
import platform
import select
import signal
import socket
import struct
import subprocess
import threading
import time

from .registry import test
from .world import GRACE, LIMIT, USER, Skip, check, equal

GETPPID = 110 if platform.machine() == "x86_64" else 173
ANSWER = 4711
RECV, SEND = 0xC0502100, 0xC0182101  # SECCOMP_IOCTL_NOTIF_RECV, _SEND
NAMESPACES = "mnt,ipc,uts,pid"
HOST_PIDS = "mnt,ipc,uts"


def make_blob(w, name, *keys, status=0):
    blob = w.path(name + ".fence")
    done = subprocess.run([os.path.join(w.build, "mkblob"), blob, *keys], capture_output=True, timeout=LIMIT)
    equal(done.returncode, status, f"mkblob: {done.stderr!r}")
    os.chmod(blob, 0o644)
    return blob


def policy(w, name, path, *keys, namespaces=NAMESPACES, filters=f"{GETPPID}:notify", ids=(USER, USER)):
    return make_blob(w, name, f"root={w.root}", f"ns={namespaces}", "proc=full", f"uid={ids[0]}", f"gid={ids[1]}",
                     f"filter={filters}", *([f"notify={path}"] if path else []), *keys)


class Receiver:
    """Takes one listener, and answers every call that it notifies of."""

    def __init__(self, path, answer=True):
        self.path, self.answer = path, answer
        self.connections = 0
        self.message, self.sender, self.behind, self.calls, self.problem = b"", None, None, [], None
        if os.path.lexists(path):
            os.unlink(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(path)
        os.chmod(path, 0o777)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.listen(4)
        self.socket.settimeout(LIMIT)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        try:
            self.take()
        except (OSError, ValueError, AssertionError) as problem:
            self.problem = problem

    def take(self):
        connection, _ = self.socket.accept()
        self.connections += 1
        with connection:
            connection.settimeout(LIMIT)
            self.message, ancillary, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(64) + socket.CMSG_SPACE(12))
            listeners = []
            for _, kind, data in ancillary:
                if kind == socket.SCM_RIGHTS:
                    listeners = list(array.array("i", data))
                else:
                    self.sender = struct.unpack("iII", data)
            if not listeners:
                return
            try:
                self.behind = connection.recv(100)
                if self.answer:
                    self.serve(listeners[0])
            finally:
                for listener in listeners:
                    os.close(listener)

    def serve(self, listener):
        waiting = select.poll()
        waiting.register(listener, select.POLLIN)
        while True:
            events = waiting.poll(LIMIT * 1000)
            check(events, "neither a call nor the end of the filter came")
            if not events[0][1] & select.POLLIN:
                return
            call = bytearray(80)
            fcntl.ioctl(listener, RECV, call)
            number, pid, _, which = struct.unpack_from("<QIIi", call)
            self.calls.append((pid, which))
            fcntl.ioctl(listener, SEND, struct.pack("<QqiI", number, ANSWER, 0, 0))

    def finish(self):
        """After the launch: its end is the listener's."""
        while select.select([self.socket], [], [], 0)[0]:
            time.sleep(0.01)  # there is a connection that the thread has not come to yet
        self.socket.close()
        self.thread.join(LIMIT)
        check(not self.thread.is_alive(), "the receiver hangs")
        check(self.problem is None, f"the receiver: {self.problem!r}")
        return self


def held(pid):
    """What a process holds that only the launch itself needs."""
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue  # closed meanwhile
        if target.startswith("socket:") or "seccomp" in target:
            found.append(target)
    return found


def let_go(pid):
    """The launcher closes them when the payload may run already: soon nothing is held."""
    end = time.monotonic() + GRACE
    while held(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return held(pid)


def alone_on_a_processor(kind):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.sched_setscheduler(0, kind, os.sched_param(1))


def answered(w, blob, receiver, user=None, processes=1):
    """One launch whose call is answered; its processes keep neither socket nor listener."""
    launch = w.start(blob, ["/bin/probe", "sleep"], params={"root": None}, user=user)
    try:
        equal(launch.line(), "ready\n", "the payload's first line")
        below = launch.payload()
        equal(len(below), processes, "processes")
        for pid in [launch.pid, *below]:
            equal(let_go(pid), [], f"descriptors of process {pid}")
    finally:
        for pid in launch.payload()[-1:]:  # the first process of a namespace ignores what it has no handler for
            os.kill(pid, signal.SIGKILL)
        equal(launch.finish().code, 128 + signal.SIGKILL, "exit status")
    first = receiver.finish()
    equal(first.behind, b"", "what comes behind the message")
    state = json.loads(first.message)
    equal((state["fds"], state["state"]["status"]), (["seccompFd"], "creating"), "message")
    equal(state["pid"], below[0], "pid in the message")
    equal(len(state["metadata"]), 64, "identity of the policy")
    equal(first.sender[0], below[-1], "the kernel's word on who sends")

    receiver = Receiver(receiver.path)
    result = w.run(blob, ["/bin/probe", "call", str(GETPPID)], params={"root": None}, user=user)
    receiver.finish()
    equal(result.ok().out, f"result {ANSWER}\n", "the call's result")
    equal([which for _, which in receiver.calls], [GETPPID], "calls notified of")


@test()
def notify_answers(w):
    for init in ("none", "reaper"):
        for namespaces in (NAMESPACES, HOST_PIDS):
            receiver = Receiver(w.path("agent.sock"))
            blob = policy(w, "notify", receiver.path, f"init={init}", namespaces=namespaces)
            answered(w, blob, receiver, processes=2 if init == "reaper" else 1)


@test()
def notify_for_a_payload_that_is_root(w):
    receiver = Receiver(w.path("agent.sock"))
    blob = policy(w, "notify-root", receiver.path, "caps=0x80000", ids=(0, 0))
    answered(w, blob, receiver)


@test("anyone")
def notify_for_an_ordinary_user(w):
    user = USER if w.is_root else None
    for init in ("none", "reaper"):
        receiver = Receiver(w.path("agent.sock"))
        blob = policy(w, "notify-user", receiver.path, "self", f"init={init}", namespaces="user," + NAMESPACES,
                      ids=(1000, 1000))
        answered(w, blob, receiver, user=user, processes=2 if init == "reaper" else 1)


@test()
def notify_socket_of_a_parameter(w):
    receiver = Receiver(w.path("agent.sock"))
    blob = make_blob(w, "notify-parameter", f"param=agent:path:{w.base}", f"root={w.root}", f"ns={NAMESPACES}",
                     f"uid={USER}", f"gid={USER}", f"filter={GETPPID}:notify", "notify=$(agent)")
    result = w.run(blob, ["/bin/probe", "call", str(GETPPID)], params={"root": None, "agent": receiver.path})
    receiver.finish()
    equal(result.ok().out, f"result {ANSWER}\n", "the call's result")


@test()
def notify_when_the_receiver_has_gone(w):
    receiver = Receiver(w.path("agent.sock"), answer=False)
    blob = policy(w, "notify-gone", receiver.path)
    launch = w.start(blob, ["/bin/probe", "call", str(GETPPID)], params={"root": None})
    result = launch.finish()
    receiver.finish()
    equal(result.ok().out, f"errno {errno.ENOSYS}\n", "a call that nobody answers")


@test()
def notify_without_a_usable_socket(w):
    path = w.path("no-agent")
    blob = policy(w, "notify-none", path)
    words = {"root": None}
    w.refused(blob, params=words, says=["notify", "ENOENT"])
    w.write(path, "a file")
    w.refused(blob, params=words, says=["notify", "not a socket"])
    os.unlink(path)
    os.mkdir(path)
    w.refused(blob, params=words, says=["notify", "not a socket"])
    os.rmdir(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as deaf:
        deaf.bind(path)
        w.refused(blob, params=words, says=["notify", "ECONNREFUSED"])
        deaf.listen(1)
        os.rename(path, path + ".real")
        os.symlink(path + ".real", path)
        w.refused(blob, params=words, says=["notify", "not a socket"])
        os.unlink(path)
        os.unlink(path + ".real")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(path)
        w.refused(blob, params=words, says=["notify", "EPROTOTYPE"])
        os.unlink(path)


@test()
def notify_socket_of_another_user_is_refused(w):
    """Who bound the socket decides calls: any user can make a file in a directory that is open to all."""
    receiver = Receiver(w.path("foreign.sock"))
    blob = policy(w, "foreign", receiver.path)
    os.chown(receiver.path, USER + 1, USER + 1)
    w.refused(blob, params={"root": None}, says=["notify", f"belongs to uid {USER + 1}"])
    equal(receiver.connections, 0, "connections")
    os.chown(receiver.path, 0, 0)
    w.run(blob, ["/bin/probe", "exit", "0"], params={"root": None}).ok()
    receiver.finish()


@test()
def notify_does_not_wait_for_a_receiver_that_is_full(w):
    path = w.path("full")
    blob = policy(w, "notify-full", path)
    waiting = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as full:
        full.bind(path)
        full.listen(0)
        try:
            for _ in range(10):
                waiting.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
                waiting[-1].connect(path)
            raise AssertionError("the queue never fills")
        except BlockingIOError:
            pass
        w.refused(blob, params={"root": None}, says=["notify", "EAGAIN"])
    for one in waiting:
        one.close()
    os.unlink(path)


@test()
def notify_to_a_receiver_that_closes_at_once(w):
    """Whenever it does: nothing starts, or the call is answered with ENOSYS."""
    path = w.path("closer")
    blob = policy(w, "notify-closer", path)
    for _ in range(10):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as closer:
            closer.bind(path)
            closer.listen(1)
            closer.settimeout(LIMIT)
            thread = threading.Thread(target=lambda s=closer: s.accept()[0].close())
            thread.start()
            result = w.run(blob, ["/bin/probe", "call", str(GETPPID)], params={"root": None})
            thread.join(LIMIT)
        os.unlink(path)
        if result.code == 125:
            check(result.out == "" and "notify" in result.err, repr(result))
        else:
            equal(result.ok().out, f"errno {errno.ENOSYS}\n", "the call")


@test()
def notify_without_a_thread_to_spare(w):
    """The limit that the policy itself sets leaves no room for the one that sends."""
    receiver = Receiver(w.path("agent.sock"))
    blob = policy(w, "notify-threads", receiver.path, "rlimit=6:1:1")  # RLIMIT_NPROC
    w.refused(blob, params={"root": None}, says=["notify: cannot start the thread", "EAGAIN"])
    receiver.finish()
    equal(receiver.message, b"", "message")


@test()
def notify_under_real_time_scheduling(w):
    """Round robin shares the processor with the thread that sends, first-in-first-out might not."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    except PermissionError:
        raise Skip("no real-time scheduling here") from None
    for name, kind in (("rr", os.SCHED_RR), ("fifo", os.SCHED_FIFO)):
        receiver = Receiver(w.path("agent.sock"))
        blob = policy(w, "notify-" + name, receiver.path)
        one = {"params": {"root": None}, "prepare": lambda kind=kind: alone_on_a_processor(kind),
               "files": ()}  # a v1 cgroup may have no real-time share
        try:
            if kind == os.SCHED_FIFO:
                w.refused(blob, says=["notify", "SCHED_FIFO"], **one)
            else:
                result = w.run(blob, ["/bin/probe", "call", str(GETPPID)], **one)
                equal(result.ok().out, f"result {ANSWER}\n", "the call's result")
        finally:
            receiver.finish()


@test()
def notify_and_filter_belong_together(w):
    for name, keys in (("no-socket", {"path": None}), ("no-notify", {"path": "/run/agent", "filters": "allow"})):
        path = keys.pop("path")
        blob = make_blob(w, name, f"root={w.root}", f"ns={NAMESPACES}", f"uid={USER}", f"gid={USER}",
                         f"filter={keys.get('filters', f'{GETPPID}:notify')}",
                         *([f"notify={path}"] if path else []), status=1)
        w.refused(blob, params={"root": None}, says=["contradict"])


@test()
def notify_check_tells(w):
    path = w.path("agent.sock")
    blob = policy(w, "notify-check", path)
    check_only = {"params": {"root": None}, "options": ["--check"]}
    if os.path.lexists(path):
        os.unlink(path)
    missing = w.run(blob, ["/bin/probe", "print", "started"], **check_only)
    check(missing.code == 125 and "notify: cannot open" in missing.out, repr(missing))
    receiver = Receiver(path)
    result = w.run(blob, ["/bin/probe", "print", "started"], **check_only)
    receiver.finish()
    equal((result.code, result.out), (0, ""), "with a receiver")
    equal((receiver.connections, receiver.message), (1, b""), "what the receiver saw of the check")
