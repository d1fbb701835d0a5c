/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scenario files. libcyaml reads the YAML and checks its shape; the table of keys (scenario_keys.c)
 * checks the values. Every message names file, line and key.
 */
#include <cyaml/cyaml.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fabric.h"
#include "sim/scenario.h"
#include "sim/util.h"

enum {
	SECTIONS_MAX = 32,
	FILE_MAX = 1 << 20,	/* bytes of a scenario file */
	SWITCHES_MAX = 1 << 13	/* of a fabric whose ways are in a table */
};

/* The schema: a mapping of sections, each a mapping of keys to text; and text at the top. */
struct schema {
	cyaml_schema_field_t *top;			/* closed by an entry without a key */
	cyaml_schema_field_t *section[SECTIONS_MAX];
	unsigned sections;
	cyaml_schema_value_t root;
};

static const cyaml_schema_field_t field_end = CYAML_FIELD_END;

static cyaml_schema_field_t *append(cyaml_schema_field_t **list)
{
	size_t n = 0;

	while (*list && (*list)[n].key)
		n++;
	*list = sim_resize(*list, n + 2, sizeof(**list));
	memset(&(*list)[n], 0, sizeof(**list));
	(*list)[n + 1] = field_end;
	return &(*list)[n];
}

static void set_text_field(cyaml_schema_field_t *f, size_t key)
{
	f->key = sim_scenario_keys[key].name;
	f->data_offset = (uint32_t)(key * sizeof(char *));
	f->value.type = CYAML_STRING;
	f->value.flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL;
	f->value.data_size = sizeof(char);
	f->value.string.min = 0;
	f->value.string.max = CYAML_UNLIMITED;
}

static unsigned section_of(struct schema *s, const char *name)
{
	cyaml_schema_field_t *f;

	for (size_t i = 0; s->top && s->top[i].key; i++)
		if (s->top[i].value.type == CYAML_MAPPING && !strcmp(s->top[i].key, name))
			return s->top[i].count_offset;
	f = append(&s->top);
	f->key = name;
	f->count_offset = s->sections;	/* unused for mappings; ours until the schema is done */
	f->value.type = CYAML_MAPPING;
	f->value.flags = CYAML_FLAG_OPTIONAL;
	f->value.data_size = (uint32_t)(sim_scenario_key_count * sizeof(char *));
	return s->sections++;
}

static void make_schema(struct schema *s)
{
	memset(s, 0, sizeof(*s));
	for (size_t k = 0; k < sim_scenario_key_count; k++) {
		const char *section = sim_scenario_keys[k].section;

		if (*section)
			set_text_field(append(&s->section[section_of(s, section)]), k);
		else
			set_text_field(append(&s->top), k);
	}
	for (size_t i = 0; s->top[i].key; i++) {
		if (s->top[i].value.type != CYAML_MAPPING)
			continue;
		s->top[i].value.mapping.fields = s->section[s->top[i].count_offset];
		s->top[i].count_offset = 0;
	}
	s->root.type = CYAML_MAPPING;
	s->root.flags = CYAML_FLAG_POINTER;
	s->root.data_size = (uint32_t)(sim_scenario_key_count * sizeof(char *));
	s->root.mapping.fields = s->top;
}

static void free_schema(struct schema *s)
{
	for (unsigned i = 0; i < s->sections; i++)
		free(s->section[i]);
	free(s->top);
}

/* Keeps what libcyaml says while it refuses a file. */
struct complaint {
	char text[256];
	int line;	/* 0: not said */
};

static void on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct complaint *c = ctx;
	char line[256];
	const char *at;

	(void)level;
	vsnprintf(line, sizeof(line), fmt, args);
	line[strcspn(line, "\n")] = '\0';
	at = strstr(line, "line: ");
	if (at && !c->line)
		c->line = atoi(at + 6);
	if (!*c->text && !strncmp(line, "Load: ", 6) && line[6] != ' ' &&
	    strncmp(line + 6, "Backtrace", 9))
		snprintf(c->text, sizeof(c->text), "%s", line + 6);
}

/*
 * Line of the first "name:" at or after *p, skipping comments; *line is that of *p. Both move to
 * what was found; false if nothing was.
 */
static bool find_key(const char **p, int *line, const char *name)
{
	size_t len = strlen(name);
	bool comment = false, inside = false;

	for (; **p; ++*p) {
		char c = **p;
		bool begins = !inside && !comment;

		if (c == '\n') {
			++*line;
			comment = false;
		}
		comment |= c == '#';
		inside = isalnum((unsigned char)c) || c == '_';
		if (begins && !comment && !strncmp(*p, name, len) &&
		    (*p)[len + strspn(*p + len, "\"' ")] == ':')
			return true;
	}
	return false;
}

/* Line of a key in a file that libcyaml has accepted; 0 if it is not found. */
static int line_of(const char *text, const struct sim_scenario_key *k)
{
	int line = 1;

	if (*k->section && !find_key(&text, &line, k->section))
		return 0;
	return find_key(&text, &line, k->name) ? line : 0;
}

/* The file as a string; NULL with a message. */
static char *read_file(const char *path, char why[SIM_WHY_MAX])
{
	size_t n;
	char *text = sim_slurp(path, FILE_MAX, &n);

	if (!text)
		snprintf(why, SIM_WHY_MAX, "%s: %s", path, errno == EFBIG ?
			 "larger than 1 MiB: not a scenario" : strerror(errno));
	return text;
}

/* A file that a scenario names is beside it, unless it is named from the root on. */
static int beside(char *file, const char *path, const char *key, char why[SIM_WHY_MAX])
{
	const char *slash = strrchr(path, '/');
	size_t folder = slash ? (size_t)(slash - path) + 1 : 0, name = strlen(file);

	if (*file == '/' || !name)
		return 0;
	if (folder + name > SIM_FILE_MAX) {
		snprintf(why, SIM_WHY_MAX, "%.200s: %s: the name is too long with that of the "
			 "scenario's folder", path, key);
		return -1;
	}
	memmove(file + folder, file, name + 1);
	memcpy(file, path, folder);
	return 0;
}

static int set_all(struct sim_scenario *s, const char *path, const char *text, char **raw,
		   char why[SIM_WHY_MAX])
{
	char where[300], key[64];

	for (size_t i = 0; i < sim_scenario_key_count; i++) {
		const struct sim_scenario_key *k = &sim_scenario_keys[i];

		if (!raw[i])
			continue;
		snprintf(where, sizeof(where), "%.250s:%d", path, line_of(text, k));
		snprintf(key, sizeof(key), "%s%s%s", k->section, *k->section ? "." : "", k->name);
		if (sim_scenario_set(s, where, key, raw[i], why))
			return -1;
		if (k->value == SIM_VALUE_TEXT && !strcmp(k->name, "file") &&
		    beside((char *)s + k->offset, path, key, why))
			return -1;
	}
	return 0;
}

static bool is_blank(const char *text)
{
	for (bool comment = false; *text; text++) {
		if (*text == '\n')
			comment = false;
		comment |= *text == '#';
		if (!comment && !isspace((unsigned char)*text))
			return false;
	}
	return true;
}

/* libcyaml says where it was before the key it does not know: look from there on. */
static int line_of_unknown(const char *text, const struct complaint *c)
{
	static const char says[] = "Unexpected key: ";
	int line = 1;

	if (strncmp(c->text, says, strlen(says)))
		return 0;
	for (; *text && line < c->line; text++)
		line += *text == '\n';
	return find_key(&text, &line, c->text + strlen(says)) ? line : 0;
}

static int refuse(const char *path, const char *text, const struct complaint *c, cyaml_err_t err,
		  char why[SIM_WHY_MAX])
{
	const char *what = *c->text ? c->text : cyaml_strerror(err);
	int line = line_of_unknown(text, c);

	if (line)
		snprintf(why, SIM_WHY_MAX, "%.200s:%d: %.200s; 'weft-sim keys' lists what may "
			 "stand there", path, line, what);
	else if (c->line)
		snprintf(why, SIM_WHY_MAX, "%.200s:%d: %.200s (on this line or the next)", path,
			 c->line, what);
	else
		snprintf(why, SIM_WHY_MAX, "%.200s: %.200s; a scenario is a mapping of sections: "
			 "see 'weft-sim keys'", path, what);
	return -1;
}

int sim_scenario_load(struct sim_scenario *s, const char *path, char why[SIM_WHY_MAX])
{
	struct complaint c = { "", 0 };
	cyaml_config_t config = {
		.log_fn = on_log, .log_ctx = &c, .log_level = CYAML_LOG_WARNING,
		.mem_fn = cyaml_mem, .flags = CYAML_CFG_DEFAULT,
	};
	char *text = read_file(path, why), **raw = NULL;
	struct schema schema;
	cyaml_err_t err;
	int result;

	if (!text)
		return -1;
	if (is_blank(text)) {
		snprintf(why, SIM_WHY_MAX, "%.250s: empty: give at least 'name: something'", path);
		free(text);
		return -1;
	}
	make_schema(&schema);
	err = cyaml_load_data((const uint8_t *)text, strlen(text), &config, &schema.root,
			      (cyaml_data_t **)&raw, NULL);
	if (err == CYAML_OK) {
		result = set_all(s, path, text, raw, why);
		cyaml_free(&config, &schema.root, raw, 0);
	} else {
		result = refuse(path, text, &c, err, why);
	}
	free_schema(&schema);
	free(text);
	return result;
}

const char *sim_transport_name(const struct sim_scenario *s)
{
	switch ((enum sim_transport)s->transport) {
	case SIM_TRANSPORT_OPEN_LOOP:
		return "a packet a flow, unanswered";
	case SIM_TRANSPORT_GO_BACK_N:
		return "go-back-n";
	case SIM_TRANSPORT_FLUID:
		return "an ideal transport";
	case SIM_TRANSPORT_WEFT:
		break;
	}
	return "the Weft engine";
}

uint64_t sim_scenario_chips(const struct sim_scenario *s)
{
	switch ((enum sim_topology_kind)s->kind) {
	case SIM_TOPO_FAT_TREE:
	case SIM_TOPO_DRAGONFLY:
		return s->leaves * s->hosts_per_leaf * s->pods;
	case SIM_TOPO_TORUS:
		return s->x * s->y * s->z * s->hosts_per_leaf;
	case SIM_TOPO_STAR:
		return s->hosts_per_leaf;
	case SIM_TOPO_FILE:
		return 0;
	case SIM_TOPO_LEAF_SPINE:
	case SIM_TOPO_FULL_MESH:
	case SIM_TOPO_RAILS:
		break;
	}
	return s->leaves * s->hosts_per_leaf;
}

int sim_scenario_check_ring(const struct sim_scenario *s, uint64_t chips, char why[SIM_WHY_MAX])
{
	if (s->bytes % chips) {
		snprintf(why, SIM_WHY_MAX, "workload.bytes is %llu, not a multiple of the %llu "
			 "chips; %llu is", (unsigned long long)s->bytes, (unsigned long long)chips,
			 (unsigned long long)((s->bytes / chips + 1) * chips));
		return -1;
	}
	if (s->bytes / chips > 1u << 30) {
		snprintf(why, SIM_WHY_MAX, "workload.bytes gives chunks of %llu bytes; they must "
			 "not exceed 1 GiB", (unsigned long long)(s->bytes / chips));
		return -1;
	}
	return 0;
}

/* Flows beside the workload are flows of its list. */
static int check_background(const struct sim_scenario *s, char why[SIM_WHY_MAX])
{
	if (!s->background_load)
		return 0;
	if (s->transport == SIM_TRANSPORT_OPEN_LOOP) {
		snprintf(why, SIM_WHY_MAX, "background.load_percent: with transport.kind: "
			 "open-loop a flow is one packet; give the load to workload.kind: poisson");
		return -1;
	}
	return 0;
}

static int check_workload(const struct sim_scenario *s, uint64_t chips, char why[SIM_WHY_MAX])
{
	if ((s->workload == SIM_WORK_FLOWS || s->workload == SIM_WORK_GOAL ||
	     s->workload == SIM_WORK_CHAKRA) && !*s->flows_file) {
		snprintf(why, SIM_WHY_MAX, "workload.file: name the file of the flows, or of the "
			 "trace");
		return -1;
	}
	if (check_background(s, why))
		return -1;
	if (s->workload == SIM_WORK_HALVING && (chips & (chips - 1) || s->bytes % chips)) {
		snprintf(why, SIM_WHY_MAX, "halving-doubling: %llu chips, workload.bytes %llu: the "
			 "chips must be a power of two, the bytes a multiple of them",
			 (unsigned long long)chips, (unsigned long long)s->bytes);
		return -1;
	}
	if (sim_has_tasks(s) && (s->transport == SIM_TRANSPORT_OPEN_LOOP ||
				 s->transport == SIM_TRANSPORT_FLUID)) {
		snprintf(why, SIM_WHY_MAX, "transport.kind: a graph of tasks (workload.kind) needs "
			 "to know when its messages arrive: weft or go-back-n");
		return -1;
	}
	if (s->workload != SIM_WORK_RING_ALLREDUCE || s->kind == SIM_TOPO_FILE)
		return 0;
	if (s->transport != SIM_TRANSPORT_WEFT) {
		snprintf(why, SIM_WHY_MAX, "transport.kind: only the engine does ring-allreduce; "
			 "ring-flows is the same as flows");
		return -1;
	}
	return sim_scenario_check_ring(s, chips, why);
}

static int check_times(const struct sim_scenario *s, char why[SIM_WHY_MAX])
{
	if (s->fault_until_us && s->fault_until_us <= s->fault_from_us) {
		snprintf(why, SIM_WHY_MAX, "fault.until_us is not after fault.from_us");
		return -1;
	}
	return 0;
}

/* Of a graph: that it can be made, and is not too large for its table of ways. */
static int check_topology(const struct sim_scenario *s, char why[SIM_WHY_MAX])
{
	uint64_t switches = s->leaves + s->spines;

	if (s->kind == SIM_TOPO_FILE && !*s->topology_file) {
		snprintf(why, SIM_WHY_MAX, "topology.file: name the file of the fabric");
		return -1;
	}
	if (s->kind == SIM_TOPO_DRAGONFLY) {
		if (s->pods < 2 || s->leaves * s->global_links < s->pods - 1) {
			snprintf(why, SIM_WHY_MAX, "topology: %llu groups (pods) of %llu switches "
				 "(leaves) with %llu global links each: there must be two groups "
				 "or more, and a link from each to each",
				 (unsigned long long)s->pods, (unsigned long long)s->leaves,
				 (unsigned long long)s->global_links);
			return -1;
		}
		switches = s->pods * s->leaves;
	}
	if (s->kind == SIM_TOPO_TORUS)
		switches = s->x * s->y * s->z;
	if (s->kind > SIM_TOPO_STAR && switches > SWITCHES_MAX) {
		snprintf(why, SIM_WHY_MAX, "topology: %llu switches; of this kind at most %d",
			 (unsigned long long)switches, SWITCHES_MAX);
		return -1;
	}
	return 0;
}

static int check_fault(const struct sim_scenario *s, char why[SIM_WHY_MAX])
{
	uint64_t leaves = s->leaves * (s->kind == SIM_TOPO_FAT_TREE ? s->pods : 1);

	if (s->fault == SIM_FAULT_NONE)
		return 0;
	if (s->fault == SIM_FAULT_PLANE) {
		if (s->planes > 1 && s->fault_plane < s->planes)
			return check_times(s, why);
		snprintf(why, SIM_WHY_MAX, "fault.plane is %llu of %llu planes (topology.planes); "
			 "there must be two or more, and they count from 0",
			 (unsigned long long)s->fault_plane, (unsigned long long)s->planes);
		return -1;
	}
	if (s->kind > SIM_TOPO_STAR)	/* a graph's links are known when it is made */
		return check_times(s, why);
	if (s->fault_leaf >= leaves || s->fault_spine >= s->spines) {
		snprintf(why, SIM_WHY_MAX, "fault.leaf %llu, fault.spine %llu: there are %llu "
			 "leaves, and %llu spines in a pod; they count from 0",
			 (unsigned long long)s->fault_leaf, (unsigned long long)s->fault_spine,
			 (unsigned long long)leaves, (unsigned long long)s->spines);
		return -1;
	}
	return check_times(s, why);
}

/* The engine spreads a context's paths over its ports. */
static int check_planes(const struct sim_scenario *s, char why[SIM_WHY_MAX])
{
	if (s->planes == 1)
		return 0;
	if (s->transport == SIM_TRANSPORT_FLUID) {
		snprintf(why, SIM_WHY_MAX, "topology.planes: fluid knows one plane");
		return -1;
	}
	if (s->transport != SIM_TRANSPORT_WEFT || s->paths % s->planes == 0)
		return 0;
	snprintf(why, SIM_WHY_MAX, "transport.paths is %llu, not a multiple of the %llu planes "
		 "(topology.planes): path i takes plane i modulo planes",
		 (unsigned long long)s->paths, (unsigned long long)s->planes);
	return -1;
}

/* What has begun to be passed on must not be waited for: no link is slower than the next. */
static int check_cut_through(const struct sim_scenario *s, char why[SIM_WHY_MAX])
{
	bool alike = s->host_gbps == s->fabric_gbps && s->kind != SIM_TOPO_FILE &&
		     (s->kind != SIM_TOPO_DRAGONFLY || s->global_gbps == s->fabric_gbps) &&
		     s->fault != SIM_FAULT_SLOW && !s->fault_file[0];

	if (!s->cut_through || (alike && s->cut_through >= 84))
		return 0;
	snprintf(why, SIM_WHY_MAX, alike ? "link.cut_through: 84 bytes at least, the shortest "
		 "frame" : "link.cut_through: all links must be of one rate");
	return -1;
}

int sim_scenario_check(const struct sim_scenario *s, char why[SIM_WHY_MAX])
{
	uint64_t chips = sim_scenario_chips(s);

	if (s->kind == SIM_TOPO_FILE)
		chips = 2;	/* or more: that is seen when it is read */
	if (check_topology(s, why))
		return -1;
	if (chips < 2 || chips > SIM_CHIPS_MAX) {
		snprintf(why, SIM_WHY_MAX, "topology: leaves x hosts_per_leaf (x pods) is %llu "
			 "chips; it must be 2 to 1048576", (unsigned long long)chips);
		return -1;
	}
	if ((s->nic_bus_gbps || s->nic_memory_gbps || s->nic_pipeline_ns) &&
	    s->transport != SIM_TRANSPORT_WEFT) {
		snprintf(why, SIM_WHY_MAX, "nic: only chips with the engine have an interface; "
			 "leave bus_gbps, memory_gbps and pipeline_ns at 0 for transport.kind");
		return -1;
	}
	if (s->check_codec && s->transport != SIM_TRANSPORT_WEFT) {
		snprintf(why, SIM_WHY_MAX, "run.check_codec: only the engine's packets have "
			 "headers; leave it at 0 for transport.kind");
		return -1;
	}
	if (*s->routing_file && (s->routing != SIM_ROUTE_SOURCE || s->planes > 1)) {
		snprintf(why, SIM_WHY_MAX, "routing.file: it is for routing.kind: source, and for "
			 "one plane");
		return -1;
	}
	if (s->trim && s->transport != SIM_TRANSPORT_WEFT) {
		snprintf(why, SIM_WHY_MAX, "queue.trim: only the engine knows what a trimmed "
			 "packet is; turn it off for transport.kind");
		return -1;
	}
	if (check_workload(s, chips, why) || check_fault(s, why) || check_cut_through(s, why))
		return -1;
	if (sim_scenario_check_lanes(s, why) || check_planes(s, why))
		return -1;
	if (s->window_pkts & (s->window_pkts - 1)) {
		snprintf(why, SIM_WHY_MAX, "transport.window is %llu; it must be a power of two",
			 (unsigned long long)s->window_pkts);
		return -1;
	}
	if (s->mark_max_bytes && s->mark_min_bytes > s->mark_max_bytes) {
		snprintf(why, SIM_WHY_MAX, "queue.mark_min is above queue.mark_max");
		return -1;
	}
	return 0;
}
