// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creating a connection port: its limits, its file, its owner and mode, and
 * what is left after a creation that failed. Names: name_test.c.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "alpc_thread.h"

/* --- limits --------------------------------------------------------------- */

FIXTURE(limit)
{
	struct alpc_query query;
	struct alpc_create_port arg;
	int fds;
};

FIXTURE_VARIANT(limit)
{
	__u16 offset;			/* of the field in struct alpc_create_port */
	__u16 size;
	__u16 max_offset;		/* of its maximum in struct alpc_query, if any */
};

#define LIMIT(field, max_field) { \
	offsetof(struct alpc_create_port, field), \
	sizeof(((struct alpc_create_port *)0)->field), \
	offsetof(struct alpc_query, max_field), \
}

FIXTURE_VARIANT_ADD(limit, max_message) LIMIT(max_message, out_data_max);
FIXTURE_VARIANT_ADD(limit, queue_messages) LIMIT(queue_messages, out_queue_messages_max);
FIXTURE_VARIANT_ADD(limit, max_connections) LIMIT(max_connections, out_connections_max);
FIXTURE_VARIANT_ADD(limit, queue_bytes) LIMIT(queue_bytes, out_queue_bytes_max);
/* The requests that are unanswered may all lie in the queue. */
FIXTURE_VARIANT_ADD(limit, max_pending) LIMIT(max_pending, out_queue_messages_max);

FIXTURE_SETUP(limit)
{
	ASSERT_EQ(0, alpc_query(&self->query));
	self->arg = create_args(unique_name());
	self->fds = open_fds();
}

FIXTURE_TEARDOWN(limit)
{
}

static __u64 number(const void *base, __u16 offset, __u16 size)
{
	__u64 wide;
	__u32 narrow;

	memcpy(&wide, base + offset, sizeof(wide));
	memcpy(&narrow, base + offset, sizeof(narrow));
	return size == sizeof(wide) ? wide : narrow;
}

static int create_limited(FIXTURE_DATA(limit) *self, const FIXTURE_VARIANT(limit) *variant,
			  __u64 value)
{
	__u32 narrow = value;

	self->arg.out_fd = POISON_S32;
	memcpy((char *)&self->arg + variant->offset, variant->size == 8 ? (void *)&value : &narrow,
	       variant->size);
	return alpc_create_with(&self->arg);
}

TEST_F(limit, highest_is_good_and_more_is_invalid)
{
	__u64 max = number(&self->query, variant->max_offset, variant->size);
	__u64 all = variant->size == 8 ? ~0ULL : ~0U;
	__u64 bad[] = { max + 1, all / 2 + 1, all - 1, all };
	size_t i;
	int fd;

	ASSERT_LT(0, max);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, create_limited(self, variant, bad[i]))
			TH_LOG("%#llx", bad[i]);
	}
	EXPECT_EQ(self->fds, open_fds());
	/* And no name is left from those. */
	fd = create_limited(self, variant, max);
	EXPECT_LE(0, fd);
	close(fd);
	fd = create_limited(self, variant, 0);
	EXPECT_LE(0, fd);
	close(fd);
}

TEST(spin_time_is_a_millisecond_at_most)
{
	struct alpc_create_port arg = create_args(unique_name());
	int fd;

	arg.spin_ns = NSEC_PER_MSEC + 1;
	EXPECT_EQ(-EINVAL, alpc_create_with(&arg));
	arg.spin_ns = ~0U;
	EXPECT_EQ(-EINVAL, alpc_create_with(&arg));
	arg.spin_ns = NSEC_PER_MSEC;
	fd = alpc_create_with(&arg);
	EXPECT_LE(0, fd);
	close(fd);
}

FIXTURE(section_limit)
{
	struct alpc_create_port arg;
	struct alpc_port_info info;
	int fd;
};

FIXTURE_VARIANT(section_limit)
{
	size_t offset;		/* in struct alpc_create_port */
	__u64 max;
};

FIXTURE_VARIANT_ADD(section_limit, section) {
	offsetof(struct alpc_create_port, max_section), 1ULL << 30,
};

FIXTURE_VARIANT_ADD(section_limit, view) {
	offsetof(struct alpc_create_port, max_view), 1ULL << 30,
};

FIXTURE_VARIANT_ADD(section_limit, total) {
	offsetof(struct alpc_create_port, max_section_total), 1ULL << 34,
};

FIXTURE_SETUP(section_limit)
{
	self->arg = create_args(unique_name());
}

FIXTURE_TEARDOWN(section_limit)
{
}

TEST_F(section_limit, has_a_highest_value_and_is_told)
{
	const __u64 good[] = { 1, 4095, 1 << 20, variant->max };
	const __u64 bad[] = { variant->max + 1, 1ULL << 63, ~0ULL };
	const size_t told = offsetof(struct alpc_port_info, out_max_section) + variant->offset -
			    offsetof(struct alpc_create_port, max_section);
	__u64 *limit = (void *)&self->arg + variant->offset;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		*limit = bad[i];
		EXPECT_EQ(-EINVAL, alpc_create_with(&self->arg));
	}
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		*limit = good[i];
		self->fd = alpc_create_with(&self->arg);
		ASSERT_LE(0, self->fd);
		ASSERT_EQ(0, alpc_info(self->fd, &self->info));
		EXPECT_EQ(good[i], *(__u64 *)((void *)&self->info + told));
		close(self->fd);
	}
	/* With no sections there is none. */
	self->arg.flags = ALPC_PORT_NO_SECTIONS;
	*limit = 1;
	EXPECT_EQ(-EINVAL, alpc_create_with(&self->arg));
}

TEST_F(section_limit, has_a_default)
{
	self->fd = alpc_create_with(&self->arg);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, alpc_info(self->fd, &self->info));
	EXPECT_EQ(128ULL << 20, self->info.out_max_section);
	EXPECT_EQ(256ULL << 20, self->info.out_max_section_total);
	/* That of a view is what a section may be. */
	EXPECT_EQ(128ULL << 20, self->info.out_max_view);
	close(self->fd);
	self->arg.max_section = 12345;
	self->fd = alpc_create_with(&self->arg);
	ASSERT_EQ(0, alpc_info(self->fd, &self->info));
	EXPECT_EQ(12345, self->info.out_max_view);
	close(self->fd);
}

FIXTURE(inline_limit)
{
	struct pair pair;
	char data[ALPC_DATA_MAX + 1];
	char buf[ALPC_DATA_MAX + 1];
};

FIXTURE_VARIANT(inline_limit)
{
	__u32 asked;
	__u32 given;
};

FIXTURE_VARIANT_ADD(inline_limit, default) { 0, ALPC_DATA_DEFAULT };
FIXTURE_VARIANT_ADD(inline_limit, one_byte) { 1, 1 };
FIXTURE_VARIANT_ADD(inline_limit, odd) { 1001, 1001 };
FIXTURE_VARIANT_ADD(inline_limit, page) { 4096, 4096 };
FIXTURE_VARIANT_ADD(inline_limit, highest) { ALPC_DATA_MAX, ALPC_DATA_MAX };

FIXTURE_SETUP(inline_limit)
{
	struct alpc_create_port options = { .max_message = variant->asked };

	ASSERT_EQ(0, pair_open(&self->pair, &options));
	pattern(self->data, sizeof(self->data), variant->given);
}

FIXTURE_TEARDOWN(inline_limit)
{
	pair_close(&self->pair);
}

#define EXPECT_DATA(expected, fd) do { \
	struct alpc_msg __msg; \
\
	ASSERT_EQ(0, alpc_receive_nowait(fd, &__msg, self->buf, sizeof(self->buf))); \
	EXPECT_EQ(expected, __msg.type); \
	EXPECT_EQ(variant->given, __msg.len); \
	EXPECT_TRUE(is_pattern(self->buf, variant->given, variant->given)); \
	id = __msg.id; \
} while (0)

TEST_F(inline_limit, abuse_02_holds_for_every_message_in_both_directions)
{
	__u32 max = variant->given;
	struct pair *pair = &self->pair;
	struct alpc_port_info info;
	__u64 id;

	ASSERT_EQ(0, alpc_info(pair->port, &info));
	EXPECT_EQ(max, info.out_max_message);

	EXPECT_EQ(-EMSGSIZE, alpc_send(pair->client, self->data, max + 1));
	ASSERT_EQ(0, alpc_send(pair->client, self->data, max));
	EXPECT_DATA(ALPC_DATAGRAM, pair->port);
	EXPECT_EQ(-EMSGSIZE, alpc_send(pair->server, self->data, max + 1));
	ASSERT_EQ(0, alpc_send(pair->server, self->data, max));
	EXPECT_DATA(ALPC_DATAGRAM, pair->client);

	EXPECT_EQ(-EMSGSIZE, alpc_request_async(pair->client, self->data, max + 1, 0, 0, NULL));
	ASSERT_EQ(0, alpc_request_async(pair->client, self->data, max, 0, 0, NULL));
	EXPECT_DATA(ALPC_REQUEST, pair->port);
	EXPECT_EQ(-EMSGSIZE, alpc_reply(pair->port, id, self->data, max + 1));
	/* It is still to be answered. */
	EXPECT_EQ(1, alpc_unanswered(pair->port));
	ASSERT_EQ(0, alpc_reply(pair->port, id, self->data, max));
	EXPECT_DATA(ALPC_REPLY, pair->client);
	NOTHING(pair->port);
	NOTHING(pair->client);
}

TEST_F(inline_limit, holds_for_connection_messages)
{
	struct alpc_connect arg = connect_args(self->pair.name);
	__u32 max = variant->given;
	int fd, server;
	__u64 id;

	arg.flags = ALPC_CONNECT_ASYNC;
	arg.send_data = address(self->data);
	arg.send_len = max + 1;
	EXPECT_EQ(-EMSGSIZE, alpc_connect_with(&arg));
	arg.send_len = max;
	fd = alpc_connect_with(&arg);
	ASSERT_LE(0, fd);
	EXPECT_DATA(ALPC_CONNECTION_REQUEST, self->pair.port);
	EXPECT_EQ(-EMSGSIZE, alpc_accept_data(self->pair.port, id, 0, self->data, max + 1));
	EXPECT_EQ(-EMSGSIZE, alpc_refuse(self->pair.port, id, self->data, max + 1));
	server = alpc_accept_data(self->pair.port, id, 0, self->data, max);
	ASSERT_LE(0, server);
	EXPECT_DATA(ALPC_CONNECTION_REPLY, fd);
	close(fd);
	close(server);
}

TEST_F(inline_limit, abuse_01_lengths_that_wrap_are_too_long)
{
	static const __u32 lens[] = { 65536, 0x10000 - 40, 0x7fffffff, 0x80000000, 0xffffffd8,
				      0xfffffff8, 0xffffffff };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		EXPECT_EQ(-EMSGSIZE, alpc_send(self->pair.client, self->data, lens[i]))
			TH_LOG("length %#x", lens[i]);
		EXPECT_EQ(-EMSGSIZE, alpc_send(self->pair.server, self->data, lens[i]))
			TH_LOG("length %#x", lens[i]);
	}
	NOTHING(self->pair.port);
	NOTHING(self->pair.client);
}

/* --- the file ------------------------------------------------------------- */

FIXTURE(file)
{
	struct pair pair;
	struct child child;
	struct stat stat;
	char path[64];
};

FIXTURE_SETUP(file)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(file)
{
	pair_close(&self->pair);
}

TEST_F(file, belongs_to_its_creator_and_is_for_nobody_else)
{
	ASSERT_EQ(0, fstat(self->pair.port, &self->stat));
	EXPECT_EQ(0600, self->stat.st_mode & 07777);
	EXPECT_EQ(0, self->stat.st_uid);
	EXPECT_EQ(0, self->stat.st_gid);
}

TEST_F(file, mode_does_not_depend_on_the_umask)
{
	int fd;

	umask(0777);
	fd = alpc_create(unique_name());
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fstat(fd, &self->stat));
	EXPECT_EQ(0600, self->stat.st_mode & 07777);
	umask(0);
	close(fd);
	fd = alpc_create(unique_name());
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fstat(fd, &self->stat));
	EXPECT_EQ(0600, self->stat.st_mode & 07777);
}

TEST_F(file, belongs_to_the_effective_user_and_group)
{
	int fd;

	ASSERT_EQ(0, setresgid(0, 1002, 0));
	ASSERT_EQ(0, setresuid(0, 1001, 0));
	fd = alpc_create(unique_name());
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fstat(fd, &self->stat));
	EXPECT_EQ(1001, self->stat.st_uid);
	EXPECT_EQ(1002, self->stat.st_gid);
}

TEST_F(file, takes_fchmod_and_fchown)
{
	int other;

	ASSERT_EQ(0, fchmod(self->pair.port, 0624));
	ASSERT_EQ(0, fchown(self->pair.port, 1001, 1002));
	ASSERT_EQ(0, fstat(self->pair.port, &self->stat));
	EXPECT_EQ(0624, self->stat.st_mode & 07777);
	EXPECT_EQ(1001, self->stat.st_uid);
	EXPECT_EQ(1002, self->stat.st_gid);
	/* Each port has an inode of its own. */
	other = alpc_create(unique_name());
	ASSERT_LE(0, other);
	ASSERT_EQ(0, fstat(other, &self->stat));
	EXPECT_EQ(0600, self->stat.st_mode & 07777);
	EXPECT_EQ(0, self->stat.st_uid);
}

TEST_F(file, is_changed_by_its_owner_only)
{
	ASSERT_EQ(0, fchown(self->pair.port, 1001, 1001));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, become(1002, 1002));
		EXPECT_EQ(-1, fchmod(self->pair.port, 0666));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, fchown(self->pair.port, 1002, 1002));
		EXPECT_EQ(EPERM, errno);
		child_exit(true);
	}
	EXPECT_EQ(0, child_end(&self->child));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, become(1001, 1001));
		EXPECT_EQ(0, fchmod(self->pair.port, 0640));
		EXPECT_EQ(-1, fchown(self->pair.port, 1002, -1));
		EXPECT_EQ(EPERM, errno);
		child_exit(true);
	}
	EXPECT_EQ(0, child_end(&self->child));
	ASSERT_EQ(0, fstat(self->pair.port, &self->stat));
	EXPECT_EQ(0640, self->stat.st_mode & 07777);
	EXPECT_EQ(1001, self->stat.st_uid);
}

TEST_F(file, every_port_is_closed_on_exec)
{
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->pair.port, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->pair.client, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->pair.server, F_GETFD));
}

TEST_F(file, no_port_is_opened_by_way_of_proc)
{
	const int fds[] = { self->pair.port, self->pair.client, self->pair.server };
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
	size_t i, k;

	/* Modes that would let anybody. */
	fchmod(self->pair.port, 0666);
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		snprintf(self->path, sizeof(self->path), "/proc/self/fd/%d", fds[i]);
		for (k = 0; k < ARRAY_SIZE(modes); k++) {
			EXPECT_EQ(-1, open(self->path, modes[k]));
			EXPECT_EQ(ENXIO, errno);
		}
	}
	EXPECT_EQ(0, pair_works(&self->pair));
}

TEST_F(file, used_through_a_path_descriptor_is_refused)
{
	struct alpc_port_info info = { .size = sizeof(info) };
	int fd;

	snprintf(self->path, sizeof(self->path), "/proc/self/fd/%d", self->pair.port);
	fd = open(self->path, O_PATH);
	if (fd >= 0)
		EXPECT_EQ(-EBADF, alpc_ioctl(fd, ALPC_IOC_PORT_INFO, &info));
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* --- failing half way ----------------------------------------------------- */

TEST_F(file, creation_without_a_descriptor_leaves_nothing)
{
	const char *name = unique_name();
	int fds = open_fds();
	int i, fd, old;

	old = forbid_descriptors();
	for (i = 0; i < 10; i++)
		EXPECT_EQ(-EMFILE, alpc_create(name));
	allow_descriptors(old);
	EXPECT_EQ(fds, open_fds());
	EXPECT_EQ(-ENOENT, alpc_connect_async(name));
	fd = alpc_create(name);
	EXPECT_LE(0, fd);
	close(fd);
}

TEST_F(file, abuse_24_creation_that_fails_late_leaves_no_name)
{
	struct alpc_create_port arg = create_args(unique_name());
	struct alpc_create_port *fixed;
	int i, fd;

	fixed = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, fixed);
	*fixed = arg;
	ASSERT_EQ(0, mprotect(fixed, 4096, PROT_READ));
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(-EFAULT, alpc_create_with(fixed));
		EXPECT_EQ(-ENOENT, alpc_connect_async((char *)(unsigned long)arg.name));
	}
	fd = alpc_create_with(&arg);
	EXPECT_LE(0, fd);
	close(fd);
}

TEST_F(file, no_spin_is_a_flag_that_changes_no_message)
{
	struct alpc_create_port options = { .flags = ALPC_PORT_NO_SPIN };
	struct pair pair;

	ASSERT_EQ(0, pair_open(&pair, &options));
	EXPECT_EQ(0, pair_works(&pair));
	pair_close(&pair);
}

TEST_HARNESS_MAIN
