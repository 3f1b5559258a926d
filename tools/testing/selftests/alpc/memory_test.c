// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory: whoever sends pays for what waits, and whoever creates a section for that,
 * in its own memory cgroup, and what is received, dropped or closed is given back.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "alpc_view.h"

#define CGROUP	"/sys/fs/cgroup/alpc-test"

enum { LENGTH = 4096, MESSAGES = 1000 };

FIXTURE(memory)
{
	struct pair pair;
	struct child child;
	struct job *job;
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
	cgroup_remove(CGROUP);
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
TEST_F(memory, of_waiting_messages_is_charged_to_the_sender)
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
TEST_F(memory, abuse_57_of_a_flood_ends_in_the_flooders_cgroup)
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

/* --- sections ------------------------------------------------------------- */

enum { SECTION = 16 << 20, SHORT_SECTION = 2 << 20 };

/*
 * What a client in the cgroup is told to do with its section. It is told in memory,
 * which takes no more of that when there is none left.
 */
struct job {
	enum { CREATE, FILL, LET_GO } what;
	__u32 len;
	int result;
	bool wanted;
};

static int do_job(const struct job *job, int port, struct section *section)
{
	switch (job->what) {
	case CREATE:
		return section_make(port, job->len, ALPC_SECTION_PEER_WRITE, section) ?:
		       (int)section->id;
	case FILL:
		memset(section->mem, 'c', section->len);
		return 0;
	default:
		section_close(section);
		return section_delete(port, section->id);
	}
}

/* In the client: do in the cgroup what is wanted, until it is killed. */
static _Noreturn void work_in_cgroup(struct child *child, struct job *job, int port)
{
	struct section section;

	if (!enter_cgroup())
		_exit(1);
	child_signal(child);
	for (;;) {
		while (!__atomic_load_n(&job->wanted, __ATOMIC_ACQUIRE))
			usleep(1000);
		job->result = do_job(job, port, &section);
		__atomic_store_n(&job->wanted, false, __ATOMIC_RELEASE);
	}
}

/* Have it done; the id of what was created, 0, or a negative errno. */
static int have(struct child *child, struct job *job, int what, __u32 len)
{
	siginfo_t end = {};

	job->what = what;
	job->len = len;
	__atomic_store_n(&job->wanted, true, __ATOMIC_RELEASE);
	while (__atomic_load_n(&job->wanted, __ATOMIC_ACQUIRE)) {
		if (waitid(P_PID, child->pid, &end, WEXITED | WNOHANG | WNOWAIT) || end.si_pid)
			return -ESRCH;
		usleep(1000);
	}
	return job->result;
}

#define HAVE(what, len) have(&self->child, self->job, what, len)

#define START_IN_CGROUP() do { \
	self->job = shared_memory(sizeof(*self->job)); \
	ASSERT_NE(NULL, self->job); \
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server)); \
	if (!self->child.pid) \
		work_in_cgroup(&self->child, self->job, self->server); \
	ASSERT_EQ(0, child_wait(&self->child)); \
} while (0)

/*
 * All of it and from the beginning, whoever fills it, and until nobody can see
 * it any more.
 */
TEST_F(memory, of_a_section_is_charged_to_its_creator)
{
	long long before, full;
	struct section peer;
	int id;

	START_IN_CGROUP();
	before = memory_now();
	ASSERT_LE(0, before);
	id = HAVE(CREATE, SECTION);
	ASSERT_LT(0, id);
	full = memory_now();
	EXPECT_LE(before + SECTION - ROUNDING, full);
	EXPECT_GE(before + SECTION + ROUNDING, full);
	ASSERT_EQ(0, section_open(self->server, id, &peer));
	memset(peer.mem, 's', peer.len);
	ASSERT_EQ(0, HAVE(FILL, 0));
	EXPECT_GE(full + ROUNDING, memory_now());
	ASSERT_EQ(0, HAVE(LET_GO, 0));
	EXPECT_LE(before + SECTION - ROUNDING, memory_now());
	section_close(&peer);
	EXPECT_GE(before + ROUNDING, memory_at_last(before + ROUNDING));
	child_kill(&self->child);
}

/*
 * One that is longer than the cgroup may have is refused, however often it is
 * asked for, and kills nobody: what fits is created, and so is what others want.
 */
TEST_F(memory, abuse_57_of_a_section_ends_at_the_limit_of_the_cgroup)
{
	struct section other;
	long long before;
	int i;

	ASSERT_EQ(0, write_file(CGROUP "/memory.max", "8M"));
	START_IN_CGROUP();
	before = memory_now();
	/* More often than the limit of the end would let, if any were charged. */
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(-ENOMEM, HAVE(CREATE, SECTION));
		/* Some kernels take their time to free what was allocated in vain. */
		EXPECT_GE(before + ROUNDING, memory_at_last(before + ROUNDING));
	}
	EXPECT_LT(0, cgroup_number("memory.events", "max "));
	EXPECT_EQ(0, cgroup_number("memory.events", "oom_kill "));
	EXPECT_LT(0, HAVE(CREATE, SHORT_SECTION));
	EXPECT_EQ(0, HAVE(FILL, 0));
	EXPECT_EQ(0, section_make(self->server, SECTION, 0, &other));
	section_close(&other);
	EXPECT_EQ(0, HAVE(LET_GO, 0));
	ASSERT_EQ(0, write_file(CGROUP "/memory.max", "max"));
	EXPECT_LT(0, HAVE(CREATE, SECTION));
	EXPECT_EQ(0, HAVE(FILL, 0));
	child_kill(&self->child);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
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
TEST_F(memory, of_ports_and_messages_is_given_back)
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
