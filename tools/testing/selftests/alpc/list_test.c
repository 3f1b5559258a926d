// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion lists: what goes into one, what is queued instead, and how the reader
 * is told.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "alpc_fds.h"
#include "alpc_list.h"

enum { SLOTS = 8, LEN = 64 };

FIXTURE(list)
{
	struct pair pair;
	struct ring ring;
	struct ring client_ring;
	struct transfer_worker worker;
	struct alpc_msg *got, msg;
	char out[8192], buf[8192];
	__u64 id;
	int fd;
};

FIXTURE_SETUP(list)
{
	const struct alpc_create_port options = { .max_message = 8192 };

	self->fd = -1;
	ASSERT_EQ(0, pair_open(&self->pair, &options));
	ASSERT_EQ(0, list_open(self->pair.port, SLOTS, LEN, &self->ring));
	self->client_ring = (struct ring){ .fd = -1 };
	pattern(self->out, sizeof(self->out), 7);
}

FIXTURE_TEARDOWN(list)
{
	list_close(&self->ring);
	list_close(&self->client_ring);
	close_fd(&self->fd);
	pair_close(&self->pair);
}

#define SEND(text) ASSERT_EQ(0, alpc_send(self->pair.client, text, strlen(text)))
#define IS(msg, ring, text) \
	((msg)->len == strlen(text) && !memcmp(list_at(ring, (msg)->data), text, (msg)->len))

/* Receiving is told to look at the list. */
#define EXPECT_LIST_TURN() \
	EXPECT_EQ(-ENOMSG, alpc_receive_nowait(self->pair.port, &self->msg, self->buf, \
					       sizeof(self->buf)))

TEST_F(list, says_what_it_looks_like)
{
	const struct alpc_create_list *create = &self->ring.create;
	const struct alpc_list *shared = self->ring.shared;

	EXPECT_EQ(SLOTS, shared->slots);
	EXPECT_EQ(create->out_slot_size, shared->slot_size);
	EXPECT_LE(sizeof(struct alpc_msg) + LEN, shared->slot_size);
	EXPECT_EQ(sizeof(*shared), shared->ready_offset);
	EXPECT_EQ(sizeof(*shared) + 4 * SLOTS, shared->free_offset);
	EXPECT_LE(shared->free_offset + 4 * SLOTS, shared->slot_offset);
	EXPECT_LE(shared->slot_offset + SLOTS * shared->slot_size, create->out_len);
	EXPECT_EQ(0, shared->tail);
	EXPECT_EQ(0, shared->flags);
	EXPECT_EQ(0, shared->head);
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->ring.fd, F_GETFD));
}

/* Twice around, so that every slot is used again. */
TEST_F(list, gets_datagrams_with_all_that_is_told_of_them)
{
	struct alpc_msg *m;
	int i;

	for (i = 0; i < 2 * SLOTS + 3; i++) {
		ASSERT_EQ(0, alpc_send(self->pair.client, self->out + i, LEN - i));
		EXPECT_EQ(POLLIN | POLLOUT, events_of(self->pair.port) | POLLOUT);
		EXPECT_LIST_TURN();
		EXPECT_EQ(0, alpc_queued(self->pair.port));
		LISTED(ALPC_DATAGRAM, &self->ring, m);
		EXPECT_EQ(LEN - i, m->len);
		EXPECT_EQ(0, memcmp(list_at(&self->ring, m->data), self->out + i, LEN - i));
		EXPECT_EQ(0, m->id);
		EXPECT_EQ(self->pair.context, m->context);
		EXPECT_EQ(0, m->cookie);
		EXPECT_EQ(0, m->flags);
		EXPECT_EQ(getpid(), m->pid);
		EXPECT_EQ(getpid(), m->tid);
		EXPECT_EQ(0, m->uid);
		EXPECT_EQ(0, m->gid);
		EXPECT_EQ(FIRST_SEQ + i, m->seq);
		EXPECT_EQ(0, m->call | m->view_offset | m->view_len | m->attrs);
		EXPECT_EQ(0, m->section | m->view_flags | m->attrs_len | m->reserve);
		NOTHING(self->pair.port);
		EXPECT_EQ(0, events_of(self->pair.port));
		/* What the process makes of a slot is not what comes next in it. */
		memset(m, POISON, self->ring.create.out_slot_size);
	}
	EXPECT_EQ(0, self->ring.shared->flags);
	SEND("a");
	snprintf(self->out, sizeof(self->out), "/proc/self/fdinfo/%d", self->pair.port);
	ASSERT_LT(0, read_file(self->out, self->buf, sizeof(self->buf)));
	EXPECT_NE(NULL, strstr(self->buf, "alpc-list:\t1 of 8\n"));
}

TEST_F(list, gets_requests_that_are_answered_by_id)
{
	struct alpc_identity identity;
	struct transfer_worker *w = &self->worker;

	ASSERT_EQ(0, alpc_request_async(self->pair.client, "ask", 3, 77, LEN, &self->id));
	LISTED(ALPC_REQUEST, &self->ring, self->got);
	EXPECT_TRUE(IS(self->got, &self->ring, "ask"));
	EXPECT_EQ(0, self->got->cookie);
	EXPECT_EQ(1, alpc_unanswered(self->pair.port));
	EXPECT_EQ(0, alpc_identity(self->pair.port, self->got->id, &identity, NULL, 0));
	EXPECT_EQ(getpid(), identity.out_pid);
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->got->id, "told", 4));
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, self->got->id, "told", 4));
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	EXPECT_EQ(77, self->msg.cookie);
	EXPECT_EQ(self->id, self->msg.id);
	EXPECT_EQ(0, memcmp("told", self->buf, 4));

	/* The same for one whose sender waits. */
	transfer_init(&w->transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&w->transfer, ALPC_SEND_REQUEST, 0, "call", 4);
	transfer_receive(&w->transfer, self->buf, LEN);
	ASSERT_EQ(0, worker_transfer(w, self->pair.client));
	ASSERT_EQ(0, worker_blocked(&w->worker));
	LISTED(ALPC_REQUEST, &self->ring, self->got);
	EXPECT_TRUE(IS(self->got, &self->ring, "call"));
	ASSERT_EQ(0, alpc_reply(self->pair.server, self->got->id, "back", 4));
	ASSERT_EQ(0, worker_join(&w->worker));
	EXPECT_EQ(w->transfer.out_id, w->transfer.recv.id);
	EXPECT_EQ(0, memcmp("back", self->buf, 4));
	EXPECT_QUIET(self->pair.port);
	NOTHING(self->pair.client);
}

/* The caller gives up: the notice is queued, behind the request. */
TEST_F(list, tells_of_a_request_that_was_given_up)
{
	struct transfer_worker *w = &self->worker;

	transfer_init(&w->transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	w->transfer.timeout = SHORT_TIME;
	transfer_send(&w->transfer, ALPC_SEND_REQUEST, 0, "call", 4);
	transfer_receive(&w->transfer, self->buf, LEN);
	EXPECT_EQ(-ETIMEDOUT, alpc_transfer(self->pair.client, &w->transfer));
	EXPECT_EQ(ALPC_DONE_SENT | ALPC_DONE_CANCELED, w->transfer.out_done);
	EXPECT_EQ(1, alpc_queued(self->pair.port));
	EXPECT_EQ(ALPC_LIST_QUEUED, self->ring.shared->flags);
	/* Who looks too early is told to come again. */
	self->ring.shared->flags = 0;
	EXPECT_LIST_TURN();
	EXPECT_EQ(ALPC_LIST_QUEUED, self->ring.shared->flags);
	LISTED(ALPC_REQUEST, &self->ring, self->got);
	TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(self->got->id, self->msg.id);
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, self->got->id, NULL, 0));
	EXPECT_QUIET(self->pair.port);
}

TEST_F(list, of_a_client_gets_replies_and_datagrams)
{
	int i;

	ASSERT_EQ(0, list_open(self->pair.client, SLOTS, 0, &self->client_ring));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, alpc_request_async(self->pair.client, "ask", 3, 100 + i, 8192,
						&self->id));
		LISTED(ALPC_REQUEST, &self->ring, self->got);
		/* The last one is too long to be copied once more. */
		ASSERT_EQ(0, alpc_reply(self->pair.port, self->got->id, self->out,
					i == 2 ? 4097 : i ? 4096 : 5));
		if (i == 2)
			break;
		LISTED(ALPC_REPLY, &self->client_ring, self->got);
		EXPECT_EQ(self->id, self->got->id);
		EXPECT_EQ(100 + i, self->got->cookie);
		EXPECT_EQ(i ? 4096 : 5, self->got->len);
		EXPECT_EQ(0, memcmp(list_at(&self->client_ring, self->got->data), self->out,
				    self->got->len));
		EXPECT_EQ(0, self->got->context);
		EXPECT_EQ(getpid(), self->got->pid);
		EXPECT_EQ(2 + i, self->got->seq);
	}
	/* What is sent behind it does not overtake it. */
	ASSERT_EQ(0, alpc_send(self->pair.server, "d", 1));
	UNLISTED(&self->client_ring);
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	EXPECT_EQ(102, self->msg.cookie);
	TAKE(ALPC_DATAGRAM, self->pair.client, &self->msg, self->buf);
	ASSERT_EQ(0, alpc_send(self->pair.server, "e", 1));
	LISTED(ALPC_DATAGRAM, &self->client_ring, self->got);
	EXPECT_EQ(0, self->got->context);
	EXPECT_EQ(6, self->got->seq);
	NOTHING(self->pair.client);
	EXPECT_QUIET(self->pair.port);
}

/* --- who it is from -------------------------------------------------------- */

#define EXPECT_FROM(is_pid, is_uid, is_gid) do { \
	LISTED(ALPC_DATAGRAM, &self->ring, self->got); \
	EXPECT_EQ(is_pid, self->got->pid); \
	EXPECT_EQ(is_pid, self->got->tid); \
	EXPECT_EQ(is_uid, self->got->uid); \
	EXPECT_EQ(is_gid, self->got->gid); \
} while (0)

/* As the thread that made the list sees them, and not as they see themselves. */
TEST_F(list, tells_of_senders_in_other_namespaces)
{
	struct child child;
	pid_t pid;

	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		ASSERT_EQ(0, unshare(CLONE_NEWPID));
		pid = fork();
		if (!pid)
			child_exit(getpid() == 1 && !become(1001, 1002) &&
				   !enter_user_namespace() && !getuid() &&
				   !alpc_send(self->pair.client, "a", 1));
		child_put(&child, &pid, sizeof(pid));
		child_exit(waitpid(pid, NULL, 0) == pid);
	}
	ASSERT_EQ(0, child_get(&child, &pid, sizeof(pid)));
	EXPECT_EQ(0, child_end(&child));
	EXPECT_FROM(pid, 1001, 1002);
}

/* The other way round: who is outside has no number, and nobody's ids. */
TEST_F(list, tells_who_is_in_another_namespace_what_it_sees)
{
	struct child child;
	pid_t pid;

	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		ASSERT_EQ(0, become(1001, 1002));
		ASSERT_EQ(0, enter_user_namespace());
		ASSERT_EQ(0, unshare(CLONE_NEWPID));
		pid = fork();
		if (pid)
			child_exit(waitpid(pid, NULL, 0) == pid);
		ASSERT_EQ(0, list_delete(self->pair.port));
		ASSERT_EQ(0, list_open(self->pair.port, SLOTS, LEN, &self->ring));
		child_signal(&child);
		child_wait(&child);
		EXPECT_FROM(0, 65534, 65534);
		SEND("b");
		EXPECT_FROM(1, 0, 0);
		child_exit(true);
	}
	ASSERT_EQ(0, child_wait(&child));
	SEND("a");
	child_signal(&child);
	EXPECT_EQ(0, child_end(&child));
}

static int send_one(void *arg)
{
	struct pair *pair = arg;

	return alpc_send(pair->client, NULL, 0);
}

#define EXPECT_CHANGED(flag) do { \
	LISTED(ALPC_DATAGRAM, &ring, self->got); \
	EXPECT_EQ(flag, self->got->flags); \
} while (0)

TEST_F(list, says_when_somebody_else_sends)
{
	struct alpc_create_port options = create_args(unique_name());
	struct worker worker;
	struct pair pair;
	struct ring ring;

	options.flags = ALPC_PORT_NOTE_IDENTITY;
	ASSERT_EQ(0, pair_open(&pair, &options));
	ASSERT_EQ(0, list_open(pair.port, SLOTS, LEN, &ring));
	ASSERT_EQ(0, send_one(&pair));
	EXPECT_CHANGED(0);
	ASSERT_EQ(0, worker_start(&worker, send_one, &pair));
	EXPECT_EQ(0, worker_join(&worker));
	EXPECT_CHANGED(ALPC_MSG_IDENTITY);
	ASSERT_EQ(0, alpc_request_async(pair.client, NULL, 0, 1, LEN, NULL));
	LISTED(ALPC_REQUEST, &ring, self->got);
	EXPECT_EQ(ALPC_MSG_IDENTITY, self->got->flags);
	ASSERT_EQ(0, send_one(&pair));
	EXPECT_CHANGED(0);
	list_close(&ring);
	pair_close(&pair);
}

/* --- what is queued instead ------------------------------------------------ */

enum { FULL, LONG, BRINGS, REASONS };

/* It is received where it belongs, with what was sent before and after it. */
static void keeps_order(struct __test_metadata *const _metadata, struct _test_data_list *self,
			int reason, __u64 seq)
{
	int fill = reason == FULL ? SLOTS : 2, i;

	for (i = 0; i < fill; i++)
		SEND("a");
	ASSERT_EQ(0, reason == LONG ? alpc_send(self->pair.client, self->out, LEN + 1) :
		     reason == BRINGS ? send_fd(self->pair.client, 0) :
					alpc_send(self->pair.client, "b", 1));
	EXPECT_EQ(ALPC_LIST_QUEUED, self->ring.shared->flags);
	EXPECT_EQ(fill, list_unread(&self->ring));
	EXPECT_EQ(1, alpc_queued(self->pair.port));
	for (i = 0; i < fill; i++) {
		EXPECT_LIST_TURN();
		LISTED(ALPC_DATAGRAM, &self->ring, self->got);
		EXPECT_EQ(seq + i, self->got->seq);
	}
	/* There is room in the list, but it would overtake. */
	EXPECT_EQ(POLLIN, events_of(self->pair.port) & POLLIN);
	if (reason != FULL) {
		SEND("c");
		EXPECT_EQ(2, alpc_queued(self->pair.port));
	}
	UNLISTED(&self->ring);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(seq + i++, self->msg.seq);
	if (reason != FULL) {
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(seq + i++, self->msg.seq);
	}
	SEND("d");
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	EXPECT_EQ(seq + i, self->got->seq);
	NOTHING(self->pair.port);
}

TEST_F(list, keeps_the_order_when_something_is_queued)
{
	int reason, sent = 0;

	for (reason = FULL; reason < REASONS; reason++) {
		self->ring.shared->flags = 0;
		keeps_order(_metadata, self, reason, FIRST_SEQ + sent);
		sent += reason == FULL ? SLOTS + 2 : 5;
	}
}

/* What comes into the list later does not hold up what is queued. */
TEST_F(list, that_is_never_empty_keeps_nobody_waiting)
{
	int other, server;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 2, &other, &server));
	SEND("a");
	ASSERT_EQ(0, alpc_send(other, self->out, LEN + 1));
	SEND("b");
	EXPECT_LIST_TURN();
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(2, self->msg.context);
	EXPECT_LIST_TURN();
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	EXPECT_TRUE(IS(self->got, &self->ring, "b"));
	/* That was not the end of it: the notice comes behind what is in the list. */
	ASSERT_EQ(0, alpc_send(other, "c", 1));
	close(other);
	EXPECT_LIST_TURN();
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	EXPECT_EQ(2, self->got->context);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(2, self->msg.context);
	EXPECT_EQ(2, self->msg.seq);
	close(server);
}

/* What waited before there was a list is behind nothing in it. */
TEST_F(list, is_behind_what_was_queued_before_it)
{
	int other, server;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 2, &other, &server));
	/* The message that is used again was behind one in the list that was. */
	SEND("a");
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	ASSERT_EQ(0, alpc_send(self->pair.client, self->out, LEN + 1));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, list_delete(self->pair.port));
	list_close(&self->ring);
	ASSERT_EQ(0, alpc_send(self->pair.client, self->out, LEN + 1));
	ASSERT_EQ(0, list_open(self->pair.port, SLOTS, LEN, &self->ring));
	ASSERT_EQ(0, alpc_send(other, "b", 1));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(self->pair.context, self->msg.context);
	EXPECT_LIST_TURN();
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	NOTHING(self->pair.port);
	close(other);
	close(server);
}

/* A message that the receiver could not use is the next one, as ever. */
TEST_F(list, waits_for_what_was_put_back)
{
	ASSERT_EQ(0, alpc_send(self->pair.client, self->out, LEN + 1));
	transfer_init(&self->worker.transfer, ALPC_TRANSFER_RECEIVE);
	transfer_receive(&self->worker.transfer, NULL, LEN + 1);
	EXPECT_EQ(-EFAULT, alpc_transfer(self->pair.port, &self->worker.transfer));
	EXPECT_EQ(1, alpc_queued(self->pair.port));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(LEN + 1, self->msg.len);
	NOTHING(self->pair.port);
}

/* Who has filled the list waits for what it has in the queue; others need not. */
TEST_F(list, holds_up_who_has_filled_it)
{
	int other, server, i;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 2, &other, &server));
	for (i = 0; i < SLOTS + 1; i++)
		SEND("a");
	EXPECT_EQ(0, events_of(self->pair.client) & POLLOUT);
	EXPECT_EQ(-EAGAIN, alpc_send_nowait(self->pair.client, "b", 1));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(POLLOUT, events_of(other) & POLLOUT);
		EXPECT_EQ(0, alpc_send_nowait(other, "c", 1));
	}
	/* A message that could not lie in the list is no matter of its room. */
	EXPECT_EQ(0, send_fd(self->pair.client, 0));
	transfer_init(&self->worker.transfer, ALPC_TRANSFER_SEND);
	transfer_send(&self->worker.transfer, 0, 0, "d", 1);
	ASSERT_EQ(0, worker_transfer(&self->worker, self->pair.client));
	ASSERT_EQ(0, worker_blocked(&self->worker.worker));
	for (i = 0; i < SLOTS + 1 + 3 + 2; i++)
		ASSERT_EQ(0, list_receive(&self->ring, &self->msg, self->buf,
					  sizeof(self->buf), 0));
	EXPECT_EQ(0, worker_join(&self->worker.worker));
	EXPECT_EQ(POLLOUT, events_of(self->pair.client) & POLLOUT);
	NOTHING(self->pair.port);
	UNLISTED(&self->ring);
	SEND("e");
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	close(other);
	close(server);
}

/* --- waiting --------------------------------------------------------------- */

TEST_F(list, wakes_who_polls)
{
	struct epoll_event event = { .events = EPOLLIN }, got;
	int level = epoll_create1(0), edge = epoll_create1(0);

	ASSERT_EQ(0, epoll_ctl(level, EPOLL_CTL_ADD, self->pair.port, &event));
	event.events |= EPOLLET;
	ASSERT_EQ(0, epoll_ctl(edge, EPOLL_CTL_ADD, self->pair.port, &event));
	EXPECT_EQ(0, epoll_wait(level, &got, 1, 0));
	EXPECT_EQ(0, epoll_wait(edge, &got, 1, 0));
	SEND("a");
	EXPECT_EQ(1, epoll_wait(edge, &got, 1, 0));
	EXPECT_EQ(1, epoll_wait(level, &got, 1, 0));
	/* Awake, and not to be told again. */
	SEND("b");
	EXPECT_EQ(0, epoll_wait(edge, &got, 1, 0));
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	__atomic_store_n(&self->ring.shared->sleeping, ALPC_LIST_SLEEPING, __ATOMIC_SEQ_CST);
	UNLISTED(&self->ring);
	SEND("c");
	EXPECT_EQ(1, epoll_wait(edge, &got, 1, 0));
	EXPECT_EQ(1, epoll_wait(level, &got, 1, 0));
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	EXPECT_EQ(0, epoll_wait(level, &got, 1, 0));
	close(level);
	close(edge);
}

static int packets_at(int completion)
{
	struct alpc_set_completion arg = { .size = sizeof(arg) };

	return alpc_ioctl(completion, ALPC_IOC_SET_COMPLETION, &arg) ?: (int)arg.out_packets;
}

static int packet_of(int completion)
{
	struct alpc_packet packet;
	struct alpc_wait_packets arg = {
		.size = sizeof(arg), .flags = ALPC_TRANSFER_DONTWAIT,
		.packets = address(&packet), .count = 1,
	};

	return alpc_ioctl(completion, ALPC_IOC_WAIT_PACKETS, &arg) ?: (int)packet.type;
}

/* One packet for all that comes until a thread has taken it. */
TEST_F(list, makes_packets_while_nobody_looks)
{
	struct alpc_create_completion create = { .size = sizeof(create) };
	struct alpc_bind bind = { .size = sizeof(bind) };

	ASSERT_EQ(0, alpc_ioctl(alpc_device(), ALPC_IOC_CREATE_COMPLETION, &create));
	self->fd = create.out_fd;
	bind.completion = self->fd;
	SEND("a");
	ASSERT_EQ(0, alpc_ioctl(self->pair.port, ALPC_IOC_BIND, &bind));
	EXPECT_EQ(ALPC_PACKET_MESSAGE, packet_of(self->fd));
	EXPECT_EQ(-EAGAIN, packet_of(self->fd));
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	SEND("b");
	EXPECT_EQ(0, packets_at(self->fd));
	self->ring.shared->sleeping = ALPC_LIST_SLEEPING;
	SEND("c");
	SEND("d");
	EXPECT_EQ(1, packets_at(self->fd));
	EXPECT_EQ(ALPC_PACKET_MESSAGE, packet_of(self->fd));
	SEND("e");
	EXPECT_EQ(1, packets_at(self->fd));
	/* What is queued has its own. */
	ASSERT_EQ(0, send_fd(self->pair.client, 0));
	EXPECT_EQ(2, packets_at(self->fd));
}

/* --- vectors --------------------------------------------------------------- */

TEST_F(list, gets_vectors_in_order_with_what_is_queued)
{
	struct alpc_vector_send send[SLOTS + 6] = {};
	struct alpc_vector v = {
		.size = sizeof(v), .flags = ALPC_TRANSFER_SEND | ALPC_TRANSFER_DONTWAIT,
		.send = address(send), .send_count = SLOTS + 6,
	};
	int i, round;

	for (i = 0; i < SLOTS + 6; i++) {
		send[i].msg.data = address(self->out);
		send[i].msg.len = i;
		send[i].msg.flags = i % 3 ? 0 : ALPC_SEND_REQUEST;
	}
	for (round = 0; round < 3; round++) {
		/* The last but one does not fit into the list: the rest is behind it. */
		send[SLOTS - 2].msg.len = round ? LEN + 1 : 1;
		send[SLOTS - 1].msg.flags = 0;
		for (i = 0; i < SLOTS + 6; i++) {
			send[i].out_error = POISON_U32;
			send[i].out_id = POISON_U64;
		}
		v.send_count = round ? SLOTS - 1 : SLOTS;
		ASSERT_EQ(0, alpc_ioctl(self->pair.client, ALPC_IOC_VECTOR, &v));
		EXPECT_EQ(v.send_count, v.out_sent);
		EXPECT_EQ(round ? SLOTS - 2 : SLOTS, list_unread(&self->ring));
		EXPECT_EQ(round ? 1 : 0, alpc_queued(self->pair.port));
		for (i = 0; i < v.send_count; i++) {
			EXPECT_EQ(0, send[i].out_error);
			EXPECT_EQ(!!send[i].msg.flags, !!send[i].out_id);
			ASSERT_EQ(0, list_receive(&self->ring, &self->msg, self->buf,
						  sizeof(self->buf), 0));
			EXPECT_EQ(send[i].msg.len, self->msg.len);
			EXPECT_EQ(send[i].msg.flags ? ALPC_REQUEST : ALPC_DATAGRAM, self->msg.type);
			EXPECT_EQ(0, memcmp(self->buf, self->out, self->msg.len));
			if (self->msg.type == ALPC_REQUEST)
				EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
		}
		UNLISTED(&self->ring);
	}
	EXPECT_QUIET(self->pair.port);
	/* The list is full, and one waits: the next one says so. */
	v.send_count = SLOTS + 6;
	for (i = 0; i < SLOTS + 6; i++) {
		send[i].msg.flags = 0;
		send[i].msg.len = 1;
	}
	EXPECT_EQ(-EAGAIN, alpc_ioctl(self->pair.client, ALPC_IOC_VECTOR, &v));
	EXPECT_EQ(SLOTS + 2, v.out_sent);
	EXPECT_EQ(EAGAIN, send[SLOTS + 1].out_error);
	EXPECT_EQ(SLOTS, list_unread(&self->ring));
	EXPECT_EQ(1, alpc_queued(self->pair.port));
}

/* An entry that is wrong fails as it does without a list. */
TEST_F(list, leaves_the_errors_of_vectors_as_they_are)
{
	struct alpc_vector_send send[3] = {};
	struct alpc_vector v = {
		.size = sizeof(v), .flags = ALPC_TRANSFER_SEND, .send = address(send),
		.send_count = 3,
	};

	send[1].msg.data = 8;
	send[1].msg.len = 8;
	EXPECT_EQ(-EFAULT, alpc_ioctl(self->pair.client, ALPC_IOC_VECTOR, &v));
	EXPECT_EQ(2, v.out_sent);
	EXPECT_EQ(EFAULT, send[1].out_error);
	EXPECT_EQ(1, list_unread(&self->ring));
	send[1].msg.len = 0;
	send[1].msg.type = ALPC_DATAGRAM;
	EXPECT_EQ(-EINVAL, alpc_ioctl(self->pair.client, ALPC_IOC_VECTOR, &v));
	EXPECT_EQ(2, list_unread(&self->ring));
	EXPECT_EQ(-EFAULT, alpc_send(self->pair.client, (void *)8, 8));
	EXPECT_EQ(-EMSGSIZE, alpc_send(self->pair.client, self->out, 8193));
	EXPECT_EQ(2, list_unread(&self->ring));
	EXPECT_QUIET(self->pair.port);
}

/* --- making and ending ----------------------------------------------------- */

TEST_F(list, refuses_nonsense)
{
	static const __u32 bad[] = { 0, 1, 3, 6, 65536, 1U << 31, ~0U };
	struct alpc_create_list arg;
	int client = self->pair.client, i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, list_ioctl(client, bad[i], 0, &arg));
	EXPECT_EQ(-EMSGSIZE, list_ioctl(client, 2, 8193, &arg));
	EXPECT_EQ(-EOPNOTSUPP, list_ioctl(self->pair.server, 2, 0, &arg));
	EXPECT_EQ(-EBUSY, list_ioctl(self->pair.port, 2, 0, &arg));
	EXPECT_EQ(-ENOENT, list_delete(client));
	EXPECT_EQ(-EOPNOTSUPP, list_delete(self->pair.server));
	EXPECT_EQ(0, list_ioctl(client, 2, 1, &arg));
	close(arg.out_fd);
	EXPECT_EQ(-EBUSY, list_ioctl(client, 2, 1, &arg));
	EXPECT_EQ(0, list_delete(client));
}

/* What is in it can be read and answered; the rest is queued as before. */
TEST_F(list, ends_with_what_is_in_it)
{
	struct alpc_port_info info;

	ASSERT_EQ(0, alpc_request_async(self->pair.client, "ask", 3, 1, LEN, NULL));
	ASSERT_EQ(0, alpc_send(self->pair.client, self->out, LEN + 1));
	EXPECT_LIST_TURN();
	ASSERT_EQ(0, list_delete(self->pair.port));
	EXPECT_EQ(-ENOENT, list_delete(self->pair.port));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	LISTED(ALPC_REQUEST, &self->ring, self->got);
	EXPECT_TRUE(IS(self->got, &self->ring, "ask"));
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->got->id, NULL, 0));
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	EXPECT_EQ(0, pair_works(&self->pair));
	ASSERT_EQ(0, alpc_info(self->pair.port, &info));
	/* And there can be another one, which begins with what waits. */
	SEND("a");
	list_close(&self->ring);
	ASSERT_EQ(0, list_open(self->pair.port, SLOTS, LEN, &self->ring));
	EXPECT_EQ(ALPC_LIST_QUEUED, self->ring.shared->flags);
	SEND("b");
	UNLISTED(&self->ring);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	SEND("c");
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
}

TEST_HARNESS_MAIN
