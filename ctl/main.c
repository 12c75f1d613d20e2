/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vipctl: asks vipd, prints, and answers with its exit code. Every command
 * but check and version is one question over the control socket (client.h),
 * whose answer becomes a model (model.h); all else is pure.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "client.h"
#include "conf.h"
#include "conf_redact.h"
#include "conf_report.h"
#include "config.h"
#include "diff.h"
#include "doctor.h"
#include "explain.h"
#include "handover.h"
#include "host.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "metrics.h"
#include "migrate.h"
#include "model.h"
#include "nodes.h"
#include "pools_view.h"
#include "show.h"

enum exit_code { EXIT_WELL, EXIT_NOT_WELL, EXIT_USAGE, EXIT_NO_DAEMON };

/* Returns an exit code; EXIT_WELL with the answer in *m. */
static int
ask(const struct args *args, enum ctl_command command, const char *arg, struct model *m)
{
	char error[CLIENT_ERROR_LEN];
	const char *to = args->option[ARGS_TO];
	int err = client_ask(args->socket_path, command, arg, to ? to : "", m, error);

	if (!err)
		return EXIT_WELL;
	fprintf(stderr, "vipctl: %s\n", error);
	return err == -ENAMETOOLONG || err == -EINVAL ? EXIT_USAGE : EXIT_NO_DAEMON;
}

/* The code the daemon ended its answer with; anything odd is "not well". */
static int
ended(const struct model *m)
{
	if (m->end.code && m->end.text[0])
		fprintf(stderr, "vipctl: %s\n", m->end.text);
	return m->end.code <= EXIT_NO_DAEMON ? (int)m->end.code : EXIT_NOT_WELL;
}

/* An answer that is a view of the node: complete, or refused with a reason. */
static int
ask_view(const struct args *args, enum ctl_command command, struct model *m)
{
	int code = ask(args, command, "", m);

	if (code == EXIT_WELL)
		code = ended(m);
	if (code == EXIT_WELL && !m->has_node) {
		fprintf(stderr, "vipctl: vipd's answer does not name its node\n");
		code = EXIT_NO_DAEMON;
	}
	return code;
}

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
			code = explain_answer(args, &m);
		else
			code = ended(&m);
	}
	model_free(&m);
	return code;
}

static int
run_check(const struct args *args)
{
	int code;

	if (args->option[ARGS_KEEPALIVED])
		return migrate_show(args->arg, args->format == FORMAT_JSON,
		    args->format == FORMAT_WIDE, stdout, stderr);
	code = conf_report(args->arg, NULL, false, stdout, stderr);

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
		code = ended(&m);
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
		code = ended(&m);
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

	return ask_handover(args, CTL_DRAIN, reason ? reason : "");
}

static int
run_undrain(const struct args *args)
{
	return ask_handover(args, CTL_UNDRAIN, "");
}

static int
run_version(const struct args *args)
{
	(void)args;
	puts("vipctl " PACKAGE_VERSION);
	return EXIT_WELL;
}

static bool
on_event(const struct msg_ctl_event *event, void *arg)
{
	const struct args *args = arg;

	if (args->format == FORMAT_JSON)
		json_event(event, stdout);
	else
		show_event(event, stdout);
	/* Whoever follows wants a line when it comes; a closed pipe ends it. */
	return fflush(stdout) == 0;
}

static int
run_events(const struct args *args)
{
	char error[CLIENT_ERROR_LEN];
	struct msg_ctl_end end = { 0 };
	struct args mine = *args;
	int err = client_follow(args->socket_path, args->option[ARGS_FOLLOW] != NULL,
	    on_event, &mine, &end, error);

	if (err) {
		fprintf(stderr, "vipctl: %s\n", error);
		return EXIT_NO_DAEMON;
	}
	if (end.text[0])
		fprintf(stderr, "vipctl: %s\n", end.text);
	return end.code <= EXIT_NO_DAEMON ? (int)end.code : EXIT_NOT_WELL;
}

/* Behind a socket unit an HTTP client gets its answer whatever is wrong. */
static int
run_metrics(const struct args *args)
{
	struct model m = { 0 };
	int code = ask_view(args, CTL_METRICS, &m);

	if (args->option[ARGS_HTTP])
		metrics_answer_http(code == EXIT_WELL ? &m : NULL, stdin, stdout);
	else if (code == EXIT_WELL)
		metrics_write(&m, stdout);
	model_free(&m);
	return code;
}

/* The configuration in force; the caller frees it. */
static int
ask_config(const struct args *args, char **text)
{
	struct model m = { 0 };
	int code = ask(args, CTL_CONFIG, "", &m);

	if (code == EXIT_WELL)
		code = ended(&m);
	*text = m.config ? m.config : xstrdup("");
	m.config = NULL;
	model_free(&m);
	return code;
}

static int
run_diff(const struct args *args)
{
	_free_ char *now = NULL, *then = NULL;
	struct conf *conf = conf_report_load(args->arg, NULL, stderr);
	size_t len = 0;
	FILE *out;
	int code;

	if (!conf)
		return EXIT_USAGE;
	out = open_memstream(&then, &len);
	conf_print_redacted(conf, out);
	fclose(out);
	conf_free(conf);
	code = ask_config(args, &now);
	if (code != EXIT_WELL)
		return code;
	return diff_write(now, then, stdout) ? EXIT_NOT_WELL : EXIT_WELL;
}

static int
run_doctor(const struct args *args)
{
	struct conf_problems problems = { 0 };
	struct model m = { 0 };
	struct host host;
	struct doctor d = { .model = &m, .host = &host };
	_free_ char *text = NULL;
	struct conf *conf = NULL;
	int code = ask_view(args, CTL_STATUS, &m);

	if (code == EXIT_WELL)
		code = ask_config(args, &text);
	if (code == EXIT_WELL) {
		conf = conf_load_text("vipd", text, strlen(text), NULL, &problems);
		conf_problems_free(&problems);
		if (!conf) {
			fprintf(stderr,
			    "vipctl: vipd's configuration is not understood: "
			    "are vipctl and vipd of one version?\n");
			code = EXIT_NO_DAEMON;
		}
	}
	if (code == EXIT_WELL) {
		d.conf = conf;
		host_look(&host);
		doctor_examine(&d);
		if (args->format == FORMAT_JSON)
			json_doctor(&d, stdout);
		else
			show_doctor(&d, stdout);
		code = doctor_is_well(&d) ? EXIT_WELL : EXIT_NOT_WELL;
		doctor_free(&d);
		host_free(&host);
	}
	conf_free(conf);
	model_free(&m);
	return code;
}

struct events {
	struct msg_ctl_event *list;
	size_t n;
	size_t cap;
};

static bool
collect_event(const struct msg_ctl_event *event, void *arg)
{
	struct events *e = arg;

	e->list = array_grow(e->list, e->n, &e->cap, sizeof(*e->list));
	e->list[e->n++] = *event;
	return true;
}

/* Of a vipd that is in trouble, as much as it tells. */
static int
run_dump(const struct args *args)
{
	char error[CLIENT_ERROR_LEN];
	struct msg_ctl_end end = { 0 };
	_free_ char *config = NULL;
	struct events events = { 0 };
	struct model m = { 0 };
	int code = ask_view(args, CTL_METRICS, &m);

	if (code == EXIT_WELL)
		code = ask_config(args, &config);
	if (code == EXIT_WELL) {
		client_follow(
		    args->socket_path, false, collect_event, &events, &end, error);
		json_dump(&m, config, events.list, events.n, stdout);
	}
	free(events.list);
	model_free(&m);
	return code;
}

static const struct args_command commands[] = {
	{ "status", run_status, NULL, "the node, its instances, what is not well", 0 },
	{ "instances", run_instances, NULL, "the instances and their addresses", 0 },
	{ "services", run_services, NULL, "the Services and their addresses",
	    1u << ARGS_PROBLEMS },
	{ "nodes", run_nodes, NULL, "the nodes that run vipd, and who is master", 0 },
	{ "pools", run_pools, NULL, "the address pools, and who has an address", 0 },
	{ "explain", run_explain, "NS/NAME", "why a Service is served, or is not", 0 },
	{ "events", run_events, NULL, "what has happened, the newest last",
	    1u << ARGS_FOLLOW },
	{ "doctor", run_doctor, NULL, "what is wrong with this node, or will be", 0 },
	{ "metrics", run_metrics, NULL, "figures in OpenMetrics", 1u << ARGS_HTTP },
	{ "check", run_check, "FILE", "check a configuration; needs no daemon",
	    1u << ARGS_KEEPALIVED },
	{ "diff", run_diff, "FILE", "what a reload of it would change", 0 },
	{ "dump", run_dump, NULL, "all there is to say, for a bug report", 0 },
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
