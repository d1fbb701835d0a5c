// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counters of the port, as `rdma statistic` and hw_counters show them: the host's, then those of
 * verbs.
 */
#include "kernel/verbs.h"

static const char *const ours[WEFTK_COUNTS] = {
	[WEFTK_COUNT_CQ_OVERRUN] = "cq_overruns",
	[WEFTK_COUNT_BAD_WQE] = "bad_work_requests",
	[WEFTK_COUNT_UD_NO_ROOM] = "datagrams_dropped",
	[WEFTK_COUNT_UD_SENT] = "datagrams_sent",
	[WEFTK_COUNT_UD_RECEIVED] = "datagrams_received",
	[WEFTK_COUNT_QP_ERRORS] = "queue_pair_errors",
};

static struct rdma_stat_desc *names;	/* the same for all devices */
static unsigned int n_names;

int weftk_stats_init(void)
{
	unsigned int i, host = weftk_counters_n();

	names = kcalloc(host + WEFTK_COUNTS, sizeof(*names), GFP_KERNEL);
	if (!names)
		return -ENOMEM;
	for (i = 0; i < host; i++)
		names[i].name = weftk_counter_name(i);
	for (i = 0; i < WEFTK_COUNTS; i++)
		names[host + i].name = ours[i];
	n_names = host + WEFTK_COUNTS;
	return 0;
}

void weftk_stats_exit(void)
{
	kfree(names);
}

struct rdma_hw_stats *weftk_alloc_stats(struct ib_device *ib, u32 port)
{
	return rdma_alloc_hw_stats_struct(names, (int)n_names, RDMA_HW_STATS_DEFAULT_LIFESPAN);
}

int weftk_get_stats(struct ib_device *ib, struct rdma_hw_stats *stats, u32 port, int index)
{
	struct weftk_ibdev *dev = to_wdev(ib);
	unsigned int i, host = n_names - WEFTK_COUNTS;

	if (!port)
		return -EINVAL;
	if (dev->host)
		weftk_counters(dev->host, stats->value, host);
	for (i = 0; i < WEFTK_COUNTS; i++)
		stats->value[host + i] = (u64)atomic64_read(&dev->counts[i]);
	return (int)n_names;
}
