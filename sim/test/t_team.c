/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run by several processes (team.h), without MPI: they are made by fork() and exchange through
 * memory that they share. What each of them finds is what one process finds.
 */
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/experiment.h"
#include "sim/lanes.h"
#include "sim/util.h"
#include "tools/test/cunit_main.h"

enum { RANKS_MAX = 5, ROOM = 1 << 22, WORDS_MAX = 1 << 15, SECONDS_MAX = 20 };

struct shared {
	pthread_barrier_t all_here;
	size_t used[RANKS_MAX][RANKS_MAX];
	uint64_t word[RANKS_MAX][WORDS_MAX];
	_Alignas(8) char box[RANKS_MAX][RANKS_MAX][ROOM];
};

struct member {
	struct shared *s;
	uint32_t rank, ranks;
};

static void together(struct member *m)
{
	pthread_barrier_wait(&m->s->all_here);
}

static void swap(void *ctx, const struct sim_box *out, struct sim_box *in, const uint64_t *say,
		 uint64_t *heard, uint32_t words)
{
	struct member *m = ctx;

	for (uint32_t r = 0; r < m->ranks; r++) {
		if (out[r].used > ROOM)
			sim_die("more than %d bytes cross", ROOM);
		m->s->used[m->rank][r] = out[r].used;
		if (out[r].used)
			memcpy(m->s->box[m->rank][r], out[r].bytes, out[r].used);
	}
	memcpy(m->s->word[m->rank], say, words * sizeof(*say));
	together(m);
	for (uint32_t r = 0; r < m->ranks; r++) {
		in[r].used = m->s->used[r][m->rank];
		if (in[r].used > in[r].size) {
			in[r].size = in[r].used;
			in[r].bytes = sim_resize(in[r].bytes, in[r].size, 1);
		}
		if (in[r].used)
			memcpy(in[r].bytes, m->s->box[r][m->rank], in[r].used);
		memcpy(&heard[words * r], m->s->word[r], words * sizeof(*heard));
	}
	together(m);
}

static uint64_t join(uint64_t a, uint64_t b, enum sim_all how)
{
	if (how == SIM_ALL_SUM)
		return a + b;
	return (a > b) == (how == SIM_ALL_MAX) ? a : b;
}

static void all(void *ctx, uint64_t *v, size_t n, enum sim_all how)
{
	struct member *m = ctx;

	if (n > WORDS_MAX)
		sim_die("more than %d words at once", WORDS_MAX);
	if (n)
		memcpy(m->s->word[m->rank], v, n * sizeof(*v));
	together(m);
	for (size_t i = 0; i < n; i++) {
		v[i] = m->s->word[0][i];
		for (uint32_t r = 1; r < m->ranks; r++)
			v[i] = join(v[i], m->s->word[r][i], how);
	}
	together(m);
}

static double used_s(void *ctx)
{
	(void)ctx;
	return 0;
}

static const struct sim_team_ops ops = { swap, all, used_s };

/* What a process has to find. */
struct want {
	int err;
	uint64_t hash, hops;
	const char *error;	/* is in the text, or NULL */
	bool all_act;		/* every chip sends something */
};

/* One process; its exit status. */
static int member(struct shared *s, uint32_t rank, uint32_t ranks, const struct sim_scenario *sc,
		  const struct want *want)
{
	struct member m = { s, rank, ranks };
	struct sim_team team = { .rank = rank, .ranks = ranks, .ops = &ops, .ctx = &m };
	static struct sim_experiment x;
	int err;

	alarm(SECONDS_MAX);		/* one of them may have ended, and all the others wait */
	err = sim_experiment_team(&x, sc, &team, NULL);
	if (err != want->err || (want->error && !strstr(x.error, want->error))) {
		fprintf(stderr, "process %u of %u: %d '%s'\n", rank, ranks, err, x.error);
		return 1;
	}
	if (!want->error && (x.hash != want->hash || x.sim.hops != want->hops)) {
		fprintf(stderr, "process %u of %u: another hash\n", rank, ranks);
		return 1;
	}
	/* Who has parts does something, if all chips do. */
	if (want->all_act && (x.work[rank].events == 0) != (x.work[rank].parts == 0)) {
		fprintf(stderr, "process %u of %u does not do its part\n", rank, ranks);
		return 1;
	}
	sim_experiment_fini(&x);
	return 0;
}

/* All of them; how many have not found what they had to. */
static int team(uint32_t ranks, const struct sim_scenario *sc, const struct want *want)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_barrierattr_t attr;
	int failed = 0, status;

	if (s == MAP_FAILED)
		return -1;
	pthread_barrierattr_init(&attr);
	pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&s->all_here, &attr, ranks);
	fflush(NULL);
	for (uint32_t r = 0; r < ranks; r++)
		if (!fork())
			_exit(member(s, r, ranks, sc, want));
	for (uint32_t r = 0; r < ranks; r++)
		failed += wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status);
	munmap(s, sizeof(*s));
	return failed;
}

/* 32 chips in a fat tree, or in another shape. */
static struct sim_scenario scenario(uint64_t workload)
{
	struct sim_scenario sc;

	sim_scenario_init(&sc);
	sc.kind = SIM_TOPO_FAT_TREE;
	sc.hosts_per_leaf = 2;
	sc.leaves = 4;
	sc.spines = 2;
	sc.cores_per_spine = 2;
	sc.pods = 4;
	sc.workload = workload;
	sc.bytes = 1 << 16;
	sc.flow_bytes = 50000;
	sc.queue_bytes = 30000;
	sc.trim = true;
	sc.paths = 8;
	return sc;
}

static void alike(const struct sim_scenario *sc)
{
	static struct sim_experiment x;
	struct want want;

	want = (struct want){ .err = sim_experiment(&x, sc, NULL, NULL, NULL) };
	want.all_act = sc->workload != SIM_WORK_INCAST;
	want.hash = x.hash;
	want.hops = x.sim.hops;
	sim_experiment_fini(&x);
	for (uint32_t ranks = 1; ranks <= RANKS_MAX; ranks++)
		CU_ASSERT_EQUAL(team(ranks, sc, &want), 0);
}

static void flows__any_number_of_processes(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_PERMUTATION);

	alike(&sc);
	sc.loss_ppm = 2000;
	sc.cut_through = 200;
	alike(&sc);
	sc = scenario(SIM_WORK_INCAST);
	alike(&sc);
	sc.trim = false;
	alike(&sc);
	sc.transport = SIM_TRANSPORT_GO_BACK_N;
	alike(&sc);
	sc.transport = SIM_TRANSPORT_OPEN_LOOP;
	sc.flow_bytes = 4000;
	alike(&sc);
}

/* What switches say to those before them crosses as packets do; so does who waits for whom. */
static void flow_control__any_number_of_processes(void)
{
	static const uint64_t control[] = { SIM_FC_PFC, SIM_FC_CREDIT };

	for (int i = 0; i < 2; i++) {
		struct sim_scenario sc = scenario(SIM_WORK_INCAST);

		sc.trim = false;
		sc.flow_control = control[i];
		sc.xoff_bytes = 20000;
		sc.xon_bytes = 10000;
		alike(&sc);
		sc.workload = SIM_WORK_PERMUTATION;
		sc.classes = 3;
		sc.class_map = SIM_MAP_HOPS;
		sc.loss_ppm = 1000;
		alike(&sc);
	}
}

static void deadlock__any_number_of_processes(void)
{
	static const uint64_t control[] = { SIM_FC_PFC, SIM_FC_CREDIT };
	static struct sim_experiment x;

	for (int i = 0; i < 2; i++) {
		struct sim_scenario sc = scenario(SIM_WORK_FLOWS);
		struct want want = { .err = -1, .error = x.error };

		sc.kind = SIM_TOPO_TORUS;
		sc.x = 5;
		sc.y = 1;
		sc.hosts_per_leaf = 1;
		sc.trim = false;
		strcpy(sc.flows_file, "sim/validation/ring.flows");
		sc.transport = SIM_TRANSPORT_GO_BACK_N;
		sc.mark_max_bytes = 0;
		sc.flow_control = control[i];
		sc.xoff_bytes = 40 << 10;
		sc.xon_bytes = 30 << 10;
		sc.limit_ms = 1;
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
		CU_ASSERT_PTR_NOT_NULL(strstr(x.error, "a deadlock, seen at "));
		for (uint32_t ranks = 1; ranks <= RANKS_MAX; ranks++)
			CU_ASSERT_EQUAL(team(ranks, &sc, &want), 0);
		sim_experiment_fini(&x);
	}
}

static void collectives__any_number_of_processes(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_RING_ALLREDUCE);

	alike(&sc);
	sc.placement = SIM_PLACE_SHUFFLED;
	alike(&sc);
	sc = scenario(SIM_WORK_ALL_TO_ALL);
	sc.chained = true;
	sc.flow_bytes = 3000;
	alike(&sc);
	sc = scenario(SIM_WORK_RING_ALLREDUCE);
	sc.background_load = 20;
	sc.background_flows = 50;
	alike(&sc);
}

/* Requests are known to all, though each process has seen some of their messages alone. */
static void requests__any_number_of_processes(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_STORAGE);

	sc.requests = 10;
	sc.background_load = 20;
	sc.background_flows = 50;
	alike(&sc);
	sc.workload = SIM_WORK_DISPATCH;
	alike(&sc);
	sc.workload = SIM_WORK_EDGE;
	sc.flow_bytes = 300;
	alike(&sc);
}

/* A run that does not end has the same hash as well: all looked at all ports at its end. */
static void unfinished__is_alike(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_INCAST);

	sc.fan_in = 2;
	sc.flow_bytes = 1 << 28;
	sc.limit_ms = 1;
	alike(&sc);
}

/* One switch: one part, and others that have nothing to do. */
static void star__leaves_others_idle(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_PERMUTATION);

	sc.kind = SIM_TOPO_STAR;
	sc.pods = 1;
	alike(&sc);
}

static void refused__by_all(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_PERMUTATION);
	struct want want = { .err = -1 };

	sc.transport = SIM_TRANSPORT_FLUID;
	sc.trim = false;
	want.error = "transport.kind: fluid";
	CU_ASSERT_EQUAL(team(3, &sc, &want), 0);
	sc = scenario(SIM_WORK_FLOWS);
	snprintf(sc.flows_file, sizeof(sc.flows_file), "/nonexistent.flows");
	want.error = "/nonexistent.flows";
	CU_ASSERT_EQUAL(team(2, &sc, &want), 0);
}

WEFT_SUITE(t_team) {
	{ "flows__any_number_of_processes", flows__any_number_of_processes },
	{ "flow_control__any_number_of_processes", flow_control__any_number_of_processes },
	{ "deadlock__any_number_of_processes", deadlock__any_number_of_processes },
	{ "collectives__any_number_of_processes", collectives__any_number_of_processes },
	{ "requests__any_number_of_processes", requests__any_number_of_processes },
	{ "unfinished__is_alike", unfinished__is_alike },
	{ "star__leaves_others_idle", star__leaves_others_idle },
	{ "refused__by_all", refused__by_all },
};
