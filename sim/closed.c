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

sim_time sim_chunk_time(const struct sim_scenario *sc, const struct sim_topology *t, uint32_t src,
			uint32_t dst)
{
	static const int near[] = { SIM_HOST_UP, SIM_LEAF_DOWN };
	static const int far[] = { SIM_HOST_UP, SIM_LEAF_UP, SIM_SPINE_DOWN, SIM_LEAF_DOWN };
	uint32_t links = sim_path_links(t, src, dst);
	const int *path = links == 2 ? near : far;
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

/* The slowest chain of `steps` neighbours: a window that slides around the ring. */
static void slowest(const sim_time *hop, uint32_t n, uint32_t steps, struct sim_ring_form *f)
{
	sim_time sum = 0;

	for (uint32_t k = 0; k < steps; k++)
		sum += hop[k % n];
	f->total = sum;
	f->first_rank = 0;
	for (uint32_t r = 1; r < n; r++) {
		sum += hop[(r + steps - 1) % n] - hop[r - 1];
		if (sum > f->total) {
			f->total = sum;
			f->first_rank = r;
		}
	}
}

void sim_ring_form(const struct sim_scenario *sc, const struct sim_topology *t,
		   const uint32_t *place, struct sim_ring_form *f)
{
	uint32_t n = t->hosts, per_kib = sim_ps_per_kib((uint32_t)sc->host_gbps);
	sim_time *hop = sim_zalloc(n, sizeof(*hop)), wire = 0;

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
	for (uint32_t r = 0; r < n; r++) {
		uint32_t src = place[r], dst = place[(r + 1) % n];
		sim_time *known = sim_path_links(t, src, dst) == 2 ? &f->near : &f->far;

		if (!*known)
			*known = sim_chunk_time(sc, t, src, dst);
		hop[r] = *known;
	}
	slowest(hop, n, f->steps, f);
	free(hop);
	f->bandwidth = f->chunk_bytes * per_kib / 1024 * f->steps;
	f->headers = wire * f->steps - f->bandwidth;
	f->latency = f->total - wire * f->steps;
	f->turnaround = (f->steps - 1) * sc->turnaround_ns * SIM_NS;
	f->total += f->turnaround;
}
