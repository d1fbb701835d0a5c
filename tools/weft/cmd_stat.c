/* SPDX-License-Identifier: BSD-2-Clause */
/* weft stat: ask the chips that run on this machine for their counters. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/weft/chip_stat.h"
#include "tools/weft/cmd.h"
#include "tools/weft/net.h"
#include "tools/weft/out.h"

#define ANSWER_MAX (256 * 1024)
#define COUNTERS_MAX 256

/* NULL: nobody answers there; a socket that a killed chip has left is taken away. */
static json_t *ask(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = 5 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *text = malloc(ANSWER_MAX);
	json_t *doc = NULL;
	size_t have = 0;
	ssize_t n = 0;

	if (strlen(path) < sizeof(un.sun_path))
		memcpy(un.sun_path, path, strlen(path));
	if (fd >= 0 && text && un.sun_path[0] &&
	    !connect(fd, (struct sockaddr *)&un, sizeof(un))) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
		while (have < ANSWER_MAX && (n = read(fd, text + have, ANSWER_MAX - have)) > 0)
			have += (size_t)n;
		doc = json_loadb(text, have, 0, NULL);
	} else if (fd >= 0 && errno == ECONNREFUSED)
		unlink(path);
	if (fd >= 0)
		close(fd);
	free(text);
	return doc;
}

/* Does the document belong to the chip named: by process, name or Chip ID?  NULL: any does. */
static bool matches(const json_t *doc, const char *who)
{
	char pid[16];

	if (!who)
		return true;
	snprintf(pid, sizeof(pid), "%d", (int)json_integer_value(json_object_get(doc, "pid")));
	return !strcmp(who, pid) ||
	       !strcmp(who, json_string_value(json_object_get(doc, "name"))) ||
	       !strcmp(who, json_string_value(json_object_get(doc, "chip_id")));
}

static json_t *ask_all(const char *dir, const char *who)
{
	json_t *found = json_array();
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char path[CHIP_STAT_DIR_MAX + 260];
		json_t *doc;

		if (!strstr(e->d_name, ".sock"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		doc = ask(path);
		if (doc && matches(doc, who))
			json_array_append(found, doc);
		json_decref(doc);
	}
	if (d)
		closedir(d);
	return found;
}

/* A chip anywhere on the fabric tells its counters itself. */
static int remote(const struct net *n, const char *at)
{
	struct weft_counter c[COUNTERS_MAX];
	struct weft_port *port;
	json_t *doc;
	int count, ret = net_open(n, at, &port);

	if (ret)
		return ret;
	count = weft_remote_counters(port, at, n->timeout_ns, c, COUNTERS_MAX);
	ret = count < 0 ? net_fail(port, count) : EXIT_OK;
	doc = json_object();
	for (int i = 0; i < count && i < COUNTERS_MAX; i++) {
		if (!c[i].value)
			continue;
		json_object_set_new(doc, c[i].name, json_integer((json_int_t)c[i].value));
		if (!out_json)
			printf("%-28s %12llu\n", c[i].name, (unsigned long long)c[i].value);
	}
	if (out_json && !ret)
		out_document(json_pack("{s:s, s:O}", "at", at, "counters", doc));
	json_decref(doc);
	weft_close(port);
	return ret;
}

static int run(int argc, char **argv)
{
	const char *at = NULL;
	struct opt common[NET_OPTS];
	const struct opt opts[] = {
		OPT(STR, 0, "at", &at, "ADDRESS", "ask this chip over the network"),
		OPT_STOP,
	};
	const struct opt *const tables[] = { opts, common, NULL };
	struct net net;
	char dir[CHIP_STAT_DIR_MAX], **pos;
	const json_t *doc;
	json_t *found;
	size_t i;
	int code, n;

	net_defaults(&net);
	net_opts(common, &net);
	n = opts_parse(&cmd_stat, tables, argc, argv, 0, 1, &pos, &code);
	if (n < 0)
		return code;
	if (at)
		return remote(&net, at);
	found = ask_all(chip_stat_dir(dir), n ? pos[0] : NULL);
	if (!json_array_size(found)) {
		json_decref(found);
		if (n)
			out_error("stat: no running chip is called %s (sockets in %s)", pos[0],
				  dir);
		else
			out_error("stat: no chip of this user runs on this machine (sockets in "
				  "%s); start one with weft chip", dir);
		return EXIT_NO_CHIP;
	}
	if (out_json) {
		out_document(found);
		return EXIT_OK;
	}
	json_array_foreach(found, i, doc)
		chip_stat_show(doc);
	json_decref(found);
	return EXIT_OK;
}

const struct cmd cmd_stat = {
	.name = "stat",
	.summary = "counters of the chips that run on this machine",
	.args = "[CHIP]",
	.text = "Shows what each running `weft chip` has counted: sessions, commands, and of\n"
		"its network packets, bytes, retransmissions and drop_CAUSE for every cause\n"
		"that the specification names. CHIP: a process number, a name or a Chip ID.\n"
		"With --at any chip of the network is asked instead, for what its network\n"
		"has counted. Zeros are left out. Other commands show their own counters with\n"
		"--stats.",
	.example = "weft stat A",
	.run = run,
};
