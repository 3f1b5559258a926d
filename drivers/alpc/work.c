// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port's lock, and what is left to do once it is released.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "work.h"

/**
 * alpc_work_begin() - take a port's lock in an RCU read-side critical section
 * @work: collects what is to be done afterwards
 * @port: connection port
 */
void alpc_work_begin(struct alpc_work *work, struct alpc_port *port)
	__acquires(RCU) __acquires(&port->lock)
{
	work->wake.task = NULL;
	INIT_LIST_HEAD(&work->dead);
	rcu_read_lock();
	spin_lock(&port->lock);
}

/**
 * alpc_work_end() - release the lock and do what was collected
 * @work: what was collected
 * @port: connection port
 */
void alpc_work_end(struct alpc_work *work, struct alpc_port *port)
	__releases(&port->lock) __releases(RCU)
{
	struct alpc_message *m, *next;

	spin_unlock(&port->lock);
	alpc_wake_flush(&work->wake);
	rcu_read_unlock();
	list_for_each_entry_safe(m, next, &work->dead, node) {
		list_del_init(&m->node);
		alpc_message_put(m);
	}
}
