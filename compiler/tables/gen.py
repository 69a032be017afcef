#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns the .tsv files and groups/*.txt beside this script into one C file for tables.h.

Usage: gen.py DIRECTORY OUTPUT.c

Deterministic: the output depends on the input files only.  Anything odd in them ends the build with
the file and line: a silent slip here would become a wrong filter.
"""

import os
import re
import sys

MACHINES = ["x86_64", "aarch64", "riscv64"]
# In the order of enum rf_machine.
ABIS = MACHINES + ["i386", "x32", "arm"]
NUMBER_COLUMNS = ["x86_64", "i386", "x32", "aarch64", "arm", "riscv64"]
# Numbers an ABI can have: x32's carry bit 30, arm has six private ones; nothing else comes near 1000.
HIGHEST = 999
X32_BIT = 0x40000000
ARM_PRIVATE = 0x0F0000
ARM_PRIVATE_LAST = ARM_PRIVATE + 6
# RF_TABLES_PRIVATE of data.h.
PRIVATE_FOLDED = 1000
# type: (width, signed, pointer)
TYPES = {
    "int": (32, True, False),
    "fd": (32, True, False),
    "u32": (32, False, False),
    "s64": (64, True, False),
    "u64": (64, False, False),
    "size": (64, False, False),
    "umode": (16, False, False),
    "u16": (16, False, False),
    "ptr": (64, False, True),
    "ptr32": (32, False, True),
}


class Bad(Exception):
    """A fault in a table, with its place."""


def records(path):
    """(line number, fields) of every line that is neither a comment nor blank."""
    with open(path, encoding="ascii") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            if line != line.strip() or "\r" in line:
                raise Bad(f"{path}:{number}: stray blank at an end of the line")
            yield number, line.split("\t")


def table(path, header, most):
    """Records below the header line, each of len(header)..most fields, ascending and unique by name."""
    rows, last = [], ""
    for number, fields in records(path):
        place = f"{path}:{number}"
        if not rows and not last and fields[: len(header)] == header:
            last = "\0"
            continue
        if not last:
            raise Bad(f"{place}: the header line {header} is missing")
        if not len(header) <= len(fields) <= most:
            raise Bad(f"{place}: {len(fields)} fields, not {len(header)}..{most}")
        if last != "\0" and fields[0] <= last:
            raise Bad(f"{place}: '{fields[0]}' does not sort behind '{last}'")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", fields[0]):
            raise Bad(f"{place}: '{fields[0]}' is not a name")
        last = fields[0]
        rows.append((place, fields))
    if not rows:
        raise Bad(f"{path}: empty")
    return rows


def release(place, text):
    match = re.fullmatch(r"([1-9][0-9]?)\.(0|[1-9][0-9]?)", text)
    if not match or (int(match[1]), int(match[2])) < (2, 6):
        raise Bad(f"{place}: '{text}' is not a release such as 5.9, 2.6 at the least")
    return int(match[1]), int(match[2])


def number(place, text, low, high):
    if not re.fullmatch(r"-?(0|[1-9][0-9]*|0x[0-9a-f]+)", text):
        raise Bad(f"{place}: '{text}' is not a number")
    value = int(text, 0)
    if not low <= value <= high:
        raise Bad(f"{place}: {text} is outside {low}..{high}")
    return value


def arguments(place, text):
    """None for an unknown list, else [(name, type)]."""
    if text == "?":
        return None
    if text == "-":
        return []
    result = []
    for word in text.split(" "):
        match = re.fullmatch(r"([a-z][a-z0-9_]*):([a-z0-9]+)", word)
        if not match or match[2] not in TYPES or match[2] == "ptr32":
            raise Bad(f"{place}: '{word}' is not NAME:TYPE with a known type")
        result.append((match[1], match[2]))
    if len(result) > 6:
        raise Bad(f"{place}: more than six arguments")
    if len({name for name, _ in result}) != len(result):
        raise Bad(f"{place}: two arguments of one name")
    return result


def arguments_32(place, text, wide):
    """As arguments(), of 32-bit registers; "=": the same list."""
    args = wide if text == "=" else arguments(place, text)
    cut = {"s64": "int", "u64": "u32", "size": "u32", "ptr": "ptr32"}
    return args and [(name, cut.get(kind, kind)) for name, kind in args]


def read_syscalls(directory):
    header = ["name", "since"] + NUMBER_COLUMNS + ["args", "args32"]
    calls, taken = [], {}
    for place, fields in table(os.path.join(directory, "syscalls.tsv"), header, len(header)):
        numbers = {}
        for column, text in zip(NUMBER_COLUMNS, fields[2:8]):
            base = X32_BIT if column == "x32" else 0
            private = column == "arm" and re.fullmatch(r"[0-9]{6}", text)
            low, high = (ARM_PRIVATE + 1, ARM_PRIVATE_LAST) if private else (base, base + HIGHEST)
            numbers[column] = -1 if text == "-" else number(place, text, low, high)
            if numbers[column] >= 0:
                other = taken.setdefault((column, numbers[column]), fields[0])
                if other != fields[0]:
                    raise Bad(f"{place}: {column} {text} is already '{other}'")
        if all(numbers[abi] < 0 for abi in ABIS):
            raise Bad(f"{place}: no supported machine has '{fields[0]}'")
        # x32 has 512..547 of its own: the one exception to a rule that held for every call since 5.1.
        new = {numbers[column] & ~X32_BIT for column in NUMBER_COLUMNS if numbers[column] >= 0}
        if any(424 <= value < 512 for value in new) and len(new) != 1:
            raise Bad(f"{place}: numbers from 424 on are the same on every machine")
        wide = arguments(place, fields[8])
        calls.append((fields[0], release(place, fields[1]), numbers, wide, arguments_32(place, fields[9], wide)))
    return calls


def read_constants(directory):
    result = []
    for place, fields in table(os.path.join(directory, "constants.tsv"), ["name", "value"], 3):
        value = number(place, fields[1], -(2**63), 2**64 - 1)
        values = {machine: value for machine in ABIS}
        for word in fields[2].split(" ") if len(fields) == 3 else []:
            machine, equals, text = word.partition("=")
            if not equals or machine not in ABIS or values[machine] is not value:
                raise Bad(f"{place}: '{word}' is not MACHINE=VALUE, once a machine")
            values[machine] = None if text == "-" else number(place, text, -(2**63), 2**64 - 1)
            if values[machine] == value:
                raise Bad(f"{place}: '{word}' excepts nothing")
        if all(values[machine] is None for machine in MACHINES):
            raise Bad(f"{place}: no machine has '{fields[0]}'")
        result.append((fields[0], values))
    return result


def read_errnos(directory):
    rows = table(os.path.join(directory, "errno.tsv"), ["name", "value"], 2)
    direct = {fields[0]: number(place, fields[1], 1, 4095) for place, fields in rows if not fields[1].startswith("E")}
    if len(set(direct.values())) != len(direct):
        raise Bad("errno.tsv: two names of one value; write the lesser one as an alias")
    result = []
    for place, fields in rows:
        target = fields[1] if fields[1].startswith("E") else fields[0]
        if target not in direct:
            raise Bad(f"{place}: '{target}' is not a name with a value")
        result.append((fields[0], direct[target]))
    return result, {value: name for name, value in direct.items()}


def read_groups(directory, calls):
    since = {call[0]: call[1] for call in calls}
    folder = os.path.join(directory, "groups")
    groups = {}
    for file in sorted(name for name in os.listdir(folder) if name.endswith(".txt")):
        path = os.path.join(folder, file)
        name, why, lines = file[: -len(".txt")], None, []
        if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
            raise Bad(f"{path}: not a group name")
        for line, fields in records(path):
            place = f"{path}:{line}"
            if len(fields) != 2:
                raise Bad(f"{place}: {len(fields)} fields, not 2")
            if why is None:
                if fields[0] != "why" or '"' in fields[1] or "\\" in fields[1]:
                    raise Bad(f"{place}: the first line says why<TAB>one line")
                why = fields[1]
                continue
            key = (not fields[0].startswith("@"), fields[0])
            if lines and key <= (not lines[-1][0].startswith("@"), lines[-1][0]):
                raise Bad(f"{place}: '{fields[0]}' is out of order (groups first, then by name)")
            joined = release(place, fields[1])
            if not fields[0].startswith("@"):
                if fields[0] not in since:
                    raise Bad(f"{place}: '{fields[0]}' is not a system call of the table")
                if joined < since[fields[0]]:
                    raise Bad(f"{place}: '{fields[0]}' joined before it existed")
            lines.append((fields[0], joined))
        if not lines:
            raise Bad(f"{path}: empty")
        groups[name] = (why, lines)
    for name in groups:
        check_group(groups, name, [])
    lost = sorted(set(since) - {line for _, lines in groups.values() for line, _ in lines})
    if lost:
        raise Bad(f"{folder}: in no group: {' '.join(lost)}")
    return groups


def check_group(groups, name, trail):
    if name in trail:
        raise Bad("groups: a cycle: " + " -> ".join("@" + step for step in trail + [name]))
    for line, _ in groups[name][1]:
        if line.startswith("@"):
            if line[1:] not in groups:
                raise Bad(f"group {name}: there is no {line}")
            check_group(groups, line[1:], trail + [name])


def flag(value):
    return "true" if value else "false"


def sysargs(args):
    parts = []
    for argument, kind in args or []:
        width, signed, pointer = TYPES[kind]
        parts.append(f'{{"{argument}", {width}, {flag(signed)}, {flag(pointer)}}}')
    parts += ["{NULL, 0, false, false}"] * (6 - len(parts))
    return f"{{{flag(args is not None)}, {len(args or [])}, {{{', '.join(parts)}}}}}"


def folded(abi, value):
    """Where a number stands in its ABI's list."""
    if abi == "arm" and value >= ARM_PRIVATE:
        return value - ARM_PRIVATE + PRIVATE_FOLDED
    return value - X32_BIT if abi == "x32" else value


def write_syscalls(out, calls):
    out.append("const struct rf_syscall rf_syscalls[] = {")
    for name, since, numbers, args, args_32 in calls:
        machines = ", ".join(str(numbers[abi]) for abi in ABIS)
        out.append(f'    {{"{name}", RF_RELEASE({since[0]}, {since[1]}), {{{machines}}},')
        out.append(f"     {sysargs(args)}, {sysargs(args_32)}}},")
    out.append("};")
    out.append("const size_t rf_syscall_count = sizeof rf_syscalls / sizeof rf_syscalls[0];")
    for machine in ABIS:
        index = {folded(machine, call[2][machine]): i for i, call in enumerate(calls) if call[2][machine] >= 0}
        cells = ", ".join(str(index.get(n, -1)) for n in range(max(index) + 1))
        out.append(f"static const int16_t numbers_{machine}[] = {{{cells}}};")
    out.append("const struct rf_tables_numbers rf_tables_numbers[RF_ABIS] = {")
    for machine in ABIS:
        out.append(f"    {{numbers_{machine}, sizeof numbers_{machine} / sizeof numbers_{machine}[0]}},")
    out.append("};")


def write_constants(out, constants):
    out.append("const struct rf_tables_constant rf_tables_constants[] = {")
    for name, values in constants:
        cells = ", ".join(f"{(values[machine] or 0) % 2**64:#x}u" for machine in ABIS)
        mask = sum(1 << i for i, machine in enumerate(ABIS) if values[machine] is not None)
        out.append(f'    {{"{name}", {{{cells}}}, {mask}}},')
    out.append("};")
    out.append("const size_t rf_tables_constant_count = sizeof rf_tables_constants / sizeof rf_tables_constants[0];")


def write_errnos(out, errnos, names):
    out.append("const struct rf_tables_errno rf_tables_errnos[] = {")
    out.extend(f'    {{"{name}", {value}}},' for name, value in errnos)
    out.append("};")
    out.append("const size_t rf_tables_errno_count = sizeof rf_tables_errnos / sizeof rf_tables_errnos[0];")
    out.append("const char *const rf_tables_errno_names[] = {")
    out.extend(f'    [{value}] = "{names[value]}",' for value in sorted(names))
    out.append("};")
    out.append("const size_t rf_tables_errno_name_count =")
    out.append("    sizeof rf_tables_errno_names / sizeof rf_tables_errno_names[0];")


def write_groups(out, groups):
    for position, name in enumerate(sorted(groups)):
        out.append(f"static const struct rf_group_line group_{position}[] = {{")
        out.extend(f'    {{"{line}", RF_RELEASE({since[0]}, {since[1]})}},' for line, since in groups[name][1])
        out.append("};")
    out.append("const struct rf_group_info rf_groups[] = {")
    for position, name in enumerate(sorted(groups)):
        out.append(f'    {{"{name}", "{groups[name][0]}", group_{position}, sizeof group_{position} /'
                   f" sizeof group_{position}[0]}},")
    out.append("};")
    out.append("const size_t rf_group_count = sizeof rf_groups / sizeof rf_groups[0];")


def main():
    if len(sys.argv) != 3:
        print("usage: gen.py DIRECTORY OUTPUT.c", file=sys.stderr)
        return 2
    directory, output = sys.argv[1:]
    try:
        calls = read_syscalls(directory)
        constants = read_constants(directory)
        errnos, names = read_errnos(directory)
        groups = read_groups(directory, calls)
    except (Bad, OSError, UnicodeDecodeError) as fault:
        print(f"gen.py: {fault}", file=sys.stderr)
        return 1
    out = ["/* SPDX-License-Identifier: Apache-2.0 */", "/* Generated by gen.py from the tables; edit those. */",
           '#include "data.h"']
    write_syscalls(out, calls)
    write_constants(out, constants)
    write_errnos(out, errnos, names)
    write_groups(out, groups)
    with open(output, "w", encoding="ascii") as file:
        file.write("\n".join(out) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
