// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Memory that a caller has listed.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "body.h"

static ssize_t access_parts(int fd, uint64_t id, uint32_t flags,
			    const struct alpc_access_part *parts,
			    unsigned int count)
{
	struct alpc_access arg = {
		.size = sizeof(arg),
		.flags = flags,
		.id = id,
		.parts = (uintptr_t)parts,
		.count = count,
	};
	int ret = alpc_lib_ioctl(fd, ALPC_IOC_ACCESS, &arg);

	/* What was done is told also after an error; before, it is still 0. */
	return ret && !arg.out_done ? ret : (ssize_t)arg.out_done;
}

/**
 * alpc_lib_access() - read or write the whole of a message's data
 * @fd: port
 * @id: request
 * @flags: ALPC_ACCESS_* bits
 * @range: which of its ranges
 * @data: memory of this side
 * @len: bytes
 *
 * Return: 0 or a negative errno value.
 */
int alpc_lib_access(int fd, uint64_t id, uint32_t flags, uint32_t range,
		    void *data, size_t len)
{
	struct alpc_access_part part = { .range = range };
	size_t done = 0;
	ssize_t ret;

	/* A part that could not be done is tried again, for the reason. */
	while (done < len) {
		part.offset = done;
		part.address = (uintptr_t)data + done;
		part.len = len - done;
		ret = access_parts(fd, id, flags, &part, 1);
		if (ret <= 0)
			return ret ? (int)ret : -EFAULT;
		done += (size_t)ret;
	}
	return 0;
}

ALPC_API ssize_t alpc_read_from(struct alpc_port *port, uint64_t id,
				unsigned int range, uint64_t offset, void *data,
				size_t len)
{
	const struct alpc_access_part part = {
		.range = range,
		.offset = offset,
		.address = (uintptr_t)data,
		.len = len,
	};

	return access_parts(port->fd, id, 0, &part, 1);
}

ALPC_API ssize_t alpc_write_to(struct alpc_port *port, uint64_t id,
			       unsigned int range, uint64_t offset,
			       const void *data, size_t len)
{
	const struct alpc_access_part part = {
		.range = range,
		.offset = offset,
		.address = (uintptr_t)data,
		.len = len,
	};

	return access_parts(port->fd, id, ALPC_ACCESS_WRITE, &part, 1);
}

ALPC_API ssize_t alpc_read_parts(struct alpc_port *port, uint64_t id,
				 const struct alpc_access_part *parts,
				 unsigned int count)
{
	return access_parts(port->fd, id, 0, parts, count);
}

ALPC_API ssize_t alpc_write_parts(struct alpc_port *port, uint64_t id,
				  const struct alpc_access_part *parts,
				  unsigned int count)
{
	return access_parts(port->fd, id, ALPC_ACCESS_WRITE, parts, count);
}
