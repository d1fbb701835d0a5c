/* SPDX-License-Identifier: BSD-2-Clause */
/* See io_test.h. */
#include <stdio.h>
#include <string.h>

#include "userspace/io/test/io_test.h"

struct wio *io_open(const char *url, const struct wio_opts *o)
{
	char err[512];
	struct wio *w = NULL;

	if (wio_open(url, o, &w, err, sizeof(err))) {
		printf("      %s\n", err);
		CU_FAIL("a carriage did not open");
		return NULL;
	}
	return w;
}

void io_refused(const char *url, int code, const char *word, const char *word2)
{
	char err[512] = "untouched";
	struct wio *w = NULL;
	int r = wio_open(url, NULL, &w, err, sizeof(err));

	CU_ASSERT_EQUAL(r, code);
	CU_ASSERT_PTR_NULL(w);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, word));
	CU_ASSERT_PTR_NOT_NULL(strstr(err, word2));
	if (r != code || !strstr(err, word) || !strstr(err, word2))
		printf("      %s -> %d (wanted %d): %s\n", url, r, code, err);
	wio_close(w);
}

uint64_t io_stat(struct wio *w, const char *name)
{
	struct wio_stat s[64];
	int n = wio_stats(w, s, 64);

	for (int i = 0; i < n && i < 64; i++) {
		if (!strcmp(s[i].name, name))
			return s[i].value;
	}
	printf("      no counter %s\n", name);
	CU_FAIL("a counter is missing");
	return UINT64_MAX;
}

void io_fill(uint8_t *p, uint32_t len, uint32_t k)
{
	uint32_t x = k * 2654435761u + 1;

	for (uint32_t i = 0; i < len; i++) {
		if (i < 4) {
			p[i] = (uint8_t)(k >> (24 - 8 * i));
			continue;
		}
		x = x * 1664525u + 1013904223u;
		p[i] = (uint8_t)(x >> 24);
	}
}

int io_is(const uint8_t *p, uint32_t len, uint32_t k)
{
	static uint8_t want[65536];

	io_fill(want, len, k);
	return !memcmp(p, want, len);
}

uint32_t io_number(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

int io_send1(struct wio *w, const struct wio_addr *to, uint32_t len, uint32_t k)
{
	static uint8_t buf[65536];
	struct wio_tx t = { .iov = { { buf, len } }, .n_iov = 1, .dst = to };

	io_fill(buf, len, k);
	return wio_send(w, &t, 1);
}

uint64_t io_clock_now(void *arg)
{
	return ((struct io_clock *)arg)->ns;
}
