/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/telemetry.c: counters read by others, alone and in a context. */
#include <string.h>

#include "core/manage.h"
#include "core/names.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define ITEMS 100

static void weft_stats_counter__every_one(void)
{
	struct weft_stats s;
	uint64_t *all = (uint64_t *)(void *)&s, seen = 0, v;
	unsigned known = 0;

	for (size_t i = 0; i < sizeof(s) / 8; i++)
		all[i] = 1000 + i;
	for (uint32_t c = 0; c <= UINT16_MAX; c++) {
		if (!weft_stats_counter(&s, (uint16_t)c, &v))
			continue;
		known++;
		CU_ASSERT(c && c < WEFT_METER_COUNT);
		CU_ASSERT_STRING_NOT_EQUAL(weft_meter_name(c), "?");
		CU_ASSERT(v >= 1000 && v < 1000 + sizeof(s) / 8);
		seen += v;
	}
	CU_ASSERT_EQUAL(known, sizeof(s) / 8 - 1);	/* all but drop[NONE] */
	for (size_t i = 0; i < sizeof(s) / 8; i++)
		seen -= all[i];
	CU_ASSERT_EQUAL(seen, (uint64_t)0 - s.drop[WEFT_DROP_NONE]);
}

/* The counter of a cause has its name and its number. */
static void counters__of_drop(void)
{
	for (unsigned i = 1; i < WEFT_DROP_COUNT; i++) {
		const char *name = weft_meter_name(WEFT_METER_DROP + i);

		CU_ASSERT_EQUAL(strncmp(name, "DROP_", 5), 0);
		CU_ASSERT_STRING_EQUAL(name + 5, weft_drop_name(i));
	}
	CU_ASSERT_EQUAL(WEFT_METER_COUNT, WEFT_METER_DROP + WEFT_DROP_COUNT);
}

static enum weft_alone parse(struct weft_view *v, const uint8_t *out, size_t len)
{
	struct weft_hdr_tlv_version_reject vr;
	struct weft_hdr_tlv_neighbour nb;
	struct weft_hello hello;

	CU_ASSERT_EQUAL_FATAL(weft_parse(v, out, (uint32_t)len), WEFT_DROP_NONE);
	CU_ASSERT(weft_crc_ok(v));
	CU_ASSERT_EQUAL(weft_route(v), WEFT_ROUTE_ALONE);
	return weft_alone_parse(v, &hello, &nb, &vr);
}

/* WEFT-MGT-023, WEFT-MGT-024, WEFT-MGT-025 */
static void weft_telemetry_build__pages(void)
{
	static const struct weft_hdr_telemetry_item host[] = {
		{ WEFT_METER_CONTEXTS, 7 }, { WEFT_METER_RX_ALONE, 8 },
	};
	static const struct { uint16_t first, count, n, begin, end; } rows[] = {
		{ 0, 65535, 46, 1, WEFT_METER_COUNT - 1 }, { 1, 1, 1, 1, 1 }, { 1, 0, 0, 0, 0 },
		{ 18, 20, 2, 18, WEFT_METER_CONTEXTS }, { 19, 13, 0, 0, 0 },
		{ 42, 1, 1, 42, 42 }, { 65535, 65535, 0, 0, 0 },
		{ WEFT_METER_COUNT, 5, 0, 0, 0 },
		{ WEFT_METER_COUNT - 1, 5, 1, WEFT_METER_COUNT - 1, WEFT_METER_COUNT - 1 },
	};
	struct weft_hdr_telemetry_item got[ITEMS];
	struct weft_stats s = { .tx_pkts = 5 };
	uint8_t out[WEFT_ALONE_MAX];
	struct weft_view v;

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_hdr_tlv_telemetry_get get = { 0, 0 };
		size_t len, n;

		len = weft_telemetry_get_build(out, rows[i].first, rows[i].count, 99);
		CU_ASSERT_EQUAL(parse(&v, out, len), WEFT_ALONE_TELEMETRY_GET);
		CU_ASSERT_EQUAL(v.d.psn, 99);
		weft_telemetry_asked(&v, &get);
		CU_ASSERT_EQUAL(get.first, rows[i].first);
		CU_ASSERT_EQUAL(get.count, rows[i].count);
		len = weft_telemetry_build(out, weft_answer_room(&v), &get, &s, host, 2, 99);
		CU_ASSERT(len <= WEFT_ALONE_MAX);
		CU_ASSERT_EQUAL(parse(&v, out, len), WEFT_ALONE_TELEMETRY);
		CU_ASSERT_EQUAL(v.d.psn, 99);
		n = weft_telemetry_items(&v, got, ITEMS);
		CU_ASSERT_EQUAL(n, rows[i].n);
		for (size_t k = 1; k < n; k++)
			CU_ASSERT(got[k].counter > got[k - 1].counter);
		if (n && n == rows[i].n) {
			CU_ASSERT_EQUAL(got[0].counter, rows[i].begin);
			CU_ASSERT_EQUAL(got[n - 1].counter, rows[i].end);
		}
		for (size_t k = 0; k < n; k++)
			CU_ASSERT_EQUAL(got[k].value, got[k].counter == WEFT_METER_CONTEXTS ? 7 :
					got[k].counter == WEFT_METER_RX_ALONE ? 8 :
					got[k].counter == WEFT_METER_TX_PACKETS ? 5 : 0);
	}
	CU_ASSERT_EQUAL(weft_telemetry_items(&v, got, 0), 0);
}

/* WEFT-MGT-025, WEFT-MGT-030: as many as fit, and from there on. */
static void weft_telemetry_build__what_fits(void)
{
	struct weft_hdr_tlv_telemetry_get get = { 1, UINT16_MAX };
	struct weft_hdr_telemetry_item got[ITEMS];
	struct weft_stats s = { .tx_pkts = 5 };
	uint8_t out[WEFT_ALONE_MAX];
	struct weft_view v;
	size_t len, n;

	for (size_t room = 96; room <= WEFT_ALONE_MAX; room += 3) {
		len = weft_telemetry_build(out, room, &get, &s, NULL, 0, 7);
		CU_ASSERT(len <= room);
		CU_ASSERT_EQUAL(parse(&v, out, len), WEFT_ALONE_TELEMETRY);
		n = weft_telemetry_items(&v, got, ITEMS);
		CU_ASSERT_EQUAL(n, (room - 28) / 12 < 44 ? (room - 28) / 12 : 44);
		CU_ASSERT_EQUAL(got[0].counter, 1);
	}
	len = weft_telemetry_get_build(out, 1, UINT16_MAX, 7);
	CU_ASSERT_EQUAL(len, 344);
	CU_ASSERT_EQUAL(parse(&v, out, len), WEFT_ALONE_TELEMETRY_GET);
	CU_ASSERT_EQUAL(weft_answer_room(&v), WEFT_ALONE_MAX);
}

/* WEFT-MGT-027 */
static void alone__malformed(void)
{
	static const struct { uint16_t type, len; bool good; } rows[] = {
		{ WEFT_TLV_TELEMETRY_GET, 0, false }, { WEFT_TLV_TELEMETRY_GET, 3, false },
		{ WEFT_TLV_TELEMETRY_GET, 4, true }, { WEFT_TLV_TELEMETRY_GET, 8, true },
		{ WEFT_TLV_TELEMETRY, 0, true }, { WEFT_TLV_TELEMETRY, 11, false },
		{ WEFT_TLV_TELEMETRY, 13, false }, { WEFT_TLV_TELEMETRY, 24, true },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		uint8_t tlvs[64], zero[32] = { 0 }, out[PK_MAX];
		struct weft_view v, w;

		memset(&v, 0, sizeof(v));
		v.d.version = WEFT_VERSION;
		v.d.type = WEFT_PTYPE_CTRL;
		v.b.ctrl.tlvs = tlvs;
		v.b.ctrl.len = pk_tlv(tlvs, rows[i].type, zero, rows[i].len);
		CU_ASSERT_EQUAL(parse(&w, out, pk_build(out, &v)) != WEFT_ALONE_BAD, rows[i].good);
	}
}

static struct weft_view question(struct solo *so, uint16_t first, uint16_t count)
{
	struct weft_hdr_tlv_telemetry_get h = { first, count };
	uint8_t value[WEFT_HDR_TLV_TELEMETRY_GET_LEN];

	weft_hdr_tlv_telemetry_get_pack(value, &h);
	return solo_ctrl(so, WEFT_TLV_TELEMETRY_GET, value, sizeof(value));
}

/* WEFT-MGT-026: page by page to the end. */
static void context__answers(void)
{
	struct weft_hdr_telemetry_item got[ITEMS];
	uint16_t first = 0, n = 0;
	struct weft_hdr_tlv t;
	struct weft_view v;
	struct solo so;
	size_t k;

	solo_init(&so);
	solo_ready(&so);
	so.stats.ce_rx = 0x123456789abcdefull;
	do {
		v = question(&so, first, UINT16_MAX);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		CU_ASSERT(!so.has_act);
		CU_ASSERT_FATAL(solo_tx_type(&so, WEFT_PTYPE_CTRL));
		weft_hdr_tlv_unpack(&t, so.sent.b.ctrl.tlvs);
		CU_ASSERT_EQUAL(t.type, WEFT_TLV_TELEMETRY);
		k = weft_telemetry_unpack(so.sent.b.ctrl.tlvs + WEFT_HDR_TLV_LEN, t.length, got + n,
					  ITEMS - n);
		CU_ASSERT(k <= 6);
		n = (uint16_t)(n + k);
		first = (uint16_t)(n ? got[n - 1].counter + 1 : 0);
		solo_ack_all(&so);
		solo_drain(&so);
	} while (k);
	CU_ASSERT_EQUAL(n, 44);
	CU_ASSERT_EQUAL(got[0].counter, WEFT_METER_TX_PACKETS);
	CU_ASSERT_EQUAL(got[13].counter, WEFT_METER_RX_CONGESTION_MARKS);
	CU_ASSERT_EQUAL(got[13].value, 0x123456789abcdefull);
	solo_fini(&so);
}

/* Without room for the answer the question is not taken, and comes again. */
static void context__no_room(void)
{
	struct weft_view v;
	struct solo so;
	unsigned n = 0;

	solo_init(&so);
	solo_ready(&so);
	do {
		v = question(&so, 0, 5);
		solo_rx(&so, &v);
	} while (so.p->ctrl_queued > n++);
	CU_ASSERT_EQUAL(so.p->ctrl_queued, CTRL_SLOTS);
	CU_ASSERT(so.p->rx_cum == v.d.psn);
	solo_drain(&so);
	solo_ack_all(&so);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.p->rx_cum, v.d.psn + 1);
	solo_fini(&so);
}

static void context__asks_and_is_told(void)
{
	struct weft_hdr_telemetry_item item = { WEFT_METER_DROP_CRC, 11 }, got[4];
	uint8_t value[2 * WEFT_HDR_TELEMETRY_ITEM_LEN];
	struct weft_hdr_tlv_telemetry_get h;
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	CU_ASSERT_EQUAL(weft_telemetry_ask(so.p, 64, 26), WEFT_OK);
	CU_ASSERT_FATAL(solo_tx_type(&so, WEFT_PTYPE_CTRL));
	weft_hdr_tlv_telemetry_get_unpack(&h, so.sent.b.ctrl.tlvs + WEFT_HDR_TLV_LEN);
	CU_ASSERT_EQUAL(h.first, 64);
	CU_ASSERT_EQUAL(h.count, 26);
	weft_hdr_telemetry_item_pack(value, &item);
	item.counter++;
	weft_hdr_telemetry_item_pack(value + WEFT_HDR_TELEMETRY_ITEM_LEN, &item);
	v = solo_ctrl(&so, WEFT_TLV_TELEMETRY, value, sizeof(value));
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_FATAL(so.has_act);
	CU_ASSERT_EQUAL(so.act.event, WEFT_EV_TELEMETRY);
	CU_ASSERT_EQUAL(weft_telemetry_unpack(so.act.priv, so.act.priv_len, got, 4), 2);
	CU_ASSERT_EQUAL(got[0].counter, WEFT_METER_DROP_CRC);
	CU_ASSERT_EQUAL(got[1].value, 11);
	v = solo_ctrl(&so, WEFT_TLV_TELEMETRY, value, 13);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_TLV);
	v = solo_ctrl(&so, WEFT_TLV_TELEMETRY_GET, value, 3);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_TLV);
	CU_ASSERT(!solo_tx_type(&so, WEFT_PTYPE_CTRL));
	for (int i = 0; weft_telemetry_ask(so.p, 0, 1) == WEFT_OK; i++)
		CU_ASSERT_FATAL(i < 100);
	CU_ASSERT_EQUAL(weft_telemetry_ask(so.p, 0, 1), WEFT_EFULL);
	weft_pdc_abort(so.p, WEFT_STATUS_PEER_RESET, false);
	CU_ASSERT_EQUAL(weft_telemetry_ask(so.p, 0, 1), WEFT_ESTATE);
	solo_fini(&so);
}

/* WEFT-MGT-029 */
static void port_status__is_told(void)
{
	struct weft_hdr_tlv_port_status h = { .port = 3, .state = WEFT_PORT_STATE_DEGRADED };
	uint8_t value[WEFT_HDR_TLV_PORT_STATUS_LEN];
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	weft_hdr_tlv_port_status_pack(value, &h);
	v = solo_ctrl(&so, WEFT_TLV_PORT_STATUS, value, sizeof(value));
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_FATAL(so.has_act);
	CU_ASSERT_EQUAL(so.act.event, WEFT_EV_PEER_PORT);
	CU_ASSERT_EQUAL(so.act.arg, 3);
	CU_ASSERT_EQUAL(so.act.ep_arg, WEFT_PORT_STATE_DEGRADED);
	solo_fini(&so);
}

WEFT_SUITE(t_telemetry) {
	{ "weft_stats_counter__every_one", weft_stats_counter__every_one },
	{ "counters__of_drop", counters__of_drop },
	{ "weft_telemetry_build__pages", weft_telemetry_build__pages },
	{ "weft_telemetry_build__what_fits", weft_telemetry_build__what_fits },
	{ "alone__malformed", alone__malformed },
	{ "context__answers", context__answers },
	{ "context__no_room", context__no_room },
	{ "context__asks_and_is_told", context__asks_and_is_told },
	{ "port_status__is_told", port_status__is_told },
};
