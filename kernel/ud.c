// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Datagrams of UD queue pairs and of the one that IB's managers use (GSI): sent from the queue,
 * received into it behind the 40 bytes of a GRH that applications parse.
 */
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <rdma/ib_addr.h>
#include <rdma/ib_cache.h>

#include "kernel/verbs.h"

/* ---- Sending ------------------------------------------------------------------------- */

static int send(struct weftk_qp *qp, struct weftk_swqe *w)
{
	struct weft_dgram d = {
		.dst_qpn = w->ud.qpn & WEFTK_QPN_MASK,
		.src_qpn = qp->num,
		/* The top bit asks for the sender's own, as in IBA 10.2.5. */
		.qkey = w->ud.qkey >> 31 ? qp->attr.qkey : w->ud.qkey,
		.psn = qp->ud_psn,
		.imm = w->imm,
		.len = (u16)w->len,
	};
	const struct weftk_addr *to = &w->ud.addr;
	struct weft_hdr_gids gids;
	struct sk_buff *skb;
	enum weft_status st;

	if (to->way == WEFTK_WAY_L2 && !ipv6_addr_any(&to->remote)) {
		memcpy(gids.src, &to->local, sizeof(gids.src));
		memcpy(gids.dst, &to->remote, sizeof(gids.dst));
		d.gids = &gids;
	}
	if (w->flags & IB_SEND_SOLICITED)
		d.flags |= WEFT_OFLAGS_SE;
	if (w->opcode == IB_WR_SEND_WITH_IMM)
		d.flags |= WEFT_OFLAGS_IMM;
	skb = weftk_dgram_alloc(qp->dev->host, w->len, GFP_ATOMIC);
	if (!skb)
		return IB_WC_SUCCESS;	/* as lost on the way: WEFT-VRB-031 */
	st = weftk_swqe_gather(qp, w, 0, w->len, skb);
	if (st != WEFT_STATUS_OK) {
		kfree_skb(skb);
		return weftk_wc_status(st);
	}
	qp->ud_psn++;
	weftk_count(qp->dev, WEFTK_COUNT_UD_SENT);
	weftk_dgram_send(qp->dev->host, to, w->ud.hop, &d, skb);
	return IB_WC_SUCCESS;
}

static enum ib_wc_status try(struct weftk_qp *qp, struct weftk_swqe *w)
{
	if (w->state == WEFTK_SWQE_DONE)
		return w->status;
	if (w->len > weftk_dgram_max(qp->dev->host))
		return IB_WC_LOC_LEN_ERR;
	return send(qp, w);
}

#define UD_BURST 64

/* One sender at a time, so that datagrams leave in the order they were posted in. */
void weftk_ud_send(struct weftk_qp *qp)
{
	enum weftk_reaped found = 0;
	struct weftk_swqe *w;
	unsigned long flags;
	u32 left = UD_BURST;

	local_bh_disable();
	spin_lock(&qp->ud_lock);
	while (left && qp->state == IB_QPS_RTS) {
		spin_lock_irqsave(&qp->sq.lock, flags);
		w = weftk_sq_take(qp);
		spin_unlock_irqrestore(&qp->sq.lock, flags);
		if (!w)
			break;
		w->status = (u8)try(qp, w);
		spin_lock_irqsave(&qp->sq.lock, flags);
		w->state = WEFTK_SWQE_DONE;
		found |= weftk_sq_reap(qp);
		spin_unlock_irqrestore(&qp->sq.lock, flags);
		if (found & WEFTK_REAPED_ERROR)
			break;
		left--;
	}
	spin_unlock(&qp->ud_lock);
	local_bh_enable();
	weftk_sq_settle(qp, found);
	if (!left)
		weftk_qp_later(qp);
}

/* ---- The GRH ------------------------------------------------------------------------- */

/* WEFT-VRB-032: the last 20 of the 40 bytes are an IPv4 header. */
static void grh4(const struct weftk_addr *from, u32 len, u8 *grh)
{
	struct iphdr *ip = (struct iphdr *)(grh + 20);

	*ip = (struct iphdr){
		.version = 4, .ihl = 5, .tos = from->tclass, .ttl = 64, .protocol = IPPROTO_UDP,
		.tot_len = htons((u16)(sizeof(*ip) + len)), .frag_off = htons(IP_DF),
		.saddr = from->remote.s6_addr32[3], .daddr = from->local.s6_addr32[3],
	};
	ip->check = ip_fast_csum(ip, ip->ihl);
}

/* WEFT-VRB-033 */
static void grh6(const struct weftk_addr *from, u32 len, u8 next, u8 *grh)
{
	struct ipv6hdr *ip = (struct ipv6hdr *)grh;

	ip->version = 6;
	ip->priority = from->tclass >> 4;
	ip->flow_lbl[0] = (u8)(from->tclass << 4);
	ip->payload_len = htons((u16)len);
	ip->nexthdr = next;
	ip->hop_limit = 64;
	ip->saddr = from->remote;
	ip->daddr = from->local;
}

/* WEFT-VRB-141: the GIDs that came along; else WEFT-VRB-034: those that the MACs make. */
static void grh_l2(const struct weftk_addr *from, u32 len, u8 *grh)
{
	struct weftk_addr a = *from;

	if (!ipv6_addr_any(&a.remote)) {
		grh6(&a, len, 0x1b, grh);
		return;
	}
	a.local.s6_addr32[0] = htonl(0xfe800000);
	a.remote.s6_addr32[0] = htonl(0xfe800000);
	addrconf_addr_eui48(&a.local.s6_addr[8], from->lmac);
	addrconf_addr_eui48(&a.remote.s6_addr[8], from->rmac);
	grh6(&a, len, 0x1b, grh);
}

static u8 make_grh(const struct weftk_addr *from, u32 len, u8 *grh)
{
	memset(grh, 0, WEFTK_GRH);
	switch (from->way) {
	case WEFTK_WAY_UDP4:
		grh4(from, len, grh);
		return RDMA_NETWORK_IPV4;
	case WEFTK_WAY_UDP6:
		grh6(from, len, IPPROTO_UDP, grh);
		return RDMA_NETWORK_IPV6;
	default:
		grh_l2(from, len, grh);
		return RDMA_NETWORK_ROCE_V1;
	}
}

/* ---- Receiving ----------------------------------------------------------------------- */

struct arrival {
	const struct weft_view *v;
	const struct sk_buff *skb;
	u32 off;
	u8 grh[WEFTK_GRH];
	u8 network;
};

static enum ib_wc_status place(struct weftk_qp *qp, const struct weftk_rwqe *w,
			       const struct arrival *a)
{
	enum weft_status st = weftk_rwqe_write(qp->dev, qp->pd, w, 0, a->grh, WEFTK_GRH);

	if (st == WEFT_STATUS_OK)
		st = weftk_rwqe_place(qp->dev, qp->pd, w, WEFTK_GRH, a->skb, a->off,
				      a->v->b.dgram.h.length);
	return st == WEFT_STATUS_OK ? IB_WC_SUCCESS : IB_WC_LOC_PROT_ERR;
}

/* The buffer's place is free already: who sees this may post at once. */
static bool complete_ud(struct weftk_qp *qp, u64 wr_id, const struct arrival *a,
			enum ib_wc_status st)
{
	const struct weft_hdr_dgram *h = &a->v->b.dgram.h;
	struct ib_wc wc = {
		.wr_id = wr_id,
		.status = st,
		.opcode = IB_WC_RECV,
		.byte_len = h->length + WEFTK_GRH,
		.qp = &qp->ib,
		.src_qp = h->src_qpn,
		.port_num = 1,
		.wc_flags = IB_WC_GRH | IB_WC_WITH_NETWORK_HDR_TYPE,
		.network_hdr_type = a->network,
	};

	if (h->flags & WEFT_OFLAGS_IMM) {
		wc.wc_flags |= IB_WC_WITH_IMM;
		wc.ex.imm_data = cpu_to_be32(a->v->b.dgram.imm.imm);
	}
	return weftk_cq_push(qp->recv_cq, &wc, h->flags & WEFT_OFLAGS_SE);
}

static struct weftk_rwqe *take_buffer(struct weftk_qp *qp)
{
	return qp->srq ? weftk_srq_take(qp->srq, false) : weftk_rq_get(&qp->rq, qp->rq.done);
}

static void buffer_done(struct weftk_qp *qp, struct weftk_rwqe *w, bool used)
{
	if (!qp->srq && used)
		weftk_rq_advance(&qp->rq);
	else if (qp->srq && used)
		weftk_srq_used(qp->srq, w);
	else if (qp->srq && w)
		weftk_srq_return(qp->srq, w);
}

/* rq.lock held; true in *due: the CQ's handler is due. */
static enum weft_drop receive_locked(struct weftk_qp *qp, const struct arrival *a, bool *due)
{
	struct weft_dgram_sink sink = { .qkey = qp->attr.qkey, .buffer = true, .room = U32_MAX };
	enum ib_wc_status st = IB_WC_SUCCESS;
	struct weftk_rwqe *w;
	enum weft_drop why;
	u64 wr_id = 0;

	if (qp->state < IB_QPS_RTR || qp->state == IB_QPS_ERR)
		return WEFT_DROP_NO_STREAM;
	why = weft_dgram_judge(a->v, &sink);
	if (why != WEFT_DROP_NONE)
		return why;
	w = take_buffer(qp);
	sink.buffer = w;
	sink.room = w && w->len > WEFTK_GRH ? w->len - WEFTK_GRH : 0;
	why = weft_dgram_judge(a->v, &sink);
	if (why == WEFT_DROP_NONE) {
		st = place(qp, w, a);
		wr_id = w->wr_id;
	}
	buffer_done(qp, w, why == WEFT_DROP_NONE);
	if (why == WEFT_DROP_NONE)
		*due = complete_ud(qp, wr_id, a, st);
	return why;
}

static enum weft_drop receive(struct weftk_qp *qp, const struct arrival *a)
{
	enum weft_drop why;
	unsigned long flags;
	bool due = false;

	spin_lock_irqsave(&qp->rq.lock, flags);
	why = receive_locked(qp, a, &due);
	spin_unlock_irqrestore(&qp->rq.lock, flags);
	weftk_count(qp->dev, why == WEFT_DROP_NONE ? WEFTK_COUNT_UD_RECEIVED :
		    WEFTK_COUNT_UD_NO_ROOM);
	if (due)
		weftk_cq_notify(qp->recv_cq);
	return why;
}

/* ---- Groups -------------------------------------------------------------------------- */

/*
 * Who sent it, and to which address: a group's too, which the host leaves out.  WEFT-VRB-144: IP
 * addresses are those of the packet.
 */
static struct weftk_addr both_ends(const struct weft_view *v, const struct sk_buff *skb,
				   const struct weftk_addr *from)
{
	struct weftk_addr a = *from;

	switch (from->way) {
	case WEFTK_WAY_UDP4:
		ipv6_addr_set_v4mapped(ip_hdr(skb)->daddr, &a.local);
		break;
	case WEFTK_WAY_UDP6:
		a.local = ipv6_hdr(skb)->daddr;
		break;
	case WEFTK_WAY_L2:
		ether_addr_copy(a.lmac, eth_hdr(skb)->h_dest);
		if (v->b.dgram.h.parts & WEFT_DGPARTS_GIDS) {
			memcpy(&a.local, v->b.dgram.gids.dst, sizeof(a.local));
			memcpy(&a.remote, v->b.dgram.gids.src, sizeof(a.remote));
		}
		break;
	default:
		break;
	}
	return a;
}

/* Was the packet sent to this group? */
static bool meant(const union ib_gid *gid, const struct weftk_addr *from)
{
	return !memcmp(gid, &from->local, sizeof(*gid));
}

/* WEFT-VRB-143: can it be that of one chip? */
static bool is_single(const struct in6_addr *gid)
{
	__be32 ip = gid->s6_addr32[3];

	if (ipv6_addr_v4mapped(gid))
		return !ipv4_is_multicast(ip) && !ipv4_is_lbcast(ip) && !ipv4_is_loopback(ip) &&
		       !ipv4_is_zeronet(ip);
	return !ipv6_addr_any(gid) && !ipv6_addr_loopback(gid) && !ipv6_addr_is_multicast(gid);
}

/* WEFT-VRB-142 */
static bool is_ours(struct weftk_ibdev *dev, const struct in6_addr *gid)
{
	const struct ib_gid_attr *attr;

	attr = rdma_find_gid_by_port(&dev->ib, (const union ib_gid *)gid, IB_GID_TYPE_ROCE, 1,
				     NULL);
	if (IS_ERR(attr))
		return false;
	rdma_put_gid_attr(attr);
	return true;
}

static bool gids_are_right(struct weftk_ibdev *dev, const struct weft_view *v,
			   const struct weftk_addr *ends)
{
	if (ends->way != WEFTK_WAY_L2 || !(v->b.dgram.h.parts & WEFT_DGPARTS_GIDS))
		return true;
	return is_single(&ends->remote) &&
	       (v->b.dgram.h.dst_qpn == WEFTK_QPN_MCAST || is_ours(dev, &ends->local));
}

/* Each member gets a copy. */
static enum weft_drop receive_group(struct weftk_ibdev *dev, const struct arrival *a,
				    const struct weftk_addr *from)
{
	enum weft_drop why = WEFT_DROP_NO_STREAM, now;
	struct weftk_member *m;

	spin_lock(&dev->groups_guard);
	list_for_each_entry(m, &dev->groups, list) {
		if (!meant(&m->gid, from))
			continue;
		now = receive(m->qp, a);
		if (why != WEFT_DROP_NONE)
			why = now;
	}
	spin_unlock(&dev->groups_guard);
	return why;
}

enum weft_drop weftk_ud_recv(struct weftk_dev *host, const struct weft_view *v,
			     const struct sk_buff *skb, u32 off, const struct weftk_addr *from)
{
	struct weftk_ibdev *dev = weftk_dev_priv(host);
	struct weftk_addr ends = both_ends(v, skb, from);
	struct arrival a = { .v = v, .skb = skb, .off = off };
	u32 qpn = v->b.dgram.h.dst_qpn;
	struct weftk_qp *qp;
	enum weft_drop why;

	if (!gids_are_right(dev, v, &ends))
		return WEFT_DROP_BAD_GID;
	a.network = make_grh(&ends, v->b.dgram.h.length, a.grh);
	if (qpn == WEFTK_QPN_MCAST)
		return receive_group(dev, &a, &ends);
	qp = weftk_qp_get(dev, qpn);
	if (!qp)
		return weft_dgram_judge(v, NULL);
	why = weftk_is_ud(qp) ? receive(qp, &a) : weft_dgram_judge(v, NULL);
	weftk_qp_put(qp);
	return why;
}

/* ---- Joining and leaving ---------------------------------------------------------------- */

static bool has_members(const struct weftk_ibdev *dev, const union ib_gid *gid)
{
	const struct weftk_member *m;

	list_for_each_entry(m, &dev->groups, list) {
		if (!memcmp(&m->gid, gid, sizeof(*gid)))
			return true;
	}
	return false;
}

int weftk_attach_mcast(struct ib_qp *ib, union ib_gid *gid, u16 lid)
{
	struct weftk_qp *qp = to_wqp(ib);
	struct weftk_ibdev *dev = qp->dev;
	struct weftk_member *m;
	int err = 0;

	if (!weftk_is_ud(qp))
		return -EINVAL;
	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return -ENOMEM;
	m->gid = *gid;
	m->qp = qp;
	mutex_lock(&dev->groups_lock);
	if (!has_members(dev, gid))
		err = weftk_mcast(dev->host, (const struct in6_addr *)gid, true);
	if (err) {
		kfree(m);
	} else {
		spin_lock_bh(&dev->groups_guard);
		list_add_tail(&m->list, &dev->groups);
		spin_unlock_bh(&dev->groups_guard);
	}
	mutex_unlock(&dev->groups_lock);
	return err;
}

/* gid NULL: all groups.  Returns whether there was one. */
static bool leave(struct weftk_qp *qp, const union ib_gid *gid)
{
	struct weftk_ibdev *dev = qp->dev;
	struct weftk_member *m, *t;
	bool found = false;

	mutex_lock(&dev->groups_lock);
	list_for_each_entry_safe(m, t, &dev->groups, list) {
		if (m->qp != qp || (gid && memcmp(&m->gid, gid, sizeof(*gid))))
			continue;
		spin_lock_bh(&dev->groups_guard);
		list_del(&m->list);
		spin_unlock_bh(&dev->groups_guard);
		found = true;
		if (!has_members(dev, &m->gid))
			weftk_mcast(dev->host, (const struct in6_addr *)&m->gid, false);
		kfree(m);
		if (gid)
			break;
	}
	mutex_unlock(&dev->groups_lock);
	return found;
}

int weftk_detach_mcast(struct ib_qp *ib, union ib_gid *gid, u16 lid)
{
	return leave(to_wqp(ib), gid) ? 0 : -EINVAL;
}

void weftk_leave_groups(struct weftk_qp *qp)
{
	leave(qp, NULL);
}
