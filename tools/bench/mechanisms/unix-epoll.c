// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_UNIX SEQPACKET: a server of many clients. Each thread has an epoll instance
 * with its part of the connections, and reads one packet of each that has some.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "service.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "message.h"

#define EVENTS		64
#define BACKLOG		4096

/**
 * struct epoll_server - what the threads of a server share
 * @listener: the socket that clients connect to, in the first thread's instance
 * @next: counts connections, which go to the threads in turn
 * @epoll: the instance of each thread
 */
struct epoll_server {
	int listener;
	unsigned int next;
	int epoll[];
};

static int new_socket(int flags)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		fail_errno("socket");
	return fd;
}

/* An abstract address: its first byte is 0. Returns its length. */
static socklen_t address_of(const struct service *s, struct sockaddr_un *addr)
{
	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)snprintf(addr->sun_path + 1,
					    sizeof(addr->sun_path) - 1, "%s",
					    s->name));
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		fail_errno("epoll_ctl");
}

static void epoll_listen(struct service *s)
{
	struct epoll_server *p;
	struct sockaddr_un addr;
	socklen_t len = address_of(s, &addr);
	unsigned int i;

	p = xcalloc(1, sizeof(*p) + s->threads * sizeof(p->epoll[0]));
	p->listener = new_socket(SOCK_NONBLOCK);
	if (bind(p->listener, (struct sockaddr *)&addr, len) ||
	    listen(p->listener, BACKLOG))
		fail_errno("listening on a socket");
	for (i = 0; i < s->threads; i++) {
		p->epoll[i] = epoll_create1(EPOLL_CLOEXEC);
		if (p->epoll[i] < 0)
			fail_errno("epoll_create1");
	}
	watch(p->epoll[0], p->listener);
	s->priv = p;
}

static void accept_client(struct service *s, struct epoll_server *p)
{
	int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		fail_errno("accept");
	watch(p->epoll[p->next++ % s->threads], fd);
}

static void answer_client(struct service *s, int fd, void *msg)
{
	ssize_t n = read(fd, msg, s->bytes);
	uint64_t id;

	/* A client is gone, maybe with packets that it had not read. */
	if (!n || (n < 0 && errno == ECONNRESET)) {
		close(fd);
		return;
	}
	if (n < 0)
		fail_errno("read of a packet");
	if ((size_t)n != s->bytes)
		fail("a packet of %zd bytes instead of %zu", n, s->bytes);
	id = msg_take(msg, s->bytes);
	if (id & MSG_ONEWAY)
		return;
	msg_write(msg, s->bytes, id | MSG_REPLY);
	if (send(fd, msg, s->bytes, MSG_NOSIGNAL) != (ssize_t)s->bytes &&
	    errno != EPIPE)
		fail_errno("sending a packet");
}

static void epoll_serve(struct service *s, unsigned int thread)
{
	struct epoll_server *p = s->priv;
	void *msg = xcalloc(1, s->bytes);
	struct epoll_event event[EVENTS];
	int i, n;

	for (;;) {
		n = epoll_wait(p->epoll[thread], event, EVENTS, -1);
		if (n < 0)
			fail_errno("epoll_wait");
		for (i = 0; i < n; i++)
			if (event[i].data.fd == p->listener)
				accept_client(s, p);
			else
				answer_client(s, event[i].data.fd, msg);
	}
}

static void epoll_connect(struct service *s, struct client *client)
{
	struct sockaddr_un addr;
	socklen_t len = address_of(s, &addr);

	client->fd = new_socket(0);
	if (connect(client->fd, (struct sockaddr *)&addr, len))
		fail_errno("connect");
}

static void epoll_send(struct service *s, struct client *client,
		       const void *msg)
{
	if (write(client->fd, msg, s->bytes) != (ssize_t)s->bytes)
		fail_errno("write of a packet");
}

static unsigned int epoll_receive(struct service *s, struct client *client,
				  void *msg)
{
	ssize_t n = read(client->fd, msg, s->bytes);

	if (n < 0)
		fail_errno("read of a packet");
	if ((size_t)n != s->bytes)
		fail("a packet of %zd bytes instead of %zu", n, s->bytes);
	return client->tag;
}

static const struct service_ops epoll_service = {
	.listen = epoll_listen,
	.serve = epoll_serve,
	.connect = epoll_connect,
	.send = epoll_send,
	.receive = epoll_receive,
	.post = epoll_send,
};

const struct mechanism mech_unix_epoll = {
	.name = "unix-epoll",
	.service = &epoll_service,
};
