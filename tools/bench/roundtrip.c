// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time of a synchronous round trip between two processes.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"

/*
 * A machine that is busy with other work can stretch one cross-CPU wake-up to
 * several scheduling periods. Fewer round trips then say as much, and the whole
 * comes to an end.
 */
#define LONG_ENOUGH_NS	1000000000
#define BATCH		100

/* Makes up to @n calls; returns nanoseconds per call. */
static double make_calls(struct pair *pair, unsigned int n)
{
	const uint64_t start = now_ns();
	uint64_t spent = 0;
	unsigned int done = 0;

	while (done < n && spent < LONG_ENOUGH_NS) {
		pair_call(pair);
		if (++done % BATCH == 0 || done == n)
			spent = now_ns() - start;
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
		make_calls(&pair, opt->warmup);
	ns = make_calls(&pair, opt->iterations);
	pair_stop(&pair);
	return ns;
}
