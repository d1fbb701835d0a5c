/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests addr.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "userspace/io/test/io_test.h"

static void parse__accepts(void)
{
	static const struct {
		const char *text;
		int family;
		uint16_t port;
		const char *printed;
	} t[] = {
		{ "10.0.0.2", WIO_UDP4, 49190, "10.0.0.2:49190" },
		{ "10.0.0.2:0", WIO_UDP4, 0, "10.0.0.2:0" },
		{ "10.0.0.2:65535", WIO_UDP4, 65535, "10.0.0.2:65535" },
		{ "255.255.255.255:1", WIO_UDP4, 1, "255.255.255.255:1" },
		{ "::1", WIO_UDP6, 49190, "[::1]:49190" },
		{ "[::1]", WIO_UDP6, 49190, "[::1]:49190" },
		{ "[::1]:5", WIO_UDP6, 5, "[::1]:5" },
		{ "2001:db8::5", WIO_UDP6, 49190, "[2001:db8::5]:49190" },
		{ "[fe80::1%lo]:7", WIO_UDP6, 7, "[fe80::1%1]:7" },
		{ "[fe80::1%42]:7", WIO_UDP6, 7, "[fe80::1%42]:7" },
		{ "02:00:00:00:00:01", WIO_L2, 0, "02:00:00:00:00:01" },
		{ "AA:bb:Cc:0d:E0:ff", WIO_L2, 0, "aa:bb:cc:0d:e0:ff" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char buf[WIO_ADDR_STRLEN];
		struct wio_addr a, b;

		CU_ASSERT_EQUAL(wio_addr_parse(t[i].text, &a), 0);
		CU_ASSERT_EQUAL(a.family, t[i].family);
		CU_ASSERT_EQUAL(a.port, t[i].port);
		CU_ASSERT_STRING_EQUAL(wio_addr_str(&a, buf), t[i].printed);
		CU_ASSERT_EQUAL(wio_addr_parse(buf, &b), 0);
		CU_ASSERT_EQUAL(memcmp(&a, &b, sizeof(a)), 0);
	}
}

static void parse__refuses(void)
{
	static const char *const bad[] = {
		"", ":", "10", "10.0.0", "10.0.0.2.3", "10.0.0.256", "10.0.0.2:", "10.0.0.2:x",
		"10.0.0.2:65536", "10.0.0.2:00", "10.0.0.2:-1", "10.0.0.2:1 ", " 10.0.0.2",
		"10.0.0.2:99999999999999999999", "[::1", "[::1]x", "[::1]:", "[::1]:70000", "[]",
		"[10.0.0.1]:5", "::g", "::1%", "fe80::1%nosuchinterface", "fe80::1%0",
		"02:00:00:00:00", "02:00:00:00:00:0", "02:00:00:00:00:01:", "02:00:00:00:00:0g",
		"02-00-00-00-00-01", "localhost",
		"1111111111111111111111111111111111111111111111111111111111111111111111111:1",
		"[1111111111111111111111111111111111111111111111111111111111111111111111111]:1",
	};
	static const struct wio_addr zero;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct wio_addr a;
		int r = wio_addr_parse(bad[i], &a);

		CU_ASSERT_EQUAL(r, -EINVAL);
		CU_ASSERT_EQUAL(memcmp(&a, &zero, sizeof(a)), 0);
		if (r != -EINVAL)
			printf("      accepted '%s'\n", bad[i]);
	}
}

static void str__no_address(void)
{
	struct wio_addr a = { .family = WIO_NONE };
	char buf[WIO_ADDR_STRLEN];

	CU_ASSERT_STRING_EQUAL(wio_addr_str(&a, buf), "none");
	a.family = 77;
	CU_ASSERT_STRING_EQUAL(wio_addr_str(&a, buf), "none");
}

WEFT_SUITE(t_addr) {
	{ "parse__accepts", parse__accepts },
	{ "parse__refuses", parse__refuses },
	{ "str__no_address", str__no_address },
};
