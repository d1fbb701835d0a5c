/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Deliberate faults, compiled only into the test builds by which the conformance suite is
 * measured.  In every other build WEFT_MUTANT() is the constant 0.  The names come from the
 * mutant build's command line (-include), so that the engine includes nothing of the suite's.
 */
#ifndef WEFT_MUTANT_H
#define WEFT_MUTANT_H

#ifdef WEFT_MUTANTS
extern unsigned char weft_mutant[];
#define WEFT_MUTANT(x) (weft_mutant[WEFT_MU_##x])
#else
#define WEFT_MUTANT(x) 0
#endif

#endif
