# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
#
# usage: awk -F, -v bound=FACTOR -f scale.awk scale.csv
# For each step and each number of items: what one item takes, and how often that of the
# smallest number it is. Fails if that is more than the bound, or nothing was measured.
NR == 1 { next }

{
	match($4, /-[0-9]+$/)
	step = substr($4, 1, RSTART - 1)
	count = substr($4, RSTART + 1)
	if (!(step in first)) {
		first[step] = $5
		steps[++all] = step
	}
	growth = $5 / first[step]
	line[step] = line[step] sprintf("  %-12s %9d %12.0f %8.2f\n", step, count, $5, growth)
	if (growth > bound)
		grows[step] = grows[step] " " count
	measured++
}

END {
	printf "  %-12s %9s %12s %8s\n", "step", "of", "each takes", "growth"
	for (i = 1; i <= all; i++) {
		step = steps[i]
		printf "%s", line[step]
		if (step in grows)
			failed = 1
		print "  " step ": " (step in grows ? "grows at" grows[step] : "linear")
	}
	exit failed || !measured
}
