/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "address.h"
#include "clock.h"

#define RETRY_FIRST_US (100 * US_PER_MS)
#define RETRY_MAX_US (10 * US_PER_S)
/* The kernel rounds, and drops an address a little before its time. */
#define EXPIRY_SLACK_US (100 * US_PER_MS)

enum plan_step
plan_next(const struct address_want *want, const struct plan_place *p, bool early)
{
	if (p->misfit)
		return early ? PLAN_WAIT : PLAN_DELETE;
	if (!want)
		return PLAN_REST;
	if (p->fits)
		return p->stale && !early ? PLAN_RENEW : PLAN_REST;
	if (p->foreign)
		return want->is_service ? PLAN_CONFLICT : PLAN_REST;
	if (p->foreign_elsewhere && want->is_service)
		return PLAN_CONFLICT;
	return p->ready && !early ? PLAN_ADD : PLAN_WAIT;
}

bool
plan_is_installed(const struct address_want *want, const struct plan_place *p)
{
	return want && ((p->fits && !p->unborn) || (p->foreign && !want->is_service));
}

bool
plan_same(const struct address_want *a, const struct address_want *b)
{
	return a->prefixlen == b->prefixlen && a->is_service == b->is_service &&
	    a->is_lasting == b->is_lasting && !strcmp(a->label, b->label) &&
	    ipaddr_eq(&a->broadcast, &b->broadcast) && a->scope == b->scope &&
	    a->noprefixroute == b->noprefixroute && a->preferred == b->preferred;
}

bool
plan_is_stale(const struct plan_life *l, uint32_t wanted_s, uint64_t now_us)
{
	if (!l->known)
		return wanted_s || l->expires;
	return l->given_s != wanted_s ||
	    (wanted_s && now_us >= l->given_us + wanted_s * US_PER_S / 3);
}

bool
plan_has_expired(const struct plan_life *l, uint64_t now_us)
{
	return l->known && l->given_s &&
	    now_us + EXPIRY_SLACK_US >= l->given_us + l->given_s * US_PER_S;
}

uint64_t
plan_retry_us(unsigned failures)
{
	uint64_t delay = RETRY_FIRST_US << (failures < 7 ? failures : 7);

	return delay < RETRY_MAX_US ? delay : RETRY_MAX_US;
}

bool
plan_is_done(bool deleting, int error)
{
	/* Gone already (with its interface, by another hand) is gone too. */
	if (deleting && (error == EADDRNOTAVAIL || error == ENODEV))
		return true;
	return !error;
}

/* At most 63 characters: vipctl shows them beside the address. */
const char *
plan_error_text(const struct ipaddr *addr, int error)
{
	bool ipv6 = addr->family == AF_INET6;

	switch (error) {
	case EEXIST:
		return "configured here by others";
	case EACCES:
		if (ipv6)
			return "IPv6 is off there (sysctl disable_ipv6); turn it on";
		break;
	case EAFNOSUPPORT:
	case EOPNOTSUPP:
		if (ipv6)
			return "this kernel runs without IPv6 (ipv6.disable at boot)";
		break;
	case EINVAL:
		if (ipv6)
			return "IPv6 is off there (its MTU is below 1280); raise it";
		break;
	case EPERM:
		return "vipd may not (it needs CAP_NET_ADMIN)";
	default:
		break;
	}
	return strerror(error);
}
