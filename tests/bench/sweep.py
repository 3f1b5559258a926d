#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
"""usage: sweep.py BENCH.CSV CROSSINGS.CSV

Print what each way of libalpc costs from short messages to long ones, and at
which sizes one becomes cheaper than another; write those to CROSSINGS.CSV for
the plot.
"""

import csv
import math
import sys

from results import NOTE, Results, size_text

# The ways that libalpc chooses from; they end with the bytes in memory of the
# receiver's own.
CHOICE = ("alpc-inline", "alpc-view-copy", "alpc-direct")
COLUMNS = CHOICE + ("alpc-auto", "alpc-view", "alpc-view-secure")

# (what is cheaper for short messages, what may be for long ones)
PAIRS = (
    ("alpc-inline", "alpc-view-copy"),
    ("alpc-inline", "alpc-direct"),
    ("alpc-view-copy", "alpc-direct"),
    ("alpc-inline", "alpc-view"),
    ("alpc-inline", "alpc-view-secure"),
    ("alpc-view-copy", "alpc-view-secure"),
)


def crossings(short, long):
    """Where two curves meet: (bytes, instructions, whether long is cheaper above).

    Between two sizes that were measured the curves are taken for straight lines
    on logarithmic scales.
    """
    sizes = sorted(short.keys() & long.keys())
    for low, high in zip(sizes, sizes[1:]):
        gap_low = math.log(long[low] / short[low])
        gap_high = math.log(long[high] / short[high])
        if (gap_low > 0) == (gap_high > 0):
            continue
        share = gap_low / (gap_low - gap_high)
        yield (low * (high / low) ** share,
               short[low] * (short[high] / short[low]) ** share,
               gap_high <= 0)


def print_sweep(curves):
    """One line for each size, with the cheapest way and what the choice costs."""
    print("\nOne call through libalpc, each way, instructions on one CPU")
    print(f"{'size':>8}" + "".join(f"{name[5:]:>13}" for name in COLUMNS)
          + f"{'cheapest':>12}{'auto/it':>9}")
    for size in sorted(curves["alpc-auto"]):
        line = f"{size_text(size):>8}"
        for name in COLUMNS:
            cost = curves[name].get(size)
            line += f"{'-' if cost is None else format(cost, ',.0f'):>13}"
        best = min((name for name in CHOICE if size in curves[name]),
                   key=lambda name: curves[name][size])
        ratio = curves["alpc-auto"][size] / curves[best][size]
        print(f"{line}{best[5:]:>12}{ratio:>9.2f}")
    print("inline, view-copy and direct: forced; auto: the library's choice "
          "among them;\nview, view-secure: filled in and read in place, a few "
          "bytes touched.")


def print_crossings(curves, path):
    """The crossing points, printed and written to the file."""
    print("\nCrossing points of the ways")
    with open(path, "w", newline="", encoding="ascii") as file:
        writer = csv.writer(file)
        writer.writerow(("short", "long", "bytes", "instructions", "size"))
        for short, long in PAIRS:
            found = list(crossings(curves[short], curves[long]))
            for size, cost, falls in found:
                cheaper, other = (long, short) if falls else (short, long)
                print(f"  above {size_text(size):>9}  {cheaper} is cheaper "
                      f"than {other}")
                writer.writerow((short[5:], long[5:], round(size), round(cost),
                                 size_text(size)))
            if not found:
                print_no_crossing(curves, short, long)
    print(NOTE)


def print_no_crossing(curves, one, other):
    """Which of two curves is the lower one, and where that is known."""
    sizes = sorted(curves[one].keys() & curves[other].keys())
    if not sizes:
        sys.exit(f"no size at which both {one} and {other} were measured")
    if curves[one][sizes[0]] > curves[other][sizes[0]]:
        one, other = other, one
    print(f"  {size_text(sizes[0])} to {size_text(sizes[-1])}  {one} is always "
          f"cheaper than {other}")


def main():
    """Do what the usage says."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    results = Results(sys.argv[1])
    curves = {name: results.trips(name) for name in COLUMNS}
    for name, curve in curves.items():
        if not curve:
            sys.exit(f"{sys.argv[1]}: no round trips of {name}")
    print_sweep(curves)
    print_crossings(curves, sys.argv[2])


main()
