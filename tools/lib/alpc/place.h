/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages whose data lie in their port's section.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_LIB_PLACE_H
#define ALPC_LIB_PLACE_H

#include "body.h"

int alpc_lib_place_grow(struct alpc_message *message, size_t len);
void alpc_lib_place_free(struct alpc_message *message);
void alpc_lib_place_drop(struct alpc_message *message);
void alpc_lib_place_adopt(struct alpc_message *message,
			  struct alpc_lib_body *body);

/* Is this what a message made in place is to send from there? */
static inline bool alpc_lib_place_is_filled(const struct alpc_message *message)
{
	return message->block && message->len &&
	       message->data == message->place;
}

#endif /* ALPC_LIB_PLACE_H */
