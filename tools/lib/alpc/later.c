// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Requests that a server's handlers have left for later, and their replies.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "quick_server.h"

/*
 * What a handler left for later is noted when it has returned. It may be answered
 * before that: then the thread of the handler says where the reply is wanted.
 */
static bool later_use(struct alpc_server *server, uint64_t id,
		      struct alpc_lib_origin *origin)
{
	struct alpc_lib_worker *w;
	bool lent = false;

	if (alpc_lib_inbox_use(server->port, id, origin))
		return true;
	pthread_mutex_lock(&server->lock);
	for (w = server->workers; w; w = w->next) {
		if (atomic_load(&w->handled) != id)
			continue;
		alpc_lib_origin_of(w->message, origin);
		lent = alpc_lib_inbox_lend(server->port, id, origin);
		/* It need not be noted any more. */
		if (lent)
			atomic_store(&w->handled, 0);
		break;
	}
	pthread_mutex_unlock(&server->lock);
	/* It may have been noted in between. */
	return lent || (!w && alpc_lib_inbox_use(server->port, id, origin));
}

/* It need not be noted any more. */
static void later_answered(struct alpc_server *server, uint64_t id)
{
	struct alpc_lib_worker *w;

	pthread_mutex_lock(&server->lock);
	for (w = server->workers; w; w = w->next)
		if (atomic_load(&w->handled) == id)
			atomic_store(&w->handled, 0);
	pthread_mutex_unlock(&server->lock);
	alpc_lib_inbox_answered(server->port, id);
}

/* A handler has left the request of this thread for later. */
void alpc_lib_later_note(struct alpc_lib_worker *worker)
{
	struct alpc_server *server = worker->server;
	uint64_t id = worker->message->io.recv.id;
	struct alpc_lib_origin origin;
	bool canceled = false;

	alpc_lib_origin_of(worker->message, &origin);
	/* The handler has returned, and does not read it any more. */
	origin.in_place = false;
	pthread_mutex_lock(&server->lock);
	if (atomic_load(&worker->handled))
		canceled = !alpc_lib_inbox_note(server->port, id, &origin);
	atomic_store(&worker->handled, 0);
	pthread_mutex_unlock(&server->lock);
	if (canceled)
		alpc_lib_release_id(server->port, id);
}

static int reply_later(struct alpc_server *server, uint64_t id, const void *data,
		       size_t len, struct alpc_message *message)
{
	struct alpc_lib_origin origin;
	bool used;
	int ret;

	if (id & QUICK_ID)
		return alpc_lib_quick_reply(server, id, data, len, message);
	used = later_use(server, id, &origin);
	if (!used)
		origin = (struct alpc_lib_origin){ 0 };
	ret = alpc_lib_reply(server->port, id, data, len, &origin, message);
	if (alpc_lib_reply_is_over(ret))
		later_answered(server, id);
	else if (used && alpc_lib_inbox_unuse(server->port, id))
		alpc_lib_release_id(server->port, id);
	return ret;
}

ALPC_API int alpc_server_reply(struct alpc_server *server, uint64_t id,
			       const void *data, size_t len)
{
	return reply_later(server, id, data, len, NULL);
}

ALPC_API int alpc_server_reply_message(struct alpc_server *server, uint64_t id,
				       struct alpc_message *message)
{
	if (message->home)
		return -EXDEV;
	return reply_later(server, id, message->data, message->len, message);
}

ALPC_API int alpc_server_cancel(struct alpc_server *server, uint64_t id)
{
	struct alpc_lib_origin origin;
	int ret;

	if (id & QUICK_ID)
		return alpc_lib_quick_cancel(server, id);
	/* It is noted from now on, and who would answer it finds it there. */
	if (later_use(server, id, &origin) &&
	    alpc_lib_inbox_unuse(server->port, id))
		alpc_lib_release_id(server->port, id);
	ret = alpc_cancel_received(server->port, id);
	if (!ret || ret == -ECANCELED)
		later_answered(server, id);
	return ret;
}
