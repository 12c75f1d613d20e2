/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "ask.h"
#include "conf.h"
#include "conf_redact.h"
#include "conf_report.h"
#include "diff.h"
#include "doctor.h"
#include "host.h"
#include "json.h"
#include "mem.h"
#include "metrics.h"
#include "model.h"
#include "show.h"
#include "why.h"

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

int
report_events(const struct args *args)
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

int
report_why(const struct args *args)
{
	char error[CLIENT_ERROR_LEN];
	struct msg_ctl_end end = { 0 };
	struct events events = { 0 };
	struct model m = { 0 };
	struct why w = { .model = &m };
	int code = ask_view(args, CTL_INSTANCES, &m);

	if (code == EXIT_WELL) {
		w.instance = model_find_instance(&m, args->arg);
		if (!w.instance) {
			fprintf(stderr, "vipctl: %s has no vrrp_instance %s\n",
			    m.node.config, args->arg);
			code = EXIT_NOT_WELL;
		}
	}
	if (code == EXIT_WELL) {
		client_follow(
		    args->socket_path, false, collect_event, &events, &end, error);
		w.events = events.list;
		w.n_events = events.n;
		if (args->format == FORMAT_JSON)
			json_why(&w, stdout);
		else
			why_show(&w, stdout);
		code = model_instance_well(w.instance) ? EXIT_WELL : EXIT_NOT_WELL;
	}
	free(events.list);
	model_free(&m);
	return code;
}

/* Behind a socket unit an HTTP client gets its answer whatever is wrong. */
int
report_metrics(const struct args *args)
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

int
report_diff(const struct args *args)
{
	_free_ char *now = NULL, *then = NULL;
	struct conf *conf =
	    conf_report_load(args->arg, args->option[ARGS_CONFIG_ID], stderr);
	size_t len;
	FILE *out;
	int code;

	if (!conf)
		return EXIT_USAGE;
	out = xmemstream(&then, &len);
	conf_print_redacted(conf, out);
	xmemstream_close(out);
	conf_free(conf);
	code = ask_config(args, &now);
	if (code != EXIT_WELL)
		return code;
	return diff_write(now, then, stdout) ? EXIT_NOT_WELL : EXIT_WELL;
}

int
report_doctor(const struct args *args)
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

/* Of a vipd that is in trouble, as much as it tells. */
int
report_dump(const struct args *args)
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
