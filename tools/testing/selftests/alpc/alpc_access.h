/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites about direct access share: calls that list ranges of memory,
 * and reading and writing those.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_ACCESS_H
#define ALPC_ACCESS_H

#include "alpc_thread.h"

#define BOTH	(ALPC_RANGE_READ | ALPC_RANGE_WRITE)

static inline struct alpc_range range_of(const void *p, __u64 len, __u32 rights)
{
	return (struct alpc_range){ .address = address(p), .len = len, .rights = rights };
}

/* A call, or what else @flags and @what say, that lists ranges. */
struct access_call {
	struct alpc_transfer transfer;
	struct alpc_attrs attrs;
	char buf[64];
};

static inline void call_init(struct access_call *call, const struct alpc_range *ranges,
			     __u32 count)
{
	call->attrs = (struct alpc_attrs){ .ranges = address(ranges), .range_count = count };
	transfer_init(&call->transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&call->transfer, ALPC_SEND_REQUEST, 0, "ranges", 6);
	transfer_receive(&call->transfer, call->buf, sizeof(call->buf));
	call->transfer.send.attrs = address(&call->attrs);
	call->transfer.send.attrs_len = sizeof(call->attrs);
}

/* Call, and wait for the reply. */
static inline int call_with_ranges(int fd, const struct alpc_range *ranges, __u32 count)
{
	struct access_call call;

	call_init(&call, ranges, count);
	return alpc_transfer(fd, &call.transfer);
}

static inline int call_with_memory(int fd, const void *p, __u64 len, __u32 rights)
{
	struct alpc_range range = range_of(p, len, rights);

	return call_with_ranges(fd, &range, 1);
}

static inline struct alpc_access access_args(__u64 id, __u32 flags,
					     const struct alpc_access_part *parts, __u32 count)
{
	return (struct alpc_access){
		.size = sizeof(struct alpc_access), .flags = flags, .id = id,
		.parts = address(parts), .count = count, .out_done = POISON_U64,
	};
}

static inline int alpc_access(int fd, struct alpc_access *arg)
{
	return alpc_ioctl(fd, ALPC_IOC_ACCESS, arg);
}

static inline struct alpc_access_part part_of(__u32 range, __u64 offset, const void *own,
					      __u64 len)
{
	return (struct alpc_access_part){
		.range = range, .offset = offset, .address = address(own), .len = len,
	};
}

/* What was done of an access to one range, and what it ended with. */
struct access_result {
	int err;
	__u64 done;
};

static inline struct access_result access_parts(int fd, __u64 id, __u32 flags,
						const struct alpc_access_part *parts, __u32 count)
{
	struct alpc_access arg = access_args(id, flags, parts, count);
	int err = alpc_access(fd, &arg);

	return (struct access_result){ err, arg.out_done };
}

static inline struct access_result access_range(int fd, __u64 id, __u32 flags, __u32 range,
						__u64 offset, const void *own, __u64 len)
{
	struct alpc_access_part part = part_of(range, offset, own, len);

	return access_parts(fd, id, flags, &part, 1);
}

static inline struct access_result read_range(int fd, __u64 id, __u64 offset, void *own, __u64 len)
{
	return access_range(fd, id, 0, 0, offset, own, len);
}

static inline struct access_result write_range(int fd, __u64 id, __u64 offset, const void *own,
					       __u64 len)
{
	return access_range(fd, id, ALPC_ACCESS_WRITE, 0, offset, own, len);
}

/* Inside a test: it ended with @error, after @bytes bytes. */
#define EXPECT_RESULT(error, bytes, call) do { \
	struct access_result __result = (call); \
\
	EXPECT_EQ(error, __result.err); \
	EXPECT_EQ((__u64)(bytes), __result.done); \
} while (0)

/* Memory of @pages pages with a page on either side that is not there. */
static inline char *memory_in_holes(size_t pages)
{
	long page = sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, (pages + 2) * page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || munmap(p, page) || munmap(p + (pages + 1) * page, page))
		return NULL;
	return p + page;
}

static inline char *new_memory(size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

/* For a signal that is to interrupt a call and do nothing else. */
static inline void ignore_signal(int signal)
{
	(void)signal;
}

/* Inside a test: the client's side is gone; take what it left at the port. */
#define TAKE_CLOSED(self) do { \
	do { \
		ASSERT_EQ(0, alpc_receive((self)->pair.port, &(self)->msg, (self)->buf, \
					  sizeof((self)->buf))); \
	} while ((self)->msg.type == ALPC_CANCELED); \
	ASSERT_EQ(ALPC_PORT_CLOSED, (self)->msg.type); \
} while (0)

#endif /* ALPC_ACCESS_H */
