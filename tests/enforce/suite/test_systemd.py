# SPDX-License-Identifier: Apache-2.0
"""systemd's own tools as the other side: sd_notify and socket activation; and the units that docs/systemd.md shows."""
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from .registry import test
from .test_service import KINDS, Manager, after_same, policy
from .world import Skip, check, equal

DOCUMENT = os.path.join(os.path.dirname(__file__), "../../../docs/systemd.md")


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            raise Skip(f"no {program}")


def connect(client, name):
    """To a socket that is about to be there, and then to be listened to."""
    client.settimeout(10)
    end = time.monotonic() + 10
    while True:
        try:
            return client.connect(name)
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


@test()
def systemd_notify_from_inside(w):
    """libsystemd's sd_notify, with the number of the main process: only without a namespace is it the manager's."""
    need("systemd-notify")
    for kind in ("same", "reaper"):
        manager = Manager(w)
        launch = w.start(policy(w, kind, "process: {notify_socket: true}\n"),
                         ["/bin/sh", "-c", "systemd-notify --ready --pid=$$ --status=up && kill -STOP $$; exit 7"],
                         {"root": "/"}, env=manager.env)
        text, sender = manager.next()
        found = dict(line.split("=", 1) for line in text.splitlines())
        equal((found["READY"], found["STATUS"]), ("1", "up"), f"{kind}: message")
        main = launch.pid if kind == "same" else launch.payload()[-1]
        equal(found["MAINPID"] == str(main), kind == "same", f"{kind}: MAINPID is the manager's number")
        check(sender > 1 and sender != launch.pid, f"{kind}: sender {sender}")
        os.kill(main, signal.SIGCONT)
        if kind == "same":
            after_same(w, launch, 7)
        else:
            equal(launch.finish().code, 7, "exit status")
        manager.close()


@test()
def systemd_socket_activate(w):
    """A server that is started by its first connection answers it from inside."""
    need("systemd-socket-activate")
    for kind in KINDS:
        name = w.path(f"{kind}.sock")
        launch = w.start(policy(w, kind, "process: {listen_fds: true}\n"), ["/bin/probe", "serve"],
                         prefix=["systemd-socket-activate", f"--listen={name}", "--fdname=web"])
        with socket.socket(socket.AF_UNIX) as client:
            connect(client, name)
            pid, answer = client.recv(256).decode().split(" ", 1)
        equal(answer, "served web\n", f"{kind}: answer")
        equal(int(pid), {"same": launch.pid, "none": 1, "reaper": 2}[kind], f"{kind}: LISTEN_PID")
        if kind == "same":
            after_same(w, launch)
        else:
            launch.finish().ok()
        os.unlink(name)


@test("anyone")
def systemd_units_of_the_document(w):
    """systemd-analyze finds nothing to say about them."""
    need("systemd-analyze")
    with open(DOCUMENT, encoding="utf-8") as file:
        units = re.findall(r"^```ini\n# (\S+)\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL)
    check(len(units) >= 4, f"units: {[name for name, _ in units]}")
    folder = w.path("units")
    os.makedirs(folder, exist_ok=True)
    for name, text in units:
        w.write(os.path.join(folder, name), text.replace("/usr/bin/ringfence-run", w.enforcer))
    for name, _ in units:
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", os.path.join(folder, name)], capture_output=True,
                              timeout=60, check=False)
        equal((done.returncode, done.stdout + done.stderr), (0, b""), name)
