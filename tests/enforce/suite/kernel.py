# SPDX-License-Identifier: Apache-2.0
"""The few calls that Python's library lacks, and facts about the running kernel."""
import ctypes
import os
import re
import struct

libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWTIME, CLONE_NEWNS, CLONE_NEWCGROUP = 0x80, 0x20000, 0x02000000
CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER = 0x04000000, 0x08000000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE, MS_SHARED = 1, 32, 4096, 16384, 1 << 18, 1 << 20
MNT_DETACH = 2
PR_SET_CHILD_SUBREAPER = 36
UNLIMITED = 2**64 - 1


def _check(result):
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def unshare(flags):
    _check(libc.unshare(flags))


def mount(source, target, kind=None, flags=0, data=None):
    encode = lambda s: None if s is None else os.fsencode(s)
    _check(libc.mount(encode(source), encode(target), encode(kind), ctypes.c_ulong(flags), encode(data)))


def own_mounts():
    """Our own mount namespace, shared within itself as systemd shares a host's: a mount that leaks from a launch shows
    up, and no neighbour's does.  RF_PROPAGATION=private is for hosts without systemd.  /mnt is ours to write to."""
    unshare(CLONE_NEWNS)
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    if os.environ.get("RF_PROPAGATION", "shared") == "shared":
        mount(None, "/", None, MS_REC | MS_SHARED)
    mount("none", "/mnt", "tmpfs")


def umount(target):
    _check(libc.umount2(os.fsencode(target), MNT_DETACH))


def become_subreaper():
    """Orphans of every launch become children of this process, so none can hide."""
    _check(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def release():
    return tuple(int(n) for n in re.match(r"(\d+)\.(\d+)", os.uname().release).groups())


def landlock_abi():
    """0: the kernel has no Landlock, or it is switched off."""
    return max(libc.syscall(444, None, ctypes.c_size_t(0), 1), 0)


def is_static(path):
    """An ELF file without PT_INTERP."""
    with open(path, "rb") as file:
        head = file.read(64)
        if head[:4] != b"\x7fELF" or head[4] != 2:
            return False
        offset, = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        file.seek(offset)
        table = file.read(size * count)
    return all(struct.unpack_from("<I", table, i * size)[0] != 3 for i in range(count))


def namespaces(pid="self"):
    kinds = ("cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts")
    return {kind: os.readlink(f"/proc/{pid}/ns/{kind}") for kind in kinds}


def status_field(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith(name + ":"):
                return line.split(":", 1)[1].strip()
    return None


def mounts(text):
    """mountinfo as a list of dicts, in order."""
    unescape = lambda s: re.sub(r"\\([0-7]{3})", lambda m: chr(int(m.group(1), 8)), s)
    result = []
    for line in text.splitlines():
        fields = line.split(" ")
        dash = fields.index("-")
        result.append({
            "root": unescape(fields[3]), "target": unescape(fields[4]), "options": fields[5].split(","),
            "shared": fields[6:dash], "fstype": fields[dash + 1], "source": unescape(fields[dash + 2]),
            "super": fields[dash + 3].split(","),
        })
    return result
