// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Asynchronous requests, each with a function for its reply.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "internal.h"
#include "table.h"

#include <pthread.h>
#include <stdlib.h>

/**
 * struct request - request under way
 * @fn: what is called in the end
 * @arg: for @fn
 */
struct request {
	alpc_reply_fn *fn;
	void *arg;
};

/**
 * struct alpc_requests - set of requests
 * @port: through which they are sent; immutable
 * @other: gets what is no reply, or NULL; immutable
 * @arg: for @other; immutable
 * @lock: protects what follows
 * @pending: struct request by number, which is its cookie. Who takes one out calls its
 *	function.
 * @last: number of the last one
 * @spare: message that nobody uses just now, or NULL
 * @closing: it is being freed, and takes no more
 */
struct alpc_requests {
	struct alpc_port *port;
	alpc_message_fn *other;
	void *arg;
	pthread_mutex_t lock;
	struct alpc_lib_table pending;
	uint64_t last;
	struct alpc_message *spare;
	bool closing;
};

ALPC_API int alpc_requests_new(struct alpc_port *port, alpc_message_fn *other,
			       void *arg, struct alpc_requests **requests)
{
	struct alpc_requests *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	if (pthread_mutex_init(&r->lock, NULL)) {
		free(r);
		return -ENOMEM;
	}
	r->port = port;
	r->other = other;
	r->arg = arg;
	*requests = r;
	return 0;
}

static int requests_add(struct alpc_requests *r, struct request *request,
			uint64_t *number)
{
	int ret = -ECANCELED;

	pthread_mutex_lock(&r->lock);
	*number = ++r->last;
	if (!r->closing)
		ret = alpc_lib_table_set(&r->pending, *number, request);
	pthread_mutex_unlock(&r->lock);
	return ret;
}

/* Return: the request, which is the caller's now, or NULL. */
static struct request *requests_take(struct alpc_requests *r, uint64_t number)
{
	struct request *request;

	pthread_mutex_lock(&r->lock);
	request = alpc_lib_table_remove(&r->pending, number);
	pthread_mutex_unlock(&r->lock);
	return request;
}

/* It is over, unless it has been before. */
static void requests_finish(struct alpc_requests *r, uint64_t number, int error,
			    struct alpc_message *reply)
{
	struct request *request = requests_take(r, number);

	if (!request)
		return;
	request->fn(request->arg, error, reply);
	free(request);
}

/* No reply comes any more. */
static void requests_fail(struct alpc_requests *r, int error)
{
	struct alpc_lib_table all;

	pthread_mutex_lock(&r->lock);
	all = r->pending;
	r->pending = (struct alpc_lib_table){ 0 };
	pthread_mutex_unlock(&r->lock);
	for (size_t i = 0; i < all.size; i++) {
		struct request *request = all.cells[i].value;

		if (!request)
			continue;
		request->fn(request->arg, error, NULL);
		free(request);
	}
	free(all.cells);
}

ALPC_API int alpc_requests_send(struct alpc_requests *requests,
				const void *data, size_t len, int64_t timeout,
				const struct alpc_request_options *options,
				alpc_reply_fn *fn, void *arg, uint64_t *number)
{
	struct alpc_request_options opt;
	struct request *request;
	uint64_t n;
	int ret;

	ret = alpc_lib_options(&opt, sizeof(opt), options);
	if (!ret && opt.cookie)
		ret = -EINVAL;
	if (ret)
		return ret;
	request = malloc(sizeof(*request));
	if (!request)
		return -ENOMEM;
	*request = (struct request){ .fn = fn, .arg = arg };
	ret = requests_add(requests, request, &n);
	if (ret) {
		free(request);
		return ret;
	}
	opt.size = sizeof(opt);
	opt.cookie = n;
	ret = alpc_send_request_with(requests->port, data, len, timeout, &opt,
				     NULL);
	if (ret) {
		request = requests_take(requests, n);
		free(request);
		/* Another thread may have told that the connection has ended. */
		if (request)
			return ret;
	}
	if (number)
		*number = n;
	return 0;
}

/* A message that nobody else uses, or NULL. */
static struct alpc_message *spare_get(struct alpc_requests *r)
{
	struct alpc_message *m;

	pthread_mutex_lock(&r->lock);
	m = r->spare;
	r->spare = NULL;
	pthread_mutex_unlock(&r->lock);
	if (!m && alpc_message_new(0, &m))
		return NULL;
	return m;
}

static void spare_put(struct alpc_requests *r, struct alpc_message *m)
{
	pthread_mutex_lock(&r->lock);
	if (!r->spare) {
		r->spare = m;
		m = NULL;
	}
	pthread_mutex_unlock(&r->lock);
	alpc_message_free(m);
}

static void dispatch(struct alpc_requests *r, struct alpc_message *m, int error)
{
	uint64_t cookie = alpc_message_cookie(m);

	switch (alpc_message_type(m)) {
	case ALPC_REPLY:
		requests_finish(r, cookie, error, error ? NULL : m);
		return;
	case ALPC_CANCELED:
		/* Without a cookie it is a request of the server's. */
		if (!cookie)
			break;
		requests_finish(r, cookie, -ECANCELED, NULL);
		return;
	case ALPC_REQUEST:
		/* Nobody would answer it. */
		if (error || !r->other)
			alpc_cancel_received(r->port, alpc_message_id(m));
		break;
	}
	if (!error && r->other)
		r->other(r->arg, m);
}

ALPC_API int alpc_requests_dispatch(struct alpc_requests *requests,
				    int64_t timeout)
{
	struct alpc_message *m = spare_get(requests);
	int ret;

	if (!m)
		return -ENOMEM;
	ret = alpc_receive(requests->port, m, timeout);
	if (alpc_message_done(m) & ALPC_DONE_RECEIVED) {
		dispatch(requests, m, ret);
		ret = 0;
	} else if (ret == -EPIPE) {
		requests_fail(requests, ret);
	}
	spare_put(requests, m);
	return ret;
}

ALPC_API int alpc_requests_cancel(struct alpc_requests *requests,
				  uint64_t number)
{
	int ret = alpc_cancel_cookie(requests->port, number);

	/* If its receiver was faster there is no notice of that any more. */
	if (ret > 0 || ret == -ECANCELED)
		requests_finish(requests, number, -ECANCELED, NULL);
	return ret;
}

ALPC_API size_t alpc_requests_count(struct alpc_requests *requests)
{
	size_t n;

	pthread_mutex_lock(&requests->lock);
	n = requests->pending.used;
	pthread_mutex_unlock(&requests->lock);
	return n;
}

ALPC_API void alpc_requests_free(struct alpc_requests *requests)
{
	if (!requests)
		return;
	/* A function that is called for its request may send the next one. */
	pthread_mutex_lock(&requests->lock);
	requests->closing = true;
	pthread_mutex_unlock(&requests->lock);
	for (size_t i = 0; i < requests->pending.size; i++)
		if (requests->pending.cells[i].value)
			alpc_cancel_cookie(requests->port,
					   requests->pending.cells[i].key);
	requests_fail(requests, -ECANCELED);
	alpc_message_free(requests->spare);
	pthread_mutex_destroy(&requests->lock);
	free(requests);
}
