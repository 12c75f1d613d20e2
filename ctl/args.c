/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "args.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "conf_suggest.h"
#include "mem.h"

#define DEFAULT_SOCKET "/run/vipd/control.sock"

#define USAGE_COLUMN 29

enum { OPT_SOCKET = 256, OPT_VERSION, OPT_OF_COMMAND };

#define OF_COMMAND(id, word, takes) [id] = { word, takes, NULL, OPT_OF_COMMAND + (id) }

static const struct option options[] = {
	OF_COMMAND(ARGS_PROBLEMS, "problems", no_argument),
	OF_COMMAND(ARGS_FOLLOW, "follow", no_argument),
	OF_COMMAND(ARGS_HTTP, "http", no_argument),
	OF_COMMAND(ARGS_TO, "to", required_argument),
	OF_COMMAND(ARGS_REASON, "reason", required_argument),
	OF_COMMAND(ARGS_KEEPALIVED, "keepalived", no_argument),
	OF_COMMAND(ARGS_CONFIG_ID, "id", required_argument),
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ 0 },
};

/* As the usage text names them. */
static const char *const values[ARGS_OPTION_COUNT] = {
	[ARGS_TO] = " NODE",
	[ARGS_REASON] = " TEXT",
	[ARGS_CONFIG_ID] = " ID",
};

static const char *const formats[] = {
	[FORMAT_TABLE] = "table",
	[FORMAT_WIDE] = "wide",
	[FORMAT_JSON] = "json",
};

static bool
parse_format(const char *word, struct args *out, FILE *err)
{
	assert(word); /* -o has a value */
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
		case 'h':
			out->help = true;
			break;
		case OPT_VERSION:
			out->version = true;
			break;
		case ':':
			fprintf(err, "vipctl: %s needs a value\n", argv[optind - 1]);
			return false;
		case '?':
			if (optopt && optopt < OPT_SOCKET)
				fprintf(err, "vipctl: unknown option -%c\n", optopt);
			else
				fprintf(
				    err, "vipctl: unknown option %s\n", argv[optind - 1]);
			return false;
		default:
			out->option[c - OPT_OF_COMMAND] = optarg ? optarg : "";
			break;
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
	for (size_t i = 0; i < ARGS_OPTION_COUNT; i++)
		if (out->option[i] && !(c->options & 1u << i)) {
			fprintf(
			    err, "vipctl: %s takes no --%s\n", c->word, options[i].name);
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

/* "explain NS/NAME", "services [--problems]" */
static void
write_synopsis(const struct args_command *c, char *buf, size_t size)
{
	size_t len;

	snprintf(buf, size, "%s%s%s", c->word, c->arg ? " " : "", c->arg ? c->arg : "");
	for (size_t i = 0; i < ARGS_OPTION_COUNT; i++) {
		if (!(c->options & 1u << i))
			continue;
		len = strlen(buf);
		snprintf(buf + len, size - len, " [--%s%s]", options[i].name,
		    values[i] ? values[i] : "");
	}
}

void
args_usage(const struct args_command *table, FILE *out)
{
	fputs("usage: vipctl [--socket PATH] [-o table|wide|json] COMMAND\n\n", out);
	for (const struct args_command *c = table; c->word; c++) {
		char synopsis[64];

		write_synopsis(c, synopsis, sizeof(synopsis));
		if (strlen(synopsis) > USAGE_COLUMN)
			fprintf(out, "  %s\n  %-*s %s\n", synopsis, USAGE_COLUMN, "",
			    c->help);
		else
			fprintf(out, "  %-*s %s\n", USAGE_COLUMN, synopsis, c->help);
	}
	fputs("\n"
	      "  --socket PATH                 vipd's control socket (" DEFAULT_SOCKET
	      ")\n"
	      "  -o, --output FORMAT           table, wide (more columns) or json\n"
	      "  -h, --help                    this text\n"
	      "  --version                     vipctl's version\n\n"
	      "Exit codes: 0 well, 1 what was asked about is not well,\n"
	      "2 wrong usage or configuration, 3 no daemon answers.\n",
	    out);
}
