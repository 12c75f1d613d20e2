/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vipctl: asks vipd, prints, and answers with its exit code. Every command
 * but check and version is one question over the control socket (client.h),
 * whose answer becomes a model (model.h); all else is pure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "ask.h"
#include "conf_report.h"
#include "config.h"
#include "explain.h"
#include "handover.h"
#include "host.h"
#include "json.h"
#include "log.h"
#include "migrate.h"
#include "model.h"
#include "nodes.h"
#include "pools_view.h"
#include "report.h"
#include "show.h"

static int
run_status(const struct args *args)
{
	struct model m = { 0 };
	int code = ask_view(args, CTL_STATUS, &m);

	if (code == EXIT_WELL) {
		if (args->format == FORMAT_JSON)
			json_status(&m, stdout);
		else
			show_status(&m, args->format == FORMAT_WIDE, stdout);
		if (!model_instances_well(&m) || !model_services_well(&m))
			code = EXIT_NOT_WELL;
	}
	model_free(&m);
	return code;
}

static int
run_instances(const struct args *args)
{
	struct model m = { 0 };
	int code = ask_view(args, CTL_INSTANCES, &m);

	if (code == EXIT_WELL) {
		if (args->format == FORMAT_JSON)
			json_instances(&m, stdout);
		else
			show_instances(&m, args->format == FORMAT_WIDE, stdout);
		if (!model_instances_well(&m))
			code = EXIT_NOT_WELL;
	}
	model_free(&m);
	return code;
}

static int
run_nodes(const struct args *args)
{
	struct model m = { 0 };
	int code = ask_view(args, CTL_NODES, &m);

	if (code == EXIT_WELL) {
		if (args->format == FORMAT_JSON)
			nodes_json(&m, stdout);
		else
			nodes_show(&m, args->format == FORMAT_WIDE, stdout);
		if (!nodes_are_well(&m))
			code = EXIT_NOT_WELL;
	}
	model_free(&m);
	return code;
}

static int
run_services(const struct args *args)
{
	struct model m = { 0 };
	int code = ask_view(args, CTL_SERVICES, &m);

	if (code == EXIT_WELL) {
		if (args->format == FORMAT_JSON)
			json_services(&m, args->option[ARGS_PROBLEMS] != NULL, stdout);
		else
			show_services(&m, args->option[ARGS_PROBLEMS] != NULL,
			    args->format == FORMAT_WIDE, stdout);
		if (!model_services_well(&m))
			code = EXIT_NOT_WELL;
	}
	model_free(&m);
	return code;
}

static int
run_pools(const struct args *args)
{
	struct model m = { 0 };
	int code = ask_view(args, CTL_POOLS, &m);

	if (code == EXIT_WELL) {
		if (args->format == FORMAT_JSON)
			pools_json(&m, stdout);
		else
			pools_show(&m, args->format == FORMAT_WIDE, stdout);
		if (m.pools_head.error[0])
			code = EXIT_NOT_WELL;
	}
	model_free(&m);
	return code;
}

static int
explain_answer(const struct args *args, const struct model *m)
{
	struct explanation e;
	int code;

	explain(m, args->arg, &e);
	if (args->format == FORMAT_JSON)
		json_explanation(m, args->arg, &e, stdout);
	else
		show_explanation(m, args->arg, &e, stdout);
	code = explain_found_fault(&e) ? EXIT_NOT_WELL : EXIT_WELL;
	explain_free(&e);
	return code;
}

/* Where vipd forwards, somebody's firewall may be in the way. */
static int
explain_here(const struct args *args, struct model *m)
{
	struct host host = { 0 };
	int code;

	if (m->node.forward.mode == FORWARD_NFTABLES) {
		host_look_at_firewall(&host);
		m->host = &host;
	}
	code = explain_answer(args, m);
	m->host = NULL;
	host_free(&host);
	return code;
}

static int
run_explain(const struct args *args)
{
	const char *slash = strchr(args->arg, '/');
	struct model m = { 0 };
	int code;

	if (!slash || slash == args->arg || !slash[1] || strchr(slash + 1, '/')) {
		fprintf(stderr, "vipctl: explain wants NAMESPACE/NAME, not '%s'\n",
		    args->arg);
		return EXIT_USAGE;
	}
	code = ask(args, CTL_EXPLAIN, args->arg, &m);
	/* A Service vipd does not know ends with 1 and is explained as well. */
	if (code == EXIT_WELL) {
		if (m.has_node && m.end.code <= EXIT_NOT_WELL)
			code = explain_here(args, &m);
		else
			code = ask_ended(&m);
	}
	model_free(&m);
	return code;
}

static int
run_check(const struct args *args)
{
	const char *id = args->option[ARGS_CONFIG_ID];
	int code;

	if (args->option[ARGS_KEEPALIVED])
		return migrate_show(args->arg, id, args->format == FORMAT_JSON,
		    args->format == FORMAT_WIDE, stdout, stderr);
	code = conf_report(args->arg, id, false, stdout, stderr);

	if (code == EXIT_WELL)
		printf("%s: ok\n", args->arg);
	return code;
}

static int
run_reload(const struct args *args)
{
	struct model m = { 0 };
	int code = ask(args, CTL_RELOAD, "", &m);

	if (code == EXIT_WELL) {
		if (args->format == FORMAT_JSON) {
			json_texts(&m, stdout);
		} else {
			for (size_t i = 0; i < m.n_texts; i++)
				fprintf(
				    m.texts[i].level <= LOG_LEVEL_WARN ? stderr : stdout,
				    "%s\n", m.texts[i].text);
			if (!m.end.code && m.end.text[0])
				printf("%s\n", m.end.text);
		}
		code = ask_ended(&m);
	}
	model_free(&m);
	return code;
}

static int
ask_handover(const struct args *args, enum ctl_command command, const char *arg)
{
	struct model m = { 0 };
	int code = ask(args, command, arg, &m);

	if (code == EXIT_WELL) {
		if (args->format == FORMAT_JSON)
			handover_json(&m, stdout);
		else
			handover_show(&m, stdout);
		if (args->format != FORMAT_JSON && !m.end.code && m.end.text[0])
			printf("%s\n", m.end.text);
		code = ask_ended(&m);
	}
	model_free(&m);
	return code;
}

static int
run_handover(const struct args *args)
{
	return ask_handover(args, CTL_HANDOVER, args->arg);
}

static int
run_drain(const struct args *args)
{
	const char *reason = args->option[ARGS_REASON];

	int code = ask_handover(args, CTL_DRAIN, reason ? reason : "");

	if (code == EXIT_WELL && args->format != FORMAT_JSON)
		puts("drained, over restarts too; vipctl undrain ends it");
	return code;
}

static int
run_undrain(const struct args *args)
{
	return ask_handover(args, CTL_UNDRAIN, "");
}

static int
run_version(const struct args *args)
{
	if (args->format == FORMAT_JSON)
		puts("{\n  \"version\": \"" PACKAGE_VERSION "\"\n}");
	else
		puts("vipctl " PACKAGE_VERSION);
	return EXIT_WELL;
}

static const struct args_command commands[] = {
	{ "status", run_status, NULL, "the node, its instances, what is not well", 0 },
	{ "instances", run_instances, NULL, "the instances and their addresses", 0 },
	{ "services", run_services, NULL, "the Services and their addresses",
	    1u << ARGS_PROBLEMS },
	{ "nodes", run_nodes, NULL, "the nodes that run vipd, and who is master", 0 },
	{ "pools", run_pools, NULL, "the address pools, and who has an address", 0 },
	{ "explain", run_explain, "NS/NAME", "why a Service is served, or is not", 0 },
	{ "why", report_why, "INSTANCE", "why it is in its state, and what led to it",
	    0 },
	{ "events", report_events, NULL, "what has happened, the newest last",
	    1u << ARGS_FOLLOW },
	{ "doctor", report_doctor, NULL, "what is wrong with this node, or will be", 0 },
	{ "metrics", report_metrics, NULL, "figures in OpenMetrics", 1u << ARGS_HTTP },
	{ "check", run_check, "FILE", "check a configuration; needs no daemon",
	    1u << ARGS_KEEPALIVED | 1u << ARGS_CONFIG_ID },
	{ "diff", report_diff, "FILE", "what a reload of it would change",
	    1u << ARGS_CONFIG_ID },
	{ "dump", report_dump, NULL, "all there is to say, for a bug report", 0 },
	{ "reload", run_reload, NULL, "read the configuration again", 0 },
	{ "handover", run_handover, "INSTANCE", "give an instance to the next node",
	    1u << ARGS_TO },
	{ "drain", run_drain, NULL, "give all away, until undrain", 1u << ARGS_REASON },
	{ "undrain", run_undrain, NULL, "take part as configured again", 0 },
	{ "version", run_version, NULL, "vipctl's version", 0 },
	{ 0 },
};

int
main(int argc, char **argv)
{
	struct args args;
	int code;

	log_init("vipctl", false);
	if (!args_parse(argc, argv, commands, &args, stderr)) {
		fprintf(stderr, "Try 'vipctl --help'.\n");
		return EXIT_USAGE;
	}
	if (args.help) {
		args_usage(commands, stdout);
		code = EXIT_WELL;
	} else if (args.version) {
		code = run_version(&args);
	} else {
		code = args.command->run(&args);
	}
	if (fflush(stdout) || ferror(stdout))
		fatal("standard output");
	return code;
}
