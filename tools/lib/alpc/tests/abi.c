// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The sizes of what programs hand to libalpc, and are handed: they do not change any
 * more. Options can grow at their end, as each has its size.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <alpc/alpc.h>

#define SIZE_IS(type, size) \
	_Static_assert(sizeof(struct type) == (size), "size of struct " #type)

/* Nothing is left at the end that is no member: old programs do not set that to 0. */
#define ENDS_WITH(type, member) \
	_Static_assert(offsetof(struct type, member) + \
		       sizeof(((struct type *)0)->member) == sizeof(struct type), \
		       "end of struct " #type)

#if UINTPTR_MAX == UINT64_MAX
SIZE_IS(alpc_port_options, 88);
SIZE_IS(alpc_connect_options, 72);
SIZE_IS(alpc_call_options, 56);
SIZE_IS(alpc_request_options, 32);
SIZE_IS(alpc_completion_options, 24);
SIZE_IS(alpc_serve_options, 32);
SIZE_IS(alpc_list_options, 16);
SIZE_IS(alpc_quick_options, 16);
SIZE_IS(alpc_server_options, 32);
SIZE_IS(alpc_server_ops, 88);
SIZE_IS(alpc_outgoing, 80);
SIZE_IS(alpc_incoming, 24);
SIZE_IS(alpc_list_item, 40);
SIZE_IS(alpc_credentials, 80);
#endif

ENDS_WITH(alpc_port_options, reserved);
ENDS_WITH(alpc_connect_options, withhold);
ENDS_WITH(alpc_call_options, reserved);
ENDS_WITH(alpc_request_options, reserve);
ENDS_WITH(alpc_completion_options, reserved);
ENDS_WITH(alpc_serve_options, arg);
ENDS_WITH(alpc_list_options, slot_len);
ENDS_WITH(alpc_quick_options, reserved);
ENDS_WITH(alpc_server_options, quick_ns);
ENDS_WITH(alpc_outgoing, reserved);
ENDS_WITH(alpc_incoming, reserved);
ENDS_WITH(alpc_list_item, reserved);
ENDS_WITH(alpc_credentials, groups);
