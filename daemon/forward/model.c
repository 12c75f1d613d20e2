/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "mem.h"
#include "plan.h"

void
model_init(struct model *m, model_report *report, void *arg)
{
	*m = (struct model){ .report = report, .arg = arg };
}

/* ---- health ---- */

static bool
is_shadowed(const struct claim *c)
{
	const struct target_key *key = &c->target->key;

	return key->proto && !key->backend && c->target->claims != c;
}

static const struct claim *
broken_claim(const struct service *s)
{
	for (size_t i = 0; i < s->n_claims; i++)
		if (is_shadowed(&s->claims[i]) || s->claims[i].target->error)
			return &s->claims[i];
	return NULL;
}

static int
health(const struct service *s, char *text, size_t size)
{
	const struct claim *c = broken_claim(s);
	const struct msg_service_key *by;
	char what[TARGET_STRLEN];

	if (!c) {
		snprintf(text, size, "%s", s->told_error ? s->told_text : "");
		return s->told_error;
	}
	target_format(&c->target->key, what);
	if (is_shadowed(c)) {
		by = &c->target->claims->service->key;
		snprintf(text, size, "%s is served for %s/%s", what, by->ns, by->name);
		return EADDRINUSE;
	}
	snprintf(text, size, "%s: the kernel refuses its nftables elements", what);
	return c->target->error;
}

/* Tells a change from well to broken, from one error to another, and back. */
static void
report(struct model *m, struct service *s)
{
	char text[256];
	int error;

	if (s->changing)
		return;
	error = health(s, text, sizeof(text));
	if (error == s->reported)
		return;
	s->reported = error;
	m->report(m->arg, &s->key, error, text);
}

static void
report_claimants(struct model *m, const struct target *t)
{
	for (const struct claim *c = t->claims; c; c = c->next)
		report(m, c->service);
}

/* ---- targets ---- */

static struct target **
list_of(struct model *m, enum target_state state)
{
	switch (state) {
	case TARGET_QUEUED:
		return &m->queue;
	case TARGET_SENT:
		return &m->sent;
	case TARGET_FAILED:
		return &m->failed;
	case TARGET_CLEAN:
		break;
	}
	return NULL;
}

static void
set_state(struct model *m, struct target *t, enum target_state state)
{
	struct target **from = list_of(m, t->state), **to = list_of(m, state);

	if (from)
		DL_DELETE(*from, t);
	if (to)
		DL_APPEND(*to, t);
	t->state = state;
}

static struct target *
target_get(struct model *m, const struct target_key *key)
{
	struct target *t;

	HASH_FIND(hh, m->targets, key, sizeof(*key), t);
	if (t)
		return t;
	t = xcalloc(1, sizeof(*t));
	t->key = *key;
	HASH_ADD(hh, m->targets, key, sizeof(t->key), t);
	return t;
}

static void
forget_present(struct target *t)
{
	image_free(t->present);
	t->present = NULL;
	if (t->strays)
		free(t->strays->at);
	free(t->strays);
	t->strays = NULL;
}

static void
target_free(struct model *m, struct target *t)
{
	set_state(m, t, TARGET_CLEAN);
	HASH_DEL(m->targets, t);
	forget_present(t);
	free(t);
}

const struct image *
target_wanted(const struct target *t)
{
	return t->claims ? t->claims->image : NULL;
}

/* The newest change decides the place in the queue. */
static void
dirty(struct model *m, struct target *t)
{
	t->seq = m->told_seq;
	t->group = m->group;
	set_state(m, t, TARGET_QUEUED);
}

void
model_settled(struct model *m, struct target *t)
{
	forget_present(t);
	t->settled = true;
	t->error = 0;
	set_state(m, t, TARGET_CLEAN);
	report_claimants(m, t);
	if (!t->claims)
		target_free(m, t);
}

/* Before what is wanted changes: the kernel has what was wanted until now. */
static void
unsettle(struct target *t)
{
	if (t->settled)
		t->present = image_copy(target_wanted(t));
	t->settled = false;
}

/* After what is wanted may have changed. */
static void
touch(struct model *m, struct target *t)
{
	if (t->strays || image_differs(&t->key, t->present, target_wanted(t)))
		dirty(m, t);
	else
		model_settled(m, t);
}

/* ---- claims ---- */

static struct claim *
claim_of(const struct target *t, const struct service *s)
{
	struct claim *c;

	DL_FOREACH(t->claims, c)
	if (c->service == s)
		break;
	return c;
}

/*
 * Puts c in the place of old, the same Service's claim so far (or NULL). Whose
 * address is a static one too is not guarded (I11): such a claim goes first.
 */
static void
claim_insert(struct claim *c, struct claim *old)
{
	struct target *t = c->target;

	if (old && t->key.proto) {
		DL_REPLACE_ELEM(t->claims, old, c);
		return;
	}
	if (old)
		DL_DELETE(t->claims, old);
	if (c->image->terms.treatment == TREAT_LEAVE)
		DL_PREPEND(t->claims, c);
	else
		DL_APPEND(t->claims, c);
}

static void
claim_enter(struct model *m, struct claim *c)
{
	struct claim *old = claim_of(c->target, c->service);

	if (old && image_is_same_wish(c->image, old->image)) {
		image_free(c->image);
		c->image = old->image;
		old->image = NULL;
		DL_REPLACE_ELEM(c->target->claims, old, c);
		return;
	}
	unsettle(c->target);
	claim_insert(c, old);
	if (old) {
		image_free(old->image);
		old->image = NULL;
	}
	touch(m, c->target);
}

static void
claim_leave(struct model *m, struct claim *c)
{
	struct target *t = c->target;

	unsettle(t);
	DL_DELETE(t->claims, c);
	image_free(c->image);
	c->image = NULL;
	touch(m, t);
}

/* ---- Services ---- */

static struct service *
service_get(struct model *m, const struct msg_service_key *key)
{
	struct service *s;

	HASH_FIND(hh, m->services, key, sizeof(*key), s);
	if (s)
		return s;
	s = xcalloc(1, sizeof(*s));
	s->key = *key;
	HASH_ADD(hh, m->services, key, sizeof(s->key), s);
	return s;
}

/* Replaces all that s claims; its wishes are used up. */
static void
service_set(struct model *m, struct service *s, struct wishes wishes)
{
	struct claim *_free_ old = s->claims;
	size_t n_old = s->n_claims;

	s->claims = wishes.n ? xcalloc(wishes.n, sizeof(*s->claims)) : NULL;
	s->n_claims = wishes.n;
	s->changing = true;
	m->group++;
	for (size_t i = 0; i < wishes.n; i++) {
		s->claims[i] = (struct claim){
			.service = s,
			.target = target_get(m, &wishes.at[i].key),
			.image = wishes.at[i].image,
		};
		claim_enter(m, &s->claims[i]);
	}
	free(wishes.at);
	for (size_t i = 0; i < n_old; i++)
		if (old[i].image)
			claim_leave(m, &old[i]);
	s->changing = false;
}

static void
service_drop(struct model *m, struct service *s)
{
	service_set(m, s, (struct wishes){ 0 });
	HASH_DEL(m->services, s);
	free(s);
}

void
model_told(struct model *m, const struct told *told, uint32_t seq)
{
	struct service *s = service_get(m, &told->head.key);

	m->told_seq = seq;
	s->epoch = m->epoch;
	s->told_error = told->error;
	s->told_text = told->text;
	/* Too much of it: what stands stays. */
	if (told->error != E2BIG)
		service_set(m, s, plan_service(told, &m->conf));
	report(m, s);
}

void
model_gone(struct model *m, const struct msg_service_key *key, uint32_t seq)
{
	struct service *s;

	m->told_seq = seq;
	HASH_FIND(hh, m->services, key, sizeof(*key), s);
	if (s)
		service_drop(m, s);
}

void
model_sync_begin(struct model *m)
{
	m->epoch++;
}

void
model_sync_end(struct model *m, bool complete, uint32_t seq)
{
	struct service *s, *s_next;
	struct target *t, *t_next;

	m->told_seq = seq;
	m->synced = true;
	if (!complete)
		return;
	m->swept = true;
	HASH_ITER(hh, m->services, s, s_next)
	if (s->epoch != m->epoch)
		service_drop(m, s);
	HASH_ITER(hh, m->targets, t, t_next)
	if (!t->claims && t->state == TARGET_CLEAN) {
		m->group++;
		dirty(m, t);
	}
}

void
model_configure(struct model *m, const struct ruleset_conf *conf)
{
	struct target *t, *next;
	struct claim *c;

	m->conf = *conf;
	HASH_ITER(hh, m->targets, t, next)
	{
		unsettle(t);
		DL_FOREACH(t->claims, c)
		{
			struct image *old = c->image;

			c->image = image_remake(old, conf);
			image_free(old);
		}
		m->group++;
		if (t->claims)
			touch(m, t);
	}
}

/* ---- from the kernel ---- */

void
model_load_begin(struct model *m)
{
	struct target *t, *next;

	HASH_ITER(hh, m->targets, t, next)
	{
		forget_present(t);
		t->settled = false;
		set_state(m, t, TARGET_CLEAN);
		if (!t->claims)
			target_free(m, t);
	}
}

static void
add_stray(struct target *t, const struct element *e)
{
	struct changes *s = t->strays;

	if (!s)
		s = t->strays = xcalloc(1, sizeof(*s));
	s->at = array_grow(s->at, s->n, &s->cap, sizeof(*s->at));
	s->at[s->n++] = (struct change){ .element = *e };
}

void
model_load(struct model *m, const struct element *e)
{
	struct target *t = target_get(m, &e->key);

	if (!t->present)
		t->present = image_empty();
	if (!image_add(t->present, e))
		add_stray(t, e);
}

void
model_load_end(struct model *m)
{
	struct target *t, *next;

	HASH_ITER(hh, m->targets, t, next)
	{
		m->group++;
		if (t->claims || m->swept)
			touch(m, t);
	}
}

/* ---- for the writer ---- */

void
model_diff(const struct target *t, struct changes *out)
{
	for (size_t i = 0; t->strays && i < t->strays->n; i++) {
		out->at = array_grow(out->at, out->n, &out->cap, sizeof(*out->at));
		out->at[out->n++] = t->strays->at[i];
	}
	image_diff(&t->key, t->present, target_wanted(t), out);
}

void
model_sent(struct model *m, struct target *t)
{
	set_state(m, t, TARGET_SENT);
}

void
model_refused(struct model *m, struct target *t, int error)
{
	t->error = error;
	set_state(m, t, TARGET_FAILED);
	report_claimants(m, t);
}

void
model_unsent(struct model *m, struct target *t)
{
	set_state(m, t, TARGET_CLEAN);
	DL_PREPEND(m->queue, t);
	t->state = TARGET_QUEUED;
}

void
model_retry(struct model *m)
{
	while (m->failed)
		set_state(m, m->failed, TARGET_QUEUED);
}

uint32_t
model_in_place(const struct model *m)
{
	return m->queue ? m->queue->seq - 1 : m->told_seq;
}

void
model_fini(struct model *m)
{
	struct service *s, *s_next;
	struct target *t, *t_next;

	HASH_ITER(hh, m->services, s, s_next)
	service_drop(m, s);
	HASH_ITER(hh, m->targets, t, t_next)
	target_free(m, t);
	*m = (struct model){ 0 };
}
