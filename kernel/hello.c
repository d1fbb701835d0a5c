// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Packets that stand alone: what this chip says of itself, and what others ask and answer.
 */
#include <linux/string.h>
#include <linux/utsname.h>

#include "kernel/inner.h"

/* WEFT-PRF-003 */
#define FEATURES (WEFT_FEATURES_TRIM | WEFT_FEATURES_PROBE | WEFT_FEATURES_CREDIT | \
		  WEFT_FEATURES_ATOMICS | WEFT_FEATURES_NARROW | WEFT_FEATURES_MASKED | \
		  WEFT_FEATURES_VISIBLE | WEFT_FEATURES_INV | WEFT_FEATURES_UD)

u32 weftk_dev_features(void)
{
	return FEATURES;
}

void weftk_hello_self(struct weftk_dev *dev)
{
	struct weft_hello *s = &dev->self;

	memset(s, 0, sizeof(*s));
	s->h.chip_id = dev->chip_id;
	s->h.incarnation = weftk_incarnation;
	s->h.class = WEFT_CLASS_CPU;
	s->h.version_min = WEFT_VERSION;
	s->h.version_max = WEFT_VERSION;
	s->h.modes = WEFT_MODES_RUD | WEFT_MODES_ROD | WEFT_MODES_UUD;
	s->h.profiles = WEFT_PROFILES_CORE | WEFT_PROFILES_AI;
	s->h.max_payload = dev->profiles[0].max_payload;
	s->h.max_window = dev->profiles[0].window;
	s->h.paths = (u8)dev->profiles[0].max_paths;
	s->has_limits = true;
	s->limits = (struct weft_hdr_tlv_limits){ .features = FEATURES,
		.sack_bits = WEFT_MAX_SACK_WORDS * 64, .ports = 1 };
	snprintf(s->name, sizeof(s->name), "%s/%s", init_utsname()->nodename, dev->netdev->name);
	s->h.profiles &= ~weft_claims_lacking(s);	/* WEFT-MGT-022 */
}

/* WEFT-MGT-001, WEFT-MGT-002 */
static void answer(struct weftk_dev *dev, const struct weft_view *v, const struct weftk_addr *to,
		   u8 *out)
{
	weftk_send_alone(dev, to, out,
			 weft_hello_build(out, weft_answer_room(v), &dev->self, v->d.psn));
}

static void telemetry(struct weftk_dev *dev, const struct weft_view *v,
		      const struct weftk_addr *to, u8 *out)
{
	weftk_send_alone(dev, to, out, weftk_telemetry_answer(dev, v, out));
}

/* cpu->hello, cpu->out: too large for the stack. */
void weftk_alone(struct weftk_dev *dev, const struct weft_view *v, const struct weftk_addr *from,
		 struct weftk_cpu *cpu)
{
	struct weft_hello *hello = &cpu->hello;
	struct weft_hdr_tlv_version_reject vr;
	struct weft_hdr_tlv_neighbour nb;
	u64 now = ktime_get_ns();
	bool taken = true;

	cpu->st.rx_pkts++;
	switch (weft_alone_parse(v, hello, &nb, &vr)) {
	case WEFT_ALONE_BAD:
		cpu->st.drop[WEFT_DROP_BAD_TLV]++;
		return;
	case WEFT_ALONE_HELLO:
		if (!(hello->h.flags & WEFT_HELLOFLAGS_REPLY)) {
			taken = weftk_answered(dev, v->d.psn, hello, from);
		} else if (weftk_may_answer(dev, now)) {
			weftk_heard(dev, from, hello->h.chip_id);
			answer(dev, v, from, cpu->out);
		}
		break;
	case WEFT_ALONE_TELEMETRY_GET:
		if (weftk_may_answer(dev, now))
			telemetry(dev, v, from, cpu->out);
		break;
	case WEFT_ALONE_NEIGHBOUR:	/* addresses come from verbs */
	case WEFT_ALONE_TELEMETRY:	/* we ask nobody */
		taken = false;
		break;
	case WEFT_ALONE_VERSION:
		taken = weftk_asked(dev, v->d.psn);
		break;
	}
	if (taken)
		cpu->rx_alone++;
	else
		cpu->st.drop[WEFT_DROP_UNEXPECTED]++;
}
