#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
"""What of the driver was reached, and what never.

usage: report.py MODULE REACHED...
       report.py --places MODULE	all that can be reached, likewise

Of functions with lines that were never reached it says why not, as the file
"unreached" beside it has it, and which it does not have.

MODULE is built for KCOV and has debug information; REACHED lists offsets in its
code, one in each line. Several are taken together.
"""

import collections
import os
import re
import subprocess
import sys

CALL = 0xe8  # opcode


def text_of(module):
    """The bytes of .text."""
    listing = subprocess.run(["readelf", "-SW", module], check=True, text=True,
                             capture_output=True).stdout
    offset, size = re.search(r"\] \.text +PROGBITS +\w+ (\w+) (\w+)", listing).groups()
    with open(module, "rb") as file:
        file.seek(int(offset, 16))
        return file.read(int(size, 16))


def places_of(module):
    """Offsets in .text after each call of KCOV: there is one in each basic block.

    Where a function ends with it, it is jumped to, and sees the caller's place: such
    blocks cannot be told from others.
    """
    listing = subprocess.run(["readelf", "-rW", module], check=True, text=True,
                             capture_output=True).stdout
    text = text_of(module)
    places, inside = set(), False
    for line in listing.splitlines():
        if line.startswith("Relocation section"):
            inside = "'.rela.text'" in line
        elif inside and "__sanitizer_cov_trace_pc" in line:
            offset = int(line.split()[0], 16)
            if text[offset - 1] == CALL:
                places.add(offset + 4)
    return places


def sources_of(module, places):
    """(file, line, function) of each place: the innermost that the driver has."""
    # One byte before is still the call, and not the statement behind it.
    asked = "".join(f"{place - 1:#x}\n" for place in sorted(places))
    said = subprocess.run(["addr2line", "-a", "-f", "-i", "-j", ".text", "-e", module],
                          input=asked, check=True, text=True, capture_output=True).stdout
    sources, place = {}, None
    lines = iter(said.splitlines())
    for line in lines:
        if re.fullmatch(r"0x[0-9a-f]+", line):
            place = int(line, 16) + 1
            continue
        where = next(lines).split(" (")[0]
        path, number = where.rsplit(":", 1)
        if place in sources or "drivers/alpc/" not in path or not number.isdigit():
            continue
        sources[place] = ("drivers/alpc/" + path.split("drivers/alpc/")[-1],
                          int(number), line)
    return sources


def spans(numbers):
    """[1, 2, 3, 7] as "1-3 7"."""
    out = []
    for number in sorted(numbers):
        if out and number == out[-1][1] + 1:
            out[-1][1] = number
        else:
            out.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in out)


def share(reached, all_):
    return f"{len(reached)} of {len(all_)} ({100 * len(reached) / max(1, len(all_)):.1f} %)"


def reasons_of():
    """Why lines of a function are not reached, by its name."""
    reasons, reason = {}, None
    path = os.path.join(os.path.dirname(os.path.realpath(__file__)), "unreached")
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("= "):
                reason = line[2:].strip()
            elif not line.startswith("#"):
                reasons.update(dict.fromkeys(line.split(), reason))
    return reasons


def print_unexplained(missing, reasons):
    unexplained = sorted({function for _, function in missing if function not in reasons})
    print(f"\nFunctions that tools/fuzz/unreached does not explain ({len(unexplained)}):")
    for function in unexplained:
        print(f"  {function}")


def print_missing(missing, reasons):
    print("\nLines that were never reached, by function, and why:")
    last = None
    for (path, function), numbers in sorted(missing.items()):
        if path != last:
            print(f"\n{path}")
            last = path
        print(f"  {function}: {spans(numbers)} ({reasons.get(function, '?')})")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    if sys.argv[1] == "--places":
        print("\n".join(f"{place:#x}" for place in sorted(places_of(sys.argv[2]))))
        return
    module = sys.argv[1]
    places = places_of(module)
    reached = set()
    for name in sys.argv[2:]:
        with open(name, encoding="ascii") as file:
            reached |= {int(line, 16) for line in file}
    reached &= places
    sources = sources_of(module, places)
    lines = {source[:2] for source in sources.values()}
    functions = {(source[0], source[2]) for source in sources.values()}
    got = [source for place, source in sources.items() if place in reached]
    lines_got = {source[:2] for source in got}
    functions_got = {(source[0], source[2]) for source in got}
    missing = collections.defaultdict(set)
    for path, number, function in sources.values():
        if (path, number) not in lines_got:
            missing[path, function].add(number)
    print(f"basic blocks: {share(reached, places)}")
    print(f"lines: {share(lines_got, lines)}")
    print(f"functions: {share(functions_got, functions)}")
    never = functions - functions_got
    print(f"\nFunctions that were never reached ({len(never)}):")
    for path, function in sorted(never):
        print(f"  {os.path.basename(path)}: {function}")
    reasons = reasons_of()
    print_unexplained(missing, reasons)
    print_missing(missing, reasons)


if __name__ == "__main__":
    main()
