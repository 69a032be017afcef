# SPDX-License-Identifier: Apache-2.0
"""Roots that are written to in memory, and the kinds of mounts beside binds and file systems in memory."""
import errno
import os
import shutil
import stat

from . import kernel
from .registry import test
from .test_hostile import Flipping, Watched, image
from .world import USER, Skip, check, equal, mount_at


def tree(top):
    """Everything that there is to see of a directory without reading it."""
    found = {}
    for at, names, files in os.walk(top):
        for name in names + files + ["."]:
            st = os.lstat(os.path.join(at, name))
            found[os.path.join(at, name)] = (st.st_mode, st.st_uid, st.st_ino, st.st_size, st.st_mtime_ns, st.st_ctime_ns)
    return found


def shell(w, policy, script, params=None, **options):
    w.need_shell()
    return w.run(policy, ["/bin/sh", "-c", script], params, **options)


def options_of(report, target):
    mount = mount_at(report, target)
    check(mount is not None, f"nothing is mounted on {target}")
    return mount["fstype"], set(mount["options"]), set(mount["super"])


# --- the overlay

OVERLAY_PATHS = ["/", "/etc", "/etc/passwd", "/etc/secret", "/work", "/made/here/file", "/made/here", "/made/tmp", "/.."]


@test()
def overlay(w):
    before = tree(w.root), tree(w.data)
    r = w.report("root-overlay", {"volume": w.data}, paths=OVERLAY_PATHS)
    kind, options, _ = options_of(r, "/")
    check(kind == "overlay" and {"rw", "nosuid", "nodev"} <= options, f"/ is {kind}, {options}")
    p = r["paths"]
    equal([p[x]["write"] for x in ("/", "/etc", "/etc/passwd", "/made/tmp")], [0] * 4, "writing to the root")
    equal([p[x]["write"] for x in ("/work", "/made/here")], [errno.EROFS] * 2, "writing to what is read-only")
    check("text" not in p["/etc/secret"], "the masked file can be read")
    equal(p["/made/here/file"]["text"], "data\n", "the volume at a mount point that the image lacks")
    equal((tree(w.root), tree(w.data)) == before, True, "image and volume unchanged")
    plain = w.report("root-writable", paths=["/made"])
    equal(plain["paths"]["/made"]["stat"], errno.ENOENT, "/made in the image")


@test()
def overlay_leaves_no_way_to_its_layers(w):
    """Neither the layers nor the host's tree lie anywhere below or above the root."""
    for policy in ("root-overlay", "root-overlay-user"):
        if policy == "root-overlay-user" and kernel.release() < (5, 11):
            continue
        r = w.report(policy, {"volume": w.data}, paths=["/..", w.base])
        targets = [m["target"] for m in kernel.mounts(r["mountinfo"])]
        equal(targets.count("/"), 1, f"mounts on / in {targets}")
        known = ("/proc", "/dev", "/made/", "/work", "/etc/secret")
        strange = [t for t in targets if t != "/" and not t.startswith(known)]
        equal(strange, [], "other mounts")
        check(r["paths"][w.base]["stat"] != 0, "the host's directory is visible")
        equal((set(r["fds"]), r["paths"]["/.."]["mode"]), ({"0", "1", "2"}, r["paths"]["/.."]["mode"]), "descriptors")
        names = shell(w, policy, "busybox ls -A /..", {"volume": w.data}).ok().out.split()
        equal(sorted(names), sorted(os.listdir(w.root) + ["made"]), "names above the root")


@test()
def overlay_is_gone_with_the_program(w):
    before = tree(w.root)
    script = ("echo changed >/etc/passwd && echo new >/new && busybox rm -r /usr && busybox mv /bin/plain /bin/moved && "
              "busybox chmod 700 /run && busybox cat /etc/passwd /new && busybox ls /bin /")
    got = shell(w, "root-overlay", script, {"volume": w.data}).ok()
    names = got.out.split()
    check({"changed", "new", "moved"} <= set(names) and not {"usr", "plain"} & set(names), f"inside: {names}")
    equal(tree(w.root) == before, True, "the image unchanged")
    again = w.report("root-overlay", {"volume": w.data}, paths=["/new", "/usr", "/etc/passwd", "/bin/moved"])["paths"]
    equal([again[x]["stat"] for x in ("/new", "/usr", "/bin/moved")], [errno.ENOENT, 0, errno.ENOENT], "the next launch")
    check(again["/etc/passwd"]["text"].startswith("root:"), "what the last program wrote is there")


@test()
def image_leads_no_mount_over_the_terminals(w):
    """The devpts of process.terminal is as much out of an image's reach as /dev itself."""
    policy = w.compile_text("ringfence: 1\nkind: policy\nname: made\nextends: [./base]\nprocess: {terminal: pty}\n"
                            "parameters: {volume: {type: path}}\nroot: {mounts: [{bind: $(volume), target: /made}]}\n")
    for link in ("dev/pts", "/dev"):
        root = image(w, "hostile", {"made": link})
        try:
            w.refused(policy, params={"root": root, "volume": w.data}, says=["/made", "symbolic link"])
        finally:
            shutil.rmtree(root)


@test()
def overlay_is_full_at_its_size(w):
    got = shell(w, "root-overlay", "busybox dd if=/dev/zero of=/big bs=64k count=20", {"volume": w.data})
    check(got.code == 1 and "No space left" in got.err, repr(got))
    shell(w, "root-overlay", "busybox dd if=/dev/zero of=/big bs=64k count=12", {"volume": w.data}).ok()
    got = shell(w, "root-overlay", "i=0; while [ $i -lt 250 ]; do : >/work2$i || exit 1; i=$((i+1)); done",
                {"volume": w.data})
    check(got.code != 0 and "No space left" in got.err, repr(got))


@test()
def overlay_top_directory_is_the_images(w):
    root = w.make_root("owned")
    try:
        os.chown(root, 12, 34)
        os.chmod(root, 0o1751)
        got = w.report("root-overlay", {"root": root, "volume": w.data}, paths=["/"])["paths"]["/"]
        equal((stat.S_IMODE(got["mode"]), got["uid"], got["gid"]), (0o1751, 12, 34), "/")
    finally:
        shutil.rmtree(root)


@test()
def overlay_set_user_id_and_devices(w):
    """A device node and a set-user-id file of the image, and those that the program makes, are no use."""
    root = w.make_root("nodes")
    try:
        os.mknod(os.path.join(root, "disk"), 0o666 | stat.S_IFCHR, os.makedev(1, 5))
        os.chmod(os.path.join(root, "bin/probe"), 0o6755)
        r = w.report("root-overlay", {"root": root, "volume": w.data}, paths=["/disk"])
        equal(r["paths"]["/disk"]["read"], errno.EACCES, "reading a device of the image")
        check({"nosuid", "nodev"} <= set(mount_at(r, "/work")["options"]), "the read-only copy has lost its flags")
    finally:
        shutil.rmtree(root)


@test("anyone")
def overlay_by_an_ordinary_user(w):
    user = USER if w.is_root else None
    if kernel.release() < (5, 11):
        w.refused("root-overlay-user", params={"volume": w.data}, user=user, says=["5.11"])
        return
    before = tree(w.root)
    r = w.report("root-overlay-user", {"volume": w.data}, user=user, paths=OVERLAY_PATHS)
    kind, options, _ = options_of(r, "/")
    check(kind == "overlay" and {"rw", "nosuid", "nodev"} <= options, f"/ is {kind}, {options}")
    p = r["paths"]
    equal((p["/"]["write"], p["/made/tmp"]["write"]), (0, 0), "writing to the root")
    check(p["/work"]["write"] != 0 and p["/made/here"]["write"] != 0, "what is read-only can be written")
    check("text" not in p["/etc/secret"], "the masked file can be read")
    equal(tree(w.root) == before, True, "the image unchanged")


@test()
def overlay_by_root_in_a_user_namespace(w):
    if kernel.release() < (5, 11):
        w.refused("root-overlay-user", params={"volume": w.data}, says=["5.11"])
        return
    got = shell(w, "root-overlay-user", "echo x >/etc/passwd && busybox rm -r /usr && busybox cat /etc/passwd",
                {"volume": w.data}).ok()
    equal(got.out, "x\n", "what was written")


@test()
def overlay_hostile_mount_points(w):
    """Mount points are made on the overlay, and nowhere that a link of the image leads to outside of it."""
    with Watched(w, "outside") as outside:
        for target in (outside.top, "../" * 30 + outside.top.lstrip("/"), "/no/such", "/proc/self/root", "/proc/self/fd/3",
                       "/dev", "/proc", "/proc/sys/kernel"):
            root = image(w, "hostile", {"made": target})
            try:
                before = tree(root)
                w.refused("root-overlay", params={"root": root, "volume": w.data}, says=["/made"])
                equal(tree(root) == before, True, f"{target}: the image unchanged")
            finally:
                shutil.rmtree(root)
        root = image(w, "hostile", {"made": "../" * 10 + "tmp"})
        try:
            before = tree(root)
            r = w.report("root-overlay", {"root": root, "volume": w.data}, paths=["/tmp/here/file"])
            equal(r["paths"]["/tmp/here/file"]["text"], "data\n", "a link that stays inside")
            equal(tree(root) == before, True, "the image unchanged")
        finally:
            shutil.rmtree(root)


@test()
def overlay_hostile_race(w):
    """The directory in which a mount point is made is exchanged for a link outwards all the time."""
    blob = w.compile_text("ringfence: 1\nkind: policy\nname: race\nextends: [./base]\nparameters: {volume: {type: path}}\n"
                          "root:\n  writable: {overlay: {size: 1MiB}}\n"
                          "  mounts: [{bind: $(volume), target: /data/new/deep}]\n")
    seen = {0: 0, 125: 0}
    with Watched(w, "outside") as outside, Flipping(w, "data", outside.top) as flipping:
        for _ in range(30 if w.in_vm else 150):
            result = w.run(blob, ["/bin/probe", "json", "/data/new/deep/file"], {"root": flipping.root, "volume": w.data})
            check(result.code in (0, 125), repr(result))
            seen[result.code] += 1
        equal(os.path.exists(os.path.join(outside.top, "new")), False, "a directory outside")
    check(flipping.flips > 100, f"only {flipping.flips} flips")
    check(seen[0] > 0, f"nothing ever started: {seen}")


# --- files with content

KINDS_PATHS = ["/etc/passwd", "/tmp/resolv.conf", "/tmp/empty", "/tmp", "/data", "/dev/pts/ptmx", "/dev/mqueue"]


@test()
def content(w):
    before = tree(w.root)
    r = w.report("mount-kinds", {"volume": w.data}, paths=KINDS_PATHS)
    p = r["paths"]
    equal(p["/etc/passwd"]["text"], "root:x:0:0::/:/bin/sh\nweb:x:7:7::/:/bin/sh\n", "/etc/passwd")
    for path, mode, uid, gid in (("/etc/passwd", 0o444, 0, 0), ("/tmp/resolv.conf", 0o640, 12, 34), ("/tmp/empty", 0o444, 0, 0)):
        equal((stat.S_IMODE(p[path]["mode"]), p[path]["uid"], p[path]["gid"]), (mode, uid, gid), path)
        check(p[path]["write"] != 0, f"{path} can be written")
        kind, options, _ = options_of(r, path)
        check(kind == "tmpfs" and {"ro", "nosuid", "nodev", "noexec"} <= options, f"{path} is {kind}, {options}")
    equal(p["/tmp/empty"].get("bytes", 0), 0, "bytes of the empty file")
    check(not [name for name in r["dev"] if name.startswith("ringfence")], f"left in /dev: {sorted(r['dev'])}")
    equal(tree(w.root) == before, True, "the image unchanged")
    plain = w.report("defaults", paths=["/etc/passwd"])["paths"]["/etc/passwd"]
    equal(plain["text"], "root:x:0:0::/:/bin/sh\n", "/etc/passwd of the image")


@test()
def content_with_a_parameter(w):
    for given, wanted in ((None, "10.0.0.1"), ("ns.example", "ns.example")):
        r = w.run("mount-kinds", ["/bin/probe", "json", "/tmp/resolv.conf"], {"volume": w.data, "server": given})
        blob = w.compile_text("ringfence: 1\nkind: policy\nname: content\nextends: [./base]\n"
                              'parameters: {server: {type: name, default: "10.0.0.1"}}\n'
                              'root: {mounts: [{content: "nameserver $(server)\\n", target: /etc/passwd}]}\n')
        check(r.code == 0, repr(r))
        got = w.report(blob, {"server": given}, paths=["/etc/passwd"])["paths"]["/etc/passwd"]
        equal(got["text"], f"nameserver {wanted}\n", "the file")
    w.refused("mount-kinds", params={"volume": w.data, "server": "a\nb"}, says=["server"])


@test()
def content_of_the_longest(w):
    text = "0123456789abcde\n" * 256
    blob = w.compile_text("ringfence: 1\nkind: policy\nname: content\nextends: [./base]\nroot:\n  mounts:\n"
                          + "".join(f"    - {{content: '{'y' * 4095}', target: /tmp/{i}}}\n" for i in range(40))
                          + "    - {tmpfs: true, target: /tmp, size: 4MiB}\n")
    got = shell(w, blob, "busybox cat /tmp/* | busybox wc -c").ok()
    equal(got.out.strip(), str(40 * 4095), "bytes of forty files")
    source = w.path("long.ringfence.yaml")
    w.write(source, "ringfence: 1\nkind: policy\nname: content\nextends: [./base]\nroot:\n  mounts: [{content: |\n"
            f"'{text}', target: /tmp/x}}]\n")
    check(w.try_compile(source, w.path("long.fence")).code != 0, "4096 bytes were compiled")


@test()
def content_without_a_place(w):
    before = tree(w.root)
    blob = w.compile_text("ringfence: 1\nkind: policy\nname: content\nextends: [./base]\n"
                          "root: {mounts: [{content: x, target: /etc/no/such}]}\n")
    w.refused(blob, says=["/etc/no"])
    equal(tree(w.root) == before, True, "the image unchanged")
    blob = w.compile_text("ringfence: 1\nkind: policy\nname: content\nextends: [./base]\n"
                          "root: {mounts: [{content: x, target: /etc}]}\n")
    w.refused(blob, says=["/etc"])


@test()
def content_hostile_target(w):
    with Watched(w, "outside") as outside:
        for target in (os.path.join(outside.top, "file"), "../" * 30 + os.path.join(outside.top, "file").lstrip("/"),
                       "/proc/self/status", "/proc/sys/kernel/core_pattern", "/dev/null", "/proc/self/fd/0"):
            root = image(w, "hostile", {"etc/passwd": target})
            try:
                w.refused("mount-kinds", params={"root": root, "volume": w.data}, says=["/etc/passwd"])
            finally:
                shutil.rmtree(root)


# --- what cannot be executed, and how many files there can be

@test()
def noexec(w):
    program = os.path.join(w.data, "program")
    shutil.copy(w.probe, program)
    os.chmod(program, 0o755)
    try:
        r = w.report("mount-kinds", {"volume": w.data})
        check("noexec" in options_of(r, "/data")[1] and "noexec" in options_of(r, "/tmp")[1], "noexec is not set")
        w.refused("mount-kinds", ["/data/program", "print", "started"], {"volume": w.data}, code=126, says=["/data/program"])
        got = w.run("bind", ["/data/program", "print", "started"], {"volume": w.data, "file": w.data + "/file"}).ok()
        equal(got.out, "started\n", "without noexec")
    finally:
        os.unlink(program)


@test()
def tmpfs_inodes(w):
    script = "i=0; while [ $i -lt {} ]; do : >/tmp/$i || exit 1; i=$((i+1)); done"
    shell(w, "mount-kinds", script.format(20), {"volume": w.data}).ok()
    got = shell(w, "mount-kinds", script.format(60), {"volume": w.data})
    check(got.code != 0 and "No space left" in got.err, repr(got))
    shell(w, "tmpfs", script.format(60)).ok()


# --- the kernel's own file systems

@test()
def devpts(w):
    r = w.report("mount-kinds", {"volume": w.data}, paths=KINDS_PATHS)
    kind, options, settings = options_of(r, "/dev/pts")
    check(kind == "devpts" and {"nosuid", "noexec"} <= options, f"/dev/pts is {kind}, {options}")
    check({"gid=5", "mode=620", "ptmxmode=666"} <= settings, f"/dev/pts: {settings}")
    equal((r["dev"]["ptmx"]["mode"] & 0o170000, r["paths"]["/dev/pts/ptmx"]["write"]), (stat.S_IFLNK, 0), "/dev/ptmx")
    host = sorted(os.listdir("/dev/pts"))
    got = shell(w, "mount-kinds", "exec 3<>/dev/ptmx && busybox ls -n /dev/pts", {"volume": w.data}).ok()
    lines = [line.split() for line in got.out.splitlines() if line.startswith("c") and line.endswith(" 0")]
    equal([(line[0], line[3]) for line in lines], [("crw--w----", "5")], "the first terminal")
    equal(sorted(os.listdir("/dev/pts")), host, "the host's terminals")
    without = w.report("defaults", paths=["/dev/ptmx", "/dev/pts"])["paths"]
    equal([without[x]["stat"] for x in ("/dev/ptmx", "/dev/pts")], [errno.ENOENT] * 2, "without the key")


@test("anyone")
def kinds_by_an_ordinary_user(w):
    user = USER if w.is_root else None
    r = w.report("mount-kinds-user", user=user, paths=["/etc/passwd", "/dev/pts/ptmx", "/dev/mqueue"])
    equal([options_of(r, t)[0] for t in ("/dev/pts", "/dev/mqueue", "/etc/passwd")], ["devpts", "mqueue", "tmpfs"], "kinds")
    equal(r["paths"]["/etc/passwd"]["text"], "web:x:0:0::/:/bin/sh\n", "/etc/passwd")
    check(r["paths"]["/etc/passwd"]["write"] != 0, "/etc/passwd can be written")
    equal(r["paths"]["/dev/pts/ptmx"]["write"], 0, "opening a terminal")


@test()
def mqueue(w):
    """The queues are those of the new namespace: what the host has is not there."""
    top = w.path("queues")
    os.mkdir(top)
    kernel.mount("none", top, "mqueue")
    queue = os.path.join(top, f"ringfence-tests-{os.getpid()}")
    try:
        os.close(os.open(queue, os.O_CREAT | os.O_RDWR, 0o666))
        r = w.report("mount-kinds", {"volume": w.data}, paths=["/dev/mqueue"])
        kind, options, _ = options_of(r, "/dev/mqueue")
        check(kind == "mqueue" and {"nosuid", "nodev", "noexec"} <= options, f"/dev/mqueue is {kind}, {options}")
        got = shell(w, "mount-kinds", "busybox ls /dev/mqueue && : >/dev/mqueue/mine && busybox ls /dev/mqueue",
                    {"volume": w.data}).ok()
        equal(got.out, "mine\n", "queues inside")
        equal(os.path.exists(os.path.join(top, "mine")), False, "a queue of the program is the host's")
    finally:
        if os.path.exists(queue):
            os.unlink(queue)
        kernel.umount(top)
        os.rmdir(top)


def has_cgroup2():
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        return any(m["fstype"] == "cgroup2" for m in kernel.mounts(file.read()))


@test()
def cgroup_tree(w):
    if not has_cgroup2():
        w.refused("mount-cgroup", says=["cgroup v2"])
        return
    paths = ["/sys/fs/cgroup", "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/cgroup.subtree_control", "/sys/kernel"]
    r = w.report("mount-cgroup", paths=paths)
    mount = mount_at(r, "/sys/fs/cgroup")
    check({"ro", "nosuid", "nodev", "noexec"} <= set(mount["options"]), f"{mount}")
    equal((mount["fstype"], mount["root"]), ("cgroup2", "/"), "/sys/fs/cgroup")
    for path in paths:
        check(r["paths"][path]["write"] != 0, f"{path} can be written")
    equal(sorted(int(n) for n in r["paths"]["/sys/fs/cgroup/cgroup.procs"]["text"].split())[:2], [1, 2], "processes")
    equal([m for m in kernel.mounts(r["mountinfo"]) if m["fstype"] == "cgroup"], [], "v1 trees")


@test()
def kinds_are_rehearsed(w):
    """--check goes through all of it and starts nothing."""
    policies = ["root-overlay", "mount-kinds"] + (["mount-cgroup"] if has_cgroup2() else [])
    for policy in policies:
        params = {} if policy == "mount-cgroup" else {"volume": w.data}
        got = w.run(policy, ["/bin/probe", "print", "started"], params, options=["--check"])
        equal((got.code, got.out), (0, ""), f"{policy}: {got!r}")


@test()
def cgroup_tree_without_v2(w):
    """Where the launch has no group in cgroup v2 there is nothing to show: no launch, rather than the launcher's group."""
    def cover():
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
        kernel.mount("none", "/sys/fs/cgroup", "tmpfs")

    w.refused("mount-cgroup", prepare=cover, says=["cgroup v2", "mount-cgroup.ringfence.yaml:"])


@test()
def cgroup_tree_of_an_ordinary_user(w):
    """Who has no group of its own has nothing to show; --check says the same as the launch."""
    policy = w.compile_text("ringfence: 1\nkind: policy\nname: made\nextends: [./base]\nnamespaces: {user: new}\n"
                            "root: {sys: read_only, mounts: [{cgroup: true, target: /sys/fs/cgroup}]}\n")
    w.cgroups.retire()
    files = w.cgroups.place()
    refused = w.refused(policy, user=USER, files=files, says=["cgroup v2"])
    got = w.run(policy, ["/bin/probe", "print", "started"], user=USER, files=files, options=["--check"])
    equal((got.code, f"ringfence-run: {got.out.strip()}"), (125, refused.strip()), f"--check ({got!r})")


# --- owners through the id maps

def id_mapped(w, volume):
    """A report with a volume that may not be able to; then a skip."""
    result = w.run("bind-id-map", ["/bin/probe", "json", "/data/mine", "/data2/mine", "/data"], {"volume": volume})
    if result.code == 125 and "cannot map its owners" in result.err:
        raise Skip(f"no id-mapped mounts of the file system below {os.path.dirname(volume)}")
    return result.json()


@test()
def id_map(w):
    # /mnt is a tmpfs, which lets owners be mapped from Linux 6.3 on; in a virtual machine the other directory does not
    volume = w.make_data("/mnt/mapped" if kernel.release() >= (6, 3) else "mapped")
    try:
        w.write(os.path.join(volume, "mine"), "mine\n", 0o644)
        os.chown(os.path.join(volume, "mine"), 5, 6)
        if kernel.release() < (5, 12):
            w.refused("bind-id-map", params={"volume": volume}, says=["5.12"])
            return
        r = id_mapped(w, volume)
        got, plain = r["paths"]["/data/mine"], r["paths"]["/data2/mine"]
        equal((got["uid"], got["gid"], got["text"]), (5, 6, "mine\n"), "the owner inside")
        equal((plain["uid"], plain["gid"]), (65534, 65534), "without id_map")
        shell(w, "bind-id-map", ": >/data/new", {"volume": volume}).ok()
        st = os.stat(os.path.join(volume, "new"))
        equal((st.st_uid, st.st_gid), (0, 0), "the owner on disk of what uid 0 inside makes")
        equal(os.stat(os.path.join(volume, "mine")).st_uid, 5, "the other owner on disk")
    finally:
        shutil.rmtree(volume)


@test()
def id_map_of_what_cannot(w):
    if kernel.release() < (5, 12):
        raise Skip("id maps of mounts came with Linux 5.12")
    line = w.refused("bind-id-map", params={"volume": "/proc/irq"}, says=["/data", "cannot map its owners"])
    check("bind-id-map.ringfence.yaml:" in line, line)


@test("anyone")
def id_map_takes_root(w):
    if kernel.release() < (5, 12):
        raise Skip("id maps of mounts came with Linux 5.12")
    w.refused("bind-id-map", params={"volume": w.data}, user=USER if w.is_root else None, says=["id_map takes a launch by root"])


# --- other users' processes

@test()
def hidepid(w):
    text = ("ringfence: 1\nkind: policy\nname: hidepid\nextends: [./base]\nprocess: {{uid: 1000, gid: 1000}}\n"
            "namespaces: {{user: {user}, pid: {pid}}}\nroot: {{{root}}}\n")
    maps = "{uid_map: [{inside: 0, outside: 100000, size: 2000}], gid_map: [{inside: 0, outside: 100000, size: 2000}]}"
    plain = w.report(w.compile_text(text.format(user="host", pid="new", root="proc: full")), paths=["/proc/1/status"])
    equal((plain["processes"], plain["paths"]["/proc/1/status"]["stat"]), ([1, 2], 0), "without hidepid")
    hidden = w.report(w.compile_text(text.format(user="host", pid="new", root="hidepid: invisible")),
                      paths=["/proc/1/status", "/proc/cpuinfo"])
    equal((hidden["processes"], hidden["paths"]["/proc/1/status"]["stat"]), ([2], errno.ENOENT), "invisible")
    equal(hidden["paths"]["/proc/cpuinfo"]["read"], 0, "the rest of a full /proc")
    closed = w.report(w.compile_text(text.format(user="host", pid="new", root="hidepid: noaccess")), paths=["/proc/1/status"])
    equal(closed["processes"], [1, 2], "noaccess: names")
    check(closed["paths"]["/proc/1/status"].get("read", 1) != 0, "noaccess: the content can be read")
    traced = w.report(w.compile_text(text.format(user="host", pid="new", root="hidepid: ptraceable, proc: pids")))
    check("hidepid=ptraceable" in options_of(traced, "/proc")[2], f"ptraceable: {mount_at(traced, '/proc')}")
    w.refused(w.compile_text(text.format(user=maps, pid="host", root="hidepid: invisible")
                             .replace("gid: 1000}", "gid: 1000, init: none}")), says=["hidepid"])


# --- wide id maps of ordinary users

class Subordinate:
    """The user's name and ids for newuidmap and newgidmap, in the files where they look, for the while of a test."""

    def __init__(self, w, uids, gids):
        if shutil.which("newuidmap") is None:
            raise Skip("no newuidmap on this machine")
        self.w, self.mounted = w, []
        self.files = {"/etc/passwd": f"tester:x:{USER}:{USER}::/:/bin/sh\nroot:x:0:0::/:/bin/sh\n", "/etc/subuid": uids,
                      "/etc/subgid": gids}

    def cover(self, target, source):
        kernel.mount(source, target, None, kernel.MS_BIND)
        self.mounted.append(target)

    def __enter__(self):
        for target, text in self.files.items():
            if not os.path.exists(target):
                raise Skip(f"no {target} on this machine")
            source = self.w.path(os.path.basename(target) + ".test")
            self.w.write(source, text)
            self.cover(target, source)
        return self

    def __exit__(self, *_):
        for target in reversed(self.mounted):
            kernel.umount(target)


@test()
def user_maps_by_the_helpers(w):
    with Subordinate(w, "tester:100000:65536\n", "tester:200000:65536\n"):
        r = w.report("ns-user-maps", user=USER)
        equal((r["uid"], r["gid"], r["setgroups"]), ([0] * 3, [0] * 3, "deny\n"), "ids inside")
        got = shell(w, "ns-user-maps", "busybox cat /proc/self/uid_map /proc/self/gid_map", user=USER).ok()
        equal([line.split() for line in got.out.splitlines()], [["0", "100000", "65536"], ["0", "200000", "65536"]], "maps")
        launch = w.start("ns-user-maps", ["/bin/probe", "sleep"], user=USER)
        line = launch.line()
        owners = {kernel.status_field(pid, "Uid").split()[0] for pid in launch.payload()}
        launch.process.terminate()
        launch.finish()
        equal((line, owners), ("ready\n", {"100000"}), "ids outside")
        equal(w.run("ns-user-maps", ["/bin/probe", "print", "x"], user=USER, options=["--check"]).code, 0, "--check")


@test()
def user_maps_that_the_helpers_refuse(w):
    for uids, gids, who in (("", "tester:200000:65536\n", "newuidmap"), ("tester:100000:65535\n", "", "newuidmap"),
                            ("tester:100000:65536\n", "tester:200000:65535\n", "newgidmap")):
        with Subordinate(w, uids, gids):
            w.refused("ns-user-maps", user=USER, says=[who, "/etc/sub"])


@test()
def user_maps_by_a_helper_that_others_can_write(w):
    with Subordinate(w, "tester:100000:65536\n", "tester:200000:65536\n") as place:
        copy = w.path("newuidmap")
        shutil.copy("/usr/bin/newuidmap", copy)
        for owner, mode in ((0, 0o4775), (USER, 0o4755)):
            os.chown(copy, owner, 0)
            os.chmod(copy, mode)
            place.cover("/usr/bin/newuidmap", copy)
            w.refused("ns-user-maps", user=USER, says=["newuidmap", "others than root can write it"])
            kernel.umount(place.mounted.pop())
        os.unlink(copy)
