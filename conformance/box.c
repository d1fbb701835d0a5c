/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The impairment box: see box.h.
 */
#include "conformance/box.h"
#include "conformance/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CONTEXTS	1024u
#define FOLLOWED	65536u		/* PSNs of an end whose transmissions are counted */
#define STREAMS		256u		/* of a context and end that have an ordinal */
#define TYPES		16u
#define CUT_LEN		16u		/* the delivery header: what a switch that trims leaves */
#define BILLION		1000000000u

/* What one end sends in a context. */
struct half {
	bool known;
	uint32_t id, start;
	uint8_t *tries;			/* by PSN - start; FOLLOWED of them, or NULL */
	uint32_t qpn[STREAMS];
	unsigned streams;
	uint32_t count[TYPES];
};

struct context {
	struct half end[2];		/* by the way that its packets go */
};

struct waiting {
	struct waiting *next;
	uint64_t at_ns, behind;		/* behind: 0, or go when that many have come this way */
	enum wc_way way;
	uint32_t len;
	uint8_t bytes[];
};

struct wc_box {
	struct wc_schedule *s;
	uint64_t seed;
	struct wc_path path[WC_PATHS];
	unsigned n_paths, n_ctx;
	struct context *ctx;
	uint32_t alone[2][TYPES];	/* packets of no context */
	struct waiting *first;		/* by at_ns */
	struct waiting *given;
	struct wc_box_totals totals;
};

struct wc_box *wc_box_create(struct wc_schedule *s, const struct wc_path *paths, unsigned n_paths,
			     uint64_t seed)
{
	struct wc_box *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->s = s;
	b->seed = seed;
	b->n_paths = paths && n_paths ? n_paths : 1;
	if (paths && n_paths)
		memcpy(b->path, paths, n_paths * sizeof(*paths));
	b->ctx = calloc(CONTEXTS, sizeof(*b->ctx));
	if (b->ctx)
		return b;
	free(b);
	return NULL;
}

void wc_box_free(struct wc_box *b)
{
	if (!b)
		return;
	while (b->first) {
		struct waiting *w = b->first;

		b->first = w->next;
		free(w);
	}
	for (unsigned i = 0; i < b->n_ctx; i++) {
		free(b->ctx[i].end[0].tries);
		free(b->ctx[i].end[1].tries);
	}
	free(b->given);
	free(b->ctx);
	free(b);
}

/* ---- who is it? --------------------------------------------------------------------------- */

static enum wc_way other(enum wc_way way)
{
	return way == WC_OUT ? WC_BACK : WC_OUT;
}

/* The context of a packet that goes that way; 0: of none, or of one that was not seen open. */
static unsigned context_of(const struct wc_box *b, const struct wc_frame *f, enum wc_way way)
{
	for (unsigned i = b->n_ctx; i > 0; i--) {
		const struct half *to = &b->ctx[i - 1].end[other(way)];
		const struct half *from = &b->ctx[i - 1].end[way];

		if (f->pdc_id ? to->known && to->id == f->pdc_id :
		    f->flags & WC_F_SYN && from->known && from->id == f->syn_pdc &&
		    from->start == f->syn_start)
			return i;
	}
	return 0;
}

static void learn(struct half *h, const struct wc_frame *f)
{
	h->known = true;
	h->id = (uint32_t)f->syn_pdc;
	h->start = (uint32_t)f->syn_start;
}

static bool opens(const struct wc_frame *f)
{
	return f->flags & WC_F_SYN && !f->pdc_id && f->syn_pdc;
}

static uint32_t stream_of(struct half *h, const struct wc_frame *f)
{
	unsigned i = 0;

	if (f->type != WC_DATA || !f->qpn)
		return 0;
	while (i < h->streams && h->qpn[i] != f->qpn)
		i++;
	if (i == STREAMS)
		return 0;
	if (i == h->streams)
		h->qpn[h->streams++] = (uint32_t)f->qpn;
	return i + 1;
}

static void number(struct half *h, const struct wc_frame *f, struct wc_ident *id)
{
	uint32_t psn = (uint32_t)f->psn - h->start;

	if (f->type != WC_DATA && f->type != WC_CTRL && f->type != WC_MEM)
		return;
	if (!h->tries)
		h->tries = calloc(FOLLOWED, 1);
	if (!h->known || !h->tries || psn >= FOLLOWED)
		return;
	if (h->tries[psn] < UINT8_MAX)
		h->tries[psn]++;
	id->numbered = true;
	id->psn = psn;
	id->try = h->tries[psn];
}

static struct wc_ident identify(struct wc_box *b, const struct wc_frame *f, enum wc_way way)
{
	struct wc_ident id = { .way = way, .type = (uint8_t)(f->type % TYPES) };
	struct half *h;

	id.opcode = f->type == WC_DATA ? (uint8_t)f->opcode : 0;
	id.ctx = context_of(b, f, way);
	if (!id.ctx && opens(f) && b->n_ctx < CONTEXTS) {
		id.ctx = ++b->n_ctx;
		learn(&b->ctx[id.ctx - 1].end[way], f);
	}
	if (!id.ctx) {
		id.nth = ++b->alone[way][id.type];
		return id;
	}
	h = &b->ctx[id.ctx - 1].end[way];
	if (!h->known && f->flags & WC_F_SYN)
		learn(h, f);
	number(h, f, &id);
	id.stream = stream_of(h, f);
	id.nth = ++h->count[id.type];
	return id;
}

/* ---- paths -------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* Does the path lose this very transmission?  The same answer in each run of a seed. */
static bool path_loses(const struct wc_box *b, unsigned path, const struct wc_ident *id)
{
	uint64_t h = mix(b->seed + 0x9e3779b97f4a7c15ull * (path + 1));

	h = mix(h ^ ((uint64_t)id->way << 40 | (uint64_t)id->ctx << 8 | id->type));
	h = mix(h ^ (id->numbered ? (uint64_t)id->psn << 32 | id->try : id->nth));
	return h % BILLION < b->path[path].loss;
}

static uint64_t arrival(struct wc_path *p, enum wc_way way, uint32_t len, uint64_t now_ns)
{
	uint64_t from = p->busy_until[way] > now_ns ? p->busy_until[way] : now_ns;

	if (p->rate)
		from += (uint64_t)len * 8 * BILLION / p->rate;
	p->busy_until[way] = from;
	return from + p->delay_ns;
}

bool wc_path_parse(const char *text, struct wc_path *p)
{
	char copy[128], *save = NULL, *end;

	memset(p, 0, sizeof(*p));
	if (strlen(text) >= sizeof(copy))
		return false;
	memcpy(copy, text, strlen(text) + 1);
	for (char *w = strtok_r(copy, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		char *value = strchr(w, '=');

		if (!value)
			return false;
		*value++ = 0;
		if (!strcmp(w, "delay") && wc_duration(value, &p->delay_ns))
			continue;
		if (!strcmp(w, "loss") && wc_chance(value, &p->loss))
			continue;
		if (strcmp(w, "rate") || *value < '0' || *value > '9')
			return false;
		p->rate = strtoull(value, &end, 10);
		if (*end || p->rate < 1000)
			return false;
	}
	return true;
}

/* ---- in and out --------------------------------------------------------------------------- */

static int queue(struct wc_box *b, enum wc_way way, const uint8_t *bytes, uint32_t len,
		 uint64_t at_ns, uint64_t behind)
{
	struct waiting *w = malloc(sizeof(*w) + len), **at = &b->first;

	if (!w)
		return -ENOMEM;
	*w = (struct waiting){ .at_ns = at_ns, .behind = behind, .way = way, .len = len };
	memcpy(w->bytes, bytes, len);
	while (*at && (*at)->at_ns <= at_ns)
		at = &(*at)->next;
	w->next = *at;
	*at = w;
	return 0;
}

/* Those that waited for this one to pass go right behind it. */
static void release(struct wc_box *b, enum wc_way way, uint64_t at_ns)
{
	for (struct waiting **at = &b->first; *at;) {
		struct waiting *w = *at, **to = &b->first;

		if (w->way != way || !w->behind || w->behind > b->totals.came[way]) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		w->behind = 0;
		w->at_ns = at_ns;
		while (*to && (*to)->at_ns <= at_ns)
			to = &(*to)->next;
		w->next = *to;
		*to = w;
		at = &b->first;
	}
}

static void spoil(uint8_t *bytes, uint32_t *len, const struct wc_fate *f, bool marked)
{
	if ((f->ce || marked) && *len > 4)
		bytes[4] |= WC_FB_CE;
	if (f->cut && *len >= CUT_LEN) {
		bytes[4] |= WC_FB_TRIM;
		*len = CUT_LEN;
	}
	if (f->corrupt && *len) {
		uint32_t bit = f->bit % (8 * *len);

		bytes[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
	}
}

static void count(struct wc_box_totals *t, const struct wc_fate *f)
{
	const bool met[WC_MISHAPS] = {
		[WC_LOSE] = f->lose, [WC_REPEAT] = f->copies, [WC_DELAY] = f->delay_ns,
		[WC_BEHIND] = f->behind, [WC_CORRUPT] = f->corrupt, [WC_CUT] = f->cut,
		[WC_CE] = f->ce,
	};

	for (unsigned m = 0; m < WC_MISHAPS; m++)
		t->met[m] += met[m];
}

int wc_box_take(struct wc_box *b, enum wc_way way, const uint8_t *bytes, uint32_t len, bool marked,
		uint64_t now_ns, struct wc_box_event *event)
{
	static uint8_t copy[WC_FRAME_MAX];
	struct wc_box_event e = { .t_ns = now_ns, .id = { .way = way } };
	uint64_t at_ns, behind;
	struct wc_frame f;
	int rc = 0;

	if (len > sizeof(copy))
		return 0;
	b->totals.came[way]++;
	memset(&f, 0, sizeof(f));
	if (!wc_frame_parse(&f, bytes, len)) {
		e.id = identify(b, &f, way);
		e.path = (unsigned)(f.entropy % b->n_paths);
	} else {
		e.id.nth = ++b->alone[way][0];
	}
	e.fate = wc_schedule_fate(b->s, &e.id);
	count(&b->totals, &e.fate);
	e.path_lost = !e.fate.lose && path_loses(b, e.path, &e.id);
	b->totals.path_lost += e.path_lost;
	b->totals.by_path[e.path]++;
	*event = e;
	at_ns = arrival(&b->path[e.path], way, len, now_ns) + e.fate.delay_ns;
	if (!e.fate.lose && !e.path_lost) {
		memcpy(copy, bytes, len);
		spoil(copy, &len, &e.fate, marked);
		behind = e.fate.behind ? b->totals.came[way] + e.fate.behind : 0;
		for (uint32_t i = 0; i <= e.fate.copies && !rc; i++)
			rc = queue(b, way, copy, len, behind ? at_ns + WC_BEHIND_NS : at_ns,
				   behind);
	}
	release(b, way, at_ns);
	return rc;
}

const uint8_t *wc_box_give(struct wc_box *b, uint64_t now_ns, enum wc_way *way, uint32_t *len)
{
	struct waiting *w = b->first;

	free(b->given);
	b->given = NULL;
	if (!w || w->at_ns > now_ns)
		return NULL;
	b->first = w->next;
	b->given = w;
	b->totals.passed[w->way]++;
	*way = w->way;
	*len = w->len;
	return w->bytes;
}

uint64_t wc_box_due(const struct wc_box *b)
{
	return b->first ? b->first->at_ns : UINT64_MAX;
}

const struct wc_box_totals *wc_box_totals(const struct wc_box *b)
{
	return &b->totals;
}

unsigned wc_box_paths(const struct wc_box *b)
{
	return b->n_paths;
}
