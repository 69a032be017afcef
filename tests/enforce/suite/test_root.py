# SPDX-License-Identifier: Apache-2.0
"""root: what is mounted where, with which options, and what cannot be read or written."""
import errno
import os
import stat

from . import kernel
from .registry import test
from .world import check, equal, is_char_device, mount_at

PROC_MASKED = ("/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/acpi", "/proc/scsi", "/proc/sched_debug")
PROC_READ_ONLY = ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/kernel/hostname",
                  "/proc/sys/kernel/modprobe", "/proc/irq/default_smp_affinity", "/proc/sys/vm/drop_caches")


def options(report, target, wanted, unwanted=()):
    mount = mount_at(report, target)
    check(mount is not None, f"nothing is mounted on {target}")
    have = set(mount["options"])
    missing, extra = set(wanted) - have, set(unwanted) & have
    check(not missing and not extra, f"{target} is mounted {sorted(have)}: lacks {missing or '-'}, has {extra or '-'}")
    return mount


@test()
def root_is_the_image(w):
    r = w.report("defaults", paths=["/etc/passwd", w.base])
    equal(sorted(r["root"]), sorted(os.listdir(w.root)), "names in the root")
    check(r["paths"][w.base]["stat"] != 0, "the host's directory is visible")
    targets = [m["target"] for m in kernel.mounts(r["mountinfo"])]
    equal(targets[0], "/", "first mount")
    roots = {m["root"] for m in kernel.mounts(r["mountinfo"]) if m["fstype"] not in ("proc", "tmpfs", "devpts", "sysfs", "devtmpfs")}
    check(all(w.base in root or root == "/" for root in roots), f"mounted from the host: {roots}")


@test()
def root_read_only(w):
    r = w.report("defaults", paths=["/", "/etc", "/etc/passwd", "/tmp"])
    options(r, "/", {"ro", "nosuid", "nodev"})
    for path in ("/", "/etc", "/etc/passwd", "/tmp"):
        equal(r["paths"][path]["write"], errno.EROFS, f"writing to {path}")
    equal(r["paths"]["/etc/passwd"]["read"], 0, "reading")


@test()
def root_writable(w):
    r = w.report("root-writable", paths=["/", "/etc", "/etc/passwd"])
    options(r, "/", {"rw", "nosuid", "nodev"}, {"ro"})
    for path in ("/", "/etc", "/etc/passwd"):
        equal(r["paths"][path]["write"], 0, f"writing to {path}")


@test()
def nothing_is_shared_with_the_host(w):
    for policy in ("defaults", "ns-host", "everything"):
        r = w.report(policy, {"volume": w.data} if policy == "everything" else {})
        shared = [m["target"] for m in kernel.mounts(r["mountinfo"]) if any(s.startswith("shared") for s in m["shared"])]
        equal(shared, [], f"{policy}: shared mounts")


@test()
def proc_full(w):
    r = w.report("proc-full", paths=["/proc/cpuinfo", "/proc/meminfo", "/proc/self/status", *PROC_MASKED, *PROC_READ_ONLY])
    equal(mount_at(r, "/proc")["fstype"], "proc", "/proc")
    options(r, "/proc", {"nosuid", "nodev", "noexec"})
    for path in ("/proc/cpuinfo", "/proc/meminfo", "/proc/self/status"):
        check(r["paths"][path]["bytes"] > 0, f"{path} cannot be read")
    for path in PROC_MASKED:
        got = r["paths"][path]
        if got["stat"] != 0:
            continue
        if stat.S_ISDIR(got["mode"]):
            continue
        check(got["read"] != 0 or got["bytes"] == 0, f"{path} can be read: {got}")
        check(os.path.exists(path), f"{path} is masked though the kernel lacks it")
    for path in PROC_READ_ONLY:
        got = r["paths"][path]
        check(got["stat"] != 0 or got["write"] != 0, f"{path} can be written")


@test()
def proc_masks_directories(w):
    w.need_shell()
    got = w.run("env", ["/bin/sh", "-c", "for d in /proc/acpi /proc/scsi; do [ -d $d ] && busybox ls -A $d; done; true"])
    equal(got.ok().out, "", "names in masked directories")


@test()
def proc_pids(w):
    r = w.report("proc-pids", paths=["/proc/cpuinfo", "/proc/sys", "/proc/self/status", "/proc/sysrq-trigger"])
    check("subset=pid" in mount_at(r, "/proc")["super"], f"/proc: {mount_at(r, '/proc')}")
    for path in ("/proc/cpuinfo", "/proc/sys", "/proc/sysrq-trigger"):
        equal(r["paths"][path]["stat"], errno.ENOENT, path)
    check(r["paths"]["/proc/self/status"]["bytes"] > 0, "/proc/self/status cannot be read")
    equal(r["processes"], [1, 2], "processes")


@test()
def proc_none(w):
    r = w.report("proc-none", paths=["/proc/self"])
    equal((r["mountinfo"], r["processes"], r["paths"]["/proc/self"]["stat"]), (None, [], errno.ENOENT), "/proc")
    equal((r["no_new_privs"], r["seccomp_mode"], set(r["fds"])), (1, 2, {"0", "1", "2"}), "the rest")


@test()
def sys_read_only(w):
    r = w.report("sys-read-only", paths=["/sys/kernel/uevent_helper", "/sys/kernel", "/sys/fs/cgroup", "/sys/firmware"])
    equal(options(r, "/sys", {"ro", "nosuid", "nodev", "noexec"})["fstype"], "sysfs", "/sys")
    check(r["paths"]["/sys/kernel"]["write"] != 0, "/sys can be written")
    equal(sorted(r["net"] or {}), ["lo"], "interfaces in /sys")
    tree = [m for m in kernel.mounts(r["mountinfo"]) if m["fstype"].startswith("cgroup")]
    equal(tree, [], "cgroup trees")


@test()
def sys_none(w):
    for policy in ("sys-none", "defaults"):
        r = w.report(policy, paths=["/sys/kernel"])
        equal((mount_at(r, "/sys"), r["paths"]["/sys/kernel"]["stat"]), (None, errno.ENOENT), f"{policy}: /sys")


@test()
def bind(w):
    r = w.report("bind", {"volume": w.data, "file": w.data + "/file"},
                 paths=["/data", "/data/file", "/data2", "/data2/file", "/etc/passwd"])
    options(r, "/data", {"ro", "nosuid", "nodev"})
    options(r, "/data2", {"rw", "nosuid", "nodev"})
    options(r, "/etc/passwd", {"ro", "nosuid", "nodev"})
    p = r["paths"]
    equal(p["/data/file"]["text"], "data\n", "/data/file")
    equal(p["/etc/passwd"]["text"], "data\n", "/etc/passwd")
    equal([p[x]["write"] for x in ("/data", "/data/file", "/etc/passwd")], [errno.EROFS] * 3, "writing")
    equal([p[x]["write"] for x in ("/data2", "/data2/file")], [0, 0], "writing to the writable one")


@test()
def bind_device_in_a_volume(w):
    """A device node and a set-user-id file in a volume are what they are, and no use."""
    node, suid = os.path.join(w.data, "disk"), os.path.join(w.data, "suid")
    os.mknod(node, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    try:
        w.write(suid, open(w.probe, "rb").read(), 0o6755)
        r = w.report("bind", {"volume": w.data, "file": w.data + "/file"}, paths=["/data2/disk"])
        equal(r["paths"]["/data2/disk"]["read"], errno.EACCES, "reading a device of a volume")
        program = ["/data/suid", "json"]
        inside = w.run("user-worker", ["/bin/probe", "json"]).json()
        equal(inside["uid"], [1000] * 3, "uid without set-user-id")
        ran = w.run("bind", program, {"volume": w.data, "file": w.data + "/file"}).json()
        equal(ran["caps"]["permitted"], 0, "capabilities of a set-user-id file")
    finally:
        os.unlink(node)
        if os.path.exists(suid):
            os.unlink(suid)


@test()
def bind_recursive(w):
    inner = os.path.join(w.data, "inner")
    if kernel.release() < (5, 12):  # mount_setattr(2) came then, and there is no weaker substitute
        w.refused("bind-recursive", params={"volume": w.data}, says=["5.12"])
        return
    kernel.mount("none", inner, "tmpfs")
    try:
        w.write(os.path.join(inner, "below"), "below\n")
        r = w.report("bind-recursive", {"volume": w.data}, paths=["/data/inner/below", "/data/inner", "/data2/inner"])
        flat = w.report("bind-flat", {"volume": w.data}, paths=["/data/inner/below"])
    finally:
        kernel.umount(inner)
    equal(r["paths"]["/data/inner/below"]["text"], "below\n", "the mount below")
    equal(r["paths"]["/data/inner/below"]["write"], errno.EROFS, "writing to the mount below")
    equal(r["paths"]["/data/inner"]["write"], errno.EROFS, "making a file in the mount below")
    equal(r["paths"]["/data2/inner"]["write"], 0, "writing to the mount below of the writable one")
    options(r, "/data/inner", {"ro", "nosuid", "nodev"})
    options(r, "/data2/inner", {"nosuid", "nodev"})
    equal(flat["paths"]["/data/inner/below"]["stat"], errno.ENOENT, "the mount below without recursive")


@test()
def bind_behind_a_link_of_the_image(w):
    """var/run -> run, as in every distribution: the target is followed inside the root."""
    r = w.report("bind-link", {"volume": w.data}, paths=["/run/file"])
    equal(r["paths"]["/run/file"]["text"], "data\n", "/run/file")


@test()
def bind_missing_target(w):
    before = sorted(os.listdir(w.root))
    w.refused("bind-missing-target", params={"volume": w.data},
              says=["/no", "bind-missing-target.ringfence.yaml:"])
    equal(sorted(os.listdir(w.root)), before, "names in the image")


@test()
def bind_target_in_a_tmpfs_is_made(w):
    r = w.report("bind-nested", {"volume": w.data}, paths=["/tmp/a/b/file"])
    equal(r["paths"]["/tmp/a/b/file"]["text"], "data\n", "/tmp/a/b/file")


@test()
def deep_target_is_made_on_a_borrowed_stack(w):
    """As deep as a path can be: without an init the first process has only a small stack, in the supervisor's memory."""
    deep = "/tmp/" + "/".join(["d"] * 2000)
    for kind in ("none", "reaper"):
        w.run(w.compile_text("ringfence: 1\nkind: policy\nname: made\nextends: [./base]\n"
                             f"process: {{init: {kind}}}\nroot: {{mounts: [{{tmpfs: true, target: /tmp, size: 20MiB}}, "
                             f"{{tmpfs: true, target: {deep}, size: 1MiB}}]}}\n"), ["/bin/probe", "exit", "0"]).ok()


@test()
def bind_file_onto_directory(w):
    w.refused("bind", params={"volume": w.data + "/file", "file": w.data + "/file"}, says=["/data"])


@test()
def bind_directory_onto_file(w):
    w.refused("bind", params={"volume": w.data, "file": w.data}, says=["/etc/passwd"])


@test()
def tmpfs(w):
    r = w.report("tmpfs", paths=["/tmp", "/run"])
    for target, size, mode, uid, gid in (("/tmp", "size=4096k", 0o1777, 0, 0), ("/run", "size=64k", 0o2750, 12, 34)):
        mount = options(r, target, {"rw", "nosuid", "nodev"})
        equal(mount["fstype"], "tmpfs", target)
        check(size in mount["super"], f"{target}: {mount['super']}")
        got = r["paths"][target]
        equal((stat.S_IMODE(got["mode"]), got["uid"], got["gid"]), (mode, uid, gid), target)
    equal(r["paths"]["/tmp"]["write"], 0, "writing to /tmp")


@test()
def tmpfs_is_full_at_its_size(w):
    w.need_shell()
    got = w.run("tmpfs", ["/bin/busybox", "dd", "if=/dev/zero", "of=/tmp/x", "bs=1M", "count=5"])
    check(got.code == 1 and "No space left" in got.err, repr(got))
    w.run("tmpfs", ["/bin/busybox", "dd", "if=/dev/zero", "of=/tmp/x", "bs=1M", "count=3"]).ok()


@test()
def mask(w):
    r = w.report("mask", paths=["/etc/secret", "/work", "/work/deep", "/etc/passwd", "/no/such/file"])
    got = r["paths"]
    check(got["/etc/secret"]["read"] != 0 or got["/etc/secret"]["bytes"] == 0, "/etc/secret can be read")
    check("text" not in got["/etc/secret"], "/etc/secret can be read")
    equal(got["/work/deep"]["stat"] != 0, True, "a name below a masked directory")
    check(got["/work"]["write"] != 0, "a masked directory can be written")
    equal(got["/etc/passwd"]["read"], 0, "its neighbour")
    plain = w.report("root-writable", paths=["/etc/secret", "/work/deep"])["paths"]
    check(plain["/etc/secret"]["bytes"] > 0 and plain["/work/deep"]["stat"] == 0, "without the mask")


@test()
def mask_is_not_undone_by_writing(w):
    """Writing to a masked file does not reach the file behind it."""
    w.run("mask", ["/bin/probe", "write", "/etc/secret", "changed"])
    equal(open(os.path.join(w.root, "etc/secret"), encoding="ascii").read(), "not for the payload\n", "the file behind")


@test()
def read_only(w):
    got = w.report("read-only", paths=["/etc", "/etc/secret", "/etc/passwd", "/work"])["paths"]
    equal([got[p]["write"] for p in ("/etc", "/etc/secret", "/etc/passwd")], [errno.EROFS] * 3, "writing")
    equal(got["/etc/secret"]["bytes"] > 0, True, "reading")
    equal(got["/work"]["write"], 0, "its neighbour")


@test()
def devices_default(w):
    r = w.report("defaults", paths=["/dev/null", "/dev/zero", "/dev/urandom", "/dev/full"])
    have = {name for name, entry in r["dev"].items() if is_char_device(entry)}
    check({"null", "zero", "full", "random", "urandom"} <= have, f"devices: {sorted(have)}")
    check(have <= {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "console"}, f"devices: {sorted(have)}")
    equal((r["dev"]["null"]["major"], r["dev"]["null"]["minor"]), (1, 3), "/dev/null")
    equal(stat.S_IMODE(r["dev"]["null"]["mode"]), 0o666, "mode of /dev/null")
    equal((r["paths"]["/dev/null"]["read"], r["paths"]["/dev/null"]["write"]), (0, 0), "using /dev/null")
    check(r["paths"]["/dev/zero"]["bytes"] > 0, "reading /dev/zero")
    check("noexec" in mount_at(r, "/dev")["options"] and mount_at(r, "/dev")["fstype"] == "tmpfs", "/dev is not ours")


@test()
def devices_listed(w):
    r = w.report("devices")
    have = {name: (e["major"], e["minor"]) for name, e in r["dev"].items() if is_char_device(e) and name != "ptmx"}
    equal(have, {"null": (1, 3), "zero": (1, 5)}, "devices")


@test()
def devices_cannot_be_made(w):
    number = 259 if os.uname().machine == "x86_64" else 33
    for policy in ("defaults", "root-writable"):
        got = w.run(policy, ["/bin/probe", "call", str(number), "-100", "@/dev/mem", str(0o20666), str(1 << 8 | 1)])
        check(got.out.startswith("errno"), f"{policy}: a device was made: {got!r}")
    check(not os.path.exists(os.path.join(w.root, "dev/mem")), "a device is in the image")


@test()
def image_is_not_written(w):
    """No launch makes a file, a directory or a device in the image or on the host; only the payload writes."""
    def tree(top):
        found = {}
        for at, names, files in os.walk(top):
            for name in names + files:
                st = os.lstat(os.path.join(at, name))
                found[os.path.join(at, name)] = (st.st_mode, st.st_ino, st.st_size, st.st_mtime_ns, st.st_ctime_ns)
        return found

    before = tree(w.root), tree(w.data)
    for policy, params in (("defaults", {}), ("root-writable", {}), ("tmpfs", {}), ("mask", {}), ("devices", {}),
                           ("bind", {"volume": w.data, "file": w.data + "/file"}), ("everything", {"volume": w.data}),
                           ("bind-nested", {"volume": w.data}), ("bind-link", {"volume": w.data})):
        w.run(policy, ["/bin/probe", "exit", "0"], params).ok()
    equal((tree(w.root), tree(w.data)) == before, True, "image and volume unchanged")


@test()
def escape_writes(w):
    """Writes to kernel files that have led out of other sandboxes."""
    targets = ["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sysrq-trigger",
               "/proc/sys/fs/binfmt_misc/register", "/proc/sys/kernel/ns_last_pid", "/proc/1/mem", "/proc/kcore",
               "/proc/sys/vm/overcommit_memory", "/proc/sys/net/ipv4/ip_forward", "/proc/kmsg", "/proc/timer_list",
               "/sys/kernel/uevent_helper", "/sys/kernel/vmcoreinfo", "/sys/power/state", "/sys/fs/cgroup/cgroup.procs",
               "/sys/fs/cgroup/release_agent", "/sys/kernel/mm/transparent_hugepage/enabled",
               "/sys/module/kernel/parameters/panic", "/proc/sys/kernel/poweroff_cmd", "/proc/sys/kernel/panic"]
    for policy in ("defaults", "sys-read-only", "caps-root", "root-writable"):
        got = w.report(policy, paths=targets)["paths"]
        equal(got["/proc/sys/kernel/core_pattern"]["stat"], 0, f"{policy}: /proc is there to be tried")
        for path in targets:
            check(got[path]["stat"] != 0 or got[path]["write"] != 0, f"{policy}: {path} can be written")
