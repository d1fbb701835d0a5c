/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Observers: what was sent to the device, by which its packets are judged, and what they found.
 */
#include "conformance/observe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WC_ASTRAY	(1u << 20)	/* PSNs */

/* ---- what is found ---------------------------------------------------------------------- */

static struct wc_sight *sight_of(const struct wc_observer *o, const char *code)
{
	for (unsigned i = 0; i < o->sights; i++)
		if (!strcmp(o->sight[i].code, code))
			return &o->sight[i];
	return NULL;
}

__attribute__((format(printf, 3, 0)))
static void fill(struct wc_hit *h, const char *code, const char *fmt, size_t at, va_list ap)
{
	if (h->code)
		return;
	h->code = code;
	h->at = at;
	vsnprintf(h->text, sizeof(h->text), fmt, ap);
}

/* Count that code was looked for, and note the first that is bad, or of a capture may be. */
__attribute__((format(printf, 5, 0)))
static bool found(struct wc_observer *o, bool bad, bool sure, const char *code, const char *fmt,
		  va_list ap)
{
	struct wc_sight *s = sight_of(o, code);

	if (s)
		s->judged++;
	if (bad && (s || !o->sight))
		fill(!s ? o->hit : sure ? &s->hit : &s->doubt, code, fmt, o->at, ap);
	return bad;
}

bool wc_ob_hit(struct wc_observer *o, bool bad, const char *code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	bad = found(o, bad, true, code, fmt, ap);
	va_end(ap);
	return bad;
}

bool wc_ob_doubt(struct wc_observer *o, bool bad, const char *code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	bad = found(o, bad, false, code, fmt, ap);
	va_end(ap);
	return bad;
}

/* What was doubted of record at is now proven, by the packet at hand. */
__attribute__((format(printf, 4, 5)))
static void prove(struct wc_observer *o, size_t at, const char *code, const char *fmt, ...)
{
	struct wc_sight *s = sight_of(o, code);
	va_list ap;

	if (!s)
		return;
	va_start(ap, fmt);
	fill(&s->hit, code, fmt, at, ap);
	va_end(ap);
}

/* ---- what we sent ---------------------------------------------------------------------- */

static uint64_t end_of(const struct wc_observer *o)
{
	return o->sight ? o->v->t->rec[o->at].value : 0;
}

static struct wc_track *by_id(struct wc_observer *o, uint64_t id)
{
	for (unsigned i = o->n; i-- > 0;)
		if (o->track[i]->id == id && o->track[i]->end == end_of(o) && !o->track[i]->rival)
			return o->track[i];
	return NULL;
}

/* The context that this SYN of ours is of, whether the device took it or not. */
static struct wc_track *by_syn(struct wc_observer *o, const struct wc_frame *f)
{
	for (unsigned i = o->n; i-- > 0;)
		if (o->track[i]->id == f->syn_pdc && o->track[i]->end == end_of(o) &&
		    o->track[i]->gen == f->syn_gen && o->track[i]->start == f->syn_start)
			return o->track[i];
	return NULL;
}

static struct wc_track *by_peer(struct wc_observer *o, uint64_t peer_id)
{
	for (unsigned i = o->n; i-- > 0;)
		if (o->track[i]->peer_known && o->track[i]->peer_id == peer_id &&
		    o->track[i]->end == end_of(o))
			return o->track[i];
	return NULL;
}

/* Room for one more of what is n now; the list, or the same one when there is no memory. */
static bool grow(void *list, unsigned n, size_t size)
{
	void *more, *old;

	if (n & (n - 1))
		return true;
	memcpy(&old, list, sizeof(old));
	more = realloc(old, (n ? 2 * n : 1) * size);
	if (more)
		memcpy(list, &more, sizeof(more));
	return more;
}

static struct wc_track *track_new(struct wc_observer *o)
{
	struct wc_track *t = calloc(1, sizeof(*t));

	if (t && grow(&o->track, o->n, sizeof(*o->track))) {
		o->track[o->n++] = t;
		return t;
	}
	free(t);
	return NULL;
}

/*
 * In a capture an id may serve a second context, or the same one from another start; but a SYN of a
 * context that is open and says otherwise is none that the device takes.
 */
static struct wc_track *track_syn(struct wc_observer *o, const struct wc_frame *f)
{
	struct wc_track *old = by_id(o, f->syn_pdc), *t = o->sight ? by_syn(o, f) : old;

	if (t)
		return t;
	t = track_new(o);
	if (!t)
		return old;
	t->rival = old && old->peer_known;
	t->reused = old != NULL;
	t->end = end_of(o);
	t->id = (uint32_t)f->syn_pdc;
	t->gen = (uint32_t)f->syn_gen;
	t->start = t->cum = (uint32_t)f->syn_start;
	t->window = (uint32_t)f->syn_window;
	t->payload = (uint32_t)f->syn_payload;
	return t;
}

/* We are the target: the device's side of the context is in the packet that opened it. */
static void track_caller(struct wc_observer *o, struct wc_track *t, const struct wc_frame *f)
{
	for (unsigned i = o->n_callers; i-- > 0;) {
		const struct wc_frame *c = &o->v->f[o->caller[i]];

		if (c->syn_pdc != f->pdc_id ||
		    (o->sight && o->v->t->rec[o->caller[i]].value != t->end))
			continue;
		t->peer_known = true;
		t->peer_id = (uint32_t)f->pdc_id;
		t->peer_start = (uint32_t)c->syn_start;
		t->chip = c->syn_chip;
		return;
	}
}

/*
 * In a capture: an acknowledgement that far from all that was seen is one of a wrong packet, which
 * the device drops (WEFT-ACK-007); no capture lacks so many packets in a row.
 */
static bool astray(const struct wc_observer *o, const struct wc_track *t, const struct wc_frame *f)
{
	uint32_t edge = t->acked ? t->edge : t->peer_start + t->window;

	return o->sight && (t->acked || t->peer_known) &&
	       (uint32_t)f->ack_psn - edge + WC_ASTRAY > 2 * WC_ASTRAY;
}

/* By this packet we let the device send up to an edge, which never moves back. */
static void open_window(struct wc_observer *o, struct wc_track *t, const struct wc_frame *f)
{
	uint32_t edge;

	if (astray(o, t, f))
		return;
	if (f->type == WC_ACK && f->window > t->window)
		t->window = (uint32_t)f->window;
	edge = (uint32_t)f->ack_psn + 1 + t->window;
	if (!t->acked || wc_before(t->edge, edge))
		t->edge = edge;
	t->acked = true;
	if (t->beyond && !wc_before(t->beyond_psn, t->edge))
		prove(o, t->beyond - 1, "OBS_WINDOW", "PSNs are before the acknowledgement and "
		      "window, which %s says later: %u", o->v->t->rec[o->at].name, t->edge);
	if (t->beyond && wc_before(t->beyond_psn, t->edge))
		t->beyond = 0;
}

/* Our packet takes its PSN; what the device said of that PSN before was too early. */
static void take_sent(struct wc_observer *o, struct wc_track *t, const struct wc_frame *f)
{
	uint32_t psn = (uint32_t)f->psn;

	for (unsigned i = 0; i < t->n_claims && !(f->flags & WC_F_RTX); i++)
		if (t->claim[i].psn == psn) {
			prove(o, t->claim[i].at, t->claim[i].code, "only what was sent is "
			      "acknowledged, and PSN %u was first sent in %s", psn,
			      o->v->t->rec[o->at].name);
			t->claim[i] = t->claim[--t->n_claims];
			break;
		}
	/* One that no window reaches is none that the device takes, and takes no other's place. */
	if (psn - t->cum + WC_RING / 2 < WC_RING)
		t->sent[psn % WC_RING] = (uint32_t)o->at + 1;
}

void wc_ob_tx(struct wc_observer *o, const struct wc_rec *r, const struct wc_frame *f)
{
	struct wc_track *t;

	if (r->flags & WC_T_BAD) {
		if (f->flags & WC_F_SYN && !o->sight)	/* its refusal comes to this context */
			track_syn(o, f);
		return;
	}
	t = f->flags & WC_F_SYN ? track_syn(o, f) : by_peer(o, f->pdc_id);
	if (!t)
		return;
	if (f->flags & WC_F_SYN && f->pdc_id && !t->peer_known)
		track_caller(o, t, f);
	if (!(f->flags & WC_F_SYN) || f->pdc_id)
		t->plain_sent = true;	/* it shows that we know the device's context */
	else if (t->early)
		prove(o, t->early - 1, "OBS_NO_SYN", "SYN is sent until we show that we know the "
		      "device's context, and %s does not", o->v->t->rec[o->at].name);
	if (f->flags & WC_F_AKV && !(r->flags & WC_T_WILD))	/* what chance says means nothing */
		open_window(o, t, f);
	if (f->type == WC_DATA || f->type == WC_CTRL || f->type == WC_MEM)
		take_sent(o, t, f);
}

struct wc_asker *wc_ob_asker(struct wc_observer *o, uint64_t qpn)
{
	for (unsigned i = o->n_askers; i-- > 0;)
		if (o->asker[i].qpn == qpn && o->asker[i].end == end_of(o))
			return &o->asker[i];
	return NULL;
}

void wc_ob_op(struct wc_observer *o, const struct wc_rec *r)
{
	uint32_t qpn = (uint32_t)wc_get(r->bytes + 8, 4), msn = (uint32_t)wc_get(r->bytes + 12, 4);
	bool any = wc_get(r->bytes, 4) == WC_OP_ANY;
	struct wc_asker *a = wc_ob_asker(o, qpn);

	if (!a) {
		if (!grow(&o->asker, o->n_askers, sizeof(*o->asker)))
			return;
		a = &o->asker[o->n_askers++];
		*a = (struct wc_asker){ .end = end_of(o), .qpn = qpn, .msn = msn };
	}
	if (a->early && a->early_msn == msn && !any && !(r->flags & WC_O_AGAIN)) {
		prove(o, a->early - 1, "OBS_UNASKED", "answers are to messages that were sent, "
		      "and message %u was sent after it", msn);
		a->early = 0;
	}
	if (wc_before(a->msn, msn))
		a->msn = msn;
	a->any |= any;
}

/* The context that a packet of the device is for: also one of a SYN that it answers by this. */
struct wc_track *wc_ob_addressed(struct wc_observer *o, const struct wc_frame *f)
{
	struct wc_track *t = by_id(o, f->pdc_id);

	if (!t || !o->sight || !(f->flags & WC_F_SYN) ||
	    (f->syn_pdc == t->peer_id && f->syn_start == t->peer_start))
		return t;
	for (unsigned i = o->n; i-- > 0;)
		if (o->track[i]->rival && o->track[i]->id == t->id && o->track[i]->end == t->end) {
			o->track[i]->rival = false;
			return o->track[i];
		}
	return t;
}

void wc_ob_caller(struct wc_observer *o)
{
	if (grow(&o->caller, o->n_callers, sizeof(*o->caller)))
		o->caller[o->n_callers++] = o->at;
}

void wc_ob_free(struct wc_observer *o)
{
	for (unsigned i = 0; i < o->n; i++)
		free(o->track[i]);
	free(o->track);
	free(o->asker);
	free(o->caller);
}
