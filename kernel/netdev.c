// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which devices there are in a network namespace, whose an arriving packet is, and what happens to
 * netdevs.  What a device does is device.c's.
 */
#include <linux/if_vlan.h>
#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/netns/generic.h>

#include "kernel/inner.h"
#include "kernel/netdev.h"

static unsigned int net_id;
static DEFINE_MUTEX(devs_mutex);	/* changes of all lists; they are read under RCU */

struct net_devs {
	struct list_head devs;
};

static struct net_devs *of_net(struct net *net)
{
	return net_generic(net, net_id);
}

/* ---- Whose is it? ------------------------------------------------------------------- */

static struct weftk_dev *on_netdev(struct net *net, const struct net_device *netdev)
{
	struct weftk_dev *dev;

	list_for_each_entry_rcu(dev, &of_net(net)->devs, of_net)
		if (dev->netdev == netdev)
			return dev;
	return NULL;
}

static bool has_address(struct net *net, struct weftk_dev *dev, const struct in6_addr *addr)
{
	if (ipv6_addr_v4mapped(addr))
		return __ip_dev_find(net, addr->s6_addr32[3], false) == dev->netdev;
	return ipv6_chk_addr(net, addr, dev->netdev, 0);
}

/* By where it came in; what came by another way (loopback) is for whoever has the address. */
struct weftk_dev *weftk_dev_by(struct net *net, struct net_device *in,
			       const struct in6_addr *daddr)
{
	struct weftk_dev *dev = on_netdev(net, in);

	if (!dev && is_vlan_dev(in))
		dev = on_netdev(net, vlan_dev_real_dev(in));
	if (dev)
		return dev;
	list_for_each_entry_rcu(dev, &of_net(net)->devs, of_net)
		if (has_address(net, dev, daddr))
			return dev;
	return NULL;
}

bool weftk_dev_takes(struct net *net, const struct net_device *in, const struct in6_addr *daddr)
{
	if (!on_netdev(net, in))
		return false;
	return ipv6_addr_v4mapped(daddr) ? __ip_dev_find(net, daddr->s6_addr32[3], false) != NULL :
					   ipv6_chk_addr(net, daddr, NULL, 0);
}

/* ---- The list ----------------------------------------------------------------------- */

int weftk_dev_list(struct weftk_dev *dev)
{
	struct net *net = dev_net(dev->netdev);
	int err = 0;

	mutex_lock(&devs_mutex);
	rcu_read_lock();
	if (on_netdev(net, dev->netdev))
		err = -EEXIST;
	rcu_read_unlock();
	if (!err)
		list_add_tail_rcu(&dev->of_net, &of_net(net)->devs);
	mutex_unlock(&devs_mutex);
	return err;
}

void weftk_dev_unlist(struct weftk_dev *dev)
{
	mutex_lock(&devs_mutex);
	if (!list_empty(&dev->of_net)) {
		list_del_rcu(&dev->of_net);
		synchronize_rcu();
		INIT_LIST_HEAD(&dev->of_net);
	}
	mutex_unlock(&devs_mutex);
}

/* ---- Events ------------------------------------------------------------------------- */

static bool port_event(unsigned long event, enum weftk_port_event *ev)
{
	switch (event) {
	case NETDEV_UP:
		*ev = WEFTK_PORT_UP;
		return true;
	case NETDEV_CHANGE:		/* carrier: up if it runs */
		*ev = WEFTK_PORT_UP;
		return true;
	case NETDEV_DOWN:
		*ev = WEFTK_PORT_DOWN;
		return true;
	case NETDEV_CHANGEMTU:
		*ev = WEFTK_PORT_MTU;
		return true;
	case NETDEV_CHANGEADDR:
		*ev = WEFTK_PORT_ADDR;
		return true;
	case NETDEV_UNREGISTER:
		*ev = WEFTK_PORT_GONE;
		return true;
	default:
		return false;
	}
}

static int netdev_event(struct notifier_block *nb, unsigned long event, void *arg)
{
	struct net_device *netdev = netdev_notifier_info_to_dev(arg);
	enum weftk_port_event ev;
	struct weftk_dev *dev;

	if (!port_event(event, &ev))
		return NOTIFY_DONE;
	if (event == NETDEV_CHANGE && !(netif_running(netdev) && netif_carrier_ok(netdev)))
		ev = WEFTK_PORT_DOWN;
	mutex_lock(&devs_mutex);
	rcu_read_lock();
	dev = on_netdev(dev_net(netdev), netdev);
	rcu_read_unlock();
	if (dev)		/* stays while the mutex is held */
		weftk_dev_event(dev, ev);
	mutex_unlock(&devs_mutex);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = netdev_event };

/* ---- Namespaces --------------------------------------------------------------------- */

static int __net_init net_init(struct net *net)
{
	INIT_LIST_HEAD(&of_net(net)->devs);
	return 0;
}

static void __net_exit net_exit(struct net *net)
{
	weftk_sockets_wait(net);	/* and so for our devices */
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.exit = net_exit,
	.id = &net_id,
	.size = sizeof(struct net_devs),
};

int weftk_netdev_init(void)
{
	int err = register_pernet_subsys(&net_ops);

	if (err)
		return err;
	err = register_netdevice_notifier(&notifier);
	if (err)
		unregister_pernet_subsys(&net_ops);
	return err;
}

void weftk_netdev_exit(void)
{
	unregister_netdevice_notifier(&notifier);
	unregister_pernet_subsys(&net_ops);
}
