/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A world for tests: up to four ports on one in-process hub, under one clock that the test owns.
 * Everything in it follows from the seed, so that a failure comes again.
 */
#ifndef WEFT_USERSPACE_TEST_WORLD_H
#define WEFT_USERSPACE_TEST_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/weft.h>

#include "tools/test/cunit_main.h"

#define WORLD_PORTS 4

struct world {
	uint64_t now;
	int n;
	struct weft_port *port[WORLD_PORTS];
	bool frozen[WORLD_PORTS];	/* a chip that does nothing any more */
	struct wio *tap;		/* a raw end of the hub, for forged packets; NULL: none */
	char hub[32];
	uint64_t turns;
};

/* A new hub, no ports. */
void world_init(struct world *w);
/* Opens a port; query: of the carriage, may be NULL; opts: seed and clock are the world's. */
struct weft_port *world_open(struct world *w, const char *query, const struct weft_port_opts *opts);
void world_fini(struct world *w);
/* Every port turns once; the clock moves, further if nobody had anything to do. */
void world_turn(struct world *w);
/* Turns until done(arg) or ns have passed.  Returns whether it was done. */
bool world_until(struct world *w, uint64_t ns, bool (*done)(void *arg), void *arg);
void world_run(struct world *w, uint64_t ns);

/* Connects from port a to service of port b, which is offered here.  Both ends are stored. */
bool world_connect(struct world *w, int a, int b, uint32_t service, const struct weft_ep_opts *ao,
		   const struct weft_ep_opts *bo, struct weft_ep **ea, struct weft_ep **eb);
/* The next completion of cq, waiting for it; false: none came within 60 s. */
bool world_completion(struct world *w, struct weft_cq *cq, struct weft_completion *c);
/* The next event of a port, waiting for it. */
bool world_event(struct world *w, int port, struct weft_ep_event *ev);

void world_report(struct world *w);

/* A generator for data. */
uint64_t world_random(uint64_t *state);
void world_fill(void *buf, size_t len, uint64_t seed);

#endif
