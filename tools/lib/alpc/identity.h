/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Identities as the kernel tells them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_LIB_IDENTITY_H
#define ALPC_LIB_IDENTITY_H

#include "internal.h"

/* A process cannot have more groups. */
#define ALPC_LIB_GROUPS_MAX	65536

/**
 * struct alpc_lib_identity - identity, with its groups
 * @arg: what was asked, and told
 * @groups: where @arg.groups points, if they are wanted
 */
struct alpc_lib_identity {
	struct alpc_identity arg;
	gid_t groups[];
};

void alpc_lib_identity_init(struct alpc_lib_identity *identity, uint32_t parts,
			    uint32_t room);
int alpc_lib_identity_get(int fd, uint64_t id, uint32_t parts, uint32_t flags,
			  struct alpc_lib_identity **identity);
bool alpc_lib_message_asked(const struct alpc_message *message);

#endif /* ALPC_LIB_IDENTITY_H */
