# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
"""What alpc-bench measured, read from its CSV file."""

import csv
import sys

NOTE = ("Instructions are not cycles: cache misses, TLB refills and interrupts "
        "between CPUs\ndo not show in them. Wall-clock times are of an emulated "
        "machine: only their\nratios say something.")


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
        """The value of a row that must be there."""
        if key not in self.rows:
            sys.exit(f"{self.path}: no row for {key}")
        return self.rows[key]

    def mechanisms(self, mode, size):
        """Whose round trips of this size were measured, in the file's order."""
        return [key[1] for key in self.rows
                if (key[0], key[2], key[3]) == (mode, size, "roundtrip")]

    def trips(self, mechanism):
        """Instructions of its round trips on one CPU, by size."""
        return {key[2]: value for key, value in self.rows.items()
                if (key[0], key[1], key[3]) == ("count", mechanism, "roundtrip")}


def size_text(size):
    """A size in bytes, for people: 96 B, 4 KiB, 1.5 MiB."""
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size:.0f} B"
