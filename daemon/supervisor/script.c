/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "script.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mem.h"

/* A failure that lasts is told once, not at every run. */
static void
log_result(struct script *s, const struct run_result *result, bool success)
{
	if (success || !strcmp(s->logged, result->text)) {
		if (success)
			s->logged[0] = '\0';
		return;
	}
	str_copy(s->logged, sizeof(s->logged), result->text);
	if (result->end == RUN_CANNOT || strstr(result->text, "SANDBOX"))
		log_warn("vrrp_script %s: %s", s->tracker.name, result->text);
}

static void
on_result(void *arg, const struct run_result *result)
{
	struct script *s = arg;
	bool success = result->end == RUN_EXITED && result->code == 0;
	char why[sizeof(s->tracker.why)] = "";

	log_result(s, result, success);
	script_state_result(&s->state, success, s->conf->rise, s->conf->fall);
	if (!success && s->state.failures > 1)
		snprintf(why, sizeof(why), "%.60s, %u times in a row", result->text,
		    s->state.failures);
	else if (!success)
		snprintf(why, sizeof(why), "%.90s", result->text);
	tracker_set(&s->tracker, s->state.state, 0, why);
}

static void
on_gone(void *arg)
{
	((struct script *)arg)->run = NULL;
}

static const struct run_ops ops = { .on_result = on_result, .on_gone = on_gone };

static void
begin(struct script *s)
{
	char subject[NAME_LEN + 16];
	struct run_spec spec = { .subject = subject,
		.command = &s->conf->command,
		.timeout_us = s->conf->timeout_us,
		.death_signal = SIGKILL,
		.ops = &ops,
		.arg = s };

	snprintf(subject, sizeof(subject), "vrrp_script %s", s->tracker.name);
	s->run = run_start(s->runner, &spec);
}

static void
on_tick(struct ev_loop *loop, ev_timer *w, int events)
{
	struct script *s = container_of(w, struct script, tick);

	(void)loop;
	(void)events;
	if (!s->run)
		begin(s);
}

static void
copy_command(struct script *s)
{
	free(s->command.text);
	s->command = s->conf->command;
	s->command.text = xstrdup(s->conf->command.text);
}

void
script_configure(struct script *s, const struct conf_script *conf)
{
	double interval = 1e-6 * conf->interval_us;
	bool anew = !conf_command_eq(&s->command, &conf->command);

	s->conf = conf;
	if (s->tick.repeat != interval || anew) {
		ev_timer_stop(s->runner->loop, &s->tick);
		ev_timer_set(&s->tick, interval, interval);
		ev_timer_start(s->runner->loop, &s->tick);
	}
	if (!anew)
		return;
	copy_command(s);
	if (s->run)
		run_abandon(s->run);
	script_state_init(&s->state, conf->init_fail);
	tracker_set(&s->tracker, s->state.state, 0,
	    conf->init_fail ? "has not succeeded yet" : "has no result yet");
	begin(s);
}

struct script *
script_new(struct runner *runner, const struct conf_script *conf)
{
	struct script *s = xcalloc(1, sizeof(*s));

	s->runner = runner;
	s->conf = conf;
	ev_timer_init(&s->tick, on_tick, 0., 0.);
	return s;
}

void
script_free(struct script *s)
{
	ev_timer_stop(s->runner->loop, &s->tick);
	if (s->run)
		run_abandon(s->run);
	free(s->command.text);
	free(s);
}
