// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Completion ports: handles, packets, and what is bound.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "completion.h"

#include <stdlib.h>

ALPC_API int
alpc_completion_create(const struct alpc_completion_options *options,
		       struct alpc_completion **completion)
{
	struct alpc_create_completion arg = { .size = sizeof(arg) };
	struct alpc_completion_options opt;
	struct alpc_completion *c;
	int ret;

	ret = alpc_lib_options(&opt, sizeof(opt), options);
	if (ret)
		return ret;
	if (opt.flags & ~ALPC_USE_DEVICE || opt.reserved)
		return -EINVAL;
	c = malloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	arg.concurrency = opt.concurrency;
	ret = alpc_lib_device_ioctl(opt.flags, opt.device,
				    ALPC_IOC_CREATE_COMPLETION, &arg);
	if (ret) {
		free(c);
		return ret;
	}
	c->fd = arg.out_fd;
	*completion = c;
	return 0;
}

ALPC_API void alpc_completion_close(struct alpc_completion *completion)
{
	if (!completion)
		return;
	alpc_lib_close(completion->fd);
	free(completion);
}

ALPC_API int alpc_completion_fd(const struct alpc_completion *completion)
{
	return completion->fd;
}

ALPC_API int alpc_completion_bind(struct alpc_completion *completion,
				  struct alpc_port *port, uint64_t key)
{
	struct alpc_bind arg = {
		.size = sizeof(arg),
		.key = key,
		.completion = completion->fd,
	};
	bool before = atomic_exchange(&port->bound, true);
	int ret;

	/* Before there can be a packet, for who reads its list. */
	ret = alpc_lib_ioctl(port->fd, ALPC_IOC_BIND, &arg);
	if (ret)
		atomic_store(&port->bound, before);
	return ret;
}

ALPC_API int alpc_completion_unbind(struct alpc_port *port)
{
	struct alpc_bind arg = {
		.size = sizeof(arg),
		.flags = ALPC_BIND_REMOVE,
	};
	int ret = alpc_lib_ioctl(port->fd, ALPC_IOC_BIND, &arg);

	if (!ret)
		atomic_store(&port->bound, false);
	return ret;
}

ALPC_API int alpc_completion_wait(struct alpc_completion *completion,
				  struct alpc_packet *packets,
				  unsigned int count, int64_t timeout)
{
	struct alpc_wait_packets arg = {
		.size = sizeof(arg),
		.packets = (uintptr_t)packets,
		.count = count,
	};
	struct alpc_lib_time time;
	int ret;

	ret = alpc_lib_time_parse(timeout, &time);
	if (ret)
		return ret;
	arg.timeout = time.ns;
	if (time.absolute)
		arg.flags |= ALPC_TRANSFER_ABSTIME;
	if (time.dontwait)
		arg.flags |= ALPC_TRANSFER_DONTWAIT;
	ret = alpc_lib_ioctl(completion->fd, ALPC_IOC_WAIT_PACKETS, &arg);
	return ret ? ret : (int)arg.out_count;
}

ALPC_API int alpc_completion_post(struct alpc_completion *completion,
				  const struct alpc_packet *packets,
				  unsigned int count)
{
	struct alpc_post_packets arg = {
		.size = sizeof(arg),
		.packets = (uintptr_t)packets,
		.count = count,
	};

	return alpc_lib_ioctl(completion->fd, ALPC_IOC_POST_PACKETS, &arg);
}

ALPC_API int
alpc_completion_set_concurrency(struct alpc_completion *completion,
				uint32_t concurrency)
{
	struct alpc_set_completion arg = {
		.size = sizeof(arg),
		.flags = ALPC_SET_CONCURRENCY,
		.concurrency = concurrency,
	};

	return alpc_lib_ioctl(completion->fd, ALPC_IOC_SET_COMPLETION, &arg);
}

ALPC_API int alpc_completion_get_info(const struct alpc_completion *completion,
				      struct alpc_set_completion *info)
{
	return alpc_lib_ioctl(completion->fd, ALPC_IOC_SET_COMPLETION, info);
}
