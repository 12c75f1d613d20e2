/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who claims which address, and who may have it: the rules for externalIPs
 * that keep a tenant from taking what is not theirs (CVE-2020-8554; lines S3,
 * X1 and X2 of kubernetes.md). Pure: (allow-list, Services) -> verdicts.
 *
 * Services stay their owner's; each is taken out before it is freed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ipaddr.h"
#include "object.h"

struct claims;
struct nodes;

struct claims *claims_new(void);
void claims_free(struct claims *c);

/* Whose addresses no Service may have, whatever the lists say (X2). */
enum reserved_kind { RESERVED_API_SERVER, RESERVED_KINDS };

/* All of one kind anew, copied. True if that changed anything. */
bool claims_reserve(
    struct claims *c, enum reserved_kind kind, const struct ipaddr *list, size_t n);
/* All of one kind, and how many. */
const struct ipaddr *claims_reserved(
    const struct claims *c, enum reserved_kind kind, size_t *n);
/* It is; reason (REASON_LEN) says whose. */
bool claims_is_reserved(const struct claims *c, const struct ipaddr *addr, char *reason);
/*
 * Whether the lists let an external IP be served. On false, reason (REASON_LEN)
 * names the address and the remedy.
 */
bool claims_allowed(
    const struct iprange *allowed, size_t n, const struct ipaddr *addr, char *reason);

/* Nodes have addresses of their own as well; borrowed. */
void claims_set_nodes(struct claims *c, const struct nodes *nodes);
/* Adds or takes away one Service's claim to an address. */
void claims_add(
    struct claims *c, const struct ipaddr *addr, const struct service_object *s);
void claims_remove(
    struct claims *c, const struct ipaddr *addr, const struct service_object *s);
void claims_clear(struct claims *c);

bool claims_is_claimed(const struct claims *c, const struct ipaddr *addr);
/* Who claims addr; n of them. NULL: nobody. Valid until the next change. */
const struct service_object *const *claims_of(
    const struct claims *c, const struct ipaddr *addr, size_t *n);
/*
 * The Service that has (addr, proto, port): the first of those that declare it
 * by (creationTimestamp, namespace/name), those that were given addr from a
 * pool before those that name it. NULL: nobody declares it.
 */
const struct service_object *claims_winner(
    const struct claims *c, const struct ipaddr *addr, uint8_t proto, uint16_t port);
/* The first in the same order of those that claim addr and fit; NULL. */
const struct service_object *claims_first(const struct claims *c,
    const struct ipaddr *addr,
    bool (*fits)(const struct service_object *s, const struct ipaddr *addr));
