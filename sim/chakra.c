/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See chakra.h. What a node becomes:
 *
 *	COMP		computing for duration_micros, on processor 0 if is_cpu_op is true, else on
 *	1 MEM_*		the same on 2
 *	METADATA	nothing that takes time
 *	COMM_SEND	a message of comm_size bytes to comm_dst with comm_tag
 *	COMM_RECV	one from comm_src
 *	COMM_COLL	its part of a collective of all ranks whose traces have nodes of the same
 *			pg_name: the k-th of each are one. comm_size is the whole vector's.
 *
 * All-reduce, reduce-scatter and all-gather are rings; reduce, broadcast and barrier go over a
 * binary tree, from or to the first rank; in the others each pair has a message of its part.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/chakra.h"
#include "sim/collective.h"
#include "sim/requests.h"
#include "sim/rng.h"
#include "sim/tasks_make.h"

#define TRACE_MAX ((size_t)1 << 34)
#define MICROS_MAX 1000000000000ull	/* 11 days */

struct id {			/* of a rank's nodes */
	uint64_t id;
	uint32_t first, last;	/* tasks: what waits for others, and what others wait for */
	bool used;
};

struct need {			/* of a rank, until all its nodes are known */
	uint64_t node, on;
};

struct part {			/* a rank's part of a collective */
	char group[CHAKRA_NAME_MAX + 1];
	uint32_t rank, k;	/* the k-th of the group at this rank */
	uint32_t first, last;
	uint64_t node, type, bytes;
};

struct chakra {
	struct sim_flow_list *l;
	const struct sim_scenario *sc;
	uint32_t chips, ranks;
	uint32_t *place;
	const char *path;	/* of the file that is read */
	char *why;
	struct chakra_node scratch;
	struct id *id;		/* open-addressed: `ids` of `ids_size` */
	uint32_t ids, ids_size;
	struct need *need;
	uint32_t needs, needs_size;
	struct part *part;
	uint32_t parts, parts_size, rank_parts;	/* rank_parts: the first of this rank */
};

/* ---- what readers need ----------------------------------------------------------------- */

struct chakra_node *chakra_scratch(struct chakra *c)
{
	return &c->scratch;
}

enum chakra_attr chakra_attr_of(const char *text, size_t n)
{
	static const char *const name[CHAKRA_ATTRS] = { "comm_type", "comm_size", "comm_src",
		"comm_dst", "comm_tag", "is_cpu_op", "pg_name" };

	for (int i = 0; i < CHAKRA_ATTRS; i++)
		if (n == strlen(name[i]) && !memcmp(text, name[i], n))
			return (enum chakra_attr)i;
	return CHAKRA_ATTRS;
}

void chakra_node_reset(struct chakra_node *n)
{
	uint64_t *dep = n->dep;
	uint32_t size = n->deps_size;

	memset(n, 0, sizeof(*n));
	n->dep = dep;
	n->deps_size = size;
}

void chakra_dep(struct chakra_node *n, uint64_t id)
{
	if (n->deps == n->deps_size) {
		n->deps_size = n->deps_size ? 2 * n->deps_size : 16;
		n->dep = sim_resize(n->dep, n->deps_size, sizeof(*n->dep));
	}
	n->dep[n->deps++] = id;
}

void chakra_group(struct chakra_node *n, const char *text, size_t len)
{
	if (len > CHAKRA_NAME_MAX)
		len = CHAKRA_NAME_MAX;
	memcpy(n->group, text, len);
	n->group[len] = 0;
}

int chakra_bad_at(struct chakra *c, uint64_t byte, const char *what)
{
	snprintf(c->why, SIM_WHY_MAX, "%.300s: byte %llu: %s", c->path, (unsigned long long)byte,
		 what);
	return -1;
}

int chakra_bad_node(struct chakra *c, uint64_t id, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(c->why, SIM_WHY_MAX, "%.300s: node %llu: ", c->path,
			 (unsigned long long)id);

	va_start(ap, fmt);
	vsnprintf(c->why + n, (size_t)(SIM_WHY_MAX - n), fmt, ap);
	va_end(ap);
	return -1;
}

/* ---- nodes ----------------------------------------------------------------------------- */

static struct id *find(struct id *table, uint32_t size, uint64_t id)
{
	uint32_t i = (uint32_t)sim_mix(id) & (size - 1);

	while (table[i].used && table[i].id != id)
		i = (i + 1) & (size - 1);
	return &table[i];
}

static void grow_ids(struct chakra *c)
{
	uint32_t size = c->ids_size ? 2 * c->ids_size : 1024;
	struct id *table = sim_zalloc(size, sizeof(*table));

	for (uint32_t i = 0; i < c->ids_size; i++)
		if (c->id[i].used)
			*find(table, size, c->id[i].id) = c->id[i];
	free(c->id);
	c->id = table;
	c->ids_size = size;
}

static int add_node(struct chakra *c, const struct chakra_node *n, uint32_t first, uint32_t last)
{
	struct id *at;

	if (4 * (c->ids + 1) > 3 * c->ids_size)
		grow_ids(c);
	at = find(c->id, c->ids_size, n->id);
	if (at->used)
		return chakra_bad_node(c, n->id, "is there twice");
	*at = (struct id){ n->id, first, last, true };
	c->ids++;
	c->l->tasks->task[first].name = c->l->tasks->task[last].name = n->id;
	for (uint32_t i = 0; i < n->deps; i++) {
		if (c->needs == c->needs_size) {
			c->needs_size = c->needs_size ? 2 * c->needs_size : 1024;
			c->need = sim_resize(c->need, c->needs_size, sizeof(*c->need));
		}
		c->need[c->needs++] = (struct need){ n->id, n->dep[i] };
	}
	return 0;
}

static uint32_t here(const struct chakra *c)
{
	return c->place[c->ranks];
}

static int computes(struct chakra *c, const struct chakra_node *n, uint32_t cpu)
{
	uint32_t task;

	if (n->duration_us > MICROS_MAX)
		return chakra_bad_node(c, n->id, "duration_micros %llu: at most %llu",
				       (unsigned long long)n->duration_us, MICROS_MAX);
	task = sim_task_calc(c->l->tasks, here(c), n->duration_us * SIM_US, cpu);
	return add_node(c, n, task, task);
}

static int needs_attr(struct chakra *c, const struct chakra_node *n, enum chakra_attr a,
		      const char *name, uint64_t max)
{
	if (!n->has[a])
		return chakra_bad_node(c, n->id, "has no %s", name);
	return n->attr[a] <= max ? 0 : chakra_bad_node(c, n->id, "%s %lld: 0 to %llu", name,
						       (long long)n->attr[a],
						       (unsigned long long)max);
}

static int message(struct chakra *c, const struct chakra_node *n, bool send)
{
	enum chakra_attr other = send ? CHAKRA_COMM_DST : CHAKRA_COMM_SRC;
	uint32_t me = here(c), peer, tag, task;
	uint64_t bytes = n->attr[CHAKRA_COMM_SIZE];

	if (needs_attr(c, n, CHAKRA_COMM_SIZE, "comm_size", SIM_FLOW_BYTES_MAX) ||
	    needs_attr(c, n, other, send ? "comm_dst" : "comm_src", c->chips - 1))
		return -1;
	if (n->attr[other] == c->ranks)
		return chakra_bad_node(c, n->id, "rank %u sends to itself", c->ranks);
	tag = n->has[CHAKRA_COMM_TAG] ? (uint32_t)n->attr[CHAKRA_COMM_TAG] : 0;
	peer = c->place[n->attr[other]];
	task = send ? sim_task_send(c->l->tasks, me, peer, bytes, tag) :
		      sim_task_recv(c->l->tasks, peer, me, bytes, tag);
	return add_node(c, n, task, task);
}

static int collective(struct chakra *c, const struct chakra_node *n)
{
	bool barrier = n->attr[CHAKRA_COMM_TYPE] == CHAKRA_BARRIER;
	struct part *p;

	if (needs_attr(c, n, CHAKRA_COMM_TYPE, "comm_type", CHAKRA_COLLS - 1) ||
	    (!barrier && needs_attr(c, n, CHAKRA_COMM_SIZE, "comm_size", SIM_FLOW_BYTES_MAX)))
		return -1;
	if (c->parts == c->parts_size) {
		c->parts_size = c->parts_size ? 2 * c->parts_size : 256;
		c->part = sim_resize(c->part, c->parts_size, sizeof(*c->part));
	}
	p = &c->part[c->parts++];
	*p = (struct part){ .rank = c->ranks, .node = n->id, .type = n->attr[CHAKRA_COMM_TYPE],
			    .bytes = barrier ? 1 : n->attr[CHAKRA_COMM_SIZE] };
	strcpy(p->group, n->group);
	for (uint32_t i = c->parts - 1; i-- > c->rank_parts;)
		if (!strcmp(c->part[i].group, p->group)) {
			p->k = c->part[i].k + 1;
			break;
		}
	p->first = sim_task_calc(c->l->tasks, here(c), 0, 0);
	p->last = sim_task_calc(c->l->tasks, here(c), 0, 0);
	return add_node(c, n, p->first, p->last);
}

int chakra_take(struct chakra *c, const struct chakra_node *n)
{
	if (c->l->tasks->n > SIM_NO_TASK - 3)
		return chakra_bad_node(c, n->id, "too many tasks");
	switch (n->type) {
	case CHAKRA_METADATA: {
		uint32_t task = sim_task_calc(c->l->tasks, here(c), 0, 0);

		return add_node(c, n, task, task);
	}
	case CHAKRA_MEM_LOAD:
	case CHAKRA_MEM_STORE:
		return computes(c, n, 2);
	case CHAKRA_COMP:
		return computes(c, n, n->attr[CHAKRA_IS_CPU_OP] ? 0 : 1);
	case CHAKRA_SEND:
	case CHAKRA_RECV:
		return message(c, n, n->type == CHAKRA_SEND);
	case CHAKRA_COLL:
		return collective(c, n);
	default:
		return chakra_bad_node(c, n->id, "type %llu is not known here",
				       (unsigned long long)n->type);
	}
}

/* ---- ranks and collectives --------------------------------------------------------------- */

int chakra_rank(struct chakra *c, const char *path, const uint8_t *data, size_t n)
{
	size_t len = strlen(path);
	bool json = len > 5 && !strcmp(path + len - 5, ".json");

	c->path = path;
	if (c->ranks == c->chips) {
		snprintf(c->why, SIM_WHY_MAX, "%.300s: the topology has %u chips", path, c->chips);
		return -1;
	}
	c->rank_parts = c->parts;
	if (json ? chakra_json(c, (const char *)data, n) : chakra_pb(c, data, n))
		return -1;
	for (uint32_t i = 0; i < c->needs; i++) {
		const struct id *on = find(c->id, c->ids_size, c->need[i].on);

		if (!on->used)
			return chakra_bad_node(c, c->need[i].node, "needs node %llu, which is not "
					       "there", (unsigned long long)c->need[i].on);
		sim_task_after(c->l->tasks, find(c->id, c->ids_size, c->need[i].node)->first,
			       on->last, false);
	}
	c->needs = c->ids = 0;
	if (c->ids_size)
		memset(c->id, 0, c->ids_size * sizeof(*c->id));
	c->ranks++;
	return 0;
}

static int by_collective(const void *a, const void *b)
{
	const struct part *x = a, *y = b;
	int group = strcmp(x->group, y->group);

	if (group)
		return group;
	if (x->k != y->k)
		return x->k < y->k ? -1 : 1;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* A message of `bytes` from one member to another, each when its part begins. */
static void one_message(struct sim_maker *m, uint32_t from, uint32_t to, uint64_t bytes)
{
	uint32_t send, recv;

	sim_task_message(m->l, m->place[from], m->place[to], bytes, &send, &recv);
	sim_task_after(m->l->tasks, send, m->last[from], false);
	sim_task_after(m->l->tasks, recv, m->last[to], false);
}

static void carry_out(struct sim_maker *m, enum chakra_coll type, uint64_t bytes)
{
	uint64_t share = (bytes + m->n - 1) / m->n;
	uint32_t *member = sim_zalloc(m->n, sizeof(*member));

	for (uint32_t i = 0; i < m->n; i++)
		member[i] = i;
	switch (type) {
	case CHAKRA_ALL_REDUCE:
		sim_make_ring(m, member, m->n, share, 2 * (m->n - 1), m->n - 1);
		break;
	case CHAKRA_REDUCE_SCATTER:
	case CHAKRA_REDUCE_SCATTER_BLOCK:
		sim_make_ring(m, member, m->n, share, m->n - 1, m->n - 1);
		break;
	case CHAKRA_ALL_GATHER:
		sim_make_ring(m, member, m->n, share, m->n - 1, 0);
		break;
	case CHAKRA_REDUCE:
		sim_make_tree(m, bytes, SIM_TREE_REDUCE, NULL);
		break;
	case CHAKRA_BROADCAST:
		sim_make_tree(m, bytes, SIM_TREE_BROADCAST, NULL);
		break;
	case CHAKRA_BARRIER:
		sim_make_tree(m, bytes, SIM_TREE_REDUCE | SIM_TREE_BROADCAST, NULL);
		break;
	case CHAKRA_GATHER:
		for (uint32_t i = 1; i < m->n; i++)
			one_message(m, i, 0, share);
		break;
	case CHAKRA_SCATTER:
		for (uint32_t i = 1; i < m->n; i++)
			one_message(m, 0, i, share);
		break;
	case CHAKRA_ALL_TO_ALL:
		for (uint32_t k = 1; k < m->n; k++)
			for (uint32_t i = 0; i < m->n; i++)
				one_message(m, i, (i + k) % m->n, share);
		break;
	case CHAKRA_COLLS:
		break;
	}
	free(member);
}

/* Parts [0, n) are the ranks' of one collective. */
static void make(struct chakra *c, const struct part *p, uint32_t n)
{
	uint32_t *place = sim_zalloc(n, sizeof(*place)), *last = sim_zalloc(n, sizeof(*last));
	struct sim_maker m = { c->l, c->sc, n, place, last };
	uint32_t from = c->l->tasks->n;

	for (uint32_t i = 0; i < n; i++) {
		place[i] = c->place[p[i].rank];
		last[i] = p[i].first;
	}
	carry_out(&m, (enum chakra_coll)p->type, p->bytes);
	sim_make_end(&m, from);
	for (uint32_t i = 0; i < n; i++)
		sim_task_after(c->l->tasks, p[i].last, last[i], false);
	for (uint32_t i = from; i < c->l->tasks->n; i++)
		c->l->tasks->task[i].name = p->node;
	free(place);
	free(last);
}

static int bad_part(struct chakra *c, const struct part *p, const char *what)
{
	char file[32];

	snprintf(file, sizeof(file), "rank %u", p->rank);
	c->path = file;
	return chakra_bad_node(c, p->node, "collective %u of group '%s': %s", p->k, p->group, what);
}

static int join(struct chakra *c, const struct part *p, uint32_t n, uint32_t members)
{
	for (uint32_t i = 1; i < n; i++) {
		if (p[i].type != p->type)
			return bad_part(c, &p[i], "another type than at the first rank");
		if (p[i].bytes != p->bytes)
			return bad_part(c, &p[i], "another comm_size than at the first rank");
	}
	if (n != members)
		return bad_part(c, p, "not all ranks of the group have it");
	make(c, p, n);
	return 0;
}

/* The ranks of a group are those that have its first collective. */
static int collectives(struct chakra *c)
{
	uint32_t members = 0, until;

	if (c->parts)
		qsort(c->part, c->parts, sizeof(*c->part), by_collective);
	for (uint32_t from = 0; from < c->parts; from = until) {
		const struct part *p = &c->part[from];

		for (until = from; until < c->parts && c->part[until].k == p->k &&
		     !strcmp(c->part[until].group, p->group); until++)
			;
		members = p->k ? members : until - from;
		if (join(c, p, until - from, members))
			return -1;
	}
	return 0;
}

int chakra_close(struct chakra *c)
{
	const struct sim_tasks *t = c->l->tasks;
	char what[SIM_WHY_MAX], file[32];
	uint32_t task, rank = 0, beside;

	if (collectives(c))
		return -1;
	beside = sim_background_add(c->l, c->sc, c->chips);
	if (sim_tasks_close(c->l, &task, what)) {
		while (c->place[rank] != t->task[task].chip)
			rank++;
		snprintf(file, sizeof(file), "rank %u", rank);
		c->path = file;
		return chakra_bad_node(c, t->task[task].name, "%.400s", what);
	}
	if (c->l->n > beside)
		return 0;
	snprintf(c->why, SIM_WHY_MAX, "%.300s: no message in it: nothing for a fabric to do",
		 c->sc->flows_file);
	return -1;
}

struct chakra *chakra_new(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
			  char why[SIM_WHY_MAX])
{
	struct chakra *c = sim_zalloc(1, sizeof(*c));

	sim_tasks_new(l, chips);
	c->l = l;
	c->sc = sc;
	c->chips = chips;
	c->why = why;
	c->place = sim_placement(sc, chips);
	return c;
}

void chakra_free(struct chakra *c)
{
	free(c->scratch.dep);
	free(c->place);
	free(c->id);
	free(c->need);
	free(c->part);
	free(c);
}

/* ---- files ----------------------------------------------------------------------------- */

/* PREFIX.RANK and either ending; NULL: neither is there, errno says why. */
static char *one_file(const char *prefix, uint32_t rank, char *path, size_t size, size_t *n)
{
	static const char *const ending[] = { "et", "json" };
	char *data = NULL;

	for (int i = 0; i < 2 && !data; i++) {
		snprintf(path, size, "%s.%u.%s", prefix, rank, ending[i]);
		data = sim_slurp(path, TRACE_MAX, n);
		if (!data && errno != ENOENT)
			return NULL;
	}
	return data;
}

int sim_chakra_read(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		    char why[SIM_WHY_MAX])
{
	struct chakra *c = chakra_new(l, sc, chips, why);
	char path[SIM_FILE_MAX + 32], *data;
	size_t n;
	int err = 0;

	while (!err && (data = one_file(sc->flows_file, c->ranks, path, sizeof(path), &n))) {
		err = chakra_rank(c, path, (const uint8_t *)data, n);
		free(data);
	}
	if (!err && (errno != ENOENT || !c->ranks)) {
		snprintf(why, SIM_WHY_MAX, "workload.file: %.300s: %s", path, strerror(errno));
		err = -1;
	}
	if (!err)
		err = chakra_close(c);
	chakra_free(c);
	return err;
}
