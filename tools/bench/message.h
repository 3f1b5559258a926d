/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload, which proves that a reply is the reply to this very request.
 *
 * The first and the last eight bytes hold the number of the request and its
 * complement, so a message that is stale, foreign, cut short or not passed on
 * at all does not go unseen. This is cheap enough to be done in every measured
 * round trip. A request with MSG_FULL has its whole payload filled and checked
 * in both directions; those are sent before measuring.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_BENCH_MESSAGE_H
#define ALPC_BENCH_MESSAGE_H

#include <string.h>

#include "bench.h"

#define MSG_MIN_BYTES	(2 * sizeof(uint64_t))

#define MSG_STOP	(UINT64_C(1) << 63)	/* the server is to end */
#define MSG_FULL	(UINT64_C(1) << 62)	/* the whole payload counts */
#define MSG_REPLY	(UINT64_C(1) << 61)	/* set in every reply */
#define MSG_ONEWAY	(UINT64_C(1) << 60)	/* there is no reply */
#define MSG_LONG	(UINT64_C(1) << 59)	/* the server has work to do */

/* For how long, in milliseconds of its CPU. */
#define MSG_LONG_MS	100

static inline uint64_t msg_word(const void *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* Eight bytes of the payload: other ones in each place of each message. */
static inline uint64_t msg_filler(uint64_t id, size_t at)
{
	return id * UINT64_C(0x9e3779b97f4a7c15) + at;
}

/* Between both ends; the last word may be cut short by the end. */
static inline void msg_fill(void *msg, size_t bytes, uint64_t id)
{
	const size_t end = bytes - sizeof(id);
	unsigned char *p = msg;
	uint64_t word;
	size_t i;

	for (i = sizeof(id); i + sizeof(word) <= end; i += sizeof(word)) {
		word = msg_filler(id, i);
		memcpy(p + i, &word, sizeof(word));
	}
	word = msg_filler(id, i);
	memcpy(p + i, &word, end - i);
}

static inline void msg_write(void *msg, size_t bytes, uint64_t id)
{
	unsigned char *p = msg;
	uint64_t tail = ~id;

	if (id & MSG_FULL)
		msg_fill(msg, bytes, id);
	memcpy(p, &id, sizeof(id));
	memcpy(p + bytes - sizeof(tail), &tail, sizeof(tail));
}

static inline void msg_check_filler(const void *msg, size_t bytes, uint64_t id)
{
	const size_t end = bytes - sizeof(id);
	const unsigned char *p = msg;
	uint64_t word;
	size_t i;

	for (i = sizeof(id); i + sizeof(word) <= end; i += sizeof(word))
		if (msg_word(p + i) != msg_filler(id, i))
			break;
	word = msg_filler(id, i);
	if (i + sizeof(word) <= end || memcmp(p + i, &word, end - i))
		fail("the word at byte %zu of %zu was changed on the way", i,
		     bytes);
}

/* Reads the number of a message from both of its ends. */
static inline uint64_t msg_ends(const void *msg, size_t bytes)
{
	uint64_t id = msg_word(msg);

	if (msg_word((const char *)msg + bytes - sizeof(id)) != ~id)
		fail("a message of %zu bytes came without its end", bytes);
	return id;
}

/* Reads and checks the number of a message, and what it says is to be checked. */
static inline uint64_t msg_read(const void *msg, size_t bytes)
{
	uint64_t id = msg_ends(msg, bytes);

	if (id & MSG_FULL)
		msg_check_filler(msg, bytes, id);
	return id;
}

/* In the server: checks the request, and returns its number. */
static inline uint64_t msg_take(const void *request, size_t bytes)
{
	uint64_t id = msg_read(request, bytes);

	if (id & MSG_REPLY)
		fail("the server received a reply");
	return id;
}

/*
 * In the server: checks the request and writes the reply to it, which may lie
 * in the same place. Returns true if this was the last request.
 */
static inline bool msg_answer(void *reply, const void *request, size_t bytes)
{
	uint64_t id = msg_take(request, bytes);

	if (id & MSG_LONG)
		run_for_ms(MSG_LONG_MS);
	msg_write(reply, bytes, id | MSG_REPLY);
	return id & MSG_STOP;
}

/* In the client: @id is the number of the request just made. */
static inline void msg_check_reply(const void *reply, size_t bytes, uint64_t id)
{
	if (msg_read(reply, bytes) != (id | MSG_REPLY))
		fail("the reply does not belong to request %#llx",
		     (unsigned long long)id);
}

#endif /* ALPC_BENCH_MESSAGE_H */
