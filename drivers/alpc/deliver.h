/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handing a message to a receiver, and taking it back.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_DELIVER_H
#define ALPC_DELIVER_H

#include <uapi/linux/alpc.h>

#include "message.h"
#include "port.h"
#include "wait.h"

/**
 * enum alpc_undo - where a message goes that its receiver could not use
 * @ALPC_UNDO_RECEIVED: to its place in the queue
 * @ALPC_UNDO_CALL: it stays with the call that the receiver was waiting in
 * @ALPC_UNDO_REPLY: to the head of the queue, as the reply to an asynchronous
 *	request that the receiver was waiting for
 */
enum alpc_undo {
	ALPC_UNDO_RECEIVED,
	ALPC_UNDO_CALL,
	ALPC_UNDO_REPLY,
};

void alpc_deliver(struct alpc_queue *own, struct alpc_message *m,
		  struct alpc_delivery *d);
void alpc_deliver_queued(struct alpc_queue *q, struct alpc_message *m,
			 struct alpc_delivery *d);
void alpc_describe_plain(struct alpc_message *m, struct alpc_conn *conn,
			 struct alpc_delivery *d);
void alpc_deliver_reply(struct alpc_message *m, struct alpc_delivery *d);
void alpc_deliver_done(struct alpc_delivery *d);
void alpc_deliver_undo(struct alpc_end *end, struct alpc_delivery *d,
		       enum alpc_undo how);
void alpc_message_forget(struct alpc_message *m);
void alpc_message_unnote(struct alpc_message *m);

/*
 * It answers a request, or tells that its receiver has cancelled it, and so belongs
 * to the side that made the request.
 */
static inline bool alpc_type_is_reply(u8 type)
{
	return type == ALPC_REPLY || type == ALPC_CONNECTION_REPLY ||
	       type == ALPC_CANCELED || type == ALPC_CONNECTION_REFUSED;
}

/* A datagram that brings nothing but its data: nobody hears of it again. */
static inline bool alpc_message_is_plain(const struct alpc_message *m)
{
	return m->type == ALPC_DATAGRAM && !m->brings;
}

/**
 * alpc_deliver_plain() - hand a plain message to a receiver of its queue
 * @q: queue
 * @m: plain message, no longer in it
 *
 * As alpc_deliver_queued(), without a copy of what the message says, which nobody
 * changes any more. It is the receiver's from now on, who gets a reference to the
 * connection if that can go away meanwhile.
 */
static inline void alpc_deliver_plain(struct alpc_queue *q,
				      struct alpc_message *m)
{
	struct alpc_conn *conn = m->from->conn;

	if (q == &conn->port->queue)
		conn->received++;
	m->state = ALPC_MSG_DONE;
	hlist_del_init(&m->sent);
}

/* Bytes that the receiver needs room for; the notice that m became has none. */
static inline u32 alpc_delivery_len(const struct alpc_message *m)
{
	return m->state == ALPC_MSG_CANCELED ? 0 : m->len;
}

#endif /* ALPC_DELIVER_H */
