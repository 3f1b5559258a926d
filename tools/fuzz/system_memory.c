// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs do with mappings of sections and lists.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/alpc.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "system.h"

static __thread sigjmp_buf fault;
static __thread volatile bool guarded;

/* A wild address is no bug of the fuzzer's; anything else ends the process. */
static void on_fault(int signal)
{
	if (guarded)
		siglongjmp(fault, 1);
	sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
}

void system_init(void)
{
	struct sigaction action = { .sa_handler = on_fault };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

/* Do what may fault. */
static long guard(long (*access)(struct area *a), struct area *a)
{
	long done;

	if (sigsetjmp(fault, 1)) {
		guarded = false;
		return -EFAULT;
	}
	guarded = true;
	done = access(a);
	guarded = false;
	return done;
}

long run_mmap(void *area)
{
	struct area *a = area;
	void *at = mmap(NULL, a->args[0], a->args[1], a->args[2], a->fd, a->args[3]);

	return at == MAP_FAILED ? -errno : (long)at;
}

/* What programs have mapped lies below the stack and above the program. */
static bool mapped_here(const struct area *a)
{
	long address = a->args[0];

	return address > 0x10000000 && address % 4096 == 0;
}

long run_munmap(void *area)
{
	struct area *a = area;

	if (!mapped_here(a))
		return -EINVAL;
	return munmap((void *)a->args[0], a->args[1] % 0x10001) ? -errno : 0;
}

long run_remap(void *area)
{
	struct area *a = area;
	void *at = (void *)a->args[0];
	long done = 0;

	if (!mapped_here(a))
		return -EINVAL;
	switch (a->args[1] % REMAP_KINDS) {
	case 0:
		done = mprotect(at, 4096, PROT_READ);
		break;
	case 1:
		done = mprotect(at, 8192, PROT_READ | PROT_WRITE);
		break;
	case 2:
		at = mremap(at, 8192, 4096, MREMAP_MAYMOVE);
		done = at == MAP_FAILED ? -1 : 0;
		break;
	case 3:
		at = mremap(at, 4096, 16384, MREMAP_MAYMOVE);
		done = at == MAP_FAILED ? -1 : 0;
		break;
	case 4:
		done = madvise(at, 4096, MADV_DONTNEED);
		break;
	default:
		done = madvise(at, 4096, MADV_DOFORK);
	}
	return done ? -errno : 0;
}

static long touch(struct area *a)
{
	volatile uint32_t *word = (void *)a->args[0];

	if (a->args[1])
		*word = 1;
	else
		(void)*word;
	return 0;
}

long run_touch(void *area)
{
	return mapped_here(area) ? guard(touch, area) : -EINVAL;
}

static long poke(struct area *a)
{
	volatile uint32_t *words = (void *)a->args[0];

	words[a->args[1] % 1024] = a->args[2];
	return 0;
}

long run_poke(void *area)
{
	return mapped_here(area) ? guard(poke, area) : -EINVAL;
}

/* As a debugger does. */
long run_peek(void *area)
{
	struct area *a = area;
	uint64_t word = 0;
	long done;
	int fd;

	if (!mapped_here(a))
		return -EINVAL;
	fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	done = a->args[1] ? pwrite(fd, &word, sizeof(word), a->args[0]) :
			    pread(fd, &word, sizeof(word), a->args[0]);
	done = done < 0 ? -errno : done;
	close(fd);
	return done;
}

/* Take the next message of a completion list, as a program should. */
static long take(struct area *a)
{
	struct alpc_list *list = (void *)a->args[0];
	struct alpc_msg *message;
	uint32_t slot, *ready, *freed;
	char *base = (char *)list;

	if (!list->slots || __atomic_load_n(&list->tail, __ATOMIC_ACQUIRE) == list->head)
		return -EAGAIN;
	ready = (void *)(base + list->ready_offset);
	freed = (void *)(base + list->free_offset);
	slot = ready[list->head % list->slots];
	message = (void *)(base + list->slot_offset + (uint64_t)slot * list->slot_size);
	a->args[1] = message->id;
	__atomic_store_n(&list->head, list->head + 1, __ATOMIC_RELEASE);
	freed[list->free_tail % list->slots] = slot;
	__atomic_store_n(&list->free_tail, list->free_tail + 1, __ATOMIC_RELEASE);
	return 0;
}

long run_take(void *area)
{
	struct area *a = area;

	a->args[1] = 0;
	return mapped_here(a) ? guard(take, a) : -EINVAL;
}

static long sleeping(struct area *a)
{
	struct alpc_list *list = (void *)a->args[0];

	list->flags = 0;
	__atomic_store_n(&list->sleeping, a->args[1], __ATOMIC_SEQ_CST);
	return 0;
}

long run_sleeping(void *area)
{
	return mapped_here(area) ? guard(sleeping, area) : -EINVAL;
}
