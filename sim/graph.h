/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fabrics of any shape: switches, links between any two of them, and chips below each. Packets
 * take shortest paths, counted in links. What the named shapes look like is decided in
 * graph_shapes.c, a file's in graph_file.c; rates and delays of links are the scenario's, unless
 * the file says otherwise.
 *
 * Numbers: nodes are the chips, then the switches. Ports are the chips' (h), then for each switch
 * those to its chips and those to other switches, in the order in which they were added. Several
 * links may join the same two switches.
 */
#ifndef SIM_GRAPH_H
#define SIM_GRAPH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct sim_scenario;
struct sim_topology;

struct sim_graph_link {
	uint32_t a, b;		/* switches */
	uint32_t gbps;		/* 0: as others of its kind */
	uint32_t delay_ns;	/* 0: as others of its kind */
	bool global;		/* between groups of switches */
};

struct sim_graph_port {
	uint32_t from, to;	/* nodes */
	uint32_t gbps, delay_ns; /* 0: as others of its kind */
	uint8_t tier;		/* enum sim_tier */
};

struct sim_graph {
	uint32_t hosts, switches;
	uint32_t *home;		/* switch of each chip */
	struct sim_graph_link *below;	/* rate and delay of each chip's link, if it has its own */
	struct sim_graph_link *link;
	uint32_t links, links_size;

	/* Made by sim_graph_finish(). */
	struct sim_graph_port *port;
	uint32_t ports;
	uint32_t *first;	/* of each switch: its first port; one more at the end */
	uint32_t *across;	/* of each switch: its first port to another switch */
	uint32_t *down;		/* of each chip: its switch's port to it */
	uint8_t *far;		/* links from switch s to switch d, at [s * switches + d] */
	uint32_t longest;	/* the most of them */
};

enum { SIM_FAR_MAX = 60 };	/* links between two switches, at most */

/* So many chips and switches, all chips below switch 0. Memory failure ends the program. */
struct sim_graph *sim_graph_new(uint32_t hosts, uint32_t switches);
void sim_graph_free(struct sim_graph *g);
void sim_graph_join(struct sim_graph *g, const struct sim_graph_link *link);

/*
 * When all is joined: numbers the ports and finds the shortest paths. Returns 0, or -1 and why:
 * switches that cannot be reached, or are too far away.
 */
int sim_graph_finish(struct sim_graph *g, char *why, uint32_t size);

/*
 * Makes the shape that a scenario asks for, finished. NULL and why, if there is none such.
 */
struct sim_graph *sim_graph_make(const struct sim_scenario *sc, char *why, uint32_t size);

/* graph_file.c: reads a fabric from a file, unfinished. NULL and why: file, line, what is wrong. */
struct sim_graph *sim_graph_read(const char *path, char *why, uint32_t size);

/* graph_hpcc.c: the same of a topology of HPCC, whose first line has been read. */
struct sim_graph *sim_graph_read_hpcc(FILE *f, const char *path, const char *first, char *why,
				      uint32_t size);

/* graph_topo.c: the same of htsim's .topo, whose first line that says anything has been read. */
struct sim_spot;
struct sim_graph *sim_graph_read_topo(FILE *f, const struct sim_spot *at, const char *first);

/* Makes `t` the topology of a finished graph, whose owner it then is: see sim_topology_fini(). */
void sim_graph_topology(struct sim_topology *t, struct sim_graph *g, uint64_t seed);

/*
 * The ports by which switch `s` may forward to switch `d`, which is another, in order; returns how
 * many. ports may be NULL.
 */
uint32_t sim_graph_ways(const struct sim_graph *g, uint32_t s, uint32_t d, uint32_t *ports,
			uint32_t most);

/* Shortest paths between two chips; at most UINT32_MAX. */
uint32_t sim_graph_paths(const struct sim_graph *g, uint32_t src, uint32_t dst);

#endif
