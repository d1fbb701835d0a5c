/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets that stand alone: what this chip says of itself, and what others say of themselves and
 * of each other.  Nothing here is believed beyond its table: who lies in a HELLO misleads about
 * himself only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/lib.h"

/* What this library offers (WEFT-PRF-003), unless its user withholds it. */
#define FEATURES \
	(WEFT_FEATURES_TRIM | WEFT_FEATURES_PROBE | WEFT_FEATURES_CREDIT | \
	 WEFT_FEATURES_ATOMICS | WEFT_FEATURES_NARROW | WEFT_FEATURES_MASKED | \
	 WEFT_FEATURES_REDUCE | WEFT_FEATURES_VISIBLE | WEFT_FEATURES_SIGNAL | WEFT_FEATURES_INV | \
	 WEFT_FEATURES_MEM | WEFT_FEATURES_RD | WEFT_FEATURES_UD)

/* ---- Ourselves ------------------------------------------------------------------- */

void weftu_hello_self(struct weft_port *port)
{
	const struct weft_chip_info *me = &port->me;
	struct weft_hello *s = &port->self;

	memset(s, 0, sizeof(*s));
	s->h.chip_id = me->chip_id;
	s->h.incarnation = me->incarnation;
	s->h.class = me->chip_class;
	s->h.version_min = me->version_min;
	s->h.version_max = me->version_max;
	s->h.modes = me->modes;
	s->h.profiles = me->profiles;
	s->h.vendor = me->vendor;
	s->h.max_payload = me->max_payload;
	s->h.max_window = WEFT_MUTANT(CLAIMS_MORE) ? 8192 : me->max_window;
	s->h.paths = (uint8_t)(me->paths % WEFT_MAX_PATHS);		/* 0: all of them */
	s->has_limits = true;
	s->limits = (struct weft_hdr_tlv_limits){ .features = FEATURES & ~port->o.withheld,
		.sack_bits = WEFT_MAX_SACK_WORDS * 64, .ports = 1 };
	if (s->limits.features & WEFT_FEATURES_MEM) {
		s->limits.windows = port->o.windows;
		s->limits.mem_tags = port->o.mem_tags;
	}
	s->queues.queues = me->queues;
	s->queues.depth = me->queue_depth;
	s->n_pools = me->n_pools;
	for (int i = 0; i < me->n_pools; i++)
		s->pools[i] = (struct weft_hdr_tlv_pool){ .index = me->pools[i].index,
			.kind = me->pools[i].kind, .size = me->pools[i].size };
	s->n_engines = (uint8_t)(me->n_engines - (WEFT_MUTANT(ENGINE_UNTOLD) && me->n_engines));
	for (int i = 0; i < me->n_engines; i++)
		s->engines[i] = (struct weft_hdr_tlv_engine){ .kernel = me->engines[i].kernel,
			.dtypes = me->engines[i].types };
	snprintf(s->name, sizeof(s->name), "%s", me->name);
	if (WEFT_MUTANT(CLAIMS_UNMET))
		s->limits.features &= ~(uint32_t)WEFT_FEATURES_MEM;
	else
		s->h.profiles &= ~weft_claims_lacking(s);	/* WEFT-MGT-022 */
	port->me.profiles = s->h.profiles;
	port->me.offers = s->limits.features;
	port->me.windows = s->limits.windows;
	port->me.mem_tags = s->limits.mem_tags;
	port->me.ports = s->limits.ports;
}

bool weftu_offers_ud(struct weft_port *port, const struct wio_addr *addr)
{
	const struct weftu_peer *p = weftu_peer_at(port, addr);

	if (!(port->self.limits.features & WEFT_FEATURES_UD))
		return false;
	return !p || !p->info || p->agreed.features & WEFT_FEATURES_UD;
}

int weft_describe(struct weft_port *port, const struct weft_chip_info *info)
{
	struct weft_chip_info *me = &port->me;

	if (info->n_pools > WEFT_POOLS_MAX || info->n_engines > WEFT_ENGINES_MAX)
		return weftu_fail(port, -EINVAL, "%u pools and %u engines: at most %d and %d",
				  info->n_pools, info->n_engines, WEFT_POOLS_MAX, WEFT_ENGINES_MAX);
	me->profiles = port->o.profiles | info->profiles;
	me->queues = info->queues;
	me->queue_depth = info->queue_depth;
	me->n_pools = info->n_pools;
	me->n_engines = info->n_engines;
	memcpy(me->pools, info->pools, sizeof(me->pools));
	memcpy(me->engines, info->engines, sizeof(me->engines));
	weftu_hello_self(port);
	return 0;
}

/* ---- Others ---------------------------------------------------------------------- */

static void read_hello(struct weft_chip_info *c, const struct weft_hello *s,
		       const struct wio_addr *from)
{
	memset(c, 0, sizeof(*c));
	c->chip_id = s->h.chip_id;
	c->incarnation = s->h.incarnation;
	c->vendor = s->h.vendor;
	c->profiles = s->h.profiles;
	c->chip_class = s->h.class;
	c->modes = s->h.modes;
	c->version_min = s->h.version_min;
	c->version_max = s->h.version_max;
	c->max_payload = s->h.max_payload;
	c->max_window = s->h.max_window;
	c->paths = s->h.paths ? s->h.paths : WEFT_MAX_PATHS;
	c->queues = s->queues.queues;
	c->queue_depth = s->queues.depth;
	if (s->has_limits) {
		c->offers = s->limits.features;
		c->windows = s->limits.windows;
		c->mem_tags = s->limits.mem_tags;
		c->ports = s->limits.ports;
	}
	c->n_pools = s->n_pools;
	for (int i = 0; i < s->n_pools; i++)
		c->pools[i] = (struct weft_pool_info){ .index = s->pools[i].index,
			.kind = s->pools[i].kind, .size = s->pools[i].size };
	c->n_engines = s->n_engines;
	for (int i = 0; i < s->n_engines; i++)
		c->engines[i] = (struct weft_engine_info){ .kernel = s->engines[i].kernel,
			.types = s->engines[i].dtypes };
	memcpy(c->name, s->name, sizeof(c->name));
	c->name[sizeof(c->name) - 1] = '\0';
	wio_addr_str(from, c->addr);
}

static void note_found(struct weft_port *port, const struct weft_chip_info *c)
{
	struct weftu_round *r = &port->round;
	int at = 0;

	while (at < r->n && r->found[at].chip_id < c->chip_id)
		at++;
	if (at < r->n && r->found[at].chip_id == c->chip_id)
		return;
	if (r->n == r->size) {
		int size = r->size ? r->size * 2 : 16;
		void *p = size <= 65536 ? realloc(r->found, (size_t)size * sizeof(*c)) : NULL;

		if (!p)
			return;
		r->found = p;
		r->size = size;
	}
	memmove(&r->found[at + 1], &r->found[at], (size_t)(r->n - at) * sizeof(*c));
	r->found[at] = *c;
	r->n++;
}

/* An answer to a question of ours; others are nobody's. */
static bool take_answer(struct weft_port *port, const struct weft_hello *s, uint32_t transaction,
			const struct wio_addr *from, weft_time now)
{
	bool round = port->round.on && transaction == port->round.transaction;
	struct weftu_peer *p;

	if ((!round && !weftu_ask_is(port, transaction)) || !s->h.chip_id)
		return false;
	p = weftu_peer_get(port, s->h.chip_id, now);
	if (!p)
		return true;
	if (!p->info)
		p->info = malloc(sizeof(*p->info));
	if (!p->info)
		return true;
	read_hello(p->info, s, from);
	p->disagree = weft_negotiate(&port->self, s, &p->agreed);
	if (WEFT_MUTANT(VERSION_HIGHEST) && s->h.version_max > port->self.h.version_max)
		p->disagree = WEFT_AGREE_VERSION;
	p->info_at = now;
	weftu_peer_set_addr(port, p, from);
	if (round)
		note_found(port, p->info);
	weftu_ask_answered(port, p, from, transaction, now);
	return true;
}

/* WEFT-MGT-001, WEFT-MGT-002 */
static void answer(struct weft_port *port, const struct weft_view *v, const struct wio_addr *to,
		   weft_time now)
{
	uint32_t transaction = WEFT_MUTANT(HELLO_NUMBER) ? v->d.psn & INT32_MAX : v->d.psn;
	uint8_t out[WEFT_ALONE_MAX];

	if (WEFT_MUTANT(IDENTITY_DRIFTS))
		port->self.h.vendor++;
	if (weftu_may_answer(port, now))
		weftu_queue_alone(port, out, weft_hello_build(out, weft_answer_room(v),
				  &port->self, transaction), to);
}

/* ---- Neighbours ------------------------------------------------------------------ */

static bool read_neighbour(const struct weft_hdr_tlv_neighbour *nb, struct wio_addr *a)
{
	memset(a, 0, sizeof(*a));
	switch (nb->family) {
	case WEFT_FAMILY_UDP4:
		a->family = WIO_UDP4;
		memcpy(a->ip, nb->addr, 4);
		a->port = nb->port;
		return true;
	case WEFT_FAMILY_UDP6:
		a->family = WIO_UDP6;
		memcpy(a->ip, nb->addr, 16);
		a->port = nb->port;
		return true;
	case WEFT_FAMILY_L2:
		a->family = WIO_L2;
		memcpy(a->ip, nb->addr, 6);
		return true;
	default:
		return false;
	}
}

/* WEFT-MGT-006.  False: not recorded. */
static bool record(struct weft_port *port, const struct weft_hdr_tlv_neighbour *nb, weft_time now)
{
	struct weftu_peer *p;
	struct wio_addr a;

	if (!nb->chip_id || !read_neighbour(nb, &a) || a.family != wio_local(port->io)->family)
		return false;
	if (nb->chip_id == port->me.chip_id)
		return true;
	p = weftu_peer_get(port, nb->chip_id, now);
	if (!p)
		return false;
	if (p->addr.family != WIO_NONE && !weftu_addr_same(&p->addr, &a))
		p->info_at = 0;
	weftu_peer_set_addr(port, p, &a);
	return true;
}

/* WEFT-MGT-011.  A NEIGHBOUR without CONFIRM confirms one of ours, or tells by itself. */
static void told(struct weft_port *port, struct weft_hdr_tlv_neighbour *nb, uint32_t transaction,
		 const struct wio_addr *from, weft_time now)
{
	uint8_t out[WEFT_ALONE_MAX];
	bool confirm = nb->flags & WEFT_NBFLAGS_CONFIRM;

	if (!confirm && weftu_tell_confirmed(port, transaction))
		return;
	if (!record(port, nb, now) || !confirm || !weftu_may_answer(port, now) ||
	    WEFT_MUTANT(NEIGHBOUR_SILENT))
		return;
	nb->flags &= (uint8_t)~WEFT_NBFLAGS_CONFIRM;
	weftu_queue_alone(port, out, weft_neighbour_build(out, nb, transaction), from);
}

int weft_lookup(struct weft_port *port, uint64_t chip_id, char addr[WEFT_ADDR_MAX])
{
	struct weftu_peer *p = weftu_peer_find(port, chip_id);
	char id[24];

	if (!p || p->addr.family == WIO_NONE)
		return weftu_fail(port, -ENOENT, "nothing is known of chip %s",
				  weft_chip_id_str(chip_id, id));
	wio_addr_str(&p->addr, addr);
	return 0;
}

int weft_chip_info(struct weft_port *port, uint64_t chip_id, struct weft_chip_info *info)
{
	struct weftu_peer *p = weftu_peer_find(port, chip_id);
	char id[24];

	if (chip_id == port->me.chip_id) {
		*info = port->me;
		return 0;
	}
	if (!p || !p->info)
		return weftu_fail(port, -ENOENT, "no HELLO of chip %s was seen",
				  weft_chip_id_str(chip_id, id));
	*info = *p->info;
	return 0;
}

/* ---- The door's fourth way ------------------------------------------------------- */

void weftu_alone(struct weft_port *port, const struct weft_view *v, const struct wio_addr *from,
		 weft_time now)
{
	struct weft_hdr_tlv_version_reject vr;
	struct weft_hdr_tlv_neighbour nb;
	struct weft_hello hello;
	uint8_t out[WEFT_ALONE_MAX];
	bool taken = true;

	port->st.sum.rx_pkts++;
	switch (weft_alone_parse(v, &hello, &nb, &vr)) {
	case WEFT_ALONE_BAD:
		port->st.sum.drop[WEFT_DROP_BAD_TLV]++;
		return;
	case WEFT_ALONE_HELLO:
		if (WEFT_MUTANT(VERSION_ALONE) && hello.h.version_min != hello.h.version_max)
			break;
		if (hello.h.flags & WEFT_HELLOFLAGS_REPLY || WEFT_MUTANT(HELLO_ALWAYS))
			answer(port, v, from, now);
		else
			taken = take_answer(port, &hello, v->d.psn, from, now);
		break;
	case WEFT_ALONE_NEIGHBOUR:
		told(port, &nb, v->d.psn, from, now);
		break;
	case WEFT_ALONE_TELEMETRY_GET:
		if (weftu_may_answer(port, now))
			weftu_queue_alone(port, out, weftu_telemetry_answer(port, v, out), from);
		break;
	case WEFT_ALONE_TELEMETRY:
		taken = weftu_telemetry_answered(port, v);
		break;
	case WEFT_ALONE_VERSION:
		taken = weftu_ask_refused(port, from, v->d.psn, vr.min, vr.max);
		break;
	}
	if (taken)
		port->st.rx_alone++;
	else
		port->st.sum.drop[WEFT_DROP_UNEXPECTED]++;
}
