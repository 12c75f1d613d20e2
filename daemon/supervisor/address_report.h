/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What owners have to be told, in order, until the end of a slice; what is
 * alike and in a row is told together.
 */
#pragma once

#include "address.h"

enum report_kind { REPORT_INSTALLED, REPORT_REMOVED, REPORT_FAILED };

struct report_event {
	enum report_kind kind;
	uint32_t owner;
	int error;
	struct msg_installed_record at;
};

struct report {
	const struct addresses_ops *ops;
	void *arg;
	struct report_event *events;
	size_t count;
	size_t cap;
};

void report_add(struct report *r, enum report_kind kind, uint32_t owner,
    const struct msg_installed_record *at, int error);
/* Callees may add. */
void report_tell(struct report *r);
void report_free(struct report *r);
