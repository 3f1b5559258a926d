/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stories are made of, and the stories.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef FUZZ_STORY_H
#define FUZZ_STORY_H

#include "scene.h"

/* What the last operation leaves. */
struct value left(const struct program *program, const char *name);
struct op on(const struct program *program, struct rng *rng, const char *call,
	     struct value fd);
bool tell(struct program *program, struct rng *rng, struct op *op);
/* A message that waits for its reply or not. */
struct op sending(struct program *program, struct rng *rng, struct value fd,
		  unsigned int kind, bool call);
void answer(struct program *program, struct rng *rng, struct value fd, struct value id,
	    unsigned int kind);

/* story_wait.c: who waits, and what comes meanwhile. */
void list_story(struct program *program, struct rng *rng, const struct link *link);
void vector_story(struct program *program, struct rng *rng, const struct link *link);
void callback_story(struct program *program, struct rng *rng, const struct link *link);
void identity_story(struct program *program, struct rng *rng, const struct link *link);
void packets_story(struct program *program, struct rng *rng, const struct link *link);
void wait_story(struct program *program, struct rng *rng, const struct link *link);
void connect_story(struct program *program, struct rng *rng);

#endif /* FUZZ_STORY_H */
