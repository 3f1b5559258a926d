/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Completion lists: messages go to the process's memory without being received.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_CLIST_H
#define ALPC_CLIST_H

#include <linux/types.h>
#include <uapi/linux/alpc.h>

#include "queue.h"
#include "slots.h"

struct alpc_end;
struct alpc_ident;
struct alpc_message;
struct alpc_op;
struct alpc_section;
struct alpc_vector;
struct cred;
struct pid;

/**
 * DOC: Completion lists
 *
 * A queue may have a list (&alpc_queue.list). A message goes into it in two steps. A
 * slot is taken under the port's lock, and the data are copied into it from the
 * sender's memory without; then it is described and made visible under the lock. A
 * datagram needs no &struct alpc_message. A request has one, which is in the table of
 * unanswered ones as if it had been received.
 *
 * Order. What comes through one port is received in the order in which it was sent,
 * also where some of it is queued, if list and queue are read as the interface
 * says. There are two sides to it:
 *
 * - While anything of a sender waits in the queue, what it sends is queued. That is
 *   decided when the message is sent, under the lock that gives it its number.
 * - A message in the queue knows how many were in the list before it
 *   (&alpc_message.behind), and is not received before the process says (@head) that
 *   it has taken these: receiving fails with -ENOMSG instead. What was put into the
 *   list later does not hold it up, so a list that is never empty starves nobody.
 *
 * Who fills the list. What finds no slot is queued, and is dearer for both sides; as all
 * that follows is queued then, a sender that is faster than the process would never
 * find back. So who has had its share of the list (alpc_clist_holds()) has one message
 * in the queue, and waits until that is received. Others queue theirs as usual. What
 * counts are the last messages that all have put in, as many as there are slots or
 * twice that: who sends little for a long time has not filled the list.
 *
 * Who waits is woken by what is put in, one thread for each message, as by what is
 * queued. What is queued before those have run sends all others away as well: handed
 * to one of them it would overtake. Pollers are woken if the process asked for it in
 * @sleeping, or the last poll found nothing (@armed).
 *
 * Lifetime. The list belongs to its queue until it is deleted, or the port's file
 * closed. Who writes to a slot then finds out when it takes the lock again; the last
 * of these frees the list. Its memory is a section's, with which it is shared by
 * the files and mappings.
 */

/* Longer replies are queued: they are copied under the lock. */
#define ALPC_CLIST_REPLY_MAX	4096U

/* Slots that one end may have half written; it is counted in a byte. */
#define ALPC_CLIST_WRITING_MAX	128U

/**
 * struct alpc_clist - a completion list
 * @slots: whose each slot is
 * @section: the memory; a reference; immutable
 * @slot_len: bytes of data that a slot holds; immutable
 * @slot_size: distance of two slots in bytes; immutable
 * @first: where the first slot is; immutable
 * @number: how many lists the queue has had by then, this one counted; immutable
 * @share: so many slots may be half written by one end; immutable
 * @writing: so many are, by all
 * @dead: it does not belong to its queue any more
 * @armed: a poller was told that there is nothing
 * @since: &alpc_queue.last_order when it was made: what was queued before is not
 *	behind anything in the list
 * @pid: thread that made it, whose pid namespace counts; a reference; immutable
 * @cred: its credentials, whose user namespace counts; a reference; immutable
 *
 * All else is protected by the port's lock.
 */
struct alpc_clist {
	struct alpc_slots slots;
	struct alpc_section *section;
	u32 slot_len;
	u32 slot_size;
	void *first;
	u32 number;
	u32 share;
	u32 writing;
	bool dead;
	bool armed;
	u64 since;
	struct pid *pid;
	const struct cred *cred;
};

struct alpc_clist *alpc_clist_alloc(const struct alpc_end *end, u32 slots,
				    u32 slot_len);
void alpc_clist_free(struct alpc_clist *l);
int alpc_clist_attach(struct alpc_end *end, struct alpc_clist *l);
int alpc_clist_delete(struct alpc_end *end);

int alpc_clist_check(const struct alpc_queue *q);
bool alpc_clist_poll(struct alpc_clist *l);
void alpc_clist_pass_on(struct alpc_end *end);
void alpc_clist_queued(struct alpc_clist *l);
bool alpc_clist_state(struct alpc_end *end, u32 *slots, u32 *unread);

bool alpc_clist_holds(const struct alpc_end *end);
int alpc_clist_prepare(struct alpc_op *op);
int alpc_clist_commit(struct alpc_op *op);
bool alpc_clist_reply(struct alpc_op *op, struct alpc_message *m);
int alpc_clist_send_some(struct alpc_op *op, struct alpc_vector *v);

/* Where a message of that end goes if it can, or NULL. A hint without the lock. */
static inline struct alpc_clist *alpc_clist_of(const struct alpc_queue *q)
{
	return READ_ONCE(q->list);
}

#endif /* ALPC_CLIST_H */
