/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Windows of load and store: binding them, at both ends.  Regions are the host's; what operations
 * do within a window is memop_rx.c's.
 */
#include "core/ls.h"

#define SPAN_MAX (1ull << LS_OFFSET_BITS)

/* ---- asking ------------------------------------------------------------------------- */

static int ask(struct weft_pdc *p, uint16_t window, const struct weft_hdr_tlv_window_bind *h,
	       uint8_t from, uint8_t to)
{
	uint8_t head[WEFT_HDR_TLV_WINDOW_BIND_LEN];
	struct ls *l = p->ls;
	struct ctrl_slot *c;

	if (!l || !pdc_live(p) || p->close_asked)
		return WEFT_ESTATE;
	if (window >= l->cfg.windows)
		return WEFT_EINVAL;
	if (l->win[window].state != from ||		/* WEFT-MEM-044 */
	    (l->win[window].out && !WEFT_MUTANT(UNBIND_IN_USE)))
		return WEFT_ESTATE;
	c = ep_slot(p);
	if (!c)
		return WEFT_EFULL;
	weft_hdr_tlv_window_bind_pack(head, h);
	ep_put(p, c, WEFT_TLV_WINDOW_BIND, head, sizeof(head), NULL, 0);
	l->win[window].state = to;
	return WEFT_OK;
}

int weft_ls_bind(struct weft_pdc *p, uint16_t window, uint32_t qpn, uint32_t rkey, uint64_t addr,
		 uint64_t len)
{
	struct weft_hdr_tlv_window_bind h = { .window = window, .qpn = qpn, .rkey = rkey,
					      .addr = addr, .length = len };

	if (!rkey || qpn >> 24 || len > SPAN_MAX)
		return WEFT_EINVAL;
	return ask(p, window, &h, LS_UNBOUND, LS_BINDING);
}

int weft_ls_unbind(struct weft_pdc *p, uint16_t window)
{
	struct weft_hdr_tlv_window_bind h = { .window = window };

	return ask(p, window, &h, LS_BOUND, LS_UNBINDING);
}

/* WEFT-MGT-080.  Returns whether the host is to be told. */
bool ls_rx_status(struct weft_pdc *p, const uint8_t *value, uint32_t len, struct weft_act *act,
		  enum weft_drop *why)
{
	struct weft_hdr_tlv_window_status h;
	struct ls_win *w;

	if (len != WEFT_HDR_TLV_WINDOW_STATUS_LEN) {
		*why = WEFT_DROP_BAD_TLV;
		return false;
	}
	weft_hdr_tlv_window_status_unpack(&h, value);
	w = h.window < p->ls->cfg.windows ? &p->ls->win[h.window] : NULL;
	if (!w || (w->state != LS_BINDING && w->state != LS_UNBINDING)) {
		*why = WEFT_DROP_UNEXPECTED;
		return false;
	}
	w->state = w->state == LS_BINDING &&
		   (h.status == WEFT_STATUS_OK || WEFT_MUTANT(BIND_REFUSED_WORKS)) ? LS_BOUND :
		   LS_UNBOUND;
	memset(act, 0, sizeof(*act));
	act->type = WEFT_ACT_EVENT;
	act->event = WEFT_EV_WINDOW;
	act->arg = h.window;
	act->wc.status = h.status < WEFT_STATUS_FLUSHED ? (enum weft_status)h.status :
							  WEFT_STATUS_OP_FAILED;
	return true;
}

/* ---- answering ---------------------------------------------------------------------- */

/* WEFT-MEM-041, WEFT-MEM-046 */
static void tell(struct ls *l, uint16_t window, enum weft_status st)
{
	struct ls_bound *w = &l->bound[window];

	w->status = (uint8_t)(st < WEFT_STATUS_FLUSHED ? st : WEFT_STATUS_OP_FAILED);
	if (!w->due)
		ls_push(&l->tell, l->bound_next, window);
	w->due = true;
}

/* WEFT-MEM-042: what can be said without the host.  *pd: the protection domain that counts. */
static enum weft_status bind_ok(struct weft_pdc *p, const struct weft_hdr_tlv_window_bind *h,
				uint32_t *pd)
{
	struct weft_stream *s = h->qpn ? stream_find(p, h->qpn) : NULL;

	if (h->qpn && !s && !WEFT_MUTANT(BIND_ANY_STREAM))
		return WEFT_STATUS_NO_STREAM;
	if (h->length > SPAN_MAX)
		return WEFT_STATUS_MALFORMED;
	*pd = s ? s->cfg.pd : 0;
	return WEFT_STATUS_OK;
}

static bool bind(struct weft_pdc *p, const struct weft_hdr_tlv_window_bind *h,
		 struct weft_act *act)
{
	struct ls_bound *w = &p->ls->bound[h->window];
	enum weft_status st;
	uint32_t pd = 0;

	if (!WEFT_MUTANT(UNBOUND_WORKS) || h->rkey)
		w->state = LS_UNBOUND;
	st = h->rkey ? bind_ok(p, h, &pd) : WEFT_STATUS_OK;	/* WEFT-MEM-043 */
	if (!h->rkey || st != WEFT_STATUS_OK) {
		tell(p->ls, h->window, st);
		return false;
	}
	w->addr = h->addr;
	w->len = h->length;
	w->key = h->rkey;
	w->pd = pd;
	w->state = LS_BINDING;
	w->gen++;
	memset(act, 0, sizeof(*act));
	act->type = WEFT_ACT_BIND;
	act->token = ls_token(TOKEN_BIND, w->gen, h->window);
	act->key = w->key;
	act->pd = w->pd;
	act->addr = w->addr;
	act->span = w->len;
	act->arg = h->window;
	return true;
}

/* Returns false if the packet must not be marked as received. */
bool ls_rx_bind(struct weft_pdc *p, const uint8_t *value, uint32_t len, struct weft_act *act,
		bool *has_act, enum weft_drop *why)
{
	struct weft_hdr_tlv_window_bind h;

	if (len != WEFT_HDR_TLV_WINDOW_BIND_LEN) {
		*why = WEFT_DROP_BAD_TLV;
		return true;
	}
	weft_hdr_tlv_window_bind_unpack(&h, value);
	if (h.window >= p->ls->cfg.windows)
		return ep_owe(p, TX_WINDOW, h.window, 0, WEFT_STATUS_NO_WINDOW);
	if (p->ls->bound[h.window].state == LS_BINDING &&		/* WEFT-MEM-045 */
	    !WEFT_MUTANT(BIND_TWICE))
		return ep_owe(p, TX_WINDOW, h.window, 0, WEFT_STATUS_NO_RESOURCES);
	*has_act = bind(p, &h, act);
	return true;
}

void ls_bind_done(struct weft_pdc *p, uint32_t what, enum weft_status st, uint64_t rights)
{
	struct ls_bound *w = &p->ls->bound[what & 0xffff];

	if ((what & 0xffff) >= p->ls->cfg.windows || w->state != LS_BINDING ||
	    (w->gen != (what >> 16 & 0xff) && !WEFT_MUTANT(BIND_LATE)))
		return;
	w->state = st == WEFT_STATUS_OK ? LS_BOUND : LS_UNBOUND;
	w->rights = (uint8_t)rights;
	tell(p->ls, (uint16_t)what, st);
}

bool ls_wants_ctrl(const struct weft_pdc *p)
{
	return p->ls && p->ls->tell.head != NO_IDX;
}

bool ls_next_status(struct weft_pdc *p, struct txrec *r)
{
	struct ls *l = p->ls;
	uint16_t window;

	if (!ls_wants_ctrl(p))
		return false;
	window = ls_pop(&l->tell, l->bound_next);
	l->bound[window].due = false;
	r->kind = TX_WINDOW;
	r->off = window;
	r->slot = l->bound[window].status;
	return true;
}

/* Returns the bytes written. */
uint32_t ls_build_status(const struct txrec *r, uint8_t *at)
{
	struct weft_hdr_ctrl c = { .length = WEFT_HDR_TLV_LEN + WEFT_HDR_TLV_WINDOW_STATUS_LEN };
	struct weft_hdr_tlv t = { .type = WEFT_TLV_WINDOW_STATUS,
				  .length = WEFT_HDR_TLV_WINDOW_STATUS_LEN };
	struct weft_hdr_tlv_window_status h = { .window = (uint16_t)r->off, .status = r->slot };

	weft_hdr_ctrl_pack(at, &c);
	weft_hdr_tlv_pack(at + WEFT_HDR_CTRL_LEN, &t);
	weft_hdr_tlv_window_status_pack(at + WEFT_HDR_CTRL_LEN + WEFT_HDR_TLV_LEN, &h);
	return WEFT_HDR_CTRL_LEN + c.length;
}
