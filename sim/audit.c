/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does every packet add up? What ports have counted is compared with what is found anew in their
 * lists and in pending events. Of a team each process finds what it has; the sums are compared, by
 * all alike.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fabric.h"
#include "sim/lanes.h"
#include "sim/team.h"
#include "sim/util.h"

enum { BLOCK = 256 };		/* ports that are looked at together */

struct tally {
	uint64_t pkts, bytes;
};

/* Of a port. All words: they are summed. */
struct found {
	struct tally offered, sent, dropped, lost, arrived;
	struct tally waits, way;
	uint64_t trimmed_bytes, q_bytes;
};

struct audit {
	const struct sim *sim;
	struct tally *late;	/* on the wire of each port, but not in its list */
	uint64_t gone;		/* packets dropped or lost */
	uint64_t way;		/* packets waiting or on a wire */
	char *message;
	size_t size;
};

static void count_late(void *ctx, const struct sim_event *e)
{
	struct audit *a = ctx;
	struct tally *t = &a->late[e->who & SIM_INDEX];

	if ((e->who & ~(uint32_t)SIM_INDEX) != SIM_ARRIVE || e->arg >= SIM_POKE)
		return;
	t->pkts++;
	t->bytes += a->sim->pool.pkt[e->arg].wire_bytes;
}

static void count_list(const struct sim *sim, const struct sim_list *l, struct tally *t)
{
	for (uint32_t i = l->head; i != SIM_NO_PKT; i = sim->pool.pkt[i].next) {
		t->pkts++;
		t->bytes += sim->pool.pkt[i].wire_bytes;
	}
}

static void find(const struct audit *a, uint32_t port, struct found *f)
{
	const struct sim_port *p = &a->sim->port[port];
	const struct sim_gone *gone = &a->sim->gone[port];

	*f = (struct found){
		.offered = { p->offered_pkts, p->offered_bytes },
		.sent = { p->sent_pkts, p->sent_bytes },
		.dropped = { gone->dropped_pkts, gone->dropped_bytes },
		.lost = { gone->lost_pkts, gone->lost_bytes },
		.arrived = { p->arrived_pkts, p->arrived_bytes },
		.way = a->late[port], .trimmed_bytes = gone->trimmed_bytes,
		.q_bytes = p->q_bytes,
	};
	count_list(a->sim, &p->wire, &f->way);
	count_list(a->sim, &p->queue, &f->waits);
	count_list(a->sim, &p->ahead, &f->waits);
	for (unsigned k = 0; a->sim->lanes && k < SIM_LANES; k++)
		count_list(a->sim, &a->sim->lanes->port[port].lane[k].queue, &f->waits);
}

static int differs(const struct audit *a, const char *where, const char *what, uint64_t left,
		   uint64_t right)
{
	if (left == right)
		return 0;
	snprintf(a->message, a->size, "%s: %s: %llu is not %llu", where, what,
		 (unsigned long long)left, (unsigned long long)right);
	return -1;
}

static int check(struct audit *a, uint32_t port, const struct found *f)
{
	struct sim_port_place place = sim_place(&a->sim->topo, port);
	char where[96];

	a->gone += f->dropped.pkts + f->lost.pkts;
	a->way += f->way.pkts + f->waits.pkts;
	snprintf(where, sizeof(where), "port %u (%s, node %u to node %u)", port,
		 sim_tier_name[place.tier], place.from, place.to);
	if (differs(a, where, "packets offered = sent + waiting + dropped", f->offered.pkts,
		    f->sent.pkts + f->waits.pkts + f->dropped.pkts))
		return -1;
	if (differs(a, where, "bytes offered = sent + waiting + dropped + cut off",
		    f->offered.bytes,
		    f->sent.bytes + f->waits.bytes + f->dropped.bytes + f->trimmed_bytes))
		return -1;
	if (differs(a, where, "packets sent = arrived + lost + on the wire", f->sent.pkts,
		    f->arrived.pkts + f->lost.pkts + f->way.pkts))
		return -1;
	if (differs(a, where, "bytes sent = arrived + lost + on the wire", f->sent.bytes,
		    f->arrived.bytes + f->lost.bytes + f->way.bytes))
		return -1;
	return differs(a, where, "bytes counted as waiting", f->q_bytes, f->waits.bytes);
}

static int check_ports(struct audit *a)
{
	const struct sim *sim = a->sim;
	struct found f[BLOCK];

	for (uint32_t from = 0; from < sim->ports; from += BLOCK) {
		uint32_t n = sim->ports - from < BLOCK ? sim->ports - from : BLOCK;

		for (uint32_t i = 0; i < n; i++)
			find(a, from + i, &f[i]);
		if (sim->team)
			sim->team->ops->all(sim->team->ctx, (uint64_t *)(void *)f,
					    n * sizeof(*f) / sizeof(uint64_t), SIM_ALL_SUM);
		for (uint32_t i = 0; i < n; i++)
			if (check(a, from + i, &f[i]))
				return -1;
	}
	return 0;
}

static int check_whole(const struct audit *a)
{
	const struct sim *sim = a->sim;
	uint64_t made = sim_team_sum(sim, sim->made_pkts), taken, live, held;

	taken = sim_team_sum(sim, sim->taken_pkts);
	live = sim_team_sum(sim, sim->pool.live);
	held = sim_team_sum(sim, sim->held_pkts);
	if (differs(a, "fabric", "packets made = received + dropped + lost + on their way", made,
		    taken + a->gone + a->way))
		return -1;
	return differs(a, "fabric", "packets of the pool = on their way + in chips", live,
		       a->way + held);
}

int sim_audit(const struct sim *sim, char *message, size_t size)
{
	struct audit a = { .sim = sim, .message = message, .size = size };
	int err;

	a.late = sim_zalloc(sim->ports, sizeof(*a.late));
	for (uint32_t i = sim->own; i < sim->own + sim->owns; i++)
		sim_events_each(&sim->part[i].events, count_late, &a);
	err = check_ports(&a);
	if (!err)
		err = check_whole(&a);
	free(a.late);
	return err;
}
