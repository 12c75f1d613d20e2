/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a virtual router and an interface count, with the names that vipctl
 * shows. A received packet that is dropped counts under rx_<verdict>.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "advert.h"
#include "msg.h"

enum counter {
	COUNT_BECAME_MASTER,
	COUNT_BECAME_BACKUP,
	COUNT_BECAME_FAULT,
	COUNT_CLAIMS_LOST,
	COUNT_ADVERTS_SENT,
	COUNT_ADVERTS_LATE, /* by more than a tenth of the interval */
	COUNT_LATENESS_US,  /* of all adverts, summed up */
	COUNT_PRIORITY_ZERO_SENT,
	COUNT_SEND_ERRORS,
	COUNT_ADVERTS_RECEIVED,
	COUNT_PRIORITY_ZERO_RECEIVED,
	COUNT_CHECKSUM_PLAIN, /* v3 over IPv4: which form matched */
	COUNT_CHECKSUM_PSEUDO,
	COUNT_AUTHENTICATED, /* accepted with a trailer, and without */
	COUNT_UNAUTHENTICATED,
	COUNT_INTERVAL_DIFFERS,
	COUNT_ADDRESSES_DIFFER,
	COUNT_DUPLICATE_OWNER,
	COUNT_ARP_SENT,
	COUNT_NA_SENT,
	COUNT_ANNOUNCE_ERRORS,
	COUNT_CONFLICTS,        /* strangers that use a held address */
	COUNT_RIVAL_NEIGHBOURS, /* other routers that do */
	COUNT_PROBES_SENT,
	COUNTER_COUNT
};

struct counters {
	uint64_t value[COUNTER_COUNT];
	uint64_t rx[ADVERT_VERDICT_COUNT];
};

#define COUNTERS_LIST_MAX (COUNTER_COUNT + ADVERT_VERDICT_COUNT + 1)
/*
 * Lists a router's counters for MSG_COUNTERS; common are those of its
 * interface (packets that no router can be named for). Returns how many.
 */
size_t counters_list(const struct counters *router, const struct counters *common,
    struct msg_counter list[COUNTERS_LIST_MAX]);
