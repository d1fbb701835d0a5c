/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/retx.c: who connects after timeouts does not wait for the next. */
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#include <stdlib.h>

#define MS 1000000ull

/* Streams of our own are to be connected, 1 ms after each other; how many copies of psn go? */
static unsigned copies_by(struct solo *so, uint32_t streams, uint32_t psn)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < streams; i++) {
		struct weft_stream_cfg cfg = so->scfg;
		void *mem = malloc(weft_stream_size(&cfg));
		struct weft_stream *s;

		cfg.qpn = 0x70 + i;
		CU_ASSERT_EQUAL(weft_stream_init(so->p, mem, &cfg, &s), WEFT_OK);
		CU_ASSERT_EQUAL(weft_ep_connect(s, 1, NULL, 0), WEFT_OK);
		while (solo_tx(so))
			n += so->sent.d.psn == psn && so->sent.d.flags & WEFT_DFLAGS_RTX;
		weft_stream_fini(s, WEFT_EP_REASON_CLOSED);
		free(mem);
		so->now += MS;
	}
	return n;
}

/* WEFT-RTX-043 */
static void retx_nudge__once_between_timeouts(void)
{
	static const struct {
		unsigned timeouts, streams;
		uint64_t wait;
		unsigned copies;
	} rows[] = {
		{ 3, 2, 2 * MS, 1 }, { 3, 1, MS - 1, 0 }, { 0, 1, 2 * MS, 0 }, { 3, 2, MS, 1 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct solo so;
		uint32_t una;

		solo_init(&so);
		solo_ready(&so);
		so.p->srtt = so.p->min_rtt = MS / 20;
		so.p->var = 0;
		so.prof.min_rto_ns = MS;
		solo_post(&so, WEFT_OPCODE_WRITE, 1, 1024, 0);
		solo_drain(&so);
		so.p->tlp_sent = NO_TLP;
		una = so.p->una;
		while (so.p->backoff < rows[i].timeouts) {
			solo_until(&so, weft_deadline(so.p));
			solo_drain(&so);
		}
		so.now += rows[i].wait;
		CU_ASSERT_EQUAL(copies_by(&so, rows[i].streams, una), rows[i].copies);
		CU_ASSERT_EQUAL(so.p->backoff, rows[i].timeouts);
		if (rows[i].copies) {		/* once more after the next timeout */
			solo_until(&so, weft_deadline(so.p));
			solo_drain(&so);
			CU_ASSERT_EQUAL(so.p->backoff, rows[i].timeouts + 1);
			so.now += MS;
			CU_ASSERT_EQUAL(copies_by(&so, 2, una), 1);
		}
		solo_fini(&so);
	}
}

WEFT_SUITE(t_nudge) {
	{ "retx_nudge__once_between_timeouts", retx_nudge__once_between_timeouts },
};
