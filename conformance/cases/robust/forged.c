/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Acknowledgements without end, by somebody who has never seen a packet of the device.
 */
#include "conformance/cases/common.h"
#include "conformance/port.h"

#define FLOOD	4096u		/* under virtual time: a network loses of so many */
#define FEW	64u		/* on a network */
#define EACH	32u		/* after which the device may speak */
#define MOST	(FLOOD / 128)	/* of the device's repetitions: it has timers of its own */

/* The n-th: it names PSNs that are not outstanding, or none that was ever sent. */
static struct wc_frame forged(const struct wc_t *t, unsigned n)
{
	struct wc_frame f = wc_f_nop(t->a);

	f.type = n % 4 ? WC_NACK : WC_ACK;
	f.flags &= ~(uint64_t)(WC_F_AR | WC_F_AKV);
	f.psn = 0;
	f.ack_psn = 0;
	f.window = t->c->window;
	f.echo_pdc = t->c->id;
	f.echo_gen = t->c->gen;
	f.nack_psn = (t->c->rx_next + 0x20000000u + n) & 0xffffffff;
	f.reason = n % 4 == 1 ? WC_N_RESET : WC_N_MISSING;
	if (!(n % 4)) {
		f.flags |= WC_F_AKV;
		f.ack_psn = (t->c->rx_next + 1000 + n) & 0xffffffff;
	} else if (n % 4 > 1) {
		f.count = 1;
		f.range[0].first = n % 4 == 2 ? t->c->rx_next + 5000 + n : t->c->rx_next - 1000 - n;
		f.range[0].first &= 0xffffffff;
		f.range[0].count = 1 + n % 7;
	}
	return f;
}

static void flood(struct wc_t *t)
{
	unsigned n = t->dut->port->virtual_time ? FLOOD : FEW;

	wc_value(t, "n", n);
	wc_do_write(t->b, "w", t->mem.key, wc_page(t, 61), wc_bytes(WC_NEW_SEED), WC_SIZE);
	wc_marker(t);
	t->c->quiet = true;		/* so that something is outstanding */
	wc_do_read(t->a, "held", t->mem.key, wc_page(t, 61), WC_SIZE);
	wc_mark(t, "flood");
	for (unsigned i = 0; i < n && !t->runaway; i++) {
		struct wc_frame f = forged(t, i);

		wc_emit(t->c, &f, WC_E_BAD);
		if (i % EACH == 0)
			wc_pause(t, 0);
	}
	wc_marker(t);
	wc_mark(t, "over");
	t->c->quiet = false;
	t->c->ack_due = true;
	wc_do_read(t->b, "after", t->mem.key, wc_page(t, 61), WC_SIZE);
}

static void flood_judge(struct wc_judge *j)
{
	unsigned again = 0;

	for (size_t i = wc_at(j, "flood"); i < wc_at(j, "over"); i++) {
		if (!wc_view_rx(j->v, i) || !(j->v->f[i].flags & WC_F_RTX))
			continue;
		again++;
		j->evidence = i;
	}
	wc_marked(j, 1, "flood");
	wc_cp(j, 2, again <= MOST, "STORM", "%u blind packets bring no storm of repetitions, but "
	      "%u came", (unsigned)wc_val(j, "n"), again);
	wc_data_fill(j, 3, "held", WC_NEW_SEED, WC_SIZE, "WRONG_DATA");
	wc_data_fill(j, 4, "after", WC_NEW_SEED, WC_SIZE, "WRONG_DATA");
}

const struct wc_case wc_cases_forged[] = {
	{
		.id = "RB-ST-06", .version = 1, .title = "Blind ACKs and NACKs bring no storm",
		.reqs = "WEFT-PDC-011 WEFT-ACK-007 WEFT-RTX-003",
		.stimulus = "4096 ACKs and NACKs (64 on a network), each of PSNs that are not "
			    "outstanding, while a READ's data are",
		.expected = "no more than 32 repetitions; the context goes on",
		.checkpoints = 4, .vary = WC_VARY_ROD, .drive = flood, .judge = flood_judge,
	},
	{ .id = NULL },
};
