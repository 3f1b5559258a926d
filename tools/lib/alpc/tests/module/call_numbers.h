/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls that tests make or allow by number. Where IDs had 16 bits once, and
 * offsets 32, the names that the others have are those of the old calls.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TESTS_CALL_NUMBERS_H
#define ALPC_TESTS_CALL_NUMBERS_H

#include <sys/syscall.h>

#ifdef SYS_setgroups32
#undef SYS_getgroups
#undef SYS_setgroups
#undef SYS_setfsuid
#undef SYS_setfsgid
#undef SYS_getresuid
#undef SYS_getresgid
#undef SYS_setresuid
#undef SYS_setresgid
#undef SYS_mmap
#define SYS_getgroups	SYS_getgroups32
#define SYS_setgroups	SYS_setgroups32
#define SYS_setfsuid	SYS_setfsuid32
#define SYS_setfsgid	SYS_setfsgid32
#define SYS_getresuid	SYS_getresuid32
#define SYS_getresgid	SYS_getresgid32
#define SYS_setresuid	SYS_setresuid32
#define SYS_setresgid	SYS_setresgid32
#define SYS_mmap	SYS_mmap2
#endif

#endif /* ALPC_TESTS_CALL_NUMBERS_H */
