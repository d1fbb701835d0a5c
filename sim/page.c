/* SPDX-License-Identifier: BSD-2-Clause */
/* The result page: words, tables, and where the figures of plots.c stand. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "core/names.h"
#include "sim/graph.h"
#include "sim/lanes.h"
#include "sim/page.h"
#include "sim/plots.h"
#include "sim/svg.h"

static const char head[] =
"<!doctype html>\n"
"<html lang=\"en\">\n"
"<meta charset=\"utf-8\">\n"
"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
"<style>\n"
":root{--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d8dee4;--tile:#f6f8fa;--ok:#1a7f37;\n"
"--bad:#c62828;--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#a0568f;--c4:#4a5560;\n"
"--s0:#eaf2f8;--s1:#c3dbec;--s2:#93bfdc;--s3:#5b9cc7;--s4:#2c76ab;--s5:#0d4a7a}\n"
"@media(prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e6e9ec;--soft:#9aa4ae;\n"
"--line:#323a42;--tile:#1d232a;--ok:#4cc272;--bad:#ff7b72;--c0:#4aa8e0;--c1:#ff8a3c;\n"
"--c2:#2fc796;--c3:#d28bc2;--c4:#aab4be;\n"
"--s0:#1c2731;--s1:#1f3d55;--s2:#245a80;--s3:#2f7bb0;--s4:#5aa2d4;--s5:#a5d0ee}}\n"
"body{margin:0 auto;max-width:1020px;padding:24px 20px 60px;background:var(--bg);\n"
"color:var(--fg);font:15px/1.5 system-ui,sans-serif}\n"
"h1{font-size:24px;margin:0 0 2px}h2{font-size:18px;margin:34px 0 6px}\n"
"p{margin:6px 0;max-width:75ch}.sub{color:var(--soft)}\n"
"code,pre{font:13px/1.5 ui-monospace,monospace}pre{background:var(--tile);padding:10px 14px;\n"
"border-radius:6px;white-space:pre-wrap}\n"
".tiles{display:flex;flex-wrap:wrap;gap:10px;margin:18px 0}\n"
".tile{background:var(--tile);border-radius:8px;padding:10px 16px;min-width:110px}\n"
".tile b{display:block;font-size:20px;font-weight:600}.tile span{color:var(--soft);\n"
"font-size:13px}.ok b{color:var(--ok)}.bad b{color:var(--bad)}\n"
"svg{width:100%;height:auto;display:block}\n"
".grid{stroke:var(--line);stroke-width:1}.frame{fill:none;stroke:var(--soft)}\n"
".tick,.label,.name{fill:var(--soft);font:12px system-ui,sans-serif}\n"
".name{fill:var(--fg);font-size:13px}\n"
".line{fill:none;stroke-width:1.6}.dash{stroke-dasharray:5 4}\n"
".limit{stroke:var(--bad);stroke-dasharray:3 3;stroke-width:1.4}\n"
".band{opacity:.25;stroke:none}\n"
".c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}\n"
".c4{stroke:var(--c4)}.fill,.band{stroke:none}\n"
".fill.c0{fill:var(--c0)}.fill.c1{fill:var(--c1)}.fill.c2{fill:var(--c2)}\n"
".fill.c3{fill:var(--c3)}.fill.c4,.band.c4{fill:var(--c4)}\n"
".shade0{fill:var(--s0);background:var(--s0)}.shade1{fill:var(--s1);background:var(--s1)}\n"
".shade2{fill:var(--s2);background:var(--s2)}.shade3{fill:var(--s3);background:var(--s3)}\n"
".shade4{fill:var(--s4);background:var(--s4);color:var(--bg)}\n"
".shade5{fill:var(--s5);background:var(--s5);color:var(--bg)}\n"
".legend{display:flex;flex-wrap:wrap;gap:4px 18px;color:var(--soft);font-size:13px;\n"
"max-width:none}.legend i{display:inline-block;width:22px;height:10px;margin-right:6px;\n"
"vertical-align:middle}.legend i.key{height:0;border-top:3px solid}\n"
".key.c0,.box.c0{color:var(--c0)}.key.c1,.box.c1{color:var(--c1)}\n"
".key.c4{color:var(--c4)}"
".key.c2,.box.c2{color:var(--c2)}.key.c3,.box.c3{color:var(--c3)}.box.c4{color:var(--c4)}\n"
".key.dash{border-top-style:dashed!important}.legend i.box{background:currentColor}\n"
"table{border-collapse:collapse;margin:8px 0;font-size:14px;display:block;overflow-x:auto}\n"
"th,td{padding:3px 12px 3px 0;text-align:left;border-bottom:1px solid var(--line)}\n"
"td.n,th.n{text-align:right}.spread td{text-align:right;padding:3px 8px}\n"
".spread th{font-weight:400;color:var(--soft)}\n"
".cols{display:flex;flex-wrap:wrap;gap:0 40px}\n"
"</style>\n";

static void tile(FILE *out, const char *class, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void tile(FILE *out, const char *class, const char *what, const char *fmt, ...)
{
	va_list ap;

	fprintf(out, "<div class=\"tile %s\"><b>", class);
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fprintf(out, "</b><span>%s</span></div>\n", what);
}

/* What only some workloads have. */
static void more_tiles(const struct sim_experiment *x, FILE *out)
{
	const struct sim_flow_sum *s = &x->sum;

	if (s->reads.n)
		tile(out, "", "reads, mean", "%.1f us", s->reads.mean / 1e6);
	if (s->reads.n)
		tile(out, "", "reads, 99 %", "%.1f us", s->reads.p99 / 1e6);
	if (s->writes.n)
		tile(out, "", x->sc.workload == SIM_WORK_DISPATCH ? "dispatches, mean" :
		     "writes, mean", "%.1f us", s->writes.mean / 1e6);
	if (s->writes.n)
		tile(out, "", x->sc.workload == SIM_WORK_DISPATCH ? "dispatches, 99 %" :
		     "writes, 99 %", "%.1f us", s->writes.p99 / 1e6);
	if (x->sc.deadline_us)
		tile(out, s->missed ? "bad" : "ok", "deadlines missed", "%u", s->missed);
	if (x->sc.background_load)
		tile(out, "", "background flows, mean", "%.1f us", s->beside_mean / 1e6);
	if (x->fluid.fluid && x->fluid.packets)
		tile(out, "", "packets beside the fluid", "%+.1f %%",
		     100 * ((double)x->fluid.packets / (double)x->fluid.fluid - 1));
}

static void tiles(const struct sim_experiment *x, FILE *out)
{
	uint64_t dropped = 0;

	for (int t = 0; t < SIM_TIERS; t++)
		dropped += x->tier[t].dropped_pkts;
	fputs("<div class=\"tiles\">\n", out);
	if (sim_is_ring(&x->sc)) {
		tile(out, x->ratio <= 1.05 ? "ok" : "bad", "simulated / ideal", "%.4f", x->ratio);
		tile(out, "", "simulated", "%.1f us", (double)x->took / 1e6);
		tile(out, "", "ideal", "%.1f us", (double)x->ideal.total / 1e6);
	} else {
		tile(out, "", "flows, all done", "%u", x->sum.flows);
		tile(out, "", "completion, mean", "%.1f us", x->sum.mean / 1e6);
		tile(out, "", "completion, 99 %", "%.1f us", x->sum.p99 / 1e6);
		tile(out, "", "slowdown, 99 %", "%.2f", x->sum.slow_p99);
		tile(out, "", "makespan", "%.1f us", (double)x->sum.makespan / 1e6);
		tile(out, "", "makespan / ideal", "%.4f", x->ratio);
		more_tiles(x, out);
	}
	tile(out, "", "packets sent", "%" PRIu64, x->sim.made_pkts);
	tile(out, "", "dropped", "%" PRIu64, dropped);
	tile(out, "", "retransmitted", "%" PRIu64, x->engine.rtx_pkts);
	tile(out, "ok", "packets accounted for", "all");
	fputs("</div>\n", out);
}

/* The closed form, with this run's numbers in it. */
static void closed_form(const struct sim_experiment *x, FILE *out)
{
	const struct sim_ring_form *f = &x->ideal;
	static const char *const where[] = { "within a leaf", "across leaves", "across pods  " };

	fprintf(out, "<h2>Against the closed form</h2>\n<p>In each of %u steps every chip sends "
		"one chunk of %" PRIu64 " bytes to its neighbour, and may send the next only when "
		"the one from its other neighbour has arrived. On links that are never shared, "
		"and with a transport that never waits, that takes exactly</p>\n<pre>", f->steps,
		f->chunk_bytes);
	fprintf(out, "T = max over r of  sum over k = 0 .. %u of T(path from rank r+k to r+k+1)%s\n"
		"T(h links) = sum of w_i / B  +  (h - 1) max w_i / B  +  h d\n\n", f->steps - 1,
		f->turnaround ? "  +  (steps - 1) t" : "");
	if (f->held)
		fputs("A link is busy with a chunk for longer than the shortest T, so also:\n"
		      "arrival(r, k) >= arrival(r, k-1) + sum of w_i / B of the slowest link\n\n",
		      out);
	fprintf(out, "chunk          %" PRIu64 " B in %u packets of at most %" PRIu64
		" B payload, %" PRIu64 " B on the wire with all headers (sum of w_i)\n",
		f->chunk_bytes, f->packets, x->sc.payload_bytes, f->chunk_wire_bytes);
	for (int i = 0; i < 3; i++)
		if (f->path[i])
			fprintf(out, "%s  T(%d) = %12.6f us\n", where[i], 2 * (i + 1),
				(double)f->path[i] / 1e6);
	fprintf(out, "\nbandwidth      2 (n-1)/n S/B                 %14.3f us\n"
		"headers        2 (n-1) (sum w_i - S/n) / B    %14.3f us\n"
		"latency        store and forward, and delay   %14.3f us\n",
		(double)f->bandwidth / 1e6, (double)f->headers / 1e6, (double)f->latency / 1e6);
	if (f->turnaround)
		fprintf(out, "turnaround     (2(n-1) - 1) t                 %14.3f us\n",
			(double)f->turnaround / 1e6);
	fprintf(out, "ideal                                         %14.3f us\n"
		"simulated                                     %14.3f us   ratio %.4f</pre>\n",
		(double)f->total / 1e6, (double)x->took / 1e6, x->ratio);
	sim_plot_ideal(x, out);
	fputs("<p class=\"legend\"><span><i class=\"box c0\"></i>bandwidth</span><span><i "
	      "class=\"box c1\"></i>headers</span><span><i class=\"box c2\"></i>latency</span>",
	      out);
	if (f->turnaround)
		fputs("<span><i class=\"box c3\"></i>turnaround</span>", out);
	fputs("<span><i class=\"box c4\"></i>simulated</span></p>\n", out);
}

static void links_and_queues(const struct sim_experiment *x, FILE *out)
{
	const struct sim_topology *t = &x->sim.topo;

	fputs("<h2>Links</h2>\n", out);
	sim_plot_utilisation(x, out);
	fputs("<p>How much of its rate each link out of a switch carried, from beginning to end; "
	      "a line for each switch:</p>\n", out);
	sim_plot_links(x, out);
	if (!t->graph && t->leaves <= 16 && t->spines <= 16 && t->leaves > 1) {
		fputs("<p>MiB that each leaf sent by each spine:</p>\n", out);
		sim_plot_spread(x, out);
	}
	fputs("<h2>Queues of switch ports</h2>\n", out);
	sim_plot_queue(x, out);
	fputs("<p>How long queues were how deep, over all ports of a tier:</p>\n", out);
	sim_plot_depths(x, out);
}

static void path_states(const struct sim_experiment *x, FILE *out)
{
	if (!x->watch.n)
		return;
	fprintf(out, "<h2>Path states</h2>\n<p>What engines know of each of their %u paths, of %u "
		"contexts (run.watch), looked at every %.3f us. Skipped: a packet of it was marked "
		"within a round trip. Suspect: packets in a row were lost, and nothing goes by it "
		"but probes. Denied: probes had no answer. Down: its port does not work. Below, "
		"those contexts that had most of it:</p>\n", x->watch.paths, x->watch.n,
		(double)x->watch.period / SIM_US);
	sim_plot_paths(x, out);
}

static void figures(const struct sim_experiment *x, FILE *out)
{
	fputs("<h2>Progress of the collective</h2>\n<p>When each step's chunks had arrived: at the "
	      "first and at the last rank (grey). Red: the ideal.</p>\n", out);
	sim_plot_progress(x, out);
	fputs("<h2>Who was late</h2>\n<p>Arrival of each chunk at each rank, minus its ideal "
	      "arrival by the same chain of links.</p>\n", out);
	if (!sim_plot_lateness(x, out))
		fputs("<p class=\"sub\">Not kept for a run of this size.</p>\n", out);
	links_and_queues(x, out);
	path_states(x, out);
}

static void flow_figures(const struct sim_experiment *x, FILE *out)
{
	fputs("<h2>Against the ideal</h2>\n<p>What all took, and what it could not be below: the "
	      "longest chain of what waits for each other, on an empty fabric, and the link of the "
	      "chip with most to send or to get. As bandwidth: payload of all flows by that "
	      "time.</p>\n", out);
	sim_plot_makespan(x, out);
	fputs("<h2>Completion times</h2>\n<p>From when a flow is due until its sender knows that "
	      "all of it is in the peer's memory. Share of flows that took no longer:</p>\n", out);
	sim_plot_completion(x, out);
	fputs("<h2>Goodput</h2>\n<p>Payload of all flows, that of each spread evenly over its "
	      "time:</p>\n", out);
	sim_plot_goodput(x, out);
	fputs("<h2>Slowdown by size</h2>\n<p>Completion time over that on an empty fabric, by size "
	      "of flow: median (left) and 99 % (right).</p>\n", out);
	sim_plot_slowdown(x, out);
	links_and_queues(x, out);
	path_states(x, out);
}

static void tiers(const struct sim_experiment *x, FILE *out)
{
	fputs("<h2>Counters</h2>\n<table><tr><th>links</th><th class=\"n\">number</th><th "
	      "class=\"n\">packets</th><th class=\"n\">MiB</th><th class=\"n\">used, mean</th><th "
	      "class=\"n\">used, busiest</th><th class=\"n\">dropped</th>"
	      "<th class=\"n\">marked</th><th class=\"n\">queue max, B</th></tr>\n", out);
	for (int t = 0; t < SIM_TIERS; t++) {
		const struct sim_tier_sum *s = &x->tier[t];

		if (!s->links)
			continue;
		fprintf(out, "<tr><td>%s</td><td class=\"n\">%u</td><td class=\"n\">%" PRIu64
			"</td><td class=\"n\">%.1f</td><td class=\"n\">%.1f %%</td><td "
			"class=\"n\">%.1f %%</td><td class=\"n\">%" PRIu64 "</td><td class=\"n\">%"
			PRIu64 "</td><td class=\"n\">%u</td></tr>\n", sim_tier_name[t], s->links,
			s->sent_pkts, (double)s->sent_bytes / 1048576, 100 * s->use_mean,
			100 * s->use_max, s->dropped_pkts, s->marked_pkts, s->queue_max);
	}
	fputs("</table>\n", out);
}

/* What lies between memory and ports, as shares of the time of the run. */
static void interfaces(const struct sim_experiment *x, FILE *out)
{
	static const char *const name[] = { "bus, out", "bus, in", "memory" };
	const struct sim_nic_sum *s = &x->nic;
	const double mean[] = { s->bus_mean[0], s->bus_mean[1], s->memory_mean };
	const double most[] = { s->bus_max[0], s->bus_max[1], s->memory_max };

	if (!x->hosts->nic)
		return;
	fputs("<h2>Interfaces of chips</h2>\n<table><tr><th></th><th class=\"n\">Gb/s</th><th "
	      "class=\"n\">used, mean</th><th class=\"n\">used, busiest</th></tr>\n", out);
	for (int i = 0; i < 3; i++) {
		uint64_t gbps = i < 2 ? x->sc.nic_bus_gbps : x->sc.nic_memory_gbps;

		if (gbps)
			fprintf(out, "<tr><td>%s</td><td class=\"n\">%" PRIu64 "</td><td "
				"class=\"n\">%.1f %%</td><td class=\"n\">%.1f %%</td></tr>\n",
				name[i], gbps, 100 * mean[i], 100 * most[i]);
	}
	fprintf(out, "</table>\n<p>%" PRIu64 " B waited on their way in at most; %" PRIu64
		" packets found the buffer full.</p>\n", s->waiting_max, s->dropped_pkts);
}

/* What each plane carried, if there are several. */
static void planes(const struct sim_experiment *x, FILE *out)
{
	if (x->sim.topo.planes == 1)
		return;
	fputs("<table><tr><th>plane</th><th class=\"n\">MiB to chips</th><th class=\"n\">dropped"
	      "</th><th class=\"n\">lost on dead links</th></tr>\n", out);
	for (uint32_t i = 0; i < x->sim.topo.planes; i++)
		fprintf(out, "<tr><td>%u</td><td class=\"n\">%.1f</td><td class=\"n\">%" PRIu64
			"</td><td class=\"n\">%" PRIu64 "</td></tr>\n", i,
			(double)x->plane[i].bytes / 1048576, x->plane[i].dropped_pkts,
			x->plane[i].lost_pkts);
	fputs("</table>\n", out);
}

/* What classes, buffers and flow control came to. */
static void lanes(const struct sim_experiment *x, FILE *out)
{
	const struct sim_lanes *l = x->sim.lanes;

	if (!l)
		return;
	fprintf(out, "<p>The switch that held most held %.1f KiB; %" PRIu64 " pause frames were "
		"sent.", (double)x->buffer_max / 1024, l->words);
	if (l->deadlock_at != SIM_NEVER)
		fprintf(out, " <b>A deadlock was seen at %.3f us: these links wait for each other: "
			"%s.</b>", (double)l->deadlock_at / SIM_US, l->deadlock);
	fputs("</p>\n<table><tr><th>links</th><th class=\"n\">pauses</th><th class=\"n\">paused, "
	      "us, all</th><th class=\"n\">worst port, us</th></tr>\n", out);
	for (int t = 0; t < SIM_TIERS; t++) {
		const struct sim_tier_sum *s = &x->tier[t];

		if (s->links)
			fprintf(out, "<tr><td>%s</td><td class=\"n\">%" PRIu64 "</td><td "
				"class=\"n\">%.3f</td><td class=\"n\">%.3f</td></tr>\n",
				sim_tier_name[t], s->pauses, (double)s->paused / SIM_US,
				(double)s->paused_max / SIM_US);
	}
	fputs("</table>\n", out);
}

static void row(FILE *out, const char *name, uint64_t v)
{
	fprintf(out, "<tr><td>%s</td><td class=\"n\">%" PRIu64 "</td></tr>\n", name, v);
}

static void engine(const struct sim_experiment *x, FILE *out)
{
	const struct weft_stats *e = &x->engine;

	fputs("<div><h2>Engines, all together</h2>\n<table>", out);
	row(out, "contexts", x->hosts->pdcs);
	row(out, "packets sent", e->tx_pkts);
	row(out, "packets received", e->rx_pkts);
	row(out, "acknowledgements sent", e->tx_acks);
	row(out, "retransmitted", e->rtx_pkts);
	row(out, "&nbsp; by reordering time", e->rtx_rack);
	row(out, "&nbsp; by NACK", e->rtx_nack);
	row(out, "&nbsp; by tail probe", e->rtx_tlp);
	row(out, "&nbsp; by timeout", e->rtx_rto);
	row(out, "congestion marks received", e->ce_rx);
	row(out, "paths left for another", e->path_moves);
	for (unsigned d = 1; d < WEFT_DROP_COUNT; d++)
		if (e->drop[d])
			row(out, weft_drop_name(d), e->drop[d]);
	fputs("</table></div>\n", out);
}

static void scenario(const struct sim_experiment *x, FILE *out)
{
	char text[SIM_FILE_MAX + 1];

	fputs("<div><h2>Scenario</h2>\n<table>", out);
	for (size_t i = 0; i < sim_scenario_key_count; i++) {
		const struct sim_scenario_key *k = &sim_scenario_keys[i];

		sim_scenario_text(&x->sc, k, text, sizeof(text));
		fprintf(out, "<tr><td>%s%s%s</td><td>", k->section, *k->section ? "." : "",
			k->name);
		sim_html_text(out, text);
		fputs("</td></tr>\n", out);
	}
	fputs("</table></div>\n", out);
}

static void again(const struct sim_experiment *x, FILE *out)
{
	fprintf(out, "<h2>Again</h2>\n<p>A run depends on scenario and seed alone. The same ones "
		"give this hash, over every arrival of every packet:</p>\n<pre>%016" PRIx64
		"   seed %" PRIu64 "</pre>\n<p class=\"sub\">%" PRIu64 " events and %" PRIu64
		" link hops in %.2f s here: %.2f M events/s, %.2f M hops/s.</p>\n", x->hash,
		x->sc.seed, x->sim.events_done, x->sim.hops, x->wall_s,
		(double)x->sim.events_done / x->wall_s / 1e6,
		(double)x->sim.hops / x->wall_s / 1e6);
}

static void subtitle(const struct sim_experiment *x, FILE *out)
{
	const struct sim_topology *t = &x->sim.topo;
	char kind[32];

	fputs("<p class=\"sub\">", out);
	if (sim_is_ring(&x->sc))
		fprintf(out, "Ring all-reduce of %.3f MiB", (double)x->sc.bytes / 1048576);
	else
		fprintf(out, "%u flows of %.3f MiB in all", x->flows.own,
			(double)x->flows.own_bytes / 1048576);
	sim_scenario_text(&x->sc, sim_scenario_find("topology.kind"), kind, sizeof(kind));
	fprintf(out, " on %u chips that run %s; %s, ", t->hosts, sim_transport_name(&x->sc), kind);
	if (t->graph)
		fprintf(out, "%u switches, ", t->graph->switches);
	else
		fprintf(out, "%u leaves, %u spines, ", t->leaves, t->spines);
	if (t->cores)
		fprintf(out, "%u cores, ", t->cores);
	fprintf(out, "%" PRIu64 " Gb/s; seed %" PRIu64 "</p>\n", x->sc.host_gbps, x->sc.seed);
}

void sim_page(const struct sim_experiment *x, FILE *out)
{
	fputs(head, out);
	fputs("<title>weft-sim: ", out);
	sim_html_text(out, x->sc.name);
	fputs("</title>\n<h1>", out);
	sim_html_text(out, x->sc.name);
	fputs("</h1>\n", out);
	subtitle(x, out);
	if (!x->ok) {
		fputs("<div class=\"tiles\">", out);
		tile(out, "bad", "the run", "failed");
		fputs("</div>\n<pre>", out);
		sim_html_text(out, x->error);
		fputs("</pre>\n", out);
		links_and_queues(x, out);
		path_states(x, out);
	} else if (sim_is_ring(&x->sc)) {
		tiles(x, out);
		closed_form(x, out);
		figures(x, out);
	} else {
		tiles(x, out);
		flow_figures(x, out);
	}
	tiers(x, out);
	interfaces(x, out);
	planes(x, out);
	lanes(x, out);
	fputs("<div class=\"cols\">", out);
	engine(x, out);
	scenario(x, out);
	fputs("</div>\n", out);
	again(x, out);
	fputs("</html>\n", out);
}
