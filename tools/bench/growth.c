// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one connection, or one port, takes when there are many: making it, a call through
 * it, ending it, and its memory. Both ends are in one process and one thread.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"

#include <stdlib.h>

enum step { MAKE, CALL, END, STEPS };

/* One time for each item, in the order in which they were made. */
struct items {
	const struct connection_ops *ops;
	unsigned int count;
	void **listener;	/* of each, or the one of all */
	int (*end)[2];
};

static void *listener_of(const struct items *items, unsigned int i)
{
	return items->listener[i % items->count];
}

static void connect_all(struct items *items, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		items->ops->connect(listener_of(items, i), items->end[i]);
}

static void call_all(struct items *items, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		items->ops->call(listener_of(items, i), items->end[i]);
}

static void disconnect_all(struct items *items, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		items->ops->disconnect(listener_of(items, i), items->end[i]);
}

static void listen_all(struct items *items, unsigned int connections)
{
	unsigned int i;

	for (i = 0; i < items->count; i++)
		items->listener[i] = items->ops->listen(connections);
}

static void unlisten_all(struct items *items)
{
	unsigned int i;

	for (i = 0; i < items->count; i++)
		items->ops->unlisten(items->listener[i]);
}

/* Time for each of @n connections to @ports ports, ports made and ended with them. */
static double measure_step(const struct mechanism *mech, unsigned int ports, unsigned int n,
			   enum step wanted)
{
	struct items items = {
		.ops = mech->connection,
		.count = ports,
		.listener = xcalloc(ports, sizeof(*items.listener)),
		.end = xcalloc(n, sizeof(*items.end)),
	};
	uint64_t at[STEPS + 1];

	raise_open_files(2 * n + ports + 64);
	at[MAKE] = now_ns();
	listen_all(&items, n / ports + 1);
	connect_all(&items, n);
	at[CALL] = now_ns();
	call_all(&items, n);
	at[END] = now_ns();
	disconnect_all(&items, n);
	unlisten_all(&items);
	at[STEPS] = now_ns();
	free(items.listener);
	free(items.end);
	return (double)(at[wanted + 1] - at[wanted]) / n;
}

double measure_many_make(const struct mechanism *mech, size_t bytes, unsigned int n,
			 const struct options *opt)
{
	(void)bytes;
	(void)opt;
	return measure_step(mech, 1, n, MAKE);
}

double measure_many_call(const struct mechanism *mech, size_t bytes, unsigned int n,
			 const struct options *opt)
{
	(void)bytes;
	(void)opt;
	return measure_step(mech, 1, n, CALL);
}

double measure_many_end(const struct mechanism *mech, size_t bytes, unsigned int n,
			const struct options *opt)
{
	(void)bytes;
	(void)opt;
	return measure_step(mech, 1, n, END);
}

double measure_many_memory(const struct mechanism *mech, size_t bytes, unsigned int n,
			   const struct options *opt)
{
	struct options many = *opt;

	many.connections = n;
	return measure_memory(mech, bytes, &many);
}

/* The same with a port for each connection. */
double measure_ports_make(const struct mechanism *mech, size_t bytes, unsigned int n,
			  const struct options *opt)
{
	(void)bytes;
	(void)opt;
	return measure_step(mech, n, n, MAKE);
}

double measure_ports_call(const struct mechanism *mech, size_t bytes, unsigned int n,
			  const struct options *opt)
{
	(void)bytes;
	(void)opt;
	return measure_step(mech, n, n, CALL);
}

double measure_ports_end(const struct mechanism *mech, size_t bytes, unsigned int n,
			 const struct options *opt)
{
	(void)bytes;
	(void)opt;
	return measure_step(mech, n, n, END);
}
