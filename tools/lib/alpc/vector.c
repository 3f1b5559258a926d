// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Several messages with one system call.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "place.h"

#include <stdlib.h>

/**
 * struct parcel - one message of the vector that the kernel gets
 * @from: the program's, or NULL: what @owner owes is released
 * @owner: message that owes
 * @body: its data
 */
struct parcel {
	struct alpc_outgoing *from;
	struct alpc_message *owner;
	struct alpc_lib_body body;
};

/**
 * struct vector - vector under way
 * @port: port
 * @out: what the program sends
 * @out_count: how many
 * @in: where the program receives
 * @in_count: how many
 * @arg: for the kernel
 * @send: for the kernel, with a &struct parcel for each
 * @recv: for the kernel, as many as @in
 * @parcels: what is in @send
 * @count: how many
 * @ready: of @out, how many are in @send or have failed before
 * @error: with which the last of these has failed and ended the vector, or 0
 */
struct vector {
	struct alpc_port *port;
	struct alpc_outgoing *out;
	unsigned int out_count;
	struct alpc_incoming *in;
	unsigned int in_count;
	struct alpc_vector arg;
	struct alpc_vector_send *send;
	struct alpc_msg *recv;
	struct parcel *parcels;
	unsigned int count;
	unsigned int ready;
	int error;
};

static void vector_free(struct vector *v)
{
	free(v->send);
	free(v->recv);
	free(v->parcels);
}

/* What later versions may give a meaning to is not there yet. */
static bool vector_is_clean(const struct vector *v)
{
	for (unsigned int i = 0; i < v->in_count; i++) {
		const uint32_t *reserved = v->in[i].reserved;

		if (reserved[0] | reserved[1] | reserved[2])
			return false;
	}
	return true;
}

/* There is room for each message that is sent and each that may be released. */
static int vector_init(struct vector *v, int64_t timeout)
{
	unsigned int n = v->out_count + v->in_count;
	struct alpc_lib_time time;
	int ret;

	if (v->out_count > ALPC_VECTOR_MAX || v->in_count > ALPC_VECTOR_MAX || !n ||
	    !vector_is_clean(v))
		return -EINVAL;
	ret = alpc_lib_time_parse(timeout, &time);
	if (ret)
		return ret;
	if (n > ALPC_VECTOR_MAX)
		n = ALPC_VECTOR_MAX;
	v->arg = (struct alpc_vector){
		.size = sizeof(v->arg),
		.timeout = time.ns,
		.flags = (time.absolute ? ALPC_TRANSFER_ABSTIME : 0) |
			 (time.dontwait ? ALPC_TRANSFER_DONTWAIT : 0),
	};
	v->send = malloc(n * sizeof(*v->send));
	v->parcels = malloc(n * sizeof(*v->parcels));
	v->recv = calloc(v->in_count + 1, sizeof(*v->recv));
	if (v->send && v->parcels && v->recv)
		return 0;
	vector_free(v);
	return -ENOMEM;
}

/* -- Sending ------------------------------------------------------------------ */

/* Put a new message's data where they are to go. */
static int parcel_new(struct vector *v, struct parcel *p,
		      struct alpc_transfer *t)
{
	struct alpc_outgoing *o = p->from;
	struct alpc_lib_body *b = &p->body;

	b->security = o->security;
	b->reserve = o->reserve;
	b->beside = o->security;
	return alpc_lib_body_send_any(b, v->port, t, o->type == ALPC_REQUEST ?
				      ALPC_SEND_REQUEST : 0, 0);
}

static int parcel_body(struct vector *v, struct parcel *p,
		       struct alpc_transfer *t)
{
	const struct alpc_outgoing *o = p->from;
	struct alpc_lib_body *b = &p->body;
	struct alpc_message *m = o->message;

	if (o->reserved[0] | o->reserved[1])
		return -EINVAL;
	if (m) {
		alpc_lib_message_forget(m);
		alpc_lib_body_init(b, m->data, m->len);
		b->message = m;
	} else {
		alpc_lib_body_init(b, o->data, o->len);
	}
	switch (o->type) {
	case ALPC_REPLY:
		if (m && m->home)
			return -EXDEV;
		if (o->security | o->reserve)
			return -EINVAL;
		return alpc_lib_answer(v->port, t, o->id, b->data, b->len, NULL,
				       NULL, b);
	case ALPC_DATAGRAM:
	case ALPC_REQUEST:
		if (m && m->home && m->home != alpc_lib_port_space(v->port))
			return -EXDEV;
		b->borrowed = m && !o->reserve && alpc_lib_place_is_filled(m);
		return parcel_new(v, p, t);
	}
	return -EINVAL;
}

/* Prepare the program's messages, up to one that cannot be sent and ends it all. */
static void vector_prepare(struct vector *v)
{
	while (v->ready < v->out_count && !v->error) {
		struct alpc_outgoing *o = &v->out[v->ready++];
		struct parcel *p = &v->parcels[v->count];
		struct alpc_vector_send *s = &v->send[v->count];
		struct alpc_transfer t;
		int ret;

		p->from = o;
		alpc_lib_transfer_init(&t, ALPC_INFINITE);
		ret = parcel_body(v, p, &t);
		o->error = ret;
		if (!ret) {
			s->msg = t.send;
			s->msg.cookie = o->type == ALPC_REQUEST ? o->cookie : 0;
			s->room = o->room < ALPC_DATA_MAX ? (__u32)o->room :
							    ALPC_DATA_MAX;
			s->out_error = 0;
			s->out_id = 0;
			v->count++;
		} else if (o->type != ALPC_REPLY) {
			v->error = ret;
		}
	}
}

/* One that has gone through the kernel, or has not come so far. */
static void parcel_done(struct vector *v, struct parcel *p, bool dealt_with,
			const struct alpc_vector_send *s)
{
	bool sent = dealt_with && !s->out_error;
	struct alpc_lib_body *b = &p->body;

	if (!p->from) {
		p->owner->owes &= !sent;
		return;
	}
	if (dealt_with) {
		p->from->error = -(int)s->out_error;
		if (p->from->type == ALPC_REQUEST)
			p->from->id = s->out_id;
	}
	if (p->from->type == ALPC_REPLY) {
		alpc_lib_answered(b, sent);
		if (dealt_with)
			alpc_lib_reply_settle(v->port, p->from->id, b,
					      p->from->error);
		else
			alpc_lib_unanswered(v->port, p->from->id, b);
		return;
	}
	alpc_lib_body_sent(b, sent);
	alpc_lib_body_end(b, false);
	if (sent && b->borrowed)
		alpc_lib_place_drop(b->message);
}

/* Return: the error that has ended the sending, or 0. */
static int vector_sent(struct vector *v, unsigned int *sent)
{
	unsigned int done = v->arg.out_sent;
	int ret = 0;

	for (unsigned int i = 0; i < v->count; i++)
		parcel_done(v, &v->parcels[i], i < done, &v->send[i]);
	*sent = v->ready;
	/* Those that had failed before come after one that was not dealt with. */
	if (done < v->count && v->parcels[done].from)
		*sent = (unsigned int)(v->parcels[done].from - v->out);
	else if (v->error)
		return v->error;
	if (done && v->parcels[done - 1].from &&
	    v->parcels[done - 1].from->type != ALPC_REPLY)
		ret = v->parcels[done - 1].from->error;
	return ret;
}

/* -- Receiving ---------------------------------------------------------------- */

/* What the messages have of earlier ones goes back with what is sent. */
static void vector_release(struct vector *v)
{
	for (unsigned int i = 0; i < v->in_count; i++) {
		struct alpc_message *m = v->in[i].message;
		struct parcel *p = &v->parcels[v->count];

		alpc_lib_message_forget(m);
		if (!alpc_lib_owes_to(m, v->port) || v->count == ALPC_VECTOR_MAX)
			continue;
		p->from = NULL;
		p->owner = m;
		v->send[v->count++] = (struct alpc_vector_send){
			.msg.id = m->io.recv.id,
			.msg.flags = ALPC_SEND_RELEASE,
		};
	}
}

static void vector_offer(struct vector *v)
{
	for (unsigned int i = 0; i < v->in_count; i++) {
		struct alpc_message *m = v->in[i].message;

		alpc_lib_message_offer(m);
		v->recv[i] = (struct alpc_msg){
			.data = m->io.recv.data,
			.len = m->io.recv.len,
			.attrs = m->io.recv.attrs,
			.attrs_len = m->io.recv.attrs_len,
		};
	}
}

/* The messages have nothing of earlier ones any more. */
static void vector_empty(struct vector *v, unsigned int received)
{
	for (unsigned int i = 0; i < v->in_count; i++) {
		struct alpc_message *m = v->in[i].message;

		if (i < received) {
			alpc_lib_let_go(m);
			alpc_lib_message_empty(m);
		} else {
			alpc_lib_message_clear(m);
		}
	}
}

static void vector_take(struct vector *v, unsigned int received)
{
	for (unsigned int i = 0; i < received; i++) {
		struct alpc_message *m = v->in[i].message;

		m->io.recv = v->recv[i];
		m->port = v->port;
		m->call = 0;
		m->done = ALPC_DONE_RECEIVED;
		v->in[i].error = alpc_lib_receive_take(v->port, m);
	}
}

/* Does the first message need more room? */
static bool vector_is_narrow(const struct vector *v, int error)
{
	return error == -EMSGSIZE && v->recv[0].len > v->in[0].message->room;
}

/* -- Both --------------------------------------------------------------------- */

static int vector_ioctl(struct vector *v)
{
	v->arg.send = (uintptr_t)v->send;
	v->arg.recv = (uintptr_t)v->recv;
	v->arg.send_count = v->count;
	v->arg.recv_count = v->in_count;
	v->arg.out_sent = 0;
	v->arg.out_received = 0;
	if (v->count)
		v->arg.flags |= ALPC_TRANSFER_SEND;
	if (v->in_count)
		v->arg.flags |= ALPC_TRANSFER_RECEIVE;
	if (!(v->arg.flags & (ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE)))
		return 0;
	return alpc_lib_ioctl(v->port->fd, ALPC_IOC_VECTOR, &v->arg);
}

/* The first message grows until it fits. Nothing is sent again. */
static int vector_receive(struct vector *v, int ret)
{
	struct alpc_message *first = v->in[0].message;

	v->arg.flags &= ~ALPC_TRANSFER_SEND;
	v->count = 0;
	while (vector_is_narrow(v, ret)) {
		ret = alpc_lib_message_grow(first, v->recv[0].len);
		if (ret)
			break;
		vector_offer(v);
		ret = vector_ioctl(v);
	}
	vector_take(v, v->arg.out_received);
	return ret ? ret : (int)v->arg.out_received;
}

static int vector_run(struct vector *v, unsigned int *sent)
{
	unsigned int in_count = v->in_count;
	int ret, error;

	vector_prepare(v);
	/* Nothing is received then. */
	if (v->error)
		v->in_count = 0;
	vector_release(v);
	vector_offer(v);
	ret = vector_ioctl(v);
	error = vector_sent(v, sent);
	v->in_count = in_count;
	vector_empty(v, v->arg.out_received);
	if (error)
		return error;
	if (*sent < v->out_count || !in_count)
		return ret;
	return vector_receive(v, ret);
}

static int transfer_many(struct vector *v, unsigned int *sent, int64_t timeout)
{
	unsigned int count = 0;
	int ret;

	ret = vector_init(v, timeout);
	if (!ret) {
		ret = vector_run(v, &count);
		vector_free(v);
	}
	if (sent)
		*sent = count;
	return ret;
}

ALPC_API int alpc_send_many(struct alpc_port *port, struct alpc_outgoing *out,
			    unsigned int count, int64_t timeout,
			    unsigned int *sent)
{
	struct vector v = { .port = port, .out = out, .out_count = count };

	return transfer_many(&v, sent, timeout);
}

ALPC_API int alpc_receive_many(struct alpc_port *port, struct alpc_incoming *in,
			       unsigned int count, int64_t timeout)
{
	struct vector v = { .port = port, .in = in, .in_count = count };

	return transfer_many(&v, NULL, timeout);
}

ALPC_API int alpc_send_and_receive_many(struct alpc_port *port,
					struct alpc_outgoing *out,
					unsigned int out_count,
					unsigned int *sent,
					struct alpc_incoming *in,
					unsigned int in_count, int64_t timeout)
{
	struct vector v = {
		.port = port,
		.out = out,
		.out_count = out_count,
		.in = in,
		.in_count = in_count,
	};

	if (!out_count || !in_count) {
		if (sent)
			*sent = 0;
		return -EINVAL;
	}
	return transfer_many(&v, sent, timeout);
}
