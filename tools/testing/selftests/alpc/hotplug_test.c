// SPDX-License-Identifier: GPL-2.0-only
/*
 * A processor that goes and comes back, again and again, while threads on it talk in
 * each way that there is: each call has its own answer, and each message comes once.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_completion.h"
#include "alpc_list.h"
#include "alpc_vector.h"
#include "alpc_view.h"
#include "rounds.h"

#define CPU	"/sys/devices/system/cpu/cpu1/online"

enum { ROUNDS = 8, CLIENTS = 4, CALLS = 20, BATCH = 8 };

/* What a client sends, and has to get back with its bits turned around. */
struct letter {
	__u32 client;
	__u32 number;
};

struct traffic;

struct caller {
	struct worker worker;
	struct traffic *traffic;
	__u32 number;
};

struct traffic {
	struct pair pair;
	struct worker server;
	struct caller caller[CLIENTS];
	__u32 seen[CLIENTS];	/* the last number that the server has received */
	int completion;
	struct ring ring;
	struct section section;
	bool stop;
};

/* --- the clients ---------------------------------------------------------- */

static bool is_over(struct traffic *traffic)
{
	return __atomic_load_n(&traffic->stop, __ATOMIC_ACQUIRE);
}

static bool answers(const struct letter *reply, const struct letter *letter)
{
	return reply->client == ~letter->client && reply->number == ~letter->number;
}

/* Half of the clients go to the second processor whenever it is there. */
static int use_processor(__u32 client)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(client % 2, &set);
	return sched_setaffinity(0, sizeof(set), &set) && errno != EINVAL ? -errno : 0;
}

static int call(void *arg)
{
	struct caller *caller = arg;
	struct traffic *traffic = caller->traffic;
	struct letter letter = { .client = caller - traffic->caller }, reply;
	struct alpc_msg msg;
	int err = 0;

	while (!err && !is_over(traffic)) {
		letter.number = __atomic_add_fetch(&caller->number, 1, __ATOMIC_RELEASE);
		err = use_processor(letter.client) ?:
		      alpc_call(traffic->pair.client, &letter, sizeof(letter), &msg, &reply,
				sizeof(reply));
		if (!err && !answers(&reply, &letter))
			err = -EBADMSG;
	}
	return err;
}

/* The two words of a client: what it has written, and the answer to that. */
static __u32 *word(struct traffic *traffic, __u32 client, __u32 which)
{
	return (__u32 *)traffic->section.mem + client * 2 + which;
}

static int quick(struct traffic *traffic, unsigned long command, int fd, __u32 *word,
		 __u32 value)
{
	struct alpc_quick arg = {
		.size = sizeof(arg), .section = traffic->section.id, .value = value,
		.offset = (unsigned char *)word - traffic->section.mem,
		.timeout = command == ALPC_IOC_QUICK_WAIT ? ALPC_INFINITE : 0,
	};

	return alpc_ioctl(fd, command, &arg);
}

static int write_word(struct traffic *traffic, int fd, __u32 *word, __u32 value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
	return quick(traffic, ALPC_IOC_QUICK_WAKE, fd, word, 0);
}

/* Wait until a word is no longer @value: what it is then goes to @now. */
static int await_change(struct traffic *traffic, int fd, __u32 *word, __u32 value, __u32 *now)
{
	int err = 0;

	while (!err && (*now = __atomic_load_n(word, __ATOMIC_SEQ_CST)) == value)
		err = quick(traffic, ALPC_IOC_QUICK_WAIT, fd, word, value);
	return err;
}

/* Count up in one's word; the answer is the same number in the other. Ends with 0. */
static int count_in_word(void *arg)
{
	struct caller *caller = arg;
	struct traffic *traffic = caller->traffic;
	const int fd = traffic->pair.client;
	__u32 client = caller - traffic->caller, number = 0, now;
	__u32 *mine = word(traffic, client, 0);
	int err = 0;

	while (!err && !is_over(traffic)) {
		err = use_processor(client) ?: write_word(traffic, fd, mine, number + 1) ?:
		      await_change(traffic, fd, word(traffic, client, 1), number, &now);
		if (!err && now != ++number)
			err = -EBADMSG;
		__atomic_store_n(&caller->number, number, __ATOMIC_RELEASE);
	}
	return err ?: write_word(traffic, fd, mine, 0);
}

/* --- the servers ---------------------------------------------------------- */

/* Whether a request is the next of its client; then it becomes the answer. */
static int answer(struct traffic *traffic, const struct alpc_msg *msg, struct letter *letter)
{
	if (msg->type != ALPC_REQUEST || msg->len != sizeof(*letter) ||
	    letter->client >= CLIENTS || letter->number != ++traffic->seen[letter->client])
		return -EBADMSG;
	letter->client = ~letter->client;
	letter->number = ~letter->number;
	return 0;
}

static bool is_last(const struct alpc_msg *msg)
{
	return msg->type == ALPC_DATAGRAM;
}

static int serve_one(struct traffic *traffic, const struct alpc_msg *msg,
		     struct letter *letter)
{
	return answer(traffic, msg, letter) ?:
	       alpc_reply(traffic->pair.port, msg->id, letter, sizeof(*letter));
}

static int serve_calls(void *arg)
{
	struct traffic *traffic = arg;
	int port = traffic->pair.port;
	struct letter letter, reply;
	struct alpc_msg msg;
	int err = alpc_receive(port, &msg, &letter, sizeof(letter));

	while (!err && !is_last(&msg)) {
		err = answer(traffic, &msg, &letter);
		reply = letter;
		err = err ?: alpc_reply_receive(port, msg.id, &reply, sizeof(reply), &msg, &letter,
						sizeof(letter));
	}
	return err;
}

static int serve_list(void *arg)
{
	struct traffic *traffic = arg;
	struct letter letter;
	struct alpc_msg msg;
	int err;

	for (;;) {
		err = list_receive(&traffic->ring, &msg, &letter, sizeof(letter), 0);
		if (err || is_last(&msg))
			return err;
		err = serve_one(traffic, &msg, &letter);
		if (err)
			return err;
	}
}

/* As many as there are in one system call, which also answers those of the last. */
static int serve_vectors(void *arg)
{
	struct traffic *traffic = arg;
	struct alpc_vector_send send[BATCH] = {};
	struct alpc_msg msg[BATCH] = {};
	struct letter letter[BATCH];
	struct alpc_vector vector;
	__u32 sends = 0, i;
	int err;

	for (;;) {
		for (i = 0; i < BATCH; i++) {
			msg[i].data = address(&letter[i]);
			msg[i].len = sizeof(letter[i]);
		}
		err = alpc_vector(traffic->pair.port, &vector, 0, send, sends, msg, BATCH);
		if (err || vector.out_sent != sends)
			return err ?: -EBADMSG;
		sends = vector.out_received;
		for (i = 0; i < sends; i++) {
			if (is_last(&msg[i]))
				return 0;
			err = answer(traffic, &msg[i], &letter[i]);
			if (err)
				return err;
			send[i] = (struct alpc_vector_send){
				.msg.flags = ALPC_SEND_REPLY, .msg.id = msg[i].id,
				.msg.data = address(&letter[i]), .msg.len = sizeof(letter[i]),
			};
		}
	}
}

static int serve_packets(void *arg)
{
	struct traffic *traffic = arg;
	struct alpc_packet packet;
	struct letter letter;
	struct alpc_msg msg;
	int err;

	for (;;) {
		err = wait_packets(traffic->completion, &packet, 1, ALPC_INFINITE);
		if (err != 1)
			return err;
		while (!(err = alpc_receive_nowait(traffic->pair.port, &msg, &letter,
						   sizeof(letter)))) {
			if (is_last(&msg))
				return 0;
			err = serve_one(traffic, &msg, &letter);
			if (err)
				return err;
		}
		if (err != -EAGAIN)
			return err;
	}
}

/* A word has one client. */
static int serve_word(void *arg)
{
	struct traffic *traffic = arg;
	const int fd = traffic->pair.server;
	__u32 *number = &traffic->seen[0], now;
	int err;

	for (;;) {
		err = await_change(traffic, fd, word(traffic, 0, 0), *number, &now);
		if (err || !now)
			return err;
		if (now != ++*number)
			return -EBADMSG;
		err = write_word(traffic, fd, word(traffic, 0, 1), now);
		if (err)
			return err;
	}
}

/* --- the tests ------------------------------------------------------------ */

FIXTURE(hotplug)
{
	struct traffic traffic;
};

FIXTURE_VARIANT(hotplug)
{
	int (*serve)(void *traffic);
	int (*call)(void *caller);
	__u32 clients;
};

FIXTURE_VARIANT_ADD(hotplug, calls) { serve_calls, call, CLIENTS };
FIXTURE_VARIANT_ADD(hotplug, list) { serve_list, call, CLIENTS };
FIXTURE_VARIANT_ADD(hotplug, vectors) { serve_vectors, call, CLIENTS };
FIXTURE_VARIANT_ADD(hotplug, completion_port) { serve_packets, call, CLIENTS };
FIXTURE_VARIANT_ADD(hotplug, word) { serve_word, count_in_word, 1 };

FIXTURE_SETUP(hotplug)
{
	struct traffic *traffic = &self->traffic;
	struct pair *pair = &traffic->pair;

	pair->port = -1;
	pair->client = -1;
	pair->server = -1;
	traffic->completion = -1;
	traffic->section.fd = -1;
	if (access(CPU, W_OK))
		SKIP(return, "there is no second processor that can be taken away");
	ASSERT_EQ(0, pair_open(pair, NULL));
	if (variant->serve == serve_list)
		ASSERT_EQ(0, list_open(pair->port, 2 * CLIENTS, 64, &traffic->ring));
	if (variant->serve == serve_packets) {
		traffic->completion = completion_create(0);
		ASSERT_LE(0, traffic->completion);
		ASSERT_EQ(0, bind_port(pair->port, traffic->completion, 1));
	}
	if (variant->serve == serve_word)
		ASSERT_EQ(0, section_make(pair->client, page_size(), ALPC_SECTION_PEER_WRITE,
					  &traffic->section));
}

FIXTURE_TEARDOWN(hotplug)
{
	write_file(CPU, "1");
	section_close(&self->traffic.section);
	list_close(&self->traffic.ring);
	close_fd(&self->traffic.completion);
	pair_close(&self->traffic.pair);
}

/* Wait until every client has had so many more answers; whether nothing went wrong. */
static bool goes_on(struct traffic *traffic, __u32 clients)
{
	__u32 i, until;

	for (i = 0; i < clients; i++) {
		struct caller *caller = &traffic->caller[i];

		until = __atomic_load_n(&caller->number, __ATOMIC_ACQUIRE) + CALLS;
		while (__atomic_load_n(&caller->number, __ATOMIC_ACQUIRE) < until) {
			if (worker_done(&caller->worker) || worker_done(&traffic->server))
				return false;
			sched_yield();
		}
	}
	return true;
}

TEST_F(hotplug, abuse_57_each_call_is_answered_while_a_processor_comes_and_goes)
{
	struct traffic *traffic = &self->traffic;
	__u32 i;

	ASSERT_EQ(0, worker_start(&traffic->server, variant->serve, traffic));
	for (i = 0; i < variant->clients; i++) {
		struct caller *caller = &traffic->caller[i];

		caller->traffic = traffic;
		ASSERT_EQ(0, worker_start(&caller->worker, variant->call, caller));
	}
	for (i = 0; i < rounds(ROUNDS); i++) {
		ASSERT_EQ(0, write_file(CPU, "0"));
		ASSERT_TRUE(goes_on(traffic, variant->clients));
		ASSERT_EQ(0, write_file(CPU, "1"));
		ASSERT_TRUE(goes_on(traffic, variant->clients));
	}
	__atomic_store_n(&traffic->stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < variant->clients; i++)
		EXPECT_EQ(0, worker_join(&traffic->caller[i].worker));
	if (variant->serve != serve_word)
		ASSERT_EQ(0, alpc_send(traffic->pair.client, "the end", 7));
	EXPECT_EQ(0, worker_join(&traffic->server));
	for (i = 0; i < variant->clients; i++)
		EXPECT_EQ(traffic->caller[i].number, traffic->seen[i]);
	EXPECT_QUIET(traffic->pair.port);
}

TEST_HARNESS_MAIN
