// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long calls take while another client of the same server sends as much as
 * it can, and how long while it is a client like the others.
 *
 * Either all call without a pause, so that the server is never idle, and a call
 * waits for its turn among a hundred. Or they pause: then a call would wait for
 * nobody without the flood. With one CPU what it waits for then is mostly that CPU,
 * which the scheduler shares between the flooder and the rest whatever they do, so
 * the flooder has the lowest priority there: what is left is the queue's doing.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "service.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "message.h"

#define CLIENTS	100
/* This one floods, or is not measured. */
#define FLOODER	0
#define OTHERS	(CLIENTS - 1)
/* Calls that each makes during the flood before those that are measured. */
#define SETTLE	10

/* A pause is so long in seconds, and longer by this for each of the clients. */
#define PAUSE		0.01
#define PAUSE_STEP	0.0001
#define LOWEST_PRIORITY	19

/**
 * struct flood - what the processes share
 * @on: whether there is a flood
 * @paced: whether clients pause before each call
 * @each: calls of each client that are measured
 * @posted: messages of the flooder's
 * @meanwhile: of these, how many while the last client was measured
 * @ns: how long each call took, @each of every client
 */
struct flood {
	bool on;
	bool paced;
	unsigned int each;
	uint64_t posted;
	uint64_t meanwhile;
	uint64_t ns[];
};

static void post_for_ever(struct crowd *crowd, struct client *client, void *msg)
{
	const struct service *s = crowd->service;
	struct flood *flood = crowd->arg;

	if (flood->paced && setpriority(PRIO_PROCESS, 0, LOWEST_PRIORITY))
		fail_errno("setpriority");
	for (;;) {
		msg_write(msg, s->bytes, ++client->id | MSG_ONEWAY);
		s->mech->service->post(crowd->service, client, msg);
		flood->posted++;
	}
}

static void call_once(struct crowd *crowd, struct client *client, void *msg,
		      uint64_t *ns)
{
	const struct flood *flood = crowd->arg;
	uint64_t start;

	if (flood->paced)
		sleep_seconds(PAUSE + PAUSE_STEP * client->tag);
	start = now_ns();
	service_call(crowd->service, client, msg);
	*ns = now_ns() - start;
}

/* Goes on after what is measured: the others are to have the same company. */
static void call_for_ever(struct crowd *crowd, struct client *client, void *msg)
{
	struct flood *flood = crowd->arg;
	uint64_t *ns = &flood->ns[client->tag * flood->each];
	uint64_t posted, unused;
	unsigned int i;

	for (i = 0; i < SETTLE; i++)
		call_once(crowd, client, msg, &unused);
	posted = flood->posted;
	for (i = 0; i < flood->each; i++)
		call_once(crowd, client, msg, &ns[i]);
	if (client->tag == CLIENTS - 1)
		flood->meanwhile = flood->posted - posted;
	if (client->tag != FLOODER)
		crowd_tell(crowd);
	for (;;)
		call_once(crowd, client, msg, &unused);
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
	if (flood->on && !flood->posted && !failed)
		fail("the flooder of %s did not get to send anything",
		     mech->name);
	qsort(&flood->ns[flood->each], OTHERS * flood->each,
	      sizeof(flood->ns[0]), compare);
	return failed;
}

/* Of what kind it is to be. */
struct kind { bool on, paced; };

static struct flood *new_flood(const struct options *opt, struct kind kind,
			       size_t *len)
{
	const unsigned int each = opt->iterations / OTHERS + 1;
	struct flood *flood;

	*len = sizeof(*flood) + CLIENTS * each * sizeof(flood->ns[0]);
	flood = shared_memory(*len);
	flood->on = kind.on;
	flood->paced = kind.paced;
	flood->each = each;
	return flood;
}

static double measure_latency(const struct mechanism *mech, size_t bytes,
			      unsigned int percentile,
			      const struct options *opt, struct kind kind)
{
	size_t len;
	struct flood *flood = new_flood(opt, kind, &len);
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
	return measure_latency(mech, bytes, percentile, opt, (struct kind){ 0 });
}

/* Likewise, while one client floods. */
double measure_flood(const struct mechanism *mech, size_t bytes,
		     unsigned int percentile, const struct options *opt)
{
	return measure_latency(mech, bytes, percentile, opt,
			       (struct kind){ .on = true });
}

/* As measure_quiet(), of clients that pause. */
double measure_paced_quiet(const struct mechanism *mech, size_t bytes,
			   unsigned int percentile, const struct options *opt)
{
	return measure_latency(mech, bytes, percentile, opt,
			       (struct kind){ .paced = true });
}

/* As measure_flood(), of clients that pause. */
double measure_paced_flood(const struct mechanism *mech, size_t bytes,
			   unsigned int percentile, const struct options *opt)
{
	return measure_latency(mech, bytes, percentile, opt,
			       (struct kind){ .on = true, .paced = true });
}

/* Returns how many clients meet an error during a flood. */
double measure_flood_errors(const struct mechanism *mech, size_t bytes,
			    unsigned int unused, const struct options *opt)
{
	size_t len;
	struct flood *flood = new_flood(opt, (struct kind){ .on = true }, &len);
	unsigned int failed;

	(void)unused;
	failed = run_flood(mech, bytes, opt, flood);
	munmap(flood, len);
	return failed;
}

/* Returns how many messages it sends while each of the others makes a call. */
double measure_flood_share(const struct mechanism *mech, size_t bytes,
			   unsigned int unused, const struct options *opt)
{
	size_t len;
	struct flood *flood = new_flood(opt, (struct kind){ .on = true }, &len);
	double share;

	(void)unused;
	if (run_flood(mech, bytes, opt, flood))
		fail("a client of %s met an error", mech->name);
	share = (double)flood->meanwhile / flood->each;
	munmap(flood, len);
	return share;
}
