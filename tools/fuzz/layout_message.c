// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands that send, receive and cancel messages. All three that have
 * messages in them describe these in the same way.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <stdlib.h>

#include "layout.h"

#define RANGES		3
#define FDS		4
#define MESSAGES	3	/* of a vector, each way */

/* PREFIX.MORE as a string that stays. */
static const char *under(const char *prefix, const char *more)
{
	char *name;

	if (asprintf(&name, "%s%s", prefix, more) < 0)
		abort();
	return name;
}

static const char *under_number(const char *prefix, unsigned int i)
{
	char *name;

	if (asprintf(&name, "%s%u.", prefix, i) < 0)
		abort();
	return name;
}

static void ranges(uint16_t at, const char *prefix)
{
	unsigned int i;

	for (i = 0; i < RANGES; i++) {
		inside(at + i * sizeof(struct alpc_range), under_number(prefix, i));
		address(AT(alpc_range, address), 0x4000 + i * 0x1000);
		len(AT(alpc_range, len), 16)->limit = 0x2000;
		flags(AT(alpc_range, rights), 3)->normal = number(3);
		zero(AT(alpc_range, __reserved));
	}
}

static void identity(uint16_t at, const char *prefix, uint16_t groups)
{
	inside(at, prefix);
	size_of(AT(alpc_identity, size), sizeof(struct alpc_identity));
	flags(AT(alpc_identity, flags), ALPC_IDENTITY_IMPERSONATE);
	uses(AT(alpc_identity, id), ONE(T_MESSAGE));
	flags(AT(alpc_identity, parts), ALPC_IDENTITY_ALL)->normal = number(ALPC_IDENTITY_ALL);
	num(AT(alpc_identity, group_count), 8)->normal = number(8);
	block(AT(alpc_identity, groups), groups);
}

static void attributes(uint16_t at, const char *prefix, bool sending)
{
	uint16_t listed = room(RANGES * sizeof(struct alpc_range));
	uint16_t fds = room(FDS * sizeof(int32_t));
	static const char *const names[FDS] = { "fd0", "fd1", "fd2", "fd3" };
	uint16_t who;
	unsigned int i;

	who = sending ? 0 : room(sizeof(struct alpc_identity));
	inside(at, prefix);
	block(AT(alpc_attrs, ranges), listed)->normal = number(0);
	len(AT(alpc_attrs, range_count), 0)->limit = RANGES;
	len(AT(alpc_attrs, fd_count), 0)->limit = FDS;
	if (sending)
		block(AT(alpc_attrs, fds), fds)->normal = number(0);
	else
		zero(AT(alpc_attrs, fds));
	flags(AT(alpc_attrs, fd_kinds), ALPC_FD_ANY);
	if (sending)
		zero(AT(alpc_attrs, identity));
	else
		block(AT(alpc_attrs, identity), who)->normal = number(0);
	uses(AT(alpc_attrs, security), ONE(T_SECURITY));
	zero(AT(alpc_attrs, __reserved));
	ranges(listed, under(prefix, "range"));
	if (!sending) {
		inside(who, under(prefix, "identity."));
		size_of(AT(alpc_identity, size), sizeof(struct alpc_identity));
		flags(AT(alpc_identity, flags), ALPC_IDENTITY_IMPERSONATE);
		flags(AT(alpc_identity, parts), ALPC_IDENTITY_ALL);
	}
	inside(fds, prefix);
	for (i = 0; sending && i < FDS; i++)
		uses((struct place){ names[i], 4 * i, 4 }, DESCRIPTORS);
}

static void message(uint16_t at, const char *prefix, bool sending, unsigned int n)
{
	uint16_t attrs = room(sizeof(struct alpc_attrs));

	inside(at, prefix);
	uses(AT(alpc_msg, id), ONE(T_MESSAGE))->gives = sending ? T_NONE : T_MESSAGE;
	num(AT(alpc_msg, context), -1);
	num(AT(alpc_msg, cookie), 3);
	address(AT(alpc_msg, data), (sending ? 0 : 0x10000) + n * 0x100);
	len(AT(alpc_msg, len), sending ? 0 : 128);
	num(AT(alpc_msg, type), 13);
	flags(AT(alpc_msg, flags), sending ? 0xf : 0xff);
	num(AT(alpc_msg, pid), 3);
	num(AT(alpc_msg, seq), 3);
	uses(AT(alpc_msg, call), ONE(T_CALL) | ONE(T_REQUEST))->gives =
		sending ? T_NONE : T_CALL;
	len(AT(alpc_msg, view_offset), 0);
	len(AT(alpc_msg, view_len), 0);
	uses(AT(alpc_msg, section), ONE(T_SECTION))->gives = sending ? T_NONE : T_SECTION;
	flags(AT(alpc_msg, view_flags), 0x7001f);
	block(AT(alpc_msg, attrs), attrs)->normal = number(0);
	size_of(AT(alpc_msg, attrs_len), sizeof(struct alpc_attrs))->normal = number(0);
	uses(AT(alpc_msg, reserve), ONE(T_RESERVE));
	attributes(attrs, under(prefix, "attrs."), sending);
}

static void transfer(void)
{
	begin("transfer", ALPC_IOC_TRANSFER, sizeof(struct alpc_transfer), PORTS, 30);
	size_of(AT(alpc_transfer, size), sizeof(struct alpc_transfer));
	flags(AT(alpc_transfer, flags), 0x1f);
	when(AT(alpc_transfer, timeout));
	out(AT(alpc_transfer, out_id), T_REQUEST);
	zero(AT(alpc_transfer, __reserved));
	message(ARGUMENT + offsetof(struct alpc_transfer, send), "send.", true, 0);
	message(ARGUMENT + offsetof(struct alpc_transfer, recv), "recv.", false, 0);
}

static void vector(void)
{
	uint16_t sends, recvs;
	unsigned int i;

	begin("vector", ALPC_IOC_VECTOR, sizeof(struct alpc_vector), PORTS, 8);
	sends = room(MESSAGES * sizeof(struct alpc_vector_send));
	recvs = room(MESSAGES * sizeof(struct alpc_msg));
	size_of(AT(alpc_vector, size), sizeof(struct alpc_vector));
	flags(AT(alpc_vector, flags), 0x1f);
	when(AT(alpc_vector, timeout));
	block(AT(alpc_vector, send), sends);
	block(AT(alpc_vector, recv), recvs);
	len(AT(alpc_vector, send_count), 0)->limit = MESSAGES;
	len(AT(alpc_vector, recv_count), 0)->limit = MESSAGES;
	for (i = 0; i < MESSAGES; i++) {
		uint16_t at = sends + i * sizeof(struct alpc_vector_send);

		message(at, under_number("send", i), true, i);
		inside(at, under_number("send", i));
		len(AT(alpc_vector_send, room), 0);
		out(AT(alpc_vector_send, out_id), T_REQUEST);
		message(recvs + i * sizeof(struct alpc_msg), under_number("recv", i),
			false, i);
	}
}

void layout_messages(void)
{
	transfer();
	vector();

	begin("cancel", ALPC_IOC_CANCEL, sizeof(struct alpc_cancel), PORTS, 3);
	size_of(AT(alpc_cancel, size), sizeof(struct alpc_cancel));
	flags(AT(alpc_cancel, flags), 3);
	uses(AT(alpc_cancel, id), ONE(T_REQUEST) | ONE(T_MESSAGE) | ONE(T_CALL));
	num(AT(alpc_cancel, cookie), 3);
	zero(AT(alpc_cancel, __reserved));

	begin("create_reserve", ALPC_IOC_CREATE_RESERVE,
	      sizeof(struct alpc_create_reserve), ENDS, 2);
	size_of(AT(alpc_create_reserve, size), sizeof(struct alpc_create_reserve));
	flags(AT(alpc_create_reserve, flags), 0);
	len(AT(alpc_create_reserve, len), 0);
	out(AT(alpc_create_reserve, out_reserve), T_RESERVE);

	begin("delete_reserve", ALPC_IOC_DELETE_RESERVE,
	      sizeof(struct alpc_delete_reserve), ENDS, 1);
	size_of(AT(alpc_delete_reserve, size), sizeof(struct alpc_delete_reserve));
	flags(AT(alpc_delete_reserve, flags), 0);
	uses(AT(alpc_delete_reserve, reserve), ONE(T_RESERVE));
	zero(AT(alpc_delete_reserve, __reserved));

	begin("get_identity", ALPC_IOC_GET_IDENTITY, sizeof(struct alpc_identity), PORTS, 3);
	identity(ARGUMENT, "", room(8 * sizeof(uint32_t)));
}
