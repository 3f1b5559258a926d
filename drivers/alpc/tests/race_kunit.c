// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: a data race on purpose, in a kernel with KCSAN. That it reports nothing of the
 * module means something only if it reports this one, by the names of these functions;
 * tests/check/guest looks for that.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kunit/test.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

/* So often one thread looks, while the other does nothing but change. */
enum { ROUNDS = 200000 };

/**
 * struct race - what two threads share
 * @lock: held by who changes @count, and not by who reads it
 * @count: changed and read plainly
 * @seen: what was read; the compiler would leave out reading what nobody wants
 */
struct race {
	spinlock_t lock;	/* @count, for who changes it */
	u32 count;
	u32 seen;
};

static noinline __noclone void race_change(struct race *race)
{
	spin_lock(&race->lock);
	race->count++;
	spin_unlock(&race->lock);
}

static noinline __noclone u32 race_look(const struct race *race)
{
	return race->count;
}

static int race_changer(void *arg)
{
	while (!kthread_should_stop()) {
		race_change(arg);
		cond_resched();
	}
	return 0;
}

static void race_is_without_the_lock(struct kunit *test)
{
	struct race *race = test->priv;
	struct task_struct *task;
	unsigned int i;

	task = kthread_run(race_changer, race, "race");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	for (i = 0; i < ROUNDS; i++) {
		WRITE_ONCE(race->seen, race_look(race));
		cond_resched();
	}
	KUNIT_EXPECT_EQ(test, kthread_stop(task), 0);
}

static int race_init(struct kunit *test)
{
	struct race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);

	if (!race)
		return -ENOMEM;
	spin_lock_init(&race->lock);
	test->priv = race;
	return 0;
}

static struct kunit_case race_cases[] = {
	KUNIT_CASE(race_is_without_the_lock),
	{}
};

static struct kunit_suite race_suite = {
	.name = "alpc_race",
	.init = race_init,
	.test_cases = race_cases,
};

kunit_test_suite(race_suite);
