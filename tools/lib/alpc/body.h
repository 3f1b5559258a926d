/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the data of a message go, and where they are found.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_LIB_BODY_H
#define ALPC_LIB_BODY_H

#include "identity.h"
#include "inbox.h"
#include "space.h"

/**
 * struct alpc_lib_prefix - what is inline in a message whose data are not
 * @len: bytes of data, at the beginning of the view
 * @room: bytes of the range that follows the one that the view names, in which
 *	the reply may be put
 *
 * Both ends are libalpc's or follow this. Nothing: the whole view is data, and
 * there is no such range. @len alone: there is no such range.
 */
struct alpc_lib_prefix {
	uint64_t len;
	uint64_t room;
};

/**
 * struct alpc_lib_body - data of a message to send, and what goes beside them
 * @data: data
 * @len: bytes
 * @message: message that they are of, or NULL: its block, its descriptors
 * @reply: where the reply to a call is wanted, or NULL
 * @ranges: ranges that the program lists
 * @range_count: how many
 * @security: security context that the program wants, or 0
 * @reserve: reserve that the program wants the memory to be taken from, or 0
 * @beside: there are any of these
 * @borrowed: the block of @message is to be sent
 * @space: that @block is from
 * @block: block that is sent, or NULL
 * @direct: the memory of the data is listed
 * @used: the port's inbox keeps what the request brought until it is answered
 * @prefix: is sent inline
 * @attrs: is sent
 *
 * From @space on alpc_lib_body_send() fills it in.
 */
struct alpc_lib_body {
	const void *data;
	size_t len;
	struct alpc_message *message;
	struct alpc_message *reply;
	const struct alpc_range *ranges;
	unsigned int range_count;
	uint32_t security;
	uint32_t reserve;
	bool beside;
	bool borrowed;
	struct alpc_lib_space *space;
	struct alpc_lib_block *block;
	bool direct;
	bool used;
	struct alpc_lib_prefix prefix;
	struct alpc_attrs attrs;
};

/**
 * struct alpc_lib_call_body - data of a call, which may lie in the caller's memory
 * @body: the data; where &alpc_lib_body.reply is set, it is part of this
 * @list: all ranges
 */
struct alpc_lib_call_body {
	struct alpc_lib_body body;
	struct alpc_range list[ALPC_RANGES_MAX];
};

/* body.c: new messages */
int alpc_lib_body_send(struct alpc_lib_body *body, struct alpc_port *port,
		       struct alpc_transfer *t, uint16_t flags, uint64_t id);
int alpc_lib_body_send_reserved(struct alpc_lib_body *body,
				struct alpc_port *port, struct alpc_transfer *t,
				uint16_t flags, uint64_t id);

/* answer.c: replies */
void alpc_lib_origin_of(const struct alpc_message *message,
			struct alpc_lib_origin *origin);
int alpc_lib_answer(struct alpc_port *port, struct alpc_transfer *t, uint64_t id,
		    const void *data, size_t len, struct alpc_message *request,
		    const struct alpc_lib_origin *origin,
		    struct alpc_lib_body *body);
void alpc_lib_unanswered(struct alpc_port *port, uint64_t id,
			 struct alpc_lib_body *body);
void alpc_lib_answered(struct alpc_lib_body *body, bool sent);

/* take.c: what was received */
int alpc_lib_take(struct alpc_port *port, struct alpc_message *message,
		  struct alpc_lib_space *space);
void alpc_lib_take_done(struct alpc_message *reply);
int alpc_lib_take_bytes(struct alpc_message *message, const void *data,
			uint64_t len);
int alpc_lib_release(struct alpc_message *message);
bool alpc_lib_owes_to(const struct alpc_message *message,
		      const struct alpc_port *port);

/* transfer.c */
int alpc_lib_send_init(struct alpc_transfer *t, int64_t timeout);
int alpc_lib_send_body(struct alpc_port *port, struct alpc_lib_body *body,
		       struct alpc_transfer *t, uint16_t flags);
int alpc_lib_reply(struct alpc_port *port, uint64_t id, const void *data,
		   size_t len, const struct alpc_lib_origin *origin,
		   struct alpc_message *message);
bool alpc_lib_reply_is_over(int error);
void alpc_lib_reply_settle(struct alpc_port *port, uint64_t id,
			   struct alpc_lib_body *body, int error);
void alpc_lib_release_id(struct alpc_port *port, uint64_t id);
int alpc_lib_receive_take(struct alpc_port *port, struct alpc_message *message);

/* access.c */
int alpc_lib_access(int fd, uint64_t id, uint32_t flags, uint32_t range,
		    void *data, size_t len);

/*
 * Does @data lie in the view that a message has of the other end's section? Not
 * anywhere in it: another message may have another view.
 */
static inline bool alpc_lib_is_lent(const struct alpc_message *message,
				    const void *data)
{
	const struct alpc_msg *head = &message->io.recv;

	return message->map && (uintptr_t)data - (uintptr_t)message->map->base -
			       head->view_offset < head->view_len;
}

/* Not one that has something to be sent in place, or beside its data. */
static inline void alpc_lib_body_init(struct alpc_lib_body *body,
				      const void *data, size_t len)
{
	body->data = data;
	body->len = len;
	body->message = NULL;
	body->reply = NULL;
	body->beside = false;
	body->range_count = 0;
	body->security = 0;
	body->reserve = 0;
	body->borrowed = false;
}

/* alpc_lib_body_send(), also for a message that has a reserve. */
static inline int alpc_lib_body_send_any(struct alpc_lib_body *body,
					 struct alpc_port *port,
					 struct alpc_transfer *t,
					 uint16_t flags, uint64_t id)
{
	if (body->reserve)
		return alpc_lib_body_send_reserved(body, port, t, flags, id);
	return alpc_lib_body_send(body, port, t, flags, id);
}

/**
 * struct alpc_lib_attrs - what travels beside the data of a message
 * @want_ranges: those that come are to be described
 * @kinds: descriptors that are wanted, ALPC_FD_* bits
 * @in: what came; 0 in @in.range_count and @in.fd_count if nothing did
 * @visible: ranges that are the program's; the others are the library's
 * @ranges: those that came
 * @fds: descriptors to send
 * @fd_count: how many
 * @security: security context to send with, or 0
 * @identity: of senders, if that is wanted; told if @in.identity is not 0
 */
struct alpc_lib_attrs {
	bool want_ranges;
	uint32_t kinds;
	struct alpc_attrs in;
	unsigned int visible;
	struct alpc_range ranges[ALPC_RANGES_MAX];
	int *fds;
	unsigned int fd_count;
	uint32_t security;
	struct alpc_lib_identity *identity;
};

/* attrs.c */
void alpc_lib_attrs_list(struct alpc_lib_body *body, struct alpc_transfer *t);
void alpc_lib_attrs_got(struct alpc_message *message);
void alpc_lib_attrs_free(struct alpc_message *message);

/* Ranges, descriptors and a security context go along with a message to send. */
static inline void alpc_lib_attrs_send(struct alpc_lib_body *body,
				       struct alpc_transfer *t)
{
	if (body->beside || (body->message && body->message->attrs))
		alpc_lib_attrs_list(body, t);
}

/**
 * alpc_lib_set_view() - a message is to bring a view of a block
 * @send: message
 * @block: block
 * @view_len: bytes of it
 * @flags: ALPC_VIEW_* bits
 * @len: with %ALPC_VIEW_BODY: how many of the bytes are data
 * @prefix: is sent inline if that has to be said
 */
static inline void alpc_lib_set_view(struct alpc_msg *send,
				     const struct alpc_lib_block *block,
				     size_t view_len, uint32_t flags, size_t len,
				     struct alpc_lib_prefix *prefix)
{
	send->view_offset = alpc_lib_block_offset(block);
	send->view_len = view_len;
	send->section = block->section->id;
	send->view_flags = flags | ALPC_VIEW_SLOT(block->slot);
	if (!(flags & ALPC_VIEW_BODY) || view_len == len)
		return;
	prefix->len = len;
	send->data = (uintptr_t)prefix;
	send->len = sizeof(prefix->len);
}

/* They went. */
static inline void alpc_lib_attrs_sent(struct alpc_lib_body *body)
{
	if (body->message && body->message->attrs)
		body->message->attrs->fd_count = 0;
}

/* The message has been sent; else nobody has seen it. */
static inline void alpc_lib_body_sent(struct alpc_lib_body *body, bool sent)
{
	if (!sent)
		return;
	if (body->block)
		body->block->sent++;
	alpc_lib_attrs_sent(body);
}

/**
 * alpc_lib_body_end() - nothing is done any more with what was sent
 * @body: body
 * @replied: a call has its reply, which is taken in
 */
static inline void alpc_lib_body_end(struct alpc_lib_body *body, bool replied)
{
	if (body->block && !body->borrowed)
		alpc_lib_block_put(body->space, body->block);
	if (body->direct)
		alpc_lib_message_conceal(body->reply, !replied);
}

#endif /* ALPC_LIB_BODY_H */
