// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages: their memory, and what is known about them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

ALPC_API int alpc_message_new(size_t room, struct alpc_message **message)
{
	struct alpc_message *m;
	int ret;

	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->limit = ALPC_DATA_MAX;
	ret = alpc_lib_message_grow(m, room ? room : ALPC_DATA_DEFAULT);
	if (ret) {
		free(m);
		return ret;
	}
	*message = m;
	return 0;
}

ALPC_API void alpc_message_free(struct alpc_message *message)
{
	if (!message)
		return;
	free(message->data);
	free(message);
}

/* Make room for @len bytes and keep those that are there. */
int alpc_lib_message_grow(struct alpc_message *message, size_t len)
{
	void *data;

	if (len <= message->room)
		return 0;
	if (len > ALPC_DATA_MAX)
		return -EMSGSIZE;
	data = realloc(message->data, len);
	if (!data)
		return -ENOMEM;
	message->data = data;
	message->room = len;
	return 0;
}

/*
 * Give back what goes beyond @room and is not used: the room also says how much
 * a call sets aside.
 */
void alpc_lib_message_trim(struct alpc_message *message, size_t room)
{
	void *data;

	if (room < message->head.len)
		room = message->head.len;
	data = realloc(message->data, room);
	if (data) {
		message->data = data;
		message->room = room;
	}
}

/* Nothing was received: no program shall take an old message for a new one. */
void alpc_lib_message_clear(struct alpc_message *message)
{
	memset(&message->head, 0, sizeof(message->head));
	message->done = 0;
}

ALPC_API int alpc_message_resize(struct alpc_message *message, size_t len,
				 void **data)
{
	int ret;

	if (len > message->limit)
		return -EMSGSIZE;
	ret = alpc_lib_message_grow(message, len);
	if (ret)
		return ret;
	message->head.len = (__u32)len;
	*data = message->data;
	return 0;
}

ALPC_API int alpc_message_set(struct alpc_message *message, const void *data,
			      size_t len)
{
	void *to;
	int ret;

	ret = alpc_message_resize(message, len, &to);
	if (!ret && len)
		memmove(to, data, len);
	return ret;
}

ALPC_API unsigned int alpc_message_type(const struct alpc_message *message)
{
	return message->head.type;
}

ALPC_API const void *alpc_message_data(const struct alpc_message *message)
{
	return message->data;
}

ALPC_API size_t alpc_message_len(const struct alpc_message *message)
{
	return message->head.len;
}

ALPC_API uint64_t alpc_message_id(const struct alpc_message *message)
{
	return message->head.id;
}

ALPC_API uint64_t alpc_message_context(const struct alpc_message *message)
{
	return message->head.context;
}

ALPC_API uint64_t alpc_message_cookie(const struct alpc_message *message)
{
	return message->head.cookie;
}

ALPC_API uint64_t alpc_message_seq(const struct alpc_message *message)
{
	return message->head.seq;
}

ALPC_API pid_t alpc_message_pid(const struct alpc_message *message)
{
	return message->head.pid;
}

ALPC_API pid_t alpc_message_tid(const struct alpc_message *message)
{
	return message->head.tid;
}

ALPC_API uid_t alpc_message_uid(const struct alpc_message *message)
{
	return message->head.uid;
}

ALPC_API gid_t alpc_message_gid(const struct alpc_message *message)
{
	return message->head.gid;
}

ALPC_API bool alpc_message_is_callback(const struct alpc_message *message)
{
	return message->head.flags & ALPC_MSG_CALLBACK;
}

ALPC_API unsigned int alpc_message_done(const struct alpc_message *message)
{
	return message->done;
}
