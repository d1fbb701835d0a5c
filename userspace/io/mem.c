/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mem driver: a hub inside this process.  "mem:NAME" attaches one more end to the hub NAME;
 * the first is 02:00:00:00:00:01, the next :02, and so on, always the lowest that is free.
 * Decides nothing by chance or by clock: what is sent is received, in order, until a queue is
 * full.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/io/driver.h"

#define HUB_ENDS	64

static const struct wio_key keys[] = {
	{ "mtu", WIO_NUM, 64, 65535, 9000, NULL },
	{ "queue", WIO_NUM, 1, 65536, 1024, NULL },
	{ .name = NULL },
};

struct packet {
	struct packet *next;
	struct wio_addr src;
	uint32_t len;
	bool bcast;
	uint8_t data[];
};

struct hub;

struct end {
	struct wio w;
	struct hub *hub;
	int index;			/* in hub->end */
	uint64_t (*now)(void *arg);
	void *now_arg;
	uint32_t queue_max;		/* packets */

	/* Protected by hub->lock: others append here. */
	struct packet *head, **tail;
	uint32_t queued;
	uint64_t drop_full;		/* packets for us that found our queue full */

	struct packet *lent;		/* handed out, until the next recv or release */
	uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes;
	uint64_t drop_nobody;		/* packets we sent to an address no end has */
	uint64_t drop_mtu;		/* packets longer than their receiver takes */
};

struct hub {
	struct hub *next;
	char *name;
	pthread_mutex_t lock;		/* the ends' queues */
	struct end *end[HUB_ENDS];
	int ends;
};

static struct hub *hubs;
static pthread_mutex_t hubs_lock = PTHREAD_MUTEX_INITIALIZER;	/* hubs, and every hub's end[] */

static void drop_list(struct packet *p)
{
	while (p) {
		struct packet *next = p->next;

		free(p);
		p = next;
	}
}

static void mem_release(struct wio *w)
{
	struct end *e = (struct end *)w;

	drop_list(e->lent);
	e->lent = NULL;
}

static int mem_recv(struct wio *w, struct wio_frame *f, int max)
{
	struct end *e = (struct end *)w;
	struct packet *p, **last = &e->lent;
	uint64_t now;
	int n = 0;

	mem_release(w);
	pthread_mutex_lock(&e->hub->lock);
	for (; n < max && e->head; n++) {
		p = e->head;
		e->head = p->next;
		if (!e->head)
			e->tail = &e->head;
		e->queued--;
		p->next = NULL;
		*last = p;
		last = &p->next;
	}
	pthread_mutex_unlock(&e->hub->lock);
	if (!n)
		return 0;
	now = e->now(e->now_arg);
	for (p = e->lent; p; p = p->next, f++) {
		*f = (struct wio_frame){ .data = p->data, .len = p->len, .src = p->src,
					 .bcast = p->bcast, .ts_ns = now };
		e->rx_bytes += p->len;
	}
	e->rx_frames += (uint64_t)n;
	return n;
}

/* Called with the hub's lock held. */
static void deliver(struct end *from, struct end *to, const struct wio_tx *t, uint32_t len)
{
	struct packet *p;

	if (len > to->w.len_max) {
		from->drop_mtu++;
		return;
	}
	p = to->queued < to->queue_max ? malloc(sizeof(*p) + len) : NULL;
	if (!p) {
		to->drop_full++;
		return;
	}
	*p = (struct packet){ .src = from->w.local, .len = len,
			      .bcast = memcmp(t->dst, &to->w.local, sizeof(*t->dst)) != 0 };
	wio_gather(p->data, t);
	*to->tail = p;
	to->tail = &p->next;
	to->queued++;
}

static void route(struct end *e, const struct wio_tx *t, uint32_t len)
{
	struct hub *h = e->hub;
	bool all = !memcmp(t->dst, &e->w.bcast, sizeof(*t->dst));
	bool found = false;

	for (int i = 0; i < HUB_ENDS; i++) {
		struct end *to = h->end[i];

		if (!to || (all && to == e))
			continue;
		if (all || !memcmp(t->dst, &to->w.local, sizeof(*t->dst))) {
			deliver(e, to, t, len);
			found = true;
		}
	}
	if (!found && !all)
		e->drop_nobody++;
}

static int mem_send(struct wio *w, const struct wio_tx *t, int n)
{
	struct end *e = (struct end *)w;
	int i, len = 0;

	pthread_mutex_lock(&e->hub->lock);
	for (i = 0; i < n; i++) {
		len = wio_tx_len(w, &t[i]);
		if (len < 0)
			break;
		route(e, &t[i], (uint32_t)len);
		e->tx_frames++;
		e->tx_bytes += (uint64_t)len;
	}
	pthread_mutex_unlock(&e->hub->lock);
	return i || len >= 0 ? i : len;
}

static int mem_fd(struct wio *w)
{
	(void)w;
	return -1;
}

static uint32_t mem_mtu(struct wio *w, const struct wio_addr *dst)
{
	struct end *e = (struct end *)w;
	uint32_t mtu = w->len_max;

	pthread_mutex_lock(&e->hub->lock);
	for (int i = 0; i < HUB_ENDS; i++) {
		struct end *to = e->hub->end[i];
		bool meant = to && (!dst || !memcmp(dst, &to->w.local, sizeof(*dst)) ||
				    !memcmp(dst, &w->bcast, sizeof(*dst)));

		if (meant && to->w.len_max < mtu)
			mtu = to->w.len_max;
	}
	pthread_mutex_unlock(&e->hub->lock);
	return mtu;
}

static void mem_stats(struct wio *w, struct wio_stat_out *o)
{
	struct end *e = (struct end *)w;

	wio_stat_put(o, "rx_frames", e->rx_frames);
	wio_stat_put(o, "rx_bytes", e->rx_bytes);
	wio_stat_put(o, "tx_frames", e->tx_frames);
	wio_stat_put(o, "tx_bytes", e->tx_bytes);
	wio_stat_put(o, "rx_drop_full", e->drop_full);
	wio_stat_put(o, "tx_drop_mtu", e->drop_mtu);
	wio_stat_put(o, "tx_drop_route", e->drop_nobody);
}

static struct hub *get_hub(const char *name)
{
	struct hub *h;

	for (h = hubs; h; h = h->next) {
		if (!strcmp(h->name, name))
			return h;
	}
	h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	h->name = strdup(name);
	if (!h->name) {
		free(h);
		return NULL;
	}
	pthread_mutex_init(&h->lock, NULL);
	h->next = hubs;
	hubs = h;
	return h;
}

static void free_hub(struct hub *h)
{
	struct hub **p = &hubs;

	while (*p != h)
		p = &(*p)->next;
	*p = h->next;
	pthread_mutex_destroy(&h->lock);
	free(h->name);
	free(h);
}

static void mem_close(struct wio *w)
{
	struct end *e = (struct end *)w;
	struct hub *h = e->hub;

	pthread_mutex_lock(&hubs_lock);
	pthread_mutex_lock(&h->lock);
	h->end[e->index] = NULL;
	pthread_mutex_unlock(&h->lock);
	if (--h->ends == 0)
		free_hub(h);
	pthread_mutex_unlock(&hubs_lock);
	drop_list(e->head);
	drop_list(e->lent);
	free(e);
}

static const struct wio_ops ops = {
	.recv = mem_recv,
	.release = mem_release,
	.send = mem_send,
	.fd = mem_fd,
	.mtu = mem_mtu,
	.stats = mem_stats,
	.close = mem_close,
};

/* Called with hubs_lock held. */
static int attach(struct end *e, const struct wio_cfg *c)
{
	struct hub *h = get_hub(c->where);
	int i = 0;

	if (!h)
		return wio_fail(c, -ENOMEM, "mem: out of memory");
	while (i < HUB_ENDS && h->end[i])
		i++;
	if (i == HUB_ENDS)
		return wio_fail(c, -EMFILE, "mem:%s: the hub has %d ends already", c->where,
				HUB_ENDS);
	e->hub = h;
	e->index = i;
	e->w.local = (struct wio_addr){ .family = WIO_L2,
					.ip = { 2, 0, 0, 0, 0, (uint8_t)(i + 1) } };
	pthread_mutex_lock(&h->lock);
	h->end[i] = e;
	pthread_mutex_unlock(&h->lock);
	h->ends++;
	return 0;
}

static int mem_open(const struct wio_cfg *c, struct wio **out)
{
	struct end *e;
	int err;

	if (!*c->where)
		return wio_fail(c, -EINVAL, "mem: name the hub, such as mem:test");
	e = calloc(1, sizeof(*e));
	if (!e)
		return wio_fail(c, -ENOMEM, "mem: out of memory");
	e->w.ops = &ops;
	e->w.len_max = (uint32_t)wio_q_num(c->q, "mtu");
	e->w.bcast.family = WIO_L2;
	memset(e->w.bcast.ip, 0xff, 6);
	e->now = c->now;
	e->now_arg = c->now_arg;
	e->queue_max = (uint32_t)wio_q_num(c->q, "queue");
	e->tail = &e->head;
	pthread_mutex_lock(&hubs_lock);
	err = attach(e, c);
	pthread_mutex_unlock(&hubs_lock);
	if (err)
		free(e);
	else
		*out = &e->w;
	return err;
}

const struct wio_driver wio_mem_driver = {
	.name = "mem",
	.abi = WIO_DRIVER_ABI,
	.keys = keys,
	.open = mem_open,
};
