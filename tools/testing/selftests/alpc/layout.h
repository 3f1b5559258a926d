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
	FROZEN(__alignof__(struct alpc_##type) == 8)

/* One that has nothing of 64 bits. */
#define SIZE32(type, bytes) \
	FROZEN(sizeof(struct alpc_##type) == (bytes)); \
	FROZEN(__alignof__(struct alpc_##type) == 4)

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

SIZE(create_port, 88);
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
FIELD(create_port, require, 52, 4);
FIELD(create_port, max_section, 56, 8);
FIELD(create_port, max_view, 64, 8);
FIELD(create_port, max_section_total, 72, 8);
FIELD(create_port, withhold, 80, 4);
FIELD(create_port, max_security, 84, 4);

SIZE(connect, 88);
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
FIELD(connect, level, 68, 4);
FIELD(connect, queue_bytes, 72, 8);
FIELD(connect, withhold, 80, 4);
FIELD(connect, __reserved, 84, 4);

SIZE(accept, 40);
FIELD(accept, size, 0, 4);
FIELD(accept, flags, 4, 4);
FIELD(accept, id, 8, 8);
FIELD(accept, context, 16, 8);
FIELD(accept, data, 24, 8);
FIELD(accept, len, 32, 4);
FIELD(accept, out_fd, 36, 4);

SIZE32(disconnect, 8);
FIELD(disconnect, size, 0, 4);
FIELD(disconnect, flags, 4, 4);

SIZE(notify_exit, 16);
FIELD(notify_exit, size, 0, 4);
FIELD(notify_exit, flags, 4, 4);
FIELD(notify_exit, cookie, 8, 8);

SIZE32(shutdown, 8);
FIELD(shutdown, size, 0, 4);
FIELD(shutdown, flags, 4, 4);

SIZE(port_info, 80);
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
FIELD(port_info, out_max_section, 56, 8);
FIELD(port_info, out_max_view, 64, 8);
FIELD(port_info, out_max_section_total, 72, 8);

SIZE(range, 24);
FIELD(range, address, 0, 8);
FIELD(range, len, 8, 8);
FIELD(range, rights, 16, 4);
FIELD(range, __reserved, 20, 4);

SIZE(attrs, 48);
FIELD(attrs, ranges, 0, 8);
FIELD(attrs, range_count, 8, 4);
FIELD(attrs, fd_count, 12, 4);
FIELD(attrs, fds, 16, 8);
FIELD(attrs, fd_kinds, 24, 4);
FIELD(attrs, out_fds_dropped, 28, 4);
FIELD(attrs, identity, 32, 8);
FIELD(attrs, security, 40, 4);
FIELD(attrs, __reserved, 44, 4);

SIZE(msg, 112);
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
FIELD(msg, view_offset, 72, 8);
FIELD(msg, view_len, 80, 8);
FIELD(msg, section, 88, 4);
FIELD(msg, view_flags, 92, 4);
FIELD(msg, attrs, 96, 8);
FIELD(msg, attrs_len, 104, 4);
FIELD(msg, reserve, 108, 4);

SIZE(transfer, 256);
FIELD(transfer, size, 0, 4);
FIELD(transfer, flags, 4, 4);
FIELD(transfer, timeout, 8, 8);
FIELD(transfer, send, 16, 112);
FIELD(transfer, out_id, 128, 8);
FIELD(transfer, out_done, 136, 4);
FIELD(transfer, __reserved, 140, 4);
FIELD(transfer, recv, 144, 112);

SIZE(create_section, 40);
FIELD(create_section, size, 0, 4);
FIELD(create_section, flags, 4, 4);
FIELD(create_section, len, 8, 8);
FIELD(create_section, out_len, 16, 8);
FIELD(create_section, out_slots, 24, 8);
FIELD(create_section, out_section, 32, 4);
FIELD(create_section, out_fd, 36, 4);

SIZE(open_section, 40);
FIELD(open_section, size, 0, 4);
FIELD(open_section, flags, 4, 4);
FIELD(open_section, section, 8, 4);
FIELD(open_section, out_fd, 12, 4);
FIELD(open_section, id, 16, 8);
FIELD(open_section, out_len, 24, 8);
FIELD(open_section, out_flags, 32, 4);
FIELD(open_section, __reserved, 36, 4);

SIZE32(delete_section, 16);
FIELD(delete_section, size, 0, 4);
FIELD(delete_section, flags, 4, 4);
FIELD(delete_section, section, 8, 4);
FIELD(delete_section, __reserved, 12, 4);

SIZE(access_part, 32);
FIELD(access_part, range, 0, 4);
FIELD(access_part, __reserved, 4, 4);
FIELD(access_part, offset, 8, 8);
FIELD(access_part, address, 16, 8);
FIELD(access_part, len, 24, 8);

SIZE(access, 40);
FIELD(access, size, 0, 4);
FIELD(access, flags, 4, 4);
FIELD(access, id, 8, 8);
FIELD(access, parts, 16, 8);
FIELD(access, count, 24, 4);
FIELD(access, __reserved, 28, 4);
FIELD(access, out_done, 32, 8);

SIZE(take_fds, 32);
FIELD(take_fds, size, 0, 4);
FIELD(take_fds, flags, 4, 4);
FIELD(take_fds, id, 8, 8);
FIELD(take_fds, fds, 16, 8);
FIELD(take_fds, first, 24, 4);
FIELD(take_fds, count, 28, 4);

FROZEN(ALPC_IOC_QUERY == 0xA700);
FROZEN(ALPC_IOC_CREATE_PORT == 0xA710);
FROZEN(ALPC_IOC_CONNECT == 0xA711);
FROZEN(ALPC_IOC_ACCEPT == 0xA712);
FROZEN(ALPC_IOC_DISCONNECT == 0xA713);
FROZEN(ALPC_IOC_PORT_INFO == 0xA714);
FROZEN(ALPC_IOC_NOTIFY_EXIT == 0xA715);
FROZEN(ALPC_IOC_SHUTDOWN == 0xA716);
FROZEN(ALPC_IOC_TRANSFER == 0xA720);
FROZEN(ALPC_IOC_CREATE_SECTION == 0xA730);
FROZEN(ALPC_IOC_OPEN_SECTION == 0xA731);
FROZEN(ALPC_IOC_DELETE_SECTION == 0xA732);
FROZEN(ALPC_IOC_ACCESS == 0xA740);
FROZEN(ALPC_IOC_TAKE_FDS == 0xA750);

FROZEN(ALPC_REQUEST == 1 && ALPC_REPLY == 2 && ALPC_DATAGRAM == 3);
FROZEN(ALPC_PORT_CLOSED == 5 && ALPC_CLIENT_DIED == 6);
FROZEN(ALPC_CONNECTION_REQUEST == 10 && ALPC_CONNECTION_REPLY == 11);
FROZEN(ALPC_CANCELED == 12 && ALPC_CONNECTION_REFUSED == 13);

FROZEN(ALPC_KIND_CONNECTION == 1 && ALPC_KIND_CLIENT == 2 && ALPC_KIND_SERVER == 3);
FROZEN(ALPC_STATE_CONNECTING == 1 && ALPC_STATE_OPEN == 2);
FROZEN(ALPC_STATE_REFUSED == 3 && ALPC_STATE_CLOSED == 4);

FROZEN(ALPC_PORT_NO_SPIN == 1 && ALPC_PORT_NO_SECTIONS == 2);
FROZEN(ALPC_PORT_NO_RANGES == 8);
FROZEN(ALPC_CONNECT_ASYNC == 1 && ALPC_CONNECT_SERVER_UID == 2);
FROZEN(ALPC_CONNECT_SERVER_GID == 4 && ALPC_CONNECT_ABSTIME == 8);
FROZEN(ALPC_ACCEPT_REFUSE == 1 && ALPC_SHUTDOWN_RECEIVE == 1);
FROZEN(ALPC_SEND_REQUEST == 1 && ALPC_SEND_REPLY == 2 && ALPC_SEND_CALLBACK == 4);
FROZEN(ALPC_SEND_RELEASE == 8);
FROZEN(ALPC_MSG_CALLBACK == 1 && ALPC_MSG_HELD == 2 && ALPC_MSG_RANGES == 4);
FROZEN(ALPC_MSG_FDS == 8 && ALPC_MSG_FDS_DROPPED == 16);
FROZEN(ALPC_VIEW_BODY == 1 && ALPC_VIEW_WRITE == 2 && ALPC_VIEW_AUTO_RELEASE == 4);
FROZEN(ALPC_VIEW_SECURE == 8 && ALPC_VIEW_RANGE == 16 && ALPC_VIEW_SLOT_SHIFT == 16);
FROZEN(ALPC_VIEW_SLOT(1) == 0x10000 && ALPC_SECTION_PEER_WRITE == 1);
FROZEN(ALPC_RANGE_READ == 1 && ALPC_RANGE_WRITE == 2 && ALPC_ACCESS_WRITE == 1);
FROZEN(ALPC_FD_REGULAR == 1 && ALPC_FD_DIRECTORY == 2 && ALPC_FD_PIPE == 4);
FROZEN(ALPC_FD_SOCKET == 8 && ALPC_FD_MEMFD == 16 && ALPC_FD_EVENTFD == 32);
FROZEN(ALPC_FD_PIDFD == 64 && ALPC_FD_DEVICE == 128 && ALPC_FD_PATH == 256);
FROZEN(ALPC_FD_OTHER == 512 && ALPC_FD_ANY == 0x3ff);
FROZEN(ALPC_TRANSFER_SEND == 1 && ALPC_TRANSFER_RECEIVE == 2 && ALPC_TRANSFER_WAIT == 4);
FROZEN(ALPC_TRANSFER_DONTWAIT == 8 && ALPC_TRANSFER_ABSTIME == 16);
FROZEN(ALPC_DONE_SENT == 1 && ALPC_DONE_RECEIVED == 2 && ALPC_DONE_CANCELED == 4);

FROZEN(ALPC_ABI_VERSION == 1 && ALPC_NAME_MAX == 255 && ALPC_INFINITE == -1);
FROZEN(ALPC_HEADER_SIZE == 40 && ALPC_DATA_MAX == 65495 && ALPC_DATA_DEFAULT == 256);
FROZEN(ALPC_CALLBACK_DEPTH_MAX == 16);
FROZEN(ALPC_RANGES_MAX == 64 && ALPC_ACCESS_PARTS_MAX == 64 && ALPC_FDS_MAX == 512);
FROZEN(ALPC_SECTION_SLOTS == 1024);
FROZEN(ALPC_FEATURE_EXIT_NOTICE == 1 && ALPC_FEATURE_SECTIONS == 2);
FROZEN(ALPC_FEATURE_ACCESS == 4 && ALPC_FEATURE_FDS == 8);

SIZE(identity, 96);
FIELD(identity, size, 0, 4);
FIELD(identity, flags, 4, 4);
FIELD(identity, id, 8, 8);
FIELD(identity, parts, 16, 4);
FIELD(identity, out_parts, 20, 4);
FIELD(identity, out_status, 24, 4);
FIELD(identity, out_level, 28, 4);
FIELD(identity, out_pid, 32, 4);
FIELD(identity, out_tid, 36, 4);
FIELD(identity, out_uid, 40, 4);
FIELD(identity, out_gid, 44, 4);
FIELD(identity, out_fsuid, 48, 4);
FIELD(identity, out_fsgid, 52, 4);
FIELD(identity, group_count, 56, 4);
FIELD(identity, out_changes, 60, 4);
FIELD(identity, groups, 64, 8);
FIELD(identity, out_start_time, 72, 8);
FIELD(identity, out_caps, 80, 8);
FIELD(identity, out_permitted, 88, 8);

SIZE32(create_security, 24);
FIELD(create_security, size, 0, 4);
FIELD(create_security, flags, 4, 4);
FIELD(create_security, level, 8, 4);
FIELD(create_security, withhold, 12, 4);
FIELD(create_security, out_security, 16, 4);
FIELD(create_security, __reserved, 20, 4);

SIZE32(security, 16);
FIELD(security, size, 0, 4);
FIELD(security, flags, 4, 4);
FIELD(security, security, 8, 4);
FIELD(security, __reserved, 12, 4);

SIZE(amount, 16);
FIELD(amount, used, 0, 8);
FIELD(amount, limit, 8, 8);

SIZE(usage, 136);
FIELD(usage, size, 0, 4);
FIELD(usage, flags, 4, 4);
FIELD(usage, messages, 8, 16);
FIELD(usage, message_bytes, 24, 16);
FIELD(usage, connections, 40, 16);
FIELD(usage, connects, 56, 16);
FIELD(usage, section_bytes, 72, 16);
FIELD(usage, fds, 88, 16);
FIELD(usage, security, 104, 16);
FIELD(usage, reserves, 120, 16);

SIZE(vector_send, 128);
FIELD(vector_send, msg, 0, 112);
FIELD(vector_send, room, 112, 4);
FIELD(vector_send, out_error, 116, 4);
FIELD(vector_send, out_id, 120, 8);

SIZE(vector, 48);
FIELD(vector, size, 0, 4);
FIELD(vector, flags, 4, 4);
FIELD(vector, timeout, 8, 8);
FIELD(vector, send, 16, 8);
FIELD(vector, recv, 24, 8);
FIELD(vector, send_count, 32, 4);
FIELD(vector, recv_count, 36, 4);
FIELD(vector, out_sent, 40, 4);
FIELD(vector, out_received, 44, 4);

SIZE(cancel, 32);
FIELD(cancel, size, 0, 4);
FIELD(cancel, flags, 4, 4);
FIELD(cancel, id, 8, 8);
FIELD(cancel, cookie, 16, 8);
FIELD(cancel, out_state, 24, 4);
FIELD(cancel, __reserved, 28, 4);

SIZE32(create_reserve, 16);
FIELD(create_reserve, size, 0, 4);
FIELD(create_reserve, flags, 4, 4);
FIELD(create_reserve, len, 8, 4);
FIELD(create_reserve, out_reserve, 12, 4);

SIZE32(delete_reserve, 16);
FIELD(delete_reserve, size, 0, 4);
FIELD(delete_reserve, flags, 4, 4);
FIELD(delete_reserve, reserve, 8, 4);
FIELD(delete_reserve, __reserved, 12, 4);

SIZE32(create_completion, 16);
FIELD(create_completion, size, 0, 4);
FIELD(create_completion, flags, 4, 4);
FIELD(create_completion, concurrency, 8, 4);
FIELD(create_completion, out_fd, 12, 4);

SIZE(bind, 24);
FIELD(bind, size, 0, 4);
FIELD(bind, flags, 4, 4);
FIELD(bind, key, 8, 8);
FIELD(bind, completion, 16, 4);
FIELD(bind, __reserved, 20, 4);

SIZE(packet, 24);
FIELD(packet, key, 0, 8);
FIELD(packet, data, 8, 8);
FIELD(packet, type, 16, 4);
FIELD(packet, __reserved, 20, 4);

SIZE(wait_packets, 32);
FIELD(wait_packets, size, 0, 4);
FIELD(wait_packets, flags, 4, 4);
FIELD(wait_packets, timeout, 8, 8);
FIELD(wait_packets, packets, 16, 8);
FIELD(wait_packets, count, 24, 4);
FIELD(wait_packets, out_count, 28, 4);

SIZE(post_packets, 24);
FIELD(post_packets, size, 0, 4);
FIELD(post_packets, flags, 4, 4);
FIELD(post_packets, packets, 8, 8);
FIELD(post_packets, count, 16, 4);
FIELD(post_packets, __reserved, 20, 4);

SIZE32(set_completion, 32);
FIELD(set_completion, size, 0, 4);
FIELD(set_completion, flags, 4, 4);
FIELD(set_completion, concurrency, 8, 4);
FIELD(set_completion, out_running, 12, 4);
FIELD(set_completion, out_waiting, 16, 4);
FIELD(set_completion, out_bound, 20, 4);
FIELD(set_completion, out_packets, 24, 4);
FIELD(set_completion, __reserved, 28, 4);

SIZE(create_list, 32);
FIELD(create_list, size, 0, 4);
FIELD(create_list, flags, 4, 4);
FIELD(create_list, slots, 8, 4);
FIELD(create_list, slot_len, 12, 4);
FIELD(create_list, out_len, 16, 8);
FIELD(create_list, out_slot_size, 24, 4);
FIELD(create_list, out_fd, 28, 4);

SIZE32(delete_list, 8);
FIELD(delete_list, size, 0, 4);
FIELD(delete_list, flags, 4, 4);

SIZE32(list, 192);
FIELD(list, tail, 0, 4);
FIELD(list, flags, 4, 4);
FIELD(list, slots, 8, 4);
FIELD(list, slot_size, 12, 4);
FIELD(list, ready_offset, 16, 4);
FIELD(list, free_offset, 20, 4);
FIELD(list, slot_offset, 24, 4);
FIELD(list, __reserved, 28, 36);
FIELD(list, head, 64, 4);
FIELD(list, sleeping, 68, 4);
FIELD(list, __reserved1, 72, 56);
FIELD(list, free_tail, 128, 4);
FIELD(list, __reserved2, 132, 60);

SIZE(quick, 32);
FIELD(quick, size, 0, 4);
FIELD(quick, flags, 4, 4);
FIELD(quick, timeout, 8, 8);
FIELD(quick, section, 16, 4);
FIELD(quick, value, 20, 4);
FIELD(quick, offset, 24, 8);

FROZEN(ALPC_PACKET_MESSAGE == 1 && ALPC_PACKET_CLOSED == 2 && ALPC_PACKET_POSTED == 3);
FROZEN(ALPC_CANCELED_QUEUED == 1 && ALPC_CANCELED_TAKEN == 2);
FROZEN(ALPC_VECTOR_MAX == 64 && ALPC_PACKETS_MAX == 64);

#endif /* ALPC_TEST_LAYOUT_H */
