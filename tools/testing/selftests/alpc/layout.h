/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout of every struct of the interface, frozen. Compiled for 64-bit and
 * 32-bit programs, as C and as C++; including it is the test.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TEST_LAYOUT_H
#define ALPC_TEST_LAYOUT_H

#include <linux/alpc.h>

#ifdef __cplusplus
#define FROZEN(what) static_assert(what, #what)
#else
#define FROZEN(what) _Static_assert(what, #what)
#endif

#define SIZE(type, bytes) \
	FROZEN(sizeof(struct alpc_##type) == (bytes)); \
	FROZEN(__alignof__(struct alpc_##type) == ((bytes) == 8 ? 4 : 8))

#define FIELD(type, field, at, bytes) \
	FROZEN(__builtin_offsetof(struct alpc_##type, field) == (at)); \
	FROZEN(sizeof(((struct alpc_##type *)0)->field) == (bytes))

SIZE(query, 40);
FIELD(query, size, 0, 4);
FIELD(query, flags, 4, 4);
FIELD(query, out_version, 8, 4);
FIELD(query, out_data_max, 12, 4);
FIELD(query, out_features, 16, 8);
FIELD(query, out_queue_messages_max, 24, 4);
FIELD(query, out_connections_max, 28, 4);
FIELD(query, out_queue_bytes_max, 32, 8);

SIZE(create_port, 56);
FIELD(create_port, size, 0, 4);
FIELD(create_port, flags, 4, 4);
FIELD(create_port, name, 8, 8);
FIELD(create_port, name_len, 16, 4);
FIELD(create_port, max_message, 20, 4);
FIELD(create_port, queue_messages, 24, 4);
FIELD(create_port, max_connections, 28, 4);
FIELD(create_port, queue_bytes, 32, 8);
FIELD(create_port, max_pending, 40, 4);
FIELD(create_port, spin_ns, 44, 4);
FIELD(create_port, out_fd, 48, 4);
FIELD(create_port, __reserved, 52, 4);

SIZE(connect, 80);
FIELD(connect, size, 0, 4);
FIELD(connect, flags, 4, 4);
FIELD(connect, name, 8, 8);
FIELD(connect, name_len, 16, 4);
FIELD(connect, out_fd, 20, 4);
FIELD(connect, timeout, 24, 8);
FIELD(connect, server_uid, 32, 4);
FIELD(connect, server_gid, 36, 4);
FIELD(connect, send_data, 40, 8);
FIELD(connect, send_len, 48, 4);
FIELD(connect, reply_len, 52, 4);
FIELD(connect, reply_data, 56, 8);
FIELD(connect, queue_messages, 64, 4);
FIELD(connect, __reserved, 68, 4);
FIELD(connect, queue_bytes, 72, 8);

SIZE(accept, 40);
FIELD(accept, size, 0, 4);
FIELD(accept, flags, 4, 4);
FIELD(accept, id, 8, 8);
FIELD(accept, context, 16, 8);
FIELD(accept, data, 24, 8);
FIELD(accept, len, 32, 4);
FIELD(accept, out_fd, 36, 4);

SIZE(disconnect, 8);
FIELD(disconnect, size, 0, 4);
FIELD(disconnect, flags, 4, 4);

SIZE(notify_exit, 16);
FIELD(notify_exit, size, 0, 4);
FIELD(notify_exit, flags, 4, 4);
FIELD(notify_exit, cookie, 8, 8);

SIZE(shutdown, 8);
FIELD(shutdown, size, 0, 4);
FIELD(shutdown, flags, 4, 4);

SIZE(port_info, 56);
FIELD(port_info, size, 0, 4);
FIELD(port_info, flags, 4, 4);
FIELD(port_info, out_kind, 8, 4);
FIELD(port_info, out_state, 12, 4);
FIELD(port_info, out_port_id, 16, 8);
FIELD(port_info, out_context, 24, 8);
FIELD(port_info, out_max_message, 32, 4);
FIELD(port_info, out_connections, 36, 4);
FIELD(port_info, out_queued, 40, 4);
FIELD(port_info, out_unanswered, 44, 4);
FIELD(port_info, out_queued_bytes, 48, 8);

SIZE(msg, 88);
FIELD(msg, id, 0, 8);
FIELD(msg, context, 8, 8);
FIELD(msg, cookie, 16, 8);
FIELD(msg, data, 24, 8);
FIELD(msg, len, 32, 4);
FIELD(msg, type, 36, 2);
FIELD(msg, flags, 38, 2);
FIELD(msg, pid, 40, 4);
FIELD(msg, tid, 44, 4);
FIELD(msg, uid, 48, 4);
FIELD(msg, gid, 52, 4);
FIELD(msg, seq, 56, 8);
FIELD(msg, call, 64, 8);
FIELD(msg, attrs, 72, 8);
FIELD(msg, attrs_len, 80, 4);
FIELD(msg, __reserved, 84, 4);

SIZE(transfer, 208);
FIELD(transfer, size, 0, 4);
FIELD(transfer, flags, 4, 4);
FIELD(transfer, timeout, 8, 8);
FIELD(transfer, send, 16, 88);
FIELD(transfer, out_id, 104, 8);
FIELD(transfer, out_done, 112, 4);
FIELD(transfer, __reserved, 116, 4);
FIELD(transfer, recv, 120, 88);

FROZEN(ALPC_IOC_QUERY == 0xA700);
FROZEN(ALPC_IOC_CREATE_PORT == 0xA710);
FROZEN(ALPC_IOC_CONNECT == 0xA711);
FROZEN(ALPC_IOC_ACCEPT == 0xA712);
FROZEN(ALPC_IOC_DISCONNECT == 0xA713);
FROZEN(ALPC_IOC_PORT_INFO == 0xA714);
FROZEN(ALPC_IOC_NOTIFY_EXIT == 0xA715);
FROZEN(ALPC_IOC_SHUTDOWN == 0xA716);
FROZEN(ALPC_IOC_TRANSFER == 0xA720);

FROZEN(ALPC_REQUEST == 1 && ALPC_REPLY == 2 && ALPC_DATAGRAM == 3);
FROZEN(ALPC_PORT_CLOSED == 5 && ALPC_CLIENT_DIED == 6);
FROZEN(ALPC_CONNECTION_REQUEST == 10 && ALPC_CONNECTION_REPLY == 11);
FROZEN(ALPC_CANCELED == 12 && ALPC_CONNECTION_REFUSED == 13);

FROZEN(ALPC_KIND_CONNECTION == 1 && ALPC_KIND_CLIENT == 2 && ALPC_KIND_SERVER == 3);
FROZEN(ALPC_STATE_CONNECTING == 1 && ALPC_STATE_OPEN == 2);
FROZEN(ALPC_STATE_REFUSED == 3 && ALPC_STATE_CLOSED == 4);

FROZEN(ALPC_PORT_NO_SPIN == 1);
FROZEN(ALPC_CONNECT_ASYNC == 1 && ALPC_CONNECT_SERVER_UID == 2);
FROZEN(ALPC_CONNECT_SERVER_GID == 4 && ALPC_CONNECT_ABSTIME == 8);
FROZEN(ALPC_ACCEPT_REFUSE == 1 && ALPC_SHUTDOWN_RECEIVE == 1);
FROZEN(ALPC_SEND_REQUEST == 1 && ALPC_SEND_REPLY == 2 && ALPC_SEND_CALLBACK == 4);
FROZEN(ALPC_MSG_CALLBACK == 1);
FROZEN(ALPC_TRANSFER_SEND == 1 && ALPC_TRANSFER_RECEIVE == 2 && ALPC_TRANSFER_WAIT == 4);
FROZEN(ALPC_TRANSFER_DONTWAIT == 8 && ALPC_TRANSFER_ABSTIME == 16);
FROZEN(ALPC_DONE_SENT == 1 && ALPC_DONE_RECEIVED == 2 && ALPC_DONE_CANCELED == 4);

FROZEN(ALPC_ABI_VERSION == 1 && ALPC_NAME_MAX == 255 && ALPC_INFINITE == -1);
FROZEN(ALPC_HEADER_SIZE == 40 && ALPC_DATA_MAX == 65495 && ALPC_DATA_DEFAULT == 256);
FROZEN(ALPC_CALLBACK_DEPTH_MAX == 16);
FROZEN(ALPC_FEATURE_EXIT_NOTICE == 1);

#endif /* ALPC_TEST_LAYOUT_H */
