/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "command.h"
#include "log.h"
#include "mem.h"
#include "run_child.h"
#include "run_user.h"

/* A fork of a vipd with many Services costs about a millisecond. */
#define STARTS_A_ROUND 4
#define PACE_S 0.001
#define KILL_AFTER_S 2.
#define TEXT_MAX 400
/* What a flood of output may cost: so much at once, then a pause. */
#define READ_MAX 65536
#define READ_PAUSE_S 0.01

struct run {
	struct runner *runner;
	struct run *next;
	char *subject;
	struct command command; /* until it starts; then only buf's memory */
	char *argv[COMMAND_ARGS_MAX + RUN_EXTRA_MAX + 1];
	char *extra[RUN_EXTRA_MAX];
	struct conf_command who; /* no text */
	uint32_t timeout_us;
	int death_signal;
	const struct run_ops *ops; /* NULL: abandoned */
	void *arg;
	pid_t pid; /* 0: waits for its turn */
	bool late;
	bool told;
	ev_child child;
	ev_timer deadline;
	ev_io output;
	ev_timer pause;
	size_t len;
	_Alignas(struct run_failure) char text[TEXT_MAX + 1];
};

/* ---- results ---- */

/* What a command says of a sandbox that is in its way (LC_ALL is C). */
static bool
smells_of_confinement(const struct run *r, const struct run_result *result)
{
	static const int errors[] = { EROFS, EPERM, EACCES };

	for (size_t i = 0; i < ARRAY_LEN(errors); i++)
		if (result->end == RUN_CANNOT
			? result->code == errors[i]
			: strstr(r->text, strerror(errors[i])) != NULL)
			return true;
	return false;
}

static void
tell(struct run *r, struct run_result *result)
{
	const struct run_ops *ops = r->ops;
	size_t at = strlen(result->text);

	if (r->told)
		return;
	r->told = true;
	if ((result->end != RUN_EXITED || result->code) &&
	    smells_of_confinement(r, result))
		snprintf(result->text + at, sizeof(result->text) - at,
		    "%s; vipd's unit may forbid it: see SANDBOX in vipd(8)",
		    strstr(r->text, strerror(EROFS)) ? ": read-only file system" : "");
	if (ops && ops->on_result)
		ops->on_result(r->arg, result);
}

static void
tell_failure(struct run *r, int error, const char *refused)
{
	struct run_result result = { .end = RUN_CANNOT, .code = error };

	if (refused)
		snprintf(result.text, sizeof(result.text),
		    "refused: others than root may change %s", refused);
	else
		snprintf(result.text, sizeof(result.text), "cannot be run: %s",
		    strerror(error));
	tell(r, &result);
}

static bool
is_failure(const struct run *r)
{
	const struct run_failure *f = (const struct run_failure *)r->text;

	return r->len == sizeof(*f) &&
	    !memcmp(f->magic, RUN_FAILURE_MAGIC, sizeof(f->magic));
}

static void
tell_status(struct run *r, int status)
{
	struct run_result result = { .end = RUN_EXITED, .code = WEXITSTATUS(status) };
	const struct run_failure *f = (const struct run_failure *)r->text;

	if (is_failure(r) && WIFEXITED(status)) {
		struct run_failure copy = *f;

		copy.path[sizeof(copy.path) - 1] = '\0';
		r->text[0] = '\0';
		tell_failure(r, copy.error, copy.refused ? copy.path : NULL);
		return;
	}
	if (WIFSIGNALED(status)) {
		result.end = RUN_KILLED;
		result.code = WTERMSIG(status);
		snprintf(
		    result.text, sizeof(result.text), "killed by signal %d", result.code);
	} else {
		snprintf(result.text, sizeof(result.text), "exit %d", result.code);
	}
	tell(r, &result);
}

/* ---- output ---- */

static void
log_output(const struct run *r)
{
	char line[TEXT_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; i < r->len; i++)
		line[n++] = r->text[i] >= ' ' && r->text[i] <= '~' ? r->text[i] : ' ';
	while (n && line[n - 1] == ' ')
		n--;
	line[n] = '\0';
	if (n)
		log_debug("%s: says: %s", r->subject, line);
}

static void
close_output(struct run *r)
{
	ev_timer_stop(r->runner->loop, &r->pause);
	if (r->output.fd < 0)
		return;
	ev_io_stop(r->runner->loop, &r->output);
	close(r->output.fd);
	r->output.fd = -1;
}

/* False at the end of the output. */
static bool
read_output(struct run *r)
{
	char buf[8192];

	for (size_t all = 0; all < READ_MAX;) {
		ssize_t n = read(r->output.fd, buf, sizeof(buf));
		size_t room = TEXT_MAX - r->len;

		if (n <= 0)
			return n < 0 && (errno == EAGAIN || errno == EINTR);
		all += (size_t)n;
		if ((size_t)n < room)
			room = (size_t)n;
		memcpy(r->text + r->len, buf, room);
		r->len += room;
	}
	ev_io_stop(r->runner->loop, &r->output);
	ev_timer_set(&r->pause, READ_PAUSE_S, 0.);
	ev_timer_start(r->runner->loop, &r->pause);
	return true;
}

static void
on_output(struct ev_loop *loop, ev_io *w, int events)
{
	struct run *r = container_of(w, struct run, output);

	(void)loop;
	(void)events;
	if (!read_output(r))
		close_output(r);
}

static void
on_pause_over(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)events;
	ev_io_start(loop, &container_of(w, struct run, pause)->output);
}

/* ---- the end ---- */

static void
bury(struct run *r)
{
	struct run **at = &r->runner->first;
	const struct run_ops *ops = r->ops;
	void *arg = r->arg;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	ev_timer_stop(r->runner->loop, &r->deadline);
	close_output(r);
	command_free(&r->command);
	for (size_t i = 0; i < RUN_EXTRA_MAX; i++)
		free(r->extra[i]);
	free(r->subject);
	free(r);
	if (ops && ops->on_gone)
		ops->on_gone(arg);
}

static void
on_child(struct ev_loop *loop, ev_child *w, int events)
{
	struct run *r = container_of(w, struct run, child);

	(void)events;
	ev_child_stop(loop, w);
	if (r->output.fd >= 0)
		read_output(r);
	r->text[r->len] = '\0';
	if (!is_failure(r))
		log_output(r);
	tell_status(r, w->rstatus);
	bury(r);
}

static void
on_deadline(struct ev_loop *loop, ev_timer *w, int events)
{
	struct run *r = container_of(w, struct run, deadline);
	struct run_result result = { .end = RUN_LATE };

	(void)events;
	ev_timer_stop(loop, w); /* when it is not the timer that calls */
	kill(-r->pid, r->late ? SIGKILL : SIGTERM);
	if (r->late)
		return;
	r->late = true;
	ev_timer_set(&r->deadline, KILL_AFTER_S, 0.);
	ev_timer_start(loop, &r->deadline);
	str_copy(result.text, sizeof(result.text), "no end in time");
	tell(r, &result);
}

/* ---- the beginning ---- */

static void
spawn(struct run *r)
{
	const struct run_user *u =
	    run_user_get(&r->runner->users, r->who.user, r->who.group);
	struct run_child child = { .argv = r->argv,
		.user = u->shown,
		.uid = u->uid,
		.gid = u->gid,
		.groups = u->groups,
		.n_groups = u->n_groups,
		.secure = r->runner->security,
		.death_signal = r->death_signal,
		.parent = getpid() };
	struct run_result result = { .end = RUN_CANNOT, .code = ENOENT };
	int fds[2];

	if (u->error[0]) {
		str_copy(result.text, sizeof(result.text), u->error);
		tell(r, &result);
		bury(r);
		return;
	}
	if (pipe2(fds, O_CLOEXEC) < 0) {
		tell_failure(r, errno, NULL);
		bury(r);
		return;
	}
	child.output = fds[1];
	r->pid = fork();
	if (r->pid == 0)
		run_child(&child);
	close(fds[1]);
	if (r->pid < 0) {
		close(fds[0]);
		tell_failure(r, errno, NULL);
		bury(r);
		return;
	}
	setpgid(r->pid, r->pid);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	ev_io_set(&r->output, fds[0], EV_READ);
	ev_io_start(r->runner->loop, &r->output);
	ev_child_set(&r->child, r->pid, 0);
	ev_child_start(r->runner->loop, &r->child);
	if (r->timeout_us)
		run_limit(r, 1e-6 * r->timeout_us);
}

/* A failed start takes the run out of the list: look from the front again. */
static struct run *
next_waiting(const struct runner *rs)
{
	for (struct run *r = rs->first; r; r = r->next)
		if (!r->pid)
			return r;
	return NULL;
}

static void
on_pace(struct ev_loop *loop, ev_timer *w, int events)
{
	struct runner *rs = container_of(w, struct runner, pace);
	struct run *r;

	(void)events;
	for (int i = 0; i < STARTS_A_ROUND && (r = next_waiting(rs)); i++)
		spawn(r);
	if (!next_waiting(rs))
		ev_timer_stop(loop, w);
}

struct run *
run_start(struct runner *rs, const struct run_spec *spec)
{
	struct run *r = xcalloc(1, sizeof(*r)), **at = &rs->first;
	size_t n = 0;

	r->runner = rs;
	r->subject = xstrdup(spec->subject);
	if (command_split(&r->command, spec->command->text))
		fatalx("%s: a command that was not checked", spec->subject);
	for (; n < r->command.argc; n++)
		r->argv[n] = r->command.argv[n];
	for (size_t i = 0; i < RUN_EXTRA_MAX && spec->extra[i]; i++)
		r->argv[n++] = r->extra[i] = xstrdup(spec->extra[i]);
	r->who = *spec->command;
	r->who.text = NULL;
	r->timeout_us = spec->timeout_us;
	r->death_signal = spec->death_signal;
	r->ops = spec->ops;
	r->arg = spec->arg;
	ev_io_init(&r->output, on_output, -1, EV_READ);
	ev_child_init(&r->child, on_child, 0, 0);
	ev_timer_init(&r->deadline, on_deadline, 0., 0.);
	ev_timer_init(&r->pause, on_pause_over, 0., 0.);
	while (*at)
		at = &(*at)->next;
	*at = r;
	if (!ev_is_active(&rs->pace))
		ev_timer_start(rs->loop, &rs->pace);
	return r;
}

void
run_limit(struct run *r, double s)
{
	if (!r->pid || r->late) {
		r->timeout_us = (uint32_t)(1e6 * s);
		return;
	}
	ev_timer_stop(r->runner->loop, &r->deadline);
	ev_timer_set(&r->deadline, s, 0.);
	ev_timer_start(r->runner->loop, &r->deadline);
}

void
run_abandon(struct run *r)
{
	r->ops = NULL;
	r->told = true;
	if (!r->pid)
		bury(r);
	else if (!r->late)
		on_deadline(r->runner->loop, &r->deadline, 0);
}

/* ---- all ---- */

void
runner_init(struct runner *rs, struct ev_loop *loop)
{
	*rs = (struct runner){ .loop = loop };
	ev_timer_init(&rs->pace, on_pace, 0., PACE_S);
}

void
runner_configure(struct runner *rs, bool security)
{
	rs->security = security;
	run_users_free(&rs->users);
}

void
runner_kill(struct runner *rs)
{
	for (struct run *r = rs->first; r; r = r->next)
		if (r->pid)
			kill(-r->pid, SIGKILL);
}
