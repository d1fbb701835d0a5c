/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a capture file: no record and no packet found in it may reach outside it. */
#include <stdlib.h>
#include <string.h>

#include "userspace/io/ether.h"
#include "userspace/io/pcapfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(const uint8_t *p, size_t n, const uint8_t *buf, size_t len)
{
	if (p < buf || p > buf + len || n > (size_t)(buf + len - p))
		abort();
}

/* Reads every byte, so that the sanitizer sees one that is not ours. */
static uint8_t touch(const uint8_t *p, size_t n)
{
	uint8_t x = 0;

	for (size_t i = 0; i < n; i++)
		x ^= p[i];
	return x;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *buf = malloc(size ? size : 1);
	struct pcap_record rec;
	struct pcap_reader r;
	struct ether_view v;
	volatile uint8_t sum = 0;
	const char *why;

	if (!buf)
		return 0;
	if (size)
		memcpy(buf, data, size);
	if (!wio_pcap_begin(&r, buf, size, &why)) {
		while (wio_pcap_next(&r, &rec) > 0) {
			inside(rec.data, rec.len, buf, size);
			sum ^= touch(rec.data, rec.len);
			if (wio_ether_unwrap(rec.data, rec.len, WIO_ETHERTYPE, 0, &v))
				continue;
			inside(v.data, v.len, rec.data, rec.len);
			sum ^= touch(v.data, v.len);
		}
	}
	/* And the whole input as one frame, which needs no file header to be found. */
	if (!wio_ether_unwrap(buf, (uint32_t)size, WIO_ETHERTYPE, WIO_UDP_PORT, &v)) {
		inside(v.data, v.len, buf, size);
		sum ^= touch(v.data, v.len);
	}
	(void)sum;
	free(buf);
	return 0;
}
