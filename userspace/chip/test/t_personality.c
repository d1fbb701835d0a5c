/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests userspace/chip/personality_parse.c. */
#include <errno.h>
#include <string.h>

#include <weft/codes.h>
#include <weft/mem.h>

#include "core/port.h"
#include "tools/test/cunit_main.h"
#include "userspace/chip/personality.h"

static void fixed_parse__all_keys(void)
{
	struct chip_line l;
	const struct chip_fixed *f = &l.fixed;
	char err[256] = "";

	CU_ASSERT_EQUAL(chip_line_parse("region key=0x13 base=0x50000 len=65536 rights=wa "
		"share=0x11 domain=2 pd=7 dead=1 relaxed=1 pattern=ramp7  # why", &l, err,
		sizeof(err)), 0);
	CU_ASSERT_EQUAL(l.kind, CHIP_LINE_REGION);
	CU_ASSERT_EQUAL(f->key, 0x13);
	CU_ASSERT_EQUAL(f->base, 0x50000);
	CU_ASSERT_EQUAL(f->len, 65536);
	CU_ASSERT_EQUAL(f->rights, WEFT_REMOTE_WRITE | WEFT_REMOTE_ATOMIC | WEFT_RELAXED);
	CU_ASSERT(f->shared && f->share == 0x11);
	CU_ASSERT(f->domain == 2 && f->pd == 7 && f->dead && f->ramp);
}

static void fixed_parse__defaults_and_blanks(void)
{
	struct chip_line l;
	const struct chip_fixed *f = &l.fixed;
	char err[256];

	CU_ASSERT_EQUAL(chip_line_parse("", &l, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL(chip_line_parse("   # region key=1\n", &l, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL(chip_line_parse("region key=0 len=1 rights=none\n", &l, err,
					 sizeof(err)), 0);
	CU_ASSERT_EQUAL(l.kind, CHIP_LINE_REGION);
	CU_ASSERT_EQUAL(f->base, 0x10000);
	CU_ASSERT(f->rights == 0 && !f->ramp && !f->dead && !f->shared && f->domain == 0);
	CU_ASSERT_EQUAL(f->pd, 0);
}

static void line_parse__datagrams_receive_offer(void)
{
	struct chip_line l;
	char err[256] = "";

	CU_ASSERT_EQUAL(chip_line_parse("datagrams qpn=0x700 qkey=0x5a5a domain=1 key=0x17 "
		"off=4096 room=512 count=8 refill=1 echo=0", &l, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL(l.kind, CHIP_LINE_BOX);
	CU_ASSERT(l.box.qpn == 0x700 && l.box.qkey == 0x5a5a && l.box.domain == 1);
	CU_ASSERT(l.box.key == 0x17 && l.box.off == 4096 && l.box.room == 512);
	CU_ASSERT(l.box.count == 8 && l.box.refill && l.box.echoes && l.box.echo == 0);
	CU_ASSERT_EQUAL(chip_line_parse("receive buffers=8 len=100 share=3", &l, err, sizeof(err)),
			0);
	CU_ASSERT_EQUAL(l.kind, CHIP_LINE_SHARED);
	CU_ASSERT(l.shared.buffers == 8 && l.shared.len == 100 && l.shared.share == 3);
	CU_ASSERT_EQUAL(chip_line_parse("offer without=RD,UD windows=16 tags=8", &l, err,
					sizeof(err)), 0);
	CU_ASSERT_EQUAL(l.kind, CHIP_LINE_CLAIMS);
	CU_ASSERT_EQUAL(l.claims.without, WEFT_OFFER_RD | WEFT_OFFER_UD);
	CU_ASSERT(l.claims.windows == 16 && l.claims.tags == 8);
	CU_ASSERT_EQUAL(chip_line_parse("region key=1 len=1 rights=i", &l, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL(l.fixed.rights, WEFT_REMOTE_INVALIDATE);
}

static void fixed_parse__refuses(void)
{
	static const struct {
		const char *line, *says;
	} row[] = {
		{ "endpoint id=1", "unknown word 'endpoint'" },
		{ "region key=1", "needs key= and len=" },
		{ "region len=1", "needs key= and len=" },
		{ "region key=1 len=0", "needs key= and len=" },
		{ "region key=1 len", "'len' has no value" },
		{ "region key=x len=1", "key=x: give a number" },
		{ "region key=-1 len=1", "key=-1: give a number" },
		{ "region key=0x100000000 len=1", "give a number from 0 to 0xffffffff" },
		{ "region key=1 len=1 rights=rx", "rights=rx: give any of" },
		{ "region key=1 len=1 rights=", "rights=: give any of" },
		{ "region key=1 len=1 pattern=ramp", "there are zero and ramp7" },
		{ "region key=1 len=1 domain=0x1000000", "0xffffff" },
		{ "region key=1 len=1 dead=2", "from 0 to 0x1" },
		{ "region key=1 len=1 color=red", "unknown key 'color'" },
		{ "datagrams qpn=1 key=2", "needs qpn=, key= and room=" },
		{ "datagrams qpn=1 key=2 room=3 rights=r", "unknown key 'rights'" },
		{ "datagrams qpn=0x1000000 key=2 room=3", "give a number from 0 to 0xffffff" },
		{ "receive len=3", "need buffers=" },
		{ "offer without=RD,XX", "without=XX: there is no such" },
		{ "offer tags=300", "from 0 to 0x100" },
		{ "region key=1 len=1000000000", "len=1000000000: give a number" },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(row); i++) {
		struct chip_line l;
		char err[256] = "";

		CU_ASSERT_EQUAL(chip_line_parse(row[i].line, &l, err, sizeof(err)), -EINVAL);
		CU_ASSERT_PTR_NOT_NULL(strstr(err, row[i].says));
	}
}

WEFT_SUITE(t_personality) {
	{ "fixed_parse__all_keys", fixed_parse__all_keys },
	{ "fixed_parse__defaults_and_blanks", fixed_parse__defaults_and_blanks },
	{ "line_parse__datagrams_receive_offer", line_parse__datagrams_receive_offer },
	{ "fixed_parse__refuses", fixed_parse__refuses },
};
