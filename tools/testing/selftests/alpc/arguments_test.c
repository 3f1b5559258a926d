// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every command while another thread changes its argument: what was checked is what is
 * used, so that it has the effect of the good argument, once, or fails with the error of
 * a bad one.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "command_fixture.h"

#include "rounds.h"

enum {
	TRIES = 400,		/* of each command */
	TAIL = 128,		/* bytes behind the argument, which a wrong size makes part of it */
	WRONGS = 16,
};

/*
 * A place in the argument, and what makes it wrong. Good and bad differ in one byte, so
 * that no mixture of the two is read.
 */
struct wrong {
	unsigned char *where;
	unsigned char good, bad;
	int error;
};

struct change {
	struct worker worker;
	struct wrong wrong[WRONGS];
	size_t count;
	bool stop;
};

static void add(struct change *change, void *where, unsigned char bits)
{
	struct wrong *wrong = &change->wrong[change->count++];

	wrong->where = where;
	wrong->good = *wrong->where;
	wrong->bad = wrong->good ^ bits;
}

/* The lowest bit that no flag has. */
static __u32 unknown_flag(const struct command *command)
{
	return ~command->known_flags & (command->known_flags + 1);
}

/* Everything that a good argument can be spoilt by; little-endian. */
static void list_wrongs(struct change *change, const struct command *command,
			unsigned char *arg)
{
	const __u16 *reserved;
	__u32 flag = unknown_flag(command);
	size_t i;

	add(change, arg, 1);
	add(change, arg, 0x80);
	for (i = 0; i < 4; i++)
		if (flag >> 8 * i & 0xff)
			add(change, arg + 4 + i, flag >> 8 * i);
	for (reserved = command->reserved; *reserved; reserved++)
		add(change, arg + *reserved, 1);
	for (i = 0; i < ARRAY_SIZE(command->buffers); i++) {
		if (!command->buffers[i].address)
			continue;
		add(change, arg + command->buffers[i].address + 7, 0x40);
		add(change, arg + command->buffers[i].len + 3, 0x40);
	}
}

/* One thing is wrong for a moment, and right again before the next. */
static int keep_changing(void *arg)
{
	struct change *change = arg;
	size_t i;

	while (!__atomic_load_n(&change->stop, __ATOMIC_RELAXED)) {
		for (i = 0; i < change->count; i++) {
			const struct wrong *wrong = &change->wrong[i];

			__atomic_store_n(wrong->where, wrong->bad, __ATOMIC_SEQ_CST);
			__atomic_store_n(wrong->where, wrong->good, __ATOMIC_SEQ_CST);
		}
	}
	return 0;
}

static bool is_error_of_one(const struct change *change, int err)
{
	size_t i;

	for (i = 0; i < change->count; i++)
		if (change->wrong[i].error == err)
			return true;
	return false;
}

/* The good argument again, of which nobody but the changing thread has the rest. */
static int prepare(FIXTURE_DATA(command) *self, unsigned char *good)
{
	self->fd = self->command->prepare(&self->scene, good);
	memcpy(self->arg, good, self->command->size);
	return self->fd;
}

/* What came out, as it would have without the other thread. */
static void look_at(FIXTURE_DATA(command) *self, const struct change *change,
		    unsigned char *seen)
{
	size_t i;

	memcpy(seen, self->arg, self->command->size);
	for (i = 0; i < change->count; i++)
		seen[change->wrong[i].where - self->arg] = change->wrong[i].good;
}

TEST_F(command, abuse_03_argument_that_changes_is_the_good_one_or_an_error)
{
	unsigned char good[ARGUMENT_SIZE] __attribute__((aligned(8)));
	const __u32 size = self->command->size;
	struct change change = {};
	unsigned int i, done = 0, failed = 0;
	int err;

	/* A longer one is too long, since there is something in it. */
	memset(self->arg + size, POISON, sizeof(self->arg) - size);
	list_wrongs(&change, self->command, self->arg);
	ASSERT_GE(WRONGS, change.count);
	for (i = 0; i < change.count; i++) {
		struct wrong *wrong = &change.wrong[i];

		*wrong->where = wrong->bad;
		wrong->error = alpc_ioctl(self->fd, self->command->number, self->arg);
		*wrong->where = wrong->good;
		ASSERT_GT(0, wrong->error)
			TH_LOG("at %td", wrong->where - self->arg);
	}

	ASSERT_EQ(0, worker_start(&change.worker, keep_changing, &change));
	for (i = 0; i < rounds(TRIES) || !done || !failed; i++) {
		ASSERT_LE(0, prepare(self, good));
		err = alpc_ioctl(self->fd, self->command->number, self->arg);
		if (err) {
			ASSERT_TRUE(is_error_of_one(&change, err))
				TH_LOG("error %d", err);
			failed++;
			continue;
		}
		look_at(self, &change, good);
		ASSERT_TRUE(self->command->happened(&self->scene, good));
		done++;
	}
	__atomic_store_n(&change.stop, true, __ATOMIC_RELAXED);
	EXPECT_EQ(0, worker_join(&change.worker));
	EXPECT_TRUE(is_poison(self->arg + size, TAIL));
	/* A good argument may take a descriptor, which its effect has closed. */
	ASSERT_LE(0, prepare(self, good));
	EXPECT_EQ(self->fds, open_fds());
	EXPECT_TRUE(command_works(&self->scene, self->command));
	EXPECT_EQ(0, pair_works(&self->scene.pair));
}

TEST_HARNESS_MAIN
