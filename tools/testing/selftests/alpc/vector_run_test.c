// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs of plain messages in vectors: wherever one ends, and why ever, the result is
 * that of single messages.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "alpc_nowhere.h"
#include "alpc_thread.h"
#include "alpc_vector.h"

enum {
	MAX = ALPC_VECTOR_MAX,
	LEN = 48,
	LONG = 300,	/* more than lies in the message itself */
	RECEIVERS = 3,
	SENDERS = 3,
	EACH = 320,
	ALICE = 1001,
};

/* One to send and one to receive, with buffers. */
struct vectors {
	struct alpc_vector v;
	struct alpc_vector_send send[MAX];
	struct alpc_msg recv[MAX];
	char out[MAX][LONG], in[MAX][LONG];
};

static void vectors_init(struct vectors *v)
{
	int i;

	memset(v, 0, sizeof(*v));
	for (i = 0; i < MAX; i++) {
		pattern(v->out[i], LONG, i);
		v->send[i].msg.data = address(v->out[i]);
		v->send[i].msg.len = LEN;
		v->send[i].out_error = POISON_U32;
		v->recv[i].data = address(v->in[i]);
		v->recv[i].len = LONG;
	}
}

static int vectors_send(struct vectors *v, int fd, int count)
{
	return alpc_vector(fd, &v->v, ALPC_TRANSFER_DONTWAIT, v->send, count, NULL, 0);
}

static int vectors_receive(struct vectors *v, int fd, int count)
{
	return alpc_vector(fd, &v->v, ALPC_TRANSFER_DONTWAIT, NULL, 0, v->recv, count);
}

FIXTURE(run)
{
	struct pair pair;
	int client, server;	/* of another connection */
	struct vectors v;
	struct alpc_usage usage;
	struct alpc_msg msg;
	char buf[LONG];
};

FIXTURE_SETUP(run)
{
	const struct alpc_create_port options = { .max_message = LONG };

	ASSERT_EQ(0, pair_open(&self->pair, &options));
	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, self->pair.context + 1,
				  &self->client, &self->server));
	vectors_init(&self->v);
}

FIXTURE_TEARDOWN(run)
{
	close(self->client);
	close(self->server);
	pair_close(&self->pair);
}

/* What waits is what entries 0 to @count - 1 of the vector sent, in order. */
#define EXPECT_ARRIVED(count) do { \
	int __n = count, __i; \
\
	ASSERT_EQ(__n, alpc_queued(self->pair.port)); \
	ASSERT_EQ(__n ? 0 : -EAGAIN, vectors_receive(&self->v, self->pair.port, MAX)); \
	ASSERT_EQ(__n, self->v.v.out_received); \
	for (__i = 0; __i < __n; __i++) { \
		ASSERT_EQ(ALPC_DATAGRAM, self->v.recv[__i].type); \
		ASSERT_EQ(LEN, self->v.recv[__i].len); \
		ASSERT_TRUE(is_pattern(self->v.in[__i], LEN, __i)); \
	} \
} while (0)

/* --- an entry at which sending ends, at each position ----------------------- */

TEST_F(run, ends_at_data_that_are_not_there)
{
	struct vectors *v = &self->v;
	int bad;

	for (bad = 0; bad < MAX; bad++) {
		vectors_init(v);
		v->send[bad].msg.data = address(memory_before_hole(LEN - 1));
		ASSERT_EQ(-EFAULT, vectors_send(v, self->pair.client, MAX));
		ASSERT_EQ(bad + 1, v->v.out_sent);
		if (bad)
			ASSERT_EQ(0, v->send[bad - 1].out_error);
		ASSERT_EQ(EFAULT, v->send[bad].out_error);
		if (bad + 1 < MAX)
			ASSERT_EQ(POISON_U32, v->send[bad + 1].out_error);
		EXPECT_ARRIVED(bad);
	}
}

/* Between two entries, and inside one. */
TEST_F(run, ends_where_the_array_does)
{
	struct vectors *v = &self->v;
	struct alpc_vector_send *send;
	__u32 size, count, part;

	for (count = 0; count < MAX; count++) {
		for (part = 0; part < 2; part++) {
			vectors_init(v);
			size = (2 * count + part) * sizeof(*send) / 2;
			send = memory_before_hole(size);
			memcpy(send, v->send, size);
			ASSERT_EQ(-EFAULT, alpc_vector(self->pair.client, &v->v, 0, send, MAX,
						       NULL, 0));
			ASSERT_EQ(count, v->v.out_sent);
			if (count)
				ASSERT_EQ(0, send[count - 1].out_error);
			EXPECT_ARRIVED(count);
		}
	}
}

/* What was sent counts as sent, although it cannot be told of each. */
TEST_F(run, says_how_many_if_results_cannot_be_written)
{
	const size_t size = sizeof(self->v.send);
	void *send = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, send);
	memcpy(send, self->v.send, size);
	ASSERT_EQ(0, mprotect(send, size, PROT_READ));
	EXPECT_EQ(-EFAULT,
		  alpc_vector(self->pair.client, &self->v.v, 0, send, MAX, NULL, 0));
	EXPECT_LT(0, self->v.v.out_sent);
	EXPECT_ARRIVED(self->v.v.out_sent);
}

/* A request and a long datagram have their places, whichever these are. */
TEST_F(run, goes_on_behind_what_is_not_plain)
{
	struct vectors *v = &self->v;
	int other, i;

	for (other = 0; other < MAX; other++) {
		vectors_init(v);
		v->send[other].msg.flags = ALPC_SEND_REQUEST;
		v->send[MAX - 1 - other].msg.len = LONG;
		ASSERT_EQ(0, vectors_send(v, self->pair.client, MAX));
		ASSERT_EQ(MAX, v->v.out_sent);
		ASSERT_EQ(0, vectors_receive(v, self->pair.port, MAX));
		ASSERT_EQ(MAX, v->v.out_received);
		for (i = 0; i < MAX; i++) {
			ASSERT_EQ(0, v->send[i].out_error);
			ASSERT_EQ(i != other, !v->send[i].out_id);
			ASSERT_EQ(i == other ? ALPC_REQUEST : ALPC_DATAGRAM, v->recv[i].type);
			ASSERT_EQ(i == MAX - 1 - other ? LONG : LEN, v->recv[i].len);
			ASSERT_EQ(FIRST_SEQ + other * MAX + i, v->recv[i].seq);
			ASSERT_EQ(self->pair.context, v->recv[i].context);
			ASSERT_TRUE(is_pattern(v->in[i], v->recv[i].len, i));
		}
		ASSERT_EQ(0, alpc_reply(self->pair.port, v->recv[other].id, NULL, 0));
		TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	}
	EXPECT_EQ(0, pair_works(&self->pair));
	/* Of the long ones nothing is left. */
	self->usage.size = sizeof(self->usage);
	self->usage.flags = ALPC_USAGE_USER;
	ASSERT_EQ(0, alpc_ioctl(alpc_device(), ALPC_IOC_GET_USAGE, &self->usage));
	EXPECT_EQ(0, self->usage.message_bytes.used);
}

/* Each field by itself is what a datagram that brings nothing does not have. */
TEST_F(run, overlooks_nothing)
{
	struct alpc_msg *msg = &self->v.send[2].msg;
	int i;

	for (i = 0; i < 9; i++) {
		vectors_init(&self->v);
		msg->type = i == 0 ? ALPC_DATAGRAM : 0;
		msg->flags = i == 1 ? 1 << 15 : 0;
		msg->id = i == 2;
		msg->view_offset = i == 3;
		msg->view_len = i == 4;
		msg->section = i == 5;
		msg->view_flags = i == 6;
		msg->attrs = i == 7 ? address(self) : 0;
		msg->attrs_len = i == 8;
		EXPECT_GT(0, vectors_send(&self->v, self->pair.client, 4));
		EXPECT_EQ(3, self->v.v.out_sent);
		EXPECT_LT(0, self->v.send[2].out_error);
		EXPECT_ARRIVED(2);
	}
}

/* --- a full queue ------------------------------------------------------------ */

FIXTURE(full)
{
	struct pair pair;
	struct vectors v;
};

FIXTURE_VARIANT(full) { __u32 messages; __u64 bytes; };
FIXTURE_VARIANT_ADD(full, of_messages) { 21, 0 };
FIXTURE_VARIANT_ADD(full, of_bytes) { 0, 20 * LEN + 1 };

FIXTURE_SETUP(full)
{
	const struct alpc_create_port options = {
		.queue_messages = variant->messages, .queue_bytes = variant->bytes,
	};

	ASSERT_EQ(0, pair_open(&self->pair, &options));
	vectors_init(&self->v);
}

FIXTURE_TEARDOWN(full)
{
	pair_close(&self->pair);
}

/* However much of it was filled before: as many as find room, and no more. */
TEST_F(full, queue_ends_a_run)
{
	int before, i;

	for (before = 0; before <= 21; before++) {
		vectors_init(&self->v);
		for (i = 0; i < before; i++)
			ASSERT_EQ(0, alpc_send(self->pair.client, self->v.out[i], LEN));
		ASSERT_EQ(-EAGAIN, alpc_vector(self->pair.client, &self->v.v,
					       ALPC_TRANSFER_DONTWAIT, &self->v.send[before],
					       MAX - before, NULL, 0));
		ASSERT_EQ(21 - before + 1, self->v.v.out_sent);
		ASSERT_EQ(EAGAIN, self->v.send[21].out_error);
		EXPECT_ARRIVED(21);
	}
}

/* --- a buffer at which receiving ends, at each position ---------------------- */

enum fault { TOO_SHORT, NO_BUFFER, NO_ENTRY, NONSENSE };

FIXTURE(stop)
{
	struct pair pair;
	int client, server;
	struct vectors v;
	struct alpc_msg msg;
	char buf[LONG];
};

FIXTURE_VARIANT(stop) { enum fault fault; int error; };
FIXTURE_VARIANT_ADD(stop, too_short) { TOO_SHORT, EMSGSIZE };
FIXTURE_VARIANT_ADD(stop, no_buffer) { NO_BUFFER, EFAULT };
FIXTURE_VARIANT_ADD(stop, no_entry) { NO_ENTRY, EFAULT };
FIXTURE_VARIANT_ADD(stop, nonsense) { NONSENSE, EINVAL };

FIXTURE_SETUP(stop)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, self->pair.context + 1,
				  &self->client, &self->server));
	vectors_init(&self->v);
}

FIXTURE_TEARDOWN(stop)
{
	close(self->client);
	close(self->server);
	pair_close(&self->pair);
}

static struct alpc_msg *spoil(struct vectors *v, int bad, enum fault fault)
{
	struct alpc_msg *recv = v->recv;

	switch (fault) {
	case TOO_SHORT:
		v->recv[bad].len = LEN - 1;
		break;
	case NO_BUFFER:
		v->recv[bad].data = address(memory_before_hole(LEN - 1));
		break;
	case NO_ENTRY:
		recv = memory_before_hole(bad * sizeof(*recv) + sizeof(*recv) / 2);
		memcpy(recv, v->recv, bad * sizeof(*recv) + sizeof(*recv) / 2);
		break;
	case NONSENSE:
		v->recv[bad].reserve = 1;
		break;
	}
	return recv;
}

/*
 * Two senders: their messages come in turns, those that did not arrive come again in
 * the same turns, and nothing of them is counted twice.
 */
TEST_F(stop, in_the_middle_of_a_run)
{
	struct vectors *v = &self->v;
	int clients[] = { self->pair.client, self->client };
	struct alpc_msg *recv;
	int bad, i;

	for (bad = 0; bad < MAX; bad++) {
		vectors_init(v);
		for (i = 0; i < 2; i++)
			ASSERT_EQ(0, vectors_send(v, clients[i], MAX / 2));
		recv = spoil(v, bad, variant->fault);
		ASSERT_EQ(bad ? 0 : -variant->error,
			  alpc_vector(self->pair.port, &v->v, ALPC_TRANSFER_DONTWAIT, NULL, 0,
				      recv, MAX));
		ASSERT_EQ(bad, v->v.out_received);
		memmove(v->recv, recv, bad * sizeof(*recv));
		ASSERT_EQ(MAX - bad, alpc_queued(self->pair.port));
		for (i = bad; i < MAX; i++) {
			v->recv[i].data = address(v->in[i]);
			v->recv[i].len = LEN;
			v->recv[i].reserve = 0;
		}
		ASSERT_EQ(0, alpc_vector(self->pair.port, &v->v, ALPC_TRANSFER_DONTWAIT, NULL, 0,
					 &v->recv[bad], MAX - bad));
		ASSERT_EQ(MAX - bad, v->v.out_received);
		for (i = 0; i < MAX; i++) {
			ASSERT_EQ(self->pair.context + i % 2, v->recv[i].context);
			ASSERT_EQ(FIRST_SEQ + bad * MAX / 2 + i / 2, v->recv[i].seq);
			ASSERT_EQ(getpid(), v->recv[i].pid);
			ASSERT_TRUE(is_pattern(v->in[i], LEN, i / 2));
		}
	}
	NOTHING(self->pair.port);
	/* The notice says how many messages with its context were received. */
	ASSERT_EQ(0, alpc_disconnect(self->client));
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(MAX * MAX / 2, self->msg.seq);
}

/* --- who else is concerned --------------------------------------------------- */

/* From the server to its client, who has no contexts. */
TEST_F(run, goes_to_a_client)
{
	int i, round;

	for (round = 0; round < 3; round++) {
		vectors_init(&self->v);
		ASSERT_EQ(0, vectors_send(&self->v, self->pair.server, MAX));
		ASSERT_EQ(0, vectors_receive(&self->v, self->pair.client, MAX));
		ASSERT_EQ(MAX, self->v.v.out_received);
		for (i = 0; i < MAX; i++) {
			ASSERT_EQ(0, self->v.recv[i].context);
			ASSERT_EQ(FIRST_SEQ + round * MAX + i, self->v.recv[i].seq);
			ASSERT_TRUE(is_pattern(self->v.in[i], LEN, i));
		}
	}
	NOTHING(self->pair.client);
}

/* Of one run, also when the memory of one sender's messages is used by another. */
TEST_F(run, tells_of_each_who_sent_it)
{
	int i, round;

	for (round = 0; round < 3; round++) {
		vectors_init(&self->v);
		ASSERT_EQ(0, vectors_send(&self->v, self->pair.client, 4 + round));
		ASSERT_EQ(0, setresuid(-1, ALICE, -1));
		ASSERT_EQ(0, vectors_send(&self->v, self->pair.client, 4));
		ASSERT_EQ(0, setresuid(-1, 0, -1));
		ASSERT_EQ(0, vectors_receive(&self->v, self->pair.port, MAX));
		ASSERT_EQ(8 + round, self->v.v.out_received);
		for (i = 0; i < 8 + round; i++)
			EXPECT_EQ(i < 4 + round ? 0 : ALICE, self->v.recv[i].uid);
	}
}

/* Who has sent them is gone before they are received, and so is its server's end. */
TEST_F(run, outlives_its_sender)
{
	int i;

	ASSERT_EQ(0, vectors_send(&self->v, self->pair.client, MAX));
	ASSERT_EQ(0, vectors_send(&self->v, self->client, MAX));
	close_fd(&self->pair.client);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, vectors_receive(&self->v, self->pair.port, MAX));
		ASSERT_EQ(MAX, self->v.v.out_received);
	}
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(MAX, self->msg.seq);
	NOTHING(self->pair.port);
}

static int receive_all(void *arg)
{
	struct _test_data_run *self = arg;

	return vectors_receive(&self->v, self->pair.port, MAX);
}

/*
 * The connection goes away while a run is being copied out, to memory that nobody
 * provides until then.
 */
TEST_F(run, outlives_its_connection)
{
	struct worker worker;
	void *page;
	int uffd;

	page = memory_of_nobody(getpagesize(), &uffd);
	ASSERT_NE(NULL, page);
	ASSERT_EQ(0, vectors_send(&self->v, self->client, 4));
	ASSERT_EQ(0, vectors_send(&self->v, self->pair.client, 4));
	self->v.recv[3].data = address(page);
	ASSERT_EQ(0, worker_start(&worker, receive_all, self));
	ASSERT_EQ(0, worker_blocked(&worker));
	close_fd(&self->client);
	close_fd(&self->server);
	close_fd(&self->pair.client);
	close_fd(&self->pair.server);
	/* Enough others, so that the memory would be used for something else. */
	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 1, &self->client,
				  &self->server));
	close(uffd);
	EXPECT_EQ(0, worker_join(&worker));
	EXPECT_EQ(8, self->v.v.out_received);
	EXPECT_TRUE(is_pattern(page, LEN, 1));
	EXPECT_EQ(self->pair.context, self->v.recv[7].context);
}

TEST_F(run, is_not_received_from_a_port_that_was_stopped)
{
	ASSERT_EQ(0, vectors_send(&self->v, self->pair.client, 3));
	ASSERT_EQ(0, alpc_shutdown(self->pair.port, ALPC_SHUTDOWN_RECEIVE));
	EXPECT_EQ(-ESHUTDOWN, vectors_receive(&self->v, self->pair.port, MAX));
	ASSERT_EQ(0, alpc_shutdown(self->pair.port, 0));
	EXPECT_ARRIVED(3);
}

static int wait_for_event(void *arg)
{
	struct epoll_event event;

	return epoll_wait(*(int *)arg, &event, 1, -1);
}

/* As many of those that poll as there are messages, if one is enough for each. */
TEST_F(run, wakes_one_that_polls_for_each)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	struct worker worker[RECEIVERS];
	int epoll[RECEIVERS], i;

	for (i = 0; i < RECEIVERS; i++) {
		epoll[i] = epoll_create1(EPOLL_CLOEXEC);
		ASSERT_EQ(0, epoll_ctl(epoll[i], EPOLL_CTL_ADD, self->pair.port, &event));
		ASSERT_EQ(0, worker_start(&worker[i], wait_for_event, &epoll[i]));
		ASSERT_EQ(0, thread_blocked_in(getpid(), worker[i].tid, SYS_epoll_wait));
	}
	ASSERT_EQ(0, vectors_send(&self->v, self->pair.client, RECEIVERS));
	for (i = 0; i < RECEIVERS; i++)
		EXPECT_EQ(1, worker_join(&worker[i]));
	for (i = 0; i < RECEIVERS; i++)
		close(epoll[i]);
}

static int receive_one(void *arg)
{
	struct alpc_msg *msg = arg;
	char buf[LEN];

	return alpc_receive((int)msg->id, msg, buf, sizeof(buf));
}

/* Each thread that waits gets one, and the others wait for those that come. */
TEST_F(run, serves_all_who_wait)
{
	struct worker worker[RECEIVERS];
	struct alpc_msg msg[RECEIVERS];
	__u64 seen = 0;
	int i;

	for (i = 0; i < RECEIVERS; i++) {
		msg[i].id = self->pair.port;
		ASSERT_EQ(0, worker_start(&worker[i], receive_one, &msg[i]));
		ASSERT_EQ(0, worker_blocked(&worker[i]));
	}
	ASSERT_EQ(0, vectors_send(&self->v, self->pair.client, RECEIVERS + 2));
	for (i = 0; i < RECEIVERS; i++) {
		EXPECT_EQ(0, worker_join(&worker[i]));
		seen |= 1ULL << (msg[i].seq - FIRST_SEQ);
	}
	EXPECT_EQ((1ULL << RECEIVERS) - 1, seen);
	for (i = 0; i < 2; i++) {
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(FIRST_SEQ + RECEIVERS + i, self->msg.seq);
	}
}

/* --- all at once ------------------------------------------------------------- */

FIXTURE(shared)
{
	struct pair pair;
	struct vectors v;
	struct child child[SENDERS];
	int client[SENDERS], server[SENDERS];
};

/*
 * Whether each vector to receive has a hole, so that messages are put back. Somebody
 * else may have received later ones by then.
 */
FIXTURE_VARIANT(shared) { bool holes; };
FIXTURE_VARIANT_ADD(shared, smoothly) { false };
FIXTURE_VARIANT_ADD(shared, with_holes) { true };

FIXTURE_SETUP(shared)
{
	int i;

	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	vectors_init(&self->v);
	for (i = 0; i < SENDERS; i++)
		ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, i,
					  &self->client[i], &self->server[i]));
}

FIXTURE_TEARDOWN(shared)
{
	int i;

	for (i = 0; i < SENDERS; i++) {
		close(self->client[i]);
		close(self->server[i]);
	}
	pair_close(&self->pair);
}

struct receiver {
	struct worker worker;
	struct vectors v;
	int fd;
	bool holes;
	__u64 last[SENDERS];
	unsigned int received;
	bool disorder;
};

static void look_at(struct receiver *r, const struct alpc_msg *msg)
{
	if (r->last[msg->context] >= msg->seq)
		r->disorder = true;
	r->last[msg->context] = msg->seq;
	r->received++;
}

/* Receive until there are messages without data. */
static int receive_vectors(void *arg)
{
	struct receiver *r = arg;
	bool end = false;
	unsigned int i;
	int err;

	while (!end) {
		vectors_init(&r->v);
		if (r->holes)
			r->v.recv[5 + r->received % 50].data = 8;
		err = alpc_vector(r->fd, &r->v.v, 0, NULL, 0, r->v.recv, MAX);
		if (err)
			return err;
		for (i = 0; i < r->v.v.out_received; i++) {
			if (r->v.recv[i].len)
				look_at(r, &r->v.recv[i]);
			else
				end = true;
		}
	}
	return 0;
}

static bool send_vectors(struct vectors *v, int fd)
{
	unsigned int sent;

	for (sent = 0; sent < EACH; sent += MAX)
		if (alpc_vector(fd, &v->v, 0, v->send, MAX, NULL, 0) || v->v.out_sent != MAX)
			return false;
	return true;
}

/* Nothing is lost, doubled or left over, and without holes nothing out of order. */
TEST_F(shared, by_several_senders_and_receivers)
{
	static struct receiver r[RECEIVERS];
	unsigned int i, total = 0;
	int err;

	for (i = 0; i < SENDERS; i++) {
		ASSERT_LE(0, child_start(&self->child[i]));
		if (!self->child[i].pid)
			child_exit(!child_wait(&self->child[i]) &&
				   send_vectors(&self->v, self->client[i]));
	}
	memset(r, 0, sizeof(r));
	for (i = 0; i < RECEIVERS; i++) {
		r[i].fd = self->pair.port;
		r[i].holes = variant->holes;
		ASSERT_EQ(0, worker_start(&r[i].worker, receive_vectors, &r[i]));
	}
	for (i = 0; i < SENDERS; i++)
		ASSERT_EQ(0, child_signal(&self->child[i]));
	for (i = 0; i < SENDERS; i++)
		EXPECT_EQ(0, child_end(&self->child[i]));
	for (i = 0; i < RECEIVERS; i++) {
		/*
		 * One of them may take what was meant for another one; and when all have
		 * received their last, nobody makes room.
		 */
		while (!worker_done(&r[i].worker)) {
			err = alpc_send_nowait(self->client[0], NULL, 0);
			ASSERT_TRUE(!err || err == -EAGAIN);
			sched_yield();
		}
		EXPECT_EQ(0, worker_join(&r[i].worker));
		EXPECT_TRUE(variant->holes || !r[i].disorder);
		total += r[i].received;
	}
	/* Where one without data came there is no room for the next. */
	for (;;) {
		vectors_init(&self->v);
		if (vectors_receive(&self->v, self->pair.port, MAX))
			break;
		for (i = 0; i < self->v.v.out_received; i++)
			total += !!self->v.recv[i].len;
	}
	EXPECT_EQ(SENDERS * EACH, total);
}

TEST_HARNESS_MAIN
