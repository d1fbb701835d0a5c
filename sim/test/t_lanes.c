/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Classes, shared buffers, PFC and credits against closed forms, in a fabric without a protocol.
 * Notation: s time of a data packet on a link, d delay of a link, P packets.
 */
#include <string.h>

#include "sim/experiment.h"
#include "sim/test/window_host.h"
#include "tools/test/cunit_main.h"

enum { BYTES = 4160, S = 83200, D = 500000, HOSTS = 16 };

static const struct sim_lanes_cfg plain = {
	.alpha = 1000, .classes = 1, .weight = { 1 }, .quantum = BYTES, .stuck = 100 * SIM_US,
};

static void star(struct sim_topology *t, struct sim_link_cfg tier[SIM_TIERS])
{
	sim_leaf_spine(t, HOSTS, 1, 1, 1);
	wh_links(tier, &wh_link);
}

/* Lanes that are not asked to do anything do what a plain port does. */
static void lanes__of_one_class_are_a_plain_port(void)
{
	struct sim_link_cfg tier[SIM_TIERS];
	struct wh_flow f[2][HOSTS];
	struct sim_topology t;
	uint64_t hash[2];
	struct wh wh;

	for (int on = 0; on < 2; on++) {
		sim_leaf_spine(&t, 4, 4, 2, 1);
		wh_links(tier, &wh_link);
		for (int i = 0; i < SIM_TIERS; i++)
			tier[i].queue_bytes = i == SIM_HOST_UP ? UINT32_MAX : 40000;
		for (uint32_t i = 0; i < HOSTS; i++)
			f[on][i] = (struct wh_flow){ .src = i, .dst = i % 3 + (i < 3 ? 3 : 0),
				.packets = 50, .bytes = BYTES, .spray = true, .start = i * 1000 };
		wh_run_lanes(&wh, 1, &t, tier, on ? &plain : NULL, f[on], HOSTS, SIM_NEVER - 1);
		hash[on] = wh.sim.trace_hash;
		wh_fini(&wh);
	}
	CU_ASSERT_EQUAL(hash[0], hash[1]);
}

/*
 * Choudhury and Hahne: n queues that always want more have q each, q = alpha (B - n q - n p), where
 * p is the packet that each is sending.
 */
static void buffer__queues_share_by_the_threshold(void)
{
	static const struct {
		uint32_t n, alpha;
	} row[] = { { 1, 1000 }, { 2, 1000 }, { 4, 1000 }, { 1, 500 }, { 2, 2000 }, { 4, 250 } };

	for (size_t r = 0; r < sizeof(row) / sizeof(row[0]); r++) {
		double n = row[r].n, a = row[r].alpha / 1000.0, b = 1 << 20;
		double want = a * (b - n * BYTES) / (1 + n * a);
		struct sim_lanes_cfg cfg = plain;
		struct sim_link_cfg tier[SIM_TIERS];
		struct wh_flow f[12];
		struct sim_topology t;
		struct wh wh;

		star(&t, tier);
		cfg.buffer = 1 << 20;
		cfg.alpha = row[r].alpha;
		memset(f, 0, sizeof(f));
		for (uint32_t i = 0; i < 3 * row[r].n; i++)
			f[i] = (struct wh_flow){ .src = i + 4, .dst = i % row[r].n,
						 .packets = 4000, .bytes = BYTES };
		CU_ASSERT_EQUAL(wh_run_lanes(&wh, 1, &t, tier, &cfg, f, 3 * row[r].n,
					     200 * SIM_US), SIM_END_TIME);
		for (uint32_t q = 0; q < row[r].n; q++) {
			double bytes = wh.sim.lanes->port[t.leaf_port0 + q].lane[1].bytes;

			CU_ASSERT(bytes <= want + BYTES && bytes >= want - 2 * BYTES);
		}
		CU_ASSERT(wh.sim.lanes->used_max[0] <= b);
		wh_fini(&wh);
	}
}

static sim_time incast(const struct sim_lanes_cfg *cfg, uint32_t senders, uint32_t packets,
		       uint64_t *dropped, uint64_t *pauses)
{
	struct sim_link_cfg tier[SIM_TIERS];
	struct wh_flow f[HOSTS];
	struct sim_topology t;
	sim_time last = 0;
	struct wh wh;

	star(&t, tier);
	memset(f, 0, sizeof(f));
	for (uint32_t i = 0; i < senders; i++)
		f[i] = (struct wh_flow){ .src = i + 1, .dst = 0, .packets = packets,
					 .bytes = BYTES };
	wh_run_lanes(&wh, 1, &t, tier, cfg, f, senders, SIM_NEVER - 1);
	*dropped = wh.sim.gone[t.leaf_port0].dropped_pkts;
	*pauses = wh.sim.lanes->words;
	for (uint32_t i = 0; i < senders; i++)
		last = f[i].last_rx > last ? f[i].last_rx : last;
	CU_ASSERT_EQUAL(wh.sim.lanes->used[0], 0);
	for (uint32_t i = 0; i < wh.sim.ports; i++)
		CU_ASSERT(!wh.sim.lanes->port[i].lane[1].paused &&
			  !wh.sim.lanes->port[i].lane[1].held);
	CU_ASSERT_EQUAL(wh.sim.lanes->deadlock_at, SIM_NEVER);
	wh_fini(&wh);
	return last;
}

/*
 * Nothing is lost if the headroom holds what comes until the pause works: what is sent in the time
 * of a pause frame behind a packet (there is none on the way back here) and there and back again,
 * and the packet that had begun. The receiver's link is never idle, so the last packet is through
 * as if there were no limit at all.
 */
static void pfc__incast_loses_nothing_at_line_rate(void)
{
	enum { N = 15, P = 200, FRAME = 84 * 20 };
	uint32_t headroom = (2 * D + FRAME) / 20 + 2 * BYTES;
	struct sim_lanes_cfg cfg = plain;
	uint64_t dropped, pauses;
	sim_time last;

	cfg.control = SIM_FC_PFC;
	cfg.xoff = 60000;
	cfg.xon = 30000;
	cfg.headroom = headroom;
	last = incast(&cfg, N, P, &dropped, &pauses);
	CU_ASSERT_EQUAL(dropped, 0);
	CU_ASSERT_EQUAL(last, (sim_time)S + D + N * P * (sim_time)S + D);
	CU_ASSERT(pauses >= 2 * N && pauses % 2 == 0);
	cfg.headroom = headroom / 2;		/* and it is needed */
	incast(&cfg, N, P, &dropped, &pauses);
	CU_ASSERT(dropped > 0);
}

/* A class of its own is not paused by another. */
static void pfc__pauses_one_class_alone(void)
{
	struct sim_lanes_cfg cfg = plain;
	struct sim_link_cfg tier[SIM_TIERS];
	struct wh_flow f[4];
	struct sim_topology t;
	struct wh wh;

	star(&t, tier);
	cfg.control = SIM_FC_PFC;
	cfg.xoff = 20000;
	cfg.xon = 10000;
	cfg.headroom = 100000;
	cfg.classes = 2;
	cfg.map = SIM_MAP_DESTINATION;
	cfg.weight[1] = 1;
	memset(f, 0, sizeof(f));
	/* Chips 2 and 4 fill the link of chip 0; chip 2 also sends to chip 1, class 1. */
	f[0] = (struct wh_flow){ .src = 2, .dst = 0, .packets = 400, .bytes = BYTES };
	f[1] = (struct wh_flow){ .src = 4, .dst = 0, .packets = 400, .bytes = BYTES };
	f[2] = (struct wh_flow){ .src = 2, .dst = 1, .packets = 400, .bytes = BYTES };
	wh_run_lanes(&wh, 1, &t, tier, &cfg, f, 3, SIM_NEVER - 1);
	/* Chip 2 has a share of half for each; its class 1 is sent within 2 x 400 packets. */
	CU_ASSERT(f[2].last_rx <= 802 * (sim_time)S + 2 * D);
	CU_ASSERT_EQUAL(wh.sim.gone[t.leaf_port0].dropped_pkts, 0);
	CU_ASSERT(sim_lanes_paused(&wh.sim, 2, wh.sim.now) > 0);
	wh_fini(&wh);
}

/* With W packets of credit, W go in each loop of 2 s + 2 d, or all if W s is more than that. */
static void credit__throughput_is_window_by_loop(void)
{
	static const uint32_t window[] = { 1, 2, 5, 13, 14, 15, 40 };

	for (size_t r = 0; r < sizeof(window) / sizeof(window[0]); r++) {
		uint32_t w = window[r], p = 300;
		sim_time loop = 2 * (sim_time)S + 2 * D, begun;
		struct wh_flow f = { .src = 1, .dst = 0, .packets = p, .bytes = BYTES };
		struct sim_lanes_cfg cfg = plain;
		struct sim_link_cfg tier[SIM_TIERS];
		struct sim_topology t;
		struct wh wh;

		star(&t, tier);
		cfg.control = SIM_FC_CREDIT;
		cfg.credits = w * BYTES + 100;
		begun = (p - 1) / w * loop + (p - 1) % w * (sim_time)S;
		if (w * (sim_time)S >= loop)
			begun = (p - 1) * (sim_time)S;
		wh_run_lanes(&wh, 1, &t, tier, &cfg, &f, 1, SIM_NEVER - 1);
		CU_ASSERT_EQUAL(f.last_rx, begun + 2 * (sim_time)S + 2 * D);
		CU_ASSERT_EQUAL(wh.sim.lanes->port[1].lane[1].credit, cfg.credits);
		CU_ASSERT(wh.sim.lanes->used_max[0] <= w * BYTES + 100);
		wh_fini(&wh);
	}
}

/* Two chips that always have something, of two classes, to one: who has had how much by a time. */
static void classes__share_by_weight_or_rank(void)
{
	static const struct {
		enum sim_schedule schedule;
		uint32_t weight[2];
		double share;		/* of class 0 */
	} row[] = {
		{ SIM_SCHEDULE_WRR, { 1, 1 }, 0.5 },   { SIM_SCHEDULE_WRR, { 3, 1 }, 0.75 },
		{ SIM_SCHEDULE_WRR, { 1, 4 }, 0.2 },   { SIM_SCHEDULE_STRICT, { 1, 1 }, 1.0 },
	};

	for (size_t r = 0; r < sizeof(row) / sizeof(row[0]); r++) {
		struct sim_lanes_cfg cfg = plain;
		struct sim_link_cfg tier[SIM_TIERS];
		struct wh_flow f[2];
		struct sim_topology t;
		struct wh wh;
		double all;

		star(&t, tier);
		cfg.classes = 2;
		cfg.map = SIM_MAP_SOURCE;
		cfg.schedule = row[r].schedule;
		memcpy(cfg.weight, row[r].weight, sizeof(row[r].weight));
		for (uint32_t i = 0; i < 2; i++)
			f[i] = (struct wh_flow){ .src = 2 + i, .dst = 0, .packets = 3000,
						 .bytes = i ? BYTES : BYTES / 2 };
		f[0].packets *= 2;
		/* Half of class 0's are sent by then at the least share. */
		wh_run_lanes(&wh, 1, &t, tier, &cfg, f, 2, 2 * D + 1000 * (sim_time)S);
		all = f[0].received * 0.5 + f[1].received;
		CU_ASSERT(all >= 995 && all <= 1000);
		CU_ASSERT(f[0].received * 0.5 / all <= row[r].share + 0.01);
		CU_ASSERT(f[0].received * 0.5 / all >= row[r].share - 0.01);
		wh_fini(&wh);
	}
}

static int ring(struct sim_experiment *x, const char *control, const char *map, const char *parts)
{
	static const char *const set[][2] = {
		{ "topology.kind", "torus" },	  { "topology.x", "5" },
		{ "topology.y", "1" },		  { "topology.hosts_per_leaf", "1" },
		{ "workload.kind", "flows" },	  { "workload.file", "sim/validation/ring.flows" },
		{ "transport.kind", "go-back-n" }, { "limit.sim_ms", "5" },
		{ "flow_control.xoff", "40KiB" }, { "flow_control.xon", "30KiB" },
		{ "class.count", "4" },		  { "queue.mark_max", "0" },
	};
	char why[SIM_WHY_MAX] = "";
	struct sim_scenario sc;
	int err = 0;

	sim_scenario_init(&sc);
	for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++)
		err |= sim_scenario_set(&sc, "test", set[i][0], set[i][1], why);
	err |= sim_scenario_set(&sc, "test", "flow_control.kind", control, why);
	err |= sim_scenario_set(&sc, "test", "class.map", map, why);
	err |= sim_scenario_set(&sc, "test", "run.part_hosts", parts, why);
	err |= sim_scenario_check(&sc, why);
	CU_ASSERT_STRING_EQUAL(why, "");
	return err ? -2 : sim_experiment(x, &sc, NULL, NULL, NULL);
}

/*
 * Five switches in a ring, each chip's flow takes two of its links: all wait for each other, and
 * that is noticed, unless each switch that is passed has a virtual channel of its own.
 */
static void deadlock__is_noticed_and_avoided(void)
{
	static const char *const control[] = { "pfc", "credit" };

	for (int i = 0; i < 2; i++) {
		struct sim_experiment x;
		uint64_t hash;

		CU_ASSERT_EQUAL(ring(&x, control[i], "one", "8"), -1);
		CU_ASSERT(x.sim.lanes->deadlock_at >= 100 * SIM_US &&
			  x.sim.lanes->deadlock_at < 400 * SIM_US);
		CU_ASSERT_PTR_NOT_NULL(strstr(x.error, "a deadlock, seen at "));
		sim_experiment_fini(&x);
		CU_ASSERT_EQUAL(ring(&x, control[i], "hops", "8"), 0);
		CU_ASSERT_EQUAL(x.sim.lanes->deadlock_at, SIM_NEVER);
		CU_ASSERT_EQUAL(x.engine.rtx_pkts, 0);
		hash = x.hash;
		sim_experiment_fini(&x);
		CU_ASSERT_EQUAL(ring(&x, control[i], "hops", "1"), 0);	/* parts change nothing */
		CU_ASSERT_EQUAL(x.hash, hash);
		sim_experiment_fini(&x);
	}
}

static void scenario__refuses_what_makes_no_sense(void)
{
	static const struct {
		const char *key, *text, *key2, *text2, *says;
	} row[] = {
		{ "class.weights", "2,1", "class.count", "1", "class.weights" },
		{ "class.weights", "2,1", "class.count", "3", "class.weights" },
		{ "class.weights", "2,1,0", "class.count", "3", "class.weights" },
		{ "class.weights", "2,1,x", "class.count", "3", "class.weights" },
		{ "flow_control.kind", "pfc", "queue.trim", "on", "queue.trim" },
		{ "flow_control.kind", "pfc", "flow_control.xon", "1MiB", "flow_control.xon" },
		{ "flow_control.kind", "credit", "buffer.bytes", "1MiB", "buffer.bytes" },
		{ "flow_control.kind", "credit", "flow_control.credits", "4096",
		  "flow_control.credits" },
		{ "class.count", "2", "transport.kind", "fluid", "transport.kind" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char why[SIM_WHY_MAX] = "";
		struct sim_scenario sc;

		sim_scenario_init(&sc);
		CU_ASSERT_EQUAL(sim_scenario_set(&sc, "test", "workload.kind", "incast", why), 0);
		CU_ASSERT_EQUAL(sim_scenario_set(&sc, "test", row[i].key, row[i].text, why), 0);
		CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), 0 - (i == 0 || i > 9 ||
				!strcmp(row[i].key, "class.weights")));
		CU_ASSERT_EQUAL(sim_scenario_set(&sc, "test", row[i].key2, row[i].text2, why), 0);
		CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), -1);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, row[i].says));
	}
}

WEFT_SUITE(t_lanes) {
	{ "lanes__of_one_class_are_a_plain_port", lanes__of_one_class_are_a_plain_port },
	{ "buffer__queues_share_by_the_threshold", buffer__queues_share_by_the_threshold },
	{ "pfc__incast_loses_nothing_at_line_rate", pfc__incast_loses_nothing_at_line_rate },
	{ "pfc__pauses_one_class_alone", pfc__pauses_one_class_alone },
	{ "credit__throughput_is_window_by_loop", credit__throughput_is_window_by_loop },
	{ "classes__share_by_weight_or_rank", classes__share_by_weight_or_rank },
	{ "deadlock__is_noticed_and_avoided", deadlock__is_noticed_and_avoided },
	{ "scenario__refuses_what_makes_no_sense", scenario__refuses_what_makes_no_sense },
};
