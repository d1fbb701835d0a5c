/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which adapter a URL names.
 */
#include "conformance/port.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int wc_port_open(const char *url, const char *local, uint64_t seed, struct wc_port **out,
		 char *err, size_t errlen)
{
	if (!strncmp(url, "inproc:", 7))
		return wc_port_open_inproc(url, seed, out, err, errlen);
	if (!strncmp(url, "cosim:", 6))
		return wc_port_open_cosim(url, seed, out, err, errlen);
	if (!strncmp(url, "pcap:", 5)) {
		snprintf(err, errlen, "%s: a capture takes no packets: weft-conform observe judges "
			 "one", url);
		return -EROFS;
	}
	return wc_port_open_wio(url, local, out, err, errlen);
}

int wc_port_check(const char *url, char *err, size_t errlen)
{
	static const char *const others[] = { "inproc:", "cosim:", "pcap:" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		size_t n = strlen(others[i]);

		if (strncmp(url, others[i], n))
			continue;
		if (url[n])
			return 0;
		snprintf(err, errlen, "%s: names nothing behind the colon", url);
		return -EINVAL;
	}
	return wc_port_check_wio(url, err, errlen);
}

void wc_port_close(struct wc_port *p)
{
	if (p)
		p->ops->close(p);
}
