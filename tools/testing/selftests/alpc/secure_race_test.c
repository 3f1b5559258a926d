// SPDX-License-Identifier: GPL-2.0-only
/*
 * Secure views while many threads of the sender write, read and change the
 * protection of the memory: what the receiver holds does not change, and what nobody
 * holds can be written to.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <sched.h>

#include "alpc_view.h"
#include "rounds.h"

enum { ROUNDS = 400, UNSEEN_ROUNDS = 2000, VIEW = 4 };

struct writers {
	unsigned char *mem;
	size_t len;
	int stop;
};

/* Like touch_write(), for many threads, with the handler set once for all. */
static int write_all_over(void *arg)
{
	struct writers *writers = arg;
	volatile unsigned int i = 0;

	while (!__atomic_load_n(&writers->stop, __ATOMIC_RELAXED)) {
		i = i * 1664525 + 1013904223;
		if (!sigsetjmp(touch_escape, 0))
			((volatile unsigned char *)writers->mem)[i % writers->len] += 1;
	}
	return 0;
}

/* Have pages be there that can only be read, for writers to find. */
static int read_all_over(void *arg)
{
	struct writers *writers = arg;
	volatile unsigned int i = 0;

	while (!__atomic_load_n(&writers->stop, __ATOMIC_RELAXED)) {
		i += page_size() + 1;
		(void)((volatile unsigned char *)writers->mem)[i % writers->len];
	}
	return 0;
}

static int protect_and_unprotect(void *arg)
{
	struct writers *writers = arg;

	while (!__atomic_load_n(&writers->stop, __ATOMIC_RELAXED)) {
		mprotect(writers->mem, writers->len, PROT_READ);
		mprotect(writers->mem, writers->len, PROT_READ | PROT_WRITE);
	}
	return 0;
}

/* The sender: sends the same view again and again while others write to it. */
static bool send_while_writing(int port, const struct section *own,
			       int (*disturb)(void *arg))
{
	const struct sigaction act = { .sa_handler = touch_failed, .sa_flags = SA_NODEFER };
	struct writers writers = { .mem = own->mem, .len = own->len };
	struct worker worker[4];
	struct alpc_transfer t;
	char buf[16];
	int i, err = 0;

	sigaction(SIGSEGV, &act, NULL);
	for (i = 0; i < 4; i++)
		worker_start(&worker[i], i < 3 ? write_all_over : disturb, &writers);
	for (i = 0; i < rounds(ROUNDS) && !err; i++) {
		transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
		transfer_send(&t, ALPC_SEND_REQUEST, 0, NULL, 0);
		transfer_receive(&t, buf, sizeof(buf));
		transfer_view(&t.send, own->id, 0, writers.len, ALPC_VIEW_SECURE);
		err = alpc_transfer(port, &t);
	}
	__atomic_store_n(&writers.stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < 4; i++)
		worker_join(&worker[i]);
	return !err;
}

FIXTURE(race)
{
	struct pair pair;
	struct section own, peer;
	size_t page;
	struct child child;
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_VARIANT(race)
{
	int (*disturb)(void *arg);
};

FIXTURE_VARIANT_ADD(race, readers) { read_all_over };
FIXTURE_VARIANT_ADD(race, protections) { protect_and_unprotect };

FIXTURE_SETUP(race)
{
	self->page = page_size();
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, section_make(self->pair.client, VIEW * self->page, 0, &self->own));
	ASSERT_EQ(0, section_open(self->pair.server, self->own.id, &self->peer));
}

FIXTURE_TEARDOWN(race)
{
	section_close(&self->own);
	section_close(&self->peer);
	pair_close(&self->pair);
}

TEST_F(race, abuse_35_bytes_do_not_change_while_they_are_held)
{
	const size_t len = VIEW * self->page;
	unsigned char *seen = malloc(len), *last = calloc(1, len);
	int i, k, between = 0, within = 0;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		self->own.mem = map_section(self->own.fd, 0, self->own.len,
					    PROT_READ | PROT_WRITE);
		child_exit(self->own.mem && send_while_writing(self->pair.client, &self->own,
							       variant->disturb));
	}
	for (i = 0; i < rounds(ROUNDS); i++) {
		AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
		memcpy(seen, self->peer.mem, len);
		between += !!memcmp(seen, last, len);
		for (k = 0; k < 5; k++) {
			sched_yield();
			within += !!memcmp(seen, self->peer.mem, len);
		}
		memcpy(last, seen, len);
		ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	}
	EXPECT_EQ(0, child_end(&self->child));
	EXPECT_EQ(0, within);
	/* They did write. */
	EXPECT_LT(0, between);
	free(seen);
	free(last);
}

/* --- calls that nobody has seen -------------------------------------------- */

#define COOKIE	17

struct canceler {
	int port;
	int stop;
};

static int cancel_all(void *arg)
{
	struct canceler *canceler = arg;

	while (!__atomic_load_n(&canceler->stop, __ATOMIC_RELAXED))
		alpc_cancel_cookie(canceler->port, COOKIE);
	return 0;
}

FIXTURE(unseen)
{
	struct pair pair;
	struct section own;
	struct canceler canceler;
	struct worker worker;
};

FIXTURE_SETUP(unseen)
{
	const struct sigaction act = { .sa_handler = touch_failed, .sa_flags = SA_NODEFER };

	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, section_make(self->pair.client, page_size(), 0, &self->own));
	ASSERT_EQ(0, sigaction(SIGSEGV, &act, NULL));
	self->canceler.port = self->pair.client;
	ASSERT_EQ(0, worker_start(&self->worker, cancel_all, &self->canceler));
}

FIXTURE_TEARDOWN(unseen)
{
	__atomic_store_n(&self->canceler.stop, 1, __ATOMIC_RELAXED);
	worker_join(&self->worker);
	section_close(&self->own);
	pair_close(&self->pair);
}

/* Who hears that its call was not sent can write at once. */
TEST_F(unseen, call_ends_its_view_before_the_caller_hears_of_it)
{
	volatile unsigned int i, refused = 0;
	struct alpc_transfer t;

	for (i = 0; i < rounds(UNSEEN_ROUNDS); i++) {
		transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
		transfer_send(&t, ALPC_SEND_REQUEST, 0, NULL, 0);
		transfer_view(&t.send, self->own.id, 0, page_size(), ALPC_VIEW_SECURE);
		t.send.cookie = COOKIE;
		ASSERT_EQ(-ECANCELED, alpc_transfer(self->pair.client, &t));
		ASSERT_EQ(ALPC_DONE_CANCELED, t.out_done);
		if (sigsetjmp(touch_escape, 0))
			refused++;
		else
			*(volatile unsigned char *)self->own.mem = i;
	}
	EXPECT_EQ(0, refused);
}

TEST_HARNESS_MAIN
