/* SPDX-License-Identifier: BSD-2-Clause */
/* Common ground of the commands that talk to chips.  See net.h. */
#include "tools/weft/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/weft/out.h"
#include "userspace/io/io.h"

#define INTERFACES_MAX 32

void net_defaults(struct net *n)
{
	*n = (struct net){ .timeout_ns = 10 * WEFT_SECOND };
}

void net_opts(struct opt table[NET_OPTS], struct net *n)
{
	const struct opt all[NET_OPTS] = {
		OPT_HEAD("Network"),
		OPT(STR, 'p', "port", &n->url, "URL",
			"carriage, such as udp:10.0.0.1, packet:eth0;\n"
		    "default: UDP from where the chip is reached"),
		OPT_IN(NUM, 0, "domain", &n->domain, "N", 0, 0xffffff,
			"domain (tenant), default 0"),
		OPT(STR, 0, "mode", &n->mode, "MODE", "rud or rod; default: the best of both"),
		OPT_IN(NUM, 0, "window", &n->window, "N", 16, 4096,
			"packets we receive at once, power of two"),
		OPT_IN(NUM, 0, "paths", &n->paths, "N", 1, 64,
			"ways to spray over, if the chip has as many; 1"),
		OPT_IN(NUM, 0, "max-payload", &n->max_payload, "BYTES", 64, 65408,
			"largest payload we receive; default: what\nfits the path, at most 16384"),
		OPT(TIME, 0, "timeout", &n->timeout_ns, "TIME", "wait so long for a chip; 10s"),
		OPT_IN(NUM, 0, "retries", &n->retries, "N", 1, 100,
		       "timeouts in a row before a chip counts as\ndead; 12"),
		OPT(STR, 0, "cc", &n->cc, "NAME",
		    "congestion law: swift (default), nscc, dcqcn,\ncredit, fixed"),
		OPT(NUM, 0, "chip-id", &n->chip_id, "ID", "our Chip ID; default: derived"),
		OPT(STR, 0, "pcap", &n->pcap, "FILE", "record all packets"),
		OPT(FLAG, 0, "stats", &n->stats, NULL, "print counters at the end"),
		OPT_STOP,
	};

	memcpy(table, all, sizeof(all));
}

int net_mode(const struct net *n)
{
	if (!n->mode)
		return 0;
	if (!strcasecmp(n->mode, "rud"))
		return WEFT_RUD;
	if (!strcasecmp(n->mode, "rod"))
		return WEFT_ROD;
	out_error("--mode %s: there are rud and rod", n->mode);
	return -1;
}

int net_fail(struct weft_port *port, int err)
{
	out_error("%s", weft_error(port));
	switch (err) {
	case -EINVAL:
		return EXIT_BAD_USAGE;
	case -ENOENT:
	case -ETIMEDOUT:
	case -EHOSTDOWN:
	case -EHOSTUNREACH:
	case -ECONNREFUSED:
		return EXIT_NO_CHIP;
	}
	return EXIT_FAILED;
}

/* ---- Ports ------------------------------------------------------------------------------ */

/* The address of ours from which a UDP packet to `to` would leave. */
static int route_to(const struct wio_addr *to, char *url, size_t len)
{
	struct sockaddr_storage ss = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ss;
	socklen_t n = to->family == WIO_UDP4 ? sizeof(*v4) : sizeof(*v6);
	char text[INET6_ADDRSTRLEN];
	int fd, ok;

	ss.ss_family = to->family == WIO_UDP4 ? AF_INET : AF_INET6;
	v4->sin_port = htons(to->port);	/* the same place in both */
	memcpy(to->family == WIO_UDP4 ? (void *)&v4->sin_addr : (void *)&v6->sin6_addr, to->ip,
	       to->family == WIO_UDP4 ? 4 : 16);
	if (to->family == WIO_UDP6)
		v6->sin6_scope_id = to->scope;
	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ok = !connect(fd, (struct sockaddr *)&ss, n) &&
	     !getsockname(fd, (struct sockaddr *)&ss, &n);
	close(fd);
	if (!ok)
		return -EHOSTUNREACH;
	if (to->family == WIO_UDP4)
		snprintf(url, len, "udp:%s:0",
			 inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text)));
	else
		snprintf(url, len, "udp:[%s]:0",
			 inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text)));
	return 0;
}

static void add_key(char *url, size_t len, const char *key, const char *value)
{
	size_t at = strlen(url);

	snprintf(url + at, len - at, "%c%s=%s", strchr(url, '?') ? '&' : '?', key, value);
}

static int open_url(const struct net *n, const char *base, struct weft_port **port)
{
	struct weft_port_opts o = {
		.chip_id = n->chip_id, .chip_class = WEFT_CHIP_CPU, .window = (uint16_t)n->window,
		.max_payload = (uint16_t)n->max_payload, .name = "weft", .any_domain = 1,
		.domain = (uint32_t)n->domain, .retry_limit = (uint8_t)n->retries, .cc = n->cc,
		.paths = (uint16_t)n->paths,
	};
	char url[512], err[WEFT_ERROR_MAX];
	int ret;

	snprintf(url, sizeof(url), "%s", base);
	if (n->pcap)
		add_key(url, sizeof(url), "pcap", n->pcap);
	if (n->paths > 1 && !strncmp(base, "udp:", 4) && !strstr(base, "entropies=")) {
		char count[24];

		snprintf(count, sizeof(count), "%u", (unsigned)n->paths);
		add_key(url, sizeof(url), "entropies", count);	/* a port for each */
	}
	ret = weft_open(url, &o, port, err, sizeof(err));
	if (!ret)
		return EXIT_OK;
	out_error("%s", err);
	return ret == -EINVAL ? EXIT_BAD_USAGE : EXIT_FAILED;
}

/* A chip known by its ID only: ask on every interface until it answers. */
static int open_for_id(const struct net *n, const char *to, uint64_t id, struct weft_port **port)
{
	struct net_url urls[INTERFACES_MAX];
	int count = net_interfaces(urls, INTERFACES_MAX);

	for (int i = 0; i < count; i++) {
		struct weft_chip_info found, all[64];

		if (open_url(n, urls[i].text, port))
			continue;
		weft_discover(*port, NULL, 300 * WEFT_MSEC, all, 64);
		if (!weft_chip_info(*port, id, &found))
			return EXIT_OK;
		weft_close(*port);
	}
	out_error("%s does not answer on any interface: is it running? --port says where to look",
		  to);
	return EXIT_NO_CHIP;
}

int net_open(const struct net *n, const char *to, struct weft_port **port)
{
	struct wio_addr a;
	uint64_t id;
	char url[80];

	if (n->url) {
		int ret = open_url(n, n->url, port);
		struct weft_chip_info all[64];

		/* A chip named by its ID must be found first. */
		if (!ret && to && !strncmp(to, "chip:", 5))
			weft_discover(*port, NULL, 300 * WEFT_MSEC, all, 64);
		return ret;
	}
	if (to && !strncmp(to, "chip:", 5) && !weft_chip_id_parse(to, &id))
		return open_for_id(n, to, id, port);
	if (!to || wio_addr_parse(to, &a)) {
		out_error("'%s' is no address: write 10.0.0.2, 10.0.0.2:49190, [fe80::1%%eth0], a "
			  "MAC address with --port packet:IF, or chip:ID", to ? to : "");
		return EXIT_BAD_USAGE;
	}
	if (a.family == WIO_L2) {
		out_error("%s is on Ethernet: say by which interface, --port packet:IF", to);
		return EXIT_BAD_USAGE;
	}
	if (route_to(&a, url, sizeof(url))) {
		out_error("no route to %s: check the address and `ip route`", to);
		return EXIT_NO_CHIP;
	}
	return open_url(n, url, port);
}

int net_interfaces(struct net_url *urls, int max)
{
	struct ifaddrs *list, *i;
	int n = 0;

	if (getifaddrs(&list))
		return 0;
	for (i = list; i && n < max; i = i->ifa_next) {
		char text[INET_ADDRSTRLEN];
		struct sockaddr_in in;

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || !(i->ifa_flags & IFF_UP))
			continue;
		memcpy(&in, i->ifa_addr, sizeof(in));
		snprintf(urls[n++].text, sizeof(urls[0].text), "udp:%s:0",
			 inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text)));
	}
	freeifaddrs(list);
	return n;
}

/* ---- Chips ------------------------------------------------------------------------------ */

int net_chip(struct weft_port *port, const struct net *n, const char *to,
	     const struct weft_ep_opts *ep, struct weft_chip **chip)
{
	struct weft_chip_opts o = { .timeout_ns = n->timeout_ns };
	int mode = net_mode(n), ret;

	if (mode < 0)
		return EXIT_BAD_USAGE;
	if (ep)
		o.ep = *ep;
	o.ep.domain = (uint32_t)n->domain;
	o.ep.domain_given = 1;
	o.ep.mode = (uint8_t)mode;
	ret = weft_chip_connect(port, to, &o, chip);
	return ret ? net_fail(port, ret) : EXIT_OK;
}

int net_open_chip(const struct net *n, const char *to, struct weft_port **port,
		  struct weft_chip **chip)
{
	int ret = net_open(n, to, port);

	if (ret)
		return ret;
	ret = net_chip(*port, n, to, NULL, chip);
	if (ret)
		weft_close(*port);
	return ret;
}

static void put_flags(json_t *list, unsigned set, const struct weft_counter *names, int n)
{
	for (int i = 0; i < n; i++)
		if (set & names[i].value)
			json_array_append_new(list, json_string(names[i].name));
}

static json_t *pools_json(const struct weft_chip_info *c)
{
	json_t *pools = json_array();

	for (unsigned i = 0; i < c->n_pools; i++)
		json_array_append_new(pools, json_pack("{s:i,s:s,s:I}", "index", c->pools[i].index,
			"kind", weft_pool_kind_name(c->pools[i].kind),
			"bytes", (json_int_t)c->pools[i].size));
	return pools;
}

json_t *net_chip_json(const struct weft_chip_info *c)
{
	static const struct weft_counter modes[] = { { "RUD", WEFT_RUD }, { "ROD", WEFT_ROD } };
	static const struct weft_counter profiles[] = {
		{ "CORE", WEFT_PROFILE_CORE }, { "AI", WEFT_PROFILE_AI },
		{ "MEM", WEFT_PROFILE_MEM }, { "ACCEL", WEFT_PROFILE_ACCEL },
		{ "SECURE", WEFT_PROFILE_SECURE }, { "LINK", WEFT_PROFILE_LINK },
	};
	json_t *engines = json_array(), *jm = json_array(), *jp = json_array();
	char id[24];

	for (unsigned i = 0; i < c->n_engines; i++)
		json_array_append_new(engines, json_string(weft_run_name(c->engines[i].kernel)));
	put_flags(jm, c->modes, modes, 2);
	put_flags(jp, c->profiles, profiles, 6);
	return json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:o,s:o,s:i,s:i,s:i,s:o,s:o,s:i,s:i}",
		"chip_id", weft_chip_id_str(c->chip_id, id),
		"class", weft_chip_class_name(c->chip_class),
		"name", c->name, "address", c->addr,
		"vendor", (json_int_t)c->vendor, "incarnation", (json_int_t)c->incarnation,
		"modes", jm, "profiles", jp, "max_payload", c->max_payload,
		"max_window", c->max_window, "paths", c->paths, "pools", pools_json(c),
		"engines", engines, "queues", c->queues, "queue_depth", (int)c->queue_depth);
}

/* ---- Counters --------------------------------------------------------------------------- */

json_t *net_counters(struct weft_port *port)
{
	struct weft_counter c[256];
	json_t *doc = json_object();
	int n = weft_counters(port, c, 256);

	for (int i = 0; i < n && i < 256; i++)
		if (c[i].value)
			json_object_set_new(doc, c[i].name, json_integer((json_int_t)c[i].value));
	return doc;
}

void net_stats(const struct net *n, struct weft_port *port, json_t *doc)
{
	json_t *c, *value;
	const char *name;

	if (!n->stats)
		return;
	c = net_counters(port);
	if (doc) {
		json_object_set_new(doc, "counters", c);
		return;
	}
	json_object_foreach(c, name, value)
		fprintf(stderr, "%-28s %12" JSON_INTEGER_FORMAT "\n", name,
			json_integer_value(value));
	json_decref(c);
}

int net_key_addr(const char *text, uint32_t *key, uint64_t *addr)
{
	unsigned long long k;
	char *end;

	errno = 0;
	k = strtoull(text, &end, 0);
	if (end == text || *end != ':' || k > UINT32_MAX || errno)
		return -EINVAL;
	text = end + 1;
	*key = (uint32_t)k;
	*addr = strtoull(text, &end, 0);
	return end == text || *end || errno ? -EINVAL : 0;
}
