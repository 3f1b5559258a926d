// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors that travel with a message.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "fds.h"

#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "parcel.h"
#include "port.h"
#include "reply.h"
#include "user.h"

static int alpc_fds_charge(struct alpc_fds *fds, u32 count)
{
	int ret = alpc_user_charge_current(&fds->user, ALPC_USER_FDS, count);

	if (ret)
		return ret == -EDQUOT ? -ETOOMANYREFS : ret;
	fds->charged = count;
	return 0;
}

static void alpc_fds_uncharge(struct alpc_fds *fds, u32 count)
{
	fds->charged -= count;
	alpc_user_uncharge(fds->user, ALPC_USER_FDS, count);
}

static int alpc_fd_capture(struct alpc_fds *fds, s32 number)
{
	struct file *file = fget_raw(number);
	int kind;

	if (!file)
		return -EBADF;
	kind = alpc_fd_kind(file);
	if (kind < 0) {
		fput(file);
		return kind;
	}
	fds->fd[fds->count++] = (struct alpc_fd){ .file = file, .kind = kind };
	fds->kinds |= kind;
	return 0;
}

/**
 * alpc_fds_fill() - look up descriptors of the calling process
 * @fds: zeroed memory that nobody else sees
 * @numbers: the descriptors
 * @count: how many, 1 to %ALPC_FDS_MAX
 *
 * The calling thread's user is charged for them.
 *
 * Return: 0, -EBADF, -ELOOP, -ETOOMANYREFS or -ENOMEM; then @fds is zeroed.
 */
int alpc_fds_fill(struct alpc_fds *fds, const s32 *numbers, u32 count)
{
	int ret;
	u32 i;

	ret = alpc_fds_charge(fds, count);
	if (ret)
		goto err_drop;
	ret = -ENOMEM;
	fds->fd = kvmalloc_array(count, sizeof(*fds->fd), GFP_KERNEL_ACCOUNT);
	if (!fds->fd)
		goto err_drop;
	for (i = 0; i < count; i++) {
		ret = alpc_fd_capture(fds, numbers[i]);
		if (ret)
			goto err_drop;
	}
	return 0;

err_drop:
	alpc_fds_drop(fds);
	return ret;
}

/**
 * alpc_fds_capture() - look up the descriptors that a thread sends
 * @fds: zeroed memory that nobody else sees
 * @attrs: says which
 *
 * Return: 0, -EINVAL if they are none or too many, -EFAULT, or an error of
 * alpc_fds_fill().
 */
int alpc_fds_capture(struct alpc_fds *fds, const struct alpc_attrs *attrs)
{
	u32 count = attrs->fd_count;
	s32 *numbers;
	int ret;

	if (!count || count > ALPC_FDS_MAX)
		return -EINVAL;
	/* Once, so that what is checked is what is sent. */
	numbers = memdup_user(u64_to_user_ptr(attrs->fds),
			      count * sizeof(*numbers));
	if (IS_ERR(numbers))
		return PTR_ERR(numbers);
	ret = alpc_fds_fill(fds, numbers, count);
	kfree(numbers);
	return ret;
}

/**
 * alpc_fds_drop() - close what is left
 * @fds: zeroed afterwards, or before
 *
 * Context: may sleep.
 */
void alpc_fds_drop(struct alpc_fds *fds)
{
	u32 i;

	for (i = 0; i < fds->count; i++)
		if (fds->fd[i].file)
			fput(fds->fd[i].file);
	if (fds->charged)
		alpc_fds_uncharge(fds, fds->charged);
	alpc_user_put(fds->user);
	kvfree(fds->fd);
	memset(fds, 0, sizeof(*fds));
}

/*
 * What the message brings to this side, unless it has left the side's table: it
 * may be in the other side's meanwhile, as a reply that brings something else.
 */
static struct alpc_fds *alpc_fds_of(const struct alpc_end *end,
				    const struct alpc_message *m)
{
	lockdep_assert_held(&end->port->lock);
	if (!(m->brings & ALPC_BRINGS_FDS) ||
	    alpc_pending_find(&end->own->pending, m->id) != m)
		return NULL;
	return &m->parcel->fds;
}

/* May the calling thread's user have so many more charged? Or -ENOMEM. */
static int alpc_fds_fit(u32 count)
{
	struct alpc_user *user = alpc_user_get_current();
	bool fit;

	if (!user)
		return -ENOMEM;
	fit = alpc_user_fits(user, ALPC_USER_FDS, count);
	alpc_user_put(user);
	return fit;
}

/**
 * alpc_fds_count() - say how many descriptors came
 * @end: port that the message is received from
 * @m: message in the table of @end's side
 * @attrs: the receiver's, with the kinds that it wants; gets the numbers of
 *	those and of the others
 * @kinds: gets the kinds for alpc_fds_select(): those that the receiver wants, or
 *	none if its user has too many already: what fits nowhere must not keep it
 *	from receiving
 *
 * Return: 0 or -ENOMEM.
 */
int alpc_fds_count(struct alpc_end *end, struct alpc_message *m,
		   struct alpc_attrs *attrs, u32 *kinds)
{
	const struct alpc_fds *fds;
	u32 i, wanted = 0, count = 0;
	int fit = true;

	*kinds = attrs->fd_kinds;

	spin_lock(&end->port->lock);
	fds = alpc_fds_of(end, m);
	if (fds) {
		count = fds->count;
		for (i = 0; i < count; i++)
			wanted += !!(fds->fd[i].kind & *kinds);
	}
	spin_unlock(&end->port->lock);
	if (wanted)
		fit = alpc_fds_fit(wanted);
	if (fit < 0)
		return fit;
	if (!fit) {
		*kinds = 0;
		wanted = 0;
	}
	attrs->fd_count = wanted;
	attrs->out_fds_dropped = count - wanted;
	return 0;
}

/* Close those of other kinds, and close the gaps that they leave. */
static void alpc_fds_sift(struct alpc_fds *fds, u32 kinds)
{
	u32 i, left = 0;

	for (i = 0; i < fds->count; i++) {
		if (fds->fd[i].kind & kinds)
			fds->fd[left++] = fds->fd[i];
		else
			fput(fds->fd[i].file);
	}
	alpc_fds_uncharge(fds, fds->count - left);
	fds->count = left;
}

/*
 * They are the receiver's, who alone can get rid of them, and so is the charge.
 * user is who is charged now, and gets the reference to who was. (Without memory
 * for the account it stays where it is.)
 */
static void alpc_fds_hand_over(struct alpc_fds *fds, struct alpc_user **user)
{
	fds->offered = true;
	if (!*user)
		return;
	alpc_user_uncharge(fds->user, ALPC_USER_FDS, fds->charged);
	alpc_user_charge_more(*user, ALPC_USER_FDS, fds->charged);
	swap(fds->user, *user);
}

/* Offer what is wanted. Return: the others are still among it. */
static bool alpc_fds_offer(struct alpc_end *end, struct alpc_message *m,
			   u32 kinds, struct alpc_fds *all,
			   struct alpc_user **user)
{
	struct alpc_fds *fds;

	spin_lock(&end->port->lock);
	fds = alpc_fds_of(end, m);
	if (fds && fds->kinds & ~kinds)
		swap(*fds, *all);
	else if (fds)
		alpc_fds_hand_over(fds, user);
	spin_unlock(&end->port->lock);
	return all->count;
}

/*
 * Nothing that was wanted is left, and the receiver was told that it need not
 * release the message. Return: the message's last user is the caller.
 */
static bool alpc_fds_none_left(struct alpc_end *end, struct alpc_message *m,
			       struct alpc_wake *wake)
{
	m->brings &= ~ALPC_BRINGS_FDS;
	if (m->state != ALPC_MSG_KEPT || alpc_parcel_is_held(m))
		return false;
	alpc_request_withdraw(end->own, m, wake);
	return true;
}

/* Offer what is left, unless the message has gone, or release it. */
static void alpc_fds_offer_rest(struct alpc_end *end, struct alpc_message *m,
				struct alpc_fds *rest, struct alpc_user **user)
{
	struct alpc_wake wake = {};
	struct alpc_fds *fds;
	bool done = false;

	rcu_read_lock();
	spin_lock(&end->port->lock);
	fds = alpc_fds_of(end, m);
	if (fds && rest->count) {
		alpc_fds_hand_over(rest, user);
		swap(*fds, *rest);
	} else if (fds) {
		done = alpc_fds_none_left(end, m, &wake);
	}
	spin_unlock(&end->port->lock);
	alpc_wake_flush(&wake);
	rcu_read_unlock();
	/* It was answered or released meanwhile, or there are none. */
	alpc_fds_drop(rest);
	if (done)
		alpc_message_put(m);
}

/**
 * alpc_fds_select() - let a receiver take the descriptors that it wants
 * @end: port that the message was received from
 * @m: message, with a reference, whose receiver has been told what came
 * @kinds: kinds that are wanted
 *
 * The others are closed. If there are none but those, a message that is kept for
 * their sake only is released. The calling thread's user is charged for what is
 * left.
 *
 * Context: may sleep.
 */
void alpc_fds_select(struct alpc_end *end, struct alpc_message *m, u32 kinds)
{
	struct alpc_user *user = alpc_user_get_current();
	struct alpc_fds all = {};

	if (alpc_fds_offer(end, m, kinds, &all, &user)) {
		alpc_fds_sift(&all, kinds);
		alpc_fds_offer_rest(end, m, &all, &user);
	}
	alpc_user_put(user);
}

/* A file that is being opened: a reference, and its number. */
struct alpc_opening {
	struct file *file;
	int fd;
};

/*
 * What the message of that id brings. Return: NULL if it has gone, or brings no
 * descriptors.
 */
static struct alpc_fds *alpc_fds_find(const struct alpc_end *end, u64 id)
{
	struct alpc_message *m;

	lockdep_assert_held(&end->port->lock);
	m = alpc_pending_find(&end->own->pending, id);
	return m && m->brings & ALPC_BRINGS_FDS ? &m->parcel->fds : NULL;
}

/* May a thread take these? Return: 0, -ESRCH or -ENOENT. */
static int alpc_fds_check(const struct alpc_end *end,
			  const struct alpc_take_fds *arg)
{
	const struct alpc_message *m;
	const struct alpc_fds *fds;
	u32 i;

	lockdep_assert_held(&end->port->lock);
	m = alpc_pending_find(&end->own->pending, arg->id);
	if (!m || (end->conn && m->from->conn != end->conn) ||
	    (m->state != ALPC_MSG_PENDING && m->state != ALPC_MSG_KEPT))
		return -ESRCH;
	fds = alpc_fds_find(end, arg->id);
	if (!fds || !fds->offered || arg->first >= fds->count ||
	    arg->count > fds->count - arg->first)
		return -ENOENT;
	for (i = arg->first; i < arg->first + arg->count; i++)
		if (!fds->fd[i].file || fds->fd[i].taking)
			return -ENOENT;
	return 0;
}

/* Be the one who takes them. Return: as alpc_fds_check(). */
static int alpc_fds_take(struct alpc_end *end, const struct alpc_take_fds *arg,
			 struct alpc_opening *o)
{
	struct alpc_fd *fd;
	int ret;
	u32 i;

	spin_lock(&end->port->lock);
	ret = alpc_fds_check(end, arg);
	if (!ret) {
		fd = alpc_fds_find(end, arg->id)->fd + arg->first;
		for (i = 0; i < arg->count; i++) {
			fd[i].taking = true;
			o[i].file = get_file(fd[i].file);
		}
	}
	spin_unlock(&end->port->lock);
	return ret;
}

/*
 * They are the caller's, or can be taken again. A message that has gone meanwhile
 * took its own references along; otherwise they are where they were, whatever
 * state it is in: an id is not used again, and numbers do not change.
 */
static void alpc_fds_settle(struct alpc_end *end,
			    const struct alpc_take_fds *arg,
			    struct alpc_opening *o, bool taken)
{
	struct alpc_fds *fds;
	struct alpc_fd *fd;
	u32 i;

	spin_lock(&end->port->lock);
	fds = alpc_fds_find(end, arg->id);
	for (i = 0; i < arg->count && fds; i++) {
		fd = &fds->fd[arg->first + i];
		fd->taking = false;
		if (taken)
			fd->file = NULL;
	}
	if (fds && taken)
		alpc_fds_uncharge(fds, arg->count);
	spin_unlock(&end->port->lock);
	for (i = 0; i < arg->count; i++) {
		fput(o[i].file);
		if (fds && taken)
			fput(o[i].file);
	}
}

/*
 * Find out whether there is room for so many, and whether their numbers can be
 * written, before any of them is open: what has been opened can be seen by other
 * threads, and closing it again drops the locks that the process has on the file.
 */
static int alpc_fds_probe(struct alpc_opening *o, s32 __user *numbers,
			  u32 count)
{
	u32 i, n;
	int ret = 0;

	for (n = 0; n < count && !ret; n++) {
		o[n].fd = get_unused_fd_flags(O_CLOEXEC);
		if (o[n].fd < 0) {
			ret = o[n].fd;
			break;
		}
		ret = put_user(-1, &numbers[n]);
	}
	for (i = 0; i < n; i++)
		put_unused_fd(o[i].fd);
	return ret;
}

/* Open all of them or none. */
static int alpc_fds_open(struct alpc_opening *o, s32 __user *numbers, u32 count)
{
	u32 n;
	int ret;

	ret = alpc_fds_probe(o, numbers, count);
	if (ret)
		return ret;
	for (n = 0; n < count; n++) {
		ret = receive_fd(o[n].file, NULL, O_CLOEXEC);
		if (ret < 0)
			goto err_close;
		o[n].fd = ret;
		ret = put_user(o[n].fd, &numbers[n]);
		if (ret) {
			n++;
			goto err_close;
		}
	}
	return 0;

err_close:
	while (n--)
		close_fd(o[n].fd);
	return ret;
}

/**
 * alpc_take_fds() - open descriptors that came with a message
 * @end: port
 * @arg: argument
 *
 * Return: 0 or an error of &struct alpc_take_fds.
 */
int alpc_take_fds(struct alpc_end *end, const struct alpc_take_fds *arg)
{
	struct alpc_opening *o;
	int ret;

	if (arg->flags || !arg->count)
		return -EINVAL;
	/* No message has as many; but which error it is depends on the message. */
	o = kvmalloc_array(min_t(u32, arg->count, ALPC_FDS_MAX), sizeof(*o),
			   GFP_KERNEL_ACCOUNT);
	if (!o)
		return -ENOMEM;
	ret = alpc_fds_take(end, arg, o);
	if (!ret) {
		ret = alpc_fds_open(o, u64_to_user_ptr(arg->fds), arg->count);
		alpc_fds_settle(end, arg, o, !ret);
	}
	kvfree(o);
	return ret;
}
