/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server loop: what its threads and its clients share.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_LIB_SERVER_H
#define ALPC_LIB_SERVER_H

#include "body.h"

#include <pthread.h>
#include <stdatomic.h>

/**
 * DOC: When a client ends
 *
 * A message carries its client as its context, a pointer. The client may be
 * freed when it is gone and no thread holds a message of it any more. The notice
 * that it is gone comes last, but another thread may have received a message
 * before and not have got as far as the first instruction here: no count that
 * this thread could take would be in time. So it is the kernel that counts what
 * was received, and the notice carries the sum. Each thread takes one off
 * when it has finished a message, the notice adds the sum, and who brings the
 * balance to zero is the last one.
 */

struct alpc_lib_channel;

/**
 * struct alpc_server - server
 * @port: connection port; immutable
 * @ops: what to do; immutable
 * @arg: of the program; immutable
 * @options: of the program; immutable
 * @max_message: limit of the port in bytes; immutable
 * @started: has been run; atomic
 * @over: it is served no more by those who serve others as well; atomic
 * @error: first error that ended a thread, or 0; atomic
 * @lock: protects what follows
 * @workers: its threads
 * @clients: all that are accepted and not closed
 * @last_number: of the last client
 * @last_channel: number of the last channel
 * @quick_ns: for how long to look for quick requests, 0 for not at all; immutable
 */
struct alpc_server {
	struct alpc_port *port;
	struct alpc_server_ops ops;
	void *arg;
	struct alpc_server_options options;
	size_t max_message;
	atomic_bool started;
	atomic_bool over;
	atomic_int error;
	pthread_mutex_t lock;
	struct alpc_lib_worker *workers;
	struct alpc_client *clients;
	uint64_t last_number;
	uint32_t last_channel;
	uint32_t quick_ns;
};

/**
 * struct alpc_lib_worker - thread of a server loop
 * @server: its server
 * @next: in &alpc_server.workers
 * @message: the message that it handles
 * @reply: what the program answers
 * @handled: request that a handler has just now, or 0: somebody may want to reply
 *	to it before the handler has returned; atomic, set to 0 under the
 *	server's lock if it has been answered
 * @id: request that @reply answers, if @replying
 * @client: number of the client that it is for
 * @replying: @reply is still to be sent
 * @brief: messages since the last that was long
 * @look: page that it looks at when there is nothing else to do, or NULL; a
 *	reference, and its client is held
 * @asked: message for quick requests, or NULL
 */
struct alpc_lib_worker {
	struct alpc_server *server;
	struct alpc_lib_worker *next;
	struct alpc_message *message;
	struct alpc_message *reply;
	atomic_uint_least64_t handled;
	uint64_t id;
	uint64_t client;
	bool replying;
	unsigned int brief;
	struct alpc_lib_channel *look;
	struct alpc_message *asked;
};

/**
 * struct alpc_client - client
 * @server: whose; immutable
 * @number: never that of another one of this server; immutable
 * @next: in &alpc_server.clients; protected by its lock
 * @prev: what points here; likewise
 * @port: server communication port; set before @gate is opened
 * @context: of the program
 * @gate: held until the client can be given to handlers
 * @open: @gate need not be taken any more; atomic
 * @balance: messages received less messages finished; see "When a client ends"
 * @channel: struct alpc_lib_channel, its page for quick calls, or NULL; a reference;
 *	changed under the server's lock; atomic
 */
struct alpc_client {
	struct alpc_server *server;
	uint64_t number;
	struct alpc_client *next;
	struct alpc_client **prev;
	struct alpc_port port;
	void *context;
	pthread_mutex_t gate;
	atomic_bool open;
	atomic_int_least64_t balance;
	atomic_uintptr_t channel;
};

/* client.c */
void alpc_lib_client_connect(struct alpc_server *server,
			     const struct alpc_message *request,
			     struct alpc_message *answer);
void alpc_lib_client_wait(struct alpc_client *client);
bool alpc_lib_client_hold(struct alpc_client *client);
void alpc_lib_client_finish(struct alpc_client *client);
void alpc_lib_client_gone(struct alpc_client *client, uint64_t received);
void alpc_lib_client_close(struct alpc_client *client);
bool alpc_lib_client_cut(struct alpc_server *server, uint64_t number);

/* server.c */
void alpc_lib_server_failed(struct alpc_server *server, int error);
int alpc_lib_threads_run(unsigned int threads, void *(*fn)(void *arg),
			 void (*created)(void *arg, unsigned int n, int error),
			 void *arg);

/* worker.c */
int alpc_lib_worker_init(struct alpc_lib_worker *worker,
			 struct alpc_server *server);
void alpc_lib_worker_exit(struct alpc_lib_worker *worker);
int alpc_lib_worker_turn(struct alpc_lib_worker *worker, unsigned int count);
int alpc_lib_worker_run(struct alpc_server *server);

/* later.c */
void alpc_lib_later_note(struct alpc_lib_worker *worker);

/* The client that sent a message, ready to be given to a handler, or NULL. */
static inline struct alpc_client *
alpc_lib_client_of(const struct alpc_message *message)
{
	struct alpc_client *c;

	c = (struct alpc_client *)(uintptr_t)message->io.recv.context;
	if (c && !atomic_load_explicit(&c->open, memory_order_acquire))
		alpc_lib_client_wait(c);
	return c;
}

/* Nothing that was meant for one client goes to the next one. */
static inline void alpc_lib_worker_clear(struct alpc_message *reply)
{
	alpc_lib_message_ready(reply);
	reply->place = NULL;
	reply->given = NULL;
	reply->limit = ALPC_LIB_LEN_MAX;
	if (reply->attrs)
		reply->attrs->fd_count = 0;
}

#endif /* ALPC_LIB_SERVER_H */
