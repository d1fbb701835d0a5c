/* SPDX-License-Identifier: BSD-2-Clause */
/* See closed.h. */
#include <stdlib.h>
#include <string.h>

#include "core/wire.h"
#include "sim/closed.h"
#include "sim/host.h"
#include "sim/util.h"

/* Headers of a WRITE's packets on an open context, as spec 20 and 40 lay them out. */
enum {
	WRITE_HEADERS = WEFT_HDR_DELIVERY_LEN + WEFT_HDR_OP_LEN + WEFT_HDR_WRITE_LEN
};

void sim_scenario_links(const struct sim_scenario *sc, struct sim_link_cfg tier[SIM_TIERS])
{
	for (int t = 0; t < SIM_TIERS; t++) {
		bool host = t == SIM_HOST_UP || t == SIM_LEAF_DOWN;

		tier[t] = (struct sim_link_cfg){
			.gbps = (uint32_t)(host ? sc->host_gbps : sc->fabric_gbps),
			.delay_ns = (uint32_t)(host ? sc->host_delay_ns : sc->fabric_delay_ns),
			.queue_bytes = (uint32_t)sc->queue_bytes,
			.mark_min = (uint32_t)sc->mark_min_bytes,
			.mark_max = (uint32_t)sc->mark_max_bytes,
			.mark_pmax = (uint32_t)(sc->mark_percent * 65536 / 100),
		};
	}
	/* A chip bounds its own port (queue.nic) and marks nothing. */
	tier[SIM_HOST_UP].queue_bytes = UINT32_MAX;
	tier[SIM_HOST_UP].mark_max = 0;
}

uint32_t sim_chunk_packet(const struct sim_scenario *sc, uint64_t chunk_bytes, uint32_t packets,
			  uint32_t i)
{
	bool last = i + 1 == packets;
	uint64_t payload = last ? chunk_bytes - i * sc->payload_bytes : sc->payload_bytes;

	return sim_packet_bytes((enum sim_carriage)sc->carriage,
				WRITE_HEADERS + (last ? WEFT_HDR_IMM_LEN : 0), (uint32_t)payload);
}

static uint32_t packets_of(const struct sim_scenario *sc, uint64_t bytes)
{
	return (uint32_t)((bytes + sc->payload_bytes - 1) / sc->payload_bytes);
}

/* The tiers of the links between two chips; their number. */
static uint32_t path_tiers(const struct sim_topology *t, uint32_t src, uint32_t dst,
			   const int **path)
{
	static const int near[] = { SIM_HOST_UP, SIM_LEAF_DOWN };
	static const int far[] = { SIM_HOST_UP, SIM_LEAF_UP, SIM_SPINE_DOWN, SIM_LEAF_DOWN };
	uint32_t links = sim_path_links(t, src, dst);

	*path = links == 2 ? near : far;
	return links;
}

sim_time sim_chunk_hold(const struct sim_scenario *sc, const struct sim_topology *t, uint32_t src,
			uint32_t dst)
{
	uint64_t chunk = sc->bytes / t->hosts;
	uint32_t packets = packets_of(sc, chunk), links;
	struct sim_link_cfg tier[SIM_TIERS];
	sim_time longest = 0;
	const int *path;

	sim_scenario_links(sc, tier);
	links = path_tiers(t, src, dst, &path);
	for (uint32_t l = 0; l < links; l++) {
		uint32_t per_kib = sim_ps_per_kib(tier[path[l]].gbps);
		sim_time hold = 0;

		for (uint32_t i = 0; i < packets; i++)
			hold += sim_wire_time(per_kib, sim_chunk_packet(sc, chunk, packets, i));
		if (longest < hold)
			longest = hold;
	}
	return longest;
}

sim_time sim_chunk_time(const struct sim_scenario *sc, const struct sim_topology *t, uint32_t src,
			uint32_t dst)
{
	const int *path;
	uint32_t links = path_tiers(t, src, dst, &path);
	uint64_t chunk = sc->bytes / t->hosts;
	uint32_t packets = packets_of(sc, chunk);
	struct sim_link_cfg tier[SIM_TIERS];
	sim_time free_at[4] = { 0 }, at = 0;

	sim_scenario_links(sc, tier);
	for (uint32_t i = 0; i < packets; i++) {
		uint32_t bytes = sim_chunk_packet(sc, chunk, packets, i);

		at = 0;
		for (uint32_t l = 0; l < links; l++) {
			const struct sim_link_cfg *c = &tier[path[l]];

			if (at < free_at[l])
				at = free_at[l];
			at += sim_wire_time(sim_ps_per_kib(c->gbps), bytes);
			free_at[l] = at;
			at += (sim_time)c->delay_ns * SIM_NS;
		}
	}
	return at;
}

/* What a step costs each rank. */
struct hop {
	sim_time time;	/* T: until its chunk is at the next rank */
	sim_time hold;	/* W: until the next chunk may follow */
};

/* The slowest chain of `steps` neighbours: a window that slides around the ring. */
static void slowest(const struct hop *hop, uint32_t n, struct sim_ring_form *f)
{
	sim_time sum = 0;

	for (uint32_t k = 0; k < f->steps; k++)
		sum += hop[k % n].time;
	f->total = sum;
	f->first_rank = 0;
	for (uint32_t r = 1; r < n; r++) {
		sum += hop[(r + f->steps - 1) % n].time - hop[r - 1].time;
		if (sum > f->total) {
			f->total = sum;
			f->first_rank = r;
		}
	}
	f->total += f->turnaround;
}

/* The same where a link may still be busy with the chunk before; step by step. */
static void slowest_held(const struct hop *hop, uint32_t n, struct sim_ring_form *f, sim_time turn)
{
	sim_time *arrival = sim_zalloc(n, sizeof(*arrival)), *next = sim_zalloc(n, sizeof(*next));

	for (uint32_t r = 0; r < n; r++)
		arrival[r] = hop[r].time;
	for (uint32_t k = 1; k < f->steps; k++) {
		sim_time *done = arrival;

		for (uint32_t r = 0; r < n; r++) {
			sim_time ready = arrival[(r + n - 1) % n] + turn + hop[r].time;
			sim_time freed = arrival[r] + hop[r].hold;

			next[r] = ready > freed ? ready : freed;
		}
		arrival = next;
		next = done;
	}
	for (uint32_t r = 0; r < n; r++)
		if (arrival[r] > f->total)
			f->total = arrival[r];
	free(arrival);
	free(next);
}

/* Fills hop; true if some link may still be busy when the next chunk comes. */
static bool fill_hops(const struct sim_scenario *sc, const struct sim_topology *t,
		      const uint32_t *place, struct hop *hop, struct sim_ring_form *f)
{
	sim_time least = SIM_NEVER, hold[2] = { 0, 0 };

	for (uint32_t r = 0; r < t->hosts; r++) {
		uint32_t src = place[r], dst = place[(r + 1) % t->hosts];
		bool across = sim_path_links(t, src, dst) != 2;
		sim_time *known = across ? &f->far : &f->near;

		if (!*known) {
			*known = sim_chunk_time(sc, t, src, dst);
			hold[across] = sim_chunk_hold(sc, t, src, dst);
		}
		hop[r].time = *known;
		hop[r].hold = hold[across];
		if (least > *known)
			least = *known;
	}
	return hold[0] > least || hold[1] > least;
}

void sim_ring_form(const struct sim_scenario *sc, const struct sim_topology *t,
		   const uint32_t *place, struct sim_ring_form *f)
{
	uint32_t n = t->hosts, per_kib = sim_ps_per_kib((uint32_t)sc->host_gbps);
	struct hop *hop = sim_zalloc(n, sizeof(*hop));
	sim_time wire = 0, turn = sc->turnaround_ns * SIM_NS;

	memset(f, 0, sizeof(*f));
	f->chips = n;
	f->steps = 2 * (n - 1);
	f->chunk_bytes = sc->bytes / n;
	f->packets = packets_of(sc, f->chunk_bytes);
	for (uint32_t i = 0; i < f->packets; i++) {
		uint32_t w = sim_chunk_packet(sc, f->chunk_bytes, f->packets, i);

		f->chunk_wire_bytes += w;
		wire += sim_wire_time(per_kib, w);
	}
	f->turnaround = (f->steps - 1) * turn;
	f->held = fill_hops(sc, t, place, hop, f);
	slowest(hop, n, f);
	if (f->held)
		slowest_held(hop, n, f, turn);
	free(hop);
	f->bandwidth = f->chunk_bytes * per_kib / 1024 * f->steps;
	f->headers = wire * f->steps - f->bandwidth;
	f->latency = f->total - f->turnaround - wire * f->steps;
}
