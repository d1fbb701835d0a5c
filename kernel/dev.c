// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The ib_device: made by `rdma link add NAME type weft netdev DEV`, gone with its netdev or by
 * `rdma link delete`.  Decides its life and what verbs it offers.
 */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <net/addrconf.h>
#include <rdma/ib_addr.h>
#include <rdma/rdma_netlink.h>
#include <rdma/uverbs_ioctl.h>

#include "kernel/verbs.h"

#define RXE_ABI 2	/* of rdma_user_rxe.h */

/* ---- Whom processes take devices for ------------------------------------------------- */

static bool own_abi;		/* of devices made from now on */

static int set_abi(const char *value, const struct kernel_param *kp)
{
	if (sysfs_streq(value, "rxe"))
		WRITE_ONCE(own_abi, false);
	else if (sysfs_streq(value, "weft"))
		WRITE_ONCE(own_abi, true);
	else
		return -EINVAL;
	return 0;
}

static int get_abi(char *value, const struct kernel_param *kp)
{
	return sysfs_emit(value, "%s\n", READ_ONCE(own_abi) ? "weft" : "rxe");
}

static const struct kernel_param_ops abi_ops = { .set = set_abi, .get = get_abi };
module_param_cb(user_abi, &abi_ops, NULL, 0644);
__MODULE_PARM_TYPE(user_abi, "charp");
MODULE_PARM_DESC(user_abi, "What processes take devices made from now on for: rxe (default), which "
		 "any rdma-core drives, or weft, which needs libweft-rdmav34.so and fewer calls");

/* Whose devices wait for the module's end: no driver has this number. */
#define LEAVING ((enum rdma_driver_id)0x4c454654)

/* Devices whose dealloc_driver() has not begun; for unloading. */
static LIST_HEAD(devices);
static DEFINE_MUTEX(devices_lock);

/* ---- Events ------------------------------------------------------------------------ */

void weftk_dispatch(struct weftk_ibdev *dev, enum ib_event_type type)
{
	struct ib_event ev = { .device = &dev->ib, .element.port_num = 1, .event = type };

	ib_dispatch_event(&ev);
}

void weftk_port_event(struct weftk_dev *host, enum weftk_port_event ev)
{
	struct weftk_ibdev *dev = weftk_dev_priv(host);

	if (!ib_device_try_get(&dev->ib))
		return;
	switch (ev) {
	case WEFTK_PORT_UP:
		weftk_dispatch(dev, IB_EVENT_PORT_ACTIVE);
		break;
	case WEFTK_PORT_DOWN:
		weftk_dispatch(dev, IB_EVENT_PORT_ERR);
		break;
	case WEFTK_PORT_MTU:
		weftk_dispatch(dev, IB_EVENT_CLIENT_REREGISTER);
		break;
	case WEFTK_PORT_ADDR:	/* ib_core itself keeps the GIDs */
		break;
	case WEFTK_PORT_GONE:
		ib_unregister_device_queued(&dev->ib);
		break;
	}
	ib_device_put(&dev->ib);
}

/* ---- The verbs --------------------------------------------------------------------- */

static struct net_device *get_netdev(struct ib_device *ib, u32 port)
{
	struct net_device *netdev = to_wdev(ib)->netdev;

	dev_hold(netdev);
	return netdev;
}

static ssize_t parent_show(struct device *device, struct device_attribute *attr, char *buf)
{
	struct weftk_ibdev *dev = rdma_device_to_drv_device(device, struct weftk_ibdev, ib);

	return sysfs_emit(buf, "%s\n", netdev_name(dev->netdev));
}
static DEVICE_ATTR_RO(parent);

static struct attribute *attributes[] = { &dev_attr_parent.attr, NULL };
static const struct attribute_group attribute_group = { .attrs = attributes };

/* Packets come from now on. */
static int enable_driver(struct ib_device *ib)
{
	weftk_dev_start(to_wdev(ib)->host);
	return 0;
}

/* The last call on a device: nobody uses it any more. */
static void dealloc_driver(struct ib_device *ib)
{
	struct weftk_ibdev *dev = to_wdev(ib);

	mutex_lock(&devices_lock);
	list_del(&dev->list);
	dev->ib.ops.driver_id = LEAVING;	/* unloading waits until this call is over */
	mutex_unlock(&devices_lock);
	if (dev->host)
		weftk_dev_destroy(dev->host);
	if (dev->netdev)
		dev_put(dev->netdev);
	xa_destroy(&dev->keys);
	xa_destroy(&dev->qps);
	xa_destroy(&dev->avs);
	ida_destroy(&dev->pds);
}

static const struct ib_device_ops ops = {
	.owner = THIS_MODULE,
	.alloc_hw_port_stats = weftk_alloc_stats,
	.alloc_mr = weftk_alloc_mr,
	.alloc_mw = weftk_alloc_mw,
	.alloc_pd = weftk_alloc_pd,
	.alloc_ucontext = weftk_alloc_ucontext,
	.attach_mcast = weftk_attach_mcast,
	.create_ah = weftk_create_ah,
	.create_cq = weftk_create_cq,
	.create_qp = weftk_create_qp,
	.create_srq = weftk_create_srq,
	.create_user_ah = weftk_create_ah,
	.dealloc_driver = dealloc_driver,
	.dealloc_mw = weftk_dealloc_mw,
	.dealloc_pd = weftk_dealloc_pd,
	.dealloc_ucontext = weftk_dealloc_ucontext,
	.dereg_mr = weftk_dereg_mr,
	.destroy_ah = weftk_destroy_ah,
	.destroy_cq = weftk_destroy_cq,
	.destroy_qp = weftk_destroy_qp,
	.destroy_srq = weftk_destroy_srq,
	.detach_mcast = weftk_detach_mcast,
	.device_group = &attribute_group,
	.disassociate_ucontext = weftk_disassociate_ucontext,
	.enable_driver = enable_driver,
	.get_dma_mr = weftk_get_dma_mr,
	.get_hw_stats = weftk_get_stats,
	.get_link_layer = weftk_link_layer,
	.get_netdev = get_netdev,
	.get_port_immutable = weftk_port_immutable,
	.map_mr_sg = weftk_map_mr_sg,
	.mmap = weftk_mmap,
	.mmap_free = weftk_mmap_free,
	.modify_device = weftk_modify_device,
	.modify_port = weftk_modify_port,
	.modify_qp = weftk_modify_qp,
	.modify_srq = weftk_modify_srq,
	.peek_cq = weftk_peek_cq,
	.poll_cq = weftk_poll_cq,
	.post_recv = weftk_post_recv,
	.post_send = weftk_post_send,
	.post_srq_recv = weftk_post_srq_recv,
	.query_device = weftk_query_device,
	.query_pkey = weftk_query_pkey,
	.query_port = weftk_query_port,
	.query_qp = weftk_query_qp,
	.query_srq = weftk_query_srq,
	.reg_user_mr = weftk_reg_user_mr,
	.reg_user_mr_dmabuf = weftk_reg_user_mr_dmabuf,
	.req_notify_cq = weftk_req_notify_cq,
	.rereg_user_mr = weftk_rereg_user_mr,
	.resize_cq = weftk_resize_cq,
	INIT_RDMA_OBJ_SIZE(ib_ah, weftk_ah, ib),
	INIT_RDMA_OBJ_SIZE(ib_cq, weftk_cq, ib),
	INIT_RDMA_OBJ_SIZE(ib_mw, weftk_mw, ib),
	INIT_RDMA_OBJ_SIZE(ib_pd, weftk_pd, ib),
	INIT_RDMA_OBJ_SIZE(ib_qp, weftk_qp, ib),
	INIT_RDMA_OBJ_SIZE(ib_srq, weftk_srq, ib),
	INIT_RDMA_OBJ_SIZE(ib_ucontext, weftk_ucontext, ib),
};

/* ---- Its life ------------------------------------------------------------------------ */

static void init_ib(struct weftk_ibdev *dev)
{
	struct ib_device *ib = &dev->ib;
	struct net_device *netdev = dev->netdev;

	strscpy(ib->node_desc, "weft", sizeof(ib->node_desc));
	ib->node_type = RDMA_NODE_IB_CA;
	ib->phys_port_cnt = 1;
	ib->num_comp_vectors = (int)num_possible_cpus();
	ib->local_dma_lkey = 0;
	ib->dev.parent = netdev->dev.parent;
	addrconf_addr_eui48((u8 *)&ib->node_guid, netdev->dev_addr);
	ib->uverbs_cmd_mask |= BIT_ULL(IB_USER_VERBS_CMD_POST_SEND) |
			       BIT_ULL(IB_USER_VERBS_CMD_REQ_NOTIFY_CQ);
	ib_set_device_ops(ib, &ops);
	/* Stock libraries have a provider of this number; the layout of the rings is the same. */
	ib->ops.driver_id = RDMA_DRIVER_RXE;
	ib->ops.uverbs_abi_ver = RXE_ABI;
	if (READ_ONCE(own_abi)) {
		ib->ops.driver_id = (enum rdma_driver_id)WEFT_ABI_DRIVER_ID;
		ib->ops.uverbs_abi_ver = WEFT_ABI_VERSION;
	}
}

static struct lock_class_key keys_class, qps_class, avs_class;

static void init_tables(struct weftk_ibdev *dev)
{
	xa_init_flags(&dev->keys, XA_FLAGS_ALLOC);
	xa_init_flags(&dev->qps, XA_FLAGS_ALLOC | XA_FLAGS_LOCK_BH);
	xa_init_flags(&dev->avs, XA_FLAGS_ALLOC | XA_FLAGS_LOCK_IRQ);
	/* Each is taken where the others may not be. */
	lockdep_set_class(&dev->keys.xa_lock, &keys_class);
	lockdep_set_class(&dev->qps.xa_lock, &qps_class);
	lockdep_set_class(&dev->avs.xa_lock, &avs_class);
	ida_init(&dev->pds);
	mutex_init(&dev->groups_lock);
	spin_lock_init(&dev->groups_guard);
	INIT_LIST_HEAD(&dev->groups);
}

static int newlink(const char *name, struct net_device *netdev)
{
	struct weftk_ibdev *dev = ib_alloc_device(weftk_ibdev, ib);
	int err;

	if (!dev)
		return -ENOMEM;
	dev->netdev = netdev;
	dev_hold(netdev);
	init_tables(dev);
	init_ib(dev);
	mutex_lock(&devices_lock);
	list_add(&dev->list, &devices);
	mutex_unlock(&devices_lock);
	err = weftk_dev_create(netdev, &weftk_verbs_ops, dev, &dev->host);
	if (err)
		goto dealloc;
	weftk_attr_init(dev);
	weftk_flights_open(dev->host, name);
	/* Once registered it may be gone again at any moment. */
	err = ib_register_device(&dev->ib, name, NULL);
	if (err)
		goto dealloc;
	return 0;
dealloc:
	ib_dealloc_device(&dev->ib);	/* calls dealloc_driver() */
	return err;
}

static struct rdma_link_ops link_ops = { .type = "weft", .newlink = newlink };
MODULE_ALIAS_RDMA_LINK("weft");

int weftk_verbs_init(void)
{
	int err = weftk_stats_init();

	if (err)
		return err;
	rdma_link_register(&link_ops);
	return 0;
}

/* Only our own devices go: rdma_rxe's have the same number of a driver. */
void weftk_verbs_exit(void)
{
	struct weftk_ibdev *dev;

	rdma_link_unregister(&link_ops);
	mutex_lock(&devices_lock);
	list_for_each_entry(dev, &devices, list)
		dev->ib.ops.driver_id = LEAVING;
	mutex_unlock(&devices_lock);
	ib_unregister_driver(LEAVING);
	weftk_stats_exit();
}
