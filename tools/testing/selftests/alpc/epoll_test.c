// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll(2) and epoll(7) under load: with many ports and many threads, who waits
 * for something that is there is woken, and what is gone is not reported.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "alpc_thread.h"

enum { QUEUE = 4, THREADS = 3, MESSAGES = 300 };

FIXTURE(load)
{
	struct pair pair;
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_SETUP(load)
{
	const struct alpc_create_port options = { .queue_messages = QUEUE };

	ASSERT_EQ(0, pair_open(&self->pair, &options));
}

FIXTURE_TEARDOWN(load)
{
	pair_close(&self->pair);
}

/* --- many threads that wait for messages ---------------------------------- */

struct waiter {
	struct worker worker;
	int fd;
	int epoll;	/* -1: poll() */
	int received;
};

/* Wait, and take what is there; a message without data ends it. */
static int wait_and_receive(void *arg)
{
	struct waiter *waiter = arg;
	struct pollfd pollfd = { .fd = waiter->fd, .events = POLLIN };
	struct epoll_event event;
	struct alpc_msg msg;
	char buf[16];
	int err, n;

	for (;;) {
		if (waiter->epoll < 0)
			n = poll(&pollfd, 1, -1);
		else
			n = epoll_wait(waiter->epoll, &event, 1, -1);
		if (n != 1)
			return -EPROTO;
		for (;;) {
			err = alpc_receive_nowait(waiter->fd, &msg, buf, sizeof(buf));
			if (err)
				break;
			if (!msg.len)
				return 0;
			waiter->received++;
		}
		if (err != -EAGAIN)
			return err;
	}
}

FIXTURE(waiters)
{
	struct pair pair;
	struct waiter waiter[THREADS];
	int epoll[THREADS];
};

FIXTURE_VARIANT(waiters)
{
	bool epoll;
	bool shared;	/* one epoll for all threads */
	int flags;
};

FIXTURE_VARIANT_ADD(waiters, poll) { .epoll = false };
FIXTURE_VARIANT_ADD(waiters, level) { .epoll = true };
FIXTURE_VARIANT_ADD(waiters, level_shared) { .epoll = true, .shared = true };
FIXTURE_VARIANT_ADD(waiters, exclusive) { .epoll = true, .flags = EPOLLEXCLUSIVE };
FIXTURE_VARIANT_ADD(waiters, edge) { .epoll = true, .flags = EPOLLET };

FIXTURE_SETUP(waiters)
{
	int i;

	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	for (i = 0; i < THREADS; i++) {
		struct epoll_event event = { .events = EPOLLIN | variant->flags };

		self->epoll[i] = -1;
		if (!variant->epoll)
			continue;
		self->epoll[i] = variant->shared && i ? dup(self->epoll[0]) :
							epoll_create1(EPOLL_CLOEXEC);
		ASSERT_LE(0, self->epoll[i]);
		if (!variant->shared || !i) {
			ASSERT_EQ(0, epoll_ctl(self->epoll[i], EPOLL_CTL_ADD, self->pair.port,
					       &event));
		}
	}
}

FIXTURE_TEARDOWN(waiters)
{
	int i;

	for (i = 0; i < THREADS; i++)
		close_fd(&self->epoll[i]);
	pair_close(&self->pair);
}

/*
 * Have one thread wait as @first says and the others poll, and send MESSAGES, and an
 * end for each: how many they have received, or a negative errno. If one slept while
 * a message was there this would not end.
 */
static int receive_by_all(FIXTURE_DATA(waiters) *self, int (*first)(void *))
{
	int i, err = 0, received = 0;

	for (i = 0; i < THREADS && !err; i++) {
		self->waiter[i] = (struct waiter){ .fd = self->pair.port,
						   .epoll = self->epoll[i] };
		err = worker_start(&self->waiter[i].worker, i ? wait_and_receive : first,
				   &self->waiter[i]);
	}
	for (i = 0; i < MESSAGES && !err; i++)
		err = alpc_send(self->pair.client, "x", 1);
	for (i = 0; i < THREADS && !err; i++)
		err = alpc_send(self->pair.client, NULL, 0);
	for (i = 0; i < THREADS && !err; i++) {
		err = worker_join(&self->waiter[i].worker);
		received += self->waiter[i].received;
	}
	return err ?: received;
}

TEST_F(waiters, take_every_message_and_find_the_end)
{
	struct pollfd pollfd = { .fd = self->pair.port, .events = POLLIN };

	EXPECT_EQ(MESSAGES, receive_by_all(self, wait_and_receive));
	NOTHING(self->pair.port);
	EXPECT_EQ(0, poll(&pollfd, 1, 0));
}

/* Beside those that poll, one that sleeps in the receiving call itself. */
static int just_receive(void *arg)
{
	struct waiter *waiter = arg;
	struct alpc_msg msg;
	char buf[16];
	int err;

	while (!(err = alpc_receive(waiter->fd, &msg, buf, sizeof(buf))) && msg.len)
		waiter->received++;
	return err;
}

TEST_F(waiters, share_the_messages_with_a_receiver)
{
	EXPECT_EQ(MESSAGES, receive_by_all(self, just_receive));
	NOTHING(self->pair.port);
}

/* --- many that wait for room ---------------------------------------------- */

static int wait_and_send(void *arg)
{
	struct waiter *waiter = arg;
	struct pollfd pollfd = { .fd = waiter->fd, .events = POLLOUT };
	struct epoll_event event = { .events = EPOLLOUT | EPOLLET };
	int i, n, err;

	if (waiter->epoll >= 0 && epoll_ctl(waiter->epoll, EPOLL_CTL_ADD, waiter->fd, &event))
		return -errno;
	for (i = 0; i < MESSAGES; ) {
		err = alpc_send_nowait(waiter->fd, "x", 1);
		i += !err;
		if (!err)
			continue;
		if (err != -EAGAIN)
			return err;
		if (waiter->epoll < 0)
			n = poll(&pollfd, 1, -1);
		else
			n = epoll_wait(waiter->epoll, &event, 1, -1);
		if (n != 1)
			return -EPROTO;
	}
	return 0;
}

/* By poll() and by the edge, from two clients, to a queue that is always full. */
TEST_F(load, senders_wait_for_room)
{
	struct waiter waiter[THREADS];
	int i, client, server;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 1, &client, &server));
	for (i = 0; i < THREADS; i++) {
		waiter[i] = (struct waiter){
			.fd = i & 1 ? client : self->pair.client,
			.epoll = i ? epoll_create1(EPOLL_CLOEXEC) : -1,
		};
		ASSERT_EQ(0, worker_start(&waiter[i].worker, wait_and_send, &waiter[i]));
	}
	for (i = 0; i < THREADS * MESSAGES; i++)
		AWAIT(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	for (i = 0; i < THREADS; i++) {
		EXPECT_EQ(0, worker_join(&waiter[i].worker));
		close_fd(&waiter[i].epoll);
	}
	NOTHING(self->pair.port);
	close(client);
	close(server);
}

/* --- many ports ----------------------------------------------------------- */

static int wait_for_room(void *arg)
{
	struct waiter *waiter = arg;
	struct epoll_event event;

	return epoll_wait(waiter->epoll, &event, 1, -1);
}

/* Also those that ask to be woken alone: the others poll another port. */
TEST_F(load, room_is_told_to_every_client)
{
	struct epoll_event out = { .events = EPOLLOUT | EPOLLEXCLUSIVE };
	struct waiter waiter[2] = { { .fd = self->pair.client } };
	int i, server, sent = 0;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 1, &waiter[1].fd, &server));
	for (i = 0; i < 2; i++) {
		while (!alpc_send_nowait(waiter[i].fd, "x", 1))
			sent++;
		waiter[i].epoll = epoll_create1(EPOLL_CLOEXEC);
		ASSERT_EQ(0, epoll_ctl(waiter[i].epoll, EPOLL_CTL_ADD, waiter[i].fd, &out));
		ASSERT_EQ(0, worker_start(&waiter[i].worker, wait_for_room, &waiter[i]));
		ASSERT_EQ(0, thread_blocked_in(getpid(), waiter[i].worker.tid, SYS_epoll_wait));
	}
	while (sent--)
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(1, worker_join(&waiter[i].worker));
		close(waiter[i].epoll);
	}
	close(waiter[1].fd);
	close(server);
}

TEST_F(load, each_of_many_clients_is_reported_for_itself)
{
	enum { CLIENTS = 200 };
	struct epoll_event event[CLIENTS] = {}, add = {};
	int client[CLIENTS], server[CLIENTS];
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	unsigned int i, n;

	for (i = 0; i < CLIENTS; i++) {
		ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, i, &client[i],
					  &server[i]));
		add.events = EPOLLIN;
		add.data.u32 = i;
		ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, client[i], &add));
	}
	EXPECT_EQ(0, epoll_wait(epoll, event, CLIENTS, 0));
	for (i = 0; i < CLIENTS; i += 7)
		ASSERT_EQ(0, alpc_send(server[i], &i, sizeof(i)));
	for (i = 3; i < CLIENTS; i += 7)
		ASSERT_EQ(0, alpc_disconnect(server[i]));
	EXPECT_EQ((CLIENTS + 6) / 7 + (CLIENTS + 3) / 7, epoll_wait(epoll, event, CLIENTS, 0));
	for (n = 0; n < (CLIENTS + 6) / 7 + (CLIENTS + 3) / 7; n++) {
		i = event[n].data.u32;
		EXPECT_TRUE(i % 7 == 0 || i % 7 == 3);
		if (i % 7 == 3) {
			EXPECT_TRUE(event[n].events & EPOLLHUP);
			close_fd(&client[i]);
		} else {
			EXPECT_EQ(EPOLLIN, event[n].events);
			TAKE(ALPC_DATAGRAM, client[i], &self->msg, self->buf);
			EXPECT_EQ(0, memcmp(self->buf, &i, sizeof(i)));
		}
	}
	EXPECT_EQ(0, epoll_wait(epoll, event, CLIENTS, 0));
	for (i = 0; i < CLIENTS; i++) {
		close_fd(&client[i]);
		close(server[i]);
	}
	EXPECT_EQ(0, epoll_wait(epoll, event, CLIENTS, 0));
	close(epoll);
}

/* --- closed while it is polled -------------------------------------------- */

static int poll_one(void *arg)
{
	struct waiter *waiter = arg;
	struct pollfd pollfd = { .fd = waiter->fd, .events = POLLIN };
	int n = poll(&pollfd, 1, -1);

	waiter->received = pollfd.revents;
	return n;
}

/* poll() holds the file, but not the number: the port goes when it returns. */
TEST_F(load, abuse_19_closed_while_a_thread_polls)
{
	struct waiter waiter = { .fd = self->pair.client };

	ASSERT_EQ(0, worker_start(&waiter.worker, poll_one, &waiter));
	ASSERT_EQ(0, thread_blocked_in(getpid(), waiter.worker.tid, SYS_poll));
	close_fd(&self->pair.client);
	ASSERT_EQ(0, alpc_send(self->pair.server, "x", 1));
	EXPECT_EQ(1, worker_join(&waiter.worker));
	EXPECT_EQ(POLLNVAL, waiter.received);
	AWAIT(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
}

/* epoll does not hold it. */
TEST_F(load, closed_while_it_is_in_an_epoll)
{
	struct waiter waiter = { .epoll = epoll_create1(EPOLL_CLOEXEC) };
	struct epoll_event event = { .events = EPOLLIN };
	int client, server;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 1, &client, &server));
	waiter.fd = client;
	ASSERT_EQ(0, epoll_ctl(waiter.epoll, EPOLL_CTL_ADD, client, &event));
	ASSERT_EQ(0, epoll_ctl(waiter.epoll, EPOLL_CTL_ADD, self->pair.client, &event));
	ASSERT_EQ(0, worker_start(&waiter.worker, wait_and_receive, &waiter));
	ASSERT_EQ(0, thread_blocked_in(getpid(), waiter.worker.tid, SYS_epoll_wait));
	close_fd(&self->pair.client);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(self->pair.context, self->msg.context);
	ASSERT_EQ(0, alpc_send(server, NULL, 0));
	EXPECT_EQ(0, worker_join(&waiter.worker));
	close_fd(&waiter.epoll);
	close(client);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	close(server);
}

TEST_HARNESS_MAIN
