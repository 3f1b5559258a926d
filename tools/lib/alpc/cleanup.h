/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What longjmp(3) runs in the frames that it leaves.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_LIB_CLEANUP_H
#define ALPC_LIB_CLEANUP_H

#include <pthread.h>

#ifdef __GLIBC__
/*
 * pthread_cleanup_push() as it was once. For glibc it still is what longjmp(3) looks
 * at, and that is nothing else. <pthread.h> has the structure.
 */
void _pthread_cleanup_push(struct _pthread_cleanup_buffer *buffer,
			   void (*routine)(void *), void *arg);
void _pthread_cleanup_pop(struct _pthread_cleanup_buffer *buffer, int execute);
#endif

#endif /* ALPC_LIB_CLEANUP_H */
