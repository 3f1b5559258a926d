// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libevent-service: a port in a loop of libevent, beside a timer and signals.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "loop-service.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME	"libevent-service"

static int result;

static void on_readable(evutil_socket_t fd, short events, void *base)
{
	(void)fd;
	(void)events;
	result = loop_service_readable();
	if (result)
		event_base_loopbreak(base);
}

static void on_timer(evutil_socket_t fd, short events, void *base)
{
	(void)fd;
	(void)events;
	(void)base;
	loop_service_tick();
}

static void on_signal(evutil_socket_t fd, short events, void *base)
{
	(void)fd;
	(void)events;
	event_base_loopbreak(base);
}

static int loop(struct event_base *base, int port)
{
	const struct timeval every = { .tv_usec = 10000 };
	struct event *readable, *timer, *term;
	int ret = -ENOMEM;

	readable = event_new(base, port, EV_READ | EV_PERSIST, on_readable, base);
	timer = event_new(base, -1, EV_PERSIST, on_timer, base);
	term = evsignal_new(base, SIGTERM, on_signal, base);
	if (readable && timer && term && !event_add(readable, NULL) &&
	    !event_add(timer, &every) && !event_add(term, NULL)) {
		printf(NAME " %d: ready\n", getpid());
		ret = event_base_dispatch(base) < 0 ? -EIO : result;
	}
	if (readable)
		event_free(readable);
	if (timer)
		event_free(timer);
	if (term)
		event_free(term);
	return ret;
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	int port, ret = base ? 0 : -ENOMEM;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!ret)
		ret = loop_service_open(argc > 1 ? argv[1] : NAME, &port);
	if (!ret) {
		ret = loop(base, port);
		loop_service_close(NAME);
	}
	if (base)
		event_base_free(base);
	if (ret)
		fprintf(stderr, NAME ": %s\n", strerror(-ret));
	return ret ? 1 : 0;
}
