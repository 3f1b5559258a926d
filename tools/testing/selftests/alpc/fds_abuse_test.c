// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors against the rules: tables that change or are full, descriptors that
 * nobody asked for, cycles.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <linux/io_uring.h>
#include <sys/epoll.h>

#include "alpc_fds.h"
#include "alpc_vector.h"

FIXTURE(fds_abuse)
{
	struct pair pair;
	struct probe probe;
	struct alpc_msg msg;
	struct alpc_attrs attrs;
	int fd;
};

FIXTURE_SETUP(fds_abuse)
{
	self->fd = -1;
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, probe_open(&self->probe));
}

FIXTURE_TEARDOWN(fds_abuse)
{
	close_fd(&self->fd);
	probe_close(&self->probe);
	pair_close(&self->pair);
}

/* --- 29: the sender's table changes --------------------------------------- */

TEST_F(fds_abuse, abuse_29_descriptor_closed_or_replaced_after_sending)
{
	int number = self->probe.sent, other = eventfd(0, EFD_CLOEXEC);

	ASSERT_EQ(0, send_fd(self->pair.client, number));
	ASSERT_EQ(number, dup2(other, number));
	ASSERT_EQ(0, send_fd(self->pair.client, number));
	probe_let_go(&self->probe);
	ASSERT_EQ(-EBADF, send_fd(self->pair.client, number));

	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	self->fd = take_fd(self->pair.port, self->msg.id, 0);
	EXPECT_EQ(1, write(self->fd, "x", 1));
	EXPECT_EQ(1, read(self->probe.end, &number, 1));
	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	close_fd(&self->fd);
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	self->fd = take_fd(self->pair.port, self->msg.id, 0);
	EXPECT_TRUE(is_same_file(other, self->fd));
	close(other);
}

/* --- 30: the receiver's table is full ------------------------------------- */

/* The message is received; all of its descriptors wait until there is room. */
TEST_F(fds_abuse, abuse_30_receivers_table_is_full)
{
	const int sent[] = { self->probe.sent, self->probe.sent, self->probe.sent };
	int before, limit, got[3], i;

	ASSERT_EQ(0, send_fds(self->pair.client, 0, 0, sent, 3));
	before = open_fds();
	limit = forbid_descriptors();
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	EXPECT_EQ(3, self->attrs.fd_count);
	for (i = 1; i <= 3; i++)
		EXPECT_EQ(-EMFILE, take_fds(self->pair.port, self->msg.id, 0, i, got));
	allow_descriptors(limit);
	EXPECT_EQ(before, open_fds());
	ASSERT_EQ(0, take_fds(self->pair.port, self->msg.id, 0, 3, got));
	for (i = 0; i < 3; i++) {
		EXPECT_TRUE(is_same_file(got[i], self->probe.sent));
		close(got[i]);
	}
}

/* There is room for some: none is opened, and no number is used up. */
TEST_F(fds_abuse, abuse_30_receivers_table_has_room_for_some)
{
	const int sent[] = { self->probe.sent, self->probe.sent, self->probe.sent };
	int limit, got[3], room[2], i;

	ASSERT_EQ(0, send_fds(self->pair.client, 0, 0, sent, 3));
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	for (i = 0; i < 2; i++)
		room[i] = dup(0);
	limit = forbid_descriptors();
	for (i = 0; i < 2; i++)
		close(room[i]);
	EXPECT_EQ(-EMFILE, take_fds(self->pair.port, self->msg.id, 0, 3, got));
	EXPECT_EQ(-1, fcntl(room[0], F_GETFD));
	EXPECT_EQ(-1, fcntl(room[1], F_GETFD));
	EXPECT_EQ(0, take_fds(self->pair.port, self->msg.id, 1, 2, got));
	EXPECT_EQ(-EMFILE, take_fds(self->pair.port, self->msg.id, 0, 1, got + 2));
	close(got[0]);
	EXPECT_EQ(0, take_fds(self->pair.port, self->msg.id, 0, 1, got + 2));
	allow_descriptors(limit);
	close(got[1]);
	close(got[2]);
}

/* --- 31: counts and addresses --------------------------------------------- */

TEST_F(fds_abuse, abuse_31_count)
{
	const struct {
		__u32 count;
		int error;
	} tries[] = {
		{ 1, 0 }, { 511, 0 }, { 512, 0 }, { 513, -EINVAL }, { 1U << 30, -EINVAL },
		{ UINT32_MAX, -EINVAL },
	};
	struct alpc_attrs attrs = {};
	int fds[ALPC_FDS_MAX + 1], got[ALPC_FDS_MAX], before;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = self->probe.sent;
	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		n = tries[i].count;
		ASSERT_EQ(tries[i].error, send_fds(self->pair.client, 0, 0, fds, n));
		if (tries[i].error)
			continue;
		before = open_fds();
		ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
		EXPECT_EQ(n, self->attrs.fd_count);
		ASSERT_EQ(0, take_fds(self->pair.port, self->msg.id, 0, n, got));
		EXPECT_EQ(before + n, open_fds());
		while (n--)
			close(got[n]);
		EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	}
	/* No descriptors are no attributes, or ranges alone. */
	ASSERT_EQ(0, send_attrs(self->pair.client, 0, 0, &attrs));
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY));
	EXPECT_EQ(0, self->msg.flags);
	EXPECT_EQ(0, self->attrs.fd_count);
}

TEST_F(fds_abuse, abuse_31_array)
{
	struct alpc_attrs attrs = attrs_of(NULL, 1);
	int *fds = memory_before_hole(2 * sizeof(int));

	ASSERT_NE(NULL, fds);
	EXPECT_EQ(-EINVAL, send_attrs(self->pair.client, 0, 0, &attrs));
	attrs.fds = 1;
	EXPECT_EQ(-EFAULT, send_attrs(self->pair.client, 0, 0, &attrs));
	attrs.fds = ~0ULL;
	EXPECT_EQ(-EFAULT, send_attrs(self->pair.client, 0, 0, &attrs));
	fds[0] = self->probe.sent;
	fds[1] = self->probe.sent;
	EXPECT_EQ(-EFAULT, send_fds(self->pair.client, 0, 0, fds, 3));
	EXPECT_EQ(0, alpc_queued(self->pair.port));
	EXPECT_EQ(0, send_fds(self->pair.client, 0, 0, fds, 2));
}

struct flip {
	int fds[2];
	int choice[2];
	bool stop;
};

static int flip(void *arg)
{
	struct flip *f = arg;
	unsigned int i;

	for (i = 0; !__atomic_load_n(&f->stop, __ATOMIC_RELAXED); i++)
		__atomic_store_n(&f->fds[1], f->choice[i % 2], __ATOMIC_RELAXED);
	return 0;
}

/* What is checked is what is sent: a socket of AF_UNIX never gets through. */
TEST_F(fds_abuse, abuse_31_array_that_changes)
{
	struct worker worker;
	int pair[2], sent = 0, refused = 0, i;
	struct flip f = { .fds = { self->probe.sent } };

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	f.fds[1] = self->probe.sent;
	f.choice[0] = self->probe.sent;
	f.choice[1] = pair[0];
	ASSERT_EQ(0, worker_start(&worker, flip, &f));
	for (i = 0; i < 500 || !sent || !refused; i++) {
		int err = send_fds(self->pair.client, 0, 0, f.fds, 2);

		if (err == -ELOOP) {
			refused++;
			continue;
		}
		ASSERT_EQ(0, err);
		sent++;
		ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, ALPC_FD_PIPE));
		ASSERT_EQ(2, self->attrs.fd_count);
		ASSERT_EQ(0, self->attrs.out_fds_dropped);
		ASSERT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	}
	__atomic_store_n(&f.stop, true, __ATOMIC_RELAXED);
	worker_join(&worker);
	close(pair[0]);
	close(pair[1]);
}

/* --- 33: what nobody wants ------------------------------------------------ */

/* Without attributes, with none wanted, in a datagram and in a request. */
TEST_F(fds_abuse, abuse_33_receiver_that_does_not_ask_gets_none)
{
	char buf[16];
	int way, before = open_fds();

	for (way = 0; way < 4; way++) {
		__u16 flags = way & 1 ? ALPC_SEND_REQUEST : 0;
		struct probe probe;

		ASSERT_EQ(0, probe_open(&probe));
		ASSERT_EQ(0, send_fds(self->pair.client, flags, 0, &probe.sent, 1));
		probe_let_go(&probe);
		if (way & 2) {
			ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs, 0));
			EXPECT_EQ(0, self->attrs.fd_count);
			EXPECT_EQ(1, self->attrs.out_fds_dropped);
		} else {
			ASSERT_EQ(0, alpc_receive_nowait(self->pair.port, &self->msg, buf,
							 sizeof(buf)));
		}
		EXPECT_EQ(ALPC_MSG_FDS_DROPPED, self->msg.flags);
		EXPECT_TRUE(probe_is_gone(&probe));
		probe_close(&probe);
		EXPECT_EQ(flags ? -ENOENT : -ESRCH, take_fd(self->pair.port, self->msg.id, 0));
		EXPECT_EQ(-ESRCH, alpc_release(self->pair.port, self->msg.id));
		if (flags) {
			EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
			TAKE(ALPC_REPLY, self->pair.client, &self->msg, buf);
		}
		EXPECT_QUIET(self->pair.port);
		EXPECT_EQ(before, open_fds());
	}
	/* The sender's account of what is outstanding is even. */
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* The others get the numbers from 0 up. */
TEST_F(fds_abuse, abuse_33_unwanted_ones_leave_no_gaps)
{
	const int regular = open("/proc/self/status", O_RDONLY), event = eventfd(0, 0);
	const int sent[] = {
		self->probe.sent, regular, self->probe.sent, event, event, self->probe.sent,
	};
	int got[3], i;

	ASSERT_EQ(0, send_fds(self->pair.client, 0, 0, sent, 6));
	probe_let_go(&self->probe);
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &self->attrs,
				 ALPC_FD_REGULAR | ALPC_FD_EVENTFD | ALPC_FD_SOCKET));
	EXPECT_EQ(ALPC_MSG_FDS | ALPC_MSG_FDS_DROPPED | ALPC_MSG_HELD, self->msg.flags);
	EXPECT_EQ(3, self->attrs.fd_count);
	EXPECT_EQ(3, self->attrs.out_fds_dropped);
	EXPECT_TRUE(probe_is_gone(&self->probe));
	EXPECT_EQ(-ENOENT, take_fds(self->pair.port, self->msg.id, 0, 4, got));
	ASSERT_EQ(0, take_fds(self->pair.port, self->msg.id, 0, 3, got));
	EXPECT_TRUE(is_same_file(got[0], regular));
	EXPECT_TRUE(is_same_file(got[1], event));
	EXPECT_TRUE(is_same_file(got[2], event));
	for (i = 0; i < 3; i++)
		close(got[i]);
	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	EXPECT_QUIET(self->pair.port);
	close(regular);
	close(event);
}

/* --- 34: cycles ----------------------------------------------------------- */

/* All ports are closed: nothing keeps them. */
static bool is_gone(const char *name)
{
	return alpc_connect_to(name) == -ENOENT;
}

TEST_F(fds_abuse, abuse_34_port_in_its_own_message)
{
	const int ports[] = { self->pair.port, self->pair.client, self->pair.server };
	unsigned int from, which;
	__u64 id;

	for (which = 0; which < ARRAY_SIZE(ports); which++) {
		for (from = 1; from < ARRAY_SIZE(ports); from++)
			EXPECT_EQ(-ELOOP, send_fd(ports[from], ports[which]));
		ASSERT_EQ(0, alpc_request_async(self->pair.client, "x", 1, 0, 8, NULL));
		TAKE(ALPC_REQUEST, self->pair.port, &self->msg, (char[8]){});
		id = self->msg.id;
		EXPECT_EQ(-ELOOP, send_fds(self->pair.port, ALPC_SEND_REPLY, id, &ports[which],
					   1));
		EXPECT_EQ(0, alpc_reply(self->pair.port, id, NULL, 0));
		TAKE(ALPC_REPLY, self->pair.client, &self->msg, (char[8]){});
	}
	/* Nor by way of another one. */
	self->fd = alpc_create(unique_name());
	EXPECT_EQ(-ELOOP, send_fd(self->pair.client, self->fd));
	pair_close(&self->pair);
	EXPECT_TRUE(is_gone(self->pair.name));
}

/*
 * Two ports, each of which is to lie in a message that waits at the other one: whatever
 * they would travel with, and at which end.
 */
TEST_F(fds_abuse, abuse_22_two_ports_in_each_others_messages)
{
	const struct alpc_vector_send none = {};
	struct alpc_vector_send vector = none;
	struct pair *pair[2] = { &self->pair };
	struct alpc_vector v;
	struct pair second;
	int i, n;

	ASSERT_EQ(0, pair_open(&second, NULL));
	pair[1] = &second;
	for (i = 0; i < 2; i++) {
		const int theirs[] = { pair[!i]->port, pair[!i]->client, pair[!i]->server };

		for (n = 0; n < ARRAY_SIZE(theirs); n++) {
			EXPECT_EQ(-ELOOP, send_fd(pair[i]->client, theirs[n]));
			EXPECT_EQ(-ELOOP, send_fd(pair[i]->server, theirs[n]));
			EXPECT_EQ(-ELOOP, send_fds(pair[i]->client, ALPC_SEND_REQUEST, 0,
						   &theirs[n], 1));
			self->attrs = attrs_of(&theirs[n], 1);
			vector = none;
			transfer_attrs(&vector.msg, &self->attrs);
			EXPECT_EQ(-ELOOP, alpc_vector(pair[i]->client, &v, 0, &vector, 1, NULL, 0));
		}
		EXPECT_QUIET(pair[i]->port);
		EXPECT_QUIET(pair[i]->client);
	}
	pair_close(&second);
	pair_close(&self->pair);
	EXPECT_TRUE(is_gone(second.name));
	EXPECT_TRUE(is_gone(self->pair.name));
}

/* A socket in whose queue the port lies. */
TEST_F(fds_abuse, abuse_34_unix_socket_that_holds_the_port)
{
	struct child channel = {};
	int pair[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	channel.channel = pair[0];
	ASSERT_EQ(0, child_put_fd(&channel, self->pair.port));
	EXPECT_EQ(-ELOOP, send_fd(self->pair.client, pair[1]));
	EXPECT_EQ(-ELOOP, send_fd(self->pair.client, pair[0]));
	close(pair[0]);
	close(pair[1]);
	pair_close(&self->pair);
	EXPECT_TRUE(is_gone(self->pair.name));
}

TEST_F(fds_abuse, abuse_34_io_uring_that_holds_the_port)
{
	struct io_uring_params params = {};
	int ring = syscall(SYS_io_uring_setup, 4, &params);

	ASSERT_LE(0, ring);
	ASSERT_EQ(0, syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &self->pair.port,
			     1));
	EXPECT_EQ(-ELOOP, send_fd(self->pair.client, ring));
	close(ring);
	pair_close(&self->pair);
	/* It lets go of its files after a while. */
	while (!is_gone(self->pair.name))
		sched_yield();
}

/* epoll does not hold what it watches, even inside a message that waits there. */
TEST_F(fds_abuse, abuse_34_epoll_that_watches_the_port)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(0);

	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, self->pair.port, &event));
	ASSERT_EQ(0, send_fd(self->pair.client, epoll));
	ASSERT_EQ(0, send_fd(self->pair.client, self->probe.sent));
	close(epoll);
	probe_let_go(&self->probe);
	EXPECT_TRUE(probe_is_open(&self->probe));
	pair_close(&self->pair);
	EXPECT_TRUE(is_gone(self->pair.name));
	EXPECT_TRUE(probe_is_gone(&self->probe));
}

/* The same for what was opened with O_PATH. */
TEST_F(fds_abuse, abuse_34_path_of_the_port)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->pair.port);
	fd = open(path, O_PATH);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, send_fd(self->pair.client, fd));
	ASSERT_EQ(0, send_fd(self->pair.client, self->probe.sent));
	close(fd);
	probe_let_go(&self->probe);
	pair_close(&self->pair);
	EXPECT_TRUE(is_gone(self->pair.name));
	EXPECT_TRUE(probe_is_gone(&self->probe));
}

TEST_HARNESS_MAIN
