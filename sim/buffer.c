/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of switches: what they take, and what they tell the one who sends.
 *
 * Shared: a queue may grow while it has less than alpha times what is free, so that n queues that
 * all want more have alpha / (1 + n alpha) of it each (A. Choudhury, E. Hahne, "Dynamic Queue
 * Length Thresholds for Shared-Memory Packet Switches", 1998).
 *
 * PFC (IEEE 802.1Qbb): of each lane of each link that comes in a switch counts what it holds, says
 * "pause" above xoff and "resume" at xon. The frame goes ahead of all that waits on the link back,
 * after the packet that is being sent, and takes its time. A pause lasts until it is taken back.
 * What goes ahead is not paused, and may be dropped.
 *
 * Credits: a lane of a link may have so many bytes sent that have not left the switch at its end.
 * That they have left is told without cost, and is there after the delay of the link back. A chip
 * takes everything at once.
 */
#include "sim/lanes.h"
#include "sim/team.h"

enum {
	PAUSE_WIRE = 84,	/* bytes of a link for a pause frame */
	WORD_LANE = 28,		/* a word: lane << 28, and bytes of credit, or OFF or ON */
	WORD_OFF = 1,
	WORD_ON = 0
};

static uint32_t *memory(const struct sim *sim, uint32_t node)
{
	return &sim->lanes->used[node - sim->topo.hosts];
}

static bool takes_ahead(const struct sim *sim, uint32_t port, uint32_t bytes)
{
	const struct sim_lane *l = &sim->lanes->port[port].lane[SIM_AHEAD];

	return l->bytes + (uint64_t)bytes <= 2 * (uint64_t)sim->port[port].q_limit;
}

bool sim_buffer_takes(const struct sim *sim, uint32_t port, uint32_t pkt, unsigned lane)
{
	const struct sim_lane_port *lp = &sim->lanes->port[port];
	const struct sim_lanes_cfg *cfg = &sim->lanes->cfg;
	const struct sim_pkt *k = &sim->pool.pkt[pkt];
	const struct sim_pkt_more *m = &sim->pool.more[pkt];
	uint64_t bytes = k->wire_bytes, used = *memory(sim, lp->from), limit;

	if (cfg->control == SIM_FC_CREDIT)
		return true;		/* there are credits for it, so there is memory */
	if (cfg->buffer && used + bytes > cfg->buffer)
		return false;
	if (lane == SIM_AHEAD)
		return takes_ahead(sim, port, k->wire_bytes);
	if (cfg->control == SIM_FC_PFC)
		return sim->lanes->port[m->in].lane[m->in_lane].held + bytes <=
		       (uint64_t)cfg->xoff + cfg->headroom;
	limit = cfg->buffer ? (cfg->buffer - used) * cfg->alpha / 1000 : sim->port[port].q_limit;
	return lp->lane[lane].bytes + bytes <= limit;
}

/* To the near end of port `in`, from its far end. */
static void say(struct sim *sim, uint32_t in, sim_time at, unsigned lane, uint32_t what)
{
	uint32_t node = sim->lanes->port[in].from, word = lane << WORD_LANE | what;

	if (sim_mine(sim, node))
		sim_events_add(&sim->part[sim->part_of[node]].events, at, SIM_WORD | in, word);
	else
		sim_team_word(sim, in, at, word);
}

static void say_pause(struct sim *sim, uint32_t in, unsigned lane, uint32_t what)
{
	uint32_t back = sim->lanes->port[in].reverse;
	struct sim_lane_port *lp = &sim->lanes->port[back];
	struct sim_port *p = &sim->port[back];

	p->free_at = p->free_at > sim->now ? p->free_at : sim->now;
	p->free_at += sim_wire_time(p->ps_per_kib, PAUSE_WIRE);
	sim->lanes->words++;
	say(sim, in, p->free_at + p->delay, lane, what);
	if (lp->serving)
		return;
	lp->serving = true;
	sim_events_add(&sim->part[sim->part_of[lp->from]].events, p->free_at, SIM_SERVE | back, 0);
}

void sim_buffer_join(struct sim *sim, uint32_t in, unsigned lane, uint32_t bytes)
{
	const struct sim_lanes_cfg *cfg = &sim->lanes->cfg;
	struct sim_lane *l = &sim->lanes->port[in].lane[lane];
	uint32_t node = sim->port[in].peer, *used = memory(sim, node);
	uint32_t *max = &sim->lanes->used_max[node - sim->topo.hosts];

	*used += bytes;
	if (*used > *max)
		*max = *used;
	l->held += bytes;
	if (cfg->control != SIM_FC_PFC || lane == SIM_AHEAD || l->off || l->held <= cfg->xoff)
		return;
	l->off = true;
	say_pause(sim, in, lane, WORD_OFF);
}

void sim_buffer_leave(struct sim *sim, uint32_t in, unsigned lane, uint32_t bytes)
{
	const struct sim_lanes_cfg *cfg = &sim->lanes->cfg;
	struct sim_lane *l = &sim->lanes->port[in].lane[lane];

	*memory(sim, sim->port[in].peer) -= bytes;
	l->held -= bytes;
	sim_buffer_return(sim, in, lane, bytes);
	if (!l->off || l->held > cfg->xon)
		return;
	l->off = false;
	say_pause(sim, in, lane, WORD_ON);
}

void sim_buffer_return(struct sim *sim, uint32_t in, unsigned lane, uint32_t bytes)
{
	uint32_t back = sim->lanes->port[in].reverse;

	if (sim->lanes->cfg.control == SIM_FC_CREDIT)
		say(sim, in, sim->now + sim->port[back].delay, lane, bytes);
}

void sim_buffer_word(struct sim *sim, uint32_t port, uint32_t word)
{
	unsigned lane = word >> WORD_LANE;
	uint32_t what = word & ((1u << WORD_LANE) - 1);

	if (sim->lanes->cfg.control == SIM_FC_CREDIT)
		sim->lanes->port[port].lane[lane].credit += what;
	else if (what == WORD_OFF)
		sim_lane_pause(sim, port, lane);
	else
		sim_lane_resume(sim, port, lane);
	sim_lanes_kick(sim, port);
	if (sim->lanes->port[port].from < sim->topo.hosts && !sim->port[port].q_bytes)
		sim->ops->ready(sim->ops_ctx, sim->lanes->port[port].from);
}
