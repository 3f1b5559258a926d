/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * file-client: sending a file's contents.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef FILE_SEND_H
#define FILE_SEND_H

#include <alpc/alpc.h>

/* What it took to send a file. */
struct sent {
	uint64_t bytes;
	uint32_t crc;		/* of what was sent */
	uint32_t crc_there;	/* of what has arrived */
	unsigned int calls;
	double seconds;		/* in all, and of that ... */
	double cpu;		/* ... of this process */
};

/*
 * Send the contents of a file, one way or the other, in as few calls as it takes.
 * Return: 0 or an errno value.
 */
int send_file(struct alpc_port *port, enum alpc_way way, const char *path,
	      struct sent *sent);

#endif /* FILE_SEND_H */
