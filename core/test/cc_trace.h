/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Traces of congestion laws, as spec/vectors/cc/model.py writes them from the text of section
 * 35: each event is given to the law, and what comes out is compared.
 */
#ifndef WEFT_TEST_CC_TRACE_H
#define WEFT_TEST_CC_TRACE_H

#include "core/cc.h"

/* A law by itself, its window `window` packets, all else as the settings say or by default. */
struct weft_cc cc_trace_make(const struct weft_profile *settings, uint16_t payload);

/*
 * Runs one trace, spec/vectors/cc/<name>.txt.  Returns how many events it
 * had; 0: it cannot be read, or an event came out otherwise, which is printed.
 */
size_t cc_trace_run(const char *name);

#endif
