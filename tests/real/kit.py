# SPDX-License-Identifier: Apache-2.0
"""What the tests with real programs share."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release").resolve()


class Launch:
    """ringfence-run with its status fd; .start is the start event or {}."""

    def __init__(self, fence, *args):
        reader, writer = os.pipe()
        self.process = subprocess.Popen([BUILD / "ringfence-run", "--status-fd", str(writer), fence, *args], pass_fds=[writer],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        os.close(writer)
        self.stream = os.fdopen(reader)
        line = self.stream.readline()
        self.start = json.loads(line) if line else {}
        self.pid = self.start.get("pid")

    def inside(self, *command):
        return subprocess.run(["nsenter", "-t", str(self.pid), "-n", *command], capture_output=True, text=True, timeout=30)

    def wait_for(self, *command):
        """Until the command succeeds inside, or the program has ended."""
        for _ in range(400):
            done = self.inside(*command)
            if done.returncode == 0:
                return done.stdout
            if self.process.poll() is not None:
                raise AssertionError(f"the program ended with {self.process.returncode}: {self.process.stdout.read()}")
            time.sleep(0.05)
        raise AssertionError(f"no answer: {done.stderr.strip()}")

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        output = self.process.communicate(timeout=30)[0]
        self.stream.close()
        return self.process.returncode, output


def expect(condition, what):
    if not condition:
        raise AssertionError(what)
