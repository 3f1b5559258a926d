// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time of a call to a server that has so many clients: one call at a time, and
 * all clients' calls at a time.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "service.h"

#include <stdlib.h>
#include <unistd.h>

#include "message.h"

/**
 * struct clients - one process that is all clients of a server
 * @service: the server
 * @client: its connections
 * @count: how many
 * @next: whose turn it is
 * @msg: one message's memory
 */
struct clients {
	struct service service;
	struct client *client;
	unsigned int count;
	unsigned int next;
	void *msg;
};

/* What is measured with them: @n calls, or a few more. Returns how many. */
typedef unsigned int (*clients_fn)(struct clients *c, unsigned int n);

static unsigned int call_in_turn(struct clients *c, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		service_call(&c->service, &c->client[c->next], c->msg);
		if (++c->next == c->count)
			c->next = 0;
	}
	return n;
}

/* Each sends a request, then all replies are collected. */
static void call_together(struct clients *c)
{
	const struct service_ops *ops = c->service.mech->service;
	const size_t bytes = c->service.bytes;
	struct client *client;
	unsigned int i, tag;

	for (i = 0; i < c->count; i++) {
		client = &c->client[i];
		msg_write(c->msg, bytes, ++client->id);
		ops->send(&c->service, client, c->msg);
	}
	for (i = 0; i < c->count; i++) {
		tag = ops->receive(&c->service, &c->client[i], c->msg);
		msg_check_reply(c->msg, bytes, c->client[tag].id);
	}
}

static unsigned int call_at_a_time(struct clients *c, unsigned int n)
{
	unsigned int done;

	for (done = 0; done < n; done += c->count)
		call_together(c);
	return done;
}

static void connect_clients(struct clients *c)
{
	const struct service_ops *ops = c->service.mech->service;
	unsigned int i;

	c->client = xcalloc(c->count, sizeof(*c->client));
	c->msg = xcalloc(1, c->service.bytes);
	if (ops->attach)
		ops->attach(&c->service);
	for (i = 0; i < c->count; i++) {
		c->client[i].tag = i;
		c->client[i].id = (uint64_t)i << 32;
		ops->connect(&c->service, &c->client[i]);
	}
}

static void disconnect_clients(struct clients *c)
{
	unsigned int i;

	for (i = 0; i < c->count; i++)
		close(c->client[i].fd);
	free(c->client);
	free(c->msg);
}

static unsigned int at_least(unsigned int n, unsigned int min)
{
	return n < min ? min : n;
}

/* Each client has its turn in the warm-up, and twice afterwards. */
static double measure_many(const struct mechanism *mech, size_t bytes,
			   unsigned int count, const struct options *opt,
			   clients_fn run)
{
	struct clients c = { .count = count };
	uint64_t start, spent;
	unsigned int done;

	service_start(&c.service, mech, bytes, 1, count);
	connect_clients(&c);
	run(&c, at_least(opt->warmup, count));

	start = now_ns();
	done = run(&c, at_least(opt->iterations, 2 * count));
	spent = now_ns() - start;

	service_stop(&c.service);
	disconnect_clients(&c);
	return (double)spent / done;
}

/* Returns nanoseconds per call, of which there is one at a time. */
double measure_clients(const struct mechanism *mech, size_t bytes,
		       unsigned int count, const struct options *opt)
{
	return measure_many(mech, bytes, count, opt, call_in_turn);
}

/* Returns nanoseconds per call, of which each client has one under way. */
double measure_load(const struct mechanism *mech, size_t bytes,
		    unsigned int count, const struct options *opt)
{
	return measure_many(mech, bytes, count, opt, call_at_a_time);
}
