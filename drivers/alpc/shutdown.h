/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How connections and ports end.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_SHUTDOWN_H
#define ALPC_SHUTDOWN_H

#include "port.h"

/**
 * DOC: Ends
 *
 * A connection ends in two steps.
 *
 * *Shutdown* happens once, whoever is first: one side disconnects or closes its
 * file, or the connection port is closed. Every thread that waits in a call or
 * for room gets EPIPE, every request, received or not, is withdrawn (one that
 * brought a view stays for its receiver to give that back), and nothing new can
 * be sent. What wants no reply stays in its queue, and behind that goes
 * %ALPC_PORT_CLOSED.
 *
 * *Release* of an end follows when its file is closed: what was waiting for this
 * end is freed, and what it had received and not given back. After the server's
 * end, nothing of the connection is left in the connection port's queue, so a
 * server that frees what the context stands for once it has closed the port will
 * not meet the context again.
 */

int alpc_disconnect(struct alpc_end *end);
void alpc_end_release(struct alpc_end *end);
bool alpc_conn_abandon(struct alpc_conn *conn, struct alpc_waiter *w);
void alpc_conn_unlist(struct alpc_conn *conn);

#endif /* ALPC_SHUTDOWN_H */
