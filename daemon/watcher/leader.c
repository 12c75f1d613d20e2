/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leader.h"

#include <string.h>

#include "clock.h"
#include "mem.h"

#define DEADLINE_US (LEADER_DEADLINE_S * US_PER_S)
#define RETRY_US (LEADER_RETRY_S * US_PER_S)
/* LE4: client-go's JitterFactor, 1.2. */
#define JITTER_US (RETRY_US * 12 / 10)
#define RETRY_AFTER_MAX_S 60

_Static_assert(
    LEADER_DURATION_S > LEADER_DEADLINE_S && LEADER_DEADLINE_S * 10 > LEADER_RETRY_S * 12,
    "LE1: duration > deadline > 1.2 retry periods");

void
leader_init(struct leader *l, const char *ns, const char *name, const char *identity,
    uint64_t now_us)
{
	*l = (struct leader){ .due_us = now_us };
	str_copy(l->ns, sizeof(l->ns), ns);
	str_copy(l->name, sizeof(l->name), name);
	str_copy(l->identity, sizeof(l->identity), identity);
}

static void
set_lease(struct leader *l, json_t *lease)
{
	json_decref(l->lease);
	l->lease = lease;
}

void
leader_fini(struct leader *l)
{
	set_lease(l, NULL);
}

bool
leader_leads(const struct leader *l, uint64_t now_us)
{
	return l->leading && now_us < l->renewed_us + DEADLINE_US;
}

static bool
is_mine(const struct leader *l)
{
	return l->observed && strcmp(l->record.holder, l->identity) == 0;
}

/* LE2: by our own clock, since we saw it change. */
static bool
is_free(const struct leader *l, uint64_t now_us)
{
	return !l->record.holder[0] ||
	    now_us > l->changed_us + l->record.duration_s * US_PER_S;
}

static void
observe(struct leader *l, uint64_t now_us, const json_t *lease)
{
	struct lease_record seen;

	lease_read(&seen, lease);
	if (!l->observed || !lease_eq(&seen, &l->record)) {
		l->record = seen;
		l->changed_us = now_us;
		l->observed = true;
	}
	set_lease(l, json_deep_copy(lease));
}

uint64_t
leader_deadline(const struct leader *l)
{
	uint64_t until_us = l->renewed_us + DEADLINE_US;

	if (l->asked != LEADER_NOTHING)
		return l->leading ? until_us : UINT64_MAX;
	return l->leading && until_us < l->due_us ? until_us : l->due_us;
}

static enum leader_due
ask(struct leader *l, uint64_t now_us, enum leader_due what)
{
	l->asked = what;
	l->asked_us = now_us;
	return what;
}

enum leader_due
leader_tick(struct leader *l, uint64_t now_us)
{
	if (l->leading && !leader_leads(l, now_us))
		l->leading = false;
	if (l->asked != LEADER_NOTHING || now_us < l->due_us)
		return LEADER_NOTHING;
	/* LE5: who leads has seen nobody else's change. */
	if (l->leading && l->lease && is_mine(l))
		return ask(l, now_us, LEADER_UPDATE);
	return ask(l, now_us, LEADER_GET);
}

char *
leader_body(const struct leader *l, uint64_t wall_us)
{
	struct lease_record r = { .duration_s = LEADER_DURATION_S };

	str_copy(r.holder, sizeof(r.holder), l->identity);
	stamp_micro(r.renewed, wall_us);
	memcpy(r.acquired, r.renewed, sizeof(r.acquired));
	if (l->asked == LEADER_UPDATE) {
		/* LE3: both move only with the holder. */
		r.transitions = l->record.transitions + !is_mine(l);
		if (is_mine(l) && l->record.acquired[0])
			memcpy(r.acquired, l->record.acquired, sizeof(r.acquired));
	}
	return lease_write(
	    l->ns, l->name, l->asked == LEADER_UPDATE ? l->lease : NULL, &r);
}

/* The leader renews each retry period, others try at odd times (LE4). */
static enum leader_due
wait(struct leader *l, uint64_t now_us, uint32_t random, uint32_t retry_after_s)
{
	uint64_t pause_us = RETRY_US;

	if (!l->leading)
		pause_us += JITTER_US * random >> 32;
	if (retry_after_s > RETRY_AFTER_MAX_S)
		retry_after_s = RETRY_AFTER_MAX_S;
	if (pause_us < retry_after_s * US_PER_S)
		pause_us = retry_after_s * US_PER_S;
	l->due_us = now_us + pause_us;
	return LEADER_NOTHING;
}

static enum leader_due
got(struct leader *l, uint64_t now_us, uint32_t random, const json_t *lease)
{
	observe(l, now_us, lease);
	if (is_mine(l) || is_free(l, now_us))
		return ask(l, now_us, LEADER_UPDATE);
	/* Somebody else has it. */
	l->leading = false;
	return wait(l, now_us, random, 0);
}

static enum leader_due
wrote(struct leader *l, uint64_t now_us, uint32_t random, const json_t *lease)
{
	observe(l, now_us, lease);
	l->leading = is_mine(l);
	if (l->leading)
		l->renewed_us = l->asked_us;
	return wait(l, now_us, random, 0);
}

enum leader_due
leader_answer(struct leader *l, uint64_t now_us, uint32_t random, int status,
    uint32_t retry_after_s, const json_t *lease)
{
	enum leader_due asked = l->asked;
	bool good = status >= 200 && status < 300 && json_is_object(lease);

	l->asked = LEADER_NOTHING;
	if (l->leading && !leader_leads(l, now_us))
		l->leading = false;
	if (good && asked == LEADER_GET)
		return got(l, now_us, random, lease);
	if (good)
		return wrote(l, now_us, random, lease);
	if (asked == LEADER_GET && status == 404)
		return ask(l, now_us, LEADER_CREATE);
	set_lease(l, NULL);
	/* The fast path's copy was old: look (LE5). */
	if (asked == LEADER_UPDATE && status == 409 && l->leading)
		return ask(l, now_us, LEADER_GET);
	return wait(l, now_us, random, retry_after_s);
}

char *
leader_release(struct leader *l, uint64_t now_us, uint64_t wall_us)
{
	struct lease_record r = { .duration_s = 1 };

	if (!leader_leads(l, now_us) || !l->lease || !is_mine(l))
		return NULL;
	r.transitions = l->record.transitions;
	stamp_micro(r.renewed, wall_us);
	memcpy(r.acquired, r.renewed, sizeof(r.acquired));
	l->leading = false;
	return lease_write(l->ns, l->name, l->lease, &r);
}
