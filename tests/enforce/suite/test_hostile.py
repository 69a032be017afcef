# SPDX-License-Identifier: Apache-2.0
"""Hostile images: a root directory that the attacker wrote must not make the enforcer reach outside it."""
import ctypes
import hashlib
import os
import shutil
import struct
import threading

from . import kernel
from .registry import test
from .world import Skip, check, equal, mount_at

IN_MODIFY, IN_ATTRIB, IN_MOVED, IN_CREATE, IN_DELETE = 0x2, 0x4, 0xc0, 0x100, 0x200


class Watched:
    """A directory of the host, with what is in it, that must come out as it was; inotify sees what mtime does not."""

    def __init__(self, w, name):
        self.top = w.path(name)
        os.makedirs(os.path.join(self.top, "inner"))
        w.write(os.path.join(self.top, "file"), "the host's\n", 0o666)
        os.chmod(self.top, 0o777)

    def tree(self):
        found = {}
        for at, names, files in os.walk(self.top):
            for name in names + files + ["."]:
                st = os.lstat(os.path.join(at, name))
                found[os.path.join(at, name)] = (st.st_mode, st.st_ino, st.st_size, st.st_mtime_ns, st.st_ctime_ns)
        return found

    def __enter__(self):
        self.before = self.tree()
        self.fd = kernel.libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        check(self.fd >= 0, "no inotify")
        for path in (self.top, os.path.join(self.top, "inner")):
            mask = IN_MODIFY | IN_ATTRIB | IN_MOVED | IN_CREATE | IN_DELETE
            check(kernel.libc.inotify_add_watch(self.fd, os.fsencode(path), ctypes.c_uint32(mask)) >= 0, "no watch")
        return self

    def __exit__(self, kind, *_):
        try:
            data = os.read(self.fd, 65536)
        except BlockingIOError:
            data = b""
        os.close(self.fd)
        after = self.tree()
        shutil.rmtree(self.top)
        if kind is not None:
            return
        events, at = [], 0
        while at < len(data):
            _, mask, _, length = struct.unpack_from("iIII", data, at)
            events.append((hex(mask), data[at + 16:at + 16 + length].rstrip(b"\0").decode()))
            at += 16 + length
        equal(events, [], "events on the host's directory")
        equal(after, self.before, "the host's directory")


def image(w, name, links):
    """An image whose parts are replaced by links; {"proc": "/target", ...}."""
    root = w.make_root(name)
    for part, target in links.items():
        at = os.path.join(root, part)
        if os.path.isdir(at) and not os.path.islink(at):
            shutil.rmtree(at)
        elif os.path.lexists(at):
            os.unlink(at)
        os.symlink(target, at)
    return root


def hostile(w, policy, links, params=None, says=(), code=125):
    root = image(w, "hostile", links)
    try:
        return w.refused(policy, params={"root": root, **(params or {})}, says=says, code=code)
    finally:
        shutil.rmtree(root)


@test()
def hostile_system_directories(w):
    """/proc, /dev and /sys as links, absolute and upwards, to the host and within the image."""
    with Watched(w, "outside") as outside:
        relative = os.path.relpath(outside.top, w.path("hostile"))
        for part, policy in (("proc", "defaults"), ("dev", "defaults"), ("sys", "sys-read-only")):
            for target in (outside.top, relative, "../" * 30 + outside.top.lstrip("/"), "tmp", "/tmp", "/", ".", ".."):
                hostile(w, policy, {part: target}, says=[f"/{part}"])


@test()
def hostile_system_directories_that_are_files(w):
    root = w.make_root("hostile")
    try:
        for part in ("proc", "dev"):
            os.rmdir(os.path.join(root, part))
            w.write(os.path.join(root, part), "a file\n")
            w.refused("defaults", params={"root": root}, says=[f"/{part}"])
            os.unlink(os.path.join(root, part))
            os.mkdir(os.path.join(root, part))
    finally:
        shutil.rmtree(root)


@test()
def hostile_bind_target(w):
    """A target that leads outside is resolved inside the root: either it is not there, or it stays in the image."""
    with Watched(w, "outside") as outside:
        relative = "../" * 30 + outside.top.lstrip("/")
        for target in (outside.top, relative, os.path.relpath(outside.top, w.path("hostile"))):
            hostile(w, "bind", {"data": target}, {"volume": w.data, "file": w.data + "/file"}, says=["/data"])
        # An upward link to a name that exists inside too: the payload sees the volume there, the host does not.
        root = image(w, "hostile", {"data": "../" * 10 + "run"})
        try:
            r = w.report("bind", {"root": root, "volume": w.data, "file": w.data + "/file"}, paths=["/run/file"])
            equal(r["paths"]["/run/file"]["text"], "data\n", "/run/file")
        finally:
            shutil.rmtree(root)


@test()
def hostile_bind_target_through_proc(w):
    """A target through a magic link of /proc, which is mounted by then."""
    with Watched(w, "outside"):
        for target in ("/proc/self/root/tmp", "/proc/1/root", "/proc/self/cwd", "/proc/self/fd/3"):
            hostile(w, "bind", {"data": target}, {"volume": w.data, "file": w.data + "/file"}, says=["/data"])


@test()
def hostile_tmpfs_target(w):
    with Watched(w, "outside") as outside:
        hostile(w, "tmpfs", {"tmp": outside.top}, says=["/tmp"])
        hostile(w, "bind-nested", {"tmp": outside.top}, {"volume": w.data}, says=["/tmp"])


@test()
def hostile_mask_target(w):
    """A masked path that is a link outwards masks nothing of the host's, and the link's own target stays unreadable."""
    with Watched(w, "outside") as outside:
        root = image(w, "hostile", {"etc/secret": os.path.join(outside.top, "file")})
        try:
            r = w.report("mask", {"root": root}, paths=["/etc/secret"])
            check("text" not in r["paths"]["/etc/secret"], "the host's file can be read")
            check(mount_at(r, "/proc") is not None and mount_at(r, outside.top) is None, "mounts")
        finally:
            shutil.rmtree(root)
        equal(open(os.path.join(outside.top, "file"), encoding="ascii").read(), "the host's\n", "the host's file")


@test()
def hostile_null_device(w):
    """/dev/null of the image is a link to a kernel file: masks come from the host's own device."""
    with open("/proc/sys/kernel/core_pattern", encoding="ascii") as file:
        pattern = file.read()
    root = w.make_root("hostile")
    try:
        os.symlink("/proc/sys/kernel/core_pattern", os.path.join(root, "dev/null"))
        r = w.report("mask", {"root": root}, paths=["/etc/secret", "/dev/null"])
        check("text" not in r["paths"]["/etc/secret"], "the masked file can be read")
        equal((r["dev"]["null"]["major"], r["dev"]["null"]["minor"]), (1, 3), "/dev/null")
    finally:
        shutil.rmtree(root)
    with open("/proc/sys/kernel/core_pattern", encoding="ascii") as file:
        equal(file.read(), pattern, "core_pattern")


@test()
def hostile_cwd(w):
    """A working directory through /proc/self/fd finds no open directory of the host's."""
    result = w.run("cwd-procfd", ["/bin/probe", "json", "/proc/self/fd"])
    if result.code != 125:
        r = result.json()
        check(r["cwd"].startswith("/proc/"), f"cwd: {r['cwd']}")
    for number in range(0, 64):
        root = image(w, "hostile", {"var/run": f"/proc/self/fd/{number}"})
        try:
            w.refused("cwd-link", params={"root": root})
        finally:
            shutil.rmtree(root)


@test()
def hostile_cwd_outwards(w):
    with Watched(w, "outside") as outside:
        hostile(w, "cwd-link", {"var/run": outside.top})
        root = image(w, "hostile", {"var/run": "../" * 30 + "tmp"})
        try:
            equal(w.report("cwd-link", {"root": root})["cwd"], "/tmp", "cwd")
        finally:
            shutil.rmtree(root)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


@test()
def hostile_program(w):
    """The program is the enforcer itself, by a link of /proc or as a script's interpreter: it never runs inside."""
    before = digest(w.enforcer)
    root = image(w, "hostile", {"bin/self": "/proc/self/exe", "bin/one": "/proc/1/exe", "bin/out": w.enforcer})
    try:
        w.write(os.path.join(root, "bin/script"), "#!/proc/self/exe\n", 0o755)
        for program in ("/proc/self/exe", "/bin/self", "/bin/one", "/proc/1/exe", "/bin/script", "/proc/self/fd/3",
                        "/bin/out"):
            result = w.run("defaults", [program, "--version"], {"root": root})
            check(result.code in (125, 126, 127), f"{program}: {result!r}")
            check("ringfence-run" not in result.out, f"{program} ran the enforcer: {result!r}")
    finally:
        shutil.rmtree(root)
    equal(digest(w.enforcer), before, "the enforcer's bytes")


@test()
def hostile_blob_is_not_inside(w):
    """The payload finds neither the blob nor the enforcer."""
    w.need_shell()
    out = w.run("ns-new", ["/bin/sh", "-c", "busybox find / -xdev -name '*.fence' -o -name 'ringfence-run'"]).out
    equal(out, "", "names")


class Flipping:
    """A directory of the image and a link outwards that change places all the time."""

    def __init__(self, w, name, target):
        if os.uname().machine != "x86_64":
            raise Skip("the number of renameat2 is written for x86_64")
        self.root = w.make_root("racing")
        self.one, self.two = os.path.join(self.root, "spare"), os.path.join(self.root, name)
        os.symlink(target, self.one)
        self.stop = threading.Event()
        self.flips = 0
        self.thread = threading.Thread(target=self.flip)

    def flip(self):
        one, two = os.fsencode(self.one), os.fsencode(self.two)
        while not self.stop.is_set():
            if kernel.libc.syscall(316, -100, one, -100, two, 2) == 0:  # renameat2(RENAME_EXCHANGE)
                self.flips += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        shutil.rmtree(self.root)


def race(w, name, policy, params):
    """Launches while /name flips: each is a launch inside the image or a refusal."""
    seen = {0: 0, 125: 0}
    with Watched(w, "outside") as outside, Flipping(w, name, outside.top) as flipping:
        for _ in range(40 if w.in_vm else 200):
            result = w.run(policy, ["/bin/probe", "json"], {"root": flipping.root, **params})
            check(result.code in (0, 125), repr(result))
            seen[result.code] += 1
            if result.code == 0:
                equal(result.json()["pid"], 2, "pid in our own /proc")
    check(flipping.flips > 100, f"only {flipping.flips} flips")
    check(seen[0] > 0 and seen[125] > 0, f"the race was no race: {seen}")


@test()
def hostile_race_on_a_mount_point(w):
    race(w, "data", "bind", {"volume": w.data, "file": w.data + "/file"})


@test()
def hostile_race_on_proc(w):
    race(w, "proc", "defaults", {})


@test()
def hostile_race_on_dev(w):
    race(w, "dev", "defaults", {})


@test()
def hostile_race_on_a_mask(w):
    """A mask below a bind is found from the bind itself: an image that flips its mount point uncovers nothing."""
    seen = {0: 0, 125: 0}
    with Watched(w, "outside") as outside, Flipping(w, "data", outside.top) as flipping:
        for _ in range(40 if w.in_vm else 300):
            result = w.run("mask-race", ["/bin/probe", "json", "/data/file", "/spare/file"], {"root": flipping.root, "volume": w.data})
            check(result.code in (0, 125), repr(result))
            seen[result.code] += 1
            read = [path.get("text") for path in result.json()["paths"].values()] if result.code == 0 else []
            check("data\n" not in read, f"the masked file was read: {read}")
    check(flipping.flips > 100, f"only {flipping.flips} flips")
    check(seen[0] > 0, f"nothing ever started: {seen}")


@test()
def hostile_image_is_a_link(w):
    """A root path that is itself a link: the policy's author chose it, the kernel resolves it once."""
    link = w.path("link-to-root")
    os.symlink(w.root, link)
    try:
        result = w.run("defaults", ["/bin/probe", "print", "started"], {"root": link})
        check(result.code in (0, 125), repr(result))
    finally:
        os.unlink(link)
    w.refused("defaults", params={"root": "/proc/self/root"})
    w.refused("defaults", params={"root": "/proc/self/cwd"})


@test()
def hostile_names_in_messages(w):
    """What an attacker names cannot forge a second line on the log, nor send control sequences to a terminal."""
    for program in ("/no\nringfence-run: all is well", "/no\x1b[2Jsuch", "/no\rsuch", "/n\u202eo"):
        result = w.run("defaults", [program])
        equal(result.code, 127, repr(result))
        equal(len(result.err.splitlines()), 1, f"lines: {result.err!r}")
        check("\x1b" not in result.err and "\r" not in result.err, f"control characters: {result.err!r}")
