// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time between two calls that a server with so many threads has answered.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "service.h"

/* Enough to keep the threads busy. */
#define CALLERS 8

static void call_often(struct crowd *crowd, struct client *client, void *msg)
{
	unsigned int n = *(unsigned int *)crowd->arg;

	while (n--)
		service_call(crowd->service, client, msg);
	crowd_tell(crowd);
}

/* Returns nanoseconds per call. */
double measure_threads(const struct mechanism *mech, size_t bytes,
		       unsigned int threads, const struct options *opt)
{
	unsigned int each = opt->iterations / CALLERS + 1;
	struct service service;
	struct crowd crowd = {
		.service = &service,
		.size = CALLERS,
		.warmup = opt->warmup / CALLERS + 1,
		.run = call_often,
		.arg = &each,
	};
	uint64_t start, spent;

	service_start(&service, mech, bytes, threads, CALLERS);
	crowd_start(&crowd);

	start = now_ns();
	crowd_go(&crowd);
	if (crowd_wait(&crowd, CALLERS))
		fail("a client of %s met an error", mech->name);
	spent = now_ns() - start;

	crowd_end(&crowd);
	service_stop(&service);
	return (double)spent / (CALLERS * each);
}
