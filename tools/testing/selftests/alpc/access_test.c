// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct access: a call lists ranges of its memory, and whoever has received it
 * reads and writes inside them, and nowhere else, until it replies.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_access.h"

/* More than a batch of pages, and no multiple of one. */
enum { LENGTH = 300 * 1000 };

/* Where nobody's memory is. */
#define KERNEL_ADDRESS	0xffff888000000000ULL

FIXTURE(access)
{
	struct pair pair;
	struct worker caller;
	struct access_call call;
	struct alpc_range range[ALPC_RANGES_MAX + 1];
	struct alpc_access_part part[ALPC_ACCESS_PARTS_MAX + 1];
	struct alpc_msg msg;
	char buf[64];
	char memory[LENGTH], own[LENGTH];
};

FIXTURE_SETUP(access)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	pattern(self->memory, LENGTH, 1);
	memset(self->own, 'o', LENGTH);
}

FIXTURE_TEARDOWN(access)
{
	EXPECT_QUIET(self->pair.port);
	EXPECT_QUIET(self->pair.client);
	EXPECT_EQ(0, pair_works(&self->pair));
	pair_close(&self->pair);
}

/* --- a thread that calls with ranges, and its server ---------------------- */

struct caller_arg {
	int fd;
	struct access_call *call;
};

static int run_call(void *data)
{
	struct caller_arg arg = *(struct caller_arg *)data;

	free(data);
	return alpc_transfer(arg.fd, &arg.call->transfer);
}

static int caller_start(struct worker *worker, int fd, struct access_call *call)
{
	struct caller_arg *arg = malloc(sizeof(*arg));

	if (!arg)
		return -ENOMEM;
	*arg = (struct caller_arg){ fd, call };
	return worker_start(worker, run_call, arg);
}

/* The first @count ranges are listed, and the request is received. */
#define CALL(self, count) do { \
	call_init(&(self)->call, (self)->range, count); \
	ASSERT_EQ(0, caller_start(&(self)->caller, (self)->pair.client, &(self)->call)); \
	ASSERT_EQ(0, worker_blocked(&(self)->caller)) { \
		TH_LOG("the call failed: %d", worker_join(&(self)->caller)); \
	} \
	TAKE(ALPC_REQUEST, (self)->pair.port, &(self)->msg, (self)->buf); \
} while (0)

/* The whole memory is. */
#define CALL_WITH_MEMORY(self, rights) do { \
	(self)->range[0] = range_of((self)->memory, LENGTH, rights); \
	CALL(self, 1); \
	EXPECT_EQ(ALPC_MSG_RANGES, (self)->msg.flags); \
} while (0)

#define REPLY(self) do { \
	ASSERT_EQ(0, alpc_reply((self)->pair.port, (self)->msg.id, NULL, 0)); \
	EXPECT_EQ(0, worker_join(&(self)->caller)); \
} while (0)

/* --- what is allowed ------------------------------------------------------ */

TEST_F(access, reads_and_writes)
{
	CALL_WITH_MEMORY(self, BOTH);
	EXPECT_RESULT(0, LENGTH, read_range(self->pair.port, self->msg.id, 0, self->own, LENGTH));
	EXPECT_TRUE(is_pattern(self->own, LENGTH, 1));
	pattern(self->own, LENGTH, 2);
	EXPECT_RESULT(0, LENGTH, write_range(self->pair.port, self->msg.id, 0, self->own, LENGTH));
	REPLY(self);
	EXPECT_TRUE(is_pattern(self->memory, LENGTH, 2));
}

/* Any place and length, and not a byte beside it. */
TEST_F(access, is_exact_to_the_byte)
{
	static const __u32 lengths[] = { 1, 2, 63, 4095, 4096, 4097, 65535, 65536, 65537, 200000 };
	static const __u32 places[] = { 0, 1, 4095, 4096, 5000, 8191 };
	char expected[LENGTH];
	size_t i, j;

	CALL_WITH_MEMORY(self, BOTH);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (j = 0; j < ARRAY_SIZE(places); j++) {
			__u32 len = lengths[i], at = places[j], own = places[(i + j) % 6];

			memset(self->own, 'o', LENGTH);
			memset(expected, 'o', LENGTH);
			memcpy(expected + own, self->memory + at, len);
			EXPECT_RESULT(0, len, read_range(self->pair.port, self->msg.id, at,
							 self->own + own, len));
			EXPECT_EQ(0, memcmp(self->own, expected, LENGTH));
			memcpy(expected, self->memory, LENGTH);
			memset(self->own, i + j, LENGTH);
			memset(expected + at, i + j, len);
			EXPECT_RESULT(0, len, write_range(self->pair.port, self->msg.id, at,
							  self->own + own, len));
			EXPECT_EQ(0, memcmp(self->memory, expected, LENGTH));
		}
	}
	REPLY(self);
}

/* 64 parts, in 64 ranges, each somewhere else on either side. */
TEST_F(access, scatters_and_gathers)
{
	enum { RANGE = LENGTH / ALPC_RANGES_MAX, PART = 1000 };
	__u32 i, range;

	for (i = 0; i < ALPC_RANGES_MAX; i++)
		self->range[i] = range_of(self->memory + i * RANGE, RANGE, BOTH);
	for (i = 0; i < ALPC_ACCESS_PARTS_MAX; i++)
		self->part[i] = part_of((i * 29) % ALPC_RANGES_MAX, i, self->own + i * PART, PART);
	CALL(self, ALPC_RANGES_MAX);
	EXPECT_RESULT(0, ALPC_ACCESS_PARTS_MAX * PART,
		      access_parts(self->pair.port, self->msg.id, 0, self->part,
				   ALPC_ACCESS_PARTS_MAX));
	for (i = 0; i < ALPC_ACCESS_PARTS_MAX; i++) {
		range = self->part[i].range;
		EXPECT_EQ(0, memcmp(self->own + i * PART, self->memory + range * RANGE + i, PART));
	}
	pattern(self->own, ALPC_ACCESS_PARTS_MAX * PART, 3);
	EXPECT_RESULT(0, ALPC_ACCESS_PARTS_MAX * PART,
		      access_parts(self->pair.port, self->msg.id, ALPC_ACCESS_WRITE, self->part,
				   ALPC_ACCESS_PARTS_MAX));
	REPLY(self);
	for (i = 0; i < ALPC_ACCESS_PARTS_MAX; i++) {
		range = self->part[i].range;
		EXPECT_EQ(0, memcmp(self->own + i * PART, self->memory + range * RANGE + i, PART));
	}
}

TEST_F(access, of_no_bytes_does_nothing)
{
	CALL_WITH_MEMORY(self, BOTH);
	EXPECT_RESULT(0, 0, read_range(self->pair.port, self->msg.id, LENGTH, NULL, 0));
	self->part[0] = part_of(0, 0, NULL, 0);
	self->part[1] = part_of(0, 7, self->own, 5);
	EXPECT_RESULT(0, 5, access_parts(self->pair.port, self->msg.id, 0, self->part, 2));
	EXPECT_EQ(0, memcmp(self->own, self->memory + 7, 5));
	REPLY(self);
}

/* Bytes of one process: the two may even be the same. */
TEST_F(access, of_a_process_to_itself)
{
	CALL_WITH_MEMORY(self, BOTH);
	EXPECT_RESULT(0, LENGTH,
		      read_range(self->pair.port, self->msg.id, 0, self->memory, LENGTH));
	EXPECT_RESULT(0, LENGTH,
		      write_range(self->pair.port, self->msg.id, 0, self->memory, LENGTH));
	EXPECT_TRUE(is_pattern(self->memory, LENGTH, 1));
	REPLY(self);
}

struct access_worker {
	struct worker worker;
	int fd;
	__u64 id;
	struct access_result result;
	char own[LENGTH];
};

static int run_access(void *arg)
{
	struct access_worker *worker = arg;

	worker->result = read_range(worker->fd, worker->id, 0, worker->own, LENGTH);
	return worker->result.err;
}

/* Many at a time, through either port that the request can be answered through. */
TEST_F(access, by_any_thread_of_the_server)
{
	enum { WORKERS = 4 };
	static struct access_worker workers[WORKERS];
	int i;

	CALL_WITH_MEMORY(self, ALPC_RANGE_READ);
	for (i = 0; i < WORKERS; i++) {
		workers[i].fd = i % 2 ? self->pair.server : self->pair.port;
		workers[i].id = self->msg.id;
		ASSERT_EQ(0, worker_start(&workers[i].worker, run_access, &workers[i]));
	}
	for (i = 0; i < WORKERS; i++) {
		EXPECT_EQ(0, worker_join(&workers[i].worker));
		EXPECT_RESULT(0, LENGTH, workers[i].result);
		EXPECT_TRUE(is_pattern(workers[i].own, LENGTH, 1));
	}
	REPLY(self);
}

TEST_F(access, by_another_process_that_has_the_port)
{
	struct child child;

	CALL_WITH_MEMORY(self, ALPC_RANGE_READ);
	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		/* A copy; not what the caller has. */
		memset(self->memory, 0, LENGTH);
		child_exit(!read_range(self->pair.port, self->msg.id, 0, self->own, LENGTH).err &&
			   is_pattern(self->own, LENGTH, 1));
	}
	EXPECT_EQ(0, child_end(&child));
	REPLY(self);
}

/* The server calls, and the client reads the server's memory. */
TEST_F(access, works_from_client_to_server)
{
	self->range[0] = range_of(self->memory, LENGTH, ALPC_RANGE_READ);
	call_init(&self->call, self->range, 1);
	ASSERT_EQ(0, caller_start(&self->caller, self->pair.server, &self->call));
	AWAIT(ALPC_REQUEST, self->pair.client, &self->msg, self->buf);
	EXPECT_RESULT(0, LENGTH, read_range(self->pair.client, self->msg.id, 0, self->own, LENGTH));
	EXPECT_TRUE(is_pattern(self->own, LENGTH, 1));
	ASSERT_EQ(0, alpc_reply(self->pair.client, self->msg.id, NULL, 0));
	EXPECT_EQ(0, worker_join(&self->caller));
}

/* While the client's thread handles the callback both calls are unanswered. */
TEST_F(access, in_a_callback)
{
	struct access_call callback;
	struct alpc_msg end;
	struct worker server;
	__u64 id;

	CALL_WITH_MEMORY(self, ALPC_RANGE_READ);
	id = self->msg.id;
	memset(self->own, 'c', LENGTH);
	self->range[1] = range_of(self->own, LENGTH, ALPC_RANGE_WRITE);
	call_init(&callback, &self->range[1], 1);
	callback.transfer.send.flags = ALPC_SEND_CALLBACK;
	callback.transfer.send.id = id;
	ASSERT_EQ(0, caller_start(&server, self->pair.server, &callback));
	EXPECT_EQ(0, worker_join(&self->caller));
	self->msg = self->call.transfer.recv;
	ASSERT_EQ(ALPC_REQUEST, self->msg.type);
	EXPECT_EQ(ALPC_MSG_CALLBACK | ALPC_MSG_RANGES, self->msg.flags);
	/* The client writes into its server's, which it has read before. */
	EXPECT_RESULT(0, LENGTH, write_range(self->pair.client, self->msg.id, 0, self->memory,
					     LENGTH));
	EXPECT_TRUE(is_pattern(self->own, LENGTH, 1));
	EXPECT_RESULT(0, 10, read_range(self->pair.port, id, 0, self->buf, 10));
	EXPECT_TRUE(is_pattern(self->buf, 10, 1));
	ASSERT_EQ(0, alpc_reply(self->pair.client, self->msg.id, NULL, 0));
	EXPECT_EQ(0, worker_join(&server));
	ASSERT_EQ(0, alpc_reply(self->pair.port, id, NULL, 0));
	transfer_init(&self->call.transfer, ALPC_TRANSFER_WAIT);
	transfer_receive(&self->call.transfer, self->buf, sizeof(self->buf));
	self->call.transfer.recv.call = self->msg.call;
	EXPECT_EQ(0, alpc_transfer(self->pair.client, &self->call.transfer));
	end = self->call.transfer.recv;
	EXPECT_EQ(ALPC_REPLY, end.type);
}

/* --- what the receiver is told -------------------------------------------- */

static int receive_with_room(int fd, struct alpc_msg *msg, struct alpc_attrs *attrs,
			     struct alpc_range *ranges, __u32 room)
{
	struct alpc_transfer t;
	int err;

	*attrs = (struct alpc_attrs){ .ranges = address(ranges), .range_count = room };
	transfer_init(&t, ALPC_TRANSFER_RECEIVE);
	transfer_receive(&t, NULL, 0);
	t.recv.attrs = address(attrs);
	t.recv.attrs_len = sizeof(*attrs);
	err = alpc_transfer(fd, &t);
	*msg = t.recv;
	return err;
}

TEST_F(access, ranges_are_described_without_their_address)
{
	static const __u32 rights[] = { ALPC_RANGE_READ, ALPC_RANGE_WRITE, BOTH };
	struct alpc_range got[4];
	struct alpc_attrs attrs;
	__u32 room, i;

	for (room = 0; room <= 4; room++) {
		for (i = 0; i < 3; i++)
			self->range[i] = range_of(self->memory + i, 10 + i, rights[i]);
		call_init(&self->call, self->range, 3);
		self->call.transfer.send.len = 0;
		ASSERT_EQ(0, caller_start(&self->caller, self->pair.client, &self->call));
		memset(got, POISON, sizeof(got));
		EXPECT_EQ(0, receive_with_room(self->pair.port, &self->msg, &attrs,
					       room ? got : NULL, room));
		EXPECT_EQ(3, attrs.range_count);
		for (i = 0; i < room && i < 3; i++) {
			EXPECT_EQ(0, got[i].address);
			EXPECT_EQ(10 + i, got[i].len);
			EXPECT_EQ(rights[i], got[i].rights);
			EXPECT_EQ(0, got[i].__reserved);
		}
		for (; i < 4; i++)
			EXPECT_TRUE(IS_POISON(got[i]));
		REPLY(self);
	}
}

/* A receiver that cannot be told has not received it. */
TEST_F(access, description_to_nowhere_leaves_the_request)
{
	struct alpc_attrs attrs;

	self->range[0] = range_of(self->memory, LENGTH, ALPC_RANGE_READ);
	call_init(&self->call, self->range, 1);
	self->call.transfer.send.len = 0;
	ASSERT_EQ(0, caller_start(&self->caller, self->pair.client, &self->call));
	ASSERT_EQ(0, worker_blocked(&self->caller));
	EXPECT_EQ(-EFAULT, receive_with_room(self->pair.port, &self->msg, &attrs,
					     memory_before_hole(1), 1));
	EXPECT_EQ(0, alpc_unanswered(self->pair.port));
	EXPECT_EQ(0, receive_with_room(self->pair.port, &self->msg, &attrs, NULL, 0));
	REPLY(self);
}

/* --- what is not allowed -------------------------------------------------- */

TEST_F(access, abuse_40_beyond_a_range_is_einval)
{
	static const struct { __u64 offset, len; } bad[] = {
		{ 0, LENGTH + 1 }, { 1, LENGTH }, { LENGTH, 1 }, { LENGTH + 1, 0 },
		{ LENGTH - 1, 2 }, { ~0ULL, 1 }, { ~0ULL, 2 }, { 1, ~0ULL }, { ~0ULL, ~0ULL },
		{ 1ULL << 63, 1ULL << 63 }, { -(__u64)4096, 4097 },
	};
	size_t i;

	CALL_WITH_MEMORY(self, BOTH);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_RESULT(-EINVAL, 0, read_range(self->pair.port, self->msg.id, bad[i].offset,
						     self->own, bad[i].len));
		EXPECT_RESULT(-EINVAL, 0, write_range(self->pair.port, self->msg.id, bad[i].offset,
						      self->own, bad[i].len));
	}
	EXPECT_EQ('o', self->own[0]);
	EXPECT_TRUE(is_pattern(self->memory, LENGTH, 1));
	REPLY(self);
}

TEST_F(access, abuse_40_range_that_was_not_listed_is_enoent)
{
	static const __u32 bad[] = { 1, 63, 64, 65, 0x7fffffff, 0xffffffff };
	size_t i;

	CALL_WITH_MEMORY(self, BOTH);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_RESULT(-ENOENT, 0, access_range(self->pair.port, self->msg.id, 0, bad[i], 0,
						       self->own, 1));
	REPLY(self);
}

TEST_F(access, abuse_40_right_that_was_not_given_is_eperm)
{
	CALL_WITH_MEMORY(self, ALPC_RANGE_READ);
	EXPECT_RESULT(-EPERM, 0, write_range(self->pair.port, self->msg.id, 0, self->own, 1));
	EXPECT_RESULT(0, 1, read_range(self->pair.port, self->msg.id, 0, self->own, 1));
	REPLY(self);
	CALL_WITH_MEMORY(self, ALPC_RANGE_WRITE);
	EXPECT_RESULT(-EPERM, 0, read_range(self->pair.port, self->msg.id, 0, self->own, 1));
	EXPECT_TRUE(is_pattern(self->memory, LENGTH, 1));
	EXPECT_RESULT(0, 1, write_range(self->pair.port, self->msg.id, 0, "w", 1));
	REPLY(self);
	EXPECT_EQ('w', self->memory[0]);
}

/* All parts are looked at before the first byte is touched. */
TEST_F(access, abuse_40_nothing_is_done_if_any_part_is_wrong)
{
	static const struct { struct alpc_access_part part; int err; } bad[] = {
		{ { .range = 2, .len = 1 }, -ENOENT },
		{ { .range = 1, .len = 1 }, -EPERM },
		{ { .range = 0, .offset = LENGTH, .len = 1 }, -EINVAL },
		{ { .range = 0, .len = 1, .__reserved = 1 }, -EINVAL },
		{ { .range = 0, .len = 1, .address = KERNEL_ADDRESS }, -EFAULT },
		{ { .range = 0, .len = 1, .address = ~0ULL }, -EFAULT },
	};
	size_t i, last;

	self->range[0] = range_of(self->memory, LENGTH, ALPC_RANGE_WRITE);
	self->range[1] = range_of(self->memory, LENGTH, ALPC_RANGE_READ);
	CALL(self, 2);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		/* With few parts and with many. */
		for (last = 1; last < ALPC_ACCESS_PARTS_MAX; last += 31) {
			size_t j;

			for (j = 0; j < last; j++)
				self->part[j] = part_of(0, j, self->own, 1);
			self->part[last] = bad[i].part;
			if (!self->part[last].address)
				self->part[last].address = address(self->own);
			EXPECT_RESULT(bad[i].err, 0,
				      access_parts(self->pair.port, self->msg.id, ALPC_ACCESS_WRITE,
						   self->part, last + 1));
		}
	}
	REPLY(self);
	EXPECT_TRUE(is_pattern(self->memory, LENGTH, 1));
}

TEST_F(access, abuse_06_argument_must_make_sense)
{
	struct alpc_access arg, good;

	CALL_WITH_MEMORY(self, BOTH);
	self->part[0] = part_of(0, 0, self->own, 1);
	good = access_args(self->msg.id, 0, self->part, 1);
	arg = good;
	arg.count = 0;
	EXPECT_EQ(-EINVAL, alpc_access(self->pair.port, &arg));
	EXPECT_EQ(0, arg.out_done);
	arg = good;
	arg.count = ALPC_ACCESS_PARTS_MAX + 1;
	EXPECT_EQ(-EINVAL, alpc_access(self->pair.port, &arg));
	arg.count = 0xffffffff;
	EXPECT_EQ(-EINVAL, alpc_access(self->pair.port, &arg));
	arg = good;
	arg.flags = ALPC_ACCESS_WRITE << 1;
	EXPECT_EQ(-EINVAL, alpc_access(self->pair.port, &arg));
	arg = good;
	arg.__reserved = 1;
	EXPECT_EQ(-EINVAL, alpc_access(self->pair.port, &arg));
	arg = good;
	arg.parts = address(memory_before_hole(sizeof(self->part[0]) - 1));
	EXPECT_EQ(-EFAULT, alpc_access(self->pair.port, &arg));
	arg.parts = KERNEL_ADDRESS;
	EXPECT_EQ(-EFAULT, alpc_access(self->pair.port, &arg));
	EXPECT_EQ('o', self->own[0]);
	arg = good;
	EXPECT_EQ(0, alpc_access(self->pair.port, &arg));
	REPLY(self);
}

/* A call whose ranges are not right is not sent. */
TEST_F(access, abuse_06_ranges_must_make_sense)
{
	const struct alpc_range good = range_of(self->memory, LENGTH, ALPC_RANGE_READ);
	static const struct { struct alpc_range range; int err; } bad[] = {
		{ { .address = 4096, .len = 0, .rights = BOTH }, -EINVAL },
		{ { .address = 4096, .len = 1, .rights = 0 }, -EINVAL },
		{ { .address = 4096, .len = 1, .rights = BOTH + 1 }, -EINVAL },
		{ { .address = 4096, .len = 1, .rights = 1U << 31 }, -EINVAL },
		{ { .address = 4096, .len = 1, .rights = BOTH, .__reserved = 1 }, -EINVAL },
		{ { .address = 4096, .len = ~0ULL - 4095, .rights = BOTH }, -EINVAL },
		{ { .address = ~0ULL, .len = ~0ULL, .rights = BOTH }, -EINVAL },
		{ { .address = KERNEL_ADDRESS, .len = 1, .rights = BOTH }, -EFAULT },
		{ { .address = 4096, .len = 1ULL << 63, .rights = BOTH }, -EFAULT },
	};
	__u32 i, last;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		for (last = 0; last < ALPC_RANGES_MAX; last += 63) {
			self->range[0] = good;
			for (__u32 j = 1; j < last; j++)
				self->range[j] = good;
			self->range[last] = bad[i].range;
			EXPECT_EQ(bad[i].err, call_with_ranges(self->pair.client, self->range,
							       last + 1));
		}
	}
	for (i = 0; i < ARRAY_SIZE(self->range); i++)
		self->range[i] = good;
	EXPECT_EQ(-EINVAL, call_with_ranges(self->pair.client, self->range, ALPC_RANGES_MAX + 1));
	EXPECT_EQ(-EINVAL, call_with_ranges(self->pair.client, self->range, 0xffffffff));
	EXPECT_EQ(-EFAULT, call_with_ranges(self->pair.client, memory_before_hole(1), 1));
	EXPECT_EQ(-EINVAL, call_with_ranges(self->pair.client, self->range, 0));
	NOTHING(self->pair.port);
}

/* Where nobody waits, nobody can take back what was granted. */
TEST_F(access, ranges_are_for_calls_only)
{
	static const __u16 kinds[] = { 0, ALPC_SEND_REQUEST, ALPC_SEND_REPLY, ALPC_SEND_CALLBACK };
	size_t i;

	self->range[0] = range_of(self->memory, LENGTH, ALPC_RANGE_READ);
	CALL(self, 1);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct access_call call;

		call_init(&call, self->range, 1);
		call.transfer.flags = ALPC_TRANSFER_SEND;
		call.transfer.send.flags = kinds[i];
		if (kinds[i] == ALPC_SEND_REPLY || kinds[i] == ALPC_SEND_CALLBACK)
			call.transfer.send.id = self->msg.id;
		EXPECT_EQ(-EINVAL, alpc_transfer(self->pair.server, &call.transfer));
	}
	REPLY(self);
	NOTHING(self->pair.client);
}

TEST_F(access, ranges_are_not_for_a_port_that_wants_none)
{
	const struct alpc_create_port options = { .flags = ALPC_PORT_NO_RANGES };
	struct pair pair;

	ASSERT_EQ(0, pair_open(&pair, &options));
	EXPECT_EQ(-EOPNOTSUPP, call_with_memory(pair.client, self->memory, LENGTH,
						ALPC_RANGE_READ));
	EXPECT_EQ(-EOPNOTSUPP, call_with_memory(pair.server, self->memory, LENGTH,
						ALPC_RANGE_WRITE));
	/* They are not even looked at. */
	EXPECT_EQ(-EOPNOTSUPP, call_with_ranges(pair.client, memory_before_hole(1), 1));
	NOTHING(pair.port);
	NOTHING(pair.client);
	EXPECT_EQ(0, pair_works(&pair));
	pair_close(&pair);
}

TEST_F(access, of_a_request_without_ranges_is_enoent)
{
	call_init(&self->call, NULL, 0);
	self->call.transfer.send.attrs = 0;
	self->call.transfer.send.attrs_len = 0;
	ASSERT_EQ(0, caller_start(&self->caller, self->pair.client, &self->call));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(0, self->msg.flags);
	EXPECT_RESULT(-ENOENT, 0, read_range(self->pair.port, self->msg.id, 0, self->own, 1));
	REPLY(self);
}

/* What else has an id has no memory. */
TEST_F(access, of_what_is_not_a_request_is_esrch)
{
	int client = alpc_connect_async(self->pair.name);

	ASSERT_LE(0, client);
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_RESULT(-ESRCH, 0, read_range(self->pair.port, self->msg.id, 0, self->own, 1));
	EXPECT_EQ(0, error_of(alpc_refuse(self->pair.port, self->msg.id, NULL, 0)));
	EXPECT_RESULT(-ESRCH, 0, read_range(self->pair.port, self->msg.id, 0, self->own, 1));
	EXPECT_RESULT(-ESRCH, 0, read_range(self->pair.port, 0, 0, self->own, 1));
	close(client);
}

TEST_F(access, abuse_40_of_another_connection_is_esrch)
{
	int client, server;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 1, &client, &server));
	CALL_WITH_MEMORY(self, BOTH);
	EXPECT_RESULT(-ESRCH, 0, read_range(server, self->msg.id, 0, self->own, 1));
	EXPECT_RESULT(-ESRCH, 0, read_range(client, self->msg.id, 0, self->own, 1));
	EXPECT_RESULT(-ESRCH, 0, read_range(self->pair.client, self->msg.id, 0, self->own, 1));
	EXPECT_RESULT(0, 1, read_range(self->pair.server, self->msg.id, 0, self->own, 1));
	REPLY(self);
	close(client);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	close(server);
}

TEST_HARNESS_MAIN
