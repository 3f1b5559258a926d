/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answering requests: the steps that replies and acceptances share.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_REPLY_H
#define ALPC_REPLY_H

#include "port.h"
#include "work.h"

bool alpc_request_keep(struct alpc_message *m);
void alpc_request_withdraw(struct alpc_queue *own, struct alpc_message *m,
			   struct alpc_wake *wake);
void alpc_message_remove(struct alpc_message *m, struct alpc_work *work);
struct alpc_message *alpc_request_claim(struct alpc_end *end, u64 id, u8 type,
					struct alpc_conn **conn);
int alpc_request_reject(struct alpc_end *end, u64 id);
int alpc_request_unclaim(struct alpc_end *end, struct alpc_message *m);
int alpc_request_check(const struct alpc_message *m);
void alpc_request_answer(struct alpc_queue *own, struct alpc_message *m,
			 u8 type, u32 len, struct alpc_answer *answer);
int alpc_answer_copy(struct alpc_end *end, struct alpc_message *m, u64 data,
		     u32 len, struct alpc_answer **answer);

#endif /* ALPC_REPLY_H */
