// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time of a message that wants no reply, of many that are sent in one call.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "message.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Messages before those that are measured, however few are asked for: a full queue
 * of them, several times, so that what a mechanism keeps to use again is there.
 */
#define STREAM_WARMUP	8192U

static unsigned int stream_warmup(const struct options *opt)
{
	return opt->warmup > STREAM_WARMUP ? opt->warmup : STREAM_WARMUP;
}

/* The clock starts when the sender is told to go on, and nothing is on the way. */
static void send_often(const struct stream_ops *ops, struct stream *s, int go,
		       unsigned int total)
{
	uint64_t id = 0;
	unsigned int n, i;
	char byte;

	read_all(go, &byte, 1);
	while (total) {
		n = total < STREAM_BATCH ? total : STREAM_BATCH;
		for (i = 0; i < n; i++)
			msg_write(s->batch + i * s->bytes, s->bytes, ++id);
		ops->send(s, n);
		total -= n;
	}
}

static void receive_often(const struct stream_ops *ops, struct stream *s, int go,
			  unsigned int total)
{
	uint64_t id = 0;
	unsigned int n, i;

	write_all(go, "", 1);
	while (total) {
		n = ops->receive(s);
		if (!n || n > total)
			fail("%u messages were received instead of up to %u", n,
			     total);
		for (i = 0; i < n; i++)
			if (msg_ends(s->batch + i * s->bytes, s->bytes) != ++id)
				fail("a message is missing before number %llu",
				     (unsigned long long)id);
		total -= n;
	}
}

static pid_t start_sender(const struct stream_ops *ops, struct stream *s, int go,
			  const struct options *opt)
{
	pid_t sender = fork();

	if (sender < 0)
		fail_errno("fork");
	if (sender)
		return sender;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		fail_errno("prctl");
	send_often(ops, s, go, stream_warmup(opt));
	send_often(ops, s, go, opt->iterations);
	_exit(EXIT_SUCCESS);
}

static void wait_for_sender(const struct mechanism *mech, pid_t sender)
{
	int status;

	while (waitpid(sender, &status, 0) < 0)
		if (errno != EINTR)
			fail_errno("waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail("the sender of %s ended with status %#x", mech->name,
		     (unsigned int)status);
}

/* Returns nanoseconds per message, sent and received. */
double measure_stream(const struct mechanism *mech, size_t bytes,
		      const struct options *opt)
{
	struct stream s = { .bytes = bytes };
	uint64_t start, spent;
	pid_t sender;
	int go[2];

	s.batch = xcalloc(STREAM_BATCH, bytes);
	mech->stream->open(&s);
	if (pipe(go))
		fail_errno("pipe");
	expect_child_exit(true);
	sender = start_sender(mech->stream, &s, go[0], opt);
	receive_often(mech->stream, &s, go[1], stream_warmup(opt));

	start = now_ns();
	receive_often(mech->stream, &s, go[1], opt->iterations);
	spent = now_ns() - start;

	wait_for_sender(mech, sender);
	mech->stream->close(&s);
	close(go[0]);
	close(go[1]);
	free(s.batch);
	return (double)spent / opt->iterations;
}
