// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a message brings beside its data: a view, ranges, descriptors, a security
 * context.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "parcel.h"

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "clist.h"
#include "identity.h"
#include "port.h"
#include "reply.h"
#include "section.h"
#include "security.h"

#define ALPC_VIEW_SLOT_MASK	(~0U << ALPC_VIEW_SLOT_SHIFT)
#define ALPC_VIEW_FLAGS		(ALPC_VIEW_BODY | ALPC_VIEW_WRITE | \
				 ALPC_VIEW_AUTO_RELEASE | ALPC_VIEW_SECURE | \
				 ALPC_VIEW_RANGE | ALPC_VIEW_SLOT_MASK)

static u32 alpc_view_slot(const struct alpc_view *view)
{
	return view->flags >> ALPC_VIEW_SLOT_SHIFT;
}

/* Does it lie in something of this length? */
static bool alpc_view_fits(const struct alpc_view *view, u64 len)
{
	return view->len <= len && view->offset <= len - view->len;
}

/* What the sender is to see when it is given back, once. */
#define ALPC_VIEW_SEEN	(ALPC_VIEW_SECURE | ALPC_VIEW_SLOT_MASK)

static noinline void alpc_view_show_free(struct alpc_view *view)
{
	if (view->flags & ALPC_VIEW_SECURE)
		alpc_section_unprotect(view->section, view->offset, view->len);
	alpc_section_count_slot(view->section, alpc_view_slot(view));
	view->flags &= ~ALPC_VIEW_SEEN;
}

/*
 * The view is its sender's again. What it was a view of is kept until it is
 * emptied, as that may sleep. Context: port's lock, or nobody else has it.
 */
static inline void alpc_view_give_back(struct alpc_view *view)
{
	if (view->section && view->flags & ALPC_VIEW_SEEN)
		alpc_view_show_free(view);
}

static void alpc_view_drop(struct alpc_view *view)
{
	if (view->section) {
		alpc_view_give_back(view);
		alpc_section_put(view->section);
	}
	view->section = NULL;
	view->len = 0;
	view->inside = false;
}

static void alpc_fds_drop_any(struct alpc_fds *fds)
{
	if (unlikely(fds->fd))
		alpc_fds_drop(fds);
}

/* A view of one of the ranges. */
static int alpc_view_of_range(const struct alpc_view *view,
			      const struct alpc_grant *grant, u32 right)
{
	const struct alpc_range *range;

	if (view->flags & ~(ALPC_VIEW_RANGE | ALPC_VIEW_BODY))
		return -EINVAL;
	if (view->id >= grant->count)
		return -ENOENT;
	range = &grant->ranges[view->id];
	if (!(range->rights & right))
		return -EPERM;
	return alpc_view_fits(view, range->len) ? 0 : -EINVAL;
}

/* A view of a section that the end has created. */
static int alpc_view_of_section(struct alpc_view *view, struct alpc_conn *conn,
				u8 creator)
{
	struct alpc_section *sec;
	int ret = 0;

	if (alpc_view_slot(view) >= ALPC_SECTION_SLOTS)
		return -EINVAL;
	sec = alpc_section_find(conn, creator, view->id);
	if (!sec)
		return -ENOENT;
	if (!alpc_view_fits(view, sec->len))
		ret = -EINVAL;
	else if (view->len > conn->port->max_view)
		ret = -EFBIG;
	else if (view->flags & ALPC_VIEW_WRITE &&
		 !(sec->flags & ALPC_SECTION_PEER_WRITE))
		ret = -EPERM;
	else if (view->flags & ALPC_VIEW_SECURE)
		ret = PAGE_ALIGNED(view->offset | view->len) ?
		      alpc_section_protect(sec, view->offset, view->len) :
		      -EINVAL;
	if (ret) {
		alpc_section_put(sec);
		return ret;
	}
	view->section = sec;
	return 0;
}

static int alpc_view_read(struct alpc_view *view, const struct alpc_msg *send)
{
	const u32 fleeting = ALPC_VIEW_SECURE | ALPC_VIEW_AUTO_RELEASE;

	if (send->view_flags & ~ALPC_VIEW_FLAGS ||
	    (!send->view_len &&
	     (send->view_offset | send->section | send->view_flags)))
		return -EINVAL;
	/* It would be over before its receiver is told that it is secure. */
	if ((send->view_flags & fleeting) == fleeting)
		return -EINVAL;
	view->section = NULL;
	view->offset = send->view_offset;
	view->len = send->view_len;
	view->id = send->section;
	view->flags = send->view_flags;
	view->inside = false;
	return 0;
}

static int alpc_attrs_read(struct alpc_attrs *attrs, const struct alpc_msg *msg)
{
	BUILD_BUG_ON(sizeof(*attrs) != 48);
	if (!msg->attrs) {
		memset(attrs, 0, sizeof(*attrs));
		return 0;
	}
	return alpc_arg_get(attrs, sizeof(*attrs),
			    offsetofend(struct alpc_attrs, __reserved),
			    msg->attrs_len, u64_to_user_ptr(msg->attrs));
}

/* Memory for what a message or its reply brings: 0, also if it has it, or -ENOMEM. */
int alpc_parcel_get(struct alpc_message *m)
{
	struct alpc_parcel *parcel;

	if (m->parcel)
		return 0;
	parcel = kzalloc(sizeof(*parcel), GFP_KERNEL_ACCOUNT);
	if (!parcel)
		return -ENOMEM;
	/* Pairs with alpc_parcel_grants(): who sees it sees that it is empty. */
	smp_store_release(&m->parcel, parcel);
	return 0;
}

/* What may be sent at all, and ranges by a call only. */
static int alpc_attrs_check(const struct alpc_attrs *attrs, bool call)
{
	if (attrs->fd_kinds || attrs->out_fds_dropped || attrs->identity ||
	    attrs->__reserved || (attrs->range_count && !call) ||
	    !attrs->ranges != !attrs->range_count ||
	    !attrs->fds != !attrs->fd_count)
		return -EINVAL;
	return 0;
}

static int alpc_pack_view(struct alpc_message *m, struct alpc_end *end,
			  const struct alpc_msg *send, bool datagram)
{
	struct alpc_view *view = &m->parcel->view;
	int ret = alpc_view_read(view, send);

	if (ret || !view->len)
		return ret;
	if (view->flags & (datagram ? ALPC_VIEW_WRITE : ALPC_VIEW_AUTO_RELEASE))
		return -EINVAL;
	if (view->flags & ALPC_VIEW_RANGE)
		ret = alpc_view_of_range(view, &m->parcel->grant,
					 ALPC_RANGE_READ);
	else
		ret = alpc_view_of_section(view, end->conn, end->kind);
	if (ret)
		view->len = 0;
	else
		m->brings |= ALPC_BRINGS_VIEW;
	return ret;
}

static int alpc_pack_security(struct alpc_message *m, struct alpc_end *end,
			      u32 id)
{
	struct alpc_security_context *sec = alpc_security_get(end, id);

	if (IS_ERR(sec))
		return PTR_ERR(sec);
	m->parcel->security = sec;
	m->brings |= ALPC_BRINGS_SECURITY;
	return 0;
}

/* The ranges, which the view may be one of, and everything else. */
static noinline int alpc_pack_attrs(struct alpc_message *m,
				    struct alpc_end *end,
				    const struct alpc_msg *send, bool call)
{
	struct alpc_attrs attrs;
	int ret;

	ret = alpc_attrs_read(&attrs, send) ?: alpc_attrs_check(&attrs, call);
	if (!ret && attrs.range_count && end->port->no_ranges)
		ret = -EOPNOTSUPP;
	if (!ret && attrs.range_count) {
		ret = alpc_grant_make(&m->parcel->grant, &attrs);
		if (!ret)
			m->brings |= ALPC_BRINGS_RANGES;
	}
	if (!ret && attrs.fd_count) {
		ret = alpc_fds_capture(&m->parcel->fds, &attrs);
		if (!ret)
			m->brings |= ALPC_BRINGS_FDS;
	}
	if (!ret && attrs.security)
		ret = alpc_pack_security(m, end, attrs.security);
	return ret;
}

/**
 * alpc_parcel_pack() - put into a new message what it is to bring
 * @m: message that nobody else has
 * @end: communication port that sends it
 * @x: argument
 *
 * Return: 0 or an error of &struct alpc_transfer; then what was put into it is
 * dropped with it.
 */
int alpc_parcel_pack(struct alpc_message *m, struct alpc_end *end,
		     const struct alpc_transfer *x)
{
	const struct alpc_msg *send = &x->send;
	int ret;

	/* Whose section is meant is not known before the message is sent. */
	if (!end->conn)
		return -EOPNOTSUPP;
	ret = alpc_parcel_get(m);
	if (!ret && unlikely(send->attrs))
		ret = alpc_pack_attrs(m, end, send, send->flags &&
				      (x->flags & ALPC_TRANSFER_WAIT));
	return ret ?: alpc_pack_view(m, end, send, !send->flags);
}

/* The connection of a claimed request: a reference, or NULL if it has ended. */
static struct alpc_conn *alpc_answer_conn(struct alpc_message *m,
					  struct alpc_end *end)
{
	struct alpc_conn *conn = NULL;

	spin_lock(&end->port->lock);
	if (!alpc_request_check(m))
		conn = alpc_conn_get(m->from->conn);
	spin_unlock(&end->port->lock);
	return conn;
}

/* A view of a section that the answering side has created. */
static noinline int alpc_answer_with_section(struct alpc_message *m,
					     struct alpc_end *end,
					     struct alpc_view *view)
{
	struct alpc_conn *conn = alpc_answer_conn(m, end);
	bool client = end->kind == ALPC_KIND_CLIENT;
	int ret;

	if (!conn)
		return -EPIPE;
	ret = alpc_view_of_section(view, conn, client ? ALPC_KIND_CLIENT :
							ALPC_KIND_SERVER);
	alpc_conn_put(conn);
	return ret;
}

/* A part of the view that the request brought, whose reference becomes the reply's. */
static int alpc_answer_inside(const struct alpc_view *asked,
			      struct alpc_view *view)
{
	if (view->flags & ~ALPC_VIEW_BODY || view->offset < asked->offset ||
	    view->len > asked->len ||
	    view->offset - asked->offset > asked->len - view->len)
		return -EINVAL;
	if (!(asked->flags & ALPC_VIEW_WRITE))
		return -EPERM;
	view->inside = true;
	return 0;
}

/* The view of a reply: inside that of the request, or of a section. */
static int alpc_pack_answer_view(struct alpc_message *m, struct alpc_end *end,
				 const struct alpc_msg *send)
{
	struct alpc_view *view = &m->parcel->answer_view;
	struct alpc_view *asked = &m->parcel->view;
	int ret = alpc_view_read(view, send);
	u8 brings;

	if (ret || !view->len)
		return ret;
	/*
	 * That the request brings a view does not change while it is claimed. Another
	 * bit may, under the lock: a thread that received it wants no descriptors.
	 */
	brings = data_race(READ_ONCE(m->brings));
	if (view->flags & ALPC_VIEW_WRITE)
		ret = -EINVAL;
	else if (view->flags & ALPC_VIEW_RANGE)
		ret = alpc_view_of_range(view, &m->parcel->grant,
					 ALPC_RANGE_WRITE);
	else if (brings & ALPC_BRINGS_VIEW && asked->section &&
		 asked->id == view->id)
		ret = alpc_answer_inside(asked, view);
	else
		ret = alpc_answer_with_section(m, end, view);
	if (ret)
		view->len = 0;
	return ret;
}

/**
 * alpc_parcel_drop_answer() - the reply is not sent
 * @m: claimed request with a parcel
 */
void alpc_parcel_drop_answer(struct alpc_message *m)
{
	struct alpc_parcel *parcel = m->parcel;

	parcel->answer_view.flags &= ~ALPC_VIEW_SLOT_MASK;
	alpc_view_drop(&parcel->answer_view);
	alpc_fds_drop_any(&parcel->answer_fds);
}

static noinline int alpc_pack_answer_attrs(struct alpc_message *m,
					   const struct alpc_msg *send)
{
	struct alpc_attrs attrs;
	int ret;

	ret = alpc_attrs_read(&attrs, send) ?: alpc_attrs_check(&attrs, false);
	/* A reply is from who sends it, and nobody acts on it. */
	if (!ret && attrs.security)
		ret = -EINVAL;
	if (!ret && attrs.fd_count)
		ret = alpc_fds_capture(&m->parcel->answer_fds, &attrs);
	return ret;
}

/**
 * alpc_parcel_pack_answer() - prepare what a reply is to bring
 * @m: request that the calling thread has claimed
 * @end: port that it replies through
 * @send: argument
 *
 * Return: 0 or an error of &struct alpc_transfer; then nothing is prepared. After
 * 0 alpc_parcel_answer() or alpc_parcel_drop_answer() must follow.
 */
int alpc_parcel_pack_answer(struct alpc_message *m, struct alpc_end *end,
			    const struct alpc_msg *send)
{
	int ret = alpc_parcel_get(m);

	if (ret)
		return ret;
	if (unlikely(send->attrs))
		ret = alpc_pack_answer_attrs(m, send);
	if (!ret)
		ret = alpc_pack_answer_view(m, end, send);
	if (ret)
		alpc_parcel_drop_answer(m);
	return ret;
}

static void alpc_spent_begin(struct alpc_spent *spent)
{
	if (!spent->any)
		*spent = (struct alpc_spent){ .any = true };
}

/**
 * alpc_spent_add() - have a message dropped
 * @spent: what is to be dropped
 * @m: message that nobody finds any more; the caller's reference is consumed
 */
void alpc_spent_add(struct alpc_spent *spent, struct alpc_message *m)
{
	alpc_spent_begin(spent);
	m->next = spent->message;
	spent->message = m;
}

/**
 * alpc_spent_add_list() - have a completion list freed
 * @spent: what is to be dropped
 * @l: list that nobody finds or writes to any more
 */
void alpc_spent_add_list(struct alpc_spent *spent, struct alpc_clist *l)
{
	alpc_spent_begin(spent);
	spent->list = l;
}

/**
 * alpc_spent_drop() - drop what is not needed any more
 * @spent: with something in it; empty afterwards
 *
 * Context: may sleep.
 */
void alpc_spent_drop(struct alpc_spent *spent)
{
	struct alpc_message *m, *next;

	alpc_fds_drop_any(&spent->fds);
	alpc_section_put(spent->section);
	for (m = spent->message; m; m = next) {
		next = m->next;
		alpc_message_put(m);
	}
	if (spent->list)
		alpc_clist_free(spent->list);
	spent->any = false;
}

/* Have the section of a view that was given back dropped. */
static void alpc_view_spend(struct alpc_view *view, struct alpc_spent *spent)
{
	if (!view->section)
		return;
	alpc_spent_begin(spent);
	swap(spent->section, view->section);
}

/* Have the descriptors dropped. */
static void alpc_fds_spend(struct alpc_fds *fds, struct alpc_spent *spent)
{
	if (likely(!fds->fd))
		return;
	alpc_spent_begin(spent);
	swap(spent->fds, *fds);
}

/* The view of a reply takes the place of that of the request. */
static void alpc_view_answer(struct alpc_view *view, struct alpc_view *answer,
			     struct alpc_spent *spent)
{
	alpc_view_give_back(view);
	if (!answer->inside) {
		swap(*view, *answer);
		alpc_view_spend(answer, spent);
		return;
	}
	answer->inside = false;
	view->offset = answer->offset;
	view->len = answer->len;
	view->flags = answer->flags;
	view->inside = true;
}

/**
 * alpc_parcel_answer() - a request becomes its reply, and brings what that does
 * @m: message with a parcel
 * @spent: gets what the request has brought, without what was taken
 *
 * Its section stays if the reply lies in it. Context: port's lock held.
 */
void alpc_parcel_answer(struct alpc_message *m, struct alpc_spent *spent)
{
	struct alpc_parcel *parcel = m->parcel;

	alpc_view_answer(&parcel->view, &parcel->answer_view, spent);
	alpc_fds_spend(&parcel->fds, spent);
	m->brings = parcel->view.len ? ALPC_BRINGS_VIEW : 0;
	if (likely(!parcel->answer_fds.fd))
		return;
	swap(parcel->fds, parcel->answer_fds);
	m->brings |= ALPC_BRINGS_FDS;
}

/**
 * alpc_parcel_release() - who received a message needs no more what it brought
 * @m: message
 * @spent: gets it, without what was taken
 *
 * The ranges and the security context stay. Context: port's lock held.
 */
void alpc_parcel_release(struct alpc_message *m, struct alpc_spent *spent)
{
	struct alpc_parcel *parcel = m->parcel;

	alpc_view_give_back(&parcel->view);
	alpc_view_spend(&parcel->view, spent);
	alpc_fds_spend(&parcel->fds, spent);
	m->brings &= ~ALPC_BRINGS_HELD;
}

/**
 * alpc_parcel_not_sent() - the sender hears from the error that its view is free
 * @m: message with a parcel that nobody has received
 *
 * It can be written to as soon as the sender hears of it, which may be before the
 * message is dropped. Context: port's lock held, or nobody else has the message.
 */
void alpc_parcel_not_sent(struct alpc_message *m)
{
	m->parcel->view.flags &= ~ALPC_VIEW_SLOT_MASK;
	alpc_view_give_back(&m->parcel->view);
}

/**
 * alpc_parcel_empty() - drop what a message brought
 * @m: message with a parcel, which nobody finds any more
 *
 * Context: may sleep.
 */
void alpc_parcel_empty(struct alpc_message *m)
{
	struct alpc_parcel *parcel = m->parcel;

	alpc_view_drop(&parcel->view);
	alpc_view_drop(&parcel->answer_view);
	if (unlikely(parcel->grant.mm))
		alpc_grant_drop(&parcel->grant);
	alpc_fds_drop_any(&parcel->fds);
	alpc_fds_drop_any(&parcel->answer_fds);
	if (unlikely(parcel->security)) {
		alpc_security_put(parcel->security);
		parcel->security = NULL;
	}
	m->brings = 0;
}

/**
 * alpc_parcel_describe() - say what a message brings
 * @m: message with a parcel
 * @d: delivery
 *
 * Context: port's lock held.
 */
void alpc_parcel_describe(const struct alpc_message *m, struct alpc_delivery *d)
{
	const struct alpc_view *view = &m->parcel->view;

	if (m->brings & ALPC_BRINGS_VIEW) {
		d->view_offset = view->offset;
		d->view_len = view->len;
		d->section = view->id;
		d->view_flags = view->flags & ~ALPC_VIEW_SLOT_MASK;
	}
	d->holds_view = alpc_parcel_holds_view(m);
	if (likely(!(m->brings & ~ALPC_BRINGS_VIEW)))
		return;
	if (m->brings & ALPC_BRINGS_RANGES)
		d->flags |= ALPC_MSG_RANGES;
	if (m->brings & ALPC_BRINGS_FDS)
		d->flags |= ALPC_MSG_FDS;
	if (m->brings & ALPC_BRINGS_SECURITY)
		d->flags |= ALPC_MSG_SECURITY;
}

/**
 * alpc_parcel_unpack() - tell the receiver what came beside the data
 * @end: port that the receiver used
 * @d: delivery
 * @recv: the receiver's argument, filled in
 * @kinds: gets the kinds of descriptor that are wanted
 *
 * Return: 0, or an error after which nothing has been received.
 */
int alpc_parcel_unpack(struct alpc_end *end, const struct alpc_delivery *d,
		       struct alpc_msg *recv, u32 *kinds)
{
	struct alpc_parcel *parcel = d->msg->parcel;
	struct alpc_attrs attrs;
	int ret;

	ret = alpc_attrs_read(&attrs, recv);
	if (ret)
		return ret;
	if (attrs.fds || attrs.fd_kinds & ~ALPC_FD_ANY || attrs.security ||
	    attrs.__reserved)
		return -EINVAL;
	attrs.fd_count = 0;
	attrs.out_fds_dropped = 0;
	if (d->flags & ALPC_MSG_RANGES)
		ret = alpc_grant_describe(&parcel->grant, &attrs);
	else
		attrs.range_count = 0;
	if (ret)
		return ret;
	if (d->flags & ALPC_MSG_FDS) {
		ret = alpc_fds_count(end, d->msg, &attrs, kinds);
		if (ret)
			return ret;
		if (!attrs.fd_count)
			recv->flags &= ~ALPC_MSG_FDS;
		/* Those that are not wanted need not be released. */
		if (!attrs.fd_count && !d->holds_view)
			recv->flags &= ~ALPC_MSG_HELD;
		if (attrs.out_fds_dropped)
			recv->flags |= ALPC_MSG_FDS_DROPPED;
	}
	if (d->flags & ALPC_MSG_SECURITY)
		alpc_identity_override(d, recv);
	if (attrs.identity) {
		ret = alpc_identity_receive(end, d, attrs.identity);
		if (ret)
			return ret;
	}
	if (!recv->attrs)
		return 0;
	return copy_to_user(u64_to_user_ptr(recv->attrs), &attrs,
			    min_t(u32, recv->attrs_len, sizeof(attrs))) ?
	       -EFAULT : 0;
}
