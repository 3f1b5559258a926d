// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The memory of one end of a connection in this process: its beginning and end.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "inbox.h"
#include "space.h"

#include <stdlib.h>

/* What it owns is that of another process: forget it, none of it is mapped. */
static void space_forget(struct alpc_lib_space *space)
{
	struct alpc_lib_section *sec;

	while ((sec = space->sections)) {
		space->sections = sec->next;
		free(sec);
	}
	for (int i = 0; i < SPACE_CLASSES; i++)
		space->free[i] = NULL;
	space->limbo = NULL;
	space->limbo_end = &space->limbo;
	for (int i = 0; i < ALPC_LIB_MAPS; i++)
		atomic_store(&space->maps[i].users, 0);
}

/* Take the lock of a space, which belongs to this process from now on. */
void alpc_lib_space_lock(struct alpc_lib_space *space)
{
	uint32_t number;

	pthread_mutex_lock(&space->lock);
	if (alpc_lib_process_is(space->process))
		return;
	/* The page is there, so this cannot fail. */
	alpc_lib_process_number(&number);
	space_forget(space);
	space->process = number;
}

static int space_new(const struct alpc_port *port, struct alpc_lib_space **space)
{
	struct alpc_port_info info = { .size = sizeof(info) };
	struct alpc_lib_space *s;
	uint32_t number;
	int ret;

	ret = alpc_port_get_info(port, &info);
	if (!ret)
		ret = alpc_lib_process_number(&number);
	if (ret)
		return ret;
	if (info.out_kind == ALPC_KIND_CONNECTION)
		return -EOPNOTSUPP;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	ret = -pthread_mutex_init(&s->lock, NULL);
	if (ret) {
		free(s);
		return ret;
	}
	atomic_init(&s->refs, 1);
	s->process = number;
	s->fd = port->fd;
	s->max_section = info.out_max_section;
	s->max_view = info.out_max_view;
	s->limbo_end = &s->limbo;
	atomic_init(&s->last, &s->maps[0]);
	s->inbox = alpc_lib_inbox_get(port->peer ? alpc_lib_port_inbox(port) :
						   NULL);
	*space = s;
	return 0;
}

/**
 * alpc_lib_space_of() - the space of a port, which is made if there is none
 * @port: port
 * @space: gets it; the reference is the port's
 *
 * Return: 0, -EOPNOTSUPP (a connection port), or another error.
 */
int alpc_lib_space_of(struct alpc_port *port, struct alpc_lib_space **space)
{
	struct alpc_lib_space *s = alpc_lib_port_space(port);
	uintptr_t none = 0;
	int ret;

	if (s) {
		*space = s;
		return 0;
	}
	if (atomic_load_explicit(&port->kind, memory_order_relaxed) ==
	    ALPC_KIND_CONNECTION)
		return -EOPNOTSUPP;
	ret = space_new(port, &s);
	if (ret)
		return ret;
	if (!atomic_compare_exchange_strong(&port->space, &none,
					    (uintptr_t)s)) {
		alpc_lib_space_put(s);
		s = alpc_lib_port_space(port);
	}
	*space = s;
	return 0;
}

/* Nobody refers to it any more. */
void alpc_lib_space_free(struct alpc_lib_space *space)
{
	struct alpc_lib_section *sec;

	if (alpc_lib_process_is(space->process)) {
		for (sec = space->sections; sec; sec = sec->next)
			alpc_lib_section_unmap(sec);
		alpc_lib_maps_close(space);
	}
	space_forget(space);
	alpc_lib_inbox_put(space->inbox);
	pthread_mutex_destroy(&space->lock);
	free(space);
}

/**
 * alpc_lib_space_close() - the handle of its port goes
 * @space: space, or NULL; the reference is consumed
 * @delete: the port itself stays, but is not to keep the sections
 */
void alpc_lib_space_close(struct alpc_lib_space *space, bool delete)
{
	struct alpc_lib_section *sec;

	if (!space)
		return;
	alpc_lib_space_lock(space);
	for (sec = space->sections; delete && sec; sec = sec->next) {
		struct alpc_delete_section arg = {
			.size = sizeof(arg),
			.section = sec->id,
		};

		alpc_lib_ioctl(space->fd, ALPC_IOC_DELETE_SECTION, &arg);
	}
	space->fd = -1;
	pthread_mutex_unlock(&space->lock);
	alpc_lib_space_put(space);
}

/**
 * alpc_lib_space_ioctl() - through the port of a space, if it is still open
 * @space: space
 * @request: ALPC_IOC_* that does not wait
 * @arg: its argument
 *
 * Return: 0 or a negative errno value; -EBADF if the port's handle is closed.
 */
int alpc_lib_space_ioctl(struct alpc_lib_space *space, unsigned long request,
			 void *arg)
{
	int ret = -EBADF;

	alpc_lib_space_lock(space);
	if (space->fd >= 0)
		ret = alpc_lib_ioctl(space->fd, request, arg);
	pthread_mutex_unlock(&space->lock);
	return ret;
}

ALPC_API size_t alpc_port_trim(struct alpc_port *port)
{
	struct alpc_lib_space *space = alpc_lib_port_space(port);
	size_t freed;

	if (!space)
		return 0;
	alpc_lib_space_lock(space);
	freed = alpc_lib_block_trim(space, 0);
	pthread_mutex_unlock(&space->lock);
	return freed;
}
