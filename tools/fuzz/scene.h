/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What scenes and stories are made of.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef FUZZ_SCENE_H
#define FUZZ_SCENE_H

#include "fuzz.h"

#define PATIENCE	number(20000000)	/* nanoseconds */

/* Both ends of a connection. */
struct link {
	struct value port, client, server;
};

/* One that there is, or a new one; false if there is no room for it. */
bool get_link(struct program *program, struct rng *rng, struct link *link);
/* What an operation leaves in a slot. */
struct value left_by(const struct program *program, unsigned int op, const char *name);
/* Receive from a port. */
void receive(struct program *program, struct rng *rng, struct value fd);

#endif /* FUZZ_SCENE_H */
