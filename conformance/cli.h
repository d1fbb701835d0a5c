/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands of weft-conform.  Each returns the exit status: 0 passed, 1 failed, 2 incomplete, 3 an
 * error of the suite, 4 bad usage.
 */
#ifndef WEFT_CONFORMANCE_CLI_H
#define WEFT_CONFORMANCE_CLI_H

#include "conformance/runner.h"
#include "conformance/waiver.h"

#define WC_EXIT_USAGE 4
#define WC_KEYS 4u
#define WC_FAULTS 64u		/* rules, and files of them, on a command line */

struct wc_args {
	const char *dut, *local, *upper, *out, *chip_a, *chip_b, *config;
	const char *self;		/* folder of this program */
	uint64_t seed;
	unsigned patience_ms;
	bool quiet, mutants, degenerate, order, full;
	bool keep;			/* --keep-device: no fresh one for each case */
	uint64_t shuffle;		/* --shuffle: order of the cases; 0: as listed */
	bool insist;			/* --no-rig-check */
	unsigned jobs;
	const char *area, *rule, *profile;	/* list: only these; NULL: all */
	const char *nonce, *waivers;	/* certify; verify: the nonce that was asked for */
	const char *key[WC_KEYS], *pub[WC_KEYS];	/* bundle: private; verify: public */
	const char *waiver_pub[WC_KEYS];	/* public keys of who may grant waivers */
	unsigned n_keys, n_pubs, n_waiver_pubs;
	bool seeded;			/* --seed was given */
	bool step;			/* replay: wait for Enter before each packet */
	/* box */
	const char *to, *listen, *random;
	const char *fault[WC_FAULTS], *schedule[WC_FAULTS], *path[WC_FAULTS];
	unsigned n_faults, n_schedules, n_paths;
	uint32_t span;			/* --span: PSNs that --random draws for */
	uint64_t for_ns;		/* --for; 0: until told */
	void (*watch)(const struct wc_view *v, size_t at, void *arg);	/* as in struct wc_dut */
	void *watch_arg;
	char *const *rest;		/* ids and globs */
	int n_rest;
};

int wc_cmd_run(const struct wc_args *a);
int wc_cmd_observe(const struct wc_args *a);
int wc_cmd_judge(const struct wc_args *a);
int wc_cmd_demo(const struct wc_args *a);
int wc_cmd_selftest(const struct wc_args *a);
int wc_cmd_init(const struct wc_args *a);
int wc_cmd_check(const struct wc_args *a);
int wc_cmd_rig(const struct wc_args *a);
int wc_cmd_replay(const struct wc_args *a);
int wc_cmd_diff(const struct wc_args *a);
int wc_cmd_certify(const struct wc_args *a);
int wc_cmd_waive(const struct wc_args *a);
int wc_cmd_bundle(const struct wc_args *a);
int wc_cmd_verify(const struct wc_args *a);
int wc_cmd_box(const struct wc_args *a);
int wc_cmd_interop(const struct wc_args *a);

/*
 * Read a->config, if one was named, into *c (the caller's to free) and fill in what the command
 * line left open.  0; or WC_EXIT_USAGE, having said why: also when no device is named by then.
 */
int wc_args_config(struct wc_args *a, struct wc_config **c);

/* Does results.json, as we write it, give this case this verdict and code? */
bool wc_agrees(const char *json, const struct wc_outcome *o);
/* The day by the clock, YYYY-MM-DD, in UTC. */
void wc_today(char out[16]);

/*
 * Are these waivers, of the file called name, signed by keys of a->waiver_pub?  0, or a negative
 * errno with one sentence in err.
 */
int wc_waivers_trusted(const struct wc_args *a, const struct wc_waivers *w, const char *name,
		       char *err, size_t errlen);

/* The file as text, the caller's to free, or NULL. */
char *wc_read_all(const char *path);

/*
 * Run the cases against a->dut and report into a->out, unless that is NULL: the common part of the
 * above.  declared may be NULL.  r is initialised here, and the caller's to free.
 */
int wc_run_against(struct wc_run *r, const struct wc_args *a, const struct wc_declared *declared);

/* The same for run --dut pcap:FILE?dut=ADDRESS, which a->dut is. */
int wc_observe_url(const struct wc_args *a);

/* The cards of what did not pass, to standard output. */
void wc_print_failures(const struct wc_run *r);

/* Counts of a run in one line, to standard output. */
void wc_print_totals(const struct wc_run *r);

/* The mutants that this case must kill, a line each. */
void wc_print_mutants(const char *id);

/* The commands that start both reference chips of the mutant build, where none was given. */
void wc_chip_commands(const struct wc_args *a, char chip_a[1024], char chip_b[1024]);

#endif
