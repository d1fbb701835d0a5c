/* SPDX-License-Identifier: BSD-2-Clause */
/* See sizes.h. */
#include <math.h>

#include "sim/sizes.h"

struct point {
	double bytes, share;
};

enum { POINTS_MAX = 16 };

/*
 * Web search: figure 4 of M. Alizadeh et al., "Data Center TCP (DCTCP)", SIGCOMM 2010, as the
 * points that its authors published (DCTCP_CDF of github.com/datacenter/empirical-traffic-gen);
 * HPCC's simulator has the same (traffic_gen/WebSearch_distribution.txt).
 */
static const struct point web_search[POINTS_MAX] = {
	{ 0, 0 }, { 10000, 0.15 }, { 20000, 0.20 }, { 30000, 0.30 }, { 50000, 0.40 },
	{ 80000, 0.53 }, { 200000, 0.60 }, { 1000000, 0.70 }, { 2000000, 0.80 },
	{ 5000000, 0.90 }, { 10000000, 0.97 }, { 30000000, 1 },
};

/*
 * Data mining: figure 2 of A. Greenberg et al., "VL2: A Scalable and Flexible Data Center Network",
 * SIGCOMM 2009, as the points of VL2_CDF in github.com/datacenter/empirical-traffic-gen and in
 * github.com/HKUST-SING/TrafficGenerator. 95 in 100 flows are shorter than 3.2 MB, and flows above
 * 100 MB carry 87 in 100 bytes.
 */
static const struct point data_mining[POINTS_MAX] = {
	{ 0, 0 }, { 180, 0.1 }, { 216, 0.2 }, { 560, 0.3 }, { 900, 0.4 }, { 1100, 0.5 },
	{ 1870, 0.6 }, { 3160, 0.7 }, { 10000, 0.8 }, { 400000, 0.9 }, { 3160000, 0.95 },
	{ 100000000, 0.98 }, { 1000000000, 1 },
};

/*
 * Storage: messages of Alibaba's production distributed storage system, as its authors published
 * the points in 2019 beside Y. Li et al., "HPCC: High Precision Congestion Control", SIGCOMM 2019
 * (traffic_gen/AliStorage2019.txt of github.com/alibaba-edu/High-Precision-Congestion-Control).
 */
static const struct point storage[POINTS_MAX] = {
	{ 0, 0 }, { 4000, 0.2293 }, { 8000, 0.6921 }, { 16000, 0.8061 }, { 32000, 0.9047 },
	{ 64000, 0.9353 }, { 128000, 0.9677 }, { 256000, 0.9753 }, { 2000000, 1 },
};

/*
 * AI inference: what a prefill chip sends a decode chip for one layer of a prompt. Prompts are
 * those of the conversation service in the trace that P. Patel et al. published with "Splitwise:
 * Efficient Generative LLM Inference Using Phase Splitting", ISCA 2024 (19,366 requests of
 * AzureLLMInferenceTrace_conv.csv, github.com/Azure/AzurePublicDataset: quantiles of
 * ContextTokens). A token has 4096 bytes a layer: keys and values of 8 heads of 128 numbers of 2
 * bytes each, as Llama 2 70B and Llama 3 have them. The bytes are derived, the tokens measured.
 */
#define TOKENS(n) ((n) * 4096.0)
static const struct point kv_cache[POINTS_MAX] = {
	{ TOKENS(2), 0 }, { TOKENS(181), 0.05 }, { TOKENS(207), 0.1 }, { TOKENS(387), 0.2 },
	{ TOKENS(403), 0.3 }, { TOKENS(703), 0.4 }, { TOKENS(1020), 0.5 }, { TOKENS(1071), 0.6 },
	{ TOKENS(1130), 0.7 }, { TOKENS(1315), 0.8 }, { TOKENS(2735), 0.9 },
	{ TOKENS(4083), 0.95 }, { TOKENS(4142), 0.99 }, { TOKENS(14050), 1 },
};

static const struct point *table(enum sim_sizes which)
{
	switch (which) {
	case SIM_SIZES_DATA_MINING:
		return data_mining;
	case SIM_SIZES_STORAGE:
		return storage;
	case SIM_SIZES_KV_CACHE:
		return kv_cache;
	case SIM_SIZES_WEB_SEARCH:
	case SIM_SIZES_FIXED:		/* these two have none */
	case SIM_SIZES_EXPONENTIAL:
		break;
	}
	return web_search;
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
