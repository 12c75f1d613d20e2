/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counter.h"

#include <stdio.h>

#include "mem.h"

static const char *const names[COUNTER_COUNT] = {
	[COUNT_BECAME_MASTER] = "became_master",
	[COUNT_BECAME_BACKUP] = "became_backup",
	[COUNT_BECAME_FAULT] = "became_fault",
	[COUNT_CLAIMS_LOST] = "claims_lost",
	[COUNT_ADVERTS_SENT] = "adverts_sent",
	[COUNT_ADVERTS_LATE] = "adverts_late",
	[COUNT_LATENESS_US] = "lateness_us",
	[COUNT_PRIORITY_ZERO_SENT] = "priority_zero_sent",
	[COUNT_SEND_ERRORS] = "send_errors",
	[COUNT_ADVERTS_RECEIVED] = "adverts_received",
	[COUNT_PRIORITY_ZERO_RECEIVED] = "priority_zero_received",
	[COUNT_CHECKSUM_PLAIN] = "checksum_plain",
	[COUNT_CHECKSUM_PSEUDO] = "checksum_pseudo",
	[COUNT_AUTHENTICATED] = "authenticated",
	[COUNT_UNAUTHENTICATED] = "unauthenticated",
	[COUNT_INTERVAL_DIFFERS] = "interval_differs",
	[COUNT_ADDRESSES_DIFFER] = "addresses_differ",
	[COUNT_DUPLICATE_OWNER] = "duplicate_owner",
	[COUNT_ARP_SENT] = "arp_sent",
	[COUNT_NA_SENT] = "na_sent",
	[COUNT_ANNOUNCE_ERRORS] = "announce_errors",
	[COUNT_CONFLICTS] = "conflicts",
	[COUNT_RIVAL_NEIGHBOURS] = "rival_neighbours",
	[COUNT_PROBES_SENT] = "probes_sent",
};

size_t
counters_list(const struct counters *router, const struct counters *common,
    struct msg_counter list[COUNTERS_LIST_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < COUNTER_COUNT; i++, n++) {
		str_copy(list[n].name, sizeof(list[n].name), names[i]);
		list[n].value = router->value[i];
	}
	for (int i = ADVERT_OK + 1; i < ADVERT_VERDICT_COUNT; i++, n++) {
		snprintf(list[n].name, sizeof(list[n].name), "rx_%s",
		    advert_verdict_name((enum advert_verdict)i));
		list[n].value = router->rx[i] + (common ? common->rx[i] : 0);
	}
	return n;
}
