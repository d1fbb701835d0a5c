// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A device: the netdev it is on, its shards and tables, its start and its end.
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "kernel/inner.h"
#include "kernel/netdev.h"

#define WINDOW		1024u		/* packets */
#define PATHS		1u
#define REST_NS		(30ull * NSEC_PER_SEC)	/* until the number of a context is used again */
#define ANSWERS_PER_S	10000u
#define ANSWERS_BURST	256u

/* ---- Who we are --------------------------------------------------------------------- */

static u64 eui64(const u8 *mac)
{
	return (u64)mac[0] << 56 | (u64)mac[1] << 48 | (u64)mac[2] << 40 | 0xfffeull << 24 |
	       (u64)mac[3] << 16 | (u64)mac[4] << 8 | mac[5];
}

static u64 chip_id(const struct net_device *netdev)
{
	if (netdev->type == ARPHRD_ETHER && netdev->addr_len == ETH_ALEN &&
	    is_valid_ether_addr(netdev->dev_addr))
		return eui64(netdev->dev_addr);
	/* Locally administered, not a group. */
	return (get_random_u64() & ~(3ull << 56)) | 2ull << 56 | 1;
}

/*
 * Many contexts of this host are waiting for a scheduler: timeouts in vain cost more than late
 * ones, as selective acknowledgements find most losses without one.  A delay of milliseconds is a
 * processor's that was elsewhere, not a network's; marks and losses tell of that one.  So the least
 * window is what lasts for such a wait, and the target is beyond what our own packets wait for a
 * slow processor (with 2 ms half of the bandwidth of emulated ones was given away at MTU 1500).
 */
static int make_profile(struct weftk_dev *dev, enum weft_mode mode)
{
	struct weft_profile *f = &dev->profiles[mode == WEFT_MODE_ROD];

	*f = (struct weft_profile){
		.chip_id = dev->chip_id,
		.incarnation = weftk_incarnation,
		.window = WINDOW,
		.max_payload = WEFTK_MAX_PAYLOAD,
		.max_streams = WEFTK_STREAMS,
		.max_paths = PATHS,
		.holds = WEFTK_HOLDS,
		.retry_limit = 12,
		.path_law = WEFT_PATHS_OBLIVIOUS,
		.cc = WEFT_CC_SWIFT,
		.pace_burst = 64,
		.cc_init_pkts = 64,
		.cc_min_pkts = 64,
		.cc_target_ns = 8 * NSEC_PER_MSEC,
		.min_rto_ns = mode == WEFT_MODE_ROD ? 2 * NSEC_PER_MSEC : 10 * NSEC_PER_MSEC,
		.max_rto_ns = 250 * NSEC_PER_MSEC,
		.keepalive_ns = 2ull * NSEC_PER_SEC,
		.idle_ns = 10ull * NSEC_PER_SEC,
	};
	return weft_profile_prepare(f) == WEFT_OK ? 0 : -EINVAL;
}

/* A bucket that fills with time: answers to packets of no context. */
bool weftk_may_answer(struct weftk_dev *dev, u64 now)
{
	const u64 unit = 1u << 20, full = (u64)ANSWERS_BURST << 20;
	struct weftk_cpu *cpu;
	bool may;
	u64 ns;

	spin_lock_bh(&dev->answer_lock);
	ns = min_t(u64, now - dev->answer_at, NSEC_PER_SEC);
	dev->answer_at = now;
	dev->answer_credit = min(full, dev->answer_credit +
				 ns * ANSWERS_PER_S / (NSEC_PER_SEC / unit));
	may = dev->answer_credit >= unit;
	dev->answer_credit -= may ? unit : 0;
	cpu = this_cpu_ptr(dev->cpu);
	cpu->tx_alone_limited += !may;
	spin_unlock_bh(&dev->answer_lock);
	return may;
}

/* ---- Making ------------------------------------------------------------------------- */

static int make_ids(struct weftk_dev *dev)
{
	struct weft_idslot *slots = kvcalloc(WEFTK_CONTEXTS, sizeof(*slots), GFP_KERNEL);
	u32 *free = kvcalloc(WEFTK_CONTEXTS, sizeof(*free), GFP_KERNEL);

	if (!slots || !free) {
		kvfree(slots);
		kvfree(free);
		return -ENOMEM;
	}
	weft_ids_init(&dev->ids, slots, free, WEFTK_CONTEXTS, 4, REST_NS, get_random_u64());
	return 0;
}

static void free_shards(struct weftk_dev *dev)
{
	u32 i;

	for (i = 0; i < dev->n_shards; i++) {
		weftk_shard_fini(dev->shards[i]);
		kvfree(dev->shards[i]);
	}
}

static int make_shards(struct weftk_dev *dev)
{
	u32 n = roundup_pow_of_two(min(num_online_cpus(), WEFTK_SHARDS_MAX));

	for (dev->n_shards = 0; dev->n_shards < n; dev->n_shards++) {
		struct weftk_shard *sh = kvzalloc(sizeof(*sh), GFP_KERNEL);

		if (!sh) {
			free_shards(dev);
			return -ENOMEM;
		}
		dev->shards[dev->n_shards] = sh;
		weftk_shard_init(sh, dev, dev->n_shards);
	}
	return 0;
}

static void init_plain(struct weftk_dev *dev)
{
	u32 i;

	INIT_LIST_HEAD(&dev->of_net);
	INIT_LIST_HEAD(&dev->spare);
	INIT_LIST_HEAD(&dev->dead);
	spin_lock_init(&dev->ids_lock);
	spin_lock_init(&dev->remotes_lock);
	spin_lock_init(&dev->spare_lock);
	spin_lock_init(&dev->ask_lock);
	spin_lock_init(&dev->answer_lock);
	for (i = 0; i < ARRAY_SIZE(dev->remotes); i++)
		INIT_HLIST_HEAD(&dev->remotes[i]);
	for (i = 0; i < ARRAY_SIZE(dev->asks); i++)
		INIT_HLIST_HEAD(&dev->asks[i]);
	INIT_WORK(&dev->refill, weftk_refill);
	INIT_DELAYED_WORK(&dev->ask_work, weftk_ask_work);
	get_random_bytes(dev->secret, sizeof(dev->secret));
	dev->next_transaction = get_random_u32();
	dev->answer_credit = (u64)ANSWERS_BURST << 20;
	dev->answer_at = ktime_get_ns();
}

static int make_parts(struct weftk_dev *dev)
{
	int err = make_ids(dev);

	if (err)
		return err;
	dev->cpu = alloc_percpu(struct weftk_cpu);
	if (!dev->cpu) {
		err = -ENOMEM;
		goto free_ids;
	}
	err = weftk_flights_make(dev);
	if (err)
		goto free_cpu;
	err = weftk_bells_init(dev);
	if (err)
		goto free_flights;
	err = make_shards(dev);
	if (err)
		goto free_bells;
	dev->socks = weftk_sockets_get(dev_net(dev->netdev));
	if (IS_ERR(dev->socks)) {
		err = PTR_ERR(dev->socks);
		goto free_shards;
	}
	dev->socks_v6 = weftk_sockets_v6(dev->socks);
	return 0;

free_shards:
	free_shards(dev);
free_bells:
	weftk_bells_fini(dev);
free_flights:
	weftk_flights_free(dev);
free_cpu:
	free_percpu(dev->cpu);
free_ids:
	kvfree(dev->ids.slots);
	kvfree(dev->ids.free);
	return err;
}

static void free_parts(struct weftk_dev *dev)
{
	weftk_sockets_put(dev->socks);
	weftk_asks_fini(dev);
	weftk_bells_fini(dev);
	free_shards(dev);
	weftk_ctx_spares_free(dev);
	weftk_flights_free(dev);
	free_percpu(dev->cpu);
	kvfree(dev->ids.slots);
	kvfree(dev->ids.free);
}

int weftk_dev_create(struct net_device *netdev, const struct weftk_verbs_ops *ops, void *priv,
		     struct weftk_dev **out)
{
	struct weftk_dev *dev = kvzalloc(sizeof(*dev), GFP_KERNEL);
	int err;

	if (!dev)
		return -ENOMEM;
	dev->netdev = netdev;
	dev->ops = ops;
	dev->priv = priv;
	dev->chip_id = chip_id(netdev);
	init_plain(dev);
	err = make_profile(dev, WEFT_MODE_RUD);
	if (!err)
		err = make_profile(dev, WEFT_MODE_ROD);
	if (!err)
		err = make_parts(dev);
	if (err)
		goto free_dev;
	weftk_hello_self(dev);
	weftk_refill(&dev->refill);
	err = weftk_dev_list(dev);
	if (err)
		goto free_parts;
	netdev_hold(netdev, &dev->tracker, GFP_KERNEL);
	*out = dev;
	return 0;

free_parts:
	free_parts(dev);
free_dev:
	kvfree(dev);
	return err;
}

/* ---- Start and end ------------------------------------------------------------------ */

void weftk_dev_start(struct weftk_dev *dev)
{
	if (dev->started)	/* it has moved to another network namespace */
		return;
	WRITE_ONCE(dev->started, true);
	weftk_l2_start(dev);
}

/* Nothing arrives; then every context ends, and with it what it was doing. */
void weftk_dev_stop(struct weftk_dev *dev)
{
	u32 i;

	weftk_dev_unlist(dev);
	if (dev->stopped)
		return;
	dev->stopped = true;
	if (dev->started)
		weftk_l2_stop(dev);
	cancel_delayed_work_sync(&dev->ask_work);
	for (i = 0; i < dev->n_shards; i++)
		weftk_shard_stop(dev->shards[i]);
	cancel_work_sync(&dev->refill);
}

void weftk_dev_destroy(struct weftk_dev *dev)
{
	struct net_device *netdev = dev->netdev;

	weftk_dev_stop(dev);
	weftk_flights_close(dev);
	free_parts(dev);
	netdev_put(netdev, &dev->tracker);
	kvfree(dev);
}

void weftk_dev_event(struct weftk_dev *dev, enum weftk_port_event ev)
{
	u32 i;

	for (i = 0; ev == WEFTK_PORT_MTU && i < dev->n_shards; i++)
		weftk_ctx_mtu(dev->shards[i]);
	dev->ops->port_event(dev, ev);
}

void *weftk_dev_priv(const struct weftk_dev *dev)
{
	return dev->priv;
}

struct net_device *weftk_dev_netdev(const struct weftk_dev *dev)
{
	return dev->netdev;
}

u64 weftk_dev_chip_id(const struct weftk_dev *dev)
{
	return dev->chip_id;
}
