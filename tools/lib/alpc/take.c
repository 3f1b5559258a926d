// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Taking in what was received: the data, from wherever they are, and giving back
 * what the other side lent.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "body.h"
#include "place.h"

#include <string.h>

/* What the message says inline about data that are not. */
static int take_prefix(const struct alpc_message *m,
		       struct alpc_lib_prefix *prefix)
{
	const struct alpc_msg *head = &m->io.recv;

	*prefix = (struct alpc_lib_prefix){ .len = head->view_len };
	if (!head->len)
		return 0;
	if (head->len != sizeof(prefix->len) && head->len != sizeof(*prefix))
		return -EPROTO;
	memcpy(prefix, m->own, head->len);
	return prefix->len <= head->view_len ? 0 : -EPROTO;
}

static int take_room(struct alpc_message *m, uint64_t len)
{
	m->data = m->own;
	return alpc_lib_message_grow(m, (size_t)len);
}

/* Copy the data of a message out of a section. Return: 0, -EMSGSIZE or -ENOMEM. */
int alpc_lib_take_bytes(struct alpc_message *message, const void *data,
			uint64_t len)
{
	int ret = take_room(message, len);

	if (!ret)
		memcpy(message->own, data, (size_t)len);
	return ret;
}

static int take_copy(struct alpc_message *m, const struct alpc_lib_map *map,
		     uint64_t len)
{
	const struct alpc_msg *head = &m->io.recv;

	/* The kernel has checked it; this is what a mistake would hurt. */
	if (head->view_offset > map->len ||
	    head->view_len > map->len - head->view_offset)
		return -EPROTO;
	if (m->in_place) {
		m->data = map->base + head->view_offset;
		return 0;
	}
	return alpc_lib_take_bytes(m, map->base + head->view_offset, len);
}

/* Map it for this message alone: nobody knows whose it is. */
static __attribute_noinline__ int
take_once(struct alpc_port *port, struct alpc_message *m, uint64_t len)
{
	struct alpc_lib_map map;
	bool in_place = m->in_place;
	int ret;

	ret = alpc_lib_map_open(port->fd, m->io.recv.section, m->io.recv.id, &map);
	if (ret)
		return ret;
	m->in_place = false;
	ret = take_copy(m, &map, len);
	m->in_place = in_place;
	alpc_lib_map_close(&map);
	return ret;
}

static int take_view(struct alpc_port *port, struct alpc_message *m, uint64_t len)
{
	uint64_t id = 0;
	int ret;

	/* It knows sections by the messages that bring them. */
	if (atomic_load_explicit(&port->kind, memory_order_relaxed) ==
	    ALPC_KIND_CONNECTION)
		id = m->io.recv.id;
	if (!m->space)
		return take_once(port, m, len);
	ret = alpc_lib_map_get(m->space, port->fd, m->io.recv.section, id, &m->map);
	if (ret)
		return ret;
	return take_copy(m, m->map, len);
}

static __attribute_noinline__ int
take_range(struct alpc_port *port, struct alpc_message *m, uint64_t len)
{
	/* In a reply: the other side has written it here. */
	if (m->io.recv.type == ALPC_REPLY) {
		if (!m->exposed || len > m->exposed_room)
			return -EPROTO;
		alpc_lib_message_conceal(m, true);
		return 0;
	}
	return take_room(m, len) ?:
	       alpc_lib_access(port->fd, m->io.recv.id, 0, m->io.recv.section,
			       m->own, (size_t)len);
}

static int take_body(struct alpc_port *port, struct alpc_message *m)
{
	bool range = m->io.recv.view_flags & ALPC_VIEW_RANGE;
	struct alpc_lib_prefix prefix;
	int ret;

	m->way = range ? ALPC_WAY_DIRECT : ALPC_WAY_VIEW;
	ret = take_prefix(m, &prefix);
	if (ret)
		return ret;
	m->reply_room = range ? prefix.room : 0;
	/* Who sends it decides how long it is. */
	if (prefix.len > m->max)
		return -EMSGSIZE;
	ret = range ? take_range(port, m, prefix.len) :
		      take_view(port, m, prefix.len);
	if (!ret)
		m->len = (size_t)prefix.len;
	return ret;
}

/* What it has of the other side's from now on belongs to this process. */
static int take_bind(struct alpc_message *m)
{
	uint32_t number;
	int ret;

	/* The page of numbers is there if it has had one. */
	if (m->process && alpc_lib_process_is(m->process))
		return 0;
	ret = alpc_lib_process_number(&number);
	if (ret)
		return ret;
	alpc_lib_message_forget(m);
	m->process = number;
	return 0;
}

/* Find out whose section it is, and through what it is given back. */
static void take_space(struct alpc_port *port, struct alpc_message *m,
		       struct alpc_lib_space *space)
{
	struct alpc_lib_inbox *inbox = alpc_lib_port_inbox(port);

	if (atomic_load_explicit(&port->kind, memory_order_relaxed) !=
	    ALPC_KIND_CONNECTION) {
		if (!alpc_lib_space_of(port, &space))
			m->space = alpc_lib_space_get(space);
		return;
	}
	if (m->io.recv.flags & (ALPC_MSG_HELD | ALPC_MSG_FDS) &&
	    !alpc_lib_inbox_of(port, &inbox))
		m->inbox = alpc_lib_inbox_get(inbox);
	if (!m->io.recv.view_len)
		return;
	m->space = space ? alpc_lib_space_get(space) :
			   alpc_lib_inbox_space(inbox, m->io.recv.context);
}

/**
 * alpc_lib_take() - take in what was received
 * @port: port that it was received from
 * @message: message, of which @io.recv is filled in, and @own with what came inline
 * @space: of the client, if that is known, or NULL
 *
 * Return: 0; else the message has no data: -EMSGSIZE (too long), -EPROTO (makes
 * no sense), -ENOMEM, and errors of %ALPC_IOC_OPEN_SECTION and %ALPC_IOC_ACCESS.
 */
int alpc_lib_take(struct alpc_port *port, struct alpc_message *message,
		  struct alpc_lib_space *space)
{
	const struct alpc_msg *head = &message->io.recv;
	int ret;

	message->from = port;
	message->data = message->own;
	message->way = ALPC_WAY_INLINE;
	message->len = head->len;
	if (message->attrs)
		alpc_lib_attrs_got(message);
	if (!(head->view_len | (head->flags & (ALPC_MSG_HELD | ALPC_MSG_FDS))))
		return 0;
	ret = take_bind(message);
	if (ret)
		goto none;
	take_space(port, message, space);
	/* Without memory for either, closing the port gives it back. */
	message->owes = head->flags & ALPC_MSG_HELD &&
			(message->space || message->inbox);
	if (!(head->view_flags & ALPC_VIEW_BODY))
		return 0;
	ret = take_body(port, message);
	if (!ret)
		return 0;
none:
	message->data = message->own;
	message->len = 0;
	return ret;
}

/*
 * A reply was taken in. What was copied is given back now: there is no place for
 * that in the next call.
 */
void alpc_lib_take_done(struct alpc_message *reply)
{
	if (reply->owes && !reply->map && !alpc_message_fd_count(reply))
		alpc_lib_release(reply);
}

/* Can what it owes go with a message to this port? */
bool alpc_lib_owes_to(const struct alpc_message *message,
		      const struct alpc_port *port)
{
	if (!message->owes)
		return false;
	if (message->inbox)
		return message->inbox == alpc_lib_port_inbox(port);
	return message->space && message->space == alpc_lib_port_space(port);
}

/* Give back what it owes to the other side, with a system call of its own. */
int alpc_lib_release(struct alpc_message *message)
{
	struct alpc_transfer t = {
		.size = sizeof(t),
		.flags = ALPC_TRANSFER_SEND,
		.send.id = message->io.recv.id,
		.send.flags = ALPC_SEND_RELEASE,
	};

	message->owes = false;
	if (message->inbox)
		return alpc_lib_inbox_ioctl(message->inbox, ALPC_IOC_TRANSFER,
					    &t);
	return alpc_lib_space_ioctl(message->space, ALPC_IOC_TRANSFER, &t);
}

/* It has no more use of what the other side lent. */
void alpc_lib_let_go(struct alpc_message *message)
{
	alpc_lib_message_forget(message);
	if (message->owes)
		alpc_lib_release(message);
	if (message->map)
		alpc_lib_map_put(message->space, message->map);
	message->map = NULL;
	alpc_lib_space_put(message->space);
	message->space = NULL;
	if (message->inbox)
		alpc_lib_inbox_put(message->inbox);
	message->inbox = NULL;
}
