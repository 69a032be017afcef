# SPDX-License-Identifier: Apache-2.0
"""spy.py PID PROGRAM: opens the memory of every process below PID, again and again until PID is gone.

Prints how often it looked, then each process that let it and was not yet PROGRAM.
"""
import os
import sys


def below(top):
    found, todo = [], [top]
    while todo:
        at = todo.pop()
        try:
            with open(f"/proc/{at}/task/{at}/children", encoding="ascii") as file:
                children = [int(word) for word in file.read().split()]
        except OSError:
            continue
        found += children
        todo += children
    return found


def main():
    top, program = int(sys.argv[1]), os.stat(sys.argv[2])
    looks, had = 0, set()
    while os.path.exists(f"/proc/{top}/task/{top}/children"):
        pids = below(top)
        if not pids and looks:
            break
        for pid in pids:
            looks += 1
            try:
                memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
            except OSError:
                continue
            os.close(memory)
            try:
                now = os.stat(f"/proc/{pid}/exe")
            except OSError:
                continue
            if (now.st_dev, now.st_ino) != (program.st_dev, program.st_ino):
                had.add(pid)
    print(looks)
    for pid in sorted(had):
        print(pid)


if __name__ == "__main__":
    main()
