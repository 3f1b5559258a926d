// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that wait, and how they are woken.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "wait.h"

#include <linux/hrtimer.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>
#include <uapi/linux/alpc.h>

#include "limits.h"
#include "trace.h"

/* After spinning in vain, so many waits at most go to sleep at once. */
#define ALPC_SPIN_SKIP_MAX	16

/* Looking at the clock costs more than looking at the state. */
#define ALPC_SPIN_CLOCK_INTERVAL	32

/**
 * alpc_wake_now() - wake a thread
 * @task: thread whose wait was ended
 *
 * Context: as for alpc_wake_flush().
 */
void alpc_wake_now(struct task_struct *task)
{
	trace_alpc_wake(task);
	wake_up_process(task);
}

#ifdef CONFIG_SMP
/*
 * Worth waiting for: the peer runs on another CPU, or is about to, because it
 * was just woken there. Once it has been seen running, leaving its CPU ends it.
 */
static bool alpc_peer_runs(struct task_struct *peer, bool *seen)
{
	unsigned int state;

	if (owner_on_cpu(peer)) {
		*seen = true;
		return true;
	}
	if (*seen)
		return false;
	state = READ_ONCE(peer->__state);
	return (state == TASK_RUNNING || state == TASK_WAKING) &&
	       task_cpu(peer) != raw_smp_processor_id();
}

static bool alpc_spin_until_done(struct alpc_waiter *w,
				 struct task_struct *peer, u32 max_ns)
{
	u64 end = ktime_get_mono_fast_ns() + max_ns;
	unsigned int i = 0;
	bool seen = false;

	while (!alpc_waiter_is_done(w)) {
		if (need_resched() || !alpc_peer_runs(peer, &seen))
			return false;
		if (++i % ALPC_SPIN_CLOCK_INTERVAL == 0 &&
		    (signal_pending(current) || ktime_get_mono_fast_ns() > end))
			return false;
		cpu_relax();
	}
	return true;
}

/**
 * alpc_spin_wait_remote() - look for a result for a while before going to sleep
 * @w: waiter
 * @peer: thread on another CPU that will give it, as far as one can tell
 * @spin: limits of this end
 *
 * Context: the RCU read-side critical section in which @peer was found.
 */
void alpc_spin_wait_remote(struct alpc_waiter *w, struct task_struct *peer,
			   struct alpc_spin *spin)
{
	u16 skip = READ_ONCE(spin->skip);
	bool seen = false;
	u16 failed;

	if (!alpc_peer_runs(peer, &seen))
		return;
	if (skip) {
		WRITE_ONCE(spin->skip, skip - 1);
		return;
	}
	if (alpc_spin_until_done(w, peer, spin->max_ns)) {
		WRITE_ONCE(spin->failed, 0);
		return;
	}
	failed = min(READ_ONCE(spin->failed) + 1, ilog2(ALPC_SPIN_SKIP_MAX));
	WRITE_ONCE(spin->failed, failed);
	WRITE_ONCE(spin->skip, BIT(failed) - 1);
}
#endif

/**
 * alpc_sleep() - sleep until the waiter is given its result
 * @w: waiter
 * @deadline: when to give up
 *
 * Return: 0 (see &alpc_waiter.error), -ETIMEDOUT or -EINTR. After an error the
 * waiter may be given its result until it is taken out of its list.
 */
int alpc_sleep(struct alpc_waiter *w, const struct alpc_deadline *deadline)
{
	ktime_t at = deadline->at;
	int ret = 0;

	/*
	 * If the thread woken before is to run on this CPU, let it run now: what
	 * it has for us may be there when we come back, without our having been
	 * taken off the run queue and put there again.
	 */
	cond_resched();
	if (alpc_waiter_is_done(w))
		return 0;
	trace_alpc_wait(current);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE | TASK_FREEZABLE);
		if (cmpxchg(&w->state, ALPC_WAITER_AWAKE,
			    ALPC_WAITER_ASLEEP) == ALPC_WAITER_DONE)
			break;
		if (signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		if (likely(deadline->infinite)) {
			schedule();
		} else if (!schedule_hrtimeout_range(&at, current->timer_slack_ns,
						     HRTIMER_MODE_ABS)) {
			if (!alpc_waiter_is_done(w))
				ret = -ETIMEDOUT;
			break;
		}
	}
	__set_current_state(TASK_RUNNING);
	/* A cmpxchg() that fails does not order the reads of the result. */
	smp_acquire__after_ctrl_dep();
	return ret;
}

/* See alpc_deadline_init(). */
int alpc_deadline_init_finite(struct alpc_deadline *deadline, s64 timeout,
			      bool absolute)
{
	if (timeout < 0)
		return -EINVAL;
	deadline->infinite = false;
	deadline->relative = !absolute;
	/* 0 is in the past, however it is meant, and needs no clock. */
	if (absolute || !timeout)
		deadline->at = ns_to_ktime(timeout);
	else
		deadline->at = ktime_add_safe(ktime_get(), ns_to_ktime(timeout));
	return 0;
}

/* Is there no time to sleep in? */
bool alpc_deadline_passed(const struct alpc_deadline *deadline)
{
	if (deadline->infinite)
		return false;
	return !deadline->at || ktime_compare(deadline->at, ktime_get()) <= 0;
}

/*
 * What to return when a signal came before anything was done. The system call
 * is repeated only where it would then wait for the same point in time.
 */
int alpc_interrupted(const struct alpc_deadline *deadline)
{
	return deadline->relative ? -EINTR : -ERESTARTSYS;
}
