// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of descriptors on their way when somebody dies, gives up or is in
 * a hurry; and who is charged for them, and until when.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <fcntl.h>
#include <kselftest_harness.h>

#include "alpc_fds.h"

FIXTURE(fds_life)
{
	struct pair pair;
	struct probe probe;
	struct child child;
	struct alpc_msg msg;
	struct alpc_attrs attrs;
	char buf[16];
	int fd, server;
};

FIXTURE_SETUP(fds_life)
{
	self->fd = -1;
	self->server = -1;
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, probe_open(&self->probe));
}

FIXTURE_TEARDOWN(fds_life)
{
	close_fd(&self->fd);
	close_fd(&self->server);
	probe_close(&self->probe);
	pair_close(&self->pair);
}

/* --- death and giving up -------------------------------------------------- */

/* What was sent is on its way, however its sender ends. */
TEST_F(fds_life, datagram_outlives_its_sender)
{
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		if (send_fd(self->server, self->probe.sent))
			_exit(1);
		child_signal(&self->child);
		pause();
	}
	probe_let_go(&self->probe);
	ASSERT_EQ(0, child_wait(&self->child));
	child_kill(&self->child);
	EXPECT_TRUE(probe_is_open(&self->probe));
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	self->fd = take_fd(self->pair.port, self->msg.id, 0);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	EXPECT_TRUE(probe_is_open(&self->probe));
	close_fd(&self->fd);
	EXPECT_TRUE(probe_is_gone(&self->probe));
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
}

/* The same if it was received before. */
TEST_F(fds_life, datagram_that_is_held_outlives_its_connection)
{
	ASSERT_EQ(0, send_fd(self->pair.client, self->probe.sent));
	probe_let_go(&self->probe);
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	close_fd(&self->pair.client);
	EXPECT_TRUE(probe_is_open(&self->probe));
	self->fd = take_fd(self->pair.port, self->msg.id, 0);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	EXPECT_TRUE(probe_is_open(&self->probe));
}

/* A request is nothing without whoever waits for its reply. */
TEST_F(fds_life, request_ends_with_its_sender)
{
	int received;

	for (received = 0; received < 2; received++) {
		struct probe probe;

		ASSERT_EQ(0, probe_open(&probe));
		ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
		if (!self->child.pid) {
			if (send_fds(self->server, ALPC_SEND_REQUEST, 0, &probe.sent, 1))
				_exit(1);
			child_signal(&self->child);
			pause();
		}
		probe_let_go(&probe);
		ASSERT_EQ(0, child_wait(&self->child));
		if (received) {
			ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs,
						 ALPC_FD_ANY));
		}
		EXPECT_TRUE(probe_is_open(&probe));
		child_kill(&self->child);
		EXPECT_TRUE(probe_is_gone(&probe));
		if (received)
			EXPECT_EQ(-ESRCH, take_fd(self->pair.port, self->msg.id, 0));
		TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
		close_fd(&self->server);
		probe_close(&probe);
	}
	EXPECT_QUIET(self->pair.port);
}

/* What waits for a receiver that dies, or is held by it, is closed. */
TEST_F(fds_life, nothing_is_left_by_a_receiver_that_dies)
{
	struct probe waits;

	ASSERT_EQ(0, probe_open(&waits));
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		probe_close(&waits);
		probe_close(&self->probe);
		if (child_wait(&self->child) ||
		    receive_fds(self->server, &self->msg, &self->attrs, ALPC_FD_ANY) ||
		    receive_fds(self->server, &self->msg, &self->attrs, ALPC_FD_ANY) ||
		    self->attrs.fd_count != 1)
			_exit(1);
		child_signal(&self->child);
		pause();
	}
	ASSERT_EQ(0, send_fds(self->server, ALPC_SEND_REQUEST, 0, &self->probe.sent, 1));
	ASSERT_EQ(0, send_fd(self->server, self->probe.sent));
	ASSERT_EQ(0, send_fd(self->server, waits.sent));
	probe_let_go(&self->probe);
	probe_let_go(&waits);
	ASSERT_EQ(0, child_signal(&self->child));
	ASSERT_EQ(0, child_wait(&self->child));
	EXPECT_TRUE(probe_is_open(&self->probe));
	EXPECT_TRUE(probe_is_open(&waits));
	child_kill(&self->child);
	EXPECT_TRUE(probe_is_gone(&self->probe));
	EXPECT_TRUE(probe_is_gone(&waits));
	probe_close(&waits);
}

TEST_F(fds_life, nothing_is_left_at_a_port_that_is_closed)
{
	ASSERT_EQ(0, send_fd(self->pair.client, self->probe.sent));
	ASSERT_EQ(0, send_fds(self->pair.client, ALPC_SEND_REQUEST, 0, &self->probe.sent, 1));
	ASSERT_EQ(0, send_fd(self->pair.client, self->probe.sent));
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	probe_let_go(&self->probe);
	close_fd(&self->pair.server);
	EXPECT_TRUE(probe_is_gone(&self->probe));
}

/* A call that gives up before it was received leaves nothing. */
TEST_F(fds_life, call_that_gives_up_unseen_closes_them)
{
	struct alpc_attrs attrs = attrs_of(&self->probe.sent, 1);
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&t, ALPC_SEND_REQUEST, 0, NULL, 0);
	transfer_attrs(&t.send, &attrs);
	t.timeout = SHORT_TIME;
	EXPECT_EQ(-ETIMEDOUT, alpc_transfer(self->pair.client, &t));
	probe_let_go(&self->probe);
	EXPECT_TRUE(probe_is_gone(&self->probe));
	EXPECT_QUIET(self->pair.port);
}

/* One that was received is the receiver's until it releases it. */
TEST_F(fds_life, call_that_gives_up_leaves_them_to_be_taken)
{
	struct fds_call call;

	ASSERT_EQ(0, call_fd(&call, self->pair.client, self->probe.sent));
	ASSERT_EQ(0, worker_blocked(&call.worker.worker));
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	EXPECT_EQ(-EINTR, worker_interrupt(&call.worker.worker));
	probe_let_go(&self->probe);

	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	EXPECT_EQ(ALPC_CANCELED, self->msg.type);
	EXPECT_EQ(ALPC_MSG_HELD, self->msg.flags);
	EXPECT_TRUE(probe_is_open(&self->probe));
	self->fd = take_fd(self->pair.port, self->msg.id, 0);
	EXPECT_LE(0, self->fd);
	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	close_fd(&self->fd);
	EXPECT_TRUE(probe_is_gone(&self->probe));
	EXPECT_QUIET(self->pair.port);
}

/* Who wanted none has nothing to release when the call gives up. */
TEST_F(fds_life, call_that_gives_up_holds_nothing_unwanted)
{
	struct fds_call call;

	ASSERT_EQ(0, call_fd(&call, self->pair.client, self->probe.sent));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	probe_let_go(&self->probe);
	EXPECT_TRUE(probe_is_gone(&self->probe));
	EXPECT_EQ(-EINTR, worker_interrupt(&call.worker.worker));
	TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(0, self->msg.flags);
	EXPECT_QUIET(self->pair.port);
}

/* --- the charge ----------------------------------------------------------- */

enum { LIMIT = 40 };

/* In a child: become a user with a limit, and no capability to exceed it. */
static bool limit_self(uid_t uid)
{
	const struct rlimit limit = { LIMIT, LIMIT };

	return !setrlimit(RLIMIT_NOFILE, &limit) && !become(uid, uid);
}

/* Send as many as the limit allows, three at once; then one more must fail. */
static bool flood(int port, int fd)
{
	int fds[] = { fd, fd, fd }, sent = 0, err;

	while (!(err = send_fds(port, 0, 0, fds, 3)))
		sent += 3;
	if (err != -ETOOMANYREFS || sent != LIMIT / 3 * 3)
		return false;
	/* What fits still goes, so it is not a matter of luck. */
	while (!(err = send_fd(port, fd)))
		sent++;
	return err == -ETOOMANYREFS && sent == LIMIT;
}

/* Ways to get rid of all that lies at a port. */
static bool receive_each(int port, __u32 kinds, bool (*end)(int port, const struct alpc_msg *msg,
							    __u32 count))
{
	struct alpc_attrs attrs;
	struct alpc_msg msg;
	int err;

	while (!(err = receive_fds(port, &msg, &attrs, kinds)))
		if (msg.type == ALPC_DATAGRAM && !end(port, &msg, attrs.fd_count))
			return false;
	return err == -EAGAIN;
}

static bool take_each(int port, const struct alpc_msg *msg, __u32 count)
{
	int fds[3];
	int err = take_fds(port, msg->id, 0, count, fds);

	while (!err && count--)
		close(fds[count]);
	return !err;
}

static bool take_and_release(int port, const struct alpc_msg *msg, __u32 count)
{
	return take_each(port, msg, count) && !alpc_release(port, msg->id);
}

static bool release_each(int port, const struct alpc_msg *msg, __u32 count)
{
	return count && !alpc_release(port, msg->id);
}

static bool keep_each(int port, const struct alpc_msg *msg, __u32 count)
{
	(void)port;
	return count && msg->flags & ALPC_MSG_HELD;
}

static bool want_none(int port, const struct alpc_msg *msg, __u32 count)
{
	(void)port;
	return !count && !(msg->flags & ALPC_MSG_HELD);
}

/*
 * The server empties its port in each way, and then the client, which is told to,
 * can send exactly as many as before.
 */
TEST_F(fds_life, sender_is_charged_until_they_are_taken_or_closed)
{
	const struct {
		__u32 kinds;
		bool (*end)(int port, const struct alpc_msg *msg, __u32 count);
	} ways[] = {
		{ ALPC_FD_ANY, take_and_release },
		{ ALPC_FD_ANY, release_each },
		{ 0, want_none },
		{ ALPC_FD_REGULAR, want_none },
		{ ALPC_FD_ANY, take_each },
	};
	unsigned int i;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		bool ok = limit_self(12345);

		for (i = 0; i <= ARRAY_SIZE(ways) && ok; i++) {
			ok = flood(self->server, self->probe.sent);
			child_signal(&self->child);
			ok = ok && !child_wait(&self->child);
		}
		child_exit(ok);
	}
	for (i = 0; i <= ARRAY_SIZE(ways); i++) {
		ASSERT_EQ(0, child_wait(&self->child));
		if (i < ARRAY_SIZE(ways))
			EXPECT_TRUE(receive_each(self->pair.port, ways[i].kinds, ways[i].end)) {
				TH_LOG("way %u", i);
			}
		ASSERT_EQ(0, child_signal(&self->child));
	}
	EXPECT_EQ(0, child_end(&self->child));
}

/*
 * It is the user who is charged, in whatever process, also after the one that has
 * sent is gone; and nobody else.
 */
TEST_F(fds_life, user_is_charged_in_all_processes)
{
	struct child other;
	int server;

	ASSERT_LE(0, client_start(&self->pair, &other, 2, &server));
	if (!other.pid) {
		bool ok = limit_self(12346) && !child_wait(&other) &&
			  send_fd(server, self->probe.sent) == -ETOOMANYREFS;

		child_signal(&other);
		ok = ok && !child_wait(&other) && flood(server, self->probe.sent);
		child_exit(ok);
	}
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid)
		child_exit(limit_self(12346) && flood(self->server, self->probe.sent));
	ASSERT_EQ(0, child_end(&self->child));
	ASSERT_EQ(0, child_signal(&other));
	ASSERT_EQ(0, child_wait(&other));
	/* Another user can. */
	EXPECT_EQ(0, send_fd(self->pair.client, self->probe.sent));
	EXPECT_TRUE(receive_each(self->pair.port, 0, want_none));
	ASSERT_EQ(0, child_signal(&other));
	EXPECT_EQ(0, child_end(&other));
	close(server);
}

/* What a server keeps is its own affair: clients that sent it can send again. */
TEST_F(fds_life, receiver_that_keeps_them_costs_the_sender_nothing)
{
	int i;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		bool ok = limit_self(12349);

		for (i = 0; i < 2 && ok; i++) {
			ok = flood(self->server, self->probe.sent);
			child_signal(&self->child);
			ok = ok && !child_wait(&self->child);
		}
		child_exit(ok);
	}
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, child_wait(&self->child));
		EXPECT_TRUE(receive_each(self->pair.port, ALPC_FD_ANY, keep_each));
		ASSERT_EQ(0, child_signal(&self->child));
	}
	EXPECT_EQ(0, child_end(&self->child));
}

/* In a child: receive at a port as a user who may have LIMIT descriptors. */
static bool receive_to_the_limit(int port, int server, int sent)
{
	const int three[] = { sent, sent, sent };
	struct alpc_attrs attrs;
	struct alpc_msg msg;
	__u64 id = 0;
	int got;

	for (got = 0; got < LIMIT / 3 * 3; got += 3) {
		if (receive_fds(port, &msg, &attrs, ALPC_FD_ANY) || attrs.fd_count != 3 ||
		    msg.flags != (ALPC_MSG_FDS | ALPC_MSG_HELD))
			return false;
		id = msg.id;
	}
	/* Three more do not fit; the message comes without them. */
	if (receive_fds(port, &msg, &attrs, ALPC_FD_ANY) || msg.type != ALPC_DATAGRAM ||
	    attrs.fd_count || attrs.out_fds_dropped != 3 || msg.flags != ALPC_MSG_FDS_DROPPED)
		return false;
	/* Those that it keeps count for it as those that it sends do. */
	if (send_fd(server, sent) || send_fd(server, sent) != -ETOOMANYREFS)
		return false;
	return !alpc_release(port, id) && !receive_fds(port, &msg, &attrs, ALPC_FD_REGULAR) &&
	       attrs.out_fds_dropped == 3 && !send_fds(server, 0, 0, three, 3);
}

TEST_F(fds_life, receiver_is_charged_for_what_it_keeps)
{
	const int fds[] = { self->probe.sent, self->probe.sent, self->probe.sent };
	int i;

	for (i = 0; i < LIMIT / 3 + 2; i++)
		ASSERT_EQ(0, send_fds(self->pair.client, 0, 0, fds, 3));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid)
		child_exit(limit_self(12350) &&
			   receive_to_the_limit(self->pair.port, self->pair.server, fds[0]));
	EXPECT_EQ(0, child_end(&self->child));
}

/* A thread that releases and waits for the next has released before it waits. */
TEST_F(fds_life, released_ones_are_not_charged_while_the_thread_waits)
{
	struct transfer_worker worker;
	struct alpc_transfer *t = &worker.transfer;
	int fds[LIMIT], i;

	for (i = 0; i < LIMIT; i++)
		fds[i] = self->probe.sent;
	ASSERT_EQ(0, send_fds(self->pair.client, 0, 0, fds, LIMIT));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		bool ok = limit_self(12348) &&
			  !receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY) &&
			  self->attrs.fd_count == LIMIT &&
			  send_fd(self->pair.server, fds[0]) == -ETOOMANYREFS;

		transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE);
		transfer_send(t, ALPC_SEND_RELEASE, self->msg.id, NULL, 0);
		transfer_receive(t, self->buf, sizeof(self->buf));
		ok = ok && !worker_transfer(&worker, self->pair.port) &&
		     !worker_blocked(&worker.worker) &&
		     !send_fds(self->pair.server, 0, 0, fds, LIMIT);
		child_signal(&self->child);
		child_exit(ok && !worker_join(&worker.worker));
	}
	EXPECT_EQ(0, child_wait(&self->child));
	EXPECT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	EXPECT_EQ(0, child_end(&self->child));
}

/* What fails to be sent is not charged, however often. */
TEST_F(fds_life, failing_is_free)
{
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		int bad[] = { self->probe.sent, self->probe.sent, -1 };
		bool ok = limit_self(12347);
		int i;

		for (i = 0; i < LIMIT && ok; i++)
			ok = send_fds(self->server, 0, 0, bad, 3) == -EBADF;
		bad[2] = self->child.channel;
		for (i = 0; i < LIMIT && ok; i++)
			ok = send_fds(self->server, 0, 0, bad, 3) == -ELOOP;
		child_exit(ok && flood(self->server, self->probe.sent));
	}
	EXPECT_EQ(0, child_end(&self->child));
}

/*
 * Whatever fails on the debug kernel while they are received, by a user who has no account
 * yet: they have come, or the message is still there.
 */
TEST_F(fds_life, abuse_24_receiver_without_memory_loses_none)
{
	write_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	ASSERT_EQ(0, send_fd(self->pair.client, self->probe.sent));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		int fail = open("/proc/thread-self/fail-nth", O_WRONLY | O_CLOEXEC);
		unsigned int nth = 0;
		int err;

		if (become(12352, 12352))
			child_exit(false);
		do {
			dprintf(fail, "%u", ++nth);
			err = receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY);
			dprintf(fail, "0");
		} while (err && nth < 100);
		/* Where something can fail, it did. */
		child_exit(!err && self->attrs.fd_count == 1 && (fail < 0 || nth > 1));
	}
	EXPECT_EQ(0, child_end(&self->child));
}

TEST_HARNESS_MAIN
