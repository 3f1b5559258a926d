// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading and writing the memory of a caller, by its consent.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "access.h"

#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "parcel.h"
#include "port.h"

/*
 * Pages that are looked up at a time: more make that no cheaper. And pages that
 * are copied at a time: what a caller may have to wait for, see access.h.
 */
#define ALPC_ACCESS_BATCH	32
#define ALPC_ACCESS_COPY	16

/* So many parts need no memory. */
#define ALPC_ACCESS_PARTS_FEW	4

/* So often in a row may memory that was brought in be gone again. */
#define ALPC_ACCESS_TRIES	16

#define ALPC_RANGE_RIGHTS	(ALPC_RANGE_READ | ALPC_RANGE_WRITE)

static int alpc_range_check(const struct alpc_range *range)
{
	u64 end;

	if (!range->len || !range->rights || range->__reserved ||
	    range->rights & ~ALPC_RANGE_RIGHTS ||
	    check_add_overflow(range->address, range->len, &end))
		return -EINVAL;
	return end > TASK_SIZE_MAX ? -EFAULT : 0;
}

/**
 * alpc_grant_make() - let the receiver of a call touch memory of this process
 * @grant: empty
 * @attrs: the calling thread's, with at least one range
 *
 * Context: the thread that calls.
 *
 * Return: 0, -EINVAL, -EFAULT or -ENOMEM, and then @grant is still empty.
 */
int alpc_grant_make(struct alpc_grant *grant, const struct alpc_attrs *attrs)
{
	u32 i, count = attrs->range_count;
	struct alpc_range *ranges;
	int ret = 0;

	BUILD_BUG_ON(sizeof(*ranges) != 24);
	if (count > ALPC_RANGES_MAX)
		return -EINVAL;
	ranges = kmalloc_array(count, sizeof(*ranges), GFP_KERNEL_ACCOUNT);
	if (!ranges)
		return -ENOMEM;
	if (copy_from_user(ranges, u64_to_user_ptr(attrs->ranges),
			   count * sizeof(*ranges)))
		ret = -EFAULT;
	for (i = 0; i < count && !ret; i++)
		ret = alpc_range_check(&ranges[i]);
	if (ret) {
		kfree(ranges);
		return ret;
	}
	mmgrab(current->mm);
	grant->mm = current->mm;
	grant->count = count;
	grant->ranges = ranges;
	atomic_set(&grant->users, 0);
	return 0;
}

/**
 * alpc_grant_drop() - forget what was granted
 * @grant: no access uses it any more; may be empty
 *
 * Context: may sleep.
 */
void alpc_grant_drop(struct alpc_grant *grant)
{
	if (!grant->mm)
		return;
	mmdrop(grant->mm);
	kfree(grant->ranges);
	grant->mm = NULL;
	grant->count = 0;
	grant->ranges = NULL;
}

/**
 * alpc_grant_wait() - see to it that nobody touches this thread's memory
 * @grant: of a call that is over, or that its thread has come back from
 *
 * It is a wait as for a spinlock: users cannot be descheduled.
 */
void alpc_grant_wait(struct alpc_grant *grant)
{
	/* Pairs with the release in alpc_access_leave(). */
	while (atomic_read_acquire(&grant->users))
		cpu_relax();
}

/**
 * alpc_grant_describe() - tell a receiver which ranges came
 * @grant: of the request that it receives
 * @attrs: its attributes; the count is put into them
 *
 * Return: 0 or -EFAULT.
 */
int alpc_grant_describe(const struct alpc_grant *grant,
			struct alpc_attrs *attrs)
{
	struct alpc_range __user *to = u64_to_user_ptr(attrs->ranges);
	u32 i, room = to ? min(attrs->range_count, grant->count) : 0;

	for (i = 0; i < room; i++) {
		struct alpc_range range = grant->ranges[i];

		/* Where it lies is nobody else's business. */
		range.address = 0;
		if (copy_to_user(&to[i], &range, sizeof(range)))
			return -EFAULT;
	}
	attrs->range_count = grant->count;
	return 0;
}

static const struct alpc_range *
alpc_grant_range(const struct alpc_grant *grant,
		 const struct alpc_access_part *part)
{
	return &grant->ranges[array_index_nospec(part->range, grant->count)];
}

/**
 * alpc_grant_check() - does it allow all parts of an access?
 * @grant: what is granted
 * @part: parts
 * @count: how many
 * @right: ALPC_RANGE_* bit that the access takes
 *
 * Return: 0, -EINVAL, -ENOENT, -EPERM, or -EFAULT for an address that cannot be
 * the receiver's.
 */
int alpc_grant_check(const struct alpc_grant *grant,
		     const struct alpc_access_part *part, u32 count, u32 right)
{
	const struct alpc_range *range;

	/*
	 * All of them together are not too long to count: there are few, and
	 * each is no longer than an address space.
	 */
	for (; count; count--, part++) {
		if (part->__reserved)
			return -EINVAL;
		if (part->range >= grant->count)
			return -ENOENT;
		range = alpc_grant_range(grant, part);
		if (!(range->rights & right))
			return -EPERM;
		if (part->len > range->len ||
		    part->offset > range->len - part->len)
			return -EINVAL;
		if (!access_ok(u64_to_user_ptr(part->address), part->len))
			return -EFAULT;
	}
	return 0;
}

/* May its memory be touched? Context: port's lock held. */
static int alpc_access_state(const struct alpc_message *m)
{
	switch (m->state) {
	case ALPC_MSG_PENDING:
		return 0;
	case ALPC_MSG_CANCELED:
		return -ECANCELED;
	default:
		return -ESRCH;
	}
}

/**
 * alpc_access_find() - the request whose caller's memory is meant
 * @end: port
 * @id: request
 *
 * Return: the request with a reference, or an error pointer: -ESRCH, -ECANCELED,
 * or -ENOENT if it lists no ranges.
 */
struct alpc_message *alpc_access_find(struct alpc_end *end, u64 id)
{
	struct alpc_message *m;
	int ret = -ESRCH;

	spin_lock(&end->port->lock);
	m = alpc_pending_find(&end->own->pending, id);
	if (m && m->type == ALPC_REQUEST &&
	    (!end->conn || m->from->conn == end->conn))
		ret = alpc_access_state(m);
	if (!ret && !(m->brings & ALPC_BRINGS_RANGES))
		ret = -ENOENT;
	if (!ret)
		refcount_inc(&m->ref);
	spin_unlock(&end->port->lock);
	return ret ? ERR_PTR(ret) : m;
}

/**
 * alpc_access_enter() - begin to touch the memory of a caller
 * @end: port
 * @m: request found with alpc_access_find()
 *
 * After success, and until alpc_access_leave(), the thread must not sleep; it
 * faults in nothing and cannot be descheduled.
 *
 * Return: 0, or -ESRCH or -ECANCELED because the request is no longer unanswered.
 */
int alpc_access_enter(struct alpc_end *end, struct alpc_message *m)
{
	int ret;

	spin_lock(&end->port->lock);
	ret = alpc_access_state(m);
	if (!ret) {
		/* Before the lock is released: its caller may spin from then. */
		preempt_disable();
		pagefault_disable();
		atomic_inc(&m->parcel->grant.users);
	}
	spin_unlock(&end->port->lock);
	return ret;
}

/**
 * alpc_access_leave() - the memory of a caller is not touched any more
 * @m: request
 */
void alpc_access_leave(struct alpc_message *m)
{
	/* Pairs with alpc_grant_wait(). */
	(void)atomic_fetch_dec_release(&m->parcel->grant.users);
	pagefault_enable();
	preempt_enable();
}

/**
 * struct alpc_access_op - an access under way
 * @end: port
 * @m: request, with a reference
 * @write: to the caller's memory, or from it
 */
struct alpc_access_op {
	struct alpc_end *end;
	struct alpc_message *m;
	bool write;
};

/*
 * Copy between a page of the caller's and our own memory, which access_ok() has
 * seen. The whole page is what counts: a constant length spares the checks of
 * hardened usercopy, which have nothing to say about somebody's page.
 *
 * Return: how many bytes were not copied.
 */
static size_t alpc_copy_page(const struct alpc_access_op *op, struct page *page,
			     size_t offset, char __user *own, size_t len)
{
	char *theirs = kmap_local_page(page);
	size_t left;

	if (len == PAGE_SIZE)
		left = op->write ?
		       __copy_from_user_inatomic(theirs, own, PAGE_SIZE) :
		       __copy_to_user_inatomic(own, theirs, PAGE_SIZE);
	else
		left = op->write ?
		       __copy_from_user_inatomic(theirs + offset, own, len) :
		       __copy_to_user_inatomic(own, theirs + offset, len);
	kunmap_local(theirs);
	return left;
}

/* Pages that nobody but us can be kept waiting for. Return: as alpc_copy(). */
static ssize_t alpc_copy_some(const struct alpc_access_op *op,
			      struct page **page, size_t offset,
			      char __user *own, size_t len)
{
	size_t n, left = 0, done = 0;
	int ret;

	ret = alpc_access_enter(op->end, op->m);
	if (ret)
		return ret;
	while (done < len && !left) {
		n = min(len - done, PAGE_SIZE - offset);
		left = alpc_copy_page(op, *page++, offset, own + done, n);
		done += n - left;
		offset = 0;
	}
	alpc_access_leave(op->m);
	return done;
}

/*
 * Return: bytes copied, which are fewer than @len if a page of our own is not
 * there just now, or, if none, an error of alpc_access_enter().
 */
static ssize_t alpc_copy(const struct alpc_access_op *op, struct page **page,
			 size_t offset, char __user *own, size_t len)
{
	size_t n, done = 0;
	ssize_t ret;

	do {
		n = min(len - done, ALPC_ACCESS_COPY * PAGE_SIZE - offset);
		ret = alpc_copy_some(op, page, offset, own + done, n);
		if (ret < 0)
			return done ?: ret;
		done += ret;
		page += ALPC_ACCESS_COPY;
		offset = 0;
	} while (done < len && ret == n);
	return done;
}

/*
 * Pages that are written to are pinned; to read them a plain reference will do,
 * which costs less.
 */
static long alpc_get_pages(const struct alpc_access_op *op,
			   struct mm_struct *mm, unsigned long address,
			   unsigned long count, struct page **pages, int *locked)
{
	if (op->write)
		return pin_user_pages_remote(mm, address, count, FOLL_WRITE |
					     FOLL_INTERRUPTIBLE, pages, locked);
	return get_user_pages_remote(mm, address, count, FOLL_INTERRUPTIBLE,
				     pages, locked);
}

static void alpc_put_pages(const struct alpc_access_op *op, struct page **page,
			   unsigned long count, bool written)
{
	if (op->write)
		unpin_user_pages_dirty_lock(page, count, written);
	else
		while (count--)
			put_page(*page++);
}

/*
 * Look up pages of the caller's, as if it had touched them.
 *
 * Return: how many, more than 0, or -EPIPE, -EINTR, -ENOMEM or -EFAULT.
 */
static long alpc_find_pages(const struct alpc_access_op *op,
			    unsigned long address, unsigned long count,
			    struct page **pages)
{
	struct mm_struct *mm = op->m->parcel->grant.mm;
	int locked = 1;
	long ret;

	if (!mmget_not_zero(mm))
		return -EPIPE;
	/*
	 * Not as mmap_read_lock_killable() does it: the caller can hold the lock
	 * for as long as it likes, and is not to keep us from our signals.
	 */
	ret = down_read_interruptible(&mm->mmap_lock);
	if (!ret) {
		ret = alpc_get_pages(op, mm, address, count, pages, &locked);
		if (locked)
			mmap_read_unlock(mm);
	}
	/*
	 * If the process died meanwhile, taking its memory apart takes long,
	 * may have to wait, and is not the receiver's business.
	 */
	mmput_async(mm);
	if (ret > 0 || ret == -EINTR || ret == -ENOMEM)
		return ret;
	return -EFAULT;
}

/* One batch. Return: as alpc_copy() or alpc_find_pages(). */
static ssize_t alpc_access_batch(const struct alpc_access_op *op,
				 unsigned long address, char __user *own,
				 u64 len)
{
	struct page *pages[ALPC_ACCESS_BATCH] __uninitialized;
	size_t offset = offset_in_page(address);
	ssize_t ret;
	long count;

	len = min_t(u64, len, ALPC_ACCESS_BATCH * PAGE_SIZE - offset);
	count = alpc_find_pages(op, address - offset, PFN_UP(offset + len),
				pages);
	if (count < 0)
		return count;
	len = min_t(u64, len, count * PAGE_SIZE - offset);
	ret = alpc_copy(op, pages, offset, own, len);
	alpc_put_pages(op, pages, count, ret > 0);
	return ret;
}

/*
 * Bring in our own memory. What is to be read into is not changed by that.
 */
static int alpc_access_fault_in(const struct alpc_access_op *op,
				char __user *own, u64 len)
{
	len = min_t(u64, len, ALPC_ACCESS_BATCH * PAGE_SIZE);
	if ((op->write ? fault_in_readable(own, len) :
			 fault_in_safe_writeable(own, len)) < len)
		return 0;
	return fatal_signal_pending(current) ? -EINTR : -EFAULT;
}

/*
 * One part. A signal does not end an access that has done nothing yet, as
 * otherwise a process that gets many of them would get nowhere.
 */
static int alpc_access_part(const struct alpc_access_op *op,
			    const struct alpc_access_part *part, u64 *done)
{
	const struct alpc_range *range =
		alpc_grant_range(&op->m->parcel->grant, part);
	u64 at = range->address + part->offset;
	char __user *own = u64_to_user_ptr(part->address);
	u64 left = part->len;
	unsigned int tries = 0;
	ssize_t n;

	while (left) {
		if (*done) {
			if (signal_pending(current))
				return -EINTR;
			cond_resched();
		}
		n = alpc_access_batch(op, at, own, left);
		if (!n) {
			if (++tries > ALPC_ACCESS_TRIES)
				return -EFAULT;
			n = alpc_access_fault_in(op, own, left);
		} else {
			tries = 0;
		}
		if (n < 0)
			return n;
		at += n;
		own += n;
		left -= n;
		*done += n;
	}
	return 0;
}

static int alpc_access_parts(struct alpc_end *end, struct alpc_access *arg,
			     const struct alpc_access_part *part)
{
	struct alpc_access_op op = {
		.end = end,
		.write = arg->flags & ALPC_ACCESS_WRITE,
	};
	u32 i;
	int ret;

	op.m = alpc_access_find(end, arg->id);
	if (IS_ERR(op.m))
		return PTR_ERR(op.m);
	ret = alpc_grant_check(&op.m->parcel->grant, part, arg->count,
			       op.write ? ALPC_RANGE_WRITE : ALPC_RANGE_READ);
	for (i = 0; i < arg->count && !ret; i++)
		ret = alpc_access_part(&op, &part[i], &arg->out_done);
	alpc_message_put(op.m);
	return ret;
}

/**
 * alpc_access() - read or write the memory of a caller
 * @end: port that the request could be answered through
 * @arg: argument; &alpc_access.out_done is set in any case
 *
 * Context: process context; may sleep, also for as long as the caller's process
 * takes to provide its memory, up to a signal; up to one that kills where that
 * process keeps its own address space locked just when a page has come.
 *
 * Return: 0 or an error of &struct alpc_access.
 */
int alpc_access(struct alpc_end *end, struct alpc_access *arg)
{
	struct alpc_access_part few[ALPC_ACCESS_PARTS_FEW] __uninitialized;
	struct alpc_access_part *part = few;
	size_t size = arg->count * sizeof(*part);
	int ret;

	BUILD_BUG_ON(sizeof(*part) != 32);
	arg->out_done = 0;
	if (arg->flags & ~ALPC_ACCESS_WRITE || arg->__reserved ||
	    !arg->count || arg->count > ALPC_ACCESS_PARTS_MAX)
		return -EINVAL;
	if (size > sizeof(few)) {
		part = kmalloc(size, GFP_KERNEL_ACCOUNT);
		if (!part)
			return -ENOMEM;
	}
	ret = alpc_copy_in(part, u64_to_user_ptr(arg->parts), size) ?:
	      alpc_access_parts(end, arg, part);
	if (part != few)
		kfree(part);
	return ret;
}
