/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wants.h"

#include <stdlib.h>
#include <string.h>

#include "first_use.h"
#include "mem.h"

/* A list under construction for one instance. */
struct wants {
	struct instance *instance;
	struct msg_ctl_address *list;
	size_t count;
	size_t cap;
};

static struct msg_ctl_address *
append(struct wants *w, const struct ipaddr *addr, enum address_origin origin)
{
	struct msg_ctl_address *a;

	w->list = array_grow(w->list, w->count, &w->cap, sizeof(*w->list));
	a = &w->list[w->count++];
	*a = (struct msg_ctl_address){ .addr = *addr, .origin = (uint8_t)origin };
	return a;
}

static void
append_static(struct wants *w)
{
	const struct conf_instance *c = w->instance->conf;

	for (size_t i = 0; i < c->n_addresses; i++) {
		const struct conf_address *ca = &c->addresses[i];
		struct msg_ctl_address *a = append(w, &ca->addr, ORIGIN_STATIC);

		a->prefixlen = ca->prefixlen;
		a->excluded = ca->excluded;
		str_copy(a->dev, sizeof(a->dev),
		    ca->dev[0] ? ca->dev : conf_instance_device(c));
	}
}

/* guess: mostly it is the same as of the Service before. */
static struct wants *
find_wants(struct wants *all, size_t n, struct wants *guess, const char *name)
{
	if (guess && !strcmp(guess->instance->name, name))
		return guess;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(all[i].instance->name, name))
			return &all[i];
	return NULL;
}

static void
append_services(struct wants *all, size_t n, const struct services *services)
{
	struct wants *w = NULL;

	for (const struct service *sv = services->all; sv; sv = sv->hh.next) {
		for (size_t i = 0; sv->wants && i < sv->n_addresses; i++) {
			const struct msg_service_address *sa = &sv->addresses[i];
			struct msg_ctl_address *a;

			/* A static address is there without any Service. */
			if (!service_wants(sv, sa) || sa->origin == ORIGIN_STATIC)
				continue;
			w = find_wants(all, n, w, sa->instance);
			if (!w || !w->instance->conf)
				continue;
			a = append(w, &sa->addr, (enum address_origin)sa->origin);
			a->prefixlen = ipaddr_bits(&sa->addr);
			str_copy(a->dev, sizeof(a->dev),
			    conf_instance_device(w->instance->conf));
		}
	}
}

static int
by_address(const void *a, const void *b)
{
	const struct msg_ctl_address *x = a, *y = b;

	return ipaddr_cmp(&x->addr, &y->addr);
}

static void
sort_unique(struct wants *w, size_t n_static)
{
	struct msg_ctl_address *list = w->list + n_static;
	size_t n = w->count - n_static, kept = 0;

	if (!n)
		return;
	qsort(list, n, sizeof(*list), by_address);
	for (size_t i = 0; i < n; i++)
		if (!kept || !ipaddr_eq(&list[kept - 1].addr, &list[i].addr))
			list[kept++] = list[i];
	w->count = n_static + kept;
}

/*
 * An address that is no longer wanted but still on the interface stays in the
 * list until the kernel has confirmed its removal.
 */
static void
keep_installed(struct wants *w, const struct instance *in, size_t n_static)
{
	size_t n = w->count, at = n_static;

	for (size_t i = 0; i < in->n_addresses; i++) {
		const struct msg_ctl_address *a = &in->addresses[i];

		if (!a->installed || (in->conf && a->origin == ORIGIN_STATIC))
			continue;
		/* Both are sorted, but for what was static. */
		while (at < n && ipaddr_cmp(&w->list[at].addr, &a->addr) < 0)
			at++;
		if (at < n && ipaddr_eq(&w->list[at].addr, &a->addr))
			continue;
		*append(w, &a->addr, (enum address_origin)a->origin) = *a;
	}
	if (w->count > n)
		sort_unique(w, n_static);
}

static void
carry_over(struct wants *w, const struct instances *is, const struct instance *in)
{
	/* The first list comes with a takeover, which probes nothing. */
	bool settled = in->was_master && !(is->soft & SOFT_INCOMPLETE);

	for (size_t i = 0; i < w->count; i++) {
		const struct ipaddr *addr = &w->list[i].addr;
		const struct msg_ctl_address *before = NULL;

		/* Mostly nothing has moved; static ones are not sorted. */
		if (i < in->n_addresses && ipaddr_eq(&in->addresses[i].addr, addr))
			before = &in->addresses[i];
		else
			before = instance_find_address(in, addr);
		first_use_carry(&w->list[i], before, settled, instance_is_master(in));
		if (!before)
			continue;
		w->list[i].installed = before->installed;
		w->list[i].released = before->released;
		memcpy(w->list[i].error, before->error, sizeof(before->error));
	}
}

/* I3: a master, or who was one and has it still, while nobody else has. */
static bool
may_hold(const struct instance *in, const struct msg_ctl_address *a)
{
	return (instance_is_master(in) && a->use == ADDRESS_FREE) ||
	    (instance_is_yielding(in) && a->installed && !a->released);
}

static void
hand_over(
    struct instances *is, struct instance *in, const struct wants *w, size_t n_wanted)
{
	const struct conf_instance *c = in->conf;
	struct address_want *list = xcalloc(n_wanted, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < n_wanted && !is->stopping; i++) {
		const struct msg_ctl_address *a = &w->list[i];
		struct address_want *want = &list[n];

		if (!may_hold(in, a))
			continue;
		n++;
		*want = (struct address_want){
			.addr = a->addr,
			.prefixlen = a->prefixlen,
			.is_service = a->origin != ORIGIN_STATIC,
			.lifetime_s = c ? c->address_lifetime_s : 0,
		};
		memcpy(want->dev, a->dev, sizeof(a->dev));
		if (a->origin != ORIGIN_STATIC)
			continue;
		want->broadcast = c->addresses[i].broadcast;
		want->scope = c->addresses[i].scope;
		want->noprefixroute = c->addresses[i].noprefixroute;
		want->preferred = c->addresses[i].preferred;
		memcpy(want->label, c->addresses[i].label, sizeof(want->label));
	}
	is->ops->want(is->arg, in->id, list, n);
	free(list);
}

static void
settle(struct instances *is, struct wants *w)
{
	struct instance *in = w->instance;
	size_t n_static = in->conf ? in->conf->n_addresses : 0;

	sort_unique(w, n_static);
	carry_over(w, is, in);
	hand_over(is, in, w, w->count);
	keep_installed(w, in, n_static);
	free(in->addresses);
	in->addresses = w->list;
	in->n_addresses = w->count;
	in->n_static = n_static;
	in->was_master = instance_is_master(in);
	first_use_ask(is, in);
}

static bool
may_hold_any(const struct instance *in)
{
	for (size_t i = 0; i < in->n_addresses; i++)
		if (may_hold(in, &in->addresses[i]))
			return true;
	return false;
}

/* An address that is about to be on the macvlan. */
static bool
lacks_address(const struct instance *in)
{
	for (size_t i = 0; i < in->n_addresses; i++) {
		const struct msg_ctl_address *a = &in->addresses[i];

		if (may_hold(in, a) && !a->installed && !a->error[0] &&
		    !strcmp(a->dev, in->conf->vmac.name))
			return true;
	}
	return false;
}

/*
 * Up, the kernel speaks from the virtual MAC (MLD), and switches follow: so a
 * macvlan comes up with all its addresses, and goes down before they go, at the
 * end of a yield.
 */
static bool
wants_up(const struct instance *in)
{
	if (in->vmac_up)
		return may_hold_any(in) || instance_is_yielding(in);
	return instance_is_master(in) && may_hold_any(in) && !lacks_address(in);
}

static void
want_vmacs(struct instances *is, size_t n)
{
	struct vmac_want *list = xcalloc(n, sizeof(*list)), *v;
	size_t count = 0;

	for (struct instance *in = is->first; in && !is->stopping; in = in->next) {
		const struct conf_instance *c = in->conf;

		in->vmac_up = c && c->vmac.wanted && wants_up(in);
		if (!c || !c->vmac.wanted)
			continue;
		v = &list[count++];
		v->up = in->vmac_up;
		str_copy(v->name, sizeof(v->name), c->vmac.name);
		str_copy(v->parent, sizeof(v->parent), c->interface);
		memcpy(v->mac, c->vmac.mac, sizeof(v->mac));
	}
	is->ops->want_vmacs(is->arg, list, count);
	free(list);
}

/*
 * A master's, once its static addresses are there and its macvlan is up, since a
 * route's source or way may be one of them; who yields keeps them as long as an
 * address.
 */
static bool
may_have_routes(const struct instance *in)
{
	if (!instance_is_master(in))
		return instance_is_yielding(in) && may_hold_any(in);
	if (in->conf->vmac.wanted && !in->vmac_up)
		return false;
	for (size_t i = 0; i < in->n_static && !in->has_routes; i++)
		if (!in->addresses[i].installed && !in->addresses[i].error[0])
			return false;
	return true;
}

static void
want_routes(struct instances *is)
{
	struct route_want *list = NULL;
	size_t n = 0, cap = 0;

	for (struct instance *in = is->first; in; in = in->next) {
		in->has_routes = !is->stopping && may_have_routes(in);
		for (size_t i = 0; in->has_routes && i < in->conf->routes.count; i++) {
			list = array_grow(list, n, &cap, sizeof(*list));
			list[n++] = (struct route_want){
				.owner = in->name,
				.route = &in->conf->routes.items[i],
			};
		}
	}
	is->ops->want_routes(is->arg, list, n);
	free(list);
}

void
wants_compute(struct instances *is)
{
	struct wants *all;
	size_t n = 0;

	for (struct instance *in = is->first; in; in = in->next)
		n++;
	all = xcalloc(n, sizeof(*all));
	n = 0;
	for (struct instance *in = is->first; in; in = in->next) {
		all[n].instance = in;
		if (in->conf)
			append_static(&all[n]);
		n++;
	}
	append_services(all, n, is->services);
	for (size_t i = 0; i < n; i++)
		settle(is, &all[i]);
	free(all);
	want_vmacs(is, n);
	want_routes(is);
}
