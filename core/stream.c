/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The life of a stream: making, work and rest, failing, taking off its context.  Messages are
 * requester.c's and responder.c's.
 */
#include "core/manage.h"
#include "core/pdc.h"

static bool power_of_two(uint32_t x)
{
	return x && !(x & (x - 1));
}

static bool shape_ok(const struct weft_stream_cfg *c)
{
	return power_of_two(c->sq_depth) && c->sq_depth <= 4096 &&
	       power_of_two(c->window) && c->window <= 256 && c->reads &&
	       c->reads <= c->window && c->rnr_retry <= 7;
}

static bool cfg_ok(const struct weft_stream_cfg *c)
{
	return c->qpn && c->qpn < 1u << 24 && shape_ok(c);
}

static size_t head_bytes(void)
{
	return (sizeof(struct weft_stream) + 7) & ~(size_t)7;
}

static size_t run_bytes(const struct weft_stream_cfg *c)
{
	return sizeof(struct stream_run) + c->sq_depth * sizeof(struct sqe) +
	       c->window * sizeof(struct msg);
}

/* What decides the layout of a block. */
static uint64_t shape(const struct weft_stream_cfg *c)
{
	return (uint64_t)c->sq_depth << 16 | c->window;
}

size_t weft_stream_block(const struct weft_stream_cfg *c)
{
	return shape_ok(c) ? run_bytes(c) : 0;
}

size_t weft_stream_size(const struct weft_stream_cfg *c)
{
	if (!cfg_ok(c) || (c->pool && c->pool->block < run_bytes(c)))
		return 0;
	return head_bytes() + (c->pool ? 0 : run_bytes(c));
}

/* ---- work and rest ------------------------------------------------------------------ */

static void use_block(struct weft_stream *s, void *block)
{
	s->run = block;
	s->run->msgs = (struct msg *)(void *)(sqe_of(s, 0) + s->cfg.sq_depth);
}

/* WEFT-PDC-060 */
bool stream_take_block(struct weft_stream *s)
{
	void *block = blocks_take(s->cfg.pool);

	if (!block)
		return false;
	use_block(s, block);
	return true;
}

static bool at_rest(const struct weft_stream *s)
{
	return !s->out && !s->n_msgs && s->head == s->tail && s->rsp_next == s->exp &&
	       !s->nak_due && !s->tack_due && s->late_status == WEFT_STATUS_OK &&
	       !s->run->cut &&
	       !s->run->link[RING_REQ].next && !s->run->link[RING_RSP].next &&
	       !s->run->link[RING_RNR].next;
}

/* Something has come to an end: perhaps everything. */
void stream_settle(struct weft_stream *s)
{
	if (!s->cfg.pool || !s->run || !at_rest(s))
		return;
	s->run->rnr_tries = 0;		/* the next stream's patience is its own: WEFT-SEM-034 */
	blocks_give(s->cfg.pool, s->run);
	s->run = NULL;
}

/* The stream goes, whatever it was doing. */
static void give_back(struct weft_stream *s)
{
	if (!s->cfg.pool || !s->run)
		return;
	memset(s->run, 0, run_bytes(&s->cfg));
	blocks_give(s->cfg.pool, s->run);
	s->run = NULL;
}

/* ---- the life of a stream ----------------------------------------------------------- */

int weft_stream_init(struct weft_pdc *p, void *mem, const struct weft_stream_cfg *cfg,
		     struct weft_stream **out)
{
	struct weft_stream *s = mem;
	size_t size = weft_stream_size(cfg);

	if (!size || (cfg->pool && !blocks_fit(cfg->pool, run_bytes(cfg), shape(cfg))))
		return WEFT_EINVAL;
	if (!pdc_live(p) || p->state == WEFT_PDC_STATE_CLOSING ||
	    (p->close_asked && !WEFT_MUTANT(STREAM_AFTER_CLOSE)))
		return WEFT_ESTATE;
	if (stream_find(p, cfg->qpn))
		return WEFT_EEXIST;
	if (p->n_streams >= p->prof->max_streams)
		return WEFT_EFULL;
	memset(mem, 0, size);
	s->pdc = p;
	s->cfg = *cfg;
	s->state = WEFT_STREAM_STATE_IDLE;
	s->held = s->held_tail = NO_IDX;
	if (!cfg->pool)
		use_block(s, (uint8_t *)mem + head_bytes());
	stream_put(p, s);
	p->want_close = false;		/* the idle time wanted it */
	*out = s;
	return WEFT_OK;
}

struct orphans {		/* what the peer was not known to have */
	bool refusal, answers;
};

/* A record of the stream says this now, without the stream. */
static void leave(struct weft_stream *s, struct txrec *r, uint32_t msn, enum weft_status st)
{
	r->kind = TX_REFUSAL;
	r->msn = msn;
	r->slot = (uint8_t)st;
	r->off = s->peer_qpn;
	r->s = NULL;
	s->out--;
}

/*
 * Packets of the stream that are outstanding become NOPs (WEFT-RTX-009), but for a refusal and a
 * TACK (WEFT-SEM-094), which need no stream to be said.
 */
static void orphan(struct weft_stream *s, struct orphans *o)
{
	struct weft_pdc *p = s->pdc;

	for (uint32_t psn = p->una; psn != p->nxt; psn++) {
		struct txrec *r = txrec_of(p, psn);

		if (r->acked || r->s != s)
			continue;
		if (r->kind == TX_NAK && r->off != WEFT_STATUS_RNR && s->peer_qpn) {
			o->refusal |= r->slot != NAK_GONE;
			leave(s, r, r->msn, (enum weft_status)r->off);
			continue;
		}
		if (r->kind == TX_TACK && s->peer_qpn && !WEFT_MUTANT(LAST_TACK_LOST)) {
			leave(s, r, s->exp - 1, WEFT_STATUS_OK);
			continue;
		}
		o->answers |= r->kind == TX_READ_RSP || r->kind == TX_ATOMIC_RSP;
		retx_orphan(p, r);
	}
	for (uint32_t psn = p->rx_cum; psn != p->rx_max; psn++) {
		struct rxrec *x = rxrec_of(p, psn);

		if (x->s == s && !WEFT_MUTANT(RECORDS_SURVIVE))
			x->s = NULL;
	}
}

static void tell_end(struct weft_stream *s, enum weft_ep_reason reason)
{
	if ((s->told && !WEFT_MUTANT(END_TOLD_TWICE)) || !s->peer_qpn || !pdc_live(s->pdc) ||
	    s->pdc->state == WEFT_PDC_STATE_CLOSING)
		return;
	/* If there is no room, the peer finds out by NO_STREAM. */
	s->told = ep_owe(s->pdc, TX_DISCONNECT, s->peer_qpn, s->cfg.qpn, (uint8_t)reason);
}

/*
 * WEFT-SEM-049: a refusal that the peer may not have yet is still told, and is all that the peer
 * needs to know, unless earlier requests of it stay without an answer.  It says as much as a TACK
 * does (WEFT-SEM-094).
 */
static void part(struct weft_stream *s, enum weft_ep_reason reason)
{
	struct orphans o = { .answers = s->rsp_next != s->exp };

	orphan(s, &o);
	if (s->nak_due && s->run->nak_status != WEFT_STATUS_RNR && s->peer_qpn && pdc_live(s->pdc))
		o.refusal |= ep_owe(s->pdc, TX_REFUSAL, s->peer_qpn, s->run->nak_msn,
				     s->run->nak_status);
	else if (s->tack_due && s->peer_qpn && pdc_live(s->pdc) && !WEFT_MUTANT(LAST_TACK_LOST))
		ep_owe(s->pdc, TX_REFUSAL, s->peer_qpn, s->exp - 1, WEFT_STATUS_OK);
	if (!o.refusal || o.answers)
		tell_end(s, reason);
}

void weft_stream_fini(struct weft_stream *s, enum weft_ep_reason reason)
{
	struct weft_pdc *p = s->pdc;

	hold_drop_all(s);
	part(s, reason);
	ring_del(s, RING_REQ);
	ring_del(s, RING_RSP);
	ring_del(s, RING_WORK);
	ring_del(s, RING_RNR);
	if (!s->failing && s->head != s->tail)
		p->n_busy--;
	give_back(s);
	stream_take(p, s);
}

void stream_set_state(struct weft_stream *s, enum weft_stream_state next)
{
	weft_assert(weft_stream_legal(s->state, next));
	s->state = next;
}

/*
 * The stream fails: messages from fail_msn on are lost, the first of them with st
 * (WEFT-SEM-024).  Earlier ones may still complete, and those that are complete do, though the
 * host has not been told yet (WEFT-SEM-096).
 */
void stream_error(struct weft_stream *s, enum weft_status st, uint32_t fail_msn)
{
	while (psn_before(fail_msn, s->next) && req_complete(s, fail_msn) &&
	       !WEFT_MUTANT(ANSWERED_IN_VAIN))
		fail_msn++;
	if (s->failing) {
		/* A second cause counts only if it takes more: nothing will come any more. */
		if (psn_before(fail_msn, s->fail_msn) && !WEFT_MUTANT(FIRST_CAUSE_ONLY)) {
			s->fail_msn = fail_msn;
			s->fail_status = st;
		}
	} else {
		stream_set_state(s, WEFT_STREAM_STATE_ERROR);
		s->pdc->n_busy -= s->head != s->tail;
		s->failing = true;
		s->ev_error = true;
		s->fail_msn = fail_msn;
		/* WEFT-SEM-070: what is posted from now on is not the cause. */
		s->fail_status = fail_msn == s->tail ? WEFT_STATUS_FLUSHED : st;
		s->ev_status = st;
		s->dead = true;
		hold_drop_all(s);
		ring_del(s, RING_REQ);
		ring_del(s, RING_RNR);
	}
	ring_add(s, RING_WORK);
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

/* Told before, the peer would give no more answers, and earlier READs would never complete. */
void stream_tell_due(struct weft_stream *s)
{
	if (!s->tell_due || psn_before(s->head, s->fail_msn))
		return;
	s->tell_due = false;
	tell_end(s, WEFT_EP_REASON_ERROR);
}

/* The cause is ours and nothing else would tell the peer, whose requests wait for an answer. */
void stream_error_tell(struct weft_stream *s, enum weft_status st, uint32_t fail_msn)
{
	stream_error(s, st, fail_msn);
	s->mute = true;
	s->tell_due = true;
	stream_tell_due(s);
}

void weft_stream_fail(struct weft_stream *s, enum weft_status st)
{
	if (s->state != WEFT_STREAM_STATE_ERROR)
		stream_error_tell(s, st, s->head);
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

uint32_t weft_stream_peer_qpn(const struct weft_stream *s)
{
	return s->peer_qpn;
}

uint32_t weft_stream_pd(const struct weft_stream *s)
{
	return s->cfg.pd;
}

uint32_t weft_stream_domain(const struct weft_stream *s)
{
	return s->pdc->cfg.domain;
}

int weft_stream_set_rnr(struct weft_stream *s, uint8_t rnr_retry, uint32_t rnr_delay_ns)
{
	if (rnr_retry > 7)
		return WEFT_EINVAL;
	s->cfg.rnr_retry = rnr_retry;
	s->cfg.rnr_delay_ns = rnr_delay_ns;
	return WEFT_OK;
}

void weft_recv_posted(struct weft_stream *s, uint32_t ssn)
{
	s->credits = ssn;
}
