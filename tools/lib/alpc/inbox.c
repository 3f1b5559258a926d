// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a port that receives knows of those who send, and of their requests.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "inbox.h"
#include "space.h"

#include <stdlib.h>

/* Unanswered requests that are remembered: no port is sent more at a time. */
#define INBOX_REQUESTS_MAX	(1U << 20)

/**
 * alpc_lib_inbox_of() - the inbox of a port, which is made if there is none
 * @port: port
 * @inbox: gets it; the reference is the port's
 *
 * Return: 0 or -ENOMEM.
 */
int alpc_lib_inbox_of(struct alpc_port *port, struct alpc_lib_inbox **inbox)
{
	struct alpc_lib_inbox *i = alpc_lib_port_inbox(port);
	uintptr_t none = 0;

	if (i) {
		*inbox = i;
		return 0;
	}
	i = calloc(1, sizeof(*i));
	if (!i)
		return -ENOMEM;
	if (pthread_mutex_init(&i->lock, NULL)) {
		free(i);
		return -ENOMEM;
	}
	atomic_init(&i->refs, 1);
	i->fd = port->fd;
	if (!atomic_compare_exchange_strong(&port->inbox, &none,
					    (uintptr_t)i)) {
		alpc_lib_inbox_put(i);
		i = alpc_lib_port_inbox(port);
	}
	*inbox = i;
	return 0;
}

struct alpc_lib_inbox *alpc_lib_inbox_get(struct alpc_lib_inbox *inbox)
{
	if (inbox)
		atomic_fetch_add_explicit(&inbox->refs, 1, memory_order_relaxed);
	return inbox;
}

void alpc_lib_inbox_put(struct alpc_lib_inbox *inbox)
{
	struct alpc_lib_origin *o;

	if (!inbox || atomic_fetch_sub_explicit(&inbox->refs, 1,
						memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < inbox->requests.size; i++)
		free(inbox->requests.cells[i].value);
	while ((o = inbox->spare)) {
		inbox->spare = o->next;
		free(o);
	}
	free(inbox->requests.cells);
	free(inbox->peers.cells);
	pthread_mutex_destroy(&inbox->lock);
	free(inbox);
}

/**
 * alpc_lib_inbox_ioctl() - through the port of an inbox, if it is still open
 * @inbox: inbox
 * @request: ALPC_IOC_* that does not wait
 * @arg: its argument
 *
 * Return: 0 or a negative errno value; -EBADF if the port's handle is closed.
 */
int alpc_lib_inbox_ioctl(struct alpc_lib_inbox *inbox, unsigned long request,
			 void *arg)
{
	int ret = -EBADF;

	pthread_mutex_lock(&inbox->lock);
	if (inbox->fd >= 0)
		ret = alpc_lib_ioctl(inbox->fd, request, arg);
	pthread_mutex_unlock(&inbox->lock);
	return ret;
}

/* The handle of its port goes; the reference is consumed. */
void alpc_lib_inbox_close(struct alpc_lib_inbox *inbox)
{
	if (!inbox)
		return;
	pthread_mutex_lock(&inbox->lock);
	inbox->fd = -1;
	pthread_mutex_unlock(&inbox->lock);
	alpc_lib_inbox_put(inbox);
}

/* -- Clients ---------------------------------------------------------------- */

static void ring_add(struct alpc_lib_inbox *inbox, struct alpc_lib_peer *p)
{
	struct alpc_lib_peer *hand = inbox->hand ?: p;

	p->next = hand;
	p->prev = inbox->hand ? hand->prev : p;
	p->prev->next = p;
	hand->prev = p;
	inbox->hand = hand;
}

static void ring_remove(struct alpc_lib_inbox *inbox, struct alpc_lib_peer *p)
{
	if (inbox->hand == p)
		inbox->hand = p->next == p ? NULL : p->next;
	p->prev->next = p->next;
	p->next->prev = p->prev;
}

/**
 * alpc_lib_inbox_join() - a client was accepted
 * @port: connection port
 * @client: server communication port, not yet joined
 * @context: its context
 *
 * Return: 0 or -ENOMEM.
 */
int alpc_lib_inbox_join(struct alpc_port *port, struct alpc_port *client,
			uint64_t context)
{
	struct alpc_lib_inbox *inbox;
	struct alpc_lib_peer *p;
	int ret;

	ret = alpc_lib_inbox_of(port, &inbox);
	if (ret)
		return ret;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->port = client;
	p->context = context;
	pthread_mutex_lock(&inbox->lock);
	p->same = alpc_lib_table_find(&inbox->peers, context);
	ret = alpc_lib_table_set(&inbox->peers, context, p);
	if (!ret)
		ring_add(inbox, p);
	pthread_mutex_unlock(&inbox->lock);
	if (ret) {
		free(p);
		return ret;
	}
	client->peer = p;
	atomic_store(&client->inbox, (uintptr_t)alpc_lib_inbox_get(inbox));
	return 0;
}

/* The handle of a server communication port goes. */
void alpc_lib_inbox_leave(struct alpc_port *client)
{
	struct alpc_lib_inbox *inbox = alpc_lib_port_inbox(client);
	struct alpc_lib_peer *p = client->peer, *first, **at;

	if (!p)
		return;
	pthread_mutex_lock(&inbox->lock);
	ring_remove(inbox, p);
	first = alpc_lib_table_find(&inbox->peers, p->context);
	for (at = &first; *at != p; at = &(*at)->same)
		;
	*at = p->same;
	/* The key is there, so that this needs no memory. */
	if (first)
		alpc_lib_table_set(&inbox->peers, p->context, first);
	else
		alpc_lib_table_remove(&inbox->peers, p->context);
	pthread_mutex_unlock(&inbox->lock);
	client->peer = NULL;
	free(p);
}

/**
 * alpc_lib_inbox_space() - the space of the client with a context
 * @inbox: inbox of a connection port, or NULL
 * @context: context
 *
 * Return: the space with a reference, or NULL: no client has this context, or
 * more than one.
 */
struct alpc_lib_space *alpc_lib_inbox_space(struct alpc_lib_inbox *inbox,
					    uint64_t context)
{
	struct alpc_lib_space *space = NULL;
	struct alpc_lib_peer *p;

	if (!inbox)
		return NULL;
	pthread_mutex_lock(&inbox->lock);
	p = alpc_lib_table_find(&inbox->peers, context);
	if (p && !p->same && !alpc_lib_space_of(p->port, &space))
		alpc_lib_space_get(space);
	pthread_mutex_unlock(&inbox->lock);
	return space;
}

/* A mapping was made: if there are too many now another one goes. */
void alpc_lib_inbox_mapped(struct alpc_lib_inbox *inbox)
{
	struct alpc_lib_space *space;

	if (!inbox || atomic_fetch_add(&inbox->maps, 1) < ALPC_LIB_MAPS_ALL)
		return;
	pthread_mutex_lock(&inbox->lock);
	for (int n = 0; n < ALPC_LIB_MAPS_ALL && inbox->hand; n++) {
		inbox->hand = inbox->hand->next;
		space = alpc_lib_port_space(inbox->hand->port);
		if (space && alpc_lib_map_evict(space))
			break;
	}
	pthread_mutex_unlock(&inbox->lock);
}

void alpc_lib_inbox_unmapped(struct alpc_lib_inbox *inbox)
{
	if (inbox)
		atomic_fetch_sub(&inbox->maps, 1);
}

/* -- Requests ----------------------------------------------------------------- */

/* Lock held. */
static bool was_canceled(struct alpc_lib_inbox *inbox, uint64_t id)
{
	uint64_t *canceled = &inbox->canceled[id % INBOX_CANCELED];

	if (*canceled != id)
		return false;
	*canceled = 0;
	return true;
}

/* Lock held. If there is no memory it can be answered with what goes inline. */
static struct alpc_lib_origin *note(struct alpc_lib_inbox *inbox, uint64_t id,
				    const struct alpc_lib_origin *origin)
{
	struct alpc_lib_origin *o = inbox->spare;

	if (o)
		inbox->spare = o->next;
	else if (inbox->requests.used < INBOX_REQUESTS_MAX)
		o = malloc(sizeof(*o));
	if (!o)
		return NULL;
	*o = *origin;
	o->users = 0;
	o->canceled = false;
	o->canceling = false;
	if (!alpc_lib_table_set(&inbox->requests, id, o))
		return o;
	free(o);
	return NULL;
}

/* Lock held. */
static void forget(struct alpc_lib_inbox *inbox, uint64_t id)
{
	struct alpc_lib_origin *o = alpc_lib_table_remove(&inbox->requests, id);

	if (o) {
		o->next = inbox->spare;
		inbox->spare = o;
	}
}

/**
 * alpc_lib_inbox_note() - remember a request
 * @port: port that it was received from
 * @id: request
 * @origin: what is known of it; its data have been read, unless the program
 *	does that
 *
 * Return: false if it was cancelled, and is to be released by the caller.
 */
bool alpc_lib_inbox_note(struct alpc_port *port, uint64_t id,
			 const struct alpc_lib_origin *origin)
{
	struct alpc_lib_inbox *inbox;
	bool canceled;

	if (alpc_lib_inbox_of(port, &inbox))
		return true;
	pthread_mutex_lock(&inbox->lock);
	canceled = origin->len && was_canceled(inbox, id);
	if (!canceled)
		note(inbox, id, origin);
	pthread_mutex_unlock(&inbox->lock);
	return !canceled;
}

/**
 * alpc_lib_inbox_canceled() - a request was cancelled
 * @port: port that received the notice of that
 * @id: request
 *
 * Return: true if what it brought is to be released by the caller, false if
 * somebody may still be using it: who reads it in place, or is just replying. The
 * reply releases it then, although it does not get through.
 */
bool alpc_lib_inbox_canceled(struct alpc_port *port, uint64_t id)
{
	struct alpc_lib_inbox *inbox;
	struct alpc_lib_origin *o;
	bool done;

	if (alpc_lib_inbox_of(port, &inbox))
		return false;
	pthread_mutex_lock(&inbox->lock);
	o = alpc_lib_table_find(&inbox->requests, id);
	done = o && !o->in_place && !o->users;
	if (done)
		forget(inbox, id);
	else if (o)
		o->canceled = true;
	else
		inbox->canceled[id % INBOX_CANCELED] = id;
	pthread_mutex_unlock(&inbox->lock);
	return done;
}

/**
 * alpc_lib_inbox_use() - begin to answer a request
 * @port: port that it was received from
 * @id: request
 * @origin: gets what is known of it
 *
 * Until alpc_lib_inbox_unuse() or alpc_lib_inbox_answered() what it brought is not
 * released, although it may be cancelled.
 *
 * Return: true if it is known.
 */
bool alpc_lib_inbox_use(const struct alpc_port *port, uint64_t id,
			struct alpc_lib_origin *origin)
{
	struct alpc_lib_inbox *inbox = alpc_lib_port_inbox(port);
	struct alpc_lib_origin *o;

	if (!inbox)
		return false;
	pthread_mutex_lock(&inbox->lock);
	o = alpc_lib_table_find(&inbox->requests, id);
	if (o) {
		o->users++;
		/* Nothing is written to what may be the sender's again. */
		*origin = o->canceling ?
			  (struct alpc_lib_origin){ .context = o->context } : *o;
	}
	pthread_mutex_unlock(&inbox->lock);
	return o;
}

/**
 * alpc_lib_inbox_lend() - remember a request, and begin to answer it
 * @port: as in alpc_lib_inbox_note()
 * @id: likewise
 * @origin: likewise
 *
 * Return: false if there is no memory for that.
 */
bool alpc_lib_inbox_lend(struct alpc_port *port, uint64_t id,
			 const struct alpc_lib_origin *origin)
{
	struct alpc_lib_inbox *inbox;
	struct alpc_lib_origin *o;

	if (alpc_lib_inbox_of(port, &inbox))
		return false;
	pthread_mutex_lock(&inbox->lock);
	o = note(inbox, id, origin);
	if (o) {
		o->users = 1;
		o->canceled = was_canceled(inbox, id);
	}
	pthread_mutex_unlock(&inbox->lock);
	return o;
}

/* It was not answered. Return: true if it is to be released by the caller. */
bool alpc_lib_inbox_unuse(const struct alpc_port *port, uint64_t id)
{
	struct alpc_lib_inbox *inbox = alpc_lib_port_inbox(port);
	struct alpc_lib_origin *o;
	bool release = false;

	pthread_mutex_lock(&inbox->lock);
	o = alpc_lib_table_find(&inbox->requests, id);
	if (o && !--o->users && o->canceled && !o->in_place) {
		forget(inbox, id);
		release = true;
	}
	pthread_mutex_unlock(&inbox->lock);
	return release;
}

/**
 * alpc_lib_inbox_cancel() - begin to cancel a request
 * @port: port that it was received from
 * @id: request
 *
 * Until alpc_lib_inbox_uncancel() or alpc_lib_inbox_answered() nobody who answers it
 * writes to the room that it brought.
 *
 * Return: 0; -ESRCH if another thread is about to answer it, or to cancel it.
 */
int alpc_lib_inbox_cancel(const struct alpc_port *port, uint64_t id)
{
	struct alpc_lib_inbox *inbox = alpc_lib_port_inbox(port);
	struct alpc_lib_origin *o;
	int ret = 0;

	if (!inbox)
		return 0;
	pthread_mutex_lock(&inbox->lock);
	o = alpc_lib_table_find(&inbox->requests, id);
	if (o && (o->users || o->canceling))
		ret = -ESRCH;
	else if (o)
		o->canceling = true;
	pthread_mutex_unlock(&inbox->lock);
	return ret;
}

/* It was not cancelled. */
void alpc_lib_inbox_uncancel(const struct alpc_port *port, uint64_t id)
{
	struct alpc_lib_inbox *inbox = alpc_lib_port_inbox(port);
	struct alpc_lib_origin *o;

	if (!inbox)
		return;
	pthread_mutex_lock(&inbox->lock);
	o = alpc_lib_table_find(&inbox->requests, id);
	if (o)
		o->canceling = false;
	pthread_mutex_unlock(&inbox->lock);
}

/* A request was answered, or cannot be any more. */
void alpc_lib_inbox_answered(const struct alpc_port *port, uint64_t id)
{
	struct alpc_lib_inbox *inbox = alpc_lib_port_inbox(port);

	if (!inbox)
		return;
	pthread_mutex_lock(&inbox->lock);
	forget(inbox, id);
	pthread_mutex_unlock(&inbox->lock);
}

/* A client is gone, and nobody waits for answers to its requests. */
void alpc_lib_inbox_gone(const struct alpc_port *port, uint64_t context)
{
	struct alpc_lib_inbox *inbox = alpc_lib_port_inbox(port);
	const struct alpc_lib_origin *o;
	const struct alpc_lib_peer *p;
	size_t i = 0;

	if (!inbox)
		return;
	pthread_mutex_lock(&inbox->lock);
	p = alpc_lib_table_find(&inbox->peers, context);
	/* Another one with this context may be there. */
	if (p && p->same)
		i = inbox->requests.size;
	while (i < inbox->requests.size) {
		const struct alpc_lib_cell *cell = &inbox->requests.cells[i];

		o = cell->value;
		/* What is taken out may be followed here by another one. */
		if (o && o->context == context)
			free(alpc_lib_table_remove(&inbox->requests, cell->key));
		else
			i++;
	}
	pthread_mutex_unlock(&inbox->lock);
}
