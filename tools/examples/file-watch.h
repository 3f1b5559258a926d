/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The part of file-service that speaks first: who is to be told about a file.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef FILE_WATCH_H
#define FILE_WATCH_H

#include <alpc/alpc.h>

int watch_start(void);
void watch_stop(void);

/*
 * Tell @client when the file @fd is written: with the reply to its request @id,
 * once, or, if that is 0, with messages of our own. Return 0 or an errno value.
 */
int watch_add(struct alpc_client *client, uint64_t id, int fd, const char *path);

/* Forget the request @id of @client, or, if that is 0, everything of it. */
void watch_drop(struct alpc_client *client, uint64_t id);

#endif /* FILE_WATCH_H */
