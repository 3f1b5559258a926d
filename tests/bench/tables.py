#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
"""usage: tables.py BENCH.CSV

Print what was measured: every mechanism against ALPC, and the targets.
"""

import sys

import services
from results import NOTE, Results, size_text

SIZES = (64, 256)
LONG_SIZES = (4 << 10, 64 << 10, 1 << 20)

# Beside the others, these of the ways that only the sweep shows.
LONG_WAYS = ("alpc-auto", "alpc-view", "alpc-view-secure")

# What waiting may cost before it counts as burning the CPU: 1 % of a second.
CPU_LIMIT_NS = 10_000_000

# An emulated CPU takes 5 to 10 ns for an instruction. If a round trip comes to
# many times that, the emulated CPUs did not get CPUs of this machine in time.
BUSY_NS_PER_INSTRUCTION = 30
# Or if most rounds took so much longer than the best one.
BUSY_SPREAD = 2


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
          "place, a few bytes\ntouched. memfd-scm-rights: a new memfd each way, "
          "written, sealed, sent, mapped.")
    print_by_size(results, "Reading another process's memory once, instructions",
                  "read", ("process-vm-readv", "alpc-direct"), "alpc-direct")


def read_targets(results):
    """The rows of P6."""
    def read(name, size):
        return results.value("count", name, size, "read")

    return [("P6", f"direct read of {size_text(size)} / process_vm_readv", 0.95,
             read("alpc-direct", size) / read("process-vm-readv", size))
            for size in LONG_SIZES]


def targets(results):
    """Rows of (id, what, limit, measured); ratios are floats, amounts ints."""
    def trip(mode, name, size=64):
        return results.value(mode, name, size, "roundtrip")

    def of_seqpacket(name, size):
        return (trip("count", name, size)
                / trip("count", "unix-seqpacket", size))

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
        ("P2", "CPU of a caller, server at work, ns per s", CPU_LIMIT_NS,
         cpu("cpu-caller-long")),
        ("P2", "CPU of a receiver, nothing pending, ns per s", CPU_LIMIT_NS,
         cpu("cpu-receiver")),
        ("Q1", "64 B quick call, two CPUs / 64 B call", 0.25,
         trip("wall", "alpc-quick") / trip("wall", "alpc")),
        ("Q2", "64 B quick call, one CPU / library's call", 1.01,
         trip("count", "alpc-quick") / trip("count", "alpc-auto")),
        ("P3", "4 KiB call, automatic choice / SEQPACKET", 0.55,
         of_seqpacket("alpc-auto", 4 << 10)),
        ("P4", "64 KiB call, automatic choice / SEQPACKET", 0.40,
         of_seqpacket("alpc-auto", 64 << 10)),
        ("P4", "64 KiB call, in place / SEQPACKET", 0.13,
         of_seqpacket("alpc-view", 64 << 10)),
        ("P5", "call with a view of 64 MiB / 64 B call", 1.15,
         trip("count", "alpc-view", 64 << 20) / call),
        *read_targets(results),
        *services.targets(results),
        ("P9", "idle connection, bytes of kernel memory", 2048, round(memory)),
        ("P9", "idle connection / AF_UNIX connection", 0.42,
         memory / of_connection("unix-seqpacket", "memory")),
        ("P10", "connect + accept + close / AF_UNIX", 1.00,
         of_connection("alpc", "connect")
         / of_connection("unix-seqpacket", "connect")),
    ]


def was_busy(results):
    """Whether other work on this machine has spoilt the wall-clock times.

    Of eventfd, whose sides take turns on the CPUs, and of ALPC, whose sides spin on
    both at the same time, and which suffers first.
    """
    for name in ("eventfd", "alpc"):
        ns = results.value("wall", name, 64, "roundtrip")
        best = results.value("wall", name, 64, "roundtrip-min")
        instructions = results.value("count", name, 64, "roundtrip")
        if ns > BUSY_NS_PER_INSTRUCTION * instructions or ns > BUSY_SPREAD * best:
            return True
    return False


def print_targets(results):
    busy = was_busy(results)
    print("\nTargets")
    print(f"{'id':<5}{'what':<46}{'at most':>12}{'measured':>12}")
    for name, what, limit, measured in targets(results):
        verdict = "reached" if measured <= limit else "NOT reached"
        if busy and name in ("P2", "Q1"):
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
    print_long(results)
    services.print_loads(results)
    services.print_flood(results)
    print_targets(results)


main()
