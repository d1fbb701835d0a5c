/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the driver does by itself: it learns the device's side of a context, acknowledges, answers
 * SENDs, and repeats what is not acknowledged.
 */
#include "conformance/drive.h"

#include <string.h>

#define TRIES_MAX 6u

static struct wc_ctx *ctx_of(struct wc_t *t, uint64_t id)
{
	for (unsigned i = 0; i < t->n_ctx; i++)
		if (t->ctx[i].id == id)
			return &t->ctx[i];
	return NULL;
}

static struct wc_stream *stream_of(struct wc_ctx *c, uint64_t qpn)
{
	for (unsigned i = 0; i < c->t->n_streams; i++)
		if (c->t->stream[i].c == c && c->t->stream[i].qpn == qpn)
			return &c->t->stream[i];
	return NULL;
}

static void learn(struct wc_ctx *c, const struct wc_frame *f)
{
	if (c->known || !(f->flags & WC_F_SYN))
		return;
	c->known = true;
	c->peer_id = (uint32_t)f->syn_pdc;
	c->peer_gen = (uint32_t)f->syn_gen;
	c->peer_window = (uint32_t)f->syn_window;
	c->peer_payload = (uint32_t)f->syn_payload;
	c->peer_start = (uint32_t)f->syn_start;
	c->rx_next = c->peer_start;
}

static void take_acks(struct wc_ctx *c, const struct wc_frame *f)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < c->n_out; i++)
		if (!wc_frame_acks(f, (uint32_t)c->out[i].f.psn))
			c->out[kept++] = c->out[i];
	c->n_out = kept;
}

/* True if this PSN is new. */
static bool take_psn(struct wc_ctx *c, const struct wc_frame *f)
{
	uint32_t psn = (uint32_t)f->psn;

	c->ack_due = true;
	c->echo_psn = psn;
	c->echo_entropy = (uint32_t)f->entropy;
	if (wc_before(psn, c->rx_next) || psn - c->rx_next >= WC_MAX_WINDOW)
		return false;
	if (c->seen[psn % WC_MAX_WINDOW])
		return false;
	c->seen[psn % WC_MAX_WINDOW] = 1;
	while (c->seen[c->rx_next % WC_MAX_WINDOW])
		c->seen[c->rx_next++ % WC_MAX_WINDOW] = 0;
	if (f->type == WC_DATA)
		c->rx_bytes += f->body_len;
	return true;
}

static void take_send(struct wc_ctx *c, const struct wc_frame *f)
{
	struct wc_stream *s = stream_of(c, f->qpn);

	if (!s || !(f->oflags & WC_O_EOM))
		return;
	if (!wc_before(f->msn, s->rx_msn))
		s->rx_msn = (uint32_t)f->msn + 1;
	s->tack_due = true;
}

/* The device asks who we are: what is outstanding goes again, soon, with the cookie. */
static void take_cookie(struct wc_ctx *c, const struct wc_frame *f)
{
	if (c->known || c->cookie == f->arg)
		return;
	c->cookie = (uint32_t)f->arg;
	for (unsigned i = 0; i < c->n_out; i++)
		c->out[i].at_ns = 0;
}

void wc_drive_rx(struct wc_t *t, const struct wc_frame *f)
{
	struct wc_ctx *c = f->pdc_id ? ctx_of(t, f->pdc_id) : NULL;

	if (!c || (f->flags & WC_F_GEN) != c->gen)
		return;
	if (f->type == WC_NACK && f->reason == WC_N_COOKIE)
		take_cookie(c, f);
	else if (f->type == WC_NACK && f->reason >= WC_N_NO_CONTEXT)
		c->ended = true;
	learn(c, f);
	if (!c->known)
		return;
	take_acks(c, f);
	if (f->type != WC_DATA && f->type != WC_CTRL && f->type != WC_MEM)
		return;
	if (take_psn(c, f) && f->type == WC_DATA && f->opcode == WC_SEND)
		take_send(c, f);
}

static void send_ack(struct wc_ctx *c)
{
	struct wc_frame f = wc_f_base(c);

	c->ack_due = false;
	f.type = WC_ACK;
	f.flags &= ~(uint64_t)WC_F_AR;
	f.psn = 0;
	f.ack_flags = 0x80;
	f.window = c->window;
	f.echo_psn = c->echo_psn;
	f.echo_entropy = c->echo_entropy;
	f.rx_bytes = c->rx_bytes;
	f.sack_base = c->rx_next;
	for (unsigned i = 0; i < 64; i++)
		if (c->seen[(c->rx_next + i) % WC_MAX_WINDOW]) {
			f.words = 1;
			f.sack[0] |= 1ull << (63 - i);
		}
	wc_emit(c, &f, WC_E_AUTO);
}

static void send_tack(struct wc_stream *s)
{
	struct wc_frame f = wc_f_nop(s);

	s->tack_due = false;
	f.opcode = WC_TACK;
	f.qpn = s->peer_qpn;
	f.msn = s->rx_msn - 1;
	f.oflags = 0;
	f.credits = 64;
	wc_emit(s->c, &f, WC_E_OK);
}

void wc_drive_answers(struct wc_t *t)
{
	for (unsigned i = 0; i < t->n_streams; i++) {
		struct wc_stream *s = &t->stream[i];

		if (s->tack_due && !s->mute && s->peer_qpn && s->c->n_out < WC_MIN_WINDOW / 2 &&
		    !s->c->quiet)
			send_tack(s);
	}
	for (unsigned i = 0; i < t->n_ctx; i++)
		if (t->ctx[i].ack_due && t->ctx[i].known && !t->ctx[i].quiet)
			send_ack(&t->ctx[i]);
}

/* Address a packet as the context stands now: it may have been sent before the device was known. */
static void readdress(const struct wc_ctx *c, struct wc_frame *f)
{
	if (f->flags & WC_F_SYN)
		f->syn_cookie = c->cookie;
	if (!c->known || c->keep_syn)
		return;
	f->flags &= ~(uint64_t)(WC_F_SYN | WC_F_GEN);
	f->flags |= c->peer_gen | (f->type == WC_MEM ? 0u : WC_F_AKV);
	f->pdc_id = c->peer_id;
	f->ack_psn = c->rx_next - 1;
}

void wc_drive_repeat(struct wc_t *t)
{
	uint64_t now = wc_now(t);

	for (unsigned k = 0; k < t->n_ctx; k++) {
		struct wc_ctx *c = &t->ctx[k];

		for (unsigned i = 0; i < c->n_out && !c->ended; i++) {
			struct wc_sent *s = &c->out[i];

			if (now - s->at_ns < t->dut->repeat_ms * 1000000ull ||
			    s->tries >= TRIES_MAX)
				continue;
			s->at_ns = now;
			s->tries++;
			readdress(c, &s->f);
			s->f.flags |= WC_F_RTX;
			wc_emit(c, &s->f, WC_E_AUTO);
		}
	}
}
