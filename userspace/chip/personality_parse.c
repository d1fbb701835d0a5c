/* SPDX-License-Identifier: BSD-2-Clause */
/* One line of a personality file.  See personality.h. */
#include "userspace/chip/personality.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/mem.h>

struct ctx {
	struct chip_fixed *f;
	char *err;
	size_t errlen;
	bool key_given;
};

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

static int rights(struct ctx *c, const char *text)
{
	unsigned set = 0;

	if (!strcmp(text, "none"))
		return 0;
	for (const char *p = text; *p; p++) {
		if (*p == 'r')
			set |= WEFT_REMOTE_READ;
		else if (*p == 'w')
			set |= WEFT_REMOTE_WRITE;
		else if (*p == 'a')
			set |= WEFT_REMOTE_ATOMIC;
		else
			set = 0;
		if (!set)
			break;
	}
	if (!set) {
		snprintf(c->err, c->errlen, "rights=%s: give any of r, w and a, or none", text);
		return -EINVAL;
	}
	c->f->rights |= set;
	return 0;
}

static int pattern(struct ctx *c, const char *text)
{
	c->f->ramp = !strcmp(text, "ramp7");
	if (c->f->ramp || !strcmp(text, "zero"))
		return 0;
	snprintf(c->err, c->errlen, "pattern=%s: there are zero and ramp7", text);
	return -EINVAL;
}

/* The numeric keys. */
static int assign_number(struct ctx *c, const char *name, const char *text)
{
	struct chip_fixed *f = c->f;
	uint64_t v = 0;
	int err = -ENOENT;

	if (!strcmp(name, "base")) {
		err = number(c, name, text, UINT64_MAX, &f->base);
	} else if (!strcmp(name, "len")) {
		err = number(c, name, text, CHIP_FIXED_LEN_MAX, &f->len);
	} else if (!strcmp(name, "key")) {
		err = number(c, name, text, UINT32_MAX, &v);
		f->key = (uint32_t)v;
		c->key_given = true;
	} else if (!strcmp(name, "share")) {
		err = number(c, name, text, UINT32_MAX, &v);
		f->share = (uint32_t)v;
		f->shared = true;
	} else if (!strcmp(name, "domain")) {
		err = number(c, name, text, 0xffffff, &v);
		f->domain = (uint32_t)v;
	} else if (!strcmp(name, "pd")) {
		err = number(c, name, text, UINT32_MAX, &v);
		f->pd = (uint32_t)v;
	} else if (!strcmp(name, "dead")) {
		err = number(c, name, text, 1, &v);
		f->dead = v != 0;
	} else if (!strcmp(name, "relaxed")) {
		err = number(c, name, text, 1, &v);
		f->rights |= v ? WEFT_RELAXED : 0u;
	}
	return err;
}

static int assign(struct ctx *c, char *word)
{
	char *text = strchr(word, '=');
	int err;

	if (!text) {
		snprintf(c->err, c->errlen, "'%s' has no value: write %s=VALUE", word, word);
		return -EINVAL;
	}
	*text++ = '\0';
	if (!strcmp(word, "rights"))
		return rights(c, text);
	if (!strcmp(word, "pattern"))
		return pattern(c, text);
	err = assign_number(c, word, text);
	if (err == -ENOENT) {
		snprintf(c->err, c->errlen, "unknown key '%s'; there are key base len rights "
			 "pattern share domain pd relaxed dead", word);
		return -EINVAL;
	}
	return err;
}

static int words(struct ctx *c, char *line)
{
	char *save = NULL, *word = strtok_r(line, " \t\r\n", &save);

	if (!word)
		return 0;
	if (strcmp(word, "region")) {
		snprintf(c->err, c->errlen, "unknown word '%s'; a line begins with region", word);
		return -EINVAL;
	}
	while ((word = strtok_r(NULL, " \t\r\n", &save))) {
		int err = assign(c, word);

		if (err)
			return err;
	}
	if (!c->key_given || !c->f->len) {
		snprintf(c->err, c->errlen, "a region needs key= and len=");
		return -EINVAL;
	}
	return 1;
}

int chip_fixed_parse(const char *line, struct chip_fixed *f, char *err, size_t errlen)
{
	struct ctx c = { .f = f, .err = err, .errlen = errlen };
	char *copy = strndup(line, strcspn(line, "#"));
	int ret;

	*f = (struct chip_fixed){ .base = 0x10000 };
	if (!copy) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	ret = words(&c, copy);
	free(copy);
	return ret;
}
