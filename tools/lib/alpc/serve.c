// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Several servers, served by the same threads through a completion port.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "completion.h"
#include "server.h"

#include <sched.h>
#include <stdlib.h>

/* Messages of one port before another one has its turn. */
#define SERVE_TURN	64

/**
 * struct serve - what the threads share
 * @completion: completion port
 * @servers: servers
 * @count: how many
 * @opt: options
 * @live: servers that are not stopped, and one until all threads are there; atomic
 * @threads: threads that wait for packets; atomic
 * @error: first error of the completion port, or 0; atomic
 *
 * Nothing that is posted here stays behind: a server is stopped when its packet is
 * taken, and a thread ends when it takes one of those that come after the last
 * server's.
 */
struct serve {
	struct alpc_completion *completion;
	struct alpc_server *const *servers;
	unsigned int count;
	struct alpc_serve_options opt;
	atomic_uint live;
	atomic_int threads;
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

/* One server less, or all threads are there. The last one has them end. */
static void serve_put(struct serve *s)
{
	const struct alpc_packet end = { .key = (uintptr_t)s };
	int n;

	if (atomic_fetch_sub(&s->live, 1) != 1)
		return;
	n = atomic_load(&s->threads);
	while (n > 0)
		/* As in alpc_lib_server_end(). */
		if (alpc_completion_post(s->completion, &end, 1))
			sched_yield();
		else
			n--;
}

static void serve_failed(struct serve *s, int error)
{
	int none = 0;

	atomic_compare_exchange_strong(&s->error, &none, error);
	for (unsigned int i = 0; i < s->count; i++)
		alpc_lib_server_end(s->servers[i]);
}

static void serve_created(void *arg, unsigned int n, int error)
{
	struct serve *s = arg;

	atomic_fetch_add(&s->threads, (int)n);
	if (error)
		serve_failed(s, error);
	serve_put(s);
}

/* A packet of a server. */
static void serve_server(struct serving *t, unsigned int i,
			 const struct alpc_packet *packet)
{
	struct alpc_lib_worker *w = &t->workers[i];
	int ret;

	if (packet->type == ALPC_PACKET_POSTED) {
		serve_put(t->serve);
		return;
	}
	if (!w->server)
		return;
	ret = alpc_lib_worker_turn(w, SERVE_TURN);
	if (ret && ret != -EAGAIN && ret != -ESHUTDOWN)
		alpc_lib_server_failed(w->server, ret);
}

/* Return: false if it was the last one for this thread. */
static bool serve_packet(struct serving *t, const struct alpc_packet *packet)
{
	struct serve *s = t->serve;

	if (packet->type == ALPC_PACKET_POSTED && packet->key == (uintptr_t)s)
		return false;
	for (unsigned int i = 0; i < s->count; i++) {
		if (packet->key == (uintptr_t)s->servers[i]) {
			serve_server(t, i, packet);
			return true;
		}
	}
	if (s->opt.packet)
		s->opt.packet(s->opt.arg, packet);
	return true;
}

static void serve_packets(struct serving *t)
{
	struct serve *s = t->serve;
	struct alpc_packet packet;
	int ret;

	do {
		ret = alpc_completion_wait(s->completion, &packet, 1,
					   ALPC_INFINITE);
		if (ret < 0 && ret != -EINTR) {
			atomic_fetch_sub(&s->threads, 1);
			serve_failed(s, ret);
			return;
		}
	} while (ret < 0 || serve_packet(t, &packet));
}

static void *serve_thread(void *arg)
{
	struct serving t = { .serve = arg };
	struct serve *s = arg;
	int ret;

	t.workers = calloc(s->count, sizeof(*t.workers));
	if (!t.workers) {
		atomic_fetch_sub(&s->threads, 1);
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
	atomic_init(&s.live, count + 1);
	for (unsigned int i = 0; i < count; i++) {
		atomic_store(&servers[i]->completion, (uintptr_t)completion);
		if (atomic_load(&servers[i]->stopped))
			alpc_lib_server_end(servers[i]);
	}
	ret = alpc_lib_threads_run(s.opt.threads, serve_thread, serve_created,
				   &s);
	serve_unbind(&s, count);
	for (unsigned int i = 0; ret && i < count; i++) {
		/* None has run. */
		atomic_store(&servers[i]->completion, 0);
		atomic_store(&servers[i]->started, false);
	}
	return ret ? ret : serve_result(&s);
}
