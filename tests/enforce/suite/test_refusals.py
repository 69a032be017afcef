# SPDX-License-Identifier: Apache-2.0
"""What must not start: each with its status, one line that says why, nothing started and nothing left."""
import os
import random
import shutil
import stat

from .registry import test
from .world import OTHER, USER, check, equal


def variant(w, name, change, mode=0o644):
    path = w.path(name)
    with open(w.compile("everything"), "rb") as file:
        data = bytearray(file.read())
    w.write(path, bytes(change(data)), mode)
    return path


def header_length(w):
    """(total, launch part) of the compiled policy."""
    with open(w.compile("everything"), "rb") as file:
        data = file.read()
    return int.from_bytes(data[12:16], "little"), int.from_bytes(data[16:20], "little")


@test()
def blob_damaged_in_any_bit(w):
    """Every byte of the header, and a sample of the rest of the launch part: a flipped bit is always seen."""
    _, launch_part = header_length(w)
    dice = random.Random(20260101)
    places = list(range(0, 80)) + [dice.randrange(80, launch_part) for _ in range(220)]

    for place in places:
        bit = 1 << dice.randrange(8)

        def change(data, place=place, bit=bit):
            data[place] ^= bit
            return data

        blob = variant(w, "damaged.fence", change)
        line = w.refused(blob, params={"volume": w.data})
        check("damaged.fence" in line or "blob" in line, f"byte {place}: {line}")


@test()
def blob_truncated_or_extended(w):
    total, launch_part = header_length(w)
    lengths = [0, 1, 7, 8, 31, 79, 80, launch_part - 8, launch_part - 1, total - 1]
    for length in lengths + ([launch_part] if launch_part != total else []):
        w.refused(variant(w, "short.fence", lambda data, n=length: data[:n]), params={"volume": w.data})
    for extra in (1, 8, 4096, 300 * 1024):
        w.refused(variant(w, "long.fence", lambda data, n=extra: data + bytes(n)), params={"volume": w.data})


@test()
def blob_that_is_none(w):
    for name, content, word in (("yaml", open(os.path.join(w.cases, "defaults.ringfence.yaml"), "rb").read(), "yaml"),
                                ("elf", open("/proc/self/exe", "rb").read(4096), "magic"),
                                ("zeros", bytes(4096), "magic"), ("text", b"hello\n" * 20, "magic"),
                                ("random", random.Random(7).randbytes(4096), "magic")):
        path = w.path(f"foreign-{name}.fence")
        w.write(path, content)
        w.refused(path, says=[(word, "not a compiled policy")])


@test()
def blob_converted_as_text(w):
    w.refused(variant(w, "text.fence", lambda data: data.replace(b"\r\n", b"\n", 1)), says=[("line end", "binary")],
              params={"volume": w.data})


@test()
def blob_of_a_newer_version(w):
    def change(data):
        data[8] += 1
        return data
    w.refused(variant(w, "newer.fence", change), says=[("newer", "damaged")], params={"volume": w.data})


@test()
def blob_that_others_may_write(w):
    for mode in (0o664, 0o646, 0o666, 0o777):
        blob = variant(w, "open.fence", lambda data: data, mode)
        w.refused(blob, params={"volume": w.data}, says=[("writable", "write")])
    for mode in (0o600, 0o400, 0o644, 0o755):
        blob = variant(w, "closed.fence", lambda data: data, mode)
        w.run(blob, ["/bin/probe", "exit", "0"], {"volume": w.data}).ok()


@test()
def blob_that_is_no_file(w):
    directory, fifo = w.path("directory.fence"), w.path("fifo.fence")
    os.mkdir(directory)
    os.mkfifo(fifo)
    try:
        for path in (directory, fifo, "/dev/null.fence", w.path("absent.fence")):
            w.refused(path)
    finally:
        os.rmdir(directory)
        os.unlink(fifo)
    w.refused(None, raw=["/dev/zero", "--", "/bin/probe", "print", "started"])


@test()
def blob_behind_links(w):
    """Ordinary symbolic links are followed (ConfigMaps, Nix); links of /proc are not."""
    link = w.path("link.fence")
    os.symlink(w.compile("defaults"), link)
    try:
        w.run(link, ["/bin/probe", "exit", "0"]).ok()
    finally:
        os.unlink(link)
    fd = os.open(w.compile("defaults"), os.O_RDONLY)
    try:
        w.refused(None, pass_fds=(fd,), raw=[f"/proc/self/fd/{fd}", "--param", f"root={w.root}", "--", "/bin/probe",
                                             "print", "started"])
    finally:
        os.close(fd)


@test()
def blob_with_another_source_map(w):
    """The source map is for people: a damaged one changes no launch."""
    total, launch_part = header_length(w)
    if total == launch_part:
        return

    def change(data):
        data[launch_part + (total - launch_part) // 2] ^= 0x40
        return data
    blob = variant(w, "map.fence", change)
    w.run(blob, ["/bin/probe", "exit", "0"], {"volume": w.data}).ok()
    w.refused(blob, params={"volume": "/no/such/volume"}, says=["/no/such/volume"])


@test()
def missing_root(w):
    w.refused("defaults", params={"root": w.path("absent")}, says=["absent", "base.ringfence.yaml:"])


@test()
def root_that_is_no_directory(w):
    w.refused("defaults", params={"root": os.path.join(w.root, "etc/passwd")}, says=["etc/passwd"])


@test()
def missing_bind_source(w):
    line = w.refused("bind", params={"volume": "/no/such/volume", "file": w.data + "/file"},
                     says=["/no/such/volume", "bind.ringfence.yaml:"])
    check("No such file" in line or "ENOENT" in line, f"the errno is not told: {line}")


@test()
def missing_system_mount_points(w):
    """An image without /proc, /sys or /dev is refused by name: nothing is made in it."""
    for name, policy in (("proc", "defaults"), ("dev", "defaults"), ("sys", "sys-read-only")):
        os.rmdir(os.path.join(w.root, name))
        try:
            w.refused(policy, says=[f"/{name}"])
            check(not os.path.lexists(os.path.join(w.root, name)), f"{name} was made in the image")
        finally:
            os.mkdir(os.path.join(w.root, name))


@test()
def program_missing(w):
    for program in ("/no/such/program", "/bin/no-such", "/etc/passwd/x"):
        w.refused("defaults", [program], code=127, says=[program])


@test()
def program_not_executable(w):
    for program in ("/bin/plain", "/bin", "/", "/bin/noexec"):
        w.refused("defaults", [program], code=126, says=[program])


@test()
def program_of_no_known_format(w):
    path = os.path.join(w.root, "bin/garbage")
    w.write(path, b"\x7fELF garbage\n", 0o755)
    try:
        w.refused("defaults", ["/bin/garbage"], code=126)
    finally:
        os.unlink(path)


@test()
def program_without_its_interpreter(w):
    result = w.run("defaults", ["/bin/badloader"])
    check(result.code in (126, 127), repr(result))
    equal(len(result.err.splitlines()), 1, f"lines ({result!r})")


@test()
def parameters(w):
    for params, word in (({"root": None}, "root"), ({"other": "x"}, "other"), ({"root": ""}, "root"),
                         ({"root": "relative/path"}, "root"), ({"root": w.root + "/../root"}, "root"),
                         ({"root": w.root + "/./"}, "root"), ({"root": "/" + "x" * 5000}, "root")):
        w.refused("defaults", params=params, says=[word])


@test()
def parameter_twice(w):
    blob = w.compile("defaults")
    w.refused(None, raw=[blob, "--param", f"root={w.root}", "--param", f"root={w.data}", "--", "/bin/probe", "print",
                         "started"], says=["root"])


@test()
def parameter_without_value(w):
    blob = w.compile("defaults")
    for word in ("root", "=x", "", "root:x"):
        w.refused(None, raw=[blob, "--param", word, "--", "/bin/probe", "print", "started"])
    w.refused(None, raw=[blob, "--param"])


@test()
def parameter_under_a_directory(w):
    """`under`: the value stays beneath that directory, and no link leads out of it."""
    base = "/mnt/volumes"
    os.makedirs(base + "/one", exist_ok=True)
    w.write(base + "/one/file", "one\n")
    os.symlink(w.data, base + "/out")
    os.symlink("one", base + "/alias")
    try:
        r = w.report("under", {"volume": base + "/one"}, paths=["/data/file"])
        equal(r["paths"]["/data/file"]["text"], "one\n", "/data/file")
        for value in (w.data, base + "/out", base + "/alias", base + "/../volumes/one", "/mnt", base + "/absent",
                      base + "x"):
            w.refused("under", params={"volume": value}, says=["volume", value] if ".." not in value else ["volume"])
    finally:
        shutil.rmtree(base)


@test()
def options_that_are_none(w):
    blob = w.compile("defaults")
    good = ["--param", f"root={w.root}", "--", "/bin/probe", "print", "started"]
    for words in (["--no-such-option", blob, *good], ["-x", blob, *good], [], ["--"], ["--status-fd", blob, *good],
                  ["--status-fd", "99", blob, *good], ["--status-fd", "-1", blob, *good],
                  ["--status-fd", "4294967296", blob, *good], ["--status-fd", "0x1", blob, *good],
                  ["--check=yes", blob, *good], [blob, "--param", f"root={w.root}", "--"]):
        w.refused(None, raw=words)


@test()
def user_without_a_user_namespace(w):
    """An ordinary user under a policy that is root's: refused with the way out, not half confined."""
    line = w.refused("defaults", user=USER)
    check("user" in line or "root" in line or "not permitted" in line, line)


@test()
def user_with_a_blob_of_another_user(w):
    blob = variant(w, "others.fence", lambda data: data)
    os.chown(blob, OTHER, OTHER)
    w.refused(blob, user=USER, params={"volume": w.data}, says=[("owner", "owned", "belong")])


@test()
def user_with_a_blob_he_cannot_read(w):
    blob = variant(w, "secret.fence", lambda data: data, 0o600)
    w.refused(blob, user=USER, params={"volume": w.data})


@test()
def set_user_id_enforcer(w):
    """A set-user-id copy refuses before it reads anything."""
    copy = w.path("setuid-run")
    shutil.copy(w.enforcer, copy)
    os.chmod(copy, 0o4755)
    check(os.stat(copy).st_mode & stat.S_ISUID, "the bit does not stick")
    if os.statvfs(w.base).f_flag & os.ST_NOSUID:
        return
    saved, w.enforcer = w.enforcer, copy
    try:
        w.refused("ns-user-self", user=USER)
    finally:
        w.enforcer = saved


@test()
def enforcer_elsewhere(w):
    """A copy or a hard link in another directory behaves the same: nothing is found beside the binary."""
    copy = w.path("elsewhere")
    shutil.copy(w.enforcer, copy)
    saved, w.enforcer = w.enforcer, copy
    try:
        w.run("defaults", ["/bin/probe", "exit", "0"], cwd=w.data).ok()
    finally:
        w.enforcer = saved


@test()
def standard_error_is_closed(w):
    """The status says it even where the line cannot be written."""
    result = w.run("defaults", ["/no/such/program"], prepare=lambda: os.close(2))
    equal((result.code, result.out), (127, ""), "status")
