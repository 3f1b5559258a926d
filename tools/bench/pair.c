// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client and a server process: their start, a verified call, their end.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "message.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLIENT_CPU	0
#define SERVER_CPU	1
/* Calls with the whole payload verified: as many as these come to, but some. */
#define FULL_BYTES	(8U << 20)
#define FULL_CALLS_MIN	2
#define FULL_CALLS_MAX	8

static void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail_errno("pinning to CPU %d", cpu);
}

static void call(struct pair *pair, uint64_t flags)
{
	struct channel *ch = &pair->ch;
	uint64_t id = ++pair->seq | flags;

	msg_write(ch->msg, ch->bytes, id);
	msg_check_reply(ch->mech->call(ch), ch->bytes, id);
}

/* One round trip, whose reply is verified. */
void pair_call(struct pair *pair)
{
	call(pair, 0);
}

/* Likewise, for which the server has to work for MSG_LONG_MS. */
void pair_call_long(struct pair *pair)
{
	call(pair, MSG_LONG);
}

static void call_in_full(struct pair *pair)
{
	size_t n = FULL_BYTES / pair->ch.bytes;

	if (n < FULL_CALLS_MIN)
		n = FULL_CALLS_MIN;
	if (n > FULL_CALLS_MAX)
		n = FULL_CALLS_MAX;
	while (n--)
		call(pair, MSG_FULL);
}

static void serve(struct pair *pair, int ready, bool pin)
{
	const struct mechanism *mech = pair->ch.mech;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		fail_errno("prctl");
	if (pin)
		pin_to(SERVER_CPU);
	if (mech->serve_init)
		mech->serve_init(&pair->ch);
	write_all(ready, "", 1);
	close(ready);
	mech->serve(&pair->ch);
	_exit(EXIT_SUCCESS);
}

static void wait_until_ready(int fd)
{
	char byte;

	read_all(fd, &byte, 1);
	close(fd);
}

/**
 * pair_start() - start the server, and verify whole payloads both ways
 * @pair: filled in; ends with pair_stop()
 * @mech: one that has a @call
 * @bytes: length of the payload, at least MSG_MIN_BYTES
 * @pin: each process on a CPU of its own
 */
void pair_start(struct pair *pair, const struct mechanism *mech, size_t bytes,
		bool pin)
{
	int ready[2];

	*pair = (struct pair){ .ch = { .mech = mech, .bytes = bytes } };
	mech->open(&pair->ch);
	if (!pair->ch.msg)
		pair->ch.msg = xcalloc(1, bytes);
	if (pipe(ready))
		fail_errno("pipe");
	expect_child_exit(false);
	pair->server = fork();
	if (pair->server < 0)
		fail_errno("fork");
	if (!pair->server) {
		close(ready[0]);
		serve(pair, ready[1], pin);
	}
	close(ready[1]);
	if (pin)
		pin_to(CLIENT_CPU);
	wait_until_ready(ready[0]);
	if (mech->attach)
		mech->attach(&pair->ch);
	call_in_full(pair);
}

/* Ends the server with a last call, and fails if it met an error. */
void pair_stop(struct pair *pair)
{
	int status;

	expect_child_exit(true);
	call(pair, MSG_STOP);
	while (waitpid(pair->server, &status, 0) < 0)
		if (errno != EINTR)
			fail_errno("waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail("the server of %s ended with status %#x",
		     pair->ch.mech->name, (unsigned int)status);
	pair->ch.mech->close(&pair->ch);
	free(pair->ch.msg);
}
