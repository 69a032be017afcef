# SPDX-License-Identifier: Apache-2.0
"""process.terminal: the payload's own pseudo-terminal, what the launcher's terminal has to do with it, and what not."""
import array
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

from . import kernel
from .registry import test
from .world import LIMIT, USER, check, equal



class Screen:
    """A terminal with somebody in front of it; launches get its other end."""

    def __init__(self, rows=24, columns=80):
        self.own, self.line = pty.openpty()
        self.text = b""
        self.resize(rows, columns)
        self.settings = termios.tcgetattr(self.line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.own)
        os.close(self.line)

    def resize(self, rows, columns):
        fcntl.ioctl(self.own, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.own, text.encode())

    def until(self, word):
        """What is printed, to the end of the line that begins with a word; without the line's end."""
        end = time.monotonic() + LIMIT
        while True:
            at = self.text.find(b"\n" + word.encode()) if not self.text.startswith(word.encode()) else 0
            stop = self.text.find(b"\n", at + 1)
            if at >= 0 and stop >= 0:
                line, self.text = self.text[at:stop], self.text[stop:]
                return line.strip().decode()
            if not select.select([self.own], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"{word!r} is not printed: {self.text[-300:]!r}")
            self.text += os.read(self.own, 4096)

    def introduced(self):
        return json.loads(self.until("{"))

    def raw(self):
        return termios.tcgetattr(self.line)[3] & (termios.ECHO | termios.ICANON | termios.ISIG) == 0

    def wait(self, wanted, what):
        end = time.monotonic() + LIMIT
        while not wanted():
            check(time.monotonic() < end, what)
            time.sleep(0.005)

    def opened(self, pid):
        """How often a process has it open."""
        own = os.fstat(self.line)
        return sum(os.path.samestat(os.stat(f"/proc/{pid}/fd/{fd}"), own) for fd in os.listdir(f"/proc/{pid}/fd"))

    def restored(self):
        equal(termios.tcgetattr(self.line), self.settings, "settings of the launcher's terminal")

    def untouched(self):
        """Nothing was typed into it but by us."""
        waiting = array.array("i", [0])
        fcntl.ioctl(self.line, termios.FIONREAD, waiting)
        equal(waiting[0], 0, "bytes typed into the launcher's terminal")


def lead():
    """The launcher leads a session that has the terminal, as a shell's job does."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def show(w, screen, policy="terminal", program=("/bin/probe", "terminal"), **options):
    options.setdefault("prepare", lead)
    return w.start(policy, list(program), stdin=screen.line, stdout=screen.line, **options)


def leave(screen, launch, code=0):
    screen.type(f"quit {code}\n")
    result = launch.finish()
    equal((result.code, result.err), (code, ""), "exit status")
    screen.restored()
    screen.untouched()


@test()
def terminal_of_its_own(w):
    """Streams, controlling terminal and /dev/pts are the payload's own, whoever it is."""
    for policy, ids in (("terminal", (1000, 1001)), ("terminal-init-none", (0, 0))):
        with Screen(31, 101) as screen:
            launch = show(w, screen, policy)
            r = screen.introduced()
            equal((r["name"], r["ttys"]), ("/dev/pts/0", 3), f"{policy}: the streams")
            equal({r["sid"], r["tty_sid"], r["dev_tty_sid"], r["foreground"]}, {r["pid"]}, f"{policy}: session")
            equal((r["uid"], r["gid"], r["mode"]), (*ids, 0o600), f"{policy}: owner and mode")
            equal((r["rows"], r["columns"]), (31, 101), f"{policy}: size at the start")
            equal(sorted(set(r["names"]) - {"1"}), ["0", "ptmx"], f"{policy}: names in /dev/pts")
            equal(r["another"], "/dev/pts/1", f"{policy}: one more, through /dev/ptmx")
            leave(screen, launch, 7)


@test()
def terminal_files(w):
    """Nothing of the launcher's terminal is open in the payload, and /dev stays read-only."""
    with Screen() as screen:
        launch = show(w, screen, program=("/bin/probe", "json", "/dev", "/dev/pts"))
        r = screen.introduced()
        result = launch.finish()
    equal(result.code, 0, "exit status")
    equal(r["fds"], {"0": "/dev/pts/0", "1": "/dev/pts/0", "2": "/dev/pts/0"}, "open files")
    equal(r["controlling_tty"], 0, "opening /dev/tty")
    pts = [m for m in kernel.mounts(r["mountinfo"]) if m["target"] == "/dev/pts"]
    equal(len(pts), 1, "mounts on /dev/pts")
    check(pts[0]["fstype"] == "devpts" and {"nosuid", "noexec"} <= set(pts[0]["options"]), pts[0])
    check("max=256" in pts[0]["super"], pts[0]["super"])
    check(r["paths"]["/dev"]["write"] != 0, "/dev can be written")


@test()
def terminal_only_where_the_policy_says(w):
    with Screen() as screen:
        launch = show(w, screen, "defaults")
        r = screen.introduced()
        check(r["tty_sid"] != r["sid"] and r["dev_tty_sid"] < 0, f"a controlling terminal: {r}")
        equal(r["another"], "", "a pseudo-terminal out of nothing")
        check(not screen.raw(), "the launcher's terminal was made raw")
        screen.type("quit 3\n")
        equal(launch.finish().code, 3, "exit status")


@test()
def terminal_echo(w):
    """What is typed is echoed by the payload's terminal, once, and comes by lines."""
    with Screen() as screen:
        launch = show(w, screen)
        screen.introduced()
        screen.wait(screen.raw, "the launcher's terminal is not raw")
        screen.type("hello\n")
        equal(screen.until("hello"), "hello", "echo")
        equal(screen.until("line"), "line hello", "what the payload read")
        screen.type("wrong\x15right\x04\n")
        equal(screen.until("line"), "line right", "an edited line")
        leave(screen, launch)


@test()
def terminal_interrupt(w):
    """Ctrl-C, Ctrl-\\ and the rest mean what the payload's terminal makes of them; the launcher gets no signal."""
    with Screen() as screen:
        launch = show(w, screen)
        screen.introduced()
        screen.wait(screen.raw, "the launcher's terminal is not raw")
        for key, number in (("\x03", signal.SIGINT), ("\x1c", signal.SIGQUIT)):
            screen.type(key)
            equal(screen.until("got"), f"got {int(number)}", f"after {key!r}")
        leave(screen, launch)


@test()
def terminal_signals_from_outside(w):
    with Screen() as screen:
        launch = show(w, screen)
        screen.introduced()
        os.kill(launch.pid, signal.SIGINT)
        equal(screen.until("got"), "got 2", "SIGINT of the launcher")
        os.kill(launch.pid, signal.SIGTERM)
        equal(launch.finish().code, 143, "exit status")
        screen.restored()


@test()
def terminal_size_follows(w):
    with Screen() as screen:
        launch = show(w, screen)
        screen.introduced()
        for rows, columns in ((40, 120), (10, 20)):
            screen.resize(rows, columns)
            equal(screen.until("winch"), f"winch {rows} {columns}", "after the change")
        leave(screen, launch)


@test()
def terminal_end_of_input(w):
    """Ctrl-D, or the end of a pipe, even behind half a line; the launcher needs no terminal for it."""
    with Screen() as screen:
        launch = show(w, screen)
        screen.introduced()
        screen.wait(screen.raw, "the launcher's terminal is not raw")
        screen.type("\x04")
        screen.until("end")
        equal(launch.finish().code, 0, "exit status")
        screen.restored()
    for text, words in ((b"", ["end"]), (b"a\n", ["line a", "end"]), (b"a\nb", ["line a", "line b", "end"])):
        reader, writer = os.pipe()
        os.write(writer, text)
        os.close(writer)
        out = w.run("terminal", ["/bin/probe", "terminal"], stdin=reader).ok().out
        os.close(reader)
        equal(re.findall(r"(line \w|end)\r\n", out), words, f"after {text!r}")  # an echo may stand before it
    equal(json.loads(re.search(r"\{.*\}", out)[0])["rows"], 0, "rows of no terminal")


@test()
def terminal_null_input(w):
    """As a service gets it."""
    equal(w.run("terminal", ["/bin/probe", "terminal"]).ok().out.splitlines()[-1], "end", "last line")


def pattern(kib):
    return b"".join(bytes((i * 31 + k * 7) & 0xff for k in range(1024)) for i in range(kib))


@test()
def terminal_output_is_whole(w):
    """More than any buffer, the last bytes written at the moment of death, to a reader that comes late."""
    for policy in ("terminal", "terminal-init-none"):
        reader, writer = os.pipe()
        os.write(writer, b"flood 700\n")
        launch = w.start(policy, ["/bin/probe", "terminal"], stdin=reader)
        got = launch.process.stdout.read(1)
        os.close(writer)
        os.close(reader)
        got += launch.process.stdout.read()
        result = launch.finish()
        equal((result.code, result.err), (0, ""), f"{policy}: exit status")
        want = pattern(700)
        check(got.endswith(want), f"{policy}: {len(got)} bytes came, not these {len(want)} in order")


@test()
def terminal_reader_goes_away(w):
    """To the payload its terminal is hung up."""
    reader, writer = os.pipe()
    launch = w.start("terminal", ["/bin/probe", "terminal"], stdin=reader)
    launch.line()
    launch.process.stdout.close()
    launch.process.stdout = None
    os.write(writer, b"flood 1000\n")
    result = launch.finish()
    os.close(reader)
    os.close(writer)
    check(result.code in (129, 1), repr(result))


@test()
def terminal_blocked_output_holds_up_nothing(w):
    """Nobody reads: signals are passed on even so, and the time limit would be kept."""
    reader, writer = os.pipe()
    os.write(writer, b"flood 4000\n")
    launch = w.start("terminal", ["/bin/probe", "terminal"], stdin=reader)
    launch.process.stdout.read(1)
    os.kill(launch.pid, signal.SIGTERM)  # ends the payload
    os.kill(launch.pid, signal.SIGTERM)  # and this the waiting for somebody to read the rest, if it is not one signal
    end = time.monotonic() + LIMIT
    while launch.payload() and time.monotonic() < end:
        time.sleep(0.01)
    equal(launch.payload(), [], "the payload lives")
    if launch.process.poll() is None:
        os.kill(launch.pid, signal.SIGTERM)
    equal(launch.process.wait(LIMIT), 143, "exit status")
    launch.finish()
    os.close(reader)
    os.close(writer)


@test()
def terminal_stalled_screen_holds_up_nothing(w):
    """The same where it is the launcher's terminal that takes nothing more."""
    waiting = array.array("i", [0])
    with Screen() as screen:
        launch = show(w, screen)
        screen.introduced()
        screen.wait(lambda: screen.opened(launch.pid) == 4, "0 and 1 are not opened once more, not to wait")
        check(not fcntl.fcntl(screen.line, fcntl.F_GETFL) & os.O_NONBLOCK, "O_NONBLOCK is set where others see it")
        screen.type("flood 4000\n")
        screen.wait(lambda: fcntl.ioctl(screen.own, termios.FIONREAD, waiting) == 0 and waiting[0] > 4000, "no flood")
        os.kill(launch.pid, signal.SIGTERM)
        screen.wait(lambda: not launch.payload(), "the payload lives")
        if launch.process.poll() is None:
            os.kill(launch.pid, signal.SIGTERM)
        equal(launch.finish().code, 143, "exit status")
        screen.restored()


@test()
def terminal_injection(w):
    """TIOCSTI and TIOCLINUX reach the payload's own terminal at most, whatever the filter says."""
    with Screen() as screen:
        launch = show(w, screen)
        screen.introduced()
        screen.type("inject\n")
        answers = screen.until("inject ").split()[1:]
        check(answers[2] != "0", f"TIOCLINUX: {answers}")
        leave(screen, launch)  # which looks at what was typed into the launcher's
    blob = w.compile_text("ringfence: 1\nkind: policy\nname: sti\nextends: [./base]\nprocess: {terminal: pty}\n"
                          "seccomp:\n  rules:\n    - {name: type, call: ioctl, when: 'cmd == TIOCSTI', "
                          "then: errno(EPERM)}\n")
    with Screen() as screen:
        launch = show(w, screen, blob)
        screen.introduced()
        screen.type("inject\n")
        equal(screen.until("inject ").split()[1:3], ["1", "1"], "TIOCSTI, and with bits that the kernel does not look at")
        leave(screen, launch)


@test()
def terminal_restored_after_death(w):
    """The launcher's terminal is as before, however the payload or the launch ends."""
    for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGHUP):
        with Screen() as screen:
            launch = show(w, screen, program=("/bin/probe", "signal", str(int(number))))
            equal(launch.finish().code, 128 + number, "exit status")
            screen.restored()
    with Screen() as screen:
        launch = show(w, screen, program=("/no/such",))
        equal(launch.finish().code, 127, "exit status")
        screen.restored()


@test()
def terminal_stopped_and_continued(w):
    """Stopped, the launcher leaves the terminal as it found it; continued, it takes it again."""
    with Screen() as screen:
        launch = show(w, screen)
        screen.introduced()
        screen.wait(screen.raw, "the launcher's terminal is not raw")
        os.kill(launch.pid, signal.SIGTSTP)
        screen.wait(lambda: kernel.status_field(launch.pid, "State").startswith("T"), "the launcher does not stop")
        screen.restored()
        os.kill(launch.pid, signal.SIGCONT)
        screen.wait(screen.raw, "the launcher's terminal is not raw again")
        screen.type("hello\n")
        equal(screen.until("line"), "line hello", "what the payload read")
        leave(screen, launch)


# A session leader that holds the terminal, with the launch as its job in the background.
JOB = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    os.execv(sys.argv[1], sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@test()
def terminal_in_the_background(w):
    """A background job does not change the terminal under the shell that uses it, and takes no input from it."""
    with Screen() as screen:
        launch = show(w, screen, prefix=[sys.executable, "-c", JOB], prepare=None)
        screen.introduced()
        job = min(launch.payload())
        screen.type("for the shell\n")
        os.kill(job, signal.SIGINT)
        equal(screen.until("got"), "got 2", "output from the background")
        check(not screen.raw(), "the terminal was made raw from the background")
        os.kill(job, signal.SIGTERM)
        equal(launch.finish().code, 143, "exit status")
        screen.restored()
        equal(os.read(screen.line, 100), b"for the shell\n", "what was typed")


@test()
def terminal_dies_with_the_launcher(w):
    with Screen() as screen:
        launch = show(w, screen)
        screen.introduced()
        os.kill(launch.pid, signal.SIGKILL)
        launch.process.wait()
        w.reap()
        launch.finish(clean=False)


@test()
def terminal_check_and_plan(w):
    result = w.run("terminal", ["/bin/probe", "terminal"], options=["--check"])
    equal((result.code, result.out), (0, ""), "--check")
    out = w.run("terminal", ["/bin/probe", "terminal"], options=["--plan"]).ok().out
    check("/dev/pts" in out, out)


@test("anyone")
def user_terminal(w):
    who = USER if w.is_root else None
    with Screen(20, 60) as screen:
        if who is not None:
            os.fchown(screen.line, USER, USER)
        launch = show(w, screen, "terminal-user", user=who)
        r = screen.introduced()
        equal((r["name"], r["ttys"], r["uid"], r["gid"]), ("/dev/pts/0", 3, 0, 0), "terminal")
        equal({r["sid"], r["tty_sid"], r["dev_tty_sid"]}, {r["pid"]}, "session")
        equal((r["rows"], r["columns"], r["another"]), (20, 60, "/dev/pts/1"), "size, and one more")
        screen.wait(screen.raw, "the launcher's terminal is not raw")
        if w.is_root:
            equal(screen.opened(launch.pid), 4, "the user's terminal, 0 and 1 opened once more")
        screen.type("\x03")
        equal(screen.until("got"), "got 2", "after Ctrl-C")
        leave(screen, launch, 5)
    reader, writer = os.pipe()
    os.write(writer, b"last")
    os.close(writer)
    out = w.run("terminal-user", ["/bin/probe", "terminal"], stdin=reader, user=who).ok().out
    os.close(reader)
    equal(re.findall(r"(line \w+|end)\r\n", out), ["line last", "end"], "from a pipe")
