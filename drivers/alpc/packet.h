/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two halves of completion ports share: bindings and packets.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_PACKET_H
#define ALPC_PACKET_H

#include <linux/types.h>
#include <uapi/linux/alpc.h>

struct alpc_binding;
struct alpc_completion;
struct file;

void alpc_binding_put(struct alpc_binding *b);
void alpc_binding_take(struct alpc_binding *b, struct alpc_packet *packet);
void alpc_binding_put_back(struct alpc_binding *b, u32 type);
void alpc_unbind_all(struct alpc_completion *c);

void alpc_completion_release(struct alpc_completion *c);
bool alpc_file_is_completion(const struct file *file);

#endif /* ALPC_PACKET_H */
