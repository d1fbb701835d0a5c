/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/peer.c: which SYNs open a context; core/psn.h: serial numbers. */
#include "core/manage.h"
#include "core/psn.h"
#include "core/weft.h"
#include "tools/test/cunit_main.h"

static enum weft_admission ask(struct weft_peer *p, uint32_t incarnation, uint32_t start,
			       uint32_t *arg)
{
	struct weft_gate gate = { .where = 5 };
	struct weft_view v;

	memset(&v, 0, sizeof(v));
	v.syn.incarnation = incarnation;
	v.syn.start_psn = start;
	v.syn.cookie = weft_cookie(&gate, &v);		/* t_cookie.c has what goes without */
	*arg = 0xdead;
	return weft_admit(p, &v, &gate, arg);
}

/* WEFT-CONV-001 */
static void psn_before__half_the_circle(void)
{
	static const struct { uint32_t a, b; bool before; } rows[] = {
		{ 0, 1, true }, { 1, 0, false }, { 5, 5, false }, { 0xffffffff, 0, true },
		{ 0, 0xffffffff, false }, { 0, 0x7fffffff, true }, { 0x7fffffff, 0, false },
		{ 0xfffffff0, 0x10, true }, { 0x10, 0xfffffff0, false },
		{ 0x80000000, 0xffffffff, true }, { 0xffffffff, 0x7ffffffe, true },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++)
		CU_ASSERT_EQUAL(psn_before(rows[i].a, rows[i].b), rows[i].before);
	CU_ASSERT(psn_in(2, 0xfffffffe, 5));
	CU_ASSERT(!psn_in(3, 0xfffffffe, 5));
	CU_ASSERT(!psn_in(0xfffffffd, 0xfffffffe, 5));
	CU_ASSERT(!psn_in(7, 7, 0));
}

static void weft_peer_init__nothing_known(void)
{
	struct weft_peer p;

	memset(&p, 0xff, sizeof(p));
	weft_peer_init(&p, 0x1234, 77);
	CU_ASSERT_EQUAL(p.chip_id, 0x1234);
	CU_ASSERT_EQUAL(p.tx_next, 77);
	CU_ASSERT(!p.known && !p.floored);
}

/* WEFT-PDC-075 */
static void weft_admit__what_was_given_up(void)
{
	struct weft_peer p;
	uint32_t arg;

	weft_peer_init(&p, 1, 0);
	CU_ASSERT_EQUAL(ask(&p, 7, 100, &arg), WEFT_ADMIT);
	CU_ASSERT_EQUAL(ask(&p, 7, 102, &arg), WEFT_ADMIT);
	p.rx_gone = 100;
	p.gone = true;
	CU_ASSERT_EQUAL(ask(&p, 7, 99, &arg), WEFT_ADMIT_GONE);
	CU_ASSERT_EQUAL(ask(&p, 7, 100, &arg), WEFT_ADMIT_GONE);
	CU_ASSERT_EQUAL(ask(&p, 7, 101, &arg), WEFT_ADMIT_STALE);
	CU_ASSERT_EQUAL(ask(&p, 7, 103, &arg), WEFT_ADMIT);
	CU_ASSERT_EQUAL(ask(&p, 8, 100, &arg), WEFT_ADMIT_RESTARTED);	/* its past is forgotten */
	CU_ASSERT(!p.gone);
}

/* WEFT-PDC-003 */
static void weft_admit__start_psns_only_grow(void)
{
	static const uint32_t starts[] = { 100, 0, 0xfffffff0, 0x7fffffff };
	struct weft_peer p;
	uint32_t arg;

	for (size_t i = 0; i < WEFT_ARRAY_LEN(starts); i++) {
		uint32_t s = starts[i];

		weft_peer_init(&p, 1, 0);
		CU_ASSERT_EQUAL(ask(&p, 7, s, &arg), WEFT_ADMIT);
		CU_ASSERT_EQUAL(ask(&p, 7, s, &arg), WEFT_ADMIT_STALE);
		CU_ASSERT_EQUAL(arg, s);
		CU_ASSERT_EQUAL(ask(&p, 7, s - 1, &arg), WEFT_ADMIT_STALE);
		CU_ASSERT_EQUAL(arg, s);
		CU_ASSERT_EQUAL(ask(&p, 7, s + 20, &arg), WEFT_ADMIT);
		CU_ASSERT_EQUAL(ask(&p, 7, s + 19, &arg), WEFT_ADMIT_STALE);
		CU_ASSERT_EQUAL(arg, s + 20);
		CU_ASSERT_EQUAL(ask(&p, 7, s, &arg), WEFT_ADMIT_STALE);
	}
}

/* WEFT-PDC-005, WEFT-PDC-006 */
static void weft_admit__incarnations(void)
{
	struct weft_peer p;
	uint32_t arg;

	weft_peer_init(&p, 1, 0);
	CU_ASSERT_EQUAL(ask(&p, 0xfffffffe, 100, &arg), WEFT_ADMIT);
	CU_ASSERT_EQUAL(ask(&p, 0xfffffffd, 500, &arg), WEFT_ADMIT_OLD);
	CU_ASSERT_EQUAL(p.incarnation, 0xfffffffe);
	CU_ASSERT_EQUAL(p.rx_floor, 100);
	CU_ASSERT_EQUAL(ask(&p, 1, 3, &arg), WEFT_ADMIT_RESTARTED);	/* wraps; PSNs begin anew */
	CU_ASSERT_EQUAL(p.incarnation, 1);
	CU_ASSERT_EQUAL(ask(&p, 1, 3, &arg), WEFT_ADMIT_STALE);
	CU_ASSERT_EQUAL(ask(&p, 0xfffffffe, 900, &arg), WEFT_ADMIT_OLD);
	CU_ASSERT_EQUAL(ask(&p, 1, 4, &arg), WEFT_ADMIT);
}

/* A refused SYN leaves no trace. */
static void weft_admit__refusal_changes_nothing(void)
{
	struct weft_peer p, before;
	uint32_t arg;

	weft_peer_init(&p, 1, 0);
	ask(&p, 7, 100, &arg);
	before = p;
	ask(&p, 7, 50, &arg);
	ask(&p, 6, 500, &arg);
	CU_ASSERT_EQUAL(memcmp(&p, &before, sizeof(p)), 0);
}

WEFT_SUITE(t_peer) {
	{ "psn_before__half_the_circle", psn_before__half_the_circle },
	{ "weft_peer_init__nothing_known", weft_peer_init__nothing_known },
	{ "weft_admit__what_was_given_up", weft_admit__what_was_given_up },
	{ "weft_admit__start_psns_only_grow", weft_admit__start_psns_only_grow },
	{ "weft_admit__incarnations", weft_admit__incarnations },
	{ "weft_admit__refusal_changes_nothing", weft_admit__refusal_changes_nothing },
};
