#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a compiled policy by schemas/blob/blob.v1.md alone and prints every field, one a line.

blob_reader.py FILE                  print
blob_reader.py --check EXPECTED FILE compare with EXPECTED, and see that damage is refused
"""
import hashlib
import struct
import sys

ABSENT = 0xFFFFFFFF

# type: (name, record size, fewest, most records, fields); a field: (name, type), None: an instruction
SECTIONS = {
    1: ("STRINGS", 1, 0, 262144, []),
    2: ("PARAMETERS", 32, 0, 64, [("name", "str"), ("under", "str"), ("fallback", "str"), ("type", "u32"),
                                  ("max_length", "u32")]),
    3: ("NAMESPACES", 48, 1, 1, [("create", "u32"), ("flags", "u32"), ("boottime", "i64"), ("monotonic", "i64"),
                                 ("hostname", "text")]),
    4: ("JOINS", 16, 0, 8, [("path", "str"), ("kind", "u32"), ("reserved", "u32")]),
    5: ("ID_MAPS", 16, 0, 340, [("kind", "u32"), ("inside", "u32"), ("outside", "u32"), ("size", "u32")]),
    6: ("ROOT", 40, 1, 1, [("path", "text"), ("flags", "u32"), ("proc", "u32"), ("sys", "u32"), ("reserved", "u32")]),
    7: ("MOUNTS", 64, 0, 1024, [("target", "str"), ("source", "text"), ("kind", "u32"), ("flags", "u32"),
                                ("size", "u64"), ("mode", "u32"), ("uid", "u32"), ("gid", "u32"),
                                ("inodes", "u32")]),
    8: ("MASKS", 8, 0, 1024, [("path", "str")]),
    9: ("READ_ONLY", 8, 0, 1024, [("path", "str")]),
    10: ("DEVICES", 24, 0, 64, [("name", "str"), ("major", "u32"), ("minor", "u32"), ("mode", "u32"),
                                ("reserved", "u32")]),
    11: ("LIMITS", 40, 0, 64, [("file", "str"), ("text", "str"), ("controller", "u32"), ("version", "u32"),
                               ("compare", "u32"), ("flags", "u32"), ("value", "u64")]),
    12: ("IO", 56, 0, 64, [("device", "text"), ("rbps", "u64"), ("wbps", "u64"), ("riops", "u64"),
                           ("wiops", "u64")]),
    13: ("PROCESS", 32, 1, 1, [("cwd", "str"), ("uid", "u32"), ("gid", "u32"), ("init", "u32"), ("umask", "u32"),
                               ("flags", "u32"), ("oom_score_adj", "i32")]),
    14: ("ARGS", 8, 0, 256, [("text", "str")]),
    15: ("ENV", 8, 0, 256, [("text", "str")]),
    16: ("PASS_ENV", 16, 0, 64, [("name", "str"), ("flags", "u32"), ("reserved", "u32")]),
    17: ("GROUPS", 8, 0, 256, [("gid", "u32"), ("reserved", "u32")]),
    18: ("RLIMITS", 24, 0, 16, [("resource", "u32"), ("reserved", "u32"), ("soft", "u64"), ("hard", "u64")]),
    19: ("CONFINE", 40, 1, 1, [("capabilities", "u64"), ("flags", "u32"), ("reserved", "u32"),
                               ("notify_socket", "text")]),
    20: ("FILTER_X86_64", 8, 0, 4096, None),
    21: ("FILTER_AARCH64", 8, 0, 4096, None),
    22: ("FILTER_RISCV64", 8, 0, 4096, None),
    23: ("LANDLOCK", 16, 0, 1, [("abi", "u32"), ("ports", "u32"), ("scope", "u32"), ("reserved", "u32")]),
    24: ("LANDLOCK_PATHS", 16, 0, 1024, [("path", "str"), ("access", "u32"), ("reserved", "u32")]),
    25: ("LANDLOCK_PORTS", 8, 0, 1024, [("port", "u32"), ("access", "u32")]),
    26: ("TUNING", 16, 0, 12, [("kind", "u32"), ("priority", "u32"), ("value", "i64")]),
    27: ("CPUS", 8, 0, 16, [("bits", "u64")]),
    28: ("NODES", 8, 0, 16, [("bits", "u64")]),
    29: ("DOMAINNAME", 24, 0, 1, [("text", "text")]),
    30: ("SYSCTLS", 16, 0, 256, [("name", "str"), ("value", "str")]),
    31: ("CGROUP", 24, 0, 1, [("name", "text")]),
    32: ("FILLS", 32, 0, 1024, [("section", "u32"), ("index", "u32"), ("text", "text")]),
    33: ("SERVICE", 16, 0, 1, [("supervision", "u32"), ("listen_fds", "u32"), ("notify_socket", "u32"),
                               ("reserved", "u32")]),
    34: ("KEEP_FDS", 16, 0, 61, [("name", "str"), ("fd", "u32"), ("reserved", "u32")]),
    35: ("ATTEND", 24, 0, 1, [("time_limit", "u64"), ("stop_timeout", "u64"), ("flags", "u32"), ("reserved", "u32")]),
}
NUMBERS = {"u32": "<I", "i32": "<i", "u64": "<Q", "i64": "<q"}
SIZES = {"u32": 4, "i32": 4, "u64": 8, "i64": 8, "str": 8, "text": 24}
HEADER = [("major", 8, "<H"), ("minor", 10, "<H"), ("total_length", 12, "<I"), ("launch_length", 16, "<I"),
          ("section_count", 20, "<I"), ("required", 24, "<Q"), ("language", 32, "<I"), ("kernel", 36, "<I"),
          ("launch_crc", 40, "<I"), ("map_crc", 44, "<I")]


class Refused(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Refused(why)


def number(data, at, form="<I"):
    return struct.unpack_from(form, data, at)[0]


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def align(n):
    return (n + 7) & ~7


class Strings:
    """The STRINGS section, read in canonical order."""

    def __init__(self, data):
        self.data = data
        self.next = 0
        self.met = {}

    def read(self, data, at):
        offset, length = struct.unpack_from("<II", data, at)
        if offset == ABSENT:
            need(length == 0, "absent string with a length")
            return None
        need(length <= 4095 and offset + length < len(self.data), "string outside")
        text = self.data[offset:offset + length]
        need(0 not in text and self.data[offset + length] == 0, "string not ended by its NUL")
        if offset == self.next:
            need(text not in self.met, "string twice")
            self.met[text] = offset
            self.next += length + 1
        else:
            need(self.met.get(text) == offset, "string out of order")
        return text.decode("ascii")


def show(text):
    return "absent" if text is None else '"%s"' % text


def read_text(strings, data, at, parameters):
    prefix, suffix = strings.read(data, at), strings.read(data, at + 8)
    parameter, reserved = struct.unpack_from("<II", data, at + 16)
    need(reserved == 0, "reserved field")
    if parameter == ABSENT:
        need(suffix is None, "suffix without a parameter")
        return "%s absent absent" % show(prefix)
    need(parameter < parameters, "no such parameter")
    need(prefix != "" and suffix != "", "empty piece")
    return "%s %d %s" % (show(prefix), parameter, show(suffix))


def read_header(data):
    need(data[:8] == bytes.fromhex("8f52464e0d0a1a0a"), "magic")
    need(80 <= len(data) <= 262144, "length of the file")
    header = {name: number(data, at, form) for name, at, form in HEADER}
    launch = header["launch_length"]
    need(header["major"] == 1, "major version")
    need(header["total_length"] == len(data), "total length")
    need(80 <= launch <= len(data) and launch % 8 == 0, "launch length")
    need(header["launch_crc"] == crc32c(data[:40] + bytes(4) + data[44:launch]), "launch checksum")
    need(header["required"] & ~3 == 0, "required bits")
    blank = bytearray(data[:launch])
    blank[12:16] = blank[40:44] = blank[44:48] = bytes(4)
    blank[48:80] = bytes(32)
    need(hashlib.sha256(blank).digest() == data[48:80], "identity")
    return header


def read_table(data, header):
    count, launch = header["section_count"], header["launch_length"]
    need(count <= len(SECTIONS) and 80 + 16 * count <= launch, "section count")
    sections, last, at = {}, 0, 80 + 16 * count
    for i in range(count):
        kind, offset, length, reserved = struct.unpack_from("<IIII", data, 80 + 16 * i)
        need(kind > last and kind in SECTIONS, "section type")
        _, size, _, most, _ = SECTIONS[kind]
        need(reserved == 0 and offset == at and at + length <= launch, "section table")
        need(length > 0 and length % size == 0 and length // size <= most, "section length")
        at = align(at + length)
        need(not any(data[offset + length:at]), "padding")
        sections[kind], last = data[offset:offset + length], kind
    need(at == launch, "bytes behind the last section")
    for kind, (name, _, fewest, _, _) in SECTIONS.items():
        need(fewest == 0 or kind in sections, "no " + name)
    return sections


def read_sections(sections, lines):
    strings = Strings(sections.get(1, b""))
    parameters = len(sections.get(2, b"")) // 32
    for kind in sorted(sections):
        name, size, _, _, fields = SECTIONS[kind]
        if kind == 1:
            continue
        data = sections[kind]
        for start in range(0, len(data), size):
            record = "%s[%d]" % (name, start // size)
            if fields is None:
                lines.append("%s %d %d %d %d" % ((record,) + struct.unpack_from("<HBBI", data, start)))
                continue
            at = start
            for field, form in fields:
                if form == "str":
                    value = show(strings.read(data, at))
                elif form == "text":
                    value = read_text(strings, data, at, parameters)
                else:
                    value = number(data, at, NUMBERS[form])
                    need(field != "reserved" or value == 0, "reserved field")
                lines.append("%s.%s %s" % (record, field, value))
                at += SIZES[form]
            need(at == start + size, "the fields of %s are not its record" % name)
    need(strings.next == len(strings.data), "unused bytes in STRINGS")


def read_map(data, header, sections, lines):
    if not data:
        need(header["map_crc"] == 0, "checksum without a source map")
        return
    need(len(data) >= 16 and crc32c(data) == header["map_crc"], "checksum of the source map")
    files, entries, names, reserved = struct.unpack_from("<IIII", data, 0)
    need(files > 0 and reserved == 0 and 16 + 40 * files + 24 * entries + names == len(data), "source map")
    start, used = 16 + 40 * files + 24 * entries, 0
    for i in range(files):
        offset, length = struct.unpack_from("<II", data, 16 + 40 * i)
        name = data[start + offset:start + offset + length]
        need(offset == used and 0 < length < names - used, "file name")
        need(0 not in name and data[start + offset + length] == 0, "file name")
        used += length + 1
        lines.append('map.file[%d] "%s" %s' % (i, name.decode("ascii"), data[24 + 40 * i:56 + 40 * i].hex()))
    need(used == names, "names")
    last = (0, 0, 0)
    for i in range(entries):
        entry = struct.unpack_from("<IIIIIi", data, 16 + 40 * files + 24 * i)
        section, index, file, line, column, action = entry
        need(section in sections and section != 1 and file < files and line > 0 and column > 0, "entry")
        need((section, index, action) > last, "order of entries")
        last = (section, index, action)
        need(SECTIONS[section][4] is None or action == 0, "action of no call")
        need(20 <= section <= 22 or action == 0, "action of no call")
        _, size, _, most, fields = SECTIONS[section]
        if most == 1:
            starts = [sum(SIZES[form] for _, form in fields[:k]) for k in range(len(fields))]
            need(index in starts, "entry of no field")
        elif fields is not None:
            need(index < len(sections[section]) // size, "entry of no record")
        lines.append("map.entry[%d] %d %d %d %d %d %d" % ((i,) + entry))


def read(data):
    header = read_header(data)
    lines = ["header.%s %d" % (name, header[name]) for name, _, _ in HEADER]
    lines.append("header.identity " + data[48:80].hex())
    sections = read_table(data, header)
    read_sections(sections, lines)
    read_map(data[header["launch_length"]:], header, sections, lines)
    return lines


def refused(data):
    try:
        read(data)
    except Refused:
        return True
    return False


def check(expected, data):
    lines = read(data)
    for at, (ours, theirs) in enumerate(zip(lines, expected), 1):
        if ours != theirs:
            sys.exit("line %d: read %r, written %r" % (at, ours, theirs))
    if len(lines) != len(expected):
        sys.exit("read %d fields, written %d" % (len(lines), len(expected)))
    for length in (0, 7, 8, 79, 80, len(data) // 2, len(data) - 1):
        if not refused(data[:length]):
            sys.exit("cut to %d bytes: read" % length)
    for at in range(0, len(data), 97):
        damaged = bytearray(data)
        damaged[at] ^= 1 << at % 8
        if not refused(bytes(damaged)):
            sys.exit("byte %d damaged: read" % at)
    print("%d fields agree" % len(lines))


def main(arguments):
    if len(arguments) == 3 and arguments[0] == "--check":
        with open(arguments[1], encoding="ascii") as expected, open(arguments[2], "rb") as blob:
            check(expected.read().splitlines(), blob.read())
    elif len(arguments) == 1:
        with open(arguments[0], "rb") as blob:
            print("\n".join(read(blob.read())))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Refused as why:
        sys.exit("refused: %s" % why)
