/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "own.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "intake.h"
#include "mem.h"

static bool
read_address(const struct ifaddrs *ifa, struct ipaddr *out)
{
	if (!ifa->ifa_addr)
		return false;
	if (ifa->ifa_addr->sa_family == AF_INET)
		*out = ipaddr_from4(
		    &((const struct sockaddr_in *)(const void *)ifa->ifa_addr)->sin_addr);
	else if (ifa->ifa_addr->sa_family == AF_INET6)
		*out = ipaddr_from6(
		    &((const struct sockaddr_in6 *)(const void *)ifa->ifa_addr)
			 ->sin6_addr);
	else
		return false;
	return ipaddr_is_routable(out);
}

size_t
own_addresses(struct ipaddr **out)
{
	struct ifaddrs *all = NULL;
	size_t n = 0, cap = 0;

	*out = NULL;
	if (getifaddrs(&all) < 0)
		return 0;
	for (const struct ifaddrs *ifa = all; ifa; ifa = ifa->ifa_next) {
		*out = array_grow(*out, n, &cap, sizeof(**out));
		n += read_address(ifa, &(*out)[n]);
	}
	freeifaddrs(all);
	return n;
}

static bool
is_one_of(const struct told *t, const struct ipaddr *addr)
{
	for (size_t i = 0; i < t->n_addresses; i++)
		if (ipaddr_eq(&t->addresses[i].addr, addr))
			return true;
	return false;
}

static bool
may_come(const struct told *t, const struct ipaddr *own, size_t n, uint8_t family)
{
	for (size_t i = 0; i < n; i++)
		if (own[i].family == family && !is_one_of(t, &own[i]) &&
		    ipranges_contain(t->sources, t->n_sources, &own[i]))
			return true;
	return false;
}

void
own_admit(struct told *t, const struct ipaddr *own, size_t n)
{
	size_t n_told = t->n_sources, cap = n_told;

	for (size_t i = 0; n_told && i < t->n_addresses; i++) {
		const struct ipaddr *addr = &t->addresses[i].addr;

		if (!may_come(t, own, n, addr->family))
			continue;
		t->sources =
		    array_grow(t->sources, t->n_sources, &cap, sizeof(*t->sources));
		t->sources[t->n_sources++] = (struct iprange){ *addr, *addr };
	}
}
