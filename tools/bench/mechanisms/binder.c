// SPDX-License-Identifier: GPL-2.0-only
/*
 * binder: the server becomes the context manager, the client calls it.
 *
 * A reply or a request lies in memory that the kernel has mapped into the
 * receiver, and is given back together with the next command.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/android/binder.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define BINDER_MAP_BYTES	(4U << 20)
/* What one message may take of the mapping, far below what would fill it. */
#define BINDER_MAX_BYTES	(1U << 20)
/* Room for what the driver says before and with one message. */
#define ANSWER_BYTES		256

struct binder_end {
	int fd;
	void *map;
	binder_uintptr_t held;	/* the buffer to give back, or 0 */
};

/* A command of the driver is followed by its argument without padding. */
struct cmd_buffer {
	uint32_t cmd;
	binder_uintptr_t buffer;
} __attribute__((packed));

struct cmd_transaction {
	uint32_t cmd;
	struct binder_transaction_data tr;
} __attribute__((packed));

struct commands {
	struct cmd_buffer free;
	struct cmd_transaction send;
} __attribute__((packed));

static void binder_connect(struct channel *ch)
{
	static const char * const path[] = {
		"/dev/binder", "/dev/binderfs/binder",
	};
	struct binder_end *end = ch->priv;
	struct binder_version version;
	size_t i;

	end->fd = -1;
	for (i = 0; i < ARRAY_SIZE(path) && end->fd < 0; i++)
		end->fd = open(path[i], O_RDWR | O_CLOEXEC);
	if (end->fd < 0)
		fail_errno("opening %s (is binder_linux loaded?)", path[0]);
	if (ioctl(end->fd, BINDER_VERSION, &version))
		fail_errno("BINDER_VERSION");
	if (version.protocol_version != BINDER_CURRENT_PROTOCOL_VERSION)
		fail("binder speaks protocol %d instead of %d",
		     version.protocol_version, BINDER_CURRENT_PROTOCOL_VERSION);
	end->map = mmap(NULL, BINDER_MAP_BYTES, PROT_READ,
			MAP_PRIVATE | MAP_NORESERVE, end->fd, 0);
	if (end->map == MAP_FAILED)
		fail_errno("mmap of binder");
}

static void binder_open(struct channel *ch)
{
	ch->priv = xcalloc(1, sizeof(struct binder_end));
}

static void binder_serve_init(struct channel *ch)
{
	struct binder_end *end = ch->priv;
	unsigned int tries = 500;

	binder_connect(ch);
	/* The kernel takes leave of the last round's manager on a work queue. */
	while (ioctl(end->fd, BINDER_SET_CONTEXT_MGR, 0)) {
		if (errno != EBUSY || !tries--)
			fail_errno("BINDER_SET_CONTEXT_MGR");
		sleep_seconds(0.01);
	}
}

/* One ioctl: writes @bytes of commands, and reads until a message is there. */
static size_t binder_ioctl(struct binder_end *end, const void *cmds,
			   size_t bytes, void *answer, size_t size)
{
	struct binder_write_read bwr = {
		.write_size = bytes,
		.write_buffer = (binder_uintptr_t)cmds,
		.read_size = size,
		.read_buffer = (binder_uintptr_t)answer,
	};

	/* The driver counts in @bwr, so it goes on where it was interrupted. */
	while (ioctl(end->fd, BINDER_WRITE_READ, &bwr))
		if (!was_stopped())
			fail_errno("BINDER_WRITE_READ");
	if (bwr.write_consumed != bytes)
		fail("binder took %llu of %zu bytes of commands",
		     (unsigned long long)bwr.write_consumed, bytes);
	return bwr.read_consumed;
}

/*
 * Looks for a message of the kind @wanted in what the driver wrote. The
 * payload stays where it is and is remembered as the buffer to give back.
 */
static const void *binder_find(struct binder_end *end, const char *answer,
			       size_t bytes, uint32_t wanted, size_t payload)
{
	struct binder_transaction_data tr;
	const char *p = answer;
	uint32_t cmd;

	while (p + sizeof(cmd) <= answer + bytes) {
		memcpy(&cmd, p, sizeof(cmd));
		p += sizeof(cmd);
		if (cmd == wanted) {
			memcpy(&tr, p, sizeof(tr));
			if (tr.data_size != payload)
				fail("a transaction of %llu bytes instead of %zu",
				     (unsigned long long)tr.data_size, payload);
			end->held = tr.data.ptr.buffer;
			return (const void *)(uintptr_t)end->held;
		}
		if (cmd != BR_NOOP && cmd != BR_TRANSACTION_COMPLETE &&
		    cmd != BR_SPAWN_LOOPER)
			fail("binder answered with %#x", cmd);
		p += _IOC_SIZE(cmd);
	}
	return NULL;
}

/*
 * Sends @ch->msg and gives the last buffer back. Up to @size bytes of what
 * follows are read into @answer; their number is returned.
 */
static size_t binder_send(struct channel *ch, uint32_t kind, void *answer,
			  size_t size)
{
	struct binder_end *end = ch->priv;
	const struct commands c = {
		.free = { BC_FREE_BUFFER, end->held },
		.send = { kind, {
			/* The target 0 of a request is the context manager. */
			.data_size = ch->bytes,
			.data.ptr.buffer = (binder_uintptr_t)ch->msg,
		} },
	};

	if (end->held)
		return binder_ioctl(end, &c, sizeof(c), answer, size);
	return binder_ioctl(end, &c.send, sizeof(c.send), answer, size);
}

/*
 * Returns the payload of the next message of the kind @wanted. The @n bytes
 * in @answer have been read already.
 */
static const void *binder_await(struct channel *ch, uint32_t wanted,
				char answer[ANSWER_BYTES], size_t n)
{
	struct binder_end *end = ch->priv;
	const void *payload;

	for (;;) {
		payload = binder_find(end, answer, n, wanted, ch->bytes);
		if (payload)
			return payload;
		n = binder_ioctl(end, NULL, 0, answer, ANSWER_BYTES);
	}
}

static void binder_serve(struct channel *ch)
{
	const uint32_t enter = BC_ENTER_LOOPER;
	char answer[ANSWER_BYTES];
	const void *request;
	size_t n = 0;

	binder_ioctl(ch->priv, &enter, sizeof(enter), NULL, 0);
	for (;;) {
		request = binder_await(ch, BR_TRANSACTION, answer, n);
		if (msg_answer(ch->msg, request, ch->bytes))
			break;
		n = binder_send(ch, BC_REPLY, answer, sizeof(answer));
	}
	binder_send(ch, BC_REPLY, answer, sizeof(answer));
}

static const void *binder_call(struct channel *ch)
{
	char answer[ANSWER_BYTES];
	size_t n = binder_send(ch, BC_TRANSACTION, answer, sizeof(answer));

	return binder_await(ch, BR_REPLY, answer, n);
}

static void binder_close(struct channel *ch)
{
	struct binder_end *end = ch->priv;

	munmap(end->map, BINDER_MAP_BYTES);
	close(end->fd);
	free(end);
}

const struct mechanism mech_binder = {
	.name = "binder",
	.max_bytes = BINDER_MAX_BYTES,
	.open = binder_open,
	.serve_init = binder_serve_init,
	.serve = binder_serve,
	.attach = binder_connect,
	.call = binder_call,
	.close = binder_close,
};
