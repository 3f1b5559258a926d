/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server with a pool of threads, for libalpc. Programs include <alpc/alpc.h>.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_SERVER_H
#define ALPC_SERVER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct alpc_message;
struct alpc_port;

/* A connection port, its clients, and threads for them. */
struct alpc_server;

/*
 * One client of a server: valid from connect() until closed() of struct
 * alpc_server_ops has returned.
 */
struct alpc_client;

/** ALPC_REPLY_LATER - a handler's word that alpc_server_reply() follows */
#define ALPC_REPLY_LATER	1

/**
 * ALPC_REPLY_ORDINARY - a handler's word that it cannot do with a quick request
 *
 * It has done nothing yet. The client's library makes the same request once more,
 * as an ordinary one, and its caller does not notice.
 */
#define ALPC_REPLY_ORDINARY	2

/**
 * struct alpc_server_ops - what a server does; each may be NULL
 * @size: sizeof(struct alpc_server_ops)
 * @connect: somebody wants to connect with the connection message @request. 0
 *	accepts, a negative errno value refuses; either way the client gets
 *	@answer. What belongs to the client is set with
 *	alpc_client_set_context(). NULL: everybody whom the port's mode lets in
 *	is accepted.
 * @connected: it is connected; alpc_client_port() can be used from here on. No
 *	other function is called for this client before this one has returned.
 *	Not called if the client gave up in the meantime.
 * @request: it made a request: 0 replies with @reply, %ALPC_REPLY_LATER leaves
 *	it to alpc_server_reply() with alpc_message_id(@request), and
 *	%ALPC_REPLY_ORDINARY is for quick requests. With a negative
 *	errno value, or if this is NULL, there is nothing to reply and the
 *	connection is ended.
 * @datagram: it sent a datagram. NULL: datagrams are ignored.
 * @reply: the reply to a request that was made of it with alpc_send_request()
 * @canceled: the request @id, which @request was given before, has lost its
 *	caller; what is still done for it can be left. Not called for quick requests.
 * @died: one of its threads has ended that had asked for alpc_port_notify_exit();
 *	alpc_message_cookie() and alpc_message_tid() say which
 * @closed: the client is gone, or the server ends. Called once for each client
 *	that @connect accepted, after everything else that is called for it has
 *	returned. Its port is closed when this returns; whatever the program
 *	keeps about it has to be let go here.
 * @unanswered: an answer that the handlers gave did not get through: a reply to
 *	the request @id, or the acceptance of the connection request @id; or the
 *	data of the message @id, which was not handed to them, could not be
 *	taken in. @error says why; -ECANCELED, -EPIPE and -ESRCH mean that nobody
 *	waited any more. If somebody did, the connection is ended, or refused.
 *	The client may be closed already, so only @arg of alpc_server_new() is
 *	given.
 * @returned: it has cancelled a request that was made of it with
 *	alpc_send_request(), in place of replying; alpc_message_id() and
 *	alpc_message_cookie() say which
 *
 * Every function runs in a thread of the pool, several at a time, also several
 * for one client; what a client sent is taken up in order, but with more threads
 * than one it is not finished in order. No function is called with a lock held,
 * and each may use everything in this header except alpc_server_run() and
 * alpc_server_free().
 */
struct alpc_server_ops {
	size_t size;
	int (*connect)(struct alpc_client *client,
		       const struct alpc_message *request,
		       struct alpc_message *answer);
	void (*connected)(struct alpc_client *client);
	int (*request)(struct alpc_client *client,
		       const struct alpc_message *request,
		       struct alpc_message *reply);
	void (*datagram)(struct alpc_client *client,
			 const struct alpc_message *datagram);
	void (*reply)(struct alpc_client *client,
		      const struct alpc_message *reply);
	void (*canceled)(struct alpc_client *client, uint64_t id);
	void (*died)(struct alpc_client *client,
		     const struct alpc_message *notice);
	void (*closed)(struct alpc_client *client);
	void (*unanswered)(void *arg, uint64_t id, int error);
	void (*returned)(struct alpc_client *client,
			 const struct alpc_message *notice);
};

/**
 * alpc_server_new() - make a server of a connection port
 * @port: connection port on which nothing was accepted yet. On success it
 *	belongs to the server: only alpc_port_fd() and alpc_port_get_info() may
 *	still be used on it, and other processes must not receive from it. It has no
 *	completion list: the threads of a server receive.
 * @ops: what to do; copied
 * @arg: alpc_client_arg() gives it to the functions of @ops
 * @server: the server; free it with alpc_server_free()
 *
 * Return: 0, -EOPNOTSUPP (not a connection port), -EBUSY (it has a list of
 * alpc_list_create()), -EINVAL, -E2BIG, -ENOMEM.
 */
int alpc_server_new(struct alpc_port *port, const struct alpc_server_ops *ops,
		    void *arg, struct alpc_server **server);

/* struct alpc_server_options.flags */
#define ALPC_SERVER_IN_PLACE	(1U << 0)	/* requests and replies in place */
#define ALPC_SERVER_RANGES	(1U << 1)	/* alpc_message_range() is wanted */
#define ALPC_SERVER_QUICK	(1U << 2)	/* clients may make quick calls */

/**
 * struct alpc_server_options - how a server takes long messages
 * @size: sizeof(struct alpc_server_options)
 * @flags: %ALPC_SERVER_IN_PLACE: what comes in a view is handed to the functions
 *	where it lies, and @reply of a request in a view that has room for one
 *	begins in that room. See "In place" in <alpc/large.h> for what it can be
 *	trusted with. The room for the reply may begin where the request does: once
 *	alpc_message_resize(), alpc_message_fill() or alpc_message_set() was
 *	called on @reply, what @request contains is undefined, except that
 *	alpc_message_set() may copy from it. %ALPC_SERVER_RANGES: see alpc_message_accept_ranges().
 *	%ALPC_SERVER_QUICK: see <alpc/quick.h>.
 * @fd_kinds: which descriptors to take with what is received (ALPC_FD_* bits)
 * @max_request: the longest data that are taken in, in place or not, bytes; 0 for
 *	the default, 1 GiB. Who sends more is disconnected. What comes inline, up
 *	to the port's limit, is always taken.
 * @identity: ALPC_IDENTITY_* parts that alpc_message_get_credentials() is to know
 *	of every message without a system call of its own; 0 for none
 * @quick_ns: for how long a thread looks for the next request of a client that makes
 *	quick calls, if there is nothing else to do, before it sleeps; up to
 *	%ALPC_QUICK_SPIN_MAX, 0 for the default, 200 microseconds
 */
struct alpc_server_options {
	size_t size;
	uint32_t flags;
	uint32_t fd_kinds;
	uint64_t max_request;
	uint32_t identity;
	uint32_t quick_ns;
};

/**
 * alpc_server_new_with() - make a server of a connection port, with options
 * @port: as in alpc_server_new()
 * @ops: likewise
 * @arg: likewise
 * @options: options, or NULL
 * @server: the server; free it with alpc_server_free()
 *
 * Return: as alpc_server_new().
 */
int alpc_server_new_with(struct alpc_port *port,
			 const struct alpc_server_ops *ops, void *arg,
			 const struct alpc_server_options *options,
			 struct alpc_server **server);

/**
 * alpc_server_run() - serve until alpc_server_stop()
 * @server: server
 * @threads: how many threads serve, the calling one among them; 0 for one for
 *	each CPU
 *
 * A request takes one system call: its reply goes out with the call that waits
 * for the next message. Signals are blocked in the threads that are added. A
 * server runs once.
 *
 * Return: 0 when it was stopped; -EBUSY if it has run or runs; -EAGAIN if a
 * thread could not be created; else the first error that kept it from receiving.
 */
int alpc_server_run(struct alpc_server *server, unsigned int threads);

/**
 * alpc_server_reply() - answer a request that its handler left for later
 * @server: server
 * @id: the request
 * @data: data; may be NULL if @len is 0
 * @len: its length in bytes
 *
 * From any thread, at any time before alpc_server_free(): whether the client is
 * still there does not matter, and ids are never used again.
 *
 * Return: as alpc_reply(); -ESRCH also if the client is gone.
 */
int alpc_server_reply(struct alpc_server *server, uint64_t id, const void *data,
		      size_t len);

/**
 * alpc_server_reply_message() - answer such a request with a message
 * @server: server
 * @id: the request
 * @message: as in alpc_reply_message()
 *
 * Return: as alpc_server_reply().
 */
int alpc_server_reply_message(struct alpc_server *server, uint64_t id,
			      struct alpc_message *message);

/**
 * alpc_server_stop() - make alpc_server_run() return
 * @server: server
 *
 * Handlers that run are finished and their replies sent; what waits in the
 * queue is not taken up. For any thread, for a handler, and for a signal handler.
 * A server that is stopped before it runs returns from alpc_server_run() at once.
 * It needs no memory, and does not fail as long as the port is the server's.
 *
 * Return: 0; errors as of %ALPC_IOC_SHUTDOWN: the port's descriptor was closed.
 */
int alpc_server_stop(struct alpc_server *server);

/**
 * alpc_server_free() - end all connections, close the port, free everything
 * @server: server that does not run, or NULL
 *
 * Calls @closed of &struct alpc_server_ops for each client that is still there.
 */
void alpc_server_free(struct alpc_server *server);

/**
 * alpc_client_set_context() - attach what the program keeps about a client
 * @client: client
 * @context: anything; let go of in closed()
 */
void alpc_client_set_context(struct alpc_client *client, void *context);

/**
 * alpc_client_context() - what the program keeps about a client
 * @client: client
 *
 * Return: what alpc_client_set_context() attached, or NULL.
 */
void *alpc_client_context(const struct alpc_client *client);

/**
 * alpc_client_port() - a client's server communication port
 * @client: client
 *
 * Return: the port; it stays the server's, and is closed after closed().
 */
struct alpc_port *alpc_client_port(struct alpc_client *client);

/**
 * alpc_client_server() - the server that it is a client of
 * @client: client
 *
 * Return: the server.
 */
struct alpc_server *alpc_client_server(struct alpc_client *client);

/**
 * alpc_client_arg() - value of the server
 * @client: client
 *
 * Return: @arg of alpc_server_new().
 */
void *alpc_client_arg(const struct alpc_client *client);

#ifdef __cplusplus
}
#endif

#endif /* ALPC_SERVER_H */
