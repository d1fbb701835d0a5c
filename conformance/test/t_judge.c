/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conformance/transcript.c, view.c, observe.c, judge.c: over transcripts written here by hand, as a
 * device would have made them, good and bad.
 */
#include "conformance/case.h"
#include "conformance/sha256.h"
#include "tools/test/cunit_main.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CTX	0x1001u		/* ours */
#define DEV	0x77u		/* the device's */
#define QPN	0x1002u

static struct wc_transcript tr;

static void note(enum wc_kind kind, const char *name, uint64_t value)
{
	struct wc_rec r = { .kind = kind, .name = name, .value = value };

	wc_transcript_add(&tr, &r);
}

static void packet(enum wc_kind kind, unsigned flags, const struct wc_frame *f, int spoil)
{
	static uint8_t bytes[WC_FRAME_MAX];
	struct wc_rec r = { .kind = kind, .flags = (uint8_t)flags, .bytes = bytes };

	r.len = wc_frame_build(f, bytes);
	if (spoil >= 0)
		bytes[spoil] ^= 1;
	wc_transcript_add(&tr, &r);
}

static void op(const char *name, enum wc_op_kind kind, uint32_t msn, uint32_t psn, uint32_t len)
{
	struct wc_op o = { kind, CTX, QPN, msn, psn, psn, len };
	uint8_t bytes[WC_OP_BYTES];
	struct wc_rec r = { .kind = WC_R_OP, .name = name, .bytes = bytes, .len = WC_OP_BYTES };

	wc_op_pack(&o, bytes);
	wc_transcript_add(&tr, &r);
}

static struct wc_frame ours(uint64_t type, uint64_t psn)
{
	return (struct wc_frame){ .version = 1, .type = type, .pdc_id = DEV, .psn = psn };
}

static struct wc_frame theirs(uint64_t type, uint64_t psn, uint64_t ack)
{
	return (struct wc_frame){
		.version = 1, .type = type, .flags = WC_F_AKV, .pdc_id = CTX, .psn = psn,
		.ack_psn = ack, .qpn = QPN, .oflags = type == WC_DATA ? 0xc0 : 0,
	};
}

/* We open with PSN 100, the device answers from 500. */
static void opened(void)
{
	struct wc_frame f = ours(WC_DATA, 100);

	wc_transcript_init(&tr);
	f.pdc_id = 0;
	f.flags = WC_F_SYN;
	f.opcode = WC_NOP;
	f.syn_pdc = CTX;
	f.syn_start = 100;
	f.syn_window = 16;
	f.syn_payload = 256;
	packet(WC_R_TX, 0, &f, -1);
	f = theirs(WC_ACK, 0, 100);
	f.flags |= WC_F_SYN;
	f.syn_pdc = DEV;
	f.syn_start = 500;
	packet(WC_R_RX, 0, &f, -1);
	f = ours(WC_DATA, 101);
	f.opcode = WC_NOP;
	packet(WC_R_TX, 0, &f, -1);
}

/* ---- transcript ---------------------------------------------------------------------------- */

static void wc_sha256__published_values(void)
{
	static const uint8_t abc[4] = { 0xba, 0x78, 0x16, 0xbf };
	static const uint8_t none[4] = { 0xe3, 0xb0, 0xc4, 0x42 };
	struct wc_sha256 s;
	uint8_t out[32], a[64];

	wc_sha256_init(&s);
	wc_sha256_add(&s, "abc", 3);
	wc_sha256_end(&s, out);
	CU_ASSERT_EQUAL(memcmp(out, abc, 4), 0);
	wc_sha256_init(&s);
	wc_sha256_end(&s, out);
	CU_ASSERT_EQUAL(memcmp(out, none, 4), 0);
	memset(a, 'a', sizeof(a));
	wc_sha256_init(&s);
	for (unsigned i = 0; i < 15625; i++)		/* a million times 'a' */
		wc_sha256_add(&s, a, 64);
	wc_sha256_end(&s, out);
	CU_ASSERT_EQUAL(out[0], 0xcd);
	CU_ASSERT_EQUAL(out[31], 0xd0);
}

static void scratch(char *path, size_t len)
{
	snprintf(path, len, "/tmp/t_judge.%d.wct", (int)getpid());
}

static void wc_transcript__survives_a_file_but_not_a_change(void)
{
	struct wc_transcript back;
	char path[64];
	long size;
	FILE *f;

	scratch(path, sizeof(path));
	opened();
	note(WC_R_MARK, "begin", 0);
	CU_ASSERT_EQUAL(wc_transcript_save(&tr, path), 0);
	CU_ASSERT_EQUAL(wc_transcript_load(&back, path), 0);
	CU_ASSERT_EQUAL(back.count, tr.count);
	CU_ASSERT_EQUAL(memcmp(back.head, tr.head, 32), 0);
	CU_ASSERT_EQUAL(memcmp(back.rec[0].bytes, tr.rec[0].bytes, tr.rec[0].len), 0);
	wc_transcript_free(&back);
	f = fopen(path, "r+b");
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	for (long at = 0; at < size; at += 7) {
		int byte;

		fseek(f, at, SEEK_SET);
		byte = fgetc(f);
		fseek(f, at, SEEK_SET);
		fputc(byte ^ 4, f);
		fflush(f);
		CU_ASSERT_EQUAL(wc_transcript_load(&back, path), -EBADMSG);
		fseek(f, at, SEEK_SET);
		fputc(byte, f);
	}
	fclose(f);
	CU_ASSERT_EQUAL(wc_transcript_load(&back, path), 0);
	wc_transcript_free(&back);
	CU_ASSERT_EQUAL(truncate(path, size - 1), 0);
	CU_ASSERT_EQUAL(wc_transcript_load(&back, path), -EBADMSG);
	unlink(path);
	wc_transcript_free(&tr);
}

/* ---- view ---------------------------------------------------------------------------------- */

static void tack(uint64_t psn, uint64_t msn, uint64_t status)
{
	struct wc_frame f = theirs(WC_DATA, psn, 101);

	f.opcode = WC_TACK;
	f.msn = msn;
	f.status = status;
	packet(WC_R_RX, 0, &f, -1);
}

static struct wc_result result(const char *name)
{
	struct wc_result r;
	struct wc_view v;

	wc_view_init(&v, &tr);
	wc_view_update(&v);
	r = wc_view_result(&v, name, WC_NONE, NULL, 0);
	wc_view_free(&v);
	return r;
}

static void wc_view_result__messages(void)
{
	opened();
	op("w", WC_OP_MESSAGE, 3, 102, 8);
	CU_ASSERT_EQUAL(result("w").status, WC_PENDING);
	CU_ASSERT_FALSE(result("w").acked);
	tack(500, 2, WC_OK);			/* of the message before */
	CU_ASSERT_EQUAL(result("w").status, WC_PENDING);
	tack(501, 4, WC_OK);			/* covers it */
	CU_ASSERT_EQUAL(result("w").status, WC_OK);
	op("x", WC_OP_MESSAGE, 5, 103, 8);
	tack(502, 6, WC_BAD_KEY);		/* refuses a later one */
	CU_ASSERT_EQUAL(result("x").status, WC_PENDING);
	tack(503, 5, WC_NO_RIGHTS);
	tack(503, 5, WC_NO_RIGHTS);		/* the same packet again */
	CU_ASSERT_EQUAL(result("x").status, WC_NO_RIGHTS);
	CU_ASSERT_EQUAL(result("x").refusals, 1);
	CU_ASSERT_EQUAL(result("y").at, WC_NONE);
	wc_transcript_free(&tr);
}

static void read_rsp(uint64_t psn, uint64_t offset, const char *text)
{
	struct wc_frame f = theirs(WC_DATA, psn, 102);

	f.opcode = WC_READ_RSP;
	f.msn = 3;
	f.msg_len = 8;
	f.offset = offset;
	f.body = (const uint8_t *)text;
	f.length = f.body_len = (uint32_t)strlen(text);
	packet(WC_R_RX, 0, &f, -1);
}

static void wc_view_result__read_needs_every_byte_once(void)
{
	struct wc_view v;
	uint8_t data[8];

	opened();
	op("r", WC_OP_READ, 3, 102, 8);
	read_rsp(500, 4, "EFGH");
	read_rsp(500, 4, "EFGH");		/* a repetition is no new byte */
	CU_ASSERT_EQUAL(result("r").status, WC_PENDING);
	CU_ASSERT_EQUAL(result("r").got, 4);
	read_rsp(501, 0, "ABCD");
	CU_ASSERT_EQUAL(result("r").status, WC_OK);
	wc_view_init(&v, &tr);
	wc_view_update(&v);
	wc_view_result(&v, "r", WC_NONE, data, 8);
	CU_ASSERT_EQUAL(memcmp(data, "ABCDEFGH", 8), 0);
	wc_view_free(&v);
	wc_transcript_free(&tr);
}

static void wc_frame_acks__cumulative_bitmap_and_wrap(void)
{
	struct wc_frame f = theirs(WC_ACK, 0, 0xfffffffe);

	CU_ASSERT_TRUE(wc_frame_acks(&f, 0xfffffffe));
	CU_ASSERT_TRUE(wc_frame_acks(&f, 0xfffffff0));
	CU_ASSERT_FALSE(wc_frame_acks(&f, 0xffffffff));
	CU_ASSERT_FALSE(wc_frame_acks(&f, 3));
	f.words = 1;
	f.sack_base = 0xffffffff;
	f.sack[0] = 1ull << 62 | 1ull << 59;	/* PSNs 0 and 3 */
	CU_ASSERT_TRUE(wc_frame_acks(&f, 0));
	CU_ASSERT_TRUE(wc_frame_acks(&f, 3));
	CU_ASSERT_FALSE(wc_frame_acks(&f, 0xffffffff));
	CU_ASSERT_FALSE(wc_frame_acks(&f, 1));
	f.flags = 0;
	CU_ASSERT_FALSE(wc_frame_acks(&f, 0xfffffffe));
}

/* ---- observers ----------------------------------------------------------------------------- */

static const char *observed(void (*observe)(const struct wc_view *, struct wc_hit *))
{
	struct wc_hit hit = { NULL, "", WC_NONE };
	struct wc_view v;

	wc_view_init(&v, &tr);
	wc_view_update(&v);
	observe(&v, &hit);
	wc_view_free(&v);
	wc_transcript_free(&tr);
	return hit.code ? hit.code : "";
}

static void wc_observe_form__each_fault(void)
{
	struct wc_frame f = theirs(WC_ACK, 0, 101);

	opened();
	packet(WC_R_RX, 0, &f, -1);
	CU_ASSERT_STRING_EQUAL(observed(wc_observe_form), "");
	opened();
	packet(WC_R_RX, WC_X_CE, &f, -1);	/* by the IP header around it */
	CU_ASSERT_STRING_EQUAL(observed(wc_observe_form), "OBS_MARK");
	opened();
	packet(WC_R_RX, 0, &f, 9);
	CU_ASSERT_STRING_EQUAL(observed(wc_observe_form), "OBS_CRC");
	opened();
	packet(WC_R_RX, 0, &f, 3);		/* entropy: a switch may do that */
	CU_ASSERT_STRING_EQUAL(observed(wc_observe_form), "");
	opened();
	packet(WC_R_RX, 0, &f, 0);		/* type 3: a NACK it is not */
	CU_ASSERT_STRING_NOT_EQUAL(observed(wc_observe_form), "");
	opened();
	f.version = 2;
	packet(WC_R_RX, 0, &f, -1);
	CU_ASSERT_STRING_EQUAL(observed(wc_observe_form), "OBS_FORM");
	opened();
	f.version = 1;
	f.fabric = 4;
	packet(WC_R_RX, 0, &f, -1);
	CU_ASSERT_STRING_EQUAL(observed(wc_observe_form), "OBS_RESERVED");
}

static void behaves(struct wc_frame f, const char *code)
{
	opened();
	op("w", WC_OP_MESSAGE, 3, 101, 8);
	packet(WC_R_RX, 0, &f, -1);
	CU_ASSERT_STRING_EQUAL(observed(wc_observe_behaviour), code);
}

static void wc_observe_behaviour__each_fault(void)
{
	struct wc_frame f = theirs(WC_ACK, 0, 101);

	behaves(f, "");
	f.ack_psn = 102;
	behaves(f, "OBS_ACK_UNSENT");
	f = theirs(WC_ACK, 0, 100);
	f.words = 1;
	f.sack_base = 101;
	f.sack[0] = 1ull << 62;
	behaves(f, "OBS_SACK_UNSENT");
	f = theirs(WC_ACK, 0, 101);
	f.pdc_id = CTX + 9;
	behaves(f, "OBS_PDC_ID");
	f = theirs(WC_ACK, 0, 101);
	f.flags |= 2;
	behaves(f, "OBS_GEN");
	f = theirs(WC_DATA, 515, 101);
	f.opcode = WC_NOP;
	behaves(f, "");
	f.psn = 516;
	behaves(f, "OBS_WINDOW");
	f = theirs(WC_DATA, 500, 101);
	f.opcode = WC_TACK;
	f.msn = 4;
	behaves(f, "OBS_UNASKED");
	f = theirs(WC_CTRL, 500, 101);
	f.qpn = 0;
	behaves(f, "OBS_CTRL");
}

/* The first one may come last, for a network that delays it; a second unmarked one is not it. */
static void wc_observe_behaviour__the_first_after_its_repetition(void)
{
	struct wc_frame f = theirs(WC_DATA, 500, 101), again = f;

	f.opcode = again.opcode = WC_NOP;
	again.flags |= WC_F_RTX;
	opened();
	packet(WC_R_RX, 0, &again, -1);
	packet(WC_R_RX, 0, &f, -1);
	CU_ASSERT_STRING_EQUAL(observed(wc_observe_behaviour), "");
	opened();
	packet(WC_R_RX, 0, &again, -1);
	packet(WC_R_RX, 0, &f, -1);
	packet(WC_R_RX, 0, &f, -1);
	CU_ASSERT_STRING_EQUAL(observed(wc_observe_behaviour), "OBS_RTX_FLAG");
}

static void wc_observe_behaviour__payload_and_repetition(void)
{
	static uint8_t body[300];
	struct wc_frame f = theirs(WC_DATA, 500, 101);

	f.opcode = WC_READ_RSP;
	f.msn = 3;
	f.msg_len = 300;
	f.body = body;
	f.length = f.body_len = 257;
	behaves(f, "OBS_PAYLOAD");
	f.length = f.body_len = 256;
	behaves(f, "");
	f.offset = 100;
	behaves(f, "OBS_RSP_RANGE");
	f.offset = 0;
	opened();
	op("r", WC_OP_READ, 3, 101, 300);
	packet(WC_R_RX, 0, &f, -1);
	packet(WC_R_RX, 0, &f, -1);
	CU_ASSERT_STRING_EQUAL(observed(wc_observe_behaviour), "OBS_RTX_FLAG");
	opened();
	op("r", WC_OP_READ, 3, 101, 300);
	packet(WC_R_RX, 0, &f, -1);
	f.flags |= WC_F_RTX;
	packet(WC_R_RX, 0, &f, -1);
	CU_ASSERT_STRING_EQUAL(observed(wc_observe_behaviour), "");
	opened();
	op("r", WC_OP_READ, 3, 101, 300);
	packet(WC_R_RX, 0, &f, -1);
	body[7] = 1;			/* WEFT-SEM-092: memory has changed meanwhile */
	packet(WC_R_RX, 0, &f, -1);
	CU_ASSERT_STRING_EQUAL(observed(wc_observe_behaviour), "");
	opened();
	op("r", WC_OP_READ, 3, 101, 300);
	packet(WC_R_RX, 0, &f, -1);
	f.length = f.body_len = 200;	/* and this is another piece */
	packet(WC_R_RX, 0, &f, -1);
	CU_ASSERT_STRING_EQUAL(observed(wc_observe_behaviour), "OBS_RTX_BYTES");
}

/* ---- the order of judgement ----------------------------------------------------------------- */

static void nothing(struct wc_t *t)
{
	(void)t;
}

static void two_checks(struct wc_judge *j)
{
	wc_cp(j, 1, true, "ONE", "one");
	if (wc_val(j, "second"))
		wc_cp(j, 2, wc_val(j, "second") == 1, "TWO", "two");
}

static const struct wc_case example = {
	.id = "FR-BV-00", .version = 1, .title = "example", .reqs = "", .stimulus = "",
	.expected = "", .needs = WC_NEEDS_RUD, .checkpoints = 2, .drive = nothing,
	.judge = two_checks,
};

/* A probe as the driver makes it, or one that reads something else. */
static void probe(const char *name, uint32_t msn, bool good)
{
	static const uint8_t nonce[16] = "0123456789abcdef", other[16] = "x";
	struct wc_frame f = ours(WC_DATA, 101 + msn);
	char sub[32];

	snprintf(sub, sizeof(sub), "%s1", name);
	op(sub, WC_OP_MESSAGE, msn, (uint32_t)f.psn, 16);
	f.opcode = WC_WRITE;
	f.msn = msn;
	f.body = nonce;
	f.length = f.body_len = 16;
	packet(WC_R_TX, 0, &f, -1);
	tack(500 + msn, msn, WC_OK);
	snprintf(sub, sizeof(sub), "%s2", name);
	op(sub, WC_OP_READ, msn + 1, (uint32_t)f.psn + 1, 16);
	f = ours(WC_DATA, f.psn + 1);
	f.opcode = WC_READ;
	f.msn = msn + 1;
	packet(WC_R_TX, 0, &f, -1);
	f = theirs(WC_DATA, 501 + msn, f.psn);
	f.opcode = WC_READ_RSP;
	f.msn = msn + 1;
	f.msg_len = 16;
	f.body = good ? nonce : other;
	f.length = f.body_len = 16;
	packet(WC_R_RX, 0, &f, -1);
}

struct scene {
	bool pre, post;
	unsigned second;	/* 0: its checkpoint is not reached */
	uint64_t modes;
	const char *trouble;	/* WC_R_TROUBLE, or NULL */
	enum wc_verdict_kind kind;
	const char *code;
};

static void judged(const struct scene *s)
{
	struct wc_verdict v;

	opened();
	note(WC_R_VALUE, "claim.hello", 1);
	note(WC_R_VALUE, "claim.modes", s->modes);
	note(WC_R_VALUE, "second", s->second);
	if (s->trouble)
		note(WC_R_TROUBLE, s->trouble, 0);
	probe("pre.A", 0, s->pre);
	probe("pre.B", 2, true);
	probe("post", 4, s->post);
	wc_judge(&example, &tr, &v);
	CU_ASSERT_EQUAL(v.kind, s->kind);
	CU_ASSERT_STRING_EQUAL(v.code, s->code);
	wc_transcript_free(&tr);
}

static void wc_judge__order(void)
{
	static const struct scene scene[] = {
		{ true, true, 1, 3, NULL, WC_PASS, "" },
		{ true, true, 2, 3, NULL, WC_FAIL, "TWO" },
		{ true, true, 0, 3, NULL, WC_ERROR, "UNREACHED" },
		{ false, true, 2, 3, NULL, WC_FAIL, "PRE_PROBE" },
		{ true, false, 1, 3, NULL, WC_FAIL, "POST_PROBE" },
		{ true, false, 2, 3, NULL, WC_FAIL, "TWO" },
		{ true, false, 0, 3, NULL, WC_FAIL, "POST_PROBE" },
		{ true, true, 1, 2, NULL, WC_NA, "RUD_NOT_CLAIMED" },
		{ true, true, 2, 3, "no wire", WC_INCONC, "TROUBLE" },
	};

	for (size_t i = 0; i < sizeof(scene) / sizeof(scene[0]); i++)
		judged(&scene[i]);
}

static void every_case(enum wc_verdict_kind kind, const char *code)
{
	const struct wc_case *c;

	for (unsigned i = 0; (c = wc_case_nth(i)); i++) {
		struct wc_verdict v;

		/* The transcript says of no variant that it is its. */
		wc_judge(c, &tr, &v);
		CU_ASSERT_EQUAL(v.kind, c->of ? WC_ERROR : kind);
		CU_ASSERT_STRING_EQUAL(v.code, c->of ? "OTHER_VARIANT" : code);
	}
}

/* Silence proves nothing about a device; one packet of it, and no more, does. */
static void wc_judge__silence_is_inconclusive_and_little_a_failure(void)
{
	struct wc_frame f = ours(WC_DATA, 100);

	wc_transcript_init(&tr);
	every_case(WC_INCONC, "SILENT");
	f.opcode = WC_NOP;
	packet(WC_R_TX, 0, &f, -1);
	every_case(WC_INCONC, "SILENT");
	wc_transcript_free(&tr);
	opened();
	every_case(WC_FAIL, "PRE_PROBE");
	wc_transcript_free(&tr);
}

static void catalogue__ids_are_unique_and_complete(void)
{
	const struct wc_case *c, *d;

	for (unsigned i = 0; (c = wc_case_nth(i)); i++) {
		CU_ASSERT_PTR_EQUAL(wc_case_find(c->id), c);
		CU_ASSERT_TRUE(c->version >= 1 && c->checkpoints >= 1 && c->checkpoints <= 32);
		CU_ASSERT_TRUE(c->title && c->stimulus && c->expected && c->drive && c->judge);
		/* What an upper tester must be like stands in upper/upper.h. */
		CU_ASSERT_TRUE(!strncmp(c->reqs, "WEFT-", 5) || !strncmp(c->id, "UT-", 3));
		CU_ASSERT_EQUAL(strncmp(wc_area_of(c)->id, c->id, 2), 0);
		for (unsigned k = i + 1; (d = wc_case_nth(k)); k++)
			CU_ASSERT_STRING_NOT_EQUAL(c->id, d->id);
	}
}

WEFT_SUITE(t_judge) {
	{ "wc_sha256__published_values", wc_sha256__published_values },
	{ "wc_transcript__survives_a_file_but_not_a_change",
	  wc_transcript__survives_a_file_but_not_a_change },
	{ "wc_view_result__messages", wc_view_result__messages },
	{ "wc_view_result__read_needs_every_byte_once",
	  wc_view_result__read_needs_every_byte_once },
	{ "wc_frame_acks__cumulative_bitmap_and_wrap", wc_frame_acks__cumulative_bitmap_and_wrap },
	{ "wc_observe_form__each_fault", wc_observe_form__each_fault },
	{ "wc_observe_behaviour__each_fault", wc_observe_behaviour__each_fault },
	{ "wc_observe_behaviour__the_first_after_its_repetition",
	  wc_observe_behaviour__the_first_after_its_repetition },
	{ "wc_observe_behaviour__payload_and_repetition",
	  wc_observe_behaviour__payload_and_repetition },
	{ "wc_judge__order", wc_judge__order },
	{ "wc_judge__silence_is_inconclusive_and_little_a_failure",
	  wc_judge__silence_is_inconclusive_and_little_a_failure },
	{ "catalogue__ids_are_unique_and_complete", catalogue__ids_are_unique_and_complete },
};
