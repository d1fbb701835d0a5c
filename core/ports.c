/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ports that fail and return, ours and the peer's.  A path whose port does not work is not used;
 * what is outstanding on it goes again at once by another (WEFT-CC-055).  The peer learns of
 * ours by PORT_STATUS.
 */
#include "core/pdc.h"

static bool path_down(const struct weft_pdc *p, uint16_t path)
{
	uint8_t ports = path_ports(p, path);

	return p->ports_down >> (ports >> 4) & 1 || p->peer_ports_down >> (ports & 15) & 1;
}

/* What was sent by a port that has failed has failed too. */
static void send_again(struct weft_pdc *p, weft_time now)
{
	uint16_t i = p->order.head;

	if (p->cfg.mode == WEFT_MODE_ROD) {
		if (!path_down(p, p->path_next))
			return;
		if (!WEFT_MUTANT(PORT_ROD_STAYS))
			path_leave(p, now);
		retx_go_back(p, p->una);
		return;
	}
	while (i != NO_IDX) {
		struct txrec *r = &p->tx[i];

		i = r->next;
		if (path_down(p, r->path) && !WEFT_MUTANT(PORT_LOST_WAITS))
			retx_mark_lost(p, r);
	}
}

/*
 * Paths of a port that works again have to show it, if the peer answers probes: WEFT-CC-091.  One
 * that was out when the port failed says nothing.
 */
static void returned(struct weft_pdc *p, uint16_t path, weft_time now)
{
	struct path *a = &p->paths->at[path];

	if (WEFT_MUTANT(PORT_BACK_UNTRIED))
		return;
	if (a->state == WEFT_PATH_STATE_DENIED)
		path_state(p, path, WEFT_PATH_STATE_SUSPECT, now);
	if (a->state == WEFT_PATH_STATE_SUSPECT) {
		a->until = now;
		a->asked = false;
		p->paths->probe_at = now;
	}
}

static void changed(struct weft_pdc *p, bool fell, weft_time now)
{
	for (uint16_t i = 0; path_known(p) && i < p->cfg.n_paths; i++) {
		bool was = p->paths->at[i].level == PATH_DOWN;

		path_relevel(p, i);
		if (was && p->paths->at[i].level != PATH_DOWN)
			returned(p, i, now);
	}
	/* A path in use that does not work: there may have been none to leave it for. */
	if (fell || p->cfg.mode == WEFT_MODE_ROD)
		send_again(p, now);
}

static uint8_t with_bit(uint8_t map, uint8_t bit, bool on)
{
	return (uint8_t)(on ? map | 1u << bit : map & ~(1u << bit));
}

int weft_port_set(struct weft_pdc *p, uint8_t port, bool up, weft_time now)
{
	uint8_t before;

	if (port >= p->cfg.n_ports)
		return WEFT_EINVAL;
	if (p->cfg.n_paths == 1 || !pdc_live(p))
		return WEFT_OK;
	before = p->ports_down;
	p->ports_down = with_bit(before, port, !up);
	if (p->ports_down == before)
		return WEFT_OK;
	p->ports_tell = with_bit(p->ports_tell, port, true);
	changed(p, !up, now);
	return WEFT_OK;
}

/* PORT_STATUS of the peer: WEFT-CC-057. */
void ports_rx(struct weft_pdc *p, uint8_t port, enum weft_port_state state, weft_time now)
{
	bool up = state != WEFT_PORT_STATE_DOWN;
	uint8_t before;

	if (p->cfg.n_paths == 1 || port >= p->cfg.peer_ports)
		return;
	before = p->peer_ports_down;
	p->peer_ports_down = with_bit(before, port, !up);
	if (p->peer_ports_down != before)
		changed(p, !up, now);
}

/* WEFT-CC-056: one PORT_STATUS into a free slot, if there is one to send. */
void ports_tell(struct weft_pdc *p)
{
	struct weft_hdr_tlv_port_status h = { 0 };
	uint8_t head[WEFT_HDR_TLV_PORT_STATUS_LEN];
	struct ctrl_slot *c;

	if (!p->ports_tell || !p->peer_known || !p->ctrl || WEFT_MUTANT(PORT_UNTOLD))
		return;
	c = ep_slot(p);
	if (!c)
		return;
	while (!(p->ports_tell >> h.port & 1))
		h.port++;
	h.state = p->ports_down >> h.port & 1 || WEFT_MUTANT(PORT_ALWAYS_DOWN) ?
		  WEFT_PORT_STATE_DOWN : WEFT_PORT_STATE_UP;
	p->ports_tell = with_bit(p->ports_tell, h.port, false);
	weft_hdr_tlv_port_status_pack(head, &h);
	ep_put(p, c, WEFT_TLV_PORT_STATUS, head, sizeof(head), NULL, 0);
}
