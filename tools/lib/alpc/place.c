// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages whose data lie in a section: those made there, and those left there.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "place.h"

#include <stdlib.h>
#include <string.h>

static bool in_block(const struct alpc_lib_block *b, const void *data)
{
	return (uintptr_t)data - (uintptr_t)b->data < b->size;
}

static void place_set(struct alpc_message *m, struct alpc_lib_block *b)
{
	m->block = b;
	m->place = b ? b->data : NULL;
	m->place_room = b ? b->size : 0;
	m->process = m->home->process;
}

/**
 * alpc_lib_place_grow() - make room in the section
 * @message: message made in place
 * @len: bytes
 *
 * Return: 0 or an error of alpc_lib_block_get().
 */
int alpc_lib_place_grow(struct alpc_message *message, size_t len)
{
	struct alpc_lib_block *old, *b;
	int ret;

	alpc_lib_message_forget(message);
	if (message->block && len <= message->place_room)
		return 0;
	if (!len)
		len = 1;
	/* A view that is protected begins and ends with a page. */
	if (message->secure)
		len = alpc_lib_page_round(len);
	ret = alpc_lib_block_get(message->home, len, &b);
	if (ret)
		return ret;
	old = message->block;
	/* A reply may begin anywhere in it. */
	if (old && in_block(old, message->data)) {
		memcpy(b->data, message->data, message->len);
		message->data = b->data;
	}
	if (old)
		alpc_lib_block_put(message->home, old);
	place_set(message, b);
	return 0;
}

/* Its block goes: it may still be read, and then is not handed out again. */
void alpc_lib_place_drop(struct alpc_message *message)
{
	alpc_lib_message_forget(message);
	if (!message->block)
		return;
	if (in_block(message->block, message->data)) {
		message->data = message->own;
		message->len = 0;
	}
	alpc_lib_block_put(message->home, message->block);
	place_set(message, NULL);
}

void alpc_lib_place_free(struct alpc_message *message)
{
	if (!message->home)
		return;
	alpc_lib_place_drop(message);
	alpc_lib_space_put(message->home);
}

/**
 * alpc_lib_place_adopt() - a message gets the block in which its data are
 * @message: message made in place, whose data are in the block of @body
 * @body: what was sent, and keeps no block
 *
 * If that is the block of another message, this gets the one that @message had.
 */
void alpc_lib_place_adopt(struct alpc_message *message,
			  struct alpc_lib_body *body)
{
	struct alpc_message *from = body->borrowed ? body->message : NULL;
	struct alpc_lib_block *old = message->block;
	struct alpc_lib_block *b = body->block;

	if (from == message)
		return;
	place_set(message, b);
	if (from) {
		place_set(from, old);
		from->data = from->own;
		from->len = 0;
	} else if (old) {
		alpc_lib_block_put(message->home, old);
	}
	body->block = NULL;
}

ALPC_API int alpc_message_new_in(struct alpc_port *port, size_t room,
				 unsigned int flags,
				 struct alpc_message **message)
{
	struct alpc_lib_space *space;
	struct alpc_message *m;
	int ret;

	if (flags & ~ALPC_MESSAGE_SECURE)
		return -EINVAL;
	ret = alpc_lib_space_of(port, &space);
	if (!ret)
		ret = alpc_message_new(0, &m);
	if (ret)
		return ret;
	m->secure = flags & ALPC_MESSAGE_SECURE;
	m->home = alpc_lib_space_get(space);
	ret = alpc_lib_place_grow(m, room);
	if (ret) {
		alpc_message_free(m);
		return ret;
	}
	*message = m;
	return 0;
}

ALPC_API void alpc_message_set_in_place(struct alpc_message *message,
					bool in_place)
{
	message->in_place = in_place;
}

ALPC_API bool alpc_message_is_in_place(const struct alpc_message *message)
{
	return message->data != message->own;
}

ALPC_API bool alpc_message_is_secure(const struct alpc_message *message)
{
	return message->data == message->own ||
	       message->io.recv.view_flags & ALPC_VIEW_SECURE;
}

ALPC_API int alpc_message_release(struct alpc_message *message)
{
	int ret;

	alpc_lib_message_forget(message);
	ret = message->owes ? alpc_lib_release(message) : 0;
	if (message->attrs)
		message->attrs->in.fd_count = 0;
	if (alpc_lib_is_lent(message, message->data)) {
		message->data = message->own;
		message->len = 0;
	}
	alpc_lib_let_go(message);
	return ret;
}
