/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The cookie by which a target makes sure, without remembering anything, that who sends a SYN
 * also receives what is sent back to where the SYN came from.  When one is asked for is peer.c's.
 */
#include "core/manage.h"
#include "core/siphash.h"

#define COOKIE_BYTES 44u

static uint8_t *put(uint8_t *at, uint64_t x, unsigned bytes)
{
	while (bytes--) {
		*at++ = (uint8_t)x;
		x >>= 8;
	}
	return at;
}

/* WEFT-PDC-026: all that makes this opening another one is in the hash. */
static uint32_t cookie(const struct weft_gate *gate, const struct weft_hdr_syn *syn,
		       uint32_t epoch)
{
	uint8_t in[COOKIE_BYTES], *at = in;
	uint32_t hash;

	at = put(at, syn->chip_id, 8);
	at = put(at, gate->where, 8);
	at = put(at, syn->incarnation, 4);
	at = put(at, syn->pdc_id, 4);
	at = put(at, syn->start_psn, 4);
	at = put(at, syn->domain, 4);
	at = put(at, epoch, 4);
	at = put(at, syn->mode, 4);
	at = put(at, syn->gen, 4);
	hash = (uint32_t)siphash24(gate->secret, in, (size_t)(at - in));
	return hash ? hash : 1;		/* 0 says: no cookie */
}

uint32_t weft_cookie(const struct weft_gate *gate, const struct weft_view *v)
{
	return cookie(gate, &v->syn, gate->epoch);
}

bool weft_cookie_ok(const struct weft_gate *gate, const struct weft_view *v)
{
	return v->syn.cookie == cookie(gate, &v->syn, gate->epoch) ||
	       v->syn.cookie == cookie(gate, &v->syn, gate->epoch - 1);
}
