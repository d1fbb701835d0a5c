/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/cc_credit.c: what a sender may do with what it is granted. */
#include "core/test/cc_trace.h"
#include "tools/test/cunit_main.h"

static struct weft_cc make(uint32_t init)
{
	struct weft_profile f = { .cc = WEFT_CC_CREDIT, .window = 256, .cc_init_pkts = init };

	return cc_trace_make(&f, 4096);
}

static void traces__grants(void)
{
	CU_ASSERT_EQUAL(cc_trace_run("credit"), 8);
}

/* WEFT-CC-040 */
static void on_credit__allows_so_many(void)
{
	struct weft_cc cc = make(8);

	CU_ASSERT_EQUAL(cc_window(&cc), 256);
	cc.spent = 7;
	CU_ASSERT(cc_credit_left(&cc));
	cc.spent = 8;
	CU_ASSERT(!cc_credit_left(&cc));
	cc.ops->on_credit(&cc, 20);
	cc.spent = 19;
	CU_ASSERT(cc_credit_left(&cc));
	cc.ops->on_credit(&cc, 15);		/* overtaken */
	CU_ASSERT(cc_credit_left(&cc));
	cc.spent = 20;
	CU_ASSERT(!cc_credit_left(&cc));
}

static void on_credit__wraps(void)
{
	struct weft_cc cc = make(8);

	cc.spent = cc.u.credit.granted = 0xfffffffe;
	CU_ASSERT(!cc_credit_left(&cc));
	cc.ops->on_credit(&cc, 3);
	cc.spent = 2;
	CU_ASSERT(cc_credit_left(&cc));
	cc.spent = 3;
	CU_ASSERT(!cc_credit_left(&cc));
}

/* WEFT-CC-043 */
static void on_timeout__one_packet_without_a_grant(void)
{
	struct weft_cc cc = make(8);

	cc.spent = 8;
	cc.ops->on_timeout(&cc, 1000);
	CU_ASSERT_EQUAL(cc_window(&cc), 1);
	CU_ASSERT(cc_credit_left(&cc));
	cc.spent++;
	CU_ASSERT(!cc_credit_left(&cc));
	cc.ops->on_credit(&cc, 100);
	cc.ops->on_timeout(&cc, 2000);		/* credit is there: it is not added to */
	CU_ASSERT_EQUAL(cc.u.credit.granted, 100);
}

WEFT_SUITE(t_cc_credit) {
	{ "traces__grants", traces__grants },
	{ "on_credit__allows_so_many", on_credit__allows_so_many },
	{ "on_credit__wraps", on_credit__wraps },
	{ "on_timeout__one_packet_without_a_grant", on_timeout__one_packet_without_a_grant },
};
