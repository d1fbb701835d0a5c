/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attempts: see attempt.h.
 */
#include "conformance/cases/memory/attempt.h"

void wc_attempt_on(struct wc_stream *s, const char *name, const struct wc_attempt *a)
{
	enum wc_op_kind kind = WC_OP_MESSAGE;
	struct wc_frame f;

	switch (a->opcode) {
	case WC_WRITE:
		f = wc_f_write(s, a->key, a->addr, wc_bytes(WC_NEW_SEED), a->len);
		break;
	case WC_READ:
		f = wc_f_read(s, a->key, a->addr, a->len);
		kind = WC_OP_READ;
		break;
	case WC_ATOMIC:
		f = wc_f_atomic(s, a->key, a->addr, WC_FADD, 1, 0);
		kind = WC_OP_ATOMIC;
		break;
	default:
		f = wc_f_nop(s);
		f.qpn = s->peer_qpn;
		f.msn = s->msn;
		f.opcode = a->opcode;
		f.oflags = WC_O_SOM | WC_O_EOM;
		break;
	}
	wc_op(s, name, kind, &f);
	wc_emit(s->c, &f, WC_E_OK);
	wc_await(s->c->t, name);
}

void wc_attempt(struct wc_t *t, unsigned i, const struct wc_attempt *a)
{
	struct wc_stream *s = wc_fresh(t, wc_nth("s", i));

	if (s)
		wc_attempt_on(s, wc_nth("x", i), a);
}

void wc_refused3(struct wc_judge *j, unsigned n, enum wc_status status)
{
	for (unsigned i = 0; i < 3; i++)
		wc_refused(j, n, wc_nth("x", i), status);
}
