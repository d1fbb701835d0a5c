/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Do paused lanes wait for each other? A paused lane goes on when what came by it has left the next
 * switch; that waits in lanes of that switch, which may be paused themselves. So of the lanes that
 * have been paused for a while all those are taken away that will go on once those that are not in
 * the set have sent what they have, until none is left to be taken away: what remains is a
 * deadlock, and stays one for ever. The run is not changed by it; it says so.
 *
 * It is looked for at times that all parts of the fabric have reached, so that it does not depend
 * on how that is divided. Of a team each process has the lanes of its own ports; what waits for
 * them in switches of others it is told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/lanes.h"
#include "sim/team.h"
#include "sim/util.h"

struct look {
	const struct sim *sim;
	size_t lanes;
	uint64_t *in;		/* of each lane: 1 if it is in the set; ours alone */
	uint64_t *stuck;	/* bytes that came by it and wait in lanes of the set; of all */
};

static size_t place(uint32_t port, unsigned lane)
{
	return (size_t)port * SIM_LANES + lane;
}

static const struct sim_lane *lane_at(const struct look *k, uint32_t port, unsigned lane)
{
	return &k->sim->lanes->port[port].lane[lane];
}

/* What waits in lanes of the set, by how it came. */
static void count(struct look *k)
{
	const struct sim_pkt *pkt = k->sim->pool.pkt;
	const struct sim_pkt_more *more = k->sim->pool.more;

	memset(k->stuck, 0, k->lanes * sizeof(*k->stuck));
	for (uint32_t p = 0; p < k->sim->ports; p++)
		for (unsigned l = 0; l <= k->sim->lanes->cfg.classes; l++) {
			uint32_t i = lane_at(k, p, l)->queue.head;

			for (; k->in[place(p, l)] && i != SIM_NO_PKT; i = pkt[i].next)
				if (more[i].in != SIM_NO_PORT)
					k->stuck[place(more[i].in, more[i].in_lane)] +=
						pkt[i].wire_bytes;
		}
	sim_team_sums(k->sim, k->stuck, k->lanes);
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

/* Those that have been paused since `since` or before; returns how many all have. */
static uint64_t begin(struct look *k, sim_time since)
{
	uint64_t n = 0;

	for (uint32_t p = 0; p < k->sim->ports; p++)
		for (unsigned l = 0; l <= k->sim->lanes->cfg.classes; l++) {
			const struct sim_lane *at = lane_at(k, p, l);

			k->in[place(p, l)] = at->paused && at->since <= since;
			n += k->in[place(p, l)];
		}
	return sim_team_sum(k->sim, n);
}

/* One round; returns how many were taken away. */
static uint64_t take_away(struct look *k)
{
	uint64_t n = 0;

	count(k);
	for (uint32_t p = 0; p < k->sim->ports; p++)
		for (unsigned l = 0; l <= k->sim->lanes->cfg.classes; l++) {
			if (!k->in[place(p, l)] || !goes_on(k, p, l))
				continue;
			k->in[place(p, l)] = 0;
			n++;
		}
	return sim_team_sum(k->sim, n);
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

/* At `at`, which all parts have reached. */
static void look(struct sim *sim, sim_time since, sim_time at)
{
	struct look k = { .sim = sim, .lanes = (size_t)sim->ports * SIM_LANES };

	k.in = sim_zalloc(k.lanes, sizeof(*k.in));
	k.stuck = sim_zalloc(k.lanes, sizeof(*k.stuck));
	if (begin(&k, since)) {
		while (take_away(&k))
			;
		sim_team_sums(sim, k.in, k.lanes);
		if (describe(&k, sim->lanes->deadlock, sizeof(sim->lanes->deadlock)))
			sim->lanes->deadlock_at = at;
	}
	free(k.in);
	free(k.stuck);
}

enum sim_end sim_deadlock_run(struct sim *sim, sim_time limit)
{
	struct sim_lanes *l = sim->lanes;
	enum sim_end end = SIM_END_TIME;

	if (!l || l->cfg.control == SIM_FC_NONE)
		return sim_run(sim, limit);
	while (end == SIM_END_TIME && l->deadlock_at == SIM_NEVER && l->look_at <= limit) {
		end = sim_run(sim, l->look_at);
		if (end == SIM_END_TIME)
			look(sim, l->look_at - l->cfg.stuck, l->look_at);
		if (end != SIM_END_DONE)
			l->look_at += l->cfg.stuck;
	}
	if (end == SIM_END_TIME)
		end = sim_run(sim, limit);
	if (end == SIM_END_IDLE && l->deadlock_at == SIM_NEVER)
		look(sim, SIM_NEVER, sim->now);
	return end;
}
