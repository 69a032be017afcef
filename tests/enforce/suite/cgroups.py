# SPDX-License-Identifier: Apache-2.0
"""A cgroup of our own in every hierarchy, so that what a launch leaves can be told from the neighbours' doings."""
import os
import time

from . import kernel

CONTROLLERS = ("cpu", "memory", "pids", "io")


def _hierarchies():
    """[(set of controllers, mount point, version, own path)] of what is mounted here."""
    own = {}
    with open("/proc/self/cgroup", encoding="ascii") as file:
        for line in file:
            _, names, path = line.rstrip("\n").split(":", 2)
            own[frozenset(filter(None, names.split(",")))] = path
    found = []
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for mount in kernel.mounts(file.read()):
            if mount["fstype"] == "cgroup2" and frozenset() in own:
                found.append((frozenset(), mount["target"], 2, own[frozenset()]))
            elif mount["fstype"] == "cgroup":
                for names, path in own.items():
                    if names and names <= set(mount["super"]):
                        found.append((names, mount["target"], 1, path))
    return found


def _write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


class Cgroups:
    """self.version is 1 or 2 for where the memory controller is; None where there is none to use."""

    def __init__(self, root):
        self.base = {}
        self.dirs = {}
        self.version = None
        self.count = 0
        if not root:
            return
        for names, top, version, path in _hierarchies():
            if "cpuset" in names:
                continue  # a new v1 cpuset has no CPUs until it is given some; no test needs one
            here = os.path.join(top + path, f"ringfence-tests.{os.getpid()}")
            os.mkdir(here)
            self.base[names] = here
            self.dirs[names] = version
            if version == 2:
                self._delegate(here)
            elif "memory" in names:
                self.version = 1

    def _delegate(self, here):
        """Enables in `here` what its parent passes on."""
        with open(os.path.join(here, "cgroup.controllers"), encoding="ascii") as file:
            have = [name for name in file.read().split() if name in CONTROLLERS]
        if have:
            _write(os.path.join(here, "cgroup.subtree_control"), " ".join("+" + name for name in have))
        if "memory" in have:
            self.version = 2

    def path(self, controller):
        """Our directory in the hierarchy of a controller ("" is the v2 tree)."""
        if self.version == 2:
            return self.base[frozenset()]
        name = {"io": "blkio"}.get(controller, controller)
        for names, here in self.base.items():
            if name in names or (not names and name == ""):
                return here
        raise KeyError(controller)

    def place(self, owner=None):
        """A new empty cgroup for one launch in every hierarchy; returns the files to write a pid to."""
        self.count += 1
        files = []
        for names, here in self.base.items():
            leaf = os.path.join(here, f"launch{self.count}")
            os.mkdir(leaf)
            if self.version == 2:
                os.setxattr(leaf, "trusted.delegate", b"1")  # as systemd marks a unit with Delegate=yes
            if owner is not None and self.dirs[names] == 2:
                for name in ("", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"):
                    os.chown(os.path.join(leaf, name), owner, owner)
            files.append(os.path.join(leaf, "cgroup.procs"))
        return files

    def parent(self, owner=None):
        """(files, options) for several launches whose leaves are made in the same place."""
        files = self.place(owner)
        if self.version != 2:
            return files, []
        here = self.base[frozenset()]
        parent = os.path.join(here, f"launch{self.count}.parent")
        os.mkdir(parent)
        return files, ["--cgroup-parent", parent]

    def strays(self, pid):
        """Leaves of the enforcer `pid` outside our own directories."""
        found = []
        for here in self.base.values():
            top = os.path.dirname(here)
            found += [os.path.join(top, name) for name in os.listdir(top)
                      if name.startswith((f"ringfence.{pid}.", "ringfence.leaf.test-"))]
        return found

    def listing(self, skip_supervisor=True):
        """Every directory below ours, without the empty ones that place() made."""
        found = set()
        for here in self.base.values():
            for at, names, _ in os.walk(here):
                for name in names:
                    if at == here and name.startswith("launch"):
                        continue
                    if skip_supervisor and name == "ringfence.supervisor":
                        continue
                    found.add(os.path.join(at, name))
        return found

    def leaves(self):
        """The cgroups that the launch under way made."""
        return sorted(self.listing())

    def leaf(self, controller, wait=5.0):
        """The leaf of the launch under way in the hierarchy of a controller; waits for it to be there."""
        top = self.path(controller)
        end = time.monotonic() + wait
        while True:
            found = [d for d in self.leaves() if d.startswith(top + "/")]
            if len(found) == 1:
                return found[0]
            if time.monotonic() > end:
                raise AssertionError(f"one leaf expected below {top}, found {found}")
            time.sleep(0.005)

    def sweep_leaves(self, paths):
        for path in sorted(paths, reverse=True):
            _remove(path)

    def sweep(self):
        """Removes all that is left; true if every directory went."""
        gone = True
        for here in self.base.values():
            for at, names, _ in os.walk(here, topdown=False):
                for name in names:
                    gone = _remove(os.path.join(at, name)) and gone
            gone = _remove(here) and gone
        return gone

    def retire(self):
        """Removes the places of finished launches."""
        for here in self.base.values():
            for name in os.listdir(here):
                if name.startswith("launch"):
                    for at, names, _ in os.walk(os.path.join(here, name), topdown=False):
                        for inner in names:
                            _remove(os.path.join(at, inner))
                    _remove(os.path.join(here, name))


def _remove(path):
    for _ in range(50):
        try:
            os.rmdir(path)
            return True
        except FileNotFoundError:
            return True
        except OSError:
            time.sleep(0.01)
    return False
