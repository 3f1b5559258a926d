// SPDX-License-Identifier: GPL-2.0-only
/*
 * ALPC_IOC_TRANSFER as a command: which operations there are, on which ports,
 * and what it refuses, without anything having been sent or taken.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_thread.h"

#define SEND	ALPC_TRANSFER_SEND
#define RECEIVE	ALPC_TRANSFER_RECEIVE
#define WAIT	ALPC_TRANSFER_WAIT

/* What the header lists: one kind of message to send, and one thing to do then. */
static bool is_operation(__u32 flags, __u16 send)
{
	if (!(flags & SEND))
		return flags == RECEIVE || flags == WAIT;
	switch (send) {
	case 0:
		return !(flags & WAIT);
	case ALPC_SEND_REQUEST:
	case ALPC_SEND_REPLY:
	case ALPC_SEND_CALLBACK:
		return flags != (SEND | RECEIVE | WAIT);
	default:
		return false;
	}
}

/*
 * A message waits at both ports, so that a call which goes further than it
 * should has one to take.
 */
FIXTURE(transfer)
{
	struct pair pair;
	char buf[16];
};

FIXTURE_SETUP(transfer)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, alpc_send(self->pair.client, "to port", 7));
	ASSERT_EQ(0, alpc_send(self->pair.server, "to client", 9));
}

FIXTURE_TEARDOWN(transfer)
{
	struct alpc_msg msg;

	TAKE(ALPC_DATAGRAM, self->pair.port, &msg, self->buf);
	EXPECT_EQ(7, msg.len);
	TAKE(ALPC_DATAGRAM, self->pair.client, &msg, self->buf);
	EXPECT_EQ(9, msg.len);
	EXPECT_EQ(0, pair_works(&self->pair));
	pair_close(&self->pair);
}

/* Every combination that the header does not list, on every kind of port. */
TEST_F(transfer, abuse_10_combinations_not_listed_are_einval)
{
	const int fds[] = { self->pair.client, self->pair.server, self->pair.port };
	struct alpc_transfer t;
	size_t kind;
	__u32 flags;
	__u16 send;
	int err;

	for (flags = 0; flags <= (SEND | RECEIVE | WAIT); flags++) {
		for (send = 0; send < 8; send++) {
			/* What is not sent does not matter. */
			if (is_operation(flags, send) || (!(flags & SEND) && send))
				continue;
			for (kind = 0; kind < ARRAY_SIZE(fds); kind++) {
				transfer_init(&t, flags);
				transfer_send(&t, send, 0, "x", 1);
				transfer_receive(&t, self->buf, sizeof(self->buf));
				t.timeout = 0;
				/* What does not exist may be refused for the port, too. */
				err = alpc_transfer(fds[kind], &t);
				EXPECT_TRUE(err == -EINVAL || (kind && err == -EOPNOTSUPP)) {
					TH_LOG("flags %#x, send.flags %#x, port %zu", flags, send,
					       kind);
				}
			}
		}
	}
}

/* Listed operations on a kind of port that does not have them. */
FIXTURE(wrong_port)
{
	struct pair pair;
	char buf[16];
};

FIXTURE_VARIANT(wrong_port)
{
	enum alpc_port_kind kind;
	__u32 flags;
	__u16 send;
};

FIXTURE_VARIANT_ADD(wrong_port, datagram_from_connection_port)
{
	.kind = ALPC_KIND_CONNECTION, .flags = SEND,
};

FIXTURE_VARIANT_ADD(wrong_port, request_from_connection_port)
{
	.kind = ALPC_KIND_CONNECTION, .flags = SEND, .send = ALPC_SEND_REQUEST,
};

FIXTURE_VARIANT_ADD(wrong_port, call_from_connection_port)
{
	.kind = ALPC_KIND_CONNECTION, .flags = SEND | WAIT, .send = ALPC_SEND_REQUEST,
};

FIXTURE_VARIANT_ADD(wrong_port, receive_from_server_port)
{
	.kind = ALPC_KIND_SERVER, .flags = RECEIVE,
};

FIXTURE_VARIANT_ADD(wrong_port, reply_and_receive_from_server_port)
{
	.kind = ALPC_KIND_SERVER, .flags = SEND | RECEIVE, .send = ALPC_SEND_REPLY,
};

FIXTURE_VARIANT_ADD(wrong_port, send_and_receive_from_server_port)
{
	.kind = ALPC_KIND_SERVER, .flags = SEND | RECEIVE,
};

FIXTURE_SETUP(wrong_port)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(wrong_port)
{
	pair_close(&self->pair);
}

TEST_F(wrong_port, is_eopnotsupp_and_has_no_effect)
{
	int fd = variant->kind == ALPC_KIND_SERVER ? self->pair.server : self->pair.port;
	struct alpc_transfer t;
	struct alpc_msg msg;

	/* There is a request to answer, so that only the port is wrong. */
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "x", 1, 0, 0, NULL));
	TAKE(ALPC_REQUEST, self->pair.port, &msg, self->buf);

	transfer_init(&t, variant->flags);
	transfer_send(&t, variant->send, variant->send == ALPC_SEND_REPLY ? msg.id : 0, "y", 1);
	transfer_receive(&t, self->buf, sizeof(self->buf));
	t.timeout = 0;
	EXPECT_EQ(-EOPNOTSUPP, alpc_transfer(fd, &t));
	EXPECT_EQ(1, alpc_unanswered(self->pair.port));
	NOTHING(self->pair.client);
	NOTHING(self->pair.port);
	ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, "z", 1));
	TAKE(ALPC_REPLY, self->pair.client, &msg, self->buf);
	EXPECT_EQ('z', self->buf[0]);
}

/* Both directions in one go: what was there before, and nothing after an error. */
TEST_F(transfer, send_and_receive_does_both)
{
	static const __u16 sends[] = { 0, ALPC_SEND_REQUEST };
	struct alpc_transfer t;
	struct alpc_msg msg;
	struct pair pair;
	unsigned int i;
	char buf[16];

	ASSERT_EQ(0, pair_open(&pair, NULL));
	for (i = 0; i < ARRAY_SIZE(sends); i++) {
		ASSERT_EQ(0, alpc_send(pair.server, "before", 6));
		transfer_init(&t, SEND | RECEIVE);
		transfer_send(&t, sends[i], 0, "send", 4);
		transfer_receive(&t, buf, sizeof(buf));
		ASSERT_EQ(0, alpc_transfer(pair.client, &t));
		EXPECT_EQ(ALPC_DONE_SENT | ALPC_DONE_RECEIVED, t.out_done);
		EXPECT_EQ(ALPC_DATAGRAM, t.recv.type);
		EXPECT_EQ(6, t.recv.len);
		EXPECT_EQ(0, memcmp(buf, "before", 6));
		TAKE(sends[i] ? ALPC_REQUEST : ALPC_DATAGRAM, pair.port, &msg, buf);
		EXPECT_EQ(4, msg.len);

		/* Sent, and then there is nothing, or no room for it. */
		transfer_init(&t, SEND | RECEIVE | ALPC_TRANSFER_DONTWAIT);
		transfer_send(&t, sends[i], 0, "send", 4);
		transfer_receive(&t, buf, sizeof(buf));
		EXPECT_EQ(-EAGAIN, alpc_transfer(pair.client, &t));
		EXPECT_EQ(ALPC_DONE_SENT, t.out_done);
		ASSERT_EQ(0, alpc_send(pair.server, "before", 6));
		transfer_receive(&t, buf, 5);
		EXPECT_EQ(-EMSGSIZE, alpc_transfer(pair.client, &t));
		EXPECT_EQ(ALPC_DONE_SENT, t.out_done);
		EXPECT_EQ(6, t.recv.len);
		TAKE(sends[i] ? ALPC_REQUEST : ALPC_DATAGRAM, pair.port, &msg, buf);
		TAKE(sends[i] ? ALPC_REQUEST : ALPC_DATAGRAM, pair.port, &msg, buf);

		/* Not sent, and so not received. */
		transfer_init(&t, SEND | RECEIVE);
		transfer_send(&t, sends[i], 0, NULL, 4);
		transfer_receive(&t, buf, sizeof(buf));
		EXPECT_EQ(-EFAULT, alpc_transfer(pair.client, &t));
		EXPECT_EQ(0, t.out_done);
		EXPECT_EQ(1, alpc_queued(pair.client));
		TAKE(ALPC_DATAGRAM, pair.client, &msg, buf);
		NOTHING(pair.port);
	}
	pair_close(&pair);
}

TEST_F(transfer, device_and_other_files_do_not_transfer)
{
	struct alpc_transfer t;
	int fds[2];

	transfer_init(&t, SEND);
	transfer_send(&t, 0, 0, "x", 1);
	EXPECT_EQ(-EOPNOTSUPP, alpc_transfer(alpc_device(), &t));
	ASSERT_EQ(0, pipe(fds));
	EXPECT_EQ(-ENOTTY, alpc_transfer(fds[0], &t));
	close(fds[0]);
	close(fds[1]);
	EXPECT_EQ(-EBADF, alpc_transfer(fds[0], &t));
}

/* --- fields which must be zero -------------------------------------------- */

/* One byte of a good transfer of each kind is set. */
FIXTURE(field)
{
	struct pair pair;
	char buf[16];
};

FIXTURE_VARIANT(field)
{
	size_t offset;
	__u32 flags;
	__u16 send;
};

#define SEND_FIELD(test, member, shift, send_flags) \
	FIXTURE_VARIANT_ADD(field, test) \
	{ \
		.offset = offsetof(struct alpc_transfer, member) + (shift), \
		.flags = SEND, \
		.send = (send_flags), \
	}

#define RECEIVE_FIELD(test, member, shift) \
	FIXTURE_VARIANT_ADD(field, test) \
	{ \
		.offset = offsetof(struct alpc_transfer, member) + (shift), \
		.flags = RECEIVE, \
	}

SEND_FIELD(flags_low, flags, 0, 0);
SEND_FIELD(flags_high, flags, 3, 0);
SEND_FIELD(reserved, __reserved, 0, 0);
SEND_FIELD(send_type, send.type, 0, 0);
SEND_FIELD(send_type_high, send.type, 1, ALPC_SEND_REQUEST);
SEND_FIELD(send_flags_low, send.flags, 0, 0);
SEND_FIELD(send_flags_high, send.flags, 1, 0);
SEND_FIELD(send_attrs, send.attrs, 0, 0);
SEND_FIELD(send_attrs_high, send.attrs, 7, 0);
SEND_FIELD(send_attrs_len, send.attrs_len, 0, 0);
SEND_FIELD(send_id_of_datagram, send.id, 0, 0);
SEND_FIELD(send_id_of_request, send.id, 7, ALPC_SEND_REQUEST);
RECEIVE_FIELD(receive_attrs, recv.attrs, 0);
RECEIVE_FIELD(receive_attrs_high, recv.attrs, 7);
RECEIVE_FIELD(receive_attrs_len, recv.attrs_len, 0);
RECEIVE_FIELD(receive_reserved, recv.reserve, 0);

FIXTURE_SETUP(field)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, alpc_send(self->pair.server, "there", 5));
}

FIXTURE_TEARDOWN(field)
{
	pair_close(&self->pair);
}

static void field_transfer(struct alpc_transfer *t, __u32 flags, __u16 send, char *buf,
			   __u32 room)
{
	transfer_init(t, flags);
	transfer_send(t, send, 0, "x", 1);
	transfer_receive(t, buf, room);
	t->timeout = 0;
}

TEST_F(field, must_be_zero)
{
	struct alpc_transfer t;
	struct alpc_msg msg;

	/* 0x90 is in no combination of flags that would be allowed. */
	field_transfer(&t, variant->flags, variant->send, self->buf, sizeof(self->buf));
	((unsigned char *)&t)[variant->offset] |= 0x90;
	EXPECT_EQ(-EINVAL, alpc_transfer(self->pair.client, &t));
	NOTHING(self->pair.port);
	EXPECT_EQ(1, alpc_queued(self->pair.client));

	field_transfer(&t, variant->flags, variant->send, self->buf, sizeof(self->buf));
	EXPECT_EQ(0, alpc_transfer(self->pair.client, &t));
	if (variant->flags == RECEIVE)
		return;
	TAKE(variant->send ? ALPC_REQUEST : ALPC_DATAGRAM, self->pair.port, &msg, self->buf);
	TAKE(ALPC_DATAGRAM, self->pair.client, &msg, self->buf);
}

/* Types which only the kernel makes, NT's flag bits in the high byte, and all. */
TEST_F(transfer, abuse_04_sender_sets_no_type)
{
	static const __u16 types[] = {
		ALPC_REQUEST, ALPC_REPLY, ALPC_DATAGRAM, 4, ALPC_PORT_CLOSED, ALPC_CLIENT_DIED, 7,
		8, 9, ALPC_CONNECTION_REQUEST, ALPC_CONNECTION_REPLY, ALPC_CANCELED,
		ALPC_CONNECTION_REFUSED, 0x1000, 0x2000, 0x4000, 0x8000, 0x8003, 0xffff,
	};
	const int fds[] = { self->pair.client, self->pair.server };
	struct alpc_transfer t;
	size_t i, end;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		for (end = 0; end < ARRAY_SIZE(fds); end++) {
			transfer_init(&t, SEND);
			transfer_send(&t, 0, 0, "x", 1);
			t.send.type = types[i];
			EXPECT_EQ(-EINVAL, alpc_transfer(fds[end], &t));
		}
	}
}

/* Fill in what the kernel says about a sender. */
static void forge_sender(struct alpc_msg *msg)
{
	msg->context = 1;
	msg->pid = 1;
	msg->tid = 1;
	msg->uid = 12345;
	msg->gid = 12345;
	msg->seq = 99;
	msg->call = 99;
}

/* What a received message says about its sender is not taken from the sender. */
TEST_F(transfer, abuse_05_sender_fields_have_no_effect)
{
	struct alpc_transfer t;
	struct alpc_msg msg;
	struct pair pair;
	char buf[16];

	ASSERT_EQ(0, pair_open(&pair, NULL));
	transfer_init(&t, SEND);
	transfer_send(&t, 0, 0, "x", 1);
	forge_sender(&t.send);
	ASSERT_EQ(0, alpc_transfer(pair.client, &t));
	EXPECT_EQ(ALPC_DONE_SENT, t.out_done);
	TAKE(ALPC_DATAGRAM, pair.port, &msg, buf);
	EXPECT_EQ(pair.context, msg.context);
	EXPECT_EQ(getpid(), msg.pid);
	EXPECT_EQ(gettid(), msg.tid);
	EXPECT_EQ(getuid(), msg.uid);
	EXPECT_EQ(getgid(), msg.gid);
	EXPECT_EQ(FIRST_SEQ, msg.seq);
	EXPECT_EQ(0, msg.call);
	EXPECT_EQ(0, msg.cookie);
	EXPECT_EQ(0, msg.flags);
	EXPECT_EQ(0, msg.attrs);
	EXPECT_EQ(0, msg.attrs_len);
	EXPECT_EQ(0, msg.reserve);
	pair_close(&pair);
}

/* Nor what a reply says about who replies, and what it answers. */
TEST_F(transfer, abuse_16_repliers_fields_have_no_effect)
{
	struct alpc_transfer t;
	struct alpc_msg msg;
	struct pair pair;
	char buf[16];
	__u64 id;
	int i;

	ASSERT_EQ(0, pair_open(&pair, NULL));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, alpc_request_async(pair.client, "q", 1, 5, 0, &id));
		TAKE(ALPC_REQUEST, pair.port, &msg, buf);
		transfer_init(&t, SEND);
		transfer_send(&t, ALPC_SEND_REPLY, msg.id, "r", 1);
		forge_sender(&t.send);
		ASSERT_EQ(0, alpc_transfer(i ? pair.server : pair.port, &t));
		TAKE(ALPC_REPLY, pair.client, &msg, buf);
		EXPECT_EQ(id, msg.id);
		EXPECT_EQ(5, msg.cookie);
		EXPECT_EQ(0, msg.context);
		EXPECT_EQ(getpid(), msg.pid);
		EXPECT_EQ(gettid(), msg.tid);
		EXPECT_EQ(getuid(), msg.uid);
		EXPECT_EQ(getgid(), msg.gid);
		EXPECT_EQ(FIRST_SEQ + i, msg.seq);
		EXPECT_EQ(0, msg.call);
	}
	pair_close(&pair);
}

/* out_done tells what each operation has done, and nothing when it failed. */
TEST_F(transfer, out_done_says_what_was_done)
{
	struct alpc_transfer t;
	struct alpc_msg msg;
	struct pair pair;
	char buf[16];

	ASSERT_EQ(0, pair_open(&pair, NULL));
	transfer_init(&t, SEND);
	transfer_send(&t, ALPC_SEND_REQUEST, 0, "x", 1);
	ASSERT_EQ(0, alpc_transfer(pair.client, &t));
	EXPECT_EQ(ALPC_DONE_SENT, t.out_done);
	EXPECT_NE(0, t.out_id);
	EXPECT_NE(POISON_U64, t.out_id);

	transfer_init(&t, RECEIVE);
	transfer_receive(&t, buf, 0);
	ASSERT_EQ(-EMSGSIZE, alpc_transfer(pair.port, &t));
	EXPECT_EQ(0, t.out_done);
	transfer_init(&t, RECEIVE);
	transfer_receive(&t, buf, sizeof(buf));
	ASSERT_EQ(0, alpc_transfer(pair.port, &t));
	EXPECT_EQ(ALPC_DONE_RECEIVED, t.out_done);
	msg = t.recv;

	/* What makes no sense says so as well. */
	transfer_init(&t, RECEIVE | WAIT);
	transfer_receive(&t, buf, sizeof(buf));
	t.out_id = POISON_U64;
	t.out_done = ALPC_DONE_SENT | ALPC_DONE_RECEIVED;
	EXPECT_EQ(-EINVAL, alpc_transfer(pair.port, &t));
	EXPECT_EQ(0, t.out_done);
	EXPECT_EQ(0, t.out_id);

	/* Replied, and then nothing to receive. */
	transfer_init(&t, SEND | RECEIVE | ALPC_TRANSFER_DONTWAIT);
	transfer_send(&t, ALPC_SEND_REPLY, msg.id, "y", 1);
	transfer_receive(&t, buf, sizeof(buf));
	EXPECT_EQ(-EAGAIN, alpc_transfer(pair.port, &t));
	EXPECT_EQ(ALPC_DONE_SENT, t.out_done);
	TAKE(ALPC_REPLY, pair.client, &msg, buf);

	transfer_init(&t, SEND);
	transfer_send(&t, ALPC_SEND_REPLY, msg.id, "y", 1);
	EXPECT_EQ(-ESRCH, alpc_transfer(pair.port, &t));
	EXPECT_EQ(0, t.out_done);
	transfer_init(&t, RECEIVE | ALPC_TRANSFER_DONTWAIT);
	transfer_receive(&t, buf, sizeof(buf));
	EXPECT_EQ(-EAGAIN, alpc_transfer(pair.port, &t));
	EXPECT_EQ(0, t.out_done);
	pair_close(&pair);
}

TEST_HARNESS_MAIN
