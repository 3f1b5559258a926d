// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Several servers, served by the same threads through a completion port.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "completion.h"
#include "server.h"

#include <stdlib.h>

/* Messages of one port before another one has its turn. */
#define SERVE_TURN	64

/**
 * struct serve - what the threads share
 * @completion: completion port
 * @servers: servers
 * @count: how many
 * @opt: options
 * @live: servers that are not over; atomic
 * @error: first error of the completion port, or 0; atomic
 *
 * Ending needs no memory, and leaves nothing behind. A server that is stopped makes a
 * packet, as often as it is. Who learns from one that it was the last server ends,
 * and so does every thread after it: each stops them all once more, which wakes the next
 * one. What of that nobody takes goes when the ports are unbound.
 */
struct serve {
	struct alpc_completion *completion;
	struct alpc_server *const *servers;
	unsigned int count;
	struct alpc_serve_options opt;
	atomic_uint live;
	atomic_int error;
};

/**
 * struct serving - a thread
 * @serve: shared
 * @workers: one for each server; without a server if it could not be made
 */
struct serving {
	struct serve *serve;
	struct alpc_lib_worker *workers;
};

/* One thread that waits is woken, if there is one. */
static void serve_stop(const struct serve *s)
{
	for (unsigned int i = 0; i < s->count; i++)
		alpc_server_stop(s->servers[i]);
}

static void serve_failed(struct serve *s, int error)
{
	int none = 0;

	atomic_compare_exchange_strong(&s->error, &none, error);
	serve_stop(s);
}

static void serve_created(void *arg, unsigned int n, int error)
{
	(void)n;
	if (error)
		serve_failed(arg, error);
}

/* A packet of a server. */
static void serve_server(struct serving *t, unsigned int i)
{
	struct alpc_server *server = t->serve->servers[i];
	struct alpc_lib_worker *w = &t->workers[i];
	int ret = -ESHUTDOWN;

	if (w->server)
		ret = alpc_lib_worker_turn(w, SERVE_TURN);
	if (!ret || ret == -EAGAIN)
		return;
	if (ret != -ESHUTDOWN)
		alpc_lib_server_failed(server, ret);
	if (!atomic_exchange(&server->over, true))
		atomic_fetch_sub(&t->serve->live, 1);
}

static void serve_packet(struct serving *t, const struct alpc_packet *packet)
{
	struct serve *s = t->serve;

	for (unsigned int i = 0; i < s->count; i++) {
		if (packet->key == (uintptr_t)s->servers[i]) {
			serve_server(t, i);
			return;
		}
	}
	if (s->opt.packet)
		s->opt.packet(s->opt.arg, packet);
}

static void serve_packets(struct serving *t)
{
	struct serve *s = t->serve;
	struct alpc_packet packet;
	int ret;

	while (atomic_load(&s->live)) {
		ret = alpc_completion_wait(s->completion, &packet, 1,
					   ALPC_INFINITE);
		if (ret > 0) {
			serve_packet(t, &packet);
		} else if (ret != -EINTR) {
			serve_failed(s, ret);
			return;
		}
	}
	serve_stop(s);
}

static void *serve_thread(void *arg)
{
	struct serving t = { .serve = arg };
	struct serve *s = arg;
	int ret;

	t.workers = calloc(s->count, sizeof(*t.workers));
	if (!t.workers) {
		serve_failed(s, -ENOMEM);
		return NULL;
	}
	for (unsigned int i = 0; i < s->count; i++) {
		ret = alpc_lib_worker_init(&t.workers[i], s->servers[i]);
		if (!ret)
			continue;
		t.workers[i].server = NULL;
		alpc_lib_server_failed(s->servers[i], ret);
	}
	serve_packets(&t);
	for (unsigned int i = 0; i < s->count; i++)
		if (t.workers[i].server)
			alpc_lib_worker_exit(&t.workers[i]);
	free(t.workers);
	return NULL;
}

/* The first @n servers are not bound any more. */
static void serve_unbind(struct serve *s, unsigned int n)
{
	while (n)
		alpc_completion_unbind(s->servers[--n]->port);
}

static int serve_bind(struct serve *s)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < s->count; i++) {
		struct alpc_server *server = s->servers[i];

		if (atomic_exchange(&server->started, true)) {
			ret = -EBUSY;
			break;
		}
		ret = alpc_completion_bind(s->completion, server->port,
					   (uintptr_t)server);
		if (ret) {
			atomic_store(&server->started, false);
			break;
		}
	}
	if (!ret)
		return 0;
	serve_unbind(s, i);
	while (i)
		atomic_store(&s->servers[--i]->started, false);
	return ret;
}

static int serve_result(struct serve *s)
{
	int ret = atomic_load(&s->error);

	for (unsigned int i = 0; !ret && i < s->count; i++)
		ret = atomic_load(&s->servers[i]->error);
	return ret;
}

ALPC_API int alpc_completion_serve(struct alpc_completion *completion,
				   struct alpc_server *const *servers,
				   unsigned int count,
				   const struct alpc_serve_options *options)
{
	struct serve s = {
		.completion = completion,
		.servers = servers,
		.count = count,
	};
	int ret;

	ret = alpc_lib_options(&s.opt, sizeof(s.opt), options);
	if (!ret && !count)
		ret = -EINVAL;
	if (!ret)
		ret = serve_bind(&s);
	if (ret)
		return ret;
	atomic_init(&s.live, count);
	ret = alpc_lib_threads_run(s.opt.threads, serve_thread, serve_created,
				   &s);
	serve_unbind(&s, count);
	/* None has run. */
	for (unsigned int i = 0; ret && i < count; i++)
		atomic_store(&servers[i]->started, false);
	return ret ? ret : serve_result(&s);
}
