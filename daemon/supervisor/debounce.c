/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debounce.h"

uint64_t
debounce_step(
    struct debounce *d, bool raw, uint32_t down_us, uint32_t up_us, uint64_t now_us)
{
	uint64_t due;

	if (!d->known || d->raw != raw) {
		if (!d->known)
			d->shown = raw;
		d->known = true;
		d->raw = raw;
		d->since_us = now_us;
	}
	if (d->shown == raw)
		return DEBOUNCE_NEVER;
	due = d->since_us + (raw ? up_us : down_us);
	if (now_us < due)
		return due;
	d->shown = raw;
	return DEBOUNCE_NEVER;
}
