/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a message brings beside its data: a view, ranges, descriptors, a security
 * context.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_PARCEL_H
#define ALPC_PARCEL_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <uapi/linux/alpc.h>

#include "access.h"
#include "fds.h"
#include "message.h"
#include "wait.h"

struct alpc_clist;
struct alpc_conn;
struct alpc_end;
struct alpc_message;
struct alpc_section;
struct alpc_security_context;

/**
 * DOC: Parcels
 *
 * Most messages bring nothing but their data. One that does has a &struct
 * alpc_parcel, which it keeps when it is used again, so that a connection that
 * sends views allocates none for each.
 *
 * Who holds what a message brought: the receiver of a request, as long as the
 * request is in the table of unanswered ones. A datagram, a reply, a request
 * that nobody waits for any more and the notice of that stay in the same table
 * in state KEPT until they are released. So a view is held by exactly the side in
 * whose table its message is, and is given back when the message leaves it: by
 * the reply, by a release, or because that side is closed. Closing the sender's
 * side changes nothing about it.
 *
 * What a reply is to bring is prepared beside that of the request, which is
 * claimed meanwhile, and takes its place when the reply is sent.
 */

/* &alpc_message.brings */
#define ALPC_BRINGS_VIEW	BIT(0)
#define ALPC_BRINGS_RANGES	BIT(1)
#define ALPC_BRINGS_FDS		BIT(2)
#define ALPC_BRINGS_SECURITY	BIT(3)
/* What a receiver has until it gives it back. */
#define ALPC_BRINGS_HELD	(ALPC_BRINGS_VIEW | ALPC_BRINGS_FDS)

/**
 * struct alpc_view - a range of a section, or of a range
 * @section: a reference, or NULL
 * @offset: in bytes
 * @len: in bytes
 * @id: of the section, or number of the range
 * @flags: ALPC_VIEW_* bits
 * @inside: in a reply, a part of the request's view, of which it takes over @section
 *	when it is sent: nobody holds it
 */
struct alpc_view {
	struct alpc_section *section;
	u64 offset;
	u64 len;
	u32 id;
	u32 flags;
	bool inside;
};

/**
 * struct alpc_parcel - what a message brings beside its data
 * @view: the view
 * @grant: the ranges
 * @fds: the descriptors
 * @security: the security context; a reference; immutable once sent
 * @answer_view: view of a reply that is being prepared
 * @answer_fds: its descriptors
 *
 * &alpc_message.brings says which of it counts. Protected by the port's lock
 * from sending on; @answer_view and @answer_fds belong to the thread that has
 * claimed the request.
 */
struct alpc_parcel {
	struct alpc_view view;
	struct alpc_grant grant;
	struct alpc_fds fds;
	struct alpc_security_context *security;
	struct alpc_view answer_view;
	struct alpc_fds answer_fds;
};

/**
 * struct alpc_spent - what is not needed any more
 * @any: there is something; what follows is not initialized otherwise
 * @fds: descriptors that nobody has taken
 * @section: a reference, or NULL
 * @message: messages in a row, linked by &alpc_message.next, or NULL; a reference to
 *	each
 * @list: a list to free, or NULL
 *
 * It is collected under the port's lock, and dropped after that was released: now,
 * and not when the thread has received what comes next, as it may never come. One
 * step may spend any number of messages, and one of each of the others.
 */
struct alpc_spent {
	bool any;
	struct alpc_fds fds;
	struct alpc_section *section;
	struct alpc_message *message;
	struct alpc_clist *list;
};

void alpc_spent_add(struct alpc_spent *spent, struct alpc_message *m);
void alpc_spent_add_list(struct alpc_spent *spent, struct alpc_clist *l);
void alpc_spent_drop(struct alpc_spent *spent);

/* Must it be dropped before another step? */
static inline bool alpc_spent_is_full(const struct alpc_spent *spent)
{
	return spent->any && (spent->section || spent->fds.fd || spent->list);
}

/**
 * alpc_parcel_grants() - does a message list ranges of its sender's memory?
 * @m: message
 *
 * Whoever is answering it may be giving it its parcel, without the lock.
 *
 * Context: port's lock held.
 */
static inline bool alpc_parcel_grants(const struct alpc_message *m)
{
	const struct alpc_parcel *parcel = READ_ONCE(m->parcel);

	return parcel && parcel->grant.count;
}

/* Does who received it hold a view of the other side's memory? */
static inline bool alpc_parcel_holds_view(const struct alpc_message *m)
{
	const struct alpc_view *view = &m->parcel->view;

	return m->brings & ALPC_BRINGS_VIEW && view->section && !view->inside &&
	       !(view->flags & ALPC_VIEW_AUTO_RELEASE);
}

/**
 * alpc_parcel_is_held() - must a message that is not a request be released?
 * @m: message with a parcel
 *
 * Context: port's lock held.
 */
static inline bool alpc_parcel_is_held(const struct alpc_message *m)
{
	return m->brings & ALPC_BRINGS_FDS || alpc_parcel_holds_view(m);
}

int alpc_parcel_get(struct alpc_message *m);
int alpc_parcel_pack(struct alpc_message *m, struct alpc_end *end,
		     const struct alpc_transfer *x);
int alpc_parcel_pack_answer(struct alpc_message *m, struct alpc_end *end,
			    const struct alpc_msg *send);
void alpc_parcel_answer(struct alpc_message *m, struct alpc_spent *spent);
void alpc_parcel_drop_answer(struct alpc_message *m);
void alpc_parcel_release(struct alpc_message *m, struct alpc_spent *spent);
void alpc_parcel_not_sent(struct alpc_message *m);
void alpc_parcel_empty(struct alpc_message *m);
void alpc_parcel_describe(const struct alpc_message *m,
			  struct alpc_delivery *d);
int alpc_parcel_unpack(struct alpc_end *end, const struct alpc_delivery *d,
		       struct alpc_msg *recv, u32 *kinds);

/* Is there anything behind the first part of the argument? Rarely there is. */
static inline bool alpc_msg_brings(const struct alpc_msg *msg)
{
	const u64 *word = &msg->view_offset;

	BUILD_BUG_ON(sizeof(*msg) - offsetof(struct alpc_msg, view_offset) !=
		     5 * sizeof(*word));
	return word[0] | word[1] | word[2] | word[3] | word[4];
}

#endif /* ALPC_PARCEL_H */
