/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Completion ports: few threads that wait for any number of ports.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_COMPLETION_H
#define ALPC_COMPLETION_H

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <uapi/linux/alpc.h>

struct alpc_end;
struct file;
struct inode;

/**
 * struct alpc_ready - something that makes packets
 * @node: in &alpc_completion.ready, or empty
 * @posted: part of a &struct alpc_posted, else of a &struct alpc_binding
 */
struct alpc_ready {
	struct list_head node;
	bool posted;
};

/**
 * struct alpc_binding - a port that is bound to a completion port
 * @ready: linked while there are packets
 * @bound: in &alpc_completion.bindings, or empty once it is unbound
 * @ref: one while it is bound, one for each packet taken and not copied out yet
 * @completion: what it is bound to; valid while @bound is linked
 * @end: port, with a reference to its object; immutable
 * @key: for the packets; immutable
 * @due: messages that nobody was told of
 * @look: nobody was told that something is in the completion list, or that receiving
 *	was switched off
 * @closed: the connection has ended
 * @told: and a thread was told so
 *
 * All else is protected by the completion port's lock.
 */
struct alpc_binding {
	struct alpc_ready ready;
	struct list_head bound;
	refcount_t ref;
	struct alpc_completion *completion;
	struct alpc_end *end;
	u64 key;
	u32 due;
	bool look;
	bool closed;
	bool told;
};

/**
 * struct alpc_completion - a completion port; its file holds it
 * @lock: everything marked so; taken with interrupts off, inside a port's lock
 * @ready: what has packets, in order; @lock
 * @packets: how many there are; changed under @lock, read without it
 * @posted: how many of them were posted; @lock
 * @waiters: threads that wait, the last one first; @lock
 * @waiting: how many; @lock
 * @bindings: ports that are bound; @lock
 * @bound: how many; @lock
 * @concurrency: how many released threads may run, 0 for as many as there are
 *	CPUs; @lock
 * @running: how many do
 * @runners: &struct alpc_runner of threads released; @lock
 * @work: releases threads where a thread went to sleep, or there are many
 * @pollers: those that poll
 * @inode: of the file; immutable
 */
struct alpc_completion {
	spinlock_t lock;	/* everything marked so */
	struct list_head ready;
	u32 packets;
	u32 posted;
	struct hlist_head waiters;
	u32 waiting;
	struct list_head bindings;
	u32 bound;
	u32 concurrency;
	atomic_t running;
	struct list_head runners;
	struct irq_work work;
	wait_queue_head_t pollers;
	struct inode *inode;
};

/* How many released threads may run now. Context: lock held. */
static inline u32 alpc_completion_limit(const struct alpc_completion *c)
{
	return c->concurrency ?: num_online_cpus();
}

void alpc_binding_add_due(struct alpc_binding *b, u32 count);
void alpc_binding_look(struct alpc_binding *b);
void alpc_binding_settle(struct alpc_binding *b, u32 length);
void alpc_binding_close(struct alpc_binding *b);
int alpc_unbind(struct alpc_end *end);
int alpc_bind_to(struct alpc_end *end, struct alpc_completion *c, u64 key);
int alpc_bind(struct alpc_end *end, const struct alpc_bind *arg);

struct file *alpc_completion_file(u32 concurrency);

#endif /* ALPC_COMPLETION_H */
