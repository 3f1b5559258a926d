// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: whether a thread that was released counts as running.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../runner.h"

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/kthread.h>

#include "../completion.h"
#include "../packet.h"

/*
 * The thread of a test is one that is released: it must end, or run once more, before
 * the module goes.
 */
static int runner_init(struct kunit *test)
{
	struct alpc_completion *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	if (!c)
		return -ENOMEM;
	alpc_completion_init(c, 1);
	test->priv = c;
	return 0;
}

static void runner_exit(struct kunit *test)
{
	if (test->priv)
		alpc_completion_exit(test->priv);
	/* Its notifier is taken off. */
	usleep_range(1000, 2000);
}

static int running(struct kunit *test)
{
	struct alpc_completion *c = test->priv;

	return atomic_read(&c->running);
}

static struct alpc_runner *begin(struct kunit *test, struct alpc_completion *c)
{
	struct alpc_runner *r;

	KUNIT_ASSERT_EQ(test, alpc_runner_begin(c, &r), 0);
	return r;
}

static void release(struct alpc_completion *c, struct alpc_runner *r)
{
	spin_lock_irq(&c->lock);
	alpc_runner_release(r);
	spin_unlock_irq(&c->lock);
}

static void idle(struct alpc_completion *c, struct alpc_runner *r)
{
	spin_lock_irq(&c->lock);
	alpc_runner_idle(r);
	spin_unlock_irq(&c->lock);
}

static void counts_from_its_release_until_it_waits(struct kunit *test)
{
	struct alpc_completion *c = test->priv;
	struct alpc_runner *r = begin(test, c);

	KUNIT_EXPECT_EQ(test, running(test), 0);
	release(c, r);
	KUNIT_EXPECT_EQ(test, running(test), 1);
	/* About to wait once more: it has its place until it does. */
	KUNIT_EXPECT_PTR_EQ(test, begin(test, c), r);
	KUNIT_EXPECT_EQ(test, running(test), 1);
	idle(c, r);
	KUNIT_EXPECT_EQ(test, running(test), 0);
	idle(c, r);
	KUNIT_EXPECT_EQ(test, running(test), 0);
}

static DECLARE_COMPLETION(looking);

static int look_at(void *data)
{
	struct kunit *test = data;
	int seen;

	complete(&looking);
	/* The thread that was released waits for this one's end. */
	do {
		seen = running(test);
		cond_resched();
	} while (seen);
	return 7;
}

static void does_not_count_while_it_sleeps(struct kunit *test)
{
	struct alpc_completion *c = test->priv;
	struct task_struct *task;

	task = kthread_create(look_at, test, "alpc_looks");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	get_task_struct(task);
	release(c, begin(test, c));
	reinit_completion(&looking);
	wake_up_process(task);
	/* One that is stopped before it runs never does. */
	wait_for_completion(&looking);
	/* Returns only if nobody ran in between. */
	KUNIT_EXPECT_EQ(test, kthread_stop_put(task), 7);
	KUNIT_EXPECT_EQ(test, running(test), 1);
	usleep_range(1000, 2000);
	KUNIT_EXPECT_EQ(test, running(test), 1);
}

static void leaves_its_place_when_it_waits_elsewhere(struct kunit *test)
{
	struct alpc_completion *c = test->priv, *other;
	struct alpc_runner *r = begin(test, c);

	other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, other);
	alpc_completion_init(other, 1);
	release(c, r);
	KUNIT_EXPECT_PTR_EQ(test, begin(test, other), r);
	KUNIT_EXPECT_EQ(test, running(test), 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&c->runners));
	release(other, r);
	KUNIT_EXPECT_EQ(test, atomic_read(&other->running), 1);
	alpc_completion_exit(other);
	KUNIT_EXPECT_TRUE(test, list_empty(&other->runners));
}

/* What has been closed is not counted at any more, whatever the thread does. */
static void outlives_its_completion_port(struct kunit *test)
{
	struct alpc_completion *c = test->priv;

	release(c, begin(test, c));
	alpc_completion_exit(c);
	usleep_range(1000, 2000);
	/* By now there is another runner, or the same. */
	alpc_completion_init(c, 1);
	atomic_set(&c->running, 0);
	release(c, begin(test, c));
	usleep_range(1000, 2000);
	KUNIT_EXPECT_EQ(test, running(test), 1);
}

static int be_released(void *data)
{
	struct kunit *test = data;

	release(test->priv, begin(test, test->priv));
	return running(test);
}

static void does_not_count_when_it_has_ended(struct kunit *test)
{
	struct alpc_completion *c = test->priv;
	struct task_struct *task;
	unsigned int i;

	for (i = 0; i < 50; i++) {
		task = kthread_create(be_released, test, "alpc_dies");
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
		get_task_struct(task);
		wake_up_process(task);
		/* It may be stopped before it begins. */
		kthread_stop_put(task);
	}
	while (running(test) || !list_empty_careful(&c->runners))
		cond_resched();
}

static struct kunit_case runner_cases[] = {
	KUNIT_CASE(counts_from_its_release_until_it_waits),
	KUNIT_CASE(does_not_count_while_it_sleeps),
	KUNIT_CASE(leaves_its_place_when_it_waits_elsewhere),
	KUNIT_CASE(outlives_its_completion_port),
	KUNIT_CASE(does_not_count_when_it_has_ended),
	{}
};

static struct kunit_suite runner_suite = {
	.name = "alpc_runner",
	.init = runner_init,
	.exit = runner_exit,
	.test_cases = runner_cases,
};

kunit_test_suite(runner_suite);
