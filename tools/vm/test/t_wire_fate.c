/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests tools/vm/wire_fate.c: words, who is spared, and that the same seed gives the same fates. */
#include "tools/vm/wire.h"

#include <string.h>

#include "tools/test/cunit_main.h"

#define FRAMES 20000u

static const uint8_t udp[64] = { [12] = 8, [23] = 17 }, tcp[64] = { [12] = 8, [23] = 6 },
	arp[64] = { [12] = 8, [13] = 6 }, nd[64] = { [12] = 0x86, [13] = 0xdd, [20] = 58 },
	udp6[64] = { [12] = 0x86, [13] = 0xdd, [20] = 17 };

static struct wire_settings all_kinds(void)
{
	struct wire_settings s;

	wire_settings_init(&s);
	CU_ASSERT(wire_setting(&s, "loss=5") && wire_setting(&s, "dup=10") &&
		  wire_setting(&s, "reorder=20") && wire_setting(&s, "corrupt=2.5") &&
		  wire_setting(&s, "seed=7") && wire_setting(&s, "delay_us=1.5"));
	return s;
}

static void words__taken_and_refused(void)
{
	static const char *const bad[] = {
		"", "loss", "loss=", "=1", "loss=x", "loss=101", "loss=-1", "dup=1%", "seed=-3",
		"losses=1", "los=1", "delay_us=1e99", "loss=nan",
	};
	struct wire_settings s = all_kinds();

	CU_ASSERT_EQUAL(s.delay_ns, 1500);
	CU_ASSERT_EQUAL(s.seed, 7);
	CU_ASSERT(!s.all && wire_setting(&s, "all=1") && s.all);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_FALSE(wire_setting(&s, bad[i]));
}

static void fates__same_seed_same_fate(void)
{
	struct wire_settings s = all_kinds();
	struct wire_fates a, b, other;
	unsigned differ = 0;

	wire_fates_init(&a, &s, 0);
	wire_fates_init(&b, &s, 0);
	wire_fates_init(&other, &s, 1);
	for (unsigned i = 0; i < FRAMES; i++) {
		struct wire_fate x, y, z;

		wire_fate(&b, tcp, 64);		/* what is spared moves nobody's fate */
		x = wire_fate(&a, udp, 64);
		y = wire_fate(&b, udp6, 64);
		z = wire_fate(&other, udp, 64);
		CU_ASSERT(x.lost == y.lost && x.doubled == y.doubled && x.late == y.late &&
			  x.corrupted == y.corrupted && x.bit == y.bit);
		differ += x.lost != z.lost;
	}
	CU_ASSERT(differ > 0);
}

static void near(unsigned count, double percent)
{
	CU_ASSERT(count > FRAMES * percent / 100 * 0.9 && count < FRAMES * percent / 100 * 1.1);
}

static void fates__as_often_as_asked(void)
{
	struct wire_settings s = all_kinds();
	unsigned lost = 0, doubled = 0, late = 0, corrupted = 0;
	struct wire_fates f;

	wire_fates_init(&f, &s, 0);
	for (unsigned i = 0; i < FRAMES; i++) {
		struct wire_fate x = wire_fate(&f, udp, 64);

		lost += x.lost;
		doubled += x.doubled;
		late += x.late > 0;
		corrupted += x.corrupted;
		CU_ASSERT(x.late <= 1.0001);
		CU_ASSERT(!x.corrupted || (x.bit >= 14 * 8 && x.bit < 64 * 8));
	}
	near(lost, 5);
	near(doubled, 10);
	near(late, 20);
	near(corrupted, 2.5);
}

static void fates__who_is_spared(void)
{
	struct wire_settings s;
	struct wire_fates f;

	wire_settings_init(&s);
	wire_setting(&s, "loss=100");
	wire_fates_init(&f, &s, 0);
	CU_ASSERT(wire_fate(&f, udp, 64).lost && wire_fate(&f, udp6, 64).lost);
	CU_ASSERT(wire_fate(&f, udp, 14).lost && wire_fate(&f, udp, 3).lost);
	CU_ASSERT_FALSE(wire_fate(&f, tcp, 64).lost || wire_fate(&f, arp, 64).lost ||
			wire_fate(&f, nd, 64).lost);
	s.all = true;
	wire_fates_init(&f, &s, 0);
	CU_ASSERT(wire_fate(&f, tcp, 64).lost && wire_fate(&f, arp, 64).lost);
}

WEFT_SUITE(t_wire_fate) {
	{ "words__taken_and_refused", words__taken_and_refused },
	{ "fates__same_seed_same_fate", fates__same_seed_same_fate },
	{ "fates__as_often_as_asked", fates__as_often_as_asked },
	{ "fates__who_is_spared", fates__who_is_spared },
};
