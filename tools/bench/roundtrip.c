// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time of a synchronous round trip between two processes.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"

#define BATCH	100

/*
 * Makes up to @n calls, but ends before that after the time in @opt: a long
 * message need not be sent often, and where a busy machine stretches each
 * cross-CPU wake-up to several scheduling periods fewer calls say as much. The
 * clock is read after 1, 2, 4, ... calls, and later after every BATCH: often
 * enough not to go on for long, and too seldom to show in the result.
 *
 * Returns nanoseconds per call.
 */
static double make_calls(struct pair *pair, unsigned int n,
			 const struct options *opt)
{
	const uint64_t start = now_ns();
	unsigned int done = 0;
	unsigned int next = 1;
	uint64_t spent = 0;

	while (done < n && spent < opt->enough_ns) {
		pair_call(pair);
		if (++done != next && done != n)
			continue;
		spent = now_ns() - start;
		next = done + (done < BATCH ? done : BATCH);
	}
	return (double)spent / done;
}

/* Returns nanoseconds per round trip. */
double measure_roundtrip(const struct mechanism *mech, size_t bytes,
			 const struct options *opt)
{
	struct pair pair;
	double ns;

	pair_start(&pair, mech, bytes, opt->pin);
	if (opt->warmup)
		make_calls(&pair, opt->warmup, opt);
	ns = make_calls(&pair, opt->iterations, opt);
	pair_stop(&pair);
	return ns;
}
