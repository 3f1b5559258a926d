/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A message on its way: its buffer, its state and its references.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_MESSAGE_H
#define ALPC_MESSAGE_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include "ident.h"

struct alpc_conn;
struct alpc_end;
struct alpc_parcel;
struct alpc_reserve;
struct alpc_user;
struct alpc_waiter;

/**
 * DOC: Messages
 *
 * A request and its reply are one object: the reply is written into the room
 * that the requester set aside, and an unanswered request that loses its caller
 * becomes the notice of that. So neither needs memory at the time it is sent.
 *
 * The states, all changed under the port's lock::
 *
 *   NEW --send--> QUEUED --receive--> PENDING --reply--> REPLYING --> DONE
 *                   |  ^                |  |  ^            |   |
 *                   |  '-----undo-------'  |  '---fails----'   '--> CANCELED
 *                   |                      |--cancel--> CANCELED --receive--> DONE
 *                   '--cancel--> DONE      '--shutdown--> DONE
 *
 *   PENDING --cancel by its receiver--> QUEUED, as the notice of that, or DONE
 *
 *   QUEUED, PENDING, CANCELED, REPLYING --> KEPT --release--> DONE
 *
 * A message that wants no reply goes from QUEUED to DONE when it is received.
 * A request without a thread that waits for it goes from REPLYING to QUEUED, as
 * a reply, in the queue of the side that made it. REPLIED is the reply to a
 * call whose thread is handling a callback.
 *
 * What brings a view or descriptors is KEPT where it would be DONE, or where a
 * request would be removed under the eyes of whoever has received it, until that
 * side gives back what it brought (parcel.h).
 *
 * CANCELED is a notice as long as @sent is linked. A request that was cancelled
 * while a thread was answering it is in no list, and is that thread's to free.
 * A callback whose thread handles another one stays in &alpc_queue.detached, then
 * and when it is KEPT.
 *
 * References. One belongs to whoever the state says: the queue, the table of
 * what is not answered or released, the thread that waits for the reply. Everybody else who
 * touches a message without the port's lock - a receiver that copies it out,
 * a replier that copies into it - holds one of its own.
 */

/* Data of up to this many bytes lie in the message itself. */
#define ALPC_MESSAGE_INLINE	256U

/**
 * enum alpc_state - where a message is
 * @ALPC_MSG_NEW: with the thread that makes it
 * @ALPC_MSG_QUEUED: in the queue of the port that it is for
 * @ALPC_MSG_PENDING: a request that was received and is not answered
 * @ALPC_MSG_REPLYING: one thread is answering it
 * @ALPC_MSG_REPLIED: answered while its caller was handling a callback
 * @ALPC_MSG_CANCELED: received, and then its caller gave up; the notice of this
 *	is in the queue, unless a thread was answering and learns it that way
 * @ALPC_MSG_KEPT: received, and what it brought is not given back
 * @ALPC_MSG_DONE: nobody finds it any more
 */
enum alpc_state {
	ALPC_MSG_NEW,
	ALPC_MSG_QUEUED,
	ALPC_MSG_PENDING,
	ALPC_MSG_REPLYING,
	ALPC_MSG_REPLIED,
	ALPC_MSG_CANCELED,
	ALPC_MSG_KEPT,
	ALPC_MSG_DONE,
};

/**
 * struct alpc_answer - a reply that is longer than the room its caller set aside
 * @user: who is charged for it; a reference
 * @len: bytes
 * @data: they
 */
struct alpc_answer {
	struct alpc_user *user;
	u32 len;
	u64 data[];
};

/**
 * struct alpc_message - a message on its way
 * @node: in &alpc_backlog.messages, or, while its caller handles a callback, in
 *	&alpc_queue.detached, else empty; protected by the port's lock
 * @sent: in &alpc_end.sent from sending until the last effect, else empty;
 *	port's lock
 * @next: while nobody finds it: in a list of messages to use again, or to drop
 * @hash: in &alpc_queue.pending of the side that has received it; port's lock
 * @from: the communication port that it was sent through; valid while @sent is
 *	linked
 * @caller: the thread that waits for the reply, if one does; port's lock
 * @sender: who sent it; immutable while others see the message
 * @replier: who answered it; port's lock, immutable once answered
 * @ref: references, see above
 * @state: &enum alpc_state; port's lock
 * @type: &enum alpc_message_type; port's lock
 * @depth: how many callbacks this one is nested in; immutable
 * @async: counts in &alpc_end.unanswered of @from, because no thread waits for
 *	it; port's lock
 * @charged: counts against the limits of the queue it lies in; port's lock
 * @detached: is in &alpc_queue.detached: a call whose thread handles a callback,
 *	or a callback or reply that such a thread could not take; port's lock
 * @called_back: callbacks were made in it; port's lock
 * @brings: ALPC_BRINGS_* bits: what of @parcel counts; port's lock
 * @flags: %ALPC_MSG_CALLBACK if it is made inside a request of the receiver's,
 *	%ALPC_MSG_IDENTITY; port's lock
 * @single: it is not kept to be used again when it is done with; immutable
 * @changes: for &alpc_identity.out_changes, if its sender's changes are noted;
 *	port's lock
 * @behind: if the queue that it lies in has a completion list: how many messages
 *	that had been given when it was queued; port's lock
 * @order: its place among what was posted to the same queue; port's lock
 * @id: names it on the receiving side; port's lock
 * @sender_id: names it on the sending side; immutable
 * @cookie: the sender's own value; immutable
 * @call: in a callback, &sender_id of the receiver's call; immutable
 * @seq: number among what @from has sent; immutable
 * @len: bytes of data; port's lock
 * @room: size of @data in bytes; immutable while others see the message
 * @data: the data; the inline buffer or memory of its own
 * @answer: a reply that was longer than @room, else NULL; immutable once
 *	answered
 * @parcel: what it brings beside data, or NULL
 * @user: who is charged for it, a reference, or NULL; immutable
 * @reserve: what it comes back to instead of being freed, or NULL; immutable
 */
struct alpc_message {
	struct list_head node;
	struct hlist_node sent;
	union {
		struct hlist_node hash;
		struct alpc_message *next;
	};
	struct alpc_end *from;
	struct alpc_waiter *caller;
	struct alpc_ident *sender;
	struct alpc_ident *replier;
	refcount_t ref;
	u8 type;
	u8 brings;
	/* From here to @flags: zero in a new message, in one store. */
	u8 state;
	u8 depth;
	bool async;
	bool charged;
	bool detached;
	bool called_back;
	u16 flags;
	bool single;
	u32 changes;
	u32 behind;
	u64 order;
	u64 id;
	u64 sender_id;
	u64 cookie;
	u64 call;
	u64 seq;
	u32 len;
	u32 room;
	void *data;
	struct alpc_answer *answer;
	struct alpc_parcel *parcel;
	struct alpc_user *user;
	struct alpc_reserve *reserve;
};

int alpc_message_cache_init(void);
void alpc_message_cache_exit(void);

struct alpc_message *alpc_message_alloc(struct alpc_message **spare,
					struct alpc_user *user, u32 room);
void alpc_message_recycle(struct alpc_message *m, struct alpc_message **spare);
bool alpc_message_reset(struct alpc_message *m);
void alpc_message_free(struct alpc_message *m);
void alpc_message_init_notice(struct alpc_message *m, struct alpc_end *from,
			      u8 type);

struct alpc_answer *alpc_answer_alloc(struct alpc_user *user, u32 len);
void alpc_answer_free(struct alpc_answer *answer);
int alpc_arg_get(void *arg, u32 ksize, u32 min_size, u32 usize,
		 const void __user *uarg);
int alpc_copy_in_some(void *to, const void __user *from, u32 len);
int alpc_copy_out_some(void __user *to, const void *from, u32 len);

/* A message whose data lie in a section has none here. */
static inline int alpc_copy_in(void *to, const void __user *from, u32 len)
{
	return len ? alpc_copy_in_some(to, from, len) : 0;
}

static inline int alpc_copy_out(void __user *to, const void *from, u32 len)
{
	return len ? alpc_copy_out_some(to, from, len) : 0;
}

static inline void *alpc_message_inline(struct alpc_message *m)
{
	return m + 1;
}

/* The data of a request that was answered. */
static inline const void *alpc_message_answer(const struct alpc_message *m)
{
	return m->answer ? m->answer->data : m->data;
}

/**
 * alpc_message_restart() - make a message that was used before a new one
 * @m: message in no list, with memory for its data
 *
 * The identities of its earlier use are still in it, for alpc_ident_renew().
 */
static inline void alpc_message_restart(struct alpc_message *m)
{
	m->caller = NULL;
	m->state = ALPC_MSG_NEW;
	m->depth = 0;
	m->async = false;
	m->charged = false;
	m->detached = false;
	m->called_back = false;
	m->flags = 0;
	m->call = 0;
	m->answer = NULL;
}

/* A call is not without a thread any more, or none is to come back for it. */
static inline void alpc_message_reattach(struct alpc_message *m)
{
	list_del_init(&m->node);
	m->detached = false;
}

/**
 * alpc_message_renew() - likewise, without memory but its own
 * @m: message as alpc_message_reset() leaves it, in no list
 */
static inline void alpc_message_renew(struct alpc_message *m)
{
	alpc_message_restart(m);
	m->room = ALPC_MESSAGE_INLINE;
	m->data = alpc_message_inline(m);
}

/**
 * alpc_message_is_clean() - is a datagram as alpc_message_reset() would leave it?
 * @m: datagram that nobody finds any more
 */
static inline bool alpc_message_is_clean(const struct alpc_message *m)
{
	if (refcount_read(&m->ref) != 1)
		return false;
	/* Pairs with the release of the last other reference. */
	smp_acquire__after_ctrl_dep();
	return m->room == ALPC_MESSAGE_INLINE && !m->parcel && !m->single;
}

/**
 * alpc_message_weight() - what a message counts for in a queue, in bytes
 * @m: message
 *
 * Return: its data; and, if it has memory of its own, all of that, because room
 * for a long reply is there from the beginning.
 */
static inline u32 alpc_message_weight(const struct alpc_message *m)
{
	return m->room > ALPC_MESSAGE_INLINE ? m->room : m->len;
}

/**
 * alpc_message_put() - drop a reference
 * @m: message
 *
 * Context: process context without a spinlock, because memory of kvmalloc()
 * may be freed.
 */
static inline void alpc_message_put(struct alpc_message *m)
{
	if (refcount_dec_and_test(&m->ref))
		alpc_message_free(m);
}

#endif /* ALPC_MESSAGE_H */
