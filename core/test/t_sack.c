/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/sack.c: against a model that remembers each PSN, over all windows and the wrap at 2^32. */
#include <stdio.h>
#include <stdlib.h>

#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define SPAN 16384u		/* PSNs that one run of the model walks over */

static uint64_t rng;

static uint32_t rnd(uint32_t n)
{
	rng = rng * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(rng >> 33) % n;
}

struct model {
	uint32_t start;
	bool have[SPAN], done[SPAN];
	uint32_t cum, max;	/* counted from start */
};

/* What must become of a packet by the text of the specification. */
static enum weft_drop judge(const struct model *m, const struct weft_pdc *p, uint32_t at)
{
	if (at < m->cum || m->have[at])
		return WEFT_DROP_DUPLICATE;
	if (at >= m->cum + p->prof->window)
		return WEFT_DROP_WINDOW;
	if (p->cfg.mode == WEFT_MODE_ROD && at > m->max)
		return WEFT_DROP_ORDER;
	return WEFT_DROP_NONE;
}

static void take(struct model *m, struct weft_pdc *p, uint32_t at)
{
	sack_have(p, m->start + at);
	m->have[at] = true;
	if (at + 1 > m->max)
		m->max = at + 1;
}

static void finish(struct model *m, struct weft_pdc *p, uint32_t at)
{
	sack_done(p, m->start + at);
	m->done[at] = true;
	while (m->done[m->cum])
		m->cum++;
}

static void forget(struct model *m, struct weft_pdc *p, uint32_t at)
{
	sack_forget(p, m->start + at);
	m->have[at] = false;
	while (m->max > m->cum && !m->have[m->max - 1])
		m->max--;
}

/* The bitmap names only what is in possession, and all of it that it has room for. */
static unsigned check_bitmap(const struct model *m, struct weft_pdc *p)
{
	uint64_t words[WEFT_MAX_SACK_WORDS];
	uint32_t base, bad = 0, span = m->max - m->cum;
	size_t n = sack_fill(p, words, &base);

	bad += n > WEFT_MAX_SACK_WORDS;
	bad += span == 0 && n != 0;
	for (size_t i = 0; i < 64 * n; i++) {
		uint32_t at = base + (uint32_t)i - m->start;
		bool bit = words[i / 64] >> (63 - i % 64) & 1;

		bad += bit != (at < m->max && m->have[at] && at >= m->cum);
	}
	if (span && span <= 64 * WEFT_MAX_SACK_WORDS)
		bad += base != m->start + m->cum || n != (span + 63) / 64;
	else if (span && psn_in(p->echo_psn, m->start + m->cum, span))
		bad += !psn_in(p->echo_psn, base, (uint32_t)n * 64);
	return bad;
}

static unsigned step(struct model *m, struct weft_pdc *p)
{
	uint32_t w = p->prof->window, at = m->cum + rnd(w + w / 4);
	uint32_t lag = m->cum > 3 * w ? rnd(3 * w) : 0;
	enum weft_drop want;
	unsigned bad;

	if (rnd(4) == 0)
		at = m->cum - lag;
	else if (rnd(4) == 0)
		at = m->max;
	want = judge(m, p, at);
	bad = sack_judge(p, m->start + at) != want;
	if (want == WEFT_DROP_NONE) {
		take(m, p, at);
		p->echo_psn = m->start + at;
		if (rnd(8) == 0)
			forget(m, p, at);
		else if (rnd(3))
			finish(m, p, at);
	}
	for (uint32_t k = m->cum; k < m->max && rnd(4); k += 1 + rnd(w / 8))
		if (m->have[k] && !m->done[k] && rnd(2))
			finish(m, p, k);
	bad += p->rx_cum != m->start + m->cum || p->rx_max != m->start + m->max;
	return bad + check_bitmap(m, p);
}

static unsigned run(enum weft_mode mode, uint16_t window, uint32_t start)
{
	static struct model m;
	struct solo so;
	unsigned bad = 0;

	memset(&m, 0, sizeof(m));
	solo_init(&so);
	so.cfg.mode = mode;
	so.prof.window = window;
	solo_start(&so);
	m.start = start;
	so.p->rx_cum = so.p->rx_max = start;
	for (int i = 0; i < 3000 && m.max + 2 * window < SPAN; i++)
		bad += step(&m, so.p);
	bad += m.cum == 0;
	solo_fini(&so);
	return bad;
}

/*
 * WEFT-ACK-018:
 * WEFT-PDC-020, WEFT-PDC-021, WEFT-PDC-022, WEFT-PDC-023, WEFT-ACK-002, WEFT-CONV-001
 */
static void sack__as_the_model_says(void)
{
	static const uint32_t starts[] = { 0, 5, 0xffffffff, 0xfffffe00, 0x7fffff00, 0xfffff001 };

	for (uint16_t window = 16; window <= 4096; window = (uint16_t)(window * 2))
		for (size_t i = 0; i < WEFT_ARRAY_LEN(starts); i++)
			for (int mode = WEFT_MODE_RUD; mode <= WEFT_MODE_ROD; mode++) {
				unsigned bad;

				rng = weft_test_seed * 77 + window + i;
				bad = run((enum weft_mode)mode, window, starts[i]);
				if (bad)
					printf("sack: window %u start %u mode %d: %u\n", window,
					       starts[i], mode, bad);
				CU_ASSERT_EQUAL(bad, 0);
			}
}

static void sack_judge__edges(void)
{
	struct solo so;

	solo_init(&so);
	so.prof.window = 16;
	solo_start(&so);
	so.p->rx_cum = so.p->rx_max = 0xfffffff8;
	CU_ASSERT_EQUAL(sack_judge(so.p, 0xfffffff7), WEFT_DROP_DUPLICATE);
	CU_ASSERT_EQUAL(sack_judge(so.p, 0xfffffff8), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(sack_judge(so.p, 7), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(sack_judge(so.p, 8), WEFT_DROP_WINDOW);
	CU_ASSERT_EQUAL(sack_judge(so.p, 0x7ffffff7), WEFT_DROP_WINDOW);
	CU_ASSERT_EQUAL(sack_judge(so.p, 0x7ffffff9), WEFT_DROP_DUPLICATE);
	solo_fini(&so);
}

/* WEFT-ACK-019: A bitmap too small for all that came: it lies round the packet that is echoed. */
static void sack_fill__far_ahead(void)
{
	uint64_t words[WEFT_MAX_SACK_WORDS];
	struct solo so;
	uint32_t base;

	solo_init(&so);
	so.prof.window = 4096;
	solo_start(&so);
	so.p->rx_cum = so.p->rx_max = 100;
	for (uint32_t psn = 101; psn < 4000; psn++)
		sack_have(so.p, psn);
	so.p->echo_psn = 2000;
	CU_ASSERT_EQUAL(sack_fill(so.p, words, &base), WEFT_MAX_SACK_WORDS);
	CU_ASSERT_EQUAL(base, 2000 - 256);
	CU_ASSERT_EQUAL(words[0], ~0ull);
	so.p->echo_psn = 3999;
	CU_ASSERT_EQUAL(sack_fill(so.p, words, &base), WEFT_MAX_SACK_WORDS);
	CU_ASSERT_EQUAL(base, 4000 - 512);
	CU_ASSERT_EQUAL(words[7], ~0ull);
	so.p->echo_psn = 50;
	CU_ASSERT_EQUAL(sack_fill(so.p, words, &base), WEFT_MAX_SACK_WORDS);
	CU_ASSERT_EQUAL(base, 100);
	CU_ASSERT_EQUAL(words[0], ~0ull >> 1);
	solo_fini(&so);
}

/* WEFT-MGT-020: every second packet is missing, over the whole window. */
static void sack_fill__as_many_words_as_agreed(void)
{
	static const struct { uint16_t bits, words; } rows[] = {
		{ 0, 8 }, { 512, 8 }, { 1024, 8 }, { 511, 7 }, { 128, 2 }, { 64, 1 }, { 63, 0 },
		{ 1, 0 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		so.prof.window = 1024;
		so.cfg.sack_bits = rows[i].bits;
		solo_ready(&so);
		for (uint32_t k = 0; k < 500; k++) {
			so.psn++;
			v = solo_op(&so, WEFT_OPCODE_NOP, 0);
			solo_rx(&so, &v);
		}
		CU_ASSERT_FATAL(solo_tx_type(&so, WEFT_PTYPE_ACK));
		CU_ASSERT_EQUAL(so.sent.b.ack.h.words, rows[i].words);
		solo_fini(&so);
	}
}

WEFT_SUITE(t_sack) {
	{ "sack_judge__edges", sack_judge__edges },
	{ "sack_fill__far_ahead", sack_fill__far_ahead },
	{ "sack_fill__as_many_words_as_agreed", sack_fill__as_many_words_as_agreed },
	{ "sack__as_the_model_says", sack__as_the_model_says },
};
