/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Do paused lanes wait for each other? A paused lane goes on when what came by it has left the next
 * switch; that waits in lanes of that switch, which may be paused themselves. So of the lanes that
 * have been paused for a while all those are taken away that will go on once those that are not in
 * the set have sent what they have, until none is left to be taken away: what remains is a
 * deadlock, and stays one for ever. The run is not changed by it; it says so.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sim/lanes.h"
#include "sim/util.h"

struct look {
	const struct sim *sim;
	bool *in;		/* of each lane: is it in the set? */
	uint64_t *stuck;	/* bytes that came by it and wait in lanes of the set */
};

static size_t place(uint32_t port, unsigned lane)
{
	return (size_t)port * SIM_LANES + lane;
}

static const struct sim_lane *lane_at(const struct look *k, uint32_t port, unsigned lane)
{
	return &k->sim->lanes->port[port].lane[lane];
}

/* What waits in a lane of the set cannot leave; or can, as it is no more in the set. */
static void count(struct look *k, uint32_t port, unsigned lane, bool stuck)
{
	const struct sim_pkt *pkt = k->sim->pool.pkt;

	for (uint32_t i = lane_at(k, port, lane)->queue.head; i != SIM_NO_PKT; i = pkt[i].next) {
		uint64_t *n;

		if (pkt[i].in == SIM_NO_PORT)
			continue;
		n = &k->stuck[place(pkt[i].in, pkt[i].in_lane)];
		*n = stuck ? *n + pkt[i].wire_bytes : *n - pkt[i].wire_bytes;
	}
}

/* Would a lane go on if all left the next switch that is not stuck? */
static bool goes_on(const struct look *k, uint32_t port, unsigned lane)
{
	const struct sim_lanes_cfg *cfg = &k->sim->lanes->cfg;
	uint64_t stuck = k->stuck[place(port, lane)];
	uint32_t first = lane_at(k, port, lane)->queue.head;

	if (cfg->control == SIM_FC_PFC)
		return stuck <= cfg->xon;
	return first == SIM_NO_PKT ||
	       stuck + k->sim->pool.pkt[first].wire_bytes <= cfg->credits;
}

static void begin(struct look *k)
{
	const struct sim *sim = k->sim;

	for (uint32_t p = 0; p < sim->ports; p++)
		for (unsigned l = 0; l <= sim->lanes->cfg.classes; l++) {
			const struct sim_lane *at = lane_at(k, p, l);

			k->in[place(p, l)] = at->paused &&
					     at->since + sim->lanes->cfg.stuck <= sim->now;
			if (k->in[place(p, l)])
				count(k, p, l, true);
		}
}

/* One round; returns how many were taken away. */
static uint32_t take_away(struct look *k)
{
	uint32_t n = 0;

	for (uint32_t p = 0; p < k->sim->ports; p++)
		for (unsigned l = 0; l <= k->sim->lanes->cfg.classes; l++) {
			if (!k->in[place(p, l)] || !goes_on(k, p, l))
				continue;
			k->in[place(p, l)] = false;
			count(k, p, l, false);
			n++;
		}
	return n;
}

/* Says which links between switches, as many as there is room for; returns how many there are. */
static uint32_t describe(const struct look *k, char *text, size_t size)
{
	size_t at = 0;
	uint32_t n = 0;

	for (uint32_t p = 0; p < k->sim->ports; p++)
		for (unsigned l = 0; l <= k->sim->lanes->cfg.classes; l++) {
			uint32_t from = k->sim->lanes->port[p].from;

			if (!k->in[place(p, l)] || from < k->sim->topo.hosts)
				continue;
			if (n++ < 4 && at + 40 < size)
				at += (size_t)snprintf(text + at, size - at, "%snode %u to %u",
						       at ? ", " : "", from, k->sim->port[p].peer);
		}
	if (n > 4)
		snprintf(text + at, size - at, " and %u more", n - 4);
	return n;
}

static void look(struct sim *sim)
{
	size_t lanes = (size_t)sim->ports * SIM_LANES;
	struct look k = { .sim = sim };

	k.in = sim_zalloc(lanes, sizeof(*k.in));
	k.stuck = sim_zalloc(lanes, sizeof(*k.stuck));
	begin(&k);
	while (take_away(&k))
		;
	if (describe(&k, sim->lanes->deadlock, sizeof(sim->lanes->deadlock)))
		sim->lanes->deadlock_at = sim->now;
	free(k.in);
	free(k.stuck);
}

void sim_deadlock_watch(struct sim *sim, uint32_t port)
{
	struct sim_lane_port *lp = &sim->lanes->port[port];
	sim_time least = SIM_NEVER;

	lp->watched = false;
	for (unsigned l = 0; l < SIM_LANES; l++)
		if (lp->lane[l].paused && lp->lane[l].since < least)
			least = lp->lane[l].since;
	if (least == SIM_NEVER || sim->lanes->deadlock_at != SIM_NEVER)
		return;
	if (least + sim->lanes->cfg.stuck <= sim->now) {
		look(sim);
		least = sim->now;
	}
	lp->watched = true;
	sim_events_add(&sim->part[sim->part_of[lp->from]].events, least + sim->lanes->cfg.stuck,
		       SIM_WATCH | port, 0);
}
