/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver as a responder: what it does with requests of a device that has work of its own (by
 * the upper tester).  It serves its own memory, in order, and refuses what a script says.
 *
 * It is kind: bytes go where they are for as they come, one key opens all of it, and nothing is
 * checked.  Whether a request is right is the judges'.
 */
#include "conformance/drive.h"

#include <string.h>

static struct wc_todo *todo_of(struct wc_stream *s, uint32_t msn)
{
	struct wc_todo *t = &s->todo[msn % WC_TODO];

	if (t->used && t->msn == msn)
		return t;
	memset(t, 0, sizeof(*t));
	t->used = true;
	t->msn = msn;
	return t;
}

/* Where [addr, addr + len) lies in our memory; NULL: outside. */
static uint8_t *own(struct wc_t *t, uint64_t addr, uint64_t len)
{
	if (addr < WC_OWN_BASE || addr - WC_OWN_BASE > WC_OWN_LEN ||
	    len > WC_OWN_LEN - (addr - WC_OWN_BASE))
		return NULL;
	return t->own + (addr - WC_OWN_BASE);
}

static void tack(struct wc_stream *s, uint32_t msn, uint64_t status, uint32_t delay_ns)
{
	struct wc_frame f = wc_f_nop(s);

	f.opcode = WC_TACK;
	f.qpn = s->peer_qpn;
	f.msn = msn;
	f.oflags = WC_O_SOM | WC_O_EOM;
	f.status = status;
	f.credits = 64;
	f.delay_ns = delay_ns;
	wc_emit(s->c, &f, WC_E_SERVE);
}

static void read_rsp(struct wc_stream *s, const struct wc_todo *m)
{
	uint32_t len = (uint32_t)m->len, limit = wc_payload_limit(s->c), at = 0;
	const uint8_t *from = own(s->c->t, m->addr, len);

	if (!from) {
		tack(s, m->msn, WC_OUT_OF_BOUNDS, 0);
		return;
	}
	do {
		uint32_t n = len - at < limit ? len - at : limit;
		struct wc_frame f = wc_f_nop(s);

		f.opcode = WC_READ_RSP;
		f.qpn = s->peer_qpn;
		f.msn = m->msn;
		f.oflags = (at ? 0u : WC_O_SOM) | (at + n == len ? WC_O_EOM : 0u);
		f.msg_len = len;
		f.offset = at;
		f.body = from + at;
		f.body_len = n;
		f.length = n;
		wc_emit(s->c, &f, WC_E_SERVE);
		at += n;
	} while (at < len);
}

static void atomic_rsp(struct wc_stream *s, const struct wc_todo *m)
{
	uint8_t *word = own(s->c->t, m->addr, 8);
	struct wc_frame f = wc_f_nop(s);
	uint64_t old = 0, now;

	if (!word) {
		tack(s, m->msn, WC_OUT_OF_BOUNDS, 0);
		return;
	}
	for (unsigned i = 8; i-- > 0;)
		old = old << 8 | word[i];
	now = m->aop == WC_FADD ? old + m->operand :
	      m->aop == WC_CAS && old == m->compare ? m->operand : old;
	for (unsigned i = 0; i < 8; i++)
		word[i] = (uint8_t)(now >> (8 * i));
	f.opcode = WC_ATOMIC_RSP;
	f.qpn = s->peer_qpn;
	f.msn = m->msn;
	f.oflags = WC_O_SOM | WC_O_EOM;
	f.old = old;
	wc_emit(s->c, &f, WC_E_SERVE);
}

/* The message whose turn it is, as the script wants it refused: true, and it was. */
static bool refused(struct wc_stream *s, uint32_t msn)
{
	if (!s->refuse_times || s->refuse_msn != msn)
		return false;
	s->refuse_times--;
	tack(s, msn, s->refuse, s->refuse_delay_ns);
	if (s->refuse == WC_RNR)
		s->epoch ^= 1;
	else
		s->mute = true;
	memset(s->todo, 0, sizeof(s->todo));
	return true;
}

/* All that is whole and in order. */
void wc_serve(struct wc_stream *s)
{
	while (!s->mute) {
		struct wc_todo *m = &s->todo[s->rx_msn % WC_TODO];

		if (!m->used || m->msn != s->rx_msn || !m->whole || refused(s, m->msn))
			return;
		m->used = false;
		s->rx_msn++;
		if (m->opcode == WC_READ)
			read_rsp(s, m);
		else if (m->opcode == WC_ATOMIC)
			atomic_rsp(s, m);
		else
			s->tack_due = true;
	}
}

void wc_serve_rx(struct wc_stream *s, const struct wc_frame *f)
{
	struct wc_todo *m;
	uint8_t *to;

	if (f->opcode != WC_SEND && f->opcode != WC_WRITE && f->opcode != WC_READ &&
	    f->opcode != WC_ATOMIC && f->opcode != WC_FLUSH)
		return;
	if (wc_before(f->msn, s->rx_msn) || (f->oflags & WC_O_EPOCH) != s->epoch)
		return;
	if (s->refuse_times && s->refuse == WC_RNR && f->msn != s->refuse_msn &&
	    !wc_before(f->msn, s->refuse_msn))
		return;		/* it will be replayed after the message that is refused */
	m = todo_of(s, (uint32_t)f->msn);
	to = f->opcode == WC_WRITE ? own(s->c->t, f->addr + f->offset, f->body_len) : NULL;
	if (to && f->body_len)
		memcpy(to, f->body, f->body_len);
	m->opcode = f->opcode;
	m->addr = f->addr;
	m->len = f->msg_len;
	m->aop = f->aop;
	m->operand = f->operand;
	m->compare = f->compare;
	m->got += f->body_len;
	m->whole = (f->opcode != WC_SEND && f->opcode != WC_WRITE) || m->got >= f->msg_len;
	wc_serve(s);
}
