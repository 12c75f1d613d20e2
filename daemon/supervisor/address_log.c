/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "plan.h"

#define INTERVAL_US (10 * US_PER_S)
#define OTHERS_LEN 32

void
address_log_init(struct address_log *l)
{
	l->failed.interval_us = INTERVAL_US;
	l->healed.interval_us = INTERVAL_US;
	l->fight.interval_us = INTERVAL_US;
	l->expired.interval_us = INTERVAL_US;
}

/* False: not now. */
static bool
may_log(struct log_limit *limit, char others[OTHERS_LEN])
{
	uint32_t held;

	if (!log_allowed(limit, clock_us(), &held))
		return false;
	others[0] = '\0';
	if (held)
		snprintf(others, OTHERS_LEN, " (%u more before)", held);
	return true;
}

void
address_log_failed(
    struct address_log *l, const char *dev, const struct ipaddr *addr, int error)
{
	char text[IPADDR_STRLEN], others[OTHERS_LEN];
	const char *why = plan_error_text(addr, error);

	/* Without its interface it waits; the instance says so. */
	if (error != ENODEV && may_log(&l->failed, others))
		log_err("%s: address %s: %s; tried again%s", dev,
		    ipaddr_format(addr, text), why, others);
}

void
address_log_healed(struct address_log *l, const char *dev, const struct ipaddr *addr)
{
	char text[IPADDR_STRLEN], others[OTHERS_LEN];

	if (may_log(&l->healed, others))
		log_warn("%s: address %s was deleted by somebody else; put back%s", dev,
		    ipaddr_format(addr, text), others);
}

void
address_log_fight(struct address_log *l, const char *dev, const struct ipaddr *addr)
{
	char text[IPADDR_STRLEN], others[OTHERS_LEN];

	if (may_log(&l->fight, others))
		log_warn("%s: address %s is deleted again and again by somebody else; "
			 "put back every 10 s only; look at NetworkManager, "
			 "systemd-networkd or a DHCP client on %s%s",
		    dev, ipaddr_format(addr, text), dev, others);
}

void
address_log_expired(struct address_log *l, const char *dev, const struct ipaddr *addr)
{
	char text[IPADDR_STRLEN], others[OTHERS_LEN];

	if (may_log(&l->expired, others))
		log_warn("%s: address %s has gone: vipd did not run for its "
			 "address_lifetime%s",
		    dev, ipaddr_format(addr, text), others);
}

void
address_log_residues(struct address_log *l)
{
	if (l->residues)
		log_info("removed %u address%s that nobody wants any more", l->residues,
		    l->residues == 1 ? "" : "es");
	l->residues = 0;
}
