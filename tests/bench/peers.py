#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The same confinement for other launchers: tests/bench/peers.py bwrap ROOT, or peers.py oci ROOT BUNDLE.

What docker-default and the benchmark's policy say, as far as each can say it: the namespaces, the root read-only, /proc,
/sys, /dev, masks and read-only paths, fourteen capabilities, no_new_privs.  `bwrap` prints its arguments, and reads the
policy's own filter from descriptor 9.  `oci` writes BUNDLE/config.json; its filter is Docker's profile, from
RINGFENCE_DOCKER_PROFILE, and without that file there is none, which it says."""

import json
import os
import platform
import sys

CAPABILITIES = """AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP
SETUID SYS_CHROOT""".split()
MASKS = """/proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats /proc/sched_debug
/proc/scsi /proc/timer_list /proc/timer_stats /sys/devices/virtual/powercap /sys/firmware""".split()
READ_ONLY = "/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger".split()
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
QUIET = ["nosuid", "noexec", "nodev"]


def bwrap(root):
    words = "--unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup --as-pid-1 --die-with-parent".split()
    words += ["--new-session", "--hostname", "bench", "--cap-drop", "ALL"]
    for name in CAPABILITIES:
        words += ["--cap-add", f"CAP_{name}"]
    words += ["--ro-bind", root, "/", "--proc", "/proc", "--ro-bind", "/sys", "/sys", "--dev", "/dev", "--tmpfs", "/dev/shm"]
    for path in filter(os.path.exists, MASKS):
        words += ["--tmpfs", path, "--remount-ro", path] if os.path.isdir(path) else ["--ro-bind", "/dev/null", path]
    for path in filter(os.path.exists, READ_ONLY):
        words += ["--ro-bind", path, path]
    return words + ["--seccomp", "9", "--clearenv", "--setenv", "PATH", PATH]


def matches(wanted, excluded):
    """Whether a rule of the profile is for this machine and those capabilities."""
    machine = {"x86_64": "amd64", "aarch64": "arm64", "riscv64": "riscv64"}[platform.machine()]
    held = {f"CAP_{name}" for name in CAPABILITIES}
    if "caps" in wanted and not held.issuperset(wanted["caps"]):
        return False
    if "arches" in wanted and machine not in wanted["arches"]:
        return False
    return not (held.intersection(excluded.get("caps", [])) or machine in excluded.get("arches", []))


def seccomp():
    """Docker's profile as the runtime's specification has it: what is conditional is decided here."""
    try:
        with open(os.environ.get("RINGFENCE_DOCKER_PROFILE", ""), encoding="utf-8") as file:
            profile = json.load(file)
    except OSError as error:
        print(f"peers.py: crun and runc get no filter: RINGFENCE_DOCKER_PROFILE: {error}", file=sys.stderr)
        return {}
    rules = []
    for rule in profile["syscalls"]:
        if matches(rule.get("includes") or {}, rule.get("excludes") or {}):
            rules.append({key: value for key, value in rule.items() if key in ("names", "action", "errnoRet", "args")})
    machine = f"SCMP_ARCH_{platform.machine().upper()}"
    return {"seccomp": {"defaultAction": profile["defaultAction"], "defaultErrnoRet": profile["defaultErrnoRet"],
                        "architectures": [machine], "syscalls": rules}}


def oci(root):
    held = [f"CAP_{name}" for name in CAPABILITIES]
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False, "user": {"uid": 0, "gid": 0}, "args": ["/bin/payload"], "env": [f"PATH={PATH}"], "cwd": "/",
            "capabilities": {kind: held for kind in ("bounding", "effective", "permitted")}, "noNewPrivileges": True,
        },
        "root": {"path": root, "readonly": True},
        "hostname": "bench",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc", "options": QUIET},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": [*QUIET, "ro"]},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=64k"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "nodev", "size=64m"]},
        ],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount", "cgroup")],
            "maskedPaths": MASKS, "readonlyPaths": READ_ONLY, **seccomp(),
        },
    }


def main():
    if sys.argv[1:2] == ["bwrap"] and len(sys.argv) == 3:
        print(*bwrap(sys.argv[2]))
    elif sys.argv[1:2] == ["oci"] and len(sys.argv) == 4:
        with open(os.path.join(sys.argv[3], "config.json"), "w", encoding="utf-8") as file:
            json.dump(oci(sys.argv[2]), file, indent=1)
    else:
        sys.exit("usage: peers.py bwrap ROOT | peers.py oci ROOT BUNDLE")


main()
