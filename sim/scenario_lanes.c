/* SPDX-License-Identifier: BSD-2-Clause */
/* Classes, shared buffers and flow control of a scenario: do they make sense, and as lanes.h's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/lanes.h"
#include "sim/scenario.h"

enum {
	HEADERS_MAX = 512,	/* of a packet on the wire, at most */
	WEIGHT_MAX = 100
};

static uint32_t longest(const struct sim_scenario *s)
{
	uint64_t payload = s->transport == SIM_TRANSPORT_OPEN_LOOP ? s->flow_bytes :
								    s->payload_bytes;

	return (uint32_t)payload + HEADERS_MAX;
}

/* Weights as numbers; false: that is no list of them, one for each class. */
static bool weights(const struct sim_scenario *s, uint32_t weight[SIM_CLASSES])
{
	const char *at = s->weights;

	for (unsigned i = 0; i < s->classes; i++) {
		unsigned long n = 1;
		char *end;

		if (*s->weights) {
			if (*at < '0' || *at > '9')
				return false;
			n = strtoul(at, &end, 10);
			if (n < 1 || n > WEIGHT_MAX || *end != (i + 1 < s->classes ? ',' : '\0'))
				return false;
			at = end + 1;
		}
		weight[i] = (uint32_t)n;
	}
	return true;
}

static bool wanted(const struct sim_scenario *s)
{
	return s->buffer_bytes || s->flow_control != SIM_FC_NONE || s->classes > 1;
}

bool sim_scenario_lanes(const struct sim_scenario *s, struct sim_lanes_cfg *cfg)
{
	if (!wanted(s))
		return false;
	*cfg = (struct sim_lanes_cfg){
		.buffer = s->buffer_bytes, .alpha = (uint32_t)s->alpha_permille,
		.control = (enum sim_flow_control)s->flow_control,
		.xoff = (uint32_t)s->xoff_bytes, .xon = (uint32_t)s->xon_bytes,
		.headroom = (uint32_t)s->headroom_bytes, .credits = (uint32_t)s->credit_bytes,
		.stuck = s->stuck_us * SIM_US, .classes = (uint32_t)s->classes,
		.map = (enum sim_class_map)s->class_map,
		.schedule = (enum sim_schedule)s->schedule, .quantum = longest(s),
		.ahead = s->control == SIM_CONTROL_AHEAD,
	};
	return weights(s, cfg->weight);
}

static int wrong(char why[SIM_WHY_MAX], const char *what)
{
	snprintf(why, SIM_WHY_MAX, "%s", what);
	return -1;
}

int sim_scenario_check_lanes(const struct sim_scenario *s, char why[SIM_WHY_MAX])
{
	uint32_t weight[SIM_CLASSES];

	if (!wanted(s))
		return *s->weights ? wrong(why, "class.weights: there is one class") : 0;
	if (!weights(s, weight))
		return wrong(why, "class.weights: give class.count numbers from 1 to 100, "
			     "separated by commas, like 4,2,1");
	if (s->transport == SIM_TRANSPORT_FLUID)
		return wrong(why, "transport.kind: fluid has no packets, so no buffer, "
			     "flow_control or class");
	if (s->flow_control != SIM_FC_NONE && s->trim)
		return wrong(why, "queue.trim: with flow_control nothing is cut down; turn it off");
	if (s->flow_control == SIM_FC_PFC && s->xon_bytes > s->xoff_bytes)
		return wrong(why, "flow_control.xon is above flow_control.xoff");
	if (s->flow_control == SIM_FC_CREDIT && s->buffer_bytes)
		return wrong(why, "buffer.bytes: with credits each link has memory of its own");
	if (s->flow_control == SIM_FC_CREDIT && s->credit_bytes < longest(s)) {
		snprintf(why, SIM_WHY_MAX, "flow_control.credits is %llu: a packet of "
			 "transport.payload would never be sent; give %u at least",
			 (unsigned long long)s->credit_bytes, longest(s));
		return -1;
	}
	return 0;
}
