/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One turn of a port: receive a burst, do the actions, send, run timers, sleep.  Decides how much
 * is done before the next look at the network, and keeps packets that the carriage had no room
 * for.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "userspace/lib/lib.h"

#define SPIN_NS		10000u	/* turns closer together than this are a spinning user's */
#define NO_FD_NS	20000u	/* how long to sleep on a carriage that cannot be polled */
#define ANSWER_BURST	256u

void weftu_activate(struct weftu_ctx *ctx)
{
	struct weft_port *port = ctx->port;

	if (ctx->active)
		return;
	ctx->active = true;
	ctx->active_next = NULL;
	*port->active_tail = ctx;
	port->active_tail = &ctx->active_next;
}

static struct weftu_ctx *pop_active(struct weft_port *port)
{
	struct weftu_ctx *ctx = port->active;

	if (!ctx)
		return NULL;
	port->active = ctx->active_next;
	if (!port->active)
		port->active_tail = &port->active;
	ctx->active = false;
	return ctx;
}

/* WEFT-NET-080: a bucket that fills with time, the same in every run with the same clock. */
bool weftu_may_answer(struct weft_port *port, weft_time now)
{
	uint64_t ns = now - port->answer_at;
	uint64_t full = (uint64_t)ANSWER_BURST * ANSWER_UNIT;

	if (ns > WEFT_SECOND)
		ns = WEFT_SECOND;
	port->answer_credit += ns * port->o.answers_per_s / (WEFT_SECOND / ANSWER_UNIT);
	port->answer_at = now;
	if (port->answer_credit > full)
		port->answer_credit = full;
	if (port->answer_credit < ANSWER_UNIT) {
		port->st.tx_alone_limited++;
		return false;
	}
	port->answer_credit -= ANSWER_UNIT;
	return true;
}

/* ---- Sending --------------------------------------------------------------------- */

/* Keep copies: what the packets point to may change hands before the carriage has room. */
static void keep_late(struct weft_port *port, const struct wio_tx *tx, uint32_t n)
{
	size_t stride = port->packet_max;

	if (!port->late)
		port->late = malloc(BURST * stride);
	port->st.tx_late += n;
	port->late_at = 0;
	port->late_n = port->late ? n : 0;	/* no memory: lost on the way, so to speak */
	for (uint32_t i = 0; i < port->late_n; i++) {
		uint8_t *to = port->late + i * stride;
		size_t len = 0;

		for (uint32_t k = 0; k < tx[i].n_iov; k++) {
			if (tx[i].iov[k].len)
				memcpy(to + len, tx[i].iov[k].base, tx[i].iov[k].len);
			len += tx[i].iov[k].len;
		}
		port->late_dst[i] = *tx[i].dst;
		port->late_tx[i] = (struct wio_tx){ .iov = { { to, len } }, .n_iov = 1,
			.entropy = tx[i].entropy, .dst = &port->late_dst[i] };
	}
}

/* Offers packets until they are taken or the carriage is full.  Returns how many are done with. */
static uint32_t offer(struct weft_port *port, const struct wio_tx *tx, uint32_t n)
{
	uint32_t at = 0;

	while (at < n) {
		int r = wio_send(port->io, tx + at, (int)(n - at));

		if (r == 0)
			break;
		if (r < 0) {		/* packet `at` cannot be sent at all */
			port->st.io_errors++;
			at++;
		} else {
			at += (uint32_t)r;
		}
	}
	return at;
}

static void flush(struct weft_port *port)
{
	uint32_t done;

	if (!port->n_tx)
		return;
	done = offer(port, port->tx, port->n_tx);
	if (done < port->n_tx)
		keep_late(port, port->tx + done, port->n_tx - done);
	port->sent += port->n_tx;
	port->n_tx = 0;
	port->done_something = true;
}

/* True if nothing waits any more. */
static bool flush_late(struct weft_port *port)
{
	if (port->late_at == port->late_n)
		return true;
	port->late_at += offer(port, port->late_tx + port->late_at, port->late_n - port->late_at);
	return port->late_at == port->late_n;
}

/* Stand-alone packets go at once: they are answers, and point to their caller's bytes. */
void weftu_queue_alone(struct weft_port *port, const uint8_t *bytes, size_t len,
		       const struct wio_addr *to)
{
	struct wio_tx tx = { .iov = { { bytes, len } }, .n_iov = 1, .dst = to };

	if (!len)
		return;
	if (wio_send(port->io, &tx, 1) == 1)
		port->st.tx_alone++;
	else
		port->st.io_errors++;
}

static void put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* Header, payload where it lies, CRC over both. */
static void gather(struct weft_port *port, const struct weftu_ctx *ctx, const struct weft_txd *t,
		   const void *payload)
{
	struct wio_tx *tx = &port->tx[port->n_tx];
	uint8_t *trailer = port->crc[port->n_tx++];
	uint32_t crc = weft_crc_header(t->hdr, t->hdr_len);
	uint32_t n = 0;

	tx->iov[n++] = (struct wio_iov){ t->hdr, t->hdr_len };
	if (t->len) {
		crc = weft_crc32c(crc, payload, t->len);
		tx->iov[n++] = (struct wio_iov){ payload, t->len };
	}
	if (WEFT_MUTANT(CRC_TX_2048) && t->len == 2048)
		crc ^= 1;
	if (WEFT_MUTANT(CRC_TX_ODD) && t->len & 1)
		crc ^= 1;
	put_be32(trailer, crc);
	tx->iov[n++] = (struct wio_iov){ trailer, WEFT_HDR_CRC_LEN };
	tx->n_iov = n;
	tx->entropy = t->entropy;
	tx->rsv = 0;
	tx->dst = &ctx->addr;
}

/* Operations on windows are put together in a place of the burst's own. */
static const void *pieces(struct weftu_ctx *ctx, const struct weft_txd *t, bool *ok)
{
	struct weft_port *port = ctx->port;
	uint8_t *out;

	if (!port->pieces)
		port->pieces = malloc(BURST * LS_PACKET);
	out = port->pieces ? port->pieces + port->n_tx * LS_PACKET : NULL;
	*ok = out && weftu_ls_gather(ctx, t, out);	/* no memory: lost on the way */
	return out;
}

static const void *payload_of(struct weftu_ctx *ctx, const struct weft_txd *t, bool *ok)
{
	enum weft_status st = WEFT_STATUS_OK;
	const void *p = NULL;

	*ok = true;
	switch (t->src) {
	case WEFT_SRC_NONE:
		return NULL;
	case WEFT_SRC_LS:
		return pieces(ctx, t, ok);
	case WEFT_SRC_WR:
		if (!t->stream)
			return weftu_rd_source(t);
		return (const uint8_t *)(uintptr_t)t->local + t->offset;
	case WEFT_SRC_MEM:
		p = weftu_read_source(ctx, t, &st);
		if (st == WEFT_STATUS_OK)
			return p;
		break;
	}
	*ok = false;
	ctx->port->st.refused_local++;
	weft_read_failed(ctx->pdc, t, st);
	return NULL;
}

/* Sending may be the end of a context; its last events come in another turn. */
static bool has_ended(const struct weftu_ctx *ctx)
{
	enum weft_pdc_state s = weft_pdc_state(ctx->pdc);

	return !ctx->over && (s == WEFT_PDC_STATE_CLOSED || s == WEFT_PDC_STATE_FAILED);
}

/* Sends what a context has, a burst at most.  True if it may have more. */
static bool send_ctx(struct weft_port *port, struct weftu_ctx *ctx, weft_time now)
{
	uint32_t at = port->n_tx, want = BURST - at;
	size_t n;
	bool more;

	weftu_pools_ready(port);
	n = weft_tx(ctx->pdc, port->txd + at, want, now);
	more = n == want || has_ended(ctx);	/* in this order */
	for (size_t i = 0; i < n; i++) {
		const struct weft_txd *t = &port->txd[at + i];
		bool ok;
		const void *payload = payload_of(ctx, t, &ok);

		if (ok)
			gather(port, ctx, t, payload);
		else
			more = true;	/* the refusal is to be sent */
	}
	/* Packets left out leave their descriptors unused until the burst is gone. */
	if (port->n_tx < at + n || port->n_tx == BURST)
		flush(port);
	return more;
}

static void put_on(struct weftu_ctx ***tail, struct weftu_ctx *ctx)
{
	ctx->active_next = NULL;
	**tail = ctx;
	*tail = &ctx->active_next;
}

/* Whose turn it is to be granted something has a packet to send. */
static void grant(struct weft_port *port, weft_time now)
{
	struct weft_pdc *out[ACTS];
	size_t n;

	while ((n = weft_grantor_run(&port->grantor, out, ACTS, now)))
		for (size_t i = 0; i < n; i++)
			weftu_activate(weft_pdc_host(out[i]));
}

/* Contexts are settled, and perhaps freed, only when the burst that points to them has gone. */
static void transmit(struct weft_port *port, weft_time now)
{
	struct weftu_ctx *ctx, *more = NULL, **more_tail = &more;
	struct weftu_ctx *idle = NULL, **idle_tail = &idle;

	if (!flush_late(port))
		return;		/* contexts stay on the list */
	grant(port, now);
	while (port->sent + port->n_tx < TURN_PKTS && port->late_at == port->late_n &&
	       (ctx = pop_active(port)))
		put_on(send_ctx(port, ctx, now) ? &more_tail : &idle_tail, ctx);
	flush(port);
	while ((ctx = idle)) {
		idle = ctx->active_next;
		weftu_ctx_settle(ctx);
	}
	while ((ctx = more)) {
		more = ctx->active_next;
		weftu_activate(ctx);
	}
}

/* ---- The turn -------------------------------------------------------------------- */

static int receive(struct weft_port *port, weft_time now)
{
	int n = wio_recv(port->io, port->rx, BURST);

	for (int i = 0; i < n; i++)
		weftu_door(port, &port->rx[i], now);
	if (n > 0)
		port->done_something = true;
	return n;
}

static void fire_timers(struct weft_port *port, weft_time now)
{
	struct weftu_timer *t;

	while ((t = weftu_heap_top(&port->timers)) && t->due <= now) {
		weftu_heap_set(&port->timers, t, WEFT_NEVER);
		t->fire(t, now);
		port->done_something = true;
	}
}

static void work_ctx(struct weft_port *port, struct weftu_ctx *ctx, weft_time now)
{
	size_t n;

	while ((n = weft_work(ctx->pdc, port->acts, ACTS, now))) {
		for (size_t i = 0; i < n; i++)
			weftu_act(ctx, &port->acts[i], NULL);
		port->done_something = true;
	}
	weftu_connect_waiting(ctx);
	weftu_reject_waiting(ctx);
	weftu_windows_leave(ctx);
}

/* The carriage is gone, and with it every context. */
static int die(struct weft_port *port, int err, weft_time now)
{
	port->dead = true;
	for (uint32_t i = 0; i < port->ctx_ids.size; i++) {
		struct weftu_ctx *ctx = port->ctx_ids.slots[i].val;

		if (!ctx)
			continue;
		weft_pdc_abort(ctx->pdc, WEFT_STATUS_RETRY_EXCEEDED, false);
		work_ctx(port, ctx, now);
		ctx->over = true;
		weftu_ctx_settle(ctx);
	}
	port->active = NULL;
	port->active_tail = &port->active;
	return weftu_fail(port, err, "carriage %s has failed: %s", wio_url(port->io),
			  strerror(-err));
}

/*
 * May what is to be sent wait for the next turn?  Then an answer of the user's leaves together with
 * the acknowledgements that gave rise to it, in one system call instead of two.  It may if he was
 * told something, and will be back; or if he turns the port so fast that it makes no difference.
 */
static bool next_turn_is_soon(const struct weft_port *port, weft_time gap)
{
	return port->told || gap < SPIN_NS;
}

int weft_progress(struct weft_port *port)
{
	weft_time now = weftu_now(port), gap = now - port->turned_at;
	int r;

	if (port->dead)
		return -ENETDOWN;
	port->done_something = false;
	port->sent = 0;
	port->turned_at = now;
	if (port->deferred)
		transmit(port, now);
	port->told = false;
	r = receive(port, now);
	if (r < 0)
		return die(port, r, now);
	fire_timers(port, now);
	for (struct weftu_ctx *ctx = port->active; ctx; ctx = ctx->active_next)
		work_ctx(port, ctx, now);
	port->deferred = next_turn_is_soon(port, gap);
	if (!port->deferred)
		transmit(port, now);
	return port->done_something || port->active ? 1 + r : 0;
}

uint64_t weft_deadline_ns(struct weft_port *port)
{
	struct weftu_timer *t = weftu_heap_top(&port->timers);
	weft_time now = weftu_now(port);
	weft_time grants = weft_grantor_deadline(&port->grantor);
	uint64_t ns = !t ? WEFT_FOREVER : t->due <= now ? 0 : t->due - now;

	if (grants != WEFT_NEVER && grants - now < ns)
		ns = grants > now ? grants - now : 0;

	if (port->late_at != port->late_n)
		return ns < NO_FD_NS ? ns : NO_FD_NS;
	return port->active ? 0 : ns;
}

static int sleep_for(struct weft_port *port, uint64_t ns)
{
	struct pollfd p = { .fd = wio_fd(port->io), .events = POLLIN };
	struct timespec t;

	if (p.fd < 0 && ns > NO_FD_NS)
		ns = NO_FD_NS;
	if (ns > 3600 * WEFT_SECOND)
		ns = 3600 * WEFT_SECOND;
	t.tv_sec = (time_t)(ns / WEFT_SECOND);
	t.tv_nsec = (long)(ns % WEFT_SECOND);
	return ppoll(&p, p.fd < 0 ? 0 : 1, &t, NULL) < 0 ? -errno : 0;
}

int weft_wait(struct weft_port *port, uint64_t timeout_ns)
{
	weft_time start = weftu_now(port);
	uint64_t end = timeout_ns < WEFT_NEVER - start ? start + timeout_ns : WEFT_NEVER;

	for (;;) {
		int r = weft_progress(port);
		weft_time now = weftu_now(port);
		uint64_t ns;

		if (r)
			return r;
		if (now >= end)
			return 0;
		ns = weft_deadline_ns(port);
		if (ns > end - now)
			ns = end - now;
		r = port->virtual_clock || !ns ? 0 : sleep_for(port, ns);
		if (r)
			return weftu_fail(port, r, "waiting for the carriage: %s", strerror(-r));
	}
}
