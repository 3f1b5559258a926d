/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A server process with some threads, and many clients.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_BENCH_SERVICE_H
#define ALPC_BENCH_SERVICE_H

#include "bench.h"

/**
 * struct service - one server process and who is connected to it
 * @mech: the mechanism between them
 * @bytes: length of every request and reply
 * @threads: how many threads the server has
 * @connections: how many connections it is made for
 * @name: name of its port or socket
 * @server: its process
 * @priv: the mechanism's own state: after the fork the server's and the client's
 */
struct service {
	const struct mechanism *mech;
	size_t bytes;
	unsigned int threads;
	unsigned int connections;
	char name[64];
	pid_t server;
	void *priv;
};

/**
 * struct client - one connection of a client process
 * @fd: its descriptor
 * @tag: its number among those of this process
 * @id: number of the request that waits for a reply
 */
struct client {
	int fd;
	unsigned int tag;
	uint64_t id;
};

/**
 * struct service_ops - how a mechanism serves many clients
 * @listen: in the server, before any client: makes the port or socket
 * @serve: in each thread of the server, with a number from 0: accepts who
 *	connects and answers until the process is killed
 * @attach: in a client process, before it connects; may be NULL
 * @connect: makes one connection: fills in @client.fd
 * @call: sends @msg and waits for the reply, which takes its place; NULL where
 *	that is @send and @receive
 * @send: sends the request @msg and does not wait
 * @receive: waits for a reply to a request that was sent, puts it into @msg and
 *	returns the tag of the connection that it came through: that of @client,
 *	unless the mechanism waits for all connections together
 * @post: sends a message that has no reply, as soon as there is room for it
 */
struct service_ops {
	void (*listen)(struct service *s);
	void (*serve)(struct service *s, unsigned int thread);
	void (*attach)(struct service *s);
	void (*connect)(struct service *s, struct client *client);
	void (*call)(struct service *s, struct client *client, void *msg);
	void (*send)(struct service *s, struct client *client, const void *msg);
	unsigned int (*receive)(struct service *s, struct client *client,
				void *msg);
	void (*post)(struct service *s, struct client *client, const void *msg);
};

/* service.c */
void service_start(struct service *s, const struct mechanism *mech,
		   size_t bytes, unsigned int threads, unsigned int connections);
void service_call(struct service *s, struct client *client, void *msg);
void service_stop(struct service *s);

/* crowd.c */
struct crowd;

/**
 * typedef crowd_fn - what one process of a crowd does
 * @crowd: it is one of
 * @client: its connection
 * @msg: a message's memory
 */
typedef void (*crowd_fn)(struct crowd *crowd, struct client *client, void *msg);

/**
 * struct crowd - client processes that start together
 * @service: whom they call
 * @size: how many they are
 * @warmup: calls that each makes before it is ready
 * @run: what each does then. It calls crowd_tell() when it is done with what is
 *	measured, and may go on; it is killed in the end.
 * @arg: for @run
 * @pid: the processes
 * @gate: a pipe from which each reads a byte before it runs
 * @told: a pipe through which they tell how far they are
 */
struct crowd {
	struct service *service;
	unsigned int size;
	unsigned int warmup;
	crowd_fn run;
	void *arg;
	pid_t *pid;
	int gate[2];
	int told[2];
};

void crowd_start(struct crowd *crowd);
void crowd_go(struct crowd *crowd);
void crowd_tell(struct crowd *crowd);
unsigned int crowd_wait(struct crowd *crowd, unsigned int count);
void crowd_end(struct crowd *crowd);

#endif /* ALPC_BENCH_SERVICE_H */
