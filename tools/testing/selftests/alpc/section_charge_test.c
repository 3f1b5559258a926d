// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is charged for a section when its creator is gone: whoever has it, as long as
 * it has it, and nobody who has let go of it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_view.h"

FIXTURE(charge)
{
	struct pair pair;
	struct section own, peer;
	struct child child, opener;
	int server;
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_SETUP(charge)
{
	self->own.fd = -1;
	self->peer.fd = -1;
	self->server = -1;
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	/* Of each user; a section of 15 pages counts as 16. */
	ASSERT_EQ(0, set_user_limit(20));
}

FIXTURE_TEARDOWN(charge)
{
	section_close(&self->own);
	section_close(&self->peer);
	close_fd(&self->server);
	pair_close(&self->pair);
	EXPECT_EQ(0, set_user_limit(0));
}

static int create_pages(int port, __u64 pages)
{
	struct section section;
	int err = section_create(port, pages * page_size(), 0, &section);

	close_fd(&section.fd);
	return err;
}

/* A client process of user 1001; its port is @fd in the child. */
#define START_CLIENT(fd) do { \
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, (fd))); \
	if (!self->child.pid) \
		ASSERT_EQ(0, become(1001, 1001)); \
} while (0)

/* In a client that is about to be killed: a section, of which it sends a view. */
#define CREATE_AND_WAIT(client) do { \
	ASSERT_EQ(0, section_make(client, 15 * page_size(), 0, &self->own)); \
	ASSERT_EQ(0, send_view(client, 0, 0, self->own.id, 0, self->own.len, 0)); \
	child_put(&self->child, &self->own.id, sizeof(self->own.id)); \
	child_wait(&self->child); \
	child_exit(false); \
} while (0)

/* All that user 1001 may have is there for a client of his again. */
#define EXPECT_CLIENT_HAS_NOTHING() do { \
	int __client; \
\
	close_fd(&self->server); \
	START_CLIENT(&__client); \
	if (!self->child.pid) \
		child_exit(!create_pages(__client, 19)); \
	self->server = __client; \
	EXPECT_EQ(0, child_end(&self->child)); \
} while (0)

/* --- who opens it --------------------------------------------------------- */

/*
 * A process of user 1002 at the server's side, which opens a section, and lets go
 * of it when it is told to.
 */
#define START_OPENER(port, id, message) do { \
	ASSERT_LE(0, child_start(&self->opener)); \
	if (!self->opener.pid) { \
		ASSERT_EQ(0, become(1002, 1002)); \
		self->peer.fd = section_fd(port, id, message); \
		EXPECT_LE(0, self->peer.fd); \
		close_fd(&self->server); \
		child_signal(&self->opener); \
		child_wait(&self->opener); \
		EXPECT_EQ(-EDQUOT, create_pages(self->pair.client, 10)); \
		close_fd(&self->peer.fd); \
		EXPECT_EQ(0, create_pages(self->pair.client, 10)); \
		child_exit(true); \
	} \
	ASSERT_EQ(0, child_wait(&self->opener)); \
} while (0)

TEST_F(charge, abuse_38_is_charged_to_who_keeps_it_when_its_creator_is_gone)
{
	int client;
	__u32 id;

	START_CLIENT(&client);
	if (!self->child.pid)
		CREATE_AND_WAIT(client);
	self->server = client;
	ASSERT_EQ(0, child_get(&self->child, &id, sizeof(id)));
	START_OPENER(self->server, id, 0);
	child_kill(&self->child);
	/* Its creator's user has everything again ... */
	EXPECT_CLIENT_HAS_NOTHING();
	/* ... and the other one has not. */
	child_signal(&self->opener);
	EXPECT_EQ(0, child_end(&self->opener));
}

TEST_F(charge, abuse_38_is_charged_to_who_opens_it_when_its_creator_is_gone)
{
	int client;
	__u32 id;

	START_CLIENT(&client);
	if (!self->child.pid)
		CREATE_AND_WAIT(client);
	self->server = client;
	ASSERT_EQ(0, child_get(&self->child, &id, sizeof(id)));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	child_kill(&self->child);
	START_OPENER(self->pair.port, id, self->msg.id);
	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	EXPECT_CLIENT_HAS_NOTHING();
	child_signal(&self->opener);
	EXPECT_EQ(0, child_end(&self->opener));
}

TEST_F(charge, is_not_opened_by_who_has_come_into_too_many)
{
	struct section sections[3];
	int i, fds[3];

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, section_create(self->pair.client, 15 * page_size(), 0, &sections[i]));
	ASSERT_LE(0, child_start(&self->opener));
	if (!self->opener.pid) {
		for (i = 0; i < 3; i++)
			section_close(&sections[i]);
		close_fd(&self->pair.client);
		ASSERT_EQ(0, become(1002, 1002));
		for (i = 0; i < 2; i++) {
			fds[i] = section_fd(self->pair.server, sections[i].id, 0);
			EXPECT_LE(0, fds[i]);
		}
		child_signal(&self->opener);
		child_wait(&self->opener);
		EXPECT_EQ(-EDQUOT, section_fd(self->pair.server, sections[2].id, 0));
		close(fds[0]);
		EXPECT_LE(0, section_fd(self->pair.server, sections[2].id, 0));
		child_exit(true);
	}
	ASSERT_EQ(0, child_wait(&self->opener));
	for (i = 0; i < 2; i++) {
		section_close(&sections[i]);
		EXPECT_EQ(0, section_delete(self->pair.client, sections[i].id));
	}
	section_close(&sections[2]);
	child_signal(&self->opener);
	EXPECT_EQ(0, child_end(&self->opener));
}

/* --- who has let go of it ------------------------------------------------- */

/* Creates a section, and lets go of it while others still have it. */
static void client_that_fetches_nothing(struct __test_metadata *_metadata,
					FIXTURE_DATA(charge) *self, int client, bool inside)
{
	ASSERT_EQ(0, become(1001, 1001));
	ASSERT_EQ(0, section_make(client, 15 * page_size(), ALPC_SECTION_PEER_WRITE, &self->own));
	ASSERT_EQ(0, send_view(client, ALPC_SEND_REQUEST, 0, self->own.id, 0, self->own.len,
			       ALPC_VIEW_WRITE));
	child_put(&self->child, &self->own.id, sizeof(self->own.id));
	child_wait(&self->child);
	section_close(&self->own);
	EXPECT_EQ(0, section_delete(client, self->own.id));
	child_signal(&self->child);
	child_wait(&self->child);
	/* A reply that lies in it is the client's, and so is what it keeps. */
	if (inside) {
		EXPECT_EQ(-EDQUOT, create_pages(client, 10));
		TAKE(ALPC_REPLY, client, &self->msg, self->buf);
	}
	EXPECT_EQ(0, create_pages(client, 10));
	child_exit(true);
}

/* Opens it, answers, and closes it at last. */
static void server_that_lets_go(struct __test_metadata *_metadata, FIXTURE_DATA(charge) *self,
				__u32 id, bool inside)
{
	ASSERT_EQ(0, become(1002, 1002));
	self->peer.fd = section_fd(self->server, id, 0);
	EXPECT_LE(0, self->peer.fd);
	EXPECT_EQ(0, send_view(self->pair.port, ALPC_SEND_REPLY, self->msg.id,
			       inside ? id : 0, 0, inside ? 10 : 0, 0));
	child_signal(&self->opener);
	child_wait(&self->opener);
	/* As long as it has it, it is charged for it. */
	EXPECT_EQ(-EDQUOT, create_pages(self->pair.client, 10));
	close_fd(&self->peer.fd);
	EXPECT_EQ(0, create_pages(self->pair.client, 10));
	child_exit(true);
}

static void let_go(struct __test_metadata *_metadata, FIXTURE_DATA(charge) *self, bool inside)
{
	int client = -1;
	__u32 id;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &client));
	if (!self->child.pid)
		client_that_fetches_nothing(_metadata, self, client, inside);
	self->server = client;
	ASSERT_EQ(0, child_get(&self->child, &id, sizeof(id)));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_LE(0, child_start(&self->opener));
	if (!self->opener.pid)
		server_that_lets_go(_metadata, self, id, inside);
	ASSERT_EQ(0, child_wait(&self->opener));
	child_signal(&self->child);
	ASSERT_EQ(0, child_wait(&self->child));
	child_signal(&self->opener);
	EXPECT_EQ(0, child_end(&self->opener));
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
}

TEST_F(charge, abuse_38_of_a_request_ends_with_the_answer_fetched_or_not)
{
	let_go(_metadata, self, false);
}

TEST_F(charge, abuse_38_of_a_reply_that_is_not_fetched_stays_with_its_client)
{
	let_go(_metadata, self, true);
}

/* Who could not open it is not charged; who opens it afterwards is. */
TEST_F(charge, abuse_38_of_who_could_not_open_it_is_none)
{
	int client, old;
	__u32 id;

	START_CLIENT(&client);
	if (!self->child.pid)
		CREATE_AND_WAIT(client);
	self->server = client;
	ASSERT_EQ(0, child_get(&self->child, &id, sizeof(id)));
	ASSERT_LE(0, child_start(&self->opener));
	if (!self->opener.pid) {
		ASSERT_EQ(0, become(1003, 1003));
		old = forbid_descriptors();
		EXPECT_EQ(-EMFILE, section_fd(self->server, id, 0));
		allow_descriptors(old);
		child_exit(true);
	}
	ASSERT_EQ(0, child_end(&self->opener));
	START_OPENER(self->server, id, 0);
	child_kill(&self->child);
	child_signal(&self->opener);
	EXPECT_EQ(0, child_end(&self->opener));
}

/* A thread that releases a view and waits for the next message keeps nothing. */
TEST_F(charge, abuse_38_ends_with_a_release_though_the_thread_waits)
{
	struct transfer_worker worker;
	struct alpc_transfer *t = &worker.transfer;
	int client;

	START_CLIENT(&client);
	if (!self->child.pid) {
		ASSERT_EQ(0, section_make(client, 15 * page_size(), 0, &self->own));
		ASSERT_EQ(0, send_view(client, 0, 0, self->own.id, 0, self->own.len, 0));
		child_signal(&self->child);
		child_wait(&self->child);
		section_close(&self->own);
		EXPECT_EQ(0, section_delete(client, self->own.id));
		EXPECT_EQ(0, create_pages(client, 15));
		child_exit(true);
	}
	self->server = client;
	ASSERT_EQ(0, child_wait(&self->child));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE);
	transfer_send(t, ALPC_SEND_RELEASE, self->msg.id, NULL, 0);
	transfer_receive(t, self->buf, sizeof(self->buf));
	ASSERT_EQ(0, worker_transfer(&worker, self->pair.port));
	ASSERT_EQ(0, worker_blocked(&worker.worker));
	child_signal(&self->child);
	/* Its end is the next message. */
	EXPECT_EQ(0, worker_join(&worker.worker));
	EXPECT_EQ(ALPC_PORT_CLOSED, t->recv.type);
	EXPECT_EQ(0, child_end(&self->child));
}

TEST_HARNESS_MAIN
