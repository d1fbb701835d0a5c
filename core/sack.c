/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which PSNs have come, and which of them are done: two bitmaps over the receive window.
 * Decides duplicate, beyond the window, out of order.  Acknowledging is ack.c's.
 */
#include "core/pdc.h"

static inline bool get(const struct weft_pdc *p, const uint64_t *map, uint32_t psn)
{
	uint32_t i = psn & (p->rx_bits - 1);

	return map[i / 64] >> i % 64 & 1;
}

static inline void put(const struct weft_pdc *p, uint64_t *map, uint32_t psn, bool on)
{
	uint32_t i = psn & (p->rx_bits - 1);
	uint64_t bit = 1ull << i % 64;

	map[i / 64] = on ? map[i / 64] | bit : map[i / 64] & ~bit;
}

/* A fault that executes duplicates leaves the maps alone, which are of the window. */
static inline bool is_fault(const struct weft_pdc *p, uint32_t psn)
{
	return WEFT_MUTANT(DUP_TAKEN) && psn_before(psn, p->rx_cum);
}

/* WEFT-PDC-020, WEFT-PDC-021, WEFT-PDC-022 */
enum weft_drop sack_judge_any(const struct weft_pdc *p, uint32_t psn)
{
	if (psn_before(psn, p->rx_cum))
		return is_fault(p, psn) && (!p->rx || rxrec_of(p, psn)->kind == RX_FREE) ?
		       WEFT_DROP_NONE : WEFT_DROP_DUPLICATE;
	if (WEFT_MUTANT(WINDOW_OPEN) && !psn_in(psn, p->rx_cum, p->prof->window) &&
	    psn_in(psn, p->rx_cum, 0x20000))
		return WEFT_DROP_NONE;
	if (!psn_in(psn, p->rx_cum, p->prof->window + WEFT_MUTANT(WINDOW_ONE_MORE)))
		return WEFT_DROP_WINDOW;
	if (p->run && get(p, p->have, psn))
		return WEFT_DROP_DUPLICATE;
	/* One before rx_max that has not come was forgotten for want of room: it is welcome. */
	if (p->cfg.mode == WEFT_MODE_ROD && psn_before(p->rx_max, psn) &&
	    !WEFT_MUTANT(ROD_ANY_ORDER))
		return WEFT_DROP_ORDER;
	return WEFT_DROP_NONE;
}

void sack_have(struct weft_pdc *p, uint32_t psn)
{
	if (is_fault(p, psn))
		return;
	put(p, p->have, psn, true);
	if (!psn_before(psn, p->rx_max))
		p->rx_max = psn + 1;
}

bool sack_whole(const struct weft_pdc *p, uint32_t psn)
{
	for (uint32_t i = p->rx_cum; psn_before(i, psn); i++)
		if (!get(p, p->have, i))
			return false;
	return true;
}

/* WEFT-PDC-023: as if it had never come. */
void sack_forget(struct weft_pdc *p, uint32_t psn)
{
	if (is_fault(p, psn))
		return;
	put(p, p->have, psn, false);
	while (p->rx_max != p->rx_cum && !get(p, p->have, p->rx_max - 1) &&
	       !WEFT_MUTANT(FORGET_KEEPS_MAX))
		p->rx_max--;
}

void sack_done(struct weft_pdc *p, uint32_t psn)
{
	if (is_fault(p, psn))
		return;
	if (psn != p->rx_cum || WEFT_MUTANT(DONE_OF_LAST_LAP)) {
		put(p, p->done, psn, true);
	} else {			/* mostly: it need not be noted to be counted */
		put(p, p->have, psn, false);
		p->rx_cum++;
	}
	while (get(p, p->done, p->rx_cum)) {
		put(p, p->have, p->rx_cum, false);
		put(p, p->done, p->rx_cum, WEFT_MUTANT(DONE_OF_LAST_LAP));
		p->rx_cum++;
	}
	/*
	 * WEFT-ACK-012: a host that answers late opens the window long after the packets were
	 * acknowledged.
	 */
	if (p->rx_cum - p->acked_cum >= p->prof->at.ack_step && !WEFT_MUTANT(LATE_WINDOW_UNTOLD))
		p->ack_now = true;
}

static uint64_t reverse64(uint64_t x)
{
	x = (x >> 1 & 0x5555555555555555ull) | (x & 0x5555555555555555ull) << 1;
	x = (x >> 2 & 0x3333333333333333ull) | (x & 0x3333333333333333ull) << 2;
	x = (x >> 4 & 0x0f0f0f0f0f0f0f0full) | (x & 0x0f0f0f0f0f0f0f0full) << 4;
	x = (x >> 8 & 0x00ff00ff00ff00ffull) | (x & 0x00ff00ff00ff00ffull) << 8;
	x = (x >> 16 & 0x0000ffff0000ffffull) | (x & 0x0000ffff0000ffffull) << 16;
	return x >> 32 | x << 32;
}

/* 64 bits of the window from psn on, the first in the most significant bit. */
static uint64_t window_word(const struct weft_pdc *p, uint32_t psn)
{
	uint32_t i = psn & (p->rx_bits - 1), w = i / 64, shift = i % 64;
	uint64_t low = p->have[w] >> shift;

	if (shift && !(WEFT_MUTANT(SACK_NO_WRAP) && w + 1 == p->rx_bits / 64))
		low |= p->have[(w + 1) % (p->rx_bits / 64)] << (64 - shift);
	return reverse64(low);
}

/* WEFT-MGT-020 */
static uint32_t sack_words(const struct weft_pdc *p)
{
	uint32_t bits = p->cfg.sack_bits;

	return bits && bits < WEFT_MAX_SACK_WORDS * 64 && !WEFT_MUTANT(SACK_BITS_IGNORED) ?
	       bits / 64 : WEFT_MAX_SACK_WORDS;
}

/*
 * The bitmap of an acknowledgement (WEFT-ACK-002, WEFT-ACK-018, WEFT-ACK-019): returns words
 * used, 0 if there is no gap.
 * Begins at the first PSN not done; if what has come reaches further than one packet can
 * say, then around the packet that is echoed.
 */
size_t sack_fill(const struct weft_pdc *p, uint64_t *words, uint32_t *base)
{
	uint32_t span = p->rx_max - p->rx_cum, from = p->rx_cum, words_max = sack_words(p);
	uint32_t most = words_max * 64;
	size_t n, i;

	*base = from;
	if (!span || !words_max || WEFT_MUTANT(SACK_NONE) ||
	    (WEFT_MUTANT(SACK_NOT_AT_WRAP) && psn_before(0, p->rx_max) && !psn_before(0, from)))
		return 0;
	if (span > most && psn_in(p->echo_psn, from, span) && p->echo_psn - from >= most)
		from = p->echo_psn - most / 2;
	if (psn_before(p->rx_max, from + most))
		from = span > most ? p->rx_max - most : p->rx_cum;
	if (WEFT_MUTANT(SACK_FROM_ECHO) && psn_in(p->echo_psn, from, span))
		from = p->echo_psn;
	n = (p->rx_max - from + 63) / 64;
	if (n > words_max)
		n = words_max;
	for (i = 0; i < n; i++)
		words[i] = window_word(p, from + 64 * (uint32_t)i);
	if ((p->rx_max - from) % 64 && n * 64 > p->rx_max - from)
		words[n - 1] &= ~0ull << (64 - (p->rx_max - from) % 64);
	*base = from + WEFT_MUTANT(SACK_SHIFTED);
	return n;
}
