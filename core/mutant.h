/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Deliberate faults, compiled only into the test builds by which the conformance suite is
 * measured.  In every other build WEFT_MUTANT() is the constant 0.
 */
#ifndef WEFT_MUTANT_H
#define WEFT_MUTANT_H

#ifdef WEFT_MUTANTS
#include "conformance/mutants/mutant_ids.h"
#else
#define WEFT_MUTANT(name) 0
#endif

#endif
