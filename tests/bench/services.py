# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
"""The tables about servers of many clients."""

SERVERS = ("alpc", "alpc-completion", "alpc-vector", "alpc-list", "alpc-bound",
           "unix-epoll")
FLOODED = ("alpc", "alpc-completion", "alpc-list", "unix-epoll")
SHARED = ("alpc", "alpc-completion", "alpc-list")
CLIENTS = (1, 10, 100, 1000, 10000)
THREADS = (1, 2, 4)
REFERENCE = "unix-epoll"
SIZE = 64

# A hundredth turn more is 1 %; the rest is what one run differs from another.
FLOOD_LIMIT = 1.20


def print_grid(results, mode, metric, columns, scale):
    """One line for each server: its values, and each divided by the reference."""
    print(f"{'mechanism':<16}" + "".join(f"{n:>10,}{'/epoll':>8}" for n in columns))
    for name in SERVERS:
        if (mode, name, SIZE, f"{metric}-{columns[0]}") not in results.rows:
            continue
        line = f"{name:<16}"
        for n in columns:
            value = results.value(mode, name, SIZE, f"{metric}-{n}")
            other = results.value(mode, REFERENCE, SIZE, f"{metric}-{n}")
            line += f"{value / scale:>10,.{0 if scale == 1 else 1}f}"
            line += f"{value / other:>8.2f}"
        print(line)


def print_loads(results):
    """What a call takes, against clients and against threads."""
    print("\nA call when each of so many clients has one under way, instructions "
          "on one CPU")
    print_grid(results, "count", "load", CLIENTS, 1)
    print("alpc: a thread waits at the connection port; completion: at a completion "
          "port that it\nis bound to; vector: replies and receives 32 at a time; "
          "list: finds requests\nin a completion list, replies to 32 at a time; "
          "bound: a client that waits for all its\nconnections at a completion "
          "port. unix-epoll: SEQPACKET, 64 events at a time.")
    print("\nMicroseconds for a call of 8 client processes, two CPUs, by threads of "
          "the server")
    print_grid(results, "wall", "threads", THREADS, 1000)


def flood_ratios(results, name):
    """(what, quiet, flood) of each percentile that was measured."""
    def value(metric):
        return results.value("count", name, SIZE, metric)

    for pace, title in (("", "no pauses"), ("paced-", "pauses")):
        for percentile, word in ((50, "median"), (99, "99 %")):
            yield (f"{title}, {word}", value(f"{pace}quiet-{percentile}"),
                   value(f"{pace}flood-{percentile}"))


def print_flood(results):
    """What one client that floods does to the calls of 99 others."""
    print("\nA call of 99 clients while a 100th one floods, instructions on one CPU")
    print(f"{'mechanism':<16}{'clients make':<20}{'no flood':>12}{'flood':>12}"
          f"{'ratio':>8}")
    for name in FLOODED:
        for what, quiet, flood in flood_ratios(results, name):
            print(f"{name:<16}{what:<20}{quiet:>12,.0f}{flood:>12,.0f}"
                  f"{flood / quiet:>8.2f}")
        errors = results.value("count", name, SIZE, "flood-errors")
        print(f"{name:<16}clients that met an error: {errors:.0f}")
    for name in SHARED:
        share = results.value("count", name, SIZE, "flood-share")
        print(f"{name:<16}messages of the flooder for a call of each other: "
              f"{share:.1f}")
    print("With pauses the flooder has the lowest priority: which of two gets the "
          "one CPU is not\nthe port's doing, whose message is next is.")
