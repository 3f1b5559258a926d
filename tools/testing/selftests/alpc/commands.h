/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table of all commands, each with a good argument and a check that it took
 * effect exactly once, for the tests which spoil that argument in every way.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TEST_COMMANDS_H
#define ALPC_TEST_COMMANDS_H

#include "alpc_test.h"

/* What the good arguments refer to. */
struct scene {
	struct pair pair;
	char new_name[64];	/* for a port to create */
	int pending;		/* a client that waits to be accepted, or -1 */
	__u64 request;		/* the id of its connection request */
	__u32 section;		/* of the client's, for the server to open, or 0 */
	__u32 doomed;		/* of the client's, to be deleted, or 0 */
	__u64 parcel;		/* a message that brought a descriptor, or 0 */
	int taken[1];		/* where that descriptor goes */
	__u32 security;		/* a security context of the client's, or 0 */
	/* A call that lets its receiver read a range, while the id is not 0. */
	struct transfer_worker caller;
	__u64 call;
	struct alpc_attrs attrs;
	struct alpc_range range;
	struct alpc_access_part part;
	char theirs[16], ours[16];
	struct alpc_vector_send send;
	int completion;		/* a completion port, or -1 */
};

int scene_open(struct scene *scene);
void scene_close(struct scene *scene);
/* Close the connection with all that belongs to it, and make another. */
int scene_reconnect(struct scene *scene);

/* An upper bound for the size of all arguments. */
#define ARGUMENT_SIZE	256

struct command {
	unsigned long number;
	__u32 size;
	__u32 known_flags;
	/* Where four bytes lie which must be 0; ends with a 0. */
	__u16 reserved[8];
	/*
	 * Where the address and the length of a buffer lie that is read, and how
	 * many bytes the length counts in, if not in single ones.
	 */
	struct {
		__u16 address;
		__u16 len;
		__u16 unit;
	} buffers[2];
	bool has_output;
	/*
	 * Fill in a good argument, and give the descriptor to use it on. Can be
	 * called again as long as the command has not succeeded.
	 */
	int (*prepare)(struct scene *scene, void *arg);
	/* After success: whether it took effect, once; and undo it. */
	bool (*happened)(struct scene *scene, void *arg);
};

enum command_index {
	QUERY, CREATE, CONNECT, ACCEPT, DISCONNECT, PORT_INFO, NOTIFY_EXIT, SHUTDOWN, TRANSFER,
	CREATE_SECTION, OPEN_SECTION, DELETE_SECTION, ACCESS, TAKE_FDS,
	GET_IDENTITY, CREATE_SECURITY, REVOKE_SECURITY, DELETE_SECURITY, GET_USAGE,
	VECTOR, CREATE_COMPLETION, BIND, CREATE_LIST, DELETE_LIST,
	COMMANDS,
};

/* commands_port.c */
extern const struct command query_command;
extern const struct command create_command;
extern const struct command connect_command;
extern const struct command accept_command;
extern const struct command disconnect_command;
extern const struct command port_info_command;
extern const struct command notify_exit_command;
extern const struct command shutdown_command;
extern const struct command transfer_command;

/* commands_memory.c */
extern const struct command create_section_command;
extern const struct command open_section_command;
extern const struct command delete_section_command;
extern const struct command access_command;
extern const struct command take_fds_command;

/* commands_security.c */
extern const struct command get_identity_command;
extern const struct command create_security_command;
extern const struct command revoke_security_command;
extern const struct command delete_security_command;
extern const struct command get_usage_command;

/* commands_async.c */
extern const struct command vector_command;
extern const struct command create_completion_command;
extern const struct command bind_command;
extern const struct command create_list_command;
extern const struct command delete_list_command;

extern const struct command *const commands[COMMANDS];

/* Whether no message waits at the port. */
bool nothing_at(int port);

/* Receive the next message; whether there is one of that type. */
bool next_is(int port, __u16 type, struct alpc_msg *msg);

/* Whether the good argument has exactly its effect. */
bool command_works(struct scene *scene, const struct command *command);

#endif /* ALPC_TEST_COMMANDS_H */
