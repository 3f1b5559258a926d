// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll(2) and epoll(7): readable, writable and hung up, for each kind of port,
 * exactly when it is so.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "alpc_thread.h"

/* How many messages, and bytes, fit into either queue. */
enum { QUEUE = 4, BYTES = 400 };

FIXTURE(poll)
{
	struct pair pair;
	struct alpc_msg msg;
	char buf[ALPC_DATA_DEFAULT];
};

FIXTURE_SETUP(poll)
{
	const struct alpc_create_port options = { .queue_messages = QUEUE, .queue_bytes = BYTES };

	ASSERT_EQ(0, pair_open(&self->pair, &options));
}

FIXTURE_TEARDOWN(poll)
{
	pair_close(&self->pair);
}

/* What poll() says at once. */
static int events(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&pollfd, 1, 0) < 0 ? -errno : pollfd.revents;
}

#define IS_READABLE(fd)	(events(fd) & POLLIN)
#define IS_WRITABLE(fd)	(events(fd) & POLLOUT)
#define IS_HUNG_UP(fd)	(events(fd) & POLLHUP)

/* --- readable ------------------------------------------------------------- */

TEST_F(poll, readable_as_long_as_a_message_is_there)
{
	const int ports[] = { self->pair.port, self->pair.client };
	const int senders[] = { self->pair.client, self->pair.server };
	unsigned int end;

	for (end = 0; end < ARRAY_SIZE(ports); end++) {
		EXPECT_FALSE(IS_READABLE(ports[end]));
		ASSERT_EQ(0, alpc_send(senders[end], "1", 1));
		ASSERT_EQ(0, alpc_send(senders[end], "2", 1));
		EXPECT_TRUE(IS_READABLE(ports[end]));
		EXPECT_FALSE(IS_READABLE(senders[end]));
		ASSERT_EQ(-EMSGSIZE, alpc_receive_nowait(ports[end], &self->msg, NULL, 0));
		EXPECT_TRUE(IS_READABLE(ports[end]));
		TAKE(ALPC_DATAGRAM, ports[end], &self->msg, self->buf);
		EXPECT_TRUE(IS_READABLE(ports[end]));
		TAKE(ALPC_DATAGRAM, ports[end], &self->msg, self->buf);
		EXPECT_FALSE(IS_READABLE(ports[end]));
	}
	EXPECT_FALSE(IS_HUNG_UP(self->pair.port));
	EXPECT_FALSE(IS_HUNG_UP(self->pair.client));
	EXPECT_FALSE(IS_HUNG_UP(self->pair.server));
}

TEST_F(poll, every_type_of_message_is_readable)
{
	struct transfer_worker caller;
	int client, server;
	char in[16];

	client = alpc_connect_async(self->pair.name);
	ASSERT_LE(0, client);
	EXPECT_FALSE(IS_READABLE(client));
	EXPECT_FALSE(IS_WRITABLE(client));
	EXPECT_TRUE(IS_READABLE(self->pair.port));
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_FALSE(IS_READABLE(self->pair.port));
	server = alpc_accept_id(self->pair.port, self->msg.id, 1);
	ASSERT_LE(0, server);
	EXPECT_TRUE(IS_READABLE(client));
	EXPECT_TRUE(IS_WRITABLE(client));
	TAKE(ALPC_CONNECTION_REPLY, client, &self->msg, self->buf);
	EXPECT_FALSE(IS_READABLE(client));

	ASSERT_EQ(0, alpc_request_async(client, "q", 1, 1, 0, NULL));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_TRUE(IS_READABLE(client));
	TAKE(ALPC_REPLY, client, &self->msg, self->buf);
	EXPECT_FALSE(IS_READABLE(client));

	/* A call that is cancelled; its reply goes to no queue. */
	transfer_init(&caller.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&caller.transfer, ALPC_SEND_REQUEST, 0, "call", 4);
	transfer_receive(&caller.transfer, in, sizeof(in));
	ASSERT_EQ(0, worker_transfer(&caller, client));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_FALSE(IS_READABLE(self->pair.port));
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_EQ(0, worker_join(&caller.worker));
	EXPECT_FALSE(IS_READABLE(client));

	close(client);
	EXPECT_TRUE(IS_READABLE(self->pair.port));
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	EXPECT_FALSE(IS_READABLE(self->pair.port));
	close(server);
}

/* --- writable ------------------------------------------------------------- */

/* A client whose queue is as small as the port's. */
static int connect_small(struct pair *pair, int *client)
{
	struct alpc_connect connect = connect_args(pair->name);
	struct alpc_msg msg;

	connect.flags = ALPC_CONNECT_ASYNC;
	connect.queue_messages = QUEUE;
	connect.queue_bytes = BYTES;
	*client = alpc_connect_with(&connect);
	if (*client < 0 || alpc_receive_nowait(pair->port, &msg, NULL, 0))
		return -1;
	return alpc_accept_id(pair->port, msg.id, 0);
}

/* Writable is what a send that does not sleep will do, one way or the other. */
TEST_F(poll, writable_as_long_as_there_is_room)
{
	const __u32 lengths[] = { 1, BYTES / 3 };
	unsigned int way, i, n;
	int client, server;

	server = connect_small(&self->pair, &client);
	ASSERT_LE(0, server);
	TAKE(ALPC_CONNECTION_REPLY, client, &self->msg, self->buf);
	for (way = 0; way < 2; way++) {
		int sender = way ? server : client;
		int receiver = way ? client : self->pair.port;

		for (i = 0; i < ARRAY_SIZE(lengths); i++) {
			__u32 len = lengths[i];

			for (n = 0; IS_WRITABLE(sender); n++)
				ASSERT_EQ(0, alpc_send_nowait(sender, self->buf, len));
			/* Three of the long ones leave one byte of room. */
			EXPECT_EQ(4, n);
			EXPECT_EQ(-EAGAIN, alpc_send_nowait(sender, self->buf, len));
			TAKE(ALPC_DATAGRAM, receiver, &self->msg, self->buf);
			EXPECT_TRUE(IS_WRITABLE(sender));
			ASSERT_EQ(0, alpc_send_nowait(sender, self->buf, len));
			EXPECT_FALSE(IS_WRITABLE(sender));
			while (n--)
				TAKE(ALPC_DATAGRAM, receiver, &self->msg, self->buf);
		}
		EXPECT_TRUE(IS_WRITABLE(sender));
	}
	close(client);
	close(server);
}

/* --- hang-up -------------------------------------------------------------- */

TEST_F(poll, hung_up_once_the_other_end_is_gone)
{
	int client[4], server[4], i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, i, &client[i],
					  &server[i]));
	close(client[0]);
	EXPECT_TRUE(IS_HUNG_UP(server[0]));
	ASSERT_EQ(0, alpc_disconnect(client[1]));
	EXPECT_TRUE(IS_HUNG_UP(server[1]));
	EXPECT_TRUE(IS_HUNG_UP(client[1]));

	/* What was sent before is still there to be read. */
	ASSERT_EQ(0, alpc_send(server[2], "last", 4));
	close(server[2]);
	EXPECT_TRUE(IS_HUNG_UP(client[2]));
	EXPECT_TRUE(IS_READABLE(client[2]));
	TAKE(ALPC_DATAGRAM, client[2], &self->msg, self->buf);
	EXPECT_TRUE(IS_HUNG_UP(client[2]));
	EXPECT_EQ(-EPIPE, alpc_receive_nowait(client[2], &self->msg, self->buf, 1));
	ASSERT_EQ(0, alpc_disconnect(server[3]));
	EXPECT_TRUE(IS_HUNG_UP(client[3]));
	EXPECT_TRUE(IS_HUNG_UP(server[3]));

	/* Others do not notice, and the connection port never hangs up. */
	EXPECT_FALSE(IS_HUNG_UP(self->pair.client));
	EXPECT_FALSE(IS_HUNG_UP(self->pair.server));
	EXPECT_FALSE(IS_HUNG_UP(self->pair.port));
	close_fd(&self->pair.port);
	EXPECT_TRUE(IS_HUNG_UP(self->pair.client));
	EXPECT_TRUE(IS_HUNG_UP(self->pair.server));
	for (i = 0; i < 4; i++) {
		if (i)
			close(client[i]);
		if (i != 2)
			close(server[i]);
	}
}

TEST_F(poll, refused_and_reset_connects_can_be_read)
{
	int refused = alpc_connect_async(self->pair.name);
	int reset = alpc_connect_async(self->pair.name);

	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, alpc_refuse(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_TRUE(IS_READABLE(refused));
	EXPECT_FALSE(IS_READABLE(reset));
	TAKE(ALPC_CONNECTION_REFUSED, refused, &self->msg, self->buf);
	EXPECT_TRUE(IS_HUNG_UP(refused));
	close_fd(&self->pair.port);
	EXPECT_TRUE(events(reset) & (POLLIN | POLLHUP));
	EXPECT_EQ(-ECONNRESET, alpc_receive_nowait(reset, &self->msg, self->buf, 1));
	close(refused);
	close(reset);
}

/* --- being woken ---------------------------------------------------------- */

struct poller {
	struct worker worker;
	int epoll;	/* -1: poll() */
	int fd;
	int wanted;
	int got;
};

static int wait_for_events(void *arg)
{
	struct poller *poller = arg;
	struct pollfd pollfd = { .fd = poller->fd, .events = poller->wanted };
	struct epoll_event event = {};
	int n;

	if (poller->epoll < 0) {
		n = poll(&pollfd, 1, -1);
		poller->got = pollfd.revents;
	} else {
		n = epoll_wait(poller->epoll, &event, 1, -1);
		poller->got = event.events;
	}
	return n < 0 ? -errno : n;
}

FIXTURE(woken)
{
	struct pair pair;
	struct poller poller;
	struct alpc_msg msg;
	char buf[ALPC_DATA_DEFAULT];
};

FIXTURE_VARIANT(woken)
{
	bool epoll;
	int flags;
};

FIXTURE_VARIANT_ADD(woken, from_poll) { .epoll = false };
FIXTURE_VARIANT_ADD(woken, from_epoll_level) { .epoll = true, .flags = 0 };
FIXTURE_VARIANT_ADD(woken, from_epoll_edge) { .epoll = true, .flags = EPOLLET };
FIXTURE_VARIANT_ADD(woken, from_epoll_oneshot) { .epoll = true, .flags = EPOLLONESHOT };
FIXTURE_VARIANT_ADD(woken, from_epoll_exclusive) { .epoll = true, .flags = EPOLLEXCLUSIVE };

FIXTURE_SETUP(woken)
{
	const struct alpc_create_port options = { .queue_messages = QUEUE };

	ASSERT_EQ(0, pair_open(&self->pair, &options));
	self->poller.epoll = variant->epoll ? epoll_create1(EPOLL_CLOEXEC) : -1;
}

FIXTURE_TEARDOWN(woken)
{
	close_fd(&self->poller.epoll);
	pair_close(&self->pair);
}

#define START_POLLER(self, descriptor, what) do { \
	struct epoll_event __event = { .events = (what) | variant->flags }; \
\
	(self)->poller.fd = (descriptor); \
	(self)->poller.wanted = (what); \
	if (variant->epoll) { \
		ASSERT_EQ(0, epoll_ctl((self)->poller.epoll, EPOLL_CTL_ADD, (self)->poller.fd, \
				       &__event)); \
	} \
	ASSERT_EQ(0, worker_start(&(self)->poller.worker, wait_for_events, &(self)->poller)); \
	ASSERT_EQ(0, thread_blocked_in(getpid(), (self)->poller.worker.tid, \
				       variant->epoll ? SYS_epoll_wait : SYS_poll)); \
} while (0)

TEST_F(woken, by_a_message_at_the_connection_port)
{
	START_POLLER(self, self->pair.port, POLLIN);
	ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	EXPECT_EQ(1, worker_join(&self->poller.worker));
	EXPECT_EQ(POLLIN, self->poller.got);
}

TEST_F(woken, by_a_message_at_a_client_port)
{
	START_POLLER(self, self->pair.client, POLLIN);
	ASSERT_EQ(0, alpc_send(self->pair.server, "x", 1));
	EXPECT_EQ(1, worker_join(&self->poller.worker));
	EXPECT_EQ(POLLIN, self->poller.got);
}

/* Nobody had tried to send in vain before. */
TEST_F(woken, by_room_in_a_full_queue)
{
	int i;

	for (i = 0; i < QUEUE; i++)
		ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	START_POLLER(self, self->pair.client, POLLOUT);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(1, worker_join(&self->poller.worker));
	EXPECT_EQ(POLLOUT, self->poller.got);
	EXPECT_EQ(0, alpc_send_nowait(self->pair.client, "x", 1));
}

/* Room in the queue of a client, for its server. */
TEST_F(woken, by_room_at_a_client)
{
	int n = 0;

	while (!alpc_send_nowait(self->pair.server, "x", 1))
		n++;
	START_POLLER(self, self->pair.server, POLLOUT);
	TAKE(ALPC_DATAGRAM, self->pair.client, &self->msg, self->buf);
	EXPECT_EQ(1, worker_join(&self->poller.worker));
	EXPECT_EQ(POLLOUT, self->poller.got);
	EXPECT_LT(0, n);
}

TEST_F(woken, by_hang_up_of_a_client_port)
{
	START_POLLER(self, self->pair.client, POLLIN);
	close_fd(&self->pair.server);
	EXPECT_EQ(1, worker_join(&self->poller.worker));
	EXPECT_EQ(POLLHUP, self->poller.got & POLLHUP);
}

TEST_F(woken, by_hang_up_of_a_server_port)
{
	START_POLLER(self, self->pair.server, POLLIN);
	close_fd(&self->pair.client);
	EXPECT_EQ(1, worker_join(&self->poller.worker));
	EXPECT_EQ(POLLHUP, self->poller.got & POLLHUP);
}

TEST_F(woken, by_the_end_of_the_connection_port)
{
	START_POLLER(self, self->pair.client, POLLIN);
	close_fd(&self->pair.port);
	EXPECT_EQ(1, worker_join(&self->poller.worker));
	EXPECT_EQ(POLLHUP, self->poller.got & POLLHUP);
}

/* Once for each message if it is the edge, as often as asked if the level. */
TEST_F(woken, as_often_as_the_mode_says)
{
	const bool once = variant->flags & (EPOLLET | EPOLLONESHOT);
	struct epoll_event event;
	int epoll = self->poller.epoll;

	START_POLLER(self, self->pair.port, POLLIN);
	ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	EXPECT_EQ(1, worker_join(&self->poller.worker));
	if (epoll < 0)
		return;
	EXPECT_EQ(once ? 0 : 1, epoll_wait(epoll, &event, 1, 0));
	ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	EXPECT_EQ(variant->flags & EPOLLONESHOT ? 0 : 1, epoll_wait(epoll, &event, 1, 0));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(0, epoll_wait(epoll, &event, 1, 0));
}

TEST_HARNESS_MAIN
