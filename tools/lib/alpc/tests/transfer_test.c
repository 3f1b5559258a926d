// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc: what the functions ask of the kernel, and what they make of its
 * answers: options, lengths, timeouts, messages that grow, calls and callbacks.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <kselftest_harness.h>

#define MAX_STEPS 8

/* The transfers that the library asked for, as they came in. */
static struct alpc_transfer seen[MAX_STEPS];
/* What each is answered: the return value, and these outputs. */
static struct {
	int ret;
	__u64 id;
	__u32 done;
	struct alpc_msg recv;
	const void *data;
} plan[MAX_STEPS];
static int seen_fd;

static int transfer_kernel(int step, int fd, unsigned long request, void *arg)
{
	struct alpc_transfer *t = arg;
	__u64 buffer = t->recv.data;

	if (request != ALPC_IOC_TRANSFER || step >= MAX_STEPS ||
	    t->size != sizeof(*t))
		return -ENOTTY;
	seen_fd = fd;
	seen[step] = *t;
	t->out_id = plan[step].id;
	t->out_done = plan[step].done;
	if (!plan[step].ret || plan[step].ret == -EMSGSIZE) {
		t->recv = plan[step].recv;
		t->recv.data = buffer;
	}
	if (!plan[step].ret && plan[step].data)
		memcpy((void *)(uintptr_t)buffer, plan[step].data, t->recv.len);
	return plan[step].ret;
}

FIXTURE(port) {
	struct alpc_port *port;
	struct alpc_message *m;
	int fd;
};

FIXTURE_SETUP(port)
{
	self->fd = memfd_create("port", 0);
	ASSERT_LE(0, self->fd);
	kernel_port = (struct alpc_port_info){
		.out_kind = ALPC_KIND_CLIENT, .out_max_message = ALPC_DATA_MAX,
	};
	ASSERT_EQ(0, alpc_port_adopt(self->fd, &self->port));
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
	memset(plan, 0, sizeof(plan));
	memset(seen, 0, sizeof(seen));
	kernel_set(transfer_kernel);
	errno = 99;
}

FIXTURE_TEARDOWN(port)
{
	EXPECT_EQ(99, errno);
	alpc_message_free(self->m);
	alpc_port_close(self->port);
	EXPECT_EQ(-1, fcntl(self->fd, F_GETFD));
}

/* -- Timeouts -------------------------------------------------------------- */

TEST_F(port, timeout_zero_does_not_wait)
{
	EXPECT_EQ(0, alpc_send(self->port, "x", 1, 0));
	EXPECT_EQ(ALPC_TRANSFER_SEND | ALPC_TRANSFER_DONTWAIT, seen[0].flags);
	EXPECT_EQ(0, seen[0].timeout);
	EXPECT_EQ(self->fd, seen_fd);
}

TEST_F(port, timeout_infinite)
{
	EXPECT_EQ(0, alpc_send(self->port, "x", 1, ALPC_INFINITE));
	EXPECT_EQ(ALPC_TRANSFER_SEND, seen[0].flags);
	EXPECT_EQ(ALPC_INFINITE, seen[0].timeout);
}

TEST_F(port, timeout_relative_becomes_a_point_in_time)
{
	struct timespec before, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	EXPECT_EQ(0, alpc_send(self->port, "x", 1, ALPC_MSEC(20)));
	clock_gettime(CLOCK_MONOTONIC, &after);
	EXPECT_EQ(ALPC_TRANSFER_SEND | ALPC_TRANSFER_ABSTIME, seen[0].flags);
	EXPECT_LE(ALPC_SEC(before.tv_sec) + before.tv_nsec + 20000000,
		  seen[0].timeout);
	EXPECT_GE(ALPC_SEC(after.tv_sec) + after.tv_nsec + 20000000,
		  seen[0].timeout);
}

TEST_F(port, timeout_absolute)
{
	static const int64_t times[] = { 0, 1, 5000000000, INT64_MAX / 2 };

	for (int i = 0; i < 4; i++) {
		EXPECT_EQ(0, alpc_send(self->port, "x", 1, alpc_until(times[i])));
		EXPECT_EQ(ALPC_TRANSFER_SEND | ALPC_TRANSFER_ABSTIME,
			  seen[i].flags);
		EXPECT_EQ(times[i], seen[i].timeout);
	}
	EXPECT_EQ(0, alpc_send(self->port, "x", 1, alpc_until(-1)));
	EXPECT_EQ(0, seen[4].timeout);
	EXPECT_EQ(0, alpc_send(self->port, "x", 1, alpc_until(INT64_MAX)));
	EXPECT_EQ(INT64_MAX / 2, seen[5].timeout);
	EXPECT_EQ(0, alpc_send(self->port, "x", 1, INT64_MAX));
	EXPECT_EQ(ALPC_TRANSFER_SEND | ALPC_TRANSFER_ABSTIME, seen[6].flags);
	EXPECT_LT(0, seen[6].timeout);
}

TEST_F(port, timeout_that_is_none_of_these)
{
	static const int64_t wrong[] = { -2, -1000000000, INT64_MIN / 2 + 1 };

	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(-EINVAL, alpc_send(self->port, "x", 1, wrong[i]));
		EXPECT_EQ(-EINVAL, alpc_receive(self->port, self->m, wrong[i]));
		EXPECT_EQ(-EINVAL, alpc_call(self->port, "x", 1, self->m, wrong[i]));
	}
	EXPECT_EQ(0, kernel_steps());
}

/* -- Sending and receiving --------------------------------------------------- */

TEST_F(port, send)
{
	static const char data[] = "data";

	EXPECT_EQ(0, alpc_send(self->port, data, 4, ALPC_INFINITE));
	EXPECT_EQ((uintptr_t)data, seen[0].send.data);
	EXPECT_EQ(4, seen[0].send.len);
	EXPECT_EQ(0, seen[0].send.flags);
	EXPECT_EQ(0, seen[0].send.id);
	EXPECT_EQ(0, seen[0].send.type);
	plan[1].ret = -EPIPE;
	EXPECT_EQ(-EPIPE, alpc_send(self->port, NULL, 0, ALPC_INFINITE));
	EXPECT_EQ(2, kernel_steps());
}

TEST_F(port, longer_than_any_message)
{
	EXPECT_EQ(-EMSGSIZE, alpc_send(self->port, "", SIZE_MAX, 0));
	EXPECT_EQ(-EMSGSIZE, alpc_reply(self->port, 1, "", SIZE_MAX));
	EXPECT_EQ(-EMSGSIZE, alpc_call(self->port, "", SIZE_MAX, self->m, -1));
	EXPECT_EQ(-EMSGSIZE, alpc_send_request(self->port, "", SIZE_MAX, 0, 0,
					       -1, NULL));
	EXPECT_EQ(-EMSGSIZE, alpc_port_refuse(self->port, 1, "", SIZE_MAX));
	EXPECT_EQ(-EMSGSIZE, alpc_reply_and_receive(self->port, 1, "", SIZE_MAX,
						    self->m, -1));
	EXPECT_EQ(0, kernel_steps());
	EXPECT_EQ(0, alpc_send_request(self->port, "", 0, SIZE_MAX, 0, -1, NULL));
	EXPECT_EQ(ALPC_DATA_MAX, seen[0].recv.len);
}

/* A port without sections: what is longer than its limit goes nowhere. */
TEST_F(port, longer_than_the_limit)
{
	static char data[ALPC_DATA_MAX + 1];

	EXPECT_EQ(-EMSGSIZE, alpc_send(self->port, data, sizeof(data), 0));
	EXPECT_EQ(-EMSGSIZE, alpc_send_request(self->port, data, sizeof(data), 0,
					       0, -1, NULL));
	EXPECT_EQ(0, kernel_steps());
	EXPECT_EQ(0, alpc_send(self->port, data, ALPC_DATA_MAX, 0));
	EXPECT_EQ(ALPC_DATA_MAX, seen[0].send.len);
	EXPECT_EQ(0, seen[0].send.view_len);
	/* Here it is asked whether anybody waits for it. */
	EXPECT_EQ(-EMSGSIZE, alpc_reply(self->port, 1, data, sizeof(data)));
	EXPECT_EQ(2, kernel_steps());
}

TEST_F(port, send_request)
{
	uint64_t id = 7;

	plan[0].id = 55;
	plan[0].done = ALPC_DONE_SENT;
	EXPECT_EQ(0, alpc_send_request(self->port, "x", 1, 30, 0xc00c1e,
				       ALPC_INFINITE, &id));
	EXPECT_EQ(55, id);
	EXPECT_EQ(ALPC_TRANSFER_SEND, seen[0].flags);
	EXPECT_EQ(ALPC_SEND_REQUEST, seen[0].send.flags);
	EXPECT_EQ(0xc00c1e, seen[0].send.cookie);
	EXPECT_EQ(30, seen[0].recv.len);
	plan[1].ret = -EDQUOT;
	plan[1].id = 56;
	EXPECT_EQ(-EDQUOT, alpc_send_request(self->port, "x", 1, 30, 0, 0, &id));
	EXPECT_EQ(55, id);
}

TEST_F(port, receive)
{
	plan[0].done = ALPC_DONE_RECEIVED;
	plan[0].data = "hello";
	plan[0].recv = (struct alpc_msg){
		.id = 1, .context = 2, .cookie = 3, .len = 5,
		.type = ALPC_REQUEST, .flags = ALPC_MSG_CALLBACK, .pid = 4,
		.tid = 5, .uid = 6, .gid = 7, .seq = 8,
	};
	ASSERT_EQ(0, alpc_receive(self->port, self->m, ALPC_INFINITE));
	EXPECT_EQ(ALPC_TRANSFER_RECEIVE, seen[0].flags);
	EXPECT_EQ(ALPC_DATA_DEFAULT, seen[0].recv.len);
	EXPECT_EQ(1, alpc_message_id(self->m));
	EXPECT_EQ(2, alpc_message_context(self->m));
	EXPECT_EQ(3, alpc_message_cookie(self->m));
	EXPECT_EQ(4, alpc_message_pid(self->m));
	EXPECT_EQ(5, alpc_message_tid(self->m));
	EXPECT_EQ(6, alpc_message_uid(self->m));
	EXPECT_EQ(7, alpc_message_gid(self->m));
	EXPECT_EQ(8, alpc_message_seq(self->m));
	EXPECT_EQ(ALPC_REQUEST, alpc_message_type(self->m));
	EXPECT_TRUE(alpc_message_is_callback(self->m));
	EXPECT_EQ(ALPC_DONE_RECEIVED, alpc_message_done(self->m));
	ASSERT_EQ(5, alpc_message_len(self->m));
	EXPECT_EQ(0, memcmp("hello", alpc_message_data(self->m), 5));
}

/* After an error the message is not the one of the time before. */
TEST_F(port, receive_error_leaves_no_old_message)
{
	plan[0].recv = (struct alpc_msg){ .id = 1, .type = ALPC_DATAGRAM,
					  .len = 5 };
	plan[0].data = "hello";
	ASSERT_EQ(0, alpc_receive(self->port, self->m, ALPC_INFINITE));
	plan[1].ret = -ETIMEDOUT;
	EXPECT_EQ(-ETIMEDOUT, alpc_receive(self->port, self->m, ALPC_MSEC(1)));
	EXPECT_EQ(0, alpc_message_type(self->m));
	EXPECT_EQ(0, alpc_message_id(self->m));
	EXPECT_EQ(0, alpc_message_len(self->m));
	EXPECT_EQ(0, alpc_message_done(self->m));
}

TEST_F(port, receive_grows_until_it_fits)
{
	static char data[ALPC_DATA_MAX];

	memset(data, 'z', sizeof(data));
	plan[0].ret = -EMSGSIZE;
	plan[0].recv.len = 1000;
	/* Another thread has taken that one, and the next is longer. */
	plan[1].ret = -EMSGSIZE;
	plan[1].recv.len = ALPC_DATA_MAX;
	plan[2].recv = (struct alpc_msg){ .id = 9, .len = ALPC_DATA_MAX };
	plan[2].data = data;
	ASSERT_EQ(0, alpc_receive(self->port, self->m, ALPC_SEC(5)));
	ASSERT_EQ(3, kernel_steps());
	EXPECT_EQ(1000, seen[1].recv.len);
	EXPECT_EQ(ALPC_DATA_MAX, seen[2].recv.len);
	EXPECT_EQ(seen[0].timeout, seen[2].timeout);
	EXPECT_EQ(ALPC_DATA_MAX, alpc_message_len(self->m));
	EXPECT_EQ(0, memcmp(data, alpc_message_data(self->m), sizeof(data)));
}

/* A kernel that says that it does not fit, and that it does: no endless loop. */
TEST_F(port, receive_too_small_for_nothing)
{
	plan[0].ret = -EMSGSIZE;
	plan[0].recv.len = 10;
	EXPECT_EQ(-EMSGSIZE, alpc_receive(self->port, self->m, ALPC_INFINITE));
	EXPECT_EQ(1, kernel_steps());
}

TEST_F(port, interrupted_calls_are_not_repeated)
{
	for (int i = 0; i < MAX_STEPS; i++)
		plan[i].ret = -EINTR;
	EXPECT_EQ(-EINTR, alpc_receive(self->port, self->m, ALPC_INFINITE));
	EXPECT_EQ(-EINTR, alpc_send(self->port, "x", 1, ALPC_INFINITE));
	plan[2].done = ALPC_DONE_SENT | ALPC_DONE_CANCELED;
	EXPECT_EQ(-EINTR, alpc_call(self->port, "x", 1, self->m, ALPC_INFINITE));
	EXPECT_EQ(ALPC_DONE_SENT | ALPC_DONE_CANCELED, alpc_message_done(self->m));
	plan[3].done = ALPC_DONE_SENT;
	EXPECT_EQ(-EINTR, alpc_reply_and_receive(self->port, 1, "x", 1, self->m,
						 ALPC_INFINITE));
	EXPECT_EQ(ALPC_DONE_SENT, alpc_message_done(self->m));
	EXPECT_EQ(4, kernel_steps());
}

TEST_F(port, reply)
{
	EXPECT_EQ(0, alpc_reply(self->port, 77, "yes", 3));
	EXPECT_EQ(ALPC_TRANSFER_SEND, seen[0].flags);
	EXPECT_EQ(ALPC_SEND_REPLY, seen[0].send.flags);
	EXPECT_EQ(77, seen[0].send.id);
	plan[1].ret = -ECANCELED;
	EXPECT_EQ(-ECANCELED, alpc_reply(self->port, 77, "yes", 3));
}

TEST_F(port, reply_and_receive)
{
	plan[0].done = ALPC_DONE_SENT | ALPC_DONE_RECEIVED;
	plan[0].recv = (struct alpc_msg){ .id = 78, .type = ALPC_REQUEST };
	EXPECT_EQ(0, alpc_reply_and_receive(self->port, 77, "yes", 3, self->m, 0));
	EXPECT_EQ(ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE |
		  ALPC_TRANSFER_DONTWAIT, seen[0].flags);
	EXPECT_EQ(77, seen[0].send.id);
	EXPECT_EQ(78, alpc_message_id(self->m));
	EXPECT_EQ(1, kernel_steps());
}

TEST_F(port, reply_is_not_sent_twice_when_the_next_message_is_long)
{
	plan[0].ret = -EMSGSIZE;
	plan[0].done = ALPC_DONE_SENT;
	plan[0].recv.len = 2000;
	plan[1].done = ALPC_DONE_RECEIVED;
	plan[1].recv = (struct alpc_msg){ .id = 78, .len = 0 };
	EXPECT_EQ(0, alpc_reply_and_receive(self->port, 77, "yes", 3, self->m,
					    ALPC_INFINITE));
	ASSERT_EQ(2, kernel_steps());
	EXPECT_EQ(ALPC_TRANSFER_RECEIVE, seen[1].flags);
	EXPECT_EQ(2000, seen[1].recv.len);
	EXPECT_EQ(ALPC_DONE_SENT | ALPC_DONE_RECEIVED,
		  alpc_message_done(self->m));
}

TEST_F(port, reply_that_fails_receives_nothing)
{
	plan[0].ret = -EMSGSIZE;
	plan[0].recv.len = 5000;
	EXPECT_EQ(-EMSGSIZE, alpc_reply_and_receive(self->port, 77, "yes", 3,
						    self->m, ALPC_INFINITE));
	EXPECT_EQ(1, kernel_steps());
	EXPECT_EQ(0, alpc_message_done(self->m));
}

/* -- Calls ------------------------------------------------------------------- */

TEST_F(port, call)
{
	plan[0].id = 12;
	plan[0].done = ALPC_DONE_SENT | ALPC_DONE_RECEIVED;
	plan[0].recv = (struct alpc_msg){ .id = 12, .type = ALPC_REPLY, .len = 2 };
	plan[0].data = "ok";
	ASSERT_EQ(0, alpc_call(self->port, "hm", 2, self->m, ALPC_INFINITE));
	EXPECT_EQ(1, kernel_steps());
	EXPECT_EQ(ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT, seen[0].flags);
	EXPECT_EQ(ALPC_SEND_REQUEST, seen[0].send.flags);
	EXPECT_EQ(0, seen[0].recv.call);
	EXPECT_EQ(2, alpc_message_len(self->m));
}

TEST_F(port, call_without_time)
{
	EXPECT_EQ(-EINVAL, alpc_call(self->port, "hm", 2, self->m, 0));
	EXPECT_EQ(0, kernel_steps());
}

TEST_F(port, call_fetches_a_long_reply)
{
	plan[0].ret = -EMSGSIZE;
	plan[0].id = 12;
	plan[0].done = ALPC_DONE_SENT;
	plan[0].recv.len = 4000;
	plan[1].recv = (struct alpc_msg){ .id = 12, .type = ALPC_REPLY };
	ASSERT_EQ(0, alpc_call(self->port, "hm", 2, self->m, ALPC_INFINITE));
	ASSERT_EQ(2, kernel_steps());
	EXPECT_EQ(ALPC_TRANSFER_WAIT, seen[1].flags);
	EXPECT_EQ(12, seen[1].recv.call);
	EXPECT_EQ(4000, seen[1].recv.len);
}

TEST_F(port, call_too_long_to_send_is_not_repeated)
{
	plan[0].ret = -EMSGSIZE;
	plan[0].recv.len = 4000;
	EXPECT_EQ(-EMSGSIZE, alpc_call(self->port, "hm", 2, self->m, -1));
	EXPECT_EQ(1, kernel_steps());
}

TEST_F(port, call_that_timed_out_is_not_cancelled_again)
{
	plan[0].ret = -ETIMEDOUT;
	plan[0].id = 12;
	plan[0].done = ALPC_DONE_SENT | ALPC_DONE_CANCELED;
	EXPECT_EQ(-ETIMEDOUT, alpc_call(self->port, "hm", 2, self->m, 1));
	EXPECT_EQ(1, kernel_steps());
}

static int answer_with;

static int answer_ok(void *arg, const struct alpc_message *request,
		     struct alpc_message *reply)
{
	if (!alpc_message_is_callback(request) || alpc_message_len(reply))
		return -EPROTO;
	++*(int *)arg;
	return answer_with ?: alpc_message_set(reply, "why", 3);
}

/* Plan for a call in which the other side asks something. */
static void plan_callback(void)
{
	plan[0].id = 12;
	plan[0].done = ALPC_DONE_SENT | ALPC_DONE_RECEIVED;
	plan[0].recv = (struct alpc_msg){ .id = 3, .call = 12, .len = 1,
		.type = ALPC_REQUEST, .flags = ALPC_MSG_CALLBACK };
	plan[0].data = "?";
	answer_with = 0;
}

TEST_F(port, callbacks_are_answered)
{
	int n = 0;
	const struct alpc_call_options options = {
		.size = sizeof(options), .callback = answer_ok, .arg = &n,
	};

	plan_callback();
	/* A second one, then the reply. */
	plan[1].done = ALPC_DONE_SENT | ALPC_DONE_RECEIVED;
	plan[1].recv = plan[0].recv;
	plan[1].recv.id = 4;
	plan[1].data = "?";
	plan[2].done = ALPC_DONE_SENT | ALPC_DONE_RECEIVED;
	plan[2].recv = (struct alpc_msg){ .id = 12, .type = ALPC_REPLY };
	ASSERT_EQ(0, alpc_call_with(self->port, "hm", 2, self->m, ALPC_SEC(1),
				    &options));
	EXPECT_EQ(2, n);
	ASSERT_EQ(3, kernel_steps());
	for (int i = 1; i < 3; i++) {
		EXPECT_EQ(ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT |
			  ALPC_TRANSFER_ABSTIME, seen[i].flags);
		EXPECT_EQ(ALPC_SEND_REPLY, seen[i].send.flags);
		EXPECT_EQ(i + 2, seen[i].send.id);
		EXPECT_EQ(3, seen[i].send.len);
		EXPECT_EQ(12, seen[i].recv.call);
		EXPECT_EQ(seen[0].timeout, seen[i].timeout);
	}
	EXPECT_EQ(ALPC_REPLY, alpc_message_type(self->m));
}

/* The call is cancelled by going on to wait for no time. */
static void expect_cancelled(struct __test_metadata *_metadata, int step)
{
	EXPECT_EQ(ALPC_TRANSFER_WAIT, seen[step].flags);
	EXPECT_EQ(0, seen[step].timeout);
	EXPECT_EQ(12, seen[step].recv.call);
	EXPECT_EQ(step + 1, kernel_steps());
}

TEST_F(port, callback_that_nobody_answers)
{
	plan_callback();
	plan[1].ret = -ETIMEDOUT;
	plan[1].done = ALPC_DONE_CANCELED;
	EXPECT_EQ(-EPROTO, alpc_call(self->port, "hm", 2, self->m, ALPC_SEC(1)));
	expect_cancelled(_metadata, 1);
	EXPECT_EQ(0, alpc_message_len(self->m));
	EXPECT_EQ(0, alpc_message_type(self->m));
	EXPECT_TRUE(alpc_message_done(self->m) & ALPC_DONE_SENT);
}

TEST_F(port, callback_whose_answer_fails)
{
	static const int errors[] = { -EACCES, -EPIPE };
	int n = 0;
	const struct alpc_call_options options = {
		.size = sizeof(options), .callback = answer_ok, .arg = &n,
	};

	/* Also one that the kernel gives for a connection that has ended. */
	for (int i = 0; i < 2; i++) {
		plan_callback();
		plan[1].ret = -ETIMEDOUT;
		answer_with = errors[i];
		kernel_set(transfer_kernel);
		EXPECT_EQ(errors[i], alpc_call_with(self->port, "hm", 2, self->m,
						    ALPC_SEC(1), &options));
		expect_cancelled(_metadata, 1);
	}
}

TEST_F(port, callback_whose_answer_cannot_be_sent)
{
	int n = 0;
	const struct alpc_call_options options = {
		.size = sizeof(options), .callback = answer_ok, .arg = &n,
	};

	plan_callback();
	plan[1].ret = -EMSGSIZE;
	plan[2].ret = -ETIMEDOUT;
	EXPECT_EQ(-EMSGSIZE, alpc_call_with(self->port, "hm", 2, self->m,
					    ALPC_INFINITE, &options));
	expect_cancelled(_metadata, 2);
}

TEST_F(port, callback_whose_asker_gave_up)
{
	static const int errors[] = { -ECANCELED, -ESRCH };
	int n = 0;
	const struct alpc_call_options options = {
		.size = sizeof(options), .callback = answer_ok, .arg = &n,
	};

	for (int i = 0; i < 2; i++) {
		plan_callback();
		plan[1].ret = errors[i];
		plan[2].recv = (struct alpc_msg){ .id = 12, .type = ALPC_REPLY };
		kernel_set(transfer_kernel);
		EXPECT_EQ(0, alpc_call_with(self->port, "hm", 2, self->m,
					    ALPC_INFINITE, &options));
		ASSERT_EQ(3, kernel_steps());
		EXPECT_EQ(ALPC_TRANSFER_WAIT, seen[2].flags);
		EXPECT_EQ(12, seen[2].recv.call);
	}
}

/* The reply came while the call was being given up. */
TEST_F(port, callback_given_up_too_late)
{
	plan_callback();
	plan[1].recv = (struct alpc_msg){ .id = 12, .type = ALPC_REPLY, .len = 2 };
	plan[1].data = "ok";
	EXPECT_EQ(-EPROTO, alpc_call(self->port, "hm", 2, self->m, ALPC_SEC(1)));
	EXPECT_EQ(2, kernel_steps());
	EXPECT_EQ(0, alpc_message_len(self->m));
}

TEST_F(port, callback_is_made_inside_a_request)
{
	plan[0].recv = (struct alpc_msg){ .id = 1, .type = ALPC_REPLY };
	EXPECT_EQ(0, alpc_callback(self->port, 31, "?", 1, self->m, ALPC_SEC(1)));
	EXPECT_EQ(ALPC_SEND_CALLBACK, seen[0].send.flags);
	EXPECT_EQ(31, seen[0].send.id);
	EXPECT_EQ(-ESRCH, alpc_callback(self->port, 0, "?", 1, self->m, -1));
	EXPECT_EQ(1, kernel_steps());
}

/* -- Messages ---------------------------------------------------------------- */

TEST(message_filled_in)
{
	struct alpc_message *m;
	void *data;

	EXPECT_EQ(-EMSGSIZE, alpc_message_new(SIZE_MAX, &m));
	ASSERT_EQ(0, alpc_message_new(1, &m));
	EXPECT_NE(NULL, alpc_message_data(m));
	EXPECT_EQ(0, alpc_message_len(m));
	EXPECT_EQ(0, alpc_message_set(m, NULL, 0));
	EXPECT_EQ(0, alpc_message_set(m, "abcdef", 6));
	EXPECT_EQ(-EMSGSIZE, alpc_message_set(m, "", SIZE_MAX));
	ASSERT_EQ(6, alpc_message_len(m));
	EXPECT_EQ(0, memcmp("abcdef", alpc_message_data(m), 6));
	ASSERT_EQ(0, alpc_message_resize(m, ALPC_DATA_MAX, &data));
	EXPECT_EQ(alpc_message_data(m), data);
	memset((char *)data + 6, '!', ALPC_DATA_MAX - 6);
	EXPECT_EQ(0, memcmp("abcdef!", data, 7));
	/* Out of itself. */
	EXPECT_EQ(0, alpc_message_set(m, (char *)data + 2, 5));
	EXPECT_EQ(0, memcmp("cdef!", alpc_message_data(m), 5));
	EXPECT_EQ(-EMSGSIZE, alpc_message_resize(m, SIZE_MAX, &data));
	EXPECT_EQ(5, alpc_message_len(m));
	alpc_message_free(m);
	alpc_message_free(NULL);
}

TEST_HARNESS_MAIN
