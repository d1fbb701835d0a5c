/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The life of a context: its memory, its states, its end.  Packets are rx.c's and tx.c's.
 */
#include "core/pdc.h"

#define REST_NS 10000000u		/* for how long a resting context avoids paths */
#define HALF_OPEN_NS 10000000000ull	/* without an idle time: for an opener to show itself */

static bool ports_ok(const struct weft_pdc_cfg *c)
{
	return c->n_ports <= WEFT_MAX_PORTS && c->peer_ports <= WEFT_MAX_PORTS &&
	       (!c->planes || c->n_ports == c->peer_ports);
}

static bool cfg_ok(const struct weft_pdc_cfg *c)
{
	return c->profile && c->profile->at.total && c->peer && c->stats &&
	       c->pdc_id && c->pdc_id < 1u << 24 && c->domain < 1u << 24 &&
	       (c->mode == WEFT_MODE_RUD || c->mode == WEFT_MODE_ROD) && c->gen < 4 &&
	       c->mtu_payload >= WEFT_MIN_PAYLOAD &&
	       (!c->mtu || c->mtu >= c->mtu_payload + WEFT_OVERHEAD) &&
	       c->n_paths && c->n_paths <= c->profile->max_paths && ports_ok(c);
}

static size_t head_bytes(void)
{
	return (sizeof(struct weft_pdc) + 7) & ~(size_t)7;
}

size_t weft_pdc_size(const struct weft_pdc_cfg *c)
{
	return cfg_ok(c) ? head_bytes() + (c->profile->pool ? 0 : c->profile->at.total) : 0;
}

/* ---- work and rest ------------------------------------------------------------------ */

static void use_block(struct weft_pdc *p, void *block)
{
	const struct weft_layout *l = &p->prof->at;
	uint8_t *mem = block;

	p->run = block;
	rings_begin(p, block);
	p->have = (uint64_t *)(void *)(mem + l->have);
	p->done = (uint64_t *)(void *)(mem + l->done);
	p->hold_free = (uint16_t *)(void *)(mem + l->hold_free);
	p->hold_release = (uint16_t *)(void *)(mem + l->hold_release);
	p->trims = (struct trims *)(void *)(mem + l->trims);
	p->run_psn = p->nxt;
	p->n_hold_free = p->hold_mark = 0;
	p->block_due = WEFT_NEVER;
	path_begin(p, (struct path_set *)(void *)(mem + l->paths));
}

static void leave_block(struct weft_pdc *p, bool rests)
{
	path_end(p, rests);
	rings_end(p);
	blocks_give(p->prof->pool, p->run);
	p->run = NULL;
	p->have = p->done = NULL;
	p->hold_free = p->hold_release = NULL;
	p->trims = NULL;
	p->block_due = WEFT_NEVER;
}

/* WEFT-PDC-060 */
bool pdc_take_block(struct weft_pdc *p)
{
	void *block = blocks_take(p->prof->pool);

	if (!block)
		return false;
	use_block(p, block);
	return true;
}

static bool at_rest(const struct weft_pdc *p)
{
	return p->una == p->nxt && p->rx_cum == p->rx_max && !p->n_owed && !p->ctrl_queued &&
	       p->n_hold_free == p->hold_mark && !p->n_hold_release && !p->n_trims;
}

/* A turn ends: with nothing to remember, the block goes to those who have work. */
void pdc_settle(struct weft_pdc *p, weft_time now)
{
	if (!p->prof->pool || !p->run)
		return;
	if (!at_rest(p)) {
		p->block_due = WEFT_NEVER;
		return;
	}
	if (path_worth(p) && p->block_due > now) {	/* paths to avoid are worth remembering */
		if (p->block_due == WEFT_NEVER)
			p->block_due = now + REST_NS;
		return;
	}
	path_reset(p);
	leave_block(p, true);
}

void weft_pdc_fini(struct weft_pdc *p)
{
	if (p->cfg.grantor)
		grantor_leave(p->cfg.grantor, p);
	if (!p->prof->pool || !p->run)
		return;
	memset(p->run, 0, p->prof->at.total);
	leave_block(p, false);
}

/* ---- the life of a context ---------------------------------------------------------- */

static struct weft_pdc *make(void *mem, const struct weft_pdc_cfg *cfg, weft_time now)
{
	struct weft_pdc *p = mem;

	if (!cfg_ok(cfg))
		return NULL;
	memset(mem, 0, weft_pdc_size(cfg));
	p->prof = cfg->profile;
	p->st = cfg->stats;
	p->cfg = *cfg;
	p->cfg.n_ports = cfg->n_ports ? cfg->n_ports : 1;
	p->cfg.peer_ports = cfg->peer_ports ? cfg->peer_ports : 1;
	p->state = WEFT_PDC_STATE_IDLE;
	p->peer_window = cfg->peer_window ? cfg->peer_window : WEFT_INITIAL_WINDOW;
	p->peer_payload = cfg->peer_payload ? cfg->peer_payload : WEFT_INITIAL_PAYLOAD;
	p->tx_start = cfg->peer->tx_next++;
	p->una = p->tx_start;
	p->nxt = p->tx_start;
	p->peer_edge = p->tx_start + p->peer_window;
	p->order = p->lost = (struct txlist){ NO_IDX, NO_IDX };
	p->rnr_due = p->block_due = WEFT_NEVER;
	p->tlp_idx = NO_IDX;
	p->rack_due = WEFT_NEVER;
	p->ack_due = WEFT_NEVER;
	p->pace_due = WEFT_NEVER;
	p->heard = p->active = p->progress = now;
	p->rx_bits = (uint16_t)p->prof->at.rx_bits;
	rings_begin(p, NULL);
	if (!p->prof->pool)
		use_block(p, (uint8_t *)mem + head_bytes());
	cc_init(&p->cc, p->prof, p->cfg.mtu_payload);
	p->demand_told = p->cc.floor / CC_ONE;
	return p;
}

struct weft_pdc *weft_pdc_open(void *mem, const struct weft_pdc_cfg *cfg, weft_time now)
{
	struct weft_pdc *p = make(mem, cfg, now);

	if (p)
		p->initiator = true;
	return p;
}

/* An answer can be the first sign that the peer has started again (WEFT-PDC-005, -006). */
static bool learn_incarnation(struct weft_pdc *p, uint32_t incarnation)
{
	struct weft_peer *peer = p->cfg.peer;

	if (peer->known && peer->incarnation != incarnation) {
		if (psn_before(incarnation, peer->incarnation) && !WEFT_MUTANT(INCARNATION_BACK))
			return false;
		p->restarted = true;
		peer->floored = peer->gone = false;
	}
	peer->known = true;
	peer->incarnation = incarnation;
	p->peer_incarnation = incarnation;
	return true;
}

/* What a SYN tells of the peer.  False: not for this context (WEFT-PDC-008, WEFT-PDC-072). */
bool pdc_learn_peer(struct weft_pdc *p, const struct weft_hdr_syn *syn)
{
	uint32_t window = syn->window < WEFT_MAX_WINDOW ? syn->window : WEFT_MAX_WINDOW;

	if ((syn->domain != p->cfg.domain || syn->mode != p->cfg.mode) && !WEFT_MUTANT(SYN_DOMAIN))
		return false;
	if (p->peer_known)
		return syn->pdc_id == p->peer_id && syn->gen == p->peer_gen &&
		       syn->start_psn == p->rx_start &&
		       syn->incarnation == p->peer_incarnation;
	if (!learn_incarnation(p, syn->incarnation))
		return false;
	p->peer_known = true;
	p->peer_id = syn->pdc_id;
	p->peer_gen = syn->gen;
	p->peer_window = (uint16_t)window;
	p->peer_payload = syn->max_payload;		/* WEFT-ACK-011 */
	rd_limit_known(p);
	p->peer_edge = p->una + p->peer_window;		/* HELLO said what it may be at most */
	p->rx_cum = p->rx_max = p->rx_start = p->acked_cum = syn->start_psn;
	p->rx_started = true;
	return true;
}

struct weft_pdc *weft_pdc_accept(void *mem, const struct weft_pdc_cfg *cfg,
				 const struct weft_view *v, weft_time now)
{
	struct weft_pdc *p = make(mem, cfg, now);

	if (!p)
		return NULL;
	if (!pdc_learn_peer(p, &v->syn))
		return NULL;
	pdc_set_state(p, WEFT_PDC_STATE_OPEN);
	return p;
}

bool weft_pdc_same(const struct weft_pdc *p, const struct weft_view *v)
{
	return !p->initiator && v->syn.chip_id == p->cfg.peer->chip_id &&
	       v->syn.pdc_id == p->peer_id &&
	       (v->syn.gen == p->peer_gen || WEFT_MUTANT(SAME_OTHER_GEN)) &&
	       v->syn.incarnation == p->peer_incarnation && v->syn.start_psn == p->rx_start;
}

void pdc_set_state(struct weft_pdc *p, enum weft_pdc_state next)
{
	weft_assert(weft_pdc_legal(p->state, next));
	p->state = next;
	if (!pdc_live(p) && p->cfg.grantor)
		grantor_leave(p->cfg.grantor, p);
	if (next == WEFT_PDC_STATE_OPEN)
		p->ev_open = true;
	else if (next == WEFT_PDC_STATE_CLOSED)
		p->ev_closed = true;
	else if (next == WEFT_PDC_STATE_FAILED)
		p->ev_failed = true;
}

static void fail_streams(struct weft_pdc *p, enum weft_status st)
{
	struct stream_walk w;

	for (struct weft_stream *s = stream_first(p, &w); s; s = stream_next(&w))
		stream_error(s, st, s->head);
	ls_fail(p, st);
	rd_fail(p, st);
}

/*
 * WEFT-PDC-075: the initiator may not know that we are here, and what it has sent may be executed:
 * it must not be told to begin anew.
 */
static void remember_gone(struct weft_pdc *p)
{
	struct weft_peer *peer = p->cfg.peer;

	if (p->initiator || p->peer_knows || !p->rx_started ||
	    p->peer_incarnation != peer->incarnation)
		return;
	if (!peer->gone || psn_before(peer->rx_gone, p->rx_start))
		peer->rx_gone = p->rx_start;
	peer->gone = true;
}

/* WEFT-PDC-012 */
void pdc_fail(struct weft_pdc *p, enum weft_status st)
{
	if (!pdc_live(p))
		return;
	remember_gone(p);
	p->fail_status = st;
	pdc_set_state(p, WEFT_PDC_STATE_FAILED);
	fail_streams(p, st);
}

void weft_pdc_abort(struct weft_pdc *p, enum weft_status st, bool tell)
{
	if (!pdc_live(p))
		return;
	p->reset_due = tell && p->peer_known && p->rx_started;
	pdc_fail(p, st);
}

void weft_pdc_close(struct weft_pdc *p)
{
	if (p->state == WEFT_PDC_STATE_IDLE) {
		pdc_set_state(p, WEFT_PDC_STATE_CLOSED);
		fail_streams(p, WEFT_STATUS_DISCONNECTED);
	} else if (p->state == WEFT_PDC_STATE_OPENING || p->state == WEFT_PDC_STATE_OPEN) {
		p->want_close = p->close_asked = true;
	}
}

/* The orderly end; streams that are left have lost their peer. */
void pdc_closed(struct weft_pdc *p)
{
	if (p->state != WEFT_PDC_STATE_CLOSING)
		return;
	pdc_set_state(p, WEFT_PDC_STATE_CLOSED);
	fail_streams(p, WEFT_STATUS_PEER_RESET);
}

/*
 * WEFT-PDC-014: the side that was told closes when its acknowledgement is out.  WEFT-PDC-030: if
 * it has sent CLOSE itself, nothing but that is outstanding at either end, so it need not wait.
 */
void pdc_maybe_closed(struct weft_pdc *p)
{
	bool crossed = p->state == WEFT_PDC_STATE_CLOSING && !WEFT_MUTANT(CLOSE_CROSSED_WAITS);

	if (!p->peer_closed || (p->una != p->nxt && !crossed) ||
	    ((p->ack_now || p->ack_late) && !WEFT_MUTANT(CLOSED_UNTOLD)) ||
	    p->ack_due != WEFT_NEVER ||
	    WEFT_MUTANT(CLOSE_IGNORED))
		return;
	if (p->state == WEFT_PDC_STATE_OPEN)
		pdc_set_state(p, WEFT_PDC_STATE_CLOSING);
	pdc_closed(p);
}

static weft_time min_time(weft_time a, weft_time b)
{
	return a < b ? a : b;
}

static bool quiet(const struct weft_pdc *p)
{
	return p->state == WEFT_PDC_STATE_OPEN && p->una == p->nxt;
}

static weft_time idle_due(const struct weft_pdc *p)
{
	/* WEFT-PDC-076, WEFT-PDC-019 */
	weft_time since = p->initiator || p->active > p->heard ? p->active : p->heard;

	if (!quiet(p))
		return WEFT_NEVER;
	if (!p->initiator && !p->peer_knows && !p->n_streams && !p->prof->idle_ns)
		return WEFT_MUTANT(HALF_OPEN_STAYS) ? WEFT_NEVER : since + HALF_OPEN_NS;
	if (p->prof->idle_ns && ((!p->n_streams && !svc_busy(p)) || WEFT_MUTANT(IDLE_IN_USE)) &&
	    !p->want_close && !p->peer_closed && !p->want_nop)
		return since + p->prof->idle_ns;
	if (p->prof->keepalive_ns && (p->n_streams || svc_busy(p)) && !p->want_nop)
		return p->heard + p->prof->keepalive_ns;
	return WEFT_NEVER;
}

weft_time weft_deadline(const struct weft_pdc *p)
{
	weft_time t;

	if (!pdc_live(p))
		return WEFT_NEVER;
	t = min_time(min_time(p->ack_due, p->pace_due), min_time(p->rnr_due, p->block_due));
	t = min_time(t, retx_deadline(p));
	if (p->paths)
		t = min_time(t, probe_deadline(p));
	if (p->cc.ops->on_credit)
		t = min_time(t, credit_deadline(p));
	if (p->n_trims)
		t = min_time(t, trim_due(p));
	if (p->rd)
		t = min_time(t, rd_due(p));
	return p->una == p->nxt ? min_time(t, idle_due(p)) : t;
}

static void expire_rnr(struct weft_pdc *p, weft_time now)
{
	uint32_t n = p->n_streams;

	if (p->rnr_due > now)
		return;
	p->rnr_due = WEFT_NEVER;
	while (p->ring[RING_RNR] && n--) {
		struct weft_stream *s = p->ring[RING_RNR];

		ring_turn(p, RING_RNR);
		req_expire_rnr(s, now);
		req_rnr_due(s);
	}
}

void weft_expire(struct weft_pdc *p, weft_time now)
{
	if (!pdc_live(p))
		return;
	if (p->ack_due <= now) {
		p->ack_late = true;
		p->ack_due = WEFT_NEVER;	/* the next weft_tx() sends it */
	}
	pace_expire(p, now);
	if (!WEFT_MUTANT(NEVER_REPEATS) && !(WEFT_MUTANT(REPEATS_ONCE) && p->backoff))
		retx_expire(p, now);
	expire_rnr(p, now);
	rd_expire(p, now);
	if (p->block_due <= now && p->run)
		pdc_settle(p, now);
	else if (p->block_due <= now)
		p->block_due = WEFT_NEVER;	/* the next weft_tx() tries for a block again */
	if (idle_due(p) > now)
		return;
	if (p->n_streams || svc_busy(p))	/* WEFT-PDC-016 */
		p->want_nop = true;
	else if (p->initiator)
		p->want_close = true;
	else if (!p->peer_knows)	/* WEFT-PDC-019: nobody is there */
		pdc_fail(p, WEFT_STATUS_RETRY_EXCEEDED);
	else				/* closing is for the one who opened: is it still there? */
		p->want_nop = true;
	p->active = now;
}

static inline void fetch(const void *at)
{
	__builtin_prefetch(at, 1);
}

void weft_pdc_fetch(const struct weft_pdc *p)
{
	const struct weft_stream *s = p->streams;

	if (p->run) {
		if (p->paths)
			fetch(p->paths);
		fetch(p->have);
		fetch(&p->rx[p->rx_max & p->rx_mask]);
		fetch(&p->tx[(p->una - p->tx_start) & p->tx_mask]);
		fetch(&p->tx[(p->nxt - p->tx_start) & p->tx_mask]);
	}
	for (size_t i = 0; s && i < sizeof(*s); i += 64)
		fetch((const char *)s + i);
	if (s && s->run)
		fetch(s->run);
}

void *weft_pdc_host(const struct weft_pdc *p)
{
	return p->cfg.host;
}

enum weft_pdc_state weft_pdc_state(const struct weft_pdc *p)
{
	return p->state;
}

uint32_t weft_pdc_id(const struct weft_pdc *p)
{
	return p->cfg.pdc_id;
}

uint32_t weft_pdc_peer_id(const struct weft_pdc *p)
{
	return p->peer_known ? p->peer_id : 0;
}

uint32_t weft_pdc_peer_incarnation(const struct weft_pdc *p)
{
	return p->peer_incarnation;
}

uint64_t weft_pdc_peer_chip(const struct weft_pdc *p)
{
	return p->cfg.peer->chip_id;
}

void weft_pdc_gauges(const struct weft_pdc *p, struct weft_gauges *out)
{
	out->srtt_ns = p->srtt;
	out->min_rtt_ns = p->min_rtt;
	out->rto_ns = retx_rto(p);
	out->cwnd_pkts = cc_window(&p->cc);
	out->acked_psn = p->una - 1;
	out->sent_psn = p->nxt - 1;
	out->outstanding = p->nxt - p->una;
}
