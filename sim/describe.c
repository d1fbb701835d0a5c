/* SPDX-License-Identifier: BSD-2-Clause */
/* See describe.h. */
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/closed.h"
#include "sim/describe.h"
#include "sim/flows.h"
#include "sim/topology.h"
#include "sim/util.h"

enum { LINE = 1024 };

static int is_scenario(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 5 && !strcmp(e->d_name + n - 5, ".yaml");
}

/* The comment at the head of a file, but for its licence, up to the first full stop. */
static void first_sentence(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "r");
	char line[LINE], *stop;
	size_t at = 0;

	*text = '\0';
	while (f && fgets(line, sizeof(line), f) && *line == '#') {
		const char *p = line + 1 + strspn(line + 1, " \t");
		size_t n = strcspn(p, "\r\n");

		if (!strncmp(p, "SPDX", 4))
			continue;
		at += (size_t)snprintf(text + at, size - at, "%s%.*s", at ? " " : "", (int)n, p);
		if (at >= size)
			break;
		stop = strstr(text, ". ");
		if (stop || (at && text[at - 1] == '.'))
			break;
	}
	stop = strstr(text, ". ");
	if (stop)
		stop[1] = '\0';
	if (f)
		fclose(f);
}

int sim_list(const char *dir, FILE *out)
{
	struct dirent **name;
	char path[4096], text[LINE];
	int n = scandir(dir, &name, is_scenario, alphasort);

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, name[i]->d_name);
		first_sentence(path, text, sizeof(text));
		fprintf(out, "%s\n    %s\n", path, *text ? text : "(says nothing of itself)");
		free(name[i]);
	}
	if (n >= 0)
		free(name);
	return n;
}

static void fabric(const struct sim_scenario *sc, const struct sim_topology *t, FILE *out)
{
	uint32_t links[SIM_TIERS] = { 0 };
	uint64_t gbps;

	fprintf(out, "%s: %u chips, %u switches", sc->name, t->hosts, t->nodes - t->hosts);
	if (t->planes > 1)
		fprintf(out, " in %u planes", t->planes);
	fprintf(out, ", run by %s\n", sim_transport_name(sc));
	for (uint32_t i = 0; i < t->ports; i++)
		links[sim_place(t, i).tier]++;
	for (unsigned k = 0; k < SIM_TIERS; k++) {
		if (!links[k])
			continue;
		gbps = k == SIM_HOST_UP || k == SIM_LEAF_DOWN ? sc->host_gbps :
		       k == SIM_GLOBAL ? sc->global_gbps : sc->fabric_gbps;
		fprintf(out, "  %-16s %8u links of %" PRIu64 " Gb/s%s\n", sim_tier_name[k],
			links[k], gbps, sc->kind == SIM_TOPO_FILE ? ", or as the file says" : "");
	}
}

static void times(const struct sim_scenario *sc, const struct sim_topology *t, FILE *out)
{
	uint32_t last = t->hosts - 1;
	double packet = sim_packet_bytes((enum sim_carriage)sc->carriage,
					 48 + (uint32_t)sc->extra_bytes,
					 (uint32_t)sc->payload_bytes);
	sim_time one;

	if (sc->kind == SIM_TOPO_FILE)
		return;
	one = sim_flow_ideal(sc, t, 0, last, sc->payload_bytes);
	fprintf(out, "  from chip 0 to chip %u: %u links, %u paths; a packet of %" PRIu64 " B and "
		"its answer take %.3f us,\n  in which a port of a chip sends %.0f packets\n", last,
		sim_path_links(t, 0, last), sim_path_count(t, 0, last), sc->payload_bytes,
		(double)one / 1e6, (double)one * (double)sc->host_gbps / 8000 / packet);
}

int sim_explain(const struct sim_scenario *sc, FILE *out, char why[SIM_WHY_MAX])
{
	char text[SIM_FILE_MAX + 1], usual[SIM_FILE_MAX + 1], name[64];
	struct sim_scenario defaults;
	struct sim_topology t;

	if (sim_scenario_fabric(sc, &t, why))
		return -1;
	fabric(sc, &t, out);
	times(sc, &t, out);
	sim_scenario_init(&defaults);
	fputs("\nNot at its default:\n", out);
	for (size_t i = 0; i < sim_scenario_key_count; i++) {
		const struct sim_scenario_key *k = &sim_scenario_keys[i];

		sim_scenario_text(sc, k, text, sizeof(text));
		sim_scenario_text(&defaults, k, usual, sizeof(usual));
		if (!strcmp(text, usual))
			continue;
		snprintf(name, sizeof(name), "%s%s%s", k->section, *k->section ? "." : "", k->name);
		fprintf(out, "  %s = %s (default: %s)\n      %s\n", name, text,
			*usual ? usual : "empty", k->help);
	}
	sim_topology_fini(&t);
	return 0;
}
