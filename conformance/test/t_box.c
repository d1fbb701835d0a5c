/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conformance/fault.c, box.c: which packets a schedule names, and what becomes of them, over
 * conversations that are built here.
 */
#include "conformance/box.h"
#include "conformance/frame.h"
#include "tools/test/cunit_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define US	0x1001u		/* the initiator's context, and the target's */
#define THEM	0x2002u
#define START	0xfffffffeu	/* its PSNs wrap at once */
#define BACK	0x500u

static struct wc_schedule s;
static char err[512];

static void add(const char *rule)
{
	CU_ASSERT_EQUAL_FATAL(wc_schedule_add(&s, rule, "test", 7, err, sizeof(err)), 0);
}

/* ---- wc_schedule_add ----------------------------------------------------------------------- */

static void wc_schedule_add__reads_and_writes_rules(void)
{
	static const struct { const char *rule, *text; } row[] = {
		{ "out lose psn=3 try=1", "out lose psn=3 try=1" },
		{ " both\tce  # all", "both ce" },
		{ "back delay=2ms opcode=READ_RSP psn=0..7",
		  "back delay=2000000ns opcode=READ_RSP psn=0..7" },
		{ "out behind type=MEM", "out behind=1 type=MEM" },
		{ "out repeat=3 stream=2 ctx=1", "out repeat=3 ctx=1 stream=2" },
		{ "back lose type=NACK nth=2..4", "back lose type=NACK nth=2..4" },
		{ "out corrupt=17 opcode=WRITE", "out corrupt=17 opcode=WRITE" },
		{ "out cut try=2..9", "out cut try=2..9" },
	};
	char text[256];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		add(row[i].rule);
		wc_rule_text(&s.rule[s.n - 1], text, sizeof(text));
		CU_ASSERT_STRING_EQUAL(text, row[i].text);
	}
	CU_ASSERT_EQUAL(s.n, 8);
	add("   # nothing but a comment");
	CU_ASSERT_EQUAL(s.n, 8);
	wc_schedule_free(&s);
}

static void wc_schedule_add__says_what_is_wrong(void)
{
	static const struct { const char *rule, *says; } row[] = {
		{ "up lose", "out, back or both" }, { "out", "what is to happen" },
		{ "out loose", "\"loose\"" }, { "out delay=5", "\"delay=5\"" },
		{ "out delay", "\"delay\"" }, { "out lose=1", "\"lose=1\"" },
		{ "out repeat=0", "\"repeat=0\"" }, { "out behind=2000", "\"behind=2000\"" },
		{ "out delay=2h", "\"delay=2h\"" }, { "out delay=3601s", "\"delay=3601s\"" },
		{ "out lose psn=7..3", "\"psn=7..3\"" }, { "out lose psn=-1", "\"psn=-1\"" },
		{ "out lose try=0", "\"try=0\"" }, { "out lose nth=0", "\"nth=0\"" },
		{ "out lose ctx=0", "\"ctx=0\"" }, { "out lose ctx=1..2", "\"ctx=1..2\"" },
		{ "out lose type=FOO", "\"type=FOO\"" }, { "out lose opcode=7", "\"opcode=7\"" },
		{ "out lose psn", "\"psn\"" }, { "out lose qpn=4", "\"qpn=4\"" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_NOT_EQUAL(wc_schedule_add(&s, row[i].rule, "file", 3, err, sizeof(err)),
				    0);
		CU_ASSERT_PTR_NOT_NULL(strstr(err, row[i].says));
		CU_ASSERT_PTR_NOT_NULL(strstr(err, "file:3: "));
	}
	CU_ASSERT_EQUAL(s.n, 0);
	wc_schedule_free(&s);
}

static void wc_schedule_draw__is_the_same_for_a_seed(void)
{
	struct wc_schedule again = { .n = 0 }, read = { .n = 0 };
	char path[] = "/tmp/t_box.XXXXXX", a[256], b[256];
	const char *law = "loss=0.1,repeat=0.1,delay=0.1:3ms,behind=0.1:4,corrupt=0.1,cut=0.1,ce=1";
	uint32_t loss = 0;
	int fd = mkstemp(path);

	CU_ASSERT_FATAL(fd >= 0);
	close(fd);
	CU_ASSERT_EQUAL_FATAL(wc_schedule_draw(&s, law, 42, 100, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL_FATAL(wc_schedule_draw(&again, law, 42, 100, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL_FATAL(wc_schedule_save(&s, path), 0);
	CU_ASSERT_EQUAL_FATAL(wc_schedule_load(&read, path, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL_FATAL(s.n, again.n);
	CU_ASSERT_EQUAL_FATAL(s.n, read.n);
	for (uint32_t i = 0; i < s.n; i++) {
		wc_rule_text(&s.rule[i], a, sizeof(a));
		wc_rule_text(&again.rule[i], b, sizeof(b));
		CU_ASSERT_STRING_EQUAL(a, b);
		wc_rule_text(&read.rule[i], b, sizeof(b));
		CU_ASSERT_STRING_EQUAL(a, b);
		loss += s.rule[i].what == WC_LOSE;
	}
	/* 2 ways of 100 PSNs three times, and of 100 ACKs and NACKs: 1000, of which a tenth */
	CU_ASSERT(loss > 60 && loss < 140);
	CU_ASSERT_EQUAL(wc_schedule_unmet(&read), 0);	/* drawn ones need not be met */
	wc_schedule_free(&again);
	CU_ASSERT_EQUAL_FATAL(wc_schedule_draw(&again, law, 43, 100, err, sizeof(err)), 0);
	CU_ASSERT_NOT_EQUAL(s.n, again.n);
	CU_ASSERT_NOT_EQUAL(wc_schedule_draw(&again, "loss=1.5", 1, 9, err, sizeof(err)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "\"loss=1.5\""));
	CU_ASSERT_NOT_EQUAL(wc_schedule_load(&again, "/nonexistent", err, sizeof(err)), 0);
	unlink(path);
	wc_schedule_free(&s);
	wc_schedule_free(&again);
	wc_schedule_free(&read);
}

/* ---- identities ---------------------------------------------------------------------------- */

static uint8_t bytes[WC_FRAME_MAX];

/* A packet of one end, of that PSN counted from its start. */
static uint32_t data(enum wc_way way, uint32_t psn, uint32_t qpn, bool syn, uint16_t entropy)
{
	struct wc_frame f = {
		.version = WC_VERSION, .type = WC_DATA, .opcode = WC_NOP, .entropy = entropy,
		.pdc_id = way == WC_OUT ? THEM : US, .qpn = qpn,
		.psn = (uint32_t)((way == WC_OUT ? START : BACK) + psn),
	};

	if (syn) {
		f.flags = WC_F_SYN;
		f.pdc_id = way == WC_OUT ? 0 : US;
		f.syn_pdc = way == WC_OUT ? US : THEM;
		f.syn_start = way == WC_OUT ? START : BACK;
	}
	return wc_frame_build(&f, bytes);
}

static uint32_t ack(enum wc_way way)
{
	struct wc_frame f = { .version = WC_VERSION, .type = WC_ACK,
			      .pdc_id = way == WC_OUT ? THEM : US };

	return wc_frame_build(&f, bytes);
}

static struct wc_box_event take(struct wc_box *b, enum wc_way way, uint32_t len, uint64_t now)
{
	struct wc_box_event e;

	CU_ASSERT_EQUAL_FATAL(wc_box_take(b, way, bytes, len, false, now, &e), 0);
	return e;
}

static bool is(const struct wc_box_event *e, const char *want)
{
	char text[160];

	wc_ident_text(&e->id, text, sizeof(text));
	if (strcmp(text, want))
		printf("is: %s\nnot: %s\n", text, want);
	return !strcmp(text, want);
}

static void wc_box_take__names_packets(void)
{
	struct wc_box *b = wc_box_create(&s, NULL, 0, 1);
	struct wc_box_event e;

	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	e = take(b, WC_OUT, data(WC_OUT, 0, 9, true, 0), 0);
	CU_ASSERT(is(&e, "out type=DATA opcode=NOP ctx=1 stream=1 psn=0 try=1 nth=1"));
	e = take(b, WC_OUT, data(WC_OUT, 0, 9, true, 0), 0);
	CU_ASSERT(is(&e, "out type=DATA opcode=NOP ctx=1 stream=1 psn=0 try=2 nth=2"));
	e = take(b, WC_BACK, data(WC_BACK, 0, 5, true, 0), 0);
	CU_ASSERT(is(&e, "back type=DATA opcode=NOP ctx=1 stream=1 psn=0 try=1 nth=1"));
	e = take(b, WC_OUT, data(WC_OUT, 3, 8, false, 0), 0);
	CU_ASSERT(is(&e, "out type=DATA opcode=NOP ctx=1 stream=2 psn=3 try=1 nth=3"));
	e = take(b, WC_BACK, ack(WC_BACK), 0);
	e = take(b, WC_BACK, ack(WC_BACK), 0);
	CU_ASSERT(is(&e, "back type=ACK ctx=1 nth=2"));
	data(WC_OUT, 1, 9, false, 0);
	bytes[0] ^= 0xf0;		/* of another version: it cannot be read */
	e = take(b, WC_OUT, 20, 0);
	CU_ASSERT(is(&e, "out type=? nth=1"));
	wc_box_free(b);
	wc_schedule_free(&s);
}

/* ---- fates --------------------------------------------------------------------------------- */

/* PSNs, from the start, that come out until now_ns, as text "0 2 1". */
static const char *come_out(struct wc_box *b, uint64_t now_ns)
{
	static char text[256];
	const uint8_t *p;
	enum wc_way way;
	uint32_t len;

	text[0] = 0;
	while ((p = wc_box_give(b, now_ns, &way, &len))) {
		struct wc_frame f;
		size_t n = strlen(text);
		uint8_t header[64] = { 0 };
		const char *wrong;

		memcpy(header, p, len < sizeof(header) ? len : sizeof(header));
		wrong = wc_frame_parse(&f, p, len);
		snprintf(text + n, sizeof(text) - n, "%s%u%s%s%s", n ? " " : "",
			 (uint32_t)f.psn - START, header[4] & WC_FB_CE ? "c" : "",
			 header[4] & WC_FB_TRIM ? "t" : "", !wrong && !f.crc_ok ? "x" : "");
	}
	return text;
}

static void wc_box_give__each_mishap(void)
{
	static const struct { const char *rule, *at_once, *in_the_end; } row[] = {
		{ "out lose psn=1 try=1", "0 2 3 4", "" },
		{ "out lose psn=1 try=2", "0 1 2 3 4", "" },
		{ "back lose psn=1", "0 1 2 3 4", "" },
		{ "out repeat=2 psn=2", "0 1 2 2 2 3 4", "" },
		{ "out delay=5us psn=0..1", "2 3 4", "0 1" },
		{ "out behind=2 psn=1", "0 2 3 1 4", "" },
		{ "out behind=9 psn=1", "0 2 3 4", "1" },
		{ "out ce psn=3", "0 1 2 3c 4", "" },
		{ "out cut psn=3", "0 1 2 3t 4", "" },
		{ "out corrupt=200 psn=3", "0 1 2 3x 4", "" },
		{ "out lose stream=2", "0 1 2 3", "" },
		{ "out lose nth=1..2", "2 3 4", "" },
		{ "out lose type=ACK", "0 1 2 3 4", "" },
		{ "both lose opcode=NOP", "", "" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *got;
		struct wc_box *b;

		add(row[i].rule);
		b = wc_box_create(&s, NULL, 0, 1);
		CU_ASSERT_PTR_NOT_NULL_FATAL(b);
		for (uint32_t k = 0; k < 5; k++)
			take(b, WC_OUT, data(WC_OUT, k, k == 4 ? 8 : 9, true, 0), 1000);
		got = come_out(b, 1000);
		if (strcmp(got, row[i].at_once))
			printf("%s: %s\n", row[i].rule, got);
		CU_ASSERT_STRING_EQUAL(got, row[i].at_once);
		got = come_out(b, 1000 + WC_BEHIND_NS);
		CU_ASSERT_STRING_EQUAL(got, row[i].in_the_end);
		CU_ASSERT_EQUAL(wc_box_due(b), UINT64_MAX);
		CU_ASSERT_EQUAL(wc_schedule_unmet(&s), i == 1 || i == 2 || i == 12);
		wc_box_free(b);
		wc_schedule_free(&s);
	}
}

static void wc_box_take__a_mark_of_ip_is_kept(void)
{
	struct wc_box *b = wc_box_create(&s, NULL, 0, 1);
	struct wc_box_event e;
	uint32_t len = data(WC_OUT, 0, 9, true, 0);

	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT_EQUAL(wc_box_take(b, WC_OUT, bytes, len, true, 0, &e), 0);
	CU_ASSERT_STRING_EQUAL(come_out(b, 0), "0c");
	wc_box_free(b);
}

/* ---- paths --------------------------------------------------------------------------------- */

static void wc_box_take__paths_reorder_and_lose(void)
{
	struct wc_path p[2];
	struct wc_box *b, *c;
	unsigned lost = 0;

	CU_ASSERT(wc_path_parse("delay=10us,rate=8000000", &p[0]));
	CU_ASSERT(wc_path_parse("loss=0.25", &p[1]));
	b = wc_box_create(&s, p, 2, 99);
	c = wc_box_create(&s, p, 2, 99);
	CU_ASSERT_FATAL(b && c);
	take(b, WC_OUT, data(WC_OUT, 0, 9, true, 0), 0);
	take(c, WC_OUT, data(WC_OUT, 0, 9, true, 0), 0);
	for (uint32_t k = 1; k <= 400; k++) {
		uint32_t len = data(WC_OUT, k, 9, false, (uint16_t)(k % 2));
		struct wc_box_event e, f;

		e = take(b, WC_OUT, len, 0);
		f = take(c, WC_OUT, len, 1000 * k);
		CU_ASSERT_EQUAL(e.path, k % 2);
		CU_ASSERT_EQUAL(e.path_lost, f.path_lost);	/* whenever it comes */
		lost += e.path_lost;
		CU_ASSERT(!e.path_lost || e.path == 1);
	}
	CU_ASSERT(lost > 25 && lost < 80);	/* of 200 */
	/* Path 0 is slow: by now only what went by the other has come. */
	come_out(b, 9999);
	CU_ASSERT(wc_box_due(b) > 9999);
	CU_ASSERT_EQUAL(wc_box_totals(b)->passed[WC_OUT] + lost, 200);
	CU_ASSERT(!wc_path_parse("delay=5", &p[0]) && !wc_path_parse("loss=2", &p[0]) &&
		  !wc_path_parse("rate=9", &p[0]) && !wc_path_parse("speed=9", &p[0]) &&
		  !wc_path_parse("delay", &p[0]));
	wc_box_free(b);
	wc_box_free(c);
	wc_schedule_free(&s);
}

WEFT_SUITE(t_box) {
	{ "wc_schedule_add__reads_and_writes_rules", wc_schedule_add__reads_and_writes_rules },
	{ "wc_schedule_add__says_what_is_wrong", wc_schedule_add__says_what_is_wrong },
	{ "wc_schedule_draw__is_the_same_for_a_seed", wc_schedule_draw__is_the_same_for_a_seed },
	{ "wc_box_take__names_packets", wc_box_take__names_packets },
	{ "wc_box_give__each_mishap", wc_box_give__each_mishap },
	{ "wc_box_take__a_mark_of_ip_is_kept", wc_box_take__a_mark_of_ip_is_kept },
	{ "wc_box_take__paths_reorder_and_lose", wc_box_take__paths_reorder_and_lose },
};
