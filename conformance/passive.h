/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judging a capture: its packets as a transcript in which the other chips are the tester, and the
 * cases that observers alone decide ("OB-*").  Nothing is sent, so nothing is proven by what did
 * not happen.
 */
#ifndef WEFT_CONFORMANCE_PASSIVE_H
#define WEFT_CONFORMANCE_PASSIVE_H

#include "conformance/capture.h"
#include "conformance/case.h"

/*
 * The packets to and from end number dut (from 1) of c.  Requests of the others become operations;
 * each packet's name is "frame N".  *tr is initialised here, and the caller's to free.
 */
void wc_passive_build(const struct wc_capture *c, unsigned dut, struct wc_transcript *tr);

/* Is it the transcript of a capture? */
bool wc_passive(const struct wc_view *v);

#endif
