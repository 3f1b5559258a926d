// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two futexes for waking, and shared memory for the payload: no copy through
 * the kernel, no queue, no identity.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "message.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* On cache lines of their own: each is written by one side only. */
struct futex_pair {
	_Alignas(64) _Atomic uint32_t request;
	_Alignas(64) _Atomic uint32_t reply;
};

static void futex_open(struct channel *ch)
{
	ch->priv = shared_memory(sizeof(struct futex_pair));
	ch->msg = shared_memory(ch->bytes);
}

static void futex_post(_Atomic uint32_t *word)
{
	atomic_store_explicit(word, 1, memory_order_release);
	if (syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0) < 0)
		fail_errno("FUTEX_WAKE");
}

static void futex_wait(_Atomic uint32_t *word)
{
	while (!atomic_exchange_explicit(word, 0, memory_order_acquire)) {
		if (syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0) &&
		    errno != EAGAIN)
			fail_errno("FUTEX_WAIT");
	}
}

static void futex_serve(struct channel *ch)
{
	struct futex_pair *p = ch->priv;
	bool last;

	do {
		futex_wait(&p->request);
		last = msg_answer(ch->msg, ch->msg, ch->bytes);
		futex_post(&p->reply);
	} while (!last);
}

static const void *futex_call(struct channel *ch)
{
	struct futex_pair *p = ch->priv;

	futex_post(&p->request);
	futex_wait(&p->reply);
	return ch->msg;
}

static void futex_close(struct channel *ch)
{
	munmap(ch->priv, sizeof(struct futex_pair));
	munmap(ch->msg, ch->bytes);
	ch->msg = NULL;
}

const struct mechanism mech_futex = {
	.name = "futex",
	.max_bytes = SIZE_MAX,
	.open = futex_open,
	.serve = futex_serve,
	.call = futex_call,
	.close = futex_close,
};
