// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Quick calls, the server's side: pages of clients, and replies in them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "quick_server.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* So that an id names one channel for ever. */
#define NUMBER_MAX	INT32_MAX

/* -- Channels --------------------------------------------------------------- */

static struct alpc_lib_channel *channel_of(const struct alpc_client *client)
{
	return (struct alpc_lib_channel *)
	       atomic_load_explicit(&client->channel, memory_order_relaxed);
}

/*
 * Is nothing to be taken from the page any more: the connection has ended, or the
 * client has left it, or has another one? The client is held.
 */
bool alpc_lib_channel_is_over(const struct alpc_lib_channel *channel)
{
	const struct alpc_client *client = channel->client;

	return atomic_load(&client->port.ended) || channel_of(client) != channel;
}

/* The channel of a client, with a reference, or NULL. */
struct alpc_lib_channel *alpc_lib_channel_get(struct alpc_client *client)
{
	struct alpc_lib_channel *ch;

	/* Most have none. */
	if (!channel_of(client))
		return NULL;
	pthread_mutex_lock(&client->server->lock);
	ch = channel_of(client);
	if (ch)
		atomic_fetch_add(&ch->refs, 1);
	pthread_mutex_unlock(&client->server->lock);
	return ch;
}

void alpc_lib_channel_put(struct alpc_lib_channel *channel)
{
	if (!channel || atomic_fetch_sub(&channel->refs, 1) != 1)
		return;
	alpc_message_free(channel->kept);
	if (channel->page)
		alpc_lib_map_close(&channel->map);
	free(channel);
}

/* Replace the channel of a client; the reference is the client's. */
static void channel_set(struct alpc_client *client, struct alpc_lib_channel *ch)
{
	struct alpc_lib_channel *old;

	pthread_mutex_lock(&client->server->lock);
	old = (struct alpc_lib_channel *)
	      atomic_exchange(&client->channel, (uintptr_t)ch);
	pthread_mutex_unlock(&client->server->lock);
	alpc_lib_channel_put(old);
}

/* The client is gone. */
void alpc_lib_quick_forget(struct alpc_client *client)
{
	if (channel_of(client))
		channel_set(client, NULL);
}

/*
 * What the kernel makes of QUICK_PAGE_LEN. A longer one would be charged to its
 * creator, who can delete it, for as long as it is mapped here.
 */
static size_t page_len(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (QUICK_PAGE_LEN + page - 1) / page * page;
}

static int channel_map(struct alpc_lib_channel *ch)
{
	int ret;

	ret = alpc_lib_map_open(ch->client->port.fd, ch->section, 0, &ch->map);
	if (ret)
		return ret;
	if (ch->map.len != page_len() || !ch->map.writable) {
		alpc_lib_map_close(&ch->map);
		return -EPROTO;
	}
	/* Cast: a page is aligned to more than anything needs. */
	ch->page = (void *)ch->map.base;
	return 0;
}

static int channel_new(struct alpc_client *client, const struct alpc_msg *head,
		       uint32_t section, struct alpc_lib_channel **channel)
{
	struct alpc_server *server = client->server;
	struct alpc_lib_channel *ch;
	int ret = 0;

	ch = calloc(1, sizeof(*ch));
	if (!ch)
		return -ENOMEM;
	atomic_init(&ch->refs, 1);
	ch->client = client;
	ch->section = section;
	ch->head = *head;
	pthread_mutex_lock(&server->lock);
	if (server->last_channel == NUMBER_MAX)
		ret = -EDQUOT;
	else
		ch->number = ++server->last_channel;
	pthread_mutex_unlock(&server->lock);
	if (!ret)
		ret = channel_map(ch);
	if (ret)
		alpc_lib_channel_put(ch);
	else
		*channel = ch;
	return ret;
}

/* -- What clients ask ------------------------------------------------------- */

/* Is it about quick calls, and not for the program? */
bool alpc_lib_quick_is_hello(const struct alpc_message *message)
{
	struct alpc_lib_quick_hello h;

	return message->len == sizeof(h) &&
	       !memcmp(message->data, QUICK_MAGIC, sizeof(h.magic));
}

static int hello_open(struct alpc_lib_worker *w, struct alpc_client *client,
		      const struct alpc_lib_quick_hello *h)
{
	struct alpc_lib_channel *ch = NULL;
	int ret;

	if (!(w->server->options.flags & ALPC_SERVER_QUICK) ||
	    h->version != QUICK_VERSION)
		return -EOPNOTSUPP;
	ret = channel_new(client, &w->message->io.recv, h->section, &ch);
	if (!ret)
		channel_set(client, ch);
	return ret;
}

/*
 * The reply that did not fit becomes the reply to this. If there is none nobody waits
 * any more, unless it makes no sense: this thread may have been held up, and another
 * one have handled the next request.
 */
static bool hello_fetch(struct alpc_lib_worker *w, struct alpc_client *client,
			const struct alpc_lib_quick_hello *h)
{
	pthread_mutex_t *lock = &w->server->lock;
	struct alpc_message *kept = NULL;
	struct alpc_lib_channel *ch;

	pthread_mutex_lock(lock);
	ch = channel_of(client);
	if (ch && ch->section == h->section &&
	    ch->kept_seq == (uint32_t)h->value) {
		kept = ch->kept;
		ch->kept = NULL;
	}
	pthread_mutex_unlock(lock);
	if (!kept) {
		alpc_cancel_received(w->server->port, w->message->io.recv.id);
		return false;
	}
	alpc_message_free(w->reply);
	w->reply = kept;
	return true;
}

static void hello_close(struct alpc_client *client,
			const struct alpc_lib_quick_hello *h)
{
	struct alpc_lib_channel *ch = alpc_lib_channel_get(client);

	if (ch && ch->section == h->section)
		channel_set(client, NULL);
	alpc_lib_channel_put(ch);
}

/**
 * alpc_lib_quick_hello() - do what a client asks about quick calls
 * @worker: thread, of which @message is a hello
 * @client: who asks
 *
 * Return: whether @worker->reply is to be sent. If it is not, nobody waits for it any
 * more, or the connection has been ended.
 */
bool alpc_lib_quick_hello(struct alpc_lib_worker *worker,
			  struct alpc_client *client)
{
	bool request = worker->message->io.recv.type == ALPC_REQUEST;
	struct alpc_lib_quick_hello h;
	bool reply = false;

	memcpy(&h, worker->message->data, sizeof(h));
	if (request && h.what == QUICK_HELLO_OPEN) {
		h.value = hello_open(worker, client, &h);
		reply = !alpc_message_set(worker->reply, &h, sizeof(h));
	} else if (request && h.what == QUICK_HELLO_FETCH) {
		return hello_fetch(worker, client, &h);
	} else if (h.what == QUICK_HELLO_CLOSE) {
		hello_close(client, &h);
	}
	if (request && !reply)
		alpc_port_disconnect(&client->port);
	return reply;
}

/* -- Replies ---------------------------------------------------------------- */

/**
 * alpc_lib_quick_say() - say what became of a request
 * @channel: page
 * @seq: number of the request
 * @head: what its reply is
 * @next: what the client is to find if it asks again; see "The page"
 */
void alpc_lib_quick_say(struct alpc_lib_channel *channel, uint32_t seq,
			uint32_t head, uint64_t next)
{
	struct alpc_lib_quick_page *page = channel->page;
	struct alpc_quick arg = {
		.size = sizeof(arg),
		.section = channel->section,
		.offset = offsetof(struct alpc_lib_quick_page, answer),
	};
	bool looks = QUICK_STATE(next) == QUICK_LOOKING;
	unsigned int before;

	atomic_store_explicit(&page->head, head, memory_order_relaxed);
	if (looks)
		atomic_store_explicit(&page->ask, next, memory_order_release);
	before = atomic_exchange(&page->answer, seq);
	if (!looks)
		atomic_store_explicit(&page->ask, next, memory_order_release);
	if (before & QUICK_ASLEEP)
		alpc_lib_ioctl(channel->client->port.fd, ALPC_IOC_QUICK_WAKE,
			       &arg);
}

/* Set a reply aside until the client fetches it. */
static int keep(struct alpc_lib_channel *ch, uint32_t seq, const void *data,
		size_t len, const struct alpc_message *message)
{
	const struct alpc_lib_attrs *attrs = message ? message->attrs : NULL;
	pthread_mutex_t *lock = &ch->client->server->lock;
	struct alpc_message *kept, *old;
	int ret;

	ret = alpc_message_new(len, &kept);
	if (ret)
		return ret;
	ret = alpc_message_set(kept, data, len);
	if (!ret && attrs && attrs->fd_count)
		ret = alpc_message_set_fds(kept, attrs->fds, attrs->fd_count);
	if (ret) {
		alpc_message_free(kept);
		return ret;
	}
	pthread_mutex_lock(lock);
	old = ch->kept;
	ch->kept = kept;
	ch->kept_seq = seq;
	pthread_mutex_unlock(lock);
	alpc_message_free(old);
	return 0;
}

/**
 * alpc_lib_quick_answer() - answer a request
 * @channel: page
 * @seq: number of the request
 * @data: data of the reply
 * @len: bytes
 * @message: that they are of, or NULL
 * @next: what the client is to find if it asks again
 *
 * Return: 0, or a negative errno value: nothing was said.
 */
int alpc_lib_quick_answer(struct alpc_lib_channel *channel, uint32_t seq,
			  const void *data, size_t len,
			  const struct alpc_message *message, uint64_t next)
{
	uint32_t head = QUICK_HEAD(QUICK_DATA, len);
	int ret = 0;

	if (len > ALPC_QUICK_MAX ||
	    (message && message->attrs && message->attrs->fd_count)) {
		ret = keep(channel, seq, data, len, message);
		head = QUICK_HEAD(QUICK_FETCH, 0);
	} else if (len) {
		memcpy(channel->page->reply, data, len);
	}
	if (!ret)
		alpc_lib_quick_say(channel, seq, head, next);
	return ret;
}

/* The channel of that number, with a reference, or NULL. */
static struct alpc_lib_channel *channel_find(struct alpc_server *server,
					     uint32_t number)
{
	struct alpc_lib_channel *ch = NULL;
	struct alpc_client *c;

	pthread_mutex_lock(&server->lock);
	for (c = server->clients; c; c = c->next) {
		ch = channel_of(c);
		if (ch && ch->number == number)
			break;
		ch = NULL;
	}
	if (ch && alpc_lib_client_hold(c))
		atomic_fetch_add(&ch->refs, 1);
	else
		ch = NULL;
	pthread_mutex_unlock(&server->lock);
	return ch;
}

static void later_end(struct alpc_lib_channel *ch)
{
	struct alpc_client *client = ch->client;

	alpc_lib_channel_put(ch);
	alpc_lib_client_finish(client);
}

/*
 * Begin to answer a request that was left for later. Return: its channel, with a
 * reference and its client held, until later_end(); or NULL if there is no such
 * request, or it is answered.
 */
static struct alpc_lib_channel *later_begin(struct alpc_server *server,
					    uint64_t id)
{
	struct alpc_lib_channel *ch;
	uint64_t handled = id;

	ch = channel_find(server, (uint32_t)((id & ~QUICK_ID) >> 32));
	if (!ch || atomic_compare_exchange_strong(&ch->handled, &handled, 0))
		return ch;
	later_end(ch);
	return NULL;
}

/**
 * alpc_lib_quick_reply() - answer a quick request that was left for later
 * @server: server
 * @id: the request
 * @data: data; may be NULL if @len is 0
 * @len: its length in bytes
 * @message: that they are of, or NULL
 *
 * Return: 0, -ESRCH (no such request, answered, or the client is gone), -EMSGSIZE,
 * -ENOMEM.
 */
int alpc_lib_quick_reply(struct alpc_server *server, uint64_t id,
			 const void *data, size_t len,
			 const struct alpc_message *message)
{
	struct alpc_lib_channel *ch;
	int ret;

	if (len > ALPC_LIB_LEN_MAX)
		return -EMSGSIZE;
	ch = later_begin(server, id);
	if (!ch)
		return -ESRCH;
	ret = alpc_lib_quick_answer(ch, (uint32_t)id, data, len, message,
				    quick_ask(QUICK_ABSENT, 0, 0));
	/* It still waits for its answer. */
	if (ret)
		atomic_store(&ch->handled, id);
	later_end(ch);
	return ret;
}

/**
 * alpc_lib_quick_cancel() - cancel a quick request that was left for later
 * @server: server
 * @id: the request
 *
 * Return: 0 or -ESRCH, as alpc_lib_quick_reply().
 */
int alpc_lib_quick_cancel(struct alpc_server *server, uint64_t id)
{
	struct alpc_lib_channel *ch = later_begin(server, id);

	if (!ch)
		return -ESRCH;
	alpc_lib_quick_say(ch, (uint32_t)id, QUICK_HEAD(QUICK_CANCELED, 0),
			   quick_ask(QUICK_ABSENT, 0, 0));
	later_end(ch);
	return 0;
}
