/* SPDX-License-Identifier: BSD-2-Clause */
/* See sizes.h. */
#include "sim/sizes.h"

struct point {
	double bytes, share;
};

enum { POINTS_MAX = 16, SEGMENT = 1460 };

/*
 * Web search: M. Alizadeh et al., "Data Center TCP (DCTCP)", SIGCOMM 2010, as the points that
 * later studies of congestion control use.
 */
static const struct point web_search[POINTS_MAX] = {
	{ 0, 0 }, { 10000, 0.15 }, { 20000, 0.20 }, { 30000, 0.30 }, { 50000, 0.40 },
	{ 80000, 0.53 }, { 200000, 0.60 }, { 1000000, 0.70 }, { 2000000, 0.80 },
	{ 5000000, 0.90 }, { 10000000, 0.97 }, { 30000000, 1 },
};

/*
 * Data mining: A. Greenberg et al., "VL2: A Scalable and Flexible Data Center Network", SIGCOMM
 * 2009, as the points, in full segments, that later studies of scheduling use.
 */
static const struct point data_mining[POINTS_MAX] = {
	{ 1.0 * SEGMENT, 0 }, { 1.0 * SEGMENT, 0.5 }, { 2.0 * SEGMENT, 0.6 },
	{ 3.0 * SEGMENT, 0.7 }, { 7.0 * SEGMENT, 0.8 }, { 267.0 * SEGMENT, 0.9 },
	{ 2107.0 * SEGMENT, 0.95 }, { 66667.0 * SEGMENT, 0.99 }, { 666667.0 * SEGMENT, 1 },
};

static const struct point *table(enum sim_sizes which)
{
	return which == SIM_SIZES_DATA_MINING ? data_mining : web_search;
}

uint64_t sim_sizes_draw(enum sim_sizes which, double u)
{
	const struct point *p = table(which);
	double bytes;

	while (p[1].share <= u)
		p++;
	bytes = p->bytes + (p[1].bytes - p->bytes) * (u - p->share) / (p[1].share - p->share);
	return bytes < 1 ? 1 : (uint64_t)bytes;
}

double sim_sizes_mean(enum sim_sizes which)
{
	double sum = 0;

	for (const struct point *p = table(which); p->share < 1; p++)
		sum += (p[1].share - p->share) * (p->bytes + p[1].bytes) / 2;
	return sum;
}
