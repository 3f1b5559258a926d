// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time to make a connection and to end it, both ends in one process.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"

/* Returns nanoseconds per connection. */
double measure_connect(const struct mechanism *mech, size_t bytes,
		       const struct options *opt)
{
	const struct connection_ops *ops = mech->connection;
	void *listener = ops->listen(1);
	uint64_t start = 0;
	uint64_t spent;
	unsigned int i;
	int end[2];

	(void)bytes;
	for (i = 0; i < opt->warmup + opt->iterations; i++) {
		if (i == opt->warmup)
			start = now_ns();
		ops->connect(listener, end);
		ops->disconnect(listener, end);
	}
	spent = now_ns() - start;
	ops->unlisten(listener);
	return (double)spent / opt->iterations;
}
