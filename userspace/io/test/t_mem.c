/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests mem.c. */
#include <errno.h>
#include <string.h>

#include "userspace/io/test/io_test.h"

static void pair__in_order(void)
{
	struct wio *a = io_open("mem:order", NULL), *b = io_open("mem:order", NULL);
	struct wio_frame f[16];
	char buf[WIO_ADDR_STRLEN];

	CU_ASSERT_STRING_EQUAL(wio_addr_str(wio_local(a), buf), "02:00:00:00:00:01");
	CU_ASSERT_STRING_EQUAL(wio_addr_str(wio_local(b), buf), "02:00:00:00:00:02");
	for (uint32_t k = 0; k < 10; k++)
		CU_ASSERT_EQUAL(io_send1(a, wio_local(b), 100 + k, k), 1);
	CU_ASSERT_EQUAL(wio_recv(a, f, 16), 0);
	CU_ASSERT_EQUAL(wio_recv(b, f, 4), 4);
	CU_ASSERT_EQUAL(wio_recv(b, f + 4, 12), 6);
	for (uint32_t k = 4; k < 10; k++) {
		CU_ASSERT_EQUAL(f[k].len, 100 + k);
		CU_ASSERT(io_is(f[k].data, f[k].len, k));
		CU_ASSERT_EQUAL(memcmp(&f[k].src, wio_local(a), sizeof(f[k].src)), 0);
		CU_ASSERT_EQUAL(f[k].bcast, 0);
	}
	CU_ASSERT_EQUAL(io_stat(a, "tx_frames"), 10);
	CU_ASSERT_EQUAL(io_stat(a, "tx_bytes"), 1045);
	CU_ASSERT_EQUAL(io_stat(b, "rx_frames"), 10);
	CU_ASSERT_EQUAL(io_stat(b, "rx_bytes"), 1045);
	wio_release(b);
	wio_close(a);
	wio_close(b);
}

static void broadcast__all_but_the_sender(void)
{
	struct wio *w[3];
	struct wio_frame f;
	struct wio_addr all;

	for (int i = 0; i < 3; i++)
		w[i] = io_open("mem:all", NULL);
	CU_ASSERT_EQUAL(wio_broadcast_addr(w[1], &all), 0);
	CU_ASSERT_EQUAL(io_send1(w[1], &all, 64, 5), 1);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(wio_recv(w[i], &f, 1), i != 1);
	CU_ASSERT(f.bcast);
	CU_ASSERT(io_is(f.data, f.len, 5));
	for (int i = 0; i < 3; i++)
		wio_close(w[i]);
}

static void send__limits(void)
{
	struct wio *a = io_open("mem:limits?mtu=200", NULL);
	struct wio *b = io_open("mem:limits?mtu=100&queue=3", NULL);
	struct wio_addr nobody = *wio_local(b), udp;
	struct wio_frame f[8];

	CU_ASSERT_EQUAL(wio_mtu(a, wio_local(b)), 100);
	CU_ASSERT_EQUAL(wio_mtu(a, wio_local(a)), 200);
	CU_ASSERT_EQUAL(wio_mtu(a, NULL), 100);
	CU_ASSERT_EQUAL(io_send1(a, wio_local(b), 150, 0), 1);
	CU_ASSERT_EQUAL(io_stat(a, "tx_drop_mtu"), 1);
	CU_ASSERT_EQUAL(io_send1(a, wio_local(b), 201, 0), -EMSGSIZE);
	nobody.ip[5] = 77;
	CU_ASSERT_EQUAL(io_send1(a, &nobody, 50, 0), 1);
	CU_ASSERT_EQUAL(io_stat(a, "tx_drop_route"), 1);
	wio_addr_parse("10.0.0.1", &udp);
	CU_ASSERT_EQUAL(io_send1(a, &udp, 50, 0), -EAFNOSUPPORT);
	for (uint32_t k = 0; k < 5; k++)
		CU_ASSERT_EQUAL(io_send1(a, wio_local(b), 50, k), 1);
	CU_ASSERT_EQUAL(wio_recv(b, f, 8), 3);
	CU_ASSERT_EQUAL(io_stat(b, "rx_drop_full"), 2);
	wio_close(a);
	wio_close(b);
}

static void send__malformed(void)
{
	struct wio *a = io_open("mem:bad", NULL), *b = io_open("mem:bad", NULL);
	uint8_t byte = 1;
	struct wio_tx t[3] = {
		{ .iov = { { &byte, 1 } }, .n_iov = 1, .dst = wio_local(b) },
		{ .iov = { { &byte, 1 } }, .n_iov = 0, .dst = wio_local(b) },
		{ .iov = { { &byte, SIZE_MAX }, { &byte, SIZE_MAX } }, .n_iov = 2,
		  .dst = wio_local(b) },
	};
	struct wio_frame f[4];

	CU_ASSERT_EQUAL(wio_send(a, t, 3), 1);
	CU_ASSERT_EQUAL(wio_send(a, t + 1, 2), -EINVAL);
	CU_ASSERT_EQUAL(wio_send(a, t + 2, 1), -EMSGSIZE);
	t[1].n_iov = WIO_IOV_MAX + 1;
	CU_ASSERT_EQUAL(wio_send(a, t + 1, 1), -EINVAL);
	t[1].n_iov = 1;
	t[1].iov[0].len = 0;
	CU_ASSERT_EQUAL(wio_send(a, t + 1, 1), -EINVAL);
	t[0].dst = NULL;
	CU_ASSERT_EQUAL(wio_send(a, t, 1), -EINVAL);
	CU_ASSERT_EQUAL(wio_send(a, t, 0), 0);
	CU_ASSERT_EQUAL(wio_recv(b, f, 4), 1);
	wio_close(a);
	wio_close(b);
}

/* Addresses are given back, and the lowest free one is taken: a run repeats. */
static void ends__reused(void)
{
	struct wio *a = io_open("mem:reuse", NULL), *b = io_open("mem:reuse", NULL);
	struct wio *many[64];
	int n = 0;
	char err[128];

	wio_close(a);
	a = io_open("mem:reuse", NULL);
	CU_ASSERT_EQUAL(wio_local(a)->ip[5], 1);
	while (n < 64 && !wio_open("mem:reuse", NULL, &many[n], err, sizeof(err)))
		n++;
	CU_ASSERT_EQUAL(n, 62);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "64 ends"));
	for (int i = 0; i < n; i++)
		wio_close(many[i]);
	CU_ASSERT_EQUAL(io_send1(a, wio_local(b), 10, 0), 1);
	wio_close(b);	/* with a packet in its queue */
	wio_close(a);
}

WEFT_SUITE(t_mem) {
	{ "pair__in_order", pair__in_order },
	{ "broadcast__all_but_the_sender", broadcast__all_but_the_sender },
	{ "send__limits", send__limits },
	{ "send__malformed", send__malformed },
	{ "ends__reused", ends__reused },
};
