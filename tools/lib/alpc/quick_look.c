// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Quick calls, the server's side: a thread that looks at a client's page.
 *
 * A thread follows the client whose request it has handled last: it says in the
 * page that it looks, sends its reply, sees without waiting whether other messages
 * are there, and if not, looks. So no thread looks that has other things to do, and
 * nobody is kept waiting for longer than a look takes.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "quick_server.h"

#include <string.h>

/* So many requests are handled before it is seen what else there is. */
#define QUICK_BATCH	64

/* For @asked, which requests are copied to: what stays the same. */
static int prepare_message(struct alpc_lib_worker *w,
			   const struct alpc_lib_channel *ch)
{
	int ret = 0;

	if (!w->asked)
		ret = alpc_message_new(ALPC_QUICK_MAX, &w->asked);
	if (ret)
		return ret;
	w->asked->io.recv = ch->head;
	w->asked->port = &ch->client->port;
	w->asked->from = w->server->port;
	w->asked->way = ALPC_WAY_QUICK;
	return 0;
}

/**
 * alpc_lib_quick_follow() - look at the page of a client from now on
 * @worker: thread
 * @client: client whose message it handles just now
 */
void alpc_lib_quick_follow(struct alpc_lib_worker *worker,
			   struct alpc_client *client)
{
	struct alpc_lib_channel *ch;

	if (!worker->server->quick_ns ||
	    (worker->look && worker->look->client == client &&
	     !alpc_lib_channel_is_over(worker->look)))
		return;
	ch = alpc_lib_channel_get(client);
	if (!ch)
		return;
	if (atomic_exchange(&ch->looked, true)) {
		alpc_lib_channel_put(ch);
		return;
	}
	alpc_lib_quick_leave(worker);
	if (!quick_try(&ch->luck) || prepare_message(worker, ch)) {
		atomic_store(&ch->looked, false);
		alpc_lib_channel_put(ch);
		return;
	}
	alpc_lib_client_hold(client);
	ch->until = 0;
	worker->look = ch;
}

/* Say that this thread looks; before its reply, after which it may be asked. */
void alpc_lib_quick_begin(struct alpc_lib_worker *worker)
{
	struct alpc_lib_channel *ch = worker->look;
	uint64_t ask = atomic_load(&ch->page->ask);

	ch->looking = quick_ask(QUICK_LOOKING, alpc_lib_quick_cpu(), 0);
	if (QUICK_STATE(ask) == QUICK_ABSENT || QUICK_STATE(ask) == QUICK_LOOKING)
		atomic_compare_exchange_strong(&ch->page->ask, &ask,
					       ch->looking);
}

/* There is something else to do first. */
void alpc_lib_quick_pause(struct alpc_lib_worker *worker)
{
	uint64_t looking = worker->look->looking;

	atomic_compare_exchange_strong(&worker->look->page->ask, &looking,
				       quick_ask(QUICK_ABSENT, 0, 0));
}

/* Look no longer. */
void alpc_lib_quick_leave(struct alpc_lib_worker *worker)
{
	struct alpc_lib_channel *ch = worker->look;
	struct alpc_client *client;

	if (!ch)
		return;
	client = ch->client;
	alpc_lib_quick_pause(worker);
	worker->look = NULL;
	atomic_store(&ch->looked, false);
	alpc_lib_channel_put(ch);
	alpc_lib_client_finish(client);
}

/* Let the program handle a request. Return: its word. */
static int handle(struct alpc_lib_worker *w, struct alpc_lib_channel *ch,
		  size_t len, uint64_t id)
{
	const struct alpc_server_ops *ops = &w->server->ops;
	struct alpc_message *m = w->asked;

	memcpy(m->own, ch->page->request, len);
	m->data = m->own;
	m->len = len;
	m->io.recv.id = id;
	atomic_store_explicit(&ch->handled, id, memory_order_release);
	alpc_lib_worker_clear(w->reply);
	return ops->request ? ops->request(ch->client, m, w->reply) :
			      -EOPNOTSUPP;
}

/*
 * A request is there. Return: true if there may be another one; false if there is no
 * point in looking any longer. The client can write to the page for as long as it
 * likes: only the connection says whether anything is to be done for it.
 */
static bool serve(struct alpc_lib_worker *w, struct alpc_lib_channel *ch,
		  uint64_t ask)
{
	size_t len = QUICK_VALUE(ask);
	uint32_t seq = QUICK_SEQ(ask);
	uint64_t id = QUICK_ID | (uint64_t)ch->number << 32 | seq;
	int ret = -EPROTO;

	if (alpc_lib_channel_is_over(ch))
		return false;
	/* The client may have taken it back. */
	if (!atomic_compare_exchange_strong(&ch->page->ask, &ask,
					    quick_ask(QUICK_TAKEN, 0, seq)))
		return true;
	if (len <= ALPC_QUICK_MAX && seq && seq <= QUICK_SEQ_MAX)
		ret = handle(w, ch, len, id);
	if (ret == ALPC_REPLY_LATER)
		return false;
	/* Somebody else may have replied. */
	if (atomic_exchange(&ch->handled, 0) != id && ret >= 0)
		return false;
	if (ret == ALPC_REPLY_ORDINARY) {
		alpc_lib_quick_say(ch, seq, QUICK_HEAD(QUICK_ORDINARY, 0),
				   ch->looking);
		return true;
	}
	if (!ret) {
		ret = alpc_lib_quick_answer(ch, seq, w->reply->data,
					    w->reply->len, w->reply,
					    ch->looking);
		if (!ret)
			return true;
		if (w->server->ops.unanswered)
			w->server->ops.unanswered(w->server->arg, id, ret);
	}
	alpc_port_disconnect(&ch->client->port);
	return false;
}

/* Nobody has asked for a while. Return: whether to go on all the same. */
static bool go_on(struct alpc_lib_worker *w, struct alpc_lib_channel *ch,
		  bool asked)
{
	int64_t now = alpc_lib_quick_now();

	if (asked)
		quick_tried(&ch->luck, true);
	if (asked || !ch->until)
		ch->until = now + w->server->quick_ns;
	if (now < ch->until)
		return true;
	quick_tried(&ch->luck, false);
	return false;
}

/**
 * alpc_lib_quick_look() - look at the page for a while
 * @worker: thread that has said that it looks
 *
 * Return: whether to do so again, after a look at other messages.
 */
bool alpc_lib_quick_look(struct alpc_lib_worker *worker)
{
	struct alpc_lib_channel *ch = worker->look;
	unsigned int served = 0;

	for (int i = 0; i < QUICK_LOOKS; i++) {
		uint64_t ask = atomic_load_explicit(&ch->page->ask,
						    memory_order_acquire);

		if (QUICK_STATE(ask) == QUICK_POSTED) {
			if (!serve(worker, ch, ask))
				return false;
			if (++served == QUICK_BATCH)
				break;
			i = -1;
			continue;
		}
		/* Taken back: an ordinary request comes. Or not what it should be. */
		if (ask != ch->looking)
			break;
		quick_relax();
	}
	return go_on(worker, ch, served);
}
