/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Datagram queues: their receive buffers, and the unreliable datagrams, which need no context.
 * Reliable ones are dgram_rd.c's.
 */
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/lib.h"

#define DEPTH 64u		/* unless the user says otherwise */

/* ---- Making ---------------------------------------------------------------------- */

static bool depth_ok(uint32_t d)
{
	return d && d <= 4096;
}

static int check(const struct weft_dgram_queue *q, const struct weft_dgram_opts *o)
{
	const char *what = NULL;

	if (!depth_ok(q->send_depth))
		what = "send_depth: at most 4096";
	else if (!depth_ok(q->recv_depth) || q->recv_depth & (q->recv_depth - 1u))
		what = "recv_depth: a power of two up to 4096";
	else if (q->domain > DOMAIN_MAX)
		what = "domain: at most 24 bits";
	else if (o->qpn > DOMAIN_MAX)
		what = "qpn: at most 24 bits";
	else if (o->cq && o->cq->port != q->port)
		what = "cq: one of the same port";
	return what ? weftu_fail(q->port, -EINVAL, "datagram queue option %s", what) : 0;
}

static int give_cq(struct weft_dgram_queue *q, struct weft_cq *cq)
{
	int err = 0;

	if (!cq) {
		err = weft_cq_create(q->port, &cq);
		q->own_cq = !err;
	}
	if (!err)
		err = weftu_cq_reserve(cq, (uint32_t)q->send_depth + q->recv_depth);
	if (err && q->own_cq)
		weft_cq_destroy(cq);
	if (err)
		return err;
	q->cq = cq;
	cq->eps++;
	return 0;
}

static int give_number(struct weft_dgram_queue *q, uint32_t wanted)
{
	struct weft_port *port = q->port;

	if (wanted && weftu_map_get(&port->dgrams, wanted))
		return weftu_fail(port, -EEXIST, "datagram queue %#x is open already", wanted);
	if (port->dgrams.used >= DGRAMS_MAX)
		return weftu_fail(port, -ENOSPC, "no room for another datagram queue: %u are open",
				  port->dgrams.used);
	for (q->qpn = wanted; !q->qpn || (!wanted && weftu_map_get(&port->dgrams, q->qpn));)
		q->qpn = (uint32_t)weftu_random(port) & DOMAIN_MAX;
	if (!weftu_map_put(&port->dgrams, q->qpn, q))
		return weftu_fail(port, -ENOMEM, "out of memory for a datagram queue");
	return 0;
}

static int equip(struct weft_dgram_queue *q, struct weft_cq *cq, uint32_t wanted)
{
	struct weft_port *port = q->port;
	int err;

	q->bufs = calloc(q->recv_depth, sizeof(*q->bufs));
	q->origins = calloc(q->recv_depth, sizeof(*q->origins));
	if (!q->bufs || !q->origins)
		return weftu_fail(port, -ENOMEM, "out of memory for a datagram queue");
	err = give_number(q, wanted);
	if (err)
		return err;
	err = give_cq(q, cq);
	if (err)
		weftu_map_del(&port->dgrams, q->qpn);
	return err;
}

int weft_dgram_open(struct weft_port *port, const struct weft_dgram_opts *opts,
		    struct weft_dgram_queue **out)
{
	static const struct weft_dgram_opts none;
	const struct weft_dgram_opts *o = opts ? opts : &none;
	struct weft_dgram_queue *q = calloc(1, sizeof(*q));
	int err;

	*out = NULL;
	if (!q)
		return weftu_fail(port, -ENOMEM, "out of memory for a datagram queue");
	q->port = port;
	q->user = o->user;
	q->qkey = o->qkey;
	q->domain = o->domain_given ? o->domain : port->o.domain;
	q->send_depth = o->send_depth ? o->send_depth : DEPTH;
	q->recv_depth = o->recv_depth ? o->recv_depth : DEPTH;
	err = check(q, o);
	if (!err)
		err = equip(q, o->cq, o->qpn);
	if (err) {
		free(q->bufs);
		free(q->origins);
		free(q);
		return err;
	}
	*out = q;
	return 0;
}

void weft_dgram_close(struct weft_dgram_queue *q)
{
	if (!q)
		return;
	weftu_rd_leave(q);
	weftu_cq_forget(q->cq, NULL, NULL, q);
	weftu_cq_release(q->cq, (uint32_t)q->send_depth + q->recv_depth);
	q->cq->eps--;
	if (q->own_cq)
		weft_cq_destroy(q->cq);
	weftu_map_del(&q->port->dgrams, q->qpn);
	free(q->bufs);
	free(q->origins);
	free(q);
}

void weftu_dgrams_close(struct weft_port *port)
{
	struct weft_dgram_queue *q;
	uint32_t at = 0;

	while ((q = weftu_map_next(&port->dgrams, &at))) {
		weft_dgram_close(q);
		at = 0;
	}
	weftu_map_fini(&port->dgrams);
}

/* ---- Receiving ------------------------------------------------------------------- */

int weft_dgram_recv(struct weft_dgram_queue *q, void *buf, uint32_t len, uint64_t id)
{
	if (!buf && len)
		return weftu_fail(q->port, -EINVAL, "no buffer for %u bytes", len);
	if (q->r_unpolled == q->recv_depth)
		return weftu_fail(q->port, -EAGAIN, "%u receive buffers are posted, as many as "
				  "recv_depth allows: poll completions", q->recv_depth);
	q->bufs[q->r_posted++ & (q->recv_depth - 1u)] =
		(struct weftu_dbuf){ .id = id, .buf = buf, .len = len };
	q->r_unpolled++;
	return 0;
}

void weftu_dgram_received(struct weft_dgram_queue *q, uint8_t op, const uint8_t *data,
			  const struct weft_wc *wc, const struct weftu_origin *from)
{
	struct weftu_dbuf *b = &q->bufs[q->r_done++ & (q->recv_depth - 1u)];
	struct weft_completion *c = weftu_cq_push(q->cq);

	if (wc->len)
		memcpy(b->buf, data, wc->len);
	q->origins[q->r_got & (q->recv_depth - 1u)] = *from;	/* WEFT-DGM-006 */
	c->dgram = q;
	c->id = b->id;
	c->op = op;
	c->len = wc->len;
	c->value = q->r_got++;		/* for weft_dgram_source() */
	if (wc->flags & WEFT_OFLAGS_SE)
		c->flags |= WEFT_SOLICITED;
	if (wc->flags & WEFT_OFLAGS_IMM) {
		c->flags |= WEFT_HAS_IMM;
		c->imm = wc->imm;
	}
}

int weft_dgram_source(const struct weft_dgram_queue *q, const struct weft_completion *c,
		      struct weft_source *s)
{
	const struct weftu_origin *o;

	if (c->dgram != q || (c->op != WEFT_OP_RECV_UD && c->op != WEFT_OP_RECV_RD))
		return weftu_fail(q->port, -EINVAL, "not the completion of a datagram received "
				  "by this queue");
	if (q->r_got - c->value > q->recv_depth)
		return weftu_fail(q->port, -ESTALE, "%u datagrams have been received since",
				  q->recv_depth);
	o = &q->origins[c->value & (q->recv_depth - 1u)];
	memset(s, 0, sizeof(*s));
	s->chip_id = o->chip_id;
	s->qpn = o->qpn;
	wio_addr_str(&o->addr, s->addr);
	return 0;
}

/* WEFT-DGM-004, WEFT-DGM-005: whatever becomes of it, nobody is answered. */
void weftu_dgram_packet(struct weft_port *port, const struct weft_view *v,
			const struct wio_addr *from)
{
	const struct weft_hdr_dgram *h = &v->b.dgram.h;
	struct weft_dgram_queue *q = weftu_map_get(&port->dgrams, h->dst_qpn);
	struct weftu_origin o = { .qpn = h->src_qpn, .addr = *from };
	struct weft_wc wc = { .len = h->length, .flags = h->flags, .imm = v->b.dgram.imm.imm };
	struct weft_dgram_sink sink = { 0 };
	enum weft_drop why = WEFT_DROP_TYPE;

	if (q) {
		sink.qkey = q->qkey;
		sink.domain = q->domain;
		sink.buffer = q->r_done != q->r_posted;
		sink.room = q->bufs[q->r_done & (q->recv_depth - 1u)].len;
	}
	if (port->self.limits.features & WEFT_FEATURES_UD)
		why = weft_dgram_judge(v, q ? &sink : NULL);
	port->st.sum.rx_pkts++;
	if (why != WEFT_DROP_NONE) {
		port->st.sum.drop[why]++;
		return;
	}
	port->st.sum.rx_bytes += h->length;
	weftu_dgram_received(q, WEFT_OP_RECV_UD, v->payload, &wc, &o);
}

/* ---- Sending --------------------------------------------------------------------- */

void weftu_dgram_sent(struct weft_dgram_queue *q, uint8_t op, uint64_t id, bool quiet,
		      enum weft_status st)
{
	struct weft_completion *c;

	if (quiet && st == WEFT_STATUS_OK) {
		q->s_unpolled--;
		return;
	}
	c = weftu_cq_push(q->cq);
	c->dgram = q;
	c->id = id;
	c->op = op;
	c->status = (uint8_t)st;
}

static size_t build(struct weft_dgram_queue *q, const struct weft_datagram *d, unsigned flags,
		    uint8_t *out)
{
	struct weft_dgram p = {
		.dst_qpn = d->qpn, .src_qpn = q->qpn, .qkey = d->qkey, .domain = q->domain,
		.psn = q->psn, .len = (uint16_t)d->len, .imm = d->imm,
		.entropy = (uint16_t)(ENTROPY_BASE | (q->qpn & 0x3fff)),
	};

	if (flags & WEFT_ALERT)
		p.flags |= WEFT_OFLAGS_SE;
	if (flags & WEFT_WITH_IMM)
		p.flags |= WEFT_OFLAGS_IMM;
	return weft_dgram_build(out, &p);
}

/* 1: it is sent, 0: the carriage is full, negative: it cannot be. */
static int put(struct weft_dgram_queue *q, const struct weft_dest *dest,
	       const struct weft_datagram *d, unsigned flags)
{
	uint8_t head[WEFT_DGRAM_HDR_MAX], trailer[WEFT_HDR_CRC_LEN];
	size_t len = build(q, d, flags, head);
	struct wio_tx tx = { .iov = { { head, len }, { d->buf, d->len },
				      { trailer, sizeof(trailer) } },
			     .n_iov = 3, .entropy = (uint16_t)(ENTROPY_BASE | (q->qpn & 0x3fff)),
			     .dst = &dest->addr };
	uint32_t crc = weft_crc32c(weft_crc_header(head, len), d->buf, d->len);

	trailer[0] = (uint8_t)(crc >> 24);
	trailer[1] = (uint8_t)(crc >> 16);
	trailer[2] = (uint8_t)(crc >> 8);
	trailer[3] = (uint8_t)crc;
	return wio_send(q->port->io, &tx, 1);
}

/* WEFT-DGM-007 */
static enum weft_status fate(struct weft_dgram_queue *q, struct weft_dest *dest,
			     const struct weft_datagram *d)
{
	if (q->failed)
		return WEFT_STATUS_FLUSHED;
	if (!dest->way)
		dest->way = wio_mtu(q->port->io, &dest->addr);
	if (!dest->way)
		return WEFT_STATUS_OP_FAILED;
	return d->len > UINT16_MAX || d->len + DGRAM_OVERHEAD > dest->way ?
	       WEFT_STATUS_LOCAL_LENGTH : WEFT_STATUS_OK;
}

static int ud_send(struct weft_dgram_queue *q, struct weft_dest *dest,
		   const struct weft_datagram *d, uint64_t id, unsigned flags)
{
	struct weft_port *port = q->port;
	enum weft_status st;
	int r = 1;

	if (!weftu_offers_ud(port, &dest->addr))
		return weftu_fail(port, -EOPNOTSUPP, "this side or the chip there does not offer "
				  "unreliable datagrams");
	st = fate(q, dest, d);
	if (st == WEFT_STATUS_OK)
		r = put(q, dest, d, flags);
	if (!r)
		return weftu_fail(port, -EAGAIN, "the carriage is full: turn the port");
	if (r < 0)
		st = WEFT_STATUS_OP_FAILED;
	if (st == WEFT_STATUS_OK) {
		q->psn += !WEFT_MUTANT(UD_COUNT_NONE);	/* WEFT-DGM-002 */
		port->st.sum.tx_pkts++;
		port->st.sum.tx_bytes += d->len;
	} else {
		q->failed = true;
	}
	q->s_unpolled++;
	weftu_dgram_sent(q, WEFT_OP_UD_SEND, id, flags & WEFT_QUIET, st);
	return 0;
}

int weft_dgram_resume(struct weft_dgram_queue *q)
{
	if (!q->failed)
		return weftu_fail(q->port, -EALREADY, "no datagram of this queue has failed");
	q->failed = false;
	return 0;
}

int weft_dgram_send(struct weft_dgram_queue *q, struct weft_dest *dest,
		    const struct weft_datagram *d, uint64_t id, unsigned flags)
{
	unsigned unknown = flags & ~(WEFT_QUIET | WEFT_ALERT | WEFT_RELIABLE | WEFT_WITH_IMM);

	if (unknown)
		return weftu_fail(q->port, -EINVAL, "unknown flags %#x", unknown);
	if ((!d->buf && d->len) || !d->qpn || d->qpn >> 24 || dest->port != q->port)
		return weftu_fail(q->port, -EINVAL, "datagram: give a buffer, a queue number of 24 "
				  "bits and a destination of the same port");
	if (q->s_unpolled == q->send_depth)
		return weftu_fail(q->port, -EAGAIN, "%u datagrams are posted, as many as "
				  "send_depth allows: poll completions", q->send_depth);
	return flags & WEFT_RELIABLE ? weftu_rd_send(q, dest, d, id, flags) :
				       ud_send(q, dest, d, id, flags);
}

/* ---- What a queue is ------------------------------------------------------------- */

uint32_t weft_dgram_qpn(const struct weft_dgram_queue *q)
{
	return q->qpn;
}

struct weft_cq *weft_dgram_cq(const struct weft_dgram_queue *q)
{
	return q->cq;
}

uint32_t weft_dgram_send_room(const struct weft_dgram_queue *q)
{
	return q->send_depth - q->s_unpolled;
}

uint32_t weft_dgram_recv_room(const struct weft_dgram_queue *q)
{
	return q->recv_depth - q->r_unpolled;
}
