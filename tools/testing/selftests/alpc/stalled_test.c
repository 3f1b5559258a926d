// SPDX-License-Identifier: GPL-2.0-only
/*
 * A server that stands still, stopped by a signal or frozen with its cgroup: its own
 * clients wait as long as they want to, the clients of others do not notice, and
 * afterwards it goes on where it was.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <poll.h>

#include "alpc_thread.h"

FIXTURE(stalled)
{
	const char *name;
	struct child server;
	int client;
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_VARIANT(stalled)
{
	bool frozen;
};

FIXTURE_VARIANT_ADD(stalled, signal) { .frozen = false };
FIXTURE_VARIANT_ADD(stalled, freezer) { .frozen = true };

/* Accept whoever comes, and send back what is asked, until it is killed. */
static _Noreturn void serve(struct child *child, const char *name)
{
	const struct alpc_create_port limits = { .queue_messages = 4, .max_pending = 8 };
	struct alpc_create_port create = create_args(name);
	struct alpc_msg msg;
	char buf[64];
	int port, err;

	create.queue_messages = limits.queue_messages;
	create.max_pending = limits.max_pending;
	port = alpc_create_with(&create);
	err = port < 0 ? port : child_signal(child);
	while (!err) {
		err = alpc_receive(port, &msg, buf, sizeof(buf));
		if (!err && msg.type == ALPC_CONNECTION_REQUEST)
			err = error_of(alpc_accept_id(port, msg.id, 1));
		/* Who asked may have given up meanwhile. */
		if (!err && msg.type == ALPC_REQUEST)
			alpc_reply(port, msg.id, buf, msg.len);
	}
	_exit(1);
}

FIXTURE_SETUP(stalled)
{
	self->name = unique_name();
	ASSERT_LE(0, child_start(&self->server));
	if (!self->server.pid)
		serve(&self->server, self->name);
	ASSERT_EQ(0, child_wait(&self->server));
	ASSERT_EQ(0, freezer_enter(self->server.pid));
	self->client = alpc_connect_to(self->name);
	ASSERT_LE(0, self->client);
}

FIXTURE_TEARDOWN(stalled)
{
	close_fd(&self->client);
	child_kill(&self->server);
	freezer_remove();
}

/* A call that gives up after @timeout. */
static int call(int fd, const char *text, long long timeout)
{
	struct alpc_transfer t;
	char in[16];
	int err;

	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&t, ALPC_SEND_REQUEST, 0, text, strlen(text));
	transfer_receive(&t, in, sizeof(in));
	t.timeout = timeout;
	err = alpc_transfer(fd, &t);
	if (err)
		return err;
	return t.recv.len == strlen(text) && !memcmp(in, text, t.recv.len) ? 0 : -EBADMSG;
}

/* The same processes, cores and device, but another server. */
TEST_F(stalled, abuse_28_server_holds_up_its_own_clients_only)
{
	struct transfer_worker waits;
	struct connect_worker connects;
	struct pair pair;
	char in[16];
	int i, err, sent;

	ASSERT_EQ(0, pair_open(&pair, NULL));
	ASSERT_EQ(0, call(self->client, "before", ALPC_INFINITE));
	ASSERT_EQ(0, child_stand(&self->server, variant->frozen));

	/* One client waits for ever, for its reply and to be accepted ... */
	transfer_init(&waits.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&waits.transfer, ALPC_SEND_REQUEST, 0, "waits", 5);
	transfer_receive(&waits.transfer, in, sizeof(in));
	ASSERT_EQ(0, worker_transfer(&waits, self->client));
	ASSERT_EQ(0, worker_blocked(&waits.worker));
	connects.connect = connect_args(self->name);
	ASSERT_EQ(0, worker_connect(&connects));
	ASSERT_EQ(0, worker_blocked(&connects.worker));
	/* ... others no longer than they say. */
	EXPECT_EQ(-ETIMEDOUT, call(self->client, "gives up", SHORT_TIME));
	for (sent = 0, err = 0; !err; sent++)
		err = alpc_send_nowait(self->client, "x", 1);
	EXPECT_EQ(-EAGAIN, err);
	EXPECT_GE(5, sent);

	/* Nobody else notices: every call is answered while that server stands. */
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, pair_works(&pair));
	EXPECT_FALSE(worker_done(&waits.worker));
	EXPECT_FALSE(worker_done(&connects.worker));

	ASSERT_EQ(0, child_go_on(&self->server, variant->frozen));
	EXPECT_EQ(0, worker_join(&waits.worker));
	EXPECT_EQ(0, memcmp(in, "waits", 5));
	i = worker_join(&connects.worker);
	EXPECT_LE(0, i);
	EXPECT_EQ(0, call(i, "behind", ALPC_INFINITE));
	EXPECT_EQ(0, call(self->client, "after", ALPC_INFINITE));
	close(i);
	pair_close(&pair);
}

/* Its clients' ends are theirs: they go, and are killed, at once. */
TEST_F(stalled, abuse_28_server_keeps_no_client_from_going)
{
	struct child child;

	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		struct alpc_msg msg;
		char in[16];
		int fd = alpc_connect_to(self->name);

		child_signal(&child);
		child_wait(&child);
		alpc_call(fd, "call", 4, &msg, in, sizeof(in));
		_exit(1);
	}
	ASSERT_EQ(0, child_wait(&child));
	ASSERT_EQ(0, child_stand(&self->server, variant->frozen));
	ASSERT_EQ(0, child_signal(&child));
	ASSERT_EQ(0, client_blocked(&child));
	child_kill(&child);
	EXPECT_EQ(0, alpc_disconnect(self->client));
	close_fd(&self->client);
	ASSERT_EQ(0, child_go_on(&self->server, variant->frozen));
	self->client = alpc_connect_to(self->name);
	ASSERT_LE(0, self->client);
	EXPECT_EQ(0, call(self->client, "after", ALPC_INFINITE));
}

TEST_HARNESS_MAIN
