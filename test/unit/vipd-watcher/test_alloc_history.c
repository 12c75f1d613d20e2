/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random histories of a cluster: Services come, change and go, pools are
 * edited, leaders change in the midst of their writing and processes restart.
 * After each event the API must show no address twice, none that no pool
 * offered, none taken from a Service that asked for nothing else, and no
 * Namespace beyond its limit. VIPD_SEED and VIPD_EVENTS choose the history.
 */
#include <stdio.h>

#include "allocworld.h"
#include "unit.h"

#define SERVICES 60
#define LIMIT 3

static const char *const pool_texts[] = {
	("address_pool a { addresses { 192.0.2.250-192.0.3.4 2001:db8::-2001:db8::6 } } "
	 "address_pool b { addresses { 192.0.2.16/29 192.0.2.40 } namespaces { n1 n2 } "
	 "limit_per_namespace 3 } "
	 "address_pool c { addresses { 192.0.2.64/28 } auto_assign no }"),
	("address_pool a { addresses { 192.0.2.252-192.0.3.2 2001:db8::3-2001:db8::6 } } "
	 "address_pool b { addresses { 192.0.2.16/28 } exclude { 192.0.2.18 } "
	 "limit_per_namespace 3 service_selector { app in (x, y) } }"),
	("address_pool c { addresses { 192.0.2.64/27 192.0.2.16/30 2001:db8::/112 } } "
	 "address_pool a { addresses { 192.0.3.0/29 } }"),
	"",
};

static const char *const wishes[] = { NULL, NULL, NULL, NULL, NULL, "192.0.2.17",
	"192.0.2.66", "192.0.2.255", "198.51.100.1", "2001:db8::4",
	"192.0.2.67,2001:db8::5" };

/* One Service in the API. */
struct cell {
	struct service_object *object; /* NULL: it does not exist */
	struct spec spec;
	unsigned version;
	char name[8], ns[4], uid[16];
	/* the leader's write that is on its way */
	bool writing;
	unsigned expects; /* the version that it was decided on */
	struct ipaddr to[2];
	size_t n_to;
	bool touched; /* it asked for something else since the last look */
};

struct world {
	struct cell cells[SERVICES];
	struct service_object *garbage[SERVICES]; /* borrowed until put again */
	struct alloc *alloc;
	struct pools *pools;
	struct ipaddr reserved[3];
	bool is_reserved[3];
	unsigned seed, clock, uid;
};

static unsigned
draw(struct world *w, unsigned n)
{
	w->seed = w->seed * 1103515245u + 12345u;
	return (w->seed >> 16) % n;
}

/* ---- the API ---- */

static void
rebuild(struct world *w, struct cell *c)
{
	size_t i = (size_t)(c - w->cells);

	if (c->object) {
		service_object_free(w->garbage[i]);
		w->garbage[i] = c->object;
	}
	c->object = make_service(&c->spec);
	c->version++;
}

static void
see(struct world *w, struct cell *c)
{
	alloc_put(w->alloc, c->object, true);
}

static void
draw_spec(struct world *w, struct cell *c)
{
	struct spec *s = &c->spec;
	static const char *const labels[] = { "x", "y", "z" };
	static const char *const pools[] = { "a", "b", "c", "gone" };

	s->port = (uint16_t)(80 + draw(w, 3));
	s->families[0] = draw(w, 4) ? AF_INET : AF_INET6;
	s->families[1] = draw(w, 4) ? 0 : s->families[0] == AF_INET ? AF_INET6 : AF_INET;
	s->policy = s->families[1] ? PREFER_DUAL_STACK + draw(w, 2) : SINGLE_STACK;
	s->wants = wishes[draw(w, ARRAY_LEN(wishes))];
	s->pool = draw(w, 6) ? NULL : pools[draw(w, 4)];
	s->sharing = draw(w, 4) ? NULL : draw(w, 2) ? "k" : "l";
	s->label = labels[draw(w, 3)];
}

static void
create(struct world *w, struct cell *c)
{
	static const char *const namespaces[] = { "n1", "n2", "n3" };
	size_t i = (size_t)(c - w->cells);

	snprintf(c->name, sizeof(c->name), "s%zu", i);
	snprintf(c->uid, sizeof(c->uid), "u%u", ++w->uid);
	c->spec = (struct spec){
		.name = c->name,
		.ns = namespaces[i % 3],
		.uid = c->uid,
		.created = ++w->clock,
	};
	draw_spec(w, c);
	c->writing = false;
	c->touched = true;
	rebuild(w, c);
	see(w, c);
}

static void
destroy(struct world *w, struct cell *c)
{
	size_t i = (size_t)(c - w->cells);
	char key[SERVICE_KEY_LEN];

	alloc_remove(w->alloc, service_object_key(c->object, key));
	service_object_free(c->object);
	service_object_free(w->garbage[i]);
	w->garbage[i] = NULL;
	*c = (struct cell){ 0 };
}

static bool
has(const struct ipaddr *list, size_t n, const struct ipaddr *addr)
{
	for (size_t i = 0; i < n; i++)
		if (ipaddr_eq(&list[i], addr))
			return true;
	return false;
}

static bool
sharing_is_fine(const struct cell *a, const struct cell *b)
{
	return a->spec.sharing && b->spec.sharing &&
	    !strcmp(a->spec.sharing, b->spec.sharing) && !strcmp(a->spec.ns, b->spec.ns);
}

/* Neither the API nor a write on its way says that another one has it. */
static void
check_alone(const struct world *w, const struct cell *c, const struct ipaddr *addr)
{
	for (size_t i = 0; i < SERVICES; i++) {
		const struct cell *other = &w->cells[i];

		if (other == c || !other->object ||
		    !(has(other->spec.has, other->spec.n_has, addr) ||
			(other->writing && has(other->to, other->n_to, addr))))
			continue;
		ck_assert_msg(sharing_is_fine(c, other), "%s and %s have one address",
		    c->name, other->name);
	}
}

/* The server takes the write if nothing has changed since it was decided. */
static void
arrive(struct world *w, struct cell *c)
{
	static char since[SERVICES][24];
	char *text = since[c - w->cells];

	c->writing = false;
	if (c->version != c->expects) {
		see(w, c);
		return;
	}
	c->spec.n_has = c->n_to;
	memcpy(c->spec.has, c->to, sizeof(c->to));
	snprintf(text, 24, "2026-01-01T%08u", ++w->clock);
	c->spec.since = text;
	rebuild(w, c);
	see(w, c);
}

/* ---- what must hold ---- */

/* An address that is new to the Service. */
static void
check_new(const struct world *w, const struct alloc_service *as, const struct ipaddr *a)
{
	size_t pool = pools_find(w->pools, a);
	const struct service_object *o = as->object;

	ck_assert_uint_ne(pool, POOL_NONE);
	ck_assert(pool_offers(&w->pools->items[pool], a));
	ck_assert(pool_fits(
	    &w->pools->items[pool], o->id.ns, o->wish->labels, o->wish->n_labels));
	ck_assert(!o->wish->pool || !strcmp(o->wish->pool, w->pools->conf[pool].name));
	ck_assert(w->pools->conf[pool].auto_assign || o->wish->pool || o->wish->n_addrs ||
	    o->wish->sharing);
	for (size_t i = 0; i < 3; i++)
		ck_assert(!w->is_reserved[i] || !ipaddr_eq(a, &w->reserved[i]));
}

static size_t
held_by_namespace(const struct world *w, const char *ns, size_t pool)
{
	struct ipaddr seen[2 * SERVICES];
	size_t n = 0;

	for (size_t i = 0; i < SERVICES; i++) {
		const struct cell *c = &w->cells[i];
		const struct alloc_service *as;
		char key[SERVICE_KEY_LEN];

		if (!c->object || strcmp(c->spec.ns, ns))
			continue;
		as = alloc_find(w->alloc, service_object_key(c->object, key));
		for (int f = 0; f < POOL_FAMILIES; f++)
			if (as->held[f].family &&
			    pools_find(w->pools, &as->held[f]) == pool &&
			    !has(seen, n, &as->held[f]))
				seen[n++] = as->held[f];
	}
	return n;
}

static bool
is_shared(const struct world *w, const struct cell *c, const struct ipaddr *addr)
{
	for (size_t i = 0; i < SERVICES; i++) {
		const struct cell *other = &w->cells[i];
		char key[SERVICE_KEY_LEN];

		if (other != c && other->object &&
		    has(alloc_find(w->alloc, service_object_key(other->object, key))
			    ->held,
			POOL_FAMILIES, addr))
			return true;
	}
	return false;
}

static void
decided(void *arg, const struct alloc_service *as)
{
	struct world *w = arg;
	struct cell *c = &w->cells[atoi(as->object->id.name + 1)];
	struct ipaddr now[POOL_FAMILIES], was[POOL_FAMILIES];
	size_t n = alloc_held(as, now), n_was = c->writing ? c->n_to : c->spec.n_has;

	memcpy(was, c->writing ? c->to : c->spec.has, sizeof(was));
	for (size_t i = 0; i < n; i++) {
		size_t pool = pools_find(w->pools, &now[i]);

		if (has(was, n_was, &now[i]))
			continue;
		check_new(w, as, &now[i]);
		check_alone(w, c, &now[i]);
		/* Who joins a sharer takes no address more. */
		if (w->pools->conf[pool].limit_per_namespace && !is_shared(w, c, &now[i]))
			ck_assert_uint_le(held_by_namespace(w, c->spec.ns, pool), LIMIT);
	}
	/* Stickiness: who asked for nothing else has what it had. */
	for (size_t i = 0; i < n_was && !c->touched; i++)
		ck_assert_msg(
		    has(now, n, &was[i]), "%s lost an address: %s", as->key, as->why);
	if (n == c->spec.n_has && !memcmp(now, c->spec.has, n * sizeof(*now))) {
		c->writing = false;
		return;
	}
	c->writing = true;
	c->expects = c->version;
	c->n_to = n;
	memcpy(c->to, now, sizeof(now));
}

/* Who does not lead has what the status says. */
static void
follows(void *arg, const struct alloc_service *as)
{
	struct world *w = arg;
	const struct spec *s = &w->cells[atoi(as->object->id.name + 1)].spec;
	struct ipaddr now[POOL_FAMILIES];

	ck_assert_uint_eq(alloc_held(as, now), s->n_has);
	for (size_t i = 0; i < s->n_has; i++)
		ck_assert(has(now, s->n_has, &s->has[i]));
}

/* ---- events ---- */

static void
see_everything(struct world *w)
{
	for (size_t i = 0; i < SERVICES; i++)
		if (w->cells[i].object)
			see(w, &w->cells[i]);
}

/*
 * Who begins to lead finds two on one address if the one that had to go was
 * not written yet: it cannot know which of them that was, so either may go.
 */
static void
touch_neighbours(struct world *w)
{
	for (size_t i = 0; i < SERVICES; i++)
		for (size_t k = 0; k < SERVICES; k++) {
			struct cell *a = &w->cells[i], *b = &w->cells[k];

			for (size_t x = 0; a->object && a->touched && x < a->spec.n_has;
			     x++)
				if (b->object &&
				    has(b->spec.has, b->spec.n_has, &a->spec.has[x]))
					b->touched = true;
		}
}

static void
restart(struct world *w)
{
	alloc_free(w->alloc);
	w->alloc = alloc_new();
	alloc_set_pools(w->alloc, w->pools);
	for (size_t i = 0; i < 3; i++)
		if (w->is_reserved[i])
			alloc_reserve(w->alloc, &w->reserved[i]);
	touch_neighbours(w);
	/* The old leader's writes that have not arrived never will. */
	for (size_t i = 0; i < SERVICES; i++)
		w->cells[i].writing = false;
	see_everything(w);
	alloc_lead(w->alloc, true);
}

static void
lose_the_lead(struct world *w)
{
	alloc_lead(w->alloc, false);
	touch_neighbours(w);
	for (size_t i = 0; i < SERVICES; i++)
		w->cells[i].writing = false;
	see_everything(w);
	alloc_run(w->alloc, follows, w);
	alloc_lead(w->alloc, true);
}

static void
edit_pools(struct world *w)
{
	struct pools *old = w->pools;

	w->pools = pools_of(pool_texts[draw(w, ARRAY_LEN(pool_texts))]);
	alloc_set_pools(w->alloc, w->pools);
	pools_free(old);
}

static void
toggle_reservation(struct world *w)
{
	size_t i = draw(w, 3);

	w->is_reserved[i] = !w->is_reserved[i];
	if (w->is_reserved[i])
		alloc_reserve(w->alloc, &w->reserved[i]);
	else
		alloc_unreserve(w->alloc, &w->reserved[i]);
}

static void
step(struct world *w)
{
	struct cell *c = &w->cells[draw(w, SERVICES)];
	unsigned what = draw(w, 100);

	if (what == 0)
		restart(w);
	else if (what == 1)
		lose_the_lead(w);
	else if (what == 2)
		edit_pools(w);
	else if (what < 6)
		toggle_reservation(w);
	else if (!c->object)
		create(w, c);
	else if (c->writing && what < 60)
		arrive(w, c);
	else if (what < 75) {
		destroy(w, c);
		if (what < 64) /* S19 */
			create(w, c);
	} else if (what < 90) {
		draw_spec(w, c);
		c->touched = true;
		rebuild(w, c);
		see(w, c);
	} else {
		rebuild(w, c); /* somebody changed a label of no interest */
		see(w, c);
	}
	alloc_run(w->alloc, decided, w);
	for (size_t i = 0; i < SERVICES; i++)
		if (w->cells[i].object && !w->cells[i].writing)
			w->cells[i].touched = false;
}

static unsigned
number(const char *name, unsigned fallback)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : fallback;
}

static void
play(unsigned seed, unsigned events)
{
	static struct world w;

	w = (struct world){ .seed = seed, .alloc = alloc_new() };
	w.reserved[0] = ip("192.0.2.17");
	w.reserved[1] = ip("192.0.2.253");
	w.reserved[2] = ip("2001:db8::4");
	w.pools = pools_of(pool_texts[0]);
	alloc_set_pools(w.alloc, w.pools);
	alloc_lead(w.alloc, true);
	for (unsigned i = 0; i < events; i++)
		step(&w);
	for (size_t i = 0; i < SERVICES; i++)
		if (w.cells[i].object)
			destroy(&w, &w.cells[i]);
	for (size_t p = 0; p < w.pools->n; p++)
		for (int f = 0; f < POOL_FAMILIES; f++)
			ck_assert_uint_le(alloc_used(w.alloc, p, (enum pool_family)f), 3);
	alloc_free(w.alloc);
	pools_free(w.pools);
}

START_TEST(no_history_hands_an_address_out_twice_or_takes_one_away)
{
	unsigned seed = number("VIPD_SEED", 1), events = number("VIPD_EVENTS", 100000);

	for (unsigned i = 0; i < 10; i++)
		play(seed + i, events / 10);
}
END_TEST

UNIT_MAIN("alloc_history", no_history_hands_an_address_out_twice_or_takes_one_away)
