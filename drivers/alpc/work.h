/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A port's lock, and what is left to do once it is released.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_WORK_H
#define ALPC_WORK_H

#include "port.h"

/**
 * struct alpc_work - what is left to do once a port's lock is released
 * @wake: whom to wake
 * @dead: messages whose last reference is ours, by &alpc_message.node
 *
 * Waking can wait for the release, and freeing has to.
 */
struct alpc_work {
	struct alpc_wake wake;
	struct list_head dead;
};

void alpc_work_begin(struct alpc_work *work, struct alpc_port *port)
	__acquires(RCU) __acquires(&port->lock);
void alpc_work_end(struct alpc_work *work, struct alpc_port *port)
	__releases(&port->lock) __releases(RCU);

#endif /* ALPC_WORK_H */
