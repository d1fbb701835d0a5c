/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weft-conform: the command line.  Decides what the user asked for; cli.c and selftest.c do it.
 */
#include "conformance/cli.h"
#include "conformance/fault.h"
#include "conformance/report.h"

#include <getopt.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

static const char help[] =
"weft-conform: does a device speak Weft as spec/ says?  Tested over the wire alone.\n"
"\n"
"Usage: weft-conform run [dut.yaml] [OPTION]... [ID|GLOB]...\n"
"       weft-conform observe CAPTURE --dut ADDRESS   judge a capture that somebody else took\n"
"       weft-conform list [GLOB]...      cases and their requirements\n"
"       weft-conform show ID...          a case in full, with what it needs\n"
"       weft-conform reqs                each requirement of spec/, and what judges it\n"
"       weft-conform init [FILE]         ask about a device, and write dut.yaml\n"
"       weft-conform check dut.yaml      is it consistent, and which cases would run?\n"
"       weft-conform rig [dut.yaml]      is the path good enough, the device set up?\n"
"       weft-conform judge DIR           judge again the transcripts of a run\n"
"       weft-conform replay DIR/fail/ID  one case of a run again, packet by packet\n"
"       weft-conform diff DIR DIR        differences of two runs, in verdict and behaviour\n"
"       weft-conform certify dut.yaml --profile CORE --nonce HEX   all of it, and nothing else\n"
"       weft-conform waive waivers.yaml --key PRIVATE.pem --out FILE   grant waivers, signed\n"
"       weft-conform bundle DIR --key PRIVATE.pem    the certified run in one signed file\n"
"       weft-conform verify FILE --pub PUBLIC.pem    is it valid?  judges every case again\n"
"       weft-conform box --to URL        lose, delay, reorder packets between two devices\n"
"       weft-conform interop FILE.yaml   pairs of implementations through the box, as a table\n"
"       weft-conform demo                both reference chips, in this process: a sample report\n"
"       weft-conform selftest --mutants [MUTANT...] | --degenerate | --order\n"
"\n"
"The device must be reachable, and for most cases of memory protection offer its test personality\n"
"(service 2; regions as in conformance/personality.txt).  Nothing else runs in it.\n"
"\n"
"Options (of run, demo and selftest, where nothing else is said)\n"
"      --dut URL       the device: udp:ADDRESS[:PORT], packet:MAC, dpdk:MAC, inproc:a (a\n"
"                      reference chip in this process), inproc:FILE.so?OPTIONS (yours:\n"
"                      conformance/weft_dut.h),\n"
"                      cosim:COMMAND, cosim:unix:SOCKET (a simulator: conformance/cosim.h);\n"
"                      observe: which of the capture's chips it is, by its address or MAC\n"
"                      address, or the 16 digits of its Chip ID\n"
"      --local URL     our carriage: udp:ADDRESS:0 (default), packet:INTERFACE, dpdk:DEVICE\n"
"      --upper URL     the upper tester beside the device (conformance/upper):\n"
"                      tcp:ADDRESS:PORT, unix:PATH, serial:TTY[@BAUD], mailbox:FILE[@OFFSET]\n"
"      --out DIR       reports, transcripts and captures; default out/conformance\n"
"      --seed HEX      what our random numbers grow from; default: $WEFT_CONFORM_SEED,\n"
"                      or fresh; told\n"
"      --patience MS   how long to wait for an answer that must come; 2000\n"
"      --no-rig-check  run each case, even if the device answers nothing or stops doing so\n"
"      --shuffle HEX   the cases in another order, which grows from this number\n"
"      --keep-device   inproc: one device for all cases, not a fresh one for each\n"
"      --chip-a CMD    demo, selftest: reference chips as processes: commands that print\n"
"      --chip-b CMD    a line with udp:ADDRESS:PORT\n"
"      --nonce HEX     certify: from the certifier; verify: the one that must be in it\n"
"      --waivers FILE  certify: failures that are put up with\n"
"      --waiver-pub PEM  certify, verify: the key of one who may grant waivers; may be repeated\n"
"      --key PEM       bundle, waive: sign with it (Ed25519 or SM2); bundle: may be repeated\n"
"      --pub PEM       verify: a signature by this key must be there; may be repeated\n"
"      --to URL        box: the target; the initiator connects to the box\n"
"      --listen URL    box: where (default udp:127.0.0.1:0, and told)\n"
"      --fault RULE    box: 'out lose psn=3 try=1' and so on; may be repeated\n"
"      --schedule FILE box: rules, one a line; may be repeated\n"
"      --random LAW    box: draw rules from loss=0.02,behind=0.05:3,delay=0.1:2ms,...\n"
"      --span N        box: for so many PSNs of each context; 2048\n"
"      --path SPEC     box: delay=50us,loss=0.01,rate=BITS; one for each path, that the\n"
"                      entropy of a packet chooses\n"
"      --for TIME      box: so long; default: until INT or TERM\n"
"      --step          replay: wait for Enter before each packet of the script\n"
"      --area XX       list: only this area; --rule WEFT-AREA-NNN, --profile CORE likewise\n"
"      --full          selftest --mutants: all cases against each, and each must prove itself\n"
"      --jobs N        selftest: so many devices at a time\n"
"  -q, --quiet         no line for each case\n"
"  -h, --help          this text\n"
"\n"
"Before the first case the device must answer HELLO and open a context in domain 1, else nothing\n"
"runs.  INT and TERM end a run early, with its reports.\n"
"\n"
"Exit status: 0 all passed; 1 a case failed; 2 inconclusive, or not all cases ran; 3 an error of\n"
"the suite; 4 bad usage.\n"
"\n"
"Examples:\n"
"  weft chip --port udp:127.0.0.1:4000 --domain any \\\n"
"      --personality conformance/personality.txt &\n"
"  weft-conform run --dut udp:127.0.0.1:4000 --out out/conformance 'MP-*' 'AT-*'\n"
"  weft-conform observe field.pcapng --dut 10.0.0.2 --out out/field\n"
"  weft-conform waive waivers.yaml --key lab.pem --out granted.yaml\n";

static const struct option options[] = {
	{ "dut", required_argument, NULL, 'd' }, { "local", required_argument, NULL, 'l' },
	{ "out", required_argument, NULL, 'o' }, { "seed", required_argument, NULL, 's' },
	{ "patience", required_argument, NULL, 'p' }, { "quiet", no_argument, NULL, 'q' },
	{ "chip-a", required_argument, NULL, 'A' }, { "chip-b", required_argument, NULL, 'B' },
	{ "mutants", no_argument, NULL, 'M' }, { "degenerate", no_argument, NULL, 'D' },
	{ "order", no_argument, NULL, 'O' }, { "keep-device", no_argument, NULL, 'K' },
	{ "shuffle", required_argument, NULL, 'S' }, { "no-rig-check", no_argument, NULL, 'R' },
	{ "full", no_argument, NULL, 'F' }, { "jobs", required_argument, NULL, 'j' },
	{ "to", required_argument, NULL, 't' }, { "listen", required_argument, NULL, 'L' },
	{ "fault", required_argument, NULL, 'f' }, { "schedule", required_argument, NULL, 'H' },
	{ "random", required_argument, NULL, 'x' }, { "span", required_argument, NULL, 'n' },
	{ "path", required_argument, NULL, 'w' }, { "for", required_argument, NULL, 'y' },
	{ "step", no_argument, NULL, 'T' }, { "area", required_argument, NULL, 'a' },
	{ "rule", required_argument, NULL, 'r' }, { "profile", required_argument, NULL, 'P' },
	{ "upper", required_argument, NULL, 'u' },
	{ "nonce", required_argument, NULL, 'N' }, { "waivers", required_argument, NULL, 'W' },
	{ "key", required_argument, NULL, 'k' }, { "pub", required_argument, NULL, 'b' },
	{ "waiver-pub", required_argument, NULL, 'g' },
	{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
};

/* Is the case of the area, about the requirement and in the profile that list was asked for? */
static bool wanted(const struct wc_args *a, const struct wc_case *c)
{
	char names[96];

	if (a->area && strcasecmp(a->area, wc_area_of(c)->id))
		return false;
	if (a->rule && !wc_cites(c, a->rule))
		return false;
	wc_flag_names("profiles", wc_profiles_of(c), names, sizeof(names));
	if (a->profile && !strstr(names, a->profile))
		return false;
	return wc_selected(c, a->rest, a->n_rest);
}

static unsigned list_one(const struct wc_args *a, const struct wc_case *c)
{
	if (!wanted(a, c))
		return 0;
	printf("%-20s %-66s %s\n", c->id, c->title, c->reqs);
	return 1;
}

static int cmd_list(const struct wc_args *a)
{
	const struct wc_case *c;
	unsigned n = 0;

	for (unsigned i = 0; (c = wc_case_nth(i)); i++)
		n += list_one(a, c);
	for (unsigned i = 0; (a->n_rest || a->area) && (c = wc_observer_nth(i)); i++)
		n += list_one(a, c);
	if (!n)
		fputs("weft-conform: list: no case is so; weft-conform list has all of them, "
		      "weft-conform check the areas\n", stderr);
	return n ? 0 : WC_EXIT_USAGE;
}

static void tell_req(const struct wc_req *q)
{
	const struct wc_exception *e = wc_req_exception(q->id);
	const struct wc_case *c;

	printf("%-13s %-6s", q->id, wc_req_must(q) ? "MUST" : "SHOULD");
	for (unsigned i = 0; (c = wc_case_nth(i)); i++)
		if (!c->of && wc_cites(c, q->id))
			printf(" %s", c->id);
	if (wc_req_observed(q->id))
		fputs(" every-case", stdout);
	if (e && !wc_req_cases(q->id) && !wc_req_observed(q->id))
		printf(" not-judged:%s %s", e->word, e->proof);
	putchar('\n');
}

static int cmd_reqs(const struct wc_args *a)
{
	unsigned n = 0, must = 0, judged = 0, faults;

	(void)a;
	for (const struct wc_req *q = wc_reqs; q->id; q++, n++) {
		tell_req(q);
		must += wc_req_must(q);
		judged += wc_req_must(q) && (wc_req_cases(q->id) || wc_req_observed(q->id));
	}
	faults = wc_req_faults();
	printf("%u requirements, %u of them MUST: %u judged, %u left out for a reason; %u faults\n",
	       n, must, judged, must - judged, faults);
	return faults ? 1 : 0;
}

static void show_needs(unsigned needs)
{
	static const char *const name[] = {
		"mode RUD", "mode ROD", "the test personality", "the chip service",
		"that SECURE is not claimed", "contexts in domain 2 as well as 1",
		"the personality's datagram queues", "an upper tester of level 2",
		"an upper tester that opens contexts", "streams that are no queue pairs of verbs",
		"queue pairs of verbs", "both modes",
	};

	for (unsigned i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (needs & 1u << i)
			printf("needs      %s\n", name[i]);
}

static void show_variants(const struct wc_case *c)
{
	char names[256];

	wc_variant_names(c, names, sizeof(names));
	if (names[0])
		printf("variants  %s\n", names);
	if (c->of)
		printf("variant of %s\n", c->of->id);
	if (c->payload)
		printf("needs      a claim of payloads of %u bytes, and a path for them\n",
		       (unsigned)c->payload);
}

static void show(const struct wc_case *c)
{
	char reqs[512], names[192], *save = NULL;

	printf("%s v%u  %s\narea       %s\nstimulus   %s\nexpected   %s\n", c->id, c->version,
	       c->title, wc_area_of(c)->name, c->stimulus, c->expected);
	show_variants(c);
	show_needs(c->needs);
	if (c->features) {
		wc_flag_names("features", c->features, names, sizeof(names));
		printf("needs      features %s\n", names);
	}
	if (c->profiles) {
		wc_flag_names("profiles", c->profiles, names, sizeof(names));
		printf("needs      profiles %s\n", names);
	}
	wc_flag_names("profiles", wc_profiles_of(c), names, sizeof(names));
	if (c->observer) {
		printf("judges     each packet of a capture, by weft-conform observe; "
		       "FAIL(%s)\n", c->observer);
	} else {
		printf("profile    %s, %s\n", names, c->needs & WC_NEEDS_UPPER ?
		       "with an upper tester of level 2 beside the device" :
		       "over the wire alone");
		printf("checks     %u checkpoints, observers, a probe before and after\n",
		       c->checkpoints);
	}
	wc_print_mutants(c->id);
	snprintf(reqs, sizeof(reqs), "%s", c->reqs);
	for (char *id = strtok_r(reqs, " ", &save); id; id = strtok_r(NULL, " ", &save)) {
		const struct wc_req *q = wc_req_find(id);

		printf("%s  %s\n", id, q ? q->text : "(not in this spec)");
	}
}

static int cmd_show(const struct wc_args *a)
{
	if (!a->n_rest) {
		fputs("weft-conform: show: give a case; weft-conform list has them\n", stderr);
		return WC_EXIT_USAGE;
	}
	for (int i = 0; i < a->n_rest; i++) {
		const struct wc_case *c = wc_case_find(a->rest[i]);

		if (!c) {
			fprintf(stderr, "weft-conform: show: %s is no case; see weft-conform "
				"list\n", a->rest[i]);
			return WC_EXIT_USAGE;
		}
		if (i)
			putchar('\n');
		show(c);
	}
	return 0;
}

static bool number(const char *text, int base, uint64_t *out)
{
	char *end;

	*out = strtoull(text, &end, base);
	return *text && !*end;
}

static bool add_one(const char **list, unsigned *n, unsigned most, const char *what)
{
	if (*n == most) {
		fprintf(stderr, "weft-conform: at most %u of %s\n", most, what);
		return false;
	}
	list[(*n)++] = optarg;
	return true;
}

/* Of the box.  False: the option is wrong, and that was said. */
static bool take_box_option(struct wc_args *a, int opt)
{
	uint64_t n = 0;

	switch (opt) {
	case 't': a->to = optarg; return true;
	case 'L': a->listen = optarg; return true;
	case 'x': a->random = optarg; return true;
	case 'f': return add_one(a->fault, &a->n_faults, WC_FAULTS, "--fault");
	case 'H': return add_one(a->schedule, &a->n_schedules, WC_FAULTS, "--schedule");
	case 'w': return add_one(a->path, &a->n_paths, WC_FAULTS, "--path");
	case 'n':
		if (number(optarg, 10, &n) && n >= 1 && n <= 65536)
			a->span = (uint32_t)n;
		else
			fprintf(stderr, "weft-conform: --span %s: give 1 to 65536\n", optarg);
		return a->span == n;
	case 'y':
		if (wc_duration(optarg, &a->for_ns))
			return true;
		fprintf(stderr, "weft-conform: --for %s: give a time, such as 10s or 500ms\n",
			optarg);
		return false;
	default:
		fputs("weft-conform: see weft-conform --help\n", stderr);
		return false;
	}
}

/* False: the option is wrong, and that was said. */
static bool take_option(struct wc_args *a, int opt)
{
	uint64_t n = 0;

	switch (opt) {
	case 'd': a->dut = optarg; return true;
	case 'l': a->local = optarg; return true;
	case 'u': a->upper = optarg; return true;
	case 'o': a->out = optarg; return true;
	case 'A': a->chip_a = optarg; return true;
	case 'B': a->chip_b = optarg; return true;
	case 'q': a->quiet = true; return true;
	case 'M': a->mutants = true; return true;
	case 'O': a->order = true; return true;
	case 'K': a->keep = true; return true;
	case 'D': a->degenerate = true; return true;
	case 'F': a->full = true; return true;
	case 'R': a->insist = true; return true;
	case 'N': a->nonce = optarg; return true;
	case 'W': a->waivers = optarg; return true;
	case 'k': return add_one(a->key, &a->n_keys, WC_KEYS, "--key");
	case 'b': return add_one(a->pub, &a->n_pubs, WC_KEYS, "--pub");
	case 'g': return add_one(a->waiver_pub, &a->n_waiver_pubs, WC_KEYS, "--waiver-pub");
	case 'T': a->step = true; return true;
	case 'a': a->area = optarg; return true;
	case 'r': a->rule = optarg; return true;
	case 'P': a->profile = optarg; return true;
	case 's':
	case 'S':
		a->seeded |= opt == 's';
		if (number(optarg, 16, opt == 's' ? &a->seed : &a->shuffle))
			return true;
		fprintf(stderr, "weft-conform: %s: give a hexadecimal number\n", optarg);
		return false;
	case 'p':
	case 'j':
		if (number(optarg, 10, &n) && n >= 1 && n <= 600000) {
			*(opt == 'p' ? &a->patience_ms : &a->jobs) = (unsigned)n;
			return true;
		}
		fprintf(stderr, "weft-conform: %s: give a number from 1 to 600000\n", optarg);
		return false;
	default:
		return take_box_option(a, opt);
	}
}

/* Folder of the program that runs, for what lies beside it. */
static const char *own_folder(void)
{
	static char path[1024];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[n > 0 ? n : 0] = 0;
	return n > 0 ? dirname(path) : ".";
}

static int dispatch(const char *command, struct wc_args *a)
{
	static const struct {
		const char *name;
		int (*run)(const struct wc_args *);
	} table[] = {
		{ "run", wc_cmd_run }, { "observe", wc_cmd_observe },
		{ "list", cmd_list }, { "show", cmd_show },
		{ "judge", wc_cmd_judge }, { "demo", wc_cmd_demo },
		{ "selftest", wc_cmd_selftest }, { "init", wc_cmd_init },
		{ "check", wc_cmd_check }, { "rig", wc_cmd_rig }, { "replay", wc_cmd_replay },
		{ "diff", wc_cmd_diff }, { "reqs", cmd_reqs },
		{ "certify", wc_cmd_certify }, { "bundle", wc_cmd_bundle },
		{ "verify", wc_cmd_verify }, { "box", wc_cmd_box },
		{ "waive", wc_cmd_waive }, { "interop", wc_cmd_interop },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(command, table[i].name))
			return table[i].run(a);
	fprintf(stderr, "weft-conform: there is no command %s; see weft-conform --help\n", command);
	return WC_EXIT_USAGE;
}

static bool is_yaml(const char *text)
{
	const char *dot = strrchr(text, '.');

	return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

static bool takes_config(const char *command)
{
	return !strcmp(command, "run") || !strcmp(command, "rig");
}

/* From $WEFT_CONFORM_SEED, so that a test can repeat a whole script; or a fresh one. */
static bool default_seed(uint64_t *seed)
{
	const char *given = getenv("WEFT_CONFORM_SEED");

	if (!given || !*given) {
		if (getrandom(seed, sizeof(*seed), 0) < 0)
			*seed = 1;
		return true;
	}
	if (number(given, 16, seed))
		return true;
	fprintf(stderr, "weft-conform: WEFT_CONFORM_SEED: \"%s\" is no hexadecimal number\n",
		given);
	return false;
}

int main(int argc, char **argv)
{
	struct wc_args a = { .self = own_folder(), .jobs = 0, .span = 2048 };
	int opt;

	if (!default_seed(&a.seed))
		return WC_EXIT_USAGE;
	while ((opt = getopt_long(argc, argv, "qhj:", options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return 0;
		}
		if (!take_option(&a, opt))
			return WC_EXIT_USAGE;
	}
	if (optind == argc) {
		fputs(help, stderr);
		return WC_EXIT_USAGE;
	}
	a.rest = argv + optind + 1;
	a.n_rest = argc - optind - 1;
	if (takes_config(argv[optind]) && a.n_rest && is_yaml(a.rest[0])) {
		a.config = *a.rest++;
		a.n_rest--;
	}
	return dispatch(argv[optind], &a);
}
