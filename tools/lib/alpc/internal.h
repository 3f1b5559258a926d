/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of libalpc share and no program sees.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_LIB_INTERNAL_H
#define ALPC_LIB_INTERNAL_H

#include <alpc/alpc.h>

#include <errno.h>
#include <stdatomic.h>
#include <sys/cdefs.h>
#include <sys/ioctl.h>

/* Everything else is hidden, in the shared library by -fvisibility. */
#define ALPC_API __attribute__((visibility("default")))

struct alpc_lib_attrs;
struct alpc_lib_block;
struct alpc_lib_inbox;
struct alpc_lib_map;
struct alpc_lib_peer;
struct alpc_lib_space;

/**
 * struct alpc_port - handle to a port
 * @fd: its descriptor; immutable
 * @kind: &enum alpc_port_kind, 0 as long as nobody has asked; atomic
 * @max_message: its inline limit in bytes, 0 as long as nobody has asked; atomic
 * @way: &enum alpc_way of what is sent; atomic
 * @bound: it was bound to a completion port, and not unbound; atomic
 * @space: struct alpc_lib_space, memory for long messages, of a communication
 *	port; made when it is needed; atomic
 * @inbox: struct alpc_lib_inbox, what is known of those who send to it, or, for a
 *	server communication port, to its connection port; made when it is needed;
 *	atomic
 * @peer: in @inbox, for a server communication port that was accepted there
 * @ended: its connection is known to have ended; atomic
 * @listed: it has a list that was made with alpc_list_create(); atomic
 */
struct alpc_port {
	int fd;
	atomic_uint kind;
	atomic_uint max_message;
	atomic_uint way;
	atomic_bool bound;
	atomic_uintptr_t space;
	atomic_uintptr_t inbox;
	struct alpc_lib_peer *peer;
	atomic_bool ended;
	atomic_bool listed;
};

/**
 * struct alpc_message - message
 * @io: how it is received; @io.recv is what the kernel said about it
 * @port: that it is received from; it may be closed since
 * @call: call of which the reply is waited for, or 0
 * @data: its data, in @own, in @place, or in @map; never NULL
 * @len: length of these
 * @own: memory of its own; never NULL
 * @room: bytes at @own
 * @limit: longest that the program may make it
 * @max: longest that is taken in
 * @done: ALPC_DONE_* bits of the last operation
 * @way: &enum alpc_way that the data came
 * @in_place: what comes in a view is to be left there
 * @secure: views of @block are to be secure
 * @owes: the other side's view or descriptors are to be released
 * @place: other memory to fill it in, or NULL
 * @place_room: bytes at @place
 * @given: the caller's room for it, which alpc_message_fill() may hand out
 *	although the program does not want to have it there, or NULL
 * @given_room: bytes at @given
 * @given_from: what is not longer is better sent inline
 * @home: space that @block is from; a reference; NULL unless made in place
 * @block: block of the own end at @place, or NULL
 * @map: section of the other end that is in use, or NULL
 * @space: that @map is in, and which @owes, unless @inbox does; a reference
 * @inbox: which @owes; a reference
 * @process: number of the process to which @block, @map and @owes belong
 * @from: port whose handle it was received through, to be compared only
 * @reply_room: of &struct alpc_lib_origin
 * @exposed: what was @own before the other side was let at it, or NULL
 * @exposed_room: bytes at @exposed
 * @attrs: ranges, descriptors and so on, or NULL
 */
struct alpc_message {
	struct alpc_transfer io;
	const struct alpc_port *port;
	uint64_t call;
	void *data;
	size_t len;
	void *own;
	size_t room;
	size_t limit;
	size_t max;
	unsigned int done;
	uint8_t way;
	bool in_place;
	bool secure;
	bool owes;
	void *place;
	size_t place_room;
	void *given;
	size_t given_room;
	size_t given_from;
	struct alpc_lib_space *home;
	struct alpc_lib_block *block;
	struct alpc_lib_map *map;
	struct alpc_lib_space *space;
	struct alpc_lib_inbox *inbox;
	uint32_t process;
	const struct alpc_port *from;
	uint64_t reply_room;
	void *exposed;
	size_t exposed_room;
	struct alpc_lib_attrs *attrs;
};

/**
 * alpc_lib_ioctl() - ioctl(2) that leaves errno alone
 * @fd: device or port
 * @request: ALPC_IOC_*
 * @arg: its argument
 *
 * Never repeated after a signal: only the program knows whether it wants that,
 * and the kernel restarts by itself what had no effect and may be restarted.
 *
 * Return: 0 or a negative errno value.
 */
static __always_inline int alpc_lib_ioctl(int fd, unsigned long request,
					  void *arg)
{
	int *error = &errno;
	int saved = *error;
	int ret = 0;

	if (ioctl(fd, request, arg) < 0) {
		ret = -*error;
		*error = saved;
	}
	return ret;
}

/* device.c */
int alpc_lib_device_ioctl(uint32_t flags, int device, unsigned long request,
			  void *arg);
void alpc_lib_close(int fd);

/* server.c: CPUs that are online */
unsigned int alpc_lib_cpus(void);

/* options.c */
int alpc_lib_options(void *to, size_t to_size, const void *from);

/**
 * struct alpc_lib_time - a timeout as the kernel takes it
 * @ns: for the field timeout
 * @absolute: for the flag ABSTIME
 * @dontwait: for the flag DONTWAIT
 */
struct alpc_lib_time {
	int64_t ns;
	bool absolute;
	bool dontwait;
};

/* time.c */
int alpc_lib_time_parse(int64_t timeout, struct alpc_lib_time *time);

/* process.c */
extern atomic_uintptr_t alpc_lib_process_page; /* of an atomic_uint */

/* Is it the number of this process? @number is one that was given out. */
static __always_inline bool alpc_lib_process_is(uint32_t number)
{
	const atomic_uint *page;

	page = (const atomic_uint *)
	       atomic_load_explicit(&alpc_lib_process_page,
				    memory_order_acquire);
	return atomic_load_explicit(page, memory_order_relaxed) == number;
}

/* message.c */
void alpc_lib_message_abandon(struct alpc_message *message);
int alpc_lib_message_grow(struct alpc_message *message, size_t len);
void alpc_lib_message_trim(struct alpc_message *message, size_t room);
void alpc_lib_message_clear(struct alpc_message *message);
int alpc_lib_message_expose(struct alpc_message *message, size_t room);
void alpc_lib_message_conceal(struct alpc_message *message, bool use);

/* port.c */
int alpc_lib_port_new(struct alpc_port **port);
void alpc_lib_port_end(struct alpc_port *port, bool stays);
int alpc_lib_port_learn(struct alpc_port *port);

/* take.c */
void alpc_lib_let_go(struct alpc_message *message);

/* attrs.c */
void alpc_lib_attrs_want(struct alpc_message *message);
void alpc_lib_attrs_forget(struct alpc_message *message);

/* transfer.c */
int alpc_lib_transfer_limit(struct alpc_transfer *t, int64_t timeout);
int alpc_lib_transfer_send(struct alpc_transfer *t, uint16_t flags, uint64_t id,
			   const void *data, size_t len);
int alpc_lib_transfer_again(const struct alpc_port *port,
			    struct alpc_message *message, int error);
void alpc_lib_give_back(struct alpc_port *port, struct alpc_message *message);

/* In a child that was forked: it has nothing of what is its parent's. */
static __always_inline void alpc_lib_message_forget(struct alpc_message *message)
{
	if ((message->block || message->map || message->owes) &&
	    !alpc_lib_process_is(message->process))
		alpc_lib_message_abandon(message);
}

/* It has no data, and says nothing but what @io.recv does. */
static inline void alpc_lib_message_empty(struct alpc_message *message)
{
	message->data = message->own;
	message->len = 0;
	message->done = 0;
	message->way = ALPC_WAY_AUTO;
	message->reply_room = 0;
	message->from = NULL;
}

/* Prepare for receiving, which fills @io.recv in, or clears it if it fails. */
static inline void alpc_lib_message_ready(struct alpc_message *message)
{
	if (message->space || message->inbox)
		alpc_lib_let_go(message);
	if (message->attrs)
		alpc_lib_attrs_forget(message);
	alpc_lib_message_empty(message);
}

/* Nothing is sent, and nothing goes with it: whatever the kernel reads of it. */
static inline void alpc_lib_send_clear(struct alpc_msg *send)
{
	send->id = 0;
	send->cookie = 0;
	send->data = 0;
	send->len = 0;
	send->type = 0;
	send->flags = 0;
	send->view_offset = 0;
	send->view_len = 0;
	send->section = 0;
	send->view_flags = 0;
	send->attrs = 0;
	send->attrs_len = 0;
	send->reserve = 0;
}

/* Start a transfer: nothing to do yet, and the time that it may take. */
static inline int alpc_lib_transfer_init(struct alpc_transfer *t,
					 int64_t timeout)
{
	/* Who receives prepares @recv, which may still say what was received. */
	t->size = sizeof(*t);
	t->flags = 0;
	t->timeout = timeout;
	alpc_lib_send_clear(&t->send);
	t->__reserved = 0;
	return timeout == ALPC_INFINITE ? 0 : alpc_lib_transfer_limit(t, timeout);
}

/* Where the message is to be received. */
static __always_inline void
alpc_lib_message_offer(struct alpc_message *message)
{
	struct alpc_msg *recv = &message->io.recv;

	recv->data = (uintptr_t)message->own;
	recv->len = message->room < ALPC_DATA_MAX ? (__u32)message->room :
						    ALPC_DATA_MAX;
	recv->attrs = 0;
	recv->attrs_len = 0;
	recv->reserve = 0;
	if (message->attrs)
		alpc_lib_attrs_want(message);
}

/* alpc_lib_transfer_run() without what it does after a failure. */
static __always_inline int
alpc_lib_transfer_once(const struct alpc_port *port,
		       struct alpc_message *message)
{
	struct alpc_transfer *t = &message->io;
	int ret;

	message->port = port;
	/* What the kernel reads; it writes all of it. */
	t->recv.call = message->call;
	alpc_lib_message_offer(message);
	t->out_id = 0;
	t->out_done = 0;
	ret = alpc_lib_ioctl(port->fd, ALPC_IOC_TRANSFER, t);
	message->done |= t->out_done;
	if (t->out_done & ALPC_DONE_SENT) {
		t->flags &= ~ALPC_TRANSFER_SEND;
		if (t->flags & ALPC_TRANSFER_WAIT && t->out_id)
			message->call = t->out_id;
	}
	return ret;
}

/**
 * alpc_lib_transfer_run() - do a transfer that receives
 * @port: port
 * @message: @message->io is what to do. When it has sent something it will not
 *	send it again, and when that was a call @message->call names it, to go on
 *	with. It takes what is received, and grows until it fits. What is not
 *	inline is yet to be taken in.
 *
 * Return: 0 or a negative errno value; @message->done gets what was done.
 */
static __always_inline int
alpc_lib_transfer_run(const struct alpc_port *port,
		      struct alpc_message *message)
{
	int ret = alpc_lib_transfer_once(port, message);

	return ret ? alpc_lib_transfer_again(port, message, ret) : 0;
}

/* The space of a port, or NULL if it has none yet. */
static inline struct alpc_lib_space *
alpc_lib_port_space(const struct alpc_port *port)
{
	return (struct alpc_lib_space *)
	       atomic_load_explicit(&port->space, memory_order_acquire);
}

/* The inbox of a port, or NULL if it has none yet. */
static inline struct alpc_lib_inbox *
alpc_lib_port_inbox(const struct alpc_port *port)
{
	return (struct alpc_lib_inbox *)
	       atomic_load_explicit(&port->inbox, memory_order_acquire);
}

/**
 * alpc_lib_port_limit() - the inline limit of a port
 * @port: port
 * @limit: gets it, bytes
 *
 * Return: 0; errors as of %ALPC_IOC_PORT_INFO, the first time.
 */
static inline int alpc_lib_port_limit(struct alpc_port *port, size_t *limit)
{
	unsigned int max;

	max = atomic_load_explicit(&port->max_message, memory_order_relaxed);
	if (!max) {
		int ret = alpc_lib_port_learn(port);

		if (ret)
			return ret;
		max = atomic_load_explicit(&port->max_message,
					   memory_order_relaxed);
	}
	*limit = max;
	return 0;
}

#endif /* ALPC_LIB_INTERNAL_H */
