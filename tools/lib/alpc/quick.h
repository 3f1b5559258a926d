/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quick calls: the page that a client and a server share, and what the two say to
 * each other about it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_LIB_QUICK_H
#define ALPC_LIB_QUICK_H

#include "internal.h"

#include <assert.h>

/**
 * DOC: The page
 *
 * Who may write to what is said by one word, &alpc_lib_quick_page.ask, that both
 * sides change with compare and exchange only where they race:
 *
 *   ABSENT    nobody looks; a client calls as usual
 *   LOOKING   a thread of the server looks, on the CPU that the word says; the
 *             request's memory is the client's
 *   POSTED    there is a request, of the length and number that the word says. The
 *             client may take it back (to ABSENT) until it is taken
 *   TAKEN     the server has it, and the reply's memory
 *
 *   ABSENT -> LOOKING -> POSTED -> TAKEN -> LOOKING or ABSENT
 *   LOOKING -> ABSENT      the server looks no longer
 *   POSTED -> ABSENT       the client takes it back
 *
 * The reply is complete when &alpc_lib_quick_page.answer is the number of its
 * request. A server that looks says so before that, so that the next request finds it
 * looking: only who has just answered looks, and answers next. One that does not look
 * says so afterwards: another thread of it may look and answer from then on, and a
 * number that was written late would take the place of its answer.
 *
 * The client waits for the answer alone, in the kernel if it takes long: then it sets
 * %QUICK_ASLEEP in it first, and the server, which exchanges the word, sees that it has
 * to wake it. The server never sleeps over the page: it sleeps where all its messages
 * arrive.
 *
 * A client that gives up while its request is TAKEN has nothing more to do with it:
 * the page is the server's until it is LOOKING again, and an answer of another
 * number is none.
 *
 * All this holds between two sides that keep to it. What one that does not can do is
 * to have the other read nonsense: each decides by one copy of one word.
 */

/* The state, in &alpc_lib_quick_page.ask; its CPU or length; its number. */
enum {
	QUICK_ABSENT,
	QUICK_LOOKING,
	QUICK_POSTED,
	QUICK_TAKEN,
};

#define QUICK_STATE(ask)	((unsigned int)(ask) & 0xff)
#define QUICK_VALUE(ask)	((uint32_t)(ask) >> 8)
#define QUICK_SEQ(ask)		((uint32_t)((ask) >> 32))

static inline uint64_t quick_ask(unsigned int state, uint32_t value,
				 uint32_t seq)
{
	return (uint64_t)seq << 32 | (uint64_t)(value & 0xffffff) << 8 | state;
}

/* In &alpc_lib_quick_page.answer, beside a number. */
#define QUICK_ASLEEP		(UINT32_C(1) << 31)
#define QUICK_SEQ_MAX		(QUICK_ASLEEP - 1)

/* What the reply is, in &alpc_lib_quick_page.head, and its length. */
enum {
	QUICK_DATA = 1,		/* data in the page */
	QUICK_FETCH,		/* to be fetched (QUICK_HELLO_FETCH) */
	QUICK_ORDINARY,		/* none: the request is to be made as usual */
	QUICK_CANCELED,		/* none: the server has cancelled the request */
};

#define QUICK_HEAD(kind, len)	((uint32_t)(kind) << 24 | (uint32_t)(len))
#define QUICK_HEAD_KIND(head)	((head) >> 24)
#define QUICK_HEAD_LEN(head)	((head) & 0xffffff)

/**
 * struct alpc_lib_quick_page - what is shared; a section of its own
 * @ask: see above; atomic
 * @request: data of the request
 * @answer: see above; the kernel looks at it as well; atomic
 * @head: what the reply is; atomic
 * @reply: data of the reply
 */
struct alpc_lib_quick_page {
	atomic_uint_least64_t ask __attribute__((aligned(64)));
	unsigned char request[ALPC_QUICK_MAX];

	atomic_uint answer __attribute__((aligned(64)));
	atomic_uint head;
	unsigned char reply[ALPC_QUICK_MAX];
};

#define QUICK_PAGE_LEN		((size_t)4096)

static_assert(sizeof(struct alpc_lib_quick_page) == QUICK_PAGE_LEN,
	      "the page is the same for everybody");
static_assert(sizeof(atomic_uint) == sizeof(uint32_t) &&
	      sizeof(atomic_uint_least64_t) == sizeof(uint64_t),
	      "words have the sizes that they are shared with");

/* What a client asks of the loop of its server. */
enum {
	QUICK_HELLO_OPEN = 1,	/* a call; the answer is the same, with an error or 0 */
	QUICK_HELLO_CLOSE,	/* a datagram */
	QUICK_HELLO_FETCH,	/* a call, whose reply is that of the quick call */
};

#define QUICK_MAGIC		"alpc:quick:call"
#define QUICK_VERSION		1

/**
 * struct alpc_lib_quick_hello - a message about the page
 * @magic: %QUICK_MAGIC
 * @version: %QUICK_VERSION
 * @what: QUICK_HELLO_*
 * @section: id of the page
 * @value: in an answer: 0 or a negative errno value; in %QUICK_HELLO_FETCH: number of
 *	the request; else 0
 */
struct alpc_lib_quick_hello {
	char magic[16];
	uint32_t version;
	uint32_t what;
	uint32_t section;
	int32_t value;
};

/* So often the page is looked at before something else is done, such as the clock. */
#define QUICK_LOOKS		256

#define QUICK_SPIN_DEFAULT	200000U

/*
 * Looking in vain: so many times at most one goes without. It is in vain if both run
 * on one CPU, for instance; but who looks, and so runs, may be given another one.
 */
#define QUICK_SKIP_MAX		16

/**
 * struct alpc_lib_quick_luck - whether looking is worth while
 * @skip: so many times it is to be left
 * @failed: so often in a row it was in vain
 */
struct alpc_lib_quick_luck {
	unsigned int skip;
	unsigned int failed;
};

/* Is it worth trying? */
static inline bool quick_try(struct alpc_lib_quick_luck *luck)
{
	if (!luck->skip)
		return true;
	luck->skip--;
	return false;
}

static inline void quick_tried(struct alpc_lib_quick_luck *luck, bool success)
{
	if (success) {
		luck->failed = 0;
		return;
	}
	luck->skip = 1U << luck->failed;
	if (luck->skip < QUICK_SKIP_MAX)
		luck->failed++;
}

/* Let the other hardware thread of this core go on. */
static inline void quick_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#else
	atomic_signal_fence(memory_order_seq_cst);
#endif
}

/* quick.c */
int64_t alpc_lib_quick_now(void);
uint32_t alpc_lib_quick_cpu(void);

#endif /* ALPC_LIB_QUICK_H */
