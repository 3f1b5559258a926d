// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that completion ports have released: do they run, or sleep?
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "runner.h"

#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "completion.h"

/* alpc_runner.state */
enum {
	ALPC_RUNNER_IDLE,	/* waits at the completion port, or for nothing */
	ALPC_RUNNER_RUNNING,	/* was released, and counts */
	ALPC_RUNNER_ASLEEP,	/* was released, and sleeps: does not count */
};

/**
 * struct alpc_runner - a thread that has waited at a completion port
 * @notifier: in the thread's own list, which only itself and the notifier change
 * @completion: where it waited last, or NULL once that is closed; changed under
 *	its lock, read by the thread's notifier with interrupts off
 * @node: in &alpc_completion.runners; its lock
 * @state: ALPC_RUNNER_*; changed by the thread and its notifier, or, while it
 *	waits, by who releases it
 * @dead: frees it after the thread's end
 * @rcu: likewise
 */
struct alpc_runner {
	struct preempt_notifier notifier;
	struct alpc_completion *completion;
	struct list_head node;
	int state;
	struct irq_work dead;
	struct rcu_head rcu;
};

static struct {
	struct mutex lock;	/* @enabled */
	bool enabled;
} alpc_notifiers = {
	.lock = __MUTEX_INITIALIZER(alpc_notifiers.lock),
};

/*
 * Notifiers cost every thread of the system a few instructions each time that it is
 * scheduled, so they are enabled when the first thread waits. They stay so until the
 * module goes: it cannot be known when the last such thread has ended.
 */
static void alpc_notifiers_enable(void)
{
	mutex_lock(&alpc_notifiers.lock);
	if (!alpc_notifiers.enabled)
		preempt_notifier_inc();
	alpc_notifiers.enabled = true;
	mutex_unlock(&alpc_notifiers.lock);
}

/* The thread does not count any more; another one may have its place. */
static void alpc_runner_leave(struct alpc_runner *r, struct alpc_completion *c,
			      int state)
{
	if (r->state == ALPC_RUNNER_RUNNING) {
		/*
		 * A full barrier: who adds a packet and sees this thread still
		 * run is seen here.
		 */
		atomic_dec_return(&c->running);
		if (READ_ONCE(c->packets))
			irq_work_queue(&c->work);
	}
	r->state = state;
}

/* Take a notifier out while the list is being walked: its link stays readable. */
static void alpc_runner_unlink(struct alpc_runner *r)
{
	__hlist_del(&r->notifier.link);
}

static void alpc_runner_sched_in(struct preempt_notifier *notifier, int cpu)
{
	struct alpc_runner *r = container_of(notifier, struct alpc_runner,
					     notifier);
	struct alpc_completion *c = READ_ONCE(r->completion);

	if (unlikely(!c)) {
		alpc_runner_unlink(r);
		kfree_rcu(r, rcu);
		module_put(THIS_MODULE);
	} else if (r->state == ALPC_RUNNER_ASLEEP) {
		r->state = ALPC_RUNNER_RUNNING;
		atomic_inc(&c->running);
	}
}

/* Called with the run queue's lock held: nothing can be woken or freed here. */
static void alpc_runner_sched_out(struct preempt_notifier *notifier,
				  struct task_struct *next)
{
	struct alpc_runner *r = container_of(notifier, struct alpc_runner,
					     notifier);
	struct alpc_completion *c = READ_ONCE(r->completion);
	unsigned int state = READ_ONCE(current->__state);

	if (state == TASK_RUNNING)
		return;
	if (c && r->state == ALPC_RUNNER_RUNNING)
		alpc_runner_leave(r, c, ALPC_RUNNER_ASLEEP);
	if (unlikely(state & TASK_DEAD)) {
		alpc_runner_unlink(r);
		irq_work_queue(&r->dead);
	}
}

static struct preempt_ops alpc_runner_ops = {
	.sched_in = alpc_runner_sched_in,
	.sched_out = alpc_runner_sched_out,
};

/* Take a runner from its completion port, unless that is closed meanwhile. */
static void alpc_runner_detach(struct alpc_runner *r)
{
	struct alpc_completion *c;
	unsigned long flags;

	/* It is freed after a grace period. */
	rcu_read_lock();
	c = READ_ONCE(r->completion);
	if (c) {
		spin_lock_irqsave(&c->lock, flags);
		if (r->completion) {
			alpc_runner_leave(r, c, ALPC_RUNNER_IDLE);
			list_del(&r->node);
			WRITE_ONCE(r->completion, NULL);
		}
		spin_unlock_irqrestore(&c->lock, flags);
	}
	rcu_read_unlock();
}

static void alpc_runner_dead(struct irq_work *work)
{
	struct alpc_runner *r = container_of(work, struct alpc_runner, dead);

	alpc_runner_detach(r);
	kfree_rcu(r, rcu);
	module_put(THIS_MODULE);
}

/* The calling thread's runner, or NULL. Context: preemption disabled. */
static struct alpc_runner *alpc_runner_find(void)
{
	struct preempt_notifier *notifier;

	hlist_for_each_entry(notifier, &current->preempt_notifiers, link)
		if (notifier->ops == &alpc_runner_ops)
			return container_of(notifier, struct alpc_runner,
					    notifier);
	return NULL;
}

static void alpc_runner_attach(struct alpc_runner *r, struct alpc_completion *c)
{
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	r->state = ALPC_RUNNER_IDLE;
	list_add(&r->node, &c->runners);
	WRITE_ONCE(r->completion, c);
	spin_unlock_irqrestore(&c->lock, flags);
}

/* The runner that the thread has already, which belongs to @c afterwards. */
static struct alpc_runner *alpc_runner_reuse(struct alpc_completion *c)
{
	struct alpc_runner *r;
	unsigned long flags;

	preempt_disable();
	r = alpc_runner_find();
	if (r && r->completion == c) {
		spin_lock_irqsave(&c->lock, flags);
		alpc_runner_leave(r, c, ALPC_RUNNER_IDLE);
		spin_unlock_irqrestore(&c->lock, flags);
	} else if (r) {
		alpc_runner_detach(r);
		alpc_runner_attach(r, c);
	}
	preempt_enable();
	return r;
}

/**
 * alpc_runner_begin() - the calling thread is about to wait
 * @c: completion port, which the caller's file holds
 * @runner: gets its runner, which does not count until it is released
 *
 * Return: 0 or -ENOMEM.
 */
int alpc_runner_begin(struct alpc_completion *c, struct alpc_runner **runner)
{
	struct alpc_runner *r = alpc_runner_reuse(c);

	if (!r) {
		r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
		if (!r)
			return -ENOMEM;
		alpc_notifiers_enable();
		__module_get(THIS_MODULE);
		init_irq_work(&r->dead, alpc_runner_dead);
		preempt_notifier_init(&r->notifier, &alpc_runner_ops);
		alpc_runner_attach(r, c);
		preempt_disable();
		preempt_notifier_register(&r->notifier);
		preempt_enable();
	}
	*runner = r;
	return 0;
}

/* It has packets. Context: the completion port's lock held. */
void alpc_runner_release(struct alpc_runner *r)
{
	r->state = ALPC_RUNNER_RUNNING;
	atomic_inc(&r->completion->running);
}

/* It could not use them. Context: as above, and it is the calling thread's. */
void alpc_runner_unrelease(struct alpc_runner *r)
{
	alpc_runner_leave(r, r->completion, ALPC_RUNNER_IDLE);
}

/**
 * alpc_runners_forget() - the completion port is closed
 * @c: completion port
 *
 * Return: true if notifiers may still use it, until a grace period has passed.
 */
bool alpc_runners_forget(struct alpc_completion *c)
{
	struct alpc_runner *r, *next;
	bool any;

	spin_lock_irq(&c->lock);
	any = !list_empty(&c->runners);
	list_for_each_entry_safe(r, next, &c->runners, node) {
		list_del(&r->node);
		WRITE_ONCE(r->completion, NULL);
	}
	spin_unlock_irq(&c->lock);
	return any;
}

/* Nothing is used any more; the last notifier may just be returning. */
void alpc_runner_exit(void)
{
	if (alpc_notifiers.enabled)
		preempt_notifier_dec();
	synchronize_rcu();
}
