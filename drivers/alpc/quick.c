// SPDX-License-Identifier: GPL-2.0-only
/*
 * Quick calls: sleeping until the other end has written to a shared word.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "quick.h"

#include <linux/align.h>
#include <linux/err.h>
#include <linux/list.h>
#include <uapi/linux/alpc.h>

#include "port.h"
#include "section.h"
#include "wait.h"
#include "work.h"

/**
 * struct alpc_quick_wait - a thread that waits for a word, on its own stack
 * @waiter: the thread
 * @node: in &alpc_sections.quick of its end; port's lock
 * @section: id of the section
 * @offset: of the word in it, in bytes
 */
struct alpc_quick_wait {
	struct alpc_waiter waiter;
	struct hlist_node node;
	u32 section;
	u64 offset;
};

static struct hlist_head *alpc_quick_waits(struct alpc_sections *all, u8 kind)
{
	return &all->quick[kind == ALPC_KIND_SERVER];
}

/* Whoever created it. Return: a reference, or an error pointer. */
static struct alpc_section *alpc_quick_section(const struct alpc_end *end,
					       const struct alpc_quick *arg)
{
	struct alpc_section *sec;
	int ret = -ENOENT;

	sec = alpc_section_find(end->conn, ALPC_KIND_CLIENT, arg->section) ?:
	      alpc_section_find(end->conn, ALPC_KIND_SERVER, arg->section);
	/* The end of the connection, which takes sections away, goes first. */
	if (!sec)
		return ERR_PTR(alpc_section_conn_check(end->conn) ?: ret);
	if (arg->offset >= sec->len || !IS_ALIGNED(arg->offset, sizeof(u32)))
		ret = -EINVAL;
	else
		ret = sec->flags & ALPC_SECTION_PEER_WRITE ? 0 : -EPERM;
	if (!ret)
		return sec;
	alpc_section_put(sec);
	return ERR_PTR(ret);
}

/* Is there no other one, and room for this one? */
static int alpc_quick_add(struct hlist_head *waits, struct alpc_quick_wait *wait)
{
	struct alpc_quick_wait *other;
	unsigned int count = 0;

	hlist_for_each_entry(other, waits, node)
		if (++count == ALPC_QUICK_WAITS_MAX ||
		    (other->section == wait->section &&
		     other->offset == wait->offset))
			return -EBUSY;
	hlist_add_head(&wait->node, waits);
	return 0;
}

/*
 * Begin to wait if the word is still @value. Return: 1 if it is, and @wait is in
 * the list; 0 if it is not; or a negative errno.
 */
static int alpc_quick_begin(struct alpc_end *end, struct alpc_section *sec,
			    struct alpc_quick_wait *wait, u32 value)
{
	const u32 *word = sec->mem + wait->offset;
	int ret;

	spin_lock(&end->port->lock);
	ret = alpc_section_conn_check(end->conn);
	if (!ret && sec->deleted)
		ret = -ENOENT;
	if (!ret && READ_ONCE(*word) == value)
		ret = alpc_quick_add(alpc_quick_waits(sec->all, end->kind),
				     wait) ?: 1;
	spin_unlock(&end->port->lock);
	return ret;
}

/* Sleep. Who gives up may have been woken after all. */
static int alpc_quick_sleep(struct alpc_end *end, struct alpc_quick_wait *wait,
			    const struct alpc_deadline *deadline)
{
	bool done = true;
	int ret;

	ret = alpc_deadline_passed(deadline) ?
	      -ETIMEDOUT : alpc_sleep(&wait->waiter, deadline);
	if (ret) {
		spin_lock(&end->port->lock);
		done = alpc_waiter_is_done(&wait->waiter);
		if (!done)
			hlist_del(&wait->node);
		spin_unlock(&end->port->lock);
	}
	if (done)
		return wait->waiter.error;
	return ret == -EINTR ? alpc_interrupted(deadline) : ret;
}

/**
 * alpc_quick_wait() - sleep as long as a word is what it was
 * @end: communication port
 * @arg: as the user gave it
 *
 * Return: 0 if it was woken, or the word is another; or a negative errno.
 */
int alpc_quick_wait(struct alpc_end *end, const struct alpc_quick *arg)
{
	struct alpc_quick_wait wait = {
		.section = arg->section,
		.offset = arg->offset,
	};
	struct alpc_deadline deadline;
	struct alpc_section *sec;
	int ret;

	if (arg->flags & ~ALPC_TRANSFER_ABSTIME)
		return -EINVAL;
	ret = alpc_deadline_init(&deadline, arg->timeout,
				 arg->flags & ALPC_TRANSFER_ABSTIME);
	if (ret)
		return ret;
	sec = alpc_quick_section(end, arg);
	if (IS_ERR(sec))
		return PTR_ERR(sec);
	alpc_waiter_init(&wait.waiter, 0);
	ret = alpc_quick_begin(end, sec, &wait, arg->value);
	if (ret > 0)
		ret = alpc_quick_sleep(end, &wait, &deadline);
	alpc_section_put(sec);
	return ret;
}

/* End the waits of an end; @sec: those at it, or NULL for all. */
static void alpc_quick_fail(struct hlist_head *waits,
			    const struct alpc_section *sec, int error,
			    struct alpc_wake *wake)
{
	struct alpc_quick_wait *wait;
	struct hlist_node *next;

	hlist_for_each_entry_safe(wait, next, waits, node) {
		if (sec && wait->section != sec->id)
			continue;
		hlist_del(&wait->node);
		alpc_waiter_give(&wait->waiter, error, wake);
	}
}

/**
 * alpc_quick_fail_all() - the connection has ended
 * @conn: connection
 * @wake: collects whom to wake
 *
 * Context: port's lock held, as for alpc_waiter_give().
 */
void alpc_quick_fail_all(struct alpc_conn *conn, struct alpc_wake *wake)
{
	struct alpc_sections *all = READ_ONCE(conn->sections);

	lockdep_assert_held(&conn->port->lock);
	if (!all)
		return;
	alpc_quick_fail(&all->quick[0], NULL, -EPIPE, wake);
	alpc_quick_fail(&all->quick[1], NULL, -EPIPE, wake);
}

/**
 * alpc_quick_fail_section() - the section is deleted
 * @sec: section
 * @wake: collects whom to wake
 *
 * Context: port's lock held, as for alpc_waiter_give().
 */
void alpc_quick_fail_section(const struct alpc_section *sec,
			     struct alpc_wake *wake)
{
	alpc_quick_fail(&sec->all->quick[0], sec, -ENOENT, wake);
	alpc_quick_fail(&sec->all->quick[1], sec, -ENOENT, wake);
}

/**
 * alpc_quick_wake() - wake who waits for a word at the other end
 * @end: communication port
 * @arg: as the user gave it
 *
 * Return: 0, also if nobody waits there; or a negative errno.
 */
int alpc_quick_wake(struct alpc_end *end, const struct alpc_quick *arg)
{
	struct alpc_quick_wait *wait;
	struct alpc_section *sec;
	struct hlist_head *waits;
	struct alpc_work work;
	int ret;

	if (arg->flags || arg->timeout || arg->value)
		return -EINVAL;
	sec = alpc_quick_section(end, arg);
	if (IS_ERR(sec))
		return PTR_ERR(sec);
	waits = alpc_quick_waits(sec->all, alpc_end_peer(end)->kind);
	alpc_work_begin(&work, end->port);
	ret = alpc_section_conn_check(end->conn);
	hlist_for_each_entry(wait, waits, node) {
		if (wait->section != sec->id || wait->offset != arg->offset)
			continue;
		hlist_del(&wait->node);
		alpc_waiter_give(&wait->waiter, 0, &work.wake);
		break;
	}
	alpc_work_end(&work, end->port);
	alpc_section_put(sec);
	return ret;
}
