// SPDX-License-Identifier: GPL-2.0-only
/*
 * Client processes that start together.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "service.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "message.h"

#define TOLD_WELL	"."
#define TOLD_FAILED	"!"

/* In a process of a crowd: where it tells its parent. */
static int tell_fd;

/* A process that meets an error exits; the others are killed or end at once. */
static void tell_failed(void)
{
	if (write(tell_fd, TOLD_FAILED, 1) != 1)
		_exit(EXIT_FAILURE);
}

static void run_one(struct crowd *crowd, unsigned int tag)
{
	struct service *s = crowd->service;
	struct client client = { .tag = tag, .id = (uint64_t)tag << 32 };
	void *msg = xcalloc(1, s->bytes);
	unsigned int i;
	char byte;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		fail_errno("prctl");
	close(crowd->gate[1]);
	close(crowd->told[0]);
	tell_fd = crowd->told[1];
	if (atexit(tell_failed))
		fail("atexit");
	if (s->mech->service->attach)
		s->mech->service->attach(s);
	s->mech->service->connect(s, &client);
	for (i = 0; i < crowd->warmup; i++)
		service_call(s, &client, msg);
	crowd_tell(crowd);
	read_all(crowd->gate[0], &byte, 1);
	crowd->run(crowd, &client, msg);
	_exit(EXIT_SUCCESS);
}

/* In a process of it: says that it is ready, or done with what is measured. */
void crowd_tell(struct crowd *crowd)
{
	write_all(crowd->told[1], TOLD_WELL, 1);
}

/**
 * crowd_wait() - wait until so many processes have told something
 * @crowd: crowd
 * @count: how many
 *
 * Return: how many of them have told that they met an error.
 */
unsigned int crowd_wait(struct crowd *crowd, unsigned int count)
{
	unsigned int failed = 0;
	char byte;

	while (count--) {
		read_all(crowd->told[0], &byte, 1);
		failed += byte != TOLD_WELL[0];
	}
	return failed;
}

/**
 * crowd_start() - start the processes, and wait until each is connected
 * @crowd: with its service, size, warmup, run and arg; ends with crowd_end()
 */
void crowd_start(struct crowd *crowd)
{
	unsigned int i;

	crowd->pid = xcalloc(crowd->size, sizeof(*crowd->pid));
	if (pipe(crowd->gate) || pipe(crowd->told))
		fail_errno("pipe");
	for (i = 0; i < crowd->size; i++) {
		crowd->pid[i] = fork();
		if (crowd->pid[i] < 0)
			fail_errno("fork");
		if (!crowd->pid[i])
			run_one(crowd, i);
	}
	if (crowd_wait(crowd, crowd->size))
		fail("a client of %s did not get ready",
		     crowd->service->mech->name);
}

/* Let them run. */
void crowd_go(struct crowd *crowd)
{
	unsigned int i;

	/* A process that is done may end. */
	expect_child_exit(true);
	for (i = 0; i < crowd->size; i++)
		write_all(crowd->gate[1], "", 1);
}

/* Ends those that run yet. */
void crowd_end(struct crowd *crowd)
{
	unsigned int i;

	for (i = 0; i < crowd->size; i++)
		kill(crowd->pid[i], SIGKILL);
	for (i = 0; i < crowd->size; i++)
		while (waitpid(crowd->pid[i], NULL, 0) < 0)
			if (errno != EINTR)
				fail_errno("waitpid");
	close(crowd->gate[0]);
	close(crowd->gate[1]);
	close(crowd->told[0]);
	close(crowd->told[1]);
	free(crowd->pid);
}
