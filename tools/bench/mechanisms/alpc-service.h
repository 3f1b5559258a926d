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
 * In the server: deals with the message that is in @t, and makes @t what replies
 * to it, if it wants a reply, and receives the next one.
 */
void alpc_service_answer(const struct service *s, int port,
			 struct alpc_transfer *t, void *msg);

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
