/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many messages with one system call, for libalpc. Programs include <alpc/alpc.h>.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_VECTOR_H
#define ALPC_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#include <linux/alpc.h>

#ifdef __cplusplus
extern "C" {
#endif

struct alpc_message;
struct alpc_port;

/**
 * struct alpc_outgoing - one of several messages to send
 * @type: %ALPC_DATAGRAM, %ALPC_REQUEST or %ALPC_REPLY
 * @error: if it was dealt with: 0 if it was sent, else a negative errno value that
 *	says why not
 * @id: %ALPC_REPLY: the request that it answers. %ALPC_REQUEST: gets the id that was
 *	given to it.
 * @cookie: %ALPC_REQUEST: comes back with the reply
 * @data: data; may be NULL if @len is 0
 * @len: its length in bytes
 * @message: message to send in place of @data and @len, with its descriptors and
 *	security context, as alpc_send_message() and alpc_reply_message() do; or NULL
 * @room: %ALPC_REQUEST: bytes to set aside for the reply; 0 for the port's limit
 * @security: %ALPC_DATAGRAM, %ALPC_REQUEST: as in &struct alpc_call_options
 * @reserve: %ALPC_DATAGRAM, %ALPC_REQUEST: reserve of @port to take the memory from,
 *	or 0; see alpc_reserve_create()
 * @reserved: 0
 */
struct alpc_outgoing {
	uint32_t type;
	int32_t error;
	uint64_t id;
	uint64_t cookie;
	const void *data;
	size_t len;
	struct alpc_message *message;
	size_t room;
	uint32_t security;
	uint32_t reserve;
	uint64_t reserved[2];
};

/**
 * struct alpc_incoming - where to receive one of several messages
 * @message: takes it; another one in each place
 * @error: gets 0, or the error with which alpc_receive() would have failed after it
 *	had received this message, whose data could not be taken in
 * @reserved: 0
 */
struct alpc_incoming {
	struct alpc_message *message;
	int32_t error;
	uint32_t reserved[3];
};

/**
 * alpc_send_many() - send several messages
 * @port: port through which each of them could be sent
 * @out: the messages, which are sent in this order
 * @count: how many, 1 to %ALPC_VECTOR_MAX
 * @timeout: how long to wait for room in the other side's queue, all together
 * @sent: gets how many were dealt with, from the first on, also after an error; may
 *	be NULL
 *
 * One system call. Each that was dealt with has its result in its @error. A reply that
 * does not get through, because its caller has given up, concerns nobody else. Any
 * other message that cannot be sent ends it: what comes after is not sent.
 *
 * Return: 0 if all were dealt with; else the error of the last one that was, -EAGAIN,
 * -ETIMEDOUT or -EINTR among them; -EINVAL, -ENOMEM.
 */
int alpc_send_many(struct alpc_port *port, struct alpc_outgoing *out,
		   unsigned int count, int64_t timeout, unsigned int *sent);

/**
 * alpc_receive_many() - receive several messages
 * @port: connection port or client communication port
 * @in: where
 * @count: how many at most, 1 to %ALPC_VECTOR_MAX
 * @timeout: how long to wait for the first one; there is no waiting for more
 *
 * One system call. A message that is longer than there is room for grows if it is the
 * first one; in another place it ends the receiving, and is the next one's first. What
 * the messages had of earlier ones is given back with the same system call. Those
 * that nothing was received into are empty.
 *
 * Return: how many were received, from the first on, at least 1; else a negative errno
 * value as of alpc_receive().
 */
int alpc_receive_many(struct alpc_port *port, struct alpc_incoming *in,
		      unsigned int count, int64_t timeout);

/**
 * alpc_send_and_receive_many() - send several messages, and receive several
 * @port: connection port or client communication port
 * @out: as in alpc_send_many(); none of the data lies in place in one of @in
 * @out_count: how many, 1 to %ALPC_VECTOR_MAX
 * @sent: gets how many were dealt with; may be NULL. If that is all of them an error
 *	is that of receiving, unless the last one has it as its own.
 * @in: as in alpc_receive_many()
 * @in_count: how many at most, 1 to %ALPC_VECTOR_MAX
 * @timeout: how long the whole may take
 *
 * One system call: replies to what was received last time, and what has come
 * meanwhile. If sending is ended by an error nothing is received.
 *
 * Return: as alpc_receive_many(), and errors of alpc_send_many().
 */
int alpc_send_and_receive_many(struct alpc_port *port,
			       struct alpc_outgoing *out, unsigned int out_count,
			       unsigned int *sent, struct alpc_incoming *in,
			       unsigned int in_count, int64_t timeout);

#ifdef __cplusplus
}
#endif

#endif /* ALPC_VECTOR_H */
