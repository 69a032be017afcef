#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The parts of the manual pages that come from tables, between "; begin NAME" and "; end NAME".

    docs/man/tables.py RINGFENCE                       write them
    docs/man/tables.py --check RINGFENCE [ENFORCER]    exit 1 if one is not what would be written, or if a page and what
                                                       the programs' --help says differ in a command or an option

RINGFENCE is the compiler, ENFORCER ringfence-run: built ones.
"""

import pathlib
import re
import subprocess
import sys

MAN = pathlib.Path(__file__).resolve().parent
ROOT = MAN.parents[1]
# Options that may be given more than once; options.def has no need to say it.
REPEATED = {"include", "param"}


def escape(text):
    """Text for scdoc; what is between backquotes becomes bold."""
    plain = re.sub(r"([\\*_<>#~])", r"\\\1", text)
    return re.sub(r"`([^`]+)`", r"*\1*", plain)


def roff_width(word):
    """How long scdoc makes a word: mandoc -T lint wants lines of at most 80 bytes."""
    return len(word.encode()) + 2 * len(re.findall(r"[*_.'\\-]", word))


def wrapped(text, indent=""):
    """The text, or words that stay together, in lines that stay short as roff."""
    lines, width = [[]], 0
    for word in text.split() if isinstance(text, str) else text:
        if lines[-1] and width + roff_width(word) > 76:
            lines.append([])
            width = 0
        lines[-1].append(word)
        width += roff_width(word) + 1
    # At the start of a line "[" and "|" would begin a table.
    return "\n".join(indent + re.sub(r"^[\[\]|:;#]", r"\\\g<0>", " ".join(line)) for line in lines)


def output_of(program, *words):
    return subprocess.run([program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True).stdout


def fields(macro, content):
    """The arguments of each MACRO(...) line of a .def file; strings without their quotes."""
    argument = re.compile(r'"((?:[^"\\]|\\.)*)"|\'(.)\'|([^,\s][^,]*)')
    lines = re.findall(rf"^{macro}\((.*)\)$", content, re.MULTILINE)
    return [[next((group for group in match.groups() if group is not None), "").replace('\\"', '"').strip()
             for match in argument.finditer(line)] for line in lines]


def strings(macro, content):
    """The first string of every MACRO("...") of a .def file, several of them on a line or not."""
    return re.findall(rf'\b{macro}\("([^"]+)"', content)


# ---- ringfence(1) ----

def marked_up(operands):
    """FILE [-- PROGRAM [ARGS...]] as scdoc."""
    return re.sub(r"[A-Z][A-Za-z.]*[A-Za-z]|--", lambda m: "*--*" if m[0] == "--" else f"_{m[0]}_", operands)


def synopsis():
    content = (ROOT / "compiler/options.def").read_text(encoding="utf-8")
    options = fields("OPTION", content)
    lines = []
    for command, taken, operands, *_ in fields("COMMAND", content):
        words = [f"*ringfence {command}*"]
        for _, letter, name, argument, commands, _ in options:
            if taken in commands:
                shown = f"*-{letter}*" if letter != "0" else f"*--{name}*"
                shown += f" _{argument}_" if argument != "NULL" else ""
                words.append(f"[{shown}]" + ("..." if name in REPEATED else ""))
        lines.append(wrapped([word for word in [*words, marked_up(operands)] if word]))
    return "\n\n".join([*lines, "*ringfence* *--help*|*--version*"])


# ---- ringfence.yaml(5) ----

# The reference puts an "s" behind every word.
PLURALS = {"archs": "machines", "capabilitys": "capabilities", "envs": "variables"}


def keys(compiler):
    """Every key of the language, from the reference that the compiler prints."""
    out = []
    for part in re.split(r"^### ", output_of(compiler, "schema", "--markdown"), flags=re.MULTILINE)[1:]:
        name, text, *rest = part.split("\n\n", 2)
        facts = dict(re.findall(r"^- (Type|Default|Merged): (.*)$", "\n".join(rest), re.MULTILINE))
        out.append(f"*{escape(name.strip('`'))}*")
        out.append(wrapped(escape(text.strip()), "\t"))
        out.append("")
        if not facts and not "".join(rest).strip():
            continue
        if set(facts) != {"Type", "Default", "Merged"}:
            sys.exit(f"docs/man/tables.py: the reference on {name} has another form")
        tail = " May be named under `optional`." if "May be named" in part else ""
        tail += " The section may be written as this one word." if "The section may be" in part else ""
        kind = re.sub(r"\w+$", lambda m: PLURALS.get(m[0], m[0]), facts["Type"])
        default = f"Default: {facts['Default']}" if facts["Default"].startswith("`") else facts["Default"].replace("none", "No default")
        out.append(wrapped(escape(f"{kind[0].upper()}{kind[1:]}. {default}. Merged: {facts['Merged']}.{tail}"), "\t"))
        out.append("")
        for field, kind, doc in re.findall(r"^  - `([^`]+)` \((.*?)\): (.*)$", part, re.MULTILINE):
            out += [wrapped(f"*{escape(field)}* ({escape(kind)})", "\t"), wrapped(escape(doc), "\t\t"), ""]
    return "\n".join(out).strip()


def groups():
    out = []
    for path in sorted((ROOT / "compiler/tables/groups").glob("*.txt")):
        why = re.search(r"^why\t(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)[1]
        out += [f"*@{path.stem}*", wrapped(escape(why), "\t"), ""]
    return "\n".join(out).strip()


def later():
    content = (ROOT / "compiler/keys.def").read_text(encoding="utf-8")
    words = [f"*{escape(name)}*" for name in strings("LATER", content)]
    words += [f"*{escape(key)}:* *{escape(word)}*" for key, word in re.findall(r'\bLATER_WORD\("([^"]+)", "([^"]+)"\)', content)]
    return wrapped(", ".join(words) + ".")


def devices():
    names = strings("DEVICE", (ROOT / "compiler/tables/names.def").read_text(encoding="utf-8"))
    return wrapped("Nodes that can be named: " + ", ".join(f"*{name}*" for name in sorted(names)) + ".")


def rlimits():
    units = {"BYTES": "a size", "COUNT": "a number", "SECONDS": "a time", "MICROSECONDS": "a time"}
    content = (ROOT / "compiler/tables/names.def").read_text(encoding="utf-8")
    by_unit = {}
    for name, _, unit in fields("RLIMIT", content):
        by_unit.setdefault(units[unit], []).append(f"*{name}*")
    return wrapped("; ".join(f"{', '.join(sorted(names))} take {unit}" for unit, names in by_unit.items()) +
                   "; all take *max*.")


# ---- pages ----

def with_tables(page, tables):
    """The page with the tables put in; every table must have its place."""
    content = page.read_text(encoding="utf-8")
    for name, text in tables.items():
        content, count = re.subn(rf"(?<=^; begin {name}\n).*?(?=^; end {name}$)", lambda _, text=text: f"\n{text}\n\n", content,
                                 flags=re.MULTILINE | re.DOTALL)
        if count != 1:
            sys.exit(f"{page.name}: there is no place for the table '{name}'")
    return content


def described(page):
    """The options that a page has a heading for, as they are written there."""
    part = re.search(r"^# OPTIONS\n(.*?)^# ", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)[1]
    return set(re.findall(r"^(\*-.*)$", part, re.MULTILINE))


def helped(program):
    """The options of a program's --help, in the form of a page's heading."""
    found = set()
    for line in output_of(program, "--help").splitlines():
        match = re.match(r" +(?:-(\w), )?--([\w-]+)(?: ([A-Z][A-Z=]*))?(?:, --([\w-]+))?(?:  |$)", line)
        if match:
            letter, name, argument, second = match.groups()
            found.add((f"*-{letter}*, " if letter else "") + f"*--{name}*" + (f" _{argument}_" if argument else ""))
            found |= {f"*--{second}*"} if second else set()
    return found


def compare(page, program):
    said, helps = described(page), helped(program)
    return [f"{page.name}: {heading} is not in --help" for heading in sorted(said - helps)] + \
           [f"{page.name}: {heading} of --help is missing" for heading in sorted(helps - said)]


def compare_commands(page, compiler):
    part = re.search(r"^Commands:\n(.*?)^$", output_of(compiler, "--help"), re.MULTILINE | re.DOTALL)[1]
    helps = set(re.findall(r"^  (\w+) ", part, re.MULTILINE))
    said = set(re.findall(r"^## (\w+)$", page.read_text(encoding="utf-8"), re.MULTILINE))
    return [f"{page.name}: the command {name} is in one of page and --help only" for name in sorted(said ^ helps)]


def main():
    words = sys.argv[1:]
    check = words[:1] == ["--check"]
    programs = words[1:] if check else words
    if not 1 <= len(programs) <= 2:
        sys.exit(__doc__)
    compiler = programs[0]
    tables = {"ringfence.1.scd": {"synopsis": synopsis()},
              "ringfence.yaml.5.scd": {"keys": keys(compiler), "groups": groups(), "later": later(), "devices": devices(),
                                       "rlimits": rlimits()}}
    findings = []
    for name, parts in tables.items():
        page = MAN / name
        content = with_tables(page, parts)
        if check and content != page.read_text(encoding="utf-8"):
            findings.append(f"{name}: a table is not what it comes from: run docs/man/tables.py {compiler}")
        elif not check:
            page.write_text(content, encoding="utf-8")
    if check:
        findings += compare(MAN / "ringfence.1.scd", compiler) + compare_commands(MAN / "ringfence.1.scd", compiler)
        for enforcer in programs[1:]:
            findings += compare(MAN / "ringfence-run.1.scd", enforcer)
    sys.exit("\n".join(findings) or 0)


if __name__ == "__main__":
    main()
