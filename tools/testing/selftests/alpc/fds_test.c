// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors that travel with messages of all types: what is opened, for whom,
 * when, and what is wrong with an argument.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_fds.h"

FIXTURE(fds)
{
	struct pair pair;
	struct probe probe;
	struct alpc_msg msg;
	struct alpc_attrs attrs;
	int fd, before;
};

FIXTURE_SETUP(fds)
{
	self->fd = -1;
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, probe_open(&self->probe));
	self->before = open_fds();
}

FIXTURE_TEARDOWN(fds)
{
	EXPECT_QUIET(self->pair.port);
	EXPECT_QUIET(self->pair.client);
	close_fd(&self->fd);
	probe_close(&self->probe);
	pair_close(&self->pair);
}

/* --- messages of each type ------------------------------------------------ */

TEST_F(fds, request_brings_a_file_that_is_open_in_both)
{
	ASSERT_EQ(0, send_fds(self->pair.client, ALPC_SEND_REQUEST, 0, &self->probe.sent, 1));
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	EXPECT_EQ(ALPC_REQUEST, self->msg.type);
	EXPECT_EQ(ALPC_MSG_FDS, self->msg.flags);
	EXPECT_EQ(1, self->attrs.fd_count);
	EXPECT_EQ(0, self->attrs.out_fds_dropped);
	/* Not before it is asked for. */
	EXPECT_EQ(self->before, open_fds());

	self->fd = take_fd(self->pair.port, self->msg.id, 0);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(self->before + 1, open_fds());
	EXPECT_TRUE(is_same_file(self->fd, self->probe.sent));
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->fd, F_GETFD));
	EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, (char[8]){});

	/* It is the receiver's now. */
	probe_let_go(&self->probe);
	EXPECT_TRUE(probe_is_open(&self->probe));
	close_fd(&self->fd);
	EXPECT_TRUE(probe_is_gone(&self->probe));
}

TEST_F(fds, datagram_is_held_until_it_is_released)
{
	ASSERT_EQ(0, send_fd(self->pair.client, self->probe.sent));
	probe_let_go(&self->probe);
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	EXPECT_EQ(ALPC_DATAGRAM, self->msg.type);
	EXPECT_EQ(ALPC_MSG_FDS | ALPC_MSG_HELD, self->msg.flags);
	EXPECT_NE(0, self->msg.id);
	EXPECT_EQ(1, alpc_unanswered(self->pair.port));
	EXPECT_TRUE(probe_is_open(&self->probe));

	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	EXPECT_TRUE(probe_is_gone(&self->probe));
	EXPECT_EQ(-ESRCH, take_fd(self->pair.port, self->msg.id, 0));
	EXPECT_EQ(-ESRCH, alpc_release(self->pair.port, self->msg.id));
}

/* What was taken stays, and the message as well until it is released. */
TEST_F(fds, datagram_can_be_released_after_taking)
{
	ASSERT_EQ(0, send_fd(self->pair.client, self->probe.sent));
	probe_let_go(&self->probe);
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	self->fd = take_fd(self->pair.port, self->msg.id, 0);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(1, alpc_unanswered(self->pair.port));
	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	EXPECT_TRUE(probe_is_open(&self->probe));
}

TEST_F(fds, datagram_of_the_server_brings_them_to_the_client)
{
	ASSERT_EQ(0, send_fd(self->pair.server, self->probe.sent));
	ASSERT_EQ(0, receive_fds(self->pair.client, &self->msg, &self->attrs, ALPC_FD_ANY));
	EXPECT_EQ(ALPC_MSG_FDS | ALPC_MSG_HELD, self->msg.flags);
	/* The id means nothing at the server, nor at its end of the connection. */
	EXPECT_EQ(-ESRCH, take_fd(self->pair.port, self->msg.id, 0));
	EXPECT_EQ(-ESRCH, take_fd(self->pair.server, self->msg.id, 0));
	self->fd = take_fd(self->pair.client, self->msg.id, 0);
	EXPECT_TRUE(is_same_file(self->fd, self->probe.sent));
	EXPECT_EQ(0, alpc_release(self->pair.client, self->msg.id));
}

TEST_F(fds, reply_to_a_call_brings_them)
{
	struct fds_call call;

	ASSERT_EQ(0, call_fd(&call, self->pair.client, -1));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, (char[8]){});
	EXPECT_EQ(0, self->msg.flags);
	ASSERT_EQ(0, send_fds(self->pair.port, ALPC_SEND_REPLY, self->msg.id, &self->probe.sent,
			      1));
	ASSERT_EQ(0, worker_join(&call.worker.worker));
	self->msg = call.worker.transfer.recv;
	EXPECT_EQ(ALPC_REPLY, self->msg.type);
	EXPECT_EQ(ALPC_MSG_FDS | ALPC_MSG_HELD, self->msg.flags);
	EXPECT_EQ(1, call.came.fd_count);
	self->fd = take_fd(self->pair.client, self->msg.id, 0);
	EXPECT_TRUE(is_same_file(self->fd, self->probe.sent));
	EXPECT_EQ(0, alpc_release(self->pair.client, self->msg.id));
}

TEST_F(fds, reply_that_is_received_brings_them)
{
	__u64 id;

	ASSERT_EQ(0, alpc_request_async(self->pair.client, "x", 1, 0, 8, &id));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, (char[8]){});
	ASSERT_EQ(0, send_fds(self->pair.server, ALPC_SEND_REPLY, self->msg.id,
			      &self->probe.sent, 1));
	ASSERT_EQ(0, receive_fds(self->pair.client, &self->msg, &self->attrs, ALPC_FD_ANY));
	EXPECT_EQ(ALPC_REPLY, self->msg.type);
	EXPECT_EQ(id, self->msg.id);
	EXPECT_EQ(ALPC_MSG_FDS | ALPC_MSG_HELD, self->msg.flags);
	self->fd = take_fd(self->pair.client, id, 0);
	EXPECT_TRUE(is_same_file(self->fd, self->probe.sent));
	EXPECT_EQ(0, alpc_release(self->pair.client, id));
}

/* A callback brings them to the thread that calls, and its reply brings others. */
TEST_F(fds, callback_and_its_reply_bring_them)
{
	struct fds_call call, back = {};
	struct alpc_transfer *t = &back.worker.transfer;
	struct probe other;
	int fd;

	ASSERT_EQ(0, probe_open(&other));
	ASSERT_EQ(0, call_fd(&call, self->pair.client, -1));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, (char[8]){});
	back.sent = attrs_of(&self->probe.sent, 1);
	back.came.fd_kinds = ALPC_FD_ANY;
	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(t, ALPC_SEND_CALLBACK, self->msg.id, "back", 4);
	transfer_receive(t, back.buf, sizeof(back.buf));
	transfer_attrs(&t->send, &back.sent);
	transfer_attrs(&t->recv, &back.came);
	ASSERT_EQ(0, worker_transfer(&back.worker, self->pair.server));

	ASSERT_EQ(0, worker_join(&call.worker.worker));
	EXPECT_EQ(ALPC_MSG_CALLBACK | ALPC_MSG_FDS, call.worker.transfer.recv.flags);
	fd = take_fd(self->pair.client, call.worker.transfer.recv.id, 0);
	EXPECT_TRUE(is_same_file(fd, self->probe.sent));
	close(fd);
	ASSERT_EQ(0, send_fds(self->pair.client, ALPC_SEND_REPLY, call.worker.transfer.recv.id,
			      &other.sent, 1));

	ASSERT_EQ(0, worker_join(&back.worker.worker));
	EXPECT_EQ(ALPC_MSG_FDS | ALPC_MSG_HELD, t->recv.flags);
	fd = take_fd(self->pair.server, t->recv.id, 0);
	EXPECT_TRUE(is_same_file(fd, other.sent));
	close(fd);
	EXPECT_EQ(0, alpc_release(self->pair.port, t->recv.id));
	EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));

	transfer_init(t, ALPC_TRANSFER_WAIT);
	transfer_receive(t, back.buf, sizeof(back.buf));
	t->recv.call = call.worker.transfer.out_id;
	EXPECT_EQ(0, alpc_transfer(self->pair.client, t));
	probe_close(&other);
}

/* What a request brought and nobody took is closed when the reply has come. */
TEST_F(fds, reply_closes_what_was_not_taken)
{
	ASSERT_EQ(0, send_fds(self->pair.client, ALPC_SEND_REQUEST, 0, &self->probe.sent, 1));
	probe_let_go(&self->probe);
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	EXPECT_TRUE(probe_is_open(&self->probe));
	EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_EQ(-ESRCH, take_fd(self->pair.port, self->msg.id, 0));
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, (char[8]){});
	EXPECT_EQ(0, self->msg.flags);
	EXPECT_TRUE(probe_is_gone(&self->probe));
}

/* Even one that brings something itself, and is kept. */
TEST_F(fds, reply_with_some_closes_what_was_not_taken)
{
	struct probe other;

	ASSERT_EQ(0, probe_open(&other));
	ASSERT_EQ(0, send_fds(self->pair.client, ALPC_SEND_REQUEST, 0, &self->probe.sent, 1));
	probe_let_go(&self->probe);
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	ASSERT_EQ(0, send_fds(self->pair.port, ALPC_SEND_REPLY, self->msg.id, &other.sent, 1));
	probe_let_go(&other);
	ASSERT_EQ(0, receive_fds(self->pair.client, &self->msg, &self->attrs, ALPC_FD_ANY));
	EXPECT_TRUE(probe_is_gone(&self->probe));
	EXPECT_TRUE(probe_is_open(&other));
	EXPECT_EQ(0, alpc_release(self->pair.client, self->msg.id));
	EXPECT_TRUE(probe_is_gone(&other));
	probe_close(&other);
}

TEST_F(fds, request_gives_them_back_early)
{
	ASSERT_EQ(0, send_fds(self->pair.client, ALPC_SEND_REQUEST, 0, &self->probe.sent, 1));
	probe_let_go(&self->probe);
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	EXPECT_TRUE(probe_is_gone(&self->probe));
	EXPECT_EQ(-ENOENT, take_fd(self->pair.port, self->msg.id, 0));
	EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, (char[8]){});
}

/* --- who takes which ------------------------------------------------------ */

enum { MANY = 6 };

/* Sends the probe's end and others, MANY in all; the receiver wants all. */
static int send_many(FIXTURE_DATA(fds) *self, int *sent)
{
	int i, err;

	for (i = 0; i < MANY; i++)
		sent[i] = eventfd(i, EFD_CLOEXEC);
	err = send_fds(self->pair.client, ALPC_SEND_REQUEST, 0, sent, MANY);
	return err ?: receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY);
}

static void close_many(int *fds, int count)
{
	while (count--)
		close(fds[count]);
}

TEST_F(fds, are_taken_by_number_and_once)
{
	int sent[MANY], got[MANY];

	ASSERT_EQ(0, send_many(self, sent));
	EXPECT_EQ(MANY, self->attrs.fd_count);
	ASSERT_EQ(0, take_fds(self->pair.port, self->msg.id, 2, 2, got));
	EXPECT_TRUE(is_same_file(got[0], sent[2]));
	EXPECT_TRUE(is_same_file(got[1], sent[3]));
	close_many(got, 2);

	/* One of them was taken: none is opened. */
	self->before = open_fds();
	EXPECT_EQ(-ENOENT, take_fds(self->pair.port, self->msg.id, 1, 2, got));
	EXPECT_EQ(-ENOENT, take_fds(self->pair.port, self->msg.id, 3, 2, got));
	EXPECT_EQ(-ENOENT, take_fds(self->pair.port, self->msg.id, 0, MANY, got));
	EXPECT_EQ(-ENOENT, take_fd(self->pair.port, self->msg.id, 2));
	/* There are not so many. */
	EXPECT_EQ(-ENOENT, take_fd(self->pair.port, self->msg.id, MANY));
	EXPECT_EQ(-ENOENT, take_fds(self->pair.port, self->msg.id, 4, 3, got));
	EXPECT_EQ(-ENOENT, take_fds(self->pair.port, self->msg.id, 4, UINT32_MAX, got));
	EXPECT_EQ(-ENOENT, take_fds(self->pair.port, self->msg.id, 4, UINT32_MAX - 3, got));
	EXPECT_EQ(-ENOENT, take_fd(self->pair.port, self->msg.id, UINT32_MAX));
	EXPECT_EQ(self->before, open_fds());

	ASSERT_EQ(0, take_fds(self->pair.port, self->msg.id, 4, 2, got));
	EXPECT_TRUE(is_same_file(got[1], sent[5]));
	close_many(got, 2);
	ASSERT_EQ(0, take_fds(self->pair.server, self->msg.id, 0, 2, got));
	EXPECT_TRUE(is_same_file(got[0], sent[0]));
	EXPECT_TRUE(is_same_file(got[1], sent[1]));
	close_many(got, 2);
	close_many(sent, MANY);
	EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, (char[8]){});
}

TEST_F(fds, of_another_connection_cannot_be_named)
{
	int client, server;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 2, &client, &server));
	ASSERT_EQ(0, send_fd(self->pair.client, self->probe.sent));
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	EXPECT_EQ(-ESRCH, take_fd(server, self->msg.id, 0));
	EXPECT_EQ(-ESRCH, take_fd(client, self->msg.id, 0));
	EXPECT_EQ(-ESRCH, take_fd(self->pair.client, self->msg.id, 0));
	EXPECT_EQ(-ESRCH, take_fd(self->pair.port, self->msg.id + 1, 0));
	EXPECT_EQ(-ESRCH, take_fd(self->pair.port, 0, 0));
	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	close(client);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, (char[8]){});
	close(server);
}

/* Nobody can take what its receiver was not told of. */
TEST_F(fds, that_wait_cannot_be_taken)
{
	ASSERT_EQ(0, send_fd(self->pair.client, self->probe.sent));
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	ASSERT_EQ(0, send_fd(self->pair.client, self->probe.sent));
	EXPECT_EQ(-ESRCH, take_fd(self->pair.port, self->msg.id + 1, 0));
	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, 0));
}

/* --- errors --------------------------------------------------------------- */

TEST_F(fds, arguments_of_taking_are_checked)
{
	struct alpc_take_fds good, bad;
	int fds[2];

	ASSERT_EQ(0, send_fd(self->pair.client, self->probe.sent));
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	good = (struct alpc_take_fds){
		.size = sizeof(good), .id = self->msg.id, .fds = address(fds), .count = 1,
	};
	bad = good;
	bad.flags = 1;
	EXPECT_EQ(-EINVAL, alpc_ioctl(self->pair.port, ALPC_IOC_TAKE_FDS, &bad));
	bad = good;
	bad.count = 0;
	EXPECT_EQ(-EINVAL, alpc_ioctl(self->pair.port, ALPC_IOC_TAKE_FDS, &bad));
	bad = good;
	bad.fds = 0;
	EXPECT_EQ(-EFAULT, alpc_ioctl(self->pair.port, ALPC_IOC_TAKE_FDS, &bad));
	bad.fds = ~0ULL;
	EXPECT_EQ(-EFAULT, alpc_ioctl(self->pair.port, ALPC_IOC_TAKE_FDS, &bad));
	EXPECT_EQ(-EOPNOTSUPP, alpc_ioctl(alpc_device(), ALPC_IOC_TAKE_FDS, &good));
	EXPECT_EQ(self->before, open_fds());
	EXPECT_EQ(0, alpc_ioctl(self->pair.port, ALPC_IOC_TAKE_FDS, &good));
	EXPECT_EQ(self->before + 1, open_fds());
	close(fds[0]);
	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
}

/* Some of the numbers can be written and some not: all stay. */
TEST_F(fds, abuse_08_numbers_that_cannot_be_written_leave_all_to_be_taken)
{
	int sent[MANY], got[MANY];
	int *numbers = memory_before_hole(4 * sizeof(int));

	ASSERT_NE(NULL, numbers);
	ASSERT_EQ(0, send_many(self, sent));
	self->before = open_fds();
	EXPECT_EQ(-EFAULT, take_fds(self->pair.port, self->msg.id, 0, MANY, numbers));
	EXPECT_EQ(self->before, open_fds());
	ASSERT_EQ(0, take_fds(self->pair.port, self->msg.id, 0, MANY, got));
	EXPECT_TRUE(is_same_file(got[MANY - 1], sent[MANY - 1]));
	close_many(got, MANY);
	close_many(sent, MANY);
	EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, (char[8]){});
}

/* Nothing was open for a moment: closing it would drop the process's locks. */
TEST_F(fds, failing_to_take_drops_no_lock)
{
	struct flock lock = { .l_type = F_WRLCK };
	struct child child;
	int sent[2];

	self->fd = open("/tmp/locked", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_EQ(0, fcntl(self->fd, F_SETLK, &lock));
	sent[0] = self->fd;
	sent[1] = self->fd;
	ASSERT_EQ(0, send_fds(self->pair.client, 0, 0, sent, 2));
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	EXPECT_EQ(-EFAULT, take_fds(self->pair.port, self->msg.id, 0, 2,
				    memory_before_hole(sizeof(int))));
	ASSERT_LE(0, child_start(&child));
	if (!child.pid)
		child_exit(!fcntl(self->fd, F_GETLK, &lock) && lock.l_type == F_WRLCK);
	EXPECT_EQ(0, child_end(&child));
	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	unlink("/tmp/locked");
}

TEST_F(fds, bad_attributes_send_nothing)
{
	const struct alpc_attrs good = attrs_of(&self->probe.sent, 1);
	struct alpc_attrs bad[] = { good, good, good, good };
	unsigned int i;

	bad[0].fd_kinds = ALPC_FD_ANY;
	bad[1].out_fds_dropped = 1;
	bad[2].fds = 0;
	bad[3].fd_count = 0;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, send_attrs(self->pair.client, 0, 0, &bad[i])) {
			TH_LOG("number %u", i);
		}
	bad[0] = good;
	bad[0].fds = 8;
	EXPECT_EQ(-EFAULT, send_attrs(self->pair.client, 0, 0, &bad[0]));
	probe_let_go(&self->probe);
	EXPECT_TRUE(probe_is_gone(&self->probe));
}

/* One of them is none: the others are not sent either. */
TEST_F(fds, bad_descriptor_sends_nothing)
{
	const int bad[] = { -1, INT32_MIN, INT32_MAX, 999 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		int fds[] = { self->probe.sent, self->probe.sent, bad[i] };

		EXPECT_EQ(-EBADF, send_fds(self->pair.client, 0, 0, fds, 3));
		EXPECT_EQ(-EBADF, send_fds(self->pair.client, 0, 0, fds + 2, 1));
	}
	probe_let_go(&self->probe);
	EXPECT_TRUE(probe_is_gone(&self->probe));
}

/* A request whose reply cannot be sent is still there to be answered. */
TEST_F(fds, bad_descriptor_leaves_the_request_unanswered)
{
	int bad[] = { self->probe.sent, -1 };

	ASSERT_EQ(0, alpc_request_async(self->pair.client, "x", 1, 0, 8, NULL));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, (char[8]){});
	EXPECT_EQ(-EBADF, send_fds(self->pair.port, ALPC_SEND_REPLY, self->msg.id, bad, 2));
	probe_let_go(&self->probe);
	EXPECT_TRUE(probe_is_gone(&self->probe));
	EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	ASSERT_EQ(0, receive_fds(self->pair.client, &self->msg, &self->attrs, ALPC_FD_ANY));
	EXPECT_EQ(0, self->msg.flags);
	EXPECT_EQ(0, self->attrs.fd_count);
}

/* The receiver's attributes make no sense: the message stays, with all. */
TEST_F(fds, bad_attributes_receive_nothing)
{
	struct alpc_attrs bad[2] = {};
	struct alpc_transfer t;
	char buf[16];
	unsigned int i;

	bad[0].fd_kinds = ALPC_FD_ANY + 1;
	bad[1].fds = address(buf);
	ASSERT_EQ(0, send_fd(self->pair.client, self->probe.sent));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		transfer_init(&t, ALPC_TRANSFER_RECEIVE);
		transfer_receive(&t, buf, sizeof(buf));
		transfer_attrs(&t.recv, &bad[i]);
		EXPECT_EQ(-EINVAL, alpc_transfer(self->pair.port, &t));
		EXPECT_EQ(1, alpc_queued(self->pair.port));
	}
	/* Nor does it go if there is no room for its data. */
	EXPECT_EQ(-EMSGSIZE, alpc_receive(self->pair.port, &self->msg, buf, 1));
	EXPECT_EQ(-EFAULT, alpc_receive(self->pair.port, &self->msg, NULL, 16));
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	self->fd = take_fd(self->pair.port, self->msg.id, 0);
	EXPECT_TRUE(is_same_file(self->fd, self->probe.sent));
	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
}

TEST_F(fds, connection_port_sends_none_of_its_own)
{
	EXPECT_EQ(-EOPNOTSUPP, send_fd(self->pair.port, self->probe.sent));
}

TEST_HARNESS_MAIN
