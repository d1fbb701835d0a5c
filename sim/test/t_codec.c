/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets that go through bytes (codec.h) come out the same; a codec that is wrong is caught. */
#include <string.h>

#include "sim/experiment.h"
#include "tools/test/cunit_main.h"

/* Connections, trimmed packets, losses: every kind of packet that chips send each other. */
static struct sim_scenario scenario(uint64_t every)
{
	struct sim_scenario sc;

	sim_scenario_init(&sc);
	sc.leaves = 4;
	sc.hosts_per_leaf = 4;
	sc.spines = 2;
	sc.workload = SIM_WORK_INCAST;
	sc.flow_bytes = 100000;
	sc.queue_bytes = 30000;
	sc.trim = true;
	sc.loss_ppm = 5000;
	sc.check_codec = every;
	return sc;
}

static void take__every_packet_comes_out_the_same(void)
{
	static const uint64_t cc[] = { SIM_CC_SWIFT, SIM_CC_NSCC, SIM_CC_DCQCN, SIM_CC_CREDIT };

	for (size_t i = 0; i < sizeof(cc) / sizeof(cc[0]); i++) {
		static struct sim_experiment x;
		struct sim_scenario sc = scenario(0);
		uint64_t hash;

		sc.cc = cc[i];
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
		CU_ASSERT_EQUAL(x.codec.checked, 0);
		hash = x.hash;
		sim_experiment_fini(&x);
		sc.check_codec = 1;
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
		CU_ASSERT_STRING_EQUAL(x.error, "");
		CU_ASSERT(x.sim.taken_pkts > 500);
		CU_ASSERT_EQUAL(x.codec.checked, x.sim.taken_pkts);
		CU_ASSERT_EQUAL(x.hash, hash);	/* and looking changes nothing */
		sim_experiment_fini(&x);
	}
}

/* Chips count for themselves: how many are checked does not depend on how the fabric is divided. */
static void take__one_in_so_many(void)
{
	static struct sim_experiment x;
	struct sim_scenario sc = scenario(7);
	uint64_t checked;

	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	checked = x.codec.checked;
	CU_ASSERT(checked <= x.sim.taken_pkts / 7 && checked + 16 > x.sim.taken_pkts / 7);
	sim_experiment_fini(&x);
	sc.part_hosts = 0;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(x.codec.checked, checked);
	sim_experiment_fini(&x);
}

/* Encoders that are wrong, each in one thing. */

static uint32_t loses_entropy(uint8_t out[WEFT_HDR_MAX], const struct weft_view *v)
{
	struct weft_view other = *v;

	other.d.entropy = 0;
	return sim_codec_encode(out, &other);
}

static uint32_t swaps_psn(uint8_t out[WEFT_HDR_MAX], const struct weft_view *v)
{
	struct weft_view other = *v;

	other.d.psn = __builtin_bswap32(v->d.psn);
	return sim_codec_encode(out, &other);
}

static uint32_t length_off_by_one(uint8_t out[WEFT_HDR_MAX], const struct weft_view *v)
{
	struct weft_view other = *v;

	if (v->d.type == WEFT_PTYPE_DATA)
		other.b.data.op.length++;
	return sim_codec_encode(out, &other);
}

static uint32_t forgets_syn(uint8_t out[WEFT_HDR_MAX], const struct weft_view *v)
{
	struct weft_view other = *v;

	other.d.flags &= (uint8_t)~WEFT_DFLAGS_SYN;
	return sim_codec_encode(out, &other);
}

static uint32_t forgets_words(uint8_t out[WEFT_HDR_MAX], const struct weft_view *v)
{
	struct weft_view other = *v;

	if (v->d.type == WEFT_PTYPE_ACK)
		other.b.ack.h.words = 0;
	return sim_codec_encode(out, &other);
}

static uint32_t knows_no_nack(uint8_t out[WEFT_HDR_MAX], const struct weft_view *v)
{
	return v->d.type == WEFT_PTYPE_NACK ? 0 : sim_codec_encode(out, v);
}

static void override__a_wrong_codec_is_caught(void)
{
	static const struct {
		sim_encode *encode;
		const char *says;
	} row[] = {
		{ loses_entropy, "another packet (byte " },
		{ swaps_psn, "another packet (byte " },
		{ length_off_by_one, "of type 1" },
		{ forgets_syn, "from chip" },
		{ forgets_words, "of type 2" },
		{ knows_no_nack, "no chip here sends" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		static struct sim_experiment x;
		struct sim_scenario sc = scenario(1);

		sim_codec_override(row[i].encode);
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
		sim_codec_override(NULL);
		if (!strstr(x.error, row[i].says))
			fprintf(stderr, "row %zu: '%s'\n", i, x.error);
		CU_ASSERT_PTR_NOT_NULL(strstr(x.error, row[i].says));
		CU_ASSERT_PTR_NOT_NULL(strstr(x.error, "run.check_codec"));
		sim_experiment_fini(&x);
	}
}

/* What cannot be taken apart, or is too long, is named as that. */
static void check__refuses_what_is_no_packet(void)
{
	uint8_t hdr[WEFT_HDR_MAX] = { 0 };
	char why[200] = "";

	CU_ASSERT_EQUAL(sim_codec_check(hdr, 48, 0, why), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "cannot be taken apart"));
	CU_ASSERT_EQUAL(sim_codec_check(hdr, 48, 1 << 20, why), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "longer than any packet"));
}

static void scenario__needs_the_engine(void)
{
	struct sim_scenario sc = scenario(1);
	char why[SIM_WHY_MAX] = "";

	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), 0);
	sc.transport = SIM_TRANSPORT_GO_BACK_N;
	sc.trim = false;
	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "run.check_codec"));
}

WEFT_SUITE(t_codec) {
	{ "take__every_packet_comes_out_the_same", take__every_packet_comes_out_the_same },
	{ "take__one_in_so_many", take__one_in_so_many },
	{ "override__a_wrong_codec_is_caught", override__a_wrong_codec_is_caught },
	{ "check__refuses_what_is_no_packet", check__refuses_what_is_no_packet },
	{ "scenario__needs_the_engine", scenario__needs_the_engine },
};
