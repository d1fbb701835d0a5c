/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flow files of other simulators.
 *
 * htsim's connection matrix: `Nodes N`, `Connections N`, `Triggers N`, then lines of words and
 * numbers, `SRC->DST [id N] [start PS | trigger T] size BYTES [send_done_trigger T]`, and
 * `trigger id T oneshot`. A connection that waits for a trigger begins when the one that fires it
 * has been acknowledged, as there. What a list of flows cannot say is refused, not left out:
 * triggers that several fire, or that the receiver does.
 *
 * HPCC's flow list: how many, then `SRC DST PRIORITY PORT BYTES START`, in seconds with a fraction.
 * Priority and port say nothing here. Times count from the earliest, which is usually 2 s.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/flow_file.h"
#include "sim/util.h"

/* Is this the next word? Then it is passed over. */
static bool word(const char **p, const char *what)
{
	size_t n = strlen(what);

	*p += strspn(*p, " \t\r\n");
	if (strncmp(*p, what, n) || ((*p)[n] && !strchr(" \t\r\n", (*p)[n])))
		return false;
	*p += n;
	return true;
}

static uint32_t chip_of(uint64_t v)
{
	return v < SIM_NO_FLOW ? (uint32_t)v : SIM_NO_FLOW;
}

/* ---- connection matrices -------------------------------------------------------------- */

static int cm_head(struct sim_flow_reader *r, const char *p)
{
	uint64_t n;

	if (word(&p, "Nodes")) {
		if (!sim_flow_number(&p, &n) || !sim_flow_line_ends(p))
			return sim_flow_bad(r, "Nodes: no number");
		return n <= r->chips ? 0 :
			sim_flow_bad(r, "Nodes %" PRIu64 ": the topology has %u chips", n,
				     r->chips);
	}
	if (word(&p, "Connections")) {
		if (!sim_flow_number(&p, &n) || !n || !sim_flow_line_ends(p))
			return sim_flow_bad(r, "Connections: no number above 0");
		r->promised = n;
		return 0;
	}
	if (word(&p, "Triggers") && sim_flow_number(&p, &n) && sim_flow_line_ends(p))
		return 0;
	return sim_flow_bad(r, "a line is 'Nodes N', 'Connections N', 'Triggers N', "
			    "'trigger id N oneshot' or 'SRC->DST ...'");
}

static int cm_trigger(struct sim_flow_reader *r, const char *p)
{
	uint64_t id, n;

	if (!word(&p, "id") || !sim_flow_number(&p, &id))
		return sim_flow_bad(r, "a trigger is 'trigger id N oneshot'");
	if (word(&p, "barrier") && sim_flow_number(&p, &n) && n > 1)
		return sim_flow_bad(r, "trigger %" PRIu64 " waits for %" PRIu64 " connections: "
				    "here a flow begins after one other", id, n);
	return 0;
}

static void note_triggers(struct sim_flow_reader *r, uint32_t flow, uint64_t waits, uint64_t fires)
{
	if (flow >= r->triggers_size) {
		r->triggers_size = r->triggers_size ? 2 * r->triggers_size : 1024;
		r->waits = sim_resize(r->waits, r->triggers_size, sizeof(*r->waits));
		r->fires = sim_resize(r->fires, r->triggers_size, sizeof(*r->fires));
	}
	r->waits[flow] = waits;
	r->fires[flow] = fires;
}

static int cm_connection(struct sim_flow_reader *r, struct sim_flow_list *l, const char *p)
{
	enum { ID, START, SIZE, TRIGGER, SEND_DONE, RECV_DONE, PRIO, KEYS };
	static const char *const key[KEYS] = { "id", "start", "size", "trigger",
		"send_done_trigger", "recv_done_trigger", "prio" };
	uint64_t v[KEYS] = { 0 }, src, dst;
	struct sim_flow f = { 0 };
	int k;

	if (!sim_flow_number(&p, &src) || strncmp(p, "->", 2))
		return sim_flow_bad(r, "a connection is 'SRC->DST id N start PS size BYTES'");
	p += 2;
	if (!sim_flow_number(&p, &dst))
		return sim_flow_bad(r, "no chip after '->'");
	while (!sim_flow_line_ends(p)) {
		for (k = 0; k < KEYS && !word(&p, key[k]); k++)
			;
		if (k == KEYS)
			return sim_flow_bad(r, "'%.*s' is not known here",
					    (int)strcspn(p, " \t\r\n"), p);
		if (!sim_flow_number(&p, &v[k]))
			return sim_flow_bad(r, "%s: no number", key[k]);
	}
	if (v[RECV_DONE])
		return sim_flow_bad(r, "recv_done_trigger: here a flow begins when the sender of "
				    "another knows that it is done");
	f.id = v[ID] ? v[ID] : ((uint64_t)1 << 32) + l->n;
	f.src = chip_of(src);
	f.dst = chip_of(dst);
	f.bytes = v[SIZE];
	f.start = v[TRIGGER] ? 0 : v[START];
	if (sim_flow_take(r, l, &f))
		return -1;
	note_triggers(r, l->n - 1, v[TRIGGER], v[SEND_DONE]);
	return 0;
}

int sim_flow_cm_line(struct sim_flow_reader *r, struct sim_flow_list *l, const char *p)
{
	if (*p >= '0' && *p <= '9')
		return cm_connection(r, l, p);
	return word(&p, "trigger") ? cm_trigger(r, p) : cm_head(r, p);
}

struct fired {
	uint64_t trigger;
	uint32_t by;		/* flow */
};

static int by_trigger(const void *a, const void *b)
{
	uint64_t x = ((const struct fired *)a)->trigger, y = ((const struct fired *)b)->trigger;

	return x < y ? -1 : x > y;
}

/* Who begins after whom. */
static int join(struct sim_flow_reader *r, struct sim_flow_list *l, struct fired *fired)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->n; i++)
		if (r->fires[i])
			fired[n++] = (struct fired){ r->fires[i], i };
	qsort(fired, n, sizeof(*fired), by_trigger);
	for (uint32_t i = 1; i < n; i++)
		if (fired[i].trigger == fired[i - 1].trigger)
			return sim_flow_bad(r, "trigger %" PRIu64 " is fired by connections %"
					    PRIu64 " and %" PRIu64, fired[i].trigger,
					    l->flow[fired[i - 1].by].id, l->flow[fired[i].by].id);
	for (uint32_t i = 0; i < l->n; i++) {
		struct fired want = { r->waits[i], 0 }, *f;

		if (!want.trigger)
			continue;
		f = bsearch(&want, fired, n, sizeof(*fired), by_trigger);
		if (!f)
			return sim_flow_bad(r, "connection %" PRIu64 " waits for trigger %" PRIu64
					    ", which none fires", l->flow[i].id, want.trigger);
		l->flow[i].after = f->by;
	}
	return 0;
}

/* Puts every flow behind the one that it begins after: `to` becomes its place. */
static int put_in_order(struct sim_flow_reader *r, struct sim_flow_list *l, uint32_t *to)
{
	struct sim_flow *flow = sim_zalloc(l->n, sizeof(*flow));
	uint32_t *way = sim_zalloc(l->n, sizeof(*way)), placed = 0;
	int err = 0;

	memset(to, 0xff, l->n * sizeof(*to));
	for (uint32_t i = 0; i < l->n && !err; i++) {
		uint32_t k = i, depth = 0;

		for (; k != SIM_NO_FLOW && to[k] == SIM_NO_FLOW && depth < l->n;
		     k = l->flow[k].after)
			way[depth++] = k;
		err = k != SIM_NO_FLOW && to[k] == SIM_NO_FLOW ? -1 : 0;
		for (; depth && !err; to[way[depth]] = placed++)
			flow[placed] = l->flow[way[--depth]];
	}
	for (uint32_t i = 0; i < l->n && !err; i++)
		if (flow[i].after != SIM_NO_FLOW)
			flow[i].after = to[flow[i].after];
	if (err)
		free(flow);
	else
		free(l->flow);
	if (!err) {
		l->flow = flow;
		l->size = l->n;
	}
	free(way);
	return err ? sim_flow_bad(r, "connections wait for each other in a circle") : 0;
}

int sim_flow_cm_end(struct sim_flow_reader *r, struct sim_flow_list *l)
{
	struct fired *fired = sim_zalloc(l->n, sizeof(*fired));
	uint32_t *to = sim_zalloc(l->n, sizeof(*to));
	int err = join(r, l, fired);

	if (!err)
		err = put_in_order(r, l, to);
	free(fired);
	free(to);
	return err;
}

/* ---- HPCC ------------------------------------------------------------------------------ */

/* Seconds with a fraction, to the picosecond; false: it is none, or too long. */
static bool seconds(const char **p, sim_time *out)
{
	uint64_t whole, ps = 0, unit = 100000000000u;

	if (!sim_flow_number(p, &whole) || whole > SIM_NEVER / 4 / 1000000000000u)
		return false;
	if (**p == '.')
		for (++*p; **p >= '0' && **p <= '9'; ++*p, unit /= 10)
			ps += (uint64_t)(**p - '0') * unit;
	*out = whole * 1000000000000u + ps;
	return true;
}

int sim_flow_hpcc_line(struct sim_flow_reader *r, struct sim_flow_list *l, const char *p)
{
	static const char *const name[] = { "src", "dst", "priority", "port", "bytes" };
	struct sim_flow f = { 0 };
	uint64_t v[5];

	if (!r->promised) {
		if (!sim_flow_number(&p, &r->promised) || !r->promised)
			return sim_flow_bad(r, "0 flows");
		return 0;
	}
	for (int i = 0; i < 5; i++)
		if (!sim_flow_number(&p, &v[i]))
			return sim_flow_bad(r, "no %s: a flow is 'SRC DST PRIORITY PORT BYTES "
					    "START'", name[i]);
	if (!seconds(&p, &f.start))
		return sim_flow_bad(r, "no start: seconds with a fraction");
	if (!sim_flow_line_ends(p))
		return sim_flow_bad(r, "more than 'SRC DST PRIORITY PORT BYTES START'");
	f.id = (uint64_t)l->n + 1;
	f.src = chip_of(v[0]);
	f.dst = chip_of(v[1]);
	f.bytes = v[4];
	return sim_flow_take(r, l, &f);
}

int sim_flow_hpcc_end(struct sim_flow_reader *r, struct sim_flow_list *l)
{
	sim_time least = SIM_NEVER;

	(void)r;
	for (uint32_t i = 0; i < l->n; i++)
		least = l->flow[i].start < least ? l->flow[i].start : least;
	for (uint32_t i = 0; i < l->n; i++)
		l->flow[i].start -= least;
	return 0;
}
