/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which streams a context has: a tree by queue pair number, without a table whose size would have
 * to be known; and the rings of those that have something to do.  Their lives are stream.c's.
 *
 * Each step down the tree looks at one more bit of the hashed number.  Numbers differ and so do
 * their hashes, so the tree is never deeper than a number has bits, and needs no balancing: any
 * stream below another may take its place.
 */
#include "core/mutant.h"
#include "core/pdc.h"

_Static_assert(WEFT_QPN_BITS == 24, "a queue pair number is hashed to as many bits");

/* One to one on 24 bits: multiplying by an odd number, and folding, can be undone. */
static uint32_t hash(uint32_t qpn)
{
	qpn = (qpn ^ qpn >> 12) * 0x9e3779b1u & 0xffffffu;
	return (qpn ^ qpn >> 12) << 8;
}

struct weft_stream *stream_search(const struct weft_pdc *p, uint32_t qpn)
{
	struct weft_stream *s = p->streams;

	for (uint32_t h = hash(qpn); s && s->cfg.qpn != qpn; h <<= 1) {
		if (WEFT_MUTANT(QPN_LOW_BITS) && (s->cfg.qpn ^ qpn) % 16 == 0)
			break;
		s = s->child[h >> 31];
	}
	return s;
}

void stream_put(struct weft_pdc *p, struct weft_stream *s)
{
	struct weft_stream **at = &p->streams;

	for (uint32_t h = hash(s->cfg.qpn); *at; h <<= 1)
		at = &(*at)->child[h >> 31];
	*at = s;
	p->n_streams++;
}

/* The stream's place is taken by one without children from below it. */
void stream_take(struct weft_pdc *p, struct weft_stream *s)
{
	struct weft_stream **at = &p->streams, **low, *leaf;

	for (uint32_t h = hash(s->cfg.qpn); *at != s; h <<= 1)
		at = &(*at)->child[h >> 31];
	for (low = at; (*low)->child[0] || (*low)->child[1];)
		low = &(*low)->child[!(*low)->child[0]];
	leaf = *low;
	*low = NULL;
	if (leaf != s) {
		leaf->child[0] = s->child[0];
		leaf->child[1] = s->child[1];
		*at = leaf;
	}
	p->n_streams--;
}

struct weft_stream *stream_next(struct stream_walk *w)
{
	struct weft_stream *s;

	if (!w->n)
		return NULL;
	s = w->todo[--w->n];
	for (int i = 0; i < 2; i++)
		if (s->child[i])
			w->todo[w->n++] = s->child[i];
	return s;
}

struct weft_stream *stream_first(const struct weft_pdc *p, struct stream_walk *w)
{
	w->n = 0;
	if (p->streams)
		w->todo[w->n++] = p->streams;
	return stream_next(w);
}

/* ---- rings -------------------------------------------------------------------------- */

void ring_join(struct weft_stream *s, enum ring which)
{
	struct weft_stream **head = &s->pdc->ring[which], *last;
	struct link *l = link_of(s, which);

	if (!*head) {
		*head = l->next = l->prev = s;
		return;
	}
	last = link_of(*head, which)->prev;
	l->next = *head;
	l->prev = last;
	link_of(last, which)->next = s;
	link_of(*head, which)->prev = s;
}

void ring_del(struct weft_stream *s, enum ring which)
{
	struct weft_stream **head = &s->pdc->ring[which];
	struct link *l;

	if (!s->run && which != RING_WORK)
		return;
	l = link_of(s, which);
	if (!l->next)
		return;
	link_of(l->prev, which)->next = l->next;
	link_of(l->next, which)->prev = l->prev;
	if (*head == s)
		*head = l->next == s ? NULL : l->next;
	l->next = l->prev = NULL;
}
