// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion ports in poll(2) and epoll(7), and what /proc tells of them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <fcntl.h>
#include <kselftest_harness.h>
#include <poll.h>
#include <sys/epoll.h>

#include "alpc_completion.h"

enum { KEY = 0x6b6579 };

FIXTURE(poll)
{
	int fd;
	int epoll[2];
	struct pair pair;
	struct alpc_packet packet[4];
	struct epoll_event event;
};

FIXTURE_SETUP(poll)
{
	int i;

	self->fd = completion_create(1);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < 2; i++) {
		self->epoll[i] = epoll_create1(EPOLL_CLOEXEC);
		ASSERT_LE(0, self->epoll[i]);
	}
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(poll)
{
	close_fd(&self->epoll[0]);
	close_fd(&self->epoll[1]);
	close_fd(&self->fd);
	pair_close(&self->pair);
}

#define WATCH(i, _events) do { \
	self->event.events = _events; \
	ASSERT_EQ(0, epoll_ctl(self->epoll[i], EPOLL_CTL_ADD, self->fd, &self->event)); \
} while (0)

/* How many events there are now. */
#define EVENTS(i)	epoll_wait(self->epoll[i], &self->event, 1, 0)

TEST_F(poll, tells_of_packets_while_there_are_any)
{
	WATCH(0, EPOLLIN);
	EXPECT_EQ(0, EVENTS(0));
	EXPECT_EQ(0, events_of(self->fd));
	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	EXPECT_EQ(1, EVENTS(0));
	EXPECT_EQ(EPOLLIN, self->event.events);
	EXPECT_EQ(1, EVENTS(0));
	EXPECT_EQ(POLLIN, events_of(self->fd));
	/* Not of those that are taken back. */
	ASSERT_EQ(0, unbind_port(self->pair.port));
	EXPECT_EQ(0, EVENTS(0));
	ASSERT_EQ(0, post(self->fd, 1, 0));
	EXPECT_EQ(1, EVENTS(0));
	ASSERT_EQ(1, wait_packets(self->fd, self->packet, 1, 0));
	EXPECT_EQ(0, EVENTS(0));
}

TEST_F(poll, tells_once_of_each_packet_that_comes)
{
	WATCH(0, EPOLLIN | EPOLLET);
	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	EXPECT_EQ(0, EVENTS(0));
	ASSERT_EQ(0, post(self->fd, 1, 0));
	EXPECT_EQ(1, EVENTS(0));
	EXPECT_EQ(0, EVENTS(0));
	/* The first one is still there. */
	ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	EXPECT_EQ(1, EVENTS(0));
	EXPECT_EQ(0, EVENTS(0));
	/* One that comes back has come: somebody may have looked meanwhile. */
	EXPECT_EQ(-EFAULT, wait_packets(self->fd, (void *)8, 1, 0));
	EXPECT_EQ(1, EVENTS(0));
	EXPECT_EQ(0, EVENTS(0));
	EXPECT_EQ(2, state_of(self->fd).out_packets);
}

struct poller {
	struct worker worker;
	int epoll;
};

static int wait_for_event(void *arg)
{
	struct poller *poller = arg;
	struct epoll_event event;

	return epoll_wait(poller->epoll, &event, 1, -1);
}

TEST_F(poll, wakes_one_of_those_that_want_it_alone)
{
	struct poller poller[2];
	int i, done;

	for (i = 0; i < 2; i++) {
		WATCH(i, EPOLLIN | EPOLLET | EPOLLEXCLUSIVE);
		poller[i].epoll = self->epoll[i];
		ASSERT_EQ(0, worker_start(&poller[i].worker, wait_for_event, &poller[i]));
		ASSERT_EQ(0, thread_blocked_in(getpid(), poller[i].worker.tid, SYS_epoll_wait));
	}
	ASSERT_EQ(0, post(self->fd, 1, 0));
	do {
		done = worker_done(&poller[0].worker) ? 0 :
		       worker_done(&poller[1].worker) ? 1 : -1;
	} while (done < 0);
	EXPECT_EQ(1, worker_join(&poller[done].worker));
	EXPECT_EQ(0, thread_blocked_in(getpid(), poller[!done].worker.tid, SYS_epoll_wait));
	ASSERT_EQ(0, post(self->fd, 2, 0));
	EXPECT_EQ(1, worker_join(&poller[!done].worker));
}

TEST_F(poll, wakes_as_many_of_those_as_there_are_packets)
{
	struct poller poller[2];
	int i;

	for (i = 0; i < 2; i++) {
		WATCH(i, EPOLLIN | EPOLLET | EPOLLEXCLUSIVE);
		poller[i].epoll = self->epoll[i];
		ASSERT_EQ(0, worker_start(&poller[i].worker, wait_for_event, &poller[i]));
		ASSERT_EQ(0, thread_blocked_in(getpid(), poller[i].worker.tid, SYS_epoll_wait));
	}
	ASSERT_EQ(0, post_packets(self->fd, self->packet, 2));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(1, worker_join(&poller[i].worker));
}

/* What a waiting thread is given nobody else is told of. */
TEST_F(poll, comes_after_threads_that_wait)
{
	struct taker taker = { .completion = self->fd, .pipe = -1, .waits = 1 };

	WATCH(0, EPOLLIN | EPOLLET);
	ASSERT_EQ(0, worker_start(&taker.worker, take_and_sleep, &taker));
	ASSERT_EQ(0, worker_blocked(&taker.worker));
	ASSERT_EQ(0, post(self->fd, 1, 0));
	EXPECT_EQ(0, EVENTS(0));
	EXPECT_EQ(0, worker_join(&taker.worker));
	ASSERT_EQ(0, post(self->fd, 2, 0));
	EXPECT_EQ(1, EVENTS(0));
}

TEST_F(poll, fdinfo_tells_its_state)
{
	char path[64], text[1024];

	ASSERT_EQ(0, set_concurrency(self->fd, 5));
	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	ASSERT_EQ(0, post(self->fd, 1, 0));
	ASSERT_EQ(0, post(self->fd, 2, 0));
	ASSERT_EQ(1, wait_packets(self->fd, self->packet, 1, 0));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->fd);
	ASSERT_LT(0, read_file(path, text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "\nalpc-kind:\tcompletion\n"));
	if (has_concurrency())
		EXPECT_NE(NULL, strstr(text, "\nalpc-running:\t1 of 5\n"));
	EXPECT_NE(NULL, strstr(text, "\nalpc-waiting:\t0\n"));
	EXPECT_NE(NULL, strstr(text, "\nalpc-bound:\t1\n"));
	EXPECT_NE(NULL, strstr(text, "\nalpc-packets:\t1\n"));
}

TEST_HARNESS_MAIN
