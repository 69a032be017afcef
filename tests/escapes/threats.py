# SPDX-License-Identifier: Apache-2.0
"""threats.md names a test for every threat, and every test that it names is there."""
import os
import re

from suite import (  # noqa: F401  (importing registers the tests)
    test_confine, test_hostile, test_launcher, test_namespaces, test_notify, test_process, test_refusals, test_resources,
    test_root, test_user)
from suite import registry
from suite.registry import test
from suite.world import check

HERE = os.path.dirname(os.path.abspath(__file__))
WHOLE = {"faults", "golden", "lint", "unit", "leak"}
OWN = [entry for entry in registry.TESTS if not entry.run.__module__.startswith("suite.")]
OTHERS = {entry.name for entry in registry.TESTS} - {entry.name for entry in OWN}
registry.TESTS[:] = OWN


@test()
def every_threat_has_its_test(w):
    del w
    names = {"escapes": {entry.name for entry in registry.TESTS}, "enforce": OTHERS}
    rows = 0
    with open(os.path.join(HERE, "threats.md"), encoding="utf-8") as page:
        for line in page:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells) != 3 or cells[0] in ("threat", "---"):
                continue
            rows += 1
            for named in re.split(r",\s*", cells[2]):
                suite, _, name = named.partition(" ")
                check(suite in WHOLE if not name or suite == "leak" else name in names.get(suite, ()),
                      f"{cells[0]}: there is no test '{named}'")
    check(rows > 30, f"only {rows} threats")
