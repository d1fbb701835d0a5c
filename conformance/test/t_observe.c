/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conformance/observers.c, observe_sent.c: what observers make of a capture, which may lack
 * packets: transcripts written here by hand, one packet more or less.
 */
#include "conformance/passive.h"
#include "tools/test/cunit_main.h"

#include <stdio.h>
#include <string.h>

#define CTX	0x1001u		/* ours */
#define DEV	0x77u		/* the device's */
#define QPN	0x1002u

static struct wc_transcript tr;
static unsigned end;		/* which of the other chips sends and receives */
static unsigned frame;

static void packet(enum wc_kind kind, const struct wc_frame *f)
{
	static uint8_t bytes[WC_FRAME_MAX];
	char name[24];
	struct wc_rec r = { .kind = kind, .value = end, .name = name, .bytes = bytes };

	snprintf(name, sizeof(name), "frame %u", ++frame);
	r.len = wc_frame_build(f, bytes);
	wc_transcript_add(&tr, &r);
}

static void tx(struct wc_frame f)
{
	packet(WC_R_TX, &f);
}

static void rx(struct wc_frame f)
{
	packet(WC_R_RX, &f);
}

static void op_of(enum wc_op_kind kind, uint32_t msn, unsigned flags)
{
	struct wc_op o = { kind, CTX, QPN, msn, 0, 0, 8 };
	uint8_t bytes[WC_OP_BYTES];
	struct wc_rec r = { .kind = WC_R_OP, .flags = (uint8_t)flags, .value = end, .name = "READ",
			    .bytes = bytes, .len = WC_OP_BYTES };

	wc_op_pack(&o, bytes);
	wc_transcript_add(&tr, &r);
}

static void op(uint32_t msn, unsigned flags)
{
	op_of(WC_OP_READ, msn, flags);
}

/* A NOP of ours. */
static struct wc_frame ours(uint64_t psn, uint64_t flags)
{
	return (struct wc_frame){ .version = 1, .type = WC_DATA, .opcode = WC_NOP, .pdc_id = DEV,
				  .psn = psn, .flags = flags };
}

static struct wc_frame our_syn(uint64_t gen, uint64_t start)
{
	struct wc_frame f = ours(start, WC_F_SYN);

	f.pdc_id = 0;
	f.syn_chip = 0x0200000000000001;
	f.syn_pdc = CTX;
	f.syn_gen = gen;
	f.syn_start = start;
	f.syn_window = 16;
	f.syn_payload = 256;
	return f;
}

static struct wc_frame theirs(uint64_t type, uint64_t psn, uint64_t ack)
{
	return (struct wc_frame){
		.version = 1, .type = type, .flags = WC_F_AKV, .pdc_id = CTX, .psn = psn,
		.ack_psn = ack, .qpn = QPN, .opcode = WC_NOP,
	};
}

static struct wc_frame their_syn(uint64_t id, uint64_t start, uint64_t ack)
{
	struct wc_frame f = theirs(WC_ACK, 0, ack);

	f.flags |= WC_F_SYN;
	f.syn_chip = 0x0200000000000002;
	f.syn_pdc = id;
	f.syn_start = start;
	return f;
}

static void begin(void)
{
	struct wc_rec r = { .kind = WC_R_VALUE, .name = "capture", .value = 1 };

	wc_transcript_init(&tr);
	wc_transcript_add(&tr, &r);
	end = 1;
	frame = 0;
}

/* We open with PSN 100, the device answers from 500, and we show that we know it. */
static void opened(void)
{
	begin();
	tx(our_syn(0, 100));
	rx(their_syn(DEV, 500, 100));
	tx(ours(101, 0));
}

/* The verdict of the observer of that code is kind; others may be anything but FAIL. */
static void expect(const char *code, enum wc_verdict_kind kind)
{
	const struct wc_case *c;

	for (unsigned i = 0; (c = wc_observer_nth(i)); i++) {
		struct wc_verdict v;

		wc_judge(c, &tr, &v);
		if (strcmp(c->observer, code)) {
			CU_ASSERT_NOT_EQUAL(v.kind, WC_FAIL);
			continue;
		}
		CU_ASSERT_EQUAL(v.kind, kind);
		if (v.kind != kind)
			printf("%s: %s %s\n", code, wc_verdict_name(v.kind), v.expected);
		CU_ASSERT_STRING_EQUAL(v.code, kind == WC_FAIL ? code : kind == WC_INCONC ?
				       "CAPTURE_LOSS" : kind == WC_NA ? "NOTHING_SEEN" : "");
		CU_ASSERT_TRUE((kind != WC_FAIL && kind != WC_INCONC) ||
			       strstr(v.observed, "frame "));
	}
	wc_transcript_free(&tr);
}

static void acks__need_what_was_sent_unless_the_capture_lacks_it(void)
{
	opened();
	rx(theirs(WC_ACK, 0, 101));
	expect("OBS_ACK_UNSENT", WC_PASS);
	opened();
	rx(theirs(WC_ACK, 0, 102));
	expect("OBS_ACK_UNSENT", WC_INCONC);
	opened();
	rx(theirs(WC_ACK, 0, 102));
	tx(ours(102, WC_F_RTX));	/* its first time may be what the capture lacks */
	expect("OBS_ACK_UNSENT", WC_INCONC);
	opened();
	rx(theirs(WC_ACK, 0, 102));
	tx(ours(102, 0));
	expect("OBS_ACK_UNSENT", WC_FAIL);
}

static void bitmap__needs_what_was_sent(void)
{
	struct wc_frame f = theirs(WC_ACK, 0, 100);

	f.words = 1;
	f.sack_base = 101;
	f.sack[0] = 1ull << 61;		/* 103 */
	opened();
	rx(f);
	expect("OBS_SACK_UNSENT", WC_INCONC);
	opened();
	rx(f);
	tx(ours(102, 0));
	tx(ours(103, 0));
	expect("OBS_SACK_UNSENT", WC_FAIL);
	opened();
	tx(ours(103, 0));
	rx(f);
	expect("OBS_SACK_UNSENT", WC_PASS);
	opened();
	tx(ours(103, 0));
	for (unsigned i = 1; i < 8; i++)
		tx(ours(103 + i * 0x20000000u, 0));	/* wrong packets, on 103's place */
	rx(f);
	expect("OBS_SACK_UNSENT", WC_PASS);
}

static void ack(uint64_t psn)
{
	struct wc_frame f = ours(0, WC_F_AKV);

	f.type = WC_ACK;
	f.ack_psn = psn;
	f.window = 16;
	tx(f);
}

static void window__is_what_the_next_acknowledgement_proves(void)
{
	opened();
	rx(theirs(WC_DATA, 515, 101));
	expect("OBS_WINDOW", WC_PASS);
	opened();
	rx(theirs(WC_DATA, 516, 101));
	expect("OBS_WINDOW", WC_INCONC);
	opened();
	rx(theirs(WC_DATA, 516, 101));
	ack(500);			/* one that the capture lacks may have said so before */
	expect("OBS_WINDOW", WC_INCONC);
	opened();
	rx(theirs(WC_DATA, 516, 101));
	ack(499);
	expect("OBS_WINDOW", WC_FAIL);
	opened();
	ack(499);
	for (unsigned i = 1; i <= 4; i++)
		ack(499 + i * 0x30000000u);	/* wrong packets, once around all PSNs */
	rx(theirs(WC_DATA, 515, 101));
	ack(500);
	expect("OBS_WINDOW", WC_PASS);
	opened();
	ack(499 + 0x40000000u);
	rx(theirs(WC_DATA, 516, 101));
	ack(499);
	expect("OBS_WINDOW", WC_FAIL);
	opened();
	rx(theirs(WC_DATA, 516, 101));
	rx(theirs(WC_DATA, 517, 101));
	ack(500);			/* 516 may have been let, 517 was not */
	expect("OBS_WINDOW", WC_FAIL);
}

static struct wc_frame answer(uint64_t psn, uint64_t msn)
{
	struct wc_frame f = theirs(WC_DATA, psn, 101);

	f.opcode = WC_TACK;
	f.msn = msn;
	return f;
}

static void answers__are_to_what_was_asked(void)
{
	opened();
	op(0, 0);
	rx(answer(500, 0));
	expect("OBS_UNASKED", WC_PASS);
	opened();
	rx(answer(500, 0));		/* a stream from before the capture */
	expect("OBS_UNASKED", WC_NA);
	opened();
	op(0, 0);
	rx(answer(500, 1));
	expect("OBS_UNASKED", WC_INCONC);
	opened();
	op(0, 0);
	rx(answer(500, 1));
	op(1, WC_O_AGAIN);
	expect("OBS_UNASKED", WC_INCONC);
	opened();
	op(0, 0);
	rx(answer(500, 1));
	op(1, 0);
	expect("OBS_UNASKED", WC_FAIL);
	opened();
	op(0, 0);
	op_of(WC_OP_ANY, 7, 0);		/* of an opcode that nobody knows: its refusal */
	rx(answer(500, 7));
	op(7, 0);
	expect("OBS_UNASKED", WC_NA);
	opened();
	op(0, 0);
	rx(answer(500, 1));
	op_of(WC_OP_ANY, 1, 0);
	expect("OBS_UNASKED", WC_INCONC);
}

static void syn__is_sent_until_we_show_that_we_know_the_context(void)
{
	begin();
	tx(our_syn(0, 100));
	rx(their_syn(DEV, 500, 100));
	rx(theirs(WC_ACK, 0, 100));
	expect("OBS_NO_SYN", WC_INCONC);
	begin();
	tx(our_syn(0, 100));
	rx(their_syn(DEV, 500, 100));
	rx(theirs(WC_ACK, 0, 100));
	tx(ours(101, 0));
	expect("OBS_NO_SYN", WC_INCONC);
	begin();
	tx(our_syn(0, 100));
	rx(their_syn(DEV, 500, 100));
	rx(theirs(WC_ACK, 0, 100));
	tx(our_syn(0, 100));
	expect("OBS_NO_SYN", WC_FAIL);
}

static void repetitions__may_be_the_networks(void)
{
	struct wc_frame f = theirs(WC_DATA, 500, 101);

	opened();
	rx(f);
	rx(f);
	expect("OBS_RTX_FLAG", WC_INCONC);
	opened();
	rx(f);
	f.ack_psn = 100;
	rx(f);
	expect("OBS_RTX_FLAG", WC_FAIL);
	opened();
	f.flags |= WC_F_RTX;
	rx(f);
	f.flags &= ~(uint64_t)WC_F_RTX;	/* the first one comes last */
	rx(f);
	expect("OBS_RTX_FLAG", WC_INCONC);
}

static void contexts__an_id_may_serve_again_if_the_device_says_so(void)
{
	struct wc_frame f = their_syn(DEV + 1, 9000, 7000);

	opened();
	tx(our_syn(1, 7000));
	f.flags |= 1;
	rx(f);				/* it takes the second context: generation 1 */
	expect("OBS_GEN", WC_PASS);
	opened();
	tx(our_syn(1, 7000));		/* it does not: the first goes on */
	rx(theirs(WC_ACK, 0, 101));
	expect("OBS_ACK_UNSENT", WC_PASS);
	opened();
	f = theirs(WC_ACK, 0, 101);
	f.flags |= 1;
	rx(f);
	expect("OBS_GEN", WC_FAIL);
}

static void ends__have_ids_of_their_own(void)
{
	opened();
	end = 2;
	tx(our_syn(0, 7000));
	rx(their_syn(DEV + 1, 9000, 7000));
	rx(theirs(WC_ACK, 0, 7000));
	end = 1;
	rx(theirs(WC_ACK, 0, 101));
	expect("OBS_ACK_UNSENT", WC_PASS);
	begin();
	rx(theirs(WC_ACK, 0, 101));	/* of a context from before the capture */
	expect("OBS_ACK_UNSENT", WC_NA);
}

static void observers__judge_captures_alone(void)
{
	struct wc_verdict v;

	wc_transcript_init(&tr);
	tx(our_syn(0, 100));
	wc_judge(wc_observer_nth(0), &tr, &v);
	CU_ASSERT_EQUAL(v.kind, WC_ERROR);
	CU_ASSERT_PTR_EQUAL(wc_case_find("ob-bv-01"), wc_observer_nth(0));
	CU_ASSERT_PTR_EQUAL(wc_area_of(wc_observer_nth(0)), &wc_area_observers);
	wc_transcript_free(&tr);
}

/* A packet that promises more than it has is told in words all the same. */
static void frames__cut_short_have_no_body(void)
{
	static uint8_t bytes[WC_FRAME_MAX];
	struct wc_frame f = theirs(WC_CTRL, 500, 101), back;
	static const uint8_t tlv[8] = { 0x80, 0x08, 0, 4 };
	char line[128];
	uint32_t n;

	f.ctrl_len = f.body_len = sizeof(tlv);
	f.body = tlv;
	n = wc_frame_build(&f, bytes);
	CU_ASSERT_PTR_NULL(wc_frame_parse(&back, bytes, n));
	CU_ASSERT_EQUAL(back.body_len, sizeof(tlv));
	CU_ASSERT_PTR_NOT_NULL(wc_frame_parse(&back, bytes, n - 6));
	CU_ASSERT_EQUAL(back.body_len, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(wc_frame_text(&back, line, sizeof(line)), "CTRL"));
}

WEFT_SUITE(t_observe) {
	{ "frames__cut_short_have_no_body", frames__cut_short_have_no_body },
	{ "acks__need_what_was_sent_unless_the_capture_lacks_it",
	  acks__need_what_was_sent_unless_the_capture_lacks_it },
	{ "bitmap__needs_what_was_sent", bitmap__needs_what_was_sent },
	{ "window__is_what_the_next_acknowledgement_proves",
	  window__is_what_the_next_acknowledgement_proves },
	{ "answers__are_to_what_was_asked", answers__are_to_what_was_asked },
	{ "syn__is_sent_until_we_show_that_we_know_the_context",
	  syn__is_sent_until_we_show_that_we_know_the_context },
	{ "repetitions__may_be_the_networks", repetitions__may_be_the_networks },
	{ "contexts__an_id_may_serve_again_if_the_device_says_so",
	  contexts__an_id_may_serve_again_if_the_device_says_so },
	{ "ends__have_ids_of_their_own", ends__have_ids_of_their_own },
	{ "observers__judge_captures_alone", observers__judge_captures_alone },
};
