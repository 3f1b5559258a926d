// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion lists and several threads: who is woken, and for what.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <sys/epoll.h>

#include "alpc_completion.h"
#include "alpc_list.h"
#include "alpc_vector.h"

enum { SLOTS = 8, LEN = 64 };

FIXTURE(list_wake)
{
	struct pair pair;
	struct ring ring;
	struct alpc_msg *got, msg;
	char buf[LEN + 1];
	int fd;
};

FIXTURE_SETUP(list_wake)
{
	self->fd = -1;
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, list_open(self->pair.port, SLOTS, LEN, &self->ring));
	memset(self->buf, 'x', sizeof(self->buf));
}

FIXTURE_TEARDOWN(list_wake)
{
	list_close(&self->ring);
	close_fd(&self->fd);
	pair_close(&self->pair);
}

#define SEND(text) ASSERT_EQ(0, alpc_send(self->pair.client, text, strlen(text)))
#define SEND_LONG() ASSERT_EQ(0, alpc_send(self->pair.client, self->buf, LEN + 1))

/* --- threads that receive --------------------------------------------------- */

static int receive_one(void *arg)
{
	struct _test_data_list_wake *self = arg;
	struct alpc_msg msg;
	char buf[LEN + 1];

	return alpc_receive(self->pair.port, &msg, buf, sizeof(buf));
}

static int wait_for_one(struct _test_data_list_wake *self, struct worker *worker)
{
	return worker_start(worker, receive_one, self) ?: worker_blocked(worker);
}

/* One message wakes one thread, and what is queued is handed to the other. */
TEST_F(list_wake, one_of_those_that_wait)
{
	struct worker first, second;

	ASSERT_EQ(0, wait_for_one(self, &first));
	ASSERT_EQ(0, wait_for_one(self, &second));
	SEND("a");
	EXPECT_EQ(-ENOMSG, worker_join(&second));
	EXPECT_EQ(0, worker_blocked(&first));
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	SEND_LONG();
	EXPECT_EQ(0, worker_join(&first));
	EXPECT_QUIET(self->pair.port);
}

/* What is queued does not overtake the list, whose message nobody has taken yet. */
TEST_F(list_wake, all_who_wait_if_the_list_is_first)
{
	struct worker worker[3];
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, wait_for_one(self, &worker[i]));
	SEND("a");
	EXPECT_EQ(-ENOMSG, worker_join(&worker[2]));
	SEND_LONG();
	EXPECT_EQ(-ENOMSG, worker_join(&worker[0]));
	EXPECT_EQ(-ENOMSG, worker_join(&worker[1]));
	EXPECT_EQ(1, alpc_queued(self->pair.port));
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(self->got->seq + 1, self->msg.seq);
	EXPECT_QUIET(self->pair.port);
}

static int stay_on_cpu(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus) ? -errno : 0;
}

static int set_priority(int policy, int priority)
{
	const struct sched_param param = { .sched_priority = priority };

	return sched_setscheduler(0, policy, &param) ? -errno : 0;
}

/* A process that is killed just when it is woken leaves it to another one. */
TEST_F(list_wake, another_one_if_the_first_is_killed)
{
	struct child child;
	struct worker other;
	cpu_set_t cpus;

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(cpus), &cpus));
	ASSERT_EQ(0, wait_for_one(self, &other));
	ASSERT_LE(0, child_start(&child));
	if (!child.pid)
		_exit(stay_on_cpu(0) || receive_one(self) != -ENOMSG);
	ASSERT_EQ(0, client_blocked(&child));
	/* It does not run between the two, as its CPU is not free. */
	ASSERT_EQ(0, stay_on_cpu(0));
	ASSERT_EQ(0, set_priority(SCHED_FIFO, 1));
	SEND("a");
	child_kill(&child);
	ASSERT_EQ(0, set_priority(SCHED_OTHER, 0));
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(cpus), &cpus));
	EXPECT_EQ(-ENOMSG, worker_join(&other));
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	EXPECT_QUIET(self->pair.port);
}

/* --- threads that poll ------------------------------------------------------ */

static int poll_exclusively(void *arg)
{
	struct _test_data_list_wake *self = arg;
	struct epoll_event event = { .events = EPOLLIN | EPOLLET | EPOLLEXCLUSIVE };
	int fd = epoll_create1(0), n;

	if (epoll_ctl(fd, EPOLL_CTL_ADD, self->pair.port, &event))
		return -errno;
	n = epoll_wait(fd, &event, 1, -1);
	close(fd);
	return n;
}

static int count_done(struct worker *worker, int count)
{
	int done = 0;

	while (count--)
		done += worker_done(worker++);
	return done;
}

/* One for each message, also if they come together, and no other one. */
TEST_F(list_wake, as_many_who_poll_as_there_are_messages)
{
	struct alpc_vector_send send[3] = {};
	struct worker worker[5];
	struct alpc_vector v;
	int i;

	self->ring.shared->sleeping = ALPC_LIST_SLEEPING;
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, worker_start(&worker[i], poll_exclusively, self));
		ASSERT_EQ(0, thread_blocked_in(getpid(), worker[i].tid, SYS_epoll_wait));
	}
	SEND("a");
	while (count_done(worker, 5) < 1)
		sched_yield();
	ASSERT_EQ(0, alpc_vector(self->pair.client, &v, 0, send, 3, NULL, 0));
	while (count_done(worker, 5) < 4)
		sched_yield();
	for (i = 0; i < 5; i++)
		if (!worker_done(&worker[i]))
			EXPECT_EQ(0, thread_blocked_in(getpid(), worker[i].tid, SYS_epoll_wait));
	SEND("b");
	for (i = 0; i < 5; i++)
		EXPECT_EQ(1, worker_join(&worker[i]));
}

/* --- completion ports ------------------------------------------------------- */

/* Who cannot use it leaves it for others, also if the queue has nothing more. */
TEST_F(list_wake, another_one_if_a_packet_could_not_be_used)
{
	struct alpc_packet packet;
	int other, server;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 2, &other, &server));
	self->fd = completion_create(0);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, 7));
	self->ring.shared->sleeping = ALPC_LIST_SLEEPING;
	SEND_LONG();
	ASSERT_EQ(1, wait_packets(self->fd, &packet, 1, 0));
	ASSERT_EQ(0, alpc_send(other, "a", 1));
	EXPECT_EQ(1, state_of(self->fd).out_packets);
	EXPECT_EQ(-EFAULT, wait_packets(self->fd, (void *)8, 1, 0));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(1, state_of(self->fd).out_packets);
	EXPECT_EQ(1, wait_packets(self->fd, &packet, 1, 0));
	EXPECT_EQ(ALPC_PACKET_MESSAGE, packet.type);
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	/* The same for what is queued, of which there are two. */
	SEND_LONG();
	SEND_LONG();
	EXPECT_EQ(2, state_of(self->fd).out_packets);
	EXPECT_EQ(-EFAULT, wait_packets(self->fd, (void *)8, 1, 0));
	EXPECT_EQ(2, state_of(self->fd).out_packets);
	EXPECT_EQ(-EFAULT, wait_packets(self->fd, (void *)8, 2, 0));
	EXPECT_EQ(2, state_of(self->fd).out_packets);
	close(other);
	close(server);
}

TEST_HARNESS_MAIN
