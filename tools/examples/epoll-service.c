// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * epoll-service: a port in a loop of epoll(7), beside a timer and signals.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "loop-service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define NAME	"epoll-service"

static int watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int make_timer(void)
{
	const struct itimerspec every = {
		.it_interval.tv_nsec = 10000000, .it_value.tv_nsec = 10000000,
	};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (fd >= 0)
		timerfd_settime(fd, 0, &every, NULL);
	return fd;
}

static int make_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Until SIGTERM, or an error. */
static int loop(int epoll, int port, int timer)
{
	struct epoll_event event;
	uint64_t times;
	int ret = 0;

	while (!ret) {
		if (epoll_wait(epoll, &event, 1, -1) != 1)
			ret = errno == EINTR ? 0 : -errno;
		else if (event.data.fd == port)
			ret = loop_service_readable();
		else if (event.data.fd != timer)
			return 0;
		else if (read(timer, &times, sizeof(times)) == sizeof(times))
			loop_service_tick();
	}
	return ret;
}

int main(int argc, char **argv)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int port, timer, ret;

	setvbuf(stdout, NULL, _IOLBF, 0);
	ret = loop_service_open(argc > 1 ? argv[1] : NAME, &port);
	if (ret) {
		fprintf(stderr, NAME ": %s\n", strerror(-ret));
		return 1;
	}
	timer = make_timer();
	ret = watch(epoll, port);
	if (!ret)
		ret = watch(epoll, timer);
	if (!ret)
		ret = watch(epoll, make_signals());
	printf(NAME " %d: ready\n", getpid());
	if (!ret)
		ret = loop(epoll, port, timer);
	loop_service_close(NAME);
	if (ret)
		fprintf(stderr, NAME ": %s\n", strerror(-ret));
	return ret ? 1 : 0;
}
