// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for a word of a section that the other end writes to: no wake-up is lost,
 * none is anybody else's, and whatever ends the wait is said.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <limits.h>

#include "alpc_view.h"

/* Where words lie, and how many threads of an end may wait. */
enum { HERE = 128, THERE = 132, WAITS_MAX = 64 };

/* A wait, in a thread of its own or not. */
struct wait {
	struct worker worker;
	int fd;
	struct alpc_quick arg;
};

static struct alpc_quick quick(__u32 section, __u64 offset)
{
	return (struct alpc_quick){
		.size = sizeof(struct alpc_quick), .section = section, .offset = offset,
	};
}

static int wait_for(int fd, __u32 section, __u64 offset, __u32 value, __s64 timeout)
{
	struct alpc_quick arg = quick(section, offset);

	arg.value = value;
	arg.timeout = timeout;
	return alpc_ioctl(fd, ALPC_IOC_QUICK_WAIT, &arg);
}

static int wake(int fd, __u32 section, __u64 offset)
{
	struct alpc_quick arg = quick(section, offset);

	return alpc_ioctl(fd, ALPC_IOC_QUICK_WAKE, &arg);
}

static int run_wait(void *arg)
{
	struct wait *wait = arg;

	return alpc_ioctl(wait->fd, ALPC_IOC_QUICK_WAIT, &wait->arg);
}

/* Wait for a word that is 0 in another thread, and see it sleep. */
static int wait_start(struct wait *wait, int fd, __u32 section, __u64 offset, __s64 timeout)
{
	int err;

	wait->fd = fd;
	wait->arg = quick(section, offset);
	wait->arg.timeout = timeout;
	err = worker_start(&wait->worker, run_wait, wait);
	return err ?: worker_blocked(&wait->worker);
}

static int wait_join(struct wait *wait)
{
	return worker_join(&wait->worker);
}

FIXTURE(quick)
{
	struct pair pair;
	struct section section, opened;
	struct wait wait;
	int waits, wakes, creates;
	volatile __u32 *word;
};

FIXTURE_VARIANT(quick)
{
	bool server_waits, server_creates;
};

FIXTURE_VARIANT_ADD(quick, client_waits_in_its_own) { };
FIXTURE_VARIANT_ADD(quick, client_waits_in_the_others) { .server_creates = true };
FIXTURE_VARIANT_ADD(quick, server_waits_in_its_own) {
	.server_waits = true, .server_creates = true,
};

FIXTURE_VARIANT_ADD(quick, server_waits_in_the_others) { .server_waits = true };

FIXTURE_SETUP(quick)
{
	struct pair *pair = &self->pair;

	ASSERT_EQ(0, pair_open(pair, NULL));
	self->waits = variant->server_waits ? pair->server : pair->client;
	self->wakes = variant->server_waits ? pair->client : pair->server;
	self->creates = variant->server_creates ? pair->server : pair->client;
	ASSERT_EQ(0, section_make(self->creates, 2 * page_size(), ALPC_SECTION_PEER_WRITE,
				  &self->section));
	self->word = (volatile __u32 *)(self->section.mem + HERE);
}

FIXTURE_TEARDOWN(quick)
{
	section_close(&self->section);
	pair_close(&self->pair);
}

#define START(self) \
	ASSERT_EQ(0, wait_start(&(self)->wait, (self)->waits, (self)->section.id, HERE, \
				ALPC_INFINITE))

/* --- waiting and waking ---------------------------------------------------- */

TEST_F(quick, another_value_is_no_reason_to_wait)
{
	*self->word = 7;
	EXPECT_EQ(0, wait_for(self->waits, self->section.id, HERE, 0, ALPC_INFINITE));
	EXPECT_EQ(0, wait_for(self->waits, self->section.id, HERE, 8, ALPC_INFINITE));
	EXPECT_EQ(-ETIMEDOUT, wait_for(self->waits, self->section.id, HERE, 7, 0));
	*self->word = 0x80000000;
	EXPECT_EQ(0, wait_for(self->waits, self->section.id, HERE, 0, ALPC_INFINITE));
	EXPECT_EQ(-ETIMEDOUT, wait_for(self->waits, self->section.id, HERE, 0x80000000, 0));
}

TEST_F(quick, wakes_who_waits)
{
	START(self);
	*self->word = 1;
	/* A change alone does not. */
	EXPECT_EQ(0, worker_blocked(&self->wait.worker));
	EXPECT_EQ(0, wake(self->wakes, self->section.id, HERE));
	EXPECT_EQ(0, wait_join(&self->wait));
}

TEST_F(quick, wakes_although_nothing_has_changed)
{
	START(self);
	EXPECT_EQ(0, wake(self->wakes, self->section.id, HERE));
	EXPECT_EQ(0, wait_join(&self->wait));
}

TEST_F(quick, waking_nobody_is_not_remembered)
{
	EXPECT_EQ(0, wake(self->wakes, self->section.id, HERE));
	EXPECT_EQ(-ETIMEDOUT, wait_for(self->waits, self->section.id, HERE, 0, 0));
	START(self);
	EXPECT_EQ(0, wake(self->wakes, self->section.id, HERE));
	EXPECT_EQ(0, wait_join(&self->wait));
}

TEST_F(quick, wakes_nobody_else)
{
	struct section second;
	struct wait own;

	ASSERT_EQ(0, section_make(self->creates, 1, ALPC_SECTION_PEER_WRITE, &second));
	START(self);
	/* One's own side, at the same word. */
	ASSERT_EQ(0, wait_start(&own, self->wakes, self->section.id, HERE, ALPC_INFINITE));
	EXPECT_EQ(0, wake(self->wakes, self->section.id, THERE));
	EXPECT_EQ(0, wake(self->wakes, second.id, HERE));
	EXPECT_EQ(0, worker_blocked(&self->wait.worker));
	EXPECT_EQ(0, wake(self->wakes, self->section.id, HERE));
	EXPECT_EQ(0, wait_join(&self->wait));
	EXPECT_EQ(0, worker_blocked(&own.worker));
	EXPECT_EQ(0, wake(self->waits, self->section.id, HERE));
	EXPECT_EQ(0, wait_join(&own));
	section_close(&second);
}

TEST_F(quick, one_thread_waits_at_a_word)
{
	struct wait other;

	START(self);
	EXPECT_EQ(-EBUSY, wait_for(self->waits, self->section.id, HERE, 0, ALPC_INFINITE));
	/* But there is nothing to wait for. */
	EXPECT_EQ(0, wait_for(self->waits, self->section.id, HERE, 1, ALPC_INFINITE));
	ASSERT_EQ(0, wait_start(&other, self->waits, self->section.id, THERE, ALPC_INFINITE));
	EXPECT_EQ(0, wake(self->wakes, self->section.id, THERE));
	EXPECT_EQ(0, wait_join(&other));
	EXPECT_EQ(0, worker_blocked(&self->wait.worker));
	EXPECT_EQ(0, wake(self->wakes, self->section.id, HERE));
	EXPECT_EQ(0, wait_join(&self->wait));
	START(self);
	EXPECT_EQ(0, wake(self->wakes, self->section.id, HERE));
	EXPECT_EQ(0, wait_join(&self->wait));
}

TEST_F(quick, not_too_many_wait)
{
	struct wait *many = calloc(WAITS_MAX, sizeof(*many));
	int i;

	ASSERT_NE(NULL, many);
	for (i = 0; i < WAITS_MAX; i++)
		ASSERT_EQ(0, wait_start(&many[i], self->waits, self->section.id, i * 4,
					ALPC_INFINITE));
	EXPECT_EQ(-EBUSY, wait_for(self->waits, self->section.id, i * 4, 0, 0));
	/* The other side's threads are counted by themselves. */
	EXPECT_EQ(-ETIMEDOUT, wait_for(self->wakes, self->section.id, i * 4, 0, 0));
	EXPECT_EQ(0, wake(self->wakes, self->section.id, 0));
	EXPECT_EQ(0, wait_join(&many[0]));
	EXPECT_EQ(-ETIMEDOUT, wait_for(self->waits, self->section.id, i * 4, 0, 0));
	EXPECT_EQ(0, alpc_disconnect(self->pair.client));
	for (i = 1; i < WAITS_MAX; i++)
		EXPECT_EQ(-EPIPE, wait_join(&many[i]));
	free(many);
}

/* --- what ends a wait ------------------------------------------------------ */

TEST_F(quick, timeouts)
{
	struct alpc_quick arg = quick(self->section.id, HERE);
	struct timespec now;

	EXPECT_EQ(-ETIMEDOUT, wait_for(self->waits, self->section.id, HERE, 0, 0));
	EXPECT_EQ(-ETIMEDOUT, wait_for(self->waits, self->section.id, HERE, 0, 1));
	EXPECT_EQ(-ETIMEDOUT, wait_for(self->waits, self->section.id, HERE, 0, 2000000));
	EXPECT_EQ(-EINVAL, wait_for(self->waits, self->section.id, HERE, 0, -2));
	EXPECT_EQ(-EINVAL, wait_for(self->waits, self->section.id, HERE, 0, LLONG_MIN));
	clock_gettime(CLOCK_MONOTONIC, &now);
	arg.flags = ALPC_TRANSFER_ABSTIME;
	arg.timeout = now.tv_sec * 1000000000LL + now.tv_nsec + 2000000;
	EXPECT_EQ(-ETIMEDOUT, alpc_ioctl(self->waits, ALPC_IOC_QUICK_WAIT, &arg));
	arg.timeout = 1;
	EXPECT_EQ(-ETIMEDOUT, alpc_ioctl(self->waits, ALPC_IOC_QUICK_WAIT, &arg));
	/* Who has given up waits no more. */
	ASSERT_EQ(0, wait_start(&self->wait, self->waits, self->section.id, HERE, LLONG_MAX));
	EXPECT_EQ(0, wake(self->wakes, self->section.id, HERE));
	EXPECT_EQ(0, wait_join(&self->wait));
}

static unsigned int handled;

static void handle(int signal)
{
	(void)signal;
	__atomic_add_fetch(&handled, 1, __ATOMIC_RELEASE);
}

static int interrupt(struct worker *worker)
{
	unsigned int before = handled;

	if (pthread_kill(worker->thread, SIGUSR1))
		return -EINVAL;
	while (__atomic_load_n(&handled, __ATOMIC_ACQUIRE) == before)
		sched_yield();
	return worker_blocked(worker);
}

TEST_F(quick, signals)
{
	struct sigaction action = { .sa_handler = handle };

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	START(self);
	EXPECT_EQ(-ESRCH, interrupt(&self->wait.worker));
	EXPECT_EQ(-EINTR, wait_join(&self->wait));
	action.sa_flags = SA_RESTART;
	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	START(self);
	EXPECT_EQ(0, interrupt(&self->wait.worker));
	EXPECT_EQ(0, interrupt(&self->wait.worker));
	EXPECT_EQ(0, wake(self->wakes, self->section.id, HERE));
	EXPECT_EQ(0, wait_join(&self->wait));
	/* It would take longer than was said. */
	ASSERT_EQ(0, wait_start(&self->wait, self->waits, self->section.id, HERE, LLONG_MAX));
	EXPECT_EQ(-ESRCH, interrupt(&self->wait.worker));
	EXPECT_EQ(-EINTR, wait_join(&self->wait));
}

TEST_F(quick, ends_with_the_connection)
{
	START(self);
	EXPECT_EQ(0, alpc_disconnect(self->wakes));
	EXPECT_EQ(-EPIPE, wait_join(&self->wait));
	EXPECT_EQ(-EPIPE, wait_for(self->waits, self->section.id, HERE, 0, ALPC_INFINITE));
	EXPECT_EQ(-EPIPE, wait_for(self->waits, self->section.id, HERE, 1, ALPC_INFINITE));
	EXPECT_EQ(-EPIPE, wake(self->waits, self->section.id, HERE));
	EXPECT_EQ(-EPIPE, wake(self->wakes, 0, HERE));
}

TEST_F(quick, ends_with_the_other_side)
{
	START(self);
	close_fd(self->wakes == self->pair.client ? &self->pair.client : &self->pair.server);
	EXPECT_EQ(-EPIPE, wait_join(&self->wait));
	EXPECT_EQ(-EPIPE, wait_for(self->waits, self->section.id, HERE, 0, ALPC_INFINITE));
}

TEST_F(quick, ends_with_the_connection_port)
{
	START(self);
	close_fd(&self->pair.port);
	EXPECT_EQ(-EPIPE, wait_join(&self->wait));
}

TEST_F(quick, ends_with_the_section)
{
	struct section other;
	struct wait wait;

	ASSERT_EQ(0, section_make(self->creates, 1, ALPC_SECTION_PEER_WRITE, &other));
	START(self);
	ASSERT_EQ(0, wait_start(&wait, self->wakes, self->section.id, HERE, ALPC_INFINITE));
	EXPECT_EQ(0, section_delete(self->creates, other.id));
	EXPECT_EQ(0, worker_blocked(&self->wait.worker));
	EXPECT_EQ(0, section_delete(self->creates, self->section.id));
	EXPECT_EQ(-ENOENT, wait_join(&self->wait));
	EXPECT_EQ(-ENOENT, wait_join(&wait));
	EXPECT_EQ(-ENOENT, wait_for(self->waits, self->section.id, HERE, 0, ALPC_INFINITE));
	EXPECT_EQ(-ENOENT, wait_for(self->waits, self->section.id, HERE, 1, ALPC_INFINITE));
	EXPECT_EQ(-ENOENT, wake(self->wakes, self->section.id, HERE));
	section_close(&other);
}

/* --- what cannot be waited for --------------------------------------------- */

static int both(int fd, __u32 section, __u64 offset, int expected)
{
	int err = wait_for(fd, section, offset, 0, 0);

	return err == expected && wake(fd, section, offset) == expected ? 0 : err ?: 1;
}

TEST_F(quick, places_that_are_none)
{
	__u64 len = self->section.len;
	struct section closed;
	int client, server;
	__u32 id = self->section.id;

	EXPECT_EQ(0, both(self->waits, id + 1, HERE, -ENOENT));
	EXPECT_EQ(0, both(self->waits, 0, HERE, -ENOENT));
	EXPECT_EQ(0, both(self->waits, UINT_MAX, HERE, -ENOENT));
	EXPECT_EQ(0, both(self->waits, id, HERE + 1, -EINVAL));
	EXPECT_EQ(0, both(self->waits, id, HERE + 2, -EINVAL));
	EXPECT_EQ(0, both(self->waits, id, len, -EINVAL));
	EXPECT_EQ(0, both(self->waits, id, len - 2, -EINVAL));
	EXPECT_EQ(0, both(self->waits, id, ULLONG_MAX, -EINVAL));
	EXPECT_EQ(0, both(self->waits, id, ULLONG_MAX - 3, -EINVAL));
	EXPECT_EQ(0, both(self->waits, id, 1ULL << 32, -EINVAL));
	EXPECT_EQ(-ETIMEDOUT, wait_for(self->waits, id, len - 4, 0, 0));
	EXPECT_EQ(-ETIMEDOUT, wait_for(self->waits, id, 0, 0, 0));
	ASSERT_EQ(0, section_make(self->creates, 1, 0, &closed));
	EXPECT_EQ(0, both(self->waits, closed.id, HERE, -EPERM));
	section_close(&closed);
	/* Another connection has its own. */
	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 2, &client, &server));
	EXPECT_EQ(0, both(client, id, HERE, -ENOENT));
	EXPECT_EQ(0, both(server, id, HERE, -ENOENT));
	close(client);
	close(server);
	client = alpc_connect_async(self->pair.name);
	ASSERT_LE(0, client);
	EXPECT_EQ(0, both(client, id, HERE, -ENOTCONN));
	close(client);
}

/* --- the other side -------------------------------------------------------- */

enum { ROUNDS = 3000, ASLEEP = 1U << 31 };

struct player {
	struct worker worker;
	int fd;
	__u32 section;
	volatile __u32 *mine, *theirs;	/* each writes to one and reads the other */
	__u64 theirs_at;
	__u64 mine_at;
	bool first;
};

static bool say(struct player *p, __u32 value)
{
	if (__atomic_exchange_n(p->mine, value, __ATOMIC_SEQ_CST) & ASLEEP)
		return !wake(p->fd, p->section, p->mine_at);
	return true;
}

static bool hear(struct player *p, __u32 value)
{
	__u32 seen = __atomic_load_n(p->theirs, __ATOMIC_SEQ_CST);

	while (seen != value) {
		if (!(seen & ASLEEP)) {
			if (!__atomic_compare_exchange_n(p->theirs, &seen, seen | ASLEEP, false,
							 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
				continue;
			seen |= ASLEEP;
		}
		if (wait_for(p->fd, p->section, p->theirs_at, seen, ALPC_INFINITE))
			return false;
		seen = __atomic_load_n(p->theirs, __ATOMIC_SEQ_CST);
	}
	return true;
}

static int play(void *arg)
{
	struct player *p = arg;
	__u32 round;

	for (round = 1; round <= ROUNDS; round++) {
		if (p->first && !say(p, round))
			return -EIO;
		if (!hear(p, round))
			return -EPROTO;
		if (!p->first && !say(p, round))
			return -EIO;
	}
	return 0;
}

/* They take turns, so that one that is lost is the end. */
TEST_F(quick, no_wake_up_is_lost)
{
	volatile __u32 *there = (volatile __u32 *)(self->section.mem + THERE);
	struct player one = {
		.fd = self->waits, .section = self->section.id, .first = true,
		.mine = self->word, .mine_at = HERE, .theirs = there, .theirs_at = THERE,
	};
	struct player two = {
		.fd = self->wakes, .section = self->section.id,
		.mine = there, .mine_at = THERE, .theirs = self->word, .theirs_at = HERE,
	};

	ASSERT_EQ(0, worker_start(&one.worker, play, &one));
	ASSERT_EQ(0, worker_start(&two.worker, play, &two));
	EXPECT_EQ(0, worker_join(&one.worker));
	EXPECT_EQ(0, worker_join(&two.worker));
}

struct scribbler {
	struct worker worker;
	int fd;
	__u32 section;
	volatile __u32 *word;
	bool stop;
};

static int scribble(void *arg)
{
	struct scribbler *s = arg;
	__u32 value = 0;

	while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED)) {
		*s->word = value++ % 3;
		if (value % 16 == 0 && wake(s->fd, s->section, HERE))
			return -EIO;
	}
	*s->word = 0;
	return 0;
}

TEST_F(quick, a_word_that_never_stays)
{
	struct scribbler s = {
		.fd = self->wakes, .section = self->section.id, .word = self->word,
	};
	int i, err;

	ASSERT_EQ(0, worker_start(&s.worker, scribble, &s));
	for (i = 0; i < ROUNDS; i++) {
		err = wait_for(self->waits, self->section.id, HERE, i % 3, 1000000);
		if (err != -ETIMEDOUT)
			ASSERT_EQ(0, err);
	}
	s.stop = true;
	EXPECT_EQ(0, worker_join(&s.worker));
	EXPECT_EQ(-ETIMEDOUT, wait_for(self->waits, self->section.id, HERE, 0, 0));
}

/* Timing out, being woken, ending: one of them, and nobody is left in the list. */
TEST_F(quick, races_between_what_ends_a_wait)
{
	struct scribbler s = {
		.fd = self->wakes, .section = self->section.id, .word = self->word,
	};
	int i, err, left;

	ASSERT_EQ(0, worker_start(&s.worker, scribble, &s));
	for (i = 0; i < ROUNDS; i++) {
		err = wait_for(self->waits, self->section.id, HERE, i % 3, 1 + i % 20000);
		if (err != -ETIMEDOUT)
			ASSERT_EQ(0, err);
	}
	for (left = 0; left < 20; left++) {
		struct section section;
		struct wait wait = { .fd = self->waits };

		ASSERT_EQ(0, section_make(self->creates, 1, ALPC_SECTION_PEER_WRITE, &section));
		wait.arg = quick(section.id, HERE);
		wait.arg.timeout = ALPC_INFINITE;
		ASSERT_EQ(0, worker_start(&wait.worker, run_wait, &wait));
		EXPECT_EQ(0, section_delete(self->creates, section.id));
		EXPECT_EQ(-ENOENT, wait_join(&wait));
		section_close(&section);
	}
	s.stop = true;
	EXPECT_EQ(0, worker_join(&s.worker));
	START(self);
	EXPECT_EQ(0, wake(self->wakes, self->section.id, HERE));
	EXPECT_EQ(0, wait_join(&self->wait));
}

/* --- processes ------------------------------------------------------------- */

TEST_F(quick, a_child_waits_through_the_same_end)
{
	struct child child;

	START(self);
	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		bool ok = wait_for(self->waits, self->section.id, HERE, 0, 0) == -EBUSY &&
			  !child_signal(&child);

		wait_for(self->waits, self->section.id, THERE, 0, ALPC_INFINITE);
		child_exit(ok);
	}
	ASSERT_EQ(0, child_wait(&child));
	ASSERT_EQ(0, thread_blocked(child.pid, child.pid));
	EXPECT_EQ(-EBUSY, wait_for(self->waits, self->section.id, THERE, 0, 0));
	child_kill(&child);
	EXPECT_EQ(-ETIMEDOUT, wait_for(self->waits, self->section.id, THERE, 0, 0));
	EXPECT_EQ(0, wake(self->wakes, self->section.id, HERE));
	EXPECT_EQ(0, wait_join(&self->wait));
}

/* What the kernel keeps from the creator's side is its writing, and not this. */
TEST_F(quick, goes_on_while_a_secure_view_is_held)
{
	int sends = self->creates;
	int takes = sends == self->pair.client ? self->pair.port : self->pair.client;
	struct alpc_msg msg;
	char buf[16];

	START(self);
	ASSERT_EQ(0, send_view(sends, 0, 0, self->section.id, 0, page_size(), ALPC_VIEW_SECURE));
	TAKE(ALPC_DATAGRAM, takes, &msg, buf);
	EXPECT_EQ(SIGSEGV, touch_write(self->word));
	ASSERT_EQ(0, section_open(sends == self->pair.client ? self->pair.server :
				  self->pair.client, self->section.id, &self->opened));
	*(volatile __u32 *)(self->opened.mem + HERE) = 5;
	EXPECT_EQ(0, worker_blocked(&self->wait.worker));
	EXPECT_EQ(0, wake(self->wakes, self->section.id, HERE));
	EXPECT_EQ(0, wait_join(&self->wait));
	EXPECT_EQ(-ETIMEDOUT, wait_for(self->waits, self->section.id, HERE, 5, 0));
	EXPECT_EQ(0, alpc_release(takes, msg.id));
	section_close(&self->opened);
}

TEST_HARNESS_MAIN
