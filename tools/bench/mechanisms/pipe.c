// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two pipes, one for each direction.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "message.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct pipe_pair {
	int request[2];
	int reply[2];
};

static void pipe_open(struct channel *ch)
{
	struct pipe_pair *p = xcalloc(1, sizeof(*p));

	if (pipe2(p->request, O_CLOEXEC) || pipe2(p->reply, O_CLOEXEC))
		fail_errno("pipe");
	ch->priv = p;
}

static void pipe_serve(struct channel *ch)
{
	struct pipe_pair *p = ch->priv;
	bool last;

	close(p->request[1]);
	close(p->reply[0]);
	do {
		read_all(p->request[0], ch->msg, ch->bytes);
		last = msg_answer(ch->msg, ch->msg, ch->bytes);
		write_all(p->reply[1], ch->msg, ch->bytes);
	} while (!last);
}

static void pipe_attach(struct channel *ch)
{
	struct pipe_pair *p = ch->priv;

	close(p->request[0]);
	close(p->reply[1]);
}

static const void *pipe_call(struct channel *ch)
{
	struct pipe_pair *p = ch->priv;

	write_all(p->request[1], ch->msg, ch->bytes);
	read_all(p->reply[0], ch->msg, ch->bytes);
	return ch->msg;
}

static void pipe_close(struct channel *ch)
{
	struct pipe_pair *p = ch->priv;

	close(p->request[1]);
	close(p->reply[0]);
	free(p);
}

const struct mechanism mech_pipe = {
	.name = "pipe",
	.max_bytes = SIZE_MAX,
	.open = pipe_open,
	.serve = pipe_serve,
	.attach = pipe_attach,
	.call = pipe_call,
	.close = pipe_close,
};
