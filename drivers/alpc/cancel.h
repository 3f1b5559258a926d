/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cancelling requests: by who gives up waiting, and by command of either side.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_CANCEL_H
#define ALPC_CANCEL_H

#include <linux/types.h>
#include <uapi/linux/alpc.h>

struct alpc_end;
struct alpc_message;
struct alpc_work;

struct alpc_message *alpc_call_callback(const struct alpc_message *m);
void alpc_call_cancel_callback(struct alpc_message *m, struct alpc_work *work);
bool alpc_call_cancel(struct alpc_message *m, struct alpc_work *work);
struct alpc_message *alpc_sent_find(const struct alpc_end *end, u64 id);
int alpc_cancel(struct alpc_end *end, struct alpc_cancel *arg);

#endif /* ALPC_CANCEL_H */
