/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites about sections share: creating and mapping them, messages with
 * views, and touching memory that may not be there.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TEST_VIEW_H
#define ALPC_TEST_VIEW_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "alpc_thread.h"

/* --- sections ------------------------------------------------------------- */

/* One side of a section; what is not there is -1, or NULL. */
struct section {
	int fd;
	__u32 id;
	__u64 len;
	__u64 slots_at;
	unsigned char *mem;
	volatile __u32 *slots;
};

static inline size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

static inline void *map_section(int fd, __u64 offset, size_t len, int prot)
{
	void *p = mmap(NULL, len, prot, MAP_SHARED, fd, offset);

	return p == MAP_FAILED ? NULL : p;
}

/* Create a section, without mapping it. */
static inline int section_create(int port, __u64 len, __u32 flags, struct section *section)
{
	struct alpc_create_section arg = {
		.size = sizeof(arg), .flags = flags, .len = len, .out_fd = POISON_S32,
	};
	int err = alpc_ioctl(port, ALPC_IOC_CREATE_SECTION, &arg);

	*section = (struct section){ .fd = -1 };
	if (err)
		return err;
	section->fd = arg.out_fd;
	section->id = arg.out_section;
	section->len = arg.out_len;
	section->slots_at = arg.out_slots;
	return 0;
}

/* Create one, and map it with its counters. */
static inline int section_make(int port, __u64 len, __u32 flags, struct section *section)
{
	int err = section_create(port, len, flags, section);

	if (err)
		return err;
	section->mem = map_section(section->fd, 0, section->len, PROT_READ | PROT_WRITE);
	section->slots = map_section(section->fd, section->slots_at, page_size(),
				     PROT_READ | PROT_WRITE);
	return section->mem && section->slots ? 0 : -ENOMEM;
}

/* Open a section at the other side: its descriptor, or a negative errno. */
static inline int section_fd(int port, __u32 id, __u64 message)
{
	struct alpc_open_section arg = {
		.size = sizeof(arg), .section = id, .id = message, .out_fd = POISON_S32,
	};
	int err = alpc_ioctl(port, ALPC_IOC_OPEN_SECTION, &arg);

	return err ?: arg.out_fd;
}

/* Open and map it, as far as its creator lets. */
static inline int section_open(int port, __u32 id, struct section *section)
{
	struct alpc_open_section arg = { .size = sizeof(arg), .section = id };
	int err = alpc_ioctl(port, ALPC_IOC_OPEN_SECTION, &arg);

	*section = (struct section){ .fd = -1 };
	if (err)
		return err;
	section->fd = arg.out_fd;
	section->id = id;
	section->len = arg.out_len;
	section->mem = map_section(arg.out_fd, 0, arg.out_len,
				   arg.out_flags & ALPC_SECTION_PEER_WRITE ?
				   PROT_READ | PROT_WRITE : PROT_READ);
	return section->mem ? 0 : -ENOMEM;
}

/* Let go of the descriptor and the mappings. */
static inline void section_close(struct section *section)
{
	close_fd(&section->fd);
	if (section->mem)
		munmap(section->mem, section->len);
	if (section->slots)
		munmap((void *)section->slots, page_size());
	section->mem = NULL;
	section->slots = NULL;
}

static inline int section_delete(int port, __u32 id)
{
	struct alpc_delete_section arg = { .size = sizeof(arg), .section = id };

	return alpc_ioctl(port, ALPC_IOC_DELETE_SECTION, &arg);
}

/* --- messages ------------------------------------------------------------- */

static inline void transfer_view(struct alpc_msg *msg, __u32 section, __u64 offset, __u64 len,
				 __u32 flags)
{
	msg->section = section;
	msg->view_offset = offset;
	msg->view_len = len;
	msg->view_flags = flags;
}

/* Send what @kind says (ALPC_SEND_*, or 0) with a view; never waits. */
static inline int send_view(int port, __u16 kind, __u64 id, __u32 section, __u64 offset,
			    __u64 len, __u32 flags)
{
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_DONTWAIT);
	transfer_send(&t, kind, id, "view", 4);
	transfer_view(&t.send, section, offset, len, flags);
	return alpc_transfer(port, &t);
}

/* A call with a view, in a thread of its own. */
struct view_call {
	struct transfer_worker worker;
	char buf[64];
};

static inline int call_view(struct view_call *call, int port, __u32 section, __u64 offset,
			    __u64 len, __u32 flags)
{
	struct alpc_transfer *t = &call->worker.transfer;

	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(t, ALPC_SEND_REQUEST, 0, "call", 4);
	transfer_receive(t, call->buf, sizeof(call->buf));
	transfer_view(&t->send, section, offset, len, flags);
	return worker_transfer(&call->worker, port);
}

/* Whether a message describes exactly that view. */
static inline bool is_view(const struct alpc_msg *msg, __u32 section, __u64 offset, __u64 len,
			   __u32 flags)
{
	return msg->section == section && msg->view_offset == offset && msg->view_len == len &&
	       msg->view_flags == flags;
}

#define NO_VIEW(msg)	is_view(msg, 0, 0, 0, 0)

/* --- memory --------------------------------------------------------------- */

static __thread sigjmp_buf touch_escape;

static inline void touch_failed(int signo)
{
	siglongjmp(touch_escape, signo);
}

/*
 * Read a byte, or write it back as it is: 0, or the signal that came. Others that
 * change the byte meanwhile may lose what they wrote.
 */
static inline int touch(const volatile void *where, bool write)
{
	const struct sigaction act = { .sa_handler = touch_failed, .sa_flags = SA_NODEFER };
	volatile unsigned char *byte = (volatile unsigned char *)where;
	struct sigaction segv, bus;
	unsigned char value;
	int signo;

	sigaction(SIGSEGV, &act, &segv);
	sigaction(SIGBUS, &act, &bus);
	signo = sigsetjmp(touch_escape, 0);
	if (!signo) {
		value = *byte;
		if (write)
			*byte = value;
	}
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGBUS, &bus, NULL);
	return signo;
}

static inline int touch_read(const volatile void *where)
{
	return touch(where, false);
}

static inline int touch_write(const volatile void *where)
{
	return touch(where, true);
}

/* --- the limit of a user -------------------------------------------------- */

#define USER_LIMIT	"/sys/module/alpc/parameters/user_section_bytes"

/* How much memory in sections each user may have, in pages; 0: as usual. */
static inline int set_user_limit(unsigned int pages)
{
	char text[32];

	snprintf(text, sizeof(text), "%zu", pages * page_size());
	return write_file(USER_LIMIT, text);
}

#endif /* ALPC_TEST_VIEW_H */
