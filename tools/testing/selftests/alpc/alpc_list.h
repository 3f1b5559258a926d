/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A completion list as its reader has it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TEST_LIST_H
#define ALPC_TEST_LIST_H

#include "alpc_thread.h"

/* What the reader keeps for itself; the memory is @shared. */
struct ring {
	int port;
	int fd;
	struct alpc_list *shared;
	struct alpc_create_list create;
	__u32 head;
	__u32 free_tail;
};

static inline int list_ioctl(int port, __u32 slots, __u32 slot_len, struct alpc_create_list *arg)
{
	*arg = (struct alpc_create_list){
		.size = sizeof(*arg), .slots = slots, .slot_len = slot_len,
		.out_len = POISON_U64, .out_slot_size = POISON_U32, .out_fd = POISON_S32,
	};
	return alpc_ioctl(port, ALPC_IOC_CREATE_LIST, arg);
}

static inline int list_delete(int port)
{
	struct alpc_delete_list arg = { .size = sizeof(arg) };

	return alpc_ioctl(port, ALPC_IOC_DELETE_LIST, &arg);
}

static inline void *list_map(const struct ring *ring)
{
	void *p = mmap(NULL, ring->create.out_len, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
		       0);

	return p == MAP_FAILED ? NULL : p;
}

static inline int list_open(int port, __u32 slots, __u32 slot_len, struct ring *ring)
{
	int err;

	*ring = (struct ring){ .port = port, .fd = -1 };
	err = list_ioctl(port, slots, slot_len, &ring->create);
	if (err)
		return err;
	ring->fd = ring->create.out_fd;
	ring->shared = list_map(ring);
	return ring->shared ? 0 : -errno;
}

static inline void list_close(struct ring *ring)
{
	if (ring->shared)
		munmap(ring->shared, ring->create.out_len);
	ring->shared = NULL;
	if (ring->create.out_len)
		close_fd(&ring->fd);
}

static inline void *list_at(const struct ring *ring, __u64 offset)
{
	return (char *)ring->shared + offset;
}

static inline __u32 *list_ready(const struct ring *ring)
{
	return list_at(ring, ring->shared->ready_offset);
}

static inline __u32 *list_free(const struct ring *ring)
{
	return list_at(ring, ring->shared->free_offset);
}

static inline __u32 list_unread(const struct ring *ring)
{
	return __atomic_load_n(&ring->shared->tail, __ATOMIC_ACQUIRE) - ring->head;
}

/* Take the next message, or NULL if there is none. Its slot goes to @slot. */
static inline struct alpc_msg *list_take(struct ring *ring, __u32 *slot)
{
	if (!list_unread(ring))
		return NULL;
	*slot = list_ready(ring)[ring->head % ring->create.slots];
	__atomic_store_n(&ring->shared->head, ++ring->head, __ATOMIC_RELEASE);
	return list_at(ring, ring->shared->slot_offset +
		       (__u64)*slot * ring->create.out_slot_size);
}

static inline void list_give(struct ring *ring, __u32 slot)
{
	list_free(ring)[ring->free_tail++ % ring->create.slots] = slot;
	__atomic_store_n(&ring->shared->free_tail, ring->free_tail, __ATOMIC_RELEASE);
}

/* Copy a message, and give its slot back. */
static inline void list_copy(struct ring *ring, const struct alpc_msg *taken, __u32 slot,
			     struct alpc_msg *msg, void *buf, __u32 room)
{
	*msg = *taken;
	memcpy(buf, list_at(ring, msg->data), msg->len < room ? msg->len : room);
	list_give(ring, slot);
}

/*
 * The next message, from wherever it comes: copied to @msg and @buf. Waits for one
 * unless @flags has %ALPC_TRANSFER_DONTWAIT.
 */
static inline int list_receive(struct ring *ring, struct alpc_msg *msg, void *buf, __u32 room,
			       __u32 flags)
{
	struct alpc_transfer t;
	struct alpc_msg *taken;
	__u32 slot;
	int err;

	for (;;) {
		if (!(ring->shared->flags & ALPC_LIST_QUEUED) || ring->head % 8) {
			taken = list_take(ring, &slot);
			if (taken) {
				list_copy(ring, taken, slot, msg, buf, room);
				return 0;
			}
		}
		__atomic_fetch_and(&ring->shared->flags, ~ALPC_LIST_QUEUED, __ATOMIC_SEQ_CST);
		transfer_init(&t, ALPC_TRANSFER_RECEIVE |
			      (list_unread(ring) ? ALPC_TRANSFER_DONTWAIT : flags));
		transfer_receive(&t, buf, room);
		err = alpc_transfer(ring->port, &t);
		*msg = t.recv;
		if (err != -ENOMSG && !(err == -EAGAIN && list_unread(ring)))
			return err;
		/* It is the list's turn, whatever the flag says now. */
		taken = list_take(ring, &slot);
		if (taken) {
			list_copy(ring, taken, slot, msg, buf, room);
			return 0;
		}
	}
}

/* Inside a test: the next message must be in the list, and of that type. */
#define LISTED(expected, ring, msg) do { \
	__u32 __slot; \
	(msg) = list_take(ring, &__slot); \
	ASSERT_NE(NULL, (msg)); \
	ASSERT_EQ(expected, (msg)->type); \
	list_give(ring, __slot); \
} while (0)

/* Inside a test: the list must have nothing. */
#define UNLISTED(ring) EXPECT_EQ(0, list_unread(ring))

#endif /* ALPC_TEST_LIST_H */
