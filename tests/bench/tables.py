#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
"""usage: tables.py BENCH.CSV

Print what was measured: every mechanism against ALPC, and the targets.
"""

import csv
import sys

NOTE = ("Instructions are not cycles: cache misses, TLB refills and interrupts "
        "between CPUs\ndo not show in them. Wall-clock times are of an emulated "
        "machine: only their\nratios say something.")
SIZES = (64, 256)

# What waiting may cost before it counts as burning the CPU: 1 % of a second.
CPU_LIMIT_NS = 10_000_000


# An emulated CPU takes 5 to 10 ns for an instruction. If a round trip comes to
# many times that, the emulated CPUs did not get CPUs of this machine in time.
BUSY_NS_PER_INSTRUCTION = 30


class Results:
    """The rows of the file: value(mode, mechanism, bytes, metric)."""

    def __init__(self, path):
        self.path = path
        self.rows = {}
        with open(path, newline="", encoding="ascii") as file:
            for row in csv.DictReader(file):
                key = (row["mode"], row["mechanism"], int(row["bytes"]),
                       row["metric"])
                if key in self.rows:
                    sys.exit(f"{path}: two rows for {key}")
                self.rows[key] = float(row["value"])

    def value(self, *key):
        if key not in self.rows:
            sys.exit(f"{self.path}: no row for {key}")
        return self.rows[key]

    def mechanisms(self):
        """Those whose round trips were measured, in the order of the file."""
        names = (key[1] for key in self.rows if key[3] == "roundtrip"
                 and not key[1].startswith("alpc-clients"))
        return list(dict.fromkeys(names))


def print_round_trips(results):
    print("\nSynchronous round trip between two processes")
    print("                  one CPU, instructions              "
          "  two CPUs, microseconds")
    print(f"{'mechanism':<16}" + 2 * "".join(
        f"{f'{size} B':>10}{'alpc/it':>9}" for size in SIZES))
    for name in results.mechanisms():
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
    print(NOTE)


def targets(results):
    """Rows of (id, what, limit, measured); ratios are floats, amounts ints."""
    def trip(mode, name):
        return results.value(mode, name, 64, "roundtrip")

    def of_connection(name, metric):
        return results.value("count", name, 0, metric)

    def cpu(metric):
        return round(results.value("wall", "alpc", 64, metric))

    call = trip("count", "alpc")
    memory = of_connection("alpc", "memory")
    return [
        ("P1", "64 B call, one CPU / eventfd pair", 1.00,
         call / trip("count", "eventfd")),
        ("P1", "64 B call, one CPU / SEQPACKET", 0.62,
         call / trip("count", "unix-seqpacket")),
        ("P1", "64 B call, one CPU / binder", 0.44,
         call / trip("count", "binder")),
        ("P2", "64 B call, two CPUs / eventfd pair", 0.10,
         trip("wall", "alpc") / trip("wall", "eventfd")),
        ("P2", "CPU of a caller, server stopped, ns per s", CPU_LIMIT_NS,
         cpu("cpu-caller")),
        ("P2", "CPU of a receiver, nothing pending, ns per s", CPU_LIMIT_NS,
         cpu("cpu-receiver")),
        ("P8", "call, 10,000 clients / 1 client", 1.10,
         trip("count", "alpc-clients-10000") / trip("count", "alpc-clients-1")),
        ("P9", "idle connection, bytes of kernel memory", 2048, round(memory)),
        ("P9", "idle connection / AF_UNIX connection", 0.42,
         memory / of_connection("unix-seqpacket", "memory")),
        ("P10", "connect + accept + close / AF_UNIX", 1.00,
         of_connection("alpc", "connect")
         / of_connection("unix-seqpacket", "connect")),
    ]


def was_busy(results):
    """Whether other work on this machine has spoilt the wall-clock times."""
    ns = results.value("wall", "eventfd", 64, "roundtrip")
    instructions = results.value("count", "eventfd", 64, "roundtrip")
    return ns > BUSY_NS_PER_INSTRUCTION * instructions


def print_targets(results):
    busy = was_busy(results)
    print("\nTargets")
    print(f"{'id':<5}{'what':<46}{'at most':>12}{'measured':>12}")
    for name, what, limit, measured in targets(results):
        verdict = "reached" if measured <= limit else "NOT reached"
        if busy and name == "P2":
            verdict = "not judged"
        form = ",d" if isinstance(limit, int) else ".3f"
        print(f"{name:<5}{what:<46}{format(limit, form):>12}"
              f"{format(measured, form):>12}  {verdict}")
    if busy:
        print("Not judged: this machine was so busy with other work that the "
              "wall-clock times say\nnothing, ratios included. Measure again "
              "when it is quiet.")
    print(NOTE)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    results = Results(sys.argv[1])
    print_round_trips(results)
    print_targets(results)


main()
