/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sections: memory that both ends of a connection map.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_SECTION_H
#define ALPC_SECTION_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct alpc_conn;
struct alpc_end;
struct alpc_user;
struct file;
struct inode;

/**
 * DOC: Sections
 *
 * A section is kernel memory, allocated as a whole when it is created: from then
 * on no fault on it can fail for want of memory, and nobody can take it away. It
 * is mapped as page frame numbers, so that nobody can pin its pages either (but
 * KVM before 6.13): otherwise a page that was pinned before could be written while
 * a secure view of it is held. What keeps the memory are the references of the section: one
 * for the connection until the end that created it is closed, one for each file
 * (and so each mapping), one for each view on its way or held.
 *
 * Each mapping belongs to one of two sides, by the file it was made from. The
 * creator's files have an inode of their own, so that all mappings of that side,
 * in whatever process, are found in its address space, and a secure view can
 * take them away. The order is:
 *
 *   protect   mark the pages, wait for faults that have not seen the marks, and
 *             then unmap the pages: a fault that comes later does see them
 *   fault     under the semaphore: look at the marks and insert the page,
 *             writable or not
 *
 * A page that was inserted read-only is never made writable in place: the core
 * would do that after it has asked, and cannot tell an entry that was inserted
 * again meanwhile from the one that it asked about. It is unmapped instead, and
 * the fault that follows inserts it.
 */

/**
 * struct alpc_sections - the sections of one connection
 * @ref: one for the connection, one for each section
 * @list: those of the client and of the server that can be found; changed under
 *	the port's lock, RCU
 * @last_id: last id given out; port's lock
 * @bytes: of the client's and of the server's sections, until they are freed
 * @count: how many these are
 * @quick: threads of the client and of the server that wait for words of any of
 *	them (quick.c); port's lock
 */
struct alpc_sections {
	refcount_t ref;
	struct hlist_head list[2];
	u32 last_id;
	atomic64_t bytes[2];
	atomic_t count[2];
	struct hlist_head quick[2];
};

/**
 * struct alpc_section - memory that both ends of a connection map
 * @ref: see above
 * @id: unique on the connection; immutable
 * @creator: &enum alpc_port_kind of the end that created it; immutable
 * @flags: ALPC_SECTION_* bits; immutable
 * @all: the sections of its connection; a reference, or NULL for the memory of a
 *	completion list, which belongs to no connection; immutable
 * @node: in &alpc_sections.list; changed under the port's lock, RCU
 * @len: length in bytes, whole pages; immutable
 * @mem: the memory, and behind it the page of release counters; immutable
 * @inode: of the files of the creator's side; a reference; immutable
 * @lock: protects the rest
 * @deleted: it is not in the list any more, and nobody can send views of it
 * @own_files: files of the creator's side
 * @peer_files: files of the other side
 * @owner: user of the thread that created it; a reference; immutable
 * @opener: while there are @peer_files, user who opened the first of them; a
 *	reference, else NULL
 * @charged: who of these two is charged
 * @marks: pages that secure views protect, one bit each; NULL until there was one:
 *	cmpxchg(), READ_ONCE(); the bits are also read without the lock, by faults
 * @faults: held for reading by faults of the creator's side
 * @rcu: for freeing
 */
struct alpc_section {
	refcount_t ref;
	u32 id;
	u8 creator;
	u32 flags;
	struct alpc_sections *all;
	struct hlist_node node;
	u64 len;
	void *mem;
	struct inode *inode;
	spinlock_t lock;	/* what follows */
	bool deleted;
	u32 own_files;
	u32 peer_files;
	struct alpc_user *owner;
	struct alpc_user *opener;
	struct alpc_user *charged;
	unsigned long *marks;
	struct rw_semaphore faults;
	struct rcu_head rcu;
};

int alpc_section_conn_check(const struct alpc_conn *conn);
struct alpc_section *alpc_section_create(struct alpc_end *end, u64 len,
					 u32 flags);
struct alpc_section *alpc_section_create_own(u64 len);
struct alpc_section *alpc_section_find(struct alpc_conn *conn, u8 creator,
				       u32 id);
int alpc_section_delete(struct alpc_end *end, u32 id);
void alpc_sections_release(struct alpc_end *end);
u64 alpc_sections_bytes(const struct alpc_end *end);
void alpc_sections_put(struct alpc_sections *all);
void alpc_section_put(struct alpc_section *sec);
void alpc_section_own_files(struct alpc_section *sec, int change);
void alpc_section_peer_files(struct alpc_section *sec, int change,
			     struct alpc_user *user);

struct file *alpc_section_open(struct alpc_section *sec, bool own,
			       struct inode *comm);

int alpc_section_protect(struct alpc_section *sec, u64 offset, u64 len);
void alpc_section_unprotect(struct alpc_section *sec, u64 offset, u64 len);
void alpc_section_count_slot(struct alpc_section *sec, u32 slot);

static inline struct alpc_section *alpc_section_get(struct alpc_section *sec)
{
	refcount_inc(&sec->ref);
	return sec;
}

#endif /* ALPC_SECTION_H */
