/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of completion ports share: bindings, packets, and the file.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_PACKET_H
#define ALPC_PACKET_H

#include <linux/compiler_types.h>
#include <linux/types.h>
#include <uapi/linux/alpc.h>

#include "completion.h"

struct file;

/* So many packets more or less. Context: lock held; it is read without it as well. */
static inline void alpc_packets_add(struct alpc_completion *c, int change)
{
	WRITE_ONCE(c->packets, c->packets + change);
}

void alpc_binding_put(struct alpc_binding *b);
void alpc_binding_take(struct alpc_binding *b, struct alpc_packet *packet);
void alpc_binding_put_back(struct alpc_binding *b, u32 type);
void alpc_unbind_all(struct alpc_completion *c);

void alpc_completion_init(struct alpc_completion *c, u32 concurrency);
void alpc_completion_exit(struct alpc_completion *c);
void alpc_completion_release(struct alpc_completion *c);
int alpc_wait_packets(struct alpc_completion *c, struct alpc_wait_packets *arg,
		      struct alpc_wait_packets __user *uarg, bool nonblock);
int alpc_post_packets(struct alpc_completion *c,
		      const struct alpc_post_packets *arg);

bool alpc_file_is_completion(const struct file *file);

#endif /* ALPC_PACKET_H */
