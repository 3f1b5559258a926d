/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quick calls, the server's side.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_LIB_QUICK_SERVER_H
#define ALPC_LIB_QUICK_SERVER_H

#include "quick.h"
#include "server.h"
#include "space.h"

/* In the ids of quick requests; the kernel does not get as far. */
#define QUICK_ID		(UINT64_C(1) << 63)

/**
 * struct alpc_lib_channel - page of a client
 * @refs: its client, the thread that looks, who replies; atomic
 * @client: whose; there as long as it has the channel, or a thread looks; immutable
 * @number: never that of another one of this server; immutable
 * @map: mapping of the page; immutable
 * @page: the page; immutable
 * @section: its id; immutable
 * @head: the request to open it, which says who the client is; immutable
 * @looked: a thread looks, or is about to; atomic
 * @luck: whether looking was worth while; hints of that thread
 * @looking: what that thread has written to &alpc_lib_quick_page.ask
 * @until: how long it looks, CLOCK_MONOTONIC ns; 0 before it has looked at the clock
 * @handled: id of the request that is not answered, or 0; atomic, and who sets it
 *	to 0 answers
 * @kept: a reply that is to be fetched, or NULL; protected by the server's lock
 * @kept_seq: number of its request; likewise
 */
struct alpc_lib_channel {
	atomic_uint refs;
	struct alpc_client *client;
	uint32_t number;
	struct alpc_lib_map map;
	struct alpc_lib_quick_page *page;
	uint32_t section;
	struct alpc_msg head;
	atomic_bool looked;
	struct alpc_lib_quick_luck luck;
	uint64_t looking;
	int64_t until;
	atomic_uint_least64_t handled;
	struct alpc_message *kept;
	uint32_t kept_seq;
};

/* quick_server.c: channels, and what clients ask about them */
bool alpc_lib_quick_is_hello(const struct alpc_message *message);
bool alpc_lib_quick_hello(struct alpc_lib_worker *worker,
			  struct alpc_client *client);
bool alpc_lib_channel_is_over(const struct alpc_lib_channel *channel);
struct alpc_lib_channel *alpc_lib_channel_get(struct alpc_client *client);
void alpc_lib_channel_put(struct alpc_lib_channel *channel);
void alpc_lib_quick_forget(struct alpc_client *client);

int alpc_lib_quick_answer(struct alpc_lib_channel *channel, uint32_t seq,
			  const void *data, size_t len,
			  const struct alpc_message *message, uint64_t next);
void alpc_lib_quick_say(struct alpc_lib_channel *channel, uint32_t seq,
			uint32_t head, uint64_t next);
int alpc_lib_quick_reply(struct alpc_server *server, uint64_t id,
			 const void *data, size_t len,
			 const struct alpc_message *message);
int alpc_lib_quick_cancel(struct alpc_server *server, uint64_t id);

/* quick_look.c: looking at a page */
void alpc_lib_quick_follow(struct alpc_lib_worker *worker,
			   struct alpc_client *client);
void alpc_lib_quick_begin(struct alpc_lib_worker *worker);
void alpc_lib_quick_pause(struct alpc_lib_worker *worker);
bool alpc_lib_quick_look(struct alpc_lib_worker *worker);
void alpc_lib_quick_leave(struct alpc_lib_worker *worker);

#endif /* ALPC_LIB_QUICK_SERVER_H */
