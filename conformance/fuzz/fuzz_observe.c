/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a capture, each of whose ends is judged in turn; or, behind a 'P', any packets of
 * two ends with right CRCs: a byte (1: the device's, 2: spoilt), the length in two, and the packet.
 * What the judge gives as evidence is a packet of the device.
 */
#include "conformance/passive.h"

#include <stdlib.h>
#include <string.h>

#define PACKETS 256u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct wc_capture *c, unsigned dut)
{
	struct wc_transcript tr;
	const struct wc_case *k;

	wc_passive_build(c, dut, &tr);
	for (unsigned i = 0; (k = wc_observer_nth(i)); i++) {
		struct wc_verdict v;

		wc_judge(k, &tr, &v);
		if (v.kind == WC_ERROR)
			abort();
		if (v.kind != WC_FAIL && v.kind != WC_INCONC)
			continue;
		if (v.evidence >= tr.count || tr.rec[v.evidence].kind != WC_R_RX)
			abort();
	}
	wc_transcript_free(&tr);
}

static void as_file(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct wc_capture c;
	char err[512];

	if (!copy)
		return;
	if (size)
		memcpy(copy, data, size);
	if (wc_capture_parse(&c, copy, size, err, sizeof(err))) {
		if (!err[0] || strlen(err) >= sizeof(err) - 1)
			abort();
		return;
	}
	for (unsigned i = 0; i < c.ends && i < 4; i++)
		judge(&c, i + 1);
	wc_capture_free(&c);
}

static void as_packets(const uint8_t *data, size_t size)
{
	static struct wc_seen seen[PACKETS];
	uint8_t *copy = malloc(size ? size : 1);
	struct wc_capture c = { .pkt = seen };
	struct wc_frame f;
	size_t at = 0;

	if (!copy)
		return;
	if (size)
		memcpy(copy, data, size);
	while (size - at >= 3 && c.n < PACKETS) {
		struct wc_seen *s = &seen[c.n++];
		uint8_t how = copy[at];
		uint32_t len = (uint32_t)wc_get(copy + at + 1, 2);

		at += 3;
		len = len < size - at ? len : (uint32_t)(size - at);
		*s = (struct wc_seen){ .t_ns = c.n, .frame = c.n, .bytes = copy + at, .len = len };
		s->from = how & 1 ? 1 : 2;
		s->to = 3 - s->from;
		if (!(how & 2) && !wc_frame_parse(&f, s->bytes, len))
			wc_frame_seal(s->bytes, f.used);
		s->good = !wc_frame_parse(&f, s->bytes, len) && f.crc_ok;
		at += len;
	}
	judge(&c, 1);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && data[0] == 'P')
		as_packets(data + 1, size - 1);
	else
		as_file(data, size);
	return 0;
}
