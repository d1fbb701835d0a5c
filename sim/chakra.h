/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chakra execution traces: what their readers (chakra_pb.c, chakra_json.c) find, and chakra.c makes
 * a graph of. A trace is a file for each rank, PREFIX.0.et, PREFIX.1.et ..., or PREFIX.0.json ...
 * of what is the same in JSON; workload.file is PREFIX. Field numbers and names are those of the
 * public schema of MLCommons Chakra (et_def.proto).
 */
#ifndef SIM_CHAKRA_H
#define SIM_CHAKRA_H

#include "sim/trace.h"

enum chakra_type {
	CHAKRA_METADATA = 1, CHAKRA_MEM_LOAD, CHAKRA_MEM_STORE, CHAKRA_COMP, CHAKRA_SEND,
	CHAKRA_RECV, CHAKRA_COLL
};

enum chakra_coll {
	CHAKRA_ALL_REDUCE, CHAKRA_REDUCE, CHAKRA_ALL_GATHER, CHAKRA_GATHER, CHAKRA_SCATTER,
	CHAKRA_BROADCAST, CHAKRA_ALL_TO_ALL, CHAKRA_REDUCE_SCATTER, CHAKRA_REDUCE_SCATTER_BLOCK,
	CHAKRA_BARRIER, CHAKRA_COLLS
};

enum { CHAKRA_NAME_MAX = 63 };	/* of a group of processes */

/* Attributes that mean something here. */
enum chakra_attr { CHAKRA_COMM_TYPE, CHAKRA_COMM_SIZE, CHAKRA_COMM_SRC, CHAKRA_COMM_DST,
		   CHAKRA_COMM_TAG, CHAKRA_IS_CPU_OP, CHAKRA_PG_NAME, CHAKRA_ATTRS };

struct chakra_node {
	uint64_t id;
	uint64_t type;			/* enum chakra_type, if it is one */
	uint64_t duration_us;
	uint64_t attr[CHAKRA_ATTRS];
	bool has[CHAKRA_ATTRS];
	char group[CHAKRA_NAME_MAX + 1];
	uint64_t *dep;			/* ids; kept from node to node */
	uint32_t deps, deps_size;
};

struct chakra;

/* Is `text` of `n` bytes the name of an attribute that means something? Else CHAKRA_ATTRS. */
enum chakra_attr chakra_attr_of(const char *text, size_t n);

void chakra_node_reset(struct chakra_node *n);
void chakra_dep(struct chakra_node *n, uint64_t id);
void chakra_group(struct chakra_node *n, const char *text, size_t len);

/* A node to read into: its list keeps its room. */
struct chakra_node *chakra_scratch(struct chakra *c);

/* chakra.c: one more node of the rank that is read. Returns 0, or -1 with why. */
int chakra_take(struct chakra *c, const struct chakra_node *n);

/* Says "FILE: byte N: ..." or "FILE: node N: ..."; -1. */
int chakra_bad_at(struct chakra *c, uint64_t byte, const char *what);
int chakra_bad_node(struct chakra *c, uint64_t id, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The readers: all nodes of one file, `n` bytes at `data` and a zero behind them, which are not
 * kept. Return 0, or -1 with why.
 */
int chakra_pb(struct chakra *c, const uint8_t *data, size_t n);
int chakra_json(struct chakra *c, const char *data, size_t n);

/* For tests and fuzzers: ranks are read one after another, then all is closed. */
struct chakra *chakra_new(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
			  char why[SIM_WHY_MAX]);
int chakra_rank(struct chakra *c, const char *path, const uint8_t *data, size_t n);
int chakra_close(struct chakra *c);
void chakra_free(struct chakra *c);

#endif
