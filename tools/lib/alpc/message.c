// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages: their memory, and what is known about them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "body.h"
#include "place.h"

#include <stdlib.h>
#include <string.h>

/* What the kernel says in place of data fits into any message. */
#define ROOM_MIN	64

ALPC_API int alpc_message_new(size_t room, struct alpc_message **message)
{
	struct alpc_message *m;
	int ret;

	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->limit = ALPC_LIB_LEN_MAX;
	m->max = ALPC_LIB_RECEIVE_MAX;
	ret = alpc_lib_message_grow(m, room ? room : ALPC_DATA_DEFAULT);
	if (ret) {
		free(m);
		return ret;
	}
	m->data = m->own;
	*message = m;
	return 0;
}

ALPC_API void alpc_message_free(struct alpc_message *message)
{
	if (!message)
		return;
	alpc_lib_let_go(message);
	alpc_lib_place_free(message);
	alpc_lib_attrs_free(message);
	free(message->own);
	free(message);
}

/* Make room for @len bytes in its own memory, and keep those that are there. */
int alpc_lib_message_grow(struct alpc_message *message, size_t len)
{
	bool used = message->data == message->own;
	void *own;

	if (len <= message->room)
		return 0;
	if (len > ALPC_LIB_LEN_MAX)
		return -EMSGSIZE;
	if (len < ROOM_MIN)
		len = ROOM_MIN;
	own = realloc(message->own, len);
	if (!own)
		return -ENOMEM;
	message->own = own;
	message->room = len;
	if (used)
		message->data = own;
	return 0;
}

/*
 * Give back what goes beyond @room and is not used: the room also says how much
 * a call sets aside.
 */
void alpc_lib_message_trim(struct alpc_message *message, size_t room)
{
	bool used = message->data == message->own;
	void *own;

	if (used && room < message->len)
		room = message->len;
	if (room < ROOM_MIN)
		room = ROOM_MIN;
	own = realloc(message->own, room);
	if (!own)
		return;
	message->own = own;
	message->room = room;
	if (used)
		message->data = own;
}

/* What it has of a section, or owes for one, is that of another process. */
void alpc_lib_message_abandon(struct alpc_message *m)
{
	if (m->data != m->own) {
		m->data = m->own;
		m->len = 0;
	}
	m->owes = false;
	m->map = NULL;
	m->block = NULL;
	m->place = NULL;
	m->place_room = 0;
	m->given = NULL;
}

/* Nothing was received: no program shall take an old message for a new one. */
void alpc_lib_message_clear(struct alpc_message *message)
{
	alpc_lib_message_ready(message);
	memset(&message->io.recv, 0, sizeof(message->io.recv));
}

/**
 * alpc_lib_message_expose() - let the other side write to a message's memory
 * @message: message. It gets other memory of its own, so that nothing that is
 *	received meanwhile lands in what the other side reads or writes.
 * @room: bytes of the other memory
 *
 * Return: 0 or -ENOMEM. alpc_lib_message_conceal() must follow.
 */
int alpc_lib_message_expose(struct alpc_message *message, size_t room)
{
	void *own = malloc(room);

	if (!own)
		return -ENOMEM;
	message->exposed = message->own;
	message->exposed_room = message->room;
	message->own = own;
	message->room = room;
	message->data = own;
	return 0;
}

/*
 * The message gets back what was exposed, in which the data are, if @use, or are
 * put, if they fit.
 */
void alpc_lib_message_conceal(struct alpc_message *message, bool use)
{
	void *exposed = message->exposed;

	message->exposed = NULL;
	if (!exposed)
		return;
	if (!use && message->data == message->own) {
		if (message->len > message->exposed_room) {
			free(exposed);
			return;
		}
		memcpy(exposed, message->own, message->len);
	}
	if (use || message->data == message->own)
		message->data = exposed;
	free(message->own);
	message->own = exposed;
	message->room = message->exposed_room;
}

/* Its data go to other memory, or might: make room, and move them. */
static __attribute_noinline__ int
message_move(struct alpc_message *message, size_t len, void **data)
{
	void *to;
	int ret;

	if (message->home)
		ret = alpc_lib_place_grow(message, len);
	else if (message->place && len <= message->place_room)
		ret = 0;
	else
		ret = alpc_lib_message_grow(message, len);
	if (ret)
		return ret;
	to = message->place && len <= message->place_room ? message->place :
							     message->own;
	if (to != message->data)
		memmove(to, message->data,
			len < message->len ? len : message->len);
	message->data = to;
	message->len = len;
	*data = to;
	return 0;
}

ALPC_API int alpc_message_resize(struct alpc_message *message, size_t len,
				 void **data)
{
	if (len > message->limit)
		return -EMSGSIZE;
	alpc_lib_message_forget(message);
	/* Most often they lie where they are to lie. */
	if (!message->place || message->data != message->place ||
	    len > message->place_room)
		return message_move(message, len, data);
	message->len = len;
	*data = message->data;
	return 0;
}

/* Make room; what it had before need not be moved. */
static __attribute_noinline__ int
message_empty(struct alpc_message *message, size_t len, void **data)
{
	size_t before = message->len;
	int ret;

	message->len = 0;
	ret = alpc_message_resize(message, len, data);
	if (ret)
		message->len = before;
	return ret;
}

ALPC_API int alpc_message_fill(struct alpc_message *message, size_t len,
			       void **data)
{
	alpc_lib_message_forget(message);
	/* Written once and not looked at again: it need not be copied there. */
	if (!message->given || len > message->given_room ||
	    len <= message->given_from)
		return message_empty(message, len, data);
	message->data = message->given;
	message->len = len;
	*data = message->given;
	return 0;
}

ALPC_API int alpc_message_set(struct alpc_message *message, const void *data,
			      size_t len)
{
	void *to;
	int ret;

	ret = alpc_message_fill(message, len, &to);
	if (!ret && len && to != data)
		memmove(to, data, len);
	return ret;
}

ALPC_API unsigned int alpc_message_type(const struct alpc_message *message)
{
	return message->io.recv.type;
}

ALPC_API const void *alpc_message_data(const struct alpc_message *message)
{
	return message->data;
}

ALPC_API size_t alpc_message_len(const struct alpc_message *message)
{
	return message->len;
}

ALPC_API uint64_t alpc_message_id(const struct alpc_message *message)
{
	return message->io.recv.id;
}

ALPC_API uint64_t alpc_message_context(const struct alpc_message *message)
{
	return message->io.recv.context;
}

ALPC_API uint64_t alpc_message_cookie(const struct alpc_message *message)
{
	return message->io.recv.cookie;
}

ALPC_API uint64_t alpc_message_seq(const struct alpc_message *message)
{
	return message->io.recv.seq;
}

ALPC_API pid_t alpc_message_pid(const struct alpc_message *message)
{
	return message->io.recv.pid;
}

ALPC_API pid_t alpc_message_tid(const struct alpc_message *message)
{
	return message->io.recv.tid;
}

ALPC_API uid_t alpc_message_uid(const struct alpc_message *message)
{
	return message->io.recv.uid;
}

ALPC_API gid_t alpc_message_gid(const struct alpc_message *message)
{
	return message->io.recv.gid;
}

ALPC_API bool alpc_message_is_callback(const struct alpc_message *message)
{
	return message->io.recv.flags & ALPC_MSG_CALLBACK;
}

ALPC_API unsigned int alpc_message_done(const struct alpc_message *message)
{
	return message->done;
}

ALPC_API enum alpc_way alpc_message_way(const struct alpc_message *message)
{
	return message->way;
}

ALPC_API void alpc_message_set_limit(struct alpc_message *message, size_t limit)
{
	message->max = limit ? limit : ALPC_LIB_RECEIVE_MAX;
}
