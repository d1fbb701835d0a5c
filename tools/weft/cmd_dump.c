/* SPDX-License-Identifier: BSD-2-Clause */
/* weft dump: packets of an interface or of a capture file, one readable line each. */
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/names.h"
#include "core/wire.h"
#include "tools/weft/capture.h"
#include "tools/weft/cmd.h"
#include "tools/weft/decode.h"
#include "tools/weft/out.h"

#define SNAPLEN 65535
#define LINE_MAX_LEN 4096

struct dump {
	const char *iface, *file, *save;
	uint64_t count;			/* packets to show; 0: all */
	uint64_t shown, other;
	struct opt_list ports;
	bool absolute, bad_only;
	struct capture_filter filter;
	struct timeval first;		/* zero: none yet */
	pcap_t *pcap;
	pcap_dumper_t *dumper;		/* NULL: nothing is saved */
	int dlt;
};

static pcap_t *volatile running;	/* for the signal handler */

static void on_signal(int sig)
{
	(void)sig;
	if (running)
		pcap_breakloop(running);
}

/* ---- One packet ------------------------------------------------------------------------- */

static double stamp(struct dump *u, const struct pcap_pkthdr *h)
{
	if (!u->first.tv_sec && !u->first.tv_usec)
		u->first = h->ts;
	if (u->absolute)
		return (double)h->ts.tv_sec + (double)h->ts.tv_usec / 1e6;
	return (double)(h->ts.tv_sec - u->first.tv_sec) +
	       (double)(h->ts.tv_usec - u->first.tv_usec) / 1e6;
}

/* The second of its name makes it a list.  v NULL: nothing that JSON could say. */
static void put(json_t *doc, const char *key, json_t *v)
{
	json_t *old = json_object_get(doc, key);

	if (!v)
		v = json_null();
	if (!old) {
		json_object_set_new(doc, key, v);
		return;
	}
	if (!json_is_array(old)) {
		old = json_pack("[O]", old);
		json_object_set_new(doc, key, old);
	}
	json_array_append_new(old, v);
}

/* A name is also given for codes, so that nobody needs the tables. */
static void put_json(json_t *doc, const struct decode_field *f)
{
	char key[80], text[256];
	json_t *v;

	snprintf(key, sizeof(key), "%s.%s", f->hdr, f->name);
	if (f->kind == DECODE_TEXT) {
		size_t n = strnlen((const char *)f->text, f->len);

		v = json_stringn((const char *)f->text, n);
	} else if (f->kind == DECODE_BYTES) {
		v = json_string(out_hex(f->text, f->len < 64 ? f->len : 64, text));
	} else if (f->kind == DECODE_HEX) {	/* JSON numbers end at 2^53 or 2^63 */
		snprintf(text, sizeof(text), "%#llx", (unsigned long long)f->v);
		v = json_string(text);
	} else {
		v = json_integer((json_int_t)f->v);
	}
	put(doc, key, v);
	if (f->kind != DECODE_ENUM && f->kind != DECODE_FLAGS)
		return;
	strncat(key, "_text", sizeof(key) - strlen(key) - 1);
	put(doc, key, json_string(f->kind == DECODE_ENUM ? f->names_of((unsigned)f->v) :
						   decode_flags(f, text, sizeof(text))));
}

static void show_json(double t, const struct capture_packet *p, const struct decoded *d)
{
	static const char *const crc[] = { "none", "ok", "bad" };
	json_t *doc = json_pack("{s:f,s:s,s:s,s:i,s:i,s:s}", "time", t, "src", p->src, "dst",
				p->dst, "length", (int)p->len, "payload", (int)d->payload, "crc",
				crc[d->crc]);

	for (unsigned i = 0; i < d->n; i++)
		put_json(doc, &d->f[i]);
	if (d->error)
		json_object_set_new(doc, "error", json_string(d->error));
	json_dumpf(doc, stdout, JSON_COMPACT | JSON_REAL_PRECISION(17));
	putchar('\n');
	json_decref(doc);
}

static void on_frame(u_char *user, const struct pcap_pkthdr *h, const u_char *frame)
{
	struct dump *u = (struct dump *)user;
	struct capture_packet p;
	struct decoded d;
	char line[LINE_MAX_LEN];

	if (!capture_strip(u->dlt, frame, h->caplen, &u->filter, &p)) {
		u->other++;
		return;
	}
	decode_packet(&d, p.bytes, p.len);
	if (u->bad_only && d.crc == DECODE_CRC_OK)
		return;
	if (u->dumper)
		pcap_dump((u_char *)u->dumper, h, frame);
	if (out_json)
		show_json(stamp(u, h), &p, &d);
	else
		printf("%12.6f %s > %s %s%s\n", stamp(u, h), p.src, p.dst,
		       decode_line(&d, line, sizeof(line)), p.ce ? " (IP CE)" : "");
	if (u->iface)
		fflush(stdout);
	if (++u->shown == u->count)
		pcap_breakloop(u->pcap);
}

/* ---- Opening ---------------------------------------------------------------------------- */

static int open_live(struct dump *u)
{
	char err[PCAP_ERRBUF_SIZE] = "", expr[512] = "";
	struct bpf_program prog;
	size_t at = 0;

	u->pcap = pcap_open_live(u->iface, SNAPLEN, 1, 100, err);
	if (!u->pcap) {
		out_error("dump: cannot capture on %s: %s (capturing needs root or CAP_NET_RAW; "
			  "`ip link` lists interfaces)", u->iface, err);
		return EXIT_FAILED;
	}
	for (unsigned i = 0; i < u->filter.n_ports; i++)
		at += (size_t)snprintf(expr + at, sizeof(expr) - at, "udp port %u or ",
				       u->filter.ports[i]);
	snprintf(expr + at, sizeof(expr) - at, "ether proto %#x", u->filter.ethertype);
	/* If the filter cannot be had (no Ethernet there), capture_strip() filters all the same. */
	if (!pcap_compile(u->pcap, &prog, expr, 1, PCAP_NETMASK_UNKNOWN)) {
		pcap_setfilter(u->pcap, &prog);
		pcap_freecode(&prog);
	}
	return EXIT_OK;
}

static int open_source(struct dump *u)
{
	char err[PCAP_ERRBUF_SIZE] = "";
	int ret = EXIT_OK;

	if (u->iface) {
		ret = open_live(u);
	} else {
		u->pcap = pcap_open_offline(u->file, err);
		if (!u->pcap) {
			out_error("dump: %s", err);
			ret = EXIT_FAILED;
		}
	}
	if (ret)
		return ret;
	u->dlt = pcap_datalink(u->pcap);
	if (!capture_link_ok(u->dlt)) {
		out_error("dump: link type %s is not understood; Ethernet, raw IP and Linux cooked "
			  "are", pcap_datalink_val_to_name(u->dlt));
		return EXIT_FAILED;
	}
	if (!u->save)
		return EXIT_OK;
	u->dumper = pcap_dump_open(u->pcap, u->save);
	if (u->dumper)
		return EXIT_OK;
	out_error("dump: %s", pcap_geterr(u->pcap));
	return EXIT_FAILED;
}

static int set_ports(struct dump *u)
{
	u->filter = (struct capture_filter){ .ports = { WEFT_UDP_PORT }, .n_ports = 1,
					     .ethertype = WEFT_ETHERTYPE };
	for (unsigned i = 0; i < u->ports.n; i++) {
		char *end;
		unsigned long v = strtoul(u->ports.v[i], &end, 0);

		if (*end || !v || v > 65535 || u->filter.n_ports == CAPTURE_PORTS_MAX) {
			out_error("dump: --udp-port %s: give up to %u ports from 1 to 65535",
				  u->ports.v[i], CAPTURE_PORTS_MAX - 1);
			return EXIT_BAD_USAGE;
		}
		u->filter.ports[u->filter.n_ports++] = (uint16_t)v;
	}
	return EXIT_OK;
}

static int dump(struct dump *u)
{
	struct sigaction sa = { .sa_handler = on_signal };
	int ret = set_ports(u);

	if (!ret)
		ret = open_source(u);
	if (!ret) {
		running = u->pcap;
		sigaction(SIGINT, &sa, NULL);
		sigaction(SIGTERM, &sa, NULL);
		if (pcap_loop(u->pcap, -1, on_frame, (u_char *)u) == PCAP_ERROR) {
			out_error("dump: %s", pcap_geterr(u->pcap));
			ret = EXIT_FAILED;
		}
		running = NULL;
	}
	if (u->dumper)
		pcap_dump_close(u->dumper);
	if (u->pcap)
		pcap_close(u->pcap);
	if (!ret && !u->shown && u->other)
		out_error("dump: none of %llu frames was Weft; is it on another port (--udp-port)?",
			  (unsigned long long)u->other);
	return ret;
}

static int run(int argc, char **argv)
{
	struct dump u = { .count = 0 };
	const struct opt opts[] = {
		OPT(STR, 'i', "interface", &u.iface, "IF", "capture there until interrupted"),
		OPT_IN(NUM, 'c', "count", &u.count, "N", 1, 0, "stop after N packets"),
		OPT(LIST, 0, "udp-port", &u.ports, "PORT", "also taken for Weft; may be repeated"),
		OPT(FLAG, 0, "bad", &u.bad_only, NULL, "only packets whose CRC is not right"),
		OPT(FLAG, 'a', "absolute", &u.absolute, NULL,
			"time since 1970, not since the\nfirst packet"),
		OPT(STR, 'w', "write", &u.save, "FILE", "save what is shown as pcap"),
		OPT_STOP,
	};
	const struct opt *const tables[] = { opts, NULL };
	char **pos;
	int code, n = opts_parse(&cmd_dump, tables, argc, argv, 0, 1, &pos, &code);

	if (n < 0)
		return code;
	u.file = n ? pos[0] : NULL;
	if (!u.iface == !u.file) {
		out_error("dump: give a capture file, or an interface with -i");
		return EXIT_BAD_USAGE;
	}
	return dump(&u);
}

const struct cmd cmd_dump = {
	.name = "dump",
	.summary = "capture or read packets and decode them",
	.args = "[FILE]",
	.text = "Reads a capture file (pcap or pcapng), or captures on an interface, and prints\n"
		"one line for each Weft packet; with --json one object a line, whose names are\n"
		"those of the specification and of the dissector, tools/wireshark/weft.lua; keys,\n"
		"addresses and identities are strings in hexadecimal there.",
	.example = "weft dump out/demo/cpu.pcap\nweft dump -i eth0 --json -c 100",
	.run = run,
};
