/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one operation that moves messages.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TRANSFER_H
#define ALPC_TRANSFER_H

#include <uapi/linux/alpc.h>

#include "chain.h"
#include "parcel.h"
#include "port.h"
#include "wait.h"
#include "work.h"

/**
 * DOC: Transfers
 *
 * A transfer goes through these steps; what is not asked for is left out::
 *
 *   prepare   a message is filled, or the request to answer is claimed, without
 *             the lock, because user memory is read
 *   commit    under the lock the message is posted, or the reply handed over,
 *             and in the same critical section the first message is taken or
 *             the thread put into a list of those that wait for one
 *   sleep     after looking for the result for a while
 *   finish    what was handed over is copied out, without the lock
 *
 * so a call takes the lock once on the client's side and twice on the server's,
 * and no other thread can come between a reply and the wait that follows.
 */

/* In &alpc_msg.flags of a checked message: it was written to a slot of a list. */
#define ALPC_SEND_LISTED	BIT(15)
/* Likewise: it would be, if there was room. */
#define ALPC_SEND_FALLBACK	BIT(14)

/**
 * struct alpc_op - a transfer under way, on its thread's stack
 * @end: port
 * @x: argument
 * @deadline: when to give up
 * @brings: what is sent brings more than data, see alpc_msg_brings()
 * @dontwait: fail rather than sleep, except for a reply
 * @sent: the message was posted or the reply handed over
 * @by_id: it waits for the reply to an asynchronous request
 * @plain: what is sent is queued, not put into a completion list
 * @m: message to send; ours until @sent; NULL for a datagram into a list
 * @answer: a reply longer than the room in @m, or NULL
 * @call: call whose reply is waited for; port's lock
 * @list: list that a message is written to, with %ALPC_SEND_LISTED
 * @slot: its slot there
 * @ident: who sends it, a reference, or NULL if that is @m's
 * @granted: message of a call whose receiver may touch this thread's memory; a
 *	reference, or NULL
 * @spent: what is to be dropped without the lock
 * @blocked: waiting for room, not for a message
 * @w: this thread
 * @wake: whom to wake
 * @peer: thread that the next message is likely to come from, RCU
 */
struct alpc_op {
	struct alpc_end *end;
	struct alpc_transfer *x;
	struct alpc_deadline deadline;
	bool brings;
	bool dontwait;
	bool sent;
	bool by_id;
	bool blocked;
	bool plain;
	u32 slot;
	struct alpc_clist *list;
	struct alpc_ident *ident;
	struct alpc_message *m;
	struct alpc_answer *answer;
	struct alpc_message *call;
	struct alpc_message *granted;
	struct alpc_spent spent;
	struct alpc_waiter w;
	struct alpc_wake wake;
	struct task_struct *peer;
};

void alpc_op_note_grant(struct alpc_op *op, struct alpc_message *m);

int alpc_send_fill(struct alpc_op *op, struct alpc_message *m);
int alpc_send_prepare(struct alpc_op *op);
int alpc_send_prepare_again(struct alpc_op *op);
int alpc_send_check(const struct alpc_end *end);
u32 alpc_send_room(const struct alpc_op *op);
void alpc_send_record(struct alpc_op *op, struct alpc_end *from,
		      struct alpc_queue *to);
int alpc_send_commit(struct alpc_op *op);
void alpc_send_abort(struct alpc_op *op);
void alpc_send_run(struct alpc_end *end, struct alpc_chain *run,
		   struct alpc_wake *wake);

int alpc_reply_prepare(struct alpc_op *op);
int alpc_reply_commit(struct alpc_op *op);
int alpc_release_commit(struct alpc_op *op);

int alpc_call_resume(struct alpc_op *op);

int alpc_op_check(const struct alpc_end *end, const struct alpc_transfer *x,
		  bool brings);
void alpc_op_init(struct alpc_op *op, struct alpc_end *end,
		  struct alpc_transfer *x);
int alpc_op_prepare(struct alpc_op *op);
int alpc_op_commit_send(struct alpc_op *op);
int alpc_op_run(struct alpc_op *op);
void alpc_op_abort(struct alpc_op *op);
int alpc_op_copy_out(struct alpc_end *end, const struct alpc_delivery *d,
		     struct alpc_msg *recv, u32 *kinds);

void alpc_receive_switch(struct alpc_end *end, bool on);
long alpc_transfer(struct alpc_end *end, struct alpc_transfer __user *ux,
		   bool nonblock);

/* Where to receive: attributes with their size, and no reserve. */
static inline bool alpc_msg_is_clean(const struct alpc_msg *msg)
{
	return !msg->attrs == !msg->attrs_len && !msg->reserve;
}

#endif /* ALPC_TRANSFER_H */
