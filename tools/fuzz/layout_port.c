// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of ports and connections.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "layout.h"

static void create_port(void)
{
	begin("create_port", ALPC_IOC_CREATE_PORT, sizeof(struct alpc_create_port),
	      ONE(T_DEVICE), 3);
	size_of(AT(alpc_create_port, size), sizeof(struct alpc_create_port));
	flags(AT(alpc_create_port, flags), 0xf);
	name_at(AT(alpc_create_port, name), AT(alpc_create_port, name_len));
	num(AT(alpc_create_port, max_message), ALPC_DATA_MAX);
	num(AT(alpc_create_port, queue_messages), 65536);
	num(AT(alpc_create_port, max_connections), 1 << 20);
	num(AT(alpc_create_port, queue_bytes), 256 << 20);
	num(AT(alpc_create_port, max_pending), 65536);
	num(AT(alpc_create_port, spin_ns), 1000000);
	out(AT(alpc_create_port, out_fd), T_PORT);
	flags(AT(alpc_create_port, require), ALPC_IDENTITY_ALL);
	num(AT(alpc_create_port, max_section), 1 << 30);
	num(AT(alpc_create_port, max_view), 1 << 30);
	num(AT(alpc_create_port, max_section_total), 1 << 30);
	flags(AT(alpc_create_port, withhold), ALPC_IDENTITY_ALL);
	num(AT(alpc_create_port, max_security), 256);
}

static void connect_port(void)
{
	begin("connect", ALPC_IOC_CONNECT, sizeof(struct alpc_connect),
	      ONE(T_DEVICE), 4);
	size_of(AT(alpc_connect, size), sizeof(struct alpc_connect));
	flags(AT(alpc_connect, flags), 0x1f);
	name_at(AT(alpc_connect, name), AT(alpc_connect, name_len));
	out(AT(alpc_connect, out_fd), T_CLIENT);
	when(AT(alpc_connect, timeout));
	num(AT(alpc_connect, server_uid), 1002);
	num(AT(alpc_connect, server_gid), 1002);
	address(AT(alpc_connect, send_data), 0);
	len(AT(alpc_connect, send_len), 0);
	len(AT(alpc_connect, reply_len), 64);
	address(AT(alpc_connect, reply_data), 0x10000);
	num(AT(alpc_connect, queue_messages), 65536);
	num(AT(alpc_connect, level), 4);
	num(AT(alpc_connect, queue_bytes), 256 << 20);
	flags(AT(alpc_connect, withhold), ALPC_IDENTITY_ALL);
	zero(AT(alpc_connect, __reserved));
}

static void accept_client(void)
{
	begin("accept", ALPC_IOC_ACCEPT, sizeof(struct alpc_accept), ONE(T_PORT), 4);
	size_of(AT(alpc_accept, size), sizeof(struct alpc_accept));
	flags(AT(alpc_accept, flags), ALPC_ACCEPT_REFUSE);
	uses(AT(alpc_accept, id), ONE(T_MESSAGE));
	num(AT(alpc_accept, context), -1);
	address(AT(alpc_accept, data), 0);
	len(AT(alpc_accept, len), 0);
	out(AT(alpc_accept, out_fd), T_SERVER);
}

static void port_state(void)
{
	begin("port_info", ALPC_IOC_PORT_INFO, sizeof(struct alpc_port_info), PORTS, 1);
	size_of(AT(alpc_port_info, size), sizeof(struct alpc_port_info));
	flags(AT(alpc_port_info, flags), 0);

	begin("get_usage", ALPC_IOC_GET_USAGE, sizeof(struct alpc_usage),
	      PORTS | ONE(T_DEVICE), 1);
	size_of(AT(alpc_usage, size), sizeof(struct alpc_usage));
	flags(AT(alpc_usage, flags), ALPC_USAGE_USER);

	begin("query", ALPC_IOC_QUERY, sizeof(struct alpc_query), ONE(T_DEVICE), 1);
	size_of(AT(alpc_query, size), sizeof(struct alpc_query));
	flags(AT(alpc_query, flags), 0);
}

void layout_ports(void)
{
	create_port();
	connect_port();
	accept_client();
	port_state();

	begin("disconnect", ALPC_IOC_DISCONNECT, sizeof(struct alpc_disconnect), ENDS, 2);
	size_of(AT(alpc_disconnect, size), sizeof(struct alpc_disconnect));
	flags(AT(alpc_disconnect, flags), 0);

	begin("notify_exit", ALPC_IOC_NOTIFY_EXIT, sizeof(struct alpc_notify_exit),
	      ONE(T_CLIENT), 2);
	size_of(AT(alpc_notify_exit, size), sizeof(struct alpc_notify_exit));
	flags(AT(alpc_notify_exit, flags), 0);
	num(AT(alpc_notify_exit, cookie), -1);

	begin("shutdown", ALPC_IOC_SHUTDOWN, sizeof(struct alpc_shutdown), RECEIVERS, 2);
	size_of(AT(alpc_shutdown, size), sizeof(struct alpc_shutdown));
	flags(AT(alpc_shutdown, flags), ALPC_SHUTDOWN_RECEIVE);
}
