# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
#
# Tell apart what KCSAN reports, in a kernel's log: a report is the module's if one of
# its functions is in any of its stacks, and is not if there is none, or if the two
# functions that met are named in the file of explained ones. Prints the log without
# the first lines of the reports that are not the module's, which then complain no
# more; or, with list=1, one line for each report: whose it is, and what met.
# Variables: list, known (file of the explained ones: "FUNCTION / FUNCTION: why").
BEGIN {
	while (known && (getline line < known) > 0) {
		if (line !~ /^#/ && (at = index(line, ": ")))
			explained[substr(line, 1, at - 1)] = 1
	}
}

# A report ends with a line of "=", and no other begins before.
/BUG: KCSAN: / {
	finish("unfinished")
	within = 1
	ours = 0
	what = title($0)
}

within {
	lines[++n] = $0
	if (/\[alpc\]/)
		ours = 1
	if (/==========/)
		finish(!ours ? "not ours" : (what in explained) ? "explained" : "ours")
	next
}

!list { print }

END { finish("unfinished") }

# The functions, without where in them, and without what the compiler made of them.
function title(s) {
	sub(/.*BUG: KCSAN: .* in /, "", s)
	gsub(/\+0x[0-9a-f]+\/0x[0-9a-f]+|\.(isra|part|constprop|cold)(\.[0-9]+)?/, "", s)
	gsub(/ \[alpc\]|\r$/, "", s)
	return s
}

# What is cut off is not taken for harmless.
function finish(whose, i) {
	if (!within)
		return
	if (list)
		print whose "\t" what
	else for (i = 1; i <= n; i++) {
		if (i > 1 || whose == "ours" || whose == "unfinished")
			print lines[i]
	}
	within = 0
	n = 0
}
