// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion ports: who is told what, in which order, and how many may run.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <poll.h>
#include <sys/syscall.h>

#include "alpc_thread.h"
#include "alpc_vector.h"

enum { THREADS = 4, KEY = 0x6b6579, MESSAGES = 400 };

static int completion_create(__u32 concurrency)
{
	struct alpc_create_completion arg = {
		.size = sizeof(arg), .concurrency = concurrency, .out_fd = POISON_S32,
	};
	int err = alpc_ioctl(alpc_device(), ALPC_IOC_CREATE_COMPLETION, &arg);

	return err ? err : arg.out_fd;
}

static int bind_port(int port, int completion, __u64 key)
{
	struct alpc_bind arg = { .size = sizeof(arg), .key = key, .completion = completion };

	return alpc_ioctl(port, ALPC_IOC_BIND, &arg);
}

static int unbind_port(int port)
{
	struct alpc_bind arg = { .size = sizeof(arg), .flags = ALPC_BIND_REMOVE };

	return alpc_ioctl(port, ALPC_IOC_BIND, &arg);
}

/* How many packets were taken, or a negative errno. */
static int wait_packets(int fd, struct alpc_packet *packets, __u32 count, long long timeout)
{
	struct alpc_wait_packets arg = {
		.size = sizeof(arg), .timeout = timeout, .packets = address(packets),
		.count = count, .out_count = POISON_U32,
	};
	int err = alpc_ioctl(fd, ALPC_IOC_WAIT_PACKETS, &arg);

	return err ? err : (int)arg.out_count;
}

static int post_packets(int fd, struct alpc_packet *packets, __u32 count)
{
	struct alpc_post_packets arg = {
		.size = sizeof(arg), .packets = address(packets), .count = count,
	};

	return alpc_ioctl(fd, ALPC_IOC_POST_PACKETS, &arg);
}

static int post(int fd, __u64 key, __u64 data)
{
	struct alpc_packet packet = { .key = key, .data = data };

	return post_packets(fd, &packet, 1);
}

static struct alpc_set_completion state_of(int fd)
{
	struct alpc_set_completion arg = { .size = sizeof(arg) };

	if (alpc_ioctl(fd, ALPC_IOC_SET_COMPLETION, &arg))
		memset(&arg, POISON, sizeof(arg));
	return arg;
}

static int set_concurrency(int fd, __u32 concurrency)
{
	struct alpc_set_completion arg = {
		.size = sizeof(arg), .flags = ALPC_SET_CONCURRENCY, .concurrency = concurrency,
	};

	return alpc_ioctl(fd, ALPC_IOC_SET_COMPLETION, &arg);
}

FIXTURE(completion)
{
	int fd;
	struct pair pair;
	struct alpc_packet packet[ALPC_PACKETS_MAX];
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_SETUP(completion)
{
	self->fd = completion_create(1);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	memset(self->packet, POISON, sizeof(self->packet));
}

FIXTURE_TEARDOWN(completion)
{
	close_fd(&self->fd);
	pair_close(&self->pair);
}

#define TAKE_PACKET(_type, _key) do { \
	ASSERT_EQ(1, wait_packets(self->fd, self->packet, 1, 0)); \
	EXPECT_EQ(_type, self->packet[0].type); \
	EXPECT_EQ(_key, self->packet[0].key); \
} while (0)

#define NO_PACKET() do { \
	EXPECT_EQ(-ETIMEDOUT, wait_packets(self->fd, self->packet, 1, 0)); \
	EXPECT_EQ(0, state_of(self->fd).out_packets); \
} while (0)

/* --- packets ---------------------------------------------------------------- */

TEST_F(completion, gives_what_was_posted_in_order)
{
	struct pollfd pollfd = { .fd = self->fd, .events = POLLIN };
	__u32 i;

	NO_PACKET();
	EXPECT_EQ(0, poll(&pollfd, 1, 0));
	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, post(self->fd, i, 1000 + i));
	EXPECT_EQ(1, poll(&pollfd, 1, 0));
	ASSERT_EQ(20, wait_packets(self->fd, self->packet, ALPC_PACKETS_MAX, ALPC_INFINITE));
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(i, self->packet[i].key);
		EXPECT_EQ(1000 + i, self->packet[i].data);
		EXPECT_EQ(ALPC_PACKET_POSTED, self->packet[i].type);
		EXPECT_EQ(0, self->packet[i].__reserved);
	}
	NO_PACKET();
	EXPECT_EQ(0, poll(&pollfd, 1, 0));
}

TEST_F(completion, gives_a_packet_for_each_message_that_waits)
{
	int i;

	ASSERT_EQ(0, alpc_send(self->pair.client, "before", 6));
	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	EXPECT_EQ(1, state_of(self->fd).out_bound);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	EXPECT_EQ(3, state_of(self->fd).out_packets);
	for (i = 0; i < 3; i++) {
		TAKE_PACKET(ALPC_PACKET_MESSAGE, KEY);
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	}
	NO_PACKET();
}

TEST_F(completion, gives_a_packet_for_each_message_of_a_vector)
{
	struct alpc_vector_send send[5] = {};
	struct alpc_vector v;
	int i;

	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	ASSERT_EQ(0, alpc_vector(self->pair.client, &v, 0, send, 5, NULL, 0));
	EXPECT_EQ(5, state_of(self->fd).out_packets);
	for (i = 0; i < 5; i++) {
		TAKE_PACKET(ALPC_PACKET_MESSAGE, KEY);
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	}
	NO_PACKET();
}

TEST_F(completion, takes_back_packets_of_messages_that_are_gone)
{
	struct alpc_transfer transfer;

	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	ASSERT_EQ(0, alpc_send(self->pair.client, "1", 1));
	ASSERT_EQ(0, alpc_send(self->pair.client, "2", 1));
	TAKE_PACKET(ALPC_PACKET_MESSAGE, KEY);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	NO_PACKET();
	/* One that could not be copied out is there again. */
	ASSERT_EQ(0, alpc_send(self->pair.client, "3", 1));
	TAKE_PACKET(ALPC_PACKET_MESSAGE, KEY);
	transfer_init(&transfer, ALPC_TRANSFER_RECEIVE);
	transfer_receive(&transfer, self->buf, sizeof(self->buf));
	transfer.recv.data = 8;
	EXPECT_EQ(-EFAULT, alpc_transfer(self->pair.port, &transfer));
	TAKE_PACKET(ALPC_PACKET_MESSAGE, KEY);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	NO_PACKET();
}

/* What waits of several clients is told once each, whoever's turn it is. */
TEST_F(completion, counts_what_waits_of_every_client)
{
	int client[3], server[3], i;
	__u64 left[3] = {};

	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, i, &client[i],
					  &server[i]));
	NO_PACKET();
	for (i = 0; i < 9; i++)
		ASSERT_EQ(0, alpc_send(client[i < 6 ? 0 : i % 3], "x", 1));
	EXPECT_EQ(9, state_of(self->fd).out_packets);
	/* Taken without being asked for: nobody has to be told of those. */
	for (i = 0; i < 2; i++) {
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		left[self->msg.context]++;
	}
	EXPECT_EQ(1, left[0]);
	EXPECT_EQ(7, state_of(self->fd).out_packets);
	/* Dropped with its connection. */
	close_fd(&server[0]);
	EXPECT_EQ(alpc_queued(self->pair.port), state_of(self->fd).out_packets);
	EXPECT_EQ(1, state_of(self->fd).out_packets);
	TAKE_PACKET(ALPC_PACKET_MESSAGE, KEY);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(2, self->msg.context);
	NO_PACKET();
	for (i = 0; i < 3; i++) {
		close_fd(&client[i]);
		close_fd(&server[i]);
	}
}

TEST_F(completion, lets_ports_take_turns)
{
	struct pair other;
	int i;

	ASSERT_EQ(0, pair_open(&other, NULL));
	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, 1));
	ASSERT_EQ(0, bind_port(other.port, self->fd, 2));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, alpc_send(other.client, "x", 1));
	ASSERT_EQ(6, wait_packets(self->fd, self->packet, ALPC_PACKETS_MAX, 0));
	EXPECT_EQ(1, self->packet[0].key);
	EXPECT_EQ(2, self->packet[1].key);
	EXPECT_EQ(1, self->packet[2].key);
	EXPECT_EQ(2, self->packet[3].key);
	EXPECT_EQ(1, self->packet[4].key);
	EXPECT_EQ(1, self->packet[5].key);
	pair_close(&other);
}

TEST_F(completion, tells_once_that_a_client_was_disconnected)
{
	ASSERT_EQ(0, bind_port(self->pair.client, self->fd, KEY));
	ASSERT_EQ(0, alpc_send(self->pair.server, "last", 4));
	ASSERT_EQ(0, alpc_disconnect(self->pair.server));
	TAKE_PACKET(ALPC_PACKET_MESSAGE, KEY);
	TAKE_PACKET(ALPC_PACKET_CLOSED, KEY);
	NO_PACKET();
}

TEST_F(completion, forgets_a_port_that_is_unbound_or_closed)
{
	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	EXPECT_EQ(-EBUSY, bind_port(self->pair.port, self->fd, KEY));
	ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	EXPECT_EQ(1, state_of(self->fd).out_packets);
	ASSERT_EQ(0, unbind_port(self->pair.port));
	EXPECT_EQ(-ENOENT, unbind_port(self->pair.port));
	NO_PACKET();
	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	EXPECT_EQ(1, state_of(self->fd).out_packets);
	close_fd(&self->pair.port);
	NO_PACKET();
	EXPECT_EQ(0, state_of(self->fd).out_bound);
	/* And the other way round. */
	ASSERT_EQ(0, bind_port(self->pair.client, self->fd, KEY));
	close_fd(&self->fd);
	EXPECT_EQ(-ENOENT, unbind_port(self->pair.client));
}

TEST_F(completion, keeps_packets_that_cannot_be_copied_out)
{
	ASSERT_EQ(0, post(self->fd, 1, 0));
	ASSERT_EQ(0, post(self->fd, 2, 0));
	EXPECT_EQ(-EFAULT, wait_packets(self->fd, (void *)8, 2, 0));
	EXPECT_EQ(2, state_of(self->fd).out_packets);
	EXPECT_EQ(0, state_of(self->fd).out_running);
	TAKE_PACKET(ALPC_PACKET_POSTED, 1);
	TAKE_PACKET(ALPC_PACKET_POSTED, 2);
}

TEST_F(completion, refuses_nonsense)
{
	struct alpc_packet packet = { .type = ALPC_PACKET_MESSAGE };

	EXPECT_EQ(-EINVAL, wait_packets(self->fd, self->packet, 0, 0));
	EXPECT_EQ(-EINVAL, wait_packets(self->fd, self->packet, ALPC_PACKETS_MAX + 1, 0));
	EXPECT_EQ(-EINVAL, wait_packets(self->fd, self->packet, 1, -2));
	EXPECT_EQ(-EINVAL, post_packets(self->fd, &packet, 1));
	EXPECT_EQ(-EINVAL, post_packets(self->fd, self->packet, 0));
	EXPECT_EQ(-EFAULT, post_packets(self->fd, (void *)8, 1));
	EXPECT_EQ(-EINVAL, bind_port(self->pair.port, self->pair.client, 0));
	EXPECT_EQ(-EBADF, bind_port(self->pair.port, 1000, 0));
	EXPECT_EQ(-EOPNOTSUPP, bind_port(self->pair.server, self->fd, 0));
	EXPECT_EQ(-EOPNOTSUPP, alpc_send(self->fd, "x", 1));
	EXPECT_EQ(-EOPNOTSUPP, post(self->pair.port, 0, 0));
	NO_PACKET();
}

/* --- threads ---------------------------------------------------------------- */

struct taker {
	struct worker worker;
	int completion;
	int pipe;		/* what it sleeps in once it was released */
	struct alpc_packet packet;
	int waits;		/* how often it comes back */
	bool released;
};

/* Take a packet, sleep in a pipe, and so on; then end. */
static int take_and_sleep(void *arg)
{
	struct taker *taker = arg;
	char byte;
	int n;

	while (taker->waits--) {
		n = wait_packets(taker->completion, &taker->packet, 1, ALPC_INFINITE);
		if (n != 1)
			return n;
		__atomic_store_n(&taker->released, true, __ATOMIC_RELEASE);
		if (taker->pipe >= 0 && read(taker->pipe, &byte, 1) != 1)
			return -EPROTO;
	}
	return 0;
}

/* The same, but it burns its CPU until it is told to end. */
static int take_and_run(void *arg)
{
	struct taker *taker = arg;
	int n = wait_packets(taker->completion, &taker->packet, 1, ALPC_INFINITE);

	if (n != 1)
		return n;
	__atomic_store_n(&taker->released, true, __ATOMIC_RELEASE);
	while (__atomic_load_n(&taker->waits, __ATOMIC_ACQUIRE))
		;
	return 0;
}

static bool is_released(struct taker *taker)
{
	return __atomic_load_n(&taker->released, __ATOMIC_ACQUIRE);
}

FIXTURE(threads)
{
	int fd;
	int pipe[2];
	struct taker taker[THREADS];
};

FIXTURE_SETUP(threads)
{
	int i;

	self->fd = completion_create(1);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, pipe(self->pipe));
	for (i = 0; i < THREADS; i++)
		self->taker[i] = (struct taker){
			.completion = self->fd, .pipe = self->pipe[0], .waits = 1,
		};
}

FIXTURE_TEARDOWN(threads)
{
	close(self->pipe[0]);
	close(self->pipe[1]);
	close_fd(&self->fd);
}

#define START(i, fn) do { \
	ASSERT_EQ(0, worker_start(&self->taker[i].worker, fn, &self->taker[i])); \
	ASSERT_EQ(0, worker_blocked(&self->taker[i].worker)); \
} while (0)

TEST_F(threads, the_last_one_is_released_first)
{
	int i;

	for (i = 0; i < THREADS; i++)
		START(i, take_and_sleep);
	EXPECT_EQ(THREADS, state_of(self->fd).out_waiting);
	for (i = THREADS - 1; i >= 0; i--) {
		ASSERT_EQ(0, post(self->fd, i, 0));
		ASSERT_EQ(0, thread_blocked_in(getpid(), self->taker[i].worker.tid, SYS_read));
		EXPECT_EQ(i, self->taker[i].packet.key);
		EXPECT_EQ(i, state_of(self->fd).out_waiting);
	}
	ASSERT_EQ(THREADS, write(self->pipe[1], "xxxxxxxx", THREADS));
	for (i = 0; i < THREADS; i++)
		EXPECT_EQ(0, worker_join(&self->taker[i].worker));
}

/* The first one runs: the second packet waits. It sleeps: another thread has it. */
TEST_F(threads, one_that_sleeps_makes_room_for_another)
{
	int i;

	for (i = 0; i < 2; i++)
		START(i, take_and_sleep);
	ASSERT_EQ(0, post(self->fd, 1, 0));
	ASSERT_EQ(0, post(self->fd, 2, 0));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, thread_blocked_in(getpid(), self->taker[i].worker.tid, SYS_read));
	EXPECT_EQ(0, state_of(self->fd).out_running);
	EXPECT_EQ(0, state_of(self->fd).out_packets);
	ASSERT_EQ(2, write(self->pipe[1], "xx", 2));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, worker_join(&self->taker[i].worker));
}

/* More threads than may run, and the released one does not sleep. */
TEST_F(threads, one_that_runs_holds_the_others_up)
{
	START(0, take_and_sleep);
	START(1, take_and_run);
	ASSERT_EQ(0, post(self->fd, 1, 0));
	while (!is_released(&self->taker[1]))
		sched_yield();
	ASSERT_EQ(0, post(self->fd, 2, 0));
	EXPECT_EQ(1, state_of(self->fd).out_packets);
	EXPECT_EQ(1, state_of(self->fd).out_waiting);
	EXPECT_EQ(1, state_of(self->fd).out_running);
	EXPECT_FALSE(is_released(&self->taker[0]));
	/* It ends, and its place is another's. */
	__atomic_store_n(&self->taker[1].waits, 0, __ATOMIC_RELEASE);
	EXPECT_EQ(0, worker_join(&self->taker[1].worker));
	ASSERT_EQ(0, thread_blocked_in(getpid(), self->taker[0].worker.tid, SYS_read));
	EXPECT_EQ(0, state_of(self->fd).out_packets);
	ASSERT_EQ(1, write(self->pipe[1], "x", 1));
	EXPECT_EQ(0, worker_join(&self->taker[0].worker));
	/* It is joined some time before the end of its last instruction. */
	while (state_of(self->fd).out_running)
		sched_yield();
}

TEST_F(threads, a_higher_limit_releases_at_once)
{
	START(0, take_and_sleep);
	START(1, take_and_run);
	ASSERT_EQ(0, post(self->fd, 1, 0));
	while (!is_released(&self->taker[1]))
		sched_yield();
	ASSERT_EQ(0, post(self->fd, 2, 0));
	EXPECT_EQ(1, state_of(self->fd).out_packets);
	ASSERT_EQ(0, set_concurrency(self->fd, 2));
	ASSERT_EQ(0, thread_blocked_in(getpid(), self->taker[0].worker.tid, SYS_read));
	__atomic_store_n(&self->taker[1].waits, 0, __ATOMIC_RELEASE);
	EXPECT_EQ(0, worker_join(&self->taker[1].worker));
	ASSERT_EQ(1, write(self->pipe[1], "x", 1));
	EXPECT_EQ(0, worker_join(&self->taker[0].worker));
}

/* The packet of a process that is killed is another's; its place as well. */
TEST_F(threads, one_that_is_killed_leaves_nothing_behind)
{
	struct alpc_packet packet;
	struct child child;
	int pid;

	pid = child_start(&child);
	ASSERT_LE(0, pid);
	if (!pid) {
		if (wait_packets(self->fd, &packet, 1, ALPC_INFINITE) != 1)
			_exit(1);
		child_signal(&child);
		for (;;)
			;
	}
	ASSERT_EQ(0, thread_blocked(child.pid, child.pid));
	ASSERT_EQ(0, post(self->fd, 1, 0));
	ASSERT_EQ(0, child_wait(&child));
	START(0, take_and_sleep);
	ASSERT_EQ(0, post(self->fd, 2, 0));
	child_kill(&child);
	ASSERT_EQ(0, thread_blocked_in(getpid(), self->taker[0].worker.tid, SYS_read));
	EXPECT_EQ(2, self->taker[0].packet.key);
	EXPECT_EQ(0, state_of(self->fd).out_running);
	ASSERT_EQ(1, write(self->pipe[1], "x", 1));
	EXPECT_EQ(0, worker_join(&self->taker[0].worker));
}

/* --- a server --------------------------------------------------------------- */

struct server {
	struct worker worker;
	int completion;
	int port;
	int received;
};

static int serve(void *arg)
{
	struct server *server = arg;
	struct alpc_packet packet;
	struct alpc_msg msg;
	char buf[16];
	int n;

	for (;;) {
		n = wait_packets(server->completion, &packet, 1, ALPC_INFINITE);
		if (n != 1)
			return n;
		if (packet.type == ALPC_PACKET_POSTED)
			return 0;
		/* Another one may have been faster. */
		n = alpc_receive_nowait(server->port, &msg, buf, sizeof(buf));
		if (n == -EAGAIN)
			continue;
		if (n || msg.type != ALPC_REQUEST)
			return n ? n : -EPROTO;
		server->received++;
		n = alpc_reply(server->port, msg.id, buf, msg.len);
		if (n)
			return n;
	}
}

/* A lost packet, or a thread that is not released, and this does not end. */
TEST(more_threads_than_cpus_serve_every_call)
{
	struct server server[THREADS];
	struct alpc_msg msg;
	struct pair pair;
	int fd, i, received = 0;
	char buf[16];

	fd = completion_create(0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pair_open(&pair, NULL));
	ASSERT_EQ(0, bind_port(pair.port, fd, KEY));
	for (i = 0; i < THREADS; i++) {
		server[i] = (struct server){ .completion = fd, .port = pair.port };
		ASSERT_EQ(0, worker_start(&server[i].worker, serve, &server[i]));
	}
	for (i = 0; i < MESSAGES; i++)
		ASSERT_EQ(0, alpc_call(pair.client, &i, sizeof(i), &msg, buf, sizeof(buf)));
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, post(fd, 0, 0));
	for (i = 0; i < THREADS; i++) {
		EXPECT_EQ(0, worker_join(&server[i].worker));
		received += server[i].received;
	}
	EXPECT_EQ(MESSAGES, received);
	close(fd);
	pair_close(&pair);
}

TEST_HARNESS_MAIN
