/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of flows. What a file is, its first line tells:
 *
 *	id src dst bytes start_ps after_id	our own, one such line a flow; '#' begins a comment.
 *						after_id 0 is none; otherwise start_ps counts from
 *						when the sender of that flow has had it acknowledged
 *	id,src,dst,...				the same with commas
 *	Nodes N					a connection matrix of htsim (flow_foreign.c)
 *	N					a flow list of HPCC (flow_foreign.c)
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/flow_file.h"
#include "sim/rng.h"
#include "sim/util.h"

/* Where an id is, or would be. */
static uint32_t place_of(const struct sim_flow_reader *r, uint64_t id)
{
	uint32_t i = (uint32_t)sim_mix(id) & (r->size - 1);

	while (r->ids[i] && r->ids[i] != id)
		i = (i + 1) & (r->size - 1);
	return i;
}

static void grow_ids(struct sim_flow_reader *r)
{
	struct sim_flow_reader old = *r;

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

uint32_t sim_flow_by_id(const struct sim_flow_reader *r, uint64_t id)
{
	uint32_t at = r->size ? place_of(r, id) : 0;

	return r->size && r->ids[at] ? r->index[at] : SIM_NO_FLOW;
}

bool sim_flow_number(const char **p, uint64_t *out)
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

bool sim_flow_line_ends(const char *p)
{
	p += strspn(p, " \t\r\n");
	return !*p || *p == '#';
}

int sim_flow_take(struct sim_flow_reader *r, struct sim_flow_list *l, const struct sim_flow *f)
{
	struct sim_flow *new;
	uint32_t at;

	if (!f->id)
		return sim_flow_bad(r, "id 0: it means 'none' in after_id; count from 1");
	if (f->src >= r->chips || f->dst >= r->chips)
		return sim_flow_bad(r, "chip %u does not exist: the topology has chips 0 to %u",
				    f->src >= r->chips ? f->src : f->dst, r->chips - 1);
	if (f->src == f->dst)
		return sim_flow_bad(r, "chip %u sends to itself", f->src);
	if (!f->bytes || f->bytes > SIM_FLOW_BYTES_MAX)
		return sim_flow_bad(r, "%" PRIu64 " bytes: a flow has 1 to %" PRIu64, f->bytes,
				    SIM_FLOW_BYTES_MAX);
	if (f->start > SIM_NEVER / 2)
		return sim_flow_bad(r, "start_ps %" PRIu64 " is never", f->start);
	if (4 * (l->n + 1) > 3 * r->size)
		grow_ids(r);
	at = place_of(r, f->id);
	if (r->ids[at])
		return sim_flow_bad(r, "id %" PRIu64 " is there twice", f->id);
	r->ids[at] = f->id;
	r->index[at] = l->n;
	new = sim_flow_add(l, f->src, f->dst, f->bytes, SIM_NO_FLOW);
	new->id = f->id;
	new->start = f->start;
	return 0;
}

static int own_line(struct sim_flow_reader *r, struct sim_flow_list *l, const char *p)
{
	static const char *const name[] = { "id", "src", "dst", "bytes", "start_ps", "after_id" };
	struct sim_flow f = { 0 };
	uint32_t after;
	uint64_t v[6];

	for (int i = 0; i < 6; i++)
		if (!sim_flow_number(&p, &v[i]))
			return sim_flow_bad(r, "no %s: a flow is 'id src dst bytes start_ps "
					    "after_id', whole numbers", name[i]);
	if (!sim_flow_line_ends(p))
		return sim_flow_bad(r, "more than six numbers");
	f.id = v[0];
	f.src = v[1] < SIM_NO_FLOW ? (uint32_t)v[1] : SIM_NO_FLOW;
	f.dst = v[2] < SIM_NO_FLOW ? (uint32_t)v[2] : SIM_NO_FLOW;
	f.bytes = v[3];
	f.start = v[4];
	after = v[5] ? sim_flow_by_id(r, v[5]) : SIM_NO_FLOW;
	if (sim_flow_take(r, l, &f))
		return -1;
	if (v[5] && after == SIM_NO_FLOW)
		return sim_flow_bad(r, "after_id %" PRIu64 " is not the id of a flow above", v[5]);
	l->flow[l->n - 1].after = after;
	return 0;
}

static int own_end(struct sim_flow_reader *r, struct sim_flow_list *l)
{
	(void)r;
	(void)l;
	return 0;
}

struct format {
	int (*line)(struct sim_flow_reader *r, struct sim_flow_list *l, const char *p);
	int (*end)(struct sim_flow_reader *r, struct sim_flow_list *l);
};

static const struct format own = { own_line, own_end };
static const struct format cm = { sim_flow_cm_line, sim_flow_cm_end };
static const struct format hpcc = { sim_flow_hpcc_line, sim_flow_hpcc_end };

/* By the first line that says anything. */
static const struct format *format_of(const char *p)
{
	uint64_t n;

	if (!strncmp(p, "Nodes", 5))
		return &cm;
	return sim_flow_number(&p, &n) && sim_flow_line_ends(p) ? &hpcc : &own;
}

static int read_lines(struct sim_flow_reader *r, struct sim_flow_list *l, FILE *f)
{
	const struct format *format = NULL;
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	while (!err && getline(&line, &size, f) >= 0) {
		const char *p = line + strspn(line, " \t\r\n");

		r->at.line++;
		if (r->at.line == 1 && !strncmp(p, "id,", 3))	/* the head of a CSV */
			continue;
		if (!*p || *p == '#')
			continue;
		if (!format)
			format = format_of(p);
		err = format->line(r, l, p);
	}
	free(line);
	if (!err && ferror(f))
		return sim_flow_bad(r, "cannot be read: %s", strerror(errno));
	if (!err && !l->n)
		return sim_flow_bad(r, "no flow in it");
	if (!err && r->promised && l->n != r->promised)
		return sim_flow_bad(r, "%u flows, but it says that there are %" PRIu64 ": is it "
				    "cut off?", l->n, r->promised);
	return err ? err : format->end(r, l);
}

int sim_flow_file_read(struct sim_flow_list *l, const char *path, uint32_t chips,
		       char why[SIM_WHY_MAX])
{
	struct sim_flow_reader r = { .at = { path, 0, why, SIM_WHY_MAX }, .chips = chips };
	FILE *f = fopen(path, "r");
	int err;

	if (!f) {
		snprintf(why, SIM_WHY_MAX, "workload.file: %.300s: %s", path, strerror(errno));
		return -1;
	}
	err = read_lines(&r, l, f);
	fclose(f);
	free(r.ids);
	free(r.index);
	free(r.waits);
	free(r.fires);
	return err;
}
