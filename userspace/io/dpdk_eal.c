/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DPDK's environment (EAL), once in a process.  Decides its arguments: nothing shared with other
 * processes and no files left behind, huge pages if there are free ones and plain memory if not.
 * The caller's thread keeps the CPUs it may run on, which EAL would narrow to one.
 */
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "userspace/io/dpdk.h"

#define ARGS_MAX	32
#define HUGE_DIR	"/sys/kernel/mm/hugepages"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* started */
static bool started;

/* Free huge pages of all sizes, in MiB. */
static uint64_t free_huge_mib(void)
{
	DIR *d = opendir(HUGE_DIR);
	struct dirent *e;
	uint64_t mib = 0;

	while (d && (e = readdir(d))) {
		unsigned long long kib, n = 0;
		char path[512];
		FILE *f;

		if (sscanf(e->d_name, "hugepages-%llukB", &kib) != 1)
			continue;
		snprintf(path, sizeof(path), HUGE_DIR "/%s/free_hugepages", e->d_name);
		f = fopen(path, "r");
		if (f && fscanf(f, "%llu", &n) == 1)
			mib += n * kib / 1024;
		if (f)
			fclose(f);
	}
	if (d)
		closedir(d);
	return mib;
}

static bool want_huge(const struct wio_cfg *c)
{
	uint64_t how = wio_q_num(c->q, "huge");	/* auto|yes|no */

	return how == 1 || (how == 0 && free_huge_mib() >= wio_q_num(c->q, "mem"));
}

static int first_cpu(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	for (size_t i = 0; i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, &set))
			return (int)i;
	}
	return 0;
}

/* EAL keeps pointers into its arguments, so |copy| stays allocated once it has succeeded. */
static int run_eal(const struct wio_cfg *c, char *extra)
{
	static char prog[] = "weft", mem[] = "--in-memory", pci[] = "--no-pci", l[] = "-l",
		    quiet[] = "--log-level=*:error",
		    calm[] = "--log-level=pmd.net.memif:critical", telemetry[] = "--no-telemetry",
		    huge[] = "--no-huge", m[] = "-m", alone[] = "--no-shconf";
	static char cpu[16], mib[24];
	char *argv[ARGS_MAX + 1] = { prog, quiet, calm, telemetry, l, cpu };
	char *save = NULL;
	int argc = 6;

	snprintf(cpu, sizeof(cpu), "%d", first_cpu());
	snprintf(mib, sizeof(mib), "%llu", (unsigned long long)wio_q_num(c->q, "mem"));
	if (!strncmp(c->where, "net_", 4))
		argv[argc++] = pci;
	if (want_huge(c)) {
		argv[argc++] = mem;	/* pages without files, gone with the process */
	} else {
		argv[argc++] = alone;
		argv[argc++] = huge;
		argv[argc++] = m;
		argv[argc++] = mib;
	}
	for (char *p = extra ? strtok_r(extra, "+", &save) : NULL; p && argc < ARGS_MAX;
	     p = strtok_r(NULL, "+", &save))
		argv[argc++] = p;
	if (rte_eal_init(argc, argv) < 0)
		return wio_fail(c, rte_errno ? -rte_errno : -EIO,
				"dpdk: EAL does not start: %s (huge=no runs without huge pages; "
				"mem=MiB sets the memory)",
				rte_strerror(rte_errno));
	return 0;
}

static int start(const struct wio_cfg *c)
{
	const char *eal = wio_q_str(c->q, "eal");
	char *extra = eal ? strdup(eal) : NULL;
	cpu_set_t keep;
	int had = pthread_getaffinity_np(pthread_self(), sizeof(keep), &keep);
	int err;

	if (eal && !extra)
		return wio_fail(c, -ENOMEM, "dpdk: out of memory");
	err = run_eal(c, extra);
	if (!had)
		pthread_setaffinity_np(pthread_self(), sizeof(keep), &keep);
	if (err)
		free(extra);
	return err;
}

int wio_eal_start(const struct wio_cfg *c)
{
	int err = 0;

	pthread_mutex_lock(&lock);
	if (!started) {
		err = start(c);
		started = !err;
	}
	pthread_mutex_unlock(&lock);
	return err;
}

void wio_eal_thread(void)
{
	static __thread bool known;

	if (known)
		return;
	known = true;
	if (rte_lcore_id() == LCORE_ID_ANY)
		rte_thread_register();	/* without: the pools' per-thread caches are not used */
}
