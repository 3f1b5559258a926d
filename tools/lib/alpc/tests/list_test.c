// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc: a completion list that says anything, and what the kernel can say beside it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "kernel.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#define SLOTS		4
#define SLOT_SIZE	256
#define LIST_LEN	8192
#define READY		1024
#define FREE		2048
#define FIRST		4096

static struct alpc_list *shared;
static int receive_ret;		/* what receiving from the port gives */
static int receives;
static bool late;		/* while it is received something is put in */

static struct alpc_msg *put(uint32_t slot, const char *data);

static int list_kernel(int step, int fd, unsigned long request, void *arg)
{
	struct alpc_create_list *create = arg;
	struct alpc_transfer *t = arg;

	(void)step;
	(void)fd;
	switch (request) {
	case ALPC_IOC_CREATE_LIST:
		create->out_fd = memfd_create("list", 0);
		if (ftruncate(create->out_fd, LIST_LEN))
			return -errno;
		shared = mmap(NULL, LIST_LEN, PROT_READ | PROT_WRITE, MAP_SHARED,
			      create->out_fd, 0);
		shared->slots = create->slots;
		shared->slot_size = SLOT_SIZE;
		shared->ready_offset = READY;
		shared->free_offset = FREE;
		shared->slot_offset = FIRST;
		create->out_len = LIST_LEN;
		create->out_slot_size = SLOT_SIZE;
		return 0;
	case ALPC_IOC_DELETE_LIST:
		return 0;
	case ALPC_IOC_TRANSFER:
		receives++;
		if (late)
			put(0, "late");
		if (!receive_ret) {
			t->recv.type = ALPC_DATAGRAM;
			t->recv.len = 0;
			t->out_done = ALPC_DONE_RECEIVED;
		}
		return receive_ret;
	}
	return -ENOTTY;
}

/* The kernel puts a message in. */
static struct alpc_msg *put(uint32_t slot, const char *data)
{
	struct alpc_msg *m = (void *)((char *)shared + FIRST + slot * SLOT_SIZE);
	uint32_t *ready = (uint32_t *)((char *)shared + READY);

	*m = (struct alpc_msg){
		.type = ALPC_DATAGRAM, .len = (__u32)strlen(data),
		.data = FIRST + slot * SLOT_SIZE + sizeof(*m),
	};
	memcpy(m + 1, data, m->len);
	ready[shared->tail++ % SLOTS] = slot;
	return m;
}

FIXTURE(list) {
	struct alpc_port *port;
	struct alpc_list_reader *reader;
	struct alpc_message *m;
	struct alpc_list_item item;
};

FIXTURE_SETUP(list)
{
	const struct alpc_list_options options = {
		.size = sizeof(options), .slots = SLOTS,
	};

	kernel_port = (struct alpc_port_info){
		.out_kind = ALPC_KIND_CLIENT, .out_max_message = 100,
	};
	kernel_set(list_kernel);
	receive_ret = -EAGAIN;
	late = false;
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
	ASSERT_EQ(0, alpc_port_adopt(memfd_create("port", 0), &self->port));
	ASSERT_EQ(0, alpc_list_create(self->port, &options, &self->reader));
}

FIXTURE_TEARDOWN(list)
{
	alpc_list_close(self->reader);
	alpc_port_close(self->port);
	alpc_message_free(self->m);
	munmap(shared, LIST_LEN);
}

TEST_F(list, no_system_call)
{
	for (uint32_t i = 0; i < 3 * SLOTS; i++) {
		const uint32_t *free = (uint32_t *)((char *)shared + FREE);

		put(i % SLOTS, "hello");
		if (i % 2) {
			ASSERT_EQ(0, alpc_list_take(self->reader, &self->item));
			EXPECT_EQ(5, self->item.len);
			EXPECT_EQ(0, memcmp("hello", self->item.data, 5));
			alpc_list_give(self->reader, &self->item);
		} else {
			ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
			EXPECT_EQ(5, alpc_message_len(self->m));
		}
		EXPECT_EQ(i + 1, shared->head);
		EXPECT_EQ(i + 1, shared->free_tail);
		EXPECT_EQ(i % SLOTS, free[i % SLOTS]);
	}
	EXPECT_EQ(0, receives);
}

/* Whatever is there, nothing outside the list is read. */
TEST_F(list, abuse_41_scribbled_over)
{
	uint32_t *ready = (uint32_t *)((char *)shared + READY);
	struct alpc_msg *m;

	put(0, "x");
	ready[0] = SLOTS;
	EXPECT_EQ(-EPROTO, alpc_list_take(self->reader, &self->item));
	m = put(1, "x");
	m->len = LIST_LEN;
	EXPECT_EQ(-EPROTO, alpc_list_take(self->reader, &self->item));
	m = put(1, "x");
	m->data = UINT64_MAX - 1;
	EXPECT_EQ(-EPROTO, alpc_list_receive(self->reader, self->m, 0));
	EXPECT_EQ(0, alpc_message_len(self->m));
	put(1, "y");
	/* What the process itself has written, or never changes, is not read again. */
	shared->head = UINT32_MAX;
	shared->free_tail = UINT32_MAX;
	shared->slots = UINT32_MAX;
	shared->slot_size = 77777;
	shared->slot_offset = 77777;
	shared->ready_offset = 77777;
	ASSERT_EQ(0, alpc_list_take(self->reader, &self->item));
	EXPECT_EQ('y', *(const char *)self->item.data);
	EXPECT_EQ(4, shared->head);
	EXPECT_EQ(-EAGAIN, alpc_list_take(self->reader, &self->item));
}

/* It asks to be woken before it looks for the last time. */
TEST_F(list, sleeps_when_there_is_nothing)
{
	EXPECT_EQ(-EAGAIN, alpc_list_receive(self->reader, self->m, 0));
	EXPECT_EQ(ALPC_LIST_SLEEPING, shared->sleeping);
	EXPECT_EQ(1, receives);
	put(0, "x");
	ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
	EXPECT_EQ(0, shared->sleeping);
	EXPECT_EQ(1, receives);
	receive_ret = -ETIMEDOUT;
	EXPECT_EQ(-ETIMEDOUT, alpc_list_receive(self->reader, self->m,
						ALPC_MSEC(1)));
}

/* The port had been asked who sends, and has not told of this message. */
TEST_F(list, identity_is_told_by_the_port_only)
{
	struct alpc_credentials *who;

	ASSERT_EQ(0, alpc_message_accept_identity(self->m, ALPC_IDENTITY_USER));
	late = true;
	receive_ret = -ENOMSG;
	ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, ALPC_INFINITE));
	EXPECT_EQ(1, receives);
	EXPECT_EQ(4, alpc_message_len(self->m));
	EXPECT_EQ(-ESRCH, alpc_message_get_credentials(self->m,
						       ALPC_IDENTITY_USER, &who));
}

/* What is copied is as long as what was checked, whoever writes there. */
TEST_F(list, length_that_changes)
{
	uint32_t *ready = (uint32_t *)((char *)shared + READY);
	char letters[101];
	struct alpc_msg *head;
	pid_t pid;

	memset(letters, 'x', 100);
	letters[100] = 0;
	head = put(0, letters);
	ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
	pid = fork();
	if (!pid)
		for (;;) {
			__atomic_store_n(&head->len, 1, __ATOMIC_RELAXED);
			__atomic_store_n(&head->len, 100, __ATOMIC_RELAXED);
		}
	for (int i = 0; i < 300000; i++) {
		void *data;
		size_t len;

		ASSERT_EQ(0, alpc_message_resize(self->m, 100, &data));
		memset(data, 0, 100);
		ready[shared->tail++ % SLOTS] = 0;
		ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
		len = alpc_message_len(self->m);
		ASSERT_TRUE(len == 1 || len == 100);
		ASSERT_EQ('x', ((const char *)alpc_message_data(self->m))[len - 1]);
	}
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
}

/* It is the parent's: a child neither reads nor ends it. */
TEST_F(list, child_leaves_it_alone)
{
	int status;
	pid_t pid;

	put(0, "hello");
	pid = fork();
	if (!pid) {
		int steps = kernel_steps();
		bool good;

		good = alpc_list_take(self->reader, &self->item) == -EXDEV &&
		       alpc_list_receive(self->reader, self->m, 0) == -EXDEV;
		self->item.slot = 1;
		alpc_list_give(self->reader, &self->item);
		alpc_list_close(self->reader);
		_exit(!good || kernel_steps() != steps);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, shared->head);
	EXPECT_EQ(0, shared->free_tail);
	ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
	EXPECT_EQ(5, alpc_message_len(self->m));
}

/* A list that is never empty does not keep the queue waiting, nor the other way round. */
TEST_F(list, queue_has_its_turn)
{
	int queued = 0;

	shared->flags = ALPC_LIST_QUEUED;
	receive_ret = 0;
	for (uint32_t i = 0; i < 32; i++) {
		if (shared->tail == shared->head)
			put(i % SLOTS, "hello");
		ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
		queued += alpc_message_len(self->m) == 0;
	}
	EXPECT_EQ(4, queued);
	EXPECT_EQ(4, receives);
	EXPECT_EQ(0, shared->flags);
	/* When the list has to be read first. */
	receive_ret = -ENOMSG;
	if (shared->tail == shared->head)
		put(0, "hello");
	ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
	EXPECT_EQ(5, alpc_message_len(self->m));
	EXPECT_EQ(5, receives);
	/* When there is nothing more in the queue it is left alone. */
	receive_ret = -EAGAIN;
	for (uint32_t i = 1; i < 33; i++) {
		put(i % SLOTS, "hello");
		ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
	}
	EXPECT_EQ(6, receives);
}

/* As soon as it is the queue's turn taking says so. */
TEST_F(list, taking_leaves_the_queue_its_turn)
{
	shared->flags = ALPC_LIST_QUEUED;
	put(0, "hello");
	EXPECT_EQ(-EAGAIN, alpc_list_take(self->reader, &self->item));
	ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
	EXPECT_EQ(5, alpc_message_len(self->m));
	EXPECT_EQ(1, receives);
	put(1, "hello");
	EXPECT_EQ(0, alpc_list_take(self->reader, &self->item));
}

TEST_HARNESS_MAIN
