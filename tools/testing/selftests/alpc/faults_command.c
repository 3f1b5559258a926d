// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is left to do of a command that failed in the middle; most do all or nothing.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 *
 * A transfer that has sent says so (out_done), and only receives when it is made again; a
 * call fetches its reply by its id. A vector says how far it was. An access is made again
 * from its beginning. Where even that cannot be said the effect stands: the last copy of a
 * transfer that has received nothing is left out by tests/check/guest, and those behind the
 * effect of a connect, which has made a connection and ended it, and of a cancellation are
 * left out here. The suite `pointer` has all these fail once.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "faults.h"

#define PARTS	(ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_WAIT)

static void *argument(const struct fault_call *call)
{
	return (void *)call->arg[2];
}

/* The first copy is that of the argument, before which nothing is done or written. */
static bool argument_failed(unsigned int nth)
{
	return fault_copies && nth == 1;
}

/* The head of each argument. */
struct head {
	__u32 size;
	__u32 flags;
};

/* --- transfers -------------------------------------------------------------------- */

static bool transfer_again(struct fault_call *call, unsigned int *nth, long *ret)
{
	struct alpc_transfer *rest = &call->transfer.rest, now;

	if (!fault_is_ours(call, *ret) || !fault_peek(&now, argument(call), sizeof(now)))
		return false;
	if (!argument_failed(*nth) && now.out_done & ALPC_DONE_SENT) {
		if (!(rest->flags & PARTS))
			return false;
		call->transfer.sent = true;
		call->transfer.id = now.out_id;
		rest->flags &= ~ALPC_TRANSFER_SEND;
		if (rest->flags & ALPC_TRANSFER_WAIT && rest->send.flags != ALPC_SEND_REPLY)
			rest->recv.call = now.out_id;
		*nth = 0;
	}
	/* What is as it was may be memory that cannot be written to. */
	return !memcmp(&now, rest, sizeof(now)) ||
	       fault_poke(argument(call), rest, sizeof(*rest));
}

static void transfer_finish(struct fault_call *call, long ret)
{
	struct alpc_transfer now;
	int error = errno;

	if (call->transfer.sent && fault_peek(&now, argument(call), sizeof(now))) {
		now.flags = call->transfer.was.flags;
		now.out_id = call->transfer.id;
		now.out_done |= ALPC_DONE_SENT;
		if (ret < 0)
			now.recv.call = call->transfer.was.recv.call;
		fault_poke(argument(call), &now, sizeof(now));
	}
	errno = error;
}

static void describe_transfer(struct fault_call *call)
{
	struct alpc_transfer *was = &call->transfer.was;

	if (!fault_peek(was, argument(call), sizeof(*was)) || was->size != sizeof(*was)) {
		call->last = 1;
		return;
	}
	call->shape = call->shape * 31 + was->send.flags;
	call->shape = call->shape * 31 + (was->send.len >> 6);
	call->shape = call->shape * 31 + !was->send.attrs * 4 + !was->recv.attrs * 2 +
		      !was->send.view_len;
	call->transfer.rest = *was;
	call->transfer.sent = false;
	call->again = transfer_again;
	call->finish = transfer_finish;
}

/* --- vectors ---------------------------------------------------------------------- */

static long run_vector(const struct fault_call *call, struct alpc_vector *v)
{
	struct fault_call part = *call;

	part.arg[2] = (long)v;
	return fault_none(&part);
}

/* Of the first @count that were dealt with, send those again that failed. */
static long send_failed(const struct fault_call *call, __u32 count)
{
	const struct alpc_vector *rest = &call->vector.rest;
	struct alpc_vector_send *send = (void *)(long)rest->send, one;
	struct alpc_vector v = *rest;
	long ret = 0;

	v.flags &= ~ALPC_TRANSFER_RECEIVE;
	v.recv = 0;
	v.recv_count = 0;
	v.send_count = 1;
	for (; count-- && !ret; send++) {
		if (!fault_peek(&one, send, sizeof(one)) ||
		    (one.out_error != ENOMEM && one.out_error != EFAULT))
			continue;
		v.send = (unsigned long)send;
		ret = run_vector(call, &v);
	}
	return ret;
}

/* One that has received something receives what else is there, and does not wait. */
static void receive_others(struct fault_call *call)
{
	struct alpc_vector v = call->vector.rest;

	v.flags |= ALPC_TRANSFER_DONTWAIT;
	if (v.recv_count && !run_vector(call, &v))
		call->vector.received += v.out_received;
}

/* Count what was done, and point behind it. */
static void vector_advance(struct fault_call *call, const struct alpc_vector *now)
{
	struct alpc_vector *rest = &call->vector.rest;

	call->vector.sent += now->out_sent;
	call->vector.received += now->out_received;
	rest->send += now->out_sent * sizeof(struct alpc_vector_send);
	rest->send_count -= now->out_sent;
	rest->recv += now->out_received * sizeof(struct alpc_msg);
	rest->recv_count -= now->out_received;
	if (!rest->send_count) {
		rest->flags &= ~ALPC_TRANSFER_SEND;
		rest->send = 0;
	}
}

static bool vector_again(struct fault_call *call, unsigned int *nth, long *ret)
{
	struct alpc_vector *rest = &call->vector.rest, now;
	bool ours = fault_is_ours(call, *ret);
	int error = errno;
	long failed;

	if (argument_failed(*nth) || !fault_peek(&now, argument(call), sizeof(now)))
		return ours;
	failed = send_failed(call, now.out_sent);
	vector_advance(call, &now);
	if (*ret < 0 && !ours) {
		errno = error;
		return false;
	}
	*ret = failed;
	if (failed)
		return false;
	if (call->vector.received) {
		receive_others(call);
		return false;
	}
	return rest->flags & (ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE) &&
	       fault_poke(argument(call), rest, sizeof(*rest));
}

static void vector_finish(struct fault_call *call, long ret)
{
	struct alpc_vector now = call->vector.was;
	int error = errno;

	(void)ret;
	if (!call->hit && fault_peek(&now, argument(call), sizeof(now)))
		vector_advance(call, &now);
	now = call->vector.was;
	now.out_sent = call->vector.sent;
	now.out_received = call->vector.received;
	fault_poke(argument(call), &now, sizeof(now));
	errno = error;
}

static void describe_vector(struct fault_call *call)
{
	struct alpc_vector *was = &call->vector.was;

	/* If it cannot say how far it was, nothing but its argument may fail. */
	if (!fault_peek(was, argument(call), sizeof(*was)) || was->size != sizeof(*was) ||
	    !fault_poke(argument(call), was, sizeof(*was))) {
		call->last = fault_copies;
		return;
	}
	call->vector.rest = *was;
	call->vector.sent = 0;
	call->vector.received = 0;
	call->again = vector_again;
	call->finish = vector_finish;
}

/* --- access to the caller's memory ------------------------------------------------- */

/*
 * Reading or writing the same once more changes nothing. Where there is no memory for a
 * page of the caller's, or of one's own, the kernel says of the second that it is not there.
 */
static bool access_again(struct fault_call *call, unsigned int *nth, long *ret)
{
	(void)nth;
	return fault_is_ours(call, *ret) ||
	       (call->hit && !fault_copies && *ret < 0 && errno == EFAULT);
}

/* --- all commands ----------------------------------------------------------------- */

/*
 * What a thread that sleeps is given goes to another one if it cannot take it, and that is
 * not what a test is about that has several. So its copies fail only where there is
 * something already. A call's reply is for nobody else.
 */
static bool may_sleep(const struct fault_call *call, __u32 receives)
{
	struct pollfd pollfd = { .fd = call->arg[0], .events = POLLIN };
	struct head head;

	return fault_peek(&head, argument(call), sizeof(head)) &&
	       (!receives || head.flags & receives) && !(head.flags & ALPC_TRANSFER_DONTWAIT) &&
	       !syscall(SYS_poll, &pollfd, 1L, 0L);
}

/* How many the driver takes at a time, so that it can give them back. */
#define PACKETS	8

static void describe_copies(struct fault_call *call, unsigned long command)
{
	bool sleeps = false;

	switch (command) {
	case ALPC_IOC_TRANSFER:
	case ALPC_IOC_VECTOR:
		sleeps = may_sleep(call, ALPC_TRANSFER_RECEIVE);
		break;
	case ALPC_IOC_WAIT_PACKETS:
		/* Those of the argument and of the first packets; others need not come. */
		call->last = 1 + PACKETS;
		sleeps = may_sleep(call, 0);
		break;
	case ALPC_IOC_SET_COMPLETION:
		/* Those of the argument, and of the state before it is changed. */
		call->last = 2;
		break;
	case ALPC_IOC_CONNECT:
		/* Those of the argument and of the name. */
		call->last = 2;
		break;
	case ALPC_IOC_CANCEL:
		/* Those of the argument, and of the answer before there is one. */
		call->last = 2;
		break;
	}
	if (sleeps)
		call->last = 1;
}

void fault_describe(struct fault_call *call, unsigned long command)
{
	struct head head;

	if (fault_peek(&head, argument(call), sizeof(head)))
		call->shape = head.flags;
	switch (command) {
	case ALPC_IOC_TRANSFER:
		describe_transfer(call);
		break;
	case ALPC_IOC_VECTOR:
		describe_vector(call);
		break;
	case ALPC_IOC_ACCESS:
		call->again = access_again;
		break;
	}
	if (fault_copies)
		describe_copies(call, command);
}

const char *fault_name(unsigned int kind)
{
	static const struct { unsigned long command; const char *name; } names[] = {
		{ ALPC_IOC_QUERY, "QUERY" },
		{ ALPC_IOC_CREATE_PORT, "CREATE_PORT" },
		{ ALPC_IOC_CONNECT, "CONNECT" },
		{ ALPC_IOC_ACCEPT, "ACCEPT" },
		{ ALPC_IOC_DISCONNECT, "DISCONNECT" },
		{ ALPC_IOC_PORT_INFO, "PORT_INFO" },
		{ ALPC_IOC_NOTIFY_EXIT, "NOTIFY_EXIT" },
		{ ALPC_IOC_SHUTDOWN, "SHUTDOWN" },
		{ ALPC_IOC_TRANSFER, "TRANSFER" },
		{ ALPC_IOC_VECTOR, "VECTOR" },
		{ ALPC_IOC_CANCEL, "CANCEL" },
		{ ALPC_IOC_CREATE_RESERVE, "CREATE_RESERVE" },
		{ ALPC_IOC_DELETE_RESERVE, "DELETE_RESERVE" },
		{ ALPC_IOC_CREATE_SECTION, "CREATE_SECTION" },
		{ ALPC_IOC_OPEN_SECTION, "OPEN_SECTION" },
		{ ALPC_IOC_DELETE_SECTION, "DELETE_SECTION" },
		{ ALPC_IOC_ACCESS, "ACCESS" },
		{ ALPC_IOC_TAKE_FDS, "TAKE_FDS" },
		{ ALPC_IOC_GET_IDENTITY, "GET_IDENTITY" },
		{ ALPC_IOC_CREATE_SECURITY, "CREATE_SECURITY" },
		{ ALPC_IOC_REVOKE_SECURITY, "REVOKE_SECURITY" },
		{ ALPC_IOC_DELETE_SECURITY, "DELETE_SECURITY" },
		{ ALPC_IOC_GET_USAGE, "GET_USAGE" },
		{ ALPC_IOC_CREATE_COMPLETION, "CREATE_COMPLETION" },
		{ ALPC_IOC_BIND, "BIND" },
		{ ALPC_IOC_WAIT_PACKETS, "WAIT_PACKETS" },
		{ ALPC_IOC_POST_PACKETS, "POST_PACKETS" },
		{ ALPC_IOC_SET_COMPLETION, "SET_COMPLETION" },
		{ ALPC_IOC_CREATE_LIST, "CREATE_LIST" },
		{ ALPC_IOC_DELETE_LIST, "DELETE_LIST" },
		{ ALPC_IOC_QUICK_WAIT, "QUICK_WAIT" },
		{ ALPC_IOC_QUICK_WAKE, "QUICK_WAKE" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (_IOC_NR(names[i].command) == kind)
			return names[i].name;
	return "unknown";
}
