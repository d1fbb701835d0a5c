/* SPDX-License-Identifier: BSD-2-Clause */
/* One line of a personality file.  See personality.h. */
#include "userspace/chip/personality.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/codes.h>
#include <weft/mem.h>

struct ctx {
	struct chip_line *l;
	char *err;
	size_t errlen;
	unsigned given;		/* of the keys that must be given: bits of NEED_* */
};

enum { NEED_KEY = 1, NEED_LEN = 2, NEED_QPN = 4, NEED_ROOM = 8, NEED_BUFFERS = 16 };

static int number(struct ctx *c, const char *name, const char *text, uint64_t max, uint64_t *out)
{
	char *end;
	uint64_t v;

	errno = 0;
	v = strtoull(text, &end, 0);
	if (end == text || *end || errno || *text == '-' || v > max) {
		snprintf(c->err, c->errlen, "%s=%s: give a number from 0 to %#llx", name, text,
			 (unsigned long long)max);
		return -EINVAL;
	}
	*out = v;
	return 0;
}

/* ---- Keys that hold a number ------------------------------------------------------------ */

struct key {
	const char *name;
	uint64_t max;
	uint16_t at;		/* offset of the field in struct chip_line */
	uint8_t bytes;		/* of the field; 0: a bool */
	uint8_t need;		/* NEED_*; 0: it may be left out */
};

#define FIELD(part, field) \
	(uint16_t)offsetof(struct chip_line, part.field), \
	(uint8_t)sizeof(((struct chip_line *)0)->part.field)
#define FLAG(part, field) (uint16_t)offsetof(struct chip_line, part.field), 0

static const struct key region_keys[] = {
	{ "key", UINT32_MAX, FIELD(fixed, key), NEED_KEY },
	{ "base", UINT64_MAX, FIELD(fixed, base), 0 },
	{ "len", CHIP_FIXED_LEN_MAX, FIELD(fixed, len), NEED_LEN },
	{ "share", UINT32_MAX, FIELD(fixed, share), 0 },
	{ "domain", 0xffffff, FIELD(fixed, domain), 0 },
	{ "pd", UINT32_MAX, FIELD(fixed, pd), 0 },
	{ "dead", 1, FLAG(fixed, dead), 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct key box_keys[] = {
	{ "qpn", 0xffffff, FIELD(box, qpn), NEED_QPN },
	{ "qkey", UINT32_MAX, FIELD(box, qkey), 0 },
	{ "domain", 0xffffff, FIELD(box, domain), 0 },
	{ "key", UINT32_MAX, FIELD(box, key), NEED_KEY },
	{ "off", CHIP_FIXED_LEN_MAX, FIELD(box, off), 0 },
	{ "room", 65535, FIELD(box, room), NEED_ROOM },
	{ "count", 4096, FIELD(box, count), 0 },
	{ "echo", UINT32_MAX, FIELD(box, echo), 0 },
	{ "refill", 1, FLAG(box, refill), 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct key shared_keys[] = {
	{ "buffers", 4096, FIELD(shared, buffers), NEED_BUFFERS },
	{ "len", 1u << 20, FIELD(shared, len), 0 },
	{ "share", 255, FIELD(shared, share), 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct key claims_keys[] = {
	{ "windows", 2048, FIELD(claims, windows), 0 },
	{ "tags", 256, FIELD(claims, tags), 0 },
	{ NULL, 0, 0, 0, 0 },
};

static void put(struct chip_line *l, const struct key *k, uint64_t v)
{
	uint8_t *at = (uint8_t *)l + k->at;
	uint32_t v32 = (uint32_t)v;
	uint16_t v16 = (uint16_t)v;
	bool flag = v;

	switch (k->bytes) {
	case 0:
		memcpy(at, &flag, sizeof(flag));
		return;
	case 1:
		*at = (uint8_t)v;
		return;
	case 2:
		memcpy(at, &v16, 2);
		return;
	case 4:
		memcpy(at, &v32, 4);
		return;
	default:
		memcpy(at, &v, 8);
	}
}

/* ---- Keys that hold something else ------------------------------------------------------- */

static int rights(struct ctx *c, const char *text)
{
	static const char letters[] = "rwai";
	static const unsigned bits[] = { WEFT_REMOTE_READ, WEFT_REMOTE_WRITE, WEFT_REMOTE_ATOMIC,
					 WEFT_REMOTE_INVALIDATE };
	unsigned set = 0;

	if (!strcmp(text, "none"))
		return 0;
	for (const char *p = text; *p; p++) {
		const char *at = strchr(letters, *p);

		set = at ? set | bits[at - letters] : 0;
		if (!set)
			break;
	}
	if (!set) {
		snprintf(c->err, c->errlen, "rights=%s: give any of r, w, a and i, or none", text);
		return -EINVAL;
	}
	c->l->fixed.rights |= set;
	return 0;
}

static int relaxed(struct ctx *c, const char *text)
{
	uint64_t v = 0;
	int err = number(c, "relaxed", text, 1, &v);

	c->l->fixed.rights |= v ? WEFT_RELAXED : 0u;
	return err;
}

static int pattern(struct ctx *c, const char *text)
{
	c->l->fixed.ramp = !strcmp(text, "ramp7");
	if (c->l->fixed.ramp || !strcmp(text, "zero"))
		return 0;
	snprintf(c->err, c->errlen, "pattern=%s: there are zero and ramp7", text);
	return -EINVAL;
}

static int without(struct ctx *c, char *text)
{
	char *save = NULL;

	for (char *w = strtok_r(text, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		uint32_t f = WEFT_OFFER_TRIM;

		while (f <= WEFT_OFFER_UD && strcmp(weft_offer_name(f), w) != 0)
			f <<= 1;
		if (f > WEFT_OFFER_UD) {
			snprintf(c->err, c->errlen, "without=%s: there is no such feature", w);
			return -EINVAL;
		}
		c->l->claims.without |= f;
	}
	return 0;
}

/* ---- Lines ------------------------------------------------------------------------------- */

static const struct {
	const char *word;
	enum chip_line_kind kind;
	const struct key *keys;
	unsigned need;
	const char *names;	/* of all its keys */
	const char *lacks;
} words[] = {
	{ "region", CHIP_LINE_REGION, region_keys, NEED_KEY | NEED_LEN,
	  "key base len rights pattern share domain pd relaxed dead",
	  "a region needs key= and len=" },
	{ "datagrams", CHIP_LINE_BOX, box_keys, NEED_QPN | NEED_KEY | NEED_ROOM,
	  "qpn qkey domain key off room count echo refill",
	  "a datagram queue needs qpn=, key= and room=" },
	{ "receive", CHIP_LINE_SHARED, shared_keys, NEED_BUFFERS, "buffers len share",
	  "shared receive buffers need buffers=" },
	{ "offer", CHIP_LINE_CLAIMS, claims_keys, 0, "without windows tags", "" },
};
#define WORDS (sizeof(words) / sizeof(words[0]))

/* A key whose value is no plain number: -ENOENT, it is none. */
static int assign_special(struct ctx *c, const char *name, char *text)
{
	if (c->l->kind == CHIP_LINE_REGION && !strcmp(name, "rights"))
		return rights(c, text);
	if (c->l->kind == CHIP_LINE_REGION && !strcmp(name, "pattern"))
		return pattern(c, text);
	if (c->l->kind == CHIP_LINE_REGION && !strcmp(name, "relaxed"))
		return relaxed(c, text);
	if (c->l->kind == CHIP_LINE_CLAIMS && !strcmp(name, "without"))
		return without(c, text);
	return -ENOENT;
}

static int assign(struct ctx *c, size_t word, char *name)
{
	const struct key *k = words[word].keys;
	char *text = strchr(name, '=');
	uint64_t v = 0;
	int err;

	if (!text) {
		snprintf(c->err, c->errlen, "'%s' has no value: write %s=VALUE", name, name);
		return -EINVAL;
	}
	*text++ = '\0';
	err = assign_special(c, name, text);
	if (err != -ENOENT)
		return err;
	while (k->name && strcmp(k->name, name) != 0)
		k++;
	if (!k->name) {
		snprintf(c->err, c->errlen, "unknown key '%s'; there are %s", name,
			 words[word].names);
		return -EINVAL;
	}
	err = number(c, name, text, k->max, &v);
	if (err)
		return err;
	put(c->l, k, v);
	if (v || k->need == NEED_KEY)
		c->given |= k->need;
	if (c->l->kind == CHIP_LINE_REGION && !strcmp(name, "share"))
		c->l->fixed.shared = true;
	if (c->l->kind == CHIP_LINE_BOX && !strcmp(name, "echo"))
		c->l->box.echoes = true;
	return 0;
}

static int read_words(struct ctx *c, char *line)
{
	char *save = NULL, *word = strtok_r(line, " \t\r\n", &save);
	size_t w = 0;

	if (!word)
		return 0;
	while (w < WORDS && strcmp(words[w].word, word) != 0)
		w++;
	if (w == WORDS) {
		snprintf(c->err, c->errlen, "unknown word '%s'; a line begins with region, "
			 "datagrams, receive or offer", word);
		return -EINVAL;
	}
	c->l->kind = words[w].kind;
	if (c->l->kind == CHIP_LINE_REGION)
		c->l->fixed.base = 0x10000;
	if (c->l->kind == CHIP_LINE_SHARED)
		c->l->shared.len = 4096;
	while ((word = strtok_r(NULL, " \t\r\n", &save))) {
		int err = assign(c, w, word);

		if (err)
			return err;
	}
	if ((c->given & words[w].need) != words[w].need) {
		snprintf(c->err, c->errlen, "%s", words[w].lacks);
		return -EINVAL;
	}
	return 0;
}

int chip_line_parse(const char *line, struct chip_line *l, char *err, size_t errlen)
{
	struct ctx c = { .l = l, .err = err, .errlen = errlen };
	char *copy = strndup(line, strcspn(line, "#"));
	int ret;

	memset(l, 0, sizeof(*l));
	if (!copy) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	ret = read_words(&c, copy);
	free(copy);
	return ret;
}
