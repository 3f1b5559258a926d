// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc: a quick caller, with a kernel and a server that do what hurts most: the
 * server answers, or does not, at any moment, and the kernel wakes in vain.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "kernel.h"
#include "../quick.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#define SECTION		5
#define ELSEWHERE	0xffffff	/* a CPU on which no test runs */
#define FOR_EVER	ALPC_SEC(60)	/* in vain: the test fails, not hangs */

/* -- The kernel ------------------------------------------------------------------ */

static struct {
	int fd;			/* of the section's memory */
	struct alpc_lib_quick_page *page;
	unsigned int sections;	/* that are there */
	atomic_uint usual;	/* ordinary requests */
	atomic_uint waits;
	atomic_int mistakes;
	unsigned int fetches;
	uint32_t fetched;	/* number of the request of the last one */
	int (*wait)(const struct alpc_quick *arg);
	unsigned int ranges;	/* that come with an ordinary reply */
} k;

static int answer_usual(struct alpc_transfer *t)
{
	static const char text[] = "usual";
	struct alpc_lib_quick_hello h;
	const void *data = text;
	uint32_t len = sizeof(text);

	memset(&h, 0, sizeof(h));
	if (t->send.len == sizeof(h))
		memcpy(&h, (void *)(uintptr_t)t->send.data, sizeof(h));
	t->out_done = ALPC_DONE_SENT;
	if (!(t->flags & ALPC_TRANSFER_WAIT))
		return 0;
	if (h.what == QUICK_HELLO_OPEN) {
		data = &h;
		len = sizeof(h);
	} else if (h.what == QUICK_HELLO_FETCH) {
		k.fetches++;
		k.fetched = (uint32_t)h.value;
		if (h.section != SECTION)
			k.mistakes++;
	} else {
		k.usual++;
	}
	memcpy((void *)(uintptr_t)t->recv.data, data, len);
	if (t->recv.attrs && k.ranges) {
		struct alpc_attrs *attrs = (void *)(uintptr_t)t->recv.attrs;

		attrs->range_count = k.ranges;
		t->recv.flags = ALPC_MSG_RANGES;
	}
	t->recv.len = len;
	t->recv.type = ALPC_REPLY;
	t->out_done |= ALPC_DONE_RECEIVED;
	return 0;
}

static int wait_for(const struct alpc_quick *arg)
{
	k.waits++;
	/* Who has not said that it sleeps is not woken. */
	if (arg->section != SECTION || !(arg->value & QUICK_ASLEEP) ||
	    arg->offset != offsetof(struct alpc_lib_quick_page, answer))
		k.mistakes++;
	if (atomic_load(&k.page->answer) != arg->value)
		return 0;
	return k.wait(arg);
}

static int quick_kernel(int step, int fd, unsigned long request, void *arg)
{
	struct alpc_create_section *section = arg;

	(void)step;
	(void)fd;
	switch (request) {
	case ALPC_IOC_CREATE_SECTION:
		k.sections++;
		section->out_section = SECTION;
		section->out_fd = dup(k.fd);
		return 0;
	case ALPC_IOC_DELETE_SECTION:
		k.sections--;
		return 0;
	case ALPC_IOC_TRANSFER:
		return answer_usual(arg);
	case ALPC_IOC_QUICK_WAKE:
		return 0;
	case ALPC_IOC_QUICK_WAIT:
		return wait_for(arg);
	default:
		return -ENOTTY;
	}
}

/* -- A server, in a thread ------------------------------------------------------- */

static struct {
	pthread_t thread;
	atomic_bool stop;
	atomic_uint taken;
	void (*take)(uint32_t seq, uint32_t len);
} s;

static void put_ask(uint64_t ask)
{
	atomic_store(&k.page->ask, ask);
}

static void answer(uint32_t seq, uint32_t head)
{
	atomic_store(&k.page->head, head);
	atomic_store(&k.page->answer, seq);
}

/* It looks at once when there is an answer, or the request is taken back. */
static void *serve(void *unused)
{
	while (!s.stop) {
		uint64_t ask = atomic_load(&k.page->ask);

		if (QUICK_STATE(ask) == QUICK_ABSENT)
			atomic_compare_exchange_strong(&k.page->ask, &ask,
						       quick_ask(QUICK_LOOKING,
								 ELSEWHERE, 0));
		else if (QUICK_STATE(ask) == QUICK_POSTED &&
			 atomic_compare_exchange_strong(&k.page->ask, &ask,
							quick_ask(QUICK_TAKEN, 0,
								  0))) {
			s.taken++;
			s.take(QUICK_SEQ(ask), QUICK_VALUE(ask));
		}
	}
	return unused;
}

static void looks_again(void)
{
	put_ask(quick_ask(QUICK_LOOKING, ELSEWHERE, 0));
}

FIXTURE(quick) {
	struct alpc_port *port;
	struct alpc_quick_calls *quick;
	struct alpc_message *m;
};

FIXTURE_SETUP(quick)
{
	const struct alpc_quick_options options = {
		.size = sizeof(options), .spin_ns = ALPC_QUICK_SPIN_MAX,
	};

	memset(&k, 0, sizeof(k));
	k.fd = memfd_create("page", 0);
	ASSERT_EQ(0, ftruncate(k.fd, QUICK_PAGE_LEN));
	k.page = mmap(NULL, QUICK_PAGE_LEN, PROT_READ | PROT_WRITE, MAP_SHARED,
		      k.fd, 0);
	ASSERT_NE(MAP_FAILED, k.page);
	kernel_port = (struct alpc_port_info){
		.out_kind = ALPC_KIND_CLIENT, .out_max_message = ALPC_DATA_MAX,
	};
	kernel_set(quick_kernel);
	ASSERT_EQ(0, alpc_port_adopt(memfd_create("port", 0), &self->port));
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
	ASSERT_EQ(0, alpc_quick_open(self->port, &options, FOR_EVER,
				     &self->quick));
}

FIXTURE_TEARDOWN(quick)
{
	if (s.thread) {
		s.stop = true;
		pthread_join(s.thread, NULL);
	}
	alpc_quick_close(self->quick);
	alpc_message_free(self->m);
	alpc_port_close(self->port);
	EXPECT_EQ(0, k.sections);
	EXPECT_EQ(0, atomic_load(&k.mistakes));
	munmap(k.page, QUICK_PAGE_LEN);
	close(k.fd);
}

/* Serve with @fn from now on. */
#define SERVE(fn) do { \
	s.take = fn; \
	ASSERT_EQ(0, pthread_create(&s.thread, NULL, serve, NULL)); \
} while (0)

#define CALL()	alpc_quick_call(self->quick, "four", 4, self->m, FOR_EVER)

/* Call until the server has taken it; it may not be in time. */
#define TAKEN_CALL(ret) do { \
	unsigned int taken = s.taken; \
\
	do { \
		(ret) = CALL(); \
	} while (s.taken == taken); \
} while (0)

/* -- Posting, and taking back ----------------------------------------------------- */

TEST_F(quick, is_taken_back)
{
	for (unsigned int i = 1; i < 20; i++) {
		looks_again();
		ASSERT_EQ(0, CALL());
		EXPECT_EQ(6, alpc_message_len(self->m));
		ASSERT_EQ(i, atomic_load(&k.usual));
		/* It was written, unless that was in vain too often. */
		if (QUICK_STATE(atomic_load(&k.page->ask)) == QUICK_LOOKING)
			continue;
		ASSERT_EQ(QUICK_ABSENT, atomic_load(&k.page->ask));
		ASSERT_EQ(0, memcmp(k.page->request, "four", 4));
	}
	EXPECT_EQ(0, atomic_load(&k.waits));
}

TEST_F(quick, is_for_a_server_that_looks_on_another_cpu)
{
	uint64_t asks[] = {
		quick_ask(QUICK_ABSENT, 0, 0), quick_ask(QUICK_TAKEN, 0, 1),
		quick_ask(QUICK_POSTED, 4, 9), quick_ask(77, 0, 0), 0,
	};
	cpu_set_t set;
	int cpu = sched_getcpu();

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(set), &set));
	asks[4] = quick_ask(QUICK_LOOKING, (uint32_t)cpu + 1, 0);
	for (unsigned int i = 0; i < 5; i++) {
		put_ask(asks[i]);
		ASSERT_EQ(0, CALL());
		EXPECT_EQ(i + 1, atomic_load(&k.usual));
		EXPECT_EQ(asks[i], atomic_load(&k.page->ask));
	}
}

static void answer_empty(uint32_t seq, uint32_t len)
{
	if (len != 4 || memcmp(k.page->request, "four", 4))
		k.mistakes++;
	looks_again();
	answer(seq, QUICK_HEAD(QUICK_DATA, 0));
}

/* Like the kernel; to be told of it there is no need. */
static int wait_on(const struct alpc_quick *arg)
{
	while (!s.stop && atomic_load(&k.page->answer) == arg->value)
		usleep(50);
	return 0;
}

static void *serve_late(void *unused)
{
	unsigned int seed = 1;

	while (!s.stop) {
		uint64_t ask = atomic_load(&k.page->ask);
		int64_t end = alpc_lib_quick_now() + ALPC_QUICK_SPIN_MAX;

		if (QUICK_STATE(ask) == QUICK_ABSENT)
			looks_again();
		if (QUICK_STATE(ask) != QUICK_POSTED)
			continue;
		/* Just before it is taken back, or just afterwards. */
		seed = seed * 1103515245U + 12345U;
		end += (int)(seed / 65536 % 60000) - 40000;
		while (alpc_lib_quick_now() < end)
			;
		if (!atomic_compare_exchange_strong(&k.page->ask, &ask,
						    quick_ask(QUICK_TAKEN, 0, 0)))
			continue;
		s.taken++;
		answer_empty(QUICK_SEQ(ask), QUICK_VALUE(ask));
	}
	return unused;
}

TEST_F(quick, is_done_once_whoever_is_first)
{
	unsigned int calls = 0;

	k.wait = wait_on;
	ASSERT_EQ(0, pthread_create(&s.thread, NULL, serve_late, NULL));
	while (calls < 1000 || s.taken < 10) {
		ASSERT_EQ(0, CALL());
		calls++;
		ASSERT_EQ(calls, k.usual + s.taken);
	}
}

/* -- Replies ---------------------------------------------------------------------- */

static atomic_uint head;

static void answer_head(uint32_t seq, uint32_t len)
{
	(void)len;
	memset(k.page->reply, 'r', ALPC_QUICK_MAX);
	looks_again();
	answer(seq, head);
}

TEST_F(quick, replies)
{
	const struct {
		uint32_t head;
		int ret;
		unsigned int len;
	} replies[] = {
		{ QUICK_HEAD(QUICK_DATA, 0), 0, 0 },
		{ QUICK_HEAD(QUICK_DATA, 1), 0, 1 },
		{ QUICK_HEAD(QUICK_DATA, ALPC_QUICK_MAX), 0, ALPC_QUICK_MAX },
		{ QUICK_HEAD(QUICK_DATA, ALPC_QUICK_MAX + 1), -EPROTO, 0 },
		{ QUICK_HEAD(QUICK_DATA, 0xffffff), -EPROTO, 0 },
		{ QUICK_HEAD(QUICK_CANCELED, 0), -ECANCELED, 0 },
		{ QUICK_HEAD(0, 0), -EPROTO, 0 },
		{ QUICK_HEAD(QUICK_CANCELED + 1, 0), -EPROTO, 0 },
		{ UINT32_MAX, -EPROTO, 0 },
	};
	int ret;

	head = replies[0].head;
	k.wait = wait_on;
	SERVE(answer_head);
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		head = replies[i].head;
		TAKEN_CALL(ret);
		ASSERT_EQ(replies[i].ret, ret);
		EXPECT_EQ(replies[i].len, alpc_message_len(self->m));
		EXPECT_EQ(ret ? 0 : ALPC_REPLY, alpc_message_type(self->m));
		EXPECT_EQ(ret ? ALPC_DONE_SENT : ALPC_DONE_SENT | ALPC_DONE_RECEIVED,
			  alpc_message_done(self->m));
		for (unsigned int n = 0; n < replies[i].len; n++)
			ASSERT_EQ('r', ((const char *)alpc_message_data(self->m))[n]);
	}
}

TEST_F(quick, reply_that_is_fetched)
{
	int ret;

	head = QUICK_HEAD(QUICK_FETCH, 0);
	k.wait = wait_on;
	SERVE(answer_head);
	for (unsigned int i = 1; i < 10; i++) {
		TAKEN_CALL(ret);
		ASSERT_EQ(0, ret);
		EXPECT_EQ(i, k.fetches);
		/* It says which: that number is the answer. */
		EXPECT_EQ(atomic_load(&k.page->answer), k.fetched);
		EXPECT_EQ(6, alpc_message_len(self->m));
	}
}

TEST_F(quick, request_that_is_to_be_an_ordinary_one)
{
	unsigned int usual;
	int ret;

	head = QUICK_HEAD(QUICK_ORDINARY, 0);
	k.wait = wait_on;
	SERVE(answer_head);
	for (unsigned int i = 1; i < 10; i++) {
		usual = k.usual;
		TAKEN_CALL(ret);
		ASSERT_EQ(0, ret);
		EXPECT_LT(usual, atomic_load(&k.usual));
		EXPECT_EQ(6, alpc_message_len(self->m));
	}
}

/* What a message has told of the reply before is forgotten. */
TEST_F(quick, reply_without_ranges)
{
	int ret;

	ASSERT_EQ(0, alpc_message_accept_ranges(self->m, true));
	k.ranges = 2;
	k.wait = wait_on;
	put_ask(quick_ask(QUICK_ABSENT, 0, 0));
	ASSERT_EQ(0, CALL());
	ASSERT_EQ(2, alpc_message_range_count(self->m));
	SERVE(answer_empty);
	do {
		TAKEN_CALL(ret);
	} while (!ret && alpc_message_way(self->m) != ALPC_WAY_QUICK);
	ASSERT_EQ(0, ret);
	EXPECT_EQ(0, alpc_message_range_count(self->m));
}

/* -- Sleeping --------------------------------------------------------------------- */

static void answer_nothing(uint32_t seq, uint32_t len)
{
	(void)seq;
	(void)len;
}

static atomic_uint last_seq, noted;

static int answer_now(const struct alpc_quick *arg)
{
	(void)arg;
	while (noted != s.taken)
		sched_yield();
	looks_again();
	answer(last_seq, QUICK_HEAD(QUICK_DATA, 3));
	return 0;
}

static void note_seq(uint32_t seq, uint32_t len)
{
	(void)len;
	last_seq = seq;
	noted++;
}

TEST_F(quick, caller_sleeps_until_it_is_answered)
{
	int ret;

	k.wait = answer_now;
	SERVE(note_seq);
	for (unsigned int i = 1; i < 10; i++) {
		TAKEN_CALL(ret);
		ASSERT_EQ(0, ret);
		EXPECT_EQ(3, alpc_message_len(self->m));
		EXPECT_EQ(i, atomic_load(&k.waits));
	}
}

static int fail_error;
static bool fail_answered;

static int fail(const struct alpc_quick *arg)
{
	if (fail_answered)
		answer_now(arg);
	return fail_error;
}

TEST_F(quick, caller_that_gives_up)
{
	static const int errors[] = { -ETIMEDOUT, -EINTR, -EPIPE };
	unsigned int usual;
	int ret;

	k.wait = fail;
	SERVE(note_seq);
	for (int i = 0; i < 6; i++) {
		fail_error = errors[i / 2];
		fail_answered = i % 2;
		TAKEN_CALL(ret);
		/* It may have been answered all the same. */
		ASSERT_EQ(i % 2 ? 0 : errors[i / 2], ret);
		EXPECT_EQ(i % 2 ? 3 : 0, alpc_message_len(self->m));
		if (!ret)
			continue;
		/* Until it is answered, others are made as usual. */
		usual = k.usual;
		ASSERT_EQ(0, CALL());
		EXPECT_EQ(usual + 1, atomic_load(&k.usual));
		looks_again();
		answer(last_seq, 0);
	}
}

static int wake_in_vain(const struct alpc_quick *arg)
{
	(void)arg;
	return 0;
}

TEST_F(quick, caller_that_is_woken_in_vain)
{
	int ret;

	k.wait = wake_in_vain;
	SERVE(answer_nothing);
	TAKEN_CALL(ret);
	EXPECT_EQ(-EPROTO, ret);
	EXPECT_EQ(ALPC_DONE_SENT, alpc_message_done(self->m));
	/* As often as one stands it, and no more. */
	EXPECT_LT(1, atomic_load(&k.waits));
	EXPECT_GE(16, atomic_load(&k.waits));
}

/*
 * The answer to a call before comes at any moment: then too it is not left to sleep
 * without having said so, which wait_for() checks.
 */
static void answer_others(uint32_t seq, uint32_t len)
{
	note_seq(seq, len);
	for (uint32_t i = 0; !s.stop && atomic_load(&k.page->answer) != seq; i++) {
		uint32_t other = atomic_load(&k.page->answer);

		if (QUICK_STATE(atomic_load(&k.page->ask)) == QUICK_LOOKING)
			return;
		if (other != seq)
			atomic_compare_exchange_strong(&k.page->answer, &other,
						       0x40000000 + i % 1000);
	}
}

static int answer_in_the_end(const struct alpc_quick *arg)
{
	return k.waits % 4 ? 0 : answer_now(arg);
}

TEST_F(quick, caller_whose_word_changes)
{
	k.wait = answer_in_the_end;
	SERVE(answer_others);
	for (int i = 0; i < 300 || s.taken < 100; i++) {
		int ret = CALL();

		ASSERT_TRUE(!ret || ret == -EPROTO);
		if (ret)
			answer_now(NULL);
	}
}

/* -- A child ---------------------------------------------------------------------- */

/* Its page is its parent's: it neither writes to it nor gives it back. */
TEST_F(quick, child_that_was_forked)
{
	int status;
	pid_t pid;

	looks_again();
	pid = fork();
	if (!pid) {
		for (unsigned int i = 1; i < 20; i++)
			if (CALL() || k.usual != i ||
			    QUICK_STATE(k.page->ask) != QUICK_LOOKING)
				_exit(1);
		alpc_quick_close(self->quick);
		_exit(k.sections == 1 ? 0 : 2);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
