/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weft-sim-mpi: one run by several processes over MPI (team.h). This file moves bytes and words
 * between them and knows nothing of what they mean. An error of MPI ends the program, as is its
 * default; so does a process that ends early: it takes the others with it.
 */
#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/cli.h"
#include "sim/util.h"

enum { TAG = 1, PIECE = 1 << 30 };	/* the most bytes that one message has */

struct mpi {
	int ranks, rank;
	uint64_t *say, *hear;	/* words and a count of bytes for, and from, each process */
	MPI_Request *request;
	size_t words, requests;
};

static void *grow(void *p, size_t *have, size_t want, size_t size)
{
	if (want <= *have)
		return p;
	*have = want;
	return sim_resize(p, want, size);
}

/* One message, or several if it is long; they arrive in the order in which they were sent. */
static size_t begin(struct mpi *m, size_t n, char *bytes, size_t size, int peer, bool out)
{
	for (size_t at = 0; at < size; at += PIECE) {
		int part = (int)(size - at < PIECE ? size - at : PIECE);

		m->request = grow(m->request, &m->requests, n + 1, sizeof(MPI_Request));
		if (out)
			MPI_Isend(bytes + at, part, MPI_BYTE, peer, TAG, MPI_COMM_WORLD,
				  &m->request[n++]);
		else
			MPI_Irecv(bytes + at, part, MPI_BYTE, peer, TAG, MPI_COMM_WORLD,
				  &m->request[n++]);
	}
	return n;
}

static void swap(void *ctx, const struct sim_box *out, struct sim_box *in, const uint64_t *say,
		 uint64_t *heard, uint32_t words)
{
	struct mpi *m = ctx;
	size_t each = words + 1, have = m->words, n = 0;

	m->say = grow(m->say, &m->words, each * (size_t)m->ranks, sizeof(*m->say));
	m->hear = grow(m->hear, &have, each * (size_t)m->ranks, sizeof(*m->hear));
	for (int r = 0; r < m->ranks; r++) {
		m->say[each * (size_t)r] = out[r].used;
		memcpy(&m->say[each * (size_t)r + 1], say, words * sizeof(*say));
	}
	MPI_Alltoall(m->say, (int)each, MPI_UINT64_T, m->hear, (int)each, MPI_UINT64_T,
		     MPI_COMM_WORLD);
	for (int r = 0; r < m->ranks; r++) {
		in[r].used = m->hear[each * (size_t)r];
		in[r].bytes = grow(in[r].bytes, &in[r].size, in[r].used, 1);
		memcpy(&heard[words * (size_t)r], &m->hear[each * (size_t)r + 1],
		       words * sizeof(*heard));
		n = begin(m, n, in[r].bytes, in[r].used, r, false);
	}
	for (int r = 0; r < m->ranks; r++)
		n = begin(m, n, out[r].bytes, out[r].used, r, true);
	MPI_Waitall((int)n, m->request, MPI_STATUSES_IGNORE);
}

static void all(void *ctx, uint64_t *v, size_t n, enum sim_all how)
{
	MPI_Op op = how == SIM_ALL_SUM ? MPI_SUM : how == SIM_ALL_MAX ? MPI_MAX : MPI_MIN;

	(void)ctx;
	for (size_t at = 0; at < n; at += PIECE / sizeof(*v)) {
		size_t part = n - at < PIECE / sizeof(*v) ? n - at : PIECE / sizeof(*v);

		MPI_Allreduce(MPI_IN_PLACE, v + at, (int)part, MPI_UINT64_T, op, MPI_COMM_WORLD);
	}
}

static double used_s(void *ctx)
{
	struct timespec t;

	(void)ctx;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Whoever ends before its time, with a message, has the others end. */
static void on_end(int status, void *ctx)
{
	int over;

	(void)ctx;
	MPI_Finalized(&over);
	if (!over)
		MPI_Abort(MPI_COMM_WORLD, status);
}

int main(int argc, char **argv)
{
	static const struct sim_team_ops ops = { swap, all, used_s };
	struct mpi m = { 0 };
	struct sim_team team = { .ops = &ops, .ctx = &m };
	int status;

	MPI_Init(&argc, &argv);
	on_exit(on_end, NULL);
	MPI_Comm_rank(MPI_COMM_WORLD, &m.rank);
	MPI_Comm_size(MPI_COMM_WORLD, &m.ranks);
	team.rank = (uint32_t)m.rank;
	team.ranks = (uint32_t)m.ranks;
	status = sim_cli(argc, argv, &team);
	free(m.say);
	free(m.hear);
	free(m.request);
	MPI_Finalize();
	return status;
}
