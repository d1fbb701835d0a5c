/* SPDX-License-Identifier: BSD-2-Clause */
/* See report.h. */
#include <inttypes.h>
#include <string.h>

#include "core/names.h"
#include "sim/lanes.h"
#include "sim/report.h"

static void put_u(json_t *o, const char *key, uint64_t v)
{
	json_object_set_new(o, key, json_integer((json_int_t)v));
}

static json_t *scenario_json(const struct sim_scenario *sc)
{
	json_t *root = json_object(), *section;
	char text[SIM_FILE_MAX + 1];

	for (size_t i = 0; i < sim_scenario_key_count; i++) {
		const struct sim_scenario_key *k = &sim_scenario_keys[i];
		const char *member = (const char *)sc + k->offset;

		section = root;
		if (*k->section) {
			section = json_object_get(root, k->section);
			if (!section) {
				section = json_object();
				json_object_set_new(root, k->section, section);
			}
		}
		sim_scenario_text(sc, k, text, sizeof(text));
		if (k->value == SIM_VALUE_COUNT || k->value == SIM_VALUE_SIZE)
			put_u(section, k->name, *(const uint64_t *)(const void *)member);
		else
			json_object_set_new(section, k->name, json_string(text));
	}
	return root;
}

static json_t *ideal_json(const struct sim_ring_form *f)
{
	json_t *o = json_object();

	put_u(o, "total_ps", f->total);
	put_u(o, "bandwidth_ps", f->bandwidth);
	put_u(o, "headers_ps", f->headers);
	put_u(o, "latency_ps", f->latency);
	put_u(o, "turnaround_ps", f->turnaround);
	put_u(o, "steps", f->steps);
	put_u(o, "chunk_bytes", f->chunk_bytes);
	put_u(o, "chunk_packets", f->packets);
	put_u(o, "chunk_wire_bytes", f->chunk_wire_bytes);
	put_u(o, "chunk_within_leaf_ps", f->path[0]);
	put_u(o, "chunk_across_leaves_ps", f->path[1]);
	put_u(o, "chunk_across_pods_ps", f->path[2]);
	return o;
}

static json_t *tiers_json(const struct sim_experiment *x)
{
	json_t *list = json_array();

	for (unsigned t = 0; t < SIM_TIERS; t++) {
		const struct sim_tier_sum *s = &x->tier[t];
		json_t *o;

		if (!s->links)
			continue;
		o = json_object();

		json_object_set_new(o, "name", json_string(sim_tier_name[t]));
		put_u(o, "links", s->links);
		put_u(o, "packets", s->sent_pkts);
		put_u(o, "bytes", s->sent_bytes);
		put_u(o, "bytes_of_busiest", s->sent_bytes_max);
		put_u(o, "dropped", s->dropped_pkts);
		put_u(o, "marked", s->marked_pkts);
		put_u(o, "trimmed", s->trimmed_pkts);
		put_u(o, "queue_max_bytes", s->queue_max);
		put_u(o, "queue_p99_bytes", s->queue_p99);
		if (x->sim.lanes) {
			put_u(o, "pauses", s->pauses);
			put_u(o, "paused_ps", s->paused);
			put_u(o, "paused_max_ps", s->paused_max);
		}
		json_object_set_new(o, "utilisation_mean", json_real(s->use_mean));
		json_object_set_new(o, "utilisation_max", json_real(s->use_max));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *engine_json(const struct sim_experiment *x)
{
	const struct weft_stats *e = &x->engine;
	const struct sim_host_stats *h = &x->hosts->stats;
	json_t *o = json_object(), *drops = json_object();

	put_u(o, "contexts", x->hosts->pdcs);
	put_u(o, "tx_packets", e->tx_pkts);
	put_u(o, "rx_packets", e->rx_pkts);
	put_u(o, "retransmitted", e->rtx_pkts);
	put_u(o, "retransmitted_rack", e->rtx_rack);
	put_u(o, "retransmitted_nack", e->rtx_nack);
	put_u(o, "retransmitted_tail_probe", e->rtx_tlp);
	put_u(o, "retransmitted_timeout", e->rtx_rto);
	put_u(o, "acks", e->tx_acks);
	put_u(o, "nacks", e->tx_nacks + h->nacks);
	put_u(o, "ce_received", e->ce_rx);
	put_u(o, "rnr", e->rnr_tx);
	put_u(o, "path_moves", e->path_moves);
	put_u(o, "placed_bytes", h->placed_bytes);
	put_u(o, "refused", h->refused);
	for (unsigned d = 1; d < WEFT_DROP_COUNT; d++)
		if (e->drop[d] + h->drops[d])
			put_u(drops, weft_drop_name(d), e->drop[d] + h->drops[d]);
	json_object_set_new(o, "drops", drops);
	return o;
}

static json_t *share_json(double mean, double most)
{
	json_t *o = json_object();

	json_object_set_new(o, "mean", json_real(mean));
	json_object_set_new(o, "max", json_real(most));
	return o;
}

/* What chips' interfaces did (nic.h): shares of the time of the run. */
static json_t *nic_json(const struct sim_nic_sum *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "bus_out", share_json(s->bus_mean[SIM_NIC_OUT],
						     s->bus_max[SIM_NIC_OUT]));
	json_object_set_new(o, "bus_in", share_json(s->bus_mean[SIM_NIC_IN],
						    s->bus_max[SIM_NIC_IN]));
	json_object_set_new(o, "memory", share_json(s->memory_mean, s->memory_max));
	put_u(o, "waiting_max_bytes", s->waiting_max);
	put_u(o, "dropped", s->dropped_pkts);
	return o;
}

static json_t *planes_json(const struct sim_experiment *x)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < x->sim.topo.planes; i++) {
		json_t *o = json_object();

		put_u(o, "bytes_to_chips", x->plane[i].bytes);
		put_u(o, "dropped", x->plane[i].dropped_pkts);
		put_u(o, "lost", x->plane[i].lost_pkts);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *fabric_json(const struct sim_experiment *x)
{
	json_t *o = json_object();

	put_u(o, "packets_made", x->sim.made_pkts);
	put_u(o, "packets_taken", x->sim.taken_pkts);
	put_u(o, "hops", x->sim.hops);
	if (x->codec.every)
		put_u(o, "codec_checked", x->codec.checked);
	json_object_set_new(o, "tiers", tiers_json(x));
	json_object_set_new(o, "planes", planes_json(x));
	if (!x->sim.lanes)
		return o;
	put_u(o, "buffer_max_bytes", x->buffer_max);
	put_u(o, "pause_frames", x->sim.lanes->words);
	json_object_set_new(o, "deadlock_ps", x->sim.lanes->deadlock_at == SIM_NEVER ? json_null() :
			    json_integer((json_int_t)x->sim.lanes->deadlock_at));
	return o;
}

static json_t *steps_json(const struct sim_ring *ring)
{
	json_t *list = json_array();

	for (uint32_t k = 0; k < ring->steps; k++) {
		json_t *pair = json_array();

		json_array_append_new(pair, json_integer((json_int_t)ring->step[k].first));
		json_array_append_new(pair, json_integer((json_int_t)ring->step[k].last));
		json_array_append_new(list, pair);
	}
	return list;
}

static void requests_json(json_t *o, const char *name, const struct sim_request_sum *r)
{
	json_t *sub = json_object();

	if (!r->n) {
		json_decref(sub);
		return;
	}
	put_u(sub, "done", r->n);
	json_object_set_new(sub, "mean_ps", json_real(r->mean));
	json_object_set_new(sub, "p50_ps", json_real(r->p50));
	json_object_set_new(sub, "p99_ps", json_real(r->p99));
	json_object_set_new(sub, "max_ps", json_real(r->max));
	json_object_set_new(o, name, sub);
}

/* Above 1: packets take longer. */
static double fluid_ratio(const struct sim_fluid_error *f)
{
	return f->packets && f->fluid ? (double)f->packets / (double)f->fluid : 0;
}

/* What only some workloads have. */
static void more_json(json_t *o, const struct sim_experiment *x)
{
	const struct sim_flow_sum *s = &x->sum;

	if (x->fluid.fluid || *x->fluid.why) {
		json_t *error = json_object();

		put_u(error, "divided_by", x->sc.fluid_check);
		put_u(error, "fluid_ps", x->fluid.fluid);
		put_u(error, "packets_ps", x->fluid.packets);
		json_object_set_new(error, "packets_to_fluid", json_real(fluid_ratio(&x->fluid)));
		json_object_set_new(error, "why", json_string(x->fluid.why));
		json_object_set_new(o, "fluid_error", error);
	}
	requests_json(o, "reads", &s->reads);
	requests_json(o, "writes", &s->writes);
	if (x->sc.deadline_us)
		put_u(o, "missed", s->missed);
	if (!x->sc.background_load)
		return;
	put_u(o, "background_done", s->beside);
	json_object_set_new(o, "background_mean_ps", json_real(s->beside_mean));
	json_object_set_new(o, "background_p99_ps", json_real(s->beside_p99));
}

static json_t *flows_json(const struct sim_experiment *x)
{
	const struct sim_flow_sum *s = &x->sum;
	json_t *o = json_object();

	put_u(o, "done", s->flows);
	json_object_set_new(o, "fct_mean_ps", json_real(s->mean));
	json_object_set_new(o, "fct_p50_ps", json_real(s->p50));
	json_object_set_new(o, "fct_p95_ps", json_real(s->p95));
	json_object_set_new(o, "fct_p99_ps", json_real(s->p99));
	json_object_set_new(o, "fct_max_ps", json_real(s->max));
	put_u(o, "makespan_ps", s->makespan);
	json_object_set_new(o, "slowdown_mean", json_real(s->slow_mean));
	json_object_set_new(o, "slowdown_p50", json_real(s->slow_p50));
	json_object_set_new(o, "slowdown_p99", json_real(s->slow_p99));
	json_object_set_new(o, "slowdown_max", json_real(s->slow_max));
	json_object_set_new(o, "goodput_gbps", json_real(s->goodput_gbps));
	put_u(o, "chain_ps", s->chain);
	put_u(o, "busiest_link_ps", s->link);
	put_u(o, "ideal_ps", s->ideal);
	json_object_set_new(o, "ratio", json_real(x->ratio));
	more_json(o, x);
	return o;
}

static json_t *series_json(const struct sim_experiment *x)
{
	const struct sim_stats *s = &x->sim.stats;
	uint32_t used = sim_slots(s, x->quiet);
	json_t *o = json_object(), *tiers = json_array();

	put_u(o, "slot_ps", 1ull << s->shift);
	put_u(o, "slots", used);
	for (unsigned t = 0; t < SIM_TIERS; t++) {
		json_t *tier, *sent, *peak;

		if (!x->tier[t].links)
			continue;
		tier = json_object();
		sent = json_array();
		peak = json_array();

		for (unsigned i = 0; i < used; i++) {
			json_array_append_new(sent, json_integer((json_int_t)s->tier[t].sent[i]));
			json_array_append_new(peak, json_integer((json_int_t)s->tier[t].peak[i]));
		}
		json_object_set_new(tier, "name", json_string(sim_tier_name[t]));
		json_object_set_new(tier, "sent_bytes", sent);
		json_object_set_new(tier, "queue_peak_bytes", peak);
		json_array_append_new(tiers, tier);
	}
	json_object_set_new(o, "tiers", tiers);
	return o;
}

/* Of each context watched: how many of its paths were in which state at each look. */
static json_t *paths_json(const struct sim_watch *w)
{
	json_t *o = json_object(), *list = json_array();

	put_u(o, "period_ps", w->period);
	put_u(o, "paths", w->paths);
	for (uint32_t c = 0; c < w->n; c++) {
		json_t *context = json_object();

		put_u(context, "chip", w->context[c].chip);
		put_u(context, "peer", w->context[c].peer);
		for (int k = SIM_PATH_GOOD; k < SIM_PATH_LOOKS; k++) {
			json_t *counts = json_array();

			for (uint32_t i = 0; i < w->looks; i++)
				json_array_append_new(counts, json_integer(
					sim_watch_count(w, i, c, (enum sim_path_look)k)));
			json_object_set_new(context, sim_path_look_name[k], counts);
		}
		json_array_append_new(list, context);
	}
	json_object_set_new(o, "contexts", list);
	return o;
}

static json_t *result_json(const struct sim_experiment *x)
{
	json_t *o = json_object();
	char hash[32];

	snprintf(hash, sizeof(hash), "%016" PRIx64, x->hash);
	json_object_set_new(o, "ok", json_boolean(x->ok));
	json_object_set_new(o, "error", x->ok ? json_null() : json_string(x->error));
	json_object_set_new(o, "hash", json_string(hash));
	put_u(o, "chips", x->sim.topo.hosts);
	put_u(o, "connected_ps", x->began);
	put_u(o, "took_ps", x->took);
	if (sim_is_ring(&x->sc)) {
		put_u(o, "ideal_ps", x->ideal.total);
		json_object_set_new(o, "ratio", json_real(x->ratio));
	}
	put_u(o, "acknowledged_ps", x->over);
	put_u(o, "at_rest_ps", x->quiet);
	return o;
}

static double seconds(uint64_t us)
{
	return (double)us / 1e6;
}

/* What each of several processes did, and how evenly. */
static void put_work(json_t *o, const struct sim_experiment *x)
{
	uint64_t sum = 0, most = 1;
	json_t *list = json_array();

	for (uint32_t r = 0; r < x->works; r++) {
		const struct sim_work *w = &x->work[r];
		uint64_t busy = w->run_us > w->exchange_us ? w->run_us - w->exchange_us : 0;
		json_t *rank = json_object();

		put_u(rank, "parts", w->parts);
		put_u(rank, "events", w->events);
		put_u(rank, "hops", w->hops);
		put_u(rank, "packets_to_others", w->crossed_pkts);
		put_u(rank, "bytes_to_others", w->crossed_bytes);
		json_object_set_new(rank, "cpu_s", json_real(seconds(w->cpu_us)));
		json_object_set_new(rank, "busy_s", json_real(seconds(busy)));
		put_u(rank, "memory_kib", w->memory_kib);
		json_array_append_new(list, rank);
		sum += busy;
		most = busy > most ? busy : most;
	}
	json_object_set_new(o, "ranks", list);
	put_u(o, "stretches", x->work[0].stretches);
	json_object_set_new(o, "longest_s", json_real(seconds(x->work[0].longest_us)));
	json_object_set_new(o, "balance", json_real((double)sum / x->works / (double)most));
}

/* Of this machine and moment: not part of the result. */
static json_t *measured_json(const struct sim_experiment *x)
{
	json_t *o = json_object();

	json_object_set_new(o, "wall_s", json_real(x->wall_s));
	put_u(o, "events", x->sim.events_done);
	json_object_set_new(o, "events_per_s", json_real((double)x->sim.events_done / x->wall_s));
	json_object_set_new(o, "hops_per_s", json_real((double)x->sim.hops / x->wall_s));
	put_u(o, "packets_kept_max", x->sim.pool.live_max);
	put_u(o, "memory_kib", sim_memory_kib());
	if (x->works)
		put_work(o, x);
	return o;
}

json_t *sim_report_json(const struct sim_experiment *x)
{
	json_t *root = json_object();

	json_object_set_new(root, "format", json_string("weft-sim result 1"));
	json_object_set_new(root, "scenario", scenario_json(&x->sc));
	json_object_set_new(root, "result", result_json(x));
	json_object_set_new(root, "fabric", fabric_json(x));
	json_object_set_new(root, "engine", engine_json(x));
	if (x->hosts->nic)
		json_object_set_new(root, "nic", nic_json(&x->nic));
	if (sim_is_ring(&x->sc)) {
		json_object_set_new(root, "ideal", ideal_json(&x->ideal));
		json_object_set_new(root, "steps_ps", steps_json(&x->ring));
	} else {
		json_object_set_new(root, "flows", flows_json(x));
	}
	json_object_set_new(root, "series", series_json(x));
	if (x->watch.n)
		json_object_set_new(root, "paths", paths_json(&x->watch));
	json_object_set_new(root, "measured", measured_json(x));
	return root;
}

/* A counter of struct sim_tier_sum over all tiers. */
static uint64_t sum_of(const struct sim_experiment *x, size_t counter)
{
	uint64_t n = 0;

	for (unsigned t = 0; t < SIM_TIERS; t++)
		n += *(const uint64_t *)(const void *)((const char *)&x->tier[t] + counter);
	return n;
}

static void ring_text(const struct sim_experiment *x, FILE *out)
{
	const struct sim_ring_form *f = &x->ideal;

	fprintf(out, "%s: ring all-reduce of %.3f MiB on %u chips, seed %" PRIu64 "\n", x->sc.name,
		(double)x->sc.bytes / 1048576, x->ring.n, x->sc.seed);
	fprintf(out, "  simulated %12.3f us\n", (double)x->took / 1e6);
	fprintf(out, "  ideal     %12.3f us = bandwidth %.3f + headers %.3f + latency %.3f",
		(double)f->total / 1e6, (double)f->bandwidth / 1e6, (double)f->headers / 1e6,
		(double)f->latency / 1e6);
	if (f->turnaround)
		fprintf(out, " + turnaround %.3f", (double)f->turnaround / 1e6);
	fprintf(out, "\n  ratio     %12.4f\n", x->ratio);
}

static void requests_text(const struct sim_request_sum *r, const char *name, FILE *out)
{
	if (r->n)
		fprintf(out, "  %-10s %11.4f us mean, %.4f p50, %.4f p99, %.4f max; %u of them\n",
			name, r->mean / 1e6, r->p50 / 1e6, r->p99 / 1e6, r->max / 1e6, r->n);
}

static void more_text(const struct sim_experiment *x, FILE *out)
{
	const struct sim_flow_sum *s = &x->sum;
	bool dispatch = x->sc.workload == SIM_WORK_DISPATCH;

	if (fluid_ratio(&x->fluid) > 0)
		fprintf(out, "  error      %+11.1f %%: packets take %.4f us for 1/%" PRIu64
			" of the bytes, the fluid %.4f\n", 100 * (fluid_ratio(&x->fluid) - 1),
			(double)x->fluid.packets / 1e6, x->sc.fluid_check,
			(double)x->fluid.fluid / 1e6);
	else if (*x->fluid.why)
		fprintf(out, "  error      not known: by packets: %s\n", x->fluid.why);
	requests_text(&s->reads, "reads", out);
	requests_text(&s->writes, dispatch ? "dispatches" : "writes", out);
	if (x->sc.deadline_us)
		fprintf(out, "  deadline   %11" PRIu64 " us, missed by %u\n", x->sc.deadline_us,
			s->missed);
	if (x->sc.background_load)
		fprintf(out, "  background %11.4f us mean, %.4f p99; %u flows\n",
			s->beside_mean / 1e6, s->beside_p99 / 1e6, s->beside);
}

static void flows_text(const struct sim_experiment *x, FILE *out)
{
	const struct sim_flow_sum *s = &x->sum;

	fprintf(out, "%s: %u flows of %.3f MiB in all on %u chips, seed %" PRIu64 "\n", x->sc.name,
		s->flows, (double)x->flows.own_bytes / 1048576, x->sim.topo.hosts, x->sc.seed);
	fprintf(out, "  completion %11.4f us mean, %.4f p50, %.4f p99, %.4f max\n", s->mean / 1e6,
		s->p50 / 1e6, s->p99 / 1e6, s->max / 1e6);
	fprintf(out, "  slowdown   %11.4f mean, %.4f p50, %.4f p99, %.4f max (1: an empty "
		"fabric)\n", s->slow_mean, s->slow_p50, s->slow_p99, s->slow_max);
	fprintf(out, "  makespan   %11.4f us, %.1f Gb/s of payload\n", (double)s->makespan / 1e6,
		s->goodput_gbps);
	fprintf(out, "  ideal      %11.4f us (longest chain %.4f, busiest link %.4f), ratio %.4f\n",
		(double)s->ideal / 1e6, (double)s->chain / 1e6, (double)s->link / 1e6,
		x->ratio);
	more_text(x, out);
}

static void lanes_text(const struct sim_experiment *x, FILE *out)
{
	if (!x->sim.lanes)
		return;
	fprintf(out, "  switches  %.1f KiB held at most by one; %" PRIu64 " pauses",
		(double)x->buffer_max / 1024, sum_of(x, offsetof(struct sim_tier_sum, pauses)));
	fprintf(out, " of %.3f us in all%s\n",
		(double)sum_of(x, offsetof(struct sim_tier_sum, paused)) / 1e6,
		x->sim.lanes->deadlock_at == SIM_NEVER ? "" : "; A DEADLOCK");
}

static void work_text(const struct sim_work *w, uint32_t rank, FILE *out)
{
	fprintf(out, "  process %-3u %" PRIu64 " parts, %" PRIu64 " hops, %" PRIu64 " packets to "
		"others, %.2f s of its processor (%.2f exchanging), %" PRIu64 " MiB\n", rank,
		w->parts, w->hops, w->crossed_pkts, seconds(w->cpu_us), seconds(w->exchange_us),
		w->memory_kib / 1024);
}

void sim_report_text(const struct sim_experiment *x, FILE *out)
{
	if (!x->ok) {
		fprintf(out, "%s: FAILED: %s\n", x->sc.name, x->error);
		return;
	}
	if (sim_is_ring(&x->sc))
		ring_text(x, out);
	else
		flows_text(x, out);
	fprintf(out, "  packets   %" PRIu64 " sent, %" PRIu64 " dropped, %" PRIu64
		" trimmed, %" PRIu64 " retransmitted; all accounted for\n", x->sim.made_pkts,
		sum_of(x, offsetof(struct sim_tier_sum, dropped_pkts)),
		sum_of(x, offsetof(struct sim_tier_sum, trimmed_pkts)), x->engine.rtx_pkts);
	lanes_text(x, out);
	if (x->codec.every)
		fprintf(out, "  codec     %" PRIu64 " packets went through bytes and came out the "
			"same\n", x->codec.checked);
	fprintf(out, "  hash      %016" PRIx64 "\n", x->hash);
	fprintf(out, "  real time %.2f s (%.2f of it to set up): %.2f M events/s, %.2f M hops/s\n",
		x->wall_s, x->setup_s, (double)x->sim.events_done / x->wall_s / 1e6,
		(double)x->sim.hops / x->wall_s / 1e6);
	for (uint32_t r = 0; r < x->works; r++)
		work_text(&x->work[r], r, out);
}
