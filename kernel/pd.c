// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Small objects: contexts of processes, protection domains, address handles.  Decides which way an
 * address leads: the type of the local GID chooses the carriage.
 */
#include <linux/etherdevice.h>
#include <net/addrconf.h>
#include <rdma/ib_cache.h>

#include "kernel/atomics.h"

int weftk_alloc_ucontext(struct ib_ucontext *ib, struct ib_udata *udata)
{
	struct weft_abi_context_resp resp = {
		.version = WEFT_ABI_VERSION,
		.features = WEFT_ABI_HAS_WAKE_SEND | WEFT_ABI_HAS_WAKE_CQ | WEFT_ABI_HAS_ATOMIC,
		.atomics = weftk_atomics_of(weftk_dev_features()),	/* WEFT-VRB-145 */
	};

	/* Providers of the other kind have no room for an answer. */
	return ib_copy_to_udata(udata, &resp, min(sizeof(resp), udata->outlen));
}

void weftk_dealloc_ucontext(struct ib_ucontext *ib)
{
}

/* Mapped rings stay with their process; nothing of the device's is behind them. */
void weftk_disassociate_ucontext(struct ib_ucontext *ib)
{
}

int weftk_alloc_pd(struct ib_pd *ib, struct ib_udata *udata)
{
	int num = ida_alloc_min(&to_wdev(ib->device)->pds, 1, GFP_KERNEL);

	if (num < 0)
		return num;
	to_wpd(ib)->num = (u32)num;
	return 0;
}

int weftk_dealloc_pd(struct ib_pd *ib, struct ib_udata *udata)
{
	ida_free(&to_wdev(ib->device)->pds, to_wpd(ib)->num);
	return 0;
}

/* ---- Addresses -------------------------------------------------------------------- */

static int by_l2(struct weftk_ibdev *dev, const struct rdma_ah_attr *attr, struct weftk_addr *addr)
{
	const u8 *dmac = rdma_ah_retrieve_dmac((struct rdma_ah_attr *)attr);

	if (!dmac)
		return -EINVAL;
	addr->way = WEFTK_WAY_L2;
	ether_addr_copy(addr->lmac, dev->netdev->dev_addr);
	memcpy(addr->rmac, dmac, ETH_ALEN);
	return 0;
}

static int by_udp(const struct ib_global_route *grh, struct weftk_addr *addr)
{
	bool v4;

	memcpy(&addr->local, &grh->sgid_attr->gid, sizeof(addr->local));
	memcpy(&addr->remote, &grh->dgid, sizeof(addr->remote));
	v4 = ipv6_addr_v4mapped(&addr->local);
	if (v4 != ipv6_addr_v4mapped(&addr->remote))
		return -EINVAL;
	addr->way = v4 ? WEFTK_WAY_UDP4 : WEFTK_WAY_UDP6;
	return 0;
}

/* WEFT-VRB-001: the local GID's type is the carriage. */
int weftk_addr_of(struct weftk_ibdev *dev, const struct rdma_ah_attr *attr,
		  struct weftk_addr *addr, struct weftk_hop *hop)
{
	const struct ib_global_route *grh = rdma_ah_read_grh(attr);
	int err;

	memset(addr, 0, sizeof(*addr));
	memset(hop, 0, sizeof(*hop));
	if (!(rdma_ah_get_ah_flags(attr) & IB_AH_GRH) || !grh->sgid_attr)
		return -EINVAL;
	if (grh->sgid_attr->gid_type == IB_GID_TYPE_ROCE_UDP_ENCAP)
		err = by_udp(grh, addr);
	else
		err = by_l2(dev, attr, addr);
	addr->tclass = grh->traffic_class & 0xfc;
	hop->flow_label = grh->flow_label & 0xfffff;
	hop->ttl = grh->hop_limit;
	return err;
}

/* ---- Address handles --------------------------------------------------------------- */

/* The GID that a MAC address makes. */
static bool is_of_mac(const struct in6_addr *gid, const u8 *mac)
{
	struct in6_addr own = { .s6_addr = { 0xfe, 0x80 } };

	addrconf_addr_eui48(&own.s6_addr[8], mac);
	return ipv6_addr_equal(gid, &own);
}

/* WEFT-VRB-140: a frame tells no GIDs but those that its MAC addresses make. */
static void bring_gids(const struct rdma_ah_attr *attr, struct weftk_addr *addr)
{
	const struct ib_global_route *grh = rdma_ah_read_grh(attr);
	const struct in6_addr *local = (const struct in6_addr *)&grh->sgid_attr->gid;
	const struct in6_addr *remote = (const struct in6_addr *)&grh->dgid;

	if (addr->way != WEFTK_WAY_L2 ||
	    (is_of_mac(local, addr->lmac) && is_of_mac(remote, addr->rmac)))
		return;
	addr->local = *local;
	addr->remote = *remote;
}

static int number_av(struct weftk_ibdev *dev, struct weftk_ah *ah, struct weftk_av *av)
{
	unsigned long flags;
	int err;

	/* May be called where nothing may sleep, interrupts off. */
	xa_lock_irqsave(&dev->avs, flags);
	err = __xa_alloc_cyclic(&dev->avs, &ah->num, av, XA_LIMIT(1, 0xffffff), &dev->next_av,
				GFP_ATOMIC);
	xa_unlock_irqrestore(&dev->avs, flags);
	return err < 0 ? err : 0;
}

int weftk_create_ah(struct ib_ah *ib, struct rdma_ah_init_attr *init, struct ib_udata *udata)
{
	struct weftk_ibdev *dev = to_wdev(ib->device);
	struct weft_abi_ah_resp resp = { 0 };
	struct weftk_ah *ah = to_wah(ib);
	struct weftk_av *av;
	int err;

	if (udata && udata->outlen < sizeof(resp))
		return -EOPNOTSUPP;	/* a provider that cannot name address handles */
	av = kzalloc(sizeof(*av), init->flags & RDMA_CREATE_AH_SLEEPABLE ? GFP_KERNEL : GFP_ATOMIC);
	if (!av)
		return -ENOMEM;
	err = weftk_addr_of(dev, init->ah_attr, &av->addr, &av->hop);
	if (err)
		goto free;
	bring_gids(init->ah_attr, &av->addr);
	av->pd = to_wpd(ib->pd)->num;
	err = number_av(dev, ah, av);
	if (err)
		goto free;
	ah->av = av;
	resp.number = ah->num;
	if (udata && ib_copy_to_udata(udata, &resp, sizeof(resp))) {
		weftk_destroy_ah(ib, RDMA_DESTROY_AH_SLEEPABLE);
		return -EFAULT;
	}
	return 0;
free:
	kfree(av);
	return err;
}

int weftk_destroy_ah(struct ib_ah *ib, u32 flags)
{
	struct weftk_ibdev *dev = to_wdev(ib->device);
	struct weftk_ah *ah = to_wah(ib);
	unsigned long irq;

	xa_lock_irqsave(&dev->avs, irq);
	__xa_erase(&dev->avs, ah->num);
	xa_unlock_irqrestore(&dev->avs, irq);
	kfree_rcu(ah->av, rcu);
	return 0;
}
