// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages through ports, one step each: send, receive, reply, and reply with
 * receive.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "internal.h"

#include <string.h>

/* Start a transfer: nothing to do yet, and the time that it may take. */
int alpc_lib_transfer_init(struct alpc_transfer *t, int64_t timeout)
{
	struct alpc_lib_time time;
	int ret;

	memset(t, 0, sizeof(*t));
	t->size = sizeof(*t);
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

/* Add a message to send. */
int alpc_lib_transfer_send(struct alpc_transfer *t, uint16_t flags, uint64_t id,
			   const void *data, size_t len)
{
	if (len > ALPC_DATA_MAX)
		return -EMSGSIZE;
	t->flags |= ALPC_TRANSFER_SEND;
	t->send.id = id;
	t->send.flags = flags;
	t->send.data = (uintptr_t)data;
	t->send.len = (__u32)len;
	return 0;
}

/**
 * alpc_lib_transfer_run() - do a transfer that receives
 * @port: port
 * @t: what to do. When it has sent something it will not send it again, and
 *	when that was a call @t->recv.call names it, to go on with.
 * @message: takes what is received, and grows until it fits
 *
 * The system call is repeated for one reason only: a message is there and did
 * not fit. Then nothing was received, and what was sent is taken out.
 *
 * Return: 0 or a negative errno value; @message->done gets what was done.
 */
int alpc_lib_transfer_run(const struct alpc_port *port, struct alpc_transfer *t,
			  struct alpc_message *message)
{
	__u64 call = t->recv.call;
	int ret;

	for (;;) {
		t->recv = (struct alpc_msg){
			.call = call,
			.data = (uintptr_t)message->data,
			.len = (__u32)message->room,
		};
		t->out_id = 0;
		t->out_done = 0;
		ret = alpc_lib_ioctl(port->fd, ALPC_IOC_TRANSFER, t);
		message->done |= t->out_done;
		if (t->out_done & ALPC_DONE_SENT) {
			t->flags &= ~ALPC_TRANSFER_SEND;
			if (t->flags & ALPC_TRANSFER_WAIT && t->out_id)
				call = t->out_id;
		}
		if (ret != -EMSGSIZE || t->flags & ALPC_TRANSFER_SEND ||
		    t->recv.len <= message->room)
			break;
		ret = alpc_lib_message_grow(message, t->recv.len);
		if (ret)
			break;
	}
	if (!ret)
		message->head = t->recv;
	t->recv.call = call;
	return ret;
}

ALPC_API int alpc_send(struct alpc_port *port, const void *data, size_t len,
		       int64_t timeout)
{
	struct alpc_transfer t;
	int ret;

	ret = alpc_lib_transfer_init(&t, timeout);
	if (!ret)
		ret = alpc_lib_transfer_send(&t, 0, 0, data, len);
	if (!ret)
		ret = alpc_lib_ioctl(port->fd, ALPC_IOC_TRANSFER, &t);
	return ret;
}

ALPC_API int alpc_send_request(struct alpc_port *port, const void *data,
			       size_t len, size_t room, uint64_t cookie,
			       int64_t timeout, uint64_t *id)
{
	struct alpc_transfer t;
	int ret;

	if (room > ALPC_DATA_MAX)
		return -EMSGSIZE;
	ret = alpc_lib_transfer_init(&t, timeout);
	if (!ret)
		ret = alpc_lib_transfer_send(&t, ALPC_SEND_REQUEST, 0, data, len);
	if (ret)
		return ret;
	t.send.cookie = cookie;
	t.recv.len = (__u32)room;
	ret = alpc_lib_ioctl(port->fd, ALPC_IOC_TRANSFER, &t);
	if (!ret && id)
		*id = t.out_id;
	return ret;
}

ALPC_API int alpc_receive(struct alpc_port *port, struct alpc_message *message,
			  int64_t timeout)
{
	struct alpc_transfer t;
	int ret;

	alpc_lib_message_clear(message);
	ret = alpc_lib_transfer_init(&t, timeout);
	if (ret)
		return ret;
	t.flags |= ALPC_TRANSFER_RECEIVE;
	return alpc_lib_transfer_run(port, &t, message);
}

ALPC_API int alpc_reply(struct alpc_port *port, uint64_t id, const void *data,
			size_t len)
{
	struct alpc_transfer t;
	int ret;

	ret = alpc_lib_transfer_init(&t, ALPC_INFINITE);
	if (!ret)
		ret = alpc_lib_transfer_send(&t, ALPC_SEND_REPLY, id, data, len);
	if (!ret)
		ret = alpc_lib_ioctl(port->fd, ALPC_IOC_TRANSFER, &t);
	return ret;
}

ALPC_API int alpc_reply_and_receive(struct alpc_port *port, uint64_t id,
				    const void *data, size_t len,
				    struct alpc_message *message,
				    int64_t timeout)
{
	struct alpc_transfer t;
	int ret;

	alpc_lib_message_clear(message);
	ret = alpc_lib_transfer_init(&t, timeout);
	if (!ret)
		ret = alpc_lib_transfer_send(&t, ALPC_SEND_REPLY, id, data, len);
	if (ret)
		return ret;
	t.flags |= ALPC_TRANSFER_RECEIVE;
	return alpc_lib_transfer_run(port, &t, message);
}
