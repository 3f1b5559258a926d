// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: snapshots of the identity of threads.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../ident.h"

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/kthread.h>
#include <linux/pid.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#define SLOTS	2

struct ident_test {
	struct alpc_ident_cache cache;
	struct alpc_ident __rcu *slot[SLOTS];
	struct alpc_ident *held[4];
	const struct cred *cred;
	const struct cred *before;
	struct completion held_there;
};

static void ident_exit(void *data)
{
	struct ident_test *t = data;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t->held); i++)
		alpc_ident_put(t->held[i]);
	alpc_ident_cache_exit(&t->cache);
	put_cred(t->cred);
}

static int ident_init(struct kunit *test)
{
	struct ident_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	alpc_ident_cache_init(&t->cache, t->slot, SLOTS);
	test->priv = t;
	return kunit_add_action_or_reset(test, ident_exit, t);
}

/* Put the snapshot of the calling thread into one of the places for them. */
static struct alpc_ident *hold(struct kunit *test, unsigned int i)
{
	struct ident_test *t = test->priv;

	t->held[i] = alpc_ident_get_current(&t->cache);
	KUNIT_ASSERT_NOT_NULL(test, t->held[i]);
	return t->held[i];
}

static void become_another_user(struct kunit *test)
{
	struct ident_test *t = test->priv;
	struct cred *cred = prepare_creds();

	KUNIT_ASSERT_NOT_NULL(test, cred);
	cred->euid = KUIDT_INIT(1234);
	cred->egid = KGIDT_INIT(5678);
	t->cred = cred;
	t->before = override_creds(cred);
}

static void become_oneself_again(struct kunit *test)
{
	struct ident_test *t = test->priv;

	revert_creds(t->before);
}

static void snapshot_shows_the_calling_thread(struct kunit *test)
{
	const struct alpc_ident *ident = hold(test, 0);

	KUNIT_EXPECT_PTR_EQ(test, ident->thread, task_pid(current));
	KUNIT_EXPECT_PTR_EQ(test, ident->process, task_tgid(current));
	KUNIT_EXPECT_PTR_EQ(test, ident->cred, current_cred());
	KUNIT_EXPECT_TRUE(test, alpc_ident_is_current(ident));
	KUNIT_EXPECT_FALSE(test, alpc_ident_is_current(NULL));
}

static void same_thread_gets_the_same_snapshot(struct kunit *test)
{
	const struct alpc_ident *ident = hold(test, 0);

	KUNIT_EXPECT_PTR_EQ(test, hold(test, 1), ident);
	/* The cache's and ours. */
	KUNIT_EXPECT_EQ(test, refcount_read(&ident->ref), 3);
}

static void other_credentials_get_another_snapshot(struct kunit *test)
{
	struct alpc_ident *ident = hold(test, 0);
	struct alpc_ident *other;

	become_another_user(test);
	KUNIT_EXPECT_FALSE(test, alpc_ident_is_current(ident));
	other = hold(test, 1);
	KUNIT_EXPECT_TRUE(test, alpc_ident_is_current(other));
	become_oneself_again(test);

	KUNIT_EXPECT_PTR_NE(test, other, ident);
	KUNIT_EXPECT_EQ(test, other->own.uid, 1234);
	KUNIT_EXPECT_EQ(test, other->own.gid, 5678);
	/* What was taken before does not change. */
	KUNIT_EXPECT_EQ(test, ident->own.uid, 0);
	KUNIT_EXPECT_TRUE(test, alpc_ident_is_current(ident));
	KUNIT_EXPECT_FALSE(test, alpc_ident_is_current(other));
}

static void snapshot_that_was_pushed_out_stays_valid(struct kunit *test)
{
	struct alpc_ident *ident = hold(test, 0);

	KUNIT_EXPECT_EQ(test, refcount_read(&ident->ref), 2);
	become_another_user(test);
	hold(test, 1);
	become_oneself_again(test);
	/* One thread has one slot. */
	KUNIT_EXPECT_EQ(test, refcount_read(&ident->ref), 1);
	KUNIT_EXPECT_EQ(test, ident->own.uid, 0);
	KUNIT_EXPECT_PTR_NE(test, hold(test, 2), ident);
}

static int hold_in_thread(void *data)
{
	struct ident_test *t = data;

	t->held[1] = alpc_ident_get_current(&t->cache);
	complete(&t->held_there);
	return 0;
}

static void other_thread_gets_another_snapshot(struct kunit *test)
{
	struct ident_test *t = test->priv;
	const struct alpc_ident *ident = hold(test, 0);
	struct task_struct *task;
	pid_t tid;

	init_completion(&t->held_there);
	task = kthread_create(hold_in_thread, t, "alpc_ident");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	tid = task_pid_nr(task);
	get_task_struct(task);
	wake_up_process(task);
	wait_for_completion(&t->held_there);
	kthread_stop_put(task);
	KUNIT_ASSERT_NOT_NULL(test, t->held[1]);
	KUNIT_EXPECT_PTR_NE(test, t->held[1], ident);
	/* The thread is gone, and still has its number. */
	KUNIT_EXPECT_EQ(test, t->held[1]->own.tid, tid);
	KUNIT_EXPECT_TRUE(test, alpc_ident_is_current(ident));
}

static void renewing_keeps_what_is_right(struct kunit *test)
{
	struct ident_test *t = test->priv;
	const struct alpc_ident *ident = hold(test, 0);
	int references = refcount_read(&ident->ref);

	KUNIT_EXPECT_EQ(test, alpc_ident_renew(&t->held[0], &t->cache), 0);
	KUNIT_EXPECT_PTR_EQ(test, t->held[0], ident);
	KUNIT_EXPECT_EQ(test, refcount_read(&ident->ref), references);
}

static void renewing_fills_and_replaces(struct kunit *test)
{
	struct ident_test *t = test->priv;
	struct alpc_ident *ident = hold(test, 0);

	KUNIT_EXPECT_EQ(test, alpc_ident_renew(&t->held[1], &t->cache), 0);
	KUNIT_EXPECT_PTR_EQ(test, t->held[1], ident);
	KUNIT_EXPECT_EQ(test, refcount_read(&ident->ref), 3);

	become_another_user(test);
	KUNIT_EXPECT_EQ(test, alpc_ident_renew(&t->held[1], &t->cache), 0);
	KUNIT_EXPECT_TRUE(test, alpc_ident_is_current(t->held[1]));
	become_oneself_again(test);
	KUNIT_EXPECT_PTR_NE(test, t->held[1], ident);
	/* Neither the cache nor what was renewed has the first one any more. */
	KUNIT_EXPECT_EQ(test, refcount_read(&ident->ref), 1);
}

static void last_reference_gives_everything_back(struct kunit *test)
{
	struct alpc_ident __rcu *slot[1] = {};
	struct pid *pid = task_pid(current);
	int pids = refcount_read(&pid->count);
	struct alpc_ident_cache cache;
	struct alpc_ident *ident;
	const struct cred *cred;
	long creds;

	become_another_user(test);
	cred = current_cred();
	creds = atomic_long_read(&cred->usage);
	alpc_ident_cache_init(&cache, slot, 1);
	ident = alpc_ident_get_current(&cache);
	KUNIT_EXPECT_NOT_NULL(test, ident);
	KUNIT_EXPECT_EQ(test, refcount_read(&pid->count), pids + 2);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&cred->usage), creds + 1);
	alpc_ident_cache_exit(&cache);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&cred->usage), creds + 1);
	alpc_ident_put(ident);
	KUNIT_EXPECT_EQ(test, refcount_read(&pid->count), pids);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&cred->usage), creds);
	become_oneself_again(test);
}

static void no_snapshot_can_be_put(struct kunit *test)
{
	alpc_ident_put(NULL);
}

static void ids_are_those_of_the_namespaces(struct kunit *test)
{
	const struct alpc_ident *ident;
	struct alpc_ids ids, slow;

	become_another_user(test);
	ident = hold(test, 0);
	alpc_ident_translate(ident, &ids);
	alpc_ident_tell(ident, 0, &slow);
	become_oneself_again(test);

	KUNIT_EXPECT_EQ(test, ids.pid, task_tgid_vnr(current));
	KUNIT_EXPECT_EQ(test, ids.tid, task_pid_vnr(current));
	KUNIT_EXPECT_EQ(test, ids.uid, 1234);
	KUNIT_EXPECT_EQ(test, ids.gid, 5678);
	KUNIT_EXPECT_MEMEQ(test, &ids, &slow, sizeof(ids));
}

static struct kunit_case ident_cases[] = {
	KUNIT_CASE(snapshot_shows_the_calling_thread),
	KUNIT_CASE(same_thread_gets_the_same_snapshot),
	KUNIT_CASE(other_credentials_get_another_snapshot),
	KUNIT_CASE(snapshot_that_was_pushed_out_stays_valid),
	KUNIT_CASE(other_thread_gets_another_snapshot),
	KUNIT_CASE(renewing_keeps_what_is_right),
	KUNIT_CASE(renewing_fills_and_replaces),
	KUNIT_CASE(last_reference_gives_everything_back),
	KUNIT_CASE(no_snapshot_can_be_put),
	KUNIT_CASE(ids_are_those_of_the_namespaces),
	{}
};

static struct kunit_suite ident_suite = {
	.name = "alpc_ident",
	.init = ident_init,
	.test_cases = ident_cases,
};

kunit_test_suite(ident_suite);
