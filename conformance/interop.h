/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The matrix of pairs: each initiator against each target through the box, with each set of faults.
 *
 * A cell is what was found, each finding by itself: how the initiator ended, whether the target
 * lives, whether every fault that was named met its packet, and what the observers say of either
 * end.  Its verdict is the worst of them, and nothing makes it better.
 */
#ifndef WEFT_CONFORMANCE_INTEROP_H
#define WEFT_CONFORMANCE_INTEROP_H

#include "conformance/judge.h"

#include <stdio.h>

#define WC_IMPLS	32u
#define WC_FAULT_SETS	32u
#define WC_FINDINGS	24u
#define WC_LIMIT_S	20u

/*
 * The file: see interop.example.yaml.  A command is run by the shell; a target prints a line with
 * udp:ADDRESS:PORT when it is ready and runs until it is ended; an initiator finds ADDRESS:PORT in
 * $WEFT_TARGET and ends with status 0 if all was right.
 */
struct wc_impl {
	char *name, *target, *initiator;	/* NULL: it has no such role */
};

struct wc_fault_set {
	char *name, *schedule, *random, *seed;	/* NULL: none; seed in hexadecimal */
	char **rules, **paths;
	unsigned rules_count, paths_count, span;
};

struct wc_matrix {
	struct wc_impl *implementations;
	struct wc_fault_set *faults;
	unsigned implementations_count, faults_count, limit_s;
};

struct wc_finding {
	enum wc_verdict_kind kind;
	char code[40], text[WC_TEXT];
};

struct wc_cell {
	const struct wc_impl *initiator, *target;
	const struct wc_fault_set *faults;
	enum wc_verdict_kind kind;	/* the worst finding */
	struct wc_finding finding[WC_FINDINGS];
	unsigned n;
	unsigned passed[2];		/* observers, of the initiator and of the target */
	uint64_t packets[2], mishaps;
	double seconds;
	char folder[96];		/* in that of the matrix */
};

struct wc_interop {
	const struct wc_matrix *m;
	const char *out, *path;
	struct wc_cell *cell;
	unsigned n;
	unsigned totals[WC_VERDICTS];
	bool quiet;
};

/* Free with wc_matrix_free().  0, or a negative errno with one sentence in err. */
int wc_matrix_load(const char *path, struct wc_matrix **out, char *err, size_t errlen);
void wc_matrix_free(struct wc_matrix *m);

/* Run one cell into x->out/cell->folder; its findings are added. */
void wc_cell_run(const struct wc_interop *x, struct wc_cell *c);
void wc_cell_find(struct wc_cell *c, enum wc_verdict_kind kind, const char *code, const char *fmt,
		  ...) __attribute__((format(printf, 4, 5)));

/* The table as text; results.json and index.html in x->out.  0, or a negative errno. */
void wc_interop_text(const struct wc_interop *x, FILE *f);
int wc_interop_json(const struct wc_interop *x, const char *path);
int wc_interop_html(const struct wc_interop *x, const char *path);

#endif
