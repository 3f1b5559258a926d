/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 *
 * Ports appear by the number that fdinfo shows.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM alpc

#if !defined(ALPC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ALPC_TRACE_H

#include <linux/sched.h>
#include <linux/tracepoint.h>

#include "port.h"

/* A message went into a port; id is the one that its receiver will see. */
TRACE_EVENT(alpc_send,
	TP_PROTO(const struct alpc_end *end, const struct alpc_message *m),
	TP_ARGS(end, m),
	TP_STRUCT__entry(
		__field(u64, port)
		__field(u64, id)
		__field(u64, seq)
		__field(u32, len)
		__field(u8, type)
	),
	TP_fast_assign(
		__entry->port = alpc_end_id(end);
		__entry->id = m->type == ALPC_REPLY ? m->sender_id : m->id;
		__entry->seq = m->seq;
		__entry->len = m->len;
		__entry->type = m->type;
	),
	TP_printk("port=%llu type=%u id=%llu seq=%llu len=%u", __entry->port,
		  __entry->type, __entry->id, __entry->seq, __entry->len)
);

/* A thread came out of a port with a message. */
TRACE_EVENT(alpc_receive,
	TP_PROTO(const struct alpc_end *end, const struct alpc_delivery *d),
	TP_ARGS(end, d),
	TP_STRUCT__entry(
		__field(u64, port)
		__field(u64, id)
		__field(u64, seq)
		__field(u32, len)
		__field(u16, type)
	),
	TP_fast_assign(
		__entry->port = alpc_end_id(end);
		__entry->id = d->id;
		__entry->seq = d->seq;
		__entry->len = d->len;
		__entry->type = d->type;
	),
	TP_printk("port=%llu type=%u id=%llu seq=%llu len=%u", __entry->port,
		  __entry->type, __entry->id, __entry->seq, __entry->len)
);

/* A message went into a completion list instead of a queue. */
TRACE_EVENT(alpc_list,
	TP_PROTO(const struct alpc_end *end, u8 type, u64 id, u64 seq, u32 len,
		 u32 slot),
	TP_ARGS(end, type, id, seq, len, slot),
	TP_STRUCT__entry(
		__field(u64, port)
		__field(u64, id)
		__field(u64, seq)
		__field(u32, len)
		__field(u32, slot)
		__field(u8, type)
	),
	TP_fast_assign(
		__entry->port = alpc_end_id(end);
		__entry->id = id;
		__entry->seq = seq;
		__entry->len = len;
		__entry->slot = slot;
		__entry->type = type;
	),
	TP_printk("port=%llu type=%u id=%llu seq=%llu len=%u slot=%u",
		  __entry->port, __entry->type, __entry->id, __entry->seq,
		  __entry->len, __entry->slot)
);

DECLARE_EVENT_CLASS(alpc_thread,
	TP_PROTO(const struct task_struct *task),
	TP_ARGS(task),
	TP_STRUCT__entry(
		__field(pid_t, tid)
	),
	TP_fast_assign(
		__entry->tid = task->pid;
	),
	TP_printk("tid=%d", __entry->tid)
);

/* A thread goes to sleep for a message, a reply or room. */
DEFINE_EVENT(alpc_thread, alpc_wait,
	TP_PROTO(const struct task_struct *task), TP_ARGS(task));

/* A sleeping thread is woken because it got what it waits for. */
DEFINE_EVENT(alpc_thread, alpc_wake,
	TP_PROTO(const struct task_struct *task), TP_ARGS(task));

DECLARE_EVENT_CLASS(alpc_conn,
	TP_PROTO(const struct alpc_conn *conn, int error),
	TP_ARGS(conn, error),
	TP_STRUCT__entry(
		__field(u64, port)
		__field(u64, client)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->port = conn->port->id;
		__entry->client = conn->id;
		__entry->error = error;
	),
	TP_printk("port=%llu client=%llu error=%d", __entry->port,
		  __entry->client, __entry->error)
);

/* A client asks for a connection. */
DEFINE_EVENT(alpc_conn, alpc_connect,
	TP_PROTO(const struct alpc_conn *conn, int error),
	TP_ARGS(conn, error));

/* The server has answered; error is -ECONNREFUSED if it refused. */
DEFINE_EVENT(alpc_conn, alpc_accept,
	TP_PROTO(const struct alpc_conn *conn, int error),
	TP_ARGS(conn, error));

/* The last descriptor of a port is closed. */
TRACE_EVENT(alpc_close,
	TP_PROTO(const struct alpc_end *end),
	TP_ARGS(end),
	TP_STRUCT__entry(
		__field(u64, port)
		__field(u8, kind)
	),
	TP_fast_assign(
		__entry->port = alpc_end_id(end);
		__entry->kind = end->kind;
	),
	TP_printk("port=%llu kind=%u", __entry->port, __entry->kind)
);

#endif /* ALPC_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
