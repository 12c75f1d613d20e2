/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notifier.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"

#define PATIENCE_S 30.

/* One instance or group. */
struct notify_queue {
	enum notify_subject subject;
	char name[NAME_LEN];
	int last; /* enum conf_notify_event that was told; -1: none */
	struct notify_backlog backlog;
	struct conf_notify conf; /* as it was when the last change was told */
	struct notify_event now; /* its commands are under way */
	bool any_next;           /* `notify` of now is still to be run */
	struct run *run;
	struct notifier *owner;
	struct notify_queue *next;
};

static const char *
subject_word(enum notify_subject subject)
{
	return subject == NOTIFY_GROUP ? "GROUP" : "INSTANCE";
}

/* ---- commands ---- */

static bool start_next(struct notify_queue *q);

static void
on_result(void *arg, const struct run_result *result)
{
	struct notify_queue *q = arg;

	if (result->end != RUN_EXITED || result->code)
		log_warn("%s: notify of %s: %s", q->name, notify_word(q->now.what),
		    result->text);
}

static void
on_gone(void *arg)
{
	struct notify_queue *q = arg;
	struct notifier *n = q->owner;

	q->run = NULL;
	if (!start_next(q) && n->on_idle && notifier_is_idle(n))
		n->on_idle(n->arg);
}

static const struct run_ops ops = { .on_result = on_result, .on_gone = on_gone };

static void
start(struct notify_queue *q, const struct conf_command *command, bool any)
{
	char subject[NAME_LEN + 16], priority[4];
	struct run_spec spec = { .subject = subject,
		.command = command,
		.death_signal = SIGTERM,
		.ops = &ops,
		.arg = q };

	snprintf(subject, sizeof(subject), "%s: notify", q->name);
	snprintf(priority, sizeof(priority), "%u", q->now.priority);
	if (any) {
		spec.extra[0] = subject_word(q->subject);
		spec.extra[1] = q->name;
		spec.extra[2] = notify_word(q->now.what);
		spec.extra[3] = priority;
	}
	q->run = run_start(q->owner->runner, &spec);
	if (q->backlog.count)
		run_limit(q->run, PATIENCE_S);
}

/* False: nothing is to be run now. */
static bool
start_next(struct notify_queue *q)
{
	if (q->run)
		return true;
	for (;;) {
		const struct conf_command *command = &q->conf.commands[NOTIFY_ANY];

		if (q->any_next) {
			q->any_next = false;
			if (command->text) {
				start(q, command, true);
				return true;
			}
		}
		if (!notify_backlog_pop(&q->backlog, &q->now))
			return false;
		q->any_next = q->now.what != NOTIFY_MASTER_RX_LOWER_PRI;
		command = &q->conf.commands[q->now.what];
		if (command->text) {
			start(q, command, false);
			return true;
		}
	}
}

/* ---- queues ---- */

static struct notify_queue *
get(struct notifier *n, enum notify_subject subject, const char *name)
{
	struct notify_queue *q;

	for (q = n->first; q; q = q->next)
		if (q->subject == subject && !strcmp(q->name, name))
			return q;
	q = xcalloc(1, sizeof(*q));
	q->subject = subject;
	str_copy(q->name, sizeof(q->name), name);
	q->last = -1;
	q->owner = n;
	q->next = n->first;
	n->first = q;
	return q;
}

/* Told for the last time, and everything is run. */
static bool
is_over(const struct notify_queue *q)
{
	return !q->run && !q->backlog.count &&
	    (q->last == NOTIFY_DELETED || q->last == NOTIFY_STOP);
}

static void
sweep(struct notifier *n)
{
	for (struct notify_queue **at = &n->first; *at;) {
		struct notify_queue *q = *at;

		if (!is_over(q)) {
			at = &q->next;
			continue;
		}
		*at = q->next;
		conf_notify_free(&q->conf);
		free(q);
	}
}

static bool
has_commands(const struct conf_notify *conf, enum conf_notify_event what)
{
	return conf->commands[what].text ||
	    (conf->commands[NOTIFY_ANY].text && what != NOTIFY_MASTER_RX_LOWER_PRI);
}

static void
write_line(struct notifier *n, const char *subject, const char *name, const char *word,
    uint8_t priority)
{
	char line[NAME_LEN + 64];

	snprintf(line, sizeof(line), "%s \"%s\" %s %u\n", subject, name, word, priority);
	for (size_t i = 0; i < CONF_FIFOS; i++)
		fifo_write(&n->fifos[i], line);
}

void
notifier_tell(struct notifier *n, enum notify_subject subject, const char *name,
    const struct notify_event *e, const struct conf_notify *conf)
{
	struct notify_queue *q = get(n, subject, name);

	if (q->last == NOTIFY_STOP)
		return;
	if (e->what != NOTIFY_MASTER_RX_LOWER_PRI) {
		if (q->last == (int)e->what)
			return;
		q->last = (int)e->what;
	}
	if (has_commands(conf, e->what)) {
		conf_notify_free(&q->conf);
		q->conf = conf_notify_copy(conf);
		if (notify_backlog_push(&q->backlog, e))
			log_warn("%s: its notify commands are slow: a change is left out",
			    name);
		if (q->run)
			run_limit(q->run, PATIENCE_S);
		start_next(q);
	}
	write_line(n, subject_word(subject), name, notify_word(e->what), e->priority);
}

void
notifier_tell_priority(
    struct notifier *n, const char *name, bool master, uint8_t priority)
{
	write_line(n, subject_word(NOTIFY_INSTANCE), name,
	    master ? "MASTER_PRIORITY" : "BACKUP_PRIORITY", priority);
}

bool
notifier_is_idle(const struct notifier *n)
{
	for (const struct notify_queue *q = n->first; q; q = q->next)
		if (q->run || q->backlog.count)
			return false;
	return true;
}

void
notifier_configure(struct notifier *n, const struct conf_hooks *hooks)
{
	sweep(n);
	for (size_t i = 0; i < CONF_FIFOS; i++)
		fifo_configure(&n->fifos[i], &hooks->fifos[i], &hooks->fifo_scripts[i]);
}

void
notifier_close(struct notifier *n)
{
	for (size_t i = 0; i < CONF_FIFOS; i++)
		fifo_close(&n->fifos[i]);
}

void
notifier_init(struct notifier *n, struct ev_loop *loop, struct runner *runner)
{
	*n = (struct notifier){ .loop = loop, .runner = runner };
	for (size_t i = 0; i < CONF_FIFOS; i++)
		fifo_init(&n->fifos[i], loop, runner);
}
