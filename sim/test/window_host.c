/* SPDX-License-Identifier: BSD-2-Clause */
/* See window_host.h. */
#include <stdlib.h>
#include <string.h>

#include "sim/test/window_host.h"
#include "sim/util.h"
#include "tools/test/cunit_main.h"

#define ANSWER 0x80000000u

const struct sim_link_cfg wh_link = {
	.gbps = 400, .delay_ns = 500, .queue_bytes = UINT32_MAX,
};

void wh_links(struct sim_link_cfg tier[SIM_TIERS], const struct sim_link_cfg *link)
{
	for (int t = 0; t < SIM_TIERS; t++)
		tier[t] = *link;
}

static uint32_t packet(struct wh *wh, uint32_t f, uint32_t seq, bool answer)
{
	const struct wh_flow *fl = &wh->flow[f];
	uint32_t i = sim_pkt_get(&wh->sim.pool);
	struct sim_pkt *k = &wh->sim.pool.pkt[i];
	struct sim_load *l = &wh->sim.pool.load[i];

	k->src = answer ? fl->dst : fl->src;
	k->dst = answer ? fl->src : fl->dst;
	k->wire_bytes = answer ? fl->ack_bytes :
			fl->last_bytes && seq + 1 == fl->packets ? fl->last_bytes : fl->bytes;
	k->small = true;
	k->entropy = (uint16_t)(fl->entropy + (fl->spray ? seq : 0));
	k->ecn = answer ? 0 : fl->ecn;
	l->payload_bytes = 0;
	l->flow = f;
	l->what = seq | (answer ? ANSWER : 0);
	return i;
}

static void send_one(struct wh *wh, uint32_t f)
{
	struct wh_flow *fl = &wh->flow[f];

	wh->sent_at[wh->first[f] + fl->sent] = wh->sim.now;
	sim_host_send(&wh->sim, fl->src, packet(wh, f, fl->sent, false));
	fl->sent++;
}

static void fill(struct wh *wh, uint32_t f)
{
	struct wh_flow *fl = &wh->flow[f];

	while (fl->sent < fl->packets && (!fl->window || fl->sent - fl->answered < fl->window))
		send_one(wh, f);
}

static void on_timer(void *ctx, uint32_t f)
{
	struct wh *wh = ctx;
	struct wh_flow *fl = &wh->flow[f];

	if (!fl->gap) {
		fill(wh, f);
		return;
	}
	send_one(wh, f);
	if (fl->sent < fl->packets)
		sim_timers_set(&wh->sim.timers, f, wh->sim.now + fl->gap(fl->gap_ctx, fl->sent));
}

static void on_data(struct wh *wh, struct wh_flow *fl, uint32_t f, uint32_t seq)
{
	sim_time lag = wh->sim.now - wh->sent_at[wh->first[f] + seq];

	if (!fl->received++)
		fl->first_rx = wh->sim.now;
	fl->last_rx = wh->sim.now;
	if (lag < fl->lag_min)
		fl->lag_min = lag;
	if (lag > fl->lag_max)
		fl->lag_max = lag;
	fl->lag_sum += (double)lag;
	for (uint32_t i = 0; fl->received == fl->packets && i < wh->flows; i++)
		if (wh->flow[i].after == f + 1)
			fill(wh, i);
	if (fl->ack_bytes)
		sim_host_send(&wh->sim, fl->dst, packet(wh, f, seq, true));
}

static void on_rx(void *ctx, uint32_t host, uint32_t pkt)
{
	struct wh *wh = ctx;
	const struct sim_pkt *k = &wh->sim.pool.pkt[pkt];
	const struct sim_load *l = &wh->sim.pool.load[pkt];
	struct wh_flow *fl = &wh->flow[l->flow];
	uint32_t f = l->flow, seq = l->what & ~ANSWER;
	bool answer = l->what & ANSWER;

	CU_ASSERT_EQUAL(host, k->dst);
	fl->marked += k->ecn & SIM_ECN_CE ? 1 : 0;
	sim_pkt_put(&wh->sim.pool, pkt);
	if (!answer) {
		on_data(wh, fl, f, seq);
		return;
	}
	fl->answered++;
	fl->last_ack = wh->sim.now;
	fill(wh, f);
}

static void on_ready(void *ctx, uint32_t host)
{
	(void)ctx;
	(void)host;
}

static const struct sim_host_ops ops = { .rx = on_rx, .ready = on_ready, .timer = on_timer };

enum sim_end wh_run(struct wh *wh, uint64_t seed, const struct sim_topology *topo,
		    const struct sim_link_cfg tier[SIM_TIERS], struct wh_flow *flow,
		    uint32_t flows)
{
	return wh_run_lanes(wh, seed, topo, tier, NULL, flow, flows, SIM_NEVER - 1);
}

enum sim_end wh_run_lanes(struct wh *wh, uint64_t seed, const struct sim_topology *topo,
			  const struct sim_link_cfg tier[SIM_TIERS],
			  const struct sim_lanes_cfg *lanes, struct wh_flow *flow, uint32_t flows,
			  sim_time limit)
{
	char why[256] = "";
	size_t packets = 0;
	enum sim_end end;

	memset(wh, 0, sizeof(*wh));
	sim_init(&wh->sim, seed, topo, tier, flows, &ops, wh);
	if (lanes)
		sim_lanes_init(&wh->sim, lanes);
	wh->flow = flow;
	wh->flows = flows;
	wh->first = sim_zalloc(flows, sizeof(*wh->first));
	for (uint32_t f = 0; f < flows; f++) {
		flow[f].lag_min = SIM_NEVER;
		wh->first[f] = (uint32_t)packets;
		packets += flow[f].packets;
		if (!flow[f].after)
			sim_timers_set(&wh->sim.timers, f, flow[f].start);
	}
	wh->sent_at = sim_zalloc(packets, sizeof(*wh->sent_at));
	end = sim_run(&wh->sim, limit);
	if (sim_audit(&wh->sim, why, sizeof(why)))
		fprintf(stderr, "%s\n", why);
	CU_ASSERT_STRING_EQUAL(why, "");
	CU_ASSERT(end == SIM_END_TIME || !wh->sim.pool.live);
	return end;
}

void wh_fini(struct wh *wh)
{
	sim_fini(&wh->sim);
	free(wh->sent_at);
	free(wh->first);
}
