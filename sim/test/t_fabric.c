/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fabric alone against what queueing theory and arithmetic say of it. Notation: s time of a
 * data packet on a link, a of an answer, d delay of a link, h links on the path, P packets.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/rng.h"
#include "sim/test/window_host.h"
#include "tools/test/cunit_main.h"

enum {
	S = 83200,	/* 4160 B at 400 Gb/s */
	A = 1280,	/* 64 B */
	D = 500000
};

static struct sim_topology topo(uint32_t per_leaf, uint32_t leaves, uint32_t spines, uint64_t seed)
{
	struct sim_topology t;

	sim_leaf_spine(&t, per_leaf, leaves, spines, seed);
	return t;
}

static void wire_time__exact_for_the_usual_rates(void)
{
	static const struct {
		uint32_t gbps, bytes;
		sim_time ps;
	} row[] = {
		{ 1, 1500, 12000000 },	{ 10, 64, 51200 },     { 25, 1518, 485760 },
		{ 40, 9000, 1800000 },	{ 100, 4160, 332800 }, { 200, 4160, 166400 },
		{ 400, 4160, S },	{ 800, 4160, 41600 },  { 1600, 4161, 20805 },
		{ 3200, 2, 5 },		{ 400, 1, 20 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CU_ASSERT_EQUAL(sim_wire_time(sim_ps_per_kib(row[i].gbps), row[i].bytes),
				row[i].ps);
}

/* F 1: T_rx = (P + h - 1) s + h d and T_ack = T_rx + h (d + a), to the picosecond. */
static void single_flow__idle_is_exact(void)
{
	static const uint32_t dst[] = { 1, 5, 127 }, links[] = { 2, 4, 6 };
	static const uint32_t packets[] = { 1, 2, 512 };
	struct sim_topology t;
	struct sim_link_cfg tier[SIM_TIERS];
	struct wh wh;

	wh_links(tier, &wh_link);
	sim_fat_tree(&t, 4, 4, 4, 4, 8, 1);
	for (int i = 0; i < 9; i++) {
		uint32_t h = links[i % 3], p = packets[i / 3];
		struct wh_flow f = { .src = 0, .dst = dst[i % 3], .packets = p, .bytes = 4160,
				     .ack_bytes = 64, .start = 12345 };
		sim_time rx = (p + h - 1) * (sim_time)S + h * (sim_time)D;

		CU_ASSERT_EQUAL(sim_path_links(&t, f.src, f.dst), h);
		CU_ASSERT_EQUAL(wh_run(&wh, 1, &t, tier, &f, 1), SIM_END_IDLE);
		CU_ASSERT_EQUAL(f.last_rx, 12345 + rx);
		CU_ASSERT_EQUAL(f.last_ack, 12345 + rx + h * (sim_time)(D + A));
		wh_fini(&wh);
	}
}

/* F 1 with one event per uncongested hop: the host's port has a service for each queued packet. */
static void single_flow__costs_one_event_per_hop(void)
{
	struct sim_topology t = topo(4, 4, 4, 1);
	struct sim_link_cfg tier[SIM_TIERS];
	struct wh_flow f = { .src = 0, .dst = 5, .packets = 512, .bytes = 4160 };
	struct wh wh;

	wh_links(tier, &wh_link);
	wh_run(&wh, 1, &t, tier, &f, 1);
	CU_ASSERT_EQUAL(wh.sim.hops, 512 * 4);
	/* Beside the hops: the start, and two looks at whether the chip's queue is empty. */
	CU_ASSERT_EQUAL(wh.sim.events_done, 512 * 4 + 2 + 1);
	wh_fini(&wh);
}

/*
 * F 2: N senders below one leaf, all at once, to one receiver there. The receiver's link is never
 * idle from the first packet on, so the last one is through after s + d + N P s + d, exactly, in
 * whatever order; from other leaves it takes at least that, and at most 1.1 times.
 */
static void incast__receiver_link_bound(void)
{
	enum { N = 7, P = 16 };
	struct sim_link_cfg tier[SIM_TIERS];
	struct wh_flow f[8 * N];
	struct sim_topology t = topo(N + 1, 1, 1, 1);
	struct wh wh;
	sim_time last = 0, bound;

	wh_links(tier, &wh_link);
	memset(f, 0, sizeof(f));
	for (uint32_t i = 0; i < N; i++)
		f[i] = (struct wh_flow){ .src = i + 1, .dst = 0, .packets = P, .bytes = 4160 };
	wh_run(&wh, 1, &t, tier, f, N);
	for (uint32_t i = 0; i < N; i++)
		last = f[i].last_rx > last ? f[i].last_rx : last;
	CU_ASSERT_EQUAL(last, (sim_time)S + D + N * P * (sim_time)S + D);
	wh_fini(&wh);

	t = topo(8, 8, 8, 1);
	for (uint32_t i = 0; i < 8 * N; i++)
		f[i] = (struct wh_flow){ .src = 8 + i, .dst = 0, .packets = P, .bytes = 4160,
					 .entropy = (uint16_t)i };
	wh_run(&wh, 1, &t, tier, f, 8 * N);
	last = 0;
	for (uint32_t i = 0; i < 8 * N; i++)
		last = f[i].last_rx > last ? f[i].last_rx : last;
	bound = 3 * (sim_time)(S + D) + 8 * N * P * (sim_time)S + D;
	CU_ASSERT(last >= bound && last * 10 <= bound * 11);
	wh_fini(&wh);
}

static sim_time gap_of(void *ctx, uint32_t seq)
{
	(void)seq;
	return *(const sim_time *)ctx;
}

/* F 9, D/D/1 below capacity: no queue, no jitter. */
static void paced__no_queue_no_jitter(void)
{
	struct sim_topology t = topo(2, 2, 2, 1);
	struct sim_link_cfg tier[SIM_TIERS];
	sim_time gap = S;	/* load 1 is still without a queue */
	struct wh_flow f = { .src = 0, .dst = 3, .packets = 2000, .bytes = 4160,
			     .gap = gap_of, .gap_ctx = &gap };
	struct wh wh;

	wh_links(tier, &wh_link);
	wh_run(&wh, 1, &t, tier, &f, 1);
	CU_ASSERT_EQUAL(f.received, 2000);
	CU_ASSERT_EQUAL(f.lag_min, 4 * (sim_time)(S + D));
	CU_ASSERT_EQUAL(f.lag_max, f.lag_min);
	for (uint32_t p = t.hosts; p < wh.sim.ports; p++)
		CU_ASSERT_EQUAL(wh.sim.port[p].q_bytes_max, 0);
	wh_fini(&wh);
}

/* F 10: a storm into small queues; every port and the whole must add up (wh_run audits). */
static void conservation__holds_under_loss(void)
{
	struct sim_topology t = topo(8, 4, 4, 3);
	struct sim_link_cfg tier[SIM_TIERS], small = wh_link;
	struct wh_flow f[64];
	uint64_t sent = 0, received = 0, dropped = 0;
	struct wh wh;

	small.queue_bytes = 20000;
	wh_links(tier, &small);
	tier[SIM_HOST_UP].queue_bytes = UINT32_MAX;
	memset(f, 0, sizeof(f));
	for (uint32_t i = 0; i < 64; i++)
		f[i] = (struct wh_flow){ .src = i % 32, .dst = (i % 32 + 1 + i * 7 % 30) % 32,
					 .packets = 100, .bytes = 100 + 61 * i, .ack_bytes = 84,
					 .start = i % 3 * 1000, .entropy = (uint16_t)i };
	wh_run(&wh, 3, &t, tier, f, 64);
	for (uint32_t i = 0; i < 64; i++) {
		sent += f[i].sent + f[i].received;
		received += f[i].received + f[i].answered;
	}
	for (uint32_t p = 0; p < wh.sim.ports; p++)
		dropped += wh.sim.gone[p].dropped_pkts;
	CU_ASSERT(dropped > 100);
	CU_ASSERT_EQUAL(sent, received + dropped);
	wh_fini(&wh);
}

/* The audit itself sees a lost packet, wherever the loss is. */
static void audit__finds_what_is_missing(void)
{
	struct sim_topology t = topo(2, 1, 1, 1);
	struct sim_link_cfg tier[SIM_TIERS];
	struct wh_flow f = { .src = 0, .dst = 1, .packets = 4, .bytes = 4160 };
	struct wh wh;
	char why[256];

	wh_links(tier, &wh_link);
	wh_run(&wh, 1, &t, tier, &f, 1);
	CU_ASSERT_EQUAL(sim_audit(&wh.sim, why, sizeof(why)), 0);
	wh.sim.port[2].sent_pkts++;
	CU_ASSERT_EQUAL(sim_audit(&wh.sim, why, sizeof(why)), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "port 2 (leaf to chip"));
	wh.sim.port[2].sent_pkts--;
	wh.sim.port[0].offered_bytes--;
	CU_ASSERT_EQUAL(sim_audit(&wh.sim, why, sizeof(why)), -1);
	wh.sim.port[0].offered_bytes++;
	wh.sim.taken_pkts--;
	CU_ASSERT_EQUAL(sim_audit(&wh.sim, why, sizeof(why)), -1);
	wh.sim.taken_pkts++;
	sim_pkt_get(&wh.sim.pool);
	CU_ASSERT_EQUAL(sim_audit(&wh.sim, why, sizeof(why)), -1);
	wh_fini(&wh);
}

/*
 * F 13, window of W packets over a loop of T = h (s + d) + h (a + d): if W s < T a packet leaves
 * every window once per T, else the link is full; exact to the picosecond either way.
 */
static void window__throughput_is_w_over_loop(void)
{
	static const uint32_t windows[] = { 1, 2, 7, 20, 30, 54, 56, 100 };
	struct sim_topology t = topo(4, 4, 4, 1);
	struct sim_link_cfg tier[SIM_TIERS];
	enum { P = 1000, H = 4 };
	sim_time loop = H * (sim_time)(S + D) + H * (sim_time)(A + D);
	struct wh wh;

	wh_links(tier, &wh_link);
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		uint32_t w = windows[i];
		struct wh_flow f = { .src = 0, .dst = 15, .packets = P, .bytes = 4160,
				     .ack_bytes = 64, .window = w };
		sim_time starts = (P - 1) / w * loop + (P - 1) % w * (sim_time)S;

		if (w * (sim_time)S >= loop)
			starts = (P - 1) * (sim_time)S;
		wh_run(&wh, 1, &t, tier, &f, 1);
		CU_ASSERT_EQUAL(f.last_ack, starts + loop);
		wh_fini(&wh);
	}
}

/* F 20: twice the rate and half the delay take exactly half the time. */
static void scaling__time_halves(void)
{
	struct sim_link_cfg tier[SIM_TIERS], link = wh_link;
	struct sim_topology t = topo(4, 4, 2, 9);
	sim_time took[2];
	struct wh wh;

	for (int fast = 0; fast < 2; fast++) {
		struct wh_flow f = { .src = 0, .dst = 15, .packets = 99, .bytes = 4160,
				     .ack_bytes = 64, .window = 7 };

		link.gbps = fast ? 800 : 400;
		link.delay_ns = fast ? 250 : 500;
		wh_links(tier, &link);
		wh_run(&wh, 9, &t, tier, &f, 1);
		took[fast] = f.last_ack;
		wh_fini(&wh);
	}
	CU_ASSERT_EQUAL(took[0], 2 * took[1]);
}

/* Two that send at one rate and meet at one picosecond, always, share the losses. */
static void ties__two_equal_senders_share_the_losses(void)
{
	struct sim_topology t = topo(3, 1, 1, 5);
	struct sim_link_cfg tier[SIM_TIERS];
	struct wh_flow f[2];
	double lost[2];
	struct wh wh;

	wh_links(tier, &wh_link);
	tier[SIM_LEAF_DOWN].queue_bytes = 8 * 4160;
	memset(f, 0, sizeof(f));
	for (uint32_t i = 0; i < 2; i++)
		f[i] = (struct wh_flow){ .src = i, .dst = 2, .packets = 20000, .bytes = 4160 };
	wh_run(&wh, 5, &t, tier, f, 2);
	for (int i = 0; i < 2; i++)
		lost[i] = f[i].packets - f[i].received;
	CU_ASSERT(lost[0] + lost[1] > 19000);
	CU_ASSERT(fabs(lost[0] - lost[1]) < 0.05 * (lost[0] + lost[1]));
	wh_fini(&wh);
}

struct poisson {
	uint64_t key;
	double mean_ps;
};

static sim_time poisson_gap(void *ctx, uint32_t seq)
{
	const struct poisson *p = ctx;
	double u = (double)((sim_hash3(p->key, seq, 0) >> 11) + 1) * 0x1p-53;

	return (sim_time)(-log(u) * p->mean_ps) + 1;
}

/* F 7, M/D/1: Poisson arrivals at load r wait r s / (2 (1 - r)) on average. */
static void poisson__waits_as_m_d_1(void)
{
	static const double load[] = { 0.5, 0.8 };
	struct sim_topology t = topo(2, 1, 1, 1);
	struct sim_link_cfg tier[SIM_TIERS];
	struct wh wh;

	wh_links(tier, &wh_link);
	for (int i = 0; i < 2; i++) {
		struct poisson p = { sim_hash3(weft_test_seed, (uint64_t)i, 0), S / load[i] };
		struct wh_flow f = { .src = 0, .dst = 1, .packets = 400000, .bytes = 4160,
				     .gap = poisson_gap, .gap_ctx = &p };
		double wait, want = load[i] / (2 * (1 - load[i])) * S;

		wh_run(&wh, 1, &t, tier, &f, 1);
		wait = f.lag_sum / f.received - 2.0 * (S + D);
		CU_ASSERT(fabs(wait - want) < 0.04 * want);
		wh_fini(&wh);
	}
}

/* F 19: flows spread over the spines as balls over bins, otherwise with another seed. */
static void ecmp__spreads_and_depends_on_the_seed(void)
{
	enum { SPINES = 8, FLOWS = 16000 };
	uint32_t bin[SPINES] = { 0 }, differ = 0;
	double chi = 0;
	struct sim_topology t1 = topo(8, 8, SPINES, 1), t2 = topo(8, 8, SPINES, 2);

	for (uint32_t i = 0; i < FLOWS; i++) {
		uint32_t port = sim_route(&t1, t1.hosts, 3, 40, (uint16_t)i);

		CU_ASSERT_EQUAL(port, sim_route(&t1, t1.hosts, 3, 40, (uint16_t)i));
		bin[port - t1.leaf_port0 - 8]++;
		differ += port != sim_route(&t2, t2.hosts, 3, 40, (uint16_t)i);
	}
	for (int i = 0; i < SPINES; i++)
		chi += (bin[i] - FLOWS / 8.0) * (bin[i] - FLOWS / 8.0) / (FLOWS / 8.0);
	CU_ASSERT(chi < 24.3);	/* 0.1 % of fair draws exceed it, 7 degrees of freedom */
	CU_ASSERT(differ > FLOWS * 8 / 10 && differ < FLOWS * 95 / 100);
}

/* Follows a route to its host, over the tiers that sim_path_tiers() names. */
static void follow(const struct sim_topology *t, uint32_t src, uint32_t dst)
{
	enum sim_tier tiers[SIM_LINKS_MAX];
	uint32_t port = src, links = 0, want = sim_path_tiers(t, src, dst, tiers), node;

	CU_ASSERT_EQUAL(want, sim_path_links(t, src, dst));
	for (;;) {
		struct sim_port_place at = sim_place(t, port);

		CU_ASSERT_EQUAL(at.tier, tiers[links]);
		node = at.to;
		if (++links == want || node < t->hosts)
			break;
		port = sim_route(t, node, src, dst, (uint16_t)(src * 7));
		CU_ASSERT_EQUAL(sim_place(t, port).from, node);
	}
	CU_ASSERT_EQUAL(node, dst);
	CU_ASSERT_EQUAL(links, want);
}

static void route__reaches_every_host(void)
{
	struct sim_topology t[4];

	sim_leaf_spine(&t[0], 3, 4, 5, 1);
	sim_fat_tree(&t[1], 4, 4, 4, 4, 8, 1);
	sim_fat_tree(&t[2], 3, 5, 2, 3, 4, 2);
	sim_fat_tree(&t[3], 2, 1, 1, 1, 2, 3);
	for (int i = 0; i < 4; i++)
		for (uint32_t src = 0; src < t[i].hosts; src++)
			for (uint32_t dst = 0; dst < t[i].hosts; dst++)
				if (src != dst)
					follow(&t[i], src, dst);
}

/* The table of forks says of every switch and pair what sim_route() says. */
static void forks__are_the_routes(void)
{
	struct sim_topology t[4];
	struct sim_fork *fork;

	sim_leaf_spine(&t[0], 3, 4, 5, 1);
	sim_fat_tree(&t[1], 3, 5, 2, 3, 4, 2);
	sim_fat_tree(&t[2], 1, 1, 1, 1, 2, 3);
	sim_fat_tree(&t[3], 3, 2, 2, 3, 7, 4);
	sim_topology_planes(&t[3], 3);
	for (int i = 0; i < 4; i++) {
		uint32_t hosts = t[i].hosts;

		fork = sim_forks(&t[i]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(fork);
		for (uint32_t n = hosts; n < t[i].nodes; n++)
			for (uint32_t k = 0; k < hosts * hosts; k++)
				CU_ASSERT_EQUAL(sim_fork_port(&t[i], &fork[n - hosts], k / hosts,
							      k % hosts, (uint16_t)(7 * k)),
						sim_route(&t[i], n, k / hosts, k % hosts,
							  (uint16_t)(7 * k)));
		free(fork);
	}
	sim_fat_tree(&t[0], 1024, 1024, 1, 1, 2, 1);
	CU_ASSERT_PTR_NULL(sim_forks(&t[0]));	/* 2^21 hosts in pods of 2^20 */
}

/* Every link has its other direction, and every port is somebody's. */
static void fat_tree__links_come_in_pairs(void)
{
	struct sim_topology t;
	uint32_t found = 0;

	sim_fat_tree(&t, 3, 2, 4, 2, 3, 1);
	CU_ASSERT_EQUAL(t.hosts, 18);
	CU_ASSERT_EQUAL(t.nodes, 18 + 6 + 12 + 8);
	CU_ASSERT_EQUAL(t.ports, 2 * (18 + 6 * 4 + 12 * 2));
	for (uint32_t i = 0; i < t.ports; i++) {
		struct sim_port_place a = sim_place(&t, i);

		for (uint32_t k = 0; k < t.ports; k++) {
			struct sim_port_place b = sim_place(&t, k);

			found += a.from == b.to && a.to == b.from;
		}
	}
	CU_ASSERT_EQUAL(found, t.ports);
}

/* 1 024 chips: pods of 64, 8 leaves of 8, 8 spines; 64 cores, core c below spine c / 8. */
static void fat_tree__of_1024(void)
{
	struct sim_topology t;
	struct sim_port_place p;

	sim_fat_tree(&t, 8, 8, 8, 8, 16, 1);
	CU_ASSERT_EQUAL(t.hosts, 1024);
	CU_ASSERT_EQUAL(t.leaves, 128);
	CU_ASSERT_EQUAL(t.spines, 128);
	CU_ASSERT_EQUAL(t.cores, 64);
	CU_ASSERT_EQUAL(sim_path_links(&t, 0, 7), 2);
	CU_ASSERT_EQUAL(sim_path_links(&t, 0, 63), 4);
	CU_ASSERT_EQUAL(sim_path_links(&t, 0, 64), 6);
	CU_ASSERT_EQUAL(sim_path_count(&t, 0, 64), 64);
	p = sim_place(&t, t.core_port0 + 13 * t.pods + 5);	/* core 13 to pod 5 */
	CU_ASSERT_EQUAL(p.tier, SIM_CORE_DOWN);
	CU_ASSERT_EQUAL(p.to, t.hosts + t.leaves + 5 * 8 + 1);
}

/* Marks: none below mark_min, all from mark_max, and in between about as the line says. */
static void marks__follow_the_line(void)
{
	struct sim_topology t = topo(2, 1, 1, 1);
	struct sim_link_cfg tier[SIM_TIERS];
	const struct sim_host_ops none = { 0 };
	struct sim sim;
	struct sim_port *p;

	wh_links(tier, &wh_link);
	tier[SIM_LEAF_DOWN].mark_min = 10000;
	tier[SIM_LEAF_DOWN].mark_max = 30000;
	tier[SIM_LEAF_DOWN].mark_pmax = 32768;
	sim_init(&sim, 1, &t, tier, 0, &none, NULL);
	p = &sim.port[t.leaf_port0];
	for (uint32_t depth = 0; depth < 40000; depth += 2500) {
		double want = depth < 10000 ? 0 : depth >= 30000 ? 1 : (depth - 10000) / 40000.0;
		int marked = 0;

		for (p->offered_pkts = 0; p->offered_pkts < 20000; p->offered_pkts++)
			marked += sim_switch_marks(&sim, t.leaf_port0, depth);
		CU_ASSERT(fabs(marked / 20000.0 - want) <= (want > 0 && want < 1 ? 0.015 : 0));
	}
	CU_ASSERT_FALSE(sim_switch_marks(&sim, 0, 0));
	sim_fini(&sim);
}

static void stats__count_every_byte_and_merge(void)
{
	struct sim_topology t = topo(2, 1, 1, 1);
	struct sim_link_cfg tier[SIM_TIERS];
	sim_time gap = 3 * S;
	struct wh_flow f = { .src = 0, .dst = 1, .packets = 5000, .bytes = 4160,
			     .gap = gap_of, .gap_ctx = &gap };
	uint64_t sum = 0;
	struct wh wh;

	wh_links(tier, &wh_link);
	wh_run(&wh, 1, &t, tier, &f, 1);
	CU_ASSERT(wh.sim.now >> wh.sim.stats.shift < SIM_SLOTS);
	CU_ASSERT(wh.sim.now >> wh.sim.stats.shift >= SIM_SLOTS / 2);
	for (int i = 0; i < SIM_SLOTS; i++)
		sum += wh.sim.stats.tier[SIM_LEAF_DOWN].sent[i];
	CU_ASSERT_EQUAL(sum, 5000ull * 4160);
	wh_fini(&wh);
	for (uint32_t b = 0; b < 1 << 20; b++) {
		unsigned c = sim_depth_class(b);

		if (sim_depth_floor(c) > b || sim_depth_floor(c + 1) <= b)
			CU_FAIL_FATAL("a depth is outside its class");
	}
}

/* The same seed gives the same trace; another gives another, with the same traffic. */
static void seed__replays(void)
{
	struct sim_link_cfg tier[SIM_TIERS];
	uint64_t hash[3], hops[3];
	struct wh wh;

	wh_links(tier, &wh_link);
	for (int i = 0; i < 3; i++) {
		struct sim_topology t = topo(4, 4, 4, i == 2 ? 8 : 7);
		struct wh_flow f[16];

		memset(f, 0, sizeof(f));
		for (uint32_t k = 0; k < 16; k++)
			f[k] = (struct wh_flow){ .src = k, .dst = (k + 4) % 16, .packets = 20,
						 .bytes = 4160, .ack_bytes = 64, .window = 5,
						 .entropy = (uint16_t)k };
		wh_run(&wh, i == 2 ? 8 : 7, &t, tier, f, 16);
		hash[i] = wh.sim.trace_hash;
		hops[i] = wh.sim.hops;
		wh_fini(&wh);
	}
	CU_ASSERT_EQUAL(hash[0], hash[1]);
	CU_ASSERT_NOT_EQUAL(hash[0], hash[2]);
	CU_ASSERT_EQUAL(hops[0], hops[2]);
}

WEFT_SUITE(t_fabric) {
	{ "wire_time__exact_for_the_usual_rates", wire_time__exact_for_the_usual_rates },
	{ "single_flow__idle_is_exact", single_flow__idle_is_exact },
	{ "single_flow__costs_one_event_per_hop", single_flow__costs_one_event_per_hop },
	{ "incast__receiver_link_bound", incast__receiver_link_bound },
	{ "paced__no_queue_no_jitter", paced__no_queue_no_jitter },
	{ "conservation__holds_under_loss", conservation__holds_under_loss },
	{ "audit__finds_what_is_missing", audit__finds_what_is_missing },
	{ "window__throughput_is_w_over_loop", window__throughput_is_w_over_loop },
	{ "scaling__time_halves", scaling__time_halves },
	{ "ties__two_equal_senders_share_the_losses", ties__two_equal_senders_share_the_losses },
	{ "poisson__waits_as_m_d_1", poisson__waits_as_m_d_1 },
	{ "ecmp__spreads_and_depends_on_the_seed", ecmp__spreads_and_depends_on_the_seed },
	{ "route__reaches_every_host", route__reaches_every_host },
	{ "forks__are_the_routes", forks__are_the_routes },
	{ "fat_tree__links_come_in_pairs", fat_tree__links_come_in_pairs },
	{ "fat_tree__of_1024", fat_tree__of_1024 },
	{ "marks__follow_the_line", marks__follow_the_line },
	{ "stats__count_every_byte_and_merge", stats__count_every_byte_and_merge },
	{ "seed__replays", seed__replays },
};
