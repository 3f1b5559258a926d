// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: descriptors on their way with a message.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../fds.h"

#include <linux/anon_inodes.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>

#include "../parcel.h"
#include "../user.h"
#include "fixture.h"

/* --- devices -------------------------------------------------------------- */

/* They have the names of those that hold files. */
static long binder_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return -ENOTTY;
}

static long rust_binder_main_binder_ioctl(struct file *file, unsigned int cmd,
					  unsigned long arg)
{
	return -ENOIOCTLCMD;
}

static long vhost_vdpa_unlocked_ioctl(struct file *file, unsigned int cmd,
				      unsigned long arg)
{
	return -EIO;
}

static long iommufd_fops_ioctl(struct file *file, unsigned int cmd,
			       unsigned long arg)
{
	return -EPERM;
}

static long vfio_device_fops_unl_ioctl(struct file *file, unsigned int cmd,
				       unsigned long arg)
{
	return -ENODEV;
}

static long harmless_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	return -EINVAL;
}

static int kind_of_device(struct kunit *test, umode_t mode,
			  long (*ioctl)(struct file *file, unsigned int cmd,
					unsigned long arg))
{
	const struct file_operations fops = { .unlocked_ioctl = ioctl };
	struct super_block *sb = kunit_kzalloc(test, sizeof(*sb), GFP_KERNEL);
	struct inode *inode = kunit_kzalloc(test, sizeof(*inode), GFP_KERNEL);
	struct file *file = kunit_kzalloc(test, sizeof(*file), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, sb);
	KUNIT_ASSERT_NOT_NULL(test, inode);
	KUNIT_ASSERT_NOT_NULL(test, file);
	inode->i_sb = sb;
	inode->i_mode = mode;
	file->f_inode = inode;
	file->f_op = &fops;
	return alpc_fd_kind(file);
}

static void devices_that_hold_files_are_refused(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kind_of_device(test, S_IFCHR, binder_ioctl),
			-ELOOP);
	KUNIT_EXPECT_EQ(test, kind_of_device(test, S_IFCHR,
					     rust_binder_main_binder_ioctl),
			-ELOOP);
	KUNIT_EXPECT_EQ(test, kind_of_device(test, S_IFCHR,
					     vhost_vdpa_unlocked_ioctl), -ELOOP);
	KUNIT_EXPECT_EQ(test, kind_of_device(test, S_IFCHR, iommufd_fops_ioctl),
			-ELOOP);
	KUNIT_EXPECT_EQ(test, kind_of_device(test, S_IFCHR,
					     vfio_device_fops_unl_ioctl), -ELOOP);
}

static const struct file_operations test_fops = {};

static int kind_of_anon(struct kunit *test, const char *name)
{
	struct file *file = anon_inode_getfile(name, &test_fops, NULL, O_RDWR);
	int kind;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	kind = alpc_fd_kind(file);
	fput(file);
	return kind;
}

static void files_without_a_device_that_hold_files_are_refused(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kind_of_anon(test, "[io_uring]"), -ELOOP);
	KUNIT_EXPECT_EQ(test, kind_of_anon(test, "[vfio-device]"), -ELOOP);
	KUNIT_EXPECT_EQ(test, kind_of_anon(test, "kvm-vm"), -ELOOP);
	KUNIT_EXPECT_EQ(test, kind_of_anon(test, "kvm-vfio"), -ELOOP);
	KUNIT_EXPECT_EQ(test, kind_of_anon(test, "kvm-vcpu:0"), -ELOOP);
	KUNIT_EXPECT_EQ(test, kind_of_anon(test, "[eventpoll]"), ALPC_FD_OTHER);
}

static void other_devices_are_devices(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kind_of_device(test, S_IFCHR, harmless_ioctl),
			ALPC_FD_DEVICE);
	KUNIT_EXPECT_EQ(test, kind_of_device(test, S_IFCHR, NULL),
			ALPC_FD_DEVICE);
	KUNIT_EXPECT_EQ(test, kind_of_device(test, S_IFBLK, NULL),
			ALPC_FD_DEVICE);
}

/* --- messages with files -------------------------------------------------- */

#define FDS_COUNT	4

/* Files whose references are looked at. */
struct files {
	struct file *file[FDS_COUNT];
};

static void files_close(void *data)
{
	struct files *files = data;
	int i;

	for (i = 0; i < FDS_COUNT; i++)
		fput(files->file[i]);
}

static struct files *files_open(struct kunit *test)
{
	struct files *files = kunit_kzalloc(test, sizeof(*files), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, files);
	for (i = 0; i < FDS_COUNT; i++) {
		files->file[i] = anon_inode_getfile("[test]", &test_fops, NULL,
						    O_RDWR);
		KUNIT_ASSERT_FALSE(test, IS_ERR(files->file[i]));
	}
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, files_close,
							files), 0);
	return files;
}

static long file_references(const struct files *files, int i)
{
	return file_count(files->file[i]);
}

/* Look up all of them, and then bad. Return: as alpc_fds_fill(). */
static int fill(struct kunit *test, struct alpc_fds *fds,
		const struct files *files, u32 count, s32 bad)
{
	s32 number[FDS_COUNT + 1];
	int i, ret;

	for (i = 0; i < FDS_COUNT; i++) {
		number[i] = get_unused_fd_flags(O_CLOEXEC);
		KUNIT_ASSERT_GE(test, number[i], 0);
		fd_install(number[i], get_file(files->file[i]));
	}
	number[FDS_COUNT] = bad;
	ret = alpc_fds_fill(fds, number, count);
	for (i = 0; i < FDS_COUNT; i++)
		close_fd(number[i]);
	return ret;
}

static long charged_to_us(void)
{
	struct alpc_user *user = alpc_user_get_current();
	long fds = alpc_user_used(user, ALPC_USER_FDS);

	alpc_user_put(user);
	return fds;
}

static void filling_holds_and_charges_until_dropped(struct kunit *test)
{
	struct files *files = files_open(test);
	struct alpc_fds fds = {};
	int i;

	KUNIT_ASSERT_EQ(test, fill(test, &fds, files, FDS_COUNT, -1), 0);
	KUNIT_EXPECT_EQ(test, fds.count, FDS_COUNT);
	KUNIT_EXPECT_EQ(test, fds.kinds, ALPC_FD_OTHER);
	KUNIT_EXPECT_FALSE(test, fds.offered);
	KUNIT_EXPECT_EQ(test, charged_to_us(), FDS_COUNT);
	for (i = 0; i < FDS_COUNT; i++) {
		KUNIT_EXPECT_PTR_EQ(test, fds.fd[i].file, files->file[i]);
		KUNIT_EXPECT_EQ(test, file_references(files, i), 2);
	}
	/* Parcels are used again: dropping twice does no harm. */
	for (i = 0; i < 2; i++) {
		alpc_fds_drop(&fds);
		KUNIT_EXPECT_EQ(test, charged_to_us(), 0);
		KUNIT_EXPECT_EQ(test, file_references(files, 0), 1);
		KUNIT_EXPECT_EQ(test, fds.count, 0);
		KUNIT_EXPECT_NULL(test, fds.user);
	}
}

static void failing_to_fill_holds_nothing(struct kunit *test)
{
	struct files *files = files_open(test);
	struct alpc_fds fds = {};
	int i;

	KUNIT_EXPECT_EQ(test, fill(test, &fds, files, FDS_COUNT + 1, -1),
			-EBADF);
	KUNIT_EXPECT_EQ(test, charged_to_us(), 0);
	KUNIT_EXPECT_NULL(test, fds.user);
	KUNIT_EXPECT_NULL(test, fds.fd);
	for (i = 0; i < FDS_COUNT; i++)
		KUNIT_EXPECT_EQ(test, file_references(files, i), 1);
}

/* A message that has been handed to the server, with files of these kinds. */
struct handed {
	struct alpc_fixture *f;
	struct alpc_end *end;
	struct alpc_actor *sender;
	struct alpc_actor *receiver;
	struct alpc_message *m;
	struct files *files;
	struct alpc_take_fds take;
};

static struct handed hand(struct kunit *test, u32 what, const u16 *kinds)
{
	struct alpc_fixture *f = test->priv;
	struct handed h = { .f = f, .end = &f->port->end };
	struct alpc_fds fds = {};
	int i;

	h.files = files_open(test);
	KUNIT_ASSERT_EQ(test, fill(test, &fds, h.files, FDS_COUNT, -1), 0);
	fds.kinds = 0;
	for (i = 0; i < FDS_COUNT; i++) {
		fds.fd[i].kind = kinds[i];
		fds.kinds |= kinds[i];
	}
	h.sender = alpc_actor(f, &f->conn[0]->client);
	KUNIT_ASSERT_EQ(test, alpc_actor_send(h.sender, what, 0, 8), 0);
	h.m = list_first_entry(&f->conn[0]->to_server.messages, struct alpc_message,
			       node);
	h.m->parcel = kzalloc(sizeof(*h.m->parcel), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, h.m->parcel);
	h.m->parcel->fds = fds;
	h.m->brings = ALPC_BRINGS_FDS;
	h.receiver = alpc_fixture_receive(f, h.end);
	h.take = (struct alpc_take_fds){
		.id = alpc_actor_got(h.receiver)->id,
		.count = 1,
	};
	return h;
}

static const u16 mixed[FDS_COUNT] = {
	ALPC_FD_PIPE, ALPC_FD_REGULAR, ALPC_FD_PIPE, ALPC_FD_EVENTFD,
};

static void counted_are_those_that_are_wanted(struct kunit *test)
{
	struct handed h = hand(test, ALPC_SEND_REQUEST, mixed);
	struct alpc_attrs attrs = {};
	u32 kinds;

	KUNIT_ASSERT_EQ(test, alpc_fds_count(h.end, h.m, &attrs, &kinds), 0);
	KUNIT_EXPECT_EQ(test, attrs.fd_count, 0);
	KUNIT_EXPECT_EQ(test, attrs.out_fds_dropped, FDS_COUNT);
	attrs.fd_kinds = ALPC_FD_PIPE | ALPC_FD_EVENTFD | ALPC_FD_SOCKET;
	KUNIT_ASSERT_EQ(test, alpc_fds_count(h.end, h.m, &attrs, &kinds), 0);
	KUNIT_EXPECT_EQ(test, attrs.fd_count, 3);
	KUNIT_EXPECT_EQ(test, attrs.out_fds_dropped, 1);
	/* Another thread has released the message. */
	h.m->brings = 0;
	KUNIT_ASSERT_EQ(test, alpc_fds_count(h.end, h.m, &attrs, &kinds), 0);
	KUNIT_EXPECT_EQ(test, attrs.fd_count, 0);
	KUNIT_EXPECT_EQ(test, attrs.out_fds_dropped, 0);
}

static void selected_ones_close_ranks(struct kunit *test)
{
	struct handed h = hand(test, 0, mixed);
	const struct alpc_fds *fds = &h.m->parcel->fds;

	alpc_fds_select(h.end, h.m, ALPC_FD_REGULAR | ALPC_FD_EVENTFD);
	KUNIT_EXPECT_TRUE(test, fds->offered);
	KUNIT_EXPECT_EQ(test, fds->count, 2);
	KUNIT_EXPECT_EQ(test, fds->charged, 2);
	KUNIT_EXPECT_EQ(test, charged_to_us(), 2);
	KUNIT_EXPECT_PTR_EQ(test, fds->fd[0].file, h.files->file[1]);
	KUNIT_EXPECT_PTR_EQ(test, fds->fd[1].file, h.files->file[3]);
	KUNIT_EXPECT_EQ(test, file_references(h.files, 0), 1);
	KUNIT_EXPECT_EQ(test, file_references(h.files, 1), 2);
	KUNIT_EXPECT_EQ(test, h.m->state, ALPC_MSG_KEPT);
}

static void unwanted_ones_do_not_keep_a_datagram(struct kunit *test)
{
	struct handed h = hand(test, 0, mixed);

	KUNIT_EXPECT_EQ(test, h.m->state, ALPC_MSG_KEPT);
	KUNIT_EXPECT_EQ(test, h.f->conn[0]->client.unanswered, 1);
	alpc_fds_select(h.end, h.m, ALPC_FD_SOCKET);
	KUNIT_EXPECT_EQ(test, h.m->state, ALPC_MSG_DONE);
	KUNIT_EXPECT_EQ(test, refcount_read(&h.m->ref), 1);
	KUNIT_EXPECT_EQ(test, h.f->port->queue.pending.count, 0);
	KUNIT_EXPECT_EQ(test, h.f->conn[0]->client.unanswered, 0);
	KUNIT_EXPECT_EQ(test, charged_to_us(), 0);
	KUNIT_EXPECT_EQ(test, file_references(h.files, 0), 1);
}

static void unwanted_ones_leave_a_request_to_be_answered(struct kunit *test)
{
	struct handed h = hand(test, ALPC_SEND_REQUEST, mixed);

	alpc_fds_select(h.end, h.m, 0);
	KUNIT_EXPECT_EQ(test, h.m->state, ALPC_MSG_PENDING);
	KUNIT_EXPECT_EQ(test, h.m->brings, 0);
	KUNIT_EXPECT_EQ(test, charged_to_us(), 0);
	KUNIT_EXPECT_EQ(test, alpc_take_fds(h.end, &h.take), -ENOENT);
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(alpc_actor(h.f, h.end),
					       h.take.id, 0), 0);
}

/* Who guesses the id, before the receiver has been told. */
static void not_taken_before_they_are_offered(struct kunit *test)
{
	struct handed h = hand(test, ALPC_SEND_REQUEST, mixed);

	KUNIT_EXPECT_EQ(test, alpc_take_fds(h.end, &h.take), -ENOENT);
	alpc_fds_select(h.end, h.m, ALPC_FD_ANY);
	/* There is no user memory to write the number to. */
	KUNIT_EXPECT_EQ(test, alpc_take_fds(h.end, &h.take), -EFAULT);
	KUNIT_EXPECT_FALSE(test, h.m->parcel->fds.fd[0].taking);
	KUNIT_EXPECT_PTR_EQ(test, h.m->parcel->fds.fd[0].file,
			    h.files->file[0]);
	KUNIT_EXPECT_EQ(test, file_references(h.files, 0), 2);
	KUNIT_EXPECT_EQ(test, charged_to_us(), FDS_COUNT);
}

static void not_taken_twice_at_the_same_time(struct kunit *test)
{
	struct handed h = hand(test, ALPC_SEND_REQUEST, mixed);

	alpc_fds_select(h.end, h.m, ALPC_FD_ANY);
	h.m->parcel->fds.fd[1].taking = true;
	h.take.count = 2;
	KUNIT_EXPECT_EQ(test, alpc_take_fds(h.end, &h.take), -ENOENT);
	KUNIT_EXPECT_FALSE(test, h.m->parcel->fds.fd[0].taking);
	h.take.count = 1;
	KUNIT_EXPECT_EQ(test, alpc_take_fds(h.end, &h.take), -EFAULT);
}

static void not_taken_while_the_request_is_answered(struct kunit *test)
{
	struct handed h = hand(test, ALPC_SEND_REQUEST, mixed);

	alpc_fds_select(h.end, h.m, ALPC_FD_ANY);
	h.m->state = ALPC_MSG_REPLYING;
	KUNIT_EXPECT_EQ(test, alpc_take_fds(h.end, &h.take), -ESRCH);
	h.m->state = ALPC_MSG_PENDING;
	KUNIT_EXPECT_EQ(test, alpc_take_fds(h.end, &h.take), -EFAULT);
}

/* Another thread has guessed the id, and answered with files of its own. */
static void reply_that_brings_others_is_left_alone(struct kunit *test)
{
	struct handed h = hand(test, ALPC_SEND_REQUEST, mixed);
	struct alpc_attrs attrs = { .fd_kinds = ALPC_FD_OTHER };
	struct alpc_parcel *parcel = h.m->parcel;
	struct alpc_actor *a;
	u32 kinds;

	KUNIT_ASSERT_EQ(test, fill(test, &parcel->answer_fds, files_open(test),
				   2, -1), 0);
	a = alpc_actor(h.f, h.end);
	KUNIT_ASSERT_EQ(test, alpc_actor_reply(a, h.take.id, 0), 0);
	alpc_fixture_receive(h.f, &h.f->conn[0]->client);
	KUNIT_ASSERT_EQ(test, h.m->state, ALPC_MSG_KEPT);

	KUNIT_ASSERT_EQ(test, alpc_fds_count(h.end, h.m, &attrs, &kinds), 0);
	KUNIT_EXPECT_EQ(test, attrs.fd_count, 0);
	alpc_fds_select(h.end, h.m, 0);
	KUNIT_EXPECT_EQ(test, h.m->state, ALPC_MSG_KEPT);
	KUNIT_EXPECT_EQ(test, parcel->fds.count, 2);
	KUNIT_EXPECT_FALSE(test, parcel->fds.offered);
	alpc_fds_select(&h.f->conn[0]->client, h.m, ALPC_FD_OTHER);
	KUNIT_EXPECT_TRUE(test, parcel->fds.offered);
}

static struct kunit_case fds_cases[] = {
	KUNIT_CASE(devices_that_hold_files_are_refused),
	KUNIT_CASE(files_without_a_device_that_hold_files_are_refused),
	KUNIT_CASE(other_devices_are_devices),
	KUNIT_CASE(filling_holds_and_charges_until_dropped),
	KUNIT_CASE(failing_to_fill_holds_nothing),
	KUNIT_CASE(counted_are_those_that_are_wanted),
	KUNIT_CASE(selected_ones_close_ranks),
	KUNIT_CASE(unwanted_ones_do_not_keep_a_datagram),
	KUNIT_CASE(unwanted_ones_leave_a_request_to_be_answered),
	KUNIT_CASE(not_taken_before_they_are_offered),
	KUNIT_CASE(not_taken_twice_at_the_same_time),
	KUNIT_CASE(not_taken_while_the_request_is_answered),
	KUNIT_CASE(reply_that_brings_others_is_left_alone),
	{}
};

static struct kunit_suite fds_suite = {
	.name = "alpc_fds",
	.init = alpc_fixture_init_connected,
	.test_cases = fds_cases,
};

kunit_test_suite(fds_suite);
