/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `vipctl handover --to NODE` can promise. VRRP lets nobody choose a
 * successor: the backup with the highest priority takes over, and backups are
 * silent. So a node can be named only where the configuration says who that
 * is: with candidates and `priority auto`, or with a single unicast peer. Pure.
 */
#pragma once

#include <stdbool.h>

#include "conf.h"

/* By what the successor's advert shows that it is the one. */
struct handover_target {
	uint8_t priority;    /* 0: any */
	struct ipaddr addr;  /* family 0: any */
	char name[NAME_LEN]; /* empty: nobody was named */
};

/* False with the reason if `to` is not who takes over by that configuration. */
bool handover_target(const struct conf_instance *c, const char *to,
    struct handover_target *out, char why[REASON_LEN]);
/* The yield's successor is the one that was named, or nobody was. */
bool handover_reached(const struct handover_target *t, const struct msg_yielded *y);
