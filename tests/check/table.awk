# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
#
# Turn lines of "row column passed failed" into the table and the last line, and
# fail if anything failed or nothing ran. Variables: columns (their names), recalled (how many
# passed in an earlier run).
BEGIN { columns = split(columns, column, " ") }

{
	if (!($1 in known)) {
		known[$1] = 1
		order[++rows] = $1
	}
	ran[$1, $2] = 1
	passed[$1, $2] += $3
	failed[$1, $2] += $4
	all_passed += $3
	all_failed += $4
	if (length($1) > width)
		width = length($1)
}

function cell(row, col) {
	if (!((row, col) in ran))
		return "."
	if (failed[row, col])
		return "FAIL " failed[row, col] "/" passed[row, col] + failed[row, col]
	return "ok " passed[row, col]
}

END {
	line = sprintf("%-*s", width, "")
	for (c = 1; c <= columns; c++)
		line = line sprintf("  %-10s", column[c])
	sub(/ +$/, "", line)
	print line
	for (r = 1; r <= rows; r++) {
		line = sprintf("%-*s", width, order[r])
		for (c = 1; c <= columns; c++)
			line = line sprintf("  %-10s", cell(order[r], column[c]))
		sub(/ +$/, "", line)
		print line
	}
	if (recalled)
		printf "%d tests of suites passed in an earlier run of the same (AGAIN=1 has all run)\n",
		       recalled
	printf "%d passed, %d failed\n", all_passed, all_failed
	exit all_failed > 0 || all_passed == 0
}
