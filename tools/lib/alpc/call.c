// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Calls, and what the other side asks inside them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "internal.h"

/* Going on to wait, for no time at all, cancels the call. */
static void call_cancel(struct alpc_port *port, struct alpc_transfer *t,
			struct alpc_message *reply)
{
	t->flags = ALPC_TRANSFER_WAIT;
	t->timeout = 0;
	alpc_lib_transfer_run(port, t, reply);
}

/* Let the program answer a callback, and prepare for going on with the call. */
static int call_answer(struct alpc_transfer *t, struct alpc_message *request,
		       struct alpc_message **answer,
		       const struct alpc_call_options *opt)
{
	struct alpc_message *m = *answer;
	int ret;

	if (!opt->callback)
		return -EPROTO;
	if (!m) {
		ret = alpc_message_new(0, answer);
		if (ret)
			return ret;
		m = *answer;
	}
	alpc_lib_message_clear(m);
	ret = opt->callback(opt->arg, request, m);
	if (ret)
		return ret < 0 ? ret : -EINVAL;
	return alpc_lib_transfer_send(t, ALPC_SEND_REPLY, request->head.id,
				      m->data, m->head.len);
}

/* Does the call go on although an answer to a callback did not get through? */
static bool asker_gave_up(const struct alpc_transfer *t, int error)
{
	return t->flags & ALPC_TRANSFER_SEND &&
	       t->send.flags == ALPC_SEND_REPLY &&
	       (error == -ECANCELED || error == -ESRCH);
}

static int call_run(struct alpc_port *port, struct alpc_transfer *t,
		    struct alpc_message *reply,
		    const struct alpc_call_options *opt)
{
	struct alpc_message *answer = NULL;
	int ret;

	for (;;) {
		ret = alpc_lib_transfer_run(port, t, reply);
		if (asker_gave_up(t, ret)) {
			t->flags &= ~ALPC_TRANSFER_SEND;
			continue;
		}
		if (ret || reply->head.type == ALPC_REPLY)
			break;
		ret = call_answer(t, reply, &answer, opt);
		if (ret)
			break;
	}
	if (ret) {
		/* The kernel has ended it itself unless the trouble is here. */
		if (reply->done & ALPC_DONE_SENT &&
		    !(reply->done & ALPC_DONE_CANCELED) && ret != -EPIPE)
			call_cancel(port, t, reply);
		reply->head = (struct alpc_msg){ 0 };
	}
	alpc_message_free(answer);
	return ret;
}

ALPC_API int alpc_call_with(struct alpc_port *port, const void *data,
			    size_t len, struct alpc_message *reply,
			    int64_t timeout,
			    const struct alpc_call_options *options)
{
	struct alpc_call_options opt;
	struct alpc_transfer t;
	int ret;

	alpc_lib_message_clear(reply);
	ret = alpc_lib_options(&opt, sizeof(opt), options);
	if (ret)
		return ret;
	if (!timeout)
		return -EINVAL;
	ret = alpc_lib_transfer_init(&t, timeout);
	if (!ret)
		ret = alpc_lib_transfer_send(&t, opt.inside ? ALPC_SEND_CALLBACK :
					     ALPC_SEND_REQUEST, opt.inside, data,
					     len);
	if (ret)
		return ret;
	t.flags |= ALPC_TRANSFER_WAIT;
	return call_run(port, &t, reply, &opt);
}

ALPC_API int alpc_call(struct alpc_port *port, const void *data, size_t len,
		       struct alpc_message *reply, int64_t timeout)
{
	return alpc_call_with(port, data, len, reply, timeout, NULL);
}

ALPC_API int alpc_callback(struct alpc_port *port, uint64_t request,
			   const void *data, size_t len,
			   struct alpc_message *reply, int64_t timeout)
{
	const struct alpc_call_options opt = {
		.size = sizeof(opt),
		.inside = request,
	};

	/* No request has the id 0, which means "not inside any" there. */
	if (!request)
		return -ESRCH;
	return alpc_call_with(port, data, len, reply, timeout, &opt);
}
