// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of completion ports and completion lists.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "layout.h"

#define PACKETS	4

static void packets(void)
{
	begin("wait_packets", ALPC_IOC_WAIT_PACKETS, sizeof(struct alpc_wait_packets),
	      ONE(T_COMPLETION), 5);
	size_of(AT(alpc_wait_packets, size), sizeof(struct alpc_wait_packets));
	flags(AT(alpc_wait_packets, flags), ALPC_TRANSFER_DONTWAIT | ALPC_TRANSFER_ABSTIME);
	when(AT(alpc_wait_packets, timeout));
	block(AT(alpc_wait_packets, packets), room(PACKETS * sizeof(struct alpc_packet)));
	len(AT(alpc_wait_packets, count), PACKETS)->limit = PACKETS;

	begin("post_packets", ALPC_IOC_POST_PACKETS, sizeof(struct alpc_post_packets),
	      ONE(T_COMPLETION), 3);
	size_of(AT(alpc_post_packets, size), sizeof(struct alpc_post_packets));
	flags(AT(alpc_post_packets, flags), 0);
	block(AT(alpc_post_packets, packets), room(PACKETS * sizeof(struct alpc_packet)));
	len(AT(alpc_post_packets, count), 1)->limit = PACKETS;
	zero(AT(alpc_post_packets, __reserved));
}

static void completion_ports(void)
{
	begin("create_completion", ALPC_IOC_CREATE_COMPLETION,
	      sizeof(struct alpc_create_completion), ONE(T_DEVICE), 2);
	size_of(AT(alpc_create_completion, size), sizeof(struct alpc_create_completion));
	flags(AT(alpc_create_completion, flags), 0);
	num(AT(alpc_create_completion, concurrency), 3);
	out(AT(alpc_create_completion, out_fd), T_COMPLETION);

	begin("bind", ALPC_IOC_BIND, sizeof(struct alpc_bind), RECEIVERS, 4);
	size_of(AT(alpc_bind, size), sizeof(struct alpc_bind));
	flags(AT(alpc_bind, flags), ALPC_BIND_REMOVE);
	num(AT(alpc_bind, key), -1);
	uses(AT(alpc_bind, completion), ONE(T_COMPLETION));
	zero(AT(alpc_bind, __reserved));

	begin("set_completion", ALPC_IOC_SET_COMPLETION,
	      sizeof(struct alpc_set_completion), ONE(T_COMPLETION), 1);
	size_of(AT(alpc_set_completion, size), sizeof(struct alpc_set_completion));
	flags(AT(alpc_set_completion, flags), ALPC_SET_CONCURRENCY);
	num(AT(alpc_set_completion, concurrency), 3);
	zero(AT(alpc_set_completion, __reserved));
}

void layout_completion(void)
{
	packets();
	completion_ports();

	begin("create_list", ALPC_IOC_CREATE_LIST, sizeof(struct alpc_create_list),
	      RECEIVERS, 3);
	size_of(AT(alpc_create_list, size), sizeof(struct alpc_create_list));
	flags(AT(alpc_create_list, flags), 0);
	num(AT(alpc_create_list, slots), 32768)->normal = number(4);
	num(AT(alpc_create_list, slot_len), 256);
	out(AT(alpc_create_list, out_fd), T_MEMORY);

	begin("delete_list", ALPC_IOC_DELETE_LIST, sizeof(struct alpc_delete_list),
	      RECEIVERS, 1);
	size_of(AT(alpc_delete_list, size), sizeof(struct alpc_delete_list));
	flags(AT(alpc_delete_list, flags), 0);
}
