// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the device says of itself and of its port.
 */
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <net/addrconf.h>
#include <rdma/ib_addr.h>
#include <rdma/ib_mad.h>

#include "kernel/verbs.h"

#define FW_VERSION (1ull << 32)	/* 1.0.0 */

void weftk_attr_init(struct weftk_ibdev *dev)
{
	dev->attr = (struct ib_device_attr){
		.fw_ver = FW_VERSION,
		.max_mr_size = U64_MAX,
		.page_size_cap = 0xfffff000,
		.vendor_id = 0xffffff,
		.max_qp = 0x10000,
		.max_qp_wr = WEFTK_MAX_WR,
		.device_cap_flags = IB_DEVICE_PORT_ACTIVE_EVENT | IB_DEVICE_SYS_IMAGE_GUID |
				    IB_DEVICE_RC_RNR_NAK_GEN | IB_DEVICE_SRQ_RESIZE |
				    IB_DEVICE_MEM_MGT_EXTENSIONS | IB_DEVICE_MEM_WINDOW |
				    IB_DEVICE_MEM_WINDOW_TYPE_2B | IB_DEVICE_FLUSH_GLOBAL |
				    IB_DEVICE_ATOMIC_WRITE,
		.kernel_cap_flags = IBK_ALLOW_USER_UNREG,
		.max_send_sge = WEFTK_MAX_SGE,
		.max_recv_sge = WEFTK_MAX_SGE,
		.max_sge_rd = WEFTK_MAX_SGE,
		.max_cq = 0x10000,
		.max_cqe = WEFTK_MAX_CQE,
		.max_mr = 0x100000,
		.max_pd = 0x10000,
		.max_qp_rd_atom = WEFTK_MAX_RD_ATOMIC,
		.max_res_rd_atom = WEFTK_MAX_RD_ATOMIC * 0x1000,
		.max_qp_init_rd_atom = WEFTK_MAX_RD_ATOMIC,
		.atomic_cap = IB_ATOMIC_GLOB,
		.masked_atomic_cap = IB_ATOMIC_NONE,
		.max_mw = 0x100000,
		.max_mcast_grp = 0x2000,
		.max_mcast_qp_attach = 0x100,
		.max_total_mcast_qp_attach = 0x10000,
		.max_ah = 0x10000,
		.max_srq = 0x10000,
		.max_srq_wr = WEFTK_MAX_WR,
		.max_srq_sge = WEFTK_MAX_SRQ_SGE,
		.max_fast_reg_page_list_len = WEFTK_MAX_FAST_PAGES,
		.max_pkeys = 1,
		.local_ca_ack_delay = 15,
	};
	addrconf_addr_eui48((u8 *)&dev->attr.sys_image_guid, dev->netdev->dev_addr);
}

int weftk_query_device(struct ib_device *ib, struct ib_device_attr *attr, struct ib_udata *udata)
{
	if (udata->inlen || udata->outlen)
		return -EINVAL;
	*attr = to_wdev(ib)->attr;
	return 0;
}

/* The largest that fits an Ethernet frame with our headers around it: it bounds UD only. */
static enum ib_mtu mtu_of(const struct weftk_ibdev *dev)
{
	u32 most = dev->host ? weftk_dgram_max(dev->host) : 0;
	enum ib_mtu mtu;

	for (mtu = IB_MTU_4096; mtu > IB_MTU_256; mtu--) {
		if ((u32)ib_mtu_enum_to_int(mtu) <= most)
			break;
	}
	return mtu;
}

int weftk_query_port(struct ib_device *ib, u32 port, struct ib_port_attr *attr)
{
	struct weftk_ibdev *dev = to_wdev(ib);
	struct net_device *netdev = dev->netdev;
	bool up = netif_running(netdev) && netif_carrier_ok(netdev);

	attr->gid_tbl_len = WEFTK_GIDS;
	attr->pkey_tbl_len = 1;
	attr->port_cap_flags = IB_PORT_CM_SUP;
	attr->ip_gids = true;
	attr->max_msg_sz = WEFTK_MAX_MSG;
	attr->max_mtu = IB_MTU_4096;
	attr->active_mtu = mtu_of(dev);
	attr->max_vl_num = 1;
	attr->state = up ? IB_PORT_ACTIVE : IB_PORT_DOWN;
	attr->phys_state = up ? IB_PORT_PHYS_STATE_LINK_UP :
			   netif_running(netdev) ? IB_PORT_PHYS_STATE_POLLING :
			   IB_PORT_PHYS_STATE_DISABLED;
	return ib_get_eth_speed(ib, port, &attr->active_speed, &attr->active_width);
}

/* WEFT-VRB-001: both types of GID; ib_core keeps them by the netdev's addresses. */
int weftk_port_immutable(struct ib_device *ib, u32 port, struct ib_port_immutable *im)
{
	im->core_cap_flags = RDMA_CORE_PORT_IBA_ROCE | RDMA_CORE_PORT_IBA_ROCE_UDP_ENCAP;
	im->gid_tbl_len = WEFTK_GIDS;
	im->pkey_tbl_len = 1;
	im->max_mad_size = IB_MGMT_MAD_SIZE;
	return 0;
}

int weftk_query_pkey(struct ib_device *ib, u32 port, u16 index, u16 *pkey)
{
	if (index)
		return -EINVAL;
	*pkey = IB_DEFAULT_PKEY_FULL;
	return 0;
}

int weftk_modify_device(struct ib_device *ib, int mask, struct ib_device_modify *attr)
{
	if (mask & ~(IB_DEVICE_MODIFY_SYS_IMAGE_GUID | IB_DEVICE_MODIFY_NODE_DESC))
		return -EOPNOTSUPP;
	if (mask & IB_DEVICE_MODIFY_SYS_IMAGE_GUID)
		to_wdev(ib)->attr.sys_image_guid = cpu_to_be64(attr->sys_image_guid);
	if (mask & IB_DEVICE_MODIFY_NODE_DESC)
		memcpy(ib->node_desc, attr->node_desc, sizeof(ib->node_desc));
	return 0;
}

int weftk_modify_port(struct ib_device *ib, u32 port, int mask, struct ib_port_modify *attr)
{
	return mask & ~IB_PORT_RESET_QKEY_CNTR ? -EOPNOTSUPP : 0;
}

enum rdma_link_layer weftk_link_layer(struct ib_device *ib, u32 port)
{
	return IB_LINK_LAYER_ETHERNET;
}
