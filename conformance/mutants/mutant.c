/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Switches of the mutant build: $WEFT_MUTANT names the one mutant that is on, or none.
 * Linked into the mutant builds of the reference chip and of the core tests alone.
 */
#include "conformance/mutants/mutants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern unsigned char weft_mutant[WEFT_MU_COUNT];
unsigned char weft_mutant[WEFT_MU_COUNT];

static const char *const name[] = {
#define WEFT_MUTANT_ROW(id, chip, area, kill, code, text) [WEFT_MU_##id] = #id,
#define WEFT_MUTANT_CORE(id, text) [WEFT_MU_##id] = #id,
#define WEFT_MUTANT_LIAR(id, area, kill, code, text)	/* no hook */
#include "conformance/mutants/mutants.def"
#undef WEFT_MUTANT_LIAR
#undef WEFT_MUTANT_CORE
#undef WEFT_MUTANT_ROW
};

__attribute__((constructor)) static void choose(void)
{
	const char *want = getenv("WEFT_MUTANT");

	if (!want || !*want)
		return;
	for (unsigned i = 1; i < WEFT_MU_COUNT; i++)
		if (!strcmp(name[i], want)) {
			weft_mutant[i] = 1;
			return;
		}
	fprintf(stderr, "WEFT_MUTANT=%s: there is no such mutant\n", want);
	exit(2);
}
