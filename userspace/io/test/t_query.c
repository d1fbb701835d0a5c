/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests query.c and the errors of open.c: a refusal names the key and what it allows. */
#include <errno.h>
#include <string.h>

#include "userspace/io/driver.h"
#include "userspace/io/test/io_test.h"

static const struct wio_key table[] = {
	{ "num", WIO_NUM, 5, 2000000, 9, NULL },
	{ "big", WIO_NUM, 0, UINT64_MAX, 0, NULL },
	{ "frac", WIO_FRAC, 0, 0, 0, NULL },
	{ "str", WIO_STR, 0, 0, 0, NULL },
	{ "word", WIO_WORD, 0, 0, 1, "rx|tx|both" },
	{ .name = NULL },
};

/* What wio_query_parse says to |text|; with 0, the value of |key| is in |*num|. */
static int ask(const char *text, const char *key, uint64_t *num, char err[256])
{
	struct wio_query q = { .n = 0, .tables = { table } };
	struct wio_cfg c = { .err = err, .errlen = 256 };
	int r = wio_query_parse(&q, text, &c);

	if (!r && key)
		*num = wio_q_num(&q, key);
	wio_query_free(&q);
	return r;
}

static void parse__values(void)
{
	static const struct {
		const char *text, *key;
		uint64_t num;
	} t[] = {
		{ "num=5", "num", 5 },
		{ "num=2M", "num", 2000000 },
		{ "num=3k", "num", 3000 },
		{ "num=0x10", "num", 16 },
		{ "big=18446744073709551615", "big", UINT64_MAX },
		{ "big=0xffffffffffffffff", "big", UINT64_MAX },
		{ "big=7G", "big", 7000000000 },
		{ "frac=0", "frac", 0 },
		{ "frac=1", "frac", 1000000000 },
		{ "frac=1.0", "frac", 1000000000 },
		{ "frac=.5", "frac", 500000000 },
		{ "frac=0.010", "frac", 10000000 },
		{ "frac=0.000000001", "frac", 1 },
		{ "frac=0.0000000019", "frac", 1 },	/* finer than a billionth is cut */
		{ "word=rx", "word", 0 },
		{ "word=both", "word", 2 },
		{ "", "num", 9 },			/* the default */
		{ "str=a=b", "word", 1 },
		{ "num=7&&frac=0.5&", "num", 7 },	/* empty pairs are nothing */
	};
	char err[256] = "";

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint64_t num = 0;

		CU_ASSERT_EQUAL(ask(t[i].text, t[i].key, &num, err), 0);
		CU_ASSERT_EQUAL(num, t[i].num);
	}
}

static void parse__refuses(void)
{
	static const struct {
		const char *text, *word, *word2;
	} t[] = {
		{ "num=4", "num=4", "from 5 to 2000000" },
		{ "num=2000001", "num", "from 5 to 2000000" },
		{ "num=", "num", "from 5" },
		{ "num=-7", "num", "from 5" },
		{ "num=7x", "num", "from 5" },
		{ "num=7kk", "num", "from 5" },
		{ "num=0x", "num", "from 5" },
		{ "num=0xg", "num", "from 5" },
		{ "big=18446744073709551616", "big", "from 0" },
		{ "big=99999999999999999G", "big", "from 0" },
		{ "big=0x10000000000000000", "big", "from 0" },
		{ "frac=1.000000001", "frac", "0 to 1" },
		{ "frac=2", "frac", "0 to 1" },
		{ "frac=-0.1", "frac", "0 to 1" },
		{ "frac=.", "frac", "0 to 1" },
		{ "frac=0,5", "frac", "0 to 1" },
		{ "frac=1e-3", "frac", "0 to 1" },
		{ "word=r", "word", "rx|tx|both" },
		{ "word=rx|tx", "word", "rx|tx|both" },
		{ "word=", "word", "rx|tx|both" },
		{ "str=", "str", "value" },
		{ "loos=1", "unknown key 'loos'", "num, big, frac, str, word" },
		{ "num", "'num'", "key=value" },
		{ "num=7&num=8", "num", "twice" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char err[256] = "";
		uint64_t num;

		CU_ASSERT_EQUAL(ask(t[i].text, NULL, &num, err), -EINVAL);
		CU_ASSERT_PTR_NOT_NULL(strstr(err, t[i].word));
		CU_ASSERT_PTR_NOT_NULL(strstr(err, t[i].word2));
	}
}

static void open__refuses_urls(void)
{
	io_refused("", -EINVAL, "DRIVER:WHERE", "udp:10.0.0.1");
	io_refused("udp", -EINVAL, "udp", "DRIVER:WHERE");
	io_refused("carrier:x", -EINVAL, "'carrier'", "udp, packet, dpdk, pcap and mem");
	io_refused("udp:", -EINVAL, "not an IP address", "[::1]");
	io_refused("udp:02:00:00:00:00:01", -EINVAL, "not an IP address", "udp:10.0.0.1");
	io_refused("udp:127.0.0.1:0?entropies=65", -EINVAL, "entropies", "from 0 to 64");
	io_refused("udp:127.0.0.1:0?ring=5", -EINVAL, "'ring'", "entropies");
	io_refused("udp:127.0.0.1:0?loss=2", -EINVAL, "loss", "0 to 1");
	io_refused("udp:127.0.0.1:0?at=here", -EINVAL, "at=here", "rx|tx|both");
	io_refused("mem:", -EINVAL, "name the hub", "mem:test");
	io_refused("mem:a?mtu=10", -EINVAL, "mtu", "from 64 to 65535");
	io_refused("pcap:/nonexistent/x.pcap", -ENOENT, "/nonexistent/x.pcap", "No such file");
	io_refused("pcap:/tmp", -EISDIR, "/tmp", "not a regular file");
	io_refused("pcap:x?to=moon", -EINVAL, "to=moon", "10.0.0.2");
	io_refused("packet:", -EINVAL, "not an interface name", "packet:eth0");
	io_refused("packet:a_name_that_is_too_long", -EINVAL, "not an interface name", "packet:");
	io_refused("mem:a?pcap=/nonexistent/x", -ENOENT, "/nonexistent/x", "No such file");
	io_refused("mem:a?pcap=/dev/full", -EIO, "/dev/full", "cannot write");
	io_refused("mem:a?pcap=x&pcap_max=5", -EINVAL, "pcap_max", "from 4096");
}

/* opts->query has the same effect as the URL's, and both count as one. */
static void open__query_of_options(void)
{
	struct wio_opts o = { .query = "mtu=100" };
	struct wio *w = io_open("mem:q?queue=5", &o);
	char err[256];

	CU_ASSERT_EQUAL(wio_mtu(w, NULL), 100);
	CU_ASSERT_STRING_EQUAL(wio_url(w), "mem:q?queue=5");
	wio_close(w);
	CU_ASSERT_EQUAL(wio_open("mem:q?mtu=200", &o, &w, err, sizeof(err)), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "twice"));
}

static void open__error_text_is_optional(void)
{
	struct wio *w;
	char err[8];

	CU_ASSERT_EQUAL(wio_open("nothing", NULL, &w, NULL, 0), -EINVAL);
	CU_ASSERT_EQUAL(wio_open("nothing", NULL, &w, err, sizeof(err)), -EINVAL);
	CU_ASSERT_EQUAL(strlen(err), sizeof(err) - 1);
	wio_close(NULL);
}

WEFT_SUITE(t_query) {
	{ "parse__values", parse__values },
	{ "parse__refuses", parse__refuses },
	{ "open__refuses_urls", open__refuses_urls },
	{ "open__query_of_options", open__query_of_options },
	{ "open__error_text_is_optional", open__error_text_is_optional },
};
