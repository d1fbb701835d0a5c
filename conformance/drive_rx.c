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

static void take_request(struct wc_ctx *c, const struct wc_frame *f)
{
	struct wc_stream *s = stream_of(c, f->qpn);

	if (s && (s->ep || s->called || s->serve))
		wc_serve_rx(s, f);
	else if (s && f->opcode == WC_SEND)
		take_send(c, f);
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

/* The device asks who we are, as it may at any time. */
static void answer_hello(struct wc_t *t, const struct wc_frame *f)
{
	static uint8_t out[256];
	struct wc_tlv_view tlv;
	struct wc_hello h;
	struct wc_frame a;
	uint8_t tlvs[64];

	if (f->type != WC_CTRL || f->flags & WC_F_SYN ||
	    !wc_frame_find_tlv(f, WC_TLV_HELLO, wc_h_hello.bytes, &tlv))
		return;
	wc_unpack(&wc_h_hello, tlv.value, &h);
	if (!(h.flags & WC_HELLO_REPLY))
		return;
	a = wc_f_alone(t, tlvs, wc_hello_tlv(t, tlvs, 0));
	t->dut->transaction--;
	a.psn = f->psn;
	wc_emit_bytes(t, out, wc_frame_build(&a, out), WC_E_AUTO);
}

/* A context that the device opens, if a script waits for it: its first packet, or a later one. */
static struct wc_ctx *called(struct wc_t *t, const struct wc_frame *f)
{
	struct wc_ctx *c = t->callee;

	if (!c || !(f->flags & WC_F_SYN) || f->syn_domain != c->domain)
		return NULL;
	if (c->known)
		return f->syn_pdc == c->peer_id ? c : NULL;
	c->mode = (uint32_t)f->syn_mode;
	return c;
}

/* The device wants the stream that a script waits for. */
static void take_connect(struct wc_ctx *c, const struct wc_frame *f)
{
	struct wc_ep ep = { 0 };
	struct wc_tlv_view tlv;
	struct wc_stream *s = NULL;
	uint8_t value[16], out[32];
	struct wc_frame a;

	if (f->type != WC_CTRL ||
	    !wc_frame_find_tlv(f, WC_TLV_EP_CONNECT, wc_h_ep_connect.bytes, &tlv))
		return;
	wc_unpack(&wc_h_ep_connect, tlv.value, &ep);
	for (unsigned i = 0; i < c->t->n_streams && !s; i++)
		if (c->t->stream[i].called && (uint32_t)ep.service == c->t->stream[i].service)
			s = &c->t->stream[i];
	if (!s || s->taken)
		return;
	s->c = c;
	s->taken = true;
	s->peer_qpn = (uint32_t)ep.src_qpn;
	s->credits = (uint32_t)ep.credits;
	s->window = (uint32_t)ep.window;
	s->reads = (uint32_t)ep.reads;
	if (s->mute)
		return;		/* the script answers */
	ep = (struct wc_ep){ .dst_qpn = s->peer_qpn, .src_qpn = s->qpn, .credits = 64,
			     .window = c->t->our_messages, .reads = c->t->our_reads };
	wc_pack(&wc_h_ep_accept, &ep, value);
	a = wc_f_ctrl(c, out, wc_tlv_put(out, 0, WC_TLV_EP_ACCEPT, value, sizeof(value)));
	wc_emit(c, &a, WC_E_SERVE);
}

void wc_drive_rx(struct wc_t *t, const struct wc_frame *f)
{
	struct wc_ctx *c = f->pdc_id ? ctx_of(t, f->pdc_id) : called(t, f);

	if (!f->pdc_id && !c)
		answer_hello(t, f);
	if (!c || (f->pdc_id && (f->flags & WC_F_GEN) != c->gen))
		return;
	if (c->target && f->pdc_id && !(f->flags & WC_F_SYN))
		c->keep_syn = false;	/* it knows our id */
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
	if (!take_psn(c, f))
		return;
	if (f->type == WC_CTRL)
		take_connect(c, f);
	else if (f->type == WC_DATA)
		take_request(c, f);
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
	f.oflags = WC_O_SOM | WC_O_EOM;
	f.credits = 64;
	wc_emit(s->c, &f, s->ep || s->called ? WC_E_SERVE : WC_E_OK);
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
	if (!c->known || c->keep_syn || c->target)
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
