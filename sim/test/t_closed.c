/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The closed form of the ring all-reduce: against arithmetic by hand, and against the fabric with
 * hosts that have no protocol, to the picosecond.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/closed.h"
#include "sim/collective.h"
#include "sim/test/window_host.h"
#include "sim/util.h"
#include "tools/test/cunit_main.h"

static struct sim_scenario scenario(uint64_t leaves, uint64_t per_leaf, uint64_t bytes)
{
	struct sim_scenario sc;

	sim_scenario_init(&sc);
	sc.leaves = leaves;
	sc.hosts_per_leaf = per_leaf;
	sc.spines = 4;
	sc.paths = 1;
	sc.bytes = bytes;
	return sc;
}

static struct sim_topology topology(const struct sim_scenario *sc)
{
	struct sim_topology t;

	sim_scenario_topology(sc, &t);
	return t;
}

/*
 * 64 chips, 16 MiB, 400 Gb/s (20 ps a byte), 500 ns. A packet of 4096 B has 16 + 12 + 20 B of
 * headers, 4 of CRC, 28 of IP and UDP, 38 of Ethernet: 4214 B; the last 8 more for its immediate.
 */
static void ring_form__as_by_hand(void)
{
	struct sim_scenario sc = scenario(8, 8, 16 << 20);
	struct sim_topology t = topology(&sc);
	uint32_t *place = sim_placement(&sc, t.hosts);
	const sim_time chunk = (63 * 4214 + 4222) * 20, longest = 4222 * 20, d = 500000;
	struct sim_ring_form f;
	unsigned across = 0;

	sim_ring_form(&sc, &t, place, &f);
	CU_ASSERT_EQUAL(f.steps, 126);
	CU_ASSERT_EQUAL(f.packets, 64);
	CU_ASSERT_EQUAL(f.chunk_wire_bytes, 63 * 4214 + 4222);
	CU_ASSERT_EQUAL(f.path[0], chunk + longest + 2 * d);
	CU_ASSERT_EQUAL(f.path[1], chunk + 3 * longest + 4 * d);
	/* 126 steps in a row cross leaves 16 times at most: ranks 7, 15, ... */
	for (uint32_t k = 0; k < 126; k++)
		across += (f.first_rank + k) % 8 == 7;
	CU_ASSERT_EQUAL(across, 16);
	CU_ASSERT_EQUAL(f.total, 110 * f.path[0] + 16 * f.path[1]);
	CU_ASSERT_EQUAL(f.bandwidth, 2ull * 63 * (16 << 20) / 64 * 20);
	CU_ASSERT_EQUAL(f.headers, 126 * chunk - f.bandwidth);
	CU_ASSERT_EQUAL(f.latency, f.total - f.bandwidth - f.headers);
	CU_ASSERT_EQUAL(f.latency, 110 * (longest + 2 * d) + 16 * (3 * longest + 4 * d));
	free(place);
}

static void ring_form__turnaround_and_carriage(void)
{
	struct sim_scenario sc = scenario(2, 2, 4 << 10);
	struct sim_topology t = topology(&sc);
	uint32_t *place = sim_placement(&sc, t.hosts);
	struct sim_ring_form udp, l2, slow;

	sim_ring_form(&sc, &t, place, &udp);
	sc.turnaround_ns = 700;
	sim_ring_form(&sc, &t, place, &slow);
	CU_ASSERT_EQUAL(slow.total, udp.total + 5 * 700000);
	sc.turnaround_ns = 0;
	sc.carriage = SIM_CARRIAGE_L2;
	sim_ring_form(&sc, &t, place, &l2);
	CU_ASSERT_EQUAL(udp.packets, 1);
	CU_ASSERT_EQUAL(udp.chunk_wire_bytes, l2.chunk_wire_bytes + 28);
	free(place);
}

/* No frame is shorter than Ethernet allows. */
static void packet_bytes__smallest_frame(void)
{
	CU_ASSERT_EQUAL(sim_packet_bytes(SIM_CARRIAGE_L2, 20, 0), 84);
	CU_ASSERT_EQUAL(sim_packet_bytes(SIM_CARRIAGE_UDP, 20, 0), 66 + 24);
	CU_ASSERT_EQUAL(sim_packet_bytes(SIM_CARRIAGE_L2, 48, 4096), 38 + 48 + 4096 + 4);
}

/* Rank r's step k as a flow that starts when its chunk has arrived; returns the last arrival. */
static sim_time simulate(const struct sim_scenario *sc, const struct sim_topology *t,
			 const uint32_t *place, const struct sim_ring_form *form)
{
	uint32_t n = t->hosts, flows = n * form->steps;
	struct wh_flow *f = sim_zalloc(flows, sizeof(*f));
	struct sim_link_cfg tier[SIM_TIERS];
	struct wh wh;
	sim_time last = 0;

	sim_scenario_links(sc, tier);
	for (uint32_t i = 0; i < flows; i++) {
		uint32_t r = i % n, k = i / n;

		f[i].src = place[r];
		f[i].dst = place[(r + 1) % n];
		f[i].packets = form->packets;
		f[i].bytes = sim_chunk_packet(sc, form->chunk_bytes, form->packets, 0);
		f[i].last_bytes = sim_chunk_packet(sc, form->chunk_bytes, form->packets,
						   form->packets - 1);
		f[i].after = k ? (k - 1) * n + (r + n - 1) % n + 1 : 0;
		f[i].spray = sc->paths > 1;
		f[i].entropy = (uint16_t)(f[i].spray ? i * form->packets : 0);
	}
	CU_ASSERT_EQUAL(wh_run(&wh, 1, t, tier, f, flows), SIM_END_IDLE);
	for (uint32_t i = 0; i < flows; i++) {
		CU_ASSERT_EQUAL(f[i].received, form->packets);
		last = f[i].last_rx > last ? f[i].last_rx : last;
	}
	wh_fini(&wh);
	free(f);
	return last;
}

/* Ranks in order share no link in one direction, so the fabric meets the form exactly. */
static void ring_form__is_what_the_fabric_does(void)
{
	static const struct {
		const char *why;
		uint64_t leaves, per_leaf, bytes, fabric_gbps, fabric_ns;
	} row[] = {
		{ "one packet a chunk", 4, 2, 8 << 10, 400, 500 },
		{ "many packets, the last one short", 4, 4, 16 * 33333, 400, 500 },
		{ "the last packet is the longest", 2, 8, 16 * 8192, 400, 500 },
		{ "one leaf", 1, 6, 6 * 10000, 400, 500 },
		{ "two chips", 2, 1, 20000, 400, 500 },
		{ "faster spines", 4, 3, 12 * 50000, 800, 300 },
		{ "slower spines", 4, 3, 12 * 50000, 100, 900 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sim_scenario sc = scenario(row[i].leaves, row[i].per_leaf, row[i].bytes);
		struct sim_topology t = topology(&sc);
		uint32_t *place = sim_placement(&sc, t.hosts);
		struct sim_ring_form f;
		sim_time took;

		sc.fabric_gbps = row[i].fabric_gbps;
		sc.fabric_delay_ns = row[i].fabric_ns;
		sim_ring_form(&sc, &t, place, &f);
		took = simulate(&sc, &t, place, &f);
		if (took != f.total)
			fprintf(stderr, "%s: %llu ps, the form says %llu\n", row[i].why,
				(unsigned long long)took, (unsigned long long)f.total);
		CU_ASSERT_EQUAL(took, f.total);
		free(place);
	}
}

/* Shuffled ranks share links: the form is then a lower bound. */
static void ring_form__bounds_shared_links(void)
{
	struct sim_scenario sc = scenario(4, 4, 16 * 40000);
	struct sim_topology t = topology(&sc);
	struct sim_ring_form f;
	uint32_t *place;

	sc.placement = SIM_PLACE_SHUFFLED;
	for (sc.seed = 1; sc.seed <= 5; sc.seed++) {
		sc.paths = 1 + sc.seed % 2 * 15;
		place = sim_placement(&sc, t.hosts);
		sim_ring_form(&sc, &t, place, &f);
		CU_ASSERT(simulate(&sc, &t, place, &f) >= f.total);
		free(place);
	}
}

/*
 * Packets spread over many spines: the form is a lower bound, and met when none share a spine; a
 * short last packet has then overtaken.
 */
static void ring_form__spread_over_spines(void)
{
	static const uint64_t chunk[] = { 4 * 4096 - 4000, 5 * 4096, 4096 + 1, 77 };

	for (size_t i = 0; i < sizeof(chunk) / sizeof(chunk[0]); i++) {
		struct sim_scenario sc = scenario(2, 1, 2 * chunk[i]);
		sim_time least = SIM_NEVER;
		struct sim_ring_form f;

		sc.spines = 256;
		sc.paths = 256;
		for (sc.seed = 1; sc.seed <= 20; sc.seed++) {
			struct sim_topology t = topology(&sc);
			uint32_t *place = sim_placement(&sc, t.hosts);
			sim_time took;

			sim_ring_form(&sc, &t, place, &f);
			took = simulate(&sc, &t, place, &f);
			CU_ASSERT(took >= f.total);
			least = took < least ? took : least;
			free(place);
		}
		CU_ASSERT_EQUAL(least, f.total);
	}
}

/* A placement is a permutation, and the seed decides which. */
static void placement__permutes_by_seed(void)
{
	struct sim_scenario sc = scenario(8, 8, 64);
	uint32_t seen[64] = { 0 }, *a, *b, differ = 0;

	sc.placement = SIM_PLACE_SHUFFLED;
	a = sim_placement(&sc, 64);
	sc.seed++;
	b = sim_placement(&sc, 64);
	for (int i = 0; i < 64; i++) {
		CU_ASSERT_FATAL(a[i] < 64);
		seen[a[i]]++;
		differ += a[i] != b[i];
	}
	for (int i = 0; i < 64; i++)
		CU_ASSERT_EQUAL(seen[i], 1);
	CU_ASSERT(differ > 50);
	free(a);
	free(b);
}

WEFT_SUITE(t_closed) {
	{ "ring_form__as_by_hand", ring_form__as_by_hand },
	{ "ring_form__turnaround_and_carriage", ring_form__turnaround_and_carriage },
	{ "packet_bytes__smallest_frame", packet_bytes__smallest_frame },
	{ "ring_form__is_what_the_fabric_does", ring_form__is_what_the_fabric_does },
	{ "ring_form__bounds_shared_links", ring_form__bounds_shared_links },
	{ "ring_form__spread_over_spines", ring_form__spread_over_spines },
	{ "placement__permutes_by_seed", placement__permutes_by_seed },
};
