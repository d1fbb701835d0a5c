/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices that run as processes of ours: started, found by the address that they print, ended.
 */
#ifndef WEFT_CONFORMANCE_SPAWN_H
#define WEFT_CONFORMANCE_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct wc_child {
	pid_t pid;
	int out;		/* its standard output */
	char url[128];		/* "udp:127.0.0.1:PORT" */
};

/*
 * Run command by the shell with environment variable name=value (NULL: none), and wait until it
 * prints a line with "udp:".  0, or a negative errno with one sentence in err.
 */
int wc_spawn(struct wc_child *c, const char *command, const char *name, const char *value,
	     char *err, size_t errlen);
/* Has it ended by itself? */
bool wc_spawn_died(struct wc_child *c);
/* End it, by SIGTERM and then by SIGKILL. */
void wc_spawn_end(struct wc_child *c);

#endif
