// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion lists of processes that do what they like with the memory, and senders
 * that keep theirs away: nobody but themselves is worse off.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "alpc_list.h"
#include "alpc_nowhere.h"
#include "rounds.h"

enum { SLOTS = 16, LEN = 64, SENDERS = 3, ROUNDS = 1500 };

FIXTURE(list_abuse)
{
	struct pair pair;
	struct ring ring;
	char *page;
	int faults;
	struct worker worker;
	struct child child;
	struct alpc_msg *got, msg;
	char buf[4096];
	int server;
	bool stop;
};

FIXTURE_SETUP(list_abuse)
{
	self->faults = -1;
	self->server = -1;
	self->stop = false;
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, list_open(self->pair.port, SLOTS, LEN, &self->ring));
	memset(self->buf, 'x', sizeof(self->buf));
}

FIXTURE_TEARDOWN(list_abuse)
{
	list_close(&self->ring);
	close_fd(&self->faults);
	close_fd(&self->server);
	pair_close(&self->pair);
}

/* Receive all there is, by the numbers of the kernel: what is lost is our own. */
static int drain(struct _test_data_list_abuse *self)
{
	int n = 0;

	self->ring.shared->head = self->ring.shared->tail;
	while (!alpc_receive_nowait(self->pair.port, &self->msg, self->buf, sizeof(self->buf)))
		n++;
	return n;
}

/* --- garbage (41) ---------------------------------------------------------- */

/* Every word of the memory, each with values that are wrong in another way. */
TEST_F(list_abuse, abuse_41_every_word_is_garbage)
{
	static const __u32 garbage[] = { 0, 1, SLOTS, SLOTS + 1, 0x7fffffff, 0x80000000, ~0U };
	__u32 *word = (__u32 *)self->ring.shared, i, value;

	for (i = 0; i < self->ring.create.out_len / 4; i++) {
		for (value = 0; value < 7; value++) {
			word[i] = garbage[value];
			EXPECT_EQ(0, alpc_send_nowait(self->pair.client, "abc", 3));
			events_of(self->pair.port);
			drain(self);
		}
	}
	EXPECT_EQ(0, list_delete(self->pair.port));
	drain(self);
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* Slots that are given back twice, unread, or never were. */
TEST_F(list_abuse, abuse_41_slots_that_are_not_its_own_are_not_taken_back)
{
	__u32 *freed = list_free(&self->ring), i;
	bool used[SLOTS] = {};

	for (i = 0; i < SLOTS; i++)
		freed[i] = i % 2 ? 3 : 1U << 30;
	self->ring.shared->free_tail = 5 * SLOTS;
	for (i = 0; i < SLOTS; i++)
		ASSERT_EQ(0, alpc_send_nowait(self->pair.client, &i, sizeof(i)));
	for (i = 0; i < SLOTS; i++) {
		__u32 slot = list_ready(&self->ring)[i];

		ASSERT_GT(SLOTS, slot);
		EXPECT_FALSE(used[slot]);
		used[slot] = true;
	}
	/* It has slot 3 now, and gives it back many times; that counts once. */
	ASSERT_EQ(0, alpc_send_nowait(self->pair.client, "a", 1));
	ASSERT_EQ(0, alpc_queued(self->pair.port));
	EXPECT_EQ(SLOTS + 1, self->ring.shared->tail);
	EXPECT_EQ(3, list_ready(&self->ring)[0]);
	for (i = 0; i < SLOTS; i++)
		freed[i] = SLOTS + i;
	ASSERT_EQ(0, alpc_send_nowait(self->pair.client, "a", 1));
	EXPECT_EQ(SLOTS + 1, self->ring.shared->tail);
	EXPECT_EQ(1, alpc_queued(self->pair.port));
}

static int scribble(void *arg)
{
	struct _test_data_list_abuse *self = arg;
	__u32 words = self->ring.create.out_len / 4, seed = 1, *word = (__u32 *)self->ring.shared;

	while (!__atomic_load_n(&self->stop, __ATOMIC_RELAXED)) {
		seed = seed * 1664525 + 1013904223;
		/* Every other time something that nearly makes sense, where it hurts. */
		if (seed & 0x100)
			word[seed % 64] = self->ring.shared->tail + (seed >> 28) - 8;
		else
			word[(seed >> 9) % words] = seed >> 16;
	}
	return 0;
}

/* While senders run, and a reader receives what reaches the queue. */
TEST_F(list_abuse, abuse_41_a_thread_scribbles_over_everything)
{
	struct child child[SENDERS];
	struct alpc_transfer t;
	int server[SENDERS], i, n, closed = 0, err;

	for (i = 0; i < SENDERS; i++) {
		ASSERT_LE(0, client_start(&self->pair, &child[i], i, &server[i]));
		if (child[i].pid)
			continue;
		if (child_wait(&child[i]))
			child_exit(false);
		for (n = 0; n < rounds(ROUNDS); n++) {
			transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_DONTWAIT);
			transfer_send(&t, n % 4 ? 0 : ALPC_SEND_REQUEST, 0, self->buf, n % 80);
			err = alpc_transfer(server[i], &t);
			if (err && err != -EAGAIN && err != -EDQUOT)
				child_exit(false);
		}
		child_exit(true);
	}
	ASSERT_EQ(0, worker_start(&self->worker, scribble, self));
	for (i = 0; i < SENDERS; i++)
		ASSERT_EQ(0, child_signal(&child[i]));
	while (closed < SENDERS) {
		if (!alpc_receive_nowait(self->pair.port, &self->msg, self->buf, sizeof(self->buf)))
			closed += self->msg.type == ALPC_PORT_CLOSED;
		events_of(self->pair.port);
	}
	self->stop = true;
	EXPECT_EQ(0, worker_join(&self->worker));
	for (i = 0; i < SENDERS; i++) {
		EXPECT_EQ(0, child_end(&child[i]));
		close(server[i]);
	}
	/* A new list is as good as ever, and so is the port. */
	EXPECT_EQ(0, list_delete(self->pair.port));
	drain(self);
	list_close(&self->ring);
	EXPECT_EQ(0, pair_works(&self->pair));
	ASSERT_EQ(0, list_open(self->pair.port, SLOTS, LEN, &self->ring));
	ASSERT_EQ(0, alpc_send(self->pair.client, "abc", 3));
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
}

/* --- mappings (42) --------------------------------------------------------- */

/* They all show the same; none of them is needed, and none is inherited. */
TEST_F(list_abuse, abuse_42_is_mapped_any_number_of_times_or_not_at_all)
{
	struct alpc_list *second = list_map(&self->ring), *shared = self->ring.shared;
	size_t len = self->ring.create.out_len;
	struct child child;

	ASSERT_NE(NULL, second);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, len, PROT_READ, MAP_PRIVATE, self->ring.fd, 0));
	EXPECT_EQ(-1, mprotect(second, len, PROT_READ | PROT_EXEC));
	ASSERT_EQ(0, alpc_send(self->pair.client, "a", 1));
	EXPECT_EQ(1, second->tail);
	ASSERT_EQ(0, mprotect(shared, len, PROT_NONE));
	ASSERT_EQ(0, alpc_send(self->pair.client, "b", 1));
	EXPECT_EQ(2, second->tail);
	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		/* Nothing is there to write to; the port is. */
		EXPECT_NE(0, msync(second, 4096, MS_ASYNC));
		EXPECT_EQ(-ENOMSG, alpc_receive_nowait(self->pair.port, &self->msg, self->buf, 8));
		child_exit(true);
	}
	EXPECT_EQ(0, child_end(&child));
	ASSERT_EQ(0, munmap(shared, len));
	self->ring.shared = NULL;
	ASSERT_EQ(0, munmap(second, len));
	close_fd(&self->ring.fd);
	ASSERT_EQ(0, alpc_send(self->pair.client, "c", 1));
	/* As nobody says that it was taken it is the list's turn for ever. */
	EXPECT_EQ(-ENOMSG, alpc_receive_nowait(self->pair.port, &self->msg, self->buf, 8));
	ASSERT_EQ(0, list_delete(self->pair.port));
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* The memory stays for who has mapped it when port and list are gone. */
TEST_F(list_abuse, outlives_the_port)
{
	ASSERT_EQ(0, alpc_send(self->pair.client, "abc", 3));
	pair_close(&self->pair);
	self->pair = (struct pair){ .port = -1, .client = -1, .server = -1 };
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	EXPECT_EQ(0, memcmp("abc", list_at(&self->ring, self->got->data), 3));
}

static unsigned long long section_bytes(void)
{
	struct alpc_usage usage = { .size = sizeof(usage), .flags = ALPC_USAGE_USER };

	return alpc_ioctl(alpc_device(), ALPC_IOC_GET_USAGE, &usage) ? 0 :
	       usage.section_bytes.used;
}

/* Who makes it pays for it, until the last one has let go of it. */
TEST_F(list_abuse, is_charged_to_its_user)
{
	unsigned long long before = section_bytes();
	struct alpc_create_list arg;

	EXPECT_LE(self->ring.create.out_len, before);
	ASSERT_EQ(0, list_ioctl(self->pair.client, 1024, 0, &arg));
	EXPECT_LE(before + arg.out_len, section_bytes());
	ASSERT_EQ(0, list_delete(self->pair.client));
	EXPECT_LE(before + arg.out_len, section_bytes());
	close(arg.out_fd);
	EXPECT_EQ(before, section_bytes());
	ASSERT_EQ(0, fchmod(self->pair.port, 0666));
	ASSERT_LE(0, client_start(&self->pair, &self->child, 2, &self->server));
	if (!self->child.pid) {
		ASSERT_EQ(0, become(1001, 1001));
		ASSERT_EQ(0, list_ioctl(self->server, 2, 0, &arg));
		EXPECT_LE(arg.out_len, section_bytes());
		list_delete(self->server);
		close(arg.out_fd);
		child_signal(&self->child);
		child_wait(&self->child);
		EXPECT_EQ(-EDQUOT, list_ioctl(self->server, 1024, 0, &arg));
		EXPECT_EQ(0, section_bytes());
		child_exit(true);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	ASSERT_EQ(0, write_file("/sys/module/alpc/parameters/user_section_bytes", "65536"));
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
	ASSERT_EQ(0, write_file("/sys/module/alpc/parameters/user_section_bytes", "0"));
}

/* --- senders that take their time ------------------------------------------ */

static int send_late(void *arg)
{
	struct _test_data_list_abuse *self = arg;

	return alpc_send(self->pair.client, self->page, LEN);
}

/* What a sender needs to read, and somebody else provides. */
#define NEW_LATE_PAGE() \
	ASSERT_NE(NULL, self->page = memory_of_nobody(getpagesize(), &self->faults))

/* A sender waits for its own memory, which it was about to copy to a slot. */
#define SENDER_COPIES() do { \
	NEW_LATE_PAGE(); \
	ASSERT_EQ(0, worker_start(&self->worker, send_late, self)); \
	ASSERT_TRUE(page_wanted(self->faults)); \
} while (0)

#define PAGE_COMES(contents) \
	ASSERT_EQ(0, page_comes(self->faults, self->page, contents))

/* All slots are there for others, and what they send is received. */
#define EXPECT_ALL_SLOTS(client) do { \
	int __i; \
\
	for (__i = 0; __i < SLOTS; __i++) \
		ASSERT_EQ(0, alpc_send_nowait(client, "a", 1)); \
	EXPECT_EQ(SLOTS, list_unread(&self->ring)); \
	EXPECT_EQ(0, alpc_queued(self->pair.port)); \
	for (__i = 0; __i < SLOTS; __i++) \
		LISTED(ALPC_DATAGRAM, &self->ring, self->got); \
} while (0)

/* It holds up nobody, and is received when it is complete. */
TEST_F(list_abuse, slow_sender_holds_up_itself_alone)
{
	SENDER_COPIES();
	UNLISTED(&self->ring);
	EXPECT_ALL_SLOTS(self->pair.client);
	PAGE_COMES(self->buf);
	EXPECT_EQ(0, worker_join(&self->worker));
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	EXPECT_EQ(LEN, self->got->len);
	EXPECT_EQ(0, memcmp(list_at(&self->ring, self->got->data), self->buf, LEN));
	EXPECT_EQ(FIRST_SEQ + SLOTS, self->got->seq);
}

static int send_vector(struct _test_data_list_abuse *self, struct alpc_vector_send *send)
{
	struct alpc_vector v = {
		.size = sizeof(v), .flags = ALPC_TRANSFER_SEND, .timeout = ALPC_INFINITE,
		.send = address(send), .send_count = SLOTS,
	};

	return alpc_ioctl(self->pair.client, ALPC_IOC_VECTOR, &v);
}

static void fill_vector(struct _test_data_list_abuse *self, struct alpc_vector_send *send)
{
	int i;

	memset(send, 0, SLOTS * sizeof(*send));
	for (i = 0; i < SLOTS; i++) {
		send[i].msg.data = address(self->buf);
		send[i].msg.len = LEN;
	}
}

/* The data of one that is not the first are late. */
static int send_many_late(void *arg)
{
	struct _test_data_list_abuse *self = arg;
	struct alpc_vector_send send[SLOTS];

	fill_vector(self, send);
	send[1].msg.data = address(self->page);
	return send_vector(self, send);
}

/* What comes is received, and the first one before the others were there. */
TEST_F(list_abuse, slow_vector_leaves_all_slots_to_others)
{
	int other, i;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 2, &other, &self->server));
	NEW_LATE_PAGE();
	ASSERT_EQ(0, worker_start(&self->worker, send_many_late, self));
	ASSERT_TRUE(page_wanted(self->faults));
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	EXPECT_ALL_SLOTS(other);
	PAGE_COMES(self->buf);
	for (i = 1; i < SLOTS; i++)
		ASSERT_EQ(0, list_receive(&self->ring, &self->msg, self->buf, LEN, 0));
	EXPECT_EQ(0, worker_join(&self->worker));
	close(other);
}

static int send_late_many(void *arg)
{
	struct _test_data_list_abuse *self = arg;

	return send_vector(self, (struct alpc_vector_send *)self->page);
}

/* The same if what says where the data are is late. */
TEST_F(list_abuse, slow_array_leaves_all_slots_to_others)
{
	char page[4096];
	int other, i;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 2, &other, &self->server));
	fill_vector(self, (struct alpc_vector_send *)page);
	NEW_LATE_PAGE();
	ASSERT_EQ(0, worker_start(&self->worker, send_late_many, self));
	ASSERT_TRUE(page_wanted(self->faults));
	EXPECT_ALL_SLOTS(other);
	PAGE_COMES(page);
	for (i = 0; i < SLOTS; i++)
		ASSERT_EQ(0, list_receive(&self->ring, &self->msg, self->buf, LEN, 0));
	EXPECT_EQ(0, worker_join(&self->worker));
	close(other);
}

/* The list is deleted, and its memory is back at once; the message is queued. */
TEST_F(list_abuse, abuse_42_slow_sender_finds_the_list_deleted)
{
	unsigned long long before = section_bytes();
	__u64 len = self->ring.create.out_len;

	SENDER_COPIES();
	ASSERT_EQ(0, list_delete(self->pair.port));
	list_close(&self->ring);
	EXPECT_GE(before - len, section_bytes());
	PAGE_COMES(self->buf);
	EXPECT_EQ(0, worker_join(&self->worker));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(LEN, self->msg.len);
	EXPECT_EQ(FIRST_SEQ, self->msg.seq);
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* There is another list by then, which is as good. */
TEST_F(list_abuse, abuse_42_slow_sender_finds_another_list)
{
	SENDER_COPIES();
	ASSERT_EQ(0, list_delete(self->pair.port));
	list_close(&self->ring);
	ASSERT_EQ(0, list_open(self->pair.port, 2, LEN, &self->ring));
	PAGE_COMES(self->buf);
	EXPECT_EQ(0, worker_join(&self->worker));
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	EXPECT_EQ(0, memcmp(list_at(&self->ring, self->got->data), self->buf, LEN));
	EXPECT_QUIET(self->pair.port);
}

/* Something was queued that came first by its number: it does not overtake that. */
TEST_F(list_abuse, slow_sender_finds_something_queued)
{
	SENDER_COPIES();
	ASSERT_EQ(0, alpc_send(self->pair.client, self->buf, LEN + 1));
	PAGE_COMES(self->buf);
	EXPECT_EQ(0, worker_join(&self->worker));
	UNLISTED(&self->ring);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(FIRST_SEQ, self->msg.seq);
	EXPECT_EQ(LEN + 1, self->msg.len);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(FIRST_SEQ + 1, self->msg.seq);
	EXPECT_EQ(LEN, self->msg.len);
}

TEST_F(list_abuse, slow_sender_finds_the_server_gone)
{
	SENDER_COPIES();
	close_fd(&self->pair.server);
	close_fd(&self->pair.port);
	PAGE_COMES(self->buf);
	EXPECT_EQ(-EPIPE, worker_join(&self->worker));
	UNLISTED(&self->ring);
}

/* All slots are free for others. */
TEST_F(list_abuse, slow_sender_is_killed)
{
	int i;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 2, &self->server));
	if (!self->child.pid) {
		self->pair.client = self->server;
		NEW_LATE_PAGE();
		if (worker_start(&self->worker, send_late, self) || !page_wanted(self->faults))
			_exit(1);
		child_signal(&self->child);
		pause();
	}
	ASSERT_EQ(0, child_wait(&self->child));
	child_kill(&self->child);
	AWAIT(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	for (i = 0; i < SLOTS; i++)
		ASSERT_EQ(0, alpc_send(self->pair.client, "a", 1));
	EXPECT_EQ(SLOTS, list_unread(&self->ring));
	EXPECT_EQ(0, alpc_queued(self->pair.port));
}

/* The process with the list is killed at any moment while others send. */
TEST_F(list_abuse, abuse_42_reader_is_killed)
{
	const char *name = unique_name();
	struct ring ring;
	int i, n, client, port, server, err;
	struct alpc_msg msg;

	for (i = 0; i < 20; i++) {
		ASSERT_LE(0, child_start(&self->child));
		if (!self->child.pid) {
			pair_close(&self->pair);
			port = alpc_create(name);
			child_signal(&self->child);
			if (alpc_receive(port, &msg, NULL, 0))
				_exit(1);
			server = alpc_accept_id(port, msg.id, 1);
			if (server < 0 || list_open(port, 4, LEN, &ring))
				_exit(1);
			for (;;)
				list_receive(&ring, &msg, self->buf, sizeof(self->buf), 0);
		}
		ASSERT_EQ(0, child_wait(&self->child));
		client = alpc_connect_to(name);
		ASSERT_LE(0, client);
		for (n = 0; n < rounds(50) * i; n++)
			ASSERT_EQ(0, alpc_send(client, self->buf, n % 70));
		kill(self->child.pid, SIGKILL);
		do
			err = alpc_send(client, self->buf, 8);
		while (!err);
		EXPECT_EQ(-EPIPE, err);
		child_kill(&self->child);
		close(client);
	}
}

TEST_HARNESS_MAIN
