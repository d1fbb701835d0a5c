/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All-to-all-v: everybody sends everybody else its own number of bytes; in round r to the chip r
 * further on, all rounds at once or one after another. The numbers are drawn from a distribution,
 * or are those of a file: a line for each sender with a number of bytes for each receiver, 0 for
 * none and for itself; '#' begins a comment.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/flow_file.h"
#include "sim/rng.h"

enum { MATRIX_CHIPS_MAX = 8192 };

struct reader {
	struct sim_spot at;
	uint32_t chips, row;
	uint64_t *bytes;
};

static int take_row(struct reader *r, const char *p)
{
	uint64_t *bytes;

	if (r->row == r->chips)
		return sim_bad(&r->at, "more than %u lines: the topology has so many chips",
			       r->chips);
	bytes = &r->bytes[(size_t)r->row * r->chips];
	for (uint32_t i = 0; i < r->chips; i++) {
		if (!sim_flow_number(&p, &bytes[i]))
			return sim_bad(&r->at, "%u whole numbers, not %u: one for each chip", i,
				       r->chips);
		if (bytes[i] > SIM_FLOW_BYTES_MAX)
			return sim_bad(&r->at, "%" PRIu64 " bytes to chip %u: at most %" PRIu64,
				       bytes[i], i, SIM_FLOW_BYTES_MAX);
	}
	if (!sim_flow_line_ends(p))
		return sim_bad(&r->at, "more than %u numbers: the topology has so many chips",
			       r->chips);
	if (bytes[r->row])
		return sim_bad(&r->at, "chip %u sends to itself", r->row);
	r->row++;
	return 0;
}

static int read_lines(struct reader *r, FILE *f)
{
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	while (!err && getline(&line, &size, f) >= 0) {
		const char *p = line + strspn(line, " \t\r\n");

		r->at.line++;
		if (*p && *p != '#')
			err = take_row(r, p);
	}
	free(line);
	if (!err && ferror(f))
		return sim_bad(&r->at, "cannot be read: %s", strerror(errno));
	if (!err && r->row < r->chips)
		return sim_bad(&r->at, "%u lines, not %u: one for each chip", r->row, r->chips);
	return err;
}

static int read_matrix(struct reader *r)
{
	FILE *f = fopen(r->at.path, "r");
	int err;

	if (!f) {
		snprintf(r->at.why, r->at.size, "workload.file: %.300s: %s", r->at.path,
			 strerror(errno));
		return -1;
	}
	err = read_lines(r, f);
	fclose(f);
	return err;
}

/* Each pair's number is a function of seed and pair alone. */
static void draw(struct reader *r, const struct sim_scenario *sc)
{
	uint64_t key = sim_key(sc->pattern_seed ? sc->pattern_seed : sc->seed, SIM_FOR_FLOWS);

	for (uint32_t i = 0; i < r->chips; i++)
		for (uint32_t k = 0; k < r->chips; k++)
			r->bytes[(size_t)i * r->chips + k] =
				i == k ? 0 : sim_flow_size(sc, sim_hash3(key, i, k));
}

static void flows(struct sim_flow_list *l, const struct reader *r, bool chained)
{
	uint32_t n = r->chips, *last = sim_zalloc(n, sizeof(*last));

	memset(last, 0xff, n * sizeof(*last));
	for (uint32_t k = 1; k < n; k++)
		for (uint32_t i = 0; i < n; i++) {
			uint32_t to = (i + k) % n;
			uint64_t bytes = r->bytes[(size_t)i * n + to];

			if (!bytes)
				continue;
			sim_flow_add(l, i, to, bytes, chained ? last[i] : SIM_NO_FLOW);
			last[i] = l->n - 1;
		}
	free(last);
}

int sim_all_to_all_v(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		     char why[SIM_WHY_MAX])
{
	struct reader r = { .at = { sc->flows_file, 0, why, SIM_WHY_MAX }, .chips = chips };
	int err = 0;

	if (chips > MATRIX_CHIPS_MAX) {
		snprintf(why, SIM_WHY_MAX, "all-to-all-v: %u chips; at most %d", chips,
			 MATRIX_CHIPS_MAX);
		return -1;
	}
	r.bytes = sim_zalloc((size_t)chips * chips, sizeof(*r.bytes));
	if (*sc->flows_file)
		err = read_matrix(&r);
	else
		draw(&r, sc);
	if (!err)
		flows(l, &r, sc->chained);
	free(r.bytes);
	if (!err && !l->n)
		return sim_bad(&r.at, "no flow in it");
	return err;
}
