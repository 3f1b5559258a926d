#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
"""Compare the description for syzkaller with the header, as far as that goes.

usage: syzlang.py HEADER DESCRIPTION

Commands, structs, their fields in their order with their sizes, and the names of
flags must be the same, and each type that is used must be described. Prints what
differs, and fails then.
"""

import re
import sys

HEADER_SIZES = {"__u16": 2, "__s32": 4, "__u32": 4, "__aligned_u64": 8, "__aligned_s64": 8}
SIZES = {"int8": 1, "int16": 2, "int32": 4, "int64": 8, "ptr64": 8, "fd": 4, "uid": 4, "gid": 4}
# Memory that is mapped, and no argument of a command.
NO_ARGUMENT = {"alpc_list"}
BUILT_IN = set(SIZES) | {"flags", "const", "len", "bytesize", "array", "string", "ptr", "vma",
                         "intptr", "in", "out", "inout", "opt", "parent", "mmap_prot"}


def read_header(path):
    with open(path, encoding="ascii") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    commands = set(re.findall(r"#define (ALPC_IOC_\w+)\s+_IO\(", text))
    constants = set(re.findall(r"#define (ALPC_\w+)\s", text))
    structs = {}
    for name, body in re.findall(r"struct (\w+) \{(.*?)\n\};", text, flags=re.S):
        if name not in NO_ARGUMENT:
            structs[name] = re.findall(r"\s*(__\w+|struct \w+)\s+(\w+);", body)
    return commands, constants, structs


def read_description(path):
    with open(path, encoding="ascii") as file:
        text = re.sub(r"(?m)^#.*$", "", file.read())
    structs = {}
    for name, body in re.findall(r"(?m)^(\w+) \{\n(.*?)\n\}", text, flags=re.S):
        structs[name] = [line.split("\t")[1:] for line in body.splitlines()]
    calls = re.findall(r"(?m)^ioctl\$(\w+)\(fd (\w+), cmd const\[(\w+)\], arg ptr\[inout, (\w+)\]\)$",
                       text)
    resources = dict(re.findall(r"(?m)^resource (\w+)\[(\w+)\]", text))
    lists = dict(re.findall(r"(?m)^(\w+) = (.*)$", text))
    return structs, calls, resources, lists


def size_of(type_, structs, resources, header_structs):
    """Of a field of that type in bytes, or None."""
    type_ = re.sub(r" \((in|out|inout)\)$", "", type_)
    name = type_.split("[")[0]
    while name in resources:
        name = resources[name]
    if name in SIZES:
        return SIZES[name]
    if name in structs:
        return sum(HEADER_SIZES.get(kind) or size_of(kind[7:], structs, resources, header_structs)
                   for kind, _ in header_structs.get(name, []))
    # flags[..., int32], const[0, int32], len[field, int32]
    last = re.search(r", (int\d+)\]$", type_)
    return SIZES[last[1]] if last else None


def check_struct(name, fields, described, resources, header_structs):
    if [field for _, field in fields] != [field[0] for field in described[name]]:
        yield f"{name}: has fields {[field for _, field in fields]}"
        return
    for (kind, field), (_, type_) in zip(fields, described[name]):
        want = HEADER_SIZES.get(kind) or size_of(kind[7:], described, resources, header_structs)
        have = size_of(type_, described, resources, header_structs)
        if want != have:
            yield f"{name}.{field}: {have} bytes, and not {want}"


def check_names(structs, resources, lists):
    known = BUILT_IN | set(structs) | set(resources) | set(lists)
    for name, fields in structs.items():
        own = {field[0] for field in fields}
        for field, type_ in fields:
            for word in re.findall(r"[a-z_]\w*", type_):
                if word not in known | own:
                    yield f"{name}.{field}: what is {word}?"


def check(header, description):
    commands, constants, header_structs = read_header(header)
    structs, calls, resources, lists = read_description(description)
    for name in commands ^ {call[0] for call in calls}:
        yield f"{name}: in one of the two only"
    for name, fd, command, argument in calls:
        if name != command or fd not in resources or argument not in structs:
            yield f"ioctl${name}: {fd}, {command} or {argument} is not right"
    for name in set(header_structs) ^ set(structs):
        yield f"{name}: in one of the two only"
    for name in set(header_structs) & set(structs):
        yield from check_struct(name, header_structs[name], structs, resources, header_structs)
    for name, values in lists.items():
        for value in re.findall(r"\bALPC_\w+", values):
            if value not in constants:
                yield f"{name}: there is no {value}"
    yield from check_names(structs, resources, lists)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    wrong = sorted(check(sys.argv[1], sys.argv[2]))
    for line in wrong:
        print(line)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
