/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of scenario keys, and text to value and back by it. Reading files is scenario.c's.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario.h"

#define KIB ((uint64_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

#define SIZES "fixed|web-search|data-mining|exponential|storage|kv-cache"
#define AT(member) offsetof(struct sim_scenario, member)
#define COUNT(sec, key, member, lo, hi, init, about) \
	{ sec, key, SIM_VALUE_COUNT, AT(member), lo, hi, NULL, init, about }
#define SIZE(sec, key, member, lo, hi, init, about) \
	{ sec, key, SIM_VALUE_SIZE, AT(member), lo, hi, NULL, init, about }
#define CHOICE(sec, key, member, names, init, about) \
	{ sec, key, SIM_VALUE_CHOICE, AT(member), 0, 0, names, init, about }

const struct sim_scenario_key sim_scenario_keys[] = {
	{ "", "name", SIM_VALUE_TEXT, AT(name), 1, 63, NULL, "unnamed", "shown in the results" },
	COUNT("", "seed", seed, 0, UINT64_MAX, "1",
	      "of every random choice; a run repeats from it"),

	CHOICE("topology", "kind", kind,
	       "leaf-spine|fat-tree|star|full-mesh|torus|dragonfly|rails|file", "leaf-spine",
	       "shape of the fabric: one pod of leaves and spines; pods below core switches; one "
	       "switch; switches (leaves) all joined; joined in a box of x, y, z; groups (pods) of "
	       "switches (leaves); chip r of each server below leaf r; or what a file says"),
	COUNT("topology", "leaves", leaves, 1, 1024, "8", "leaf switches of a pod"),
	COUNT("topology", "hosts_per_leaf", hosts_per_leaf, 1, 1024, "8", "chips below each leaf; "
	      "rails: servers"),
	COUNT("topology", "spines", spines, 1, 1024, "8", "spine switches of a pod"),
	COUNT("topology", "pods", pods, 1, 1024, "8", "fat tree: pods; dragonfly: groups"),
	COUNT("topology", "x", x, 1, 1024, "4", "torus: switches along the first edge"),
	COUNT("topology", "y", y, 1, 1024, "4", "torus: along the second"),
	COUNT("topology", "z", z, 1, 1024, "1", "torus: along the third; 1: it has two"),
	COUNT("topology", "global_links", global_links, 1, 1024, "2",
	      "dragonfly: links of each switch to other groups"),
	{ "topology", "file", SIM_VALUE_TEXT, AT(topology_file), 0, SIM_FILE_MAX, NULL, "",
	  "file: 'fabric CHIPS SWITCHES', 'chip C S', 'link S S [GBPS [DELAY_NS]]'; or HPCC's; or "
	  "htsim's .topo" },
	COUNT("topology", "planes", planes, 1, 8, "1",
	      "so many times the whole fabric; every chip has a port to each, of link.host_gbps"),
	COUNT("topology", "cores_per_spine", cores_per_spine, 1, 1024, "8",
	      "fat tree: core switches that each spine is joined to"),

	COUNT("link", "host_gbps", host_gbps, 1, 3200, "400", "rate between chip and leaf, Gb/s"),
	COUNT("link", "fabric_gbps", fabric_gbps, 1, 3200, "400",
	      "rate between leaf and spine, Gb/s"),
	COUNT("link", "host_delay_ns", host_delay_ns, 1, 10000000, "500",
	      "delay between chip and leaf, switch latency included"),
	COUNT("link", "fabric_delay_ns", fabric_delay_ns, 1, 10000000, "500",
	      "delay between leaf and spine, switch latency included"),

	COUNT("link", "global_gbps", global_gbps, 1, 3200, "400",
	      "dragonfly: rate between groups, Gb/s"),
	COUNT("link", "global_delay_ns", global_delay_ns, 1, 10000000, "500",
	      "dragonfly: delay between groups"),
	COUNT("link", "cut_through", cut_through, 0, 4096, "0",
	      "switches pass a packet on when so many bytes of it are there (84 at least, all links"
	      " of one rate); 0: when all of it is"),
	COUNT("link", "loss_ppm", loss_ppm, 0, 500000, "0",
	      "of a million packets on any link so many are lost, at random"),

	COUNT("link", "extra_bytes", extra_bytes, 0, 128, "0",
	      "bytes that every packet has on the wire beside its own: a tunnel's, or a security "
	      "header and what its tag is longer than the CRC"),

	SIZE("queue", "bytes", queue_bytes, 2 * KIB, GIB, "1 MiB", "limit of each switch port"),
	CHOICE("queue", "trim", trim, "off|on", "off",
	       "a full queue cuts packets down to their headers instead of dropping them"),
	CHOICE("queue", "control", control, "queued|ahead", "ahead",
	       "with trim, or classes, buffers or flow control: packets without payload wait among "
	       "the others, or go ahead of them as trimmed ones do"),
	SIZE("queue", "nic", nic_bytes, 1, MIB, "8 KiB",
	     "a chip takes packets from its engines while less than this waits at its port"),
	SIZE("queue", "mark_min", mark_min_bytes, 0, GIB, "100 KiB", "ECN marking begins here"),
	SIZE("queue", "mark_max", mark_max_bytes, 0, GIB, "400 KiB",
	     "from here every packet is marked; 0: never mark"),
	COUNT("queue", "mark_percent", mark_percent, 0, 100, "20", "marked just below mark_max"),

	COUNT("nic", "bus_gbps", nic_bus_gbps, 0, 100000, "0",
	      "rate, Gb/s, each way, of the bus between a chip's memory and its interface (PCIe); "
	      "0: no limit"),
	COUNT("nic", "memory_gbps", nic_memory_gbps, 0, 100000, "0",
	      "rate, Gb/s, at which memory (HBM) is read and written for packets, both together; "
	      "0: no limit"),
	COUNT("nic", "pipeline_ns", nic_pipeline_ns, 0, 1000000, "0",
	      "what every packet takes through the interface, each way, ns"),
	COUNT("nic", "packet_bytes", nic_packet_bytes, 0, 4096, "0",
	      "what every packet costs bus and memory beside its payload, bytes"),
	SIZE("nic", "buffer", nic_buffer_bytes, 8 * KIB, GIB, "1 MiB",
	     "what may wait for bus and memory on its way in; beyond it packets are lost"),

	SIZE("buffer", "bytes", buffer_bytes, 0, 4 * GIB - 1, "0",
	     "memory that all ports of a switch share, instead of queue.bytes for each; 0: none"),
	COUNT("buffer", "alpha_permille", alpha_permille, 1, 64000, "1000",
	      "a queue may have so many thousandths of what is free of buffer.bytes"),
	CHOICE("flow_control", "kind", flow_control, "none|pfc|credit", "none",
	       "hop by hop, for each class: none; pause frames; or credits for the memory at the "
	       "far end of the link"),
	SIZE("flow_control", "xoff", xoff_bytes, 1, GIB, "100 KiB",
	     "pfc: a switch says pause when it holds more than this of a class of a link"),
	SIZE("flow_control", "xon", xon_bytes, 0, GIB, "50 KiB",
	     "pfc: and resume when it holds no more than this"),
	SIZE("flow_control", "headroom", headroom_bytes, 0, GIB, "100 KiB",
	     "pfc: beyond xoff, for what is on its way; what comes then is dropped"),
	SIZE("flow_control", "credits", credit_bytes, 1, 128 * MIB, "64 KiB",
	     "credit: bytes of a class of a link that may be sent before the far end has sent "
	     "them on"),
	COUNT("flow_control", "deadlock_us", stuck_us, 10, 1000000000, "100",
	      "when a class of a link has been paused so long, look for a deadlock"),
	COUNT("class", "count", classes, 1, 8, "1",
	      "classes of traffic: each has a queue at every port, and is paused or has credits "
	      "by itself"),
	CHOICE("class", "map", class_map, "one|source|destination|hops", "one",
	       "a packet's class: the first; by number of its source or destination; or the "
	       "switches it has passed (a virtual channel for each: none waits for itself)"),
	CHOICE("class", "schedule", schedule, "wrr|strict", "wrr",
	       "which class sends next: in turn by weight (bytes), or the first that has any"),
	{ "class", "weights", SIM_VALUE_TEXT, AT(weights), 0, 63, NULL, "",
	  "wrr: of each class from 1 to 100, like 4,2,1; empty: all alike" },

	CHOICE("transport", "kind", transport, "weft|open-loop|go-back-n|fluid", "weft",
	       "who carries flows out: the engine, or one to compare with (lists of flows only): "
	       "a packet a flow without answers, RoCEv2's go-back-n, or an ideal max-min fluid"),
	CHOICE("transport", "carriage", carriage, "udp|l2", "udp", "what packets are carried in"),
	CHOICE("transport", "mode", mode, "rud|rod", "rud", "delivery: unordered or ordered"),
	SIZE("transport", "payload", payload_bytes, 64, 16 * KIB, "4 KiB",
	     "largest payload of a packet"),
	COUNT("transport", "window", window_pkts, 16, 4096, "1024",
	      "packets outstanding at most, a power of two"),
	COUNT("transport", "paths", paths, 1, 256, "16", "entropy values to spray over"),
	COUNT("transport", "ack_every", ack_every, 1, 256, "8", "packets per acknowledgement"),
	CHOICE("transport", "path_law", path_law, "oblivious|least-marked|recycled", "oblivious",
	       "which path the next packet takes"),
	CHOICE("transport", "cc", cc, "swift|fixed|nscc|dcqcn|credit", "swift",
	       "congestion control law"),
	COUNT("transport", "grant_percent", grant_percent, 1, 100, "98",
	      "credit: what receivers grant of their link's rate"),
	COUNT("transport", "cc_init", cc_init_pkts, 1, 4096, "128",
	      "congestion window at the start, packets"),
	COUNT("transport", "cc_target_ns", cc_target_ns, 100, 10000000, "10000",
	      "swift, nscc: queueing delay aimed at"),
	COUNT("transport", "min_rto_us", min_rto_us, 1, 1000000, "200",
	      "least retransmission timeout"),
	COUNT("transport", "fluid_check", fluid_check, 0, 1000000000, "512",
	      "fluid: its error is measured on the same flows with so many times fewer bytes (a "
	      "packet at least), which go by packets of the engine and as fluid; 0: it is not"),

	CHOICE("workload", "kind", workload,
	       "ring-allreduce|permutation|incast|all-to-all|ring-flows|flows|poisson|"
	       "halving-doubling|tree|double-tree|hierarchical|all-to-all-v|goal|chakra|storage|"
	       "dispatch|edge",
	       "ring-allreduce",
	       "what chips do: a collective, a pattern of flows, the flows or trace of a file, or "
	       "requests: reads and writes of storage, work for accelerators, periodic messages"),
	SIZE("workload", "flow", flow_bytes, 1, GIB, "2 MiB", "patterns: bytes of each flow"),
	COUNT("workload", "pattern_seed", pattern_seed, 0, UINT64_MAX, "0",
	      "permutation: which one; 0: the number of chips"),
	COUNT("workload", "fan_in", fan_in, 0, SIM_CHIPS_MAX, "0",
	      "incast: chips that send to chip 0; 0: all others"),
	CHOICE("workload", "chained", chained, "off|on", "off",
	       "all-to-all, all-to-all-v: each sender's next flow begins when one is acknowledged"),
	{ "workload", "file", SIM_VALUE_TEXT, AT(flows_file), 0, SIM_FILE_MAX, NULL, "",
	  "flows: lines 'id src dst bytes start_ps after_id', CSV, htsim's .cm, HPCC's list; "
	  "all-to-all-v: a line of bytes to each chip from each chip; goal: LogGOPSim's text; "
	  "chakra: PREFIX of PREFIX.RANK.et or PREFIX.RANK.json" },
	CHOICE("workload", "sizes", sizes, SIZES, "fixed",
	       "poisson, all-to-all-v without a file, storage, dispatch, edge: sizes of flows: "
	       "workload.flow, a published distribution (sim/sizes.c has the sources), or "
	       "exponential with mean workload.flow"),
	CHOICE("workload", "receivers", receivers, "any|one", "any",
	       "poisson, edge: who receives: every chip, or chip 0 alone"),
	COUNT("workload", "load_percent", load_percent, 1, 100, "50",
	      "poisson: what the flows are of the rate of the links of those that receive"),
	COUNT("workload", "flows", flow_count, 1, 10000000, "1000", "poisson: how many"),
	COUNT("workload", "requests", requests, 1, 1000000, "100",
	      "storage, dispatch: of each chip that asks; edge: messages of each chip"),
	COUNT("workload", "queue_depth", queue_depth, 1, 1024, "16",
	      "storage, dispatch: requests that a chip has open at a time"),
	COUNT("workload", "servers", servers, 0, SIM_CHIPS_MAX / 2, "0",
	      "storage: chips with devices, spread evenly, which all others ask; dispatch: "
	      "processors, each with the chips up to the next as accelerators; 0: an eighth of "
	      "the chips"),
	COUNT("workload", "read_percent", read_percent, 0, 100, "70",
	      "storage: requests of a hundred that read; the others write"),
	COUNT("workload", "service_ns", service_ns, 0, 1000000000, "10000",
	      "storage: what a device takes for a request, ns; dispatch: an accelerator, for its "
	      "work"),
	COUNT("workload", "channels", channels, 1, 1000, "8",
	      "storage, dispatch: requests that a device or accelerator works on at once"),
	COUNT("workload", "period_us", period_us, 1, 1000000, "100",
	      "edge: us between two messages of a chip"),
	COUNT("workload", "deadline_us", deadline_us, 0, 1000000000, "0",
	      "flows, or requests if the workload is made of them, that take longer, us, or never "
	      "end are counted as missed; 0: none"),
	SIZE("workload", "bytes", bytes, 1, 64 * GIB, "16 MiB",
	     "vector of each chip; a multiple of the number of chips"),
	CHOICE("workload", "placement", placement, "in-order|shuffled", "in-order",
	       "ranks on chips: by number, or shuffled by the seed"),
	COUNT("workload", "turnaround_ns", turnaround_ns, 0, 1000000000, "0",
	      "between a chunk's arrival and the posting of the next"),
	SIZE("workload", "chunk", chunk_bytes, 0, GIB, "256 KiB",
	     "tree, double-tree: what is passed on at a time; 0: all"),
	COUNT("workload", "ahead", ahead, 0, 1000000, "16",
	      "tree, double-tree: chunks that a leaf sends before the first is back; 0: all"),
	COUNT("workload", "group", group, 0, SIM_CHIPS_MAX, "0",
	      "hierarchical: chips of a group; 0: topology.hosts_per_leaf; all-to-all: chips that "
	      "exchange, as far apart as they can be; 0: all do"),
	CHOICE("workload", "across", across, "ring|halving-doubling", "ring",
	       "hierarchical: how those of one place add up over the groups; halving-doubling: "
	       "groups are a power of two"),
	COUNT("workload", "reduce_gbps", reduce_gbps, 0, 1000000, "0",
	      "tree, double-tree, hierarchical: a chip adds up what it gets at this rate, Gb/s; 0: "
	      "in no time"),
	COUNT("workload", "rounds", rounds, 1, 100000, "1",
	      "tree, double-tree, hierarchical: how often, one after another"),
	COUNT("workload", "compute_us", compute_us, 0, 1000000, "0",
	      "tree, double-tree, hierarchical: before each round every chip computes for so long"),

	COUNT("background", "load_percent", background_load, 0, 100, "0",
	      "flows between random chips beside the workload, at times of a Poisson process: of "
	      "the rate of the links; not in the workload's results; 0: none"),
	COUNT("background", "flows", background_flows, 1, 10000000, "1000", "how many"),
	CHOICE("background", "sizes", background_sizes, SIZES, "web-search",
	       "of these flows, as workload.sizes"),
	SIZE("background", "flow", background_bytes, 1, GIB, "64 KiB",
	     "background.sizes fixed: bytes of each; exponential: their mean"),

	CHOICE("fault", "kind", fault, "none|dead|slow|plane", "none",
	       "what is wrong with one link between a leaf and a spine (of the first plane), both "
	       "ways; or a whole plane is dead"),
	COUNT("fault", "leaf", fault_leaf, 0, 1048575, "0", "the leaf, counted over all pods"),
	COUNT("fault", "spine", fault_spine, 0, 1023, "0", "the spine of its pod"),
	COUNT("fault", "from_us", fault_from_us, 0, 1000000000, "0",
	      "dead: from here on, in simulated time, what is sent on it is lost"),
	COUNT("fault", "until_us", fault_until_us, 0, 1000000000, "0",
	      "dead: until here; 0: for ever"),
	COUNT("fault", "gbps", fault_gbps, 1, 3200, "40", "slow: its rate, Gb/s"),

	COUNT("fault", "plane", fault_plane, 0, 7, "0", "plane: which one"),
	COUNT("fault", "notice_us", fault_notice_us, 0, 1000000000, "0",
	      "plane: chips know so long after that their port to it is down, or up again; 0: they "
	      "learn it from what is lost"),
	{ "fault", "file", SIM_VALUE_TEXT, AT(fault_file), 0, SIM_FILE_MAX, NULL, "",
	  "what is wrong with more links, and when: lines 'down A B FROM_US UNTIL_US', 'flap A B "
	  "FROM_US DOWN_US UP_US TIMES', 'slow A B GBPS'" },

	CHOICE("routing", "kind", routing, "hash|adaptive|flowlet|source", "hash",
	       "how a switch chooses among ports: by entropy, the one free soonest, that for each "
	       "flowlet, or as the source has named the whole path by its entropy"),
	{ "routing", "file", SIM_VALUE_TEXT, AT(routing_file), 0, SIM_FILE_MAX, NULL, "",
	  "source: lines 'SRC DST SWITCH ...', the switches that packets of two chips cross; of "
	  "several lines of a pair the entropy names one; pairs without any: by its digits" },
	COUNT("routing", "flowlet_ns", flowlet_ns, 1, 1000000000, "10000",
	      "flowlet: a pause of two chips after which another port may be chosen"),
	COUNT("routing", "detect_us", detect_us, 0, 1000000000, "0",
	      "a switch knows of a dead link of its own after this, and goes around it; 0: never"),

	COUNT("expect", "mean_ns", expect_mean_ns, 0, UINT32_MAX, "0",
	      "validate: mean completion time; 0: not compared"),
	COUNT("expect", "p99_ns", expect_p99_ns, 0, UINT32_MAX, "0",
	      "validate: its 99th percentile"),
	COUNT("expect", "makespan_ns", expect_makespan_ns, 0, UINT32_MAX, "0",
	      "validate: from the first flow's beginning to the last one's end"),
	COUNT("expect", "wait_ns", expect_wait_ns, 0, UINT32_MAX, "0",
	      "validate: mean of what flows take beyond their time on an empty fabric"),
	COUNT("expect", "goodput_mbps", expect_goodput_mbps, 0, UINT32_MAX, "0",
	      "validate: payload of all flows by the makespan"),
	COUNT("expect", "queue_bytes", expect_queue_bytes, 0, UINT32_MAX, "0",
	      "validate: bytes waiting on average at the switch ports of the tier with most"),
	COUNT("expect", "jain_permille", expect_jain_permille, 0, 1000, "0",
	      "validate: Jain's index of the flows' rates, at least; 0: not compared"),
	COUNT("expect", "use_permille", expect_use_permille, 0, 1000, "0",
	      "validate: share of its rate that the busiest switch port carries, from "
	      "run.warm_us on"),
	CHOICE("expect", "exact", expect_exact, "off|on", "off",
	       "validate: every flow takes its closed form, to the picosecond"),
	COUNT("expect", "chain_permille", expect_chain_permille, 0, 1000, "0",
	      "validate: how far the makespan may be above that of the longest chain of flows or "
	      "tasks, each by its closed form, and what the busiest chip's link takes, the "
	      "longer of the two; 0: not compared"),
	COUNT("expect", "permille", expect_permille, 0, 1000, "50",
	      "validate: how far from these the run may be"),
	COUNT("expect", "ideal_permille", expect_ideal_permille, 0, 1000, "0",
	      "validate: how far above its closed form the mean may be; 0: not compared"),
	{ "expect", "source", SIM_VALUE_TEXT, AT(expect_source), 0, SIM_FILE_MAX, NULL, "",
	  "validate: where the values come from" },

	COUNT("run", "part_hosts", part_hosts, 0, SIM_CHIPS_MAX, "8",
	      "chips of a part of the fabric that is run by itself for a stretch of time; changes "
	      "how fast a run is, never its result; 0: one part"),

	COUNT("run", "watch", watch, 0, 64, "8",
	      "contexts, of flows evenly chosen, whose path states over time are on the page and "
	      "in result.json; 0: none"),
	COUNT("run", "watch_ns", watch_ns, 0, 1000000000, "0",
	      "how often they are looked at, ns (at most 256 times: then half as often); 0: every "
	      "2 us, the same way"),
	COUNT("run", "warm_us", warm_us, 0, 1000000000, "0",
	      "means over time, of queues and of the use of links, begin here: until then the run "
	      "settles"),

	COUNT("run", "check_codec", check_codec, 0, 1000000000, "0",
	      "of so many packets that a chip gets one is made whole bytes, with payload and CRC, "
	      "taken apart and put together again: the run fails if another comes out; 0: none"),

	COUNT("limit", "sim_ms", limit_ms, 1, 1000000, "1000",
	      "simulated time after which a run that is not done has failed"),
};
const size_t sim_scenario_key_count = sizeof(sim_scenario_keys) / sizeof(sim_scenario_keys[0]);

static uint64_t *slot(struct sim_scenario *s, const struct sim_scenario_key *k)
{
	return (uint64_t *)(void *)((char *)s + k->offset);
}

static uint64_t value(const struct sim_scenario *s, const struct sim_scenario_key *k)
{
	return *(const uint64_t *)(const void *)((const char *)s + k->offset);
}

static void full_name(const struct sim_scenario_key *k, char *name, size_t size)
{
	snprintf(name, size, "%s%s%s", k->section, *k->section ? "." : "", k->name);
}

const struct sim_scenario_key *sim_scenario_find(const char *key)
{
	char name[64];

	for (size_t i = 0; i < sim_scenario_key_count; i++) {
		full_name(&sim_scenario_keys[i], name, sizeof(name));
		if (!strcmp(key, name))
			return &sim_scenario_keys[i];
	}
	return NULL;
}

/* The multiplier of a size's unit; 0 if there is no such unit. */
static uint64_t unit(const char *text)
{
	static const struct {
		const char *name;
		uint64_t bytes;
	} units[] = {
		{ "", 1 },	{ "B", 1 },	   { "KiB", KIB },     { "MiB", MIB },
		{ "GiB", GIB }, { "kB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 },
	};

	while (*text == ' ')
		text++;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(text, units[i].name))
			return units[i].bytes;
	return 0;
}

static bool parse_number(const struct sim_scenario_key *k, const char *text, uint64_t *out)
{
	char *end;
	unsigned long long n;
	uint64_t per;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	n = strtoull(text, &end, 0);
	per = k->value == SIM_VALUE_SIZE ? unit(end) : !*end;
	if (errno || !per || n > UINT64_MAX / per)
		return false;
	*out = n * per;
	return *out >= k->min && *out <= k->max;
}

static bool parse_choice(const struct sim_scenario_key *k, const char *text, uint64_t *out)
{
	size_t len = strlen(text);
	const char *p = k->choices;

	for (*out = 0; p; ++*out) {
		if (len && !strncmp(p, text, len) && (p[len] == '|' || !p[len]))
			return true;
		p = strchr(p, '|');
		p = p ? p + 1 : NULL;
	}
	return false;
}

/* "16 MiB" for what is a whole number of it, else the plain number. */
static void size_text(uint64_t n, char *text, size_t size)
{
	if (n && n % GIB == 0)
		snprintf(text, size, "%" PRIu64 " GiB", n / GIB);
	else if (n && n % MIB == 0)
		snprintf(text, size, "%" PRIu64 " MiB", n / MIB);
	else if (n && n % KIB == 0)
		snprintf(text, size, "%" PRIu64 " KiB", n / KIB);
	else
		snprintf(text, size, "%" PRIu64, n);
}

static void allowed(const struct sim_scenario_key *k, char *text, size_t size)
{
	char lo[32], hi[32];

	switch (k->value) {
	case SIM_VALUE_COUNT:
		snprintf(text, size, "a whole number from %" PRIu64 " to %" PRIu64, k->min, k->max);
		break;
	case SIM_VALUE_SIZE:
		size_text(k->min, lo, sizeof(lo));
		size_text(k->max, hi, sizeof(hi));
		snprintf(text, size, "a size from %s to %s (like 4096, 64 KiB, 16 MiB)", lo, hi);
		break;
	case SIM_VALUE_CHOICE:
		snprintf(text, size, "one of %s", k->choices);
		break;
	case SIM_VALUE_TEXT:
		snprintf(text, size, "%" PRIu64 " to %" PRIu64 " characters", k->min, k->max);
		break;
	}
}

static bool assign(struct sim_scenario *s, const struct sim_scenario_key *k, const char *text)
{
	uint64_t v = 0;

	switch (k->value) {
	case SIM_VALUE_COUNT:
	case SIM_VALUE_SIZE:
		if (!parse_number(k, text, &v))
			return false;
		break;
	case SIM_VALUE_CHOICE:
		if (!parse_choice(k, text, &v))
			return false;
		break;
	case SIM_VALUE_TEXT:
		if (strlen(text) < k->min || strlen(text) > k->max)
			return false;
		strcpy((char *)s + k->offset, text);
		return true;
	}
	*slot(s, k) = v;
	return true;
}

int sim_scenario_set(struct sim_scenario *s, const char *where, const char *key, const char *text,
		     char why[SIM_WHY_MAX])
{
	const struct sim_scenario_key *k = sim_scenario_find(key);
	char range[256];

	if (!k) {
		snprintf(why, SIM_WHY_MAX, "%s: no key '%s'; 'weft-sim keys' lists them", where,
			 key);
		return -1;
	}
	if (assign(s, k, text))
		return 0;
	allowed(k, range, sizeof(range));
	snprintf(why, SIM_WHY_MAX, "%s: %s is '%.80s'; it must be %s", where, key, text, range);
	return -1;
}

void sim_scenario_init(struct sim_scenario *s)
{
	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < sim_scenario_key_count; i++)
		if (!assign(s, &sim_scenario_keys[i], sim_scenario_keys[i].initial))
			abort();	/* a default outside its own range */
}

void sim_scenario_text(const struct sim_scenario *s, const struct sim_scenario_key *k,
		       char *text, size_t size)
{
	const char *p = k->choices;

	switch (k->value) {
	case SIM_VALUE_COUNT:
		snprintf(text, size, "%" PRIu64, value(s, k));
		break;
	case SIM_VALUE_SIZE:
		size_text(value(s, k), text, size);
		break;
	case SIM_VALUE_CHOICE:
		for (uint64_t i = 0; i < value(s, k); i++)
			p = strchr(p, '|') + 1;
		snprintf(text, size, "%.*s", (int)strcspn(p, "|"), p);
		break;
	case SIM_VALUE_TEXT:
		snprintf(text, size, "%s", (const char *)s + k->offset);
		break;
	}
}

void sim_scenario_help(FILE *out)
{
	char name[64], range[256];

	for (size_t i = 0; i < sim_scenario_key_count; i++) {
		const struct sim_scenario_key *k = &sim_scenario_keys[i];

		full_name(k, name, sizeof(name));
		allowed(k, range, sizeof(range));
		fprintf(out, "%-24s %s\n%-24s %s; default %s\n", name, k->help, "", range,
			k->initial);
	}
}
