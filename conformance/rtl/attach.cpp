// SPDX-License-Identifier: BSD-2-Clause
//
// A verilated chip as a device under test: the MAC, the clock and the passing of time around
// Vweft_chip, behind the entry of conformance/weft_dut.h.  To attach RTL of your own, change
// the model's name and what reset() and drive() connect.
//
// Options: mutant=N (of builds with mutants).
#include "Vweft_chip.h"
#include "verilated.h"
#include "conformance/weft_dut.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

namespace {

constexpr uint64_t CYCLE_NS = 8;	// 125 MHz: one byte a cycle is Gigabit Ethernet
constexpr uint8_t CHIP_MAC[6] = { 0x02, 0xf0, 0x9a, 0, 0, 2 };
constexpr uint8_t TESTER_MAC[6] = { 0x02, 0xf0, 0x9a, 0, 0, 1 };
constexpr size_t ETHERNET = 14;

uint64_t mac_number(const uint8_t *mac)
{
	uint64_t n = 0;

	for (int i = 0; i < 6; i++)
		n = n << 8 | mac[i];
	return n;
}

// splitmix64
uint64_t random64(uint64_t &state)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

struct Device {
	weft_dut_config config;
	VerilatedContext context;
	std::unique_ptr<Vweft_chip> top;
	uint64_t now = 0;			// ns
	std::deque<std::vector<uint8_t>> in;	// frames that wait for the chip
	size_t in_at = 0;			// next byte of the first
	std::vector<uint8_t> out;		// the frame that the chip is sending

	void clock()
	{
		top->now_ns = now;
		top->clk = 0;
		top->eval();
		top->clk = 1;
		top->eval();
	}

	void reset()
	{
		uint64_t chance = config.seed;

		top = std::make_unique<Vweft_chip>(&context);
		top->cfg_mac = mac_number(CHIP_MAC);
		top->cfg_chip_id = 0x0200000000f09a00u;
		top->cfg_incarnation = static_cast<uint32_t>(random64(chance) >> 33) | 1;
		for (int i = 0; i < 4; i++)
			top->cfg_seed[i] = static_cast<uint32_t>(random64(chance));
		top->m_ready = 1;
		top->rst = 1;
		for (int i = 0; i < 4; i++)
			clock();
		top->rst = 0;
	}

	// Present the next byte of the frame that waits.
	void drive()
	{
		top->s_valid = !in.empty();
		if (in.empty())
			return;
		top->s_data = in.front()[in_at];
		top->s_last = in_at + 1 == in.front().size();
		top->s_error = 0;
	}

	// One cycle.  True: the chip has sent the last byte of a packet, which is in out.
	bool cycle()
	{
		drive();
		top->clk = 0;
		top->now_ns = now;
		top->eval();
		bool taken = top->s_valid && top->s_ready;
		bool sent = top->m_valid && top->m_ready, last = top->m_last;
		if (sent)
			out.push_back(top->m_data);
		top->clk = 1;
		top->eval();
		now += CYCLE_NS;
		if (taken && ++in_at == in.front().size()) {
			in.pop_front();
			in_at = 0;
		}
		return sent && last;
	}

	void transmit()
	{
		weft_dut_packet p = {};

		if (out.size() > ETHERNET && !memcmp(out.data(), TESTER_MAC, 6)) {
			p.bytes = out.data() + ETHERNET;
			p.len = static_cast<uint32_t>(out.size() - ETHERNET);
			config.transmit(config.tester, &p);
		}
		out.clear();
	}

	uint64_t run(uint64_t until)
	{
		while (now < until) {
			if (cycle()) {
				transmit();
				break;
			}
			// Nothing to do before wake_ns: neither does the tester wait for it.
			if (top->idle && in.empty() && top->wake_ns > now)
				now = top->wake_ns < until ? top->wake_ns : until;
		}
		return now < until ? now : until;
	}
};

int take_options(Device &d, const char *options, char *err, size_t errlen)
{
	unsigned mutant = 0;

	if (*options && sscanf(options, "mutant=%u", &mutant) != 1) {
		snprintf(err, errlen, "weft-rtl: there is no option %s", options);
		return -1;
	}
#ifdef WEFT_MUTANTS
	d.top->mutant = static_cast<uint8_t>(mutant);
#else
	(void)d;
	if (mutant) {
		snprintf(err, errlen, "weft-rtl: built without mutants");
		return -1;
	}
#endif
	return 0;
}

int open_device(const weft_dut_config *c, void **dev, char *err, size_t errlen)
{
	auto d = std::make_unique<Device>();

	d->config = *c;
	d->reset();
	if (take_options(*d, c->options, err, errlen))
		return -1;
	*dev = d.release();
	return 0;
}

void close_device(void *dev)
{
	delete static_cast<Device *>(dev);
}

void receive(void *dev, const weft_dut_packet *p)
{
	std::vector<uint8_t> frame;

	frame.insert(frame.end(), CHIP_MAC, CHIP_MAC + 6);
	frame.insert(frame.end(), TESTER_MAC, TESTER_MAC + 6);
	frame.push_back(0x88);
	frame.push_back(0xb5);
	frame.insert(frame.end(), p->bytes, p->bytes + p->len);
	static_cast<Device *>(dev)->in.push_back(frame);
}

uint64_t run(void *dev, uint64_t until_ns)
{
	return static_cast<Device *>(dev)->run(until_ns);
}

} // namespace

// Packets that the chip has dropped for a cause of `drop` in spec/: for tests of this model.
extern "C" __attribute__((visibility("default"))) uint32_t weft_rtl_drops(void *dev,
									   unsigned cause)
{
	Device *d = static_cast<Device *>(dev);

	d->top->drop_cause = static_cast<uint8_t>(cause);
	d->cycle();
	return d->top->drop_count;
}

double sc_time_stamp()
{
	return 0;
}

extern "C" __attribute__((visibility("default"))) const weft_dut_ops *weft_dut_entry(void)
{
	static const weft_dut_ops ops = {
		WEFT_DUT_ABI, 1500, 1, 3, "RTL responder", open_device, close_device, receive, run,
		nullptr,
	};

	return &ops;
}
