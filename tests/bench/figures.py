#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
"""usage: figures.py

Write what was measured into the documentation: the tables of README.md and of
Documentation/performance.rst, between the lines that name them and those that end them,
and the plots. What was not measured in out/ stays as it is.
"""

import csv
import os
import re
import sys

import services
from results import Results, size_text
from targets import READ_SIZES, targets, was_busy

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(TOP, "out")
PLOTS = ("bench-targets", "bench", "bench-services", "bench-sweep")

# How many functions of a profile are shown.
DEAREST = 30

NAMES = {
    "alpc": "ALPC",
    "alpc-nospin": "ALPC, without spinning",
    "alpc-quick": "libalpc, quick calls",
    "eventfd": "eventfd pair and shared memory",
    "futex": "futex pair and shared memory",
    "posix-mq": "POSIX message queues",
    "sysv-msg": "System V messages",
    "pipe": "pipe pair",
    "unix-seqpacket": "AF_UNIX SEQPACKET",
    "unix-stream": "AF_UNIX STREAM",
    "binder": "binder",
    "memfd-scm-rights": "memfd and SCM_RIGHTS",
    "alpc-auto": "libalpc chooses",
    "alpc-section": "in place, without libalpc",
    "alpc-view": "filled in place",
    "alpc-view-secure": "in place, secure",
    "alpc-completion": "it waits at a completion port",
    "alpc-vector": "vectors of 32 messages",
    "alpc-list": "it reads a completion list",
    "alpc-bound": "its clients wait at a completion port",
    "unix-epoll": "AF_UNIX SEQPACKET, epoll",
}


def rst(rows):
    """A simple table of reStructuredText."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
             for row in rows]
    return [rule, lines[0], rule, *lines[1:], rule]


def markdown(rows):
    """A table of Markdown, whose numbers stand to the right."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return [lines[0], "|---" + "|---:" * (len(rows[0]) - 1) + "|", *lines[1:]]


def grid(results, names, columns, cell):
    """One row for each mechanism that has any of the cells."""
    for name in names:
        cells = [cell(name, column) for column in columns]
        if any(cells):
            yield (NAMES[name], *(text or "\\-" for text in cells))


def value_text(results, *key, scale=1, form=",.0f"):
    return format(results.rows[key] / scale, form) if key in results.rows else ""


def target_table(results):
    yield ("target", "what", "at most", "measured", "")
    for target in targets(results):
        yield (target.name, target.what, *target.numbers(), target.verdict(False))


def trip_table(results):
    """Round trips of short messages, counted and timed."""
    yield ("mechanism", "64 bytes", "256 bytes", "ALPC / it, 64 bytes",
           "two CPUs, µs", "ALPC / it")
    for name in results.mechanisms("wall", 64):
        cells = []
        for mode, scale, form in (("count", 1, ",.0f"), ("wall", 1000, ",.1f")):
            trip = (mode, name, 64, "roundtrip")
            cells.append(value_text(results, *trip, scale=scale, form=form) or "\\-")
            if mode == "count":
                cells.append(value_text(results, mode, name, 256, "roundtrip") or "\\-")
            cells.append(f"{results.value(mode, 'alpc', 64, 'roundtrip') / results.rows[trip]:.2f}"
                         if trip in results.rows else "\\-")
        yield (NAMES[name], *cells)


def connection_table(results):
    yield ("", "ALPC", "AF_UNIX SEQPACKET", "ratio")
    for what, metric in (("connect, accept and close, instructions", "connect"),
                         ("kernel memory of an idle connection, bytes", "memory")):
        own, other = (results.value("count", name, 0, metric)
                      for name in ("alpc", "unix-seqpacket"))
        yield (what, f"{own:,.0f}", f"{other:,.0f}", f"{own / other:.2f}")


def long_table(results):
    """Round trips of long messages."""
    yield ("mechanism", *map(size_text, READ_SIZES))
    yield from grid(results, ("alpc-auto", "alpc-view", "alpc-view-secure",
                              "alpc-section", "unix-seqpacket", "unix-stream", "pipe", "posix-mq",
                              "sysv-msg", "binder", "memfd-scm-rights"), READ_SIZES,
                    lambda name, size: value_text(results, "count", name, size,
                                                  "roundtrip"))


def read_table(results):
    yield ("bytes", "ALPC", "process_vm_readv", "ratio")
    for size in READ_SIZES:
        own, other = (results.value("count", name, size, "read")
                      for name in ("alpc-direct", "process-vm-readv"))
        yield (size_text(size), f"{own:,.0f}", f"{other:,.0f}", f"{own / other:.2f}")


def server_table(results):
    """A call to a server with many clients."""
    metrics = ("clients-1", "clients-10000", "load-10", "load-100", "load-1000",
               "load-10000")
    yield ("one thread of a server", "1 client", "10,000 in turn", "10 at a time",
           "100 at a time", "1,000 at a time", "10,000 at a time")
    rows = grid(results, services.SERVERS, metrics,
                lambda name, metric: value_text(results, "count", name, services.SIZE,
                                                metric))
    for name, *cells in rows:
        yield ("it waits at the connection port" if name == NAMES["alpc"] else name, *cells)


def flood_table(results):
    yield ("server, clients make", "no flood", "flood", "ratio")
    for name in services.FLOODED:
        for what, quiet, flood in services.flood_ratios(results, name):
            yield (f"{name}, {what}", f"{quiet:,.0f}", f"{flood:,.0f}",
                   f"{flood / quiet:.2f}")


def profile_lines(results):
    """What of a round trip each part takes, and its dearest functions, for each miss."""
    shown = set()
    for target in targets(results):
        if target.reached() or not target.trip or target.trip in shown:
            continue
        shown.add(target.trip)
        path = "-".join(map(str, ("profile", *target.trip))) + ".csv"
        with open(os.path.join(OUT, path), encoding="ascii") as file:
            functions = list(csv.DictReader(file))
        parts = {}
        for row in functions:
            parts[row["part"]] = parts.get(row["part"], 0) + float(row["instructions"])
        limit, measured = target.numbers()
        yield from (f"{target.name}, {target.what}: {measured}, where {limit} is asked for. "
                    "Of a round trip, in instructions:", "")
        yield from rst([("part", "instructions"),
                        *((part, f"{count:,.0f}") for part, count in
                          sorted(parts.items(), key=lambda item: -item[1]))])
        yield from ("", f"The {DEAREST} dearest functions:", "")
        yield from rst([("function", "part", "instructions"),
                        *((row["function"], row["part"],
                           f"{float(row['instructions']):,.0f}")
                          for row in functions[:DEAREST])])
        yield ""


def scale_table(results):
    """What one of many takes; results are those of tests/bench/scale."""
    yield ("step", "of", "each takes", "growth")
    steps = {}
    for (_, _, _, metric), value in results.rows.items():
        step, count = metric.rsplit("-", 1)
        steps.setdefault(step, []).append((int(count), value))
    for step, values in steps.items():
        for count, value in values:
            yield (step, f"{count:,}", f"{value:,.0f}", f"{value / values[0][1]:.2f}")


TABLES = {
    "targets": target_table,
    "round trips": trip_table,
    "connections": connection_table,
    "long messages": long_table,
    "reads": read_table,
    "servers": server_table,
    "floods": flood_table,
}


def replace(path, begin, end, form, results, tables):
    """Write the file anew, with what was measured in the places that it names."""
    def measured(match):
        name = match["name"]
        if name == "profiles" and "targets" in tables:
            lines = list(profile_lines(results))[:-1]
        elif name in tables:
            lines = form(list(tables[name](results)))
        else:
            return match[0]
        return "\n".join((match["begin"], "", *lines, "", match["end"]))

    path = os.path.join(TOP, path)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(f"(?P<begin>{begin})\n.*?\n(?P<end>{end})", measured, text,
                  flags=re.DOTALL)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def replace_all(results, tables):
    replace("README.md", r"<!-- measured: (?P<name>[a-z ]+) -->",
            "<!-- measured: end -->", markdown, results, tables)
    replace("Documentation/performance.rst", r"\.\. measured: (?P<name>[a-z ]+)",
            r"\.\. measured: end", rst, results, tables)


def copy_plot(name):
    """Into the documentation, where each file says its licence in its first lines."""
    with open(os.path.join(OUT, name), encoding="utf-8") as file:
        declaration, _, plot = file.read().partition("\n")
    path = os.path.join(TOP, "Documentation/performance", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{declaration}\n<!-- SPDX-License-Identifier: GPL-2.0-only -->\n{plot}")


def main():
    if len(sys.argv) != 1:
        sys.exit(__doc__)
    bench, scale = (os.path.join(OUT, name) for name in ("bench.csv", "scale.csv"))
    if os.path.exists(scale):
        replace_all(Results(scale), {"scale": scale_table})
    if not os.path.exists(bench):
        return
    results = Results(bench)
    if was_busy(results):
        print("figures: this machine was busy; the documentation keeps its figures")
        return
    replace_all(results, TABLES)
    for name in PLOTS:
        copy_plot(f"{name}.svg")


main()
