// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two POSIX message queues, one for each direction.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "message.h"

#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The default of /proc/sys/fs/mqueue/msgsize_max. */
#define POSIX_MQ_MAX_BYTES 8192

struct mq_pair {
	mqd_t request;
	mqd_t reply;
};

/* Nobody else needs the name: both processes inherit the descriptor. */
static mqd_t mq_make(const char *what, size_t bytes)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = (long)bytes };
	char name[64];
	mqd_t q;

	snprintf(name, sizeof(name), "/alpc-bench-%s-%d", what, (int)getpid());
	q = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attr);
	if (q == (mqd_t)-1 || mq_unlink(name))
		fail_errno("message queue %s", name);
	return q;
}

static void mq_pair_open(struct channel *ch)
{
	struct mq_pair *p = xcalloc(1, sizeof(*p));

	p->request = mq_make("request", ch->bytes);
	p->reply = mq_make("reply", ch->bytes);
	ch->priv = p;
}

static void mq_put(mqd_t q, const void *buf, size_t bytes)
{
	if (mq_send(q, buf, bytes, 0))
		fail_errno("mq_send");
}

static void mq_take(mqd_t q, void *buf, size_t bytes)
{
	ssize_t n = mq_receive(q, buf, bytes, NULL);

	if (n < 0)
		fail_errno("mq_receive");
	if ((size_t)n != bytes)
		fail("a message of %zd bytes instead of %zu", n, bytes);
}

static void mq_serve(struct channel *ch)
{
	struct mq_pair *p = ch->priv;
	bool last;

	do {
		mq_take(p->request, ch->msg, ch->bytes);
		last = msg_answer(ch->msg, ch->msg, ch->bytes);
		mq_put(p->reply, ch->msg, ch->bytes);
	} while (!last);
}

static const void *mq_call(struct channel *ch)
{
	struct mq_pair *p = ch->priv;

	mq_put(p->request, ch->msg, ch->bytes);
	mq_take(p->reply, ch->msg, ch->bytes);
	return ch->msg;
}

static void mq_pair_close(struct channel *ch)
{
	struct mq_pair *p = ch->priv;

	mq_close(p->request);
	mq_close(p->reply);
	free(p);
}

const struct mechanism mech_posix_mq = {
	.name = "posix-mq",
	.max_bytes = POSIX_MQ_MAX_BYTES,
	.open = mq_pair_open,
	.serve = mq_serve,
	.call = mq_call,
	.close = mq_pair_close,
};
