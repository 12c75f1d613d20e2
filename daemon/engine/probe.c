/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define uthash_fatal(msg) abort()
#include <uthash.h>

struct probe {
	struct msg_installed_record at; /* key */
	uint64_t due_us;                /* the next question, or the end */
	uint64_t end_us;
	unsigned asked;
	bool taken;
	uint8_t mac[6];
	UT_hash_handle hh;
};

void
probes_start(struct probes *ps, const struct msg_installed_record *at, uint64_t now_us)
{
	struct probe *p;

	HASH_FIND(hh, ps->all, at, sizeof(*at), p);
	if (p)
		return;
	p = xcalloc(1, sizeof(*p));
	p->at = *at;
	p->due_us = now_us;
	p->end_us = now_us + PROBE_END_US;
	HASH_ADD(hh, ps->all, at, sizeof(p->at), p);
}

bool
probes_next(struct probes *ps, uint64_t now_us, struct msg_installed_record *out)
{
	struct probe *p, *next;

	HASH_ITER(hh, ps->all, p, next)
	{
		if (p->taken || p->asked == PROBE_COUNT || p->due_us > now_us)
			continue;
		p->asked++;
		p->due_us =
		    p->asked == PROBE_COUNT ? p->end_us : now_us + PROBE_INTERVAL_US;
		*out = p->at;
		return true;
	}
	return false;
}

void
probes_heard(
    struct probes *ps, const struct msg_installed_record *at, const uint8_t mac[6])
{
	struct probe *p;

	HASH_FIND(hh, ps->all, at, sizeof(*at), p);
	if (!p || p->taken)
		return;
	p->taken = true;
	p->due_us = 0;
	memcpy(p->mac, mac, sizeof(p->mac));
}

bool
probes_result(struct probes *ps, uint64_t now_us, struct msg_probed *out)
{
	struct probe *p, *next;

	HASH_ITER(hh, ps->all, p, next)
	{
		if (!p->taken && (p->asked < PROBE_COUNT || p->end_us > now_us))
			continue;
		*out = (struct msg_probed){ .at = p->at, .taken = p->taken };
		memcpy(out->mac, p->mac, sizeof(out->mac));
		HASH_DEL(ps->all, p);
		free(p);
		return true;
	}
	return false;
}

uint64_t
probes_deadline(const struct probes *ps)
{
	uint64_t at = PROBE_NEVER;
	struct probe *p, *next;

	HASH_ITER(hh, ps->all, p, next)
	at = p->due_us < at ? p->due_us : at;
	return at;
}

void
probes_fini(struct probes *ps)
{
	struct probe *p, *next;

	HASH_ITER(hh, ps->all, p, next)
	{
		HASH_DEL(ps->all, p);
		free(p);
	}
}
