# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
"""What ALPC has to reach, and what it did."""

from typing import NamedTuple, Union

import services
from results import size_text

READ_SIZES = (4 << 10, 64 << 10, 1 << 20)

# What waiting may cost before it counts as burning the CPU: 1 % of a second.
CPU_LIMIT_NS = 10_000_000

# An emulated CPU takes 5 to 10 ns for an instruction. If a round trip comes to
# many times that, the emulated CPUs did not get CPUs of this machine in time.
BUSY_NS_PER_INSTRUCTION = 30
# Or if most rounds took so much longer than the best one.
BUSY_SPREAD = 2

# Those that are judged by the wall's clock.
TIMED = ("P2", "Q1")


class Target(NamedTuple):
    """One of them: a ratio if limit is a float, an amount if it is an int.

    trip is whose round trips of which size to look at if it is missed.
    """
    name: str
    what: str
    limit: Union[int, float]
    measured: Union[int, float]
    trip: tuple = None

    def reached(self):
        return self.measured <= self.limit

    def verdict(self, busy):
        if busy and self.name in TIMED:
            return "not judged"
        return "reached" if self.reached() else "NOT reached"

    def numbers(self):
        """The limit and what was measured, for people."""
        form = ",d" if isinstance(self.limit, int) else ".3f"
        return format(self.limit, form), format(self.measured, form)


def calls(results):
    """P1, P2 and what quick calls are to be."""
    def trip(mode, name):
        return results.value(mode, name, 64, "roundtrip")

    def cpu(metric):
        return round(results.value("wall", "alpc", 64, metric))

    call = trip("count", "alpc")
    for what, name, limit in (("eventfd pair", "eventfd", 1.00),
                              ("SEQPACKET", "unix-seqpacket", 0.62),
                              ("binder", "binder", 0.44)):
        yield Target("P1", f"64 B call, one CPU / {what}", limit,
                     call / trip("count", name), ("alpc", 64))
    yield Target("P2", "64 B call, two CPUs / eventfd pair", 0.10,
                 trip("wall", "alpc") / trip("wall", "eventfd"))
    for what, metric in (("caller, server stopped", "cpu-caller"),
                         ("caller, server at work", "cpu-caller-long"),
                         ("receiver, nothing pending", "cpu-receiver")):
        yield Target("P2", f"CPU of a {what}, ns per s", CPU_LIMIT_NS, cpu(metric))
    yield Target("Q1", "64 B quick call, two CPUs / 64 B call", 0.25,
                 trip("wall", "alpc-quick") / trip("wall", "alpc"))
    yield Target("Q2", "64 B quick call, one CPU / library's call", 1.01,
                 trip("count", "alpc-quick") / trip("count", "alpc-auto"),
                 ("alpc-quick", 64))


def long_calls(results):
    """P3 to P6."""
    def count(name, size, metric="roundtrip"):
        return results.value("count", name, size, metric)

    for target, size, how, name, limit in (
            ("P3", 4 << 10, "automatic choice", "alpc-auto", 0.55),
            ("P4", 64 << 10, "automatic choice", "alpc-auto", 0.40),
            ("P4", 64 << 10, "in place", "alpc-section", 0.13),
            ("P4", 64 << 10, "in place, libalpc", "alpc-view", 0.13)):
        yield Target(target, f"{size_text(size)} call, {how} / SEQPACKET", limit,
                     count(name, size) / count("unix-seqpacket", size), (name, size))
    for what, view, call in (
            ("call with a view of 64 MiB / 64 B call", "alpc-section", "alpc"),
            ("the same, both by libalpc", "alpc-view", "alpc-auto"),
            ("such a view by libalpc / 64 B call without it", "alpc-view", "alpc")):
        yield Target("P5", what, 1.15, count(view, 64 << 20) / count(call, 64),
                     (view, 64 << 20))
    for size in READ_SIZES:
        yield Target("P6", f"direct read of {size_text(size)} / process_vm_readv", 0.95,
                     count("alpc-direct", size, "read")
                     / count("process-vm-readv", size, "read"))


def many_clients(results):
    """P7, P8, and that floods harm nobody."""
    def count(name, metric):
        return results.value("count", name, services.SIZE, metric)

    yield Target("P7", "one way, batches of 32 / AF_UNIX DGRAM", 0.15,
                 count("alpc-vector", "oneway") / count("unix-dgram", "oneway"))
    for name, how in (("alpc", ""), ("alpc-completion", ", completion port"),
                      ("alpc-list", ", completion list"),
                      ("alpc-bound", ", clients bound to one")):
        yield Target("P8", f"call, 10,000 clients / 1{how}", 1.10,
                     count(name, "clients-10000") / count(name, "clients-1"))
    for name, how in (("alpc", ""), ("alpc-list", ", list")):
        for what, quiet, flood in services.flood_ratios(results, name):
            yield Target("fair", f"call, flood / none, {what}{how}",
                         services.FLOOD_LIMIT, flood / quiet)
        yield Target("fair", f"clients with errors in a flood{how}", 0,
                     round(count(name, "flood-errors")))


def connections(results):
    """P9 and P10."""
    def of(name, metric):
        return results.value("count", name, 0, metric)

    memory = of("alpc", "memory")
    yield Target("P9", "idle connection, bytes of kernel memory", 2048, round(memory))
    yield Target("P9", "idle connection / AF_UNIX connection", 0.42,
                 memory / of("unix-seqpacket", "memory"))
    yield Target("P10", "connect + accept + close / AF_UNIX", 1.00,
                 of("alpc", "connect") / of("unix-seqpacket", "connect"))


def targets(results):
    return [*calls(results), *long_calls(results), *many_clients(results),
            *connections(results)]


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
