// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: copying data of any length from and to user memory.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../message.h"

#include <kunit/test.h>
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

/* Past the longest data that are copied in blocks. */
#define LENGTH_MAX	(2 * ALPC_MESSAGE_INLINE)

struct copy_test {
	u8 *page;
	u8 kernel[LENGTH_MAX + 1] __aligned(8);
	u8 seen[LENGTH_MAX + 1];
};

/* User memory of one page, with nothing mapped behind it. */
static int copy_init(struct kunit *test)
{
	struct copy_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned long at;

	if (!t)
		return -ENOMEM;
	at = kunit_vm_mmap(test, NULL, 0, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_ANONYMOUS | MAP_PRIVATE, 0);
	if (!at || vm_munmap(at + PAGE_SIZE, PAGE_SIZE))
		return -ENOMEM;
	t->page = (u8 *)at;
	test->priv = t;
	return 0;
}

static void pattern(u8 *to, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		to[i] = i % 251 + 1;
}

/* @len bytes of the pattern, and a zero behind them? */
static bool is_pattern(const u8 *data, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		if (data[i] != i % 251 + 1)
			return false;
	return !data[len];
}

static void every_length_is_copied_in_exactly(struct kunit *test)
{
	struct copy_test *t = test->priv;
	u8 __user *from = (u8 __user *)t->page;
	u32 len;

	pattern(t->seen, LENGTH_MAX);
	KUNIT_ASSERT_EQ(test, copy_to_user(from, t->seen, LENGTH_MAX), 0);
	for (len = 0; len <= LENGTH_MAX; len++) {
		memset(t->kernel, 0, sizeof(t->kernel));
		KUNIT_EXPECT_EQ(test, alpc_copy_in(t->kernel, from, len), 0);
		KUNIT_EXPECT_TRUE_MSG(test, is_pattern(t->kernel, len),
				      "of %u bytes", len);
	}
}

static void every_length_is_copied_out_exactly(struct kunit *test)
{
	struct copy_test *t = test->priv;
	u8 __user *to = (u8 __user *)t->page;
	u32 len;

	pattern(t->kernel, LENGTH_MAX);
	for (len = 0; len <= LENGTH_MAX; len++) {
		KUNIT_ASSERT_EQ(test, clear_user(to, LENGTH_MAX + 1), 0);
		KUNIT_EXPECT_EQ(test, alpc_copy_out(to, t->kernel, len), 0);
		KUNIT_ASSERT_EQ(test, copy_from_user(t->seen, to,
						     LENGTH_MAX + 1), 0);
		KUNIT_EXPECT_TRUE_MSG(test, is_pattern(t->seen, len),
				      "of %u bytes", len);
	}
}

/* The user's buffer need not be aligned, nor end inside its page. */
static void data_may_lie_up_to_the_end_of_memory(struct kunit *test)
{
	struct copy_test *t = test->priv;
	u32 len;

	pattern(t->kernel, LENGTH_MAX);
	for (len = 0; len <= LENGTH_MAX; len++) {
		u8 __user *at = (u8 __user *)t->page + PAGE_SIZE - len;

		KUNIT_EXPECT_EQ_MSG(test, alpc_copy_out(at, t->kernel, len), 0,
				    "of %u bytes", len);
		KUNIT_EXPECT_EQ_MSG(test, alpc_copy_in(t->seen, at, len), 0,
				    "of %u bytes", len);
	}
}

static void one_byte_too_many_is_efault(struct kunit *test)
{
	struct copy_test *t = test->priv;
	u32 len;

	for (len = 1; len <= LENGTH_MAX; len++) {
		u8 __user *at = (u8 __user *)t->page + PAGE_SIZE - len + 1;

		KUNIT_EXPECT_EQ_MSG(test, alpc_copy_in(t->kernel, at, len),
				    -EFAULT, "of %u bytes", len);
		KUNIT_EXPECT_EQ_MSG(test, alpc_copy_out(at, t->kernel, len),
				    -EFAULT, "of %u bytes", len);
	}
}

static void kernel_addresses_are_efault(struct kunit *test)
{
	struct copy_test *t = test->priv;
	u8 __user *at = (u8 __force __user *)t->seen;
	u32 len;

	pattern(t->kernel, LENGTH_MAX);
	for (len = 1; len <= LENGTH_MAX; len++) {
		KUNIT_EXPECT_EQ_MSG(test, alpc_copy_out(at, t->kernel, len),
				    -EFAULT, "of %u bytes", len);
		KUNIT_EXPECT_EQ_MSG(test, alpc_copy_in(t->kernel, at, len),
				    -EFAULT, "of %u bytes", len);
	}
	KUNIT_EXPECT_EQ(test, t->seen[0], 0);
}

static void no_data_need_no_address(struct kunit *test)
{
	struct copy_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, alpc_copy_in(t->kernel, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, alpc_copy_out(NULL, t->kernel, 0), 0);
	KUNIT_EXPECT_EQ(test, alpc_copy_in(t->kernel, NULL, 1), -EFAULT);
	KUNIT_EXPECT_EQ(test, alpc_copy_out(NULL, t->kernel, 1), -EFAULT);
}

static struct kunit_case copy_cases[] = {
	KUNIT_CASE(every_length_is_copied_in_exactly),
	KUNIT_CASE(every_length_is_copied_out_exactly),
	KUNIT_CASE(data_may_lie_up_to_the_end_of_memory),
	KUNIT_CASE(one_byte_too_many_is_efault),
	KUNIT_CASE(kernel_addresses_are_efault),
	KUNIT_CASE(no_data_need_no_address),
	{}
};

static struct kunit_suite copy_suite = {
	.name = "alpc_copy",
	.init = copy_init,
	.test_cases = copy_cases,
};

kunit_test_suite(copy_suite);
