/* SPDX-License-Identifier: BSD-2-Clause */
/* See flow_list.h. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/flow_list.h"
#include "sim/sizes.h"
#include "sim/rng.h"
#include "sim/util.h"

#define BYTES_MAX ((uint64_t)1 << 30)	/* a flow is one message */

static struct sim_flow *add(struct sim_flow_list *l, uint32_t src, uint32_t dst, uint64_t bytes,
			    uint32_t after)
{
	struct sim_flow *f;

	if (l->n == l->size) {
		l->size = l->size ? 2 * l->size : 1024;
		l->flow = sim_resize(l->flow, l->size, sizeof(*l->flow));
	}
	f = &l->flow[l->n++];
	*f = (struct sim_flow){ .id = l->n, .src = src, .dst = dst, .bytes = bytes,
				.after = after, .child = SIM_NO_FLOW, .sibling = SIM_NO_FLOW,
				.next = SIM_NO_FLOW };
	return f;
}

/* SplitMix64, whose published sequence makes a pattern the same in any program. */
static uint64_t draw(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15u;
	return sim_mix(*state);
}

/* Everybody sends to somebody else, in one cycle (Sattolo): i to p[i]. */
static void permutation(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t n)
{
	uint64_t state = sc->pattern_seed ? sc->pattern_seed : n;
	uint32_t *p = sim_zalloc(n, sizeof(*p));

	for (uint32_t i = 0; i < n; i++)
		p[i] = i;
	for (uint32_t i = n - 1; i > 0; i--) {
		uint32_t j = (uint32_t)(draw(&state) % i), t = p[i];

		p[i] = p[j];
		p[j] = t;
	}
	for (uint32_t i = 0; i < n; i++)
		add(l, i, p[i], sc->flow_bytes, SIM_NO_FLOW);
	free(p);
}

static void incast(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t n)
{
	uint32_t senders = sc->fan_in && sc->fan_in < n ? (uint32_t)sc->fan_in : n - 1;

	for (uint32_t i = 1; i <= senders; i++)
		add(l, i, 0, sc->flow_bytes, SIM_NO_FLOW);
}

/* All at once; or each sender one after another. */
static void all_to_all(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t n)
{
	if (sc->chained) {
		for (uint32_t i = 0; i < n; i++)
			for (uint32_t r = 1; r < n; r++)
				add(l, i, (i + r) % n, sc->flow_bytes,
				    r > 1 ? l->n - 1 : SIM_NO_FLOW);
		return;
	}
	for (uint32_t r = 1; r < n; r++)
		for (uint32_t i = 0; i < n; i++)
			add(l, i, (i + r) % n, sc->flow_bytes, SIM_NO_FLOW);
}

/* The ring all-reduce as flows: chunk c goes from rank to rank, each step after the one before. */
static void ring(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t n)
{
	for (uint32_t c = 0; c < n; c++)
		for (uint32_t k = 0; k < 2 * (n - 1); k++)
			add(l, (c + k) % n, (c + k + 1) % n, sc->flow_bytes,
			    k ? l->n - 1 : SIM_NO_FLOW);
}

/*
 * The all-reduce of R. Rabenseifner: in log2 n steps everybody exchanges half of what it still
 * holds with the chip half as far away as the step before, then the same back, twice as far and
 * twice as much. A step begins at a chip when its partner's part of the step before is there.
 */
static void halving_doubling(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t n)
{
	uint32_t steps = 0, before = 0;

	while (2u << steps <= n)
		steps++;
	for (uint32_t k = 0; k < 2 * steps; k++) {
		uint32_t level = k < steps ? k : 2 * steps - 1 - k, far = n >> (level + 1);
		uint32_t last = k == steps ? far : k < steps ? 2 * far : far / 2;

		for (uint32_t r = 0; r < n; r++)
			add(l, r, r ^ far, sc->bytes >> (level + 1),
			    k ? before + (r ^ last) : SIM_NO_FLOW);
		before = l->n - n;
	}
}

/* Whole bytes, at least one; bounded, as a flow is. */
static uint64_t exponential(uint64_t random, double mean)
{
	double bytes = -log(1 - sim_share(random)) * mean + 0.5;

	if (bytes < 1)
		return 1;
	return bytes < (double)BYTES_MAX ? (uint64_t)bytes : BYTES_MAX;
}

/*
 * Flows from anywhere to anywhere else, or to one chip, at times of a Poisson process that loads
 * the links of those that receive as much as is asked for, payload alone counted.
 */
static void poisson(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t n)
{
	enum sim_sizes sizes = (enum sim_sizes)sc->sizes;
	uint64_t state = sim_key(sc->pattern_seed ? sc->pattern_seed : sc->seed, SIM_FOR_FLOWS);
	bool table = sizes == SIM_SIZES_WEB_SEARCH || sizes == SIM_SIZES_DATA_MINING;
	double mean = table ? sim_sizes_mean(sizes) : (double)sc->flow_bytes;
	uint32_t receivers = sc->receivers == SIM_TO_ONE ? 1 : n;
	double bytes_per_ps = (double)sc->host_gbps / 8000 * receivers *
			      (double)sc->load_percent / 100;
	double gap = mean / bytes_per_ps, now = 0;

	for (uint64_t i = 0; i < sc->flow_count; i++) {
		uint32_t src = sim_below(draw(&state), n), dst = sim_below(draw(&state), n - 1);
		uint64_t bytes = sc->flow_bytes;

		if (table)
			bytes = sim_sizes_draw(sizes, sim_share(draw(&state)));
		else if (sizes == SIM_SIZES_EXPONENTIAL)
			bytes = exponential(draw(&state), mean);
		now += -log(1 - sim_share(draw(&state))) * gap;
		if (receivers == 1)
			add(l, dst + 1, 0, bytes, SIM_NO_FLOW)->start = (sim_time)now;
		else
			add(l, src, dst < src ? dst : dst + 1, bytes, SIM_NO_FLOW)->start =
				(sim_time)now;
	}
}

/* Files. */

struct reader {
	const char *path;
	uint32_t chips;
	unsigned line;
	uint64_t *ids;		/* id -> index + 1, open-addressed */
	uint32_t *index;
	uint32_t size;
	char *why;
};

static int bad(const struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int bad(const struct reader *r, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(r->why, SIM_WHY_MAX, "%.300s:%u: ", r->path, r->line);

	va_start(ap, fmt);
	vsnprintf(r->why + n, (size_t)(SIM_WHY_MAX - n), fmt, ap);
	va_end(ap);
	return -1;
}

/* Where an id is, or would be; ids are not 0. */
static uint32_t place_of(const struct reader *r, uint64_t id)
{
	uint32_t i = (uint32_t)sim_mix(id) & (r->size - 1);

	while (r->ids[i] && r->ids[i] != id)
		i = (i + 1) & (r->size - 1);
	return i;
}

static void grow_ids(struct reader *r)
{
	struct reader old = *r;

	r->size = r->size ? 2 * r->size : 4096;
	r->ids = sim_zalloc(r->size, sizeof(*r->ids));
	r->index = sim_zalloc(r->size, sizeof(*r->index));
	for (uint32_t i = 0; i < old.size; i++) {
		if (old.ids[i]) {
			uint32_t to = place_of(r, old.ids[i]);

			r->ids[to] = old.ids[i];
			r->index[to] = old.index[i];
		}
	}
	free(old.ids);
	free(old.index);
}

/* One number after spaces or a comma; false if there is none, or it is too large. */
static bool number(const char **p, uint64_t *out)
{
	char *end;

	while (**p == ' ' || **p == '\t' || **p == ',')
		++*p;
	if (**p < '0' || **p > '9')
		return false;
	errno = 0;
	*out = strtoull(*p, &end, 10);
	*p = end;
	return !errno;
}

static int take_line(struct reader *r, struct sim_flow_list *l, const char *p)
{
	static const char *const name[] = { "id", "src", "dst", "bytes", "start_ps", "after_id" };
	uint64_t v[6];
	struct sim_flow *f;
	uint32_t at;

	for (int i = 0; i < 6; i++)
		if (!number(&p, &v[i]))
			return bad(r, "no %s: a flow is 'id src dst bytes start_ps after_id', "
				   "whole numbers", name[i]);
	p += strspn(p, " \t\r\n");
	if (*p && *p != '#')
		return bad(r, "more than six numbers");
	if (!v[0])
		return bad(r, "id 0: it means 'none' in after_id; count from 1");
	if (v[1] >= r->chips || v[2] >= r->chips)
		return bad(r, "chip %" PRIu64 " does not exist: the topology has chips 0 to %u",
			   v[1] >= r->chips ? v[1] : v[2], r->chips - 1);
	if (v[1] == v[2])
		return bad(r, "chip %" PRIu64 " sends to itself", v[1]);
	if (!v[3] || v[3] > BYTES_MAX)
		return bad(r, "%" PRIu64 " bytes: a flow has 1 to %" PRIu64, v[3], BYTES_MAX);
	if (v[4] > SIM_NEVER / 2)
		return bad(r, "start_ps %" PRIu64 " is never", v[4]);
	if (4 * (l->n + 1) > 3 * r->size)
		grow_ids(r);
	at = place_of(r, v[0]);
	if (r->ids[at])
		return bad(r, "id %" PRIu64 " is there twice", v[0]);
	r->ids[at] = v[0];
	r->index[at] = l->n;
	f = add(l, (uint32_t)v[1], (uint32_t)v[2], v[3], SIM_NO_FLOW);
	f->id = v[0];
	f->start = v[4];
	if (!v[5])
		return 0;
	at = place_of(r, v[5]);
	if (!r->ids[at] || v[5] == v[0])
		return bad(r, "after_id %" PRIu64 " is not the id of a flow above", v[5]);
	f->after = r->index[at];
	return 0;
}

static int read_file(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		     char why[SIM_WHY_MAX])
{
	struct reader r = { .path = sc->flows_file, .chips = chips, .why = why };
	FILE *f = fopen(sc->flows_file, "r");
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	if (!f) {
		snprintf(why, SIM_WHY_MAX, "workload.file: %.300s: %s", sc->flows_file,
			 strerror(errno));
		return -1;
	}
	while (!err && getline(&line, &size, f) >= 0) {
		const char *p = line + strspn(line, " \t\r\n");

		r.line++;
		if (r.line == 1 && !strncmp(p, "id,", 3))	/* the head of a CSV */
			continue;
		if (*p && *p != '#')
			err = take_line(&r, l, p);
	}
	if (!err && ferror(f))
		err = bad(&r, "cannot be read: %s", strerror(errno));
	else if (!err && !l->n)
		err = bad(&r, "no flow in it");
	free(line);
	fclose(f);
	free(r.ids);
	free(r.index);
	return err;
}

int sim_flow_list_make(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		       char why[SIM_WHY_MAX])
{
	memset(l, 0, sizeof(*l));
	switch ((enum sim_workload)sc->workload) {
	case SIM_WORK_PERMUTATION:
		permutation(l, sc, chips);
		return 0;
	case SIM_WORK_INCAST:
		incast(l, sc, chips);
		return 0;
	case SIM_WORK_ALL_TO_ALL:
		all_to_all(l, sc, chips);
		return 0;
	case SIM_WORK_RING_FLOWS:
		ring(l, sc, chips);
		return 0;
	case SIM_WORK_HALVING:
		halving_doubling(l, sc, chips);
		return 0;
	case SIM_WORK_POISSON:
		poisson(l, sc, chips);
		return 0;
	case SIM_WORK_FLOWS:
		return read_file(l, sc, chips, why);
	case SIM_WORK_RING_ALLREDUCE:
		break;
	}
	snprintf(why, SIM_WHY_MAX, "workload.kind: not a list of flows");
	return -1;
}

void sim_flow_list_fini(struct sim_flow_list *l)
{
	free(l->flow);
	memset(l, 0, sizeof(*l));
}
