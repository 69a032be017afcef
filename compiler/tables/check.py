#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the tables beside this script with other sources of the same facts.

Usage: check.py numbers|constants [INCLUDE]   the kernel's uapi headers
       check.py arguments                     the running kernel's trace event formats
       check.py libseccomp                    the numbers libseccomp knows

INCLUDE is a folder of uapi headers laid out as Debian's /usr/include, in place of the installed ones.
Exit code 0: no difference; 1: differences, listed; 77: the machine lacks what the check needs.
"""

import ctypes
import ctypes.util
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import gen  # noqa: E402 (only behind the line above, which keeps the source folder clean)

SKIP = 77
DIRECTORY = os.path.dirname(os.path.abspath(__file__))
TRIPLES = {"x86_64": "x86_64-linux-gnu", "i386": "x86_64-linux-gnu", "x32": "x86_64-linux-gnu",
           "aarch64": "aarch64-linux-gnu", "arm": "arm-linux-gnueabihf", "riscv64": "riscv64-linux-gnu"}
# What makes headers speak of another machine than the one whose compiler reads them.
SPEAK = {
    "x86_64": [],
    "aarch64": ["-U__x86_64__", "-U__i386__", "-D__aarch64__"],
    "arm": ["-U__x86_64__", "-U__i386__", "-D__arm__", "-D__ARM_EABI__"],
    "riscv64": ["-U__x86_64__", "-U__i386__", "-D__riscv", "-D__riscv_xlen=64"],
    "i386": [],
    "x32": [],
}
# So that the sizes in ioctl numbers are those of 32-bit types; arm aligns 64-bit ones to 8.
NARROW = {"i386": ["-m32"], "x32": ["-mx32"], "arm": ["-m32", "-malign-double"]}
X86_FILES = {"x86_64": "asm/unistd_64.h", "i386": "asm/unistd_32.h", "x32": "asm/unistd_x32.h"}
# The generic list as arch/{arm64,riscv}/include/uapi/asm/unistd.h ask for it.
GENERIC = {
    "aarch64": ["-D__ARCH_WANT_RENAMEAT", "-D__ARCH_WANT_NEW_STAT", "-D__ARCH_WANT_SET_GET_RLIMIT",
                "-D__ARCH_WANT_TIME32_SYSCALLS", "-D__ARCH_WANT_SYS_CLONE3", "-D__ARCH_WANT_MEMFD_SECRET"],
    "riscv64": ["-D__ARCH_WANT_NEW_STAT", "-D__ARCH_WANT_SET_GET_RLIMIT", "-D__ARCH_WANT_SYS_CLONE3",
                "-D__ARCH_WANT_MEMFD_SECRET"],
}
# Calls that the generic list does not hold: arch/riscv's own.
NOT_GENERIC = {"riscv_flush_icache", "riscv_hwprobe"}
# In the headers, but not calls: counts, bases, and arm's private range (beyond what the table holds).
NOT_CALLS = {"BASE", "SYSCALL_MASK", "syscalls", "arch_specific_syscall", "SYSCALL_BASE", "OABI_SYSCALL_BASE", "sync_file_range2"}


def skip(reason):
    print(f"SKIP: {reason}")
    sys.exit(SKIP)


def compiler():
    for name in (os.environ.get("CC"), "cc", "gcc", "clang"):
        if name and subprocess.run(["sh", "-c", 'command -v "$1"', "sh", name], capture_output=True,
                                   check=False).returncode == 0:
            return name
    return skip("no C compiler")


def run_cc(flags, source):
    return subprocess.run([compiler(), *flags, "-x", "c", "-"], input=source, text=True, capture_output=True,
                          check=False)


def include_flags(machine, include):
    """Flags for the headers of a machine, or None if they are not here."""
    if include:
        paths = [os.path.join(include, TRIPLES[machine]), include]
    elif machine in X86_FILES:
        paths = ["/usr/include/x86_64-linux-gnu", "/usr/include"]
    else:
        paths = [f"/usr/{TRIPLES[machine]}/include"]
    if not os.path.exists(os.path.join(paths[0], "asm/unistd.h")):
        return None
    return ["-nostdinc"] + ["-I" + path for path in paths] + SPEAK[machine]


def macros(flags, source):
    """{name: body} of every object-like macro; None if the compiler refuses the source."""
    done = run_cc(["-E", "-dM", *flags], source)
    if done.returncode:
        return None
    return dict(re.findall(r"^#define (\w+) (.*)$", done.stdout, re.M))


def call_numbers(defines):
    """{call: number} of a header's __NR_ macros."""

    def value(text, depth=0):
        text = text.replace("__X32_SYSCALL_BIT", str(gen.X32_BIT))
        text = re.sub(r"\b__\w+\b", lambda m: str(value(defines.get(m[0], "x"), depth + 1)) if depth < 8 else "x", text)
        if not re.fullmatch(r"[(]*(0x[0-9a-fA-F]+|\d+)[)]*( *\+ *(0x[0-9a-fA-F]+|\d+)[)]*)*", text.strip()):
            return None
        return sum(int(word, 0) for word in re.findall(r"0x[0-9a-fA-F]+|\d+", text))

    found = {}
    for name, body in defines.items():
        match = re.fullmatch(r"__(?:ARM_)?NR_(\w+)", name)
        if match and match[1] not in NOT_CALLS:
            found[match[1]] = value(body)
    return {name: number for name, number in found.items() if number is not None}


def header_release(include):
    flags = include_flags("x86_64", include)
    code = int(macros(flags, "#include <linux/version.h>\n")["LINUX_VERSION_CODE"])
    return code >> 16, code >> 8 & 0xFF


def header_numbers(column, include):
    """(numbers of a column of the table by the headers, calls they cannot speak of), or None without headers."""
    if column in X86_FILES:
        flags = include_flags("x86_64", include)
        text = f"#define __X32_SYSCALL_BIT {gen.X32_BIT}\n#include <{X86_FILES[column]}>\n"
        return call_numbers(macros(flags, text)), set()
    flags = include_flags(column, include)
    if flags is not None:
        return call_numbers(macros(flags, "#include <asm/unistd.h>\n")), set()
    if column not in GENERIC:
        return None
    # Every machine's headers hold the generic list; x86's own bitsperlong.h must not set the word's size.
    flags = include_flags("x86_64", include) + GENERIC[column] + ["-U__x86_64__", "-D__BITS_PER_LONG=64"]
    flags += ["-D__ASM_X86_BITSPERLONG_H", "-D__ASM_GENERIC_BITS_PER_LONG"]
    return call_numbers(macros(flags, "#include <asm-generic/unistd.h>\n")), NOT_GENERIC


def compare_numbers(column, calls, numbers, unspoken, newest):
    faults, table = [], {name: row[column] for name, _, row, *_ in calls}
    since = {name: since for name, since, *_ in calls}
    for name, number in sorted(numbers.items()):
        if name in table and table[name] != number:
            faults.append(f"{column}: {name} is {number} by the headers, {table[name]} in the table")
        if name not in table:
            faults.append(f"{column}: {name} ({number}) is not in the table")
    for name, number in sorted(table.items()):
        if number >= 0 and name not in numbers and name not in unspoken and since[name] <= newest:
            faults.append(f"{column}: the headers have no {name} ({number} in the table)")
    return faults


def check_numbers(include):
    calls = gen.read_syscalls(DIRECTORY)
    if include_flags("x86_64", include) is None:
        skip("no uapi headers of x86_64 (linux-libc-dev)")
    newest, faults = header_release(include), []
    for column in gen.NUMBER_COLUMNS:
        found = header_numbers(column, include)
        if found is None:
            print(f"SKIP of one column: the headers of {column} are not installed")
            continue
        numbers, unspoken = found
        faults += compare_numbers(column, calls, numbers, unspoken, newest)
        if len(numbers) < 300:
            faults.append(f"{column}: only {len(numbers)} calls in the headers: they were not read")
        print(f"{column}: {len(numbers)} numbers of Linux {newest[0]}.{newest[1]}'s headers")
    return faults


# --- arguments -------------------------------------------------------------------------------------

# Names of trace events that are not the call's own.
EVENT_NAMES = {"newfstat": "fstat", "newlstat": "lstat", "newstat": "stat", "newuname": "uname",
               "sendfile64": "sendfile", "umount": "umount2"}
# Width and sign of the kernel's type names.  (Pointers are told by their star.)
KERNEL_TYPES = {
    "int": (32, True), "unsigned int": (32, False), "unsigned": (32, False), "long": (64, True),
    "unsigned long": (64, False), "u32": (32, False), "__u32": (32, False), "__s32": (32, True),
    "__u64": (64, False), "u64": (64, False), "size_t": (64, False), "off_t": (64, True), "loff_t": (64, True),
    "umode_t": (16, False), "pid_t": (32, True), "uid_t": (32, False), "gid_t": (32, False),
    "clockid_t": (32, True), "timer_t": (32, True), "mqd_t": (32, True), "key_t": (32, True),
    "key_serial_t": (32, True), "qid_t": (32, False), "rwf_t": (32, True), "aio_context_t": (64, False),
    "enum landlock_rule_type": (32, False),
}
POINTER_TYPES = {"cap_user_header_t", "cap_user_data_t"}
# Where the table is narrower than, or signed unlike, the entry point, and why that is the truth.
EXCEPTIONS = {
    ("clone", "flags"): "the entry point cuts to lower_32_bits() since 5.8, before it looked at none above",
    ("clone", "child_tid_or_tls"): "the two change places between machines",
    ("clone", "tls_or_child_tid"): "the two change places between machines",
    ("mmap", "fd"): "goes to fget(), which takes an unsigned int",
    ("readv", "fd"): "goes to fdget(), which takes an unsigned int",
    ("writev", "fd"): "as readv", ("preadv", "fd"): "as readv", ("pwritev", "fd"): "as readv",
    ("preadv2", "fd"): "as readv", ("pwritev2", "fd"): "as readv",
    ("mbind", "mode"): "copied to an int since 5.15",
    ("ptrace", "pid"): "goes to find_vpid(), which takes an int",
    ("fadvise64", "size"): "the other machines' entry point takes a signed loff_t, and so does the work behind it",
}


def trace_formats():
    script = ("mount -t tracefs none /sys/kernel/tracing && cd /sys/kernel/tracing/events/syscalls &&"
              " grep -H field: sys_enter_*/format")
    try:
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script], text=True,
                              capture_output=True, check=False)
    except OSError as fault:
        skip(f"unshare: {fault}")
    if done.returncode:
        skip(f"tracefs cannot be mounted privately, or has no system calls: {done.stderr.strip()}")
    events = {}
    for name, kind, argument in re.findall(r"^sys_enter_(\w+)/format:\s*field:(.*?)\s*(\w+);", done.stdout, re.M):
        fields = events.setdefault(EVENT_NAMES.get(name, name), [])
        if not argument.startswith("common_") and argument != "__syscall_nr":
            fields.append((kind, argument))
    return events


def check_argument(call, ours, theirs):
    name, kind = ours
    text = re.sub(r"\bconst\b", "", theirs[0]).strip()
    width, signed, pointer = gen.TYPES[kind]
    if (call, name) in EXCEPTIONS:
        return None
    if "*" in text or text in POINTER_TYPES:
        return None if pointer else f"{call}: {name} is {theirs[0]}, but {kind} in the table"
    if text not in KERNEL_TYPES:
        return f"{call}: {name} has the unknown type '{theirs[0]}'"
    # A descriptor is signed for us even where the kernel says unsigned: AT_FDCWD and -1 are what people write.
    fits = KERNEL_TYPES[text] == (width, signed) or (kind == "fd" and KERNEL_TYPES[text][0] == width)
    return None if fits and not pointer else f"{call}: {name} is {theirs[0]}, but {kind} in the table"


def check_arguments(_):
    events, faults, compared, used = trace_formats(), [], 0, set()
    for name, _, _, args, _ in gen.read_syscalls(DIRECTORY):
        if name not in events:
            continue
        compared += 1
        if args is None or len(args) != len(events[name]):
            faults.append(f"{name}: the kernel has {len(events[name])} arguments, the table {args}")
            continue
        for ours, theirs in zip(args, events[name]):
            used.add((name, ours[0]))
            fault = check_argument(name, ours, theirs)
            if fault:
                faults.append(fault)
    faults += [f"exception for {pair} fits no argument" for pair in EXCEPTIONS if pair[0] in events and pair not in used]
    if compared < 300:
        faults.append(f"only {compared} calls have a trace event: the formats were not read")
    print(f"{compared} calls compared with the running kernel")
    return faults


# --- constants -------------------------------------------------------------------------------------

KERNEL_HEADERS = """asm/fcntl.h asm/ioctls.h asm/mman.h asm/prctl.h asm/ptrace.h asm/resource.h asm/signal.h
 asm/socket.h asm/stat.h asm/termbits.h linux/bpf.h linux/close_range.h linux/eventfd.h linux/eventpoll.h
 linux/fadvise.h linux/falloc.h linux/fanotify.h linux/fs.h linux/futex.h linux/if_tun.h linux/in.h linux/inotify.h
 linux/io_uring.h linux/ioprio.h linux/ipc.h linux/kcmp.h linux/kd.h linux/kexec.h linux/keyctl.h linux/landlock.h
 linux/loop.h linux/lsm.h linux/mman.h linux/module.h linux/mount.h linux/membarrier.h linux/memfd.h
 linux/mempolicy.h linux/msg.h linux/netlink.h linux/nsfs.h linux/perf_event.h linux/personality.h linux/pidfd.h
 linux/prctl.h linux/ptrace.h linux/quota.h linux/random.h linux/reboot.h linux/rseq.h linux/sched.h linux/seccomp.h
 linux/sem.h linux/signalfd.h linux/sockios.h linux/stat.h linux/time.h linux/timerfd.h linux/tiocl.h
 linux/userfaultfd.h linux/vt.h linux/wait.h linux/xattr.h""".split()
LIBC_HEADERS = """fcntl.h poll.h sched.h sys/epoll.h sys/eventfd.h sys/file.h sys/inotify.h sys/ipc.h sys/mount.h
 sys/msg.h sys/resource.h sys/sem.h sys/shm.h sys/signalfd.h sys/socket.h sys/stat.h sys/swap.h sys/time.h sys/timerfd.h sys/uio.h sys/wait.h
 unistd.h netinet/in.h netinet/tcp.h netinet/udp.h""".split()
# C library values that are not the kernel's: it hides the flag on 64-bit machines, where it is always on, and
# keeps the first real-time signals for itself.
LIBC_DIFFERS = {"O_LARGEFILE", "SIGRTMIN"}
PREAMBLE = ("typedef __SIZE_TYPE__ size_t;\ntypedef unsigned char uint8_t;\ntypedef unsigned short uint16_t;\n"
            "typedef unsigned int uint32_t;\ntypedef unsigned long long uint64_t;\ntypedef int int32_t;\n"
            "typedef long long int64_t;\ntypedef long time_t;\n")


def defined_names(flags, source):
    """Macros and enumerators of a source text."""
    defines = macros(flags, source)
    text = run_cc(["-E", "-P", *flags], source)
    if defines is None or text.returncode:
        raise gen.Bad(f"the headers do not compile: {run_cc(['-E', *flags], source).stderr[:500]}")
    enumerators = set()
    for body in re.findall(r"\benum\b[^{};]*\{(.*?)\}", text.stdout, re.S):
        enumerators.update(re.findall(r"(?:^|,)\s*(\w+)", body))
    return set(defines) | enumerators


def assert_values(what, flags, source, values):
    """Static asserts for each name that the headers have; (how many, faults)."""
    names = sorted(defined_names(flags, source) & set(values))
    text = source + "".join(
        f'_Static_assert((unsigned long long)({name}) == {values[name] % 2**64:#x}ull, "{name}");\n' for name in names)
    done = run_cc(["-fsyntax-only", "-w", *flags], text)
    faults = []
    if done.returncode:
        wrong = re.findall(r'static.assert\w* failed(?: due to.*?)?: "?(\w+)"?', done.stderr)
        faults = [f"{what}: {name} is not {values[name]:#x} in the headers" for name in wrong]
        faults = faults or [f"{what}: {done.stderr[:2000]}"]
    return set(names), faults


def check_constants(include):
    constants, faults, seen = gen.read_constants(DIRECTORY), [], set()
    builtin = run_cc(["-print-file-name=include"], "").stdout.strip()
    for machine in gen.ABIS:
        values = {name: row[machine] for name, row in constants if row[machine] is not None}
        flags = include_flags(machine, include)
        if flags is None:
            print(f"SKIP of one machine: the headers of {machine} are not installed")
            continue
        paths = [flag[2:] for flag in flags if flag.startswith("-I")]
        headers = [h for h in KERNEL_HEADERS if any(os.path.exists(os.path.join(path, h)) for path in paths)]
        source = PREAMBLE + "".join(f"#include <{header}>\n" for header in headers)
        flags = NARROW.get(machine, []) + flags + ["-isystem", builtin]
        names, wrong = assert_values(machine, flags, source, values)
        print(f"{machine}: {len(names)} constants compared with the kernel's headers")
        seen |= names
        faults += wrong
    values = {name: row["x86_64"] for name, row in constants if row["x86_64"] is not None and name not in LIBC_DIFFERS}
    source = "#define _GNU_SOURCE\n" + "".join(f"#include <{header}>\n" for header in LIBC_HEADERS)
    names, wrong = assert_values("C library", [], source, values)
    print(f"{len(names)} constants compared with the C library's headers")
    seen |= names
    if len(seen) < len(constants) * 2 // 3:
        faults.append(f"only {len(seen)} of {len(constants)} constants are in any header: they were not read")
    print(f"{len(constants) - len(seen)} constants are in none of these headers")
    return faults + wrong


# --- libseccomp ------------------------------------------------------------------------------------

SECCOMP_ARCH = {"x86_64": 0xC000003E, "i386": 0x40000003, "x32": 0x4000003E, "aarch64": 0xC00000B7,
                "arm": 0x40000028, "riscv64": 0xC00000F3}
SECCOMP_UNKNOWN = -1
# libseccomp's pseudo numbers of the calls behind i386's socketcall and ipc; it gives no direct number then.
SECCOMP_MULTIPLEXED = range(-299, -99)
# libseccomp leaves it out, the kernel's own list for x32 has it.
SECCOMP_DIFFERS = {("x32", "map_shadow_stack")}


def check_libseccomp(_):
    path = ctypes.util.find_library("seccomp")
    if not path:
        skip("no libseccomp")
    resolve = ctypes.CDLL(path).seccomp_syscall_resolve_name_arch
    resolve.argtypes, resolve.restype = [ctypes.c_uint32, ctypes.c_char_p], ctypes.c_int
    faults, known = [], 0
    for name, _, numbers, *_ in gen.read_syscalls(DIRECTORY):
        for column, number in numbers.items():
            theirs = resolve(SECCOMP_ARCH[column], name.encode())
            if (column, name) in SECCOMP_DIFFERS:
                continue
            if theirs == SECCOMP_UNKNOWN or (column == "i386" and theirs in SECCOMP_MULTIPLEXED):
                continue
            known += 1
            # Below -1: a name that libseccomp knows of another machine only.
            if (theirs if theirs >= 0 else -1) != number:
                faults.append(f"{column}: {name} is {theirs} for libseccomp, {number} in the table")
    if known < 1500:
        faults.append(f"libseccomp knew only {known} of the names")
    print(f"{known} numbers compared with libseccomp")
    return faults


CHECKS = {"numbers": check_numbers, "arguments": check_arguments, "constants": check_constants,
          "libseccomp": check_libseccomp}


def main():
    if not 2 <= len(sys.argv) <= 3 or sys.argv[1] not in CHECKS:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        faults = CHECKS[sys.argv[1]](sys.argv[2] if len(sys.argv) == 3 else None)
    except gen.Bad as fault:
        faults = [str(fault)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
