/* SPDX-License-Identifier: BSD-2-Clause */
/* See fault.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fault.h"
#include "sim/util.h"

enum { US_MAX = 1000000000, TIMES_MAX = 10000, GBPS_MAX = 3200, NUMBERS = 6 };

struct reader {
	struct sim *sim;
	struct sim_spot at;
};

#define bad(r, ...) sim_bad(&(r)->at, __VA_ARGS__)

static void down(struct sim *sim, const uint32_t port[2], sim_time from, sim_time until)
{
	sim_port_down(sim, port[0], from, until);
	sim_port_down(sim, port[1], from, until);
}

static void slow(struct sim *sim, const uint32_t port[2], uint64_t gbps)
{
	for (int i = 0; i < 2; i++)
		sim->port[port[i]].ps_per_kib = sim_ps_per_kib((uint32_t)gbps);
}

/* Exactly `n` whole numbers, and nothing more on the line. */
static bool numbers(const char *p, uint64_t *v, int n)
{
	char *end;

	for (int i = 0; i < n; i++) {
		p += strspn(p, " \t");
		if (*p < '0' || *p > '9')
			return false;
		errno = 0;
		v[i] = strtoull(p, &end, 10);
		if (errno)
			return false;
		p = end;
	}
	p += strspn(p, " \t\r\n");
	return !*p || *p == '#';
}

static int find_link(struct reader *r, const uint64_t *v, uint32_t port[2])
{
	if (v[0] <= UINT32_MAX && v[1] <= UINT32_MAX &&
	    sim_link_ports(&r->sim->topo, (uint32_t)v[0], (uint32_t)v[1], &port[0], &port[1]))
		return 0;
	return bad(r, "no link joins %llu and %llu", (unsigned long long)v[0],
		   (unsigned long long)v[1]);
}

static int on_flap(struct reader *r, const uint64_t *v, const uint32_t port[2])
{
	if (v[2] > US_MAX || !v[3] || v[3] > US_MAX || !v[4] || v[4] > US_MAX || !v[5] ||
	    v[5] > TIMES_MAX)
		return bad(r, "times are at most %d us, down and up at least 1, %d times at most",
			   US_MAX, TIMES_MAX);
	for (uint64_t i = 0; i < v[5]; i++) {
		sim_time from = (v[2] + i * (v[3] + v[4])) * SIM_US;

		down(r->sim, port, from, from + v[3] * SIM_US);
	}
	return 0;
}

static int on_down(struct reader *r, const uint64_t *v, const uint32_t port[2])
{
	if (v[2] > US_MAX || v[3] > US_MAX || (v[3] && v[3] <= v[2]))
		return bad(r, "down from %llu to %llu us: at most %d, and to after from",
			   (unsigned long long)v[2], (unsigned long long)v[3], US_MAX);
	down(r->sim, port, v[2] * SIM_US, v[3] ? v[3] * SIM_US : SIM_NEVER);
	return 0;
}

static int take_line(struct reader *r, const char *p)
{
	static const struct { const char *word; int n; } kind[] = {
		{ "down", 4 }, { "flap", 6 }, { "slow", 3 },
	};
	size_t len = strcspn(p, " \t\r\n");
	uint64_t v[NUMBERS];
	uint32_t port[2];
	int k = 0;

	while (k < 3 && (len != 4 || strncmp(p, kind[k].word, 4)))
		k++;
	if (k == 3)
		return bad(r, "'%.*s': a line begins with down, flap or slow",
			   (int)(len < 40 ? len : 40), p);
	if (!numbers(p + len, v, kind[k].n))
		return bad(r, "%s: %d whole numbers belong here", kind[k].word, kind[k].n);
	if (find_link(r, v, port))
		return -1;
	if (k == 0)
		return on_down(r, v, port);
	if (k == 1)
		return on_flap(r, v, port);
	if (!v[2] || v[2] > GBPS_MAX)
		return bad(r, "slow: 1 to %d Gb/s", GBPS_MAX);
	slow(r->sim, port, v[2]);
	return 0;
}

static int read_file(struct sim *sim, const char *path, char why[SIM_WHY_MAX])
{
	struct reader r = { .sim = sim, .at = { path, 0, why, SIM_WHY_MAX } };
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	if (!f) {
		snprintf(why, SIM_WHY_MAX, "fault.file: %.300s: %s", path, strerror(errno));
		return -1;
	}
	while (!err && getline(&line, &size, f) >= 0) {
		const char *p = line + strspn(line, " \t\r\n");

		r.at.line++;
		if (*p && *p != '#')
			err = take_line(&r, p);
	}
	if (!err && ferror(f))
		err = bad(&r, "cannot be read: %s", strerror(errno));
	free(line);
	fclose(f);
	return err;
}

static sim_time until(const struct sim_scenario *sc)
{
	return sc->fault_until_us ? sc->fault_until_us * SIM_US : SIM_NEVER;
}

static void plane_down(struct sim *sim, const struct sim_scenario *sc)
{
	uint32_t in_plane;

	for (uint32_t i = 0; i < sim->ports; i++)
		if (sim_port_plane(&sim->topo, i, &in_plane) == sc->fault_plane)
			sim_port_down(sim, i, sc->fault_from_us * SIM_US, until(sc));
}

int sim_faults(struct sim *sim, const struct sim_scenario *sc, char why[SIM_WHY_MAX])
{
	uint32_t port[2];

	if (*sc->fault_file && read_file(sim, sc->fault_file, why))
		return -1;
	if (sc->fault == SIM_FAULT_NONE)
		return 0;
	if (sc->fault == SIM_FAULT_PLANE) {
		plane_down(sim, sc);
		return 0;
	}
	if (!sim_link_ports(&sim->topo, (uint32_t)sc->fault_leaf, (uint32_t)sc->fault_spine,
			    &port[0], &port[1])) {
		snprintf(why, SIM_WHY_MAX, "fault.leaf, fault.spine: no link joins switches %u "
			 "and %u", (unsigned)sc->fault_leaf, (unsigned)sc->fault_spine);
		return -1;
	}
	if (sc->fault == SIM_FAULT_SLOW)
		slow(sim, port, sc->fault_gbps);
	else
		down(sim, port, sc->fault_from_us * SIM_US, until(sc));
	return 0;
}
