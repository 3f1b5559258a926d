// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two System V message queues, one for each direction.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "message.h"

#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>

/* The default of /proc/sys/kernel/msgmax. */
#define SYSV_MSG_MAX_BYTES 8192

/* The kernel wants a type in front of the payload. */
struct sysv_msg {
	long type;
	char payload[];
};

struct sysv_pair {
	int request;
	int reply;
	struct sysv_msg *msg;
};

/*
 * A queue outlives its users, and removing it ends its use; so a run that
 * fails removes the queues on its way out.
 */
static int queues[2] = { -1, -1 };

static void sysv_remove_queues(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(queues); i++) {
		if (queues[i] >= 0)
			msgctl(queues[i], IPC_RMID, NULL);
		queues[i] = -1;
	}
}

static int sysv_make(void)
{
	int id = msgget(IPC_PRIVATE, 0600);

	if (id < 0)
		fail_errno("msgget");
	return id;
}

static void sysv_open(struct channel *ch)
{
	static bool registered;
	struct sysv_pair *p = xcalloc(1, sizeof(*p));
	size_t i;

	if (!registered && atexit(sysv_remove_queues))
		fail("atexit");
	registered = true;
	for (i = 0; i < ARRAY_SIZE(queues); i++)
		queues[i] = sysv_make();
	p->request = queues[0];
	p->reply = queues[1];
	p->msg = xcalloc(1, sizeof(*p->msg) + ch->bytes);
	p->msg->type = 1;
	ch->msg = p->msg->payload;
	ch->priv = p;
}

static void sysv_put(int queue, const struct sysv_msg *msg, size_t bytes)
{
	if (msgsnd(queue, msg, bytes, 0))
		fail_errno("msgsnd");
}

static void sysv_take(int queue, struct sysv_msg *msg, size_t bytes)
{
	ssize_t n = msgrcv(queue, msg, bytes, 0, 0);

	if (n < 0)
		fail_errno("msgrcv");
	if ((size_t)n != bytes)
		fail("a message of %zd bytes instead of %zu", n, bytes);
}

static void sysv_serve(struct channel *ch)
{
	struct sysv_pair *p = ch->priv;
	bool last;

	do {
		sysv_take(p->request, p->msg, ch->bytes);
		last = msg_answer(ch->msg, ch->msg, ch->bytes);
		sysv_put(p->reply, p->msg, ch->bytes);
	} while (!last);
}

static const void *sysv_call(struct channel *ch)
{
	struct sysv_pair *p = ch->priv;

	sysv_put(p->request, p->msg, ch->bytes);
	sysv_take(p->reply, p->msg, ch->bytes);
	return ch->msg;
}

static void sysv_close(struct channel *ch)
{
	struct sysv_pair *p = ch->priv;

	sysv_remove_queues();
	free(p->msg);
	ch->msg = NULL;
	free(p);
}

const struct mechanism mech_sysv_msg = {
	.name = "sysv-msg",
	.max_bytes = SYSV_MSG_MAX_BYTES,
	.open = sysv_open,
	.serve = sysv_serve,
	.call = sysv_call,
	.close = sysv_close,
};
