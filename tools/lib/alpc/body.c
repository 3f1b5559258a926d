// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The choice of a way for a new message.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "body.h"

#include <string.h>

/**
 * struct choice - what the ways are chosen from
 * @limit: inline limit of the port
 * @brief: what is best sent inline, and at most @limit
 * @room: that is offered for the reply, in bytes; 0 if it fits inline
 * @way: the way that the program wants
 */
struct choice {
	size_t limit;
	size_t brief;
	size_t room;
	unsigned int way;
};

static int send_inline(const struct alpc_lib_body *b, struct alpc_transfer *t)
{
	t->send.data = (uintptr_t)b->data;
	t->send.len = (__u32)b->len;
	return 0;
}

static void set_view(struct alpc_lib_body *b, struct alpc_transfer *t,
		     size_t len, uint32_t flags)
{
	alpc_lib_set_view(&t->send, b->block, len, flags, b->len, &b->prefix);
}

/*
 * A block for the data and for the reply, or, if there is none, for the data
 * alone.
 */
static int get_block(struct alpc_lib_body *b, struct alpc_port *port,
		     size_t *room)
{
	int ret;

	ret = alpc_lib_space_of(port, &b->space);
	if (ret)
		return ret;
	ret = alpc_lib_block_get(b->space, b->len > *room ? b->len : *room,
				 &b->block);
	if (ret && *room && b->len) {
		*room = 0;
		ret = alpc_lib_block_get(b->space, b->len, &b->block);
	}
	return ret;
}

static int send_view(struct alpc_lib_body *b, struct alpc_port *port,
		     struct alpc_transfer *t, size_t room)
{
	uint32_t flags = ALPC_VIEW_BODY;
	int ret;

	ret = get_block(b, port, &room);
	if (ret)
		return ret;
	memcpy(b->block->data, b->data, b->len);
	if (room)
		flags |= ALPC_VIEW_WRITE;
	set_view(b, t, b->len > room ? b->len : room, flags);
	return 0;
}

/* The data go inline; a view offers room for the reply, if that can be had. */
static int send_inline_with_room(struct alpc_lib_body *b, struct alpc_port *port,
				 struct alpc_transfer *t, size_t room)
{
	if (!alpc_lib_space_of(port, &b->space) &&
	    !alpc_lib_block_get(b->space, room, &b->block))
		set_view(b, t, room, ALPC_VIEW_WRITE);
	return send_inline(b, t);
}

/* What is offered for the reply: as much as there is room for on this side. */
static size_t reply_room(const struct alpc_message *reply)
{
	return reply->home && reply->place_room > reply->room ?
	       reply->place_room : reply->room;
}

/* What the program has put into a block goes from there. */
static void send_block(struct alpc_lib_body *b, struct alpc_transfer *t)
{
	uint32_t flags = ALPC_VIEW_BODY;
	size_t len = b->len;

	b->space = b->message->home;
	b->block = b->message->block;
	if (b->reply) {
		/* All of it if the reply can stay there, else what it has room for. */
		size_t room = b->reply->home == b->space ? b->block->size :
							   reply_room(b->reply);

		flags |= ALPC_VIEW_WRITE;
		if (room > b->block->size)
			room = b->block->size;
		if (len < room)
			len = room;
	}
	if (b->message->secure) {
		flags |= ALPC_VIEW_SECURE;
		len = alpc_lib_page_round(len);
	}
	set_view(b, t, len, flags);
}

static void list_range(struct alpc_lib_call_body *call, void *data, size_t len,
		       uint32_t rights)
{
	call->body.beside = true;
	call->list[call->body.range_count++] = (struct alpc_range){
		.address = (uintptr_t)data,
		.len = len,
		.rights = rights,
	};
}

/* The other side reads the data where they are, and may write the reply. */
static int send_direct(struct alpc_lib_body *b, struct alpc_transfer *t,
		       const struct choice *c)
{
	/* Its first member. */
	struct alpc_lib_call_body *call = (struct alpc_lib_call_body *)b;
	struct alpc_message *reply = b->reply;
	unsigned int n = b->range_count;
	size_t room = c->room;
	int ret;

	if (!reply)
		return -EOPNOTSUPP;
	if (n + 2 > ALPC_RANGES_MAX)
		return -EMSGSIZE;
	/* The data may lie there too, and are read after this. */
	if (room) {
		ret = alpc_lib_message_expose(reply, c->limit);
		if (ret)
			return ret;
	}
	if (n)
		memcpy(call->list, b->ranges, n * sizeof(call->list[0]));
	b->ranges = call->list;
	b->direct = true;
	/* Cast: it is read only. */
	list_range(call, (void *)(uintptr_t)b->data, b->len, ALPC_RANGE_READ);
	if (room) {
		list_range(call, reply->exposed, room, ALPC_RANGE_WRITE);
		b->prefix = (struct alpc_lib_prefix){ b->len, room };
		t->send.data = (uintptr_t)&b->prefix;
		t->send.len = sizeof(b->prefix);
	}
	t->send.section = n;
	t->send.view_len = b->len;
	t->send.view_flags = ALPC_VIEW_RANGE | ALPC_VIEW_BODY;
	return 0;
}

static int send_auto(struct alpc_lib_body *b, struct alpc_port *port,
		     struct alpc_transfer *t, const struct choice *c)
{
	int ret;

	if (b->len <= c->brief)
		return c->room ? send_inline_with_room(b, port, t, c->room) :
				 send_inline(b, t);
	ret = send_view(b, port, t, c->room);
	if (!ret)
		return 0;
	if (b->len <= c->limit)
		return send_inline(b, t);
	if (b->reply)
		return send_direct(b, t, c);
	return ret;
}

static int send_forced(struct alpc_lib_body *b, struct alpc_port *port,
		       struct alpc_transfer *t, const struct choice *c)
{
	if (c->way == ALPC_WAY_VIEW && b->len)
		return send_view(b, port, t, c->room);
	if (c->way == ALPC_WAY_DIRECT && b->len)
		return send_direct(b, t, c);
	return b->len <= c->limit ? send_inline(b, t) : -EMSGSIZE;
}

/* The data are not where they can be sent from, or may go inline. */
static int choose(struct alpc_lib_body *b, struct alpc_port *port,
		  struct alpc_transfer *t)
{
	struct choice c;
	int ret;

	if (b->len > ALPC_LIB_LEN_MAX)
		return -EMSGSIZE;
	ret = alpc_lib_port_limit(port, &c.limit);
	if (ret)
		return ret;
	c.brief = c.limit < ALPC_LIB_INLINE_MAX ? c.limit : ALPC_LIB_INLINE_MAX;
	c.way = atomic_load_explicit(&port->way, memory_order_relaxed);
	c.room = b->reply ? reply_room(b->reply) : 0;
	/* A reply that is forced another way needs room, however short it is. */
	if (c.way == ALPC_WAY_AUTO && c.room <= c.brief)
		c.room = 0;
	if (c.way != ALPC_WAY_AUTO)
		return send_forced(b, port, t, &c);
	ret = send_auto(b, port, t, &c);
	/* The port has none, or is a server's for all its clients. */
	return ret == -EOPNOTSUPP ? -EMSGSIZE : ret;
}

/**
 * alpc_lib_body_send() - put the data of a new message where they are to go
 * @body: the data
 * @port: port that it goes through
 * @t: transfer, which gets a message to send
 * @flags: ALPC_SEND_* bits
 * @id: request that it belongs to, or 0
 *
 * Return: 0, and then alpc_lib_body_end() must follow; -EMSGSIZE (no way can
 * carry it); errors as of alpc_port_set_way().
 */
int alpc_lib_body_send(struct alpc_lib_body *body, struct alpc_port *port,
		       struct alpc_transfer *t, uint16_t flags, uint64_t id)
{
	int ret = 0;

	body->block = NULL;
	body->direct = false;
	t->flags |= ALPC_TRANSFER_SEND;
	t->send.id = id;
	t->send.flags = flags;
	if (body->borrowed)
		send_block(body, t);
	else
		ret = choose(body, port, t);
	if (!ret)
		alpc_lib_attrs_send(body, t);
	return ret;
}

/**
 * alpc_lib_body_send_reserved() - the same for a message that has a reserve
 * @body: the data, which go inline: the reserve has memory for nothing else
 * @port: likewise
 * @t: likewise
 * @flags: likewise
 * @id: likewise
 *
 * Return: as alpc_lib_body_send(); -EMSGSIZE (too long).
 */
int alpc_lib_body_send_reserved(struct alpc_lib_body *body,
				struct alpc_port *port, struct alpc_transfer *t,
				uint16_t flags, uint64_t id)
{
	size_t limit;
	int ret;

	body->block = NULL;
	body->direct = false;
	ret = alpc_lib_port_limit(port, &limit);
	if (ret)
		return ret;
	if (body->len > limit)
		return -EMSGSIZE;
	t->flags |= ALPC_TRANSFER_SEND;
	t->send.id = id;
	t->send.flags = flags;
	t->send.reserve = body->reserve;
	alpc_lib_attrs_send(body, t);
	return send_inline(body, t);
}
