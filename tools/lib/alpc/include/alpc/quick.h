/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quick calls of libalpc: request and reply through a shared page. Programs
 * include <alpc/alpc.h>.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_QUICK_H
#define ALPC_QUICK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct alpc_message;
struct alpc_port;

/**
 * DOC: Quick calls
 *
 * A client whose server has set %ALPC_SERVER_QUICK can have a page of memory with
 * it. A request that is written there while a thread of the server looks at the page,
 * on another CPU, is answered without the kernel. Threads of the server look for a
 * while after each request of this client, quick or not, as long as nothing else is
 * to be done.
 *
 * Any call is made like any other where a quick one cannot be: nobody looks, another
 * thread calls just then, the data are too long, there is one CPU. What was written
 * and is not taken up in time is taken back, and called like any other: nothing is
 * done twice.
 *
 * The handler of a server is the same. What is different about a quick request: its
 * sender is who opened (pid and thread) and who connected (credentials), not who
 * calls; and there is nothing beside the data. alpc_callback(), alpc_read_from(),
 * alpc_impersonate() and whatever else names a request to the kernel fail with
 * -ESRCH. A handler that needs such a thing, and has done nothing yet, returns
 * %ALPC_REPLY_ORDINARY.
 *
 * The other side can write anything into the page at any time. It is read once,
 * copied, and then checked. A client sees -EPROTO, or whatever its server could have
 * answered as well, or a timeout; a server ends the connection.
 */

/** ALPC_QUICK_MAX - the longest request and reply that fit into the page, bytes */
#define ALPC_QUICK_MAX	2040

/** ALPC_QUICK_SPIN_MAX - for how long one can look at most, nanoseconds */
#define ALPC_QUICK_SPIN_MAX	1000000U

/* A client's quick calls through one connection. */
struct alpc_quick_calls;

/**
 * struct alpc_quick_options - how to call
 * @size: sizeof(struct alpc_quick_options)
 * @spin_ns: for how long a caller looks for its reply before it sleeps, or, if its
 *	request was not taken up, calls like any other; up to %ALPC_QUICK_SPIN_MAX,
 *	0 for the default, 200 microseconds
 * @reserved: 0
 */
struct alpc_quick_options {
	size_t size;
	uint32_t spin_ns;
	uint32_t reserved;
};

/**
 * alpc_quick_open() - agree on a page with the server
 * @port: client communication port
 * @options: options, or NULL
 * @timeout: how long that may take, as in alpc_call()
 * @quick: the quick calls; close them with alpc_quick_close()
 *
 * One page for each connection: opening again makes the server leave the one before.
 *
 * Return: 0; -EOPNOTSUPP (the server does not want quick calls, or the port has no
 * sections), -ENOTTY (the kernel has none); errors as of %ALPC_IOC_CREATE_SECTION,
 * mmap(2) and alpc_call(). A server that does not use <alpc/server.h> sees a request
 * of 32 bytes that begins with "alpc:quick:call", and whatever it replies is taken
 * for a no.
 */
int alpc_quick_open(struct alpc_port *port,
		    const struct alpc_quick_options *options, int64_t timeout,
		    struct alpc_quick_calls **quick);

/**
 * alpc_quick_close() - give the page back
 * @quick: quick calls in which no thread is, or NULL; before its port is closed
 */
void alpc_quick_close(struct alpc_quick_calls *quick);

/**
 * alpc_quick_call() - call, quickly if possible
 * @quick: quick calls; any number of threads may use them
 * @data: as in alpc_call()
 * @len: likewise
 * @reply: likewise; alpc_message_way() says %ALPC_WAY_QUICK if it was quick
 * @timeout: likewise
 *
 * The handler of a quick call that fails with -ETIMEDOUT or -EINTR is not told; its
 * reply is dropped. Until then all calls are made like any other.
 *
 * Return: as alpc_call(), also -ECANCELED if the server has cancelled it; -EPROTO also
 * if what is in the page makes no sense.
 */
int alpc_quick_call(struct alpc_quick_calls *quick, const void *data, size_t len,
		    struct alpc_message *reply, int64_t timeout);

#ifdef __cplusplus
}
#endif

#endif /* ALPC_QUICK_H */
