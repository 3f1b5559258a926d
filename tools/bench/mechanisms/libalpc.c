// SPDX-License-Identifier: GPL-2.0-only
/*
 * ALPC as programs use it, through libalpc: any length, with the way chosen by
 * the library or forced, or in place, or quickly.
 *
 * Not in place, a call moves the bytes from the client's buffer into memory of
 * the server's own, and the reply's from memory of the server's own into memory
 * of the client's own. In place nobody copies anything.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "message.h"
#include "mechanisms/alpc.h"

#include <alpc/alpc.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/**
 * struct libalpc_kind - what a mechanism is made of
 * @way: which way everything goes
 * @in_place: messages lie in sections on both sides
 * @quick: calls are quick where that is possible
 * @flags: of the client's message in place
 */
struct libalpc_kind {
	enum alpc_way way;
	bool in_place;
	bool quick;
	unsigned int flags;
};

enum {
	VARIANT_AUTO,
	VARIANT_INLINE,
	VARIANT_VIEW_COPY,
	VARIANT_DIRECT,
	VARIANT_VIEW,
	VARIANT_VIEW_SECURE,
	VARIANT_QUICK,
};

static const struct libalpc_kind kinds[] = {
	[VARIANT_AUTO] = { .way = ALPC_WAY_AUTO },
	[VARIANT_INLINE] = { .way = ALPC_WAY_INLINE },
	[VARIANT_VIEW_COPY] = { .way = ALPC_WAY_VIEW },
	[VARIANT_DIRECT] = { .way = ALPC_WAY_DIRECT },
	[VARIANT_VIEW] = { .way = ALPC_WAY_VIEW, .in_place = true },
	[VARIANT_VIEW_SECURE] = {
		.way = ALPC_WAY_VIEW, .in_place = true,
		.flags = ALPC_MESSAGE_SECURE,
	},
	[VARIANT_QUICK] = { .way = ALPC_WAY_AUTO, .quick = true },
};

/**
 * struct libalpc_channel - both ends of the calls
 * @kind: what is to happen
 * @name: of the connection port
 * @server: in the server
 * @port: in the client
 * @quick: in the client, if calls are quick
 * @message: in the client: takes the reply; in place also the request
 */
struct libalpc_channel {
	const struct libalpc_kind *kind;
	char name[64];
	struct alpc_server *server;
	struct alpc_port *port;
	struct alpc_quick_calls *quick;
	struct alpc_message *message;
};

/* Passes on what a function of the library returned, unless that is an error. */
static int checked(int result, const char *what)
{
	if (result < 0) {
		errno = -result;
		fail_errno("%s", what);
	}
	return result;
}

/*
 * A message that went another way than it should have makes a wrong figure. It is
 * the same way for all: that of the first ones and of the last one is checked.
 */
static void check_way(const struct channel *ch, const struct alpc_message *m)
{
	const struct libalpc_channel *p = ch->priv;

	if (p->kind->way != ALPC_WAY_AUTO && alpc_message_way(m) != p->kind->way)
		fail("a message of %s went the way %d", ch->mech->name,
		     alpc_message_way(m));
	if (alpc_message_is_in_place(m) != p->kind->in_place)
		fail("a message of %s lies in the wrong place", ch->mech->name);
}

/* Return: its data. */
static const void *check_message(const struct channel *ch,
				 const struct alpc_message *m)
{
	const void *data = alpc_message_data(m);

	if (alpc_message_len(m) != ch->bytes)
		fail("a message of %zu bytes instead of %zu",
		     alpc_message_len(m), ch->bytes);
	if (msg_word(data) & (MSG_FULL | MSG_STOP))
		check_way(ch, m);
	return data;
}

static void libalpc_open(struct channel *ch)
{
	struct libalpc_channel *p = xcalloc(1, sizeof(*p));

	p->kind = &kinds[ch->mech->variant];
	snprintf(p->name, sizeof(p->name), "alpc-bench-%d", (int)getpid());
	ch->priv = p;
}

static int libalpc_request(struct alpc_client *client,
			   const struct alpc_message *request,
			   struct alpc_message *reply)
{
	const struct channel *ch = alpc_client_arg(client);
	const struct libalpc_channel *p = ch->priv;
	uint64_t id;
	void *data;

	id = msg_take(check_message(ch, request), ch->bytes);
	if ((p->kind->flags & ALPC_MESSAGE_SECURE) &&
	    !alpc_message_is_secure(request))
		fail("a request came unprotected");
	checked(alpc_message_fill(reply, ch->bytes, &data), "the reply");
	msg_write(data, ch->bytes, id | MSG_REPLY);
	if (id & MSG_STOP)
		checked(alpc_server_stop(p->server), "alpc_server_stop");
	return 0;
}

static void libalpc_unanswered(void *arg, uint64_t id, int error)
{
	const struct channel *ch = arg;

	(void)id;
	checked(error, ch->mech->name);
}

static void libalpc_serve_init(struct channel *ch)
{
	struct libalpc_channel *p = ch->priv;
	const struct alpc_port_options port_options = {
		.size = sizeof(port_options),
		.max_message = p->kind->way == ALPC_WAY_INLINE ?
			       (uint32_t)ch->bytes : 0,
	};
	const struct alpc_server_ops ops = {
		.size = sizeof(ops),
		.request = libalpc_request,
		.unanswered = libalpc_unanswered,
	};
	const struct alpc_server_options options = {
		.size = sizeof(options),
		.flags = (p->kind->in_place ? ALPC_SERVER_IN_PLACE : 0) |
			 (p->kind->quick ? ALPC_SERVER_QUICK : 0),
	};
	struct alpc_port *port;

	checked(alpc_port_create(p->name, &port_options, &port),
		"alpc_port_create");
	checked(alpc_port_set_way(port, p->kind->way), "alpc_port_set_way");
	checked(alpc_server_new_with(port, &ops, ch, &options, &p->server),
		"alpc_server_new_with");
}

static void libalpc_serve(struct channel *ch)
{
	struct libalpc_channel *p = ch->priv;

	checked(alpc_server_run(p->server, 1), "alpc_server_run");
}

static void libalpc_attach(struct channel *ch)
{
	struct libalpc_channel *p = ch->priv;

	checked(alpc_port_connect(p->name, NULL, ALPC_INFINITE, &p->port),
		"alpc_port_connect");
	checked(alpc_port_set_way(p->port, p->kind->way), "alpc_port_set_way");
	if (p->kind->quick)
		checked(alpc_quick_open(p->port, NULL, ALPC_INFINITE, &p->quick),
			"alpc_quick_open");
	if (!p->kind->in_place) {
		checked(alpc_message_new(ch->bytes, &p->message),
			"alpc_message_new");
		return;
	}
	free(ch->msg);
	checked(alpc_message_new_in(p->port, ch->bytes, p->kind->flags,
				    &p->message), "alpc_message_new_in");
	checked(alpc_message_resize(p->message, ch->bytes, &ch->msg),
		"alpc_message_resize");
}

static const void *libalpc_call(struct channel *ch)
{
	struct libalpc_channel *p = ch->priv;

	checked(alpc_call(p->port, ch->msg, ch->bytes, p->message,
			  ALPC_INFINITE), "alpc_call");
	return check_message(ch, p->message);
}

static const void *libalpc_call_quick(struct channel *ch)
{
	struct libalpc_channel *p = ch->priv;

	checked(alpc_quick_call(p->quick, ch->msg, ch->bytes, p->message,
				ALPC_INFINITE), "alpc_quick_call");
	return check_message(ch, p->message);
}

/* The next request will lie where this reply lies, which is kept until then. */
static const void *libalpc_call_in_place(struct channel *ch)
{
	struct libalpc_channel *p = ch->priv;

	checked(alpc_call_message(p->port, p->message, p->message,
				  ALPC_INFINITE, NULL), "alpc_call_message");
	check_message(ch, p->message);
	checked(alpc_message_resize(p->message, ch->bytes, &ch->msg),
		"alpc_message_resize");
	return ch->msg;
}

static void libalpc_close(struct channel *ch)
{
	struct libalpc_channel *p = ch->priv;

	alpc_message_free(p->message);
	alpc_quick_close(p->quick);
	alpc_port_close(p->port);
	if (p->kind->in_place)
		ch->msg = NULL;
	free(p);
}

#define LIBALPC_MECHANISM			\
	.open = libalpc_open,			\
	.serve_init = libalpc_serve_init,	\
	.serve = libalpc_serve,			\
	.attach = libalpc_attach,		\
	.close = libalpc_close

const struct mechanism mech_alpc_auto = {
	LIBALPC_MECHANISM,
	.name = "alpc-auto",
	.max_bytes = SIZE_MAX,
	.variant = VARIANT_AUTO,
	.call = libalpc_call,
};

const struct mechanism mech_alpc_inline = {
	LIBALPC_MECHANISM,
	.name = "alpc-inline",
	.max_bytes = ALPC_DATA_MAX,
	.variant = VARIANT_INLINE,
	.call = libalpc_call,
};

const struct mechanism mech_alpc_view_copy = {
	LIBALPC_MECHANISM,
	.name = "alpc-view-copy",
	.max_bytes = SIZE_MAX,
	.variant = VARIANT_VIEW_COPY,
	.call = libalpc_call,
};

const struct mechanism mech_alpc_direct = {
	LIBALPC_MECHANISM,
	.name = "alpc-direct",
	.max_bytes = SIZE_MAX,
	.variant = VARIANT_DIRECT,
	.call = libalpc_call,
	.loan = &alpc_loan,
};

const struct mechanism mech_alpc_view = {
	LIBALPC_MECHANISM,
	.name = "alpc-view",
	.max_bytes = SIZE_MAX,
	.variant = VARIANT_VIEW,
	.call = libalpc_call_in_place,
};

const struct mechanism mech_alpc_view_secure = {
	LIBALPC_MECHANISM,
	.name = "alpc-view-secure",
	.max_bytes = SIZE_MAX,
	.variant = VARIANT_VIEW_SECURE,
	.call = libalpc_call_in_place,
};

const struct mechanism mech_alpc_quick = {
	LIBALPC_MECHANISM,
	.name = "alpc-quick",
	.max_bytes = ALPC_QUICK_MAX,
	.variant = VARIANT_QUICK,
	.call = libalpc_call_quick,
};
