/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that wait, and how they are woken.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_WAIT_H
#define ALPC_WAIT_H

#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <uapi/linux/alpc.h>

struct alpc_backlog;
struct alpc_ident;
struct alpc_message;

/**
 * DOC: Waiting
 *
 * A thread that waits, for a message, a reply, or room in a queue, puts a
 * &struct alpc_waiter on its stack into a list under the port's lock. Whoever
 * has something for it takes the waiter out of its list under the same lock,
 * writes the result into it, and calls alpc_waiter_give(), after which the
 * waiter must not be touched any more: its thread may be gone. What is given is
 * bound to that one thread, so a message wakes one thread and no other can
 * take it away; a thread that cannot use it (a signal that kills, an address
 * that is not there) puts it back.
 *
 * The thread itself takes no lock to see that it was given something. A thread
 * that gives up does take the lock, and finds itself either still in its list
 * or served after all.
 *
 * Waking needs the task but no reference to it: alpc_waiter_give() and
 * alpc_wake_flush() happen in one RCU read-side critical section, and a thread
 * that had not returned from its wait in the first half of it cannot be freed
 * before its end.
 *
 * Spinning. Falling asleep and being woken costs more than a whole round trip
 * between two CPUs. A thread that knows which thread it waits for (the one it
 * has just handed a request, the caller it has just answered) looks for its
 * message as long as that thread is on another CPU, or has just been woken
 * there; it stops at once when something else wants its own CPU, and in any
 * case when the port's spin time is over. While spinning in vain it tries less
 * often (&struct alpc_spin).
 */

/* alpc_waiter.state */
enum {
	ALPC_WAITER_AWAKE,	/* looks at state before it sleeps */
	ALPC_WAITER_ASLEEP,	/* must be woken */
	ALPC_WAITER_DONE,	/* was given its result */
};

/**
 * struct alpc_delivery - a message as it is at the moment it is handed over
 * @msg: the message; the receiver holds a reference
 * @conn: connection on which the receiver holds a reference as well, or NULL
 * @data: @len bytes
 * @from: who sent it; @msg holds the reference
 * @id: for &alpc_msg.id
 * @context: for &alpc_msg.context
 * @cookie: for &alpc_msg.cookie
 * @call: for &alpc_msg.call
 * @seq: for &alpc_msg.seq
 * @len: bytes of data
 * @type: &enum alpc_message_type
 * @flags: ALPC_MSG_* bits
 * @kept: @msg stays in a table until it is answered or released
 * @counted: @msg counted for its sender before; only of notices
 * @holds_view: the view is one to give back; if it brings anything
 * @view_len: for &alpc_msg.view_len, 0 for no view
 * @section: for &alpc_msg.section, if there is a view
 * @view_flags: for &alpc_msg.view_flags, likewise
 * @view_offset: for &alpc_msg.view_offset, likewise
 *
 * A copy, because the message goes on living: a request can be answered,
 * cancelled, and its connection closed, while it is still being copied out.
 */
struct alpc_delivery {
	struct alpc_message *msg;
	struct alpc_conn *conn;
	const void *data;
	struct alpc_ident *from;
	u64 id;
	u64 context;
	u64 cookie;
	u64 call;
	u64 seq;
	u32 len;
	u16 type;
	u16 flags;
	bool kept;
	bool counted;
	bool holds_view;
	u32 section;
	u32 view_flags;
	u64 view_offset;
	u64 view_len;
};

/**
 * struct alpc_waiter - a thread that waits, on its own stack
 * @receiver: in &alpc_queue.receivers; protected by the port's lock
 * @node: in &alpc_queue.senders or &alpc_port.connectors; port's lock
 * @blocked: a sender without room: in &alpc_backlog.blocked; port's lock
 * @backlog: of a sender without room
 * @task: the thread
 * @state: ALPC_WAITER_*
 * @error: result: 0 or a negative errno; valid once DONE
 * @room: bytes that the receiver has room for, or the sender wants
 * @unseen: result: nobody had received its request; valid once DONE with @error
 *	-ECANCELED
 * @delivery: result: what was received; valid once DONE with @error 0
 */
struct alpc_waiter {
	struct hlist_node receiver;
	struct list_head node;
	struct list_head blocked;
	struct alpc_backlog *backlog;
	struct task_struct *task;
	int state;
	int error;
	u32 room;
	bool unseen;
	struct alpc_delivery delivery;
};

/**
 * struct alpc_wake - threads to wake once the lock is released
 * @task: one of them; others are woken on the spot
 *
 * The path of a message wakes one thread, and does so without the lock.
 */
struct alpc_wake {
	struct task_struct *task;
};

/**
 * struct alpc_spin - for how long the waits of one end spin
 * @max_ns: limit of one wait, 0 for never
 * @skip: so many waits are yet to go to sleep at once
 * @failed: so often in a row spinning was in vain
 *
 * Hints: changed without a lock, and a lost update costs a little time.
 */
struct alpc_spin {
	u32 max_ns;
	u16 skip;
	u16 failed;
};

/**
 * struct alpc_deadline - when a call gives up
 * @at: CLOCK_MONOTONIC
 * @infinite: never; @at is meaningless
 * @relative: the caller gave a duration, so the call cannot be restarted
 */
struct alpc_deadline {
	ktime_t at;
	bool infinite;
	bool relative;
};

void alpc_wake_now(struct task_struct *task);
void alpc_spin_wait_remote(struct alpc_waiter *w, struct task_struct *peer,
			   struct alpc_spin *spin);
int alpc_sleep(struct alpc_waiter *w, const struct alpc_deadline *deadline);

int alpc_deadline_init_finite(struct alpc_deadline *deadline, s64 timeout,
			      bool absolute);
bool alpc_deadline_passed(const struct alpc_deadline *deadline);
int alpc_interrupted(const struct alpc_deadline *deadline);

static inline void alpc_waiter_init(struct alpc_waiter *w, u32 room)
{
	w->task = current;
	w->state = ALPC_WAITER_AWAKE;
	w->error = 0;
	w->room = room;
	w->delivery.msg = NULL;
	w->delivery.conn = NULL;
}

/**
 * alpc_waiter_give() - end a thread's wait
 * @w: waiter, out of its lists, with its delivery written; not to be touched
 *	afterwards
 * @error: 0 or a negative errno
 * @wake: collects whom to wake
 *
 * Context: port's lock held, in the RCU read-side critical section in which
 * alpc_wake_flush() is called.
 */
static inline void alpc_waiter_give(struct alpc_waiter *w, int error,
				    struct alpc_wake *wake)
{
	struct task_struct *task = w->task;

	w->error = error;
	/*
	 * Publishes the result, and decides with the cmpxchg() in alpc_sleep()
	 * whether the thread has seen it or has to be woken.
	 */
	if (xchg(&w->state, ALPC_WAITER_DONE) != ALPC_WAITER_ASLEEP)
		return;
	if (unlikely(wake->task))
		alpc_wake_now(wake->task);
	wake->task = task;
}

/**
 * alpc_waiter_cancel() - end a thread's wait, because its request was cancelled
 * @w: as for alpc_waiter_give()
 * @unseen: nobody had received the request
 * @wake: collects whom to wake
 *
 * Context: as for alpc_waiter_give().
 */
static inline void alpc_waiter_cancel(struct alpc_waiter *w, bool unseen,
				      struct alpc_wake *wake)
{
	w->unseen = unseen;
	alpc_waiter_give(w, -ECANCELED, wake);
}

/**
 * alpc_wake_flush() - wake the threads collected
 * @wake: whom
 *
 * Context: RCU read-side critical section; call it without the port's lock.
 */
static inline void alpc_wake_flush(struct alpc_wake *wake)
{
	if (wake->task)
		alpc_wake_now(wake->task);
}

/**
 * alpc_spin_wait() - look for a result for a while before going to sleep
 * @w: waiter
 * @peer: thread that will give it, as far as one can tell
 * @spin: limits of this end
 *
 * Context: the RCU read-side critical section in which @peer was found.
 */
static inline void alpc_spin_wait(struct alpc_waiter *w,
				  struct task_struct *peer,
				  struct alpc_spin *spin)
{
	if (IS_ENABLED(CONFIG_SMP) && spin->max_ns &&
	    task_cpu(peer) != raw_smp_processor_id())
		alpc_spin_wait_remote(w, peer, spin);
}

/**
 * alpc_deadline_init() - read a timeout of the ABI
 * @deadline: result
 * @timeout: nanoseconds or %ALPC_INFINITE
 * @absolute: @timeout is a CLOCK_MONOTONIC time rather than a duration
 *
 * Return: 0 or -EINVAL.
 */
static inline int alpc_deadline_init(struct alpc_deadline *deadline,
				     s64 timeout, bool absolute)
{
	if (timeout != ALPC_INFINITE)
		return alpc_deadline_init_finite(deadline, timeout, absolute);
	deadline->at = 0;
	deadline->infinite = true;
	deadline->relative = false;
	return 0;
}

static inline bool alpc_waiter_is_done(const struct alpc_waiter *w)
{
	/* Pairs with the xchg() in alpc_waiter_give(). */
	return smp_load_acquire(&w->state) == ALPC_WAITER_DONE;
}

#endif /* ALPC_WAIT_H */
