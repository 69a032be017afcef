# SPDX-License-Identifier: Apache-2.0
"""A root directory to fence programs into, and launches that are checked for what they leave behind."""
import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time

from . import kernel
from .cgroups import Cgroups

USER = 4242          # the ordinary user: a number without a name, as in a container image
OTHER = 4343
LIMIT = 30           # seconds after which a launch is taken to hang; nothing here comes near it
GRACE = 5.0          # seconds that the kernel may take to finish the death of a process


class Skip(Exception):
    """The machine lacks what the test needs."""


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def equal(got, want, what):
    if got != want:
        raise AssertionError(f"{what}: {got!r}, expected {want!r}")


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return f"exit {self.code}, stdout {self.out[-300:]!r}, stderr {self.err[-600:]!r}"

    def ok(self):
        check(self.code == 0, repr(self))
        return self

    def json(self):
        self.ok()
        return json.loads(self.out)


class Launch:
    """A launch under way.  finish() waits for it and checks that nothing is left."""

    def __init__(self, world, before, process):
        self.world, self.before, self.process = world, before, process

    @property
    def pid(self):
        return self.process.pid

    def line(self):
        """The next line of the payload's output."""
        return self.process.stdout.readline().decode()

    def leaf(self, controller):
        return self.world.cgroups.leaf(controller)

    def payload(self):
        """Pids, as seen here, of every process below the enforcer."""
        return descendants(self.process.pid)

    def finish(self, clean=True):
        try:
            out, err = self.process.communicate(timeout=self.world.limit)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.world.kill_all()
            self.process.communicate()
            raise AssertionError("the launch hangs, or something of it holds its output open") from None
        code = self.process.returncode
        if clean:
            self.world.check_clean(self.before)
            strays = self.world.cgroups.strays(self.process.pid)
            check(not strays, f"cgroups left behind: {strays}")
        return Result(code, (out or b"").decode("utf-8", "replace"), err.decode("utf-8", "replace"))


def _parents():
    table = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        table[int(name)] = (int(fields[1]), fields[0])
    return table


def descendants(pid):
    table = _parents()
    found, todo = [], [pid]
    while todo:
        at = todo.pop()
        children = [child for child, (parent, state) in table.items() if parent == at and state != "Z"]
        found += children
        todo += children
    return sorted(found)


class World:
    def __init__(self, build, root):
        self.build = os.path.abspath(build)
        self.is_root = root
        self.in_vm = os.environ.get("RF_VM") == "1"
        self.cases = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cases")
        self.compiler = os.path.join(self.build, "ringfence")
        self.enforcer = os.path.join(self.build, "ringfence-run")
        self.probe = os.path.join(self.build, "probe")
        for path in (self.compiler, self.enforcer, self.probe):
            if not os.access(path, os.X_OK):
                raise SystemExit(f"{path} is missing: build first")
        self.base = tempfile.mkdtemp(prefix="ringfence-tests-")
        os.chmod(self.base, 0o755)
        self.limit = LIMIT
        self.blobs = {}
        self.managed = set()      # children that a test collects itself
        self.launches = []
        self.made = 0
        self.cgroups = Cgroups(root)
        self.root = self.make_root("root")
        self.data = self.make_data("volume")
        self.release = kernel.release()

    # --- files

    def path(self, name):
        return os.path.join(self.base, name)

    def make_root(self, name):
        """A root directory with the probe, busybox where it is static, and empty mount points."""
        root = self.path(name)
        for part in ("bin", "proc", "sys", "dev", "tmp", "data", "data2", "run", "var", "etc", "usr", "work/deep"):
            os.makedirs(os.path.join(root, part), 0o755)
        shutil.copy(self.probe, os.path.join(root, "bin/probe"))
        busybox = shutil.which("busybox")
        if busybox is not None and kernel.is_static(busybox):
            shutil.copy(busybox, os.path.join(root, "bin/busybox"))
            os.symlink("busybox", os.path.join(root, "bin/sh"))
        self.write(os.path.join(root, "etc/passwd"), "root:x:0:0::/:/bin/sh\n")
        self.write(os.path.join(root, "etc/secret"), "not for the payload\n")
        self.write(os.path.join(root, "bin/plain"), "no program\n")
        self.write(os.path.join(root, "bin/noexec"), "#!/bin/probe\n")
        self.write(os.path.join(root, "bin/badloader"), "#!/no/such/interpreter\n", 0o755)
        os.symlink("../run", os.path.join(root, "var/run"))
        return root

    def make_data(self, name):
        data = self.path(name)
        os.makedirs(os.path.join(data, "inner"))
        self.write(os.path.join(data, "file"), "data\n", 0o644)
        self.write(os.path.join(data, "hidden"), "hidden\n", 0o644)
        os.chmod(data, 0o777)
        return data

    @staticmethod
    def write(path, text, mode=0o644):
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)

    def need_shell(self):
        if not os.path.lexists(os.path.join(self.root, "bin/sh")):
            raise Skip("no static busybox on this machine")

    # --- compiling

    def compile(self, name, flags=()):
        """The blob of cases/NAME.ringfence.yaml; compiled once."""
        key = (name, tuple(flags))
        if key not in self.blobs:
            blob = self.path(f"{name}{len(self.blobs)}.fence")
            result = self.try_compile(os.path.join(self.cases, name + ".ringfence.yaml"), blob, flags)
            check(result.code == 0, f"compile {name}: {result!r}")
            os.chmod(blob, 0o644)
            self.blobs[key] = blob
        return self.blobs[key]

    def try_compile(self, source, blob, flags=()):
        done = subprocess.run([self.compiler, "compile", source, "-o", blob, *flags], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=LIMIT, cwd=self.cases)
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def compile_text(self, text):
        """The blob of a policy that the test wrote itself: for values that only the machine knows."""
        self.made += 1
        source = self.path(f"made{self.made}.ringfence.yaml")
        self.write(source, text)
        if not os.path.exists(self.path("base.ringfence.yaml")):
            shutil.copy(os.path.join(self.cases, "base.ringfence.yaml"), self.base)
        blob = self.path(f"made{self.made}.fence")
        result = self.try_compile(source, blob)
        check(result.code == 0, f"compile:\n{text}\n{result!r}")
        return blob

    # --- launching

    def command(self, policy, program, params=None, options=(), raw=None):
        command = [self.enforcer, *options]
        if raw is not None:
            return command + list(raw)
        blob = policy if policy.endswith(".fence") else self.compile(policy)
        command.append(blob)
        for name, value in {"root": self.root, **(params or {})}.items():
            if value is not None:
                command += ["--param", f"{name}={value}"]
        if program is not None:
            command += ["--", *program]
        return command

    def start(self, policy, program, params=None, *, user=None, env=None, options=(), raw=None, prepare=None,
              pass_fds=(), prefix=(), cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
              files=None):
        command = list(prefix) + self.command(policy, program, params, options, raw)
        if files is None:
            self.cgroups.retire()
        files = self.cgroups.place(user) if files is None else files
        before = self.snapshot()

        def enter():
            for file in files:
                with open(file, "w", encoding="ascii") as procs:
                    procs.write("0")
            if user is not None:
                os.setgroups([])
                os.setresgid(user, user, user)
                os.setresuid(user, user, user)
            if prepare is not None:
                prepare()

        process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr, preexec_fn=enter, cwd=cwd,
                                   env={"PATH": "/usr/bin:/bin"} if env is None else env, close_fds=not pass_fds
                                   or pass_fds != "all", pass_fds=() if pass_fds == "all" else pass_fds)
        self.managed.add(process.pid)
        launch = Launch(self, before, process)
        self.launches.append(launch)
        return launch

    def run(self, policy, program, params=None, clean=True, **options):
        return self.start(policy, program, params, **options).finish(clean)

    def report(self, policy, params=None, paths=(), **options):
        """The probe's own view of a launch."""
        return self.run(policy, ["/bin/probe", "json", *paths], params, **options).json()

    def refused(self, policy, program=("/bin/probe", "print", "started"), params=None, *, code=125, says=(), **options):
        """A launch that must not happen: its status, one line that says why, and nothing started."""
        program = None if program is None else list(program)
        result = self.run(policy, program, params, **options)
        equal(result.code, code, f"exit status ({result!r})")
        check(result.out == "", f"something was started: {result!r}")
        lines = result.err.splitlines()
        check(len(lines) == 1, f"one line expected: {result!r}")
        check(lines[0].startswith("ringfence-run: "), f"the line does not name the program: {result!r}")
        for word in says:
            words = (word,) if isinstance(word, str) else word
            check(any(w.lower() in lines[0].lower() for w in words), f"{words!r} is not in {lines[0]!r}")
        return lines[0]

    # --- what a launch leaves

    def snapshot(self):
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            return {"mounts": file.read(), "cgroups": self.cgroups.listing(), "namespaces": kernel.namespaces()}

    def children(self):
        me = os.getpid()
        return {pid: state for pid, (parent, state) in _parents().items() if parent == me}

    def reap(self, forgive=False):
        """Every orphan of a launch came to us: all must be dead or dying."""
        end = time.monotonic() + GRACE
        while True:
            alive = []
            for pid, state in self.children().items():
                if pid in self.managed:
                    continue  # its Popen object collects it
                if state == "Z":
                    try:
                        os.waitpid(pid, os.WNOHANG)
                    except ChildProcessError:
                        continue
                else:
                    alive.append(pid)
            if not alive:
                return
            if time.monotonic() > end or forgive:
                break
            time.sleep(0.005)
        names = []
        for pid in alive:
            try:
                names.append(f"{pid} ({os.readlink(f'/proc/{pid}/exe')})")
            except OSError:
                names.append(str(pid))
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if not forgive:
            raise AssertionError("left alive: " + ", ".join(names))

    def abandon(self):
        """After a failed test: ends the launches that it did not come to finish.  After others it finds none."""
        open_ones = [launch for launch in self.launches if launch.process.returncode is None]
        for launch in open_ones:
            launch.process.kill()
            self.kill_all()
            launch.process.communicate()
        self.launches.clear()
        self.managed.clear()
        self.kill_all()
        return len(open_ones)

    def kill_all(self):
        """The end of everything that a hanging launch started."""
        for _ in range(20):
            alive = [pid for pid in descendants(os.getpid()) if pid not in self.managed]
            if not alive:
                return
            for pid in alive:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.reap(forgive=True)

    def check_clean(self, before):
        self.reap()
        end = time.monotonic() + GRACE
        while self.cgroups.listing() - before["cgroups"] and time.monotonic() < end:
            time.sleep(0.01)
        left = self.cgroups.listing() - before["cgroups"]
        after = self.snapshot()
        if left:
            self.cgroups.sweep_leaves(left)
            raise AssertionError("cgroups left behind: " + ", ".join(sorted(left)))
        if after["mounts"] != before["mounts"]:
            new = [m for m in kernel.mounts(after["mounts"]) if m not in kernel.mounts(before["mounts"])]
            for mount in reversed(new):
                try:
                    kernel.umount(mount["target"])
                except OSError:
                    continue  # it went with the one above it
            raise AssertionError("mounts reached the host: " + ", ".join(f"{m['fstype']} on {m['target']}" for m in new))
        equal(after["namespaces"], before["namespaces"], "namespaces of the host")

    def close(self):
        self.abandon()
        self.cgroups.retire()
        gone = self.cgroups.sweep()
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            below = [m["target"] for m in kernel.mounts(file.read()) if m["target"].startswith(self.base + "/")]
        for target in reversed(below):  # what leaked must not be walked into and emptied
            try:
                kernel.umount(target)
            except OSError:
                continue
        shutil.rmtree(self.base, ignore_errors=True)
        return gone


def caps(*names):
    numbers = {"CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "KILL": 5, "SETGID": 6, "SETUID": 7, "SETPCAP": 8,
               "NET_BIND_SERVICE": 10, "NET_ADMIN": 12, "NET_RAW": 13, "SYS_CHROOT": 18, "SYS_PTRACE": 19,
               "SYS_ADMIN": 21, "SYS_TIME": 25, "MKNOD": 27}
    return sum(1 << numbers[name] for name in names)


def mount_at(report, target):
    """The topmost mount on a target as the payload sees it, or None."""
    found = [m for m in kernel.mounts(report["mountinfo"]) if m["target"] == target]
    return found[-1] if found else None


def is_char_device(entry):
    return stat.S_ISCHR(entry["mode"])
