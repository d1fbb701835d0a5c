/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any text as an address, as a driver's query and as a whole URL: what is read prints and reads
 * back the same, and what is refused says why.  Whole URLs are kept to mem:, which touches nothing
 * outside.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/io/driver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_address(const char *text)
{
	char buf[WIO_ADDR_STRLEN];
	struct wio_addr a, b;

	if (wio_addr_parse(text, &a))
		return;
	if (strlen(wio_addr_str(&a, buf)) >= sizeof(buf) || wio_addr_parse(buf, &b) ||
	    memcmp(&a, &b, sizeof(a)))
		abort();
}

static void try_query(const struct wio_driver *d, const char *text)
{
	char err[128] = "";
	struct wio_query q = { .n = 0, .tables = { d->keys, wio_impair_keys, wio_record_keys } };
	struct wio_cfg c = { .err = err, .errlen = sizeof(err) };

	if (wio_query_parse(&q, text, &c) && !*err)
		abort();
	for (int i = 0; i < q.n; i++) {
		const struct wio_key *k = q.v[i].key;

		if (k->kind == WIO_NUM && (q.v[i].num < k->min || q.v[i].num > k->max))
			abort();
		if (k->kind == WIO_FRAC && q.v[i].num > 1000000000)
			abort();
	}
	wio_query_free(&q);
}

static void try_open(const char *text)
{
	char url[600], err[128] = "";
	struct wio *w;

	if (strstr(text, "pcap"))	/* would write files */
		return;
	snprintf(url, sizeof(url), "mem:%s", text);
	if (wio_open(url, NULL, &w, err, sizeof(err))) {
		if (!*err || w)
			abort();
		return;
	}
	wio_close(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[512];

	if (size >= sizeof(text))
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	try_address(text);
	try_query(&wio_udp_driver, text);
	try_query(&wio_packet_driver, text);
	try_query(&wio_pcap_driver, text);
	try_open(text);
	return 0;
}
