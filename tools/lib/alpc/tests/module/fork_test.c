// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: what a child that was forked may do with the
 * handles and messages that it has got, and what of its parent's stays as it is.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "large_fixture.h"
#include "step_fixture.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition) do { \
	if (!(condition)) \
		_exit(__LINE__ % 255 + 1); \
} while (0)

/*
 * Where its parent has sections a child has gaps, of just the length that its own
 * need. Fill these, so that using what is the parent's cannot go well by chance.
 */
static void fill_gaps(void)
{
	for (size_t len = MIB; len >= 4 * KIB; len /= 2)
		for (int i = 0; i < 32; i++)
			mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
}

/* In the child, which ends with 0 unless one of its CHECKs fails. */
static bool is_child(pid_t *pid)
{
	*pid = fork();
	if (!*pid)
		fill_gaps();
	return !*pid;
}

/* Return: the status that the child has ended with, or -1. */
static int join(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static int many_orders(struct alpc_port *port, struct alpc_message *m)
{
	int ret = 0;

	for (size_t i = 0; i < 30 && !ret; i++)
		ret = order(port, i % 7 ? REPLY : LATER, lengths[i % (LENGTHS - 3)],
			    m, lengths[i * 5 % (LENGTHS - 3)]);
	return ret;
}

/* The same message for the request and for its reply. */
static int order_in_place(struct alpc_port *port, struct alpc_message *m)
{
	struct order *o = order_new(REPLY, 50 * KIB, 50 * KIB, 3);
	int ret = alpc_message_set(m, o, 50 * KIB);

	free(o);
	if (!ret)
		ret = alpc_call_message(port, m, m, FOR_EVER, NULL);
	return ret ?: !is_pattern(alpc_message_data(m), 50 * KIB, 3);
}

/* A message in place, whose data lie in the server's section. */
static int lent(struct alpc_port *port, struct alpc_message **m)
{
	int ret = alpc_message_new_in(port, 0, 0, m);

	alpc_message_set_in_place(*m, true);
	return ret ? ret : order(port, REPLY, 0, *m, 50 * KIB);
}

#define SEED	(50 * KIB)	/* of the reply to that, see order() */

/* Parent and child use one handle, with memory that only the parent has. */
TEST_F(large, child_starts_anew)
{
	struct alpc_message *in;
	void *data;
	pid_t pid;

	ASSERT_EQ(0, order(self->port, REPLY, 50 * KIB, self->m, 50 * KIB));
	ASSERT_EQ(0, alpc_message_new_in(self->port, 4096, 0, &in));
	if (is_child(&pid)) {
		CHECK(!many_orders(self->port, self->m));
		CHECK(!alpc_message_resize(in, 8192, &data));
		memset(data, 1, 8192);
		alpc_message_free(in);
		alpc_message_free(self->m);
		alpc_port_close(self->port);
		_exit(0);
	}
	for (int i = 0; i < 100; i++)
		ASSERT_EQ(0, order(self->port, REPLY, 50 * KIB, self->m, 50 * KIB));
	EXPECT_EQ(0, join(pid));
	ASSERT_EQ(0, order(self->port, REPLY, 50 * KIB, self->m, 50 * KIB));
	alpc_message_free(in);
}

/* It has a block and a view of the parent's, and gets a block of the child's. */
TEST_F(large, child_fills_in_anew)
{
	struct alpc_message *m;
	void *data;
	pid_t pid;

	ASSERT_EQ(0, lent(self->port, &m));
	if (is_child(&pid)) {
		CHECK(!alpc_message_resize(m, 5000, &data));
		memset(data, 2, 5000);
		alpc_message_free(m);
		CHECK(!many_orders(self->port, self->m));
		_exit(0);
	}
	EXPECT_EQ(0, join(pid));
	ASSERT_EQ(50 * KIB, alpc_message_len(m));
	EXPECT_TRUE(is_pattern(alpc_message_data(m), 50 * KIB, SEED));
	EXPECT_EQ(0, alpc_message_release(m));
	alpc_message_free(m);
}

/* The child takes replies in: into a block that its parent has, and from views. */
TEST_F(large, child_receives_into_it)
{
	struct alpc_message *m, *empty;
	void *data;
	pid_t pid;

	ASSERT_EQ(0, lent(self->port, &m));
	ASSERT_EQ(0, alpc_message_new_in(self->port, 60 * KIB, 0, &empty));
	if (is_child(&pid)) {
		CHECK(!order(self->port, REPLY, 50 * KIB, empty, 50 * KIB));
		/* Nobody else is handed the block that it had, or has. */
		for (int i = 0; i < 4; i++) {
			struct alpc_message *next;

			CHECK(!alpc_message_new_in(self->port, 60 * KIB, 0,
						   &next));
			CHECK(!order_in_place(self->port, next));
		}
		CHECK(is_pattern(alpc_message_data(empty), 50 * KIB, 8 * SEED));
		for (int i = 0; i < 10; i++) {
			CHECK(!order(self->port, REPLY, 50 * KIB, empty,
				     50 * KIB));
			CHECK(!order(self->port, REPLY, 0, m, 50 * KIB));
			/* Whatever it was handed is its own. */
			CHECK(!alpc_message_resize(i % 2 ? m : empty, 70 * KIB,
						   &data));
			memset(data, i, 70 * KIB);
		}
		_exit(0);
	}
	EXPECT_EQ(0, join(pid));
	EXPECT_TRUE(is_pattern(alpc_message_data(m), 50 * KIB, SEED));
	alpc_message_free(m);
	alpc_message_free(empty);
}

/* What the parent reads in place is not given back by its child. */
TEST_F(large, child_gives_nothing_back)
{
	struct alpc_message *m;
	pid_t pid;

	ASSERT_EQ(0, lent(self->port, &m));
	if (is_child(&pid)) {
		alpc_message_free(m);
		_exit(0);
	}
	EXPECT_EQ(0, join(pid));
	if (is_child(&pid)) {
		CHECK(!alpc_message_release(m));
		CHECK(!alpc_message_len(m));
		_exit(0);
	}
	EXPECT_EQ(0, join(pid));
	for (int i = 0; i < 20; i++)
		ASSERT_EQ(0, order(self->port, REPLY, 0, self->m, 50 * KIB));
	EXPECT_TRUE(is_pattern(alpc_message_data(m), 50 * KIB, SEED));
	EXPECT_EQ(0, alpc_message_release(m));
	alpc_message_free(m);
}

/* Nor are descriptors closed that the parent has not taken yet. */
TEST_F(large, child_closes_no_descriptors)
{
	struct order *o = order_new(FDS, 100, 0, 1);
	struct alpc_message *m;
	int fds[2], fd;
	pid_t pid;

	ASSERT_EQ(0, pipe(fds));
	ASSERT_EQ(0, alpc_message_new(0, &m));
	ASSERT_EQ(0, alpc_message_accept_fds(m, ALPC_FD_ANY));
	ASSERT_EQ(0, alpc_message_set(m, o, 100));
	free(o);
	ASSERT_EQ(0, alpc_message_set_fds(m, fds, 1));
	ASSERT_EQ(0, alpc_call_message(self->port, m, m, FOR_EVER, NULL));
	ASSERT_EQ(1, alpc_message_fd_count(m));
	if (is_child(&pid)) {
		alpc_message_free(m);
		_exit(0);
	}
	EXPECT_EQ(0, join(pid));
	EXPECT_EQ(0, alpc_message_take_fds(m, 0, 1, &fd));
	alpc_message_free(m);
}

/* A message that cannot be filled in is as it was, which in a child is empty. */
TEST_F(large, child_cannot_fill_in)
{
	static const char nothing[1];
	struct alpc_message *m;
	void *data;
	pid_t pid;

	ASSERT_EQ(0, alpc_message_new_in(self->port, 0, 0, &m));
	ASSERT_EQ(0, alpc_message_resize(m, 50 * KIB, &data));
	if (is_child(&pid)) {
		CHECK(alpc_message_set(m, nothing, TOO_LONG) == -EFBIG);
		CHECK(!alpc_message_len(m));
		CHECK(!alpc_message_is_in_place(m));
		_exit(0);
	}
	EXPECT_EQ(0, join(pid));
	if (is_child(&pid)) {
		CHECK(alpc_message_resize(m, TOO_LONG, &data) == -EFBIG);
		CHECK(!alpc_message_len(m));
		_exit(0);
	}
	EXPECT_EQ(0, join(pid));
	alpc_message_free(m);
}

/* What the parent has filled in is not the child's to send. */
TEST_F(step, child_sends_nothing_of_its_parents)
{
	struct alpc_message *m;
	void *data;
	pid_t pid;

	ASSERT_EQ(0, alpc_message_new_in(self->client, 0, 0, &m));
	ASSERT_EQ(0, alpc_message_resize(m, 5000, &data));
	pattern(data, 5000, 1);
	if (is_child(&pid)) {
		CHECK(!alpc_send_message(self->client, m, 0));
		_exit(0);
	}
	EXPECT_EQ(0, join(pid));
	if (is_child(&pid)) {
		CHECK(!alpc_call_message(self->client, m, m, FOR_EVER, NULL));
		_exit(0);
	}
	ASSERT_EQ(0, alpc_receive(self->port, self->in, FOR_EVER));
	EXPECT_EQ(ALPC_DATAGRAM, alpc_message_type(self->in));
	EXPECT_EQ(0, alpc_message_len(self->in));
	ASSERT_EQ(0, alpc_receive(self->port, self->in, FOR_EVER));
	EXPECT_EQ(0, alpc_message_len(self->in));
	ASSERT_EQ(0, alpc_reply(self->port, alpc_message_id(self->in), NULL, 0));
	EXPECT_EQ(0, join(pid));
	ASSERT_EQ(0, alpc_send_message(self->client, m, 0));
	ASSERT_EQ(0, alpc_receive(self->port, self->in, 0));
	ASSERT_EQ(5000, alpc_message_len(self->in));
	EXPECT_TRUE(is_pattern(alpc_message_data(self->in), 5000, 1));
	alpc_message_free(m);
}

/* A request that the parent has received can be answered by its child. */
TEST_F(step, child_answers)
{
	pattern(big, sizeof(big), 1);
	pattern(other, sizeof(other), 2);
	for (int i = 0; i < 4; i++) {
		struct caller c = { .port = self->client, .timeout = FOR_EVER };
		uint64_t id;
		pid_t pid;

		alpc_message_set_in_place(self->in, i / 2);
		ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_big, &c));
		ASSERT_EQ(0, alpc_receive(self->port, self->in, FOR_EVER));
		id = alpc_message_id(self->in);
		if (is_child(&pid)) {
			if (i % 2) {
				CHECK(!alpc_reply(self->port, id, other,
						  sizeof(other)));
			} else {
				CHECK(alpc_reply_and_receive(self->port, id,
							     other, sizeof(other),
							     self->in, 0) ==
				      -EAGAIN);
				CHECK(alpc_message_done(self->in) &
				      ALPC_DONE_SENT);
			}
			_exit(0);
		}
		EXPECT_EQ(0, join(pid));
		pthread_join(c.thread, NULL);
		EXPECT_EQ(0, c.ret);
	}
}

TEST_HARNESS_MAIN
