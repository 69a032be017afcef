#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles one file of the enforcer with its words packed: pack_words.py COMPILER ARGUMENT...

A third of the enforcer would be messages.  RF_WORDS() of words.h puts each into the section .words; this takes the
compiler's assembly, writes pairs of characters as one byte from 128 on (byte-pair encoding, after the table in
word_pairs.def) and has the result assembled.  rf_words_next() reads them back.  A build without this step, as that for the
sanitizers is, has the words as they stand: the reader cannot tell, since no message has a byte above 126.

pack_words.py --train FOLDER makes the table anew from the assembly that such a build leaves in its folder of objects.
Nothing has to be done when messages change: an older table only packs a little less.
"""
import collections
import pathlib
import re
import subprocess
import sys

TABLE = pathlib.Path(__file__).resolve().parent / "word_pairs.def"
CODES = 128
DEPTH = 16  # RF_WORDS_DEPTH: how many codes can wait while a word is read
ESCAPES = {"b": 8, "f": 12, "n": 10, "r": 13, "t": 9, '"': 34, "\\": 92}


def unquote(text):
    """The bytes of an assembler's quoted string."""
    found = bytearray()
    for match in re.finditer(r"\\([0-7]{1,3})|\\(.)|([^\\])", text):
        octal, letter, plain = match.groups()
        found.append(int(octal, 8) if octal else ESCAPES[letter] if letter else ord(plain))
    return bytes(found)


def quote(data):
    return "".join(chr(c) if 32 <= c < 127 and c not in b'"\\' else f"\\{c:03o}" for c in data)


def merge(codes, pair, code):
    result, at = [], 0
    while at < len(codes):
        if tuple(codes[at:at + 2]) == pair:
            result.append(code)
            at += 2
        else:
            result.append(codes[at])
            at += 1
    return result


def depth(code, pairs):
    """Codes that wait at most while this one is read: its right half waits while the left one is."""
    if code < CODES:
        return 0
    left, right = pairs[code - CODES]
    return max(1 + depth(left, pairs), depth(right, pairs))


def pack(data, pairs):
    if any(c >= 127 for c in data):
        raise SystemExit(f"pack_words: a message may hold ASCII only: {data!r}")
    codes = list(data)
    for number, pair in enumerate(pairs):
        codes = merge(codes, pair, CODES + number)
    if unpack(codes, pairs) != data:
        raise SystemExit(f"pack_words: cannot be read back: {data!r}")
    return bytes(codes)


def unpack(codes, pairs):
    result, waiting = bytearray(), list(reversed(codes))
    while waiting:
        code = waiting.pop()
        if code < CODES:
            result.append(code)
        else:
            waiting += reversed(pairs[code - CODES])
    return bytes(result)


def read_table():
    return [(int(a), int(b)) for a, b in re.findall(r"\{(\d+), (\d+)\}", TABLE.read_text(encoding="ascii"))]


def each_section(lines):
    """(line, whether it stands in .words)"""
    inside = False
    for line in lines:
        word = line.split()[:1]
        if word and word[0] in (".section", ".text", ".data", ".bss", ".previous", ".popsection", ".pushsection"):
            inside = bool(re.match(r"\s*\.section\s+\.words\b", line))
        yield line, inside


def strings(lines):
    """The NUL-terminated strings in .words; one too long for a line stands in pieces."""
    data = b""
    for line, inside in each_section(lines):
        match = re.match(r'\s*\.(string|asciz|ascii)\s+"(.*)"\s*$', line) if inside else None
        if match:
            data += unquote(match.group(2)) + (b"" if match.group(1) == "ascii" else b"\0")
    return data.split(b"\0")[:-1]


def sectioned(label, texts, pairs):
    """One object: the linker keeps one of equal strings, but may not take several behind one another apart."""
    alone = '.rodata.str1.1,"aMS",@progbits,1' if len(texts) == 1 else '.rodata.words,"a",@progbits'
    yield f"\t.section\t{alone}\n{label}"
    for text in texts:
        yield f'\t.string\t"{quote(pack(text, pairs))}"\n'


def transform(lines, pairs):
    """The assembly with its words packed."""
    label, data = None, b""
    for line, inside in each_section(lines):
        if inside and not re.match(r"\s*\.section", line):
            match = re.match(r'\s*\.(string|asciz|ascii)\s+"(.*)"\s*$', line)
            if match:
                data += unquote(match.group(2)) + (b"" if match.group(1) == "ascii" else b"\0")
                continue
            if not re.match(r"[^#\"]*:", line):
                if re.match(r"\s*\.(byte|value|[a-z]*word|\dbyte|short|long|quad|zero|skip|space|fill)\b", line):
                    raise SystemExit(f"pack_words: no string: {line}")
                if not re.match(r"\s*\.(size|p2align|balign|align)\b", line):
                    yield line
                continue
        if label:
            yield from sectioned(label, data.split(b"\0")[:-1], pairs)
        label, data = (line, b"") if inside and not re.match(r"\s*\.section", line) else (None, b"")
        if not inside:
            yield line
    if label:
        yield from sectioned(label, data.split(b"\0")[:-1], pairs)


def train(folder):
    words = set()
    for file in pathlib.Path(folder).glob("*.plain.s"):
        words |= set(strings(file.read_text(encoding="ascii").splitlines()))
    texts, pairs = [list(word) for word in sorted(words)], []
    while len(pairs) < CODES:
        counts = collections.Counter()
        for codes in texts:
            previous = None
            for pair in zip(codes, codes[1:]):
                counts[pair] += pair != previous  # aaa is one pair, not two
                previous = None if pair == previous else pair
        for pair, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            if depth(CODES + len(pairs), pairs + [pair]) < DEPTH:
                break
        texts = [merge(codes, pair, CODES + len(pairs)) for codes in texts]
        pairs.append(pair)
    with TABLE.open("w", encoding="ascii") as file:
        file.write("/* SPDX-License-Identifier: Apache-2.0 */\n")
        file.write("/* Made by pack_words.py --train: what the bytes from 128 on stand for in packed words. */\n")
        for row in range(0, CODES, 8):
            file.write(" ".join(f"{{{a}, {b}}}," for a, b in pairs[row:row + 8]) + "\n")
    print(f"{sum(len(word) + 1 for word in words)} bytes, packed {sum(len(codes) + 1 for codes in texts)}")


def compile_file(command):
    if "-c" not in command or "-o" not in command:
        return subprocess.run(command, check=False).returncode
    at = command.index("-o") + 1
    plain, packed = command[at] + ".plain.s", command[at] + ".s"
    first = ["-S" if word == "-c" else word for word in command]
    first[at] = plain
    status = subprocess.run(first, check=False).returncode
    if status:
        return status
    with open(plain, encoding="ascii") as file, open(packed, "w", encoding="ascii") as out:
        out.writelines(transform(file, read_table()))
    return subprocess.run([command[0], "-c", "-o", command[at], packed], check=False).returncode


if __name__ == "__main__":
    if sys.argv[1:2] == ["--train"]:
        train(sys.argv[2])
    else:
        sys.exit(compile_file(sys.argv[1:]))
