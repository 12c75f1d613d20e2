/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_candidates.h"

#include <stdlib.h>
#include <string.h>

#include "conf_instance.h"
#include "conf_value.h"
#include "mem.h"

/* ---- words ---- */

bool
conf_take_vrid_range(const char *arg, void *draft)
{
	struct conf_draft *d = draft;
	const char *dash = strchr(arg, '-');
	uint32_t first, last;
	char text[4] = "";

	if (!dash || (size_t)(dash - arg) >= sizeof(text))
		return false;
	memcpy(text, arg, (size_t)(dash - arg));
	if (!conf_number_parse(text, &first) || !conf_number_parse(dash + 1, &last) ||
	    first < 1 || last > 255 || first > last)
		return false;
	d->in.vrid = (uint8_t)first;
	d->last_vrid = (uint8_t)last;
	return true;
}

bool
conf_take_auto_priority(const char *arg, void *draft)
{
	struct conf_draft *d = draft;

	d->priority_auto = !strcmp(arg, "auto");
	return d->priority_auto;
}

static void *
begin_candidate(struct conf_reader *r, const struct conf_word *word, void *arg)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
	struct conf_draft *d = arg;
	struct conf_instance *in = &d->in;
	size_t len = strlen(word->text);

	if (!len || len > 253 || strspn(word->text, allowed) != len) {
		conf_error(r->problems, &word->pos,
		    "\"%.60s\" is not the name of a node: small letters, digits, - and .",
		    word->text);
		return NULL;
	}
	for (size_t i = 0; i < in->n_candidates; i++)
		if (!strcmp(in->candidates[i], word->text))
			conf_error(r->problems, &word->pos,
			    "%.60s is a candidate already", word->text);
	in->candidates = array_grow(in->candidates, in->n_candidates, &in->cap_candidates,
	    sizeof(*in->candidates));
	conf_places_add(&d->candidates_at, word);
	in->candidates[in->n_candidates++] = xstrdup(word->text);
	return d;
}

void
conf_read_candidates(struct conf_reader *r, const struct conf_statement *st, void *draft)
{
	struct conf_items items = { NULL, begin_candidate, draft };

	conf_read_items(r, &items, st->block);
	if (!st->block)
		conf_error(r->problems, st->open,
		    "candidates names nobody: no node would take part");
}

void
conf_print_candidates(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *instance)
{
	const struct conf_instance *in = instance;

	if (!in->n_candidates)
		return;
	fprintf(out, "%*s%s {\n", (int)(4 * indent), "", kw->word);
	for (size_t i = 0; i < in->n_candidates; i++) {
		fprintf(out, "%*s", (int)(4 * indent + 4), "");
		conf_print_word(out, in->candidates[i]);
		fputc('\n', out);
	}
	fprintf(out, "%*s}\n", (int)(4 * indent), "");
}

/* ---- one instance for each virtual_router_id ---- */

static void *
copy(const void *items, size_t n, size_t size)
{
	void *to = n ? xcalloc(n, size) : NULL;

	if (n)
		memcpy(to, items, n * size);
	return to;
}

static struct conf_places
copy_places(const struct conf_places *p)
{
	return (struct conf_places){
		.items = copy(p->items, p->count, sizeof(const struct conf_word *)),
		.count = p->count,
		.cap = p->count,
	};
}

/* Of a draft without static addresses. */
static struct conf_draft *
clone(const struct conf_draft *d)
{
	struct conf_draft *c = copy(d, 1, sizeof(*d));
	const struct conf_ranges *rs = &d->in.service_ranges;

	c->in.peers = copy(d->in.peers, d->in.n_peers, sizeof(*d->in.peers));
	c->peers_cap = d->in.n_peers;
	c->in.routes.items =
	    copy(d->in.routes.items, d->in.routes.count, sizeof(*d->in.routes.items));
	c->in.routes.cap = d->in.routes.count;
	c->in.service_ranges.items = copy(rs->items, rs->count, sizeof(*rs->items));
	c->in.service_ranges.cap = rs->count;
	c->in.candidates = xcalloc(d->in.n_candidates, sizeof(*c->in.candidates));
	c->in.cap_candidates = d->in.n_candidates;
	for (size_t i = 0; i < d->in.n_candidates; i++)
		c->in.candidates[i] = xstrdup(d->in.candidates[i]);
	c->in.tracks = conf_tracks_copy(&d->in.tracks);
	c->in.notify = conf_notify_copy(&d->in.notify);
	c->addresses_at = c->routes_at = (struct conf_places){ 0 };
	c->peers_at = copy_places(&d->peers_at);
	c->ranges_at = copy_places(&d->ranges_at);
	c->candidates_at = copy_places(&d->candidates_at);
	return c;
}

static bool
may_expand(struct conf_build *b, const struct conf_draft *d)
{
	struct conf_problems *ps = b->reader.problems;

	if (d->in.n_addresses) {
		conf_error(ps, &d->addresses_at.items[0]->pos,
		    "%s stands for the virtual routers %u to %u: which of them carries "
		    "%s? Write an instance of its own for it",
		    d->in.name, d->in.vrid, d->last_vrid, d->addresses_at.items[0]->text);
		return false;
	}
	if (strlen(d->in.name) + strlen("-255") >= sizeof(d->in.name)) {
		conf_error(
		    ps, &d->name->pos, "the name is too long for a number behind it");
		return false;
	}
	return true;
}

static void
set_vrid(struct conf_draft *d, unsigned vrid)
{
	size_t len = strlen(d->in.name);

	snprintf(d->in.name + len, sizeof(d->in.name) - len, "-%u", vrid);
	d->in.vrid = (uint8_t)vrid;
}

void
conf_candidates_expand(struct conf_build *b)
{
	struct conf_draft **drafts = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < b->n_drafts; i++) {
		struct conf_draft *d = b->drafts[i];
		unsigned first = d->in.vrid, last = d->last_vrid;

		if (!last || !may_expand(b, d))
			last = first;
		for (unsigned vrid = last; vrid > first; vrid--) {
			struct conf_draft *c = clone(d);

			set_vrid(c, first + last - vrid);
			drafts = array_grow(drafts, n, &cap, sizeof(struct conf_draft *));
			drafts[n++] = c;
		}
		if (d->last_vrid && !d->in.n_addresses)
			set_vrid(d, last);
		drafts = array_grow(drafts, n, &cap, sizeof(struct conf_draft *));
		drafts[n++] = d;
	}
	free(b->drafts);
	b->drafts = drafts;
	b->n_drafts = n;
	b->drafts_cap = cap;
}

/* ---- who takes part, and how ---- */

/* The configuration id is a host name's first label as a rule. */
static bool
is_this_node(const struct conf_build *b, const char *candidate)
{
	const char *node = b->services.sv.node_name;
	size_t label = strcspn(candidate, ".");

	if (*node)
		return !strcasecmp(candidate, node);
	return !strcasecmp(candidate, b->config_id) ||
	    (strlen(b->config_id) == label &&
		!strncasecmp(candidate, b->config_id, label));
}

/* Rank 0 is the highest; each instance begins with another candidate. */
uint8_t
conf_candidate_priority(const struct conf_instance *in, size_t index)
{
	size_t rank =
	    (index + in->n_candidates - in->vrid % in->n_candidates) % in->n_candidates;

	return (uint8_t)(CONF_AUTO_HIGHEST - CONF_AUTO_STEP * rank);
}

static void
apply(struct conf_build *b, struct conf_draft *d)
{
	struct conf_problems *ps = b->reader.problems;
	struct conf_instance *in = &d->in;
	size_t self = 0;

	while (self < in->n_candidates && !is_this_node(b, in->candidates[self]))
		self++;
	in->stands_aside = in->n_candidates && self == in->n_candidates;
	in->priority_auto = d->priority_auto;
	if (!d->priority_auto)
		return;
	in->priority = 100; /* of a node that stands aside: it is not used */
	if (!in->n_candidates)
		conf_error(ps, &d->seen.at[CONF_W_PRIORITY]->pos,
		    "priority auto needs candidates { NODE... }: it is chosen by the "
		    "place in that list");
	else if (in->n_candidates > CONF_CANDIDATES_AUTO_MAX)
		conf_error(ps, &d->seen.at[CONF_W_PRIORITY]->pos,
		    "priority auto has room for %d candidates, %d apart",
		    CONF_CANDIDATES_AUTO_MAX, CONF_AUTO_STEP);
	else if (!in->stands_aside)
		in->priority = conf_candidate_priority(in, self);
}

void
conf_candidates_apply(struct conf_build *b)
{
	for (size_t i = 0; i < b->n_drafts; i++)
		apply(b, b->drafts[i]);
}
