/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Working memory of contexts and endpoints: pools from which the engine takes a block for each
 * that has work, so that those at rest cost little.  Pools grow by what is asked of them, and are
 * as large as the most that had work at once.
 */
#include <stdlib.h>

#include "userspace/lib/lib.h"

#define CHUNK 4u		/* blocks added at a time, at least */

struct weftu_chunk {
	struct weftu_chunk *next;
	uint64_t blocks[];
};

struct weftu_pool {
	struct weft_blocks blocks;	/* the engine's side */
	struct weftu_pool *next;
	struct weftu_chunk *chunks;
	uint64_t shape;			/* what its users have in common */
};

struct weft_blocks *weftu_pool(struct weft_port *port, uint64_t shape, size_t bytes)
{
	struct weftu_pool *p;

	for (p = port->pools; p; p = p->next)
		if (p->shape == shape)
			return &p->blocks;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->shape = shape;
	weft_blocks_init(&p->blocks, bytes);
	p->next = port->pools;
	port->pools = p;
	return &p->blocks;
}

static void grow(struct weftu_pool *p)
{
	uint32_t n = p->blocks.n_all / 2 + CHUNK;
	struct weftu_chunk *c = malloc(sizeof(*c) + (size_t)n * p->blocks.block);

	if (!c)			/* packets are then not taken, and come again */
		return;
	c->next = p->chunks;
	p->chunks = c;
	weft_blocks_add(&p->blocks, c->blocks, n);
}

void weftu_pools_ready(struct weft_port *port)
{
	for (struct weftu_pool *p = port->pools; p; p = p->next)
		if (!p->blocks.n_free)
			grow(p);
}

void weftu_pools_fini(struct weft_port *port)
{
	while (port->pools) {
		struct weftu_pool *p = port->pools;

		port->pools = p->next;
		while (p->chunks) {
			struct weftu_chunk *c = p->chunks;

			p->chunks = c->next;
			free(c);
		}
		free(p);
	}
}
