// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The host half without verbs: a chip that says who it is and serves nobody.  Written to
 * /sys/module/weft/parameters/attach, a netdev's name makes one on it, "-NAME" ends it.
 */
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "kernel/inner.h"

struct chip {
	struct list_head list;
	struct weftk_dev *dev;
	struct work_struct gone;
};

static LIST_HEAD(chips);
static DEFINE_MUTEX(mutex);

static enum weft_drop dgram_recv(struct weftk_dev *dev, const struct weft_view *v,
				 const struct sk_buff *skb, u32 off,
				 const struct weftk_addr *from)
{
	return weft_dgram_judge(v, NULL);
}

static struct weftk_ep *ep_get(struct weftk_dev *dev, u32 qpn)
{
	return NULL;
}

static void ep_put(struct weftk_ep *ep)
{
}

static void end(struct chip *c)
{
	list_del(&c->list);
	weftk_dev_destroy(c->dev);
	kfree(c);
}

static void gone(struct work_struct *work)
{
	struct chip *c = container_of(work, struct chip, gone);

	mutex_lock(&mutex);
	end(c);
	mutex_unlock(&mutex);
}

static void port_event(struct weftk_dev *dev, enum weftk_port_event ev)
{
	struct chip *c = weftk_dev_priv(dev);

	if (ev == WEFTK_PORT_GONE)
		queue_work(weftk_wq, &c->gone);
}

static const struct weftk_verbs_ops ops = {
	.dgram_recv = dgram_recv, .ep_get = ep_get, .ep_put = ep_put, .port_event = port_event,
};

static int attach(struct net_device *netdev)
{
	struct chip *c = kzalloc(sizeof(*c), GFP_KERNEL);
	int err;

	if (!c)
		return -ENOMEM;
	INIT_WORK(&c->gone, gone);
	err = weftk_dev_create(netdev, &ops, c, &c->dev);
	if (err) {
		kfree(c);
		return err;
	}
	list_add(&c->list, &chips);
	weftk_dev_start(c->dev);
	return 0;
}

static int detach(struct net_device *netdev)
{
	struct chip *c;

	list_for_each_entry(c, &chips, list) {
		if (weftk_dev_netdev(c->dev) == netdev) {
			end(c);
			return 0;
		}
	}
	return -ENODEV;
}

static int set_attach(const char *text, const struct kernel_param *kp)
{
	struct net_device *netdev;
	char name[IFNAMSIZ + 2];
	int err;

	strscpy(name, text, sizeof(name));
	strim(name);
	netdev = dev_get_by_name(current->nsproxy->net_ns, name + (name[0] == '-'));
	if (!netdev)
		return -ENODEV;
	mutex_lock(&mutex);
	err = name[0] == '-' ? detach(netdev) : attach(netdev);
	mutex_unlock(&mutex);
	dev_put(netdev);
	return err;
}

static const struct kernel_param_ops attach_ops = { .set = set_attach };
module_param_cb(attach, &attach_ops, NULL, 0200);
MODULE_PARM_DESC(attach, "netdev to attach to, or -netdev to end that");

int weftk_verbs_init(void)
{
	return 0;
}

void weftk_verbs_exit(void)
{
	struct chip *c, *next;

	flush_workqueue(weftk_wq);
	mutex_lock(&mutex);
	list_for_each_entry_safe(c, next, &chips, list)
		end(c);
	mutex_unlock(&mutex);
}
