/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What auth-service and its clients say to each other: a request is the path of a
 * file with the client's key, and the answer is this.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef AUTH_PROTOCOL_H
#define AUTH_PROTOCOL_H

#include <stdint.h>

#define AUTH_NAME	"auth-service"	/* of the port, unless told otherwise */

/**
 * struct auth_reply - from the service
 * @session: number of the new session; 0: refused
 * @reason: why, as text without a final NUL, up to the end of the message
 */
struct auth_reply {
	uint32_t session;
	char reason[];
};

#endif /* AUTH_PROTOCOL_H */
