#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""faults.py RINGFENCE_RUN MKBLOB [ERROR,...]: fails every system call of a launch, one at a time.

strace makes the N-th call of each name, in each process, return ERROR (KILL: delivers SIGKILL instead).  Whatever
fails, the payload either does not start, with exit code 125 to 127 and a line that says why, or starts under
exactly the confinement of an undisturbed launch.  Afterwards no process and no cgroup is left.  TAP on stdout.
"""
import collections
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

PAYLOAD = ["cat", "/proc/self/status", "/proc/self/mountinfo", "/proc/self/limits", "/proc/self/uid_map"]
# What of the payload's output is its confinement; the rest (memory, process numbers) varies.
KEPT = re.compile(r"^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|SigIgn|SigBlk|NSpid|Umask|Max|\d+ \d+ \d+:\d+|\s+\d+\s+\d+\s+\d+)")
ORDINARY = ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups"]


def confinement(text):
    lines = [line for line in text.splitlines() if KEPT.match(line)]
    # mountinfo: without the numbers of mounts and devices, which are new each time
    return [re.sub(r"^\d+ \d+ \d+:\d+ ", "", line) for line in lines]


def policies(directory):
    spaces = "mnt,pid,uts,ipc,net,cgroup"
    who = ["uid=33", "gid=33", "env=PATH=/bin", "filter=165:1,169:0" if os.uname().machine == "x86_64" else "filter=40:1"]
    root = ["root=%s/root" % directory, "proc=full", "dev=null:1:3:0666", "mask=/etc/shadow", "mask=/proc/kcore",
            "ro=/proc/sys", "sys", "bind=%s/src:/data:w" % directory, "cwd=/data"]
    limits = ["limit=2:pids:pids.max:50:exact", "limit=1:pids:pids.max:50:exact"]
    return {
        "reaper": ([], who + root + limits + ["ns=" + spaces, "tmpfs=/tmp:1048576:01777:0:0", "init=reaper", "hostname=box",
                   "rlimit=4:0:0", "umask=027", "oom=100", "group=7", "caps=0x400"]),
        "no reaper": ([], who + root + ["ns=" + spaces + ",time", "time=5:5", "init=none"]),
        "maps": ([], who + root + ["ns=" + spaces + ",user,time", "time=5:5", "map=0:0:100000:65536",
                 "map=1:0:100000:65536", "init=reaper", "group=5"]),
        "ordinary user": (ORDINARY, who + root + ["ns=" + spaces + ",user", "self", "init=reaper"]),
    }


class Launch:
    def __init__(self, run, directory, before, blob):
        self.words = [run, blob, "--"] + PAYLOAD
        self.directory = directory
        self.before = before

    def trace(self, log, inject):
        words = self.before + ["strace", "-f", "-o", log] + inject + self.words
        return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)

    def calls(self):
        """Every (name, highest count in one process) before the payload's first instruction."""
        log = os.path.join(self.directory, "base.log")
        plain = self.trace(log, [])
        counts, running = collections.Counter(), set()
        for pid, name, line, begins in parse(log):
            if begins and pid not in running:
                counts[pid, name] += 1
            if is_start(name, line):
                running.add(pid)
        most = collections.Counter()
        for (_, name), n in counts.items():
            most[name] = max(most[name], n)
        most.pop("exit_group", None)
        os.unlink(log)
        return confinement(plain.stdout), most

    def disturbed(self, job):
        name, n, error = job
        what = "signal=SIGKILL" if error == "KILL" else "error=" + error
        log = os.path.join(self.directory, "%s.%d.%s.log" % job)
        try:
            result = self.trace(log, ["-e", "inject=%s:%s:when=%d" % (name, what, n)])
        except subprocess.TimeoutExpired:
            return job, "never ended", []
        running, late, unheard = set(), False, False
        for pid, call, line, _ in parse(log):
            if "(INJECTED)" in line:
                late = late or pid in running  # it hit the payload itself
                unheard = unheard or "write(2," in line  # also the supervisor's message, which has the same number
            if is_start(call, line):
                running.add(pid)
        os.unlink(log)
        return job, judge(result, late, unheard, error), confinement(result.stdout)


def parse(log):
    """Lines of a system call, whole or in two parts; of the launcher's own execve, the first line, nothing."""
    with open(log, errors="replace") as lines:
        next(lines, None)
        for line in lines:
            match = re.match(r"(\d+) +(<\.\.\. )?(\w+)(\(| resumed)", line)
            if match:
                yield match.group(1), match.group(3), line, not match.group(2)


def is_start(call, line):
    """An execve that succeeded.  (The path cannot be asked for: an ordinary user's strace may not read the memory
    of a process that is not dumpable.)"""
    return call == "execve" and line.rstrip().endswith("= 0")


def judge(result, late, unheard, error):
    """None if the launch is to be compared with an undisturbed one; "" if it is fine; else what is wrong."""
    if late:
        return ""
    if "NoNewPrivs" in result.stdout:
        return None
    if error == "KILL":
        return ""
    if result.returncode not in (125, 126, 127):
        return "exit code %d without a payload" % result.returncode
    return "" if unheard or result.stderr.strip() else "failed in silence"


def leaves():
    return sorted(p for depth in range(1, 7) for p in glob.glob("/sys/fs/cgroup" + "/*" * depth) if
                  re.match(r"ringfence\.\d", os.path.basename(p)))


def prepare(run, directory):
    os.chmod(directory, 0o755)
    for name in ("bin", "proc", "sys", "dev", "tmp", "etc", "data"):
        os.makedirs(os.path.join(directory, "root", name))
    os.mkdir(os.path.join(directory, "src"))
    os.mkdir(os.path.join(directory, "logs"))
    os.chmod(os.path.join(directory, "logs"), 0o777)
    with open(os.path.join(directory, "root/etc/shadow"), "w") as secret:
        secret.write("secret\n")
    shutil.copy(shutil.which("busybox"), os.path.join(directory, "root/bin/cat"))
    return shutil.copy(run, os.path.join(directory, "run"))


def examine(title, launch, errors, number):
    expected, most = launch.calls()
    jobs = [(name, n, e) for name, count in sorted(most.items()) for n in range(1, count + 1) for e in errors]
    wrong, started = [], 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for job, verdict, got in pool.map(launch.disturbed, jobs):
            if verdict is None:
                started += 1
                cut = job[2] == "KILL" and set(got[:-1]) <= set(expected)  # the payload died with the launcher
                verdict = "" if got == expected or cut else "started with another confinement: %s" % sorted(set(got) ^ set(expected))[:6]
            if verdict:
                wrong.append("%s: %s" % (job, verdict))
    if not expected:
        wrong.append("the undisturbed launch did not start")
    print("%sok %d - %s: %d faults, %d launches that could do without" % ("not " if wrong else "", number, title, len(jobs),
                                                                      started))
    for line in wrong:
        print("#   " + line)
    sys.stdout.flush()
    return not wrong


def main():
    for tool in ("strace", "busybox", "setpriv"):
        if not shutil.which(tool):
            print("1..0 # SKIP needs " + tool)
            return 0
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root")
        return 0
    errors = (sys.argv[3] if len(sys.argv) > 3 else "EPERM,ENOSYS,ENOMEM,EMFILE,KILL").split(",")
    before, good, number = leaves(), True, 0
    with tempfile.TemporaryDirectory() as directory:
        run = prepare(os.path.abspath(sys.argv[1]), directory)
        for title, (user, words) in policies(directory).items():
            blob = os.path.join(directory, title.replace(" ", "-") + ".fence")
            subprocess.run([sys.argv[2], blob] + words, check=True)
            number += 1
            good &= examine(title, Launch(run, os.path.join(directory, "logs"), user, blob), errors, number)
            # The next launch beside them sweeps what a killed one left.
            subprocess.run(user + [run, blob, "--"] + PAYLOAD, capture_output=True, check=False)
        number += 1
        print("%sok %d - no cgroup stayed" % ("" if leaves() == before else "not ", number))
        good &= leaves() == before
    print("1..%d" % number)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
