/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "placement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims.h"
#include "hash.h"
#include "object.h"

static uint64_t
weight(const struct ipaddr *addr, const struct placement_instance *in)
{
	uint64_t h = hash_add(HASH_INIT, addr->bytes, ipaddr_len(addr));

	return hash_end(hash_add(h, &in->vrid, sizeof(in->vrid)));
}

/* Two instances may have one virtual_router_id (IPv4 and IPv6 adverts). */
static bool
outweighs(const struct ipaddr *addr, const struct placement_instance *a,
    const struct placement_instance *b)
{
	uint64_t wa = weight(addr, a);
	uint64_t wb = weight(addr, b);

	if (wa != wb)
		return wa > wb;
	return strcmp(a->name, b->name) < 0;
}

static bool
is_named(const struct ipaddr *addr, const struct placement_instance *instances, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!instances[i].bare &&
		    ipranges_contain(instances[i].ranges, instances[i].n_ranges, addr))
			return true;
	return false;
}

static bool
fits(const struct ipaddr *addr, const struct placement_instance *in,
    const struct placement_instance *instances, size_t n)
{
	return in->bare ? !is_named(addr, instances, n)
			: ipranges_contain(in->ranges, in->n_ranges, addr);
}

/* Those that fit, and serve what is needed where there are any such. */
static const struct placement_instance *
choose(const struct ipaddr *addr, const struct placement_instance *instances, size_t n,
    const struct placement_wish *wish, bool suitable)
{
	const struct placement_instance *best = NULL, *recorded = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct placement_instance *in = &instances[i];

		if (!fits(addr, in, instances, n))
			continue;
		if (wish->pin && !strcmp(wish->pin, in->name))
			return in;
		if (suitable && wish->suits && !wish->suits(wish->arg, in))
			continue;
		if (wish->vrid == in->vrid &&
		    (!recorded || outweighs(addr, in, recorded)))
			recorded = in;
		if (!best || outweighs(addr, in, best))
			best = in;
	}
	return recorded ? recorded : best;
}

const struct placement_instance *
placement_choose(const struct ipaddr *addr, const struct placement_instance *instances,
    size_t n, const struct placement_wish *wish)
{
	const struct placement_instance *in = choose(addr, instances, n, wish, true);

	return in ? in : choose(addr, instances, n, wish, false);
}

const struct placement_instance *
placement_obey(const struct ipaddr *addr, const struct placement_instance *instances,
    size_t n, uint8_t vrid, size_t *n_fit)
{
	const struct placement_instance *only = NULL, *recorded = NULL;

	*n_fit = 0;
	for (size_t i = 0; i < n; i++) {
		const struct placement_instance *in = &instances[i];

		if (!fits(addr, in, instances, n))
			continue;
		only = in;
		(*n_fit)++;
		if (vrid == in->vrid && (!recorded || outweighs(addr, in, recorded)))
			recorded = in;
	}
	if (vrid)
		return recorded;
	return *n_fit == 1 ? only : NULL;
}

/* ---- records ---- */

uint8_t
placement_recorded(const char *record, const struct ipaddr *addr)
{
	char text[IPADDR_STRLEN];
	size_t len;

	ipaddr_format(addr, text);
	len = strlen(text);
	for (const char *at = record; at; at = strchr(at, ',')) {
		unsigned long vrid;

		at += strspn(at, ", ");
		if (!*at)
			break;
		if (strncmp(at, text, len) || at[len] != '=')
			continue;
		vrid = strtoul(at + len + 1, NULL, 10);
		return vrid <= UINT8_MAX ? (uint8_t)vrid : 0;
	}
	return 0;
}

void
placement_record(char *record, size_t size, const struct ipaddr *addr, uint8_t vrid)
{
	size_t len = strlen(record);
	char text[IPADDR_STRLEN];

	snprintf(record + len, size - len, "%s%s=%u", len ? ", " : "",
	    ipaddr_format(addr, text), vrid);
}

static const char *
record_of(const struct service_object *s)
{
	const struct status_condition *c = &s->status.conditions[STATUS_PLACED];

	return c->present && c->value ? c->message : NULL;
}

static bool
is_pinned(const struct service_object *s, const struct ipaddr *addr)
{
	(void)addr;
	return s->pin != NULL;
}

static bool
is_recorded(const struct service_object *s, const struct ipaddr *addr)
{
	return placement_recorded(record_of(s), addr) != 0;
}

struct placement_wish
placement_wish_of(const struct claims *claims, const struct ipaddr *addr)
{
	const struct service_object *pinned = claims_first(claims, addr, is_pinned);
	const struct service_object *recorded = claims_first(claims, addr, is_recorded);

	return (struct placement_wish){
		.pin = pinned ? pinned->pin : NULL,
		.vrid = recorded ? placement_recorded(record_of(recorded), addr) : 0,
	};
}
