/* SPDX-License-Identifier: BSD-2-Clause */
/* See nic.h. */
#include <stdlib.h>
#include <string.h>

#include "sim/nic.h"
#include "sim/team.h"
#include "sim/util.h"

struct sim_nic *sim_nic_new(struct sim *sim, const struct sim_scenario *sc)
{
	struct sim_nic *nic;

	if (!sc->nic_bus_gbps && !sc->nic_memory_gbps && !sc->nic_pipeline_ns)
		return NULL;
	nic = sim_zalloc(1, sizeof(*nic));
	nic->sim = sim;
	nic->bus_gbps = (uint32_t)sc->nic_bus_gbps;
	nic->memory_gbps = (uint32_t)sc->nic_memory_gbps;
	nic->link_gbps = (uint32_t)(sc->host_gbps * sc->planes);
	nic->packet_bytes = (uint32_t)sc->nic_packet_bytes;
	nic->buffer = (uint32_t)sc->nic_buffer_bytes;
	nic->pipeline = sc->nic_pipeline_ns * SIM_NS;
	nic->ahead = sc->nic_bytes * 8000 / sc->host_gbps;
	nic->chip = sim_zalloc(sim->topo.hosts, sizeof(*nic->chip));
	for (uint32_t i = 0; i < sim->topo.hosts; i++)
		for (int w = 0; w < SIM_NIC_WAYS; w++)
			nic->chip[i].way[w].list.head = SIM_NO_PKT;
	return nic;
}

void sim_nic_free(struct sim_nic *nic)
{
	if (nic)
		free(nic->chip);
	free(nic);
}

static sim_time takes(uint32_t bytes, uint32_t gbps)
{
	return gbps ? (uint64_t)bytes * 8000 / gbps : 0;
}

static sim_time later(sim_time a, sim_time b)
{
	return a > b ? a : b;
}

sim_time sim_nic_room_at(const struct sim_nic *nic, uint32_t chip)
{
	const struct sim_nic_chip *c = &nic->chip[chip];
	sim_time until = later(later(c->memory_free, c->paced), c->way[SIM_NIC_OUT].bus_free);

	return until > nic->ahead ? until - nic->ahead : 0;
}

/* A stage works on `bytes` more; returns when it is done. */
static sim_time work(sim_time *free_at, sim_time *busy, sim_time now, sim_time span)
{
	*free_at = later(*free_at, now) + span;
	*busy += span;
	return *free_at;
}

bool sim_nic_put(struct sim_nic *nic, uint32_t chip, enum sim_way way, uint32_t pkt)
{
	struct sim_nic_chip *c = &nic->chip[chip];
	struct sim_nic_way *w = &c->way[way];
	struct sim_pkt *k = &nic->sim->pool.pkt[pkt];
	uint32_t bytes = nic->sim->pool.load[pkt].payload_bytes + nic->packet_bytes;
	sim_time now = nic->sim->now, done;

	if (way == SIM_NIC_IN && c->waiting + bytes > nic->buffer) {
		nic->dropped_pkts++;
		return false;
	}
	done = work(&w->bus_free, &w->bus_busy, now, takes(bytes, nic->bus_gbps));
	done = later(done, work(&c->memory_free, &c->memory_busy, now,
				takes(bytes, nic->memory_gbps)));
	if (way == SIM_NIC_OUT)
		c->paced = later(c->paced, now) + takes(bytes, nic->link_gbps);
	k->due = done + nic->pipeline;
	k->next = SIM_NO_PKT;
	if (w->list.head == SIM_NO_PKT)
		w->list.head = pkt;
	else
		nic->sim->pool.pkt[w->list.tail].next = pkt;
	w->list.tail = pkt;
	nic->sim->held_pkts++;
	if (way == SIM_NIC_OUT)
		return true;
	c->waiting += bytes;
	c->waiting_max = c->waiting > c->waiting_max ? c->waiting : c->waiting_max;
	return true;
}

uint32_t sim_nic_take(struct sim_nic *nic, uint32_t chip, enum sim_way way)
{
	struct sim_nic_chip *c = &nic->chip[chip];
	struct sim_list *l = &c->way[way].list;
	uint32_t pkt = l->head;

	if (pkt == SIM_NO_PKT || nic->sim->pool.pkt[pkt].due > nic->sim->now)
		return SIM_NO_PKT;
	l->head = nic->sim->pool.pkt[pkt].next;
	nic->sim->held_pkts--;
	if (way == SIM_NIC_IN)
		c->waiting -= nic->sim->pool.load[pkt].payload_bytes + nic->packet_bytes;
	return pkt;
}

sim_time sim_nic_next(const struct sim_nic *nic, uint32_t chip, enum sim_way way)
{
	uint32_t pkt = nic->chip[chip].way[way].list.head;

	return pkt == SIM_NO_PKT ? SIM_NEVER : nic->sim->pool.pkt[pkt].due;
}

static void add(const struct sim *sim, sim_time sum, sim_time most, sim_time span, double *mean,
		double *max)
{
	double all = (double)(span ? span : 1);

	*mean = (double)sim_team_sum(sim, sum) / all / sim->topo.hosts;
	*max = (double)sim_team_max(sim, most) / all;
}

void sim_nic_sum(const struct sim_nic *nic, sim_time span, struct sim_nic_sum *out)
{
	sim_time sum[SIM_NIC_WAYS + 1] = { 0 }, most[SIM_NIC_WAYS + 1] = { 0 };
	uint64_t waiting = 0;

	for (uint32_t i = 0; i < nic->sim->topo.hosts; i++) {
		const struct sim_nic_chip *c = &nic->chip[i];
		sim_time busy[SIM_NIC_WAYS + 1] = { c->way[SIM_NIC_OUT].bus_busy,
						    c->way[SIM_NIC_IN].bus_busy, c->memory_busy };

		for (int k = 0; k <= SIM_NIC_WAYS; k++) {
			sum[k] += busy[k];
			most[k] = later(most[k], busy[k]);
		}
		waiting = c->waiting_max > waiting ? c->waiting_max : waiting;
	}
	for (int w = 0; w < SIM_NIC_WAYS; w++)
		add(nic->sim, sum[w], most[w], span, &out->bus_mean[w], &out->bus_max[w]);
	add(nic->sim, sum[SIM_NIC_WAYS], most[SIM_NIC_WAYS], span, &out->memory_mean,
	    &out->memory_max);
	out->waiting_max = sim_team_max(nic->sim, waiting);
	out->dropped_pkts = sim_team_sum(nic->sim, nic->dropped_pkts);
}
