#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
"""usage: profile.py BENCH.CSV
       profile.py MECHANISM BYTES INSTRUCTIONS

Where the instructions of a round trip go. Boots the counting guest, has alpc-bench make
round trips of MECHANISM with BYTES, and has the emulator name each instruction that it
executes for a while. What functions take of these is written to
out/profile-MECHANISM-BYTES.csv, as their part of the INSTRUCTIONS that the round trip was
measured to have. With BENCH.CSV, that is done for each target that was missed.
"""

import bisect
import collections
import csv
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

from results import Results
from targets import targets

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(TOP, "out")
KERNEL = "6.12"

# How many instructions are looked at: some eighty round trips and no timer tick, or one.
TRACED = 1_000_000

# The guest says where things lie in its memory, and makes round trips until the emulator
# is told to end. --settle leaves them a second of it.
GUEST = """
alpc-bench --mode count --settle 20 --mechanism {} --bytes {} --metric roundtrip \\
	--rounds 1 --warmup 50 --iterations 100000000 --enough 60000 &
grep -i ' t ' /proc/kallsyms
sleep 21
echo @underway
wait
"""

EXECUTED = re.compile(r"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")


class Symbols:
    """Functions by address, and which part of the whole each belongs to."""

    def __init__(self):
        self.found = []

    def add(self, address, name, part):
        self.found.append((address, name, part))

    def sort(self):
        self.found.sort()
        self.addresses = [row[0] for row in self.found]

    def lookup(self, address):
        index = bisect.bisect_right(self.addresses, address) - 1
        return self.found[index][1:] if index >= 0 else ("?", "?")

    def add_kernel(self, line):
        address, _, name, *module = line.split()
        self.add(int(address, 16), name, "alpc.ko" if module == ["[alpc]"] else "kernel")

    def add_program(self):
        """alpc-bench is linked statically: its parts are told by who else has the names."""
        library = names_in("lib/libalpc.a")
        own = names_in(*(os.path.join("bench", name) for name in objects("bench")))
        for address, name in text_of("bench/alpc-bench"):
            part = ("libalpc" if name in library else
                    "alpc-bench" if name in own else "C library")
            self.add(address, name, part)


def objects(folder):
    """The object files below out/FOLDER."""
    for path, _, files in os.walk(os.path.join(OUT, folder)):
        for name in files:
            if name.endswith(".o"):
                yield os.path.relpath(os.path.join(path, name), os.path.join(OUT, folder))


def text_of(*files):
    """(address, name) of the functions in files of out/."""
    text = subprocess.run(["nm", "--defined-only", *files], cwd=OUT, check=True,
                          capture_output=True, text=True).stdout
    for line in text.splitlines():
        match = re.match(r"([0-9a-f]{16}) [tTwWi] (\S+)$", line)
        if match:
            yield int(match[1], 16), match[2]


def names_in(*files):
    return {name for _, name in text_of(*files)}


class Monitor:
    """QEMU's monitor."""

    PROMPT = b"(qemu) "

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.wait()

    def wait(self):
        said = b""
        while not said.endswith(self.PROMPT):
            data = self.socket.recv(4096)
            if not data:
                break
            said += data

    def command(self, line):
        self.socket.sendall(line.encode() + b"\n")
        self.wait()


def count_executed(path, counts):
    """Read the emulator's log until there is enough of it, and the rest unseen."""
    total = 0
    with open(path, encoding="ascii", errors="replace") as log:
        for line in log:
            match = EXECUTED.match(line)
            if match and total < TRACED:
                counts[int(match[1], 16)] += 1
                total += 1


def trace(monitor, log, counts):
    """Have each instruction logged, to a pipe, as there are millions of them."""
    os.mkfifo(log)
    reader = threading.Thread(target=count_executed, args=(log, counts), daemon=True)
    reader.start()
    monitor.command("one-insn-per-tb on")
    monitor.command(f"logfile {log}")
    monitor.command("log exec,nochain")
    while sum(counts.values()) < TRACED and reader.is_alive():
        time.sleep(0.2)
    monitor.command("log none")


def run_guest(work, mechanism, size, symbols, counts):
    """Boot, and trace when the round trips have been under way for a while."""
    script, socket_path = os.path.join(work, "profile"), os.path.join(work, "monitor")
    with open(script, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\n" + GUEST.format(mechanism, size))
    os.chmod(script, 0o755)
    command = [os.path.join(TOP, "tests/vm/run"), "--kernel", KERNEL, "--count",
               "--mem", "1536", "--timeout", "600", "--console",
               os.path.join(work, "console"), "--monitor", socket_path,
               "--module", os.path.join(OUT, "module", KERNEL, "alpc.ko"),
               "--module", "binder_linux", "--add", os.path.join(OUT, "bench/alpc-bench"),
               "--add", script, "--", "profile"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True) as guest:
        for line in guest.stdout:
            if re.match(r"[0-9a-f]{16} ", line):
                symbols.add_kernel(line)
            elif line.endswith("@underway\n"):
                break
        else:
            sys.exit("profile: the guest ended early")
        # The shell of the guest has something to do yet.
        time.sleep(2)
        monitor = Monitor(socket_path)
        trace(monitor, os.path.join(work, "log"), counts)
        # It would go on for ever, and then fail for being stopped.
        monitor.socket.sendall(b"quit\n")
        guest.communicate()


def write(path, counts, symbols, instructions):
    """A row for each function, the dearest first."""
    total = sum(counts.values())
    by_function = collections.Counter()
    for address, count in counts.items():
        by_function[symbols.lookup(address)] += count
    with open(path, "w", newline="", encoding="ascii") as file:
        writer = csv.writer(file)
        writer.writerow(("function", "part", "instructions"))
        for (name, part), count in by_function.most_common():
            writer.writerow((name, part, f"{count * instructions / total:.1f}"))


def profile(mechanism, size, instructions):
    """Boot a guest and write the profile."""
    print(f"profile: a boot for the round trips of {mechanism} with {size} bytes",
          flush=True)
    symbols, counts = Symbols(), collections.Counter()
    symbols.add_program()
    with tempfile.TemporaryDirectory() as work:
        run_guest(work, mechanism, size, symbols, counts)
    symbols.sort()
    path = os.path.join(OUT, f"profile-{mechanism}-{size}.csv")
    write(path, counts, symbols, instructions)


def main():
    if len(sys.argv) == 4:
        profile(sys.argv[1], sys.argv[2], float(sys.argv[3]))
    elif len(sys.argv) == 2:
        results = Results(sys.argv[1])
        for trip in {target.trip for target in targets(results) if not target.reached()}:
            if trip:
                profile(*trip, results.value("count", *trip, "roundtrip"))
    else:
        sys.exit(__doc__)


main()
