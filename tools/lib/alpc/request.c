// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Requests without waiting: sending, one certain reply, cancelling.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "place.h"

/* Send @body, with what the options say. */
static int request_send(struct alpc_port *port, struct alpc_lib_body *body,
			int64_t timeout,
			const struct alpc_request_options *opt, uint64_t *id)
{
	struct alpc_transfer t;
	int ret;

	body->security = opt->security;
	body->reserve = opt->reserve;
	body->beside = opt->security;
	ret = alpc_lib_send_init(&t, timeout);
	if (ret)
		return ret;
	t.send.cookie = opt->cookie;
	t.recv.len = opt->room < ALPC_DATA_MAX ? (__u32)opt->room :
						 ALPC_DATA_MAX;
	ret = alpc_lib_send_body(port, body, &t, ALPC_SEND_REQUEST);
	if (!ret && id)
		*id = t.out_id;
	return ret;
}

ALPC_API int alpc_send_request(struct alpc_port *port, const void *data,
			       size_t len, size_t room, uint64_t cookie,
			       int64_t timeout, uint64_t *id)
{
	const struct alpc_request_options opt = {
		.room = room,
		.cookie = cookie,
	};
	struct alpc_lib_body body;

	alpc_lib_body_init(&body, data, len);
	return request_send(port, &body, timeout, &opt, id);
}

ALPC_API int
alpc_send_request_with(struct alpc_port *port, const void *data, size_t len,
		       int64_t timeout,
		       const struct alpc_request_options *options, uint64_t *id)
{
	struct alpc_request_options opt;
	struct alpc_lib_body body;
	int ret;

	ret = alpc_lib_options(&opt, sizeof(opt), options);
	if (ret)
		return ret;
	alpc_lib_body_init(&body, data, len);
	return request_send(port, &body, timeout, &opt, id);
}

ALPC_API int
alpc_send_request_message(struct alpc_port *port, struct alpc_message *message,
			  int64_t timeout,
			  const struct alpc_request_options *options,
			  uint64_t *id)
{
	struct alpc_request_options opt;
	struct alpc_lib_body body;
	int ret;

	ret = alpc_lib_options(&opt, sizeof(opt), options);
	if (ret)
		return ret;
	alpc_lib_message_forget(message);
	if (message->home && message->home != alpc_lib_port_space(port))
		return -EXDEV;
	alpc_lib_body_init(&body, message->data, message->len);
	body.message = message;
	body.borrowed = !opt.reserve && alpc_lib_place_is_filled(message);
	ret = request_send(port, &body, timeout, &opt, id);
	if (!ret && body.borrowed)
		alpc_lib_place_drop(message);
	return ret;
}

ALPC_API int alpc_receive_reply(struct alpc_port *port, uint64_t id,
				struct alpc_message *message, int64_t timeout)
{
	struct alpc_transfer *t = &message->io;
	int ret;

	alpc_lib_message_clear(message);
	message->call = id;
	ret = alpc_lib_transfer_init(t, timeout);
	if (ret)
		return ret;
	t->flags |= ALPC_TRANSFER_WAIT;
	ret = alpc_lib_transfer_run(port, message);
	if (ret)
		return ret == -ETIMEDOUT && !timeout ? -EAGAIN : ret;
	ret = alpc_lib_take(port, message, NULL);
	alpc_lib_take_done(message);
	return ret;
}

/* Return: &enum alpc_cancel_state or a negative errno value. */
static int cancel(const struct alpc_port *port, uint32_t flags, uint64_t id,
		  uint64_t cookie)
{
	struct alpc_cancel arg = {
		.size = sizeof(arg),
		.flags = flags,
		.id = id,
		.cookie = cookie,
	};
	int ret = alpc_lib_ioctl(port->fd, ALPC_IOC_CANCEL, &arg);

	return ret ? ret : (int)arg.out_state;
}

ALPC_API int alpc_cancel_request(struct alpc_port *port, uint64_t id)
{
	return cancel(port, 0, id, 0);
}

ALPC_API int alpc_cancel_cookie(struct alpc_port *port, uint64_t cookie)
{
	return cancel(port, ALPC_CANCEL_COOKIE, 0, cookie);
}

ALPC_API int alpc_cancel_received(struct alpc_port *port, uint64_t id)
{
	int ret = alpc_lib_inbox_cancel(port, id);

	if (ret)
		return ret;
	ret = cancel(port, ALPC_CANCEL_RECEIVED, id, 0);
	if (ret >= 0 || ret == -ECANCELED)
		alpc_lib_inbox_answered(port, id);
	else
		alpc_lib_inbox_uncancel(port, id);
	return ret < 0 ? ret : 0;
}
