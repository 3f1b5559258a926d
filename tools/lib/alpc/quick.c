// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Quick calls, the client's side.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* sched_getcpu() */
#endif
#include "body.h"
#include "quick.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* The server has no business to wake a caller more often than this in vain. */
#define VAIN_MAX	8

/* Instead of an error: call as usual. */
#define AS_USUAL	1

/**
 * struct alpc_quick_calls - a client's quick calls
 * @port: port; immutable
 * @page: the page; immutable
 * @section: its id; immutable
 * @process: number of the process that has it mapped; immutable
 * @spin_ns: for how long to look, 0 for calling as usual always; immutable
 * @head: what there is to say about a reply; immutable
 * @busy: a thread uses the page, and what follows; atomic
 * @seq: number of the last request
 * @luck: whether looking was worth while
 */
struct alpc_quick_calls {
	struct alpc_port *port;
	struct alpc_lib_quick_page *page;
	uint32_t section;
	uint32_t process;
	uint32_t spin_ns;
	struct alpc_msg head;
	atomic_bool busy;
	uint32_t seq;
	struct alpc_lib_quick_luck luck;
};

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t alpc_lib_quick_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* This CPU, plus 1; 0 if that cannot be told. */
uint32_t alpc_lib_quick_cpu(void)
{
	return (uint32_t)(sched_getcpu() + 1) & 0xffffff;
}

/* -- Opening and closing ---------------------------------------------------- */

static struct alpc_lib_quick_hello make_hello(uint32_t what, uint32_t section)
{
	return (struct alpc_lib_quick_hello){
		.magic = QUICK_MAGIC,
		.version = QUICK_VERSION,
		.what = what,
		.section = section,
	};
}

static int page_new(struct alpc_quick_calls *q)
{
	struct alpc_create_section arg = {
		.size = sizeof(arg),
		.flags = ALPC_SECTION_PEER_WRITE,
		.len = QUICK_PAGE_LEN,
	};
	int saved = errno;
	void *page;
	int ret;

	ret = alpc_lib_ioctl(q->port->fd, ALPC_IOC_CREATE_SECTION, &arg);
	if (ret)
		return ret;
	q->section = arg.out_section;
	page = mmap(NULL, QUICK_PAGE_LEN, PROT_READ | PROT_WRITE, MAP_SHARED,
		    arg.out_fd, 0);
	if (page == MAP_FAILED)
		ret = -errno;
	else
		q->page = page;
	errno = saved;
	alpc_lib_close(arg.out_fd);
	return ret;
}

static void page_free(struct alpc_quick_calls *q)
{
	struct alpc_delete_section arg = {
		.size = sizeof(arg),
		.section = q->section,
	};
	int saved = errno;

	if (q->section)
		alpc_lib_ioctl(q->port->fd, ALPC_IOC_DELETE_SECTION, &arg);
	if (q->page)
		munmap(q->page, QUICK_PAGE_LEN);
	errno = saved;
}

/* Does the kernel know of it? To wake nobody does no harm. */
static int check_kernel(const struct alpc_quick_calls *q)
{
	struct alpc_quick arg = { .size = sizeof(arg), .section = q->section };

	return alpc_lib_ioctl(q->port->fd, ALPC_IOC_QUICK_WAKE, &arg);
}

/* Ask the server, whose answer says who it is, too. */
static int ask_server(struct alpc_quick_calls *q, int64_t timeout)
{
	const struct alpc_lib_quick_hello ask =
		make_hello(QUICK_HELLO_OPEN, q->section);
	struct alpc_lib_quick_hello answer;
	struct alpc_message *m;
	int ret;

	ret = alpc_message_new(0, &m);
	if (ret)
		return ret;
	ret = alpc_call(q->port, &ask, sizeof(ask), m, timeout);
	if (!ret && m->len == sizeof(answer)) {
		memcpy(&answer, m->data, sizeof(answer));
		ret = answer.value;
		answer.value = 0;
		if (memcmp(&answer, &ask, sizeof(ask)) || ret > 0)
			ret = -EOPNOTSUPP;
		q->head = m->io.recv;
	} else if (!ret) {
		ret = -EOPNOTSUPP;
	}
	alpc_message_free(m);
	q->head.id = 0;
	q->head.seq = 0;
	q->head.data = 0;
	q->head.len = 0;
	return ret;
}

static int calls_init(struct alpc_quick_calls *q, struct alpc_port *port,
		      const struct alpc_quick_options *options, int64_t timeout)
{
	struct alpc_quick_options opt;
	int ret;

	ret = alpc_lib_options(&opt, sizeof(opt), options);
	if (ret)
		return ret;
	if (opt.spin_ns > ALPC_QUICK_SPIN_MAX || opt.reserved)
		return -EINVAL;
	q->port = port;
	if (alpc_lib_cpus() > 1)
		q->spin_ns = opt.spin_ns ? opt.spin_ns : QUICK_SPIN_DEFAULT;
	ret = alpc_lib_process_number(&q->process);
	if (!ret)
		ret = page_new(q);
	if (!ret)
		ret = check_kernel(q);
	return ret ? ret : ask_server(q, timeout);
}

ALPC_API int alpc_quick_open(struct alpc_port *port,
			     const struct alpc_quick_options *options,
			     int64_t timeout, struct alpc_quick_calls **quick)
{
	struct alpc_quick_calls *q;
	int ret;

	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	ret = calls_init(q, port, options, timeout);
	if (ret) {
		page_free(q);
		free(q);
		return ret;
	}
	*quick = q;
	return 0;
}

ALPC_API void alpc_quick_close(struct alpc_quick_calls *quick)
{
	if (!quick)
		return;
	/* In a child that was forked it is the parent's. */
	if (alpc_lib_process_is(quick->process)) {
		const struct alpc_lib_quick_hello bye =
			make_hello(QUICK_HELLO_CLOSE, quick->section);

		/* If it does not get through, the connection's end says so. */
		alpc_send(quick->port, &bye, sizeof(bye), 0);
		page_free(quick);
	}
	free(quick);
}

/* -- Calling ---------------------------------------------------------------- */

static bool is_answered(const struct alpc_quick_calls *q, uint32_t seq)
{
	return atomic_load_explicit(&q->page->answer,
				    memory_order_acquire) == seq;
}

/* Look whether the answer is there; also until the call's time is over. */
static bool look(const struct alpc_quick_calls *q, uint32_t seq,
		 const struct alpc_lib_time *time)
{
	int64_t end = 0;

	for (;;) {
		int64_t now;

		for (int i = 0; i < QUICK_LOOKS; i++) {
			if (is_answered(q, seq))
				return true;
			quick_relax();
		}
		now = alpc_lib_quick_now();
		if (!end)
			end = now + q->spin_ns;
		if (now >= end || (time->absolute && now >= time->ns))
			return false;
	}
}

/* Sleep until the answer is there. */
static int wait_answer(const struct alpc_quick_calls *q, uint32_t seq,
		       const struct alpc_lib_time *time)
{
	struct alpc_quick arg = {
		.size = sizeof(arg),
		.flags = time->absolute ? ALPC_TRANSFER_ABSTIME : 0,
		.timeout = time->ns,
		.section = q->section,
		.offset = offsetof(struct alpc_lib_quick_page, answer),
	};

	for (int i = 0; i < VAIN_MAX; i++) {
		unsigned int seen = atomic_load(&q->page->answer);
		int ret;

		if (seen == seq)
			return 0;
		arg.value = seen | QUICK_ASLEEP;
		/* Without that nobody would wake it: look again at what there is. */
		if (!(seen & QUICK_ASLEEP) &&
		    !atomic_compare_exchange_strong(&q->page->answer, &seen,
						    arg.value))
			continue;
		ret = alpc_lib_ioctl(q->port->fd, ALPC_IOC_QUICK_WAIT, &arg);
		if (ret)
			return is_answered(q, seq) ? 0 : ret;
	}
	return is_answered(q, seq) ? 0 : -EPROTO;
}

/* Take the reply out of the page. */
static int take_reply(struct alpc_quick_calls *q, struct alpc_message *reply,
		      const struct alpc_lib_time *time)
{
	uint32_t head = atomic_load_explicit(&q->page->head,
					     memory_order_relaxed);
	uint32_t len = QUICK_HEAD_LEN(head);
	struct alpc_lib_quick_hello fetch;
	int ret;

	switch (QUICK_HEAD_KIND(head)) {
	case QUICK_DATA:
		if (len > ALPC_QUICK_MAX)
			return -EPROTO;
		ret = alpc_lib_message_grow(reply, len);
		if (ret)
			return ret;
		memcpy(reply->own, q->page->reply, len);
		reply->len = len;
		reply->way = ALPC_WAY_QUICK;
		reply->done |= ALPC_DONE_RECEIVED;
		reply->io.recv = q->head;
		return 0;
	case QUICK_FETCH:
		fetch = make_hello(QUICK_HELLO_FETCH, q->section);
		fetch.value = (int32_t)q->seq;
		return alpc_call(q->port, &fetch, sizeof(fetch), reply,
				 time->absolute ? alpc_until(time->ns) :
						  ALPC_INFINITE);
	case QUICK_ORDINARY:
		return AS_USUAL;
	case QUICK_CANCELED:
		return -ECANCELED;
	default:
		return -EPROTO;
	}
}

/* The request @posted is in the page: get its reply, or take it back. */
static int finish(struct alpc_quick_calls *q, uint64_t posted,
		  struct alpc_message *reply, const struct alpc_lib_time *time)
{
	bool answered = look(q, QUICK_SEQ(posted), time);
	int ret;

	quick_tried(&q->luck, answered);
	if (!answered && atomic_compare_exchange_strong(&q->page->ask, &posted,
							QUICK_ABSENT))
		return AS_USUAL;
	/* As far as one can tell the server has it. */
	reply->done = ALPC_DONE_SENT;
	ret = answered ? 0 : wait_answer(q, q->seq, time);
	return ret ? ret : take_reply(q, reply, time);
}

/* The thread has the page. Return: 0, a negative errno, or %AS_USUAL. */
static int call_quickly(struct alpc_quick_calls *q, const void *data, size_t len,
			struct alpc_message *reply,
			const struct alpc_lib_time *time)
{
	struct alpc_lib_quick_page *page = q->page;
	uint64_t ask = atomic_load_explicit(&page->ask, memory_order_acquire);
	uint64_t posted;
	int ret;

	if (QUICK_STATE(ask) != QUICK_LOOKING ||
	    QUICK_VALUE(ask) == alpc_lib_quick_cpu() || !quick_try(&q->luck))
		return AS_USUAL;
	if (len)
		memcpy(page->request, data, len);
	q->seq = q->seq == QUICK_SEQ_MAX ? 1 : q->seq + 1;
	posted = quick_ask(QUICK_POSTED, (uint32_t)len, q->seq);
	if (!atomic_compare_exchange_strong(&page->ask, &ask, posted))
		return AS_USUAL;
	/* While the server reads it; @data are not looked at again. */
	alpc_lib_message_ready(reply);
	reply->call = 0;
	ret = finish(q, posted, reply, time);
	if (ret < 0)
		reply->io.recv = (struct alpc_msg){ 0 };
	return ret;
}

ALPC_API int alpc_quick_call(struct alpc_quick_calls *quick, const void *data,
			     size_t len, struct alpc_message *reply,
			     int64_t timeout)
{
	struct alpc_lib_time time = { .ns = ALPC_INFINITE };
	int ret;

	if (timeout != ALPC_INFINITE) {
		ret = timeout ? alpc_lib_time_parse(timeout, &time) : -EINVAL;
		if (ret) {
			alpc_lib_message_clear(reply);
			return ret;
		}
		/* The same end for all that may have to be done. */
		timeout = alpc_until(time.ns);
	}
	/* Data in what @reply has of the other side's are nothing to call with. */
	if (quick->spin_ns && len <= ALPC_QUICK_MAX &&
	    alpc_lib_process_is(quick->process) &&
	    !alpc_lib_is_lent(reply, data) &&
	    !atomic_exchange_explicit(&quick->busy, true,
				      memory_order_acquire)) {
		ret = call_quickly(quick, data, len, reply, &time);
		atomic_store_explicit(&quick->busy, false,
				      memory_order_release);
		if (ret != AS_USUAL)
			return ret;
	}
	return alpc_call(quick->port, data, len, reply, timeout);
}
