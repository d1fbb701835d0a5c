/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of other chips: what the engine must remember of them, what they said in HELLO,
 * where they are.  A bounded table: the chip unused for longest makes room, if it has no context.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/lib.h"

/* A forgotten chip's delayed SYN would be taken as new, so none is forgotten before any packet
 * that it sent has left the network. */
#define REMEMBER_NS (30 * WEFT_SECOND)

uint64_t weftu_addr_hash(const struct wio_addr *a)
{
	uint64_t w[3], h = 0;

	static_assert(sizeof(*a) == sizeof(w), "an address is 24 bytes");
	memcpy(w, a, sizeof(w));
	for (int i = 0; i < 3; i++) {
		h = (h ^ w[i]) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	return h;
}

bool weftu_addr_same(const struct wio_addr *a, const struct wio_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

struct weftu_peer *weftu_peer_find(struct weft_port *port, uint64_t chip_id)
{
	return weftu_map_get(&port->peers, chip_id);
}

/* By address: a hint, for two chips may have been at one address, one after the other. */
struct weftu_peer *weftu_peer_at(struct weft_port *port, const struct wio_addr *addr)
{
	struct weftu_peer *p = weftu_map_get(&port->by_addr, weftu_addr_hash(addr));

	return p && weftu_addr_same(&p->addr, addr) ? p : NULL;
}

static void forget_addr(struct weft_port *port, struct weftu_peer *p)
{
	uint64_t h = weftu_addr_hash(&p->addr);

	if (p->addr.family != WIO_NONE && weftu_map_get(&port->by_addr, h) == p)
		weftu_map_del(&port->by_addr, h);
	p->addr.family = WIO_NONE;
}

void weftu_peer_set_addr(struct weft_port *port, struct weftu_peer *p, const struct wio_addr *addr)
{
	uint64_t h = weftu_addr_hash(addr);

	if (p->addr.family != WIO_NONE && weftu_addr_same(&p->addr, addr) &&
	    weftu_map_get(&port->by_addr, h) == p)
		return;
	forget_addr(port, p);
	p->addr = *addr;
	weftu_map_del(&port->by_addr, h);
	weftu_map_put(&port->by_addr, h, p);	/* out of memory: only the hint is missing */
}

static void forget(struct weft_port *port, struct weftu_peer *p)
{
	forget_addr(port, p);
	weftu_map_del(&port->peers, p->core.chip_id);
	free(p->info);
	free(p);
}

static bool make_room(struct weft_port *port, weft_time now)
{
	struct weftu_peer *p, *oldest = NULL;
	uint32_t at = 0;

	if (port->peers.used < port->o.max_peers)
		return true;
	while ((p = weftu_map_next(&port->peers, &at))) {
		if (!p->ctxs && (!oldest || p->used_at < oldest->used_at))
			oldest = p;
	}
	if (!oldest || (oldest->core.floored && now - oldest->used_at < REMEMBER_NS))
		return false;
	forget(port, oldest);
	return true;
}

struct weftu_peer *weftu_peer_get(struct weft_port *port, uint64_t chip_id, weft_time now)
{
	struct weftu_peer *p = weftu_peer_find(port, chip_id);

	if (p) {
		p->used_at = now;
		return p;
	}
	if (!make_room(port, now)) {
		errno = ENOSPC;
		return NULL;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	weft_peer_init(&p->core, chip_id, (uint32_t)weftu_random(port));
	p->used_at = now;
	if (!weftu_map_put(&port->peers, chip_id, p)) {
		free(p);
		errno = ENOMEM;
		return NULL;
	}
	return p;
}

void weftu_peers_fini(struct weft_port *port)
{
	struct weftu_peer *p;
	uint32_t at = 0;

	while ((p = weftu_map_next(&port->peers, &at))) {
		free(p->info);
		free(p);
	}
	weftu_map_fini(&port->peers);
	weftu_map_fini(&port->by_addr);
}
