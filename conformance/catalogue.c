/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The catalogue: all areas and their cases, in the order in which they run.
 */
#include "conformance/case.h"

#include <string.h>
#include <strings.h>

static const struct wc_case *const framing[] = { wc_cases_framing, wc_cases_fields, NULL };
static const struct wc_case *const crc[] = { wc_cases_crc, NULL };
static const struct wc_case *const version[] = { wc_cases_version, NULL };
static const struct wc_case *const delivery[] = {
	wc_cases_delivery, wc_cases_context, wc_cases_recovery, wc_cases_open, wc_cases_trim,
	wc_cases_checks, wc_cases_credit, wc_cases_faults, wc_cases_copies, NULL,
};
static const struct wc_case *const memory[] = { wc_cases_memory, wc_cases_bounds, NULL };
static const struct wc_case *const atomics[] = {
	wc_cases_atomics, wc_cases_words, wc_cases_history, NULL,
};
static const struct wc_case *const reduce[] = { wc_cases_reduce, NULL };
static const struct wc_case *const besides[] = { wc_cases_besides, NULL };
static const struct wc_case *const datagrams[] = { wc_cases_datagrams, NULL };
static const struct wc_case *const loadstore[] = { wc_cases_loadstore, wc_cases_ends, NULL };
static const struct wc_case *const semantics[] = { wc_cases_semantics, wc_cases_limits, NULL };
static const struct wc_case *const requester[] = {
	wc_cases_work, wc_cases_loss, wc_cases_window, wc_cases_calls, wc_cases_asked,
	wc_cases_answers, wc_cases_patience, wc_cases_waits, wc_cases_timeouts, NULL,
};
static const struct wc_case *const above[] = {
	wc_cases_above, wc_cases_watched, wc_cases_trips, NULL,
};
static const struct wc_case *const management[] = {
	wc_cases_management, wc_cases_meters, wc_cases_withdrawn,
	wc_cases_flood, wc_cases_causes, wc_cases_states, NULL,
};

static const struct wc_case *const robust[] = {
	wc_cases_robust, wc_cases_flips, wc_cases_session, wc_cases_order, wc_cases_pressure,
	wc_cases_forged, wc_cases_guesses, wc_cases_nobody, wc_cases_reads, wc_cases_amplified,
	NULL,
};
static const struct wc_case *const accel[] = { wc_cases_accel, wc_cases_gemm, NULL };

const struct wc_area wc_areas[] = {
	{ "FR", "Framing", framing },
	{ "CR", "CRC", crc },
	{ "VN", "Version and discovery", version },
	{ "DL", "Delivery", delivery },
	{ "MP", "Memory protection", memory },
	{ "AT", "Atomics", atomics },
	{ "SM", "Semantics", semantics },
	{ "RE", "Reduce", reduce },
	{ "BE", "Flush, signal, immediate, invalidate", besides },
	{ "DG", "Datagrams", datagrams },
	{ "LS", "Load and store", loadstore },
	{ "MG", "Management and the chip service", management },
	{ "AQ", "Accelerator queues", accel },
	{ "RB", "Robustness", robust },
	{ "UT", "Upper tester, and the target as its host sees it", above },
	{ "TQ", "The device as requester", requester },
	{ NULL, NULL, NULL },
};

const struct wc_case *wc_case_find(const char *id)
{
	const struct wc_case *c;

	for (unsigned i = 0; (c = wc_case_nth(i)); i++)
		if (!strcasecmp(c->id, id))
			return c;
	for (unsigned i = 0; (c = wc_observer_nth(i)); i++)
		if (!strcasecmp(c->id, id))
			return c;
	return NULL;
}

const struct wc_area wc_area_observers = { "OB", "Observers of a capture", NULL };

const struct wc_area *wc_area_of(const struct wc_case *c)
{
	if (c->observer)
		return &wc_area_observers;
	for (const struct wc_area *a = wc_areas; a->id; a++)
		if (!strncmp(a->id, c->id, 2))
			return a;
	return &wc_areas[0];
}

unsigned wc_profiles_of(const struct wc_case *c)
{
	if (c->profiles)
		return c->profiles;
	if (c->features & WC_FT_MEM)
		return WC_P_MEM;
	return c->needs & WC_NEEDS_RUD ? WC_P_AI : WC_P_CORE;
}
