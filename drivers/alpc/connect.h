/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connecting, accepting and refusing.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_CONNECT_H
#define ALPC_CONNECT_H

#include "port.h"

int alpc_connect(struct alpc_conn *conn, const struct alpc_connect *arg,
		 struct alpc_delivery *d);
struct alpc_conn *alpc_accept_begin(struct alpc_end *end,
				    const struct alpc_accept *arg,
				    struct alpc_message **m, struct alpc_answer **answer);
int alpc_accept_commit(struct alpc_conn *conn, const struct alpc_accept *arg,
		       struct alpc_message *m, struct alpc_answer *answer);
int alpc_accept_abort(struct alpc_conn *conn, struct alpc_message *m,
		      struct alpc_answer *answer);

void alpc_connect_answered(struct alpc_conn *conn, struct alpc_wake *wake);
void alpc_connectors_fail(struct alpc_port *port, int error,
			  struct alpc_wake *wake);

#endif /* ALPC_CONNECT_H */
