// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors that several threads of a receiver want at the same time, or that
 * are given back at that moment.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <sys/ioctl.h>

#include "alpc_fds.h"
#include "alpc_nowhere.h"
#include "rounds.h"

enum { ROUNDS = 200, RACED = 3 };

struct racer {
	struct worker worker;
	pthread_barrier_t *barrier;
	int port;
	__u64 id;
	int (*act)(struct racer *racer);
};

static int race(void *arg)
{
	struct racer *racer = arg;

	pthread_barrier_wait(racer->barrier);
	return racer->act(racer);
}

static int race_take(struct racer *racer)
{
	int fds[RACED], i;
	int err = take_fds(racer->port, racer->id, 0, RACED, fds);

	for (i = 0; i < RACED && !err; i++)
		close(fds[i]);
	return err;
}

/* All numbers but the last can be written. */
static int race_take_badly(struct racer *racer)
{
	return take_fds(racer->port, racer->id, 0, RACED, memory_before_hole(8));
}

static int race_release(struct racer *racer)
{
	return alpc_release(racer->port, racer->id);
}

static int race_reply(struct racer *racer)
{
	return alpc_reply(racer->port, racer->id, NULL, 0);
}

struct arena {
	struct pair pair;
	struct probe probe;
	struct racer racer[2];
	pthread_barrier_t barrier;
};

/* Send RACED of them, and let both act on the message. */
static int run_race(struct arena *arena, __u16 send, int (*rival)(struct racer *racer))
{
	int sent[RACED] = { arena->probe.sent, arena->probe.sent, arena->probe.sent };
	struct alpc_attrs attrs;
	struct alpc_msg msg;
	int i, err;

	err = send_fds(arena->pair.client, send, 0, sent, RACED) ?:
	      receive_fds(arena->pair.port, &msg, &attrs, ALPC_FD_ANY);
	if (err)
		return err;
	probe_let_go(&arena->probe);
	pthread_barrier_init(&arena->barrier, NULL, 2);
	for (i = 0; i < 2; i++) {
		arena->racer[i] = (struct racer){
			.barrier = &arena->barrier, .port = arena->pair.port, .id = msg.id,
			.act = i ? rival : race_take,
		};
		worker_start(&arena->racer[i].worker, race, &arena->racer[i]);
	}
	for (i = 0; i < 2; i++)
		worker_join(&arena->racer[i].worker);
	return 0;
}

/* What is left to do so that nothing is left, and whether that was so. */
static bool end_datagram(struct pair *pair, __u64 id, bool ended)
{
	return alpc_release(pair->port, id) == (ended ? -ESRCH : 0);
}

static bool end_request(struct pair *pair, __u64 id, bool ended)
{
	struct alpc_msg msg;
	char buf[8];

	return alpc_reply(pair->port, id, NULL, 0) == (ended ? -ESRCH : 0) &&
	       !alpc_receive_nowait(pair->client, &msg, buf, sizeof(buf)) &&
	       msg.type == ALPC_REPLY;
}

FIXTURE_VARIANT(fds_race)
{
	__u16 send;
	int (*rival)(struct racer *racer);
	int rivals_error;	/* if the rival loses */
	int error;		/* if taking loses */
	bool (*end)(struct pair *pair, __u64 id, bool ended);
	bool ended;		/* by the rival */
};

FIXTURE(fds_race)
{
	struct arena arena;
};

FIXTURE_VARIANT_ADD(fds_race, take) {
	0, race_take, -ENOENT, -ENOENT, end_datagram, false
};

FIXTURE_VARIANT_ADD(fds_race, take_of_request) {
	ALPC_SEND_REQUEST, race_take, -ENOENT, -ENOENT, end_request, false
};

FIXTURE_VARIANT_ADD(fds_race, release) {
	0, race_release, 0, -ESRCH, end_datagram, true
};

FIXTURE_VARIANT_ADD(fds_race, release_of_request) {
	ALPC_SEND_REQUEST, race_release, 0, -ENOENT, end_request, false
};

FIXTURE_VARIANT_ADD(fds_race, reply) {
	ALPC_SEND_REQUEST, race_reply, 0, -ESRCH, end_request, true
};

FIXTURE_SETUP(fds_race)
{
	ASSERT_EQ(0, pair_open(&self->arena.pair, NULL));
}

FIXTURE_TEARDOWN(fds_race)
{
	EXPECT_QUIET(self->arena.pair.port);
	pair_close(&self->arena.pair);
}

/* Each is taken once or closed, whoever comes first. */
TEST_F(fds_race, each_is_taken_once_or_closed)
{
	const struct worker *taker = &self->arena.racer[0].worker;
	const struct worker *rival = &self->arena.racer[1].worker;
	int round, before = open_fds();

	for (round = 0; round < rounds(ROUNDS); round++) {
		ASSERT_EQ(0, probe_open(&self->arena.probe));
		ASSERT_EQ(0, run_race(&self->arena, variant->send, variant->rival));
		ASSERT_TRUE(!taker->result || taker->result == variant->error);
		ASSERT_TRUE(!rival->result || rival->result == variant->rivals_error);
		/* Of two that take, one does. */
		ASSERT_TRUE(variant->rival != race_take || !taker->result != !rival->result);
		ASSERT_TRUE(variant->end(&self->arena.pair, self->arena.racer[0].id,
					 variant->ended));
		ASSERT_TRUE(probe_is_gone(&self->arena.probe));
		probe_close(&self->arena.probe);
		ASSERT_EQ(before, open_fds());
	}
}

FIXTURE(fds_failing)
{
	struct arena arena;
};

FIXTURE_SETUP(fds_failing)
{
	ASSERT_EQ(0, pair_open(&self->arena.pair, NULL));
}

FIXTURE_TEARDOWN(fds_failing)
{
	EXPECT_QUIET(self->arena.pair.port);
	pair_close(&self->arena.pair);
}

/* What one thread fails to take is there for another, or when it tries again. */
TEST_F(fds_failing, to_take_spoils_nothing)
{
	struct racer *taker = &self->arena.racer[0];
	const struct worker *rival = &self->arena.racer[1].worker;
	int round;

	for (round = 0; round < rounds(ROUNDS); round++) {
		ASSERT_EQ(0, probe_open(&self->arena.probe));
		ASSERT_EQ(0, run_race(&self->arena, 0, race_take_badly));
		ASSERT_TRUE(rival->result == -EFAULT || rival->result == -ENOENT);
		if (taker->worker.result)
			taker->worker.result = race_take(taker);
		ASSERT_EQ(0, taker->worker.result);
		ASSERT_EQ(0, alpc_release(self->arena.pair.port, taker->id));
		ASSERT_TRUE(probe_is_gone(&self->arena.probe));
		probe_close(&self->arena.probe);
	}
}

/*
 * A thread that is stuck in taking: the page that it is to write the numbers to is
 * not there until stuck_go_on(). Behind that page there is no memory.
 */
FIXTURE_VARIANT(fds_stuck)
{
	__u32 room;	/* bytes for the numbers */
	int result;	/* of taking RACED of them, when it goes on */
};

FIXTURE(fds_stuck)
{
	struct arena arena;
	struct worker worker;
	struct alpc_take_fds take;
	struct alpc_attrs attrs;
	struct alpc_msg msg;
	char *page;
	int faults;
	__u32 room;
};

FIXTURE_VARIANT_ADD(fds_stuck, and_succeeds) { RACED * sizeof(int), 0 };
FIXTURE_VARIANT_ADD(fds_stuck, and_fails) { 2 * sizeof(int), -EFAULT };

static bool watch_page(FIXTURE_DATA(fds_stuck) *self)
{
	const size_t len = getpagesize();

	self->page = memory_before_hole(len);
	if (!self->page || madvise(self->page, len, MADV_DONTNEED))
		return false;
	self->faults = pages_wait(self->page, len);
	return self->faults >= 0;
}

static int take_stuck(void *arg)
{
	FIXTURE_DATA(fds_stuck) *self = arg;

	return alpc_ioctl(self->arena.pair.port, ALPC_IOC_TAKE_FDS, &self->take);
}

/* Send RACED of them with @flags, receive them, and have a thread stuck. */
static int stuck_start(FIXTURE_DATA(fds_stuck) *self, __u16 flags)
{
	struct arena *arena = &self->arena;
	int sent[RACED] = { arena->probe.sent, arena->probe.sent, arena->probe.sent };
	int err;

	err = send_fds(arena->pair.client, flags, 0, sent, RACED) ?:
	      receive_fds(arena->pair.port, &self->msg, &self->attrs, ALPC_FD_ANY);
	if (err)
		return err;
	probe_let_go(&arena->probe);
	self->take = (struct alpc_take_fds){
		.size = sizeof(self->take), .id = self->msg.id, .count = RACED,
		.fds = address(self->page) + sysconf(_SC_PAGESIZE) - self->room,
	};
	err = worker_start(&self->worker, take_stuck, self);
	if (err)
		return err;
	return page_wanted(self->faults) ? 0 : -EIO;
}

/* Let the thread go on, and close what it has got; gives its result. */
static int stuck_go_on(FIXTURE_DATA(fds_stuck) *self)
{
	const int *got = (const int *)(unsigned long)self->take.fds;
	int result, i;

	if (page_comes(self->faults, self->page, NULL))
		return -EIO;
	result = worker_join(&self->worker);
	for (i = 0; i < RACED && !result; i++)
		close(got[i]);
	return result;
}

FIXTURE_SETUP(fds_stuck)
{
	self->room = variant->room;
	ASSERT_EQ(0, pair_open(&self->arena.pair, NULL));
	ASSERT_EQ(0, probe_open(&self->arena.probe));
	ASSERT_TRUE(watch_page(self));
}

FIXTURE_TEARDOWN(fds_stuck)
{
	EXPECT_TRUE(probe_is_gone(&self->arena.probe));
	EXPECT_QUIET(self->arena.pair.port);
	close(self->faults);
	probe_close(&self->arena.probe);
	pair_close(&self->arena.pair);
}

TEST_F(fds_stuck, others_cannot_take_them)
{
	int port = self->arena.pair.port, fds[RACED], i;

	ASSERT_EQ(0, stuck_start(self, 0));
	EXPECT_EQ(-ENOENT, take_fd(port, self->msg.id, 0));
	EXPECT_EQ(-ENOENT, take_fd(port, self->msg.id, RACED - 1));
	EXPECT_EQ(-ENOENT, take_fds(port, self->msg.id, 0, RACED, fds));
	EXPECT_EQ(variant->result, stuck_go_on(self));
	/* Now they are the other one's, or can be taken. */
	EXPECT_EQ(variant->result ? 0 : -ENOENT, take_fds(port, self->msg.id, 0, RACED, fds));
	for (i = 0; i < RACED && variant->result; i++)
		close(fds[i]);
	EXPECT_EQ(0, alpc_release(port, self->msg.id));
}

TEST_F(fds_stuck, others_can_release_the_message)
{
	ASSERT_EQ(0, stuck_start(self, 0));
	EXPECT_EQ(0, alpc_release(self->arena.pair.port, self->msg.id));
	EXPECT_TRUE(probe_is_open(&self->arena.probe));
	EXPECT_EQ(variant->result, stuck_go_on(self));
}

TEST_F(fds_stuck, others_can_reply)
{
	ASSERT_EQ(0, stuck_start(self, ALPC_SEND_REQUEST));
	EXPECT_EQ(0, alpc_reply(self->arena.pair.port, self->msg.id, NULL, 0));
	TAKE(ALPC_REPLY, self->arena.pair.client, &self->msg, (char[8]){});
	EXPECT_TRUE(probe_is_open(&self->arena.probe));
	EXPECT_EQ(variant->result, stuck_go_on(self));
}

TEST_F(fds_stuck, connection_can_end)
{
	ASSERT_EQ(0, stuck_start(self, ALPC_SEND_REQUEST));
	close_fd(&self->arena.pair.client);
	TAKE(ALPC_PORT_CLOSED, self->arena.pair.port, &self->msg, (char[8]){});
	EXPECT_TRUE(probe_is_open(&self->arena.probe));
	EXPECT_EQ(variant->result, stuck_go_on(self));
}

TEST_HARNESS_MAIN
