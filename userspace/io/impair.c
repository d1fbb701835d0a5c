/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The impairment shim: a bad network between the host and any driver.  Decides when a held packet
 * is due and what a full queue does (it drops the newcomer, as a router's does); which packets
 * suffer what is fate.c.  Packets not touched pass without a copy.
 *
 * It runs when the host calls: a delayed packet moves on at the first wio_recv or wio_send after
 * it is due, and wio_fd wakes a sleeping host for that.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "userspace/io/impair.h"

#define NEVER	UINT64_MAX
#define ROUNDS	64	/* bursts that one wio_recv fetches, at most, when none of them passes */

const struct wio_key wio_impair_keys[] = {
	{ "loss", WIO_FRAC, 0, 0, 0, NULL },
	{ "dup", WIO_FRAC, 0, 0, 0, NULL },
	{ "reorder", WIO_FRAC, 0, 0, 0, NULL },
	{ "reorder_span", WIO_NUM, 1, 1024, 4, NULL },
	{ "reorder_us", WIO_NUM, 1, 10000000, 1000, NULL },
	{ "corrupt", WIO_FRAC, 0, 0, 0, NULL },
	{ "delay_us", WIO_NUM, 0, 10000000, 0, NULL },
	{ "jitter_us", WIO_NUM, 0, 10000000, 0, NULL },
	{ "rate", WIO_NUM, 1000, 1000000000000, 0, NULL },
	{ "hold", WIO_NUM, 1, 1u << 20, 4096, NULL },
	{ "seed", WIO_NUM, 0, UINT64_MAX, 1, NULL },
	{ "at", WIO_WORD, 0, 0, 0, "rx|tx|both" },
	{ .name = NULL },
};

/* A packet that waits; its bytes follow. */
struct held {
	struct held *next;
	uint64_t due_ns;	/* leaves then at the latest */
	uint64_t from_ns;	/* and not before, */
	uint64_t after_k;	/* but before due_ns if packet after_k has passed; NEVER: no */
	struct wio_addr addr;	/* rx: source, tx: destination */
	uint32_t len;
	uint16_t entropy;
	uint8_t ce, bcast;
	uint8_t data[];
};

struct side {
	bool on;
	uint64_t k;		/* packets seen: the number of the next */
	uint64_t busy_until;	/* rate limit: when the line is free */
	struct held *due, *last;	/* by due_ns, then order of arrival; last counts if due */
	struct held *behind;	/* reordered ones, in order of arrival */
	uint32_t n;		/* in both lists */
	uint64_t lost, dup, reordered, corrupt, delayed, full;
};

struct impair {
	struct wio w;
	uint64_t (*now)(void *arg);
	void *now_arg;
	struct impair_law law;
	uint32_t hold;		/* packets each side may hold */
	struct side side[IMPAIR_SIDES];
	struct held *lent;	/* handed out, until the next recv or release */
	int epfd, timer;	/* -1: nothing to wait for, or the driver has no descriptor */
	uint64_t armed;		/* what the timer is set to; NEVER: off */
};

bool wio_impair_wanted(const struct wio_query *q)
{
	for (const struct wio_key *k = wio_impair_keys; k->name; k++) {
		if (wio_q_given(q, k->name))
			return true;
	}
	return false;
}

static void drop_list(struct held *h)
{
	while (h) {
		struct held *next = h->next;

		free(h);
		h = next;
	}
}

static void flip(uint8_t *data, uint32_t len, uint64_t where)
{
	uint64_t bit = where % ((uint64_t)len * 8);

	data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
}

static void insert_due(struct side *s, struct held *h)
{
	struct held **p = &s->due;

	/* Nearly always the latest; only jitter looks further. */
	if (s->due && s->last->due_ns <= h->due_ns)
		p = &s->last->next;
	while (*p && (*p)->due_ns <= h->due_ns)
		p = &(*p)->next;
	h->next = *p;
	*p = h;
	if (!h->next)
		s->last = h;
}

/* Back to the front: it was due, and could not leave. */
static void put_back(struct side *s, struct held *h)
{
	h->due_ns = 0;
	h->next = s->due;
	if (!s->due)
		s->last = h;
	s->due = h;
	s->n++;
}

static void insert_behind(struct side *s, struct held *h)
{
	struct held **p = &s->behind;

	while (*p)
		p = &(*p)->next;
	h->next = NULL;
	*p = h;
}

/*
 * Sets when |h|, packet |k| with fate |f|, is due, and queues it; a full queue loses it.
 */
static void enqueue(struct impair *m, struct side *s, struct held *h, const struct impair_fate *f,
		    uint64_t k, uint64_t now)
{
	const struct impair_law *l = &m->law;

	if (!h || s->n == m->hold) {
		s->full++;
		free(h);
		return;
	}
	h->from_ns = now;
	if (l->rate) {
		uint64_t bits = (uint64_t)h->len * 8;

		if (s->busy_until < now)
			s->busy_until = now;
		s->busy_until += bits * 1000000000u / l->rate;
		h->from_ns = s->busy_until;
	}
	h->from_ns += l->delay_ns + f->jitter_ns;
	h->due_ns = h->from_ns + (f->behind ? l->reorder_ns : 0);
	h->after_k = f->behind ? k + f->behind : NEVER;
	s->delayed += h->due_ns > now;
	s->n++;
	if (f->behind)
		insert_behind(s, h);
	else
		insert_due(s, h);
}

static bool ready(const struct side *s, const struct held *h, uint64_t now)
{
	return now >= h->due_ns || (now >= h->from_ns && s->k > h->after_k);
}

/* Takes the next packet that may go, or NULL. */
static struct held *dequeue(struct side *s, uint64_t now)
{
	struct held **p, *h = NULL;

	for (p = &s->behind; *p; p = &(*p)->next) {
		if (ready(s, *p, now)) {
			h = *p;
			*p = h->next;
			break;
		}
	}
	if (!h && s->due && now >= s->due->due_ns) {
		h = s->due;
		s->due = h->next;
	}
	if (h)
		s->n--;
	return h;
}

/* The next moment at which something is due. */
static uint64_t next_due(const struct impair *m)
{
	uint64_t t = NEVER;

	for (int i = 0; i < IMPAIR_SIDES; i++) {
		const struct side *s = &m->side[i];

		if (s->due && s->due->due_ns < t)
			t = s->due->due_ns;
		for (const struct held *h = s->behind; h; h = h->next) {
			uint64_t at = s->k > h->after_k ? h->from_ns : h->due_ns;

			if (at < t)
				t = at;
		}
	}
	return t;
}

/* Sets the timer that wakes a sleeping host.  Absolute time 0 would disarm it: 1 ns is as past. */
static void arm(struct impair *m)
{
	uint64_t t = next_due(m);
	struct itimerspec its = { .it_value = { 0, 0 } };

	if (m->timer < 0 || t == m->armed)
		return;
	m->armed = t;
	if (t != NEVER) {
		its.it_value.tv_sec = (time_t)(t / 1000000000u);
		its.it_value.tv_nsec = t < 1000000000u ? (long)t + !t : (long)(t % 1000000000u);
	}
	timerfd_settime(m->timer, TFD_TIMER_ABSTIME, &its, NULL);
}

static bool waits(const struct impair_law *l, const struct impair_fate *f)
{
	return f->behind || l->delay_ns || l->jitter_ns || l->rate;
}

/* A fate that needs no copy and no wait: the packet passes as it is. */
static bool plain(const struct impair_law *l, const struct impair_fate *f)
{
	return !f->lose && !f->dup && !f->corrupt && !waits(l, f);
}

/* Counts what befalls a packet that is not lost. */
static void count(struct side *s, const struct impair_fate *f)
{
	s->dup += f->dup;
	s->corrupt += f->corrupt;
	s->reordered += f->behind != 0;
}

/* ---- receiving ---- */

static struct held *copy_frame(const struct wio_frame *f)
{
	struct held *h = malloc(sizeof(*h) + f->len);

	if (!h)
		return NULL;
	h->addr = f->src;
	h->len = f->len;
	h->entropy = f->entropy;
	h->ce = f->ce;
	h->bcast = f->bcast;
	memcpy(h->data, f->data, f->len);
	return h;
}

static int release_frames(struct impair *m, struct wio_frame *f, int max, uint64_t now)
{
	struct side *s = &m->side[IMPAIR_RX];
	int n = 0;

	while (n < max && s->n) {
		struct held *h = dequeue(s, now);

		if (!h)
			break;
		f[n++] = (struct wio_frame){ .data = h->data, .len = h->len, .src = h->addr,
					     .entropy = h->entropy, .ce = h->ce,
					     .bcast = h->bcast, .ts_ns = now };
		h->next = m->lent;
		m->lent = h;
	}
	return n;
}

/* Puts the packets that pass at once together at the front of |f|.  Returns how many. */
static int sift(struct impair *m, struct wio_frame *f, int n, uint64_t now)
{
	static const struct impair_fate untouched;
	struct side *s = &m->side[IMPAIR_RX];
	int out = 0;

	for (int i = 0; i < n; i++) {
		uint64_t k = s->k++;
		struct impair_fate fate = wio_impair_fate(&m->law, IMPAIR_RX, k);

		if (fate.lose) {
			s->lost++;
			continue;
		}
		count(s, &fate);
		if (fate.corrupt)
			flip(f[i].data, f[i].len, fate.where);
		if (fate.dup)
			enqueue(m, s, copy_frame(&f[i]), &untouched, k, now);
		if (waits(&m->law, &fate))
			enqueue(m, s, copy_frame(&f[i]), &fate, k, now);
		else
			f[out++] = f[i];
	}
	return out;
}

static void service_tx(struct impair *m, uint64_t now);	/* below, with the rest of sending */

static void impair_release(struct wio *w)
{
	struct impair *m = (struct impair *)w;

	drop_list(m->lent);
	m->lent = NULL;
	w->inner->ops->release(w->inner);
}

static int impair_recv(struct wio *w, struct wio_frame *f, int max)
{
	struct impair *m = (struct impair *)w;
	uint64_t now = m->now(m->now_arg);
	int n, r = 0;

	drop_list(m->lent);
	m->lent = NULL;
	if (m->side[IMPAIR_TX].n)
		service_tx(m, now);
	n = release_frames(m, f, max, now);
	/*
	 * A burst that is lost or held as a whole is not "nothing there": look on, within bounds.
	 */
	for (int round = 0; round < ROUNDS; round++) {
		r = w->inner->ops->recv(w->inner, f + n, max - n);
		if (r <= 0)
			break;
		n += m->side[IMPAIR_RX].on ? sift(m, f + n, r, now) : r;
		n += release_frames(m, f + n, max - n, now);
		if (n)
			break;
	}
	if (n == 0)
		arm(m);
	/* A replay at its end is not over while packets of it are held. */
	return n == 0 && r < 0 && !m->side[IMPAIR_RX].n ? r : n;
}

/* ---- sending ---- */

static struct held *copy_tx(const struct wio_tx *t, uint32_t len)
{
	struct held *h = malloc(sizeof(*h) + len);

	if (!h)
		return NULL;
	h->addr = *t->dst;
	h->len = len;
	h->entropy = t->entropy;
	wio_gather(h->data, t);
	return h;
}

/* Sends what is due, in bursts.  What the driver does not take now is first in line again. */
static void service_tx(struct impair *m, uint64_t now)
{
	struct side *s = &m->side[IMPAIR_TX];
	struct wio_tx t[WIO_BURST];
	struct held *h[WIO_BURST];
	int n, r;

	do {
		for (n = 0; n < WIO_BURST && (h[n] = dequeue(s, now)); n++)
			t[n] = (struct wio_tx){ .iov = { { h[n]->data, h[n]->len } }, .n_iov = 1,
						.entropy = h[n]->entropy, .dst = &h[n]->addr };
		r = n ? m->w.inner->ops->send(m->w.inner, t, n) : 0;
		if (r < 0)
			r = 1;	/* the driver will never take it */
		for (int i = 0; i < r; i++)
			free(h[i]);
		for (int i = n - 1; i >= r; i--)
			put_back(s, h[i]);
	} while (n == WIO_BURST && r == n);
}

/* Packet |k| meets |f|, which is not plain. */
static void mistreat(struct impair *m, const struct wio_tx *t, uint32_t len,
		     const struct impair_fate *f, uint64_t k)
{
	static const struct impair_fate untouched;
	struct side *s = &m->side[IMPAIR_TX];
	uint64_t now = m->now(m->now_arg);
	struct held *h;

	if (f->lose) {
		s->lost++;
		return;
	}
	count(s, f);
	h = copy_tx(t, len);
	if (h && f->corrupt)
		flip(h->data, h->len, f->where);
	enqueue(m, s, h, f, k, now);
	if (f->dup) {
		h = copy_tx(t, len);
		if (h && f->corrupt)
			flip(h->data, h->len, f->where);
		enqueue(m, s, h, &untouched, k, now);
	}
}

/*
 * Offers t[from .. to) to the driver and counts what it took.  Returns the index of the first
 * packet not taken, or the driver's error if that was packet 0.
 */
static int pass(struct impair *m, const struct wio_tx *t, int from, int to)
{
	int r;

	if (from == to)
		return to;
	r = m->w.inner->ops->send(m->w.inner, t + from, to - from);
	if (r > 0)
		m->side[IMPAIR_TX].k += (uint64_t)r;
	return r >= 0 ? from + r : from ? from : r;
}

/* Fate is consulted for a packet only when everything before it has been taken. */
static int impair_send(struct wio *w, const struct wio_tx *t, int n)
{
	struct impair *m = (struct impair *)w;
	struct side *s = &m->side[IMPAIR_TX];
	int from = 0;

	if (!s->on)
		return w->inner->ops->send(w->inner, t, n);
	if (s->n)
		service_tx(m, m->now(m->now_arg));
	for (int i = 0; i < n; i++) {
		uint64_t k = s->k + (uint64_t)(i - from);
		struct impair_fate f = wio_impair_fate(&m->law, IMPAIR_TX, k);
		int len = wio_tx_len(w, &t[i]);
		int r;

		if (len > 0 && plain(&m->law, &f))
			continue;
		r = pass(m, t, from, i);
		if (r != i)
			return r;
		if (len < 0)
			return i ? i : len;
		s->k++;
		mistreat(m, &t[i], (uint32_t)len, &f, k);
		service_tx(m, m->now(m->now_arg));
		from = i + 1;
	}
	n = pass(m, t, from, n);
	if (s->n) {
		service_tx(m, m->now(m->now_arg));
		arm(m);
	}
	return n;
}

/* ---- the rest ---- */

static int impair_fd(struct wio *w)
{
	struct impair *m = (struct impair *)w;

	return m->epfd >= 0 ? m->epfd : w->inner->ops->fd(w->inner);
}

static uint32_t impair_mtu(struct wio *w, const struct wio_addr *dst)
{
	return w->inner->ops->mtu(w->inner, dst);
}

static void impair_stats(struct wio *w, struct wio_stat_out *o)
{
	static const char *const names[IMPAIR_SIDES][6] = {
		{ "impair_rx_lost", "impair_rx_dup", "impair_rx_reordered", "impair_rx_corrupt",
		  "impair_rx_delayed", "impair_rx_full" },
		{ "impair_tx_lost", "impair_tx_dup", "impair_tx_reordered", "impair_tx_corrupt",
		  "impair_tx_delayed", "impair_tx_full" },
	};
	struct impair *m = (struct impair *)w;

	w->inner->ops->stats(w->inner, o);
	for (int i = 0; i < IMPAIR_SIDES; i++) {
		struct side *s = &m->side[i];
		uint64_t v[6] = { s->lost, s->dup, s->reordered, s->corrupt, s->delayed, s->full };

		for (int j = 0; j < 6 && s->on; j++)
			wio_stat_put(o, names[i][j], v[j]);
	}
}

static void impair_free(struct impair *m)
{
	for (int i = 0; i < IMPAIR_SIDES; i++) {
		drop_list(m->side[i].due);
		drop_list(m->side[i].behind);
	}
	drop_list(m->lent);
	if (m->timer >= 0)
		close(m->timer);
	if (m->epfd >= 0)
		close(m->epfd);
	free(m);
}

static void impair_close(struct wio *w)
{
	w->inner->ops->close(w->inner);
	impair_free((struct impair *)w);
}

static const struct wio_ops ops = {
	.recv = impair_recv,
	.release = impair_release,
	.send = impair_send,
	.fd = impair_fd,
	.mtu = impair_mtu,
	.stats = impair_stats,
	.close = impair_close,
};

static int open_timer(struct impair *m, int inner_fd)
{
	struct epoll_event e = { .events = EPOLLIN };

	m->epfd = epoll_create1(EPOLL_CLOEXEC);
	m->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (m->epfd < 0 || m->timer < 0 || epoll_ctl(m->epfd, EPOLL_CTL_ADD, inner_fd, &e) ||
	    epoll_ctl(m->epfd, EPOLL_CTL_ADD, m->timer, &e))
		return -errno;
	return 0;
}

static void read_law(struct impair *m, const struct wio_query *q)
{
	uint64_t at = wio_q_num(q, "at");

	m->law = (struct impair_law){
		.seed = wio_q_num(q, "seed"),
		.loss = wio_q_num(q, "loss"),
		.dup = wio_q_num(q, "dup"),
		.reorder = wio_q_num(q, "reorder"),
		.corrupt = wio_q_num(q, "corrupt"),
		.span = (uint32_t)wio_q_num(q, "reorder_span"),
		.reorder_ns = wio_q_num(q, "reorder_us") * 1000,
		.delay_ns = wio_q_num(q, "delay_us") * 1000,
		.jitter_ns = wio_q_num(q, "jitter_us") * 1000,
		.rate = wio_q_num(q, "rate"),
	};
	m->hold = (uint32_t)wio_q_num(q, "hold");
	m->side[IMPAIR_RX].on = at == 0 || at == 2;
	m->side[IMPAIR_TX].on = at == 1 || at == 2;
}

int wio_impair_open(const struct wio_cfg *c, struct wio *inner, struct wio **out)
{
	struct impair *m = calloc(1, sizeof(*m));
	int fd = inner->ops->fd(inner);
	int err = 0;

	if (!m)
		return wio_fail(c, -ENOMEM, "impairment: out of memory");
	m->w = *inner;
	m->w.ops = &ops;
	m->w.inner = inner;
	m->now = c->now;
	m->now_arg = c->now_arg;
	m->epfd = m->timer = -1;
	m->armed = NEVER;
	read_law(m, c->q);
	/* Virtual time has no timer: its owner knows when it moves it. */
	if (fd >= 0 && !c->virtual_time)
		err = open_timer(m, fd);
	if (err) {
		impair_free(m);
		return wio_fail(c, err, "impairment: timer: %s", strerror(-err));
	}
	*out = &m->w;
	return 0;
}
