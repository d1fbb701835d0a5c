/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The life of a stream: making, finding, failing, taking off its context; and the rings of
 * streams that have something to do.  Messages are requester.c's and responder.c's.
 */
#include "core/pdc.h"

static bool power_of_two(uint32_t x)
{
	return x && !(x & (x - 1));
}

static bool cfg_ok(const struct weft_stream_cfg *c)
{
	return c->qpn && c->qpn < 1u << 24 && power_of_two(c->sq_depth) && c->sq_depth <= 4096 &&
	       power_of_two(c->window) && c->window <= 256 && c->reads &&
	       c->reads <= c->window && c->rnr_retry <= 7;
}

static size_t head_bytes(void)
{
	return (sizeof(struct weft_stream) + 7) & ~(size_t)7;
}

size_t weft_stream_size(const struct weft_stream_cfg *c)
{
	if (!cfg_ok(c))
		return 0;
	return head_bytes() + c->sq_depth * sizeof(struct sqe) + c->window * sizeof(struct msg);
}

static uint16_t *bucket(const struct weft_pdc *p, uint32_t qpn)
{
	return &p->hash[(qpn * 0x9e3779b1u >> 16) & (p->n_hash - 1u)];
}

struct weft_stream *stream_find(const struct weft_pdc *p, uint32_t qpn)
{
	uint16_t sid = *bucket(p, qpn);

	while (sid != NO_SID && p->streams[sid]->cfg.qpn != qpn)
		sid = p->streams[sid]->hash_next;
	return sid == NO_SID ? NULL : p->streams[sid];
}

static uint16_t free_slot(const struct weft_pdc *p)
{
	if (p->n_streams < p->prof->max_streams)
		for (uint16_t i = 0; i < p->prof->max_streams; i++)
			if (!p->streams[i])
				return i;
	return NO_SID;
}

int weft_stream_init(struct weft_pdc *p, void *mem, const struct weft_stream_cfg *cfg,
		     struct weft_stream **out)
{
	struct weft_stream *s = mem;
	size_t size = weft_stream_size(cfg);
	uint16_t sid;

	if (!size)
		return WEFT_EINVAL;
	if (!pdc_live(p) || p->state == WEFT_PDC_STATE_CLOSING ||
	    (p->close_asked && !WEFT_MUTANT(STREAM_AFTER_CLOSE)))
		return WEFT_ESTATE;
	if (stream_find(p, cfg->qpn))
		return WEFT_EEXIST;
	sid = free_slot(p);
	if (sid == NO_SID)
		return WEFT_EFULL;
	memset(mem, 0, size);
	s->pdc = p;
	s->cfg = *cfg;
	s->sid = sid;
	s->gen = p->stream_gen++;
	s->state = WEFT_STREAM_STATE_IDLE;
	s->held = s->held_tail = NO_IDX;
	s->sq = (struct sqe *)(void *)((uint8_t *)mem + head_bytes());
	s->msgs = (struct msg *)(void *)(s->sq + cfg->sq_depth);
	s->hash_next = *bucket(p, cfg->qpn);
	*bucket(p, cfg->qpn) = sid;
	p->streams[sid] = s;
	p->n_streams++;
	p->want_close = false;		/* the idle time wanted it */
	*out = s;
	return WEFT_OK;
}

/* Packets of the stream that are outstanding become NOPs (WEFT-RTX-009). */
static void orphan(struct weft_pdc *p, uint16_t sid)
{
	for (uint32_t psn = p->una; psn != p->nxt; psn++) {
		struct txrec *r = txrec_of(p, psn);

		if (!r->acked && r->sid == sid)
			retx_orphan(p, r);
	}
	for (uint32_t i = 0; i < p->prof->window; i++)
		if (p->rx[i].sid == sid && !WEFT_MUTANT(RECORDS_SURVIVE))
			p->rx[i].sid = NO_SID;
}

static void tell_end(struct weft_stream *s, enum weft_ep_reason reason)
{
	if ((s->told && !WEFT_MUTANT(END_TOLD_TWICE)) || !s->peer_qpn || !pdc_live(s->pdc) ||
	    s->pdc->state == WEFT_PDC_STATE_CLOSING)
		return;
	/* If there is no room, the peer finds out by NO_STREAM. */
	s->told = ep_owe(s->pdc, TX_DISCONNECT, s->peer_qpn, s->cfg.qpn, (uint8_t)reason);
}

void weft_stream_fini(struct weft_stream *s, enum weft_ep_reason reason)
{
	struct weft_pdc *p = s->pdc;
	uint16_t *link = bucket(p, s->cfg.qpn);

	hold_drop_all(s);
	tell_end(s, reason);
	orphan(p, s->sid);
	ring_del(p, &p->req, s, &s->req);
	ring_del(p, &p->rsp, s, &s->rsp);
	ring_del(p, &p->work, s, &s->work);
	ring_del(p, &p->rnr, s, &s->rnr);
	while (*link != s->sid)
		link = &p->streams[*link]->hash_next;
	*link = s->hash_next;
	p->streams[s->sid] = NULL;
	p->n_streams--;
}

void stream_set_state(struct weft_stream *s, enum weft_stream_state next)
{
	weft_assert(weft_stream_legal(s->state, next));
	s->state = next;
}

/*
 * The stream fails: messages from fail_msn on are lost, the first of them with st
 * (WEFT-SEM-024).  Earlier ones may still complete.
 */
void stream_error(struct weft_stream *s, enum weft_status st, uint32_t fail_msn)
{
	if (s->failing) {
		/* A second cause counts only if it takes more: nothing will come any more. */
		if (psn_before(fail_msn, s->fail_msn) && !WEFT_MUTANT(FIRST_CAUSE_ONLY)) {
			s->fail_msn = fail_msn;
			s->fail_status = st;
		}
	} else {
		stream_set_state(s, WEFT_STREAM_STATE_ERROR);
		s->failing = true;
		s->ev_error = true;
		s->fail_msn = fail_msn;
		s->fail_status = st;
		s->ev_status = st;
		s->dead = true;
		hold_drop_all(s);
		ring_del(s->pdc, &s->pdc->req, s, &s->req);
		ring_del(s->pdc, &s->pdc->rnr, s, &s->rnr);
	}
	ring_add(s->pdc, &s->pdc->work, s, &s->work);
}

/* We refused a request of the peer's with st: our own work on the stream ends too. */
void stream_refused(struct weft_stream *s, enum weft_status st)
{
	bool first = !s->failing;

	stream_error(s, WEFT_STATUS_FLUSHED, s->head);
	if (!first)
		return;
	s->ev_status = st;
	s->ev_refused = true;
}

/* The cause is ours and nothing else would tell the peer, whose requests wait for an answer. */
void stream_error_tell(struct weft_stream *s, enum weft_status st, uint32_t fail_msn)
{
	stream_error(s, st, fail_msn);
	s->mute = true;
	tell_end(s, WEFT_EP_REASON_ERROR);
}

void weft_stream_fail(struct weft_stream *s, enum weft_status st)
{
	if (s->state != WEFT_STREAM_STATE_ERROR)
		stream_error_tell(s, st, s->head);
}

/* ---- rings -------------------------------------------------------------------------- */

static struct link *link_in(struct weft_pdc *p, struct ring *r, struct weft_stream *s)
{
	return r == &p->req ? &s->req : r == &p->rsp ? &s->rsp :
	       r == &p->work ? &s->work : &s->rnr;
}

void ring_add(struct weft_pdc *p, struct ring *r, struct weft_stream *s, struct link *l)
{
	struct link *first, *last;

	if (l->on)
		return;
	l->on = true;
	if (r->head == NO_SID) {
		r->head = l->next = l->prev = s->sid;
		return;
	}
	first = link_in(p, r, p->streams[r->head]);
	last = link_in(p, r, p->streams[first->prev]);
	l->next = r->head;
	l->prev = first->prev;
	last->next = s->sid;
	first->prev = s->sid;
}

void ring_del(struct weft_pdc *p, struct ring *r, struct weft_stream *s, struct link *l)
{
	if (!l->on)
		return;
	l->on = false;
	if (l->next == s->sid) {
		r->head = NO_SID;
		return;
	}
	link_in(p, r, p->streams[l->prev])->next = l->next;
	link_in(p, r, p->streams[l->next])->prev = l->prev;
	if (r->head == s->sid)
		r->head = l->next;
}

void ring_turn(struct weft_pdc *p, struct ring *r)
{
	r->head = link_in(p, r, p->streams[r->head])->next;
}

/* ---- what hosts ask ----------------------------------------------------------------- */

void *weft_stream_host(const struct weft_stream *s)
{
	return s->cfg.host;
}

struct weft_pdc *weft_stream_pdc(const struct weft_stream *s)
{
	return s->pdc;
}

enum weft_stream_state weft_stream_state(const struct weft_stream *s)
{
	return s->state;
}

uint32_t weft_stream_qpn(const struct weft_stream *s)
{
	return s->cfg.qpn;
}

uint32_t weft_stream_pd(const struct weft_stream *s)
{
	return s->cfg.pd;
}

uint32_t weft_stream_domain(const struct weft_stream *s)
{
	return s->pdc->cfg.domain;
}

void weft_recv_posted(struct weft_stream *s, uint32_t ssn)
{
	s->credits = ssn;
}
