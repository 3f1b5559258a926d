// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_UNIX sockets, STREAM and SEQPACKET; connections of the latter.
 *
 * They are read and written, as the pipes and the eventfds are. That is the
 * dearer way: send(2) and recv(2) save 7 % of a SEQPACKET's round trip.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "message.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* One message must fit the default buffer of a socket (212,992 bytes). */
#define UNIX_MAX_SEQPACKET 131072

static void unix_open(struct channel *ch)
{
	int *end = xcalloc(2, sizeof(*end));

	if (socketpair(AF_UNIX, (int)ch->mech->variant | SOCK_CLOEXEC, 0, end))
		fail_errno("socketpair");
	ch->priv = end;
}

/* Returns the end that belongs to this process, after closing the other. */
static int unix_take_end(struct channel *ch, int mine)
{
	int *end = ch->priv;

	close(end[!mine]);
	end[!mine] = -1;
	return end[mine];
}

static void stream_serve(struct channel *ch)
{
	int fd = unix_take_end(ch, 1);
	bool last;

	do {
		read_all(fd, ch->msg, ch->bytes);
		last = msg_answer(ch->msg, ch->msg, ch->bytes);
		write_all(fd, ch->msg, ch->bytes);
	} while (!last);
}

static void unix_attach(struct channel *ch)
{
	unix_take_end(ch, 0);
}

static const void *stream_call(struct channel *ch)
{
	int fd = *(int *)ch->priv;

	write_all(fd, ch->msg, ch->bytes);
	read_all(fd, ch->msg, ch->bytes);
	return ch->msg;
}

static void seqpacket_send(int fd, const void *buf, size_t bytes)
{
	if (write(fd, buf, bytes) != (ssize_t)bytes)
		fail_errno("write of a packet");
}

static void seqpacket_receive(int fd, void *buf, size_t bytes)
{
	ssize_t n = read(fd, buf, bytes);

	if (n < 0)
		fail_errno("read of a packet");
	if ((size_t)n != bytes)
		fail("a packet of %zd bytes instead of %zu", n, bytes);
}

static void seqpacket_serve(struct channel *ch)
{
	int fd = unix_take_end(ch, 1);
	bool last;

	do {
		seqpacket_receive(fd, ch->msg, ch->bytes);
		last = msg_answer(ch->msg, ch->msg, ch->bytes);
		seqpacket_send(fd, ch->msg, ch->bytes);
	} while (!last);
}

static const void *seqpacket_call(struct channel *ch)
{
	int fd = *(int *)ch->priv;

	seqpacket_send(fd, ch->msg, ch->bytes);
	seqpacket_receive(fd, ch->msg, ch->bytes);
	return ch->msg;
}

static void unix_close(struct channel *ch)
{
	close(*(int *)ch->priv);
	free(ch->priv);
}

struct unix_listener {
	int fd;
	struct sockaddr_un addr;
	socklen_t addr_len;
};

static int seqpacket_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fail_errno("socket");
	return fd;
}

static void *seqpacket_listen(unsigned int connections)
{
	struct unix_listener *l = xcalloc(1, sizeof(*l));
	int n;

	(void)connections;
	l->fd = seqpacket_socket();
	l->addr.sun_family = AF_UNIX;
	/* The leading zero byte makes it an abstract address. */
	n = snprintf(l->addr.sun_path + 1, sizeof(l->addr.sun_path) - 1,
		     "alpc-bench-%d", (int)getpid());
	l->addr_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				  (size_t)n);
	if (bind(l->fd, (struct sockaddr *)&l->addr, l->addr_len) ||
	    listen(l->fd, 1))
		fail_errno("listening on a socket");
	return l;
}

static void seqpacket_connect(void *listener, int end[2])
{
	struct unix_listener *l = listener;

	end[0] = seqpacket_socket();
	if (connect(end[0], (struct sockaddr *)&l->addr, l->addr_len))
		fail_errno("connect");
	end[1] = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
	if (end[1] < 0)
		fail_errno("accept");
}

static void seqpacket_disconnect(void *listener, const int end[2])
{
	(void)listener;
	close(end[0]);
	close(end[1]);
}

static void seqpacket_unlisten(void *listener)
{
	struct unix_listener *l = listener;

	close(l->fd);
	free(l);
}

static const struct connection_ops seqpacket_connection = {
	.listen = seqpacket_listen,
	.connect = seqpacket_connect,
	.disconnect = seqpacket_disconnect,
	.unlisten = seqpacket_unlisten,
};

const struct mechanism mech_unix_stream = {
	.name = "unix-stream",
	.max_bytes = SIZE_MAX,
	.variant = SOCK_STREAM,
	.open = unix_open,
	.serve = stream_serve,
	.attach = unix_attach,
	.call = stream_call,
	.close = unix_close,
};

const struct mechanism mech_unix_seqpacket = {
	.name = "unix-seqpacket",
	.max_bytes = UNIX_MAX_SEQPACKET,
	.variant = SOCK_SEQPACKET,
	.open = unix_open,
	.serve = seqpacket_serve,
	.attach = unix_attach,
	.call = seqpacket_call,
	.close = unix_close,
	.connection = &seqpacket_connection,
};
