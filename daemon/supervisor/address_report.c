/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address_report.h"

#include <stdlib.h>

#include "mem.h"

void
report_add(struct report *r, enum report_kind kind, uint32_t owner,
    const struct msg_installed_record *at, int error)
{
	r->events = array_grow(r->events, r->count, &r->cap, sizeof(*r->events));
	r->events[r->count++] = (struct report_event){ kind, owner, error, *at };
}

static bool
goes_with(const struct report_event *a, const struct report_event *b)
{
	return a->kind == b->kind && a->owner == b->owner && a->kind != REPORT_FAILED;
}

static void
tell(const struct report *r, const struct report_event *ev,
    const struct msg_installed_record *list, size_t n)
{
	switch (ev->kind) {
	case REPORT_INSTALLED:
		r->ops->on_installed(r->arg, ev->owner, list, n);
		break;
	case REPORT_REMOVED:
		r->ops->on_removed(r->arg, ev->owner, list, n);
		break;
	case REPORT_FAILED:
		r->ops->on_failed(r->arg, ev->owner, &list->addr, ev->error);
		break;
	}
}

void
report_tell(struct report *r)
{
	_free_ struct report_event *events = r->events;
	_free_ struct msg_installed_record *list = xcalloc(r->count, sizeof(*list));
	size_t n = r->count;

	r->events = NULL;
	r->count = r->cap = 0;
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i; k < n; k++) {
			if (k > i && !goes_with(&events[i], &events[k]))
				break;
			list[k - i] = events[k].at;
		}
		tell(r, &events[i], list, k - i);
	}
}

void
report_free(struct report *r)
{
	free(r->events);
}
