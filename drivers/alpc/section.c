// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sections: memory that both ends of a connection map.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "section.h"

#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "inode.h"
#include "port.h"
#include "quick.h"
#include "user.h"
#include "work.h"

/* The page of release counters counts as well. */
static u64 alpc_section_charge(const struct alpc_section *sec)
{
	return sec->len + PAGE_SIZE;
}

/* Which of the two ends' figures. */
static unsigned int alpc_section_side(const struct alpc_section *sec)
{
	return sec->creator == ALPC_KIND_SERVER;
}

static struct hlist_head *alpc_sections_of(struct alpc_sections *all, u8 creator)
{
	return &all->list[creator == ALPC_KIND_SERVER];
}

static void alpc_section_uncharge_end(struct alpc_section *sec)
{
	unsigned int side = alpc_section_side(sec);

	if (!sec->all)
		return;
	atomic64_sub(sec->len, &sec->all->bytes[side]);
	atomic_dec(&sec->all->count[side]);
}

static int alpc_section_charge_end(struct alpc_section *sec,
				   const struct alpc_port *port)
{
	unsigned int side = alpc_section_side(sec);
	u64 bytes = atomic64_add_return(sec->len, &sec->all->bytes[side]);
	int count = atomic_inc_return(&sec->all->count[side]);

	if (bytes <= port->max_section_total && count <= ALPC_SECTIONS_MAX)
		return 0;
	alpc_section_uncharge_end(sec);
	return -EDQUOT;
}

static void alpc_section_free(struct alpc_section *sec)
{
	alpc_user_uncharge(sec->charged, ALPC_USER_SECTION_BYTES,
			   alpc_section_charge(sec));
	alpc_user_put(sec->owner);
	alpc_section_uncharge_end(sec);
	alpc_sections_put(sec->all);
	if (sec->inode)
		alpc_inode_put(sec->inode);
	vfree(sec->mem);
	kvfree(sec->marks);
	kfree_rcu(sec, rcu);
}

/**
 * alpc_section_put() - drop a reference
 * @sec: section, or NULL
 *
 * Context: may sleep.
 */
void alpc_section_put(struct alpc_section *sec)
{
	if (sec && refcount_dec_and_test(&sec->ref))
		alpc_section_free(sec);
}

/**
 * alpc_sections_put() - drop a reference
 * @all: the sections of a connection, or NULL
 */
void alpc_sections_put(struct alpc_sections *all)
{
	if (all && refcount_dec_and_test(&all->ref))
		kfree(all);
}

/* The sections of a connection, with a reference for a new one. */
static struct alpc_sections *alpc_sections_get(struct alpc_conn *conn)
{
	struct alpc_sections *all = READ_ONCE(conn->sections);

	if (!all) {
		all = kzalloc(sizeof(*all), GFP_KERNEL_ACCOUNT);
		if (!all)
			return NULL;
		refcount_set(&all->ref, 1);
		if (cmpxchg(&conn->sections, NULL, all)) {
			kfree(all);
			all = READ_ONCE(conn->sections);
		}
	}
	refcount_inc(&all->ref);
	return all;
}

/* Charge the memory to the calling thread's user, and to the end if there is one. */
static int alpc_section_charge_to(struct alpc_section *sec,
				  struct alpc_port *port)
{
	int ret;

	ret = sec->all ? alpc_section_charge_end(sec, port) : 0;
	if (ret)
		return ret;
	ret = alpc_user_charge_current(&sec->owner, ALPC_USER_SECTION_BYTES,
				       alpc_section_charge(sec));
	sec->charged = sec->owner;
	if (ret)
		alpc_section_uncharge_end(sec);
	return ret;
}

/* A section that nobody can find yet; without an end, nobody ever will. */
static struct alpc_section *alpc_section_alloc(struct alpc_end *end, u64 len)
{
	struct alpc_section *sec;
	int ret = -ENOMEM;

	sec = kzalloc(sizeof(*sec), GFP_KERNEL_ACCOUNT);
	if (!sec)
		return ERR_PTR(-ENOMEM);
	refcount_set(&sec->ref, 1);
	spin_lock_init(&sec->lock);
	init_rwsem(&sec->faults);
	sec->len = len;
	if (end) {
		sec->creator = end->kind;
		sec->all = alpc_sections_get(end->conn);
		if (!sec->all)
			goto err_free;
	}
	ret = alpc_section_charge_to(sec, end ? end->port : NULL);
	if (ret)
		goto err_all;
	sec->inode = alpc_inode_alloc(ALPC_KIND_CLIENT);
	if (IS_ERR(sec->inode)) {
		ret = PTR_ERR(sec->inode);
		sec->inode = NULL;
		goto err_put;
	}
	sec->mem = __vmalloc(len + PAGE_SIZE,
			     GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN |
			     __GFP_RETRY_MAYFAIL);
	if (sec->mem)
		return sec;
	ret = -ENOMEM;

err_put:
	alpc_section_put(sec);
	return ERR_PTR(ret);
err_all:
	alpc_sections_put(sec->all);
err_free:
	kfree(sec);
	return ERR_PTR(ret);
}

/**
 * alpc_section_conn_check() - can there be a section on this connection?
 * @conn: connection
 *
 * Return: 0, -ENOTCONN (not yet) or -EPIPE (not any more). Without the port's lock
 * that can change at any time.
 */
int alpc_section_conn_check(const struct alpc_conn *conn)
{
	switch (READ_ONCE(conn->state)) {
	case ALPC_STATE_OPEN:
		return 0;
	case ALPC_STATE_CONNECTING:
		return -ENOTCONN;
	default:
		return -EPIPE;
	}
}

/* Under the lock: let the section be found. */
static int alpc_section_publish(struct alpc_end *end, struct alpc_section *sec)
{
	int ret = alpc_section_conn_check(end->conn);

	lockdep_assert_held(&end->port->lock);
	if (ret)
		return ret;
	/* What has mapped a section knows it by its id for ever. */
	if (sec->all->last_id == U32_MAX)
		return -EDQUOT;
	sec->id = ++sec->all->last_id;
	hlist_add_head_rcu(&sec->node,
			   alpc_sections_of(sec->all, sec->creator));
	refcount_inc(&sec->ref);
	return 0;
}

/**
 * alpc_section_create() - create a section
 * @end: communication port that creates it
 * @len: bytes, more than 0
 * @flags: ALPC_SECTION_* bits
 *
 * Return: the section, with a reference for the caller, or an error pointer.
 */
struct alpc_section *alpc_section_create(struct alpc_end *end, u64 len,
					 u32 flags)
{
	struct alpc_port *port = end->port;
	struct alpc_section *sec;
	int ret;

	if (!port->max_section)
		return ERR_PTR(-EOPNOTSUPP);
	if (len > port->max_section)
		return ERR_PTR(-EFBIG);
	/* Before so much is allocated; it can change, and is looked at again. */
	ret = alpc_section_conn_check(end->conn);
	if (ret)
		return ERR_PTR(ret);
	sec = alpc_section_alloc(end, PAGE_ALIGN(len));
	if (IS_ERR(sec))
		return sec;
	sec->flags = flags;
	spin_lock(&port->lock);
	ret = alpc_section_publish(end, sec);
	spin_unlock(&port->lock);
	if (ret) {
		alpc_section_put(sec);
		return ERR_PTR(ret);
	}
	return sec;
}

/**
 * alpc_section_create_own() - memory of the same sort for the calling process alone
 * @len: bytes, more than 0
 *
 * It is charged to the calling thread's user, and belongs to no connection.
 *
 * Return: the section, or an error pointer: -EDQUOT, -ENOMEM.
 */
struct alpc_section *alpc_section_create_own(u64 len)
{
	return alpc_section_alloc(NULL, PAGE_ALIGN(len));
}

/**
 * alpc_section_find() - the section of that id
 * @conn: connection
 * @creator: &enum alpc_port_kind of the end that created it
 * @id: section
 *
 * Return: a reference, or NULL.
 */
struct alpc_section *alpc_section_find(struct alpc_conn *conn, u8 creator,
				       u32 id)
{
	struct alpc_sections *all = READ_ONCE(conn->sections);
	struct alpc_section *sec;

	if (!all)
		return NULL;
	rcu_read_lock();
	hlist_for_each_entry_rcu(sec, alpc_sections_of(all, creator), node)
		if (sec->id == id && refcount_inc_not_zero(&sec->ref))
			break;
	rcu_read_unlock();
	return sec;
}

/*
 * Charge who has the use of it: once it is taken out of its connection, and the
 * files of the creator's side are closed, the other side as long as that has any.
 */
static void alpc_section_settle(struct alpc_section *sec)
{
	struct alpc_user *user = sec->owner;

	lockdep_assert_held(&sec->lock);
	if (sec->deleted && !sec->own_files && sec->opener)
		user = sec->opener;
	if (user == sec->charged)
		return;
	alpc_user_uncharge(sec->charged, ALPC_USER_SECTION_BYTES,
			   alpc_section_charge(sec));
	alpc_user_charge_more(user, ALPC_USER_SECTION_BYTES,
			      alpc_section_charge(sec));
	sec->charged = user;
}

/**
 * alpc_section_own_files() - the creator's side has opened or closed a file
 * @sec: section
 * @change: 1 or -1
 */
void alpc_section_own_files(struct alpc_section *sec, int change)
{
	spin_lock(&sec->lock);
	sec->own_files += change;
	alpc_section_settle(sec);
	spin_unlock(&sec->lock);
}

/**
 * alpc_section_peer_files() - the other side has opened or closed a file
 * @sec: section
 * @change: 1 or -1
 * @user: who opens it; the reference is consumed; NULL to close it
 */
void alpc_section_peer_files(struct alpc_section *sec, int change,
			     struct alpc_user *user)
{
	spin_lock(&sec->lock);
	sec->peer_files += change;
	if (!sec->opener || !sec->peer_files)
		swap(sec->opener, user);
	alpc_section_settle(sec);
	spin_unlock(&sec->lock);
	alpc_user_put(user);
}

/* Nobody finds it any more. Return: false if that was so before. */
static bool alpc_section_unlink(struct alpc_section *sec)
{
	if (sec->deleted)
		return false;
	hlist_del_rcu(&sec->node);
	spin_lock(&sec->lock);
	sec->deleted = true;
	alpc_section_settle(sec);
	spin_unlock(&sec->lock);
	return true;
}

/**
 * alpc_section_delete() - take a section out of its connection
 * @end: communication port that created it
 * @id: section
 *
 * Return: 0 or -ENOENT.
 */
int alpc_section_delete(struct alpc_end *end, u32 id)
{
	struct alpc_section *sec;
	struct alpc_work work;
	bool unlinked;

	/* Without the lock, which all connections of the port share. */
	sec = alpc_section_find(end->conn, end->kind, id);
	if (!sec)
		return -ENOENT;
	alpc_work_begin(&work, end->port);
	unlinked = alpc_section_unlink(sec);
	if (unlinked)
		alpc_quick_fail_section(sec, &work.wake);
	alpc_work_end(&work, end->port);
	if (unlinked)
		alpc_section_put(sec);
	alpc_section_put(sec);
	return unlinked ? 0 : -ENOENT;
}

/**
 * alpc_sections_bytes() - how long all sections are that an end has created
 * @end: communication port
 */
u64 alpc_sections_bytes(const struct alpc_end *end)
{
	struct alpc_sections *all = READ_ONCE(end->conn->sections);

	return all ? atomic64_read(&all->bytes[end->kind == ALPC_KIND_SERVER]) :
		     0;
}

/**
 * alpc_sections_release() - an end is closed, and lets its sections go
 * @end: communication port
 */
void alpc_sections_release(struct alpc_end *end)
{
	struct alpc_sections *all = READ_ONCE(end->conn->sections);
	struct alpc_section *sec;

	if (!all)
		return;
	for (;;) {
		spin_lock(&end->port->lock);
		sec = hlist_entry_safe(alpc_sections_of(all, end->kind)->first,
				       struct alpc_section, node);
		if (sec)
			alpc_section_unlink(sec);
		spin_unlock(&end->port->lock);
		if (!sec)
			return;
		alpc_section_put(sec);
		cond_resched();
	}
}
