// SPDX-License-Identifier: GPL-2.0-only
/*
 * A server process with some threads: its start, a verified call, its end.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "service.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "message.h"

/* Descriptors beside those of the connections. */
#define OTHER_FILES 64

struct serving {
	struct service *service;
	unsigned int thread;
};

static void *serve(void *arg)
{
	struct serving *me = arg;

	me->service->mech->service->serve(me->service, me->thread);
	return NULL;
}

static void run_server(struct service *s, int ready)
{
	struct serving *serving = xcalloc(s->threads, sizeof(*serving));
	pthread_t thread;
	unsigned int i;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		fail_errno("prctl");
	raise_open_files(s->connections + OTHER_FILES);
	s->mech->service->listen(s);
	for (i = 0; i < s->threads; i++)
		serving[i] = (struct serving){ .service = s, .thread = i };
	for (i = 1; i < s->threads; i++) {
		errno = pthread_create(&thread, NULL, serve, &serving[i]);
		if (errno)
			fail_errno("starting a thread of the server");
	}
	write_all(ready, "", 1);
	close(ready);
	serve(&serving[0]);
	fail("a thread of the server has ended");
}

/**
 * service_start() - start the server
 * @s: filled in; ends with service_stop()
 * @mech: one that has a @service
 * @bytes: length of requests and replies, at least MSG_MIN_BYTES
 * @threads: how many it is to have
 * @connections: how many it is to be able to have
 *
 * From now on the end of the server is trouble.
 */
void service_start(struct service *s, const struct mechanism *mech,
		   size_t bytes, unsigned int threads, unsigned int connections)
{
	int ready[2];
	char byte;

	*s = (struct service){
		.mech = mech,
		.bytes = bytes,
		.threads = threads,
		.connections = connections,
	};
	snprintf(s->name, sizeof(s->name), "alpc-bench-%d", (int)getpid());
	raise_open_files(connections + OTHER_FILES);
	if (pipe(ready))
		fail_errno("pipe");
	expect_child_exit(false);
	s->server = fork();
	if (s->server < 0)
		fail_errno("fork");
	if (!s->server) {
		close(ready[0]);
		run_server(s, ready[1]);
	}
	close(ready[1]);
	read_all(ready[0], &byte, 1);
	close(ready[0]);
}

/* One call, whose reply is verified. @msg: memory for the message. */
void service_call(struct service *s, struct client *client, void *msg)
{
	const struct service_ops *ops = s->mech->service;

	msg_write(msg, s->bytes, ++client->id);
	if (ops->call) {
		ops->call(s, client, msg);
	} else {
		ops->send(s, client, msg);
		ops->receive(s, client, msg);
	}
	msg_check_reply(msg, s->bytes, client->id);
}

void service_stop(struct service *s)
{
	int status;

	expect_child_exit(true);
	if (kill(s->server, SIGKILL))
		fail_errno("ending the server");
	while (waitpid(s->server, &status, 0) < 0)
		if (errno != EINTR)
			fail_errno("waitpid");
	if (!WIFSIGNALED(status))
		fail("the server of %s ended with status %#x", s->mech->name,
		     (unsigned int)status);
	free(s->priv);
}
