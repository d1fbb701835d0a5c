/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/ports.c: ports that fail and return, as the host or the peer says. */
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

static void start(struct solo *so, enum weft_mode mode, bool planes)
{
	solo_init(so);
	so->cfg.mode = mode;
	so->cfg.n_paths = 8;
	so->cfg.n_ports = so->cfg.peer_ports = 2;
	so->cfg.planes = planes;
	so->cfg.features = WEFT_FEATURES_PROBE;
	solo_ready(so);
	so->p->srtt = so->p->min_rtt = 10000;
}

static struct weft_view port_status(struct solo *so, uint8_t port, enum weft_port_state state)
{
	struct weft_hdr_tlv_port_status h = { .port = port, .state = (uint8_t)state };
	uint8_t value[WEFT_HDR_TLV_PORT_STATUS_LEN];

	weft_hdr_tlv_port_status_pack(value, &h);
	return solo_ctrl(so, WEFT_TLV_PORT_STATUS, value, sizeof(value));
}

static void weft_tx__says_the_ports(void)
{
	for (int planes = 0; planes < 2; planes++) {
		unsigned seen[2][2] = { { 0 } };
		struct solo so;

		start(&so, WEFT_MODE_RUD, planes);
		solo_post(&so, WEFT_OPCODE_WRITE, 1, 16 * 1024, 0);
		while (solo_tx(&so)) {
			uint16_t path = so.txd.entropy & 7;

			CU_ASSERT_EQUAL(so.txd.port, path % 2);
			CU_ASSERT_EQUAL(so.txd.peer_port, planes ? path % 2 : path / 2 % 2);
			seen[so.txd.port][so.txd.peer_port]++;
		}
		if (planes) {
			CU_ASSERT(seen[0][0] == 8 && seen[1][1] == 8);
		} else {
			CU_ASSERT(seen[0][0] == 4 && seen[0][1] == 4 && seen[1][0] == 4);
		}
		solo_fini(&so);
	}
}

static void weft_pdc_size__ports_in_range(void)
{
	static const struct { uint8_t n, peer; bool planes, ok; } rows[] = {
		{ 0, 0, false, true }, { 8, 8, false, true }, { 9, 1, false, false },
		{ 1, 9, false, false }, { 2, 2, true, true }, { 2, 1, true, false },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct solo so;

		solo_init(&so);
		so.prof.max_paths = 4;
		CU_ASSERT_EQUAL(weft_profile_prepare(&so.prof), WEFT_OK);
		so.cfg.n_ports = rows[i].n;
		so.cfg.peer_ports = rows[i].peer;
		so.cfg.planes = rows[i].planes;
		CU_ASSERT_EQUAL(weft_pdc_size(&so.cfg) > 0, rows[i].ok);
	}
}

/* WEFT-CC-055, WEFT-CC-056: what is outstanding goes again at once, and the peer is told. */
static void weft_port_set__fails_over(void)
{
	unsigned again = 0, told = 0, on_failed = 0;
	struct weft_hdr_tlv_port_status h;
	struct solo so;

	start(&so, WEFT_MODE_RUD, false);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 16 * 1024, 0);
	while (solo_tx(&so))
		on_failed += so.txd.port == 1;
	CU_ASSERT_EQUAL(on_failed, 8);
	CU_ASSERT_EQUAL(weft_port_set(so.p, 2, false, so.now), WEFT_EINVAL);
	CU_ASSERT_EQUAL(weft_port_set(so.p, 1, false, so.now), WEFT_OK);
	CU_ASSERT_EQUAL(weft_port_set(so.p, 1, false, so.now), WEFT_OK);	/* no news */
	while (solo_tx(&so)) {
		CU_ASSERT_EQUAL(so.txd.port, 0);
		again += so.sent.d.flags & WEFT_DFLAGS_RTX ? 1 : 0;
		told += so.sent.d.type == WEFT_PTYPE_CTRL;
		if (so.sent.d.type == WEFT_PTYPE_CTRL) {
			struct weft_hdr_tlv t;

			weft_hdr_tlv_unpack(&t, so.sent.b.ctrl.tlvs);
			weft_hdr_tlv_port_status_unpack(&h, so.sent.b.ctrl.tlvs +
							WEFT_HDR_TLV_LEN);
			CU_ASSERT_EQUAL(t.type, WEFT_TLV_PORT_STATUS);
			CU_ASSERT(h.port == 1 && h.state == WEFT_PORT_STATE_DOWN);
		}
	}
	CU_ASSERT_EQUAL(again, 8);
	CU_ASSERT_EQUAL(told, 1);
	CU_ASSERT_EQUAL(so.p->backoff, 0);
	solo_ack_all(&so);
	weft_port_set(so.p, 1, true, so.now);
	solo_post(&so, WEFT_OPCODE_WRITE, 2, 16 * 1024, 0);
	on_failed = told = 0;
	while (solo_tx(&so)) {
		on_failed += so.txd.port == 1;
		if (so.sent.d.type != WEFT_PTYPE_CTRL)
			continue;
		told++;
		weft_hdr_tlv_port_status_unpack(&h, so.sent.b.ctrl.tlvs + WEFT_HDR_TLV_LEN);
		CU_ASSERT(h.port == 1 && h.state == WEFT_PORT_STATE_UP);
	}
	CU_ASSERT(on_failed >= 8 && told == 1);
	solo_fini(&so);
}

/* WEFT-CC-057: the same for a port of the peer's. */
static void ports_rx__peer_port_fails(void)
{
	unsigned again = 0;
	struct weft_view v;
	struct solo so;

	start(&so, WEFT_MODE_RUD, false);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 16 * 1024, 0);
	solo_drain(&so);
	v = port_status(&so, 0, WEFT_PORT_STATE_DOWN);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	while (solo_tx(&so)) {
		CU_ASSERT_EQUAL(so.txd.peer_port, 1);
		again += so.sent.d.flags & WEFT_DFLAGS_RTX ? 1 : 0;
	}
	CU_ASSERT_EQUAL(again, 8);
	v = port_status(&so, 9, WEFT_PORT_STATE_DOWN);		/* it has no such port */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	v = port_status(&so, 0, WEFT_PORT_STATE_DEGRADED);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.p->peer_ports_down, 0);
	v = solo_ctrl(&so, WEFT_TLV_PORT_STATUS, "\1", 1);		/* WEFT-MGT-081 */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_TLV);
	solo_fini(&so);
}

/* ROD goes to another port in order, and only if its own path has failed. */
static void weft_port_set__rod(void)
{
	struct solo so;
	uint32_t psn;

	start(&so, WEFT_MODE_ROD, false);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 5 * 1024, 0);
	solo_drain(&so);
	psn = so.p->una;
	weft_port_set(so.p, 1, false, so.now);		/* another one */
	while (solo_tx(&so))
		CU_ASSERT(!(so.sent.d.flags & WEFT_DFLAGS_RTX));
	weft_port_set(so.p, 1, true, so.now);
	weft_port_set(so.p, 0, false, so.now);
	for (int i = 0; i < 5; i++) {
		CU_ASSERT(solo_tx(&so));
		CU_ASSERT_EQUAL(so.sent.d.psn, psn + (uint32_t)i);
		CU_ASSERT_EQUAL(so.txd.port, 1);
	}
	solo_fini(&so);
}

/* WEFT-CC-055: with our port 0 and the peer's 1 down there was none to go to; then there is. */
static void ports_rx__rod_moves_when_it_can(void)
{
	struct weft_view v;
	struct solo so;

	start(&so, WEFT_MODE_ROD, true);
	v = port_status(&so, 1, WEFT_PORT_STATE_DOWN);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	weft_port_set(so.p, 0, false, so.now);
	solo_drain(&so);
	v = port_status(&so, 1, WEFT_PORT_STATE_UP);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 2 * 1024, 0);
	CU_ASSERT(solo_tx(&so));
	do {
		CU_ASSERT_EQUAL(so.txd.port, 1);
	} while (solo_tx(&so));
	solo_fini(&so);
}

static enum weft_path_state state(const struct solo *so, uint16_t path)
{
	return (enum weft_path_state)so->p->paths->at[path].state;
}

static void lose(struct solo *so, uint16_t path)
{
	for (int i = 0; i < 3; i++)
		path_lost(so->p, path, so->now);
}

/* WEFT-CC-091: whether it was asked before the port failed, and did not answer, or was out. */
static void returned__asked_at_once(void)
{
	for (int denied = 0; denied < 2; denied++) {
		struct solo so;

		start(&so, WEFT_MODE_RUD, false);
		solo_post(&so, WEFT_OPCODE_WRITE, 1, 8 * 1024, 0);
		solo_drain(&so);
		lose(&so, 1);
		CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_PROBE));
		CU_ASSERT_EQUAL(so.sent.d.entropy & 7, 1);
		if (denied)
			path_deny(so.p, 1, so.now);
		weft_port_set(so.p, 1, false, so.now);
		solo_drain(&so);
		so.now += 11000;
		CU_ASSERT(!solo_tx_type(&so, WEFT_PTYPE_PROBE));
		CU_ASSERT_EQUAL(state(&so, 1), denied ? WEFT_PATH_STATE_DENIED :
							WEFT_PATH_STATE_SUSPECT);
		weft_port_set(so.p, 1, true, so.now);
		CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_PROBE));
		CU_ASSERT_EQUAL(so.sent.d.entropy & 7, 1);
		CU_ASSERT_EQUAL(state(&so, 1), WEFT_PATH_STATE_SUSPECT);
		solo_fini(&so);
	}
}

/* The same without probes: they are used again. */
static void returned__used_at_once(void)
{
	unsigned seen = 0;
	struct solo so;

	start(&so, WEFT_MODE_RUD, false);
	so.p->cfg.features = 0;
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 4 * 1024, 0);
	solo_drain(&so);
	lose(&so, 1);
	path_deny(so.p, 1, so.now);
	weft_port_set(so.p, 1, false, so.now);
	weft_port_set(so.p, 1, true, so.now);
	solo_drain(&so);
	solo_ack_all(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 2, 16 * 1024, 0);
	while (solo_tx(&so))
		seen += (so.sent.d.entropy & 7) == 1;
	CU_ASSERT(seen > 0);
	solo_fini(&so);
}

/* With every port down there is still a path: the host may be wrong. */
static void weft_port_set__all_down(void)
{
	struct solo so;

	start(&so, WEFT_MODE_RUD, false);
	weft_port_set(so.p, 0, false, so.now);
	weft_port_set(so.p, 1, false, so.now);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 4 * 1024, 0);
	CU_ASSERT(solo_drain(&so) >= 4);
	solo_fini(&so);
}

WEFT_SUITE(t_ports) {
	{ "weft_tx__says_the_ports", weft_tx__says_the_ports },
	{ "weft_pdc_size__ports_in_range", weft_pdc_size__ports_in_range },
	{ "weft_port_set__fails_over", weft_port_set__fails_over },
	{ "ports_rx__peer_port_fails", ports_rx__peer_port_fails },
	{ "weft_port_set__rod", weft_port_set__rod },
	{ "ports_rx__rod_moves_when_it_can", ports_rx__rod_moves_when_it_can },
	{ "returned__asked_at_once", returned__asked_at_once },
	{ "returned__used_at_once", returned__used_at_once },
	{ "weft_port_set__all_down", weft_port_set__all_down },
};
