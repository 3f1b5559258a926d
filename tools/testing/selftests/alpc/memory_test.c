// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory: whoever sends pays for what waits, in its own memory cgroup, and what
 * is received, dropped or closed is given back.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <sys/stat.h>

#include "alpc_thread.h"

#define CGROUP	"/sys/fs/cgroup/alpc-test"

enum { LENGTH = 4096, MESSAGES = 1000 };

FIXTURE(memory)
{
	struct pair pair;
	struct child child;
	struct alpc_msg msg;
	char buf[LENGTH];
	int server;
};

/* A child process in a memory cgroup of its own, connected to a roomy port. */
FIXTURE_SETUP(memory)
{
	const struct alpc_create_port options = {
		.max_message = LENGTH, .queue_messages = 2 * MESSAGES,
		.queue_bytes = 2 * MESSAGES * LENGTH,
	};

	ASSERT_EQ(0, write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory"));
	ASSERT_TRUE(!mkdir(CGROUP, 0700) || errno == EEXIST);
	ASSERT_EQ(0, pair_open(&self->pair, &options));
	self->server = -1;
}

FIXTURE_TEARDOWN(memory)
{
	close_fd(&self->server);
	pair_close(&self->pair);
	/* It goes once the memory of the last process in it is given back. */
	while (rmdir(CGROUP) && errno == EBUSY)
		sched_yield();
}

/* In a child: from now on its memory is the cgroup's. */
static bool enter_cgroup(void)
{
	return !write_file(CGROUP "/cgroup.procs", "0");
}

/* A number out of a file of the cgroup, after @key; bytes. */
static long long cgroup_number(const char *file, const char *key)
{
	char path[128], text[8192], *found;

	snprintf(path, sizeof(path), CGROUP "/%s", file);
	if (read_file(path, text, sizeof(text)) <= 0)
		return -1;
	found = key ? strstr(text, key) : text;
	return found ? atoll(found + (key ? strlen(key) : 0)) : -1;
}

static long long memory_now(void)
{
	return cgroup_number("memory.current", NULL);
}

/*
 * What is charged, as soon as it is no more than @most, or else after half a
 * minute: RCU and the other CPUs give back some of it after a while.
 */
static long long memory_at_last(long long most)
{
	const long long end = monotonic_ns() + 30 * NSEC_PER_SEC;
	long long now;

	while ((now = memory_now()) > most && monotonic_ns() < end)
		usleep(10000);
	return now;
}

/* Charges are collected for each CPU before they are counted. */
#define ROUNDING	(2LL << 20)

/* What waits is the sender's, however many there are, until it is received. */
TEST_F_TIMEOUT(memory, of_waiting_messages_is_charged_to_the_sender, 120)
{
	long long before, full, most;
	int i;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		bool ok = enter_cgroup();

		child_signal(&self->child);
		ok = ok && !child_wait(&self->child);
		memset(self->buf, 'x', sizeof(self->buf));
		for (i = 0; i < MESSAGES && ok; i++)
			ok = !alpc_send_nowait(self->server, self->buf, LENGTH);
		child_signal(&self->child);
		child_exit(!child_wait(&self->child) && ok);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	before = memory_now();
	/* 0, if the child has not needed any since it came here. */
	ASSERT_LE(0, before);
	ASSERT_EQ(0, child_signal(&self->child));
	ASSERT_EQ(0, child_wait(&self->child));
	EXPECT_EQ(MESSAGES, alpc_queued(self->pair.port));
	full = memory_now();
	EXPECT_LE(before + (long long)MESSAGES * LENGTH - ROUNDING, full);
	for (i = 0; i < MESSAGES; i++)
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	most = full - (long long)MESSAGES * LENGTH + ROUNDING;
	EXPECT_GE(most, memory_at_last(most));
	ASSERT_EQ(0, child_signal(&self->child));
	EXPECT_EQ(0, child_end(&self->child));
}

/*
 * A client with little memory that floods comes to its end there: its sends
 * fail, or it is killed. The server and its other clients do not notice.
 */
TEST_F_TIMEOUT(memory, of_a_flood_ends_in_the_flooders_cgroup, 120)
{
	int err, got;

	ASSERT_EQ(0, write_file(CGROUP "/memory.max", "3M"));
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		if (!enter_cgroup())
			_exit(1);
		memset(self->buf, 'x', sizeof(self->buf));
		child_signal(&self->child);
		do {
			err = alpc_send_nowait(self->server, self->buf, LENGTH);
		} while (!err);
		child_put(&self->child, &err, sizeof(err));
		child_wait(&self->child);
		_exit(0);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	got = child_get(&self->child, &err, sizeof(err));
	EXPECT_TRUE(got == -EPIPE || err == -ENOMEM);
	child_kill(&self->child);
	EXPECT_LT(0, cgroup_number("memory.events", "max "));
	EXPECT_GT(MESSAGES, alpc_queued(self->pair.port));
	do {
		ASSERT_EQ(0, alpc_receive_nowait(self->pair.port, &self->msg, self->buf, LENGTH));
	} while (self->msg.type == ALPC_DATAGRAM);
	EXPECT_EQ(ALPC_PORT_CLOSED, self->msg.type);
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* --- nothing is left ------------------------------------------------------ */

/* One life of a port and its clients, with something of everything. */
static bool live_once(char *buf)
{
	const struct alpc_create_port options = { .max_message = LENGTH };
	struct alpc_msg msg;
	struct pair pair;
	int client, server, pending;
	bool ok;

	if (pair_open(&pair, &options) || pair_connect(pair.port, pair.name, 1, &client, &server))
		return false;
	pending = alpc_connect_async(pair.name);
	ok = pending >= 0 && !alpc_send(client, buf, LENGTH) && !alpc_send(server, buf, LENGTH) &&
	     !alpc_request_async(client, buf, LENGTH, 1, LENGTH, NULL) &&
	     !alpc_request_async(pair.client, buf, 1, 1, 1, NULL) &&
	     !alpc_receive_nowait(pair.port, &msg, buf, LENGTH) &&
	     !alpc_receive_nowait(pair.port, &msg, buf, LENGTH) &&
	     !alpc_receive_nowait(pair.port, &msg, buf, LENGTH) &&
	     !alpc_receive_nowait(pair.port, &msg, buf, LENGTH) && msg.type == ALPC_REQUEST &&
	     !alpc_reply(pair.port, msg.id, buf, LENGTH) &&
	     !alpc_request_async(server, buf, LENGTH, 1, LENGTH, NULL) &&
	     !alpc_notify_exit(client, 1) && !alpc_send(client, buf, LENGTH);
	close(client);
	close(pending);
	pair_close(&pair);
	close(server);
	return ok;
}

/*
 * The kernel frees inodes and charges after a while, and keeps caches; but what
 * so many lives leave is less than one in eight of them needs.
 */
TEST_F_TIMEOUT(memory, of_ports_and_messages_is_given_back, 120)
{
	enum { LIVES = 200, EACH = 6 * LENGTH };
	long long before, most, after;
	int i;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		bool ok = enter_cgroup();

		for (i = 0; i < 20 && ok; i++)
			ok = live_once(self->buf);
		child_signal(&self->child);
		child_wait(&self->child);
		for (i = 0; i < LIVES && ok; i++)
			ok = live_once(self->buf);
		child_signal(&self->child);
		child_wait(&self->child);
		child_exit(ok);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	before = memory_now();
	ASSERT_EQ(0, child_signal(&self->child));
	ASSERT_EQ(0, child_wait(&self->child));
	most = before + LIVES * EACH / 8;
	after = memory_at_last(most);
	ASSERT_EQ(0, child_signal(&self->child));
	EXPECT_EQ(0, child_end(&self->child));
	EXPECT_LT(0, before);
	EXPECT_GE(most, after) {
		TH_LOG("%lld bytes more after %d lives", after - before, LIVES);
	}
}

TEST_HARNESS_MAIN
