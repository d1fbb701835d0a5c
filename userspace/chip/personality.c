/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The personality: fixed regions, streams and datagram queues that any test suite can reach, with
 * no agent in the device.  Streams are accepted in every domain and have protection domain 1; what
 * is sent to them is received and dropped.  Contents live as long as the process.
 */
#include "userspace/chip/personality.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/chip/chip_int.h"

#define STREAM_PD 1u
#define RECVS 16u		/* receive buffers of a stream */
#define RECV_LEN 4096u		/* bytes in one */

struct fixed {
	struct chip_fixed spec;
	struct weft_mem *mem;	/* NULL: dead */
	uint8_t *bytes;		/* borrowed from another if spec.shared */
};

struct fixed_stream {
	struct chip_end end;
	struct fixed_stream *next;
	uint8_t buf[RECVS][RECV_LEN];	/* if buffers are not shared */
};

struct chip_personality {
	char *file;
	struct chip_line *lines;	/* in their order */
	unsigned n_lines;
	struct fixed region[CHIP_FIXED_MAX];
	unsigned n;
	struct fixed_stream *streams;
	struct chip_mailbox *boxes;
	struct weft_srq *srq;		/* NULL: each stream has buffers of its own */
	uint8_t *shared;		/* those of srq */
	uint32_t shared_len;		/* bytes in one */
	uint8_t share;
};

/* ---- Regions --------------------------------------------------------------------------- */

static int find_bytes(struct chip_personality *p, struct fixed *f, char *err, size_t errlen)
{
	for (unsigned i = 0; f->spec.shared && i < p->n; i++) {
		struct fixed *o = &p->region[i];

		if (o->spec.key == f->spec.share && o->spec.len == f->spec.len) {
			f->bytes = o->bytes;
			return 0;
		}
	}
	if (f->spec.shared) {
		snprintf(err, errlen, "share=%#x: no region of that key and length is declared "
			 "above", f->spec.share);
		return -EINVAL;
	}
	f->bytes = aligned_alloc(4096, (f->spec.len + 4095) / 4096 * 4096);
	if (!f->bytes) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	for (uint64_t i = 0; i < f->spec.len; i++)
		f->bytes[i] = f->spec.ramp ? (uint8_t)(7 * i) : 0;
	return 0;
}

static int add(struct chip *chip, const struct chip_fixed *spec, char *err, size_t errlen)
{
	struct chip_personality *p = chip->personality;
	struct fixed *f = &p->region[p->n];
	struct weft_mem_opts o = {
		.addr = spec->base, .key = spec->key, .domain = spec->domain, .pd = spec->pd,
		.addr_given = 1, .key_given = 1, .domain_given = 1,
	};
	int ret;

	if (p->n == CHIP_FIXED_MAX) {
		snprintf(err, errlen, "more than %u regions", CHIP_FIXED_MAX);
		return -EINVAL;
	}
	*f = (struct fixed){ .spec = *spec };
	ret = find_bytes(p, f, err, errlen);
	if (ret)
		return ret;
	p->n++;		/* from here on it is freed with the rest */
	ret = weft_reg(chip->port, f->bytes, spec->len, spec->rights, &o, &f->mem);
	if (ret) {
		snprintf(err, errlen, "%s", weft_error(chip->port));
		return ret;
	}
	if (spec->dead) {
		weft_dereg(f->mem);
		f->mem = NULL;
	}
	return 0;
}

/* ---- The rest of it -------------------------------------------------------------------- */

static int add_box(struct chip *chip, const struct chip_box *spec, char *err, size_t errlen)
{
	struct chip_personality *p = chip->personality;
	unsigned i = 0;
	int ret;

	while (i < p->n && p->region[i].spec.key != spec->key)
		i++;
	if (i == p->n || (uint64_t)spec->room * spec->count > p->region[i].spec.len ||
	    spec->off > p->region[i].spec.len - (uint64_t)spec->room * spec->count) {
		snprintf(err, errlen, "key=%#x: no region of that key declared above has %u "
			 "bytes from %u on", spec->key, spec->room * spec->count, spec->off);
		return -EINVAL;
	}
	ret = chip_box_open(chip, spec, p->region[i].bytes + spec->off, &p->boxes);
	if (ret)
		snprintf(err, errlen, "%s", weft_error(chip->port));
	return ret;
}

static int add_shared(struct chip *chip, const struct chip_shared *spec, char *err, size_t errlen)
{
	struct chip_personality *p = chip->personality;
	uint32_t depth = 1;
	int ret;

	while (depth < spec->buffers)
		depth *= 2;
	if (p->srq) {
		snprintf(err, errlen, "shared receive buffers are declared above");
		return -EINVAL;
	}
	p->shared = calloc(spec->buffers, spec->len ? spec->len : 1);
	ret = p->shared ? weft_srq_create(chip->port, depth, &p->srq) : -ENOMEM;
	if (ret) {
		snprintf(err, errlen, "out of memory");
		return ret;
	}
	p->shared_len = spec->len;
	p->share = spec->share;
	for (uint32_t i = 0; i < spec->buffers; i++)
		weft_srq_recv(p->srq, p->shared + (size_t)i * spec->len, spec->len, i);
	return 0;
}

static int make(struct chip *chip, const struct chip_line *l, char *err, size_t errlen)
{
	switch (l->kind) {
	case CHIP_LINE_REGION:
		return add(chip, &l->fixed, err, errlen);
	case CHIP_LINE_BOX:
		return add_box(chip, &l->box, err, errlen);
	case CHIP_LINE_SHARED:
		return add_shared(chip, &l->shared, err, errlen);
	case CHIP_LINE_CLAIMS:
	case CHIP_LINE_NONE:
		break;
	}
	return 0;
}

int chip_personality_make(struct chip *chip, char *err, size_t errlen)
{
	struct chip_personality *p = chip->personality;
	char why[WEFT_ERROR_MAX] = "";

	for (unsigned i = 0; i < p->n_lines; i++) {
		int ret = make(chip, &p->lines[i], why, sizeof(why));

		if (ret) {
			snprintf(err, errlen, "%s:%u: %s", p->file, p->lines[i].number, why);
			return ret;
		}
	}
	return 0;
}

void chip_personality_claims(const struct chip *chip, struct weft_port_opts *o)
{
	const struct chip_personality *p = chip->personality;

	for (unsigned i = 0; p && i < p->n_lines; i++) {
		const struct chip_claims *c = &p->lines[i].claims;

		if (p->lines[i].kind != CHIP_LINE_CLAIMS)
			continue;
		o->withheld |= c->without;
		o->windows = c->windows ? c->windows : o->windows;
		o->mem_tags = c->tags ? c->tags : o->mem_tags;
	}
}

/* ---- The file -------------------------------------------------------------------------- */

static int keep(struct chip_personality *p, const struct chip_line *l)
{
	void *more = realloc(p->lines, (p->n_lines + 1u) * sizeof(*l));

	if (!more)
		return -ENOMEM;
	p->lines = more;
	p->lines[p->n_lines++] = *l;
	return 0;
}

static int read_lines(struct chip_personality *p, FILE *in, char *err, size_t errlen)
{
	char *line = NULL, why[WEFT_ERROR_MAX] = "";
	struct chip_line l;
	unsigned number = 0;
	size_t room = 0;
	int ret = 0;

	while (!ret && getline(&line, &room, in) >= 0) {
		ret = chip_line_parse(line, &l, why, sizeof(why));
		l.number = ++number;
		if (!ret && l.kind != CHIP_LINE_NONE)
			ret = keep(p, &l);
	}
	free(line);
	if (ret)
		snprintf(err, errlen, "%s:%u: %s", p->file, number, why);
	return ret;
}

int chip_personality_read(struct chip *chip, const char *file, char *err, size_t errlen)
{
	FILE *in = fopen(file, "re");
	int ret;

	if (!in) {
		ret = -errno;
		snprintf(err, errlen, "personality %s: %s", file, strerror(errno));
		return ret;
	}
	chip->personality = calloc(1, sizeof(*chip->personality));
	if (chip->personality)
		chip->personality->file = strdup(file);
	ret = chip->personality && chip->personality->file ?
	      read_lines(chip->personality, in, err, errlen) : -ENOMEM;
	fclose(in);
	return ret;
}

void chip_personality_free(struct chip *chip)
{
	struct chip_personality *p = chip->personality;

	if (!p)
		return;
	while (p->streams)
		chip_personality_end(&p->streams->end, false);
	chip_boxes_close(&p->boxes);
	weft_srq_destroy(p->srq);
	free(p->shared);
	for (unsigned i = 0; i < p->n; i++)
		weft_dereg(p->region[i].mem);
	for (unsigned i = 0; i < p->n; i++)
		if (!p->region[i].spec.shared)
			free(p->region[i].bytes);
	free(p->lines);
	free(p->file);
	free(p);
	chip->personality = NULL;
}

/* ---- Streams --------------------------------------------------------------------------- */

int chip_personality_accept(struct chip *chip, struct weft_request *rq)
{
	struct chip_personality *p = chip->personality;
	struct fixed_stream *s = calloc(1, sizeof(*s));
	struct weft_ep_opts o = { .cq = chip->cq, .user = s, .pd = STREAM_PD, .send_depth = 1,
				  .recv_depth = RECVS, .srq = p->srq, .srq_share = p->share };
	int err;

	if (!s)
		return -ENOMEM;
	s->end = (struct chip_end){ .kind = CHIP_END_FIXED, .chip = chip };
	err = weft_accept(rq, &o, &s->end.ep);
	if (err) {
		free(s);
		return err;
	}
	for (unsigned i = 0; i < RECVS && !p->srq; i++)
		weft_recv(s->end.ep, s->buf[i], RECV_LEN, i);
	s->next = p->streams;
	p->streams = s;
	chip->totals.fixed++;
	return 0;
}

void chip_personality_complete(struct chip_end *end, const struct weft_completion *c)
{
	struct chip_personality *p = end->chip->personality;
	struct fixed_stream *s = (struct fixed_stream *)end;

	if (!(c->op & WEFT_OP_RECV))
		return;
	if (p->srq)
		weft_srq_recv(p->srq, p->shared + c->id * p->shared_len, p->shared_len, c->id);
	else if (c->status == WEFT_ST_OK)
		weft_recv(end->ep, s->buf[c->id % RECVS], RECV_LEN, c->id);
}

void chip_personality_end(struct chip_end *end, bool failed)
{
	struct fixed_stream *s = (struct fixed_stream *)end;
	struct fixed_stream **at = &end->chip->personality->streams;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	chip_end_free(end, failed);
}
