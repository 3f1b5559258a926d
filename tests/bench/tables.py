#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
"""usage: tables.py BENCH.CSV TARGETS.TSV

Print what was measured: every mechanism against ALPC, and the targets. Write these to
TARGETS.TSV for the plot.
"""

import csv
import sys

import services
from results import NOTE, Results, size_text
from targets import targets, was_busy

SIZES = (64, 256)
LONG_SIZES = (4 << 10, 64 << 10, 1 << 20)

# Beside the others, these of the ways that only the sweep shows.
LONG_WAYS = ("alpc-auto", "alpc-view", "alpc-view-secure", "alpc-section")


def print_round_trips(results):
    print("\nSynchronous round trip between two processes")
    print("                  one CPU, instructions              "
          "  two CPUs, microseconds")
    print(f"{'mechanism':<16}" + 2 * "".join(
        f"{f'{size} B':>10}{'alpc/it':>9}" for size in SIZES))
    for name in results.mechanisms("wall", SIZES[0]):
        line = f"{name:<16}"
        for mode, scale, form in (("count", 1, ",.0f"), ("wall", 1000, ",.1f")):
            for size in SIZES:
                key = (mode, name, size, "roundtrip")
                if key not in results.rows:
                    line += f"{'-':>10}{'-':>9}"
                    continue
                ratio = (results.value(mode, "alpc", size, "roundtrip")
                         / results.value(*key))
                line += f"{format(results.value(*key) / scale, form):>10}"
                line += f"{ratio:>9.2f}"
        print(line)
    print("alpc-quick: through libalpc, with a page that both sides look at; the other "
          "mechanisms'\nfigures are of system calls alone.")
    print(NOTE)


def print_by_size(results, title, metric, names, reference):
    """Instructions of each mechanism for long messages, and reference / it."""
    print(f"\n{title}")
    print(f"{'mechanism':<18}" + "".join(
        f"{size_text(size):>12}{reference[5:] + '/it':>11}"
        for size in LONG_SIZES))
    for name in names:
        line = f"{name:<18}"
        for size in LONG_SIZES:
            key = ("count", name, size, metric)
            if key not in results.rows:
                line += f"{'-':>12}{'-':>11}"
                continue
            value = results.value(*key)
            ratio = results.value("count", reference, size, metric) / value
            line += f"{value:>12,.0f}{ratio:>11.2f}"
        print(line)


def print_long(results):
    """Round trips and reads of long messages."""
    names = [name for name in results.mechanisms("count", LONG_SIZES[0])
             if not name.startswith("alpc-") or name in LONG_WAYS]
    print_by_size(results, "Long messages both ways, instructions on one CPU",
                  "roundtrip", names, "alpc-auto")
    print("auto: from the caller's buffer to the callee's and back; view: in "
          "place, a few bytes\ntouched; section: likewise,\n"
          "by system calls alone. memfd-scm-rights: a new memfd each way, "
          "written, sealed, sent, mapped.")
    print_by_size(results, "Reading another process's memory once, instructions",
                  "read", ("process-vm-readv", "alpc-direct"), "alpc-direct")


def print_targets(results):
    busy = was_busy(results)
    print("\nTargets")
    print(f"{'id':<5}{'what':<46}{'at most':>12}{'measured':>12}")
    for target in targets(results):
        limit, measured = target.numbers()
        print(f"{target.name:<5}{target.what:<46}{limit:>12}{measured:>12}"
              f"  {target.verdict(busy)}")
    if busy:
        print("Not judged: this machine was so busy with other work that the "
              "wall-clock times say\nnothing, ratios included. Measure again "
              "when it is quiet.")
    print(NOTE)


def write_targets(results, path):
    """What was measured as a part of what is asked for at most."""
    with open(path, "w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerow(("target", "what", "share"))
        for target in targets(results):
            if target.limit:
                writer.writerow((target.name, target.what,
                                 target.measured / target.limit))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    results = Results(sys.argv[1])
    print_round_trips(results)
    print_long(results)
    services.print_loads(results)
    services.print_flood(results)
    print_targets(results)
    write_targets(results, sys.argv[2])


main()
