/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Completion ports, for libalpc: a few threads wait for any number of ports.
 * Programs include <alpc/alpc.h>.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_COMPLETION_H
#define ALPC_COMPLETION_H

#include <stddef.h>
#include <stdint.h>

#include <linux/alpc.h>

#ifdef __cplusplus
extern "C" {
#endif

struct alpc_port;
struct alpc_server;

/* A handle to a completion port; owns its descriptor. */
struct alpc_completion;

/**
 * struct alpc_completion_options - how to create a completion port
 * @size: sizeof(struct alpc_completion_options)
 * @flags: %ALPC_USE_DEVICE
 * @device: an open descriptor of /dev/alpc, for a program that cannot open it
 * @concurrency: how many threads that it has released may run at a time; 0: as
 *	many as there are CPUs
 * @reserved: 0
 */
struct alpc_completion_options {
	size_t size;
	uint32_t flags;
	int device;
	uint32_t concurrency;
	uint32_t reserved;
};

/**
 * alpc_completion_create() - create a completion port
 * @options: options, or NULL
 * @completion: the completion port; close it with alpc_completion_close()
 *
 * Return: 0; -ENOTTY (this kernel's module has none), errors as of
 * %ALPC_IOC_CREATE_COMPLETION and open(2) of /dev/alpc.
 */
int alpc_completion_create(const struct alpc_completion_options *options,
			   struct alpc_completion **completion);

/**
 * alpc_completion_close() - close the descriptor and free the handle
 * @completion: completion port, or NULL
 *
 * Ports that are bound to it are unbound and go on by themselves; its packets are
 * gone. Nothing else may be using the handle.
 */
void alpc_completion_close(struct alpc_completion *completion);

/**
 * alpc_completion_fd() - its descriptor
 * @completion: completion port
 *
 * For poll(2) and epoll(7): readable when there are packets. It stays the handle's.
 *
 * Return: the descriptor.
 */
int alpc_completion_fd(const struct alpc_completion *completion);

/**
 * alpc_completion_bind() - bind a port to a completion port
 * @completion: completion port
 * @port: connection port or client communication port
 * @key: comes with every packet of this port
 *
 * Each message that waits at the port, now and later, makes a packet
 * (%ALPC_PACKET_MESSAGE), unless a thread waits for it at the port itself; the end
 * of a client's connection makes one as well (%ALPC_PACKET_CLOSED). If the port has a
 * list, so does what comes into that once alpc_list_receive() has said -EAGAIN, and
 * from then on, also while one of the threads receives: another one may take the next.
 *
 * Return: 0; -EBUSY (it is bound already), errors as of %ALPC_IOC_BIND.
 */
int alpc_completion_bind(struct alpc_completion *completion,
			 struct alpc_port *port, uint64_t key);

/**
 * alpc_completion_unbind() - unbind a port from its completion port
 * @port: port
 *
 * Its packets that were not taken are dropped; its messages stay.
 *
 * Return: 0; -ENOENT (it is not bound), errors as of %ALPC_IOC_BIND.
 */
int alpc_completion_unbind(struct alpc_port *port);

/**
 * alpc_completion_wait() - wait for packets
 * @completion: completion port
 * @packets: get the packets
 * @count: how many there is room for, 1 to %ALPC_PACKETS_MAX
 * @timeout: how long to wait for the first one; there is no waiting for more
 *
 * The thread that began to wait last is released first. From then on until it waits
 * again it counts as running, and as many may run as the concurrency says;
 * while it sleeps, in whatever system call, it does not count. With a timeout of 0
 * it is not held up by that.
 *
 * A packet says that there was a message. Another thread may have received it: so
 * receive with a timeout of 0, once for each packet, or until -EAGAIN. What is left
 * then has packets of its own. From a port that has a list receive until -EAGAIN: it
 * makes no other packet before.
 *
 * Return: how many packets there are, at least 1; -EAGAIN, -ETIMEDOUT, -EINTR, and
 * errors as of %ALPC_IOC_WAIT_PACKETS.
 */
int alpc_completion_wait(struct alpc_completion *completion,
			 struct alpc_packet *packets, unsigned int count,
			 int64_t timeout);

/**
 * alpc_completion_post() - post packets
 * @completion: completion port
 * @packets: the packets: key and data are the program's, type is 0
 * @count: how many, 1 to %ALPC_PACKETS_MAX
 *
 * They come as %ALPC_PACKET_POSTED. Safe in a signal handler.
 *
 * Return: 0; else none was posted: -EDQUOT (too many wait), errors as of
 * %ALPC_IOC_POST_PACKETS.
 */
int alpc_completion_post(struct alpc_completion *completion,
			 const struct alpc_packet *packets, unsigned int count);

/**
 * alpc_completion_set_concurrency() - how many released threads may run
 * @completion: completion port
 * @concurrency: as in &struct alpc_completion_options
 *
 * Return: 0; errors as of %ALPC_IOC_SET_COMPLETION.
 */
int alpc_completion_set_concurrency(struct alpc_completion *completion,
				    uint32_t concurrency);

/**
 * alpc_completion_get_info() - state of a completion port
 * @completion: completion port
 * @info: filled in; the program has set @info->size, and the rest to 0
 *
 * Return: 0; errors as of %ALPC_IOC_SET_COMPLETION.
 */
int alpc_completion_get_info(const struct alpc_completion *completion,
			     struct alpc_set_completion *info);

/**
 * struct alpc_serve_options - how to serve through a completion port
 * @size: sizeof(struct alpc_serve_options)
 * @threads: how many threads serve, the calling one among them; 0 for one for
 *	each CPU
 * @packet: gets every packet that is not about one of the servers: of ports that the
 *	program has bound, and posted ones. Runs in one of the threads. NULL: such
 *	packets are dropped.
 * @arg: for @packet
 */
struct alpc_serve_options {
	size_t size;
	uint32_t threads;
	void (*packet)(void *arg, const struct alpc_packet *packet);
	void *arg;
};

/**
 * alpc_completion_serve() - serve several servers with the same threads
 * @completion: completion port; the library binds the ports of the servers to it,
 *	with keys that are their addresses: keys of the program's own are other ones
 * @servers: servers that have not run
 * @count: how many, at least 1
 * @options: options, or NULL
 *
 * In place of alpc_server_run() of each of them; the functions of &struct
 * alpc_server_ops are called in the same way. It returns when all of them have been
 * stopped (alpc_server_stop()). With more threads than the concurrency, a handler that
 * sleeps lets another thread go on.
 *
 * These threads wait for packets and look at no page: quick calls to such a server are
 * made like any other, %ALPC_SERVER_QUICK or not.
 *
 * Return: 0 when all were stopped; -EBUSY if one of them has run, runs, or is
 * bound; -EINVAL; -EAGAIN if a thread could not be created; else the first error that
 * kept a thread from receiving.
 */
int alpc_completion_serve(struct alpc_completion *completion,
			  struct alpc_server *const *servers, unsigned int count,
			  const struct alpc_serve_options *options);

#ifdef __cplusplus
}
#endif

#endif /* ALPC_COMPLETION_H */
