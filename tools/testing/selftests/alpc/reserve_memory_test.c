// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reserves when there is no memory: what is sent from one gets through, and so do the
 * request, its reply and the call as a whole, where others fail.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 *
 * A kernel with fault injection is made to fail the first allocation of a step, then
 * the second one and so on, until the step has no more of them. Elsewhere the user may
 * have no more messages during the step. Each step has a thread of its own, so that
 * nothing that an earlier one left behind can be used again.
 */
#include <kselftest_harness.h>
#include <fcntl.h>

#include "alpc_reserve.h"

enum { LEN = 200, LONG = 4000, ALICE = 1001 };

#define PARAMETERS	"/sys/module/alpc/parameters/"
#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define DEBUG		"/sys/kernel/debug/"

/* --- a step with too little memory ------------------------------------------ */

struct step {
	struct worker worker;
	int fd;
	unsigned long command;
	void *arg;
	unsigned int nth;	/* the allocation that fails, or 0: none */
	bool failed;		/* it came to that */
};

static int run_step(void *arg)
{
	struct step *step = arg;
	char text[16] = "";
	int fd, err;

	if (!step->nth)
		return alpc_ioctl(step->fd, step->command, step->arg);
	fd = open(FAIL_NTH, O_RDWR);
	if (fd < 0)
		return -errno;
	snprintf(text, sizeof(text), "%u", step->nth);
	if (write(fd, text, strlen(text)) < 0)
		return -errno;
	err = alpc_ioctl(step->fd, step->command, step->arg);
	memset(text, 0, sizeof(text));
	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		return -EIO;
	step->failed = !atoi(text);
	if (write(fd, "0", 1) < 0)
		return -EIO;
	close(fd);
	return err;
}

/*
 * All allocations can fail, also those that wait for memory, and copies to and from
 * user space cannot: they fail for other reasons.
 */
static int prepare_injection(void)
{
	return write_file(DEBUG "failslab/ignore-gfp-wait", "N") ?:
	       write_file(DEBUG "fail_page_alloc/ignore-gfp-wait", "N") ?:
	       write_file(DEBUG "fail_page_alloc/ignore-gfp-highmem", "N") ?:
	       write_file(DEBUG "fail_page_alloc/min-order", "0") ?:
	       write_file(DEBUG "fail_usercopy/stacktrace-depth", "1") ?:
	       write_file(DEBUG "fail_usercopy/require-start", "1") ?:
	       write_file(DEBUG "fail_usercopy/require-end", "2");
}

/* How many messages the user may have; "0": as many as ever. */
static void write_limit(int fd, const char *limit)
{
	if (pwrite(fd, limit, strlen(limit), 0) != (ssize_t)strlen(limit))
		abort();
}

/* --- what is done ------------------------------------------------------------ */

enum step_index { SEND, RECEIVE, REPLY, TAKE_REPLY, STEPS };

struct scene {
	struct pair pair;
	struct step step[STEPS];
	struct alpc_transfer transfer[STEPS];
	struct alpc_vector vector;
	struct alpc_vector_send send;
	char out[LEN], in[STEPS][LEN];
	int reserve;
};

FIXTURE(lack)
{
	struct scene scene;
	bool injection;
	int limit;	/* file to write the quota to, without injection */
};

/* What goes from the client to the server. */
FIXTURE_VARIANT(lack)
{
	__u16 flags;
	bool call, vector;
};

FIXTURE_VARIANT_ADD(lack, datagram) { 0 };
FIXTURE_VARIANT_ADD(lack, request) { .flags = ALPC_SEND_REQUEST };
FIXTURE_VARIANT_ADD(lack, call) { .flags = ALPC_SEND_REQUEST, .call = true };
FIXTURE_VARIANT_ADD(lack, vector) { .flags = ALPC_SEND_REQUEST, .vector = true };

FIXTURE_SETUP(lack)
{
	self->limit = open(PARAMETERS "user_messages", O_WRONLY);
	ASSERT_LE(0, self->limit);
	self->injection = !access(FAIL_NTH, W_OK);
	ASSERT_EQ(0, self->injection ? prepare_injection() : become(ALICE, ALICE));
	pattern(self->scene.out, LEN, 1);
}

FIXTURE_TEARDOWN(lack)
{
	write_limit(self->limit, "0");
	close(self->limit);
}

#define LAST_STEP(variant)	((variant)->call ? REPLY : (variant)->flags ? TAKE_REPLY : RECEIVE)

static void step_init(struct scene *scene, enum step_index i, int fd)
{
	scene->step[i] = (struct step){
		.fd = fd, .command = ALPC_IOC_TRANSFER, .arg = &scene->transfer[i],
	};
}

/* A connection over which nothing has gone, and the steps of one message. */
static int scene_begin(struct scene *scene, const FIXTURE_VARIANT(lack) *variant, bool reserved)
{
	struct alpc_transfer *t = scene->transfer;
	int i, err = pair_open(&scene->pair, NULL);

	if (err)
		return err;
	scene->reserve = reserve_create(scene->pair.client, LEN);
	if (scene->reserve < 0)
		return scene->reserve;
	for (i = 0; i < STEPS; i++)
		step_init(scene, i, i == SEND || i == TAKE_REPLY ? scene->pair.client :
								   scene->pair.port);
	transfer_init(&t[SEND], ALPC_TRANSFER_SEND |
		      (variant->call ? ALPC_TRANSFER_WAIT : 0));
	transfer_send(&t[SEND], variant->flags, 0, scene->out, LEN);
	transfer_receive(&t[SEND], scene->in[SEND], LEN);
	t[SEND].send.reserve = reserved ? scene->reserve : 0;
	transfer_init(&t[RECEIVE], ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_DONTWAIT);
	transfer_receive(&t[RECEIVE], scene->in[RECEIVE], LEN);
	transfer_init(&t[REPLY], ALPC_TRANSFER_SEND);
	transfer_send(&t[REPLY], ALPC_SEND_REPLY, 0, scene->in[RECEIVE], LEN);
	transfer_init(&t[TAKE_REPLY], ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_DONTWAIT);
	transfer_receive(&t[TAKE_REPLY], scene->in[TAKE_REPLY], LEN);
	if (!variant->vector)
		return 0;
	scene->send = (struct alpc_vector_send){ .msg = t[SEND].send, .room = LEN };
	scene->vector = (struct alpc_vector){
		.size = sizeof(scene->vector), .flags = ALPC_TRANSFER_SEND,
		.timeout = ALPC_INFINITE, .send = address(&scene->send), .send_count = 1,
	};
	scene->step[SEND].command = ALPC_IOC_VECTOR;
	scene->step[SEND].arg = &scene->vector;
	return 0;
}

/* Have a step run; a call goes on while the others run. */
static int scene_run(struct scene *scene, enum step_index i, bool call)
{
	struct step *step = &scene->step[i];
	int err = worker_start(&step->worker, run_step, step);

	if (err)
		return err;
	if (i == SEND && call && !worker_blocked(&step->worker))
		return 0;
	err = worker_join(&step->worker);
	scene->transfer[REPLY].send.id = scene->transfer[RECEIVE].recv.id;
	return err;
}

/* Whether what arrived is what was sent. */
static bool scene_is_right(const struct scene *scene, const FIXTURE_VARIANT(lack) *variant)
{
	return !memcmp(scene->in[RECEIVE], scene->out, LEN) &&
	       (!variant->flags ||
		!memcmp(scene->in[variant->call ? SEND : TAKE_REPLY], scene->out, LEN));
}

/*
 * All steps on a new connection, one of them with too little memory. Its result; or
 * -EBADMSG if any other fails, or what arrived was not what was sent.
 */
static int with_lack_in(struct scene *scene, const FIXTURE_VARIANT(lack) *variant,
			enum step_index lacking, bool reserved, unsigned int nth, int limit)
{
	int i, err = scene_begin(scene, variant, reserved);
	bool calling = false;

	scene->step[lacking].nth = nth;
	for (i = SEND; i <= LAST_STEP(variant) && !err; i++) {
		if (i == lacking && !nth)
			write_limit(limit, "1");
		err = scene_run(scene, i, variant->call);
		write_limit(limit, "0");
		calling |= i == SEND && variant->call && !err;
		if (err && i != lacking)
			err = -EBADMSG;
	}
	if (calling) {
		if (err)
			alpc_disconnect(scene->pair.server);
		i = worker_join(&scene->step[SEND].worker);
		err = err ?: i;
	}
	if (!err && !(scene_is_right(scene, variant) &&
		      !reserve_delete(scene->pair.client, scene->reserve)))
		err = -EBADMSG;
	pair_close(&scene->pair);
	return err;
}

/* --- tests ----------------------------------------------------------------------- */

TEST_F(lack, abuse_24_fails_nothing_that_goes_through_a_reserve)
{
	enum step_index i;
	unsigned int nth;

	for (i = SEND; i <= LAST_STEP(variant); i++) {
		nth = self->injection;
		do {
			EXPECT_EQ(0, with_lack_in(&self->scene, variant, i, true, nth, self->limit))
				TH_LOG("step %d, allocation %u", i, nth);
		} while (self->scene.step[i].failed && ++nth < 100);
		EXPECT_GT(100, nth);
	}
}

/* What is seen above does not come from a lack that nobody feels. */
TEST_F(lack, abuse_24_fails_the_same_without_a_reserve)
{
	const int lack = self->injection ? -ENOMEM : -EDQUOT;
	unsigned int nth, failures[STEPS] = {};
	enum step_index i;
	int err;

	for (i = SEND; i <= LAST_STEP(variant); i++) {
		nth = self->injection;
		do {
			err = with_lack_in(&self->scene, variant, i, false, nth, self->limit);
			EXPECT_TRUE(!err || err == lack)
				TH_LOG("step %d, allocation %u: %d", i, nth, err);
			failures[i] += !!err;
		} while (self->scene.step[i].failed && ++nth < 100);
		EXPECT_GT(100, nth);
	}
	EXPECT_LT(0, failures[SEND]);
	EXPECT_EQ(0, failures[RECEIVE] | failures[TAKE_REPLY]);
	/* A short reply has the request's memory; its sender's identity has none. */
	if (variant->flags && self->injection)
		EXPECT_LT(0, failures[REPLY]);
}

/* --- quotas ------------------------------------------------------------------------ */

FIXTURE(quota)
{
	struct pair pair;
	struct alpc_transfer transfer;
	struct alpc_msg msg;
	char buf[LEN];
	int messages, bytes;
};

FIXTURE_SETUP(quota)
{
	self->messages = open(PARAMETERS "user_messages", O_WRONLY);
	self->bytes = open(PARAMETERS "user_message_bytes", O_WRONLY);
	ASSERT_LE(0, self->messages);
	ASSERT_LE(0, self->bytes);
	ASSERT_EQ(0, become(ALICE, ALICE));
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(quota)
{
	write_limit(self->messages, "0");
	write_limit(self->bytes, "0");
	pair_close(&self->pair);
}

/* A user who has as many messages as it may have sends from reserves, and no more. */
TEST_F(quota, abuse_51_messages_are_used_up)
{
	int reserve[2], i, sent = 0, err;

	write_limit(self->messages, "20");
	for (i = 0; i < 2; i++) {
		reserve[i] = reserve_create(self->pair.client, 8);
		ASSERT_LT(0, reserve[i]);
	}
	while (!(err = alpc_send_nowait(self->pair.client, "x", 1)))
		ASSERT_GT(20, ++sent);
	EXPECT_EQ(-EDQUOT, err);
	EXPECT_EQ(20, usage_of(alpc_device(), ALPC_USAGE_USER).messages.used);
	/* Reserves are messages, sent or not. */
	EXPECT_EQ(-EDQUOT, reserve_create(self->pair.client, 8));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, reserve_datagram(self->pair.client, reserve[i], &i, sizeof(i)));
	EXPECT_EQ(20, usage_of(alpc_device(), ALPC_USAGE_USER).messages.used);
	EXPECT_EQ(-EDQUOT, alpc_send_nowait(self->pair.client, "x", 1));
	while (sent--)
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	for (i = 0; i < 2; i++) {
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(0, memcmp(&i, self->buf, sizeof(i)));
		EXPECT_EQ(0, reserve_delete(self->pair.client, reserve[i]));
	}
}

/* Creating is what fails, and takes nothing then. */
TEST_F(quota, abuse_51_creating_reserves_ends_at_the_limit)
{
	struct alpc_create_port create = create_args(unique_name());
	const __u64 messages = usage_of(alpc_device(), ALPC_USAGE_USER).messages.used;
	const __u64 bytes = usage_of(alpc_device(), ALPC_USAGE_USER).message_bytes.used;
	struct pair pair;
	int i, made = 0;

	create.max_message = 10000;
	ASSERT_EQ(0, pair_open(&pair, &create));
	write_limit(self->bytes, "45000");
	for (i = 0; i < 10; i++) {
		int reserve = reserve_create(pair.server, 0);

		EXPECT_TRUE(reserve > 0 || reserve == -EDQUOT);
		made += reserve > 0;
	}
	EXPECT_EQ(4, made);
	EXPECT_EQ(bytes + 40000, usage_of(alpc_device(), ALPC_USAGE_USER).message_bytes.used);
	/* Those that need no memory of their own do not count there. */
	EXPECT_LT(0, reserve_create(pair.server, 256));
	EXPECT_EQ(bytes + 40000, usage_of(alpc_device(), ALPC_USAGE_USER).message_bytes.used);
	pair_close(&pair);
	EXPECT_EQ(bytes, usage_of(alpc_device(), ALPC_USAGE_USER).message_bytes.used);
	EXPECT_EQ(messages, usage_of(alpc_device(), ALPC_USAGE_USER).messages.used);
}

/* Creating one fails at each allocation, or succeeds, and leaves nothing. */
TEST(abuse_24_creating_a_reserve_without_memory)
{
	struct alpc_create_reserve arg = { .size = sizeof(arg), .len = LONG };
	struct alpc_create_port create = create_args(unique_name());
	struct alpc_usage before, after;
	struct step step = { .command = ALPC_IOC_CREATE_RESERVE, .arg = &arg };
	unsigned int failures = 0;
	struct pair pair;
	int err;

	create.max_message = LONG;
	ASSERT_EQ(0, pair_open(&pair, &create));
	step.fd = pair.client;
	step.nth = !access(FAIL_NTH, W_OK);
	if (step.nth)
		ASSERT_EQ(0, prepare_injection());
	before = usage_of(alpc_device(), ALPC_USAGE_USER);
	do {
		step.failed = false;
		ASSERT_EQ(0, worker_start(&step.worker, run_step, &step));
		err = worker_join(&step.worker);
		EXPECT_TRUE(!err || err == -ENOMEM);
		failures += !!err;
		if (!err)
			EXPECT_EQ(0, reserve_delete(pair.client, arg.out_reserve));
	} while (step.failed && ++step.nth < 100);
	EXPECT_GT(100, step.nth);
	EXPECT_EQ(0, err);
	if (step.nth)
		EXPECT_LT(0, failures);
	after = usage_of(alpc_device(), ALPC_USAGE_USER);
	EXPECT_EQ(before.messages.used, after.messages.used);
	EXPECT_EQ(before.message_bytes.used, after.message_bytes.used);
	EXPECT_EQ(0, usage_of(pair.client, 0).reserves.used);
	pair_close(&pair);
}

TEST_HARNESS_MAIN
