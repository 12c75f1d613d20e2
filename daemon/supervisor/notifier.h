/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells others of changes: the FIFOs at once, commands one after the other for
 * each instance and group (notify_<state>, then notify), so that what is told
 * last is what is. A command that others wait behind is ended after 30 s.
 */
#pragma once

#include "fifo.h"
#include "notify_backlog.h"

enum notify_subject { NOTIFY_INSTANCE, NOTIFY_GROUP };

struct notify_queue;

struct notifier {
	struct ev_loop *loop;
	struct runner *runner;
	struct fifo fifos[CONF_FIFOS];
	struct notify_queue *first;
	/* Nothing is under way or waits any more; NULL: nobody asks. */
	void (*on_idle)(void *arg);
	void *arg;
};

void notifier_init(struct notifier *n, struct ev_loop *loop, struct runner *runner);
void notifier_configure(struct notifier *n, const struct conf_hooks *hooks);
/* A state that was told last is not told again, and none after STOP. conf may go
 * afterwards. */
void notifier_tell(struct notifier *n, enum notify_subject subject, const char *name,
    const struct notify_event *e, const struct conf_notify *conf);
/* MASTER_PRIORITY, BACKUP_PRIORITY: FIFOs only. */
void notifier_tell_priority(
    struct notifier *n, const char *name, bool master, uint8_t priority);
bool notifier_is_idle(const struct notifier *n);
void notifier_close(struct notifier *n);
