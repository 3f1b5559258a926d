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

/* Everything else is hidden, in the shared library by -fvisibility. */
#define ALPC_API __attribute__((visibility("default")))

/**
 * struct alpc_port - handle to a port
 * @fd: its descriptor; immutable
 */
struct alpc_port {
	int fd;
};

/**
 * struct alpc_message - message
 * @head: what the kernel said about it; @head.len is the length of the data
 * @data: memory of its own; never NULL
 * @room: bytes at @data
 * @limit: longest that the program may make it
 * @done: ALPC_DONE_* bits of the last operation
 */
struct alpc_message {
	struct alpc_msg head;
	void *data;
	size_t room;
	size_t limit;
	unsigned int done;
};

/* ioctl.c */
int alpc_lib_ioctl(int fd, unsigned long request, void *arg);
int alpc_lib_device_open(void);
void alpc_lib_close(int fd);

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

/* message.c */
int alpc_lib_message_grow(struct alpc_message *message, size_t len);
void alpc_lib_message_trim(struct alpc_message *message, size_t room);
void alpc_lib_message_clear(struct alpc_message *message);

/* port.c */
int alpc_lib_port_new(struct alpc_port **port);

/* transfer.c */
int alpc_lib_transfer_init(struct alpc_transfer *t, int64_t timeout);
int alpc_lib_transfer_send(struct alpc_transfer *t, uint16_t flags, uint64_t id,
			   const void *data, size_t len);
int alpc_lib_transfer_run(const struct alpc_port *port, struct alpc_transfer *t,
			  struct alpc_message *message);

#endif /* ALPC_LIB_INTERNAL_H */
