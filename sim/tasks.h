/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Graphs of tasks: what collectives and traces are made of. A task sends a message, receives one,
 * or computes for a while. It begins when all that it requires has ended, or begun, on its own
 * chip; chips wait for each other by messages alone.
 *
 *	send	begins: the message (a flow) is posted. Ends: its sender has the peer's word for it.
 *	recv	ends when it has begun and all of its message is in memory. A message goes whether
 *		or not its receive has begun: the memory is there.
 *	calc	takes its time on a processor of its chip, one at a time there, in the order in
 *		which they may begin. One that takes none ends at once.
 *
 * Who makes graphs: tasks_make.c (collectives), goal.c and chakra.c (traces). The messages are
 * flows of a list (flow_list.h), carried out by flows.c.
 */
#ifndef SIM_TASKS_H
#define SIM_TASKS_H

#include "sim/flow_list.h"

#define SIM_NO_TASK UINT32_MAX

enum { SIM_CPUS_MAX = 1024 };	/* processors of a chip */

enum sim_task_kind { SIM_TASK_SEND, SIM_TASK_RECV, SIM_TASK_CALC };

enum sim_task_state { SIM_TASK_WAITS, SIM_TASK_GOES, SIM_TASK_DONE };

struct sim_task {
	uint64_t name;		/* line of the trace, or id of its node: for messages to people */
	sim_time takes;		/* calc */
	uint32_t chip;
	uint32_t flow;		/* send, recv: the message; SIM_NO_FLOW: not known yet */
	uint32_t lane;		/* calc: its processor */
	uint32_t waits;		/* requirements that are not met */
	uint32_t next;		/* in its lane, or among those that begin with the run */
	uint8_t kind;		/* enum sim_task_kind */
	uint8_t state;		/* enum sim_task_state */
	bool beside;		/* of the background: its time is not the workload's */
};

/* A message's two ends. */
struct sim_message {
	uint32_t send, recv;	/* tasks */
	bool arrived;
	sim_time arrived_at;	/* since the beginning */
};

/* A send or a recv of a trace, until its other end is found. */
struct sim_half {
	uint32_t src, dst, tag, task;
	uint64_t bytes;
};

/* A processor. */
struct sim_lane {
	uint32_t cpu;
	uint32_t next;		/* of the same chip: index, SIM_NO_TASK */
	uint32_t head, tail;	/* calcs; the first is under way */
	sim_time until;		/* its end, since the beginning */
};

struct sim_edge {
	uint32_t from, to;
	bool early;		/* `to` may begin when `from` has begun */
};

struct sim_tasks {
	struct sim_task *task;
	uint32_t n, size;
	struct sim_edge *edge;	/* when the graph is closed: sorted by `from` */
	uint32_t edges, edges_size;
	uint32_t *first;	/* of each task's edges; n + 1 of them */
	uint32_t *order;	/* tasks, each behind all that it waits for */
	struct sim_message *message;	/* by flow */
	uint32_t messages_size;
	struct sim_half *half;
	uint32_t halves, halves_size;
	struct sim_lane *lane;
	uint32_t lanes, lanes_size;
	uint32_t chips;
	uint32_t *lanes_of;	/* chip -> its first lane */
	uint32_t *roots;	/* chip -> first of the tasks that wait for nothing; begun: none */
	uint32_t *todo;		/* may begin now; `done` of `todos` have */
	uint32_t todos, done;
};

struct sim_flows;

/* Gives the list a graph, empty; sim_flow_list_fini() releases it. */
struct sim_tasks *sim_tasks_new(struct sim_flow_list *l, uint32_t chips);
void sim_tasks_free(struct sim_tasks *t);

/* One more task of `chip`; returns its number. A send or recv finds its other end when closed. */
uint32_t sim_task_calc(struct sim_tasks *t, uint32_t chip, sim_time takes, uint32_t cpu);
uint32_t sim_task_send(struct sim_tasks *t, uint32_t src, uint32_t dst, uint64_t bytes,
		       uint32_t tag);
uint32_t sim_task_recv(struct sim_tasks *t, uint32_t src, uint32_t dst, uint64_t bytes,
		       uint32_t tag);

/* Both ends of a message. */
void sim_task_message(struct sim_flow_list *l, uint32_t src, uint32_t dst, uint64_t bytes,
		      uint32_t *send, uint32_t *recv);

/* `task` begins after `on` has ended; early: after it has begun. Both are of one chip. */
void sim_task_after(struct sim_tasks *t, uint32_t task, uint32_t on, bool early);

/*
 * The graph is complete. The k-th send of a source, destination and tag goes to the k-th recv of
 * them, in the order in which they were added; a message of 0 bytes takes one. Returns 0, or -1
 * with why, and at which task, if it is not a graph that ends.
 */
int sim_tasks_close(struct sim_flow_list *l, uint32_t *task, char why[SIM_WHY_MAX]);

/*
 * The run, all inside a turn of the chip in question: time has begun or an alarm has come; a
 * message is acknowledged; all of it has arrived.
 */
void sim_tasks_due(struct sim_flows *f, uint32_t chip);
void sim_task_sent(struct sim_flows *f, uint32_t flow);
void sim_task_arrived(struct sim_flows *f, uint32_t flow);

/* When the last task would end if messages took their time on an empty fabric: ideal[] by flow. */
sim_time sim_tasks_chain(const struct sim_flows *f, const sim_time *ideal);

#endif
