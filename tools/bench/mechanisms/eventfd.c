// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two eventfds for waking, and shared memory for the payload: no copy through
 * the kernel, no queue, no identity.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "message.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

struct eventfd_pair {
	int request;
	int reply;
};

static int eventfd_make(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	if (fd < 0)
		fail_errno("eventfd");
	return fd;
}

static void eventfd_open(struct channel *ch)
{
	struct eventfd_pair *p = xcalloc(1, sizeof(*p));

	p->request = eventfd_make();
	p->reply = eventfd_make();
	ch->msg = shared_memory(ch->bytes);
	ch->priv = p;
}

static void eventfd_post(int fd)
{
	const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) != sizeof(one))
		fail_errno("write to an eventfd");
}

static void eventfd_wait(int fd)
{
	uint64_t n;

	if (read(fd, &n, sizeof(n)) != sizeof(n))
		fail_errno("read from an eventfd");
}

static void eventfd_serve(struct channel *ch)
{
	struct eventfd_pair *p = ch->priv;
	bool last;

	do {
		eventfd_wait(p->request);
		last = msg_answer(ch->msg, ch->msg, ch->bytes);
		eventfd_post(p->reply);
	} while (!last);
}

static const void *eventfd_call(struct channel *ch)
{
	struct eventfd_pair *p = ch->priv;

	eventfd_post(p->request);
	eventfd_wait(p->reply);
	return ch->msg;
}

static void eventfd_close(struct channel *ch)
{
	struct eventfd_pair *p = ch->priv;

	close(p->request);
	close(p->reply);
	munmap(ch->msg, ch->bytes);
	ch->msg = NULL;
	free(p);
}

const struct mechanism mech_eventfd = {
	.name = "eventfd",
	.max_bytes = SIZE_MAX,
	.open = eventfd_open,
	.serve = eventfd_serve,
	.call = eventfd_call,
	.close = eventfd_close,
};
