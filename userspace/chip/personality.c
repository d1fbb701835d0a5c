/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The personality: fixed regions and streams that any test suite can reach, with no agent in the
 * device.  Streams are accepted in every domain and have protection domain 1; what is sent to
 * them is received and dropped.  Contents live as long as the process.
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
	uint8_t buf[RECVS][RECV_LEN];
};

struct chip_personality {
	struct fixed region[CHIP_FIXED_MAX];
	unsigned n;
	struct fixed_stream *streams;
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

static int load(struct chip *chip, FILE *in, const char *file, char *err, size_t errlen)
{
	char *line = NULL, why[WEFT_ERROR_MAX] = "";
	struct chip_fixed spec;
	unsigned number = 0;
	size_t room = 0;
	int ret = 0;

	while (ret >= 0 && getline(&line, &room, in) >= 0) {
		number++;
		ret = chip_fixed_parse(line, &spec, why, sizeof(why));
		if (ret > 0)
			ret = add(chip, &spec, why, sizeof(why));
	}
	free(line);
	if (ret < 0)
		snprintf(err, errlen, "%s:%u: %s", file, number, why);
	return ret < 0 ? ret : 0;
}

int chip_personality_load(struct chip *chip, const char *file, char *err, size_t errlen)
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
		ret = load(chip, in, file, err, errlen);
	else
		ret = -ENOMEM;
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
	for (unsigned i = 0; i < p->n; i++)
		weft_dereg(p->region[i].mem);
	for (unsigned i = 0; i < p->n; i++)
		if (!p->region[i].spec.shared)
			free(p->region[i].bytes);
	free(p);
	chip->personality = NULL;
}

/* ---- Streams --------------------------------------------------------------------------- */

int chip_personality_accept(struct chip *chip, struct weft_request *rq)
{
	struct fixed_stream *s = calloc(1, sizeof(*s));
	struct weft_ep_opts o = { .cq = chip->cq, .user = s, .pd = STREAM_PD, .send_depth = 1,
				  .recv_depth = RECVS };
	int err;

	if (!s)
		return -ENOMEM;
	s->end = (struct chip_end){ .kind = CHIP_END_FIXED, .chip = chip };
	err = weft_accept(rq, &o, &s->end.ep);
	if (err) {
		free(s);
		return err;
	}
	for (unsigned i = 0; i < RECVS; i++)
		weft_recv(s->end.ep, s->buf[i], RECV_LEN, i);
	s->next = chip->personality->streams;
	chip->personality->streams = s;
	chip->totals.fixed++;
	return 0;
}

void chip_personality_complete(struct chip_end *end, const struct weft_completion *c)
{
	struct fixed_stream *s = (struct fixed_stream *)end;

	if (c->status == WEFT_ST_OK)
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
