/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Notices of the end of threads that asked for one.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_EXIT_H
#define ALPC_EXIT_H

#include <linux/types.h>

struct alpc_conn;

/**
 * DOC: Exit notices
 *
 * The kernel tells modules of the end of a thread through the tracepoint
 * sched_process_exit, which fires before the thread's files are closed, so the
 * notice comes before %ALPC_PORT_CLOSED. It is hooked when the first thread asks
 * and costs every exiting thread of the system one look into a hash table.
 *
 * What a thread asks for is a &struct alpc_watch, with the message for the notice
 * in it. It belongs to the connection and goes with it; &alpc_exit.lock keeps it
 * there while the exiting thread posts the notice.
 */

bool alpc_exit_is_supported(void);
int alpc_exit_watch(struct alpc_conn *conn, u64 cookie);
void alpc_exit_forget(struct alpc_conn *conn);

void alpc_exit_init(void);
void alpc_exit_exit(void);

#endif /* ALPC_EXIT_H */
