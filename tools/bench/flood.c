// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long calls take while another client of the same server sends as much as
 * it can, and how long while it is a client like the others.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "service.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "message.h"

#define CLIENTS	100
/* This one floods, or is not measured. */
#define FLOODER	0
#define OTHERS	(CLIENTS - 1)

/**
 * struct flood - what the processes share
 * @on: whether there is a flood
 * @each: calls of each client that are measured
 * @posted: messages of the flooder's
 * @ns: how long each call took, @each of every client
 */
struct flood {
	bool on;
	unsigned int each;
	uint64_t posted;
	uint64_t ns[];
};

static void post_for_ever(struct crowd *crowd, struct client *client, void *msg)
{
	const struct service *s = crowd->service;
	struct flood *flood = crowd->arg;

	for (;;) {
		msg_write(msg, s->bytes, ++client->id | MSG_ONEWAY);
		s->mech->service->post(crowd->service, client, msg);
		flood->posted++;
	}
}

/* Goes on after what is measured: the others are to have the same company. */
static void call_for_ever(struct crowd *crowd, struct client *client, void *msg)
{
	struct flood *flood = crowd->arg;
	uint64_t *ns = &flood->ns[client->tag * flood->each];
	unsigned int i;
	uint64_t start;

	for (i = 0; i < flood->each; i++) {
		start = now_ns();
		service_call(crowd->service, client, msg);
		ns[i] = now_ns() - start;
	}
	if (client->tag != FLOODER)
		crowd_tell(crowd);
	for (;;)
		service_call(crowd->service, client, msg);
}

static void run_client(struct crowd *crowd, struct client *client, void *msg)
{
	const struct flood *flood = crowd->arg;

	if (flood->on && client->tag == FLOODER)
		post_for_ever(crowd, client, msg);
	call_for_ever(crowd, client, msg);
}

static int compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a;
	const uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/*
 * Lets all clients run until the others have made their calls, and puts the
 * times of those into order. Returns how many clients met an error.
 */
static unsigned int run_flood(const struct mechanism *mech, size_t bytes,
			      const struct options *opt, struct flood *flood)
{
	struct service service;
	struct crowd crowd = {
		.service = &service,
		.size = CLIENTS,
		.warmup = opt->warmup / CLIENTS + 1,
		.run = run_client,
		.arg = flood,
	};
	unsigned int failed;

	service_start(&service, mech, bytes, 1, CLIENTS);
	crowd_start(&crowd);
	crowd_go(&crowd);
	failed = crowd_wait(&crowd, OTHERS);
	crowd_end(&crowd);
	service_stop(&service);
	if (flood->on && !flood->posted)
		fail("the flooder of %s did not get to send anything",
		     mech->name);
	qsort(&flood->ns[flood->each], OTHERS * flood->each,
	      sizeof(flood->ns[0]), compare);
	return failed;
}

static struct flood *new_flood(const struct options *opt, bool on, size_t *len)
{
	const unsigned int each = opt->iterations / OTHERS + 1;
	struct flood *flood;

	*len = sizeof(*flood) + CLIENTS * each * sizeof(flood->ns[0]);
	flood = shared_memory(*len);
	flood->on = on;
	flood->each = each;
	return flood;
}

static double measure_latency(const struct mechanism *mech, size_t bytes,
			      unsigned int percentile,
			      const struct options *opt, bool on)
{
	size_t len;
	struct flood *flood = new_flood(opt, on, &len);
	const unsigned int count = OTHERS * flood->each;
	double ns;

	if (run_flood(mech, bytes, opt, flood))
		fail("a client of %s met an error", mech->name);
	ns = (double)flood->ns[flood->each + (count - 1) * percentile / 100];
	munmap(flood, len);
	return ns;
}

/* Returns that percentile of a call's nanoseconds, without a flood. */
double measure_quiet(const struct mechanism *mech, size_t bytes,
		     unsigned int percentile, const struct options *opt)
{
	return measure_latency(mech, bytes, percentile, opt, false);
}

/* Likewise, while one client floods. */
double measure_flood(const struct mechanism *mech, size_t bytes,
		     unsigned int percentile, const struct options *opt)
{
	return measure_latency(mech, bytes, percentile, opt, true);
}

/* Returns how many clients meet an error then. */
double measure_flood_errors(const struct mechanism *mech, size_t bytes,
			    unsigned int unused, const struct options *opt)
{
	size_t len;
	struct flood *flood = new_flood(opt, true, &len);
	unsigned int failed;

	(void)unused;
	failed = run_flood(mech, bytes, opt, flood);
	munmap(flood, len);
	return failed;
}

/* Returns how many messages of the flood are sent for each call. */
double measure_flood_share(const struct mechanism *mech, size_t bytes,
			   unsigned int unused, const struct options *opt)
{
	size_t len;
	struct flood *flood = new_flood(opt, true, &len);
	double share;

	(void)unused;
	if (run_flood(mech, bytes, opt, flood))
		fail("a client of %s met an error", mech->name);
	share = (double)flood->posted / (OTHERS * flood->each);
	munmap(flood, len);
	return share;
}
