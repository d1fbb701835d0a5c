/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GOAL, the text that LogGOPSim and ATLAHS read (T. Hoefler, T. Schneider, A. Lumsdaine,
 * "LogGOPSim: simulating large-scale applications in the LogGOPS model", 2010):
 *
 *	num_ranks 2
 *	rank 0 {
 *		l1: calc 1500 cpu 0
 *		l2: send 4096b to 1 tag 7
 *		l2 requires l1
 *	}
 *
 * and `recv 4096b from 0 tag 7`, `l3 irequires l2` (l3 may begin when l2 has begun). calc is in
 * nanoseconds, on one of the chip's processors; cpu and nic of a send or recv say nothing here,
 * where engines do the work, and tag is 0 if it is not there. Space and ';' separate; comments are
 * as in C or begin with '#'. A label is known in its rank alone, and may be required above where it
 * is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/collective.h"
#include "sim/requests.h"
#include "sim/rng.h"
#include "sim/trace.h"

#define TRACE_MAX ((size_t)1 << 34)
#define CALC_MAX 1000000000000000ull	/* ns: 11 days */

struct word {			/* of the text; len 0: its end */
	const char *p;
	size_t len;
};

struct label {
	struct word word;	/* p NULL: no label */
	uint32_t task;
};

struct need {			/* of a rank, until all its labels are known */
	struct word task, on;
	unsigned line;
	bool early;
};

struct reader {
	struct sim_spot *at;
	struct sim_flow_list *l;
	const char *p, *end;
	const uint32_t *place;
	uint32_t ranks, rank, seen;
	bool *had;		/* ranks that were there */
	struct label *label;	/* of this rank; open-addressed, `labels` of `size` */
	uint32_t labels, size;
	struct need *need;
	uint32_t needs, needs_size;
};

#define bad(r, ...) sim_bad((r)->at, __VA_ARGS__)

/* ---- words ----------------------------------------------------------------------------- */

static bool in_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static bool starts(const struct reader *r, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(r->end - r->p) >= n && !memcmp(r->p, with, n);
}

/* Spaces, semicolons, comments. */
static void skip(struct reader *r)
{
	while (r->p < r->end) {
		bool line = *r->p == '#' || starts(r, "//"), block = starts(r, "/*");

		if (!line && !block && !strchr(" \t\r\n;", *r->p))
			return;
		if (!line && !block) {
			r->at->line += *r->p++ == '\n';
			continue;
		}
		for (r->p += block ? 2 : 0; r->p < r->end; r->p++) {
			if (line ? *r->p == '\n' : starts(r, "*/"))
				break;
			r->at->line += *r->p == '\n';
		}
		r->p += block && r->p < r->end ? 2 : 0;
	}
}

/* The next word, or a character that is none; it is passed over. */
static struct word next(struct reader *r)
{
	struct word w;

	skip(r);
	w = (struct word){ r->p, 0 };
	while (r->p < r->end && in_word(*r->p))
		r->p++;
	if (r->p == w.p && r->p < r->end)
		r->p++;
	w.len = (size_t)(r->p - w.p);
	return w;
}

static bool is(struct word w, const char *text)
{
	return w.len == strlen(text) && !memcmp(w.p, text, w.len);
}

/* The next word is passed over if it is this one. */
static bool take(struct reader *r, const char *text)
{
	const char *p = r->p;
	unsigned line = r->at->line;

	if (is(next(r), text))
		return true;
	r->p = p;
	r->at->line = line;
	return false;
}

static int shown(struct word w)
{
	return (int)(w.len < 40 ? w.len : 40);
}

/* A whole number and its unit: nothing, or 'b'; at most `max`. */
static bool number(struct word w, const char *unit, uint64_t max, uint64_t *out)
{
	size_t n = strlen(unit);

	if (w.len <= n || memcmp(w.p + w.len - n, unit, n))
		return false;
	*out = 0;
	for (size_t i = 0; i < w.len - n; i++) {
		if (w.p[i] < '0' || w.p[i] > '9' || *out > max / 10)
			return false;
		*out = *out * 10 + (uint64_t)(w.p[i] - '0');
	}
	return *out <= max;
}

/* ---- labels ---------------------------------------------------------------------------- */

static struct label *find(struct label *table, uint32_t size, struct word w)
{
	uint64_t h = w.len;
	uint32_t i;

	for (size_t k = 0; k < w.len; k++)
		h = sim_mix(h ^ (uint8_t)w.p[k]);
	for (i = (uint32_t)h & (size - 1); table[i].word.p; i = (i + 1) & (size - 1))
		if (table[i].word.len == w.len && !memcmp(table[i].word.p, w.p, w.len))
			break;
	return &table[i];
}

static int add_label(struct reader *r, struct word w, uint32_t task)
{
	struct label *at;

	if (4 * (r->labels + 1) > 3 * r->size) {
		uint32_t size = r->size ? 2 * r->size : 256;
		struct label *table = sim_zalloc(size, sizeof(*table));

		for (uint32_t i = 0; i < r->size; i++)
			if (r->label[i].word.p)
				*find(table, size, r->label[i].word) = r->label[i];
		free(r->label);
		r->label = table;
		r->size = size;
	}
	at = find(r->label, r->size, w);
	if (at->word.p)
		return bad(r, "label '%.*s' is there twice in rank %u", shown(w), w.p, r->rank);
	*at = (struct label){ w, task };
	r->labels++;
	return 0;
}

static void add_need(struct reader *r, struct need need)
{
	if (r->needs == r->needs_size) {
		r->needs_size = r->needs_size ? 2 * r->needs_size : 256;
		r->need = sim_resize(r->need, r->needs_size, sizeof(*r->need));
	}
	r->need[r->needs++] = need;
}

/* The end of a rank: all its labels are known. */
static int end_rank(struct reader *r)
{
	for (uint32_t i = 0; i < r->needs; i++) {
		const struct need *n = &r->need[i];
		const struct word w[2] = { n->task, n->on };
		uint32_t task[2];

		for (int k = 0; k < 2; k++) {
			const struct label *at = r->size ? find(r->label, r->size, w[k]) : NULL;

			if (!at || !at->word.p) {
				r->at->line = n->line;
				return bad(r, "rank %u has no label '%.*s'", r->rank, shown(w[k]),
					   w[k].p);
			}
			task[k] = at->task;
		}
		sim_task_after(r->l->tasks, task[0], task[1], n->early);
	}
	r->needs = r->labels = 0;
	if (r->size)
		memset(r->label, 0, r->size * sizeof(*r->label));
	return 0;
}

/* ---- operations ------------------------------------------------------------------------ */

struct options {
	uint64_t tag, cpu, nic;
};

static int options(struct reader *r, struct options *o)
{
	static const char *const name[] = { "tag", "cpu", "nic" };
	static const uint64_t max[] = { UINT32_MAX, SIM_CPUS_MAX - 1, UINT32_MAX };
	uint64_t *const to[] = { &o->tag, &o->cpu, &o->nic };

	for (int k = 0; k < 3; k++) {
		if (!take(r, name[k]))
			continue;
		if (!number(next(r), "", max[k], to[k]))
			return bad(r, "%s: a whole number from 0 to %llu", name[k],
				   (unsigned long long)max[k]);
		k = -1;		/* they come in any order */
	}
	return 0;
}

static int message(struct reader *r, bool send, uint32_t *task)
{
	struct options o = { 0 };
	uint32_t me = r->place[r->rank], other;
	uint64_t bytes, peer;

	if (!number(next(r), "b", SIM_FLOW_BYTES_MAX, &bytes))
		return bad(r, "bytes: a whole number and 'b', at most %llub",
			   (unsigned long long)SIM_FLOW_BYTES_MAX);
	if (!take(r, send ? "to" : "from") || !number(next(r), "", r->ranks - 1, &peer))
		return bad(r, "'%s' and a rank from 0 to %u belong here", send ? "to" : "from",
			   r->ranks - 1);
	if (peer == r->rank)
		return bad(r, "rank %u sends to itself", r->rank);
	if (options(r, &o))
		return -1;
	other = r->place[peer];
	*task = send ? sim_task_send(r->l->tasks, me, other, bytes, (uint32_t)o.tag) :
		       sim_task_recv(r->l->tasks, other, me, bytes, (uint32_t)o.tag);
	return 0;
}

static int calc(struct reader *r, uint32_t *task)
{
	struct options o = { 0 };
	uint64_t ns;

	if (!number(next(r), "", CALC_MAX, &ns))
		return bad(r, "calc: a whole number of ns, at most %llu", CALC_MAX);
	if (options(r, &o))
		return -1;
	*task = sim_task_calc(r->l->tasks, r->place[r->rank], ns * SIM_NS, (uint32_t)o.cpu);
	return 0;
}

static bool is_operation(struct word w)
{
	return is(w, "send") || is(w, "recv") || is(w, "calc");
}

static int operation(struct reader *r, struct word what, struct word label)
{
	unsigned line = r->at->line;
	uint32_t task = 0;

	if (r->l->tasks->n == SIM_NO_TASK - 1)
		return bad(r, "too many tasks");
	if (is(what, "calc") ? calc(r, &task) : message(r, is(what, "send"), &task))
		return -1;
	r->l->tasks->task[task].name = line;
	return label.len ? add_label(r, label, task) : 0;
}

/* One statement of a rank that begins with the word `w`. */
static int statement(struct reader *r, struct word w)
{
	struct need need = { .task = w, .line = r->at->line };
	struct word what;

	if (is_operation(w))
		return operation(r, w, (struct word){ NULL, 0 });
	if (!w.len || !in_word(*w.p))
		return w.len ? bad(r, "'%c' in rank %u", *w.p, r->rank) :
			       bad(r, "rank %u has no end: is the file cut off?", r->rank);
	what = next(r);
	if (is(what, ":")) {
		what = next(r);
		return is_operation(what) ? operation(r, what, w) :
			bad(r, "'%.*s:': send, recv or calc belongs behind it", shown(w), w.p);
	}
	need.early = is(what, "irequires");
	if (!need.early && !is(what, "requires"))
		return bad(r, "'%.*s': 'LABEL: send | recv | calc' or 'LABEL requires | irequires "
			   "LABEL'", shown(w), w.p);
	need.on = next(r);
	if (!need.on.len || !in_word(*need.on.p))
		return bad(r, "no label behind '%.*s'", shown(what), what.p);
	add_need(r, need);
	return 0;
}

static int one_rank(struct reader *r)
{
	uint64_t rank;
	struct word w;
	int err = 0;

	if (!take(r, "rank") || !number(next(r), "", r->ranks - 1, &rank) || !take(r, "{"))
		return bad(r, "'rank N {' with N from 0 to %u belongs here: there are %u ranks of "
			   "%u so far", r->ranks - 1, r->seen, r->ranks);
	if (r->had[rank])
		return bad(r, "rank %u is there twice", (unsigned)rank);
	r->had[rank] = true;
	r->rank = (uint32_t)rank;
	r->seen++;
	for (w = next(r); !err && !is(w, "}"); w = err ? w : next(r))
		err = statement(r, w);
	return err ? err : end_rank(r);
}

static int read_all(struct reader *r, uint32_t chips)
{
	uint64_t ranks;

	if (!take(r, "num_ranks") || !number(next(r), "", SIM_CHIPS_MAX, &ranks) || !ranks)
		return bad(r, "a schedule begins with 'num_ranks N'");
	if (ranks > chips)
		return bad(r, "num_ranks %u: the topology has %u chips", (unsigned)ranks, chips);
	r->ranks = (uint32_t)ranks;
	r->had = sim_zalloc(ranks, sizeof(*r->had));
	while (r->seen < r->ranks)
		if (one_rank(r))
			return -1;
	skip(r);
	return r->p < r->end ? bad(r, "something behind the last of %u ranks", r->ranks) : 0;
}

int sim_goal_parse(struct sim_flow_list *l, struct sim_spot *at, const char *text, size_t n,
		   const uint32_t *place, uint32_t chips, const struct sim_scenario *sc)
{
	struct reader r = { .at = at, .l = l, .p = text, .end = text + n, .place = place };
	char what[SIM_WHY_MAX];
	uint32_t task, beside;
	int err;

	at->line = 1;
	sim_tasks_new(l, chips);
	err = read_all(&r, chips);
	free(r.had);
	free(r.label);
	free(r.need);
	if (err)
		return -1;
	beside = sc ? sim_background_add(l, sc, chips) : 0;
	if (sim_tasks_close(l, &task, what)) {
		at->line = (unsigned)l->tasks->task[task].name;
		return bad(&r, "%.400s", what);
	}
	return l->n > beside ? 0 : bad(&r, "no message in it: nothing for a fabric to do");
}

int sim_goal_read(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		  char why[SIM_WHY_MAX])
{
	struct sim_spot at = { sc->flows_file, 1, why, SIM_WHY_MAX };
	uint32_t *place;
	size_t n;
	char *text = sim_slurp(sc->flows_file, TRACE_MAX, &n);
	int err;

	if (!text) {
		snprintf(why, SIM_WHY_MAX, "workload.file: %.300s: %s", sc->flows_file,
			 strerror(errno));
		return -1;
	}
	place = sim_placement(sc, chips);
	err = sim_goal_parse(l, &at, text, n, place, chips, sc);
	free(place);
	free(text);
	return err;
}
