// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion ports: which packets there are, in which order, and how many.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <fcntl.h>
#include <kselftest_harness.h>
#include <poll.h>

#include "alpc_completion.h"
#include "alpc_vector.h"

enum { KEY = 0x6b6579 };

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

#define SWITCH(flags) ASSERT_EQ(0, alpc_shutdown(self->pair.port, flags))
#define EXPECT_OFF() \
	EXPECT_EQ(-ESHUTDOWN, \
		  alpc_receive_nowait(self->pair.port, &self->msg, self->buf, \
				      sizeof(self->buf)))

TEST_F(completion, tells_that_receiving_was_switched_off)
{
	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	SWITCH(ALPC_SHUTDOWN_RECEIVE);
	TAKE_PACKET(ALPC_PACKET_MESSAGE, KEY);
	EXPECT_OFF();
	NO_PACKET();
	/* Each time, but once as long as nobody has seen it. */
	SWITCH(ALPC_SHUTDOWN_RECEIVE);
	SWITCH(ALPC_SHUTDOWN_RECEIVE);
	EXPECT_EQ(1, state_of(self->fd).out_packets);
	/* Beside those of messages. */
	ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	EXPECT_EQ(2, state_of(self->fd).out_packets);
	TAKE_PACKET(ALPC_PACKET_MESSAGE, KEY);
	TAKE_PACKET(ALPC_PACKET_MESSAGE, KEY);
	NO_PACKET();
	SWITCH(0);
	NO_PACKET();
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
}

TEST_F(completion, tells_a_late_comer_that_receiving_is_off)
{
	SWITCH(ALPC_SHUTDOWN_RECEIVE);
	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	/* Not lost if it cannot be told. */
	EXPECT_EQ(-EFAULT, wait_packets(self->fd, NULL, 1, 0));
	TAKE_PACKET(ALPC_PACKET_MESSAGE, KEY);
	EXPECT_OFF();
	NO_PACKET();
	SWITCH(0);
}

TEST_F(completion, gives_posted_ones_and_those_of_ports_in_their_order)
{
	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	ASSERT_EQ(0, post(self->fd, 1, 0));
	ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	ASSERT_EQ(0, post(self->fd, 2, 0));
	ASSERT_EQ(3, wait_packets(self->fd, self->packet, ALPC_PACKETS_MAX, 0));
	EXPECT_EQ(1, self->packet[0].key);
	EXPECT_EQ(KEY, self->packet[1].key);
	EXPECT_EQ(0, self->packet[1].data);
	EXPECT_EQ(2, self->packet[2].key);
	EXPECT_TRUE(IS_POISON(self->packet[3]));
	NO_PACKET();
}

/* However many batches that takes inside. */
TEST_F(completion, gives_as_many_as_are_wanted)
{
	static const __u32 counts[] = { 1, 7, 8, 9, 16, 63, 64 };
	__u32 i, k, next = 0;

	for (i = 0; i < 200; i++)
		ASSERT_EQ(0, post(self->fd, i, 0));
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		ASSERT_EQ(counts[i], wait_packets(self->fd, self->packet, counts[i], 0));
		for (k = 0; k < counts[i]; k++)
			EXPECT_EQ(next++, self->packet[k].key);
	}
	ASSERT_EQ(200 - next, wait_packets(self->fd, self->packet, ALPC_PACKETS_MAX, 0));
	NO_PACKET();
}

/* Refusing ends a connection as well, however early the port was bound. */
TEST_F(completion, tells_that_a_client_was_refused)
{
	int client = alpc_connect_async(self->pair.name);

	ASSERT_LE(0, client);
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, bind_port(client, self->fd, KEY));
	NO_PACKET();
	ASSERT_EQ(0, alpc_refuse(self->pair.port, self->msg.id, "no", 2));
	TAKE_PACKET(ALPC_PACKET_MESSAGE, KEY);
	TAKE_PACKET(ALPC_PACKET_CLOSED, KEY);
	NO_PACKET();
	close(client);
}

TEST_F(completion, tells_a_late_comer_that_the_connection_has_ended)
{
	ASSERT_EQ(0, alpc_disconnect(self->pair.server));
	ASSERT_EQ(0, bind_port(self->pair.client, self->fd, KEY));
	TAKE_PACKET(ALPC_PACKET_CLOSED, KEY);
	NO_PACKET();
	ASSERT_EQ(0, unbind_port(self->pair.client));
	ASSERT_EQ(0, bind_port(self->pair.client, self->fd, KEY + 1));
	TAKE_PACKET(ALPC_PACKET_CLOSED, KEY + 1);
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

/* What was taken before the place where memory ends is told; the rest stays. */
TEST_F(completion, keeps_the_rest_when_memory_ends)
{
	struct alpc_packet *room = memory_before_hole(10 * sizeof(*room));
	int i, n;

	ASSERT_NE(NULL, room);
	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, post(self->fd, i, 0));
	n = wait_packets(self->fd, room, 20, 0);
	ASSERT_LT(0, n);
	ASSERT_GE(10, n);
	for (i = 0; i < n; i++)
		EXPECT_EQ(i, room[i].key);
	EXPECT_EQ(20 - n, state_of(self->fd).out_packets);
	ASSERT_EQ(20 - n, wait_packets(self->fd, self->packet, ALPC_PACKETS_MAX, 0));
	for (i = 0; i < 20 - n; i++)
		EXPECT_EQ(n + i, self->packet[i].key);
}

TEST_F(completion, gives_up_in_time)
{
	long long before = monotonic_ns();

	EXPECT_EQ(-ETIMEDOUT, wait_packets(self->fd, self->packet, 1, SHORT_TIME));
	EXPECT_LE(before + SHORT_TIME, monotonic_ns());
	before = monotonic_ns();
	EXPECT_EQ(-ETIMEDOUT, wait_packets_flags(self->fd, self->packet, 1, before + SHORT_TIME,
						 ALPC_TRANSFER_ABSTIME));
	EXPECT_LE(before + SHORT_TIME, monotonic_ns());
	EXPECT_EQ(-ETIMEDOUT, wait_packets_flags(self->fd, self->packet, 1, 1,
						 ALPC_TRANSFER_ABSTIME));
	EXPECT_EQ(-EAGAIN, wait_packets_flags(self->fd, self->packet, 1, ALPC_INFINITE,
					      ALPC_TRANSFER_DONTWAIT));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-EAGAIN, wait_packets(self->fd, self->packet, 1, ALPC_INFINITE));
	EXPECT_EQ(0, state_of(self->fd).out_waiting);
	/* What is there is had whatever the time. */
	ASSERT_EQ(0, post(self->fd, 1, 0));
	EXPECT_EQ(1, wait_packets(self->fd, self->packet, 1, ALPC_INFINITE));
	EXPECT_TRUE(IS_POISON(self->packet[1]));
}

TEST_F(completion, limit_is_the_number_of_cpus_unless_it_is_set)
{
	__u32 cpus = sysconf(_SC_NPROCESSORS_ONLN);

	EXPECT_EQ(1, state_of(self->fd).concurrency);
	ASSERT_EQ(0, set_concurrency(self->fd, 3));
	EXPECT_EQ(3, state_of(self->fd).concurrency);
	ASSERT_EQ(0, set_concurrency(self->fd, ~0U));
	EXPECT_EQ(~0U, state_of(self->fd).concurrency);
	ASSERT_EQ(0, set_concurrency(self->fd, 0));
	EXPECT_EQ(cpus, state_of(self->fd).concurrency);
	close_fd(&self->fd);
	self->fd = completion_create(0);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(cpus, state_of(self->fd).concurrency);
}

/* --- quotas ------------------------------------------------------------------- */

static __u64 messages_of_user(void)
{
	struct alpc_usage usage = { .size = sizeof(usage), .flags = ALPC_USAGE_USER };

	return alpc_ioctl(alpc_device(), ALPC_IOC_GET_USAGE, &usage) ? POISON_U64 :
	       usage.messages.used;
}

/* Post batches until no more fit; how many packets that were, or an errno. */
static int post_until_full(int fd)
{
	struct alpc_packet packet[ALPC_PACKETS_MAX] = {};
	int err, posted = 0;

	do {
		err = post_packets(fd, packet, ALPC_PACKETS_MAX);
		posted += err ? 0 : ALPC_PACKETS_MAX;
	} while (!err && posted < 1 << 20);
	return err == -EDQUOT ? posted : err;
}

TEST_F(completion, abuse_56_holds_only_so_many_posted_packets)
{
	__u64 before = messages_of_user();
	int most;

	most = post_until_full(self->fd);
	ASSERT_LT(0, most);
	EXPECT_GT(1 << 20, most);
	EXPECT_EQ(most, state_of(self->fd).out_packets);
	EXPECT_EQ(before + most, messages_of_user());
	ASSERT_EQ(ALPC_PACKETS_MAX, wait_packets(self->fd, self->packet, ALPC_PACKETS_MAX, 0));
	EXPECT_EQ(before + most - ALPC_PACKETS_MAX, messages_of_user());
	EXPECT_EQ(ALPC_PACKETS_MAX, post_until_full(self->fd));
	/* Ports are not held up by it. */
	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	EXPECT_EQ(most + 1, state_of(self->fd).out_packets);
	close_fd(&self->fd);
	EXPECT_LE(messages_of_user(), before + 1);
}

TEST_F(completion, posted_packets_count_for_who_posts_them)
{
	const char *parameter = "/sys/module/alpc/parameters/user_messages";
	struct child child;
	int pid, fd, n = 0;

	ASSERT_EQ(0, write_file(parameter, "100"));
	pid = child_start(&child);
	ASSERT_LE(0, pid);
	if (!pid) {
		fd = completion_create(1);
		if (fd < 0 || become(4321, 4321))
			child_exit(false);
		/* At two completion ports, one of which is somebody else's. */
		while (n < 200 && !post(n % 2 ? fd : self->fd, n, 0))
			n++;
		if (n != 100 || post(fd, 0, 0) != -EDQUOT ||
		    wait_packets(fd, self->packet, 1, 0) != 1 || post(fd, 0, 0) ||
		    post(self->fd, 0, 0) != -EDQUOT)
			child_exit(false);
		close(fd);
		for (n = 0; n < 50; n++)
			if (post(self->fd, 0, 0))
				child_exit(false);
		child_exit(post(self->fd, 0, 0) == -EDQUOT);
	}
	EXPECT_EQ(0, child_end(&child));
	EXPECT_EQ(0, write_file(parameter, "0"));
	EXPECT_EQ(100, state_of(self->fd).out_packets);
}

TEST_HARNESS_MAIN
