/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the readers of flow files share: where they are in the file, which ids there are, and the
 * checks that every flow must pass. flow_file.c finds out what a file is, and reads our own;
 * flow_foreign.c reads those of other simulators.
 */
#ifndef SIM_FLOW_FILE_H
#define SIM_FLOW_FILE_H

#include "sim/flow_list.h"
#include "sim/util.h"

struct sim_flow_reader {
	uint32_t chips;
	struct sim_spot at;
	uint64_t *ids;		/* id -> index, open-addressed; ids are not 0 */
	uint32_t *index;
	uint32_t size;
	uint64_t promised;	/* flows that the file says it has; 0: it does not */
	/* Of a file with triggers, by number of the flow: what it waits for and fires, or 0. */
	uint64_t *waits, *fires;
	uint32_t triggers_size;
};

/* Says what is wrong with this line; -1. */
#define sim_flow_bad(r, ...) sim_bad(&(r)->at, __VA_ARGS__)

/* One more flow, if all of it can be. Returns 0 or -1. */
int sim_flow_take(struct sim_flow_reader *r, struct sim_flow_list *l, const struct sim_flow *f);

/* Index of the flow with an id; SIM_NO_FLOW: there is none. */
uint32_t sim_flow_by_id(const struct sim_flow_reader *r, uint64_t id);

/* One whole number after spaces or a comma; false if there is none, or it is too large. */
bool sim_flow_number(const char **p, uint64_t *out);

/* Nothing but spaces or a comment is left. */
bool sim_flow_line_ends(const char *p);

/* A line of htsim's connection matrices; and, when all are read, who begins after whom. */
int sim_flow_cm_line(struct sim_flow_reader *r, struct sim_flow_list *l, const char *p);
int sim_flow_cm_end(struct sim_flow_reader *r, struct sim_flow_list *l);

/* A line of HPCC's flow lists; and, when all are read, when the first begins. */
int sim_flow_hpcc_line(struct sim_flow_reader *r, struct sim_flow_list *l, const char *p);
int sim_flow_hpcc_end(struct sim_flow_reader *r, struct sim_flow_list *l);

#endif
