/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as the Chakra trace of two ranks: the first byte says in which of its two forms. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/chakra.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *name = size && *data & 1 ? "x.json" : "x.et";
	struct sim_flow_list l = { 0 };
	char why[SIM_WHY_MAX] = "";
	struct sim_scenario sc;
	struct chakra *c;
	uint8_t *copy;
	int err = 0;

	if (!size)
		return 0;
	sim_scenario_init(&sc);
	copy = sim_zalloc(size, 1);	/* a zero behind it */
	memcpy(copy, data + 1, size - 1);
	c = chakra_new(&l, &sc, 4, why);
	for (int r = 0; r < 2 && !err; r++)
		err = chakra_rank(c, name, copy, size - 1);
	if (!err)
		err = chakra_close(c);
	chakra_free(c);
	free(copy);
	if (err ? !why[0] : !l.n)
		abort();
	sim_flow_list_fini(&l);
	return 0;
}
