# SPDX-License-Identifier: Apache-2.0
"""The list of tests, in the order in which they were written down."""
from .world import Skip

TESTS = []


class Test:
    def __init__(self, name, function, needs):
        self.name, self.run, self.needs = name, function, needs

    def requirements(self, world):
        if "root" in self.needs and not world.is_root:
            raise Skip("not root")
        if "vm" in self.needs and not world.in_vm:
            raise Skip("only in the virtual machine of tests/vm")
        if "v1" in self.needs and world.cgroups.version != 1:
            raise Skip("no cgroup v1 controllers here")
        if "v2" in self.needs and world.cgroups.version != 2:
            raise Skip("no cgroup v2 controllers here")
        if "limits" in self.needs and world.cgroups.version is None:
            raise Skip("no cgroup controllers to use")


def test(*needs):
    """Marks a function as a test; its name with '-' for '_' is the name printed.  Root is needed unless `anyone`."""
    def mark(function):
        wanted = set(needs) | (set() if "anyone" in needs else {"root"})
        TESTS.append(Test(function.__name__.replace("_", "-"), function, wanted))
        return function
    return mark
