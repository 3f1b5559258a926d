// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The server loop: making it, its pool of threads, stopping, the end.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "quick_server.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define SERVER_FLAGS	(ALPC_SERVER_IN_PLACE | ALPC_SERVER_RANGES | \
			 ALPC_SERVER_QUICK)

unsigned int alpc_lib_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (unsigned int)n : 1;
}

/* With one CPU nobody could ask while somebody looks. */
static uint32_t quick_ns(const struct alpc_server_options *options)
{
	if (!(options->flags & ALPC_SERVER_QUICK) || alpc_lib_cpus() == 1)
		return 0;
	return options->quick_ns ? options->quick_ns : QUICK_SPIN_DEFAULT;
}

static int server_init(struct alpc_server *s, const struct alpc_server_ops *ops,
		       const struct alpc_server_options *options)
{
	int ret;

	ret = alpc_lib_options(&s->ops, sizeof(s->ops), ops);
	if (!ret)
		ret = alpc_lib_options(&s->options, sizeof(s->options), options);
	if (ret)
		return ret;
	if (s->options.flags & ~SERVER_FLAGS ||
	    s->options.fd_kinds & ~ALPC_FD_ANY ||
	    s->options.identity & ~ALPC_IDENTITY_ALL ||
	    s->options.quick_ns > ALPC_QUICK_SPIN_MAX)
		return -EINVAL;
	s->quick_ns = quick_ns(&s->options);
	return -pthread_mutex_init(&s->lock, NULL);
}

ALPC_API int alpc_server_new_with(struct alpc_port *port,
				  const struct alpc_server_ops *ops, void *arg,
				  const struct alpc_server_options *options,
				  struct alpc_server **server)
{
	struct alpc_port_info info = { .size = sizeof(info) };
	struct alpc_server *s;
	int ret;

	ret = alpc_port_get_info(port, &info);
	if (ret)
		return ret;
	if (info.out_kind != ALPC_KIND_CONNECTION)
		return -EOPNOTSUPP;
	if (atomic_load(&port->listed))
		return -EBUSY;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	ret = server_init(s, ops, options);
	if (ret) {
		free(s);
		return ret;
	}
	s->port = port;
	s->arg = arg;
	s->max_message = info.out_max_message;
	*server = s;
	return 0;
}

ALPC_API int alpc_server_new(struct alpc_port *port,
			     const struct alpc_server_ops *ops, void *arg,
			     struct alpc_server **server)
{
	return alpc_server_new_with(port, ops, arg, NULL, server);
}

ALPC_API int alpc_server_stop(struct alpc_server *server)
{
	struct alpc_shutdown arg = {
		.size = sizeof(arg),
		.flags = ALPC_SHUTDOWN_RECEIVE,
	};

	return alpc_lib_ioctl(server->port->fd, ALPC_IOC_SHUTDOWN, &arg);
}

/* A thread cannot go on: the others end too, and the first error stays. */
void alpc_lib_server_failed(struct alpc_server *server, int error)
{
	int none = 0;

	atomic_compare_exchange_strong(&server->error, &none, error);
	alpc_server_stop(server);
}

static void *server_thread(void *arg)
{
	struct alpc_server *server = arg;
	int ret = alpc_lib_worker_run(server);

	if (ret)
		alpc_lib_server_failed(server, ret);
	return NULL;
}

/* Start @n threads in which no signal handler of the program runs. */
static int threads_start(pthread_t *threads, unsigned int n,
			 void *(*fn)(void *arg), void *arg,
			 unsigned int *started)
{
	sigset_t all, old;
	int ret = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (*started = 0; *started < n; ++*started) {
		ret = pthread_create(&threads[*started], NULL, fn, arg);
		if (ret)
			break;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -ret;
}

/**
 * alpc_lib_threads_run() - be the first of several threads, and wait for the others
 * @threads: how many; 0 for one for each CPU
 * @fn: what each of them does
 * @created: is told how many there are, this one among them, and, if that is fewer,
 *	why, before this one begins
 * @arg: for both
 *
 * Return: 0; -ENOMEM, and then none of them has run.
 */
int alpc_lib_threads_run(unsigned int threads, void *(*fn)(void *arg),
			 void (*created)(void *arg, unsigned int n, int error),
			 void *arg)
{
	pthread_t *pool;
	unsigned int n;
	int ret;

	if (!threads)
		threads = alpc_lib_cpus();
	pool = calloc(threads, sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	ret = threads_start(pool, threads - 1, fn, arg, &n);
	created(arg, n + 1, ret);
	fn(arg);
	while (n)
		pthread_join(pool[--n], NULL);
	free(pool);
	return 0;
}

static void server_created(void *arg, unsigned int n, int error)
{
	(void)n;
	if (error)
		alpc_lib_server_failed(arg, error);
}

ALPC_API int alpc_server_run(struct alpc_server *server, unsigned int threads)
{
	int ret;

	if (atomic_exchange(&server->started, true))
		return -EBUSY;
	ret = alpc_lib_threads_run(threads, server_thread, server_created,
				   server);
	return ret ? ret : atomic_load(&server->error);
}

ALPC_API void alpc_server_free(struct alpc_server *server)
{
	if (!server)
		return;
	while (server->clients)
		alpc_lib_client_close(server->clients);
	alpc_port_close(server->port);
	pthread_mutex_destroy(&server->lock);
	free(server);
}
