/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests without waiting for their replies, for libalpc: sending, collecting the
 * replies, cancelling; and memory set aside for messages. Programs include
 * <alpc/alpc.h>.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_ASYNC_H
#define ALPC_ASYNC_H

#include <stddef.h>
#include <stdint.h>

#include <linux/alpc.h>

#ifdef __cplusplus
extern "C" {
#endif

struct alpc_message;
struct alpc_port;
struct alpc_server;

/* -- Requests ----------------------------------------------------------------- */

/**
 * DOC: Asynchronous requests
 *
 * A request that was sent with one of these functions has an id, by which its sender
 * cancels it or waits for its reply, and a cookie, which comes back with the reply. A
 * port has any number of them under way, up to its quota (-EDQUOT). Their replies are
 * collected in any of these ways:
 *
 * - from the port, in the order in which they come: alpc_receive() or
 *   alpc_receive_many(), after poll(2) or a packet of a completion port. A message
 *   of type %ALPC_REPLY has the id and the cookie of its request;
 * - one certain reply, before all others: alpc_receive_reply();
 * - with a function for each: &struct alpc_requests.
 *
 * Data can have any length that a section can hold: what the port's inline limit does
 * not take lies in a view. Only the third way, reading the caller's own memory
 * (%ALPC_WAY_DIRECT), is for calls alone, as nobody waits here: where it would be
 * needed sending fails, with -EMSGSIZE or the error of %ALPC_IOC_CREATE_SECTION.
 *
 * A receiver that does not want to answer can cancel a request as well; then a message
 * of type %ALPC_CANCELED comes in place of the reply, with id and cookie.
 */

/**
 * struct alpc_request_options - how to send a request
 * @size: sizeof(struct alpc_request_options)
 * @room: bytes to set aside for a reply that comes inline; 0 for the port's limit
 * @cookie: comes back with the reply
 * @security: security context of the port to send it with, or 0: that of the message
 *	if it has one, else what was said when connecting
 * @reserve: reserve of the port to take the memory from, or 0. See
 *	alpc_reserve_create().
 */
struct alpc_request_options {
	size_t size;
	size_t room;
	uint64_t cookie;
	uint32_t security;
	uint32_t reserve;
};

/**
 * alpc_send_request() - send a request, and go on without its reply
 * @port: communication port of either side
 * @data: data; may be NULL if @len is 0
 * @len: its length in bytes
 * @room: bytes to set aside for the reply; 0 for the port's limit
 * @cookie: comes back with the reply
 * @timeout: how long to wait for room in the other side's queue
 * @id: the request's id; may be NULL
 *
 * The reply (%ALPC_REPLY) is received like any message: from this port on a
 * client, from the connection port on a server.
 *
 * Return: 0; errors as of %ALPC_IOC_TRANSFER.
 */
int alpc_send_request(struct alpc_port *port, const void *data, size_t len,
		      size_t room, uint64_t cookie, int64_t timeout,
		      uint64_t *id);

/**
 * alpc_send_request_with() - the same with options
 * @port: likewise
 * @data: likewise
 * @len: likewise
 * @timeout: likewise
 * @options: options, or NULL
 * @id: likewise
 *
 * Return: as alpc_send_request().
 */
int alpc_send_request_with(struct alpc_port *port, const void *data, size_t len,
			   int64_t timeout,
			   const struct alpc_request_options *options,
			   uint64_t *id);

/**
 * alpc_send_request_message() - the same with a message, and what it brings
 * @port: likewise
 * @message: message to send, as in alpc_send_message(): one made in place is empty
 *	afterwards
 * @timeout: likewise
 * @options: options, or NULL
 * @id: likewise
 *
 * Return: as alpc_send_request(); -EXDEV (a message in place is not one of @port).
 */
int alpc_send_request_message(struct alpc_port *port,
			      struct alpc_message *message, int64_t timeout,
			      const struct alpc_request_options *options,
			      uint64_t *id);

/**
 * alpc_receive_reply() - wait for the reply to one certain request
 * @port: communication port that the request was sent through, of either side
 * @id: the request
 * @message: takes the reply, and grows if that is needed
 * @timeout: how long to wait for it. The request is not cancelled when that is over, or
 *	after -EINTR.
 *
 * Before all that is queued, and beside other threads that receive or wait for others.
 *
 * Return: 0; -ESRCH (no such request, or its reply was received), -EBUSY (another
 * thread waits for this reply), -ECANCELED (it was cancelled), errors as of
 * %ALPC_IOC_TRANSFER.
 */
int alpc_receive_reply(struct alpc_port *port, uint64_t id,
		       struct alpc_message *message, int64_t timeout);

/**
 * alpc_cancel_request() - cancel a request that was sent
 * @port: communication port that it was sent through
 * @id: the request; that of a call as well, which another thread waits for and which
 *	fails with -ECANCELED then
 *
 * Who gets one of the states back gets no reply and no notice any more. The
 * receiver of a request that it has taken is told (%ALPC_CANCELED).
 *
 * Return: %ALPC_CANCELED_QUEUED (nobody had seen it), %ALPC_CANCELED_TAKEN; or
 * -EALREADY (the reply is there to be received), -ECANCELED (its receiver has
 * cancelled it just before, and there is no notice any more), -ESRCH (no such request,
 * or its reply was received).
 */
int alpc_cancel_request(struct alpc_port *port, uint64_t id);

/**
 * alpc_cancel_cookie() - cancel the request with a cookie
 * @port: likewise
 * @cookie: the cookie; if several have it, the one that was sent last of those that
 *	can be cancelled
 *
 * Return: as alpc_cancel_request().
 */
int alpc_cancel_cookie(struct alpc_port *port, uint64_t cookie);

/**
 * alpc_cancel_received() - cancel a request that was received, in place of answering it
 * @port: port that it could be answered through
 * @id: the request; for one of a server loop see alpc_server_cancel()
 *
 * Its caller gets -ECANCELED, or, if it does not wait, a message of type
 * %ALPC_CANCELED. What it brought is given back: data in place are not to be looked at
 * any more, and no reply is to be made there. If that succeeds the request cannot be
 * answered any more, and a reply with its message is not to be tried.
 *
 * Return: 0; -ECANCELED (its sender has cancelled it), -ESRCH (it was answered, or is
 * just being answered, or cancelled, by another thread), -EBADMSG (a connection
 * request).
 */
int alpc_cancel_received(struct alpc_port *port, uint64_t id);

/**
 * alpc_server_cancel() - cancel a request that its handler left for later
 * @server: server
 * @id: the request
 *
 * In place of alpc_server_reply(), and under the same conditions.
 *
 * Return: as alpc_cancel_received().
 */
int alpc_server_cancel(struct alpc_server *server, uint64_t id);

/* -- Requests with functions ---------------------------------------------------- */

/*
 * The asynchronous requests of a port, each with a function that is called once: with
 * its reply, or with the reason why there is none.
 */
struct alpc_requests;

/**
 * typedef alpc_reply_fn - what is done with the reply to a request
 * @arg: from alpc_requests_send()
 * @error: 0; or why there is no reply: -ECANCELED, -EPIPE (the connection has ended), or
 *	the error with which its data could not be taken in
 * @reply: the reply if @error is 0, else NULL; valid until the function returns
 *
 * It may use all functions but alpc_requests_free().
 */
typedef void alpc_reply_fn(void *arg, int error, struct alpc_message *reply);

/**
 * typedef alpc_message_fn - what is done with anything else that comes
 * @arg: from alpc_requests_new()
 * @message: a datagram, a request or a notice; valid until the function returns
 */
typedef void alpc_message_fn(void *arg, struct alpc_message *message);

/**
 * alpc_requests_new() - make a set of requests
 * @port: client communication port; it stays the program's, and is closed after the set
 *	is freed. All its asynchronous requests are sent through this set; calls
 *	and datagrams as one likes.
 * @other: gets what comes and is no reply; NULL: that is dropped, and requests of
 *	the server's are cancelled
 * @arg: for @other
 * @requests: the set; free it with alpc_requests_free()
 *
 * Return: 0 or -ENOMEM.
 */
int alpc_requests_new(struct alpc_port *port, alpc_message_fn *other, void *arg,
		      struct alpc_requests **requests);

/**
 * alpc_requests_send() - send a request, with a function for its reply
 * @requests: set
 * @data: as in alpc_send_request()
 * @len: likewise
 * @timeout: likewise
 * @options: options, or NULL; the cookie is the library's: 0
 * @fn: is called once if this succeeds: by alpc_requests_dispatch(), also in another
 *	thread and before this has returned, by alpc_requests_cancel(), or by
 *	alpc_requests_free()
 * @arg: for @fn
 * @number: number of the request in this set; may be NULL
 *
 * Return: as alpc_send_request_with(); -ENOMEM, -ECANCELED (the set is being freed).
 */
int alpc_requests_send(struct alpc_requests *requests, const void *data,
		       size_t len, int64_t timeout,
		       const struct alpc_request_options *options,
		       alpc_reply_fn *fn, void *arg, uint64_t *number);

/**
 * alpc_requests_dispatch() - receive a message, and call its function
 * @requests: set
 * @timeout: how long to wait for it
 *
 * By any number of threads. When the connection has ended all that are left get
 * -EPIPE. In an event loop: when the port is readable, with a timeout of 0, until
 * -EAGAIN.
 *
 * Return: 0 if a message was received; errors as of alpc_receive().
 */
int alpc_requests_dispatch(struct alpc_requests *requests, int64_t timeout);

/**
 * alpc_requests_cancel() - cancel a request
 * @requests: set
 * @number: number of the request
 *
 * Its function is called before this returns, unless -EALREADY says that the reply is
 * there, and will be dispatched.
 *
 * Return: as alpc_cancel_request().
 */
int alpc_requests_cancel(struct alpc_requests *requests, uint64_t number);

/**
 * alpc_requests_count() - how many have not got their reply
 * @requests: set
 *
 * Return: how many.
 */
size_t alpc_requests_count(struct alpc_requests *requests);

/**
 * alpc_requests_free() - cancel what is left, and free the set
 * @requests: set, which nobody else uses any more, or NULL
 *
 * The functions of what is left are called. Where one of them would send another request
 * alpc_requests_send() fails.
 */
void alpc_requests_free(struct alpc_requests *requests);

/* -- Reserves --------------------------------------------------------------------- */

/**
 * alpc_reserve_create() - set memory for a message aside
 * @port: communication port through which it is to be sent
 * @len: bytes of data that the message, or its reply, may have; 0 for the port's inline
 *	limit
 * @reserve: its number, not 0, for alpc_send_reserved(), &struct
 *	alpc_request_options, &struct alpc_call_options and &struct alpc_outgoing. It
 *	ends with the port.
 *
 * A message from a reserve needs no memory and no room in the other side's queue: it
 * cannot fail for want of these. It brings nothing but its data, which go inline. The
 * reserve can be used again when the message, and the reply to it, has been received;
 * until then sending with it fails with -EBUSY.
 *
 * Return: 0; errors as of %ALPC_IOC_CREATE_RESERVE.
 */
int alpc_reserve_create(struct alpc_port *port, size_t len, uint32_t *reserve);

/**
 * alpc_reserve_delete() - give a reserve up
 * @port: port that it was created for
 * @reserve: its number
 *
 * Return: 0; -EBUSY (its message is on its way), -ENOENT.
 */
int alpc_reserve_delete(struct alpc_port *port, uint32_t reserve);

/**
 * alpc_send_reserved() - send a datagram from a reserve
 * @port: port that it was created for
 * @data: data; may be NULL if @len is 0
 * @len: its length in bytes
 * @reserve: number of the reserve
 *
 * It never waits.
 *
 * Return: 0; -EBUSY (the message before is still on its way), -EMSGSIZE (longer than the
 * reserve), -ENOENT; errors as of %ALPC_IOC_TRANSFER.
 */
int alpc_send_reserved(struct alpc_port *port, const void *data, size_t len,
		       uint32_t reserve);

#ifdef __cplusplus
}
#endif

#endif /* ALPC_ASYNC_H */
