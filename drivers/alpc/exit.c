// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notices of the end of threads that asked for one.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "exit.h"

#include <linux/err.h>
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>

#include "compat.h"
#include "limits.h"
#include "port.h"
#include "trace.h"

#define ALPC_EXIT_BITS	12

/**
 * struct alpc_watch - a thread that asked for a notice on a connection
 * @node: in &alpc_exit.watches
 * @conn_node: in &alpc_conn.watches
 * @task: the thread; its address only, it is removed before it is freed
 * @conn: connection
 * @notice: the message; its reference goes to the queue with it
 */
struct alpc_watch {
	struct hlist_node node;
	struct hlist_node conn_node;
	struct task_struct *task;
	struct alpc_conn *conn;
	struct alpc_message *notice;
};

/**
 * struct alpc_exit - all threads that asked
 * @lock: protects @watches and &alpc_conn.watches; outside every port's lock
 * @watches: by thread
 * @hook: serializes hooking the tracepoint
 * @hooked: it is
 * @tp: the tracepoint, NULL if this kernel has none; immutable
 */
static struct alpc_exit {
	spinlock_t lock;	/* @watches, conn->watches */
	struct hlist_head watches[1 << ALPC_EXIT_BITS];
	struct mutex hook;	/* @hooked */
	bool hooked;
	struct tracepoint *tp;
} alpc_exit = {
	.lock = __SPIN_LOCK_UNLOCKED(alpc_exit.lock),
	.hook = __MUTEX_INITIALIZER(alpc_exit.hook),
};

static struct hlist_head *alpc_exit_bucket(const struct task_struct *task)
{
	return &alpc_exit.watches[hash_ptr(task, ALPC_EXIT_BITS)];
}

static void alpc_watch_free(struct alpc_watch *watch)
{
	if (watch->notice)
		alpc_message_put(watch->notice);
	kfree(watch);
}

/* The thread ends: queue the notice, unless the connection ended before. */
static void alpc_watch_fire(struct alpc_watch *watch)
{
	struct alpc_conn *conn = watch->conn;
	struct alpc_port *port = conn->port;
	struct alpc_message *m = watch->notice;
	struct alpc_wake wake = {};

	rcu_read_lock();
	spin_lock(&port->lock);
	if (conn->state == ALPC_STATE_OPEN) {
		watch->notice = NULL;
		m->state = ALPC_MSG_QUEUED;
		hlist_add_head(&m->sent, &conn->client.sent);
		alpc_queue_post(&port->queue, m, false, &wake);
	}
	spin_unlock(&port->lock);
	alpc_wake_flush(&wake);
	rcu_read_unlock();
}

/* Probe of sched_process_exit. */
static void alpc_exit_probe(void *data, ALPC_EXIT_PROBE_ARGS)
{
	struct alpc_watch *watch;
	struct hlist_node *next;

	/* Who is not in the table now has not asked: only he could. */
	if (hlist_empty(alpc_exit_bucket(task)))
		return;
	spin_lock(&alpc_exit.lock);
	hlist_for_each_entry_safe(watch, next, alpc_exit_bucket(task), node) {
		if (watch->task != task)
			continue;
		hlist_del(&watch->node);
		hlist_del(&watch->conn_node);
		alpc_watch_fire(watch);
		alpc_watch_free(watch);
	}
	spin_unlock(&alpc_exit.lock);
}

static void alpc_exit_find(struct tracepoint *tp, void *name)
{
	if (!strcmp(tp->name, name))
		alpc_exit.tp = tp;
}

static int alpc_exit_hook(void)
{
	int ret = 0;

	mutex_lock(&alpc_exit.hook);
	if (!alpc_exit.hooked) {
		ret = tracepoint_probe_register(alpc_exit.tp, alpc_exit_probe,
						NULL);
		alpc_exit.hooked = !ret;
	}
	mutex_unlock(&alpc_exit.hook);
	return ret;
}

/* Can this kernel tell of the end of threads? */
bool alpc_exit_is_supported(void)
{
	return alpc_exit.tp;
}

/* A notice waits at the server until it is received, so it is counted. */
static int alpc_watch_charge(struct alpc_watch *watch)
{
	struct alpc_port *port = watch->conn->port;
	int ret = 0;

	spin_lock(&port->lock);
	if (alpc_end_has_quota(&watch->conn->client))
		alpc_message_count(watch->notice);
	else
		ret = -EDQUOT;
	spin_unlock(&port->lock);
	return ret;
}

static void alpc_watch_uncharge(struct alpc_watch *watch)
{
	struct alpc_port *port = watch->conn->port;

	spin_lock(&port->lock);
	alpc_message_uncount(watch->notice);
	spin_unlock(&port->lock);
}

static int alpc_watch_add(struct alpc_watch *watch)
{
	struct hlist_head *bucket = alpc_exit_bucket(watch->task);
	struct alpc_watch *other;
	unsigned int count = 0;
	int ret = 0;

	spin_lock(&alpc_exit.lock);
	hlist_for_each_entry(other, bucket, node) {
		if (other->task != watch->task)
			continue;
		if (other->conn == watch->conn)
			ret = -EEXIST;
		count++;
	}
	if (!ret && count >= ALPC_WATCHES_MAX)
		ret = -EDQUOT;
	if (!ret) {
		watch->conn->watched = true;
		hlist_add_head(&watch->node, bucket);
		hlist_add_head(&watch->conn_node, &watch->conn->watches);
	}
	spin_unlock(&alpc_exit.lock);
	return ret;
}

static struct alpc_message *alpc_watch_notice(struct alpc_conn *conn,
					      u64 cookie)
{
	struct alpc_message *spare = NULL;
	struct alpc_message *m;

	m = alpc_message_alloc(&spare, conn->client.user, 0);
	if (IS_ERR(m))
		return m;
	if (alpc_ident_renew(&m->sender, &conn->client.idents)) {
		alpc_message_put(m);
		return ERR_PTR(-ENOMEM);
	}
	m->from = &conn->client;
	m->type = ALPC_CLIENT_DIED;
	m->cookie = cookie;
	m->id = 0;
	m->len = 0;
	m->seq = 0;
	return m;
}

/**
 * alpc_exit_watch() - tell the server when the calling thread ends
 * @conn: open connection, whose client end is held by the caller's file
 * @cookie: for the notice
 *
 * Return: 0, -EEXIST, -ENOMEM, -EDQUOT or -EOPNOTSUPP.
 */
int alpc_exit_watch(struct alpc_conn *conn, u64 cookie)
{
	struct alpc_watch *watch;
	struct alpc_message *notice;
	int ret;

	if (!alpc_exit_is_supported())
		return -EOPNOTSUPP;
	ret = alpc_exit_hook();
	if (ret)
		return ret;
	watch = kzalloc(sizeof(*watch), GFP_KERNEL_ACCOUNT);
	if (!watch)
		return -ENOMEM;
	watch->task = current;
	watch->conn = conn;
	notice = alpc_watch_notice(conn, cookie);
	if (IS_ERR(notice)) {
		ret = PTR_ERR(notice);
		goto err_free;
	}
	watch->notice = notice;
	ret = alpc_watch_charge(watch);
	if (ret)
		goto err_free;
	ret = alpc_watch_add(watch);
	if (ret)
		goto err_uncharge;
	return 0;

err_uncharge:
	alpc_watch_uncharge(watch);
err_free:
	alpc_watch_free(watch);
	return ret;
}

/**
 * alpc_exit_forget() - the connection's client end is closed
 * @conn: connection
 */
void alpc_exit_forget(struct alpc_conn *conn)
{
	struct hlist_node *next;
	struct alpc_watch *watch;

	/* Set through the client's file only, which is closed. */
	if (!conn->watched)
		return;
	spin_lock(&alpc_exit.lock);
	hlist_for_each_entry_safe(watch, next, &conn->watches, conn_node) {
		hlist_del(&watch->node);
		hlist_del(&watch->conn_node);
		alpc_watch_free(watch);
	}
	spin_unlock(&alpc_exit.lock);
}

void __init alpc_exit_init(void)
{
	for_each_kernel_tracepoint(alpc_exit_find, "sched_process_exit");
}

void alpc_exit_exit(void)
{
	if (!alpc_exit.hooked)
		return;
	tracepoint_probe_unregister(alpc_exit.tp, alpc_exit_probe, NULL);
	tracepoint_synchronize_unregister();
}
