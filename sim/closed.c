/* SPDX-License-Identifier: BSD-2-Clause */
/* See closed.h. */
#include <stdlib.h>
#include <string.h>

#include "core/wire.h"
#include "sim/bare.h"
#include "sim/closed.h"
#include "sim/graph.h"
#include "sim/host.h"
#include "sim/util.h"

/* Headers of a WRITE's packets on an open context, as spec 20 and 40 lay them out. */
enum {
	WRITE_HEADERS = WEFT_HDR_DELIVERY_LEN + WEFT_HDR_OP_LEN + WEFT_HDR_WRITE_LEN
};

int sim_scenario_fabric(const struct sim_scenario *sc, struct sim_topology *t,
			char why[SIM_WHY_MAX])
{
	struct sim_graph *g;

	if (sc->kind == SIM_TOPO_FAT_TREE)
		sim_fat_tree(t, (uint32_t)sc->hosts_per_leaf, (uint32_t)sc->leaves,
			     (uint32_t)sc->spines, (uint32_t)sc->cores_per_spine,
			     (uint32_t)sc->pods, sc->seed);
	else if (sc->kind == SIM_TOPO_LEAF_SPINE || sc->kind == SIM_TOPO_STAR)
		sim_leaf_spine(t, (uint32_t)sc->hosts_per_leaf,
			       sc->kind == SIM_TOPO_STAR ? 1 : (uint32_t)sc->leaves,
			       (uint32_t)sc->spines, sc->seed);
	else if ((g = sim_graph_make(sc, why, SIM_WHY_MAX)))
		sim_graph_topology(t, g, sc->seed);
	else
		return -1;
	if (sc->planes > 1)
		sim_topology_planes(t, (uint32_t)sc->planes);
	return 0;
}

void sim_scenario_topology(const struct sim_scenario *sc, struct sim_topology *t)
{
	char why[SIM_WHY_MAX];

	if (sim_scenario_fabric(sc, t, why))
		sim_die("%s", why);
}

void sim_scenario_links(const struct sim_scenario *sc, struct sim_link_cfg tier[SIM_TIERS])
{
	for (int t = 0; t < SIM_TIERS; t++) {
		bool host = t == SIM_HOST_UP || t == SIM_LEAF_DOWN, global = t == SIM_GLOBAL;
		uint64_t gbps = global ? sc->global_gbps : sc->fabric_gbps;
		uint64_t delay_ns = global ? sc->global_delay_ns : sc->fabric_delay_ns;

		tier[t] = (struct sim_link_cfg){
			.gbps = (uint32_t)(host ? sc->host_gbps : gbps),
			.delay_ns = (uint32_t)(host ? sc->host_delay_ns : delay_ns),
			.queue_bytes = (uint32_t)sc->queue_bytes,
			.trim = sc->trim,
			.control = sc->trim && sc->control == SIM_CONTROL_AHEAD,
			.cut = (uint32_t)sc->cut_through,
			.loss = (uint32_t)(sc->loss_ppm * 0x100000000 / 1000000),
			.mark_min = (uint32_t)sc->mark_min_bytes,
			.mark_max = (uint32_t)sc->mark_max_bytes,
			.mark_pmax = (uint32_t)(sc->mark_percent * 65536 / 100),
		};
	}
	/* A chip bounds its own port (queue.nic) and marks nothing. */
	tier[SIM_HOST_UP].trim = tier[SIM_HOST_UP].control = false;
	tier[SIM_HOST_UP].queue_bytes = UINT32_MAX;
	tier[SIM_HOST_UP].mark_max = 0;
}

static uint32_t packet(const struct sim_scenario *sc, uint64_t bytes, bool imm, uint32_t packets,
		       uint32_t i)
{
	bool last = i + 1 == packets;
	uint64_t payload;

	if (sim_is_bare(sc))
		return sim_bare_packet(sc, bytes, packets, i);
	payload = last ? bytes - i * sc->payload_bytes : sc->payload_bytes;
	return sim_packet_bytes((enum sim_carriage)sc->carriage,
				WRITE_HEADERS + (last && imm ? WEFT_HDR_IMM_LEN : 0) +
				(uint32_t)sc->extra_bytes,
				(uint32_t)payload);
}

uint32_t sim_chunk_packet(const struct sim_scenario *sc, uint64_t chunk_bytes, uint32_t packets,
			  uint32_t i)
{
	return packet(sc, chunk_bytes, true, packets, i);
}

static uint32_t packets_of(const struct sim_scenario *sc, uint64_t bytes)
{
	if (sc->transport == SIM_TRANSPORT_OPEN_LOOP)
		return 1;
	return (uint32_t)((bytes + sc->payload_bytes - 1) / sc->payload_bytes);
}

/* How a chunk gets from one chip to another. */
struct route {
	struct sim_link_cfg link[SIM_LINKS_MAX];
	uint32_t links;
	uint32_t ways;		/* spines over which its packets may be spread */
	uint64_t bytes;
	bool imm;		/* the last packet carries one */
	uint32_t packets;
};

static void find_route(const struct sim_scenario *sc, const struct sim_topology *t, uint32_t src,
		       uint32_t dst, uint64_t bytes, bool imm, struct route *r)
{
	enum sim_tier on[SIM_LINKS_MAX];
	struct sim_link_cfg tier[SIM_TIERS];
	bool one = sc->mode == SIM_MODE_ROD || sim_is_bare(sc);
	uint64_t planes = one ? 1 : sc->planes;
	uint64_t paths = one ? 1 : sc->paths / planes;
	uint32_t ways = sim_path_count(t, src, dst);

	sim_scenario_links(sc, tier);
	r->links = sim_path_tiers(t, src, dst, on);
	for (uint32_t l = 0; l < r->links; l++)
		r->link[l] = tier[on[l]];
	r->ways = paths < ways ? (uint32_t)paths : ways;
	r->bytes = (bytes + planes - 1) / planes;	/* each plane carries its share */
	r->imm = imm;
	r->packets = packets_of(sc, r->bytes);
}

static sim_time send_time(const struct route *r, uint32_t link, uint32_t bytes)
{
	return sim_wire_time(sim_ps_per_kib(r->link[link].gbps), bytes);
}

static sim_time delay(const struct route *r, uint32_t link)
{
	return (sim_time)r->link[link].delay_ns * SIM_NS;
}

/* From when a packet begins to be sent on a link until the next may begin with it. */
static sim_time pass_time(const struct route *r, uint32_t link, uint32_t bytes)
{
	uint32_t cut = link + 1 < r->links ? r->link[link].cut : 0;

	return send_time(r, link, cut && cut < bytes ? cut : bytes) + delay(r, link);
}

/* Are packets i - 1 and i of a message as long as each other? The first and the last may differ. */
static bool alike(const struct route *r, uint32_t i)
{
	return i > 1 && i + 1 < r->packets;
}

/* One way: packets stay in order, each waits for the one before at every link. */
static sim_time in_line(const struct sim_scenario *sc, const struct route *r)
{
	sim_time free_at[SIM_LINKS_MAX] = { 0 }, at = 0;
	sim_time send[SIM_LINKS_MAX], pass[SIM_LINKS_MAX];

	for (uint32_t i = 0; i < r->packets; i++) {
		uint32_t bytes = alike(r, i) ? 0 : packet(sc, r->bytes, r->imm, r->packets, i);

		for (uint32_t l = 0; bytes && l < r->links; l++) {
			send[l] = send_time(r, l, bytes);
			pass[l] = pass_time(r, l, bytes);
		}
		at = 0;
		for (uint32_t l = 0; l < r->links; l++) {
			if (at < free_at[l])
				at = free_at[l];
			free_at[l] = at + send[l];
			at += pass[l];
		}
	}
	return at;
}

/* Between a packet's beginning on the first link and that on its last. */
static sim_time through_fabric(const struct route *r, uint32_t bytes)
{
	sim_time sum = 0;

	for (uint32_t l = 0; l + 1 < r->links; l++)
		sum += pass_time(r, l, bytes);
	return sum;
}

/*
 * Several ways: packets meet at the first and at the last link only, and a short last packet may
 * overtake. All spines together are a link of `ways` times the rate, which nothing passes faster.
 */
static sim_time spread(const struct sim_scenario *sc, const struct route *r)
{
	uint32_t last = packet(sc, r->bytes, r->imm, r->packets, r->packets - 1);
	sim_time sent = 0, work = 0, spines = 0, free_at = 0, last_at, bound, two;
	sim_time through = 0, first = 0, second = 0, final = 0;	/* of this packet */
	uint32_t end = r->links - 1;
	bool last_served = false;

	for (uint32_t i = 0; i < r->packets; i++) {
		if (!alike(r, i))
			first = send_time(r, 0, packet(sc, r->bytes, r->imm, r->packets, i));
		work += first;
	}
	last_at = work - send_time(r, 0, last) + through_fabric(r, last);
	for (uint32_t i = 0; i < r->packets; i++) {
		uint32_t bytes = alike(r, i) ? 0 : packet(sc, r->bytes, r->imm, r->packets, i);
		sim_time at;

		if (bytes) {
			through = through_fabric(r, bytes);
			first = send_time(r, 0, bytes);
			second = send_time(r, 1, bytes);
			final = send_time(r, end, bytes);
		}
		at = sent + through;
		sent += first;
		spines += second;
		if (!last_served && last_at < at) {
			free_at = (free_at > last_at ? free_at : last_at) + send_time(r, end, last);
			last_served = true;
		}
		if (i + 1 < r->packets || !last_served)
			free_at = (free_at > at ? free_at : at) + final;
	}
	bound = spines / r->ways + through_fabric(r, last) + send_time(r, end, last);
	two = send_time(r, 0, last) + send_time(r, 1, last);
	bound = bound > two ? bound - two : 0;
	return (free_at > bound ? free_at : bound) + delay(r, end);
}

uint64_t sim_message_bytes(const struct sim_scenario *sc, uint64_t bytes)
{
	uint32_t packets = packets_of(sc, bytes);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < packets; i++)
		sum += packet(sc, bytes, false, packets, i);
	return sum;
}

sim_time sim_message_time(const struct sim_scenario *sc, const struct sim_topology *t,
			  uint32_t src, uint32_t dst, uint64_t bytes, bool imm)
{
	struct route r;

	find_route(sc, t, src, dst, bytes, imm, &r);
	return r.ways > 1 ? spread(sc, &r) : in_line(sc, &r);
}

sim_time sim_chunk_time(const struct sim_scenario *sc, const struct sim_topology *t, uint32_t src,
			uint32_t dst)
{
	return sim_message_time(sc, t, src, dst, sc->bytes / t->hosts, true);
}

sim_time sim_chunk_hold(const struct sim_scenario *sc, const struct sim_topology *t, uint32_t src,
			uint32_t dst)
{
	sim_time longest = 0;
	struct route r;

	find_route(sc, t, src, dst, sc->bytes / t->hosts, true, &r);
	for (uint32_t l = 0; l < r.links; l++) {
		uint32_t ways = l && l + 1 < r.links ? r.ways : 1;
		sim_time hold = 0;

		for (uint32_t i = 0; i < r.packets; i++)
			hold += send_time(&r, l, packet(sc, r.bytes, r.imm, r.packets, i));
		if (longest < hold / ways)
			longest = hold / ways;
	}
	return longest;
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
	sim_time least = SIM_NEVER, longest = 0, hold[3] = { 0 }, once[2];

	for (uint32_t r = 0; r < t->hosts; r++) {
		uint32_t src = place[r], dst = place[(r + 1) % t->hosts];
		uint32_t level = t->graph ? 0 : sim_path_links(t, src, dst) / 2 - 1;
		sim_time *known = t->graph ? &once[0] : &f->path[level];
		sim_time *held = t->graph ? &once[1] : &hold[level];

		if (t->graph || !*known) {
			*known = sim_chunk_time(sc, t, src, dst);
			*held = sim_chunk_hold(sc, t, src, dst);
			longest = longest > *held ? longest : *held;
		}
		hop[r].time = *known;
		hop[r].hold = *held;
		if (least > *known)
			least = *known;
	}
	return longest > least;
}

void sim_ring_form(const struct sim_scenario *sc, const struct sim_topology *t,
		   const uint32_t *place, struct sim_ring_form *f)
{
	uint32_t n = t->hosts, per_kib;
	struct hop *hop = sim_zalloc(n, sizeof(*hop));
	sim_time wire = 0, turn = sc->turnaround_ns * SIM_NS;

	per_kib = sim_ps_per_kib((uint32_t)(sc->host_gbps * sc->planes));
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
