// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A number for this process, which a child that was forked does not have.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "space.h"

#include <sys/mman.h>
#include <unistd.h>

/*
 * The one thing here that belongs to the process and not to a port: whether it
 * was forked can only be asked of something that every fork changes. The page
 * holds the number while the kernel wipes it in children, and @last is the last
 * number that this process or one that it comes from has used.
 */
atomic_uintptr_t alpc_lib_process_page;
static atomic_uint last;

static atomic_uint *page_get(void)
{
	return (atomic_uint *)atomic_load_explicit(&alpc_lib_process_page,
						   memory_order_acquire);
}

static int page_map(void)
{
	long size = sysconf(_SC_PAGESIZE);
	uintptr_t none = 0;
	int saved = errno;
	int ret = 0;
	void *p;

	p = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		ret = -errno;
	else if (madvise(p, (size_t)size, MADV_WIPEONFORK))
		ret = -errno;
	if (p != MAP_FAILED &&
	    (ret || !atomic_compare_exchange_strong(&alpc_lib_process_page,
						    &none, (uintptr_t)p)))
		munmap(p, (size_t)size);
	errno = saved;
	return ret;
}

/**
 * alpc_lib_process_number() - the number of this process
 * @number: gets it; never 0
 *
 * Return: 0 or a negative errno value.
 */
int alpc_lib_process_number(uint32_t *number)
{
	atomic_uint *p = page_get();
	unsigned int now, none = 0;

	if (!p) {
		int ret = page_map();

		if (ret)
			return ret;
		p = page_get();
	}
	now = atomic_load(p);
	if (!now) {
		now = atomic_fetch_add(&last, 1) + 1;
		if (!atomic_compare_exchange_strong(p, &none, now))
			now = none;
	}
	*number = now;
	return 0;
}
