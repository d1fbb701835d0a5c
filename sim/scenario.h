/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a run is asked to simulate: one value per key, each with a range and a default, from a YAML
 * file and from --set. What the values do is decided where they are used.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum sim_topology_kind { SIM_TOPO_LEAF_SPINE, SIM_TOPO_FAT_TREE, SIM_TOPO_STAR, SIM_TOPO_FULL_MESH,
			 SIM_TOPO_TORUS, SIM_TOPO_DRAGONFLY, SIM_TOPO_RAILS, SIM_TOPO_FILE };
enum sim_carriage { SIM_CARRIAGE_UDP, SIM_CARRIAGE_L2 };
enum sim_transport { SIM_TRANSPORT_WEFT, SIM_TRANSPORT_OPEN_LOOP, SIM_TRANSPORT_GO_BACK_N,
		     SIM_TRANSPORT_FLUID };
enum sim_mode { SIM_MODE_RUD, SIM_MODE_ROD };
/* As enum weft_cc_law and enum weft_path_law. */
enum sim_cc { SIM_CC_SWIFT, SIM_CC_FIXED, SIM_CC_NSCC, SIM_CC_DCQCN, SIM_CC_CREDIT };
enum sim_path_law { SIM_PATHS_OBLIVIOUS, SIM_PATHS_LEAST_MARKED, SIM_PATHS_RECYCLED };
enum sim_workload { SIM_WORK_RING_ALLREDUCE, SIM_WORK_PERMUTATION, SIM_WORK_INCAST,
		    SIM_WORK_ALL_TO_ALL, SIM_WORK_RING_FLOWS, SIM_WORK_FLOWS, SIM_WORK_POISSON,
		    SIM_WORK_HALVING, SIM_WORK_TREE, SIM_WORK_DOUBLE_TREE, SIM_WORK_HIERARCHICAL,
		    SIM_WORK_ALL_TO_ALL_V, SIM_WORK_GOAL, SIM_WORK_CHAKRA, SIM_WORK_STORAGE,
		    SIM_WORK_DISPATCH, SIM_WORK_EDGE };
enum sim_sizes { SIM_SIZES_FIXED, SIM_SIZES_WEB_SEARCH, SIM_SIZES_DATA_MINING,
		 SIM_SIZES_EXPONENTIAL, SIM_SIZES_STORAGE, SIM_SIZES_KV_CACHE };
enum sim_receivers { SIM_TO_ANY, SIM_TO_ONE };
enum sim_across { SIM_ACROSS_RING, SIM_ACROSS_HALVING };
enum sim_control { SIM_CONTROL_QUEUED, SIM_CONTROL_AHEAD };
enum sim_fault_kind { SIM_FAULT_NONE, SIM_FAULT_DEAD, SIM_FAULT_SLOW, SIM_FAULT_PLANE };
enum sim_placement { SIM_PLACE_IN_ORDER, SIM_PLACE_SHUFFLED };

enum { SIM_FILE_MAX = 255 };

/* Every value but texts is a uint64_t, so that one table can describe all; units are in names. */
struct sim_scenario {
	char name[64];
	uint64_t seed;

	uint64_t kind;			/* enum sim_topology_kind */
	uint64_t leaves, hosts_per_leaf, spines;	/* of a pod */
	uint64_t pods, cores_per_spine;	/* fat tree; dragonfly: groups */
	uint64_t x, y, z;		/* torus: switches along each edge */
	uint64_t global_links;		/* dragonfly: of each switch to other groups */
	uint64_t planes;		/* each the whole fabric, with a port of every chip */
	char topology_file[SIM_FILE_MAX + 1];

	uint64_t host_gbps, fabric_gbps;
	uint64_t host_delay_ns, fabric_delay_ns;
	uint64_t global_gbps, global_delay_ns;
	uint64_t cut_through;		/* bytes; 0: store and forward */
	uint64_t loss_ppm;		/* of the packets of every link */
	uint64_t extra_bytes;		/* of every packet, beside its own */

	uint64_t queue_bytes;		/* of every switch port */
	uint64_t control;		/* enum sim_control */
	uint64_t trim;			/* 1: a full queue trims, 0: it drops */
	uint64_t nic_bus_gbps, nic_memory_gbps;	/* nic.h; 0: no limit */
	uint64_t nic_pipeline_ns, nic_packet_bytes, nic_buffer_bytes;
	uint64_t nic_bytes;		/* a chip takes packets from its engines below this */
	uint64_t mark_min_bytes, mark_max_bytes, mark_percent;

	uint64_t buffer_bytes, alpha_permille;	/* shared by a switch's ports; 0: not */
	uint64_t flow_control;		/* enum sim_flow_control */
	uint64_t xoff_bytes, xon_bytes, headroom_bytes, credit_bytes;
	uint64_t stuck_us;		/* paused for so long: is it a deadlock? */
	uint64_t classes;
	uint64_t class_map;		/* enum sim_class_map */
	uint64_t schedule;		/* enum sim_schedule */
	char weights[64];		/* of the classes, separated by commas; "": all 1 */

	uint64_t transport;		/* enum sim_transport */
	uint64_t carriage;		/* enum sim_carriage */
	uint64_t mode;			/* enum sim_mode */
	uint64_t payload_bytes;
	uint64_t window_pkts;
	uint64_t paths;
	uint64_t ack_every;
	uint64_t path_law;		/* enum sim_path_law */
	uint64_t cc;			/* enum sim_cc */
	uint64_t grant_percent;		/* credit: of the chip's rate */
	uint64_t cc_init_pkts;
	uint64_t cc_target_ns;
	uint64_t min_rto_us;
	uint64_t fluid_check;		/* fluid: bytes are divided by it to be compared; 0: not */
	uint64_t divide;		/* no key: bytes of flows are divided by it; 0: not */

	uint64_t workload;		/* enum sim_workload */
	uint64_t bytes;			/* of each chip's vector */
	uint64_t placement;		/* enum sim_placement */
	uint64_t flow_bytes;		/* of each flow of a pattern */
	uint64_t pattern_seed;		/* permutation; 0: the number of chips */
	uint64_t fan_in;		/* incast: senders; 0: all others */
	uint64_t chained;		/* all-to-all: a sender's flows one after another */
	char flows_file[SIM_FILE_MAX + 1];
	uint64_t sizes;			/* poisson: enum sim_sizes */
	uint64_t receivers;		/* poisson: enum sim_receivers */
	uint64_t load_percent;		/* poisson: of the links of those that receive */
	uint64_t flow_count;		/* poisson */
	uint64_t requests;		/* storage, dispatch: of each who asks; edge: messages */
	uint64_t queue_depth;		/* of these, open at a time */
	uint64_t servers;		/* storage: targets; dispatch: processors; 0: an eighth */
	uint64_t read_percent;
	uint64_t service_ns, channels;	/* of a device or accelerator */
	uint64_t period_us, deadline_us;	/* edge; deadline 0: none */
	uint64_t background_load, background_flows, background_sizes, background_bytes;
	uint64_t turnaround_ns;		/* between a chunk's arrival and the next one's posting */
	uint64_t chunk_bytes;		/* trees: passed on at a time; 0: all */
	uint64_t ahead;			/* trees: chunks that leaves are ahead; 0: all */
	uint64_t across;		/* hierarchical: enum sim_across */
	uint64_t group;			/* hierarchical: chips; 0: those of a leaf */
	uint64_t reduce_gbps;		/* graphs of tasks: a chip adds up so fast; 0: at once */
	uint64_t rounds, compute_us;	/* the same: how often, and a pause before each */

	uint64_t fault;			/* enum sim_fault_kind */
	uint64_t fault_leaf, fault_spine;	/* the link between them; the spine of its pod */
	uint64_t fault_from_us, fault_until_us;	/* dead; until 0: for ever */
	uint64_t fault_gbps;		/* slow */
	uint64_t fault_plane;		/* plane: all of its links are dead */
	uint64_t fault_notice_us;	/* plane: until chips know of their port; 0: never */
	char fault_file[SIM_FILE_MAX + 1];

	uint64_t routing;		/* enum sim_route_kind */
	char routing_file[SIM_FILE_MAX + 1];
	uint64_t flowlet_ns, detect_us;

	/* What `weft-sim validate` compares with; 0: not. */
	uint64_t expect_mean_ns, expect_p99_ns, expect_makespan_ns;
	uint64_t expect_wait_ns;	/* mean, beyond an empty fabric */
	uint64_t expect_goodput_mbps;
	uint64_t expect_queue_bytes;	/* mean of the busiest tier's ports together */
	uint64_t expect_jain_permille;	/* at least */
	uint64_t expect_exact;		/* 1: every flow takes its closed form, to the picosecond */
	uint64_t expect_chain_permille;	/* how far above its dependent flows' sum the makespan */
	uint64_t expect_use_permille;	/* of its rate, the busiest switch port */
	uint64_t expect_permille;	/* how far from that the result may be */
	uint64_t expect_ideal_permille;	/* how far above its closed form the mean may be */
	char expect_source[SIM_FILE_MAX + 1];

	uint64_t part_hosts;		/* of a part of the fabric; 0: one part */

	uint64_t watch;			/* contexts whose paths are looked at */
	uint64_t watch_ns;		/* how often; 0: 128 to 256 times */
	uint64_t warm_us;		/* means of queues and use begin here */
	uint64_t check_codec;		/* one packet in so many; 0: none */
	uint64_t limit_ms;		/* simulated time after which the run has failed */
};

enum sim_value { SIM_VALUE_COUNT, SIM_VALUE_SIZE, SIM_VALUE_CHOICE, SIM_VALUE_TEXT };

struct sim_scenario_key {
	const char *section;		/* "" at the top */
	const char *name;
	enum sim_value value;
	size_t offset;			/* in struct sim_scenario */
	uint64_t min, max;		/* COUNT, SIZE */
	const char *choices;		/* CHOICE: names separated by '|', numbered from 0 */
	const char *initial;		/* default, as text; NULL: must be given */
	const char *help;
};

extern const struct sim_scenario_key sim_scenario_keys[];
extern const size_t sim_scenario_key_count;

/* The key of that full name, or NULL. */
const struct sim_scenario_key *sim_scenario_find(const char *key);

enum { SIM_CHIPS_MAX = 1 << 20 };

/* Room for any message of the functions below. */
#define SIM_WHY_MAX 512

/*
 * Sets every key to its default.
 */
void sim_scenario_init(struct sim_scenario *s);

/*
 * Sets one key, named "section.name" or, at the top, "name", from text ("64", "16 MiB", "rud").
 * Returns 0, or -1 with a message that says what is allowed; `where` opens the message.
 */
int sim_scenario_set(struct sim_scenario *s, const char *where, const char *key, const char *text,
		     char why[SIM_WHY_MAX]);

/* Reads a YAML file over what `s` holds. Returns 0, or -1 and why: file, line, key, range. */
int sim_scenario_load(struct sim_scenario *s, const char *path, char why[SIM_WHY_MAX]);

/* Has its packets sizes of their own (bare.h), not the engine's? */
static inline bool sim_is_bare(const struct sim_scenario *s)
{
	return s->transport == SIM_TRANSPORT_OPEN_LOOP || s->transport == SIM_TRANSPORT_GO_BACK_N;
}

/* Is the workload a graph of tasks (tasks.h)? Its messages carry immediates. */
static inline bool sim_has_tasks(const struct sim_scenario *s)
{
	return (s->workload == SIM_WORK_RING_ALLREDUCE && s->background_load) ||
	       s->workload == SIM_WORK_TREE || s->workload == SIM_WORK_DOUBLE_TREE ||
	       s->workload == SIM_WORK_HIERARCHICAL || s->workload == SIM_WORK_GOAL ||
	       s->workload == SIM_WORK_CHAKRA || s->workload == SIM_WORK_STORAGE ||
	       s->workload == SIM_WORK_DISPATCH;
}

/* Who carries flows out, for people. */
const char *sim_transport_name(const struct sim_scenario *s);

/* How many chips there are; 0: that is up to a file. */
uint64_t sim_scenario_chips(const struct sim_scenario *s);

/* Do the values make sense together? Returns 0, or -1 with a message. */
int sim_scenario_check(const struct sim_scenario *s, char why[SIM_WHY_MAX]);
/*
 * Can a ring of `chips`, of which a scenario that leaves them to a file knows nothing, divide its
 * bytes? Returns 0, or -1 with a message. sim_scenario_check() asks it where it knows them.
 */
int sim_scenario_check_ring(const struct sim_scenario *s, uint64_t chips, char why[SIM_WHY_MAX]);

/* The value of a key as text; `text` holds SIM_FILE_MAX + 1 bytes. */
void sim_scenario_text(const struct sim_scenario *s, const struct sim_scenario_key *key,
		       char *text, size_t size);

struct sim_lanes_cfg;

/*
 * scenario_lanes.c: what classes, buffers and flow control are asked for. False: none, and *cfg is
 * not set.
 */
bool sim_scenario_lanes(const struct sim_scenario *s, struct sim_lanes_cfg *cfg);
/* scenario_lanes.c: do those make sense? Returns 0, or -1 with a message. */
int sim_scenario_check_lanes(const struct sim_scenario *s, char why[SIM_WHY_MAX]);

/* Prints every key with range, default and meaning. */
void sim_scenario_help(FILE *out);

#endif
