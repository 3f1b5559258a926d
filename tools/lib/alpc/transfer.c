// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages through ports, one step each: send, receive, reply, and reply with
 * receive.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "place.h"

#include <string.h>

/* Say how long it may take, if that is not for ever. */
int alpc_lib_transfer_limit(struct alpc_transfer *t, int64_t timeout)
{
	struct alpc_lib_time time;
	int ret;

	ret = alpc_lib_time_parse(timeout, &time);
	if (ret)
		return ret;
	t->timeout = time.ns;
	if (time.absolute)
		t->flags |= ALPC_TRANSFER_ABSTIME;
	if (time.dontwait)
		t->flags |= ALPC_TRANSFER_DONTWAIT;
	return 0;
}

/**
 * alpc_lib_transfer_again() - after a transfer that has failed
 * @port: port
 * @message: message
 * @error: why
 *
 * There is one reason to repeat it: a message is there and did not fit. Then
 * nothing was received, and what was sent is taken out.
 *
 * Return: as alpc_lib_transfer_run().
 */
int alpc_lib_transfer_again(const struct alpc_port *port,
			    struct alpc_message *message, int error)
{
	struct alpc_transfer *t = &message->io;

	while (error == -EMSGSIZE && !(t->flags & ALPC_TRANSFER_SEND) &&
	       t->recv.len > message->room) {
		error = alpc_lib_message_grow(message, t->recv.len);
		if (error)
			break;
		error = alpc_lib_transfer_once(port, message);
		if (!error)
			return 0;
	}
	t->recv = (struct alpc_msg){ 0 };
	return error;
}

/* Start a transfer that does not receive. */
int alpc_lib_send_init(struct alpc_transfer *t, int64_t timeout)
{
	t->recv.len = 0;
	t->recv.call = 0;
	t->out_id = 0;
	t->out_done = 0;
	return alpc_lib_transfer_init(t, timeout);
}

/* Do it with a new message. */
int alpc_lib_send_body(struct alpc_port *port, struct alpc_lib_body *body,
		       struct alpc_transfer *t, uint16_t flags)
{
	int ret;

	ret = alpc_lib_body_send_any(body, port, t, flags, 0);
	if (ret)
		return ret;
	ret = alpc_lib_ioctl(port->fd, ALPC_IOC_TRANSFER, t);
	alpc_lib_body_sent(body, !ret);
	alpc_lib_body_end(body, false);
	return ret;
}

ALPC_API int alpc_send(struct alpc_port *port, const void *data, size_t len,
		       int64_t timeout)
{
	struct alpc_lib_body body;
	struct alpc_transfer t;
	int ret;

	alpc_lib_body_init(&body, data, len);
	ret = alpc_lib_send_init(&t, timeout);
	return ret ? ret : alpc_lib_send_body(port, &body, &t, 0);
}

ALPC_API int alpc_send_message(struct alpc_port *port,
			       struct alpc_message *message, int64_t timeout)
{
	struct alpc_lib_body body;
	struct alpc_transfer t;
	int ret;

	alpc_lib_message_forget(message);
	if (message->home && message->home != alpc_lib_port_space(port))
		return -EXDEV;
	alpc_lib_body_init(&body, message->data, message->len);
	body.message = message;
	body.borrowed = alpc_lib_place_is_filled(message);
	ret = alpc_lib_send_init(&t, timeout);
	if (ret)
		return ret;
	ret = alpc_lib_send_body(port, &body, &t, 0);
	if (!ret && body.borrowed)
		alpc_lib_place_drop(message);
	return ret;
}

/* Give back what came with a message. If it was already that is all right. */
void alpc_lib_release_id(struct alpc_port *port, uint64_t id)
{
	struct alpc_transfer t = {
		.size = sizeof(t),
		.flags = ALPC_TRANSFER_SEND,
		.send.id = id,
		.send.flags = ALPC_SEND_RELEASE,
	};

	alpc_lib_ioctl(port->fd, ALPC_IOC_TRANSFER, &t);
}

/* What the receiving port is to know about what has come. */
static void receive_note(struct alpc_port *port, struct alpc_message *m)
{
	unsigned int kind = atomic_load_explicit(&port->kind,
						 memory_order_relaxed);
	struct alpc_lib_origin origin;

	switch (m->io.recv.type) {
	case ALPC_REQUEST:
		/* A communication port has one client, and no need of that. */
		if (kind != ALPC_KIND_CONNECTION && !m->io.recv.view_len)
			break;
		alpc_lib_origin_of(m, &origin);
		if (!alpc_lib_inbox_note(port, m->io.recv.id, &origin) &&
		    !origin.in_place)
			alpc_lib_release_id(port, m->io.recv.id);
		break;
	case ALPC_CANCELED:
		if (!(m->io.recv.flags & ALPC_MSG_RETURNED) &&
		    !alpc_lib_inbox_canceled(port, m->io.recv.id))
			m->owes = false;
		break;
	case ALPC_PORT_CLOSED:
		alpc_lib_inbox_gone(port, m->io.recv.context);
		break;
	}
}

/**
 * alpc_lib_receive_take() - take in what was received, and note what it is
 * @port: port
 * @message: message, whose @io.recv is filled in
 *
 * Return: as alpc_lib_take().
 */
int alpc_lib_receive_take(struct alpc_port *port, struct alpc_message *message)
{
	int ret = alpc_lib_take(port, message, NULL);

	receive_note(port, message);
	return ret;
}

/* Receive, after what else the transfer of @message is to do. */
static int receive(struct alpc_port *port, struct alpc_message *message)
{
	int ret;

	message->io.flags |= ALPC_TRANSFER_RECEIVE;
	ret = alpc_lib_transfer_run(port, message);
	return ret ? ret : alpc_lib_receive_take(port, message);
}

/**
 * alpc_lib_give_back() - give back what a message owes with the next transfer
 * @port: port that it is for
 * @message: message, which is made ready, and whose transfer is to receive and
 *	does not send anything yet
 */
void alpc_lib_give_back(struct alpc_port *port, struct alpc_message *message)
{
	struct alpc_transfer *t = &message->io;

	alpc_lib_message_forget(message);
	if (alpc_lib_owes_to(message, port)) {
		t->flags |= ALPC_TRANSFER_SEND;
		t->send.flags = ALPC_SEND_RELEASE;
		t->send.id = message->io.recv.id;
		message->owes = false;
	}
	alpc_lib_message_ready(message);
}

ALPC_API int alpc_receive(struct alpc_port *port, struct alpc_message *message,
			  int64_t timeout)
{
	int ret;

	message->call = 0;
	ret = alpc_lib_transfer_init(&message->io, timeout);
	if (ret) {
		alpc_lib_message_clear(message);
		return ret;
	}
	alpc_lib_give_back(port, message);
	ret = receive(port, message);
	if (ret && message->io.flags & ALPC_TRANSFER_SEND) {
		/* There is nothing to give back any more. */
		message->io.flags &= ~ALPC_TRANSFER_SEND;
		ret = receive(port, message);
	}
	message->done &= ~ALPC_DONE_SENT;
	return ret;
}

/* Nobody can answer a request any more, or need. */
bool alpc_lib_reply_is_over(int error)
{
	return !error || error == -ECANCELED || error == -ESRCH ||
	       error == -EPIPE;
}

/* What the port's inbox knows of a request to which a reply was sent. */
void alpc_lib_reply_settle(struct alpc_port *port, uint64_t id,
			   struct alpc_lib_body *body, int error)
{
	if (alpc_lib_reply_is_over(error))
		alpc_lib_inbox_answered(port, id);
	else
		alpc_lib_unanswered(port, id, body);
}

/**
 * alpc_lib_reply() - answer a request
 * @port: as in alpc_reply()
 * @id: likewise
 * @data: likewise
 * @len: likewise
 * @origin: what is known of the request, or NULL: what the port's inbox knows
 * @message: message that the data are of, or NULL
 *
 * Return: as alpc_reply().
 */
int alpc_lib_reply(struct alpc_port *port, uint64_t id, const void *data,
		   size_t len, const struct alpc_lib_origin *origin,
		   struct alpc_message *message)
{
	struct alpc_lib_body body;
	struct alpc_transfer t;
	int ret;

	alpc_lib_body_init(&body, NULL, 0);
	body.message = message;
	ret = alpc_lib_send_init(&t, ALPC_INFINITE);
	if (!ret)
		ret = alpc_lib_answer(port, &t, id, data, len, NULL, origin,
				      &body);
	if (ret)
		return ret;
	ret = alpc_lib_ioctl(port->fd, ALPC_IOC_TRANSFER, &t);
	alpc_lib_answered(&body, !ret);
	alpc_lib_reply_settle(port, id, &body, ret);
	return ret;
}

ALPC_API int alpc_reply(struct alpc_port *port, uint64_t id, const void *data,
			size_t len)
{
	return alpc_lib_reply(port, id, data, len, NULL, NULL);
}

ALPC_API int alpc_reply_message(struct alpc_port *port, uint64_t id,
				struct alpc_message *message)
{
	if (message->home)
		return -EXDEV;
	return alpc_lib_reply(port, id, message->data, message->len, NULL,
			      message);
}

ALPC_API int alpc_reply_and_receive(struct alpc_port *port, uint64_t id,
				    const void *data, size_t len,
				    struct alpc_message *message,
				    int64_t timeout)
{
	struct alpc_transfer *t = &message->io;
	struct alpc_lib_body body;
	int ret;

	alpc_lib_body_init(&body, NULL, 0);
	message->call = 0;
	ret = alpc_lib_transfer_init(&message->io, timeout);
	if (!ret)
		ret = alpc_lib_answer(port, t, id, data, len, message, NULL,
				      &body);
	if (ret) {
		message->done = 0;
		return ret;
	}
	/*
	 * Whoever waits for the next message, perhaps for ever, keeps nothing
	 * that belongs to this reply.
	 */
	if (body.block || (t->send.len && message->map)) {
		ret = alpc_lib_ioctl(port->fd, ALPC_IOC_TRANSFER, t);
		alpc_lib_answered(&body, !ret);
		alpc_lib_message_clear(message);
		alpc_lib_reply_settle(port, id, &body, ret);
		if (ret)
			return ret;
		message->done = ALPC_DONE_SENT;
		t->flags &= ~ALPC_TRANSFER_SEND;
		return receive(port, message);
	}
	alpc_lib_message_ready(message);
	ret = receive(port, message);
	alpc_lib_reply_settle(port, id, &body,
			      t->flags & ALPC_TRANSFER_SEND ? ret : 0);
	return ret;
}
