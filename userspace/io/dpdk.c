/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DPDK driver: Weft on Ethernet through any poll-mode driver, one queue each way.  "dpdk:" is
 * followed by what EAL's --vdev takes (net_memif0,role=client) or a PCI address (0000:01:00.0).
 * Received packets are handed out where the device put them; packets to send are copied once.
 *
 * Built as wio_dpdk.so, which open.c loads when it is asked for.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "userspace/io/dpdk.h"
#include "userspace/io/ether.h"

#define LENT_MAX	256	/* packets handed out at once */
#define TX_BURST	64
#define MBUFS_SPARE	512	/* beyond what the rings hold: lent, in flight, in caches */
#define MBUF_CACHE	64
#define REDIAL_PER_S	2	/* times a second a memif client without a link calls again */
#define REDIAL_EMPTIES	1024	/* and how many empty receives go by before it thinks of that */

static const struct wio_key keys[] = {
	{ "mtu", WIO_NUM, 64, 65000, 0, NULL },
	{ "ethertype", WIO_NUM, 0x600, 0xffff, WIO_ETHERTYPE, NULL },
	{ "descs", WIO_NUM, 32, 16384, 1024, NULL },
	{ "huge", WIO_WORD, 0, 0, 0, "auto|yes|no" },
	{ "mem", WIO_NUM, 16, 65536, 64, NULL },
	{ "link_wait_ms", WIO_NUM, 0, 60000, 0, NULL },
	{ "eal", WIO_STR, 0, 0, 0, NULL },
	{ .name = NULL },
};

struct dpdk {
	struct wio w;
	uint64_t (*now)(void *arg);
	void *now_arg;
	char *dev;			/* bus name of the device */
	const char *bus;		/* "vdev" or "pci" */
	bool plugged, configured, started;
	bool redials;			/* memif's client: its first call may go unanswered */
	uint64_t redial_at;		/* when it may call again, rte_get_timer_cycles */
	uint32_t empties;		/* wio_recv calls that found nothing */
	uint16_t port;
	uint16_t ethertype;
	struct rte_mempool *pool;
	struct rte_mbuf *lent[LENT_MAX];
	unsigned int n_lent;

	uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes, tx_busy;
	uint64_t drop_foreign, drop_other, drop_own, drop_parts, drop_link;
};

static void dpdk_release(struct wio *w)
{
	struct dpdk *d = (struct dpdk *)w;

	if (d->n_lent)
		rte_pktmbuf_free_bulk(d->lent, d->n_lent);
	d->n_lent = 0;
}

/* Whether |m| is a Weft packet for us, in one piece; then |*f| is it. */
static bool for_us(struct dpdk *d, struct rte_mbuf *m, uint64_t now, struct wio_frame *f)
{
	uint8_t *eth;

	if (m->nb_segs > 1 && rte_pktmbuf_linearize(m)) {
		d->drop_parts++;
		return false;
	}
	eth = rte_pktmbuf_mtod(m, uint8_t *);
	if (m->pkt_len <= WIO_ETH_HDR || eth[12] != d->ethertype >> 8 ||
	    eth[13] != (d->ethertype & 0xff)) {
		d->drop_other++;
		return false;
	}
	if (!memcmp(eth + 6, d->w.local.ip, 6)) {
		d->drop_own++;
		return false;
	}
	if (!(eth[0] & 1) && memcmp(eth, d->w.local.ip, 6)) {
		d->drop_foreign++;
		return false;
	}
	*f = (struct wio_frame){ .data = eth + WIO_ETH_HDR, .len = m->pkt_len - WIO_ETH_HDR,
				 .bcast = eth[0] & 1, .ts_ns = now, .src = { .family = WIO_L2 } };
	memcpy(f->src.ip, eth + 6, 6);
	return true;
}

static bool link_is_down(const struct dpdk *d)
{
	struct rte_eth_link l;

	return !d->started ||
	       (!rte_eth_link_get_nowait(d->port, &l) && l.link_status == RTE_ETH_LINK_DOWN);
}

/*
 * A memif client calls its server once, when the port starts; a server that is not there yet, or
 * not ready, is never called again.  So start the port anew, now and then, until they have met.
 */
static void redial(struct dpdk *d)
{
	uint64_t now = rte_get_timer_cycles();

	if (!d->redials || now < d->redial_at || !link_is_down(d))
		return;
	d->redial_at = now + rte_get_timer_hz() / REDIAL_PER_S;
	if (d->started)
		rte_eth_dev_stop(d->port);
	d->started = !rte_eth_dev_start(d->port);
}

static int dpdk_recv(struct wio *w, struct wio_frame *f, int max)
{
	struct dpdk *d = (struct dpdk *)w;
	struct rte_mbuf *got[LENT_MAX];
	uint16_t r;
	uint64_t now;
	int n = 0;

	wio_eal_thread();
	dpdk_release(w);
	if (max <= 0)
		return 0;
	if (max > LENT_MAX)
		max = LENT_MAX;
	r = d->started ? rte_eth_rx_burst(d->port, 0, got, (uint16_t)max) : 0;
	if (!r) {
		if (++d->empties % REDIAL_EMPTIES == 0)
			redial(d);
		return 0;
	}
	now = d->now(d->now_arg);
	for (uint16_t i = 0; i < r; i++) {
		if (!for_us(d, got[i], now, &f[n])) {
			rte_pktmbuf_free(got[i]);
			continue;
		}
		d->rx_bytes += f[n++].len;
		d->lent[d->n_lent++] = got[i];
	}
	d->rx_frames += (uint64_t)n;
	return n;
}

/* One frame in one buffer; NULL if none is free. */
static struct rte_mbuf *build(struct dpdk *d, const struct wio_tx *t, uint32_t len)
{
	uint32_t total = WIO_ETH_HDR + len;
	struct rte_mbuf *m = rte_pktmbuf_alloc(d->pool);
	uint8_t *eth;

	if (!m)
		return NULL;
	eth = (uint8_t *)rte_pktmbuf_append(
		m, (uint16_t)(total < WIO_ETH_MIN ? WIO_ETH_MIN : total));
	if (!eth) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	wio_ether_put(eth, t->dst->ip, d->w.local.ip, d->ethertype);
	wio_gather(eth + WIO_ETH_HDR, t);
	if (total < WIO_ETH_MIN)
		memset(eth + total, 0, WIO_ETH_MIN - total);
	return m;
}

/* Sends m[0 .. n).  What the device does not take is freed.  Returns how many it took. */
static int push(struct dpdk *d, struct rte_mbuf **m, const struct wio_tx *t, int n)
{
	int r = n && d->started ? rte_eth_tx_burst(d->port, 0, m, (uint16_t)n) : 0;

	for (int i = 0; i < r; i++)
		d->tx_bytes += (uint64_t)wio_tx_len(&d->w, &t[i]);
	d->tx_frames += (uint64_t)r;
	if (r < n)
		rte_pktmbuf_free_bulk(m + r, (unsigned int)(n - r));
	if (r == 0 && n && link_is_down(d)) {	/* nobody there: lost, as on a pulled cable */
		d->drop_link += (uint64_t)n;
		redial(d);
		return n;
	}
	d->tx_busy += r < n;
	return r;
}

static int dpdk_send(struct wio *w, const struct wio_tx *t, int n)
{
	struct dpdk *d = (struct dpdk *)w;
	struct rte_mbuf *m[TX_BURST];
	int done = 0, len = 0;

	wio_eal_thread();
	while (done < n) {
		int k = 0, r;

		for (; k < TX_BURST && done + k < n; k++) {
			len = wio_tx_len(w, &t[done + k]);
			m[k] = len < 0 ? NULL : build(d, &t[done + k], (uint32_t)len);
			if (!m[k])
				break;
		}
		r = push(d, m, &t[done], k);
		done += r;
		if (r < TX_BURST)
			break;
	}
	return done || len >= 0 ? done : len;
}

static int dpdk_fd(struct wio *w)
{
	(void)w;
	return -1;
}

static uint32_t dpdk_mtu(struct wio *w, const struct wio_addr *dst)
{
	(void)dst;
	return w->len_max;
}

static void dpdk_stats(struct wio *w, struct wio_stat_out *o)
{
	struct dpdk *d = (struct dpdk *)w;
	struct rte_eth_stats s;

	memset(&s, 0, sizeof(s));
	rte_eth_stats_get(d->port, &s);
	wio_stat_put(o, "rx_frames", d->rx_frames);
	wio_stat_put(o, "rx_bytes", d->rx_bytes);
	wio_stat_put(o, "tx_frames", d->tx_frames);
	wio_stat_put(o, "tx_bytes", d->tx_bytes);
	wio_stat_put(o, "tx_busy", d->tx_busy);
	wio_stat_put(o, "rx_drop_full", s.imissed + s.rx_nombuf);
	wio_stat_put(o, "rx_drop_error", s.ierrors);
	wio_stat_put(o, "rx_drop_foreign", d->drop_foreign);
	wio_stat_put(o, "rx_drop_other", d->drop_other);
	wio_stat_put(o, "rx_drop_own", d->drop_own);
	wio_stat_put(o, "rx_drop_parts", d->drop_parts);
	wio_stat_put(o, "tx_drop_link", d->drop_link);
	wio_stat_put(o, "tx_drop_error", s.oerrors);
}

static void dpdk_close(struct wio *w)
{
	struct dpdk *d = (struct dpdk *)w;

	dpdk_release(w);
	if (d->started)
		rte_eth_dev_stop(d->port);
	if (d->configured)
		rte_eth_dev_close(d->port);
	if (d->plugged)
		rte_eal_hotplug_remove(d->bus, d->dev);
	rte_mempool_free(d->pool);
	free(d->dev);
	free(d);
}

static const struct wio_ops ops = {
	.recv = dpdk_recv,
	.release = dpdk_release,
	.send = dpdk_send,
	.fd = dpdk_fd,
	.mtu = dpdk_mtu,
	.stats = dpdk_stats,
	.close = dpdk_close,
};

static int fail_rte(const struct wio_cfg *c, int err, const char *what)
{
	err = err < 0 ? err : -EIO;
	return wio_fail(c, err, "dpdk:%s: %s: %s", c->where, what, rte_strerror(-err));
}

/* Makes the device |c->where| known to DPDK: its name before the first comma, arguments after. */
static int plug(struct dpdk *d, const struct wio_cfg *c)
{
	const char *comma = strchr(c->where, ',');
	size_t n = comma ? (size_t)(comma - c->where) : strlen(c->where);
	int err;

	if (!n)
		return wio_fail(c, -EINVAL,
				"dpdk: name a device: dpdk:net_memif0,role=client or "
				"dpdk:0000:01:00.0");
	d->dev = strndup(c->where, n);
	if (!d->dev)
		return wio_fail(c, -ENOMEM, "dpdk: out of memory");
	d->bus = strncmp(d->dev, "net_", 4) ? "pci" : "vdev";
	d->redials = !strncmp(d->dev, "net_memif", 9) && !strstr(c->where, "role=server") &&
		     !strstr(c->where, "role=master");
	if (!rte_eth_dev_get_port_by_name(d->dev, &d->port))
		return wio_fail(c, -EBUSY, "dpdk:%s: the device is open already", c->where);
	err = rte_eal_hotplug_add(d->bus, d->dev, comma ? comma + 1 : "");
	if (err)
		return wio_fail(c, -ENODEV,
				"dpdk:%s: no such device, driver or driver arguments (DPDK's "
				"guide of its drivers lists them; more with "
				"eal=--log-level=*:debug)",
				c->where);
	d->plugged = true;
	if (rte_eth_dev_get_port_by_name(d->dev, &d->port))
		return wio_fail(c, -ENODEV, "dpdk:%s: not a network device", c->where);
	return 0;
}

/* Buffers for the longest frame in one piece, enough for both rings. */
static int make_pool(struct dpdk *d, const struct wio_cfg *c, uint16_t descs)
{
	char name[RTE_MEMPOOL_NAMESIZE];
	uint32_t room = RTE_PKTMBUF_HEADROOM + WIO_ETH_HDR + 8 + d->w.len_max;

	if (room < RTE_MBUF_DEFAULT_BUF_SIZE)
		room = RTE_MBUF_DEFAULT_BUF_SIZE;
	snprintf(name, sizeof(name), "weft_%u", d->port);
	d->pool = rte_pktmbuf_pool_create(name, 2u * descs + MBUFS_SPARE, MBUF_CACHE, 0,
					  (uint16_t)room, SOCKET_ID_ANY);
	if (!d->pool)
		return wio_fail(c, -ENOMEM,
				"dpdk:%s: no memory for %u buffers of %u bytes: raise mem=, "
				"lower mtu= or descs=, or reserve huge pages",
				c->where, 2u * descs + MBUFS_SPARE, room);
	return 0;
}

static int read_mtu(struct dpdk *d, const struct wio_cfg *c)
{
	uint16_t mtu = (uint16_t)wio_q_num(c->q, "mtu");
	int err = 0;

	if (mtu)
		err = rte_eth_dev_set_mtu(d->port, mtu);
	if (err && err != -ENOTSUP)
		return fail_rte(c, err, "mtu");
	if (rte_eth_dev_get_mtu(d->port, &mtu))
		return wio_fail(c, -EIO, "dpdk:%s: the device tells no MTU", c->where);
	d->w.len_max = mtu;
	return 0;
}

static int start_port(struct dpdk *d, const struct wio_cfg *c)
{
	struct rte_eth_conf conf;
	struct rte_ether_addr mac;
	uint16_t rx = (uint16_t)wio_q_num(c->q, "descs"), tx = rx;
	int err;

	memset(&conf, 0, sizeof(conf));
	err = rte_eth_dev_configure(d->port, 1, 1, &conf);
	if (err)
		return fail_rte(c, err, "configure");
	d->configured = true;
	err = read_mtu(d, c);
	if (!err && rte_eth_dev_adjust_nb_rx_tx_desc(d->port, &rx, &tx))
		err = wio_fail(c, -EINVAL, "dpdk:%s: descs=%u does not suit the device", c->where,
			       rx);
	if (!err)
		err = make_pool(d, c, rx > tx ? rx : tx);
	if (err)
		return err;
	err = rte_eth_rx_queue_setup(d->port, 0, rx, (unsigned int)SOCKET_ID_ANY, NULL,
				     d->pool);
	if (!err)
		err = rte_eth_tx_queue_setup(d->port, 0, tx, (unsigned int)SOCKET_ID_ANY,
					     NULL);
	if (err)
		return fail_rte(c, err, "queues");
	err = rte_eth_dev_start(d->port);
	d->started = !err;
	/* The first call gets its time: starting anew while the driver shakes hands crashes it. */
	d->redial_at = rte_get_timer_cycles() + rte_get_timer_hz() / REDIAL_PER_S;
	if (err && !d->redials)
		return fail_rte(c, err, "start");
	err = rte_eth_macaddr_get(d->port, &mac);
	if (err)
		return fail_rte(c, err, "MAC address");
	d->w.local.family = d->w.bcast.family = WIO_L2;
	memcpy(d->w.local.ip, mac.addr_bytes, 6);
	memset(d->w.bcast.ip, 0xff, 6);
	return 0;
}

/* A link that does not come up in time is no error: the peer may come later. */
static void wait_for_link(struct dpdk *d, uint64_t ms)
{
	for (; ms && link_is_down(d); ms--) {
		usleep(1000);
		redial(d);
	}
}

static int dpdk_open(const struct wio_cfg *c, struct wio **out)
{
	struct dpdk *d;
	int err = wio_eal_start(c);

	if (err)
		return err;
	d = calloc(1, sizeof(*d));
	if (!d)
		return wio_fail(c, -ENOMEM, "dpdk: out of memory");
	d->w.ops = &ops;
	d->now = c->now;
	d->now_arg = c->now_arg;
	d->ethertype = (uint16_t)wio_q_num(c->q, "ethertype");
	err = plug(d, c);
	if (!err)
		err = start_port(d, c);
	if (err) {
		dpdk_close(&d->w);
		return err;
	}
	wait_for_link(d, wio_q_num(c->q, "link_wait_ms"));
	*out = &d->w;
	return 0;
}

static const struct wio_driver driver = {
	.name = "dpdk",
	.abi = WIO_DRIVER_ABI,
	.keys = keys,
	.open = dpdk_open,
};

__attribute__((visibility("default"))) const struct wio_driver *wio_dpdk_driver(void)
{
	return &driver;
}
