/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites about messages, waiting and dying share: messages that must
 * be there, contents that can be checked, clients that are processes.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_THREAD_H
#define ALPC_THREAD_H

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "alpc_test.h"

/*
 * Inside a test: receive the next message, which must be of type @expected and
 * fit into the array @buf. TAKE() wants it to be there already, AWAIT() waits
 * for it as long as the test may take. NOTHING() wants no message to be there.
 */
#define TAKE(expected, fd, msg, buf) do { \
	ASSERT_EQ(0, alpc_receive_nowait(fd, msg, buf, sizeof(buf))); \
	ASSERT_EQ(expected, (msg)->type); \
} while (0)

#define AWAIT(expected, fd, msg, buf) do { \
	ASSERT_EQ(0, alpc_receive(fd, msg, buf, sizeof(buf))); \
	ASSERT_EQ(expected, (msg)->type); \
} while (0)

#define NOTHING(fd) do { \
	struct alpc_msg __nothing; \
	char __room[16]; \
\
	EXPECT_EQ(-EAGAIN, alpc_receive_nowait(fd, &__nothing, __room, sizeof(__room))); \
	EXPECT_EQ(0, alpc_queued(fd)); \
} while (0)

/*
 * &alpc_msg.seq of what each side sends first: the connection request and its
 * answer were number 1.
 */
#define FIRST_SEQ	2

/* Bytes which differ from one place to the next and from seed to seed. */
static inline unsigned char pattern_byte(__u32 i, __u32 seed)
{
	return (i * 2654435761u + seed * 40503u) >> 13;
}

static inline void pattern(void *buf, __u32 len, __u32 seed)
{
	unsigned char *byte = buf;
	__u32 i;

	for (i = 0; i < len; i++)
		byte[i] = pattern_byte(i, seed);
}

static inline bool is_pattern(const void *buf, __u32 len, __u32 seed)
{
	const unsigned char *byte = buf;
	__u32 i;

	for (i = 0; i < len; i++) {
		if (byte[i] != pattern_byte(i, seed))
			return false;
	}
	return true;
}

/* Memory that is shared with the processes forked later; zeroes. */
static inline void *shared_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* The last @len bytes of a page after which there is no memory. */
static inline void *memory_before_hole(__u32 len)
{
	long page = sysconf(_SC_PAGESIZE);
	size_t size = (len / page + 2) * page;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || munmap(p + size - page, page))
		return NULL;
	return p + size - page - len;
}

/*
 * A client that is a process of its own and has no other port open. Like
 * fork(), with @fd the client's port in the child and the server's port for it
 * in the parent, which gives it the context @context.
 */
static inline int client_start(struct pair *pair, struct child *child, __u64 context, int *fd)
{
	struct alpc_msg msg;
	int pid, err;

	pid = child_start(child);
	if (pid < 0)
		return pid;
	if (!pid) {
		pair_close(pair);
		*fd = alpc_connect_to(pair->name);
		if (*fd < 0)
			_exit(1);
		return 0;
	}
	err = alpc_receive(pair->port, &msg, NULL, 0);
	if (!err && msg.type != ALPC_CONNECTION_REQUEST)
		err = -EBADMSG;
	if (!err) {
		*fd = alpc_accept_id(pair->port, msg.id, context);
		err = *fd < 0 ? *fd : 0;
	}
	if (!err)
		return pid;
	child_kill(child);
	return err;
}

/* Wait until the one thread of a client process sleeps in a command. */
static inline int client_blocked(struct child *child)
{
	return thread_blocked(child->pid, child->pid);
}

#endif /* ALPC_THREAD_H */
