/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run's tables for other programs, in a folder:
 *
 *	flows.csv	a line each: id, src, dst, bytes, begun_ps, ended_ps, fct_ps, ideal_ps,
 *			slowdown, state; times since the first flow was due (not for ring-allreduce)
 *	steps.csv	ring-allreduce: step, first_ps, last_ps: when its chunks had arrived
 *	ports.csv	queues and links: port, plane, from, to, tier, packets, bytes, utilisation,
 *			queue_max_bytes, dropped, marked, trimmed, lost, paused_ps
 *	series.csv	over time: t_ps, tier, sent_bytes, queue_peak_bytes
 *	paths.csv	what was watched: t_ps, chip, peer, path, state
 *	timeline.json	flows, or steps, for Perfetto and chrome://tracing
 *
 * Nodes are named c0, c1, ... (chips) and s0, s1, ... (switches).
 */
#ifndef SIM_TABLES_H
#define SIM_TABLES_H

#include "sim/experiment.h"

/* Returns 0, or -1 with why: a file, and what is wrong with it. */
int sim_tables(const struct sim_experiment *x, const char *dir, char why[SIM_WHY_MAX]);

#endif
