/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "program.h"
#include "run_user.h"

#define DROPS_LOG_US (60 * US_PER_S)
#define BRIEF_LIFE_US (10 * US_PER_S)

/* ---- its script ---- */

static void start_script(struct fifo *f);

static void
on_result(void *arg, const struct run_result *result)
{
	struct fifo *f = arg;

	log_warn(
	    "%s: its script ended (%s); it is started again", f->conf.text, result->text);
}

static void
on_gone(void *arg)
{
	struct fifo *f = arg;
	bool brief = clock_us() - f->began_us < BRIEF_LIFE_US;

	f->run = NULL;
	f->failures = brief ? f->failures + 1 : 0;
	ev_timer_set(&f->again, 0.1 + program_restart_delay(f->failures), 0.);
	ev_timer_start(f->loop, &f->again);
}

static const struct run_ops ops = { .on_result = on_result, .on_gone = on_gone };

static void
start_script(struct fifo *f)
{
	struct run_spec spec = { .subject = f->conf.text,
		.command = &f->script,
		.extra = { f->conf.text },
		.death_signal = SIGTERM,
		.ops = &ops,
		.arg = f };

	f->began_us = clock_us();
	f->run = run_start(f->runner, &spec);
}

static void
on_again(struct ev_loop *loop, ev_timer *w, int events)
{
	struct fifo *f = container_of(w, struct fifo, again);

	(void)loop;
	(void)events;
	if (f->fd >= 0 && f->script.text && !f->run)
		start_script(f);
}

/* ---- the FIFO ---- */

static void
give_away(const struct fifo *f)
{
	const struct run_user *u;

	if (!f->conf.user[0])
		return;
	u = run_user_get(&f->runner->users, f->conf.user, f->conf.group);
	if (u->error[0])
		log_warn("%s: %s", f->conf.text, u->error);
	else if (lchown(f->conf.text, u->uid, u->gid) < 0)
		log_warn("%s: cannot give it to %s: %s", f->conf.text, f->conf.user,
		    strerror(errno));
}

/* Opened for both, so that neither waits for the other. */
static void
open_fifo(struct fifo *f)
{
	struct stat st;

	f->made = mkfifo(f->conf.text, 0600) == 0;
	if (f->made)
		give_away(f);
	else if (errno != EEXIST)
		log_warn("%s: cannot be made: %s; see SANDBOX in vipd(8)", f->conf.text,
		    strerror(errno));
	f->fd = open(f->conf.text, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (f->fd < 0) {
		if (f->made || errno != ENOENT)
			log_warn("%s: %s", f->conf.text, strerror(errno));
		return;
	}
	if (fstat(f->fd, &st) == 0 && S_ISFIFO(st.st_mode))
		return;
	log_warn("%s: it is no FIFO; nothing is written to it", f->conf.text);
	close(f->fd);
	f->fd = -1;
}

void
fifo_write(struct fifo *f, const char *line)
{
	size_t len = strlen(line);
	uint32_t held;

	if (f->fd < 0)
		return;
	if (write(f->fd, line, len) == (ssize_t)len)
		return;
	if (log_allowed(&f->drops, clock_us(), &held))
		log_warn("%s: a line is lost: %s (%u more since)", f->conf.text,
		    errno == EAGAIN ? "nobody reads it, and it is full" : strerror(errno),
		    held);
}

static void
copy(struct conf_command *to, const struct conf_command *from)
{
	free(to->text);
	*to = *from;
	to->text = from->text ? xstrdup(from->text) : NULL;
}

static void
stop_script(struct fifo *f)
{
	ev_timer_stop(f->loop, &f->again);
	if (f->run)
		run_abandon(f->run);
	f->run = NULL;
}

void
fifo_close(struct fifo *f)
{
	stop_script(f);
	if (f->fd < 0)
		return;
	close(f->fd);
	f->fd = -1;
	if (f->made)
		unlink(f->conf.text);
}

void
fifo_configure(
    struct fifo *f, const struct conf_command *conf, const struct conf_command *script)
{
	if (!conf_command_eq(&f->conf, conf)) {
		fifo_close(f);
		copy(&f->conf, conf);
		if (f->conf.text)
			open_fifo(f);
	} else if (!conf_command_eq(&f->script, script)) {
		stop_script(f);
	}
	copy(&f->script, script);
	if (f->fd >= 0 && f->script.text && !f->run)
		start_script(f);
}

void
fifo_init(struct fifo *f, struct ev_loop *loop, struct runner *runner)
{
	*f = (struct fifo){ .loop = loop,
		.runner = runner,
		.fd = -1,
		.drops.interval_us = DROPS_LOG_US };
	ev_timer_init(&f->again, on_again, 0., 0.);
}
