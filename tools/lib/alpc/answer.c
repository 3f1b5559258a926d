// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The choice of a way for a reply: where the caller wants it, if it said so.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "body.h"

#include <string.h>

/**
 * struct answer - a reply on its way
 * @port: port that it goes through
 * @t: transfer
 * @id: request
 * @data: data
 * @len: bytes
 * @request: message of the request, if it is there, or NULL
 * @origin: what is known of the request
 * @body: takes a block, if one is used
 */
struct answer {
	struct alpc_port *port;
	struct alpc_transfer *t;
	uint64_t id;
	const void *data;
	size_t len;
	struct alpc_message *request;
	struct alpc_lib_origin origin;
	struct alpc_lib_body *body;
};

void alpc_lib_origin_of(const struct alpc_message *message,
			struct alpc_lib_origin *origin)
{
	const struct alpc_msg *head = &message->io.recv;

	*origin = (struct alpc_lib_origin){
		.context = head->context,
		.offset = head->view_offset,
		.len = head->view_len,
		.section = head->section,
		.flags = head->view_flags,
		.room = message->reply_room,
		.in_place = message->data != message->own,
	};
}

static bool is_connection(const struct alpc_port *port)
{
	return atomic_load_explicit(&port->kind, memory_order_relaxed) ==
	       ALPC_KIND_CONNECTION;
}

static void set_view(struct alpc_transfer *t, size_t len, uint64_t offset,
		     uint32_t section, uint32_t flags)
{
	t->send.data = 0;
	t->send.len = 0;
	t->send.view_offset = offset;
	t->send.view_len = len;
	t->send.section = section;
	t->send.view_flags = flags | ALPC_VIEW_BODY;
}

/* The caller's own memory. */
static int answer_direct(const struct answer *a)
{
	uint32_t range = a->origin.section + 1;
	int ret;

	if (!a->len || a->len > a->origin.room)
		return -EMSGSIZE;
	/* Cast: it is read only. */
	ret = alpc_lib_access(a->port->fd, a->id, ALPC_ACCESS_WRITE, range,
			      (void *)(uintptr_t)a->data, a->len);
	if (!ret)
		set_view(a->t, a->len, 0, range, ALPC_VIEW_RANGE);
	return ret;
}

/* The reference is the caller's, in @a->body->space. */
static int find_space(const struct answer *a)
{
	struct alpc_lib_space *space;
	int ret;

	if (is_connection(a->port)) {
		a->body->space = alpc_lib_inbox_space(alpc_lib_port_inbox(a->port),
						      a->origin.context);
		return a->body->space ? 0 : -EMSGSIZE;
	}
	ret = alpc_lib_space_of(a->port, &space);
	if (!ret)
		a->body->space = alpc_lib_space_get(space);
	return ret;
}

static int copy_inside(const struct answer *a, const struct alpc_lib_map *map)
{
	uint64_t offset = a->origin.offset;

	/* As in take_copy(). */
	if (!map->writable || offset > map->len ||
	    a->origin.len > map->len - offset)
		return -EPROTO;
	memmove(map->base + offset, a->data, a->len);
	set_view(a->t, a->len, offset, a->origin.section, 0);
	return 0;
}

/* The room that the request's view offers. */
static int answer_inside(const struct answer *a)
{
	uint64_t id = is_connection(a->port) ? a->id : 0;
	struct alpc_lib_map once, *map;
	int ret;

	if (!(a->origin.flags & ALPC_VIEW_WRITE) || a->len > a->origin.len)
		return -EMSGSIZE;
	if (a->request && a->request->map)
		return copy_inside(a, a->request->map);
	ret = find_space(a);
	if (ret) {
		ret = alpc_lib_map_open(a->port->fd, a->origin.section, id,
					&once);
		if (ret)
			return ret;
		ret = copy_inside(a, &once);
		alpc_lib_map_close(&once);
		return ret;
	}
	ret = alpc_lib_map_get(a->body->space, a->port->fd, a->origin.section,
			       id, &map);
	if (!ret) {
		ret = copy_inside(a, map);
		alpc_lib_map_put(a->body->space, map);
	}
	alpc_lib_space_put(a->body->space);
	return ret;
}

/* A block of this side's own: the caller has room for less. */
static int answer_outside(const struct answer *a)
{
	struct alpc_lib_body *body = a->body;
	int ret;

	ret = find_space(a);
	if (ret)
		return ret;
	ret = alpc_lib_block_get(body->space, a->len, &body->block);
	if (ret) {
		alpc_lib_space_put(body->space);
		return ret;
	}
	memcpy(body->block->data, a->data, a->len);
	set_view(a->t, a->len, alpc_lib_block_offset(body->block),
		 body->block->section->id, ALPC_VIEW_SLOT(body->block->slot));
	return 0;
}

static int answer_view(const struct answer *a)
{
	int ret = answer_inside(a);

	return ret ? answer_outside(a) : 0;
}

static int answer_auto(const struct answer *a, size_t limit)
{
	int ret;

	if (!answer_direct(a) || !answer_inside(a) || a->len <= limit)
		return 0;
	ret = answer_outside(a);
	return ret == -EOPNOTSUPP ? -EMSGSIZE : ret;
}

static int answer_way(const struct answer *a, size_t limit, unsigned int way)
{
	switch (way) {
	case ALPC_WAY_VIEW:
		return answer_view(a);
	case ALPC_WAY_DIRECT:
		return answer_direct(a);
	case ALPC_WAY_INLINE:
		return a->len <= limit ? 0 : -EMSGSIZE;
	default:
		return answer_auto(a, limit);
	}
}

/* Does it wait for its answer at all? Asking for memory that nobody listed tells. */
static int answer_probe(const struct answer *a)
{
	char none;
	int ret = alpc_lib_access(a->port->fd, a->id, 0, ALPC_RANGES_MAX, &none,
				  1);

	return alpc_lib_reply_is_over(ret) ? ret : -EMSGSIZE;
}

/* As it is, it would go inline. */
static int answer_choose(struct answer *a, const struct alpc_lib_origin *origin,
			 size_t limit, unsigned int way)
{
	bool known = true;
	int ret;

	if (origin)
		a->origin = *origin;
	else
		known = alpc_lib_inbox_use(a->port, a->id, &a->origin);
	a->body->used = !origin && known;
	if (a->request)
		alpc_lib_origin_of(a->request, &a->origin);
	else if (!known)
		a->origin = (struct alpc_lib_origin){ 0 };
	ret = answer_way(a, limit, way);
	return ret == -EMSGSIZE && !a->request ? answer_probe(a) : ret;
}

/* Was the reply made where the caller has room for it? Then it stays there. */
static bool answer_is_inside(struct alpc_transfer *t, const void *data,
			     size_t len, const struct alpc_message *request,
			     unsigned int way)
{
	const struct alpc_msg *head = &request->io.recv;
	uint64_t at;

	if (!request->map || !request->map->writable ||
	    !(head->view_flags & ALPC_VIEW_WRITE) ||
	    (way != ALPC_WAY_AUTO && way != ALPC_WAY_VIEW))
		return false;
	at = (uint64_t)((uintptr_t)data - (uintptr_t)request->map->base);
	if (at < head->view_offset || at - head->view_offset > head->view_len ||
	    len > head->view_len - (at - head->view_offset))
		return false;
	set_view(t, len, at, head->section, 0);
	return true;
}

/* Does it go inline, as it is? */
static bool answer_is_brief(size_t len, size_t limit, unsigned int way)
{
	return !len || (way == ALPC_WAY_AUTO && len <= limit &&
			len <= ALPC_LIB_INLINE_MAX);
}

/**
 * alpc_lib_answer() - put the data of a reply where they are to go
 * @port: port that it goes through
 * @t: transfer, which gets a message to send
 * @id: request
 * @data: data
 * @len: bytes
 * @request: message of the request, or another one, or NULL
 * @origin: what is known of the request, or NULL: see @request, or the inbox
 * @body: takes a block of this side's, if one is used; @message and @range_count
 *	are set. After success alpc_lib_answered() must follow.
 *
 * Return: 0, or an error, after which the request still waits for its answer.
 */
int alpc_lib_answer(struct alpc_port *port, struct alpc_transfer *t, uint64_t id,
		    const void *data, size_t len, struct alpc_message *request,
		    const struct alpc_lib_origin *origin,
		    struct alpc_lib_body *body)
{
	unsigned int way;
	size_t limit;
	int ret;

	body->block = NULL;
	body->used = false;
	if (len > ALPC_LIB_LEN_MAX)
		return -EMSGSIZE;
	ret = alpc_lib_port_limit(port, &limit);
	if (ret)
		return ret;
	t->flags |= ALPC_TRANSFER_SEND;
	t->send.id = id;
	t->send.flags = ALPC_SEND_REPLY;
	t->send.data = (uintptr_t)data;
	t->send.len = (__u32)len;
	way = atomic_load_explicit(&port->way, memory_order_relaxed);
	/* Ids are those of a port, sections those of a connection. */
	if (request && (request->io.recv.id != id || request->from != port))
		request = NULL;
	else if (request)
		alpc_lib_message_forget(request);
	if (!answer_is_brief(len, limit, way) &&
	    !(request && answer_is_inside(t, data, len, request, way))) {
		struct answer a = {
			.port = port, .t = t, .id = id, .data = data,
			.len = len, .body = body, .request = request,
		};

		ret = answer_choose(&a, origin, limit, way);
	}
	/*
	 * The caller may give it back, and ask for more, before this thread has
	 * come back from the system call.
	 */
	if (!ret && body->block) {
		body->block->sent++;
		alpc_lib_block_put(body->space, body->block);
	}
	if (!ret)
		alpc_lib_attrs_send(body, t);
	else
		alpc_lib_unanswered(port, id, body);
	return ret;
}

/* The request still waits for its answer, unless it was cancelled. */
void alpc_lib_unanswered(struct alpc_port *port, uint64_t id,
			 struct alpc_lib_body *body)
{
	if (body->used && alpc_lib_inbox_unuse(port, id))
		alpc_lib_release_id(port, id);
	body->used = false;
}

/* The transfer is over. */
void alpc_lib_answered(struct alpc_lib_body *body, bool sent)
{
	if (sent)
		alpc_lib_attrs_sent(body);
	if (!body->block)
		return;
	if (!sent)
		alpc_lib_block_unsend(body->space, body->block);
	alpc_lib_space_put(body->space);
	body->block = NULL;
}
