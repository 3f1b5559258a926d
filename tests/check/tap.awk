# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
#
# Count the TAP of one suite on one kernel: prints "row passed failed", for KUnit
# one row for each of its suites. Variables: suite, kernel, skips (the file of the
# skips that are expected: kernel, suite, test, reason).
BEGIN {
	OFS = "\t"
	while ((getline line < skips) > 0) {
		if (line !~ /^#/ && split(line, word, " ") >= 4)
			expected[word[1], word[2], word[3]] = 1
	}
	row = suite
	order[++rows] = row
}

function point(ok) {
	if (ok && /# SKIP/) {
		# A skip hides a failure unless it is known and has a reason.
		if (!((kernel, suite, name()) in expected))
			failed[row]++
	} else if (ok) {
		passed[row]++
	} else {
		failed[row]++
	}
}

function name(word) {
	split($0, word, " ")
	return word[3]
}

# Points that the guest's script adds have no number.
/^(not )?ok - / { point(/^ok/); next }

suite == "kunit" && /^1\.\./ { suites_planned = substr($0, 4) + 0; next }
suite == "kunit" && /^    # Subtest: / {
	row = "kunit:" $3
	order[++rows] = row
	next
}
suite == "kunit" && /^    1\.\./ { planned[row] = substr($0, 8) + 0; next }
suite == "kunit" && /^    (not )?ok [0-9]/ {
	seen[row]++
	point(/^    ok/)
	next
}
suite == "kunit" && /^(not )?ok [0-9]/ {
	suites_seen++
	# A suite that cannot even begin has no case that failed.
	if (/^not/ && !failed[row])
		failed[row]++
	if (seen[row] != planned[row])
		failed[row]++
	row = suite
	next
}

suite != "kunit" && /^1\.\.[0-9]/ { planned[suite] = substr($0, 4) + 0; next }
suite != "kunit" && /^(not )?ok [0-9]/ { seen[suite]++; point(/^ok/); next }

/^@end/ { ended = 1 }

END {
	if (!ended)
		failed[suite]++
	if (suite == "kunit") {
		planned[suite] = suites_planned
		seen[suite] = suites_seen
	}
	if (!planned[suite] || seen[suite] != planned[suite])
		failed[suite]++
	for (i = 1; i <= rows; i++)
		print order[i], passed[order[i]] + 0, failed[order[i]] + 0
}
