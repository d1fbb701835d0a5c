/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers of the mutants, which mutants.def lists.
 */
#ifndef WEFT_CONFORMANCE_MUTANTS_H
#define WEFT_CONFORMANCE_MUTANTS_H

enum weft_mutant_id {
	WEFT_MU_NONE,
#define WEFT_MUTANT_ROW(name, chip, area, kill, code, text) WEFT_MU_##name,
#define WEFT_MUTANT_CORE(name, text) WEFT_MU_##name,
#define WEFT_MUTANT_LIAR(name, area, kill, code, text)	/* it is switched otherwise */
#include "conformance/mutants/mutants.def"
#undef WEFT_MUTANT_LIAR
#undef WEFT_MUTANT_CORE
#undef WEFT_MUTANT_ROW
	WEFT_MU_COUNT,
};

#endif
