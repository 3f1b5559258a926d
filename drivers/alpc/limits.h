/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every ceiling of the driver, with its reason.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_LIMITS_H
#define ALPC_LIMITS_H

#include <linux/sizes.h>
#include <linux/time64.h>

/* Messages that wait at a port: enough for a burst of every client ... */
#define ALPC_QUEUE_MESSAGES_DEFAULT	1024U
/* ... and so few that a queue can be flushed under a spinlock. */
#define ALPC_QUEUE_MESSAGES_MAX		65536U

/* Bytes that wait at a port, beside the messages' headers. */
#define ALPC_QUEUE_BYTES_DEFAULT	(4ULL * SZ_1M)
#define ALPC_QUEUE_BYTES_MAX		(256ULL * SZ_1M)

/* A client is sent little that it did not ask for. */
#define ALPC_CLIENT_MESSAGES_DEFAULT	256U
#define ALPC_CLIENT_BYTES_DEFAULT	((u64)SZ_1M)

/* Ids and lists hold far more; this bounds what a flood of clients costs. */
#define ALPC_CONNECTIONS_DEFAULT	16384U
#define ALPC_CONNECTIONS_MAX		(1U << 20)

/* Connection requests that a server has not answered. */
#define ALPC_PENDING_DEFAULT		1024U
#define ALPC_PENDING_MAX		65536U

/*
 * What one end has under way without a thread that waits for it; see
 * &alpc_end.unanswered. Calls are bounded by the threads that wait.
 */
#define ALPC_UNANSWERED_MAX		1024U

/* What an end keeps of the messages of its vectors: two of the longest. */
#define ALPC_POOL_MAX			128U

/* Packets that were posted to a completion port and not taken. */
#define ALPC_POSTED_MAX			65536U

/* Slots of a completion list: their numbers fill a few pages. */
#define ALPC_LIST_SLOTS_MAX		32768U

/* Exit notices of one thread: they are all queued in one go when it ends. */
#define ALPC_WATCHES_MAX		256U

/*
 * A round trip between two CPUs takes a few microseconds; what has to be borne
 * once, before both sides spin, is that the other CPU wakes up from idle.
 */
#define ALPC_SPIN_DEFAULT_NS		200000U
#define ALPC_SPIN_MAX_NS		((u32)NSEC_PER_MSEC)

/* One section: as much as a big document, and of all of one end some of these. */
#define ALPC_SECTION_DEFAULT		((u64)SZ_128M)
#define ALPC_SECTION_MAX		((u64)SZ_1G)
#define ALPC_SECTION_TOTAL_DEFAULT	((u64)SZ_256M)
#define ALPC_SECTION_TOTAL_MAX		(16ULL * SZ_1G)

/* Sections of one end, deleted ones that are still mapped among them. */
#define ALPC_SECTIONS_MAX		256

/* Security contexts of one end: they are looked for in a list, under the lock. */
#define ALPC_SECURITY_DEFAULT		16U
#define ALPC_SECURITY_MAX		256U

/* Buckets of a connection port's table of unanswered requests. */
#define ALPC_PENDING_BUCKETS		512U

/* Identities that a connection port and a communication port remember. */
#define ALPC_PORT_IDENTS		64U
#define ALPC_END_IDENTS			2U

#endif /* ALPC_LIMITS_H */
