/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libalpc: local procedure calls between processes through port objects.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_ALPC_H
#define ALPC_ALPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <alpc/async.h>
#include <alpc/completion.h>
#include <alpc/large.h>
#include <alpc/list.h>
#include <alpc/message.h>
#include <alpc/quick.h>
#include <alpc/security.h>
#include <alpc/server.h>
#include <alpc/vector.h>
#include <linux/alpc.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * DOC: Conventions
 *
 * The kernel's own words are used as they are: message types, port kinds and
 * states, limits and flags come from <linux/alpc.h>, and so does the meaning of
 * every error, which its table of errors gives. Only what a function adds to
 * that is said here.
 *
 * *Errors.* A function that can fail returns 0, or something that is not
 * negative, when it succeeds, and a negative errno value when it fails. errno
 * itself is left alone, except that it may be ENOMEM after memory was looked for
 * in vain. Nothing is printed, and nothing aborts but alpc_impersonate(), if a
 * thread cannot become itself again. What a function hands out through a pointer
 * is written on success only.
 *
 * *Signals.* What has had an effect is never repeated behind the program's back:
 * it fails with -EINTR, and alpc_message_done() tells what had been done until
 * then. What has had none goes on by itself after a handler with SA_RESTART, and
 * fails with -EINTR after any other. Waiting for a caller's memory does not go on
 * by itself (alpc_read_from() and those like it, and receiving data or replying
 * with data that go that way): it fails with -EINTR, or has done less.
 *
 * *Threads.* There is no global state. Any number of threads may use one port
 * at the same time. A message is used by one thread at a time. Who closes or
 * frees an object makes sure that nobody uses it any more; a thread that waits
 * on a port can be brought out with alpc_port_disconnect() or alpc_server_stop().
 *
 * *Lengths* are in bytes, and any length can be given: the library chooses the
 * way for it (see <alpc/large.h>). What no way can carry is refused with -EMSGSIZE.
 * A message that is received grows as needed.
 *
 * *Timeouts* are of type int64_t in every function and mean the same in each:
 *
 * ==================== =======================================================
 * 0                    does not wait; what would have to fails with -EAGAIN
 * n > 0                at most n nanoseconds for the whole function, then
 *                      -ETIMEDOUT; ALPC_MSEC(20) and ALPC_SEC(3) help
 * ALPC_INFINITE        for ever
 * alpc_until(t)        until CLOCK_MONOTONIC shows t nanoseconds
 * alpc_deadline(n)     until n nanoseconds from now: the same end for several
 *                      calls
 * ==================== =======================================================
 *
 * For a length of time the clock is read, which can be a system call of its own
 * (clock_gettime(2)); with the others a function makes the ioctl alone.
 *
 * *Structures of options* begin with their size, which the program sets to
 * sizeof(); whatever else is 0 asks for the default. So a program that was built
 * against an older library goes on to work with a newer one, and a newer program
 * is told -E2BIG if it asks an older library for something that this does not
 * know. Where a pointer to options is NULL everything is the default.
 */

/** ALPC_MSEC - milliseconds as a timeout */
#define ALPC_MSEC(n)	((int64_t)(n) * 1000000)

/** ALPC_SEC - seconds as a timeout */
#define ALPC_SEC(n)	((int64_t)(n) * 1000000000)

/**
 * alpc_until() - a point in time as a timeout
 * @monotonic_ns: CLOCK_MONOTONIC time in nanoseconds; less than 0 counts as 0
 *
 * Return: the timeout. A time that has passed does not wait, but what would
 * have to wait fails with -ETIMEDOUT, not with -EAGAIN.
 */
int64_t alpc_until(int64_t monotonic_ns);

/**
 * alpc_deadline() - a point in time, seen from now, as a timeout
 * @ns: nanoseconds from now
 *
 * Return: the timeout; like alpc_until().
 */
int64_t alpc_deadline(int64_t ns);

/**
 * alpc_device_query() - what the running kernel can do
 * @query: filled in; the program has set @query->size
 *
 * Return: 0; -ENOENT if the module is not loaded, -EACCES, -EMFILE, -ENFILE.
 */
int alpc_device_query(struct alpc_query *query);

/* -- Ports ---------------------------------------------------------------- */

/* A handle to a port of any kind; owns its descriptor. */
struct alpc_port;

/* struct alpc_port_options.flags and struct alpc_connect_options.flags besides
 * those of <linux/alpc.h>
 */
#define ALPC_USE_DEVICE		(1U << 31)	/* .device is set */

/**
 * struct alpc_port_options - how to create a connection port
 * @size: sizeof(struct alpc_port_options)
 * @flags: %ALPC_PORT_NO_SPIN, %ALPC_PORT_NO_SECTIONS, %ALPC_PORT_NO_RANGES,
 *	%ALPC_PORT_NOTE_IDENTITY,
 *	%ALPC_USE_DEVICE
 * @mode: mode of the port: who may write to it may connect. 0 for 0600. Group
 *	and owner are changed with fchown(2) on alpc_port_fd(), its access list
 *	with acl_set_fd(3).
 * @max_message: longest message that is copied through the kernel, in bytes, up to
 *	%ALPC_DATA_MAX
 * @queue_messages: how many messages may wait
 * @queue_bytes: how many bytes of data may wait
 * @max_connections: how many clients it may have
 * @max_pending: how many connection requests may be unanswered
 * @spin_ns: for how long a thread looks for its message before it sleeps
 * @device: an open descriptor of /dev/alpc, for a program that cannot open it
 * @max_section: how long a section of a connection may be, in bytes
 * @max_view: how long a view may be, in bytes: the longest message that goes that
 *	way
 * @max_section_total: how long all sections of one end of a connection may be
 *	together, in bytes
 * @require: ALPC_IDENTITY_* parts that a client must not withhold
 * @withhold: ALPC_IDENTITY_* parts that clients are not told of who serves them
 * @max_security: how many security contexts one end of a connection may have
 * @reserved: 0
 */
struct alpc_port_options {
	size_t size;
	uint32_t flags;
	mode_t mode;
	uint32_t max_message;
	uint32_t queue_messages;
	uint64_t queue_bytes;
	uint32_t max_connections;
	uint32_t max_pending;
	uint32_t spin_ns;
	int device;
	uint64_t max_section;
	uint64_t max_view;
	uint64_t max_section_total;
	uint32_t require;
	uint32_t withhold;
	uint32_t max_security;
	uint32_t reserved;
};

/**
 * alpc_port_create() - create a connection port
 * @name: its name: UTF-8, up to %ALPC_NAME_MAX bytes, no control characters
 * @options: options, or NULL
 * @port: the port; close it with alpc_port_close()
 *
 * Return: 0; errors as of %ALPC_IOC_CREATE_PORT, open(2) of /dev/alpc and
 * fchmod(2).
 */
int alpc_port_create(const char *name, const struct alpc_port_options *options,
		     struct alpc_port **port);

/**
 * struct alpc_connect_options - how to connect
 * @size: sizeof(struct alpc_connect_options)
 * @flags: %ALPC_CONNECT_ASYNC, %ALPC_CONNECT_SERVER_UID,
 *	%ALPC_CONNECT_SERVER_GID, %ALPC_CONNECT_NOTE_IDENTITY, %ALPC_USE_DEVICE
 * @device: an open descriptor of /dev/alpc, for a program that cannot open it
 * @server_uid: the user that the server must be
 * @server_gid: the group that the server must have
 * @data: connection message
 * @len: its length in bytes
 * @answer: takes the server's answer, also that of a refusal; may be NULL.
 *	Not used with %ALPC_CONNECT_ASYNC.
 * @queue_messages: how many messages may wait at the new port
 * @queue_bytes: how many bytes of data may wait there
 * @level: what the server may do with the identity of who sends through the port:
 *	%ALPC_LEVEL_IMPERSONATION lets it act as the sender while it handles a
 *	request. A security context can say otherwise for each message.
 * @withhold: ALPC_IDENTITY_* parts that the server is not told
 */
struct alpc_connect_options {
	size_t size;
	uint32_t flags;
	int device;
	uid_t server_uid;
	gid_t server_gid;
	const void *data;
	size_t len;
	struct alpc_message *answer;
	uint32_t queue_messages;
	uint64_t queue_bytes;
	enum alpc_level level;
	uint32_t withhold;
};

/**
 * alpc_port_connect() - connect to a port by name
 * @name: name of the port
 * @options: options, or NULL
 * @timeout: how long to wait for the server's decision (not 0, which is
 *	-EINVAL), or, with %ALPC_CONNECT_ASYNC, for room in its queue
 * @port: the client communication port; close it with alpc_port_close()
 *
 * With %ALPC_CONNECT_ASYNC the port becomes readable when the server has
 * decided; alpc_port_finish_connect() gets the decision.
 *
 * Return: 0; errors as of %ALPC_IOC_CONNECT and open(2) of /dev/alpc.
 */
int alpc_port_connect(const char *name,
		      const struct alpc_connect_options *options,
		      int64_t timeout, struct alpc_port **port);

/**
 * alpc_port_finish_connect() - get the answer to an asynchronous connect
 * @port: port from alpc_port_connect() with %ALPC_CONNECT_ASYNC
 * @answer: takes the server's answer, also that of a refusal
 * @timeout: how long to wait for it
 *
 * Return: 0 if the server accepted; -ECONNREFUSED, -ECONNRESET (it is gone),
 * -EISCONN (it was finished before: @answer holds another message, which was
 * received), and errors of alpc_receive().
 */
int alpc_port_finish_connect(struct alpc_port *port,
			     struct alpc_message *answer, int64_t timeout);

/**
 * alpc_port_adopt() - make a handle from a descriptor
 * @fd: descriptor of a port of any kind, for example one that was passed or
 *	inherited. On success it belongs to the handle; on failure the caller
 *	still has it.
 * @port: the port
 *
 * Return: 0, -ENOTTY (not a port), -EOPNOTSUPP (/dev/alpc, a completion port), -EBADF,
 * -ENOMEM.
 */
int alpc_port_adopt(int fd, struct alpc_port **port);

/**
 * alpc_port_release() - give the descriptor up, and free the handle
 * @port: port
 *
 * Return: the descriptor, which now belongs to the caller.
 */
int alpc_port_release(struct alpc_port *port);

/**
 * alpc_port_close() - close the descriptor and free the handle
 * @port: port, or NULL
 *
 * Nothing else may be using the handle.
 */
void alpc_port_close(struct alpc_port *port);

/**
 * alpc_port_fd() - the port's descriptor
 * @port: port
 *
 * For poll(2) and epoll(7), fchmod(2), fchown(2), fstat(2), and for passing on.
 * It stays the handle's. Readable: alpc_receive() will not wait. Writable:
 * alpc_send() will not wait. Hang-up: the other end is gone.
 *
 * Return: the descriptor.
 */
int alpc_port_fd(const struct alpc_port *port);

/**
 * alpc_port_get_info() - state of a port
 * @port: port
 * @info: filled in; the program has set @info->size
 *
 * Return: 0; errors as of %ALPC_IOC_PORT_INFO.
 */
int alpc_port_get_info(const struct alpc_port *port,
		       struct alpc_port_info *info);

/**
 * alpc_port_disconnect() - end a connection
 * @port: communication port of either side
 *
 * All callers on both sides get -EPIPE. The handle stays to be closed.
 *
 * Return: 0; errors as of %ALPC_IOC_DISCONNECT.
 */
int alpc_port_disconnect(struct alpc_port *port);

/**
 * alpc_port_notify_exit() - let the server know when this thread ends
 * @port: client communication port
 * @cookie: comes with the notice (%ALPC_CLIENT_DIED)
 *
 * Return: 0; errors as of %ALPC_IOC_NOTIFY_EXIT.
 */
int alpc_port_notify_exit(struct alpc_port *port, uint64_t cookie);

/**
 * alpc_port_accept() - accept a connection request
 * @port: connection port
 * @id: of the %ALPC_CONNECTION_REQUEST
 * @context: what every message of this client is to carry
 * @data: the answer's data; may be NULL if @len is 0
 * @len: its length in bytes
 * @client: the server communication port of this client
 *
 * Return: 0; errors as of %ALPC_IOC_ACCEPT.
 */
int alpc_port_accept(struct alpc_port *port, uint64_t id, uint64_t context,
		     const void *data, size_t len, struct alpc_port **client);

/**
 * alpc_port_refuse() - refuse a connection request
 * @port: connection port
 * @id: of the %ALPC_CONNECTION_REQUEST
 * @data: what the client is to know about it; may be NULL if @len is 0
 * @len: its length in bytes
 *
 * Return: 0; errors as of %ALPC_IOC_ACCEPT.
 */
int alpc_port_refuse(struct alpc_port *port, uint64_t id, const void *data,
		     size_t len);

/* -- Sending and receiving ------------------------------------------------ */

/**
 * alpc_send() - send a datagram
 * @port: communication port of either side
 * @data: data; may be NULL if @len is 0
 * @len: its length in bytes
 * @timeout: how long to wait for room in the other side's queue
 *
 * Return: 0; errors as of %ALPC_IOC_TRANSFER.
 */
int alpc_send(struct alpc_port *port, const void *data, size_t len,
	      int64_t timeout);

/**
 * alpc_receive() - receive the next message
 * @port: connection port or client communication port
 * @message: takes it, and grows if that is needed
 * @timeout: how long to wait for it
 *
 * Return: 0; errors as of %ALPC_IOC_TRANSFER.
 */
int alpc_receive(struct alpc_port *port, struct alpc_message *message,
		 int64_t timeout);

/**
 * alpc_reply() - answer a request
 * @port: the port that it was received from, or the server communication port
 *	of the client that made it
 * @id: the request
 * @data: data; may be NULL if @len is 0
 * @len: its length in bytes
 *
 * It never waits. -ECANCELED: the caller gave up; the request is done with.
 * After -EMSGSIZE, -EFAULT and -ENOMEM the request still waits for its answer.
 *
 * Return: 0; errors as of %ALPC_IOC_TRANSFER.
 */
int alpc_reply(struct alpc_port *port, uint64_t id, const void *data,
	       size_t len);

/**
 * alpc_reply_and_receive() - answer a request, and receive the next message
 * @port: the port that it was received from
 * @id: the request
 * @data: data; may be NULL if @len is 0; may lie in @message
 * @len: its length in bytes
 * @message: takes the next message
 * @timeout: how long to wait for that
 *
 * One system call. If the reply fails nothing is received: then
 * alpc_message_done() has not %ALPC_DONE_SENT. If it has, the error is that of
 * receiving.
 *
 * Return: 0; errors as of alpc_reply() and alpc_receive().
 */
int alpc_reply_and_receive(struct alpc_port *port, uint64_t id,
			   const void *data, size_t len,
			   struct alpc_message *message, int64_t timeout);

/* -- Calls ---------------------------------------------------------------- */

/**
 * typedef alpc_callback_fn - answers a request made inside one's own call
 * @arg: from &struct alpc_call_options
 * @request: the request
 * @reply: to be filled in; empty if it is not
 *
 * Runs in the thread that made the call, inside the call's timeout. It may make
 * calls of its own, and with alpc_callback() such that belong to @request.
 *
 * Return: 0 to reply; a negative errno value to give the whole call up, which
 * then fails with it.
 */
typedef int alpc_callback_fn(void *arg, const struct alpc_message *request,
			     struct alpc_message *reply);

/**
 * struct alpc_call_options - how to call
 * @size: sizeof(struct alpc_call_options)
 * @inside: id of a request that was received and inside which this one is made
 *	(see alpc_callback()), else 0
 * @callback: answers what the other side asks before it replies; NULL: such a
 *	question ends the call with -EPROTO
 * @arg: for @callback
 * @ranges: ranges of the caller's memory that whoever receives the request may
 *	read or write until it is answered, in place of sending them
 *	(alpc_read_from(), alpc_write_to())
 * @range_count: how many, up to %ALPC_RANGES_MAX; at most two less if the data or
 *	the reply are to go that way too (%ALPC_WAY_DIRECT)
 * @security: security context of @port to make the call with, or 0: that of the
 *	message if it has one, else what was said when connecting
 * @reserve: reserve of @port to take the memory from, or 0; see
 *	alpc_reserve_create()
 * @reserved: 0
 */
struct alpc_call_options {
	size_t size;
	uint64_t inside;
	alpc_callback_fn *callback;
	void *arg;
	const struct alpc_range *ranges;
	unsigned int range_count;
	uint32_t security;
	uint32_t reserve;
	uint32_t reserved;
};

/**
 * alpc_call() - send a request and wait for its reply
 * @port: communication port of either side
 * @data: data; may be NULL if @len is 0
 * @len: its length in bytes
 * @reply: takes the reply, and grows if that is needed; @data may lie in it,
 *	unless they are what it has in place of the other side's, which is given
 *	back before anything is sent
 * @timeout: how long the whole may take; 0 makes no sense and is -EINVAL
 *
 * One system call. A call that fails with -ETIMEDOUT or -EINTR is cancelled; if
 * alpc_message_done() has %ALPC_DONE_SENT the server may have acted on it.
 *
 * Return: 0; errors as of %ALPC_IOC_TRANSFER; -EPROTO (the other side asked
 * something inside the call, which nobody here answers); -EINVAL also if @data lie
 * in the other side's section as said. After any error @reply is empty.
 */
int alpc_call(struct alpc_port *port, const void *data, size_t len,
	      struct alpc_message *reply, int64_t timeout);

/**
 * alpc_callback() - call the thread that waits for the reply to a request
 * @port: the port that the request was received from, or the server
 *	communication port of the client that made it; through a connection port
 *	go no data longer than its inline limit
 * @request: id of the request
 * @data: data; may be NULL if @len is 0
 * @len: its length in bytes
 * @reply: takes the reply
 * @timeout: as in alpc_call()
 *
 * Return: as alpc_call(); -ECANCELED if the other side gave its call up.
 */
int alpc_callback(struct alpc_port *port, uint64_t request, const void *data,
		  size_t len, struct alpc_message *reply, int64_t timeout);

/**
 * alpc_call_with() - call with options
 * @port: as in alpc_call(), or, with @options->inside, as in alpc_callback()
 * @data: data; may be NULL if @len is 0
 * @len: its length in bytes
 * @reply: takes the reply
 * @timeout: as in alpc_call()
 * @options: options, or NULL
 *
 * Return: as alpc_call(), and what @options->callback returns.
 */
int alpc_call_with(struct alpc_port *port, const void *data, size_t len,
		   struct alpc_message *reply, int64_t timeout,
		   const struct alpc_call_options *options);

#ifdef __cplusplus
}
#endif

#endif /* ALPC_ALPC_H */
