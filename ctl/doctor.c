/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "model.h"

void
doctor_say(
    struct doctor *d, enum doctor_mark mark, const char *check, const char *fmt, ...)
{
	struct finding *f;
	va_list ap;

	d->findings =
	    array_grow(d->findings, d->n_findings, &d->cap_findings, sizeof(*f));
	f = &d->findings[d->n_findings++];
	*f = (struct finding){ .mark = mark, .check = check };
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

void
doctor_fix(struct doctor *d, const char *fmt, ...)
{
	struct finding *f = &d->findings[d->n_findings - 1];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->fix, sizeof(f->fix), fmt, ap);
	va_end(ap);
}

const char *
doctor_mark_name(enum doctor_mark mark)
{
	static const char *const names[] = {
		[DOCTOR_OK] = "ok",
		[DOCTOR_NOTE] = "note",
		[DOCTOR_WARN] = "warning",
		[DOCTOR_BAD] = "bad",
	};

	return names[mark];
}

bool
doctor_is_well(const struct doctor *d)
{
	for (size_t i = 0; i < d->n_findings; i++)
		if (d->findings[i].mark >= DOCTOR_WARN)
			return false;
	return true;
}

void
doctor_free(struct doctor *d)
{
	free(d->findings);
}

/* ---- the daemon ---- */

static void
examine_daemon(struct doctor *d)
{
	const struct msg_ctl_node *n = &d->model->node;

	doctor_say(d, DOCTOR_OK, "daemon", "vipd %s runs on %s with %s", n->version,
	    n->node, n->config);
	if (n->config_error[0]) {
		doctor_say(d, DOCTOR_WARN, "configuration",
		    "the last reload was refused: %s", n->config_error);
		doctor_fix(d, "mend it, then: vipctl diff %s; vipctl reload", n->config);
	}
	if (n->children_restarts) {
		doctor_say(d, DOCTOR_WARN, "processes",
		    "%" PRIu32 " of vipd's processes had to be started again",
		    n->children_restarts);
		doctor_fix(d, "vipctl events names them and their end");
	}
	if (n->log_dropped) {
		doctor_say(d, DOCTOR_WARN, "log",
		    "%" PRIu32 " lines of the log were lost: more than it took at once",
		    n->log_dropped);
		doctor_fix(d,
		    "look whether the journal (its disk) keeps up; vipctl events shows "
		    "what vipd itself said");
	}
}

static void
examine_source(struct doctor *d)
{
	const struct model *m = d->model;
	char remedy[REMEDY_LEN];

	if (!m->node.has_services)
		return;
	if (model_connected(m)) {
		doctor_say(d, DOCTOR_OK, "source", "%s is %s", m->node.source.server,
		    model_connected_word(m));
		return;
	}
	doctor_say(d, DOCTOR_WARN, "source",
	    "%s does not answer: what is served goes on, changes do not arrive",
	    m->node.source.server[0] ? m->node.source.server : "the source of Services");
	doctor_fix(d, "%s", remedy_source(m, remedy));
}

static void
examine_instance(struct doctor *d, const struct model_instance *i)
{
	const struct msg_ctl_instance *info = &i->info;
	const char *name = info->conf.name;
	char remedy[REMEDY_LEN], text[IPADDR_STRLEN];

	if (info->state.state == VRRP_FAULT || info->state.state == VRRP_INIT) {
		doctor_say(d, info->state.state == VRRP_FAULT ? DOCTOR_BAD : DOCTOR_WARN,
		    "instance", "%s is in %s: %s", name,
		    vrrp_state_name((enum vrrp_state)info->state.state),
		    model_instance_reason(i));
		doctor_fix(d, "%s", remedy_instance(d->model, i, remedy));
	} else {
		doctor_say(d, DOCTOR_OK, "instance", "%s is %s", name,
		    vrrp_state_name((enum vrrp_state)info->state.state));
	}
	for (size_t k = 0; k < i->n_addresses; k++) {
		if (!i->addresses[k].error[0])
			continue;
		doctor_say(d, DOCTOR_BAD, "address", "%s is not on %s: %s",
		    ipaddr_format(&i->addresses[k].addr, text), i->addresses[k].dev,
		    i->addresses[k].error);
	}
}

void
doctor_examine(struct doctor *d)
{
	examine_daemon(d);
	examine_source(d);
	for (size_t i = 0; i < d->model->n_instances; i++)
		examine_instance(d, &d->model->instances[i]);
	doctor_examine_host(d);
}
