// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a shard knows of other chips: what the engine must remember of them, and what they said in
 * HELLO.  A bounded table: the chip unused for longest makes room, if it has no context.
 */
#include <linux/random.h>
#include <linux/slab.h>

#include "kernel/inner.h"

/* A forgotten chip's delayed SYN would be taken as new, so none is forgotten before any packet
 * that it sent has left the network. */
#define REMEMBER_NS (30ull * NSEC_PER_SEC)

static struct hlist_head *bucket(struct weftk_shard *sh, u64 chip)
{
	u32 h = (u32)(chip * 0xff51afd7ed558ccdull >> 40);

	return &sh->peers[h & (ARRAY_SIZE(sh->peers) - 1)];
}

struct weftk_peer *weftk_peer_find(struct weftk_shard *sh, u64 chip)
{
	struct weftk_peer *p;

	hlist_for_each_entry(p, bucket(sh, chip), by_chip)
		if (p->core.chip_id == chip)
			return p;
	return NULL;
}

static void forget(struct weftk_shard *sh, struct weftk_peer *p)
{
	hlist_del(&p->by_chip);
	sh->n_peers--;
	kfree(p);
}

static bool make_room(struct weftk_shard *sh)
{
	struct weftk_peer *p, *oldest = NULL;
	u32 i;

	if (sh->n_peers < WEFTK_PEERS)
		return true;
	for (i = 0; i < ARRAY_SIZE(sh->peers); i++) {
		hlist_for_each_entry(p, &sh->peers[i], by_chip)
			if (list_empty(&p->ctxs) && (!oldest || p->used_at < oldest->used_at))
				oldest = p;
	}
	if (!oldest || (oldest->core.floored && sh->now - oldest->used_at < REMEMBER_NS))
		return false;
	forget(sh, oldest);
	return true;
}

/* Finds or makes; NULL: no room or no memory. */
struct weftk_peer *weftk_peer_get(struct weftk_shard *sh, u64 chip)
{
	struct weftk_peer *p = weftk_peer_find(sh, chip);

	if (p) {
		p->used_at = sh->now;
		return p;
	}
	if (!make_room(sh))
		return NULL;
	p = kzalloc(sizeof(*p), GFP_ATOMIC);
	if (!p)
		return NULL;
	weft_peer_init(&p->core, chip, get_random_u32());
	INIT_LIST_HEAD(&p->ctxs);
	p->used_at = sh->now;
	hlist_add_head(&p->by_chip, bucket(sh, chip));
	sh->n_peers++;
	return p;
}

void weftk_peers_fini(struct weftk_shard *sh)
{
	struct weftk_peer *p;
	struct hlist_node *n;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sh->peers); i++) {
		hlist_for_each_entry_safe(p, n, &sh->peers[i], by_chip)
			forget(sh, p);
	}
}
