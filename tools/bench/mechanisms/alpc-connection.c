// SPDX-License-Identifier: GPL-2.0-only
/*
 * ALPC: making a connection and ending it, step by step in one thread.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "mechanisms/alpc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Messages that wait at a port which asks for nothing else. */
#define DEFAULT_QUEUE 1024

/* The device is opened once: a process that connects often keeps it open. */
int alpc_device(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/dev/alpc", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fail_errno("opening /dev/alpc (is alpc loaded?)");
	return fd;
}

static int create_port(const char *name, unsigned int flags, size_t bytes,
		       unsigned int max_connections, unsigned int queue)
{
	struct alpc_create_port create = {
		.size = sizeof(create),
		.flags = flags,
		.name = (uintptr_t)name,
		.name_len = (__u32)strlen(name),
		.max_message = bytes > ALPC_DATA_DEFAULT ? (__u32)bytes : 0,
		.max_connections = max_connections,
		.queue_messages = queue,
	};

	if (ioctl(alpc_device(), ALPC_IOC_CREATE_PORT, &create))
		fail_errno("ALPC_IOC_CREATE_PORT");
	return create.out_fd;
}

int port_create(const char *name, unsigned int flags, size_t bytes,
		unsigned int max_connections)
{
	return create_port(name, flags, bytes, max_connections, 0);
}

int port_create_for(const char *name, size_t bytes, unsigned int clients)
{
	return create_port(name, 0, bytes, clients,
			   clients > DEFAULT_QUEUE ? clients : 0);
}

int port_connect(const char *name, unsigned int flags, int64_t timeout)
{
	struct alpc_connect connect = {
		.size = sizeof(connect),
		.flags = flags,
		.name = (uintptr_t)name,
		.name_len = (__u32)strlen(name),
		.timeout = timeout,
	};

	if (ioctl(alpc_device(), ALPC_IOC_CONNECT, &connect))
		fail_errno("ALPC_IOC_CONNECT");
	return connect.out_fd;
}

int port_accept(int port, uint64_t id)
{
	struct alpc_accept accept = { .size = sizeof(accept), .id = id };

	if (ioctl(port, ALPC_IOC_ACCEPT, &accept))
		fail_errno("ALPC_IOC_ACCEPT");
	return accept.out_fd;
}

uint64_t port_take(int port, unsigned int type)
{
	struct alpc_transfer t = {
		.size = sizeof(t),
		.flags = ALPC_TRANSFER_RECEIVE,
		.timeout = ALPC_INFINITE,
	};

	if (ioctl(port, ALPC_IOC_TRANSFER, &t))
		fail_errno("receiving a message of type %u", type);
	if (t.recv.type != type)
		fail("received type %u instead of %u", t.recv.type, type);
	return t.recv.id;
}

struct alpc_listener {
	char name[64];
	int port;
};

static void *alpc_listen(unsigned int connections)
{
	static unsigned int listeners;
	struct alpc_listener *l = xcalloc(1, sizeof(*l));

	snprintf(l->name, sizeof(l->name), "alpc-bench-%d-%u", (int)getpid(), ++listeners);
	l->port = port_create(l->name, 0, 0, connections);
	return l;
}

static void alpc_make(void *listener, int end[2])
{
	struct alpc_listener *l = listener;

	end[0] = port_connect(l->name, ALPC_CONNECT_ASYNC, 0);
	end[1] = port_accept(l->port, port_take(l->port, ALPC_CONNECTION_REQUEST));
	port_take(end[0], ALPC_CONNECTION_REPLY);
}

static void alpc_break(void *listener, const int end[2])
{
	struct alpc_listener *l = listener;

	close(end[0]);
	port_take(l->port, ALPC_PORT_CLOSED);
	close(end[1]);
}

static void send_empty(int port, unsigned int flags, uint64_t id)
{
	struct alpc_transfer t = {
		.size = sizeof(t),
		.flags = ALPC_TRANSFER_SEND,
		.timeout = ALPC_INFINITE,
		.send.flags = (uint16_t)flags,
		.send.id = id,
	};

	if (ioctl(port, ALPC_IOC_TRANSFER, &t))
		fail_errno("sending");
}

/* Of one thread, which does not wait for itself. */
static void alpc_call_once(void *listener, const int end[2])
{
	struct alpc_listener *l = listener;

	send_empty(end[0], ALPC_SEND_REQUEST, 0);
	send_empty(l->port, ALPC_SEND_REPLY, port_take(l->port, ALPC_REQUEST));
	port_take(end[0], ALPC_REPLY);
}

static void alpc_unlisten(void *listener)
{
	struct alpc_listener *l = listener;

	close(l->port);
	free(l);
}

const struct connection_ops alpc_connection = {
	.listen = alpc_listen,
	.connect = alpc_make,
	.call = alpc_call_once,
	.disconnect = alpc_break,
	.unlisten = alpc_unlisten,
};
