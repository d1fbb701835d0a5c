/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line of weft-sim, and of weft-sim-mpi, which knows `run` alone. Exit status: 0 done,
 * 1 the simulated run failed, 2 bad usage, bad scenario, or nowhere to write.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/bench.h"
#include "sim/cli.h"
#include "sim/describe.h"
#include "sim/experiment.h"
#include "sim/page.h"
#include "sim/report.h"
#include "sim/show.h"
#include "sim/snapshot.h"
#include "sim/sweep.h"
#include "sim/tables.h"
#include "sim/util.h"
#include "sim/validate.h"

static const char usage[] =
"usage: weft-sim run SCENARIO.yaml [--seed N] [--set KEY=VALUE]... [--out DIR] [--json]\n"
"                    [--tables] [--trace FILE.pcap] [--trace-max N] [--snapshot US]... [--quiet]\n"
"       weft-sim sweep SCENARIO.yaml --out DIR --vary KEY=A,B,C [--vary ...] [--jobs N]\n"
"                    [--random N] [--set KEY=VALUE]...\n"
"                    all combinations, or N drawn at random, a line each in DIR/sweep.csv\n"
"       weft-sim compare A/result.json B/result.json   prints what differs\n"
"       weft-sim validate DIR [--out PAGES]\n"
"                    runs every scenario there and compares it with what it expects\n"
"       weft-sim list [DIR]    the scenarios of a folder (sim/scenarios), a line each\n"
"       weft-sim explain SCENARIO.yaml [--set KEY=VALUE]...   what it asks for, in words\n"
"       weft-sim keys          every key of a scenario: meaning, range, default\n"
"       weft-sim bench         what the event calendar costs on this machine\n"
"       weft-sim --help\n"
"\n"
"Simulates chips that run Weft's protocol engine, the very one that ships, on a fabric of links\n"
"and switches, and compares the collective they do with its closed form. A run depends on its\n"
"scenario and seed alone: run it again and the result hash is the same.\n"
"\n"
"  --seed N          of every random choice; the same as --set seed=N\n"
"  --set KEY=VALUE   overrides the scenario, e.g. --set topology.spines=4 --set queue.bytes=64KiB\n"
"  --out DIR         writes DIR/result.json and DIR/index.html, a page with plots\n"
"  --tables          and CSV files of flows, ports, paths and what was counted over time, and\n"
"                    DIR/timeline.json for Perfetto\n"
"  --json            prints the result as JSON instead of the summary\n"
"  --trace FILE      writes the packets that reach chips as a capture, for tshark\n"
"  --trace-max N     at most so many (default 1000000)\n"
"  --check-codec N   one packet in N goes through bytes and has to come out the same; the same as\n"
"                    --set run.check_codec=N\n"
"  --snapshot US     how all stands at that simulated time, us, as DIR/snapshot-NS.json, or with\n"
"                    'end' when the run is over, also if it failed, as DIR/snapshot-end.json:\n"
"                    contexts, queues, links, flows; may be repeated\n"
"  --quiet           no progress (there is a line on a terminal only; of weft-sim-mpi, one\n"
"                    every 10 s)\n"
"  --vary K=A,B      sweep: the values of a key; up to 8 keys\n"
"  --random N        sweep: N runs, each with values drawn by the seed from those of each key, or\n"
"                    from all between two: --vary K=A..B\n"
"  --jobs N          sweep: runs at once (default 1)\n"
"  --share I/N       sweep: this is process I, from 0 on, of N that share the folder: it does\n"
"                    every N-th run and no table; a call without --share then makes the table;\n"
"                    auto: as srun or mpirun has numbered this process\n"
"\n"
"weft-sim-mpi run ..., below mpirun or srun, is the same run by several processes, with the same\n"
"result; it is there where MPI was when this was built.\n"
"\n"
"Example:\n"
"  weft-sim run sim/scenarios/allreduce64.yaml --out out/sim\n"
"  weft-sim run sim/scenarios/allreduce8.yaml --set workload.bytes=1MiB --seed 7 --json\n"
"\n"
"Exit status: 0 done, 1 the simulated run failed, 2 bad usage or scenario, or nowhere to write.\n";

enum { SNAPSHOTS_MAX = 64 };

struct options {
	const char *scenario, *out, *trace;
	const char **set;
	size_t sets;
	uint64_t trace_max;
	struct sim_sweep sweep;
	sim_time at[SNAPSHOTS_MAX];	/* --snapshot */
	uint32_t ats;
	bool at_end;
	bool json, quiet, tables;
};

static uint64_t number(const char *option, const char *text)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (errno || *text < '0' || *text > '9' || *end)
		sim_die("%s: '%s' is not a whole number", option, text);
	return n;
}

static void add_set(struct options *o, const char *key_value)
{
	o->set = sim_resize(o->set, o->sets + 1, sizeof(*o->set));
	o->set[o->sets++] = key_value;
}

/* By the launcher: Slurm, Open MPI, or what others have from PMI. */
static void share_of_launcher(struct sim_sweep *s)
{
	static const char *const names[][2] = {
		{ "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE" },
		{ "PMI_RANK", "PMI_SIZE" }, { "SLURM_PROCID", "SLURM_NTASKS" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *rank = getenv(names[i][0]), *all = getenv(names[i][1]);

		if (!rank || !all)
			continue;
		s->share = (unsigned)number(names[i][0], rank);
		s->shares = (unsigned)number(names[i][1], all);
		if (s->share < s->shares)
			return;
		sim_die("--share auto: %s is %s of %s", names[i][0], rank, all);
	}
	sim_die("--share auto: neither srun nor mpirun has started this; give I/N");
}

static void parse_share(struct sim_sweep *s, const char *text)
{
	char after;

	if (!strcmp(text, "auto")) {
		share_of_launcher(s);
		return;
	}
	if (*text < '0' || *text > '9' ||
	    sscanf(text, "%u/%u%c", &s->share, &s->shares, &after) != 2 || s->share >= s->shares)
		sim_die("--share %s: write it as I/N, with I from 0 to N - 1", text);
}

static void add_vary(struct sim_sweep *s, char *text)
{
	if (s->varies == SIM_VARY_MAX)
		sim_die("--vary: at most %d keys", SIM_VARY_MAX);
	s->vary[s->varies++] = text;
}

/* A time in us, or "end"; they are taken in order. */
static void add_snapshot(struct options *o, const char *text)
{
	char *end;
	double us = strtod(text, &end);
	uint32_t i = o->ats;
	sim_time at;

	if (!strcmp(text, "end")) {
		o->at_end = true;
		return;
	}
	if (*text < '0' || *text > '9' || *end || !(us >= 0 && us < 1e12))
		sim_die("--snapshot %s: a simulated time in us, like 12.5, or end", text);
	if (o->ats++ == SNAPSHOTS_MAX)
		sim_die("--snapshot: at most %d", SNAPSHOTS_MAX);
	at = (sim_time)(us * (double)SIM_US + 0.5);
	for (; i && o->at[i - 1] > at; i--)
		o->at[i] = o->at[i - 1];
	o->at[i] = at;
}

static const struct option longs[] = {
	{ "seed", required_argument, NULL, 's' },  { "set", required_argument, NULL, 'k' },
	{ "out", required_argument, NULL, 'o' },   { "json", no_argument, NULL, 'j' },
	{ "trace", required_argument, NULL, 't' }, { "quiet", no_argument, NULL, 'q' },
	{ "trace-max", required_argument, NULL, 'm' },
	{ "vary", required_argument, NULL, 'v' },
	{ "jobs", required_argument, NULL, 'n' },
	{ "share", required_argument, NULL, 'e' },
	{ "tables", no_argument, NULL, 'b' },
	{ "check-codec", required_argument, NULL, 'c' },
	{ "snapshot", required_argument, NULL, 'p' },
	{ "random", required_argument, NULL, 'r' },
	{ "help", no_argument, NULL, 'h' },	   { NULL, 0, NULL, 0 },
};

/* Those of sweeps; false: it is none. */
static bool sweep_option(struct options *o, int c)
{
	switch (c) {
	case 'v':
		add_vary(&o->sweep, optarg);
		break;
	case 'n':
		o->sweep.jobs = (unsigned)number("--jobs", optarg);
		break;
	case 'e':
		parse_share(&o->sweep, optarg);
		break;
	case 'r':
		o->sweep.random = number("--random", optarg);
		if (!o->sweep.random || o->sweep.random > 1000000)
			sim_die("--random: 1 to 1000000 runs");
		break;
	default:
		return false;
	}
	return true;
}

static void parse_options(struct options *o, int argc, char **argv)
{
	static char seed[64], codec[64];
	int c;

	o->trace_max = 1000000;
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			snprintf(seed, sizeof(seed), "seed=%s", optarg);
			add_set(o, seed);
			break;
		case 'c':
			snprintf(codec, sizeof(codec), "run.check_codec=%s", optarg);
			add_set(o, codec);
			break;
		case 'k':
			add_set(o, optarg);
			break;
		case 'o':
			o->out = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 't':
			o->trace = optarg;
			break;
		case 'm':
			o->trace_max = number("--trace-max", optarg);
			break;
		case 'b':
			o->tables = true;
			break;
		case 'p':
			add_snapshot(o, optarg);
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			if (!sweep_option(o, c))
				sim_die("'weft-sim --help' tells what there is");
		}
	}
	if (optind + 1 != argc)
		sim_die("%s: give one scenario file, or for validate one folder of them, e.g. "
			"sim/validation; 'weft-sim --help' has an example", argv[0]);
	o->scenario = argv[optind];
}

static void load(struct sim_scenario *sc, const struct options *o)
{
	char why[SIM_WHY_MAX], key[128];

	sim_scenario_init(sc);
	if (sim_scenario_load(sc, o->scenario, why))
		sim_die("%s", why);
	for (size_t i = 0; i < o->sets; i++) {
		const char *eq = strchr(o->set[i], '=');

		if (!eq)
			sim_die("--set %s: write it as KEY=VALUE", o->set[i]);
		snprintf(key, sizeof(key), "%.*s", (int)(eq - o->set[i]), o->set[i]);
		if (sim_scenario_set(sc, "command line", key, eq + 1, why))
			sim_die("%s", why);
	}
	if (sim_scenario_check(sc, why))
		sim_die("%s: %s", o->scenario, why);
}

/* mkdir -p. */
static void make_dir(const char *path)
{
	char part[4096];
	struct stat st;

	if (strlen(path) >= sizeof(part) || !*path)
		sim_die("--out: '%s' is no name for a directory", path);
	strcpy(part, path);
	for (char *p = part + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(part, 0777);
		*p = '/';
	}
	if (mkdir(part, 0777) && errno != EEXIST)
		sim_die("--out: cannot make %s: %s", path, strerror(errno));
	if (stat(part, &st) || !S_ISDIR(st.st_mode))
		sim_die("--out: %s is not a directory", path);
}

static FILE *create(const char *dir, const char *name, char path[4096])
{
	FILE *f;

	snprintf(path, 4096, "%s/%s", dir, name);
	f = sim_create(path);
	if (!f)
		sim_die("cannot write %s: %s", path, strerror(errno));
	return f;
}

static void close_or_die(FILE *f, const char *path)
{
	if (sim_created(f, path))
		sim_die("cannot write %s: %s; %s.part has what could be written", path,
			strerror(errno), path);
}

static void write_results(const struct sim_experiment *x, json_t *json, const char *dir)
{
	char path[4096];
	FILE *f = create(dir, "result.json", path);

	json_dumpf(json, f, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
	fputc('\n', f);		/* what fails of these is seen at the end */
	close_or_die(f, path);
	f = create(dir, "index.html", path);
	sim_page(x, f);
	close_or_die(f, path);
}

static void write_named(const char *dir, const char *name, const struct sim_experiment *x,
			sim_time at)
{
	json_t *json = sim_snapshot(x, at);
	char path[4096];
	FILE *f = create(dir, name, path);

	json_dumpf(json, f, JSON_INDENT(1));
	fputc('\n', f);		/* what fails of these is seen at the end */
	close_or_die(f, path);
	json_decref(json);
}

static void write_snapshot(void *ctx, const struct sim_experiment *x, sim_time at)
{
	char name[64];

	snprintf(name, sizeof(name), "snapshot-%llu.json", (unsigned long long)(at / SIM_NS));
	write_named(*(const char *const *)ctx, name, x, at);
}

/* Writes and prints what came out. */
static void show(const struct sim_experiment *x, const struct options *o)
{
	json_t *json = sim_report_json(x);
	char why[SIM_WHY_MAX];

	if (o->out)
		write_results(x, json, o->out);
	if (o->tables && sim_tables(x, o->out, why))
		sim_die("%s", why);
	if (o->json) {
		json_dumpf(json, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
		putchar('\n');
	} else {
		sim_report_text(x, stdout);
	}
	if (o->out && !o->json)
		printf("  page      %s/index.html\n", o->out);
	json_decref(json);
	if (fflush(stdout) || ferror(stdout))
		sim_die("cannot write the result: %s", strerror(errno));
}

/* Every process has the whole result; the first shows it. */
static int run_team(const struct options *o, const struct sim_scenario *sc, struct sim_team *team)
{
	struct sim_extras extras = { .progress = sim_show_run };
	struct sim_experiment x;
	struct sim_show shown;
	int err;

	if (o->trace)
		sim_die("--trace: packets of several processes are in no order: use weft-sim");
	if (o->ats || o->at_end)
		sim_die("--snapshot: no process has all of it: use weft-sim");
	sim_show_begin(&shown, true);
	extras.progress_ctx = &shown;
	err = sim_experiment_team(&x, sc, team, team->rank || o->quiet ? NULL : &extras);
	if (!team->rank)
		show(&x, o);
	sim_experiment_fini(&x);
	return x.refused ? 2 : err ? 1 : 0;
}

static int run(int argc, char **argv, struct sim_team *team)
{
	struct options o = { 0 };
	struct sim_scenario sc;
	struct sim_experiment x;
	struct sim_show shown;
	struct sim_extras extras;
	struct sim_pcap trace;
	bool tty = isatty(STDERR_FILENO);
	int err;

	parse_options(&o, argc, argv);
	if (o.tables && !o.out)
		sim_die("--tables: give --out DIR, where they go");
	if ((o.ats || o.at_end) && !o.out)
		sim_die("--snapshot: give --out DIR, where it goes");
	load(&sc, &o);
	if (o.out && (!team || !team->rank))
		make_dir(o.out);
	if (team) {
		err = run_team(&o, &sc, team);
		free(o.set);
		return err;
	}
	if (o.trace) {
		err = sim_pcap_open(&trace, o.trace, (enum sim_carriage)sc.carriage, o.trace_max);
		if (err)
			sim_die("cannot write %s: %s", o.trace, strerror(-err));
	}
	tty = tty && !o.quiet;
	sim_show_begin(&shown, false);
	extras = (struct sim_extras){ .trace = o.trace ? &trace : NULL,
		.progress = tty ? sim_show_run : NULL, .progress_ctx = &shown, .at = o.at,
		.ats = o.ats, .snapshot = write_snapshot, .snapshot_ctx = &o.out };
	err = sim_experiment_with(&x, &sc, &extras);
	if (tty)
		sim_show_end(&shown);
	if (x.refused)
		sim_die("%s: %s", o.scenario, x.error);
	if (o.at_end)
		write_named(o.out, "snapshot-end.json", &x, x.sim.now);
	if (o.trace && sim_pcap_close(&trace))
		sim_die("cannot write %s: %s", o.trace, strerror(trace.error));
	show(&x, &o);
	sim_experiment_fini(&x);
	free(o.set);
	return err ? 1 : 0;
}

static int sweep(int argc, char **argv)
{
	struct options o = { .sweep = { .jobs = 1 } };
	char why[SIM_WHY_MAX];
	struct sim_scenario sc;
	struct sim_show shown;
	int failed;

	parse_options(&o, argc, argv);
	if (!o.out || !o.sweep.varies || !o.sweep.jobs)
		sim_die("sweep: give --out DIR, --vary KEY=A,B and at least one job");
	load(&sc, &o);
	make_dir(o.out);
	o.sweep.path = o.scenario;
	o.sweep.sc = &sc;
	o.sweep.dir = o.out;
	sim_show_begin(&shown, false);
	if (isatty(STDERR_FILENO) && !o.quiet)
		o.sweep.progress = sim_show_sweep;
	o.sweep.progress_ctx = &shown;
	failed = sim_sweep(&o.sweep, stderr, why);
	if (failed < 0)
		sim_die("%s", why);
	if (o.sweep.shares)
		printf("share %u of %u of %s is done%s\n", o.sweep.share, o.sweep.shares, o.out,
		       failed ? ", with runs that failed" : "");
	else
		printf("%s/sweep.csv%s\n", o.out, failed ? ", with runs that failed" : "");
	free(o.set);
	return failed ? 1 : 0;
}

static int list(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : "sim/scenarios";
	int n = sim_list(dir, stdout);

	if (n <= 0)
		sim_die("list: %s", n ? strerror(errno) : "no scenario (*.yaml) there");
	return 0;
}

static int explain(int argc, char **argv)
{
	struct options o = { 0 };
	char why[SIM_WHY_MAX];
	struct sim_scenario sc;

	parse_options(&o, argc, argv);
	load(&sc, &o);
	if (sim_explain(&sc, stdout, why))
		sim_die("%s: %s", o.scenario, why);
	free(o.set);
	return 0;
}

static int compare(int argc, char **argv)
{
	char why[SIM_WHY_MAX];
	int differ;

	if (argc != 3)
		sim_die("compare: give two result.json");
	differ = sim_compare(argv[1], argv[2], stdout, why);
	if (differ < 0)
		sim_die("%s", why);
	return differ ? 1 : 0;
}

static int validate(int argc, char **argv)
{
	struct options o = { 0 };
	int failed;

	parse_options(&o, argc, argv);
	if (o.out)
		make_dir(o.out);
	failed = sim_validate(o.scenario, o.out, stdout);
	if (failed < 0)
		sim_die("validate: no scenario (*.yaml) in %s", o.scenario);
	if (fflush(stdout) || ferror(stdout))
		sim_die("cannot write the result: %s", strerror(errno));
	return failed ? 1 : 0;
}

int sim_cli(int argc, char **argv, struct sim_team *team)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (!strcmp(command, "--help") || !strcmp(command, "-h") || !strcmp(command, "help")) {
		fputs(usage, stdout);
		return 0;
	}
	if (!strcmp(command, "run"))
		return run(argc - 1, argv + 1, team);
	if (team)
		sim_die("'%s': several processes can only 'run'; a sweep needs no MPI", command);
	if (!strcmp(command, "sweep"))
		return sweep(argc - 1, argv + 1);
	if (!strcmp(command, "compare"))
		return compare(argc - 1, argv + 1);
	if (!strcmp(command, "validate"))
		return validate(argc - 1, argv + 1);
	if (!strcmp(command, "list"))
		return list(argc - 1, argv + 1);
	if (!strcmp(command, "explain"))
		return explain(argc - 1, argv + 1);
	if (!strcmp(command, "keys")) {
		sim_scenario_help(stdout);
		return 0;
	}
	if (!strcmp(command, "bench")) {
		sim_bench_events(stdout);
		return 0;
	}
	if (*command)
		fprintf(stderr, "weft-sim: no command '%s'\n", command);
	fputs(usage, stderr);
	return 2;
}
