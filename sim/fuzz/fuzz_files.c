/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any text as a file of flows, in each of its forms, or as a fabric, in each of its forms: the
 * first byte says which of the two. It is refused, with words, or what comes of it is within its
 * bounds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/flow_list.h"
#include "sim/graph.h"

enum { CHIPS = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void flows(const char *path)
{
	struct sim_flow_list l = { 0 };
	char why[SIM_WHY_MAX] = "";
	int err = sim_flow_file_read(&l, path, CHIPS, why);

	if (err ? !why[0] : !l.n)
		abort();
	for (uint32_t i = 0; !err && i < l.n; i++)
		if (l.flow[i].src >= CHIPS || l.flow[i].dst >= CHIPS || !l.flow[i].bytes ||
		    (l.flow[i].after != SIM_NO_FLOW && l.flow[i].after >= i))
			abort();
	sim_flow_list_fini(&l);
}

static void fabric(const char *path)
{
	char why[SIM_WHY_MAX] = "";
	struct sim_graph *g = sim_graph_read(path, why, sizeof(why));

	if (!g && !why[0])
		abort();
	if (!g)
		return;
	for (uint32_t i = 0; i < g->hosts; i++)
		if (g->home[i] >= g->switches)
			abort();
	for (uint32_t i = 0; i < g->links; i++)
		if (g->link[i].a >= g->switches || g->link[i].b >= g->switches)
			abort();
	sim_graph_free(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int fd;

	if (!size)
		return 0;
	fd = memfd_create("fuzz", 0);
	if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)size - 1)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (*data & 1)
		fabric(path);
	else
		flows(path);
	close(fd);
	return 0;
}
