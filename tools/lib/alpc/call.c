// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Calls, and what the other side asks inside them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "place.h"

/**
 * struct call - a call under way
 * @port: port
 * @reply: takes what comes; @reply->io is what is to be done next
 * @opt: options
 * @answer: for the program's answers to callbacks, or NULL
 * @answered: the last of these, while it is under way
 */
struct call {
	struct alpc_port *port;
	struct alpc_message *reply;
	const struct alpc_call_options *opt;
	struct alpc_message *answer;
	struct alpc_lib_body answered;
};

/*
 * Going on to wait, for no time at all, cancels the call. If the reply is there
 * and there is no memory for it, it stays until the connection ends.
 */
static void call_cancel(struct call *c)
{
	c->reply->io.flags = ALPC_TRANSFER_WAIT;
	c->reply->io.timeout = 0;
	if (alpc_lib_transfer_run(c->port, c->reply) ||
	    !(c->reply->io.recv.flags & ALPC_MSG_HELD))
		return;
	/* The reply has come after all. */
	alpc_lib_release_id(c->port, c->reply->io.recv.id);
}

/* Let the program answer a callback, and prepare for going on with the call. */
static int call_answer(struct call *c)
{
	struct alpc_message *request = c->reply;
	int ret;

	if (!c->opt->callback)
		return -EPROTO;
	ret = alpc_lib_take(c->port, request, NULL);
	if (!ret && !c->answer)
		ret = alpc_message_new(0, &c->answer);
	if (ret)
		return ret;
	alpc_lib_message_clear(c->answer);
	ret = c->opt->callback(c->opt->arg, request, c->answer);
	if (ret)
		return ret < 0 ? ret : -EINVAL;
	alpc_lib_send_clear(&c->reply->io.send);
	alpc_lib_body_init(&c->answered, NULL, 0);
	c->answered.message = c->answer;
	ret = alpc_lib_answer(c->port, &request->io, request->io.recv.id,
			      c->answer->data, c->answer->len, request, NULL,
			      &c->answered);
	alpc_lib_let_go(request);
	return ret;
}

/* Does the call go on although an answer to a callback did not get through? */
static bool asker_gave_up(const struct alpc_transfer *t, int error)
{
	return t->flags & ALPC_TRANSFER_SEND &&
	       t->send.flags == ALPC_SEND_REPLY &&
	       (error == -ECANCELED || error == -ESRCH);
}

/* What has come first, or @ret, is not the reply: until it is there. */
static int call_wait(struct call *c, int ret)
{
	for (;;) {
		if (c->answer)
			alpc_lib_answered(&c->answered,
					  !(c->reply->io.flags & ALPC_TRANSFER_SEND));
		if (!ret && c->reply->io.recv.type != ALPC_REPLY)
			ret = call_answer(c);
		else if (!asker_gave_up(&c->reply->io, ret))
			return ret;
		if (asker_gave_up(&c->reply->io, ret))
			c->reply->io.flags &= ~ALPC_TRANSFER_SEND;
		else if (ret)
			return ret;
		ret = alpc_lib_transfer_run(c->port, c->reply);
	}
}

/* The call goes on, or ends without a reply. */
static int call_go_on(struct call *c, int ret)
{
	struct alpc_message *reply = c->reply;

	ret = call_wait(c, ret);
	if (ret) {
		/* The kernel has ended it itself unless the trouble is here. */
		if (reply->done & ALPC_DONE_SENT &&
		    !(reply->done & ALPC_DONE_CANCELED))
			call_cancel(c);
		reply->io.recv = (struct alpc_msg){ 0 };
		reply->data = reply->own;
		reply->len = 0;
	}
	if (c->answer)
		alpc_message_free(c->answer);
	return ret;
}

/* The request was sent, and what came first, or @ret: until the reply is there. */
static __always_inline int call_replied(struct alpc_port *port,
					struct alpc_message *reply,
					const struct alpc_call_options *opt,
					int ret)
{
	struct call c;

	if (!ret && reply->io.recv.type == ALPC_REPLY)
		return 0;
	/* Not all of it: it is large. */
	c.port = port;
	c.reply = reply;
	c.opt = opt;
	c.answer = NULL;
	return call_go_on(&c, ret);
}

/*
 * It lies in the block that was sent. Return: 0, -EPROTO, -EMSGSIZE or -ENOMEM,
 * and then it has no data.
 */
static __always_inline int call_take_inside(struct alpc_message *reply,
					    struct alpc_lib_body *body)
{
	const struct alpc_msg *head = &reply->io.recv;
	const struct alpc_lib_block *b = body->block;
	uint64_t offset = head->view_offset - alpc_lib_block_offset(b);
	int ret = 0;

	alpc_lib_message_forget(reply);
	reply->way = ALPC_WAY_VIEW;
	reply->len = 0;
	if (reply->attrs)
		alpc_lib_attrs_got(reply);
	if (offset > b->size || head->view_len > b->size - offset || head->len)
		return -EPROTO;
	if (head->view_len > reply->max)
		return -EMSGSIZE;
	if (reply->home == body->space)
		reply->data = b->data + offset;
	else
		ret = alpc_lib_take_bytes(reply, b->data + offset,
					  head->view_len);
	if (!ret)
		reply->len = (size_t)head->view_len;
	return ret;
}

/* The reply lies in the block that was sent, in the caller's memory, or beyond. */
static __always_inline int call_take(struct alpc_port *port,
				     struct alpc_message *reply,
				     struct alpc_lib_body *body)
{
	const struct alpc_msg *head = &reply->io.recv;
	int ret;

	if (body->block && head->section == body->block->section->id &&
	    head->view_flags & ALPC_VIEW_BODY &&
	    !(head->view_flags & ALPC_VIEW_RANGE)) {
		ret = call_take_inside(reply, body);
		if (!ret && reply->data != reply->own)
			alpc_lib_place_adopt(reply, body);
		return ret;
	}
	ret = alpc_lib_take(port, reply, NULL);
	alpc_lib_take_done(reply);
	return ret;
}

/* The first transfer of a call has ended with @ret: take the reply. */
static __always_inline int call_end(struct alpc_port *port,
				    struct alpc_lib_body *body,
				    struct alpc_message *reply,
				    const struct alpc_call_options *opt, int ret)
{
	ret = call_replied(port, reply, opt, ret);
	alpc_lib_body_sent(body, reply->done & ALPC_DONE_SENT);
	if (!ret)
		ret = call_take(port, reply, body);
	alpc_lib_body_end(body, !ret);
	return ret;
}

/* Send what was prepared, and take its reply. */
static __always_inline int call_body(struct alpc_port *port,
				     struct alpc_lib_body *body,
				     struct alpc_message *reply,
				     const struct alpc_call_options *opt)
{
	reply->io.flags |= ALPC_TRANSFER_WAIT;
	return call_end(port, body, reply, opt,
			alpc_lib_transfer_run(port, reply));
}

/* What a program says that does not say anything. */
static const struct alpc_call_options no_options;

/* Copy the options, and check them. */
static int call_options(struct alpc_call_options *copy,
			const struct alpc_call_options *options)
{
	int ret = alpc_lib_options(copy, sizeof(*copy), options);

	if (!ret && (copy->range_count > ALPC_RANGES_MAX ||
		     (copy->range_count && !copy->ranges) || copy->reserved))
		ret = -EINVAL;
	return ret;
}

/* Start, with what the options say. */
static __always_inline int call_start(struct alpc_port *port,
				      struct alpc_lib_body *body,
				      struct alpc_message *reply,
				      int64_t timeout,
				      const struct alpc_call_options *opt)
{
	struct alpc_transfer *t = &reply->io;
	int ret = -EINVAL;

	body->reply = reply;
	if (opt != &no_options) {
		body->ranges = opt->ranges;
		body->range_count = opt->range_count;
		body->security = opt->security;
		body->reserve = opt->reserve;
		body->beside = opt->range_count | opt->security;
	}
	/* What is given back now cannot be sent. */
	if (timeout && !alpc_lib_is_lent(reply, body->data))
		ret = 0;
	alpc_lib_message_ready(reply);
	reply->call = 0;
	if (!ret)
		ret = alpc_lib_transfer_init(t, timeout);
	if (!ret)
		ret = alpc_lib_body_send_any(body, port, t, opt->inside ?
					     ALPC_SEND_CALLBACK :
					     ALPC_SEND_REQUEST, opt->inside);
	if (!ret)
		return call_body(port, body, reply, opt);
	t->recv = (struct alpc_msg){ 0 };
	return ret;
}

ALPC_API int alpc_call_with(struct alpc_port *port, const void *data,
			    size_t len, struct alpc_message *reply,
			    int64_t timeout,
			    const struct alpc_call_options *options)
{
	struct alpc_call_options copy;
	struct alpc_lib_call_body call;
	int ret;

	ret = options ? call_options(&copy, options) : 0;
	if (ret) {
		alpc_lib_message_clear(reply);
		return ret;
	}
	alpc_lib_body_init(&call.body, data, len);
	return call_start(port, &call.body, reply, timeout,
			  options ? &copy : &no_options);
}

ALPC_API int alpc_call(struct alpc_port *port, const void *data, size_t len,
		       struct alpc_message *reply, int64_t timeout)
{
	struct alpc_lib_call_body call;

	alpc_lib_body_init(&call.body, data, len);
	return call_start(port, &call.body, reply, timeout, &no_options);
}

/* What the request has, now that the call has failed. */
static void call_settle(struct alpc_message *request,
			const struct alpc_lib_body *body,
			const struct alpc_message *reply)
{
	if (reply->done & ALPC_DONE_SENT) {
		/* The other side may go on reading it. */
		if (body->borrowed)
			alpc_lib_place_drop(request);
	} else if (request == reply) {
		/* Cast: it is the message's own, or nearly. */
		request->data = (void *)(uintptr_t)body->data;
		request->len = body->len;
	}
}

/* What came first to a call in place, or @ret, is not a reply that lies there. */
static __attribute_noinline__ int
call_in_place_end(struct alpc_port *port, struct alpc_message *message,
		  size_t len, int ret)
{
	struct alpc_lib_body body;

	alpc_lib_body_init(&body, message->place, len);
	body.message = message;
	body.reply = message;
	body.borrowed = true;
	body.space = message->home;
	body.block = message->block;
	body.direct = false;
	ret = call_end(port, &body, message, &no_options, ret);
	if (ret)
		call_settle(message, &body, message);
	return ret;
}

/* Is this the reply, in the block in which the request was? */
static bool reply_is_in(const struct alpc_message *m,
			const struct alpc_lib_block *b)
{
	const struct alpc_msg *head = &m->io.recv;
	uint64_t offset = head->view_offset - alpc_lib_block_offset(b);

	return head->type == ALPC_REPLY && !head->len &&
	       head->section == b->section->id &&
	       head->view_flags == ALPC_VIEW_BODY && offset <= b->size &&
	       head->view_len <= b->size - offset && head->view_len <= m->max;
}

/* Does the message lie in a block of this port's, and does nothing go with it? */
static bool call_is_in_place(const struct alpc_port *port,
			     const struct alpc_message *m)
{
	return alpc_lib_place_is_filled(m) &&
	       m->home == alpc_lib_port_space(port) && !m->attrs && !m->secure;
}

/*
 * A message in place is to become its own reply: its block goes there and back, and
 * there is nothing else to decide.
 */
static int call_in_place(struct alpc_port *port, struct alpc_message *message,
			 int64_t timeout)
{
	struct alpc_lib_block *b = message->block;
	struct alpc_transfer *t = &message->io;
	struct alpc_lib_prefix prefix;
	size_t len = message->len;
	int ret;

	alpc_lib_message_ready(message);
	message->call = 0;
	ret = alpc_lib_transfer_init(t, timeout);
	if (ret)
		return call_in_place_end(port, message, len, ret);
	t->flags |= ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT;
	t->send.flags = ALPC_SEND_REQUEST;
	alpc_lib_set_view(&t->send, b, b->size, ALPC_VIEW_BODY | ALPC_VIEW_WRITE,
			  len, &prefix);
	ret = alpc_lib_transfer_run(port, message);
	if (ret || !reply_is_in(message, b))
		return call_in_place_end(port, message, len, ret);
	b->sent++;
	message->way = ALPC_WAY_VIEW;
	message->data = b->section->base + t->recv.view_offset;
	message->len = (size_t)t->recv.view_len;
	return 0;
}

static int call_check(const struct alpc_port *port,
		      const struct alpc_message *request,
		      const struct alpc_message *reply)
{
	const struct alpc_lib_space *space = alpc_lib_port_space(port);

	if ((request->home && request->home != space) ||
	    (reply->home && reply->home != space))
		return -EXDEV;
	/* It would be given back before it is sent. */
	if (request == reply && alpc_lib_is_lent(request, request->data))
		return -EINVAL;
	return 0;
}

static __attribute_noinline__ int
call_message(struct alpc_port *port, struct alpc_message *request,
	     struct alpc_message *reply, int64_t timeout,
	     const struct alpc_call_options *options)
{
	struct alpc_call_options copy;
	struct alpc_lib_call_body call;
	int ret;

	ret = call_check(port, request, reply);
	if (ret) {
		/* It may be @request, which stays as it is. */
		if (request != reply)
			alpc_lib_message_clear(reply);
		reply->done = 0;
		return ret;
	}
	alpc_lib_body_init(&call.body, request->data, request->len);
	call.body.message = request;
	call.body.borrowed = alpc_lib_place_is_filled(request);
	ret = options ? call_options(&copy, options) : 0;
	if (ret)
		alpc_lib_message_clear(reply);
	else
		ret = call_start(port, &call.body, reply, timeout,
				 options ? &copy : &no_options);
	if (ret)
		call_settle(request, &call.body, reply);
	return ret;
}

ALPC_API int alpc_call_message(struct alpc_port *port,
			       struct alpc_message *request,
			       struct alpc_message *reply, int64_t timeout,
			       const struct alpc_call_options *options)
{
	alpc_lib_message_forget(request);
	if (request == reply && !options && timeout &&
	    call_is_in_place(port, request))
		return call_in_place(port, request, timeout);
	return call_message(port, request, reply, timeout, options);
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
