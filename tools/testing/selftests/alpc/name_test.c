// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of ports: which ones there can be, who has one for how long, and where
 * it is known.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <sched.h>

#include "alpc_thread.h"

static int create_bytes(const void *name, __u32 len)
{
	struct alpc_create_port arg = create_args("");

	arg.name = address(name);
	arg.name_len = len;
	return alpc_create_with(&arg);
}

static int connect_bytes(const void *name, __u32 len)
{
	struct alpc_connect arg = connect_args("");

	arg.name = address(name);
	arg.name_len = len;
	arg.flags = ALPC_CONNECT_ASYNC;
	return alpc_connect_with(&arg);
}

/* --- what is a name ------------------------------------------------------- */

struct bytes {
	const char *bytes;
	__u32 len;
};

#define BYTES(text) { text, sizeof(text) - 1 }

static const struct bytes good_names[] = {
	BYTES("x"),
	BYTES("/with/slashes"),
	BYTES(".."),
	BYTES("with space"),
	BYTES(" "),
	BYTES("~"),			/* the last before DEL */
	BYTES("\xc2\xa0"),		/* U+00A0, the first after the C1 controls */
	BYTES("\xc3\xa9t\xc3\xa9"),
	BYTES("\xdf\xbf"),		/* U+07FF, the last of two bytes */
	BYTES("\xe0\xa0\x80"),		/* U+0800, the first of three */
	BYTES("\xed\x9f\xbf"),		/* U+D7FF, the last before the surrogates */
	BYTES("\xee\x80\x80"),		/* U+E000, the first after them */
	BYTES("\xef\xbf\xbd"),		/* U+FFFD */
	BYTES("\xf0\x90\x80\x80"),	/* U+10000, the first of four */
	BYTES("\xf4\x8f\xbf\xbf"),	/* U+10FFFF, the last of all */
};

static const struct bytes bad_names[] = {
	BYTES(""),
	BYTES("\0"),
	BYTES("a\0"),
	BYTES("\0b"),
	BYTES("a\0b"),
	BYTES("a\nb"),
	BYTES("a\x1b[31m"),
	BYTES("\x7f"),
	BYTES("a\x7f"),
	BYTES("\x80"),			/* continuation of nothing */
	BYTES("a\xbf"),
	BYTES("\xc0\x80"),		/* NUL in two bytes */
	BYTES("\xc0\xaf"),		/* '/' in two */
	BYTES("\xc1\xbf"),
	BYTES("\xe0\x80\xaf"),		/* '/' in three */
	BYTES("\xe0\x9f\xbf"),
	BYTES("\xf0\x80\x80\xaf"),
	BYTES("\xf0\x8f\xbf\xbf"),
	BYTES("\xf8\x88\x80\x80\x80"),	/* five bytes */
	BYTES("\xfc\x84\x80\x80\x80\x80"),
	BYTES("\xed\xa0\x80"),		/* U+D800 */
	BYTES("\xed\xbf\xbf"),		/* U+DFFF */
	BYTES("\xed\xa0\x80\xed\xb0\x80"),
	BYTES("\xf4\x90\x80\x80"),	/* U+110000 */
	BYTES("\xf5\x80\x80\x80"),
	BYTES("\xf7\xbf\xbf\xbf"),
	BYTES("\xfe"),
	BYTES("\xff"),
	BYTES("\xc3"),			/* cut off */
	BYTES("a\xc3"),
	BYTES("\xe2\x82"),
	BYTES("\xf0\x9f\x98"),
	BYTES("\xc3z"),			/* cut off by something else */
	BYTES("\xe2\x82z"),
	BYTES("\xe2\x28\xa1"),
	BYTES("\xf0\x9f\x98z"),
	BYTES("\xc3\xa9\xa9"),		/* one too many */
};

TEST(good_names_are_taken)
{
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(good_names); i++) {
		fd = create_bytes(good_names[i].bytes, good_names[i].len);
		EXPECT_LE(0, fd)
			TH_LOG("name %zu: %d", i, fd);
		EXPECT_EQ(-EEXIST, create_bytes(good_names[i].bytes, good_names[i].len));
		EXPECT_EQ(0, close(fd));
		EXPECT_EQ(-ENOENT, connect_bytes(good_names[i].bytes, good_names[i].len));
	}
}

TEST(bad_names_are_invalid_for_both_sides)
{
	int fds = open_fds();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_names); i++) {
		EXPECT_EQ(-EINVAL, create_bytes(bad_names[i].bytes, bad_names[i].len))
			TH_LOG("name %zu", i);
		EXPECT_EQ(-EINVAL, connect_bytes(bad_names[i].bytes, bad_names[i].len))
			TH_LOG("name %zu", i);
	}
	EXPECT_EQ(fds, open_fds());
}

TEST(no_control_character_is_in_a_name)
{
	char name[4] = "a??";
	int c;

	for (c = 0; c < 0x20; c++) {
		name[1] = c;
		EXPECT_EQ(-EINVAL, create_bytes(name, 3))
			TH_LOG("U+%04X", c);
	}
	for (c = 0x80; c < 0xa0; c++) {
		name[1] = 0xc2;
		name[2] = c;
		EXPECT_EQ(-EINVAL, create_bytes(name, 3))
			TH_LOG("U+%04X", c);
	}
}

TEST(length_is_1_to_255_bytes)
{
	static const __u32 bad[] = { 0, 256, 257, 4096, 0x7fffffff, 0x80000000, 0xffffffff };
	char name[4097];
	size_t i;
	int fd;

	memset(name, 'n', sizeof(name));
	fd = create_bytes(name, 255);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EEXIST, create_bytes(name, 255));
	EXPECT_EQ(-ENOENT, connect_bytes(name, 254));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, create_bytes(name, bad[i]))
			TH_LOG("length %#x", bad[i]);
		EXPECT_EQ(-EINVAL, connect_bytes(name, bad[i]))
			TH_LOG("length %#x", bad[i]);
	}
	/* Bytes count, not characters, and no character is cut. */
	memset(name, 'n', 254);
	memcpy(name + 254, "\xc3\xa9", 2);
	EXPECT_EQ(-EINVAL, create_bytes(name, 255));
	EXPECT_EQ(-EINVAL, create_bytes(name, 256));
	close(fd);
}

TEST(only_the_length_ends_a_name)
{
	char *end = memory_before_hole(3);
	int shorter, longer;

	ASSERT_NE(NULL, end);
	memcpy(end, "abc", 3);
	longer = create_bytes(end, 3);
	ASSERT_LE(0, longer);
	EXPECT_EQ(-ENOENT, connect_bytes("ab", 2));
	EXPECT_EQ(-ENOENT, connect_bytes("abcd", 4));
	shorter = create_bytes("abcd", 2);
	EXPECT_LE(0, shorter);
	EXPECT_EQ(-EEXIST, create_bytes("abc\0", 3));
	close(shorter);
	EXPECT_EQ(-ENOENT, connect_bytes("ab", 2));
	close(longer);
}

TEST(upper_and_lower_case_differ)
{
	int lower = create_bytes("case", 4);
	int upper = create_bytes("CASE", 4);
	int mixed = create_bytes("Case", 4);

	EXPECT_LE(0, lower);
	EXPECT_LE(0, upper);
	EXPECT_LE(0, mixed);
	EXPECT_EQ(-ENOENT, connect_bytes("cASE", 4));
	/* Nor are two ways to write the same letter one name. */
	close(mixed);
	mixed = create_bytes("\xc3\xa9", 2);
	EXPECT_LE(0, mixed);
	EXPECT_EQ(-ENOENT, connect_bytes("e\xcc\x81", 3));
	close(lower);
	close(upper);
	close(mixed);
}

/* --- how long it is held -------------------------------------------------- */

FIXTURE(name)
{
	char name[64];
	int port;
	struct child child;
};

FIXTURE_SETUP(name)
{
	strcpy(self->name, unique_name());
	self->port = alpc_create(self->name);
	ASSERT_LE(0, self->port);
}

FIXTURE_TEARDOWN(name)
{
	close_fd(&self->port);
}

TEST_F(name, in_use_for_others_and_for_oneself)
{
	int fds = open_fds();

	EXPECT_EQ(-EEXIST, alpc_create(self->name));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		close_fd(&self->port);
		EXPECT_EQ(-EEXIST, alpc_create(self->name));
		child_exit(true);
	}
	EXPECT_EQ(0, child_end(&self->child));
	EXPECT_EQ(fds, open_fds());
}

TEST_F(name, free_once_the_port_is_closed)
{
	int i;

	for (i = 0; i < 20; i++) {
		close_fd(&self->port);
		EXPECT_EQ(-ENOENT, alpc_connect_async(self->name));
		self->port = alpc_create(self->name);
		ASSERT_LE(0, self->port);
	}
}

TEST_F(name, held_by_a_duplicate)
{
	int copy = dup(self->port);

	ASSERT_LE(0, copy);
	close_fd(&self->port);
	EXPECT_EQ(-EEXIST, alpc_create(self->name));
	close(copy);
	self->port = alpc_create(self->name);
	EXPECT_LE(0, self->port);
}

TEST_F(name, held_by_a_child_that_inherited_it)
{
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		child_wait(&self->child);
		child_exit(true);
	}
	close_fd(&self->port);
	EXPECT_EQ(-EEXIST, alpc_create(self->name));
	ASSERT_EQ(0, child_signal(&self->child));
	EXPECT_EQ(0, child_end(&self->child));
	self->port = alpc_create(self->name);
	EXPECT_LE(0, self->port);
}

TEST_F(name, held_while_its_descriptor_is_on_the_way)
{
	int fd;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		close_fd(&self->port);
		child_signal(&self->child);
		fd = child_get_fd(&self->child);
		EXPECT_LE(0, fd);
		EXPECT_EQ(0, child_wait(&self->child));
		EXPECT_EQ(-EEXIST, alpc_create(self->name));
		close(fd);
		fd = alpc_create(self->name);
		EXPECT_LE(0, fd);
		child_exit(true);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	ASSERT_EQ(0, child_put_fd(&self->child, self->port));
	close_fd(&self->port);
	/* The socket has it, or the child, which keeps it until the signal. */
	EXPECT_EQ(-EEXIST, alpc_create(self->name));
	ASSERT_EQ(0, child_signal(&self->child));
	EXPECT_EQ(0, child_end(&self->child));
	self->port = alpc_create(self->name);
	EXPECT_LE(0, self->port);
}

TEST_F(name, free_once_the_socket_that_held_it_is_gone)
{
	/* Nobody ever takes the descriptor out. */
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		close_fd(&self->port);
		child_wait(&self->child);
		child_exit(true);
	}
	ASSERT_EQ(0, child_put_fd(&self->child, self->port));
	close_fd(&self->port);
	EXPECT_EQ(0, child_end(&self->child));
	self->port = alpc_create(self->name);
	EXPECT_LE(0, self->port);
}

TEST_F(name, free_once_the_server_was_killed)
{
	close_fd(&self->port);
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		self->port = alpc_create(self->name);
		child_signal(&self->child);
		child_wait(&self->child);
		child_exit(true);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	EXPECT_EQ(-EEXIST, alpc_create(self->name));
	child_kill(&self->child);
	self->port = alpc_create(self->name);
	EXPECT_LE(0, self->port);
}

TEST_F(name, free_once_the_server_executed_another_program)
{
	close_fd(&self->port);
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		self->port = alpc_create(self->name);
		ASSERT_LE(0, self->port);
		execl("/bin/true", "true", NULL);
		child_exit(false);
	}
	EXPECT_EQ(0, child_end(&self->child));
	self->port = alpc_create(self->name);
	EXPECT_LE(0, self->port);
}

struct contest {
	const char *name;
	bool go;
};

static int contend(void *arg)
{
	struct contest *contest = arg;

	while (!__atomic_load_n(&contest->go, __ATOMIC_ACQUIRE))
		sched_yield();
	return alpc_create(contest->name);
}

TEST_F(name, one_of_those_who_want_it_at_once_gets_it)
{
	struct worker workers[4];
	int round, i, won;

	close_fd(&self->port);
	for (round = 0; round < 20; round++) {
		struct contest contest = { .name = self->name };

		for (i = 0; i < 4; i++)
			ASSERT_EQ(0, worker_start(&workers[i], contend, &contest));
		__atomic_store_n(&contest.go, true, __ATOMIC_RELEASE);
		for (i = won = 0; i < 4; i++) {
			int fd = worker_join(&workers[i]);

			if (fd >= 0) {
				self->port = fd;
				won++;
			} else {
				EXPECT_EQ(-EEXIST, fd);
			}
		}
		EXPECT_EQ(1, won);
		close_fd(&self->port);
	}
}

/* --- where it is known ---------------------------------------------------- */

TEST_F(name, known_in_its_network_namespace_only)
{
	int fd;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		/* That of the caller counts, not that of who opened the device. */
		ASSERT_EQ(0, unshare(CLONE_NEWNET));
		EXPECT_EQ(-ENOENT, alpc_connect_async(self->name));
		fd = alpc_create(self->name);
		EXPECT_LE(0, fd);
		EXPECT_EQ(-EEXIST, alpc_create(self->name));
		child_signal(&self->child);
		child_wait(&self->child);
		close(fd);
		EXPECT_EQ(-ENOENT, alpc_connect_async(self->name));
		child_exit(true);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	EXPECT_EQ(-EEXIST, alpc_create(self->name));
	/* Nothing went to the other one's port. */
	fd = alpc_connect_async(self->name);
	EXPECT_LE(0, fd);
	EXPECT_EQ(1, alpc_queued(self->port));
	close(fd);
	EXPECT_EQ(0, child_signal(&self->child));
	EXPECT_EQ(0, child_end(&self->child));
	EXPECT_EQ(-EEXIST, alpc_create(self->name));
}

TEST_F(name, outlives_the_processes_of_its_namespace)
{
	close_fd(&self->port);
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, unshare(CLONE_NEWNET));
		self->port = alpc_create(self->name);
		ASSERT_LE(0, self->port);
		ASSERT_EQ(0, child_put_fd(&self->child, self->port));
		child_wait(&self->child);
		child_exit(true);
	}
	self->port = child_get_fd(&self->child);
	ASSERT_LE(0, self->port);
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
	EXPECT_QUIET(self->port);
	/* The last descriptor goes without a process of that namespace. */
	close_fd(&self->port);
	self->port = alpc_create(self->name);
	EXPECT_LE(0, self->port);
}

TEST_HARNESS_MAIN
