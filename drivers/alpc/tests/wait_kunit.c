// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: waiters, how they are woken, and when they give up.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../wait.h"

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>

static const struct alpc_deadline never = { .infinite = true };
static const struct alpc_deadline at_once = { .at = 0 };

static void new_waiter_has_nothing(struct kunit *test)
{
	struct alpc_waiter w;

	memset(&w, 0xff, sizeof(w));
	alpc_waiter_init(&w, 17);
	KUNIT_EXPECT_PTR_EQ(test, w.task, current);
	KUNIT_EXPECT_EQ(test, w.state, ALPC_WAITER_AWAKE);
	KUNIT_EXPECT_FALSE(test, alpc_waiter_is_done(&w));
	KUNIT_EXPECT_EQ(test, w.error, 0);
	KUNIT_EXPECT_EQ(test, w.room, 17);
	KUNIT_EXPECT_NULL(test, w.delivery.msg);
	KUNIT_EXPECT_NULL(test, w.delivery.conn);
}

static void who_is_awake_need_not_be_woken(struct kunit *test)
{
	struct alpc_wake wake = {};
	struct alpc_waiter w;

	alpc_waiter_init(&w, 0);
	alpc_waiter_give(&w, -EPIPE, &wake);
	KUNIT_EXPECT_NULL(test, wake.task);
	KUNIT_EXPECT_TRUE(test, alpc_waiter_is_done(&w));
	KUNIT_EXPECT_EQ(test, w.error, -EPIPE);
}

static void who_sleeps_is_to_be_woken(struct kunit *test)
{
	struct alpc_wake wake = {};
	struct alpc_waiter w;

	alpc_waiter_init(&w, 0);
	w.state = ALPC_WAITER_ASLEEP;
	alpc_waiter_give(&w, 0, &wake);
	KUNIT_EXPECT_PTR_EQ(test, wake.task, current);
	KUNIT_EXPECT_TRUE(test, alpc_waiter_is_done(&w));
	KUNIT_EXPECT_EQ(test, w.error, 0);
}

/* A thread that waits for somebody to give it something. */
struct sleeper {
	struct alpc_waiter w;
	struct task_struct *task;
	struct completion ready;
	struct completion ended;
	int ret;
};

static int sleeper_run(void *data)
{
	struct sleeper *s = data;

	alpc_waiter_init(&s->w, 0);
	complete(&s->ready);
	s->ret = alpc_sleep(&s->w, &never);
	complete(&s->ended);
	return 0;
}

static void sleeper_start(struct kunit *test, struct sleeper *s)
{
	init_completion(&s->ready);
	init_completion(&s->ended);
	s->ret = -EINPROGRESS;
	s->task = kthread_create(sleeper_run, s, "alpc_sleeper");
	KUNIT_ASSERT_FALSE(test, IS_ERR(s->task));
	get_task_struct(s->task);
	wake_up_process(s->task);
	wait_for_completion(&s->ready);
}

/* It looks at its state for the last time before this. */
static void sleeper_asleep(struct sleeper *s)
{
	while (READ_ONCE(s->w.state) != ALPC_WAITER_ASLEEP)
		cond_resched();
}

static void sleeper_join(struct sleeper *s)
{
	wait_for_completion(&s->ended);
	kthread_stop_put(s->task);
}

static void give(struct sleeper *s, unsigned int n)
{
	struct alpc_wake wake = {};
	unsigned int i;

	rcu_read_lock();
	for (i = 0; i < n; i++)
		alpc_waiter_give(&s[i].w, -ECANCELED, &wake);
	alpc_wake_flush(&wake);
	rcu_read_unlock();
}

static void sleeping_thread_is_woken_with_its_result(struct kunit *test)
{
	struct sleeper *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	sleeper_start(test, s);
	sleeper_asleep(s);
	give(s, 1);
	sleeper_join(s);
	KUNIT_EXPECT_EQ(test, s->ret, 0);
	KUNIT_EXPECT_EQ(test, s->w.error, -ECANCELED);
}

/* One of them later than the lock is released, all others at once. */
static void several_threads_are_all_woken(struct kunit *test)
{
	const unsigned int n = 4;
	struct sleeper *s = kunit_kcalloc(test, n, sizeof(*s), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (i = 0; i < n; i++)
		sleeper_start(test, &s[i]);
	for (i = 0; i < n; i++)
		sleeper_asleep(&s[i]);
	give(s, n);
	for (i = 0; i < n; i++)
		sleeper_join(&s[i]);
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_EQ(test, s[i].ret, 0);
}

/* It may be on its way to sleep, asleep, or not even that far. */
static void no_wakeup_is_lost(struct kunit *test)
{
	struct sleeper *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (i = 0; i < 200; i++) {
		sleeper_start(test, s);
		give(s, 1);
		sleeper_join(s);
		KUNIT_EXPECT_EQ(test, s->ret, 0);
	}
}

static void wakeup_without_a_result_goes_on_sleeping(struct kunit *test)
{
	struct sleeper *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	sleeper_start(test, s);
	sleeper_asleep(s);
	for (i = 0; i < 20; i++) {
		unsigned long sleeps = READ_ONCE(s->task->nvcsw);

		wake_up_process(s->task);
		while (READ_ONCE(s->task->nvcsw) == sleeps)
			cond_resched();
	}
	KUNIT_EXPECT_EQ(test, s->ret, -EINPROGRESS);
	give(s, 1);
	sleeper_join(s);
	KUNIT_EXPECT_EQ(test, s->ret, 0);
}

static void what_was_given_before_needs_no_sleep(struct kunit *test)
{
	struct alpc_wake wake = {};
	struct alpc_waiter w;

	alpc_waiter_init(&w, 0);
	alpc_waiter_give(&w, 0, &wake);
	KUNIT_EXPECT_EQ(test, alpc_sleep(&w, &never), 0);
	/* Nor does it matter that the time is over. */
	KUNIT_EXPECT_EQ(test, alpc_sleep(&w, &at_once), 0);
}

static void deadline_ends_the_sleep(struct kunit *test)
{
	struct alpc_deadline soon;
	struct alpc_waiter w;

	alpc_waiter_init(&w, 0);
	KUNIT_EXPECT_EQ(test, alpc_sleep(&w, &at_once), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&soon, NSEC_PER_MSEC, false),
			0);
	KUNIT_EXPECT_EQ(test, alpc_sleep(&w, &soon), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, alpc_deadline_passed(&soon));
	/* Until it is taken out of its list it can still be served. */
	KUNIT_EXPECT_EQ(test, w.state, ALPC_WAITER_ASLEEP);
}

static void signal_ends_the_sleep(struct kunit *test)
{
	struct alpc_waiter w;

	alpc_waiter_init(&w, 0);
	allow_signal(SIGUSR1);
	send_sig(SIGUSR1, current, 1);
	KUNIT_EXPECT_EQ(test, alpc_sleep(&w, &never), -EINTR);
	flush_signals(current);
	disallow_signal(SIGUSR1);
}

/* A result that is there counts more than a signal. */
static void result_comes_before_a_signal(struct kunit *test)
{
	struct alpc_wake wake = {};
	struct alpc_waiter w;

	alpc_waiter_init(&w, 0);
	alpc_waiter_give(&w, 0, &wake);
	allow_signal(SIGUSR1);
	send_sig(SIGUSR1, current, 1);
	KUNIT_EXPECT_EQ(test, alpc_sleep(&w, &never), 0);
	flush_signals(current);
	disallow_signal(SIGUSR1);
}

static void infinite_deadline_never_passes(struct kunit *test)
{
	struct alpc_deadline d;

	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&d, ALPC_INFINITE, false), 0);
	KUNIT_EXPECT_TRUE(test, d.infinite);
	KUNIT_EXPECT_FALSE(test, alpc_deadline_passed(&d));
	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&d, ALPC_INFINITE, true), 0);
	KUNIT_EXPECT_TRUE(test, d.infinite);
	KUNIT_EXPECT_FALSE(test, alpc_deadline_passed(&d));
}

static void zero_has_passed_however_it_is_meant(struct kunit *test)
{
	struct alpc_deadline d;

	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&d, 0, false), 0);
	KUNIT_EXPECT_TRUE(test, alpc_deadline_passed(&d));
	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&d, 0, true), 0);
	KUNIT_EXPECT_TRUE(test, alpc_deadline_passed(&d));
}

static void duration_begins_now(struct kunit *test)
{
	ktime_t before = ktime_get();
	struct alpc_deadline d;

	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&d, NSEC_PER_SEC, false), 0);
	KUNIT_EXPECT_FALSE(test, d.infinite);
	KUNIT_EXPECT_TRUE(test, d.relative);
	KUNIT_EXPECT_GE(test, d.at, ktime_add_ns(before, NSEC_PER_SEC));
	KUNIT_EXPECT_LE(test, d.at, ktime_add_ns(ktime_get(), NSEC_PER_SEC));
}

static void point_in_time_is_taken_as_it_is(struct kunit *test)
{
	s64 now = ktime_to_ns(ktime_get());
	struct alpc_deadline d;

	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&d, now, true), 0);
	KUNIT_EXPECT_FALSE(test, d.infinite);
	KUNIT_EXPECT_FALSE(test, d.relative);
	KUNIT_EXPECT_EQ(test, ktime_to_ns(d.at), now);
	KUNIT_EXPECT_TRUE(test, alpc_deadline_passed(&d));
	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&d, 1, true), 0);
	KUNIT_EXPECT_TRUE(test, alpc_deadline_passed(&d));
}

static void longest_times_do_not_wrap(struct kunit *test)
{
	struct alpc_deadline d;

	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&d, S64_MAX, false), 0);
	KUNIT_EXPECT_FALSE(test, alpc_deadline_passed(&d));
	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&d, S64_MAX, true), 0);
	KUNIT_EXPECT_FALSE(test, alpc_deadline_passed(&d));
}

static void negative_times_make_no_sense(struct kunit *test)
{
	struct alpc_deadline d;

	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&d, -2, false), -EINVAL);
	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&d, -2, true), -EINVAL);
	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&d, S64_MIN, false), -EINVAL);
	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&d, S64_MIN, true), -EINVAL);
}

/* Repeating a call with a duration would wait for longer than asked. */
static void only_a_duration_forbids_repeating_the_call(struct kunit *test)
{
	struct alpc_deadline d;

	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&d, 1000, false), 0);
	KUNIT_EXPECT_EQ(test, alpc_interrupted(&d), -EINTR);
	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&d, 1000, true), 0);
	KUNIT_EXPECT_EQ(test, alpc_interrupted(&d), -ERESTARTSYS);
	KUNIT_EXPECT_EQ(test, alpc_deadline_init(&d, ALPC_INFINITE, false), 0);
	KUNIT_EXPECT_EQ(test, alpc_interrupted(&d), -ERESTARTSYS);
}

static struct kunit_case wait_cases[] = {
	KUNIT_CASE(new_waiter_has_nothing),
	KUNIT_CASE(who_is_awake_need_not_be_woken),
	KUNIT_CASE(who_sleeps_is_to_be_woken),
	KUNIT_CASE(sleeping_thread_is_woken_with_its_result),
	KUNIT_CASE(several_threads_are_all_woken),
	KUNIT_CASE(no_wakeup_is_lost),
	KUNIT_CASE(wakeup_without_a_result_goes_on_sleeping),
	KUNIT_CASE(what_was_given_before_needs_no_sleep),
	KUNIT_CASE(deadline_ends_the_sleep),
	KUNIT_CASE(signal_ends_the_sleep),
	KUNIT_CASE(result_comes_before_a_signal),
	KUNIT_CASE(infinite_deadline_never_passes),
	KUNIT_CASE(zero_has_passed_however_it_is_meant),
	KUNIT_CASE(duration_begins_now),
	KUNIT_CASE(point_in_time_is_taken_as_it_is),
	KUNIT_CASE(longest_times_do_not_wrap),
	KUNIT_CASE(negative_times_make_no_sense),
	KUNIT_CASE(only_a_duration_forbids_repeating_the_call),
	{}
};

static struct kunit_suite wait_suite = {
	.name = "alpc_wait",
	.test_cases = wait_cases,
};

kunit_test_suite(wait_suite);
