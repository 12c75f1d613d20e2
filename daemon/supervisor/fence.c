/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void __attribute__((format(printf, 3, 4)))
reject(struct msg_service_address *a, enum verdict verdict, const char *fmt, ...)
{
	va_list ap;

	a->verdict = (uint8_t)verdict;
	va_start(ap, fmt);
	vsnprintf(a->reason, sizeof(a->reason), fmt, ap);
	va_end(ap);
}

/*
 * A pool that shrinks takes nothing away (and one in a ConfigMap is no fence at
 * all), so what an instance names in its service_addresses may come from a pool
 * that is not there any longer.
 */
static bool
is_offered(const struct conf_services *s, const struct conf_instance *ci,
    const struct msg_service_address *a)
{
	if (a->origin == ORIGIN_EXTERNAL_IP)
		return ipranges_contain(
		    s->external_ips.items, s->external_ips.count, &a->addr);
	for (size_t i = 0; i < s->n_pools; i++)
		if (ipranges_contain(
			s->pools[i].ranges.items, s->pools[i].ranges.count, &a->addr))
			return true;
	return ci &&
	    ipranges_contain(
		ci->service_ranges.items, ci->service_ranges.count, &a->addr);
}

static bool
named_by_another(
    const struct conf *conf, const struct conf_instance *self, const struct ipaddr *addr)
{
	for (size_t i = 0; i < conf->n_instances; i++) {
		const struct conf_instance *ci = &conf->instances[i];

		if (ci != self && ci->wants_services &&
		    ipranges_contain(
			ci->service_ranges.items, ci->service_ranges.count, addr))
			return true;
	}
	return false;
}

static bool
may_carry(
    const struct conf *conf, const struct conf_instance *ci, const struct ipaddr *addr)
{
	if (!ci->wants_services)
		return false;
	if (!ci->service_ranges.count)
		return !named_by_another(conf, ci, addr);
	return ipranges_contain(ci->service_ranges.items, ci->service_ranges.count, addr);
}

static bool
is_static(const struct conf *conf, const struct ipaddr *addr)
{
	for (size_t i = 0; i < conf->n_instances; i++)
		for (size_t k = 0; k < conf->instances[i].n_addresses; k++)
			if (ipaddr_eq(&conf->instances[i].addresses[k].addr, addr))
				return true;
	return false;
}

void
fence_check(const struct fence *f, struct msg_service_address *a)
{
	const struct conf_instance *ci;
	char text[IPADDR_STRLEN];
	const char *interface, *owner;

	if (a->verdict != VERDICT_OK)
		return;
	ipaddr_format(&a->addr, text);
	ci = conf_find_instance(f->conf, a->instance);
	interface = f->foreign(f->arg, &a->addr);
	owner = f->reserved ? f->reserved(f->arg, &a->addr) : NULL;
	if (!ipaddr_is_routable(&a->addr))
		reject(a, VERDICT_REFUSED, "%s is not an address for a LAN", text);
	else if (owner)
		reject(a, VERDICT_REFUSED, "%s is %s; give the Service another", text,
		    owner);
	else if (!is_offered(&f->conf->services, ci, a))
		reject(a, VERDICT_REFUSED, "%s is outside %s; widen it in vipd.conf",
		    text,
		    a->origin == ORIGIN_EXTERNAL_IP ? "external_ips"
						    : "every address_pool and "
						      "service_addresses");
	else if (!ci || !may_carry(f->conf, ci, &a->addr))
		reject(a, VERDICT_REFUSED,
		    "%s is in no instance's service_addresses; add it in vipd.conf",
		    text);
	else if (interface)
		reject(a, VERDICT_CONFLICT,
		    "%s is configured on %s of this node by others", text, interface);
	else if (is_static(f->conf, &a->addr))
		a->origin = ORIGIN_STATIC;
}
