/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "args.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "conf_suggest.h"
#include "mem.h"

#define DEFAULT_SOCKET "/run/vipd/control.sock"

enum { OPT_SOCKET = 256, OPT_PROBLEMS, OPT_VERSION };

static const struct option options[] = {
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "output", required_argument, NULL, 'o' },
	{ "problems", no_argument, NULL, OPT_PROBLEMS },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ 0 },
};

static const char *const formats[] = {
	[FORMAT_TABLE] = "table",
	[FORMAT_WIDE] = "wide",
	[FORMAT_JSON] = "json",
};

static bool
parse_format(const char *word, struct args *out, FILE *err)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		if (strcmp(word, formats[i]) == 0) {
			out->format = (enum args_format)i;
			return true;
		}
	}
	fprintf(err, "vipctl: -o %s: the formats are table, wide and json\n", word);
	return false;
}

static bool
parse_options(int argc, char **argv, struct args *out, FILE *err)
{
	int c;

	optind = 0; /* glibc: start again, also in a test's second call */
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
		switch (c) {
		case OPT_SOCKET:
			out->socket_path = optarg;
			break;
		case 'o':
			if (!parse_format(optarg, out, err))
				return false;
			break;
		case OPT_PROBLEMS:
			out->problems = true;
			break;
		case 'h':
			out->help = true;
			break;
		case OPT_VERSION:
			out->version = true;
			break;
		case ':':
			fprintf(err, "vipctl: %s needs a value\n", argv[optind - 1]);
			return false;
		default:
			if (optopt && optopt < OPT_SOCKET)
				fprintf(err, "vipctl: unknown option -%c\n", optopt);
			else
				fprintf(
				    err, "vipctl: unknown option %s\n", argv[optind - 1]);
			return false;
		}
	}
	return true;
}

static void
unknown_command(const char *word, const struct args_command *table, FILE *err)
{
	struct conf_suggest near;

	conf_suggest_init(&near, word);
	for (const struct args_command *c = table; c->word; c++)
		conf_suggest_offer(&near, c->word);
	fprintf(err, "vipctl: unknown command '%s'", word);
	if (near.best)
		fprintf(err, ", did you mean '%s'?", near.best);
	fputc('\n', err);
}

static bool
parse_command(char **words, const struct args_command *table, struct args *out, FILE *err)
{
	const struct args_command *c = table;

	if (!words[0]) {
		fprintf(err, "vipctl: no command given\n");
		return false;
	}
	while (c->word && strcmp(c->word, words[0]) != 0)
		c++;
	if (!c->word) {
		unknown_command(words[0], table, err);
		return false;
	}
	if (c->arg && !words[1]) {
		fprintf(err, "vipctl: %s needs %s\n", c->word, c->arg);
		return false;
	}
	if (words[1] && (!c->arg || words[2])) {
		fprintf(err, "vipctl: %s: '%s' is one word too many\n", c->word,
		    c->arg ? words[2] : words[1]);
		return false;
	}
	if (out->problems && !c->problems) {
		fprintf(err, "vipctl: %s takes no --problems\n", c->word);
		return false;
	}
	out->command = c;
	out->arg = words[1];
	return true;
}

bool
args_parse(
    int argc, char **argv, const struct args_command *table, struct args *out, FILE *err)
{
	*out = (struct args){ .socket_path = DEFAULT_SOCKET };
	if (!parse_options(argc, argv, out, err))
		return false;
	if (out->help || out->version)
		return true;
	return parse_command(argv + optind, table, out, err);
}

void
args_usage(const struct args_command *table, FILE *out)
{
	fputs("usage: vipctl [--socket PATH] [-o table|wide|json] COMMAND\n\n", out);
	for (const struct args_command *c = table; c->word; c++) {
		char synopsis[64];

		snprintf(synopsis, sizeof(synopsis), "%s%s%s%s", c->word,
		    c->arg ? " " : "", c->arg ? c->arg : "",
		    c->problems ? " [--problems]" : "");
		fprintf(out, "  %-22s %s\n", synopsis, c->help);
	}
	fputs("\n"
	      "  --socket PATH          vipd's control socket (" DEFAULT_SOCKET ")\n"
	      "  -o, --output FORMAT    table, wide (more columns) or json\n"
	      "  -h, --help             this text\n"
	      "  --version              vipctl's version\n\n"
	      "Exit codes: 0 well, 1 what was asked about is not well,\n"
	      "2 wrong usage or configuration, 3 no daemon answers.\n",
	    out);
}
