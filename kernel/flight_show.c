// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A device's folder in debugfs: how its contexts stand, and the records of what went before a
 * failure.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "core/names.h"
#include "kernel/inner.h"

static struct dentry *top;	/* NULL or an error: there is no debugfs */

static const char *const act_names[] = {
	[WEFT_ACT_PLACE_MEM] = "PLACE_MEM",
	[WEFT_ACT_REDUCE] = "REDUCE",
	[WEFT_ACT_PLACE_RECV] = "PLACE_RECV",
	[WEFT_ACT_PLACE_WR] = "PLACE_WR",
	[WEFT_ACT_READ] = "READ",
	[WEFT_ACT_ATOMIC] = "ATOMIC",
	[WEFT_ACT_FLUSH] = "FLUSH",
	[WEFT_ACT_INVALIDATE] = "INVALIDATE",
	[WEFT_ACT_RECV] = "RECV",
};

static const char *const event_names[] = {
	[WEFT_EV_EP_CONNECT] = "EP_CONNECT",
	[WEFT_EV_EP_ACCEPTED] = "EP_ACCEPTED",
	[WEFT_EV_EP_REJECTED] = "EP_REJECTED",
	[WEFT_EV_STREAM_ERROR] = "STREAM_ERROR",
	[WEFT_EV_SQ_DRAINED] = "SQ_DRAINED",
	[WEFT_EV_DISCONNECTED] = "DISCONNECTED",
	[WEFT_EV_PDC_OPEN] = "PDC_OPEN",
	[WEFT_EV_PDC_CLOSED] = "PDC_CLOSED",
	[WEFT_EV_PDC_FAILED] = "PDC_FAILED",
	[WEFT_EV_PEER_PORT] = "PEER_PORT",
};

const char *weftk_act_name(u8 code)
{
	return code < ARRAY_SIZE(act_names) && act_names[code] ? act_names[code] : "?";
}

const char *weftk_event_name(u8 code)
{
	return code < ARRAY_SIZE(event_names) && event_names[code] ? event_names[code] : "?";
}

/* ---- Contexts ----------------------------------------------------------------------- */

static void show_addr(struct seq_file *m, const struct weftk_addr *a)
{
	switch ((enum weftk_way)a->way) {
	case WEFTK_WAY_UDP4:
		seq_printf(m, "%pI4", &a->remote.s6_addr32[3]);
		return;
	case WEFTK_WAY_UDP6:
		seq_printf(m, "%pI6c", &a->remote);
		return;
	case WEFTK_WAY_L2:
		seq_printf(m, "%pM", a->rmac);
		return;
	case WEFTK_WAY_NONE:
		seq_puts(m, "-");
		return;
	}
}

static void show_context(struct seq_file *m, const struct weftk_ctx *c)
{
	struct weft_gauges g;

	weft_pdc_gauges(c->pdc, &g);
	seq_printf(m, "%u %s %016llx ", c->id, weft_pdc_state_name(weft_pdc_state(c->pdc)),
		   c->peer->core.chip_id);
	show_addr(m, &c->addr);
	seq_printf(m, " %s %s streams %u srtt %llu us rto %llu us window %u out %u psn %u\n",
		   weft_mode_name(c->mode), c->initiator ? "initiator" : "target", c->n_streams,
		   g.srtt_ns / NSEC_PER_USEC, g.rto_ns / NSEC_PER_USEC, g.cwnd_pkts,
		   g.outstanding, g.sent_psn);
}

static int contexts_show(struct seq_file *m, void *unused)
{
	struct weftk_dev *dev = m->private;
	struct weftk_peer *p;
	struct weftk_ctx *c;
	u32 i, k;

	seq_puts(m, "# number state peer address mode role streams round trip window out\n");
	for (i = 0; i < dev->n_shards; i++) {
		struct weftk_shard *sh = dev->shards[i];

		spin_lock_bh(&sh->lock);
		for (k = 0; k < ARRAY_SIZE(sh->peers); k++)
			hlist_for_each_entry(p, &sh->peers[k], by_chip)
				list_for_each_entry(c, &p->ctxs, of_peer)
					if (c->pdc && !c->over)
						show_context(m, c);
		weftk_shard_unlock_bh(sh);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(contexts);

/* ---- Records ------------------------------------------------------------------------ */

static void show_packet(struct seq_file *m, const struct weftk_entry *e, const char *what)
{
	seq_printf(m, "%s %s psn %u", e->seen == WEFTK_SEEN_IN ? "in " : "out",
		   weft_ptype_name(e->code), e->psn);
	if (e->op)
		seq_printf(m, " %s qpn %u msn %u len %u", weft_opcode_name(e->op), e->qpn, e->msn,
			   e->len);
	seq_printf(m, "%s\n", what);
}

static void show_entry(struct seq_file *m, const struct weftk_entry *e, u64 end)
{
	u64 before = end - e->at;

	seq_printf(m, "  -%llu.%03llu us ", before / 1000, before % 1000);
	switch ((enum weftk_seen)e->seen) {
	case WEFTK_SEEN_IN:
		show_packet(m, e, e->status ? weft_drop_name(e->status) : "");
		return;
	case WEFTK_SEEN_OUT:
		show_packet(m, e, e->status ? " again" : "");
		return;
	case WEFTK_SEEN_REFUSED:
		seq_printf(m, "refused %s qpn %u msn %u: %s\n", weftk_act_name(e->code), e->qpn,
			   e->msn, weft_status_name(e->status));
		return;
	case WEFTK_SEEN_DONE:
		seq_printf(m, "complete %s qpn %u number %u: %s\n", weft_opcode_name(e->code),
			   e->qpn, e->msn, weft_status_name(e->status));
		return;
	case WEFTK_SEEN_EVENT:
		seq_printf(m, "event %s qpn %u: %s\n", weftk_event_name(e->code), e->qpn,
			   weft_status_name(e->status));
		return;
	case WEFTK_SEEN_NOTHING:
		return;
	}
}

static void show_kept(struct seq_file *m, const struct weftk_kept_flight *k)
{
	const struct weftk_flight *f = &k->flight;
	u32 n = min(f->n, WEFTK_FLIGHT_ENTRIES), i;

	seq_printf(m, "at %llu.%06llu s: %s: qpn %u on context %u with chip %016llx at ",
		   k->at / NSEC_PER_SEC, k->at % NSEC_PER_SEC / 1000, weft_status_name(k->status),
		   k->qpn, k->context, k->chip);
	show_addr(m, &k->addr);
	seq_printf(m, "; acknowledged to psn %u, sent to psn %u, round trip %llu us\n",
		   k->gauges.acked_psn, k->gauges.sent_psn, k->gauges.srtt_ns / NSEC_PER_USEC);
	for (i = f->n - n; i != f->n; i++)
		show_entry(m, &f->ring[i & (WEFTK_FLIGHT_ENTRIES - 1)], k->at);
}

/* A copy, so that nobody waits for a reader. */
static int flights_show(struct seq_file *m, void *unused)
{
	struct weftk_dev *dev = m->private;
	struct weftk_kept_flight *copy = kmalloc(sizeof(*copy), GFP_KERNEL);
	u32 i, n, from;

	if (!copy)
		return -ENOMEM;
	spin_lock_bh(&dev->flights->lock);
	n = dev->flights->n;
	spin_unlock_bh(&dev->flights->lock);
	from = n > WEFTK_FLIGHTS ? n - WEFTK_FLIGHTS : 0;
	seq_printf(m, "# %u failures; the last %u, and what went before each\n", n, n - from);
	for (i = from; i != n; i++) {
		spin_lock_bh(&dev->flights->lock);
		*copy = dev->flights->kept[i % WEFTK_FLIGHTS];
		spin_unlock_bh(&dev->flights->lock);
		show_kept(m, copy);
	}
	kfree(copy);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(flights);

/* ---- Life --------------------------------------------------------------------------- */

void weftk_flights_init(void)
{
	top = debugfs_create_dir("weft", NULL);
}

void weftk_flights_exit(void)
{
	debugfs_remove(top);
}

int weftk_flights_make(struct weftk_dev *dev)
{
	dev->flights = kvzalloc(sizeof(*dev->flights), GFP_KERNEL);
	if (!dev->flights)
		return -ENOMEM;
	spin_lock_init(&dev->flights->lock);
	return 0;
}

void weftk_flights_free(struct weftk_dev *dev)
{
	kvfree(dev->flights);
}

void weftk_flights_open(struct weftk_dev *dev, const char *name)
{
	dev->flights->dir = debugfs_create_dir(name, top);
	debugfs_create_file("contexts", 0400, dev->flights->dir, dev, &contexts_fops);
	debugfs_create_file("flights", 0400, dev->flights->dir, dev, &flights_fops);
}

void weftk_flights_close(struct weftk_dev *dev)
{
	debugfs_remove(dev->flights->dir);
	dev->flights->dir = NULL;
}
