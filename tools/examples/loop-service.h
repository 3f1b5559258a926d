/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A service for a program that has an event loop of its own: nothing here waits.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef LOOP_SERVICE_H
#define LOOP_SERVICE_H

/* Functions that return int return 0 or a negative errno value. */

/* Create the port; its descriptor is for the loop. */
int loop_service_open(const char *name, int *fd);

/* The descriptor is readable: take everything up that is there, and answer. */
int loop_service_readable(void);

/* Tell all clients that time goes by. */
void loop_service_tick(void);

/* Close it, and print what it has done. */
void loop_service_close(const char *program);

#endif /* LOOP_SERVICE_H */
