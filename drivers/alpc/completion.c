// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion ports: packets, and threads that wait for them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "completion.h"

#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "limits.h"
#include "packet.h"
#include "runner.h"
#include "user.h"
#include "wait.h"

/* Packets that are copied out together. */
#define ALPC_PACKET_BATCH	8U

/* Threads that are released without letting interrupts in. */
#define ALPC_RELEASE_MAX	16U

/**
 * struct alpc_posted - a packet that a program posted
 * @ready: in &alpc_completion.ready
 * @user: whom it is charged to, as a message; a reference
 * @key: for &alpc_packet.key
 * @data: for &alpc_packet.data
 */
struct alpc_posted {
	struct alpc_ready ready;
	struct alpc_user *user;
	u64 key;
	u64 data;
};

/**
 * struct alpc_taken - a packet that is being handed to a thread
 * @packet: as it will be copied out
 * @from: its &struct alpc_posted, or its &struct alpc_binding with a reference
 */
struct alpc_taken {
	struct alpc_packet packet;
	struct alpc_ready *from;
};

/**
 * struct alpc_taker - a thread that waits, on its own stack
 * @w: in &alpc_completion.waiters by its &alpc_waiter.receiver
 * @runner: its runner, or NULL
 * @first: the packet that it was released with
 */
struct alpc_taker {
	struct alpc_waiter w;
	struct alpc_runner *runner;
	struct alpc_taken first;
};

static struct alpc_posted *alpc_posted_of(struct alpc_ready *ready)
{
	return container_of(ready, struct alpc_posted, ready);
}

static struct alpc_binding *alpc_binding_of(struct alpc_ready *ready)
{
	return container_of(ready, struct alpc_binding, ready);
}

/* Context: lock held, and there is one. */
static void alpc_packet_take(struct alpc_completion *c, struct alpc_taken *t)
{
	struct alpc_posted *p;

	t->from = list_first_entry(&c->ready, struct alpc_ready, node);
	t->packet.__reserved = 0;
	if (!t->from->posted) {
		alpc_binding_take(alpc_binding_of(t->from), &t->packet);
		return;
	}
	p = alpc_posted_of(t->from);
	list_del_init(&t->from->node);
	alpc_packets_add(c, -1);
	c->posted--;
	t->packet.key = p->key;
	t->packet.data = p->data;
	t->packet.type = ALPC_PACKET_POSTED;
}

/* Context: lock held. */
static void alpc_packet_put_back(struct alpc_completion *c,
				 const struct alpc_taken *t)
{
	if (!t->from->posted) {
		alpc_binding_put_back(alpc_binding_of(t->from), t->packet.type);
		return;
	}
	list_add(&t->from->node, &c->ready);
	alpc_packets_add(c, 1);
	c->posted++;
}

static void alpc_posted_free(struct alpc_posted *p)
{
	alpc_user_uncharge(p->user, ALPC_USER_MESSAGES, 1);
	alpc_user_put(p->user);
	kfree(p);
}

/*
 * It was copied out, or put back: then one that was posted is not ours any more, and
 * another thread may have freed it.
 */
static void alpc_packet_done(const struct alpc_taken *t, bool used)
{
	if (t->packet.type != ALPC_PACKET_POSTED)
		alpc_binding_put(alpc_binding_of(t->from));
	else if (used)
		alpc_posted_free(alpc_posted_of(t->from));
}

/* May one more thread be released? */
static bool alpc_completion_has_place(struct alpc_completion *c)
{
	/*
	 * Packets were counted before. Pairs with atomic_dec_return() in
	 * alpc_runner_stop(), whose caller looks for packets afterwards: if this
	 * thread sees too many that run, who stops running sees the packets.
	 */
	smp_mb();
	return !ALPC_RUNNER_SUPPORTED ||
	       atomic_read(&c->running) < alpc_completion_limit(c);
}

/**
 * alpc_completion_release() - give packets to waiting threads, as many as may run
 * @c: completion port
 *
 * Context: lock held, RCU read-side critical section.
 */
void alpc_completion_release(struct alpc_completion *c)
{
	unsigned int left = ALPC_RELEASE_MAX;
	struct alpc_wake wake;
	struct alpc_taker *t;

	while (c->packets && c->waiting && alpc_completion_has_place(c)) {
		if (!left--) {
			irq_work_queue(&c->work);
			break;
		}
		t = hlist_entry(c->waiters.first, struct alpc_taker, w.receiver);
		hlist_del(&t->w.receiver);
		c->waiting--;
		alpc_packet_take(c, &t->first);
		if (t->runner)
			alpc_runner_release(t->runner);
		wake.task = NULL;
		alpc_waiter_give(&t->w, 0, &wake);
		alpc_wake_flush(&wake);
	}
	/* Poll adds itself before it takes the lock, which is held here. */
	if (c->packets && waitqueue_active(&c->pollers))
		__wake_up(&c->pollers, TASK_INTERRUPTIBLE, c->packets,
			  poll_to_key(EPOLLIN | EPOLLRDNORM));
}

/* A released thread went to sleep, or there are more to be released. */
static void alpc_completion_work(struct irq_work *work)
{
	struct alpc_completion *c = container_of(work, struct alpc_completion,
						 work);
	unsigned long flags;

	rcu_read_lock();
	spin_lock_irqsave(&c->lock, flags);
	alpc_completion_release(c);
	spin_unlock_irqrestore(&c->lock, flags);
	rcu_read_unlock();
}

/* The thread is to wait, or has its first packet. Return: as for the wait. */
static int alpc_take_first(struct alpc_completion *c, struct alpc_taker *t,
			   const struct alpc_deadline *deadline, bool dontwait)
{
	int ret = 0;

	alpc_waiter_init(&t->w, 0);
	if (!dontwait && alpc_deadline_passed(deadline)) {
		dontwait = true;
		ret = -ETIMEDOUT;
	}
	spin_lock_irq(&c->lock);
	/* Its own place comes free, and it is the first that may have it. */
	if (t->runner)
		alpc_runner_idle(t->runner);
	if (c->packets && (dontwait || alpc_completion_has_place(c))) {
		alpc_packet_take(c, &t->first);
		if (t->runner)
			alpc_runner_release(t->runner);
		ret = 0;
	} else if (dontwait) {
		ret = ret ?: -EAGAIN;
	} else {
		hlist_add_head(&t->w.receiver, &c->waiters);
		c->waiting++;
		ret = -EINPROGRESS;
	}
	spin_unlock_irq(&c->lock);
	if (ret != -EINPROGRESS)
		return ret;
	ret = alpc_sleep(&t->w, deadline);
	if (!ret)
		return 0;
	spin_lock_irq(&c->lock);
	if (alpc_waiter_is_done(&t->w)) {
		ret = 0;
	} else {
		hlist_del(&t->w.receiver);
		c->waiting--;
	}
	spin_unlock_irq(&c->lock);
	return ret == -EINTR ? alpc_interrupted(deadline) : ret;
}

/* Nothing of it could be used: others are to have it, and to be released for it. */
static void alpc_take_undo(struct alpc_completion *c, struct alpc_taken *taken,
			   unsigned int count, struct alpc_runner *runner)
{
	unsigned int i = count;

	rcu_read_lock();
	spin_lock_irq(&c->lock);
	while (i)
		alpc_packet_put_back(c, &taken[--i]);
	if (runner)
		alpc_runner_idle(runner);
	alpc_completion_release(c);
	spin_unlock_irq(&c->lock);
	rcu_read_unlock();
}

/* Copy packets out behind those that the thread has got before. */
static int alpc_take_copy(const struct alpc_taken *taken, unsigned int count,
			  struct alpc_wait_packets __user *uarg,
			  const struct alpc_wait_packets *arg)
{
	struct alpc_packet __user *u = u64_to_user_ptr(arg->packets);
	unsigned int i;

	if (fatal_signal_pending(current))
		return -EINTR;
	u += arg->out_count;
	for (i = 0; i < count; i++)
		if (copy_to_user(&u[i], &taken[i].packet, sizeof(*u)))
			return -EFAULT;
	/* What it cannot be told it has not got. */
	return put_user(arg->out_count + count, &uarg->out_count);
}

/*
 * Take up to a batch of packets, of which @have are there already. A thread that
 * has got some keeps its place when it gets no more.
 *
 * Return: 0, or an error, and then none of them was taken; -EAGAIN if there are no
 * more.
 */
static int alpc_take_some(struct alpc_completion *c, struct alpc_taken *taken,
			  unsigned int have,
			  struct alpc_wait_packets __user *uarg,
			  struct alpc_wait_packets *arg,
			  struct alpc_runner *runner)
{
	unsigned int want = min(arg->count - arg->out_count, ALPC_PACKET_BATCH);
	unsigned int i;
	int ret;

	spin_lock_irq(&c->lock);
	while (have < want && c->packets)
		alpc_packet_take(c, &taken[have++]);
	spin_unlock_irq(&c->lock);
	ret = alpc_take_copy(taken, have, uarg, arg);
	if (ret)
		alpc_take_undo(c, taken, have, runner);
	else
		arg->out_count += have;
	for (i = 0; i < have; i++)
		alpc_packet_done(&taken[i], !ret);
	return !ret && have < want ? -EAGAIN : ret;
}

/**
 * alpc_wait_packets() - wait for packets
 * @c: completion port
 * @arg: what is wanted
 * @uarg: where it came from; gets &alpc_wait_packets.out_count
 * @nonblock: the file is in non-blocking mode
 *
 * Return: 0 or an error of &struct alpc_wait_packets; -ERESTARTSYS if the call can be
 * repeated.
 */
int alpc_wait_packets(struct alpc_completion *c, struct alpc_wait_packets *arg,
		      struct alpc_wait_packets __user *uarg, bool nonblock)
{
	bool dontwait = nonblock || (arg->flags & ALPC_TRANSFER_DONTWAIT);
	struct alpc_taken taken[ALPC_PACKET_BATCH] __uninitialized;
	struct alpc_taker t __uninitialized;
	struct alpc_deadline deadline;
	int ret;

	arg->out_count = 0;
	if (put_user(0, &uarg->out_count))
		return -EFAULT;
	if (arg->flags & ~(ALPC_TRANSFER_DONTWAIT | ALPC_TRANSFER_ABSTIME) ||
	    !arg->count || arg->count > ALPC_PACKETS_MAX)
		return -EINVAL;
	ret = alpc_deadline_init(&deadline, arg->timeout,
				 arg->flags & ALPC_TRANSFER_ABSTIME) ?:
	      alpc_runner_begin(c, &t.runner) ?:
	      alpc_take_first(c, &t, &deadline, dontwait);
	if (ret)
		return ret;
	taken[0] = t.first;
	ret = alpc_take_some(c, taken, 1, uarg, arg, t.runner);
	while (!ret && arg->out_count < arg->count)
		ret = alpc_take_some(c, taken, 0, uarg, arg, NULL);
	return arg->out_count ? 0 : ret;
}

static void alpc_posted_drop(struct list_head *list)
{
	struct alpc_posted *p, *next;

	list_for_each_entry_safe(p, next, list, ready.node)
		alpc_posted_free(p);
}

static int alpc_posted_add(struct list_head *list,
			   const struct alpc_packet *packet,
			   struct alpc_user *user)
{
	struct alpc_posted *p;
	int ret;

	if (packet->type || packet->__reserved)
		return -EINVAL;
	p = kmalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	if (!p)
		return -ENOMEM;
	ret = alpc_user_charge(user, ALPC_USER_MESSAGES, 1);
	if (ret) {
		kfree(p);
		return ret;
	}
	p->ready.posted = true;
	p->user = alpc_user_get(user);
	p->key = packet->key;
	p->data = packet->data;
	list_add_tail(&p->ready.node, list);
	return 0;
}

static int alpc_posted_read(struct list_head *list, u64 address, u32 count)
{
	const struct alpc_packet __user *u = u64_to_user_ptr(address);
	struct alpc_user *user = alpc_user_get_current();
	struct alpc_packet packet;
	int ret = 0;

	if (!user)
		return -ENOMEM;
	for (; count-- && !ret; u++)
		ret = copy_from_user(&packet, u, sizeof(packet)) ?
		      -EFAULT : alpc_posted_add(list, &packet, user);
	alpc_user_put(user);
	return ret;
}

/**
 * alpc_post_packets() - post packets
 * @c: completion port
 * @arg: what is to be posted
 *
 * Return: 0 or an error of &struct alpc_post_packets.
 */
int alpc_post_packets(struct alpc_completion *c,
		      const struct alpc_post_packets *arg)
{
	LIST_HEAD(list);
	int ret;

	if (arg->flags || arg->__reserved || !arg->count ||
	    arg->count > ALPC_PACKETS_MAX)
		return -EINVAL;
	ret = alpc_posted_read(&list, arg->packets, arg->count);
	if (!ret) {
		rcu_read_lock();
		spin_lock_irq(&c->lock);
		if (c->posted + arg->count > ALPC_POSTED_MAX) {
			ret = -EDQUOT;
		} else {
			c->posted += arg->count;
			alpc_packets_add(c, arg->count);
			list_splice_tail_init(&list, &c->ready);
			alpc_completion_release(c);
		}
		spin_unlock_irq(&c->lock);
		rcu_read_unlock();
	}
	alpc_posted_drop(&list);
	return ret;
}

/**
 * alpc_completion_init() - make a completion port of zeroed memory
 * @c: memory
 * @concurrency: as &alpc_create_completion.concurrency
 */
void alpc_completion_init(struct alpc_completion *c, u32 concurrency)
{
	spin_lock_init(&c->lock);
	INIT_LIST_HEAD(&c->ready);
	INIT_HLIST_HEAD(&c->waiters);
	INIT_LIST_HEAD(&c->bindings);
	INIT_LIST_HEAD(&c->runners);
	c->concurrency = concurrency;
	init_irq_work(&c->work, alpc_completion_work);
	init_waitqueue_head(&c->pollers);
}

/**
 * alpc_completion_exit() - drop what is left in a completion port
 * @c: completion port that nobody waits at, nor will
 *
 * Context: may sleep.
 */
void alpc_completion_exit(struct alpc_completion *c)
{
	alpc_unbind_all(c);
	alpc_posted_drop(&c->ready);
	if (alpc_runners_forget(c))
		synchronize_rcu();
	irq_work_sync(&c->work);
}
