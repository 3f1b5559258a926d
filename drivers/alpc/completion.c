// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion ports: packets, threads that wait for them, and the file.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "completion.h"

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "inode.h"
#include "ioctl.h"
#include "limits.h"
#include "message.h"
#include "packet.h"
#include "runner.h"
#include "wait.h"

/* Packets that are copied out together. */
#define ALPC_PACKET_BATCH	8U

/**
 * struct alpc_posted - a packet that a program posted
 * @ready: in &alpc_completion.ready
 * @key: for &alpc_packet.key
 * @data: for &alpc_packet.data
 */
struct alpc_posted {
	struct alpc_ready ready;
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
	c->packets--;
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
	c->packets++;
	c->posted++;
}

/* It was copied out, or put back. */
static void alpc_packet_done(const struct alpc_taken *t, bool used)
{
	if (!t->from->posted)
		alpc_binding_put(alpc_binding_of(t->from));
	else if (used)
		kfree(alpc_posted_of(t->from));
}

/* May one more thread be released? */
static bool alpc_completion_has_place(struct alpc_completion *c)
{
	/*
	 * Packets were counted before. Pairs with atomic_dec_return() in
	 * alpc_runner_leave(): one of the two sees the other.
	 */
	smp_mb();
	return !ALPC_RUNNER_SUPPORTED ||
	       atomic_read(&c->running) < c->concurrency;
}

/**
 * alpc_completion_release() - give packets to waiting threads, as many as may run
 * @c: completion port
 *
 * Context: lock held, RCU read-side critical section.
 */
void alpc_completion_release(struct alpc_completion *c)
{
	struct alpc_wake wake;
	struct alpc_taker *t;

	while (c->packets && c->waiting && alpc_completion_has_place(c)) {
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
		wake_up_interruptible_poll(&c->pollers, EPOLLIN | EPOLLRDNORM);
}

/* A released thread went to sleep. */
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
		alpc_runner_unrelease(runner);
	alpc_completion_release(c);
	spin_unlock_irq(&c->lock);
	rcu_read_unlock();
}

static int alpc_take_copy(const struct alpc_taken *taken, unsigned int count,
			  struct alpc_packet __user *u)
{
	unsigned int i;

	if (fatal_signal_pending(current))
		return -EINTR;
	for (i = 0; i < count; i++)
		if (copy_to_user(&u[i], &taken[i].packet, sizeof(*u)))
			return -EFAULT;
	return 0;
}

/*
 * Take up to so many packets, of which @have are there already. A thread that has
 * got some keeps its place when it gets no more.
 */
static int alpc_take_some(struct alpc_completion *c, struct alpc_taken *taken,
			  unsigned int have, unsigned int count,
			  struct alpc_packet __user *u,
			  struct alpc_runner *runner)
{
	unsigned int i;
	int ret;

	spin_lock_irq(&c->lock);
	while (have < count && c->packets)
		alpc_packet_take(c, &taken[have++]);
	spin_unlock_irq(&c->lock);
	ret = alpc_take_copy(taken, have, u);
	if (ret)
		alpc_take_undo(c, taken, have, runner);
	for (i = 0; i < have; i++)
		alpc_packet_done(&taken[i], !ret);
	return ret ?: have;
}

static int alpc_wait_packets(struct alpc_completion *c,
			     struct alpc_wait_packets *arg, bool nonblock)
{
	bool dontwait = nonblock || (arg->flags & ALPC_TRANSFER_DONTWAIT);
	struct alpc_packet __user *u = u64_to_user_ptr(arg->packets);
	struct alpc_taken taken[ALPC_PACKET_BATCH] __uninitialized;
	struct alpc_taker t __uninitialized;
	struct alpc_deadline deadline;
	unsigned int want;
	int ret;

	arg->out_count = 0;
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
	want = min(arg->count, ALPC_PACKET_BATCH);
	ret = alpc_take_some(c, taken, 1, want, u, t.runner);
	if (ret < 0)
		return ret;
	arg->out_count = ret;
	while (ret == want && arg->out_count < arg->count) {
		want = min(arg->count - arg->out_count, ALPC_PACKET_BATCH);
		ret = alpc_take_some(c, taken, 0, want, u + arg->out_count,
				     NULL);
		if (ret > 0)
			arg->out_count += ret;
	}
	return 0;
}

static void alpc_posted_free(struct list_head *list)
{
	struct alpc_posted *p, *next;

	list_for_each_entry_safe(p, next, list, ready.node)
		kfree(p);
}

static int alpc_posted_read(struct list_head *list, u64 address, u32 count)
{
	const struct alpc_packet __user *u = u64_to_user_ptr(address);
	struct alpc_packet packet;
	struct alpc_posted *p;

	for (; count--; u++) {
		if (copy_from_user(&packet, u, sizeof(packet)))
			return -EFAULT;
		if (packet.type || packet.__reserved)
			return -EINVAL;
		p = kmalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
		if (!p)
			return -ENOMEM;
		p->ready.posted = true;
		p->key = packet.key;
		p->data = packet.data;
		list_add_tail(&p->ready.node, list);
	}
	return 0;
}

static int alpc_post_packets(struct alpc_completion *c,
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
			c->packets += arg->count;
			list_splice_tail_init(&list, &c->ready);
			alpc_completion_release(c);
		}
		spin_unlock_irq(&c->lock);
		rcu_read_unlock();
	}
	alpc_posted_free(&list);
	return ret;
}

static u32 alpc_concurrency(u32 asked)
{
	return asked ?: num_online_cpus();
}

static int alpc_set_completion(struct alpc_completion *c,
			       struct alpc_set_completion *arg)
{
	if (arg->flags & ~ALPC_SET_CONCURRENCY || arg->__reserved)
		return -EINVAL;
	rcu_read_lock();
	spin_lock_irq(&c->lock);
	if (arg->flags & ALPC_SET_CONCURRENCY) {
		c->concurrency = alpc_concurrency(arg->concurrency);
		alpc_completion_release(c);
	}
	arg->concurrency = c->concurrency;
	arg->out_running = atomic_read(&c->running);
	arg->out_waiting = c->waiting;
	arg->out_bound = c->bound;
	arg->out_packets = c->packets;
	spin_unlock_irq(&c->lock);
	rcu_read_unlock();
	return 0;
}

static __poll_t alpc_completion_poll(struct file *file,
				     struct poll_table_struct *wait)
{
	struct alpc_completion *c = file->private_data;

	poll_wait(file, &c->pollers, wait);
	/* Who adds a packet looks for pollers under the lock. */
	spin_lock_irq(&c->lock);
	spin_unlock_irq(&c->lock);
	return READ_ONCE(c->packets) ? EPOLLIN | EPOLLRDNORM : 0;
}

static void alpc_completion_free(struct alpc_completion *c)
{
	alpc_inode_put(c->inode);
	kfree(c);
}

static int alpc_completion_close(struct inode *inode, struct file *file)
{
	struct alpc_completion *c = file->private_data;

	alpc_unbind_all(c);
	alpc_posted_free(&c->ready);
	if (alpc_runners_forget(c))
		synchronize_rcu();
	irq_work_sync(&c->work);
	alpc_completion_free(c);
	return 0;
}

/* Memory for any argument. */
union alpc_completion_arg {
	struct alpc_wait_packets wait;
	struct alpc_post_packets post;
	struct alpc_set_completion set;
};

static long alpc_completion_run(struct file *file, unsigned int cmd,
				union alpc_completion_arg *arg)
{
	struct alpc_completion *c = file->private_data;

	switch (cmd) {
	case ALPC_IOC_WAIT_PACKETS:
		return alpc_wait_packets(c, &arg->wait,
					 file->f_flags & O_NONBLOCK);
	case ALPC_IOC_POST_PACKETS:
		return alpc_post_packets(c, &arg->post);
	default:
		return alpc_set_completion(c, &arg->set);
	}
}

static long alpc_completion_ioctl(struct file *file, unsigned int cmd,
				  unsigned long address)
{
	void __user *uarg = (void __user *)address;
	union alpc_completion_arg arg;
	u32 usize, size;
	long ret;

	switch (cmd) {
	case ALPC_IOC_WAIT_PACKETS:
		size = sizeof(arg.wait);
		break;
	case ALPC_IOC_POST_PACKETS:
		size = sizeof(arg.post);
		break;
	case ALPC_IOC_SET_COMPLETION:
		size = sizeof(arg.set);
		break;
	default:
		return alpc_ioctl_elsewhere(cmd);
	}
	if (get_user(usize, (u32 __user *)uarg))
		return -EFAULT;
	ret = alpc_arg_get(&arg, size, size, usize, uarg);
	if (ret)
		return ret;
	ret = alpc_completion_run(file, cmd, &arg);
	/* How many were taken is said in any case. */
	if (cmd != ALPC_IOC_POST_PACKETS &&
	    copy_to_user(uarg, &arg, min(size, usize)))
		return -EFAULT;
	return ret;
}

static const struct file_operations alpc_completion_fops = {
	.owner = THIS_MODULE,
	.release = alpc_completion_close,
	.poll = alpc_completion_poll,
	.unlocked_ioctl = alpc_completion_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

bool alpc_file_is_completion(const struct file *file)
{
	return file->f_op == &alpc_completion_fops;
}

/**
 * alpc_completion_file() - create a completion port
 * @concurrency: as &alpc_create_completion.concurrency
 *
 * Return: its file, or an error pointer.
 */
struct file *alpc_completion_file(u32 concurrency)
{
	struct alpc_completion *c;
	struct file *file;
	int ret;

	c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	if (!c)
		return ERR_PTR(-ENOMEM);
	c->inode = alpc_inode_alloc(ALPC_KIND_CLIENT);
	if (IS_ERR(c->inode)) {
		ret = PTR_ERR(c->inode);
		kfree(c);
		return ERR_PTR(ret);
	}
	spin_lock_init(&c->lock);
	INIT_LIST_HEAD(&c->ready);
	INIT_HLIST_HEAD(&c->waiters);
	INIT_LIST_HEAD(&c->bindings);
	INIT_LIST_HEAD(&c->runners);
	c->concurrency = alpc_concurrency(concurrency);
	init_irq_work(&c->work, alpc_completion_work);
	init_waitqueue_head(&c->pollers);
	file = alpc_inode_file(c->inode, "completion", O_RDWR,
			       &alpc_completion_fops, c);
	if (IS_ERR(file))
		alpc_completion_free(c);
	return file;
}
