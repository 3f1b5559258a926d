/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A server of many clients: what does not depend on how its threads wait.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_BENCH_ALPC_SERVICE_H
#define ALPC_BENCH_ALPC_SERVICE_H

#include "mechanisms/alpc.h"
#include "service.h"

/* A server whose threads wait at its connection port. */
void alpc_service_listen(struct service *s);
void alpc_service_serve(struct service *s, unsigned int thread);

/*
 * In the server: deals with the message @recv, whose data are in @msg. Returns
 * whether it is answered by @send, whose data take their place.
 */
bool alpc_service_answer(const struct service *s, int port,
			 const struct alpc_msg *recv, struct alpc_msg *send,
			 void *msg);

/*
 * Likewise, of a transfer that has returned @err: makes it the next one. An error
 * must not be another than that the caller of the last request is gone (ECANCELED),
 * or its connection (ESRCH).
 */
void alpc_service_next(const struct service *s, int port,
		       struct alpc_transfer *t, int err, void *msg);

/* Likewise, after replies were sent with a vector. alpc-vector.c */
void alpc_service_check_replies(const struct alpc_vector_send *send,
				unsigned int count);

void alpc_service_connect(struct service *s, struct client *client);
void alpc_service_call(struct service *s, struct client *client, void *msg);
void alpc_service_send(struct service *s, struct client *client,
		       const void *msg);
unsigned int alpc_service_receive(struct service *s, struct client *client,
				  void *msg);
void alpc_service_post(struct service *s, struct client *client,
		       const void *msg);

#define ALPC_SERVICE_CLIENT			\
	.connect = alpc_service_connect,	\
	.call = alpc_service_call,		\
	.send = alpc_service_send,		\
	.receive = alpc_service_receive,	\
	.post = alpc_service_post

#endif /* ALPC_BENCH_ALPC_SERVICE_H */
