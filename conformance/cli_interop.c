/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * interop: the matrix of pairs.
 */
#include "conformance/cli.h"
#include "conformance/interop.h"
#include "conformance/report.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void interrupt(int signo)
{
	(void)signo;
	wc_interrupted = 1;
}

static bool wanted(const struct wc_args *a, const char *folder)
{
	for (int i = 1; i < a->n_rest; i++)
		if (!fnmatch(a->rest[i], folder, FNM_CASEFOLD))
			return true;
	return a->n_rest == 1;
}

/* The cells that are asked for, in the order of the file. */
static void plan(const struct wc_args *a, struct wc_interop *x)
{
	const struct wc_matrix *m = x->m;

	for (unsigned i = 0; i < m->implementations_count; i++)
		for (unsigned t = 0; t < m->implementations_count; t++)
			for (unsigned f = 0; f < m->faults_count; f++) {
				struct wc_cell *c = &x->cell[x->n];

				*c = (struct wc_cell){ .initiator = &m->implementations[i],
						       .target = &m->implementations[t],
						       .faults = &m->faults[f] };
				snprintf(c->folder, sizeof(c->folder), "%.30s--%.30s--%.30s",
					 c->initiator->name, c->target->name, c->faults->name);
				x->n += wanted(a, c->folder);
			}
}

static int report(const struct wc_interop *x)
{
	char path[1100];
	int rc;

	snprintf(path, sizeof(path), "%s/interop.json", x->out);
	rc = wc_interop_json(x, path);
	if (!rc) {
		snprintf(path, sizeof(path), "%s/index.html", x->out);
		rc = wc_interop_html(x, path);
	}
	if (rc)
		fprintf(stderr, "weft-conform: interop: %s: %s\n", path, strerror(-rc));
	wc_interop_text(x, stdout);
	printf("report: %s/index.html\n", x->out);
	return rc;
}

static int run_all(struct wc_interop *x)
{
	struct sigaction act = { .sa_handler = interrupt };
	int rc = wc_mkdirs(x->out);

	if (rc) {
		fprintf(stderr, "weft-conform: interop: %s: %s; give --out a folder that can be "
			"made\n", x->out, strerror(-rc));
		return WC_EXIT_USAGE;
	}
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	for (unsigned n = 0; n < x->n; n++) {
		struct wc_cell *c = &x->cell[n];

		if (wc_interrupted)
			wc_cell_find(c, WC_INCONC, "INTERRUPTED", "not run");
		else
			wc_cell_run(x, c);
		x->totals[c->kind]++;
		if (!x->quiet)
			printf("%3u/%u  %-7s %s\n", n + 1, x->n, wc_verdict_name(c->kind),
			       c->folder);
		fflush(stdout);
	}
	if (report(x))
		return 3;
	return x->totals[WC_ERROR] ? 3 : x->totals[WC_FAIL] ? 1 : x->totals[WC_INCONC] ? 2 : 0;
}

int wc_cmd_interop(const struct wc_args *a)
{
	struct wc_interop x = { .out = a->out ? a->out : "out/interop", .quiet = a->quiet };
	struct wc_matrix *m = NULL;
	char err[700] = "";
	int rc = WC_EXIT_USAGE;

	if (!a->n_rest) {
		fputs("weft-conform: interop: give the matrix, such as "
		      "conformance/interop.example.yaml\n", stderr);
		return WC_EXIT_USAGE;
	}
	x.path = a->rest[0];
	if (wc_matrix_load(x.path, &m, err, sizeof(err))) {
		fprintf(stderr, "weft-conform: interop: %s\n", err);
		return WC_EXIT_USAGE;
	}
	x.m = m;
	x.cell = calloc((size_t)m->implementations_count * m->implementations_count *
			m->faults_count + 1, sizeof(*x.cell));
	if (x.cell)
		plan(a, &x);
	if (x.n)
		rc = run_all(&x);
	else
		fprintf(stderr, "weft-conform: interop: %s has no cell that is named so\n", x.path);
	free(x.cell);
	wc_matrix_free(m);
	return rc;
}
