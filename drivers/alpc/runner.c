// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that completion ports have released: do they run, or sleep?
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "runner.h"

#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/llist.h>
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
 *	its lock, read by the thread's notifier with preemption off
 * @node: in &alpc_completion.runners; its lock
 * @state: ALPC_RUNNER_*; changed by the thread and its notifier, or, while it
 *	waits, by who releases it
 * @held: the thread uses it now, so its notifier does not free it
 * @dead: in &alpc_dead.runners after the thread's end
 * @rcu: frees it
 */
struct alpc_runner {
	struct preempt_notifier notifier;
	struct alpc_completion *completion;
	struct list_head node;
	int state;
	bool held;
	struct llist_node dead;
	struct rcu_head rcu;
};

static struct {
	struct mutex lock;	/* @enabled */
	bool enabled;
} alpc_notifiers = {
	.lock = __MUTEX_INITIALIZER(alpc_notifiers.lock),
};

static void alpc_runners_bury(struct irq_work *work);

/*
 * Where nothing can be freed. One work for all, which is never freed itself: where
 * such works run in a thread, they are looked at once more after their function.
 */
static struct {
	struct llist_head runners;
	struct irq_work work;
} alpc_dead = {
	.runners = LLIST_HEAD_INIT(alpc_dead.runners),
	.work = IRQ_WORK_INIT(alpc_runners_bury),
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

/* The thread does not count any more. Return: it did. */
static bool alpc_runner_stop(struct alpc_runner *r, struct alpc_completion *c,
			     int state)
{
	bool ran = READ_ONCE(r->state) == ALPC_RUNNER_RUNNING;

	/*
	 * A full barrier: who adds a packet and sees this thread still run is
	 * seen by the caller, who looks for packets afterwards. Pairs with
	 * smp_mb() in alpc_completion_has_place().
	 */
	if (ran)
		atomic_dec_return(&c->running);
	WRITE_ONCE(r->state, state);
	return ran;
}

/* The same, and another one may have its place. */
static void alpc_runner_leave(struct alpc_runner *r, struct alpc_completion *c,
			      int state)
{
	if (alpc_runner_stop(r, c, state) && READ_ONCE(c->packets))
		irq_work_queue(&c->work);
}

/*
 * Take a notifier out while the list is being walked: its link stays readable for a
 * grace period, and the list is walked with preemption off.
 */
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
		if (READ_ONCE(r->held))
			return;
		alpc_runner_unlink(r);
		kfree_rcu(r, rcu);
		module_put(THIS_MODULE);
	} else if (READ_ONCE(r->state) == ALPC_RUNNER_ASLEEP) {
		WRITE_ONCE(r->state, ALPC_RUNNER_RUNNING);
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
	if (c && READ_ONCE(r->state) == ALPC_RUNNER_RUNNING)
		alpc_runner_leave(r, c, ALPC_RUNNER_ASLEEP);
	if (unlikely(state & TASK_DEAD)) {
		alpc_runner_unlink(r);
		llist_add(&r->dead, &alpc_dead.runners);
		irq_work_queue(&alpc_dead.work);
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

/* Their threads have ended. */
static void alpc_runners_bury(struct irq_work *work)
{
	struct alpc_runner *r, *next;

	llist_for_each_entry_safe(r, next, llist_del_all(&alpc_dead.runners),
				  dead) {
		alpc_runner_detach(r);
		kfree_rcu(r, rcu);
		module_put(THIS_MODULE);
	}
}

/* The calling thread's runner, which is held then, or NULL. */
static struct alpc_runner *alpc_runner_find(void)
{
	struct preempt_notifier *notifier;
	struct alpc_runner *r = NULL;

	preempt_disable();
	hlist_for_each_entry(notifier, &current->preempt_notifiers, link) {
		if (notifier->ops == &alpc_runner_ops) {
			r = container_of(notifier, struct alpc_runner,
					 notifier);
			WRITE_ONCE(r->held, true);
			break;
		}
	}
	preempt_enable();
	return r;
}

/* A runner for the calling thread, held, and of no completion port yet. */
static struct alpc_runner *alpc_runner_new(void)
{
	struct alpc_runner *r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);

	if (!r)
		return NULL;
	r->held = true;
	alpc_notifiers_enable();
	__module_get(THIS_MODULE);
	preempt_notifier_init(&r->notifier, &alpc_runner_ops);
	preempt_disable();
	preempt_notifier_register(&r->notifier);
	preempt_enable();
	return r;
}

static void alpc_runner_attach(struct alpc_runner *r, struct alpc_completion *c)
{
	spin_lock_irq(&c->lock);
	WRITE_ONCE(r->state, ALPC_RUNNER_IDLE);
	list_add(&r->node, &c->runners);
	WRITE_ONCE(r->completion, c);
	spin_unlock_irq(&c->lock);
}

/**
 * alpc_runner_begin() - the calling thread is about to wait
 * @c: completion port, which the caller's file holds
 * @runner: gets its runner, which belongs to @c afterwards; its place at another
 *	completion port comes free
 *
 * Return: 0 or -ENOMEM.
 */
int alpc_runner_begin(struct alpc_completion *c, struct alpc_runner **runner)
{
	struct alpc_runner *r = alpc_runner_find() ?: alpc_runner_new();

	if (!r)
		return -ENOMEM;
	if (READ_ONCE(r->completion) != c) {
		alpc_runner_detach(r);
		alpc_runner_attach(r, c);
	}
	/* From now on the file holds it. */
	WRITE_ONCE(r->held, false);
	*runner = r;
	return 0;
}

/* It has packets. Context: the completion port's lock held. */
void alpc_runner_release(struct alpc_runner *r)
{
	atomic_inc(&r->completion->running);
	/* Its notifier takes back only what is counted by then. */
	smp_store_release(&r->state, ALPC_RUNNER_RUNNING);
}

/*
 * It waits, or could not use its packets. Context: the completion port's lock held,
 * by the thread itself, which then looks who is to be released.
 */
void alpc_runner_idle(struct alpc_runner *r)
{
	alpc_runner_stop(r, r->completion, ALPC_RUNNER_IDLE);
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

/*
 * Nothing is used any more; the last notifier may just be returning, or queueing the
 * work, which has found its runner already.
 */
void alpc_runner_exit(void)
{
	if (alpc_notifiers.enabled)
		preempt_notifier_dec();
	synchronize_rcu();
	irq_work_sync(&alpc_dead.work);
}
