/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Management, for hosts: what two chips agree on, and numbers that are not used again too soon.
 * Beside core/weft.h; nothing here belongs to a context.
 */
#ifndef WEFT_MANAGE_H
#define WEFT_MANAGE_H

#include "core/weft.h"

/* ---- Opening (cookie.c) -------------------------------------------------------------- */

/* The cookie for a SYN (cookie.c), and whether it carries this one or that of the last epoch. */
uint32_t weft_cookie(const struct weft_gate *gate, const struct weft_view *v);
bool weft_cookie_ok(const struct weft_gate *gate, const struct weft_view *v);

/* ---- Streams (stream.c) -------------------------------------------------------------- */

/* As in struct weft_stream_cfg; counts from the next refusal on.  EINVAL: rnr_retry exceeds 7. */
int weft_stream_set_rnr(struct weft_stream *s, uint8_t rnr_retry, uint32_t rnr_delay_ns);

/* ---- Numbers (ids.c) ---------------------------------------------------------------- */

struct weft_idslot {
	void *val;		/* what weft_ids_get() finds; the host may set it to NULL */
	weft_time rest_until;	/* no number of the slot is given before this */
	uint32_t id;		/* the last one given out */
	uint32_t uses;		/* place in the cycle of numbers and generations */
	uint32_t since;		/* where the cycle began: with it the slot's round is over */
	bool taken;
};

struct weft_ids {
	struct weft_idslot *slots;
	uint32_t *free;		/* ring of free slots, that unused for longest first */
	uint32_t head, n_free;
	uint32_t size;		/* slots, a power of two */
	uint32_t limit;		/* in use at most: size, unless the host sets less */
	uint32_t cycle;		/* numbers of a slot, times their generations: a power of two */
	uint64_t rest_ns;	/* longer than a packet lives in the network */
};

/*
 * slots and free: size of them each, the caller's, kept.  size: a power of two, 2..65536.  gens: 4
 * if generations tell uses of a number apart, 1 if not.  seed makes the numbers hard to guess.
 */
void weft_ids_init(struct weft_ids *ids, struct weft_idslot *slots, uint32_t *free,
		   uint32_t size, uint32_t gens, uint64_t rest_ns, uint64_t seed);
/* A number for val, which is not NULL; 0: none is to be had now.  *gen (may be NULL): its
 * generation. */
uint32_t weft_ids_take(struct weft_ids *ids, void *val, uint8_t *gen, weft_time now);
/* It is not used any more.  A number that is not in use is ignored. */
void weft_ids_give(struct weft_ids *ids, uint32_t id, weft_time now);

static inline uint32_t weft_ids_used(const struct weft_ids *ids)
{
	return ids->size - ids->n_free;
}

/* What weft_ids_get() finds from now on; NULL: nothing, while the number stays taken. */
static inline void weft_ids_set(struct weft_ids *ids, uint32_t id, void *val)
{
	ids->slots[id & (ids->size - 1)].val = val;
}

static inline void *weft_ids_get(const struct weft_ids *ids, uint32_t id)
{
	const struct weft_idslot *s = &ids->slots[id & (ids->size - 1)];

	return s->val && s->id == id ? s->val : NULL;
}

/* ---- Negotiation (negotiate.c) ------------------------------------------------------ */

/* What two chips agree on; section 90.1. */
struct weft_agreed {
	uint32_t features;	/* flags features */
	uint32_t profiles;	/* flags profiles */
	uint16_t max_payload;	/* bytes */
	uint16_t max_window;	/* packets */
	uint16_t paths;		/* entropy values of a context, 1..256 */
	uint16_t sack_bits;	/* of a bitmap, 0..512 */
	uint16_t windows;	/* windows bound in one context */
	uint16_t mem_tags;	/* MEM operations outstanding in one context */
	uint8_t version;
	uint8_t modes;		/* flags modes */
};

/*
 * Two HELLOs in, the configuration that both ends come to out, whoever asks.  Returns ALL, or the
 * first item on which they do not agree; *out is then zero.
 */
enum weft_agree weft_negotiate(const struct weft_hello *a, const struct weft_hello *b,
			       struct weft_agreed *out);

/* The profiles that a HELLO claims without what they require (section 95): flags profiles. */
uint32_t weft_claims_lacking(const struct weft_hello *h);

/* ---- Answers outside contexts (alone.c) --------------------------------------------- */

/* How many bytes the answer to v may have that belongs to no context: WEFT_ALONE_MAX at most. */
size_t weft_answer_room(const struct weft_view *v);
/*
 * A HELLO in room bytes at most: what does not fit is left out.  A question (REPLY set) is as long
 * as it must be to bring a whole answer.  Returns the packet's bytes in out[WEFT_ALONE_MAX].
 */
size_t weft_hello_build(uint8_t *out, size_t room, const struct weft_hello *hello,
			uint32_t transaction);

/* ---- Telemetry (telemetry.c) -------------------------------------------------------- */

/* The counter of that number (enum meter) of a context or a sum of contexts; false: none. */
bool weft_stats_counter(const struct weft_stats *s, uint16_t counter, uint64_t *value);

/*
 * A stand-alone question, long enough for the longest answer; returns the packet's bytes in
 * out[WEFT_ALONE_MAX].
 */
size_t weft_telemetry_get_build(uint8_t *out, uint16_t first, uint16_t count,
				uint32_t transaction);
/* Its answer, in room bytes, from s and the host's own counters, in order of their numbers. */
size_t weft_telemetry_build(uint8_t *out, size_t room,
			    const struct weft_hdr_tlv_telemetry_get *get,
			    const struct weft_stats *s, const struct weft_hdr_telemetry_item *host,
			    size_t n_host, uint32_t transaction);
/* What a packet holds for which weft_alone_parse() said TELEMETRY_GET, or TELEMETRY. */
void weft_telemetry_asked(const struct weft_view *v, struct weft_hdr_tlv_telemetry_get *get);
size_t weft_telemetry_items(const struct weft_view *v, struct weft_hdr_telemetry_item *items,
			    size_t max);

/* Ask the peer of a context for its counters of it: EV_TELEMETRY brings them in act->priv. */
int weft_telemetry_ask(struct weft_pdc *pdc, uint16_t first, uint16_t count);
size_t weft_telemetry_unpack(const uint8_t *value, size_t len,
			     struct weft_hdr_telemetry_item *items, size_t max);

#endif
