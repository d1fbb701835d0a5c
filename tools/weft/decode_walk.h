/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steps through a packet's headers, and notes their fields.  Shared by the files behind decode.h;
 * nothing else includes it.
 */
#ifndef WEFT_TOOLS_DECODE_WALK_H
#define WEFT_TOOLS_DECODE_WALK_H

#include "core/names.h"
#include "core/wire.h"
#include "tools/weft/decode.h"

struct walk {
	struct decoded *d;
	const uint8_t *p;
	uint32_t left;		/* bytes that were captured from p on */
};

typedef const char *names_fn(unsigned v);

static inline void add(struct walk *w, const char *hdr, const char *name, uint64_t v,
		       enum decode_kind kind, names_fn *names)
{
	if (w->d->n < DECODE_FIELDS_MAX)
		w->d->f[w->d->n++] = (struct decode_field){
			.hdr = hdr, .name = name, .v = v, .kind = kind, .names_of = names };
}

static inline void add_bytes(struct walk *w, const char *hdr, const char *name,
			     enum decode_kind kind, const uint8_t *text, size_t len)
{
	if (w->d->n < DECODE_FIELDS_MAX)
		w->d->f[w->d->n++] = (struct decode_field){
			.hdr = hdr, .name = name, .kind = kind, .text = text,
			.len = (uint32_t)len };
}

/* BYTES: the last field of its header. */
#define NUM(h, f)	add(w, #h, #f, h.f, DECODE_NUM, NULL)
#define HEX(h, f)	add(w, #h, #f, h.f, DECODE_HEX, NULL)
#define ENUM(h, f, e)	add(w, #h, #f, h.f, DECODE_ENUM, weft_##e##_name)
#define BYTES(h, f)	add_bytes(w, #h, #f, DECODE_BYTES, w->p - sizeof(h.f), sizeof(h.f))
#define FLAGS(h, f, e)	add(w, #h, #f, h.f, DECODE_FLAGS, weft_##e##_name)

/* Opens a function that reads header `h`; stops the walk if it is not all there. */
#define HEADER(h, LEN)								\
	struct weft_hdr_##h h;							\
	if (!room(w, WEFT_HDR_##LEN##_LEN, "cut in " #h))			\
		return false;							\
	weft_hdr_##h##_unpack(&h, w->p);					\
	advance(w, WEFT_HDR_##LEN##_LEN)

static inline bool room(struct walk *w, uint32_t n, const char *why)
{
	if (w->left >= n)
		return true;
	w->d->error = why;
	return false;
}

static inline void advance(struct walk *w, uint32_t n)
{
	w->p += n;
	w->left -= n;
}

/* The TLVs of a CTRL packet, from its own header on (decode_tlv.c). */
bool decode_ctrl(struct walk *w);

#endif
