/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Source routes from a file: which switches the packets of two chips cross, one after another.
 * Lines, '#' begins a comment:
 *
 *	SRC DST SWITCH ...	a route; of several lines for the same two chips the packet's
 *				entropy, modulo how many they are, names one
 *
 * Switches are counted as in files of faults: of a leaf-spine fabric leaves, then spines; of a fat
 * tree pod by pod its leaves and spines, then cores; of a graph as it numbers them.
 */
#ifndef SIM_ROUTES_H
#define SIM_ROUTES_H

#include <stdint.h>

#define SIM_NO_PORT UINT32_MAX

struct sim;
struct sim_routes;

/* NULL: it cannot be; why says file, line and what is wrong. */
struct sim_routes *sim_routes_read(const struct sim *sim, const char *path, char why[512]);
void sim_routes_free(struct sim_routes *all);

/* The port by which a packet leaves switch `node`; SIM_NO_PORT: no route says so. */
uint32_t sim_routes_port(const struct sim_routes *all, const struct sim *sim, uint32_t node,
			 uint32_t src, uint32_t dst, uint16_t entropy);

#endif
