/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ideal transport: flows are fluids, whose rates are max-min fair at every instant. A flow is
 * spread evenly over all ports that lead on at each switch, or with transport.paths 1 takes the one
 * way of its entropy. It has as many bytes to send as the engine's packets would have on the wire;
 * when they are sent, what its closed form has beyond them passes, delays and the last word. So a
 * flow that meets no other takes its closed form. Nothing waits, is lost, or needs an answer.
 *
 * Work is flows x links of each, at each time at which a flow begins or ends: for thousands of
 * flows, not for millions.
 */
#ifndef SIM_FLUID_H
#define SIM_FLUID_H

#include "sim/flows.h"

/* Carries out all flows of `f` on the links of `sim`, at once: nothing is left to run. */
void sim_fluid_run(struct sim_flows *f, struct sim *sim);

#endif
