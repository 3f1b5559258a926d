// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frame of the interface: layout, sizes, flags, reserved fields, command
 * numbers, and which command is for which file.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "command_fixture.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include "layout.h"

/* --- every command with a spoiled argument -------------------------------- */

static int run(FIXTURE_DATA(command) *self)
{
	return alpc_ioctl(self->fd, self->command->number, self->arg);
}

static void prepare(FIXTURE_DATA(command) *self)
{
	memset(self->arg, 0, sizeof(self->arg));
	self->fd = self->command->prepare(&self->scene, self->arg);
}

static __u32 *field(FIXTURE_DATA(command) *self, size_t offset)
{
	return (__u32 *)(self->arg + offset);
}

TEST_F(command, exact_size_works_and_keeps_size_and_flags)
{
	__u32 flags = *field(self, 4);

	ASSERT_EQ(0, run(self));
	EXPECT_EQ(self->command->size, *field(self, 0));
	EXPECT_EQ(flags, *field(self, 4));
	EXPECT_TRUE(self->command->happened(&self->scene, self->arg));
	EXPECT_EQ(0, pair_works(&self->scene.pair));
}

TEST_F(command, abuse_09_every_shorter_size_is_invalid)
{
	__u32 size;

	for (size = 0; size < self->command->size; size++) {
		*field(self, 0) = size;
		EXPECT_EQ(-EINVAL, run(self))
			TH_LOG("size %u", size);
	}
	EXPECT_UNTOUCHED();
}

TEST_F(command, longer_with_zeroes_works_and_is_not_written_behind_the_known)
{
	static const __u32 extra[] = { 1, 4, 8, 56, 512 };
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(extra); i++) {
		prepare(self);
		*field(self, 0) = self->command->size + extra[i];
		memset(self->arg + self->command->size + extra[i], POISON, 64);
		ASSERT_EQ(0, run(self))
			TH_LOG("%u more", extra[i]);
		EXPECT_EQ(self->command->size + extra[i], *field(self, 0));
		for (k = 0; k < extra[i]; k++)
			EXPECT_EQ(0, self->arg[self->command->size + k]);
		EXPECT_TRUE(is_poison(self->arg + self->command->size + extra[i], 64));
		EXPECT_TRUE(self->command->happened(&self->scene, self->arg));
	}
	EXPECT_EQ(0, pair_works(&self->scene.pair));
}

TEST_F(command, abuse_09_longer_with_anything_else_is_too_big)
{
	static const __u32 extra[] = { 1, 4, 8, 56, 512 };
	__u32 size = self->command->size;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(extra); i++) {
		*field(self, 0) = size + extra[i];
		self->arg[size] = 1;
		EXPECT_EQ(-E2BIG, run(self));
		self->arg[size] = 0;
		self->arg[size + extra[i] - 1] = 0x80;
		EXPECT_EQ(-E2BIG, run(self));
		self->arg[size + extra[i] - 1] = 0;
	}
	EXPECT_UNTOUCHED();
}

TEST_F(command, huge_sizes_fail)
{
	static const __u32 sizes[] = { 1U << 30, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff };
	size_t i;
	int err;

	/* Depending on which end is looked at first; never taken for short. */
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		*field(self, 0) = sizes[i];
		err = run(self);
		EXPECT_TRUE(err == -E2BIG || err == -EFAULT)
			TH_LOG("size %#x: %d", sizes[i], err);
	}
	EXPECT_UNTOUCHED();
}

TEST_F(command, abuse_09_each_unknown_flag_is_invalid)
{
	unsigned int bit;
	__u32 good = *field(self, 4);

	for (bit = 0; bit < 32; bit++) {
		if (self->command->known_flags & 1U << bit)
			continue;
		*field(self, 4) = good | 1U << bit;
		EXPECT_EQ(-EINVAL, run(self))
			TH_LOG("bit %u", bit);
	}
	EXPECT_UNTOUCHED();
}

TEST_F(command, duplicate_of_the_descriptor_is_as_good)
{
	self->fd = dup(self->fd);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, run(self));
	EXPECT_EQ(0, close(self->fd));
	EXPECT_TRUE(self->command->happened(&self->scene, self->arg));
	EXPECT_EQ(0, pair_works(&self->scene.pair));
}

FIXTURE(scene)
{
	struct scene scene;
};

FIXTURE_SETUP(scene)
{
	ASSERT_EQ(0, scene_open(&self->scene));
}

FIXTURE_TEARDOWN(scene)
{
	scene_close(&self->scene);
}

TEST_F(scene, abuse_09_each_reserved_field_must_be_zero)
{
	__u32 arg[ARGUMENT_SIZE / sizeof(__u32)] __attribute__((aligned(8)));
	const struct command *command;
	const __u16 *reserved;
	int fd, i, fields = 0;

	for (i = 0; i < COMMANDS; i++) {
		command = commands[i];
		for (reserved = command->reserved; *reserved; reserved++, fields++) {
			fd = command->prepare(&self->scene, arg);
			ASSERT_EQ(0, arg[*reserved / 4]);
			arg[*reserved / 4] = 1;
			EXPECT_EQ(-EINVAL, alpc_ioctl(fd, command->number, arg))
				TH_LOG("command %#lx, offset %u", command->number, *reserved);
			arg[*reserved / 4] = 1U << 31;
			EXPECT_EQ(-EINVAL, alpc_ioctl(fd, command->number, arg));
		}
		if (command->reserved[0])
			EXPECT_TRUE(command_works(&self->scene, command));
	}
	EXPECT_EQ(19, fields);
	EXPECT_EQ(0, pair_works(&self->scene.pair));
}

/* --- commands and files --------------------------------------------------- */

FIXTURE(file)
{
	struct scene scene;
	int fd;
};

FIXTURE_VARIANT(file)
{
	int kind;		/* 0 for the device */
	bool takes[COMMANDS];
};

FIXTURE_VARIANT_ADD(file, device) {
	.takes = {
		[QUERY] = true, [CREATE] = true, [CONNECT] = true, [GET_USAGE] = true,
		[CREATE_COMPLETION] = true,
	},
};

FIXTURE_VARIANT_ADD(file, connection_port) {
	.kind = ALPC_KIND_CONNECTION,
	.takes = {
		[ACCEPT] = true, [PORT_INFO] = true, [SHUTDOWN] = true, [TRANSFER] = true,
		[OPEN_SECTION] = true, [ACCESS] = true, [TAKE_FDS] = true,
		[GET_IDENTITY] = true, [GET_USAGE] = true, [VECTOR] = true, [BIND] = true,
		[CANCEL] = true,
		[CREATE_LIST] = true, [DELETE_LIST] = true,
	},
};

FIXTURE_VARIANT_ADD(file, client_port) {
	.kind = ALPC_KIND_CLIENT,
	.takes = {
		[DISCONNECT] = true, [PORT_INFO] = true, [NOTIFY_EXIT] = true, [SHUTDOWN] = true,
		[TRANSFER] = true, [CREATE_SECTION] = true, [OPEN_SECTION] = true,
		[DELETE_SECTION] = true, [ACCESS] = true, [TAKE_FDS] = true,
		[GET_IDENTITY] = true, [CREATE_SECURITY] = true, [REVOKE_SECURITY] = true,
		[DELETE_SECURITY] = true, [GET_USAGE] = true, [VECTOR] = true, [BIND] = true,
		[CANCEL] = true,
		[CREATE_RESERVE] = true, [DELETE_RESERVE] = true,
		[QUICK_WAIT] = true, [QUICK_WAKE] = true,
		[CREATE_LIST] = true, [DELETE_LIST] = true,
	},
};

FIXTURE_VARIANT_ADD(file, server_port) {
	.kind = ALPC_KIND_SERVER,
	.takes = {
		[DISCONNECT] = true, [PORT_INFO] = true, [TRANSFER] = true,
		[CREATE_SECTION] = true, [OPEN_SECTION] = true, [DELETE_SECTION] = true,
		[ACCESS] = true, [TAKE_FDS] = true, [GET_IDENTITY] = true,
		[CREATE_SECURITY] = true, [REVOKE_SECURITY] = true, [DELETE_SECURITY] = true,
		[GET_USAGE] = true, [VECTOR] = true, [CANCEL] = true, [CREATE_RESERVE] = true,
		[DELETE_RESERVE] = true,
		[QUICK_WAIT] = true, [QUICK_WAKE] = true,
	},
};

FIXTURE_SETUP(file)
{
	ASSERT_EQ(0, scene_open(&self->scene));
	self->fd = variant->kind == ALPC_KIND_CONNECTION ? self->scene.pair.port :
		   variant->kind == ALPC_KIND_CLIENT ? self->scene.pair.client :
		   variant->kind == ALPC_KIND_SERVER ? self->scene.pair.server : alpc_device();
}

FIXTURE_TEARDOWN(file)
{
	scene_close(&self->scene);
}

TEST_F(file, takes_no_command_that_is_meant_for_another)
{
	unsigned long long arg[ARGUMENT_SIZE / sizeof(unsigned long long)];
	int i, fds;

	for (i = 0; i < COMMANDS; i++) {
		if (variant->takes[i])
			continue;
		ASSERT_LE(0, commands[i]->prepare(&self->scene, arg));
		fds = open_fds();
		EXPECT_EQ(-EOPNOTSUPP, alpc_ioctl(self->fd, commands[i]->number, arg))
			TH_LOG("command %#lx", commands[i]->number);
		EXPECT_EQ(fds, open_fds());
	}
	for (i = QUERY; i <= PORT_INFO; i++)
		EXPECT_TRUE(command_works(&self->scene, commands[i]));
	EXPECT_EQ(0, pair_works(&self->scene.pair));
}

/* Completion ports have commands of their own: completion_test.c. */
static int error_for(unsigned int nr)
{
	return nr == _IOC_NR(ALPC_IOC_WAIT_PACKETS) || nr == _IOC_NR(ALPC_IOC_POST_PACKETS) ||
	       nr == _IOC_NR(ALPC_IOC_SET_COMPLETION) ? -EOPNOTSUPP : -ENOTTY;
}

TEST_F(file, knows_no_other_command)
{
	unsigned long long arg[ARGUMENT_SIZE / sizeof(unsigned long long)] = { ARGUMENT_SIZE };
	unsigned int nr, i;

	for (nr = 0; nr < 256; nr++) {
		for (i = 0; i < COMMANDS && _IOC_NR(commands[i]->number) != nr; i++)
			;
		if (i == COMMANDS)
			EXPECT_EQ(error_for(nr), alpc_ioctl(self->fd, _IO(ALPC_IOC_TYPE, nr), arg))
				TH_LOG("number %#x", nr);
	}
	/* The number alone does not make a command. */
	for (i = 0; i < COMMANDS; i++) {
		nr = _IOC_NR(commands[i]->number);
		EXPECT_EQ(-ENOTTY, alpc_ioctl(self->fd, _IO(ALPC_IOC_TYPE + 1, nr), arg));
		EXPECT_EQ(-ENOTTY, alpc_ioctl(self->fd, _IO(0, nr), arg));
		EXPECT_EQ(-ENOTTY, alpc_ioctl(self->fd, _IOWR(ALPC_IOC_TYPE, nr, arg), arg));
		EXPECT_EQ(-ENOTTY,
			  alpc_ioctl(self->fd, _IOC(_IOC_NONE, ALPC_IOC_TYPE, nr, 8), arg));
	}
	EXPECT_EQ(0, pair_works(&self->scene.pair));
}

TEST_F(file, cannot_be_read_written_or_mapped)
{
	char buf[8] = "";

	EXPECT_EQ(-1, read(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(0, pair_works(&self->scene.pair));
}

TEST_F(file, works_in_a_child_that_inherited_it)
{
	struct child child;
	int i;

	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		/* Those that make no object end with the call. */
		EXPECT_TRUE(command_works(&self->scene, commands[QUERY]));
		EXPECT_TRUE(command_works(&self->scene, commands[PORT_INFO]));
		EXPECT_TRUE(command_works(&self->scene, commands[TRANSFER]));
		EXPECT_EQ(0, pair_works(&self->scene.pair));
		child_exit(true);
	}
	EXPECT_EQ(0, child_end(&child));
	/* Its end closed its descriptors, and ended nothing. */
	for (i = QUERY; i < COMMANDS; i++)
		EXPECT_TRUE(i == NOTIFY_EXIT || command_works(&self->scene, commands[i]));
	EXPECT_EQ(0, pair_works(&self->scene.pair));
}

TEST_F(file, works_where_it_was_passed_to)
{
	struct child child;
	int all_sent[2];
	char byte;
	int fd;

	ASSERT_EQ(0, pipe(all_sent));
	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		int kind = variant->kind;
		struct alpc_port_info info;
		struct alpc_query query = { .size = sizeof(query) };

		scene_close(&self->scene);
		close(all_sent[1]);
		ASSERT_EQ(0, read(all_sent[0], &byte, 1));
		fd = child_get_fd(&child);
		ASSERT_LE(0, fd);
		if (kind) {
			EXPECT_EQ(0, alpc_info(fd, &info));
			EXPECT_EQ(kind, info.out_kind);
		} else {
			EXPECT_EQ(0, alpc_ioctl(fd, ALPC_IOC_QUERY, &query));
		}
		child_exit(true);
	}
	/* Several at once, of which only one is taken out. */
	for (fd = 0; fd < 5; fd++)
		ASSERT_EQ(0, child_put_fd(&child, self->fd));
	close(all_sent[0]);
	close(all_sent[1]);
	EXPECT_EQ(0, child_end(&child));
	EXPECT_EQ(0, pair_works(&self->scene.pair));
}

/* --- the query ------------------------------------------------------------ */

TEST(query_tells_version_limits_and_features)
{
	struct alpc_query query;

	ASSERT_EQ(0, alpc_query(&query));
	EXPECT_EQ(sizeof(query), query.size);
	EXPECT_EQ(0, query.flags);
	EXPECT_EQ(ALPC_ABI_VERSION, query.out_version);
	EXPECT_EQ(ALPC_DATA_MAX, query.out_data_max);
	EXPECT_EQ(ALPC_FEATURE_SECTIONS | ALPC_FEATURE_ACCESS | ALPC_FEATURE_FDS |
		  ALPC_FEATURE_SECURITY | ALPC_FEATURE_USAGE | ALPC_FEATURE_VECTORS |
		  ALPC_FEATURE_COMPLETION | ALPC_FEATURE_CANCEL | ALPC_FEATURE_RESERVES |
		  ALPC_FEATURE_QUICK | ALPC_FEATURE_LISTS,
		  query.out_features & ~(ALPC_FEATURE_EXIT_NOTICE | ALPC_FEATURE_CONCURRENCY));
	EXPECT_LT(0, query.out_queue_messages_max);
	EXPECT_NE(POISON_U32, query.out_queue_messages_max);
	EXPECT_LT(0, query.out_connections_max);
	EXPECT_NE(POISON_U32, query.out_connections_max);
	EXPECT_LE(ALPC_DATA_MAX, query.out_queue_bytes_max);
	EXPECT_NE(POISON_U64, query.out_queue_bytes_max);
}

TEST(any_user_may_open_the_device_and_query_it)
{
	struct alpc_query query = { .size = sizeof(query) };
	int fd;

	ASSERT_EQ(0, become(1001, 1001));
	fd = open("/dev/alpc", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, alpc_ioctl(fd, ALPC_IOC_QUERY, &query));
}

/* --- 32-bit programs ------------------------------------------------------ */

#ifdef __x86_64__

/* The system call as 32-bit programs make it, from this 64-bit one. */
static int ioctl_32(int fd, unsigned int command, void *arg)
{
	int result;

	asm volatile("int $0x80"
		     : "=a" (result)
		     : "a" (54), "b" (fd), "c" (command), "d" (arg)
		     : "memory", "r8", "r9", "r10", "r11");
	return result;
}

/* Kernels are built and booted with or without 32-bit system calls. */
static bool have_32_bit_calls(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(ioctl_32(-1, 0, NULL) == -EBADF ? 0 : 1);
	waitpid(pid, &status, 0);
	return !status;
}

FIXTURE(compat)
{
	struct scene scene;
	void *low;
};

FIXTURE_SETUP(compat)
{
	if (!have_32_bit_calls())
		SKIP(return, "this kernel runs no 32-bit programs");
	ASSERT_EQ(0, scene_open(&self->scene));
	self->low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	ASSERT_NE(MAP_FAILED, self->low);
}

FIXTURE_TEARDOWN(compat)
{
	scene_close(&self->scene);
}

TEST_F(compat, every_command_works_in_a_32_bit_call)
{
	int i;

	for (i = 0; i < COMMANDS; i++) {
		const struct command *command = commands[i];
		int fd = command->prepare(&self->scene, self->low);

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, ioctl_32(fd, command->number, self->low))
			TH_LOG("command %#lx", command->number);
		EXPECT_TRUE(command->happened(&self->scene, self->low));
	}
	EXPECT_EQ(0, pair_works(&self->scene.pair));
}

TEST_F(compat, errors_are_the_same_in_a_32_bit_call)
{
	__u32 *arg = self->low;
	int i;

	for (i = 0; i < COMMANDS; i++) {
		const struct command *command = commands[i];
		int fd = command->prepare(&self->scene, arg);

		ASSERT_LE(0, fd);
		arg[0]--;
		EXPECT_EQ(-EINVAL, ioctl_32(fd, command->number, arg));
		EXPECT_EQ(-EFAULT, ioctl_32(fd, command->number, NULL));
		EXPECT_EQ(-ENOTTY, ioctl_32(fd, _IO(ALPC_IOC_TYPE, 0x7e), arg));
		EXPECT_TRUE(command_works(&self->scene, command));
	}
}

#endif /* __x86_64__ */

TEST_HARNESS_MAIN
