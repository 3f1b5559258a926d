# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
#
# usage: awk -f abuse.awk TABLE SOURCE...
# Prints where the table of abuse cases and the tests in the sources disagree: a case
# without a row, a row that names a test which is not there, a test with the number of
# a case that its row does not name. "suite.test_*" stands for all that begin so.
FNR == 1 {
	suite = FILENAME
	gsub(/.*\/|\.c$|_test\.c$/, "", suite)
}

FNR == NR {
	if (match($0, /^   \* - [0-9]+$/)) {
		row = substr($0, 8) + 0
		if (rows[row]++)
			print "case " row " has two rows"
	}
	if (!row)
		next
	text = $0
	while (match(text, /``[a-z0-9_]+\.[a-z0-9_]+\*?``/)) {
		named[row, substr(text, RSTART + 2, RLENGTH - 4)] = 1
		text = substr(text, RSTART + RLENGTH)
	}
	next
}

/^TEST[A-Z_]*\(|KUNIT_CASE[A-Z_]*\(/ {
	test = $0
	sub(/.*KUNIT_CASE[A-Z_]*\(|^TEST[A-Z_]*\(([a-z0-9_]+, *)?/, "", test)
	if (match(test, /^[a-z0-9_]+/))
		tests[suite "." substr(test, 1, RLENGTH)] = FILENAME
}

# stands_for(NAME, TEST): whether a name in the table is that of the test.
function stands_for(name, test) {
	if (name !~ /\*$/)
		return name == test
	return index(test, substr(name, 1, length(name) - 1)) == 1
}

END {
	for (i = 1; i <= 58; i++) {
		if (!rows[i])
			print "case " i " has no row"
	}
	for (entry in named) {
		split(entry, part, SUBSEP)
		for (test in tests) {
			if (!stands_for(part[2], test))
				continue
			found[entry] = 1
			has_row[part[1], test] = 1
		}
		if (!found[entry])
			print "case " part[1] " names " part[2] ", which does not exist"
	}
	for (test in tests) {
		if (match(test, /\.abuse_[0-9]+/) &&
		    !has_row[substr(test, RSTART + 7, RLENGTH - 7) + 0, test])
			print tests[test] ": " test " is not in the row of its case"
	}
}
