/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One fabric from beginning to end: it is built from its configuration, works until all work
 * requests are done, drains with the faults off, and must then be empty.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/test/fabric/fabric.h"
#include "sim/util.h"

#define DRAIN_PS (400000ull * SIM_MS)	/* nothing done for so long: nothing ever will be */

void fb_fail(struct fb_world *w, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(w->failure, sizeof(w->failure), "%s%s", w->where ? w->where : "",
			 w->where ? ": " : "");

	va_start(ap, fmt);
	vsnprintf(w->failure + n, sizeof(w->failure) - (size_t)n, fmt, ap);
	va_end(ap);
	longjmp(w->out, FB_FAILED);
}

void fb_event(struct fb_world *w)
{
	w->event++;
	if (w->progress)
		*w->progress = w->event;
	if (w->event == w->stop_at)
		longjmp(w->out, FB_STOPPED);
}

static void spread_links(struct fb_world *w)
{
	uint64_t key = sim_key(w->cfg.seed, SIM_FOR_PLACEMENT);

	for (uint32_t i = 0; i < w->sim.ports && w->cfg.spread; i++)
		w->sim.port[i].delay += sim_below(sim_hash3(key, i, 1), w->cfg.spread * 1000 + 1) *
					(sim_time)w->cfg.delay;
}

static void make_fabric(struct fb_world *w)
{
	const struct fb_cfg *c = &w->cfg;
	struct sim_link_cfg tier[SIM_TIERS];
	struct sim_topology topo;

	for (int i = 0; i < SIM_TIERS; i++)
		tier[i] = (struct sim_link_cfg){
			.gbps = c->gbps, .delay_ns = c->delay, .queue_bytes = c->queue * 1024,
			.mark_min = c->queue * 256, .mark_max = c->queue * 768, .mark_pmax = 8192,
			.trim = c->trim && i != SIM_HOST_UP,
		};
	sim_leaf_spine(&topo, c->chips / c->leaves, c->leaves * c->ports, c->spines, c->seed);
	w->timer_conn = c->chips * FB_SLOTS;
	w->timer_late = w->timer_conn + c->conns;
	w->timer_chip = w->timer_late + FB_LATE;
	w->timer_grant = w->timer_chip + c->chips;
	w->timer_fault = w->timer_grant + c->chips;
	sim_init(&w->sim, c->seed, &topo, tier, w->timer_fault + FB_FAULT_TIMERS, &fb_host_ops, w);
	spread_links(w);
}

static struct fb_world *make(const struct fb_cfg *cfg)
{
	struct fb_world *w = sim_zalloc(1, sizeof(*w));
	size_t slices = 2u * cfg->conns;

	w->cfg = *cfg;
	w->rng.s = sim_key(cfg->seed, SIM_FOR_ENGINE);
	w->fault_key = sim_hash3(cfg->seed, SIM_FOR_TEST, 77);
	w->ops_left = cfg->ops;
	w->data_bytes = cfg->payload > 96 ? cfg->payload : 96;	/* of load and store: 80 */
	w->ls_mem = sim_zalloc(cfg->ls ? cfg->chips * FB_SLOTS : 1, FB_LS_BYTES);
	w->ls_model = sim_zalloc(cfg->ls ? cfg->chips * FB_SLOTS : 1, FB_LS_BYTES);
	w->rd = sim_zalloc(cfg->rd ? FB_RDS : 1, sizeof(*w->rd));
	w->mem = sim_zalloc(slices + 1, FB_STRIDE);
	w->model = sim_zalloc(slices + 1, FB_STRIDE);
	for (size_t i = 0; i < FB_PAYLOADS; i += 8) {
		uint64_t x = fb_rand(&w->rng);

		memcpy(w->payload + i, &x, 8);
	}
	for (size_t i = 0; i < slices; i++) {
		memcpy(w->mem + i * FB_STRIDE, w->payload + i * 997 % (FB_PAYLOADS - FB_STRIDE),
		       FB_STRIDE);
		memcpy(w->model + i * FB_STRIDE, w->mem + i * FB_STRIDE, FB_STRIDE);
	}
	make_fabric(w);
	fb_faults_make(w);
	for (uint32_t i = 0; i < cfg->chips; i++) {
		w->chip[i].id = (uint8_t)i;
		w->chip[i].rng.s = fb_rand(&w->rng);
		fb_chip_start(w, &w->chip[i]);
	}
	fb_conns_make(w);
	return w;
}

static void dispose(struct fb_world *w)
{
	for (uint32_t i = 0; i < w->cfg.chips; i++)
		for (uint32_t k = 0; k < FB_SLOTS; k++)
			if (w->chip[i].slot[k].ctx)
				fb_context_free(w, w->chip[i].slot[k].ctx);
	for (uint32_t i = 0; i < w->cfg.chips; i++) {
		free(w->chip[i].pool_mem);
		free(w->chip[i].streams_mem);
	}
	fb_conns_free(w);
	sim_fini(&w->sim);
	free(w->wire);
	free(w->data);
	free(w->mem);
	free(w->model);
	free(w->ls_mem);
	free(w->ls_model);
	free(w->rd);
	free(w);
}

/* All work is posted and done: no more faults of the kind that break things, and no more work. */
static void drain(struct fb_world *w)
{
	w->phase = FB_DRAIN;
	fb_faults_stop(w);
	w->drain_by = w->sim.now + DRAIN_PS;
	for (uint32_t i = 0; i < w->cfg.chips; i++)
		for (uint32_t k = 0; k < FB_SLOTS; k++)
			if (w->chip[i].slot[k].ctx)
				fb_turn_soon(w, w->chip[i].slot[k].ctx, 0);
}

static void describe_conns(struct fb_world *w, char *out, size_t size)
{
	size_t at = 0;

	for (uint32_t i = 0; i < w->cfg.conns && at < size; i++) {
		const struct fb_conn *c = &w->conn[i];

		if (c->state == FB_CONNECTING || c->state == FB_UP)
			at += (size_t)snprintf(out + at, size - at,
				" conn %u (chips %u, %u; %s): %u/%u and %u/%u;", i, c->chip[0],
				c->chip[1], c->state == FB_UP ? "up" : "connecting",
				c->end[0].head, c->end[0].tail, c->end[1].head, c->end[1].tail);
	}
}

static void go(struct fb_world *w)
{
	char left[300] = "";
	sim_time step = 0;		/* time that has gone by, whatever happened in it */
	uint64_t done = 0;
	enum sim_end end;

	do {
		step += 100ull * SIM_MS;
		end = sim_run(&w->sim, step);
		w->where = NULL;
		if (w->phase == FB_RUN && w->idle_conns == w->cfg.conns) {
			drain(w);
			end = SIM_END_TIME;
		}
		if (w->phase == FB_RUN && w->completions != done)
			w->drain_by = w->sim.now + DRAIN_PS;
		done = w->completions;
		if (step > w->drain_by)
			break;
	} while (end == SIM_END_TIME || (end == SIM_END_DONE && w->phase == FB_DRAIN));
	describe_conns(w, left, sizeof(left));
	FB_MUST(w, w->idle_conns == w->cfg.conns, "%s at %.3f ms, but work is left:%s",
		end == SIM_END_IDLE ? "nothing is left to happen" : "time is up",
		(double)w->sim.now / 1e9, left);
	fb_look_at_end(w);
}

void fb_run(const struct fb_cfg *cfg, uint64_t stop_at, uint64_t *progress,
	    struct fb_result *out)
{
	struct fb_world *w = make(cfg);
	int how;

	w->stop_at = stop_at;
	w->progress = progress;
	w->drain_by = DRAIN_PS;
	how = setjmp(w->out);
	if (!how)
		go(w);
	memset(out, 0, sizeof(*out));
	out->end = (enum fb_end_of_run)how;
	out->packets = w->sim.made_pkts;
	out->events = w->event;
	out->ops = w->completions;
	out->contexts = w->contexts_made;
	out->virtual_ns = w->sim.now / SIM_NS;
	out->hash = sim_hash3(w->sim.trace_hash, w->event, w->completions);
	memcpy(out->faults, w->faults, sizeof(out->faults));
	memcpy(out->deeds, w->deeds, sizeof(out->deeds));
	memcpy(out->failure, w->failure, sizeof(out->failure));
	dispose(w);
}
