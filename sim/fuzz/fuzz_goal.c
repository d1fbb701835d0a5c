/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as a GOAL schedule: it is refused, with words, or makes a graph of real messages. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t place[] = { 0, 1, 2, 3 };
	struct sim_flow_list l = { 0 };
	char why[SIM_WHY_MAX] = "", *text = sim_zalloc(size + 1, 1);
	struct sim_spot at = { "fuzz", 0, why, sizeof(why) };
	int err;

	memcpy(text, data, size);
	err = sim_goal_parse(&l, &at, text, size, place, 4, NULL);
	free(text);
	if (err ? !why[0] : !l.n)
		abort();
	for (uint32_t i = 0; !err && i < l.n; i++)
		if (l.flow[i].src >= 4 || l.flow[i].dst >= 4 || l.flow[i].src == l.flow[i].dst ||
		    !l.flow[i].bytes || l.flow[i].bytes > SIM_FLOW_BYTES_MAX)
			abort();
	sim_flow_list_fini(&l);
	return 0;
}
